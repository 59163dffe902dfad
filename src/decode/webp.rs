//! WebP: lossy and lossless, with and without alpha.

use std::io::Cursor;

use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::{Picture, Samples, check_size};
use crate::Error;
use crate::inspect::Inspection;

pub(super) fn decode(bytes: &[u8], inspection: &Inspection) -> Result<Picture, Error> {
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(&e))?;
    if decoder.has_animation() {
        return Err(Error::Unsupported("animated WebP: an animation cannot be redacted".into()));
    }
    check_size(inspection, decoder.dimensions())?;
    let color = decoder.color_type();
    let length = usize::try_from(decoder.total_bytes()).map_err(|e| Error::LimitExceeded(format!("WebP: {e}")))?;
    let mut raw = vec![0; length];
    decoder.read_image(&mut raw).map_err(|e| refusal(&e))?;
    let samples = match color {
        ColorType::Rgb8 => Samples::Rgba8(raw.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect()),
        ColorType::Rgba8 => Samples::Rgba8(raw),
        other => return Err(Error::Unsupported(format!("a WebP of colour type {other:?}"))),
    };
    Ok(Picture { width: inspection.width as usize, samples, is_gray: false })
}

fn refusal(error: &ImageError) -> Error {
    match error {
        ImageError::Limits(_) => Error::LimitExceeded(format!("WebP: {error}")),
        ImageError::Unsupported(_) => Error::Unsupported(format!("WebP: {error}")),
        _ => Error::malformed(format!("WebP: {error}"), 0),
    }
}
