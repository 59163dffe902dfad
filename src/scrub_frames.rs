//! The pipeline for files of several pictures: the stages of [`crate::scrub`], for one frame or page after the other.
//!
//! Three passes, so that no more than a few frames are in memory: look at all; redact and encode all; decode all that was written and look
//! again. Each pass decodes the file anew.

use crate::decode::{Frame, Frames};
use crate::detect::Looked;
use crate::encode::{Encoded, FrameWriter, Shown, encode, shown};
use crate::facts::Facts;
use crate::hold::{Track, held, tracks};
use crate::inspect::{Inspection, MetadataKind, Role};
use crate::look::Look;
use crate::orient::orient;
use crate::redact::{self, Redaction, Source, Strength, Target};
use crate::report::{FileFacts, FoundFace, Pixels, Removed, Scrubbed};
use crate::scrub::{Layer, Progress, ROUNDS, Stage, chief, frame as framed, is_exempt, lies_outside, mode_of, still_found, with_facts};
use crate::second_look::Doubt;
use crate::sequence::{FrameFacts, Sequence};
use crate::strip::{Stripped, strip};
use crate::{Error, Face, FaceMode, Format, Image, Mark, Options, Random, Region, Report, Scrubber, verify};

/// What was seen of a file's pictures before anything is changed.
pub(crate) struct FramesLook {
    /// What decoders read.
    stripped: Stripped,
    sequence: Sequence,
    frames: Vec<FrameFacts>,
    found: Vec<Vec<Face>>,
    /// Faces in a picture that viewers do not show.
    found_unshown: Vec<Face>,
    has_unshown: bool,
    uncertain: Vec<FoundFace>,
    detector: String,
    has_alpha: bool,
    hidden_pixels: u64,
    tracks: Vec<Track>,
    targets: Vec<Vec<Target>>,
    warnings: Vec<String>,
}

impl Scrubber {
    /// Looks at every picture of a file, those included that viewers do not show.
    pub(crate) fn look_at_frames(
        &self,
        bytes: &[u8],
        inspection: &Inspection,
        options: &Options,
        progress: Progress<'_>,
    ) -> Result<FramesLook, Error> {
        progress(Stage::Decode, 0.0);
        let stripped = strip(bytes, inspection)?;
        let mut frames = Frames::open(&stripped.bytes, &stripped.inspection, &inspection.color, &self.limits)?;
        let count = frames.count();
        let mut look = FramesLook {
            sequence: frames.sequence(),
            stripped,
            frames: Vec::new(),
            found: Vec::new(),
            found_unshown: Vec::new(),
            has_unshown: false,
            uncertain: Vec::new(),
            detector: Looked::not().detector,
            has_alpha: false,
            hidden_pixels: 0,
            tracks: Vec::new(),
            targets: Vec::new(),
            warnings: Vec::new(),
        };
        let stage = if options.faces == FaceMode::Keep { Stage::Decode } else { Stage::Detect };
        if stage == Stage::Detect {
            progress(Stage::Decode, 1.0);
            progress(Stage::Detect, 0.0);
        }
        let mut before: Option<(Shown, Vec<Face>)> = None;
        while let Some(Frame { image, orientation, delay, hidden_pixels, is_shown }) = frames.next_frame()? {
            let image = orient(image, orientation);
            // One see-through colour for all pixels hides nothing; what a GIF draws outside of its screen does.
            let hides = inspection.has_alpha || inspection.format == Format::Gif;
            look.hidden_pixels = look.hidden_pixels.saturating_add(if hides { hidden_pixels } else { 0 });
            let mut faces = Vec::new();
            if options.faces != FaceMode::Keep {
                let hash = shown(&image);
                // Many frames are those before, shown for longer.
                faces = match before.take().filter(|(known, _)| *known == hash) {
                    Some((_, faces)) => faces,
                    None => {
                        let looked = self.faces.look(&image, options.sensitivity)?;
                        let frame = u32::try_from(look.frames.len()).ok().filter(|_| is_shown && count > 1);
                        look.uncertain.extend(looked.uncertain.iter().map(|face| FoundFace::new(face, frame)));
                        look.warnings
                            .extend(looked.not_looked_for.into_iter().filter(|note| !look.warnings.contains(note)).collect::<Vec<_>>());
                        look.detector = looked.detector;
                        looked.faces
                    }
                };
                before = Some((hash, faces.clone()));
            }
            if !is_shown {
                (look.has_unshown, look.found_unshown) = (true, faces);
                continue;
            }
            look.has_alpha |= image.pixels().as_chunks::<4>().0.iter().any(|pixel| pixel[3] != 255);
            look.frames.push(FrameFacts { width: image.width(), height: image.height(), delay });
            look.found.push(faces);
            progress(stage, share(look.frames.len(), count));
        }
        if look.frames.len() != count as usize {
            return Err(Error::malformed(format!("{} frames or pages where {count} are stated", look.frames.len()), 0));
        }
        look.warnings.append(&mut frames.warnings);
        Ok(look)
    }

