//! A track that stays: what is a frame in its samples, and the one form in which it is written. [ISO 14496-12 §8, §12.1.3]

use std::collections::BTreeSet;
use std::ops::Range;

use super::boxes::{self, BmffBox};
use super::coded::{joined, places};
use super::hevc::{self, Configuration};
use super::property::{self, Form};
use super::track::{Edit, EditList, Sample, Track};
use super::{Claim, av1};
use crate::inspect::cursor::{Order, View};
use crate::inspect::keep::bmff::{full_box, in_box, number, push};
use crate::inspect::{MetadataKind, Role};
use crate::{Error, Limits};

/// A track that stays.
pub(super) struct KeptTrack<'a> {
    pub(super) track: Track<'a>,
    /// Canonical sample entries.
    pub(super) entries: Vec<Vec<u8>>,
    /// Where the data of each sample is in the file, units that go left out.
    pub(super) pieces: Vec<Vec<Range<usize>>>,
}

impl<'a> KeptTrack<'a> {
    pub(super) fn new(file: View, track: Track<'a>, budget: &mut usize, claims: &mut Vec<Claim>) -> Result<Self, Error> {
        let name = format!("track {}", track.id);
        let mut configurations = Vec::new();
        let mut entries = Vec::new();
        for entry in &track.entries {
            let children = children(entry);
            let of = |kind: &[u8; 4]| children.iter().find(|b| &b.kind == kind);
            let configuration = match &entry.kind {
                b"hvc1" | b"hev1" if of(b"lhvC").is_none() => of(b"hvcC").and_then(|b| Configuration::read(b.content)).map(Some),
                b"av01" => of(b"av1C").filter(|b| matches!(form(b), Form::Stays(_))).map(|_| None),
                kind => {
                    return Err(Error::Unsupported(format!(
                        "a sequence whose pictures are of the type {} cannot be scrubbed",
                        boxes::name(*kind)
                    )));
                }
            };
            configurations.push(configuration.ok_or_else(|| entry.malformed("no decoder configuration"))?);
            entries.push(sample_entry(entry, &children)?);
        }
        let mut pieces = Vec::new();
        for (index, sample) in track.samples.iter().enumerate() {
            let Sample { range, entry, .. } = sample;
            *budget = budget.checked_sub(range.len()).ok_or_else(|| Error::LimitExceeded("frames share their data too often".into()))?;
            let whole = [range.clone()];
            let data = joined(file, &whole);
            let data = View::file(&data);
            let configuration = usize::try_from(*entry)
                .ok()
                .and_then(|i| configurations.get(i))
                .ok_or_else(|| track.whole.malformed("a frame without sample entry"))?;
            let coded = match configuration {
                Some(c) => hevc::walk(data, c.length_size, &c.parameter_sets()),
                None => av1::walk(data, index == 0),
            };
            let coded = coded.map_err(|(what, at)| Error::malformed(format!("{name}: {what}"), range.start.saturating_add(at)))?;
            let gone: Vec<Range<usize>> = coded.dropped.iter().map(|d| d.range.clone()).collect();
            for (unit, places) in coded.dropped.into_iter().zip(places(&whole, &gone)) {
                let role = if unit.kind == MetadataKind::Unknown { Role::Unknown } else { Role::Metadata(unit.kind) };
                let name = format!("{name}/{}", unit.name);
                claims.extend(places.into_iter().map(|range| Claim { range, name: name.clone(), role, value: unit.value.clone() }));
            }
            let kept: Vec<Range<usize>> = places(&whole, &coded.kept).into_iter().flatten().collect();
            claims.extend(kept.iter().map(|r| Claim { range: r.clone(), name: name.clone(), role: Role::Pixels, value: None }));
            pieces.push(kept);
        }
        if pieces.is_empty() {
            return Err(track.whole.malformed("no pictures in it"));
        }
        Ok(Self { track, entries, pieces })
    }

    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        index: usize,
        ids: &[u32],
        place: &dyn Fn(&Range<usize>) -> Range<usize>,
        offsets: &mut Vec<usize>,
    ) -> Result<(), Error> {
        let track = &self.track;
        let long = is_long(track.duration);
        full_box(out, *b"tkhd", u8::from(long), track.flags & 7, |out| {
            no_dates(out, long);
            push(out, &number(index.saturating_add(1))?)?;
            push(out, &[0; 4])?;
            time(out, track.duration, long);
            push(out, &[0; 16])?;
            push(out, &turn(&track.matrix))?;
            push(out, &track.size.0.to_be_bytes())?;
            push(out, &track.size.1.to_be_bytes())
        })?;
        if let Some(EditList { flags, edits }) = &track.edits {
            let long = edits.iter().any(|e| is_long(e.duration) || i32::try_from(e.media_time).is_err());
            in_box(out, *b"edts", |out| {
                // The last bit of the flags: play again and again. [ISO 14496-12 §8.6.6.1]
                full_box(out, *b"elst", u8::from(long), flags & 1, |out| {
                    push(out, &number(edits.len())?)?;
                    for Edit { duration, media_time, rate } in edits {
                        time(out, *duration, long);
                        time(out, media_time.cast_unsigned(), long);
                        push(out, &rate.to_be_bytes())?;
                    }
                    Ok(())
                })
            })?;
        }
        let to_new = |to: &[u32]| -> Vec<usize> { to.iter().filter_map(|id| ids.iter().position(|i| i == id)).collect() };
        let references: BTreeSet<([u8; 4], Vec<usize>)> = track
            .references
            .iter()
            .filter(|(kind, _)| matches!(kind, b"auxl" | b"prem"))
            .map(|(kind, to)| (*kind, to_new(to)))
            .filter(|(_, to)| !to.is_empty())
            .collect();
        if !references.is_empty() {
            in_box(out, *b"tref", |out| {
                references.iter().try_for_each(|(kind, to)| {
                    in_box(out, *kind, |out| to.iter().try_for_each(|i| push(out, &number(i.saturating_add(1))?)))
                })
            })?;
        }
        in_box(out, *b"mdia", |out| {
            let long = is_long(track.media_duration);
            full_box(out, *b"mdhd", u8::from(long), 0, |out| {
                no_dates(out, long);
                push(out, &track.time_scale.to_be_bytes())?;
                time(out, track.media_duration, long);
                push(out, &UNDETERMINED.to_be_bytes())?;
                push(out, &[0; 2])
            })?;
            full_box(out, *b"hdlr", 0, 0, |out| {
                push(out, &[0; 4])?;
                push(out, &track.handler)?;
                push(out, &[0; 13])
            })?;
            in_box(out, *b"minf", |out| {
                full_box(out, *b"vmhd", 0, 1, |out| push(out, &[0; 8]))?;
                in_box(out, *b"dinf", |out| push(out, super::SAME_FILE))?;
                in_box(out, *b"stbl", |out| self.tables(out, place, offsets))
            })
        })
    }

    fn tables(&self, out: &mut Vec<u8>, place: &dyn Fn(&Range<usize>) -> Range<usize>, offsets: &mut Vec<usize>) -> Result<(), Error> {
        let samples = &self.track.samples;
        let split = || self.track.whole.malformed("a frame's data is in pieces that cannot be put together");
        // Where each frame is in the joined data.
        let mut placed: Vec<(Range<usize>, u32)> = Vec::with_capacity(samples.len());
        for (pieces, sample) in self.pieces.iter().zip(samples) {
            let mut whole: Option<Range<usize>> = None;
            for piece in pieces.iter().map(place) {
                match whole.as_mut() {
                    Some(whole) if whole.end == piece.start => whole.end = piece.end,
                    Some(_) => return Err(split()),
                    None => whole = Some(piece),
                }
            }
            placed.push((whole.ok_or_else(split)?, sample.entry));
        }
        full_box(out, *b"stsd", 0, 0, |out| {
            push(out, &number(self.entries.len())?)?;
            self.entries.iter().try_for_each(|entry| push(out, entry))
        })?;
        runs(out, *b"stts", 0, samples.iter().map(|s| s.duration))?;
        if samples.iter().any(|s| s.offset != 0) {
            runs(out, *b"ctts", u8::from(self.track.offsets_are_signed), samples.iter().map(|s| s.offset))?;
        }
        if let Some(sync) = &self.track.sync {
            full_box(out, *b"stss", 0, 0, |out| {
                push(out, &number(sync.len())?)?;
                sync.iter().try_for_each(|n| push(out, &n.to_be_bytes()))
            })?;
        }
        // Frames that follow each other are one chunk.
        let mut chunks: Vec<(usize, usize, u32, usize)> = Vec::new();
        for (range, entry) in &placed {
            match chunks.last_mut() {
                Some((_, end, of, count)) if *end == range.start && of == entry => {
                    *end = range.end;
                    *count = count.saturating_add(1);
                }
                _ => chunks.push((range.start, range.end, *entry, 1)),
            }
        }
        let mut groups: Vec<(usize, usize, u32)> = Vec::new();
        for (index, (_, _, entry, count)) in chunks.iter().enumerate() {
            if groups.last().is_none_or(|(_, c, e)| (c, e) != (count, entry)) {
                groups.push((index.saturating_add(1), *count, *entry));
            }
        }
        full_box(out, *b"stsc", 0, 0, |out| {
            push(out, &number(groups.len())?)?;
            for (first, count, entry) in groups {
                push(out, &number(first)?)?;
                push(out, &number(count)?)?;
                push(out, &entry.saturating_add(1).to_be_bytes())?;
            }
            Ok(())
        })?;
        full_box(out, *b"stsz", 0, 0, |out| {
            push(out, &[0; 4])?;
            push(out, &number(placed.len())?)?;
            placed.iter().try_for_each(|(range, _)| push(out, &number(range.len())?))
        })?;
        full_box(out, *b"stco", 0, 0, |out| {
            push(out, &number(chunks.len())?)?;
            for (start, ..) in &chunks {
                offsets.push(out.len());
                push(out, &number(*start)?)?;
            }
            Ok(())
        })
    }
}

