//! HEIC and AVIF: files of real encoders through and back through real decoders, and what their own rules keep.

use std::path::{Path, PathBuf};
use std::process::Command;

use darkslide::inspect::{Inspection, MetadataKind, Why, inspect};
use darkslide::strip::{Stripped, strip};
use darkslide::{Backend, FaceMode, Format, Limits, Options, Region, Scrubber, sniff};

use crate::forge::heif::{self, Heif, Item, bmff, full};
use crate::forge::{self, Tag, Tiff};

fn look(bytes: &[u8], format: Format) -> Inspection {
    inspect(bytes, format, &Limits::default()).unwrap()
}

fn stripped(bytes: &[u8], format: Format) -> Stripped {
    let out = strip(bytes, &look(bytes, format)).unwrap();
    let after = look(&out.bytes, format);
    assert!(after.is_clean(), "{:?}", after.findings);
    assert_eq!(strip(&out.bytes, &after).unwrap().bytes, out.bytes, "the second time changed something");
    assert_eq!(sniff(&out.bytes), Ok(format));
    out
}

/// Runs a program, which must succeed. Returns what it printed.
fn run(program: &str, arguments: &[&str]) -> String {
    let package = if program.starts_with("heif") { "libheif-examples" } else { "libavif-bin" };
    let out = Command::new(program).args(arguments).output();
    let out = out.unwrap_or_else(|_| panic!("this test needs {program} on the PATH: apt-get install {package}"));
    assert!(out.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// The picture as an independent decoder shows it: size, channels, pixels.
fn shown(folder: &Path, bytes: &[u8], format: Format) -> (u32, u32, usize, Vec<u8>) {
    let (input, output) = (folder.join(format!("shown.{}", format.extension())), folder.join("shown.png"));
    std::fs::write(&input, bytes).unwrap();
    let program = if format == Format::Avif { "avifdec" } else { "heif-convert" };
    run(program, &[input.to_str().unwrap(), output.to_str().unwrap()]);
    let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&output).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    std::fs::remove_file(&output).unwrap();
    (frame.width, frame.height, frame.color_type.samples(), pixels)
}

/// A picture as PNG, something like a photo, with all that people put into one.
fn photo(folder: &Path, see_through: bool) -> PathBuf {
    let image = if see_through { crate::pictures::see_through(160, 96) } else { crate::pictures::photo(160, 96) };
    let path = folder.join(if see_through { "alpha.png" } else { "photo.png" });
    let picture = darkslide::encode::encode(&image, Format::Png, 90).unwrap();
    let exif = Tiff { main: vec![Tag::ascii(0x010F, "ACME")], gps: forge::westminster(), ..Tiff::default() }.bytes();
    std::fs::write(&path, forge::png_with(&picture, &[forge::chunk(b"eXIf", &exif)])).unwrap();
    path
}

#[test]
fn files_of_real_encoders_look_the_same_and_are_clean() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (opaque, alpha) = (photo(folder, false), photo(folder, true));
    let (opaque, alpha) = (opaque.to_str().unwrap(), alpha.to_str().unwrap());
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let exif = Tiff { main: vec![Tag::ascii(0x010F, "ACME")], gps: forge::westminster(), ..Tiff::default() }.bytes();
    std::fs::write(file("exif"), exif).unwrap();
    std::fs::write(file("xmp"), "<x:xmpmeta><rdf:Description dc:title='at home'/></x:xmpmeta>").unwrap();
    std::fs::write(file("icc"), forge::p3_profile("My screen")).unwrap();
    let (exif, xmp, icc) = (file("exif"), file("xmp"), file("icc"));
    type Case<'a> = (&'a str, &'a str, Vec<&'a str>, &'a [MetadataKind]);
    use MetadataKind as K;
    let cases: Vec<Case> = vec![
        ("heif-enc", "thumb.heic", vec!["-t", "64", opaque], &[K::Thumbnail]),
        ("heif-enc", "alpha.heic", vec![alpha], &[]),
        ("heif-enc", "deep.heic", vec!["-b", "10", opaque], &[]),
        ("heif-enc", "many.heic", vec![opaque, alpha], &[K::MultiPicture]),
        ("heif-enc", "heif.avif", vec!["-A", opaque], &[K::Unknown]),
        (
            "avifenc",
            "all.avif",
            vec!["-s", "8", "--exif", &exif, "--xmp", &xmp, "--icc", &icc, opaque],
            &[K::Exif, K::Gps, K::Xmp, K::Text],
        ),
        ("avifenc", "alpha.avif", vec!["-s", "8", alpha], &[K::Text]),
        ("avifenc", "premultiplied.avif", vec!["-s", "8", "-p", alpha], &[K::Text]),
        ("avifenc", "turned.avif", vec!["-s", "8", "--irot", "1", "--imir", "1", opaque], &[K::Text]),
        ("avifenc", "cropped.avif", vec!["-s", "8", "--crop", "20,10,80,60", opaque], &[K::Text]),
        ("avifenc", "grid.avif", vec!["-s", "8", "-g", "2x1", opaque, opaque], &[K::Text]),
    ];
    for (program, name, mut arguments, kinds) in cases {
        let path = file(name);
        if program == "heif-enc" {
            arguments.extend(["-o", &path]);
        } else {
            arguments.push(&path);
        }
        run(program, &arguments);
        let bytes = std::fs::read(&path).unwrap();
        let format = sniff(&bytes).unwrap();
        let before = look(&bytes, format);
        super::inspect::assert_accounts_for_all(&before, bytes.len());
        let out = stripped(&bytes, format);
        for kind in kinds {
            assert!(out.removed.iter().any(|f| f.kind == *kind), "{name}: no {kind:?} in {:?}", out.removed);
        }
        let seen = shown(folder, &out.bytes, format);
        let turned = name == "turned.avif";
        // avifdec writes what is stored, and says how it should be turned.
        let stored = if turned { (before.height, before.width) } else { (before.width, before.height) };
        if name != "many.heic" && name != "cropped.avif" {
            assert!(seen == shown(folder, &bytes, format), "{name}: other pixels");
            assert_eq!((seen.0, seen.1), stored, "{name}");
        }
        assert_eq!(before.has_alpha, seen.2 == 4, "{name}");
        if program == "avifenc" {
            let says = |bytes: &[u8]| {
                std::fs::write(&path, bytes).unwrap();
                let said = run("avifdec", &["--info", &path]);
                let of_picture =
                    |line: &&str| !line.contains("Image decoded") && !line.contains("Metadata") && !line.contains("ICC Profile");
                said.lines().filter(of_picture).map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(says(&out.bytes), says(&bytes), "{name}");
        }
        assert_eq!(out.kept.iter().any(|k| k.kind == K::Icc), name == "all.avif", "{name}: {:?}", out.kept);
        assert_eq!(out.kept.iter().any(|k| k.path == "meta/iprp/clap"), name == "cropped.avif", "{name}");
        for word in ["ACME", "home", "screen", "libavif", "Color"] {
            assert!(!out.bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{name}: {word}");
        }
    }
}

#[test]
fn an_animation_keeps_its_frames_and_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let alpha = photo(folder, true);
    let (alpha, path) = (alpha.to_str().unwrap(), folder.join("animated.avif"));
    let path = path.to_str().unwrap();
    run(
        "avifenc",
        &["-s", "8", "--timescale", "1000", "--duration", "100", alpha, "--duration", "250", alpha, "--duration", "70", alpha, path],
    );
    let bytes = std::fs::read(path).unwrap();
    let inspection = look(&bytes, Format::Avif);
    super::inspect::assert_accounts_for_all(&inspection, bytes.len());
    assert_eq!((inspection.frames, inspection.has_alpha), (3, true));
    let out = stripped(&bytes, Format::Avif);
    assert!(out.removed.iter().any(|f| f.kind == MetadataKind::Time && f.path == "moov/mvhd/creation_time"));
    let of_frames = |bytes: &[u8]| -> Vec<String> {
        std::fs::write(path, bytes).unwrap();
        let said = run("avifdec", &["--info", path]);
        said.lines().filter(|l| l.contains("frame") || l.contains("timescales") || l.contains("Alpha")).map(str::to_owned).collect()
    };
    let times = of_frames(&bytes);
    assert!(times.iter().any(|l| l.contains("250 timescales")), "{times:?}");
    assert_eq!(of_frames(&out.bytes), times);
    for index in ["0", "1", "2"] {
        let frame = |bytes: &[u8]| {
            std::fs::write(path, bytes).unwrap();
            let png = folder.join("frame.png");
            run("avifdec", &["--index", index, path, png.to_str().unwrap()]);
            std::fs::read(png).unwrap()
        };
        assert!(frame(&out.bytes) == frame(&bytes), "frame {index}");
    }
}

#[test]
fn whatever_is_planted_the_picture_looks_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut refused = Vec::new();
    let mut seen_clean: Vec<(Format, _)> = Vec::new();
    for format in [Format::Heic, Format::Avif] {
        seen_clean.push((format, shown(folder.path(), &forge::clean(format), format)));
    }
    let mut count = 0;
    forge::heif::places(b"MARKER-of-24-bytes-------", &mut |place, format, file| {
        let Ok(inspection) = inspect(&file, format, &Limits::default()) else {
            refused.push(format!("{format:?}: {place}"));
            return;
        };
        let out = strip(&file, &inspection).unwrap();
        // Decoding takes a while: every third will do, and all that touch the coded data.
        count += 1;
        let coded = ["NAL", "OBU", "SEI", "unit", "grid", "hvcC", "av1C"].iter().any(|word| place.contains(word));
        if count % 3 != 0 && !coded || place.starts_with("animation") {
            return;
        }
        let clean = &seen_clean.iter().find(|(f, _)| *f == format).unwrap().1;
        assert!(&shown(folder.path(), &out.bytes, format) == clean, "{format:?} {place}: other pixels");
    });
    let expected: [&str; 0] = [];
    assert_eq!(refused, expected);
    assert!(count > 200, "{count}");
}

