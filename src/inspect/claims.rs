//! Who needs which bytes. Several may claim the same ones, unlike in containers that are read from front to back without a break.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::inspect::cursor::View;
use crate::inspect::ledger::{Findings, Tiles};
use crate::inspect::{MetadataKind, Role, Segment};
use crate::{Error, Limits};

/// Claims on bytes of a file.
#[derive(Default)]
pub(crate) struct Claims {
    list: Vec<(Range<usize>, String, Role)>,
}

impl Claims {
    pub(crate) fn add(&mut self, range: Range<usize>, name: impl Into<String>, role: Role) {
        if !range.is_empty() {
            self.list.push((range, name.into(), role));
        }
    }

    /// Each finding claims what it is about.
    pub(crate) fn of_findings(&mut self, findings: &Findings) {
        for finding in findings.iter() {
            self.add(finding.range.clone(), finding.path.clone(), Role::Metadata(finding.kind));
        }
    }

    /// Segments that tile the file. Where claims overlap, pixels win over structure, structure over the rest, and an earlier claim over a
    /// later one. What nobody claims is a gap, or a few zeros that make what follows start at an even place.
    pub(crate) fn tile(mut self, file: View, limits: &Limits) -> Result<Vec<Segment>, Error> {
        let length = file.len();
        let rank = |role: Role| match role {
            Role::Pixels => 0_u8,
            Role::Structure => 1,
            _ => 2,
        };
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by_key(|&index| self.list.get(index).map_or(0, |(range, _, _)| range.start));
        let mut edges: Vec<usize> = self.list.iter().flat_map(|(range, _, _)| [range.start, range.end]).filter(|&e| e < length).collect();
        edges.extend([0, length]);
        edges.sort_unstable();
        edges.dedup();
        let mut coming = order.into_iter().peekable();
        let mut active: BinaryHeap<Reverse<(u8, usize)>> = BinaryHeap::new();
        let mut pieces: Vec<(usize, Option<usize>)> = Vec::new();
        for edge in edges.windows(2) {
            let &[start, end] = edge else { continue };
            while let Some(&index) = coming.peek()
                && let Some((range, _, role)) = self.list.get(index)
                && range.start <= start
            {
                active.push(Reverse((rank(*role), index)));
                coming.next();
            }
            while let Some(Reverse((_, index))) = active.peek()
                && self.list.get(*index).is_none_or(|(range, _, _)| range.end <= start)
            {
                active.pop();
            }
            let owner = active.peek().map(|Reverse((_, index))| *index);
            match pieces.last_mut() {
                Some((last, before)) if *before == owner || self.are_alike(*before, owner) => *last = end,
                _ => pieces.push((end, owner)),
            }
        }
        let mut tiles = Tiles::new(limits);
        let last = pieces.last().map(|&(end, _)| end);
        let mut start = 0;
        for (end, owner) in pieces {
            match owner.and_then(|index| self.list.get_mut(index)) {
                Some((_, name, role)) => tiles.append(name.clone(), end, *role)?,
                None if Some(end) == last => tiles.append("trailer", end, Role::Metadata(MetadataKind::Trailer))?,
                None if is_padding(file, start, end) => tiles.append("padding", end, Role::Structure)?,
                None => tiles.append("gap", end, Role::Unknown)?,
            }
            start = end;
        }
        tiles.finish(length)
    }

    /// Whether two neighbours are strips of the same page, which need no segment each.
    fn are_alike(&self, one: Option<usize>, other: Option<usize>) -> bool {
        let claim = |index: Option<usize>| index.and_then(|i| self.list.get(i)).filter(|(_, _, role)| *role == Role::Pixels);
        matches!((claim(one), claim(other)), (Some((_, a, _)), Some((_, b, _))) if a == b)
    }
}

/// Zeros that are fewer than the largest alignment that TIFF has, eight bytes.
fn is_padding(file: View, start: usize, end: usize) -> bool {
    let length = end.saturating_sub(start);
    length < 8 && file.get(start, length).is_some_and(|bytes| bytes.bytes().iter().all(|&b| b == 0))
}
