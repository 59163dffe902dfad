//! Reads the boxes around a codestream. [ISO/IEC 18181-2]

use std::borrow::Cow;
use std::ops::Range;

use crate::Error;
use crate::inspect::claims::Claims;
use crate::inspect::cursor::{Order, View};
use crate::inspect::ledger::Findings;
use crate::inspect::{MetadataKind, Role, c2pa, exif, xmp};

/// A codestream and where it lies in the file.
pub(super) struct Contents<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Where each of its parts begins within it, and where it is in the file.
    parts: Vec<(usize, Range<usize>)>,
    pub(super) container: Option<Container>,
}

/// What a container says besides its codestream.
pub(super) struct Container {
    /// The picture needs a decoder of level 10. Level 5 goes without saying.
    pub(super) is_level_10: bool,
}

impl<'a> Contents<'a> {
    /// Finds the codestream in `file`, and names what else there is.
    pub(super) fn read(file: View<'a>, findings: &mut Findings, claims: &mut Claims) -> Result<Self, Error> {
        if file.bytes().starts_with(&[0xFF, 0x0A]) {
            return Ok(Self { bytes: Cow::Borrowed(file.bytes()), parts: vec![(0, file.range())], container: None });
        }
        let head = file.get(0, SIGNATURE.len()).filter(|head| head.bytes() == SIGNATURE);
        let head = head.ok_or_else(|| Error::malformed("neither the signature of a codestream nor that of a container", 0))?;
        claims.add(head.range(), "JXL ", Role::Structure);
        let mut boxes =
            Boxes { container: Container { is_level_10: false }, parts: Vec::new(), is_complete: false, next_part: 0, has_type: false };
        let mut at = SIGNATURE.len();
        while let Some(next) = JxlBox::read(file, at)? {
            at = next.whole.range().end;
            boxes.one(&next, findings, claims)?;
        }
        if at < file.len() {
            findings.push(MetadataKind::Trailer, "trailer", file.from(at).range(), None);
        }
        boxes.finish(file)
    }

    /// Where in the file a run of the codestream's bytes is.
    pub(super) fn places(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        // Empty ones, of which there may be many, begin where the next one does.
        let first = self.parts.partition_point(|(start, part)| start.saturating_add(part.len()) <= range.start);
        for (start, part) in self.parts.iter().skip(first).take_while(|(start, _)| *start < range.end) {
            let end = start.saturating_add(part.len());
            let (from, to) = (range.start.max(*start), range.end.min(end));
            if from < to {
                let offset = part.start.saturating_sub(*start);
                places.push(from.saturating_add(offset)..to.saturating_add(offset));
            }
        }
        places
    }

    /// Where in the file a byte of the codestream is.
    pub(super) fn place(&self, at: usize) -> usize {
        self.places(&(at..at.saturating_add(1))).first().map_or(at, |place| place.start)
    }
}

/// The boxes read so far.
struct Boxes {
    container: Container,
    parts: Vec<(usize, Range<usize>)>,
    /// No further part of the codestream may follow.
    is_complete: bool,
    next_part: u32,
    has_type: bool,
}

impl Boxes {
    fn one(&mut self, next: &JxlBox, findings: &mut Findings, claims: &mut Claims) -> Result<(), Error> {
        let malformed = |what: &str| Error::malformed(format!("{}: {what}", next.name()), next.whole.offset(0));
        if !self.has_type {
            if &next.kind != b"ftyp" {
                return Err(malformed("comes before the file type"));
            }
            self.has_type = true;
            if next.content.bytes() == FILE_TYPE {
                claims.add(next.whole.range(), "ftyp", Role::Structure);
            } else {
                findings.push(MetadataKind::Unknown, "ftyp", next.whole.range(), None);
            }
            return Ok(());
        }
        match &next.kind {
            b"jxlc" | b"jxlp" if self.is_complete => findings.push(MetadataKind::MultiPicture, next.name(), next.whole.range(), None),
            b"jxlc" if self.next_part == 0 => {
                self.part(next, next.content, claims);
                self.is_complete = true;
            }
            b"jxlp" => {
                let number = next.content.u32(0, Order::Big).ok_or_else(|| malformed("it has no number"))?;
                if number & 0x7FFF_FFFF != self.next_part {
                    return Err(malformed("parts of the codestream are missing or out of order"));
                }
                self.next_part = self.next_part.saturating_add(1);
                self.is_complete = number >> 31 == 1;
                self.part(next, next.content.from(4), claims);
            }
            b"jxlc" => return Err(malformed("a whole codestream behind parts of one")),
            b"jxll" if next.content.bytes() == [10] && !self.container.is_level_10 && self.parts.is_empty() => {
                self.container.is_level_10 = true;
                claims.add(next.whole.range(), "jxll", Role::Structure);
            }
            _ => describe(next, findings),
        }
        Ok(())
    }

