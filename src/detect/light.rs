//! More light for what a detector is shown of a dark picture: it has learnt from pictures taken in the light.
//!
//! Only what it is shown changes, never the picture. Each view has an exposure of its own, so that a close look into the shadow of a bright
//! picture is lit too.

/// What each level from 0 to 255 is shown as.
pub(super) type Light = [f32; 256];

/// The light for a view; `None` where it needs no more. Black does not count: it is what lies outside the picture.
pub(super) fn light(pixels: &[[u8; 4]]) -> Option<Light> {
    let levels = Levels::of(pixels);
    let high = levels.below(HIGHLIGHTS)?;
    let gain = if high < DIM { (BRIGHT / high).min(MOST_GAIN) } else { 1.0 };
    let median = levels.below(0.5)? * gain;
    // The power that brings the median to where it is wanted.
    let gamma = if median < WANTED_MEDIAN { (libm::log(WANTED_MEDIAN / WHITE) / libm::log(median / WHITE)).max(LEAST_GAMMA) } else { 1.0 };
    #[allow(clippy::cast_possible_truncation, reason = "to the nearest")]
    let lit = |level: usize| (WHITE * libm::pow((level as f64 * gain / WHITE).min(1.0), gamma)) as f32;
    (gain > 1.0 || gamma < 1.0).then(|| std::array::from_fn(lit))
}

/// What a level is shown as; of levels between two whole ones, which turned views have, what lies between.
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "levels are from 0 to 255")]
pub(super) fn lit(light: &Light, level: f32) -> f32 {
    let below = (level as usize).min(254);
    light[below] + (light[below + 1] - light[below]) * (level - below as f32)
}

/// How many pixels there are of each level, which is the highest of a pixel's three.
struct Levels {
    counts: [u64; 256],
    all: u64,
}

impl Levels {
    fn of(pixels: &[[u8; 4]]) -> Self {
        let mut counts = [0; 256];
        for &[r, g, b, _] in pixels.iter().step_by(SAMPLED) {
            counts[usize::from(r.max(g).max(b))] += 1;
        }
        counts[0] = 0;
        Self { all: counts.iter().sum(), counts }
    }

    /// The level below which this share of the pixels lies; `None` when all are black.
    fn below(&self, share: f64) -> Option<f64> {
        let mut passed = 0;
        let level = self.counts.iter().position(|count| {
            passed += count;
            passed as f64 > self.all as f64 * share
        })?;
        Some(level as f64)
    }
}

/// One pixel of so many is looked at. No picture's width is a multiple of it by habit.
const SAMPLED: usize = 3;

// Chosen by recall on darkened pictures: see models/README.md.

/// The share of pixels that are darker than the highlights.
const HIGHLIGHTS: f64 = 0.98;
/// Highlights darker than this are made as bright as [`BRIGHT`].
const DIM: f64 = 128.0;
const BRIGHT: f64 = 220.0;
/// More would show a picture's noise alone.
const MOST_GAIN: f64 = 8.0;
/// Where half of the pixels should be brighter, at least.
const WANTED_MEDIAN: f64 = 60.0;
const LEAST_GAMMA: f64 = 0.5;
const WHITE: f64 = 255.0;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    fn grey(levels: &[u8]) -> Vec<[u8; 4]> {
        levels.iter().flat_map(|&level| [[level, level / 2, 0, 255]; SAMPLED]).collect()
    }

    #[test]
    fn what_is_bright_enough_stays() {
        let even: Vec<u8> = (1..=255).collect();
        for levels in [&even, &vec![255], &vec![60; 50].into_iter().chain([130; 50]).collect()] {
            assert_eq!(light(&grey(levels)), None, "{levels:?}");
        }
        assert_eq!(light(&[]), None);
        assert_eq!(light(&grey(&[0; 9])), None);
    }

    #[test]
    fn the_highlights_of_a_dark_picture_become_bright() {
        let light = light(&grey(&(1..=50).collect::<Vec<u8>>())).unwrap();
        assert_eq!((light[0], light[50]), (0.0, 220.0));
        assert!(light.is_sorted() && light[255] == 255.0, "{light:?}");
        // Black beside the picture changes nothing.
        let framed: Vec<u8> = (1..=50).chain([0; 500]).collect();
        assert_eq!(super::light(&grey(&framed)), Some(light));
        let darkest = super::light(&grey(&[1, 2])).unwrap();
        assert!(darkest[2] <= 2.0 * 8.0 * 4.0, "{}", darkest[2]);
    }

    #[test]
    fn shadows_beside_lamps_are_lifted() {
        let light = light(&grey(&[[20; 90].as_slice(), &[250; 10]].concat())).unwrap();
        assert!((60.0..80.0).contains(&light[20]) && (250.0..255.0).contains(&light[250]), "{} {}", light[20], light[250]);
    }
}
