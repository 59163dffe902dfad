//! The command line. Exit status: 0 all done, 1 at least one photo or the report failed, 2 wrong usage; 128 and a signal's number, if that
//! ended it.

mod args;
mod wrong_usage;
mod find;
mod plan;
mod jobs;
mod read;
mod output;
mod report;

mod destination;
mod guard;
#[cfg(unix)]
mod folder;
#[cfg(not(unix))]
#[path = "folder_by_path.rs"]
mod folder;
#[cfg(unix)]
mod file_id;
#[cfg(not(unix))]
#[path = "file_id_by_path.rs"]
mod file_id;
mod room;
mod say;
mod stop;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use args::Args;
use clap::Parser;
use plan::Batch;
use wrong_usage::Usage;

/// Runs the command line on the program's arguments.
pub(crate) fn run() -> ExitCode {
    // A panic is caught, for each photo where it is a photo's, and told in one line; the default hook would print others.
    std::panic::set_hook(Box::new(|_| ()));
    catch_unwind(AssertUnwindSafe(run_told)).unwrap_or_else(|_| {
        say::line("the program crashed");
        ExitCode::from(FAILED)
    })
}

fn run_told() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(answer) => return wrong_usage::tell(answer),
    };
    match Batch::plan(&args).and_then(|batch| jobs::run(&args, batch)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(Usage(message)) => {
            say::line(&message);
            ExitCode::from(WRONG_USAGE)
        }
    }
}

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;
