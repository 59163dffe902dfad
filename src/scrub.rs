//! The pipeline. This is the only place that knows the order of the stages.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::Serialize;

use crate::decode::{decode, is_sequence};
use crate::detect::Faces;
use crate::encode::encode;
use crate::facts::Facts;
use crate::inspect::{Kept, inspect};
use crate::lasting::lasting;
use crate::look::Look;
use crate::lossless::{self, strip_verified};
use crate::orient::orient;
use crate::redact::{self, Backend, BlockGrid, Redaction, Redactor, Source, Strength, Target};
use crate::report::{FileFacts, Pixels, Removed, Report, Scrubbed};
use crate::resize;
use crate::second_look::{Doubt, doubts};
use crate::strip::{Stripped, rewrite, strip_keeping};
use crate::{Error, Face, FaceMode, Format, Identity, Image, Limits, Options, Random, Region, verify};

/// Scrubs photos. Holds the detector and the GPU, made when first needed; never a photo.
pub struct Scrubber {
    pub(crate) limits: Limits,
    backend: Backend,
    pub(crate) faces: Faces,
    redactor: OnceLock<Redactor>,
}

/// What the pipeline is doing. The names are those of `onProgress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The bytes are being read.
    Read,
    /// Segments are walked.
    Inspect,
    /// Pixels are unpacked, turned upright and brought to sRGB.
    Decode,
    /// Faces are looked for.
    Detect,
    /// Faces and regions are covered.
    Redact,
    /// The output is written.
    Encode,
    /// The output is read again and checked.
    Verify,
}

impl Stage {
    /// The name in `onProgress`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Inspect => "inspect",
            Self::Decode => "decode",
            Self::Detect => "detect",
            Self::Redact => "redact",
            Self::Encode => "encode",
            Self::Verify => "verify",
        }
    }
}

/// Called as each stage begins and ends, with the share of the stage that is done, 0 to 1.
pub type Progress<'a> = &'a mut dyn FnMut(Stage, f64);

