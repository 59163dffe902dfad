//! Turns a stored picture upright, and maps places between the two.
//!
//! Each of Exif's eight orientations is at most one transposition followed by mirroring. [Exif 2.3 §4.6.4, tag 274]

use crate::Image;
use crate::inspect::Orientation;

/// Turns `image` upright. Orientation 1 gives it back without a copy.
#[must_use]
pub fn orient(mut image: Image, orientation: Orientation) -> Image {
    if orientation == Orientation::UPRIGHT {
        return image;
    }
    let turn = Turn::new(orientation);
    let (width, height) = (image.width() as usize, image.height() as usize);
    if !turn.transposes {
        let pixels = image.pixels_mut().as_chunks_mut::<4>().0;
        match (turn.mirrors_x, turn.mirrors_y) {
            (false, false) => {}
            (true, false) => pixels.chunks_exact_mut(width).for_each(<[_]>::reverse),
            (true, true) => pixels.reverse(),
            (false, true) => swap_rows(pixels, width, height),
        }
        return image;
    }
    let mut upright = vec![0; image.pixels().len()];
    transpose(image.pixels().as_chunks::<4>().0, upright.as_chunks_mut::<4>().0, width, height, turn);
    // As many pixels as before: the second arm is never taken.
    match Image::new(image.height(), image.width(), upright) {
        Ok(upright) => upright,
        Err(_) => image,
    }
}

/// Maps edges (left, top, right, bottom) in px of the upright picture of `width` × `height` to the stored picture.
#[must_use]
pub fn to_stored(edges: (f64, f64, f64, f64), orientation: Orientation, width: u32, height: u32) -> (f64, f64, f64, f64) {
    let turn = Turn::new(orientation);
    let (left, top, right, bottom) = turn.mirror(edges, width, height);
    if turn.transposes { (top, left, bottom, right) } else { (left, top, right, bottom) }
}

/// Maps edges (left, top, right, bottom) in px of the stored picture to the upright picture of `width` × `height`.
#[must_use]
pub fn to_upright(edges: (f64, f64, f64, f64), orientation: Orientation, width: u32, height: u32) -> (f64, f64, f64, f64) {
    let turn = Turn::new(orientation);
    let (left, top, right, bottom) = edges;
    let edges = if turn.transposes { (top, left, bottom, right) } else { edges };
    debug_assert!(left <= right && top <= bottom);
    turn.mirror(edges, width, height)
}

/// How stored becomes upright: rows and columns change places first, then left and right, then top and bottom.
#[derive(Clone, Copy)]
struct Turn {
    transposes: bool,
    mirrors_x: bool,
    mirrors_y: bool,
}

impl Turn {
    fn new(orientation: Orientation) -> Self {
        let value = orientation.value();
        Self { transposes: orientation.swaps_sides(), mirrors_x: matches!(value, 2 | 3 | 6 | 7), mirrors_y: matches!(value, 3 | 4 | 7 | 8) }
    }

    fn mirror(self, (left, top, right, bottom): (f64, f64, f64, f64), width: u32, height: u32) -> (f64, f64, f64, f64) {
        let (width, height) = (f64::from(width), f64::from(height));
        let (left, right) = if self.mirrors_x { (width - right, width - left) } else { (left, right) };
        let (top, bottom) = if self.mirrors_y { (height - bottom, height - top) } else { (top, bottom) };
        (left, top, right, bottom)
    }
}

fn swap_rows(pixels: &mut [[u8; 4]], width: usize, height: usize) {
    let (upper, lower) = pixels.split_at_mut(height / 2 * width);
    let lower = lower.chunks_exact_mut(width).rev();
    upper.chunks_exact_mut(width).zip(lower).for_each(|(above, below)| above.swap_with_slice(below));
}

/// Transposes `stored` of `width` × `height` into `upright`, and mirrors on the way.
///
/// A row of the one is a column of the other, so that row by row each read or each write would miss the cache; a tile
/// of both fits into it.
fn transpose(stored: &[[u8; 4]], upright: &mut [[u8; 4]], width: usize, height: usize, turn: Turn) {
    for top in (0..height).step_by(TILE) {
        let rows = TILE.min(height - top);
        for left in (0..width).step_by(TILE) {
            for x in left..width.min(left + TILE) {
                let upright_y = if turn.mirrors_y { width - 1 - x } else { x };
                let upright_x = if turn.mirrors_x { height - top - rows } else { top };
                let target = &mut upright[upright_y * height + upright_x..][..rows];
                let column = stored[top * width + x..].iter().step_by(width);
                if turn.mirrors_x {
                    target.iter_mut().rev().zip(column).for_each(|(to, from)| *to = *from);
                } else {
                    target.iter_mut().zip(column).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
}

/// Side of a tile in px: 16 × 16 × 4 bytes is 16 cache lines of either picture.
const TILE: usize = 16;
