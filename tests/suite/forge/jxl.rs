//! Writes JPEG XL files: headers bit by bit, around frames of a real encoder.

use darkslide::Format;
use zune_core::bit_depth::BitDepth;
use zune_core::colorspace::ColorSpace;
use zune_core::options::EncoderOptions;

use super::bits::Bits;
use super::{HEIGHT, Tag, Tiff, WIDTH, jumbf, pixels};

/// What headers say besides the picture's size. By default nothing.
#[derive(Clone, Default)]
pub(crate) struct Picture {
    pub(crate) has_alpha: bool,
    /// Data of the preview's frame.
    pub(crate) preview: Option<Vec<u8>>,
    /// 2 to 8.
    pub(crate) orientation: Option<u64>,
    /// Frames of an animation.
    pub(crate) frames: Option<usize>,
    /// Written in each frame.
    pub(crate) timecode: Option<u64>,
    /// With alpha only.
    pub(crate) channel_name: Vec<u8>,
    /// With alpha only: instead of alpha.
    pub(crate) channel_kind: Option<u64>,
    pub(crate) frame_name: Vec<u8>,
    pub(crate) extension: Vec<u8>,
    pub(crate) frame_extension: Vec<u8>,
    /// A colour profile.
    pub(crate) icc: Option<Vec<u8>>,
    /// The frame is this much wider than the picture.
    pub(crate) beyond: u64,
}

impl Picture {
    /// The codestream.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bits = Bits::default();
        bits.put(0x0AFF, 16);
        bits.put(0, 3);
        bits.put(u64::from(HEIGHT) - 1, 9);
        bits.put(0, 5);
        bits.put(u64::from(WIDTH) - 1, 9);
        bits.put(0, 1);
        let has_more = self.preview.is_some() || self.orientation.is_some() || self.frames.is_some();
        bits.put(has_more.into(), 1);
        if has_more {
            bits.put(self.orientation.unwrap_or(1) - 1, 3);
            bits.put(0, 1);
            bits.put(self.preview.is_some().into(), 1);
            if self.preview.is_some() {
                // 8 × 8.
                bits.put(0, 3);
                bits.put(7, 6);
                bits.put(1, 3);
            }
            bits.put(self.frames.is_some().into(), 1);
            if self.frames.is_some() {
                bits.put(0, 6);
                bits.put(self.timecode.is_some().into(), 1);
            }
        }
        // Eight bits; 16-bit buffers are enough.
        bits.put(0, 3);
        bits.put(1, 1);
        bits.put(self.has_alpha.into(), 2);
        if self.has_alpha {
            let is_plain = self.channel_name.is_empty() && self.channel_kind.is_none();
            bits.put(is_plain.into(), 1);
            if !is_plain {
                // Type, depth, shift.
                match self.channel_kind.unwrap_or(0) {
                    kind @ (0 | 1) => bits.put(kind, 2),
                    kind => bits.put(2 | (kind - 2) << 2, 6),
                }
                bits.put(0, 3);
                bits.put(0, 2);
                bits.name(&self.channel_name);
                if self.channel_kind.unwrap_or(0) == 0 {
                    bits.put(0, 1);
                }
            }
        }
        // Not XYB; sRGB, or red, green and blue by a profile.
        match &self.icc {
            None => bits.put(2, 2),
            Some(_) => bits.put(4, 5),
        }
        if has_more {
            // Tone mapping as usual.
            bits.put(1, 1);
        }
        bits.extension(&self.extension);
        bits.put(1, 1);
        if let Some(icc) = &self.icc {
            bits.profile(icc);
        }
        bits.align();
        let mut out = bits.bytes;
        if let Some(data) = &self.preview {
            out.extend(self.frame(data, true, false));
        }
        let data = self.data();
        let count = self.frames.unwrap_or(1);
        for number in 1..=count {
            out.extend(self.frame(&data, number == count, true));
        }
        out
    }

    fn frame(&self, data: &[u8], is_last: bool, is_picture: bool) -> Vec<u8> {
        let mut bits = Bits::default();
        // A regular frame, modular, no flags, not YCbCr, not upsampled.
        bits.put(0, 3);
        bits.put(1, 1);
        bits.put(0, 2);
        bits.put(0, 1);
        bits.put(0, 2);
        if self.has_alpha {
            bits.put(0, 2);
        }
        bits.put(1, 2);
        bits.put(0, 2);
        let beyond = if is_picture { self.beyond } else { 0 };
        bits.put((beyond > 0).into(), 1);
        if beyond > 0 {
            for side in [0, 0, u64::from(WIDTH) + beyond, HEIGHT.into()] {
                bits.put(0, 2);
                bits.put(side, 8);
            }
        }
        bits.put(0, 2);
        if self.has_alpha {
            bits.put(0, 2);
        }
        if self.frames.is_some() {
            // One tick.
            bits.put(1, 2);
            if let Some(code) = self.timecode {
                bits.put(code, 32);
            }
        }
        bits.put(is_last.into(), 1);
        if !is_last {
            // Saved nowhere.
            bits.put(0, 2);
        }
        bits.name(if is_picture { &self.frame_name } else { b"" });
        // No filters.
        bits.put(0, 6);
        bits.extension(if is_picture { &self.frame_extension } else { b"" });
        bits.put(0, 1);
        bits.align();
        assert!(data.len() < 17_408);
        if data.len() < 1024 {
            bits.put((data.len() as u64) << 2, 12);
        } else {
            bits.put((data.len() as u64 - 1024) << 2 | 1, 16);
        }
        bits.align();
        [bits.bytes, data.to_vec()].concat()
    }

    /// The frame's data, as the encoder writes it behind seven bytes of header, four of the frame's and two of its table.
    fn data(&self) -> Vec<u8> {
        let (samples, space) = if self.has_alpha {
            (pixels().chunks(3).flat_map(|p| [p[0], p[1], p[2], 255 - p[0] / 2]).collect(), ColorSpace::RGBA)
        } else {
            (pixels(), ColorSpace::RGB)
        };
        let options = EncoderOptions::new(WIDTH.into(), HEIGHT.into(), space, BitDepth::Eight);
        let mut out = Vec::new();
        zune_jpegxl::JxlSimpleEncoder::new(&samples, options).encode(&mut out).unwrap();
        out[13..].to_vec()
    }
}

