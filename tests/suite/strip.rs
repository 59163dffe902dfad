//! What goes and what stays on the lossless road.

use darkslide::inspect::{Inspection, MetadataKind, Role, Why, inspect};
use darkslide::strip::{Stripped, strip};
use darkslide::{Format, Limits};

use crate::forge;

fn look(bytes: &[u8], format: Format) -> Inspection {
    inspect(bytes, format, &Limits::default()).unwrap()
}

fn stripped(bytes: &[u8], format: Format) -> Stripped {
    strip(bytes, &look(bytes, format)).unwrap()
}

#[test]
fn a_clean_file_stays_byte_for_byte() {
    for format in forge::FORMATS {
        let file = forge::clean(format);
        let inspection = look(&file, format);
        assert!(inspection.is_clean(), "{format:?}: {:?}", inspection.findings);
        let out = strip(&file, &inspection).unwrap();
        assert_eq!(out.bytes, file, "{format:?}");
        assert!(out.removed.is_empty() && out.kept.is_empty());
    }
}

#[test]
fn gps_is_found_with_its_value_and_goes() {
    let tiff = forge::Tiff { gps: forge::westminster(), ..Default::default() };
    let files = [
        (Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &[tiff.app1()]), "APP1/Exif"),
        (Format::Png, forge::png_with(&forge::png(), &[forge::chunk(b"eXIf", &tiff.bytes())]), "eXIf"),
        (Format::Webp, forge::webp_with(0x08, &[], &[forge::riff_chunk(b"EXIF", &tiff.bytes())]), "EXIF"),
    ];
    for (format, file, path) in files.into_iter().filter(|case| forge::FORMATS.contains(&case.0)) {
        let out = stripped(&file, format);
        let value = |tag: &str| {
            let finding = out.removed.iter().find(|f| f.path == format!("{path}/GPS/{tag}")).unwrap();
            assert_eq!(finding.kind, MetadataKind::Gps);
            finding.value.clone().unwrap()
        };
        assert_eq!(value("GPSLatitude"), "51.50333");
        assert_eq!(value("GPSLongitude"), "-0.12750");
        assert!(look(&out.bytes, format).findings.is_empty());
    }
}

#[test]
fn orientation_stays() {
    let tiff = forge::Tiff { main: vec![forge::Tag::short(0x0112, 6), forge::Tag::ascii(0x010F, "ACME")], ..Default::default() };
    let files = [
        (Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &[tiff.app1()])),
        (Format::Png, forge::png_with(&forge::png(), &[forge::chunk(b"eXIf", &tiff.bytes())])),
        (Format::Webp, forge::webp_with(0x08, &[], &[forge::riff_chunk(b"EXIF", &tiff.bytes())])),
    ];
    for (format, file) in files.into_iter().filter(|case| forge::FORMATS.contains(&case.0)) {
        let out = stripped(&file, format);
        assert!(out.removed.iter().any(|f| f.value.as_deref() == Some("ACME")));
        assert!(!out.removed.iter().any(|f| f.path.ends_with("Orientation")));
        assert_eq!(out.kept.len(), 1);
        assert_eq!(out.kept[0].why, Why::Orientation);
        assert_eq!(look(&out.bytes, format).orientation.value(), 6);
        let again = stripped(&out.bytes, format);
        assert_eq!(again.bytes, out.bytes);
        assert!(again.removed.is_empty());
    }
}

/// 24 bytes that no forged file holds by itself.
pub(crate) const SECRET: &str = "Kerkstraat 7, Q-ville-25";

