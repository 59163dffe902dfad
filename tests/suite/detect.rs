//! Faces are found where they are, and nowhere else.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use darkslide::detect::{Eyes, FaceDetector, Pass, View, YuNet, detect_around, passes, search};
use darkslide::{Error, Face, Image, Region, Sensitivity};

/// Where the eyes and the mouth are, read off the photos by eye, px.
const PORTRAITS: [(&str, [(f64, f64); 3]); 4] = [
    ("macron", [(271.0, 322.0), (412.0, 316.0), (347.0, 473.0)]),
    ("ardern", [(275.0, 290.0), (424.0, 277.0), (363.0, 430.0)]),
    ("obama", [(288.0, 299.0), (409.0, 285.0), (352.0, 406.0)]),
    ("sunak", [(310.0, 322.0), (445.0, 318.0), (388.0, 473.0)]),
];

#[test]
fn finds_the_face_in_each_portrait() {
    let yunet = YuNet::new().unwrap();
    for (name, features) in PORTRAITS {
        for sensitivity in [Sensitivity::Fast, Sensitivity::Balanced, Sensitivity::Thorough] {
            let faces = yunet.detect(&portrait(name), passes(sensitivity)).unwrap();
            assert!(is_face(&faces[0], features), "{name}, {sensitivity:?}: {faces:?}");
            assert!(faces[0].score > 0.9, "{name}, {sensitivity:?}: {faces:?}");
            // Thorough sees faces in ears, wallpapers and clothes too, but not as clearly.
            let most = if sensitivity == Sensitivity::Thorough { faces[0].score - 0.1 } else { 0.0 };
            assert!(faces[1..].iter().all(|other| other.score < most), "{name}, {sensitivity:?}: {faces:?}");
        }
    }
}

/// Heads of 80 px in a picture of 3000 px, as in a photo of a group.
#[test]
fn finds_small_faces_in_a_large_picture() {
    let mut canvas = gradient(3000, 2250);
    let mut expected = Vec::new();
    for (index, (name, features)) in PORTRAITS.into_iter().enumerate() {
        let at = (150 + 720 * (index % 4), 300 + 400 * (index % 3));
        paste(&mut canvas, &shrunk(&portrait(name), 4), at);
        expected.push(features.map(|(x, y)| (x / 4.0 + at.0 as f64, y / 4.0 + at.1 as f64)));
    }
    let faces = YuNet::new().unwrap().detect(&canvas, passes(Sensitivity::Balanced)).unwrap();
    for features in expected {
        assert_eq!(faces.iter().filter(|face| is_face(face, features)).count(), 1, "{features:?} in {faces:?}");
    }
    assert!(faces.is_sorted_by(|a, b| a.score >= b.score), "{faces:?}");
}

/// A class photo: every face, once.
#[test]
fn finds_every_face_of_many() {
    let mut canvas = gradient(1600, 1200);
    let mut expected = Vec::new();
    for index in 0..70 {
        let (name, features) = PORTRAITS[index % 4];
        let at = (40 + 155 * (index % 10), 20 + 165 * (index / 10));
        paste(&mut canvas, &shrunk(&portrait(name), 5), at);
        expected.push(features.map(|(x, y)| (x / 5.0 + at.0 as f64, y / 5.0 + at.1 as f64)));
    }
    let faces = YuNet::new().unwrap().detect(&canvas, passes(Sensitivity::Balanced)).unwrap();
    for features in expected {
        assert_eq!(faces.iter().filter(|face| is_face(face, features)).count(), 1, "{features:?}");
    }
    assert_eq!(faces.len(), 70);
}

/// Taken at night, without and with lamps, and as thin as a shadow against the light.
#[test]
fn finds_faces_in_the_dark() {
    let yunet = YuNet::new().unwrap();
    let darkened = |image: &Image, light: fn(f64) -> f64| {
        let pixels =
            image.pixels().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2], 0].map(|v| (255.0 * light(f64::from(v) / 255.0)).round() as u8));
        let mut pixels: Vec<u8> = pixels.collect();
        pixels.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
        Image::new(image.width(), image.height(), pixels).unwrap()
    };
    for (name, features) in PORTRAITS {
        let (small, features) = (shrunk(&portrait(name), 14), features.map(|(x, y)| (x / 14.0 + 200.0, y / 14.0 + 100.0)));
        for (kind, light) in [("night", (|v| v * 0.03) as fn(f64) -> f64), ("backlight", |v| v.powi(3) * 0.5)] {
            let mut canvas = darkened(&gradient(600, 450), light);
            paste(&mut canvas, &darkened(&small, light), (200, 100));
            for lamps in [false, true] {
                if lamps {
                    paste(&mut canvas, &flat(60, 40, [255, 250, 230, 255]), (20, 30));
                }
                for sensitivity in [Sensitivity::Fast, Sensitivity::Balanced] {
                    let faces = yunet.detect(&canvas, passes(sensitivity)).unwrap();
                    assert!(
                        faces.first().is_some_and(|face| is_face(face, features)),
                        "{name}, {kind}, lamps {lamps}, {sensitivity:?}: {faces:?}"
                    );
                }
            }
        }
    }
}

