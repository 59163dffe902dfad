//! Forges the files that take `verify` longest, or the most memory, for their format, and prints what they took: the table in docs/limits.md.
//!
//! `cargo run --release --no-default-features --features formats --example worst_inputs [PART OF A NAME]`. Each file is verified by a process of its own.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, reason = "it forges files, and stops where that fails")]

#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
#[path = "../tests/suite/forge/mod.rs"]
mod forge;
#[allow(dead_code, reason = "the reader uses the rest of it")]
#[path = "../src/inspect/webp/probabilities.rs"]
mod probabilities;

use std::process::Command;
use std::time::Instant;

use darkslide::{Limits, verify};

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
    ("PNG: 42 frames of 10,000 × 10,000 zeros", || png_frames(0, 42, 10_000)),
    ("PNG: 300 frames of 10,000 × 10,000 zeros", || png_frames(0, 300, 10_000)),
    ("PNG: 5 frames of 10,000 × 10,000 colours of a palette, filtered by Paeth", || png_frames(3, 5, 10_000)),
    ("PNG: a palette's colours, one to a row", || png(&[(1, 99_000_000, 1, 3)], |_| 0, 1)),
    ("PNG: an XMP packet of tags", || {
        let text = [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &b"<a:b c:d=''><a>".repeat(2 << 20)].concat();
        forge::png_with(&forge::png(), &[forge::chunk(b"iTXt", &text)])
    }),
    ("PNG: packed texts", || {
        forge::png_with(&forge::png(), &vec![forge::chunk(b"zTXt", &[b"a\0\0".as_slice(), &forge::zlib(&vec![0; 1 << 20])].concat()); 3000])
    }),
    ("JPEG: 82 scans of a 100-megapixel picture, a run of blocks a code", || jpeg_scans(30 << 20, 0xE0)),
    ("JPEG: 82 scans of a 100-megapixel picture, a block a code", || jpeg_scans(15 << 20, 0x00)),
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
    ("WebP: lossless frames of 65,536 groups of codes", || webp_frames(&groups(65_535, false), 190, (4, 4))),
    ("WebP: a lossless picture of groups of long codes", || webp_frames(&groups(4_095, true), 60, (4, 4))),
    ("WebP: lossless codes of one bit", || webp_frames(&one_bit_codes(), 1, (16_000, 6_000))),
    ("WebP: lossy frames of tokens that take no bits", || webp_lossy(8)),
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
        tiff_pages(&|page, shared| {
            page.extend(entry(34_675, 7, 1 << 20, shared));
        })
    }),
    ("TIFF: 10,000 pages of one list of strips", || {
        tiff_pages(&|page, shared| {
            page.extend(entry(273, 4, 7 << 20, shared));
        })
    }),
    ("TIFF: 250,000 strips of some bytes, deflated", || tiff_strips(8, 250_000, &forge::zlib(&[0]))),
    ("TIFF: JPEG strips with tables of their own", || {
        let strip = small_jpeg();
        tiff_strips(7, ((30 << 20) / (strip.len() + 8)) as u32, &strip)
    }),
    ("HEIF: derived pictures whose data is the whole file in two pieces", heif_derived),
    ("HEIF: tracks of 100,000 frames", heif_tracks),
    ("HEIF: auxiliary pictures of many properties", heif_auxiliary),
    ("JPEG XL: frames whose parts are in an order of their own", jxl_frames),
];

/// A byte that looks like none in particular.
fn random(state: &mut u32) -> u8 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 24) as u8
}

/// An animation of equal frames of `side` × `side`: of grey, or of a palette and filtered by Paeth.
fn png_frames(kind: u8, frames: u32, side: u32) -> Vec<u8> {
    png(&[(side, side, 8, kind)], if kind == 3 { |_| 4 } else { |_| 0 }, frames)
}

