//! Walks a PNG: chunks from IHDR to IEND, and whatever follows. [PNG 3rd edition §5]

mod animation;
pub(crate) mod crc;
mod data;
mod payload;
mod rows;

use std::collections::BTreeSet;
use std::ops::Range;

use super::cursor::{Order, View};
use super::ledger::{Findings, Tiles};
use super::{ColorSource, Inspection, MetadataKind, Orientation, Role, Why, exif, keep};
use crate::{Error, Format, Limits};
use animation::Animation;
use data::Stream;
pub(super) use payload::profile;
use rows::Used;

pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, Error> {
    let file = View::file(bytes);
    if !bytes.starts_with(SIGNATURE) {
        return Err(Error::malformed("no PNG signature", 0));
    }
    let mut walk = Walk {
        tiles: Tiles::new(limits),
        findings: Findings::default(),
        header: None,
        animation: Animation::default(),
        color: ColorSource::default(),
        orientation: None,
        seen: BTreeSet::new(),
        data: Data::Before,
        palette: None,
        alphas: None,
        used: [false; 256],
        stream: None,
        limits,
    };
    walk.tiles.append("signature", SIGNATURE.len(), Role::Structure)?;
    let end = walk.chunks(file)?;
    let has_clear_colors = walk.unused_colours(file);
    if end < bytes.len() {
        walk.findings.push(MetadataKind::Trailer, "trailer", file.from(end).range(), None);
        walk.tiles.append("trailer", bytes.len(), Role::Metadata(MetadataKind::Trailer))?;
    }
    let Some(header) = walk.header else { return Err(Error::malformed("no IHDR", 8)) };
    Ok(Inspection {
        format: Format::Png,
        width: header.width,
        height: header.height,
        orientation: Orientation::new(walk.orientation.map_or(1, u32::from)),
        frames: walk.animation.frames(),
        has_alpha: matches!(header.colour_type, 4 | 6) || has_clear_colors,
        bit_depth: header.bit_depth,
        color: walk.color,
        jpeg: None,
        segments: walk.tiles.finish(bytes.len())?,
        findings: walk.findings.into_list(),
    })
}

/// IHDR. [§11.2.1]
#[derive(Clone, Copy)]
struct Header {
    width: u32,
    height: u32,
    bit_depth: u8,
    colour_type: u8,
    is_interlaced: bool,
}

impl Header {
    fn read(data: View) -> Option<Self> {
        let [bit_depth, colour_type, 0, 0, interlace @ (0 | 1)] = data.array(8).filter(|_| data.len() == 13)? else { return None };
        let allowed = match colour_type {
            0 => matches!(bit_depth, 1 | 2 | 4 | 8 | 16),
            3 => matches!(bit_depth, 1 | 2 | 4 | 8),
            2 | 4 | 6 => matches!(bit_depth, 8 | 16),
            _ => false,
        };
        let side = |at| data.u32(at, Order::Big).filter(|&s| s > 0 && s <= i32::MAX.unsigned_abs());
        allowed.then_some(Self { width: side(0)?, height: side(4)?, bit_depth, colour_type, is_interlaced: interlace == 1 })
    }
}

/// Whether IDAT chunks, which must follow each other, are yet to come.
#[derive(PartialEq, Eq)]
enum Data {
    Before,
    Within,
    After,
}

struct Walk<'l> {
    tiles: Tiles,
    findings: Findings,
    header: Option<Header>,
    animation: Animation,
    color: ColorSource,
    orientation: Option<u16>,
    /// Types of ancillary chunks of which there may be one.
    seen: BTreeSet<[u8; 4]>,
    data: Data,
    /// Where the colours are that pixels name, and how opaque these are.
    palette: Option<Range<usize>>,
    alphas: Option<Range<usize>>,
    /// The colours that pixels of any frame have.
    used: Used,
    /// The pixel data in IDAT chunks, from the first to the last.
    stream: Option<Stream>,
    limits: &'l Limits,
}

/// One chunk.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    kind: [u8; 4],
    whole: View<'a>,
    data: View<'a>,
}

