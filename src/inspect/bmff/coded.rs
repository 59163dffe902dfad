//! What is the picture and what is not, within a picture's coded data.

use std::borrow::Cow;
use std::ops::Range;

use crate::inspect::MetadataKind;
use crate::inspect::cursor::View;

/// Runs that are the picture, and units that are not. Both count from the start of the data, and are in order.
#[derive(Default)]
pub(super) struct Coded {
    pub(super) kept: Vec<Range<usize>>,
    pub(super) dropped: Vec<Dropped>,
}

/// A unit that pictures are shown without.
pub(super) struct Dropped {
    pub(super) range: Range<usize>,
    pub(super) kind: MetadataKind,
    pub(super) name: &'static str,
    pub(super) value: Option<String>,
}

impl Coded {
    pub(super) fn keep(&mut self, range: Range<usize>) {
        match self.kept.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.kept.push(range),
        }
    }

    /// Units of a kind that follow each other are one.
    pub(super) fn drop_unit(&mut self, unit: Dropped) {
        match self.dropped.last_mut() {
            Some(last) if last.range.end == unit.range.start && last.name == unit.name && unit.value.is_none() => {
                last.range.end = unit.range.end
            }
            _ => self.dropped.push(unit),
        }
    }
}

/// The bytes of pieces, one after the other.
pub(super) fn joined<'a>(file: View<'a>, pieces: &[Range<usize>]) -> Cow<'a, [u8]> {
    let bytes = |range: &Range<usize>| file.get(range.start, range.len()).map_or(&[] as &[u8], View::bytes);
    match pieces {
        [one] => bytes(one).into(),
        many => many.iter().flat_map(|p| bytes(p).iter().copied()).collect::<Vec<u8>>().into(),
    }
}

/// Where in the file each of `ranges` is, which count from the start of what `pieces` are together, and are in order.
pub(super) fn places(pieces: &[Range<usize>], ranges: &[Range<usize>]) -> Vec<Vec<Range<usize>>> {
    let mut out = Vec::with_capacity(ranges.len());
    let mut left = pieces.iter();
    let mut piece = left.next();
    // Where the piece starts, counted like the ranges.
    let mut base = 0_usize;
    for range in ranges {
        let mut found = Vec::new();
        let mut at = range.start;
        while let Some(current) = piece.filter(|_| at < range.end) {
            let end = base.saturating_add(current.len());
            if at < end {
                let to = range.end.min(end);
                let shift = |logical: usize| current.start.saturating_add(logical.saturating_sub(base));
                found.push(shift(at)..shift(to));
                at = to;
            }
            if at >= end {
                base = end;
                piece = left.next();
            }
        }
        out.push(found);
    }
    out
}
