use darkslide::resize::{fit, identity_factor, identity_reset};
use darkslide::{Image, Random};

use crate::pictures::{photo, psnr, see_through};

#[test]
fn fit_keeps_the_shape_and_never_enlarges() {
    let size = |width, height, max_side| {
        let image = fit(photo(width, height), max_side).unwrap();
        (image.width(), image.height())
    };
    assert_eq!(size(400, 300, 200), (200, 150));
    assert_eq!(size(300, 401, 200), (150, 200));
    assert_eq!(size(1000, 1, 10), (10, 1));
    assert_eq!(size(100, 80, 100), (100, 80));
    assert_eq!(size(100, 80, 4000), (100, 80));
    assert_eq!(size(100, 80, 1), (1, 1));
    assert_eq!(fit(photo(8, 8), 0).unwrap_err().code(), "invalid-option");
    let image = photo(64, 48);
    assert_eq!(fit(image.clone(), 64).unwrap(), image);
}

#[test]
fn the_factor_comes_from_the_seed_and_stays_in_range() {
    let factor = |seed| identity_factor(&Random::new(Some(seed)).unwrap());
    assert_eq!(factor(7), factor(7));
    let drawn: Vec<f64> = (0..500).map(factor).collect();
    assert!(drawn.iter().all(|f| (0.985..=0.995).contains(f)));
    assert!(drawn.iter().any(|&f| f < 0.986) && drawn.iter().any(|&f| f > 0.994));
}

#[test]
fn identity_reset_changes_the_grid_but_not_the_picture() {
    let image = photo(400, 300);
    let reset = identity_reset(&image, 0.99).unwrap();
    assert_eq!((reset.width(), reset.height()), (396, 297));
    let back = resized_back(&reset, 400, 300);
    assert!(psnr(&back, image.pixels()) > 35.0);
    for side in [1, 2, 64, 65, 66, 100, 4000] {
        let reset = identity_reset(&photo(side, 1), 0.995).unwrap();
        assert_eq!(reset.height(), 1);
        assert!(reset.width() >= 1 && reset.width() <= side && (side <= 64 || reset.width() < side));
    }
    // Factors that give the same size do not give the same pixels.
    let other = identity_reset(&image, 0.9905).unwrap();
    assert_eq!((other.width(), other.height()), (396, 297));
    assert_ne!(other, reset);
    for factor in [0.5, 0.984, 0.996, 1.0, f64::NAN] {
        assert_eq!(identity_reset(&image, factor).unwrap_err().code(), "invalid-option");
    }
}

/// Bilinear, to compare pictures of different sizes without the code under test.
fn resized_back(image: &Image, width: u32, height: u32) -> Vec<u8> {
    let (w, h) = (image.width(), image.height());
    let mut out = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let fx = ((f64::from(x) + 0.5) * f64::from(w) / f64::from(width) - 0.5).clamp(0.0, f64::from(w - 1));
            let fy = ((f64::from(y) + 0.5) * f64::from(h) / f64::from(height) - 0.5).clamp(0.0, f64::from(h - 1));
            let (x0, y0) = (fx as u32, fy as u32);
            let (x1, y1) = ((x0 + 1).min(w - 1), (y0 + 1).min(h - 1));
            for channel in 0..4 {
                let at = |x: u32, y: u32| f64::from(image.pixels()[((y * w + x) * 4 + channel) as usize]);
                let top = at(x0, y0) * (1.0 - fx.fract()) + at(x1, y0) * fx.fract();
                let bottom = at(x0, y1) * (1.0 - fx.fract()) + at(x1, y1) * fx.fract();
                out.push((top * (1.0 - fy.fract()) + bottom * fy.fract()).round() as u8);
            }
        }
    }
    out
}

#[test]
fn colour_does_not_bleed_out_of_see_through_pixels() {
    // The left half is clear with red under it, the right half opaque blue: nowhere may red show.
    let pixels = (0..64 * 64).flat_map(|i| if i % 64 < 32 { [255, 0, 0, 0] } else { [0, 0, 255, 255] });
    let image = Image::new(64, 64, pixels.collect()).unwrap();
    let small = fit(image, 20).unwrap();
    for pixel in small.pixels().chunks_exact(4) {
        assert!(pixel[0] == 0, "{pixel:?}");
        assert!(pixel[3] != 0 || pixel == [0; 4]);
    }
}

#[test]
fn flat_pictures_stay_flat() {
    for color in [[0, 0, 0, 255], [255, 255, 255, 255], [12, 200, 99, 255], [12, 200, 99, 128]] {
        let image = Image::new(200, 150, color.repeat(200 * 150)).unwrap();
        let small = identity_reset(&image, 0.987).unwrap();
        let off = small.pixels().chunks_exact(4).flatten().zip(color.iter().cycle()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(off <= u8::from(color[3] != 255), "{color:?} is off by {off}");
    }
    assert!(fit(see_through(300, 200), 100).unwrap().pixels().chunks_exact(4).any(|p| p[3] < 255));
}

/// The bytes that every platform must give: computed once, equal in wasm.
#[test]
fn bytes_are_the_same_everywhere() {
    let hash =
        |image: &Image| image.pixels().iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let ramp = |width: u32, height: u32, alpha: bool| {
        let pixels = (0..width * height).flat_map(|i| {
            let h = i.wrapping_mul(2_654_435_761);
            [(h >> 24) as u8, (h >> 16) as u8, (i % 251) as u8, if alpha { (h >> 8) as u8 } else { 255 }]
        });
        Image::new(width, height, pixels.collect()).unwrap()
    };
    let opaque = hash(&identity_reset(&ramp(301, 203, false), 0.991).unwrap());
    let clear = hash(&fit(ramp(301, 203, true), 97).unwrap());
    assert_eq!((opaque, clear), (4_048_250_529_980_931_316, 12_442_956_615_693_789_416));
}
