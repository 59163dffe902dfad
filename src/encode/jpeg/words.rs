//! What a scan says: Huffman codes' symbols, and the bits that follow them. [ITU-T T.81 F.1.2]

use super::huffman::{CodeBook, Counts};

/// A Huffman code's symbol, the bits that follow it, and which of the four tables it is from.
#[derive(Clone, Copy)]
pub(super) struct Word(u32);

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

/// How many zeros a word can say before its coefficient.
const LONGEST_RUN: u8 = 15;

/// Says blocks, and counts the symbols of each table: luma's first coefficients, luma's others, then chroma's.
pub(super) struct Speaker {
    pub(super) counts: [Counts; 4],
    /// The first coefficient of the block before, of each component.
    before: [i16; 3],
}

impl Speaker {
    pub(super) fn new() -> Self {
        let mut counts = [[0; 257]; 4];
        counts.iter_mut().for_each(|counts| counts[256] = 1);
        Self { counts, before: [0; 3] }
    }

    /// Appends the words of a block of component 0 (luma), 1 or 2. Coefficients are in zigzag order, 11 bits and a sign at most.
    #[inline]
    pub(super) fn say(&mut self, component: usize, coefficients: &[i16; 64], words: &mut Vec<Word>) {
        let table = 2 * component.min(1);
        let before = std::mem::replace(&mut self.before[component], coefficients[0]);
        self.word(table, 0, coefficients[0] - before, words);
        let table = table + 1;
        let mut run = 0;
        for (index, eight) in coefficients.as_chunks::<8>().0.iter().enumerate() {
            let first = u8::from(index == 0);
            // Most are nothing but zeros, which vectors see at once.
            if eight.iter().fold(0, |all, value| all | value) == 0 {
                run += 8 - first;
                continue;
            }
            for value in &eight[usize::from(first)..] {
                if *value == 0 {
                    run += 1;
                    continue;
                }
                while run > LONGEST_RUN {
                    self.word(table, LONGEST_RUN, 0, words);
                    run -= LONGEST_RUN + 1;
                }
                self.word(table, run, *value, words);
                run = 0;
            }
        }
        if run > 0 {
            // The end of the block.
            self.word(table, 0, 0, words);
        }
    }

    /// A difference of first coefficients, or another coefficient behind zeros.
    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low bits are meant, and a size is at most 16")]
    fn word(&mut self, table: usize, run: u8, value: i16, words: &mut Vec<Word>) {
        let size = i16::BITS - value.unsigned_abs().leading_zeros();
        // Negative ones are said as one less, in as many bits as their absolute value has.
        let bits = (i32::from(value) + i32::from(value >> 15)) as u32 & ((1 << size) - 1);
        let symbol = run << 4 | size as u8;
        self.counts[table][usize::from(symbol)] += 1;
        words.push(Word::new(table, symbol, bits));
    }
}

/// Appends all words in the codes of the four tables.
pub(super) fn write<'a>(words: impl Iterator<Item = &'a Word>, tables: &[CodeBook; 4], out: &mut Vec<u8>) {
    let (mut pending, mut count) = (0_u64, 0_u32);
    for word in words {
        let code = tables[word.table()].of(word.symbol());
        // At most 31 bits are left over, and 27 come.
        pending = (pending << code.length | u64::from(code.bits)) << word.size() | u64::from(word.value());
        count += code.length + word.size();
        if count >= 32 {
            count -= 32;
            push(low(pending >> count), 4, out);
        }
    }
    // Ones fill the last byte.
    let filled = count.next_multiple_of(8);
    let last = (pending << (filled - count) | ((1 << (filled - count)) - 1)) << (32 - filled);
    push(low(last), filled as usize / 8, out);
}

#[allow(clippy::cast_possible_truncation, reason = "the low 32 bits are meant")]
fn low(bits: u64) -> u32 {
    bits as u32
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::super::huffman::Table;
    use super::*;

    /// Table, symbol, value and size of each word.
    fn said(component: usize, blocks: &[[i16; 64]]) -> Vec<(usize, u8, u32, u32)> {
        let (mut speaker, mut words) = (Speaker::new(), Vec::new());
        blocks.iter().for_each(|block| speaker.say(component, block, &mut words));
        let counted: u32 = speaker.counts.iter().flat_map(|counts| &counts[..256]).sum();
        assert_eq!(counted as usize, words.len());
        words.iter().map(|word| (word.table(), word.symbol(), word.value(), word.size())).collect()
    }

    fn block(values: &[(usize, i16)]) -> [i16; 64] {
        let mut block = [0; 64];
        values.iter().for_each(|&(at, value)| block[at] = value);
        block
    }

    #[test]
    fn first_coefficients_are_differences() {
        let blocks = [5, 2, 2, -1024, 1023].map(|first| block(&[(0, first)]));
        let end = |table| (table, 0, 0, 0);
        let wanted =
            [(0, 3, 5, 3), end(1), (0, 2, 0, 2), end(1), (0, 0, 0, 0), end(1), (0, 11, 1021, 11), end(1), (0, 11, 2047, 11), end(1)];
        assert_eq!(said(0, &blocks), wanted);
        let in_chroma = wanted.map(|(table, symbol, value, size)| (table + 2, symbol, value, size));
        assert_eq!(said(1, &blocks), in_chroma);
        assert_eq!(said(2, &blocks), in_chroma);
    }

    #[test]
    fn zeros_are_runs_and_the_last_ones_an_end() {
        assert_eq!(said(0, &[block(&[(1, 1), (3, -1)])])[1..], [(1, 0x01, 1, 1), (1, 0x11, 0, 1), (1, 0, 0, 0)]);
        // 15 zeros fit one word, 16 take another, and so on.
        assert_eq!(said(0, &[block(&[(16, -7)])])[1..], [(1, 0xF3, 0, 3), (1, 0, 0, 0)]);
        assert_eq!(said(0, &[block(&[(17, 1023)])])[1..], [(1, 0xF0, 0, 0), (1, 0x0A, 1023, 10), (1, 0, 0, 0)]);
        // Behind the last coefficient there is no end to say.
        assert_eq!(said(0, &[block(&[(63, 2)])])[1..], [(1, 0xF0, 0, 0), (1, 0xF0, 0, 0), (1, 0xF0, 0, 0), (1, 0xE2, 2, 2)]);
        assert_eq!(said(0, &[[1; 64]]).len(), 64);
    }

    #[test]
    fn bytes_of_ones_are_followed_by_a_zero_and_the_last_is_filled_with_ones() {
        // One word alone has the code 0; with ten ones behind it, and a second time, that is 0111 1111 1110 1111 1111 11.
        let mut speaker = Speaker::new();
        let mut words = Vec::new();
        speaker.word(1, 0, 1023, &mut words);
        speaker.word(1, 0, 1023, &mut words);
        let tables = [(); 4].map(|()| Table::fitted(&speaker.counts[1]).unwrap().code_book());
        let mut out = Vec::new();
        write(words.iter(), &tables, &mut out);
        assert_eq!(out, [0b0111_1111, 0b1110_1111, 0xFF, 0]);
    }
}
