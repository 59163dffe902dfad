//! Photos as phones write them: a real portrait, and around it everything that gives its owner away.

use std::sync::LazyLock;

use darkslide::inspect::{self, Orientation};
use darkslide::{Format, Image, Limits, decode, encode, orient};

use crate::forge::{self, Tag, Tiff};

/// What `phone()`'s GPS position reads as.
pub(crate) const LATITUDE: &str = "51.50333";

/// A JPEG in Display P3, to be turned by 90° (orientation 6), with a GPS position, a maker note, a thumbnail, XMP, a second picture with a
/// GPS position of its own, and a video behind its end. It shows one face.
pub(crate) fn phone() -> Vec<u8> {
    PHONE.clone()
}

/// One of the portraits in `tests/fixtures/faces`, upright and without metadata.
pub(crate) fn portrait(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faces").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pixels of a file, as stored, in sRGB.
pub(crate) fn decoded(bytes: &[u8]) -> Image {
    let limits = Limits::default();
    let inspection = inspect::inspect(bytes, darkslide::sniff(bytes).unwrap(), &limits).unwrap();
    decode::decode(bytes, &inspection, &limits).unwrap().image
}

/// The pixels of a file as a viewer shows them.
pub(crate) fn shown(bytes: &[u8]) -> Image {
    let inspection = inspect::inspect(bytes, darkslide::sniff(bytes).unwrap(), &Limits::default()).unwrap();
    orient::orient(decoded(bytes), inspection.orientation)
}

/// A PNG that claims 60,000 × 60,000 px in its header, and has no more than that.
pub(crate) fn huge_png_header() -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(60_000_u32.to_be_bytes());
    header.extend(60_000_u32.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    [b"\x89PNG\r\n\x1a\n".as_slice(), &forge::chunk(b"IHDR", &header)].concat()
}

static PHONE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let upright = decoded(&portrait("ardern.jpg"));
    // The camera was held so that the sensor's picture lies on its side: stored is what orientation 6 turns upright.
    let stored = orient::orient(upright, Orientation::new(8));
    let picture = encode::encode(&stored, Format::Jpeg, 92).unwrap();
    let thumbnail = forge::jpeg();
    let exif = Tiff {
        main: vec![
            Tag::ascii(0x010F, "Acme"),
            Tag::ascii(0x0110, "Phone 9"),
            Tag::short(0x0112, 6),
            Tag::ascii(0x0132, "2026:05:17 09:30:12"),
        ],
        exif: vec![
            Tag::ascii(0x9003, "2026:05:17 09:30:12"),
            Tag::undefined(0x927C, b"Apple iOS\0maker's own"),
            Tag::ascii(0xA431, "SN-0815-4711"),
        ],
        gps: forge::westminster(),
        thumbnail: Some(thumbnail),
    };
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description dc:creator='Anna'/></rdf:RDF></x:xmpmeta>";
    let profile = [b"ICC_PROFILE\0\x01\x01".as_slice(), &forge::p3_profile("Anna's phone")].concat();
    let place = Tiff { gps: forge::westminster(), ..Tiff::default() };
    let second = forge::jpeg_with(&picture, &[place.app1()]);
    let before = [exif.app1(), forge::segment(0xE1, xmp), forge::segment(0xE2, &profile)];
    let index = |first_length: usize| {
        let at: usize = 20 + before.iter().map(Vec::len).sum::<usize>() + 8;
        forge::mpf(&[(0x03_0000, first_length, 0), (0x02_0002, second.len(), first_length - at)])
    };
    let with_index = |index: Vec<u8>| forge::jpeg_with(&picture, &[before.concat(), index]);
    let length = with_index(index(1 << 20)).len();
    let video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x20mdatnot for everyone to see";
    [with_index(index(length)), second.clone(), video.to_vec()].concat()
});
