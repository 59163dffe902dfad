//! Reads entropy-coded bits, and the Huffman codes in them. [ITU-T T.81 Annex C, F.2.2]
//!
//! What is read once for each code is inlined always: the small WebAssembly is optimised for size, where a hint is not enough.
#![allow(clippy::inline_always, reason = "these are where the time of a walk goes")]

use std::cell::OnceCell;

use crate::inspect::cursor::View;

/// The bits of a scan's data, up to the next marker.
pub(super) struct Bits {
    /// Where in the data the bits begin.
    start: usize,
    /// The data without its stuffing, then ones: behind the last bit a decoder sees no code.
    bytes: Vec<u8>,
    /// The same, eight bytes in one.
    words: Vec<u64>,
    /// Bits that were read.
    position: usize,
    /// Bits that there are.
    count: usize,
}

impl Bits {
    pub(super) fn new(data: View, at: usize) -> Self {
        let mut bits = Self { start: 0, bytes: Vec::new(), words: Vec::new(), position: 0, count: 0 };
        bits.open(data, at);
        bits
    }

    /// Goes on at another place.
    pub(super) fn open(&mut self, data: View, at: usize) {
        self.start = at;
        self.position = 0;
        self.bytes.clear();
        unstuff(data.from(at).bytes(), &mut self.bytes);
        self.count = self.bytes.len().saturating_mul(8);
        self.bytes.resize(self.bytes.len().next_multiple_of(8).saturating_add(8 * BEHIND), 0xFF);
        self.words.clear();
        self.words.extend(self.bytes.as_chunks().0.iter().map(|eight| u64::from_be_bytes(*eight)));
    }

    /// Whether no more was read than there is.
    pub(super) fn is_within(&self) -> bool {
        self.position <= self.count
    }

    /// The next 64 bits, ones behind the last; `None` far behind it.
    #[inline(always)]
    pub(super) fn next(&self) -> Option<u64> {
        let [first, second] = *self.words.get(self.position / 64..)?.first_chunk()?;
        let before = self.position % 64;
        Some(first << before | second >> 1 >> (63 ^ before))
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        // No conversion: a step has less than 32 bits, and a code less than 17.
        self.position = self.position.wrapping_add(bits as usize);
    }

    /// Reads `n` bits, at most 16. Behind the last there are ones: see [`Bits::is_within`].
    pub(super) fn take(&mut self, n: u32) -> Option<u32> {
        let value = self.next()? >> 1 >> 63_u32.checked_sub(n)?;
        self.skip(n);
        u32::try_from(value).ok()
    }

    /// Reads one code; `None` when there is no such code.
    pub(super) fn code(&mut self, codes: &Codes) -> Option<u8> {
        let (length, symbol) = codes.find(u32::try_from(self.next()? >> 48).ok()?)?;
        self.skip(length);
        Some(symbol)
    }

    /// Where the first byte is of which no bit was read.
    pub(super) fn position(&self) -> usize {
        let read = self.bytes.get(..self.position.div_ceil(8)).unwrap_or_default();
        // A zero behind FF is stuffing and belongs to it.
        let stuffed = read.iter().filter(|byte| **byte == 0xFF).count();
        self.start.saturating_add(read.len()).saturating_add(stuffed)
    }
}

/// Copies data up to the next marker, without the zeros behind FF.
fn unstuff(data: &[u8], bytes: &mut Vec<u8>) {
    let mut rest = data;
    loop {
        let plain = plain_length(rest);
        let (before, behind) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
        bytes.extend_from_slice(before);
        match behind {
            [0xFF, 0, behind @ ..] => {
                bytes.push(0xFF);
                rest = behind;
            }
            _ => return,
        }
    }
}

/// How many bytes come before the first FF.
pub(super) fn plain_length(data: &[u8]) -> usize {
    let has_ff = |eight: &[u8; 8]| {
        let inverse = !u64::from_ne_bytes(*eight);
        inverse.wrapping_sub(0x0101_0101_0101_0101) & !inverse & 0x8080_8080_8080_8080 != 0
    };
    let eights = data.as_chunks().0.iter().position(has_ff).unwrap_or(data.len() / 8).saturating_mul(8);
    let rest = data.get(eights..).unwrap_or_default();
    eights.saturating_add(rest.iter().position(|byte| *byte == 0xFF).unwrap_or(rest.len()))
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

/// What begins with these 64 bits.
#[inline(always)]
pub(super) fn step(steps: &Steps, next: u64) -> Step {
    // No index is too large, and the conversion cannot fail: twelve bits are left.
    steps.get(usize::try_from(next >> (64 - STEP)).unwrap_or(0)).copied().unwrap_or_default()
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

/// Bits that are looked at in one go: two coefficients of most pictures. With the 15 bits of the last one, two steps are within 64 bits.
const STEP: u32 = 12;
const STEPS: usize = 1 << STEP;

/// Words of ones behind the data, so that the last bits can be looked at as all others are.
const BEHIND: usize = 2;

/// Codes up to this length are found in one step.
const SHORT: u32 = 9;
