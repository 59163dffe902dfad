//! Reads VP8L's bits, and the prefix codes in them. [RFC 9649 §6]

/// A prefix code: a table by the next bits, and further tables for longer codes.
pub(super) struct Codes {
    /// Bits that the first table is looked up by: 0 when there is but one symbol.
    root: u32,
    /// A code's length and symbol, or, where the length is greater than `root`, the length's bits and the start of a further table.
    table: Vec<(u8, u16)>,
}

impl Codes {
    /// `work` is spent by what it takes to make tables, which a few bits may ask for. [§6.2.1]
    pub(super) fn read(bits: &mut Bits, alphabet: usize, work: &mut u64) -> Option<Self> {
        spend(work, CODE)?;
        if bits.take(1)? == 1 {
            let count = bits.take(1)?.checked_add(1)?;
            let width = if bits.take(1)? == 1 { 8 } else { 1 };
            let mut lengths = [0_u8; 256];
            let lengths = lengths.get_mut(..alphabet.min(256))?;
            let first = usize::try_from(bits.take(width)?).ok()?;
            *lengths.get_mut(first)? = 1;
            if count == 1 {
                return Some(Self { root: 0, table: vec![(0, u16::try_from(first).ok()?)] });
            }
            let second = bits.take(8)?;
            *lengths.get_mut(usize::try_from(second).ok()?)? = 1;
            return Self::new(lengths, work);
        }
        let mut lengths = vec![0_u8; alphabet];
        let count = usize::try_from(bits.take(4)?.checked_add(4)?).ok()?;
        let mut lengths_of_lengths = [0_u8; 19];
        for &index in LENGTH_ORDER.get(..count)? {
            *lengths_of_lengths.get_mut(index)? = u8::try_from(bits.take(3)?).ok()?;
        }
        let codes = Self::new(&lengths_of_lengths, work)?;
        let mut left = alphabet;
        if bits.take(1)? == 1 {
            let width = bits.take(3)?.checked_mul(2)?.checked_add(2)?;
            left = usize::try_from(bits.take(width)?.checked_add(2)?).ok()?;
            if left > alphabet {
                return None;
            }
        }
        let (mut at, mut before) = (0_usize, 8_u8);
        while at < alphabet && left > 0 {
            left = left.saturating_sub(1);
            let symbol = bits.code(&codes)?;
            let (length, count) = match symbol {
                0..=15 => (u8::try_from(symbol).ok()?, 1),
                16 => (before, bits.take(2)?.checked_add(3)?),
                17 => (0, bits.take(3)?.checked_add(3)?),
                _ => (0, bits.take(7)?.checked_add(11)?),
            };
            let end = at.checked_add(usize::try_from(count).ok()?)?;
            lengths.get_mut(at..end)?.fill(length);
            if (1..=15).contains(&symbol) {
                before = length;
            }
            at = end;
        }
        Self::new(&lengths, work)
    }

    /// From each symbol's length. A code must be complete, or of one symbol.
    fn new(lengths: &[u8], work: &mut u64) -> Option<Self> {
        spend(work, lengths.len() as u64)?;
        let mut counts = [0_u32; 16];
        for &length in lengths {
            let count = counts.get_mut(usize::from(length))?;
            *count = count.checked_add(1)?;
        }
        counts[0] = 0;
        if counts.iter().sum::<u32>() == 1 {
            let symbol = lengths.iter().position(|&length| length > 0)?;
            return Some(Self { root: 0, table: vec![(0, u16::try_from(symbol).ok()?)] });
        }
        // What is left of the code space after each length.
        let mut next = [0_u32; 16];
        let (mut code, mut longest) = (0_u32, 0_u32);
        for (length, (&count, next)) in (0_u32..).zip(counts.iter().zip(&mut next)) {
            code <<= 1;
            *next = code;
            code = code.checked_add(count)?;
            if count > 0 {
                longest = length;
            }
            if code > 1 << length {
                return None;
            }
        }
        if code != 1 << 15 {
            return None;
        }
        let root = longest.min(ROOT);
        let mut table = vec![(0_u8, 0_u16); 1 << root];
        for (symbol, &length) in (0_u16..).zip(lengths).filter(|(_, length)| **length > 0) {
            let next = next.get_mut(usize::from(length))?;
            let length = u32::from(length);
            // Codes come with their first bit first, and tables are looked up by the last ones.
            let code = next.reverse_bits().checked_shr(32_u32.saturating_sub(length))?;
            *next = next.checked_add(1)?;
            let low = usize::try_from(code & (1_u32 << root.min(length)).saturating_sub(1)).ok()?;
            if length <= root {
                let entry = (u8::try_from(length).ok()?, symbol);
                table.iter_mut().take(1 << root).skip(low).step_by(1 << length).for_each(|slot| *slot = entry);
                continue;
            }
            // Further tables are as large as the longest code needs: simple, and small enough.
            let further = longest.saturating_sub(root);
            let (marker, start) = *table.get(low)?;
            let start = if marker == 0 {
                let start = table.len();
                spend(work, 1 << further)?;
                table.resize(start.checked_add(1 << further)?, (0, 0));
                *table.get_mut(low)? = (u8::try_from(root.saturating_add(further)).ok()?, u16::try_from(start).ok()?);
                start
            } else {
                usize::from(start)
            };
            let high = usize::try_from(code >> root).ok()?;
            let entry = (u8::try_from(length).ok()?, symbol);
            let slots = table.get_mut(start..start.checked_add(1 << further)?)?;
            slots.iter_mut().skip(high).step_by(1 << length.saturating_sub(root)).for_each(|slot| *slot = entry);
        }
        Some(Self { root, table })
    }

