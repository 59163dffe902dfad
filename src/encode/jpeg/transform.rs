//! Samples to quantised coefficients. [ITU-T T.81 A.3.3, A.3.4]
//!
//! The discrete cosine transform in the form of Arai, Agui and Nakajima (1988): five products for eight samples, and a scale for each
//! coefficient that the quantiser's division takes with it. In single precision, without fused products: all platforms agree to the bit.

/// Quantisation steps, 1 to 255, by horizontal and vertical frequency.
pub(super) type Steps = [[u8; 8]; 8];

/// Horizontal and vertical frequency of the coefficients in the order of a scan. [Figure A.6]
pub(super) const ZIGZAG: [(usize, usize); 64] = zigzag();

/// By row, or by horizontal frequency; then by column, or by vertical frequency.
type Block = [[f32; 8]; 8];

/// Transforms blocks of 8 × 8 samples.
pub(super) struct Transform {
    /// What a sum is multiplied with to be a multiple of its step.
    scales: Block,
}

impl Transform {
    #[allow(clippy::cast_possible_truncation, reason = "to the nearest")]
    pub(super) fn new(steps: &Steps) -> Self {
        let scale = |u: usize, v: usize| 1.0 / (8.0 * OWN_SCALES[u] * OWN_SCALES[v] * f64::from(steps[u][v]));
        Self { scales: std::array::from_fn(|u| std::array::from_fn(|v| scale(u, v) as f32)) }
    }

    /// The coefficients of the block of `samples` that begins with the first of them, in zigzag order. Samples are from -128 to 127, rows of
    /// them `stride` apart.
    #[cfg_attr(target_arch = "x86_64", inline(always))]
    pub(super) fn coefficients(&self, samples: &[f32], stride: usize) -> [i16; 64] {
        let mut block = [[0.0; 8]; 8];
        for (to, row) in block.iter_mut().zip(samples.chunks(stride)) {
            to.copy_from_slice(&row[..8]);
        }
        let block = columns(&transposed(&columns(&block)));
        let mut rounded = [[0_i16; 8]; 8];
        for ((to, sums), scales) in rounded.iter_mut().zip(&block).zip(&self.scales) {
            for ((to, sum), scale) in to.iter_mut().zip(sums).zip(scales) {
                *to = nearest(sum * scale);
            }
        }
        ZIGZAG.map(|(u, v)| rounded[u][v])
    }
}

/// The transform of each column, each frequency in a scale of its own.
#[inline]
fn columns(block: &Block) -> Block {
    let mut out = [[0.0; 8]; 8];
    // Each step for all columns at once: they become vectors.
    for x in 0..8 {
        let sum = |y: usize| block[y][x] + block[7 - y][x];
        let difference = |y: usize| block[y][x] - block[7 - y][x];

        let (outer, inner) = (sum(0) + sum(3), sum(1) + sum(2));
        let (a, b) = (sum(0) - sum(3), sum(1) - sum(2));
        let turned = (a + b) * COS_4;
        out[0][x] = outer + inner;
        out[4][x] = outer - inner;
        out[2][x] = a + turned;
        out[6][x] = a - turned;

        let (a, b, c) = (difference(3) + difference(2), difference(2) + difference(1), difference(1) + difference(0));
        let common = (a - c) * COS_6;
        let (low, high) = (a * COS_2_LESS_COS_6 + common, c * COS_2_AND_COS_6 + common);
        let (plus, minus) = (difference(0) + b * COS_4, difference(0) - b * COS_4);
        out[5][x] = minus + low;
        out[3][x] = minus - low;
        out[1][x] = plus + high;
        out[7][x] = plus - high;
    }
    out
}

#[inline]
fn transposed(block: &Block) -> Block {
    let mut out = [[0.0; 8]; 8];
    for (y, row) in block.iter().enumerate() {
        for (x, value) in row.iter().enumerate() {
            out[x][y] = *value;
        }
    }
    out
}

/// The nearest whole number, of two the even one: of values below 2²¹, whose fraction this addition pushes out.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "a coefficient has 12 bits at most")]
fn nearest(value: f32) -> i16 {
    const PUSH: f32 = 12_582_912.0;
    (value + PUSH).to_bits().wrapping_sub(PUSH.to_bits()) as i16
}

