//! What a detector does to planes of numbers besides matrix products. Rows lie top-down, planes one after another, without gaps.

use crate::vector::vectorized;

/// Rows and columns of each plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Grid {
    pub(crate) fn cells(self) -> usize {
        self.rows * self.columns
    }

    /// Every `stride`th cell of each row and column.
    pub(crate) fn every(self, stride: usize) -> Self {
        Self { rows: self.rows / stride, columns: self.columns / stride }
    }

    pub(crate) fn twice(self) -> Self {
        Self { rows: self.rows * 2, columns: self.columns * 2 }
    }
}

/// A square kernel that moves over zero-padded planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Odd.
    pub(crate) side: usize,
    pub(crate) stride: usize,
}

impl Window {
    pub(crate) fn taps(self) -> usize {
        self.side * self.side
    }

    fn padding(self) -> usize {
        self.side / 2
    }
}

/// Filters each plane by taps of its own, adds its bias, and raises what is below `floor`.
pub(crate) fn depthwise(planes: &[f32], grid: Grid, window: Window, taps: &[f32], bias: &[f32], floor: f32, output: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || filter_each(planes, grid, window, taps, bias, floor, output),
    );
}

#[inline(always)]
fn filter_each(planes: &[f32], grid: Grid, window: Window, taps: &[f32], bias: &[f32], floor: f32, output: &mut [f32]) {
    let padding = window.padding();
    let wide = grid.columns + 2 * padding;
    let mut padded = vec![0.0; wide * (grid.rows + 2 * padding)];
    let mut line = vec![0.0; grid.columns];
    let made = grid.every(window.stride);
    let channels =
        planes.chunks_exact(grid.cells()).zip(output.chunks_exact_mut(made.cells())).zip(taps.chunks_exact(window.taps()).zip(bias));
    for ((plane, output), (taps, bias)) in channels {
        for (row, to) in plane.chunks_exact(grid.columns).zip(padded.chunks_exact_mut(wide).skip(padding)) {
            to[padding..padding + grid.columns].copy_from_slice(row);
        }
        for (y, output) in output.chunks_exact_mut(made.columns).enumerate() {
            let above = &padded[y * window.stride * wide..];
            line.fill(*bias);
            match <&[f32; 9]>::try_from(taps) {
                Ok(nine) => add_nine(&mut line, above, wide, nine),
                Err(_) => add_taps(&mut line, above, wide, taps, window.side),
            }
            match window.stride {
                1 => output.iter_mut().zip(&line).for_each(|(to, from)| *to = larger(*from, floor)),
                stride => output.iter_mut().zip(line.iter().step_by(stride)).for_each(|(to, from)| *to = larger(*from, floor)),
            }
        }
    }
}

/// Adds three by three taps to a line, in a form that compilers turn into vector instructions.
#[inline(always)]
fn add_nine(line: &mut [f32], padded: &[f32], wide: usize, [a, b, c, d, e, f, g, h, i]: &[f32; 9]) {
    let length = line.len();
    let from = |row: usize, column: usize| &padded[row * wide + column..][..length];
    let (top, middle, bottom) =
        ([from(0, 0), from(0, 1), from(0, 2)], [from(1, 0), from(1, 1), from(1, 2)], [from(2, 0), from(2, 1), from(2, 2)]);
    for x in 0..length {
        let upper = a * top[0][x] + b * top[1][x] + c * top[2][x];
        let inner = d * middle[0][x] + e * middle[1][x] + f * middle[2][x];
        let lower = g * bottom[0][x] + h * bottom[1][x] + i * bottom[2][x];
        line[x] += upper + inner + lower;
    }
}

#[inline(always)]
fn add_taps(line: &mut [f32], padded: &[f32], wide: usize, taps: &[f32], side: usize) {
    for (row, taps) in padded.chunks(wide).zip(taps.chunks_exact(side)) {
        for (column, tap) in taps.iter().enumerate() {
            for (to, from) in line.iter_mut().zip(&row[column..]) {
                *to += tap * from;
            }
        }
    }
}

