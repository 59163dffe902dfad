//! The steps of a redaction on the CPU. Each is the twin of the shader of the same name, in the same whole numbers.

use std::ops::Range;

use super::plan::{Field, Job};
use super::rect::Rect;
use crate::Image;
use crate::vector::vectorized;

/// Red, green, blue in 1/256 of a level (0 to [`MAX_LEVEL`]), and how much of the cell can be seen (0 to 256).
pub(super) type Cell = [u32; 4];

/// The colours that spread over a cluster: the first four steps. Reads nothing but `field.crop`.
pub(super) fn spread(image: &Image, field: &Field) -> Vec<Cell> {
    let mut cells = vectorized(
        #[inline(always)]
        || reduce(image, field),
    );
    fill(&mut cells, field.columns as usize, field.rows as usize);
    let cells = vectorized(
        #[inline(always)]
        || blur_rows(&cells, field),
    );
    vectorized(
        #[inline(always)]
        || blur_columns(&cells, field),
    )
}

/// Averages the crop's pixels to cells, each pixel weighted by its alpha.
#[inline(always)]
fn reduce(image: &Image, field: &Field) -> Vec<Cell> {
    let Field { crop, cell, columns, rows, .. } = field;
    let mut cells = vec![[0; 4]; *columns as usize * *rows as usize];
    for y in crop.top..crop.bottom {
        let start = (y as usize * image.width() as usize + crop.left as usize) * 4;
        let pixels = &image.pixels()[start..start + crop.width() as usize * 4];
        let row = ((y - crop.top) / cell * columns) as usize;
        for (sums, pixels) in cells[row..].iter_mut().zip(pixels.chunks(*cell as usize * 4)) {
            pixels.as_chunks::<4>().0.chunks(LONGEST_RUN).for_each(|run| add(sums, run));
        }
    }
    for (index, sums) in (0..).zip(&mut cells) {
        let (column, row) = (index % columns, index / columns);
        let area = (crop.width() - column * cell).min(*cell) * (crop.height() - row * cell).min(*cell);
        *sums = average(*sums, area);
    }
    cells
}

/// Adds up to [`LONGEST_RUN`] pixels. Nearly always they are all opaque, or all covered.
#[inline(always)]
fn add(sums: &mut Cell, run: &[[u8; 4]]) {
    // Two sums of 16 bits in each: red and blue, green and alpha.
    let [mut even, mut odd] = [0; 2];
    for pixel in run {
        let pixel = u32::from_le_bytes(*pixel);
        even += pixel & 0x00FF_00FF;
        odd += pixel >> 8 & 0x00FF_00FF;
    }
    let alpha = odd >> 16;
    if alpha as usize == 255 * run.len() {
        sums.iter_mut().zip([255 * (even & 0xFFFF), 255 * (odd & 0xFFFF), 255 * (even >> 16), alpha]).for_each(|(sum, more)| *sum += more);
    } else if alpha > 0 {
        for pixel in run {
            let alpha = u32::from(pixel[3]);
            for (sum, &level) in sums.iter_mut().zip(&pixel[..3]) {
                *sum += alpha * u32::from(level);
            }
            sums[3] += alpha;
        }
    }
}

/// Pixels whose levels add up to less than 2^16.
const LONGEST_RUN: usize = 256;

fn average([red, green, blue, weight]: Cell, area: u32) -> Cell {
    if weight == 0 {
        return [0; 4];
    }
    let mean = |sum: u32| ((sum / weight) << 8) + ((sum % weight) << 8) / weight;
    [mean(red), mean(green), mean(blue), (weight * 256).div_ceil(area * 255)]
}

/// Gives every cell the colour of what can be seen around it, from coarse to fine: a pyramid of averages of what can be seen, then back
/// down, each level taking from the coarser one what it does not know itself.
fn fill(cells: &mut [Cell], columns: usize, rows: usize) {
    if columns == 1 && rows == 1 {
        if cells[0][3] == 0 {
            let level = u32::from(NEUTRAL) << 8;
            cells[0] = [level, level, level, 256];
        }
        return;
    }
    let (coarse_columns, coarse_rows) = (columns.div_ceil(2), rows.div_ceil(2));
    let mut coarse: Vec<Cell> = (0..coarse_rows)
        .flat_map(|row| (0..coarse_columns).map(move |column| (column, row)))
        .map(|(column, row)| push(cells, columns, rows, column, row))
        .collect();
    fill(&mut coarse, coarse_columns, coarse_rows);
    for row in 0..rows {
        for column in 0..columns {
            let cell = &mut cells[row * columns + column];
            if cell[3] < 256 {
                *cell = pull(*cell, &coarse, coarse_columns, coarse_rows, column, row);
            }
        }
    }
}

