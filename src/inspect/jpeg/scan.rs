//! Reads a scan's codes to the last, without making pixels of them: only so can it be known where the picture's data ends and where
//! something else that decoders skip begins. [ITU-T T.81 Annex F, G]

use std::ops::Range;

use super::bits::{Bits, Codes, step};
use super::frame::{Component, Frame, ScanHeader, Tables};
use crate::inspect::cursor::View;

/// Which coefficients of a progressive picture are known so far, and how exactly.
#[derive(Default)]
pub(super) struct Progress {
    /// For each component and block: a bit for each coefficient that is not zero.
    nonzero: Vec<Vec<u64>>,
    /// For each component and coefficient: the bit position that was read last.
    exact_to: Vec<[Option<u8>; 64]>,
}

/// Reads the data of a scan. Returns the runs of bytes that hold it, restart markers included; what lies between them and behind the last
/// is no part of the picture.
pub(super) fn measure(
    data: View,
    frame: &Frame,
    header: &ScanHeader,
    tables: &Tables,
    progress: &mut Progress,
) -> Result<Vec<Range<usize>>, String> {
    progress.begin(frame, header)?;
    let parts: Vec<Part> = header.parts.iter().map(|part| Part::new(part, frame, header, tables)).collect::<Result<_, _>>()?;
    let (columns, rows) = match parts.as_slice() {
        [one] => one.blocks,
        _ => frame.mcus(),
    };
    let mut reader = Reader { bits: Bits::new(data, 0), end_of_band_run: 0, header, is_progressive: frame.process == 2 };
    let mut runs = Vec::new();
    let mut run_start = 0;
    let interval = u64::from(tables.restart_interval());
    let total = u64::from(columns).saturating_mul(rows.into());
    let mut number = 0_u64;
    for y in 0..rows {
        for x in 0..columns {
            if interval > 0 && number > 0 && number.is_multiple_of(interval) {
                let end = reader.bits.position();
                runs.push(run_start..end);
                run_start = restart(data, end, number / interval)?;
                reader.bits.open(data, run_start.saturating_add(2));
                reader.end_of_band_run = 0;
            }
            let read = reader.unit(&parts, x, y, progress).filter(|()| reader.bits.is_within());
            read.ok_or_else(|| format!("the picture's data is damaged in unit {number} of {total}"))?;
            number = number.saturating_add(1);
        }
    }
    runs.push(run_start..reader.bits.position());
    Ok(runs)
}

/// How many blocks a scan speaks of.
pub(super) fn blocks(frame: &Frame, header: &ScanHeader) -> u64 {
    let of = |part: &super::frame::ScanPart| frame.parts.get(part.index).map_or((0, 0), |component| frame.blocks(component));
    header.parts.iter().map(of).map(|(across, down)| u64::from(across).saturating_mul(down.into())).fold(0, u64::saturating_add)
}

/// Finds the restart marker that is due: the next marker in the data must be it.
fn restart(data: View, from: usize, number: u64) -> Result<usize, String> {
    let expected = 0xD0 | u8::try_from(number.saturating_sub(1) & 7).unwrap_or(0);
    let bytes = data.bytes();
    let mut at = from;
    loop {
        match bytes.get(at..) {
            Some([0xFF, 0 | 0xFF, ..]) => at = at.saturating_add(1),
            Some([0xFF, marker, ..]) if *marker == expected => return Ok(at),
            Some([0xFF, ..] | []) | None => return Err("a restart marker is missing or out of order".into()),
            Some([_, ..]) => at = at.saturating_add(1),
        }
    }
}

/// A component of a scan, ready to be read.
struct Part<'a> {
    /// Its number in the frame.
    index: usize,
    /// Blocks of it in one unit, across and down.
    horizontal: u32,
    vertical: u32,
    /// Blocks that cover the picture, across and down.
    blocks: (u32, u32),
    /// Blocks of a row as stored, those beyond the edge included.
    stride: u32,
    dc: Option<&'a Codes>,
    ac: Option<&'a Codes>,
}

