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

/// A PNG of any colour type and depth; `sample` gives each channel of each pixel, `chunks` come before IDAT.
pub(crate) fn forge_png(
    (width, height): (u32, u32),
    depth: u8,
    color_type: u8,
    interlaced: bool,
    chunks: &[(&[u8; 4], Vec<u8>)],
    sample: impl Fn(u32, u32, usize) -> u16,
) -> Vec<u8> {
    let channels = [1, 0, 3, 1, 2, 0, 4][usize::from(color_type)];
    // Adam7: first column and row, steps. [PNG §8.2]
    let passes: &[(u32, u32, u32, u32)] = if interlaced {
        &[(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    } else {
        &[(0, 0, 1, 1)]
    };
    let mut raw = Vec::new();
    for &(x0, y0, dx, dy) in passes {
        if x0 >= width {
            continue;
        }
        for y in (y0..height).step_by(dy as usize) {
            raw.push(0);
            let (mut bits, mut count) = (0_u32, 0);
            for x in (x0..width).step_by(dx as usize) {
                for channel in 0..channels {
                    bits = bits << depth | u32::from(sample(x, y, channel));
                    count += u32::from(depth);
                    while count >= 8 {
                        count -= 8;
                        raw.push((bits >> count) as u8);
                    }
                }
            }
            if count > 0 {
                raw.push((bits << (8 - count)) as u8);
            }
        }
    }
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zlib, &raw).unwrap();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([depth, color_type, 0, 0, u8::from(interlaced)]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut push = |name: &[u8; 4], data: &[u8]| {
        file.extend((data.len() as u32).to_be_bytes());
        let body = [name, data].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&body);
        file.extend(body);
        file.extend(crc.sum().to_be_bytes());
    };
    push(b"IHDR", &header);
    chunks.iter().for_each(|(name, data)| push(name, data));
    push(b"IDAT", &zlib.finish().unwrap());
    push(b"IEND", &[]);
    file
}
