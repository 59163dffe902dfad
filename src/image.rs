//! A decoded picture.

use std::sync::OnceLock;

use crate::Error;

/// A picture in memory: RGBA, 8 bit a channel, sRGB, straight alpha, rows top-down without padding.
#[derive(Clone)]
pub struct Image {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    /// Whether no pixel lets anything through, once somebody has asked.
    opaque: OnceLock<bool>,
}

impl Image {
    /// Takes `pixels` as a picture of `width` × `height`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when a side is zero or `pixels` is not exactly `width * height * 4` bytes.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, Error> {
        let wanted = u64::from(width) * u64::from(height) * 4;
        if wanted == 0 || pixels.len() as u64 != wanted {
            return Err(Error::Unsupported(format!("a picture of {width} × {height} px takes {wanted} bytes, not {}", pixels.len())));
        }
        Ok(Self { width, height, pixels, opaque: OnceLock::new() })
    }

    /// Width in px, at least 1.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in px, at least 1.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, 4 bytes each: red, green, blue, alpha.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixels, to change in place.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        self.opaque.take();
        &mut self.pixels
    }

    /// Whether no pixel lets anything through.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        // Runs without a way out in their midst become vector instructions.
        let run_is_opaque = |run: &[[u8; 4]]| run.iter().fold(u8::MAX, |all, pixel| all & pixel[3]) == u8::MAX;
        *self.opaque.get_or_init(|| self.pixels.as_chunks::<4>().0.chunks(1 << 12).all(run_is_opaque))
    }

    /// Says what is known of a format without alpha, so that nobody needs to go through all pixels for it.
    #[cfg(feature = "pixels")]
    pub(crate) fn known_opaque(self) -> Self {
        debug_assert!(self.is_opaque());
        Self { opaque: true.into(), ..self }
    }

    /// Gives the pixels away.
    #[must_use]
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        (self.width, self.height) == (other.width, other.height) && self.pixels == other.pixels
    }
}

impl Eq for Image {}

/// Prints the size only: pixels do not belong in a log.
impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({} × {})", self.width, self.height)
    }
}
