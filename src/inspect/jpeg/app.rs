//! Reads a JPEG's application segments and comments, by their identifiers.

use std::ops::Range;

use super::name;
use crate::inspect::cursor::{Order, View};
use crate::inspect::ledger::Findings;
use crate::inspect::{MetadataKind, Why, c2pa, exif, icc, iptc, keep, xmp};

/// What segments say that matters beyond themselves.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) orientation: Option<u16>,
    pub(super) adobe_transform: Option<u8>,
    /// The colour profile, put together.
    pub(super) icc: Option<Vec<u8>>,
    pub(super) further_pictures: Vec<FurtherPicture>,
    /// An ISO 21496-1 segment: this is a gain map, or a picture that has one.
    pub(super) has_gain_map_segment: bool,
    icc_parts: Vec<IccPart>,
    has_jfif: bool,
    has_exif: bool,
    has_adobe: bool,
}

/// An entry of a multi-picture index.
#[derive(Clone)]
pub(super) struct FurtherPicture {
    /// Its number in the index, the first picture being 0.
    pub(super) index: usize,
    pub(super) range: Range<usize>,
    /// Its type code. [CIPA DC-007 §5.2.3.3.1]
    pub(super) kind: u32,
}

struct IccPart {
    range: Range<usize>,
    payload: Vec<u8>,
}

impl Notes {
    /// Whether none of this marker's kind of which one may stay came before.
    pub(super) fn is_first(&self, marker: u8) -> bool {
        match marker {
            0xE0 => !self.has_jfif,
            0xE1 => !self.has_exif,
            0xEE => !self.has_adobe,
            _ => true,
        }
    }

    /// Takes down what a segment says about the picture, whether it stays or not.
    pub(super) fn remember(&mut self, marker: u8, payload: View) {
        match marker {
            0xE0 if payload.after(b"JFIF\0").is_some() => self.has_jfif = true,
            0xE1 if !self.has_exif => {
                if let Some(tiff) = payload.after(keep::EXIF) {
                    self.has_exif = true;
                    self.orientation = exif::read(tiff, "", &mut Findings::default());
                }
            }
            // Decoders go by the last one.
            0xEE if payload.after(b"Adobe").is_some() && payload.len() >= 12 => {
                self.has_adobe = true;
                self.adobe_transform = payload.u8(11);
            }
            _ => {}
        }
    }

    /// Puts the colour profile together, and says what is in it unless it is as we write it.
    pub(super) fn settle_profile(&mut self, findings: &mut Findings) {
        let Some(first) = self.icc_parts.first() else { return };
        let packed = first.range.start..self.icc_parts.last().map_or(first.range.end, |p| p.range.end);
        self.icc = self.join();
        let clean = self.icc.as_ref().is_some_and(|icc| {
            keep::is_clean_icc(icc) && keep::icc_segments(icc).iter().eq(self.icc_parts.iter().map(|part| &part.payload))
        });
        for part in &self.icc_parts {
            if clean {
                findings.keep(MetadataKind::Icc, "APP2/ICC_PROFILE", part.range.clone(), Why::Colour);
            } else {
                findings.push(MetadataKind::Icc, "APP2/ICC_PROFILE", part.range.clone(), self.icc.as_deref().and_then(icc::description));
            }
        }
        if let Some(icc) = self.icc.as_ref().filter(|_| !clean) {
            icc::read(View::unpacked(icc, packed), "APP2/ICC_PROFILE", findings);
        }
    }

    /// The profile, when each part is there exactly once. [ICC.1:2022 Annex B.4]
    fn join(&self) -> Option<Vec<u8>> {
        let mut parts: Vec<(u8, &[u8])> = Vec::new();
        for part in &self.icc_parts {
            let [number, count, data @ ..] = part.payload.strip_prefix(keep::ICC_PROFILE)? else { return None };
            if usize::from(*count) != self.icc_parts.len() {
                return None;
            }
            parts.push((*number, data));
        }
        let mut icc = Vec::new();
        // As many parts as numbers: where each number is found, none is there twice.
        for number in 1..=u8::try_from(parts.len()).ok()? {
            let (_, data) = parts.iter().find(|&&(n, _)| n == number)?;
            icc.extend_from_slice(data);
        }
        Some(icc)
    }
}

