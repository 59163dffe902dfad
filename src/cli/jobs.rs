//! Photos side by side: scrub, write, report.

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use darkslide::{Limits, Options, Report, Scrubber};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;

use super::args::{Args, Usage, is_stdio};
use super::files::{self, Batch, Output, Photo};
use super::room::Room;

/// Does the batch; gives how many photos were refused.
pub(crate) fn run(args: &Args, batch: Batch) -> Result<usize, Usage> {
    // A panic is caught for each photo and told in one line; the default hook would print a second one.
    std::panic::set_hook(Box::new(|_| ()));
    let jobs = args.jobs.map_or(0, usize::from);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(|error| Usage(format!("cannot start {jobs} jobs: {error}")))?;
    let mut scrubber = Scrubber::new(args.backend());
    if let Some(path) = args.second_opinion() {
        let model =
            std::fs::read(&path).map_err(|error| Usage(format!("{}: the second opinion cannot be read: {error}", path.display())))?;
        scrubber = scrubber.with_second_opinion(&model).map_err(|error| Usage(format!("{}: {error}", path.display())))?;
    }
    let room = Room::new(pool.current_num_threads());
    let reports = Reports::new(args);
    let bar = progress_bar(batch.photos.len());

    let refused = pool.install(|| {
        let one = |(index, photo): (usize, &Photo)| {
            let outcome = scrub(&scrubber, photo, &batch.options, &room);
            if let Err(refusal) = &outcome {
                bar.suspend(|| eprintln!("darkslide: {}: {}: {}", photo.input.display(), refusal.code, refusal.message));
            }
            reports.add(index, Line::new(&photo.input, &outcome));
            bar.inc(1);
            usize::from(outcome.is_err())
        };
        batch.photos.par_iter().enumerate().map(one).sum()
    });
    bar.finish_and_clear();
    reports.finish()?;
    Ok(refused)
}

/// Why a photo was refused, in one line.
#[derive(Debug, Serialize)]
struct Refusal {
    code: &'static str,
    message: String,
}

fn scrub(scrubber: &Scrubber, photo: &Photo, options: &Options, room: &Room) -> Result<Report, Refusal> {
    let limits = Limits::default();
    let bytes = files::read(&photo.input, &limits)
        .map_err(|error| Refusal { code: "invalid-option", message: format!("cannot be read: {error}") })?;
    let crashed = |_| Refusal { code: "crashed", message: "the scrubber crashed on this photo; nothing was written".into() };
    // Given back when this returns.
    let mut place = None;
    let admit = async |pixels| place = Some(room.enter(pixels));
    if let Output::None = photo.output {
        let looked = catch_unwind(AssertUnwindSafe(|| pollster::block_on(scrubber.inspect_when(&bytes, options, &mut |_, _| (), admit))));
        return looked.map_err(crashed)?.map_err(refusal);
    }
    let scrubbed = catch_unwind(AssertUnwindSafe(|| pollster::block_on(scrubber.scrub_when(&bytes, options, &mut |_, _| (), admit))));
    let scrubbed = scrubbed.map_err(crashed)?.map_err(refusal)?;
    files::write(&photo.output, &scrubbed.bytes, &scrubbed.report)
        .map_err(|error| Refusal { code: "aborted", message: format!("the output cannot be written: {error}") })?;
    Ok(scrubbed.report)
}

fn refusal(error: darkslide::Error) -> Refusal {
    // A message may quote the file; a line break in it must not forge a second line.
    Refusal { code: error.code(), message: error.to_string().replace(['\n', '\r'], " ") }
}

/// One line of the report: the photo as it was named, and the report or the error.
#[derive(Serialize)]
struct Line<'a> {
    file: String,
    #[serde(flatten)]
    report: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Refusal>,
}

impl<'a> Line<'a> {
    fn new(input: &Path, outcome: &'a Result<Report, Refusal>) -> Self {
        let file = input.display().to_string();
        match outcome {
            Ok(report) => Self { file, report: Some(report), version: None, error: None },
            Err(refusal) => Self { file, report: None, version: Some(1), error: Some(refusal) },
        }
    }
}

/// Report lines in the order of the inputs, whatever the order in which they are done.
struct Reports<'a> {
    target: Target<'a>,
    waiting: Mutex<Waiting>,
}

enum Target<'a> {
    None,
    Stdout,
    File(&'a Path),
}

#[derive(Default)]
struct Waiting {
    next: usize,
    lines: BTreeMap<usize, String>,
    /// What goes to a file: it is replaced whole, at the end.
    done: String,
}

impl<'a> Reports<'a> {
    fn new(args: &'a Args) -> Self {
        let target = match &args.report {
            Some(path) if is_stdio(path) => Target::Stdout,
            Some(path) => Target::File(path),
            None if args.dry_run => Target::Stdout,
            None => Target::None,
        };
        Self { target, waiting: Mutex::default() }
    }

    fn add(&self, index: usize, line: Line<'_>) {
        if let Target::None = self.target {
            return;
        }
        let text = serde_json::to_string(&line)
            .unwrap_or_else(|error| format!("{{\"version\":1,\"error\":{{\"code\":\"crashed\",\"message\":\"{error}\"}}}}"));
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.lines.insert(index, text);
        while let Some(text) = {
            let next = waiting.next;
            waiting.lines.remove(&next)
        } {
            waiting.next += 1;
            match self.target {
                Target::Stdout => {
                    // A reader that went away wants no more reports; photos go on.
                    let _ = writeln!(std::io::stdout().lock(), "{text}");
                }
                _ => {
                    waiting.done.push_str(&text);
                    waiting.done.push('\n');
                }
            }
        }
    }

    fn finish(self) -> Result<(), Usage> {
        let Target::File(path) = self.target else { return Ok(()) };
        let waiting = self.waiting.into_inner().unwrap_or_else(PoisonError::into_inner);
        files::replace(path, waiting.done.as_bytes())
            .map_err(|error| Usage(format!("{}: the report cannot be written: {error}", path.display())))
    }
}

/// On standard error, and only on a terminal.
fn progress_bar(photos: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(photos as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} photos, {eta} left") {
        bar.set_style(style);
    }
    bar
}
