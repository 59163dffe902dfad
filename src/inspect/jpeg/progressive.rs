//! Reads the scans of a progressive picture, of which each tells some bits of some coefficients. [ITU-T T.81 Annex G]

use std::ops::Range;

use super::frame::{Frame, ScanHeader};
use super::scan::{Part, Reader, dc};

/// Which coefficients of a progressive picture are known so far, and how exactly.
#[derive(Default)]
pub(super) struct Progress {
    /// For each component and block: a bit for each coefficient that is not zero.
    nonzero: Vec<Vec<u64>>,
    /// For each component and coefficient: the bit position that was read last.
    exact_to: Vec<[Option<u8>; 64]>,
}

impl Reader<'_> {
    /// Reads units of a progressive picture, of which a row has `columns`. Returns the number of the first that is damaged, or the end.
    pub(super) fn progressive(&mut self, parts: &[Part], columns: u32, units: Range<u64>, progress: &mut Progress) -> u64 {
        let place = |part: u64| u32::try_from(part).unwrap_or(u32::MAX);
        let (mut x, mut y) = (place(units.start % u64::from(columns.max(1))), place(units.start / u64::from(columns.max(1))));
        let mut number = units.start;
        while number < units.end {
            // A code of some bits may stand for ten thousands of blocks.
            let run = match parts {
                [part] if self.end_of_band_run > 0 => {
                    let count = self.end_of_band_run.min(columns.saturating_sub(x)).min(place(units.end.saturating_sub(number)));
                    self.end_of_band_run = self.end_of_band_run.saturating_sub(count);
                    self.run(part, x, y, count, progress).map(|()| count)
                }
                _ => self.unit(parts, x, y, progress).map(|()| 1),
            };
            let Some(count) = run.filter(|_| self.bits.is_within()) else { return number };
            number = number.saturating_add(count.into());
            x = x.saturating_add(count);
            if x >= columns {
                (x, y) = (0, y.saturating_add(1));
            }
        }
        units.end
    }

    /// Reads what refines known coefficients of `count` blocks of a row that have no new ones.
    fn run(&mut self, part: &Part, x: u32, y: u32, count: u32, progress: &Progress) -> Option<()> {
        if self.header.high == 0 {
            return Some(());
        }
        let start = usize::try_from(y.checked_mul(part.stride)?.checked_add(x)?).ok()?;
        let blocks = progress.nonzero.get(part.index)?.get(start..start.checked_add(usize::try_from(count).ok()?)?)?;
        let band = self.known_from(self.header.first.into());
        self.bits.skip(blocks.iter().map(|nonzero| (nonzero & band).count_ones()).sum());
        Some(())
    }

    /// The bits of a band's coefficients from `k` on.
    fn known_from(&self, k: u32) -> u64 {
        let last = u64::MAX.checked_shr(63_u32.saturating_sub(self.header.last.into())).unwrap_or(0);
        u64::MAX.checked_shl(k).unwrap_or(0) & last
    }

    /// Reads all blocks of one minimum coded unit.
    fn unit(&mut self, parts: &[Part], x: u32, y: u32, progress: &mut Progress) -> Option<()> {
        for part in parts {
            for v in 0..part.vertical {
                for h in 0..part.horizontal {
                    let row = y.checked_mul(part.vertical)?.checked_add(v)?;
                    let block = row.checked_mul(part.stride)?.checked_add(x.checked_mul(part.horizontal)?.checked_add(h)?)?;
                    let nonzero = progress.nonzero.get_mut(part.index)?.get_mut(usize::try_from(block).ok()?)?;
                    match (self.header.first, self.header.high) {
                        (0, 0) => self.bits.skip(dc(self.bits.next()?, part.dc?)?),
                        (0, _) => _ = self.bits.take(1)?,
                        (_, 0) => self.ac_first(part, nonzero)?,
                        (_, _) => self.ac_refine(part, nonzero)?,
                    }
                }
            }
        }
        Some(())
    }

    /// [§G.1.2.2]
    fn ac_first(&mut self, part: &Part, nonzero: &mut u64) -> Option<()> {
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
            // A bit for each coefficient of the rest of the band that is known already.
            self.bits.skip((*nonzero & self.known_from(k)).count_ones());
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
