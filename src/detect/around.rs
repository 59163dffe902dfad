//! A second look at places in a picture: is there still a face?

use super::Pass;
use super::search::{Eyes, frames, look, search_for, sift};
use super::view::{Frame, MAX_ENLARGEMENT, Picture};
use crate::{Error, Face, Image, Region};

/// Finds the faces that overlap one of `regions`, by looking at each and its surroundings as large and as turned as each pass shows
/// it, and once at its full size; where that would take longer than looking at the whole picture, by doing that. The second opinion is
/// heard on what is found so. Boxes are in
/// px of the picture, best score first.
///
/// # Errors
/// As [`FaceDetector::look`].
pub fn detect_around(eyes: &Eyes<'_>, image: &Image, regions: &[Region]) -> Result<Vec<Face>, Error> {
    let picture = Picture::new(image);
    let whole = frames(&picture, eyes.passes);
    let looks: Vec<(Frame, Pass)> = regions.iter().flat_map(|region| looks(region, &picture, &whole)).collect();
    let cost = |looks: &[(Frame, Pass)]| looks.iter().map(|(frame, _)| frame.cost() + OVERHEAD_PX).sum::<u64>();
    let mut faces = if cost(&looks) > cost(&whole) {
        search_for(eyes, &picture, LEAST_SCORE)?.faces
    } else {
        let mut candidates = Vec::new();
        for (frame, pass) in &looks {
            look(eyes.detector, &picture, frame, pass, false, &mut candidates)?;
        }
        sift(eyes, &picture, candidates, LEAST_SCORE)?.faces
    };
    faces.retain(|face| face.score >= LEAST_SCORE && regions.iter().any(|region| overlap(&face.region, region)));
    Ok(faces)
}

/// The looks at one region: none where it lies outside the picture.
fn looks(region: &Region, picture: &Picture<'_>, whole: &[(Frame, Pass)]) -> Vec<(Frame, Pass)> {
    let (left, top, right, bottom) = region.bounds();
    if right <= 0.0 || bottom <= 0.0 || left >= f64::from(picture.width()) || top >= f64::from(picture.height()) {
        return Vec::new();
    }
    let mut looks: Vec<(Frame, Pass)> = Vec::new();
    for (frame, pass) in whole {
        let scale = f64::from(frame.size.0) / f64::from(frame.width);
        for scale in [scale, 1.0] {
            let frame = around(region, scale, pass.angle);
            if !looks.iter().any(|(seen, _)| *seen == frame) {
                looks.push((frame, *pass));
            }
        }
    }
    looks
}

/// A square around `region`, shown at `scale`, or less where it would be too large. Few different sides, so that few networks need wiring.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a side is one of a few small ones, or that over a scale")]
fn around(region: &Region, scale: f64, angle: i32) -> Frame {
    let (left, top, right, bottom) = region.bounds();
    let (x, y) = region.centre();
    let grown = (GROWTH * (right - left).max(bottom - top)).clamp(1.0, f64::from(u32::MAX / 4));
    let side = SIDES.iter().copied().find(|side| f64::from(*side) >= grown * scale).unwrap_or(MAX_SIDE);
    let scale = scale.min(f64::from(side) / grown).min(MAX_ENLARGEMENT);
    let window = f64::from(side) / scale;
    let start = |centre: f64| libm::floor(centre - window / 2.0) as i64;
    let length = (libm::round(window) as u32).max(1);
    Frame { left: start(x), top: start(y), width: length, height: length, size: (side, side), angle, mirrored: false }
}

fn overlap(a: &Region, b: &Region) -> bool {
    let (a_left, a_top, a_right, a_bottom) = a.bounds();
    let (b_left, b_top, b_right, b_bottom) = b.bounds();
    a_left < b_right && b_left < a_right && a_top < b_bottom && b_top < a_bottom
}

/// The score from which a face counts here, whatever the passes say. They have looked at the picture before; what is new in it are the edges
/// of redactions, and those look a little like faces.
const LEAST_SCORE: f64 = 0.5;

/// How much larger than the region its surroundings are: a detector needs the head around a face.
const GROWTH: f64 = 1.5;

/// Sides of the windows, px. All are multiples of the detector's coarsest stride; a larger window is shrunk to the last.
const SIDES: [u32; 7] = [64, 96, 160, 256, 384, 512, MAX_SIDE];
const MAX_SIDE: u32 = 640;

/// What a look costs whatever its size, in px of input that take as long.
const OVERHEAD_PX: u64 = 4096;