#[test]
fn each_kind_is_named() {
    use MetadataKind as K;
    let clean = || heif::picture(Format::Heic);
    let item = |kind: &[u8; 4], data: &[u8]| Item::new(7, kind, data);
    let auxiliary = |urn: &str| {
        let file = clean().with_property(b"auxC", &[&[0; 4], urn.as_bytes(), b"\0"].concat());
        let number = file.properties.len() as u8;
        let mut file = file.with(Item { properties: vec![number], ..item(b"hvc1", b"data") }, b"auxl");
        file.primary_item().properties.retain(|p| *p != number);
        file.bytes()
    };
    let packet = b"<x:xmpmeta><rdf:Description dc:title='at home' exif:GPSLatitude='51,30.2N'/></x:xmpmeta>";
    let tiff = Tiff { main: vec![Tag::ascii(0x010F, "ACME")], gps: forge::westminster(), ..Tiff::default() }.bytes();
    let mut tone_mapped = clean().with(item(b"hvc1", b"data"), b"cdsc");
    tone_mapped.items.push(Item::new(8, b"tmap", b"map"));
    tone_mapped.references = vec![(*b"dimg", 2, vec![1]), (*b"dimg", 8, vec![2, 7])];
    let mut named = clean();
    named.primary_item().name = b"at home\0".to_vec();
    let sei = heif::nal_unit(39, 0, &[&[5, 23], [7; 16].as_slice(), b"x265 v3", &[0x80]].concat());
    let mut with_sei = clean();
    with_sei.items[0].data.extend(&sei);
    let c2pa =
        [b"\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81\0\0\0\0manifest\0", [0; 8].as_slice(), &forge::jumbf(b"{}")]
            .concat();
    let mut shown_tone_mapped = tone_mapped.clone();
    shown_tone_mapped.primary = 8;
    assert_eq!(stripped(&shown_tone_mapped.bytes(), Format::Heic).bytes, forge::clean(Format::Heic), "the picture below a gain map stays");
    let date = 3_798_783_012_000_000_u64.to_be_bytes();
    let still_with = |behind: Vec<u8>| Heif { behind: vec![behind], ..clean() }.bytes();
    let animation = |at: &'static str, bytes: &'static [u8]| {
        heif::animated(Format::Avif, &move |asked| if asked == at { bytes.to_vec() } else { Vec::new() })
    };
    type Case<'a> = (Format, Vec<u8>, K, &'a str, Option<&'a str>);
    let cases: Vec<Case> = vec![
        (Format::Heic, heif::with_exif(Format::Heic, &tiff), K::Exif, "Exif item 7", None),
        (Format::Heic, heif::with_exif(Format::Heic, &tiff), K::Exif, "Exif item 7/IFD0/Make", Some("ACME")),
        (Format::Avif, heif::with_exif(Format::Avif, &tiff), K::Gps, "Exif item 7/GPS/GPSLatitude", Some("51.50333")),
        (Format::Heic, heif::with_mime(Format::Heic, "application/rdf+xml", packet), K::Xmp, "mime item 7/dc:title", Some("at home")),
        (
            Format::Avif,
            heif::with_mime(Format::Avif, "application/rdf+xml", packet),
            K::Gps,
            "mime item 7/exif:GPSLatitude",
            Some("51,30.2N"),
        ),
        (Format::Heic, heif::with_mime(Format::Heic, "text/plain", b"hello"), K::Text, "mime item 7", Some("text/plain")),
        (Format::Heic, clean().with(item(b"hvc1", b"data"), b"thmb").bytes(), K::Thumbnail, "hvc1 item 7", None),
        (Format::Heic, clean().with(item(b"hvc1", b"data"), b"base").bytes(), K::MultiPicture, "hvc1 item 7", None),
        (Format::Heic, clean().with(item(b"prVt", b"data"), b"cdsc").bytes(), K::Unknown, "prVt item 7", None),
        (
            Format::Heic,
            auxiliary("urn:com:apple:photo:2020:aux:hdrgainmap"),
            K::GainMap,
            "hvc1 item 7",
            Some("urn:com:apple:photo:2020:aux:hdrgainmap"),
        ),
        (Format::Heic, auxiliary("urn:mpeg:hevc:2015:auxid:2"), K::Depth, "hvc1 item 7", Some("urn:mpeg:hevc:2015:auxid:2")),
        (
            Format::Heic,
            auxiliary("urn:com:apple:photo:2018:aux:portraiteffectsmatte"),
            K::Depth,
            "hvc1 item 7",
            Some("urn:com:apple:photo:2018:aux:portraiteffectsmatte"),
        ),
        (Format::Heic, tone_mapped.bytes(), K::GainMap, "tmap item 8", None),
        (Format::Heic, tone_mapped.bytes(), K::GainMap, "hvc1 item 7", None),
        (Format::Heic, named.bytes(), K::Text, "meta/iinf/grid item 2/name", Some("at home")),
        (Format::Heic, Heif { handler_name: b"me\0".to_vec(), ..clean() }.bytes(), K::Text, "meta/hdlr/name", Some("me")),
        (Format::Heic, with_sei.bytes(), K::Text, "hvc1 item 1/SEI user data", Some("x265 v3")),
        (
            Format::Heic,
            clean().with_property(b"crtt", &[&[0; 4], date.as_slice()].concat()).bytes(),
            K::Time,
            "meta/iprp/crtt",
            Some("2024-05-17 09:30:12"),
        ),
        (Format::Heic, clean().with_property(b"udes", b"\0\0\0\0en\0at home\0\0\0").bytes(), K::Text, "meta/iprp/udes", Some("en at home")),
        (
            Format::Heic,
            Heif { in_meta: vec![bmff(b"grpl", &full(b"ster", 0, b"12345678"))], ..clean() }.bytes(),
            K::MultiPicture,
            "meta/grpl",
            Some("ster"),
        ),
        (Format::Heic, still_with(bmff(b"mpvd", b"video")), K::Motion, "mpvd", None),
        (Format::Heic, still_with(bmff(b"moov", b"")), K::Motion, "moov", None),
        (Format::Heic, still_with(forge::jumbf(b"{}")), K::C2pa, "jumb", None),
        (Format::Heic, still_with(bmff(b"uuid", &c2pa)), K::C2pa, "uuid/C2PA/c2pa", None),
        (Format::Avif, animation("moov", b"\0\0\0\x0Cudtame  "), K::Text, "moov/udta", None),
        (Format::Avif, animation("stbl", b"\0\0\0\x0Csgpdme  "), K::Unknown, "moov/trak/mdia/minf/stbl/sgpd", None),
        (Format::Heic, still_with(b"\xFF\xFFtail".to_vec()), K::Trailer, "trailer", None),
        (Format::Heic, Heif { gaps: [vec![], vec![], b"gap".to_vec()], ..clean() }.bytes(), K::Unknown, "mdat/unclaimed", None),
        (Format::Avif, heif::with_profile(Format::Avif, &forge::p3_profile("My screen")), K::Icc, "meta/iprp/colr/desc", Some("My screen")),
        (Format::Avif, animation("name", b"me"), K::Text, "moov/trak/mdia/hdlr/name", Some("me")),
        (Format::Avif, animation("compressor", b"AOM"), K::Text, "moov/trak/mdia/minf/stbl/stsd/av01/compressorname", Some("AOM")),
        (Format::Avif, animation("dates", &[0xE2, 0x6C, 0xD4, 0x24]), K::Time, "moov/mvhd/creation_time", Some("2024-05-17 09:30:12")),
    ];
    for (format, file, kind, path, value) in cases {
        let inspection = look(&file, format);
        let paths: Vec<_> = inspection.findings.iter().map(|f| (f.kind, &f.path, &f.value)).collect();
        let found = inspection.findings.iter().find(|f| f.kind == kind && f.path == path);
        let found = found.unwrap_or_else(|| panic!("{kind:?} {path} is not among {paths:?}"));
        assert!(value.is_none() || found.value.as_deref() == value, "{path}: {:?}", found.value);
        let out = stripped(&file, format);
        assert!(out.removed.iter().any(|f| f.kind == kind && f.path == path), "{path} is not in the list of what was removed");
    }
}