/// Heads tilted by 30° are found without turned passes; lying ones and those upside down by them.
#[test]
fn finds_tilted_faces() {
    let yunet = YuNet::new().unwrap();
    for (name, features) in PORTRAITS {
        let portrait = shrunk(&portrait(name), 3);
        let features = features.map(|(x, y)| (x / 3.0, y / 3.0));
        for (angle, sensitivity) in [
            (-30, Sensitivity::Balanced),
            (30, Sensitivity::Balanced),
            (-45, Sensitivity::Thorough),
            (45, Sensitivity::Thorough),
            (70, Sensitivity::Thorough),
            (90, Sensitivity::Thorough),
            (180, Sensitivity::Thorough),
            (270, Sensitivity::Thorough),
        ] {
            let (image, features) = turned(&portrait, features, f64::from(angle));
            let found = yunet.detect(&image, passes(sensitivity)).unwrap();
            let holds = |face: &Face| features.iter().all(|(x, y)| face.region.contains(*x, *y)) && face.region.width < 150.0;
            assert!(found.first().is_some_and(holds), "{name}, {angle}°: {found:?}");
            // Where a face lies exactly on its side, so do the sides of its box.
            assert!(angle % 90 != 0 || found[0].region.angle == 0.0, "{name}, {angle}°: {found:?}");
        }
    }
}

#[test]
fn looks_again_turned_as_the_passes_are() {
    let yunet = YuNet::new().unwrap();
    let (image, features) = turned(&portrait("obama"), PORTRAITS[2].1, 90.0);
    let (x, y) = features[2];
    let place = Region::new(x - 60.0, y - 120.0, 200.0, 240.0);
    let faces = detect_around(&eyes(&yunet, passes(Sensitivity::Thorough)), &image, &[place]).unwrap();
    assert!(faces.iter().any(|face| features.iter().all(|(x, y)| face.region.contains(*x, *y))), "{faces:?}");
}

/// A face that is small in a small picture: the pass enlarges it.
#[test]
fn finds_the_face_in_a_thumbnail() {
    let thumbnail = shrunk(&portrait("ardern"), 8);
    let faces = YuNet::new().unwrap().detect(&thumbnail, passes(Sensitivity::Fast)).unwrap();
    assert!(is_face(&faces[0], PORTRAITS[1].1.map(|(x, y)| (x / 8.0, y / 8.0))), "{faces:?}");
}

#[test]
fn finds_nothing_where_there_is_no_face() {
    let yunet = YuNet::new().unwrap();
    for image in [gradient(800, 600), checks(800, 600), flat(800, 600, [0, 0, 0, 255]), flat(800, 600, [255, 255, 255, 255])] {
        assert_eq!(yunet.detect(&image, passes(Sensitivity::Thorough)).unwrap(), []);
    }
}

#[test]
fn takes_pictures_of_any_shape() {
    let yunet = YuNet::new().unwrap();
    for (width, height) in [(1, 1), (2, 3), (31, 33), (1, 2000), (10_000, 20), (20, 10_000), (641, 1)] {
        assert_eq!(yunet.detect(&gradient(width, height), passes(Sensitivity::Thorough)).unwrap(), [], "{width} × {height}");
    }
}

/// A panorama shrunk to a long side of 640 px would lose its faces.
#[test]
fn finds_a_face_in_a_panorama() {
    let mut canvas = gradient(8000, 900);
    paste(&mut canvas, &shrunk(&portrait("sunak"), 2), (5000, 300));
    let faces = YuNet::new().unwrap().detect(&canvas, passes(Sensitivity::Fast)).unwrap();
    let features = PORTRAITS[3].1.map(|(x, y)| (x / 2.0 + 5000.0, y / 2.0 + 300.0));
    assert!(faces.iter().any(|face| is_face(face, features)), "{faces:?}");
}

