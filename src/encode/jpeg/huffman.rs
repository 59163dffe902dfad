//! Coefficients → symbols → codes fitted to how often each symbol comes. [T.81 §F.1.2, Annexes C and K.2]

/// The symbols of a scan in order, and how often each comes.
pub(super) struct Tokens {
    /// Class << 24 | symbol << 16 | the bits that follow its code.
    tokens: Vec<u32>,
    counts: [[u32; 256]; 4],
}

/// A Huffman code: number of codes of each length, and symbols in their order.
pub(super) struct Code {
    pub(super) counts: [u8; 16],
    pub(super) symbols: Vec<u8>,
    /// By symbol: length << 16 | code.
    codes: [u32; 256],
}

impl Tokens {
    pub(super) fn new(width: usize, height: usize) -> Self {
        // A photo has about a token for every eight pixels.
        Self { tokens: Vec::with_capacity(width * height / 8), counts: [[0; 256]; 4] }
    }

    /// About how many bytes the scan will take.
    pub(super) fn len(&self) -> usize {
        self.tokens.len() + 1024
    }

    /// Takes a block, in zigzag order; `channel` is 0 for luma, 1 for chroma.
    pub(super) fn push_block(&mut self, channel: u32, block: &[i32; 64], prediction: &mut i32) {
        let average = block[0];
        self.push(channel * 2, 0, average - *prediction);
        *prediction = average;
        let mut run = 0;
        for &value in &block[1..] {
            if value == 0 {
                run += 1;
                continue;
            }
            while run > 15 {
                self.push(channel * 2 + 1, 15, 0);
                run -= 16;
            }
            self.push(channel * 2 + 1, run, value);
            run = 0;
        }
        if run > 0 {
            self.push(channel * 2 + 1, 0, 0);
        }
    }

    /// A value after `run` zeros: its size is part of the symbol, its bits follow; negative ones less 1. [T.81 §F.1.2.1.1]
    #[inline(always)]
    fn push(&mut self, class: u32, run: u32, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let bits = (if value < 0 { value - 1 } else { value }).cast_unsigned() & ((1 << size) - 1);
        let symbol = run << 4 | size;
        self.counts[class as usize & 3][symbol as usize & 255] += 1;
        self.tokens.push(class << 24 | symbol << 16 | bits);
    }

    /// The codes for the averages and bands of luma, then those of chroma.
    pub(super) fn codes(&self) -> [Code; 4] {
        self.counts.each_ref().map(Code::new)
    }

    /// Writes the entropy-coded data.
    pub(super) fn write(&self, codes: &[Code; 4], bytes: &mut Vec<u8>) {
        let (mut buffer, mut count) = (0_u64, 0);
        for &token in &self.tokens {
            let symbol = token >> 16 & 255;
            let entry = codes[(token >> 24) as usize & 3].codes[symbol as usize & 255];
            let (length, size) = (entry >> 16, symbol & 15);
            buffer = buffer << length | u64::from(entry & 0xffff);
            buffer = buffer << size | u64::from(token & 0xffff);
            count += length + size;
            // At most 31 bits were left, and 27 came.
            if count >= 32 {
                count -= 32;
                #[allow(clippy::cast_possible_truncation, reason = "the lower 32 bits are meant")]
                let word = (buffer >> count) as u32;
                push_stuffed(bytes, &word.to_be_bytes());
            }
        }
        // Filled up with ones. [T.81 §F.1.2.3]
        let fill = (32 - count) % 32;
        #[allow(clippy::cast_possible_truncation, reason = "the lower 32 bits are meant")]
        let word = (buffer << fill) as u32 | ((1_u64 << fill) - 1) as u32;
        push_stuffed(bytes, &word.to_be_bytes()[..count.div_ceil(8) as usize]);
    }
}

/// A zero follows each FF, lest it look like a marker. [T.81 §B.1.1.5]
#[inline(always)]
fn push_stuffed(bytes: &mut Vec<u8>, data: &[u8]) {
    if !data.contains(&0xff) {
        bytes.extend_from_slice(data);
        return;
    }
    for &byte in data {
        bytes.push(byte);
        if byte == 0xff {
            bytes.push(0);
        }
    }
}

impl Code {
    fn new(counts: &[u32; 256]) -> Self {
        let lengths = lengths(counts);
        let mut symbols: Vec<u8> = (0..=255).filter(|&symbol| lengths[usize::from(symbol)] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[usize::from(symbol)]);
        let mut counts = [0; 16];
        let mut codes = [0; 256];
        let (mut code, mut length) = (0, 0);
        for &symbol in &symbols {
            let wanted = lengths[usize::from(symbol)];
            code <<= wanted - length;
            length = wanted;
            counts[length as usize - 1] += 1;
            codes[usize::from(symbol)] = length << 16 | code;
            code += 1;
        }
        Self { counts, symbols, codes }
    }
}

/// Code lengths that make the data shortest, at most 16 bits; 0 for symbols that never come.
fn lengths(counts: &[u32; 256]) -> [u32; 256] {
    // One symbol more, the rarest, takes the code of all ones, which must not be used. [T.81 §C.2]
    let mut symbols: Vec<(u64, usize)> = counts.iter().enumerate().filter(|c| *c.1 > 0).map(|(s, &c)| (u64::from(c) + 1, s)).collect();
    symbols.push((1, RESERVED));
    // Most frequent first, ties by number, the reserved one last: lengths are dealt out in this order.
    symbols.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let by_length = length_counts(symbols.iter().map(|s| s.0).collect());
    let mut lengths = [0; 256];
    let dealt = (1..).zip(by_length).flat_map(|(length, count)| std::iter::repeat_n(length, count));
    for ((_, symbol), length) in symbols.into_iter().zip(dealt) {
        if let Some(slot) = lengths.get_mut(symbol) {
            *slot = length;
        }
    }
    lengths
}

/// How many codes of each length, 1 to 16, an optimal code has for `weights`.
///
/// The package-merge algorithm (Larmore and Hirschberg, 1990): of sixteen levels, each offers the weights and the pairs
/// of the level below, cheapest first; how often a weight is taken is its length.
fn length_counts(weights: Vec<u64>) -> [usize; 16] {
    let mut lightest_first = weights;
    lightest_first.reverse();
    // A package: its weight, and how many times it holds the lightest weight, the second lightest, …
    let single = |index: usize| {
        let mut holds = vec![0_u8; lightest_first.len()];
        holds[index] = 1;
        (lightest_first[index], holds)
    };
    let singles: Vec<_> = (0..lightest_first.len()).map(single).collect();
    let mut packages = singles.clone();
    for _ in 1..16 {
        let pairs = packages.as_chunks::<2>().0.iter().map(|[a, b]| (a.0 + b.0, a.1.iter().zip(&b.1).map(|(x, y)| x + y).collect()));
        let mut merged: Vec<(u64, Vec<u8>)> = pairs.collect();
        merged.extend(singles.iter().cloned());
        merged.sort_by_key(|package| package.0);
        packages = merged;
    }
    let mut lengths = vec![0_usize; lightest_first.len()];
    for (_, holds) in packages.iter().take(2 * lightest_first.len() - 2) {
        for (length, &held) in lengths.iter_mut().zip(holds) {
            *length += usize::from(held);
        }
    }
    let mut counts = [0; 16];
    for length in lengths {
        counts[length.clamp(1, 16) - 1] += 1;
    }
    counts
}

/// Stands for the code that must not be used.
const RESERVED: usize = 256;
