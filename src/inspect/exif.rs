//! Reads Exif: a TIFF header, then a chain of image file directories (IFDs).
//! Offsets count from the TIFF header, not from the start of the file. [Exif 2.32 §4.5.2]

use std::ops::Range;

use super::cursor::{Order, View};
use super::decimal::Decimal;
use super::exif_tags::{self, Ifd};
use super::ledger::Findings;
use super::{MetadataKind, icc, iptc, xmp};

/// Walks the TIFF structure in `tiff`, whatever state it is in. Returns the orientation that IFD0 states.
pub(crate) fn read(tiff: View, path: &str, findings: &mut Findings) -> Option<u16> {
    let (layout, first) = Layout::of(tiff).filter(|(layout, _)| !layout.is_big)?;
    let mut walk = Walk::new(tiff, layout, path, findings);
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

/// How numbers are stored: their byte order, and whether offsets and counts have eight bytes, as in BigTIFF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) order: Order,
    pub(crate) is_big: bool,
}

impl Layout {
    /// Reads a TIFF header. Returns where the first directory is, too.
    pub(crate) fn of(tiff: View) -> Option<(Self, usize)> {
        let order = match tiff.bytes().get(..2)? {
            b"II" => Order::Little,
            b"MM" => Order::Big,
            _ => return None,
        };
        let is_big = match tiff.u16(2, order)? {
            42 => false,
            // The size of offsets, eight, and two bytes that are zero.
            43 if (tiff.u16(4, order)?, tiff.u16(6, order)?) == (8, 0) => true,
            _ => return None,
        };
        let layout = Self { order, is_big };
        Some((layout, layout.offset(tiff, if is_big { 8 } else { 4 })?))
    }

    /// Bytes of the header.
    pub(crate) fn header(self) -> usize {
        if self.is_big { 16 } else { 8 }
    }

    /// Bytes of an offset, and most of a value that lies in its entry.
    pub(crate) fn word(self) -> usize {
        if self.is_big { 8 } else { 4 }
    }

    /// Bytes of the count that a directory starts with.
    pub(crate) fn count(self) -> usize {
        if self.is_big { 8 } else { 2 }
    }

    /// Bytes of an entry.
    pub(crate) fn entry(self) -> usize {
        if self.is_big { 20 } else { 12 }
    }

    fn offset(self, tiff: View, at: usize) -> Option<usize> {
        if self.is_big { usize::try_from(tiff.u64(at, self.order)?).ok() } else { tiff.length(at, self.order) }
    }

    /// Reads the directory at `start`: at most `most` entries. What is not there is left out, and so is all behind it.
    pub(crate) fn table<'a>(self, tiff: View<'a>, start: usize, most: usize) -> Option<Table<'a>> {
        let stated =
            if self.is_big { usize::try_from(tiff.u64(start, self.order)?).ok()? } else { usize::from(tiff.u16(start, self.order)?) };
        let rows = tiff.from(start.checked_add(self.count())?);
        let mut entries = Vec::new();
        while entries.len() < stated.min(most)
            && let Some(row) = rows.get(entries.len().saturating_mul(self.entry()), self.entry())
            && let Some(entry) = self.read_entry(tiff, row)
        {
            entries.push(entry);
        }
        let is_whole = entries.len() == stated;
        let next = self.offset(rows, stated.saturating_mul(self.entry()));
        let length = self.count().saturating_add(stated.saturating_mul(self.entry())).saturating_add(self.word());
        Some(Table { range: tiff.from(start).until(length).range(), entries, is_whole, next })
    }

    fn read_entry<'a>(self, tiff: View<'a>, row: View<'a>) -> Option<Entry<'a>> {
        let tag = row.u16(0, self.order)?;
        let kind = row.u16(2, self.order)?;
        let count = if self.is_big { usize::try_from(row.u64(4, self.order)?).ok() } else { row.length(4, self.order) };
        let inline = self.entry().saturating_sub(self.word());
        let size = type_size(kind).and_then(|size| count?.checked_mul(size));
        let value =
            size.and_then(|size| if size <= self.word() { row.get(inline, size) } else { tiff.get(self.offset(row, inline)?, size) });
        Some(Entry { tag, kind, value: value.unwrap_or(row.from(inline)), is_there: value.is_some(), order: self.order, row: row.range() })
    }
}