/// Lays out what a window sees in `rows` output rows from `first` on: a line of `laid_out` for each plane and tap.
pub(crate) fn spread(planes: &[f32], grid: Grid, window: Window, first: usize, rows: usize, laid_out: &mut [f32]) {
    let columns = grid.columns / window.stride;
    let taps = planes.chunks_exact(grid.cells()).flat_map(|plane| (0..window.taps()).map(move |tap| (plane, tap)));
    for ((plane, tap), lines) in taps.zip(laid_out.chunks_exact_mut(rows * columns)) {
        let (down, across) = (tap / window.side, tap % window.side);
        // The first cell whose place is not in the padding.
        let skipped = window.padding().saturating_sub(across).div_ceil(window.stride);
        let start = skipped * window.stride + across - window.padding();
        for (line, y) in lines.chunks_exact_mut(columns).zip(first..) {
            line.fill(0.0);
            let Some(row) = (y * window.stride + down).checked_sub(window.padding()).filter(|row| *row < grid.rows) else { continue };
            let row = &plane[row * grid.columns..][..grid.columns];
            for (to, from) in line.iter_mut().skip(skipped).zip(row.iter().skip(start).step_by(window.stride)) {
                *to = *from;
            }
        }
    }
}

/// Halves both sides: each cell the largest of four.
pub(crate) fn halve(planes: &[f32], grid: Grid, output: &mut [f32]) {
    let mut taller = vec![0.0; grid.columns];
    // Planes have an even number of rows, so pairs of rows never straddle two.
    for (rows, output) in planes.chunks_exact(2 * grid.columns).zip(output.chunks_exact_mut(grid.columns / 2)) {
        let (upper, lower) = rows.split_at(grid.columns);
        for (taller, (upper, lower)) in taller.iter_mut().zip(upper.iter().zip(lower)) {
            *taller = larger(*upper, *lower);
        }
        for (to, [left, right]) in output.iter_mut().zip(taller.as_chunks::<2>().0) {
            *to = larger(*left, *right);
        }
    }
}

/// Doubles both sides: each cell four times.
pub(crate) fn double(planes: &[f32], grid: Grid, output: &mut [f32]) {
    for (row, output) in planes.chunks_exact(grid.columns).zip(output.chunks_exact_mut(4 * grid.columns)) {
        let (upper, lower) = output.split_at_mut(2 * grid.columns);
        for (to, from) in upper.as_chunks_mut::<2>().0.iter_mut().zip(row) {
            *to = [*from; 2];
        }
        lower.copy_from_slice(upper);
    }
}

/// Each four planes become the 2 × 2 cells of one: the first gives the upper left cell, then upper right, lower left, lower right.
pub(crate) fn unfold(planes: &[f32], grid: Grid, output: &mut [f32]) {
    for (four, output) in planes.chunks_exact(4 * grid.cells()).zip(output.chunks_exact_mut(4 * grid.cells())) {
        for (half, pair) in four.chunks_exact(2 * grid.cells()).enumerate() {
            let (left, right) = pair.split_at(grid.cells());
            let rows = left.chunks_exact(grid.columns).zip(right.chunks_exact(grid.columns));
            for ((left, right), to) in rows.zip(output.chunks_exact_mut(2 * grid.columns).skip(half).step_by(2)) {
                for (to, (left, right)) in to.as_chunks_mut::<2>().0.iter_mut().zip(left.iter().zip(right)) {
                    *to = [*left, *right];
                }
            }
        }
    }
}

/// Squeezes any number into 0 to 1.
pub(crate) fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-value))
}

