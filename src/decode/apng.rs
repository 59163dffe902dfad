//! Animated PNG, by `png`: frames in any colour type and depth.

use std::io::Cursor;
use std::sync::Arc;

use png::{BitDepth, BlendOp, Decoder, DisposeOp, Transformations};

use super::canvas::{Disposal, Patch};
use super::frames::{Drawn, Step};
use super::png::samples;
use crate::sequence::Delay;
use crate::{Error, Limits};

pub(super) struct Reader {
    reader: png::Reader<Cursor<Arc<[u8]>>>,
    /// Frames that are yet to come.
    left: u32,
    /// Whether the picture in IDAT, which comes first, is none of them.
    has_still: bool,
}

impl Reader {
    pub(super) fn open(bytes: Arc<[u8]>, limits: &Limits) -> Result<Self, Error> {
        let bytes_at_most = usize::try_from(limits.max_decoded_bytes).unwrap_or(usize::MAX);
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: bytes_at_most });
        decoder.set_transformations(Transformations::EXPAND);
        let reader = decoder.read_info().map_err(|e| refusal(&e))?;
        let left = reader.info().animation_control().ok_or_else(|| Error::malformed("PNG: no acTL", 8))?.num_frames;
        let has_still = reader.info().frame_control().is_none();
        Ok(Self { reader, left, has_still })
    }

    pub(super) fn plays(&self) -> u32 {
        self.reader.info().animation_control().map_or(1, |control| control.num_plays)
    }

    pub(super) fn next_step(&mut self) -> Result<Option<Step>, Error> {
        let is_still = std::mem::take(&mut self.has_still);
        if !is_still {
            let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
            self.left = left;
        }
        let length = self.reader.output_buffer_size().ok_or_else(|| Error::LimitExceeded("PNG: a frame too large for memory".into()))?;
        let mut raw = vec![0; length];
        let info = self.reader.next_frame(&mut raw).map_err(|e| refusal(&e))?;
        // An interlaced frame has rows as far apart as the canvas has, though it be smaller.
        let whole = self.reader.info();
        let stride = if whole.interlaced { self.reader.output_line_size(whole.width) } else { Some(info.line_size) };
        let stride = stride.filter(|&stride| stride > info.line_size).unwrap_or(info.line_size);
        if stride > info.line_size {
            raw = raw.chunks(stride).take(info.height as usize).filter_map(|row| row.get(..info.line_size)).flatten().copied().collect();
        }
        raw.truncate(info.buffer_size());
        let channels = info.color_type.samples();
        let is_deep = info.bit_depth == BitDepth::Sixteen;
        if is_deep {
            // The crate gives them as they are in the file.
            raw.as_chunks_mut::<2>().0.iter_mut().for_each(|word| *word = u16::from_be_bytes(*word).to_ne_bytes());
        }
        let samples = samples(&raw, channels, is_deep).ok_or_else(|| Error::malformed("PNG: a colour type that PNG does not have", 0))?;
        let control = self.reader.info().frame_control().copied().filter(|_| !is_still);
        let patch = Patch {
            left: control.map_or(0, |c| c.x_offset),
            top: control.map_or(0, |c| c.y_offset),
            width: info.width,
            height: info.height,
            pixels: Vec::new(),
            is_over: control.is_some_and(|c| c.blend_op == BlendOp::Over),
            disposal: match control.map(|c| c.dispose_op) {
                None | Some(DisposeOp::None) => Disposal::Keep,
                Some(DisposeOp::Background) => Disposal::Clear,
                Some(DisposeOp::Previous) => Disposal::Restore,
            },
        };
        let delay = control.map_or(Delay::NONE, |c| Delay::new(c.delay_num.into(), c.delay_den.into()));
        Ok(Some(Step { picture: Drawn { patch, samples, is_gray: channels <= 2 }, delay, is_shown: !is_still }))
    }
}

fn refusal(error: &png::DecodingError) -> Error {
    match error {
        png::DecodingError::LimitsExceeded => Error::LimitExceeded(format!("PNG: {error}")),
        _ => Error::malformed(format!("PNG: {error}"), 0),
    }
}
