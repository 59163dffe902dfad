//! Walks a GIF: blocks from the header to the trailer, the codes of its pictures, and whatever follows. [GIF89a]

mod extension;
mod lzw;

use std::ops::Range;

use super::cursor::{Order, View};
use super::keep::gif as keep;
use super::ledger::{Findings, Tiles};
use super::{ColorSource, Inspection, MetadataKind, Orientation, Role};
use crate::{Error, Format, Limits};

pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, Error> {
    let gif = Gif::read(View::file(bytes), limits)?;
    let mut tiles = Tiles::new(limits);
    for part in gif.parts {
        tiles.append(part.name, part.range.end, part.role)?;
    }
    Ok(Inspection {
        format: Format::Gif,
        width: gif.width,
        height: gif.height,
        orientation: Orientation::UPRIGHT,
        frames: gif.frames,
        has_alpha: gif.has_alpha,
        bit_depth: 8,
        color: ColorSource::default(),
        jpeg: None,
        segments: tiles.finish(bytes.len())?,
        findings: gif.findings.into_list(),
    })
}

/// The compressed data of all pictures, out of their sub-blocks: what must be the same in a stripped file.
pub(crate) fn picture(bytes: &[u8], inspection: &Inspection) -> Vec<u8> {
    let mut out = Vec::new();
    for segment in inspection.segments.iter().filter(|s| s.role == Role::Pixels) {
        let Some((&least_code_size, mut rest)) = bytes.get(segment.range.clone()).and_then(<[u8]>::split_first) else { continue };
        out.push(least_code_size);
        while let Some((&length, from)) = rest.split_first() {
            let (block, behind) = from.split_at(from.len().min(length.into()));
            out.extend_from_slice(block);
            rest = behind;
        }
    }
    out
}

/// A GIF, taken apart.
pub(crate) struct Gif {
    width: u32,
    height: u32,
    frames: u32,
    has_alpha: bool,
    /// In file order: they tile the file.
    pub(crate) parts: Vec<Part>,
    findings: Findings,
}

/// A block, or a part of one.
pub(crate) struct Part {
    name: String,
    pub(crate) range: Range<usize>,
    role: Role,
    pub(crate) written: Written,
}

/// What a clean file holds in a part's place.
pub(crate) enum Written {
    Nothing,
    AsIs,
    Anew(Vec<u8>),
}

impl Gif {
    pub(crate) fn read(file: View, limits: &Limits) -> Result<Self, Error> {
        if !matches!(file.array::<6>(0).as_ref(), Some(b"GIF87a" | b"GIF89a")) {
            return Err(Error::malformed("no GIF signature", 0));
        }
        let stated: [u8; 7] = file.array(6).ok_or_else(|| cut(6))?;
        let side = |at| u32::from(file.u16(at, Order::Little).unwrap_or(0));
        limits.check_picture(side(6), side(8), 4)?;
        let mut walk = Walk {
            file,
            limits,
            gif: Self { width: side(6), height: side(8), frames: 0, has_alpha: false, parts: Vec::new(), findings: Findings::default() },
            control: None,
            repetitions: None,
            global_table: None,
            globally_used: [false; 256],
        };
        walk.part("Header", 6, Role::Structure, Written::AsIs)?;
        let screen = keep::screen(stated);
        let fields = |at| match at {
            4 => "packed fields",
            5 => "background colour index",
            _ => "pixel aspect ratio",
        };
        walk.block("Logical Screen Descriptor", &stated, &screen, fields)?;
        if let Some(table) = walk.colour_table("Global Color Table", screen[4])? {
            walk.global_table = Some(table);
            // Some viewers other than browsers paint the screen with it.
            if let Some(used) = walk.globally_used.get_mut(usize::from(screen[5])) {
                *used = true;
            }
        }
        walk.blocks()?;
        walk.finish()
    }

    fn end(&self) -> usize {
        self.parts.last().map_or(0, |part| part.range.end)
    }
}

struct Walk<'a, 'l> {
    file: View<'a>,
    limits: &'l Limits,
    gif: Gif,
    /// The graphic control extension that waits for its picture, and whether that will have see-through pixels.
    control: Option<(usize, bool)>,
    /// The last extension that counts repetitions.
    repetitions: Option<usize>,
    global_table: Option<usize>,
    globally_used: [bool; 256],
}

