//! Walks HEIF files, HEIC and AVIF: boxes, items and the pictures' coded data. [ISO 14496-12, ISO 23008-12, AVIF 1.1]
//!
//! A clean file has one form, which [`Content::head`](super::keep::bmff::Content::head) writes: what was read is written again and compared.

mod av1;
mod boxes;
mod coded;
mod describe;
mod graph;
mod hevc;
mod kept_track;
mod meta;
mod movie;
mod picture;
mod property;
mod tile;
mod track;

use std::collections::BTreeSet;
use std::ops::Range;

use super::cursor::View;
use super::keep::bmff::Content;
use super::ledger::Findings;
use super::{ColorSource, Inspection, MetadataKind, Orientation, Role};
use crate::{Error, Format, Limits};
use boxes::BmffBox;
use meta::Meta;
use movie::Sequence;
use picture::Still;
use tile::Span;

pub(super) fn inspect(bytes: &[u8], format: Format, limits: &Limits) -> Result<Inspection, Error> {
    Ok(Walk::new(bytes, limits)?.inspection(format, limits)?.0)
}

/// What a clean file of the same picture says, for the one who writes it.
pub(crate) fn content(bytes: &[u8], format: Format, limits: &Limits) -> Result<Content, Error> {
    Ok(Walk::new(bytes, limits)?.inspection(format, limits)?.1)
}

/// The codec of the picture of a file whose brands do not tell it.
pub(crate) fn codec(bytes: &[u8], limits: &Limits) -> Option<Format> {
    let file = View::file(bytes);
    let mut at = 0_usize;
    for _ in 0..MAX_BOXES_BEFORE_META {
        let next = BmffBox::read(file, at)?;
        if &next.kind == b"meta" {
            let meta = Meta::read(&next, limits).ok()?;
            let primary = meta.item(meta.primary?)?;
            let of = |kind: [u8; 4]| match &kind {
                b"hvc1" | b"hev1" | b"lhv1" => Some(Format::Heic),
                b"av01" => Some(Format::Avif),
                _ => None,
            };
            return of(primary.kind).or_else(|| meta.items.iter().find_map(|item| of(item.kind)));
        }
        at = at.saturating_add(next.whole.len());
    }
    None
}

/// Bytes with a purpose.
struct Claim {
    range: Range<usize>,
    name: String,
    role: Role,
    value: Option<String>,
}

