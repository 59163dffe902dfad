//! Picture formats, as containers.

use serde::{Deserialize, Serialize};

/// A picture format that we recognise. Not each can be scrubbed: see [`Format::is_supported`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum Format {
    /// JPEG (ITU-T T.81), in JFIF, Exif or bare form.
    Jpeg,
    /// PNG (W3C, third edition), animated ones included.
    Png,
    /// WebP (RFC 9649).
    Webp,
    /// GIF 87a and 89a.
    Gif,
    /// TIFF 6.0 and BigTIFF.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// HEIF with HEVC pictures.
    Heic,
    /// AVIF.
    Avif,
    /// JPEG XL, codestream or container.
    Jxl,
}

impl Format {
    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::Jxl => "jxl",
        }
    }

    /// The usual extension of a file's name, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            other => other.name(),
        }
    }

    /// Whether photos of this format can be scrubbed, if only by stripping them.
    #[must_use]
    pub fn is_supported(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp | Self::Heic | Self::Avif)
    }
}
