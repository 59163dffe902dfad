//! PNG: all colour types and depths, interlaced or not.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::{ImageDecoder, ImageError};

use super::{Picture, Samples, check_size};
use crate::inspect::Inspection;
use crate::{Error, Limits};

pub(super) fn decode(bytes: &[u8], inspection: &Inspection, limits: &Limits) -> Result<Picture, Error> {
    let mut png_limits = image::Limits::no_limits();
    png_limits.max_alloc = Some(limits.max_decoded_bytes);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), png_limits).map_err(|e| refusal(&e))?;
    check_size(inspection, decoder.dimensions())?;
    let color = decoder.color_type();
    limits.check_picture(inspection.width, inspection.height, u32::from(color.bytes_per_pixel()))?;
    let length = usize::try_from(decoder.total_bytes()).map_err(|e| Error::LimitExceeded(format!("PNG: {e}")))?;
    let mut raw = vec![0; length];
    decoder.read_image(&mut raw).map_err(|e| refusal(&e))?;
    let channels = usize::from(color.channel_count());
    let samples = samples(&raw, channels, color.bytes_per_pixel() / color.channel_count() == 2);
    let samples = samples.ok_or_else(|| Error::Unsupported(format!("a PNG of colour type {color:?}")))?;
    Ok(Picture { width: inspection.width as usize, samples, is_gray: channels <= 2 })
}

/// Samples of grey, grey and alpha, RGB or RGBA, of 8 bits, or of 16 in this machine's byte order.
pub(super) fn samples(raw: &[u8], channels: usize, is_deep: bool) -> Option<Samples> {
    Some(match (channels, is_deep) {
        (1, false) => Samples::Rgba8(raw.iter().flat_map(|&l| [l, l, l, 255]).collect()),
        (2, false) => Samples::Rgba8(raw.as_chunks::<2>().0.iter().flat_map(|&[l, a]| [l, l, l, a]).collect()),
        (3, false) => Samples::Rgba8(raw.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect()),
        (4, false) => Samples::Rgba8(raw.to_vec()),
        (1, true) => Samples::Rgba16(words(raw).flat_map(|l| [l, l, l, u16::MAX]).collect()),
        (2, true) => Samples::Rgba16(pixels::<2>(raw).flat_map(|[l, a]| [l, l, l, a]).collect()),
        (3, true) => Samples::Rgba16(pixels::<3>(raw).flat_map(|[r, g, b]| [r, g, b, u16::MAX]).collect()),
        (4, true) => Samples::Rgba16(words(raw).collect()),
        _ => return None,
    })
}

fn words(raw: &[u8]) -> impl Iterator<Item = u16> {
    raw.as_chunks::<2>().0.iter().map(|&word| u16::from_ne_bytes(word))
}

fn pixels<const CHANNELS: usize>(raw: &[u8]) -> impl Iterator<Item = [u16; CHANNELS]> {
    let words = raw.as_chunks::<2>().0;
    words.as_chunks::<CHANNELS>().0.iter().map(|pixel| pixel.map(u16::from_ne_bytes))
}

fn refusal(error: &ImageError) -> Error {
    match error {
        ImageError::Limits(_) => Error::LimitExceeded(format!("PNG: {error}")),
        ImageError::Unsupported(_) => Error::Unsupported(format!("PNG: {error}")),
        _ => Error::malformed(format!("PNG: {error}"), 0),
    }
}
