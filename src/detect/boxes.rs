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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    fn image() -> Image {
        Image::new(100, 50, vec![0; 100 * 50 * 4]).unwrap()
    }

    fn face(x: f64, y: f64, side: f64, score: f64) -> Face {
        Face { region: Region::new(x, y, side, side), score }
    }

    /// Two columns of two cells of 8 px; the last one holds a face.
    fn cells() -> Cells {
        let last = |value: f32| vec![0.0, 0.0, 0.0, value];
        let bbox = [last(0.5), last(0.25), last(0.0), last(std::f32::consts::LN_2)].concat();
        Cells { stride: 8, columns: 2, cls: last(0.81), obj: last(1.5), bbox }
    }

    fn letterbox() -> Letterbox {
        Letterbox { width: 16, height: 16, planes: Vec::new(), scale: (2.0, 3.0) }
    }

    #[test]
    fn decodes_a_cell_to_px_of_the_picture() {
        let mut faces = Vec::new();
        decode(&[cells()], &letterbox(), 0.5, &mut faces).unwrap();
        // Centre (1.5, 1.25) · 8, size (1, 2) · 8, then 2 × across and 3 × down. Objectness above 1 counts as 1.
        let region = Region::new(24.0 - 8.0, 30.0 - 24.0, 16.0, 48.0);
        assert_eq!(faces, [Face { region, score: 0.9 }]);
        decode(&[cells()], &letterbox(), 0.91, &mut faces).unwrap();
        assert_eq!(faces.len(), 1, "below the threshold");
    }

    #[test]
    fn refuses_what_is_no_number() {
        for (what, change) in
            [("score", (|cells| cells.cls[0] = f32::NAN) as fn(&mut Cells)), ("size", |cells| cells.bbox[15] = f32::INFINITY)]
        {
            let mut cells = cells();
            change(&mut cells);
            assert!(matches!(decode(&[cells], &letterbox(), 0.5, &mut Vec::new()), Err(Error::Model(_))), "{what}");
        }
    }

    #[test]
    fn keeps_the_best_of_those_that_overlap() {
        let (best, worse, apart) = (face(0.0, 0.0, 20.0, 0.9), face(2.0, 2.0, 20.0, 0.8), face(60.0, 0.0, 20.0, 0.7));
        assert_eq!(suppress(vec![apart, worse, best], &image()), [best, apart]);
        // A face in front of another: they share a third of the smaller one.
        let beside = face(13.0, 0.0, 20.0, 0.8);
        assert_eq!(suppress(vec![best, beside], &image()), [best, beside]);
    }

    #[test]
    fn equal_scores_are_in_reading_order() {
        let faces = [face(0.0, 0.0, 5.0, 0.5), face(50.0, 0.0, 5.0, 0.5), face(0.0, 20.0, 5.0, 0.5)];
        let [a, b, c] = faces;
        for order in [[a, b, c], [c, b, a], [b, c, a]] {
            assert_eq!(suppress(order.to_vec(), &image()), faces);
        }
    }

    #[test]
    fn drops_what_lies_outside_the_picture() {
        let partly = face(-10.0, 40.0, 20.0, 0.9);
        assert_eq!(suppress(vec![face(-20.0, 0.0, 20.0, 0.9), face(100.0, 0.0, 20.0, 0.9), partly], &image()), [partly]);
    }
}
