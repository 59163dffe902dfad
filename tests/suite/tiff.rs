//! TIFF: what its own rules ask for, and files that real writers make.

use std::path::{Path, PathBuf};
use std::process::Command;

use darkslide::inspect::{Inspection, MetadataKind, Role, Why, inspect};
use darkslide::strip::{Stripped, strip};
use darkslide::{Format, Limits};

use crate::forge::tiff::{File, Page, file, jpeg_page, lzw, pack_bits, packed, page, tiff};
use crate::forge::{self, Tag};

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, Format::Tiff, &Limits::default()).unwrap()
}

fn stripped(bytes: &[u8]) -> Stripped {
    strip(bytes, &look(bytes)).unwrap()
}

fn code(bytes: &[u8]) -> &'static str {
    inspect(bytes, Format::Tiff, &Limits::default()).unwrap_err().code()
}

#[test]
fn each_layout_has_a_clean_form() {
    for is_big in [false, true] {
        for is_big_endian in [false, true] {
            let pages =
                vec![page(), packed(5, 5, &lzw), packed(8, 16, &forge::zlib), packed(32773, 1, &pack_bits), jpeg_page(&[], &[], &[])];
            let bytes = File { is_big, is_big_endian, ..file(pages) }.bytes();
            let inspection = look(&bytes);
            assert!(inspection.is_clean(), "{:?}", inspection.findings);
            assert_eq!(inspection.frames, 5);
            assert_eq!(stripped(&bytes).bytes, bytes);
        }
    }
}

#[test]
fn what_is_found_has_a_name_and_a_value() {
    let mut picture = page();
    picture.tags.extend([Tag::ascii(271, "ACME"), Tag::ascii(306, "2024:05:17 09:30:12"), Tag::undefined(37724, &[7; 99])]);
    picture.tags.push(Tag(34377, 1, forge::photoshop(&[(0x0404, &forge::iptc(&[(2, 90, b"Utrecht")]))])[14..].to_vec()));
    picture.tags.push(Tag(33922, 12, [0.0, 0.0, 0.0, 4.9, 52.4, 0.0].iter().flat_map(|n: &f64| n.to_le_bytes()).collect()));
    picture.below.push((34853, forge::westminster()));
    picture.below.push((34665, vec![Tag::ascii(0xA431, "SN-1234")]));
    let mut small = page();
    small.tags.push(Tag::long(254, 1));
    let bytes = [file(vec![picture, small]).bytes(), b"behind".to_vec()].concat();
    let removed = stripped(&bytes).removed;
    use MetadataKind as K;
    for (kind, path, value) in [
        (K::Exif, "IFD0/Make", Some("ACME")),
        (K::Exif, "IFD0/ModifyDate", Some("2024:05:17 09:30:12")),
        (K::Photoshop, "IFD0/ImageSourceData", Some("99 bytes")),
        (K::Photoshop, "IFD0/PhotoshopSettings", None),
        (K::Iptc, "IFD0/PhotoshopSettings/IPTC/City", Some("Utrecht")),
        (K::Gps, "IFD0/ModelTiePoint", Some("0 0 0 4.9 52.4 0")),
        (K::Gps, "IFD0/GPS/GPSLatitude", Some("51.50333")),
        (K::Exif, "IFD0/ExifIFD/SerialNumber", Some("SN-1234")),
        (K::Gps, "IFD0/GPS", None),
        (K::Thumbnail, "IFD1", Some("24 × 16 px")),
        (K::Trailer, "trailer", None),
    ] {
        let found = removed.iter().find(|f| f.kind == kind && f.path == path);
        let found = found.unwrap_or_else(|| panic!("{kind:?} {path}: {:?}", removed.iter().map(|f| &f.path).collect::<Vec<_>>()));
        assert_eq!(found.value.as_deref(), value, "{path}");
    }
}

