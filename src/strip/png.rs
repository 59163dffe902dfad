//! Writes a PNG: its critical and colour chunks as they were, the profile and the Exif block behind IHDR.

use super::{Profile, Source};
use crate::Error;
use crate::inspect::cursor::View;
use crate::inspect::png::crc::crc;
use crate::inspect::{Role, keep};

impl Source<'_> {
    pub(super) fn png(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(self.file.len());
        let says_srgb = self.inspection.segments.iter().any(|s| s.name == "sRGB" && s.role == Role::Structure);
        let (mut depth, mut colour_type) = (8, 0);
        for segment in self.picture() {
            let (segment, bytes) = segment?;
            let data = bytes.from(8).until(bytes.len().saturating_sub(12));
            let left = match segment.name.as_str() {
                "IDAT" => self.without_findings(data),
                "PLTE" => self.with_findings_cleared(data, 0),
                // Where it names a colour, the finding is that of other bits.
                "tRNS" if colour_type == 3 => self.with_findings_cleared(data, keep::OPAQUE),
                "tRNS" => keep::transparency(colour_type, depth, data.bytes()),
                _ => Vec::new(),
            };
            match (segment.name.as_str(), bytes.array(4)) {
                ("IDAT" | "PLTE" | "tRNS", Some(kind)) if left != data.bytes() => png_chunk(&mut out, kind, &left),
                _ => out.extend_from_slice(bytes.bytes()),
            }
            if segment.name != "IHDR" {
                continue;
            }
            (depth, colour_type) = data.array(8).map_or((8, 0), |[depth, colour_type]| (depth, colour_type));
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

impl Source<'_> {
    /// Content in whose findings each byte is `cleared`.
    fn with_findings_cleared(&self, content: View, cleared: u8) -> Vec<u8> {
        let (whole, mut out) = (content.range(), content.bytes().to_vec());
        for cut in self.cuts.within(&whole) {
            let range = cut.start.saturating_sub(whole.start)..cut.end.saturating_sub(whole.start);
            out.get_mut(range).unwrap_or_default().fill(cleared);
        }
        out
    }
}

fn png_chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc(&[&kind, data]).to_be_bytes());
}