/// `frames` of the first of `sizes` (width, height, bits, colour type), the filter of each row as `filter` says.
fn png(sizes: &[(u32, u32, u32, u8)], filter: fn(u32) -> u8, frames: u32) -> Vec<u8> {
    use std::io::Write as _;
    let (width, height, bits, kind) = sizes[0];
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let mut row = vec![0; 1 + (width * bits).div_ceil(8) as usize];
    let mut some = Vec::new();
    for number in 0..height {
        row[0] = filter(number);
        some.extend(&row);
        if some.len() > 1 << 20 {
            encoder.write_all(&some).unwrap();
            some.clear();
        }
    }
    encoder.write_all(&some).unwrap();
    let data = encoder.finish().unwrap();
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    out.extend(forge::chunk(b"IHDR", &[sides.as_slice(), &[bits as u8, kind, 0, 0, 0]].concat()));
    out.extend(forge::chunk(b"acTL", &[frames.to_be_bytes(), [0; 4]].concat()));
    if kind == 3 {
        out.extend(forge::chunk(b"PLTE", &[0; 3]));
    }
    for frame in 0..frames {
        out.extend(forge::chunk(
            b"fcTL",
            &[(frame.max(1) * 2 - 1) * u32::from(frame > 0), width, height]
                .map(u32::to_be_bytes)
                .concat()
                .into_iter()
                .chain([0; 14])
                .collect::<Vec<u8>>(),
        ));
        if frame == 0 {
            out.extend(forge::chunk(b"IDAT", &data));
        } else {
            out.extend(forge::chunk(b"fdAT", &[(frame * 2).to_be_bytes().as_slice(), &data].concat()));
        }
    }
    out.extend(forge::chunk(b"IEND", b""));
    out
}

/// A grey progressive picture whose scans say with one code of one bit that nothing changes, and `padding` bytes of comments.
fn jpeg_scans(padding: usize, symbol: u8) -> Vec<u8> {
    let side = 9_992_u16;
    let [high, low] = side.to_be_bytes();
    let mut out = vec![0xFF, 0xD8];
    out.extend(forge::segment(0xFE, &[b'x'; 60_000]).repeat(padding / 60_004));
    out.extend(forge::segment(0xDB, &[[0].as_slice(), &[1; 64]].concat()));
    out.extend(forge::segment(0xC2, &[8, high, low, high, low, 1, 1, 0x11, 0]));
    let table = |class: u8, symbol: u8| forge::segment(0xC4, &[[class, 1].as_slice(), &[0; 15], &[symbol]].concat());
    out.extend(table(0x00, 0x00));
    out.extend(table(0x10, symbol));
    let blocks = (usize::from(side) / 8).pow(2);
    out.extend(forge::segment(0xDA, &[1, 1, 0, 0, 0, 0]));
    out.extend(vec![0; blocks.div_ceil(8)]);
    // A code for each 16,384 blocks, the shortest run of its kind, has 15 bits.
    let bits = if symbol == 0 { blocks } else { 15 * blocks.div_ceil(16_384) };
    let data = vec![0; bits.div_ceil(8)];
    for band in 0..9_u8 {
        for position in (0..9_u8).rev() {
            let high = if position == 8 { 0 } else { position + 1 };
            out.extend(forge::segment(0xDA, &[1, 1, 0, band * 7 + 1, band * 7 + 7, high << 4 | position]));
            out.extend(&data);
        }
    }
    out.extend([0xFF, 0xD9]);
    out
}

/// Bits, those of less weight first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn put(&mut self, number: u64, count: u32) {
        for bit in 0..count {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((number >> bit & 1) as u8) << (self.count % 8);
            self.count += 1;
        }
    }

    /// A code of one symbol.
    fn one(&mut self, symbol: u64) {
        self.put(0b101, 3);
        self.put(symbol, 8);
    }
}

/// A lossless picture of 4 × 4 px whose blocks are all read with the last of many groups of codes.
fn groups(last: u64, are_long: bool) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2F, 8);
    bits.put(3, 14);
    bits.put(3, 14);
    bits.put(1 << 0, 4);
    // No transform, no cache, but a picture of groups in blocks of 4 × 4: red and green are the number.
    bits.put(0, 2);
    bits.put(1, 1);
    bits.put(0, 3);
    bits.put(0, 1);
    for symbol in [last & 255, last >> 8, 0, 0, 0] {
        bits.one(symbol);
    }
    for _ in 0..=last {
        for code in 0..5 {
            if are_long && matches!(code, 1..=3) {
                long_code(&mut bits);
            } else {
                // Of one bit: symbol 0.
                bits.put(0b0001, 4);
            }
        }
    }
    bits.bytes
}

