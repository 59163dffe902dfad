//! Places in a picture.

use serde::{Deserialize, Serialize};

use crate::{Error, FaceMode};

/// A rectangle in px of the upright picture; `x`, `y` is its top left corner before it is turned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Region {
    /// Left edge, px from the left of the picture. May lie outside it.
    pub x: f64,
    /// Top edge, px from the top of the picture. May lie outside it.
    pub y: f64,
    /// Width in px, above 0.
    pub width: f64,
    /// Height in px, above 0.
    pub height: f64,
    /// Turn about the rectangle's centre, degrees clockwise. Default 0; reports always say it.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub angle: f64,
}

impl Region {
    /// An upright rectangle.
    #[must_use]
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height, angle: 0.0 }
    }

    /// The centre (x, y).
    #[must_use]
    pub fn centre(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Whether the point lies in the rectangle, its turn taken into account.
    #[must_use]
    pub fn contains(&self, x: f64, y: f64) -> bool {
        let (cx, cy) = self.centre();
        let (sin, cos) = (libm::sin(-self.angle.to_radians()), libm::cos(-self.angle.to_radians()));
        let (dx, dy) = (x - cx, y - cy);
        let (u, v) = (dx * cos - dy * sin, dx * sin + dy * cos);
        u.abs() <= self.width / 2.0 && v.abs() <= self.height / 2.0
    }

    /// The smallest upright rectangle that holds the turned one: (left, top, right, bottom).
    #[must_use]
    pub fn bounds(&self) -> (f64, f64, f64, f64) {
        let (cx, cy) = self.centre();
        let (sin, cos) = (libm::sin(self.angle.to_radians()).abs(), libm::cos(self.angle.to_radians()).abs());
        let half_width = (self.width * cos + self.height * sin) / 2.0;
        let half_height = (self.width * sin + self.height * cos) / 2.0;
        (cx - half_width, cy - half_height, cx + half_width, cy + half_height)
    }

    /// The same place in a picture that is `factor` times as large.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let Self { x, y, width, height, angle } = *self;
        Self { x: x * factor, y: y * factor, width: width * factor, height: height * factor, angle }
    }

    /// # Errors
    /// [`Error::InvalidOption`] unless every number is finite and both sides are above 0.
    pub fn check(&self) -> Result<(), Error> {
        let finite = [self.x, self.y, self.width, self.height, self.angle].iter().all(|n| n.is_finite());
        if finite && self.width > 0.0 && self.height > 0.0 {
            return Ok(());
        }
        Err(Error::InvalidOption(format!(
            "region {},{},{},{}: x, y, width and height must be finite numbers, width and height above 0",
            self.x, self.y, self.width, self.height
        )))
    }
}

/// A place that a caller wants redacted: a region, and what it is to look like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Mark {
    /// Left edge, px from the left of the picture. May lie outside it.
    pub x: f64,
    /// Top edge, px from the top of the picture. May lie outside it.
    pub y: f64,
    /// Width in px, above 0.
    pub width: f64,
    /// Height in px, above 0.
    pub height: f64,
    /// Turn about the rectangle's centre, degrees clockwise. Default 0.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub angle: f64,
    /// What it and the faces whose centres lie in it look like. Default: what `faces` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "Exclude<FaceMode, 'keep'>"))]
    pub mode: Option<FaceMode>,
}

impl Mark {
    /// The place alone.
    #[must_use]
    pub fn region(&self) -> Region {
        let Self { x, y, width, height, angle, .. } = *self;
        Region { x, y, width, height, angle }
    }

    /// # Errors
    /// [`Error::InvalidOption`] unless the region is sound and its mode covers something.
    pub fn check(&self) -> Result<(), Error> {
        self.region().check()?;
        if self.mode == Some(FaceMode::Keep) {
            return Err(Error::InvalidOption("mode keep: a region is there to be redacted; `exempt` leaves faces alone".into()));
        }
        Ok(())
    }
}

/// Looks as `faces` says.
impl From<Region> for Mark {
    fn from(Region { x, y, width, height, angle }: Region) -> Self {
        Self { x, y, width, height, angle, mode: None }
    }
}

/// A face: where it is and how sure the detector was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Face {
    /// The detector's box, not grown.
    #[serde(flatten)]
    pub region: Region,
    /// 0 (not a face) to 1 (certainly one).
    pub score: f64,
}