/// How much larger `columns` gives each frequency than the transform of eight samples does, but for √8: cos(k π/16) √2, and 1 for the first.
const OWN_SCALES: [f64; 8] = [
    1.0,
    1.387_039_845_322_147_5,
    1.306_562_964_876_376_5,
    1.175_875_602_419_358_8,
    1.0,
    0.785_694_958_387_102_2,
    0.541_196_100_146_197,
    0.275_899_379_282_943,
];

// cos(k π/16)
const COS_4: f32 = std::f32::consts::FRAC_1_SQRT_2;
const COS_6: f32 = 0.382_683_43;
const COS_2_LESS_COS_6: f32 = 0.541_196_1;
const COS_2_AND_COS_6: f32 = 1.306_563;

const fn zigzag() -> [(usize, usize); 64] {
    let mut order = [(0, 0); 64];
    let (mut u, mut v) = (0, 0);
    let mut index = 1;
    while index < 64 {
        // Along diagonals, one up, the next down, and a step along the edge between them.
        match ((u + v) % 2 == 0, u, v) {
            (true, 7, _) => v += 1,
            (true, _, 0) => u += 1,
            (true, ..) => (u, v) = (u + 1, v - 1),
            (false, _, 7) => u += 1,
            (false, 0, _) => v += 1,
            (false, ..) => (u, v) = (u - 1, v + 1),
        }
        order[index] = (u, v);
        index += 1;
    }
    order
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    /// The definition, in double precision.
    fn defined(block: &[f32; 64], u: usize, v: usize) -> f64 {
        let wave = |position: usize, frequency: usize| ((2 * position + 1) as f64 * frequency as f64 * PI / 16.0).cos();
        let norm = |frequency: usize| if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let sum: f64 = (0..64).map(|at| f64::from(block[at]) * wave(at % 8, u) * wave(at / 8, v)).sum();
        norm(u) * norm(v) * sum / 4.0
    }

    fn noise(seed: u32) -> [f32; 64] {
        let mut state = seed;
        std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((state >> 24) as u8) - 128.0
        })
    }

    #[test]
    fn coefficients_are_those_of_the_definition() {
        let steps: Steps = std::array::from_fn(|u| std::array::from_fn(|v| u8::try_from(1 + 3 * u + 5 * v).unwrap()));
        for (seed, steps) in (0..200).flat_map(|seed| [(seed, &[[1; 8]; 8]), (seed, &steps)]) {
            let block = noise(seed);
            let found = Transform::new(steps).coefficients(&block, 8);
            for ((u, v), found) in ZIGZAG.into_iter().zip(found) {
                let wanted = defined(&block, u, v) / f64::from(steps[u][v]);
                assert!((wanted - f64::from(found)).abs() < 0.501, "{u}, {v}: {found} instead of {wanted}");
            }
        }
    }

    #[test]
    fn the_largest_coefficients_fit_what_baseline_can_say() {
        let transform = Transform::new(&[[1; 8]; 8]);
        for (u, v) in ZIGZAG {
            for (low, high) in [(-128.0, 127.0), (127.0, -128.0)] {
                let wave = |at: usize, f: usize| ((2 * at + 1) as f64 * f as f64 * PI / 16.0).cos();
                let extreme: [f32; 64] = std::array::from_fn(|at: usize| if wave(at % 8, u) * wave(at / 8, v) < 0.0 { low } else { high });
                let found = transform.coefficients(&extreme, 8);
                assert!((-1024..=1023).contains(&found[0]), "{}", found[0]);
                assert!(found[1..].iter().all(|value| value.abs() <= 1023), "{u}, {v}: {found:?}");
            }
        }
    }

    #[test]
    fn zigzag_goes_along_diagonals() {
        assert_eq!(ZIGZAG[..10], [(0, 0), (1, 0), (0, 1), (0, 2), (1, 1), (2, 0), (3, 0), (2, 1), (1, 2), (0, 3)]);
        assert_eq!(ZIGZAG[60..], [(7, 5), (7, 6), (6, 7), (7, 7)]);
        let mut seen = ZIGZAG.to_vec();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 64);
    }
}
