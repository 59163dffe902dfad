//! Reads the `meta` box of a file: its items, where their data is, what they refer to and which properties they have.
//! [ISO 14496-12 §8.11, ISO 23008-12 §9.3]

use std::collections::BTreeMap;
use std::ops::Range;

use super::boxes::{BmffBox, Reader, too_many};
use crate::inspect::cursor::View;
use crate::{Error, Limits};

/// What a `meta` box says.
#[derive(Default)]
pub(super) struct Meta<'a> {
    /// The boxes in it, and what is left behind the last.
    pub(super) boxes: Vec<BmffBox<'a>>,
    pub(super) handler: Option<[u8; 4]>,
    pub(super) primary: Option<u32>,
    pub(super) items: Vec<Item<'a>>,
    /// Where in `items` an identifier is.
    pub(super) index: BTreeMap<u32, usize>,
    pub(super) references: Vec<Reference>,
    /// The items that an item's data is placed in, when it is placed in items.
    sources: BTreeMap<u32, Vec<u32>>,
    pub(super) properties: Vec<BmffBox<'a>>,
    pub(super) groups: Vec<BmffBox<'a>>,
    pub(super) idat: Option<View<'a>>,
}

/// One item. [ISO 14496-12 §8.11.6]
pub(super) struct Item<'a> {
    pub(super) id: u32,
    pub(super) kind: [u8; 4],
    pub(super) name: View<'a>,
    /// Of a `mime` item.
    pub(super) content_type: View<'a>,
    pub(super) encoding: View<'a>,
    pub(super) is_protected: bool,
    pub(super) entry: View<'a>,
    pub(super) location: Option<Location>,
    /// Indices into `Meta::properties`, and whether they are essential.
    pub(super) properties: Vec<(usize, bool)>,
}

/// Where an item's data is. [ISO 14496-12 §8.11.3]
pub(super) struct Location {
    method: u8,
    data_reference: u16,
    base: u64,
    extents: Vec<Extent>,
}

struct Extent {
    index: u64,
    offset: u64,
    length: u64,
}

/// From one item to others. [ISO 14496-12 §8.11.12]
pub(super) struct Reference {
    pub(super) kind: [u8; 4],
    pub(super) from: u32,
    pub(super) to: Vec<u32>,
}

impl<'a> Meta<'a> {
    pub(super) fn read(meta: &BmffBox<'a>, limits: &Limits) -> Result<Self, Error> {
        let full = meta.full().ok_or_else(|| meta.malformed("too short"))?;
        let (boxes, _) = BmffBox::all(full.content, limits)?;
        let mut out = Self { boxes, ..Self::default() };
        for part in out.boxes.clone() {
            let malformed = || part.malformed("cut off");
            match &part.kind {
                b"hdlr" if out.handler.is_none() => out.handler = part.content.array(8),
                b"pitm" if out.primary.is_none() => out.primary = Some(primary(&part).ok_or_else(malformed)?),
                b"iinf" if out.items.is_empty() => out.read_items(&part, limits)?,
                b"iref" if out.references.is_empty() => out.read_references(&part, limits)?,
                b"idat" if out.idat.is_none() => out.idat = Some(part.content),
                b"grpl" => out.groups.extend(BmffBox::all(part.content, limits)?.0),
                _ => {}
            }
        }
        // Both speak of items, which must be there.
        let mut with_places = false;
        for part in out.boxes.clone() {
            match &part.kind {
                b"iloc" if !with_places => {
                    out.read_locations(&part, limits).map_err(|e| e.unwrap_or_else(|| part.malformed("cut off")))?;
                    with_places = true;
                }
                b"iprp" if out.properties.is_empty() => out.read_properties(&part, limits)?,
                _ => {}
            }
        }
        Ok(out)
    }

