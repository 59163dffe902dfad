//! Writes bits, those of less weight first, as JPEG XL and lossless WebP have them.

#[derive(Default)]
pub(crate) struct Bits {
    pub(crate) bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    pub(crate) fn put(&mut self, value: u64, count: usize) {
        for bit in 0..count {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> bit & 1) as u8) << (self.count % 8);
            self.count += 1;
        }
    }

    /// What comes next begins a byte.
    pub(crate) fn align(&mut self) {
        self.count = self.bytes.len() * 8;
    }
}