#[test]
fn nothing_planted_survives() {
    let packed = forge::zlib(SECRET.repeat(4).as_bytes());
    let brotli = forge::brotli((SECRET.to_owned() + " behind the station, second door on the left").as_bytes());
    // One byte that no place may hold: it would be a marker.
    let brotli: Vec<u8> = brotli.into_iter().map(|byte| byte.min(0xFE)).collect();
    let secrets = [SECRET.as_bytes().to_vec(), forge::utf16(SECRET), packed, brotli];
    let mut stripped_files = 0;
    for secret in secrets {
        for planted in forge::planted(&secret) {
            let what = format!("{:?}: {}", planted.format, planted.place);
            let inspection = match inspect(&planted.file, planted.format, &Limits::default()) {
                Ok(inspection) => inspection,
                Err(e) => {
                    assert!(matches!(planted.format, Format::Jpeg | Format::Png | Format::Tiff | Format::Jxl), "{what}: {e}");
                    continue;
                }
            };
            let out = strip(&planted.file, &inspection).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert!(!out.removed.is_empty(), "{what}: nothing was removed");
            // Eight bytes in a row are no accident.
            for part in secret.windows(8) {
                assert!(!out.bytes.windows(8).any(|w| w == part), "{what}: survived");
            }
            assert_nothing_packed(&out.bytes, &secret, &what);
            let after = look(&out.bytes, planted.format);
            assert!(after.is_clean(), "{what}: {:?}", after.findings);
            super::inspect::assert_accounts_for_all(&after, out.bytes.len());
            assert!(decoded(&out.bytes, planted.format) == decoded(&picture_alone(&planted), planted.format), "{what}: other pixels");
            let again = strip(&out.bytes, &after).unwrap();
            assert_eq!(again.bytes, out.bytes, "{what}: the second time changed something");
            assert!(again.removed.is_empty(), "{what}: the second time found {:?}", again.removed);
            stripped_files += 1;
        }
    }
    // Some places make a file malformed, which is as well; most must not.
    assert!(stripped_files > if cfg!(feature = "formats") { 2000 } else { 500 }, "only {stripped_files} files were stripped");
}

/// Neither the secret nor what it unpacks to is in a compressed stream of a file.
fn assert_nothing_packed(file: &[u8], secret: &[u8], what: &str) {
    for stream in forge::unpacked(file) {
        for text in [secret, SECRET.as_bytes(), &forge::utf16(SECRET)] {
            assert!(!stream.windows(text.len()).any(|w| w == text), "{what}: survived in a compressed stream");
        }
    }
}

/// Where a redaction has to be made, the picture is encoded anew, whatever its format was and is to be.
#[cfg(feature = "pixels")]
#[test]
fn nothing_planted_survives_encoding_anew() {
    use darkslide::{Backend, FaceMode, Options, OutputFormat, Pixels, Region, Scrubber, verify};
    let scrubber = Scrubber::new(Backend::Cpu);
    let (mut encoded, mut refused) = (0, 0);
    for secret in [SECRET.as_bytes().to_vec(), forge::utf16(SECRET), forge::zlib(SECRET.repeat(4).as_bytes())] {
        for planted in forge::planted(&secret) {
            let what = format!("{:?}: {}", planted.format, planted.place);
            let Ok(inspection) = inspect(&planted.file, planted.format, &Limits::default()) else { continue };
            if !planted.format.is_decoded() {
                continue;
            }
            for format in [OutputFormat::Same, OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp] {
                let options =
                    Options { faces: FaceMode::Keep, regions: vec![Region::new(2.0, 2.0, 9.0, 9.0).into()], format, ..Options::default() };
                let out = pollster::block_on(scrubber.scrub(&planted.file, &options, &mut |_, _| ()));
                // A few of TIFF's compressions and of BMP's headers are not read, JPEG holds no animation, and only TIFF holds pages.
                let is_refused =
                    matches!(planted.format, Format::Tiff | Format::Bmp) || (inspection.frames > 1 && format == OutputFormat::Jpeg);
                if is_refused && matches!(&out, Err(darkslide::Error::Unsupported(_))) {
                    refused += 1;
                    continue;
                }
                let out = out.unwrap_or_else(|e| panic!("{what}: {e}"));
                assert_eq!(out.report.pixels, Pixels::Redacted, "{what}");
                assert!(!out.bytes.windows(8).any(|w| secret.windows(8).any(|part| part == w)), "{what}: survived");
                assert_nothing_packed(&out.bytes, &secret, &what);
                assert!(verify(&out.bytes, &Limits::default()).clean && out.report.kept.is_empty(), "{what}");
                encoded += 1;
            }
        }
    }
    assert!(encoded > 1500 && refused < encoded / 2, "only {encoded}, and {refused} refused");
}

