//! Says what is in a file: every byte of it accounted for.
//!
//! Damaged metadata is a finding, never an error; only a container that cannot be walked is malformed.

#![warn(clippy::indexing_slicing)]

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Error, Format, Limits};

#[cfg(feature = "formats")]
pub(crate) mod bmp;
#[cfg(feature = "formats")]
pub(crate) mod bmff;
mod c2pa;
#[cfg(feature = "formats")]
mod claims;
pub(crate) mod cursor;
pub(crate) mod decimal;
mod exif;
mod exif_tags;
#[cfg(feature = "formats")]
pub(crate) mod gif;
pub(crate) mod icc;
mod icc_srgb;
mod iptc;
pub(crate) mod jpeg;
#[cfg(feature = "formats")]
pub(crate) mod jxl;
pub mod keep;
mod ledger;
pub(crate) mod png;
#[cfg(feature = "formats")]
pub(crate) mod tiff;
#[cfg(feature = "formats")]
pub(crate) mod webp;
mod xmp;

/// Says what is in `bytes`, a file of `format`.
///
/// # Errors
/// [`Error::Unsupported`] for features that we do not handle, [`Error::Malformed`] when the container cannot be walked to the
/// end of the picture, [`Error::LimitExceeded`] when it has more segments or pixels than `limits` allow.
pub fn inspect(bytes: &[u8], format: Format, limits: &Limits) -> Result<Inspection, Error> {
    limits.check_bytes(bytes.len())?;
    let mut inspection = match format {
        Format::Jpeg => jpeg::inspect(bytes, limits)?,
        Format::Png => png::inspect(bytes, limits)?,
        #[cfg(feature = "formats")]
        Format::Webp => webp::inspect(bytes, limits)?,
        #[cfg(feature = "formats")]
        Format::Gif => gif::inspect(bytes, limits)?,
        #[cfg(feature = "formats")]
        Format::Bmp => bmp::inspect(bytes, limits)?,
        #[cfg(feature = "formats")]
        Format::Heic | Format::Avif => bmff::inspect(bytes, format, limits)?,
        #[cfg(feature = "formats")]
        Format::Jxl => jxl::inspect(bytes, limits)?,
        #[cfg(feature = "formats")]
        Format::Tiff => tiff::inspect(bytes, limits)?,
        #[cfg(not(feature = "formats"))]
        other => return Err(Error::not_in_build(other.name())),
    };
    inspection.name_the_unnamed();
    Ok(inspection)
}

/// The same for a file that was just written with the picture's data of `source`, which was inspected before. Where reading all of that data
/// anew could find nothing else, because it is the same byte for byte, it is compared with the source's instead.
pub(crate) fn inspect_copy(bytes: &[u8], source: (&[u8], &Inspection), limits: &Limits) -> Result<Inspection, Error> {
    let copied = match source.1.format {
        Format::Jpeg => jpeg::inspect_copy(bytes, source, limits).ok(),
        _ => None,
    };
    let Some(mut inspection) = copied else { return inspect(bytes, source.1.format, limits) };
    inspection.name_the_unnamed();
    Ok(inspection)
}

/// What a file holds. Segments tile it: sorted, no gap, no overlap, from byte 0 to the end.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The container.
    pub format: Format,
    /// Width in px as stored, before `orientation` is applied. HEIF stores turns and crops as properties of the picture, which stay with it:
    /// there it is the width as shown.
    pub width: u32,
    /// Height in px as stored, before `orientation` is applied; in HEIF as shown.
    pub height: u32,
    /// How the stored picture must be turned to be upright. Always upright in HEIF, where readers must not heed Exif's orientation.
    pub orientation: Orientation,
    /// Pictures shown one after the other: 1 unless animated.
    pub frames: u32,
    /// Whether see-through pixels can have colours of their own, which nobody sees.
    pub has_alpha: bool,
    /// Bits of one channel of one pixel: 1 to 16.
    pub bit_depth: u8,
    /// What the pixels' numbers mean.
    pub color: ColorSource,
    /// A JPEG's frame header; `None` for other formats.
    pub jpeg: Option<JpegFrame>,
    /// All segments of the file, in order.
    pub segments: Vec<Segment>,
    /// Everything that is not needed to show the picture.
    pub findings: Vec<Finding>,
}

impl Inspection {
    /// Width and height in px of the upright picture.
    #[must_use]
    pub fn upright_size(&self) -> (u32, u32) {
        if self.orientation.swaps_sides() { (self.height, self.width) } else { (self.width, self.height) }
    }

    /// What a clean file may not hold.
    pub fn unclean(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.kept.is_none())
    }

    /// What a clean file may hold besides pixels and structure.
    pub fn kept(&self) -> impl Iterator<Item = Kept> {
        self.findings.iter().filter_map(Finding::as_kept)
    }

    /// Whether there is nothing but what a clean file may hold.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.unclean().next().is_none()
    }

    /// Makes a finding of each segment that is neither pixels nor structure and that no reader has spoken of.
    fn name_the_unnamed(&mut self) {
        let mut spoken = vec![false; self.segments.len()];
        for finding in &self.findings {
            // Segments tile the file, so no two of them start at the same byte.
            if let Ok(index) = self.segments.binary_search_by_key(&finding.range.start, |segment| segment.range.start)
                && self.segments.get(index).is_some_and(|segment| segment.range == finding.range)
                && let Some(spoken) = spoken.get_mut(index)
            {
                *spoken = true;
            }
        }
        for (segment, spoken) in self.segments.iter().zip(spoken) {
            let kind = match segment.role {
                Role::Pixels | Role::Structure => continue,
                Role::Metadata(kind) => kind,
                Role::Unknown => MetadataKind::Unknown,
            };
            if !spoken {
                let path = segment.name.clone();
                self.findings.push(Finding { kind, path, range: segment.range.clone(), value: None, kept: None });
            }
        }
    }
}

