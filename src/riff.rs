//! Writes RIFF, the container of WebP. [RFC 9649 §2.3]

#[cfg(feature = "pixels")]
use crate::inspect::webp;

/// Appends a chunk: type, length, data, and a zero where the data's length is odd.
pub(crate) fn riff_chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend_from_slice(&kind);
    out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
}

/// A whole file around `body`.
#[cfg(feature = "pixels")]
pub(crate) fn file(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len().saturating_add(12));
    riff_chunk(&mut out, *b"RIFF", &[b"WEBP", body].concat());
    out
}

/// The data of `VP8X`. [§2.7]
#[cfg(feature = "pixels")]
pub(crate) fn extended(flags: u32, (width, height): (u32, u32)) -> Vec<u8> {
    let mut header = flags.to_le_bytes().to_vec();
    for side in [width, height] {
        header.extend_from_slice(side.saturating_sub(1).to_le_bytes().get(..3).unwrap_or_default());
    }
    header
}

/// A file with one picture, out of the chunks that hold it.
#[cfg(feature = "pixels")]
pub(crate) fn still(size: (u32, u32), kind: [u8; 4], data: &[u8], alpha: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::with_capacity(data.len().saturating_add(64));
    if let Some(alpha) = alpha {
        riff_chunk(&mut body, *b"VP8X", &extended(webp::ALPHA, size));
        riff_chunk(&mut body, *b"ALPH", alpha);
    }
    riff_chunk(&mut body, kind, data);
    file(&body)
}