/// A dry run says what the real one does.
#[cfg(feature = "pixels")]
#[test]
fn a_dry_run_of_encoding_anew_tells_what_is_removed_and_kept() {
    use darkslide::{Backend, FaceMode, Keep, Options, OutputFormat, Region, Scrubber};
    let scrubber = Scrubber::new(Backend::Cpu);
    let tiff = forge::Tiff {
        main: vec![forge::Tag::short(0x0112, 6), forge::Tag::ascii(0x8298, "(c) Jane Doe")],
        exif: vec![forge::Tag::ascii(0x9003, "2024:05:17 09:30:12")],
        gps: forge::westminster(),
        thumbnail: None,
    };
    let dirty = forge::jpeg_with(&forge::jpeg(), &[tiff.app1()]);
    let all = Keep { copyright: true, date: true, coarse_location: true };
    let ours = darkslide::strip_metadata(&dirty, &all, &Limits::default()).unwrap().bytes;
    for file in [dirty, ours] {
        for keep in [all, Keep::default(), Keep { date: true, ..Keep::default() }] {
            for format in [OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp] {
                let options = Options {
                    faces: FaceMode::Keep,
                    regions: vec![Region::new(2.0, 2.0, 9.0, 9.0).into()],
                    format,
                    keep,
                    ..Options::default()
                };
                let real = pollster::block_on(scrubber.scrub(&file, &options, &mut |_, _| ())).unwrap().report;
                let dry = scrubber.inspect(&file, &options, &mut |_, _| ()).unwrap();
                assert_eq!((&dry.removed, &dry.kept), (&real.removed, &real.kept), "{format:?} {keep:?}");
                assert!(
                    dry.kept.iter().all(|kept| !dry.removed.iter().any(|removed| removed.value == kept.value && removed.path == kept.path))
                );
            }
        }
    }
}

#[cfg(feature = "pixels")]
#[test]
fn scrubbing_that_changes_no_pixel_is_stripping_and_passes_its_own_checks() {
    use darkslide::{Backend, FaceMode, Options, Pixels, Scrubber};
    let scrubber = Scrubber::new(Backend::Cpu);
    let options = Options { faces: FaceMode::Keep, ..Options::default() };
    let mut compared = 0;
    for planted in forge::planted(SECRET.as_bytes()) {
        let Ok(inspection) = inspect(&planted.file, planted.format, &Limits::default()) else { continue };
        let out = pollster::block_on(scrubber.scrub(&planted.file, &options, &mut |_, _| ()));
        let out = out.unwrap_or_else(|e| panic!("{:?}: {}: {e}", planted.format, planted.place));
        // Colour under zero alpha makes it a picture that has to be encoded anew.
        if out.report.pixels == Pixels::Untouched {
            assert!(out.bytes == strip(&planted.file, &inspection).unwrap().bytes, "{}", planted.place);
            compared += 1;
        }
    }
    assert!(compared > 220, "only {compared}");
}

/// The forged file without what was planted.
fn picture_alone(planted: &forge::Planted) -> Vec<u8> {
    let progressive = ["before a restart marker", "comment between scans", "garbage between segments"];
    match planted.place.as_str() {
        place if progressive.contains(&place) => forge::progressive_jpeg(),
        "chunk of an animation" => forge::animated_png(),
        "in a frame" | "behind the last code in a frame" => forge::animated_webp(),
        place if place.starts_with("lossy: ") => forge::lossy_webp(),
        place if place.ends_with("in an animation") => forge::animated_gif(),
        // Its first bytes say how long the picture is shown, and that stays.
        "graphic control" => {
            let control = &planted.file[forge::BLOCKS + 3..forge::BLOCKS + 7];
            forge::gif_with(&forge::gif(), &[forge::extension(0xF9, &[control])])
        }
        "runs right of the picture" | "runs below the picture" => forge::Bmp::runs().bytes(),
        _ if planted.format == Format::Bmp => planted.file.clone(),
        place if place.starts_with("animation: ") => forge::heif::animated(planted.format, &|_| Vec::new()),
        place if planted.format == Format::Jxl => forge::jxl::alone(place),
        place if planted.format == Format::Tiff => forge::tiff::alone(place),
        _ => forge::clean(planted.format),
    }
}

