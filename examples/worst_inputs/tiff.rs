//! TIFF.

use crate::forge;

/// An entry of a directory, little-endian.
pub(crate) fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
}

/// Ten thousand pages of one pixel; `more` adds to a directory's entries, and may point to 28 MiB that all have in common.
pub(crate) fn pages(more: &dyn Fn(&mut Vec<u8>, u32)) -> Vec<u8> {
    let (pages, shared) = (10_000_u32, 8 + 16);
    let mut out = b"II*\0\0\0\0\0".to_vec();
    out.resize(shared as usize, 0);
    // A profile of one huge curve that is of no use.
    let mut profile = vec![0; 28 << 20];
    profile[..4].copy_from_slice(&(1_u32 << 20).to_be_bytes());
    profile[8] = 2;
    profile[12..24].copy_from_slice(b"mntrRGB XYZ ");
    profile[36..40].copy_from_slice(b"acsp");
    profile[128..132].copy_from_slice(&1_u32.to_be_bytes());
    profile[132..144].copy_from_slice(&[b"rTRC".as_slice(), &144_u32.to_be_bytes(), &((1_u32 << 20) - 144).to_be_bytes()].concat());
    profile[144..156].copy_from_slice(&[b"curv\0\0\0\0".as_slice(), &((1_u32 << 19) - 200).to_be_bytes()].concat());
    out.extend(profile);
    let mut link = 4;
    for _ in 0..pages {
        let at = out.len() as u32;
        out.splice(link..link + 4, at.to_le_bytes());
        let mut entries = [entry(256, 3, 1, 1), entry(257, 3, 1, 1), entry(258, 3, 1, 8), entry(262, 3, 1, 1)].concat();
        let before = entries.len();
        more(&mut entries, shared);
        if !entries[before..].chunks(12).any(|e| e[..2] == 273_u16.to_le_bytes()) {
            entries.splice(before..before, entry(273, 4, 1, 8));
        }
        entries.extend(entry(279, 4, 1, 1));
        let mut sorted: Vec<&[u8]> = entries.chunks(12).collect();
        sorted.sort_by_key(|e| u16::from_le_bytes([e[0], e[1]]));
        out.extend(((entries.len() / 12) as u16).to_le_bytes());
        out.extend(sorted.concat());
        link = out.len();
        out.extend([0; 4]);
    }
    out
}

/// A page of strips of one row, each with data of its own.
pub(crate) fn strips(compression: u32, count: u32, strip: &[u8]) -> Vec<u8> {
    let rows = if compression == 7 { 8 } else { 1 };
    let width = if compression == 7 { 8 } else { 1 };
    let entries = [
        entry(256, 4, 1, width),
        entry(257, 4, 1, count * rows),
        entry(258, 3, 1, 8),
        entry(259, 3, 1, compression),
        entry(262, 3, 1, 1),
        entry(273, 4, count, 8 + 2 + 9 * 12 + 4),
        entry(277, 3, 1, 1),
        entry(278, 4, 1, rows),
        entry(279, 4, count, 8 + 2 + 9 * 12 + 4 + count * 4),
    ];
    let data = 8 + 2 + 9 * 12 + 4 + count * 8;
    let mut out = [b"II*\0\x08\0\0\0\x09\0".as_slice(), &entries.concat(), &[0; 4]].concat();
    (0..count).for_each(|n| out.extend((data + n * strip.len() as u32).to_le_bytes()));
    (0..count).for_each(|_| out.extend((strip.len() as u32).to_le_bytes()));
    out.extend(strip.repeat(count as usize));
    out
}

/// 8 × 8 px of grey, and tables.
pub(crate) fn small_jpeg() -> Vec<u8> {
    let table = |class: u8| forge::segment(0xC4, &[[class, 1].as_slice(), &[0; 15], &[0]].concat());
    [
        b"\xFF\xD8".to_vec(),
        forge::segment(0xDB, &[[0].as_slice(), &[1; 64]].concat()),
        forge::segment(0xC0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
        table(0x00),
        table(0x10),
        forge::segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        vec![0x3F, 0xFF, 0xD9],
    ]
    .concat()
}
