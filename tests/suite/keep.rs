//! What a person asks to keep: only that, in one form, wherever it was said.

use darkslide::inspect::{MetadataKind, Why};
use darkslide::{Format, Keep, Limits, inspect_metadata, strip_metadata, verify, verify_keeping};

use crate::forge::{self, Tag, Tiff};

const ALL: Keep = Keep { copyright: true, date: true, coarse_location: true };

fn exif() -> Tiff {
    Tiff {
        main: vec![Tag::ascii(0x010F, "ACME"), Tag::short(0x0112, 6), Tag::ascii(0x8298, " (c) Jane\nDoe ")],
        exif: vec![Tag::ascii(0x9003, "2024:05:17 09:30:12"), Tag::undefined(0x927C, b"Apple iOS\0secret")],
        gps: forge::westminster(),
        thumbnail: None,
    }
}

fn files(tiff: &Tiff) -> Vec<(Format, Vec<u8>)> {
    let all = [
        (Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &[tiff.app1()])),
        (Format::Png, forge::png_with(&forge::png(), &[forge::chunk(b"eXIf", &tiff.bytes())])),
        (Format::Webp, forge::webp_with(8, &[], &[forge::riff_chunk(b"EXIF", &tiff.bytes())])),
    ];
    all.into_iter().filter(|(format, _)| forge::FORMATS.contains(format)).collect()
}

#[test]
fn nothing_stays_unasked() {
    for (format, file) in files(&exif()) {
        let out = strip_metadata(&file, &Keep::default(), &Limits::default()).unwrap();
        assert!(out.report.kept.iter().all(|k| k.why == Why::Orientation), "{format:?}: {:?}", out.report.kept);
        assert!(verify(&out.bytes, &Limits::default()).clean);
    }
}

#[test]
fn what_is_asked_for_stays_and_nothing_else() {
    for (format, file) in files(&exif()) {
        let out = strip_metadata(&file, &ALL, &Limits::default()).unwrap();
        let kept: Vec<(&str, &str)> =
            out.report.kept.iter().filter_map(|k| Some((k.path.rsplit('/').next()?, k.value.as_deref()?))).collect();
        let expected = [
            ("Copyright", "(c) Jane Doe"),
            ("DateTimeOriginal", "2024:05:17 09:30:12"),
            ("GPSLatitude", "51.50000"),
            ("GPSLongitude", "-0.10000"),
        ];
        assert_eq!(kept, expected, "{format:?}");
        let removed = |path: &str| out.report.removed.iter().any(|r| r.path.ends_with(path));
        assert!(removed("Make") && removed("MakerNote") && removed("GPSLatitude") && !removed("DateTimeOriginal"));
        for secret in [b"ACME".as_slice(), b"secret", &[0, 0, 0, 39]] {
            assert!(!out.bytes.windows(secret.len()).any(|w| w == secret), "{format:?}");
        }
        // An outsider calls it unclean; who allows it does not, and whoever allows less does.
        assert!(!verify(&out.bytes, &Limits::default()).clean);
        assert!(verify_keeping(&out.bytes, &ALL, &Limits::default()).clean);
        let less = Keep { coarse_location: false, ..ALL };
        assert!(!verify_keeping(&out.bytes, &less, &Limits::default()).clean);
        let again = strip_metadata(&out.bytes, &ALL, &Limits::default()).unwrap();
        assert_eq!(again.bytes, out.bytes, "{format:?}");
        assert!(again.report.removed.is_empty(), "{format:?}: {:?}", again.report.removed);
        let looked = inspect_metadata(&file, &ALL, &Limits::default()).unwrap();
        assert_eq!((looked.removed, looked.kept, looked.output), (out.report.removed, out.report.kept, None));
        // The picture is still turned as it was.
        let bare = strip_metadata(&out.bytes, &Keep::default(), &Limits::default()).unwrap();
        assert_eq!(bare.report.kept.len(), 1);
        assert_eq!(bare.report.input.width, 16);
    }
}

#[test]
fn each_is_kept_alone() {
    let cases = [
        (Keep { copyright: true, ..Keep::default() }, vec!["IFD0/Copyright"]),
        (Keep { date: true, ..Keep::default() }, vec!["ExifIFD/DateTimeOriginal"]),
        (Keep { coarse_location: true, ..Keep::default() }, vec!["GPS/GPSLatitude", "GPS/GPSLongitude"]),
    ];
    for (keep, paths) in cases {
        for (format, file) in files(&exif()) {
            let out = strip_metadata(&file, &keep, &Limits::default()).unwrap();
            let asked: Vec<_> = out.report.kept.iter().filter(|k| k.why == Why::Asked).collect();
            assert_eq!(asked.len(), paths.len(), "{format:?}: {asked:?}");
            assert!(asked.iter().zip(&paths).all(|(kept, path)| kept.path.ends_with(path)));
        }
    }
}

#[test]
fn a_block_that_only_looks_like_ours_is_not_clean() {
    for (format, file) in files(&exif()) {
        let out = strip_metadata(&file, &ALL, &Limits::default()).unwrap().bytes;
        let plain = forge::clean(format);
        // One byte changed anywhere in the block, but where it says something else that is allowed.
        let at = out.windows(4).position(|w| w == b"MM\0*").unwrap();
        let mut refused = 0;
        for offset in 0..40 {
            let mut other = out.clone();
            other[at + offset] ^= 0x40;
            let verdict = verify_keeping(&other, &ALL, &Limits::default());
            refused += usize::from(!verdict.clean);
        }
        assert!(refused >= 38, "{format:?}: {refused}");
        assert!(verify_keeping(&plain, &ALL, &Limits::default()).clean);
    }
}

