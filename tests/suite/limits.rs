//! What a few bytes may ask for is bounded by the file's length, or by a limit that is said: counted in work, never in seconds.

use darkslide::inspect::inspect;
use darkslide::{Error, Format, Limits, verify};

use crate::forge;

fn limited(file: &[u8], format: Format) -> String {
    match inspect(file, format, &Limits::default()) {
        Err(Error::LimitExceeded(what)) => what,
        other => panic!("{:?}", other.map(|inspection| inspection.findings)),
    }
}

#[test]
fn tracks_have_so_many_frames_in_all() {
    assert!(limited(&heif_tracks(1_000), Format::Heic).contains("frames in all tracks"));
}

#[test]
fn items_have_so_many_properties() {
    assert!(limited(&heif_auxiliary(), Format::Heic).contains("256 properties"));
}

#[test]
fn pages_that_share_a_value_read_it_so_often() {
    // 200 pages of one profile of a megabyte, of which none is kept.
    let mut file = b"II*\0".to_vec();
    let profile = vec![b'p'; 1 << 20];
    file.extend((8 + profile.len() as u32).to_le_bytes());
    file.extend(&profile);
    for page in 0..200_u32 {
        let entries: [(u16, u16, u32, u32); 7] =
            [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 1), (34_675, 7, 1 << 20, 8)];
        file.extend(7_u16.to_le_bytes());
        for (tag, kind, count, value) in entries {
            file.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat());
        }
        let next = file.len() as u32 + 4;
        file.extend(if page == 199 { [0; 4] } else { next.to_le_bytes() });
    }
    assert!(limited(&file, Format::Tiff).contains("tags of more than"));
}

#[test]
fn shared_tables_of_jpeg_strips_are_few() {
    let table = forge::segment(0xDB, &[[3].as_slice(), &[1; 64]].concat());
    let tables = [b"\xFF\xD8".to_vec(), table.repeat(17), b"\xFF\xD9".to_vec()].concat();
    let page = forge::tiff::Page {
        tags: vec![
            forge::Tag::short(256, 8),
            forge::Tag::short(257, 8),
            forge::Tag::short(258, 8),
            forge::Tag::short(259, 7),
            forge::Tag::short(262, 1),
            forge::Tag::undefined(347, &tables),
        ],
        strips: vec![vec![0; 8]],
        ..Default::default()
    };
    let file = forge::tiff::File { pages: vec![page], ..Default::default() }.bytes();
    assert!(limited(&file, Format::Tiff).contains("JPEGTables"));
}

/// A group of codes takes 20 bits of a lossless WebP, and much more time than 20 bits of pixels.
#[test]
fn groups_of_codes_are_so_many_in_all() {
    let mut bits: Vec<u8> = Vec::new();
    let mut put = |number: u32, count: u32| bits.extend((0..count).map(|n| (number >> n & 1) as u8));
    put(0x2F, 8);
    put(3, 14);
    put(3, 14);
    put(1, 4);
    put(0, 2);
    put(1, 1);
    put(0, 4);
    for symbol in [255, 255, 0, 0, 0] {
        put(0b101, 3);
        put(symbol, 8);
    }
    (0..65_536 * 5).for_each(|_| put(0b0001, 4));
    let picture: Vec<u8> = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |n, bit| n << 1 | bit)).collect();
    let file = |frames: usize| {
        let frame = [&[0; 6], &[3, 0, 0, 3, 0, 0, 9, 0, 0, 0][..], &forge::riff_chunk(b"VP8L", &picture)].concat();
        let header = forge::riff_chunk(b"VP8X", &[0x12, 0, 0, 0, 3, 0, 0, 3, 0, 0]);
        forge::riff(&[&[header, forge::riff_chunk(b"ANIM", &[0; 6])], vec![forge::riff_chunk(b"ANMF", &frame); frames].as_slice()].concat())
    };
    assert!(verify(&file(5), &Limits::default()).clean);
    assert!(limited(&file(20), Format::Webp).contains("codes"));
}

/// Some decoders go by the table of a component's first scan, others by the last.
#[test]
fn quantization_tables_do_not_change_between_scans() {
    let jpeg = forge::progressive_jpeg();
    let (tables, scans): (Vec<usize>, Vec<usize>) =
        (0..jpeg.len() - 1).filter(|&at| jpeg[at] == 0xFF && matches!(jpeg[at + 1], 0xDB | 0xDA)).partition(|&at| jpeg[at + 1] == 0xDB);
    let length = usize::from(jpeg[tables[0] + 2]) << 8 | usize::from(jpeg[tables[0] + 3]);
    let table = jpeg[tables[0]..tables[0] + 2 + length].to_vec();
    let again = forge::splice(&jpeg, scans[1], &table);
    assert!(verify(&again, &Limits::default()).clean);
    let mut other = table;
    other[5] ^= 1;
    let changed = inspect(&forge::splice(&jpeg, scans[1], &other), Format::Jpeg, &Limits::default());
    assert!(matches!(changed, Err(Error::Unsupported(_))));
}

/// A movie of tracks whose tables say in some bytes that there are very many frames.
fn heif_tracks(count: usize) -> Vec<u8> {
    let number = |n: u32| n.to_be_bytes();
    let full = |kind: &[u8; 4], content: &[u8]| forge::heif::bmff(kind, &[&[0; 4], content].concat());
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|n| number(*n)).collect::<Vec<u8>>();
    let boxes = |kind: &[u8; 4], inside: &[Vec<u8>]| forge::heif::bmff(kind, &inside.concat());
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

/// Items that are auxiliary pictures of the primary one, of as many properties as may be.
fn heif_auxiliary() -> Vec<u8> {
    let number = |n: usize| (n as u32).to_be_bytes();
    let full = |kind: &[u8; 4], version: u8, content: &[u8]| forge::heif::bmff(kind, &[&[version, 0, 0, 0], content].concat());
    let item = |id: u16| full(b"infe", 2, &[&id.to_be_bytes()[..], &[0, 0], b"hvc1", &[0]].concat());
    let iinf = full(b"iinf", 0, &[&[0, 2][..], &item(1), &item(2)].concat());
    let to = [1_u16.to_be_bytes(); 50_000].concat();
    let reference = forge::heif::bmff(b"auxl", &[&[0, 2][..], &50_000_u16.to_be_bytes(), &to].concat());
    let iref = full(b"iref", 0, &reference.repeat(10));
    let uses = [&[0, 2, 255][..], &[1; 255]].concat();
    let ipma = full(b"ipma", 0, &[&number(3_000)[..], &uses.repeat(3_000)].concat());
    let ipco = forge::heif::bmff(b"ipco", &full(b"auxC", 0, b"urn:a\0"));
    let handler = full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let iprp = forge::heif::bmff(b"iprp", &[ipco, ipma].concat());
    let meta = full(b"meta", 0, &[handler, full(b"pitm", 0, &[0, 1]), iinf, iref, iprp].concat());
    [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), meta].concat()
}
