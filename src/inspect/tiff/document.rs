//! A TIFF as it is written anew: header, each page's directory and values, then the strips in the order in which they were.

use std::collections::BTreeMap;

use super::geometry::{Geometry, STRIP_BYTE_COUNTS, STRIP_OFFSETS, TILE_BYTE_COUNTS, TILE_OFFSETS};
use crate::Error;
use crate::inspect::cursor::{Order, View};
use crate::inspect::exif::{Layout, type_size};
use crate::inspect::jpeg::embedded::{Fate, Part};
use crate::inspect::keep::tiff::{Field, LONG, LONG8};

/// What is left of a TIFF.
pub(crate) struct Document<'a> {
    pub(crate) file: View<'a>,
    pub(crate) layout: Layout,
    pub(crate) pages: Vec<Page>,
    /// Strips and tiles by where they start in the file; they do not overlap. Pages may share them.
    pub(crate) strips: BTreeMap<usize, Strip>,
}

/// A picture of the file.
pub(crate) struct Page {
    pub(crate) geometry: Geometry,
    pub(crate) orientation: u32,
    pub(crate) has_alpha: bool,
    pub(crate) icc: Option<Vec<u8>>,
    /// All tags that stay but for those that say where strips are.
    pub(crate) fields: Vec<Field>,
    /// Where its strips or tiles start; `None` for those that are left out, as GDAL does with empty ones.
    pub(crate) strips: Vec<Option<usize>>,
}

/// A strip or tile.
#[derive(PartialEq, Eq)]
pub(crate) struct Strip {
    /// What it is made of, in order. What does not stay is not in it.
    pub(crate) parts: Vec<Piece>,
    /// Where the bytes that are needed end in the file.
    pub(crate) end: usize,
    /// How it was read: what it must unpack to, and its compression.
    pub(crate) reading: (u64, u64),
}

/// A run of a strip's bytes.
pub(crate) type Piece = (std::ops::Range<usize>, Option<Vec<u8>>);

impl Strip {
    pub(crate) fn new(parts: &[Part], end: usize, reading: (u64, u64)) -> Self {
        let piece = |part: &Part| match &part.fate {
            Fate::Gone => None,
            Fate::Pixels => Some((part.range.clone(), None)),
            Fate::Structure(instead) => Some((part.range.clone(), instead.clone())),
        };
        Self { parts: parts.iter().filter_map(piece).collect(), end, reading }
    }

    fn len(&self) -> usize {
        self.parts.iter().map(|(range, instead)| instead.as_ref().map_or(range.len(), Vec::len)).sum()
    }
}

