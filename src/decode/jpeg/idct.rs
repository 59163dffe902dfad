//! Inverse discrete cosine transform of 8 × 8 blocks, in integers, so that every platform gives the same samples.
//!
//! The factorisation with eleven multiplications of Loeffler, Ligtenberg and Moschytz (ICASSP 1989), 13-bit constants,
//! two more bits kept between the passes: the arithmetic that browsers' decoders agree on.

use std::num::Wrapping;

/// Transforms `block` (dequantised, row by row) and writes its samples to `plane`, rows `stride` apart.
///
/// Damaged files can hold coefficients that no picture has: the sums then wrap, which is as good as any other sample.
pub(super) fn block(block: &[i32; 64], plane: &mut [u8], stride: usize) {
    let mut values = [[Wrapping(0); 8]; 8];
    for (row, source) in values.iter_mut().zip(block.as_chunks::<8>().0) {
        *row = source.map(Wrapping);
    }
    let columns = transpose(&pass(&values, CONSTANT_BITS - KEPT_BITS));
    let rows = transpose(&pass(&columns, CONSTANT_BITS + KEPT_BITS + 3));
    for (target, row) in plane.chunks_mut(stride).zip(&rows) {
        for (sample, value) in target.iter_mut().zip(row) {
            *sample = clamp(value.0 + 128);
        }
    }
}

/// A block of which only the average is not zero.
pub(super) fn flat(average: i32, plane: &mut [u8], stride: usize) {
    let sample = clamp(((average + 4) >> 3) + 128);
    for target in plane.chunks_mut(stride).take(8) {
        target.iter_mut().take(8).for_each(|to| *to = sample);
    }
}

#[inline(always)]
fn clamp(value: i32) -> u8 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of the type")]
    let sample = value.clamp(0, 255) as u8;
    sample
}

type Lanes = [[Wrapping<i32>; 8]; 8];

/// One dimension, for eight columns side by side.
#[inline(always)]
fn pass(input: &Lanes, shift: usize) -> Lanes {
    let mut output = [[Wrapping(0); 8]; 8];
    let half = Wrapping(1 << (shift - 1));
    for lane in 0..8 {
        let x = |frequency: usize| input[frequency][lane];
        // Even frequencies.
        let z1 = (x(2) + x(6)) * C0_541;
        let rotated2 = z1 - x(6) * C1_848;
        let rotated3 = z1 + x(2) * C0_765;
        let sum = (x(0) + x(4)) << CONSTANT_BITS;
        let difference = (x(0) - x(4)) << CONSTANT_BITS;
        let even = [sum + rotated3, difference + rotated2, difference - rotated2, sum - rotated3];
        // Odd frequencies.
        let (x7, x5, x3, x1) = (x(7), x(5), x(3), x(1));
        let z5 = (x7 + x3 + x5 + x1) * C1_176;
        let z1 = (x7 + x1) * -C0_900;
        let z2 = (x5 + x3) * -C2_563;
        let z3 = (x7 + x3) * -C1_962 + z5;
        let z4 = (x5 + x1) * -C0_390 + z5;
        let odd = [x1 * C1_501 + z1 + z4, x3 * C3_073 + z2 + z3, x5 * C2_053 + z2 + z4, x7 * C0_299 + z1 + z3];
        for index in 0..4 {
            output[index][lane] = (even[index] + odd[index] + half) >> shift;
            output[7 - index][lane] = (even[index] - odd[index] + half) >> shift;
        }
    }
    output
}

#[inline(always)]
fn transpose(input: &Lanes) -> Lanes {
    std::array::from_fn(|row| std::array::from_fn(|column| input[column][row]))
}

/// Fractional bits of the constants below: round(c × 2¹³), each named by c.
const CONSTANT_BITS: usize = 13;
/// Fractional bits kept between the passes.
const KEPT_BITS: usize = 2;
const C0_299: Wrapping<i32> = Wrapping(2446);
const C0_390: Wrapping<i32> = Wrapping(3196);
const C0_541: Wrapping<i32> = Wrapping(4433);
const C0_765: Wrapping<i32> = Wrapping(6270);
const C0_900: Wrapping<i32> = Wrapping(7373);
const C1_176: Wrapping<i32> = Wrapping(9633);
const C1_501: Wrapping<i32> = Wrapping(12299);
const C1_848: Wrapping<i32> = Wrapping(15137);
const C1_962: Wrapping<i32> = Wrapping(16069);
const C2_053: Wrapping<i32> = Wrapping(16819);
const C2_563: Wrapping<i32> = Wrapping(20995);
const C3_073: Wrapping<i32> = Wrapping(25172);
