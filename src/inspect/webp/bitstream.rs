//! Where the pictures inside chunks end: decoders stop there, and whatever comes behind in the same chunk rides along unseen.

use super::{Chunk, Walk, vp8, vp8l};
use crate::Error;
use crate::inspect::cursor::Order;
use crate::inspect::{MetadataKind, Role};

impl Walk<'_> {
    /// Appends a chunk with a picture, or its alpha channel, of a known size: header, data, what is behind the data, padding.
    pub(super) fn bitstream(&mut self, holder: &str, chunk: Chunk, (width, height): (u32, u32)) -> Result<(), Error> {
        let name = format!("{holder}{}", chunk.name());
        let data = chunk.data.bytes();
        let damaged = || Error::malformed(format!("{name}: the picture's data is damaged or cut short"), chunk.whole.offset(0));
        self.tiles.append(&name, chunk.data.offset(0), Role::Structure)?;
        match &chunk.kind {
            b"VP8 " => self.lossy(&name, chunk, (width, height))?,
            b"VP8L" => {
                let codes = data.get(LOSSLESS_HEADER..).ok_or_else(damaged)?;
                let measured = vp8l::measure(codes, width, height, &mut self.work);
                let measured = measured.ok_or_else(|| spent(&name, self.work).unwrap_or_else(damaged))?;
                // Some viewers go by what the header says of alpha, others by what alpha is.
                if data.get(4).is_some_and(|byte| byte & 0x10 == 0) && !measured.is_opaque {
                    return Err(Error::Unsupported(format!("{name}: see-through pixels of which its header says that there are none")));
                }
                self.pixels(&format!("{name}/bitstream"), chunk, measured.end.saturating_add(LOSSLESS_HEADER))?;
            }
            _ => {
                let (&header, codes) = data.split_first().ok_or_else(damaged)?;
                // Two bits each: reserved, preprocessing, filter, compression. [RFC 9649 §2.7.1.2]
                if header >> 6 != 0 {
                    self.findings.push(MetadataKind::Unknown, format!("{name}/reserved"), chunk.data.until(1).range(), None);
                }
                self.tiles.append(format!("{name}/header"), chunk.data.offset(1), Role::Structure)?;
                let end = match header & 3 {
                    0 => usize::try_from(u64::from(width).saturating_mul(height.into())).ok().filter(|&all| all <= codes.len()),
                    1 => vp8l::measure(codes, width, height, &mut self.work).map(|measured| measured.end),
                    _ => None,
                };
                let end = end.ok_or_else(|| spent(&name, self.work).unwrap_or_else(damaged))?;
                self.pixels(&format!("{name}/bitstream"), chunk, end.saturating_add(1))?;
            }
        }
        self.tiles.append(format!("{name}/excess"), chunk.data.range().end, Role::Unknown)?;
        self.padding(chunk);
        self.tiles.append(format!("{name}/padding"), chunk.whole.range().end, Role::Structure)
    }

    /// A key frame: a header, a partition of modes, the lengths of further partitions, and those. [RFC 6386 §9]
    fn lossy(&mut self, name: &str, chunk: Chunk, (width, height): (u32, u32)) -> Result<(), Error> {
        let data = chunk.data;
        let damaged = || Error::malformed(format!("{name}: the picture's data is damaged or cut short"), chunk.whole.offset(0));
        let tag = super::u24(data, 0).ok_or_else(damaged)?;
        // How much larger the picture should be shown. No viewer does.
        if [6, 8].iter().any(|&at| data.u16(at, Order::Little).is_some_and(|side| side > 0x3FFF)) {
            let range = data.offset(6)..data.offset(vp8::HEADER);
            self.findings.push(MetadataKind::Unknown, format!("{name}/scale"), range, None);
        }
        let first_length = usize::try_from(tag >> 5).map_err(|_| damaged())?;
        let parts = vp8::measure(data.bytes(), width, height, first_length, &mut self.blocks);
        let parts = parts.ok_or_else(|| spent(name, self.blocks).unwrap_or_else(damaged))?;
        self.tiles.append(format!("{name}/frame header"), data.offset(vp8::HEADER), Role::Structure)?;
        self.pixels(&format!("{name}/partition"), chunk, parts.first.end)?;
        self.tiles.append(format!("{name}/excess"), data.offset(parts.sizes.start), Role::Unknown)?;
        if parts.are_cut {
            let range = data.offset(parts.sizes.start)..data.offset(parts.sizes.end);
            self.findings.push(MetadataKind::Unknown, format!("{name}/partition sizes"), range, None);
        }
        self.tiles.append(format!("{name}/partition sizes"), data.offset(parts.sizes.end), Role::Structure)?;
        for (range, end) in parts.tokens {
            self.pixels(&format!("{name}/partition"), chunk, range.end)?;
            self.tiles.append(format!("{name}/excess"), data.offset(end), Role::Unknown)?;
        }
        Ok(())
    }

    fn pixels(&mut self, name: &str, chunk: Chunk, end: usize) -> Result<(), Error> {
        self.tiles.append(name, chunk.data.offset(end), Role::Pixels)
    }
}

/// The error when no work is left.
fn spent(name: &str, left: u64) -> Option<Error> {
    (left == 0).then(|| Error::LimitExceeded(format!("{name}: more codes and tables than a picture of the file's length needs")))
}

/// A signature, sizes, whether there is alpha, and a version. [RFC 9649 §3.4]
const LOSSLESS_HEADER: usize = 5;
