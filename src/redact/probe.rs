//! The picture on which a GPU must agree with the CPU before it is trusted.

use super::plan::{Plan, Strength, Target, plan};
use crate::redaction::Source;
use crate::{FaceMode, Image, Random, Region};

/// A picture with gradients, edges and see-through parts, and regions whose cells are one px and several, cut by the border and
/// overlapping.
pub(super) fn case() -> Option<(Image, Plan)> {
    let (width, height) = (240, 130);
    let pixels = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y): (u32, u32)| {
            let stripe = if (x / 7 + y / 5).is_multiple_of(2) { 90 } else { 0 };
            [x % 166 + stripe, y + stripe, (x * y) % 256, 255 - (x * 3 + y) % 40].map(|level| u8::try_from(level).unwrap_or(255))
        })
        .collect();
    let image = Image::new(width, height, pixels).ok()?;
    let regions = [
        Region::new(-20.0, 40.0, 130.0, 110.0),
        Region::new(90.0, 70.0, 40.0, 30.0),
        Region::new(170.0, 20.0, 21.0, 27.0),
        Region::new(216.0, 90.0, 1.0, 1.0),
    ];
    let targets = regions.map(|region| Target { region, source: Source::Manual, strength: Strength::Normal, mode: None });
    let random = Random::new(Some(0x5EED)).ok()?;
    let mut all = plan(width, height, &targets, FaceMode::Blur, None, &random);
    // A mosaic in the same picture, so that one submission shows both.
    let tiles = Target { region: Region::new(200.0, 100.0, 9.0, 22.0), source: Source::Manual, strength: Strength::Normal, mode: None };
    all.jobs.extend(plan(width, height, &[tiles], FaceMode::Mosaic, None, &random).jobs);
    Some((image, all))
}
