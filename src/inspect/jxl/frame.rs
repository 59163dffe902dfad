//! Reads frame headers and tables of contents: they say where each frame ends. [ISO/IEC 18181-1 §F]

use super::bits::Bits;
use super::entropy::Entropy;
use super::header::{Header, numbers};

/// What a frame's header says, as far as it matters here.
pub(super) struct Frame {
    /// Shown, alone or as a part of what is shown: neither a small copy for progressive display nor mere material for other frames.
    pub(super) is_normal: bool,
    pub(super) is_last: bool,
    pub(super) duration: u32,
    /// It holds pixels beyond the picture's edges.
    pub(super) is_beyond_edges: bool,
    /// Bytes of its data, which begin where the reader stands.
    pub(super) length: u64,
}

/// Reads a frame's header and table of contents, with `size` that of the picture or of its preview; `None` when it breaks the rules or the
/// file ends.
pub(super) fn read(bits: &mut Bits, header: &mut Header, size: (u32, u32), number: usize) -> Option<Frame> {
    let (mut frame, parts) = frame_header(bits, header, size, number)?;
    if bits.bool()? {
        header.permuted_parts = header.permuted_parts.saturating_add(parts.max(CODES));
        permutation(bits, parts)?;
    }
    bits.align()?;
    for _ in 0..parts {
        frame.length = frame.length.checked_add(bits.u32([(10, 0), (14, 1024), (22, 17_408), (30, 4_211_712)])?.into())?;
    }
    bits.align()?;
    Some(frame)
}

/// Reads in which order the parts come, as far as it takes to know where this ends. [§F.3.2]
fn permutation(bits: &mut Bits, parts: u64) -> Option<()> {
    let mut numbers = Entropy::read(bits, 8, true)?;
    let context = |n: u32| usize::try_from(n.checked_add(1)?.next_power_of_two().trailing_zeros().min(7)).ok();
    let count = numbers.value(bits, context(u32::try_from(parts).ok()?)?)?;
    if u64::from(count) > parts {
        return None;
    }
    let mut before = 0;
    for index in 0..count {
        before = numbers.value(bits, context(before)?)?;
        if u64::from(before) >= parts.checked_sub(index.into())? {
            return None;
        }
    }
    numbers.is_whole().then_some(())
}

/// [§F.2]. Returns how many parts the frame has, too.
fn frame_header(bits: &mut Bits, header: &mut Header, size: (u32, u32), number: usize) -> Option<(Frame, u64)> {
    let mut frame = Frame { is_normal: true, is_last: true, duration: 0, is_beyond_edges: false, length: 0 };
    if bits.bool()? {
        return Some((frame, parts(size, 256, 1)?));
    }
    let extra = header.extra_channels.len();
    let kind = bits.take(2)?;
    let is_modular = bits.bool()?;
    let flags = bits.u64()?;
    let uses_lf_frame = flags & USE_LF_FRAME != 0;
    let is_ycbcr = !header.is_xyb && bits.bool()?;
    if is_ycbcr && !uses_lf_frame {
        bits.take(6)?;
    }
    let mut upsampling = 1;
    if !uses_lf_frame {
        upsampling = bits.u32(POWERS)?;
        for _ in 0..extra {
            bits.u32(POWERS)?;
        }
    }
    let group = if is_modular { 128_u32 << bits.take(2)? } else { 256 };
    if !is_modular && header.is_xyb {
        bits.take(6)?;
    }
    let passes = if kind == REFERENCE_ONLY { 1 } else { passes(bits)? };
    let lf_level = if kind == LF_FRAME { u32::try_from(bits.take(2)?).ok()?.saturating_add(1) } else { 0 };
    frame.is_normal = matches!(kind, REGULAR | SKIP_PROGRESSIVE);
    let has_crop = kind != LF_FRAME && bits.bool()?;
    let (mut origin, mut crop) = ((0_i64, 0_i64), size);
    if has_crop {
        let place = |bits: &mut Bits| bits.u32([(8, 0), (11, 256), (14, 2304), (30, 18_688)]);
        if kind != REFERENCE_ONLY {
            origin = (signed(place(bits)?), signed(place(bits)?));
        }
        crop = (place(bits)?, place(bits)?);
    }
    if crop.0 == 0 || crop.1 == 0 {
        return None;
    }
    let ends = (origin.0.saturating_add(crop.0.into()), origin.1.saturating_add(crop.1.into()));
    let covers_all = origin.0 <= 0 && origin.1 <= 0 && ends.0 >= size.0.into() && ends.1 >= size.1.into();
    frame.is_beyond_edges = frame.is_normal && (origin.0 < 0 || origin.1 < 0 || ends.0 > size.0.into() || ends.1 > size.1.into());
    let mut resets_canvas = covers_all;
    if frame.is_normal {
        let colour_mode = blending(bits, extra > 0, None, covers_all)?;
        resets_canvas = colour_mode == REPLACE && covers_all;
        for _ in 0..extra {
            blending(bits, true, Some(colour_mode), covers_all)?;
        }
        if header.is_animated {
            frame.duration = bits.u32([(0, 0), (0, 1), (8, 0), (32, 0)])?;
            if header.has_timecodes {
                let at = bits.position();
                let code = bits.without(|bits| bits.take(32))?;
                header.note(crate::inspect::MetadataKind::Time, format!("frame/{number}/timecode"), at, bits, Some(timecode(code)));
            }
        }
        frame.is_last = bits.bool()?;
    } else {
        frame.is_last = false;
    }
    let mut reference = 0;
    if kind != LF_FRAME && !frame.is_last {
        reference = bits.take(2)?;
    }
    let can_be_reference = !frame.is_last && (frame.duration == 0 || reference != 0) && kind != LF_FRAME;
    if kind == REFERENCE_ONLY || resets_canvas && can_be_reference {
        bits.bool()?;
    }
    header.name(bits, format!("frame/{number}/name"))?;
    restoration_filter(bits, header, is_modular, number)?;
    header.extensions(bits, &format!("frame/{number}"))?;
    let sampled = |side: u32| side.div_ceil(upsampling).div_ceil(1 << lf_level.saturating_mul(3));
    Some((frame, parts((sampled(crop.0), sampled(crop.1)), group, passes)?))
}

