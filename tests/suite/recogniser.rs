//! A recogniser, SFace, cannot say who is under a redaction; it can after the ordinary blur that this program once used.
//!
//! Two people, two photos of each, years apart, and two others. Each of the four photos is looked up among the other five: by chance the
//! person comes first in one of five. `npm test` fetches recogniser and photos (scripts/models.mjs); without them these tests fail.

use std::path::Path;

use darkslide::detect::import::fold;
use darkslide::{Backend, Image, Limits, Options, Scrubber};
use tract_onnx::prelude::*;

/// Eyes, tip of the nose and corners of the mouth, as seen in the photo from left to right, px.
type Features = [(f64, f64); 5];

struct Photo {
    person: char,
    jpeg: Vec<u8>,
    features: Features,
}

const PHOTOS: [(char, &str, Features); 6] = [
    ('a', ".cache/models/person_a_1.jpg", [(86.0, 88.0), (119.0, 88.0), (104.0, 108.0), (91.0, 123.0), (119.0, 123.0)]),
    ('a', "tests/fixtures/faces/macron.jpg", [(266.0, 328.0), (409.0, 313.0), (331.0, 401.0), (292.0, 472.0), (414.0, 461.0)]),
    ('b', ".cache/models/person_b_1.jpg", [(289.0, 311.0), (426.0, 300.0), (369.0, 379.0), (310.0, 436.0), (435.0, 425.0)]),
    ('b', "tests/fixtures/faces/ardern.jpg", [(284.0, 284.0), (421.0, 276.0), (361.0, 354.0), (301.0, 417.0), (422.0, 410.0)]),
    ('c', "tests/fixtures/faces/obama.jpg", [(290.0, 288.0), (402.0, 277.0), (354.0, 350.0), (305.0, 401.0), (407.0, 392.0)]),
    ('d', "tests/fixtures/faces/sunak.jpg", [(320.0, 328.0), (449.0, 318.0), (395.0, 404.0), (336.0, 467.0), (456.0, 459.0)]),
];

#[test]
fn tells_who_it_is_until_the_face_is_redacted() {
    let recogniser = Recogniser::new();
    let photos: Vec<Photo> = PHOTOS.map(|(person, path, features)| Photo { person, jpeg: file(path), features }).into();
    let known: Vec<Vec<f32>> = photos.iter().map(|photo| recogniser.print(&decode(&photo.jpeg), &photo.features)).collect();
    assert_eq!(right(&photos, &known, &known), 4, "the recogniser knows everybody");

    let scrubber = Scrubber::new(Backend::Cpu);
    let mut hits = 0;
    for seed in 0..3 {
        let options = Options { seed: Some(seed), ..Options::default() };
        let redacted: Vec<Vec<f32>> = photos
            .iter()
            .map(|photo| {
                let scrubbed = pollster::block_on(scrubber.scrub(&photo.jpeg, &options, &mut |_, _| ())).unwrap();
                assert_eq!(scrubbed.report.redactions.len(), 1);
                recogniser.print(&decode(&scrubbed.bytes), &photo.features)
            })
            .collect();
        hits += right(&photos, &redacted, &known);
        for (photo, print) in photos.iter().zip(&redacted) {
            for (other, known) in photos.iter().zip(&known).filter(|(other, _)| other.person == photo.person) {
                assert!(cosine(print, known) < SAME_PERSON, "{} is recognised as {}", photo.person, other.person);
            }
        }
    }
    // Chance is 2.4 of 12; 7 or more come by chance once in 250 times.
    assert!(hits < 7, "{hits} of 12 recognised");
}

/// σ = 30 px, whatever the face's size: on a selfie, whose face is three times as wide as here, that is 10 px of these.
#[test]
fn knows_a_selfie_after_the_old_blur() {
    let recogniser = Recogniser::new();
    let photos: Vec<Photo> = PHOTOS.map(|(person, path, features)| Photo { person, jpeg: file(path), features }).into();
    let images: Vec<Image> = photos.iter().map(|photo| decode(&photo.jpeg)).collect();
    let known: Vec<Vec<f32>> = photos.iter().zip(&images).map(|(photo, image)| recogniser.print(image, &photo.features)).collect();
    let blurred: Vec<Vec<f32>> = photos
        .iter()
        .zip(&images)
        .map(|(photo, image)| {
            let eyes = photo.features[1].0 - photo.features[0].0;
            // Eyes lie about 0.45 of a face's width apart; a selfie's face is some 850 px wide.
            recogniser.print(&gaussian(image, 30.0 * eyes / 0.45 / 850.0), &photo.features)
        })
        .collect();
    assert_eq!(right(&photos, &blurred, &known), 4);
}

/// How many of the people with two photos come first when each of theirs is looked up among the others.
fn right(photos: &[Photo], asked: &[Vec<f32>], known: &[Vec<f32>]) -> usize {
    let best = |index: usize| {
        let others = (0..photos.len()).filter(|other| *other != index);
        others.max_by(|a, b| cosine(&asked[index], &known[*a]).total_cmp(&cosine(&asked[index], &known[*b]))).unwrap()
    };
    let has_mate = |index: usize| photos.iter().filter(|photo| photo.person == photos[index].person).count() == 2;
    (0..photos.len()).filter(|index| has_mate(*index) && photos[best(*index)].person == photos[*index].person).count()
}

