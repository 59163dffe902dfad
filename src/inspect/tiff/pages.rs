//! Reads the chain of directories: which of them are pages to be shown, which of their tags stay, and what each strip holds.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::data::{Inflater, LONG, packed_length};
use super::document::{Document, Page, Strip};
use super::geometry::{
    COMPRESSION, Geometry, JPEG, LENGTH, PHOTOMETRIC, STRIP_BYTE_COUNTS, STRIP_OFFSETS, TILE_BYTE_COUNTS, TILE_OFFSETS, WIDTH, first,
    number,
};
use crate::inspect::claims::Claims;
use crate::inspect::cursor::View;
use crate::inspect::exif::{Entry, Layout, Table, Walk};
use crate::inspect::exif_tags::{self, Ifd};
use crate::inspect::icc::{self, Sanitised, sanitise};
use crate::inspect::jpeg::embedded::{self, Fate, Part, SharedTables};
use crate::inspect::jpeg::work;
use crate::inspect::keep::tiff as keep;
use crate::inspect::ledger::Findings;
use crate::inspect::{MetadataKind, Role, Why};
use crate::{Error, Limits};

/// Reads all pages of `file`.
pub(super) fn read<'a>(file: View<'a>, limits: &Limits, findings: &mut Findings) -> Result<(Document<'a>, Claims), Error> {
    let (layout, start) = Layout::of(file).ok_or_else(|| Error::malformed("no TIFF header", 0))?;
    let document = Document { file, layout, pages: Vec::new(), strips: BTreeMap::new() };
    let mut reader = Reader {
        document,
        limits,
        walk: Walk::new(file, layout, "", findings),
        claims: Claims::default(),
        bytes_left: (file.len() as u64).saturating_mul(8).saturating_add(1 << 20),
        unpacked_left: limits.max_decoded_bytes,
        work: work(file.len()),
        strips_left: MAX_STRIPS,
        values: 0,
        inflater: Inflater::default(),
    };
    let tables = reader.chain(start)?;
    refuse_raw(file, layout, &tables)?;
    reader.claims.add(0..layout.header(), "header", Role::Structure);
    let shown = shown(file, layout, &tables)?;
    for (index, table) in tables.iter().enumerate() {
        reader.walk.path = format!("IFD{index}");
        if shown.contains(&index) {
            reader.page(table)?;
        } else {
            reader.dropped(table);
        }
    }
    reader.finish(&shown, &tables)
}

struct Reader<'a, 'f, 'l> {
    document: Document<'a>,
    limits: &'l Limits,
    /// Names what goes.
    walk: Walk<'a, 'f>,
    claims: Claims,
    /// Strips may be shared, but not so often that reading them would never end.
    bytes_left: u64,
    unpacked_left: u64,
    /// Blocks of JPEG data that may still be read.
    work: Cell<u64>,
    strips_left: u64,
    /// Bytes of all values that were read to see whether they stay.
    values: usize,
    inflater: Inflater,
}

