//! Tells whether a scan is a copy of one that was read before.
//!
//! What reading a scan finds follows from its data, the frame and scan headers, the tables in force and the scans before. Where all of
//! these are those of a file that was read to the last code, there is nothing to find out a second time.

use std::ops::Range;

use super::frame::{Frame, ScanHeader, Tables};
use crate::inspect::cursor::View;
use crate::inspect::{Inspection, Role, Segment};

/// The scans of a file that was inspected.
pub(super) struct Original<'a> {
    frame: &'a [u8],
    height: u32,
    scans: Vec<Scan<'a>>,
}

struct Scan<'a> {
    header: &'a [u8],
    tables: Vec<&'a [u8]>,
    /// The runs of bytes that hold its codes.
    runs: Vec<&'a [u8]>,
}

impl<'a> Original<'a> {
    /// `None` when `inspection` is not one of `file`.
    pub(super) fn new(file: View<'a>, inspection: &Inspection) -> Option<Self> {
        let mut original = Self { frame: &[], height: inspection.height, scans: Vec::new() };
        let (mut frame, mut tables) = (None, Tables::default());
        for Segment { name, range, role } in &inspection.segments {
            let whole = file.get(range.start, range.len())?;
            let payload = whole.from(4);
            match (name.as_str(), role) {
                ("EOI", _) => return Some(original),
                ("DQT", Role::Structure) => tables.quantization(payload)?,
                ("DHT", Role::Structure) => tables.huffman(payload)?,
                ("DRI", Role::Structure) => tables.restart(payload)?,
                ("SOS", Role::Structure) => {
                    let header = ScanHeader::read(payload, frame.as_ref()?)?;
                    let tables = tables.in_force(file, &header, frame.as_ref()?)?;
                    original.scans.push(Scan { header: payload.bytes(), tables, runs: Vec::new() });
                }
                ("scan", Role::Pixels) => original.scans.last_mut()?.runs.push(whole.bytes()),
                (sof, Role::Structure) if sof.starts_with("SOF") => {
                    frame = Frame::read(whole.u8(1)?, payload);
                    original.frame = whole.bytes();
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a copy's frame is the original's. `whole` is the segment.
    pub(super) fn has_frame(&self, whole: View) -> bool {
        self.frame == whole.bytes()
    }

    /// The runs of a copy's scan number `index`, when it is the original's to the last byte.
    pub(super) fn runs(
        &self,
        index: usize,
        (file, data): (View, View),
        frame: &Frame,
        (payload, header): (View, &ScanHeader),
        tables: &Tables,
    ) -> Option<Vec<Range<usize>>> {
        let scan = self.scans.get(index)?;
        if self.height != frame.height || scan.header != payload.bytes() || scan.tables != tables.in_force(file, header, frame)? {
            return None;
        }
        let (mut rest, mut runs, mut start) = (data.bytes(), Vec::with_capacity(scan.runs.len()), 0_usize);
        for run in &scan.runs {
            rest = rest.strip_prefix(*run)?;
            let end = start.checked_add(run.len())?;
            runs.push(start..end);
            start = end;
        }
        rest.is_empty().then_some(runs)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test that panics has failed")]
mod tests {
    use super::super::{inspect, inspect_copy};
    use crate::Limits;
    use crate::inspect::Role;

    fn jpeg(quality: u8, restarts: u16, is_progressive: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
        encoder.set_progressive(is_progressive);
        encoder.set_restart_interval(restarts);
        let pixels: Vec<u8> = (0..64 * 48 * 3_u32).map(|index| (index * index / 7 % 251) as u8).collect();
        encoder.encode(&pixels, 64, 48, jpeg_encoder::ColorType::Rgb).unwrap();
        bytes
    }

    #[test]
    fn a_copy_is_known_by_its_bytes_alone_and_found_to_be_the_same() {
        let limits = Limits::default();
        for (restarts, is_progressive) in [(0, false), (3, false), (0, true), (5, true)] {
            let file = jpeg(80, restarts, is_progressive);
            let inspection = inspect(&file, &limits).unwrap();
            let again = inspect_copy(&file, (&file, &inspection), &limits).unwrap();
            assert_eq!(again.segments, inspection.segments);
            assert_eq!(again.findings, inspection.findings);

            // Whatever is changed, taken out or put in, a comparison must not call it a copy.
            let scans: Vec<_> =
                inspection.segments.iter().filter(|segment| segment.role == Role::Pixels).map(|segment| segment.range.clone()).collect();
            for scan in &scans {
                let middle = scan.start + scan.len() / 2;
                let mut changed = file.clone();
                changed[middle] ^= 1;
                let longer = [&file[..scan.end], b"hidden behind the last code", &file[scan.end..]].concat();
                let shorter = [&file[..middle], &file[middle + 1..]].concat();
                for other in [changed, longer, shorter] {
                    assert!(inspect_copy(&other, (&file, &inspection), &limits).is_err(), "{scan:?}");
                }
            }
            // Another table in force gives the same bytes another meaning.
            let finer = jpeg(95, restarts, is_progressive);
            assert!(inspect_copy(&finer, (&file, &inspection), &limits).is_err());
            let table = inspection.segments.iter().find(|segment| segment.name == "DHT").unwrap().range.clone();
            let mut swapped = file.clone();
            swapped.swap(table.end - 1, table.end - 2);
            assert!(inspect_copy(&swapped, (&file, &inspection), &limits).is_err());
        }
    }
}
