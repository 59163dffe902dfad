//! WebP: lossy and lossless, with and without alpha, still and animated.

use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::canvas::{Disposal, Patch};
use super::frames::{Drawn, Step};
use super::{Picture, Samples, check_size};
use crate::inspect::Inspection;
use crate::inspect::cursor::{Order, View};
use crate::sequence::Delay;
use crate::{Error, riff};

pub(super) fn decode(bytes: &[u8], inspection: &Inspection) -> Result<Picture, Error> {
    let (width, samples) = still(bytes, |size| check_size(inspection, size))?;
    Ok(Picture { width, samples, is_gray: false })
}

/// Width and samples of a still picture, whose size is checked before it is decoded.
fn still(bytes: &[u8], check: impl Fn((u32, u32)) -> Result<(), Error>) -> Result<(usize, Samples), Error> {
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(&e))?;
    if decoder.has_animation() {
        return Err(Error::Unsupported("an animated WebP where a still was expected".into()));
    }
    let size = decoder.dimensions();
    check(size)?;
    let color = decoder.color_type();
    let length = usize::try_from(decoder.total_bytes()).map_err(|e| Error::LimitExceeded(format!("WebP: {e}")))?;
    let mut raw = vec![0; length];
    decoder.read_image(&mut raw).map_err(|e| refusal(&e))?;
    let samples = match color {
        ColorType::Rgb8 => Samples::Rgba8(raw.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect()),
        ColorType::Rgba8 => Samples::Rgba8(raw),
        other => return Err(Error::Unsupported(format!("a WebP of colour type {other:?}"))),
    };
    Ok((size.0 as usize, samples))
}

/// Reads an animation: each frame is made a still picture of its own and decoded as such. [RFC 9649 §2.7.1.1]
pub(super) struct Reader {
    bytes: Arc<[u8]>,
    /// Where the frames' data are.
    frames: std::vec::IntoIter<Range<usize>>,
    plays: u32,
}

impl Reader {
    pub(super) fn open(bytes: Arc<[u8]>) -> Result<Self, Error> {
        let file = View::file(&bytes);
        let (mut frames, mut plays) = (Vec::new(), 0);
        for (kind, data) in chunks(file.from(12))? {
            match &kind {
                b"ANIM" => plays = data.u16(4, Order::Little).unwrap_or(0).into(),
                b"ANMF" => frames.push(data.range()),
                _ => {}
            }
        }
        Ok(Self { frames: frames.into_iter(), plays, bytes })
    }

    pub(super) fn plays(&self) -> u32 {
        self.plays
    }

    pub(super) fn next_step(&mut self) -> Result<Option<Step>, Error> {
        let Some(range) = self.frames.next() else { return Ok(None) };
        let malformed = || Error::malformed("WebP: a frame that cannot be read", range.start);
        let frame = View::file(&self.bytes).get(range.start, range.len()).ok_or_else(malformed)?;
        let number = |at| frame.array::<3>(at).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0])).ok_or_else(malformed);
        let (left, top, width, height) = (number(0)? * 2, number(3)? * 2, number(6)? + 1, number(9)? + 1);
        let (delay, flags) = (Delay::new(number(12)?, 1000), frame.u8(15).ok_or_else(malformed)?);
        let mut alpha = None;
        let mut still_file = None;
        for (kind, data) in chunks(frame.from(16))? {
            match &kind {
                b"ALPH" => alpha = Some(data),
                b"VP8 " | b"VP8L" => still_file = Some(riff::still((width, height), kind, data.bytes(), alpha.map(View::bytes))),
                _ => {}
            }
        }
        let check = |size| if size == (width, height) { Ok(()) } else { Err(malformed()) };
        let (_, samples) = still(&still_file.ok_or_else(malformed)?, check)?;
        let disposal = if flags & 1 == 1 { Disposal::Clear } else { Disposal::Keep };
        let patch = Patch { left, top, width, height, pixels: Vec::new(), is_over: flags & 2 == 0, disposal };
        Ok(Some(Step { picture: Drawn { patch, samples, is_gray: false }, delay, is_shown: true }))
    }
}

/// The chunks of a RIFF list.
fn chunks(mut rest: View) -> Result<Vec<([u8; 4], View)>, Error> {
    let mut all = Vec::new();
    while !rest.is_empty() {
        let read = || {
            let data = rest.get(8, rest.length(4, Order::Little)?)?;
            Some((rest.array::<4>(0)?, data))
        };
        let (kind, data) = read().ok_or_else(|| Error::malformed("WebP: a chunk longer than what holds it", rest.offset(0)))?;
        all.push((kind, data));
        rest = rest.from(data.len().saturating_add(8).next_multiple_of(2));
    }
    Ok(all)
}

fn refusal(error: &ImageError) -> Error {
    match error {
        ImageError::Limits(_) => Error::LimitExceeded(format!("WebP: {error}")),
        ImageError::Unsupported(_) => Error::Unsupported(format!("WebP: {error}")),
        _ => Error::malformed(format!("WebP: {error}"), 0),
    }
}
