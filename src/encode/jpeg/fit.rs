//! The same picture with fewer bits: the encoder writes a scan with the general Huffman tables of T.81 Annex K, and here it gets tables
//! fitted to it. Coefficients stay as they are.
//!
//! The encoder could fit tables itself, but then writes each component as a scan of its own. Decoders that only know scans of all
//! components show such a file in wrong colours, or not at all.

use super::huffman::{CodeBook, Counts, Table};
use crate::inspect::cursor::View;
use crate::inspect::jpeg::bits::{Bits, Codes, Unstuffed};

/// Writes the encoder's file anew: usual order of segments, components named 1, 2 and 3 as JFIF wants it, fitted tables.
///
/// `None` when it is not what the encoder writes: baseline, one scan of Y, Cb and Cr in 4:2:0, no restart markers.
pub(super) fn fit(bytes: &[u8]) -> Option<Vec<u8>> {
    let file = File::parse(bytes)?;
    let tables = file.tables.iter().map(Table::reader).collect::<Option<Vec<_>>>()?;
    let words = read(file.scan, file.units, tables.first_chunk()?)?;

    let mut counts: [Counts; 4] = [[0; 257]; 4];
    counts.iter_mut().for_each(|counts| counts[256] = 1);
    words.iter().for_each(|word| counts[word.table()][usize::from(word.symbol())] += 1);
    let fitted = counts.iter().map(Table::fitted).collect::<Option<Vec<_>>>()?;

    let mut out = Vec::with_capacity(bytes.len());
    out.extend([0xFF, SOI]);
    out.extend_from_slice(file.jfif);
    file.quantisation.iter().for_each(|segment| out.extend_from_slice(segment));
    file.write_frame(&mut out)?;
    for (table, of) in fitted.iter().zip(TABLES) {
        out.extend([0xFF, DHT]);
        out.extend(u16::try_from(3 + table.len()).ok()?.to_be_bytes());
        out.push(of);
        table.write(&mut out);
    }
    out.extend([0xFF, SOS, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
    write(&words, fitted.iter().map(Table::code_book).collect::<Vec<_>>().first_chunk()?, &mut out);
    out.extend([0xFF, EOI]);
    Some(out)
}

/// The encoder's file, taken apart.
struct File<'a> {
    jfif: &'a [u8],
    quantisation: Vec<&'a [u8]>,
    frame: &'a [u8],
    /// In the order of [`TABLES`].
    tables: Vec<Table>,
    scan: &'a [u8],
    /// Minimum coded units: 16 × 16 px.
    units: usize,
}

impl<'a> File<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[0xFF, SOI])?;
        let (mut jfif, mut frame, mut quantisation) = (None, None, Vec::new());
        let mut tables = [const { None }; 4];
        loop {
            let &[0xFF, marker, high, low, ..] = rest else { return None };
            let (segment, behind) = rest.split_at_checked(2 + usize::from(u16::from_be_bytes([high, low])))?;
            rest = behind;
            match marker {
                APP0 => jfif = Some(segment),
                DQT => quantisation.push(segment),
                SOF0 => frame = Some(segment),
                DHT => {
                    let (of, table) = segment.get(4..)?.split_first()?;
                    *tables.get_mut(TABLES.iter().position(|known| known == of)?)? = Some(Table::parse(table)?);
                }
                SOS => break,
                _ => return None,
            }
        }
        let frame: &[u8] = frame?;
        let &[_, _, _, 17, 8, high, low, wide, narrow, 3, _, 0x22, 0, _, 0x11, 1, _, 0x11, 1] = frame else { return None };
        let blocks = |high, low| usize::from(u16::from_be_bytes([high, low])).div_ceil(16);
        Some(Self {
            jfif: jfif?,
            quantisation,
            frame,
            tables: tables.into_iter().collect::<Option<_>>()?,
            scan: rest.strip_suffix(&[0xFF, EOI])?,
            units: blocks(high, low) * blocks(wide, narrow),
        })
    }

    fn write_frame(&self, out: &mut Vec<u8>) -> Option<()> {
        let (before, components) = self.frame.split_at_checked(10)?;
        out.extend_from_slice(before);
        for (component, id) in components.as_chunks::<3>().0.iter().zip(1..) {
            out.extend([id, component[1], component[2]]);
        }
        Some(())
    }
}

/// A Huffman code's symbol, the bits that follow it, and which of the four tables it is from.
#[derive(Clone, Copy)]
struct Word(u32);

impl Word {
    #[allow(clippy::cast_possible_truncation, reason = "there are four tables")]
    fn new(table: usize, symbol: u8, value: u32) -> Self {
        // Values have 11 bits at most.
        Self((table as u32) << 30 | value << 8 | u32::from(symbol))
    }

    fn table(self) -> usize {
        (self.0 >> 30) as usize
    }

    #[allow(clippy::cast_possible_truncation, reason = "the low eight bits are meant")]
    fn symbol(self) -> u8 {
        self.0 as u8
    }

    fn value(self) -> u32 {
        self.0 >> 8 & 0x3F_FFFF
    }

    /// How many bits follow the code: in a symbol's low four bits for coefficients, and in all of it for the first one, which are below 16.
    fn size(self) -> u32 {
        self.0 & 15
    }
}

/// Reads all codes of a scan.
fn read(scan: &[u8], units: usize, tables: &[Codes; 4]) -> Option<Vec<Word>> {
    let mut unstuffed = Unstuffed::default();
    unstuffed.open(View::file(scan), 0);
    let mut bits = unstuffed.bits();
    // More are few: a code and its value are five bits or so.
    let mut words = Vec::with_capacity(scan.len() + scan.len() / 2);
    for _ in 0..units {
        for component in [0, 0, 0, 0, 1, 1] {
            block(&mut bits, component, tables, &mut words)?;
        }
    }
    // Only what fills the last byte may be left.
    (bits.is_within() && unstuffed.position(bits) == scan.len()).then_some(words)
}

