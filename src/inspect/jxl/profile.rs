//! Reads the ICC profile in a codestream, which is predicted and entropy-coded, and writes one in the plainest form. [ISO/IEC 18181-1 §E.4]

use super::bits::Bits;
use super::entropy::Entropy;

/// Reads a profile's stream, without writing it.
pub(super) fn read(bits: &mut Bits) -> Option<Vec<u8>> {
    let packed = bits.without(|bits| {
        let length = usize::try_from(bits.u64()?).ok().filter(|&length| length <= MAX_PACKED)?;
        let mut numbers = Entropy::read(bits, CONTEXTS, true)?;
        let mut packed: Vec<u8> = Vec::new();
        for index in 0..length {
            let before = |back: usize| index.checked_sub(back).and_then(|at| packed.get(at)).copied().unwrap_or(0);
            let context = if index <= 128 { 0 } else { context(before(1), before(2)) };
            let value = numbers.value(bits, context)?;
            packed.push(u8::try_from(value).ok()?);
        }
        numbers.is_whole().then_some(packed)
    })?;
    unpack(&packed)
}

/// By what the two bytes before look like.
fn context(last: u8, second: u8) -> usize {
    let text = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' => Some(0),
        b'0'..=b'9' | b'.' | b',' => Some(1),
        _ => None,
    };
    let of_last = text(last).unwrap_or(match last {
        0 => 2,
        1 => 3,
        2..=15 => 4,
        241..=254 => 5,
        255 => 6,
        _ => 7,
    });
    let of_second = text(second).unwrap_or(match second {
        0..=15 => 2,
        241..=255 => 3,
        _ => 4,
    });
    1 + of_last + 8 * of_second
}

/// Commands and data → a profile. [§E.4.2]
fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let mut stream = Stream { bytes: packed };
    let size = stream.number()?;
    let commands = stream.number()?;
    if size > MAX_PACKED {
        return None;
    }
    let mut commands = Stream { bytes: stream.take(commands)? };
    let mut data = stream;
    let mut out: Vec<u8> = Vec::new();
    for &difference in data.take(size.min(HEADER))? {
        out.push(predicted(out.len(), size, &out).wrapping_add(difference));
    }
    if size <= HEADER {
        return Some(out);
    }
    tags(&mut commands, &mut data, &mut out, size)?;
    while let Some(command) = commands.byte() {
        match command {
            1 => out.extend_from_slice({
                let count = commands.number()?;
                data.take(count)?
            }),
            2 | 3 => {
                let count = commands.number()?;
                out.extend(shuffled(data.take(count)?, if command == 2 { 2 } else { 4 }));
            }
            4 => predict(&mut commands, &mut data, &mut out)?,
            10 => {
                out.extend_from_slice(b"XYZ \0\0\0\0");
                out.extend_from_slice(data.take(12)?);
            }
            16..=23 => {
                out.extend_from_slice(COMMON_TYPES.get(usize::from(command.checked_sub(16)?))?.as_slice());
                out.extend_from_slice(&[0; 4]);
            }
            _ => return None,
        }
        if out.len() > size {
            return None;
        }
    }
    (out.len() == size).then_some(out)
}

/// The tag table. [§E.4.4]
fn tags(commands: &mut Stream, data: &mut Stream, out: &mut Vec<u8>, size: usize) -> Option<()> {
    let Some(count) = commands.number()?.checked_sub(1) else { return Some(()) };
    if count > size / 12 {
        return None;
    }
    out.extend_from_slice(&u32::try_from(count).ok()?.to_be_bytes());
    let mut start = count.checked_mul(12)?.checked_add(HEADER)?;
    let mut length = 0_usize;
    while let Some(command) = commands.byte() {
        let name: [u8; 4] = match command & 63 {
            0 => return Some(()),
            1 => data.take(4)?.try_into().ok()?,
            code => *COMMON_TAGS.get(usize::from(code.checked_sub(2)?))?,
        };
        start = if command & 64 == 0 { start.checked_add(length)? } else { commands.number()? };
        length = match &name {
            _ if command & 128 != 0 => commands.number()?,
            b"rXYZ" | b"gXYZ" | b"bXYZ" | b"kXYZ" | b"wtpt" | b"bkpt" | b"lumi" => 20,
            _ => length,
        };
        let mut entry = |name: &[u8; 4], start: usize| {
            out.extend_from_slice(name);
            out.extend_from_slice(&u32::try_from(start).ok()?.to_be_bytes());
            out.extend_from_slice(&u32::try_from(length).ok()?.to_be_bytes());
            Some(())
        };
        entry(&name, start)?;
        // Two codes stand for three tags each: curves that share their data, and colorants that follow each other.
        match command & 63 {
            2 => {
                entry(b"gTRC", start)?;
                entry(b"bTRC", start)?;
            }
            3 => {
                entry(b"gXYZ", start.checked_add(length)?)?;
                entry(b"bXYZ", start.checked_add(length.checked_mul(2)?)?)?;
            }
            _ => {}
        }
        if out.len() > size {
            return None;
        }
    }
    // Without an end: the profile is its header and table.
    None
}

