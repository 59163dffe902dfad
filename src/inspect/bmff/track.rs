//! Reads a track of a sequence: where its samples are and how long each is shown. [ISO 14496-12 §8]

use std::ops::Range;

use super::boxes::{BmffBox, Reader, too_many};
use crate::inspect::cursor::{Order, View};
use crate::{Error, Limits};

/// A `trak` box.
pub(super) struct Track<'a> {
    pub(super) whole: BmffBox<'a>,
    pub(super) id: u32,
    pub(super) flags: u32,
    /// In the movie's time scale; `u64::MAX` when it is not known.
    pub(super) duration: u64,
    pub(super) matrix: [u8; 36],
    /// 16.16 fixed point.
    pub(super) size: (u32, u32),
    pub(super) edits: Option<EditList>,
    /// Type, and the tracks referred to.
    pub(super) references: Vec<([u8; 4], Vec<u32>)>,
    pub(super) time_scale: u32,
    pub(super) media_duration: u64,
    pub(super) handler: [u8; 4],
    pub(super) entries: Vec<BmffBox<'a>>,
    pub(super) samples: Vec<Sample>,
    /// Composition offsets may be negative.
    pub(super) offsets_are_signed: bool,
    /// Numbers of sync samples, from 1; `None`: each is one.
    pub(super) sync: Option<Vec<u32>>,
    /// Boxes of the track by path, to name what they say.
    pub(super) boxes: Vec<(String, BmffBox<'a>)>,
}

/// Which times of the track are shown when. [ISO 14496-12 §8.6.6]
pub(super) struct EditList {
    pub(super) flags: u32,
    pub(super) edits: Vec<Edit>,
}

/// One row of it.
pub(super) struct Edit {
    /// In the movie's time scale.
    pub(super) duration: u64,
    /// In the track's; -1: nothing is shown.
    pub(super) media_time: i64,
    /// 16.16 fixed point.
    pub(super) rate: u32,
}

/// A frame.
pub(super) struct Sample {
    pub(super) range: Range<usize>,
    pub(super) duration: u32,
    /// Composition offset, as stored.
    pub(super) offset: u32,
    /// Index into the sample entries.
    pub(super) entry: u32,
}

impl<'a> Track<'a> {
    /// Whether a track, which may be broken, says that it is one of pictures.
    pub(super) fn is_of_pictures(whole: BmffBox, limits: &Limits) -> Result<bool, Error> {
        let boxes = below("moov/trak", whole, limits)?;
        let handler = boxes.iter().find(|(_, b)| &b.kind == b"hdlr").and_then(|(_, b)| b.content.array::<4>(8));
        Ok(handler.is_some_and(|h| matches!(&h, b"pict" | b"vide" | b"auxv")))
    }

    pub(super) fn read(file: View, whole: BmffBox<'a>, limits: &Limits) -> Result<Self, Error> {
        let boxes = below("moov/trak", whole, limits)?;
        let one = |kind: &[u8; 4]| boxes.iter().find(|(_, b)| &b.kind == kind).map(|(_, b)| *b);
        let cut_off = || whole.malformed("cut off");
        let missing = |what: &str| whole.malformed(&format!("no {what} box"));

        let mut reader = Header::new(one(b"tkhd").ok_or_else(|| missing("tkhd"))?).ok_or_else(cut_off)?;
        let mut track_header = || {
            let id = reader.fields.u32()?;
            reader.fields.u32()?;
            let duration = reader.duration()?;
            reader.fields.take(16)?;
            Some((id, duration, reader.fields.array()?, (reader.fields.u32()?, reader.fields.u32()?)))
        };
        let (id, duration, matrix, size) = track_header().ok_or_else(cut_off)?;
        let flags = reader.flags;
        let mut media = Header::new(one(b"mdhd").ok_or_else(|| missing("mdhd"))?).ok_or_else(cut_off)?;
        let time_scale = media.fields.u32().ok_or_else(cut_off)?;
        let media_duration = media.duration().ok_or_else(cut_off)?;
        let handler = one(b"hdlr").and_then(|b| b.content.array(8)).ok_or_else(|| missing("hdlr"))?;
        let edits = one(b"elst").map(|b| edits(&b).ok_or_else(|| b.malformed("cut off"))).transpose()?;
        let mut references = Vec::new();
        if let Some(tref) = one(b"tref") {
            for reference in BmffBox::all(tref.content, limits)?.0 {
                let count = reference.content.len() / 4;
                let to = (0..count).filter_map(|i| reference.content.u32(i.saturating_mul(4), Order::Big)).collect();
                references.push((reference.kind, to));
            }
        }
        let stsd = one(b"stsd").ok_or_else(|| missing("stsd"))?;
        let entries = BmffBox::all(stsd.content.from(8), limits)?.0;
        let (samples, offsets_are_signed) = samples(file, whole, &one, limits)?;
        let sync = one(b"stss").map(|b| numbers(&b, limits)).transpose()?;
        Ok(Self {
            whole,
            id,
            flags,
            duration,
            matrix,
            size,
            edits,
            references,
            time_scale,
            media_duration,
            handler,
            entries,
            samples,
            offsets_are_signed,
            sync,
            boxes,
        })
    }
}

