//! JPEG: what cameras write by `zune-jpeg`, everything else by `jpeg-decoder`.
//!
//! Both crates show a cut or damaged scan with its rest filled in. That such a picture never gets here is `inspect`'s work: it has read
//! every code of every scan before.

use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{Picture, Samples, check_size};
use crate::inspect::Inspection;
use crate::{Error, Limits};

pub(super) fn decode(bytes: &[u8], inspection: &Inspection, limits: &Limits) -> Result<Picture, Error> {
    if inspection.bit_depth != 8 {
        return Err(Error::Unsupported(format!("a JPEG with {} bits a sample, which hardly any viewer shows", inspection.bit_depth)));
    }
    match decode_common(bytes, inspection) {
        Some(pixels) => Ok(Picture { width: inspection.width as usize, samples: Samples::Rgba8(pixels), is_gray: false }),
        None => decode_any(bytes, inspection, limits),
    }
}

/// The picture as RGBA, when it is of the common kind: baseline, Y, Cb and Cr in one scan, chroma in half of luma's size or the same.
///
/// This decoder takes two thirds of the other's time, and memory for no more than the picture. Of other kinds it shows some in wrong colours.
fn decode_common(bytes: &[u8], inspection: &Inspection) -> Option<Vec<u8>> {
    let is_one_scan = inspection.segments.iter().filter(|segment| segment.name.starts_with("SOS")).count() == 1;
    if !is_one_scan || !is_baseline(inspection) || !matches!(components(bytes, inspection)?, [(1, 1 | 2, 1 | 2), (2, 1, 1), (3, 1, 1)]) {
        return None;
    }
    let (width, height) = (usize::try_from(inspection.width).ok()?, usize::try_from(inspection.height).ok()?);
    // Where another crate of a program switches its vector code on, it gives the same bytes as without: all platforms agree.
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(width).set_max_height(height);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options.jpeg_set_out_colorspace(ColorSpace::RGBA));
    decoder.decode_headers().ok()?;
    if decoder.input_colorspace()? != ColorSpace::YCbCr || decoder.dimensions()? != (width, height) {
        return None;
    }
    let mut pixels = vec![0; width.checked_mul(height)?.checked_mul(4)?];
    decoder.decode_into(&mut pixels).ok()?;
    Some(pixels)
}

fn is_baseline(inspection: &Inspection) -> bool {
    inspection.jpeg.is_some_and(|frame| frame.process == 0)
}

/// Name and sampling factors, across and down, of three components.
fn components(bytes: &[u8], inspection: &Inspection) -> Option<[(u8, u8, u8); 3]> {
    let frame = inspection.segments.iter().find(|segment| segment.name.starts_with("SOF"))?;
    // Behind marker, length, precision, height and width there is the number of components, and then three bytes for each.
    let (count, components) = bytes.get(frame.range.clone())?.get(9..)?.split_first()?;
    let &[first, second, third] = components.as_chunks::<3>().0.first_chunk()?;
    (*count == 3).then_some([first, second, third].map(|[name, sampling, _]| (name, sampling >> 4, sampling & 15)))
}

/// Any picture, by the crate that knows them all.
fn decode_any(bytes: &[u8], inspection: &Inspection, limits: &Limits) -> Result<Picture, Error> {
    let mut decoder = Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX));
    let refused = |error| match error {
        jpeg_decoder::Error::Unsupported(feature) => Error::Unsupported(format!("JPEG: {feature:?}")),
        other => Error::malformed(format!("JPEG: {other}"), 0),
    };
    decoder.read_info().map_err(refused)?;
    let info = decoder.info().ok_or_else(|| Error::malformed("JPEG: no frame", 0))?;
    check_size(inspection, (info.width.into(), info.height.into()))?;
    let is_ycbcr = is_named_ycbcr(bytes, inspection);
    if is_ycbcr {
        // As they are: the crate turns them to red, green and blue one by one, which takes a third of its time.
        decoder.set_color_transform(ColorTransform::RGB);
    }
    let raw = decoder.decode().map_err(refused)?;
    let (samples, is_gray) = match info.pixel_format {
        PixelFormat::L8 => {
            let pixels: Vec<[u8; 4]> = raw.iter().map(|&l| [l, l, l, 255]).collect();
            (Samples::Rgba8(pixels.into_flattened()), true)
        }
        PixelFormat::RGB24 if is_ycbcr => {
            (Samples::Rgba8(raw.as_chunks::<3>().0.iter().map(|&ycc| from_ycbcr(ycc)).collect::<Vec<_>>().into_flattened()), false)
        }
        PixelFormat::RGB24 => {
            let pixels: Vec<[u8; 4]> = raw.as_chunks::<3>().0.iter().map(|&[r, g, b]| [r, g, b, 255]).collect();
            (Samples::Rgba8(pixels.into_flattened()), false)
        }
        PixelFormat::CMYK32 => {
            let inverted = inspection.jpeg.is_some_and(|frame| frame.adobe_transform.is_some());
            (Samples::Cmyk8(if inverted { raw } else { raw.iter().map(|ink| 255 - ink).collect() }), false)
        }
        PixelFormat::L16 => return Err(Error::Unsupported("JPEG with more than 8 bits a sample".into())),
    };
    Ok(Picture { width: usize::from(info.width), samples, is_gray })
}

/// Whether the frame names its components 1, 2 and 3, which means YCbCr whatever else the file says. [JFIF 1.02]
fn is_named_ycbcr(bytes: &[u8], inspection: &Inspection) -> bool {
    matches!(components(bytes, inspection), Some([(1, ..), (2, ..), (3, ..)]))
}

/// In whole numbers with 20 binary places, so that all platforms agree. [ITU-T T.871 §7]
fn from_ycbcr([luma, blue, red]: [u8; 3]) -> [u8; 4] {
    let luma = (i32::from(luma) << 20) + (1 << 19);
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = |value: i32| (value >> 20).clamp(0, 255) as u8;
    [byte(luma + 1_470_104 * red), byte(luma - 360_857 * blue - 748_830 * red), byte(luma + 1_858_077 * blue), 255]
}
