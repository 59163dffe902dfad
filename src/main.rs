//! The command line: arguments → photos → files.
// What is said goes through `cli::say` and what is printed through `cli::destination`: these macros panic where nobody reads.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::dbg_macro)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
