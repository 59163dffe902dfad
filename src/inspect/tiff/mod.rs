//! Walks a TIFF: a header, a chain of directories, one a page, and the strips or tiles that they point to. [TIFF 6.0; BigTIFF]
//!
//! Nothing in a TIFF has a place of its own, so that a clean one is known by its whole: it is byte for byte what would be written anew.

mod data;
pub(crate) mod document;
pub(crate) mod geometry;
mod pages;

use super::cursor::View;
use super::ledger::Findings;
use super::{ColorSource, Inspection, MetadataKind, Orientation};
use crate::{Error, Format, Limits};
use document::Document;

pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, Error> {
    let file = View::file(bytes);
    let mut findings = Findings::default();
    let (document, mut claims) = pages::read(file, limits, &mut findings)?;
    let is_clean = findings.iter().all(|finding| finding.kept.is_some());
    if is_clean && !document.is_as_written() {
        let what = "directories, values and strips are not laid out as they are written anew; what lies between them is not needed";
        findings.push(MetadataKind::Unknown, "layout", 0..document.layout.header().min(bytes.len()), Some(what.into()));
    }
    claims.of_findings(&findings);
    let Some(page) = document.pages.first() else { return Err(Error::malformed("no page", 0)) };
    let deepest = page.geometry.bits.iter().copied().max().unwrap_or(1).min(16);
    Ok(Inspection {
        format: Format::Tiff,
        width: page.geometry.width,
        height: page.geometry.height,
        orientation: Orientation::new(page.orientation),
        frames: u32::try_from(document.pages.len()).unwrap_or(u32::MAX),
        has_alpha: document.pages.iter().any(|page| page.has_alpha),
        bit_depth: u8::try_from(deepest).unwrap_or(16),
        color: ColorSource { icc: page.icc.clone(), ..ColorSource::default() },
        jpeg: None,
        segments: claims.tile(file, limits)?,
        findings: findings.into_list(),
    })
}

/// What is left of a TIFF when all that does not show its pages is gone.
pub(crate) fn document<'a>(file: View<'a>, limits: &Limits) -> Result<Document<'a>, Error> {
    pages::read(file, limits, &mut Findings::default()).map(|(document, _)| document)
}
