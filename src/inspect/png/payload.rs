//! Reads what ancillary PNG chunks hold. [PNG 3rd edition §11.3]

use crate::inspect::cursor::{Order, View};
use crate::inspect::ledger::{Findings, MAX_UNPACKED, inflate};
use crate::inspect::{MetadataKind, c2pa, exif, icc, iptc, xmp};

/// The profile in an `iCCP` chunk's data.
pub(crate) fn profile(data: &[u8]) -> Option<Vec<u8>> {
    let (_, packed) = View::file(data).split_nul()?;
    (packed.u8(0)? == 0).then(|| inflate(packed.from(1).bytes(), MAX_UNPACKED))?
}

/// What kind of thing a chunk is.
pub(super) fn kind(kind: [u8; 4], data: View) -> MetadataKind {
    match &kind {
        b"eXIf" | b"zxIf" => MetadataKind::Exif,
        b"iCCP" => MetadataKind::Icc,
        b"tIME" => MetadataKind::Time,
        b"caBX" => MetadataKind::C2pa,
        b"tEXt" | b"zTXt" | b"iTXt" => text_kind(data),
        _ => MetadataKind::Unknown,
    }
}

/// Makes findings of a chunk that a clean file may not hold.
pub(super) fn describe(name: [u8; 4], whole: View, data: View, findings: &mut Findings) {
    let kind = kind(name, data);
    let path: String = name.iter().map(|&b| char::from(b)).collect();
    let range = whole.range();
    match &name {
        b"eXIf" => {
            findings.push(kind, &path, range, None);
            exif::read(data, &path, findings);
        }
        b"iCCP" => {
            let profile = data.split_nul().and_then(|(_, packed)| findings.unpack(packed.from(1).bytes()));
            let name = data.split_nul().map(|(name, _)| String::from_utf8_lossy(name).into_owned());
            findings.push(kind, &path, range.clone(), profile.as_deref().and_then(icc::description).or(name));
            if let Some(profile) = profile {
                icc::read(View::unpacked(&profile, range), &path, findings);
            }
        }
        b"tIME" => findings.push(kind, path, range, time(data)),
        b"caBX" => {
            findings.push(kind, &path, range, None);
            c2pa::read(data, &path, findings);
        }
        b"tEXt" | b"zTXt" | b"iTXt" => text(&path, whole, data, findings),
        b"pHYs" => findings.push(kind, path, range, density(data)),
        _ => findings.push(kind, path, range, None),
    }
}

fn text_kind(data: View) -> MetadataKind {
    let keyword = data.split_nul().map_or(&b""[..], |(keyword, _)| keyword);
    match keyword {
        b"XML:com.adobe.xmp" | b"Raw profile type xmp" => MetadataKind::Xmp,
        b"Raw profile type exif" | b"Raw profile type APP1" => MetadataKind::Exif,
        b"Raw profile type iptc" => MetadataKind::Iptc,
        b"Raw profile type 8bim" => MetadataKind::Photoshop,
        b"Raw profile type icc" | b"Raw profile type icm" => MetadataKind::Icc,
        b"Creation Time" | b"date:create" | b"date:modify" | b"date:timestamp" => MetadataKind::Time,
        b"Comment" => MetadataKind::Comment,
        _ => MetadataKind::Text,
    }
}

/// A text chunk: its keyword, and its text unpacked.
fn text(chunk: &str, whole: View, data: View, findings: &mut Findings) {
    let kind = text_kind(data);
    let Some((keyword, rest)) = data.split_nul() else {
        findings.push(kind, chunk, whole.range(), None);
        return;
    };
    let path = format!("{chunk}/{}", crate::inspect::ledger::shorten(&latin1(keyword)));
    let unpacked;
    let content = match chunk {
        "zTXt" => {
            unpacked = findings.unpack(rest.from(1).bytes());
            unpacked.as_deref().map(|u| View::unpacked(u, whole.range()))
        }
        "iTXt" => {
            // Compression flag and method, language tag, translated keyword. [§11.3.3.4]
            let text = rest.from(2).split_nul().and_then(|(_, r)| r.split_nul()).map(|(_, text)| text);
            if rest.u8(0) == Some(1) {
                unpacked = text.and_then(|t| findings.unpack(t.bytes()));
                unpacked.as_deref().map(|u| View::unpacked(u, whole.range()))
            } else {
                text
            }
        }
        _ => Some(rest),
    };
    let Some(content) = content else {
        findings.push(kind, path, whole.range(), None);
        return;
    };
    let short = content.until(MAX_TEXT).bytes();
    let value = if chunk == "iTXt" { String::from_utf8_lossy(short).into_owned() } else { latin1(short) };
    let is_block = !matches!(kind, MetadataKind::Text | MetadataKind::Comment | MetadataKind::Time);
    findings.push(kind, &path, whole.range(), (!is_block).then_some(value));
    if keyword == b"XML:com.adobe.xmp" {
        xmp::read(content, &path, findings);
    } else if let Some(profile) = keyword.strip_prefix(b"Raw profile type ").and_then(|_| raw_profile(content)) {
        let profile = View::unpacked(&profile, whole.range());
        match kind {
            MetadataKind::Exif => {
                exif::read(profile.after(b"Exif\0\0").unwrap_or(profile), &path, findings);
                if let Some(packet) = profile.after(b"http://ns.adobe.com/xap/1.0/\0") {
                    xmp::read(packet, &path, findings);
                }
            }
            MetadataKind::Xmp => xmp::read(profile, &path, findings),
            MetadataKind::Iptc | MetadataKind::Photoshop => {
                iptc::resources(profile, &path, findings);
                iptc::records(profile, &path, findings);
            }
            _ => {}
        }
    }
}

/// ImageMagick's form: a line with the name, one with the length, then the bytes in hexadecimal.
fn raw_profile(content: View) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(content.bytes()).ok()?;
    let mut lines = text.trim_start().lines();
    let length: usize = lines.nth(1)?.trim().parse().ok()?;
    let digits: Vec<u8> = lines.flat_map(str::chars).filter_map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    (bytes.len() == length).then_some(bytes)
}

fn time(data: View) -> Option<String> {
    let [high, low, month, day, hour, minute, second] = data.array(0)?;
    Some(format!("{:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}", u16::from_be_bytes([high, low])))
}

fn density(data: View) -> Option<String> {
    let unit = if data.u8(8)? == 1 { " pixels per metre" } else { "" };
    Some(format!("{} × {}{unit}", data.u32(0, Order::Big)?, data.u32(4, Order::Big)?))
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}

/// Longest text that is looked at, bytes.
const MAX_TEXT: usize = 4096;
