use darkslide::decode::{Decoded, decode};
use darkslide::encode::encode;
use darkslide::inspect::ColorSource;
use darkslide::{Format, Image, Limits};
use moxcms::{ColorProfile, ToneReprCurve};

use crate::pictures::{described, forge_png, photo, psnr};

/// Decodes `image`, stored as a PNG, whose numbers mean what `color` says.
fn read(image: &Image, color: ColorSource) -> Decoded {
    let mut inspection = described(Format::Png, image.width(), image.height());
    inspection.color = color;
    decode(&encode(image, Format::Png, 1).unwrap(), &inspection, &Limits::default()).unwrap()
}

fn with_icc(profile: &ColorProfile) -> ColorSource {
    ColorSource { icc: Some(profile.encode().unwrap()), ..ColorSource::default() }
}

fn srgb_to_linear(v: f64) -> f64 {
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

fn linear_to_srgb(v: f64) -> f64 {
    if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

/// `image` converted by the textbook: curve, matrix, sRGB's curve, all in floats.
fn textbook(image: &Image, to_linear: impl Fn(f64) -> f64, matrix: [[f64; 3]; 3]) -> Vec<u8> {
    let convert = |pixel: &[u8]| {
        let linear = [0, 1, 2].map(|c| to_linear(f64::from(pixel[c]) / 255.0));
        let channel = |row: [f64; 3]| {
            let light: f64 = row.iter().zip(linear).map(|(m, v)| m * v).sum();
            (linear_to_srgb(light.clamp(0.0, 1.0)) * 255.0).round() as u8
        };
        [channel(matrix[0]), channel(matrix[1]), channel(matrix[2]), pixel[3]]
    };
    image.pixels().chunks_exact(4).flat_map(convert).collect()
}

/// Display P3 and Adobe RGB (1998) to sRGB, linear; all have the white point D65. [CSS Color 4 §18, derived]
const P3: [[f64; 3]; 3] = [[1.224_940_2, -0.224_940_2, 0.0], [-0.042_056_9, 1.042_056_9, 0.0], [-0.019_637_6, -0.078_636_0, 1.098_273_6]];
const ADOBE_RGB: [[f64; 3]; 3] = [[1.398_283_2, -0.398_283_2, 0.0], [0.0, 1.0, 0.0], [0.0, -0.042_938_3, 1.042_938_3]];
const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Every colour of a coarse cube, and all greys.
fn cube() -> Image {
    let steps = || (0..=255).step_by(17).map(|v: i32| v as u8);
    let mut pixels: Vec<u8> = steps().flat_map(|r| steps().flat_map(move |g| steps().flat_map(move |b| [r, g, b, 255]))).collect();
    pixels.extend((0..=255).flat_map(|v| [v, v, v, 255]));
    Image::new(64, (pixels.len() / 256) as u32, pixels).unwrap()
}

#[test]
fn wide_gamuts_become_srgb() {
    for image in [photo(300, 200), cube()] {
        for (profile, expected) in [
            (ColorProfile::new_display_p3(), textbook(&image, srgb_to_linear, P3)),
            (ColorProfile::new_adobe_rgb(), textbook(&image, |v| v.powf(2.199_218_75), ADOBE_RGB)),
        ] {
            let decoded = read(&image, with_icc(&profile));
            assert!(decoded.warnings.is_empty());
            let quality = psnr(decoded.image.pixels(), &expected);
            assert!(quality > 45.0, "{quality} dB");
        }
    }
}

#[test]
fn conversions_are_no_identity() {
    for profile in [ColorProfile::new_display_p3(), ColorProfile::new_adobe_rgb()] {
        assert!(psnr(cube().pixels(), read(&cube(), with_icc(&profile)).image.pixels()) < 40.0);
    }
}

#[test]
fn sixteen_bits_are_converted_before_they_are_reduced() {
    let sample = |x: u32, y: u32, channel: usize| ((x * 2100 + y * 1700 + channel as u32 * 9000) % 65_536) as u16;
    let mut inspection = described(Format::Png, 40, 30);
    inspection.bit_depth = 16;
    inspection.color = with_icc(&ColorProfile::new_display_p3());
    let png = forge_png((40, 30), 16, 2, false, &[], sample);
    let decoded = decode(&png, &inspection, &Limits::default()).unwrap();
    for (index, pixel) in decoded.image.pixels().chunks_exact(4).enumerate() {
        let linear = [0, 1, 2].map(|c| srgb_to_linear(f64::from(sample(index as u32 % 40, index as u32 / 40, c)) / 65_535.0));
        for (row, &value) in P3.iter().zip(pixel) {
            let light: f64 = row.iter().zip(linear).map(|(m, v)| m * v).sum();
            assert!((linear_to_srgb(light.clamp(0.0, 1.0)) * 255.0 - f64::from(value)).abs() < 1.2);
        }
    }
}

#[test]
fn srgb_under_any_name_changes_nothing() {
    let image = cube();
    // As vendors write it: a table instead of the curve.
    let mut tabled = ColorProfile::new_srgb();
    let curve = ToneReprCurve::Lut((0..1024).map(|i| (srgb_to_linear(f64::from(i) / 1023.0) * 65_535.0).round() as u16).collect());
    (tabled.cicp, tabled.red_trc, tabled.green_trc, tabled.blue_trc) = (None, Some(curve.clone()), Some(curve.clone()), Some(curve));
    let sources = [
        with_icc(&ColorProfile::new_srgb()),
        with_icc(&tabled),
        ColorSource { cicp: Some([1, 13, 0, 1]), ..ColorSource::default() },
        ColorSource { srgb: true, gamma: Some(100_000), ..ColorSource::default() },
        ColorSource { gamma: Some(45_455), ..ColorSource::default() },
        ColorSource {
            gamma: Some(45_455),
            chromaticities: Some([31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000]),
            ..ColorSource::default()
        },
        ColorSource::default(),
    ];
    for source in sources {
        let decoded = read(&image, source);
        assert_eq!(decoded.image, image);
        assert!(decoded.warnings.is_empty());
    }
}

#[test]
fn png_gamma_and_chromaticities_are_followed() {
    let image = cube();
    let linear = read(&image, ColorSource { gamma: Some(100_000), ..ColorSource::default() });
    assert!(psnr(linear.image.pixels(), &textbook(&image, |v| v, IDENTITY)) > 45.0);
    // Adobe RGB, said by numbers.
    let chromaticities = Some([31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000]);
    let adobe = read(&image, ColorSource { gamma: Some(45_471), chromaticities, ..ColorSource::default() });
    assert!(psnr(adobe.image.pixels(), &textbook(&image, |v| v.powf(2.199_218_75), ADOBE_RGB)) > 45.0);
    // Chromaticities that no light has.
    for chromaticities in [[0; 8], [u32::MAX; 8]] {
        let color = ColorSource { gamma: Some(100_000), chromaticities: Some(chromaticities), ..ColorSource::default() };
        assert_eq!(read(&image, color).image.width(), image.width());
    }
}

#[test]
fn code_points_win_over_profiles_and_profiles_over_gamma() {
    let image = cube();
    let p3 = textbook(&image, srgb_to_linear, P3);
    let by_code = ColorSource { cicp: Some([12, 13, 0, 1]), ..with_icc(&ColorProfile::new_adobe_rgb()) };
    let by_profile = ColorSource { gamma: Some(100_000), srgb: true, ..with_icc(&ColorProfile::new_display_p3()) };
    for source in [by_code, by_profile] {
        assert!(psnr(read(&image, source).image.pixels(), &p3) > 45.0);
    }
    // Code points that no PNG can have are passed over, aloud.
    for cicp in [[1, 13, 1, 1], [1, 13, 0, 0], [77, 13, 0, 1], [1, 77, 0, 1], [2, 2, 0, 1]] {
        let decoded = read(&image, ColorSource { cicp: Some(cicp), ..with_icc(&ColorProfile::new_display_p3()) });
        assert!(psnr(decoded.image.pixels(), &p3) > 45.0, "{cicp:?}");
        assert_eq!(decoded.warnings.len(), 1);
    }
}

#[test]
fn hdr_is_brought_down_and_said() {
    let ramp = Image::new(256, 1, (0..=255).flat_map(|v| [v, v, v, 255]).collect()).unwrap();
    // Signal of diffuse white (203 cd/m²): 0.58 in PQ, 0.75 in HLG. [ITU-R BT.2408 table 1]
    for (transfer, white) in [(16, 148), (18, 191)] {
        let decoded = read(&ramp, ColorSource { cicp: Some([9, transfer, 0, 1]), ..ColorSource::default() });
        assert_eq!(decoded.warnings.len(), 1);
        let level = |signal: usize| decoded.image.pixels()[signal * 4];
        assert!((0..255).all(|v| level(v) <= level(v + 1)));
        assert!(level(0) == 0 && level(255) >= 253 && (210..=250).contains(&level(white)), "{}, {}", level(white), level(255));
    }
}

#[test]
fn grey_profiles_are_for_grey_pictures() {
    let gray = Image::new(256, 1, (0..=255).flat_map(|v| [v, v, v, 255]).collect()).unwrap();
    let profile = with_icc(&ColorProfile::new_gray_with_gamma(1.0));
    let expected = textbook(&gray, |v| v, IDENTITY);
    let decoded = read(&gray, profile.clone());
    assert!(psnr(decoded.image.pixels(), &expected) > 45.0);
    let png = forge_png((256, 1), 16, 0, false, &[], |x, _, _| (x * 257) as u16);
    let mut inspection = described(Format::Png, 256, 1);
    inspection.bit_depth = 16;
    inspection.color = profile.clone();
    assert!(psnr(decode(&png, &inspection, &Limits::default()).unwrap().image.pixels(), &expected) > 45.0);
    // An RGB profile on grey is followed, a grey one on colours is not.
    let p3 = read(&gray, with_icc(&ColorProfile::new_adobe_rgb()));
    assert!(psnr(p3.image.pixels(), &textbook(&gray, |v| v.powf(2.199_218_75), ADOBE_RGB)) > 45.0);
    let colors = photo(20, 10);
    let ignored = read(&colors, profile);
    assert_eq!((ignored.image, ignored.warnings.len()), (colors, 1));
}

#[test]
fn broken_profiles_are_ignored_aloud() {
    let image = photo(20, 10);
    let good = ColorProfile::new_display_p3().encode().unwrap();
    let ignored = |icc: &[u8]| {
        let decoded = read(&image, ColorSource { icc: Some(icc.to_vec()), ..ColorSource::default() });
        (decoded.image == image, decoded.warnings.len())
    };
    for icc in [&[][..], b"not a profile", &good[..64], &good[..good.len() / 2], &vec![0; 4096]] {
        assert_eq!(ignored(icc), (true, 1), "{} bytes", icc.len());
    }
    // Whatever its bytes: no panic, and the same size.
    let mut seed = 3_u32;
    for profile in [good, forge_cmyk_profile()] {
        for _ in 0..300 {
            let mut damaged = profile.clone();
            for _ in 0..4 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (seed >> 8) as usize % damaged.len();
                damaged[at] = (seed >> 3) as u8;
            }
            let (_, warnings) = ignored(&damaged);
            assert!(warnings <= 1);
        }
    }
}

#[test]
fn inks_follow_their_profile() {
    let icc = forge_cmyk_profile();
    for (ink, rgb) in INKS {
        let mut jpeg = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 100);
        encoder.encode(&ink.repeat(64), 8, 8, jpeg_encoder::ColorType::Cmyk).unwrap();
        let mut inspection = described(Format::Jpeg, 8, 8);
        inspection.color.icc = Some(icc.clone());
        if let Some(frame) = &mut inspection.jpeg {
            (frame.components, frame.adobe_transform) = (4, Some(0));
        }
        let decoded = decode(&jpeg, &inspection, &Limits::default()).unwrap();
        assert!(decoded.warnings.is_empty());
        let off = decoded.image.pixels()[..3].iter().zip(rgb).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(off <= 4, "{ink:?}: {:?}, not {rgb:?}", &decoded.image.pixels()[..3]);
        // An RGB profile says nothing about inks.
        inspection.color = with_icc(&ColorProfile::new_display_p3());
        assert_eq!(decode(&jpeg, &inspection, &Limits::default()).unwrap().warnings.len(), 1);
    }
}

