//! No covered pixel reaches the output, whatever the regions; the rest of the picture stays as it was.
#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, reason = "a test may fail, and its numbers are small")]

use darkslide::inspect::Orientation;
use darkslide::redact::{BlockGrid, Plan, Redactor, Source, Strength, Target, plan};
use darkslide::{FaceMode, Image, Random, Region};

/// Small numbers that differ from case to case but not from run to run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(sides)) as u32
    }

    pub(crate) fn between(&mut self, lo: i32, hi: i32) -> f64 {
        f64::from(lo) + f64::from(self.roll((hi - lo + 1) as u32))
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len() as u32) as usize]
    }
}

pub(crate) const IRREVERSIBLE: [FaceMode; 3] = [FaceMode::Blur, FaceMode::Mosaic, FaceMode::Fill];

pub(crate) fn random(seed: u64) -> Random {
    Random::new(Some(seed)).unwrap()
}

pub(crate) fn face(region: Region) -> Target {
    Target { region, source: Source::Face { score: 0.9 }, strength: Strength::Normal, mode: None }
}

pub(crate) fn manual(region: Region) -> Target {
    Target { region, source: Source::Manual, strength: Strength::Normal, mode: None }
}

pub(crate) fn redact(image: &Image, plan: &Plan) -> Image {
    let mut image = image.clone();
    let outcome = pollster::block_on(Redactor::cpu().redact(&mut image, plan)).unwrap();
    assert_eq!(outcome.backend, if plan.redactions().is_empty() { "none" } else { "cpu" });
    image
}

/// A picture with edges, gradients and, if asked for, see-through parts.
pub(crate) fn scene(width: u32, height: u32, dice: &mut Dice, alpha: bool) -> Image {
    let (a, b, c) = (dice.roll(97) + 3, dice.roll(89) + 2, dice.roll(256));
    let pixels = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let stripe = if (x / a + y / b) % 2 == 0 { 60 } else { 0 };
            let see_through = if alpha { ((x * 7 + y * 3) % 400).min(255) as u8 } else { 255 };
            [(x * 195 / width + stripe) as u8, (y * 195 / height + stripe) as u8, ((c + x + y) % 256) as u8, see_through]
        })
        .collect();
    Image::new(width, height, pixels).unwrap()
}

/// Whether a redaction covers the px.
fn covered(plan: &Plan, x: u32, y: u32) -> bool {
    let (x, y) = (f64::from(x), f64::from(y));
    plan.redactions().iter().map(|r| r.region).any(|r| x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height)
}

/// The same picture with other pixels, alpha included, wherever the plan covers it.
fn with_other_faces(image: &Image, plan: &Plan, dice: &mut Dice) -> Image {
    let mut other = image.clone();
    let width = image.width();
    for (index, pixel) in other.pixels_mut().chunks_exact_mut(4).enumerate() {
        if covered(plan, index as u32 % width, index as u32 / width) {
            pixel.copy_from_slice(&[dice.roll(256) as u8, dice.roll(256) as u8, dice.roll(256) as u8, dice.roll(256) as u8]);
        }
    }
    other
}

fn some_targets(width: u32, height: u32, dice: &mut Dice) -> Vec<Target> {
    let (w, h) = (width as i32, height as i32);
    let count = dice.pick(&[1, 1, 2, 3, 5, 9]);
    (0..count)
        .map(|_| {
            let size = dice.pick(&[1, 8, 40, 200, 2 * w.max(h)]);
            let mut region = Region::new(dice.between(-w / 3, w), dice.between(-h / 3, h), dice.between(1, size), dice.between(1, size));
            region.x += f64::from(dice.roll(100)) / 100.0;
            region.angle = if dice.roll(4) == 0 { dice.between(-180, 180) } else { 0.0 };
            let source = if dice.roll(3) == 0 { Source::Manual } else { Source::Face { score: 0.8 } };
            let strength = if dice.roll(12) == 0 { Strength::Harder } else { Strength::Normal };
            Target { region, source, strength, mode: None }
        })
        .collect()
}

fn some_grid(dice: &mut Dice) -> Option<BlockGrid> {
    let orientation = Orientation::new(dice.roll(8) + 1);
    (dice.roll(3) > 0).then(|| BlockGrid { width: dice.pick(&[8, 16, 32]), height: dice.pick(&[8, 16]), orientation })
}

