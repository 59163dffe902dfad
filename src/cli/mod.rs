//! The command line. Exit status: 0 all done, 1 at least one photo refused, 2 wrong usage.

mod args;
mod files;
mod jobs;
mod room;

use std::process::ExitCode;

use args::{Args, Usage};
use clap::Parser;
use files::Batch;

/// Runs the command line on the program's arguments.
pub(crate) fn run() -> ExitCode {
    let args = Args::parse();
    match Batch::plan(&args).and_then(|batch| jobs::run(&args, batch)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_refused) => ExitCode::from(1),
        Err(Usage(message)) => {
            eprintln!("darkslide: {message}");
            ExitCode::from(2)
        }
    }
}
