//! The steps of a redaction on the GPU: WebGPU in the browser, Vulkan natively. The only file that names wgpu.
//!
//! One submission a picture. Only crops travel, and their covered pixels are overwritten before they do. Every failure is an error that
//! sends the picture to the CPU; the picture itself is only read here.

use core::time::Duration;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use super::cpu;
use super::plan::{Field, Job, Plan};
use crate::Image;

/// A device with its pipelines.
pub(super) struct Gpu {
    name: String,
    device: wgpu::Device,
    queue: wgpu::Queue,
    bindings: wgpu::BindGroupLayout,
    steps: Vec<(wgpu::ComputePipeline, Shape)>,
    /// Why the device can no longer be used, from the moment that it can't.
    broken: Arc<OnceLock<String>>,
}

/// How a step's work is cut into workgroups.
#[derive(Clone, Copy)]
enum Shape {
    /// One workgroup a job.
    Job,
    /// Threads for the cells of the largest job, times jobs.
    Cells,
    /// Threads for the pixels of the largest job, times jobs.
    Pixels,
}

/// Why no GPU was opened.
pub(super) enum Unopened {
    /// There is none, or none that may be quicker than the CPU.
    Missing(String),
    /// There is one, but it does not work.
    Broken(String),
}

impl Unopened {
    pub(super) fn why(self) -> String {
        match self {
            Self::Missing(why) | Self::Broken(why) => why,
        }
    }
}

impl Gpu {
    /// Opens the system's GPU; a software one only when `allow_software`, because the CPU is quicker than that. What a browser offers is
    /// taken as it is.
    pub(super) async fn open(allow_software: bool) -> Result<Self, Unopened> {
        // Without WebGPU, as in Node, making an instance for it would panic instead of saying so.
        let browser = wgpu::Instance::enabled_backend_features().contains(wgpu::Backends::BROWSER_WEBGPU);
        if browser && !wgpu::util::is_browser_webgpu_supported().await {
            return Err(Unopened::Missing("no GPU: there is no WebGPU here, or it offers no adapter".into()));
        }
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::BROWSER_WEBGPU | wgpu::Backends::VULKAN,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let options = wgpu::RequestAdapterOptions::default();
        let adapter = instance.request_adapter(&options).await.map_err(|e| Unopened::Missing(format!("no GPU: {e}")))?;
        let info = adapter.get_info();
        if info.backend != wgpu::Backend::BrowserWebGpu && info.device_type == wgpu::DeviceType::Cpu && !allow_software {
            return Err(Unopened::Missing(format!("the only GPU is a software one ({})", info.name)));
        }
        let offered = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("darkslide"),
            required_limits: wgpu::Limits {
                max_storage_buffer_binding_size: offered.max_storage_buffer_binding_size,
                max_buffer_size: offered.max_buffer_size,
                ..wgpu::Limits::default()
            },
            ..Default::default()
        };
        let opened = adapter.request_device(&descriptor).await;
        let (device, queue) = opened.map_err(|e| Unopened::Broken(format!("the GPU cannot be opened: {e}")))?;

        let broken = Arc::new(OnceLock::new());
        let (lost, failed) = (broken.clone(), broken.clone());
        device.set_device_lost_callback(move |_, why| drop(lost.set(format!("the GPU was lost: {why}"))));
        device.on_uncaptured_error(Arc::new(move |error| drop(failed.set(format!("the GPU failed: {error}")))));