fn some_case(case: u64, modes: &[FaceMode]) -> (Image, Plan, Dice) {
    let mut dice = Dice(case * 7919 + 1);
    let (width, height) = match case % 7 {
        0 => (1 + dice.roll(3), 1 + dice.roll(3)),
        1 => (1 + dice.roll(400), 1 + dice.roll(5)),
        _ => (20 + dice.roll(300), 20 + dice.roll(300)),
    };
    let alpha = dice.roll(3) == 0;
    let image = scene(width, height, &mut dice, alpha);
    let targets = some_targets(width, height, &mut dice);
    let mode = dice.pick(modes);
    let grid = some_grid(&mut dice);
    let plan = plan(width, height, &targets, mode, grid, &random(case));
    (image, plan, dice)
}

#[test]
fn no_covered_pixel_reaches_the_output() {
    let mut redacted = 0;
    for case in 0..600 {
        let (image, plan, mut dice) = some_case(case, &IRREVERSIBLE);
        assert!(plan.redactions().iter().all(|r| r.irreversible));
        let other = with_other_faces(&image, &plan, &mut dice);
        assert!(redact(&image, &plan) == redact(&other, &plan), "case {case}: the hidden pixels show");
        redacted += usize::from(image != other);
    }
    assert!(redacted > 400, "only {redacted} cases redact anything");
}

#[test]
fn shaders_are_valid() {
    let job = include_str!("../../shaders/job.wgsl");
    for (name, step, entries) in [
        ("reduce", include_str!("../../shaders/reduce.wgsl"), &["reduce"][..]),
        ("fill", include_str!("../../shaders/fill.wgsl"), &["fill"]),
        ("blur", include_str!("../../shaders/blur.wgsl"), &["blur_rows", "blur_columns"]),
        ("paint", include_str!("../../shaders/paint.wgsl"), &["paint"]),
    ] {
        let text = [job, step].concat();
        let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&text)));
        let found: Vec<_> = module.entry_points.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(found, entries);
        // No capability beyond what every WebGPU device has.
        let mut validator = naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
        validator.validate(&module).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&text)));
    }
}

/// A redactor on a GPU, software or not. Without one the test says so, or fails where a GPU is required.
#[cfg(feature = "gpu")]
pub(crate) fn on_gpu() -> Option<Redactor> {
    use darkslide::redact::Backend;
    let redactor = pollster::block_on(Redactor::new(Backend::Gpu));
    let mut image = scene(64, 64, &mut Dice(1), false);
    let plan = plan(64, 64, &[face(Region::new(20.0, 20.0, 20.0, 20.0))], FaceMode::Blur, None, &random(1));
    let outcome = pollster::block_on(redactor.redact(&mut image, &plan)).unwrap();
    if outcome.backend == "webgpu" {
        return Some(redactor);
    }
    let why = outcome.note.unwrap();
    // Only a missing GPU may skip the test: one that fails is a bug.
    assert!(why.starts_with("no GPU"), "{why}");
    assert!(std::env::var_os("REQUIRE_GPU").is_none_or(|v| v != "1"), "REQUIRE_GPU=1 and {why}");
    eprintln!("skipped: no adapter ({why})");
    None
}

#[cfg(feature = "gpu")]
#[test]
fn the_gpu_gives_the_bytes_that_the_cpu_gives() {
    let Some(redactor) = on_gpu() else { return };
    let modes = [FaceMode::Blur, FaceMode::Blur, FaceMode::Mosaic, FaceMode::Gaussian, FaceMode::Fill];
    let mut on_gpu = 0;
    for case in 0..100 {
        let (image, plan, mut dice) = some_case(case, &modes);
        let mut output = image.clone();
        let outcome = pollster::block_on(redactor.redact(&mut output, &plan)).unwrap();
        assert!(outcome.note.is_none(), "case {case}: {outcome:?}");
        assert!(output == redact(&image, &plan), "case {case}: GPU and CPU differ, {:?}", plan.redactions());
        if plan.redactions().iter().all(|r| r.irreversible) {
            let mut other = with_other_faces(&image, &plan, &mut dice);
            pollster::block_on(redactor.redact(&mut other, &plan)).unwrap();
            assert!(output == other, "case {case}: the hidden pixels show");
        }
        on_gpu += usize::from(outcome.backend == "webgpu");
    }
    assert!(on_gpu > 60, "only {on_gpu} cases ran on the GPU");
}

