//! Shrinks: to a longest side, or a little, so that no exact hash matches. Never enlarges.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{Filter, FilterType, ResizeAlg, ResizeOptions, Resizer};

use crate::{Error, Image, Random, Stream};

/// Shrinks so that the longer side is `max_side` px; a smaller picture is given back as it is.
///
/// # Errors
/// [`Error::InvalidOption`] when `max_side` is zero.
pub fn fit(image: Image, max_side: u32) -> Result<Image, Error> {
    if max_side == 0 {
        return Err(Error::InvalidOption("maxSide 0: must be at least 1".into()));
    }
    let longer = image.width().max(image.height());
    if longer <= max_side {
        return Ok(image);
    }
    let shrink = |side: u32| {
        // In u64 and rounded, so that no float decides the size; at most `max_side`, hence it fits.
        let side = (u64::from(side) * u64::from(max_side) * 2 + u64::from(longer)) / (u64::from(longer) * 2);
        u32::try_from(side).unwrap_or(max_side).clamp(1, max_side)
    };
    let (width, height) = (shrink(image.width()), shrink(image.height()));
    let whole = (f64::from(image.width()), f64::from(image.height()));
    resize(&image, width, height, whole)
}

/// Draws the identity reset's factor, evenly from 0.985 to 0.995.
#[must_use]
pub fn identity_factor(random: &Random) -> f64 {
    let mut words = random.words(Stream::Identity);
    SMALLEST_FACTOR + (LARGEST_FACTOR - SMALLEST_FACTOR) * f64::from(words()) / f64::from(u32::MAX)
}

/// Resizes by exactly `factor`: what is left over of a px lies beyond the new edges, so that no two factors give the same pixels. A side
/// above 64 px loses at least one px, so that the grid of pixels always changes.
///
/// # Errors
/// [`Error::InvalidOption`] when `factor` is not within 0.985 to 0.995.
pub fn identity_reset(image: &Image, factor: f64) -> Result<Image, Error> {
    if !(SMALLEST_FACTOR..=LARGEST_FACTOR).contains(&factor) {
        return Err(Error::InvalidOption(format!("identity factor {factor}: must be {SMALLEST_FACTOR} to {LARGEST_FACTOR}")));
    }
    let shrink = |side: u32| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a side times a factor below 1 is a smaller side")]
        let scaled = libm::floor(f64::from(side) * factor) as u32;
        scaled.clamp(1, if side > 64 { side - 1 } else { side })
    };
    let (width, height) = (shrink(image.width()), shrink(image.height()));
    let span = |side: u32, whole: u32| (f64::from(side) / factor).min(f64::from(whole));
    resize(image, width, height, (span(width, image.width()), span(height, image.height())))
}

/// Resizes the `window`, width and height in px, in the middle of a picture.
fn resize(image: &Image, width: u32, height: u32, window: (f64, f64)) -> Result<Image, Error> {
    let failed = |e: &dyn std::fmt::Display| Error::Unsupported(format!("resize to {width} × {height} px: {e}"));
    // The crate's own Lanczos calls the platform's sine; with libm's the kernel has the same bits everywhere. The
    // convolution itself is integer arithmetic, scalar and SIMD alike.
    let lanczos3 = Filter::new("lanczos3", lanczos3, 3.0).map_err(|e| failed(&e))?;
    // Colour under see-through pixels must not bleed, so it is weighted by alpha; without any, that would cost and change nothing.
    let has_alpha = !image.is_opaque();
    let (left, top) = ((f64::from(image.width()) - window.0) / 2.0, (f64::from(image.height()) - window.1) / 2.0);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Custom(lanczos3)))
        .use_alpha(has_alpha)
        .crop(left, top, window.0, window.1);
    // Typed: the untyped call links code and tables for every kind of pixel, a quarter of the whole download.
    let source = TypedImageRef::<U8x4>::from_buffer(image.width(), image.height(), image.pixels()).map_err(|e| failed(&e))?;
    let mut pixels = vec![0; width as usize * height as usize * 4];
    let mut target = TypedImage::<U8x4>::from_buffer(width, height, &mut pixels).map_err(|e| failed(&e))?;
    Resizer::new().resize_typed(&source, &mut target, &options).map_err(|e| failed(&e))?;
    let mut resized = Image::new(width, height, pixels)?;
    if has_alpha {
        for pixel in resized.pixels_mut().as_chunks_mut::<4>().0 {
            if pixel[3] == 0 {
                *pixel = [0; 4];
            }
        }
    }
    Ok(resized)
}

fn lanczos3(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    if x.abs() >= 3.0 {
        return 0.0;
    }
    let t = x * std::f64::consts::PI;
    3.0 * libm::sin(t) * libm::sin(t / 3.0) / (t * t)
}

/// Range of the identity reset's factor: enough to move every pixel, too little to see.
const SMALLEST_FACTOR: f64 = 0.985;
const LARGEST_FACTOR: f64 = 0.995;