impl Scrubber {
    /// A scrubber with the default limits. Nothing is loaded until it is needed.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        Self::with_limits(backend, Limits::default())
    }

    /// A scrubber with limits of the caller's own.
    #[must_use]
    pub fn with_limits(backend: Backend, limits: Limits) -> Self {
        Self { limits, backend, faces: Faces::default(), redactor: OnceLock::new() }
    }

    /// The same with a second opinion on faces, which [`Sensitivity::Thorough`](crate::Sensitivity) asks for: `model` is CenterFace as
    /// darkslide's importer writes it.
    ///
    /// # Errors
    /// [`Error::Model`] when it is no such model, [`Error::Unsupported`] in a build without the feature `faces`.
    pub fn with_second_opinion(self, model: &[u8]) -> Result<Self, Error> {
        self.faces.set_second(model)?;
        Ok(self)
    }

    /// Gives a scrubber that is in use a second opinion. One that it has already stays.
    ///
    /// # Errors
    /// As [`Scrubber::with_second_opinion`].
    pub fn add_second_opinion(&self, model: &[u8]) -> Result<(), Error> {
        self.faces.set_second(model)
    }

    /// Scrubs one photo: what comes back was verified.
    ///
    /// # Errors
    /// Any [`Error`]; then there is no output.
    pub async fn scrub(&self, bytes: &[u8], options: &Options, progress: Progress<'_>) -> Result<Scrubbed, Error> {
        self.scrub_when(bytes, options, progress, async |_| ()).await
    }

    /// The same for who scrubs several at a time: before anything is decoded, `admit` is awaited with the number of pixels that a picture
    /// of the file has, 0 where none is decoded. Memory grows with them.
    ///
    /// # Errors
    /// As [`Scrubber::scrub`].
    pub async fn scrub_when(
        &self,
        bytes: &[u8],
        options: &Options,
        progress: Progress<'_>,
        admit: impl AsyncFnOnce(u64),
    ) -> Result<Scrubbed, Error> {
        Ok(self.scrub_without_digests(bytes, options, progress, admit).await?.with_digests(bytes))
    }

    pub(crate) async fn scrub_without_digests(
        &self,
        bytes: &[u8],
        options: &Options,
        progress: Progress<'_>,
        admit: impl AsyncFnOnce(u64),
    ) -> Result<Scrubbed, Error> {
        let mut look = self.begin(bytes, options, progress)?;
        if self.backend == Backend::Auto && look.may_be_redacted(options) {
            // A GPU opens while the photo is decoded.
            self.redactor().await;
        }
        admit(look.pixels_decoded(options, &self.limits)).await;
        self.see(&mut look, bytes, options, progress)?;
        match look.pixels_stay(options) {
            true => self.strip_only(bytes, look, options, progress),
            false if look.frames.is_some() => self.re_encode_frames(bytes, look, options, progress).await,
            false => self.re_encode(bytes, look, options, progress).await,
        }
    }

    /// Says what is in a photo and what [`Scrubber::scrub`] would do, without doing it: a report without `output`. Of a photo whose pixels
    /// cannot be read it says what is hidden in it, with no detector in `backend` and a warning that scrubbing would refuse it.
    ///
    /// # Errors
    /// Any [`Error`] that scrubbing would meet before it redacts.
    pub fn inspect(&self, bytes: &[u8], options: &Options, progress: Progress<'_>) -> Result<Report, Error> {
        let look = self.begin(bytes, options, progress)?;
        Ok(self.foretell(look, bytes, options, progress)?.with_digests(bytes, &[]))
    }

    /// The same for who looks at several at a time: see [`Scrubber::scrub_when`].
    ///
    /// # Errors
    /// As [`Scrubber::inspect`].
    pub async fn inspect_when(
        &self,
        bytes: &[u8],
        options: &Options,
        progress: Progress<'_>,
        admit: impl AsyncFnOnce(u64),
    ) -> Result<Report, Error> {
        Ok(self.inspect_without_digests(bytes, options, progress, admit).await?.with_digests(bytes, &[]))
    }

    pub(crate) async fn inspect_without_digests(
        &self,
        bytes: &[u8],
        options: &Options,
        progress: Progress<'_>,
        admit: impl AsyncFnOnce(u64),
    ) -> Result<Report, Error> {
        let look = self.begin(bytes, options, progress)?;
        admit(look.pixels_decoded(options, &self.limits)).await;
        self.foretell(look, bytes, options, progress)
    }

    /// What scrubbing would do.
    fn foretell(&self, mut look: Look, bytes: &[u8], options: &Options, progress: Progress<'_>) -> Result<Report, Error> {
        match self.see(&mut look, bytes, options, progress) {
            // What is in it can be told all the same.
            Err(Error::Unsupported(why)) => {
                let bare = Options { faces: FaceMode::Keep, keep: options.keep, ..Options::default() };
                let mut look = self.begin(bytes, &bare, progress)?;
                self.see(&mut look, bytes, &bare, progress)?;
                look.warnings.push(format!("it would be refused: {why}"));
                let stripped = strip_verified(bytes, &look.inspection, &options.keep)?;
                let removed = stripped.removed.iter().map(Removed::from).collect();
                return Ok(Report { removed, kept: stripped.kept, ..look.report(bytes, &bare, Pixels::Untouched) });
            }
            seen => seen?,
        }
        if look.pixels_stay(options) {
            let stripped = strip_verified(bytes, &look.inspection, &options.keep)?;
            let removed = stripped.removed.iter().map(Removed::from).collect();
            return Ok(Report { removed, kept: stripped.kept, ..look.report(bytes, options, Pixels::Untouched) });
        }
        let random = Random::new(Some(0))?;
        let redactions = match &look.frames {
            Some(frames) => frames.planned(options, &random),
            None => look.plan(&look.targets, options, &random).redactions().to_vec(),
        };
        let pixels = if redactions.is_empty() { Pixels::ReEncoded } else { Pixels::Redacted };
        let report = look.report(bytes, options, pixels);
        let kept = Facts::of(&look.inspection, &options.keep).kept(options.output_format(look.inspection.format));
        Ok(Report { redactions, ..report.keeping(kept) })
    }

    /// Sniffs and inspects.
    fn begin(&self, bytes: &[u8], options: &Options, progress: Progress<'_>) -> Result<Look, Error> {
        options.check()?;
        #[cfg(not(feature = "formats"))]
        if options.format == crate::OutputFormat::Webp {
            return Err(Error::not_in_build("WebP"));
        }
        progress(Stage::Inspect, 0.0);
        let look = Look::new(lossless::look(bytes, &options.keep, &self.limits)?);
        progress(Stage::Inspect, 1.0);
        Ok(look)
    }

    /// Where the options need pixels, decodes them and looks for faces; then says what is to be covered.
    fn see(&self, look: &mut Look, bytes: &[u8], options: &Options, progress: Progress<'_>) -> Result<(), Error> {
        if look.needs_pixels(options) && is_sequence(&look.inspection) {
            match self.look_at_frames(bytes, &look.inspection, options, progress) {
                Ok(mut frames) => {
                    look.warnings.extend(frames.take_warnings());
                    look.frames = Some(frames);
                }
                // To strip it, nobody needs to see the pixels.
                Err(Error::Unsupported(_) | Error::LimitExceeded(_)) if look.needs_pixels_only_to_look_under(options) => {}
                Err(error) => return Err(error),
            }
        } else if look.needs_pixels(options) {
            progress(Stage::Decode, 0.0);
            let decoded = match decode(bytes, &look.inspection, &self.limits) {
                // Garbage, markers and chunks that viewers step over stop the decoder: without them it is a picture like any other.
                Err(Error::Malformed { .. }) => {
                    let stripped = strip_keeping(bytes, &look.inspection, &options.keep)?;
                    decode(&stripped.bytes, &stripped.inspection, &self.limits)?
                }
                decoded => decoded?,
            };
            look.hidden_pixels = if look.inspection.has_alpha { decoded.hidden_pixels } else { 0 };
            look.warnings.extend(decoded.warnings);
            let image = orient(decoded.image, look.inspection.orientation);
            progress(Stage::Decode, 1.0);
            if options.faces != FaceMode::Keep {
                progress(Stage::Detect, 0.0);
                look.found = self.faces.look(&image, options.sensitivity)?;
                look.warnings.append(&mut look.found.not_looked_for);
                progress(Stage::Detect, 1.0);
            }
            look.image = Some(image);
        }
        look.aim(options);
        Ok(())
    }

    /// The lossless road: only segments go, the picture's data is copied as it is.
    fn strip_only(&self, bytes: &[u8], look: Look, options: &Options, progress: Progress<'_>) -> Result<Scrubbed, Error> {
        progress(Stage::Encode, 0.0);
        let stripped = rewrite(bytes, &look.inspection, &Facts::of(&look.inspection, &options.keep), &options.keep)?;
        progress(Stage::Encode, 1.0);
        progress(Stage::Verify, 0.0);
        verify::stripped(bytes, &look.inspection, &stripped)?;
        progress(Stage::Verify, 1.0);

        let Stripped { bytes: output, removed, kept, .. } = stripped;
        let report =
            Report { removed: removed.iter().map(Removed::from).collect(), kept, ..look.report(bytes, options, Pixels::Untouched) };
        let report = report.with_output(look.inspection.format, &output);
        Ok(Scrubbed { bytes: output, report })
    }

    /// The road on which pixels change: redact, resize, encode, verify. What a second look still finds is redacted again, harder.
    async fn re_encode(&self, bytes: &[u8], mut look: Look, options: &Options, progress: Progress<'_>) -> Result<Scrubbed, Error> {
        let random = Random::new(options.seed)?;
        let size = look.size();
        let format = options.output_format(look.inspection.format);
        let facts = Facts::of(&look.inspection, &options.keep);
        let mut image = look.image.take().ok_or_else(|| Error::NotClean("the picture was not decoded".into()))?;
        let mut layer = Layer::first(std::mem::take(&mut look.targets));
        let mut redactions: Vec<Redaction> = Vec::new();
        let mut backend = None;

        for round in 0..=ROUNDS {
            progress(Stage::Redact, 0.0);
            let covered = self.cover(&mut image, &layer, &mut redactions, look.grid(), options, &random).await?;
            if round == 0 {
                look.warnings.extend(covered.outside.iter().map(|&index| lies_outside(index)));
            }
            look.warnings.extend(covered.note.filter(|note| !look.warnings.contains(note)));
            backend = chief(backend, covered.backend);
            progress(Stage::Redact, 1.0);

            progress(Stage::Encode, 0.0);
            let framed = frame(&image, options, &random)?;
            let (output, kept) = with_facts(encode(&framed, format, options.quality)?, format, &facts, options)?;
            progress(Stage::Encode, 1.0);

            progress(Stage::Verify, 0.0);
            let seen = verify::encoded(&output, &framed, format, options, &self.limits)?;
            let scale = f64::from(framed.width()) / f64::from(size.0);
            let doubts = self.look_again(&seen, &redactions, scale, options)?;
            progress(Stage::Verify, 1.0);
            if doubts.is_empty() {
                let pixels = if redactions.is_empty() { Pixels::ReEncoded } else { Pixels::Redacted };
                if redactions.iter().any(|redaction| !redaction.irreversible) {
                    look.warnings.push("gaussian: an ordinary blur can be undone in part, or matched against known photos".into());
                }
                let mut report = look.report(bytes, options, pixels).keeping(kept);
                report.output = Some(FileFacts::new(format, (framed.width(), framed.height()), &output));
                report.redactions = redactions;
                report.backend.blur = backend.unwrap_or("none").into();
                return Ok(Scrubbed { bytes: output, report });
            }
            layer = Layer::again(&doubts, &redactions, options);
        }
        Err(still_found())
    }

    /// Covers what `layer` says, and takes it down in `redactions`.
    pub(crate) async fn cover(
        &self,
        image: &mut Image,
        layer: &Layer,
        redactions: &mut Vec<Redaction>,
        grid: Option<BlockGrid>,
        options: &Options,
        random: &Random,
    ) -> Result<Covered, Error> {
        let plan = redact::plan(image.width(), image.height(), &layer.targets, options.faces, grid, random);
        let mut covered = Covered { outside: plan.outside().to_vec(), backend: None, note: None };
        if !plan.redactions().is_empty() {
            let outcome = self.redactor().await.redact(image, &plan).await?;
            (covered.backend, covered.note) = (Some(outcome.backend), outcome.note);
        }
        let inside = layer.again.iter().enumerate().filter(|(index, _)| !plan.outside().contains(index)).map(|(_, again)| *again);
        for (again, &redaction) in inside.zip(plan.redactions()) {
            match again.and_then(|index| redactions.get_mut(index)) {
                Some(known) => *known = redaction,
                None => redactions.push(redaction),
            }
        }
        Ok(covered)
    }

    /// Looks for faces in and around the redactions of what was encoded. Faces that are exempt may stay.
    pub(crate) fn look_again(&self, seen: &Image, redactions: &[Redaction], scale: f64, options: &Options) -> Result<Vec<Doubt>, Error> {
        if redactions.is_empty() || options.faces == FaceMode::Keep {
            return Ok(Vec::new());
        }
        let places: Vec<Region> = redactions.iter().map(|redaction| redaction.region.scaled(scale)).collect();
        let found = self.faces.look_around(seen, &places, options.sensitivity)?;
        let at_input_size = found.into_iter().map(|face| Face { region: face.region.scaled(1.0 / scale), ..face });
        let faces: Vec<Face> = at_input_size.filter(|face| !is_exempt(&face.region, options)).collect();
        Ok(doubts(&faces, redactions))
    }

    pub(crate) async fn redactor(&self) -> &Redactor {
        match self.backend {
            Backend::Cpu => self.redactor.get_or_init(Redactor::cpu),
            // However many photos come at a time, one GPU is opened.
            Backend::Auto => self.redactor.get_or_init(|| lasting(Redactor::on_standby)),
            Backend::Gpu => match self.redactor.get() {
                Some(redactor) => redactor,
                None => {
                    let made = Redactor::new(self.backend).await;
                    self.redactor.get_or_init(|| made)
                }
            },
        }
    }
}

