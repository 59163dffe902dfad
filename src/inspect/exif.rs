//! Reads Exif: a TIFF header, then a chain of image file directories (IFDs).
//! Offsets count from the TIFF header, not from the start of the file. [Exif 2.32 §4.5.2]

use super::cursor::{Order, View};
use super::decimal::Decimal;
use super::exif_tags::{self, Ifd};
use super::ledger::Findings;
use super::{MetadataKind, icc, iptc, xmp};

/// Walks the TIFF structure in `tiff`, whatever state it is in. Returns the orientation that IFD0 states.
pub(crate) fn read(tiff: View, path: &str, findings: &mut Findings) -> Option<u16> {
    let order = match tiff.bytes().get(..2)? {
        b"II" => Order::Little,
        b"MM" => Order::Big,
        _ => return None,
    };
    if tiff.u16(2, order)? != 42 {
        return None;
    }
    let mut walk =
        Walk { tiff, order, path, findings, entries_left: MAX_ENTRIES, payloads_left: MAX_PAYLOADS, seen: Vec::new(), orientation: None };
    let first = tiff.length(4, order)?;
    if let Some(second) = walk.directory(Ifd::Main, first)
        && let Some(mut next) = walk.directory(Ifd::Thumbnail, second)
    {
        // A third directory and more: TIFF pages, which no photo needs.
        while let Some(following) = walk.directory(Ifd::Further, next) {
            next = following;
        }
    }
    walk.orientation
}

struct Walk<'a, 'f> {
    tiff: View<'a>,
    order: Order,
    path: &'f str,
    findings: &'f mut Findings,
    entries_left: usize,
    payloads_left: usize,
    seen: Vec<usize>,
    orientation: Option<u16>,
}

