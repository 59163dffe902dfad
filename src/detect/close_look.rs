//! A close look at what a pass was not sure of: true faces are found again at another size and in the mirror, most others are not.

use super::FaceDetector;
use super::boxes::{Candidate, is_same};
use super::search::Eyes;
use super::view::{Frame, MAX_ENLARGEMENT, MULTIPLE, Picture};
use crate::{Error, Face};

/// Scores those of `candidates` anew that no pass was sure of. They are best first; the order stays.
///
/// The score is the mean of the pass's, the close looks' together and, where there is one, the second opinion's. Nobody looks further once
/// nothing can change what it is any more: a face, which scores its threshold or more, or less than `worth`. There is a bound to what is
/// looked at: those beyond it, the worst of a crowd, keep the pass's score, which is higher as a rule, so that rather too much is covered.
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
        let mut opinions = Opinions { pass: candidate.by_first, close: Vec::new(), looks: all.len(), second: eyes.second.map(|_| None) };
        // A turned box is more often none: its score is to say all that was seen.
        let face = if candidate.angle == 0 { candidate.threshold.max(worth) } else { f64::INFINITY };
        let levels = [face, worth];
        let mut frames = all.iter();
        while let Some(frame) = frames.next().filter(|_| !opinions.are_decided(levels)) {
            opinions.close.push(score(eyes.detector, picture, frame, &candidate.face)?);
        }
        if let Some((second, _)) = eyes.second.filter(|_| !opinions.are_decided(levels)) {
            let scores = plain.iter().map(|frame| score(second, picture, frame, &candidate.face));
            opinions.second = Some(Some(scores.collect::<Result<Vec<_>, _>>()?.into_iter().fold(0.0, f64::max)));
        }
        candidate.face.score = opinions.so_far();
    }
    Ok(())
}

/// What is thought of a candidate, each a score.
struct Opinions {
    pass: f64,
    /// Of close looks, so far.
    close: Vec<f64>,
    /// How many of them there are to be.
    looks: usize,
    /// `None` where nobody else is asked, `Some(None)` before that.
    second: Option<Option<f64>>,
}

impl Opinions {
    /// Whether the score will be at least the first of `levels`, or less than the second, whatever is still to be heard.
    fn are_decided(&self, [face, worth]: [f64; 2]) -> bool {
        self.score(0.0) >= face || self.score(1.0) < worth
    }

    /// The score if all that is still to be heard were `unheard`.
    fn score(&self, unheard: f64) -> f64 {
        let missing = self.looks - self.close.len();
        let close = (self.close.iter().sum::<f64>() + missing as f64 * unheard) / self.looks as f64;
        mean([Some(self.pass), Some(close), self.second.map(|second| second.unwrap_or(unheard))])
    }

    /// The score from what has been heard. It lies between the least and the most that it could have become.
    fn so_far(&self) -> f64 {
        let close = (!self.close.is_empty()).then(|| self.close.iter().sum::<f64>() / self.close.len() as f64);
        mean([Some(self.pass), close, self.second.flatten()])
    }
}

/// Of those that there are, to three places.
fn mean(scores: [Option<f64>; 3]) -> f64 {
    let there: Vec<f64> = scores.into_iter().flatten().collect();
    libm::round(there.iter().sum::<f64>() / there.len() as f64 * 1000.0) / 1000.0
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

#[cfg(test)]
mod tests {
    use super::Opinions;

    /// Hears one opinion after the other, all or until it is decided: the score, and how many it were.
    fn heard(pass: f64, close: [f64; 4], second: Option<f64>, levels: Option<[f64; 2]>) -> (f64, usize) {
        let mut opinions = Opinions { pass, close: Vec::new(), looks: close.len(), second: second.map(|_| None) };
        let is_open = |opinions: &Opinions| levels.is_none_or(|levels| !opinions.are_decided(levels));
        let mut close = close.into_iter();
        while let Some(score) = close.next().filter(|_| is_open(&opinions)) {
            opinions.close.push(score);
        }
        if is_open(&opinions) {
            opinions.second = second.map(Some);
        }
        (opinions.so_far(), opinions.close.len())
    }

    #[test]
    fn what_is_decided_early_is_decided_alike() {
        let scores = [0.0, 0.2, 0.5, 0.8, 1.0];
        let mut looks = 0;
        let mut cases = 0;
        for case in 0..scores.len().pow(5) * 4 * 4 {
            let nth = |place: u32| scores[case / 16 / scores.len().pow(place) % scores.len()];
            let close = [nth(0), nth(1), nth(2), nth(3)];
            let second = [None, Some(0.0), Some(0.4), Some(1.0)][case % 4];
            let levels = [[0.3, 0.2], [0.5, 0.5], [0.7, 0.2], [0.3, 0.3]][case / 4 % 4];
            let class = |score: f64| (score >= levels[0], score >= levels[1]);
            let (early, count) = heard(nth(4), close, second, Some(levels));
            let (late, _) = heard(nth(4), close, second, None);
            assert_eq!(class(early), class(late), "{} {close:?} {second:?} {levels:?}: {early} for {late}", nth(4));
            looks += count;
            cases += 1;
        }
        assert!(looks < cases * 4 * 4 / 5, "{looks} looks in {cases} cases");
    }
}
