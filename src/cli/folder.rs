//! A folder that outputs are written into. It is held open, and every step below it is taken from there without following a link, so that
//! nobody can lead an output elsewhere by changing names meanwhile.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fchmod, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

use super::file_id::FileId;
use super::guard::{Content, Existing, Guard};
use super::stop;

/// A folder, open.
pub(crate) struct Folder {
    handle: OwnedFd,
    path: PathBuf,
}

/// Who may read a file, at most: the system takes away what its owner's umask forbids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sharing {
    mode: u32,
    /// The group that the mode is about, if it is another file's.
    group: Option<u32>,
}

impl Sharing {
    /// As any new file.
    pub(crate) const NEW_FILE: Self = Self { mode: 0o666, group: None };
    /// The owner alone.
    pub(crate) const OWNER: Self = Self { mode: 0o600, group: None };

    /// As the photo that was read; what is no regular file says nothing about who may read what comes out of it.
    pub(crate) fn like(input: &fs::Metadata) -> Self {
        match input.is_file() {
            true => Self { mode: input.mode() & 0o666, group: Some(input.gid()) },
            false => Self::NEW_FILE,
        }
    }

    /// The mode of a file of this group. A group that the input did not know gets what both its group and all others had there.
    fn mode_in(self, group: u32) -> u32 {
        if self.group.is_none_or(|own| own == group) {
            return self.mode;
        }
        let both = (self.mode >> 3) & self.mode & 0o7;
        (self.mode & 0o700) | (both << 3) | both
    }
}

impl Folder {
    /// Opens a folder that was named: links that lead to it are followed, and what is missing is made.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        fs::create_dir_all(path)?;
        let handle = openat(CWD, path, FOLDER, Mode::empty())?;
        Ok(Self { handle, path: path.canonicalize()? })
    }

    /// Opens a folder below this one, and makes what is missing. A link on the way is an error.
    pub(crate) fn below(&self, path: &Path) -> io::Result<Self> {
        let mut folder = Self { handle: self.handle.try_clone()?, path: self.path.clone() };
        for component in path.components() {
            let Component::Normal(name) = component else { return Err(io::Error::other("leads out of the folder")) };
            let open = || openat(&folder.handle, name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
            let handle = match open() {
                Err(Errno::NOENT) => match mkdirat(&folder.handle, name, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => open(),
                    Err(error) => Err(error),
                },
                opened => opened,
            };
            let handle = handle.map_err(|error| match folder.look(name) {
                Ok(Some(stat)) if is(&stat, FileType::Symlink) => is_link(name),
                _ => error.into(),
            })?;
            folder = Self { handle, path: folder.path.join(name) };
        }
        Ok(folder)
    }

    /// Replaces a file whole: written beside it, then renamed over it. Only a regular file is replaced.
    pub(crate) fn replace(&self, name: &OsStr, bytes: &[u8], sharing: Sharing, content: Content<'_>, guard: &Guard) -> io::Result<()> {
        let existing = self.regular(name)?;
        let _writing = stop::writing();
        // What takes a file's place is not shared with more than that file was.
        let most = existing.map_or(0o777, |stat| mode_of(&stat));
        let mut beside = Beside::new(self, Sharing { mode: sharing.mode & most, ..sharing })?;
        beside.file.write_all(bytes)?;
        beside.file.sync_all()?;
        let existing = || Ok(self.regular(name)?.map(|stat| Existing { id: id(&stat), names: names(&stat) }));
        guard.put(content, &self.path.join(name), existing, || beside.rename(name))
    }

    /// The regular file of this name, if there is one; anything else there is an error.
    fn regular(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match self.look(name)? {
            Some(stat) if is(&stat, FileType::Symlink) => Err(is_link(name)),
            Some(stat) if is(&stat, FileType::Directory) => Err(io::Error::other("a folder has that name")),
            Some(stat) if !is(&stat, FileType::RegularFile) => Err(io::Error::other("what has that name is no regular file")),
            stat => Ok(stat),
        }
    }

    fn look(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// A file beside the one that it will replace. It is gone unless it is renamed.
struct Beside<'a> {
    folder: &'a Folder,
    name: String,
    file: File,
    is_in_place: bool,
}

impl<'a> Beside<'a> {
    fn new(folder: &'a Folder, sharing: Sharing) -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let name = format!(".darkslide-{:016x}.tmp", getrandom::u64().map_err(io::Error::other)?);
            let file = match openat(&folder.handle, &name, flags, mode(sharing.mode)) {
                Err(Errno::EXIST) => continue,
                file => File::from(file?),
            };
            let beside = Self { folder, name, file, is_in_place: false };
            let metadata = beside.file.metadata()?;
            let most = sharing.mode_in(metadata.gid());
            if metadata.mode() & 0o777 & !most != 0 {
                fchmod(&beside.file, mode(metadata.mode() & most))?;
            }
            return Ok(beside);
        }
    }

    fn rename(&mut self, name: &OsStr) -> io::Result<FileId> {
        renameat(&self.folder.handle, &self.name, &self.folder.handle, name)?;
        self.is_in_place = true;
        let metadata = self.file.metadata()?;
        Ok((metadata.dev(), metadata.ino()))
    }
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        if !self.is_in_place {
            let _ = unlinkat(&self.folder.handle, &self.name, AtFlags::empty());
        }
    }
}