pub(crate) fn decoded(bytes: &[u8], format: Format) -> Vec<u8> {
    match format {
        Format::Jpeg => jpeg_decoder::Decoder::new(bytes).decode().unwrap(),
        Format::Png => {
            let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
            let frames = reader.info().animation_control().map_or(1, |a| a.num_frames);
            let mut out = Vec::new();
            for _ in 0..frames {
                let mut frame = vec![0; reader.output_buffer_size().unwrap()];
                reader.next_frame(&mut frame).unwrap();
                out.extend(frame);
            }
            out
        }
        Format::Bmp => {
            // The crate does not know OS/2's headers: one is too short for it, the other has 24 bytes too many.
            if bytes[14] == 16 {
                let at = usize::from(bytes[10]);
                return bytes[at..at + 72 * 16].to_vec();
            }
            let mut bytes = bytes.to_vec();
            if bytes[14] == 64 {
                bytes.drain(54..78);
                let at = u32::from_le_bytes(bytes[10..14].try_into().unwrap()) - 24;
                bytes[10..14].copy_from_slice(&at.to_le_bytes());
                bytes[14] = 40;
            }
            let mut pixels = image::load_from_memory_with_format(&bytes, image::ImageFormat::Bmp).unwrap().into_rgba8();
            // Colour that nobody can see goes, unless it is the whole picture.
            pixels.pixels_mut().filter(|pixel| pixel.0[3] == 0).for_each(|pixel| pixel.0 = [0; 4]);
            pixels.into_raw()
        }
        Format::Gif => {
            let mut options = gif::DecodeOptions::new();
            options.set_color_output(gif::ColorOutput::RGBA);
            let mut decoder = options.read_info(bytes).unwrap();
            let mut out = Vec::new();
            while let Some(frame) = decoder.read_next_frame().unwrap() {
                out.extend([frame.delay as u8, (frame.dispose as u8).max(1)]);
                out.extend(frame.buffer.iter());
            }
            out
        }
        // Decoders of these are programs of their own: see `heif`. Here, coded data alone.
        Format::Heic | Format::Avif => {
            let segments = look(bytes, format).segments;
            segments.iter().filter(|s| s.role == Role::Pixels).flat_map(|s| bytes[s.range.clone()].to_vec()).collect()
        }
        #[cfg(feature = "formats")]
        Format::Tiff => super::tiff::decoded(bytes),
        #[cfg(feature = "formats")]
        Format::Jxl => super::jxl::decoded(bytes),
        _ => {
            let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(bytes)).unwrap();
            let mut out = vec![0; decoder.output_buffer_size().unwrap()];
            if !decoder.is_animated() {
                decoder.read_image(&mut out).unwrap();
                return out;
            }
            let mut all = Vec::new();
            for _ in 0..decoder.num_frames() {
                decoder.read_frame(&mut out).unwrap();
                all.extend(&out);
            }
            all
        }
    }
}

#[test]
fn pixel_data_is_copied_byte_for_byte() {
    let files = [
        (Format::Jpeg, forge::jpeg()),
        (Format::Jpeg, forge::progressive_jpeg()),
        (Format::Jpeg, forge::cmyk_jpeg()),
        (Format::Png, forge::png()),
        (Format::Png, forge::animated_png()),
        (Format::Webp, forge::webp()),
        (Format::Webp, forge::animated_webp()),
        (Format::Webp, forge::lossy_webp()),
        (Format::Gif, forge::gif()),
        (Format::Gif, forge::animated_gif()),
        (Format::Bmp, forge::bmp()),
        (Format::Bmp, forge::Bmp::runs().bytes()),
        (Format::Heic, forge::heif::picture(Format::Heic).bytes()),
        (Format::Avif, forge::heif::animated(Format::Avif, &|_| Vec::new())),
        (Format::Heic, forge::heif::animated(Format::Heic, &|_| Vec::new())),
        (Format::Tiff, forge::tiff::tiff()),
        (Format::Jxl, forge::jxl::jxl()),
        (Format::Tiff, forge::tiff::file(vec![forge::tiff::jpeg_page(&[], &[], &[]), forge::tiff::page()]).bytes()),
    ];
    for (format, file) in files.into_iter().filter(|(format, _)| forge::FORMATS.contains(format)) {
        let pixels = |bytes: &[u8]| -> Vec<u8> {
            let segments = look(bytes, format).segments;
            segments.iter().filter(|s| s.role == Role::Pixels).flat_map(|s| bytes[s.range.clone()].to_vec()).collect()
        };
        let dirty = [file.clone(), b"behind the end".to_vec()].concat();
        let out = stripped(&dirty, format);
        assert!(pixels(&out.bytes) == pixels(&dirty), "{format:?}");
        assert!(pixels(&dirty).len() > 80, "{format:?}");
        assert!(decoded(&out.bytes, format) == decoded(&file, format), "{format:?}");
    }
}

