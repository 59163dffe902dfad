//! Animations and pages: every picture is looked at, redacted and verified, and nothing else changes.

use std::io::Cursor;
use std::sync::LazyLock;

use darkslide::decode::Frames;
use darkslide::detect::{FaceDetector, YuNet, passes};
use darkslide::encode::{FrameWriter, shown};
use darkslide::inspect::inspect;
use darkslide::sequence::{Delay, Sequence};
use darkslide::strip::strip;
use darkslide::{
    Backend, Error, Face, FaceMode, Format, Image, Limits, Options, OutputFormat, Pixels, Region, Report, Scrubbed, Scrubber, Sensitivity,
    sniff, verify,
};
use image::AnimationDecoder;

use crate::forge::animation::{self, Disposal, Shot, animation};
use crate::forge::{self, Tag};
use crate::redact::Dice;
use crate::{photos, pictures};

const ANIMATED: [Format; 3] = [Format::Gif, Format::Png, Format::Webp];
const SEVERAL: [Format; 4] = [Format::Gif, Format::Png, Format::Webp, Format::Tiff];
const SIZE: (u32, u32) = (220, 190);

static DETECTOR: LazyLock<YuNet> = LazyLock::new(|| YuNet::new().unwrap());

static FACE: LazyLock<Image> = LazyLock::new(|| darkslide::resize::fit(photos::decoded(&photos::portrait("obama.jpg")), 160).unwrap());

pub(crate) fn faces(image: &Image) -> Vec<Face> {
    DETECTOR.detect(image, passes(Sensitivity::Fast)).unwrap()
}

/// `picture` with another in it.
pub(crate) fn pasted(picture: &Image, other: &Image, left: u32, top: u32) -> Image {
    let mut out = picture.clone();
    let (stride, width) = (picture.width() as usize * 4, other.width() as usize * 4);
    for (y, row) in other.pixels().chunks_exact(width).enumerate() {
        let at = (top as usize + y) * stride + left as usize * 4;
        out.pixels_mut()[at..at + width].copy_from_slice(row);
    }
    out
}

/// Eight frames of a moving picture; a face goes through those of `with_face`.
fn film(with_face: &[usize]) -> Vec<Shot> {
    let background = pictures::photo(SIZE.0, SIZE.1);
    let frame = |index: usize| {
        let left = 10 + index as u32 * 4;
        let image = if with_face.contains(&index) { pasted(&background, &FACE, left, 16) } else { background.clone() };
        Shot { delay: 20 + index as u16, ..Shot::whole(image) }
    };
    (0..8).map(frame).collect()
}

fn scrub(bytes: &[u8], options: &Options) -> Result<Scrubbed, Error> {
    let options = Options { sensitivity: Sensitivity::Fast, seed: Some(7), ..options.clone() };
    let out = pollster::block_on(Scrubber::new(Backend::Cpu).scrub(bytes, &options, &mut |_, _| ()))?;
    assert!(verify(&out.bytes, &Limits::default()).clean);
    Ok(out)
}

fn open(bytes: &[u8]) -> Frames {
    let limits = Limits::default();
    let inspection = inspect(bytes, sniff(bytes).unwrap(), &limits).unwrap();
    let stripped = strip(bytes, &inspection).unwrap();
    Frames::open(&stripped.bytes, &stripped.inspection, &inspection.color, &limits).unwrap()
}

/// Frames and times, as we read them.
fn read(bytes: &[u8]) -> Vec<(Image, Delay)> {
    let mut frames = open(bytes);
    let mut all = Vec::new();
    while let Some(frame) = frames.next_frame().unwrap() {
        if frame.is_shown {
            all.push((frame.image, frame.delay));
        }
    }
    all
}

