//! A second look at places in a picture: is there still a face?

use super::boxes::suppress;
use super::{FaceDetector, Pass};
use crate::{Error, Face, Image, Region};

/// Finds the faces that overlap one of `regions`, by looking at each and its surroundings; where that would take longer than looking at
/// the whole picture in `passes`, by doing that. Boxes are in px of the picture, best score first.
///
/// The score that counts is the lowest of `passes`.
///
/// # Errors
/// As [`FaceDetector::detect`].
pub fn detect_around(detector: &dyn FaceDetector, image: &Image, regions: &[Region], passes: &[Pass]) -> Result<Vec<Face>, Error> {
    let windows: Vec<Window> = regions.iter().filter_map(|region| window(region, image)).collect();
    let Some(threshold) = passes.iter().map(|pass| pass.threshold).reduce(f32::min) else { return Ok(Vec::new()) };
    let whole: u64 = passes.iter().map(|pass| whole_cost(image, pass)).sum();
    let mut faces = if windows.iter().map(Window::cost).sum::<u64>() > whole {
        detector.detect(image, passes)?
    } else {
        look_at(detector, image, &windows, threshold)?
    };
    faces.retain(|face| regions.iter().any(|region| overlap(&face.region, region)));
    Ok(suppress(faces, image))
}

fn look_at(detector: &dyn FaceDetector, image: &Image, windows: &[Window], threshold: f32) -> Result<Vec<Face>, Error> {
    let mut faces = Vec::new();
    for window in windows {
        let pass = Pass { long_side: window.width.max(window.height).min(MAX_SIDE), threshold };
        for mut face in detector.detect(&crop(image, window)?, &[pass])? {
            face.region.x += f64::from(window.x);
            face.region.y += f64::from(window.y);
            faces.push(face);
        }
    }
    Ok(faces)
}

/// A part of the picture, whole px, never empty.
struct Window {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Window {
    fn cost(&self) -> u64 {
        let side = u64::from(self.width.max(self.height).min(MAX_SIDE));
        side * side + OVERHEAD_PX
    }
}

/// The square around `region`, or as much of it as the picture has. Few different sides, so that few networks need wiring.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the picture")]
fn window(region: &Region, image: &Image) -> Option<Window> {
    let (left, top, right, bottom) = region.bounds();
    let (centre_x, centre_y) = region.centre();
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    if right <= 0.0 || bottom <= 0.0 || left >= width || top >= height {
        return None;
    }
    let grown = (GROWTH * (right - left).max(bottom - top)).clamp(1.0, f64::from(u32::MAX));
    let side = SIDES.iter().copied().find(|side| f64::from(*side) >= grown).map_or(grown.ceil(), f64::from);
    let start = |centre: f64, length: f64| (centre - side / 2.0).min(length - side).max(0.0).floor() as u32;
    let (x, y) = (start(centre_x, width), start(centre_y, height));
    let side = side as u32;
    Some(Window { x, y, width: side.min(image.width() - x), height: side.min(image.height() - y) })
}

fn crop(image: &Image, window: &Window) -> Result<Image, Error> {
    let stride = image.width() as usize * 4;
    let columns = window.x as usize * 4..(window.x + window.width) as usize * 4;
    let rows = image.pixels().chunks_exact(stride).skip(window.y as usize).take(window.height as usize);
    let pixels = rows.flat_map(|row| &row[columns.clone()]).copied().collect();
    Image::new(window.width, window.height, pixels)
}

fn whole_cost(image: &Image, pass: &Pass) -> u64 {
    let ((width, height), _) = super::letterbox::sizes(image, &[*pass]).first().copied().unwrap_or(((0, 0), 0.0));
    u64::from(width) * u64::from(height) + OVERHEAD_PX
}

fn overlap(a: &Region, b: &Region) -> bool {
    let (a_left, a_top, a_right, a_bottom) = a.bounds();
    let (b_left, b_top, b_right, b_bottom) = b.bounds();
    a_left < b_right && b_left < a_right && a_top < b_bottom && b_top < a_bottom
}

/// How much larger than the region its surroundings are: a detector needs the head around a face.
const GROWTH: f64 = 1.5;

/// Sides of the windows, px. All are multiples of the detector's coarsest stride; a larger window is shrunk to the last.
const SIDES: [u32; 7] = [64, 96, 160, 256, 384, 512, MAX_SIDE];
const MAX_SIDE: u32 = 640;

/// What a look costs whatever its size, in px of input that take as long.
const OVERHEAD_PX: u64 = 4096;