    pub(super) fn item(&self, id: u32) -> Option<&Item<'a>> {
        self.items.get(*self.index.get(&id)?)
    }

    /// Where in the file an item's data is, in the item's order.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn pieces(&self, item: &Item, file: View) -> Result<Vec<Range<usize>>, String> {
        self.resolve(item, file, true)
    }

    fn resolve(&self, item: &Item, file: View, may_be_within: bool) -> Result<Vec<Range<usize>>, String> {
        let Some(location) = &item.location else { return Ok(Vec::new()) };
        if location.data_reference != 0 {
            return Err("its data is in another file".into());
        }
        let mut pieces = Vec::new();
        for extent in &location.extents {
            let offset = usize::try_from(location.base.saturating_add(extent.offset)).unwrap_or(usize::MAX);
            let length = usize::try_from(extent.length).unwrap_or(usize::MAX);
            let beyond = || "its data lies beyond the end of the file".to_owned();
            match location.method {
                0 | 1 => {
                    let holder = if location.method == 0 { Some(file) } else { self.idat };
                    let holder = holder.ok_or_else(|| "its data is in an idat box, and there is none".to_owned())?;
                    // Of length 0: all that is there. [§8.11.3.1]
                    let length = if length == 0 { holder.len().saturating_sub(offset) } else { length };
                    pieces.push(holder.get(offset, length).ok_or_else(beyond)?.range());
                }
                2 if may_be_within => {
                    let number = usize::try_from(extent.index.max(1)).unwrap_or(usize::MAX).saturating_sub(1);
                    let source = self.sources.get(&item.id).and_then(|to| self.item(*to.get(number)?));
                    let source = source.ok_or_else(|| "its data is in an item that is not there".to_owned())?;
                    if source.location.as_ref().is_some_and(|l| l.extents.len() > MAX_SOURCE_EXTENTS) {
                        return Err("its data is in an item of too many pieces".into());
                    }
                    let whole = self.resolve(source, file, false)?;
                    pieces.extend(cut(&whole, offset, length).ok_or_else(beyond)?);
                }
                _ => return Err("its data is placed by a construction method that we do not know".into()),
            }
        }
        pieces.retain(|p| !p.is_empty());
        Ok(pieces)
    }

    /// The boxes of the properties of an item, in order.
    pub(super) fn properties_of(&self, item: &Item) -> impl Iterator<Item = (usize, &BmffBox<'a>, bool)> {
        item.properties.iter().filter_map(|&(index, essential)| Some((index, self.properties.get(index)?, essential)))
    }

    /// [ISO 14496-12 §8.11.6.2]
    fn read_items(&mut self, part: &BmffBox<'a>, limits: &Limits) -> Result<(), Error> {
        let full = part.full().ok_or_else(|| part.malformed("cut off"))?;
        let (entries, _) = BmffBox::all(full.content.from(if full.version == 0 { 2 } else { 4 }), limits)?;
        for entry in entries.iter().filter(|e| &e.kind == b"infe") {
            let Some(item) = item(entry) else { continue };
            if !self.index.contains_key(&item.id) {
                self.index.insert(item.id, self.items.len());
                self.items.push(item);
            }
        }
        Ok(())
    }

    /// [ISO 14496-12 §8.11.12.2]
    fn read_references(&mut self, part: &BmffBox<'a>, limits: &Limits) -> Result<(), Error> {
        let full = part.full().ok_or_else(|| part.malformed("cut off"))?;
        let width = if full.version == 0 { 2 } else { 4 };
        let mut in_all = 0_usize;
        for each in BmffBox::all(full.content, limits)?.0 {
            let mut reader = Reader::new(each.content);
            let mut read = || {
                let from = u32::try_from(reader.number(width)?).ok()?;
                let count = reader.u16()?;
                let to: Option<Vec<u32>> = (0..count).map(|_| reader.number(width).and_then(|n| u32::try_from(n).ok())).collect();
                Some(Reference { kind: each.kind, from, to: to? })
            };
            let reference = read().ok_or_else(|| each.malformed("cut off"))?;
            in_all = in_all.saturating_add(reference.to.len());
            if in_all > limits.max_segments.saturating_mul(8) {
                return Err(too_many("references", limits));
            }
            if &reference.kind == b"iloc" {
                self.sources.entry(reference.from).or_insert(reference.to);
            } else {
                self.references.push(reference);
            }
        }
        Ok(())
    }

    /// [ISO 14496-12 §8.11.3.2]
    fn read_locations(&mut self, part: &BmffBox<'a>, limits: &Limits) -> Result<(), Option<Error>> {
        let full = part.full().ok_or(None)?;
        let mut reader = Reader::new(full.content);
        let sizes = usize::from(reader.u16().ok_or(None)?);
        let (offset_size, length_size, base_size) = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15);
        let index_size = if full.version == 0 { 0 } else { sizes & 15 };
        if full.version > 2 || [offset_size, length_size, base_size, index_size].iter().any(|s| ![0, 4, 8].contains(s)) {
            return Err(Some(part.malformed("a form that we do not know")));
        }
        let id_size = if full.version == 2 { 4 } else { 2 };
        let count = reader.number(id_size).ok_or(None)?;
        let mut extents_in_all = 0_usize;
        for _ in 0..count {
            let id = reader.number(id_size).and_then(|n| u32::try_from(n).ok()).ok_or(None)?;
            let method = if full.version == 0 { 0 } else { reader.u16().ok_or(None)? & 15 };
            let data_reference = reader.u16().ok_or(None)?;
            let base = reader.number(base_size).ok_or(None)?;
            let extent_count = usize::from(reader.u16().ok_or(None)?);
            extents_in_all = extents_in_all.saturating_add(extent_count);
            if extents_in_all > limits.max_segments {
                return Err(Some(too_many("extents", limits)));
            }
            let mut extents = Vec::new();
            for _ in 0..extent_count {
                let index = reader.number(index_size).ok_or(None)?;
                let offset = reader.number(offset_size).ok_or(None)?;
                extents.push(Extent { index, offset, length: reader.number(length_size).ok_or(None)? });
            }
            let Some(item) = self.index.get(&id).and_then(|&i| self.items.get_mut(i)) else { continue };
            if item.location.is_none() {
                item.location = Some(Location { method: u8::try_from(method).unwrap_or(15), data_reference, base, extents });
            }
        }
        Ok(())
    }

    /// [ISO 14496-12 §8.11.14]
    fn read_properties(&mut self, part: &BmffBox<'a>, limits: &Limits) -> Result<(), Error> {
        let (boxes, _) = BmffBox::all(part.content, limits)?;
        if let Some(container) = boxes.iter().find(|b| &b.kind == b"ipco") {
            self.properties = BmffBox::all(container.content, limits)?.0;
        }
        let mut in_all = 0_usize;
        for associations in boxes.iter().filter(|b| &b.kind == b"ipma") {
            let cut_off = || associations.malformed("cut off");
            let full = associations.full().ok_or_else(cut_off)?;
            let mut reader = Reader::new(full.content);
            let count = reader.u32().ok_or_else(cut_off)?;
            for _ in 0..count {
                let id = reader.number(if full.version == 0 { 2 } else { 4 }).and_then(|n| u32::try_from(n).ok()).ok_or_else(cut_off)?;
                let mut properties = Vec::new();
                for _ in 0..reader.u8().ok_or_else(cut_off)? {
                    let wide = full.flags & 1 == 1;
                    let word = if wide { reader.u16() } else { reader.u8().map(u16::from) }.ok_or_else(cut_off)?;
                    let essential_bit = if wide { 0x8000 } else { 0x80 };
                    // Counted from 1; 0 means none.
                    if let Some(index) = usize::from(word & !essential_bit).checked_sub(1) {
                        properties.push((index, word & essential_bit != 0));
                    }
                }
                in_all = in_all.saturating_add(properties.len());
                if in_all > limits.max_segments.saturating_mul(8) {
                    return Err(too_many("properties", limits));
                }
                if let Some(item) = self.index.get(&id).and_then(|&i| self.items.get_mut(i)) {
                    item.properties.extend(properties);
                    if item.properties.len() > MAX_PROPERTIES {
                        return Err(Error::LimitExceeded(format!("an item of more than {MAX_PROPERTIES} properties")));
                    }
                }
            }
        }
        Ok(())
    }
}

