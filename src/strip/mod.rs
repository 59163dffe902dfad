//! The lossless road: the picture's bytes as they are, and around them only what [`keep`] allows, written anew.

#[cfg(feature = "formats")]
mod bmp;
#[cfg(feature = "formats")]
mod gif;
#[cfg(feature = "formats")]
mod bmff;
mod jpeg;
#[cfg(feature = "formats")]
mod jxl;
mod png;
#[cfg(feature = "formats")]
mod tiff;
#[cfg(feature = "formats")]
mod webp;

use std::collections::BinaryHeap;
use std::ops::Range;

use crate::facts::{self, Facts};
use crate::inspect::cursor::View;
use crate::inspect::icc::{Sanitised, sanitise};
use crate::inspect::{Finding, Inspection, Kept, MetadataKind, Orientation, Role, Segment, Why, inspect, inspect_copy, keep};
use crate::{Error, Format, Keep, Limits};

/// A photo without its metadata.
#[derive(Debug, Clone)]
pub struct Stripped {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was in the input and is no longer.
    pub removed: Vec<Finding>,
    /// What is in the file besides pixels and structure.
    pub kept: Vec<Kept>,
    /// What a fresh look at `bytes` says: clean, or there would be no `Stripped`.
    pub inspection: Inspection,
}

/// Removes everything but the picture from `bytes`, of which `inspection` tells. Pixel data stays as it is, byte for byte.
///
/// # Errors
/// [`Error::Malformed`] when `inspection` is not one of `bytes`,
/// [`Error::NotClean`] when what was written is not clean, which would be our own mistake.
pub fn strip(bytes: &[u8], inspection: &Inspection) -> Result<Stripped, Error> {
    strip_keeping(bytes, inspection, &Keep::default())
}

/// The same, but what `keep` asks for is written into the file afresh, where the photo states it and the format has a place for it.
///
/// # Errors
/// As [`strip`].
pub fn strip_keeping(bytes: &[u8], inspection: &Inspection, keep: &Keep) -> Result<Stripped, Error> {
    let written = write(bytes, inspection, &Facts::of(inspection, keep))?;
    let again = inspect(&written, inspection.format, &Limits::UNLIMITED)?;
    judge(written, again, inspection, keep)
}

/// The same with `facts`, which may come from elsewhere, and for an inspection that is known to be of `bytes`: what it says of the picture's
/// data, the same data need not prove again.
pub(crate) fn rewrite(bytes: &[u8], inspection: &Inspection, facts: &Facts, keep: &Keep) -> Result<Stripped, Error> {
    let written = write(bytes, inspection, facts)?;
    let again = inspect_copy(&written, (bytes, inspection), &Limits::UNLIMITED)?;
    judge(written, again, inspection, keep)
}

fn write(bytes: &[u8], inspection: &Inspection, facts: &Facts) -> Result<Vec<u8>, Error> {
    let source = Source { file: View::file(bytes), inspection, cuts: Cuts::new(inspection), profile: profile(inspection), facts };
    match inspection.format {
        Format::Jpeg => source.jpeg(),
        Format::Png => source.png(),
        #[cfg(feature = "formats")]
        Format::Webp => source.webp(),
        #[cfg(feature = "formats")]
        Format::Gif => source.gif(),
        #[cfg(feature = "formats")]
        Format::Bmp => source.bmp(),
        #[cfg(feature = "formats")]
        Format::Heic | Format::Avif => source.bmff(),
        #[cfg(feature = "formats")]
        Format::Jxl => source.jxl(),
        #[cfg(feature = "formats")]
        Format::Tiff => source.tiff(),
        #[cfg(not(feature = "formats"))]
        other => Err(Error::not_in_build(other.name())),
    }
}

/// Looks whether what was written is clean but for what `keep` allows.
fn judge(bytes: Vec<u8>, mut written: Inspection, inspection: &Inspection, keep: &Keep) -> Result<Stripped, Error> {
    facts::allow(&mut written, &bytes, keep);
    if let Some(finding) = written.unclean().next() {
        return Err(Error::NotClean(format!("{} survived", finding.path)));
    }
    let kept: Vec<Kept> = written.kept().collect();
    let removed = inspection.unclean().filter(|finding| !stays(finding, &kept)).cloned().collect();
    Ok(Stripped { bytes, removed, kept, inspection: written })
}

