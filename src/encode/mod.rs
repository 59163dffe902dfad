//! Image → bytes. Writes only the segments that showing the picture needs: no profile, no comment, no tool's name.

#[cfg(feature = "formats")]
mod apng;
#[cfg(feature = "formats")]
mod bmp;
#[cfg(feature = "formats")]
mod delta;
mod frame;
#[cfg(feature = "formats")]
mod frames;
#[cfg(not(feature = "formats"))]
#[path = "no_frames.rs"]
mod frames;
#[cfg(feature = "formats")]
mod gif;
mod jpeg;
#[cfg(feature = "formats")]
mod palette;
mod png;
#[cfg(feature = "formats")]
mod tiff;
#[cfg(feature = "formats")]
mod webp;

pub use frame::{Encoded, Shown, shown};
pub use frames::FrameWriter;

#[cfg(feature = "formats")]
use crate::sequence::{Delay, Sequence};
use crate::{Error, Format, Image};

/// Encodes `image` as `format`. `quality`, 1 to 100, is for JPEG; the others are lossless, but that GIF has 256 colours.
///
/// # Errors
/// [`Error::Unsupported`] for a format that we do not write, or a picture too large for it; [`Error::NotInBuild`];
/// [`Error::InvalidOption`] for a quality out of its range.
pub fn encode(image: &Image, format: Format, quality: u8) -> Result<Vec<u8>, Error> {
    match format {
        Format::Jpeg => jpeg::encode(image, quality),
        Format::Png => png::encode(image),
        #[cfg(feature = "formats")]
        Format::Webp => webp::encode(image),
        #[cfg(feature = "formats")]
        Format::Bmp => bmp::encode(image),
        #[cfg(feature = "formats")]
        Format::Gif | Format::Tiff => {
            let size = (image.width(), image.height());
            let sequence = if format == Format::Gif { Sequence::Animation { plays: 1 } } else { Sequence::Pages };
            let mut writer = FrameWriter::new(format, sequence, 1, size, true)?;
            writer.add(image, Delay::NONE)?;
            Ok(writer.finish()?.bytes)
        }
        #[cfg(not(feature = "formats"))]
        Format::Webp | Format::Bmp | Format::Gif | Format::Tiff => Err(Error::not_in_build(format.name())),
        other => Err(Error::Unsupported(format!("{} cannot be written; use format: jpeg, png or webp", other.name()))),
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
    check_size((image.width(), image.height()), format, max_side)
}

fn check_size((width, height): (u32, u32), format: Format, max_side: u32) -> Result<(), Error> {
    if width.max(height) <= max_side {
        return Ok(());
    }
    let name = format.name();
    Err(Error::Unsupported(format!(
        "{width} × {height} px: a side of a {name} picture is at most {max_side} px; shrink it or choose another format"
    )))
}