        let scopes = Scopes::new(&device);
        let bindings = binding_layout(&device);
        let steps = STEPS.map(|(entry, text, shape)| (pipeline(&device, &bindings, entry, text), shape)).into();
        scopes.end().await.map_err(Unopened::Broken)?;
        Ok(Self { name: info.name, device, queue, bindings, steps, broken })
    }

    /// As the system calls it; browsers do not tell.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The painted pixels of every job that has a field, in the jobs' order: rows of `Job::paint`, every alpha 255.
    pub(super) async fn paint(&self, image: &Image, plan: &Plan) -> Result<Vec<u8>, String> {
        if let Some(why) = self.broken.get() {
            return Err(why.clone());
        }
        let packed = Packed::new(image, plan, &self.device.limits())?;
        let scopes = Scopes::new(&self.device);
        let Submitted { readback, .. } = &self.submit(&packed);
        let mapped = Signal::default();
        let mapping = mapped.clone();
        readback.map_async(wgpu::MapMode::Read, .., move |result| mapping.set(result.is_ok()));
        let failures = scopes.end();
        // Natively this waits for the GPU and calls back; in the browser it does nothing, and the event loop calls back.
        if let Err(error) = self.device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) }) {
            let why = format!("the GPU did not finish: {error}");
            drop(self.broken.set(why.clone()));
            return Err(why);
        }
        failures.await?;
        if !mapped.await {
            return Err(self.broken.get().cloned().unwrap_or_else(|| "the GPU's result cannot be read".into()));
        }
        let painted = readback.get_mapped_range(..).map_err(|e| format!("the GPU's result cannot be read: {e}"))?.to_vec();
        readback.unmap();
        if let Some(why) = self.broken.get() {
            return Err(why.clone());
        }
        // Buffers start as zeros, so a px that no thread has written shows as one without alpha.
        if painted.len() != packed.painted_bytes || painted.as_chunks::<4>().0.iter().any(|pixel| pixel[3] != 255) {
            return Err("the GPU left pixels out".into());
        }
        Ok(painted)
    }

    /// Uploads, runs all steps, copies the result to a buffer that can be mapped, and clears the others.
    fn submit(&self, packed: &Packed) -> Submitted {
        let input = |bytes: &[u8]| {
            let buffer = self.buffer(bytes.len(), wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST);
            self.queue.write_buffer(&buffer, 0, bytes);
            buffer
        };
        let scratch = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let painted = self.buffer(packed.painted_bytes, scratch | wgpu::BufferUsages::COPY_SRC);
        let buffers = [
            input(&packed.jobs),
            input(&packed.crops),
            input(&packed.kernels),
            self.buffer(packed.cells_bytes, scratch),
            self.buffer(packed.cells_bytes, scratch),
            painted.clone(),
        ];
        let entries: Vec<_> =
            (0..).zip(&buffers).map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }).collect();
        let descriptor = wgpu::BindGroupDescriptor { label: None, layout: &self.bindings, entries: &entries };
        let group = self.device.create_bind_group(&descriptor);
        let readback = self.buffer(packed.painted_bytes, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_bind_group(0, &group, &[]);
            for (pipeline, shape) in &self.steps {
                pass.set_pipeline(pipeline);
                match shape {
                    Shape::Job => pass.dispatch_workgroups(packed.job_count, 1, 1),
                    Shape::Cells => pass.dispatch_workgroups(groups(packed.most_cells), packed.job_count, 1),
                    Shape::Pixels => pass.dispatch_workgroups(groups(packed.most_pixels), packed.job_count, 1),
                }
            }
        }
        encoder.copy_buffer_to_buffer(&painted, 0, &readback, 0, packed.painted_bytes as u64);
        for buffer in &buffers {
            encoder.clear_buffer(buffer, 0, None);
        }
        self.queue.submit([encoder.finish()]);
        Submitted { buffers, readback }
    }

    fn buffer(&self, bytes: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor { label: None, size: bytes as u64, usage, mapped_at_creation: false })
    }
}

/// A picture's buffers. Those that only the GPU reads are cleared by the submission itself; however `paint` ends, all of them are destroyed,
/// so that nothing of the picture waits on the GPU for a garbage collector.
struct Submitted {
    buffers: [wgpu::Buffer; 6],
    readback: wgpu::Buffer,
}

impl Drop for Submitted {
    fn drop(&mut self) {
        for buffer in self.buffers.iter().chain([&self.readback]) {
            buffer.destroy();
        }
    }
}

/// Everything that a picture's jobs need, as bytes.
struct Packed {
    jobs: Vec<u8>,
    crops: Vec<u8>,
    kernels: Vec<u8>,
    job_count: u32,
    cells_bytes: usize,
    painted_bytes: usize,
    most_cells: u32,
    most_pixels: u32,
}