/// [ISO 14496-12 §8.11.4]
fn primary(part: &BmffBox) -> Option<u32> {
    let full = part.full()?;
    u32::try_from(Reader::new(full.content).number(if full.version == 0 { 2 } else { 4 })?).ok()
}

/// [ISO 14496-12 §8.11.6.2]. Entries of versions 0 and 1 have no type, and are of no use to pictures.
fn item<'a>(entry: &BmffBox<'a>) -> Option<Item<'a>> {
    let full = entry.full()?;
    let mut reader = Reader::new(full.content);
    let id = u32::try_from(reader.number(if full.version == 3 { 4 } else { 2 })?).ok()?;
    let is_protected = reader.u16()? != 0;
    let kind = if full.version >= 2 { reader.array()? } else { [0; 4] };
    let name = reader.text();
    let (content_type, encoding) =
        if &kind == b"mime" || &kind == b"uri " { (reader.text(), reader.text()) } else { (name.until(0), name.until(0)) };
    Some(Item { id, kind, name, content_type, encoding, is_protected, entry: entry.whole, location: None, properties: Vec::new() })
}

/// `length` bytes from `start` of what `pieces` are together; of length 0: to the end.
pub(super) fn cut(pieces: &[Range<usize>], start: usize, length: usize) -> Option<Vec<Range<usize>>> {
    let whole: usize = pieces.iter().map(Range::len).fold(0, usize::saturating_add);
    let length = if length == 0 { whole.checked_sub(start)? } else { length };
    let end = start.checked_add(length).filter(|&e| e <= whole)?;
    let mut out = Vec::new();
    let mut at = 0_usize;
    for piece in pieces {
        let next = at.saturating_add(piece.len());
        let (from, to) = (start.max(at), end.min(next));
        if from < to {
            let shift = |logical: usize| piece.start.saturating_add(logical.saturating_sub(at));
            out.push(shift(from)..shift(to));
        }
        at = next;
    }
    Some(out)
}

/// Most pieces of an item in which others place their data. No file that we saw does so at all.
const MAX_SOURCE_EXTENTS: usize = 64;

/// Most properties of one item. Real ones have up to a dozen.
const MAX_PROPERTIES: usize = 256;
