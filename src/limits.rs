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
    /// Most frames of an animation, or pages, that are decoded. Default 2,000. To strip them takes no decoding, and this limit is not for that.
    pub max_frames: u32,
    /// Most pixels of all frames that are decoded: for an animation, its canvas once for each. Default one billion.
    pub max_frame_pixels: u64,
    /// Most bytes that the frames of a PNG may unpack to in all, which it takes to see what is in them; where pixels name colours of a
    /// palette, each byte counts for eight. Default 4 GiB, as much as `max_frame_pixels` of four bytes.
    pub max_unpacked_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_pixels: 100_000_000,
            max_decoded_bytes: 1 << 30,
            max_segments: 100_000,
            max_frames: 2_000,
            max_frame_pixels: 1_000_000_000,
            max_unpacked_bytes: 1 << 32,
        }
    }
}

impl Limits {
    /// For what we wrote ourselves, of an input that was within its limits.
    pub(crate) const UNLIMITED: Self = Self {
        max_bytes: u64::MAX,
        max_pixels: u64::MAX,
        max_decoded_bytes: u64::MAX,
        max_segments: usize::MAX,
        max_frames: u32::MAX,
        max_frame_pixels: u64::MAX,
        max_unpacked_bytes: u64::MAX,
    };

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

    /// Checks that `frames` pictures of `pixels` in all are few enough to be decoded.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when there are more than `max_frames`, or more pixels than `max_frame_pixels`.
    pub fn check_frames(&self, frames: u32, pixels: u64) -> Result<(), Error> {
        if frames > self.max_frames {
            return Err(Error::LimitExceeded(format!("{frames} frames or pages; the limit for looking into them is {}", self.max_frames)));
        }
        if pixels > self.max_frame_pixels {
            return Err(Error::LimitExceeded(format!(
                "{frames} frames or pages of {pixels} pixels in all; the limit is {}",
                self.max_frame_pixels
            )));
        }
        Ok(())
    }

    /// Checks that the frames of a file unpack to no more than `bytes` in all.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when they unpack to more than `max_unpacked_bytes`.
    pub fn check_unpacked(&self, bytes: u64) -> Result<(), Error> {
        if bytes <= self.max_unpacked_bytes {
            return Ok(());
        }
        Err(Error::LimitExceeded(format!("frames that unpack to {bytes} bytes in all; the limit is {} bytes", self.max_unpacked_bytes)))
    }
}
