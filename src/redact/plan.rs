//! Decides what is covered and how, in whole numbers only, so that every machine that executes the plan gives the same bytes.

use std::ops::Range;

use super::rect::{BlockGrid, Rect};
use crate::redaction::{Redaction, Source};
use crate::{FaceMode, Random, Region, Stream};

/// Something to redact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Where, px of the upright picture. May reach outside it.
    pub region: Region,
    /// Who asked for it.
    pub source: Source,
    /// How hard to redact it.
    pub strength: Strength,
    /// What it looks like, if not like the others.
    pub mode: Option<FaceMode>,
}

/// How hard to redact a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// As the mode says.
    Normal,
    /// For a face that was still found afterwards: half as much growth again, and one neutral colour whatever the mode.
    Harder,
}

/// What to do to a picture of a given size. Holds no pixel of it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) jobs: Vec<Job>,
    pub(super) keys: [u32; 4],
    redactions: Vec<Redaction>,
    outside: Vec<usize>,
}

impl Plan {
    /// What will be redacted, in the order of the targets; those outside the picture are left out.
    #[must_use]
    pub fn redactions(&self) -> &[Redaction] {
        &self.redactions
    }

    /// Which targets lie wholly outside the picture, so that nothing is redacted for them.
    #[must_use]
    pub fn outside(&self) -> &[usize] {
        &self.outside
    }
}

/// Plans the redaction of `targets` in an upright picture of `width` × `height`.
///
/// `grid` is the block grid of a lossy source, `None` for a lossless one. `random` gives the noise. [`FaceMode::Keep`] is about faces
/// only, so whatever is in `targets` is blurred with it.
#[must_use]
pub fn plan(width: u32, height: u32, targets: &[Target], mode: FaceMode, grid: Option<BlockGrid>, random: &Random) -> Plan {
    let mut parts = Vec::new();
    let mut outside = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let growth = match (target.source, target.strength) {
            (Source::Manual, Strength::Normal) => 0.0,
            (_, Strength::Normal) => FACE_GROWTH,
            (_, Strength::Harder) => FACE_GROWTH * 1.5,
        };
        let Some(rect) = Rect::covering(&target.region, growth, width, height) else {
            outside.push(index);
            continue;
        };
        let rect = grid.map_or(rect, |grid| grid.snap(&rect, width, height));
        let look = match (target.strength, target.mode.unwrap_or(mode)) {
            (Strength::Harder, _) | (_, FaceMode::Fill) => Look::Fill,
            (_, FaceMode::Mosaic) => Look::Mosaic,
            (_, FaceMode::Gaussian) => Look::Gaussian,
            (_, FaceMode::Blur | FaceMode::Keep) => Look::Blur,
        };
        parts.push(Part { rect, look, source: target.source });
    }
    let clusters = clusters(&parts);
    let mut redactions = vec![None; parts.len()];
    let mut jobs = Vec::with_capacity(clusters.len());
    for members in clusters {
        let look = members.iter().map(|&m| parts[m].look).max().unwrap_or(Look::Fill);
        for &member in &members {
            let Part { rect, source, .. } = parts[member];
            redactions[member] =
                Some(Redaction { region: rect.region(), source, mode: look.mode(), irreversible: look.is_irreversible(), frame: None });
        }
        jobs.push(Job::new(members.iter().map(|&m| parts[m].rect).collect(), look, width, height));
    }
    let mut word = random.words(Stream::Noise);
    let keys = [word(), word(), word(), word()];
    Plan { width, height, jobs, keys, redactions: redactions.into_iter().flatten().collect(), outside }
}

struct Part {
    rect: Rect,
    look: Look,
    source: Source,
}

/// What a redaction looks like; the stronger the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    Gaussian,
    Blur,
    Mosaic,
    Fill,
}

impl Look {
    pub(super) fn is_irreversible(self) -> bool {
        self != Self::Gaussian
    }

    fn mode(self) -> FaceMode {
        match self {
            Self::Gaussian => FaceMode::Gaussian,
            Self::Blur => FaceMode::Blur,
            Self::Mosaic => FaceMode::Mosaic,
            Self::Fill => FaceMode::Fill,
        }
    }

    /// Over how many px outside a rectangle of this longer side the redaction fades into the picture.
    fn feather(self, long_side: u32) -> u32 {
        match self {
            Self::Gaussian | Self::Blur => (long_side / 16).clamp(2, 40),
            Self::Mosaic | Self::Fill => 0,
        }
    }
}