/// A complete code of 256 symbols that needs as many tables as it can: lengths 1, 7, 7, 8, then 9 to 15, 15, then 244 of 9.
fn long_code(bits: &mut Bits) {
    let lengths: Vec<usize> = [1, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15].into_iter().chain([9; 244]).collect();
    bits.put(0, 1);
    // Lengths of the codes of lengths, in RFC 9649's order: 9 has one bit, the others four or five.
    let of = |length: usize| match length {
        9 => 1,
        1 | 7 | 8 | 10 | 11 | 12 | 13 => 4,
        14 | 15 => 5,
        _ => 0,
    };
    let order = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    bits.put(15, 4);
    order.iter().for_each(|&length| bits.put(of(length), 3));
    bits.put(0, 1);
    for length in lengths {
        let width = of(length) as u32;
        // Canonical: all of one length in order.
        let before: Vec<usize> = [1, 7, 8, 10, 11, 12, 13].into_iter().filter(|l| *l < length).collect();
        let code: u64 = match length {
            9 => 0,
            14 => 0b11110,
            15 => 0b11111,
            _ => 0b1000 + before.len() as u64,
        };
        bits.put(code.reverse_bits() >> (64 - width), width);
    }
}

/// 16,000 × 6,000 px, one bit each.
fn one_bit_codes() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2F, 8);
    bits.put(15_999, 14);
    bits.put(5_999, 14);
    bits.put(1, 4);
    bits.put(0, 3);
    // Green: two symbols of one bit. Red, blue, alpha, distance: one.
    bits.put(0b111, 3);
    bits.put(0, 8);
    bits.put(1, 8);
    for _ in 0..4 {
        bits.put(0b0001, 4);
    }
    let mut out = bits.bytes;
    out.resize(out.len() + 16_000 * 6_000 / 8 + 8, 0x5A);
    out
}

/// An animation of equal lossless frames.
fn webp_frames(picture: &[u8], frames: usize, (width, height): (u32, u32)) -> Vec<u8> {
    let sides = [&(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]].concat();
    let frame = [&[0; 6], sides.as_slice(), &[9, 0, 0, 0], &forge::riff_chunk(if picture[0] == 0x2F { b"VP8L" } else { b"VP8 " }, picture)]
        .concat();
    let header = forge::riff_chunk(b"VP8X", &[&[0x12, 0, 0, 0], sides.as_slice()].concat());
    forge::riff(&[&[header, forge::riff_chunk(b"ANIM", &[0; 6])], vec![forge::riff_chunk(b"ANMF", &frame); frames].as_slice()].concat())
}

/// Writes booleans of stated probabilities. [RFC 6386 §7.3]
struct Booleans {
    out: Vec<u8>,
    range: u32,
    bottom: u32,
    count: i32,
}

impl Booleans {
    fn put(&mut self, value: bool, probability: u32) {
        let split = 1 + (((self.range - 1) * probability) >> 8);
        if value {
            let (bottom, carries) = self.bottom.overflowing_add(split);
            self.bottom = bottom;
            self.range -= split;
            if carries {
                self.carry();
            }
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            if self.bottom & 1 << 31 != 0 {
                self.carry();
            }
            self.bottom <<= 1;
            self.count -= 1;
            if self.count == 0 {
                self.out.push((self.bottom >> 24) as u8);
                self.bottom &= 0xFF_FFFF;
                self.count = 8;
            }
        }
    }

    fn carry(&mut self) {
        for byte in self.out.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                return;
            }
        }
    }

    fn end(mut self) -> Vec<u8> {
        (0..40).for_each(|_| self.put(false, 128));
        self.out
    }
}

fn booleans() -> Booleans {
    Booleans { out: Vec::new(), range: 255, bottom: 0, count: 24 }
}

