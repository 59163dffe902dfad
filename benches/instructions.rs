//! Work whose processor instructions `npm run count` counts, so that what has become slower shows on a busy machine too.
//!
//! `instructions WORK` prepares everything and does that work once; `instructions nothing` prepares alone. The detector is left out: it takes
//! other kernels on other processors.
#![allow(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use darkslide::inspect::{Inspection, inspect};
use darkslide::{Backend, FaceMode, Format, Image, Keep, Limits, Mark, Options, Region, Scrubber, decode, encode, verify};

/// A photo, and what its stages give.
struct Prepared {
    photo: Vec<u8>,
    inspection: Inspection,
    image: Image,
    clean: Vec<u8>,
    limits: Limits,
}

type Work = fn(&Prepared);

const WORKS: [(&str, Work); 5] = [
    ("strip", |p| drop(black_box(darkslide::strip_metadata(&p.photo, &Keep::default(), &p.limits).unwrap()))),
    ("verify", |p| drop(black_box(verify(&p.clean, &p.limits)))),
    ("decode", |p| drop(black_box(decode::decode(&p.photo, &p.inspection, &p.limits).unwrap()))),
    ("encode", |p| drop(black_box(encode::encode(&p.image, Format::Jpeg, 85).unwrap()))),
    ("scrub", scrub),
];

/// All stages but the detector, with a region over a third of the picture.
fn scrub(p: &Prepared) {
    let size = (f64::from(p.image.width()), f64::from(p.image.height()));
    let region: Mark = Region::new(size.0 / 4.0, size.1 / 4.0, size.0 / 2.0, size.1 / 2.0).into();
    let options = Options { faces: FaceMode::Keep, regions: vec![region], seed: Some(1), ..Options::default() };
    let scrubber = Scrubber::new(Backend::Cpu);
    black_box(pollster::block_on(scrubber.scrub(&p.photo, &options, &mut |_, _| ())).unwrap());
}

fn main() {
    let photo = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faces/sunak.jpg")).unwrap();
    let limits = Limits::default();
    let inspection = inspect(&photo, Format::Jpeg, &limits).unwrap();
    let image = decode::decode(&photo, &inspection, &limits).unwrap().image;
    let clean = darkslide::strip_metadata(&photo, &Keep::default(), &limits).unwrap().bytes;
    let prepared = Prepared { photo, inspection, image, clean, limits };
    let asked = std::env::args().nth(1).filter(|name| !name.starts_with('-'));
    match asked.as_deref() {
        Some("nothing") => drop(black_box(prepared)),
        Some(name) => WORKS.iter().find(|(known, _)| *known == name).unwrap().1(&prepared),
        None => println!("npm run count counts the instructions of: {}", WORKS.map(|(name, _)| name).join(", ")),
    }
}