#[cfg(feature = "gpu")]
#[test]
fn the_gpu_agrees_on_large_regions_and_on_crowds() {
    let Some(redactor) = on_gpu() else { return };
    let (width, height) = (1800, 1300);
    let image = scene(width, height, &mut Dice(5), true);
    let crowd: Vec<_> =
        (0..60).map(|i| face(Region::new(f64::from(i % 10 * 150 + i), f64::from(i / 10 * 200), 60.0 + f64::from(i), 90.0))).collect();
    let large = vec![face(Region::new(300.0, 100.0, 1100.0, 900.0))];
    let everything = vec![manual(Region::new(0.0, 0.0, 5000.0, 5000.0))];
    for targets in [crowd, large, everything] {
        for mode in [FaceMode::Blur, FaceMode::Mosaic, FaceMode::Gaussian] {
            let plan = plan(width, height, &targets, mode, None, &random(9));
            let mut output = image.clone();
            let outcome = pollster::block_on(redactor.redact(&mut output, &plan)).unwrap();
            assert_eq!((outcome.backend, outcome.note), ("webgpu", None));
            assert!(output == redact(&image, &plan), "{mode:?}: GPU and CPU differ");
        }
    }
}

#[test]
fn an_ordinary_gaussian_lets_the_face_through_and_says_so() {
    let mut shown = 0;
    for case in 0..60 {
        let mut dice = Dice(case);
        let image = scene(200, 160, &mut dice, false);
        let plan = plan(200, 160, &[face(Region::new(60.0, 40.0, 50.0, 60.0))], FaceMode::Gaussian, None, &random(case));
        assert!(plan.redactions().iter().all(|r| !r.irreversible && r.mode == FaceMode::Gaussian));
        let mut other = image.clone();
        for y in 60..80 {
            for x in 70..90 {
                other.pixels_mut()[(y * 200 + x) * 4] = dice.roll(256) as u8;
            }
        }
        shown += usize::from(redact(&image, &plan) != redact(&other, &plan));
    }
    assert!(shown > 50, "the test would not notice a leak: {shown} of 60");
}

#[test]
fn pixels_away_from_redactions_stay() {
    for case in 0..200 {
        let (image, plan, _) = some_case(case, &[FaceMode::Blur, FaceMode::Mosaic, FaceMode::Fill, FaceMode::Gaussian]);
        let output = redact(&image, &plan);
        let width = image.width();
        for (index, (before, after)) in image.pixels().chunks_exact(4).zip(output.pixels().chunks_exact(4)).enumerate() {
            let (x, y) = (f64::from(index as u32 % width), f64::from(index as u32 / width));
            let near = plan.redactions().iter().any(|r| {
                let (dx, dy) = (
                    (r.region.x - x).max(x + 1.0 - r.region.x - r.region.width),
                    (r.region.y - y).max(y + 1.0 - r.region.y - r.region.height),
                );
                let reach = (r.region.width.max(r.region.height) / 16.0).floor().clamp(2.0, 40.0);
                dx.max(0.0).hypot(dy.max(0.0)) < reach + 1.0
            });
            if !near {
                assert_eq!(before, after, "case {case}: px {x}, {y} changed");
            }
            if covered(&plan, x as u32, y as u32) {
                assert_eq!(after[3], 255, "case {case}: px {x}, {y} is not opaque");
            }
        }
    }
}

#[test]
fn what_a_jpeg_smeared_out_of_the_face_is_covered_too() {
    let mut smeared = 0;
    for case in 0..80u64 {
        let mut dice = Dice(case + 1);
        let (width, height) = (150 + dice.roll(90), 130 + dice.roll(90));
        let mut image = scene(width, height, &mut dice, false);
        let (x, y, w, h) = (dice.roll(100) + 10, dice.roll(80) + 10, dice.roll(60) + 8, dice.roll(60) + 8);
        let quality = dice.pick(&[30, 75, 90, 98]);
        let sampling =
            dice.pick(&[jpeg_encoder::SamplingFactor::F_2_2, jpeg_encoder::SamplingFactor::F_2_1, jpeg_encoder::SamplingFactor::F_1_1]);
        let photos = [(); 2].map(|()| {
            for row in y..(y + h).min(height) {
                for column in x..(x + w).min(width) {
                    let at = (row * width + column) as usize * 4;
                    image.pixels_mut()[at..at + 3].fill_with(|| dice.roll(256) as u8);
                }
            }
            through_jpeg(&image, quality, sampling)
        });
        let (mcu_width, mcu_height) = match sampling {
            jpeg_encoder::SamplingFactor::F_2_2 => (16, 16),
            jpeg_encoder::SamplingFactor::F_2_1 => (16, 8),
            _ => (8, 8),
        };
        let grid = BlockGrid { width: mcu_width, height: mcu_height, orientation: Orientation::UPRIGHT };
        // As drawn: the growth of a face's box must not be what saves us.
        let region = manual(Region::new(f64::from(x), f64::from(y), f64::from(w), f64::from(h)));
        for mode in IRREVERSIBLE {
            let exact = plan(width, height, &[region], mode, None, &random(case));
            smeared += usize::from(redact(&photos[0], &exact) != redact(&photos[1], &exact));
            let snapped = plan(width, height, &[region], mode, Some(grid), &random(case));
            assert!(redact(&photos[0], &snapped) == redact(&photos[1], &snapped), "case {case}, {mode:?}: the face shows beyond its box");
        }
    }
    assert!(smeared > 100, "the test would not notice: only {smeared} differ without the grid");
}

