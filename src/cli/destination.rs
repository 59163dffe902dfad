//! What a path leads to that `-o` or `--report` names: a file that is replaced whole, or something that is written into.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::args::is_stdio;
use super::file_id::{self, FileId};

/// Where a photo or a report goes.
#[derive(Debug, Clone)]
pub(crate) enum Destination {
    /// A regular file, or nothing as yet. No link is at the end of this path: it is where the link led that was named.
    File(PathBuf),
    Stream(Stream),
}

/// What is written into, and never replaced.
#[derive(Debug, Clone)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
    /// A named pipe or a character device.
    Device(PathBuf),
    /// What this program was started with, whatever it is.
    Descriptor(PathBuf),
}

impl Destination {
    /// Follows a path to its end.
    ///
    /// # Errors
    /// Says why nothing can be written there.
    pub(crate) fn of(path: &Path) -> Result<Self, String> {
        if is_stdio(path) {
            return Ok(Self::Stream(Stream::Stdout));
        }
        let end = followed(path).map_err(|error| error.to_string())?;
        match (descriptor(&end), kind(&end)?) {
            (Some(1), _) => Ok(Self::Stream(Stream::Stdout)),
            (Some(2), _) => Ok(Self::Stream(Stream::Stderr)),
            (Some(_), None) => Err("no such descriptor is open".into()),
            (Some(_), Some(_)) => Ok(Self::Stream(Stream::Descriptor(end))),
            (None, Some(Kind::Stream)) => Ok(Self::Stream(Stream::Device(end))),
            (None, Some(Kind::File) | None) => Ok(Self::File(end)),
        }
    }

    /// Which file this is, if it is there.
    pub(crate) fn file_id(&self) -> Option<FileId> {
        match self {
            Self::File(path) | Self::Stream(Stream::Device(path) | Stream::Descriptor(path)) => file_id::at(path),
            Self::Stream(Stream::Stdout) => file_id::of_stream(io::stdout()),
            Self::Stream(Stream::Stderr) => file_id::of_stream(io::stderr()),
        }
    }
}

impl Stream {
    /// Writes all of it, through to whoever reads.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let (path, is_descriptor) = match self {
            Self::Stdout => return write_through(io::stdout().lock(), bytes),
            Self::Stderr => return write_through(io::stderr().lock(), bytes),
            Self::Device(path) => (path, false),
            Self::Descriptor(path) => (path, true),
        };
        // A descriptor's file goes on behind what is in it, as if it had been written by the shell.
        let file = OpenOptions::new().append(true).open(path)?;
        if !is_descriptor && !may_be_written_into(&file)? {
            return Err(io::Error::other("it was a pipe or a device, and is none any more"));
        }
        write_through(file, bytes)
    }
}

/// One spelling for every path: absolute, and without links as far as it exists.
pub(crate) fn settled(path: &Path) -> PathBuf {
    let mut settled = PathBuf::new();
    for component in std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).components() {
        match component {
            // What exists has no link left in it, so that its parent is the one by name.
            std::path::Component::ParentDir => drop(settled.pop()),
            component => settled.push(component),
        }
        settled = settled.canonicalize().unwrap_or(settled);
    }
    settled
}

enum Kind {
    File,
    Stream,
}

fn kind(path: &Path) -> Result<Option<Kind>, String> {
    match fs::metadata(path).map(|metadata| metadata.file_type()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
        Ok(file_type) if file_type.is_file() => Ok(Some(Kind::File)),
        Ok(file_type) if file_type.is_dir() => Err("is a folder".into()),
        Ok(file_type) if is_pipe_or_character_device(file_type) => Ok(Some(Kind::Stream)),
        Ok(_) => Err("is a block device, a socket or the like: nothing is written there".into()),
    }
}

/// The path at the end of links, whether or not something is there. A descriptor's path is an end: what it seems to link to is a mere
/// description.
pub(crate) fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        if descriptor(&path).is_some() {
            return Ok(path);
        }
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => path = path.parent().unwrap_or(Path::new("")).join(fs::read_link(&path)?),
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("leads through too many links"))
}

/// The number in `/dev/fd/3` and its other spellings.
fn descriptor(path: &Path) -> Option<u32> {
    let number = path.file_name()?.to_str()?.parse().ok()?;
    let folder = path.parent()?.canonicalize().ok()?;
    DESCRIPTORS.iter().any(|own| Path::new(own).canonicalize().is_ok_and(|own| own == folder)).then_some(number)
}

fn write_through(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

fn may_be_written_into(file: &File) -> io::Result<bool> {
    Ok(is_pipe_or_character_device(file.metadata()?.file_type()))
}

#[cfg(unix)]
fn is_pipe_or_character_device(file_type: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file_type.is_fifo() || file_type.is_char_device()
}

#[cfg(not(unix))]
fn is_pipe_or_character_device(_file_type: FileType) -> bool {
    false
}

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

/// Where systems list the descriptors of a program for itself.
const DESCRIPTORS: [&str; 3] = ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"];
