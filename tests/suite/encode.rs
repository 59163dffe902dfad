use darkslide::encode::encode;
use darkslide::{Format, Image};

use crate::pictures::{described, photo, psnr, see_through};

fn decode(bytes: &[u8], format: Format, image: &Image) -> Image {
    let inspection = described(format, image.width(), image.height());
    darkslide::decode::decode(bytes, &inspection, &darkslide::Limits::default()).unwrap().image
}

#[test]
fn lossless_formats_lose_nothing() {
    let gray = Image::new(33, 21, (0..33 * 21).flat_map(|i| [(i % 256) as u8, (i % 256) as u8, (i % 256) as u8, 255]).collect()).unwrap();
    for image in [photo(1, 1), photo(123, 77), see_through(64, 49), gray] {
        for format in [Format::Png, Format::Webp] {
            let bytes = encode(&image, format, 1).unwrap();
            assert_eq!(decode(&bytes, format, &image), image, "{format:?}");
        }
    }
}

#[test]
fn jpeg_is_close_at_every_size() {
    for (width, height) in [(1, 1), (1, 40), (40, 1), (7, 9), (8, 8), (15, 17), (16, 16), (17, 16), (31, 33), (200, 131)] {
        let image = photo(width, height);
        let bytes = encode(&image, Format::Jpeg, 90).unwrap();
        let quality = psnr(decode(&bytes, Format::Jpeg, &image).pixels(), image.pixels());
        assert!(quality > 32.0, "{width} × {height}: {quality} dB");
    }
}

#[test]
fn jpeg_quality_orders_size_and_loss() {
    let image = photo(300, 200);
    let measured: Vec<(usize, f64)> = [1, 20, 50, 85, 100]
        .iter()
        .map(|&quality| {
            let bytes = encode(&image, Format::Jpeg, quality).unwrap();
            (bytes.len(), psnr(decode(&bytes, Format::Jpeg, &image).pixels(), image.pixels()))
        })
        .collect();
    assert!(measured.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{measured:?}");
    for quality in [0, 101] {
        assert_eq!(encode(&image, Format::Jpeg, quality).unwrap_err().code(), "invalid-option");
    }
}

#[test]
fn jpeg_lays_see_through_pixels_on_white() {
    let image = Image::new(16, 16, [200, 0, 0, 0].repeat(256)).unwrap();
    let decoded = decode(&encode(&image, Format::Jpeg, 90).unwrap(), Format::Jpeg, &image);
    assert!(decoded.pixels().iter().all(|&v| v >= 254));
    let half = Image::new(16, 16, [0, 0, 0, 128].repeat(256)).unwrap();
    let decoded = decode(&encode(&half, Format::Jpeg, 90).unwrap(), Format::Jpeg, &half);
    assert!(decoded.pixels().chunks_exact(4).all(|p| p[..3].iter().all(|&v| v.abs_diff(127) <= 2)));
}

/// The markers of a JPEG in order, entropy-coded data skipped.
fn markers(bytes: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 1 < bytes.len() {
        assert_eq!(bytes[at], 0xff);
        let marker = bytes[at + 1];
        found.push(marker);
        at += 2;
        if !matches!(marker, 0xd8 | 0xd9) {
            at += usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
        }
        if marker == 0xda {
            while bytes[at] != 0xff || bytes[at + 1] == 0 {
                at += 1;
            }
        }
    }
    found
}

#[test]
fn jpeg_holds_nothing_but_the_picture() {
    let bytes = encode(&photo(40, 30), Format::Jpeg, 85).unwrap();
    let markers = markers(&bytes);
    assert_eq!(markers, [0xd8, 0xe0, 0xdb, 0xdb, 0xc0, 0xc4, 0xc4, 0xc4, 0xc4, 0xda, 0xd9]);
    // JFIF 1.02, square pixels without a density, no thumbnail.
    assert_eq!(bytes[2..20], *b"\xff\xe0\x00\x10JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00");
}

#[test]
fn jpeg_tables_depend_on_the_quality_alone() {
    let tables = |bytes: &[u8]| {
        let at = bytes.windows(2).position(|w| w == [0xff, 0xdb]).unwrap();
        bytes[at..at + 2 * (2 + 67)].to_vec()
    };
    let of = |image: &Image, quality| tables(&encode(image, Format::Jpeg, quality).unwrap());
    assert_eq!(of(&photo(40, 30), 85), of(&see_through(99, 64), 85));
    assert_ne!(of(&photo(40, 30), 85), of(&photo(40, 30), 84));
}

#[test]
fn png_and_webp_hold_nothing_but_the_picture() {
    let png = encode(&photo(40, 30), Format::Png, 85).unwrap();
    let mut chunks = Vec::new();
    let mut at = 8;
    while at < png.len() {
        chunks.push(png[at + 4..at + 8].to_vec());
        at += 12 + u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    }
    chunks.dedup();
    assert_eq!(chunks, [b"IHDR".to_vec(), b"IDAT".to_vec(), b"IEND".to_vec()]);
    for image in [photo(40, 30), see_through(40, 30)] {
        let webp = encode(&image, Format::Webp, 85).unwrap();
        assert_eq!(&webp[..4], b"RIFF");
        assert_eq!(&webp[8..16], b"WEBPVP8L");
        let length = u32::from_le_bytes(webp[16..20].try_into().unwrap()) as usize;
        assert_eq!(webp.len(), 20 + length + length % 2);
    }
}

#[test]
fn sides_that_a_format_cannot_say_are_refused() {
    let strip = |width: u32, height: u32| Image::new(width, height, vec![255; (width * height * 4) as usize]).unwrap();
    assert_eq!(encode(&strip(65_536, 1), Format::Jpeg, 85).unwrap_err().code(), "unsupported");
    assert_eq!(encode(&strip(1, 65_536), Format::Jpeg, 85).unwrap_err().code(), "unsupported");
    assert_eq!(encode(&strip(16_384, 1), Format::Webp, 85).unwrap_err().code(), "unsupported");
    assert_eq!(encode(&strip(65_536, 1), Format::Gif, 85).unwrap_err().code(), "unsupported");
    assert_eq!(encode(&strip(32_001, 1), Format::Bmp, 85).unwrap_err().code(), "unsupported");
    for format in [Format::Heic, Format::Avif, Format::Jxl] {
        assert_eq!(encode(&strip(4, 4), format, 85).unwrap_err().code(), "unsupported");
    }
    let long = strip(65_535, 1);
    assert_eq!(decode(&encode(&long, Format::Jpeg, 85).unwrap(), Format::Jpeg, &long), long);
    let long = strip(16_383, 2);
    assert_eq!(decode(&encode(&long, Format::Webp, 85).unwrap(), Format::Webp, &long), long);
}

/// `zune-jpeg`, which `image` decodes with, knows only scans of all components: in other files it shows wrong colours.
#[test]
fn jpeg_reads_the_same_with_other_decoders() {
    for (size, quality) in [((1, 1), 85), ((17, 33), 85), ((200, 131), 30), ((129, 64), 100), ((64, 64), 1)] {
        let image = photo(size.0, size.1);
        let bytes = encode(&image, Format::Jpeg, quality).unwrap();
        let ours = decode(&bytes, Format::Jpeg, &image);
        for (name, rgb) in ["jpeg-decoder", "zune-jpeg"].iter().zip(by_others(&bytes)) {
            let other: Vec<u8> = rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
            assert!(psnr(ours.pixels(), &other) > 40.0, "{size:?} {name}");
        }
    }
}

/// Grey noise has no chroma to lose: of each sample, the quantiser alone may change something. All lengths of codes come, and bytes of ones.
#[test]
fn jpeg_keeps_noise_within_its_steps() {
    let mut seed = 7_u32;
    let mut noise = |strength: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (128 + (seed >> 24) * strength / 256 - strength / 2) as u8
    };
    for (width, height) in [(1, 1), (16, 16), (17, 33), (200, 99)] {
        for (strength, quality, least) in [(0, 1, 60.0), (20, 50, 30.0), (255, 85, 33.0), (255, 100, 50.0)] {
            let pixels = (0..width * height).flat_map(|_| [[noise(strength); 3].as_slice(), &[255]].concat()).collect();
            let image = Image::new(width, height, pixels).unwrap();
            let bytes = encode(&image, Format::Jpeg, quality).unwrap();
            for rgb in by_others(&bytes) {
                let grey: Vec<u8> = rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
                let found = psnr(&grey, image.pixels());
                assert!(found > least, "{width} × {height}, {strength}, {quality}: {found}");
            }
        }
    }
}

