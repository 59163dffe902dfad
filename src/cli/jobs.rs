//! Photos side by side: scrub, write, report.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use darkslide::{Limits, Report, Scrubber};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use super::args::{Args, is_stdio};
use super::output::Output;
use super::plan::{Batch, Photo};
use super::report::{Line, Refusal, Reports};
use super::room::Room;
use super::wrong_usage::Usage;
use super::{read, say, stop};

/// Does the batch; gives whether all of it was done.
pub(crate) fn run(args: &Args, batch: Batch) -> Result<bool, Usage> {
    let jobs = args.jobs.map_or(0, usize::from);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(|error| Usage(format!("cannot start {jobs} jobs: {error}")))?;
    let mut scrubber = Scrubber::new(args.backend());
    if let Some(path) = args.second_opinion() {
        let about = |error: &dyn std::fmt::Display| Usage(format!("{}: the second opinion cannot be read: {error}", say::name(&path)));
        let model = read::small(&path, MOST_MODEL_BYTES).map_err(|error| about(&error))?;
        scrubber = scrubber.with_second_opinion(&model).map_err(|error| about(&error))?;
    }
    let room = Room::new(pool.current_num_threads());
    let reports = Reports::new(batch.report.as_ref());
    let bar = progress_bar(batch.photos.len());
    heed_signals(&bar)?;
    // A dry run whose reports nobody reads any more does nothing for anybody.
    let is_in_vain = AtomicBool::new(false);

    let refused: usize = pool.install(|| {
        let one = |(index, photo): (usize, &Photo)| {
            if is_in_vain.load(Ordering::Relaxed) {
                return 0;
            }
            let outcome = scrub(&scrubber, photo, &batch, &room);
            if let Err(refusal) = &outcome {
                bar.suspend(|| say::line(&format!("{}: {}: {}", say::name(&photo.input.path), refusal.code, refusal.message)));
            }
            if !reports.add(index, &Line::new(&photo.input.path, &outcome)) && args.dry_run {
                is_in_vain.store(true, Ordering::Relaxed);
            }
            bar.inc(1);
            usize::from(outcome.is_err())
        };
        batch.photos.par_iter().enumerate().map(one).sum()
    });
    bar.finish_and_clear();
    let reported = reports.finish(&batch.outputs);
    if let Err(error) = &reported {
        let path = args.report.as_deref().filter(|path| !is_stdio(path)).unwrap_or(Path::new("standard output"));
        say::line(&format!("{}: aborted: the report cannot be written: {error}", say::name(path)));
    }
    Ok(refused == 0 && reported.is_ok())
}

fn scrub(scrubber: &Scrubber, photo: &Photo, batch: &Batch, room: &Room) -> Result<Report, Refusal> {
    let unreadable = |why: &dyn std::fmt::Display| Refusal { code: "invalid-option", message: format!("cannot be read: {why}") };
    if let Some(why) = &photo.input.unreadable {
        return Err(unreadable(why));
    }
    let limits = Limits::default();
    let (bytes, sharing) = read::photo(&photo.input, &limits).map_err(|error| unreadable(&error))?;
    let crashed = |_| Refusal { code: "crashed", message: "the scrubber crashed on this photo; nothing was written".into() };
    // Given back when this returns.
    let mut place = None;
    let admit = async |pixels| place = Some(room.enter(pixels));
    if let Output::None = photo.output {
        let looked =
            catch_unwind(AssertUnwindSafe(|| pollster::block_on(scrubber.inspect_when(&bytes, &batch.options, &mut |_, _| (), admit))));
        return looked.map_err(crashed)?.map_err(refusal);
    }
    let scrubbed =
        catch_unwind(AssertUnwindSafe(|| pollster::block_on(scrubber.scrub_when(&bytes, &batch.options, &mut |_, _| (), admit))));
    let scrubbed = scrubbed.map_err(crashed)?.map_err(refusal)?;
    batch
        .outputs
        .write(&photo.output, &scrubbed.bytes, &scrubbed.report, sharing)
        .map_err(|error| Refusal { code: "aborted", message: format!("the output cannot be written: {error}") })?;
    Ok(scrubbed.report)
}

fn refusal(error: darkslide::Error) -> Refusal {
    Refusal { code: error.code(), message: error.to_string() }
}

fn heed_signals(bar: &ProgressBar) -> Result<(), Usage> {
    let bar = bar.clone();
    let before_the_end = move || {
        bar.finish_and_clear();
        say::line("stopped by a signal: what is written is whole, the rest was not done");
    };
    stop::heed(before_the_end).map_err(|error| Usage(format!("cannot heed signals: {error}")))
}

/// On standard error, and only on a terminal.
fn progress_bar(photos: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(photos as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} photos, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// More than any model of the second opinion has: CenterFace has 1.9 MB.
const MOST_MODEL_BYTES: u64 = 16 << 20;
