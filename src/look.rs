//! What was seen of a photo, and what the options make of it: whether pixels are needed, what is to be covered, which road it takes.

use crate::detect::Looked;
use crate::inspect::{Inspection, MetadataKind};
use crate::lossless;
use crate::redact::{self, BlockGrid, Plan, Source, Strength, Target};
use crate::report::{Backends, FileFacts, FoundFace, Pixels, Removed, Report};
use crate::scrub::{is_exempt, mode_of};
use crate::scrub_frames::FramesLook;
use crate::{Face, FaceMode, Format, Identity, Image, Limits, Options, Random};

/// What was seen of a photo before anything is changed.
pub(crate) struct Look {
    pub(crate) inspection: Inspection,
    /// Decoded and upright; `None` where the options need no pixels, or where there are several pictures.
    pub(crate) image: Option<Image>,
    /// What was seen of several pictures.
    pub(crate) frames: Option<FramesLook>,
    pub(crate) found: Looked,
    pub(crate) targets: Vec<Target>,
    pub(crate) hidden_pixels: u64,
    pub(crate) warnings: Vec<String>,
}

impl Look {
    pub(crate) fn new(inspection: Inspection) -> Self {
        Self { inspection, image: None, frames: None, found: Looked::not(), targets: Vec::new(), hidden_pixels: 0, warnings: Vec::new() }
    }

    /// Width and height of the upright picture.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.inspection.upright_size()
    }

    /// How `targets` are to be covered.
    pub(crate) fn plan(&self, targets: &[Target], options: &Options, random: &Random) -> Plan {
        let (width, height) = self.size();
        redact::plan(width, height, targets, options.faces, self.grid(), random)
    }

    /// The grid on which the source's own compression smeared pixels. A lossless WebP has none, but pays only a few px for being taken as a lossy one.
    pub(crate) fn grid(&self) -> Option<BlockGrid> {
        let orientation = self.inspection.orientation;
        match (self.inspection.format, self.inspection.jpeg) {
            (_, Some(frame)) => Some(BlockGrid { width: frame.mcu_width, height: frame.mcu_height, orientation }),
            (Format::Webp, None) => Some(BlockGrid { width: 16, height: 16, orientation }),
            _ => None,
        }
    }

    /// How many pixels a picture of the file has, where any is decoded; at most, where pages differ.
    pub(crate) fn pixels_decoded(&self, options: &Options, limits: &Limits) -> u64 {
        if !self.needs_pixels(options) || !self.inspection.format.is_decoded() {
            return 0;
        }
        let (width, height) = self.size();
        // Of pages, the size of the first alone is known here.
        let differ = self.inspection.format == Format::Tiff && self.inspection.frames > 1;
        if differ { limits.max_pixels } else { u64::from(width) * u64::from(height) }
    }

    /// Whether the options ask for something that only pixels can tell or change.
    pub(crate) fn needs_pixels(&self, options: &Options) -> bool {
        options.faces != FaceMode::Keep || (self.inspection.has_alpha && self.is_looked_under()) || self.changes_pixels(options)
    }

    /// Whether there may be something to cover.
    pub(crate) fn may_be_redacted(&self, options: &Options) -> bool {
        self.inspection.format.is_decoded() && (options.faces != FaceMode::Keep || !options.regions.is_empty())
    }

    /// Whether pixels under zero alpha can be looked at, to see that no colour hides there. GIF has none, and a BMP's are cleared as it is
    /// stripped.
    fn is_looked_under(&self) -> bool {
        matches!(self.inspection.format, Format::Png | Format::Webp | Format::Tiff)
    }

    pub(crate) fn needs_pixels_only_to_look_under(&self, options: &Options) -> bool {
        options.faces == FaceMode::Keep && !self.changes_pixels(options)
    }

    /// Whether the options change pixels whatever the picture shows.
    fn changes_pixels(&self, options: &Options) -> bool {
        let (width, height) = self.size();
        !options.regions.is_empty()
            || options.identity == Identity::Reset
            || options.output_format(self.inspection.format) != self.inspection.format
            || options.max_side.is_some_and(|side| width.max(height) > side)
    }

    /// Whether the lossless road serves: nothing to cover, nothing to change.
    pub(crate) fn pixels_stay(&self, options: &Options) -> bool {
        let may_stay = self.frames.as_ref().is_none_or(FramesLook::may_stay);
        may_stay && self.targets.is_empty() && self.hidden_pixels == 0 && !self.changes_pixels(options)
    }

    /// Chooses what to cover: every face that is not exempt, and the caller's regions.
    pub(crate) fn aim(&mut self, options: &Options) {
        if let Some(frames) = &mut self.frames {
            frames.aim(options);
        }
        let strength = Strength::Normal;
        let manual = options.regions.iter().map(|mark| Target { region: mark.region(), source: Source::Manual, strength, mode: mark.mode });
        let faces = self.found.faces.iter().filter(|face| !is_exempt(&face.region, options));
        let faces = faces.map(|face| Target {
            region: face.region,
            source: Source::Face { score: face.score },
            strength,
            mode: mode_of(&face.region, options),
        });
        if self.frames.is_none() {
            self.targets = manual.chain(faces).collect();
        }
        if self.image.is_none() && self.frames.is_none() {
            self.warnings.extend(lossless::unseen_colour(&self.inspection));
        }
        self.warnings.extend(lossless::cannot_keep(options.output_format(self.inspection.format), &options.keep));
    }

    /// The report so far: everything but output and redactions. On the road that re-encodes, every finding goes.
    pub(crate) fn report(&self, bytes: &[u8], options: &Options, pixels: Pixels) -> Report {
        let mut removed: Vec<Removed> = self.inspection.findings.iter().map(Removed::from).collect();
        if self.hidden_pixels > 0 {
            removed.push(Removed {
                kind: MetadataKind::Unknown,
                path: "pixels/colour under zero alpha".into(),
                bytes: usize::try_from(self.hidden_pixels.saturating_mul(3)).unwrap_or(usize::MAX),
                offset: None,
                value: None,
            });
        }
        let turned = pixels != Pixels::Untouched;
        let (faces_detected, faces, uncertain, detector) = match &self.frames {
            Some(frames) => frames.faces(),
            None => {
                let listed = |faces: &[Face]| faces.iter().map(|face| FoundFace::new(face, None)).collect();
                (self.found.faces.len(), listed(&self.found.faces), listed(&self.found.uncertain), self.found.detector.clone())
            }
        };
        removed.extend(self.frames.as_ref().into_iter().flat_map(|frames| frames.removed(&self.inspection, pixels)));
        Report {
            version: 1,
            input: FileFacts::new(self.inspection.format, self.size(), bytes).of_frames(self.inspection.frames),
            output: None,
            faces_detected,
            faces,
            uncertain,
            redactions: Vec::new(),
            removed,
            kept: Vec::new(),
            pixels,
            identity: options.identity,
            orientation_applied: if turned { self.inspection.orientation.value() } else { 1 },
            backend: Backends { blur: "none".into(), detector },
            warnings: self.warnings.clone(),
        }
    }
}
