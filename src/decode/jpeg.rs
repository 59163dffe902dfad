//! JPEG, by `jpeg-decoder`.
//!
//! The crate shows a cut or damaged scan with its rest filled in. That such a picture never gets here is `inspect`'s work: it has read
//! every code of every scan before.

use jpeg_decoder::{Decoder, PixelFormat};

use super::{Picture, Samples, check_size};
use crate::inspect::Inspection;
use crate::{Error, Limits};

pub(super) fn decode(bytes: &[u8], inspection: &Inspection, limits: &Limits) -> Result<Picture, Error> {
    if inspection.bit_depth != 8 {
        return Err(Error::Unsupported(format!("a JPEG with {} bits a sample, which hardly any viewer shows", inspection.bit_depth)));
    }
    let mut decoder = Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX));
    let refused = |error| match error {
        jpeg_decoder::Error::Unsupported(feature) => Error::Unsupported(format!("JPEG: {feature:?}")),
        other => Error::malformed(format!("JPEG: {other}"), 0),
    };
    decoder.read_info().map_err(refused)?;
    let info = decoder.info().ok_or_else(|| Error::malformed("JPEG: no frame", 0))?;
    check_size(inspection, (info.width.into(), info.height.into()))?;
    let raw = decoder.decode().map_err(refused)?;
    let (samples, is_gray) = match info.pixel_format {
        PixelFormat::L8 => (Samples::Rgba8(raw.iter().flat_map(|&l| [l, l, l, 255]).collect()), true),
        PixelFormat::RGB24 => (Samples::Rgba8(raw.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect()), false),
        PixelFormat::CMYK32 => {
            let inverted = inspection.jpeg.is_some_and(|frame| frame.adobe_transform.is_some());
            (Samples::Cmyk8(if inverted { raw } else { raw.iter().map(|ink| 255 - ink).collect() }), false)
        }
        PixelFormat::L16 => return Err(Error::Unsupported("JPEG with more than 8 bits a sample".into())),
    };
    Ok(Picture { width: usize::from(info.width), samples, is_gray })
}
