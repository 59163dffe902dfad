use darkslide::decode::{Decoded, decode};
use darkslide::inspect::inspect;
use darkslide::{Error, Format, Image, Limits};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{plain, survives_damage};
use crate::pictures::{photo, psnr};

/// How the encoder under the tests is asked.
#[derive(Debug, Clone, Copy)]
struct Shape {
    sampling: SamplingFactor,
    progressive: bool,
    restarts: u16,
    separate_scans: bool,
}

const PLAIN: Shape = Shape { sampling: SamplingFactor::R_4_2_0, progressive: false, restarts: 0, separate_scans: false };

fn encode(samples: &[u8], (width, height): (u32, u32), color: ColorType, shape: Shape) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_sampling_factor(shape.sampling);
    encoder.set_progressive(shape.progressive);
    encoder.set_optimized_huffman_tables(shape.separate_scans);
    if shape.restarts > 0 {
        encoder.set_restart_interval(shape.restarts);
    }
    encoder.encode(samples, width as u16, height as u16, color).unwrap();
    bytes
}

fn photo_jpeg(size: (u32, u32), shape: Shape) -> Vec<u8> {
    encode(photo(size.0, size.1).pixels(), size, ColorType::Rgba, shape)
}

/// The picture that another decoder sees, as RGBA.
fn oracle(bytes: &[u8]) -> Vec<u8> {
    let decoded = jpeg_decoder::Decoder::new(bytes).decode().unwrap();
    decoded.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect()
}

/// As the pipeline does it: what `inspect` refuses is not decoded.
fn try_decode(bytes: &[u8]) -> Result<Decoded, Error> {
    let limits = Limits::default();
    decode(bytes, &inspect(bytes, Format::Jpeg, &limits)?, &limits)
}

#[test]
fn every_subsampling_process_and_size_agrees_with_another_decoder() {
    use SamplingFactor::{R_4_1_0, R_4_1_1, R_4_2_0, R_4_2_1, R_4_2_2, R_4_4_0, R_4_4_1, R_4_4_4};
    for sampling in [R_4_4_4, R_4_4_0, R_4_4_1, R_4_2_2, R_4_2_0, R_4_2_1, R_4_1_1, R_4_1_0] {
        for (progressive, restarts, separate_scans) in
            [(false, 0, false), (false, 3, false), (false, 0, true), (true, 0, false), (true, 5, false)]
        {
            for size in [(1, 1), (8, 8), (16, 16), (17, 33), (50, 31), (129, 70)] {
                let shape = Shape { sampling, progressive, restarts, separate_scans };
                let bytes = photo_jpeg(size, shape);
                let image = plain(&bytes, Format::Jpeg, size.0, size.1);
                // The other decoder's transform and upsampling round in their own ways.
                let quality = psnr(image.pixels(), &oracle(&bytes));
                assert!(quality > 40.0, "{shape:?} {size:?}: {quality} dB");
            }
        }
    }
}

#[test]
fn grey_is_grey() {
    let luma: Vec<u8> = photo(77, 41).pixels().chunks_exact(4).map(|p| p[0]).collect();
    for progressive in [false, true] {
        let bytes = encode(&luma, (77, 41), ColorType::Luma, Shape { progressive, ..PLAIN });
        let image = try_decode(&bytes).unwrap().image;
        let expected: Vec<u8> = luma.iter().flat_map(|&l| [l, l, l, 255]).collect();
        let quality = psnr(image.pixels(), &expected);
        assert!(quality > 32.0, "{quality} dB");
        assert!(image.pixels().chunks_exact(4).all(|p| p[1] == p[0] && p[2] == p[0] && p[3] == 255));
    }
}

