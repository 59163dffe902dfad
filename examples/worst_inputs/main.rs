//! Forges the files that take `verify` longest, or the most memory, for their format, and prints what they took: the table in docs/limits.md.
//!
//! `cargo run --release --no-default-features --features formats --example worst_inputs [PART OF A NAME]`. Each file is verified by a process of its own.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, reason = "it forges files, and stops where that fails")]

#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
#[path = "../../tests/suite/forge/mod.rs"]
mod forge;
#[allow(dead_code, reason = "the reader uses the rest of it")]
#[path = "../../src/inspect/webp/probabilities.rs"]
mod probabilities;

mod heif;
mod jpeg;
mod jxl;
mod png;
mod tiff;
mod webp;

use std::process::Command;
use std::time::Instant;

use darkslide::{Limits, verify};

use forge::many;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, path] = arguments.as_slice()
        && flag == "--one"
    {
        return one(&std::fs::read(path).unwrap());
    }
    println!("| format | file | bytes | seconds | MiB besides the file | verdict |");
    println!("|---|---|--:|--:|--:|---|");
    let folder = tempfile::tempdir().unwrap();
    for (what, make) in FILES {
        if arguments.first().is_some_and(|part| !what.contains(part.as_str())) {
            continue;
        }
        let (path, file) = (folder.path().join("file"), make());
        std::fs::write(&path, &file).unwrap();
        let out = Command::new(std::env::current_exe().unwrap()).arg("--one").arg(&path).output().unwrap();
        let (format, rest) = what.split_once(": ").unwrap();
        let told = String::from_utf8_lossy(&out.stdout);
        let told = if out.status.success() { told.trim().to_owned() } else { format!("| | | it died: {} |", out.status) };
        println!("| {format} | {rest} | {} {told}", file.len());
    }
}

fn one(file: &[u8]) {
    let before = memory("VmRSS:");
    let start = Instant::now();
    let verdict = verify(file, &Limits::default());
    let seconds = start.elapsed().as_secs_f64();
    let more = memory("VmHWM:").zip(before).map_or("?".to_owned(), |(most, before)| (most.saturating_sub(before) / 1024).to_string());
    let refusal = verdict.findings.iter().find(|finding| finding.path == "file").and_then(|finding| finding.value.clone());
    let judged = match (refusal, verdict.clean) {
        (Some(refusal), _) => refusal.split(" (at byte").next().unwrap_or_default().to_owned(),
        (None, true) => "clean".to_owned(),
        (None, false) => format!("{} findings", verdict.findings.len()),
    };
    println!("| {seconds:.2} | {more} | {} |", judged.replace('|', "/"));
}

/// KiB, as Linux tells it.
fn memory(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(what))?.split_whitespace().next()?.parse().ok()
}

type Make = fn() -> Vec<u8>;