/// The same by decoders of other people's: frames and hundredths of a second.
fn read_by_others(bytes: &[u8]) -> Vec<(Image, u32)> {
    let cursor = Cursor::new(bytes.to_vec());
    let frames = match sniff(bytes).unwrap() {
        Format::Gif => image::codecs::gif::GifDecoder::new(cursor).unwrap().into_frames(),
        Format::Png => image::codecs::png::PngDecoder::new(cursor).unwrap().apng().unwrap().into_frames(),
        Format::Webp => image::codecs::webp::WebPDecoder::new(cursor).unwrap().into_frames(),
        Format::Tiff => {
            let mut decoder = tiff::decoder::Decoder::new(cursor).unwrap();
            let mut pages = Vec::new();
            loop {
                let (width, height) = decoder.dimensions().unwrap();
                let tiff::decoder::DecodingResult::U8(raw) = decoder.read_image().unwrap() else { panic!("not 8 bit") };
                let channels = raw.len() / (width * height) as usize;
                let pixels =
                    raw.chunks_exact(channels).flat_map(|p| if channels < 3 { [p[0], p[0], p[0], 255] } else { [p[0], p[1], p[2], 255] });
                pages.push((Image::new(width, height, pixels.collect()).unwrap(), 0));
                if !decoder.more_images() {
                    return pages;
                }
                decoder.next_image().unwrap();
            }
        }
        other => panic!("{other:?}"),
    };
    let frame = |frame: image::ImageResult<image::Frame>| {
        let frame = frame.unwrap();
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        let buffer = frame.into_buffer();
        let mut image = Image::new(buffer.width(), buffer.height(), buffer.into_raw()).unwrap();
        image.pixels_mut().chunks_exact_mut(4).filter(|p| p[3] == 0).for_each(|p| p.fill(0));
        (image, numerator / denominator / 10)
    };
    frames.map(frame).collect()
}

#[test]
fn a_face_is_gone_from_every_frame_and_the_rest_is_as_it_was() {
    for format in SEVERAL {
        let input = animation(format, SIZE, 3, &film(&[3, 4]));
        assert!(!faces(&read(&input)[3].0).is_empty(), "{format:?}: the test shows no face");
        let out = scrub(&input, &Options::default()).unwrap();
        let report = &out.report;
        assert_eq!((report.pixels, report.input.frames), (Pixels::Redacted, Some(8)), "{format:?}");
        assert_eq!(report.output.as_ref().map(|o| (o.format, o.width, o.height, o.frames)), Some((format, SIZE.0, SIZE.1, Some(8))));
        let is_paged = format == Format::Tiff;
        assert_eq!(report.faces_detected, if is_paged { 2 } else { 1 }, "{format:?}: followed through frames, it is one");
        let found: Vec<Option<u32>> = report.faces.iter().map(|face| face.frame).collect();
        assert_eq!(found, [Some(3), Some(4)], "{format:?}");
        // Held for two frames before and after; pages have nothing to do with each other.
        let covered: Vec<u32> = report.redactions.iter().filter_map(|redaction| redaction.frame).collect();
        assert_eq!(covered, if is_paged { vec![3, 4] } else { vec![1, 2, 3, 4, 5, 6] }, "{format:?}");
        assert!(report.redactions.iter().all(|redaction| redaction.irreversible));

        let (before, after) = (read(&input), read_by_others(&out.bytes));
        assert_eq!((before.len(), after.len()), (8, 8));
        for (index, ((was, delay), (is, shown_for))) in before.iter().zip(&after).enumerate() {
            assert!(faces(is).is_empty(), "{format:?}: a face in frame {index}");
            assert_eq!(delay.in_parts(100), *shown_for, "{format:?}: time of frame {index}");
            let redactions: Vec<Region> = report.redactions.iter().filter(|r| r.frame == Some(index as u32)).map(|r| r.region).collect();
            assert_same_outside(was, is, &redactions, format, index);
        }
        if !is_paged {
            assert_eq!(open(&out.bytes).sequence(), Sequence::Animation { plays: 3 }, "{format:?}");
        }
        // Scrubbed again there is nothing to do.
        let again = scrub(&out.bytes, &Options::default()).unwrap();
        assert!(again.bytes == out.bytes && again.report.pixels == Pixels::Untouched, "{format:?}");
    }
}

