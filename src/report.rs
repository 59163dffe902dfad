//! What was found, removed, redacted and kept: plain facts, no prose, no clock times.

use serde::Serialize;
use sha2::{Digest, Sha256};

#[cfg(feature = "pixels")]
use crate::Face;
use crate::inspect::{Finding, Inspection, Kept, MetadataKind};
use crate::redaction::Redaction;
use crate::strip::Stripped;
use crate::{Format, Identity, Region};

/// The report on one photo. It exists only for output that was verified, or for a photo that was only looked at.
///
/// Sizes and places are px of the upright picture, as a viewer shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Report {
    /// Version of this report's shape: 1.
    pub version: u32,
    /// The photo as it came.
    pub input: FileFacts,
    /// The photo as it left; absent when it was only looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<FileFacts>,
    /// How many faces the detector found, exempt ones included. In an animation, a face that is followed from frame to frame counts once.
    pub faces_detected: usize,
    /// The detector's boxes at input size, exempt ones included: frame by frame, best first.
    pub faces: Vec<FoundFace>,
    /// What scored too little to count as a face and might be one: for a person to look at. Not redacted. Best first, at input size.
    pub uncertain: Vec<FoundFace>,
    /// What was redacted, at input size, frame by frame.
    pub redactions: Vec<Redaction>,
    /// What was removed (or would be), in the order of the file.
    pub removed: Vec<Removed>,
    /// What was kept besides the picture itself, and why.
    pub kept: Vec<Kept>,
    /// What happened to the pixels.
    pub pixels: Pixels,
    /// Whether the identity was reset.
    pub identity: Identity,
    /// The Exif orientation that was turned into the pixels, 1 to 8; 1 when they were not turned.
    pub orientation_applied: u8,
    /// What did the work.
    pub backend: Backends,
    /// What a person should know before they pass the photo on.
    pub warnings: Vec<String>,
}

impl Report {
    /// On a photo whose pixels stay as they are: what of it goes and what stays.
    pub(crate) fn untouched(bytes: &[u8], inspection: &Inspection, stripped: &Stripped) -> Self {
        Self {
            version: 1,
            input: FileFacts::new(inspection.format, inspection.upright_size(), bytes).of_frames(inspection.frames),
            output: None,
            faces_detected: 0,
            faces: Vec::new(),
            uncertain: Vec::new(),
            redactions: Vec::new(),
            removed: stripped.removed.iter().map(Removed::from).collect(),
            kept: stripped.kept.clone(),
            pixels: Pixels::Untouched,
            identity: Identity::Keep,
            orientation_applied: 1,
            backend: Backends { blur: "none".into(), detector: "none".into() },
            warnings: Vec::new(),
        }
    }

    /// The same with the digests of both files.
    pub(crate) fn with_digests(mut self, input: &[u8], output: &[u8]) -> Self {
        self.input.sha256 = sha256(input);
        if let Some(facts) = &mut self.output {
            facts.sha256 = sha256(output);
        }
        self
    }

    /// The same with what was written, which shows a picture of the same size.
    pub(crate) fn with_output(self, format: Format, bytes: &[u8]) -> Self {
        let size = (self.input.width, self.input.height);
        Self { output: Some(FileFacts { frames: self.input.frames, ..FileFacts::new(format, size, bytes) }), ..self }
    }
}

/// A scrubbed photo: verified bytes and what was done.
#[derive(Debug, Clone)]
pub struct Scrubbed {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is and what was done.
    pub report: Report,
}

impl Scrubbed {
    pub(crate) fn with_digests(self, input: &[u8]) -> Self {
        Self { report: self.report.with_digests(input, &self.bytes), ..self }
    }

    /// The format of `bytes`.
    #[must_use]
    pub fn format(&self) -> Format {
        self.report.output.as_ref().map_or(self.report.input.format, |output| output.format)
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct FileFacts {
    /// Its format.
    pub format: Format,
    /// Width, px, upright.
    pub width: u32,
    /// Height, px, upright.
    pub height: u32,
    /// Length in bytes.
    pub bytes: usize,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
    /// How many frames or pages it has; absent where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
}

impl FileFacts {
    /// Without the digest: a browser computes it many times as fast as WebAssembly could, and while that does other work.
    pub(crate) fn new(format: Format, (width, height): (u32, u32), bytes: &[u8]) -> Self {
        Self { format, width, height, bytes: bytes.len(), sha256: String::new(), frames: None }
    }

    /// The same of a file of so many frames.
    pub(crate) fn of_frames(self, frames: u32) -> Self {
        Self { frames: (frames > 1).then_some(frames), ..self }
    }
}

/// A face, and in which picture of the file it was found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct FoundFace {
    /// The detector's box, not grown.
    #[serde(flatten)]
    pub region: Region,
    /// 0 (not a face) to 1 (certainly one).
    pub score: f64,
    /// In which frame or page, counted from 0; absent where the file has one picture, and where viewers do not show the one it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u32>,
}

#[cfg(feature = "pixels")]
impl FoundFace {
    pub(crate) fn new(face: &Face, frame: Option<u32>) -> Self {
        Self { region: face.region, score: face.score, frame }
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut digest = Sha256::new();
    // Browsers replace slow code by quick code when a function is entered, so it is entered often.
    bytes.chunks(1 << 14).for_each(|part| digest.update(part));
    digest.finalize().iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// Something that was removed.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Removed {
    /// What kind of thing.
    pub kind: MetadataKind,
    /// Where it was, in the container's terms.
    pub path: String,
    /// Its length in the file, bytes.
    pub bytes: usize,
    /// Where it begins in the file, bytes from the start; absent for what was in the pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// What it said. For the person whose photo it is, never for a log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl From<&Finding> for Removed {
    fn from(finding: &Finding) -> Self {
        Self {
            kind: finding.kind,
            path: finding.path.clone(),
            bytes: finding.range.len(),
            offset: Some(finding.range.start),
            value: finding.value.clone(),
        }
    }
}

/// Leaves the value out, as [`Finding`] does.
impl std::fmt::Debug for Removed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Removed").field("kind", &self.kind).field("path", &self.path).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// What happened to the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum Pixels {
    /// The compressed data is that of the input, byte for byte.
    Untouched,
    /// Decoded, redacted, encoded again.
    Redacted,
    /// Decoded and encoded again.
    ReEncoded,
}

/// What did the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Backends {
    /// `webgpu`, `cpu`, or `none` when nothing was redacted.
    pub blur: String,
    /// The detector and its passes, or `none`.
    pub detector: String,
}
