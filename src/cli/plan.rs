//! Where each photo goes: everything that the command will do, settled before anything is done.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use darkslide::{Format, Options};

use super::args::{Args, is_stdio};
use super::destination::{Destination, Stream, followed, settled};
use super::find::{Found, find};
use super::folder::Folder;
use super::guard::Guard;
use super::output::{Output, Outputs};
use super::wrong_usage::Usage;
use super::{file_id, read, say};

/// All that will be done.
pub(crate) struct Batch {
    pub(crate) options: Options,
    pub(crate) photos: Vec<Photo>,
    pub(crate) outputs: Outputs,
    pub(crate) report: Option<Destination>,
}

/// One photo to scrub.
pub(crate) struct Photo {
    pub(crate) input: Found,
    pub(crate) output: Output,
}

impl Batch {
    pub(crate) fn plan(args: &Args) -> Result<Self, Usage> {
        let options = args.options()?;
        check_counts(args)?;
        let found = find(&args.inputs);
        let mut guard = guard(args, &found);
        let output = args.output.as_deref().filter(|_| !args.dry_run);
        let photos: Vec<Photo> = match output {
            None if args.dry_run => all(found, &Output::None),
            None => return Err(Usage("say where to write with -o, or only look with --dry-run".into())),
            Some(path) if is_stdio(path) || args.output_is_file() => all(found, &Output::Named(destination(path)?)),
            Some(_) if args.anonymous_names => all(found, &Output::Anonymous),
            Some(_) => below_folder(found, &options),
        };
        let folder = output.filter(|_| photos.iter().any(|photo| matches!(photo.output, Output::Below(_) | Output::Anonymous)));
        let folder = folder.map(end_of_folder).transpose()?;
        let report = match &args.report {
            Some(path) => Some(destination(path)?),
            None => args.dry_run.then_some(Destination::Stream(Stream::Stdout)),
        };
        check_safety(&mut guard, &photos, folder.as_deref(), report.as_ref(), args)?;
        let folder =
            folder.map(|folder| Folder::open(&folder).map_err(|error| about(&folder, &format!("cannot be made: {error}")))).transpose()?;
        Ok(Self { options, photos, outputs: Outputs { folder, guard }, report })
    }
}

fn all(found: Vec<Found>, output: &Output) -> Vec<Photo> {
    found.into_iter().map(|input| Photo { input, output: output.clone() }).collect()
}

fn destination(path: &Path) -> Result<Destination, Usage> {
    Destination::of(path).map_err(|why| about(path, &why))
}

/// The folder that `-o` names, at the end of all links: it may be a link to one.
fn end_of_folder(folder: &Path) -> Result<PathBuf, Usage> {
    if folder.exists() && !folder.is_dir() {
        return Err(about(folder, "several inputs need a folder to go to, and this is a file"));
    }
    let end = followed(folder).map_err(|error| about(folder, &format!("cannot be made: {error}")))?;
    Ok(settled(&end))
}

fn below_folder(found: Vec<Found>, options: &Options) -> Vec<Photo> {
    let mut taken = HashSet::new();
    let photos = found.into_iter().map(|input| {
        let format = read::head(&input.path).map(|format| options.output_format(format));
        let output = match input.unreadable {
            None => Output::Below(free_name(&mut taken, &input.below, format)),
            Some(_) => Output::None,
        };
        Photo { input, output }
    });
    photos.collect()
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
    let mut is_free = |path: &PathBuf| taken.insert(path.to_string_lossy().to_lowercase());
    std::iter::once(named.clone()).chain(numbered).find(|path| is_free(path)).unwrap_or(named)
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

fn check_counts(args: &Args) -> Result<(), Usage> {
    if args.inputs.iter().filter(|input| is_stdio(input)).count() > 1 {
        return Err(Usage("standard input gives one photo: '-' once".into()));
    }
    let is_stdout = args.output.as_deref().is_some_and(is_stdio);
    if !args.dry_run && is_stdout && (args.inputs.len() > 1 || args.inputs[0].is_dir()) {
        return Err(Usage("standard output takes one photo: name a folder with -o".into()));
    }
    Ok(())
}

/// Guards all that will be read.
fn guard(args: &Args, found: &[Found]) -> Guard {
    let model = args.second_opinion();
    let named = args.inputs.iter().filter(|input| !is_stdio(input)).chain(&model).map(PathBuf::as_path);
    let stdin = args.inputs.iter().any(|input| is_stdio(input)).then(|| file_id::of_stream(io::stdin()));
    Guard::new(named.chain(found.iter().map(|found| found.path.as_path())), stdin.flatten())
}

/// No input is changed, not even where it is named as an output; and no output takes the place of another.
fn check_safety(
    guard: &mut Guard,
    photos: &[Photo],
    folder: Option<&Path>,
    report: Option<&Destination>,
    args: &Args,
) -> Result<(), Usage> {
    let folder = folder.unwrap_or(Path::new(""));
    let outputs: Vec<Destination> = photos
        .iter()
        .filter_map(|photo| match &photo.output {
            Output::None | Output::Anonymous => None,
            Output::Named(destination) => Some(destination.clone()),
            Output::Below(path) => Some(Destination::File(folder.join(path))),
        })
        .collect();
    for output in &outputs {
        let path = match output {
            Destination::File(path) => path,
            Destination::Stream(_) => args.output.as_deref().unwrap_or(folder),
        };
        guard.check(output).map_err(|why| about(path, &why))?;
    }
    let Some(report) = report else { return Ok(()) };
    let is_stdout = |destination: &Destination| matches!(destination, Destination::Stream(Stream::Stdout));
    if is_stdout(report) && outputs.iter().any(is_stdout) {
        return Err(Usage("photo and report cannot both go to standard output".into()));
    }
    let named = args.report.as_deref().unwrap_or(Path::new("standard output"));
    guard.keep_for_report(report, &outputs).map_err(|why| about(named, &why))
}

fn about(path: &Path, why: &str) -> Usage {
    Usage(format!("{}: {why}", say::name(path)))
}