impl Walk<'_, '_> {
    fn blocks(&mut self) -> Result<(), Error> {
        loop {
            let at = self.gif.end();
            match self.file.u8(at) {
                Some(0x3B) => return self.part("Trailer", at.saturating_add(1), Role::Structure, Written::AsIs),
                Some(0x2C) => self.image(at)?,
                Some(0x21) => self.extension(at)?,
                // A terminator too many, which viewers step over.
                Some(0) => {
                    let zeros = self.file.from(at).bytes().iter().take_while(|&&b| b == 0).count();
                    self.part("stray zeros", at.saturating_add(zeros), Role::Unknown, Written::Nothing)?;
                }
                None if self.gif.frames == 0 => return Err(cut(at)),
                Some(_) if self.gif.frames == 0 => return Err(Error::malformed("no block of a GIF begins here", at)),
                // Viewers show what came before. Without its trailer a file may have been cut short, but no picture in it was.
                Some(_) | None => {
                    self.gif.findings.push(MetadataKind::Unknown, "Trailer/missing", at..at, None);
                    return self.part("Trailer", at, Role::Structure, Written::Anew(vec![0x3B]));
                }
            }
        }
    }

    fn finish(mut self) -> Result<Gif, Error> {
        let end = self.gif.end();
        if self.gif.frames == 0 {
            return Err(Error::malformed("no picture", end));
        }
        if let Some((stray, _)) = self.control.take() {
            self.remove(stray, MetadataKind::Unknown);
        }
        if let Some(table) = self.global_table {
            let used = self.globally_used;
            self.clear_unused(table, &used);
        }
        if end < self.file.len() {
            let (range, kind) = (self.file.from(end).range(), MetadataKind::Trailer);
            self.gif.findings.push(kind, "trailer", range, None);
            self.part("trailer", self.file.len(), Role::Metadata(kind), Written::Nothing)?;
        }
        Ok(self.gif)
    }

    /// [§20, §21, §22]
    fn image(&mut self, at: usize) -> Result<(), Error> {
        let stated: [u8; 10] = self.file.array(at).ok_or_else(|| cut(at))?;
        let descriptor = keep::descriptor(stated);
        let side = |field: usize| self.file.u16(at.saturating_add(field), Order::Little).map_or(0, u32::from);
        let (width, height) = (side(5), side(7));
        self.limits.check_picture(width, height, 4)?;
        // A screen without a size is as large as its first picture, and a picture without a size as large as its screen.
        if self.gif.width == 0 || self.gif.height == 0 {
            (self.gif.width, self.gif.height) = (width, height);
        }
        if self.gif.width == 0 || self.gif.height == 0 {
            return Err(Error::malformed("neither the screen nor its first picture has a size", at));
        }
        let (width, height) = if width == 0 || height == 0 { (self.gif.width, self.gif.height) } else { (width, height) };

        self.gif.has_alpha |= self.control.take().is_some_and(|(_, is_transparent)| is_transparent);
        self.gif.frames = self.gif.frames.saturating_add(1);
        self.block("Image Descriptor", &stated, &descriptor, |_| "packed fields")?;
        let local_table = self.colour_table("Local Color Table", descriptor[9])?;
        let used = self.image_data(u64::from(width).saturating_mul(height.into()))?;
        match local_table {
            Some(table) => self.clear_unused(table, &used),
            None => self.globally_used.iter_mut().zip(used).for_each(|(all, used)| *all |= used),
        }
        Ok(())
    }

    /// Image data: a code size, then codes in sub-blocks. Returns the indices that pixels have.
    fn image_data(&mut self, pixels: u64) -> Result<[bool; 256], Error> {
        let start = self.gif.end();
        let least_code_size = self.file.u8(start).ok_or_else(|| cut(start))?;
        if least_code_size > MAX_LEAST_CODE_SIZE {
            return Err(Error::malformed("codes of a length that GIF does not have", start));
        }
        let blocks = sub_blocks(self.file, start.saturating_add(1)).ok_or_else(|| cut(start))?;
        let measured = lzw::measure(&blocks.data, least_code_size, pixels);
        let (data, lengths) = blocks.until(measured.end);
        let end = blocks.position(measured.end);
        let is_plain = keep::are_plain(lengths);
        let is_whole = end.saturating_add(1) == blocks.end;
        let written = if is_plain && is_whole { Written::AsIs } else { Written::Anew(keep::image_data(least_code_size, data)) };
        if !is_plain {
            let lengths = Some(format!("{} sub-blocks of uneven lengths", lengths.len()));
            self.gif.findings.push(MetadataKind::Unknown, "Image Data/sub-blocks", start..end, lengths);
        }
        self.part("Image Data", end, Role::Pixels, written)?;
        if !is_whole {
            self.part("Image Data/excess", blocks.end.saturating_sub(1), Role::Unknown, Written::Nothing)?;
        }
        self.part("Block Terminator", blocks.end, Role::Structure, Written::AsIs)?;
        Ok(measured.used)
    }

