//! Writes a PNG: its critical and colour chunks as they were, the profile and the Exif block behind IHDR.

use super::{Profile, Source};
use crate::Error;
use crate::inspect::png::crc::crc;
use crate::inspect::{Role, keep};

impl Source<'_> {
    pub(super) fn png(&self) -> Result<Vec<u8>, Error> {
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
            if let Some(exif) = self.exif() {
                png_chunk(&mut out, *b"eXIf", &exif);
            }
        }
        Ok(out)
    }
}

fn png_chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc(&[&kind, data]).to_be_bytes());
}
