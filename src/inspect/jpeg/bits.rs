//! Reads entropy-coded bits, and the Huffman codes in them. [ITU-T T.81 Annex C, F.2.2]

use crate::inspect::cursor::View;

/// The bits of a scan's data, up to the next marker.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Next byte to load.
    at: usize,
    /// Loaded bits that are not read yet, in the low `count` bits.
    loaded: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: View<'a>, at: usize) -> Self {
        Self { bytes: data.bytes(), at, loaded: 0, count: 0 }
    }

    /// Reads `n` bits, at most 16; `None` when a marker comes first.
    pub(super) fn take(&mut self, n: u32) -> Option<u32> {
        if self.count < n {
            self.load();
        }
        self.count = self.count.checked_sub(n)?;
        let mask = (1_u64 << n).wrapping_sub(1);
        u32::try_from(self.loaded >> self.count & mask).ok()
    }

    /// Reads one code; `None` when there is no such code, or a marker comes first.
    pub(super) fn code(&mut self, codes: &Codes) -> Option<u8> {
        if self.count < 16 {
            self.load();
        }
        // Behind the last bit the decoder sees ones, which begin no code that ends within them.
        let missing = 16_u32.saturating_sub(self.count);
        let next =
            if missing == 0 { self.loaded >> self.count.saturating_sub(16) } else { (self.loaded << missing) | ((1 << missing) - 1) }
                & 0xFFFF;
        let (length, symbol) = codes.find(u32::try_from(next).ok()?)?;
        self.count = self.count.checked_sub(length)?;
        Some(symbol)
    }

    /// Where the first byte is of which no bit was read.
    pub(super) fn position(&self) -> usize {
        let mut at = self.at;
        for _ in 0..self.count / 8 {
            // A zero behind FF is stuffing and belongs to it.
            let is_stuffed = at.checked_sub(2).and_then(|before| self.bytes.get(before..at)) == Some(&[0xFF, 0]);
            at = at.saturating_sub(if is_stuffed { 2 } else { 1 });
        }
        at
    }

    fn load(&mut self) {
        while self.count <= 48 {
            let byte = match self.bytes.get(self.at..) {
                Some([0xFF, 0, ..]) => {
                    self.at = self.at.saturating_add(2);
                    0xFF
                }
                Some([0xFF, ..] | []) | None => return,
                Some([byte, ..]) => {
                    self.at = self.at.saturating_add(1);
                    *byte
                }
            };
            self.loaded = self.loaded << 8 | u64::from(byte);
            self.count = self.count.saturating_add(8);
        }
    }
}

/// A Huffman table.
#[derive(Clone)]
pub(super) struct Codes {
    /// By the next nine bits: the code's length and symbol; length 0 for longer codes.
    short: Vec<(u8, u8)>,
    /// By length, 1 to 16: the first code that is longer, its bits moved up to 16, and what to add to a code to get its symbol's index.
    limits: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Codes {
    /// From the numbers of codes of each length and their symbols; `None` when there are more codes than fit.
    pub(super) fn new(counts: [u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut short = vec![(0, 0); 1 << SHORT];
        let mut limits = [(0, 0); 17];
        let (mut code, mut index) = (0_u32, 0_u32);
        for (length, &count) in (1_u32..=16).zip(&counts) {
            let offset = i32::try_from(index).ok()?.checked_sub(i32::try_from(code).ok()?)?;
            for _ in 0..count {
                let symbol = *symbols.get(usize::try_from(index).ok()?)?;
                if code >= 1 << length {
                    return None;
                }
                if length <= SHORT {
                    let start = usize::try_from(code << (SHORT - length)).ok()?;
                    let end = start.checked_add(1 << (SHORT - length))?;
                    short.get_mut(start..end)?.fill((u8::try_from(length).ok()?, symbol));
                }
                code = code.checked_add(1)?;
                index = index.checked_add(1)?;
            }
            *limits.get_mut(usize::try_from(length).ok()?)? = (code << (16 - length), offset);
            code <<= 1;
        }
        Some(Self { short, limits, symbols: symbols.to_vec() })
    }

    /// The code that the 16 bits `next` begin with: its length and symbol.
    fn find(&self, next: u32) -> Option<(u32, u8)> {
        let (length, symbol) = *self.short.get(usize::try_from(next >> (16 - SHORT)).ok()?)?;
        if length > 0 {
            return Some((length.into(), symbol));
        }
        for length in (SHORT + 1)..=16 {
            let (limit, offset) = *self.limits.get(usize::try_from(length).ok()?)?;
            if next < limit {
                let index = i32::try_from(next >> (16 - length)).ok()?.checked_add(offset)?;
                return Some((length, *self.symbols.get(usize::try_from(index).ok()?)?));
            }
        }
        None
    }
}

/// Codes up to this length are found in one step.
const SHORT: u32 = 9;
