//! What is found in files, and which files are refused.

use darkslide::inspect::{Inspection, MetadataKind, Role, inspect};
use darkslide::{Error, Format, Limits};

use crate::forge::{self, Tag, Tiff};

fn look(bytes: &[u8], format: Format) -> Inspection {
    inspect(bytes, format, &Limits::default()).unwrap()
}

/// Segments are sorted, leave no gap, do not overlap, and each that is not the picture has a finding.
pub(crate) fn assert_accounts_for_all(inspection: &Inspection, length: usize) {
    let mut at = 0;
    for segment in &inspection.segments {
        assert_eq!(segment.range.start, at, "{}", segment.name);
        assert!(segment.range.end > at, "{}", segment.name);
        at = segment.range.end;
        if matches!(segment.role, Role::Metadata(_) | Role::Unknown) {
            assert!(inspection.findings.iter().any(|f| f.range == segment.range), "nothing is said about {}", segment.name);
        }
    }
    assert_eq!(at, length);
    assert!(inspection.findings.iter().all(|f| f.range.start < f.range.end && f.range.end <= length || f.range.is_empty()));
}

#[test]
fn segments_tile_every_file() {
    for planted in forge::planted(b"MARKER-of-24-bytes-------") {
        if let Ok(inspection) = inspect(&planted.file, planted.format, &Limits::default()) {
            assert_accounts_for_all(&inspection, planted.file.len());
            assert!(!inspection.is_clean(), "{:?} {}: found nothing", planted.format, planted.place);
        }
    }
}

#[test]
fn every_prefix_is_refused() {
    let more = [
        (Format::Jpeg, forge::progressive_jpeg()),
        (Format::Jpeg, forge::cmyk_jpeg()),
        (Format::Png, forge::animated_png()),
        (Format::Webp, forge::animated_webp()),
        (Format::Webp, forge::webp_with(0, &[], &[])),
        (Format::Webp, forge::lossy_webp()),
        (Format::Gif, forge::animated_gif()),
        (Format::Bmp, forge::Bmp::indexed(12, 4).bytes()),
        (Format::Bmp, forge::Bmp::with_profile(b"sRGB", b"").bytes()),
        (Format::Avif, forge::heif::animated(Format::Avif, &|_| Vec::new())),
        (Format::Heic, forge::heif::animated(Format::Heic, &|_| Vec::new())),
        (Format::Jxl, forge::jxl::Picture { has_alpha: true, frames: Some(3), orientation: Some(5), ..Default::default() }.bytes()),
        (Format::Jxl, forge::jxl::Picture { icc: Some(forge::p3_profile("P3")), ..Default::default() }.bytes()),
        (Format::Jxl, forge::jxl::container(&[forge::jxl::file_type(), forge::jxl::bmff(b"jxlc", &forge::jxl::jxl())])),
        (Format::Tiff, forge::tiff::file(vec![forge::tiff::packed(8, 5, &forge::zlib), forge::tiff::jpeg_page(&[], &[], &[])]).bytes()),
    ];
    let more = more.into_iter().filter(|(format, _)| forge::FORMATS.contains(format));
    for (format, file) in forge::FORMATS.into_iter().map(|f| (f, forge::clean(f))).chain(more) {
        assert_accounts_for_all(&look(&file, format), file.len());
        for end in (0..file.len()).filter(|&end| !is_whole_without(format, &file, end)) {
            let result = inspect(&file[..end], format, &Limits::default());
            assert!(matches!(result, Err(Error::Malformed { .. })), "{format:?} cut at {end} of {}: {result:?}", file.len());
        }
    }
}

/// A GIF may end without its trailer, between two blocks: what was shown is whole.
fn is_whole_without(format: Format, file: &[u8], end: usize) -> bool {
    let look = || inspect(&file[..end], format, &Limits::default()).ok();
    format == Format::Gif && look().is_some_and(|i| i.findings.iter().any(|f| f.path == "Trailer/missing" && f.range == (end..end)))
}

