//! A decoded picture.

#[cfg(feature = "pixels")]
use std::ops::Range;
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
        *self.opaque.get_or_init(|| self.pixels.as_chunks::<4>().0.chunks(1 << 12).all(run_is_opaque))
    }

    /// Says what is known of a format without alpha, so that nobody needs to go through all pixels for it.
    #[cfg(feature = "pixels")]
    pub(crate) fn known_opaque(self) -> Self {
        debug_assert!(self.is_opaque());
        Self { opaque: true.into(), ..self }
    }

    /// Says of a picture that was opaque before some of it was changed, that it still is where these parts of rows are: `x` and `y` are in px.
    #[cfg(feature = "pixels")]
    pub(crate) fn opaque_if_in(&mut self, mut areas: impl Iterator<Item = (Range<u32>, Range<u32>)>) {
        let width = self.width as usize;
        let rows = self.pixels.as_chunks::<4>().0.chunks_exact(width);
        let is_opaque = |(x, y): (Range<u32>, Range<u32>)| {
            let rows = rows.clone().take(y.end as usize).skip(y.start as usize);
            rows.map(|row| &row[x.start as usize..x.end as usize]).all(run_is_opaque)
        };
        if areas.all(is_opaque) {
            debug_assert!(self.is_opaque());
            self.opaque = true.into();
        }
    }

    /// Gives the pixels away.
    #[must_use]
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

/// Without a way out in its midst, so that it becomes vector instructions.
fn run_is_opaque(run: &[[u8; 4]]) -> bool {
    run.iter().fold(u8::MAX, |all, pixel| all & pixel[3]) == u8::MAX
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
