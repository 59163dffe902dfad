//! The arguments, as the public contract has them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use darkslide::{Backend, FaceMode, Identity, Keep, Mark, Options, OutputFormat, Region, Sensitivity};

use super::say;
use super::wrong_usage::Usage;

/// Scrub photos: strip all metadata, redact faces, verify the output.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, bin_name = "darkslide")]
pub(crate) struct Args {
    /// Photos or folders of photos; '-' reads one photo from standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,

    /// A file (one input) or a folder (made if missing; needed for several inputs); '-' writes to standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,

    /// In a folder, name each output after its own SHA-256 instead of after its input
    #[arg(long)]
    pub(crate) anonymous_names: bool,

    /// Inspect and detect; print the report, write no photo
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Write one JSON report a line; '-' is standard output
    #[arg(long, value_name = "PATH")]
    pub(crate) report: Option<PathBuf>,

    /// What happens to faces
    #[arg(long, value_enum, default_value = "blur", value_name = "MODE")]
    faces: Faces,

    /// How hard to look for faces
    #[arg(long, value_enum, default_value = "balanced", value_name = "S")]
    sensitivity: Look,

    /// The model of the second opinion that 'thorough' takes, or 'none'; default: centerface.bin beside this program, if it is there
    #[arg(long, value_name = "PATH")]
    second_opinion: Option<PathBuf>,

    /// Redact this too, px in the upright picture; repeatable
    #[arg(long = "region", value_name = "x,y,w,h", value_parser = region, allow_hyphen_values = true)]
    regions: Vec<Region>,

    /// Leave faces whose centre lies in here, px in the upright picture; repeatable
    #[arg(long = "exempt", value_name = "x,y,w,h", value_parser = region, allow_hyphen_values = true)]
    exempt: Vec<Region>,

    /// Identity reset: resize by a random factor of 0.985 to 0.995 and re-encode
    #[arg(long)]
    stealth: bool,

    /// Output format; 'same' is that of the input, or what the extension of -o says
    #[arg(long, value_enum, default_value = "same", value_name = "F")]
    format: OutputAs,

    /// Quality of JPEG output
    #[arg(long, default_value_t = 85, value_name = "1..100", value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: u8,

    /// Shrink so that the longer side is at most this
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u32).range(1..))]
    max_side: Option<u32>,

    /// Make noise and identity reset reproducible; default: the system's CSPRNG
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Keep these, written afresh: copyright, date (when it was taken), coarse-location (to about 11 km); separate several with commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    keep: Vec<Fact>,

    /// Photos at a time; default: the number of cores
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,

    /// What redacts: 'auto' is a real GPU for what it does sooner, else the CPU; all give the same pixels
    #[arg(long, value_enum, default_value = "auto", value_name = "B")]
    backend: On,
}

impl Args {
    /// The options for every photo.
    pub(crate) fn options(&self) -> Result<Options, Usage> {
        let format = match (self.format, self.output.as_deref().filter(|path| !is_stdio(path)).and_then(Path::extension)) {
            (OutputAs::Same, Some(extension)) if self.output_is_file() => match format_of(&extension.to_string_lossy()) {
                // What cannot be encoded can still be stripped, and stays what it is.
                Err(_) if self.inputs[0].extension().is_some_and(|input| same_kind(input, extension)) => OutputFormat::Same,
                format => format?,
            },
            (format, _) => format.into(),
        };
        let options = Options {
            faces: self.faces.into(),
            sensitivity: self.sensitivity.into(),
            regions: self.regions.iter().copied().map(Mark::from).collect(),
            exempt: self.exempt.clone(),
            identity: if self.stealth { Identity::Reset } else { Identity::Keep },
            format,
            quality: self.quality,
            max_side: self.max_side,
            seed: self.seed,
            keep: self.keep(),
        };
        options.check().map_err(|error| Usage(error.to_string()))?;
        Ok(options)
    }

    fn keep(&self) -> Keep {
        let asks = |fact| self.keep.contains(&fact);
        Keep { copyright: asks(Fact::Copyright), date: asks(Fact::Date), coarse_location: asks(Fact::CoarseLocation) }
    }

