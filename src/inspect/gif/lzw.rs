//! Reads LZW codes to the last that the picture needs, without making pixels of them. [GIF89a Appendix F]
//!
//! Decoders differ in what they do with damaged data; all stop when the picture is complete. Nothing is refused here: what cannot be is
//! read as the most lenient browsers do.

/// What the codes of a picture tell.
pub(super) struct Measured {
    /// How many bytes hold them.
    pub(super) end: usize,
    /// The indices that pixels have.
    pub(super) used: [bool; 256],
}

/// Reads the codes for `pixels` pixels. The picture ends with the end code, or where it is complete.
pub(super) fn measure(data: &[u8], least_code_size: u8, pixels: u64) -> Measured {
    let mut bits = Bits { data, at: 0, loaded: 0, count: 0 };
    let mut table = Table::new(least_code_size);
    let mut used = [false; 256];
    let mut left = pixels;
    loop {
        let Some(code) = bits.take(table.size) else { return Measured { end: data.len(), used } };
        if code == table.clear {
            table.reset();
        } else if code == table.end() {
            return Measured { end: bits.position(), used };
        } else {
            if let Some(used) = usize::try_from(code).ok().filter(|_| code < table.clear).and_then(|index| used.get_mut(index)) {
                *used = true;
            }
            let size = table.size;
            left = left.saturating_sub(table.read(code).into());
            if left == 0 {
                let end = bits.end_code(&table, size).unwrap_or_else(|| bits.position());
                return Measured { end, used };
            }
        }
    }
}

/// The lengths of the strings that codes stand for: all that is needed to count pixels.
struct Table {
    /// The code that empties the table. Those below stand for themselves.
    clear: u32,
    /// Bits of the next code.
    size: u32,
    lengths: Vec<u16>,
    /// Length of the string before.
    before: Option<u16>,
}

impl Table {
    fn new(least_code_size: u8) -> Self {
        let mut table = Self { clear: 1 << least_code_size, size: 0, lengths: Vec::with_capacity(FULL), before: None };
        table.lengths.resize(usize::try_from(table.clear.saturating_add(2)).unwrap_or(0), 1);
        table.reset();
        table
    }

    fn end(&self) -> u32 {
        self.clear.saturating_add(1)
    }

    fn reset(&mut self) {
        self.lengths.truncate(usize::try_from(self.clear.saturating_add(2)).unwrap_or(0));
        self.size = self.clear.trailing_zeros().saturating_add(1);
        self.before = None;
    }

    /// The length of what `code` stands for.
    fn read(&mut self, code: u32) -> u16 {
        let known = usize::try_from(code).ok().and_then(|code| self.lengths.get(code)).copied();
        let longer = self.before.map_or(1, |before| before.saturating_add(1));
        let length = known.unwrap_or(longer);
        if self.before.is_some() && self.lengths.len() < FULL {
            self.lengths.push(longer);
            if self.lengths.len() == 1 << self.size && self.size < 12 {
                self.size = self.size.saturating_add(1);
            }
        }
        self.before = Some(length);
        length
    }
}

/// Most codes that a table holds: those of 12 bits.
const FULL: usize = 4096;

/// Bits, those of less weight first.
#[derive(Clone)]
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    loaded: u64,
    count: u32,
}

impl Bits<'_> {
    fn take(&mut self, n: u32) -> Option<u32> {
        while self.count < n {
            self.loaded |= u64::from(*self.data.get(self.at)?) << self.count;
            self.at = self.at.saturating_add(1);
            self.count = self.count.saturating_add(8);
        }
        let code = self.loaded & (1_u64 << n).saturating_sub(1);
        self.loaded >>= n;
        self.count = self.count.saturating_sub(n);
        u32::try_from(code).ok()
    }

    /// Where the first byte is of which no bit was read.
    fn position(&self) -> usize {
        self.at.saturating_sub(usize::try_from(self.count / 8).unwrap_or(0))
    }

    /// Where the end code ends, when it comes next. Some encoders empty their table once more, and some do not make codes longer for the
    /// last one, whose string nobody needs.
    fn end_code(&self, table: &Table, size_before: u32) -> Option<usize> {
        for size in [table.size, size_before] {
            let mut bits = self.clone();
            let mut code = bits.take(size);
            if code == Some(table.clear) {
                code = bits.take(table.clear.trailing_zeros().saturating_add(1));
            }
            if code == Some(table.end()) {
                return Some(bits.position());
            }
        }
        None
    }
}
