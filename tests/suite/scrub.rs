//! The whole road, on photos with faces: what comes out, and what the report says of it.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use darkslide::detect::{FaceDetector, YuNet, passes};
use darkslide::redact::Source;
use darkslide::{
    Backend, Error, FaceMode, Format, Identity, Image, Keep, Limits, Mark, MetadataKind, Options, OutputFormat, Pixels, Region, Scrubbed,
    Scrubber, Sensitivity, Stage, verify,
};

use crate::{forge, photos, pictures};

#[test]
fn a_phone_photo_comes_out_clean_upright_in_the_right_colours_and_without_its_face() {
    let photo = photos::phone();
    let out = scrub(&photo, &Options::default());
    let report = &out.report;
    assert_eq!(report.faces_detected, 1);
    assert_eq!(report.orientation_applied, 6);
    assert_eq!(report.pixels, Pixels::Redacted);
    assert_eq!(report.backend.blur, "cpu");
    assert!(report.redactions[0].irreversible);
    let size = report.output.as_ref().map(|output| (output.width, output.height));
    assert_eq!(size, Some((report.input.width, report.input.height)));
    assert!(report.input.height > report.input.width, "sizes are those of the upright picture");

    let kinds: BTreeSet<MetadataKind> = report.removed.iter().map(|removed| removed.kind).collect();
    use MetadataKind as K;
    for kind in [K::Exif, K::Gps, K::MakerNote, K::Thumbnail, K::Xmp, K::Icc, K::MultiPicture, K::Motion] {
        assert!(kinds.contains(&kind), "{kind:?} is not in the report: {kinds:?}");
    }
    assert!(
        report
            .removed
            .iter()
            .any(|removed| removed.path == "APP1/Exif/GPS/GPSLatitude" && removed.value.as_deref() == Some(photos::LATITUDE))
    );
    for removed in report.removed.iter().filter(|removed| removed.kind == K::Thumbnail && removed.bytes > 100) {
        let thumbnail = &photo[removed.offset.unwrap()..][..removed.bytes];
        assert!(thumbnail.windows(3).any(|bytes| bytes == [0xFF, 0xD8, 0xFF]), "{} is where the report says", removed.path);
    }

    assert_nothing_but_structure(&out.bytes);
    let seen = photos::shown(&out.bytes);
    assert!(faces(&seen).is_empty(), "a face is still found");
    let wanted = p3_to_srgb(&as_if_srgb(&photo));
    let psnr = psnr_outside(&seen, &wanted, &report.redactions.iter().map(|redaction| redaction.region).collect::<Vec<_>>());
    assert!(psnr >= 38.0, "{psnr:.1} dB from the reference conversion");
}

#[test]
fn facts_that_were_asked_for_are_written_into_what_is_encoded() {
    let keep = Keep { date: true, coarse_location: true, copyright: true };
    for format in [OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp] {
        let out = run(&scrubber(), &photos::phone(), &Options { format, keep, ..Options::default() }).unwrap();
        assert_eq!(out.report.pixels, Pixels::Redacted);
        let kept: Vec<&str> = out.report.kept.iter().filter_map(|kept| kept.value.as_deref()).collect();
        assert_eq!(kept, ["2026:05:17 09:30:12", "51.50000", "-0.10000"], "{format:?}: the photo states no copyright");
        let removed = |path: &str| out.report.removed.iter().any(|removed| removed.path.ends_with(path));
        assert!(!removed("APP1/Exif/ExifIFD/DateTimeOriginal") && removed("APP1/Exif/GPS/GPSLatitude"));
        assert!(darkslide::verify_keeping(&out.bytes, &keep, &Limits::default()).clean);
        assert!(!verify(&out.bytes, &Limits::default()).clean);
        assert!(faces(&photos::shown(&out.bytes)).is_empty());
    }
}

#[test]
fn every_format_goes_to_every_format() {
    let upright = photos::shown(&photos::portrait("obama.jpg"));
    for from in [Format::Jpeg, Format::Png, Format::Webp] {
        let photo = darkslide::encode::encode(&upright, from, 90).unwrap();
        for to in [OutputFormat::Same, OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp] {
            let options = Options { format: to, ..Options::default() };
            let out = scrub(&photo, &options);
            assert_eq!(darkslide::sniff(&out.bytes), Ok(options.output_format(from)));
            assert_eq!(out.report.faces_detected, 1, "{from:?} to {to:?}");
            assert_nothing_but_structure(&out.bytes);
            assert!(faces(&photos::shown(&out.bytes)).is_empty());
        }
    }
}

