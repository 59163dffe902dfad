//! Writes a JPEG: SOI, the application segments that stay, then tables, frame and scans as they were.

use super::{Profile, Source};
use crate::Error;
use crate::inspect::{Segment, keep};

impl Source<'_> {
    pub(super) fn jpeg(&self) -> Result<Vec<u8>, Error> {
        let mut out = vec![0xFF, 0xD8];
        // Whether JFIF was there decides how some readers take the colours, so it is not added either.
        if let Some(minor) = self.inspection.segments.iter().filter(|s| s.name == "APP0").find_map(|s| self.jfif_minor(s)) {
            jpeg_segment(&mut out, 0xE0, &keep::jfif(minor));
        }
        if let Some(exif) = self.exif() {
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
                "DQT" | "DHT" | "DRI" => {
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

    /// The minor version that a JFIF segment states; `None` when it is none.
    fn jfif_minor(&self, segment: &Segment) -> Option<u8> {
        let payload = self.file.get(segment.range.start, segment.range.len())?.from(4);
        payload.after(b"JFIF\0")?.u8(1)
    }
}

fn jpeg_segment(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    let length = u16::try_from(payload.len().saturating_add(2)).unwrap_or(u16::MAX);
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(payload);
}
