//! TIFF, by `tiff`: pages of grey, RGB or inks, 8 or 16 bits, in strips or tiles.

use std::io::Cursor;
use std::sync::Arc;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits as TiffLimits};
use tiff::tags::Tag;

use super::png::samples;
use super::{Picture, Samples};
use crate::inspect::cursor::View;
use crate::inspect::{ColorSource, Orientation, tiff as container};
use crate::{Error, Limits};

/// What is known of a page before it is decoded.
pub(super) struct Page {
    width: u32,
    height: u32,
    orientation: Orientation,
    icc: Option<Vec<u8>>,
    refusal: Option<String>,
}

impl Page {
    pub(super) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// The pages that a file shows.
pub(super) fn pages(bytes: &[u8], limits: &Limits) -> Result<Vec<Page>, Error> {
    let document = container::document(View::file(bytes), limits)?;
    let page = |(index, page): (usize, &container::document::Page)| {
        let geometry = &page.geometry;
        let what = match (geometry.compression, geometry.photometric) {
            _ if geometry.is_planar => Some("colours in planes of their own".to_owned()),
            (1 | 5 | 8 | 32946 | 32773, 0..=2 | 5) => None,
            (compression @ (1 | 5 | 8 | 32946 | 32773), 3) => Some(format!("a palette (compression {compression})")),
            (7, _) => Some("JPEG data".into()),
            (2..=4 | 32771, _) => Some("fax data".into()),
            (compression, photometric) => Some(format!("compression {compression}, photometric interpretation {photometric}")),
        };
        Page {
            width: geometry.width,
            height: geometry.height,
            orientation: Orientation::new(page.orientation),
            icc: page.icc.clone(),
            refusal: what.map(|what| format!("page {}: {what}", index + 1)),
        }
    };
    Ok(document.pages.iter().enumerate().map(page).collect())
}

/// A decoded page.
pub(super) struct Decoded {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Orientation,
    pub(super) color: ColorSource,
    pub(super) picture: Picture,
}

pub(super) struct Reader {
    decoder: Decoder<Cursor<Arc<[u8]>>>,
    pages: std::vec::IntoIter<Page>,
    is_first: bool,
}

impl Reader {
    pub(super) fn open(bytes: Arc<[u8]>, pages: Vec<Page>, limits: &Limits) -> Result<Self, Error> {
        if let Some(what) = pages.iter().find_map(|page| page.refusal.as_ref()) {
            return Err(unsupported(what));
        }
        let mut tiff_limits = TiffLimits::default();
        tiff_limits.decoding_buffer_size = usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX);
        tiff_limits.intermediate_buffer_size = tiff_limits.decoding_buffer_size;
        tiff_limits.ifd_value_size = tiff_limits.decoding_buffer_size;
        let decoder = Decoder::new(Cursor::new(bytes)).map_err(|e| refusal(&e))?.with_limits(tiff_limits);
        Ok(Self { decoder, pages: pages.into_iter(), is_first: true })
    }