/// Inks, and the sRGB that the forged profile gives them: not what the simple formula would.
const INKS: [([u8; 4], [u8; 3]); 4] =
    [([0, 0, 0, 0], [255, 255, 255]), ([255, 0, 0, 0], [128, 128, 128]), ([0, 255, 255, 0], [255, 0, 0]), ([0, 0, 0, 255], [0, 0, 0])];

/// A CMYK profile with two grid points an ink: `mft2` from inks to Lab. [ICC.1:2001-04 §6.5.7]
fn forge_cmyk_profile() -> Vec<u8> {
    // Lab in the 16-bit encoding of version 2: L × 652.8, a and b × 256 + 32768.
    let lab = |l: f64, a: f64, b: f64| [l * 652.8, a * 256.0 + 32_768.0, b * 256.0 + 32_768.0].map(|v| v.round() as u16);
    let mut lut = b"mft2\0\0\0\0\x04\x03\x02\0".to_vec();
    lut.extend([1, 0, 0, 0, 1, 0, 0, 0, 1_u32].map(|v| v << 16).iter().flat_map(|v| v.to_be_bytes()));
    lut.extend([0, 2, 0, 2]);
    lut.extend([0_u16, 65_535].repeat(4).iter().flat_map(|v| v.to_be_bytes()));
    for node in 0..16 {
        let color = match node {
            0b0000 => lab(100.0, 0.0, 0.0),
            0b1000 => lab(53.585, 0.0, 0.0),
            0b0110 => lab(54.29, 80.81, 69.89),
            _ => lab(0.0, 0.0, 0.0),
        };
        lut.extend(color.iter().flat_map(|v| v.to_be_bytes()));
    }
    lut.extend([0_u16, 65_535].repeat(3).iter().flat_map(|v| v.to_be_bytes()));
    let mut profile = vec![0; 128];
    profile[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    profile[12..24].copy_from_slice(b"prtrCMYKLab ");
    profile[36..40].copy_from_slice(b"acsp");
    // D50, the illuminant of every profile.
    profile[68..80].copy_from_slice(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    profile.extend(1_u32.to_be_bytes());
    profile.extend(b"A2B0");
    profile.extend(144_u32.to_be_bytes());
    profile.extend((lut.len() as u32).to_be_bytes());
    profile.extend(lut);
    let length = (profile.len() as u32).to_be_bytes();
    profile[..4].copy_from_slice(&length);
    profile
}