/// A directory as stored.
pub(crate) struct Table<'a> {
    /// Where it is: count, entries, offset of the next.
    pub(crate) range: Range<usize>,
    pub(crate) entries: Vec<Entry<'a>>,
    /// Whether all of its entries were read.
    pub(crate) is_whole: bool,
    /// Where the next of the chain is, 0 for none; `None` when the file ends before.
    pub(crate) next: Option<usize>,
}

/// Reads directories and names what they hold, with one budget for all of them.
pub(crate) struct Walk<'a, 'f> {
    tiff: View<'a>,
    layout: Layout,
    /// What all paths start with.
    pub(crate) path: String,
    pub(crate) findings: &'f mut Findings,
    /// Directories that were read because an entry pointed to them.
    pub(crate) tables: Vec<(String, Ifd, Range<usize>)>,
    entries_left: usize,
    payloads_left: usize,
    seen: Vec<usize>,
    orientation: Option<u16>,
    /// What tag 271 says.
    make: Option<String>,
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(crate) fn new(tiff: View<'a>, layout: Layout, path: &str, findings: &'f mut Findings) -> Self {
        Self {
            tiff,
            layout,
            path: path.to_owned(),
            findings,
            tables: Vec::new(),
            entries_left: MAX_ENTRIES,
            payloads_left: MAX_PAYLOADS,
            seen: Vec::new(),
            orientation: None,
            make: None,
        }
    }

    /// Reads one directory and those below it. Returns where the next of the chain is.
    fn directory(&mut self, ifd: Ifd, start: usize) -> Option<usize> {
        // A directory that was read before would make a circle, which never ends.
        let is_idle = self.findings.is_full() && ifd != Ifd::Main;
        if start == 0 || is_idle || self.seen.contains(&start) || self.seen.len() >= MAX_IFDS {
            return None;
        }
        self.seen.push(start);
        let table = self.layout.table(self.tiff, start, self.entries_left)?;
        self.entries_left = self.entries_left.saturating_sub(table.entries.len());
        self.tables.push((self.path.clone(), ifd, table.range));
        for entry in &table.entries {
            self.note(ifd, entry, &table.entries);
        }
        self.thumbnail(ifd, &table.entries);
        table.next.filter(|&next| next != 0 && table.is_whole)
    }