impl<'a> Reader<'a, '_, '_> {
    /// Reads the directories from the first to the last.
    fn chain(&mut self, start: usize) -> Result<Vec<Table<'a>>, Error> {
        let (file, layout) = (self.document.file, self.document.layout);
        let mut tables: Vec<Table> = Vec::new();
        let mut seen = BTreeSet::new();
        let (mut at, mut entries) = (start, 0_usize);
        while at != 0 {
            if !seen.insert(at) {
                let end = tables.last().map_or(0, |table| table.range.end);
                let link = end.saturating_sub(layout.word())..end;
                self.walk.findings.push(
                    MetadataKind::Unknown,
                    "chain",
                    link,
                    Some("the last directory points back to an earlier one".into()),
                );
                break;
            }
            if at < layout.header() {
                return Err(Error::malformed("a directory within the header", at));
            }
            let table = layout.table(file, at, MAX_ENTRIES).filter(|table| table.is_whole);
            let (Some(table), true) = (table, tables.len() < MAX_PAGES) else {
                let too_many = Error::LimitExceeded(format!("more than {MAX_PAGES} pages in one file"));
                return Err(if tables.len() < MAX_PAGES { Error::malformed("a directory is not all there", at) } else { too_many });
            };
            entries = entries.saturating_add(table.entries.len());
            if entries > MAX_ALL_ENTRIES {
                return Err(Error::LimitExceeded(format!("more than {MAX_ALL_ENTRIES} tags in one file")));
            }
            at = table.next.ok_or_else(|| Error::malformed("a directory is not all there", at))?;
            tables.push(table);
        }
        Ok(tables)
    }

    /// A page that is shown.
    fn page(&mut self, table: &Table<'a>) -> Result<(), Error> {
        let entries = &table.entries;
        let name = self.walk.path.clone();
        let order = self.document.layout.order;
        let geometry = Geometry::read(entries, &name, table.range.start, self.limits)?;
        check_compression(geometry.compression)?;
        self.claims.add(table.range.clone(), name.clone(), Role::Structure);
        let mut shared = match first(entries, keep::JPEG_TABLES).filter(|_| geometry.compression == JPEG) {
            Some(entry) => Some(SharedTables::read(entry.value, self.limits)?),
            None => None,
        };
        let strips = self.strips(table, &geometry, shared.as_mut())?;
        let mut page = Page { geometry, orientation: 1, has_alpha: false, icc: None, fields: Vec::new(), strips };
        let offsets = if page.geometry.tile.is_some() { [TILE_OFFSETS, TILE_BYTE_COUNTS] } else { [STRIP_OFFSETS, STRIP_BYTE_COUNTS] };
        let resolution = [keep::X_RESOLUTION, keep::Y_RESOLUTION].map(|tag| first(entries, tag));
        let shape = keep::shape(resolution[0], resolution[1], order);
        let mut seen = BTreeSet::new();
        for entry in entries {
            let is_first = entry.is_there && seen.insert(entry.tag);
            let field = match entry.tag {
                _ if !is_first => None,
                tag if offsets.contains(&tag) => {
                    self.claim_value(entry);
                    continue;
                }
                keep::JPEG_TABLES => shared.as_mut().map(|shared| self.jpeg_tables(shared, entry)),
                keep::ICC_PROFILE => {
                    // Any number of pages may point to the same one.
                    self.spend_value(entry.value.len())?;
                    // That of the first page is the one by which the file's colours are told.
                    page.icc = self.document.pages.is_empty().then(|| entry.value.bytes().to_vec());
                    // What it says is named whether a part of it stays or not.
                    let Some(field) = self.profile(entry) else { continue };
                    Some(field)
                }
                tag => {
                    self.spend_value(entry.value.len())?;
                    shape.iter().find(|f| f.tag == tag).cloned().or_else(|| keep::field(entry, &page.geometry, order))
                }
            };
            let Some(field) = field else {
                self.note(Ifd::Page, entry, entries);
                continue;
            };
            self.claim_value(entry);
            if field.tag == keep::ORIENTATION {
                page.orientation = entry.numbers().next().and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
                if page.orientation != 1 {
                    self.walk.findings.keep(MetadataKind::Exif, format!("{name}/Orientation"), entry.row.clone(), Why::Orientation);
                }
            }
            page.has_alpha |= field.tag == keep::EXTRA_SAMPLES && entry.numbers().any(|n| n != 0);
            page.fields.push(field);
        }
        self.document.pages.push(page);
        Ok(())
    }

    /// Takes note that a value is read: entries may share their values.
    fn spend_value(&mut self, length: usize) -> Result<(), Error> {
        self.values = self.values.saturating_add(length);
        if self.values > MAX_VALUES {
            return Err(Error::LimitExceeded(format!("tags of more than {MAX_VALUES} bytes in one file")));
        }
        Ok(())
    }

    /// A directory that is no page to be shown: all of it goes.
    fn dropped(&mut self, table: &Table<'a>) {
        let name = self.walk.path.clone();
        let (kind, value) = match (number(&table.entries, WIDTH), number(&table.entries, LENGTH)) {
            (Some(width), Some(height)) => {
                let kind = if is_reduced(&table.entries) { MetadataKind::Thumbnail } else { MetadataKind::MultiPicture };
                (kind, Some(format!("{width} × {height} px")))
            }
            _ => (MetadataKind::Exif, None),
        };
        self.claims.add(table.range.clone(), name.clone(), Role::Metadata(kind));
        self.walk.findings.push(kind, name, table.range.clone(), value);
        for entry in &table.entries {
            self.walk.note(Ifd::Page, entry, &table.entries);
        }
        self.walk.thumbnail(Ifd::Page, &table.entries);
    }

    /// A tag that goes.
    fn note(&mut self, ifd: Ifd, entry: &Entry<'a>, all: &[Entry<'a>]) {
        let before = self.walk.findings.count();
        self.walk.note(ifd, entry, all);
        if self.walk.findings.count() == before {
            let tag = exif_tags::name(ifd, entry.tag).map_or_else(|| format!("0x{:04X}", entry.tag), str::to_owned);
            self.walk.findings.push(MetadataKind::Exif, format!("{}/{tag}", self.walk.path), entry.row.clone(), None);
        }
    }

    /// The profile, reduced to its colours.
    fn profile(&mut self, entry: &Entry<'a>) -> Option<keep::Field> {
        let path = format!("{}/ICC_Profile", self.walk.path);
        let left = match sanitise(entry.value.bytes()) {
            Sanitised::Rebuilt(profile) => Some(profile),
            Sanitised::Srgb | Sanitised::Refused => None,
        };
        if left.as_deref() == Some(entry.value.bytes()) && entry.kind == keep::UNDEFINED {
            self.walk.findings.keep(MetadataKind::Icc, path, entry.value.range(), Why::Colour);
        } else {
            self.walk.findings.push(MetadataKind::Icc, &path, entry.value.range(), icc::description(entry.value.bytes()));
            icc::read(entry.value, &path, self.walk.findings);
        }
        left.map(|data| keep::Field { tag: keep::ICC_PROFILE, kind: keep::UNDEFINED, data })
    }

    /// The tables that JPEG strips share, without what none of them uses.
    fn jpeg_tables(&mut self, shared: &mut SharedTables, entry: &Entry<'a>) -> keep::Field {
        let path = format!("{}/JPEGTables", self.walk.path);
        // Which tables are unused is known only now that all strips were read.
        self.walk.findings.adopt(&path, std::mem::take(&mut shared.findings).only(|f| !f.path.ends_with("/unused")));
        for range in shared.unused() {
            self.walk.findings.push(MetadataKind::Unknown, format!("{path}/unused"), range.clone(), None);
        }
        let data = shared.rewritten(self.document.file);
        if data != entry.value.bytes() {
            self.walk.findings.push(MetadataKind::Unknown, path, entry.value.range(), None);
        }
        keep::Field { tag: keep::JPEG_TABLES, kind: keep::UNDEFINED, data }
    }

    fn claim_value(&mut self, entry: &Entry) {
        let name = exif_tags::name(Ifd::Page, entry.tag).unwrap_or("value");
        // A value within its entry is in the directory.
        if entry.value.range().start < entry.row.start || entry.value.range().end > entry.row.end {
            self.claims.add(entry.value.range(), format!("{}/{name}", self.walk.path), Role::Structure);
        }
    }

    /// Reads all strips or tiles of a page. Returns where each starts.
    fn strips(&mut self, table: &Table, geometry: &Geometry, mut shared: Option<&mut SharedTables>) -> Result<Vec<Option<usize>>, Error> {
        let name = self.walk.path.clone();
        let file = self.document.file;
        let malformed = |what: &str, at| Error::malformed(format!("{name}: {what}"), at);
        let (offsets, lengths) =
            if geometry.tile.is_some() { (TILE_OFFSETS, TILE_BYTE_COUNTS) } else { (STRIP_OFFSETS, STRIP_BYTE_COUNTS) };
        let count = geometry.chunks();
        let too_many = || Error::LimitExceeded(format!("more than {MAX_STRIPS} strips or tiles in one file"));
        self.strips_left = self.strips_left.checked_sub(count).ok_or_else(too_many)?;
        // What is stated beyond these is not read: the same long list may be that of any number of pages.
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        let numbers = |tag| {
            let entry = first(&table.entries, tag)?;
            Some(entry.numbers().take(most).map(|n| usize::try_from(n).unwrap_or(usize::MAX)).collect::<Vec<_>>())
        };
        let offsets = numbers(offsets).ok_or_else(|| malformed("it does not say where its pixels are", table.range.start))?;
        if (offsets.len() as u64) < count {
            return Err(malformed("strips are missing", table.range.start));
        }
        // Some writers of old do not say how long the only strip is.
        let lengths = numbers(lengths).unwrap_or_else(|| vec![file.len(); if count == 1 { 1 } else { 0 }]);
        if (lengths.len() as u64) < count {
            return Err(malformed("it does not say how long its strips are", table.range.start));
        }
        let mut starts = Vec::new();
        for ((index, &start), &length) in (0..count).zip(&offsets).zip(&lengths) {
            if (start, length) == (0, 0) {
                starts.push(None);
                continue;
            }
            let reading = (geometry.unpacked_length(index), geometry.compression);
            let is_known = self.document.strips.get(&start).is_some_and(|s| s.reading == reading && geometry.compression != JPEG);
            if !is_known {
                let strip = self.strip((start, length), index, geometry, shared.as_deref_mut())?;
                match self.document.strips.get(&start) {
                    Some(known) if *known != strip => return Err(malformed("strips overlap", start)),
                    Some(_) => {}
                    None => _ = self.document.strips.insert(start, strip),
                }
            }
            starts.push(Some(start));
        }
        Ok(starts)
    }

    /// Reads one strip or tile to its end.
    fn strip(
        &mut self,
        (start, length): (usize, usize),
        index: u64,
        page: &Geometry,
        shared: Option<&mut SharedTables>,
    ) -> Result<Strip, Error> {
        let file = self.document.file;
        let path = self.walk.path.clone();
        let malformed = |what: &str| Error::malformed(format!("{path}, strip {index}: {what}"), start);
        let expected = page.unpacked_length(index);
        let mut data = file.from(start).until(length);
        // The only strip is as long as it must be, whatever its length says, as libtiff has it.
        if page.compression == 1 && page.chunks() == 1 && (data.len() as u64) < expected {
            data = file.from(start).until(usize::try_from(expected).unwrap_or(usize::MAX));
        }
        self.bytes_left =
            self.bytes_left.checked_sub(data.len() as u64).ok_or_else(|| malformed("strips share more bytes than there are"))?;
        if page.compression != 1 {
            let too_much = || Error::LimitExceeded(format!("pages that unpack to more than {} bytes", self.limits.max_decoded_bytes));
            self.unpacked_left = self.unpacked_left.checked_sub(expected).ok_or_else(too_much)?;
        }
        if data.is_empty() {
            return Err(malformed("it is not in the file"));
        }
        let mut parts = Vec::new();
        let end = if page.compression == JPEG {
            let jpeg = embedded::read(file, data, shared, self.limits, &self.work)?;
            let (width, height) = page.chunk_size(index);
            if jpeg.width > width || jpeg.height > height {
                return Err(Error::Unsupported(format!("{path}: JPEG data that hold more than the page shows")));
            }
            self.walk.findings.adopt(&format!("{path}/StripImage"), jpeg.findings);
            parts = jpeg.parts;
            jpeg.end
        } else {
            let reversed: Vec<u8>;
            let packed = if page.is_bit_reversed && page.compression != 1 {
                reversed = data.bytes().iter().map(|b| b.reverse_bits()).collect();
                reversed.as_slice()
            } else {
                data.bytes()
            };
            let used = match packed_length(page.compression, packed, expected, &mut self.inflater) {
                Some(Ok(used)) => used,
                Some(Err(what)) if what == LONG => {
                    return Err(Error::Unsupported(format!(
                        "{path}, strip {index}: {what}, from where it cannot be cut without repacking"
                    )));
                }
                Some(Err(what)) => return Err(malformed(what)),
                None if data.len() < length => return Err(malformed("its data ends too early")),
                None => data.len(),
            };
            let end = data.offset(used);
            parts.push(Part { range: start..end, fate: Fate::Pixels });
            end
        };
        let excess = end..data.range().end;
        if !excess.is_empty() && length <= file.len().saturating_sub(start) {
            self.walk.findings.push(MetadataKind::Unknown, format!("{path}/StripImage/excess"), excess, None);
        }
        for part in &parts {
            let role = match part.fate {
                Fate::Pixels => Role::Pixels,
                Fate::Structure(_) => Role::Structure,
                Fate::Gone => continue,
            };
            self.claims.add(part.range.clone(), format!("{path}/StripImage"), role);
        }
        Ok(Strip::new(&parts, end, (expected, page.compression)))
    }

    /// Checks what must hold between pages, and names the directories that were found below them.
    fn finish(mut self, shown: &[usize], tables: &[Table]) -> Result<(Document<'a>, Claims), Error> {
        let mut before = 0_usize;
        for (start, strip) in &self.document.strips {
            if *start < before {
                return Err(Error::malformed("strips overlap", *start));
            }
            before = strip.end;
        }
        let header = 0..self.document.layout.header();
        for range in shown.iter().filter_map(|&index| tables.get(index)).map(|table| &table.range).chain([&header]) {
            if self.document.strips.range(..range.end).next_back().is_some_and(|(_, strip)| strip.end > range.start) {
                return Err(Error::malformed("a strip overlaps a directory", range.start));
            }
        }
        for (path, ifd, range) in std::mem::take(&mut self.walk.tables) {
            let kind = match ifd {
                Ifd::Gps => MetadataKind::Gps,
                Ifd::Exif | Ifd::Interop => MetadataKind::Exif,
                _ => MetadataKind::MultiPicture,
            };
            // Its claim goes before those of the values within its entries.
            let name = format!("{path}/{}", ifd.name());
            self.claims.add(range.clone(), name.clone(), Role::Metadata(kind));
            self.walk.findings.push(kind, name, range, None);
        }
        Ok((self.document, self.claims))
    }
}