/// A visual sample entry: sizes, 72 dpi, no name, and the boxes that may stay. [ISO 14496-12 §12.1.3]
fn sample_entry(entry: &BmffBox, children: &[BmffBox]) -> Result<Vec<u8>, Error> {
    let sides = entry.content.get(24, 4).ok_or_else(|| entry.malformed("cut off"))?;
    let mut out = Vec::new();
    let mut seen: Vec<[u8; 4]> = Vec::new();
    in_box(&mut out, entry.kind, |out| {
        push(out, &[0, 0, 0, 0, 0, 0, 0, 1])?;
        push(out, &[0; 16])?;
        push(out, sides.bytes())?;
        push(out, &[0, 0x48, 0, 0, 0, 0x48, 0, 0, 0, 0, 0, 0, 0, 1])?;
        push(out, &[0; 32])?;
        push(out, &[0, 0x18, 0xFF, 0xFF])?;
        for child in children {
            let Form::Stays(content) = form(child) else { continue };
            // Code points and a profile may be there both.
            let key = if content.starts_with(b"prof") { *b"prof" } else { child.kind };
            if !seen.contains(&key) {
                seen.push(key);
                in_box(out, child.kind, |out| push(out, &content))?;
            }
        }
        Ok(())
    })?;
    Ok(out)
}