/// A coarse cell: the 4 × 4 finer ones around it, weighted by a binomial kernel and by how much of each can be seen. It counts as known
/// when a quarter of it can be seen.
fn push(cells: &[Cell], columns: usize, rows: usize, column: usize, row: usize) -> Cell {
    let mut sums = [0; 4];
    for (j, weight_down) in BINOMIAL.into_iter().enumerate() {
        for (i, weight_across) in BINOMIAL.into_iter().enumerate() {
            let (x, y) = (2 * column + i, 2 * row + j);
            if x == 0 || y == 0 || x > columns || y > rows {
                continue;
            }
            let cell = cells[(y - 1) * columns + x - 1];
            let weight = weight_down * weight_across * cell[3];
            for c in 0..3 {
                sums[c] += weight * cell[c];
            }
            sums[3] += weight;
        }
    }
    if sums[3] == 0 {
        return sums;
    }
    let mean = |sum: u32| (sum + sums[3] / 2) / sums[3];
    [mean(sums[0]), mean(sums[1]), mean(sums[2]), sums[3].div_ceil(16).min(256)]
}

/// A cell that is not known in full: what is missing comes from the four nearest coarse cells.
fn pull(cell: Cell, coarse: &[Cell], columns: usize, rows: usize, column: usize, row: usize) -> Cell {
    let neighbour = |position: usize, count: usize| {
        if position.is_multiple_of(2) { (position / 2).saturating_sub(1) } else { (position / 2 + 1).min(count - 1) }
    };
    let (x, y) = (column / 2, row / 2);
    let (far_x, far_y) = (neighbour(column, columns), neighbour(row, rows));
    let mut filled = [0, 0, 0, 256];
    for c in 0..3 {
        let at = |x: usize, y: usize| coarse[y * columns + x][c];
        let missing = (9 * at(x, y) + 3 * at(far_x, y) + 3 * at(x, far_y) + at(far_x, far_y) + 8) / 16;
        filled[c] = (cell[c] * cell[3] + missing * (256 - cell[3]) + 128) / 256;
    }
    filled
}

/// The Gaussian along rows; beyond the crop's edge its last cell goes on.
#[inline(always)]
fn blur_rows(cells: &[Cell], field: &Field) -> Vec<Cell> {
    let columns = field.columns as usize;
    let radius = field.kernel.len() - 1;
    let mut blurred = vec![[0; 4]; cells.len()];
    let mut wide = vec![[0; 4]; columns + 2 * radius];
    for (row, blurred) in cells.chunks(columns).zip(blurred.chunks_mut(columns)) {
        wide[..radius].fill(row[0]);
        wide[radius..radius + columns].copy_from_slice(row);
        wide[radius + columns..].fill(row[columns - 1]);
        convolve(&field.kernel, blurred, |step| (&wide[radius - step..][..columns], &wide[radius + step..][..columns]));
    }
    blurred
}

/// The Gaussian along columns.
#[inline(always)]
fn blur_columns(cells: &[Cell], field: &Field) -> Vec<Cell> {
    let (columns, rows) = (field.columns as usize, field.rows as usize);
    let mut blurred = vec![[0; 4]; cells.len()];
    let row = |y: usize| &cells[y * columns..][..columns];
    for (y, blurred) in blurred.chunks_mut(columns).enumerate() {
        convolve(&field.kernel, blurred, |step| (row(y.saturating_sub(step)), row((y + step).min(rows - 1))));
    }
    blurred
}

/// A row of weighted sums. `pair` gives the cells so many steps before and after; how much can be seen, 256 in all of them, stays 256.
#[inline(always)]
fn convolve<'a>(kernel: &[u32], blurred: &mut [Cell], pair: impl Fn(usize) -> (&'a [Cell], &'a [Cell])) {
    let sums = blurred.as_flattened_mut();
    for (sum, cell) in sums.iter_mut().zip(pair(0).0.as_flattened()) {
        *sum = 32768 + kernel[0] * cell;
    }
    for (step, weight) in kernel.iter().enumerate().skip(1) {
        let (before, after) = pair(step);
        for ((sum, a), b) in sums.iter_mut().zip(before.as_flattened()).zip(after.as_flattened()) {
            *sum += weight * (a + b);
        }
    }
    sums.iter_mut().for_each(|sum| *sum >>= 16);
}

/// Draws the spread colours at full size, with noise: the last step, a row at a time.
///
/// Rows of cells and of the noise's nodes are drawn out to the width of the region once; what is left for each px are a few sums and products
/// that become vector instructions.
pub(super) struct Painter<'a> {
    field: &'a Field,
    cells: &'a [Cell],
    keys: [u32; 4],
    paint: Rect,
    /// What the px of one column have in common.
    across: Vec<Column>,
    /// The two rows of cells that were drawn out last, red, green and blue.
    rows: [(usize, [Vec<u32>; 3]); 2],
    /// The three rows of nodes that were drawn out last, the first one's number, and how they come together in one row of px.
    nodes: (u32, [Vec<i32>; 3]),
    noise: Vec<i32>,
}

