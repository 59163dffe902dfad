//! Formats by their first bytes.

use darkslide::Format;
use darkslide::sniff::sniff;

use crate::forge;

#[test]
fn nine_formats_are_told_apart() {
    let bmff = |brands: &[&[u8; 4]]| {
        let mut out = ((brands.len() * 4 + 12) as u32).to_be_bytes().to_vec();
        out.extend(b"ftyp");
        out.extend(brands[0]);
        out.extend([0; 4]);
        brands[1..].iter().for_each(|b| out.extend(*b));
        out
    };
    let cases: Vec<(Vec<u8>, Format)> = vec![
        (forge::jpeg(), Format::Jpeg),
        (b"\xFF\xD8junk".to_vec(), Format::Jpeg),
        (forge::png(), Format::Png),
        (forge::webp(), Format::Webp),
        (b"GIF87a".to_vec(), Format::Gif),
        (b"GIF89a".to_vec(), Format::Gif),
        (b"II*\0\x08\0\0\0".to_vec(), Format::Tiff),
        (b"MM\0*\0\0\0\x08".to_vec(), Format::Tiff),
        (b"II+\0\x08\0\0\0".to_vec(), Format::Tiff),
        (b"MM\0+\0\x08\0\0".to_vec(), Format::Tiff),
        (b"BM\x7E\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec(), Format::Bmp),
        (bmff(&[b"heic", b"mif1"]), Format::Heic),
        (bmff(&[b"mif1", b"mif1", b"heic"]), Format::Heic),
        (bmff(&[b"avif", b"mif1"]), Format::Avif),
        (bmff(&[b"mif1", b"avif"]), Format::Avif),
        (b"\xFF\x0A\0".to_vec(), Format::Jxl),
        (b"\0\0\0\x0CJXL \r\n\x87\n".to_vec(), Format::Jxl),
    ];
    for (bytes, format) in cases {
        assert_eq!(sniff(&bytes), Ok(format));
    }
}

#[test]
fn what_is_no_picture_is_named() {
    let cases: [(&[u8], &str); 12] = [
        (b"", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "ZIP"),
        (b"\0\0\0\x14ftypisom\0\0\0\0mp42", "MP4"),
        (b"\0\0\0\x14ftypcrx \0\0\0\0mp42", "raw"),
        (b"<!DOCTYPE html><p>", "web page"),
        (b"<?xml version='1.0'?><svg>", "SVG"),
        (b"hello", "text"),
        (b"II*\0\x10\0\0\0CR\x02\0", "raw"),
        (b"RIFF\0\0\0\0AVI ", "AVI"),
        (b"BM, as a text may begin", "text"),
        (b"\x01\x02\x03", "no kind"),
    ];
    for (bytes, what) in cases {
        let error = sniff(bytes).unwrap_err();
        assert_eq!(error.code(), "unknown-format");
        let message = error.to_string();
        assert!(message.contains(what) && !message.contains('\n'), "{message}");
    }
}

/// A verdict by less than all is none: whoever asks must be able to tell that another build can.
#[cfg(not(feature = "formats"))]
#[test]
fn what_this_build_does_not_read_is_told_apart_from_what_is_broken() {
    use darkslide::{Error, Keep, Limits, inspect_metadata, strip_metadata, verify};
    let heif = |brand: &[u8]| [b"\0\0\0\x14ftyp".as_slice(), brand, b"\0\0\0\0", brand].concat();
    let all = [forge::gif(), forge::bmp(), forge::tiff::tiff(), forge::jxl::jxl(), heif(b"heic"), heif(b"avif"), heif(b"mif1")];
    for file in &all {
        for error in [
            inspect_metadata(file, &Keep::default(), &Limits::default()).unwrap_err(),
            strip_metadata(file, &Keep::default(), &Limits::default()).unwrap_err(),
        ] {
            assert!(matches!(&error, Error::NotInBuild(what) if what.contains("this build is for JPEG and PNG alone")), "{error:?}");
            assert_eq!(error.code(), "unsupported");
        }
        assert!(!verify(file, &Limits::default()).clean);
    }
    let broken = sniff(b"%PDF-1.7").unwrap_err();
    assert_eq!(broken.code(), "unknown-format");
}
