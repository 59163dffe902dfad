//! Time of each stage for photos of 1, 12 and 48 megapixels, one thread, warm: `cargo bench --bench stages`.
//!
//! Writes the photos and the table to `target/bench/`, where the browser's bench reads them, so that both time the same bytes.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a bench may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use darkslide::redact::{Redactor, Source, Strength, Target, plan};
use darkslide::{
    Backend, FaceMode, Format, Image, Keep, Limits, Options, Random, Region, Scrubber, Stage, decode, encode, inspect, resize,
};
use serde_json::json;

/// Runs of each photo after one that warms up. The median is reported.
const RUNS: usize = 5;

const PHOTOS: [(&str, u32, u32); 3] = [("1", 1152, 864), ("12", 4000, 3000), ("48", 8000, 6000)];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).unwrap();
    let scrubber = Scrubber::new(Backend::Cpu);
    let mut table = Vec::new();
    println!(
        "{:>4} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6}   ms, median of {RUNS}, native, CPU blur",
        "MP", "inspect", "decode", "detect", "redact", "encode", "verify", "all", "faces"
    );
    for (name, width, height) in PHOTOS {
        let photo = photo(&folder, name, width, height);
        let mut runs: Vec<BTreeMap<&str, f64>> = Vec::new();
        let mut faces = 0;
        for _ in 0..=RUNS {
            let (times, found) = time(&scrubber, &photo);
            faces = found;
            runs.push(times);
        }
        let median = |stage: &str| {
            let mut times: Vec<f64> = runs[1..].iter().map(|run| run.get(stage).copied().unwrap_or(0.0)).collect();
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let stages = ["inspect", "decode", "detect", "redact", "encode", "verify", "all"];
        let row: Vec<String> = stages.iter().map(|stage| format!("{:>8.0}", median(stage))).collect();
        println!("{name:>4} {} {faces:>6}", row.join(" "));
        let medians: BTreeMap<&str, f64> = stages.iter().map(|&stage| (stage, median(stage))).collect();
        table.push(json!({ "megapixels": name, "bytes": photo.len(), "faces": faces, "ms": medians }));
    }
    fs::write(folder.join("native.json"), serde_json::to_string_pretty(&table).unwrap()).unwrap();
    lossless(&folder);
    redactions(&folder);
}

/// The same redactions on the CPU and on the GPU, software or not, over regions of several sizes: from where on the GPU pays its way.
fn redactions(folder: &Path) {
    let (cpu, gpu) = (Redactor::cpu(), pollster::block_on(Redactor::new(Backend::Gpu)));
    let Some(name) = gpu.gpu_name() else {
        println!("\nredactions on a GPU: there is none");
        return;
    };
    println!("\n{:>9} {:>8} {:>8} {:>8}   redactions, ms, median of {RUNS}, GPU: {name}", "regions", "px", "CPU", "GPU");
    let (width, height) = (4000, 3000);
    let image =
        Image::new(width, height, (0..width * height * 4).map(|at| if at % 4 == 3 { 255 } else { (at >> 3) as u8 }).collect()).unwrap();
    let mut table = Vec::new();
    for (count, side) in [(1, 100), (12, 100), (1, 400), (12, 400), (1, 1600)] {
        let target = |index: u32| {
            let region = Region::new(f64::from(200 + index % 4 * 900), f64::from(200 + index / 4 * 900), f64::from(side), f64::from(side));
            Target { region, source: Source::Manual, strength: Strength::Normal, mode: None }
        };
        let plan = plan(width, height, &(0..count).map(target).collect::<Vec<_>>(), FaceMode::Blur, None, &Random::new(Some(1)).unwrap());
        let time = |redactor: &Redactor| {
            let mut copy = image.clone();
            median_of(|| pollster::block_on(redactor.redact(&mut copy, &plan)).unwrap().backend.len())
        };
        let [on_cpu, on_gpu] = [&cpu, &gpu].map(time);
        println!("{count:>9} {side:>8} {on_cpu:>8.2} {on_gpu:>8.2}");
        table.push(json!({ "regions": count, "px": side, "ms": { "cpu": on_cpu, "gpu": on_gpu } }));
    }
    fs::write(folder.join("gpu.json"), serde_json::to_string_pretty(&json!({ "gpu": name, "redactions": table })).unwrap()).unwrap();
}

