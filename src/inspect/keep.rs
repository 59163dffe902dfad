//! The policy: what a clean file may hold, each in one exact form. Everything else is a finding.
//!
//! The forms are those that [`strip`](crate::strip) and the encoders write; they take them from here.

#[cfg(feature = "formats")]
pub(crate) mod bmp;
#[cfg(feature = "formats")]
pub(crate) mod gif;
#[cfg(feature = "formats")]
pub(crate) mod bmff;
#[cfg(feature = "formats")]
pub(crate) mod tiff;

use super::cursor::{Order, View};
use super::icc::{self, Sanitised};
use super::{Orientation, Why};

/// Why a clean JPEG may hold this segment, its marker and length left out. ICC profiles come in parts: see [`is_clean_icc`].
pub(crate) fn jpeg(marker: u8, payload: &[u8]) -> Option<Why> {
    match marker {
        APP0 if [1, 2].iter().any(|&minor| payload == jfif(minor)) => Some(Why::Structure),
        APP1 if payload.strip_prefix(EXIF).is_some_and(is_clean_exif) => Some(Why::Orientation),
        APP14 if payload.get(11).is_some_and(|&transform| payload == adobe(transform)) => Some(Why::Structure),
        _ => None,
    }
}

/// Why a clean PNG may hold this chunk, judged by its type and data alone. What must hold between chunks is the walk's to check.
pub(crate) fn png(kind: [u8; 4], data: &[u8]) -> Option<Why> {
    match &kind {
        b"IHDR" | b"PLTE" | b"IDAT" | b"IEND" | b"tRNS" | b"acTL" | b"fcTL" | b"fdAT" => Some(Why::Structure),
        b"sRGB" => matches!(data, [0..=3]).then_some(Why::Colour),
        b"cICP" => matches!(data, [_, _, 0, 0 | 1]).then_some(Why::Colour),
        b"sBIT" => ((1..=4).contains(&data.len()) && data.iter().all(|b| (1..=16).contains(b))).then_some(Why::Colour),
        b"gAMA" | b"cHRM" | b"mDCV" | b"cLLI" => are_plausible(kind, data).then_some(Why::Colour),
        b"iCCP" => super::png::profile(data).is_some_and(|icc| is_clean_icc(&icc) && data == iccp(&icc)).then_some(Why::Colour),
        b"eXIf" => is_clean_exif(data).then_some(Why::Orientation),
        _ => None,
    }
}

/// Whether colour chunks of numbers hold numbers that colours can have: text does not. [PNG 3rd edition §11.3.2]
fn are_plausible(kind: [u8; 4], data: &[u8]) -> bool {
    let data = View::file(data);
    let all = |from: usize, to: usize, most: u32| (from..to).step_by(4).all(|at| data.u32(at, Order::Big).is_some_and(|n| n <= most));
    match &kind {
        // Gamma × 100,000: real ones are 10,000 to 300,000.
        b"gAMA" => data.len() == 4 && all(0, 4, 1_000_000),
        // Coordinates × 100,000, which are 1 at most, but for the imaginary primaries of wide spaces.
        b"cHRM" => data.len() == 32 && all(0, 32, 200_000),
        // Coordinates × 50,000 as 16-bit numbers, then luminances × 10,000 up to 10,000 cd/m².
        b"mDCV" => {
            data.len() == 24
                && (0..16).step_by(2).all(|at| data.u16(at, Order::Big).is_some_and(|n| n <= 50_000))
                && all(16, 24, 100_000_000)
        }
        b"cLLI" => data.len() == 8 && all(0, 8, 100_000_000),
        _ => false,
    }
}

/// The data of a `tRNS` chunk: of the colour that it names, no more bytes than pixels have. Readers pass over the others.
/// [PNG 3rd edition §11.3.1.1]
pub(crate) fn transparency(colour_type: u8, depth: u8, data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    if colour_type != 3 && depth <= 8 {
        out.iter_mut().step_by(2).for_each(|high| *high = 0);
    }
    out
}

/// What is left of the opacity of a palette's colour that no pixel has: what colours without one are.
pub(crate) const OPAQUE: u8 = 255;

/// The finding that VP8X tells of an EXIF chunk which a clean WebP may not hold.
pub(crate) const WEBP_EXIF_FLAG: &str = "VP8X/flags/EXIF";

