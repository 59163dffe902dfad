//! Sequences of pictures: the track that is shown, the track that says what is see-through in it, and nothing else.
//! [ISO 23008-12 §7, AVIF §3]

use std::collections::BTreeSet;
use std::ops::Range;

use super::Claim;
use super::boxes::BmffBox;
use super::describe;
use super::hevc::{self, Configuration};
use super::picture::{joined, places};
use super::property::{self, Form};
use super::track::{Edit, EditList, Header, Sample, Track};
use super::{av1, boxes};
use crate::inspect::cursor::{Order, View};
use crate::inspect::keep::bmff::{Movie, full_box, in_box, number, push};
use crate::inspect::ledger::Findings;
use crate::inspect::{ColorSource, MetadataKind, Role, Why};
use crate::{Error, Limits};

/// What was found out about a sequence.
pub(super) struct Sequence<'a> {
    time_scale: u32,
    duration: u64,
    /// The pictures, then what is see-through in them.
    tracks: Vec<Kept<'a>>,
}

/// A track that stays.
struct Kept<'a> {
    track: Track<'a>,
    /// Canonical sample entries.
    entries: Vec<Vec<u8>>,
    /// Where the data of each sample is in the file, units that go left out.
    pieces: Vec<Vec<Range<usize>>>,
}

impl<'a> Sequence<'a> {
    pub(super) fn read(
        file: View,
        moov: BmffBox<'a>,
        limits: &Limits,
        claims: &mut Vec<Claim>,
        findings: &mut Findings,
    ) -> Result<Self, Error> {
        let (parts, _) = BmffBox::all(moov.content, limits)?;
        let mut header =
            parts.iter().find(|b| &b.kind == b"mvhd").and_then(|b| Header::new(*b)).ok_or_else(|| moov.malformed("no mvhd box"))?;
        let cut_off = || moov.malformed("cut off");
        let time_scale = header.fields.u32().ok_or_else(cut_off)?;
        let duration = header.duration().ok_or_else(cut_off)?;
        let mut tracks = Vec::new();
        for part in &parts {
            match &part.kind {
                b"trak" => match Track::read(file, *part, limits) {
                    Ok(track) => tracks.push(track),
                    // What is not about pictures may be broken.
                    Err(Error::Malformed { .. }) if !Track::is_of_pictures(*part, limits)? => {
                        findings.push(MetadataKind::Unknown, "moov/trak", part.whole.range(), None);
                    }
                    Err(error) => return Err(error),
                },
                b"mvex" => return Err(Error::Unsupported("a sequence of pictures in fragments cannot be scrubbed".into())),
                b"mvhd" => dates(part, "moov/mvhd", findings),
                _ => {
                    let (name, kind) = describe::stray(part, findings);
                    findings.push(kind, format!("moov/{name}"), part.whole.range(), None);
                }
            }
        }
        let mut sequence = Self { time_scale, duration, tracks: Vec::new() };
        let (shown, others) = choose(tracks).ok_or_else(|| moov.malformed("no track of pictures"))?;
        for track in &others {
            gone(track, claims, findings);
        }
        let mut budget = file.len().saturating_mul(4).max(1 << 20);
        for track in shown {
            track_texts(&track, findings);
            sequence.tracks.push(Kept::new(file, track, &mut budget, claims)?);
        }
        Ok(sequence)
    }

