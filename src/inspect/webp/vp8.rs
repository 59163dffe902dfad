//! Reads a key frame's booleans to the last, without making pixels of them: only so can it be known where its partitions end. [RFC 6386]

use std::ops::Range;

use super::boolean::Booleans;
use super::prefix::spend;
use super::probabilities::{SUB_BLOCK_MODES, TOKEN_UPDATES, TOKENS};

/// Where the parts of a frame are in the chunk's data, in file order. What is between and behind them is no part of the picture.
pub(super) struct Parts {
    /// The partition of modes, behind the frame header.
    pub(super) first: Range<usize>,
    /// Where the first partition is stated to end, and the lengths of all token partitions but the last follow.
    pub(super) sizes: Range<usize>,
    /// Each with where it is stated to end.
    pub(super) tokens: Vec<(Range<usize>, usize)>,
    /// Whether more token partitions are stated than there is data for.
    pub(super) are_cut: bool,
}

/// Reads a frame of `width` × `height` px. `None` when it ends before the picture does, or when `work`, blocks and coefficients that may still
/// be read, is spent: those that are sure to come take next to no bits.
pub(super) fn measure(data: &[u8], width: u32, height: u32, first_length: usize, work: &mut u64) -> Option<Parts> {
    let sizes_start = HEADER.checked_add(first_length)?;
    let mut modes = Booleans::new(data.get(HEADER..sizes_start)?);
    let frame = Frame::read(&mut modes);
    let sizes = sizes_start..sizes_start.checked_add(3_usize.checked_mul(frame.partitions.checked_sub(1)?)?)?;
    let (tokens, are_cut) = partitions(data, &sizes)?;
    let mut readers: Vec<Booleans> = tokens.iter().map(|range| Booleans::new(data.get(range.clone()).unwrap_or_default())).collect();

    let columns = usize::try_from(width.div_ceil(16)).ok()?;
    let mut above = vec![Around::default(); columns];
    for row in 0..usize::try_from(height.div_ceil(16)).ok()? {
        let tokens = readers.get_mut(row.checked_rem(frame.partitions)?)?;
        let mut left = Around::default();
        let mut read = 0_u64;
        for above in &mut above {
            read = read.saturating_add(frame.macroblock(&mut modes, tokens, above, &mut left)?);
        }
        spend(work, read)?;
        // Behind the end there are zeros without end.
        if modes.is_beyond_end() || tokens.is_beyond_end() {
            return None;
        }
    }
    let first = HEADER..HEADER.checked_add(modes.end()?)?;
    let whole = |(range, reader): (Range<usize>, &Booleans)| Some((range.start..range.start.checked_add(reader.end()?)?, range.end));
    let tokens = tokens.into_iter().zip(&readers).map(whole).collect::<Option<_>>()?;
    Some(Parts { first, sizes, tokens, are_cut })
}

/// How many token partitions a frame has.
pub(crate) fn token_partitions(data: &[u8]) -> Option<usize> {
    Some(Frame::read(&mut Booleans::new(data.get(HEADER..)?)).partitions)
}

/// The token partitions: all but the last have a stated length. [§9.5]
fn partitions(data: &[u8], sizes: &Range<usize>) -> Option<(Vec<Range<usize>>, bool)> {
    let (mut start, mut are_cut) = (sizes.end, false);
    let mut ranges = Vec::new();
    for size in data.get(sizes.clone())?.as_chunks::<3>().0 {
        let length = usize::try_from(u32::from_le_bytes([size[0], size[1], size[2], 0])).ok()?;
        // Decoders take what is there.
        let end = start.checked_add(length)?.min(data.len());
        are_cut |= end.saturating_sub(start) < length;
        ranges.push(start..end);
        start = end;
    }
    ranges.push(start..data.len());
    Some((ranges, are_cut))
}

/// A frame header, as far as it decides how the rest is read. [§9.2–9.11, §19.2]
struct Frame {
    /// The probabilities of segment numbers, when macroblocks have them.
    segments: Option<[u8; 3]>,
    partitions: usize,
    tokens: [[[[u8; 11]; 3]; 8]; 4],
    /// The probability that a macroblock has tokens, when some have none.
    skip: Option<u8>,
}