/// Pixels that lie farther from every redaction than it fades are as before; a GIF's, which had to share 256 colours, nearly.
fn assert_same_outside(was: &Image, is: &Image, redactions: &[Region], format: Format, index: usize) {
    assert_eq!((was.width(), was.height()), (is.width(), is.height()));
    let width = was.width();
    let (mut off, mut count) = (0_u64, 0);
    for (at, (was, is)) in was.pixels().chunks_exact(4).zip(is.pixels().chunks_exact(4)).enumerate() {
        let (x, y) = (f64::from(at as u32 % width), f64::from(at as u32 / width));
        let near = |r: &Region| x > r.x - 42.0 && y > r.y - 42.0 && x < r.x + r.width + 42.0 && y < r.y + r.height + 42.0;
        if redactions.iter().any(near) {
            continue;
        }
        count += 1;
        if format == Format::Gif {
            off += was.iter().zip(is).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>();
        } else {
            assert_eq!(was, is, "{format:?}: frame {index}, px {x}, {y}");
        }
    }
    assert!(count > 500, "too little is left to compare: {count} px");
    let mean = off as f64 / f64::from(count * 3);
    assert!(mean < 30.0, "frame {index}: a mean square error of {mean}");
}

#[test]
fn without_a_face_the_pictures_stay_byte_for_byte() {
    for format in SEVERAL {
        let input = animation(format, SIZE, 0, &film(&[])[..3]);
        let stripped = strip(&input, &inspect(&input, format, &Limits::default()).unwrap()).unwrap();
        let out = scrub(&input, &Options::default()).unwrap();
        assert!(out.bytes == stripped.bytes, "{format:?}");
        assert_eq!((out.report.pixels, out.report.input.frames), (Pixels::Untouched, Some(3)));
        assert_ne!(out.report.backend.detector, "none", "it was looked at");
    }
}

#[test]
fn regions_are_redacted_in_every_frame_and_faces_that_are_exempt_stay() {
    for format in SEVERAL {
        let input = animation(format, SIZE, 0, &film(&[1, 2])[..4]);
        let region = Region::new(150.0, 120.0, 40.0, 30.0);
        let far = Region::new(5_000.0, 0.0, 10.0, 10.0);
        let options =
            Options { exempt: vec![Region::new(0.0, 0.0, 220.0, 190.0)], regions: vec![region.into(), far.into()], ..Options::default() };
        let out = scrub(&input, &options).unwrap();
        let frames: Vec<Option<u32>> = out.report.redactions.iter().map(|redaction| redaction.frame).collect();
        assert_eq!(frames, [Some(0), Some(1), Some(2), Some(3)], "{format:?}");
        assert!(out.report.warnings.iter().any(|warning| warning.contains("region 2 lies outside")), "{:?}", out.report.warnings);
        let seen = read(&out.bytes);
        assert!(!faces(&seen[1].0).is_empty() && !faces(&seen[2].0).is_empty(), "{format:?}: the exempt face stays");
        let looked = Scrubber::new(Backend::Cpu).inspect(&input, &Options { seed: Some(7), ..options }, &mut |_, _| ()).unwrap();
        let Report { redactions, .. } = looked;
        assert_eq!(redactions, out.report.redactions, "{format:?}: looking says what scrubbing does");
    }
}

#[test]
fn animations_that_differ_only_under_the_region_come_out_alike() {
    for format in SEVERAL {
        for (case, mode) in [FaceMode::Blur, FaceMode::Mosaic, FaceMode::Fill].into_iter().enumerate() {
            let mut dice = Dice(case as u64 + 3);
            let (width, height) = (90, 70);
            let region = Region::new(20.0, 14.0, 30.0, 40.0);
            let films = [(); 2].map(|()| {
                let mut frame = |index: u32| {
                    let mut image = pictures::photo(width, height);
                    // Few colours, so that a GIF's palette holds them whatever is under the mask.
                    image.pixels_mut().iter_mut().for_each(|level| *level |= 63);
                    let mut face = Image::new(30, 40, vec![255; 30 * 40 * 4]).unwrap();
                    face.pixels_mut().chunks_exact_mut(4).for_each(|p| p[..3].fill_with(|| ((dice.roll(2) * 128) | 63) as u8));
                    let image = pasted(&image, &face, 20, 14);
                    let mut moved = image.clone();
                    moved.pixels_mut()[(index as usize * 8 + 4) * 4..][..4].copy_from_slice(&[255, 63, 63, 255]);
                    Shot::whole(moved)
                };
                animation(format, (width, height), 0, &[frame(0), frame(1), frame(2)])
            });
            assert!(films[0] != films[1]);
            let options = Options {
                faces: FaceMode::Keep,
                regions: vec![darkslide::Mark { mode: Some(mode), ..region.into() }],
                ..Options::default()
            };
            let [one, two] = films.map(|film| scrub(&film, &options).unwrap().bytes);
            assert!(one == two, "{format:?}, {mode:?}: the hidden pixels show");
        }
    }
}

