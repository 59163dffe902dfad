//! Files that ask for much with a few bytes, for the tests of limits and for the example that measures the worst.

use super::bits::Bits;
use super::heif::{bmff, full};
use super::{riff, riff_chunk};

/// A lossless picture of 4 × 4 px whose blocks are all read with the last of many groups of codes; `code` writes each of a group's five.
pub(crate) fn webp_groups(last: u64, code: fn(&mut Bits, usize)) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2F, 8);
    bits.put(3, 14);
    bits.put(3, 14);
    bits.put(1 << 0, 4);
    // No transform, no cache, but a picture of groups in blocks of 4 × 4: red and green are the number.
    bits.put(0, 2);
    bits.put(1, 1);
    bits.put(0, 3);
    bits.put(0, 1);
    for symbol in [last & 255, last >> 8, 0, 0, 0] {
        // A code of one symbol.
        bits.put(0b101, 3);
        bits.put(symbol, 8);
    }
    for _ in 0..=last {
        (0..5).for_each(|number| code(&mut bits, number));
    }
    bits.bytes
}

/// A code of one bit and symbol 0, the shortest that there is.
pub(crate) fn short_code(bits: &mut Bits, _: usize) {
    bits.put(0b0001, 4);
}

/// An animation of equal frames.
pub(crate) fn webp_frames(picture: &[u8], frames: usize, (width, height): (u32, u32)) -> Vec<u8> {
    let sides = [&(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]].concat();
    let frame =
        [&[0; 6], sides.as_slice(), &[9, 0, 0, 0], &riff_chunk(if picture[0] == 0x2F { b"VP8L" } else { b"VP8 " }, picture)].concat();
    let header = riff_chunk(b"VP8X", &[&[0x12, 0, 0, 0], sides.as_slice()].concat());
    riff(&[&[header, riff_chunk(b"ANIM", &[0; 6])], vec![riff_chunk(b"ANMF", &frame); frames].as_slice()].concat())
}

/// Items that are auxiliary pictures of the primary one, of as many properties as may be.
pub(crate) fn heif_auxiliary() -> Vec<u8> {
    let number = |n: usize| (n as u32).to_be_bytes();
    let item = |id: u16| full(b"infe", 2, &[&id.to_be_bytes()[..], &[0, 0], b"hvc1", &[0]].concat());
    let iinf = full(b"iinf", 0, &[&[0, 2][..], &item(1), &item(2)].concat());
    let to = [1_u16.to_be_bytes(); 50_000].concat();
    let reference = bmff(b"auxl", &[&[0, 2][..], &50_000_u16.to_be_bytes(), &to].concat());
    let iref = full(b"iref", 0, &reference.repeat(10));
    let uses = [&[0, 2, 255][..], &[1; 255]].concat();
    let ipma = full(b"ipma", 0, &[&number(3_000)[..], &uses.repeat(3_000)].concat());
    let ipco = bmff(b"ipco", &full(b"auxC", 0, b"urn:a\0"));
    let handler = full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let iprp = bmff(b"iprp", &[ipco, ipma].concat());
    let meta = full(b"meta", 0, &[handler, full(b"pitm", 0, &[0, 1]), iinf, iref, iprp].concat());
    [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), meta].concat()
}

/// A movie of tracks whose tables say in some bytes that there are very many frames.
pub(crate) fn heif_tracks(count: usize) -> Vec<u8> {
    let number = |n: u32| n.to_be_bytes();
    let full = |kind: &[u8; 4], content: &[u8]| full(kind, 0, content);
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|n| number(*n)).collect::<Vec<u8>>();
    let boxes = |kind: &[u8; 4], inside: &[Vec<u8>]| bmff(kind, &inside.concat());
    let table = boxes(
        b"stbl",
        &[
            full(b"stsd", &numbers(&[0])),
            full(b"stts", &numbers(&[1, 100_000, 1])),
            full(b"stsc", &numbers(&[1, 1, 100_000, 1])),
            full(b"stsz", &numbers(&[1, 100_000])),
            full(b"stco", &numbers(&[1, 0])),
        ],
    );
    let media = boxes(
        b"mdia",
        &[full(b"mdhd", &numbers(&[0, 0, 1, 1, 0])), full(b"hdlr", &[&[0; 4][..], b"pict", &[0; 13]].concat()), boxes(b"minf", &[table])],
    );
    let track = boxes(b"trak", &[full(b"tkhd", &[numbers(&[0, 0, 1, 0, 1]), vec![0; 60]].concat()), media]);
    let mut inside = vec![full(b"mvhd", &[numbers(&[0, 0, 1, 1]), vec![0; 80]].concat())];
    inside.extend(vec![track; count]);
    let mut out = b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc".to_vec();
    out.extend(boxes(b"moov", &inside));
    out
}