    /// Redacts, resizes and encodes every picture, and verifies what was written. What a second look still finds is redacted again, harder.
    pub(crate) async fn re_encode_frames(
        &self,
        bytes: &[u8],
        mut look: Look,
        options: &Options,
        progress: Progress<'_>,
    ) -> Result<Scrubbed, Error> {
        let random = Random::new(options.seed)?;
        let format = options.output_format(look.inspection.format);
        let facts = Facts::of(&look.inspection, &options.keep);
        let frames = look.frames.take().ok_or_else(|| Error::NotClean("the frames were not decoded".into()))?;
        let mut layers: Vec<Vec<Layer>> = frames.targets.iter().map(|targets| vec![Layer::first(targets.clone())]).collect();
        let mut done: Vec<Option<Shown>> = vec![None; layers.len()];
        for round in 0..=ROUNDS {
            let pass = self.write(&look.inspection, &frames, &layers, format, options, &random, progress).await?;
            if round == 0 {
                look.warnings.extend(frames.outside(options, &pass.outside));
            }
            look.warnings.extend(pass.note.filter(|note| !look.warnings.contains(note)));
            let (output, kept) = with_facts(pass.encoded.bytes, format, &facts, options)?;
            progress(Stage::Encode, 1.0);

            progress(Stage::Verify, 0.0);
            let doubts = self.check(&output, &pass.encoded.shown, format, &frames, &pass.redactions, &mut done, options, progress)?;
            progress(Stage::Verify, 1.0);
            if doubts.iter().all(Vec::is_empty) {
                let is_one = layers.len() == 1;
                let number = |index: usize| u32::try_from(index).ok().filter(|_| !is_one);
                let of_frame = |(index, all): (usize, Vec<Redaction>)| {
                    all.into_iter().map(move |redaction| Redaction { frame: number(index), ..redaction }).collect::<Vec<_>>()
                };
                let redactions: Vec<Redaction> = pass.redactions.into_iter().enumerate().flat_map(of_frame).collect();
                if redactions.iter().any(|redaction| !redaction.irreversible) {
                    look.warnings.push("gaussian: an ordinary blur can be undone in part, or matched against known photos".into());
                }
                let is_covered = !redactions.is_empty() || !frames.found_unshown.is_empty();
                let pixels = if is_covered { Pixels::Redacted } else { Pixels::ReEncoded };
                look.frames = Some(frames);
                let report = look.report(bytes, options, pixels).keeping(kept);
                let facts = FileFacts::new(format, pass.size, &output).of_frames(u32::try_from(layers.len()).unwrap_or(u32::MAX));
                let mut report = Report { output: Some(facts), redactions, ..report };
                report.backend.blur = pass.backend.unwrap_or("none").to_owned();
                return Ok(Scrubbed { bytes: output, report });
            }
            frames.cover_again(&doubts, &pass.redactions, &mut layers, options);
        }
        Err(still_found())
    }

