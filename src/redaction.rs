//! What was covered, and on whose word.

use serde::Serialize;

use crate::{FaceMode, Region};

/// A redaction, as the report states it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
// Said out loud, because a TypeScript interface cannot extend a union, which `Source` is.
#[cfg_attr(
    target_arch = "wasm32",
    derive(tsify::Tsify),
    tsify(type = "Region & Source & { mode: FaceMode; irreversible: boolean; frame?: number }")
)]
pub struct Redaction {
    /// The covered pixels: the target grown, snapped to the source's blocks and clipped to the picture.
    #[serde(flatten)]
    pub region: Region,
    /// Who asked for it.
    #[serde(flatten)]
    pub source: Source,
    /// What it looks like. Redactions that touch look like the strongest of them.
    pub mode: FaceMode,
    /// Whether no bit of the covered pixels reaches the output.
    pub irreversible: bool,
    /// In which frame or page, counted from 0; absent where the file has one picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u32>,
}

/// Who asked for a redaction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "source", rename_all = "lowercase")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum Source {
    /// The detector. Its box is grown by `redact::FACE_GROWTH`.
    Face {
        /// How sure it was, 0 to 1.
        score: f64,
    },
    /// The user. Covered as drawn, and no less.
    Manual,
}