/// Where a column of px lies between cells, and between nodes of the noise.
struct Column {
    left: usize,
    right: usize,
    weight: u32,
    node: usize,
    node_weights: [i32; 3],
}

impl<'a> Painter<'a> {
    pub(super) fn new(job: &Job, field: &'a Field, cells: &'a [Cell], keys: [u32; 4]) -> Self {
        let paint = job.paint;
        let across: Vec<Column> = (paint.left..paint.right)
            .map(|x| {
                let x = snap(x, paint.left, paint.right, field.tile);
                let (left, right, weight) = between_cells(x - field.crop.left, field.cell, field.columns);
                let node = (x / field.lattice - paint.left / field.lattice) as usize;
                Column { left, right, weight, node, node_weights: spline(x % field.lattice * 256 / field.lattice) }
            })
            .collect();
        let width = across.len();
        let rows = [(); 2].map(|()| (usize::MAX, [(); 3].map(|()| vec![0; width])));
        let nodes = (u32::MAX, [(); 3].map(|()| vec![0; width]));
        Self { field, cells, keys, paint, across, rows, nodes, noise: vec![0; width] }
    }

    /// Row `y` of `paint` as red, green, blue, 255, for each px of `runs`.
    pub(super) fn row(&mut self, y: u32, runs: &[Range<usize>], painted: &mut [[u8; 4]]) {
        vectorized(
            #[inline(always)]
            || self.draw_row(y, runs, painted),
        );
    }

    #[inline(always)]
    fn draw_row(&mut self, y: u32, runs: &[Range<usize>], painted: &mut [[u8; 4]]) {
        let Self { field, paint, .. } = self;
        let snapped_y = snap(y, paint.top, paint.bottom, field.tile);
        let (upper, lower, weight) = between_cells(snapped_y - field.crop.top, field.cell, field.rows);
        let node_weights = spline(snapped_y % field.lattice * 256 / field.lattice);
        let first_node = snapped_y / field.lattice;
        self.draw_out_cells(upper, lower);
        self.draw_out_nodes(first_node);
        for run in runs {
            self.make_noise(y, run.clone(), node_weights);
            self.color(run.clone(), weight, &mut painted[run.clone()]);
        }
    }

    /// Has `rows` be those of the cells in row `upper` and in row `lower`.
    fn draw_out_cells(&mut self, upper: usize, lower: usize) {
        if self.rows[1].0 == upper {
            // One row of cells further down.
            self.rows.swap(0, 1);
        }
        let columns = self.field.columns as usize;
        for ((of, row), wanted) in self.rows.iter_mut().zip([upper, lower]).filter(|((of, _), wanted)| of != wanted) {
            *of = wanted;
            let cells = &self.cells[wanted * columns..][..columns];
            for (c, row) in row.iter_mut().enumerate() {
                let between = |column: &Column| cells[column.left][c] * (256 - column.weight) + cells[column.right][c] * column.weight;
                row.iter_mut().zip(&self.across).for_each(|(color, column)| *color = between(column));
            }
        }
    }

    /// Has `nodes` be the three rows of nodes from row `first` on.
    fn draw_out_nodes(&mut self, first: u32) {
        let (of, rows) = &mut self.nodes;
        if *of == first {
            return;
        }
        *of = first;
        for (row, y) in rows.iter_mut().zip(first..) {
            let nodes = drift_nodes(self.field.lattice, y, &self.paint, [self.keys[0], self.keys[1]]);
            for (drift, column) in row.iter_mut().zip(&self.across) {
                let [n0, n1, n2] = column.node_weights;
                *drift = nodes[column.node] * n0 + nodes[column.node + 1] * n1 + nodes[column.node + 2] * n2;
            }
        }
    }

    /// The noise of px `span` of row `y`.
    #[inline(always)]
    fn make_noise(&mut self, y: u32, span: Range<usize>, [w0, w1, w2]: [i32; 3]) {
        let [first, second, third] = self.nodes.1.each_ref().map(|row| &row[span.clone()]);
        let noise = &mut self.noise[span.clone()];
        for (noise, ((a, b), c)) in noise.iter_mut().zip(first.iter().zip(second).zip(third)) {
            *noise = (a * w0 + b * w1 + c * w2) >> 16;
        }
        if self.field.tile == 0 {
            let keys = [self.keys[2], self.keys[3]];
            #[allow(clippy::cast_possible_truncation, reason = "columns of a picture, whose sides are 32 bits")]
            let x = self.paint.left + span.start as u32;
            noise.iter_mut().zip(x..).for_each(|(noise, x)| *noise += grain(x, y, keys));
        }
    }

