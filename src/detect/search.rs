//! The search for faces: passes over the picture, one box for each face, a close look at what is doubtful.

use super::boxes::{Candidate, suppress};
use super::close_look::look_closely;
use super::view::{Frame, Picture};
use super::{FaceDetector, Pass};
use crate::{Error, Face, Image};

/// Who looks, and how.
#[derive(Clone, Copy)]
pub struct Eyes<'a> {
    /// The detector.
    pub detector: &'a dyn FaceDetector,
    /// Its passes.
    pub passes: &'a [Pass],
    /// Another detector and its passes. It looks closely too, at what either found.
    pub second: Option<(&'a dyn FaceDetector, &'a [Pass])>,
}

/// What a search found, best first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Faces.
    pub faces: Vec<Face>,
    /// What scored too little to count as a face, but might be one.
    pub uncertain: Vec<Face>,
}

/// Looks for faces in an upright picture.
///
/// # Errors
/// As [`FaceDetector::look`].
pub fn search(eyes: &Eyes<'_>, image: &Image) -> Result<Found, Error> {
    search_for(eyes, &Picture::new(image), UNCERTAIN)
}

/// The same, for what scores at least `worth`.
pub(crate) fn search_for(eyes: &Eyes<'_>, picture: &Picture<'_>, worth: f64) -> Result<Found, Error> {
    let mut candidates = Vec::new();
    for (frame, pass) in frames(picture, eyes.passes) {
        look(eyes.detector, picture, &frame, &pass, false, &mut candidates)?;
    }
    if let Some((second, passes)) = eyes.second {
        for (frame, pass) in frames(picture, passes) {
            look(second, picture, &frame, &pass, true, &mut candidates)?;
        }
    }
    sift(eyes, picture, candidates, worth)
}

/// Appends what one look gives; `second` says whose it is.
pub(crate) fn look(
    detector: &dyn FaceDetector,
    picture: &Picture<'_>,
    frame: &Frame,
    pass: &Pass,
    second: bool,
    candidates: &mut Vec<Candidate>,
) -> Result<(), Error> {
    let faces = detector.look(&picture.view(frame)?, pass.candidate)?;
    candidates.extend(faces.into_iter().map(|face| Candidate {
        face,
        angle: pass.angle,
        sure: face.score >= f64::from(pass.sure),
        by_first: if second { 0.0 } else { face.score },
        threshold: pass.threshold,
    }));
    Ok(())
}

/// Tells faces from what only looked like one. What scores less than `worth` may be missing.
pub(crate) fn sift(eyes: &Eyes<'_>, picture: &Picture<'_>, candidates: Vec<Candidate>, worth: f64) -> Result<Found, Error> {
    let mut candidates = suppress(candidates, picture);
    look_closely(eyes, picture, &mut candidates, worth)?;
    // The close look has changed scores, and with them the order.
    let mut found = Found::default();
    for Candidate { face, threshold, .. } in suppress(candidates, picture) {
        if face.score >= threshold {
            found.faces.push(face);
        } else if face.score >= UNCERTAIN {
            found.uncertain.push(face);
        }
    }
    Ok(found)
}

/// What the passes look at. Passes that come to the same size, because the picture is small, are one, with the lower numbers.
pub(crate) fn frames(picture: &Picture<'_>, passes: &[Pass]) -> Vec<(Frame, Pass)> {
    let mut frames: Vec<(Frame, Pass)> = Vec::with_capacity(passes.len());
    for pass in passes {
        let frame = Frame::whole(picture.width(), picture.height(), pass.long_side, pass.angle);
        match frames.iter_mut().find(|(seen, _)| *seen == frame) {
            Some((_, seen)) => {
                seen.candidate = seen.candidate.min(pass.candidate);
                seen.sure = seen.sure.min(pass.sure);
                seen.threshold = seen.threshold.min(pass.threshold);
            }
            None => frames.push((frame, *pass)),
        }
    }
    frames
}

/// The score from which something is worth a person's look.
const UNCERTAIN: f64 = 0.2;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    #[test]
    fn passes_of_one_size_are_one_pass_with_the_lower_thresholds() {
        let pass = |long_side, candidate, threshold| Pass { long_side, angle: 0, candidate, sure: 0.9, threshold };
        let passes = [pass(640, 0.5, 0.6), pass(1280, 0.6, 0.5), pass(2560, 0.4, 0.7)];
        let look = |width: u32, height: u32, passes: &[Pass]| -> Vec<((u32, u32), f32, f64)> {
            let image = Image::new(width, height, vec![0; width as usize * height as usize * 4]).unwrap();
            let frames = frames(&Picture::new(&image), passes);
            frames.into_iter().map(|(frame, pass)| (frame.size, pass.candidate, pass.threshold)).collect()
        };
        assert_eq!(look(100, 80, &passes), [((200, 160), 0.4, 0.5)]);
        assert_eq!(look(400, 320, &passes), [((640, 512), 0.5, 0.6), ((800, 640), 0.4, 0.5)]);
        let turned = [passes[0], Pass { angle: 90, ..passes[0] }];
        assert_eq!(look(400, 320, &turned).len(), 2, "another turn is another look");
    }
}