#[test]
fn the_right_pages_stay() {
    let subfile = |kind: u32| Page { tags: [page().tags, vec![Tag::long(254, kind)]].concat(), ..page() };
    let frames = |pages: Vec<Page>| {
        let out = stripped(&file(pages).bytes()).bytes;
        assert!(decoded(&out).starts_with(b"(24, 16)"));
        look(&out).frames
    };
    assert_eq!(frames(vec![page(), page()]), 2);
    assert_eq!(frames(vec![subfile(2), subfile(2), subfile(1)]), 2);
    assert_eq!(frames(vec![subfile(1), subfile(0)]), 1);
    // Where all are small copies, the first is what people see.
    assert_eq!(frames(vec![subfile(1), subfile(1)]), 1);
    // Unless the picture is below it: a raw file.
    let mut raw = subfile(1);
    raw.below.push((330, page().tags));
    assert_eq!(code(&file(vec![raw]).bytes()), "unsupported");
}

#[test]
fn orientation_alpha_and_profile_stay() {
    let p3 = forge::p3_profile("My screen");
    let mut picture = packed(1, 16, &|rows| rows.chunks(3).flat_map(|p| [p[0], p[1], p[2], 99]).collect());
    picture.tags.retain(|tag| tag.0 != 258 && tag.0 != 277);
    picture.tags.extend([
        Tag(258, 3, [8, 0].repeat(4)),
        Tag::short(277, 4),
        Tag::short(338, 2),
        Tag::short(274, 6),
        Tag::undefined(34675, &p3),
    ]);
    let out = stripped(&file(vec![picture]).bytes());
    let after = look(&out.bytes);
    assert_eq!((after.orientation.value(), after.has_alpha), (6, true));
    let kept: Vec<_> = out.kept.iter().map(|k| (k.path.as_str(), k.why)).collect();
    assert_eq!(kept, [("IFD0/Orientation", Why::Orientation), ("IFD0/ICC_Profile", Why::Colour)]);
    let profile = after.color.icc.unwrap();
    assert!(moxcms::ColorProfile::new_from_slice(&profile).is_ok() && !profile.windows(4).any(|w| w == b"ACME"));
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    let out = stripped(&file(vec![page()]).with(&[Tag::undefined(34675, &srgb)]).bytes());
    assert_eq!(out.bytes, tiff());
}

#[test]
fn pages_may_share_a_profile_and_strips() {
    let mut bytes = file(vec![page(), page()]).bytes();
    // The second page's strips are those of the first: its own are then bytes that nobody needs.
    let tables: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, w)| *w == [0x11, 1, 4, 0]).map(|(i, _)| i + 8).collect();
    let at = |place: usize, bytes: &[u8]| u32::from_le_bytes(bytes[place..place + 4].try_into().unwrap()) as usize;
    let (first, second) = (at(tables[0], &bytes), at(tables[1], &bytes));
    bytes.copy_within(first..first + 8, second);
    let out = stripped(&bytes);
    assert!(out.removed.iter().any(|f| f.path == "trailer" && f.range.len() == 24 * 16 * 3));
    assert_eq!(decoded(&out.bytes), decoded(&bytes));
    assert_eq!(look(&out.bytes).frames, 2);
    // Half of a strip in common is nobody's idea of a picture.
    let shifted = (at(second, &bytes) as u32 + 100).to_le_bytes();
    bytes[second..second + 4].copy_from_slice(&shifted);
    assert_eq!(code(&bytes), "malformed");
    let profiles = [Tag::undefined(34675, &forge::p3_profile("P3"))];
    let shared = stripped(&file(vec![page(), page()]).with(&profiles).bytes()).bytes.len();
    let mut both = file(vec![page(), page()]).with(&profiles);
    both.pages[1].tags.push(profiles[0].clone());
    assert_eq!(stripped(&both.bytes()).bytes.len(), shared + 12);
}

#[test]
fn pixels_that_are_not_square_keep_their_shape() {
    let resolutions = |x: u32, y: u32| [Tag::rationals(282, &[(x, 1)]), Tag::rationals(283, &[(y * 7, 7)]), Tag::short(296, 2)];
    let out = stripped(&file(vec![page()]).with(&resolutions(204, 98)).bytes()).bytes;
    let kept = [Tag::rationals(282, &[(1000, 1000)]), Tag::rationals(283, &[(480, 1000)]), Tag::short(296, 1)];
    assert_eq!(out, file(vec![page()]).with(&kept).bytes());
    assert_eq!(stripped(&file(vec![page()]).with(&resolutions(300, 300)).bytes()).bytes, tiff());
}

