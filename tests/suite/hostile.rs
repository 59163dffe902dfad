//! Files made to take time: each is read, or refused, about as fast as its length allows.

use std::time::{Duration, Instant};

use darkslide::inspect::inspect;
use darkslide::strip::strip;
use darkslide::{Format, Keep, Limits, verify_keeping};

use crate::forge::{self, Tag, Tiff};

const ALL: Keep = Keep { copyright: true, date: true, coarse_location: true };

/// What is done with every file: read, stripped where that can be, verified.
fn time(file: &[u8], format: Format) -> (Duration, String) {
    let start = Instant::now();
    let what = match inspect(file, format, &Limits::default()) {
        Ok(inspection) => match strip(file, &inspection) {
            Ok(out) => format!("{} findings, {} bytes left", inspection.findings.len(), out.bytes.len()),
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    let _ = verify_keeping(file, &ALL, &Limits::default());
    (start.elapsed(), what)
}

fn letters(n: usize) -> [u8; 4] {
    let letter = |n: usize| b'a' + (n % 26) as u8;
    [letter(n / 17_576), letter(n / 676), b'A' + (n / 26 % 26) as u8, letter(n)]
}

/// A grey progressive picture of `side` × `side` whose scans say in next to no bytes that nothing changes.
fn many_scans(side: u16, scans: u8) -> Vec<u8> {
    let [high, low] = side.to_be_bytes();
    let mut out = vec![0xFF, 0xD8];
    out.extend(forge::segment(0xDB, &[[0].as_slice(), &[1; 64]].concat()));
    out.extend(forge::segment(0xC2, &[8, high, low, high, low, 1, 1, 0x11, 0]));
    // One code of one bit: in DC scans a difference of size 0, in AC scans the longest run of empty bands.
    let table = |class: u8, symbol: u8| forge::segment(0xC4, &[[class, 1].as_slice(), &[0; 15], &[symbol]].concat());
    out.extend(table(0x00, 0x00));
    out.extend(table(0x10, 0xE0));
    let blocks = (usize::from(side) / 8).pow(2);
    out.extend(forge::segment(0xDA, &[1, 1, 0, 0, 0, 0]));
    out.extend(vec![0; blocks.div_ceil(8)]);
    for k in 1..=scans {
        out.extend(forge::segment(0xDA, &[1, 1, 0, k, k, 0]));
        // 15 bits for each run of 32,767 blocks at most.
        let mut bits = String::new();
        let mut left = blocks;
        while left > 0 {
            let run = left.clamp(16_384, 32_767);
            bits += &format!("0{:014b}", run - 16_384);
            left = left.saturating_sub(run);
        }
        while !bits.len().is_multiple_of(8) {
            bits.push('1');
        }
        for byte in bits.as_bytes().chunks(8) {
            let byte = byte.iter().fold(0, |n, b| n << 1 | (b - b'0'));
            out.push(byte);
            if byte == 0xFF {
                out.push(0);
            }
        }
    }
    out
}

/// A lossless bitstream of 16,383 × 6,103 px in two groups of codes, none of which takes a bit.
fn codes_of_no_bits() -> Vec<u8> {
    let mut bits: Vec<u8> = Vec::new();
    let mut put = |number: u32, count: u32| bits.extend((0..count).map(|n| (number >> n & 1) as u8));
    put(0x2F, 8);
    put(16_382, 14);
    put(6_102, 14);
    put(0, 4);
    // A code of one symbol of eight bits.
    let code = |put: &mut dyn FnMut(u32, u32), symbol: u32| {
        put(1, 1);
        put(0, 1);
        put(1, 1);
        put(symbol, 8);
    };
    // No transform, no cache, but a picture that says which group is used where: all of it says the second.
    put(0, 2);
    put(1, 1);
    put(0, 3);
    put(0, 1);
    for symbol in [1, 0, 0, 0, 0] {
        code(&mut put, symbol);
    }
    for _ in 0..10 {
        code(&mut put, 0);
    }
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |n, bit| n << 1 | bit)).collect()
}