#[test]
fn turns_and_crops_stay_and_sizes_are_those_of_what_is_shown() {
    for format in [Format::Heic, Format::Avif] {
        let turned = |angle: u8| heif::picture(format).with_property(b"irot", &[angle]);
        let mut file = turned(1);
        // A turn that a picture must be shown with is essential.
        *file.primary_item().properties.last_mut().unwrap() |= 0x80;
        let bytes = file.bytes();
        let inspection = look(&bytes, format);
        assert_eq!((inspection.width, inspection.height, inspection.orientation.value()), (16, 24, 1));
        assert!(inspection.is_clean(), "{:?}", inspection.findings);
        assert_eq!(stripped(&bytes, format).bytes, bytes);
        assert_eq!(look(&turned(2).bytes(), format).width, 24);
        // Its reserved bits are zero, its flag is made right.
        assert_eq!(stripped(&turned(0x55).bytes(), format).bytes, bytes);
        let exif = heif::with_exif(format, &Tiff { main: vec![Tag::short(0x0112, 6)], ..Tiff::default() }.bytes());
        assert_eq!(stripped(&exif, format).bytes, forge::clean(format), "Exif's orientation is not heeded");

        let sides = [10_u32, 1, 8, 1, 0, 1, 0, 1].map(u32::to_be_bytes).concat();
        let cropped = heif::picture(format).with_property(b"clap", &sides).bytes();
        let out = stripped(&cropped, format);
        let kept: Vec<_> = out.kept.iter().map(|k| (k.path.as_str(), k.why)).collect();
        assert_eq!(kept, [("meta/iprp/clap", Why::Structure)], "what is cropped away is said to be still there");
        assert_eq!((look(&out.bytes, format).width, look(&out.bytes, format).height), (10, 8));
    }
}

