//! Redacts regions of a picture, so that no bit of the covered pixels reaches the output.
//!
//! First of all the covered pixels are overwritten with transparent black: no later step can read what is gone, and because every step
//! weighs pixels by their alpha, the overwritten ones contribute nothing. Then the surroundings are spread over the region: averaged to
//! cells (`reduce`), spread from coarse to fine (`fill`), blurred (`blur_rows`, `blur_columns`) and drawn at full size with noise
//! (`paint`). The CPU and the GPU do this in the same whole numbers. The redaction fades outward only.
//!
//! The exception is [`FaceMode::Gaussian`](crate::FaceMode): an ordinary blur of the face itself, which leaves it there to be averaged.

mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(feature = "gpu")]
mod pace;
mod plan;
#[cfg(feature = "gpu")]
mod probe;
mod rect;
#[cfg(feature = "gpu")]
mod standby;

pub use crate::redaction::{Redaction, Source};
pub use plan::{FACE_GROWTH, Plan, Strength, Target, plan};
pub use rect::BlockGrid;

use std::ops::Range;

use crate::{Error, Image};
use cpu::Painter;
use plan::{Coverage, Job, Row};

/// Executes plans, on the GPU where there is one that can be trusted and is quicker. Holds no photo.
pub struct Redactor {
    road: Road,
}

enum Road {
    /// Why it is not the GPU that was asked for.
    Cpu(Option<String>),
    #[cfg(feature = "gpu")]
    Gpu(gpu::Gpu),
    #[cfg(feature = "gpu")]
    Standby(standby::Standby),
}

/// Where to redact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// On the CPU, and on the GPU what it does sooner. It is opened while other work goes on, must agree with the CPU, and is timed against
    /// it; until then, and where there is none, the CPU does all. Natively, a software one does not count as one.
    #[default]
    Auto,
    /// On the CPU.
    Cpu,
    /// On the GPU even if it is a software one; on the CPU if there is none that agrees with it.
    Gpu,
}

/// How a redaction was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `webgpu` or `cpu`; `none` when there was nothing to redact.
    pub backend: &'static str,
    /// Why the GPU was asked for and not used.
    pub note: Option<String>,
}

impl Redactor {
    /// A redactor that uses the CPU only.
    #[must_use]
    pub fn cpu() -> Self {
        Self { road: Road::Cpu(None) }
    }

    /// A redactor that opens a GPU in the background, and uses the CPU until then and wherever it is quicker: [`Backend::Auto`].
    #[must_use]
    #[cfg(feature = "gpu")]
    pub fn on_standby() -> Self {
        Self { road: Road::Standby(standby::Standby::open()) }
    }

    /// A redactor that uses the CPU only: this build has no GPU support.
    #[must_use]
    #[cfg(not(feature = "gpu"))]
    pub fn on_standby() -> Self {
        Self::cpu()
    }

    /// A redactor on `backend`. A GPU is tried on a small picture first, and used only if it gives the very bytes that the CPU gives. Only
    /// for [`Backend::Gpu`] does this take time: until then.
    #[cfg(feature = "gpu")]
    pub async fn new(backend: Backend) -> Self {
        match backend {
            Backend::Cpu => Self::cpu(),
            Backend::Auto => Self::on_standby(),
            Backend::Gpu => match gpu::Gpu::open(true).await {
                Ok(gpu) => Self { road: proven(gpu).await.map_or_else(|why| Road::Cpu(Some(why)), Road::Gpu) },
                Err(unopened) => Self { road: Road::Cpu(Some(unopened.why())) },
            },
        }
    }

    /// A redactor on `backend`, which is the CPU whatever is asked for: this build has no GPU support.
    #[cfg(not(feature = "gpu"))]
    pub async fn new(backend: Backend) -> Self {
        Self { road: Road::Cpu((backend == Backend::Gpu).then(|| "built without GPU support".into())) }
    }

