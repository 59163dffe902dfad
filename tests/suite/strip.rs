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
    for (format, file, path) in files {
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
    for (format, file) in files {
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

#[test]
fn segments_tile_the_file() {
    for format in forge::FORMATS {
        let file = [forge::clean(format), b"behind the end".to_vec()].concat();
        let inspection = look(&file, format);
        let mut at = 0;
        for segment in &inspection.segments {
            assert_eq!(segment.range.start, at);
            assert!(segment.range.end > at);
            at = segment.range.end;
        }
        assert_eq!(at, file.len());
        assert!(inspection.segments.iter().any(|s| s.role == Role::Metadata(MetadataKind::Trailer)));
    }
}

#[test]
fn every_prefix_is_refused() {
    for format in forge::FORMATS {
        let file = forge::clean(format);
        for end in 0..file.len() {
            assert!(inspect(&file[..end], format, &Limits::default()).is_err(), "{format:?} cut at {end} of {}", file.len());
        }
    }
}
