//! The command line: arguments → photos → files.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