#[test]
fn finds_a_face_behind_a_see_through_pixel() {
    let (width, height, mut pixels) = {
        let image = portrait("obama");
        (image.width(), image.height(), image.into_pixels())
    };
    pixels.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 200);
    let faces = YuNet::new().unwrap().detect(&Image::new(width, height, pixels).unwrap(), passes(Sensitivity::Balanced)).unwrap();
    assert!(is_face(&faces[0], PORTRAITS[2].1), "{faces:?}");
}

#[test]
fn gives_the_same_faces_each_time_and_on_every_thread() {
    let yunet = YuNet::new().unwrap();
    let image = portrait("macron");
    let first = yunet.detect(&image, passes(Sensitivity::Balanced)).unwrap();
    std::thread::scope(|scope| {
        let looks: Vec<_> = (0..4).map(|_| scope.spawn(|| yunet.detect(&image, passes(Sensitivity::Balanced)).unwrap())).collect();
        looks.into_iter().for_each(|look| assert_eq!(look.join().unwrap(), first));
    });
}

#[test]
fn looks_again_only_where_asked() {
    let yunet = YuNet::new().unwrap();
    let mut canvas = gradient(3000, 2250);
    paste(&mut canvas, &portrait("ardern"), (100, 200));
    paste(&mut canvas, &portrait("sunak"), (2100, 1200));
    let ardern = PORTRAITS[1].1.map(|(x, y)| (x + 100.0, y + 200.0));
    let there = Region::new(300.0, 330.0, 290.0, 400.0);
    let elsewhere = Region::new(1500.0, 100.0, 200.0, 200.0);
    let look = |regions: &[Region]| detect_around(&eyes(&yunet, passes(Sensitivity::Balanced)), &canvas, regions).unwrap();

    let faces = look(&[there]);
    assert_eq!(faces.len(), 1, "{faces:?}");
    assert!(is_face(&faces[0], ardern), "{faces:?}");
    assert_eq!(look(&[elsewhere]), []);
    assert_eq!(look(&[]), []);
    assert_eq!(look(&[Region::new(-50.0, -50.0, 40.0, 40.0), Region::new(2990.0, 2240.0, 400.0, 400.0)]), []);
    // So many that the whole picture is looked at: the answer is the same face.
    let faces = look(&[there; 200]);
    assert_eq!(faces.len(), 1, "{faces:?}");
    assert!(is_face(&faces[0], ardern), "{faces:?}");
}

/// Counts what it is shown.
struct Counting(YuNet, AtomicUsize);

impl FaceDetector for Counting {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn look(&self, view: &View, threshold: f32) -> Result<Vec<Face>, Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.look(view, threshold)
    }
}

#[test]
fn looks_no_closer_at_what_cannot_count_any_more() {
    let counting = Counting(YuNet::new().unwrap(), AtomicUsize::new(0));
    let [mut searched, mut again] = [0, 0];
    for (name, features) in PORTRAITS {
        for angle in [0.0, 20.0, 40.0, 60.0] {
            let (image, _) = turned(&shrunk(&portrait(name), 3), features, angle);
            // So many places that it is quicker to look at the whole picture.
            let everywhere = [Region::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height())); 9];
            // Every box, sure or not, is looked at closely.
            let pass = Pass { long_side: 640, angle: 0, candidate: 0.1, sure: f32::INFINITY, threshold: 0.5 };
            let eyes = eyes(&counting, std::slice::from_ref(&pass));
            let wanted = search(&eyes, &image).unwrap().faces;
            searched += counting.1.swap(0, Ordering::Relaxed);
            assert_eq!(detect_around(&eyes, &image, &everywhere).unwrap(), wanted, "{name}, {angle}°");
            again += counting.1.swap(0, Ordering::Relaxed);
        }
    }
    assert!(again > 16 && again < searched, "{again} looks of {searched}");
}

#[test]
fn a_face_counts_from_its_threshold_on() {
    let yunet = YuNet::new().unwrap();
    let image = portrait("macron");
    let look = |threshold| {
        let pass = Pass { long_side: 640, angle: 0, candidate: 0.1, sure: 1.0, threshold };
        search(&eyes(&yunet, &[pass]), &image).unwrap()
    };
    let found = look(0.99);
    assert_eq!(found.faces, []);
    assert!(is_face(&found.uncertain[0], PORTRAITS[0].1), "below the threshold, but worth a look: {found:?}");
    let found = look(0.5);
    assert!(is_face(&found.faces[0], PORTRAITS[0].1), "{found:?}");
    assert!(found.uncertain.iter().all(|face| (0.2..0.5).contains(&face.score)), "{found:?}");
}

