//! Scans: entropy-coded data → coefficients. [T.81 §F.2 sequential, §G.2 progressive]

use super::huffman::{Bits, Flaw, Table};
use super::{Component, idct};
use crate::Error;

/// What a scan header says. [T.81 §B.2.3]
pub(super) struct Scan<'a> {
    /// Index of each component of the scan, with its tables.
    pub(super) components: Vec<ScanComponent<'a>>,
    /// First and last coefficient, in zigzag order.
    pub(super) first: usize,
    pub(super) last: usize,
    /// Bits that earlier scans left to do, 0 in the first; and those that this one leaves.
    pub(super) high: u32,
    pub(super) low: u32,
}

pub(super) struct ScanComponent<'a> {
    pub(super) index: usize,
    pub(super) dc: Option<&'a Table>,
    pub(super) ac: Option<&'a Table>,
}

/// What carries over from block to block until the next restart marker.
#[derive(Default)]
struct State {
    predictions: [i32; 4],
    /// Blocks whose band ends without a code of their own.
    end_of_band_run: u32,
}

/// Decodes the sequential scan whose data begins at `at`, into samples. Gives where its data ends.
pub(super) fn sequential(scan: &Scan, components: &mut [Component], mcus: &Mcus, data: &[u8], at: usize) -> Result<usize, Error> {
    let mut block = [0; 64];
    walk(scan, components, mcus, data, at, |bits, state, slot, component, x, y| {
        let part = &scan.components[slot];
        let (Some(dc), Some(ac)) = (part.dc, part.ac) else { return Err(NO_TABLE) };
        let stride = component.stride;
        let steps = &component.steps;
        let only_average = sequential_block(bits, dc, ac, &mut state.predictions[slot], steps, &mut block)?;
        let plane = component.plane.get_mut(y * 8 * stride + x * 8..).ok_or(OUTSIDE)?;
        if only_average {
            idct::flat(block[0], plane, stride);
        } else {
            idct::block(&block, plane, stride);
            block = [0; 64];
        }
        Ok(())
    })
}

/// Decodes one block, dequantised; says whether all but its average is zero.
#[inline(always)]
fn sequential_block(
    bits: &mut Bits,
    dc: &Table,
    ac: &Table,
    prediction: &mut i32,
    steps: &[i32; 64],
    block: &mut [i32; 64],
) -> Result<bool, Flaw> {
    block[0] = average(bits, dc, prediction)? * steps[0];
    let mut index = 1;
    let mut only_average = true;
    while index < 64 {
        bits.fill()?;
        let (run, value) = match bits.coefficient(ac) {
            Some(found) => found,
            None => {
                let symbol = bits.symbol(ac)?;
                let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
                if size == 0 {
                    if run != 15 {
                        break;
                    }
                    index += 16;
                    continue;
                }
                if size > MAX_SIZE {
                    return Err(OUT_OF_RANGE);
                }
                (run, bits.extended(size))
            }
        };
        index += run;
        let (Some(&place), Some(step)) = (ZIGZAG.get(index), steps.get(index)) else { return Err(TOO_LONG) };
        block[usize::from(place & 63)] = value * step;
        only_average = false;
        index += 1;
    }
    if index > 64 { Err(TOO_LONG) } else { Ok(only_average) }
}

/// Decodes the progressive scan whose data begins at `at`, into coefficients. Gives where its data ends.
pub(super) fn progressive(scan: &Scan, components: &mut [Component], mcus: &Mcus, data: &[u8], at: usize) -> Result<usize, Error> {
    let (first, last, low) = (scan.first, scan.last, scan.low);
    walk(scan, components, mcus, data, at, |bits, state, slot, component, x, y| {
        let part = &scan.components[slot];
        let index = y * (component.stride / 8) + x;
        let block = component.coefficients.as_chunks_mut::<64>().0.get_mut(index).ok_or(OUTSIDE)?;
        match (first, scan.high) {
            (0, 0) => {
                let value = average(bits, part.dc.ok_or(NO_TABLE)?, &mut state.predictions[slot])?;
                block[0] = narrow(value << low);
            }
            (0, _) => {
                if bits.bit()? {
                    block[0] |= 1 << low;
                }
            }
            (_, 0) => band(bits, part.ac.ok_or(NO_TABLE)?, &mut state.end_of_band_run, first, last, low, block)?,
            _ => refine_band(bits, part.ac.ok_or(NO_TABLE)?, &mut state.end_of_band_run, first, last, low, block)?,
        }
        Ok(())
    })
}

