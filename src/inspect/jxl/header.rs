//! Reads what comes before the frames: size, and all that is said of the whole picture. [ISO/IEC 18181-1 §D]

use std::ops::Range;

use super::bits::{Bits, Distribution};
use crate::inspect::MetadataKind;

/// Something in a header that does not stay: where it is in the codestream.
pub(super) struct Oddity {
    pub(super) kind: MetadataKind,
    pub(super) path: String,
    pub(super) range: Range<usize>,
    pub(super) value: Option<String>,
}

/// What becomes of a colour profile.
pub(super) enum Profile {
    /// It is sRGB, or nothing that can be kept: the header then says sRGB.
    Gone,
    Rebuilt(Vec<u8>),
}

/// The picture's header.
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: u32,
    pub(super) bit_depth: u32,
    /// Width and height of a small copy, which is the first frame.
    pub(super) preview: Option<(u32, u32)>,
    pub(super) is_animated: bool,
    pub(super) has_timecodes: bool,
    pub(super) extra_channels: Vec<u32>,
    pub(super) is_xyb: bool,
    /// The colour profile, and the place of its stream.
    pub(super) icc: Option<(Vec<u8>, Range<usize>)>,
    pub(super) oddities: Vec<Oddity>,
    /// Parts so far that come in an order of their own, which costs time to read.
    pub(super) permuted_parts: u64,
}

impl Header {
    /// Reads from the signature on; `None` when the file ends before the header does, or says what it may not.
    /// A profile is written as `profile` says, once that is known; the reader has to come back then.
    pub(super) fn read(bits: &mut Bits, profile: Option<&Profile>) -> Option<Self> {
        // FF 0A.
        if bits.take(16)? != 0x0AFF {
            return None;
        }
        let (width, height) = size(bits)?;
        let mut header = Self {
            width,
            height,
            orientation: 1,
            bit_depth: 8,
            preview: None,
            is_animated: false,
            has_timecodes: false,
            extra_channels: Vec::new(),
            is_xyb: true,
            icc: None,
            oddities: Vec::new(),
            permuted_parts: 0,
        };
        let is_default = bits.bool()?;
        let mut has_icc = false;
        if !is_default {
            has_icc = header.metadata(bits, profile)?;
        }
        header.transforms(bits)?;
        if has_icc {
            let start = bits.position();
            let icc = super::profile::read(bits)?;
            if let Some(Profile::Rebuilt(profile)) = profile {
                super::profile::write(bits, profile);
            }
            header.icc = Some((icc, start..bits.end()));
        }
        Some(header)
    }

    /// [§D.3]. Returns whether a colour profile follows the header.
    fn metadata(&mut self, bits: &mut Bits, profile: Option<&Profile>) -> Option<bool> {
        let has_extra_fields = bits.bool()?;
        if has_extra_fields {
            self.orientation = u32::try_from(bits.take(3)?).ok()?.saturating_add(1);
            if bits.bool()? {
                size(bits)?;
            }
            let at = bits.position();
            if bits.without(Bits::bool)? {
                self.preview = Some(bits.without(preview)?);
                let value = self.preview.map(|(width, height)| format!("{width} × {height} px"));
                self.note(MetadataKind::Thumbnail, "ImageMetadata/preview".into(), at, bits, value);
            }
            bits.put(0, 1);
            self.is_animated = bits.bool()?;
            if self.is_animated {
                bits.u32([(0, 100), (0, 1000), (10, 1), (30, 1)])?;
                bits.u32([(0, 1), (0, 1001), (8, 1), (10, 1)])?;
                bits.u32([(0, 0), (3, 0), (16, 0), (32, 0)])?;
                let at = bits.position();
                self.has_timecodes = bits.without(Bits::bool)?;
                bits.put(0, 1);
                if self.has_timecodes {
                    self.note(MetadataKind::Time, "AnimationHeader/have_timecodes".into(), at, bits, None);
                }
            }
        }
        self.bit_depth = bit_depth(bits)?;
        // Whether 16-bit numbers are enough to decode.
        bits.bool()?;
        let count = bits.u32([(0, 0), (0, 1), (4, 2), (12, 1)])?;
        if count > MAX_EXTRA_CHANNELS {
            return None;
        }
        for index in 0..count {
            let kind = self.extra_channel(bits, index)?;
            self.extra_channels.push(kind);
        }
        self.is_xyb = bits.bool()?;
        let has_icc = colour_encoding(bits, profile)?;
        // Tone mapping: the brightest and the darkest light. [§D.3.5]
        if has_extra_fields && !bits.bool()? {
            bits.take(16 + 16 + 1 + 16)?;
        }
        self.extensions(bits, "ImageMetadata")?;
        Some(has_icc)
    }