/// The boxes at the top of a file.
struct Walk<'a> {
    file: View<'a>,
    boxes: Vec<BmffBox<'a>>,
    /// Where no box starts any more.
    end: usize,
    meta: Option<BmffBox<'a>>,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let file = View::file(bytes);
        let mut walk = Self { file, boxes: Vec::new(), end: 0, meta: None };
        while let Some(next) = BmffBox::read(file, walk.end) {
            if walk.boxes.len() >= limits.max_segments {
                return Err(boxes::too_many("boxes", limits));
            }
            if walk.boxes.is_empty() && &next.kind != b"ftyp" {
                break;
            }
            if next.is_cut && matches!(&next.kind, b"ftyp" | b"meta" | b"moov") {
                return Err(next.malformed("the file ends before the box does"));
            }
            if &next.kind == b"meta" && walk.meta.is_none() {
                walk.meta = Some(next);
            }
            walk.end = walk.end.saturating_add(next.whole.len());
            walk.boxes.push(next);
        }
        if walk.boxes.is_empty() {
            return Err(Error::malformed("no ftyp box", 0));
        }
        Ok(walk)
    }

    fn inspection(&self, format: Format, limits: &Limits) -> Result<(Inspection, Content), Error> {
        let mut findings = Findings::default();
        let mut claims = Vec::new();
        let brands = self.brands();
        // In a file of another brand a movie is something besides the picture. [ISO 23008-12 §10, AVIF §6]
        let is_sequence = brands.first().is_some_and(|b| SEQUENCE_BRANDS.contains(b));
        let moov = self.boxes.iter().find(|b| &b.kind == b"moov").copied().filter(|_| is_sequence);
        let sequence = moov.map(|moov| Sequence::read(self.file, moov, limits, &mut claims, &mut findings)).transpose()?;
        let meta = self.meta.map(|meta| Meta::read(&meta, limits)).transpose()?;
        let still = match &meta {
            Some(meta) if meta.handler == Some(*b"pict") && (meta.primary.is_some() || sequence.is_none()) => {
                Some(picture::still(self.file, meta, limits, &mut claims, &mut findings)?)
            }
            _ => None,
        };
        let missing = || Error::malformed("the file ends before the picture does: no meta box about a picture", self.end);
        let shape = shape(still.as_ref(), sequence.as_ref()).ok_or_else(missing)?;
        limits.check_picture(shape.width, shape.height, 4)?;

        let data = still.iter().flat_map(|s| s.data()).chain(sequence.iter().flat_map(|s| s.data())).cloned().collect();
        let mut content = Content { data: tile::union(data), ..Content::default() };
        let runs = content.data.clone();
        let starts = tile::starts(&runs);
        let place = |range: &Range<usize>| tile::place(&runs, &starts, range);
        content.brands = clean_brands(&brands, format, sequence.is_some());
        if let Some(sequence) = &sequence {
            content.movie = Some(sequence.movie(&place)?);
        }
        let no_meta = Meta::default();
        let meta = meta.as_ref().unwrap_or(&no_meta);
        let mut kept = BTreeSet::new();
        if let Some(still) = &still {
            still.content(meta, self.file, &mut content, &place)?;
            content.primary = still.primary();
            kept.extend(still.kept.iter().copied());
        }
        describe::items(self.file, meta, &kept, &mut claims, &mut findings);
        describe::properties(meta, &kept, &mut findings);
        describe::names(meta, &mut findings);
        let spans = self.spans(meta, moov, limits, &mut findings)?;
        let segments = tile::tile(spans, claims, self.file.len(), limits, &mut findings)?;
        let mut inspection = Inspection {
            format,
            width: shape.width,
            height: shape.height,
            orientation: Orientation::UPRIGHT,
            frames: sequence.as_ref().map_or(1, Sequence::frames),
            has_alpha: shape.has_alpha,
            bit_depth: shape.bit_depth,
            color: shape.color,
            jpeg: None,
            segments,
            findings: findings.into_list(),
        };
        self.check_form(&content, &mut inspection)?;
        Ok((inspection, content))
    }

    /// The brands that the file states, the major one first. [ISO 14496-12 §4.3]
    fn brands(&self) -> Vec<[u8; 4]> {
        let Some(ftyp) = self.boxes.first() else { return Vec::new() };
        let count = ftyp.content.len() / 4;
        (0..count.min(MAX_BRANDS)).filter(|&i| i != 1).filter_map(|i| ftyp.content.array(i.saturating_mul(4))).collect()
    }

    /// Every byte of the file, by the box in which it is.
    fn spans(&self, meta: &Meta, moov: Option<BmffBox>, limits: &Limits, findings: &mut Findings) -> Result<Vec<Span>, Error> {
        let mut spans = Vec::new();
        for (number, each) in self.boxes.iter().enumerate() {
            let range = each.whole.range();
            match &each.kind {
                b"ftyp" if number == 0 => spans.push(Span::structure("ftyp", range.end)),
                b"meta" if self.meta.is_some_and(|m| m.whole.range() == range) => spans_of_meta(each, meta, limits, findings, &mut spans)?,
                b"moov" if moov.is_some_and(|m| m.whole.range() == range) => spans.push(Span::structure("moov", range.end)),
                b"mdat" => {
                    spans.push(Span::structure("mdat", each.content.range().start));
                    spans.push(Span::unknown("mdat/unclaimed", range.end));
                }
                _ => {
                    let (name, kind) = describe::stray(each, findings);
                    spans.push(Span::metadata(name, range.end, kind));
                }
            }
        }
        spans.push(Span::metadata("trailer", self.file.len(), MetadataKind::Trailer));
        Ok(spans)
    }

    /// Whether a file in which nothing was found has the one form of a clean file, too.
    fn check_form(&self, content: &Content, inspection: &mut Inspection) -> Result<(), Error> {
        let unnamed = inspection.segments.iter().any(|s| !matches!(s.role, Role::Pixels | Role::Structure));
        if unnamed || !inspection.is_clean() {
            return Ok(());
        }
        let head = content.head()?;
        let is_joined = matches!(content.data.as_slice(), [run] if run.start == head.len() && run.end == self.file.len());
        if is_joined && self.file.bytes().starts_with(&head) {
            return Ok(());
        }
        // The first byte that differs tells which box it is.
        let differs = head.iter().zip(self.file.bytes()).position(|(a, b)| a != b).unwrap_or(0);
        let segment = inspection.segments.iter().find(|s| s.range.contains(&differs)).cloned();
        if let Some(segment) = segment {
            let value = Some("written in another way than a clean file".into());
            let finding = super::Finding { kind: MetadataKind::Unknown, path: segment.name, range: segment.range, value, kept: None };
            inspection.findings.push(finding);
        }
        Ok(())
    }
}

