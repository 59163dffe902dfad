//! Rectangles of whole pixels, and the block grid of a compressed source.

use crate::Region;
use crate::inspect::Orientation;

/// Pixels `left..right` × `top..bottom` of the upright picture. Never empty, never outside the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) right: u32,
    pub(crate) bottom: u32,
}

impl Rect {
    /// Every pixel that `region`, grown on each side by the fraction `growth` of its size, touches; `None` when that is none of the
    /// picture's. A turned region counts as its upright bounds. Numbers that are not finite cover everything: a broken box must not
    /// leave a face uncovered.
    pub(crate) fn covering(region: &Region, growth: f64, width: u32, height: u32) -> Option<Self> {
        let grow = |side: f64| side * growth;
        let (left, top, right, bottom) = Region {
            x: region.x - grow(region.width),
            y: region.y - grow(region.height),
            width: region.width + 2.0 * grow(region.width),
            height: region.height + 2.0 * grow(region.height),
            angle: region.angle,
        }
        .bounds();
        if ![left, top, right, bottom].iter().all(|n| n.is_finite()) {
            return Some(Self { left: 0, top: 0, right: width, bottom: height });
        }
        let rect = Self {
            left: pixel(left.floor(), width),
            top: pixel(top.floor(), height),
            right: pixel(right.ceil(), width),
            bottom: pixel(bottom.ceil(), height),
        };
        (rect.left < rect.right && rect.top < rect.bottom).then_some(rect)
    }

    pub(crate) fn width(&self) -> u32 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> u32 {
        self.bottom - self.top
    }

    pub(crate) fn long_side(&self) -> u32 {
        self.width().max(self.height())
    }

    /// Number of pixels.
    #[cfg(feature = "gpu")]
    pub(crate) fn area(&self) -> usize {
        self.width() as usize * self.height() as usize
    }

    /// `by` px more on each side, as far as the picture reaches.
    pub(crate) fn grown(&self, by: u32, width: u32, height: u32) -> Self {
        Self {
            left: self.left.saturating_sub(by),
            top: self.top.saturating_sub(by),
            right: self.right.saturating_add(by).min(width),
            bottom: self.bottom.saturating_add(by).min(height),
        }
    }

    /// The smallest rectangle that holds both.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Whether fewer than `gap` px lie between the two, to the side as well as up and down.
    pub(crate) fn is_within(&self, gap: u32, other: &Self) -> bool {
        let reach = |lo: u32, hi: u32, other_lo: u32, other_hi: u32| lo < other_hi.saturating_add(gap) && other_lo < hi.saturating_add(gap);
        reach(self.left, self.right, other.left, other.right) && reach(self.top, self.bottom, other.top, other.bottom)
    }

    /// The rectangle as a region.
    pub(crate) fn region(&self) -> Region {
        Region::new(f64::from(self.left), f64::from(self.top), f64::from(self.width()), f64::from(self.height()))
    }
}

/// The blocks in which a lossy source was compressed: what lies under any part of a block has smeared over all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockGrid {
    /// Width of a block in px of the stored picture: a JPEG's MCU, 8 or 16 as a rule; 16 for lossy WebP's macroblocks.
    pub width: u32,
    /// Height of a block in px of the stored picture.
    pub height: u32,
    /// How the stored picture was turned to be upright.
    pub orientation: Orientation,
}

impl BlockGrid {
    /// All blocks that `rect` touches, and [`SPILL`] px around them.
    pub(crate) fn snap(&self, rect: &Rect, width: u32, height: u32) -> Rect {
        let orientation = self.orientation.value();
        // Blocks are counted from the stored picture's left and top edge. These are the orientations in which that edge comes to lie
        // on the right or at the bottom. [Exif 2.3, tag 0x0112]
        let from_right = matches!(orientation, 2 | 3 | 6 | 7);
        let from_bottom = matches!(orientation, 3 | 4 | 7 | 8);
        let (across, down) = if self.orientation.swaps_sides() { (self.height, self.width) } else { (self.width, self.height) };
        let (left, right) = snap_axis(rect.left, rect.right, width, across, from_right);
        let (top, bottom) = snap_axis(rect.top, rect.bottom, height, down, from_bottom);
        Rect { left, top, right, bottom }.grown(SPILL, width, height)
    }
}

/// Decoders smooth chroma over block borders when they enlarge it: one px with the triangle filter, and one to be safe.
pub(crate) const SPILL: u32 = 2;

fn snap_axis(lo: u32, hi: u32, side: u32, block: u32, from_far_end: bool) -> (u32, u32) {
    let block = block.max(1);
    let outward = |lo: u32, hi: u32| (lo / block * block, hi.div_ceil(block).saturating_mul(block).min(side));
    if !from_far_end {
        return outward(lo, hi);
    }
    let (lo, hi) = outward(side - hi, side - lo);
    (side - hi, side - lo)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=side, and side is a u32")]
fn pixel(position: f64, side: u32) -> u32 {
    position.clamp(0.0, f64::from(side)) as u32
}
