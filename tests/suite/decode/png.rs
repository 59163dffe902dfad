use darkslide::Format;
use darkslide::Limits;
use darkslide::decode::decode;
use darkslide::encode::encode;

use super::{plain, survives_damage};
use crate::pictures::{described, forge_png, photo};

/// Each channel of a test picture, of `depth` bits.
fn sample(depth: u8) -> impl Fn(u32, u32, usize) -> u16 {
    move |x, y, channel| {
        let hash = (x * 7919 + y * 104_729 + channel as u32 * 1_299_709).wrapping_mul(2_654_435_761);
        (hash >> (32 - u32::from(depth))) as u16
    }
}

/// `value` of `depth` bits as 8 bit, rounded.
fn to_8_bit(value: u16, depth: u8) -> u8 {
    let max = f64::from((1_u32 << depth) - 1);
    (f64::from(value) * 255.0 / max).round() as u8
}

#[test]
fn every_colour_type_and_depth_comes_out_right() {
    let cases = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16)];
    for (color_type, depth) in cases {
        for interlaced in [false, true] {
            for size in [(1, 1), (3, 2), (19, 11)] {
                let sample = sample(depth);
                let png = forge_png(size, depth, color_type, interlaced, &[], &sample);
                let image = plain(&png, Format::Png, size.0, size.1);
                for (index, pixel) in image.pixels().chunks_exact(4).enumerate() {
                    let (x, y) = (index as u32 % size.0, index as u32 / size.0);
                    let at = |channel| to_8_bit(sample(x, y, channel), depth);
                    let mut expected = match color_type {
                        0 => [at(0), at(0), at(0), 255],
                        2 => [at(0), at(1), at(2), 255],
                        4 => [at(0), at(0), at(0), at(1)],
                        _ => [at(0), at(1), at(2), at(3)],
                    };
                    if expected[3] == 0 {
                        expected = [0; 4];
                    }
                    assert_eq!(pixel, expected, "colour type {color_type}, depth {depth}, interlaced {interlaced}, {x}, {y}");
                }
            }
        }
    }
}

#[test]
fn palettes_come_out_right_with_and_without_alpha() {
    for depth in [1, 2, 4, 8] {
        let colors = 1_usize << depth;
        let palette: Vec<u8> = (0..colors).flat_map(|i| [(i * 3 % 256) as u8, (255 - i) as u8, (i * 7 % 256) as u8]).collect();
        // Fewer entries than colours: the others are opaque.
        let alpha: Vec<u8> = (0..colors / 2).map(|i| (i * 5 % 256) as u8).collect();
        for with_alpha in [false, true] {
            let sample = sample(depth);
            let mut chunks = vec![(b"PLTE", palette.clone())];
            if with_alpha {
                chunks.push((b"tRNS", alpha.clone()));
            }
            let image = plain(&forge_png((13, 9), depth, 3, false, &chunks, &sample), Format::Png, 13, 9);
            for (index, pixel) in image.pixels().chunks_exact(4).enumerate() {
                let color = usize::from(sample(index as u32 % 13, index as u32 / 13, 0));
                let a = if with_alpha { alpha.get(color).copied().unwrap_or(255) } else { 255 };
                let [r, g, b] = palette[color * 3..color * 3 + 3] else { unreachable!() };
                assert_eq!(pixel, if a == 0 { [0; 4] } else { [r, g, b, a] });
            }
        }
    }
}

#[test]
fn a_transparent_colour_is_transparent() {
    let gray = forge_png((4, 1), 8, 0, false, &[(b"tRNS", vec![0, 2])], |x, _, _| x as u16);
    let image = plain(&gray, Format::Png, 4, 1);
    assert_eq!(image.pixels(), [0, 0, 0, 255, 1, 1, 1, 255, 0, 0, 0, 0, 3, 3, 3, 255]);
    let rgb = forge_png((2, 1), 16, 2, false, &[(b"tRNS", vec![0, 9, 0, 9, 0, 9])], |x, _, _| 9 + 256 * x as u16);
    assert_eq!(plain(&rgb, Format::Png, 2, 1).pixels(), [0, 0, 0, 0, 1, 1, 1, 255]);
}

#[test]
fn a_cut_picture_is_refused() {
    for interlaced in [false, true] {
        let png = forge_png((40, 30), 8, 2, interlaced, &[], sample(8));
        let image_data = png.windows(4).position(|w| w == b"IDAT").unwrap();
        // The last four bytes before IEND are IDAT's checksum; a picture is whole without IEND.
        for length in (1..png.len() - 16).step_by(7) {
            assert!(decode(&png[..length], &described(Format::Png, 40, 30), &Limits::default()).is_err(), "{length}");
        }
        // A valid file around too little data.
        let short = forge_png((40, 29), 8, 2, interlaced, &[], sample(8));
        let mut lying = png[..image_data - 4].to_vec();
        lying.extend(&short[short.windows(4).position(|w| w == b"IDAT").unwrap() - 4..]);
        assert_eq!(decode(&lying, &described(Format::Png, 40, 30), &Limits::default()).unwrap_err().code(), "malformed");
    }
}

#[test]
fn damage_never_panics() {
    survives_damage(&encode(&photo(40, 30), Format::Png, 1).unwrap(), Format::Png, 40, 30);
    survives_damage(&forge_png((40, 30), 16, 6, true, &[], sample(16)), Format::Png, 40, 30);
}