fn spans_of_meta(meta_box: &BmffBox, meta: &Meta, limits: &Limits, findings: &mut Findings, spans: &mut Vec<Span>) -> Result<(), Error> {
    let header_end = meta_box.content.range().start.saturating_add(4);
    spans.push(Span::structure("meta", header_end));
    let mut seen: Vec<[u8; 4]> = Vec::new();
    if meta.boxes.len() > limits.max_segments {
        return Err(boxes::too_many("boxes", limits));
    }
    for each in &meta.boxes {
        let range = each.whole.range();
        let path = format!("meta/{}", each.name());
        let is_again = seen.contains(&each.kind);
        if !is_again && seen.len() < MAX_KINDS {
            seen.push(each.kind);
        }
        match &each.kind {
            b"hdlr" | b"pitm" | b"iloc" | b"iinf" | b"iref" | b"iprp" if !is_again => spans.push(Span::structure(path, range.end)),
            b"dinf" if each.content.bytes() == SAME_FILE => spans.push(Span::structure(path, range.end)),
            b"idat" if !is_again => {
                spans.push(Span::structure(path, each.content.range().start));
                spans.push(Span::unknown("meta/idat/unclaimed", range.end));
            }
            b"grpl" => {
                let groups: Vec<String> = meta.groups.iter().take(MAX_KINDS).map(BmffBox::name).collect();
                findings.push(MetadataKind::MultiPicture, path.clone(), range.clone(), Some(groups.join(" ")));
                spans.push(Span::metadata(path, range.end, MetadataKind::MultiPicture));
            }
            _ => {
                let (name, kind) = describe::stray(each, findings);
                spans.push(Span::metadata(format!("meta/{name}"), range.end, kind));
            }
        }
    }
    spans.push(Span::unknown("meta/excess", meta_box.whole.range().end));
    Ok(())
}

/// What the primary picture looks like; of a sequence without one, its frames.
fn shape(still: Option<&Still>, sequence: Option<&Sequence>) -> Option<Shape> {
    if let Some(still) = still {
        return Some(Shape {
            width: still.width,
            height: still.height,
            has_alpha: still.has_alpha || sequence.is_some_and(Sequence::has_alpha),
            bit_depth: still.bit_depth,
            color: still.color.clone(),
        });
    }
    let sequence = sequence?;
    let (width, height) = sequence.size()?;
    Some(Shape { width, height, has_alpha: sequence.has_alpha(), bit_depth: sequence.bit_depth().unwrap_or(8), color: sequence.color() })
}

struct Shape {
    width: u32,
    height: u32,
    has_alpha: bool,
    bit_depth: u8,
    color: ColorSource,
}

/// Of the stated brands those that may stay, in one order, behind the major one.
fn clean_brands(stated: &[[u8; 4]], format: Format, is_sequence: bool) -> Vec<[u8; 4]> {
    let (own, others) = if format == Format::Avif {
        (AVIF_BRANDS.as_slice(), HEIC_BRANDS.as_slice())
    } else {
        (HEIC_BRANDS.as_slice(), AVIF_BRANDS.as_slice())
    };
    let may_stay = |brand: &&[u8; 4]| is_sequence || !SEQUENCE_BRANDS.contains(brand);
    let all = BRANDS.iter().chain(&SEQUENCE_BRANDS).filter(may_stay);
    let mut known: Vec<[u8; 4]> = all.copied().filter(|b| stated.contains(b) && !others.contains(b)).collect();
    if known.is_empty() {
        known.extend(own.first());
    }
    let major = stated.first().filter(|b| known.contains(b)).or(known.first()).copied();
    major.into_iter().chain(known).collect()
}

/// Brands that may stay, in the order in which they are written: what readers must understand, nothing about who wrote the file.
/// [ISO 23008-12 §10, AVIF §6, §8, MIAF §10]
const BRANDS: [[u8; 4]; 14] = [
    *b"heic", *b"heix", *b"heim", *b"heis", *b"MiHB", *b"MiHA", *b"MiHE", *b"avif", *b"avio", *b"MA1B", *b"MA1A", *b"mif1", *b"mif2",
    *b"miaf",
];

const HEIC_BRANDS: [[u8; 4]; 11] =
    [*b"heic", *b"heix", *b"heim", *b"heis", *b"MiHB", *b"MiHA", *b"MiHE", *b"hevc", *b"hevx", *b"hevm", *b"hevs"];

const AVIF_BRANDS: [[u8; 4]; 5] = [*b"avif", *b"avio", *b"MA1B", *b"MA1A", *b"avis"];

/// Brands of files that hold a sequence of pictures. [ISO 23008-12 §10.3, AVIF §6.3]
const SEQUENCE_BRANDS: [[u8; 4]; 6] = [*b"hevc", *b"hevx", *b"hevm", *b"hevs", *b"avis", *b"msf1"];

/// Most brands that are looked at. Real files have up to a dozen.
const MAX_BRANDS: usize = 256;

/// Most different boxes of one `meta` box that are told apart. The standard has about a dozen.
const MAX_KINDS: usize = 64;

/// Most boxes before `meta` in a file whose brands do not tell its codec.
const MAX_BOXES_BEFORE_META: usize = 16;

/// A `dinf` box's content that says: all data is in this file. [ISO 14496-12 §8.7.2]
const SAME_FILE: &[u8] = b"\0\0\0\x1Cdref\0\0\0\0\0\0\0\x01\0\0\0\x0Curl \0\0\0\x01";