    /// Decodes, covers, resizes and encodes all pictures.
    #[allow(clippy::too_many_arguments, reason = "what a pass needs, none of which belongs together more than the rest")]
    async fn write(
        &self,
        inspection: &Inspection,
        look: &FramesLook,
        layers: &[Vec<Layer>],
        format: Format,
        options: &Options,
        random: &Random,
        progress: Progress<'_>,
    ) -> Result<Written, Error> {
        progress(Stage::Redact, 0.0);
        let mut frames = Frames::open(&look.stripped.bytes, &look.stripped.inspection, &inspection.color, &self.limits)?;
        let mut written = Written {
            encoded: Encoded { bytes: Vec::new(), shown: Vec::new() },
            redactions: Vec::new(),
            outside: Vec::new(),
            size: (0, 0),
            backend: None,
            note: None,
        };
        let mut writer = None;
        while let Some(Frame { image, orientation, delay, is_shown, .. }) = frames.next_frame()? {
            if !is_shown {
                continue;
            }
            let index = written.redactions.len();
            let mut image = orient(image, orientation);
            let (mut redactions, mut outside) = (Vec::new(), Vec::new());
            for (round, layer) in layers.get(index).into_iter().flatten().enumerate() {
                let covered = self.cover(&mut image, layer, &mut redactions, None, options, random).await?;
                written.backend = chief(written.backend, covered.backend);
                written.note = written.note.or(covered.note);
                if round == 0 {
                    outside = covered.outside;
                }
            }
            let image = framed(&image, options, random)?;
            if written.redactions.is_empty() {
                written.size = (image.width(), image.height());
            }
            if layers.len() == 1 && !matches!(format, Format::Gif | Format::Tiff) {
                // One picture needs no animation, and JPEG and BMP can hold it.
                let bytes = encode(&image, format, options.quality)?;
                written.encoded = Encoded { bytes, shown: if format == Format::Jpeg { Vec::new() } else { vec![shown(&image)] } };
            } else {
                let count = u32::try_from(layers.len()).unwrap_or(u32::MAX);
                let writer = match &mut writer {
                    Some(writer) => writer,
                    None => writer.insert(FrameWriter::new(format, look.sequence, count, written.size, look.has_alpha)?),
                };
                writer.add(&image, delay)?;
            }
            written.redactions.push(redactions);
            written.outside.push(outside);
            progress(Stage::Redact, share(written.redactions.len(), frames.count()));
        }
        progress(Stage::Encode, 0.0);
        if let Some(writer) = writer {
            written.encoded = writer.finish()?;
        }
        Ok(written)
    }

    /// Reads what was written as a stranger would: it is clean, its pictures are those that were encoded, and no face is left in them.
    #[allow(clippy::too_many_arguments, reason = "what a pass needs, none of which belongs together more than the rest")]
    fn check(
        &self,
        output: &[u8],
        expected: &[Shown],
        format: Format,
        look: &FramesLook,
        redactions: &[Vec<Redaction>],
        done: &mut [Option<Shown>],
        options: &Options,
        progress: Progress<'_>,
    ) -> Result<Vec<Vec<Doubt>>, Error> {
        let inspection = verify::clean(output, format, options, &self.limits)?;
        let count = redactions.len();
        if inspection.frames as usize != count {
            return Err(Error::NotClean(format!("the output has {} frames or pages, not {count}", inspection.frames)));
        }
        let mut doubts = Vec::with_capacity(count);
        let mut pictures = Pictures::open(output, &inspection, &self.limits)?;
        while let Some(image) = pictures.next()? {
            let index = doubts.len();
            let (Some(redactions), Some(facts)) = (redactions.get(index), look.frames.get(index)) else { break };
            let hash = shown(&image);
            if expected.get(index).is_some_and(|expected| *expected != hash) {
                return Err(Error::NotClean(format!("frame {index} of the output decodes to other pixels")));
            }
            // What was found to be well before is not looked at again.
            let is_known = done.get(index).is_some_and(|known| *known == Some(hash));
            let scale = f64::from(image.width()) / f64::from(facts.width);
            let found = if is_known { Vec::new() } else { self.look_again(&image, redactions, scale, options)? };
            if let Some(known) = done.get_mut(index).filter(|_| found.is_empty()) {
                *known = Some(hash);
            }
            doubts.push(found);
            progress(Stage::Verify, share(doubts.len(), inspection.frames));
        }
        if doubts.len() != count {
            return Err(Error::NotClean(format!("{} frames or pages of the output can be decoded, not {count}", doubts.len())));
        }
        Ok(doubts)
    }
}

