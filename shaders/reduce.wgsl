// Averages the crop's pixels to cells, each pixel weighted by its alpha. One thread a cell.

@compute @workgroup_size(64)
fn reduce(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let job = jobs[group.y];
    for (var i = group.x * 64u + thread; i < job.columns * job.rows; i += groups.x * 64u) {
        let left = i % job.columns * job.cell;
        let top = i / job.columns * job.cell;
        let right = min(left + job.cell, job.crop_width);
        let bottom = min(top + job.cell, job.crop_height);
        var sums = vec4<u32>(0u);
        for (var y = top; y < bottom; y++) {
            for (var x = left; x < right; x++) {
                let pixel = crops[job.crop_offset + y * job.crop_width + x];
                let alpha = pixel >> 24u;
                sums += vec4<u32>(alpha * (pixel & 255u), alpha * ((pixel >> 8u) & 255u), alpha * ((pixel >> 16u) & 255u), alpha);
            }
        }
        cells[job.cells_offset + i] = average(sums, (right - left) * (bottom - top));
    }
}

fn average(sums: vec4<u32>, area: u32) -> vec4<u32> {
    let weight = sums.w;
    if weight == 0u {
        return vec4<u32>(0u);
    }
    let means = ((sums.xyz / weight) << vec3<u32>(8u)) + ((sums.xyz % weight) << vec3<u32>(8u)) / weight;
    let whole = area * 255u;
    return vec4<u32>(means, (weight * 256u + whole - 1u) / whole);
}
