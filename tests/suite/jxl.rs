//! JPEG XL: what its own rules ask for, and files that the reference encoder makes.

use std::path::Path;
use std::process::Command;

use darkslide::inspect::{Inspection, MetadataKind, Why, inspect};
use darkslide::strip::{Stripped, strip};
#[cfg(feature = "pixels")]
use darkslide::{Backend, FaceMode, Options, Scrubber};
use darkslide::{Format, Limits};

use crate::forge::jxl::{Picture, bmff, container, file_type, jxl};
use crate::forge::{self, Tag, Tiff};

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, Format::Jxl, &Limits::default()).unwrap()
}

fn stripped(bytes: &[u8]) -> Stripped {
    strip(bytes, &look(bytes)).unwrap()
}

fn code(bytes: &[u8]) -> &'static str {
    inspect(bytes, Format::Jxl, &Limits::default()).unwrap_err().code()
}

#[test]
fn clean_forms_stay() {
    let plain = jxl();
    let (one, two) = plain.split_at(9);
    let parts = [bmff(b"jxlp", &[&[0; 4], one].concat()), bmff(b"jxlp", &[&[0x80, 0, 0, 1], two].concat())];
    let whole = container(&[file_type(), bmff(b"jxlc", &plain)]);
    let high = container(&[file_type(), bmff(b"jxll", &[10]), bmff(b"jxlc", &plain)]);
    let animated = Picture { frames: Some(3), ..Picture::default() }.bytes();
    let turned = Picture { orientation: Some(6), has_alpha: true, ..Picture::default() }.bytes();
    for file in [&plain, &whole, &high, &animated, &turned] {
        let inspection = look(file);
        assert!(inspection.is_clean(), "{:?}", inspection.findings);
        assert!(strip(file, &inspection).unwrap().bytes == *file);
    }
    assert_eq!(look(&animated).frames, 3);
    assert_eq!((look(&turned).orientation.value(), look(&turned).has_alpha), (6, true));
    // One box instead of parts, and no level where it goes without saying.
    assert!(stripped(&container(&[vec![file_type()], parts.to_vec()].concat())).bytes == whole);
    assert!(stripped(&container(&[file_type(), bmff(b"jxll", &[5]), bmff(b"jxlc", &plain)])).bytes == whole);
    let mut open = whole.clone();
    let at = whole.len() - plain.len() - 8;
    open[at..at + 4].fill(0);
    assert!(stripped(&open).bytes == whole);
}

#[test]
fn headers_lose_what_is_not_the_picture() {
    let plain = Picture { has_alpha: true, frames: Some(2), ..Picture::default() };
    for (change, kind, path, value) in [
        (Picture { timecode: Some(0x1234_5607), ..plain.clone() }, MetadataKind::Time, "frame/1/timecode", Some("12:34:56:07")),
        (Picture { frame_name: b"at home".to_vec(), ..plain.clone() }, MetadataKind::Text, "frame/0/name", Some("at home")),
        (Picture { frame_extension: b"abc".to_vec(), ..plain.clone() }, MetadataKind::Unknown, "frame/1/extensions", None),
        (Picture { extension: b"abc".to_vec(), ..plain.clone() }, MetadataKind::Unknown, "ImageMetadata/extensions", None),
        (Picture { preview: Some(vec![1; 300]), ..plain.clone() }, MetadataKind::Thumbnail, "ImageMetadata/preview", Some("8 × 8 px")),
    ] {
        let out = stripped(&change.bytes());
        assert!(out.bytes == plain.bytes(), "{path}");
        let found = out.removed.iter().find(|f| f.path == path && f.kind == kind);
        let found = found.unwrap_or_else(|| panic!("{path}: {:?}", out.removed));
        assert_eq!(found.value.as_deref(), value);
    }
    let named = Picture { has_alpha: true, channel_name: b"layer of Jane".to_vec(), ..Picture::default() };
    let out = stripped(&named.bytes());
    assert_eq!(out.removed[0].value.as_deref(), Some("layer of Jane"));
    assert!(out.bytes.len() < named.bytes().len() - 12);
    assert!(decoded(&out.bytes) == decoded(&Picture { has_alpha: true, ..Picture::default() }.bytes()));
}

