//! Boxes: a length, four letters, content. [ISO 14496-12 §4.2]

use crate::inspect::cursor::{Order, View};
use crate::{Error, Limits};

/// One box.
#[derive(Clone, Copy)]
pub(super) struct BmffBox<'a> {
    pub(super) kind: [u8; 4],
    /// Header and content.
    pub(super) whole: View<'a>,
    /// What follows length and letters.
    pub(super) content: View<'a>,
    /// Whether it says that it is longer than what holds it.
    pub(super) is_cut: bool,
}

impl<'a> BmffBox<'a> {
    /// The box at byte `at` of `parent`; `None` where none starts.
    pub(super) fn read(parent: View<'a>, at: usize) -> Option<Self> {
        let stated = parent.u32(at, Order::Big)?;
        let kind: [u8; 4] = parent.array(at.checked_add(4)?)?;
        if !kind.iter().all(|b| matches!(b, 0x20..=0x7E | 0xA9)) {
            return None;
        }
        let rest = parent.from(at);
        let (header, length) = match stated {
            // To the end. [§4.2.2]
            0 => (8, u64::try_from(rest.len()).ok()?),
            1 => (16, parent.u64(at.checked_add(8)?, Order::Big)?),
            length => (8, u64::from(length)),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length < header {
            return None;
        }
        let whole = rest.until(length);
        Some(Self { kind, whole, content: whole.from(header), is_cut: length > rest.len() })
    }

    /// The boxes in `parent`, and what is left behind the last.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when there are too many.
    pub(super) fn all(parent: View<'a>, limits: &Limits) -> Result<(Vec<Self>, View<'a>), Error> {
        let mut boxes = Vec::new();
        let mut at = 0_usize;
        while let Some(next) = Self::read(parent, at).filter(|b| !b.is_cut) {
            if boxes.len() >= limits.max_segments {
                return Err(too_many("boxes", limits));
            }
            at = at.saturating_add(next.whole.len());
            boxes.push(next);
        }
        Ok((boxes, parent.from(at)))
    }

    pub(super) fn name(&self) -> String {
        name(self.kind)
    }

    /// The version of a full box, and what follows its flags. [§4.2.2]
    pub(super) fn full(&self) -> Option<Full<'a>> {
        let word = self.content.u32(0, Order::Big)?;
        Some(Full { version: self.content.u8(0)?, flags: word & 0xFF_FFFF, content: self.content.from(4) })
    }

    pub(super) fn malformed(&self, what: &str) -> Error {
        Error::malformed(format!("{}: {what}", self.name()), self.whole.offset(0))
    }
}

/// A box with a version and flags.
#[derive(Clone, Copy)]
pub(super) struct Full<'a> {
    pub(super) version: u8,
    pub(super) flags: u32,
    pub(super) content: View<'a>,
}

/// Reads numbers one after the other.
pub(super) struct Reader<'a> {
    view: View<'a>,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(view: View<'a>) -> Self {
        Self { view, at: 0 }
    }

    /// A number of `bytes` bytes, 0 to 8. Of none it is 0.
    pub(super) fn number(&mut self, bytes: usize) -> Option<u64> {
        let all = self.take(bytes)?;
        Some(all.bytes().iter().fold(0_u64, |n, &b| n.wrapping_shl(8) | u64::from(b)))
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        u8::try_from(self.number(1)?).ok()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        u16::try_from(self.number(2)?).ok()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.number(4)?).ok()
    }

    pub(super) fn take(&mut self, bytes: usize) -> Option<View<'a>> {
        let taken = self.view.get(self.at, bytes)?;
        self.at = self.at.saturating_add(bytes);
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.array(0)
    }

    /// Text up to its NUL, or to the end.
    pub(super) fn text(&mut self) -> View<'a> {
        let rest = self.rest();
        let length = rest.bytes().iter().position(|&b| b == 0).unwrap_or(rest.len());
        self.at = self.at.saturating_add(length).saturating_add(1);
        rest.until(length)
    }

    pub(super) fn rest(&self) -> View<'a> {
        self.view.from(self.at)
    }
}

/// Four letters as text.
pub(super) fn name(kind: [u8; 4]) -> String {
    kind.iter().map(|&b| char::from(b)).map(|c| if c.is_control() { '?' } else { c }).collect()
}

pub(super) fn too_many(what: &str, limits: &Limits) -> Error {
    Error::LimitExceeded(format!("more than {} {what} in one file", limits.max_segments))
}
