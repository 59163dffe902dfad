//! Which photos come in: those that were named, and those in folders that were.

use std::cell::Cell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::args::is_stdio;
use super::{read, say};

/// A photo that was named, or found in a folder.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Its path under the folder that was named; of one that was named itself, its name.
    pub(crate) below: PathBuf,
    pub(crate) in_folder: bool,
    /// Why it, or the folder that it stands for, cannot be read.
    pub(crate) unreadable: Option<String>,
}

/// All photos, in the order of the inputs; of a folder, by name.
pub(crate) fn find(inputs: &[PathBuf]) -> Vec<Found> {
    let mut found = Vec::new();
    for input in inputs {
        match is_stdio(input) || !input.is_dir() {
            true => found.push(named(input)),
            false => walk(input, &mut found),
        }
    }
    found
}

fn named(input: &Path) -> Found {
    let name = input.file_name().filter(|_| !is_stdio(input)).unwrap_or(OsStr::new("photo"));
    Found { path: input.to_path_buf(), below: name.into(), in_folder: false, unreadable: None }
}

/// A hidden folder is passed over as a hidden file is, unless it was named.
fn walk(folder: &Path, found: &mut Vec<Found>) {
    let (mut files, folders) = (0, Cell::new(0));
    let is_wanted = |entry: &walkdir::DirEntry| {
        let is_wanted = entry.depth() == 0 || !entry.file_type().is_dir() || !is_hidden(entry.file_name());
        folders.set(folders.get() + u64::from(!is_wanted));
        is_wanted
    };
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_wanted) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_path_buf();
                let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                found.push(Found { path, below: PathBuf::new(), in_folder: true, unreadable: Some(why) });
                continue;
            }
        };
        if !entry.path().is_file() {
            continue;
        }
        if is_hidden(entry.file_name()) || !looks_like_photo(entry.path()) {
            files += 1;
            continue;
        }
        let below = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_path_buf();
        found.push(Found { path: entry.into_path(), below, in_folder: true, unreadable: None });
    }
    let name = say::name(folder);
    if files > 0 {
        say::line(&format!("{name}: {files} files that are no photos, by name and content, or hidden, were passed over"));
    }
    if folders.get() > 0 {
        say::line(&format!("{name}: {} hidden folders were passed over", folders.get()));
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// In a folder, a file counts as a photo when its name or its first bytes say so; a wrong name then gets its error.
fn looks_like_photo(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| PHOTO_EXTENSIONS.contains(&extension.as_str())) || read::head(path).is_some()
}

const PHOTO_EXTENSIONS: [&str; 16] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "tif", "tiff", "bmp", "heic", "heif", "hif", "avif", "jxl"];