impl<'a> Part<'a> {
    fn new(part: &super::frame::ScanPart, frame: &Frame, header: &ScanHeader, tables: &'a Tables) -> Result<Self, String> {
        let component: &Component = frame.parts.get(part.index).ok_or("a component that the frame does not have")?;
        let (needs_dc, needs_ac) = header.needs(frame);
        let is_single = header.parts.len() == 1;
        let table = |needed: bool, class: u8, id: u8| match (needed, tables.codes(class, id)) {
            (true, None) => Err("a scan needs a Huffman table that was not defined".to_owned()),
            (true, codes) => Ok(codes),
            (false, _) => Ok(None),
        };
        Ok(Self {
            index: part.index,
            horizontal: if is_single { 1 } else { component.horizontal.into() },
            vertical: if is_single { 1 } else { component.vertical.into() },
            blocks: frame.blocks(component),
            stride: frame.mcus().0.saturating_mul(component.horizontal.into()),
            dc: table(needs_dc, 0, part.dc)?,
            ac: table(needs_ac, 1, part.ac)?,
        })
    }
}

struct Reader<'h> {
    bits: Bits,
    /// Blocks to come that have no new coefficients.
    end_of_band_run: u32,
    header: &'h ScanHeader,
    is_progressive: bool,
}

impl Reader<'_> {
    /// Reads all blocks of one minimum coded unit.
    fn unit(&mut self, parts: &[Part], x: u32, y: u32, progress: &mut Progress) -> Option<()> {
        for part in parts {
            for v in 0..part.vertical {
                for h in 0..part.horizontal {
                    if !self.is_progressive {
                        self.sequential(part)?;
                        continue;
                    }
                    let row = y.checked_mul(part.vertical)?.checked_add(v)?;
                    let block = row.checked_mul(part.stride)?.checked_add(x.checked_mul(part.horizontal)?.checked_add(h)?)?;
                    let nonzero = progress.nonzero.get_mut(part.index)?.get_mut(usize::try_from(block).ok()?)?;
                    match (self.header.first, self.header.high) {
                        (0, 0) => self.dc(part)?,
                        (0, _) => _ = self.bits.take(1)?,
                        (_, 0) => self.ac_first(part, nonzero)?,
                        (_, _) => self.ac_refine(part, nonzero)?,
                    }
                }
            }
        }
        Some(())
    }

    fn dc(&mut self, part: &Part) -> Option<()> {
        let size = u32::from(self.bits.code(part.dc?)?);
        if size > 16 {
            return None;
        }
        self.bits.take(size)?;
        Some(())
    }

    /// A function of its own: browsers replace slow code by quick code when a function is entered, never within a loop. [§F.2.2]
    #[inline(never)]
    fn sequential(&mut self, part: &Part) -> Option<()> {
        let first = step(part.dc?.first_steps(), self.bits.next()?);
        if first.is_none() {
            self.dc(part)?;
        } else {
            self.bits.skip(first.bits());
        }
        let codes = part.ac?;
        let steps = codes.steps();
        let mut k = 1_u32;
        while k < 64 {
            let next = self.bits.next()?;
            let one = step(steps, next);
            let after = k.saturating_add(one.advance());
            // Near the end of the block a second coefficient could be the next block's.
            if !one.is_none() && after < 64 {
                self.bits.skip(one.bits());
                if one.ends_block() {
                    return Some(());
                }
                k = after;
                let other = step(steps, next << one.bits());
                let after = k.saturating_add(other.advance());
                if !other.is_none() && after < 64 {
                    self.bits.skip(other.bits());
                    if other.ends_block() {
                        return Some(());
                    }
                    k = after;
                }
                continue;
            }
            let symbol = self.bits.code(codes)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (run, size) {
                (15, 0) => k = k.saturating_add(16),
                (_, 0) => return Some(()),
                _ => {
                    k = k.saturating_add(run);
                    if k > 63 {
                        return None;
                    }
                    self.bits.take(size)?;
                    k = k.saturating_add(1);
                }
            }
        }
        // A run of zeros may not go beyond the block.
        (k == 64).then_some(())
    }

    /// [§G.1.2.2]
    fn ac_first(&mut self, part: &Part, nonzero: &mut u64) -> Option<()> {
        if self.end_of_band_run > 0 {
            self.end_of_band_run = self.end_of_band_run.saturating_sub(1);
            return Some(());
        }
        let (mut k, last) = (u32::from(self.header.first), u32::from(self.header.last));
        while k <= last {
            let symbol = self.bits.code(part.ac?)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (run, size) {
                (15, 0) => k = k.saturating_add(16),
                (_, 0) => {
                    self.end_of_band_run = (1_u32 << run).saturating_add(self.bits.take(run)?).saturating_sub(1);
                    return Some(());
                }
                _ => {
                    k = k.saturating_add(run);
                    if k > last {
                        return None;
                    }
                    self.bits.take(size)?;
                    *nonzero |= 1 << k;
                    k = k.saturating_add(1);
                }
            }
        }
        Some(())
    }

    /// [§G.1.2.3]
    fn ac_refine(&mut self, part: &Part, nonzero: &mut u64) -> Option<()> {
        let (mut k, last) = (u32::from(self.header.first), u32::from(self.header.last));
        while self.end_of_band_run == 0 && k <= last {
            let symbol = self.bits.code(part.ac?)?;
            let (mut run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (run, size) {
                (15, 0) | (_, 1) => {}
                (_, 0) => {
                    self.end_of_band_run = (1_u32 << run).saturating_add(self.bits.take(run)?);
                    break;
                }
                _ => return None,
            }
            if size == 1 {
                self.bits.take(1)?;
            }
            // Coefficients that are known already get one bit each on the way.
            while k <= last {
                if *nonzero >> k & 1 == 1 {
                    self.bits.take(1)?;
                } else if run == 0 {
                    break;
                } else {
                    run = run.saturating_sub(1);
                }
                k = k.saturating_add(1);
            }
            if size == 1 {
                if k > last {
                    return None;
                }
                *nonzero |= 1 << k;
            }
            k = k.saturating_add(1);
        }
        if self.end_of_band_run > 0 {
            self.end_of_band_run = self.end_of_band_run.saturating_sub(1);
            while k <= last {
                if *nonzero >> k & 1 == 1 {
                    self.bits.take(1)?;
                }
                k = k.saturating_add(1);
            }
        }
        Some(())
    }
}