#[test]
fn every_mode_takes_the_face_away() {
    let photo = photos::portrait("macron.jpg");
    for mode in [FaceMode::Blur, FaceMode::Mosaic, FaceMode::Fill, FaceMode::Gaussian] {
        let out = scrub(&photo, &Options { faces: mode, ..Options::default() });
        assert!(faces(&photos::shown(&out.bytes)).is_empty(), "{mode:?}");
        let honest = out.report.redactions.iter().all(|redaction| redaction.irreversible == (redaction.mode != FaceMode::Gaussian));
        assert!(honest, "{mode:?}");
        let is_warned = out.report.warnings.iter().any(|warning| warning.contains("gaussian"));
        assert_eq!(is_warned, out.report.redactions.iter().any(|redaction| redaction.mode == FaceMode::Gaussian), "{mode:?}");
    }
}

#[test]
fn where_nothing_has_to_change_the_pixels_stay() {
    let faceless = darkslide::encode::encode(&pictures::photo(300, 200), Format::Jpeg, 90).unwrap();
    let photo = forge::jpeg_with(&faceless, &[forge::Tiff { gps: forge::westminster(), ..forge::Tiff::default() }.app1()]);
    let out = scrub(&photo, &Options::default());
    assert_eq!((out.report.pixels, out.report.faces_detected), (Pixels::Untouched, 0));
    assert_eq!(photos::decoded(&out.bytes), photos::decoded(&photo));
    assert_eq!(out.report.backend.blur, "none");

    let kept = scrub(&photos::phone(), &Options { faces: FaceMode::Keep, ..Options::default() });
    assert_eq!(kept.report.pixels, Pixels::Untouched);
    assert_eq!(kept.report.backend.detector, "none");
    let why: Vec<(MetadataKind, String)> = kept.report.kept.iter().map(|kept| (kept.kind, kept.path.clone())).collect();
    assert_eq!(why, [(MetadataKind::Exif, "APP1/Exif".into()), (MetadataKind::Icc, "APP2/ICC_PROFILE".into())]);
    assert_eq!(photos::shown(&kept.bytes), photos::shown(&photos::phone()), "turn and colours survive");
    assert!(verify(&kept.bytes, &Limits::default()).clean);
}

#[test]
fn hidden_colour_under_zero_alpha_goes() {
    let mut image = pictures::photo(64, 48);
    for pixel in image.pixels_mut().chunks_exact_mut(4).take(500) {
        pixel[3] = 0;
    }
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 64, 48);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(image.pixels()).unwrap();
    let out = scrub(&png, &Options { faces: FaceMode::Keep, ..Options::default() });
    assert_eq!(out.report.pixels, Pixels::ReEncoded);
    assert!(out.report.removed.iter().any(|removed| removed.path.contains("zero alpha") && removed.bytes == 1500));
    let (info, pixels) = raw_png(&out.bytes);
    assert_eq!(info, png::ColorType::Rgba);
    assert!(pixels.chunks_exact(4).all(|pixel| pixel[3] != 0 || pixel[..3] == [0; 3]));
}

#[test]
fn regions_are_redacted_and_exempt_faces_stay() {
    let photo = photos::portrait("obama.jpg");
    let face = scrub(&photo, &Options::default()).report.faces[0].region;
    let region = Region::new(5.0, 5.0, 60.0, 40.0);
    let far = Region::new(9_000.0, 0.0, 10.0, 10.0);
    let options = Options { exempt: vec![face], regions: vec![region.into(), far.into()], ..Options::default() };
    let out = scrub(&photo, &options);
    assert_eq!(out.report.faces_detected, 1);
    assert_eq!(out.report.redactions.len(), 1, "the region, not the exempt face");
    assert!(out.report.warnings.iter().any(|warning| warning.contains("region 2 lies outside")));
    let covered = out.report.redactions[0].region;
    assert!(covered.x <= 5.0 && covered.y <= 5.0 && covered.x + covered.width >= 65.0 && covered.y + covered.height >= 45.0);
    assert_eq!(faces(&photos::shown(&out.bytes)).len(), 1);

    let kept = scrub(&photo, &Options { faces: FaceMode::Keep, regions: vec![region.into()], ..Options::default() });
    assert_eq!((kept.report.redactions.len(), kept.report.pixels), (1, Pixels::Redacted));
}

