//! Bytes → Image: the picture as a browser shows it, in sRGB, without its profile.

#[cfg(feature = "formats")]
mod apng;
#[cfg(feature = "formats")]
mod bmp;
#[cfg(feature = "formats")]
mod canvas;
mod color;
mod frame;
#[cfg(feature = "formats")]
mod frames;
#[cfg(not(feature = "formats"))]
#[path = "no_frames.rs"]
mod frames;
#[cfg(feature = "formats")]
mod gif;
mod hdr;
mod jpeg;
mod png;
#[cfg(feature = "formats")]
mod tiff;
#[cfg(feature = "formats")]
mod webp;

pub use frame::{Frame, is_sequence};
pub use frames::Frames;

use crate::inspect::Inspection;
use crate::strip::strip;
use crate::{Error, Format, Image, Limits};

/// A decoded picture, and what a user should know about it.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The picture as stored, not yet turned upright.
    pub image: Image,
    /// How many see-through pixels held a colour that nobody can see. It was cleared.
    pub hidden_pixels: u64,
    /// What could not be done as the file asks, for people.
    pub warnings: Vec<String>,
}

/// Decodes the picture that `inspection` describes. All of it or none: damaged data is an error, never filled in.
///
/// # Errors
/// [`Error::LimitExceeded`] before anything is decoded; [`Error::Unsupported`] for several pictures, which [`Frames`] reads, and formats
/// or processes that we do not decode; [`Error::NotInBuild`]; [`Error::Malformed`] for damaged data, or a picture of another size than
/// `inspection` says.
pub fn decode(bytes: &[u8], inspection: &Inspection, limits: &Limits) -> Result<Decoded, Error> {
    let format = inspection.format;
    if !format.is_decoded() {
        return Err(stripped_only(format));
    }
    limits.check_bytes(bytes.len())?;
    limits.check_picture(inspection.width, inspection.height, bytes_per_pixel(inspection))?;
    if is_sequence(inspection) {
        return only(bytes, inspection, limits);
    }
    let picture = match format {
        Format::Jpeg => jpeg::decode(bytes, inspection, limits)?,
        Format::Png => png::decode(bytes, inspection, limits)?,
        #[cfg(feature = "formats")]
        Format::Webp => webp::decode(bytes, inspection)?,
        #[cfg(feature = "formats")]
        Format::Bmp => bmp::decode(bytes, inspection)?,
        #[cfg(feature = "formats")]
        other => return Err(stripped_only(other)),
        #[cfg(not(feature = "formats"))]
        other => return Err(Error::not_in_build(other.name())),
    };
    let mut warnings = Vec::new();
    let pixels = color::to_srgb(picture, &inspection.color, &mut warnings)?;
    let mut image = Image::new(inspection.width, inspection.height, pixels)?;
    if format == Format::Jpeg {
        return Ok(Decoded { image: image.known_opaque(), hidden_pixels: 0, warnings });
    }
    let hidden_pixels = clear_hidden(&mut image);
    Ok(Decoded { image, hidden_pixels, warnings })
}

/// The picture of a file that could hold several.
fn only(bytes: &[u8], inspection: &Inspection, limits: &Limits) -> Result<Decoded, Error> {
    let stripped = strip(bytes, inspection)?;
    let mut frames = Frames::open(&stripped.bytes, &stripped.inspection, &inspection.color, limits)?;
    let count = frames.count();
    if count > 1 {
        return Err(Error::Unsupported(format!("{count} frames or pages where one picture was expected")));
    }
    while let Some(frame) = frames.next_frame()? {
        if frame.is_shown {
            return Ok(Decoded { image: frame.image, hidden_pixels: frame.hidden_pixels, warnings: frames.warnings });
        }
    }
    Err(Error::malformed("no picture", 0))
}

fn stripped_only(format: Format) -> Error {
    let name = format.name().to_uppercase();
    Error::Unsupported(format!("{name} can only be stripped so far, its pixels left as they are: use faces: keep, and no other change"))
}

/// A decoded picture, its colours not yet converted.
struct Picture {
    width: usize,
    samples: Samples,
    /// Whether red, green and blue are always the same, because the file has one channel for them.
    is_gray: bool,
}

/// Four samples a pixel, rows top-down without padding.
enum Samples {
    /// Red, green, blue, straight alpha.
    Rgba8(Vec<u8>),
    /// The same, 16 bit.
    Rgba16(Vec<u16>),
    /// Cyan, magenta, yellow, black; 255 is full ink.
    Cmyk8(Vec<u8>),
}

/// Refuses a picture of another size than was inspected: the limits were checked for that one.
fn check_size(inspection: &Inspection, (width, height): (u32, u32)) -> Result<(), Error> {
    if (width, height) == (inspection.width, inspection.height) {
        return Ok(());
    }
    let what = format!("the picture is {width} × {height} px, but was inspected as {} × {}", inspection.width, inspection.height);
    Err(Error::malformed(what, 0))
}

/// Most bytes that decoding holds for each pixel at one time, the RGBA picture not counted.
fn bytes_per_pixel(inspection: &Inspection) -> u32 {
    match (inspection.format, inspection.jpeg) {
        (Format::Jpeg, Some(frame)) => {
            // One byte a sample; a progressive picture keeps its coefficients too, two bytes each.
            let components = u32::from(frame.components);
            if frame.process == 2 { components * 3 } else { components }
        }
        (Format::Png, _) if inspection.bit_depth == 16 => 16,
        (Format::Webp, _) => 8,
        _ => 4,
    }
}

/// Clears the colour of see-through pixels: an editor may have left a picture there. Counts those that had one.
fn clear_hidden(image: &mut Image) -> u64 {
    let mut hidden = 0;
    for pixel in image.pixels_mut().as_chunks_mut::<4>().0 {
        if pixel[3] == 0 && *pixel != [0; 4] {
            *pixel = [0; 4];
            hidden += 1;
        }
    }
    hidden
}
