//! PNG, 8 bit a channel: IHDR, IDAT, IEND and nothing else.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::{Channels, check_sides, needed_channels};
use crate::{Error, Format, Image};

pub(super) fn encode(image: &Image) -> Result<Vec<u8>, Error> {
    check_sides(image, Format::Png, MAX_SIDE)?;
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    let (width, height) = (image.width(), image.height());
    match needed_channels(image) {
        Channels::Gray(samples) => encoder.write_image(&samples, width, height, ExtendedColorType::L8),
        Channels::Rgb(samples) => encoder.write_image(&samples, width, height, ExtendedColorType::Rgb8),
        Channels::Rgba => encoder.write_image(image.pixels(), width, height, ExtendedColorType::Rgba8),
    }
    .map_err(|e| Error::Unsupported(format!("PNG: {e}")))?;
    Ok(bytes)
}

/// The largest number that PNG's four-byte fields may hold. [PNG §7.1]
const MAX_SIDE: u32 = i32::MAX as u32;
