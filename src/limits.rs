//! How large a photo may be. Checked before anything is decoded.

use crate::Error;

/// Bounds on the input. The defaults suit a browser tab; programs may set their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest input, bytes. Default 256 MiB.
    pub max_bytes: u64,
    /// Most pixels (width × height). Default 100 million.
    pub max_pixels: u64,
    /// Most bytes that decoding may take for pixels. Default 1 GiB.
    pub max_decoded_bytes: u64,
    /// Most segments, chunks or boxes in a container. Default 100,000: real files have fewer than 1,000 but for IDAT chunks.
    pub max_segments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 256 << 20, max_pixels: 100_000_000, max_decoded_bytes: 1 << 30, max_segments: 100_000 }
    }
}

impl Limits {
    /// For what we wrote ourselves, of an input that was within its limits.
    pub(crate) const UNLIMITED: Self =
        Self { max_bytes: u64::MAX, max_pixels: u64::MAX, max_decoded_bytes: u64::MAX, max_segments: usize::MAX };

    /// # Errors
    /// [`Error::LimitExceeded`] when the input is longer than `max_bytes`.
    pub fn check_bytes(&self, bytes: usize) -> Result<(), Error> {
        if bytes as u64 <= self.max_bytes {
            return Ok(());
        }
        Err(Error::LimitExceeded(format!("{bytes} bytes of input; the limit is {} bytes", self.max_bytes)))
    }

    /// Checks a picture of `width` × `height` that takes `bytes_per_pixel` when decoded, RGBA output not counted.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when it has more than `max_pixels`, or would decode to more than `max_decoded_bytes`.
    pub fn check_picture(&self, width: u32, height: u32, bytes_per_pixel: u32) -> Result<(), Error> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.max_pixels {
            return Err(Error::LimitExceeded(format!("{width} × {height} px; the limit is {} pixels", self.max_pixels)));
        }
        let decoded = pixels * u64::from(bytes_per_pixel.max(4));
        if decoded > self.max_decoded_bytes {
            return Err(Error::LimitExceeded(format!(
                "{width} × {height} px decode to {decoded} bytes; the limit is {} bytes",
                self.max_decoded_bytes
            )));
        }
        Ok(())
    }
}
