//! Walks a WebP: RIFF chunks, frames and the chunks inside them, and whatever follows. [RFC 9649]

mod bitstream;
mod boolean;
mod prefix;
mod probabilities;
mod vp8;
mod vp8l;

pub(crate) use vp8::{HEADER as LOSSY_HEADER, token_partitions};

use super::cursor::{Order, View};
use super::ledger::{Findings, Tiles};
use super::{ColorSource, Inspection, MetadataKind, Orientation, Role, Why, exif, icc, keep, xmp};
use crate::{Error, Format, Limits};

pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, Error> {
    let file = View::file(bytes);
    let size = file.length(4, Order::Little).filter(|_| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"));
    let size = size.ok_or_else(|| Error::malformed("no RIFF header of a WebP", 0))?;
    let riff =
        size.checked_add(8).and_then(|end| file.get(0, end)).ok_or_else(|| Error::malformed("the file is shorter than RIFF states", 4))?;
    let mut walk = Walk {
        tiles: Tiles::new(limits),
        findings: Findings::default(),
        extended: None,
        image: None,
        frames: 0,
        frame_pixels: 0,
        work: (bytes.len() as u64).saturating_mul(4).saturating_add(CODES_OF_NO_BITS),
        blocks: (bytes.len() as u64).saturating_mul(8).saturating_add(BLOCKS_OF_NO_BITS),
        has_animation: false,
        alpha_chunk: false,
        has_alpha: false,
        icc: None,
        has_exif: false,
        orientation: None,
        keeps: Vec::new(),
        limits,
    };
    walk.tiles.append("RIFF", 12, Role::Structure)?;
    walk.chunks(riff.from(12))?;
    let end = riff.len();
    if end < bytes.len() {
        walk.findings.push(MetadataKind::Trailer, "trailer", file.from(end).range(), None);
        walk.tiles.append("trailer", bytes.len(), Role::Metadata(MetadataKind::Trailer))?;
    }
    walk.finish(bytes.len())
}

/// `VP8X`. [§2.7]
#[derive(Clone, Copy)]
struct Extended {
    flags: u32,
    width: u32,
    height: u32,
}

/// What a bitstream's header states.
#[derive(Clone, Copy)]
struct Bitstream {
    width: u32,
    height: u32,
    has_alpha: bool,
}

struct Walk<'l> {
    tiles: Tiles,
    findings: Findings,
    extended: Option<(Extended, std::ops::Range<usize>)>,
    image: Option<Bitstream>,
    frames: u32,
    /// Pixels of all frames so far.
    frame_pixels: u64,
    /// Codes of lossless pictures that may still be read.
    work: u64,
    /// Blocks and coefficients of lossy pictures that may still be read.
    blocks: u64,
    has_animation: bool,
    /// Whether the picture's alpha channel came in a chunk of its own.
    alpha_chunk: bool,
    has_alpha: bool,
    icc: Option<Vec<u8>>,
    has_exif: bool,
    orientation: Option<u16>,
    /// What stays: VP8X must speak of it.
    keeps: Vec<Why>,
    limits: &'l Limits,
}

/// One RIFF chunk, its padding included in `whole`.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    kind: [u8; 4],
    whole: View<'a>,
    data: View<'a>,
}

impl Chunk<'_> {
    fn name(&self) -> String {
        self.kind
            .iter()
            .map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '_' })
            .collect::<String>()
            .trim_end_matches('_')
            .to_owned()
    }
}