/// Rectangles that touch, fading included, are redacted as one: otherwise one would fade into what another covers.
fn clusters(parts: &[Part]) -> Vec<Vec<usize>> {
    let feather = |part: &Part| part.look.feather(part.rect.long_side());
    let mut cluster_of: Vec<usize> = (0..parts.len()).collect();
    for a in 0..parts.len() {
        for b in 0..a {
            if cluster_of[a] != cluster_of[b] && parts[a].rect.is_within(feather(&parts[a]) + feather(&parts[b]) + 1, &parts[b].rect) {
                let (from, into) = (cluster_of[a].max(cluster_of[b]), cluster_of[a].min(cluster_of[b]));
                cluster_of[..=a].iter_mut().filter(|c| **c == from).for_each(|c| *c = into);
            }
        }
    }
    let mut clusters: Vec<Vec<usize>> = vec![Vec::new(); parts.len()];
    for (part, &cluster) in cluster_of.iter().enumerate() {
        clusters[cluster].push(part);
    }
    clusters.retain(|members| !members.is_empty());
    clusters
}

/// One cluster of rectangles, redacted together.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) look: Look,
    /// Covered rectangles and over how many px each fades.
    pub(super) rects: Vec<(Rect, u32)>,
    /// Everything that may change: the rectangles and their fading.
    pub(super) paint: Rect,
    /// How the new colours come about; `None` for one neutral colour.
    pub(super) field: Option<Field>,
}

impl Job {
    fn new(rects: Vec<Rect>, look: Look, width: u32, height: u32) -> Self {
        let long_side = rects.iter().map(Rect::long_side).max().unwrap_or(1);
        let rects: Vec<(Rect, u32)> = outermost(rects).into_iter().map(|rect| (rect, look.feather(rect.long_side()))).collect();
        let grown = |(rect, feather): &(Rect, u32)| rect.grown(*feather, width, height);
        let paint = rects.iter().map(grown).reduce(|a, b| a.union(&b)).unwrap_or(Rect { left: 0, top: 0, right: width, bottom: height });
        let field = (look != Look::Fill).then(|| Field::new(&paint, long_side, look, width, height));
        Self { look, rects, paint, field }
    }
}

/// How much of a redaction shows, row by row.
pub(super) struct Coverage<'a> {
    job: &'a Job,
    /// How many px above or below each rectangle the row lies, or one more than it fades over.
    away: Vec<u32>,
    row: Row,
}

/// One row.
pub(super) struct Row {
    /// For each px of `paint`: 0 none, 255 all.
    pub(super) shown: Vec<u8>,
    /// Where anything shows: either all in the whole run, or a part in the whole run.
    pub(super) runs: Vec<Range<usize>>,
}

impl<'a> Coverage<'a> {
    pub(super) fn new(job: &'a Job) -> Self {
        Self { job, away: Vec::new(), row: Row { shown: vec![0; job.paint.width() as usize], runs: Vec::new() } }
    }

    pub(super) fn row(&mut self, y: u32) -> &Row {
        let away = |(rect, feather): &(Rect, u32)| rect.top.saturating_sub(y).max((y + 1).saturating_sub(rect.bottom)).min(feather + 1);
        let away: Vec<u32> = self.job.rects.iter().map(away).collect();
        // All rows in the middle of a rectangle are one.
        if away != self.away {
            self.away = away;
            self.draw();
        }
        &self.row
    }

    fn draw(&mut self) {
        let Self { job: Job { rects, paint, .. }, away, row: Row { shown, runs } } = self;
        shown.fill(0);
        for ((rect, feather), &dy) in rects.iter().zip(away.iter()).filter(|((_, feather), dy)| *dy <= feather) {
            let at = |x: u32| (x - paint.left) as usize;
            let left = rect.left.saturating_sub(*feather).max(paint.left);
            let right = rect.right.saturating_add(*feather).min(paint.right);
            for x in (left..rect.left).chain(rect.right..right) {
                let dx = rect.left.saturating_sub(x).max((x + 1).saturating_sub(rect.right));
                shown[at(x)] = shown[at(x)].max(fade(dx, dy, *feather));
            }
            let core = fade(0, dy, *feather);
            shown[at(rect.left)..at(rect.right)].iter_mut().for_each(|shown| *shown = core.max(*shown));
        }
        runs.clear();
        let mut start = 0;
        for run in shown.chunk_by(|a, b| (*a == 0, *a == 255) == (*b == 0, *b == 255)) {
            if run[0] > 0 {
                runs.push(start..start + run.len());
            }
            start += run.len();
        }
    }
}

