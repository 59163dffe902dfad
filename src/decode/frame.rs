//! One picture of a file that can hold several.

use crate::inspect::{Inspection, Orientation, Role};
use crate::sequence::Delay;
use crate::{Format, Image};

/// Whether a file is of a kind that holds several pictures, be it that there is one only.
#[must_use]
pub fn is_sequence(inspection: &Inspection) -> bool {
    let has = |name: &str| inspection.segments.iter().any(|segment| segment.name == name && segment.role == Role::Structure);
    match inspection.format {
        Format::Gif | Format::Tiff => true,
        Format::Png => has("acTL"),
        Format::Webp => has("ANMF"),
        _ => false,
    }
}

/// A picture out of several.
#[derive(Debug, Clone)]
pub struct Frame {
    /// As stored, not yet turned upright. Of an animation, the whole canvas.
    pub image: Image,
    /// How it must be turned.
    pub orientation: Orientation,
    /// How long it is shown.
    pub delay: Delay,
    /// How many pixels held something that nobody can see: see-through ones a colour, or the frame some outside the canvas. It was cleared.
    pub hidden_pixels: u64,
    /// Whether viewers show it. A PNG may hold a picture for those that know no animations.
    pub is_shown: bool,
}