/// What is covered at one go.
#[derive(Clone)]
pub(crate) struct Layer {
    targets: Vec<Target>,
    /// Which redaction a target does again; `None` for a new one.
    again: Vec<Option<usize>>,
}

impl Layer {
    pub(crate) fn first(targets: Vec<Target>) -> Self {
        Self { again: vec![None; targets.len()], targets }
    }

    /// What a second look asks for.
    pub(crate) fn again(doubts: &[Doubt], redactions: &[Redaction], options: &Options) -> Self {
        let again = doubts.iter().map(|doubt| if let Doubt::Inside(index) = doubt { Some(*index) } else { None }).collect();
        let target = |doubt: &Doubt| match doubt {
            Doubt::Inside(index) => {
                let Redaction { region, source, .. } = redactions[*index];
                Target { region, source, strength: Strength::Harder, mode: None }
            }
            Doubt::Beside(face) => {
                let mode = mode_of(&face.region, options);
                Target { region: face.region, source: Source::Face { score: face.score }, strength: Strength::Normal, mode }
            }
        };
        Self { targets: doubts.iter().map(target).collect(), again }
    }

    pub(crate) fn targets(&self) -> &[Target] {
        &self.targets
    }
}

/// How something was covered.
pub(crate) struct Covered {
    /// Targets outside the picture.
    pub(crate) outside: Vec<usize>,
    /// What did the work; `None` when there was nothing to do.
    pub(crate) backend: Option<&'static str>,
    /// Why the GPU was asked for and not used.
    pub(crate) note: Option<String>,
}