struct Recogniser(Arc<TypedRunnableModel>);

impl Recogniser {
    fn new() -> Self {
        let model = fold(&file(".cache/models/face_recognition_sface_2021dec_int8bq.onnx")).unwrap();
        let model = tract_onnx::onnx().model_for_proto_model(&model).unwrap();
        let model = model.with_input_fact(0, f32::fact([1, 3, SIDE, SIDE]).into()).unwrap();
        Self(model.into_optimized().unwrap().into_runnable().unwrap())
    }

    /// What the recogniser makes of a face: photos of one person give vectors of one direction.
    fn print(&self, image: &Image, features: &Features) -> Vec<f32> {
        let (a, b, x0, y0) = alignment(features);
        let mut planes = Vec::with_capacity(3 * SIDE * SIDE);
        for channel in 0..3 {
            for (x, y) in (0..SIDE * SIDE).map(|cell| ((cell % SIDE) as f64, (cell / SIDE) as f64)) {
                planes.push(sample(image, a * x - b * y + x0, b * x + a * y + y0, channel));
            }
        }
        let input = Tensor::from_shape(&[1, 3, SIDE, SIDE], &planes).unwrap();
        let output = self.0.run(tvec!(input.into())).unwrap();
        let print = output[0].try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec();
        assert_eq!(print.len(), 128);
        print
    }
}

/// The turn, scale and shift (a, b, x, y) that take the recogniser's places to the photo's features, by least squares.
fn alignment(features: &Features) -> (f64, f64, f64, f64) {
    let mean = |points: &Features| {
        let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        (x / 5.0, y / 5.0)
    };
    let (from, to) = (mean(&PLACES), mean(features));
    let (mut a, mut b, mut norm) = (0.0, 0.0, 0.0);
    for (place, feature) in PLACES.iter().zip(features) {
        let (x, y) = (place.0 - from.0, place.1 - from.1);
        let (u, v) = (feature.0 - to.0, feature.1 - to.1);
        (a, b, norm) = (a + x * u + y * v, b + x * v - y * u, norm + x * x + y * y);
    }
    let (a, b) = (a / norm, b / norm);
    (a, b, to.0 - a * from.0 + b * from.1, to.1 - b * from.0 - a * from.1)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the picture")]
fn sample(image: &Image, x: f64, y: f64, channel: usize) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let at = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(image.width()) && y < f64::from(image.height());
        if inside { f64::from(image.pixels()[(y as usize * image.width() as usize + x as usize) * 4 + channel]) } else { 0.0 }
    };
    let mix = |a: f64, b: f64, part: f64| a + (b - a) * part;
    let upper = mix(at(left, top), at(left + 1.0, top), x - left);
    let lower = mix(at(left, top + 1.0), at(left + 1.0, top + 1.0), x - left);
    mix(upper, lower, y - top) as f32
}

/// An ordinary Gaussian blur of the whole picture.
fn gaussian(image: &Image, sigma: f64) -> Image {
    let reach = (3.0 * sigma).ceil() as i64;
    let kernel: Vec<f64> = (-reach..=reach).map(|at| (-(at * at) as f64 / (2.0 * sigma * sigma)).exp()).collect();
    let whole: f64 = kernel.iter().sum();
    let (width, height) = (i64::from(image.width()), i64::from(image.height()));
    let blurred = |pixels: &[u8], across: bool| -> Vec<u8> {
        let mut blurred = Vec::with_capacity(pixels.len());
        for (x, y, channel) in (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..4).map(move |channel| (x, y, channel)))) {
            let level = |step: i64| {
                let (x, y) = if across { ((x + step).clamp(0, width - 1), y) } else { (x, (y + step).clamp(0, height - 1)) };
                f64::from(pixels[usize::try_from((y * width + x) * 4 + channel).unwrap()])
            };
            let sum: f64 = kernel.iter().zip(-reach..=reach).map(|(weight, step)| weight * level(step)).sum();
            blurred.push((sum / whole).round() as u8);
        }
        blurred
    };
    let pixels = blurred(&blurred(image.pixels(), true), false);
    Image::new(image.width(), image.height(), pixels).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn decode(jpeg: &[u8]) -> Image {
    let limits = Limits::default();
    let inspection = darkslide::inspect::inspect(jpeg, darkslide::Format::Jpeg, &limits).unwrap();
    darkslide::decode::decode(jpeg, &inspection, &limits).unwrap().image
}

fn file(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; `npm test` fetches it", path.display()))
}

/// Side of the recogniser's input, px, and where it wants the features. [OpenCV, FaceRecognizerSF::alignCrop]
const SIDE: usize = 112;
const PLACES: Features = [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)];

/// From this cosine on SFace says that two photos show one person. [OpenCV Zoo, face_recognition_sface]
const SAME_PERSON: f32 = 0.363;
