//! Resizes a picture to a pass's size and lays it out as the detector reads it: three planes, blue, green, red, 0 to 255.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::Pass;
use crate::{Error, Image};

/// The detector's view of a picture. The picture lies in the top left corner; the rest is black.
pub(crate) struct Letterbox {
    /// Width of the planes, px.
    pub(crate) width: usize,
    /// Height of the planes, px.
    pub(crate) height: usize,
    pub(crate) planes: Vec<f32>,
    /// Picture px for one px of the planes, across and down.
    pub(crate) scale: (f64, f64),
}

/// The sizes to look at and the lowest threshold asked for at each, in the order of `passes`.
pub(crate) fn sizes(image: &Image, passes: &[Pass]) -> Vec<((u32, u32), f32)> {
    let mut sizes: Vec<((u32, u32), f32)> = Vec::with_capacity(passes.len());
    for pass in passes {
        let size = size(image.width(), image.height(), pass.long_side);
        match sizes.iter_mut().find(|(seen, _)| *seen == size) {
            Some((_, threshold)) => *threshold = threshold.min(pass.threshold),
            None => sizes.push((size, pass.threshold)),
        }
    }
    sizes
}

/// The size at which a pass looks at a picture of `width` × `height`.
///
/// The longer side is `long_side`. A picture longer than 2 : 1 gets the area of one that is 2 : 1, or the faces in a panorama
/// would all be too small to find.
fn size(width: u32, height: u32, long_side: u32) -> (u32, u32) {
    let (w, h, side) = (f64::from(width), f64::from(height), f64::from(long_side));
    let scale = (side / w.max(h)).max(side / libm::sqrt(2.0 * w * h)).min(MAX_ENLARGEMENT);
    (scaled(width, scale), scaled(height, scale))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1, at most about `long_side` times its root")]
fn scaled(side: u32, scale: f64) -> u32 {
    (libm::round(f64::from(side) * scale) as u32).max(1)
}

/// Resizes `image` to `size` and pads it to multiples of `multiple`.
pub(crate) fn letterbox(image: &Image, size: (u32, u32), multiple: usize) -> Result<Letterbox, Error> {
    let opaque = on_white(image);
    let pixels = opaque.as_deref().unwrap_or_else(|| image.pixels());
    let resized = if size == (image.width(), image.height()) { None } else { Some(resize(pixels, image, size)?) };
    let pixels = resized.as_deref().unwrap_or(pixels);

    let (columns, rows) = (size.0 as usize, size.1 as usize);
    let (width, height) = (columns.next_multiple_of(multiple), rows.next_multiple_of(multiple));
    let mut planes = vec![0.0; 3 * width * height];
    for (plane, channel) in planes.chunks_exact_mut(width * height).zip([2, 1, 0]) {
        for (to, from) in plane.chunks_exact_mut(width).zip(pixels.chunks_exact(columns * 4)) {
            for (to, from) in to.iter_mut().zip(from.chunks_exact(4)) {
                *to = f32::from(from[channel]);
            }
        }
    }
    let scale = (f64::from(image.width()) / f64::from(size.0), f64::from(image.height()) / f64::from(size.1));
    Ok(Letterbox { width, height, planes, scale })
}

/// The pixels laid on white, as JPEG output shows them; `None` when they are opaque already.
fn on_white(image: &Image) -> Option<Vec<u8>> {
    if image.pixels().chunks_exact(4).all(|pixel| pixel[3] == 255) {
        return None;
    }
    let mut pixels = image.pixels().to_vec();
    for pixel in pixels.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        for channel in &mut pixel[..3] {
            let laid = (u32::from(*channel) * alpha + 255 * (255 - alpha) + 127) / 255;
            *channel = u8::try_from(laid).unwrap_or(u8::MAX);
        }
    }
    Some(pixels)
}

fn resize(pixels: &[u8], image: &Image, (width, height): (u32, u32)) -> Result<Vec<u8>, Error> {
    let fails = |error: &dyn std::fmt::Display| Error::Model(format!("the picture cannot be resized for the face model: {error}"));
    let source = TypedImageRef::<U8x4>::from_buffer(image.width(), image.height(), pixels).map_err(|e| fails(&e))?;
    let mut buffer = vec![0; width as usize * height as usize * 4];
    let mut resized = TypedImage::<U8x4>::from_buffer(width, height, &mut buffer).map_err(|e| fails(&e))?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
    Resizer::new().resize_typed(&source, &mut resized, &options).map_err(|e| fails(&e))?;
    Ok(buffer)
}

/// A small picture is enlarged, because its faces may be smaller than the 10 px or so that the detector needs. Beyond twice, it finds
/// no more.
const MAX_ENLARGEMENT: f64 = 2.0;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Image {
        let pixels = (0..width * height).flat_map(|index| [1, 2, 3, if index == 0 { 0 } else { 255 }]).collect();
        Image::new(width, height, pixels).unwrap()
    }

    #[test]
    fn a_pass_bounds_the_longer_side() {
        assert_eq!(size(4000, 3000, 640), (640, 480));
        assert_eq!(size(3000, 4000, 640), (480, 640));
        assert_eq!(size(640, 480, 640), (640, 480));
        assert_eq!(size(500, 400, 640), (640, 512), "enlarged");
        assert_eq!(size(100, 50, 640), (200, 100), "not more than twice");
        assert_eq!(size(1, 1, 640), (2, 2));
    }

    #[test]
    fn a_panorama_gets_the_area_of_a_picture_of_two_to_one() {
        assert_eq!(size(2000, 1000, 640), (640, 320));
        assert_eq!(size(8000, 1000, 640), (1280, 160));
        assert_eq!(size(10_000, 20, 640), (10_119, 20));
    }

    #[test]
    fn passes_of_one_size_are_one_pass_with_the_lower_threshold() {
        let passes =
            [Pass { long_side: 640, threshold: 0.5 }, Pass { long_side: 1280, threshold: 0.6 }, Pass { long_side: 2560, threshold: 0.4 }];
        assert_eq!(sizes(&picture(100, 80), &passes), [((200, 160), 0.4)]);
        assert_eq!(sizes(&picture(400, 320), &passes), [((640, 512), 0.5), ((800, 640), 0.4)]);
    }

    #[test]
    fn planes_are_blue_green_red_on_white_and_padded_with_black() {
        let letterbox = letterbox(&picture(3, 2), (3, 2), 4).unwrap();
        assert_eq!((letterbox.width, letterbox.height, letterbox.scale), (4, 4, (1.0, 1.0)));
        let plane = |value: f32| [[255.0, value, value, 0.0, value, value, value, 0.0], [0.0; 8]].concat();
        assert_eq!(letterbox.planes, [plane(3.0), plane(2.0), plane(1.0)].concat());
    }
}