    /// Where the model of the second opinion is, if one is wanted. One that was named must be there.
    pub(crate) fn second_opinion(&self) -> Option<PathBuf> {
        match (&self.second_opinion, self.sensitivity) {
            (_, Look::Fast | Look::Balanced) => None,
            (Some(path), _) if path.as_os_str() == "none" => None,
            (Some(path), _) => Some(path.clone()),
            (None, _) => std::env::current_exe().ok().map(|program| program.with_file_name(SECOND_OPINION)).filter(|path| path.is_file()),
        }
    }

    pub(crate) fn backend(&self) -> Backend {
        match self.backend {
            // Asking a Vulkan loader where there is no device costs time, and its drivers may speak on standard error.
            On::Auto if cfg!(target_os = "linux") && !Path::new("/dev/dri").exists() && !Path::new("/dev/nvidia0").exists() => Backend::Cpu,
            On::Auto => Backend::Auto,
            On::Gpu => Backend::Gpu,
            On::Cpu => Backend::Cpu,
        }
    }

    /// Whether `-o` names a file, not a folder: one input that is no folder, a path that is none and does not end like one, and no
    /// [`anonymous_names`](Self::anonymous_names), which are names in a folder.
    pub(crate) fn output_is_file(&self) -> bool {
        let Some(output) = &self.output else { return false };
        let ends_like_folder = output.as_os_str().to_string_lossy().ends_with(std::path::is_separator);
        !self.anonymous_names && self.inputs.len() == 1 && !self.inputs[0].is_dir() && !output.is_dir() && !ends_like_folder
    }
}

/// Whether a path means standard input or output.
pub(crate) fn is_stdio(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn format_of(extension: &str) -> Result<OutputFormat, Usage> {
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" | "jpe" | "jfif" => Ok(OutputFormat::Jpeg),
        "png" => Ok(OutputFormat::Png),
        "webp" => Ok(OutputFormat::Webp),
        "gif" | "tif" | "tiff" | "bmp" | "heic" | "heif" | "hif" | "avif" | "jxl" => {
            Err(Usage(format!("cannot write .{extension}: output is jpeg, png or webp")))
        }
        _ => Ok(OutputFormat::Same),
    }
}

/// Whether two extensions are those of one format.
fn same_kind(one: &OsStr, other: &OsStr) -> bool {
    let kind = |extension: &OsStr| match extension.to_string_lossy().to_ascii_lowercase().as_str() {
        "tif" => "tiff".to_owned(),
        "heif" | "hif" => "heic".to_owned(),
        other => other.to_owned(),
    };
    kind(one) == kind(other)
}

fn region(text: &str) -> Result<Region, String> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse().map_err(|_| format!("'{}' is not a number", say::readable(n))))
        .collect::<Result<_, _>>()?;
    let [x, y, width, height] = numbers[..] else { return Err("must be four numbers: x,y,w,h".into()) };
    let region = Region::new(x, y, width, height);
    region.check().map_err(|error| error.to_string())?;
    Ok(region)
}

/// The file that `npm start` and `npm test` make.
const SECOND_OPINION: &str = "centerface.bin";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Faces {
    /// Spread the surroundings over the face: no covered pixel is in the output
    Blur,
    /// The same, drawn as cells
    Mosaic,
    /// One neutral colour
    Fill,
    /// An ordinary Gaussian blur; not irreversible
    Gaussian,
    /// Do not look for faces
    Keep,
}

impl From<Faces> for FaceMode {
    fn from(faces: Faces) -> Self {
        match faces {
            Faces::Blur => Self::Blur,
            Faces::Mosaic => Self::Mosaic,
            Faces::Fill => Self::Fill,
            Faces::Gaussian => Self::Gaussian,
            Faces::Keep => Self::Keep,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Look {
    Fast,
    Balanced,
    Thorough,
}

impl From<Look> for Sensitivity {
    fn from(look: Look) -> Self {
        match look {
            Look::Fast => Self::Fast,
            Look::Balanced => Self::Balanced,
            Look::Thorough => Self::Thorough,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fact {
    Copyright,
    Date,
    CoarseLocation,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OutputAs {
    Same,
    Jpeg,
    Png,
    Webp,
}

impl From<OutputAs> for OutputFormat {
    fn from(format: OutputAs) -> Self {
        match format {
            OutputAs::Same => Self::Same,
            OutputAs::Jpeg => Self::Jpeg,
            OutputAs::Png => Self::Png,
            OutputAs::Webp => Self::Webp,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum On {
    Auto,
    Gpu,
    Cpu,
}
