//! Reads JPEG streams inside a TIFF: abbreviated ones, whose tables may lie in a stream of their own. [TIFF Technical Note 2]

use std::cell::Cell;
use std::ops::Range;

use super::frame::Tables;
use super::{Picture, Walk, keep};
use crate::inspect::Role;
use crate::inspect::cursor::View;
use crate::inspect::ledger::Findings;
use crate::{Error, Limits};

/// The tables that all strips of a page share.
pub(crate) struct SharedTables {
    tables: Tables,
    /// DQT, DHT and DRI segments: marker and payload.
    segments: Vec<(u8, Range<usize>)>,
    /// Tables that no strip so far uses.
    unused: Vec<Range<usize>>,
    pub(crate) findings: Findings,
}

impl SharedTables {
    /// Reads the value of the tag JPEGTables: SOI, tables, EOI.
    pub(crate) fn read(stream: View, limits: &Limits) -> Result<Self, Error> {
        let work = Cell::new(0);
        let mut walk = Walk::new(stream, limits, &work);
        if !stream.bytes().starts_with(&[0xFF, 0xD8]) {
            return Err(walk.malformed("JPEGTables do not start with SOI"));
        }
        walk.tile("SOI", 2, Role::Structure)?;
        let mut segments = Vec::new();
        loop {
            let marker = walk.marker()?;
            let start = walk.at;
            match marker {
                0xD9 => break,
                0x01 | 0xD0..=0xD7 => walk.unknown("RST", 2)?,
                0xD8 | 0xDA | 0xDC => return Err(walk.malformed("JPEGTables hold more than tables")),
                _ => walk.segment(marker)?,
            }
            // Each strip is read with all of them.
            if walk.tables.count() > MAX_SHARED_TABLES {
                return Err(Error::LimitExceeded(format!("JPEGTables of more than {MAX_SHARED_TABLES} tables")));
            }
            if matches!(marker, 0xDB | 0xC4 | 0xDD) {
                segments.push((marker, stream.offset(start.saturating_add(4))..stream.offset(walk.at)));
            }
        }
        if walk.frame.is_some() {
            return Err(walk.malformed("JPEGTables hold more than tables"));
        }
        let unused = walk.tables.unused().map(|(_, range)| range).collect();
        Ok(Self { tables: walk.tables, segments, unused, findings: walk.findings })
    }

    /// Tables that no strip uses, once all were read.
    pub(crate) fn unused(&self) -> &[Range<usize>] {
        &self.unused
    }

    /// SOI, the tables that are used, EOI.
    pub(crate) fn rewritten(&self, file: View) -> Vec<u8> {
        let mut out = vec![0xFF, 0xD8];
        for (marker, payload) in &self.segments {
            out.extend_from_slice(&table_segment(file, *marker, payload.clone(), &self.unused));
        }
        out.extend_from_slice(&[0xFF, 0xD9]);
        out
    }
}

/// A JPEG stream in a strip or tile.
pub(crate) struct Embedded {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Where it ends in the file, just behind EOI.
    pub(crate) end: usize,
    /// All of its bytes, in order.
    pub(crate) parts: Vec<Part>,
    pub(crate) findings: Findings,
}

/// A run of bytes of a stream.
pub(crate) struct Part {
    pub(crate) range: Range<usize>,
    pub(crate) fate: Fate,
}

/// What becomes of a run of bytes.
#[derive(PartialEq, Eq)]
pub(crate) enum Fate {
    /// The picture: copied.
    Pixels,
    /// Something the picture is read with: written as it was, or as this.
    Structure(Option<Vec<u8>>),
    /// No part of the picture.
    Gone,
}

/// Reads the stream that `data` starts with.
pub(crate) fn read(
    file: View,
    data: View,
    shared: Option<&mut SharedTables>,
    limits: &Limits,
    work: &Cell<u64>,
) -> Result<Embedded, Error> {
    let mut walk = Walk::new(data, limits, work);
    if let Some(shared) = &shared {
        walk.tables = shared.tables.clone();
    }
    let Picture { tiles, findings, frame, end, .. } = walk.run()?;
    let whole = data.range();
    let unused: Vec<Range<usize>> = findings.iter().filter(|f| f.path.ends_with("/unused")).map(|f| f.range.clone()).collect();
    if let Some(shared) = shared {
        shared.unused.retain(|range| unused.contains(range));
    }
    let mut parts: Vec<Part> = Vec::new();
    for segment in tiles.finish(end)? {
        let range = data.offset(segment.range.start)..data.offset(segment.range.end);
        let bytes = data.get(segment.range.start, segment.range.len()).unwrap_or(data.until(0));
        let payload = data.offset(segment.range.start.saturating_add(4))..range.end;
        let fate = match (segment.role, segment.name.as_str()) {
            // Readers may go by its transform byte.
            (Role::Metadata(_), "APP14") if bytes.from(4).after(b"Adobe").is_some() && bytes.len() >= 16 => {
                let adobe = keep::adobe(bytes.u8(15).unwrap_or(0));
                Fate::Structure(Some([&[0xFF, 0xEE, 0, 14], adobe.as_slice()].concat()))
            }
            (Role::Metadata(_) | Role::Unknown, _) => Fate::Gone,
            (_, "DQT" | "DHT" | "DRI") if unused.iter().any(|u| payload.start <= u.start && u.end <= payload.end) => {
                Fate::Structure(Some(table_segment(file, bytes.u8(1).unwrap_or(0), payload, &unused)))
            }
            (_, "DQT" | "DHT" | "DRI" | "APP14") => Fate::Structure(None),
            _ => Fate::Pixels,
        };
        match parts.last_mut().filter(|last| last.fate == Fate::Pixels && fate == Fate::Pixels) {
            Some(last) => last.range.end = range.end,
            None => parts.push(Part { range, fate }),
        }
    }
    let findings = findings.only(|f| whole.start <= f.range.start && f.range.end <= whole.end);
    Ok(Embedded { width: frame.width, height: frame.height, end: data.offset(end), parts, findings })
}

/// A segment of tables without some of them; empty when none is left.
fn table_segment(file: View, marker: u8, payload: Range<usize>, without: &[Range<usize>]) -> Vec<u8> {
    let mut left: Vec<u8> = Vec::new();
    let mut at = payload.start;
    for cut in without.iter().filter(|cut| payload.start <= cut.start && cut.end <= payload.end) {
        left.extend_from_slice(file.get(at, cut.start.saturating_sub(at)).map_or(&[], View::bytes));
        at = at.max(cut.end);
    }
    left.extend_from_slice(file.get(at, payload.end.saturating_sub(at)).map_or(&[], View::bytes));
    if left.is_empty() {
        return left;
    }
    let length = u16::try_from(left.len().saturating_add(2)).unwrap_or(u16::MAX);
    [&[0xFF, marker], length.to_be_bytes().as_slice(), left.as_slice()].concat()
}

/// Most tables of JPEGTables. There are four numbers each for three kinds of them.
const MAX_SHARED_TABLES: usize = 16;
