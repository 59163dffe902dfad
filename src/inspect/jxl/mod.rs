//! Walks a JPEG XL: a codestream, naked or in a container of boxes. [ISO/IEC 18181-1, 18181-2]

mod bits;
mod codestream;
mod container;
mod entropy;
mod frame;
mod header;
mod profile;

use super::claims::Claims;
use super::cursor::View;
use super::ledger::Findings;
use super::{ColorSource, Inspection, MetadataKind, Orientation, Role, Why, icc, keep};
use crate::{Error, Format, Limits};
use codestream::{Codestream, What};
use container::{Contents, FILE_TYPE, SIGNATURE};

pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, Error> {
    let file = View::file(bytes);
    let mut findings = Findings::default();
    let mut claims = Claims::default();
    let contents = Contents::read(file, &mut findings, &mut claims)?;
    let codestream = codestream::read(&contents.bytes, |at| contents.place(at), limits)?;
    for part in &codestream.parts {
        let places = contents.places(&part.range);
        if let Some(kind) = part.gone() {
            places.iter().for_each(|place| findings.push(kind, "preview", place.clone(), None));
            continue;
        }
        let (name, role) = match part.what {
            What::Data => ("frame", Role::Pixels),
            _ => ("header", Role::Structure),
        };
        places.into_iter().for_each(|place| claims.add(place, name, role));
    }
    for place in contents.places(&(codestream.end..contents.bytes.len())) {
        findings.push(MetadataKind::Trailer, "codestream/trailer", place, None);
    }
    for oddity in &codestream.oddities {
        // What is said is in the header, which stays but for this.
        for place in contents.places(&oddity.range) {
            findings.push(oddity.kind, &oddity.path, place, oddity.value.clone());
        }
    }
    if let Some((icc, range)) = &codestream.icc {
        let places = contents.places(range);
        let whole = places.first().map_or(0, |p| p.start)..places.last().map_or(0, |p| p.end);
        if keep::is_clean_icc(icc) {
            findings.keep(MetadataKind::Icc, "ICC", whole, Why::Colour);
        } else {
            findings.push(MetadataKind::Icc, "ICC", whole.clone(), icc::description(icc));
            icc::read(View::unpacked(icc, whole), "ICC", &mut findings);
        }
    }
    if findings.iter().all(|finding| finding.kept.is_some()) && write(&contents, &codestream) != bytes {
        let what = "the container is not laid out as it is written anew";
        findings.push(MetadataKind::Unknown, "layout", 0..SIGNATURE.len().min(bytes.len()), Some(what.into()));
    }
    if codestream.orientation != 1 {
        let start = contents.place(0);
        findings.keep(MetadataKind::Exif, "ImageMetadata/orientation", start..start.saturating_add(1), Why::Orientation);
    }
    claims.of_findings(&findings);
    Ok(Inspection {
        format: Format::Jxl,
        width: codestream.width,
        height: codestream.height,
        orientation: Orientation::new(codestream.orientation),
        frames: codestream.frames,
        has_alpha: codestream.has_alpha,
        bit_depth: u8::try_from(codestream.bit_depth.min(16)).unwrap_or(16),
        color: ColorSource { icc: codestream.icc.map(|(icc, _)| icc), ..ColorSource::default() },
        jpeg: None,
        segments: claims.tile(file, limits)?,
        findings: findings.into_list(),
    })
}

/// `file` without all that does not show the picture: naked if it was, else in a container of a signature, a type, a level where it is
/// needed, and the codestream in one box.
pub(crate) fn rewritten(file: View, limits: &Limits) -> Result<Vec<u8>, Error> {
    let contents = Contents::read(file, &mut Findings::default(), &mut Claims::default())?;
    let codestream = codestream::read(&contents.bytes, |at| contents.place(at), limits)?;
    Ok(write(&contents, &codestream))
}

fn write(contents: &Contents, codestream: &Codestream) -> Vec<u8> {
    let mut body = Vec::with_capacity(contents.bytes.len());
    for part in &codestream.parts {
        match &part.what {
            What::Header(bytes) => body.extend_from_slice(bytes),
            What::Data => body.extend_from_slice(contents.bytes.get(part.range.clone()).unwrap_or_default()),
            What::Preview => {}
        }
    }
    let Some(container) = &contents.container else { return body };
    let mut out = SIGNATURE.to_vec();
    put_box(&mut out, *b"ftyp", FILE_TYPE);
    if container.is_level_10 {
        put_box(&mut out, *b"jxll", &[10]);
    }
    put_box(&mut out, *b"jxlc", &body);
    out
}

fn put_box(out: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    let length = content.len().saturating_add(8);
    match u32::try_from(length) {
        Ok(length) => {
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&kind);
        }
        Err(_) => {
            out.extend_from_slice(&1_u32.to_be_bytes());
            out.extend_from_slice(&kind);
            out.extend_from_slice(&(length.saturating_add(8) as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(content);
}
