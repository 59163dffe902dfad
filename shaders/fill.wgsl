// Gives every cell the colour of what can be seen around it, from coarse to fine: a pyramid of averages of what can be seen, then back
// down, each level taking from the coarser one what it does not know itself. One workgroup a job, so that barriers order the levels.

const THREADS = 256u;
const BINOMIAL = vec4<u32>(1u, 3u, 3u, 1u);

struct Level {
    offset: u32,
    columns: u32,
    rows: u32,
}

@compute @workgroup_size(256)
fn fill(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let job = jobs[group.x];
    var top = 0u;
    for (; level(job, top).columns * level(job, top).rows > 1u; top++) {
        let fine = level(job, top);
        let coarse = level(job, top + 1u);
        for (var i = thread; i < coarse.columns * coarse.rows; i += THREADS) {
            cells[coarse.offset + i] = push(fine, i % coarse.columns, i / coarse.columns);
        }
        storageBarrier();
    }
    let last = level(job, top).offset;
    if thread == 0u && cells[last].w == 0u {
        cells[last] = vec4<u32>(vec3<u32>(job.neutral << 8u), 256u);
    }
    storageBarrier();
    for (; top > 0u; top--) {
        let fine = level(job, top - 1u);
        let coarse = level(job, top);
        for (var i = thread; i < fine.columns * fine.rows; i += THREADS) {
            let cell = cells[fine.offset + i];
            if cell.w < 256u {
                cells[fine.offset + i] = pull(cell, coarse, i % fine.columns, i / fine.columns);
            }
        }
        storageBarrier();
    }
}

// Level 0 are the cells; each further one has half as many columns and rows, rounded up.
fn level(job: Job, index: u32) -> Level {
    var at = Level(job.cells_offset, job.columns, job.rows);
    for (var i = 0u; i < index; i++) {
        at = Level(at.offset + at.columns * at.rows, (at.columns + 1u) / 2u, (at.rows + 1u) / 2u);
    }
    return at;
}

// A coarse cell: the 4 × 4 finer ones around it, weighted by a binomial kernel and by how much of each can be seen. It counts as known
// when a quarter of it can be seen.
fn push(fine: Level, column: u32, row: u32) -> vec4<u32> {
    var sums = vec4<u32>(0u);
    for (var j = 0u; j < 4u; j++) {
        for (var i = 0u; i < 4u; i++) {
            let x = 2u * column + i;
            let y = 2u * row + j;
            if x == 0u || y == 0u || x > fine.columns || y > fine.rows {
                continue;
            }
            let cell = cells[fine.offset + (y - 1u) * fine.columns + x - 1u];
            let weight = BINOMIAL[i] * BINOMIAL[j] * cell.w;
            sums += vec4<u32>(weight * cell.xyz, weight);
        }
    }
    if sums.w == 0u {
        return sums;
    }
    return vec4<u32>((sums.xyz + sums.w / 2u) / sums.w, min((sums.w + 15u) / 16u, 256u));
}

// A cell that is not known in full: what is missing comes from the four nearest coarse cells.
fn pull(cell: vec4<u32>, coarse: Level, column: u32, row: u32) -> vec4<u32> {
    let x = column / 2u;
    let y = row / 2u;
    let far_x = neighbour(column, coarse.columns);
    let far_y = neighbour(row, coarse.rows);
    let near_row = coarse.offset + y * coarse.columns;
    let far_row = coarse.offset + far_y * coarse.columns;
    let missing = (9u * cells[near_row + x].xyz + 3u * cells[near_row + far_x].xyz + 3u * cells[far_row + x].xyz + cells[far_row + far_x].xyz + 8u) / 16u;
    return vec4<u32>((cell.xyz * cell.w + missing * (256u - cell.w) + 128u) / 256u, 256u);
}

fn neighbour(position: u32, count: u32) -> u32 {
    if position % 2u == 0u {
        return max(position / 2u, 1u) - 1u;
    }
    return min(position / 2u + 1u, count - 1u);
}
