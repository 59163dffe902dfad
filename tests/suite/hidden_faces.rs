//! A face may be where no viewer shows it. Whatever comes out is carved for pictures, and the detector looks at each.
//!
//! The carver knows nothing of containers: it tries a decoder at every offset where a signature stands.

use std::io::Cursor;
use std::sync::LazyLock;

use darkslide::detect::{FaceDetector, YuNet, passes};
use darkslide::{Backend, FaceMode, Format, Image, Limits, Options, Scrubbed, Scrubber, Sensitivity, encode, verify};

use crate::forge::animation::{self, Shot, animation};
use crate::forge::{self, Tag, Tiff};
use crate::frames::pasted;
use crate::{photos, pictures};

const SIZE: (u32, u32) = (220, 190);

static FACE: LazyLock<Image> = LazyLock::new(|| darkslide::resize::fit(photos::decoded(&photos::portrait("sunak.jpg")), 160).unwrap());

/// A face in a picture.
static SEEN: LazyLock<Image> = LazyLock::new(|| pasted(&faceless(), &FACE, 40, 16));

fn faceless() -> Image {
    pictures::photo(SIZE.0, SIZE.1)
}

/// Every picture that can be decoded from anywhere in `bytes`, each frame as it is stored, and as if nothing were see-through.
fn carve(bytes: &[u8]) -> Vec<Image> {
    let mut all = Vec::new();
    for at in 0..bytes.len() {
        let rest = &bytes[at..];
        let found = match rest {
            [0xFF, 0xD8, 0xFF, ..] => jpeg(rest),
            [0x89, b'P', b'N', b'G', ..] => png(rest),
            [b'G', b'I', b'F', b'8', ..] => gif(rest),
            [b'V', b'P', b'8', b' ' | b'L', ..] => webp(rest),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => tiff(rest),
            _ => Vec::new(),
        };
        all.extend(found);
    }
    all
}

/// `None` for what is no picture.
fn opaque(width: u32, height: u32, samples: &[u8], channels: usize) -> Option<Image> {
    let pixels = samples.chunks_exact(channels).flat_map(|p| match channels {
        1 | 2 => [p[0], p[0], p[0], 255],
        _ => [p[0], p[1], p[2], 255],
    });
    Image::new(width, height, pixels.collect()).ok()
}

fn jpeg(bytes: &[u8]) -> Vec<Image> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let Ok(samples) = decoder.decode() else { return Vec::new() };
    let info = decoder.info().unwrap();
    let channels = samples.len() / (usize::from(info.width) * usize::from(info.height)).max(1);
    opaque(info.width.into(), info.height.into(), &samples, channels.max(1)).into_iter().collect()
}

fn png(bytes: &[u8]) -> Vec<Image> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let Ok(mut reader) = decoder.read_info() else { return Vec::new() };
    let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let mut all = Vec::new();
    while let Ok(info) = reader.next_frame(&mut pixels) {
        all.extend(opaque(info.width, info.height, &pixels[..info.buffer_size()], info.color_type.samples()));
    }
    all
}

fn gif(bytes: &[u8]) -> Vec<Image> {
    let Ok(mut decoder) = gif::DecodeOptions::new().read_info(bytes) else { return Vec::new() };
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let mut all = Vec::new();
    while let Ok(Some(frame)) = decoder.read_next_frame() {
        let palette = frame.palette.clone().or(global.clone()).unwrap_or_default();
        let samples: Vec<u8> = frame
            .buffer
            .iter()
            .flat_map(|&i| palette.get(usize::from(i) * 3..usize::from(i) * 3 + 3).unwrap_or(&[0; 3]).to_vec())
            .collect();
        all.extend(opaque(frame.width.into(), frame.height.into(), &samples, 3));
    }
    all
}