fn through_jpeg(image: &Image, quality: u8, sampling: jpeg_encoder::SamplingFactor) -> Image {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(sampling);
    encoder.encode(image.pixels(), image.width() as u16, image.height() as u16, jpeg_encoder::ColorType::Rgba).unwrap();
    let rgb = jpeg_decoder::Decoder::new(bytes.as_slice()).decode().unwrap();
    let pixels = rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    Image::new(image.width(), image.height(), pixels).unwrap()
}

/// Where stored px (x, y) of a `width` × `height` picture is shown. [Exif 2.3, tag 0x0112]
fn upright(orientation: u32, x: u32, y: u32, width: u32, height: u32) -> (u32, u32) {
    match orientation {
        1 => (x, y),
        2 => (width - 1 - x, y),
        3 => (width - 1 - x, height - 1 - y),
        4 => (x, height - 1 - y),
        5 => (y, x),
        6 => (height - 1 - y, x),
        7 => (height - 1 - y, width - 1 - x),
        _ => (y, width - 1 - x),
    }
}

#[test]
fn regions_snap_to_the_blocks_of_the_stored_picture() {
    for case in 0..160 {
        let mut dice = Dice(case);
        let orientation = case as u32 % 8 + 1;
        let (stored_width, stored_height) = (70 + dice.roll(50), 70 + dice.roll(50));
        let (width, height) = if orientation >= 5 { (stored_height, stored_width) } else { (stored_width, stored_height) };
        let (block_width, block_height) = (dice.pick(&[8, 16]), dice.pick(&[8, 16]));
        let (x, y, w, h) = (dice.roll(50), dice.roll(50), dice.roll(40) + 1, dice.roll(40) + 1);
        // By hand: every stored block that shows a px of the region, and 2 px around it.
        let shown = |sx: u32, sy: u32| upright(orientation, sx, sy, stored_width, stored_height);
        let inside = |sx: u32, sy: u32| {
            let (ux, uy) = shown(sx, sy);
            ux >= x && ux < x + w && uy >= y && uy < y + h
        };
        let all = || (0..stored_height).flat_map(|sy| (0..stored_width).map(move |sx| (sx, sy)));
        let blocks: std::collections::BTreeSet<_> =
            all().filter(|&(sx, sy)| inside(sx, sy)).map(|(sx, sy)| (sx / block_width, sy / block_height)).collect();
        let touched = all().filter(|(sx, sy)| blocks.contains(&(sx / block_width, sy / block_height))).map(|(sx, sy)| shown(sx, sy));
        let (mut left, mut top, mut right, mut bottom) = (width, height, 0, 0);
        for (ux, uy) in touched {
            (left, top, right, bottom) = (left.min(ux), top.min(uy), right.max(ux + 1), bottom.max(uy + 1));
        }
        let expected = (left.saturating_sub(2), top.saturating_sub(2), (right + 2).min(width), (bottom + 2).min(height));

        let grid = BlockGrid { width: block_width, height: block_height, orientation: Orientation::new(orientation) };
        let region = Region::new(f64::from(x), f64::from(y), f64::from(w), f64::from(h));
        let planned = plan(width, height, &[manual(region)], FaceMode::Blur, Some(grid), &random(0));
        let r = planned.redactions()[0].region;
        let actual = (r.x as u32, r.y as u32, (r.x + r.width) as u32, (r.y + r.height) as u32);
        assert_eq!(actual, expected, "orientation {orientation}, blocks {block_width} × {block_height}, {region:?}");
    }
}

