//! JPEG: baseline, 4:2:0, one interleaved scan, Huffman tables fitted to the picture. [ITU-T T.81, T.871]
//!
//! Quantisation tables, order of segments and version numbers tell cameras and programs apart. Ours follow from the
//! quality alone, so that the photos of all users look alike; and it is integers throughout, so that they do so on
//! every platform.

mod blocks;
mod dct;
mod huffman;

use std::borrow::Cow;

use blocks::Blocks;
use dct::Quantizer;
use huffman::{Code, Tokens};

use super::check_sides;
use crate::{Error, Format, Image};

pub(super) fn encode(image: &Image, quality: u8) -> Result<Vec<u8>, Error> {
    if !(1..=100).contains(&quality) {
        return Err(Error::InvalidOption(format!("quality {quality}: must be 1 to 100")));
    }
    check_sides(image, Format::Jpeg, u32::from(u16::MAX))?;
    let steps = [steps(luma_step, quality), steps(chroma_step, quality)];
    let tokens = tokens(&on_white(image), image.width() as usize, image.height() as usize, &steps);
    let codes = tokens.codes();
    let mut bytes = Vec::with_capacity(tokens.len());
    write_headers(&mut bytes, image, &steps, &codes);
    tokens.write(&codes, &mut bytes);
    bytes.extend([0xff, 0xd9]);
    Ok(bytes)
}

/// Transforms and quantises all blocks, in the order of the scan.
fn tokens(pixels: &[u8], width: usize, height: usize, steps: &[[u8; 64]; 2]) -> Tokens {
    let [luma, chroma] = steps.each_ref().map(Quantizer::new);
    let mut tokens = Tokens::new(width, height);
    let mut predictions = [0; 3];
    let mut blocks = Blocks::new(width);
    for top in (0..height).step_by(16) {
        blocks.load(pixels, width, height, top);
        for mcu in 0..width.div_ceil(16) {
            for (x, y) in [(0, 0), (8, 0), (0, 8), (8, 8)] {
                tokens.push_block(0, &luma.quantize(&blocks.luma(mcu * 16 + x, y)), &mut predictions[0]);
            }
            for (component, prediction) in predictions[1..].iter_mut().enumerate() {
                tokens.push_block(1, &chroma.quantize(&blocks.chroma(component, mcu * 8)), prediction);
            }
        }
    }
    tokens
}

/// JPEG has no alpha: lays the picture on white.
fn on_white(image: &Image) -> Cow<'_, [u8]> {
    if image.pixels().as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 255) {
        return Cow::Borrowed(image.pixels());
    }
    let blend = |value: u8, alpha: u8| {
        let sum = u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
        u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
    };
    let pixels = image.pixels().as_chunks::<4>().0;
    Cow::Owned(pixels.iter().flat_map(|&[r, g, b, a]| [blend(r, a), blend(g, a), blend(b, a), 255]).collect())
}

fn write_headers(bytes: &mut Vec<u8>, image: &Image, steps: &[[u8; 64]; 2], codes: &[Code; 4]) {
    let segment = |bytes: &mut Vec<u8>, marker: u8, payload: &[u8]| {
        bytes.extend([0xff, marker]);
        // The longest, DHT, has at most 4 × (17 + 256) bytes.
        bytes.extend(u16::try_from(payload.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(payload);
    };
    bytes.extend([0xff, 0xd8]);
    // Version 1.01, square pixels of no stated size, no thumbnail.
    segment(bytes, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (number, steps) in (0..).zip(steps) {
        let zigzag = dct::ZIGZAG.iter().map(|&place| steps[usize::from(place)]);
        segment(bytes, 0xdb, &[number].into_iter().chain(zigzag).collect::<Vec<u8>>());
    }
    let [.., h1, h0] = image.height().to_be_bytes();
    let [.., w1, w0] = image.width().to_be_bytes();
    // Luma has 2 × 2 blocks in an MCU, each chroma one.
    segment(bytes, 0xc0, &[8, h1, h0, w1, w0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
    for (head, code) in [0x00, 0x10, 0x01, 0x11].into_iter().zip(codes) {
        segment(bytes, 0xc4, &[&[head], &code.counts[..], &code.symbols[..]].concat());
    }
    segment(bytes, 0xda, &[3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
}

/// Quantisation steps, row by row: `step` is that of quality 50, scaled as the IJG's library does, so that a quality
/// means what people expect.
fn steps(step: fn(u32, u32) -> u32, quality: u8) -> [u8; 64] {
    let quality = u32::from(quality);
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let mut steps = [1; 64];
    for (value, index) in steps.iter_mut().zip(0..) {
        *value = u8::try_from(((step(index % 8, index / 8) * percent + 50) / 100).max(1)).unwrap_or(u8::MAX);
    }
    steps
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
