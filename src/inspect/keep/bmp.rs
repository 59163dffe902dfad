//! The headers of a clean BMP. [MS-WMF §2.2.2, Windows "Bitmap Header Types", OS/2 "Bitmap File Format"]

use crate::inspect::bmp::Header;

/// A file header: `BM`, the file's length, two words of nothing, and where the pixels are.
pub(crate) fn file_header(length: usize, pixels: usize) -> [u8; 14] {
    let mut out = *b"BM............";
    put(&mut out, 2, number(length));
    put(&mut out, 6, 0);
    put(&mut out, 10, number(pixels));
    out
}

/// An information header as it must be: the sizes that a reader needs, and no resolution, no hints, nothing that goes unread.
///
/// `pixels`: length of the pixel data; `profile`: where the colour profile is, counted from this header, and how long it is.
pub(crate) fn information(header: &Header, pixels: usize, profile: Option<(usize, usize)>) -> Vec<u8> {
    let mut out = header.stated.clone();
    if header.is_core() {
        put16(&mut out, 8, 1);
        return out;
    }
    put16(&mut out, 12, 1);
    if out.len() >= 40 {
        put(&mut out, 20, number(pixels));
        put(&mut out, 24, 0);
        put(&mut out, 28, 0);
        put(&mut out, 32, number(header.entries));
        put(&mut out, 36, 0);
    }
    if header.is_os2() {
        out.iter_mut().skip(40).for_each(|byte| *byte = 0);
        return out;
    }
    let masks = header.masks_in_header();
    for (at, mask) in [40, 44, 48, 52].into_iter().zip(masks) {
        put(&mut out, at, mask);
    }
    if out.len() >= 108 {
        colours(&mut out, profile.is_some());
    }
    if out.len() >= 124 {
        // Rendering intents are bits; 4, for photos, is what most writers say.
        let intent = out.get(108..112).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
        let (at, length) = profile.unwrap_or_default();
        put(&mut out, 108, if matches!(intent, 1 | 2 | 4 | 8) { intent } else { 4 });
        put(&mut out, 112, number(at));
        put(&mut out, 116, number(length));
        put(&mut out, 120, 0);
    }
    out
}

/// What the colours are: sRGB, a profile in the file, or primaries and gammas, rounded so that no text fits into them.
fn colours(header: &mut [u8], has_profile: bool) {
    let stated: Vec<u32> =
        (56..108).step_by(4).map(|at| header.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)).collect();
    let (primaries, gammas) = stated.get(1..13).unwrap_or_default().split_at_checked(9).unwrap_or_default();
    let is_calibrated = stated.first() == Some(&CALIBRATED) && gammas.iter().all(|g| (MIN_GAMMA..=MAX_GAMMA).contains(g));
    let is_calibrated = is_calibrated && !has_profile && primaries.iter().all(|&p| p <= MAX_PRIMARY) && primaries.iter().any(|&p| p > 0);
    let kind = match is_calibrated {
        true => CALIBRATED,
        false if has_profile => EMBEDDED,
        false => SRGB,
    };
    put(header, 56, kind);
    for (&primary, at) in primaries.iter().zip((60..96).step_by(4)) {
        put(header, at, if is_calibrated { primary & !0x3FFF } else { 0 });
    }
    for (&gamma, at) in gammas.iter().zip((96..108).step_by(4)) {
        put(header, at, if is_calibrated { gamma & !0xFF } else { 0 });
    }
}

/// A colour table: the colours that pixels have, and a zero behind each but in the oldest form.
pub(crate) fn colour_table(stated: &[u8], entry: usize, used: &[bool; 256]) -> Vec<u8> {
    let mut out = stated.to_vec();
    for (colour, used) in out.chunks_mut(entry).zip(used) {
        match (used, colour) {
            (true, [_, _, _, reserved]) => *reserved = 0,
            (true, _) => {}
            (false, colour) => colour.fill(0),
        }
    }
    out
}

fn put(out: &mut [u8], at: usize, number: u32) {
    if let Some(bytes) = out.get_mut(at..at.saturating_add(4)) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
}

fn put16(out: &mut [u8], at: usize, number: u16) {
    if let Some(bytes) = out.get_mut(at..at.saturating_add(2)) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
}

/// Sizes fit: the input's did.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// `bV5CSType`: primaries and gammas in the header.
const CALIBRATED: u32 = 0;

/// `bV5CSType`: nothing more to say.
const SRGB: u32 = 0x7352_4742;

/// `bV5CSType`: a profile in the file.
pub(crate) const EMBEDDED: u32 = 0x4D42_4544;

/// `bV5CSType`: the name of a profile's file, in the file.
pub(crate) const LINKED: u32 = 0x4C49_4E4B;

/// The largest coordinate of a primary, 2.30 fixed point: 1. Real ones are less.
const MAX_PRIMARY: u32 = 1 << 30;

/// Gammas, 16.16 fixed point: from ¼ to 8.
const MIN_GAMMA: u32 = 1 << 14;
const MAX_GAMMA: u32 = 8 << 16;