impl Progress {
    /// Whether the scans so far tell every coefficient exactly: decoders fill in what is missing and do not say so.
    pub(super) fn is_complete(&self) -> bool {
        !self.exact_to.is_empty() && self.exact_to.iter().flatten().all(|known| *known == Some(0))
    }

    /// Checks that a scan tells something new, in order: a scan that repeats another would be a second picture, which some decoders show
    /// and others do not.
    pub(super) fn begin(&mut self, frame: &Frame, header: &ScanHeader) -> Result<(), String> {
        if self.exact_to.is_empty() {
            self.exact_to = vec![[None; 64]; frame.parts.len()];
        }
        if frame.process == 2 && self.nonzero.is_empty() {
            for component in &frame.parts {
                let (columns, rows) = frame.mcus();
                let blocks = u64::from(columns) * u64::from(rows) * u64::from(component.horizontal) * u64::from(component.vertical);
                self.nonzero.push(vec![0; usize::try_from(blocks).map_err(|_| "the picture is too large")?]);
            }
        }
        let (first, last) = header.band(frame);
        for part in &header.parts {
            let exact_to = self.exact_to.get_mut(part.index).ok_or("a component that the frame does not have")?;
            for known in exact_to.iter_mut().take(usize::from(last).saturating_add(1)).skip(first.into()) {
                let in_order = match (*known, header.high) {
                    (None, 0) => true,
                    (Some(known), high) => high > 0 && known == high && header.low.checked_add(1) == Some(high),
                    (None, _) => false,
                };
                if !in_order {
                    return Err("a scan out of order".into());
                }
                *known = Some(header.low);
            }
        }
        Ok(())
    }
}
