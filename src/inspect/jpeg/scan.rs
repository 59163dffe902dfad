//! Reads a scan's codes to the last, without making pixels of them: only so can it be known where the picture's data ends and where
//! something else that decoders skip begins. [ITU-T T.81 Annex F, G]
#![allow(clippy::inline_always, reason = "the small WebAssembly is optimised for size, where a hint is not enough")]

use std::ops::Range;

use super::bits::{Bits, Codes, NO_STEPS, Step, Steps, Unstuffed, step};
use super::frame::{Component, Frame, ScanHeader, Tables};
use super::progressive::Progress;
use crate::inspect::cursor::View;

/// Reads the data of a scan. Returns the runs of bytes that hold it, restart markers included; what lies between them and behind the last
/// is no part of the picture.
pub(super) fn measure(
    data: View,
    frame: &Frame,
    header: &ScanHeader,
    tables: &Tables,
    progress: &mut Progress,
) -> Result<Vec<Range<usize>>, String> {
    progress.begin(frame, header)?;
    let parts: Vec<Part> = header.parts.iter().map(|part| Part::new(part, frame, header, tables)).collect::<Result<_, _>>()?;
    let (columns, rows) = match parts.as_slice() {
        [one] => one.blocks,
        _ => frame.mcus(),
    };
    let total = u64::from(columns).saturating_mul(rows.into());
    let blocks = match frame.process {
        2 => Vec::new(),
        _ => sequence(&parts, total >= WORTH_STEPS).ok_or("a scan needs a Huffman table that was not defined")?,
    };
    let (mut unstuffed, mut runs, mut run_start, mut opened_at) = (Unstuffed::default(), Vec::new(), 0, 0);
    let interval = u64::from(tables.restart_interval());
    let mut number = 0_u64;
    loop {
        unstuffed.open(data, opened_at);
        let mut reader = Reader { bits: unstuffed.bits(), end_of_band_run: 0, header };
        let stop = if interval > 0 { number.saturating_add(interval).min(total) } else { total };
        number = match frame.process {
            2 => reader.progressive(&parts, columns, number..stop, progress),
            _ => reader.sequential(&blocks, number..stop),
        };
        if number < stop {
            return Err(format!("the picture's data is damaged in unit {number} of {total}"));
        }
        let end = unstuffed.position(reader.bits);
        runs.push(run_start..end);
        if number >= total {
            return Ok(runs);
        }
        run_start = restart(data, end, number / interval)?;
        opened_at = run_start.saturating_add(2);
    }
}

/// How many blocks a scan speaks of.
pub(super) fn blocks(frame: &Frame, header: &ScanHeader) -> u64 {
    let of = |part: &super::frame::ScanPart| frame.parts.get(part.index).map_or((0, 0), |component| frame.blocks(component));
    header.parts.iter().map(of).map(|(across, down)| u64::from(across).saturating_mul(down.into())).fold(0, u64::saturating_add)
}

/// Finds the restart marker that is due: the next marker in the data must be it.
fn restart(data: View, from: usize, number: u64) -> Result<usize, String> {
    let expected = 0xD0 | u8::try_from(number.saturating_sub(1) & 7).unwrap_or(0);
    let bytes = data.bytes();
    let mut at = from;
    loop {
        match bytes.get(at..) {
            Some([0xFF, 0 | 0xFF, ..]) => at = at.saturating_add(1),
            Some([0xFF, marker, ..]) if *marker == expected => return Ok(at),
            Some([0xFF, ..] | []) | None => return Err("a restart marker is missing or out of order".into()),
            Some([_, ..]) => at = at.saturating_add(1),
        }
    }
}

/// A component of a scan, ready to be read.
pub(super) struct Part<'a> {
    /// Its number in the frame.
    pub(super) index: usize,
    /// Blocks of it in one unit, across and down.
    pub(super) horizontal: u32,
    pub(super) vertical: u32,
    /// Blocks that cover the picture, across and down.
    blocks: (u32, u32),
    /// Blocks of a row as stored, those beyond the edge included.
    pub(super) stride: u32,
    pub(super) dc: Option<&'a Codes>,
    pub(super) ac: Option<&'a Codes>,
}

impl<'a> Part<'a> {
    fn new(part: &super::frame::ScanPart, frame: &Frame, header: &ScanHeader, tables: &'a Tables) -> Result<Self, String> {
        let component: &Component = frame.parts.get(part.index).ok_or("a component that the frame does not have")?;
        let (needs_dc, needs_ac) = header.needs(frame);
        let is_single = header.parts.len() == 1;
        let table = |needed: bool, class: u8, id: u8| match (needed, tables.codes(class, id)) {
            (true, None) => Err("a scan needs a Huffman table that was not defined".to_owned()),
            (true, codes) => Ok(codes),
            (false, _) => Ok(None),
        };
        Ok(Self {
            index: part.index,
            horizontal: if is_single { 1 } else { component.horizontal.into() },
            vertical: if is_single { 1 } else { component.vertical.into() },
            blocks: frame.blocks(component),
            stride: frame.mcus().0.saturating_mul(component.horizontal.into()),
            dc: table(needs_dc, 0, part.dc)?,
            ac: table(needs_ac, 1, part.ac)?,
        })
    }
}

