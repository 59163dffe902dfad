//! Huffman tables, and the bits that they decode. [T.81 Annexes C and F.2.2]

/// What is wrong with the data, in words.
pub(super) type Flaw = &'static str;

/// A Huffman table, ready to decode.
pub(super) struct Table {
    /// By the next `LOOKUP_BITS` bits: code length << 8 | symbol; 0 where the code is longer.
    short: Box<[u16; LOOKUP_LEN]>,
    /// By the same bits, where code and coefficient both lie within them: coefficient << 16 | run << 8 | bits; else 0.
    coefficients: Box<[i32; LOOKUP_LEN]>,
    /// By code length: the first 16 bits that are too large to begin with a code of this length.
    limits: [u32; 17],
    /// By code length: index of a code's symbol less the code.
    offsets: [i32; 17],
    symbols: [u8; 256],
}

impl Table {
    /// From the number of codes of each length, 1 to 16, and their symbols in order.
    pub(super) fn new(counts: &[u8; 16], listed: &[u8]) -> Result<Self, Flaw> {
        let mut symbols = [0; 256];
        symbols.get_mut(..listed.len()).ok_or("a Huffman table has more than 256 symbols")?.copy_from_slice(listed);
        let (mut limits, mut offsets) = ([0; 17], [0; 17]);
        let mut short = Box::new([0; LOOKUP_LEN]);
        let (mut code, mut index) = (0_u32, 0_u32);
        for (length, &count) in (1_u32..).zip(counts) {
            offsets[length as usize] = index.cast_signed() - code.cast_signed();
            for symbol in listed.iter().skip(index as usize).take(usize::from(count)) {
                if length <= LOOKUP_BITS && code < 1 << length {
                    let first = (code << (LOOKUP_BITS - length)) as usize;
                    #[allow(clippy::cast_possible_truncation, reason = "a length is at most 16")]
                    short[first..][..1 << (LOOKUP_BITS - length)].fill((length as u16) << 8 | u16::from(*symbol));
                }
                code += 1;
                index += 1;
            }
            if code > 1 << length {
                return Err("a Huffman table has more codes than bits allow");
            }
            limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        let coefficients = Box::new(std::array::from_fn(|bits| whole_coefficient(bits, short[bits])));
        Ok(Self { short, coefficients, limits, offsets, symbols })
    }
}

/// The coefficient that `bits` begin with, given its code's entry in the lookup, when all of it lies within them.
fn whole_coefficient(bits: usize, entry: u16) -> i32 {
    let (length, run, size) = (u32::from(entry >> 8), i32::from(entry >> 4 & 15), u32::from(entry & 15));
    if length == 0 || size == 0 || length + size > LOOKUP_BITS {
        return 0;
    }
    #[allow(clippy::cast_possible_truncation, reason = "fewer than LOOKUP_BITS bits")]
    let raw = (bits as u32 >> (LOOKUP_BITS - length - size)) & ((1 << size) - 1);
    extend(raw, size) << 16 | run << 8 | (length + size).cast_signed()
}

/// The entropy-coded data up to the next marker, bit by bit. Unlike most decoders it knows when bits are missing.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The next byte to read.
    at: usize,
    /// The next bits, from the top; below `count` of them there may be bits of the byte at `at`.
    buffer: u64,
    /// How many bits of `buffer` count.
    count: u32,
    /// How many of these were made up because the data had ended.
    made_up: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, buffer: 0, count: 0, made_up: 0 }
    }

    /// Where it reads: for error messages.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Where the marker begins that ends this data.
    pub(super) fn end(&self) -> Result<usize, Flaw> {
        if self.count < self.made_up {
            return Err(ENDED);
        }
        let rest = self.data.get(self.at..).unwrap_or_default();
        let marker = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff));
        Ok(self.at + marker.unwrap_or(rest.len()))
    }

    /// Makes at least 48 bits ready: a code and its coefficient twice over.
    #[inline(always)]
    pub(super) fn fill(&mut self) -> Result<(), Flaw> {
        if self.count >= 48 {
            return Ok(());
        }
        if let Some(&bytes) = self.data.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_be_bytes(bytes);
            // Whether no byte is FF: adding 1 to one would carry into its top bit, which its complement lacks.
            if (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
                self.buffer |= word >> self.count;
                self.at += ((63 - self.count) / 8) as usize;
                self.count |= 56;
                return Ok(());
            }
        }
        self.fill_bytewise()
    }

    #[cold]
    fn fill_bytewise(&mut self) -> Result<(), Flaw> {
        while self.count <= 56 {
            let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 1;
                    0xff
                }
                (Some(0xff), _) | (None, _) => {
                    if self.count < self.made_up {
                        return Err(ENDED);
                    }
                    // The last code may be shorter than what is looked at: zeros stand in, and `end` sees whether they were used.
                    self.made_up += 64 - self.count;
                    self.count = 64;
                    return Ok(());
                }
                (Some(&byte), _) => byte,
            };
            self.at += 1;
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        Ok(())
    }

    #[inline(always)]
    fn peek(&self, count: u32) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "at most 16 bits are asked for")]
        let bits = (self.buffer >> 48) as u32;
        bits >> (16 - count)
    }

    #[inline(always)]
    fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.count = self.count.wrapping_sub(count);
    }

    /// The next `count` bits, 0 to 16, of those that are ready.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let bits = self.peek(count);
        self.skip(count);
        bits
    }

    /// The next bit, made ready first.
    #[inline(always)]
    pub(super) fn bit(&mut self) -> Result<bool, Flaw> {
        self.fill()?;
        Ok(self.take(1) == 1)
    }

    /// The next symbol, of the bits that are ready.
    #[inline(always)]
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, Flaw> {
        let entry = table.short[self.peek(LOOKUP_BITS) as usize];
        if entry != 0 {
            self.skip(u32::from(entry >> 8));
            return Ok(entry.to_le_bytes()[0]);
        }
        self.long_symbol(table)
    }

    fn long_symbol(&mut self, table: &Table) -> Result<u8, Flaw> {
        let bits = self.peek(16);
        for length in LOOKUP_BITS + 1..=16 {
            if bits < table.limits[length as usize] {
                self.skip(length);
                let index = (bits >> (16 - length)).cast_signed() + table.offsets[length as usize];
                return Ok(table.symbols[index as usize & 255]);
            }
        }
        Err("a Huffman code is in no table")
    }

    /// The next coefficient and the run of zeros before it, when both fit into the lookup.
    #[inline(always)]
    pub(super) fn coefficient(&mut self, table: &Table) -> Option<(usize, i32)> {
        let entry = table.coefficients[self.peek(LOOKUP_BITS) as usize];
        if entry == 0 {
            return None;
        }
        self.skip((entry & 15).cast_unsigned());
        Some(((entry >> 8 & 15) as usize, entry >> 16))
    }

    /// The next coefficient of `size` bits, of those that are ready.
    #[inline(always)]
    pub(super) fn extended(&mut self, size: u32) -> i32 {
        let raw = self.take(size);
        extend(raw, size)
    }
}

/// EXTEND: the lower half of the values is negative. [T.81 figure F.12]
#[inline(always)]
fn extend(raw: u32, size: u32) -> i32 {
    let raw = raw.cast_signed();
    if raw < (1 << size) >> 1 { raw - (1 << size) + 1 } else { raw }
}

const ENDED: Flaw = "the entropy-coded data ends early";
/// Codes up to this length are looked up at once; nearly all are.
const LOOKUP_BITS: u32 = 10;
const LOOKUP_LEN: usize = 1 << LOOKUP_BITS;
