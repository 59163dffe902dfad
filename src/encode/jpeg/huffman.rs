//! Huffman tables fitted to a picture. [ITU-T T.81 Annex C, F.1.2, K.2]

/// How often symbols 0 to 255 come, and one that nothing uses: so no code is all ones, which the padding behind the last code must not look like.
pub(super) type Counts = [u32; 257];

/// A table as a file's DHT segment gives it.
pub(super) struct Table {
    /// How many codes there are of 1 to 16 bits.
    lengths: [u8; 16],
    /// What they stand for, shortest first.
    symbols: Vec<u8>,
}

/// Codes of symbols, for writing.
pub(super) struct CodeBook([Code; 256]);

/// Length 0 for a symbol that has none.
#[derive(Clone, Copy, Default)]
pub(super) struct Code {
    pub(super) bits: u32,
    pub(super) length: u32,
}

impl Table {
    /// The table that takes the fewest bits for symbols that come so often, with no code longer than 16 bits.
    pub(super) fn fitted(counts: &Counts) -> Option<Self> {
        let depths = depths(counts);
        let mut lengths = [0_u16; 257];
        for depth in depths.iter().filter(|depth| **depth > 0) {
            lengths[*depth] += 1;
        }
        shorten(&mut lengths);
        // The longest is that of the symbol which nothing uses.
        let longest = lengths.iter().rposition(|count| *count > 0)?;
        lengths[longest] -= 1;
        let mut symbols: Vec<u8> = (0..=255).filter(|symbol| depths[usize::from(*symbol)] > 0).collect();
        symbols.sort_by_key(|symbol| depths[usize::from(*symbol)]);
        let mut fitted = [0; 16];
        for (to, &count) in fitted.iter_mut().zip(&lengths[1..]) {
            *to = u8::try_from(count).ok()?;
        }
        Some(Self { lengths: fitted, symbols })
    }

    /// Appends what follows the class and number in a DHT segment.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.lengths);
        out.extend(&self.symbols);
    }

    pub(super) fn code_book(&self) -> CodeBook {
        let mut codes = [Code::default(); 256];
        for (symbol, code) in self.walk() {
            codes[usize::from(symbol)] = code;
        }
        CodeBook(codes)
    }

    /// Every symbol with its code, ascending.
    fn walk(&self) -> impl Iterator<Item = (u8, Code)> {
        let lengths = (1_u32..).zip(&self.lengths).flat_map(|(length, &count)| (0..count).map(move |_| length));
        let codes = lengths.scan((0_u32, 0_u32), |(next, before), length| {
            *next <<= length - *before;
            *before = length;
            *next += 1;
            Some(Code { bits: *next - 1, length })
        });
        self.symbols.iter().copied().zip(codes)
    }
}

impl CodeBook {
    pub(super) fn of(&self, symbol: u8) -> Code {
        self.0[usize::from(symbol)]
    }
}

/// How deep each symbol lies in Huffman's tree; 0 for those that never come. [Figure K.1]
fn depths(counts: &Counts) -> [usize; 257] {
    // A tree is how often its symbols come, and the first of them, which leads to the others.
    let mut trees: Vec<(u64, usize)> = Vec::with_capacity(counts.len());
    trees.extend(counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(symbol, &count)| (count.into(), symbol)));
    let (mut depths, mut next) = ([0; 257], [None; 257]);
    // Rarest last; of equal ones, the higher symbol.
    trees.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    while let (Some((rarest, first)), Some((rare, other))) = (trees.pop(), trees.pop()) {
        let mut last = first;
        while let Some(symbol) = next[last] {
            last = symbol;
        }
        next[last] = Some(other);
        let mut symbol = Some(first);
        while let Some(deeper) = symbol {
            depths[deeper] += 1;
            symbol = next[deeper];
        }
        let count = rarest + rare;
        let place = trees.partition_point(|(other, _)| *other >= count);
        trees.insert(place, (count, first));
    }
    depths
}

