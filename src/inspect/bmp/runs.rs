//! Runs of pixels: where they end, and which of them are outside the picture. [Windows "Bitmap Compression"]

use super::header::Header;

/// Runs, read to the end of the picture.
pub(super) struct Runs {
    /// The same picture without the codes that draw nothing, and with a code for its end.
    pub(super) kept: Vec<u8>,
    /// How many bytes of the data are runs of the picture.
    pub(super) end: usize,
    /// Whether the code for the end was there.
    pub(super) is_ended: bool,
    /// The indices that pixels have.
    pub(super) used: [bool; 256],
}

impl Runs {
    /// `None` when the data ends before the picture does.
    pub(super) fn read(header: &Header, data: &[u8]) -> Option<Self> {
        let mut reader = Reader { header, data, at: 0, x: 0, y: 0, runs: Self::new() };
        loop {
            let start = reader.runs.kept.len();
            match reader.code() {
                Some(true) => return Some(reader.runs),
                Some(false) if reader.is_below() => return Some(reader.ended()),
                Some(false) => {
                    if reader.runs.kept.len() > start {
                        reader.runs.end = reader.at;
                    }
                }
                // Without a code for the end the picture may be complete nevertheless.
                None if reader.is_complete() => return Some(reader.ended()),
                None => return None,
            }
        }
    }

    fn new() -> Self {
        // Pixels that no run draws have the first colour.
        let mut used = [false; 256];
        used[0] = true;
        Self { kept: Vec::new(), end: 0, is_ended: false, used }
    }
}

struct Reader<'a> {
    header: &'a Header,
    data: &'a [u8],
    at: usize,
    x: u32,
    y: u32,
    runs: Runs,
}

impl<'a> Reader<'a> {
    /// Reads one code. Says whether it was that for the end; `None` when the data ends first.
    fn code(&mut self) -> Option<bool> {
        match self.take(2)? {
            [0, 0] => {
                self.keep(&[0, 0]);
                (self.x, self.y) = (0, self.y.saturating_add(1));
            }
            [0, 1] => {
                self.keep(&[0, 1]);
                (self.runs.end, self.runs.is_ended) = (self.at, true);
                return Some(true);
            }
            [0, 2] => {
                let &[right, down] = self.take(2)? else { return None };
                // What is right of the picture can go no farther right.
                let right = if self.x < self.header.width { right } else { 0 };
                if (right, down) != (0, 0) {
                    self.keep(&[0, 2, right, down]);
                }
                (self.x, self.y) = (self.x.saturating_add(right.into()), self.y.saturating_add(down.into()));
            }
            &[0, count] => self.pixels(count)?,
            &[count, first] => self.run(count, first)?,
            _ => return None,
        }
        Some(false)
    }

    /// A run of one colour, or of two that take turns.
    fn run(&mut self, count: u8, first: u8) -> Option<()> {
        let rest = if self.header.bits == 24 { self.take(2)? } else { &[] };
        if self.x < self.header.width {
            self.keep(&[count, first]);
            self.keep(rest);
            self.use_indices(first, count);
        }
        self.x = self.x.saturating_add(count.into());
        Some(())
    }

    /// Pixels one by one, made up to an even number of bytes.
    fn pixels(&mut self, count: u8) -> Option<()> {
        let length = self.length(count.into());
        let padded = length.saturating_add(length & 1);
        let pixels = self.take(padded)?.get(..length)?;
        let shown = u32::from(count).min(self.header.width.saturating_sub(self.x));
        self.x = self.x.saturating_add(count.into());
        let shown = u8::try_from(shown).unwrap_or(u8::MAX);
        let mut kept = pixels.get(..self.length(shown.into()))?.to_vec();
        if self.header.bits == 4 && shown % 2 == 1 {
            *kept.last_mut()? &= 0xF0;
        }
        for (index, &byte) in kept.iter().enumerate().filter(|_| self.header.bits < 24) {
            let is_last_half = self.header.bits == 4 && shown % 2 == 1 && index.saturating_add(1) == kept.len();
            self.use_indices(byte, if is_last_half { 1 } else { 2 });
        }
        if shown >= 3 {
            self.keep(&[0, shown]);
            self.keep(&kept);
            self.keep(if kept.len() % 2 == 1 { &[0] } else { &[] });
        } else {
            // One pixel or two cannot be written so: those codes mean other things.
            let size = if self.header.bits == 24 { 3 } else { 1 };
            for pixel in kept.chunks(size) {
                self.keep(&[if self.header.bits == 4 { shown } else { 1 }]);
                self.keep(pixel);
            }
        }
        Some(())
    }

    /// Bytes of so many pixels.
    fn length(&self, pixels: usize) -> usize {
        match self.header.bits {
            4 => pixels.div_ceil(2),
            24 => pixels.saturating_mul(3),
            _ => pixels,
        }
    }

    fn use_indices(&mut self, byte: u8, count: u8) {
        let indices = match self.header.bits {
            4 if count < 2 => [byte >> 4; 2],
            4 => [byte >> 4, byte & 15],
            _ => [byte; 2],
        };
        for index in indices {
            if let Some(used) = self.runs.used.get_mut(usize::from(index)) {
                *used = true;
            }
        }
    }

    fn keep(&mut self, code: &[u8]) {
        self.runs.kept.extend_from_slice(code);
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let bytes = self.data.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn is_below(&self) -> bool {
        self.y >= self.header.height
    }

    fn is_complete(&self) -> bool {
        self.is_below() || self.y.saturating_add(1) == self.header.height && self.x >= self.header.width
    }

    /// All rows are there. A code for the end may follow at once.
    fn ended(mut self) -> Runs {
        if self.is_below() {
            self.runs.end = self.at;
        }
        if self.data.get(self.runs.end..).is_some_and(|rest| rest.starts_with(&[0, 1])) {
            self.runs.end = self.runs.end.saturating_add(2);
            self.runs.is_ended = true;
        }
        self.keep(&[0, 1]);
        self.runs
    }
}
