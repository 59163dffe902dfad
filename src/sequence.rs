//! Files of several pictures: what the pictures are to each other, and how long each is shown.

/// What the pictures of a file are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequence {
    /// Frames, shown one after the other in one place.
    Animation {
        /// How often it is played; 0 for ever.
        plays: u32,
    },
    /// Pages, each a picture of its own.
    Pages,
}

/// How long a frame is shown: a fraction of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// Numerator.
    pub numerator: u32,
    /// Denominator, at least 1.
    pub denominator: u32,
}

impl Delay {
    /// No time: for pages.
    pub const NONE: Self = Self { numerator: 0, denominator: 1 };

    /// `count` parts of a second that has `denominator`; 0 counts as 100, as in animated PNG.
    #[must_use]
    pub fn new(count: u32, denominator: u32) -> Self {
        Self { numerator: count, denominator: if denominator == 0 { 100 } else { denominator } }
    }

    /// The same in whole parts of a second that has `denominator`, rounded, but never to nothing.
    #[must_use]
    pub fn in_parts(self, denominator: u32) -> u32 {
        let denominator = u64::from(denominator);
        let parts = (u64::from(self.numerator) * denominator * 2 + u64::from(self.denominator)) / (u64::from(self.denominator) * 2);
        u32::try_from(parts).unwrap_or(u32::MAX).max(u32::from(self.numerator > 0))
    }
}

/// One picture of a file, described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameFacts {
    /// Width of the upright picture, px.
    pub width: u32,
    /// Height of the upright picture, px.
    pub height: u32,
    /// How long it is shown.
    pub delay: Delay,
}