#[test]
fn a_region_says_how_it_and_the_faces_in_it_look() {
    let photo = photos::portrait("obama.jpg");
    let face = scrub(&photo, &Options::default()).report.faces[0].region;
    let drawn = Region::new(5.0, 5.0, 60.0, 40.0);
    let as_mode = |region: Region, mode| Mark { mode: Some(mode), ..Mark::from(region) };
    let options = Options { regions: vec![drawn.into(), as_mode(face, FaceMode::Fill)], ..Options::default() };
    let redactions = scrub(&photo, &options).report.redactions;
    let modes: Vec<(bool, FaceMode)> =
        redactions.iter().map(|redaction| (matches!(redaction.source, Source::Manual), redaction.mode)).collect();
    assert_eq!(modes, [(true, FaceMode::Blur), (true, FaceMode::Fill), (false, FaceMode::Fill)]);
    let grown = redactions[2].region;
    assert!(grown.width > face.width * 1.3 && grown.height > face.height * 1.3, "a face is grown, whatever it looks like");

    let unlooked = Options { faces: FaceMode::Keep, regions: vec![as_mode(drawn, FaceMode::Mosaic)], ..Options::default() };
    assert_eq!(scrub(&photo, &unlooked).report.redactions[0].mode, FaceMode::Mosaic);
    let none = Options { regions: vec![as_mode(drawn, FaceMode::Keep)], ..Options::default() };
    assert!(matches!(none.check(), Err(Error::InvalidOption(why)) if why.contains("keep")));
    let said: Options = serde_json::from_str(r#"{ "regions": [{ "x": 5, "y": 5, "width": 60, "height": 40, "mode": "fill" }] }"#).unwrap();
    assert_eq!(said.regions, [as_mode(drawn, FaceMode::Fill)]);
    assert!(serde_json::from_str::<Options>(r#"{ "regions": [{ "x": 5, "y": 5, "width": 60, "height": 40, "mod": "fill" }] }"#).is_err());
}

#[test]
fn the_identity_reset_shrinks_by_a_drawn_factor_and_changes_both_hashes() {
    let photo = photos::portrait("obama.jpg");
    let reset = Options { identity: Identity::Reset, faces: FaceMode::Keep, ..Options::default() };
    let (one, two) = (scrub(&photo, &reset), scrub(&photo, &Options { seed: Some(11), ..reset.clone() }));
    for out in [&one, &two] {
        let output = out.report.output.as_ref().unwrap();
        let factor = f64::from(output.width) / f64::from(out.report.input.width);
        assert!((0.98..=0.997).contains(&factor), "{factor}");
        assert_ne!(output.sha256, out.report.input.sha256);
        assert_nothing_but_structure(&out.bytes);
    }
    // Not `assert_ne`, which would print both photos.
    assert!(one.bytes != two.bytes, "two factors gave the same file");
    assert!(two.bytes == scrub(&photo, &Options { seed: Some(11), ..reset }).bytes, "the same seed gave another file");
}

#[test]
fn the_longer_side_is_at_most_what_was_asked() {
    let photo = photos::portrait("obama.jpg");
    let small = scrub(&photo, &Options { max_side: Some(300), ..Options::default() });
    let output = small.report.output.unwrap();
    assert_eq!(output.width.max(output.height), 300);
    let large = scrub(&photo, &Options { max_side: Some(30_000), faces: FaceMode::Keep, ..Options::default() });
    assert_eq!(large.report.pixels, Pixels::Untouched, "it never enlarges");
}

#[test]
fn what_cannot_be_scrubbed_gives_an_error_and_no_bytes() {
    let photo = photos::phone();
    let cases: [(Vec<u8>, &str); 6] = [
        (Vec::new(), "unknown-format"),
        (b"PK\x03\x04".to_vec(), "unknown-format"),
        (forge::clean(Format::Jxl), "unsupported"),
        (photo[..2_000].to_vec(), "malformed"),
        (photos::huge_png_header(), "limit-exceeded"),
        (forge::clean(Format::Avif), "unsupported"),
    ];
    for (bytes, code) in cases {
        assert_eq!(run(&scrubber(), &bytes, &Options::default()).map(|_| ()).map_err(|error| error.code()), Err(code));
    }
    let animated = scrub(&forge::animated_webp(), &Options { faces: FaceMode::Keep, ..Options::default() });
    assert_eq!(animated.report.pixels, Pixels::Untouched, "an animation can be stripped");
    for gif in [forge::gif(), forge::animated_gif()] {
        let dirty = forge::gif_with(&gif, &[forge::extension(0xFE, &[b"shot at home"])]);
        assert_eq!(scrub(&dirty, &Options { faces: FaceMode::Keep, ..Options::default() }).bytes, gif);
    }
    let bad = [Options { quality: 0, ..Options::default() }, Options { max_side: Some(0), ..Options::default() }];
    for options in bad {
        assert!(matches!(run(&scrubber(), &photo, &options), Err(Error::InvalidOption(_))));
    }
}

#[test]
fn limits_are_checked_before_anything_is_decoded() {
    let photo = photos::portrait("obama.jpg");
    let with = |limits: Limits| {
        run(&Scrubber::with_limits(Backend::Cpu, limits), &photo, &Options::default()).map(|_| ()).map_err(|error| error.code())
    };
    let defaults = Limits::default();
    assert_eq!(with(defaults), Ok(()));
    assert_eq!(with(Limits { max_pixels: 682 * 785 - 1, ..defaults }), Err("limit-exceeded"));
    assert_eq!(with(Limits { max_bytes: photo.len() as u64 - 1, ..defaults }), Err("limit-exceeded"));
    assert_eq!(with(Limits { max_decoded_bytes: 682 * 785 * 4 - 1, ..defaults }), Err("limit-exceeded"));
    assert_eq!(with(Limits { max_segments: 3, ..defaults }), Err("limit-exceeded"));
}

#[test]
fn stages_are_told_in_order() {
    let mut stages = Vec::new();
    let mut listen = |stage: Stage, fraction: f64| stages.push((stage.name(), fraction));
    pollster::block_on(scrubber().scrub(&photos::portrait("obama.jpg"), &Options::default(), &mut listen)).unwrap();
    let begun: Vec<&str> = stages.iter().filter(|(_, fraction)| *fraction == 0.0).map(|(name, _)| *name).collect();
    assert_eq!(begun, ["inspect", "decode", "detect", "redact", "encode", "verify"]);
}

#[test]
fn looking_changes_nothing_and_says_what_scrubbing_would_do() {
    let photo = photos::phone();
    // With the noise of some seeds, a second look covers more than the first one found.
    let options = Options { seed: Some(1), ..Options::default() };
    let looked = scrubber().inspect(&photo, &options, &mut |_, _| ()).unwrap();
    let scrubbed = scrub(&photo, &options).report;
    assert!(looked.output.is_none());
    assert_eq!(looked.faces, scrubbed.faces);
    assert_eq!(looked.redactions, scrubbed.redactions);
    assert_eq!(looked.removed, scrubbed.removed);
}

#[test]
fn what_is_in_a_picture_that_cannot_be_looked_into_is_told_with_a_warning() {
    let hidden = forge::Tiff { main: vec![forge::Tag::ascii(0x010E, "taken at my house")], ..forge::Tiff::default() };
    for format in [Format::Avif, Format::Heic] {
        let file = forge::heif::with_exif(format, &hidden.bytes());
        let looked = scrubber().inspect(&file, &Options::default(), &mut |_, _| ()).unwrap();
        assert!(looked.removed.iter().any(|removed| removed.value.as_deref() == Some("taken at my house")));
        assert_eq!((looked.faces_detected, looked.backend.detector.as_str()), (0, "none"));
        assert!(
            looked.warnings.iter().any(|warning| warning.contains("refused") && warning.contains("faces: keep")),
            "{:?}",
            looked.warnings
        );
        assert_eq!(run(&scrubber(), &file, &Options::default()).unwrap_err().code(), "unsupported");
        let kept = Options { faces: FaceMode::Keep, ..Options::default() };
        assert!(scrubber().inspect(&file, &kept, &mut |_, _| ()).unwrap().warnings.is_empty());
    }
}

#[test]
fn verify_calls_every_planted_thing_unclean() {
    assert!(!verify(&photos::phone(), &Limits::default()).clean);
    assert!(!verify(b"", &Limits::default()).clean);
    let secret = b"a marker of 24 bytes, ok";
    let planted = forge::planted(secret);
    assert!(planted.len() > 100);
    for planted in planted {
        let verdict = verify(&planted.file, &Limits::default());
        assert!(!verdict.clean, "{:?}: {} is called clean", planted.format, planted.place);
        assert!(!verdict.findings.is_empty());
    }
}

fn scrubber() -> Scrubber {
    Scrubber::new(Backend::Cpu)
}

fn run(scrubber: &Scrubber, bytes: &[u8], options: &Options) -> Result<Scrubbed, Error> {
    pollster::block_on(scrubber.scrub(bytes, options, &mut |_, _| ()))
}

fn scrub(bytes: &[u8], options: &Options) -> Scrubbed {
    let out = run(&scrubber(), bytes, options).unwrap();
    assert!(verify(&out.bytes, &Limits::default()).clean);
    out
}

/// What looks like a face clearly: the edges of a redaction do a little.
fn faces(image: &Image) -> Vec<darkslide::Face> {
    let mut faces = YuNet::new().unwrap().detect(image, passes(Sensitivity::Balanced)).unwrap();
    faces.retain(|face| face.score >= 0.5);
    faces
}

/// What ExifTool finds in `bytes`, less what describes the container, its size and its coding.
fn assert_nothing_but_structure(bytes: &[u8]) {
    let mut exiftool = Command::new("exiftool")
        .args(["-a", "-G1", "-s", "-ee", "-u", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("these tests need ExifTool on PATH: apt-get install libimage-exiftool-perl");
    exiftool.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = exiftool.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("MIMEType"), "ExifTool cannot read the output: {text}");
    let is_structure = |line: &&str| {
        let group = line.split(']').next().unwrap_or_default().trim_start_matches('[');
        ["ExifTool", "File", "System", "JFIF", "PNG", "RIFF", "Composite"].contains(&group)
            && !line.contains("Warning")
            && !line.contains("Comment")
    };
    let rest: Vec<&str> = text.lines().filter(|line| !is_structure(line)).collect();
    assert!(rest.is_empty(), "ExifTool finds {rest:#?}");
}

/// The upright pixels of `photo`, as if its numbers were sRGB's.
fn as_if_srgb(photo: &[u8]) -> Image {
    let limits = Limits::default();
    let mut inspection = darkslide::inspect::inspect(photo, Format::Jpeg, &limits).unwrap();
    inspection.color.icc = None;
    let image = darkslide::decode::decode(photo, &inspection, &limits).unwrap().image;
    darkslide::orient::orient(image, inspection.orientation)
}

/// A reference conversion in floating point: the forged profile's gamma 2.2 and P3 colorants, to sRGB [IEC 61966-2-1].
fn p3_to_srgb(image: &Image) -> Image {
    const MATRIX: [[f64; 3]; 3] = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]];
    let pixels = image.pixels().chunks_exact(4).flat_map(|pixel| {
        let linear: Vec<f64> = pixel[..3].iter().map(|&level| (f64::from(level) / 255.0).powf(2.2)).collect();
        let mut out = [255; 4];
        for (channel, row) in MATRIX.iter().enumerate() {
            let light: f64 = row.iter().zip(&linear).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0);
            let level = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
            out[channel] = (level * 255.0).round() as u8;
        }
        out
    });
    Image::new(image.width(), image.height(), pixels.collect()).unwrap()
}

/// PSNR over the pixels that lie farther from every redaction than it fades.
fn psnr_outside(a: &Image, b: &Image, redactions: &[Region]) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let far = |x: f64, y: f64| {
        redactions.iter().all(|r| {
            let fade = r.width.max(r.height) * 0.25;
            x < r.x - fade || y < r.y - fade || x > r.x + r.width + fade || y > r.y + r.height + fade
        })
    };
    let compared: Vec<usize> =
        (0..a.pixels().len() / 4).filter(|index| far((index % a.width() as usize) as f64, (index / a.width() as usize) as f64)).collect();
    assert!(compared.len() > 1_000, "too little is left to compare");
    let pick = |image: &Image| compared.iter().flat_map(|&index| image.pixels()[index * 4..index * 4 + 4].to_vec()).collect::<Vec<u8>>();
    pictures::psnr(&pick(a), &pick(b))
}

fn raw_png(bytes: &[u8]) -> (png::ColorType, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.color_type, pixels)
}
