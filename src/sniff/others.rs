//! What a file is that is of none of our formats: a picture of another kind, or none.

use flate2::{Decompress, FlushDecompress};

use super::{PNG, brands, format, heif, is_cr2, is_webp};
use crate::Error;
use crate::inspect::cursor::{Order, View};

/// Why a file of none of our formats is refused.
pub(super) fn refusal(file: View) -> Error {
    match picture(file).map(str::to_owned).or_else(|| behind_something(file)) {
        Some(what) => Error::Unsupported(format!("{what}: cannot be scrubbed; save it as JPEG or PNG first")),
        None => Error::UnknownFormat(format!("not a picture that we know: {}", looks_like(file))),
    }
}

/// What kind of picture a file is, when it is one that we cannot scrub.
fn picture(file: View) -> Option<&'static str> {
    let bytes = file.bytes();
    if is_cr2(file) {
        return Some("a camera's raw file (CR2)");
    }
    let mut brands = brands(file);
    if let Some(major) = brands.next() {
        return match &major {
            b"crx " => Some("a camera's raw file (CR3)"),
            b"jp2 " | b"jpx " | b"jpm " | b"jph " => Some("a JPEG 2000 picture"),
            _ if std::iter::once(major).chain(brands).any(|brand| HEIF.contains(&brand)) => {
                Some("a HEIF picture of a kind other than HEIC and AVIF")
            }
            _ => None,
        };
    }
    let is_here = |(at, signature, _): &&(usize, &[u8], _)| bytes.get(*at..).is_some_and(|from| from.starts_with(signature));
    PICTURES.iter().find(is_here).map(|(.., what)| *what).or_else(|| by_header(file)).or_else(|| {
        let is_packed = bytes.starts_with(b"\x1F\x8B\x08");
        (is_svg(bytes) || is_packed && unpacked(file).is_some_and(|start| is_svg(&start))).then_some("an SVG drawing")
    })
}

/// Kinds that start with too little to be told by it alone.
fn by_header(file: View) -> Option<&'static str> {
    let little = |at| file.u16(at, Order::Little);
    match file.bytes() {
        // One to seven, then width and height as text.
        [b'P', b'1'..=b'6' | b'F' | b'f', b' ' | b'\t' | b'\n' | b'\r', rest @ ..] if starts_with_numbers(rest) => Some("a Netpbm picture"),
        // A count, and behind so many entries the first picture.
        [0, 0, 1 | 2, 0, ..]
            if little(4)? > 0 && file.length(18, Order::Little)? >= usize::from(little(4)?).saturating_mul(16).saturating_add(6) =>
        {
            Some("an icon (ICO)")
        }
        [0x01, 0xDA, 0 | 1, 1 | 2, 0, 1..=3, ..] => Some("an SGI picture"),
        // Version, coding, bits; a reserved byte, and how many planes.
        [0x0A, 0..=5, 1, 1 | 2 | 4 | 8, ..] if matches!(file.array(64)?, [0, 1..=4]) => Some("a PCX picture"),
        [b'%', b'!', b'P', b'S', ..] if file.until(64).contains(b"EPSF") => Some("an EPS drawing"),
        [b'#', b'd', b'e', b'f', ..] if [&b"_width"[..], b"_height", b"_bits"].iter().all(|name| file.until(1024).contains(name)) => {
            Some("an XBM picture")
        }
        bytes if bytes.ends_with(b"TRUEVISION-XFILE.\0") || is_targa(bytes) => Some("a TGA picture"),
        _ => None,
    }
}

/// The old kind says nothing of itself: all of its header must be as it may be.
fn is_targa(bytes: &[u8]) -> bool {
    let Some([_, has_map, kind, map @ .., _, _, _, _, width, width_high, height, height_high, bits, flags]) = bytes.first_chunk::<18>()
    else {
        return false;
    };
    let fits = match (has_map, map) {
        (0, map) => *map == [0; 5],
        (1, [0, 0, _, 0 | 1, entry]) => matches!(entry, 8 | 15 | 16 | 24 | 32),
        _ => false,
    };
    let has_size = (*width, *width_high) != (0, 0) && (*height, *height_high) != (0, 0);
    fits && has_size && matches!(kind, 1..=3 | 9..=11) && matches!(bits, 8 | 15 | 16 | 24 | 32) && flags & 0xC0 == 0
}

/// A comment, or two numbers.
fn starts_with_numbers(text: &[u8]) -> bool {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return false };
    let is_number = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
    first.starts_with(b"#") || is_number(first) && words.next().is_some_and(is_number)
}

/// Whether this is XML whose first element, or nearly so, is `svg`.
fn is_svg(bytes: &[u8]) -> bool {
    // In UTF-16 every other byte is zero.
    let text = bytes.iter().take(MAX_PROLOGUE).filter(|byte| **byte != 0).map(u8::to_ascii_lowercase);
    let text: Vec<u8> = text.skip_while(|byte| byte.is_ascii_whitespace() || !byte.is_ascii()).collect();
    let starts = |with: &[u8]| text.starts_with(with);
    let contains = |what: &[u8]| View::file(&text).contains(what);
    starts(b"<svg") || (starts(b"<?xml") || starts(b"<!--") || starts(b"<!doctype svg")) && contains(b"<svg") && !contains(b"<html")
}

