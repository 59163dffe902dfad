//! Writes a WebP: a VP8X chunk that tells of what is there, then pictures and frames as they were.

use super::{Profile, Source};
use crate::Error;
use crate::inspect::cursor::{Order, View};
use crate::inspect::{Role, webp};

impl Source<'_> {
    pub(super) fn webp(&self) -> Result<Vec<u8>, Error> {
        let exif = self.exif();
        let profile = if let Profile::Rebuilt(profile) = &self.profile { Some(profile) } else { None };
        let is_extended = exif.is_some() || self.inspection.segments.iter().any(|s| s.name == "VP8X");
        let is_animated = self.inspection.segments.iter().any(|s| s.name == "ANMF" && s.role == Role::Structure);
        let mut body: Vec<u8> = Vec::new();
        if is_extended {
            let flag = |set: bool, flag: u32| if set { flag } else { 0 };
            let flags = flag(is_animated, webp::ANIMATION)
                | flag(self.inspection.has_alpha, webp::ALPHA)
                | flag(profile.is_some(), webp::ICC)
                | flag(exif.is_some(), webp::EXIF);
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
        if let Some(exif) = exif {
            riff_chunk(&mut body, *b"EXIF", &exif);
        }
        let mut out = Vec::with_capacity(body.len().saturating_add(12));
        riff_chunk(&mut out, *b"RIFF", &[b"WEBP", body.as_slice()].concat());
        Ok(out)
    }
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
