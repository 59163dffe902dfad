//! PNG.

use crate::forge;

/// An animation of equal frames of `side` × `side`: of grey, or of a palette and filtered by Paeth.
pub(crate) fn frames(kind: u8, frames: u32, side: u32) -> Vec<u8> {
    png(&[(side, side, 8, kind)], if kind == 3 { |_| 4 } else { |_| 0 }, frames)
}

/// `frames` of the first of `sizes` (width, height, bits, colour type), the filter of each row as `filter` says.
pub(crate) fn png(sizes: &[(u32, u32, u32, u8)], filter: fn(u32) -> u8, frames: u32) -> Vec<u8> {
    use std::io::Write as _;
    let (width, height, bits, kind) = sizes[0];
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let mut row = vec![0; 1 + (width * bits).div_ceil(8) as usize];
    let mut some = Vec::new();
    for number in 0..height {
        row[0] = filter(number);
        some.extend(&row);
        if some.len() > 1 << 20 {
            encoder.write_all(&some).unwrap();
            some.clear();
        }
    }
    encoder.write_all(&some).unwrap();
    let data = encoder.finish().unwrap();
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    out.extend(forge::chunk(b"IHDR", &[sides.as_slice(), &[bits as u8, kind, 0, 0, 0]].concat()));
    out.extend(forge::chunk(b"acTL", &[frames.to_be_bytes(), [0; 4]].concat()));
    if kind == 3 {
        out.extend(forge::chunk(b"PLTE", &[0; 3]));
    }
    for frame in 0..frames {
        out.extend(forge::chunk(
            b"fcTL",
            &[(frame.max(1) * 2 - 1) * u32::from(frame > 0), width, height]
                .map(u32::to_be_bytes)
                .concat()
                .into_iter()
                .chain([0; 14])
                .collect::<Vec<u8>>(),
        ));
        if frame == 0 {
            out.extend(forge::chunk(b"IDAT", &data));
        } else {
            out.extend(forge::chunk(b"fdAT", &[(frame * 2).to_be_bytes().as_slice(), &data].concat()));
        }
    }
    out.extend(forge::chunk(b"IEND", b""));
    out
}