#[test]
fn profiles_are_reduced_to_their_colours() {
    let with = |icc: Vec<u8>| Picture { icc: Some(icc), ..Picture::default() }.bytes();
    let dirty = with(forge::p3_profile("My screen"));
    assert_eq!(look(&dirty).color.icc, Some(forge::p3_profile("My screen")));
    let out = stripped(&dirty);
    assert_eq!(out.kept.iter().map(|k| (k.path.as_str(), k.why)).collect::<Vec<_>>(), [("ICC", Why::Colour)]);
    assert!(out.removed.iter().any(|f| f.path == "ICC/desc" && f.value.as_deref() == Some("My screen")));
    let profile = look(&out.bytes).color.icc.unwrap();
    let colours = |icc: &[u8]| moxcms::ColorProfile::new_from_slice(icc).unwrap().colorant_matrix();
    assert_eq!(colours(&profile), colours(&forge::p3_profile("P3")));
    assert!(!profile.windows(4).any(|w| w == b"ACME"));
    // Another reader reads the same profile out of it.
    let image = jxl_oxide::JxlImage::builder().read(out.bytes.as_slice()).unwrap();
    assert_eq!(image.original_icc(), Some(profile.as_slice()));
    // sRGB goes without saying, and so does what cannot be rebuilt.
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    assert!(stripped(&with(srgb)).bytes == jxl());
}

#[test]
fn boxes_are_named() {
    let tiff = Tiff { main: vec![Tag::ascii(0x010F, "ACME")], gps: forge::westminster(), ..Tiff::default() }.bytes();
    let boxes = [
        file_type(),
        bmff(b"Exif", &[&[0; 4], tiff.as_slice()].concat()),
        bmff(b"xml ", b"<x:xmpmeta><rdf:RDF><rdf:Description dc:title='home'/></rdf:RDF></x:xmpmeta>"),
        bmff(b"brob", b"xml packed"),
        bmff(b"jbrd", b"..."),
        bmff(b"jxlc", &jxl()),
        bmff(b"jhgm", b"gain"),
        forge::jumbf(b"{}"),
    ];
    let removed = stripped(&container(&boxes)).removed;
    use MetadataKind as K;
    for (kind, path, value) in [
        (K::Exif, "Exif/IFD0/Make", Some("ACME")),
        (K::Gps, "Exif/GPS/GPSLatitude", Some("51.50333")),
        (K::Xmp, "xml/dc:title", Some("home")),
        (K::Xmp, "brob/xml", None),
        (K::GainMap, "jhgm", Some("4 bytes")),
        (K::C2pa, "jumb/c2pa", None),
    ] {
        let found = removed.iter().find(|f| f.kind == kind && f.path == path).unwrap_or_else(|| panic!("{path}: {removed:?}"));
        assert_eq!(found.value.as_deref(), value, "{path}");
    }
    assert!(removed.iter().any(|f| f.path == "jbrd"));
}

#[test]
fn what_cannot_be_cut_is_refused() {
    for (what, picture) in [
        ("a depth map", Picture { has_alpha: true, channel_kind: Some(1), ..Picture::default() }),
        ("a mask", Picture { has_alpha: true, channel_kind: Some(3), ..Picture::default() }),
        ("a thermal picture", Picture { has_alpha: true, channel_kind: Some(6), ..Picture::default() }),
        ("pixels beyond the edges", Picture { beyond: 5, ..Picture::default() }),
    ] {
        assert_eq!(code(&picture.bytes()), "unsupported", "{what}");
    }
    let part = |number: u32, bytes: &[u8]| bmff(b"jxlp", &[&number.to_be_bytes(), bytes].concat());
    for (what, file) in [
        ("no file type", container(&[bmff(b"jxlc", &jxl())])),
        ("no codestream", container(&[file_type()])),
        ("a part missing", container(&[file_type(), part(0, &jxl()[..9]), part(0x8000_0002, &jxl()[9..])])),
        ("no last part", container(&[file_type(), part(0, &jxl())])),
        ("parts, then a whole", container(&[file_type(), part(0, &jxl()[..9]), bmff(b"jxlc", &jxl())])),
        ("cut", container(&[file_type(), bmff(b"jxlc", &jxl()[..60])])),
    ] {
        assert_eq!(code(&file), "malformed", "{what}");
    }
}