    /// [§D.3.6]. Returns the channel's type.
    fn extra_channel(&mut self, bits: &mut Bits, index: u32) -> Option<u32> {
        if bits.bool()? {
            return Some(ALPHA);
        }
        let kind = bits.enumerated()?;
        bit_depth(bits)?;
        bits.u32([(0, 0), (0, 3), (0, 4), (3, 1)])?;
        self.name(bits, format!("ExtraChannelInfo/{index}/name"))?;
        match kind {
            ALPHA => _ = bits.bool()?,
            SPOT_COLOUR => _ = bits.take(64)?,
            COLOUR_FILTER => _ = bits.u32([(0, 1), (2, 0), (4, 3), (8, 19)])?,
            _ => {}
        }
        Some(kind)
    }

    /// Upsampling weights, and the way back from XYB. [§D.3.7]
    fn transforms(&mut self, bits: &mut Bits) -> Option<()> {
        if bits.bool()? {
            return Some(());
        }
        if self.is_xyb && !bits.bool()? {
            numbers(bits, 16)?;
        }
        let weights = bits.take(3)?;
        for (bit, count) in [(1, 15), (2, 55), (4, 210)] {
            if weights & bit != 0 {
                numbers(bits, count)?;
            }
        }
        Some(())
    }

    /// A name: it is dropped, and none written in its place. [§D.3.6]
    pub(super) fn name(&mut self, bits: &mut Bits, path: String) -> Option<()> {
        let at = bits.position();
        let text = bits.without(|bits| {
            let length = bits.u32([(0, 0), (4, 0), (5, 16), (10, 48)])?;
            (0..length).map(|_| bits.take(8).and_then(|b| u8::try_from(b).ok())).collect::<Option<Vec<u8>>>()
        })?;
        bits.put(0, 2);
        if !text.is_empty() {
            self.note(MetadataKind::Text, path, at, bits, Some(String::from_utf8_lossy(&text).into_owned()));
        }
        Some(())
    }

    /// Room for what later versions may add: dropped. [§B.3]
    pub(super) fn extensions(&mut self, bits: &mut Bits, path: &str) -> Option<()> {
        let at = bits.position();
        let set = bits.without(|bits| {
            let set = bits.u64()?;
            let mut length = 0_u64;
            for _ in 0..set.count_ones() {
                length = length.checked_add(bits.u64()?)?;
            }
            bits.skip(length)?;
            Some(set)
        })?;
        bits.put(0, 2);
        if set != 0 {
            self.note(MetadataKind::Unknown, format!("{path}/extensions"), at, bits, None);
        }
        Some(())
    }

    pub(super) fn note(&mut self, kind: MetadataKind, path: String, at: usize, bits: &Bits, value: Option<String>) {
        self.oddities.push(Oddity { kind, path, range: at..bits.end(), value });
    }
}

/// [§D.2]
fn size(bits: &mut Bits) -> Option<(u32, u32)> {
    let is_small = bits.bool()?;
    let side = |bits: &mut Bits| {
        if is_small {
            Some(u32::try_from(bits.take(5)?).ok()?.saturating_add(1).saturating_mul(8))
        } else {
            bits.u32([(9, 1), (13, 1), (18, 1), (30, 1)])
        }
    };
    let height = side(bits)?;
    let width = match proportion(bits.take(3)?, height) {
        Some(width) => width,
        None => side(bits)?,
    };
    Some((width, height))
}