    pub(super) fn frames(&self) -> u32 {
        self.tracks.first().map_or(1, |t| u32::try_from(t.track.samples.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn has_alpha(&self) -> bool {
        self.tracks.len() > 1
    }

    /// Width and height of its frames.
    pub(super) fn size(&self) -> Option<(u32, u32)> {
        let entry = View::file(self.tracks.first()?.entries.first()?);
        let side = |at| entry.u16(at, Order::Big).map(u32::from).filter(|&s| s > 0);
        Some((side(32)?, side(34)?))
    }

    pub(super) fn bit_depth(&self) -> Option<u8> {
        let (_, children) = self.first_entry()?;
        children.iter().find_map(|b| property::depth(b.kind, b.content))
    }

    pub(super) fn color(&self) -> ColorSource {
        let children = self.first_entry().map(|(_, c)| c).unwrap_or_default();
        let of_colour = || children.iter().filter(|b| &b.kind == b"colr");
        ColorSource {
            cicp: of_colour().find_map(|b| property::code_points(b.content)),
            icc: of_colour().find_map(|b| property::profile(b.content)).map(|p| p.bytes().to_vec()),
            ..ColorSource::default()
        }
    }

    fn first_entry(&self) -> Option<(BmffBox<'a>, Vec<BmffBox<'a>>)> {
        let entry = *self.tracks.first()?.track.entries.first()?;
        Some((entry, BmffBox::all(entry.content.from(SAMPLE_ENTRY), &Limits::default()).ok()?.0))
    }

    pub(super) fn data(&self) -> impl Iterator<Item = &Range<usize>> {
        self.tracks.iter().flat_map(|t| t.pieces.iter().flatten())
    }

    /// Writes `moov`. `place` tells where a run of the file is in the joined data.
    pub(super) fn movie(&self, place: &dyn Fn(&Range<usize>) -> Range<usize>) -> Result<Movie, Error> {
        let mut out = Vec::new();
        let mut offsets = Vec::new();
        let ids: Vec<u32> = self.tracks.iter().map(|t| t.track.id).collect();
        in_box(&mut out, *b"moov", |out| {
            let is_long = is_long(self.duration);
            full_box(out, *b"mvhd", u8::from(is_long), 0, |out| {
                no_dates(out, is_long);
                push(out, &self.time_scale.to_be_bytes())?;
                time(out, self.duration, is_long);
                // Rate 1, full volume, reserved, no turn.
                push(out, &[0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
                push(out, &UNITY)?;
                push(out, &[0; 24])?;
                push(out, &number(self.tracks.len().saturating_add(1))?)
            })?;
            for (index, kept) in self.tracks.iter().enumerate() {
                in_box(out, *b"trak", |out| kept.write(out, index, &ids, place, &mut offsets))?;
            }
            Ok(())
        })?;
        Ok(Movie { bytes: out, offsets })
    }
}

/// The first track of pictures that is no thumbnail of another, its alpha track, and all others.
fn choose(mut tracks: Vec<Track<'_>>) -> Option<(Vec<Track<'_>>, Vec<Track<'_>>)> {
    let refers = |track: &Track, kind: &[u8; 4]| track.references.iter().any(|(k, _)| k == kind);
    let first = tracks.iter().position(|t| matches!(&t.handler, b"pict" | b"vide") && !refers(t, b"thmb") && !refers(t, b"auxl"))?;
    let shown = tracks.remove(first);
    let is_alpha = |t: &Track| {
        t.references.iter().any(|(kind, to)| kind == b"auxl" && to.contains(&shown.id))
            && t.entries.iter().any(|e| children(e).iter().any(|b| &b.kind == b"auxi" && property::alpha(b).is_some()))
    };
    let alpha = tracks.iter().position(is_alpha).map(|i| tracks.remove(i));
    Some(([Some(shown), alpha].into_iter().flatten().collect(), tracks))
}

fn children<'a>(entry: &BmffBox<'a>) -> Vec<BmffBox<'a>> {
    BmffBox::all(entry.content.from(SAMPLE_ENTRY), &Limits::default()).map(|(boxes, _)| boxes).unwrap_or_default()
}

/// Names a track that goes, and claims its samples.
fn gone(track: &Track, claims: &mut Vec<Claim>, findings: &mut Findings) {
    let is_thumbnail = track.references.iter().any(|(kind, _)| kind == b"thmb");
    let kind = match &track.handler {
        _ if is_thumbnail => MetadataKind::Thumbnail,
        b"pict" | b"auxv" => MetadataKind::MultiPicture,
        b"vide" | b"soun" => MetadataKind::Motion,
        b"text" | b"sbtl" | b"subt" => MetadataKind::Text,
        _ => MetadataKind::Unknown,
    };
    let name = format!("track {} ({})", track.id, boxes::name(track.handler));
    findings.push(kind, format!("moov/{name}"), track.whole.whole.range(), None);
    let role = if kind == MetadataKind::Unknown { Role::Unknown } else { Role::Metadata(kind) };
    claims.extend(track.samples.iter().map(|s| Claim { range: s.range.clone(), name: name.clone(), role, value: None }));
}

/// Names what a track that stays says besides its pictures.
fn track_texts(track: &Track, findings: &mut Findings) {
    for (path, each) in &track.boxes {
        match &each.kind {
            b"tkhd" => dates(each, path, findings),
            b"mdhd" => dates(each, path, findings),
            b"hdlr" => {
                let name = each.content.from(24);
                if name.bytes().iter().any(|&b| b != 0) {
                    let value = String::from_utf8_lossy(name.until(1024).bytes()).into_owned();
                    findings.push(MetadataKind::Text, format!("{path}/name"), name.range(), Some(value));
                }
            }
            b"edts" | b"elst" | b"tref" | b"mdia" | b"minf" | b"vmhd" | b"dinf" | b"stbl" | b"stsd" | b"stts" | b"ctts" | b"stsc"
            | b"stsz" | b"stco" | b"co64" | b"stss" => {}
            _ => {
                let (name, kind) = describe::stray(each, findings);
                let parent = path.rsplit_once('/').map_or("moov", |(parent, _)| parent);
                findings.push(kind, format!("{parent}/{name}"), each.whole.range(), None);
            }
        }
    }
    for entry in &track.entries {
        let path = format!("moov/trak/mdia/minf/stbl/stsd/{}", entry.name());
        // Its length, then 31 letters. [ISO 14496-12 §12.1.3]
        let compressor = entry.content.from(42).until(32);
        if compressor.bytes().iter().any(|&b| b != 0) {
            let value = String::from_utf8_lossy(compressor.from(1).bytes()).into_owned();
            findings.push(MetadataKind::Text, format!("{path}/compressorname"), compressor.range(), Some(value));
        }
        for child in children(entry) {
            let path = format!("{path}/{}", child.name());
            let range = child.whole.range();
            match form(&child) {
                Form::Stays(content) if property::profile(child.content).is_some() && content == child.content.bytes() => {
                    findings.keep(MetadataKind::Icc, path, range, Why::Colour);
                }
                Form::Stays(_) | Form::Srgb if property::profile(child.content).is_some() => describe::profile(&child, path, findings),
                Form::Stays(content) if content != child.content.bytes() => findings.push(MetadataKind::Unknown, path, range, None),
                Form::Stays(_) | Form::Srgb => {}
                Form::Goes(kind, value) => findings.push(kind, path, range, value),
            }
        }
    }
}

fn dates(header: &BmffBox, path: &str, findings: &mut Findings) {
    let Some(read) = Header::new(*header) else { return };
    for (name, date) in [("creation_time", read.created), ("modification_time", read.modified)] {
        if date != 0 {
            findings.push(MetadataKind::Time, format!("{path}/{name}"), header.content.range(), Some(describe::date(date)));
        }
    }
    if &header.kind == b"mdhd" {
        // Behind time scale and duration: three letters of five bits each.
        let rest = read.fields.rest();
        let language = rest.get(rest.len().saturating_sub(4), 2).and_then(|l| l.u16(0, Order::Big)).unwrap_or(UNDETERMINED);
        if language != UNDETERMINED && language != 0 {
            let letter = |shift: u16| char::from(u8::try_from((language >> shift & 31).saturating_add(0x60)).unwrap_or(b'?'));
            let value = [letter(10), letter(5), letter(0)].iter().collect();
            findings.push(MetadataKind::Text, format!("{path}/language"), header.content.range(), Some(value));
        }
    }
}

/// What becomes of a box in a sample entry.
fn form(child: &BmffBox) -> Form {
    let canonical = match &child.kind {
        // Whether frames are predicted from each other: six bits of a word. [ISO 23008-12 §7.2.3]
        b"ccst" => child.full().and_then(|f| f.content.u8(0)).map(|bits| vec![0, 0, 0, 0, bits & 0xFC, 0, 0, 0]),
        b"auxi" => property::alpha(child).map(|urn| [&[0; 4], urn, b"\0"].concat()),
        b"av1C" | b"hvcC" | b"colr" | b"pasp" | b"clap" | b"clli" | b"mdcv" | b"amve" => return property::form(child),
        _ => None,
    };
    canonical.map_or(Form::Goes(MetadataKind::Unknown, None), Form::Stays)
}

impl<'a> Kept<'a> {
    fn new(file: View, track: Track<'a>, budget: &mut usize, claims: &mut Vec<Claim>) -> Result<Self, Error> {
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

    fn write(
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

fn is_long(duration: u64) -> bool {
    duration != u64::MAX && duration >= u64::from(u32::MAX)
}

/// A time or duration in 64 bits or its lower 32; "not known" is all ones in both.
fn time(out: &mut Vec<u8>, time: u64, is_long: bool) {
    let bytes = time.to_be_bytes();
    out.extend_from_slice(if is_long { &bytes } else { bytes.get(4..).unwrap_or_default() });
}

fn no_dates(out: &mut Vec<u8>, is_long: bool) {
    out.extend_from_slice(if is_long { &[0; 16] } else { [0; 8].as_slice() });
}

/// A matrix that turns or mirrors; any other is that of no turn. [ISO 14496-12 §8.3.2]
fn turn(matrix: &[u8; 36]) -> [u8; 36] {
    let view = View::file(matrix);
    let word = |index: usize| view.u32(index.saturating_mul(4), Order::Big).unwrap_or(0);
    let is_turn = [0, 1, 3, 4].iter().all(|&i| matches!(word(i), 0 | 0x0001_0000 | 0xFFFF_0000));
    if is_turn && word(2) == 0 && word(5) == 0 && word(8) == 0x4000_0000 { *matrix } else { UNITY }
}

/// What comes before the boxes in a visual sample entry.
const SAMPLE_ENTRY: usize = 78;

/// `und`, five bits a letter. [ISO 14496-12 §8.4.2.3]
const UNDETERMINED: u16 = 0x55C4;

const UNITY: [u8; 36] = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0];