/// A part of a canvas in colours that any palette holds, with see-through pixels.
fn some_shot(size: (u32, u32), is_first: bool, dice: &mut Dice) -> Shot {
    let (left, top) = if is_first { (0, 0) } else { (dice.roll(size.0 - 2) & !1, dice.roll(size.1 - 2) & !1) };
    let (width, height) = if is_first { size } else { (1 + dice.roll(size.0 - left), 1 + dice.roll(size.1 - top)) };
    let pixels = (0..width * height).flat_map(|_| match dice.roll(5) {
        0 => [0; 4],
        _ => [dice.roll(4) as u8 * 80, dice.roll(4) as u8 * 80, dice.roll(3) as u8 * 100, 255],
    });
    Shot {
        image: Image::new(width, height, pixels.collect()).unwrap(),
        left,
        top,
        delay: dice.roll(90) as u16 + 2,
        is_over: dice.roll(2) == 0,
        disposal: dice.pick(&[Disposal::Keep, Disposal::Clear, Disposal::Restore]),
    }
}

#[test]
fn frames_are_put_together_as_others_do() {
    for format in ANIMATED {
        for case in 0..40 {
            let mut dice = Dice(case * 31 + 5);
            let size = (8 + dice.roll(24), 8 + dice.roll(24));
            let mut shots: Vec<Shot> = (0..2 + dice.roll(6)).map(|index| some_shot(size, index == 0, &mut dice)).collect();
            if format == Format::Png && shots[0].disposal == Disposal::Restore {
                // The first frame has nothing to go back to.
                shots[0].disposal = Disposal::Clear;
            }
            // The other decoder takes back too much where a frame is to be restored behind one that was cleared. [PNG 3rd edition §11.3.4.2]
            for index in 1..shots.len() {
                if format == Format::Png && shots[index].disposal == Disposal::Restore && shots[index - 1].disposal == Disposal::Clear {
                    shots[index].disposal = Disposal::Keep;
                }
            }
            if format == Format::Webp {
                shots.iter_mut().filter(|shot| shot.disposal == Disposal::Restore).for_each(|shot| shot.disposal = Disposal::Keep);
            }
            let file = animation(format, size, 0, &shots);
            let (ours, others) = (read(&file), read_by_others(&file));
            assert_eq!(ours.len(), others.len());
            for (index, ((ours, delay), (theirs, shown_for))) in ours.iter().zip(&others).enumerate() {
                assert!(ours == theirs, "{format:?}, case {case}: frame {index} differs");
                assert_eq!(delay.in_parts(100), *shown_for);
            }
        }
    }
}

#[test]
fn what_is_written_is_read_the_same_by_us_and_by_others() {
    for format in ANIMATED {
        for case in 0..30 {
            let mut dice = Dice(case * 17 + 2);
            let size = (4 + dice.roll(40), 4 + dice.roll(40));
            let first = some_shot(size, true, &mut dice).image;
            let mut frames = vec![first];
            for _ in 0..dice.roll(6) {
                let mut next = frames.last().unwrap().clone();
                // Nothing, a little, or all of it changes.
                for _ in 0..dice.pick(&[0, 1, 30, 4000]) {
                    let at = dice.roll(size.0 * size.1) as usize * 4;
                    let pixel = if dice.roll(3) == 0 { [0; 4] } else { [dice.roll(3) as u8 * 90, dice.roll(4) as u8 * 70, 9, 255] };
                    next.pixels_mut()[at..at + 4].copy_from_slice(&pixel);
                }
                frames.push(next);
            }
            let plays = dice.roll(4);
            let mut writer = FrameWriter::new(format, Sequence::Animation { plays }, frames.len() as u32, size, true).unwrap();
            for (index, frame) in frames.iter().enumerate() {
                writer.add(frame, Delay::new(index as u32 * 3 + 2, 100)).unwrap();
            }
            let encoded = writer.finish().unwrap();
            assert!(verify(&encoded.bytes, &Limits::default()).clean, "{format:?}, case {case}");
            assert_eq!(open(&encoded.bytes).sequence(), Sequence::Animation { plays });
            let (ours, others) = (read(&encoded.bytes), read_by_others(&encoded.bytes));
            assert_eq!(
                (ours.len(), others.len(), encoded.shown.len()),
                (frames.len(), frames.len(), frames.len()),
                "{format:?}, case {case}"
            );
            for (index, wanted) in frames.iter().enumerate() {
                assert!(ours[index].0 == *wanted, "{format:?}, case {case}: we read frame {index} otherwise");
                assert!(others[index].0 == *wanted, "{format:?}, case {case}: others read frame {index} otherwise");
                assert_eq!(encoded.shown[index], shown(wanted));
                assert_eq!(others[index].1, index as u32 * 3 + 2);
            }
        }
    }
}