/// Frames of 10,000 × 10,000 px in which each block has fifteen zeros and sixteen, none of which takes a fiftieth of a bit.
fn webp_lossy(frames: usize) -> Vec<u8> {
    let side = 10_000_u32;
    let (mut modes, mut tokens) = (booleans(), booleans());
    modes.put(false, 128);
    modes.put(false, 128);
    // No segments; filter; adjustments; partitions; quantisers; refresh.
    modes.put(false, 128);
    (0..10).for_each(|_| modes.put(false, 128));
    modes.put(false, 128);
    (0..2).for_each(|_| modes.put(false, 128));
    (0..7).for_each(|_| modes.put(false, 128));
    (0..5).for_each(|_| modes.put(false, 128));
    modes.put(false, 128);
    // Of each eleven probabilities the first is made 1, that a block goes on, and the second 255, that a coefficient is zero.
    for (index, update) in probabilities::TOKEN_UPDATES.as_flattened().as_flattened().as_flattened().iter().enumerate() {
        let wanted = match index % 11 {
            0 => Some(1_u32),
            1 => Some(255),
            _ => None,
        };
        modes.put(wanted.is_some(), (*update).into());
        if let Some(wanted) = wanted {
            (0..8).rev().for_each(|bit| modes.put(wanted >> bit & 1 == 1, 128));
        }
    }
    modes.put(false, 128);
    for _ in 0..side.div_ceil(16).pow(2) {
        // 16 × 16, DC; chroma DC.
        modes.put(true, 145);
        modes.put(false, 156);
        modes.put(false, 163);
        modes.put(false, 142);
        for block in 0..25 {
            tokens.put(true, 1);
            let zeros = if (1..17).contains(&block) { 15 } else { 16 };
            (0..zeros).for_each(|_| tokens.put(false, 255));
        }
    }
    let (modes, tokens) = (modes.end(), tokens.end());
    let tag = (modes.len() as u32) << 5 | 1 << 4;
    let sides = [(side as u16).to_le_bytes(), (side as u16).to_le_bytes()].concat();
    let picture = [&tag.to_le_bytes()[..3], &[0x9D, 0x01, 0x2A], &sides, &modes, &tokens].concat();
    webp_frames(&picture, frames, (side, side))
}

/// An entry of a directory, little-endian.
fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
}

/// Ten thousand pages of one pixel; `more` adds to a directory's entries, and may point to 28 MiB that all have in common.
fn tiff_pages(more: &dyn Fn(&mut Vec<u8>, u32)) -> Vec<u8> {
    let (pages, shared) = (10_000_u32, 8 + 16);
    let mut out = b"II*\0\0\0\0\0".to_vec();
    out.resize(shared as usize, 0);
    // A profile of one huge curve that is of no use.
    let mut profile = vec![0; 28 << 20];
    profile[..4].copy_from_slice(&(1_u32 << 20).to_be_bytes());
    profile[8] = 2;
    profile[12..24].copy_from_slice(b"mntrRGB XYZ ");
    profile[36..40].copy_from_slice(b"acsp");
    profile[128..132].copy_from_slice(&1_u32.to_be_bytes());
    profile[132..144].copy_from_slice(&[b"rTRC".as_slice(), &144_u32.to_be_bytes(), &((1_u32 << 20) - 144).to_be_bytes()].concat());
    profile[144..156].copy_from_slice(&[b"curv\0\0\0\0".as_slice(), &((1_u32 << 19) - 200).to_be_bytes()].concat());
    out.extend(profile);
    let mut link = 4;
    for _ in 0..pages {
        let at = out.len() as u32;
        out.splice(link..link + 4, at.to_le_bytes());
        let mut entries = [entry(256, 3, 1, 1), entry(257, 3, 1, 1), entry(258, 3, 1, 8), entry(262, 3, 1, 1)].concat();
        let before = entries.len();
        more(&mut entries, shared);
        if !entries[before..].chunks(12).any(|e| e[..2] == 273_u16.to_le_bytes()) {
            entries.splice(before..before, entry(273, 4, 1, 8));
        }
        entries.extend(entry(279, 4, 1, 1));
        let mut sorted: Vec<&[u8]> = entries.chunks(12).collect();
        sorted.sort_by_key(|e| u16::from_le_bytes([e[0], e[1]]));
        out.extend(((entries.len() / 12) as u16).to_le_bytes());
        out.extend(sorted.concat());
        link = out.len();
        out.extend([0; 4]);
    }
    out
}

