//! Reads packed strips to their end, without making pixels of them: only so can it be known where the picture's data ends.

use flate2::{Decompress, FlushDecompress, Status};

/// How long the packed data is that unpacks to `expected` bytes; `None` for a compression that is copied without being read.
///
/// # Errors
/// What is wrong with the data: damaged, or more or less than the picture.
pub(super) fn packed_length(
    compression: u64,
    packed: &[u8],
    expected: u64,
    inflater: &mut Inflater,
) -> Option<Result<usize, &'static str>> {
    match compression {
        1 => Some(usize::try_from(expected).ok().filter(|&n| n <= packed.len()).ok_or(SHORT)),
        5 => Some(lzw(packed, expected)),
        8 | 32946 => Some(inflater.length(packed, expected)),
        32773 => Some(pack_bits(packed, expected)),
        _ => None,
    }
}

/// Runs of bytes: a count and the bytes, or a count and one byte. [TIFF 6.0 §9]
fn pack_bits(packed: &[u8], expected: u64) -> Result<usize, &'static str> {
    let (mut at, mut unpacked) = (0_usize, 0_u64);
    while unpacked < expected {
        let header = packed.get(at).copied().ok_or(SHORT)?.cast_signed();
        let (length, stored) = match header {
            // No operation.
            -128 => (0, 0),
            0.. => (u64::from(header.unsigned_abs()).saturating_add(1), usize::from(header.unsigned_abs()).saturating_add(1)),
            _ => (u64::from(header.unsigned_abs()).saturating_add(1), 1),
        };
        at = at.saturating_add(1).saturating_add(stored);
        if at > packed.len() {
            return Err(SHORT);
        }
        unpacked = unpacked.saturating_add(length);
    }
    if unpacked > expected { Err(LONG) } else { Ok(at) }
}

/// Codes of 9 to 12 bits, most significant first, that grow one code early. [TIFF 6.0 §13]
fn lzw(packed: &[u8], expected: u64) -> Result<usize, &'static str> {
    // The first code is Clear, whose nine bits start with 1. Writers of old put the lowest bit first.
    if let [0, second, ..] = packed
        && second & 1 == 1
    {
        return Err("LZW of the kind before TIFF 5, lowest bit first");
    }
    // How many bytes each code stands for.
    let mut lengths: Vec<u64> = Vec::with_capacity(1 << 12);
    let (mut width, mut before) = (9_u32, None::<u64>);
    let (mut loaded, mut count, mut at) = (0_u32, 0_u32, 0_usize);
    let mut unpacked = 0_u64;
    loop {
        while count < width {
            let Some(&byte) = packed.get(at) else {
                // Some writers leave out the end code.
                return if unpacked == expected { Ok(at) } else { Err(SHORT) };
            };
            loaded = loaded << 8 & 0xFF_FFFF | u32::from(byte);
            count = count.saturating_add(8);
            at = at.saturating_add(1);
        }
        count = count.saturating_sub(width);
        let code = loaded >> count & ((1 << width) - 1);
        if code == END {
            return if unpacked == expected { Ok(at) } else { Err(SHORT) };
        }
        if unpacked == expected && code != CLEAR {
            // What follows is no part of the picture; the code that was read began no earlier than this byte.
            let unread = usize::try_from(count.saturating_add(width) / 8).unwrap_or(0);
            return Ok(at.saturating_sub(unread));
        }
        if code == CLEAR {
            lengths.clear();
            (width, before) = (9, None);
            continue;
        }
        let next = u32::try_from(lengths.len()).unwrap_or(u32::MAX).saturating_add(END + 1);
        let length = match (code, before) {
            (0..CLEAR, _) => 1,
            (_, Some(before)) if code == next => before.saturating_add(1),
            _ => {
                let index = usize::try_from(code.saturating_sub(END + 1)).map_err(|_| DAMAGED)?;
                *lengths.get(index).ok_or(DAMAGED)?
            }
        };
        if let Some(before) = before
            && next < 1 << 12
        {
            lengths.push(before.saturating_add(1));
            if next.saturating_add(2) >= 1 << width && width < 12 {
                width = width.saturating_add(1);
            }
        }
        before = Some(length);
        unpacked = unpacked.saturating_add(length);
        if unpacked > expected {
            return Err(LONG);
        }
    }
}

/// Unpacks zlib streams. One is made for all strips: of tiny ones, of which there may be a million, it takes longer than what it does.
pub(super) struct Inflater {
    stream: Decompress,
    scratch: Vec<u8>,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { stream: Decompress::new(true), scratch: vec![0; 1 << 15] }
    }
}

impl Inflater {
    /// How long a zlib stream is. [TIFF Technical Note on Deflate]
    fn length(&mut self, packed: &[u8], expected: u64) -> Result<usize, &'static str> {
        self.stream.reset(true);
        let stream = &mut self.stream;
        loop {
            let (before_in, before_out) = (stream.total_in(), stream.total_out());
            let rest = usize::try_from(before_in).ok().and_then(|at| packed.get(at..)).unwrap_or_default();
            let status = stream.decompress(rest, &mut self.scratch, FlushDecompress::None).map_err(|_| DAMAGED)?;
            if stream.total_out() > expected {
                return Err(LONG);
            }
            if status == Status::StreamEnd {
                break;
            }
            if stream.total_in() == before_in && stream.total_out() == before_out {
                return Err(SHORT);
            }
        }
        if stream.total_out() < expected { Err(SHORT) } else { usize::try_from(stream.total_in()).map_err(|_| DAMAGED) }
    }
}

const CLEAR: u32 = 256;
const END: u32 = 257;

const DAMAGED: &str = "its data is damaged";
const SHORT: &str = "its data ends too early";

/// Said of data that goes on beyond the picture within the same packed stream, from where it cannot be cut.
pub(super) const LONG: &str = "its data unpacks to more than the picture";
