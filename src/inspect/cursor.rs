//! Bounds-checked reading: the only place that slices input.

use std::ops::Range;

/// A run of bytes and where in the file they lie, so that whatever is found in it can be pointed at.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    bytes: &'a [u8],
    start: usize,
    /// For bytes that were unpacked: the end of the packed run, which is all that can be pointed at.
    packed_end: Option<usize>,
}

/// Byte order of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Least significant byte first: `II`, RIFF.
    Little,
    /// Most significant byte first: `MM`, JPEG, PNG, BMFF.
    Big,
}

impl<'a> View<'a> {
    /// A whole file.
    pub(crate) fn file(bytes: &'a [u8]) -> Self {
        Self { bytes, start: 0, packed_end: None }
    }

    /// Bytes that do not lie in the file as such, but were unpacked from `packed`.
    pub(crate) fn unpacked(bytes: &'a [u8], packed: Range<usize>) -> Self {
        Self { bytes, start: packed.start, packed_end: Some(packed.end) }
    }

    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn len(self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// Where these bytes are in the file.
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.packed_end.unwrap_or(self.start.saturating_add(self.bytes.len()))
    }

    /// Where in the file the byte `at` of this view is.
    pub(crate) fn offset(self, at: usize) -> usize {
        match self.packed_end {
            Some(_) => self.start,
            None => self.start.saturating_add(at),
        }
    }

    /// `length` bytes from `start`, or `None` where they are not all there.
    pub(crate) fn get(self, start: usize, length: usize) -> Option<Self> {
        let bytes = self.bytes.get(start..start.checked_add(length)?)?;
        Some(Self { bytes, start: self.offset(start), packed_end: self.packed_end })
    }

    /// From `start` to the end; empty when there is no such byte.
    pub(crate) fn from(self, start: usize) -> Self {
        let start = start.min(self.bytes.len());
        Self { bytes: self.bytes.get(start..).unwrap_or_default(), start: self.offset(start), packed_end: self.packed_end }
    }

    /// The first `end` bytes, or as many as there are.
    pub(crate) fn until(self, end: usize) -> Self {
        Self { bytes: self.bytes.get(..end.min(self.bytes.len())).unwrap_or_default(), ..self }
    }

    /// What follows `prefix`, when these bytes start with it.
    pub(crate) fn after(self, prefix: &[u8]) -> Option<Self> {
        self.bytes.starts_with(prefix).then(|| self.from(prefix.len()))
    }

    /// What comes before the first NUL, and what follows it.
    pub(crate) fn split_nul(self) -> Option<(&'a [u8], Self)> {
        let nul = self.bytes.iter().position(|&b| b == 0)?;
        Some((self.until(nul).bytes, self.from(nul.saturating_add(1))))
    }

    pub(crate) fn u8(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub(crate) fn u16(self, at: usize, order: Order) -> Option<u16> {
        let bytes = self.array(at)?;
        Some(if order == Order::Big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    pub(crate) fn u32(self, at: usize, order: Order) -> Option<u32> {
        let bytes = self.array(at)?;
        Some(if order == Order::Big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(crate) fn u64(self, at: usize, order: Order) -> Option<u64> {
        let bytes = self.array(at)?;
        Some(if order == Order::Big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// Like [`View::u32`], as a length. On a 32-bit machine no number is too large either.
    pub(crate) fn length(self, at: usize, order: Order) -> Option<usize> {
        usize::try_from(self.u32(at, order)?).ok()
    }

    /// Exactly `N` bytes.
    pub(crate) fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    /// Where `needle` first is.
    pub(crate) fn find(self, needle: &[u8]) -> Option<usize> {
        let first = *needle.first()?;
        let mut at = 0_usize;
        loop {
            at = at.saturating_add(self.bytes.get(at..)?.iter().position(|&b| b == first)?);
            if self.bytes.get(at..)?.starts_with(needle) {
                return Some(at);
            }
            at = at.saturating_add(1);
        }
    }

    pub(crate) fn contains(self, needle: &[u8]) -> bool {
        self.find(needle).is_some()
    }
}