/// Says what a segment is that a clean file may not hold. Returns its kind.
pub(super) fn classify(marker: u8, whole: View, notes: &mut Notes, findings: &mut Findings) -> MetadataKind {
    let payload = whole.from(4);
    let segment = name(marker);
    let mut note = |kind, what: &str, value| {
        findings.push(kind, format!("{segment}/{what}"), whole.range(), value);
        kind
    };
    match marker {
        0xE0 => {
            if let Some(jfif) = payload.after(b"JFIF\0") {
                let kind = if jfif.len() > 9 { MetadataKind::Thumbnail } else { MetadataKind::Unknown };
                return note(kind, "JFIF", density(jfif));
            }
            if payload.after(b"JFXX\0").is_some() {
                return note(MetadataKind::Thumbnail, "JFXX", Some(format!("{} bytes", payload.len())));
            }
        }
        0xE1 => {
            if let Some(tiff) = payload.after(keep::EXIF).or(payload.after(b"Exif\0\xFF")) {
                note(MetadataKind::Exif, "Exif", None);
                exif::read(tiff, "APP1/Exif", findings);
                return MetadataKind::Exif;
            }
            if let Some(packet) = payload.after(b"http://ns.adobe.com/xap/1.0/\0") {
                note(MetadataKind::Xmp, "XMP", None);
                xmp::read(packet, "APP1/XMP", findings);
                return MetadataKind::Xmp;
            }
            if let Some(part) = payload.after(b"http://ns.adobe.com/xmp/extension/\0") {
                // Digest, total length and offset of the part: 40 bytes. Parts are cut anywhere, even within a tag.
                let kind = if part.contains(b"GDepth:") { MetadataKind::Depth } else { MetadataKind::Xmp };
                note(kind, "ExtendedXMP", None);
                xmp::read(part.from(40), "APP1/ExtendedXMP", findings);
                return kind;
            }
        }
        0xE2 => {
            if payload.after(keep::ICC_PROFILE).is_some() {
                notes.icc_parts.push(IccPart { range: whole.range(), payload: payload.bytes().to_vec() });
                return MetadataKind::Icc;
            }
            if let Some(index) = payload.after(b"MPF\0") {
                notes.further_pictures = further_pictures(index);
                return note(MetadataKind::MultiPicture, "MPF", Some(format!("{} further pictures", notes.further_pictures.len())));
            }
            if payload.after(b"urn:iso:std:iso:ts:21496:-1\0").is_some() {
                notes.has_gain_map_segment = true;
                return note(MetadataKind::GainMap, "ISO21496", None);
            }
            if payload.after(b"FPXR\0").is_some() {
                return note(MetadataKind::Unknown, "FPXR", None);
            }
        }
        0xEB => {
            // Identifier `JP`, box number and packet number, then boxes. [ISO 19566-5 Annex D]
            if let Some(packet) = payload.after(b"JP") {
                note(MetadataKind::C2pa, "JUMBF", None);
                c2pa::read(packet.from(6), "APP11/JUMBF", findings);
                return MetadataKind::C2pa;
            }
            if payload.after(b"HDR_RI").is_some() {
                return note(MetadataKind::GainMap, "HDR_RI", None);
            }
        }
        0xEC => {
            if payload.after(b"Ducky").is_some() {
                return note(MetadataKind::Photoshop, "Ducky", None);
            }
            if payload.contains(b"[picture info]") {
                return note(MetadataKind::Exif, "PictureInfo", Some(String::from_utf8_lossy(payload.bytes()).into_owned()));
            }
        }
        0xED => {
            if let Some(block) = payload.after(b"Photoshop 3.0\0") {
                note(MetadataKind::Photoshop, "Photoshop", None);
                iptc::resources(block, "APP13/Photoshop", findings);
                return MetadataKind::Photoshop;
            }
        }
        0xEE if payload.after(b"Adobe").is_some() => return note(MetadataKind::Photoshop, "Adobe", None),
        0xFE => {
            findings.push(MetadataKind::Comment, segment, whole.range(), Some(String::from_utf8_lossy(payload.bytes()).into_owned()));
            return MetadataKind::Comment;
        }
        _ => {}
    }
    let identifier = identifier(payload);
    findings.push(MetadataKind::Unknown, format!("{segment}{identifier}"), whole.range(), None);
    MetadataKind::Unknown
}

/// The text that an application segment starts with, as the end of a path.
fn identifier(payload: View) -> String {
    let text: String = payload
        .bytes()
        .iter()
        .take(32)
        .take_while(|b| b.is_ascii_graphic())
        .map(|&b| if b == b'/' { '_' } else { char::from(b) })
        .collect();
    if text.len() < 3 { String::new() } else { format!("/{text}") }
}

fn density(jfif: View) -> Option<String> {
    let unit = match jfif.u8(2)? {
        1 => " dpi",
        2 => " dots per cm",
        _ => "",
    };
    Some(format!("{} × {}{unit}", jfif.u16(3, Order::Big)?, jfif.u16(5, Order::Big)?))
}

/// Reads a multi-picture index. Offsets count from its TIFF header. [CIPA DC-007 §5.2]
fn further_pictures(index: View) -> Vec<FurtherPicture> {
    let read = || {
        let order = if index.bytes().starts_with(b"II") { Order::Little } else { Order::Big };
        let start = index.length(4, order)?;
        let count = usize::from(index.u16(start, order)?);
        for entry in 0..count {
            let entry = index.get(entry.checked_mul(12)?.checked_add(start)?.checked_add(2)?, 12)?;
            if entry.u16(0, order)? == 0xB002 {
                let table = index.get(entry.length(8, order)?, entry.length(4, order)?)?;
                return Some(pictures(table, index.offset(0), order));
            }
        }
        None
    };
    read().unwrap_or_default()
}

fn pictures(table: View, base: usize, order: Order) -> Vec<FurtherPicture> {
    let picture = |index: usize| {
        let entry = table.get(index.checked_mul(16)?, 16)?;
        let offset = entry.length(8, order).filter(|&o| o != 0)?;
        let start = base.checked_add(offset)?;
        Some(FurtherPicture { index, range: start..start.checked_add(entry.length(4, order)?)?, kind: entry.u32(0, order)? & 0x00FF_FFFF })
    };
    (0..table.len() / 16).take(MAX_PICTURES).filter_map(picture).collect()
}

/// Most pictures of one index that are looked at. A burst has some dozens.
const MAX_PICTURES: usize = 256;