#[test]
fn a_copyright_line_is_one_line_of_what_can_be_seen() {
    let hidden: String = "Kerkstraat 7".chars().filter_map(|c| char::from_u32(0xE0000 + u32::from(c))).collect();
    let text = format!("(c) Jane{hidden}\u{2028}Kerkstraat\u{202E} 7\u{200B}\u{FEFF}\r\n{}", "x".repeat(500));
    for (format, file) in files(&Tiff { main: vec![Tag(0x8298, 2, text.into_bytes())], ..Tiff::default() }) {
        let out = strip_metadata(&file, &ALL, &Limits::default()).unwrap();
        let line = out.report.kept.iter().find_map(|k| k.value.clone()).unwrap();
        assert!(line.starts_with("(c) JaneKerkstraat 7") && line.len() <= 200, "{format:?}: {line:?}");
        assert!(line.is_ascii(), "{line:?}");
        assert!(verify_keeping(&out.bytes, &ALL, &Limits::default()).clean);
    }
}

#[test]
fn beside_the_one_block_nothing_else_is_clean() {
    for (format, file) in files(&exif()) {
        let ours = strip_metadata(&file, &ALL, &Limits::default()).unwrap().bytes;
        assert!(verify_keeping(&ours, &ALL, &Limits::default()).clean);
        let packet = b"<x:xmpmeta><rdf:RDF><rdf:Description dc:rights='(c) Jane Doe'/></rdf:RDF></x:xmpmeta>";
        let others: Vec<Vec<u8>> = match format {
            Format::Jpeg => {
                let xmp = forge::segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", packet.as_slice()].concat());
                let more = [exif().app1(), forge::jpeg_with(&ours, &[])[20..].to_vec()];
                let again = more[1][..2 + usize::from(u16::from_be_bytes([more[1][2], more[1][3]]))].to_vec();
                [xmp, more[0].clone(), again].into_iter().map(|more| forge::jpeg_with(&ours, &[more])).collect()
            }
            Format::Png => {
                let at = ours.windows(4).position(|w| w == b"eXIf").unwrap() - 4;
                let end = at + 12 + u32::from_be_bytes(ours[at..at + 4].try_into().unwrap()) as usize;
                let xmp = forge::chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", packet.as_slice()].concat());
                let other = forge::chunk(b"eXIf", &exif().bytes());
                let again = ours[at..end].to_vec();
                let last = ours.len() - 12;
                [xmp, other, again]
                    .into_iter()
                    .flat_map(|more| [forge::splice(&ours, at, &more), forge::splice(&ours, last, &more)])
                    .collect()
            }
            _ => {
                let at = ours.windows(4).position(|w| w == b"EXIF").unwrap();
                let chunks = [forge::riff_chunk(b"XMP ", packet), forge::riff_chunk(b"EXIF", &exif().bytes()), ours[at..].to_vec()];
                let with = |more: &Vec<u8>| {
                    let mut out = [ours.as_slice(), more].concat();
                    let size = (out.len() as u32 - 8).to_le_bytes();
                    out[4..8].copy_from_slice(&size);
                    out
                };
                chunks.iter().map(with).collect()
            }
        };
        for (number, other) in others.iter().enumerate() {
            assert!(!verify_keeping(other, &ALL, &Limits::default()).clean, "{format:?}: {number}");
        }
    }
}

#[test]
fn facts_are_found_in_other_packets_too() {
    let xmp = b"<x:xmpmeta><rdf:RDF><rdf:Description exif:GPSLatitude='51,30.2N' exif:GPSLongitude='0,7.65W' \
        photoshop:DateCreated='2024-05-17T09:30:12+02:00'><dc:rights>Jane</dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>";
    let file = forge::jpeg_with(&forge::jpeg(), &[forge::segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", xmp.as_slice()].concat())]);
    let out = strip_metadata(&file, &ALL, &Limits::default()).unwrap();
    let values: Vec<_> = out.report.kept.iter().map(|k| (k.kind, k.value.clone().unwrap())).collect();
    assert_eq!(
        values,
        [
            (MetadataKind::Exif, "Jane".into()),
            (MetadataKind::Exif, "2024:05:17 09:30:12".into()),
            (MetadataKind::Gps, "51.50000".into()),
            (MetadataKind::Gps, "-0.10000".into())
        ]
    );
    // What is said of a second picture is not said of this one.
    let behind = [forge::jpeg(), file].concat();
    assert!(strip_metadata(&behind, &ALL, &Limits::default()).unwrap().report.kept.is_empty());
}

#[test]
fn exiftool_reads_what_stays() {
    for (format, file) in files(&exif()) {
        let out = strip_metadata(&file, &ALL, &Limits::default()).unwrap().bytes;
        let path = std::env::temp_dir().join(format!("darkslide-keep-{}.{}", std::process::id(), format.extension()));
        std::fs::write(&path, out).unwrap();
        let read = std::process::Command::new("exiftool")
            .args(["-a", "-G1", "-s", "-n", "-ExifIFD:all", "-GPS:all", "-IFD0:all", "-Warning"])
            .arg(&path)
            .output();
        let read = read.expect("this test needs ExifTool on the PATH: install libimage-exiftool-perl, or exiftool from its site");
        std::fs::remove_file(&path).unwrap();
        let text = String::from_utf8_lossy(&read.stdout);
        let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let expected = [
            "[IFD0] Orientation : 6",
            "[IFD0] Copyright : (c) Jane Doe",
            "[ExifIFD] DateTimeOriginal : 2024:05:17 09:30:12",
            "[GPS] GPSVersionID : 2 3 0 0",
            "[GPS] GPSLatitudeRef : N",
            "[GPS] GPSLatitude : 51.5",
            "[GPS] GPSLongitudeRef : W",
            "[GPS] GPSLongitude : 0.1",
        ];
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{format:?}");
    }
}
