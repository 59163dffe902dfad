//! Keeps the books of a walk: segments that tile the file, findings within bounds.

use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};

use super::{Finding, MetadataKind, Role, Segment, Why};
use crate::{Error, Limits};

/// Segments of a file. They can only be appended, each from where the last one ended: a gap or an overlap cannot be said.
pub(crate) struct Tiles {
    segments: Vec<Segment>,
    end: usize,
    max_segments: usize,
}

impl Tiles {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { segments: Vec::new(), end: 0, max_segments: limits.max_segments }
    }

    /// Appends the bytes up to `end` as one segment; none when there are no such bytes.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when there are too many segments.
    pub(crate) fn append(&mut self, name: impl Into<String>, end: usize, role: Role) -> Result<(), Error> {
        if end <= self.end {
            return Ok(());
        }
        if self.segments.len() >= self.max_segments {
            return Err(Error::LimitExceeded(format!("more than {} segments in one file", self.max_segments)));
        }
        self.segments.push(Segment { name: name.into(), range: self.end..end, role });
        self.end = end;
        Ok(())
    }

    /// All segments of a file of `length` bytes; what was not accounted for is one more, unknown.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when there are too many segments.
    pub(crate) fn finish(mut self, length: usize) -> Result<Vec<Segment>, Error> {
        self.append("trailer", length, Role::Unknown)?;
        Ok(self.segments)
    }
}

/// Findings, in the order in which they were made.
#[derive(Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    details: usize,
    unpacked: usize,
}

impl Findings {
    /// Notes a finding that decides whether the file is clean.
    pub(crate) fn push(&mut self, kind: MetadataKind, path: impl Into<String>, range: Range<usize>, value: Option<String>) {
        self.list.push(Finding { kind, path: path.into(), range, value: value.map(|v| shorten(&v)), kept: None });
    }

    /// Notes something inside a finding that was pushed before. Past [`MAX_DETAILS`] it is left out: what holds it is on the list.
    pub(crate) fn detail(&mut self, kind: MetadataKind, path: impl Into<String>, range: Range<usize>, value: Option<String>) {
        if !self.is_full() {
            self.details = self.details.saturating_add(1);
            self.push(kind, path, range, value);
        }
    }

    /// Whether further details are left out.
    pub(crate) fn is_full(&self) -> bool {
        self.details >= MAX_DETAILS
    }

    /// Notes something that a clean file may hold.
    pub(crate) fn keep(&mut self, kind: MetadataKind, path: impl Into<String>, range: Range<usize>, why: Why) {
        self.list.push(Finding { kind, path: path.into(), range, value: None, kept: Some(why) });
    }

    /// Takes over the findings of a picture inside this file.
    pub(crate) fn adopt(&mut self, prefix: &str, inner: Self) {
        for finding in inner.list {
            self.detail(finding.kind, format!("{prefix}/{}", finding.path), finding.range, finding.value);
        }
    }

    /// What a zlib stream unpacks to, to look into; `None` when it is broken, or more than is worth it.
    pub(crate) fn unpack(&mut self, packed: &[u8]) -> Option<Vec<u8>> {
        let unpacked = inflate(packed, MAX_UNPACKED.min(MAX_UNPACKED_IN_ALL.saturating_sub(self.unpacked)));
        // What did not unpack may have cost as much.
        self.unpacked = self.unpacked.saturating_add(unpacked.as_ref().map_or(MAX_UNPACKED, Vec::len));
        unpacked
    }

    pub(crate) fn count(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn any(&self, kind: MetadataKind) -> bool {
        self.list.iter().any(|f| f.kind == kind)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.list.iter()
    }

    /// Those that are of interest.
    pub(crate) fn only(mut self, is_of_interest: impl Fn(&Finding) -> bool) -> Self {
        self.list.retain(is_of_interest);
        self
    }

    pub(crate) fn into_list(self) -> Vec<Finding> {
        self.list
    }
}

/// What a zlib stream unpacks to, when it is whole and that is at most `most` bytes.
pub(crate) fn inflate(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut stream = Decompress::new(true);
    let mut unpacked = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        let (read, written) = (stream.total_in(), stream.total_out());
        let rest = packed.get(usize::try_from(read).ok()?..)?;
        let status = stream.decompress(rest, &mut piece, FlushDecompress::None).ok()?;
        let new = usize::try_from(stream.total_out().checked_sub(written)?).ok()?;
        unpacked.extend_from_slice(piece.get(..new)?);
        if unpacked.len() > most {
            return None;
        }
        if status == Status::StreamEnd {
            return Some(unpacked);
        }
        // Neither input nor output: the stream is cut off.
        if stream.total_in() == read && new == 0 {
            return None;
        }
    }
}

/// Text for people: control characters out, at most [`MAX_VALUE`] characters.
pub(crate) fn shorten(text: &str) -> String {
    let clean = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let mut short: String =
        clean.chars().take(MAX_VALUE).map(|c| if c.is_control() || c == char::REPLACEMENT_CHARACTER { ' ' } else { c }).collect();
    if clean.chars().nth(MAX_VALUE).is_some() {
        short.push('…');
    }
    short
}

/// Bytes that are unpacked at a time.
const PIECE: usize = 8 << 10;

/// Most details over all of a file. Real photos have up to some hundreds, Photoshop histories some thousands.
const MAX_DETAILS: usize = 10_000;

/// Longest value, characters.
const MAX_VALUE: usize = 256;

/// Most bytes that one chunk's text or profile may unpack to: a bomb is not looked into.
pub(crate) const MAX_UNPACKED: usize = 4 << 20;

/// Most bytes that all of a file's texts may unpack to.
const MAX_UNPACKED_IN_ALL: usize = 64 << 20;
