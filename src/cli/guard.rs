//! What no output may take the place of: an input, the report, another output.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::destination::{Destination, settled};
use super::file_id::{self, FileId};

/// Knows all files that a run reads and writes, by path and by what is there.
pub(crate) struct Guard {
    inputs: HashSet<PathBuf>,
    input_files: HashSet<FileId>,
    /// Nobody knows by which of its names it was opened: all of them are guarded.
    stdin: Option<FileId>,
    report: Option<PathBuf>,
    report_file: Option<FileId>,
    /// What this run has put in place, and the digest of each photo in it.
    written: Mutex<HashMap<FileId, Option<String>>>,
}

/// What is about to be put in place.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    Photo { sha256: &'a str },
    Report,
}

/// The regular file in whose place it goes.
pub(crate) struct Existing {
    pub(crate) id: FileId,
    /// How many names that file has.
    pub(crate) names: u64,
}

impl Guard {
    /// Guards these inputs, and the file that standard input is.
    pub(crate) fn new<'a>(inputs: impl IntoIterator<Item = &'a Path>, stdin: Option<FileId>) -> Self {
        let input_files = stdin.iter().cloned().collect();
        let mut guard = Self { inputs: HashSet::new(), input_files, stdin, report: None, report_file: None, written: Mutex::default() };
        for input in inputs {
            // What does not exist cannot be lost.
            guard.inputs.extend(input.canonicalize().ok());
            guard.input_files.extend(file_id::at(input));
        }
        guard
    }

    /// Keeps a place for the report; says why it cannot be there.
    pub(crate) fn keep_for_report(&mut self, report: &Destination, photos: &[Destination]) -> Result<(), String> {
        let id = report.file_id();
        if id.as_ref().is_some_and(|id| self.input_files.contains(id)) {
            return Err(WOULD_OVERWRITE_INPUT.into());
        }
        let path = path(report);
        let is_report = |photo: &Destination| {
            let (photo_id, photo) = (photo.file_id(), self::path(photo));
            (photo.is_some() && photo == path) || (photo_id.is_some() && photo_id == id)
        };
        if photos.iter().any(is_report) {
            return Err("the report would overwrite an output".into());
        }
        if path.as_ref().is_some_and(|path| self.inputs.contains(path)) {
            return Err(WOULD_OVERWRITE_INPUT.into());
        }
        (self.report, self.report_file) = (path, id);
        Ok(())
    }

    /// Says, before anything is done, whether a photo cannot go there.
    pub(crate) fn check(&self, photo: &Destination) -> Result<(), String> {
        let is_input = match photo {
            Destination::File(file) => {
                let existing = file_id::at(file).map(|id| Existing { id, names: file_id::names(file) });
                self.is_input(&settled(file), existing.as_ref())
            }
            Destination::Stream(_) => photo.file_id().is_some_and(|id| self.input_files.contains(&id)),
        };
        if is_input { Err(WOULD_OVERWRITE_INPUT.into()) } else { Ok(()) }
    }

    /// Puts something in place by `rename`, unless what is there by now must stay. One at a time, so that two outputs cannot both find
    /// their place empty.
    pub(crate) fn put(
        &self,
        content: Content<'_>,
        path: &Path,
        existing: impl FnOnce() -> io::Result<Option<Existing>>,
        rename: impl FnOnce() -> io::Result<FileId>,
    ) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let existing = existing()?;
        let digest = match content {
            Content::Photo { sha256 } => Some(sha256.to_owned()),
            Content::Report => None,
        };
        let is_alias = existing.as_ref().is_some_and(|existing| self.input_files.contains(&existing.id));
        if self.is_input(path, existing.as_ref()) || (digest.is_none() && is_alias) {
            return Err(io::Error::other(WOULD_OVERWRITE_INPUT));
        }
        let is_report_file = self.report_file.is_some() && self.report_file.as_ref() == existing.as_ref().map(|existing| &existing.id);
        if digest.is_some() && (is_report_file || self.report.as_deref() == Some(path)) {
            return Err(io::Error::other("would overwrite the report"));
        }
        if let Some(other) = existing.as_ref().and_then(|existing| written.get(&existing.id))
            && (other.is_none() || *other != digest)
        {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "would overwrite another output of this run"));
        }
        written.insert(rename()?, digest);
        Ok(())
    }

    /// Another name of an input (a hard link) may be given to something else: the input keeps its own name and what is in it.
    fn is_input(&self, path: &Path, existing: Option<&Existing>) -> bool {
        let is_file = |existing: &Existing| {
            self.input_files.contains(&existing.id) && (existing.names == 1 || self.stdin.as_ref() == Some(&existing.id))
        };
        self.inputs.contains(path) || existing.is_some_and(is_file)
    }
}

/// The one path of a file that is replaced.
fn path(destination: &Destination) -> Option<PathBuf> {
    match destination {
        Destination::File(path) => Some(settled(path)),
        Destination::Stream(_) => None,
    }
}

const WOULD_OVERWRITE_INPUT: &str = "would overwrite an input";
