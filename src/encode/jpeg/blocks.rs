//! Pixels → blocks of luma and chroma, 8 × 8 samples around zero.

/// One row of MCUs, 16 px high.
pub(super) struct Blocks {
    /// Luma, 16 rows.
    luma: Vec<i32>,
    /// Blue and red difference, 8 rows each, at half the width.
    chroma: [Vec<i32>; 2],
    /// Width of `luma`, a multiple of 16.
    stride: usize,
    /// Two rows of pixels, filled up to `stride`.
    rows: [Vec<[u8; 4]>; 2],
}

impl Blocks {
    pub(super) fn new(width: usize) -> Self {
        let stride = width.next_multiple_of(16);
        let chroma = || vec![0; stride / 2 * 8];
        Self { luma: vec![0; stride * 16], chroma: [chroma(), chroma()], stride, rows: [vec![[0; 4]; stride], vec![[0; 4]; stride]] }
    }

    /// Takes the rows from `top` on. Beyond the picture's edges its last pixels are repeated: they cost least.
    pub(super) fn load(&mut self, pixels: &[u8], width: usize, height: usize, top: usize) {
        let pixels = pixels.as_chunks::<4>().0;
        let half = self.stride / 2;
        let [blue, red] = &mut self.chroma;
        let lumas = self.luma.chunks_exact_mut(self.stride * 2);
        for (index, ((luma, blue), red)) in lumas.zip(blue.chunks_exact_mut(half)).zip(red.chunks_exact_mut(half)).enumerate() {
            for (offset, row) in self.rows.iter_mut().enumerate() {
                let y = (top + 2 * index + offset).min(height - 1);
                let source = &pixels[y * width..][..width];
                row[..width].copy_from_slice(source);
                row[width..].fill(source[width - 1]);
            }
            let [upper, lower] = &self.rows;
            for (to, pixel) in luma.iter_mut().zip(upper.iter().chain(lower)) {
                *to = luma_of(*pixel);
            }
            let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
            for ((blue, red), (upper, lower)) in blue.iter_mut().zip(red).zip(pairs) {
                (*blue, *red) = chroma_of([upper[0], upper[1], lower[0], lower[1]]);
            }
        }
    }

    /// The luma block at `x`, `y` of this row.
    pub(super) fn luma(&self, x: usize, y: usize) -> [[i32; 8]; 8] {
        block(&self.luma[y * self.stride..], x, self.stride)
    }

    /// The block of blue (0) or red (1) difference at `x`.
    pub(super) fn chroma(&self, component: usize, x: usize) -> [[i32; 8]; 8] {
        block(&self.chroma[component], x, self.stride / 2)
    }
}

fn block(plane: &[i32], x: usize, stride: usize) -> [[i32; 8]; 8] {
    let mut block = [[0; 8]; 8];
    for (row, source) in block.iter_mut().zip(plane.chunks(stride)) {
        row.copy_from_slice(&source[x..x + 8]);
    }
    block
}

/// ITU-R BT.601 in full range, constants × 2¹⁶, less 128. [T.871 §7]
#[inline(always)]
fn luma_of([r, g, b, _]: [u8; 4]) -> i32 {
    ((19_595 * i32::from(r) + 38_470 * i32::from(g) + 7_471 * i32::from(b) + 32_768) >> 16) - 128
}

/// Blue and red difference of the mean of four pixels.
#[inline(always)]
fn chroma_of(pixels: [[u8; 4]; 4]) -> (i32, i32) {
    let sum = |channel: usize| pixels.iter().map(|pixel| i32::from(pixel[channel])).sum::<i32>();
    let (r, g, b) = (sum(0), sum(1), sum(2));
    let half = 1 << 17;
    ((-11_059 * r - 21_709 * g + 32_768 * b + half - 1) >> 18, (32_768 * r - 27_439 * g - 5_329 * b + half - 1) >> 18)
}