/// `mvhd`, `tkhd` and `mdhd` start alike: version, flags, two dates; in version 1 dates and durations have 64 bits.
pub(super) struct Header<'a> {
    is_long: bool,
    pub(super) flags: u32,
    pub(super) created: u64,
    pub(super) modified: u64,
    pub(super) fields: Reader<'a>,
}

impl<'a> Header<'a> {
    pub(super) fn new(header: BmffBox<'a>) -> Option<Self> {
        let full = header.full()?;
        let is_long = full.version == 1;
        let mut fields = Reader::new(full.content);
        let width = if is_long { 8 } else { 4 };
        Some(Self { is_long, flags: full.flags, created: fields.number(width)?, modified: fields.number(width)?, fields })
    }

    /// A duration; all bits set mean that it is not known.
    pub(super) fn duration(&mut self) -> Option<u64> {
        if self.is_long {
            return self.fields.number(8);
        }
        self.fields.number(4).map(|d| if d == u64::from(u32::MAX) { u64::MAX } else { d })
    }
}

/// The boxes in `parent` and in those that hold others, with their paths.
pub(super) fn below<'a>(path: &str, parent: BmffBox<'a>, limits: &Limits) -> Result<Vec<(String, BmffBox<'a>)>, Error> {
    let mut out = Vec::new();
    let mut open = vec![(path.to_owned(), parent.content)];
    while let Some((path, content)) = open.pop() {
        for each in BmffBox::all(content, limits)?.0 {
            if out.len() >= limits.max_segments {
                return Err(too_many("boxes", limits));
            }
            let path = format!("{path}/{}", each.name());
            // Four levels at most: each of these holds others of this list.
            if matches!(&each.kind, b"edts" | b"mdia" | b"minf" | b"stbl") && path.len() < MAX_PATH {
                open.push((path.clone(), each.content));
            }
            out.push((path, each));
        }
    }
    Ok(out)
}

fn edits(list: &BmffBox) -> Option<EditList> {
    let full = list.full()?;
    let mut reader = Reader::new(full.content);
    let mut edits = Vec::new();
    for _ in 0..reader.u32()? {
        let (duration, media_time) = if full.version == 1 {
            (reader.number(8)?, reader.number(8)?.cast_signed())
        } else {
            let duration = reader.number(4)?;
            let duration = if duration == u64::from(u32::MAX) { u64::MAX } else { duration };
            (duration, i64::from(reader.u32()?.cast_signed()))
        };
        edits.push(Edit { duration, media_time, rate: reader.u32()? });
    }
    Some(EditList { flags: full.flags, edits })
}

/// Puts the sample tables together. [ISO 14496-12 §8.6.1, §8.7]
fn samples<'a>(
    file: View,
    track: BmffBox<'a>,
    one: &dyn Fn(&[u8; 4]) -> Option<BmffBox<'a>>,
    limits: &Limits,
) -> Result<(Vec<Sample>, bool), Error> {
    let cut_off = || track.malformed("its sample tables do not fit each other");
    let sizes = sizes(one, limits)?.ok_or_else(cut_off)?;
    let chunks = match (one(b"stco"), one(b"co64")) {
        (Some(table), _) => table_of(&table, 4, limits)?,
        (None, Some(table)) => table_of(&table, 8, limits)?,
        (None, None) => return Err(cut_off()),
    };
    let runs = triples(&one(b"stsc").ok_or_else(cut_off)?, limits)?;
    let mut durations = Runs::new(one(b"stts"), limits)?;
    let signed = one(b"ctts").and_then(|b| b.content.u8(0)) == Some(1);
    let mut offsets = Runs::new(one(b"ctts"), limits)?;

    let mut out = Vec::with_capacity(sizes.len());
    let mut left = sizes.iter();
    let mut run = 0_usize;
    for (number, &chunk) in (1_u32..).zip(&chunks) {
        while runs.get(run.saturating_add(1)).is_some_and(|next| next.0 <= number) {
            run = run.saturating_add(1);
        }
        let &(_, count, entry) = runs.get(run).ok_or_else(cut_off)?;
        let mut at = usize::try_from(chunk).unwrap_or(usize::MAX);
        for _ in 0..count {
            let Some(&size) = left.next() else { break };
            let range = at..at.saturating_add(size);
            if range.end > file.len() {
                return Err(track.malformed("its pictures lie beyond the end of the file"));
            }
            at = range.end;
            let duration = durations.take().ok_or_else(cut_off)?;
            out.push(Sample { range, duration, offset: offsets.take().unwrap_or(0), entry: entry.checked_sub(1).ok_or_else(cut_off)? });
        }
    }
    if out.len() != sizes.len() {
        return Err(cut_off());
    }
    Ok((out, signed))
}