/// Leaves out rectangles that lie within others, so that many on one place cost no more than one.
fn outermost(mut rects: Vec<Rect>) -> Vec<Rect> {
    rects.sort_by_key(|rect| (std::cmp::Reverse(u64::from(rect.width()) * u64::from(rect.height())), rect.left, rect.top));
    let mut kept: Vec<Rect> = Vec::with_capacity(rects.len());
    for rect in rects {
        if !kept.iter().any(|outer| outer.union(&rect) == *outer) {
            kept.push(rect);
        }
    }
    kept
}

/// 255 inside, falling smoothly to 0 just beyond `feather` px.
fn fade(dx: u32, dy: u32, feather: u32) -> u8 {
    if dx == 0 && dy == 0 {
        return 255;
    }
    // Distance in 1/256 of the way from full to none; below 256 the smoothstep gives at most 254, so that 255 means covered.
    let distance = (((dx * dx + dy * dy) << 16).isqrt()) / (feather + 1);
    let rest = 256u32.saturating_sub(distance);
    u8::try_from((rest * rest * (768 - 2 * rest)) >> 16).unwrap_or(254).min(254)
}

/// The coarse grid of cells in which colours spread over the covered pixels.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// The pixels that cells are made from: `Job::paint` and a ring around it.
    pub(super) crop: Rect,
    /// Side of a cell in px, at most [`MAX_CELL`].
    pub(super) cell: u32,
    pub(super) columns: u32,
    pub(super) rows: u32,
    /// Half of a symmetric Gaussian, from the centre outward: `kernel[0] + 2 * kernel[1..].sum()` is 65,536.
    pub(super) kernel: Vec<u32>,
    /// Px between two nodes of the low-frequency noise.
    pub(super) lattice: u32,
    /// Side of a mosaic's tiles in px; 0 for none.
    pub(super) tile: u32,
}

impl Field {
    fn new(paint: &Rect, long_side: u32, look: Look, width: u32, height: u32) -> Self {
        // In parts of the longer side. An ordinary Gaussian needs the surroundings to about 2 σ, and with its wide σ few cells; spreading
        // the surroundings needs a ring only, and cells small enough for a clean rim.
        let (ring, cells_across, sigma) = if look == Look::Gaussian { (long_side, 16, 0.5) } else { ((long_side / 4).max(4), 64, 0.11) };
        let crop = paint.grown(ring, width, height);
        let mut cell = long_side.div_ceil(cells_across).clamp(1, MAX_CELL);
        while u64::from(crop.width().div_ceil(cell)) * u64::from(crop.height().div_ceil(cell)) > MAX_CELLS && cell < MAX_CELL {
            cell += 1;
        }
        let sigma_cells = f64::from(long_side) / f64::from(cell) * sigma;
        Self {
            crop,
            cell,
            columns: crop.width().div_ceil(cell),
            rows: crop.height().div_ceil(cell),
            kernel: gaussian(sigma_cells.max(0.8)),
            lattice: long_side.div_ceil(8).max(4),
            tile: if look == Look::Mosaic { long_side.div_ceil(8) } else { 0 },
        }
    }
}

/// The right half of a Gaussian as whole numbers, cut at 3 σ. The centre takes what rounding leaves, so that the sum is exact.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "σ is at most 128 cells, weights are 0 to 65,536")]
fn gaussian(sigma: f64) -> Vec<u32> {
    let radius = (3.0 * sigma).ceil() as u32;
    let weights: Vec<f64> = (0..=radius).map(|i| libm::exp(-f64::from(i * i) / (2.0 * sigma * sigma))).collect();
    let sum: f64 = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    let mut kernel: Vec<u32> = weights.iter().map(|w| libm::round(w / sum * 65536.0) as u32).collect();
    kernel[0] = 65536 - 2 * kernel[1..].iter().sum::<u32>();
    kernel
}

/// Part of its size by which a face's box is grown on each side: with none 13.6 % of faces were still recognised from the rim, with
/// 0.1 7.6 %, with 0.2 1.9 %, which is chance.
pub const FACE_GROWTH: f64 = 0.2;
/// The sum of 256 × 256 px × 255 alpha × 255 colour is the largest that fits 32 bits.
const MAX_CELL: u32 = 256;
/// Cells of one cluster, so that a crowd of touching faces cannot take more memory than a picture.
const MAX_CELLS: u64 = 1 << 18;
