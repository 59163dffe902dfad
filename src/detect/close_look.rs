//! A close look at what a pass was not sure of: true faces are found again at another size and in the mirror, most others are not.

use super::FaceDetector;
use super::boxes::{Candidate, is_same};
use super::search::Eyes;
use super::view::{Frame, MAX_ENLARGEMENT, MULTIPLE, Picture};
use crate::{Error, Face};

/// Scores those of `candidates` anew that no pass was sure of. They are best first; the order stays.
///
/// The score is the mean of the pass's, the close looks' together and, where there is one, the second opinion's. One that cannot come to
/// `worth` any more is not looked at further, and has a score below it. There is a bound to what is looked at: those beyond it, the worst of a
/// crowd, keep the pass's score, which is higher as a rule, so that rather too much is covered.
///
/// # Errors
/// As [`FaceDetector::look`].
pub(crate) fn look_closely(eyes: &Eyes<'_>, picture: &Picture<'_>, candidates: &mut [Candidate], worth: f64) -> Result<(), Error> {
    let mut left = MAX_PX;
    for candidate in candidates.iter_mut().filter(|candidate| !candidate.sure) {
        let plain = frames(candidate);
        // Small ones first: they take the least time, and say most of it.
        let all: Vec<Frame> = plain.iter().flat_map(|frame| [*frame, Frame { mirrored: true, ..*frame }]).collect();
        left = left.saturating_sub(all.iter().map(Frame::cost).sum());
        if left == 0 {
            break;
        }
        let mut opinions = Opinions { pass: candidate.by_first, looks: all.len(), seen: Vec::new(), second: eyes.second.map(|_| 1.0) };
        for frame in &all {
            opinions.seen.push(score(eyes.detector, picture, frame, &candidate.face)?);
            if opinions.score() < worth {
                break;
            }
        }
        if let Some((second, _)) = eyes.second.filter(|_| opinions.score() >= worth) {
            let scores = plain.iter().map(|frame| score(second, picture, frame, &candidate.face));
            opinions.second = Some(scores.collect::<Result<Vec<_>, _>>()?.into_iter().fold(0.0, f64::max));
        }
        candidate.face.score = opinions.score();
    }
    Ok(())
}

/// What is thought of a candidate; the best that can be, where nobody has looked yet.
struct Opinions {
    pass: f64,
    /// How many close looks there are to be.
    looks: usize,
    /// The scores of those that there were.
    seen: Vec<f64>,
    second: Option<f64>,
}

impl Opinions {
    /// The mean, to three places.
    fn score(&self) -> f64 {
        let looks = (self.seen.iter().sum::<f64>() + (self.looks - self.seen.len()) as f64) / self.looks as f64;
        let (sum, count) = self.second.map_or((self.pass + looks, 2.0), |second| (self.pass + looks + second, 3.0));
        libm::round(sum / count * 1000.0) / 1000.0
    }
}

/// How `face` scores in `frame`.
fn score(detector: &dyn FaceDetector, picture: &Picture<'_>, frame: &Frame, face: &Face) -> Result<f64, Error> {
    let seen = detector.look(&picture.view(frame)?, LEAST_SCORE)?;
    let again = seen.iter().filter(|seen| is_same(&seen.region, &face.region));
    Ok(again.map(|seen| seen.score).fold(0.0, f64::max))
}

/// Where to look: the face and what is around it, so large that the face has one of [`SIDES`].
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a window is a few times its face, which lies in the picture")]
fn frames(candidate: &Candidate) -> Vec<Frame> {
    let Face { region, .. } = candidate.face;
    let side = libm::sqrt(region.width * region.height);
    let (x, y) = region.centre();
    let mut frames: Vec<Frame> = Vec::with_capacity(SIDES.len());
    for wanted in SIDES {
        let scale = (wanted / side).min(MAX_ENLARGEMENT);
        let size = (libm::ceil(side * scale * SURROUNDINGS) as u32).next_multiple_of(MULTIPLE as u32);
        let window = f64::from(size) / scale;
        let start = |centre: f64| libm::floor(centre - window / 2.0) as i64;
        let length = (libm::round(window) as u32).max(1);
        let frame = Frame {
            left: start(x),
            top: start(y),
            width: length,
            height: length,
            size: (size, size),
            angle: candidate.angle,
            mirrored: false,
        };
        // A tiny face cannot be shown larger: both sides are then the same look.
        if !frames.contains(&frame) {
            frames.push(frame);
        }
    }
    frames
}

/// Sides at which a face is looked at, px. Detectors are at their best between the two.
const SIDES: [f64; 2] = [24.0, 48.0];

/// How much larger than the face the window is: detectors go by the head and shoulders around it.
const SURROUNDINGS: f64 = 4.0;

/// Boxes below this say nothing.
const LEAST_SCORE: f32 = 0.05;

/// How much is looked at closely in one picture, px of input: some 20 times the pass at 1280.
const MAX_PX: u64 = 24 << 20;