/// [ISO 14496-12 §8.7.3]
fn sizes<'a>(one: &dyn Fn(&[u8; 4]) -> Option<BmffBox<'a>>, limits: &Limits) -> Result<Option<Vec<usize>>, Error> {
    let Some(table) = one(b"stsz") else { return Ok(None) };
    let Some(full) = table.full() else { return Ok(None) };
    let (size, count) = (full.content.length(0, Order::Big), full.content.length(4, Order::Big));
    let (Some(size), Some(count)) = (size, count) else { return Ok(None) };
    if count > limits.max_segments {
        return Err(too_many("frames", limits));
    }
    if size > 0 {
        return Ok(Some(vec![size; count]));
    }
    Ok((0..count).map(|i| full.content.length(i.saturating_mul(4).saturating_add(8), Order::Big)).collect())
}

/// A count and as many numbers of `width` bytes, behind version and flags.
fn table_of(table: &BmffBox, width: usize, limits: &Limits) -> Result<Vec<u64>, Error> {
    let cut_off = || table.malformed("cut off");
    let full = table.full().ok_or_else(cut_off)?;
    let mut reader = Reader::new(full.content);
    let count = reader.u32().ok_or_else(cut_off)?;
    if usize::try_from(count).is_ok_and(|c| c > limits.max_segments.saturating_mul(3)) {
        return Err(too_many("frames", limits));
    }
    (0..count).map(|_| reader.number(width).ok_or_else(cut_off)).collect()
}

fn numbers(table: &BmffBox, limits: &Limits) -> Result<Vec<u32>, Error> {
    Ok(table_of(table, 4, limits)?.into_iter().filter_map(|n| u32::try_from(n).ok()).collect())
}

/// [ISO 14496-12 §8.7.4]
fn triples(table: &BmffBox, limits: &Limits) -> Result<Vec<(u32, u32, u32)>, Error> {
    let cut_off = || table.malformed("cut off");
    let mut reader = Reader::new(table.full().ok_or_else(cut_off)?.content);
    let count = reader.u32().ok_or_else(cut_off)?;
    let mut out = Vec::new();
    for _ in 0..count {
        out.push((reader.u32().ok_or_else(cut_off)?, reader.u32().ok_or_else(cut_off)?, reader.u32().ok_or_else(cut_off)?));
        if out.len() > limits.max_segments {
            return Err(too_many("frames", limits));
        }
    }
    Ok(out)
}

/// Pairs of a count and a value that holds for as many samples.
struct Runs {
    pairs: std::vec::IntoIter<(u32, u32)>,
    current: (u32, u32),
}

impl Runs {
    fn new(table: Option<BmffBox>, limits: &Limits) -> Result<Self, Error> {
        let mut pairs = Vec::new();
        if let Some(table) = table {
            let cut_off = || table.malformed("cut off");
            let mut reader = Reader::new(table.full().ok_or_else(cut_off)?.content);
            for _ in 0..reader.u32().ok_or_else(cut_off)? {
                pairs.push((reader.u32().ok_or_else(cut_off)?, reader.u32().ok_or_else(cut_off)?));
                if pairs.len() > limits.max_segments {
                    return Err(too_many("frames", limits));
                }
            }
        }
        Ok(Self { pairs: pairs.into_iter(), current: (0, 0) })
    }

    fn take(&mut self) -> Option<u32> {
        while self.current.0 == 0 {
            self.current = self.pairs.next()?;
        }
        self.current.0 = self.current.0.saturating_sub(1);
        Some(self.current.1)
    }
}

/// Longest path of boxes in a track that hold others.
const MAX_PATH: usize = 40;