    /// The name of the GPU, where one is open and agrees with the CPU.
    #[must_use]
    pub fn gpu_name(&self) -> Option<&str> {
        match &self.road {
            Road::Cpu(_) => None,
            #[cfg(feature = "gpu")]
            Road::Gpu(gpu) => Some(gpu.name()),
            #[cfg(feature = "gpu")]
            Road::Standby(standby) => standby.gpu().map(gpu::Gpu::name),
        }
    }

    /// Covers what `plan` says, in place.
    ///
    /// Should the future be dropped half way, the covered pixels of `image` are already gone.
    ///
    /// # Errors
    /// [`Error::NotClean`] when `plan` was made for a picture of another size.
    pub async fn redact(&self, image: &mut Image, plan: &Plan) -> Result<Outcome, Error> {
        if (image.width(), image.height()) != (plan.width, plan.height) {
            return Err(Error::NotClean(format!(
                "the redaction was planned for {} × {} px, the picture has {} × {} px",
                plan.width,
                plan.height,
                image.width(),
                image.height()
            )));
        }
        if plan.jobs.is_empty() {
            return Ok(Outcome { backend: "none", note: None });
        }
        let was_opaque = image.is_opaque();
        cover(image, plan);
        let outcome = self.paint(image, plan).await;
        if was_opaque {
            // No need to go through the whole picture again.
            image.opaque_if_in(plan.jobs.iter().map(|job| (job.paint.left..job.paint.right, job.paint.top..job.paint.bottom)));
        }
        Ok(outcome)
    }

    #[allow(clippy::unused_async, reason = "without the feature gpu there is nothing to wait for")]
    async fn paint(&self, image: &mut Image, plan: &Plan) -> Outcome {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = self.gpu_for(plan).await {
            let note = match redact_on_gpu(gpu, image, plan).await {
                Ok(()) => return Outcome { backend: "webgpu", note: None },
                Err(why) => why,
            };
            redact_on_cpu(image, plan);
            return Outcome { backend: "cpu", note: Some(note) };
        }
        redact_on_cpu(image, plan);
        let note = match &self.road {
            Road::Cpu(note) => note.clone(),
            #[cfg(feature = "gpu")]
            Road::Gpu(_) => None,
            #[cfg(feature = "gpu")]
            Road::Standby(standby) => standby.note(),
        };
        Outcome { backend: "cpu", note }
    }

    /// The GPU that is to execute `plan`; `None` where the CPU is.
    #[cfg(feature = "gpu")]
    async fn gpu_for(&self, plan: &Plan) -> Option<&gpu::Gpu> {
        // Nothing to compute on a GPU where all is one neutral colour.
        if plan.jobs.iter().all(|job| job.field.is_none()) {
            return None;
        }
        match &self.road {
            Road::Cpu(_) => None,
            Road::Gpu(gpu) => Some(gpu),
            Road::Standby(standby) => standby.gpu_for(plan).await,
        }
    }
}

/// Redacts a small picture on the GPU and on the CPU. Gives the GPU back if it agrees.
#[cfg(feature = "gpu")]
async fn proven(gpu: gpu::Gpu) -> Result<gpu::Gpu, String> {
    let (mut on_gpu, plan) = probe::case(1).ok_or(probe::BROKEN)?;
    cover(&mut on_gpu, &plan);
    let mut on_cpu = on_gpu.clone();
    redact_on_gpu(&gpu, &mut on_gpu, &plan).await?;
    redact_on_cpu(&mut on_cpu, &plan);
    if on_gpu == on_cpu { Ok(gpu) } else { Err("the GPU computes other pixels than the CPU".into()) }
}

