//! Reads entropy-coded bits, and the Huffman codes in them. [ITU-T T.81 Annex C, F.2.2]
//!
//! What is read once for each code is inlined always: the small WebAssembly is optimised for size, where a hint is not enough.
#![allow(clippy::inline_always, reason = "these are where the time of a walk goes")]

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

    /// Loads until a step can be read; false where the data ends before.
    #[inline(always)]
    pub(super) fn fill(&mut self) -> bool {
        if self.count < LONGEST_STEP {
            self.load();
        }
        self.count >= LONGEST_STEP
    }

    /// What the next bits say, after [`Bits::fill`].
    #[inline(always)]
    pub(super) fn step(&self, steps: &Steps) -> Step {
        let next = self.loaded >> self.count.saturating_sub(STEP) & ((1 << STEP) - 1);
        // No index is too large: it was masked. The conversion cannot fail either.
        steps.get(usize::try_from(next).unwrap_or(0)).copied().unwrap_or_default()
    }

    /// Reads a step's bits.
    #[inline(always)]
    pub(super) fn take_step(&mut self, step: Step) {
        self.count = self.count.saturating_sub(step.bits());
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
#[derive(Clone)]
pub(super) struct Codes {
    /// By the next nine bits: the code's length and symbol; length 0 for longer codes.
    short: Vec<(u8, u8)>,
    /// By length, 1 to 16: the first code that is longer, its bits moved up to 16, and what to add to a code to get its symbol's index.
    limits: [(u32, i32); 17],
    symbols: Vec<u8>,
    /// What the next [`STEP`] bits say; made when a scan first needs it.
    steps: OnceCell<Box<Steps>>,
}

/// What a block's next coefficients are, by the next [`STEP`] bits.
pub(super) type Steps = [Step; STEPS];

/// One or two coefficients, their bits included, read in one go: bits to read in the low five, then six of how many coefficients further
/// that is, then whether the block ends there. No bits: the next code is longer than a step, or is none.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Step(u16);

impl Step {
    fn new(bits: u32, advance: u32, ends: bool) -> Option<Self> {
        let fits = bits < 32 && advance < 64;
        u16::try_from(bits | advance << 5 | u32::from(ends) << 11).ok().filter(|_| fits).map(Self)
    }

    #[inline(always)]
    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Bits to read.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        u32::from(self.0 & 31)
    }

    /// How many coefficients further that is.
    #[inline(always)]
    pub(super) fn advance(self) -> u32 {
        u32::from(self.0 >> 5 & 63)
    }

    #[inline(always)]
    pub(super) fn ends_block(self) -> bool {
        self.0 >> 11 == 1
    }
}

impl Codes {
    /// Steps through the coefficients of a sequential picture but the first. [§F.2.2.2]
    pub(super) fn steps(&self) -> &Steps {
        self.steps.get_or_init(|| self.table(|next| self.pair(next)))
    }

    /// Steps over the first coefficient. [§F.2.2.1]
    pub(super) fn first_steps(&self) -> &Steps {
        self.steps.get_or_init(|| {
            self.table(|next| {
                let (length, size) = self.find(next << (16 - STEP)).filter(|&(length, size)| length <= STEP && size <= 15)?;
                Step::new(length.checked_add(size.into())?, 1, false)
            })
        })
    }

    fn table(&self, step: impl Fn(u32) -> Option<Step>) -> Box<Steps> {
        let mut steps = Box::new([Step::default(); STEPS]);
        for (next, entry) in (0_u32..).zip(steps.iter_mut()) {
            *entry = step(next).unwrap_or_default();
        }
        steps
    }

    fn pair(&self, next: u32) -> Option<Step> {
        let first = self.single(next, STEP)?;
        let left = STEP.saturating_sub(first.bits());
        if first.ends_block() || left == 0 {
            return Some(first);
        }
        let both = || {
            let second = self.single(next << first.bits() & ((1 << STEP) - 1), left)?;
            Step::new(first.bits().checked_add(second.bits())?, first.advance().checked_add(second.advance())?, second.ends_block())
        };
        Some(both().unwrap_or(first))
    }

    /// The coefficient whose code is within the first `known` of these [`STEP`] bits.
    fn single(&self, next: u32, known: u32) -> Option<Step> {
        let (length, symbol) = self.find(next << (16 - STEP)).filter(|&(length, _)| length <= known)?;
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        let bits = length.checked_add(size)?;
        match (run, size) {
            (15, 0) => Step::new(bits, 16, false),
            (_, 0) => Step::new(bits, 0, true),
            _ => Step::new(bits, run.checked_add(1)?, false),
        }
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
const STEP: u32 = 12;
const STEPS: usize = 1 << STEP;

/// Most bits of a step: codes within [`STEP`] and the 15 bits of the last coefficient.
const LONGEST_STEP: u32 = STEP + 15;

/// Codes up to this length are found in one step.
const SHORT: u32 = 9;