/// Puts an Adobe segment in the place of the JFIF one, or nothing.
fn without_jfif(bytes: &[u8], adobe_transform: Option<u8>) -> Vec<u8> {
    assert_eq!(&bytes[6..11], b"JFIF\0");
    let mut patched = bytes[..2].to_vec();
    if let Some(transform) = adobe_transform {
        patched.extend(b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00");
        patched.push(transform);
    }
    patched.extend(&bytes[20..]);
    patched
}

#[test]
fn rgb_is_known_by_adobes_segment_or_by_names() {
    let size = (40, 24);
    let image = photo(size.0, size.1);
    let rgb: Vec<u8> = image.pixels().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    // The encoder passes "YCbCr" through: components are red, green and blue.
    let raw = encode(&rgb, size, ColorType::Ycbcr, Shape { sampling: SamplingFactor::R_4_4_4, ..PLAIN });
    let by_adobe = without_jfif(&raw, Some(0));
    assert!(psnr(try_decode(&by_adobe).unwrap().image.pixels(), image.pixels()) > 35.0);
    let mut by_names = without_jfif(&raw, None);
    for marker in [[0xff, 0xc0], [0xff, 0xda]] {
        let at = by_names.windows(2).position(|w| w == marker).unwrap();
        let (first, step) = if marker[1] == 0xc0 { (at + 10, 3) } else { (at + 5, 2) };
        for (index, name) in b"RGB".iter().enumerate() {
            by_names[first + index * step] = *name;
        }
    }
    assert!(psnr(try_decode(&by_names).unwrap().image.pixels(), image.pixels()) > 35.0);
    // Without either it is YCbCr, and with JFIF always.
    for bytes in [without_jfif(&raw, None), raw] {
        assert!(psnr(try_decode(&bytes).unwrap().image.pixels(), image.pixels()) < 25.0);
    }
}

#[test]
fn inks_come_out_as_light() {
    let inks = [[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255], [255, 255, 255, 255], [40, 90, 10, 60]];
    let light = [[255, 255, 255], [0, 255, 255], [255, 0, 255], [255, 255, 0], [0, 0, 0], [0, 0, 0], [164, 126, 187]];
    for (ink, light) in inks.into_iter().zip(light) {
        for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            for progressive in [false, true] {
                let bytes = encode(&ink.repeat(24 * 24), (24, 24), color, Shape { progressive, ..PLAIN });
                let image = try_decode(&bytes).unwrap().image;
                let off = image.pixels().chunks_exact(4).flat_map(|p| p.iter().zip(light).map(|(a, b)| a.abs_diff(b))).max().unwrap();
                assert!(off <= 3, "{ink:?} as {color:?}: {:?}, not {light:?}", &image.pixels()[..4]);
            }
        }
        // Without Adobe's segment inks are stored as they are: the encoder's inversion is undone here.
        let mut bytes = encode(&ink.map(|v| 255 - v).repeat(64), (8, 8), ColorType::Cmyk, PLAIN);
        let adobe = bytes.windows(2).position(|w| w == [0xff, 0xee]).unwrap();
        bytes.drain(adobe..adobe + 16);
        let image = try_decode(&bytes).unwrap().image;
        assert!(image.pixels()[..3].iter().zip(light).all(|(a, b)| a.abs_diff(b) <= 3), "{ink:?}");
    }
}

/// Where the data of each scan lies.
fn scans(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 2;
    while bytes[at + 1] != 0xd9 {
        let is_scan = bytes[at + 1] == 0xda;
        at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        if is_scan {
            let start = at;
            while bytes[at] != 0xff || matches!(bytes[at + 1], 0 | 0xd0..=0xd7) {
                at += 1;
            }
            found.push(start..at);
        }
    }
    found
}