/// Changes `image` only once the GPU has delivered everything.
#[cfg(feature = "gpu")]
async fn redact_on_gpu(gpu: &gpu::Gpu, image: &mut Image, plan: &Plan) -> Result<(), String> {
    let all = gpu.paint(image, plan).await?;
    let mut rest = all.as_chunks::<4>().0;
    for job in &plan.jobs {
        if job.field.is_none() {
            draw(image, job, |_, _, painted| painted.fill(NEUTRAL));
            continue;
        }
        let (area, width) = (job.paint, job.paint.width() as usize);
        let (painted, others) = rest.split_at_checked(area.area()).ok_or("the GPU's result is too short")?;
        rest = others;
        draw(image, job, |y, _, row| row.copy_from_slice(&painted[(y - area.top) as usize * width..][..width]));
    }
    Ok(())
}

/// Overwrites what must not be read. Everything after this works on what is left.
fn cover(image: &mut Image, plan: &Plan) {
    let stride = image.width() as usize * 4;
    let pixels = image.pixels_mut();
    for (rect, _) in plan.jobs.iter().filter(|job| job.look.is_irreversible()).flat_map(|job| &job.rects) {
        for row in pixels.chunks_exact_mut(stride).take(rect.bottom as usize).skip(rect.top as usize) {
            row[rect.left as usize * 4..rect.right as usize * 4].fill(0);
        }
    }
}

fn redact_on_cpu(image: &mut Image, plan: &Plan) {
    // All colours are found before any is drawn, so that no cluster depends on another's redaction.
    let spread: Vec<_> = plan.jobs.iter().map(|job| job.field.as_ref().map(|field| (field, cpu::spread(image, field)))).collect();
    for (job, spread) in plan.jobs.iter().zip(&spread) {
        match spread {
            Some((field, cells)) => {
                let mut painter = Painter::new(job, field, cells, plan.keys);
                draw(image, job, |y, runs, painted| painter.row(y, runs, painted));
            }
            None => draw(image, job, |_, _, painted| painted.fill(NEUTRAL)),
        }
    }
}

/// Lays `paint`'s rows over the picture: whole where covered, in part where the redaction fades.
fn draw(image: &mut Image, job: &Job, mut paint: impl FnMut(u32, &[Range<usize>], &mut [[u8; 4]])) {
    let stride = image.width() as usize * 4;
    let area = job.paint;
    let mut coverage = Coverage::new(job);
    let mut painted = vec![[0; 4]; area.width() as usize];
    for y in area.top..area.bottom {
        let Row { shown, runs } = coverage.row(y);
        paint(y, runs, &mut painted);
        let row = &mut image.pixels_mut()[y as usize * stride..][area.left as usize * 4..area.right as usize * 4];
        let row = row.as_chunks_mut::<4>().0;
        for run in runs {
            let (pixels, colors, shown) = (&mut row[run.clone()], &painted[run.clone()], &shown[run.clone()]);
            if shown[0] == 255 {
                pixels.copy_from_slice(colors);
                continue;
            }
            for ((pixel, color), &shown) in pixels.iter_mut().zip(colors).zip(shown) {
                *pixel = mixed(*pixel, *color, u32::from(shown));
            }
        }
    }
}

/// `shown` / 255 of an opaque colour over a pixel of any alpha.
#[allow(clippy::cast_possible_truncation, reason = "weighted means of levels are levels")]
fn mixed(pixel: [u8; 4], color: [u8; 4], shown: u32) -> [u8; 4] {
    let over = 255 * shown;
    let mix = |under: u32, whole: u32| {
        let level = |c: usize| ((u32::from(pixel[c]) * under + u32::from(color[c]) * over + whole / 2) / whole) as u8;
        [level(0), level(1), level(2), ((whole + 127) / 255) as u8]
    };
    let under = u32::from(pixel[3]) * (255 - shown);
    // A division by a number that is known beforehand takes a fraction of the time.
    if pixel[3] == 255 { mix(under, OPAQUE) } else { mix(under, under + over) }
}

/// `under + over` in [`mixed`] where a pixel is opaque.
const OPAQUE: u32 = 255 * 255;

/// What [`FaceMode::Fill`](crate::FaceMode) shows.
const NEUTRAL: [u8; 4] = [cpu::NEUTRAL, cpu::NEUTRAL, cpu::NEUTRAL, 255];