fn runs(out: &mut Vec<u8>, kind: [u8; 4], version: u8, values: impl Iterator<Item = u32>) -> Result<(), Error> {
    let mut pairs: Vec<(usize, u32)> = Vec::new();
    for value in values {
        match pairs.last_mut() {
            Some((count, last)) if *last == value => *count = count.saturating_add(1),
            _ => pairs.push((1, value)),
        }
    }
    full_box(out, kind, version, 0, |out| {
        push(out, &number(pairs.len())?)?;
        pairs.iter().try_for_each(|(count, value)| {
            push(out, &number(*count)?)?;
            push(out, &value.to_be_bytes())
        })
    })
}

pub(super) fn is_long(duration: u64) -> bool {
    duration != u64::MAX && duration >= u64::from(u32::MAX)
}

/// A time or duration in 64 bits or its lower 32; "not known" is all ones in both.
pub(super) fn time(out: &mut Vec<u8>, time: u64, is_long: bool) {
    let bytes = time.to_be_bytes();
    out.extend_from_slice(if is_long { &bytes } else { bytes.get(4..).unwrap_or_default() });
}

pub(super) fn no_dates(out: &mut Vec<u8>, is_long: bool) {
    out.extend_from_slice(if is_long { &[0; 16] } else { [0; 8].as_slice() });
}

/// A matrix that turns or mirrors; any other is that of no turn. [ISO 14496-12 §8.3.2]
fn turn(matrix: &[u8; 36]) -> [u8; 36] {
    let view = View::file(matrix);
    let word = |index: usize| view.u32(index.saturating_mul(4), Order::Big).unwrap_or(0);
    let is_turn = [0, 1, 3, 4].iter().all(|&i| matches!(word(i), 0 | 0x0001_0000 | 0xFFFF_0000));
    if is_turn && word(2) == 0 && word(5) == 0 && word(8) == 0x4000_0000 { *matrix } else { UNITY }
}

/// The boxes in a sample entry.
pub(super) fn children<'a>(entry: &BmffBox<'a>) -> Vec<BmffBox<'a>> {
    BmffBox::all(entry.content.from(SAMPLE_ENTRY), &Limits::default()).map(|(boxes, _)| boxes).unwrap_or_default()
}

/// What becomes of a box in a sample entry.
pub(super) fn form(child: &BmffBox) -> Form {
    let canonical = match &child.kind {
        // Whether frames are predicted from each other: six bits of a word. [ISO 23008-12 §7.2.3]
        b"ccst" => child.full().and_then(|f| f.content.u8(0)).map(|bits| vec![0, 0, 0, 0, bits & 0xFC, 0, 0, 0]),
        b"auxi" => property::alpha(child).map(|urn| [&[0; 4], urn, b"\0"].concat()),
        b"av1C" | b"hvcC" | b"colr" | b"pasp" | b"clap" | b"clli" | b"mdcv" | b"amve" => return property::form(child),
        _ => None,
    };
    canonical.map_or(Form::Goes(MetadataKind::Unknown, None), Form::Stays)
}

/// What comes before the boxes in a visual sample entry.
const SAMPLE_ENTRY: usize = 78;

/// `und`, five bits a letter. [ISO 14496-12 §8.4.2.3]
pub(super) const UNDETERMINED: u16 = 0x55C4;

pub(super) const UNITY: [u8; 36] =
    [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0];