#[test]
fn refuses_a_damaged_model() {
    let model = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/yunet.bin")).unwrap();
    assert!(YuNet::from_bytes(&model).is_ok());
    let refused = |bytes: &[u8]| matches!(YuNet::from_bytes(bytes), Err(Error::Model(_)));
    for length in (0..model.len()).step_by(997) {
        assert!(refused(&model[..length]), "cut to {length} bytes");
    }
    for at in (0..model.len()).step_by(997) {
        let mut changed = model.clone();
        changed[at] ^= 1;
        assert!(refused(&changed), "byte {at} changed");
    }
    assert!(refused(&[model.as_slice(), &[0]].concat()), "a byte too many");
}

fn eyes<'a>(detector: &'a dyn FaceDetector, passes: &'a [Pass]) -> Eyes<'a> {
    Eyes { detector, passes, second: None }
}

/// The box holds the eyes and the mouth, and is no larger than a head.
fn is_face(face: &Face, features: [(f64, f64); 3]) -> bool {
    let eyes = features[1].0 - features[0].0;
    features.iter().all(|(x, y)| face.region.contains(*x, *y)) && face.region.width < eyes * 3.0 && face.region.height < eyes * 4.0
}

fn portrait(name: &str) -> Image {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/faces/{name}.jpg"));
    let mut decoder = jpeg_decoder::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let pixels = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    let pixels = pixels.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    Image::new(info.width.into(), info.height.into(), pixels).unwrap()
}

/// Turned clockwise about its middle, on black that is large enough; `features` turn with it.
fn turned(image: &Image, features: [(f64, f64); 3], degrees: f64) -> (Image, [(f64, f64); 3]) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let side = (width.hypot(height)).ceil();
    let turned = painted(side as u32, side as u32, |x, y| {
        let (dx, dy) = (f64::from(x) + 0.5 - side / 2.0, f64::from(y) + 0.5 - side / 2.0);
        let (x, y) = (dx * cos + dy * sin + width / 2.0, dy * cos - dx * sin + height / 2.0);
        if x < 0.0 || y < 0.0 || x >= width || y >= height {
            return [0, 0, 0, 255];
        }
        let at = (y as usize * image.width() as usize + x as usize) * 4;
        image.pixels()[at..at + 4].try_into().unwrap()
    });
    let features = features.map(|(x, y)| {
        let (dx, dy) = (x - width / 2.0, y - height / 2.0);
        (dx * cos - dy * sin + side / 2.0, dx * sin + dy * cos + side / 2.0)
    });
    (turned, features)
}

/// Each pixel the mean of `factor` × `factor`.
fn shrunk(image: &Image, factor: u32) -> Image {
    let (width, height) = (image.width() / factor, image.height() / factor);
    painted(width, height, |x, y| {
        let mut sums = [0; 4];
        for (dx, dy) in (0..factor * factor).map(|index| (index % factor, index / factor)) {
            let at = ((y * factor + dy) * image.width() + x * factor + dx) as usize * 4;
            sums.iter_mut().zip(&image.pixels()[at..at + 4]).for_each(|(sum, channel)| *sum += u32::from(*channel));
        }
        sums.map(|sum| u8::try_from(sum / (factor * factor)).unwrap())
    })
}

fn paste(canvas: &mut Image, image: &Image, (x, y): (usize, usize)) {
    let (to_width, width) = (canvas.width() as usize, image.width() as usize);
    for (row, from) in image.pixels().chunks_exact(width * 4).enumerate() {
        let at = ((y + row) * to_width + x) * 4;
        canvas.pixels_mut()[at..at + width * 4].copy_from_slice(from);
    }
}

fn gradient(width: u32, height: u32) -> Image {
    let part = |at: u32, of: u32| u8::try_from(at * 255 / of.max(1)).unwrap();
    painted(width, height, |x, y| [part(x, width), part(y, height), 128, 255])
}

fn checks(width: u32, height: u32) -> Image {
    painted(width, height, |x, y| if (x / 40 + y / 40) % 2 == 0 { [230, 200, 170, 255] } else { [30, 30, 60, 255] })
}

fn flat(width: u32, height: u32, colour: [u8; 4]) -> Image {
    painted(width, height, |_, _| colour)
}

fn painted(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 4]) -> Image {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| colour(x, y)).collect();
    Image::new(width, height, pixels).unwrap()
}