fn is(stat: &Stat, file_type: FileType) -> bool {
    FileType::from_raw_mode(stat.st_mode) == file_type
}

fn is_link(name: &OsStr) -> io::Error {
    io::Error::other(format!("'{}' is a link, and no link is followed there", name.display()))
}

#[allow(
    clippy::unnecessary_cast,
    clippy::cast_possible_truncation,
    reason = "the bits' type differs from system to system; it has them all"
)]
fn mode(bits: u32) -> Mode {
    Mode::from_bits_truncate(bits as rustix::fs::RawMode)
}

#[allow(clippy::unnecessary_cast, reason = "the bits' type differs from system to system")]
fn mode_of(stat: &Stat) -> u32 {
    Mode::from_raw_mode(stat.st_mode).bits() as u32
}

#[allow(clippy::unnecessary_cast, reason = "the numbers' types differ from system to system; the standard library widens them so, too")]
fn id(stat: &Stat) -> FileId {
    (stat.st_dev as u64, stat.st_ino as u64)
}

#[allow(clippy::unnecessary_cast, reason = "the number's type differs from system to system")]
fn names(stat: &Stat) -> u64 {
    stat.st_nlink as u64
}

/// A folder that needs not be readable to be written into, where the system knows such a way to open it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;
    use std::os::unix::fs::symlink;

    use super::{Folder, Sharing};
    use crate::cli::guard::{Content, Guard};

    #[test]
    fn a_group_that_the_input_did_not_know_gets_no_more_than_all_others_had() {
        let mode = |mode, group| Sharing { mode, group: Some(7) }.mode_in(group);
        assert_eq!(mode(0o640, 7), 0o640);
        assert_eq!(mode(0o640, 8), 0o600);
        assert_eq!(mode(0o644, 8), 0o644);
        assert_eq!(mode(0o604, 8), 0o600, "its old group is among all others now");
        assert_eq!(Sharing::NEW_FILE.mode_in(8), 0o666);
    }

    #[test]
    fn two_outputs_that_a_file_system_takes_for_one_do_not_overwrite_each_other() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let (folder, guard) = (Folder::open(dir.path())?, Guard::new([], None));
        let put = |sha256| folder.replace("a.jpg".as_ref(), b"photo", Sharing::NEW_FILE, Content::Photo { sha256 }, &guard);
        put("one")?;
        assert_eq!(put("other").map_err(|error| error.kind()), Err(io::ErrorKind::AlreadyExists));
        let report = folder.replace("a.jpg".as_ref(), b"report", Sharing::OWNER, Content::Report, &guard);
        assert_eq!(report.map_err(|error| error.kind()), Err(io::ErrorKind::AlreadyExists));
        put("one")
    }

    #[test]
    fn a_folder_is_the_same_whatever_its_name_leads_to_later() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let [out, moved, elsewhere] = ["out", "moved", "elsewhere"].map(|name| dir.path().join(name));
        let folder = Folder::open(&out)?;
        fs::create_dir(&elsewhere)?;
        fs::rename(&out, &moved)?;
        symlink(&elsewhere, &out)?;
        let (content, guard) = (Content::Photo { sha256: "one" }, Guard::new([], None));
        folder.below("sub".as_ref())?.replace("a.jpg".as_ref(), b"photo", Sharing::NEW_FILE, content, &guard)?;
        assert_eq!(fs::read(moved.join("sub/a.jpg"))?, b"photo");
        assert_eq!(fs::read_dir(&elsewhere)?.count(), 0);
        Ok(())
    }
}
