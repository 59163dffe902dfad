//! Any set of regions: from one pixel to the whole picture, overlapping, at the border and outside of it, in any mix of looks.

use darkslide::redact::{Plan, Source, Strength, Target, plan};
use darkslide::{FaceMode, Image, Region};

use crate::redact::{Dice, IRREVERSIBLE, random, redact, scene};

/// A set of regions in a picture.
struct Set {
    image: Image,
    targets: Vec<Target>,
    plan: Plan,
}

fn some_set(case: u64) -> Set {
    let mut dice = Dice(case * 104_729 + 17);
    let (width, height) = match case % 5 {
        0 => (1 + dice.roll(4), 1 + dice.roll(4)),
        1 => (1 + dice.roll(300), 1 + dice.roll(3)),
        2 => (1 + dice.roll(3), 1 + dice.roll(300)),
        _ => (10 + dice.roll(200), 10 + dice.roll(200)),
    };
    let alpha = dice.roll(3) == 0;
    let image = scene(width, height, &mut dice, alpha);
    let count = dice.pick(&[1, 2, 3, 8, 40]);
    // A filled region makes those that it touches filled too, and takes them from the GPU: in a quarter of the sets only.
    let modes = if dice.roll(4) == 0 { &IRREVERSIBLE[..] } else { &[FaceMode::Blur, FaceMode::Mosaic] };
    let targets: Vec<Target> = (0..count).map(|_| some_target(width, height, modes, &mut dice)).collect();
    let plan = plan(width, height, &targets, dice.pick(modes), None, &random(case));
    Set { image, targets, plan }
}

fn some_target(width: u32, height: u32, modes: &[FaceMode], dice: &mut Dice) -> Target {
    let (w, h) = (f64::from(width), f64::from(height));
    let within = |dice: &mut Dice, side: f64| f64::from(dice.roll(1_000)) / 1_000.0 * side;
    let region = match dice.roll(9) {
        // One px, somewhere; a fraction of one; the whole; more than the whole; a row; a column.
        0 => Region::new(within(dice, w).floor(), within(dice, h).floor(), 1.0, 1.0),
        1 => Region::new(within(dice, w), within(dice, h), 0.01, 0.01),
        2 => Region::new(0.0, 0.0, w, h),
        3 => Region::new(-1e7, -1e7, 2e7 + w, 2e7 + h),
        4 => Region::new(0.0, within(dice, h).floor(), w, 1.0),
        5 => Region::new(within(dice, w).floor(), -5.0, 1.0, h + 10.0),
        // Outside, or across the border.
        6 => Region::new(w + within(dice, 50.0), within(dice, h), 20.0, 20.0),
        7 => Region::new(-within(dice, 30.0), -within(dice, 30.0), within(dice, w) + 1.0, within(dice, h) + 1.0),
        _ => Region::new(within(dice, w), within(dice, h), within(dice, w) + 1.0, within(dice, h) + 1.0),
    };
    let angle = if dice.roll(4) == 0 { within(dice, 360.0) - 180.0 } else { 0.0 };
    Target {
        region: Region { angle, ..region },
        source: if dice.roll(2) == 0 { Source::Manual } else { Source::Face { score: 0.7 } },
        strength: if modes.contains(&FaceMode::Fill) && dice.roll(10) == 0 { Strength::Harder } else { Strength::Normal },
        mode: if dice.roll(3) == 0 { Some(dice.pick(modes)) } else { None },
    }
}

/// Whether any part of the px lies in what was asked for, which is not what was planned.
fn is_asked_for(targets: &[Target], x: u32, y: u32) -> bool {
    let (x, y) = (f64::from(x), f64::from(y));
    let inside = |region: &Region| {
        if region.angle == 0.0 {
            return region.x < x + 1.0 && x < region.x + region.width && region.y < y + 1.0 && y < region.y + region.height;
        }
        (0..=4).any(|i| (0..=4).any(|j| region.contains(x + f64::from(i) / 4.0, y + f64::from(j) / 4.0)))
    };
    targets.iter().any(|target| inside(&target.region))
}

/// The same picture with other pixels wherever a px was asked to be covered. Says how many those are.
fn with_others(set: &Set, dice: &mut Dice) -> (Image, usize) {
    let mut other = set.image.clone();
    let (width, mut count) = (other.width(), 0);
    for (index, pixel) in other.pixels_mut().chunks_exact_mut(4).enumerate() {
        if is_asked_for(&set.targets, index as u32 % width, index as u32 / width) {
            pixel.fill_with(|| dice.roll(256) as u8);
            count += 1;
        }
    }
    (other, count)
}

const SETS: u64 = 500;

#[test]
fn no_px_that_was_asked_for_is_left_uncovered() {
    let (mut covered, mut without) = (0, 0);
    for case in 0..SETS {
        let set = some_set(case);
        let (other, count) = with_others(&set, &mut Dice(case));
        let output = redact(&set.image, &set.plan);
        assert!(output == redact(&other, &set.plan), "set {case}: a covered px shows");
        let width = output.width();
        for (index, pixel) in output.pixels().chunks_exact(4).enumerate() {
            if is_asked_for(&set.targets, index as u32 % width, index as u32 / width) {
                assert_eq!(pixel[3], 255, "set {case}: px {index} is not covered");
            }
        }
        // What lies outside of the picture is named as such, and nothing else is.
        assert_eq!(set.plan.redactions().len() + set.plan.outside().len(), set.targets.len(), "set {case}");
        covered += count;
        without += usize::from(count == 0);
    }
    assert!(covered > 1_000_000 && without > 5, "{covered} px covered, {without} sets without any");
}

#[cfg(feature = "gpu")]
#[test]
fn the_gpu_agrees_on_every_set() {
    let Some(redactor) = crate::redact::on_gpu() else { return };
    let mut on_gpu = 0;
    for case in 0..SETS {
        let set = some_set(case);
        let mut output = set.image.clone();
        let outcome = pollster::block_on(redactor.redact(&mut output, &set.plan)).unwrap();
        assert!(outcome.note.is_none(), "set {case}: {outcome:?}");
        on_gpu += usize::from(outcome.backend == "webgpu");
        let expected = redact(&set.image, &set.plan);
        let off = output.pixels().iter().zip(expected.pixels()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(1), "set {case}: GPU and CPU are {off:?} levels apart");
    }
    assert!(on_gpu > 200, "only {on_gpu} sets ran on the GPU");
}

#[test]
fn every_look_covers_all_of_a_picture() {
    for mode in IRREVERSIBLE.into_iter().chain([FaceMode::Gaussian]) {
        for (width, height) in [(1, 1), (2, 1), (1, 90), (257, 3), (64, 64)] {
            let image = scene(width, height, &mut Dice(3), true);
            let target = Target {
                region: Region::new(0.0, 0.0, width.into(), height.into()),
                source: Source::Manual,
                strength: Strength::Normal,
                mode: None,
            };
            let output = redact(&image, &plan(width, height, &[target], mode, None, &random(1)));
            assert!(output.pixels().chunks_exact(4).all(|pixel| pixel[3] == 255), "{mode:?}, {width} × {height}");
        }
    }
}