#[test]
fn headers_are_read() {
    for format in forge::FORMATS {
        let i = look(&forge::clean(format), format);
        assert_eq!((i.width, i.height, i.frames, i.bit_depth, i.has_alpha), (24, 16, 1, 8, false));
        assert_eq!(i.jpeg.is_some(), format == Format::Jpeg);
    }
    let frame = look(&forge::jpeg(), Format::Jpeg).jpeg.unwrap();
    assert_eq!((frame.process, frame.components, frame.adobe_transform), (0, 3, None));
    let frame = look(&forge::progressive_jpeg(), Format::Jpeg).jpeg.unwrap();
    assert_eq!(frame.process, 2);
    let frame = look(&forge::cmyk_jpeg(), Format::Jpeg).jpeg.unwrap();
    assert_eq!((frame.components, frame.adobe_transform), (4, Some(2)));
    assert_eq!(look(&forge::animated_png(), Format::Png).frames, 2);
    #[cfg(feature = "formats")]
    assert_eq!(look(&forge::animated_webp(), Format::Webp).frames, 2);
    #[cfg(feature = "formats")]
    assert_eq!(look(&forge::heif::animated(Format::Avif, &|_| Vec::new()), Format::Avif).frames, 2);
}

#[test]
fn each_kind_is_found_where_it_is() {
    let jpeg = |segments: &[Vec<u8>]| forge::jpeg_with(&forge::jpeg(), segments);
    let png = |kind: &[u8; 4], data: &[u8]| forge::png_with(&forge::png(), &[forge::chunk(kind, data)]);
    let join = |parts: &[&[u8]]| parts.concat();
    let tiff = Tiff {
        main: vec![Tag::ascii(0x010F, "ACME"), Tag(0x9C9B, 1, forge::utf16("Títle")), Tag::ascii(0x0132, "2024:05:17 09:30:12")],
        exif: vec![
            Tag::rationals(0x829A, &[(1, 50)]),
            Tag::undefined(0x927C, b"Apple iOS\0\0\x01MM"),
            Tag::undefined(0x9286, &join(&[b"UNICODE\0", &forge::utf16("Grüße")])),
        ],
        gps: forge::westminster(),
        thumbnail: Some(vec![0xFF, 0xD8, 0xFF, 0xD9]),
    };
    let xmp = b"<x:xmpmeta><rdf:RDF><rdf:Description exif:GPSLatitude='51,30.2N' xmp:CreatorTool=\"Pencil &amp; Co\">\
        <dc:creator><rdf:Seq><rdf:li>Jane Doe</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>";
    let app1 = |payload: &[u8]| jpeg(&[forge::segment(0xE1, payload)]);
    let adobe_xmp = app1(&join(&[b"http://ns.adobe.com/xap/1.0/\0", xmp]));
    let iptc = jpeg(&[forge::segment(
        0xED,
        &forge::photoshop(&[(0x0404, &forge::iptc(&[(2, 90, b"Utrecht")])), (0x040C, b"thumb"), (0x03ED, b"x")]),
    )]);
    let gain_map =
        forge::jpeg_with(&forge::jpeg(), &[forge::segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<rdf:RDF hdrgm:Version='1.0'/>")]);
    let video = b"\0\0\0\x10ftypmp42\0\0\0\0\0\0\0\x0Cmdat1234";
    let exif = [tiff.app1()];
    use MetadataKind as K;
    type Case<'a> = (Format, Vec<u8>, K, &'a str, Option<&'a str>);
    let cases: Vec<Case> = vec![
        (Format::Jpeg, jpeg(&exif), K::Exif, "APP1/Exif/IFD0/Make", Some("ACME")),
        (Format::Jpeg, jpeg(&exif), K::Exif, "APP1/Exif/IFD0/XPTitle", Some("Títle")),
        (Format::Jpeg, jpeg(&exif), K::Exif, "APP1/Exif/IFD0/ModifyDate", Some("2024:05:17 09:30:12")),
        (Format::Jpeg, jpeg(&exif), K::Exif, "APP1/Exif/ExifIFD/ExposureTime", Some("0.02")),
        (Format::Jpeg, jpeg(&exif), K::Exif, "APP1/Exif/ExifIFD/UserComment", Some("Grüße")),
        (Format::Jpeg, jpeg(&exif), K::MakerNote, "APP1/Exif/ExifIFD/MakerNote", Some("Apple")),
        (Format::Jpeg, jpeg(&exif), K::Gps, "APP1/Exif/GPS/GPSLongitude", Some("-0.12750")),
        (Format::Jpeg, jpeg(&exif), K::Thumbnail, "APP1/Exif/IFD1/ThumbnailImage", Some("4 bytes")),
        (Format::Jpeg, adobe_xmp.clone(), K::Xmp, "APP1/XMP", None),
        (Format::Jpeg, adobe_xmp.clone(), K::Gps, "APP1/XMP/exif:GPSLatitude", Some("51,30.2N")),
        (Format::Jpeg, adobe_xmp.clone(), K::Xmp, "APP1/XMP/xmp:CreatorTool", Some("Pencil & Co")),
        (Format::Jpeg, adobe_xmp, K::Xmp, "APP1/XMP/dc:creator", Some("Jane Doe")),
        (Format::Jpeg, iptc.clone(), K::Photoshop, "APP13/Photoshop", None),
        (Format::Jpeg, iptc.clone(), K::Iptc, "APP13/Photoshop/IPTC/City", Some("Utrecht")),
        (Format::Jpeg, iptc, K::Thumbnail, "APP13/Photoshop/PhotoshopThumbnail", Some("5 bytes")),
        (Format::Jpeg, jpeg(&[forge::segment(0xFE, b"shot at home")]), K::Comment, "COM", Some("shot at home")),
        (
            Format::Jpeg,
            jpeg(&[forge::segment(0xEB, &join(&[b"JP\0\x01\0\0\0\x01", &forge::jumbf(b"{}")]))]),
            K::C2pa,
            "APP11/JUMBF/c2pa",
            None,
        ),
        (Format::Jpeg, jpeg(&[forge::segment(0xE0, b"JFXX\0\x10abc")]), K::Thumbnail, "APP0/JFXX", Some("9 bytes")),
        (Format::Jpeg, join(&[&forge::jpeg(), &forge::jpeg()]), K::MultiPicture, "trailer/JPEG", Some("24 × 16 px")),
        (Format::Jpeg, join(&[&forge::jpeg(), &gain_map]), K::GainMap, "trailer/JPEG", Some("24 × 16 px")),
        (Format::Jpeg, join(&[&forge::jpeg(), &[0; 7], video]), K::Motion, "motion", Some("28 bytes of video")),
        (Format::Jpeg, join(&[&forge::jpeg(), b"DualShot_DepthMap SEFT"]), K::Depth, "trailer/Samsung", None),
        (Format::Jpeg, join(&[&forge::jpeg(), b"whatever"]), K::Trailer, "trailer", None),
        (Format::Jpeg, jpeg(&[forge::segment(0xE5, b"ACMEcam 7")]), K::Unknown, "APP5/ACMEcam", None),
        (
            Format::Jpeg,
            jpeg(&[forge::segment(0xE2, &join(&[b"ICC_PROFILE\0\x01\x01", &forge::p3_profile("My screen")]))]),
            K::Icc,
            "APP2/ICC_PROFILE/desc",
            Some("My screen"),
        ),
        (Format::Png, png(b"tIME", &[0x07, 0xE8, 5, 17, 9, 30, 12]), K::Time, "tIME", Some("2024-05-17 09:30:12")),
        (Format::Png, png(b"tEXt", b"prompt\0a cat"), K::Text, "tEXt/prompt", Some("a cat")),
        (Format::Png, png(b"zTXt", &join(&[b"Comment\0\0", &forge::zlib(b"packed")])), K::Comment, "zTXt/Comment", Some("packed")),
        (Format::Png, png(b"iTXt", &join(&[b"Author\0\x01\0\0\0", &forge::zlib("Zoë".as_bytes())])), K::Text, "iTXt/Author", Some("Zoë")),
        (
            Format::Png,
            png(b"iTXt", &join(&[b"XML:com.adobe.xmp\0\0\0\0\0", xmp])),
            K::Gps,
            "iTXt/XML:com.adobe.xmp/exif:GPSLatitude",
            Some("51,30.2N"),
        ),
        (Format::Png, png(b"caBX", &forge::jumbf(b"{}")), K::C2pa, "caBX/c2pa", None),
        (Format::Png, png(b"eXIf", &tiff.bytes()), K::Gps, "eXIf/GPS/GPSLatitude", Some("51.50333")),
        (Format::Png, png(b"iCCP", &join(&[b"P3\0\0", &forge::zlib(&forge::p3_profile("My screen"))])), K::Icc, "iCCP", Some("My screen")),
        (
            Format::Png,
            png(b"zTXt", &join(&[b"Raw profile type exif\0\0", &forge::zlib(&raw_profile(&tiff.bytes()))])),
            K::Gps,
            "zTXt/Raw profile type exif/GPS/GPSLatitude",
            Some("51.50333"),
        ),
        (Format::Webp, forge::webp_with(8, &[], &[forge::riff_chunk(b"EXIF", &tiff.bytes())]), K::Exif, "EXIF/IFD0/Make", Some("ACME")),
        (Format::Webp, forge::webp_with(4, &[], &[forge::riff_chunk(b"XMP ", xmp)]), K::Xmp, "XMP/dc:creator", Some("Jane Doe")),
        (
            Format::Webp,
            forge::webp_with(0x20, &[forge::riff_chunk(b"ICCP", &forge::p3_profile("My screen"))], &[]),
            K::Icc,
            "ICCP",
            Some("My screen"),
        ),
    ];
    for (format, file, kind, path, value) in cases.into_iter().filter(|case| forge::FORMATS.contains(&case.0)) {
        let inspection = look(&file, format);
        let found = inspection.findings.iter().find(|f| f.kind == kind && f.path == path);
        let paths: Vec<_> = inspection.findings.iter().map(|f| (f.kind, &f.path)).collect();
        let found = found.unwrap_or_else(|| panic!("{kind:?} {path} is not among {paths:?}"));
        assert_eq!(found.value.as_deref(), value, "{path}");
        assert!(found.kept.is_none());
        let out = darkslide::strip::strip(&file, &inspection).unwrap();
        // A profile stays, rebuilt: what goes are its texts.
        let stays = out.kept.iter().any(|k| k.path == path);
        assert!(stays || out.removed.iter().any(|f| f.kind == kind && f.path == path), "{path} is not in the list of what was removed");
        assert!(!look(&out.bytes, format).findings.iter().any(|f| f.path == path && f.kept.is_none()));
    }
}

/// ImageMagick's form of a block in a text chunk.
fn raw_profile(block: &[u8]) -> Vec<u8> {
    let hex: String = block.iter().map(|b| format!("{b:02x}")).collect();
    format!("\nexif\n{:8}\n{hex}\n", block.len()).into_bytes()
}

#[test]
fn the_index_names_further_pictures_and_what_is_in_them() {
    let second = forge::jpeg_with(&forge::jpeg(), &[Tiff { gps: forge::westminster(), ..Tiff::default() }.app1()]);
    let with_index = |first: usize| forge::jpeg_with(&forge::jpeg(), &[forge::mpf(&[(0x03_0000, 0, 0), (0x02_0002, second.len(), first)])]);
    // Distances count from the index's TIFF header, which is behind SOI, JFIF, marker, length and identifier.
    let distance = with_index(0).len() - 28;
    let file = [with_index(distance), second.clone()].concat();
    let inspection = look(&file, Format::Jpeg);
    assert!(inspection.findings.iter().any(|f| f.kind == MetadataKind::Depth && f.path == "MPF/1" && f.range.len() == second.len()));
    let latitude = inspection.findings.iter().find(|f| f.path == "MPF/1/APP1/Exif/GPS/GPSLatitude").unwrap();
    assert_eq!(latitude.value.as_deref(), Some("51.50333"));
    assert_eq!(&file[latitude.range.clone()][..4], &51_u32.to_le_bytes());
}

#[test]
fn the_end_is_that_of_the_picture_not_the_last_marker() {
    let file = [forge::jpeg(), b"left over".to_vec(), forge::jpeg()].concat();
    let inspection = look(&file, Format::Jpeg);
    let end = inspection.segments.iter().find(|s| s.name == "EOI").unwrap();
    assert_eq!(end.range.end, forge::jpeg().len());
}

#[test]
fn damaged_metadata_is_a_finding_never_an_error() {
    let damaged: [&[u8]; 7] = [
        b"",
        b"II",
        b"II*\0",
        b"II*\0\xFF\xFF\xFF\xFF",
        b"II*\0\x08\0\0\0\xFF\xFF",
        b"MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08",
        b"\xFF\xFF\xFF\xFF",
    ];
    for tiff in damaged {
        let app1 = forge::segment(0xE1, &[b"Exif\0\0", tiff].concat());
        assert!(look(&forge::jpeg_with(&forge::jpeg(), &[app1]), Format::Jpeg).findings.iter().any(|f| f.path == "APP1/Exif"));
        assert!(!look(&forge::png_with(&forge::png(), &[forge::chunk(b"eXIf", tiff)]), Format::Png).is_clean());
        #[cfg(feature = "formats")]
        assert!(!look(&forge::webp_with(8, &[], &[forge::riff_chunk(b"EXIF", tiff)]), Format::Webp).is_clean());
    }
}

#[test]
fn makers_are_known_by_their_blocks_or_by_what_the_camera_says() {
    let canon = b"\x1E\0\x01\0\x03\0\x31\0\0\0";
    let cases: [(&[u8], &str, &str); 6] = [
        (canon, "", "Canon"),
        (b"Nikon\0\x02\x10\0\0", "", "Nikon"),
        (b"SONY DSC \0\0\0", "", "Sony"),
        (b"Apple iOS\0\0\x01MM", "", "Apple"),
        (b"\0\x09??", "LG Electronics", "LG Electronics"),
        (b"\0\x09??", "", "unknown maker"),
    ];
    for (note, make, name) in cases {
        let main = if make.is_empty() { vec![] } else { vec![Tag::ascii(0x010F, make)] };
        let tiff = Tiff { main, exif: vec![Tag::undefined(0x927C, note)], ..Tiff::default() }.bytes();
        let files = [
            (Format::Jpeg, forge::jpeg_with(&forge::jpeg(), &[forge::segment(0xE1, &[b"Exif\0\0", tiff.as_slice()].concat())])),
            (Format::Png, forge::png_with(&forge::png(), &[forge::chunk(b"eXIf", &tiff)])),
            (Format::Webp, forge::webp_with(8, &[], &[forge::riff_chunk(b"EXIF", &tiff)])),
            (Format::Heic, forge::heif::with_exif(Format::Heic, &tiff)),
            (Format::Avif, forge::heif::with_exif(Format::Avif, &tiff)),
        ];
        for (format, file) in files.into_iter().filter(|(format, _)| forge::FORMATS.contains(format)) {
            let inspection = look(&file, format);
            let found = inspection.findings.iter().find(|f| f.kind == MetadataKind::MakerNote).unwrap();
            assert_eq!(found.value.as_deref(), Some(name), "{format:?}");
        }
    }
}

#[test]
fn broken_containers_are_refused() {
    let jpeg = forge::jpeg();
    let marker = |m: u8| jpeg.windows(2).position(|w| w == [0xFF, m]).unwrap();
    let without = |from: usize, to: usize| [&jpeg[..from], &jpeg[to..]].concat();
    let changed = |file: &[u8], at: usize, value: u8| {
        let mut file = file.to_vec();
        file[at] = value;
        file
    };
    let (sof, dht, sos) = (marker(0xC0), marker(0xC4), marker(0xDA));
    let sof_end = sof + 2 + usize::from(jpeg[sof + 3]);
    let png = forge::png();
    let idat = png.windows(4).position(|w| w == b"IDAT").unwrap();
    let webp = forge::webp();
    let cases: Vec<(&str, Format, Vec<u8>, &str)> = vec![
        ("SOI then junk", Format::Jpeg, b"\xFF\xD8junk".to_vec(), "malformed"),
        ("no frame header", Format::Jpeg, without(sof, sof_end), "malformed"),
        ("two frame headers", Format::Jpeg, forge::splice(&jpeg, sof, &jpeg[sof..sof_end]), "malformed"),
        ("no tables", Format::Jpeg, without(dht, sos), "malformed"),
        ("no scan", Format::Jpeg, without(sos, jpeg.len() - 2), "malformed"),
        ("zero width", Format::Jpeg, changed(&changed(&jpeg, sof + 7, 0), sof + 8, 0), "malformed"),
        ("zero height", Format::Jpeg, changed(&changed(&jpeg, sof + 5, 0), sof + 6, 0), "malformed"),
        ("taller than its data", Format::Jpeg, changed(&jpeg, sof + 6, 200), "malformed"),
        ("a segment of length 1", Format::Jpeg, forge::jpeg_with(&jpeg, &[vec![0xFF, 0xE1, 0, 1]]), "malformed"),
        ("SOI inside", Format::Jpeg, forge::jpeg_with(&jpeg, &[vec![0xFF, 0xD8]]), "malformed"),
        ("the picture twice", Format::Jpeg, forge::splice(&jpeg, jpeg.len() - 2, &jpeg[sos..jpeg.len() - 2]), "malformed"),
        ("arithmetic coding", Format::Jpeg, changed(&jpeg, sof + 1, 0xC9), "unsupported"),
        ("lossless", Format::Jpeg, changed(&jpeg, sof + 1, 0xC3), "unsupported"),
        (
            "two components",
            Format::Jpeg,
            forge::jpeg_with(&jpeg, &[forge::segment(0xC0, &[8, 0, 16, 0, 24, 2, 1, 0x11, 0, 2, 0x11, 0])]),
            "unsupported",
        ),
        ("critical chunk", Format::Png, forge::png_with(&png, &[forge::chunk(b"QQQQ", b"?")]), "malformed"),
        ("wrong checksum of IDAT", Format::Png, changed(&png, png.len() - 13, png[png.len() - 13] ^ 1), "malformed"),
        ("no IDAT", Format::Png, [&png[..idat - 4], &png[png.len() - 12..]].concat(), "malformed"),
        (
            "split IDAT",
            Format::Png,
            forge::splice(&png, png.len() - 12, &[forge::chunk(b"tEXt", b"a\0b"), forge::chunk(b"IDAT", b"x")].concat()),
            "malformed",
        ),
        ("two IHDR", Format::Png, forge::png_with(&png, &[png[8..33].to_vec()]), "malformed"),
        (
            "zero width",
            Format::Png,
            [&png[..8], &forge::chunk(b"IHDR", &[0, 0, 0, 0, 0, 0, 0, 16, 8, 2, 0, 0, 0]), &png[33..]].concat(),
            "malformed",
        ),
        (
            "more pixels than stated",
            Format::Png,
            [&png[..8], &forge::chunk(b"IHDR", &[0, 0, 0, 24, 0, 0, 0, 15, 8, 2, 0, 0, 0]), &png[33..]].concat(),
            "malformed",
        ),
        (
            "fewer pixels than stated",
            Format::Png,
            [&png[..8], &forge::chunk(b"IHDR", &[0, 0, 0, 24, 0, 0, 0, 17, 8, 2, 0, 0, 0]), &png[33..]].concat(),
            "malformed",
        ),
        ("size beyond the file", Format::Webp, changed(&webp, 4, webp[4].wrapping_add(2)), "malformed"),
        ("unknown first chunk", Format::Webp, forge::riff(&[forge::riff_chunk(b"prVt", b"?"), webp[12..].to_vec()]), "malformed"),
        ("no picture", Format::Webp, forge::riff(&[forge::vp8x(0)]), "malformed"),
        (
            "sizes differ",
            Format::Webp,
            forge::riff(&[forge::riff_chunk(b"VP8X", &[0, 0, 0, 0, 99, 0, 0, 99, 0, 0]), webp[12..].to_vec()]),
            "malformed",
        ),
        ("an animation without frames", Format::Webp, forge::riff(&[forge::vp8x(2), forge::riff_chunk(b"ANIM", &[0; 6])]), "malformed"),
        ("a GIF without a picture", Format::Gif, b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "malformed"),
        ("a JPEG XL of its signature alone", Format::Jxl, vec![0xFF, 0x0A], "malformed"),
    ];
    for (what, format, file, code) in cases {
        let code = if forge::FORMATS.contains(&format) { code } else { "unsupported" };
        match inspect(&file, format, &Limits::default()) {
            Err(error) => assert_eq!(error.code(), code, "{what}: {error}"),
            Ok(_) => panic!("{format:?}: {what} was let through"),
        }
    }
}

#[test]
fn limits_hold() {
    let code = |limits: Limits| inspect(&forge::jpeg(), Format::Jpeg, &limits).unwrap_err().code();
    let default = Limits::default();
    assert_eq!(code(Limits { max_segments: 5, ..default }), "limit-exceeded");
    assert_eq!(code(Limits { max_pixels: 383, ..default }), "limit-exceeded");
    assert_eq!(code(Limits { max_bytes: 100, ..default }), "limit-exceeded");
    assert!(inspect(&forge::jpeg(), Format::Jpeg, &Limits { max_pixels: 384, ..default }).is_ok());
    // A megabyte of zeros packs to a kilobyte; twenty thousand of those would be looked into for minutes.
    let bomb = forge::chunk(b"zTXt", &[b"a\0\0".as_slice(), &forge::zlib(&vec![0; 1 << 20])].concat());
    let file = forge::png_with(&forge::png(), &vec![bomb; 20_000]);
    assert_eq!(look(&file, Format::Png).findings.len(), 20_000);
}

#[test]
fn debug_output_keeps_quiet() {
    let file = forge::jpeg_with(&forge::jpeg(), &[forge::segment(0xFE, b"shot at home")]);
    assert!(!format!("{:?}", look(&file, Format::Jpeg)).contains("home"));
}
