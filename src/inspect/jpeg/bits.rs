//! Reads entropy-coded bits, and the Huffman codes in them. [ITU-T T.81 Annex C, F.2.2]
//!
//! What is read once for each code is inlined always: the small WebAssembly is optimised for size, where a hint is not enough.
#![allow(clippy::inline_always, reason = "these are where the time of a walk goes")]

use std::cell::OnceCell;

use crate::inspect::cursor::View;

/// A scan's data, up to the next marker.
#[derive(Default)]
pub(crate) struct Unstuffed {
    /// Where the data begins.
    start: usize,
    /// Its bytes without the stuffing, the last one first, so that eight of them can be read as one little-endian number wherever they
    /// are. Before that ones: behind the last bit a decoder sees no code.
    bytes: Vec<u8>,
}

impl Unstuffed {
    /// Goes on at another place.
    pub(crate) fn open(&mut self, data: View, at: usize) {
        self.start = at;
        self.bytes.clear();
        unstuff(data.from(at).bytes(), &mut self.bytes);
        self.bytes.resize(self.bytes.len().saturating_add(BEHIND), 0xFF);
        self.bytes.reverse();
    }

    pub(crate) fn bits(&self) -> Bits<'_> {
        Bits { bytes: &self.bytes, left: (self.bytes.len() as u64).wrapping_mul(8).wrapping_sub(AHEAD.into()) }
    }

    /// Where the first byte is of which no bit was read.
    pub(crate) fn position(&self, bits: Bits) -> usize {
        let read =
            usize::try_from(bits.left.wrapping_add(AHEAD.into()) / 8).ok().and_then(|left| self.bytes.get(left..)).unwrap_or_default();
        // A zero behind FF is stuffing and belongs to it.
        let stuffed = read.iter().filter(|byte| **byte == 0xFF).count();
        self.start.saturating_add(read.len()).saturating_add(stuffed)
    }
}

/// A place among the bits of a scan. It is passed by value, to stay in registers.
#[derive(Clone, Copy)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits that are left, ones behind the last included, less those that are looked at in one go.
    left: u64,
}

