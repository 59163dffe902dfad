//! WebP, lossless: a RIFF header and one VP8L chunk.

use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::{Channels, check_sides, needed_channels};
use crate::{Error, Format, Image};

pub(super) fn encode(image: &Image) -> Result<Vec<u8>, Error> {
    check_sides(image, Format::Webp, MAX_SIDE)?;
    let mut bytes = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    let (width, height) = (image.width(), image.height());
    match needed_channels(image) {
        Channels::Gray(samples) => encoder.write_image(&samples, width, height, ExtendedColorType::L8),
        Channels::Rgb(samples) => encoder.write_image(&samples, width, height, ExtendedColorType::Rgb8),
        Channels::Rgba => encoder.write_image(image.pixels(), width, height, ExtendedColorType::Rgba8),
    }
    .map_err(|e| Error::Unsupported(format!("WebP: {e}")))?;
    Ok(bytes)
}

/// libwebp reads no longer side, though VP8L could say one px more.
const MAX_SIDE: u32 = 16383;
