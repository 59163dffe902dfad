//! Pictures made by code, and what codecs are told about them.

use darkslide::inspect::{ColorSource, Inspection, JpegFrame, Orientation};
use darkslide::{Format, Image};

/// Something like a photo: soft gradients, edges and a little noise, opaque.
pub(crate) fn photo(width: u32, height: u32) -> Image {
    let mut seed = 1_u32;
    let mut pixels = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(seed >> 29);
            let (u, v) = (f64::from(x) / 97.0, f64::from(y) / 61.0);
            let wave = (u * 2.1 + v).sin() * 50.0 + (u - v * 1.7).cos() * 40.0;
            let disc = if (u - 0.7).hypot(v - 0.6) < 0.4 { 45.0 } else { 0.0 };
            let level = |shift: f64, scale: f64| (128.0 + shift + wave * scale + disc + noise).clamp(0.0, 255.0) as u8;
            pixels.extend([level(10.0, 1.0), level(-5.0, 0.8), level(-20.0, 0.6), 255]);
        }
    }
    Image::new(width, height, pixels).unwrap()
}

/// `photo` with alpha from 0 to 255, and no colour where alpha is 0.
pub(crate) fn see_through(width: u32, height: u32) -> Image {
    let mut image = photo(width, height);
    for (index, pixel) in image.pixels_mut().chunks_exact_mut(4).enumerate() {
        pixel[3] = ((index * 3) % 256) as u8;
        if pixel[3] == 0 {
            pixel.fill(0);
        }
    }
    image
}

/// What `inspect` says about a still without colour information.
pub(crate) fn described(format: Format, width: u32, height: u32) -> Inspection {
    Inspection {
        format,
        width,
        height,
        orientation: Orientation::UPRIGHT,
        frames: 1,
        has_alpha: false,
        bit_depth: 8,
        color: ColorSource::default(),
        jpeg: (format == Format::Jpeg).then_some(JpegFrame {
            process: 0,
            components: 3,
            mcu_width: 16,
            mcu_height: 16,
            adobe_transform: None,
        }),
        segments: Vec::new(),
        findings: Vec::new(),
    }
}

/// Peak signal-to-noise ratio in dB over red, green and blue.
pub(crate) fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let rgb = |pixels: &[u8]| pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect::<Vec<_>>();
    let (a, b) = (rgb(a), rgb(b));
    let sum: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 / (sum / a.len() as f64).max(1e-9)).log10()
}
