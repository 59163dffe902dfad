//! Looks at output as a stranger would: the bytes alone, read again from the start.

use serde::Serialize;

use crate::facts;
use crate::inspect::{Inspection, MetadataKind, Role, inspect};
#[cfg(feature = "formats")]
use crate::inspect::{bmp, gif};
use crate::report::Removed;
use crate::sniff::sniff;
use crate::strip::{Cuts, Stripped};
use crate::{Error, Format, Keep, Limits};
#[cfg(feature = "pixels")]
use crate::{Image, Options, decode::decode};

/// Whether a file is clean, and if not, what is in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Verdict {
    /// Nothing but the picture is in it.
    pub clean: bool,
    /// Its format; absent when the bytes are no picture that we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Why it is not clean. Empty when it is.
    pub findings: Vec<Removed>,
}

/// Checks bytes that claim to be scrubbed. Bytes that cannot be read to the end are not clean, so this never fails.
///
/// For a server that takes photos: what is not clean is refused before it is kept, and the sender is told the kinds alone, since
/// values are somebody's home.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use darkslide::{Limits, MetadataKind, verify};
///
/// /// The photo, or the HTTP status and the kinds of metadata for the answer.
/// fn accept(photo: Vec<u8>) -> Result<Vec<u8>, (u16, BTreeSet<MetadataKind>)> {
///     let limits = Limits { max_bytes: 32 << 20, ..Limits::default() };
///     if photo.len() as u64 > limits.max_bytes {
///         return Err((413, BTreeSet::new()));
///     }
///     let verdict = verify(&photo, &limits);
///     match verdict.format {
///         None => Err((415, BTreeSet::new())),
///         Some(_) if !verdict.clean => Err((422, verdict.findings.iter().map(|finding| finding.kind).collect())),
///         Some(_) => Ok(photo),
///     }
/// }
///
/// let photo = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/faces/sunak.jpg"));
/// assert!(accept(photo.to_vec()).is_ok());
/// let mut with_trailer = photo.to_vec();
/// with_trailer.extend(b"from my house");
/// let (status, kinds) = accept(with_trailer).unwrap_err();
/// assert_eq!(status, 422);
/// assert!(kinds.contains(&MetadataKind::Trailer));
/// assert_eq!(accept(b"%PDF-1.7".to_vec()), Err((415, BTreeSet::new())));
/// ```
#[must_use]
pub fn verify(bytes: &[u8], limits: &Limits) -> Verdict {
    verify_keeping(bytes, &Keep::default(), limits)
}

/// The same, but what `keep` allows may be in the file, in the one form in which we write it.
#[must_use]
pub fn verify_keeping(bytes: &[u8], keep: &Keep, limits: &Limits) -> Verdict {
    judge(bytes, keep, limits).unwrap_or_else(|error| unreadable(bytes, &error))
}

/// The same, for who can ask a build that reads more.
///
/// # Errors
/// [`Error::NotInBuild`] alone: what else keeps bytes from being read is a finding.
pub(crate) fn judge(bytes: &[u8], keep: &Keep, limits: &Limits) -> Result<Verdict, Error> {
    match limits.check_bytes(bytes.len()).and_then(|()| sniff(bytes)).and_then(|format| inspect(bytes, format, limits)) {
        Ok(mut inspection) => {
            facts::allow(&mut inspection, bytes, keep);
            let findings: Vec<Removed> = inspection.unclean().map(Removed::from).collect();
            Ok(Verdict { clean: findings.is_empty(), format: Some(inspection.format), findings })
        }
        Err(error @ Error::NotInBuild(_)) => Err(error),
        Err(error) => Ok(unreadable(bytes, &error)),
    }
}

fn unreadable(bytes: &[u8], error: &Error) -> Verdict {
    let value = Some(format!("{}: {error}", error.code()));
    let finding = Removed { kind: MetadataKind::Unknown, path: "file".into(), bytes: bytes.len(), offset: Some(0), value };
    Verdict { clean: false, format: sniff(bytes).ok(), findings: vec![finding] }
}

/// Checks output of the lossless road: clean, of the same size and turn, and its picture data that of the input byte for byte.
pub(crate) fn stripped(input: &[u8], before: &Inspection, stripped: &Stripped) -> Result<(), Error> {
    let (output, after) = (&stripped.bytes, &stripped.inspection);
    if sniff(output)? != before.format || !after.is_clean() {
        return Err(Error::NotClean("the stripped file is not clean, or of another format".into()));
    }
    if (after.width, after.height, after.orientation, after.frames) != (before.width, before.height, before.orientation, before.frames) {
        return Err(Error::NotClean("the stripped file shows another picture: size, orientation or frames differ".into()));
    }
    if !same_picture((input, before), (output, after)) {
        return Err(Error::NotClean("the stripped file shows another picture: its compressed data differs".into()));
    }
    Ok(())
}