#[test]
fn what_cannot_be_handled_is_named_and_what_is_broken_refused() {
    let with = |tags: &[Tag]| {
        let mut page = page();
        page.tags.retain(|old| !tags.iter().any(|tag| tag.0 == old.0));
        page.tags.extend(tags.iter().cloned());
        file(vec![page]).bytes()
    };
    for (what, bytes, expected) in [
        ("DNG", with(&[Tag(50706, 1, vec![1, 4, 0, 0])]), "unsupported"),
        ("sensor data", with(&[Tag::short(262, 32803)]), "unsupported"),
        ("linear raw", with(&[Tag::short(262, 34892)]), "unsupported"),
        ("NEF", with(&[Tag::short(259, 34713)]), "unsupported"),
        ("JPEG of old", with(&[Tag::short(259, 6)]), "unsupported"),
        ("JPEG 2000", with(&[Tag::short(259, 34712)]), "unsupported"),
        ("rows beyond the picture", file(vec![packed(8, 16, &|rows| forge::zlib(&[rows, rows].concat()))]).bytes(), "unsupported"),
        ("fewer rows", file(vec![packed(8, 16, &|rows| forge::zlib(&rows[3..]))]).bytes(), "malformed"),
        ("damaged LZW", file(vec![packed(5, 16, &|rows| lzw(rows).iter().map(|b| b ^ 1).collect())]).bytes(), "malformed"),
        ("no width", with(&[Tag(256, 3, vec![])]), "malformed"),
        ("two widths", with(&[Tag(256, 3, vec![24, 0, 99, 0])]), "malformed"),
        ("strips missing", with(&[Tag::short(278, 1)]), "malformed"),
        ("more rows than there are", with(&[Tag::short(257, 17)]), "malformed"),
        ("a raw file of Canon's", [b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0\0\0\0\0\0\0".as_slice()].concat(), "unsupported"),
        ("no page", b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec(), "malformed"),
        (
            "a strip over the directory",
            {
                let mut bytes = file(vec![packed(1, 16, &<[u8]>::to_vec)]).bytes();
                let at = bytes.windows(4).position(|w| w == [0x11, 1, 4, 0]).unwrap() + 8;
                bytes[at..at + 4].copy_from_slice(&[8, 0, 0, 0]);
                bytes
            },
            "malformed",
        ),
    ] {
        assert_eq!(code(&bytes), expected, "{what}");
    }
    let grow = |limits: Limits| inspect(&file(vec![packed(8, 16, &forge::zlib)]).bytes(), Format::Tiff, &limits).unwrap_err().code();
    assert_eq!(grow(Limits { max_pixels: 383, ..Limits::default() }), "limit-exceeded");
    assert_eq!(grow(Limits { max_segments: 1, ..Limits::default() }), "limit-exceeded");
}

#[test]
fn work_is_bounded() {
    // Each of many strips starts one byte behind the other, and would be read to the end of the file.
    let mut page = packed(8, 1, &forge::zlib);
    page.tags.retain(|tag| !matches!(tag.0, 256 | 257));
    page.tags.extend([Tag::short(256, 24), Tag::short(257, 60_000)]);
    page.strips = vec![];
    let starts: Vec<u8> = (0..60_000_u32).flat_map(|i| (500_000 + i).to_le_bytes()).collect();
    page.tags.push(Tag(273, 4, starts));
    page.tags.push(Tag(279, 4, 900_000_u32.to_le_bytes().repeat(60_000)));
    let bytes = [file(vec![page]).bytes(), vec![0x78; 1 << 20]].concat();
    assert_eq!(code(&bytes), "malformed");
}

#[cfg(feature = "pixels")]
#[test]
fn the_lossless_road_takes_it_and_others_say_why_not() {
    use darkslide::{Backend, Error, FaceMode, Options, Scrubber};
    let scrub = |bytes: &[u8], options: &Options| pollster::block_on(Scrubber::new(Backend::Cpu).scrub(bytes, options, &mut |_, _| ()));
    let keep = Options { faces: FaceMode::Keep, ..Options::default() };
    let dirty = file(vec![page(), page()]).with(&[Tag::ascii(271, "ACME")]).bytes();
    let out = scrub(&dirty, &keep).unwrap();
    assert!(out.bytes == file(vec![page(), page()]).bytes());
    assert_eq!(out.report.removed.len(), 1);
    assert!(scrub(&dirty, &Options::default()).unwrap().bytes == out.bytes, "no page shows a face");
    let jpeg = file(vec![forge::tiff::jpeg_page(&[], &[], &[])]).bytes();
    let error = scrub(&jpeg, &Options::default()).unwrap_err();
    assert!(matches!(&error, Error::Unsupported(what) if what.contains("faces: keep")), "{error}");
    let mut alpha = packed(1, 16, &|rows| rows.chunks(3).flat_map(|p| [p[0], p[1], p[2], 0]).collect());
    alpha.tags.retain(|tag| tag.0 != 258 && tag.0 != 277);
    alpha.tags.extend([Tag(258, 3, [8, 0].repeat(4)), Tag::short(277, 4), Tag::short(338, 2)]);
    let out = scrub(&file(vec![alpha]).bytes(), &keep).unwrap();
    assert_eq!(out.report.pixels, darkslide::Pixels::ReEncoded, "colours under zero alpha are cleared");
    assert!(out.report.removed.iter().any(|removed| removed.path.contains("zero alpha")));
}

/// What libtiff's tools write in every compression, byte order and layout that they have.
#[test]
fn real_files_keep_their_pixels_and_lose_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("rgb.tif"), larger(3)).unwrap();
    std::fs::write(at("grey.tif"), larger(1)).unwrap();
    run(
        "exiftool",
        &[
            "-q",
            "-overwrite_original",
            "-Make=ACME",
            "-Artist=Jane Doe",
            "-GPSLatitude=51.5",
            "-GPSLatitudeRef=N",
            "-XMP:Title=At home",
            "-IPTC:City=Utrecht",
            "-Photoshop:URL=http://example.org/jane",
            "-UserComment=secret",
            "-ImageDescription=at home",
        ],
        &[&at("rgb.tif")],
    );
    run("ppm2tiff", &["-c", "none"], &[&bitmap(folder.path()), &at("bilevel.tif")]);
    let mut files = vec![at("rgb.tif")];
    let mut make = |from: &str, name: String, options: &[&str]| {
        run("tiffcp", options, &[&at(from), &at(&name)]);
        files.push(at(&name));
    };
    for codec in ["none", "lzw", "lzw:2", "zip", "zip:2", "packbits", "lzma", "zstd", "jpeg", "jpeg:r"] {
        let name = codec.replace(':', "");
        make("rgb.tif", format!("strips-{name}.tif"), &["-c", codec, "-r", "16"]);
        make("rgb.tif", format!("tiles-{name}.tif"), &["-c", codec, "-t", "-w", "64", "-l", "48"]);
        make("rgb.tif", format!("big-{name}.tif"), &["-8", "-B", "-c", codec, "-r", "32"]);
        make("grey.tif", format!("grey-{name}.tif"), &["-c", codec, "-r", "8"]);
        if codec != "jpeg" {
            make("rgb.tif", format!("planes-{name}.tif"), &["-p", "separate", "-c", codec, "-r", "24"]);
        }
    }
    for order in ["lsb2msb", "msb2lsb"] {
        for codec in ["lzw", "zip", "packbits"] {
            make("rgb.tif", format!("{order}-{codec}.tif"), &["-f", order, "-c", codec]);
        }
        for codec in ["g3", "g3:2d", "g4"] {
            make("bilevel.tif", format!("{order}-{}.tif", codec.replace(':', "")), &["-f", order, "-c", codec]);
        }
    }
    run("tiffcp", &["-c", "lzw"], &[&at("rgb.tif"), &at("grey.tif"), &at("bilevel.tif"), &at("pages.tif")]);
    files.push(at("pages.tif"));
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(path).unwrap();
        let inspection = look(&bytes);
        crate::inspect::assert_accounts_for_all(&inspection, bytes.len());
        // No writer leaves anything behind packed rows that would have to be cut, and none is misread so.
        assert!(!inspection.findings.iter().any(|f| f.path.ends_with("excess")), "{name}: {:?}", inspection.findings);
        let out = strip(&bytes, &inspection).unwrap();
        let after = look(&out.bytes);
        assert!(after.is_clean(), "{name}");
        assert_eq!(strip(&out.bytes, &after).unwrap().bytes, out.bytes, "{name}");
        let pixels = |bytes: &[u8], i: &Inspection| -> Vec<u8> {
            i.segments.iter().filter(|s| s.role == Role::Pixels).flat_map(|s| bytes[s.range.clone()].to_vec()).collect()
        };
        assert!(pixels(&bytes, &inspection) == pixels(&out.bytes, &after), "{name}: other data");
        let text = String::from_utf8_lossy(&out.bytes).into_owned();
        for word in ["ACME", "Jane", "Utrecht", "secret", "home", "example.org"] {
            assert!(!text.contains(word), "{name}: {word}");
        }
        let clean = at(&format!("clean-{name}"));
        std::fs::write(&clean, &out.bytes).unwrap();
        // Seen through libtiff's own decoder, which knows all of these.
        let [before, behind] = [path, &clean].map(|path| {
            let rgba = path.with_extension("rgba.tif");
            run("tiff2rgba", &["-c", "none"], &[path, &rgba]);
            rgba
        });
        run("tiffcmp", &["-t"], &[&before, &behind]);
    }
    assert!(files.len() > 60);
}