/// What a pass over all pictures wrote.
struct Written {
    encoded: Encoded,
    redactions: Vec<Vec<Redaction>>,
    /// Targets that lie outside, for each picture.
    outside: Vec<Vec<usize>>,
    /// Of the first picture.
    size: (u32, u32),
    backend: Option<&'static str>,
    note: Option<String>,
}

/// The pictures of a file that we wrote, of which there may be one.
enum Pictures {
    One(Option<Image>),
    Many(Box<Frames>),
}

impl Pictures {
    fn open(output: &[u8], inspection: &Inspection, limits: &crate::Limits) -> Result<Self, Error> {
        let unreadable = |error| Error::NotClean(format!("the output does not decode: {error}"));
        if crate::decode::is_sequence(inspection) {
            return Frames::open(output, inspection, &inspection.color, limits)
                .map(|frames| Self::Many(Box::new(frames)))
                .map_err(unreadable);
        }
        let decoded = crate::decode::decode(output, inspection, limits).map_err(unreadable)?;
        Ok(Self::One(Some(decoded.image)))
    }

    fn next(&mut self) -> Result<Option<Image>, Error> {
        match self {
            Self::One(image) => Ok(image.take()),
            Self::Many(frames) => {
                let frame = frames.next_frame().map_err(|error| Error::NotClean(format!("the output does not decode: {error}")))?;
                Ok(frame.map(|frame| frame.image))
            }
        }
    }
}

impl FramesLook {
    /// Chooses what to cover in each picture: the caller's regions, and every face that is not exempt for as long as it is held.
    pub(crate) fn aim(&mut self, options: &Options) {
        let strength = Strength::Normal;
        let manual = |mark: &Mark| Target { region: self.grown(&mark.region()), source: Source::Manual, strength, mode: mark.mode };
        let regions: Vec<Target> = options.regions.iter().map(manual).collect();
        let of_faces = |found: &[Vec<Face>]| match self.sequence {
            Sequence::Animation { .. } => tracks(found),
            // Pages have nothing to do with each other.
            Sequence::Pages => Vec::new(),
        };
        let wanted: Vec<Vec<Face>> =
            self.found.iter().map(|faces| faces.iter().filter(|face| !is_exempt(&face.region, options)).copied().collect()).collect();
        let covered = match self.sequence {
            Sequence::Animation { plays } => held(&of_faces(&wanted), &self.delays(), plays != 1),
            Sequence::Pages => wanted,
        };
        let all = of_faces(&self.found);
        let target = |face: &Face| Target {
            region: self.grown(&face.region),
            source: Source::Face { score: face.score },
            strength,
            mode: mode_of(&face.region, options),
        };
        self.targets = covered.iter().map(|faces| regions.iter().copied().chain(faces.iter().map(target)).collect()).collect();
        self.tracks = all;
    }

    /// Whether nothing in the pictures asks for a change.
    pub(crate) fn may_stay(&self) -> bool {
        self.targets.iter().all(Vec::is_empty) && self.found_unshown.is_empty() && self.hidden_pixels == 0
    }

    /// What would be redacted.
    pub(crate) fn planned(&self, options: &Options, random: &Random) -> Vec<Redaction> {
        let is_one = self.frames.len() == 1;
        let plan = |(index, (frame, targets)): (usize, (&FrameFacts, &Vec<Target>))| {
            let plan = redact::plan(frame.width, frame.height, targets, options.faces, None, random);
            let number = u32::try_from(index).ok().filter(|_| !is_one);
            plan.redactions().iter().map(|&redaction| Redaction { frame: number, ..redaction }).collect::<Vec<_>>()
        };
        self.frames.iter().zip(&self.targets).enumerate().flat_map(plan).collect()
    }

