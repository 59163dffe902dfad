//! Walks a codestream: the picture's header, then frames to the last. [ISO/IEC 18181-1 §C.1]

use std::ops::Range;

use super::bits::Bits;
use super::frame;
use super::header::{ALPHA, BLACK, DEPTH, Header, Oddity, Profile, SPOT_COLOUR, THERMAL};
use crate::inspect::MetadataKind;
use crate::inspect::icc::{Sanitised, sanitise};
use crate::{Error, Limits};

/// What a codestream holds.
pub(super) struct Codestream {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: u32,
    pub(super) bit_depth: u32,
    pub(super) has_alpha: bool,
    /// Pictures shown one after the other.
    pub(super) frames: u32,
    /// All of it, in order, up to the last frame's end.
    pub(super) parts: Vec<Part>,
    pub(super) oddities: Vec<Oddity>,
    /// The colour profile, and where its stream is.
    pub(super) icc: Option<(Vec<u8>, Range<usize>)>,
    /// Just behind the last frame.
    pub(super) end: usize,
}

/// A run of a codestream's bytes.
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) what: What,
}

/// What a run of bytes is.
pub(super) enum What {
    /// A header, and how it is written: without what does not stay.
    Header(Vec<u8>),
    /// A frame's data.
    Data,
    /// The preview: a small copy of the picture, which goes.
    Preview,
}

/// Walks `bytes`; `place` says where in the file a byte of them is.
pub(super) fn read(bytes: &[u8], place: impl Fn(usize) -> usize, limits: &Limits) -> Result<Codestream, Error> {
    let malformed = |what: &str, at: usize| Error::malformed(what, place(at));
    let broken = || malformed("the header is not that of a JPEG XL, or cut off", 0);
    let mut bits = Bits::new(bytes, 0);
    let mut header = Header::read(&mut bits, None).ok_or_else(broken)?;
    limits.check_picture(header.width, header.height, if header.bit_depth > 8 { 8 } else { 4 })?;
    check_channels(&header)?;
    let profile = header.icc.as_ref().map(|(icc, _)| match sanitise(icc) {
        Sanitised::Rebuilt(profile) => Profile::Rebuilt(profile),
        Sanitised::Srgb | Sanitised::Refused => Profile::Gone,
    });
    if profile.is_some() {
        bits = Bits::new(bytes, 0);
        header = Header::read(&mut bits, profile.as_ref()).ok_or_else(broken)?;
    }
    bits.align().ok_or_else(|| malformed("the header's last bits are not zero", bits.position()))?;
    let mut parts = vec![Part { range: 0..bits.position(), what: What::Header(bits.into_written()) }];
    let mut at = parts.last().map_or(0, |part| part.range.end);
    let picture = (header.width, header.height);
    let mut is_preview = header.preview.is_some();
    let (mut shown, mut number) = (0_u32, 0_usize);
    loop {
        if parts.len() >= limits.max_segments {
            return Err(Error::LimitExceeded(format!("more than {} frames and headers in one file", limits.max_segments)));
        }
        let mut bits = Bits::new(bytes, at);
        let size = header.preview.filter(|_| is_preview).unwrap_or(picture);
        let before = header.oddities.len();
        let frame = frame::read(&mut bits, &mut header, size, number);
        let frame = frame.ok_or_else(|| malformed("a frame's header is broken or cut off", at))?;
        if header.permuted_parts > MAX_PERMUTED {
            return Err(Error::LimitExceeded(format!("frames with more than {MAX_PERMUTED} parts that are in an order of their own")));
        }
        let data = bits.position();
        let end = usize::try_from(frame.length).ok().and_then(|length| data.checked_add(length)).filter(|&end| end <= bytes.len());
        let end = end.ok_or_else(|| malformed("the file ends before the frame does", at))?;
        if is_preview {
            // Its oddities go with it.
            header.oddities.truncate(before);
            parts.push(Part { range: at..end, what: What::Preview });
            is_preview = !frame.is_last;
            at = end;
            continue;
        }
        if frame.is_beyond_edges {
            return Err(Error::Unsupported(
                "a JPEG XL with pixels beyond the picture's edges: they cannot be cut without re-encoding".into(),
            ));
        }
        parts.push(Part { range: at..data, what: What::Header(bits.into_written()) });
        parts.push(Part { range: data..end, what: What::Data });
        at = end;
        number = number.saturating_add(1);
        if frame.is_normal && (frame.is_last || frame.duration > 0) {
            shown = shown.saturating_add(1);
        }
        if frame.is_last {
            break;
        }
    }
    Ok(Codestream {
        width: header.width,
        height: header.height,
        orientation: header.orientation,
        bit_depth: header.bit_depth,
        has_alpha: header.extra_channels.contains(&ALPHA),
        frames: if header.is_animated { shown } else { 1 },
        parts,
        oddities: header.oddities,
        icc: header.icc,
        end: at,
    })
}

/// Refuses channels that are no part of what is shown: they cannot be cut without re-encoding.
fn check_channels(header: &Header) -> Result<(), Error> {
    let what = |kind: &u32| match *kind {
        ALPHA | SPOT_COLOUR | BLACK => None,
        DEPTH => Some("a depth map"),
        THERMAL => Some("a thermal picture"),
        _ => Some("a channel that is neither colour nor alpha"),
    };
    match header.extra_channels.iter().find_map(what) {
        Some(what) => Err(Error::Unsupported(format!("a JPEG XL that holds {what}, which cannot be cut without re-encoding"))),
        None => Ok(()),
    }
}

impl Part {
    /// What kind of thing it is, when it does not stay.
    pub(super) fn gone(&self) -> Option<MetadataKind> {
        matches!(self.what, What::Preview).then_some(MetadataKind::Thumbnail)
    }
}

/// Most parts of all frames that are in an order of their own: the order of ten thousands may be stated in some dozens of bytes.
const MAX_PERMUTED: u64 = 10_000_000;