/// Runs a tool; its output is for people who look into a failure.
fn run(tool: &str, options: &[&str], paths: &[&Path]) {
    let out = Command::new(tool).args(options).args(paths).output();
    let out = out.unwrap_or_else(|e| panic!("this test needs {tool} on the PATH ({e}): install libtiff-tools and libimage-exiftool-perl"));
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{tool} {options:?} {paths:?}: {text}{}", String::from_utf8_lossy(&out.stdout));
}

/// 150 × 101 px, so that strips and tiles go beyond the edges.
fn larger(samples: u16) -> Vec<u8> {
    let (width, height) = (150_u16, 101_u16);
    let sample = |x: u16, y: u16, c: u16| ((x * (c + 1) + y * 2) as u8).wrapping_add(((x / 9 + y / 7) % 3) as u8 * 40);
    let all = |y: u16| (0..width).flat_map(move |x| (0..samples).map(move |c| sample(x, y, c)));
    let page = Page {
        tags: vec![
            Tag::short(256, width),
            Tag::short(257, height),
            Tag(258, 3, [8, 0].repeat(usize::from(samples))),
            Tag::short(259, 1),
            Tag::short(262, if samples == 3 { 2 } else { 1 }),
            Tag::short(277, samples),
            Tag::short(278, height),
            Tag::short(284, 1),
        ],
        strips: vec![(0..height).flat_map(all).collect()],
        ..Page::default()
    };
    file(vec![page]).bytes()
}

/// A black and white picture, as PBM.
fn bitmap(folder: &Path) -> PathBuf {
    let path = folder.join("bilevel.pbm");
    let rows = (0..101_u8).flat_map(|y| (0..19_u8).map(move |x| if (y / 8 + x) % 3 == 0 { 0xF0 } else { y }));
    std::fs::write(&path, [b"P4\n150 101\n".to_vec(), rows.collect()].concat()).unwrap();
    path
}

/// All pages, decoded by another reader.
pub(crate) fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(bytes)).unwrap();
    let mut out = Vec::new();
    loop {
        out.extend(format!("{:?} {:?}", decoder.dimensions().unwrap(), decoder.colortype().unwrap()).bytes());
        match decoder.read_image().unwrap() {
            tiff::decoder::DecodingResult::U8(samples) => out.extend(samples),
            _ => panic!("the forge writes 8 bits"),
        }
        if !decoder.more_images() {
            return out;
        }
        decoder.next_image().unwrap();
    }
}
