//! Which photos come in, where each goes, and how files are read and replaced.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use darkslide::{Format, Limits, Options, Report, sniff};
use walkdir::WalkDir;

use super::args::{Args, Usage, is_stdio};

/// Everything that the command will do, settled before anything is done.
pub(crate) struct Batch {
    pub(crate) options: Options,
    pub(crate) photos: Vec<Photo>,
}

/// One photo to scrub.
pub(crate) struct Photo {
    /// As it was named, or found in a folder that was.
    pub(crate) input: PathBuf,
    pub(crate) output: Output,
}

/// Where a scrubbed photo goes.
pub(crate) enum Output {
    /// Nowhere: a dry run.
    None,
    Stdout,
    File(PathBuf),
    /// A folder, under a name made from the output's own hash.
    Anonymous(PathBuf),
}

impl Batch {
    pub(crate) fn plan(args: &Args) -> Result<Self, Usage> {
        let options = args.options()?;
        check_stdio(args)?;
        let found = find(&args.inputs)?;
        let photos = match (&args.output, args.dry_run) {
            (_, true) => found.into_iter().map(|found| Photo { input: found.path, output: Output::None }).collect(),
            (None, false) => return Err(Usage("say where to write with -o, or only look with --dry-run".into())),
            (Some(path), false) if is_stdio(path) => {
                found.into_iter().map(|found| Photo { input: found.path, output: Output::Stdout }).collect()
            }
            (Some(path), false) if args.output_is_file() => {
                found.into_iter().map(|found| Photo { input: found.path, output: Output::File(path.clone()) }).collect()
            }
            (Some(folder), false) => into_folder(found, folder, args.anonymous_names, &options)?,
        };
        for photo in &photos {
            check_input_is_safe(photo, args.report.as_deref(), args)?;
        }
        Ok(Self { options, photos })
    }
}

/// Reads a photo, but no more of it than the limits allow.
pub(crate) fn read(path: &Path, limits: &Limits) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells the pipeline that the photo is too long, without reading all of it.
    let most = limits.max_bytes.saturating_add(1);
    if is_stdio(path) {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Writes a scrubbed photo where it belongs.
pub(crate) fn write(output: &Output, bytes: &[u8], report: &Report) -> io::Result<()> {
    match output {
        Output::None => Ok(()),
        Output::Stdout => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes)?;
            stdout.flush()
        }
        Output::File(path) => replace(path, bytes),
        Output::Anonymous(folder) => {
            let facts = report.output.as_ref().ok_or_else(|| io::Error::other("the report names no output"))?;
            let name: String = facts.sha256.chars().take(8).collect();
            replace(&folder.join(format!("photo-{name}.{}", facts.format.extension())), bytes)
        }
    }
}

/// Replaces a file whole: written beside it, then renamed over it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut beside = tempfile::Builder::new().prefix(".darkslide-").suffix(".tmp").tempfile_in(folder)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    share_like_any_new_file(beside.as_file())?;
    beside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file is private to its owner; a photo gets the permissions that any new file gets here.
#[cfg(unix)]
fn share_like_any_new_file(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o666 & !umask()))
}

#[cfg(not(unix))]
fn share_like_any_new_file(_file: &fs::File) -> io::Result<()> {
    Ok(())
}

/// The process's umask, from what the system says of it; 0o022 where it says nothing.
#[cfg(unix)]
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok()).unwrap_or(0o022)
}

/// A photo that was named, or found in a folder; `below` is its path under that folder.
struct Found {
    path: PathBuf,
    below: PathBuf,
}

fn find(inputs: &[PathBuf]) -> Result<Vec<Found>, Usage> {
    let mut found = Vec::new();
    for input in inputs {
        if is_stdio(input) || !input.is_dir() {
            let below = input.file_name().map_or_else(|| "photo".into(), PathBuf::from);
            let below = if is_stdio(input) { "photo".into() } else { below };
            found.push(Found { path: input.clone(), below });
            continue;
        }
        let mut skipped = 0;
        for entry in WalkDir::new(input).sort_by_file_name() {
            let entry = entry.map_err(|error| Usage(format!("{}: {error}", input.display())))?;
            if !entry.file_type().is_file() && !entry.path().is_file() {
                continue;
            }
            if is_hidden(entry.file_name()) || !looks_like_photo(entry.path()) {
                skipped += 1;
                continue;
            }
            let below = entry.path().strip_prefix(input).unwrap_or(entry.path()).to_path_buf();
            found.push(Found { path: entry.path().to_path_buf(), below });
        }
        if skipped > 0 {
            eprintln!(
                "darkslide: {}: {skipped} files that are no photos, by name and content, or hidden, were passed over",
                input.display()
            );
        }
    }
    Ok(found)
}

fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with('.')
}

/// In a folder, a file counts as a photo when its name or its first bytes say so; a wrong name then gets its error.
fn looks_like_photo(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| PHOTO_EXTENSIONS.contains(&extension.as_str())) || head(path).is_some()
}

/// What the first bytes of a file say it is.
fn head(path: &Path) -> Option<Format> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(4096).read_to_end(&mut bytes).ok()?;
    sniff(&bytes).ok()
}

fn into_folder(found: Vec<Found>, folder: &Path, anonymous: bool, options: &Options) -> Result<Vec<Photo>, Usage> {
    if folder.exists() && !folder.is_dir() {
        return Err(Usage(format!("{}: several inputs need a folder to go to, and this is a file", folder.display())));
    }
    fs::create_dir_all(folder).map_err(|error| Usage(format!("{}: cannot be made: {error}", folder.display())))?;
    let mut taken = HashSet::new();
    let photos = found.into_iter().map(|Found { path, below }| {
        let output = match anonymous {
            true => Output::Anonymous(folder.to_path_buf()),
            false => {
                let format = head(&path).map(|format| options.output_format(format));
                Output::File(folder.join(free_name(&mut taken, &below, format)))
            }
        };
        Photo { input: path, output }
    });
    Ok(photos.collect())
}

/// The input's name with the extension of what is written, and a number where another output has that name.
/// Names that differ in case only count as one: some file systems take them so.
fn free_name(taken: &mut HashSet<String>, below: &Path, format: Option<Format>) -> PathBuf {
    let named = match format {
        Some(format) if !says(below, format) => below.with_extension(format.extension()),
        _ => below.to_path_buf(),
    };
    let stem = named.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = named.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    let numbered = (2..).map(|n| named.with_file_name(format!("{stem}-{n}{extension}")));
    let is_free = |path: &PathBuf| taken.insert(path.to_string_lossy().to_lowercase());
    std::iter::once(named.clone()).chain(numbered).find(is_free_once(is_free)).unwrap_or(named.clone())
}

fn is_free_once(mut is_free: impl FnMut(&PathBuf) -> bool) -> impl FnMut(&PathBuf) -> bool {
    move |path| is_free(path)
}

/// Whether a name's extension already says this format.
fn says(path: &Path, format: Format) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match format {
        Format::Jpeg => ["jpg", "jpeg", "jpe", "jfif"].contains(&extension.as_str()),
        Format::Tiff => ["tif", "tiff"].contains(&extension.as_str()),
        Format::Heic => ["heic", "heif", "hif"].contains(&extension.as_str()),
        other => extension == other.extension(),
    }
}

fn check_stdio(args: &Args) -> Result<(), Usage> {
    let stdout = |path: &Option<PathBuf>| path.as_deref().is_some_and(is_stdio);
    if args.inputs.iter().filter(|input| is_stdio(input)).count() > 1 {
        return Err(Usage("standard input gives one photo: '-' once".into()));
    }
    if !args.dry_run && stdout(&args.output) && (args.inputs.len() > 1 || args.inputs[0].is_dir()) {
        return Err(Usage("standard output takes one photo: name a folder with -o".into()));
    }
    if !args.dry_run && stdout(&args.output) && stdout(&args.report) {
        return Err(Usage("photo and report cannot both go to standard output".into()));
    }
    Ok(())
}

/// The input is never changed, not even when it is named as the output.
fn check_input_is_safe(photo: &Photo, report: Option<&Path>, args: &Args) -> Result<(), Usage> {
    let is_input = |path: &Path| {
        let Ok(path) = path.canonicalize() else { return false };
        args.inputs.iter().chain([&photo.input]).any(|input| input.canonicalize().is_ok_and(|input| input == path))
    };
    let written = [
        match &photo.output {
            Output::File(path) => Some(path.as_path()),
            _ => None,
        },
        report,
    ];
    match written.into_iter().flatten().find(|path| is_input(path)) {
        Some(path) => Err(Usage(format!("{}: would overwrite an input", path.display()))),
        None => Ok(()),
    }
}

const PHOTO_EXTENSIONS: [&str; 16] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "tif", "tiff", "bmp", "heic", "heif", "hif", "avif", "jxl"];
