//! Unpacks pixel data to see that it is all of the picture and nothing else: readers stop when the picture is complete, and whatever
//! comes behind that rides along unseen. [PNG 3rd edition §10]

use flate2::{Decompress, FlushDecompress, Status};

use crate::inspect::cursor::View;

/// The pixel data of one frame, over all its chunks.
pub(super) struct Stream {
    inflater: Decompress,
    expected: u64,
    is_ended: bool,
}

impl Stream {
    /// `expected`: bytes that the picture unpacks to, see [`unpacked_length`].
    pub(super) fn new(expected: u64) -> Self {
        Self { inflater: Decompress::new(true), expected, is_ended: false }
    }

    /// Reads a chunk's share of the data. Returns how many bytes of it belong to the picture.
    pub(super) fn feed(&mut self, data: View) -> Result<usize, String> {
        let mut scratch = [0; 1 << 15];
        let mut used = 0_usize;
        while !self.is_ended && used < data.len() {
            let (before_in, before_out) = (self.inflater.total_in(), self.inflater.total_out());
            let status = self.inflater.decompress(data.from(used).bytes(), &mut scratch, FlushDecompress::None);
            let status = status.map_err(|_| "the picture's data is damaged")?;
            used = used.saturating_add(usize::try_from(self.inflater.total_in().saturating_sub(before_in)).unwrap_or(0));
            if self.inflater.total_out() > self.expected {
                return Err("the data is more than the picture".into());
            }
            self.is_ended = status == Status::StreamEnd;
            let stands_still = self.inflater.total_in() == before_in && self.inflater.total_out() == before_out;
            if stands_still && !self.is_ended {
                return Err("the picture's data is damaged".into());
            }
        }
        Ok(used)
    }

    /// When no chunk of the frame is left.
    pub(super) fn finish(mut self) -> Result<(), String> {
        // What the inflater still holds back.
        let mut scratch = [0; 1 << 15];
        while !self.is_ended {
            let before = self.inflater.total_out();
            let status = self.inflater.decompress(&[], &mut scratch, FlushDecompress::None).map_err(|_| "the picture's data is damaged")?;
            self.is_ended = status == Status::StreamEnd;
            if !self.is_ended && self.inflater.total_out() == before {
                return Err("the picture's data ends too early".into());
            }
        }
        if self.inflater.total_out() != self.expected {
            return Err("the data is not as much as the picture".into());
        }
        Ok(())
    }
}

/// Bytes that a picture unpacks to: its rows, each with a filter byte, in one pass or in Adam7's seven. [§8.1]
pub(super) fn unpacked_length(width: u32, height: u32, bits_per_pixel: u32, is_interlaced: bool) -> u64 {
    let pass = |x: u32, y: u32, dx: u32, dy: u32| {
        let columns = u64::from(width.saturating_sub(x).div_ceil(dx));
        let rows = u64::from(height.saturating_sub(y).div_ceil(dy));
        if columns == 0 { 0 } else { rows.saturating_mul((columns.saturating_mul(bits_per_pixel.into())).div_ceil(8).saturating_add(1)) }
    };
    if !is_interlaced {
        return pass(0, 0, 1, 1);
    }
    ADAM7.iter().map(|&(x, y, dx, dy)| pass(x, y, dx, dy)).sum()
}

/// Each pass's first column and row, and the steps to the next ones.
const ADAM7: [(u32, u32, u32, u32); 7] = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
