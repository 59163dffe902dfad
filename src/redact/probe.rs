//! The picture on which a GPU must agree with the CPU before it is trusted, and by which both are timed.

use super::plan::{Plan, Strength, Target, plan};
use crate::redaction::Source;
use crate::{FaceMode, Image, Random, Region};

/// That there is none.
pub(super) const BROKEN: &str = "the GPU's test picture is broken";

/// A picture with gradients, edges and see-through parts, and regions whose cells are one px and several, cut by the border and
/// overlapping. `scale` makes all of it so many times as wide and high.
pub(super) fn case(scale: u32) -> Option<(Image, Plan)> {
    let (width, height) = (240 * scale, 130 * scale);
    let pixels = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y): (u32, u32)| {
            let stripe = if (x / 7 + y / 5).is_multiple_of(2) { 90 } else { 0 };
            [x % 166 + stripe, y + stripe, (x * y) % 256, 255 - (x * 3 + y) % 40].map(|level| u8::try_from(level).unwrap_or(255))
        })
        .collect();
    let image = Image::new(width, height, pixels).ok()?;
    let target = |[x, y, width, height]: [f64; 4]| {
        let region = Region::new(x, y, width, height).scaled(f64::from(scale));
        Target { region, source: Source::Manual, strength: Strength::Normal, mode: None }
    };
    let blurred = [[-20.0, 40.0, 130.0, 110.0], [90.0, 70.0, 40.0, 30.0], [170.0, 20.0, 21.0, 27.0], [216.0, 90.0, 1.0, 1.0]].map(target);
    let random = Random::new(Some(0x5EED)).ok()?;
    let mut all = plan(width, height, &blurred, FaceMode::Blur, None, &random);
    // A mosaic in the same picture, so that one submission shows both.
    all.jobs.extend(plan(width, height, &[target([200.0, 100.0, 9.0, 22.0])], FaceMode::Mosaic, None, &random).jobs);
    Some((image, all))
}
