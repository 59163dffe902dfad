//! Which file a name leads to: two names with the same are one file.

use std::fs::{self, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Device and number on it.
pub(crate) type FileId = (u64, u64);

/// The file at a path, at the end of all links.
pub(crate) fn at(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().and_then(|metadata| of(&metadata))
}

/// The file that standard input or output is.
pub(crate) fn of_stream(stream: impl AsFd) -> Option<FileId> {
    metadata(stream).ok().and_then(|metadata| of(&metadata))
}

/// What is known of standard input or output.
pub(crate) fn metadata(stream: impl AsFd) -> io::Result<Metadata> {
    fs::File::from(stream.as_fd().try_clone_to_owned()?).metadata()
}

/// How many names a file has.
pub(crate) fn names(path: &Path) -> u64 {
    fs::metadata(path).map_or(1, |metadata| metadata.nlink())
}

/// Files and pipes alone: devices can be read and written by several at a time, and lose nothing.
fn of(metadata: &Metadata) -> Option<FileId> {
    (metadata.is_file() || metadata.file_type().is_fifo()).then(|| (metadata.dev(), metadata.ino()))
}
