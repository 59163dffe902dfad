//! Writes a WebP: a VP8X chunk that tells of what is there, then pictures and frames as they were.

use std::ops::Range;

use super::{Profile, Source};
use crate::Error;
use crate::inspect::cursor::{Order, View};
use crate::inspect::{Role, Segment, webp};
use crate::riff::riff_chunk;

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
            let in_frame = segment.name.strip_prefix("ANMF/");
            let name = in_frame.unwrap_or(&segment.name);
            if name.contains('/') {
                // A part of a chunk, which was written with its header.
                continue;
            }
            if let Some(frame) = frame.as_mut().filter(|_| in_frame.is_some()) {
                self.bitstream(frame, segment)?;
                continue;
            }
            if let Some(frame) = frame.take() {
                riff_chunk(&mut body, *b"ANMF", &frame);
            }
            match name {
                "RIFF" | "VP8X" => {}
                "ANMF" => {
                    let mut header = bytes.from(8).bytes().to_vec();
                    // Six bits of the flags are reserved: zero. [RFC 9649 §2.7.1.1]
                    if let Some(flags) = header.get_mut(15) {
                        *flags &= 3;
                    }
                    frame = Some(header);
                }
                "VP8" | "VP8L" | "ALPH" => self.bitstream(&mut body, segment)?,
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

impl Source<'_> {
    /// Copies a picture's chunk, of which `header` is the first segment, without what is behind its data.
    fn bitstream(&self, out: &mut Vec<u8>, header: &Segment) -> Result<(), Error> {
        let chunk = self.file.from(header.range.start);
        let read = || Some((chunk.array::<4>(0)?, chunk.get(8, chunk.length(4, Order::Little)?)?));
        let (kind, data) = read().ok_or_else(|| Error::malformed("the inspection is of another file", chunk.offset(0)))?;
        let name = format!("{}/excess", header.name);
        let range = data.range();
        let segments = &self.inspection.segments;
        let inside =
            segments.iter().skip(segments.partition_point(|s| s.range.start < range.start)).take_while(|s| s.range.end <= range.end);
        let excess: Vec<Range<usize>> = inside.filter(|s| s.name == name).map(|s| s.range.clone()).collect();
        let mut left = Vec::with_capacity(data.len());
        let mut at = range.start;
        for cut in &excess {
            left.extend_from_slice(self.between(at, cut.start));
            at = cut.end;
        }
        left.extend_from_slice(self.between(at, range.end));
        match &kind {
            b"VP8 " => correct_lengths(&mut left, data, &excess),
            // Two reserved bits. [RFC 9649 §2.7.1.2]
            b"ALPH" => left.iter_mut().take(1).for_each(|first| *first &= 0x3F),
            _ => {}
        }
        riff_chunk(out, kind, &left);
        Ok(())
    }
}

/// Writes the partitions' lengths as they are in `left`, which is `data` without `excess`. [RFC 6386 §9.1, §9.5]
fn correct_lengths(left: &mut [u8], data: View, excess: &[Range<usize>]) {
    let stated = |at| data.array(at).map_or(0, |[low, middle, high]: [u8; 3]| u32::from_le_bytes([low, middle, high, 0]));
    let put = |left: &mut [u8], at: usize, number: u32| {
        if let (Some(bytes), [low, middle, high, _]) = (left.get_mut(at..at.saturating_add(3)), number.to_le_bytes()) {
            bytes.copy_from_slice(&[low, middle, high]);
        }
    };
    let length_left = |start: usize, length: u32| {
        let start = data.offset(start);
        let range = start..start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(data.range().end);
        let cut: usize = excess.iter().filter(|cut| range.start <= cut.start && cut.end <= range.end).map(Range::len).sum();
        u32::try_from(range.len().saturating_sub(cut)).unwrap_or(u32::MAX)
    };
    let (tag, first) = (stated(0), webp::LOSSY_HEADER);
    let first_length = tag >> 5;
    let first_left = length_left(first, first_length);
    put(left, 0, tag & 0x1F | first_left << 5);
    for side in [7, 9] {
        // Two bits of scale, which no viewer heeds.
        left.iter_mut().skip(side).take(1).for_each(|byte| *byte &= 0x3F);
    }
    let sizes = first.saturating_add(usize::try_from(first_length).unwrap_or(usize::MAX));
    let sizes_left = first.saturating_add(usize::try_from(first_left).unwrap_or(usize::MAX));
    let Some(partitions) = webp::token_partitions(data.bytes()) else { return };
    let mut start = sizes.saturating_add(partitions.saturating_sub(1).saturating_mul(3));
    for index in (0..partitions.saturating_sub(1)).map(|index| index.saturating_mul(3)) {
        let length = stated(sizes.saturating_add(index));
        put(left, sizes_left.saturating_add(index), length_left(start, length));
        start = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
    }
}

/// Copies a chunk; its padding is written anew.
fn copy_riff_chunk(out: &mut Vec<u8>, chunk: View) -> Result<(), Error> {
    let read = || Some((chunk.array::<4>(0)?, chunk.get(8, chunk.length(4, Order::Little)?)?));
    let (kind, data) = read().ok_or_else(|| Error::malformed("the inspection is of another file", chunk.offset(0)))?;
    riff_chunk(out, kind, data.bytes());
    Ok(())
}