/// Which backend the report names where both did some of the work: the GPU.
pub(crate) fn chief(one: Option<&'static str>, other: Option<&'static str>) -> Option<&'static str> {
    if one == Some("webgpu") { one } else { other.or(one) }
}

pub(crate) fn lies_outside(index: usize) -> String {
    format!("region {} lies outside the picture: nothing to redact there", index + 1)
}

pub(crate) fn still_found() -> Error {
    Error::NotClean("a face is still found in the output after its redactions were made harder".into())
}

/// Writes the facts that were asked for into what was encoded. Returns what is kept so.
pub(crate) fn with_facts(encoded: Vec<u8>, format: Format, facts: &Facts, options: &Options) -> Result<(Vec<u8>, Vec<Kept>), Error> {
    if facts.is_empty() {
        return Ok((encoded, Vec::new()));
    }
    let inspection = inspect(&encoded, format, &Limits::UNLIMITED)?;
    let Stripped { bytes, kept, .. } = rewrite(&encoded, &inspection, facts, &options.keep)?;
    Ok((bytes, kept))
}

impl Report {
    /// The same, of a photo in whose output this is written.
    pub(crate) fn keeping(mut self, kept: Vec<Kept>) -> Self {
        self.removed.retain(|removed| !kept.iter().any(|kept| says_the_same(removed, kept)));
        Self { kept, ..self }
    }
}

