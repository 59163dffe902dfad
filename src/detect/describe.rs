//! Says in words what was looked for and what was not.

use super::passes::{Pass, second_passes};
use super::search::Eyes;
use super::view::Frame;
use crate::{Image, Sensitivity};

/// The detectors and their passes, as the report has them: `yunet 640+1280, turned 90: 640; centerface 640`.
pub(super) fn describe(eyes: &Eyes<'_>) -> String {
    let first = format!("{} {}", eyes.detector.name(), sides(eyes.passes));
    match eyes.second {
        Some((second, passes)) => format!("{first}; {} {}", second.name(), sides(passes)),
        None => first,
    }
}

fn sides(passes: &[Pass]) -> String {
    let mut angles: Vec<i32> = Vec::new();
    for pass in passes {
        if !angles.contains(&pass.angle) {
            angles.push(pass.angle);
        }
    }
    let at = |angle: &i32| {
        let sides: Vec<String> = passes.iter().filter(|pass| pass.angle == *angle).map(|pass| pass.long_side.to_string()).collect();
        if *angle == 0 { sides.join("+") } else { format!("turned {angle}: {}", sides.join("+")) }
    };
    angles.iter().map(at).collect::<Vec<_>>().join(", ")
}

/// What the passes cannot see in `image`.
pub(super) fn not_looked_for(image: &Image, sensitivity: Sensitivity, eyes: &Eyes<'_>) -> Vec<String> {
    let mut missing = Vec::new();
    let scales = eyes.passes.iter().map(|pass| {
        let frame = Frame::whole(image.width(), image.height(), pass.long_side, 0);
        f64::from(frame.size.0) / f64::from(frame.width)
    });
    let smallest = libm::ceil(SMALLEST_PX / scales.fold(0.0, f64::max).max(f64::MIN_POSITIVE));
    if smallest >= NOTABLE_PX {
        missing.push(format!("faces smaller than about {smallest} px were not looked for"));
    }
    if eyes.passes.iter().all(|pass| pass.angle == 0) {
        missing.push("faces lying on their side or upside down were not looked for: sensitivity thorough does".into());
    }
    if !second_passes(sensitivity).is_empty() && eyes.second.is_none() {
        missing.push("there was no second opinion on faces: the model for it was not at hand".into());
    }
    missing
}

/// The smallest face that the detector sees, px of its input.
const SMALLEST_PX: f64 = 10.0;

/// Below this a face is hardly one that somebody recognises.
const NOTABLE_PX: f64 = 16.0;