#[test]
fn what_is_see_through_stays() {
    let urn = b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
    let mut file = heif::picture(Format::Avif);
    file.properties.push((*b"auxC", urn.to_vec()));
    let data = file.items[0].data.clone();
    let mut file = file.with(Item { properties: vec![1, 2, 0x83, 5], ..Item::new(2, b"av01", &data) }, b"auxl");
    let bytes = file.bytes();
    let inspection = look(&bytes, Format::Avif);
    assert!(inspection.has_alpha && inspection.is_clean(), "{:?}", inspection.findings);
    assert_eq!(stripped(&bytes, Format::Avif).bytes, bytes);
    file.references.push((*b"prem", 1, vec![2]));
    let premultiplied = stripped(&file.bytes(), Format::Avif);
    assert!(premultiplied.bytes.windows(4).any(|w| w == b"prem"));
    // A second one is one picture too many.
    let again = file.with(Item { properties: vec![1, 2, 0x83, 5], ..Item::new(3, b"av01", &data) }, b"auxl");
    assert!(stripped(&again.bytes(), Format::Avif).removed.iter().any(|f| f.kind == MetadataKind::MultiPicture));
}

#[test]
fn data_is_found_wherever_a_file_puts_it() {
    let folder = tempfile::tempdir().unwrap();
    let clean = forge::clean(Format::Avif);
    let seen = shown(folder.path(), &clean, Format::Avif);
    let with = |data: &[&[u8]], iloc: fn(usize) -> Vec<u8>| {
        let mut file = heif::picture(Format::Avif);
        file.items[0].data = data.concat();
        Heif { iloc: Some(iloc), ..file }
    };
    let all = heif::picture(Format::Avif).items[0].data.clone();
    assert_eq!(all.len(), 51);
    let (first, second) = all.split_at(20);

    // Two pieces and something between them.
    let split = with(&[first, b"secret", second], |start| {
        let numbers = [start, 20, start + 26, 31].map(|n| (n as u32).to_be_bytes()).concat();
        full(b"iloc", 1, &[&[0x44, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 2], numbers.as_slice()].concat())
    });
    // 32-bit identifiers, 64-bit numbers, a base.
    let wide = with(&[&all], |start| {
        let numbers = [(start as u64).saturating_sub(7), 7, 51].map(u64::to_be_bytes);
        let content =
            [&[0x88, 0x80, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0], numbers[0].as_slice(), &[0, 1], &numbers[1], &numbers[2]].concat();
        full(b"iloc", 2, &content)
    });
    // To the end of the file.
    let open = with(&[&all], |start| {
        let start = (start as u32).to_be_bytes();
        full(b"iloc", 0, &[&[0x40, 0, 0, 1, 0, 1, 0, 0, 0, 1], start.as_slice()].concat())
    });
    // In `idat`.
    let mut idat = heif::picture(Format::Avif);
    idat.items[0].in_idat = true;
    // In another item, behind four bytes.
    let mut within = with(&[b"four", &all], |start| {
        let start = (start as u32).to_be_bytes();
        let first = [&[0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4], 51_u32.to_be_bytes().as_slice()].concat();
        let second = [&[0, 5, 0, 0, 0, 0, 0, 1], start.as_slice(), &55_u32.to_be_bytes()].concat();
        full(b"iloc", 1, &[vec![0x44, 0, 0, 2], first, second].concat())
    });
    within.items.push(Item::new(5, b"prVt", b""));
    within.references.push((*b"iloc", 1, vec![5]));
    for (what, file) in [("split", split), ("wide", wide), ("open", open), ("idat", idat), ("within", within)] {
        assert_eq!(stripped(&file.bytes(), Format::Avif).bytes, clean, "{what}");
    }

    // Pieces in another order than they are read stay where they are: data is never moved about.
    let crossed = with(&[second, first], |start| {
        let numbers = [start + 31, 20, start, 31].map(|n| (n as u32).to_be_bytes()).concat();
        full(b"iloc", 0, &[&[0x44, 0, 0, 1, 0, 1, 0, 0, 0, 2], numbers.as_slice()].concat())
    });
    let out = stripped(&crossed.bytes(), Format::Avif);
    assert!(out.bytes.ends_with(&[second, first].concat()));
    assert!(shown(folder.path(), &out.bytes, Format::Avif) == seen);

    // Tiles may share their data.
    let mut tiles = heif::picture(Format::Heic);
    tiles.items[1].data = vec![0, 0, 0, 1, 0, 128, 0, 64];
    tiles.references = vec![(*b"dimg", 2, vec![1, 1])];
    let bytes = tiles.bytes();
    assert!(look(&bytes, Format::Heic).is_clean());
    assert_eq!(stripped(&bytes, Format::Heic).bytes, bytes);
    // More inputs than the grid has places for are further pictures.
    let mut more = heif::picture(Format::Heic);
    let extra = Item { id: 3, ..more.items[0].clone() };
    more.items.push(extra);
    more.references = vec![(*b"dimg", 2, vec![1, 3])];
    let out = stripped(&more.bytes(), Format::Heic);
    assert!(out.removed.iter().any(|f| f.kind == MetadataKind::MultiPicture && f.path == "hvc1 item 3"), "{:?}", out.removed);
    assert_eq!(out.bytes, forge::clean(Format::Heic));
}