/// Another encoder with the same quantisation steps loses as much, and its file is as long.
#[test]
fn jpeg_is_as_good_as_that_of_another_encoder() {
    let image = photo(640, 480);
    for quality in [30, 85, 95] {
        let ours = encode(&image, Format::Jpeg, quality).unwrap();
        let mut theirs = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut theirs, quality);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
        encoder.set_optimized_huffman_tables(true);
        let [luma, chroma] = steps(&ours).map(|steps| jpeg_encoder::QuantizationTableType::Custom(Box::new(steps)));
        encoder.set_quantization_tables(luma, chroma);
        encoder.encode(image.pixels(), 640, 480, jpeg_encoder::ColorType::Rgba).unwrap();
        let loss = |bytes: &[u8]| psnr(decode(bytes, Format::Jpeg, &image).pixels(), image.pixels());
        let (own, other) = (loss(&ours), loss(&theirs));
        let longer = ours.len() as f64 / theirs.len() as f64;
        assert!(own > other - 0.05 && longer < 1.03, "{quality}: {own} and {other} dB, {} and {} bytes", ours.len(), theirs.len());
    }
}

/// The two quantisation tables of a file, by rows.
fn steps(bytes: &[u8]) -> [[u16; 64]; 2] {
    let mut zigzag: Vec<usize> = (0..64).collect();
    zigzag.sort_by_key(|at| (at % 8 + at / 8, if (at % 8 + at / 8) % 2 == 0 { at % 8 } else { at / 8 }));
    let first = bytes.windows(2).position(|w| w == [0xff, 0xdb]).unwrap();
    [first, first + 69].map(|segment| {
        let mut steps = [0; 64];
        zigzag.iter().zip(&bytes[segment + 5..]).for_each(|(&at, &step)| steps[at] = step.into());
        steps
    })
}

fn by_others(bytes: &[u8]) -> [Vec<u8>; 2] {
    [
        jpeg_decoder::Decoder::new(bytes).decode().unwrap(),
        zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(bytes)).decode().unwrap(),
    ]
}

/// Symbols as skewed as Fibonacci's numbers would take codes of more than 16 bits, if they were not limited.
#[test]
fn jpeg_codes_stay_within_16_bits() {
    let mut pixels = Vec::new();
    // Blocks of one grey each; a difference of size n comes twice as often as one of size n + 1.
    let mut seed = 1_u32;
    for _ in 0..2048 * 8 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let level = (1_u32 << (7 - (seed >> 8).trailing_zeros().min(7))) as u8;
        pixels.extend([level, level, level, 255].repeat(64));
    }
    let image = Image::new(2048, 512, pixels).unwrap();
    for quality in [1, 100] {
        let bytes = encode(&image, Format::Jpeg, quality).unwrap();
        assert_eq!(decode(&bytes, Format::Jpeg, &image).width(), 2048);
    }
}