    pub(super) fn next_page(&mut self) -> Result<Option<Decoded>, Error> {
        let Some(page) = self.pages.next() else { return Ok(None) };
        if !std::mem::take(&mut self.is_first) {
            self.decoder.next_image().map_err(|e| refusal(&e))?;
        }
        if self.decoder.dimensions().map_err(|e| refusal(&e))? != (page.width, page.height) {
            return Err(Error::malformed("TIFF: a page of another size than was inspected", 0));
        }
        let color = self.decoder.colortype().map_err(|e| refusal(&e))?;
        let extra: Option<Vec<u16>> = self.decoder.find_tag_unsigned_vec(Tag::ExtraSamples).map_err(|e| refusal(&e))?;
        let result = self.decoder.read_image().map_err(|e| refusal(&e))?;
        let mut deep: Vec<u8> = Vec::new();
        let (raw, is_deep) = match &result {
            DecodingResult::U8(raw) => (raw.as_slice(), false),
            DecodingResult::U16(words) => {
                deep.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
                (deep.as_slice(), true)
            }
            _ => return Err(unsupported("samples that are not whole numbers of 8 or 16 bits")),
        };
        let pixels = page.width as usize * page.height as usize;
        let channels = raw.len() / pixels.max(1) / if is_deep { 2 } else { 1 };
        let what = || unsupported(&format!("{color:?}"));
        let samples = match color {
            ColorType::Gray(bits @ (1 | 2 | 4)) => {
                let gray = unpacked(raw, page.width as usize, bits);
                samples(&gray, 1, false).filter(|_| gray.len() == pixels).ok_or_else(what)?
            }
            ColorType::Gray(8 | 16) if channels == 1 => samples(raw, 1, is_deep).ok_or_else(what)?,
            ColorType::Multiband { bit_depth: 8 | 16, num_samples: 2 } if channels == 2 => samples(raw, 2, is_deep).ok_or_else(what)?,
            ColorType::RGB(8 | 16) | ColorType::RGBA(8 | 16) if matches!(channels, 3 | 4) => {
                samples(raw, channels, is_deep).ok_or_else(what)?
            }
            ColorType::CMYK(8) if channels == 4 => Samples::Cmyk8(raw.to_vec()),
            _ => return Err(what()),
        };
        let is_gray = matches!(color, ColorType::Gray(_) | ColorType::Multiband { .. });
        let is_ink = matches!(color, ColorType::CMYK(_));
        let samples = if is_ink { samples } else { with_alpha(samples, extra.as_ref().and_then(|extra| extra.first()).copied()) };
        Ok(Some(Decoded {
            width: page.width,
            height: page.height,
            orientation: page.orientation,
            color: ColorSource { icc: page.icc, ..ColorSource::default() },
            picture: Picture { width: page.width as usize, samples, is_gray },
        }))
    }
}

/// Samples of less than a byte, each of which becomes one. Rows begin with a byte.
fn unpacked(raw: &[u8], width: usize, bits: u8) -> Vec<u8> {
    let (bits, row) = (u32::from(bits), (width * usize::from(bits)).div_ceil(8));
    let most = (1_u32 << bits) - 1;
    let level = |row: &[u8], x: usize| {
        let at = x * bits as usize;
        let shift = 8 - bits - u32::try_from(at % 8).unwrap_or(0);
        u8::try_from((u32::from(row[at / 8]) >> shift & most) * 255 / most).unwrap_or(u8::MAX)
    };
    raw.chunks_exact(row.max(1)).flat_map(|row| (0..width).map(|x| level(row, x)).collect::<Vec<u8>>()).collect()
}

/// What the fourth sample is: 2 straight alpha, 1 alpha that the colours were multiplied by, anything else nothing that is shown.
fn with_alpha(mut samples: Samples, kind: Option<u16>) -> Samples {
    match (&mut samples, kind) {
        (_, Some(2)) | (Samples::Cmyk8(_), _) => {}
        (Samples::Rgba8(pixels), Some(1)) => {
            for [r, g, b, a] in pixels.as_chunks_mut::<4>().0 {
                let alpha = u32::from(*a);
                for level in [r, g, b] {
                    let straight = (u32::from(*level) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0);
                    *level = u8::try_from(straight).unwrap_or(u8::MAX);
                }
            }
        }
        (Samples::Rgba16(pixels), Some(1)) => {
            for [r, g, b, a] in pixels.as_chunks_mut::<4>().0 {
                let alpha = u32::from(*a);
                for level in [r, g, b] {
                    let straight = (u32::from(*level) * 65_535).checked_div(alpha).unwrap_or(0);
                    *level = u16::try_from(straight).unwrap_or(u16::MAX);
                }
            }
        }
        (Samples::Rgba8(pixels), _) => pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| pixel[3] = u8::MAX),
        (Samples::Rgba16(pixels), _) => pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| pixel[3] = u16::MAX),
    }
    samples
}

fn unsupported(what: &str) -> Error {
    Error::Unsupported(format!(
        "TIFF: {what}: this can only be stripped so far, its pixels left as they are: use faces: keep, and no other change"
    ))
}

fn refusal(error: &tiff::TiffError) -> Error {
    match error {
        tiff::TiffError::LimitsExceeded => Error::LimitExceeded(format!("TIFF: {error}")),
        tiff::TiffError::UnsupportedError(_) => unsupported(&error.to_string()),
        _ => Error::malformed(format!("TIFF: {error}"), 0),
    }
}
