//! Makes segments of boxes, and of the items whose data is in them.

use std::collections::VecDeque;
use std::ops::Range;

use super::Claim;
use crate::inspect::ledger::{Findings, Tiles};
use crate::inspect::{MetadataKind, Role, Segment};
use crate::{Error, Limits};

/// The bytes from where the last span ended.
pub(super) struct Span {
    name: String,
    end: usize,
    role: Role,
}

impl Span {
    pub(super) fn structure(name: impl Into<String>, end: usize) -> Self {
        Self { name: name.into(), end, role: Role::Structure }
    }

    pub(super) fn unknown(name: impl Into<String>, end: usize) -> Self {
        Self { name: name.into(), end, role: Role::Unknown }
    }

    pub(super) fn metadata(name: impl Into<String>, end: usize, kind: MetadataKind) -> Self {
        let role = if kind == MetadataKind::Unknown { Role::Unknown } else { Role::Metadata(kind) };
        Self { name: name.into(), end, role }
    }
}

/// Segments: spans, and in those that are no structure the claims on them. The picture's claims come before all others.
///
/// # Errors
/// [`Error::Malformed`] when picture data lies in structure, [`Error::LimitExceeded`] when there are too many segments.
pub(super) fn tile(
    spans: Vec<Span>,
    claims: Vec<Claim>,
    length: usize,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Vec<Segment>, Error> {
    let (pictures, others): (Vec<Claim>, Vec<Claim>) = claims.into_iter().partition(is_picture);
    let pictures = disjoint(pictures);
    let others = without(disjoint(others), &pictures);
    let mut all = pictures;
    all.extend(others);
    all.sort_by_key(|c| c.range.start);
    let mut all: VecDeque<Claim> = all.into();
    let mut tiles = Tiles::new(limits);
    for span in spans {
        while let Some(claim) = all.pop_front() {
            if claim.range.start >= span.end {
                all.push_front(claim);
                break;
            }
            let inside = claim.range.start..claim.range.end.min(span.end);
            if span.role != Role::Structure {
                tiles.append(span.name.as_str(), inside.start, span.role)?;
                if let (Some(value), Role::Metadata(_) | Role::Unknown) = (&claim.value, claim.role) {
                    let kind = if let Role::Metadata(kind) = claim.role { kind } else { MetadataKind::Unknown };
                    findings.push(kind, claim.name.as_str(), inside.clone(), Some(value.clone()));
                }
                tiles.append(claim.name.as_str(), inside.end, claim.role)?;
            } else if is_picture(&claim) {
                return Err(Error::malformed(format!("{}: its data is where the {} box is", claim.name, span.name), inside.start));
            }
            if claim.range.end > span.end {
                // What is left of it lies in the spans behind.
                all.push_front(Claim { range: span.end..claim.range.end, ..claim });
                break;
            }
        }
        tiles.append(span.name, span.end, span.role)?;
    }
    tiles.finish(length)
}

fn is_picture(claim: &Claim) -> bool {
    matches!(claim.role, Role::Pixels | Role::Structure)
}

/// Claims in order, each cut off where an earlier one ends only behind its start. Those of the same thing that follow each other are one.
fn disjoint(mut claims: Vec<Claim>) -> Vec<Claim> {
    claims.sort_by_key(|c| (c.range.start, c.range.end));
    let mut out: Vec<Claim> = Vec::new();
    for mut claim in claims {
        let end = out.last().map_or(0, |last| last.range.end);
        claim.range.start = claim.range.start.max(end);
        match out.last_mut() {
            _ if claim.range.is_empty() => {}
            Some(last) if (&last.name, &last.value, last.role) == (&claim.name, &claim.value, claim.role) && end == claim.range.start => {
                last.range.end = claim.range.end;
            }
            _ => out.push(claim),
        }
    }
    out
}

/// What is left of `claims` besides `taken`; both are disjoint and in order.
fn without(claims: Vec<Claim>, taken: &[Claim]) -> Vec<Claim> {
    let mut out = Vec::new();
    let mut from = 0_usize;
    for claim in claims {
        let mut start = claim.range.start;
        while taken.get(from).is_some_and(|t| t.range.end <= start) {
            from = from.saturating_add(1);
        }
        for other in taken.iter().skip(from).take_while(|t| t.range.start < claim.range.end) {
            if start < other.range.start {
                out.push(Claim { range: start..other.range.start, name: claim.name.clone(), role: claim.role, value: claim.value.clone() });
            }
            start = start.max(other.range.end);
        }
        if start < claim.range.end {
            out.push(Claim { range: start..claim.range.end, ..claim });
        }
    }
    out
}

/// Runs in order, those that touch or overlap as one.
pub(super) fn union(mut runs: Vec<Range<usize>>) -> Vec<Range<usize>> {
    runs.sort_by_key(|r| r.start);
    let mut out: Vec<Range<usize>> = Vec::new();
    for run in runs {
        match out.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => out.push(run),
        }
    }
    out
}

/// Where each of `runs` starts when they are joined.
pub(super) fn starts(runs: &[Range<usize>]) -> Vec<usize> {
    let mut at = 0_usize;
    let mut next = |run: &Range<usize>| {
        let start = at;
        at = at.saturating_add(run.len());
        start
    };
    runs.iter().map(&mut next).collect()
}

/// Where a part of one of `runs` is when they are joined.
pub(super) fn place(runs: &[Range<usize>], starts: &[usize], part: &Range<usize>) -> Range<usize> {
    let index = runs.partition_point(|run| run.start <= part.start).saturating_sub(1);
    let (Some(run), Some(start)) = (runs.get(index), starts.get(index)) else { return 0..0 };
    let from = start.saturating_add(part.start.saturating_sub(run.start));
    from..from.saturating_add(part.len())
}
