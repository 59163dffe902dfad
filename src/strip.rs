//! The lossless road: the picture's bytes as they are, and around them only what [`keep`] allows, written anew.

use crate::inspect::cursor::{Order, View};
use crate::inspect::icc::{Sanitised, sanitise};
use crate::inspect::{Finding, Inspection, Kept, MetadataKind, Orientation, Role, Segment, inspect, keep, webp};
use crate::{Error, Format, Limits};

/// A photo without its metadata.
#[derive(Debug, Clone)]
pub struct Stripped {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was in the input and is no longer.
    pub removed: Vec<Finding>,
    /// What is in the file besides pixels and structure.
    pub kept: Vec<Kept>,
}

/// Removes everything but the picture from `bytes`, of which `inspection` tells. Pixel data stays as it is, byte for byte.
///
/// # Errors
/// [`Error::Unsupported`] for formats that cannot be written, [`Error::Malformed`] when `inspection` is not one of `bytes`,
/// [`Error::NotClean`] when what was written is not clean, which would be our own mistake.
pub fn strip(bytes: &[u8], inspection: &Inspection) -> Result<Stripped, Error> {
    let source = Source { file: View::file(bytes), inspection, profile: profile(inspection) };
    let bytes = match inspection.format {
        Format::Jpeg => source.jpeg()?,
        Format::Png => source.png()?,
        Format::Webp => source.webp()?,
        other => return Err(Error::Unsupported(format!("{} cannot be stripped", other.name()))),
    };
    let written = inspect(&bytes, inspection.format, &UNLIMITED)?;
    if let Some(finding) = written.unclean().next() {
        return Err(Error::NotClean(format!("{} survived", finding.path)));
    }
    let kept: Vec<Kept> = written.kept().collect();
    let removed = inspection.unclean().filter(|finding| !stays(finding, &kept)).cloned().collect();
    Ok(Stripped { bytes, removed, kept })
}

