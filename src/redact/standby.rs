//! A GPU that is opened while other work goes on, and is used where it is quicker than the CPU.

use std::sync::{Arc, OnceLock};

use web_time::Instant;

use super::gpu::{Gpu, Unopened};
use super::pace::{Pace, work};
use super::plan::Plan;
use super::{cover, probe, proven, redact_on_cpu, redact_on_gpu};

/// Opens in the background, from the moment that it is made. Nobody waits for it: until it is there, the CPU does the work.
pub(super) struct Standby {
    /// Where there is none, why, if it is not simply that there is none.
    opened: Arc<OnceLock<Result<Gpu, Option<String>>>>,
    /// Of the GPU and the CPU, measured before the first choice; else why the GPU cannot be trusted after all.
    paces: OnceLock<Result<[Pace; 2], String>>,
    #[cfg(not(target_arch = "wasm32"))]
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Standby {
    #[cfg(target_arch = "wasm32")]
    pub(super) fn open() -> Self {
        #[allow(clippy::arc_with_non_send_sync, reason = "here there is one thread; elsewhere it is sent to another")]
        let opened = Arc::new(OnceLock::new());
        let filled = opened.clone();
        wasm_bindgen_futures::spawn_local(async move { drop(filled.set(found().await)) });
        Self { opened, paces: OnceLock::new() }
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn open() -> Self {
        let opened = Arc::new(OnceLock::new());
        let filled = opened.clone();
        let thread = std::thread::Builder::new().spawn(move || drop(filled.set(pollster::block_on(found()))));
        // Where there can be no thread, there is no GPU.
        Self { opened, paces: OnceLock::new(), thread: thread.ok() }
    }

    /// The GPU, if it is there by now and does this plan sooner.
    pub(super) async fn gpu_for(&self, plan: &Plan) -> Option<&Gpu> {
        let gpu = self.gpu()?;
        if self.paces.get().is_none() {
            // Others that measure at the same time come to about the same.
            let _ = self.paces.set(measure(gpu).await);
        }
        let [on_gpu, on_cpu] = self.paces.get()?.as_ref().ok()?;
        (on_gpu.of(work(plan)) < on_cpu.of(work(plan))).then_some(gpu)
    }

    /// The GPU, if it is there by now.
    pub(super) fn gpu(&self) -> Option<&Gpu> {
        self.opened.get()?.as_ref().ok()
    }

    /// Why a GPU that is there is not used, once that is known.
    pub(super) fn note(&self) -> Option<String> {
        match self.opened.get()? {
            Ok(_) => self.paces.get()?.as_ref().err().cloned(),
            Err(why) => why.clone(),
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Drop for Standby {
    /// A driver is not left half opened.
    fn drop(&mut self) {
        drop(self.thread.take().map(std::thread::JoinHandle::join));
    }
}

async fn found() -> Result<Gpu, Option<String>> {
    let gpu = Gpu::open(false).await.map_err(|unopened| match unopened {
        Unopened::Missing(_) => None,
        Unopened::Broken(why) => Some(why),
    })?;
    proven(gpu).await.map_err(Some)
}

/// The paces of GPU and CPU, from two test pictures.
async fn measure(gpu: &Gpu) -> Result<[Pace; 2], String> {
    let [small, large] = [timed(gpu, 1).await?, timed(gpu, LARGE).await?];
    Ok([
        Pace::through((small.work, small.on_gpu), (large.work, large.on_gpu)),
        Pace::through((small.work, small.on_cpu), (large.work, large.on_cpu)),
    ])
}

/// A plan's work, and the milliseconds that it takes.
struct Timed {
    work: f64,
    on_gpu: f64,
    on_cpu: f64,
}

/// The least of two runs each of the test picture, so many times as large: anything else that the machine did in between only makes them longer.
async fn timed(gpu: &Gpu, scale: u32) -> Result<Timed, String> {
    let (mut image, plan) = probe::case(scale).ok_or(probe::BROKEN)?;
    cover(&mut image, &plan);
    let mut timed = Timed { work: work(&plan), on_gpu: f64::INFINITY, on_cpu: f64::INFINITY };
    for _ in 0..2 {
        let (mut one, mut other) = (image.clone(), image.clone());
        let start = Instant::now();
        redact_on_gpu(gpu, &mut one, &plan).await?;
        let middle = Instant::now();
        redact_on_cpu(&mut other, &plan);
        timed.on_gpu = timed.on_gpu.min((middle - start).as_secs_f64() * 1e3);
        timed.on_cpu = timed.on_cpu.min(middle.elapsed().as_secs_f64() * 1e3);
    }
    Ok(timed)
}

/// How much larger the second picture is than the first, on each side: about the faces of a photo.
const LARGE: u32 = 4;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::redact::{Redactor, Road};

    /// One whose GPU is there, software or not, and which has measured these paces, or is to measure. Without a GPU the test says so, or
    /// fails where one is required.
    fn standby(paces: Option<[Pace; 2]>) -> Option<Standby> {
        match pollster::block_on(Gpu::open(true)) {
            Ok(gpu) => Some(Standby {
                opened: Arc::new(Ok(gpu).into()),
                paces: paces.map(Ok).map_or_else(OnceLock::new, OnceLock::from),
                thread: None,
            }),
            Err(unopened) => {
                let why = unopened.why();
                assert!(why.starts_with("no GPU") && std::env::var_os("REQUIRE_GPU").is_none_or(|v| v != "1"), "{why}");
                eprintln!("skipped: no adapter ({why})");
                None
            }
        }
    }

    #[test]
    fn work_goes_where_it_is_done_sooner() {
        let (image, small) = probe::case(1).unwrap();
        let (large_image, large) = probe::case(3).unwrap();
        // 5 ms and 1 for each so many steps, against none and 2.
        let break_even = (work(&small) + work(&large)) / 2.0;
        let paces = [Pace::through((0.0, 5.0), (break_even, 10.0)), Pace::through((0.0, 0.0), (break_even, 10.0))];
        let Some(standby) = standby(Some(paces)) else { return };
        let redactor = Redactor { road: Road::Standby(standby) };
        for (image, plan, backend) in [(&image, &small, "cpu"), (&large_image, &large, "webgpu"), (&image, &small, "cpu")] {
            let (mut found, mut wanted) = (image.clone(), image.clone());
            let outcome = pollster::block_on(redactor.redact(&mut found, plan)).unwrap();
            assert_eq!((outcome.backend, outcome.note), (backend, None));
            pollster::block_on(Redactor::cpu().redact(&mut wanted, plan)).unwrap();
            assert!(found == wanted);
        }
    }

    #[test]
    fn both_are_measured_before_the_first_choice() {
        let Some(standby) = standby(None) else { return };
        let (_, plan) = probe::case(2).unwrap();
        let chosen = pollster::block_on(standby.gpu_for(&plan)).is_some();
        let [on_gpu, on_cpu] = standby.paces.get().unwrap().clone().unwrap().map(|pace| pace.of(work(&plan)));
        assert!(on_gpu > 0.0 && on_cpu > 0.0, "{on_gpu} ms, {on_cpu} ms");
        assert_eq!(chosen, on_gpu < on_cpu);
    }

    #[test]
    fn nobody_waits_for_a_gpu() {
        let (mut image, plan) = probe::case(1).unwrap();
        for (opened, note) in [
            (OnceLock::new(), None),
            (Err(None).into(), None),
            (Err(Some("the GPU computes other pixels".to_owned())).into(), Some("the GPU computes other pixels".to_owned())),
        ] {
            let standby = Standby { opened: Arc::new(opened), paces: OnceLock::new(), thread: None };
            let redactor = Redactor { road: Road::Standby(standby) };
            let outcome = pollster::block_on(redactor.redact(&mut image, &plan)).unwrap();
            assert_eq!((outcome.backend, outcome.note), ("cpu", note));
        }
    }
}
