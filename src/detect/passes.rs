//! The sensitivity levels: which looks each takes at a picture.
//!
//! The numbers were chosen by `npm run eval`, on photos that others than the tests' show; see models/README.md.

use crate::Sensitivity;

/// One look at a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// The picture is resized until its longer side is this, px. A small picture is at most doubled, a panorama is shrunk less.
    pub long_side: u32,
    /// How far the faces looked for are turned, degrees clockwise.
    pub angle: i32,
    /// A box with at least this score is a candidate, which is looked at again, closely.
    pub candidate: f32,
    /// A box with at least this score is a face without that.
    pub sure: f32,
    /// A candidate whose score is at least this after the close look is a face.
    pub threshold: f64,
}

/// The passes for a sensitivity.
#[must_use]
pub fn passes(sensitivity: Sensitivity) -> &'static [Pass] {
    match sensitivity {
        Sensitivity::Fast => FAST,
        Sensitivity::Balanced => BALANCED,
        Sensitivity::Thorough => THOROUGH,
    }
}

/// The passes that a second opinion takes as well, where there is one.
#[must_use]
pub fn second_passes(sensitivity: Sensitivity) -> &'static [Pass] {
    match sensitivity {
        Sensitivity::Fast | Sensitivity::Balanced => &[],
        Sensitivity::Thorough => SECOND,
    }
}

const FAST: &[Pass] = &[UPRIGHT];
const BALANCED: &[Pass] = &[UPRIGHT, at(UPRIGHT, 1280, 0)];
// Faces lie on their side or stand on their head in photos that were never turned upright: they are looked for as carefully as others.
const THOROUGH: &[Pass] = &[
    UPRIGHT,
    at(UPRIGHT, 1280, 0),
    at(UPRIGHT, 2560, 0),
    at(UPRIGHT, 640, 90),
    at(UPRIGHT, 1280, 90),
    at(UPRIGHT, 2560, 90),
    at(UPRIGHT, 640, 270),
    at(UPRIGHT, 1280, 270),
    at(UPRIGHT, 2560, 270),
    at(UPRIGHT, 640, 180),
    at(UPRIGHT, 1280, 180),
    at(UPRIGHT, 640, 45),
    at(UPRIGHT, 1280, 45),
    at(UPRIGHT, 640, 315),
    at(UPRIGHT, 1280, 315),
];
const SECOND: &[Pass] = &[CENTRE, at(CENTRE, 1280, 0)];

const UPRIGHT: Pass = Pass { long_side: 640, angle: 0, candidate: 0.3, sure: 0.7, threshold: 0.3 };
/// CenterFace scores lower than YuNet, and hardly ever anything that is no face.
const CENTRE: Pass = Pass { sure: 0.4, ..UPRIGHT };

const fn at(pass: Pass, long_side: u32, angle: i32) -> Pass {
    // Turned, hair and folds look like faces more often: nothing is sure there without a close look.
    let sure = if angle == 0 { pass.sure } else { f32::INFINITY };
    Pass { long_side, angle, sure, ..pass }
}
