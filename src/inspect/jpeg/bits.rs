//! Reads entropy-coded bits, and the Huffman codes in them. [ITU-T T.81 Annex C, F.2.2]

use std::cell::OnceCell;

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

    /// Loads until at least 32 bits are there; false where the data ends before.
    pub(super) fn fill(&mut self) -> bool {
        if self.count < 32 {
            self.load();
        }
        self.count >= 32
    }

    /// The next [`STEP`] bits, of which [`Bits::fill`] says that they are there.
    pub(super) fn peek(&self) -> usize {
        usize::try_from(self.loaded >> self.count.saturating_sub(STEP) & ((1 << STEP) - 1)).unwrap_or(0)
    }

    /// Reads `n` bits that are there.
    pub(super) fn skip(&mut self, n: u32) {
        self.count = self.count.saturating_sub(n);
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
        // Eight bytes at a time where none of them is FF, which may begin a marker.
        if let Some(next) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            let next = u64::from_be_bytes(*next);
            if (!next).wrapping_sub(0x0101_0101_0101_0101) & next & 0x8080_8080_8080_8080 == 0 {
                let room = 64_u32.saturating_sub(self.count) / 8;
                let (bits, free) = (room.saturating_mul(8), 64_u32.saturating_sub(room.saturating_mul(8)));
                self.loaded = self.loaded.checked_shl(bits).unwrap_or(0) | next.checked_shr(free).unwrap_or(0);
                self.at = self.at.saturating_add(usize::try_from(room).unwrap_or(0));
                self.count = self.count.saturating_add(bits);
                return;
            }
        }
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
pub(super) struct Codes {
    /// By the next nine bits: the code's length and symbol; length 0 for longer codes.
    short: Vec<(u8, u8)>,
    /// By length, 1 to 16: the first code that is longer, its bits moved up to 16, and what to add to a code to get its symbol's index.
    limits: [(u32, i32); 17],
    symbols: Vec<u8>,
    /// What the next [`STEP`] bits say of a block's coefficients; made when a scan first needs it.
    steps: OnceCell<Vec<Step>>,
}

/// One or two coefficients, their bits included, read in one go.
#[derive(Clone, Copy, Default)]
pub(super) struct Step {
    /// Bits to read: at most [`STEP`] and the 15 of the last coefficient. 0: the next code is longer than a step, or is none.
    pub(super) bits: u8,
    /// How many coefficients further that is.
    pub(super) advance: u8,
    /// Whether the block ends there.
    pub(super) ends: bool,
}

impl Codes {
    /// The steps for all runs of [`STEP`] bits, for the coefficients of a sequential picture. [§F.2.2.2]
    pub(super) fn steps(&self) -> &[Step] {
        self.steps.get_or_init(|| (0..1_u32 << STEP).map(|next| self.step(next)).collect())
    }

    fn step(&self, next: u32) -> Step {
        let (Some(first), next_is) = (self.single(next, STEP), next) else { return Step::default() };
        let left = STEP.saturating_sub(first.bits.into());
        if first.ends || u32::from(first.bits) >= STEP {
            return first;
        }
        let rest = next_is << u32::from(first.bits) & ((1 << STEP) - 1);
        let Some(second) = self.single(rest, left) else { return first };
        Step { bits: first.bits.saturating_add(second.bits), advance: first.advance.saturating_add(second.advance), ends: second.ends }
    }

    /// The coefficient whose code is within the first `known` of these [`STEP`] bits.
    fn single(&self, next: u32, known: u32) -> Option<Step> {
        let (length, symbol) = self.find(next << (16 - STEP))?;
        if length > known {
            return None;
        }
        let (run, size) = (symbol >> 4, symbol & 15);
        let bits = u8::try_from(length).ok()?.checked_add(size)?;
        Some(match (run, size) {
            (15, 0) => Step { bits, advance: 16, ends: false },
            (_, 0) => Step { bits, advance: 0, ends: true },
            _ => Step { bits, advance: run.saturating_add(1), ends: false },
        })
    }

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
        Some(Self { short, limits, symbols: symbols.to_vec(), steps: OnceCell::new() })
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

/// Bits that are looked at in one go: two coefficients of most pictures.
pub(super) const STEP: u32 = 12;

/// Codes up to this length are found in one step.
const SHORT: u32 = 9;