/// Which directories are pages to be shown: neither small copies nor masks of others. Where none is left, the first picture.
fn shown(file: View, layout: Layout, tables: &[Table]) -> Result<Vec<usize>, Error> {
    let is_picture = |table: &&Table| number(&table.entries, WIDTH).is_some() && number(&table.entries, LENGTH).is_some();
    let pictures: Vec<(usize, &Table)> = tables.iter().enumerate().filter(|(_, table)| is_picture(table)).collect();
    let shown: Vec<usize> =
        pictures.iter().filter(|(_, table)| !is_reduced(&table.entries) && !is_mask(&table.entries)).map(|(index, _)| *index).collect();
    let Some((first, _)) = pictures.first() else {
        return Err(Error::malformed("no directory is that of a picture", tables.first().map_or(0, |table| table.range.start)));
    };
    if !shown.is_empty() {
        return Ok(shown);
    }
    // The real picture may be below the small one, as in cameras' raw files.
    if sub_directories(file, layout, tables).iter().any(|table| is_picture(&table) && !is_reduced(&table.entries)) {
        return Err(Error::Unsupported(
            "a TIFF whose pages are all small copies of a picture elsewhere in it, as in cameras' raw files".into(),
        ));
    }
    Ok(vec![*first])
}

fn is_reduced(entries: &[Entry]) -> bool {
    number(entries, NEW_SUBFILE_TYPE).is_some_and(|n| n & 1 == 1) || number(entries, SUBFILE_TYPE) == Some(2)
}

