//! The promise of redaction, on the whole road from file to file: two photos that differ only under the mask come out as the same bytes.
//!
//! The mask is the region as it was drawn, so that it is not a grown box that saves us; the photos were saved as JPEG 4:2:0, whose blocks
//! carry what is under the mask out of it.

use std::sync::LazyLock;

use darkslide::detect::{FaceDetector, YuNet, passes};
use darkslide::{Backend, FaceMode, Format, Image, Mark, Options, OutputFormat, Region, Scrubber, Sensitivity, sniff};
use jpeg_encoder::SamplingFactor;

use crate::frames::pasted;
use crate::redact::Dice;
use crate::{photos, pictures};

/// Real faces, cut out of portraits.
static FACES: LazyLock<Vec<Image>> = LazyLock::new(|| {
    let detector = YuNet::new().unwrap();
    let cut = |name: &&str| {
        let portrait = photos::decoded(&photos::portrait(name));
        let face = detector.detect(&portrait, passes(Sensitivity::Fast)).unwrap()[0].region;
        let columns = face.x as usize * 4..(face.x + face.width) as usize * 4;
        let rows = portrait.pixels().chunks_exact(portrait.width() as usize * 4).skip(face.y as usize).take(face.height as usize);
        let pixels: Vec<u8> = rows.flat_map(|row| row[columns.clone()].to_vec()).collect();
        Image::new(columns.len() as u32 / 4, face.height as u32, pixels).unwrap()
    };
    ["ardern.jpg", "macron.jpg", "obama.jpg", "sunak.jpg"].iter().map(cut).collect()
});

/// One of the faces in a given size.
fn face(index: usize, width: u32, height: u32) -> Image {
    let face = &FACES[index % FACES.len()];
    let at = |x: u32, y: u32| {
        let (x, y) = (x * face.width() / width, y * face.height() / height);
        face.pixels()[((y * face.width() + x) * 4) as usize..][..4].to_vec()
    };
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| at(x, y));
    Image::new(width, height, pixels.collect()).unwrap()
}

fn saved(image: &Image, quality: u8, sampling: SamplingFactor) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(sampling);
    encoder.encode(image.pixels(), image.width() as u16, image.height() as u16, jpeg_encoder::ColorType::Rgba).unwrap();
    bytes
}

/// Two photos of one scene with different people, and the box that they are in.
fn pair(case: u64) -> ([Vec<u8>; 2], Region) {
    let mut dice = Dice(case * 7_919 + 11);
    let (width, height) = (64 + dice.roll(90), 64 + dice.roll(90));
    let (w, h) = (10 + dice.roll(width / 2), 10 + dice.roll(height / 2));
    let (x, y) = (dice.roll(width - w), dice.roll(height - h));
    let quality = dice.pick(&[35, 60, 75, 85, 92, 98]);
    // Mostly 4:2:0, as phones have it.
    let sampling =
        dice.pick(&[SamplingFactor::F_2_2, SamplingFactor::F_2_2, SamplingFactor::F_2_2, SamplingFactor::F_2_1, SamplingFactor::F_1_1]);
    let (one, step) = (dice.roll(4) as usize, 1 + dice.roll(3) as usize);
    let scene = pictures::photo(width, height);
    let photos = [one, one + step].map(|who| saved(&pasted(&scene, &face(who, w, h), x, y), quality, sampling));
    (photos, Region::new(x.into(), y.into(), w.into(), h.into()))
}

fn options(case: u64, region: Region, mode: FaceMode) -> Options {
    // PNG shows every bit of what was drawn; JPEG is what most will write.
    let format = if case.is_multiple_of(2) { OutputFormat::Same } else { OutputFormat::Png };
    Options {
        faces: FaceMode::Keep,
        regions: vec![Mark { mode: Some(mode), ..region.into() }],
        seed: Some(case),
        format,
        ..Options::default()
    }
}

fn scrub(scrubber: &Scrubber, photo: &[u8], options: &Options) -> darkslide::Scrubbed {
    pollster::block_on(scrubber.scrub(photo, options, &mut |_, _| ())).unwrap()
}

const IRREVERSIBLE: [FaceMode; 3] = [FaceMode::Blur, FaceMode::Mosaic, FaceMode::Fill];
const PAIRS: u64 = 1_000;

