//! What differs from one frame of an animation to the next: all that has to be stored of it.

use crate::{Error, Image};

/// A part of the canvas, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Part {
    /// Where nothing differs, a frame is stored as one pixel: it must be there for its time.
    pub(super) const LEAST: Self = Self { left: 0, top: 0, width: 1, height: 1 };

    pub(super) fn whole(image: &Image) -> Self {
        Self { left: 0, top: 0, width: image.width(), height: image.height() }
    }

    /// The same part with an even corner, which is all that WebP can say.
    pub(super) fn evened(self) -> Self {
        let (left, top) = (self.left & !1, self.top & !1);
        Self { left, top, width: self.width + self.left - left, height: self.height + self.top - top }
    }

    pub(super) fn union(self, other: Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Self { left, top, width: right - left, height: bottom - top }
    }

    /// The part of `image`.
    pub(super) fn of(self, image: &Image) -> Result<Image, Error> {
        let pixels = self.rows(image).flatten().copied().collect();
        Image::new(self.width, self.height, pixels)
    }

    /// The part's rows, bytes.
    pub(super) fn rows(self, image: &Image) -> impl Iterator<Item = &[u8]> {
        let stride = image.width() as usize * 4;
        let columns = self.left as usize * 4..(self.left + self.width) as usize * 4;
        let rows = image.pixels().chunks_exact(stride).skip(self.top as usize).take(self.height as usize);
        rows.filter_map(move |row| row.get(columns.clone()))
    }
}

/// The smallest part that holds every pixel for which `differ` says so; `None` where no pixel does. The pictures are of one size.
pub(super) fn changed(before: &Image, after: &Image, differ: impl Fn(&[u8; 4], &[u8; 4]) -> bool) -> Option<Part> {
    let stride = after.width() as usize * 4;
    let rows = || before.pixels().chunks_exact(stride).zip(after.pixels().chunks_exact(stride)).enumerate();
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    for (y, (before, after)) in rows() {
        let (before, after) = (before.as_chunks::<4>().0, after.as_chunks::<4>().0);
        let is_different = |x: &usize| differ(&before[*x], &after[*x]);
        let Some(first) = (0..after.len()).find(is_different) else { continue };
        let last = (first..after.len()).rev().find(is_different).unwrap_or(first);
        (left, right, top, bottom) = (left.min(first), right.max(last + 1), top.min(y), y + 1);
    }
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (right > 0).then(|| Part { left: side(left), top: side(top), width: side(right - left), height: side(bottom - top) })
}