const FILES: &[(&str, Make)] = &[
    ("PNG: 42 frames of 10,000 × 10,000 zeros", || png::frames(0, 42, 10_000)),
    ("PNG: 300 frames of 10,000 × 10,000 zeros", || png::frames(0, 300, 10_000)),
    ("PNG: 5 frames of 10,000 × 10,000 colours of a palette, filtered by Paeth", || png::frames(3, 5, 10_000)),
    ("PNG: a palette's colours, one to a row", || png::png(&[(1, 99_000_000, 1, 3)], |_| 0, 1)),
    ("PNG: an XMP packet of tags", || {
        let text = [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &b"<a:b c:d=''><a>".repeat(2 << 20)].concat();
        forge::png_with(&forge::png(), &[forge::chunk(b"iTXt", &text)])
    }),
    ("PNG: packed texts", || {
        forge::png_with(&forge::png(), &vec![forge::chunk(b"zTXt", &[b"a\0\0".as_slice(), &forge::zlib(&vec![0; 1 << 20])].concat()); 3000])
    }),
    ("JPEG: 82 scans of a 100-megapixel picture, a run of blocks a code", || jpeg::scans(30 << 20, 0xE0)),
    ("JPEG: 82 scans of a 100-megapixel picture, a block a code", || jpeg::scans(15 << 20, 0x00)),
    ("JPEG: noise of 30 MB", || {
        let mut state = 1_u32;
        let pixels: Vec<u8> = (0..6_000 * 6_000).map(|_| random(&mut state)).collect();
        let mut out = Vec::new();
        jpeg_encoder::Encoder::new(&mut out, 82).encode(&pixels, 6_000, 6_000, jpeg_encoder::ColorType::Luma).unwrap();
        out
    }),
    ("JPEG: pictures without an end behind the picture", || {
        let piece = [b"\xFF\xD8".to_vec(), forge::segment(0xFE, &[b'x'; 60_000])].concat();
        [forge::jpeg(), piece.repeat(500)].concat()
    }),
    ("JPEG: XMP packets of tags", || {
        let packet = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), &b"<a>".repeat(21_000)].concat();
        forge::jpeg_with(&forge::jpeg(), &vec![forge::segment(0xE1, &packet); 480])
    }),
    ("JPEG: Exif blocks that point to one packet eight times", || {
        let packet = b"<a>".repeat(20_000);
        let tags = (0..8).map(|_| forge::Tag(0x02BC, 1, packet[..7_000].to_vec())).collect();
        let block = forge::Tiff { main: tags, ..forge::Tiff::default() };
        forge::jpeg_with(&forge::jpeg(), &vec![block.app1(); 500])
    }),
    ("WebP: lossless frames of 65,536 groups of codes", || many::webp_frames(&many::webp_groups(65_535, many::short_code), 190, (4, 4))),
    ("WebP: a lossless picture of groups of long codes", || many::webp_frames(&many::webp_groups(4_095, webp::long_code), 60, (4, 4))),
    ("WebP: lossless codes of one bit", || many::webp_frames(&webp::one_bit_codes(), 1, (16_000, 6_000))),
    ("WebP: lossy frames of tokens that take no bits", || webp::lossy(8)),
    ("GIF: 30 MB of the shortest codes", || {
        let codes = [0b1000_1000_u8; 255];
        let data: Vec<u8> = [[255].as_slice(), &codes].concat().repeat(122_000);
        [b"GIF89a\xFF\xFF\x00\x05\0\0\0,\0\0\0\0\xFF\xFF\x00\x05\0\x02".as_slice(), &data, b"\0;"].concat()
    }),
    ("GIF: 33,000 pictures of the longest codes", || {
        let picture = b",\0\0\0\0\x01\0\x01\0\0\x0B\x01\0\0";
        [b"GIF89a\x01\0\x01\0\0\0\0".as_slice(), &picture.repeat(33_000), b";"].concat()
    }),
    ("BMP: 30 MB of runs", || {
        let mut out = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x10\x27\0\0\x10\x27\0\0\x01\0\x08\0\x01\0\0\0".to_vec();
        out.resize(54, 0);
        out.extend([1, 7].repeat(15 << 20));
        out.extend([0, 1]);
        out
    }),
    ("BMP: 30 MB of pixels with an alpha channel", || {
        let mut out = forge::bmp()[..0].to_vec();
        out.extend(b"BM\0\0\0\0\0\0\0\0\x7A\0\0\0\x6C\0\0\0\x58\x1B\0\0\x65\x04\0\0\x01\0\x20\0\x03\0\0\0");
        out.resize(54, 0);
        out.extend([0xFF_0000_u32, 0xFF00, 0xFF, 0xFF00_0000].iter().flat_map(|mask| mask.to_le_bytes()));
        out.resize(122, 0);
        out.extend([9, 9, 9, 0].repeat(7_000 * 1_125));
        out
    }),
    ("TIFF: 10,000 pages of one profile", || {
        tiff::pages(&|page, shared| {
            page.extend(tiff::entry(34_675, 7, 1 << 20, shared));
        })
    }),
    ("TIFF: 10,000 pages of one list of strips", || {
        tiff::pages(&|page, shared| {
            page.extend(tiff::entry(273, 4, 7 << 20, shared));
        })
    }),
    ("TIFF: 250,000 strips of some bytes, deflated", || tiff::strips(8, 250_000, &forge::zlib(&[0]))),
    ("TIFF: JPEG strips with tables of their own", || {
        let strip = tiff::small_jpeg();
        tiff::strips(7, ((30 << 20) / (strip.len() + 8)) as u32, &strip)
    }),
    ("HEIF: derived pictures whose data is the whole file in two pieces", heif::derived),
    ("HEIF: tracks of 100,000 frames", || many::heif_tracks(3_000)),
    ("HEIF: auxiliary pictures of many properties", many::heif_auxiliary),
    ("JPEG XL: frames whose parts are in an order of their own", jxl::frames),
];

/// A byte that looks like none in particular.
fn random(state: &mut u32) -> u8 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 24) as u8
}
