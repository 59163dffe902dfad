//! WebP: lossy and lossless, with and without alpha.

use std::io::Cursor;

use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::{Picture, Samples};
use crate::Error;

pub(super) fn decode(bytes: &[u8]) -> Result<Picture, Error> {
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(&e))?;
    if decoder.has_animation() {
        return Err(Error::Unsupported("animated WebP: an animation cannot be redacted".into()));
    }
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| Error::LimitExceeded(format!("a WebP of {width} × {height} px")))?;
    let mut raw = vec![0; length];
    decoder.read_image(&mut raw).map_err(|e| refusal(&e))?;
    let samples = match color {
        ColorType::Rgb8 => Samples::Rgba8(raw.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect()),
        ColorType::Rgba8 => Samples::Rgba8(raw),
        other => return Err(Error::Unsupported(format!("a WebP of colour type {other:?}"))),
    };
    Ok(Picture { width, height, samples, is_gray: false })
}

fn refusal(error: &ImageError) -> Error {
    match error {
        ImageError::Limits(_) => Error::LimitExceeded(format!("WebP: {error}")),
        ImageError::Unsupported(_) => Error::Unsupported(format!("WebP: {error}")),
        _ => Error::malformed(format!("WebP: {error}"), 0),
    }
}