#[test]
fn a_file_is_clean_only_in_the_one_form_in_which_it_is_written() {
    for format in [Format::Heic, Format::Avif] {
        for file in [forge::clean(format), heif::animated(format, &|_| Vec::new())] {
            let head = file.windows(4).position(|w| w == b"mdat").unwrap();
            let mut told = 0;
            for bit in 0..head * 8 {
                let mut changed = file.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let Ok(inspection) = inspect(&changed, format, &Limits::default()) else { continue };
                // Another size or profile is another clean file; what says nothing is none.
                let out = strip(&changed, &inspection).unwrap();
                assert_eq!(inspection.is_clean(), out.bytes == changed, "{format:?}, bit {} of byte {}", bit % 8, bit / 8);
                told += usize::from(!inspection.is_clean());
            }
            assert!(told > 400, "{told}");
        }
    }
}

#[test]
fn brands_that_say_nothing_leave_it_to_the_codec() {
    for format in [Format::Heic, Format::Avif] {
        let file = Heif { brands: vec![*b"mif1", *b"mif1", *b"miaf"], ..heif::picture(format) }.bytes();
        assert_eq!(sniff(&file), Ok(format));
        assert_eq!(stripped(&file, format).bytes, file);
        let both = Heif { brands: vec![*b"mif1", *b"avif", *b"heic"], ..heif::picture(format) }.bytes();
        assert_eq!(sniff(&both), Ok(format));
        stripped(&both, format);
    }
    assert!(sniff(b"\0\0\0\x14ftypmif1\0\0\0\0miaf").is_err());
}