#[test]
fn faces_grow_and_drawn_regions_do_not() {
    let region = Region::new(100.0, 50.0, 100.0, 60.0);
    let cover = |target: Target| plan(400, 300, &[target], FaceMode::Blur, None, &random(0)).redactions()[0];
    assert_eq!(cover(face(region)).region, Region::new(80.0, 38.0, 140.0, 84.0));
    assert_eq!(cover(manual(region)).region, region);
    let harder = cover(Target { strength: Strength::Harder, ..face(region) });
    assert_eq!((harder.region, harder.mode), (Region::new(70.0, 32.0, 160.0, 96.0), FaceMode::Fill));
    let turned = Region { angle: 90.0, ..region };
    let bounds = cover(manual(turned)).region;
    assert!(bounds.x <= 120.0 && bounds.y <= 30.0 && bounds.x + bounds.width >= 180.0 && bounds.y + bounds.height >= 130.0, "{bounds:?}");
}

#[test]
fn regions_outside_the_picture_are_named_and_broken_ones_cover_it() {
    let outside = manual(Region::new(500.0, 0.0, 10.0, 10.0));
    let reaching_in = face(Region::new(-30.0, -30.0, 28.0, 28.0));
    let broken = face(Region::new(f64::NAN, 0.0, 10.0, 10.0));
    let planned = plan(64, 48, &[outside, reaching_in, broken], FaceMode::Blur, None, &random(0));
    assert_eq!(planned.outside(), [0]);
    assert_eq!(planned.redactions()[0].region, Region::new(0.0, 0.0, 4.0, 4.0));
    assert_eq!(planned.redactions()[1].region, Region::new(0.0, 0.0, 64.0, 48.0));
}

#[test]
fn a_face_that_touches_a_stronger_redaction_is_redacted_as_strongly() {
    let face_at = |x| face(Region::new(x, 50.0, 40.0, 40.0));
    let drawn = Target { strength: Strength::Harder, ..face_at(80.0) };
    let planned = plan(400, 200, &[face_at(50.0), drawn, face_at(300.0)], FaceMode::Gaussian, None, &random(0));
    let modes: Vec<_> = planned.redactions().iter().map(|r| (r.mode, r.irreversible)).collect();
    assert_eq!(modes, [(FaceMode::Fill, true), (FaceMode::Fill, true), (FaceMode::Gaussian, false)]);
}

#[test]
fn a_plan_for_another_size_is_refused() {
    let planned = plan(64, 48, &[face(Region::new(8.0, 8.0, 20.0, 20.0))], FaceMode::Blur, None, &random(0));
    let mut image = scene(48, 64, &mut Dice(0), false);
    let error = pollster::block_on(Redactor::cpu().redact(&mut image, &planned)).unwrap_err();
    assert_eq!(error.code(), "not-clean");
}

#[test]
fn hidden_colours_of_see_through_pixels_stay_hidden() {
    let planned = plan(120, 90, &[face(Region::new(40.0, 30.0, 30.0, 30.0))], FaceMode::Blur, None, &random(3));
    let surroundings = |hidden: [u8; 3]| {
        let pixels =
            (0..120 * 90).flat_map(|i| if i % 3 == 0 { [hidden[0], hidden[1], hidden[2], 0] } else { [90, 120, 40, 255] }).collect();
        redact(&Image::new(120, 90, pixels).unwrap(), &planned)
    };
    let (a, b) = (surroundings([255, 0, 255]), surroundings([0, 0, 0]));
    for (a, b) in a.pixels().chunks_exact(4).zip(b.pixels().chunks_exact(4)).filter(|(a, _)| a[3] > 0) {
        assert_eq!(a, b);
    }
}

#[test]
fn noise_is_as_strong_as_stated_and_comes_from_the_seed() {
    let flat = |level: u8| Image::new(600, 600, [level, level, level, 255].repeat(600 * 600)).unwrap();
    let region = manual(Region::new(100.0, 100.0, 400.0, 400.0));
    let (mut all, mut steps) = (Vec::new(), Vec::new());
    for seed in 0..40 {
        let output = redact(&flat(128), &plan(600, 600, &[region], FaceMode::Blur, None, &random(seed)));
        for y in 100..500 {
            for x in 100..499 {
                let at = |x: usize| f64::from(output.pixels()[(y * 600 + x) * 4]) - 128.0;
                all.push(at(x));
                steps.push(at(x + 1) - at(x));
            }
        }
    }
    let sd = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    };
    // Low-frequency noise of 6 and grain of 1.5 make 6.18 together; from px to px there is grain, twice, and rounding.
    assert!((5.7..6.7).contains(&sd(&all)), "{}", sd(&all));
    assert!((2.0..2.5).contains(&sd(&steps)), "{}", sd(&steps));

    let with = |seed| redact(&flat(128), &plan(600, 600, &[region], FaceMode::Blur, None, &random(seed)));
    assert!(with(1) == with(1));
    assert!(with(1) != with(2));
}
