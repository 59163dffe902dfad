//! What the parser of arguments says: help, the version, and what was wrong with them.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

use super::{FAILED, WRONG_USAGE, say};

/// The command was not understood; nothing was done.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

/// Tells what the parser answers instead of arguments; gives the exit status.
pub(crate) fn tell(answer: clap::Error) -> ExitCode {
    if answer.use_stderr() {
        say::block(&readable(answer).render().to_string());
        return ExitCode::from(WRONG_USAGE);
    }
    // Help and version quote nobody.
    match answer.print().and_then(|()| io::stdout().flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::line(&format!("standard output cannot be written: {error}"));
            ExitCode::from(FAILED)
        }
    }
}

/// The parser's messages quote arguments as they came: here they become readable, so that lines are the parser's own alone.
fn readable(mut answer: clap::Error) -> clap::Error {
    let quoted: Vec<(ContextKind, ContextValue)> = answer
        .context()
        .filter_map(|(kind, value)| {
            let shown = match value {
                ContextValue::String(text) => ContextValue::String(say::readable(text)),
                ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| say::readable(text)).collect()),
                ContextValue::StyledStrs(texts) => {
                    ContextValue::StyledStrs(texts.iter().map(|text| StyledStr::from(say::readable(&text.to_string()))).collect())
                }
                // The usage is put together from names of ours.
                _ => return None,
            };
            Some((kind, shown))
        })
        .collect();
    for (kind, value) in quoted {
        answer.insert(kind, value);
    }
    answer
}