/// Decodes a block's average: the difference to the block before. [T.81 §F.2.2.1]
#[inline(always)]
fn average(bits: &mut Bits, dc: &Table, prediction: &mut i32) -> Result<i32, Flaw> {
    bits.fill()?;
    let size = u32::from(bits.symbol(dc)?);
    if size > MAX_SIZE {
        return Err(OUT_OF_RANGE);
    }
    *prediction += bits.extended(size);
    if prediction.abs() > 2048 { Err(OUT_OF_RANGE) } else { Ok(*prediction) }
}

/// The first scan of a band of coefficients. [T.81 §G.1.2.2]
fn band(bits: &mut Bits, ac: &Table, run_left: &mut u32, first: usize, last: usize, low: u32, block: &mut [i16; 64]) -> Result<(), Flaw> {
    if *run_left > 0 {
        *run_left -= 1;
        return Ok(());
    }
    let mut index = first;
    while index <= last {
        bits.fill()?;
        let (run, value) = match bits.coefficient(ac) {
            Some(found) => found,
            None => {
                let symbol = bits.symbol(ac)?;
                let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
                if size == 0 {
                    if run != 15 {
                        *run_left = (1 << run) - 1 + bits.take(run);
                        return Ok(());
                    }
                    index += 16;
                    continue;
                }
                if size > MAX_SIZE {
                    return Err(OUT_OF_RANGE);
                }
                (run as usize, bits.extended(size))
            }
        };
        index += run;
        if index > last {
            return Err(TOO_LONG);
        }
        block[usize::from(ZIGZAG[index & 63] & 63)] = narrow(value << low);
        index += 1;
    }
    if index > last + 1 { Err(TOO_LONG) } else { Ok(()) }
}