#[test]
fn a_thousand_pairs_with_other_faces_under_the_mask_come_out_alike() {
    let scrubber = Scrubber::new(Backend::Cpu);
    let mut differing = 0;
    for case in 0..PAIRS {
        let (photos, region) = pair(case);
        assert!(photos[0] != photos[1], "case {case} shows nothing");
        let options = options(case, region, IRREVERSIBLE[(case % 3) as usize]);
        let [one, two] = photos.each_ref().map(|photo| scrub(&scrubber, photo, &options));
        assert_eq!((one.report.redactions.len(), one.report.backend.blur.as_str()), (1, "cpu"));
        assert!(one.report.redactions[0].irreversible);
        differing += usize::from(one.bytes != two.bytes);
    }
    assert_eq!(differing, 0, "of {PAIRS} pairs");
}

#[test]
fn the_pairs_would_show_a_leak() {
    let scrubber = Scrubber::new(Backend::Cpu);
    let differs = |case: u64| {
        let (photos, region) = pair(case);
        let [one, two] = photos.each_ref().map(|photo| scrub(&scrubber, photo, &options(case | 1, region, FaceMode::Gaussian)));
        usize::from(one.bytes != two.bytes)
    };
    let differing: usize = (0..40).map(differs).sum();
    assert!(differing >= 38, "an ordinary blur differs in {differing} of 40 pairs only");
}

#[test]
fn pairs_come_out_alike_with_the_detector_at_work() {
    let scrubber = Scrubber::new(Backend::Cpu);
    let mut found = 0;
    for case in 0..20 {
        let mut dice = Dice(case);
        // Large enough for faces to be found; what is found is exempt, so that the mask is the same for both.
        let scene = pictures::photo(200, 180);
        let (x, y) = (20 + dice.roll(40), 10 + dice.roll(30));
        let photos = [0, 1].map(|who| saved(&pasted(&scene, &face(case as usize + who, 90, 115), x, y), 85, SamplingFactor::F_2_2));
        let region = Region::new(x.into(), y.into(), 90.0, 115.0);
        let everything = Region::new(0.0, 0.0, 200.0, 180.0);
        let mode = IRREVERSIBLE[(case % 3) as usize];
        let options = Options { faces: mode, exempt: vec![everything], sensitivity: Sensitivity::Fast, ..options(case, region, mode) };
        let [one, two] = photos.each_ref().map(|photo| scrub(&scrubber, photo, &options));
        found += one.report.faces_detected + two.report.faces_detected;
        assert!(one.bytes == two.bytes, "case {case}");
    }
    assert!(found > 20, "only {found} faces were found in 40 photos");
}

/// A scrubber on a GPU, software or not. Without one the test says so, or fails where a GPU is required.
#[cfg(feature = "gpu")]
#[test]
fn the_gpu_hides_as_much() {
    if crate::redact::on_gpu().is_none() {
        return;
    }
    let (gpu, cpu) = (Scrubber::new(Backend::Gpu), Scrubber::new(Backend::Cpu));
    let mut on_gpu = 0;
    for case in 0..PAIRS {
        let (photos, region) = pair(case);
        // Fill needs no GPU.
        let options = options(case, region, if case % 2 == 0 { FaceMode::Blur } else { FaceMode::Mosaic });
        let [one, two] = photos.each_ref().map(|photo| scrub(&gpu, photo, &options));
        on_gpu += usize::from(one.report.backend.blur == "webgpu");
        assert!(one.bytes == two.bytes, "case {case}: the hidden pixels show");
        if case.is_multiple_of(10) {
            assert!(one.bytes == scrub(&cpu, &photos[0], &options).bytes, "case {case}: GPU and CPU differ");
        }
    }
    assert_eq!(on_gpu as u64, PAIRS, "of so many pairs that ran on the GPU");
}

#[test]
fn other_lossless_sources_come_out_alike_too() {
    let scrubber = Scrubber::new(Backend::Cpu);
    for format in [Format::Png, Format::Webp, Format::Bmp, Format::Tiff] {
        for case in 0..12 {
            let mut dice = Dice(case + 70);
            let scene = pictures::photo(100, 90);
            let (x, y) = (dice.roll(60), dice.roll(45));
            let photos =
                [0, 1].map(|who| darkslide::encode::encode(&pasted(&scene, &face(case as usize + who, 40, 45), x, y), format, 90).unwrap());
            let region = Region::new(x.into(), y.into(), 40.0, 45.0);
            let options = Options { format: OutputFormat::Same, ..options(case, region, IRREVERSIBLE[(case % 3) as usize]) };
            let [one, two] = photos.each_ref().map(|photo| scrub(&scrubber, photo, &options));
            assert!(one.bytes == two.bytes, "{format:?}, case {case}");
            assert_eq!(sniff(&one.bytes), Ok(format));
        }
    }
}