impl Bits {
    fn name(&mut self, name: &[u8]) {
        match name.len() as u64 {
            0 => self.put(0, 2),
            length @ 1..16 => self.put(length << 2 | 1, 6),
            length @ 16..48 => self.put((length - 16) << 2 | 2, 7),
            length => self.put((length - 48) << 2 | 3, 12),
        }
        name.iter().for_each(|&byte| self.put(byte.into(), 8));
    }

    /// A profile, nothing of it predicted: a header of differences from what is expected, then one command that copies the rest.
    fn profile(&mut self, icc: &[u8]) {
        let number = |n: usize| [n as u8 & 127 | 128, (n >> 7) as u8];
        let mut expected = [0; 128];
        expected[..4].copy_from_slice(&(icc.len() as u32).to_be_bytes());
        expected[8] = 4;
        expected[12..24].copy_from_slice(b"mntrRGB XYZ ");
        expected[36..40].copy_from_slice(b"acsp");
        if icc[40] == b'A' {
            expected[41..44].copy_from_slice(b"PPL");
        }
        expected[68..80].copy_from_slice(&[0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D]);
        expected[80..84].copy_from_slice(&icc[4..8]);
        let header: Vec<u8> = icc.iter().zip(expected).map(|(byte, expected)| byte.wrapping_sub(expected)).collect();
        let packed = [&number(icc.len()), &[4_u8, 0, 1][..], &number(icc.len() - 128), &header, &icc[128..]].concat();
        self.put((packed.len() as u64) << 2 | 3, 14);
        self.put(0, 1);
        // No repetitions, one cluster, a prefix code of 256 symbols, all of eight bits.
        for (value, count) in [(0, 1), (1, 1), (0, 2), (1, 1), (15, 4), (1, 1), (7, 4), (127, 7), (0, 2), (0, 20), (2, 2), (0, 14)] {
            self.put(value, count);
        }
        packed.iter().for_each(|byte| self.put(byte.reverse_bits().into(), 8));
    }

    /// One extension, or none.
    fn extension(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return self.put(0, 2);
        }
        // The set of extensions is 1; then its length in bits, up to 4095.
        self.put(1, 6);
        let length = bytes.len() as u64 * 8;
        self.put(length << 2 | 3, 14);
        self.put(0, 1);
        bytes.iter().for_each(|&byte| self.put(byte.into(), 8));
    }
}

pub(crate) fn jxl() -> Vec<u8> {
    Picture::default().bytes()
}

pub(crate) fn bmff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes(), kind.as_slice(), content].concat()
}