    /// Colours px `span` of a row, `weight` of 256 of the way from the upper cells to the lower.
    #[inline(always)]
    fn color(&self, span: Range<usize>, weight: u32, painted: &mut [[u8; 4]]) {
        let [upper, lower] = self.rows.each_ref().map(|(_, row)| row.each_ref().map(|row| &row[span.clone()]));
        let pairs = |c: usize| upper[c].iter().zip(lower[c]);
        let colors = pairs(0).zip(pairs(1)).zip(pairs(2)).zip(&self.noise[span.clone()]);
        for (painted, (((red, green), blue), &noise)) in painted.iter_mut().zip(colors) {
            let level = |(a, b): (&u32, &u32)| level((a * (256 - weight) + b * weight) >> 16, noise);
            // As one number, so that several px fit a vector.
            *painted = (level(red) | level(green) << 8 | level(blue) << 16 | 255 << 24).to_le_bytes();
        }
    }
}

/// The middle of the mosaic tile that `position` lies in; itself where there are no tiles.
fn snap(position: u32, from: u32, to: u32, tile: u32) -> u32 {
    match (position - from).checked_div(tile) {
        Some(index) => (from + index * tile + tile / 2).min(to - 1),
        None => position,
    }
}

/// The two cells between whose middles the px lies, and the weight of the second, of 256.
fn between_cells(position: u32, cell: u32, count: u32) -> (usize, usize, u32) {
    let doubled = 2 * position + 1 + cell;
    let next = doubled / (2 * cell);
    let weight = (doubled % (2 * cell)) * 128 / cell;
    (next.saturating_sub(1) as usize, next.min(count - 1) as usize, weight)
}

/// A colour in 1/256 of a level plus noise, as a level, 0 to 255.
#[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "clamped to 0..=255 levels")]
#[inline(always)]
fn level(color: u32, noise: i32) -> u32 {
    (((color as i32 + noise).clamp(0, MAX_LEVEL) + 128) >> 8) as u32
}

/// A row of the low-frequency noise's nodes, which lie on a lattice and are joined by a quadratic B-spline in [`Painter::draw_out_nodes`]
/// across and in [`Painter::make_noise`] down. Standard deviation 6 levels.
fn drift_nodes(lattice: u32, row: u32, paint: &Rect, keys: [u32; 2]) -> Vec<i32> {
    (paint.left / lattice..=paint.right / lattice + 2).map(|x| bell(hash(x, row, keys)) * DRIFT_SCALE).collect()
}

/// Weights of three nodes, `t` of 256 of the way through the middle one's span; their sum is 256.
#[allow(clippy::cast_possible_wrap, reason = "0 to 256")]
fn spline(t: u32) -> [i32; 3] {
    let (before, after) = (((256 - t) * (256 - t)) >> 9, (t * t) >> 9);
    [before as i32, (256 - before - after) as i32, after as i32]
}

/// Noise of one px. Standard deviation 1.5 levels.
#[inline(always)]
fn grain(x: u32, y: u32, keys: [u32; 2]) -> i32 {
    (bell(hash(x, y, keys)) * GRAIN_SCALE) >> 6
}

/// The sum of the word's four bytes less its mean: bell-shaped, standard deviation 147.8.
#[allow(clippy::cast_possible_wrap, reason = "-510 to 510")]
#[inline(always)]
fn bell(word: u32) -> i32 {
    ((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24)) as i32 - 510
}

#[inline(always)]
fn hash(x: u32, y: u32, keys: [u32; 2]) -> u32 {
    let row = mix(keys[0] ^ y.wrapping_mul(0x9E37_79B1));
    mix(mix(row ^ x.wrapping_mul(0x85EB_CA77)) ^ keys[1])
}

/// Spreads every bit over the whole word.
#[inline(always)]
fn mix(mut word: u32) -> u32 {
    word = (word ^ word >> 16).wrapping_mul(0x7FEB_352D);
    word = (word ^ word >> 15).wrapping_mul(0x846C_A68B);
    word ^ word >> 16
}

pub(super) const BINOMIAL: [u32; 4] = [1, 3, 3, 1];
/// White in 1/256 of a level.
pub(super) const MAX_LEVEL: i32 = 255 << 8;
/// Mid grey, where nothing can be seen.
pub(super) const NEUTRAL: u8 = 128;
/// Makes a node's standard deviation 10.97 levels, which the spline brings down to 6 on average: by 0.55, its mean sum of squares.
pub(super) const DRIFT_SCALE: i32 = 19;
/// 1/64ths that make a standard deviation of 1.5 levels.
pub(super) const GRAIN_SCALE: i32 = 166;