#[test]
fn a_gif_of_many_colours_is_close_and_says_what_it_shows() {
    let frames: Vec<Image> =
        (0..3).map(|index| pasted(&pictures::photo(120, 90), &pictures::see_through(40, 30), index * 20, 10)).collect();
    let mut writer = FrameWriter::new(Format::Gif, Sequence::Animation { plays: 0 }, 3, (120, 90), true).unwrap();
    frames.iter().for_each(|frame| writer.add(frame, Delay::new(1, 10)).unwrap());
    let encoded = writer.finish().unwrap();
    for ((image, _), (shown_as, wanted)) in read(&encoded.bytes).iter().zip(encoded.shown.iter().zip(&frames)) {
        assert_eq!(shown(image), *shown_as);
        let opaque = |image: &Image| {
            image
                .pixels()
                .chunks_exact(4)
                .zip(wanted.pixels().chunks_exact(4))
                .filter(|(_, w)| w[3] == 255)
                .flat_map(|(p, _)| p.to_vec())
                .collect::<Vec<u8>>()
        };
        let psnr = pictures::psnr(&opaque(image), &opaque(wanted));
        assert!(psnr > 30.0, "{psnr:.1} dB");
        assert!(image.pixels().chunks_exact(4).zip(wanted.pixels().chunks_exact(4)).all(|(is, was)| (is[3] == 255) == (was[3] >= 128)));
    }
}

#[test]
fn colour_under_zero_alpha_and_outside_the_screen_goes_from_every_frame() {
    let mut hidden = pictures::photo(SIZE.0, SIZE.1);
    hidden.pixels_mut().chunks_exact_mut(4).take(900).for_each(|pixel| pixel[3] = 0);
    for format in [Format::Png, Format::Webp] {
        let shots = [Shot::whole(pictures::photo(SIZE.0, SIZE.1)), Shot { is_over: true, ..Shot::whole(hidden.clone()) }];
        let out = scrub(&animation(format, SIZE, 0, &shots), &Options { faces: FaceMode::Keep, ..Options::default() }).unwrap();
        assert_eq!(out.report.pixels, Pixels::ReEncoded, "{format:?}");
        assert!(out.report.removed.iter().any(|removed| removed.path.contains("zero alpha") && removed.bytes == 2700), "{format:?}");
        let again = scrub(&out.bytes, &Options { faces: FaceMode::Keep, ..Options::default() }).unwrap();
        assert!(again.bytes == out.bytes, "{format:?}: all of it went the first time");
        assert_eq!(read_by_others(&out.bytes)[1].0, shots[0].image, "what was shown is shown");
    }
    let outside = Shot { left: 200, top: 100, ..Shot::whole(FACE.clone()) };
    let input = animation(Format::Gif, SIZE, 0, &[Shot::whole(pictures::photo(SIZE.0, SIZE.1)), outside]);
    let out = scrub(&input, &Options::default()).unwrap();
    assert!(out.report.removed.iter().any(|removed| removed.path == "pixels/outside the screen"), "{:?}", out.report.removed);
    let inside = inspect(&out.bytes, Format::Gif, &Limits::default()).unwrap();
    assert_eq!((inside.frames, inside.width, inside.height), (2, SIZE.0, SIZE.1));
}