/// Why a clean WebP may hold this chunk, judged by its type and data alone.
pub(crate) fn webp(kind: [u8; 4], data: &[u8]) -> Option<Why> {
    match &kind {
        b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF" => Some(Why::Structure),
        b"ICCP" => is_clean_icc(data).then_some(Why::Colour),
        b"EXIF" => is_clean_exif(data).then_some(Why::Orientation),
        _ => None,
    }
}

/// Exif that says which side is up and nothing else: a TIFF header and one entry, 26 bytes. PNG's `eXIf` and WebP's `EXIF` hold it as it
/// is, JPEG's APP1 behind [`EXIF`]. Upright pictures need none.
#[must_use]
pub fn orientation_exif(orientation: Orientation) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.push(orientation.value());
    tiff.extend_from_slice(&[0; 6]);
    tiff
}

fn is_clean_exif(tiff: &[u8]) -> bool {
    tiff.get(19).is_some_and(|&value| (2..=8).contains(&value) && tiff == orientation_exif(Orientation::new(value.into())))
}

/// Whether a profile is as [`icc::sanitise`] writes it.
pub(crate) fn is_clean_icc(profile: &[u8]) -> bool {
    icc::sanitise(profile) == Sanitised::Rebuilt(profile.to_vec())
}

/// A JFIF APP0 segment's payload: version 1.01 or 1.02, square pixels of no stated size, no thumbnail. [ITU-T T.871 §10.1]
#[must_use]
pub fn jfif(minor: u8) -> [u8; 14] {
    [b'J', b'F', b'I', b'F', 0, 1, minor.clamp(1, 2), 0, 0, 1, 0, 1, 0, 0]
}

/// An Adobe APP14 segment's payload: version 100, no flags. [Adobe TN 5116 §18]
#[must_use]
pub fn adobe(transform: u8) -> [u8; 12] {
    [b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, transform.min(2)]
}

/// The payloads of the APP2 segments that hold a profile. [ICC.1:2022 Annex B.4]; empty when it is too long for 255 of them.
#[must_use]
pub fn icc_segments(profile: &[u8]) -> Vec<Vec<u8>> {
    let parts: Vec<&[u8]> = profile.chunks(MAX_ICC_PART).collect();
    let Ok(count) = u8::try_from(parts.len()) else { return Vec::new() };
    let payload = |(number, part): (u8, &&[u8])| [ICC_PROFILE, &[number, count], part].concat();
    (1..=count).zip(&parts).map(payload).collect()
}

/// The data of a PNG `iCCP` chunk: a name that says nothing, method 0, and the profile in a zlib stream of stored blocks, which has one
/// form only: a compressor's choices could carry a message, and differ from version to version.
#[must_use]
pub fn iccp(profile: &[u8]) -> Vec<u8> {
    let mut data = b"ICC\0\0".to_vec();
    data.extend_from_slice(&zlib_stored(profile));
    data
}

/// A zlib stream of stored blocks. [RFC 1950 §2.2, RFC 1951 §3.2.4]
fn zlib_stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = bytes.len().div_ceil(MAX_STORED).max(1);
    for index in 0..blocks {
        let start = index.saturating_mul(MAX_STORED);
        let block = bytes.get(start..bytes.len().min(start.saturating_add(MAX_STORED))).unwrap_or_default();
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(index.saturating_add(1) == blocks));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for &byte in bytes {
        low = low.wrapping_add(byte.into()) % 65521;
        high = high.wrapping_add(low) % 65521;
    }
    out.extend_from_slice(&(high << 16 | low).to_be_bytes());
    out
}

/// What JPEG's APP1 and some WebP writers put before the TIFF header.
pub const EXIF: &[u8] = b"Exif\0\0";

/// What an APP2 part of a profile starts with, before its number and the count of parts.
pub const ICC_PROFILE: &[u8] = b"ICC_PROFILE\0";

/// Most of a profile in one APP2 segment: 65,535 less the length field, the identifier, the number and the count.
const MAX_ICC_PART: usize = 65_519;

/// Longest stored block.
const MAX_STORED: usize = 65_535;

const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP14: u8 = 0xEE;