impl Frame {
    fn read(modes: &mut Booleans) -> Self {
        // Colour space and clamping.
        modes.number(2);
        let mut segments = None;
        if modes.flag() {
            let (has_map, has_data) = (modes.flag(), modes.flag());
            if has_data {
                modes.flag();
                (0..4).for_each(|_| modes.optional(7));
                (0..4).for_each(|_| modes.optional(6));
            }
            if has_map {
                segments = Some([(); 3].map(|()| if modes.flag() { byte(modes) } else { 255 }));
            }
        }
        // The loop filter: kind, level and sharpness, then its adjustments.
        modes.number(1 + 6 + 3);
        if modes.flag() && modes.flag() {
            (0..8).for_each(|_| modes.optional(6));
        }
        let partitions = 1 << modes.number(2);
        // Quantiser indices.
        modes.number(7);
        (0..5).for_each(|_| modes.optional(4));
        // Whether probabilities stay for the next frame, which there is none of.
        modes.flag();
        let mut tokens = TOKENS;
        let all = tokens.as_flattened_mut().as_flattened_mut().as_flattened_mut();
        for (token, &update) in all.iter_mut().zip(TOKEN_UPDATES.as_flattened().as_flattened().as_flattened()) {
            if modes.read(update) {
                *token = byte(modes);
            }
        }
        let skip = modes.flag().then(|| byte(modes));
        Self { segments, partitions, tokens, skip }
    }

    /// Reads a macroblock's modes and its tokens. Returns how many blocks and coefficients that are. [§11, §13, §19.3]
    fn macroblock(&self, modes: &mut Booleans, tokens: &mut Booleans, above: &mut Around, left: &mut Around) -> Option<u64> {
        if let Some([first, low, high]) = self.segments {
            let is_high = modes.read(first);
            modes.read(if is_high { high } else { low });
        }
        let is_skipped = self.skip.is_some_and(|skip| modes.read(skip));
        let has_sub_blocks = !modes.read(145);
        if has_sub_blocks {
            for left_mode in &mut left.modes {
                for above_mode in &mut above.modes {
                    let probabilities = SUB_BLOCK_MODES.get(usize::from(*above_mode))?.get(usize::from(*left_mode))?;
                    let mode = sub_block_mode(modes, probabilities)?;
                    (*above_mode, *left_mode) = (mode, mode);
                }
            }
        } else {
            // What sub-blocks beside it take it for.
            let mode = match modes.read(156) {
                true if modes.read(128) => TRUE_MOTION,
                true => HORIZONTAL,
                false if modes.read(163) => VERTICAL,
                false => DC,
            };
            (above.modes, left.modes) = ([mode; 4], [mode; 4]);
        }
        // Chroma's mode.
        let _ = modes.read(142) && modes.read(114) && modes.read(183);

        if is_skipped {
            // The second-order block's neighbours are the last macroblocks that have one.
            let keep = has_sub_blocks;
            above.clear(keep);
            left.clear(keep);
            return Some(MODES);
        }
        self.residual(tokens, has_sub_blocks, above, left)
    }

    fn residual(&self, tokens: &mut Booleans, has_sub_blocks: bool, above: &mut Around, left: &mut Around) -> Option<u64> {
        let mut read = MODES;
        let (kind, first) = if has_sub_blocks { (3, 0) } else { (0, 1) };
        if !has_sub_blocks {
            let around = usize::from(above.second_order).saturating_add(left.second_order.into());
            let count = block(tokens, &self.tokens[1], around, 0)?;
            read = read.saturating_add(count as u64);
            let has_any = count > 0;
            (above.second_order, left.second_order) = (has_any, has_any);
        }
        let mut plane = |above: &mut [bool], left: &mut [bool], kind: usize, first: usize| -> Option<()> {
            let probabilities = self.tokens.get(kind)?;
            for left in left {
                for above in &mut *above {
                    let around = usize::from(*above).saturating_add((*left).into());
                    let count = block(tokens, probabilities, around, first)?;
                    read = read.saturating_add(count as u64);
                    let has_any = count > first;
                    (*above, *left) = (has_any, has_any);
                }
            }
            Some(())
        };
        plane(&mut above.luma, &mut left.luma, kind, first)?;
        plane(&mut above.blue, &mut left.blue, 2, 0)?;
        plane(&mut above.red, &mut left.red, 2, 0)?;
        Some(read)
    }
}

