//! Puts scrubbed photos where they belong.

use std::io;
use std::path::{Path, PathBuf};

use darkslide::Report;

use super::destination::Destination;
use super::folder::{Folder, Sharing};
use super::guard::{Content, Guard};

/// Where a scrubbed photo goes.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// Nowhere: a dry run.
    None,
    /// What `-o` names.
    Named(Destination),
    /// A path below the folder that `-o` names.
    Below(PathBuf),
    /// That folder, under a name made from the output's own hash.
    Anonymous,
}

/// What all outputs of a run go by.
pub(crate) struct Outputs {
    /// The one that `-o` names, open as long as the run.
    pub(crate) folder: Option<Folder>,
    pub(crate) guard: Guard,
}

impl Outputs {
    /// Writes a scrubbed photo.
    pub(crate) fn write(&self, output: &Output, bytes: &[u8], report: &Report, sharing: Sharing) -> io::Result<()> {
        let facts = report.output.as_ref().ok_or_else(|| io::Error::other("the report names no output"))?;
        let content = Content::Photo { sha256: &facts.sha256 };
        let folder = || self.folder.as_ref().ok_or_else(|| io::Error::other("there is no folder to write to"));
        match output {
            Output::None => Ok(()),
            Output::Named(Destination::Stream(stream)) => stream.write(bytes),
            Output::Named(Destination::File(path)) => self.replace(path, bytes, sharing, content),
            Output::Below(path) => {
                let folder = folder()?.below(path.parent().unwrap_or(Path::new("")))?;
                folder.replace(name(path)?, bytes, sharing, content, &self.guard)
            }
            Output::Anonymous => {
                let digits: String = facts.sha256.chars().take(8).collect();
                let extension = facts.format.extension();
                let numbered = (2..).map(|n| format!("photo-{digits}-{n}.{extension}"));
                // Another photo may begin with the same digits.
                for name in std::iter::once(format!("photo-{digits}.{extension}")).chain(numbered) {
                    match folder()?.replace(name.as_ref(), bytes, sharing, content, &self.guard) {
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                        done => return done,
                    }
                }
                Ok(())
            }
        }
    }

    /// Writes the report, for its owner alone: it holds what was removed from photos.
    pub(crate) fn write_report(&self, report: &Destination, lines: &[u8]) -> io::Result<()> {
        match report {
            Destination::Stream(stream) => stream.write(lines),
            Destination::File(path) => self.replace(path, lines, Sharing::OWNER, Content::Report),
        }
    }

    fn replace(&self, path: &Path, bytes: &[u8], sharing: Sharing, content: Content<'_>) -> io::Result<()> {
        let folder = Folder::open(path.parent().unwrap_or(Path::new("")))?;
        folder.replace(name(path)?, bytes, sharing, content, &self.guard)
    }
}

fn name(path: &Path) -> io::Result<&std::ffi::OsStr> {
    path.file_name().ok_or_else(|| io::Error::other("this is no name of a file"))
}
