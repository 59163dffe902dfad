//! Writes picture files of every format from their parts, valid or broken, around tiny real pictures.

mod bmp;
mod gif;
pub(crate) mod heif;
#[cfg(feature = "pixels")]
pub(crate) mod animation;
pub(crate) mod bits;
#[cfg(feature = "formats")]
pub(crate) mod many;
mod webp;

pub(crate) mod jxl;
pub(crate) mod tiff;

use std::io::Write as _;

use darkslide::Format;

pub(crate) use bmp::*;
pub(crate) use gif::*;
pub(crate) use webp::*;

/// The formats that can be scrubbed.
#[cfg(not(feature = "formats"))]
pub(crate) const FORMATS: [Format; 2] = [Format::Jpeg, Format::Png];
#[cfg(feature = "formats")]
pub(crate) const FORMATS: [Format; 9] =
    [Format::Jpeg, Format::Png, Format::Webp, Format::Gif, Format::Tiff, Format::Bmp, Format::Heic, Format::Avif, Format::Jxl];

/// Pixels of every forged picture: 24 × 16, with some texture.
pub(crate) const WIDTH: u16 = 24;
pub(crate) const HEIGHT: u16 = 16;

/// A clean file, as the encoders write it.
pub(crate) fn clean(format: Format) -> Vec<u8> {
    match format {
        Format::Jpeg => jpeg(),
        Format::Png => png(),
        Format::Webp => webp(),
        Format::Gif => gif(),
        Format::Bmp => bmp(),
        Format::Heic | Format::Avif => heif::picture(format).bytes(),
        Format::Tiff => tiff::tiff(),
        Format::Jxl => jxl::jxl(),
    }
}

/// RGB, 8 bit.
pub(crate) fn pixels() -> Vec<u8> {
    let mut out = Vec::new();
    for y in 0..u32::from(HEIGHT) {
        for x in 0..u32::from(WIDTH) {
            out.extend([(x * 10 + y) as u8, (y * 15) as u8, (x * y) as u8]);
        }
    }
    out
}

pub(crate) fn jpeg() -> Vec<u8> {
    let mut out = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut out, 80);
    encoder.encode(&pixels(), WIDTH, HEIGHT, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

pub(crate) fn progressive_jpeg() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 80);
    encoder.set_progressive(true);
    encoder.set_restart_interval(2);
    encoder.encode(&pixels(), WIDTH, HEIGHT, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

/// Four inks, with an Adobe segment.
pub(crate) fn cmyk_jpeg() -> Vec<u8> {
    let mut out = Vec::new();
    let inks: Vec<u8> = pixels().chunks(3).flat_map(|p| [p[0], p[1], p[2], 40]).collect();
    jpeg_encoder::Encoder::new(&mut out, 80).encode(&inks, WIDTH, HEIGHT, jpeg_encoder::ColorType::CmykAsYcck).unwrap();
    out
}

pub(crate) fn png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH.into(), HEIGHT.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels()).unwrap();
    writer.finish().unwrap();
    out
}

/// Two frames.
pub(crate) fn animated_png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH.into(), HEIGHT.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels()).unwrap();
    writer.write_image_data(&pixels().iter().map(|p| 255 - p).collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    out
}

/// Lossless, in the simple form: a RIFF header and a `VP8L` chunk.
pub(crate) fn webp() -> Vec<u8> {
    let mut out = Vec::new();
    image_webp::WebPEncoder::new(&mut out).encode(&pixels(), WIDTH.into(), HEIGHT.into(), image_webp::ColorType::Rgb8).unwrap();
    out
}

/// Two frames.
pub(crate) fn animated_webp() -> Vec<u8> {
    let still = webp();
    let frame = |duration: u8| {
        let mut data = vec![0; 6];
        data.extend([WIDTH as u8 - 1, 0, 0, HEIGHT as u8 - 1, 0, 0, duration, 0, 0, 0]);
        data.extend(&still[12..]);
        riff_chunk(b"ANMF", &data)
    };
    riff(&[vp8x(0x02), riff_chunk(b"ANIM", &[0; 6]), frame(50), frame(60)])
}

/// `picture` with `segments` behind its SOI and JFIF segments.
pub(crate) fn jpeg_with(picture: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    let at = if picture[3] == 0xE0 { 20 } else { 2 };
    splice(picture, at, &segments.concat())
}

