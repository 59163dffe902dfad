// What every step works on. This text goes before each of them.
// All numbers are whole, so that every GPU gives the bytes that the CPU gives.

// A cluster of covered rectangles, redacted together. Lengths and positions are px of the picture, offsets count elements of a buffer.
struct Job {
    crop_left: u32,
    crop_top: u32,
    crop_width: u32,
    crop_height: u32,
    crop_offset: u32,
    paint_left: u32,
    paint_top: u32,
    paint_width: u32,
    paint_height: u32,
    paint_offset: u32,
    cell: u32,
    columns: u32,
    rows: u32,
    cells_offset: u32,
    kernel_offset: u32,
    kernel_length: u32,
    lattice: u32,
    tile: u32,
    neutral: u32,
    drift_key_0: u32,
    drift_key_1: u32,
    grain_key_0: u32,
    grain_key_1: u32,
}

@group(0) @binding(0) var<storage, read> jobs: array<Job>;
// Pixels, red in the lowest byte. Covered ones were overwritten before they came here.
@group(0) @binding(1) var<storage, read> crops: array<u32>;
@group(0) @binding(2) var<storage, read> kernels: array<u32>;
// Red, green, blue in 1/256 of a level, and how much of the cell can be seen, of 256. Per job the whole pyramid, finest level first.
@group(0) @binding(3) var<storage, read_write> cells: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> half_blurred: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> painted: array<u32>;