#[test]
fn adobe_segment_and_density_are_written_anew() {
    let file = forge::cmyk_jpeg();
    let out = stripped(&file, Format::Jpeg);
    assert_eq!(look(&out.bytes, Format::Jpeg).jpeg.unwrap().adobe_transform, Some(2));
    let dense = forge::splice(&forge::jpeg()[20..], 0, b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\x01\0\x48\0\x48\0\0");
    let out = stripped(&dense, Format::Jpeg);
    assert_eq!(out.removed[0].value.as_deref(), Some("72 × 72 dpi"));
    let mut version = forge::jpeg();
    version[12] = 1;
    assert_eq!(out.bytes, version);
    assert!(look(&version, Format::Jpeg).is_clean());
}

/// A file of each format with a profile, as its encoders may write it.
fn with_profile(profile: &[u8]) -> impl Iterator<Item = (Format, Vec<u8>)> {
    let app2 = forge::segment(0xE2, &[b"ICC_PROFILE\0\x01\x01", profile].concat());
    let iccp = forge::chunk(b"iCCP", &[b"screen\0\0".as_slice(), &forge::zlib(profile)].concat());
    let files = [
        (Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &[app2])),
        (Format::Png, forge::png_with(&forge::png(), &[forge::chunk(b"gAMA", &100_000_u32.to_be_bytes()), iccp])),
        (Format::Webp, forge::webp_with(0x20, &[forge::riff_chunk(b"ICCP", profile)], &[])),
    ];
    files.into_iter().filter(|case| forge::FORMATS.contains(&case.0))
}

#[test]
fn a_wide_profile_stays_without_its_texts() {
    for (format, file) in with_profile(&forge::p3_profile(SECRET)) {
        let out = stripped(&file, format);
        assert_eq!(out.kept.len(), 1);
        assert_eq!((out.kept[0].kind, out.kept[0].why), (MetadataKind::Icc, Why::Colour));
        let profile = look(&out.bytes, format).color.icc.unwrap();
        for word in ["ACME", "X100", "lcms", "APPL", "Kerk"] {
            assert!(!profile.windows(4).any(|w| w == word.as_bytes()), "{word}");
        }
        // The colours are the same: an independent reader gets the same numbers out of both.
        let before = moxcms::ColorProfile::new_from_slice(&forge::p3_profile(SECRET)).unwrap();
        let after = moxcms::ColorProfile::new_from_slice(&profile).unwrap();
        assert_eq!(before.colorant_matrix(), after.colorant_matrix());
        let curve = |p: &moxcms::ColorProfile| format!("{:?}", p.red_trc);
        assert_eq!(curve(&before), curve(&after));
    }
}

#[test]
fn an_srgb_profile_goes_and_leaves_srgb() {
    // Gamma 2.2 is not quite sRGB's curve: that profile stays.
    let almost = forge::profile([0.4361, 0.2225, 0.0139], [0.3851, 0.7169, 0.0971], [0.1431, 0.0606, 0.7141], 2.2, "almost");
    for (format, file) in with_profile(&almost) {
        assert_eq!(stripped(&file, format).kept.len(), 1);
    }
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    for (format, file) in with_profile(&srgb) {
        let out = stripped(&file, format);
        assert!(out.kept.is_empty(), "{format:?}: {:?}", out.kept);
        assert!(out.removed.iter().any(|f| f.kind == MetadataKind::Icc));
        let color = look(&out.bytes, format).color;
        assert_eq!((color.icc, color.srgb), (None, format == Format::Png));
    }
}