/// A marker, a length and a payload.
pub(crate) fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap();
    [&[0xFF, marker], length.to_be_bytes().as_slice(), payload].concat()
}

/// `picture` with `chunks` behind its IHDR.
pub(crate) fn png_with(picture: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    splice(picture, 33, &chunks.concat())
}

pub(crate) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), kind.as_slice(), data, &crc.sum().to_be_bytes()].concat()
}

/// A still picture in the extended form, with chunks before and behind the picture, and VP8X `flags`.
pub(crate) fn webp_with(flags: u8, before: &[Vec<u8>], behind: &[Vec<u8>]) -> Vec<u8> {
    let still = webp();
    riff(&[vp8x(flags), before.concat(), still[12..].to_vec(), behind.concat()])
}

pub(crate) fn vp8x(flags: u8) -> Vec<u8> {
    riff_chunk(b"VP8X", &[flags, 0, 0, 0, WIDTH as u8 - 1, 0, 0, HEIGHT as u8 - 1, 0, 0])
}

pub(crate) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    riff_chunk(b"RIFF", &[b"WEBP", chunks.concat().as_slice()].concat())
}

pub(crate) fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = [kind.as_slice(), &u32::try_from(data.len()).unwrap().to_le_bytes(), data].concat();
    if data.len() % 2 == 1 {
        out.push(0);
    }
    out
}

pub(crate) fn splice(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [&file[..at], bytes, &file[at..]].concat()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
    out
}

/// All zlib streams that begin anywhere in `bytes`, unpacked as far as they go.
pub(crate) fn unpacked(bytes: &[u8]) -> Vec<Vec<u8>> {
    use std::io::Read as _;
    let is_start =
        |at: &usize| bytes.get(at + 1).is_some_and(|&flags| bytes[*at] == 0x78 && (0x7800 + u16::from(flags)).is_multiple_of(31));
    let unpack = |at: usize| {
        let mut out = Vec::new();
        // A stream that breaks off has told what it told.
        _ = flate2::read::ZlibDecoder::new(&bytes[at..]).take(1 << 22).read_to_end(&mut out);
        out
    };
    (0..bytes.len()).filter(is_start).map(unpack).collect()
}

pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A TIFF block, little-endian.
#[derive(Default)]
pub(crate) struct Tiff {
    pub(crate) main: Vec<Tag>,
    pub(crate) exif: Vec<Tag>,
    pub(crate) gps: Vec<Tag>,
    pub(crate) thumbnail: Option<Vec<u8>>,
}

/// One entry: number, type, value.
#[derive(Clone)]
pub(crate) struct Tag(pub(crate) u16, pub(crate) u16, pub(crate) Vec<u8>);

impl Tag {
    pub(crate) fn ascii(tag: u16, text: &str) -> Self {
        Self(tag, 2, [text.as_bytes(), b"\0"].concat())
    }

    pub(crate) fn short(tag: u16, value: u16) -> Self {
        Self(tag, 3, value.to_le_bytes().to_vec())
    }

    pub(crate) fn long(tag: u16, value: u32) -> Self {
        Self(tag, 4, value.to_le_bytes().to_vec())
    }

    pub(crate) fn undefined(tag: u16, bytes: &[u8]) -> Self {
        Self(tag, 7, bytes.to_vec())
    }

    pub(crate) fn rationals(tag: u16, values: &[(u32, u32)]) -> Self {
        Self(tag, 5, values.iter().flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()]).flatten().collect())
    }
}