impl Packed {
    fn new(image: &Image, plan: &Plan, limits: &wgpu::Limits) -> Result<Self, String> {
        let work = || plan.jobs.iter().filter_map(|job| job.field.as_ref().map(|field| (job, field)));
        let too_large = |what: &str, bytes: usize| format!("{what} of {bytes} bytes: more than this GPU takes at once");
        let limit = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size).min(u64::from(u32::MAX));
        // Checked before anything is packed, so that a picture too large for the GPU costs no memory here.
        for (what, bytes) in [
            ("crops", work().map(|(_, field)| field.crop.area() * 4).sum::<usize>()),
            ("regions", work().map(|(job, _)| job.paint.area() * 4).sum()),
            ("cells", work().map(|(_, field)| pyramid(field) * 16).sum()),
        ] {
            if bytes as u64 > limit {
                return Err(too_large(what, bytes));
            }
        }
        let mut packed = Self {
            jobs: Vec::new(),
            crops: Vec::with_capacity(work().map(|(_, field)| field.crop.area() * 4).sum()),
            kernels: Vec::new(),
            job_count: 0,
            cells_bytes: 0,
            painted_bytes: 0,
            most_cells: 1,
            most_pixels: 1,
        };
        for (job, field) in work() {
            packed.add(image, job, field, plan.keys)?;
        }
        if packed.job_count > limits.max_compute_workgroups_per_dimension {
            return Err(format!("{} regions: more than this GPU takes at once", packed.job_count));
        }
        Ok(packed)
    }

    fn add(&mut self, image: &Image, job: &Job, field: &Field, keys: [u32; 4]) -> Result<(), String> {
        let Field { crop, kernel, .. } = field;
        let paint = &job.paint;
        let words = |bytes: usize, size: usize| u32::try_from(bytes / size).map_err(|_| "offsets beyond 32 bits".to_owned());
        // In the order of `Job` in job.wgsl.
        let numbers = [
            crop.left,
            crop.top,
            crop.width(),
            crop.height(),
            words(self.crops.len(), 4)?,
            paint.left,
            paint.top,
            paint.width(),
            paint.height(),
            words(self.painted_bytes, 4)?,
            field.cell,
            field.columns,
            field.rows,
            words(self.cells_bytes, 16)?,
            words(self.kernels.len(), 4)?,
            words(kernel.len(), 1)?,
            field.lattice,
            field.tile,
            u32::from(cpu::NEUTRAL),
            keys[0],
            keys[1],
            keys[2],
            keys[3],
        ];
        self.jobs.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
        self.kernels.extend(kernel.iter().flat_map(|n| n.to_le_bytes()));
        for y in crop.top..crop.bottom {
            let start = (y as usize * image.width() as usize + crop.left as usize) * 4;
            self.crops.extend_from_slice(&image.pixels()[start..start + crop.width() as usize * 4]);
        }
        self.cells_bytes += pyramid(field) * 16;
        self.painted_bytes += paint.area() * 4;
        self.job_count += 1;
        self.most_cells = self.most_cells.max(field.columns * field.rows);
        self.most_pixels = self.most_pixels.max(words(paint.area(), 1)?);
        Ok(())
    }
}

/// Cells of a field on all levels, from its grid down to one cell.
fn pyramid(field: &Field) -> usize {
    let (mut columns, mut rows) = (field.columns as usize, field.rows as usize);
    let mut cells = columns * rows;
    while columns * rows > 1 {
        (columns, rows) = (columns.div_ceil(2), rows.div_ceil(2));
        cells += columns * rows;
    }
    cells
}

/// Workgroups for so many threads. Threads loop, so that few are enough for the largest picture.
fn groups(threads: u32) -> u32 {
    threads.div_ceil(64).min(4096)
}

fn binding_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let entries: Vec<_> = (0..6)
        .map(|binding| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only: binding < 3 },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
}

fn pipeline(device: &wgpu::Device, bindings: &wgpu::BindGroupLayout, entry: &str, text: &str) -> wgpu::ComputePipeline {
    let source = wgpu::ShaderSource::Wgsl([JOB, text].concat().into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(entry), source });
    let descriptor = wgpu::PipelineLayoutDescriptor { label: None, bind_group_layouts: &[Some(bindings)], immediate_size: 0 };
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(entry),
        layout: Some(&device.create_pipeline_layout(&descriptor)),
        module: &module,
        entry_point: Some(entry),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

/// Catches all errors of what happens until `end`.
struct Scopes([wgpu::ErrorScopeGuard; 3]);

impl Scopes {
    fn new(device: &wgpu::Device) -> Self {
        Self(
            [wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation]
                .map(|f| device.push_error_scope(f)),
        )
    }

