//! JPEG: baseline, one scan, 4:2:0, our own quantisation tables, Huffman tables fitted to the picture.
//!
//! Quantisation tables tell cameras and programs apart. Ours follow from a formula and the quality alone, so that the
//! photos of all users look alike.

mod fit;
mod huffman;
mod rows;

use jpeg_encoder::{ChromaSubsamplingMethod, Encoder, QuantizationTableType, SamplingFactor};

use self::rows::Rows;
use super::check_sides;
use crate::{Error, Format, Image};

pub(super) fn encode(image: &Image, quality: u8) -> Result<Vec<u8>, Error> {
    if !(1..=100).contains(&quality) {
        return Err(Error::InvalidOption(format!("quality {quality}: must be 1 to 100")));
    }
    check_sides(image, Format::Jpeg, u32::from(u16::MAX))?;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    // `Rows` has the means already.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Nearest);
    encoder.set_quantization_tables(table(luma_step, quality), table(chroma_step, quality));
    encoder.encode_image(Rows::new(image)).map_err(|error| Error::Unsupported(format!("JPEG: {error}")))?;
    fit::fit(&bytes).ok_or_else(|| Error::NotClean("the JPEG encoder wrote something else than was asked for".into()))
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
