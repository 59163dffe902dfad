//! Reads booleans of stated probabilities: VP8's arithmetic code. [RFC 6386 §7]

/// A partition that is being read. Behind its end there are zeros.
pub(super) struct Booleans<'a> {
    data: &'a [u8],
    /// Next byte to load, counted beyond the end too.
    at: usize,
    /// Loaded bits: a window of 8 bits, then `ahead` more.
    value: u64,
    ahead: i32,
    range: u32,
}

impl<'a> Booleans<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, value: 0, ahead: -8, range: 255 }
    }

    /// Reads one that is false with `probability` / 256.
    #[inline]
    pub(super) fn read(&mut self, probability: u8) -> bool {
        if self.ahead < 0 {
            self.load();
        }
        // From 1 to 255: the range never is less than 128 here.
        let split = ((self.range.wrapping_sub(1)).wrapping_mul(probability.into()) >> 8).wrapping_add(1);
        let large = u64::from(split) << self.ahead;
        let is_true = self.value >= large;
        if is_true {
            self.value = self.value.wrapping_sub(large);
            self.range = self.range.wrapping_sub(split);
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros().wrapping_sub(24);
        self.range <<= shift;
        self.ahead = self.ahead.wrapping_sub(shift.cast_signed());
        is_true
    }

    /// Reads a number of `bits` bits, each as likely to be 0 as 1.
    pub(super) fn number(&mut self, bits: u32) -> u32 {
        (0..bits).fold(0, |number, _| number << 1 | u32::from(self.read(128)))
    }

    pub(super) fn flag(&mut self) -> bool {
        self.read(128)
    }

    /// A number of `bits` bits and a sign, when a flag says that they are there.
    pub(super) fn optional(&mut self, bits: u32) {
        if self.flag() {
            self.number(bits.saturating_add(1));
        }
    }

    /// Whether far more was read than there is.
    pub(super) fn is_beyond_end(&self) -> bool {
        self.at > self.data.len().saturating_add(16)
    }

    /// Where the bytes end that had a say in what was read; `None` when some were missing, or no encoder wrote them.
    pub(super) fn end(&self) -> Option<usize> {
        // The first window is less than the first range, 255. Where it is not, each decoder reads something else.
        if self.at > 0 && self.data.first() == Some(&0xFF) {
            return None;
        }
        // An encoder's last bits lie in the window as it is now. Its last byte may have been left out: no decoder has asked for it yet.
        let end = self.at.saturating_add_signed(isize::try_from(self.ahead.div_euclid(8)).ok()?.wrapping_neg());
        if end > self.data.len().saturating_add(1) {
            return None;
        }
        // To be done, encoders write as many bits as their registers hold: zeros by then.
        let rest = self.data.get(end..).unwrap_or_default();
        let is_flushed = rest.len() <= MAX_FLUSHED && rest.iter().all(|&byte| byte == 0);
        Some(if is_flushed { self.data.len() } else { end })
    }

    #[inline]
    fn load(&mut self) {
        if let Some(bytes) = self.data.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            self.value = self.value << 56 | u64::from_be_bytes(*bytes) >> 8;
            self.at = self.at.wrapping_add(7);
            self.ahead = self.ahead.wrapping_add(56);
            return;
        }
        self.value = self.value << 8 | u64::from(self.data.get(self.at).copied().unwrap_or(0));
        self.at = self.at.saturating_add(1);
        self.ahead = self.ahead.wrapping_add(8);
    }
}

/// Most bytes that an encoder writes to be done: 32 bits in the RFC's own. [§7.3]
const MAX_FLUSHED: usize = 4;