impl Tiff {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = b"II*\0\x08\0\0\0".to_vec();
        let mut main = self.main.clone();
        let length = |tags: &[Tag]| 6 + tags.len() * 12 + tags.iter().map(|t| if t.2.len() > 4 { t.2.len() } else { 0 }).sum::<usize>();
        let below = usize::from(!self.exif.is_empty()) + usize::from(!self.gps.is_empty());
        let exif_at = 8 + length(&main) + below * 12;
        let gps_at = exif_at + if self.exif.is_empty() { 0 } else { length(&self.exif) };
        let thumbnail_at = gps_at + if self.gps.is_empty() { 0 } else { length(&self.gps) };
        if !self.exif.is_empty() {
            main.push(Tag::long(0x8769, exif_at as u32));
        }
        if !self.gps.is_empty() {
            main.push(Tag::long(0x8825, gps_at as u32));
        }
        directory(&mut out, &main, if self.thumbnail.is_some() { thumbnail_at } else { 0 });
        if !self.exif.is_empty() {
            directory(&mut out, &self.exif, 0);
        }
        if !self.gps.is_empty() {
            directory(&mut out, &self.gps, 0);
        }
        if let Some(thumbnail) = &self.thumbnail {
            let at = thumbnail_at + 6 + 24;
            directory(&mut out, &[Tag::long(0x0201, at as u32), Tag::long(0x0202, thumbnail.len() as u32)], 0);
            out.extend(thumbnail);
        }
        out
    }

    /// An APP1 segment.
    pub(crate) fn app1(&self) -> Vec<u8> {
        segment(0xE1, &[b"Exif\0\0", self.bytes().as_slice()].concat())
    }
}

fn directory(out: &mut Vec<u8>, tags: &[Tag], next: usize) {
    out.extend((tags.len() as u16).to_le_bytes());
    let mut data: Vec<u8> = Vec::new();
    let data_at = out.len() + tags.len() * 12 + 4;
    for Tag(tag, kind, value) in tags {
        let size = match kind {
            3 => 2,
            4 => 4,
            5 => 8,
            _ => 1,
        };
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(((value.len() / size) as u32).to_le_bytes());
        if value.len() > 4 {
            out.extend(((data_at + data.len()) as u32).to_le_bytes());
            data.extend(value);
        } else {
            let mut short = value.clone();
            short.resize(4, 0);
            out.extend(short);
        }
    }
    out.extend((next as u32).to_le_bytes());
    out.extend(data);
}

/// Westminster, as a GPS directory. Decimal: 51.50333, -0.12750.
pub(crate) fn westminster() -> Vec<Tag> {
    vec![
        Tag::ascii(1, "N"),
        Tag::rationals(2, &[(51, 1), (30, 1), (1200, 100)]),
        Tag::ascii(3, "W"),
        Tag::rationals(4, &[(0, 1), (7, 1), (3900, 100)]),
    ]
}

/// A multi-picture index segment for pictures at these distances from its TIFF header: (type, length, distance).
pub(crate) fn mpf(pictures: &[(u32, usize, usize)]) -> Vec<u8> {
    let mut table = Vec::new();
    for (kind, length, distance) in pictures {
        for number in [*kind, *length as u32, *distance as u32, 0] {
            table.extend(number.to_be_bytes());
        }
    }
    let mut out = b"MPF\0MM\0*\0\0\0\x08\0\x02".to_vec();
    out.extend([0xB0, 0x01, 0, 4, 0, 0, 0, 1, 0, 0, 0, pictures.len() as u8]);
    out.extend([0xB0, 0x02, 0, 7]);
    out.extend((table.len() as u32).to_be_bytes());
    out.extend([0, 0, 0, 38, 0, 0, 0, 0]);
    out.extend(table);
    segment(0xE2, &out)
}