impl Chunk<'_> {
    fn name(&self) -> String {
        self.kind.iter().map(|&b| char::from(b)).collect()
    }

    /// A chunk that pictures cannot be shown without. [§5.4]
    fn is_critical(&self) -> bool {
        self.kind.first().is_some_and(u8::is_ascii_uppercase)
    }

    fn crc_is_right(&self) -> bool {
        self.whole.u32(self.data.len().saturating_add(8), Order::Big) == Some(crc::crc(&[&self.kind, self.data.bytes()]))
    }
}

impl Walk<'_> {
    /// Walks all chunks. Returns where IEND ends.
    fn chunks(&mut self, file: View) -> Result<usize, Error> {
        let mut at = SIGNATURE.len();
        loop {
            let chunk = read_chunk(file, at)?;
            let start = at;
            let malformed = |what: &str| Error::malformed(format!("{}: {what}", chunk.name()), start);
            if self.header.is_none() && &chunk.kind != b"IHDR" {
                return Err(malformed("comes before IHDR"));
            }
            let crc_is_right = chunk.crc_is_right();
            if !crc_is_right && chunk.is_critical() {
                return Err(malformed("its checksum is wrong"));
            }
            if self.data == Data::Within && &chunk.kind != b"IDAT" {
                self.data = Data::After;
                self.stream.take().map_or(Ok(()), |stream| stream.finish(&mut self.used)).map_err(|what| malformed(&what))?;
            }
            at = chunk.whole.range().end;
            let role = self.chunk(chunk, crc_is_right).map_err(|what| malformed(&what))?;
            if let (b"IHDR", Some(header)) = (&chunk.kind, self.header) {
                self.limits.check_picture(header.width, header.height, if header.bit_depth == 16 { 8 } else { 4 })?;
            }
            if let (b"IHDR" | b"fcTL", Some(header)) = (&chunk.kind, self.header) {
                self.limits.check_unpacked(self.animation.unpacked.saturating_add(header.work(header.width, header.height)))?;
            }
            self.tiles.append(chunk.name(), at, role)?;
            if &chunk.kind == b"IEND" {
                self.animation.check_complete(&mut self.used).map_err(|what| malformed(&what))?;
                return Ok(at);
            }
        }
    }

    fn chunk(&mut self, chunk: Chunk, crc_is_right: bool) -> Result<Role, String> {
        let is_again = self.seen.contains(&chunk.kind);
        match &chunk.kind {
            b"IHDR" if self.header.is_some() => return Err("a second one".into()),
            b"IHDR" => self.header = Some(Header::read(chunk.data).ok_or("a size, depth or colour type that PNG does not have")?),
            b"PLTE" => {
                self.palette(chunk.data, is_again)?;
                // Beside true colour a palette is a mere suggestion for screens of old, and shown by nobody. [§11.2.2]
                if self.header.is_some_and(|h| h.colour_type != 3) {
                    self.seen.insert(chunk.kind);
                    return Ok(self.remove(chunk, MetadataKind::Unknown));
                }
                self.palette = Some(chunk.data.range());
            }
            b"IDAT" if self.data == Data::After => return Err("not behind the others".into()),
            b"IDAT" => {
                if self.header.is_some_and(|h| h.colour_type == 3) && !self.seen.contains(b"PLTE") {
                    return Err("comes before the palette".into());
                }
                return self.pixels(chunk);
            }
            b"IEND" if self.data == Data::Before => return Err("comes before any IDAT".into()),
            b"IEND" if !chunk.data.is_empty() => return Err("is not empty".into()),
            b"IEND" => {}
            _ if chunk.is_critical() => return Err("a critical chunk that we do not know".into()),
            b"acTL" | b"fcTL" | b"fdAT" if crc_is_right => {
                let Some(header) = self.header else { return Err("comes before IHDR".into()) };
                let before_data = self.data == Data::Before;
                return match self.animation.chunk(&chunk.kind, chunk.data, before_data, &header, &mut self.used)? {
                    animation::Part::Control => Ok(Role::Structure),
                    animation::Part::Pixels => Ok(Role::Pixels),
                    animation::Part::Stray => Ok(self.remove(chunk, MetadataKind::MultiPicture)),
                };
            }
            // Some readers show the pixels whose colours it reaches as see-through, and others do not.
            b"tRNS" if crc_is_right && !is_again && self.palette_entries() < chunk.data.len() && self.palette.is_some() => {
                return Err("more colours than the palette has".into());
            }
            _ => return Ok(self.ancillary(chunk, crc_is_right && !is_again)),
        }
        self.seen.insert(chunk.kind);
        Ok(Role::Structure)
    }

    fn palette_entries(&self) -> usize {
        self.palette.as_ref().map_or(0, |palette| palette.len() / 3)
    }

    fn pixels(&mut self, chunk: Chunk) -> Result<Role, String> {
        let Some(header) = self.header else { return Err("comes before IHDR".into()) };
        if self.data == Data::Before {
            self.data = Data::Within;
            self.animation.default_image();
        }
        let stream = self.stream.get_or_insert_with(|| Stream::new(&header, header.width, header.height));
        let used = stream.feed(chunk.data, &mut self.used)?;
        if used == 0 {
            self.findings.push(MetadataKind::Unknown, "IDAT/excess", chunk.whole.range(), None);
            return Ok(Role::Unknown);
        }
        if used < chunk.data.len() {
            self.findings.push(MetadataKind::Unknown, "IDAT/excess", chunk.data.from(used).range(), None);
        }
        Ok(Role::Pixels)
    }

    /// [§11.2.2]
    fn palette(&self, data: View, is_again: bool) -> Result<(), String> {
        let entries = data.len() / 3;
        let most = self.header.map_or(256, |h| if h.colour_type == 3 { 1_usize << h.bit_depth } else { 256 });
        if is_again || self.data != Data::Before {
            return Err("out of place".into());
        }
        if self.header.is_some_and(|h| matches!(h.colour_type, 0 | 4)) || !data.len().is_multiple_of(3) || entries == 0 || entries > most {
            return Err("not a palette for this picture".into());
        }
        Ok(())
    }

    /// A chunk that pictures can be shown without: some stay, all others are findings.
    fn ancillary(&mut self, chunk: Chunk, is_valid: bool) -> Role {
        // In this order: a second profile is not even unpacked.
        let may_stay = is_valid && self.is_in_place(chunk);
        let why = if may_stay { keep::png(chunk.kind, chunk.data.bytes()) } else { None };
        if is_valid {
            self.note_meaning(chunk);
        }
        let data = chunk.data;
        if let (b"tRNS", Some(_), Some(header)) = (&chunk.kind, why, self.header)
            && keep::transparency(header.colour_type, header.bit_depth, data.bytes()) != data.bytes()
        {
            self.findings.push(MetadataKind::Unknown, "tRNS/unused bytes", data.range(), None);
        }
        let Some(why) = why else {
            payload::describe(chunk.kind, chunk.whole, chunk.data, &mut self.findings);
            return Role::Metadata(payload::kind(chunk.kind, chunk.data));
        };
        match (&chunk.kind, why) {
            (b"iCCP", _) => self.findings.keep(MetadataKind::Icc, "iCCP", chunk.whole.range(), why),
            (_, Why::Orientation) => self.findings.keep(MetadataKind::Exif, "eXIf", chunk.whole.range(), why),
            _ => return Role::Structure,
        }
        Role::Metadata(payload::kind(chunk.kind, chunk.data))
    }

    /// Whether a chunk that may stay comes where it counts, and fits the picture. [§5.6]
    fn is_in_place(&self, chunk: Chunk) -> bool {
        let before_data = self.data == Data::Before;
        let before_palette = before_data && !self.seen.contains(b"PLTE");
        let Some(header) = self.header else { return false };
        match &chunk.kind {
            b"tRNS" => {
                let length = chunk.data.len();
                before_data
                    && match header.colour_type {
                        // A value that no pixel has: some readers see none of its colour, others pass over the bits that are too many.
                        0 => length == 2 && (header.bit_depth >= 8 || chunk.data.u8(1).is_some_and(|grey| grey >> header.bit_depth == 0)),
                        2 => length == 6,
                        3 => (1..=self.palette_entries()).contains(&length),
                        _ => false,
                    }
            }
            b"sBIT" => {
                before_palette
                    && chunk.data.len()
                        == match header.colour_type {
                            0 => 1,
                            4 => 2,
                            2 | 3 => 3,
                            _ => 4,
                        }
            }
            b"gAMA" | b"cHRM" | b"sRGB" | b"iCCP" | b"cICP" | b"mDCV" | b"cLLI" => before_palette,
            _ => before_data,
        }
    }

    /// Takes down what a chunk says about colours and the upright picture.
    fn note_meaning(&mut self, chunk: Chunk) {
        let data = chunk.data;
        let in_place = self.is_in_place(chunk);
        // Readers pass over what is out of place: a second one may count. Exif is at home anywhere.
        if in_place || &chunk.kind == b"eXIf" {
            self.seen.insert(chunk.kind);
        }
        match &chunk.kind {
            b"eXIf" => self.orientation = exif::read(data, "", &mut Findings::default()),
            b"tRNS" if in_place && self.palette.is_some() => self.alphas = Some(data.range()),
            b"gAMA" if in_place => self.color.gamma = data.u32(0, Order::Big),
            b"sRGB" if in_place => self.color.srgb = true,
            b"cICP" if in_place => self.color.cicp = data.array(0),
            b"iCCP" if in_place => self.color.icc = profile(data.bytes()),
            b"cHRM" if in_place => {
                let mut all = [0; 8];
                for (i, value) in all.iter_mut().enumerate() {
                    let Some(number) = data.u32(i.saturating_mul(4), Order::Big) else { return };
                    *value = number;
                }
                self.color.chromaticities = Some(all);
            }
            _ => {}
        }
    }

    /// Notes the colours that no pixel has: they can be anything, a message too. Says whether more than one colour that pixels have is
    /// see-through, so that which of them a pixel has says something. Where `tRNS` names a colour, all see-through pixels are of that one.
    fn unused_colours(&mut self, file: View) -> bool {
        let mut clear = 0_usize;
        for (name, range, entry, cleared) in [("PLTE", self.palette.take(), 3, 0), ("tRNS", self.alphas.take(), 1, keep::OPAQUE)] {
            let Some(data) = range.and_then(|range| file.get(range.start, range.len())) else { continue };
            let mut runs: Vec<View> = Vec::new();
            for (index, value) in data.bytes().chunks(entry).enumerate() {
                let start = index.saturating_mul(entry);
                if self.used.get(index) == Some(&true) {
                    clear = clear.saturating_add(usize::from(value == [0]));
                } else if let Some(run) = runs.last_mut().filter(|run| run.range().end == data.offset(start)) {
                    *run = file.from(run.offset(0)).until(run.len().saturating_add(entry));
                } else {
                    runs.push(data.from(start).until(entry));
                }
            }
            for run in runs.iter().filter(|run| run.bytes().iter().any(|byte| *byte != cleared)) {
                self.findings.push(MetadataKind::Unknown, format!("{name}/unused colours"), run.range(), None);
            }
        }
        clear > 1
    }

    fn remove(&mut self, chunk: Chunk, kind: MetadataKind) -> Role {
        self.findings.push(kind, chunk.name(), chunk.whole.range(), None);
        Role::Metadata(kind)
    }
}

fn read_chunk(file: View<'_>, at: usize) -> Result<Chunk<'_>, Error> {
    let cut = || Error::malformed("the file ends before the picture does: no IEND chunk", at);
    let length = file.length(at, Order::Big).ok_or_else(cut)?;
    let start = file.get(at, 8).ok_or_else(cut)?;
    let kind: [u8; 4] = start.array(4).ok_or_else(cut)?;
    if !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(Error::malformed("a chunk's type is not four letters", at));
    }
    let whole = length.checked_add(12).and_then(|l| file.get(at, l)).ok_or_else(cut)?;
    let data = whole.get(8, length).ok_or_else(cut)?;
    Ok(Chunk { kind, whole, data })
}

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";