/// A bitstream, wherever it is: as a still picture of its own.
fn webp(chunk: &[u8]) -> Vec<Image> {
    let Some(length) = chunk.get(4..8).map(|l| u32::from_le_bytes(l.try_into().unwrap()) as usize) else { return Vec::new() };
    let Some(data) = chunk.get(8..8 + length) else { return Vec::new() };
    let file = forge::riff(&[forge::riff_chunk(chunk[..4].try_into().unwrap(), data)]);
    let Ok(mut decoder) = image_webp::WebPDecoder::new(Cursor::new(file)) else { return Vec::new() };
    let (width, height) = decoder.dimensions();
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut samples = vec![0; width as usize * height as usize * channels];
    let is_read = decoder.read_image(&mut samples).is_ok();
    opaque(width, height, &samples, channels).filter(|_| is_read).into_iter().collect()
}

fn tiff(bytes: &[u8]) -> Vec<Image> {
    let Ok(mut decoder) = tiff::decoder::Decoder::new(Cursor::new(bytes)) else { return Vec::new() };
    let mut all = Vec::new();
    loop {
        if let (Ok((width, height)), Ok(tiff::decoder::DecodingResult::U8(samples))) = (decoder.dimensions(), decoder.read_image()) {
            let channels = samples.len() / (width as usize * height as usize).max(1);
            all.extend(opaque(width, height, &samples, channels.max(1)));
        }
        if !decoder.more_images() || decoder.next_image().is_err() {
            return all;
        }
    }
}

/// How many pictures are in a file, and how many faces in them.
fn carved(bytes: &[u8]) -> (usize, usize) {
    static DETECTOR: LazyLock<YuNet> = LazyLock::new(|| YuNet::new().unwrap());
    let all = carve(bytes);
    let faces = all.iter().map(|image| DETECTOR.detect(image, passes(Sensitivity::Fast)).unwrap().len());
    (all.len(), faces.sum())
}

fn scrub(bytes: &[u8], faces: FaceMode) -> Scrubbed {
    let options = Options { faces, sensitivity: Sensitivity::Fast, seed: Some(3), ..Options::default() };
    let out = pollster::block_on(Scrubber::new(Backend::Cpu).scrub(bytes, &options, &mut |_, _| ())).unwrap();
    assert!(verify(&out.bytes, &Limits::default()).clean);
    out
}

/// The input shows the carver at least `faces` faces in `pictures` pictures; the output none, and at least one picture.
fn assert_gone(what: &str, input: &[u8], least: (usize, usize), mode: FaceMode) {
    let before = carved(input);
    assert!(before.0 >= least.0 && before.1 >= least.1, "{what}: the carver finds {before:?} in the input: the test shows nothing");
    let out = scrub(input, mode);
    let after = carved(&out.bytes);
    assert!(after.0 > 0, "{what}: no picture is carved from the output");
    assert_eq!(after.1, 0, "{what}: a face is in the output");
}

fn to_jpeg(image: &Image) -> Vec<u8> {
    encode::encode(image, Format::Jpeg, 90).unwrap()
}

/// Pictures behind the end of the first, with an index of them, and XMP in the last.
fn with_pictures(first: &[u8], before: &[Vec<u8>], second: &[u8]) -> Vec<u8> {
    let index = |length: usize| {
        let at: usize = 20 + before.iter().map(Vec::len).sum::<usize>() + 8;
        forge::mpf(&[(0x03_0000, length, 0), (0x02_0002, second.len(), length - at)])
    };
    let with_index = |index: Vec<u8>| forge::jpeg_with(first, &[before.concat(), index]);
    let length = with_index(index(1 << 20)).len();
    [with_index(index(length)), second.to_vec()].concat()
}