impl<'a> Walk<'a, '_> {
    /// Reads one directory and those below it. Returns where the next of the chain is.
    fn directory(&mut self, ifd: Ifd, start: usize) -> Option<usize> {
        // A directory that was read before would make a circle, which never ends.
        if start == 0 || self.seen.contains(&start) || self.seen.len() >= MAX_IFDS {
            return None;
        }
        self.seen.push(start);
        let count = usize::from(self.tiff.u16(start, self.order)?);
        let entries = self.tiff.from(start.checked_add(2)?);
        let mut all = Vec::new();
        for index in 0..count {
            let Some(entry) = entries.get(index.saturating_mul(12), 12).and_then(|e| self.entry(e)) else { continue };
            if self.entries_left == 0 {
                return None;
            }
            self.entries_left = self.entries_left.saturating_sub(1);
            all.push(entry);
        }
        for entry in &all {
            self.note(ifd, entry, &all);
        }
        self.thumbnail(ifd, &all);
        let next = entries.length(count.saturating_mul(12), self.order)?;
        (next != 0).then_some(next)
    }

    fn entry(&self, entry: View<'a>) -> Option<Entry<'a>> {
        let tag = entry.u16(0, self.order)?;
        let kind = entry.u16(2, self.order)?;
        let count = entry.length(4, self.order)?;
        let size = count.checked_mul(type_size(kind)?)?;
        let value =
            if size <= 4 { entry.get(8, size)? } else { self.tiff.get(entry.length(8, self.order)?, size).unwrap_or(entry.from(8)) };
        Some(Entry { tag, kind, value, order: self.order })
    }

    fn note(&mut self, ifd: Ifd, entry: &Entry<'a>, all: &[Entry<'a>]) {
        let name = exif_tags::name(ifd, entry.tag).map_or_else(|| format!("0x{:04X}", entry.tag), str::to_owned);
        let path = format!("{}/{}/{name}", self.path, ifd.name());
        let range = entry.value.range();
        if ifd == Ifd::Main && entry.tag == ORIENTATION && self.orientation.is_none() {
            self.orientation = entry.number().and_then(|n| u16::try_from(n).ok());
        }
        let pointer = match (ifd, entry.tag) {
            (Ifd::Main | Ifd::Thumbnail | Ifd::Further, 0x8769) => Some(Ifd::Exif),
            (Ifd::Main | Ifd::Thumbnail | Ifd::Further, 0x8825) => Some(Ifd::Gps),
            (Ifd::Exif, 0xA005) => Some(Ifd::Interop),
            (Ifd::Main | Ifd::Further, 0x014A) => Some(Ifd::Further),
            _ => None,
        };
        if let Some(below) = pointer {
            for start in entry.numbers().take(MAX_IFDS).collect::<Vec<_>>() {
                self.directory(below, usize::try_from(start).unwrap_or(0));
            }
            return;
        }
        match (ifd, entry.tag) {
            (Ifd::Gps, tag) => self.findings.detail(MetadataKind::Gps, path, range, gps_value(tag, entry, all)),
            (Ifd::Exif, 0x927C) => {
                self.findings.detail(MetadataKind::MakerNote, path, range, Some(maker(entry.value).to_owned()));
            }
            (Ifd::Main, 0xC634) if entry.value.len() > 4 => {
                self.findings.detail(MetadataKind::MakerNote, path, range, Some(maker(entry.value).to_owned()));
            }
            (_, 0x02BC) => self.payload(MetadataKind::Xmp, &path, entry.value, xmp::read),
            (_, 0x83BB) => self.payload(MetadataKind::Iptc, &path, entry.value, iptc::records),
            (_, 0x8649) => self.payload(MetadataKind::Photoshop, &path, entry.value, iptc::resources),
            (_, 0x8773) => self.findings.detail(MetadataKind::Icc, path, range, icc::description(entry.value.bytes())),
            (_, tag) if exif_tags::is_utf16(tag) => {
                self.findings.detail(MetadataKind::Exif, path, range, Some(utf16(entry.value.until(MAX_TEXT), Order::Little)))
            }
            (_, tag) if exif_tags::has_text_prefix(tag) => self.findings.detail(MetadataKind::Exif, path, range, prefixed_text(entry)),
            (_, _) => self.findings.detail(MetadataKind::Exif, path, range, entry.text()),
        }
    }

    /// A block of another kind of metadata in a tag.
    fn payload(&mut self, kind: MetadataKind, path: &str, value: View<'a>, read: fn(View, &str, &mut Findings)) {
        self.findings.detail(kind, path, value.range(), None);
        if self.payloads_left > 0 {
            self.payloads_left = self.payloads_left.saturating_sub(1);
            read(value, path, self.findings);
        }
    }

    /// The small JPEG, or the strips, that a directory points to.
    fn thumbnail(&mut self, ifd: Ifd, all: &[Entry<'a>]) {
        let numbers = |tag| all.iter().find(|e| e.tag == tag).map(|e| e.numbers().take(MAX_STRIPS).collect::<Vec<_>>());
        for (starts, lengths, name) in [(0x0201, 0x0202, "ThumbnailImage"), (0x0111, 0x0117, "StripImage")] {
            let (Some(starts), Some(lengths)) = (numbers(starts), numbers(lengths)) else { continue };
            for (start, length) in starts.iter().zip(&lengths) {
                let (Ok(start), Ok(length)) = (usize::try_from(*start), usize::try_from(*length)) else { continue };
                let whole = self.tiff.get(start, length);
                let image = whole.unwrap_or(self.tiff.from(start));
                let cut = if whole.is_some() { "" } else { ", cut off" };
                let path = format!("{}/{}/{name}", self.path, ifd.name());
                self.findings.detail(MetadataKind::Thumbnail, path, image.range(), Some(format!("{length} bytes{cut}")));
            }
        }
    }
}

struct Entry<'a> {
    tag: u16,
    kind: u16,
    value: View<'a>,
    order: Order,
}