fn is_mask(entries: &[Entry]) -> bool {
    number(entries, NEW_SUBFILE_TYPE).is_some_and(|n| n & 4 == 4) || number(entries, PHOTOMETRIC) == Some(4)
}

/// Raw files look like TIFF but mean another picture: that which their maker's software makes of sensor data.
fn refuse_raw(file: View, layout: Layout, tables: &[Table]) -> Result<(), Error> {
    let raw = |what: &str| Err(Error::Unsupported(format!("{what}, in a TIFF container: develop it and save it as a picture first")));
    let start = tables.first().map_or(0, |table| table.range.start);
    if start == 16 && file.get(8, 2).is_some_and(|b| b.bytes() == b"CR") {
        return raw("a Canon raw file (CR2)");
    }
    if file.get(8, 8).is_some_and(|b| b.bytes() == b"IIIITwaR") {
        return raw("a Phase One raw file (IIQ)");
    }
    for table in tables.iter().chain(&sub_directories(file, layout, tables)) {
        let entries = &table.entries;
        if entries.iter().any(|entry| entry.tag == DNG_VERSION) {
            return raw("a raw file (DNG)");
        }
        let is_sensor_data =
            matches!(number(entries, PHOTOMETRIC), Some(32803 | 34892)) || entries.iter().any(|e| matches!(e.tag, 0x828D | 0x828E));
        let is_makers_own = matches!(number(entries, COMPRESSION), Some(32767 | 32769 | 32770 | 34713 | 34892 | 65000 | 65535));
        if is_sensor_data || is_makers_own {
            return raw("a camera's raw file");
        }
    }
    Ok(())
}

