//! Reads the headers' bits, lowest first, and writes them anew as they are read, without what does not stay. [ISO/IEC 18181-1 §B]

/// Bits of a codestream, and those that stay.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Next bit to read.
    at: usize,
    written: Vec<u8>,
    /// How many bits were written.
    length: usize,
    is_writing: bool,
}

/// One of the four ways in which a number may be stored: bits, and what is added to them.
pub(super) type Distribution = (u32, u32);

impl<'a> Bits<'a> {
    /// From the byte `at` on.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at: at.saturating_mul(8), written: Vec::new(), length: 0, is_writing: true }
    }

    /// Reads `count` bits, at most 64; `None` when the file ends before.
    pub(super) fn take(&mut self, count: u32) -> Option<u64> {
        let mut value = 0_u64;
        for bit in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value |= u64::from(byte >> (self.at % 8) & 1) << bit;
            self.at = self.at.saturating_add(1);
        }
        if self.is_writing {
            self.put(value, count);
        }
        Some(value)
    }

    pub(super) fn bool(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }

    /// Reads something that does not stay.
    pub(super) fn without<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let was_writing = std::mem::replace(&mut self.is_writing, false);
        let value = read(self);
        self.is_writing = was_writing;
        value
    }

    /// Skips bits that do not stay.
    pub(super) fn skip(&mut self, count: u64) -> Option<()> {
        let end = self.at.checked_add(usize::try_from(count).ok()?)?;
        (end <= self.bytes.len().saturating_mul(8)).then(|| self.at = end)
    }

    /// Writes `count` bits that were not read.
    pub(super) fn put(&mut self, value: u64, count: u32) {
        for bit in 0..count {
            if self.length.is_multiple_of(8) {
                self.written.push(0);
            }
            if let Some(last) = self.written.last_mut() {
                *last |= u8::from(value >> bit & 1 == 1) << (self.length % 8);
            }
            self.length = self.length.saturating_add(1);
        }
    }

    /// `U32`: two bits that choose a distribution.
    pub(super) fn u32(&mut self, distributions: [Distribution; 4]) -> Option<u32> {
        let chosen = usize::try_from(self.take(2)?).ok()?;
        let (bits, offset) = *distributions.get(chosen)?;
        u32::try_from(self.take(bits)?).ok()?.checked_add(offset)
    }

    /// `U64`. [§B.2.3]
    pub(super) fn u64(&mut self) -> Option<u64> {
        match self.take(2)? {
            0 => Some(0),
            1 => Some(self.take(4)?.saturating_add(1)),
            2 => Some(self.take(8)?.saturating_add(17)),
            _ => {
                let mut value = self.take(12)?;
                let mut shift = 12_u32;
                while self.bool()? {
                    if shift == 60 {
                        return Some(value | self.take(4)? << 60);
                    }
                    value |= self.take(8)? << shift;
                    shift = shift.saturating_add(8);
                }
                Some(value)
            }
        }
    }

    /// Writes a `U64` in the form that is asked for: the shortest.
    pub(super) fn put_u64(&mut self, value: u64) {
        match value {
            0 => self.put(0, 2),
            1..=16 => self.put(value.saturating_sub(1) << 2 | 1, 6),
            17..=272 => self.put(value.saturating_sub(17) << 2 | 2, 10),
            _ => {
                self.put(3, 2);
                self.put(value & 0xFFF, 12);
                let mut rest = value >> 12;
                while rest > 0 {
                    self.put((rest & 0xFF) << 1 | 1, 9);
                    rest >>= 8;
                }
                self.put(0, 1);
            }
        }
    }

    /// `Enum`: 0 to 81. [§B.2.5]
    pub(super) fn enumerated(&mut self) -> Option<u32> {
        self.u32([(0, 0), (0, 1), (4, 2), (6, 18)])
    }

    /// Goes to the next whole byte; `None` when the bits before it are not zero, which the standard asks for.
    pub(super) fn align(&mut self) -> Option<()> {
        let padding = u32::try_from(self.at.next_multiple_of(8).saturating_sub(self.at)).ok()?;
        let is_zero = self.without(|bits| bits.take(padding))? == 0;
        let missing = u32::try_from(self.length.next_multiple_of(8).saturating_sub(self.length)).ok()?;
        self.put(0, missing);
        is_zero.then_some(())
    }

    /// The byte that the next bit is in.
    pub(super) fn position(&self) -> usize {
        self.at / 8
    }

    /// Just behind the byte that the last bit was in.
    pub(super) fn end(&self) -> usize {
        self.at.div_ceil(8)
    }

    pub(super) fn into_written(self) -> Vec<u8> {
        self.written
    }
}