    /// The colour table of which `packed` tells; the number of its part.
    fn colour_table(&mut self, name: &str, packed: u8) -> Result<Option<usize>, Error> {
        let entries = keep::table_entries(packed);
        if entries == 0 {
            return Ok(None);
        }
        let start = self.gif.end();
        let table = self.file.get(start, entries.saturating_mul(3)).ok_or_else(|| cut(start))?;
        self.part(name, table.range().end, Role::Structure, Written::AsIs)?;
        Ok(self.gif.parts.len().checked_sub(1))
    }

    /// Colours that no pixel has can be anything, a message too. Their places must stay.
    fn clear_unused(&mut self, table: usize, used: &[bool; 256]) {
        let Some(part) = self.gif.parts.get_mut(table) else { return };
        let Some(stated) = self.file.get(part.range.start, part.range.len()) else { return };
        let cleared = keep::colour_table(stated.bytes(), used);
        let differ: Vec<usize> = (0..cleared.len()).filter(|&at| stated.u8(at) != cleared.get(at).copied()).collect();
        if let (Some(&first), Some(&last)) = (differ.first(), differ.last()) {
            let range = stated.offset(first)..stated.offset(last.saturating_add(1));
            let path = format!("{}/unused colours", part.name);
            part.written = Written::Anew(cleared);
            self.gif.findings.push(MetadataKind::Unknown, path, range, None);
        }
    }

    /// Appends a block of a fixed length, and notes where it is not as it must be. `field` names a byte of it.
    fn block(&mut self, name: &str, stated: &[u8], kept: &[u8], field: impl Fn(usize) -> &'static str) -> Result<(), Error> {
        let start = self.gif.end();
        for (index, (is, _)) in stated.iter().zip(kept).enumerate().filter(|(_, (is, kept))| is != kept) {
            let at = start.saturating_add(index);
            let value = Some(format!("0x{is:02X}"));
            self.gif.findings.push(MetadataKind::Unknown, format!("{name}/{}", field(index)), at..at.saturating_add(1), value);
        }
        let written = if stated == kept { Written::AsIs } else { Written::Anew(kept.to_vec()) };
        self.part(name, start.saturating_add(stated.len()), Role::Structure, written)
    }

    fn part(&mut self, name: &str, end: usize, role: Role, written: Written) -> Result<(), Error> {
        if self.gif.parts.len() >= self.limits.max_segments {
            return Err(Error::LimitExceeded(format!("more than {} blocks in one file", self.limits.max_segments)));
        }
        self.gif.parts.push(Part { name: name.to_owned(), range: self.gif.end()..end, role, written });
        Ok(())
    }

    /// Takes a part out that was thought to stay.
    fn remove(&mut self, index: usize, kind: MetadataKind) {
        if let Some(part) = self.gif.parts.get_mut(index) {
            (part.role, part.written) = (Role::Metadata(kind), Written::Nothing);
            self.gif.findings.push(kind, part.name.clone(), part.range.clone(), None);
        }
    }
}

/// Data out of its sub-blocks. [§15, §16]
struct SubBlocks {
    data: Vec<u8>,
    lengths: Vec<u8>,
    /// Where the first one is.
    start: usize,
    /// Behind the terminator.
    end: usize,
}

impl SubBlocks {
    /// The first `length` bytes of the data, and the lengths of the blocks that hold some of them.
    fn until(&self, length: usize) -> (&[u8], &[u8]) {
        let data = self.data.get(..length).unwrap_or(&self.data);
        let mut held = 0_usize;
        let blocks = self.lengths.iter().take_while(|&&block| {
            let is_needed = held < data.len();
            held = held.saturating_add(block.into());
            is_needed
        });
        (data, self.lengths.get(..blocks.count()).unwrap_or_default())
    }

    /// Where in the file the first `length` bytes of the data end.
    fn position(&self, length: usize) -> usize {
        let (data, lengths) = self.until(length);
        self.start.saturating_add(lengths.len()).saturating_add(data.len())
    }
}

fn sub_blocks(file: View, start: usize) -> Option<SubBlocks> {
    let mut blocks = SubBlocks { data: Vec::new(), lengths: Vec::new(), start, end: start };
    loop {
        let length = file.u8(blocks.end)?;
        let from = blocks.end.checked_add(1)?;
        blocks.end = from.checked_add(length.into())?;
        if length == 0 {
            return Some(blocks);
        }
        blocks.lengths.push(length);
        blocks.data.extend_from_slice(file.get(from, length.into())?.bytes());
    }
}

fn cut(at: usize) -> Error {
    Error::malformed("the file ends before the picture does", at)
}

/// Codes have 12 bits at most, and the first one more than this.
const MAX_LEAST_CODE_SIZE: u8 = 11;