/// The trap in which other decoders fall: a cut scan, and a proper end of the file after it.
#[test]
fn a_cut_scan_is_refused_although_the_file_ends_properly() {
    let shapes = [
        PLAIN,
        Shape { sampling: SamplingFactor::R_4_4_4, restarts: 4, ..PLAIN },
        Shape { separate_scans: true, ..PLAIN },
        Shape { progressive: true, ..PLAIN },
        Shape { progressive: true, restarts: 2, ..PLAIN },
    ];
    for shape in shapes {
        let bytes = photo_jpeg((90, 61), shape);
        assert!(try_decode(&bytes).is_ok());
        for scan in scans(&bytes) {
            for end in (scan.start..scan.end).step_by((scan.len() / 40).max(1)) {
                // At the end of the file, and with all that follows in its place.
                for rest in [&[0xff, 0xd9][..], &bytes[scan.end..], &[]] {
                    let cut = [&bytes[..end], rest].concat();
                    let error = try_decode(&cut).expect_err("a cut scan");
                    assert_eq!(error.code(), "malformed", "{shape:?}: {end} of {scan:?}");
                }
            }
        }
    }
}

#[test]
fn a_picture_without_its_last_scans_is_refused() {
    for shape in [Shape { progressive: true, ..PLAIN }, Shape { separate_scans: true, ..PLAIN }] {
        let bytes = photo_jpeg((64, 48), shape);
        let scans = scans(&bytes);
        assert!(scans.len() > 2);
        for scan in &scans[..scans.len() - 1] {
            let cut = [&bytes[..scan.end], &[0xff, 0xd9]].concat();
            assert_eq!(try_decode(&cut).unwrap_err().code(), "malformed");
        }
    }
}

#[test]
fn a_lost_restart_marker_is_refused() {
    let bytes = photo_jpeg((90, 61), Shape { restarts: 4, ..PLAIN });
    let markers: Vec<usize> = (0..bytes.len() - 1).filter(|&at| bytes[at] == 0xff && matches!(bytes[at + 1], 0xd0..=0xd7)).collect();
    assert!(markers.len() > 4);
    for at in markers {
        let mut lost = bytes.clone();
        lost.drain(at..at + 2);
        assert!(try_decode(&lost).is_err());
        let mut wrong = bytes.clone();
        wrong[at + 1] ^= 1;
        assert!(try_decode(&wrong).is_err());
    }
}

#[test]
fn what_follows_the_picture_is_not_looked_at() {
    let bytes = photo_jpeg((40, 30), PLAIN);
    let twice = [bytes.clone(), photo_jpeg((90, 61), PLAIN)].concat();
    assert_eq!(plain(&twice, Format::Jpeg, 40, 30), plain(&bytes, Format::Jpeg, 40, 30));
}

#[test]
fn processes_that_are_not_decoded_are_named() {
    let bytes = photo_jpeg((16, 16), PLAIN);
    let frame = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    let refusal = |offset: usize, value: u8| {
        let mut patched = bytes.clone();
        patched[frame + offset] = value;
        try_decode(&patched).unwrap_err()
    };
    for (marker, word) in [(0xc3, "lossless"), (0xc5, "hierarchical"), (0xc9, "arithmetic"), (0xca, "arithmetic"), (0xcf, "hierarchical")] {
        let error = refusal(1, marker);
        assert_eq!(error.code(), "unsupported");
        assert!(error.to_string().contains(word), "{error}");
    }
    let error = refusal(4, 12);
    assert_eq!((error.code(), error.to_string().contains("12 bits")), ("unsupported", true));
}

/// Damage that breaks no rule of the container must not pass for a picture unless every block was decoded.
#[test]
fn damage_never_panics() {
    for shape in [PLAIN, Shape { progressive: true, ..PLAIN }, Shape { restarts: 2, ..PLAIN }, Shape { separate_scans: true, ..PLAIN }] {
        survives_damage(&photo_jpeg((61, 40), shape), Format::Jpeg, 61, 40);
    }
}

#[test]
fn a_large_flat_picture_is_exact() {
    let image = Image::new(640, 480, [30, 30, 30, 255].repeat(640 * 480)).unwrap();
    let bytes = encode(image.pixels(), (640, 480), ColorType::Rgba, PLAIN);
    assert_eq!(plain(&bytes, Format::Jpeg, 640, 480), image);
}