#[test]
fn a_face_in_a_thumbnail_a_second_picture_or_a_gain_map_goes() {
    let hidden = to_jpeg(&SEEN);
    let thumbnail = Tiff { main: vec![Tag::ascii(0x0110, "Phone 9")], thumbnail: Some(hidden.clone()), ..Tiff::default() }.app1();
    let hdr = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description hdrgm:Version='1.0'/></rdf:RDF></x:xmpmeta>";
    let gain_map = forge::jpeg_with(&hidden, &[forge::segment(0xE1, hdr)]);
    for (first, faces) in [(to_jpeg(&faceless()), 1), (hidden.clone(), 2)] {
        let files = [
            ("thumbnail", forge::jpeg_with(&first, std::slice::from_ref(&thumbnail))),
            ("second picture", with_pictures(&first, &[], &hidden)),
            ("gain map", with_pictures(&first, &[forge::segment(0xE1, hdr)], &gain_map)),
            ("all three", [with_pictures(&first, std::slice::from_ref(&thumbnail), &hidden), gain_map.clone()].concat()),
            ("behind the end", [first.clone(), hidden.clone()].concat()),
            ("in a comment", forge::jpeg_with(&first, &[forge::segment(0xFE, &hidden)])),
        ];
        for (what, file) in files {
            assert_gone(&format!("{what}, {faces} faces"), &file, (2, faces), FaceMode::Blur);
        }
    }
}

#[test]
fn a_face_under_zero_alpha_goes() {
    let mut hidden = SEEN.clone();
    hidden.pixels_mut().chunks_exact_mut(4).for_each(|pixel| pixel[3] = 0);
    hidden.pixels_mut().chunks_exact_mut(4).take(220 * 14).for_each(|pixel| pixel[3] = 255);
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(hidden.pixels()).unwrap();
    let mut webp = Vec::new();
    image_webp::WebPEncoder::new(&mut webp).encode(hidden.pixels(), SIZE.0, SIZE.1, image_webp::ColorType::Rgba8).unwrap();
    for mode in [FaceMode::Blur, FaceMode::Keep] {
        assert_gone("PNG", &png, (1, 1), mode);
        assert_gone("WebP", &webp, (1, 1), mode);
        for format in [Format::Png, Format::Webp] {
            let over = Shot { is_over: true, ..Shot::whole(hidden.clone()) };
            let film = animation(format, SIZE, 0, &[Shot::whole(faceless()), over.clone(), Shot::whole(faceless())]);
            assert_gone(&format!("{format:?}, in a frame"), &film, (3, 1), mode);
        }
    }
}

#[test]
fn a_face_in_one_frame_only_goes() {
    let mut shots: Vec<Shot> = (0..9).map(|_| Shot::whole(faceless())).collect();
    shots[7] = Shot::whole(SEEN.clone());
    for format in [Format::Gif, Format::Png, Format::Webp, Format::Tiff] {
        assert_gone(&format!("{format:?}, frame 7"), &animation(format, SIZE, 0, &shots), (9, 1), FaceMode::Blur);
    }
    // For no time at all.
    shots[7].delay = 0;
    for format in [Format::Gif, Format::Png, Format::Webp] {
        assert_gone(&format!("{format:?}, shown for no time"), &animation(format, SIZE, 0, &shots), (9, 1), FaceMode::Blur);
    }
}

#[test]
fn a_face_in_a_picture_that_animations_do_not_show_goes() {
    let shots: Vec<Shot> = [SEEN.clone(), faceless(), faceless()].into_iter().map(Shot::whole).collect();
    for count in [2, 3] {
        let file = animation::png(SIZE, 0, &shots[..count], true);
        let out = scrub(&file, FaceMode::Blur);
        assert_eq!((out.report.faces_detected, out.report.faces[0].frame), (1, None));
        assert!(out.report.removed.iter().any(|removed| removed.path == "IDAT/not in the animation"), "{:?}", out.report.removed);
        assert_gone("the picture for viewers without animation", &file, (count, 1), FaceMode::Blur);
    }
    // The other way round: the animation, of one frame, shows the face, and the still picture does not.
    let shots: Vec<Shot> = [faceless(), SEEN.clone()].into_iter().map(Shot::whole).collect();
    assert_gone("an animation of one frame", &animation::png(SIZE, 0, &shots, true), (2, 1), FaceMode::Blur);
    // What a GIF draws outside its screen.
    let outside = Shot { left: 0, top: 180, ..Shot::whole(FACE.clone()) };
    let file = animation(Format::Gif, SIZE, 0, &[Shot::whole(faceless()), outside]);
    assert_gone("outside the screen", &file, (2, 1), FaceMode::Blur);
}