impl Document<'_> {
    /// Whether the file is, byte for byte, what would be written.
    pub(crate) fn is_as_written(&self) -> bool {
        let Ok(head) = self.head() else { return false };
        if !self.file.bytes().starts_with(&head) {
            return false;
        }
        let mut at = head.len();
        for (range, instead) in self.strips.values().flat_map(|strip| &strip.parts) {
            if instead.is_some() || range.start != at {
                return false;
            }
            at = range.end;
        }
        at == self.file.len()
    }

    /// The file.
    pub(crate) fn write(&self) -> Result<Vec<u8>, Error> {
        let mut out = self.head()?;
        for (range, instead) in self.strips.values().flat_map(|strip| &strip.parts) {
            match instead {
                Some(bytes) => out.extend_from_slice(bytes),
                None => out.extend_from_slice(self.file.get(range.start, range.len()).map_or(&[], View::bytes)),
            }
        }
        Ok(out)
    }

    /// All that comes before the strips.
    fn head(&self) -> Result<Vec<u8>, Error> {
        // Where strips start does not change how long it is.
        let start = self.head_before(0)?.len();
        self.head_before(start)
    }

    fn head_before(&self, first_strip: usize) -> Result<Vec<u8>, Error> {
        let mut places: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        let mut at = first_strip as u64;
        for (start, strip) in &self.strips {
            let length = strip.len() as u64;
            places.insert(*start, (at, length));
            at = at.saturating_add(length);
        }
        let (order, word) = (self.layout.order, self.layout.word());
        if word == 4 && at > u32::MAX.into() {
            return Err(Error::Unsupported("a TIFF that would be longer than 4 GiB".into()));
        }
        let mut out = if order == Order::Little { b"II".to_vec() } else { b"MM".to_vec() };
        let header: &[u64] = if self.layout.is_big { &[43, 8, 0] } else { &[42] };
        header.iter().for_each(|&n| put(&mut out, n, 2, order));
        // Where the next directory's place is to be written.
        let mut link = out.len();
        put(&mut out, 0, word, order);
        // Long values that several pages have in common, such as profiles, are written once.
        let mut shared: BTreeMap<&[u8], usize> = BTreeMap::new();
        let tables: Vec<[Field; 2]> = self.pages.iter().map(|page| page.strip_fields(&places, self.layout)).collect();
        for (page, strips) in self.pages.iter().zip(&tables) {
            let mut fields: Vec<&Field> = page.fields.iter().chain(strips).collect();
            fields.sort_by_key(|field| field.tag);
            out.resize(out.len().next_multiple_of(word), 0);
            let start = out.len();
            patch(&mut out, link, start, word, order);
            put(&mut out, fields.len() as u64, self.layout.count(), order);
            let mut rows = out.len();
            link = rows.saturating_add(fields.len().saturating_mul(self.layout.entry()));
            out.resize(link.saturating_add(word), 0);
            for field in fields {
                let mut row = Vec::with_capacity(self.layout.entry());
                put(&mut row, field.tag.into(), 2, order);
                put(&mut row, field.kind.into(), 2, order);
                put(&mut row, (field.data.len() / type_size(field.kind).unwrap_or(1).max(1)) as u64, word, order);
                if field.data.len() <= word {
                    row.extend_from_slice(&field.data);
                    row.resize(self.layout.entry(), 0);
                } else {
                    let may_share = field.data.len() >= SHARED && !strips.iter().any(|table| table.tag == field.tag);
                    let known = shared.get(field.data.as_slice()).copied().filter(|_| may_share);
                    let place = known.unwrap_or_else(|| {
                        out.resize(out.len().next_multiple_of(word), 0);
                        let place = out.len();
                        out.extend_from_slice(&field.data);
                        place
                    });
                    if may_share {
                        shared.insert(&field.data, place);
                    }
                    put(&mut row, place as u64, word, order);
                }
                if let Some(target) = out.get_mut(rows..rows.saturating_add(row.len())) {
                    target.copy_from_slice(&row);
                }
                rows = rows.saturating_add(row.len());
            }
        }
        Ok(out)
    }
}

impl Page {
    /// The tags that say where strips or tiles are, and how long.
    fn strip_fields(&self, places: &BTreeMap<usize, (u64, u64)>, layout: Layout) -> [Field; 2] {
        let place = |strip: &Option<usize>| strip.and_then(|start| places.get(&start)).copied().unwrap_or((0, 0));
        let (offsets, lengths): (Vec<u64>, Vec<u64>) = self.strips.iter().map(place).unzip();
        let is_tiled = self.geometry.tile.is_some();
        let tags = if is_tiled { (TILE_OFFSETS, TILE_BYTE_COUNTS) } else { (STRIP_OFFSETS, STRIP_BYTE_COUNTS) };
        let kind = if layout.is_big { LONG8 } else { LONG };
        [Field::numbers(tags.0, kind, &offsets, layout.order), Field::numbers(tags.1, kind, &lengths, layout.order)]
    }
}

fn put(out: &mut Vec<u8>, number: u64, width: usize, order: Order) {
    match order {
        Order::Little => out.extend_from_slice(number.to_le_bytes().get(..width).unwrap_or_default()),
        Order::Big => out.extend_from_slice(number.to_be_bytes().get(8_usize.saturating_sub(width)..).unwrap_or_default()),
    }
}

fn patch(out: &mut [u8], at: usize, number: usize, width: usize, order: Order) {
    let mut bytes = Vec::new();
    put(&mut bytes, number as u64, width, order);
    if let Some(target) = out.get_mut(at..at.saturating_add(width)) {
        target.copy_from_slice(&bytes);
    }
}

/// Shortest value that pages share, bytes.
const SHARED: usize = 256;