#[test]
fn animations_go_from_format_to_format_but_not_into_one_picture() {
    let still = pasted(&pictures::photo(SIZE.0, SIZE.1), &FACE, 20, 16);
    for from in SEVERAL {
        let input = animation(from, SIZE, 4, &film(&[1])[..2]);
        for (to, format) in [(OutputFormat::Png, Format::Png), (OutputFormat::Webp, Format::Webp), (OutputFormat::Jpeg, Format::Jpeg)] {
            let out = scrub(&input, &Options { format: to, ..Options::default() });
            if from == Format::Tiff || to == OutputFormat::Jpeg {
                if from != format {
                    let error = out.unwrap_err();
                    assert!(matches!(&error, Error::Unsupported(what) if what.contains("format: same")), "{from:?} to {to:?}: {error}");
                }
                continue;
            }
            let out = out.unwrap();
            assert_eq!((sniff(&out.bytes).unwrap(), out.report.output.unwrap().frames), (format, Some(2)));
            let frames = read_by_others(&out.bytes);
            assert_eq!(frames.iter().map(|(_, time)| *time).collect::<Vec<_>>(), [20, 21], "{from:?} to {to:?}");
            assert!(frames.iter().all(|(image, _)| faces(image).is_empty()));
            assert_eq!(open(&out.bytes).sequence(), Sequence::Animation { plays: 4 });
        }
        // One picture goes anywhere.
        let one = animation(from, SIZE, 1, &[Shot::whole(still.clone())]);
        for to in [OutputFormat::Same, OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp] {
            let options = Options { format: to, ..Options::default() };
            let out = scrub(&one, &options).unwrap();
            assert_eq!(sniff(&out.bytes).unwrap(), options.output_format(from));
            assert_eq!(
                (out.report.faces_detected, out.report.faces[0].frame, out.report.input.frames),
                (1, None, None),
                "{from:?} to {to:?}"
            );
            assert!(faces(&photos::shown(&out.bytes)).is_empty(), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn sizes_change_in_every_frame() {
    for format in SEVERAL {
        let input = animation(format, SIZE, 0, &film(&[0])[..2]);
        let out = scrub(&input, &Options { max_side: Some(110), ..Options::default() }).unwrap();
        assert_eq!(out.report.output.map(|o| (o.width, o.height)), Some((110, 95)), "{format:?}");
        assert!(
            read_by_others(&out.bytes).iter().all(|(image, _)| (image.width(), image.height()) == (110, 95) && faces(image).is_empty())
        );
        let reset = Options { identity: darkslide::Identity::Reset, faces: FaceMode::Keep, ..Options::default() };
        let output = scrub(&input, &reset).unwrap().report.output.unwrap();
        assert!(output.width < SIZE.0 && output.frames == Some(2), "{format:?}");
    }
}

#[test]
fn pages_may_differ_in_size_turn_and_depth() {
    let face = pasted(&pictures::photo(SIZE.0, SIZE.1), &FACE, 30, 16);
    let small = pictures::photo(60, 40);
    let file = animation::tiff(&[small.clone(), face.clone()]);
    let out = scrub(&file, &Options::default()).unwrap();
    let pages = read_by_others(&out.bytes);
    assert!(pages[0].0 == small, "a page without a face");
    assert_eq!((pages[1].0.width(), pages[1].0.height()), SIZE);
    assert!(faces(&pages[1].0).is_empty());
    assert_eq!(out.report.redactions.iter().map(|r| r.frame).collect::<Vec<_>>(), [Some(1)]);

    // Stored on its side, with 16 bits a sample.
    let stored = darkslide::orient::orient(face.clone(), darkslide::inspect::Orientation::new(8));
    let samples: Vec<u8> = stored.pixels().chunks_exact(4).flat_map(|p| [p[0], p[0], p[1], p[1], p[2], p[2]]).collect();
    let mut page = forge::tiff::page();
    page.strips = vec![samples];
    page.tags.retain(|tag| ![256, 257, 258, 278].contains(&tag.0));
    page.tags.extend([
        Tag::long(256, stored.width()),
        Tag::long(257, stored.height()),
        Tag::short(274, 6),
        Tag::long(278, stored.height()),
    ]);
    page.tags.push(Tag(258, 3, [16, 0].repeat(3)));
    let out = scrub(&forge::tiff::file(vec![page]).bytes(), &Options::default()).unwrap();
    assert_eq!((out.report.faces_detected, out.report.orientation_applied), (1, 6));
    let upright = &read_by_others(&out.bytes)[0].0;
    assert_eq!((upright.width(), upright.height()), SIZE);
    assert!(faces(upright).is_empty());
    let gray_far = |image: &Image| image.pixels()[..400].to_vec();
    assert_eq!(gray_far(upright), gray_far(&face), "away from the face its pixels are those of the page");
}

#[test]
fn bitmaps_are_redacted_too() {
    let face = pasted(&pictures::photo(SIZE.0, SIZE.1), &FACE, 30, 16);
    let mut clear = face.clone();
    clear.pixels_mut()[3] = 0;
    for (image, what) in [(face, "opaque"), (clear, "see-through")] {
        let input = darkslide::encode::encode(&image, Format::Bmp, 90).unwrap();
        assert!(verify(&input, &Limits::default()).clean, "{what}");
        let out = scrub(&input, &Options::default()).unwrap();
        assert_eq!((out.report.faces_detected, out.report.pixels), (1, Pixels::Redacted), "{what}");
        let decoded = image::load_from_memory_with_format(&out.bytes, image::ImageFormat::Bmp).unwrap().into_rgba8();
        let seen = Image::new(decoded.width(), decoded.height(), decoded.into_raw()).unwrap();
        assert!(faces(&seen).is_empty(), "{what}");
        assert_same_outside(
            &photos::decoded(&input),
            &seen,
            &out.report.redactions.iter().map(|r| r.region).collect::<Vec<_>>(),
            Format::Bmp,
            0,
        );
    }
    for (name, bitmap) in forge::bmps() {
        let bytes = bitmap.bytes();
        let options = Options { faces: FaceMode::Keep, regions: vec![Region::new(1.0, 1.0, 3.0, 3.0).into()], ..Options::default() };
        match scrub(&bytes, &options) {
            Ok(out) => assert_eq!(sniff(&out.bytes), Ok(Format::Bmp), "{name}"),
            Err(error) => assert!(error.to_string().contains("faces: keep") || error.code() == "malformed", "{name}: {error}"),
        }
    }
}

#[test]
fn frames_have_limits_and_stripping_has_not() {
    let input = animation(Format::Gif, SIZE, 0, &film(&[])[..4]);
    let with = |limits: Limits, faces: FaceMode| {
        let options = Options { faces, sensitivity: Sensitivity::Fast, ..Options::default() };
        let scrubber = Scrubber::with_limits(Backend::Cpu, limits);
        pollster::block_on(scrubber.scrub(&input, &options, &mut |_, _| ())).map(|_| ()).map_err(|error| error.code())
    };
    let defaults = Limits::default();
    let few = Limits { max_frames: 3, ..defaults };
    let small = Limits { max_frame_pixels: u64::from(SIZE.0 * SIZE.1) * 4 - 1, ..defaults };
    assert_eq!(with(defaults, FaceMode::Blur), Ok(()));
    assert_eq!(with(few, FaceMode::Blur), Err("limit-exceeded"));
    assert_eq!(with(small, FaceMode::Blur), Err("limit-exceeded"));
    assert_eq!((with(few, FaceMode::Keep), with(small, FaceMode::Keep)), (Ok(()), Ok(())));
    // Looking under zero alpha is not worth a refusal: the report says that nobody did.
    let mut see_through = film(&[])[..4].to_vec();
    see_through[0].image.pixels_mut()[3] = 0;
    let png = animation(Format::Png, SIZE, 0, &see_through);
    let keep = Options { faces: FaceMode::Keep, ..Options::default() };
    let out = pollster::block_on(Scrubber::with_limits(Backend::Cpu, few).scrub(&png, &keep, &mut |_, _| ())).unwrap();
    assert!(out.report.pixels == Pixels::Untouched && out.report.warnings[0].contains("zero alpha"));
}