    /// How many faces there are, each of them in each picture, and who looked.
    pub(crate) fn faces(&self) -> (usize, Vec<FoundFace>, Vec<FoundFace>, String) {
        let is_one = self.frames.len() == 1;
        let number = |index: usize| u32::try_from(index).ok().filter(|_| !is_one);
        let shown = self.found.iter().enumerate().flat_map(|(index, all)| all.iter().map(move |face| FoundFace::new(face, number(index))));
        let faces: Vec<FoundFace> = shown.chain(self.found_unshown.iter().map(|face| FoundFace::new(face, None))).collect();
        let count = match self.sequence {
            Sequence::Animation { .. } => self.tracks.len() + self.found_unshown.len(),
            Sequence::Pages => faces.len(),
        };
        (count, faces, self.uncertain.clone(), self.detector.clone())
    }

    /// What is in no picture that is written anew.
    pub(crate) fn removed(&self, inspection: &Inspection, pixels: Pixels) -> Vec<Removed> {
        let mut removed = Vec::new();
        if self.hidden_pixels > 0 {
            let path = if inspection.format == Format::Gif { "pixels/outside the screen" } else { "pixels/colour under zero alpha" };
            let bytes = usize::try_from(self.hidden_pixels.saturating_mul(3)).unwrap_or(usize::MAX);
            removed.push(Removed { kind: MetadataKind::Unknown, path: path.into(), bytes, offset: None, value: None });
        }
        if self.has_unshown && pixels != Pixels::Untouched {
            let data = inspection.segments.iter().filter(|segment| segment.name == "IDAT" && segment.role == Role::Pixels);
            let bytes = data.map(|segment| segment.range.len()).sum();
            removed.push(Removed {
                kind: MetadataKind::MultiPicture,
                path: "IDAT/not in the animation".into(),
                bytes,
                offset: None,
                value: None,
            });
        }
        removed
    }

    /// What could not be done as the file asks.
    pub(crate) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Regions that lie outside every picture.
    fn outside(&self, options: &Options, outside: &[Vec<usize>]) -> Vec<String> {
        (0..options.regions.len()).filter(|region| outside.iter().all(|all| all.contains(region))).map(lies_outside).collect()
    }

    fn delays(&self) -> Vec<crate::sequence::Delay> {
        self.frames.iter().map(|frame| frame.delay).collect()
    }

    /// What a second look asks for. A face that was found only now is held as the others are.
    fn cover_again(&self, doubts: &[Vec<Doubt>], redactions: &[Vec<Redaction>], layers: &mut [Vec<Layer>], options: &Options) {
        let beside = |all: &Vec<Doubt>| -> Vec<Face> {
            all.iter().filter_map(|doubt| if let Doubt::Beside(face) = doubt { Some(*face) } else { None }).collect()
        };
        let found: Vec<Vec<Face>> = doubts.iter().map(beside).collect();
        let covered = match self.sequence {
            Sequence::Animation { plays } => held(&tracks(&found), &self.delays(), plays != 1),
            Sequence::Pages => found,
        };
        for (((layers, doubts), redactions), faces) in layers.iter_mut().zip(doubts).zip(redactions).zip(covered) {
            let inside = doubts.iter().copied().filter(|doubt| matches!(doubt, Doubt::Inside(_)));
            let beside = faces.iter().map(|face| Doubt::Beside(Face { region: self.grown(&face.region), ..*face }));
            let layer = Layer::again(&inside.chain(beside).collect::<Vec<_>>(), redactions, options);
            if !layer.targets().is_empty() {
                layers.push(layer);
            }
        }
    }

    /// A lossy WebP smears over blocks of 16 px, and those of a frame that is a part of the canvas begin anywhere: so far a region is grown.
    fn grown(&self, region: &Region) -> Region {
        if self.stripped.inspection.format != Format::Webp {
            return *region;
        }
        let Region { x, y, width, height, angle } = *region;
        Region { x: x - BLOCK, y: y - BLOCK, width: width + 2.0 * BLOCK, height: height + 2.0 * BLOCK, angle }
    }
}

/// A block but for one px, and as much as decoders smooth over its border.
const BLOCK: f64 = 17.0;

#[allow(clippy::cast_precision_loss, reason = "a share")]
fn share(done: usize, all: u32) -> f64 {
    done as f64 / f64::from(all.max(1))
}