#[test]
fn tables_of_a_profile_are_rebuilt() {
    // Grey, and CMYK by table.
    let grey = moxcms::ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
    let lut = cmyk_profile();
    for (profile, picture) in [(grey, forge::jpeg()), (lut, forge::cmyk_jpeg())] {
        let file = forge::jpeg_with(&picture, &[forge::segment(0xE2, &[b"ICC_PROFILE\0\x01\x01", profile.as_slice()].concat())]);
        let out = stripped(&file, Format::Jpeg);
        assert_eq!(out.kept.len(), 1, "{:?}", out.removed);
        let rebuilt = look(&out.bytes, Format::Jpeg).color.icc.unwrap();
        assert!(moxcms::ColorProfile::new_from_slice(&rebuilt).is_ok());
        assert!(!rebuilt.windows(6).any(|w| w == b"SECRET"));
        assert_eq!(stripped(&out.bytes, Format::Jpeg).bytes, out.bytes);
    }
}

/// A printer's profile: one table of 2⁴ cells from CMYK to Lab, with text behind it.
fn cmyk_profile() -> Vec<u8> {
    let mut table = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
    for i in 0..9 {
        table.extend(if i % 4 == 0 { 0x10000_u32 } else { 0 }.to_be_bytes());
    }
    for _ in 0..4 {
        table.extend(0..=255_u8);
    }
    table.extend((0..48).map(|i| i * 5));
    for _ in 0..3 {
        table.extend(0..=255_u8);
    }
    table.extend(b"SECRET");
    let mut out = vec![0; 128];
    out[8] = 2;
    out[12..24].copy_from_slice(b"prtrCMYKLab ");
    out[36..40].copy_from_slice(b"acsp");
    out.extend(1_u32.to_be_bytes());
    out.extend(b"A2B0");
    out.extend(144_u32.to_be_bytes());
    out.extend((table.len() as u32).to_be_bytes());
    out.extend(table);
    let size = (out.len() as u32).to_be_bytes();
    out[..4].copy_from_slice(&size);
    out
}

#[test]
fn a_long_profile_comes_in_parts() {
    let mut file = forge::jpeg();
    // A curve of 40,000 entries for each channel makes the profile longer than one segment.
    let mut profile = forge::p3_profile("P3");
    for (name, slope) in [(b"rTRC", 1_u32), (b"gTRC", 2), (b"bTRC", 3)] {
        let entry = profile[..300].windows(4).position(|w| w == name).unwrap();
        let mut curve = b"curv\0\0\0\0".to_vec();
        curve.extend(40_000_u32.to_be_bytes());
        curve.extend((0..40_000_u32).flat_map(|i| ((i * slope / 3) as u16).to_be_bytes()));
        let start = profile.len() as u32;
        profile[entry + 4..entry + 8].copy_from_slice(&start.to_be_bytes());
        profile[entry + 8..entry + 12].copy_from_slice(&(curve.len() as u32).to_be_bytes());
        profile.extend(curve);
    }
    let size = (profile.len() as u32).to_be_bytes();
    profile[..4].copy_from_slice(&size);
    let parts: Vec<&[u8]> = profile.chunks(50_000).collect();
    // Out of order, as the standard allows.
    for (i, part) in parts.iter().enumerate() {
        let payload = [b"ICC_PROFILE\0".as_slice(), &[i as u8 + 1, parts.len() as u8], part].concat();
        file = forge::jpeg_with(&file, &[forge::segment(0xE2, &payload)]);
    }
    let inspection = look(&file, Format::Jpeg);
    assert_eq!(inspection.color.icc.as_deref(), Some(profile.as_slice()));
    let out = strip(&file, &inspection).unwrap();
    assert_eq!(out.kept.len(), 4);
    assert!(look(&out.bytes, Format::Jpeg).color.icc.unwrap().len() > 240_000);
    // A part short: no profile at all rather than a broken one.
    let missing = forge::jpeg_with(&forge::jpeg(), &[forge::segment(0xE2, &[b"ICC_PROFILE\0\x01\x02", parts[0]].concat())]);
    let out = stripped(&missing, Format::Jpeg);
    assert_eq!(out.bytes, forge::jpeg());
    assert!(out.removed.iter().any(|f| f.path == "APP2/ICC_PROFILE"));
}