fn files() -> Vec<(String, Format, Vec<u8>)> {
    let mut out = Vec::new();
    let mut add = |what: &str, format: Format, file: Vec<u8>| out.push((what.to_owned(), format, file));
    let many = 49_000;
    // PNG.
    let kinds: Vec<u8> = (0..90_000).flat_map(|n| forge::chunk(&letters(n), b"x")).collect();
    add("PNG: chunks of different types", Format::Png, forge::png_with(&forge::png(), &[kinds]));
    let png = forge::png();
    let idat = png.windows(4).position(|w| w == b"IDAT").unwrap() - 4;
    let texts = forge::chunk(b"tEXt", b"a\0b").repeat(many);
    let empty = forge::chunk(b"IDAT", b"").repeat(many);
    add("PNG: texts and empty IDATs", Format::Png, [&png[..idat], &texts, &empty, &png[idat..]].concat());
    let data = idat + 8..png.len() - 16;
    let large: Vec<u8> = {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 300, 300);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::NoCompression);
        encoder.write_header().unwrap().write_image_data(&vec![7; 270_000]).unwrap();
        out
    };
    let at = large.windows(4).position(|w| w == b"IDAT").unwrap() - 4;
    let mut packed = Vec::new();
    let mut rest = &large[at..];
    while &rest[4..8] == b"IDAT" {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        packed.extend(&rest[8..8 + length]);
        rest = &rest[12 + length..];
    }
    let pieces: Vec<u8> = packed.chunks(packed.len() / many + 1).flat_map(|piece| forge::chunk(b"IDAT", piece)).collect();
    add("PNG: texts and IDATs of some bytes", Format::Png, [&large[..33], &texts, &pieces, rest].concat());
    let _ = data;
    let bomb = forge::chunk(b"zTXt", &[b"a\0\0".as_slice(), &forge::zlib(&vec![0; 1 << 20])].concat());
    add("PNG: bombs", Format::Png, forge::png_with(&forge::png(), &vec![bomb; 3000]));
    let bomb = forge::chunk(b"iCCP", &[b"a\0\0".as_slice(), &forge::zlib(&vec![0; 4 << 20])].concat());
    add("PNG: profiles that are bombs", Format::Png, forge::png_with(&forge::png(), &vec![bomb; 1000]));
    // Exif: directories that overlap, and positions without a half of the globe.
    let mut gps = b"II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x1A\0\0\0\0\0\0\0".to_vec();
    gps.extend(19_000_u16.to_le_bytes());
    for _ in 0..19_000 {
        gps.extend([2, 0, 5, 0, 1, 0, 0, 0, 8, 0, 0, 0]);
    }
    add("PNG: positions", Format::Png, forge::png_with(&forge::png(), &vec![forge::chunk(b"eXIf", &gps); 12]));
    let starts: Vec<u8> = (0..60_u32).flat_map(|n| (300 + n * 2).to_le_bytes()).collect();
    let mut tangle = Tiff { main: vec![Tag(0x014A, 4, starts)], ..Tiff::default() }.bytes();
    tangle.resize(300, 0);
    tangle.extend([0x40, 1].repeat(2000));
    add("PNG: directories that overlap", Format::Png, forge::png_with(&forge::png(), &vec![forge::chunk(b"eXIf", &tangle); 700]));
    let app1 = forge::segment(0xE1, &[b"Exif\0\0".as_slice(), &tangle].concat());
    add("JPEG: directories that overlap", Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &vec![app1; 700]));
    let packet = ["<x:xmpmeta>".to_owned(), "<a:b c:d='e'>".repeat(4000)].concat();
    let app1 = forge::segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat());
    add("JPEG: packets", Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &vec![app1; 60]));
    // JPEG.
    let table = forge::segment(0xDB, &[[3].as_slice(), &[1; 64]].concat());
    add("JPEG: unused tables", Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &vec![table; many]));
    let codes: Vec<u8> = [[0x13].as_slice(), &[0; 16]].concat().repeat(3000);
    add("JPEG: unused codes", Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &vec![forge::segment(0xC4, &codes); 60]));
    add("JPEG: comments", Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &vec![forge::segment(0xFE, b"x"); 90_000]));
    add("JPEG: fill", Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &[vec![0xFF; 3_000_000]]));
    add("JPEG: starts behind the end", Format::Jpeg, [forge::jpeg(), b"\xFF\xD8\xFF\xE0".repeat(500_000)].concat());
    let nested: Vec<u8> = (0..90).flat_map(|_| [&b"\xFF\xD8"[..], &forge::segment(0xFE, &[0; 60_000])].concat()).collect();
    add("JPEG: pictures that do not end behind the end", Format::Jpeg, [forge::jpeg(), nested].concat());
    let scans = many_scans(9_992, 63);
    let scanned = [scans.as_slice(), &[0xFF, 0xD9]].concat();
    add("JPEG: scans of next to nothing", Format::Jpeg, scanned.clone());
    add("JPEG: such pictures behind the end", Format::Jpeg, [forge::jpeg(), scanned.repeat(20)].concat());
    let videos = b"\0\0\0\x08ftyp".repeat(200_000);
    add("JPEG: videos behind the end", Format::Jpeg, [forge::jpeg(), videos].concat());
    // WebP.
    add("WebP: chunks", Format::Webp, forge::webp_with(0, &[], &vec![forge::riff_chunk(b"prVt", b"x"); 90_000]));
    let frame =
        [[0_u8; 6].as_slice(), &[0xFE, 0x3F, 0, 0xD6, 0x17, 0, 9, 0, 0, 0], &forge::riff_chunk(b"VP8L", &codes_of_no_bits())].concat();
    let header = forge::riff_chunk(b"VP8X", &[2, 0, 0, 0, 0xFE, 0x3F, 0, 0xD6, 0x17, 0]);
    let frames = vec![forge::riff_chunk(b"ANMF", &frame); 60];
    add(
        "WebP: frames of next to nothing",
        Format::Webp,
        forge::riff(&[&[header, forge::riff_chunk(b"ANIM", &[0; 6])], frames.as_slice()].concat()),
    );
    // GIF.
    let comment = forge::extension(0xFE, &[b"x"]);
    add("GIF: comments", Format::Gif, forge::gif_with(&forge::gif(), &vec![comment; 90_000]));
    let blocks = vec![b"x".as_slice(); 1_000_000];
    add("GIF: sub-blocks", Format::Gif, forge::gif_with(&forge::gif(), &[forge::extension(0xFE, &blocks)]));
    let xmp = forge::extension(0xFF, &[vec![b"XMP DataXMP".as_slice()], vec![b"<".as_slice(); 1_000_000]].concat());
    add("GIF: sub-blocks of a packet", Format::Gif, forge::gif_with(&forge::gif(), &[xmp]));
    // JPEG XL.
    let naked = forge::jxl::jxl();
    let stream = forge::jxl::Picture { frames: Some(3), ..Default::default() }.bytes();
    let parts: Vec<Vec<u8>> = {
        let codestream = if stream.starts_with(&[0xFF, 0x0A]) { stream } else { naked };
        let mut parts: Vec<Vec<u8>> = (0..90_000_u32).map(|n| forge::jxl::bmff(b"jxlp", &n.to_be_bytes())).collect();
        parts.push(forge::jxl::bmff(b"jxlp", &[&(90_000_u32 | 1 << 31).to_be_bytes()[..], &codestream].concat()));
        parts
    };
    add("JPEG XL: parts", Format::Jxl, forge::jxl::container(&[vec![forge::jxl::file_type()], parts].concat()));
    let boxes = forge::jxl::bmff(b"free", b"").repeat(400_000);
    add(
        "JPEG XL: boxes",
        Format::Jxl,
        [forge::jxl::container(&[forge::jxl::file_type(), forge::jxl::bmff(b"jxlc", &[0xFF, 0x0A])]), boxes].concat(),
    );
    // HEIF.
    for format in [Format::Heic, Format::Avif] {
        let clean = forge::clean(format);
        add("HEIF: boxes", format, [clean.clone(), forge::heif::bmff(b"free", b"").repeat(90_000)].concat());
        let deep = (0..60_000)
            .fold(Vec::new(), |inside: Vec<u8>, _| if inside.len() > 60_000 { inside } else { forge::heif::bmff(b"meta", &inside) });
        add("HEIF: boxes in boxes", format, [clean, deep].concat());
    }
    out
}

#[test]
fn hostile_files_take_no_longer_than_their_length_allows() {
    let mut slow = Vec::new();
    for (what, format, file) in files() {
        let (time, outcome) = time(&file, format);
        println!("{time:8.2?} {what} ({} KiB): {outcome}", file.len() / 1024);
        if time > LONGEST {
            slow.push(format!("{what}: {time:.1?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

/// Three times of what the slowest takes on two slow cores.
const LONGEST: Duration = Duration::from_secs(5);
