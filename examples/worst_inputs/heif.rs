//! HEIF.

use crate::forge::heif::{bmff, full};

/// Items of a `meta` box: an overlay of overlays, each of which says that its data is the file's 28 MiB in two pieces.
pub(crate) fn derived() -> Vec<u8> {
    let count = 20_000_u16;
    let number = |n: usize| (n as u32).to_be_bytes();
    let item = |id: u16| full(b"infe", 2, &[&id.to_be_bytes()[..], &[0, 0], b"grid", &[0]].concat());
    let items: Vec<u8> = (1..=count).flat_map(item).collect();
    let iinf = full(b"iinf", 0, &[&count.to_be_bytes()[..], &items].concat());
    let reference = |from: u16| bmff(b"dimg", &[from.to_be_bytes(), 1_u16.to_be_bytes(), (from + 1).to_be_bytes()].concat());
    let iref = full(b"iref", 0, &(1..count).flat_map(reference).collect::<Vec<u8>>());
    let place = |id: u16| {
        [&id.to_be_bytes()[..], &[0, 0, 0, 2], &number(2 << 20), &number(13 << 20), &number(15 << 20), &number(13 << 20)].concat()
    };
    let iloc = full(b"iloc", 0, &[&[0x44, 0], &count.to_be_bytes()[..], &(1..=count).flat_map(place).collect::<Vec<u8>>()].concat());
    let handler = full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let meta = full(b"meta", 0, &[handler, full(b"pitm", 0, &[0, 1]), iinf, iref, iloc].concat());
    [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), meta, bmff(b"mdat", &vec![0; 28 << 20])].concat()
}
