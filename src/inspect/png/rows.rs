//! Undoes the filters of rows whose pixels name colours of a palette: the others may be anything, a message too. [PNG 3rd edition §9]

use super::Header;

/// Which colours pixels have.
pub(super) type Used = [bool; 256];

/// The rows of one frame, as they come.
pub(super) struct Rows {
    bits: u32,
    /// Columns and rows of the passes to come, the next one last.
    passes: Vec<(u32, u32)>,
    /// Of the pass that is read, and how many of its rows are to come.
    columns: u32,
    rows: u32,
    filter: Option<u8>,
    /// The row before, and from its start what was read of this one.
    row: Vec<u8>,
    at: usize,
    /// The byte above the last one that was read.
    above_left: u8,
    /// Bytes of several pixels that were looked at.
    seen: Used,
}

impl Rows {
    pub(super) fn new(header: &Header, width: u32, height: u32) -> Self {
        let mut passes: Vec<_> = header.passes(width, height).collect();
        passes.reverse();
        Self {
            bits: header.bit_depth.into(),
            passes,
            columns: 0,
            rows: 0,
            filter: None,
            row: Vec::new(),
            at: 0,
            above_left: 0,
            seen: [false; 256],
        }
    }

    /// Reads more of the rows. `None` when a filter is none of PNG's five.
    pub(super) fn read(&mut self, mut data: &[u8], used: &mut Used) -> Option<()> {
        while let Some((&first, behind)) = data.split_first() {
            let Some(filter) = self.filter else {
                if self.rows == 0 {
                    // Behind the last row nothing comes: the data is no longer than its rows.
                    (self.columns, self.rows) = self.passes.pop()?;
                    self.row.clear();
                    self.row.resize(usize::try_from(u64::from(self.columns).saturating_mul(self.bits.into()).div_ceil(8)).ok()?, 0);
                }
                (self.filter, self.at, self.above_left) = (Some(first).filter(|filter| *filter <= 4), 0, 0);
                self.filter?;
                data = behind;
                continue;
            };
            let left = self.row.len().saturating_sub(self.at);
            let (now, later) = data.split_at_checked(left).unwrap_or((data, &[]));
            self.unfilter(filter, now)?;
            data = later;
            if self.at == self.row.len() {
                self.note(used);
                (self.filter, self.rows) = (None, self.rows.saturating_sub(1));
            }
        }
        Some(())
    }

    /// A pixel is a byte at most: what is left of one is the byte before.
    fn unfilter(&mut self, filter: u8, data: &[u8]) -> Option<()> {
        let end = self.at.checked_add(data.len())?;
        let mut left = self.at.checked_sub(1).and_then(|before| self.row.get(before)).copied().unwrap_or(0);
        let row = self.row.get_mut(self.at..end)?;
        self.at = end;
        match filter {
            0 => {
                self.above_left = row.last().copied().unwrap_or(self.above_left);
                row.copy_from_slice(data);
            }
            _ => {
                for (byte, &new) in row.iter_mut().zip(data) {
                    let above = *byte;
                    let guess = match filter {
                        1 => left,
                        2 => above,
                        3 => left.midpoint(above),
                        _ => paeth(left, above, self.above_left),
                    };
                    *byte = new.wrapping_add(guess);
                    (left, self.above_left) = (*byte, above);
                }
            }
        }
        Some(())
    }

    /// Takes down which colours a whole row has.
    fn note(&mut self, used: &mut Used) {
        let mut mark = |index: u8| {
            if let Some(used) = used.get_mut(usize::from(index)) {
                *used = true;
            }
        };
        if self.bits == 8 {
            self.row.iter().for_each(|&index| mark(index));
            return;
        }
        let in_byte = 8_u32.checked_div(self.bits).unwrap_or(1);
        let shift = |pixel: u32| 8_u32.saturating_sub(pixel.saturating_mul(self.bits));
        let mut pixels = |byte: u8, count: u32| (1..=count).for_each(|pixel| mark(byte >> shift(pixel) & u8::MAX >> shift(1)));
        // Bits behind the last pixel are none.
        let rest = self.columns.checked_rem(in_byte).unwrap_or(0);
        let (whole, last) = self.row.split_at(self.row.len().saturating_sub(usize::from(rest > 0)));
        last.iter().for_each(|&byte| pixels(byte, rest));
        for &byte in whole {
            if let Some(seen) = self.seen.get_mut(usize::from(byte)).filter(|seen| !**seen) {
                *seen = true;
                pixels(byte, in_byte);
            }
        }
    }
}

/// Of left, above and above left that which is nearest to left + above − above left. [§9.4]
fn paeth(left: u8, above: u8, above_left: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(above_left));
    let estimate = a.saturating_add(b).saturating_sub(c);
    let far = |from: i16| estimate.saturating_sub(from).unsigned_abs();
    if far(a) <= far(b) && far(a) <= far(c) {
        left
    } else if far(b) <= far(c) {
        above
    } else {
        above_left
    }
}
