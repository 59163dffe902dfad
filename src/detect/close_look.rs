//! A close look at what a pass was not sure of: true faces are found again at another size and in the mirror, most others are not.

use super::FaceDetector;
use super::boxes::{Candidate, is_same};
use super::search::Eyes;
use super::view::{Frame, MAX_ENLARGEMENT, MULTIPLE, Picture};
use crate::{Error, Face};

/// Scores those of `candidates` anew that no pass was sure of. They are best first; the order stays.
///
/// The score is the mean of the pass's, the close looks' together and, where there is one, the second opinion's. There is a bound to what
/// is looked at: those beyond it, the worst of a crowd, keep the pass's score, which is higher as a rule, so that rather too much is covered.
///
/// # Errors
/// As [`FaceDetector::look`].
pub(crate) fn look_closely(eyes: &Eyes<'_>, picture: &Picture<'_>, candidates: &mut [Candidate]) -> Result<(), Error> {
    let mut left = MAX_PX;
    for candidate in candidates.iter_mut().filter(|candidate| !candidate.sure) {
        let plain = frames(candidate);
        let mirrored = plain.iter().map(|frame| Frame { mirrored: true, ..*frame });
        let all: Vec<Frame> = plain.iter().copied().chain(mirrored).collect();
        left = left.saturating_sub(all.iter().map(Frame::cost).sum());
        if left == 0 {
            break;
        }
        let seen = scores(eyes.detector, picture, &all, &candidate.face)?;
        let mut opinions = vec![candidate.by_first, seen.iter().sum::<f64>() / seen.len().max(1) as f64];
        if let Some((second, _)) = eyes.second {
            opinions.push(scores(second, picture, &plain, &candidate.face)?.into_iter().fold(0.0, f64::max));
        }
        let mean = opinions.iter().sum::<f64>() / opinions.len() as f64;
        candidate.face.score = libm::round(mean * 1000.0) / 1000.0;
    }
    Ok(())
}

/// How `face` scores in each of `frames`.
fn scores(detector: &dyn FaceDetector, picture: &Picture<'_>, frames: &[Frame], face: &Face) -> Result<Vec<f64>, Error> {
    let score = |frame: &Frame| {
        let seen = detector.look(&picture.view(frame)?, LEAST_SCORE)?;
        let again = seen.iter().filter(|seen| is_same(&seen.region, &face.region));
        Ok(again.map(|seen| seen.score).fold(0.0, f64::max))
    };
    frames.iter().map(score).collect()
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