/// The tables of a block of a sequential picture.
struct Block<'a> {
    dc: &'a Codes,
    first: &'a Steps,
    ac: &'a Codes,
    steps: &'a Steps,
}

/// The blocks of one unit of a sequential picture, in order; `None` when a table is missing.
fn sequence<'a>(parts: &[Part<'a>], is_long: bool) -> Option<Vec<Block<'a>>> {
    let mut blocks = Vec::new();
    for part in parts {
        let (dc, ac) = (part.dc?, part.ac?);
        let (first, steps) = if is_long { (dc.first_steps(), ac.steps()) } else { (&NO_STEPS, &NO_STEPS) };
        for _ in 0..part.horizontal.saturating_mul(part.vertical) {
            blocks.push(Block { dc, first, ac, steps });
        }
    }
    Some(blocks)
}

impl Block<'_> {
    /// Reads the block at `bits`, to its end. [§F.2.2]
    #[inline(always)]
    fn read(&self, bits: &mut Bits) -> Option<()> {
        let mut next = bits.next()?;
        let mut read = step(self.first, next);
        if read.advance() == 1 {
            next = read.behind(next);
        } else {
            bits.skip(dc(next, self.dc)?);
            next = bits.next()?;
            read = Step::at(1);
        }
        loop {
            let (before, last) = self.three(next, read);
            let all = before.then(last);
            if all.advance() < 64 {
                bits.skip(all.bits());
                read = Step::at(all.advance());
            } else if all.ends_block(last) {
                bits.skip(all.bits());
                return Some(());
            } else {
                // A long code, or near the end of the block, where a further coefficient could be the next block's.
                bits.skip(before.bits());
                let one = ac(bits.next()?, self.ac, before.advance())?;
                bits.skip(one.bits());
                if one.advance() == 64 {
                    return Some(());
                }
                read = Step::at(one.advance());
            }
            next = bits.next()?;
        }
    }

    /// Goes on from what was read by three steps, for which there are sure to be bits, or less if one leaves the block. Returns what was
    /// read before the last step, and that step.
    #[inline(always)]
    fn three(&self, next: u64, read: Step) -> (Step, Step) {
        let one = step(self.steps, next);
        let after = read.then(one);
        if after.advance() >= 64 {
            return (read, one);
        }
        let next = one.behind(next);
        let two = step(self.steps, next);
        let before = after.then(two);
        if before.advance() >= 64 {
            return (after, two);
        }
        (before, step(self.steps, two.behind(next)))
    }
}

/// How many bits a block's first coefficient has, `next` being what it begins with. [§F.2.2.1]
#[inline(never)]
pub(super) fn dc(next: u64, codes: &Codes) -> Option<u32> {
    let (length, size) = codes.first(next)?;
    (size <= 16).then_some(length.saturating_add(size.into()))
}

/// The bits of coefficient `k` of a sequential picture, and which coefficient is next: 64 at the end of the block. [§F.2.2.2]
#[inline(never)]
fn ac(next: u64, codes: &Codes, k: u32) -> Option<Step> {
    let (length, symbol) = codes.first(next)?;
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    let after = match (run, size) {
        (15, 0) => k.saturating_add(16),
        (_, 0) => 64,
        _ => k.saturating_add(run).saturating_add(1),
    };
    // A run of zeros may not go beyond the block.
    (after <= 64).then(|| Step::new(length.saturating_add(size), after))
}

pub(super) struct Reader<'a> {
    pub(super) bits: Bits<'a>,
    /// Blocks to come of a progressive picture that have no new coefficients.
    pub(super) end_of_band_run: u32,
    pub(super) header: &'a ScanHeader,
}

impl Reader<'_> {
    /// Reads units of a sequential picture. Returns the number of the first that is damaged, or the end.
    fn sequential(&mut self, blocks: &[Block], units: Range<u64>) -> u64 {
        let mut number = units.start;
        while number < units.end {
            let stop = number.saturating_add(AT_ONCE).min(units.end);
            number = self.batch(blocks, number..stop);
            if number < stop {
                break;
            }
        }
        number
    }

    /// A function of its own: browsers replace slow code by quick code when a function is entered, never within a loop.
    #[inline(never)]
    fn batch(&mut self, blocks: &[Block], units: Range<u64>) -> u64 {
        let mut bits = self.bits;
        for number in units.clone() {
            for block in blocks {
                if block.read(&mut bits).is_none() {
                    return number;
                }
            }
            if !bits.is_within() {
                return number;
            }
        }
        self.bits = bits;
        units.end
    }
}