/// A display profile: colorants and one gamma for all curves, with the texts that vendors add.
pub(crate) fn profile(red: [f64; 3], green: [f64; 3], blue: [f64; 3], gamma: f64, text: &str) -> Vec<u8> {
    let fixed = |n: f64| ((n * 65536.0) as i32).to_be_bytes();
    let xyz = |c: [f64; 3]| [b"XYZ \0\0\0\0".as_slice(), &c.map(fixed).concat()].concat();
    let curve = [b"curv\0\0\0\0\0\0\0\x01".as_slice(), &((gamma * 256.0) as u16).to_be_bytes(), &[0, 0]].concat();
    let mut described = [b"desc\0\0\0\0".as_slice(), &(text.len() as u32 + 1).to_be_bytes(), text.as_bytes(), &[0; 79]].concat();
    described.resize(described.len().next_multiple_of(4), 0);
    let mut copyright = [b"text\0\0\0\0", text.as_bytes(), b"\0"].concat();
    copyright.resize(copyright.len().next_multiple_of(4), 0);
    let tags: Vec<(&[u8; 4], Vec<u8>)> = vec![
        (b"desc", described),
        (b"cprt", copyright.clone()),
        (b"dmnd", copyright),
        (b"wtpt", xyz([0.9642, 1.0, 0.8249])),
        (b"rXYZ", xyz(red)),
        (b"gXYZ", xyz(green)),
        (b"bXYZ", xyz(blue)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let mut header = vec![0; 128];
    header[4..8].copy_from_slice(b"lcms");
    header[8..12].copy_from_slice(&[2, 0x10, 0, 0]);
    header[12..24].copy_from_slice(b"mntrRGB XYZ ");
    header[24..36].copy_from_slice(&[7, 0xE8, 0, 5, 0, 17, 0, 9, 0, 30, 0, 12]);
    header[36..44].copy_from_slice(b"acspAPPL");
    header[48..56].copy_from_slice(b"ACMEX100");
    header[68..80].copy_from_slice(&[0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D]);
    header[80..84].copy_from_slice(b"lcms");
    let mut table = (tags.len() as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    let base = 132 + tags.len() * 12;
    for (name, content) in &tags {
        table.extend(*name);
        table.extend(((base + data.len()) as u32).to_be_bytes());
        table.extend((content.len() as u32).to_be_bytes());
        data.extend(content);
    }
    let mut out = [header, table, data].concat();
    let size = (out.len() as u32).to_be_bytes();
    out[..4].copy_from_slice(&size);
    out
}

/// Wider than sRGB: Display P3's colorants.
pub(crate) fn p3_profile(text: &str) -> Vec<u8> {
    profile([0.5151, 0.2412, -0.0011], [0.2920, 0.6922, 0.0419], [0.1571, 0.0666, 0.7841], 2.2, text)
}

/// A file with something planted in it.
pub(crate) struct Planted {
    pub(crate) place: String,
    pub(crate) format: Format,
    pub(crate) file: Vec<u8>,
}

/// `secret` (24 bytes or more, none of them FF) in every place of a file that we can think of.
pub(crate) fn planted(secret: &[u8]) -> Vec<Planted> {
    let mut out = Vec::new();
    let mut add = |place: &str, format: Format, file: Vec<u8>| out.push(Planted { place: place.to_owned(), format, file });
    let join = |parts: &[&[u8]]| parts.concat();
    let text = String::from_utf8_lossy(secret).into_owned();

    // Blocks that all containers carry.
    let blocks: Vec<(&str, Tiff)> = vec![
        ("ImageDescription", Tiff { main: vec![Tag(0x010E, 2, secret.to_vec())], ..Tiff::default() }),
        ("unknown tag", Tiff { main: vec![Tag::undefined(0xBEEF, secret)], ..Tiff::default() }),
        ("UserComment", Tiff { exif: vec![Tag::undefined(0x9286, &join(&[b"ASCII\0\0\0", secret]))], ..Tiff::default() }),
        ("MakerNote", Tiff { exif: vec![Tag::undefined(0x927C, &join(&[b"Apple iOS\0", secret]))], ..Tiff::default() }),
        ("GPSProcessingMethod", Tiff { gps: vec![Tag::undefined(0x1B, secret)], ..Tiff::default() }),
        ("thumbnail", Tiff { thumbnail: Some(jpeg_with(&jpeg(), &[segment(0xFE, secret)])), ..Tiff::default() }),
        ("beside an orientation", Tiff { main: vec![Tag::short(0x0112, 6), Tag(0x010F, 2, secret.to_vec())], ..Tiff::default() }),
    ];
    let mut tiffs: Vec<(String, Vec<u8>)> = blocks.into_iter().map(|(name, tiff)| (name.to_owned(), tiff.bytes())).collect();
    let upright = Tiff { main: vec![Tag::short(0x0112, 8)], ..Tiff::default() }.bytes();
    tiffs.push(("behind the last directory".into(), join(&[&upright, secret])));
    tiffs.push(("broken Exif".into(), join(&[b"II*\0\xF0\xF0\0\0", secret])));
    for (name, tiff) in &tiffs {
        let name = format!("Exif: {name}");
        add(&name, Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xE1, &join(&[b"Exif\0\0", tiff]))]));
        add(&name, Format::Png, png_with(&png(), &[chunk(b"eXIf", tiff)]));
        add(&name, Format::Webp, webp_with(0x08, &[], &[riff_chunk(b"EXIF", tiff)]));
        add(&name, Format::Heic, heif::with_exif(Format::Heic, tiff));
        add(&name, Format::Avif, heif::with_exif(Format::Avif, tiff));
    }
    let packet = join(&[b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description dc:title='", secret, b"'/></rdf:RDF></x:xmpmeta>"]);
    add("XMP", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xE1, &join(&[b"http://ns.adobe.com/xap/1.0/\0", &packet]))]));
    add("XMP", Format::Png, png_with(&png(), &[chunk(b"iTXt", &join(&[b"XML:com.adobe.xmp\0\0\0\0\0", &packet]))]));
    add("XMP", Format::Webp, webp_with(0x04, &[], &[riff_chunk(b"XMP ", &packet)]));
    add("XMP", Format::Heic, heif::with_mime(Format::Heic, "application/rdf+xml", &packet));
    add("XMP", Format::Avif, heif::with_mime(Format::Avif, "application/rdf+xml", &packet));

    let mut behind_tags = p3_profile("P3");
    behind_tags.extend(secret);
    let mut private_tag = p3_profile(&text);
    let dmnd = private_tag.windows(4).position(|w| w == b"dmnd").unwrap();
    private_tag[dmnd..dmnd + 4].copy_from_slice(b"prvt");
    let profiles = [
        ("description", p3_profile(&text)),
        ("behind its end", behind_tags),
        ("private tag", private_tag),
        ("behind a curve", long_curve(secret)),
    ];
    for (name, profile) in &profiles {
        let name = format!("ICC: {name}");
        add(&name, Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xE2, &join(&[b"ICC_PROFILE\0\x01\x01", profile]))]));
        add(&name, Format::Png, png_with(&png(), &[chunk(b"iCCP", &join(&[b"P3\0\0", &zlib(profile)]))]));
        add(&name, Format::Webp, webp_with(0x20, &[riff_chunk(b"ICCP", profile)], &[]));
        add(&name, Format::Heic, heif::with_profile(Format::Heic, profile));
        add(&name, Format::Avif, heif::with_profile(Format::Avif, profile));
    }
    add("behind the picture", Format::Jpeg, join(&[&jpeg(), secret]));
    add("behind the picture", Format::Png, join(&[&png(), secret]));
    add("behind the picture", Format::Webp, join(&[&webp(), secret]));
    add("behind the picture", Format::Tiff, join(&[&tiff::tiff(), secret]));

    // JPEG.
    for marker in (0xE0..=0xFE).chain([0x02, 0xBF]).filter(|m| *m != 0xF7) {
        add(&format!("segment {marker:02X}"), Format::Jpeg, jpeg_with(&jpeg(), &[segment(marker, secret)]));
    }
    let jfif = join(&[b"JFIF\0\x01\x01\x01\0\x48\0\x48\x03\x03", secret, &[0; 3]]);
    add("JFIF thumbnail", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xE0, &jfif)]));
    add("JFXX", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xE0, &join(&[b"JFXX\0\x10", secret]))]));
    add(
        "extended XMP",
        Format::Jpeg,
        jpeg_with(&jpeg(), &[segment(0xE1, &join(&[b"http://ns.adobe.com/xmp/extension/\0", &[b'0'; 40], &packet]))]),
    );
    add("IPTC", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xED, &photoshop(&[(0x0404, &iptc(&[(2, 90, secret)]))]))]));
    add("Photoshop resource", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xED, &photoshop(&[(0x0BB7, secret)]))]));
    add("behind APP14", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xEE, &join(&[b"Adobe\0\x64\0\0\0\0\x01", secret]))]));
    add("JUMBF", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xEB, &join(&[b"JP\0\x01\0\0\0\x01", &jumbf(secret)]))]));
    let quantization = [[0x03].as_slice(), secret, &[1; 64]].concat();
    add("table that no scan uses: DQT", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xDB, &quantization[..65])]));
    let mut used_too = jpeg();
    let dqt = used_too.windows(2).position(|w| w == [0xFF, 0xDB]).unwrap();
    used_too[dqt + 3] += 65;
    add("table that no scan uses: within DQT", Format::Jpeg, splice(&used_too, dqt + 4, &quantization[..65]));
    let codes = [[0x13, 0, 0, 0, 0, 0, 0, 0, secret.len() as u8, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(), secret].concat();
    add("table that no scan uses: DHT", Format::Jpeg, jpeg_with(&jpeg(), &[segment(0xC4, &codes)]));
    add("behind the last code", Format::Jpeg, splice(&jpeg(), jpeg().len() - 2, secret));
    let progressive = progressive_jpeg();
    let restart = progressive.windows(2).position(|w| w == [0xFF, 0xD0]).unwrap();
    add("before a restart marker", Format::Jpeg, splice(&progressive, restart, secret));
    let scan = progressive.windows(2).rposition(|w| w == [0xFF, 0xDA]).unwrap();
    let intervals: Vec<u8> = secret.chunks_exact(2).flat_map(|two| segment(0xDD, two)).collect();
    add("restart intervals that no scan uses", Format::Jpeg, jpeg_with(&jpeg(), &[intervals, segment(0xDD, &[0, 0])]));
    add("comment between scans", Format::Jpeg, splice(&progressive, scan, &segment(0xFE, secret)));
    add("garbage between segments", Format::Jpeg, splice(&progressive, scan, secret));
    add("garbage before a segment", Format::Jpeg, jpeg_with(&jpeg(), &[secret.to_vec()]));
    let second = jpeg_with(&jpeg(), &[Tiff { main: vec![Tag(0x010E, 2, secret.to_vec())], ..Tiff::default() }.app1()]);
    add("second picture", Format::Jpeg, join(&[&jpeg(), &second]));
    add("motion video", Format::Jpeg, join(&[&jpeg(), b"\0\0\0\x10ftypmp42\0\0\0\0\0\0\0\x40mdat", secret, &[0; 64]]));
    add("Samsung trailer", Format::Jpeg, join(&[&jpeg(), secret, b"SEFH\0\0\0\0\x10\0\0\0SEFT"]));

    // PNG.
    for kind in [
        b"tEXt", b"zTXt", b"iTXt", b"tIME", b"prVt", b"caBX", b"sPLT", b"hIST", b"bKGD", b"pHYs", b"oFFs", b"gAMA", b"cHRM", b"sRGB",
        b"sBIT", b"cICP", b"mDCV", b"cLLI", b"tRNS", b"fdAT", b"iCCP", b"eXIf", b"dSIG", b"vpAg", b"iDOT",
    ] {
        let name = String::from_utf8_lossy(kind);
        let mut data = secret.to_vec();
        add(&format!("chunk {name}"), Format::Png, png_with(&png(), &[chunk(kind, &data)]));
        data.resize(32, b'x');
        add(&format!("chunk {name} of 32 bytes"), Format::Png, png_with(&png(), &[chunk(kind, &data)]));
    }
    add("tEXt", Format::Png, png_with(&png(), &[chunk(b"tEXt", &join(&[b"parameters\0", secret]))]));
    add("zTXt", Format::Png, png_with(&png(), &[chunk(b"zTXt", &join(&[b"Comment\0\0", &zlib(secret)]))]));
    add("iTXt", Format::Png, png_with(&png(), &[chunk(b"iTXt", &join(&[b"Author\0\x01\0en\0\0", &zlib(secret)]))]));
    add("iTXt's language", Format::Png, png_with(&png(), &[chunk(b"iTXt", &join(&[b"Author\0\0\0", secret, b"\0\0x"]))]));
    add("name of a profile", Format::Png, png_with(&png(), &[chunk(b"iCCP", &join(&[secret, b"\0\0", &zlib(&p3_profile("P3"))]))]));
    add("behind a packed profile", Format::Png, png_with(&png(), &[chunk(b"iCCP", &join(&[b"P3\0\0", &zlib(&p3_profile("P3")), secret]))]));
    let mut wrong = chunk(b"tEXt", &join(&[b"Comment\0", secret]));
    *wrong.last_mut().unwrap() ^= 1;
    add("chunk with a wrong checksum", Format::Png, png_with(&png(), &[wrong]));
    add("suggested palette", Format::Png, png_with(&png(), &[chunk(b"PLTE", &secret[..24])]));
    let end = png().len() - 12;
    add("one IDAT too many", Format::Png, splice(&png(), end, &chunk(b"IDAT", secret)));
    let idat = png().windows(4).position(|w| w == b"IDAT").unwrap() - 4;
    let longer = join(&[&png()[idat + 8..end - 4], secret]);
    add("behind the packed pixels", Format::Png, join(&[&png()[..idat], &chunk(b"IDAT", &longer), &png()[end..]]));
    add("chunk behind the pixels", Format::Png, splice(&png(), end, &chunk(b"tEXt", &join(&[b"Comment\0", secret]))));
    add("chunk of an animation", Format::Png, png_with(&animated_png(), &[chunk(b"prVt", secret)]));

    // WebP.
    add("unknown chunk", Format::Webp, webp_with(0, &[], &[riff_chunk(b"prVt", secret)]));
    add("unknown chunk before the picture", Format::Webp, webp_with(0, &[riff_chunk(b"prVt", secret)], &[]));
    add("second picture", Format::Webp, webp_with(0, &[], &[riff_chunk(b"VP8L", secret)]));
    add("stray frame", Format::Webp, webp_with(0, &[], &[riff_chunk(b"ANMF", secret)]));
    add("stray alpha", Format::Webp, webp_with(0x10, &[], &[riff_chunk(b"ALPH", secret)]));
    let simple = [webp(), riff_chunk(b"prVt", secret)].concat();
    add("behind a simple picture", Format::Webp, riff(&[simple[12..].to_vec()]));
    let animated = animated_webp();
    let frame = animated.windows(4).position(|w| w == b"ANMF").unwrap();
    let size = u32::from_le_bytes(animated[frame + 4..frame + 8].try_into().unwrap()) as usize;
    let inside = riff_chunk(b"ANMF", &join(&[&animated[frame + 8..frame + 8 + size], &riff_chunk(b"prVt", secret)]));
    add("in a frame", Format::Webp, riff(&[animated[12..frame].to_vec(), inside, animated[frame + 8 + size..].to_vec()]));

    webp::places(secret, &mut add);
    gif::places(secret, &mut add);
    bmp::places(secret, &mut add);
    heif::places(secret, &mut add);
    tiff::places(secret, &mut add);
    jxl::places(secret, &mut add);
    out.retain(|planted| FORMATS.contains(&planted.format));
    out
}

