//! Checks an animated PNG's frames: no more and no fewer than stated, all inside the canvas. [PNG 3rd edition §11.3.4]

use super::Header;
use super::data::Stream;
use super::rows::Used;
use crate::inspect::cursor::{Order, View};

/// What a chunk is to the animation.
pub(super) enum Part {
    Control,
    Pixels,
    /// Belongs to no animation: no viewer shows it.
    Stray,
}

#[derive(Default)]
pub(super) struct Animation {
    /// Frames that `acTL` states; `None` without one.
    stated: Option<u32>,
    controls: u32,
    next_sequence: u32,
    /// Whether the last frame's control has no data yet.
    awaits_data: bool,
    /// The data of the frame whose control came last, unless that is in IDAT.
    stream: Option<Stream>,
    /// What all frames so far count for when they are unpacked, but for the one in IDAT.
    pub(super) unpacked: u64,
}

impl Animation {
    pub(super) fn frames(&self) -> u32 {
        self.stated.unwrap_or(1)
    }

    /// Takes note of IDAT, which is the first frame's data when a control came before it.
    pub(super) fn default_image(&mut self) {
        self.awaits_data = false;
    }

    pub(super) fn chunk(
        &mut self,
        kind: &[u8; 4],
        data: View,
        before_data: bool,
        header: &Header,
        used: &mut Used,
    ) -> Result<Part, String> {
        if kind == b"acTL" {
            if self.stated.is_some() || !before_data {
                return Ok(Part::Stray);
            }
            let frames = data.u32(0, Order::Big).filter(|&f| f > 0 && data.len() == 8).ok_or("not a count of frames")?;
            self.stated = Some(frames);
            return Ok(Part::Control);
        }
        if self.stated.is_none() {
            return Ok(Part::Stray);
        }
        if data.u32(0, Order::Big) != Some(self.next_sequence) {
            return Err("out of sequence".into());
        }
        self.next_sequence = self.next_sequence.saturating_add(1);
        if kind == b"fdAT" {
            let Some(stream) = self.stream.as_mut() else { return Err("a frame's data out of place".into()) };
            // A chunk may hold none of it, as any of IDAT's may.
            self.awaits_data &= data.len() == 4;
            // Chunks are numbered through: none can be taken out, so nothing may hide in one.
            if stream.feed(data.from(4), used)? < data.len().saturating_sub(4) {
                return Err("the data is more than the frame".into());
            }
            return Ok(Part::Pixels);
        }
        if self.awaits_data {
            return Err("the frame before has no data".into());
        }
        self.stream.take().map_or(Ok(()), |stream| stream.finish(used))?;
        let (width, height) = frame_size(data, header, before_data)?;
        if !before_data {
            self.unpacked = self.unpacked.saturating_add(header.work(width, height));
            self.stream = Some(Stream::new(header, width, height));
        }
        self.controls = self.controls.saturating_add(1);
        self.awaits_data = true;
        Ok(Part::Control)
    }

    /// At IEND: all frames must be there.
    pub(super) fn check_complete(&mut self, used: &mut Used) -> Result<(), String> {
        self.stream.take().map_or(Ok(()), |stream| stream.finish(used))?;
        match self.stated {
            Some(frames) if frames != self.controls => Err(format!("{} frames where acTL states {frames}", self.controls)),
            Some(_) if self.awaits_data => Err("the last frame has no data".into()),
            _ => Ok(()),
        }
    }
}

/// Width and height of the frame that a control announces.
fn frame_size(data: View, header: &Header, is_default: bool) -> Result<(u32, u32), String> {
    let number = |at| data.u32(at, Order::Big);
    let (Some(width), Some(height), Some(x), Some(y)) = (number(4), number(8), number(12), number(16)) else {
        return Err("too short".into());
    };
    let fits = |start: u32, side: u32, canvas: u32| side > 0 && start.checked_add(side).is_some_and(|end| end <= canvas);
    let inside = fits(x, width, header.width) && fits(y, height, header.height);
    let whole = (x, y, width, height) == (0, 0, header.width, header.height);
    let known = matches!(data.u8(24), Some(0..=2)) && matches!(data.u8(25), Some(0..=1)) && data.len() == 26;
    if !known || !inside || (is_default && !whole) {
        return Err("a frame that does not fit the picture".into());
    }
    Ok((width, height))
}