/// Whether what was in the input is in the output too, in the block of another container perhaps.
fn says_the_same(removed: &Removed, kept: &Kept) -> bool {
    let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
    kept.value.is_some() && kept.value == removed.value && name(&kept.path) == name(&removed.path)
}

/// Brings the picture to its output size.
pub(crate) fn frame<'a>(image: &'a Image, options: &Options, random: &Random) -> Result<Cow<'a, Image>, Error> {
    let mut framed = Cow::Borrowed(image);
    if let Some(side) = options.max_side.filter(|&side| image.width().max(image.height()) > side) {
        framed = Cow::Owned(resize::fit(framed.into_owned(), side)?);
    }
    if options.identity == Identity::Reset {
        framed = Cow::Owned(resize::identity_reset(&framed, resize::identity_factor(random))?);
    }
    Ok(framed)
}

pub(crate) fn is_exempt(face: &Region, options: &Options) -> bool {
    let (x, y) = face.centre();
    options.exempt.iter().any(|region| region.contains(x, y))
}

/// What a face looks like where a region says so; the last that does, as the one drawn on top.
pub(crate) fn mode_of(face: &Region, options: &Options) -> Option<FaceMode> {
    let (x, y) = face.centre();
    options.regions.iter().rev().find(|mark| mark.mode.is_some() && mark.region().contains(x, y)).and_then(|mark| mark.mode)
}

/// How often a picture is redacted again where a second look finds a face. The first time settles nearly all; each time covers more, so
/// that this ends even where the detector sees faces in everything.
pub(crate) const ROUNDS: usize = 6;
