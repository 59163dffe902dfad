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
    let cases: [(&[u8], &str); 24] = [
        (b"", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"%!PS-Adobe-3.0\n%%Title: a letter\n", "PostScript"),
        (b"PK\x03\x04", "ZIP"),
        (b"\0\0\0\x14ftypisom\0\0\0\0mp42", "MP4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "QuickTime"),
        (b"ID3\x04\0\0\0\0\0\0", "MP3"),
        (b"\x7FELF\x02\x01\x01", "program"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "office"),
        (b"\x1F\x8B\x08\0\0\0\0\0\0\x03junk", "gzip"),
        (b"<!DOCTYPE html><p>", "web page"),
        (b"<!DOCTYPE html><p><svg></svg>", "web page"),
        (b"<?xml version='1.0'?><html><svg/></html>", "XML"),
        (b"<?xml version='1.0'?><feed>", "XML"),
        (b"hello", "text"),
        (b"RIFF\0\0\0\0AVI ", "AVI"),
        (b"BM, as a text may begin", "text"),
        (b"P1 is the first, P2 the second", "text"),
        (b"P5 3 pounds", "text"),
        (b"#define X_width 3\n", "text"),
        (b"In JFIF, GIF89a and ftypheic files, \"8BPS\" means nothing", "text"),
        (b"\0\0\x02\0\x06\x04\x06\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "no kind"),
        (b"\x01\x02\x03", "no kind"),
        (b"\x01\xFF\xD8\xFF\x02\x03", "no kind"),
    ];
    for (bytes, what) in cases {
        let error = sniff(bytes).unwrap_err();
        let message = error.to_string();
        assert_eq!(error.code(), "unknown-format", "{message}");
        assert!(message.contains(what) && !message.contains('\n'), "{message}");
    }
}

/// Whoever lets through what is no picture must not let these through.
#[test]
fn pictures_that_cannot_be_scrubbed_are_told_from_what_is_no_picture() {
    let at = |place: usize, signature: &[u8]| [vec![1; place], signature.to_vec()].concat();
    let padded = |start: &[u8]| [start, &[0; 80]].concat();
    let utf16 = |text: &str| [vec![0xFF, 0xFE], forge::utf16(text)].concat();
    let gzip = |bytes: &[u8]| {
        let deflated = &forge::zlib(bytes)[2..];
        [b"\x1F\x8B\x08\x0C\0\0\0\0\0\x03\x02\0xxname\0", deflated].concat()
    };
    let brands = |major: &[u8; 4], other: &[u8; 4]| [b"\0\0\0\x14ftyp", major.as_slice(), &[0; 4], other].concat();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"II*\0\x10\0\0\0CR\x02\0".to_vec(), "raw"),
        (brands(b"crx ", b"isom"), "raw"),
        (at(6, b"HEAPCCDR"), "raw"),
        (b"FUJIFILMCCD-RAW 0201".to_vec(), "raw"),
        (b"IIU\0\x18\0\0\0".to_vec(), "raw"),
        (b"IIRO\x08\0\0\0".to_vec(), "raw"),
        (b"IIRS\x08\0\0\0".to_vec(), "raw"),
        (b"MMOR\0\0\0\x08".to_vec(), "raw"),
        (b"\0MRM\0\0".to_vec(), "raw"),
        (b"FOVb\0\0".to_vec(), "raw"),
        (b"IIIITwaR".to_vec(), "raw"),
        (at(2048, b"PCD_IPI"), "Photo CD"),
        (b"\0\0\0\x0CjP  \r\n\x87\n".to_vec(), "JPEG 2000"),
        (brands(b"jp2 ", b"jp2 "), "JPEG 2000"),
        (b"\xFF\x4F\xFF\x51\0\x2F".to_vec(), "JPEG 2000"),
        (b"\0\0\0\x0CJXS \r\n\x87\n".to_vec(), "JPEG XS"),
        (b"II\xBC\x01\x20\0\0\0".to_vec(), "JPEG XR"),
        (b"8BPS\0\x01".to_vec(), "Photoshop"),
        (b"8BPS\0\x02".to_vec(), "Photoshop"),
        (b"gimp xcf v011\0".to_vec(), "GIMP"),
        (b"Paint Shop Pro Image File\n".to_vec(), "Paint Shop"),
        (b"id=ImageMagick  version=1.0\n".to_vec(), "ImageMagick"),
        (b"GIF88a".to_vec(), "GIF"),
        (b"\x89PNG\n\x1A\n".to_vec(), "PNG"),
        (b"\x8BJNG\r\n\x1A\n".to_vec(), "JNG"),
        (b"\x8AMNG\r\n\x1A\n".to_vec(), "MNG"),
        (b"qoif\0\0\0\x01".to_vec(), "QOI"),
        (b"farbfeld\0\0\0\x01".to_vec(), "farbfeld"),
        (b"FLIF1".to_vec(), "FLIF"),
        (b"BPG\xFB\0".to_vec(), "BPG"),
        (b"\x76\x2F\x31\x01\x02\0\0\0".to_vec(), "OpenEXR"),
        (b"#?RADIANCE\n".to_vec(), "Radiance"),
        (b"#?RGBE\n".to_vec(), "Radiance"),
        (b"P1\n2 2\n1 0 0 1".to_vec(), "Netpbm"),
        (b"P3 # made by hand\n2 2 255".to_vec(), "Netpbm"),
        (b"P4\n#a\n2 2\n\0".to_vec(), "Netpbm"),
        (b"P6\r\n2 2 255\n".to_vec(), "Netpbm"),
        (b"P7\nWIDTH 2\n".to_vec(), "Netpbm"),
        (b"PF\n2 2\n-1.0\n".to_vec(), "Netpbm"),
        (b"P7 332\n".to_vec(), "thumbnail"),
        ([b"\x0A\x05\x01\x08".as_slice(), &[0; 61], &[3, 0, 0]].concat(), "PCX"),
        (at(40, b"TRUEVISION-XFILE.\0"), "TGA"),
        (b"\0\0\x0A\0\0\0\0\0\0\0\0\0\x40\0\x40\0\x18\x20".to_vec(), "TGA"),
        (b"\x01\xDA\x01\x01\0\x03\0\x01".to_vec(), "SGI"),
        (b"\x59\xA6\x6A\x95\0\0".to_vec(), "Sun"),
        (b"/* XPM */\nstatic char".to_vec(), "XPM"),
        (b"#define a_width 8\n#define a_height 1\nstatic char a_bits[] = { 0 };".to_vec(), "XBM"),
        (b"icns\0\0\x10\0".to_vec(), "ICNS"),
        (padded(b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0\x16\0\0\0"), "ICO"),
        (padded(b"\0\0\x02\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0\x16\0\0\0"), "ICO"),
        (at(8, b"ACON"), "cursor"),
        (b"DDS |\0\0\0".to_vec(), "DDS"),
        (b"\xABKTX 20\xBB\r\n\x1A\n".to_vec(), "KTX"),
        (b"FORM\0\0\0\0ILBM".to_vec(), "IFF"),
        (b"SDPX\0\0\0\0".to_vec(), "DPX"),
        (b"AT&TFORM\0\0\0\0DJVU".to_vec(), "DjVu"),
        (at(128, b"DICM"), "DICOM"),
        (b"SIMPLE  =                    T".to_vec(), "FITS"),
        (b"\xC5\xD0\xD3\xC6\x20\0\0\0".to_vec(), "EPS"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n".to_vec(), "EPS"),
        (b"\xD7\xCD\xC6\x9A\0\0".to_vec(), "WMF"),
        (at(40, b" EMF"), "EMF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>".to_vec(), "SVG"),
        (b"\xEF\xBB\xBF <?xml version='1.0'?><!-- made by hand -->\n<SVG>".to_vec(), "SVG"),
        (b"<!DOCTYPE svg PUBLIC \"-//W3C\"><svg>".to_vec(), "SVG"),
        (utf16("<?xml version='1.0'?><svg/>"), "SVG"),
        (gzip(b"<svg></svg>"), "SVG"),
        (brands(b"avci", b"mif1"), "HEIF"),
        (brands(b"avcs", b"msf1"), "HEIF"),
    ];
    for (bytes, what) in cases {
        let error = sniff(&bytes).unwrap_err();
        let message = error.to_string();
        assert_eq!(error.code(), "unsupported", "{what}: {message}");
        // Which codec a HEIF has that its brands do not tell, only a build that reads some can say.
        let is_told = !matches!(error, darkslide::Error::NotInBuild(_));
        assert!(!is_told || message.contains(what) && message.contains("cannot be scrubbed"), "{what}: {message}");
        assert!(!message.contains('\n') && (is_told || cfg!(not(feature = "formats"))), "{what}: {message}");
    }
}

/// Some programs step over what comes before a picture, and show it.
#[test]
fn a_picture_behind_a_little_of_something_else_is_none_that_is_no_picture() {
    let pictures = [forge::jpeg(), forge::png(), forge::webp(), forge::heif::picture(Format::Heic).bytes()];
    let starts: [&[u8]; 5] =
        [b"\xEF\xBB\xBF", b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", b"\x01\x02\x03", &[7; 4000]];
    for (picture, start) in pictures.iter().flat_map(|picture| starts.map(|start| (picture, start))) {
        let error = sniff(&[start, picture].concat()).unwrap_err();
        assert_eq!(error.code(), "unsupported", "{start:?}: {error}");
        assert!(error.to_string().contains(&format!("behind {} bytes", start.len())), "{error}");
    }
    for start in [b"GIF89a\x01\0".as_slice(), b"II*\0\x08\0\0\0", b"8BPS\0\x01"] {
        assert_eq!(sniff(&[b"\xEF\xBB\xBF", start].concat()).unwrap_err().code(), "unsupported");
    }
    // What is known to be no picture may hold one.
    for start in [b"%PDF-1.7 ".as_slice(), b"PK\x03\x04", b"ID3\x04", b"\0\0\0\x14ftypisom\0\0\0\0mp42", b"\x7FELF", b"RIFF\0\0\0\0AVI "] {
        assert_eq!(sniff(&[start, &forge::jpeg()].concat()).unwrap_err().code(), "unknown-format");
    }
    let mut tape = forge::jpeg();
    tape.splice(..0, [vec![b'a'; 257], b"ustar".to_vec(), vec![0; 250]].concat());
    assert_eq!(sniff(&tape).unwrap_err().code(), "unknown-format");
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