impl Walk<'_> {
    fn chunks(&mut self, mut rest: View) -> Result<(), Error> {
        let mut is_first = true;
        while !rest.is_empty() {
            let chunk = read_chunk(rest)?;
            let role = match &chunk.kind {
                b"VP8X" if is_first => self.header(chunk)?,
                b"VP8 " | b"VP8L" if self.image.is_none() && !self.is_animated() => {
                    self.picture(chunk)?;
                    (rest, is_first) = (rest.from(chunk.whole.len()), false);
                    continue;
                }
                // Browsers heed the chunk of a still picture only where VP8X announces it, others always: unannounced it goes.
                b"ALPH" if self.image.is_none() && self.has_flags(ALPHA) && !self.is_animated() && !self.alpha_chunk => {
                    self.alpha_chunk = true;
                    let size = self.extended.as_ref().map_or((0, 0), |(x, _)| (x.width, x.height));
                    self.bitstream("", chunk, size)?;
                    rest = rest.from(chunk.whole.len());
                    continue;
                }
                b"ANIM" if self.is_animated() && !self.has_animation && chunk.data.len() == 6 => {
                    self.has_animation = true;
                    Role::Structure
                }
                b"ANMF" if self.is_animated() => {
                    self.frame(chunk)?;
                    rest = rest.from(chunk.whole.len());
                    is_first = false;
                    continue;
                }
                _ if is_first => return Err(Error::malformed("the first chunk is neither a picture nor VP8X", rest.offset(0))),
                _ => self.other(chunk),
            };
            self.padding(chunk);
            self.tiles.append(chunk.name(), chunk.whole.range().end, role)?;
            rest = rest.from(chunk.whole.len());
            is_first = false;
        }
        Ok(())
    }

    fn is_animated(&self) -> bool {
        self.has_flags(ANIMATION)
    }

    fn has_flags(&self, flags: u32) -> bool {
        self.extended.as_ref().is_some_and(|(x, _)| x.flags & flags != 0)
    }

    fn header(&mut self, chunk: Chunk) -> Result<Role, Error> {
        let read = || {
            let data = chunk.data;
            let flags = data.u32(0, Order::Little).filter(|_| data.len() == 10)?;
            Some(Extended { flags, width: u24(data, 4)?.checked_add(1)?, height: u24(data, 7)?.checked_add(1)? })
        };
        let header = read().ok_or_else(|| Error::malformed("VP8X is not 10 bytes long", chunk.whole.offset(0)))?;
        self.limits.check_picture(header.width, header.height, 4)?;
        self.extended = Some((header, chunk.whole.range()));
        Ok(Role::Structure)
    }

    fn picture(&mut self, chunk: Chunk) -> Result<(), Error> {
        let image = bitstream(chunk).ok_or_else(|| Error::malformed("a picture whose header cannot be read", chunk.whole.offset(0)))?;
        self.limits.check_picture(image.width, image.height, 4)?;
        if self.extended.as_ref().is_some_and(|(x, _)| (x.width, x.height) != (image.width, image.height)) {
            return Err(Error::malformed("VP8X and the picture state different sizes", chunk.whole.offset(0)));
        }
        // The alpha channel of a lossless picture is inside it: an ALPH chunk beside it is shown by no viewer, nor is it well-formed.
        if self.alpha_chunk && &chunk.kind == b"VP8L" {
            return Err(Error::malformed("an ALPH chunk before a lossless picture", chunk.whole.offset(0)));
        }
        self.has_alpha |= image.has_alpha || self.alpha_chunk;
        self.image = Some(image);
        self.bitstream("", chunk, (image.width, image.height))
    }

    /// A frame: 16 bytes of header, then chunks. [§2.7.1.1]
    fn frame(&mut self, frame: Chunk) -> Result<(), Error> {
        let malformed = |what: &str| Error::malformed(what, frame.whole.offset(0));
        let header = frame.data.get(0, 16).ok_or_else(|| malformed("a frame shorter than its header"))?;
        let number = |at| u24(header, at).unwrap_or(0);
        let (x, y, width, height) =
            (number(0).saturating_mul(2), number(3).saturating_mul(2), number(6).saturating_add(1), number(9).saturating_add(1));
        let (canvas_width, canvas_height) = self.extended.as_ref().map_or((0, 0), |(e, _)| (e.width, e.height));
        if !self.has_animation || x.saturating_add(width) > canvas_width || y.saturating_add(height) > canvas_height {
            return Err(malformed("a frame outside the canvas, or before ANIM"));
        }
        if header.u8(15).is_some_and(|flags| flags > 3) {
            self.findings.push(MetadataKind::Unknown, "ANMF/reserved", header.range(), None);
        }
        self.frame_pixels = self.frame_pixels.saturating_add(u64::from(width).saturating_mul(height.into()));
        if self.frame_pixels > self.limits.max_pixels.saturating_mul(MAX_FRAMES_OF_MOST_PIXELS) {
            return Err(Error::LimitExceeded(format!("frames of {} pixels in all", self.frame_pixels)));
        }
        self.tiles.append("ANMF", header.range().end, Role::Structure)?;
        let mut rest = frame.data.from(16);
        let (mut image, mut alpha) = (None, false);
        while !rest.is_empty() {
            let chunk = read_chunk(rest)?;
            match &chunk.kind {
                b"ALPH" if image.is_none() && !alpha => {
                    alpha = true;
                    self.bitstream("ANMF/", chunk, (width, height))?;
                }
                b"VP8 " | b"VP8L" if image.is_none() => {
                    let found = bitstream(chunk).filter(|i| (i.width, i.height) == (width, height) && !(alpha && &chunk.kind == b"VP8L"));
                    let found = found.ok_or_else(|| malformed("a frame whose picture does not fit its header"))?;
                    self.has_alpha |= found.has_alpha || alpha;
                    image = Some(found);
                    self.bitstream("ANMF/", chunk, (width, height))?;
                }
                _ => {
                    let kind = if matches!(&chunk.kind, b"VP8 " | b"VP8L") { MetadataKind::MultiPicture } else { MetadataKind::Unknown };
                    self.findings.push(kind, format!("ANMF/{}", chunk.name()), chunk.whole.range(), None);
                    self.padding(chunk);
                    self.tiles.append(format!("ANMF/{}", chunk.name()), chunk.whole.range().end, Role::Metadata(kind))?;
                }
            }
            rest = rest.from(chunk.whole.len());
        }
        if image.is_none() {
            return Err(malformed("a frame without a picture"));
        }
        // A frame's own padding can only be there when its last chunk has none, which makes the frame odd: see `read_chunk`.
        self.tiles.append("ANMF/padding", frame.whole.range().end, Role::Unknown)?;
        self.frames = self.frames.saturating_add(1);
        Ok(())
    }

    /// A chunk that pictures can be shown without.
    fn other(&mut self, chunk: Chunk) -> Role {
        let range = chunk.whole.range();
        let data = chunk.data;
        // Colours must be known before the picture is; VP8X must announce both.
        let is_first = match &chunk.kind {
            b"ICCP" => self.extended.is_some() && self.icc.is_none() && self.image.is_none() && self.frames == 0,
            b"EXIF" => self.extended.is_some() && !self.has_exif,
            _ => false,
        };
        let why = if is_first { keep::webp(chunk.kind, data.bytes()) } else { None };
        let name = chunk.name();
        let kind = match &chunk.kind {
            b"ICCP" => MetadataKind::Icc,
            b"EXIF" => MetadataKind::Exif,
            b"XMP " => MetadataKind::Xmp,
            b"C2PA" => MetadataKind::C2pa,
            b"VP8 " | b"VP8L" | b"ANMF" | b"ALPH" => MetadataKind::MultiPicture,
            _ => MetadataKind::Unknown,
        };
        let tiff = data.after(keep::EXIF).unwrap_or(data);
        match why {
            Some(why) => {
                self.keeps.push(why);
                self.findings.keep(kind, &name, range, why);
            }
            None => {
                let value = if kind == MetadataKind::Icc { icc::description(data.bytes()) } else { None };
                self.findings.push(kind, &name, range, value);
                match kind {
                    MetadataKind::Icc => icc::read(data, &name, &mut self.findings),
                    MetadataKind::Exif => {
                        exif::read(tiff, &name, &mut self.findings);
                    }
                    MetadataKind::Xmp => xmp::read(data, &name, &mut self.findings),
                    MetadataKind::C2pa => super::c2pa::read(data, &name, &mut self.findings),
                    _ => {}
                }
            }
        }
        match &chunk.kind {
            b"ICCP" if is_first => self.icc = Some(data.bytes().to_vec()),
            b"EXIF" if is_first => {
                self.has_exif = true;
                self.orientation = exif::read(tiff, "", &mut Findings::default());
            }
            _ => {}
        }
        Role::Metadata(kind)
    }

    /// The byte that makes a chunk's length even must be 0. [§2.3]
    fn padding(&mut self, chunk: Chunk) {
        let padding = chunk.whole.from(chunk.data.len().saturating_add(8));
        if padding.bytes().iter().any(|&b| b != 0) {
            self.findings.push(MetadataKind::Unknown, format!("{}/padding", chunk.name()), padding.range(), None);
        }
    }

    fn finish(mut self, length: usize) -> Result<Inspection, Error> {
        let is_animated = self.is_animated();
        if is_animated && self.frames == 0 {
            return Err(Error::malformed("an animation without frames", 12));
        }
        let size = self.extended.as_ref().map(|(x, _)| (x.width, x.height)).or(self.image.map(|i| (i.width, i.height)));
        let (Some((width, height)), true) = (size, is_animated || self.image.is_some()) else {
            return Err(Error::malformed("no picture", 12));
        };
        if let Some((header, range)) = &self.extended {
            let flag = |set: bool, flag: u32| if set { flag } else { 0 };
            let wanted = flag(is_animated, ANIMATION)
                | flag(self.has_alpha, ALPHA)
                | flag(self.keeps.contains(&Why::Colour), ICC)
                | flag(self.keeps.contains(&Why::Orientation), EXIF);
            if header.flags != wanted {
                // Told apart because a block that was asked to be kept makes it right.
                let path = if header.flags ^ wanted == EXIF { keep::WEBP_EXIF_FLAG } else { "VP8X/flags" };
                self.findings.push(MetadataKind::Unknown, path, range.clone(), Some(format!("0x{:02X}", header.flags)));
            }
        }
        Ok(Inspection {
            format: Format::Webp,
            width,
            height,
            orientation: Orientation::new(self.orientation.map_or(1, u32::from)),
            frames: self.frames.max(1),
            has_alpha: self.has_alpha,
            bit_depth: 8,
            color: ColorSource { icc: self.icc, ..ColorSource::default() },
            jpeg: None,
            segments: self.tiles.finish(length)?,
            findings: self.findings.into_list(),
        })
    }
}