#[test]
fn colour_chunks_of_a_png_stay() {
    let chunks = [
        forge::chunk(b"cICP", &[12, 13, 0, 1]),
        forge::chunk(b"mDCV", &[0; 24]),
        forge::chunk(b"cLLI", &[0, 0, 0x27, 0x10, 0, 0, 0x10, 0]),
        forge::chunk(b"sBIT", &[8, 8, 8]),
        forge::chunk(b"gAMA", &45_455_u32.to_be_bytes()),
        forge::chunk(b"cHRM", &[31_270_u32, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000].map(u32::to_be_bytes).concat()),
        forge::chunk(b"tRNS", &[0, 1, 0, 2, 0, 3]),
    ];
    let file = forge::png_with(&forge::png(), &chunks);
    let inspection = look(&file, Format::Png);
    assert!(inspection.is_clean() && !inspection.has_alpha, "all see-through pixels are of one colour: {:?}", inspection.findings);
    assert_eq!(inspection.color.cicp, Some([12, 13, 0, 1]));
    assert_eq!(inspection.color.gamma, Some(45_455));
    assert_eq!(inspection.color.chromaticities.unwrap()[2], 64_000);
    assert_eq!(strip(&file, &inspection).unwrap().bytes, file);
}

#[test]
fn colour_hides_in_a_palette_where_two_of_its_entries_are_clear() {
    let hides = |alphas: &'static [u8]| {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 2, 2);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(&[9; 12][..]);
        encoder.set_trns(alphas);
        encoder.write_header().unwrap().write_image_data(&[0, 1, 2, 3]).unwrap();
        look(&file, Format::Png).has_alpha
    };
    assert_eq!([&[0][..], &[255, 0, 3], &[0, 0], &[4, 0, 9, 0]].map(hides), [false, false, true, true]);
}

#[test]
fn an_animation_may_have_chunks_without_data() {
    let animated = forge::animated_png();
    let at = |kind: &[u8]| animated.windows(4).position(|window| window == kind).unwrap() - 4;
    let first = u32::from_be_bytes(animated[at(b"fdAT") + 8..][..4].try_into().unwrap());
    let mut file = animated[..at(b"fdAT")].to_vec();
    file.extend(forge::chunk(b"fdAT", &first.to_be_bytes()));
    // Those that follow are numbered through.
    let mut rest = &animated[at(b"fdAT")..];
    while !rest.is_empty() {
        let (length, kind) = (u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize, &rest[4..8]);
        let mut data = rest[8..8 + length].to_vec();
        if kind == b"fdAT" || kind == b"fcTL" {
            let number = u32::from_be_bytes(data[..4].try_into().unwrap()) + 1;
            data[..4].copy_from_slice(&number.to_be_bytes());
        }
        file.extend(forge::chunk(kind.try_into().unwrap(), &data));
        rest = &rest[12 + length..];
    }
    let inspection = look(&file, Format::Png);
    assert!(inspection.is_clean(), "{:?}", inspection.findings);
    assert!(strip(&file, &inspection).unwrap().bytes == file);
}

#[cfg(feature = "formats")]
#[test]
fn flags_of_an_extended_webp_are_made_to_fit() {
    let file = forge::webp_with(0x3C, &[], &[]);
    let out = stripped(&file, Format::Webp);
    assert_eq!(out.removed.len(), 1);
    assert_eq!(out.removed[0].path, "VP8X/flags");
    assert_eq!(out.bytes, forge::webp_with(0, &[], &[]));
}

#[test]
fn an_inspection_of_another_file_is_refused() {
    let inspection = look(&forge::jpeg(), Format::Jpeg);
    assert!(strip(&forge::jpeg()[..100], &inspection).is_err());
}