/// A later scan of a band: one bit more of each coefficient. [T.81 §G.1.2.3]
fn refine_band(
    bits: &mut Bits,
    ac: &Table,
    run_left: &mut u32,
    first: usize,
    last: usize,
    low: u32,
    block: &mut [i16; 64],
) -> Result<(), Flaw> {
    let bit = 1_i16 << low;
    let mut index = first;
    if *run_left == 0 {
        while index <= last {
            bits.fill()?;
            let symbol = bits.symbol(ac)?;
            let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
            let new = match size {
                0 if zeros != 15 => {
                    *run_left = (1 << zeros) + bits.take(zeros);
                    break;
                }
                0 => 0,
                1 if bits.take(1) == 1 => bit,
                1 => -bit,
                _ => return Err(OUT_OF_RANGE),
            };
            // Passes as many coefficients that are still zero as the run says, and refines the others on the way.
            while index <= last {
                let coefficient = &mut block[usize::from(ZIGZAG[index & 63] & 63)];
                if *coefficient != 0 {
                    refine(bits, bit, coefficient)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                index += 1;
            }
            if index > last {
                if new != 0 || zeros != 0 {
                    return Err(TOO_LONG);
                }
                break;
            }
            block[usize::from(ZIGZAG[index & 63] & 63)] = new;
            index += 1;
        }
    }
    if *run_left > 0 {
        for place in &ZIGZAG[index.min(64)..=last] {
            let coefficient = &mut block[usize::from(place & 63)];
            if *coefficient != 0 {
                refine(bits, bit, coefficient)?;
            }
        }
        *run_left -= 1;
    }
    Ok(())
}

#[inline(always)]
fn refine(bits: &mut Bits, bit: i16, coefficient: &mut i16) -> Result<(), Flaw> {
    if bits.bit()? && *coefficient & bit == 0 {
        *coefficient = if *coefficient > 0 { coefficient.saturating_add(bit) } else { coefficient.saturating_sub(bit) };
    }
    Ok(())
}

/// Transforms the coefficients of a progressive picture's component into samples.
pub(super) fn finish(component: &mut Component) {
    let stride = component.stride;
    let blocks = component.coefficients.as_chunks::<64>().0;
    for (rows, blocks) in component.plane.chunks_exact_mut(stride * 8).zip(blocks.chunks_exact(stride / 8)) {
        for (x, coefficients) in blocks.iter().enumerate() {
            let mut block = [0; 64];
            for (place, step) in ZIGZAG.iter().zip(&component.steps) {
                let place = usize::from(place & 63);
                block[place] = i32::from(coefficients[place]) * step;
            }
            let plane = &mut rows[x * 8..];
            if coefficients[1..].iter().all(|&c| c == 0) {
                idct::flat(block[0], plane, stride);
            } else {
                idct::block(&block, plane, stride);
            }
        }
    }
    component.coefficients = Vec::new();
}

/// How minimum coded units lie in the picture.
pub(super) struct Mcus {
    pub(super) across: usize,
    pub(super) down: usize,
    /// MCUs between restart markers; 0: there are none.
    pub(super) restart_interval: usize,
}

/// Calls `decode` for each block of the scan in its order, with the block's place in its component; sees to restart markers.
fn walk(
    scan: &Scan,
    components: &mut [Component],
    mcus: &Mcus,
    data: &[u8],
    at: usize,
    mut decode: impl FnMut(&mut Bits, &mut State, usize, &mut Component, usize, usize) -> Result<(), Flaw>,
) -> Result<usize, Error> {
    // A scan of one component goes block by block, and leaves out those that only fill up MCUs. [T.81 §A.2.2]
    let alone = match scan.components.as_slice() {
        [only] => components.get(only.index).map(|component| (component.width.div_ceil(8), component.height.div_ceil(8))),
        _ => None,
    };
    let (across, down) = alone.unwrap_or((mcus.across, mcus.down));
    let mut bits = Bits::new(data, at);
    let mut state = State::default();
    let mut until_restart = mcus.restart_interval;
    let mut restarts = 0_u8;
    for mcu_y in 0..down {
        for mcu_x in 0..across {
            if mcus.restart_interval > 0 {
                if until_restart == 0 {
                    let marker = end_of_interval(&bits, &state)?;
                    if data.get(marker + 1) != Some(&(0xd0 + restarts % 8)) {
                        return Err(Error::malformed("a restart marker is missing", marker));
                    }
                    bits = Bits::new(data, marker + 2);
                    state = State::default();
                    until_restart = mcus.restart_interval;
                    restarts = restarts.wrapping_add(1);
                }
                until_restart -= 1;
            }
            for (slot, part) in scan.components.iter().enumerate() {
                let Some(component) = components.get_mut(part.index) else { continue };
                let (blocks_x, blocks_y) = if alone.is_some() { (1, 1) } else { (component.blocks_x, component.blocks_y) };
                for block in 0..blocks_x * blocks_y {
                    let (x, y) = (mcu_x * blocks_x + block % blocks_x, mcu_y * blocks_y + block / blocks_x);
                    decode(&mut bits, &mut state, slot, component, x, y).map_err(|flaw| Error::malformed(flaw, bits.position()))?;
                }
            }
        }
    }
    end_of_interval(&bits, &state)
}

fn end_of_interval(bits: &Bits, state: &State) -> Result<usize, Error> {
    if state.end_of_band_run > 0 {
        return Err(Error::malformed("a run of blocks goes beyond its scan", bits.position()));
    }
    bits.end().map_err(|flaw| Error::malformed(flaw, bits.position()))
}

fn narrow(value: i32) -> i16 {
    i16::try_from(value).unwrap_or(if value < 0 { i16::MIN } else { i16::MAX })
}

const NO_TABLE: Flaw = "a scan uses a Huffman table that is not there";
const OUTSIDE: Flaw = "a block lies outside the picture";
const OUT_OF_RANGE: Flaw = "a coefficient is out of range";
const TOO_LONG: Flaw = "a block has more than 64 coefficients";

/// Bits of the largest coefficient of an 8-bit picture. [T.81 tables F.1, F.2; one more than F.2 has, for coarse rounding]
const MAX_SIZE: u32 = 11;

/// Place in a block, row by row, of each coefficient in zigzag order. [T.81 figure A.6]
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
    57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];