/// How a file starts that gzip has packed. [RFC 1952 §2.3]
fn unpacked(file: View) -> Option<Vec<u8>> {
    let flags = file.u8(3)?;
    let mut at = 10_usize;
    if flags & 4 != 0 {
        at = at.saturating_add(2).saturating_add(file.u16(at, Order::Little)?.into());
    }
    let mut rest = file.from(at);
    for text in [8, 16] {
        if flags & text != 0 {
            (_, rest) = rest.split_nul()?;
        }
    }
    let rest = rest.from(if flags & 2 == 0 { 0 } else { 2 });
    let mut start = vec![0; MAX_PROLOGUE];
    let mut stream = Decompress::new(false);
    stream.decompress(rest.bytes(), &mut start, FlushDecompress::None).ok()?;
    start.truncate(usize::try_from(stream.total_out()).ok()?);
    Some(start)
}

/// A picture behind a byte order mark, white space, or a little of something unknown: some programs find it there.
fn behind_something(file: View) -> Option<String> {
    let named = |what: &str, at: usize| Some(format!("{what} behind {at} bytes that are no part of it"));
    let blank = file.bytes().iter().take(MAX_BEFORE).take_while(|b| b.is_ascii_whitespace() || matches!(b, 0xEF | 0xBB | 0xBF)).count();
    if blank > 0 {
        let rest = file.from(blank);
        if let Some(what) = picture(rest) {
            return named(what, blank);
        }
        if !matches!(format(rest), Ok(None)) {
            return named("a picture", blank);
        }
    }
    // Songs, documents and archives have pictures near their start, and are none.
    if is_known(file) {
        return None;
    }
    let starts_here = |at: &usize| {
        let rest = file.from(*at);
        match rest.bytes() {
            [0xFF, 0xD8, 0xFF, ..] => is_jpeg(rest),
            [0x89, ..] => rest.bytes().starts_with(PNG),
            [b'R', ..] => is_webp(rest.bytes()),
            [0, 0, _, _, b'f', ..] => !matches!(heif(rest), Ok(None)),
            _ => false,
        }
    };
    (1..file.len().min(MAX_BEFORE)).find(starts_here).and_then(|at| named("a picture", at))
}

/// Whether segments follow each other as in a JPEG.
fn is_jpeg(file: View) -> bool {
    let mut at = 2_usize;
    for _ in 0..3 {
        match (file.array(at), file.u16(at.saturating_add(2), Order::Big)) {
            (Some([0xFF, 0xDA]), _) => return true,
            (Some([0xFF, 0xC0..=0xCF | 0xDB | 0xDD | 0xE0..=0xEF | 0xFE]), Some(length @ 2..)) => {
                at = at.saturating_add(2).saturating_add(length.into());
            }
            _ => return false,
        }
    }
    true
}

/// What a file that is no picture may be, for the message.
fn looks_like(file: View) -> &'static str {
    let bytes = file.bytes();
    if bytes.is_empty() {
        return "the file is empty";
    }
    if let Some(major) = brands(file).next() {
        return if &major == b"qt  " { "it looks like a QuickTime video" } else { "it looks like an MP4 video" };
    }
    if let Some((_, what)) = OTHERS.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return what;
    }
    let start = String::from_utf8_lossy(file.until(1024).bytes()).to_ascii_lowercase();
    let start = start.trim_start_matches('\u{FEFF}').trim_start();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "it looks like a web page"
    } else if start.starts_with("<?xml") {
        "it looks like XML"
    } else if bytes.iter().take(1024).all(|&b| b >= 0x20 || matches!(b, b'\t' | b'\r' | b'\n')) {
        "it looks like text"
    } else {
        "its first bytes are of no kind we know"
    }
}

/// Whether a file is of a kind that is no picture.
fn is_known(file: View) -> bool {
    let bytes = file.bytes();
    brands(file).next().is_some()
        || bytes.get(257..262) == Some(b"ustar")
        || OTHERS.iter().any(|(signature, _)| bytes.starts_with(signature))
}

/// How much of a drawing's text is looked at for its first element. Programs put some definitions before it.
const MAX_PROLOGUE: usize = 8 << 10;

/// How far from the start of a file a picture is looked for.
const MAX_BEFORE: usize = 4 << 10;

/// Brands of pictures in HEIF that are neither HEIC nor AVIF, or not by their brands. [ISO 23008-12 §10]
const HEIF: [[u8; 4]; 16] = [
    *b"mif1", *b"mif2", *b"mif3", *b"msf1", *b"miaf", *b"pict", *b"1pic", *b"unif", *b"avci", *b"avcs", *b"vvic", *b"vvis", *b"jpeg",
    *b"jpgs", *b"j2ki", *b"j2is",
];

