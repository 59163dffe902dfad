//! Tells a file's format by its first bytes. Names and extensions are not asked: they are what people get wrong.
//!
//! Upload forms may let through what is no picture. So whatever is one is either read or refused by name, and never taken for something else.

mod others;

#[cfg(feature = "formats")]
use crate::Limits;
#[cfg(feature = "formats")]
use crate::inspect::bmff;
use crate::inspect::cursor::{Order, View};
use crate::{Error, Format};

/// The format of `bytes`.
///
/// # Errors
/// [`Error::Unsupported`] when they are a picture of a kind that cannot be scrubbed, [`Error::UnknownFormat`] when they are no picture that
/// anybody knows, each with a guess at what they are instead.
/// [`Error::NotInBuild`] when only a look inside could tell, which takes the feature `formats`.
pub fn sniff(bytes: &[u8]) -> Result<Format, Error> {
    let file = View::file(bytes);
    format(file)?.ok_or_else(|| others::refusal(file))
}

fn format(file: View) -> Result<Option<Format>, Error> {
    let bytes = file.bytes();
    let starts = |signature: &[u8]| bytes.starts_with(signature);
    // The end of a JPEG's first marker is not asked for: junk behind SOI is a broken JPEG.
    if starts(&[0xFF, 0xD8]) {
        return Ok(Some(Format::Jpeg));
    }
    if starts(PNG) {
        return Ok(Some(Format::Png));
    }
    if is_webp(bytes) {
        return Ok(Some(Format::Webp));
    }
    if starts(b"GIF87a") || starts(b"GIF89a") {
        return Ok(Some(Format::Gif));
    }
    if starts(b"\0\0\0\x0CJXL \r\n\x87\n") || starts(&[0xFF, 0x0A]) {
        return Ok(Some(Format::Jxl));
    }
    // Classic TIFF is version 42, BigTIFF 43.
    if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        return Ok((!is_cr2(file)).then_some(Format::Tiff));
    }
    if is_bitmap(file) {
        return Ok(Some(Format::Bmp));
    }
    heif(file)
}

fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

/// HEIC or AVIF. Where the brands name neither or both, the codec of the primary picture does. [ISO 23008-12 §10.2]
fn heif(file: View) -> Result<Option<Format>, Error> {
    let all: Vec<[u8; 4]> = brands(file).collect();
    let is_avif = all.iter().any(|b| matches!(b, b"avif" | b"avis"));
    let is_heic = all.iter().any(|b| matches!(b, b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"hevm" | b"hevs"));
    match (is_heic, is_avif) {
        (true, false) => Ok(Some(Format::Heic)),
        (false, true) => Ok(Some(Format::Avif)),
        (true, true) => Ok(codec(file)?.or(Some(Format::Heic))),
        (false, false) if all.iter().any(|b| matches!(b, b"mif1" | b"msf1" | b"miaf" | b"mif2")) => codec(file),
        (false, false) => Ok(None),
    }
}

/// What the primary picture of a HEIF file is coded with.
#[cfg(feature = "formats")]
#[allow(clippy::unnecessary_wraps, reason = "it can fail in the build without formats")]
fn codec(file: View) -> Result<Option<Format>, Error> {
    Ok(bmff::codec(file.bytes(), &Limits::default()))
}

#[cfg(not(feature = "formats"))]
fn codec(_: View) -> Result<Option<Format>, Error> {
    Err(Error::not_in_build("HEIC or AVIF"))
}

/// `BM` and a size, then two words that are zero or an information header of a known length: no text has either.
fn is_bitmap(file: View) -> bool {
    let is_known = matches!(file.length(14, Order::Little), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124));
    file.bytes().starts_with(b"BM") && (is_known || file.u32(6, Order::Little) == Some(0) && file.len() > 14)
}

/// The brands of a BMFF file, the major one first. The minor version between them is skipped. [ISO 14496-12 §4.3]
fn brands(file: View) -> impl Iterator<Item = [u8; 4]> {
    let is_bmff = file.bytes().get(4..8) == Some(b"ftyp");
    let length = file.length(0, Order::Big).unwrap_or(0);
    let box_ = if is_bmff { file.until(length.min(MAX_FTYP)) } else { file.until(0) };
    let mut brands = Vec::new();
    for at in std::iter::once(8).chain((16..box_.len()).step_by(4)) {
        brands.extend(box_.array::<4>(at));
    }
    brands.into_iter()
}

/// Canon's raw file of the second kind has a TIFF header.
fn is_cr2(file: View) -> bool {
    // The first directory is at byte 16. Elsewhere pixels may be at byte 8, and happen to spell it.
    file.bytes().get(8..10) == Some(b"CR") && file.length(4, Order::Little) == Some(16)
}

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";

/// Longest `ftyp` box that is looked at. Real ones have fewer than a dozen brands.
const MAX_FTYP: usize = 1024;
