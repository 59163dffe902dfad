//! Discrete cosine transform of 8 × 8 blocks in integers, and quantisation.
//!
//! The factorisation of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) in 13-bit constants: the inverse of what
//! src/decode/jpeg/idct.rs does.

/// Quantises a block's coefficients.
pub(super) struct Quantizer {
    /// By place: the step × 8, which is the transform's scale.
    steps: [i32; 64],
}

impl Quantizer {
    pub(super) fn new(steps: &[u8; 64]) -> Self {
        Self { steps: steps.map(|step| i32::from(step) * 8) }
    }

    /// The quantised coefficients of `block`, in zigzag order.
    pub(super) fn quantize(&self, block: &[[i32; 8]; 8]) -> [i32; 64] {
        let columns = transpose(&pass(block, CONSTANT_BITS - KEPT_BITS));
        let rows = transpose(&pass(&columns, CONSTANT_BITS + KEPT_BITS));
        let coefficients = rows.as_flattened();
        ZIGZAG.map(|place| {
            let (value, step) = (coefficients[usize::from(place)], self.steps[usize::from(place)]);
            // Most are nearer to zero than to one step.
            if value.abs() * 2 < step { 0 } else { (value.abs() + step / 2) / step * value.signum() }
        })
    }
}

/// One dimension, for eight columns side by side.
#[inline(always)]
fn pass(input: &[[i32; 8]; 8], shift: usize) -> [[i32; 8]; 8] {
    let mut output = [[0; 8]; 8];
    let half = 1 << (shift - 1);
    for lane in 0..8 {
        let sum = |index: usize| input[index][lane] + input[7 - index][lane];
        let difference = |index: usize| input[index][lane] - input[7 - index][lane];
        // Even frequencies.
        let (s03, d03) = (sum(0) + sum(3), sum(0) - sum(3));
        let (s12, d12) = (sum(1) + sum(2), sum(1) - sum(2));
        let z1 = (d12 + d03) * C0_541;
        // Odd frequencies.
        let (t7, t6, t5, t4) = (difference(0), difference(1), difference(2), difference(3));
        let z5 = (t4 + t6 + t5 + t7) * C1_176;
        let o1 = (t4 + t7) * -C0_900;
        let o2 = (t5 + t6) * -C2_563;
        let o3 = (t4 + t6) * -C1_962 + z5;
        let o4 = (t5 + t7) * -C0_390 + z5;
        let frequencies = [
            (s03 + s12) << CONSTANT_BITS,
            t7 * C1_501 + o1 + o4,
            z1 + d03 * C0_765,
            t6 * C3_073 + o2 + o3,
            (s03 - s12) << CONSTANT_BITS,
            t5 * C2_053 + o2 + o4,
            z1 - d12 * C1_848,
            t4 * C0_299 + o1 + o3,
        ];
        for (row, value) in output.iter_mut().zip(frequencies) {
            row[lane] = (value + half) >> shift;
        }
    }
    output
}

#[inline(always)]
fn transpose(input: &[[i32; 8]; 8]) -> [[i32; 8]; 8] {
    std::array::from_fn(|row| std::array::from_fn(|column| input[column][row]))
}

/// Place in a block, row by row, of each coefficient in zigzag order. [T.81 figure A.6]
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
    57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Fractional bits of the constants below: round(c × 2¹³), each named by c.
const CONSTANT_BITS: usize = 13;
/// Fractional bits kept between the passes.
const KEPT_BITS: usize = 2;
const C0_299: i32 = 2446;
const C0_390: i32 = 3196;
const C0_541: i32 = 4433;
const C0_765: i32 = 6270;
const C0_900: i32 = 7373;
const C1_176: i32 = 9633;
const C1_501: i32 = 12299;
const C1_848: i32 = 15137;
const C1_962: i32 = 16069;
const C2_053: i32 = 16819;
const C2_563: i32 = 20995;
const C3_073: i32 = 25172;