#[test]
fn what_cannot_be_shown_or_told_apart_is_refused_in_words() {
    let clean = || heif::picture(Format::Heic);
    let mut jpeg = clean();
    jpeg.items[0].kind = *b"jpeg";
    let mut circle = clean();
    circle.references = vec![(*b"dimg", 2, vec![2])];
    let mut cut = clean();
    cut.references = vec![];
    let mut nothing = clean();
    nothing.items[1].kind = *b"iovl";
    nothing.items[1].data = [[0; 10].as_slice(), &[0, 24, 0, 16]].concat();
    nothing.references = vec![];
    let mut strange = clean().with_property(b"prVt", b"x");
    *strange.primary_item().properties.last_mut().unwrap() |= 0x80;
    let mut no_slice = clean();
    no_slice.items[0].data = heif::nal_unit(39, 0, b"SEI");
    let mut too_long = clean();
    too_long.items[0].data[0] = 0x7F;
    let cases = [
        ("jpeg", jpeg.bytes(), "unsupported"),
        ("made of each other", circle.bytes(), "malformed"),
        ("fewer inputs", cut.bytes(), "malformed"),
        ("fewer inputs", nothing.bytes(), "malformed"),
        ("prVt", strange.bytes(), "unsupported"),
        ("no slice", no_slice.bytes(), "malformed"),
        ("longer than", too_long.bytes(), "malformed"),
        ("no primary picture", Heif { primary: 9, ..clean() }.bytes(), "malformed"),
        ("no size", Heif { properties: clean().properties[..2].to_vec(), ..clean() }.bytes(), "malformed"),
    ];
    for (word, file, code) in cases {
        let error = inspect(&file, Format::Heic, &Limits::default()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
}

#[test]
fn hostile_tables_are_not_followed_forever() {
    // Every picture is made of the one before, twice.
    let mut file = heif::picture(Format::Heic);
    for id in 3..2000_u16 {
        let grid = [0, 0, 0, 1, 0, 24, 0, 16];
        file.items.push(Item { in_idat: true, properties: vec![3, 4], ..Item::new(id, b"grid", &grid) });
        file.references.push((*b"dimg", id, vec![id - 1, id - 1]));
    }
    file.primary = 1999;
    let bytes = file.bytes();
    let out = strip(&bytes, &look(&bytes, Format::Heic)).unwrap();
    assert!(look(&out.bytes, Format::Heic).is_clean());
    // Empty units by the million.
    let mut file = heif::picture(Format::Heic);
    file.items[0].data.extend(vec![0; 4_000_000]);
    assert_eq!(stripped(&file.bytes(), Format::Heic).bytes, forge::clean(Format::Heic));
    // All items have the same data.
    let mut file = heif::picture(Format::Heic);
    for id in 3..3000_u16 {
        file.items.push(Item { in_idat: true, ..Item::new(id, b"Exif", b"") });
    }
    assert!(!look(&file.bytes(), Format::Heic).is_clean());
}

#[test]
fn the_whole_road_keeps_pixels_and_refuses_what_needs_them() {
    let keep = Options { faces: FaceMode::Keep, ..Options::default() };
    for format in [Format::Heic, Format::Avif] {
        let scrub = |options: &Options| {
            let file = heif::with_exif(format, &Tiff { gps: forge::westminster(), ..Tiff::default() }.bytes());
            pollster::block_on(Scrubber::new(Backend::Cpu).scrub(&file, options, &mut |_, _| ()))
        };
        let out = scrub(&keep).unwrap();
        assert_eq!(out.bytes, forge::clean(format));
        assert!(out.report.removed.iter().any(|r| r.value.as_deref() == Some("51.50333")));
        let regions = vec![Region::new(2.0, 2.0, 8.0, 8.0).into()];
        let error = scrub(&Options { regions, ..keep.clone() }).unwrap_err();
        assert_eq!(error.code(), "unsupported");
        assert!(error.to_string().contains("faces: keep"), "{error}");
    }
}