    /// Makes a finding of one entry of a directory, and of what it points to.
    pub(crate) fn note(&mut self, ifd: Ifd, entry: &Entry<'a>, all: &[Entry<'a>]) {
        if ifd == Ifd::Main && entry.tag == ORIENTATION && self.orientation.is_none() {
            self.orientation = entry.number().and_then(|n| u16::try_from(n).ok());
        }
        if matches!(ifd, Ifd::Main | Ifd::Page) && entry.tag == MAKE && self.make.is_none() {
            self.make = entry.text();
        }
        // Thousands of blocks may point at the same entries, and nobody would hear of them.
        if self.findings.is_full() {
            return;
        }
        let name = exif_tags::name(ifd, entry.tag).map_or_else(|| format!("0x{:04X}", entry.tag), str::to_owned);
        let path = self.path(ifd, &name);
        let range = entry.value.range();
        let pointer = match (ifd, entry.tag) {
            (Ifd::Main | Ifd::Thumbnail | Ifd::Further | Ifd::Page, 0x8769) => Some(Ifd::Exif),
            (Ifd::Main | Ifd::Thumbnail | Ifd::Further | Ifd::Page, 0x8825) => Some(Ifd::Gps),
            (Ifd::Exif, 0xA005) => Some(Ifd::Interop),
            (Ifd::Main | Ifd::Further | Ifd::Page, 0x014A) => Some(Ifd::Further),
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
                self.findings.detail(MetadataKind::MakerNote, path, range, Some(self.maker(entry.value)));
            }
            (Ifd::Main | Ifd::Page, 0xC634) if entry.value.len() > 4 => {
                self.findings.detail(MetadataKind::MakerNote, path, range, Some(self.maker(entry.value)));
            }
            (_, 0x02BC) => self.payload(MetadataKind::Xmp, &path, entry.value, xmp::read),
            (_, 0x83BB) => self.payload(MetadataKind::Iptc, &path, entry.value, iptc::records),
            (_, 0x8649) => self.payload(MetadataKind::Photoshop, &path, entry.value, iptc::resources),
            // GeoTIFF: where on the map the picture lies.
            (Ifd::Main | Ifd::Page, 0x830E | 0x8482 | 0x85D8 | 0x87AF..=0x87B1) => {
                self.findings.detail(MetadataKind::Gps, path, range, entry.text());
            }
            (_, 0x935C) => self.findings.detail(MetadataKind::Photoshop, path, range, Some(format!("{} bytes", entry.value.len()))),
            (_, 0x8773) => self.findings.detail(MetadataKind::Icc, path, range, icc::description(entry.value.bytes())),
            (_, tag) if exif_tags::is_utf16(tag) => {
                self.findings.detail(MetadataKind::Exif, path, range, Some(utf16(entry.value.until(MAX_TEXT), Order::Little)))
            }
            (_, tag) if exif_tags::has_text_prefix(tag) => self.findings.detail(MetadataKind::Exif, path, range, prefixed_text(entry)),
            (_, _) => self.findings.detail(MetadataKind::Exif, path, range, entry.text()),
        }
    }

    /// Whose private block this is, by how it starts; where that does not tell, by whom the camera is said to be.
    fn maker(&self, note: View) -> String {
        maker(note).map(str::to_owned).or_else(|| self.make.clone()).unwrap_or_else(|| "unknown maker".into())
    }

    fn path(&self, ifd: Ifd, name: &str) -> String {
        match ifd {
            // A page of a TIFF: the path says which.
            Ifd::Page => format!("{}/{name}", self.path),
            _ => format!("{}/{}/{name}", self.path, ifd.name()),
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
    pub(crate) fn thumbnail(&mut self, ifd: Ifd, all: &[Entry<'a>]) {
        let numbers = |tag| all.iter().find(|e| e.tag == tag).map(|e| e.numbers().take(MAX_STRIPS).collect::<Vec<_>>());
        for (starts, lengths, name) in [(0x0201, 0x0202, "ThumbnailImage"), (0x0111, 0x0117, "StripImage"), (0x0144, 0x0145, "TileImage")] {
            let (Some(starts), Some(lengths)) = (numbers(starts), numbers(lengths)) else { continue };
            for (start, length) in starts.iter().zip(&lengths) {
                let (Ok(start), Ok(length)) = (usize::try_from(*start), usize::try_from(*length)) else { continue };
                let whole = self.tiff.get(start, length);
                let image = whole.unwrap_or(self.tiff.from(start));
                let cut = if whole.is_some() { "" } else { ", cut off" };
                let path = self.path(ifd, name);
                self.findings.detail(MetadataKind::Thumbnail, path, image.range(), Some(format!("{length} bytes{cut}")));
            }
        }
    }
}

/// One entry of a directory.
pub(crate) struct Entry<'a> {
    pub(crate) tag: u16,
    pub(crate) kind: u16,
    /// What it holds; where that is not in the file, the bytes in the entry that should say where.
    pub(crate) value: View<'a>,
    /// Whether its type is known, and its value all there.
    pub(crate) is_there: bool,
    order: Order,
    /// Where the entry itself is.
    pub(crate) row: Range<usize>,
}

impl Entry<'_> {
    /// The values of an integer type.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        let size = type_size(self.kind).unwrap_or(1).max(1);
        (0..self.value.len() / size).map_while(move |i| {
            let at = i.saturating_mul(size);
            match self.kind {
                1 | 7 => self.value.u8(at).map(u64::from),
                3 => self.value.u16(at, self.order).map(u64::from),
                4 | 13 => self.value.u32(at, self.order).map(u64::from),
                16 | 18 => self.value.u64(at, self.order),
                _ => None,
            }
        })
    }

    fn number(&self) -> Option<u64> {
        self.numbers().next()
    }

    /// The values of a fraction's type: numerator and denominator.
    fn fractions(&self) -> impl Iterator<Item = (u32, u32)> {
        let fraction = move |at: usize| Some((self.value.u32(at, self.order)?, self.value.u32(at.saturating_add(4), self.order)?));
        let of_type = matches!(self.kind, 5 | 10);
        (0..self.value.len() / 8).filter(move |_| of_type).map_while(move |i| fraction(i.saturating_mul(8)))
    }

    /// The same as numbers, which are not finite where a denominator is 0.
    pub(crate) fn ratios(&self) -> impl Iterator<Item = f64> {
        let is_signed = self.kind == 10;
        self.fractions().map(move |(above, below)| match is_signed {
            true => f64::from(above.cast_signed()) / f64::from(below.cast_signed()),
            false => f64::from(above) / f64::from(below),
        })
    }

    /// A fraction as a number; as it stands where it is none.
    fn decimal(&self, (above, below): (u32, u32)) -> String {
        let (above, below) = match self.kind {
            10 => (above.cast_signed().into(), below.cast_signed().into()),
            _ => (above.into(), below.into()),
        };
        Decimal::ratio(above, below).map_or_else(|| format!("{above}/{below}"), |number| number.to_string())
    }

    fn floats(&self) -> impl Iterator<Item = f64> {
        let size = type_size(self.kind).unwrap_or(8).max(1);
        (0..self.value.len() / size).map_while(move |i| match self.kind {
            11 => self.value.u32(i.saturating_mul(size), self.order).map(|bits| f32::from_bits(bits).into()),
            12 => self.value.u64(i.saturating_mul(size), self.order).map(f64::from_bits),
            _ => None,
        })
    }

    /// The value as people read it; `None` for blocks of bytes.
    fn text(&self) -> Option<String> {
        match self.kind {
            2 => Some(String::from_utf8_lossy(self.value.until(MAX_TEXT).bytes()).into_owned()),
            1 | 3 | 4 | 13 | 16 | 18 if self.value.len() <= MAX_NUMBERS => Some(join(self.numbers().map(|n| n.to_string()), " ")),
            5 | 10 if self.value.len() <= MAX_NUMBERS => Some(join(self.fractions().map(|fraction| self.decimal(fraction)), " ")),
            11 | 12 if self.value.len() <= MAX_NUMBERS => {
                Some(join(self.floats().map(|number| Decimal::from_float(number).map_or_else(|| "?".to_owned(), |d| d.to_string())), " "))
            }
            6 if self.value.len() <= 16 => Some(join(self.value.bytes().iter().map(|b| b.cast_signed().to_string()), " ")),
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
            let half = all.iter().take(MAX_GPS_TAGS).find(|e| e.tag == tag.saturating_sub(1)).and_then(|e| e.value.u8(0));
            let signed = if matches!(half, Some(b'S' | b's' | b'W' | b'w')) { degrees.negative() } else { degrees };
            Some(signed.with_digits(5))
        }
        // Altitude: the tag before is 1 below sea level.
        0x06 => {
            let (above, below) = entry.fractions().next()?;
            let metres = Decimal::ratio(above.into(), below.into())?;
            let is_below_sea = all.iter().take(MAX_GPS_TAGS).find(|e| e.tag == 0x05).and_then(Entry::number) == Some(1);
            Some(if is_below_sea { metres.negative() } else { metres }.to_string())
        }
        0x07 => Some(join(entry.fractions().take(3).map(|part| format!("{:0>2}", entry.decimal(part))), ":")),
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

fn maker(note: View) -> Option<&'static str> {
    // Canon's has no header: a count of entries, of which the first is tag 1, of type short.
    if let [1..=255, 0, 1, 0, 3, 0, ..] | [0, 1..=255, 0, 1, 0, 3, ..] = note.bytes() {
        return Some("Canon");
    }
    MAKERS.iter().find(|(start, _)| note.bytes().starts_with(start)).map(|(_, name)| *name)
}