pub(crate) fn file_type() -> Vec<u8> {
    bmff(b"ftyp", b"jxl \0\0\0\0jxl ")
}

/// Boxes behind the signature.
pub(crate) fn container(boxes: &[Vec<u8>]) -> Vec<u8> {
    [b"\0\0\0\x0CJXL \r\n\x87\n".to_vec(), boxes.concat()].concat()
}

/// Files with `secret` in each place that JPEG XL has.
pub(crate) fn places(secret: &[u8], add: &mut dyn FnMut(&str, Format, Vec<u8>)) {
    let mut add = |place: &str, file: Vec<u8>| add(place, Format::Jxl, file);
    let join = |parts: &[&[u8]]| parts.concat();
    let whole = bmff(b"jxlc", &jxl());
    for kind in [
        b"Exif", b"xml ", b"jumb", b"brob", b"jbrd", b"jhgm", b"jxli", b"jxll", b"free", b"skip", b"uuid", b"mdat", b"meta", b"ftyp",
        b"prvt", b"jxlc",
    ] {
        let name = String::from_utf8_lossy(kind);
        let stray = bmff(kind, secret);
        if kind != b"jxlc" {
            add(&format!("box {name} before the codestream"), container(&[file_type(), stray.clone(), whole.clone()]));
        }
        add(&format!("box {name} behind the codestream"), container(&[file_type(), whole.clone(), stray.clone()]));
        let plain = jxl();
        let (one, two) = plain.split_at(20);
        let (one, two) = (bmff(b"jxlp", &join(&[&[0; 4], one])), bmff(b"jxlp", &join(&[&[0x80, 0, 0, 1], two])));
        if kind != b"jxlc" {
            add(&format!("box {name} between parts"), container(&[file_type(), one, stray, two]));
        }
    }
    let tiff = Tiff { main: vec![Tag(0x010E, 2, secret.to_vec())], ..Tiff::default() }.bytes();
    add("Exif", container(&[file_type(), whole.clone(), bmff(b"Exif", &join(&[&[0; 4], &tiff]))]));
    add("packed Exif", container(&[file_type(), bmff(b"brob", &join(&[b"Exif", secret])), whole.clone()]));
    let packet = join(&[b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description dc:title='", secret, b"'/></rdf:RDF></x:xmpmeta>"]);
    add("XMP", container(&[file_type(), whole.clone(), bmff(b"xml ", &packet)]));
    add("JUMBF", container(&[file_type(), jumbf(secret), whole.clone()]));
    add("brands", container(&[bmff(b"ftyp", &join(&[b"jxl \0\0\0\0jxl ", secret])), whole.clone()]));
    add("behind a naked codestream", join(&[&jxl(), secret]));
    add("behind a codestream", container(&[file_type(), bmff(b"jxlc", &join(&[&jxl(), secret]))]));
    add("behind the boxes", container(&[file_type(), whole.clone(), secret.to_vec()]));
    let mut cut = bmff(b"xml ", secret);
    cut[3] += 9;
    add("a box that is cut off", container(&[file_type(), whole.clone(), cut]));
    let (name, extension) = (secret.to_vec(), secret.to_vec());
    add("alpha: name of the channel", Picture { has_alpha: true, channel_name: name.clone(), ..Picture::default() }.bytes());
    add("name of the frame", Picture { frame_name: name, ..Picture::default() }.bytes());
    add("extension", Picture { extension: extension.clone(), ..Picture::default() }.bytes());
    add("extension of the frame", Picture { frame_extension: extension, ..Picture::default() }.bytes());
    add("preview", Picture { preview: Some(secret.to_vec()), ..Picture::default() }.bytes());
    let text = String::from_utf8_lossy(secret).into_owned();
    add("profile: description", Picture { icc: Some(super::p3_profile(&text)), ..Picture::default() }.bytes());
    let behind = join(&[&super::p3_profile("P3"), secret]);
    add("profile: behind its end", Picture { icc: Some(behind), ..Picture::default() }.bytes());
    let preview = Picture { preview: Some(secret.to_vec()), orientation: Some(1), ..Picture::default() }.bytes();
    add("preview in a container", container(&[file_type(), bmff(b"jxlc", &preview)]));
}

/// The picture that a file of [`places`] shows.
pub(crate) fn alone(place: &str) -> Vec<u8> {
    let icc = place.starts_with("profile").then(|| super::p3_profile("P3"));
    Picture { has_alpha: place.starts_with("alpha"), icc, ..Picture::default() }.bytes()
}
