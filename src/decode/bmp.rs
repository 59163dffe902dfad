//! BMP, by `image`.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::{Picture, Samples, check_size};
use crate::Error;
use crate::inspect::Inspection;

pub(super) fn decode(bytes: &[u8], inspection: &Inspection) -> Result<Picture, Error> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(&e))?;
    check_size(inspection, decoder.dimensions())?;
    let color = decoder.color_type();
    let length = usize::try_from(decoder.total_bytes()).map_err(|e| Error::LimitExceeded(format!("BMP: {e}")))?;
    let mut raw = vec![0; length];
    decoder.read_image(&mut raw).map_err(|e| refusal(&e))?;
    let mut pixels: Vec<u8> = match color {
        ColorType::Rgb8 => raw.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect(),
        ColorType::Rgba8 => raw,
        other => return Err(Error::Unsupported(format!("a BMP of colour type {other:?}"))),
    };
    let all = pixels.as_chunks_mut::<4>().0;
    // Many writers leave an alpha channel empty that they state; viewers show such a picture.
    if all.iter().all(|pixel| pixel[3] == 0) {
        all.iter_mut().for_each(|pixel| pixel[3] = 255);
    }
    Ok(Picture { width: inspection.width as usize, samples: Samples::Rgba8(pixels), is_gray: false })
}

fn refusal(error: &ImageError) -> Error {
    match error {
        ImageError::Unsupported(_) => Error::Unsupported(format!("BMP: {error}: use faces: keep, and no other change")),
        ImageError::Limits(_) => Error::LimitExceeded(format!("BMP: {error}")),
        _ => Error::malformed(format!("BMP: {error}"), 0),
    }
}