/// A page of strips of one row, each with data of its own.
fn tiff_strips(compression: u32, count: u32, strip: &[u8]) -> Vec<u8> {
    let rows = if compression == 7 { 8 } else { 1 };
    let width = if compression == 7 { 8 } else { 1 };
    let entries = [
        entry(256, 4, 1, width),
        entry(257, 4, 1, count * rows),
        entry(258, 3, 1, 8),
        entry(259, 3, 1, compression),
        entry(262, 3, 1, 1),
        entry(273, 4, count, 8 + 2 + 9 * 12 + 4),
        entry(277, 3, 1, 1),
        entry(278, 4, 1, rows),
        entry(279, 4, count, 8 + 2 + 9 * 12 + 4 + count * 4),
    ];
    let data = 8 + 2 + 9 * 12 + 4 + count * 8;
    let mut out = [b"II*\0\x08\0\0\0\x09\0".as_slice(), &entries.concat(), &[0; 4]].concat();
    (0..count).for_each(|n| out.extend((data + n * strip.len() as u32).to_le_bytes()));
    (0..count).for_each(|_| out.extend((strip.len() as u32).to_le_bytes()));
    out.extend(strip.repeat(count as usize));
    out
}

/// 8 × 8 px of grey, and tables.
fn small_jpeg() -> Vec<u8> {
    let table = |class: u8| forge::segment(0xC4, &[[class, 1].as_slice(), &[0; 15], &[0]].concat());
    [
        b"\xFF\xD8".to_vec(),
        forge::segment(0xDB, &[[0].as_slice(), &[1; 64]].concat()),
        forge::segment(0xC0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
        table(0x00),
        table(0x10),
        forge::segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        vec![0x3F, 0xFF, 0xD9],
    ]
    .concat()
}

/// Items of a `meta` box: an overlay of overlays, each of which says that its data is the file's 28 MiB in two pieces.
fn heif_derived() -> Vec<u8> {
    let count = 20_000_u16;
    let number = |n: usize| (n as u32).to_be_bytes();
    let full = |kind: &[u8; 4], version: u8, content: &[u8]| forge::heif::bmff(kind, &[&[version, 0, 0, 0], content].concat());
    let item = |id: u16| full(b"infe", 2, &[&id.to_be_bytes()[..], &[0, 0], b"grid", &[0]].concat());
    let items: Vec<u8> = (1..=count).flat_map(item).collect();
    let iinf = full(b"iinf", 0, &[&count.to_be_bytes()[..], &items].concat());
    let reference = |from: u16| forge::heif::bmff(b"dimg", &[from.to_be_bytes(), 1_u16.to_be_bytes(), (from + 1).to_be_bytes()].concat());
    let iref = full(b"iref", 0, &(1..count).flat_map(reference).collect::<Vec<u8>>());
    let place = |id: u16| {
        [&id.to_be_bytes()[..], &[0, 0, 0, 2], &number(2 << 20), &number(13 << 20), &number(15 << 20), &number(13 << 20)].concat()
    };
    let iloc = full(b"iloc", 0, &[&[0x44, 0], &count.to_be_bytes()[..], &(1..=count).flat_map(place).collect::<Vec<u8>>()].concat());
    let handler = full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let meta = full(b"meta", 0, &[handler, full(b"pitm", 0, &[0, 1]), iinf, iref, iloc].concat());
    [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), meta, forge::heif::bmff(b"mdat", &vec![0; 28 << 20])].concat()
}

/// Items that are auxiliary pictures of the primary one, of as many properties as may be.
fn heif_auxiliary() -> Vec<u8> {
    let number = |n: usize| (n as u32).to_be_bytes();
    let full = |kind: &[u8; 4], version: u8, content: &[u8]| forge::heif::bmff(kind, &[&[version, 0, 0, 0], content].concat());
    let item = |id: u16| full(b"infe", 2, &[&id.to_be_bytes()[..], &[0, 0], b"hvc1", &[0]].concat());
    let iinf = full(b"iinf", 0, &[&[0, 2][..], &item(1), &item(2)].concat());
    let to = [1_u16.to_be_bytes(); 50_000].concat();
    let reference = forge::heif::bmff(b"auxl", &[&[0, 2][..], &50_000_u16.to_be_bytes(), &to].concat());
    let iref = full(b"iref", 0, &reference.repeat(10));
    let uses = [&[0, 2, 255][..], &[1; 255]].concat();
    let ipma = full(b"ipma", 0, &[&number(3_000)[..], &uses.repeat(3_000)].concat());
    let ipco = forge::heif::bmff(b"ipco", &full(b"auxC", 0, b"urn:a\0"));
    let handler = full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let iprp = forge::heif::bmff(b"iprp", &[ipco, ipma].concat());
    let meta = full(b"meta", 0, &[handler, full(b"pitm", 0, &[0, 1]), iinf, iref, iprp].concat());
    [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), meta].concat()
}

