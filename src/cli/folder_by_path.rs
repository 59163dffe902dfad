//! A folder that outputs are written into, where folders cannot be held open: links below it are looked for before each step.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::guard::{Content, Existing, Guard};
use super::stop;

/// A folder, by the path that it has at the end of all links.
pub(crate) struct Folder {
    path: PathBuf,
}

/// Who may read a file. Here the folder that a file is in says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sharing;

impl Sharing {
    /// As any new file.
    pub(crate) const NEW_FILE: Self = Self;
    /// The owner alone.
    pub(crate) const OWNER: Self = Self;

    /// As the photo that was read.
    pub(crate) fn like(_input: &fs::Metadata) -> Self {
        Self
    }
}

impl Folder {
    /// Opens a folder that was named: links that lead to it are followed, and what is missing is made.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        fs::create_dir_all(path)?;
        Ok(Self { path: path.canonicalize()? })
    }

    /// Opens a folder below this one, and makes what is missing. A link on the way is an error.
    pub(crate) fn below(&self, path: &Path) -> io::Result<Self> {
        let mut folder = Self { path: self.path.clone() };
        for component in path.components() {
            let Component::Normal(name) = component else { return Err(io::Error::other("leads out of the folder")) };
            let path = folder.path.join(name);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_symlink() => return Err(is_link(name)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(&path)?,
                Err(error) => return Err(error),
            }
            folder = Self { path };
        }
        Ok(folder)
    }

    /// Replaces a file whole: written beside it, then renamed over it. Only a regular file is replaced.
    pub(crate) fn replace(&self, name: &OsStr, bytes: &[u8], _sharing: Sharing, content: Content<'_>, guard: &Guard) -> io::Result<()> {
        let path = self.path.join(name);
        let existing = || match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => Err(is_link(name)),
            Ok(metadata) if !metadata.is_file() => Err(io::Error::other("what has that name is no regular file")),
            Ok(_) => Ok(Some(Existing { id: path.canonicalize()?, names: 1 })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        existing()?;
        let _writing = stop::writing();
        let mut beside = tempfile::Builder::new().prefix(".darkslide-").suffix(".tmp").tempfile_in(&self.path)?;
        beside.write_all(bytes)?;
        beside.as_file().sync_all()?;
        guard.put(content, &path, existing, || {
            beside.persist(&path).map_err(|error| error.error)?;
            path.canonicalize()
        })
    }
}

fn is_link(name: &OsStr) -> io::Error {
    io::Error::other(format!("'{}' is a link, and no link is followed there", name.display()))
}
