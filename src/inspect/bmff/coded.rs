//! What is the picture and what is not, within a picture's coded data.

use std::ops::Range;

use crate::inspect::MetadataKind;

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