    /// Entries of all tables.
    pub(super) fn size(&self) -> usize {
        self.table.len()
    }

    pub(super) fn only(&self) -> Option<u32> {
        match (self.root, self.table.first()) {
            (0, Some(&(_, symbol))) => Some(symbol.into()),
            _ => None,
        }
    }
}

/// Bits, those of less weight first.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    loaded: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, loaded: 0, count: 0 }
    }

    /// Reads `n` bits, at most 24.
    pub(super) fn take(&mut self, n: u32) -> Option<u32> {
        self.load();
        let number = self.loaded & (1_u64 << n).wrapping_sub(1);
        self.skip(n)?;
        u32::try_from(number).ok()
    }

    #[inline]
    pub(super) fn code(&mut self, codes: &Codes) -> Option<u32> {
        self.load();
        let mask = |bits: u32| (1_u64 << bits).wrapping_sub(1);
        let at = |bits: u64| usize::try_from(bits).ok();
        let &(length, symbol) = codes.table.get(at(self.loaded & mask(codes.root))?)?;
        if u32::from(length) <= codes.root {
            self.skip(length.into())?;
            return Some(symbol.into());
        }
        let further = u32::from(length).saturating_sub(codes.root);
        let high = at(self.loaded >> codes.root & mask(further))?;
        let &(length, symbol) = codes.table.get(usize::from(symbol).checked_add(high)?)?;
        self.skip(length.into())?;
        Some(symbol.into())
    }

    /// A number of a prefix and extra bits: lengths and distances. [§5.2.2]
    pub(super) fn prefixed(&mut self, prefix: u32) -> Option<u32> {
        if prefix < 4 {
            return prefix.checked_add(1);
        }
        let extra = prefix.saturating_sub(2) >> 1;
        let start = 2_u32.saturating_add(prefix & 1) << extra;
        start.checked_add(self.take(extra)?)?.checked_add(1)
    }

    /// Where the first byte is of which no bit was read.
    pub(super) fn position(&self) -> usize {
        self.at.saturating_sub(usize::try_from(self.count / 8).unwrap_or(0))
    }

    #[inline]
    fn skip(&mut self, n: u32) -> Option<()> {
        self.count = self.count.checked_sub(n)?;
        self.loaded >>= n;
        Some(())
    }

    /// Makes 32 bits or more ready, where there are as many.
    #[inline]
    fn load(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(bytes) = self.data.get(self.at..).and_then(|rest| rest.first_chunk::<4>()) {
            self.loaded |= u64::from(u32::from_le_bytes(*bytes)) << self.count;
            (self.at, self.count) = (self.at.wrapping_add(4), self.count.wrapping_add(32));
            return;
        }
        while let Some(&byte) = self.data.get(self.at).filter(|_| self.count <= 56) {
            self.loaded |= u64::from(byte) << self.count;
            (self.at, self.count) = (self.at.wrapping_add(1), self.count.wrapping_add(8));
        }
    }
}

/// Takes note of work that is done; `None` when there was to be no more of it, of which then none is left.
pub(super) fn spend(left: &mut u64, work: u64) -> Option<()> {
    let after = left.checked_sub(work);
    *left = after.unwrap_or(0);
    after.map(|_| ())
}

/// What it counts for to begin a code.
const CODE: u64 = 16;

/// Bits of a first table.
const ROOT: u32 = 8;

/// The order in which the lengths of length codes come. [§6.2.1]
const LENGTH_ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