/// Moves codes up until none is longer than 16 bits: of two that are too long, one takes the place of their common beginning, and the
/// other is put beside a shorter code, which grows by a bit. [Figure K.3]
fn shorten(lengths: &mut [u16; 257]) {
    for length in (17..lengths.len()).rev() {
        while lengths[length] > 0 {
            let Some(shorter) = (1..length - 1).rev().find(|shorter| lengths[*shorter] > 0) else { return };
            lengths[length] -= 2;
            lengths[length - 1] += 1;
            lengths[shorter + 1] += 2;
            lengths[shorter] -= 1;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;
    use crate::inspect::jpeg::bits::Codes;

    fn counted(counts: &[(u8, u32)]) -> Counts {
        let mut all = [0; 257];
        counts.iter().for_each(|&(symbol, count)| all[usize::from(symbol)] = count);
        all[256] = 1;
        all
    }

    /// Bits that all symbols take together.
    fn cost(table: &Table, counts: &Counts) -> u64 {
        let codes = table.code_book();
        (0..=255).map(|symbol| u64::from(counts[usize::from(symbol)]) * u64::from(codes.of(symbol).length)).sum()
    }

    #[test]
    fn frequent_symbols_have_short_codes() {
        let counts = counted(&[(7, 8), (200, 4), (3, 2), (0, 1)]);
        let table = Table::fitted(&counts).unwrap();
        assert_eq!(table.lengths[..5], [1, 1, 1, 1, 0]);
        assert_eq!(table.symbols, [7, 200, 3, 0]);
        assert_eq!(cost(&table, &counts), 8 + 2 * 4 + 3 * 2 + 4);
    }

    #[test]
    fn one_symbol_has_a_code_of_one_bit() {
        let table = Table::fitted(&counted(&[(0, 5)])).unwrap();
        assert_eq!((table.lengths[0], table.symbols.as_slice()), (1, [0].as_slice()));
        assert_eq!((table.code_book().of(0).bits, table.code_book().of(0).length), (0, 1));
    }

    /// Counts as skewed as Fibonacci's numbers ask for one bit more with each symbol.
    #[test]
    fn no_code_is_longer_than_16_bits_and_none_is_all_ones() {
        let mut counts = [0; 257];
        counts[256] = 1;
        let (mut one, mut other) = (1_u32, 1_u32);
        for count in counts.iter_mut().take(40) {
            *count = one;
            (one, other) = (other, one + other);
        }
        let table = Table::fitted(&counts).unwrap();
        assert_eq!(table.symbols.len(), 40);
        assert_eq!(table.lengths.iter().map(|&count| usize::from(count)).sum::<usize>(), 40);
        for (symbol, code) in table.walk() {
            assert!((1..=16).contains(&code.length) && code.bits + 1 < 1 << code.length, "{symbol}: {:b}", code.bits);
        }
        // Kraft's sum, the unused code included: a full tree, whose codes can be told apart.
        let sum: u32 = table.walk().map(|(_, code)| 1 << (16 - code.length)).sum();
        let longest = table.walk().map(|(_, code)| code.length).max().unwrap();
        assert_eq!(sum + (1 << (16 - longest)), 1 << 16);
    }

    #[test]
    fn every_code_is_read_as_its_symbol() {
        let counts: Vec<(u8, u32)> = (0..=255).map(|symbol| (symbol, 1 + u32::from(symbol).pow(3))).collect();
        let table = Table::fitted(&counted(&counts)).unwrap();
        let mut written = Vec::new();
        table.write(&mut written);
        let (lengths, symbols) = written.split_first_chunk().unwrap();
        let reader = Codes::new(*lengths, symbols).unwrap();
        for (value, code) in table.walk() {
            for behind in [0, u64::MAX] {
                let next = u64::from(code.bits) << (64 - code.length) | behind >> code.length;
                assert_eq!(reader.first(next), Some((code.length, value)));
            }
        }
    }
}