/// Whether what a finding says is still in the file, in another form: the profile as such, and the orientation.
fn stays(finding: &Finding, kept: &[Kept]) -> bool {
    let is_profile = finding.kind == MetadataKind::Icc && kept.iter().any(|k| k.kind == MetadataKind::Icc && k.path == finding.path);
    let is_orientation = kept.iter().any(|k| k.kind == MetadataKind::Exif && finding.path == format!("{}/IFD0/Orientation", k.path));
    is_profile || is_orientation
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

struct Source<'a> {
    file: View<'a>,
    inspection: &'a Inspection,
    profile: Profile,
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

    fn orientation(&self) -> Option<Vec<u8>> {
        let orientation = self.inspection.orientation;
        (orientation != Orientation::UPRIGHT).then(|| keep::orientation_exif(orientation))
    }

    fn jpeg(&self) -> Result<Vec<u8>, Error> {
        let mut out = vec![0xFF, 0xD8];
        // Whether JFIF was there decides how some readers take the colours, so it is not added either.
        if let Some(minor) = self.inspection.segments.iter().filter(|s| s.name == "APP0").find_map(|s| self.jfif_minor(s)) {
            jpeg_segment(&mut out, 0xE0, &keep::jfif(minor));
        }
        if let Some(exif) = self.orientation() {
            jpeg_segment(&mut out, 0xE1, &[keep::EXIF, &exif].concat());
        }
        if let Profile::Rebuilt(profile) = &self.profile {
            for part in keep::icc_segments(profile) {
                jpeg_segment(&mut out, 0xE2, &part);
            }
        }
        if let Some(transform) = self.inspection.jpeg.and_then(|j| j.adobe_transform) {
            jpeg_segment(&mut out, 0xEE, &keep::adobe(transform));
        }
        for segment in self.picture() {
            let (segment, bytes) = segment?;
            match segment.name.as_str() {
                "SOI" | "APP0" | "APP14" => {}
                "DQT" | "DHT" => {
                    let tables = self.without_findings(bytes.from(4));
                    if !tables.is_empty() {
                        jpeg_segment(&mut out, bytes.u8(1).unwrap_or(0), &tables);
                    }
                }
                _ => out.extend_from_slice(bytes.bytes()),
            }
        }
        Ok(out)
    }

    /// What is left of a structural segment's content when the findings in it are cut out.
    fn without_findings(&self, content: View) -> Vec<u8> {
        let whole = content.range();
        let mut out = Vec::with_capacity(content.len());
        let mut at = whole.start;
        let inside = |f: &&Finding| whole.start <= f.range.start && f.range.end <= whole.end;
        for finding in self.inspection.unclean().filter(inside) {
            out.extend_from_slice(self.between(at, finding.range.start));
            at = at.max(finding.range.end);
        }
        out.extend_from_slice(self.between(at, whole.end));
        out
    }

    fn between(&self, start: usize, end: usize) -> &'a [u8] {
        self.file.get(start, end.saturating_sub(start)).map_or(&[], View::bytes)
    }

    /// The minor version that a JFIF segment states; `None` when it is none.
    fn jfif_minor(&self, segment: &Segment) -> Option<u8> {
        let payload = self.file.get(segment.range.start, segment.range.len())?.from(4);
        payload.after(b"JFIF\0")?.u8(1)
    }

    fn png(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(self.file.len());
        let says_srgb = self.inspection.segments.iter().any(|s| s.name == "sRGB" && s.role == Role::Structure);
        for segment in self.picture() {
            let (segment, bytes) = segment?;
            let data = bytes.from(8).until(bytes.len().saturating_sub(12));
            let left = if segment.name == "IDAT" { self.without_findings(data) } else { Vec::new() };
            if segment.name == "IDAT" && left.len() < data.len() {
                png_chunk(&mut out, *b"IDAT", &left);
            } else {
                out.extend_from_slice(bytes.bytes());
            }
            if segment.name != "IHDR" {
                continue;
            }
            match &self.profile {
                Profile::Rebuilt(profile) => png_chunk(&mut out, *b"iCCP", &keep::iccp(profile)),
                // A gAMA chunk may be there too, over which the profile had its way, as sRGB has now.
                Profile::Srgb if !says_srgb => png_chunk(&mut out, *b"sRGB", &[0]),
                Profile::Srgb | Profile::None => {}
            }
            if let Some(exif) = self.orientation() {
                png_chunk(&mut out, *b"eXIf", &exif);
            }
        }
        Ok(out)
    }

    fn webp(&self) -> Result<Vec<u8>, Error> {
        let orientation = self.orientation();
        let profile = if let Profile::Rebuilt(profile) = &self.profile { Some(profile) } else { None };
        let was_extended = self.inspection.segments.iter().any(|s| s.name == "VP8X");
        let is_animated = self.inspection.segments.iter().any(|s| s.name == "ANMF" && s.role == Role::Structure);
        let mut body: Vec<u8> = Vec::new();
        if was_extended {
            let flag = |set: bool, flag: u32| if set { flag } else { 0 };
            let flags = flag(is_animated, webp::ANIMATION)
                | flag(self.inspection.has_alpha, webp::ALPHA)
                | flag(profile.is_some(), webp::ICC)
                | flag(orientation.is_some(), webp::EXIF);
            let mut header = flags.to_le_bytes().to_vec();
            for side in [self.inspection.width, self.inspection.height] {
                header.extend_from_slice(side.saturating_sub(1).to_le_bytes().get(..3).unwrap_or_default());
            }
            riff_chunk(&mut body, *b"VP8X", &header);
        }
        if let Some(profile) = profile {
            riff_chunk(&mut body, *b"ICCP", profile);
        }
        // A frame is written when all of its chunks are known.
        let mut frame: Option<Vec<u8>> = None;
        for segment in self.picture() {
            let (segment, bytes) = segment?;
            if let Some(frame) = frame.as_mut().filter(|_| segment.name.starts_with("ANMF/")) {
                copy_riff_chunk(frame, bytes)?;
                continue;
            }
            if let Some(frame) = frame.take() {
                riff_chunk(&mut body, *b"ANMF", &frame);
            }
            match segment.name.as_str() {
                "RIFF" | "VP8X" => {}
                "ANMF" => {
                    let mut header = bytes.from(8).bytes().to_vec();
                    // Six bits of the flags are reserved: zero. [RFC 9649 §2.7.1.1]
                    if let Some(flags) = header.get_mut(15) {
                        *flags &= 3;
                    }
                    frame = Some(header);
                }
                _ => copy_riff_chunk(&mut body, bytes)?,
            }
        }
        if let Some(frame) = frame {
            riff_chunk(&mut body, *b"ANMF", &frame);
        }
        if let Some(exif) = orientation {
            riff_chunk(&mut body, *b"EXIF", &exif);
        }
        let mut out = Vec::with_capacity(body.len().saturating_add(12));
        riff_chunk(&mut out, *b"RIFF", &[b"WEBP", body.as_slice()].concat());
        Ok(out)
    }
}

fn jpeg_segment(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    let length = u16::try_from(payload.len().saturating_add(2)).unwrap_or(u16::MAX);
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(payload);
}

fn png_chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let mut crc = flate2::Crc::new();
    crc.update(&kind);
    crc.update(data);
    out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc.sum().to_be_bytes());
}

fn riff_chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend_from_slice(&kind);
    out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
}

/// Copies a chunk; its padding is written anew.
fn copy_riff_chunk(out: &mut Vec<u8>, chunk: View) -> Result<(), Error> {
    let read = || Some((chunk.array::<4>(0)?, chunk.get(8, chunk.length(4, Order::Little)?)?));
    let (kind, data) = read().ok_or_else(|| Error::malformed("the inspection is of another file", chunk.offset(0)))?;
    riff_chunk(out, kind, data.bytes());
    Ok(())
}

/// The input was within its limits, and the output is no larger than it but for a rebuilt profile.
const UNLIMITED: Limits = Limits { max_bytes: u64::MAX, max_pixels: u64::MAX, max_decoded_bytes: u64::MAX, max_segments: usize::MAX };
