//! Boxes that show one face are one: non-maximum suppression (NMS) over all passes.

use super::view::Picture;
use crate::{Face, Region};

/// A box that may be a face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) face: Face,
    /// How far the face is turned, degrees clockwise: which way it was looked at.
    pub(crate) angle: i32,
    /// Whether it needs no close look.
    pub(crate) sure: bool,
    /// The score that the first detector gave it in a pass; 0 where it saw none.
    pub(crate) by_first: f64,
    /// The score from which it is a face.
    pub(crate) threshold: f64,
}

/// The candidates that lie in the picture, best score first, without those that overlap a better one. A face that several passes saw needs
/// no more than the lowest of their thresholds, and is sure if it is so to one.
pub(crate) fn suppress(mut candidates: Vec<Candidate>, picture: &Picture<'_>) -> Vec<Candidate> {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    candidates.retain(|Candidate { face: Face { region, .. }, .. }| {
        let inside = region.x < width && region.y < height && region.x + region.width > 0.0 && region.y + region.height > 0.0;
        inside && region.width > 0.0 && region.height > 0.0
    });
    candidates.sort_by(|a, b| {
        let place = |candidate: &Candidate| place(&candidate.face.region);
        b.face.score.total_cmp(&a.face.score).then_with(|| place(a).partial_cmp(&place(b)).unwrap_or(std::cmp::Ordering::Equal))
    });
    candidates.truncate(MAX_CANDIDATES);
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        match kept.iter_mut().find(|better| is_one(better, &candidate)) {
            Some(better) => {
                better.sure |= candidate.sure;
                better.by_first = better.by_first.max(candidate.by_first);
                better.threshold = better.threshold.min(candidate.threshold);
            }
            None => kept.push(candidate),
        }
    }
    kept
}

/// Breaks ties of the score: top to bottom, left to right, largest first.
fn place(region: &Region) -> [f64; 4] {
    [region.y, region.x, -region.width, -region.height]
}

/// Whether two candidates are one face. Seen turned, a cheek with a part of the hair can look like another face: where two looks at
/// different turns see boxes that overlap at all much, the better one is right, and is covered.
fn is_one(better: &Candidate, other: &Candidate) -> bool {
    let (a, b) = (&better.face.region, &other.face.region);
    is_same(a, b) || better.angle != other.angle && shared(a, b) > MAX_SHARE * (a.width * a.height).min(b.width * b.height)
}

/// Whether two boxes show one face.
pub(crate) fn is_same(a: &Region, b: &Region) -> bool {
    iou(a, b) > MAX_IOU
}

/// Area of the intersection over that of the union. The few degrees by which one box may be turned against the other are left out: faces
/// are nearly square.
fn iou(a: &Region, b: &Region) -> f64 {
    let shared = shared(a, b);
    shared / (a.width * a.height + b.width * b.height - shared)
}

/// Area of the intersection.
fn shared(a: &Region, b: &Region) -> f64 {
    let width = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
    let height = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
    width.max(0.0) * height.max(0.0)
}

/// Two boxes that share more than this are one face.
const MAX_IOU: f64 = 0.4;

/// The same, of the smaller box, where the two were seen at different turns.
const MAX_SHARE: f64 = 0.4;

/// A crowd has a few hundred faces, each found by about ten cells. NMS compares each candidate with each kept face.
const MAX_CANDIDATES: usize = 5000;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;
    use crate::Image;

    fn suppressed(candidates: &[Candidate]) -> Vec<Candidate> {
        let image = Image::new(100, 50, vec![0; 100 * 50 * 4]).unwrap();
        suppress(candidates.to_vec(), &Picture::new(&image))
    }

    fn candidate(x: f64, y: f64, side: f64, score: f64) -> Candidate {
        Candidate { face: Face { region: Region::new(x, y, side, side), score }, angle: 0, sure: false, by_first: score, threshold: 0.5 }
    }

    #[test]
    fn keeps_the_best_of_those_that_overlap() {
        let (best, worse, apart) = (candidate(0.0, 0.0, 20.0, 0.9), candidate(2.0, 2.0, 20.0, 0.8), candidate(60.0, 0.0, 20.0, 0.7));
        assert_eq!(suppressed(&[apart, worse, best]), [best, apart]);
        // A face in front of another: they share a third of the smaller one.
        let beside = candidate(13.0, 0.0, 20.0, 0.8);
        assert_eq!(suppressed(&[best, beside]), [best, beside]);
    }

    #[test]
    fn a_turned_box_on_a_part_of_a_better_face_is_that_face() {
        let (face, cheek) = (candidate(0.0, 0.0, 40.0, 0.9), candidate(20.0, 20.0, 16.0, 0.5));
        assert_eq!(suppressed(&[face, cheek]), [face, cheek], "a small face before a large one");
        let turned = Candidate { angle: 90, ..cheek };
        assert_eq!(suppressed(&[face, turned]), [face]);
    }

    #[test]
    fn needs_no_more_than_one_of_those_that_overlap() {
        let turned = Candidate { angle: 90, by_first: 0.0, threshold: 0.7, ..candidate(0.0, 0.0, 20.0, 0.9) };
        let upright = Candidate { sure: true, ..candidate(2.0, 2.0, 20.0, 0.8) };
        assert_eq!(suppressed(&[turned, upright]), [Candidate { sure: true, by_first: 0.8, threshold: 0.5, ..turned }]);
    }

    #[test]
    fn equal_scores_are_in_reading_order() {
        let candidates = [candidate(0.0, 0.0, 5.0, 0.5), candidate(50.0, 0.0, 5.0, 0.5), candidate(0.0, 20.0, 5.0, 0.5)];
        let [a, b, c] = candidates;
        for order in [[a, b, c], [c, b, a], [b, c, a]] {
            assert_eq!(suppressed(&order), candidates);
        }
    }

    #[test]
    fn drops_what_lies_outside_the_picture() {
        let partly = candidate(-10.0, 40.0, 20.0, 0.9);
        assert_eq!(suppressed(&[candidate(-20.0, 0.0, 20.0, 0.9), candidate(100.0, 0.0, 20.0, 0.9), partly]), [partly]);
    }
}
