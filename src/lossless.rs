//! The road on which no pixel is touched, from bytes to verified bytes. It is all that a build without pixels has.

use crate::facts::{self, Facts};
use crate::inspect::{Inspection, inspect};
use crate::report::{Report, Scrubbed};
use crate::sniff::sniff;
use crate::strip::{Stripped, rewrite};
use crate::{Error, Format, Keep, Limits, verify};

/// Removes every kind of metadata, of which nothing stays but what `keep` asks for. The picture's compressed data is that of the input,
/// byte for byte.
///
/// # Errors
/// Any [`Error`] but [`Error::Model`]; then there is no output.
pub fn strip_metadata(bytes: &[u8], keep: &Keep, limits: &Limits) -> Result<Scrubbed, Error> {
    Ok(strip_without_digests(bytes, keep, limits)?.with_digests(bytes))
}

pub(crate) fn strip_without_digests(bytes: &[u8], keep: &Keep, limits: &Limits) -> Result<Scrubbed, Error> {
    let inspection = look(bytes, keep, limits)?;
    let stripped = strip_verified(bytes, &inspection, keep)?;
    let report = Report { warnings: warnings(&inspection, keep), ..Report::untouched(bytes, &inspection, &stripped) };
    let report = report.with_output(inspection.format, &stripped.bytes);
    Ok(Scrubbed { bytes: stripped.bytes, report })
}

/// Says what is in a photo and what [`strip_metadata`] would do: a report without `output`.
///
/// # Errors
/// Any [`Error`] that stripping would meet.
pub fn inspect_metadata(bytes: &[u8], keep: &Keep, limits: &Limits) -> Result<Report, Error> {
    Ok(inspect_without_digests(bytes, keep, limits)?.with_digests(bytes, &[]))
}

pub(crate) fn inspect_without_digests(bytes: &[u8], keep: &Keep, limits: &Limits) -> Result<Report, Error> {
    let inspection = look(bytes, keep, limits)?;
    let stripped = strip_verified(bytes, &inspection, keep)?;
    Ok(Report { warnings: warnings(&inspection, keep), ..Report::untouched(bytes, &inspection, &stripped) })
}

/// Sniffs and inspects. What `keep` allows, and is in its one form already, counts as clean.
pub(crate) fn look(bytes: &[u8], keep: &Keep, limits: &Limits) -> Result<Inspection, Error> {
    limits.check_bytes(bytes.len())?;
    let mut inspection = inspect(bytes, sniff(bytes)?, limits)?;
    limits.check_picture(inspection.width, inspection.height, 4)?;
    facts::allow(&mut inspection, bytes, keep);
    Ok(inspection)
}

/// Strips what was just inspected, and compares what was written with what was read.
pub(crate) fn strip_verified(bytes: &[u8], inspection: &Inspection, keep: &Keep) -> Result<Stripped, Error> {
    let stripped = rewrite(bytes, inspection, &Facts::of(inspection, keep), keep)?;
    verify::stripped(bytes, inspection, &stripped)?;
    Ok(stripped)
}

/// What a person should know of a photo whose pixels nobody looked at.
fn warnings(inspection: &Inspection, keep: &Keep) -> Vec<String> {
    unseen_colour(inspection).into_iter().chain(cannot_keep(inspection.format, keep)).collect()
}

/// Says so where colour may be left under pixels that are not shown. GIF has none, and BMP's goes with the fourth bytes.
pub(crate) fn unseen_colour(inspection: &Inspection) -> Option<String> {
    let may_hide = inspection.has_alpha && !matches!(inspection.format, Format::Gif | Format::Bmp);
    may_hide.then(|| "pixels under zero alpha were not looked at".into())
}

/// Says so where a format has no place for what was asked to be kept.
pub(crate) fn cannot_keep(format: Format, keep: &Keep) -> Option<String> {
    let is_asked = *keep != Keep::default();
    (is_asked && !facts::have_a_place_in(format)).then(|| format!("keep: nothing is written into {} files", format.name()))
}