/// The lossless road, against a plain copy of the file: every code of the picture's data is read, so that nothing can hide behind it.
fn lossless(folder: &Path) {
    println!(
        "\n{:>4} {:>8} {:>8} {:>8} {:>8} {:>8}   lossless road, ms, median of {RUNS}, native",
        "MP", "MB", "copy", "inspect", "strip", "MB/s"
    );
    for (name, width, height) in PHOTOS {
        let photo = photo(folder, name, width, height);
        let limits = Limits::default();
        let copy = median_of(|| std::hint::black_box(photo.clone()).len());
        let look = median_of(|| inspect::inspect(&photo, Format::Jpeg, &limits).unwrap().segments.len());
        let strip = median_of(|| darkslide::strip_metadata(&photo, &Keep::default(), &limits).unwrap().bytes.len());
        let megabytes = photo.len() as f64 / 1e6;
        println!("{name:>4} {megabytes:>8.1} {copy:>8.2} {look:>8.1} {strip:>8.1} {:>8.0}", megabytes / strip * 1e3);
    }
}

fn median_of(mut run: impl FnMut() -> usize) -> f64 {
    let mut times: Vec<f64> = (0..=RUNS)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(run());
            start.elapsed().as_secs_f64() * 1e3
        })
        .skip(1)
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn time(scrubber: &Scrubber, photo: &[u8]) -> (BTreeMap<&'static str, f64>, usize) {
    let mut times = BTreeMap::new();
    let start = Instant::now();
    let mut began = start;
    let mut progress = |stage: Stage, fraction: f64| match fraction {
        0.0 => began = Instant::now(),
        _ => *times.entry(stage.name()).or_insert(0.0) += began.elapsed().as_secs_f64() * 1e3,
    };
    let scrubbed = pollster::block_on(scrubber.scrub(photo, &Options { seed: Some(1), ..Options::default() }, &mut progress)).unwrap();
    times.insert("all", start.elapsed().as_secs_f64() * 1e3);
    (times, scrubbed.report.faces_detected)
}

/// A photo with faces and natural texture: the test portraits at several sizes, side by side, with a camera's grain, as JPEG 4:2:0.
fn photo(folder: &Path, name: &str, width: u32, height: u32) -> Vec<u8> {
    let path: PathBuf = folder.join(format!("{name}mp.jpg"));
    if let Ok(bytes) = fs::read(&path) {
        return bytes;
    }
    let mut canvas = vec![0; width as usize * height as usize * 4];
    let portraits: Vec<Image> = portraits();
    let tile = width / 4;
    for (index, (left, top)) in (0..height.div_ceil(tile)).flat_map(|row| (0..4).map(move |column| (column * tile, row * tile))).enumerate()
    {
        let portrait = resize::fit(portraits[index % portraits.len()].clone(), tile).unwrap();
        paste(&mut canvas, (width, height), &portrait, (left, top), tile);
    }
    let mut state = 1_u32;
    for channel in &mut canvas {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *channel = channel.saturating_add((state >> 30) as u8);
    }
    let bytes = encode::encode(&Image::new(width, height, canvas).unwrap(), Format::Jpeg, 90).unwrap();
    fs::write(path, &bytes).unwrap();
    bytes
}

/// Lays a portrait into a square tile, repeated to fill it.
fn paste(canvas: &mut [u8], (width, height): (u32, u32), portrait: &Image, (left, top): (u32, u32), tile: u32) {
    for y in 0..tile.min(height - top) {
        for x in 0..tile.min(width - left) {
            let from = ((y % portrait.height()) * portrait.width() + x % portrait.width()) as usize * 4;
            let to = ((top + y) as usize * width as usize + (left + x) as usize) * 4;
            canvas[to..to + 4].copy_from_slice(&portrait.pixels()[from..from + 4]);
        }
    }
}

fn portraits() -> Vec<Image> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faces");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let limits = Limits::default();
    let decoded = paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "jpg")).map(|path| {
        let bytes = fs::read(path).unwrap();
        let inspection = inspect::inspect(&bytes, Format::Jpeg, &limits).unwrap();
        decode::decode(&bytes, &inspection, &limits).unwrap().image
    });
    decoded.collect()
}