/// Bytes of one value of a type. [TIFF 6.0 §2; BigTIFF]
pub(crate) fn type_size(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16..=18 => Some(8),
        _ => None,
    }
}

fn join(values: impl Iterator<Item = String>, separator: &str) -> String {
    let mut out = String::new();
    values.enumerate().for_each(|(index, value)| {
        out.push_str(if index == 0 { "" } else { separator });
        out.push_str(&value);
    });
    out
}

const MAKE: u16 = 0x010F;
const ORIENTATION: u16 = 0x0112;

/// Most directories in one block. Real photos have up to six.
const MAX_IFDS: usize = 64;

/// Most entries over all directories. Real photos have up to some hundreds.
const MAX_ENTRIES: usize = 20_000;

/// Most entries of a GPS directory that say which half of the globe. There are 32 GPS tags.
const MAX_GPS_TAGS: usize = 64;

/// Most blocks of other kinds that are walked. Any number of entries may point to the same one.
const MAX_PAYLOADS: usize = 8;

/// Longest text that is looked at, bytes.
const MAX_TEXT: usize = 4096;

/// Most strips of an uncompressed thumbnail that are named.
const MAX_STRIPS: usize = 64;

/// Longest row of numbers that is shown, in bytes of the file.
const MAX_NUMBERS: usize = 128;

/// How makers' blocks start.
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
