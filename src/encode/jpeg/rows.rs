//! A picture's rows as the encoder takes them, without a copy of the whole.

use std::borrow::Cow;

use jpeg_encoder::{ImageBuffer, JpegColorType};

use crate::Image;

/// Y, Cb and Cr of a picture. Of each 2 × 2 px the upper left one has the mean chroma: it is the one that the encoder takes.
///
/// JPEG has no alpha: the picture is laid on white.
pub(super) struct Rows<'a> {
    pixels: &'a [[u8; 4]],
    width: usize,
    height: usize,
    is_opaque: bool,
}

impl<'a> Rows<'a> {
    /// `image` has sides of at most 65,535 px.
    pub(super) fn new(image: &'a Image) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        Self { pixels: image.pixels().as_chunks().0, width, height, is_opaque: image.is_opaque() }
    }

    fn row(&self, y: usize) -> Cow<'a, [[u8; 4]]> {
        let row = &self.pixels[y * self.width..][..self.width];
        if self.is_opaque { Cow::Borrowed(row) } else { Cow::Owned(row.iter().map(|pixel| on_white(*pixel)).collect()) }
    }
}

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        u16::try_from(self.width).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from(self.height).unwrap_or(u16::MAX)
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let y = usize::from(y);
        let row = self.row(y);
        let [luma, blue, red, _] = buffers;
        // Each loop has one output, so that it becomes vector instructions.
        luma.extend(row.iter().map(|&[r, g, b, _]| luma_of(r, g, b)));
        if y % 2 == 1 && y + 1 < self.height {
            // Rows that the encoder steps over. The last one stands for those below the picture too.
            blue.resize(luma.len(), 0);
            red.resize(luma.len(), 0);
            return;
        }
        let other = if y % 2 == 1 { self.row(y - 1) } else { self.row((y + 1).min(self.height - 1)) };
        let sums = sums(&row, &other);
        blue.extend(sums.iter().flat_map(|sum| [blue_of(sum); 2]));
        red.extend(sums.iter().flat_map(|sum| [red_of(sum); 2]));
        // A last column without a neighbour.
        blue.truncate(luma.len());
        red.truncate(luma.len());
    }
}

/// Red, green and blue of each 2 × 2 px, summed. A column without a neighbour is its own.
fn sums(row: &[[u8; 4]], other: &[[u8; 4]]) -> Vec<[i32; 3]> {
    let sum = |four: [[u8; 4]; 4]| [0, 1, 2].map(|channel: usize| four.iter().map(|pixel| i32::from(pixel[channel])).sum());
    let (pairs, last) = row.as_chunks::<2>();
    let (others, other_last) = other.as_chunks::<2>();
    let mut sums: Vec<[i32; 3]> = pairs.iter().zip(others).map(|(&[a, b], &[c, d])| sum([a, b, c, d])).collect();
    sums.extend(last.iter().zip(other_last).map(|(&a, &b)| sum([a, a, b, b])));
    sums
}

// In whole numbers, so that all platforms agree: weights have 16 binary places, sums of four pixels two more. [ITU-T T.871 §7]

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the weights add up to one")]
fn luma_of(r: u8, g: u8, b: u8) -> u8 {
    ((19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b) + (1 << 15)) >> 16) as u8
}

fn blue_of([r, g, b]: &[i32; 3]) -> u8 {
    chroma(-11_059 * r - 21_709 * g + 32_768 * b)
}

fn red_of([r, g, b]: &[i32; 3]) -> u8 {
    chroma(32_768 * r - 27_439 * g - 5_329 * b)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 255: the weights add up to zero, and the last half is rounded down"
)]
fn chroma(weighted: i32) -> u8 {
    ((weighted + (128 << 18) + (1 << 17) - 1) >> 18) as u8
}

fn on_white([r, g, b, alpha]: [u8; 4]) -> [u8; 4] {
    let blend = |value: u8| {
        let sum = u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
        u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
    };
    [blend(r), blend(g), blend(b), 255]
}