impl Entry<'_> {
    /// The values of an integer type.
    fn numbers(&self) -> impl Iterator<Item = u32> {
        let size = type_size(self.kind).unwrap_or(1).max(1);
        (0..self.value.len() / size).map_while(move |i| {
            let at = i.saturating_mul(size);
            match self.kind {
                1 | 7 => self.value.u8(at).map(u32::from),
                3 => self.value.u16(at, self.order).map(u32::from),
                4 | 13 => self.value.u32(at, self.order),
                _ => None,
            }
        })
    }

    fn number(&self) -> Option<u32> {
        self.numbers().next()
    }

    /// The values of a fraction's type: numerator and denominator.
    fn fractions(&self) -> impl Iterator<Item = (u32, u32)> {
        let fraction = move |at: usize| Some((self.value.u32(at, self.order)?, self.value.u32(at.saturating_add(4), self.order)?));
        let of_type = matches!(self.kind, 5 | 10);
        (0..self.value.len() / 8).filter(move |_| of_type).map_while(move |i| fraction(i.saturating_mul(8)))
    }

    /// A fraction as a number; as it stands where it is none.
    fn decimal(&self, (above, below): (u32, u32)) -> String {
        let (above, below) = match self.kind {
            10 => (above.cast_signed().into(), below.cast_signed().into()),
            _ => (above.into(), below.into()),
        };
        Decimal::ratio(above, below).map_or_else(|| format!("{above}/{below}"), |number| number.to_string())
    }

    /// The value as people read it; `None` for blocks of bytes.
    fn text(&self) -> Option<String> {
        match self.kind {
            2 => Some(String::from_utf8_lossy(self.value.until(MAX_TEXT).bytes()).into_owned()),
            1 | 3 | 4 | 13 if self.value.len() <= MAX_NUMBERS => Some(join(self.numbers().map(|n| n.to_string()))),
            5 | 10 if self.value.len() <= MAX_NUMBERS => Some(join(self.fractions().map(|fraction| self.decimal(fraction)))),
            6 if self.value.len() <= 16 => Some(join(self.value.bytes().iter().map(|b| b.cast_signed().to_string()))),
            // Undefined bytes that spell something, such as ExifVersion "0232".
            7 if self.value.len() <= 64 && self.value.bytes().iter().all(|b| matches!(b, 0 | b' '..=b'~')) => {
                Some(String::from_utf8_lossy(self.value.bytes()).into_owned())
            }
            _ => None,
        }
    }
}

/// Positions as signed decimal degrees, everything else as stored.
fn gps_value(tag: u16, entry: &Entry, all: &[Entry]) -> Option<String> {
    match tag {
        // Latitude, longitude, and those of the destination: degrees, minutes, seconds; the tag before says which half of the globe.
        0x02 | 0x04 | 0x14 | 0x16 => {
            let parts: Vec<(u32, u32)> = entry.fractions().take(3).collect();
            let degrees = parts.first().and_then(|_| Decimal::degrees(&parts))?;
            let half = all.iter().find(|e| e.tag == tag.saturating_sub(1)).and_then(|e| e.value.u8(0));
            let signed = if matches!(half, Some(b'S' | b's' | b'W' | b'w')) { degrees.negative() } else { degrees };
            Some(signed.with_digits(5))
        }
        // Altitude: the tag before is 1 below sea level.
        0x06 => {
            let (above, below) = entry.fractions().next()?;
            let metres = Decimal::ratio(above.into(), below.into())?;
            let is_below_sea = all.iter().find(|e| e.tag == 0x05).and_then(Entry::number) == Some(1);
            Some(if is_below_sea { metres.negative() } else { metres }.to_string())
        }
        0x07 => Some(entry.fractions().take(3).map(|part| format!("{:0>2}", entry.decimal(part))).collect::<Vec<_>>().join(":")),
        0x1B | 0x1C => prefixed_text(entry),
        _ => entry.text(),
    }
}

