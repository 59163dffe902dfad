//! Tells a file's format by its first bytes. Names and extensions are not asked: they are what people get wrong.

#[cfg(feature = "formats")]
use crate::Limits;
#[cfg(feature = "formats")]
use crate::inspect::bmff;
use crate::inspect::cursor::{Order, View};
use crate::{Error, Format};

/// The format of `bytes`.
///
/// # Errors
/// [`Error::UnknownFormat`] when they start like no picture that we know, with a guess at what they are instead.
/// [`Error::NotInBuild`] when only a look inside could tell, which takes the feature `formats`.
pub fn sniff(bytes: &[u8]) -> Result<Format, Error> {
    let file = View::file(bytes);
    picture(file)?.ok_or_else(|| Error::UnknownFormat(format!("not a picture that we know: {}", looks_like(file))))
}

fn picture(file: View) -> Result<Option<Format>, Error> {
    let bytes = file.bytes();
    let starts = |signature: &[u8]| bytes.starts_with(signature);
    // The end of a JPEG's first marker is not asked for: junk behind SOI is a broken JPEG.
    if starts(&[0xFF, 0xD8]) {
        return Ok(Some(Format::Jpeg));
    }
    if starts(b"\x89PNG\r\n\x1A\n") {
        return Ok(Some(Format::Png));
    }
    if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(Some(Format::Webp));
    }
    if starts(b"GIF87a") || starts(b"GIF89a") {
        return Ok(Some(Format::Gif));
    }
    if starts(b"\0\0\0\x0CJXL \r\n\x87\n") || starts(&[0xFF, 0x0A]) {
        return Ok(Some(Format::Jxl));
    }
    // Classic TIFF is version 42, BigTIFF 43 with 8-byte offsets.
    if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0\x08\0\0\0") || starts(b"MM\0+\0\x08\0\0") {
        return Ok(is_raw(file).is_none().then_some(Format::Tiff));
    }
    if is_bitmap(file) {
        return Ok(Some(Format::Bmp));
    }
    heif(file)
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

/// `BM`, then a size and an offset that agree, then a header of a known length.
fn is_bitmap(file: View) -> bool {
    let header = || {
        let pixels = file.length(10, Order::Little)?;
        let length = file.length(14, Order::Little)?;
        let known = matches!(length, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124);
        Some(file.bytes().starts_with(b"BM") && known && pixels >= length.saturating_add(14))
    };
    header().unwrap_or(false)
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

/// Cameras' raw files that have a TIFF header.
fn is_raw(file: View) -> Option<&'static str> {
    let bytes = file.bytes();
    // The first directory of a CR2 is at byte 16. Elsewhere pixels may be at byte 8, and happen to spell it.
    if bytes.get(8..10) == Some(b"CR") && file.length(4, Order::Little) == Some(16) {
        return Some("a Canon raw file (CR2)");
    }
    None
}

/// What a file that is no picture may be, for the message.
fn looks_like(file: View) -> &'static str {
    let bytes = file.bytes();
    if bytes.is_empty() {
        return "the file is empty";
    }
    if let Some(raw) = is_raw(file) {
        return raw;
    }
    if let Some(major) = brands(file).next() {
        return match &major {
            b"crx " => "it looks like a Canon raw file (CR3)",
            b"mif1" | b"msf1" | b"miaf" => "it looks like a HEIF picture of a kind other than HEIC and AVIF",
            b"qt  " => "it looks like a QuickTime video",
            _ => "it looks like an MP4 video",
        };
    }
    if let Some((_, what)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return what;
    }
    let start = String::from_utf8_lossy(file.until(1024).bytes()).to_ascii_lowercase();
    let start = start.trim_start_matches('\u{FEFF}').trim_start();
    if View::file(start.as_bytes()).contains(b"<svg") {
        "it looks like an SVG drawing"
    } else if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "it looks like a web page"
    } else if start.starts_with("<?xml") {
        "it looks like XML"
    } else if bytes.iter().take(1024).all(|&b| b >= 0x20 || matches!(b, b'\t' | b'\r' | b'\n')) {
        "it looks like text"
    } else {
        "its first bytes are of no kind we know"
    }
}

/// Longest `ftyp` box that is looked at. Real ones have fewer than a dozen brands.
const MAX_FTYP: usize = 1024;

const SIGNATURES: &[(&[u8], &str)] = &[
    (b"%PDF", "it looks like a PDF"),
    (b"PK\x03\x04", "it looks like a ZIP archive"),
    (b"PK\x05\x06", "it looks like a ZIP archive"),
    (b"\x1F\x8B", "it looks like a gzip archive"),
    (b"7z\xBC\xAF\x27\x1C", "it looks like a 7-Zip archive"),
    (b"Rar!", "it looks like a RAR archive"),
    (b"8BPS", "it looks like a Photoshop document"),
    (b"FUJIFILMCCD-RAW", "it looks like a Fujifilm raw file (RAF)"),
    (b"IIU\0", "it looks like a Panasonic raw file (RW2)"),
    (b"IIRO", "it looks like an Olympus raw file (ORF)"),
    (b"IIRS", "it looks like an Olympus raw file (ORF)"),
    (b"MMOR", "it looks like an Olympus raw file (ORF)"),
    (b"\0MRM", "it looks like a Minolta raw file (MRW)"),
    (b"FOVb", "it looks like a Sigma raw file (X3F)"),
    (b"\0\0\x01\0", "it looks like an icon (ICO)"),
    (b"\0\0\0\x0CjP  ", "it looks like a JPEG 2000 picture"),
    (b"\xFF\x4F\xFF\x51", "it looks like a JPEG 2000 picture"),
    (b"\x1A\x45\xDF\xA3", "it looks like a Matroska or WebM video"),
    (b"OggS", "it looks like Ogg audio or video"),
    (b"ID3", "it looks like MP3 audio"),
    (b"RIFF", "it looks like AVI video or WAV audio"),
    (b"\x7FELF", "it looks like a program"),
    (b"MZ", "it looks like a program"),
    (b"qoif", "it looks like a QOI picture"),
    (b"\x89JNG", "it looks like a JNG picture"),
    (b"\x8AMNG", "it looks like an MNG animation"),
];
