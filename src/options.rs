//! What a caller can ask for.

use serde::{Deserialize, Serialize};

use crate::{Error, Format, Mark, Region};

/// How to scrub. Every field has a default; an unknown field is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Options {
    /// What happens to faces and `regions`. Default `blur`.
    pub faces: FaceMode,
    /// How hard to look for faces. Default `balanced`.
    pub sensitivity: Sensitivity,
    /// Places to redact too, px of the upright picture. With `faces: keep` they are blurred, unless they say another mode. Default none.
    pub regions: Vec<Mark>,
    /// Faces whose centre lies in one of these are left alone. Default none.
    pub exempt: Vec<Region>,
    /// `reset` resizes by a random factor of 0.985 to 0.995 and re-encodes, so that no exact hash matches. Default `keep`.
    pub identity: Identity,
    /// Output format. Default `same`.
    pub format: OutputFormat,
    /// Quality of JPEG output, 1 to 100. Default 85.
    pub quality: u8,
    /// Shrinks so that the longer side is at most this, px, at least 1. Never enlarges. Default none.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | null"))]
    pub max_side: Option<u32>,
    /// Makes noise and resize reproducible. Default none: the system's CSPRNG.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | null"))]
    pub seed: Option<u64>,
    /// Facts to write into the output afresh, where the photo states them. Default none.
    pub keep: Keep,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            faces: FaceMode::Blur,
            sensitivity: Sensitivity::Balanced,
            regions: Vec::new(),
            exempt: Vec::new(),
            identity: Identity::Keep,
            format: OutputFormat::Same,
            quality: 85,
            max_side: None,
            seed: None,
            keep: Keep::default(),
        }
    }
}

impl Options {
    /// # Errors
    /// [`Error::InvalidOption`] when a field is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=100).contains(&self.quality) {
            return Err(Error::InvalidOption(format!("quality {}: must be 1 to 100", self.quality)));
        }
        if self.max_side == Some(0) {
            return Err(Error::InvalidOption("maxSide 0: must be at least 1".into()));
        }
        self.regions.iter().try_for_each(Mark::check)?;
        self.exempt.iter().try_for_each(Region::check)
    }

    /// The output format for an input of `format`.
    #[must_use]
    pub fn output_format(&self, format: Format) -> Format {
        match self.format {
            OutputFormat::Same => format,
            OutputFormat::Jpeg => Format::Jpeg,
            OutputFormat::Png => Format::Png,
            OutputFormat::Webp => Format::Webp,
        }
    }
}

/// Facts that stay although they are metadata: each is read, brought to one form and written into a fresh Exif block that holds nothing
/// else. JPEG, PNG and WebP can hold it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Keep {
    /// The copyright notice: one line of at most 200 characters. Default false.
    pub copyright: bool,
    /// When the photo was taken, to the second, without a time zone. Default false.
    pub date: bool,
    /// Where it was taken, rounded to a tenth of a degree: about 11 km from north to south. Default false.
    pub coarse_location: bool,
}

/// What happens to faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum FaceMode {
    /// The surroundings spread over the face: no covered pixel reaches the output.
    Blur,
    /// The same, drawn as cells.
    Mosaic,
    /// One neutral colour.
    Fill,
    /// An ordinary Gaussian blur of the face itself. Not irreversible, and the report says so.
    Gaussian,
    /// Faces are not looked for.
    Keep,
}

/// How hard to look for faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum Sensitivity {
    /// One pass, long side 640 px.
    Fast,
    /// Two passes, 640 and 1280 px.
    Balanced,
    /// More passes, turned ones too; slow.
    Thorough,
}

/// Whether the picture's exact identity is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum Identity {
    /// Left as it is.
    Keep,
    /// Resized by a random factor and re-encoded.
    Reset,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum OutputFormat {
    /// That of the input.
    Same,
    /// JPEG, 4:2:0. See-through pixels are laid on white.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossless.
    Webp,
}
