//! Unpacks pixel data to see that it is all of the picture and nothing else: readers stop when the picture is complete, and whatever
//! comes behind that rides along unseen. [PNG 3rd edition §10]

use flate2::{Decompress, FlushDecompress, Status};

use super::Header;
use super::rows::{Rows, Used};
use crate::inspect::cursor::View;

/// The pixel data of one frame, over all its chunks.
pub(super) struct Stream {
    inflater: Decompress,
    expected: u64,
    is_ended: bool,
    /// Where pixels name colours of a palette.
    rows: Option<Rows>,
}

impl Stream {
    /// The data of a frame of `width` × `height` px.
    pub(super) fn new(header: &Header, width: u32, height: u32) -> Self {
        let expected = header.unpacked_length(width, height);
        let rows = (header.colour_type == 3).then(|| Rows::new(header, width, height));
        Self { inflater: Decompress::new(true), expected, is_ended: false, rows }
    }

    /// Reads a chunk's share of the data. Returns how many bytes of it belong to the picture.
    pub(super) fn feed(&mut self, data: View, used: &mut Used) -> Result<usize, String> {
        let mut at = 0_usize;
        while !self.is_ended && at < data.len() {
            let (read, written) = self.step(data.from(at), used)?;
            at = at.saturating_add(read);
            if (read, written) == (0, 0) && !self.is_ended {
                return Err("the picture's data is damaged".into());
            }
        }
        Ok(at)
    }

    /// When no chunk of the frame is left.
    pub(super) fn finish(mut self, used: &mut Used) -> Result<(), String> {
        // What the inflater still holds back.
        while !self.is_ended {
            let (_, written) = self.step(View::file(&[]), used)?;
            if !self.is_ended && written == 0 {
                return Err("the picture's data ends too early".into());
            }
        }
        if self.inflater.total_out() != self.expected {
            return Err("the data is not as much as the picture".into());
        }
        Ok(())
    }

    /// Unpacks some of the data. Returns how many bytes were read and written.
    fn step(&mut self, data: View, used: &mut Used) -> Result<(usize, usize), String> {
        let mut scratch = [0; 1 << 15];
        let before = (self.inflater.total_in(), self.inflater.total_out());
        let status = self.inflater.decompress(data.bytes(), &mut scratch, FlushDecompress::None);
        self.is_ended = status.map_err(|_| "the picture's data is damaged")? == Status::StreamEnd;
        if self.inflater.total_out() > self.expected {
            return Err("the data is more than the picture".into());
        }
        let more = |after: u64, before: u64| usize::try_from(after.saturating_sub(before)).unwrap_or(0);
        let (read, written) = (more(self.inflater.total_in(), before.0), more(self.inflater.total_out(), before.1));
        if let (Some(rows), Some(new)) = (&mut self.rows, scratch.get(..written)) {
            rows.read(new, used).ok_or("a row is filtered in a way that PNG does not have")?;
        }
        Ok((read, written))
    }
}

impl Header {
    /// Bytes that a frame unpacks to: its rows, each with a filter byte.
    pub(super) fn unpacked_length(&self, width: u32, height: u32) -> u64 {
        let channels: u64 = match self.colour_type {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        let bits = channels.saturating_mul(self.bit_depth.into());
        let row = |columns: u32| bits.saturating_mul(columns.into()).div_ceil(8).saturating_add(1);
        self.passes(width, height).map(|(columns, rows)| row(columns).saturating_mul(rows.into())).sum()
    }

    /// The same, but more where the filters of rows are undone, which takes longer.
    pub(super) fn work(&self, width: u32, height: u32) -> u64 {
        let unpacked = self.unpacked_length(width, height);
        if self.colour_type != 3 {
            return unpacked;
        }
        let rows: u64 = self.passes(width, height).map(|(_, rows)| u64::from(rows)).sum();
        unpacked.saturating_mul(8).saturating_add(rows.saturating_mul(24))
    }

    /// Columns and rows of each pass, of which there is one, or Adam7's seven. Empty ones are left out. [§8.1]
    pub(super) fn passes(&self, width: u32, height: u32) -> impl Iterator<Item = (u32, u32)> + use<> {
        let passes = if self.is_interlaced { ADAM7.as_slice() } else { &[(0, 0, 1, 1)] };
        let size =
            move |&(x, y, dx, dy): &(u32, u32, u32, u32)| (width.saturating_sub(x).div_ceil(dx), height.saturating_sub(y).div_ceil(dy));
        passes.iter().map(size).filter(|(columns, rows)| *columns > 0 && *rows > 0)
    }
}

/// Each pass's first column and row, and the steps to the next ones.
const ADAM7: [(u32, u32, u32, u32); 7] = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