#[test]
#[cfg(feature = "pixels")]
fn the_lossless_road_takes_it() {
    let keep = Options { faces: FaceMode::Keep, ..Options::default() };
    let dirty = container(&[file_type(), bmff(b"jxlc", &jxl()), bmff(b"free", b"hidden")]);
    let scrub = |options| pollster::block_on(Scrubber::new(Backend::Cpu).scrub(&dirty, options, &mut |_, _| ()));
    assert!(scrub(&keep).unwrap().bytes == container(&[file_type(), bmff(b"jxlc", &jxl())]));
    assert_eq!(scrub(&Options::default()).unwrap_err().code(), "unsupported");
}

/// What libjxl's encoder writes from stills and animations, lossless and lossy, in one pass and in several.
#[test]
fn real_files_keep_their_pixels_and_lose_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("large.ppm"), picture(700, 600)).unwrap();
    std::fs::write(at("small.ppm"), picture(150, 101)).unwrap();
    std::fs::write(at("turned.jpg"), {
        let tiff = Tiff { main: vec![Tag::short(0x0112, 6), Tag::ascii(0x010F, "ACME")], gps: forge::westminster(), ..Tiff::default() };
        let comment = forge::segment(0xFE, b"at home");
        forge::jpeg_with(&forge::jpeg(), &[tiff.app1(), comment])
    })
    .unwrap();
    let profile = [b"P\0\0".as_slice(), &forge::zlib(&forge::p3_profile("My screen"))].concat();
    std::fs::write(at("profile.png"), forge::png_with(&forge::png(), &[forge::chunk(b"iCCP", &profile)])).unwrap();
    std::fs::write(at("animated.png"), forge::animated_png()).unwrap();
    std::fs::write(at("packet.xmp"), "<x:xmpmeta><rdf:RDF><rdf:Description dc:title='at home'/></rdf:RDF></x:xmpmeta>").unwrap();
    std::fs::write(at("block.tif"), Tiff { main: vec![Tag::ascii(0x010F, "ACME")], ..Tiff::default() }.bytes()).unwrap();
    let block = format!("exif={}", at("block.tif").display());
    let packet = format!("xmp={}", at("packet.xmp").display());
    let cases: &[(&str, &[&str])] = &[
        ("small.ppm", &["-d", "0"]),
        ("small.ppm", &["-d", "0", "-e", "9"]),
        ("small.ppm", &["-d", "1"]),
        ("small.ppm", &["-d", "2", "-m", "1"]),
        ("small.ppm", &["-d", "1", "--container=1"]),
        ("small.ppm", &["-d", "0", "--container=1", "-x", &block, "-x", &packet]),
        ("small.ppm", &["-d", "3", "--gaborish=0", "--epf=3"]),
        ("small.ppm", &["-d", "25"]),
        ("large.ppm", &["-d", "0", "-e", "3"]),
        ("large.ppm", &["-d", "0", "-R", "1"]),
        ("large.ppm", &["-d", "1", "-p"]),
        ("large.ppm", &["-d", "1", "--progressive_dc=1"]),
        ("large.ppm", &["-d", "2", "--photon_noise=ISO3200"]),
        ("turned.jpg", &[]),
        ("turned.jpg", &["-j", "0", "-d", "2"]),
        ("large.ppm", &["-d", "1", "--group_order=1"]),
        ("profile.png", &["-d", "0"]),
        ("profile.png", &["-d", "1"]),
        ("animated.png", &["-d", "0"]),
        ("animated.png", &["-d", "1"]),
    ];
    for (index, (from, options)) in cases.iter().enumerate() {
        let what = format!("{from} {options:?}");
        let (dirty, clean) = (at(&format!("{index}.jxl")), at(&format!("{index}-clean.jxl")));
        run("cjxl", &[&at(from), &dirty], options);
        let bytes = std::fs::read(&dirty).unwrap();
        let inspection = look(&bytes);
        crate::inspect::assert_accounts_for_all(&inspection, bytes.len());
        // The walk ends where the encoder did: nothing of the picture is taken for what lies behind it.
        assert!(!inspection.findings.iter().any(|f| f.kind == MetadataKind::Trailer), "{what}: {:?}", inspection.findings);
        let out = strip(&bytes, &inspection).unwrap();
        let after = look(&out.bytes);
        assert!(after.is_clean(), "{what}");
        assert_eq!(after.orientation, inspection.orientation);
        assert!(strip(&out.bytes, &after).unwrap().bytes == out.bytes, "{what}");
        let text = String::from_utf8_lossy(&out.bytes).into_owned();
        if *from == "profile.png" {
            assert_eq!(inspection.color.icc, Some(forge::p3_profile("My screen")), "{what}");
            assert!(
                out.removed.iter().any(|f| f.value.as_deref() == Some("My screen")) && out.kept.iter().any(|k| k.path == "ICC"),
                "{what}"
            );
        }
        damaged_files_are_no_trouble(&bytes);
        for word in ["ACME", "home", "Exif", "jbrd", "brob", "xml "] {
            assert!(!text.contains(word), "{what}: {word}");
        }
        std::fs::write(&clean, &out.bytes).unwrap();
        let pictures = [&dirty, &clean].map(|file| {
            let ppm = file.with_extension("ppm");
            run("djxl", &[file, &ppm], &[]);
            // An animation is written as several files: those are seen through the other reader only.
            if ppm.exists() { std::fs::read(ppm).unwrap() } else { Vec::new() }
        });
        assert!(!pictures[0].is_empty() || *from == "animated.png", "{what}");
        assert!(pictures[0] == pictures[1], "{what}: other pixels");
        // The other reader brings lossy pictures to their profile where it understands it, which it does only once the profile is rebuilt.
        if (*from, *options) != ("profile.png", &["-d", "1"]) {
            assert!(decoded(&bytes) == decoded(&out.bytes), "{what}: other pixels");
        }
    }
}