    /// Scopes end now, innermost first; what they caught is known when the future is ready.
    fn end(self) -> impl Future<Output = Result<(), String>> {
        let [memory, internal, validation] = self.0;
        let (validation, internal, memory) = (validation.pop(), internal.pop(), memory.pop());
        async {
            match (validation.await, internal.await, memory.await) {
                (None, None, None) => Ok(()),
                (Some(e), _, _) | (_, Some(e), _) | (_, _, Some(e)) => Err(format!("the GPU failed: {e}")),
            }
        }
    }
}

/// A callback's answer as a future.
#[derive(Clone, Default)]
struct Signal(Arc<Mutex<(Option<bool>, Option<Waker>)>>);

impl Signal {
    fn set(&self, answer: bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = Some(answer);
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl Future for Signal {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.0 {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

const JOB: &str = include_str!("../../shaders/job.wgsl");
/// In the order of execution.
const STEPS: [(&str, &str, Shape); 5] = [
    ("reduce", include_str!("../../shaders/reduce.wgsl"), Shape::Cells),
    ("fill", include_str!("../../shaders/fill.wgsl"), Shape::Job),
    ("blur_rows", include_str!("../../shaders/blur.wgsl"), Shape::Cells),
    ("blur_columns", include_str!("../../shaders/blur.wgsl"), Shape::Cells),
    ("paint", include_str!("../../shaders/paint.wgsl"), Shape::Pixels),
];
/// How long we wait for a GPU. A picture takes milliseconds; a software GPU may take a second.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_the_device_is_refused_before_it_is_packed() {
        let (image, plan) = super::super::probe::case(1).unwrap();
        let fits = wgpu::Limits::default();
        assert!(Packed::new(&image, &plan, &fits).is_ok());
        for limits in [
            wgpu::Limits { max_storage_buffer_binding_size: 50_000, ..fits.clone() },
            wgpu::Limits { max_buffer_size: 50_000, ..fits.clone() },
            wgpu::Limits { max_compute_workgroups_per_dimension: 2, ..fits.clone() },
        ] {
            assert!(Packed::new(&image, &plan, &limits).err().unwrap().contains("more than this GPU takes at once"));
        }
    }

    #[test]
    fn a_lost_gpu_leaves_the_picture_to_the_cpu() {
        use super::super::{Redactor, Road, probe};
        let gpu = match pollster::block_on(Gpu::open(true)) {
            Ok(gpu) => gpu,
            Err(unopened) => {
                let why = unopened.why();
                assert!(why.starts_with("no GPU") && std::env::var_os("REQUIRE_GPU").is_none_or(|v| v != "1"), "{why}");
                eprintln!("skipped: no adapter ({why})");
                return;
            }
        };
        let (image, plan) = probe::case(1).unwrap();
        let (mut expected, mut before) = (image.clone(), image.clone());
        pollster::block_on(Redactor::cpu().redact(&mut expected, &plan)).unwrap();
        let redactor = Redactor { road: Road::Gpu(gpu) };
        assert_eq!(pollster::block_on(redactor.redact(&mut before, &plan)).unwrap().backend, "webgpu");
        let Road::Gpu(gpu) = &redactor.road else { unreachable!() };
        gpu.device.destroy();
        for _ in 0..2 {
            let mut after = image.clone();
            let outcome = pollster::block_on(redactor.redact(&mut after, &plan)).unwrap();
            assert_eq!(outcome.backend, "cpu");
            assert!(outcome.note.is_some());
            assert!(after == expected && before == expected);
        }
    }

    #[test]
    fn shaders_state_the_constants_that_the_cpu_states() {
        let paint = STEPS[4].1;
        for (name, value) in [("MAX_LEVEL", cpu::MAX_LEVEL), ("DRIFT_SCALE", cpu::DRIFT_SCALE), ("GRAIN_SCALE", cpu::GRAIN_SCALE)] {
            assert!(paint.contains(&format!("const {name} = {value};")), "{name}");
        }
        let [a, b, c, d] = cpu::BINOMIAL;
        assert!(STEPS[1].1.contains(&format!("const BINOMIAL = vec4<u32>({a}u, {b}u, {c}u, {d}u);")));
    }
}