impl Bits<'_> {
    /// Whether no more was read than there is.
    pub(crate) fn is_within(self) -> bool {
        // Less than nothing is left when the last look began just before the end of the ones.
        self.left.wrapping_add(AHEAD.into()).cast_signed() >= (BEHIND as i64) * 8
    }

    /// The next [`AHEAD`] bits and zeros, ones behind the last; `None` far behind it.
    #[inline(always)]
    pub(crate) fn next(self) -> Option<u64> {
        // Less than nothing is a very large number, for which there are no bytes.
        let eight = u64::from_le_bytes(*self.bytes.get(usize::try_from(self.left / 8).ok()?..)?.first_chunk()?);
        Some(eight << (!self.left & 7))
    }

    #[inline(always)]
    pub(crate) fn skip(&mut self, bits: u32) {
        self.left = self.left.wrapping_sub(bits.into());
    }

    /// Reads `n` bits, at most 16. Behind the last there are ones: see [`Bits::is_within`].
    pub(super) fn take(&mut self, n: u32) -> Option<u32> {
        let value = self.next()? >> 1 >> 63_u32.checked_sub(n)?;
        self.skip(n);
        u32::try_from(value).ok()
    }

    /// Reads one code; `None` when there is no such code.
    pub(super) fn code(&mut self, codes: &Codes) -> Option<u8> {
        let (length, symbol) = codes.first(self.next()?)?;
        self.skip(length);
        Some(symbol)
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
pub(crate) struct Codes {
    /// By the next nine bits: the code's length and symbol; length 0 for longer codes.
    short: Vec<(u8, u8)>,
    /// By length, 1 to 16: the first code that is longer, its bits moved up to 16, and what to add to a code to get its symbol's index.
    limits: [(u32, i32); 17],
    symbols: Vec<u8>,
    /// What the next [`STEP`] bits say; made when a scan first needs it.
    steps: OnceCell<Box<Steps>>,
}

/// What a block's next coefficients are, by the next [`STEP`] bits: for each [`Step`] its number.
pub(super) type Steps = [u16; STEPS];

/// Coefficients that are read in one go, their bits included, or several such steps together: bits to read in the low byte; above it how
/// many coefficients further that is, and [`ENDS`] when the block ends behind them.
#[derive(Clone, Copy)]
pub(super) struct Step(u32);

impl Step {
    /// The next code is too long for a step, or is none.
    const NONE: Self = Self(128 << 8);

    /// `bits` to read for `advance` coefficients.
    #[inline(always)]
    pub(super) fn new(bits: u32, advance: u32) -> Self {
        Self(advance << 8 | bits)
    }

    /// At coefficient `k`, no bits read yet.
    #[inline(always)]
    pub(super) fn at(k: u32) -> Self {
        Self::new(0, k)
    }

    /// This one, then another.
    #[inline(always)]
    pub(super) fn then(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// Bits to read.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 & 255
    }

    /// What is left of `next` when these bits are read.
    #[inline(always)]
    pub(super) fn behind(self, next: u64) -> u64 {
        // Only the low six bits count, and of one step there are no more.
        next.wrapping_shl(self.0)
    }

    /// How many coefficients further that is. From 64 on the block ends, rightly or not, or this is no step.
    #[inline(always)]
    pub(super) fn advance(self) -> u32 {
        self.0 >> 8
    }

    /// Whether a block that is here after `last` has ended where it may.
    #[inline(always)]
    pub(super) fn ends_block(self, last: Self) -> bool {
        last.advance() & ENDS != 0 && self.advance() < 2 * ENDS
    }
}

/// What begins with these 64 bits.
#[inline(always)]
pub(super) fn step(steps: &Steps, next: u64) -> Step {
    // No index is too large, and the conversion cannot fail: twelve bits are left.
    Step(steps.get(usize::try_from(next >> (64 - STEP)).unwrap_or(0)).copied().unwrap_or_default().into())
}

impl Codes {
    /// Steps through the coefficients of a sequential picture but the first. [§F.2.2.2]
    pub(super) fn steps(&self) -> &Steps {
        self.steps.get_or_init(|| self.table(|next| self.several(next)))
    }

    /// Steps over the first coefficient. [§F.2.2.1]
    pub(super) fn first_steps(&self) -> &Steps {
        self.steps.get_or_init(|| {
            self.table(|next| {
                let (length, size) = self.find(next << (16 - STEP)).filter(|&(length, _)| length <= STEP)?;
                let bits = length.checked_add(size.into())?;
                (bits <= MOST).then_some(Step::new(bits, 1))
            })
        })
    }

    fn table(&self, step: impl Fn(u32) -> Option<Step>) -> Box<Steps> {
        let mut steps = Box::new([0; STEPS]);
        for (next, entry) in (0_u32..).zip(steps.iter_mut()) {
            *entry = u16::try_from(step(next).unwrap_or(Step::NONE).0).unwrap_or_default();
        }
        steps
    }

    /// As many coefficients as these [`STEP`] bits are sure to begin with.
    fn several(&self, next: u32) -> Option<Step> {
        let mut all = self.single(next, Step::at(0))?;
        while let Some(more) = self.single(next, all) {
            all = more;
        }
        Some(all)
    }

    /// One coefficient more than those `before`, whose code is within these [`STEP`] bits.
    fn single(&self, next: u32, before: Step) -> Option<Step> {
        // Not behind the end of the block.
        let known = STEP.checked_sub(before.bits()).filter(|_| before.advance() < ENDS)?;
        let (length, symbol) = self.find(next << before.bits() << (16 - STEP) & 0xFFFF).filter(|&(length, _)| length <= known)?;
        let (more, ends, size) = match (u32::from(symbol >> 4), u32::from(symbol & 15)) {
            (15, 0) => (16, 0, 0),
            (_, 0) => (0, ENDS, 0),
            (run, size) => (run.checked_add(1)?, 0, size),
        };
        let bits = before.bits().checked_add(length)?.checked_add(size)?;
        let advance = before.advance().checked_add(more)?;
        (bits <= MOST && advance < 64).then_some(Step::new(bits, advance | ends))
    }

    /// From the numbers of codes of each length and their symbols; `None` when there are more codes than fit.
    pub(crate) fn new(counts: [u8; 16], symbols: &[u8]) -> Option<Self> {
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

    /// The code that these 64 bits begin with: its length and symbol.
    #[inline]
    pub(crate) fn first(&self, next: u64) -> Option<(u32, u8)> {
        self.find(u32::try_from(next >> 48).ok()?)
    }

    /// The code that the 16 bits `next` begin with: its length and symbol.
    #[inline]
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

/// As a table of steps: every code is read by itself. See [`Step::NONE`].
pub(super) static NO_STEPS: Steps = [128 << 8; STEPS];

/// Bits that a step is found by.
const STEP: u32 = 12;
const STEPS: usize = 1 << STEP;

/// Most bits of one step: after three of them, a fourth can be found in the bits that are looked at in one go.
const MOST: u32 = (AHEAD - STEP) / 3;

/// The block ends; more than the coefficients that it may have.
const ENDS: u32 = 64;

/// Bits that can be looked at in one go, wherever they begin: eight bytes, of whose first only the last bit may be among them.
const AHEAD: u32 = 57;

/// Bytes of ones behind the data, so that the last bits can be looked at as all others are.
const BEHIND: usize = 16;

/// Codes up to this length are found in one step.
const SHORT: u32 = 9;