fn preview(bits: &mut Bits) -> Option<(u32, u32)> {
    let is_divided = bits.bool()?;
    let side = |bits: &mut Bits| {
        if is_divided {
            Some(bits.u32([(0, 16), (0, 32), (5, 1), (9, 33)])?.saturating_mul(8))
        } else {
            bits.u32([(6, 1), (8, 65), (10, 321), (12, 1345)])
        }
    };
    let height = side(bits)?;
    let width = match proportion(bits.take(3)?, height) {
        Some(width) => width,
        None => side(bits)?,
    };
    Some((width, height))
}

/// The width that goes with a height in one of seven proportions.
fn proportion(ratio: u64, height: u32) -> Option<u32> {
    let (above, below) = match ratio {
        1 => (1, 1),
        2 => (12, 10),
        3 => (4, 3),
        4 => (3, 2),
        5 => (16, 9),
        6 => (5, 4),
        7 => (2, 1),
        _ => return None,
    };
    u32::try_from(u64::from(height).saturating_mul(above) / below).ok()
}

fn bit_depth(bits: &mut Bits) -> Option<u32> {
    let is_float = bits.bool()?;
    let distributions: [Distribution; 4] = if is_float { [(0, 32), (0, 16), (0, 24), (6, 1)] } else { [(0, 8), (0, 10), (0, 12), (6, 1)] };
    let depth = bits.u32(distributions)?;
    if is_float {
        bits.take(4)?;
    }
    Some(depth)
}

/// Returns whether an ICC profile follows the header. [§D.3.4]
fn colour_encoding(bits: &mut Bits, profile: Option<&Profile>) -> Option<bool> {
    let (is_default, has_icc) = bits.without(|bits| {
        let is_default = bits.bool()?;
        Some((is_default, !is_default && bits.bool()?))
    })?;
    if has_icc {
        let space = bits.without(Bits::enumerated)?;
        match (profile, space) {
            // The profile's own fields, as they were: not the default, a profile, the space.
            (Some(Profile::Rebuilt(_)), 0..=1) => bits.put(u64::from(space) << 2 | 2, 4),
            (Some(Profile::Rebuilt(_)), _) => bits.put(u64::from(space.saturating_sub(2)) << 4 | 2 << 2 | 2, 8),
            // Grey with sRGB's curve: D65 is 1, the curve 13, the intent 1.
            (_, GREY) => bits.put(1 << 13 | 11 << 9 | 2 << 7 | 1 << 4 | 1 << 2, 15),
            // sRGB is the default.
            _ => bits.put(1, 1),
        }
        return Some(true);
    }
    bits.put(is_default.into(), 1);
    if is_default {
        return Some(false);
    }
    bits.put(0, 1);
    let space = bits.enumerated()?;
    if space != XYB {
        if bits.enumerated()? == CUSTOM {
            coordinates(bits, 1)?;
        }
        if space != GREY && bits.enumerated()? == CUSTOM {
            coordinates(bits, 3)?;
        }
        if bits.bool()? {
            bits.take(24)?;
        } else {
            bits.enumerated()?;
        }
    }
    bits.enumerated()?;
    Some(false)
}

/// Chromaticities: x and y of each.
fn coordinates(bits: &mut Bits, count: u32) -> Option<()> {
    for _ in 0..count.saturating_mul(2) {
        bits.u32([(19, 0), (19, 1 << 19), (20, 1 << 20), (21, 1 << 21)])?;
    }
    Some(())
}

/// Numbers of 16 bits each.
pub(super) fn numbers(bits: &mut Bits, count: u32) -> Option<()> {
    for _ in 0..count {
        bits.take(16)?;
    }
    Some(())
}

/// Most channels besides colour, as in level 10.
const MAX_EXTRA_CHANNELS: u32 = 256;

/// Colour spaces.
const GREY: u32 = 1;
const XYB: u32 = 2;

/// White point or primaries of their own.
const CUSTOM: u32 = 2;

/// Types of extra channels.
pub(super) const ALPHA: u32 = 0;
pub(super) const DEPTH: u32 = 1;
pub(super) const SPOT_COLOUR: u32 = 2;
pub(super) const BLACK: u32 = 4;
const COLOUR_FILTER: u32 = 5;
pub(super) const THERMAL: u32 = 6;
