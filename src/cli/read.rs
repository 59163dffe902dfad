//! Reads files, never more of one than is wanted: some have no end.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use darkslide::{Format, Limits, sniff};

use super::args::is_stdio;
use super::find::Found;
use super::folder::Sharing;

/// A photo, and who may read what comes out of it.
pub(crate) fn photo(found: &Found, limits: &Limits) -> io::Result<(Vec<u8>, Sharing)> {
    // One byte more than allowed tells the pipeline that the photo is too long, without reading all of it.
    let most = limits.max_bytes.saturating_add(1);
    if is_stdio(&found.path) {
        return Ok((up_to(io::stdin().lock(), most)?, sharing_of_stdin()?));
    }
    let file = if found.in_folder { open_regular(&found.path)? } else { File::open(&found.path)? };
    let sharing = Sharing::like(&file.metadata()?);
    Ok((up_to(file, most)?, sharing))
}

/// A file that has at most so many bytes.
pub(crate) fn small(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let bytes = up_to(File::open(path)?, most.saturating_add(1))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        Ok(bytes)
    } else {
        Err(io::Error::other(format!("longer than {} MiB", most >> 20)))
    }
}

/// What the first bytes of a regular file say it is. Of anything else they would be lost to who reads it next.
pub(crate) fn head(path: &Path) -> Option<Format> {
    sniff(&up_to(open_regular(path).ok()?, 4096).ok()?).ok()
}

fn up_to(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens what was a regular file when it was found, and does not wait for ever if it has become something else.
fn open_regular(path: &Path) -> io::Result<File> {
    let is_regular = |metadata: Metadata| if metadata.is_file() { Ok(()) } else { Err(io::Error::other("is no regular file")) };
    // Merely to open a pipe would cost its writer a reader.
    is_regular(fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.read(true).open(path)?;
    is_regular(file.metadata()?)?;
    Ok(file)
}

#[cfg(unix)]
fn sharing_of_stdin() -> io::Result<Sharing> {
    Ok(Sharing::like(&super::file_id::metadata(io::stdin())?))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn sharing_of_stdin() -> io::Result<Sharing> {
    Ok(Sharing::NEW_FILE)
}
