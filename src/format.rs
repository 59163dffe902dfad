//! Picture formats, as containers.

use serde::{Deserialize, Serialize};

/// A picture format that we recognise. All can be stripped; those that are decoded can be redacted too: see [`Format::is_decoded`].
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

    /// The media type.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Jxl => "image/jxl",
        }
    }

    /// Whether its pixels can be read, to look for faces and to change them. Where not, photos can only be stripped.
    #[must_use]
    pub fn is_decoded(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp | Self::Gif | Self::Tiff | Self::Bmp)
    }
}