/// What the macroblocks above and left pass on: modes of sub-blocks, and which blocks have coefficients.
#[derive(Clone, Default)]
struct Around {
    modes: [u8; 4],
    luma: [bool; 4],
    blue: [bool; 2],
    red: [bool; 2],
    second_order: bool,
}

impl Around {
    /// After a macroblock without tokens.
    fn clear(&mut self, keep_second_order: bool) {
        (self.luma, self.blue, self.red) = ([false; 4], [false; 2], [false; 2]);
        self.second_order &= keep_second_order;
    }
}

fn byte(modes: &mut Booleans) -> u8 {
    u8::try_from(modes.number(8)).unwrap_or(0)
}

/// [§8.1, §11.2]
fn sub_block_mode(modes: &mut Booleans, probabilities: &[u8; 9]) -> Option<u8> {
    let mut node = 0_usize;
    loop {
        let side = usize::from(modes.read(*probabilities.get(node >> 1)?));
        let next = *SUB_BLOCK_TREE.get(node.saturating_add(side))?;
        match usize::try_from(next) {
            Ok(inner @ 1..) => node = inner,
            _ => return Some(next.unsigned_abs()),
        }
    }
}

/// Reads a block's coefficients, from `first` on. Returns how many there are, zeros before the last one included. [§13.2, §13.3]
#[inline]
fn block(tokens: &mut Booleans, kind: &[[[u8; 11]; 3]; 8], around: usize, first: usize) -> Option<usize> {
    let mut at = first;
    let mut p = kind.get(usize::from(*BANDS.get(at)?))?.get(around)?;
    while at < 16 {
        if !tokens.read(p[0]) {
            return Some(at);
        }
        while !tokens.read(p[1]) {
            at = at.saturating_add(1);
            if at == 16 {
                return Some(16);
            }
            p = kind.get(usize::from(*BANDS.get(at)?))?.first()?;
        }
        let is_large = tokens.read(p[2]);
        if is_large {
            large(tokens, p);
        }
        // The sign.
        tokens.read(128);
        at = at.saturating_add(1);
        p = kind.get(usize::from(*BANDS.get(at)?))?.get(if is_large { 2 } else { 1 })?;
    }
    Some(16)
}

/// Reads what is left of a token for a number larger than one, and its extra bits. [§13.2]
fn large(tokens: &mut Booleans, p: &[u8; 11]) {
    if !tokens.read(p[3]) {
        let _ = tokens.read(p[4]) && tokens.read(p[5]);
        return;
    }
    let extra: &[u8] = match tokens.read(p[6]) {
        false if tokens.read(p[7]) => &[165, 145],
        false => &[159],
        true if tokens.read(p[8]) => match tokens.read(p[10]) {
            false => &[180, 157, 141, 134, 130],
            true => &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129],
        },
        true if tokens.read(p[9]) => &[176, 155, 140, 135],
        true => &[173, 148, 140],
    };
    for &probability in extra {
        tokens.read(probability);
    }
}

/// Length of the frame header that is not coded: tag, start code, sizes. [§9.1]
pub(crate) const HEADER: usize = 10;

/// What a macroblock's modes, and the ends of its blocks, count for.
const MODES: u64 = 24;

const DC: u8 = 0;
const TRUE_MOTION: u8 = 1;
const VERTICAL: u8 = 2;
const HORIZONTAL: u8 = 3;

/// Modes of sub-blocks: leaves are numbers of modes, negated. [§11.2]
const SUB_BLOCK_TREE: [i8; 18] = [0, 2, -1, 4, -2, 6, 8, 12, -3, 10, -5, -6, -4, 14, -7, 16, -8, -9];

/// Bands of coefficients; behind the last one there is no further. [§13.3]
const BANDS: [u8; 17] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0];