/// Reads a block: its first coefficient, then the others up to the end of the block.
#[allow(clippy::cast_possible_truncation, reason = "a value has 11 bits at most")]
fn block(bits: &mut Bits, component: usize, tables: &[Codes; 4], words: &mut Vec<Word>) -> Option<()> {
    let mut index = 0;
    while index < 64 {
        let table = 2 * component + usize::from(index > 0);
        let next = bits.next()?;
        let (length, symbol) = tables[table].first(next)?;
        let size = u32::from(symbol & 15);
        if size > 11 {
            return None;
        }
        // In two steps, for a size of 0.
        let value = (next << length >> 1 >> (63 - size)) as u32;
        words.push(Word::new(table, symbol, value));
        bits.skip(length + size);
        index += match (index, symbol) {
            (0, _) => 1,
            (_, 0) => 64,
            (_, other) => 1 + usize::from(other >> 4),
        };
    }
    Some(())
}

#[allow(clippy::cast_possible_truncation, reason = "the low 32 bits are meant")]
fn write(words: &[Word], tables: &[CodeBook; 4], out: &mut Vec<u8>) {
    let (mut pending, mut count) = (0_u64, 0_u32);
    for word in words {
        let code = tables[word.table()].of(word.symbol());
        // At most 31 bits are left over, and 27 come.
        pending = (pending << code.length | u64::from(code.bits)) << word.size() | u64::from(word.value());
        count += code.length + word.size();
        if count >= 32 {
            count -= 32;
            push((pending >> count) as u32, 4, out);
        }
    }
    // Ones fill the last byte.
    let filled = count.next_multiple_of(8);
    let last = (pending << (filled - count) | ((1 << (filled - count)) - 1)) << (32 - filled);
    push(last as u32, filled as usize / 8, out);
}

/// Appends the first `count` of four bytes, a zero behind each FF.
fn push(four: u32, count: usize, out: &mut Vec<u8>) {
    let bytes = four.to_be_bytes();
    if count == 4 && !bytes.contains(&0xFF) {
        out.extend(bytes);
        return;
    }
    for byte in &bytes[..count] {
        out.push(*byte);
        if *byte == 0xFF {
            out.push(0);
        }
    }
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const APP0: u8 = 0xE0;
const SOF0: u8 = 0xC0;
const DQT: u8 = 0xDB;
const DHT: u8 = 0xC4;
const SOS: u8 = 0xDA;

/// Class (0 for the first coefficients, 1 for the others) and number of the four tables: luma's, then chroma's.
const TABLES: [u8; 4] = [0x00, 0x10, 0x01, 0x11];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::*;

    /// Noise of some strength: from hardly any codes to many long ones, with bytes of all ones among them.
    fn encoded(width: u16, height: u16, strength: u32, quality: u8, set: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
        let mut seed = 7_u32;
        let noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(128 + (seed >> 24) * strength / 256 - strength / 2).unwrap()
        };
        let pixels: Vec<u8> = std::iter::repeat_with(noise).take(usize::from(width) * usize::from(height) * 3).collect();
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, quality);
        encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
        set(&mut encoder);
        encoder.encode(&pixels, width, height, ColorType::Rgb).unwrap();
        bytes
    }

    fn pixels(bytes: &[u8]) -> Vec<u8> {
        jpeg_decoder::Decoder::new(bytes).decode().unwrap()
    }

    #[test]
    fn the_picture_stays_and_the_file_shrinks() {
        for (width, height) in [(1, 1), (16, 16), (17, 33), (200, 99)] {
            for (strength, quality) in [(0, 1), (20, 50), (255, 85), (255, 100)] {
                let before = encoded(width, height, strength, quality, |_| {});
                let after = fit(&before).unwrap();
                assert_eq!(pixels(&after), pixels(&before), "{width} × {height}, {strength}, {quality}");
                assert!(after.len() < before.len());
            }
        }
    }

    #[test]
    fn fitted_again_it_is_the_same() {
        let once = fit(&encoded(64, 48, 200, 90, |_| {})).unwrap();
        assert_eq!(fit(&once).unwrap(), once);
    }

    #[test]
    fn what_the_encoder_does_not_write_is_refused() {
        let whole = encoded(40, 40, 255, 90, |_| {});
        for cut in 0..whole.len() {
            assert!(fit(&whole[..cut]).is_none(), "{cut} of {} bytes", whole.len());
            // The picture's data without some of its last bytes, or with more.
            let shorter = [&whole[..cut], &[0xFF, EOI]].concat();
            assert!(cut == whole.len() - 2 || fit(&shorter).is_none(), "{cut}");
        }
        assert!(fit(&[&whole[..whole.len() - 2], &[0, 0xFF, EOI]].concat()).is_none());
        assert!(fit(&encoded(40, 40, 255, 90, |encoder| encoder.set_restart_interval(1))).is_none());
        assert!(fit(&encoded(40, 40, 255, 90, |encoder| encoder.set_optimized_huffman_tables(true))).is_none(), "several scans");
        assert!(fit(&encoded(40, 40, 255, 90, |encoder| encoder.set_progressive(true))).is_none());
        assert!(fit(&encoded(40, 40, 255, 90, |encoder| encoder.set_sampling_factor(SamplingFactor::R_4_4_4))).is_none());
        assert!(fit(&encoded(40, 40, 255, 90, |encoder| encoder.add_app_segment(1, vec![0; 4]).unwrap())).is_none());
    }
}
