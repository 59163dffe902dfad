//! WebP.

use crate::forge::bits::Bits;
use crate::forge::many::{short_code, webp_frames};

/// For red, blue and alpha, a complete code of 256 symbols that needs as many tables as it can: lengths 1, 7, 7, 8, then 9 to 15, 15, then
/// 244 of 9.
pub(crate) fn long_code(bits: &mut Bits, number: usize) {
    if !matches!(number, 1..=3) {
        return short_code(bits, number);
    }
    let lengths: Vec<usize> = [1, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15].into_iter().chain([9; 244]).collect();
    bits.put(0, 1);
    // Lengths of the codes of lengths, in RFC 9649's order: 9 has one bit, the others four or five.
    let of = |length: usize| match length {
        9 => 1,
        1 | 7 | 8 | 10 | 11 | 12 | 13 => 4,
        14 | 15 => 5,
        _ => 0,
    };
    let order = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    bits.put(15, 4);
    order.iter().for_each(|&length| bits.put(of(length), 3));
    bits.put(0, 1);
    for length in lengths {
        let width = of(length) as usize;
        // Canonical: all of one length in order.
        let before: Vec<usize> = [1, 7, 8, 10, 11, 12, 13].into_iter().filter(|l| *l < length).collect();
        let code: u64 = match length {
            9 => 0,
            14 => 0b11110,
            15 => 0b11111,
            _ => 0b1000 + before.len() as u64,
        };
        bits.put(code.reverse_bits() >> (64 - width), width);
    }
}

/// 16,000 × 6,000 px, one bit each.
pub(crate) fn one_bit_codes() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2F, 8);
    bits.put(15_999, 14);
    bits.put(5_999, 14);
    bits.put(1, 4);
    bits.put(0, 3);
    // Green: two symbols of one bit. Red, blue, alpha, distance: one.
    bits.put(0b111, 3);
    bits.put(0, 8);
    bits.put(1, 8);
    for _ in 0..4 {
        bits.put(0b0001, 4);
    }
    let mut out = bits.bytes;
    out.resize(out.len() + 16_000 * 6_000 / 8 + 8, 0x5A);
    out
}

/// Writes booleans of stated probabilities. [RFC 6386 §7.3]
struct Booleans {
    out: Vec<u8>,
    range: u32,
    bottom: u32,
    count: i32,
}

impl Booleans {
    fn put(&mut self, value: bool, probability: u32) {
        let split = 1 + (((self.range - 1) * probability) >> 8);
        if value {
            let (bottom, carries) = self.bottom.overflowing_add(split);
            self.bottom = bottom;
            self.range -= split;
            if carries {
                self.carry();
            }
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            if self.bottom & 1 << 31 != 0 {
                self.carry();
            }
            self.bottom <<= 1;
            self.count -= 1;
            if self.count == 0 {
                self.out.push((self.bottom >> 24) as u8);
                self.bottom &= 0xFF_FFFF;
                self.count = 8;
            }
        }
    }

    fn carry(&mut self) {
        for byte in self.out.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                return;
            }
        }
    }

    fn end(mut self) -> Vec<u8> {
        (0..40).for_each(|_| self.put(false, 128));
        self.out
    }
}

fn booleans() -> Booleans {
    Booleans { out: Vec::new(), range: 255, bottom: 0, count: 24 }
}

/// Frames of 10,000 × 10,000 px in which each block has fifteen zeros and sixteen, none of which takes a fiftieth of a bit.
pub(crate) fn lossy(frames: usize) -> Vec<u8> {
    let side = 10_000_u32;
    let (mut modes, mut tokens) = (booleans(), booleans());
    modes.put(false, 128);
    modes.put(false, 128);
    // No segments; filter; adjustments; partitions; quantisers; refresh.
    modes.put(false, 128);
    (0..10).for_each(|_| modes.put(false, 128));
    modes.put(false, 128);
    (0..2).for_each(|_| modes.put(false, 128));
    (0..7).for_each(|_| modes.put(false, 128));
    (0..5).for_each(|_| modes.put(false, 128));
    modes.put(false, 128);
    // Of each eleven probabilities the first is made 1, that a block goes on, and the second 255, that a coefficient is zero.
    for (index, update) in crate::probabilities::TOKEN_UPDATES.as_flattened().as_flattened().as_flattened().iter().enumerate() {
        let wanted = match index % 11 {
            0 => Some(1_u32),
            1 => Some(255),
            _ => None,
        };
        modes.put(wanted.is_some(), (*update).into());
        if let Some(wanted) = wanted {
            (0..8).rev().for_each(|bit| modes.put(wanted >> bit & 1 == 1, 128));
        }
    }
    modes.put(false, 128);
    for _ in 0..side.div_ceil(16).pow(2) {
        // 16 × 16, DC; chroma DC.
        modes.put(true, 145);
        modes.put(false, 156);
        modes.put(false, 163);
        modes.put(false, 142);
        for block in 0..25 {
            tokens.put(true, 1);
            let zeros = if (1..17).contains(&block) { 15 } else { 16 };
            (0..zeros).for_each(|_| tokens.put(false, 255));
        }
    }
    let (modes, tokens) = (modes.end(), tokens.end());
    let tag = (modes.len() as u32) << 5 | 1 << 4;
    let sides = [(side as u16).to_le_bytes(), (side as u16).to_le_bytes()].concat();
    let picture = [&tag.to_le_bytes()[..3], &[0x9D, 0x01, 0x2A], &sides, &modes, &tokens].concat();
    webp_frames(&picture, frames, (side, side))
}