/// Units that are read in one call of a function.
const AT_ONCE: u64 = 256;

/// Units of a scan for which it is worth it to make a table of steps, which takes as long as to read some hundred of them one by one. A file
/// may have very many short scans, each with tables of its own.
const WORTH_STEPS: u64 = 64;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed"
)]
mod tests {
    use super::*;

    /// Differences of no bits, of one and of nine.
    const DC: &[(&str, u8)] = &[("0", 0), ("10", 1), ("110", 9)];
    /// The end of a block, a coefficient of one bit, sixteen zeros, fourteen and fifteen zeros and a coefficient, and one of fifteen bits.
    const AC: &[(&str, u8)] = &[("00", 0x00), ("01", 0x01), ("100", 0xF0), ("101", 0xE1), ("1100", 0xF1), ("11010", 0x0F)];

    fn codes(table: &[(&str, u8)]) -> Codes {
        let mut counts = [0; 16];
        table.iter().for_each(|(code, _)| counts[code.len() - 1] += 1);
        Codes::new(counts, &table.iter().map(|(_, symbol)| *symbol).collect::<Vec<_>>()).unwrap()
    }

    /// Reads up to `units` units of one block each. Returns how many could be read, and where the data ends if all could.
    fn read(dc: &Codes, ac: &Codes, bytes: &[u8], units: u64) -> (u64, Option<usize>) {
        let header = ScanHeader { parts: Vec::new(), first: 0, last: 63, high: 0, low: 0 };
        let mut unstuffed = Unstuffed::default();
        unstuffed.open(View::file(bytes), 0);
        let mut reader = Reader { bits: unstuffed.bits(), end_of_band_run: 0, header: &header };
        let read = reader.sequential(&[Block { dc, first: dc.first_steps(), ac, steps: ac.steps() }], 0..units);
        (read, (read == units).then(|| unstuffed.position(reader.bits)))
    }

    /// The same for `bits` as text, which are filled up with ones and stuffed.
    fn read_text(bits: &str, units: u64) -> (u64, Option<usize>) {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').collect();
        let bytes = bits.chunks(8).map(|eight| (0..8).fold(0, |byte, at| byte << 1 | eight.get(at).map_or(1, |bit| bit & 1)));
        let stuffed: Vec<u8> = bytes.flat_map(|byte| if byte == 0xFF { vec![byte, 0] } else { vec![byte] }).collect();
        read(&codes(DC), &codes(AC), &stuffed, units)
    }

    #[test]
    fn a_block_ends_at_its_last_coefficient_and_no_later() {
        let one = "01 1";
        // 63 coefficients leave no room for an end of the block: the bits behind them are the next block's, which would be read otherwise.
        let full = format!("0 {}", one.repeat(63));
        assert_eq!(read_text(&full, 1), (1, Some(24)));
        assert_eq!(read_text(&format!("{full} 110 010101010 00"), 2), (2, Some(26)));
        assert_eq!(read_text(&format!("{full} 0 00 {full}"), 3), (3, Some(48)));
        assert_eq!(read_text(&format!("0 {} 00", one.repeat(62)), 1), (1, Some(24)));

        let zeros = |before: usize, run: &str| format!("0 {} {run}", one.repeat(before));
        for (before, run, ends) in [
            (47, "100", true),
            (48, "100", false),
            (0, "100 100 100 101 1", true),
            (0, "100 100 100 1100 1", false),
            (1, "100 100 100 101 1", false),
            (15, "100 100 100", true),
            (16, "100 100 100", false),
            (48, "101 1", true),
            (49, "101 1", false),
            (47, "1100 1", true),
            (48, "1100 1", false),
            (62, "100", false),
            (62, "11010 010101010101010", true),
            (61, "101 1 00", false),
        ] {
            assert_eq!(read_text(&zeros(before, run), 1).0, u64::from(ends), "{run} behind {before} coefficients");
            // What follows neither hides a run that is too long, nor is it part of a block that has ended.
            assert_eq!(read_text(&format!("{} 0 00 {}", zeros(before, run), "0 00".repeat(30)), 3).0, if ends { 3 } else { 0 }, "{run}");
        }
    }