/// The encoder's own codes are of kinds that the forge does not write.
fn damaged_files_are_no_trouble(bytes: &[u8]) {
    for index in 0..300_usize {
        let mut damaged = bytes.to_vec();
        let at = (index * index + index) % bytes.len().min(1000);
        damaged[at] ^= 1 << (index % 8);
        let Ok(inspection) = inspect(&damaged, Format::Jxl, &Limits::default()) else { continue };
        let out = strip(&damaged, &inspection).unwrap();
        assert!(look(&out.bytes).is_clean());
    }
}

/// Runs a tool of libjxl's.
fn run(tool: &str, paths: &[&Path], options: &[&str]) {
    let out = Command::new(tool).args(paths).args(options).output();
    let out = out.unwrap_or_else(|e| panic!("this test needs {tool} on the PATH ({e}): install libjxl-tools"));
    assert!(out.status.success(), "{tool} {options:?} {paths:?}: {}", String::from_utf8_lossy(&out.stderr));
}

/// Some texture, as PPM.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| [(x * 3 + y) as u8, ((x / 9 + y / 7) % 3) as u8 * 80, (x * y / 50) as u8];
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y)));
    [format!("P6\n{width} {height}\n255\n").into_bytes(), pixels.collect()].concat()
}

/// All frames, decoded by another reader.
pub(crate) fn decoded(bytes: &[u8]) -> Vec<u8> {
    let image = jxl_oxide::JxlImage::builder().read(bytes).unwrap();
    let mut out = format!("{} {}", image.width(), image.height()).into_bytes();
    for number in 0..image.num_loaded_keyframes() {
        let frame = image.render_frame(number).unwrap();
        out.extend(frame.image_all_channels().buf().iter().flat_map(|sample| sample.to_bits().to_le_bytes()));
    }
    out
}
