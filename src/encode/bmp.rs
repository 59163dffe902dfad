//! BMP: 24 bits a pixel, or 32 where some are see-through, not packed.

use image::codecs::bmp::BmpEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::{Channels, check_sides, needed_channels};
use crate::inspect::inspect;
use crate::strip::strip;
use crate::{Error, Format, Image, Limits};

pub(super) fn encode(image: &Image) -> Result<Vec<u8>, Error> {
    check_sides(image, Format::Bmp, MAX_SIDE)?;
    let mut bytes = Vec::new();
    let encoder = BmpEncoder::new(&mut bytes);
    let (width, height) = (image.width(), image.height());
    match needed_channels(image) {
        Channels::Rgba => encoder.write_image(image.pixels(), width, height, ExtendedColorType::Rgba8),
        Channels::Rgb(samples) => encoder.write_image(&samples, width, height, ExtendedColorType::Rgb8),
        Channels::Gray(samples) => {
            let samples: Vec<u8> = samples.iter().flat_map(|&level| [level; 3]).collect();
            encoder.write_image(&samples, width, height, ExtendedColorType::Rgb8)
        }
    }
    .map_err(|e| Error::Unsupported(format!("BMP: {e}")))?;
    // The crate's headers are not in the one form that a clean file has.
    let inspection = inspect(&bytes, Format::Bmp, &Limits::UNLIMITED)?;
    Ok(strip(&bytes, &inspection)?.bytes)
}

/// Whose square of four bytes a pixel the file's length can still say.
const MAX_SIDE: u32 = 32_000;
