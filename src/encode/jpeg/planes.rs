//! Luma and chroma of 16 rows of a picture at a time, as the transform takes them.
//!
//! In floating point up to the quantiser: nothing is rounded twice. Each number is a few products and sums in a fixed order, so that all
//! platforms agree to the bit.

use std::borrow::Cow;

use crate::Image;

/// Samples of one row of minimum coded units, 0 in the middle of their range. Rows are as long as the units are together.
pub(super) struct Planes {
    pub(super) luma: Vec<f32>,
    /// Blue and red chroma, half as wide and high.
    pub(super) chroma: [Vec<f32>; 2],
    /// How many units there are, 16 × 16 px each.
    pub(super) units: usize,
}

impl Planes {
    /// For pictures of a width in px.
    pub(super) fn new(width: usize) -> Self {
        let units = width.div_ceil(UNIT);
        Self { luma: vec![0.0; units * UNIT * UNIT], chroma: [0, 1].map(|_| vec![0.0; units * 8 * 8]), units }
    }

    /// Takes the 16 rows of `picture` from `top` on. What is below or right of the picture is its last row or column.
    #[inline(always)]
    pub(super) fn fill(&mut self, picture: &Picture<'_>, top: usize) {
        let row = |y: usize| picture.row((top + y).min(picture.height - 1));
        for (y, luma) in self.luma.chunks_exact_mut(self.units * UNIT).enumerate() {
            let row = row(y);
            luma.iter_mut().zip(&*row).for_each(|(luma, pixel)| *luma = luma_of(*pixel));
            repeat_last(luma, row.len());
        }
        let [blue, red] = &mut self.chroma;
        for (y, (blue, red)) in blue.chunks_exact_mut(self.units * 8).zip(red.chunks_exact_mut(self.units * 8)).enumerate() {
            let (upper, lower) = (row(2 * y), row(2 * y + 1));
            let (pairs, last) = upper.as_chunks::<2>();
            let (others, other_last) = lower.as_chunks::<2>();
            for ((&[a, b], &[c, d]), (blue, red)) in pairs.iter().zip(others).zip(blue.iter_mut().zip(red.iter_mut())) {
                (*blue, *red) = chroma_of([a, b, c, d]);
            }
            if let (&[a], &[b]) = (last, other_last) {
                (blue[pairs.len()], red[pairs.len()]) = chroma_of([a, a, b, b]);
            }
            let across = upper.len().div_ceil(2);
            repeat_last(blue, across);
            repeat_last(red, across);
        }
    }
}

/// A picture's rows. JPEG has no alpha: it is laid on white.
pub(super) struct Picture<'a> {
    pixels: &'a [[u8; 4]],
    pub(super) width: usize,
    pub(super) height: usize,
    is_opaque: bool,
}

impl<'a> Picture<'a> {
    pub(super) fn new(image: &'a Image) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        Self { pixels: image.pixels().as_chunks().0, width, height, is_opaque: image.is_opaque() }
    }

    fn row(&self, y: usize) -> Cow<'a, [[u8; 4]]> {
        let row = &self.pixels[y * self.width..][..self.width];
        if self.is_opaque { Cow::Borrowed(row) } else { Cow::Owned(row.iter().map(|pixel| on_white(*pixel)).collect()) }
    }
}

fn repeat_last(row: &mut [f32], length: usize) {
    let (known, rest) = row.split_at_mut(length);
    rest.fill(known.last().copied().unwrap_or_default());
}

// Weights of ITU-T T.871 §7.

#[inline(always)]
fn luma_of(pixel: [u8; 4]) -> f32 {
    // Shifted and masked, not taken apart, so that four pixels fit one vector as they are.
    let pixel = u32::from_le_bytes(pixel);
    real(pixel & 0xFF) * 0.299 + real(pixel >> 8 & 0xFF) * 0.587 + real(pixel >> 16 & 0xFF) * 0.114 - 128.0
}

/// Blue and red chroma of 2 × 2 px: their mean.
#[inline(always)]
fn chroma_of(pixels: [[u8; 4]; 4]) -> (f32, f32) {
    let [mut red_and_blue, mut green] = [0, 0];
    for pixel in pixels {
        let pixel = u32::from_le_bytes(pixel);
        red_and_blue += pixel & 0x00FF_00FF;
        green += pixel >> 8 & 0xFF;
    }
    // A quarter of each weight, as these are sums of four.
    let (red, green, blue) = (real(red_and_blue & 0xFFFF), real(green), real(red_and_blue >> 16));
    (blue * 0.125 - (red * 0.042_184 + green * 0.082_816), red * 0.125 - (green * 0.104_671_9 + blue * 0.020_328_1))
}

/// Of numbers below 2²⁴, which are exact.
#[inline(always)]
#[allow(clippy::cast_possible_wrap, clippy::cast_precision_loss, reason = "sums of four bytes at most")]
fn real(value: u32) -> f32 {
    value as i32 as f32
}

fn on_white([r, g, b, alpha]: [u8; 4]) -> [u8; 4] {
    let blend = |value: u8| {
        let sum = u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
        u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
    };
    [blend(r), blend(g), blend(b), 255]
}

/// A minimum coded unit's side in px: four blocks of luma, one of each chroma.
pub(super) const UNIT: usize = 16;