/// Numbers that are told from those before them. [§E.4.5, command 4]
fn predict(commands: &mut Stream, data: &mut Stream, out: &mut Vec<u8>) -> Option<()> {
    let flags = commands.byte()?;
    let width = usize::from(flags & 3).checked_add(1)?;
    let order = usize::from(flags >> 2 & 3);
    if width == 3 || order == 3 {
        return None;
    }
    let stride = if flags & 16 == 0 { width } else { commands.number()? };
    if stride < width || stride.checked_mul(4)? >= out.len() {
        return None;
    }
    let count = commands.number()?;
    let bytes = data.take(count)?;
    let bytes = if width == 1 { bytes.to_vec() } else { shuffled(bytes, width) };
    for number in bytes.chunks(width) {
        let before = |back: usize| -> Option<u32> {
            let at = out.len().checked_sub(stride.checked_mul(back)?)?;
            Some(out.get(at..at.checked_add(width)?)?.iter().fold(0, |all, &byte| all << 8 | u32::from(byte)))
        };
        let one = before(1)?;
        let guess = match order {
            0 => one,
            1 => one.wrapping_mul(2).wrapping_sub(before(2)?),
            _ => one.wrapping_sub(before(2)?).wrapping_mul(3).wrapping_add(before(3)?),
        };
        let guess = guess.to_be_bytes();
        let guess = guess.get(4_usize.checked_sub(width)?..)?;
        let sum: Vec<u8> = number.iter().zip(guess).map(|(a, b)| a.wrapping_add(*b)).collect();
        out.extend(sum);
    }
    Some(())
}

/// Undoes that the first bytes of all numbers were put first, then the second ones, and so on. [§E.4.5]
fn shuffled(bytes: &[u8], width: usize) -> Vec<u8> {
    let rows = bytes.len().div_ceil(width.max(1));
    // Where the bytes do not fill the last number, its last columns are shorter by one.
    let full = if bytes.len().is_multiple_of(width) { width } else { bytes.len() % width };
    let start = |column: usize| column.saturating_mul(rows).saturating_sub(column.saturating_sub(full));
    let mut out = Vec::with_capacity(bytes.len());
    for row in 0..rows {
        for column in 0..width {
            let place = start(column).saturating_add(row);
            if place < start(column.saturating_add(1)) {
                out.extend(bytes.get(place));
            }
        }
    }
    out
}

/// What a byte of a profile's header most often is. [§E.4.3]
fn predicted(index: usize, size: usize, before: &[u8]) -> u8 {
    let at = |index: usize| before.get(index).copied().unwrap_or(0);
    match index {
        0..=3 => u32::try_from(size).unwrap_or(0).to_be_bytes().get(index).copied().unwrap_or(0),
        8 => 4,
        12..=23 => b"mntrRGB XYZ ".get(index.saturating_sub(12)).copied().unwrap_or(0),
        36..=39 => b"acsp".get(index.saturating_sub(36)).copied().unwrap_or(0),
        41..=43 => {
            let platform: &[u8; 4] = match (at(40), at(41)) {
                (b'A', _) => b"APPL",
                (b'M', _) => b"MSFT",
                (b'S', b'G') if index > 41 => b"SGI ",
                (b'S', b'U') if index > 41 => b"SUNW",
                _ => &[0; 4],
            };
            platform.get(index.saturating_sub(40)).copied().unwrap_or(0)
        }
        70 => 0xF6,
        71 => 0xD6,
        73 => 1,
        78 => 0xD3,
        79 => 0x2D,
        80..=83 => at(index.saturating_sub(76)),
        _ => 0,
    }
}

/// Writes `profile` in the plainest of all forms: its header as differences, the rest as it is, every byte with eight bits.
pub(super) fn write(bits: &mut Bits, profile: &[u8]) {
    let mut commands = vec![0];
    if profile.len() > HEADER {
        commands.push(1);
        put_number(&mut commands, profile.len().saturating_sub(HEADER));
    }
    let mut packed = Vec::new();
    put_number(&mut packed, profile.len());
    put_number(&mut packed, commands.len());
    packed.extend(commands);
    for (index, &byte) in profile.iter().enumerate() {
        let guess = if index < HEADER { predicted(index, profile.len(), profile) } else { 0 };
        packed.push(byte.wrapping_sub(guess));
    }
    bits.put_u64(packed.len() as u64);
    // No repetitions; one code for all contexts: a prefix code, whose symbols are the numbers themselves.
    bits.put(0, 1);
    bits.put(1, 1);
    bits.put(0, 2);
    bits.put(1, 1);
    bits.put(15, 4);
    // 256 symbols: 1 + 2⁷ + 127.
    bits.put(1, 1);
    bits.put(7, 4);
    bits.put(127, 7);
    // Of the code lengths, only the tenth in order is used, which is 8.
    bits.put(0, 2);
    for index in 0..18 {
        bits.put(if index == 10 { 2 } else { 0 }, 2);
    }
    for byte in packed {
        bits.put(byte.reverse_bits().into(), 8);
    }
}

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number > 127 {
        out.push(u8::try_from(number & 127).unwrap_or(0) | 128);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

/// Bytes, from the first to the last.
struct Stream<'a> {
    bytes: &'a [u8],
}

impl<'a> Stream<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// Seven bits a byte, lowest first.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                break;
            }
        }
        usize::try_from(number).ok()
    }
}

/// Longest profile that is read, packed or not, bytes.
const MAX_PACKED: usize = 4 << 20;

/// Bytes of a profile's header.
const HEADER: usize = 128;

/// Contexts in which a profile's bytes are coded.
const CONTEXTS: usize = 41;

/// Tags with a code of their own. [§E.4.4]
const COMMON_TAGS: [[u8; 4]; 19] = [
    *b"rTRC", *b"rXYZ", *b"cprt", *b"wtpt", *b"bkpt", *b"rXYZ", *b"gXYZ", *b"bXYZ", *b"kXYZ", *b"rTRC", *b"gTRC", *b"bTRC", *b"kTRC",
    *b"chad", *b"desc", *b"chrm", *b"dmnd", *b"dmdd", *b"lumi",
];

/// Types of tags with a code of their own. [§E.4.5]
const COMMON_TYPES: [[u8; 4]; 8] = [*b"XYZ ", *b"desc", *b"text", *b"mluc", *b"para", *b"curv", *b"sf32", *b"gbd "];
