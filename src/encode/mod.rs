//! Image → bytes. Writes only the segments that showing the picture needs: no profile, no comment, no tool's name.

mod jpeg;
mod png;
mod webp;

use crate::{Error, Format, Image};

/// Encodes `image` as `format`. `quality`, 1 to 100, is for JPEG; PNG and WebP are lossless.
///
/// # Errors
/// [`Error::Unsupported`] for a format that we do not write, or a picture too large for it;
/// [`Error::InvalidOption`] for a quality out of its range.
pub fn encode(image: &Image, format: Format, quality: u8) -> Result<Vec<u8>, Error> {
    match format {
        Format::Jpeg => jpeg::encode(image, quality),
        Format::Png => png::encode(image),
        Format::Webp => webp::encode(image),
        other => Err(Error::Unsupported(format!("{} cannot be written; JPEG, PNG and WebP can", other.name()))),
    }
}

/// The channels that a picture needs: a lossless format stores no more.
enum Channels {
    Gray(Vec<u8>),
    Rgb(Vec<u8>),
    Rgba,
}

/// Drops alpha where all is opaque, and colour where all is grey.
fn needed_channels(image: &Image) -> Channels {
    let pixels = image.pixels().as_chunks::<4>().0;
    if !image.is_opaque() {
        return Channels::Rgba;
    }
    if pixels.iter().all(|&[r, g, b, _]| r == g && g == b) {
        return Channels::Gray(pixels.iter().map(|pixel| pixel[0]).collect());
    }
    Channels::Rgb(pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect())
}

/// Refuses a picture with a side above `max_side`, the most that `format` can say.
fn check_sides(image: &Image, format: Format, max_side: u32) -> Result<(), Error> {
    if image.width().max(image.height()) <= max_side {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "{} × {} px: a side of a {} picture is at most {max_side} px; shrink it or choose another format",
        image.width(),
        image.height(),
        format.name()
    )))
}