/// A P3 profile whose red curve is followed, within its tag, by `secret`.
fn long_curve(secret: &[u8]) -> Vec<u8> {
    let mut profile = p3_profile("P3");
    let entry = profile.windows(4).position(|w| w == b"rTRC").unwrap();
    let curve = [b"curv\0\0\0\0\0\0\0\x01\x02\x33".as_slice(), secret].concat();
    let start = profile.len() as u32;
    profile[entry + 4..entry + 8].copy_from_slice(&start.to_be_bytes());
    profile[entry + 8..entry + 12].copy_from_slice(&(curve.len() as u32).to_be_bytes());
    profile.extend(curve);
    let size = profile.len() as u32;
    profile[..4].copy_from_slice(&size.to_be_bytes());
    profile
}

/// An APP13 payload of Photoshop resources.
pub(crate) fn photoshop(resources: &[(u16, &[u8])]) -> Vec<u8> {
    let mut out = b"Photoshop 3.0\0".to_vec();
    for (id, data) in resources {
        out.extend(b"8BIM");
        out.extend(id.to_be_bytes());
        out.extend([0, 0]);
        out.extend((data.len() as u32).to_be_bytes());
        out.extend(*data);
        if data.len() % 2 == 1 {
            out.push(0);
        }
    }
    out
}

/// IIM records.
pub(crate) fn iptc(records: &[(u8, u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (record, dataset, data) in records {
        out.extend([0x1C, *record, *dataset]);
        out.extend((data.len() as u16).to_be_bytes());
        out.extend(*data);
    }
    out
}

/// A labelled JUMBF box with another box inside.
pub(crate) fn jumbf(content: &[u8]) -> Vec<u8> {
    let bmff = |kind: &[u8; 4], data: &[u8]| [&(data.len() as u32 + 8).to_be_bytes(), kind.as_slice(), data].concat();
    let described = bmff(b"jumd", &[[0; 16].as_slice(), &[3], b"c2pa\0"].concat());
    bmff(b"jumb", &[described, bmff(b"json", content)].concat())
}