    fn part(&mut self, next: &JxlBox, content: View, claims: &mut Claims) {
        let start = self.parts.last().map_or(0, |(start, part)| start.saturating_add(part.len()));
        self.parts.push((start, content.range()));
        claims.add(next.whole.range().start..content.range().start, next.name(), Role::Structure);
    }

    fn finish(self, file: View<'_>) -> Result<Contents<'_>, Error> {
        if !self.is_complete {
            return Err(Error::malformed("the file ends before the codestream does", file.len()));
        }
        let bytes = |part: &Range<usize>| file.get(part.start, part.len()).map_or(&[][..], View::bytes);
        let bytes = match self.parts.as_slice() {
            [(_, only)] => Cow::Borrowed(bytes(only)),
            parts => Cow::Owned(parts.iter().flat_map(|(_, part)| bytes(part)).copied().collect()),
        };
        Ok(Contents { bytes, parts: self.parts, container: Some(self.container) })
    }
}

/// One box.
struct JxlBox<'a> {
    kind: [u8; 4],
    whole: View<'a>,
    content: View<'a>,
}

impl<'a> JxlBox<'a> {
    /// Reads the box at `at`; `None` at the end, or where what is left is no box. [ISO/IEC 14496-12 §4.2]
    fn read(file: View<'a>, at: usize) -> Result<Option<Self>, Error> {
        let rest = file.from(at);
        let (Some(length), Some(kind)) = (rest.length(0, Order::Big), rest.array::<4>(4)) else { return Ok(None) };
        let (header, length) = match length {
            // To the end of the file.
            0 => (8, Some(rest.len())),
            1 => (16, rest.u64(8, Order::Big).and_then(|length| usize::try_from(length).ok())),
            length => (8, Some(length)),
        };
        let whole = length.filter(|&length| length >= header).and_then(|length| rest.get(0, length));
        match whole {
            Some(whole) => Ok(Some(Self { kind, whole, content: whole.from(header) })),
            None if matches!(&kind, b"jxlc" | b"jxlp" | b"ftyp") => Err(Error::malformed("a box is longer than the file", at)),
            None => Ok(None),
        }
    }

    fn name(&self) -> String {
        self.kind.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { ' ' }).collect::<String>().trim().to_owned()
    }
}

/// Makes findings of a box that a clean file may not hold.
fn describe(next: &JxlBox, findings: &mut Findings) {
    let (name, range, content) = (next.name(), next.whole.range(), next.content);
    match &next.kind {
        b"Exif" => {
            findings.push(MetadataKind::Exif, &name, range, None);
            // How far behind this number the TIFF header is. [ISO/IEC 23008-12 Annex A]
            let skipped = content.length(0, Order::Big).unwrap_or(0).saturating_add(4);
            exif::read(content.from(skipped), &name, findings);
        }
        b"xml " => {
            findings.push(MetadataKind::Xmp, &name, range, None);
            xmp::read(content, &name, findings);
        }
        b"jumb" => {
            findings.push(MetadataKind::C2pa, &name, range, None);
            c2pa::read(next.whole, &name, findings);
        }
        // Packed by Brotli, which is not unpacked: what it is stands before it.
        b"brob" => {
            let inner = content.array::<4>(0).unwrap_or_default();
            let inside: String = inner.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { ' ' }).collect();
            let kind = match &inner {
                b"Exif" => MetadataKind::Exif,
                b"xml " => MetadataKind::Xmp,
                b"jumb" => MetadataKind::C2pa,
                _ => MetadataKind::Unknown,
            };
            findings.push(kind, format!("{name}/{}", inside.trim()), range, None);
        }
        b"jbrd" => {
            let value = "what is needed to make the JPEG again from which this was made, with its metadata";
            findings.push(MetadataKind::Exif, &name, range, Some(value.into()));
        }
        b"jhgm" => findings.push(MetadataKind::GainMap, &name, range, Some(format!("{} bytes", content.len()))),
        b"jxll" => findings.push(MetadataKind::Unknown, &name, range, content.u8(0).map(|level| format!("level {level}"))),
        _ => findings.push(MetadataKind::Unknown, &name, range, None),
    }
}

/// The box that every container starts with.
pub(super) const SIGNATURE: &[u8] = b"\0\0\0\x0CJXL \r\n\x87\n";

/// The file type box's content: brand, version, one compatible brand.
pub(super) const FILE_TYPE: &[u8] = b"jxl \0\0\0\0jxl ";