/// Text behind eight bytes that name its encoding. [Exif 2.32 §4.6.5, UserComment]
fn prefixed_text(entry: &Entry) -> Option<String> {
    let value = entry.value.until(MAX_TEXT);
    if let Some(text) = value.after(b"UNICODE\0") {
        let order = if text.bytes().starts_with(&[0xFF, 0xFE]) { Order::Little } else { entry.order };
        return Some(utf16(text, order));
    }
    let text = value.after(b"ASCII\0\0\0").or(value.after(b"JIS\0\0\0\0\0")).or(value.after(&[0; 8])).unwrap_or(value);
    Some(String::from_utf8_lossy(text.bytes()).into_owned())
}

fn utf16(text: View, order: Order) -> String {
    let units: Vec<u16> = (0..text.len() / 2).map_while(|i| text.u16(i.saturating_mul(2), order)).take_while(|&u| u != 0).collect();
    String::from_utf16_lossy(&units).trim_start_matches('\u{FEFF}').to_owned()
}

/// Whose private block this is, by how it starts.
fn maker(note: View) -> &'static str {
    MAKERS.iter().find(|(start, _)| note.bytes().starts_with(start)).map_or("unknown maker", |(_, name)| name)
}

fn type_size(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}

fn join(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(" ")
}

const ORIENTATION: u16 = 0x0112;

/// Most directories in one block. Real photos have up to six.
const MAX_IFDS: usize = 64;

/// Most entries over all directories. Real photos have up to some hundreds.
const MAX_ENTRIES: usize = 20_000;

/// Most blocks of other kinds that are walked. Any number of entries may point to the same one.
const MAX_PAYLOADS: usize = 8;

/// Longest text that is looked at, bytes.
const MAX_TEXT: usize = 4096;

/// Most strips of an uncompressed thumbnail that are named.
const MAX_STRIPS: usize = 64;

/// Longest row of numbers that is shown, in bytes of the file.
const MAX_NUMBERS: usize = 128;

/// How makers' blocks start. Canon's has no header: it starts with its entry count, and its first tag is 1, of type short.
const MAKERS: &[(&[u8], &str)] = &[
    (b"Apple iOS\0", "Apple"),
    (b"Nikon\0", "Nikon"),
    (b"SONY", "Sony"),
    (b"VHAB", "Sony"),
    (b"FUJIFILM", "Fujifilm"),
    (b"GENERALE", "Fujifilm"),
    (b"OLYMP\0", "Olympus"),
    (b"OLYMPUS\0", "Olympus"),
    (b"OM SYSTEM\0", "OM System"),
    (b"CAMER\0", "Olympus"),
    (b"Panasonic\0", "Panasonic"),
    (b"LEICA", "Leica"),
    (b"AOC\0", "Pentax"),
    (b"PENTAX ", "Pentax"),
    (b"RICOH\0", "Ricoh"),
    (b"Ricoh", "Ricoh"),
    (b"SIGMA\0", "Sigma"),
    (b"FOVEON\0", "Sigma"),
    (b"KDK", "Kodak"),
    (b"MINOL", "Minolta"),
    (b"CASIO", "Casio"),
    (b"QVC\0", "Casio"),
    (b"SAMSUNG", "Samsung"),
    (b"STMN", "Samsung"),
    (b"\x07\0\x01\0\x07\0\x04\0", "Samsung"),
    (b"HDRP", "Google HDR+"),
    (b"DJI\0", "DJI"),
    (b"[ae_dbg_info:", "DJI"),
    (b"HUAWEI\0", "Huawei"),
    (b"Vivo", "Vivo"),
    (b"QCOM", "Qualcomm"),
    (b"Xiaomi", "Xiaomi"),
    (b"MOT\0", "Motorola"),
    (b"GoPro", "GoPro"),
    (b"SANYO\0", "Sanyo"),
    (b"EPSON\0", "Epson"),
    (b"Hasselblad", "Hasselblad"),
    (b"Adobe\0", "Adobe"),
    (b"II*\0", "TIFF"),
];
