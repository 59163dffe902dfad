//! Sequences of pictures: the track that is shown, the track that says what is see-through in it, and nothing else.
//! [ISO 23008-12 §7, AVIF §3]

use std::ops::Range;

use super::boxes::{self, BmffBox};
use super::kept_track::{KeptTrack, UNDETERMINED, UNITY, children, form, is_long, no_dates, time};
use super::property::{self, Form};
use super::track::{Header, Track};
use super::{Claim, describe};
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
    tracks: Vec<KeptTrack<'a>>,
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
        let mut tracks: Vec<Track> = Vec::new();
        // A track's tables are a few bytes for any number of frames.
        let mut frames_left = limits.max_segments;
        for part in &parts {
            match &part.kind {
                b"trak" => match Track::read(file, *part, limits) {
                    Ok(track) => {
                        let left = frames_left.checked_sub(track.samples.len());
                        frames_left = left.ok_or_else(|| boxes::too_many("frames in all tracks", limits))?;
                        tracks.push(track);
                    }
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
            sequence.tracks.push(KeptTrack::new(file, track, &mut budget, claims)?);
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
        self.first_entry().iter().find_map(|b| property::depth(b.kind, b.content))
    }

    pub(super) fn color(&self) -> ColorSource {
        let children = self.first_entry();
        let of_colour = || children.iter().filter(|b| &b.kind == b"colr");
        ColorSource {
            cicp: of_colour().find_map(|b| property::code_points(b.content)),
            icc: of_colour().find_map(|b| property::profile(b.content)).map(|p| p.bytes().to_vec()),
            ..ColorSource::default()
        }
    }

    /// The boxes of the first sample entry.
    fn first_entry(&self) -> Vec<BmffBox<'a>> {
        self.tracks.first().and_then(|t| t.track.entries.first()).map(children).unwrap_or_default()
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
