//! JPEG: baseline, 4:2:0, our own quantisation tables, Huffman tables fitted to the picture.
//!
//! Quantisation tables tell cameras and programs apart. Ours follow from a formula and the quality alone, so that the
//! photos of all users look alike.

use jpeg_encoder::{ChromaSubsamplingMethod, Encoder, ImageBuffer, JpegColorType, QuantizationTableType, SamplingFactor, rgb_to_ycbcr};

use super::check_sides;
use crate::{Error, Format, Image};

pub(super) fn encode(image: &Image, quality: u8) -> Result<Vec<u8>, Error> {
    if !(1..=100).contains(&quality) {
        return Err(Error::InvalidOption(format!("quality {quality}: must be 1 to 100")));
    }
    check_sides(image, Format::Jpeg, u32::from(u16::MAX))?;
    let failed = |e: &dyn std::fmt::Display| Error::Unsupported(format!("JPEG: {e}"));
    let width = u16::try_from(image.width()).map_err(|e| failed(&e))?;
    let height = u16::try_from(image.height()).map_err(|e| failed(&e))?;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_quantization_tables(table(luma_step, quality), table(chroma_step, quality));
    let rows = Rows { pixels: image.pixels().as_chunks().0, width, height, is_opaque: image.is_opaque() };
    encoder.encode_image(rows).map_err(|e| failed(&e))?;
    Ok(bytes)
}

/// A picture's rows as the encoder takes them, without a copy of the whole. JPEG has no alpha: the picture is laid on white.
struct Rows<'a> {
    pixels: &'a [[u8; 4]],
    width: u16,
    height: u16,
    is_opaque: bool,
}

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let width = usize::from(self.width);
        let row = &self.pixels[usize::from(y) * width..][..width];
        let [luma, blue, red, _] = buffers;
        // Plane by plane: loops over one output become vector instructions.
        if self.is_opaque {
            luma.extend(row.iter().map(|&[r, g, b, _]| rgb_to_ycbcr(r, g, b).0));
            blue.extend(row.iter().map(|&[r, g, b, _]| rgb_to_ycbcr(r, g, b).1));
            red.extend(row.iter().map(|&[r, g, b, _]| rgb_to_ycbcr(r, g, b).2));
            return;
        }
        for pixel in row {
            let (y, cb, cr) = on_white(*pixel);
            luma.push(y);
            blue.push(cb);
            red.push(cr);
        }
    }
}

fn on_white([r, g, b, alpha]: [u8; 4]) -> (u8, u8, u8) {
    let blend = |value: u8| {
        let sum = u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
        u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
    };
    rgb_to_ycbcr(blend(r), blend(g), blend(b))
}

/// A quantisation table: `step` is that of quality 50, scaled as the IJG's library does, so that a quality means what people expect.
fn table(step: fn(u32, u32) -> u32, quality: u8) -> QuantizationTableType {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let mut table = [1; 64];
    for (value, index) in table.iter_mut().zip(0_u32..) {
        let step = (step(index % 8, index / 8) * percent + 50) / 100;
        *value = u16::try_from(step.clamp(1, 255)).unwrap_or(255);
    }
    QuantizationTableType::Custom(Box::new(table))
}

/// Step of luma at horizontal and vertical frequency `u`, `v`, each 0..8.
///
/// The eye's contrast threshold grows about as the square of the frequency, and faster on diagonals (the oblique
/// effect). The constants were fitted on photos: at quality 85, size and PSNR are near those of the tables in T.81
/// Annex K.
fn luma_step(u: u32, v: u32) -> u32 {
    (11 + u * u + v * v + u * v).min(90)
}

/// Step of chroma: the threshold grows two and a half times as fast as luma's.
fn chroma_step(u: u32, v: u32) -> u32 {
    (14 + 5 * (u * u + v * v) / 2).min(90)
}