fn read_chunk(rest: View<'_>) -> Result<Chunk<'_>, Error> {
    let cut = || Error::malformed("a chunk is longer than what holds it", rest.offset(0));
    let kind: [u8; 4] = rest.array(0).ok_or_else(cut)?;
    let length = rest.length(4, Order::Little).ok_or_else(cut)?;
    let data = rest.get(8, length).ok_or_else(cut)?;
    // Writers that forget the last padding byte are many, and readers do not mind.
    let padded = length.checked_add(8).and_then(|l| l.checked_add(l & 1)).ok_or_else(cut)?;
    Ok(Chunk { kind, whole: rest.until(padded), data })
}

/// The header of a `VP8 ` or `VP8L` chunk. [RFC 6386 §9.1, RFC 9649 §3.4]
fn bitstream(chunk: Chunk) -> Option<Bitstream> {
    let data = chunk.data;
    if &chunk.kind == b"VP8L" {
        let bits = data.u32(1, Order::Little).filter(|_| data.u8(0) == Some(0x2F))?;
        // Fourteen bits each of width and height, one of alpha, three of version.
        let side = |shift: u32| (bits >> shift & 0x3FFF).saturating_add(1);
        return (bits >> 29 == 0).then_some(Bitstream { width: side(0), height: side(14), has_alpha: bits >> 28 & 1 == 1 });
    }
    let tag = u24(data, 0)?;
    let is_key_frame = tag & 1 == 0 && data.array(3)? == [0x9D, 0x01, 0x2A];
    let first_partition = usize::try_from(tag >> 5).ok()?;
    let side = |at| data.u16(at, Order::Little).map(|s| u32::from(s & 0x3FFF)).filter(|&s| s > 0);
    let fits = first_partition.saturating_add(10) <= data.len();
    (is_key_frame && fits).then_some(Bitstream { width: side(6)?, height: side(8)?, has_alpha: false })
}

fn u24(data: View, at: usize) -> Option<u32> {
    let [low, middle, high] = data.array(at)?;
    Some(u32::from_le_bytes([low, middle, high, 0]))
}

/// Frames of the most pixels that a picture may have: reading codes takes time though they be few.
const MAX_FRAMES_OF_MOST_PIXELS: u64 = 64;

/// Most blocks and coefficients of lossy pictures that take next to no bits, over all pictures of a file: those of the largest picture.
const BLOCKS_OF_NO_BITS: u64 = 1 << 28;

/// Most codes that take no bits, over all pictures of a file.
const CODES_OF_NO_BITS: u64 = 1 << 26;

pub(crate) const ANIMATION: u32 = 0x02;
pub(crate) const EXIF: u32 = 0x08;
pub(crate) const ALPHA: u32 = 0x10;
pub(crate) const ICC: u32 = 0x20;
