mod color;
mod jpeg;
mod png;
mod webp;

use darkslide::decode::decode;
use darkslide::encode::encode;
use darkslide::{Format, Image, Limits};

use crate::forge;
use crate::pictures::{described, photo};

#[test]
fn limits_come_before_decoding() {
    let refusal = |limits: Limits| decode(b"not even a picture", &described(Format::Png, 11, 10), &limits).unwrap_err().code();
    assert_eq!(refusal(Limits { max_pixels: 109, ..Limits::default() }), "limit-exceeded");
    assert_eq!(refusal(Limits { max_decoded_bytes: 439, ..Limits::default() }), "limit-exceeded");
    assert_eq!(refusal(Limits { max_bytes: 17, ..Limits::default() }), "limit-exceeded");
    assert_eq!(refusal(Limits::default()), "malformed");
    let mut deep = described(Format::Png, 11, 10);
    deep.bit_depth = 16;
    let limits = Limits { max_decoded_bytes: 800, ..Limits::default() };
    assert_eq!(decode(b"", &deep, &limits).unwrap_err().code(), "limit-exceeded");
}

#[test]
fn the_size_must_be_the_one_inspected() {
    for format in [Format::Jpeg, Format::Png, Format::Webp] {
        let bytes = encode(&photo(11, 10), format, 90).unwrap();
        assert!(decode(&bytes, &described(format, 11, 10), &Limits::default()).is_ok());
        for (width, height) in [(11, 9), (12, 10), (10, 11)] {
            assert_eq!(decode(&bytes, &described(format, width, height), &Limits::default()).unwrap_err().code(), "malformed");
        }
    }
}

#[test]
fn several_pictures_and_other_formats_are_refused() {
    for (bytes, format) in [
        (forge::animated_png(), Format::Png),
        (forge::animated_webp(), Format::Webp),
        (forge::animated_gif(), Format::Gif),
        (forge::tiff::file(vec![forge::tiff::page(), forge::tiff::page()]).bytes(), Format::Tiff),
    ] {
        let inspection = darkslide::inspect::inspect(&bytes, format, &Limits::default()).unwrap();
        let error = decode(&bytes, &inspection, &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported");
        assert!(error.to_string().contains("2 frames or pages"), "{error}");
    }
    for format in [Format::Heic, Format::Avif, Format::Jxl] {
        assert_eq!(decode(b"", &described(format, 1, 1), &Limits::default()).unwrap_err().code(), "unsupported");
    }
}

#[test]
fn colour_that_nobody_can_see_is_cleared_and_counted() {
    let mut image = photo(20, 10);
    for (index, pixel) in image.pixels_mut().chunks_exact_mut(4).enumerate() {
        match index % 4 {
            0 => pixel[3] = 0,
            1 => pixel.fill(0),
            2 => pixel[3] = 1,
            _ => {}
        }
    }
    let mut cleared = image.clone();
    cleared.pixels_mut().chunks_exact_mut(4).filter(|p| p[3] == 0).for_each(|p| p.fill(0));
    for format in [Format::Png, Format::Webp] {
        let decoded = decode(&encode(&image, format, 1).unwrap(), &described(format, 20, 10), &Limits::default()).unwrap();
        assert_eq!(decoded.hidden_pixels, 50, "{format:?}");
        assert_eq!(decoded.image, cleared);
        assert!(decoded.warnings.is_empty());
    }
}

/// Decodes without limits and colour information.
fn plain(bytes: &[u8], format: Format, width: u32, height: u32) -> Image {
    decode(bytes, &described(format, width, height), &Limits::default()).unwrap().image
}

/// Damages `bytes` in a thousand ways: each must decode or be refused, never panic.
fn survives_damage(bytes: &[u8], format: Format, width: u32, height: u32) {
    let mut seed = 7_u32;
    let mut random = |bound: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % bound
    };
    for _ in 0..1000 {
        let mut damaged = bytes.to_vec();
        for _ in 0..=random(4) {
            let at = random(damaged.len());
            match random(3) {
                0 => damaged[at] = random(256) as u8,
                1 => damaged.truncate(at.max(1)),
                _ => {
                    damaged.remove(at);
                    damaged.push(0);
                }
            }
        }
        let _ = decode(&damaged, &described(format, width, height), &Limits::default());
    }
}