/// Checks output of the re-encoding road: clean, and decodes to a picture of the size that was encoded, which is returned for a second look.
#[cfg(feature = "pixels")]
pub(crate) fn encoded(output: &[u8], image: &Image, format: Format, options: &Options, limits: &Limits) -> Result<Image, Error> {
    let after = clean(output, format, options, limits)?;
    let seen = decode(output, &after, limits).map_err(|error| Error::NotClean(format!("the output does not decode: {error}")))?.image;
    if (seen.width(), seen.height()) != (image.width(), image.height()) {
        return Err(Error::NotClean("the output decodes to another size".into()));
    }
    if format != Format::Jpeg && seen.pixels() != image.pixels() {
        return Err(Error::NotClean("the output decodes to other pixels".into()));
    }
    Ok(seen)
}

/// Checks that the output is of `format` and holds nothing but pictures.
#[cfg(feature = "pixels")]
pub(crate) fn clean(output: &[u8], format: Format, options: &Options, limits: &Limits) -> Result<Inspection, Error> {
    let as_not_clean = |error: Error| Error::NotClean(format!("the output cannot be read again: {error}"));
    if sniff(output).map_err(as_not_clean)? != format {
        return Err(Error::NotClean("the output is of another format".into()));
    }
    let mut inspection = inspect(output, format, limits).map_err(as_not_clean)?;
    facts::allow(&mut inspection, output, &options.keep);
    let left: Vec<&str> = inspection.unclean().map(|finding| finding.path.as_str()).collect();
    if left.is_empty() {
        return Ok(inspection);
    }
    Err(Error::NotClean(format!("the output still holds {}", left.join(", "))))
}

/// Whether the picture's data is the same, but for what frames it.
fn same_picture(before: (&[u8], &Inspection), after: (&[u8], &Inspection)) -> bool {
    match before.1.format {
        #[cfg(feature = "formats")]
        Format::Gif => gif::picture(before.0, before.1) == gif::picture(after.0, after.1),
        Format::Png => packed_pixels(before.0, before.1) == packed_pixels(after.0, after.1),
        #[cfg(feature = "formats")]
        Format::Bmp => bmp::picture(before.0) == bmp::picture(after.0),
        _ => same_bytes(pixel_runs(before.0, before.1), pixel_runs(after.0, after.1)),
    }
}

/// The data of a PNG's chunks with pixels, without what was found to be none of theirs.
fn packed_pixels(bytes: &[u8], inspection: &Inspection) -> Vec<u8> {
    let (cuts, mut out) = (Cuts::new(inspection), Vec::new());
    for segment in inspection.segments.iter().filter(|segment| segment.role == Role::Pixels) {
        // Length and type before the data, a checksum behind it.
        let data = segment.range.start.saturating_add(8)..segment.range.end.saturating_sub(4);
        let end = cuts.within(&data).next().map_or(data.end, |excess| excess.start);
        out.extend_from_slice(bytes.get(data.start..end).unwrap_or_default());
    }
    out
}

fn pixel_runs<'a>(bytes: &'a [u8], inspection: &'a Inspection) -> impl Iterator<Item = &'a [u8]> {
    let pixels = inspection.segments.iter().filter(|segment| segment.role == Role::Pixels);
    pixels.map(|segment| bytes.get(segment.range.clone()).unwrap_or_default())
}

/// Whether runs of bytes are the same one behind the other, however they are cut.
fn same_bytes<'a>(mut before: impl Iterator<Item = &'a [u8]>, mut after: impl Iterator<Item = &'a [u8]>) -> bool {
    let (mut left, mut right): (&[u8], &[u8]) = (&[], &[]);
    loop {
        if left.is_empty() {
            match before.next() {
                Some(run) => left = run,
                None => return right.is_empty() && after.all(<[u8]>::is_empty),
            }
        } else if right.is_empty() {
            match after.next() {
                Some(run) => right = run,
                None => return false,
            }
        } else {
            let length = left.len().min(right.len());
            let (Some((one, rest)), Some((other, others))) = (left.split_at_checked(length), right.split_at_checked(length)) else {
                return false;
            };
            if one != other {
                return false;
            }
            (left, right) = (rest, others);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::same_bytes;

    #[test]
    fn runs_are_compared_as_if_they_were_one() {
        let same = |one: &[&'static [u8]], other: &[&'static [u8]]| same_bytes(one.iter().copied(), other.iter().copied());
        assert!(same(&[], &[]) && same(&[b""], &[]) && same(&[], &[b"", b""]));
        assert!(same(&[b"ab", b"", b"cde"], &[b"a", b"bcd", b"e", b""]));
        for (one, other) in [
            (&[b"ab".as_slice()][..], &[b"a".as_slice()][..]),
            (&[b"ab"], &[b"ab", b"c"]),
            (&[b"ab", b"c"], &[b"ab", b"d"]),
            (&[b"a"], &[]),
        ] {
            assert!(!same(one, other) && !same(other, one), "{one:?} {other:?}");
        }
    }
}