/// Directories that entries of the chain's point to as SubIFDs.
fn sub_directories<'a>(file: View<'a>, layout: Layout, tables: &[Table<'a>]) -> Vec<Table<'a>> {
    let starts = tables.iter().filter_map(|table| first(&table.entries, SUB_IFDS)).flat_map(|entry| entry.numbers().take(MAX_SUB_IFDS));
    starts.take(MAX_SUB_IFDS).filter_map(|start| layout.table(file, usize::try_from(start).ok()?, MAX_ENTRIES)).collect()
}

/// Compressions whose data are copied. What is not read to its end is said in THREAT_MODEL.md.
fn check_compression(compression: u64) -> Result<(), Error> {
    let what = match compression {
        // None, the three of faxes, LZW, JPEG, Deflate, PackBits.
        1..=5 | 7 | 8 | 32946 | 32773 => return Ok(()),
        // Word-aligned fax, NeXT, ThunderScan, PixarLog, JBIG, SGILog, LERC, LZMA, Zstandard.
        32771 | 32766 | 32809 | 32909 | 34661 | 34676 | 34677 | 34887 | 34925 | 50000 => return Ok(()),
        6 => "JPEG of the kind that TIFF withdrew in 1995",
        33003 | 33005 | 34712 => "JPEG 2000",
        50001 => "WebP",
        50002 | 52546 => "JPEG XL",
        _ => "one that we do not know",
    };
    Err(Error::Unsupported(format!("a TIFF with compression {compression}, {what}: its data may hold metadata of its own")))
}

/// Most pages of one file.
const MAX_PAGES: usize = 10_000;

/// Most entries of one directory: what a classic TIFF can count.
const MAX_ENTRIES: usize = 65_535;

/// Most entries of all directories together. Ten thousand pages of twenty tags are 200,000.
const MAX_ALL_ENTRIES: usize = 250_000;

/// Most directories below the chain's that are looked at for signs of a raw file.
const MAX_SUB_IFDS: usize = 64;

/// Most strips and tiles of all pages together. A hundred megapixels in tiles of 64 × 64 px are 24,000.
const MAX_STRIPS: u64 = 250_000;

/// Most bytes of values that are read to see whether they stay.
const MAX_VALUES: usize = 128 << 20;

const NEW_SUBFILE_TYPE: u16 = 254;
const SUBFILE_TYPE: u16 = 255;
const SUB_IFDS: u16 = 330;
const DNG_VERSION: u16 = 50706;