/// Unlike `f32::max`, one instruction.
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernels above should give, cell by cell.
    fn plainly(plane: &[f32], grid: Grid, window: Window, taps: &[f32]) -> Vec<f32> {
        let made = grid.every(window.stride);
        let at = |y: usize, x: usize, padding: usize| {
            let (y, x) = (y.checked_sub(padding)?, x.checked_sub(padding)?);
            (y < grid.rows && x < grid.columns).then(|| plane[y * grid.columns + x])
        };
        let cells = (0..made.rows).flat_map(|y| (0..made.columns).map(move |x| (y * window.stride, x * window.stride)));
        let sum = |(y, x): (usize, usize)| {
            let seen =
                (0..window.taps()).map(|tap| at(y + tap / window.side, x + tap % window.side, window.side / 2).unwrap_or(0.0) * taps[tap]);
            seen.sum::<f32>()
        };
        cells.map(sum).collect()
    }

    fn numbers(count: usize) -> Vec<f32> {
        // Small whole numbers: sums are exact in any order.
        (0..count).map(|index| ((index * 37 + index / 7) % 11) as f32 - 5.0).collect()
    }

    #[test]
    fn windows_of_every_kind_see_what_they_should() {
        let grid = Grid { rows: 6, columns: 8 };
        for side in [1, 3, 5, 7] {
            for stride in [1, 2] {
                let window = Window { side, stride };
                let (planes, taps) = (numbers(2 * grid.cells()), numbers(2 * window.taps()));
                let made = grid.every(stride);
                let mut filtered = vec![f32::NAN; 2 * made.cells()];
                depthwise(&planes, grid, window, &taps, &[1.0, -2.0], -3.0, &mut filtered);
                for (channel, bias) in [(0, 1.0), (1, -2.0)] {
                    let plane = &planes[channel * grid.cells()..][..grid.cells()];
                    let taps = &taps[channel * window.taps()..][..window.taps()];
                    let expected: Vec<f32> = plainly(plane, grid, window, taps).iter().map(|sum| (sum + bias).max(-3.0)).collect();
                    assert_eq!(filtered[channel * made.cells()..][..made.cells()], expected, "{window:?}");
                }
                // All but the first row, laid out and summed.
                let cells = (made.rows - 1) * made.columns;
                let mut laid_out = vec![f32::NAN; 2 * window.taps() * cells];
                spread(&planes, grid, window, 1, made.rows - 1, &mut laid_out);
                let expected: Vec<f32> = (0..2)
                    .map(|channel| {
                        plainly(&planes[channel * grid.cells()..][..grid.cells()], grid, window, &taps[channel * window.taps()..])
                    })
                    .reduce(|one, other| one.iter().zip(other).map(|(a, b)| a + b).collect())
                    .unwrap_or_default();
                let sums: Vec<f32> =
                    (0..cells).map(|cell| laid_out.chunks_exact(cells).zip(&taps).map(|(line, tap)| line[cell] * tap).sum()).collect();
                assert_eq!(sums, expected[made.columns..], "{window:?}");
            }
        }
    }

    #[test]
    fn halves_and_doubles() {
        let grid = Grid { rows: 2, columns: 4 };
        let mut halved = [0.0; 2];
        halve(&[1.0, 2.0, -3.0, -4.0, 5.0, 0.0, -1.0, -2.0], grid, &mut halved);
        assert_eq!(halved, [5.0, -1.0]);
        let mut doubled = [0.0; 8];
        double(&halved, Grid { rows: 1, columns: 2 }, &mut doubled);
        assert_eq!(doubled, [5.0, 5.0, -1.0, -1.0, 5.0, 5.0, -1.0, -1.0]);
    }

    #[test]
    fn each_four_planes_are_one_of_four_times_the_cells() {
        let planes: Vec<f32> = (0..16).map(|number| number as f32).collect();
        let mut unfolded = [0.0; 16];
        unfold(&planes, Grid { rows: 1, columns: 2 }, &mut unfolded);
        assert_eq!(unfolded, [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0, 8.0, 10.0, 9.0, 11.0, 12.0, 14.0, 13.0, 15.0]);
        unfold(&planes[..8], Grid { rows: 2, columns: 1 }, &mut unfolded[..8]);
        assert_eq!(unfolded[..8], [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0]);
    }
}
