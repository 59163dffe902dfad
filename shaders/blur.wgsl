// The Gaussian, along rows and then along columns; beyond the crop's edge its last cell goes on. One thread a cell.

@compute @workgroup_size(64)
fn blur_rows(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let job = jobs[group.y];
    for (var i = group.x * 64u + thread; i < job.columns * job.rows; i += groups.x * 64u) {
        let x = i % job.columns;
        let row = job.cells_offset + i - x;
        var sums = vec3<u32>(32768u) + kernels[job.kernel_offset] * cells[row + x].xyz;
        for (var d = 1u; d < job.kernel_length; d++) {
            let before = cells[row + max(x, d) - d].xyz;
            let after = cells[row + min(x + d, job.columns - 1u)].xyz;
            sums += kernels[job.kernel_offset + d] * (before + after);
        }
        half_blurred[job.cells_offset + i] = vec4<u32>(sums >> vec3<u32>(16u), 256u);
    }
}

@compute @workgroup_size(64)
fn blur_columns(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let job = jobs[group.y];
    for (var i = group.x * 64u + thread; i < job.columns * job.rows; i += groups.x * 64u) {
        let y = i / job.columns;
        let column = job.cells_offset + i % job.columns;
        var sums = vec3<u32>(32768u) + kernels[job.kernel_offset] * half_blurred[job.cells_offset + i].xyz;
        for (var d = 1u; d < job.kernel_length; d++) {
            let before = half_blurred[column + (max(y, d) - d) * job.columns].xyz;
            let after = half_blurred[column + min(y + d, job.rows - 1u) * job.columns].xyz;
            sums += kernels[job.kernel_offset + d] * (before + after);
        }
        cells[job.cells_offset + i] = vec4<u32>(sums >> vec3<u32>(16u), 256u);
    }
}