/// Whether what a finding says is still in the file, in another form: the profile as such, the orientation, and what was asked for.
fn stays(finding: &Finding, kept: &[Kept]) -> bool {
    let is_profile = finding.kind == MetadataKind::Icc && kept.iter().any(|k| k.kind == MetadataKind::Icc && k.path == finding.path);
    let is_orientation = kept.iter().any(|k| k.kind == MetadataKind::Exif && finding.path == format!("{}/IFD0/Orientation", k.path));
    is_profile || is_orientation || kept.iter().any(|k| k.why == Why::Asked && k.path == finding.path && k.value == finding.value)
}

/// What becomes of the source's colour profile.
enum Profile {
    /// There was none, or none that could be kept.
    None,
    /// It was sRGB, which goes without saying.
    Srgb,
    Rebuilt(Vec<u8>),
}

fn profile(inspection: &Inspection) -> Profile {
    match inspection.color.icc.as_deref().map(sanitise) {
        Some(Sanitised::Rebuilt(profile)) => Profile::Rebuilt(profile),
        Some(Sanitised::Srgb) => Profile::Srgb,
        Some(Sanitised::Refused) | None => Profile::None,
    }
}

/// Where everything is that does not stay, in file order: a file may hold a hundred thousand chunks and as many findings.
pub(crate) struct Cuts(Vec<Range<usize>>);

impl Cuts {
    pub(crate) fn new(inspection: &Inspection) -> Self {
        // A heap sorts in a fraction of the code that slices do.
        let all: BinaryHeap<(usize, usize)> = inspection.unclean().map(|finding| (finding.range.start, finding.range.end)).collect();
        Self(all.into_sorted_vec().into_iter().map(|(start, end)| start..end).collect())
    }

    /// Those that lie within `whole`.
    pub(crate) fn within<'a>(&'a self, whole: &'a Range<usize>) -> impl Iterator<Item = &'a Range<usize>> {
        let from = self.0.partition_point(|cut| cut.start < whole.start);
        self.0.iter().skip(from).take_while(|cut| cut.start <= whole.end).filter(|cut| cut.end <= whole.end)
    }
}

struct Source<'a> {
    file: View<'a>,
    inspection: &'a Inspection,
    cuts: Cuts,
    profile: Profile,
    facts: &'a Facts,
}

impl<'a> Source<'a> {
    /// The segments that are the picture, with their bytes.
    fn picture(&self) -> impl Iterator<Item = Result<(&'a Segment, View<'a>), Error>> {
        let file = self.file;
        self.inspection.segments.iter().filter(|s| matches!(s.role, Role::Pixels | Role::Structure)).map(move |segment| {
            let bytes = file.get(segment.range.start, segment.range.len());
            bytes.map(|b| (segment, b)).ok_or_else(|| Error::malformed("the inspection is of another file", segment.range.start))
        })
    }

    /// The Exif block: which side is up, and the facts that were asked for.
    fn exif(&self) -> Option<Vec<u8>> {
        let orientation = self.inspection.orientation;
        self.facts.exif(orientation).or_else(|| (orientation != Orientation::UPRIGHT).then(|| keep::orientation_exif(orientation)))
    }

    /// What is left of a structural segment's content when the findings in it are cut out.
    fn without_findings(&self, content: View) -> Vec<u8> {
        let whole = content.range();
        let mut out = Vec::with_capacity(content.len());
        let mut at = whole.start;
        for cut in self.cuts.within(&whole) {
            out.extend_from_slice(self.between(at, cut.start));
            at = at.max(cut.end);
        }
        out.extend_from_slice(self.between(at, whole.end));
        out
    }

    fn between(&self, start: usize, end: usize) -> &'a [u8] {
        self.file.get(start, end.saturating_sub(start)).map_or(&[], View::bytes)
    }
}
