//! GIF, by `gif`: frames with their palettes.

use std::io::Cursor;
use std::num::NonZeroU64;
use std::sync::Arc;

use gif::{ColorOutput, DecodeOptions, Decoder, DisposalMethod, MemoryLimit};

use super::Samples;
use super::canvas::{Disposal, Patch};
use super::frames::{Drawn, Step};
use crate::inspect::{Inspection, Role};
use crate::sequence::Delay;
use crate::{Error, Limits};

pub(super) struct Reader {
    decoder: Decoder<Cursor<Arc<[u8]>>>,
}

/// How often the animation is played, 0 for ever. An extension states how often it is repeated; without one it is played once.
pub(super) fn plays(inspection: &Inspection, bytes: &[u8]) -> u32 {
    let is_loop = |name: &str| name.starts_with("Application Extension/");
    let Some(segment) = inspection.segments.iter().find(|s| s.role == Role::Structure && is_loop(&s.name)) else { return 1 };
    match bytes.get(segment.range.clone()) {
        Some(&[.., 0, 0, 0]) => 0,
        Some(&[.., low, high, 0]) => u32::from(u16::from_le_bytes([low, high])) + 1,
        _ => 1,
    }
}

impl Reader {
    pub(super) fn open(bytes: Arc<[u8]>, limits: &Limits) -> Result<Self, Error> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::Indexed);
        options.set_memory_limit(NonZeroU64::new(limits.max_decoded_bytes).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes));
        Ok(Self { decoder: options.read_info(Cursor::new(bytes)).map_err(|e| refusal(&e))? })
    }

    pub(super) fn next_step(&mut self) -> Result<Option<Step>, Error> {
        let global = self.decoder.global_palette().map(<[u8]>::to_vec);
        let Some(frame) = self.decoder.read_next_frame().map_err(|e| refusal(&e))? else { return Ok(None) };
        let palette = frame.palette.as_ref().or(global.as_ref()).ok_or_else(|| Error::malformed("GIF: a picture without colours", 0))?;
        let colour = |&index: &u8| {
            // Browsers take an index without a colour for a see-through pixel.
            let entry = palette.as_chunks::<3>().0.get(usize::from(index)).filter(|_| frame.transparent != Some(index));
            entry.map_or([0; 4], |&[r, g, b]| [r, g, b, 255])
        };
        let patch = Patch {
            left: frame.left.into(),
            top: frame.top.into(),
            width: frame.width.into(),
            height: frame.height.into(),
            pixels: Vec::new(),
            is_over: true,
            disposal: match frame.dispose {
                DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
                DisposalMethod::Background => Disposal::Clear,
                DisposalMethod::Previous => Disposal::Restore,
            },
        };
        let samples = Samples::Rgba8(frame.buffer.iter().flat_map(colour).collect());
        let delay = Delay::new(frame.delay.into(), 100);
        Ok(Some(Step { picture: Drawn { patch, samples, is_gray: false }, delay, is_shown: true }))
    }
}

fn refusal(error: &gif::DecodingError) -> Error {
    match error {
        gif::DecodingError::MemoryLimit | gif::DecodingError::OutOfMemory => Error::LimitExceeded(format!("GIF: {error}")),
        _ => Error::malformed(format!("GIF: {error}"), 0),
    }
}
