// Draws the spread colours at full size, with noise. One thread a px.

const MAX_LEVEL = 65280;
const DRIFT_SCALE = 19;
const GRAIN_SCALE = 166;

@compute @workgroup_size(64)
fn paint(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let job = jobs[group.y];
    for (var i = group.x * 64u + thread; i < job.paint_width * job.paint_height; i += groups.x * 64u) {
        let x = job.paint_left + i % job.paint_width;
        let y = job.paint_top + i / job.paint_width;
        let snapped_x = snap(x, job.paint_left, job.paint_left + job.paint_width, job.tile);
        let snapped_y = snap(y, job.paint_top, job.paint_top + job.paint_height, job.tile);
        let across = between_cells(snapped_x - job.crop_left, job.cell, job.columns);
        let down = between_cells(snapped_y - job.crop_top, job.cell, job.rows);
        let upper = job.cells_offset + down.x * job.columns;
        let lower = job.cells_offset + down.y * job.columns;
        let left = cells[upper + across.x].xyz * (256u - down.z) + cells[lower + across.x].xyz * down.z;
        let right = cells[upper + across.y].xyz * (256u - down.z) + cells[lower + across.y].xyz * down.z;
        let color = (left * (256u - across.z) + right * across.z) >> vec3<u32>(16u);
        var noise = drift(snapped_x, snapped_y, job.lattice, vec2<u32>(job.drift_key_0, job.drift_key_1));
        if job.tile == 0u {
            noise += grain(x, y, vec2<u32>(job.grain_key_0, job.grain_key_1));
        }
        let levels = vec3<u32>(clamp(vec3<i32>(color) + noise, vec3<i32>(0), vec3<i32>(MAX_LEVEL)) + 128) >> vec3<u32>(8u);
        painted[job.paint_offset + i] = levels.x | (levels.y << 8u) | (levels.z << 16u) | 0xff000000u;
    }
}

// The middle of the mosaic tile that the position lies in; itself where there are no tiles.
fn snap(position: u32, start: u32, end: u32, tile: u32) -> u32 {
    if tile == 0u {
        return position;
    }
    return min(start + (position - start) / tile * tile + tile / 2u, end - 1u);
}

// The two cells between whose middles the px lies, and the weight of the second, of 256.
fn between_cells(position: u32, cell: u32, count: u32) -> vec3<u32> {
    let doubled = 2u * position + 1u + cell;
    let next = doubled / (2u * cell);
    let weight = doubled % (2u * cell) * 128u / cell;
    return vec3<u32>(max(next, 1u) - 1u, min(next, count - 1u), weight);
}

// Low-frequency noise: random nodes on a lattice, smoothed by a quadratic B-spline. Standard deviation 6 levels.
fn drift(x: u32, y: u32, lattice: u32, keys: vec2<u32>) -> i32 {
    let down = spline(y % lattice * 256u / lattice);
    let across = spline(x % lattice * 256u / lattice);
    var noise = 0;
    for (var i = 0u; i < 3u; i++) {
        var column = 0;
        for (var j = 0u; j < 3u; j++) {
            column += bell(hash(x / lattice + i, y / lattice + j, keys)) * DRIFT_SCALE * down[j];
        }
        noise += column * across[i];
    }
    return noise >> 16u;
}

// Weights of three nodes, t of 256 of the way through the middle one's span; their sum is 256.
fn spline(t: u32) -> vec3<i32> {
    let before = i32(((256u - t) * (256u - t)) >> 9u);
    let after = i32((t * t) >> 9u);
    return vec3<i32>(before, 256 - before - after, after);
}

// Noise of one px. Standard deviation 1.5 levels.
fn grain(x: u32, y: u32, keys: vec2<u32>) -> i32 {
    return (bell(hash(x, y, keys)) * GRAIN_SCALE) >> 6u;
}

// The sum of the word's four bytes less its mean: bell-shaped, standard deviation 147.8.
fn bell(word: u32) -> i32 {
    return i32((word & 255u) + ((word >> 8u) & 255u) + ((word >> 16u) & 255u) + (word >> 24u)) - 510;
}

fn hash(x: u32, y: u32, keys: vec2<u32>) -> u32 {
    let row = mix_bits(keys.x ^ (y * 0x9e3779b1u));
    return mix_bits(mix_bits(row ^ (x * 0x85ebca77u)) ^ keys.y);
}

// Spreads every bit over the whole word.
fn mix_bits(word: u32) -> u32 {
    let a = (word ^ (word >> 16u)) * 0x7feb352du;
    let b = (a ^ (a >> 15u)) * 0x846ca68bu;
    return b ^ (b >> 16u);
}