/// [§F.2, Passes]
fn passes(bits: &mut Bits) -> Option<u64> {
    let count = bits.u32([(0, 1), (0, 2), (0, 3), (3, 4)])?;
    if count > 1 {
        let downsampled = bits.u32([(0, 0), (0, 1), (0, 2), (1, 3)])?;
        bits.take(count.saturating_sub(1).saturating_mul(2))?;
        for _ in 0..downsampled {
            bits.u32(POWERS)?;
        }
        for _ in 0..downsampled {
            bits.u32([(0, 0), (0, 1), (0, 2), (3, 0)])?;
        }
    }
    Some(count.into())
}

/// How a frame is laid over what was shown before. Returns the mode. [§F.2, BlendingInfo]
fn blending(bits: &mut Bits, has_extra: bool, colour_mode: Option<u32>, covers_all: bool) -> Option<u32> {
    let mode = bits.u32([(0, 0), (0, 1), (0, 2), (2, 3)])?;
    if mode > MULTIPLY {
        return None;
    }
    let by_alpha = has_extra && matches!(mode, BLEND | MULTIPLY_ADD);
    if by_alpha {
        bits.u32([(0, 0), (0, 1), (0, 2), (3, 3)])?;
    }
    if by_alpha || mode == MULTIPLY {
        bits.bool()?;
    }
    if colour_mode.unwrap_or(mode) != REPLACE || !covers_all {
        bits.take(2)?;
    }
    Some(mode)
}

/// [§J.1]
fn restoration_filter(bits: &mut Bits, header: &mut Header, is_modular: bool, number: usize) -> Option<()> {
    if bits.bool()? {
        return Some(());
    }
    if bits.bool()? && bits.bool()? {
        numbers(bits, 6)?;
    }
    let iterations = bits.take(2)?;
    if iterations > 0 {
        if !is_modular && bits.bool()? {
            numbers(bits, 8)?;
        }
        if bits.bool()? {
            numbers(bits, 3)?;
            // Ignored by decoders: room for 32 bits of anything.
            let at = bits.position();
            let ignored = bits.without(|bits| bits.take(32))?;
            bits.put(0, 32);
            if ignored != 0 {
                header.note(crate::inspect::MetadataKind::Unknown, format!("frame/{number}/epf_weight"), at, bits, None);
            }
        }
        if bits.bool()? {
            if !is_modular {
                numbers(bits, 1)?;
            }
            numbers(bits, 3)?;
        }
        if is_modular {
            numbers(bits, 1)?;
        }
    }
    header.extensions(bits, &format!("frame/{number}/restoration_filter"))
}

/// Entries of a table of contents. [§F.3.1]
fn parts(size: (u32, u32), group: u32, passes: u64) -> Option<u64> {
    let groups = |side: u32| u64::from(size.0.div_ceil(side)).saturating_mul(size.1.div_ceil(side).into());
    let (small, large) = (groups(group), groups(group.saturating_mul(8)));
    if small == 1 && passes == 1 {
        return Some(1);
    }
    Some(large.saturating_add(2).saturating_add(small.saturating_mul(passes))).filter(|&parts| parts <= MAX_PARTS)
}

/// A number whose lowest bit is its sign. [§B.2.6]
fn signed(number: u32) -> i64 {
    let half = i64::from(number >> 1);
    if number & 1 == 1 { -half - 1 } else { half }
}

/// Hours, minutes, seconds and frames as SMPTE writes them: binary-coded decimals.
fn timecode(code: u64) -> String {
    let part = |shift: u32| code >> shift & 0xFF;
    format!("{:02x}:{:02x}:{:02x}:{:02x}", part(24), part(16), part(8), part(0))
}

/// To read the codes in which an order is stated takes as long as so many parts.
const CODES: u64 = 512;

/// Most entries of a table of contents that decoders take.
const MAX_PARTS: u64 = 65_536;

const POWERS: [(u32, u32); 4] = [(0, 1), (0, 2), (0, 4), (0, 8)];

const USE_LF_FRAME: u64 = 0x20;

/// Types of frames.
const REGULAR: u64 = 0;
const LF_FRAME: u64 = 1;
const REFERENCE_ONLY: u64 = 2;
const SKIP_PROGRESSIVE: u64 = 3;

/// Blend modes.
const REPLACE: u32 = 0;
const BLEND: u32 = 2;
const MULTIPLY_ADD: u32 = 3;
const MULTIPLY: u32 = 4;