/// A run of bytes with one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The container's own name for it: `SOI`, `APP1`, `IDAT`, `VP8X`, `trailer`.
    pub name: String,
    /// Where it is, headers, lengths and checksums included.
    pub range: Range<usize>,
    /// What it is for.
    pub role: Role,
}

/// What a segment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The picture's compressed data.
    Pixels,
    /// Needed to read the pixels: headers, tables.
    Structure,
    /// Something about the picture, or a picture besides it.
    Metadata(MetadataKind),
    /// Nothing that we know.
    Unknown,
}

/// A kind of thing that a photo can give away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum MetadataKind {
    /// Exif fields other than those below.
    Exif,
    /// Where the photo was taken.
    Gps,
    /// A camera maker's private Exif block.
    MakerNote,
    /// A small copy of the picture, often from before it was cropped or redacted.
    Thumbnail,
    /// An XMP packet.
    Xmp,
    /// IPTC-IIM records.
    Iptc,
    /// Photoshop image resources.
    Photoshop,
    /// A colour profile.
    Icc,
    /// A comment.
    Comment,
    /// A C2PA manifest or other JUMBF box.
    C2pa,
    /// A further picture: MPF, stereo, burst.
    MultiPicture,
    /// An HDR gain map.
    GainMap,
    /// Video of a motion photo.
    Motion,
    /// A depth map or portrait data.
    Depth,
    /// A date or time.
    Time,
    /// Text.
    Text,
    /// Bytes after the end of the picture.
    Trailer,
    /// Nothing that we know.
    Unknown,
}

/// One thing found. `Debug` leaves `value` out: it may be somebody's home.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: MetadataKind,
    /// Where it is, in the container's terms: `APP1/Exif/GPS/GPSLatitude`.
    pub path: String,
    /// Where it is, in bytes of the file.
    pub range: Range<usize>,
    /// What it says, for text, dates, positions and simple numbers.
    pub value: Option<String>,
    /// Why a clean file may hold it; `None`: it may not.
    pub kept: Option<Why>,
}

impl Finding {
    pub(crate) fn as_kept(&self) -> Option<Kept> {
        let why = self.kept?;
        Some(Kept { kind: self.kind, path: self.path.clone(), bytes: self.range.len(), why, value: self.value.clone() })
    }
}

/// Why a clean file may hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub enum Why {
    /// The pixels cannot be read without it.
    Structure,
    /// It says what colours the pixels are.
    Colour,
    /// It says which side is up.
    Orientation,
    /// It was asked for: [`Keep`](crate::Keep).
    Asked,
}

/// Something that stays in a clean file. `Debug` leaves `value` out.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Kept {
    /// What kind of thing it is.
    pub kind: MetadataKind,
    /// Where it is, in the container's terms.
    pub path: String,
    /// How long it is.
    pub bytes: usize,
    /// Why it stays.
    pub why: Why,
    /// What it says, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("kind", &self.kind)
            .field("path", &self.path)
            .field("bytes", &self.bytes)
            .field("why", &self.why)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finding").field("kind", &self.kind).field("path", &self.path).field("range", &self.range).finish_non_exhaustive()
    }
}

/// What the pixels' numbers mean, as the container says it. All `None`: sRGB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColorSource {
    /// The ICC profile, put together from its parts and decompressed.
    pub icc: Option<Vec<u8>>,
    /// PNG `cICP`: colour primaries, transfer function, matrix coefficients, full range flag (ITU-T H.273).
    pub cicp: Option<[u8; 4]>,
    /// PNG `sRGB`.
    pub srgb: bool,
    /// PNG `gAMA`: gamma × 100,000.
    pub gamma: Option<u32>,
    /// PNG `cHRM`: white x, y, red x, y, green x, y, blue x, y, each × 100,000.
    pub chromaticities: Option<[u32; 8]>,
}

/// A JPEG's frame header and what decides its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JpegFrame {
    /// The number of the SOF marker: 0 baseline, 1 extended, 2 progressive.
    pub process: u8,
    /// Components: 1 grey, 3 YCbCr or RGB, 4 CMYK or YCCK.
    pub components: u8,
    /// Width of a minimum coded unit in px: 8 × the largest horizontal sampling factor.
    pub mcu_width: u32,
    /// Height of a minimum coded unit in px: 8 × the largest vertical sampling factor.
    pub mcu_height: u32,
    /// The transform byte of an Adobe APP14 segment: 0 none, 1 YCbCr, 2 YCCK.
    pub adobe_transform: Option<u8>,
}

/// Exif orientation, 1 to 8: which turn or mirroring makes the stored picture upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation(u8);

impl Orientation {
    /// As stored.
    pub const UPRIGHT: Self = Self(1);

    /// `value` when it is 1 to 8, else upright, which is what every viewer shows then.
    #[must_use]
    pub fn new(value: u32) -> Self {
        match u8::try_from(value) {
            Ok(v @ 1..=8) => Self(v),
            _ => Self::UPRIGHT,
        }
    }

    /// 1 to 8.
    #[must_use]
    pub fn value(self) -> u8 {
        self.0
    }

    /// Whether width and height change places.
    #[must_use]
    pub fn swaps_sides(self) -> bool {
        self.0 >= 5
    }
}