/// Pictures that we cannot scrub: where in the file they tell what they are, and how.
const PICTURES: &[(usize, &[u8], &str)] = &[
    (0, b"FUJIFILMCCD-RAW", "a camera's raw file (RAF)"),
    (0, b"IIU\0", "a camera's raw file (RW2)"),
    (0, b"IIRO", "a camera's raw file (ORF)"),
    (0, b"IIRS", "a camera's raw file (ORF)"),
    (0, b"MMOR", "a camera's raw file (ORF)"),
    (0, b"\0MRM", "a camera's raw file (MRW)"),
    (0, b"FOVb", "a camera's raw file (X3F)"),
    (6, b"HEAPCCDR", "a camera's raw file (CRW)"),
    (0, b"IIIITwaR", "a camera's raw file (IIQ)"),
    (0, b"MMMMRawT", "a camera's raw file (IIQ)"),
    (0, b"ARRI\x12\x34", "a camera's raw file (ARI)"),
    (2048, b"PCD_IPI", "a Photo CD picture"),
    (0, b"\0\0\0\x0CjP", "a JPEG 2000 picture"),
    (0, b"\xFF\x4F\xFF\x51", "a JPEG 2000 picture"),
    (0, b"\0\0\0\x0CJXS", "a JPEG XS picture"),
    (0, b"\xFF\x10\xFF\x50", "a JPEG XS picture"),
    (0, b"II\xBC", "a JPEG XR picture"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"gimp xcf", "a GIMP document"),
    (0, b"Paint Shop Pro Image", "a Paint Shop Pro document"),
    (0, b"id=ImageMagick", "an ImageMagick picture"),
    (0, b"GIF8", "a GIF of no known version"),
    (0, b"\x89PNG", "a PNG whose signature is damaged"),
    (0, b"\x8BJNG", "a JNG picture"),
    (0, b"\x8AMNG", "an MNG animation"),
    (0, b"qoif", "a QOI picture"),
    (0, b"farbfeld", "a farbfeld picture"),
    (0, b"FLIF", "a FLIF picture"),
    (0, b"BPG\xFB", "a BPG picture"),
    (0, b"\x76\x2F\x31\x01", "an OpenEXR picture"),
    (0, b"#?RADIANCE", "a Radiance picture"),
    (0, b"#?RGBE", "a Radiance picture"),
    (0, b"P7\n", "a Netpbm picture"),
    (0, b"P7 332", "a thumbnail"),
    (0, b"\x59\xA6\x6A\x95", "a Sun raster picture"),
    (0, b"/* XPM", "an XPM picture"),
    (0, b"icns", "an icon (ICNS)"),
    (8, b"ACON", "an animated cursor"),
    (0, b"\xB1\x68\xDE\x3A", "a PCX picture"),
    (0, b"DanM", "an MSP picture"),
    (0, b"LinS", "an MSP picture"),
    (0, b"DDS ", "a DDS texture"),
    (0, b"BLP1", "a BLP texture"),
    (0, b"BLP2", "a BLP texture"),
    (0, b"\xABKTX ", "a KTX texture"),
    (0, b"\x13\xAB\xA1\x5C", "an ASTC texture"),
    (8, b"ILBM", "an IFF picture"),
    (8, b"PBM ", "an IFF picture"),
    (0, b"SDPX", "a DPX picture"),
    (0, b"XPDS", "a DPX picture"),
    (0, b"\x80\x2A\x5F\xD7", "a Cineon picture"),
    (0, b"EP*\0", "a scanned document (MDI)"),
    (12, b"DJV", "a DjVu document"),
    (128, b"DICM", "a medical picture (DICOM)"),
    (0, b"SIMPLE  =", "a FITS picture"),
    (0, b"\xC5\xD0\xD3\xC6", "an EPS drawing"),
    (0, b"\xD7\xCD\xC6\x9A", "a WMF drawing"),
    (0, b"\x01\0\x09\0\0\x03", "a WMF drawing"),
    (40, b" EMF", "an EMF drawing"),
];

/// What is no picture.
const OTHERS: &[(&[u8], &str)] = &[
    (b"%PDF", "it looks like a PDF"),
    (b"%!PS", "it looks like PostScript"),
    (b"PK\x03\x04", "it looks like a ZIP archive"),
    (b"PK\x05\x06", "it looks like a ZIP archive"),
    (b"\x1F\x8B", "it looks like a gzip archive"),
    (b"7z\xBC\xAF\x27\x1C", "it looks like a 7-Zip archive"),
    (b"Rar!", "it looks like a RAR archive"),
    (b"\xD0\xCF\x11\xE0", "it looks like an office document"),
    (b"\x1A\x45\xDF\xA3", "it looks like a Matroska or WebM video"),
    (b"\x30\x26\xB2\x75", "it looks like Windows Media"),
    (b"OggS", "it looks like Ogg audio or video"),
    (b"fLaC", "it looks like FLAC audio"),
    (b"ID3", "it looks like MP3 audio"),
    (b"\xFF\xFB", "it looks like MP3 audio"),
    (b"RIFF", "it looks like AVI video or WAV audio"),
    (b"\x7FELF", "it looks like a program"),
    (b"MZ", "it looks like a program"),
];
