//! Report lines: what became of each photo, one JSON object a line, in the order of the inputs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use darkslide::Report;
use serde::Serialize;

use super::destination::{Destination, Stream};
use super::output::Outputs;
use super::say;

/// Why a photo was refused.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// One line of the report: the photo as it was named, and the report or the error.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    file: String,
    #[serde(flatten)]
    report: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Refusal>,
}

impl<'a> Line<'a> {
    pub(crate) fn new(input: &Path, outcome: &'a Result<Report, Refusal>) -> Self {
        let file = input.display().to_string();
        match outcome {
            Ok(report) => Self { file, report: Some(report), version: None, error: None },
            Err(refusal) => Self { file, report: None, version: Some(1), error: Some(refusal) },
        }
    }
}

/// Report lines in the order of the inputs, whatever the order in which they are done.
pub(crate) struct Reports<'a> {
    to: Option<&'a Destination>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    next: usize,
    lines: BTreeMap<usize, String>,
    /// What goes anywhere but to standard output: it is written whole, at the end.
    done: String,
    /// Why a line could not be written.
    error: Option<io::Error>,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(to: Option<&'a Destination>) -> Self {
        Self { to, waiting: Mutex::default() }
    }

    /// Adds one photo's line. Gives whether anybody still reads what is written at once.
    pub(crate) fn add(&self, index: usize, line: &Line<'_>) -> bool {
        let Some(to) = self.to else { return true };
        let text = serde_json::to_string(line)
            .unwrap_or_else(|error| format!("{{\"version\":1,\"error\":{{\"code\":\"crashed\",\"message\":\"{error}\"}}}}"));
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.lines.insert(index, readable(&text) + "\n");
        while let Some(text) = {
            let next = waiting.next;
            waiting.lines.remove(&next)
        } {
            waiting.next += 1;
            match to {
                Destination::Stream(stream @ Stream::Stdout) if waiting.error.is_none() => {
                    waiting.error = stream.write(text.as_bytes()).err()
                }
                Destination::Stream(Stream::Stdout) => {}
                _ => waiting.done += &text,
            }
        }
        waiting.error.is_none()
    }

    /// Writes what is still to be written. A report of which any line is lost is an error.
    pub(crate) fn finish(self, outputs: &Outputs) -> io::Result<()> {
        let waiting = self.waiting.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (self.to, waiting.error) {
            (_, Some(error)) => Err(error),
            (None | Some(Destination::Stream(Stream::Stdout)), None) => Ok(()),
            (Some(to), None) => outputs.write_report(to, waiting.done.as_bytes()),
        }
    }
}

/// The same JSON, in which nothing drives a terminal: only strings have such characters, and there they may be spelt out.
fn readable(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for char in json.chars() {
        if say::is_seen(char) {
            shown.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            // Writing into a string does not fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}