/// A movie of tracks whose tables say in some bytes that there are very many frames.
fn heif_tracks() -> Vec<u8> {
    let number = |n: u32| n.to_be_bytes();
    let full = |kind: &[u8; 4], content: &[u8]| forge::heif::bmff(kind, &[&[0; 4], content].concat());
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|n| number(*n)).collect::<Vec<u8>>();
    let boxes = |kind: &[u8; 4], inside: &[Vec<u8>]| forge::heif::bmff(kind, &inside.concat());
    let table = boxes(
        b"stbl",
        &[
            full(b"stsd", &numbers(&[0])),
            full(b"stts", &numbers(&[1, 100_000, 1])),
            full(b"stsc", &numbers(&[1, 1, 100_000, 1])),
            full(b"stsz", &numbers(&[1, 100_000])),
            full(b"stco", &numbers(&[1, 0])),
        ],
    );
    let media = boxes(
        b"mdia",
        &[full(b"mdhd", &numbers(&[0, 0, 1, 1, 0])), full(b"hdlr", &[&[0; 4][..], b"pict", &[0; 13]].concat()), boxes(b"minf", &[table])],
    );
    let track = boxes(b"trak", &[full(b"tkhd", &[numbers(&[0, 0, 1, 0, 1]), vec![0; 60]].concat()), media]);
    let mut inside = vec![full(b"mvhd", &[numbers(&[0, 0, 1, 1]), vec![0; 80]].concat())];
    inside.extend(vec![track; 3_000]);
    let mut out = b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc".to_vec();
    out.extend(boxes(b"moov", &inside));
    out
}

/// Frames of the greatest number of parts, all of them in an order of their own, of which the codes take no bits.
fn jxl_frames() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x0AFF, 16);
    // 24 × 16 px, and defaults for all else.
    bits.put(0, 3);
    bits.put(15, 9);
    bits.put(0, 5);
    bits.put(23, 9);
    bits.put(0b11, 2);
    let align = |bits: &mut Bits| bits.count = bits.bytes.len() * 8;
    align(&mut bits);
    let mut one = Bits::default();
    // No defaults; for reference only; modular; no flags; no upsampling; groups of 128 px.
    one.put(0, 1);
    one.put(2, 2);
    one.put(1, 1);
    one.put(0, 2 + 2 + 2);
    // 32,000 × 32,000 px.
    one.put(1, 1);
    (0..2).for_each(|_| one.put((32_000 - 18_688) << 2 | 3, 32));
    // Its number, before colour transforms, no name, default filters, no extensions; an order.
    one.put(0, 2 + 1 + 2);
    one.put(1, 1);
    one.put(0, 2);
    one.put(1, 1);
    // No repetitions; eight contexts in two clusters, by a bit each: how many are out of order is the last one's.
    one.put(0, 1);
    one.put(1, 1);
    one.put(1, 2);
    one.put(0b1000_0000, 8);
    // Prefix codes, of one symbol each: 0, and 16 with 15 more bits.
    one.put(1, 1);
    one.put(15, 4);
    one.put(0, 4);
    one.put(0, 1);
    one.put(1, 1);
    one.put(4, 4);
    one.put(0, 4);
    one.put(1, 2);
    one.put(0, 2);
    one.put(16, 5);
    one.put(30_000, 15);
    align(&mut one);
    // 63,526 parts of no bytes.
    one.bytes.resize(one.bytes.len() + 63_526 * 12 / 8, 0);
    let mut out = bits.bytes;
    out.extend(one.bytes.repeat(320));
    out.extend([0b11, 0, 0]);
    out
}
