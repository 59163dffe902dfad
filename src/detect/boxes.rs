//! From the detector's cells to faces: decoding, then non-maximum suppression (NMS).

use super::letterbox::Letterbox;
use super::network::Cells;
use crate::{Error, Face, Image, Region};

/// Appends the faces that `cells` hold with at least `threshold`, in px of the picture.
///
/// # Errors
/// [`Error::Model`] when the network's numbers are none: a face that is not found would stay in the photo.
pub(crate) fn decode(cells: &[Cells], letterbox: &Letterbox, threshold: f32, faces: &mut Vec<Face>) -> Result<(), Error> {
    for level in cells {
        let planes = level.cls.iter().zip(&level.obj).enumerate();
        for (cell, (cls, obj)) in planes {
            let score = (cls.clamp(0.0, 1.0) * obj.clamp(0.0, 1.0)).sqrt();
            if score < threshold {
                continue;
            }
            let face = face(level, letterbox, cell, score);
            let numbers = face.map(|face| [face.region.x, face.region.y, face.region.width, face.region.height, face.score]);
            match (face, numbers) {
                (Some(face), Some(numbers)) if numbers.iter().all(|number| number.is_finite()) => faces.push(face),
                _ => return Err(Error::Model("the face model gave no numbers".into())),
            }
        }
    }
    Ok(())
}

fn face(level: &Cells, letterbox: &Letterbox, cell: usize, score: f32) -> Option<Face> {
    let count = level.cls.len();
    let value = |plane: usize| level.bbox.get(plane * count + cell).copied().map(f64::from);
    let (stride, column, row) = (level.stride as f64, (cell % level.columns) as f64, (cell / level.columns) as f64);
    let (across, down) = letterbox.scale;
    let (width, height) = (libm::exp(value(2)?) * stride * across, libm::exp(value(3)?) * stride * down);
    let (x, y) = ((column + value(0)?) * stride * across, (row + value(1)?) * stride * down);
    let region = Region::new(tenths(x - width / 2.0), tenths(y - height / 2.0), tenths(width), tenths(height));
    Some(Face { region, score: libm::round(f64::from(score) * 1000.0) / 1000.0 })
}

/// Rounded, so that platforms whose float sums differ in the last bits agree on where a face is.
fn tenths(px: f64) -> f64 {
    libm::round(px * 10.0) / 10.0
}

/// The faces that lie in the picture, best score first, without those that overlap a better one.
pub(crate) fn suppress(mut faces: Vec<Face>, image: &Image) -> Vec<Face> {
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    faces.retain(|Face { region, .. }| {
        let inside = region.x < width && region.y < height && region.x + region.width > 0.0 && region.y + region.height > 0.0;
        inside && region.width > 0.0 && region.height > 0.0
    });
    faces.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| place(a).partial_cmp(&place(b)).unwrap_or(std::cmp::Ordering::Equal)));
    faces.truncate(MAX_CANDIDATES);
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|better| iou(&better.region, &face.region) <= MAX_IOU) {
            kept.push(face);
        }
    }
    kept
}

/// Breaks ties of the score: top to bottom, left to right, largest first.
fn place(face: &Face) -> [f64; 4] {
    [face.region.y, face.region.x, -face.region.width, -face.region.height]
}

/// Area of the intersection over that of the union.
fn iou(a: &Region, b: &Region) -> f64 {
    let width = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
    let height = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
    let shared = width.max(0.0) * height.max(0.0);
    shared / (a.width * a.height + b.width * b.height - shared)
}

/// Two boxes that share more than this are one face.
const MAX_IOU: f64 = 0.4;

/// A crowd has a few hundred faces, each found by about ten cells. NMS compares each candidate with each kept face.
const MAX_CANDIDATES: usize = 5000;