#[test]
fn mutations_never_panic_and_never_come_out_unclean() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut sources = forge::planted(SECRET.as_bytes());
    let two_pages = forge::tiff::file(vec![forge::tiff::jpeg_page(&[], &[], &[]), forge::tiff::packed(5, 3, &forge::tiff::lzw)]).bytes();
    for (format, file) in [
        (Format::Jpeg, forge::progressive_jpeg()),
        (Format::Png, forge::animated_png()),
        (Format::Webp, forge::animated_webp()),
        (Format::Gif, forge::animated_gif()),
        (Format::Tiff, two_pages),
        (Format::Jxl, forge::jxl::Picture { has_alpha: true, frames: Some(3), ..Default::default() }.bytes()),
    ] {
        sources.push(forge::Planted { place: "nowhere".into(), format, file });
    }
    for (_, bmp) in forge::bmps() {
        sources.push(forge::Planted { place: "nowhere".into(), format: Format::Bmp, file: bmp.bytes() });
    }
    let by_format: Vec<Vec<usize>> =
        forge::FORMATS.map(|format| (0..sources.len()).filter(|&i| sources[i].format == format).collect()).to_vec();
    let mut through = [0; forge::FORMATS.len()];
    for number in 0..10_000 * forge::FORMATS.len() {
        let format = forge::FORMATS[number % forge::FORMATS.len()];
        let of_format = &by_format[number % forge::FORMATS.len()];
        let source = &sources[of_format[random(of_format.len())]];
        assert_eq!(source.format, format);
        let mut file = source.file.clone();
        for _ in 0..=random(4) {
            let at = random(file.len());
            match random(4) {
                0 => file[at] = random(256) as u8,
                1 => file[at] ^= 1 << random(8),
                2 => drop(file.drain(at..file.len().min(at + 1 + random(8)))),
                _ => file.insert(at, [0, 0xFF, 0x7F, 0x80][random(4)]),
            }
            if file.is_empty() {
                break;
            }
        }
        let verdict = darkslide::verify(&file, &Limits::default());
        let Ok(inspection) = inspect(&file, source.format, &Limits::default()) else {
            assert!(!verdict.clean || verdict.format != Some(source.format), "{}", source.place);
            continue;
        };
        super::inspect::assert_accounts_for_all(&inspection, file.len());
        let out = strip(&file, &inspection).unwrap_or_else(|e| panic!("{}: {e}", source.place));
        assert!(look(&out.bytes, source.format).is_clean());
        assert_eq!(stripped(&out.bytes, source.format).bytes, out.bytes);
        through[number % forge::FORMATS.len()] += 1;
    }
    assert!(through.iter().all(|&n| n > 300), "too few mutated files could be walked: {through:?}");
}

#[test]
fn what_the_jpeg_encoder_writes_is_walked_and_rgb_is_clean() {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
    for (color, channels) in [(ColorType::Luma, 1), (ColorType::Rgb, 3), (ColorType::Cmyk, 4), (ColorType::CmykAsYcck, 4)] {
        for sampling in [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2, SamplingFactor::F_4_1]
        {
            for (progressive, optimised) in [(false, false), (false, true), (true, false), (true, true)] {
                let mut file = Vec::new();
                let mut encoder = Encoder::new(&mut file, 85);
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive(progressive);
                encoder.set_optimized_huffman_tables(optimised);
                let pixels: Vec<u8> = (0..37 * 29 * channels).map(|i| (i * i / 7) as u8).collect();
                encoder.encode(&pixels, 37, 29, color).unwrap();
                let inspection = look(&file, Format::Jpeg);
                // Beside RGB it writes a table too many for grey, and a version of its own in APP14.
                let known = |path: &str| color != ColorType::Rgb && matches!(path, "APP14/Adobe" | "DQT/unused" | "DHT/unused");
                let unclean: Vec<_> = inspection.unclean().filter(|f| !known(&f.path)).collect();
                assert!(unclean.is_empty(), "{color:?} {sampling:?} {progressive} {optimised}: {unclean:?}");
                let out = strip(&file, &inspection).unwrap();
                assert!(decoded(&out.bytes, Format::Jpeg) == decoded(&file, Format::Jpeg));
            }
        }
    }
}