    #[test]
    fn nothing_is_read_behind_the_last_bit() {
        // A block of three bits: eight of them are three bytes, to the last bit.
        let blocks = "0 00".repeat(8);
        assert_eq!(read_text(&blocks, 8), (8, Some(3)));
        assert_eq!(read_text(&blocks, 9).0, 8);
        assert_eq!(read_text(&format!("{blocks} 0"), 9).0, 8);
        assert_eq!(read_text(&format!("{blocks} 0 00"), 9), (9, Some(4)));
        // 50 bytes, of which a value of fifteen bits is the last, behind a full block and at the end of another.
        let bits = format!("0 00 0 {} 0 {} 11010 {}", "01 1".repeat(63), "01 1".repeat(62), "0".repeat(15));
        assert_eq!(read_text(&bits, 3), (3, Some(50)));
        assert_eq!(read_text(&bits[..bits.len() - 8], 3), (2, None));
        assert_eq!(read_text(&bits[..bits.len() - 15], 3), (2, None));
        assert_eq!(read(&codes(DC), &codes(AC), &[], 1), (0, None));
        // A value of sixteen bits is more than any step has.
        let long = codes(&[("0", 16), ("10", 17)]);
        assert_eq!(read(&long, &codes(AC), &[0x55, 0x55, 0x1F], 1), (1, Some(3)));
        assert_eq!(read(&long, &codes(AC), &[0x55, 0x55], 1).0, 0);
        assert_eq!(read(&long, &codes(AC), &[0x95, 0x55, 0x1F, 0, 0], 1).0, 0);
    }

    /// Bit after bit, as the standard says it.
    fn read_slowly(dc: &[(String, u8)], ac: &[(String, u8)], bytes: &[u8], units: u64) -> (u64, Option<usize>) {
        let mut places = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let behind = at + if bytes[at] == 0xFF { 2 } else { 1 };
            places.extend((0..8).rev().map(|bit| (bytes[at] >> bit & 1, behind)));
            at = behind;
        }
        let mut position = 0;
        let code = |position: &mut usize, table: &[(String, u8)]| {
            let rest = places.get(*position..)?;
            let is_next = |code: &str| code.len() <= rest.len() && code.bytes().zip(rest).all(|(one, (other, _))| one & 1 == *other);
            let (code, symbol) = table.iter().find(|(code, _)| is_next(code))?;
            *position += code.len();
            Some(*symbol)
        };
        let block = |position: &mut usize| {
            let size = code(position, dc)?;
            *position += usize::from(size);
            let mut k = 1;
            while k < 64 && size <= 16 {
                match code(position, ac)? {
                    0xF0 => k += 16,
                    symbol if symbol & 15 == 0 => break,
                    symbol => {
                        k += symbol >> 4;
                        k += 1;
                        *position += usize::from(symbol & 15);
                    }
                }
            }
            (k <= 64 && size <= 16 && *position <= places.len()).then_some(())
        };
        for number in 0..units {
            if block(&mut position).is_none() {
                return (number, None);
            }
        }
        (units, Some(position.checked_sub(1).map_or(0, |last| places[last].1)))
    }

    #[test]
    fn what_is_read_in_steps_is_what_is_read_bit_after_bit() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut whole = 0;
        for _ in 0..3000 {
            let mut tables = [Vec::new(), Vec::new()];
            for (is_ac, table) in [false, true].into_iter().zip(&mut tables) {
                // Of all codes not yet taken the first, now and then a bit longer.
                let (mut code, mut length) = (0_u32, 1_usize);
                while length <= 16 && code < 1 << length && table.len() < 60 {
                    if random(3) > 0 && length < 16 {
                        code <<= 1;
                        length += 1;
                        continue;
                    }
                    let symbol = match (is_ac, random(8)) {
                        (false, 0) => random(18) as u8,
                        (false, _) => random(10) as u8,
                        (true, 0 | 1) => 0x00,
                        (true, 2) => 0xF0,
                        (true, 3) => random(256) as u8,
                        (true, _) => ((random(3) << 4) | (1 + random(3))) as u8,
                    };
                    table.push((format!("{code:0length$b}"), symbol));
                    code += 1;
                }
            }
            let [dc, ac] = tables;
            let as_codes = |table: &[(String, u8)]| codes(&table.iter().map(|(code, symbol)| (code.as_str(), *symbol)).collect::<Vec<_>>());
            let (dc_codes, ac_codes) = (as_codes(&dc), as_codes(&ac));
            for _ in 0..4 {
                let (units, zeros) = (random(6), random(3) * 0x55);
                let bytes: Vec<u8> = (0..random(120))
                    .flat_map(|_| match random(256) as u8 & !(zeros as u8) {
                        0xFF => vec![0xFF, 0],
                        byte => vec![byte],
                    })
                    .collect();
                let slowly = read_slowly(&dc, &ac, &bytes, units);
                assert_eq!(read(&dc_codes, &ac_codes, &bytes, units), slowly, "{dc:?} {ac:?} {bytes:?}");
                whole += usize::from(units > 0 && slowly.1.is_some());
            }
        }
        assert!(whole > 500, "{whole} of them could be read");
    }
}
