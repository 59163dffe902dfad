//! What a detector sees: a part of the picture at some size, turned and mirrored as a look wants it, laid out as three planes, blue, green,
//! red, 0 to 255. A dark one is shown in more light.

use std::borrow::Cow;
use std::cell::OnceCell;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::light::{light, lit};
use crate::vector::vectorized;
use crate::{Error, Face, Image, Region};

/// A picture without see-through pixels: laid on white, as JPEG output shows them.
pub(crate) struct Picture<'a> {
    width: u32,
    height: u32,
    pixels: Cow<'a, [u8]>,
    /// The same in half its size, made when a look first wants so little of it.
    half: OnceCell<Box<Picture<'static>>>,
}

/// Which part of a picture is shown, how large, and how it is turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    /// Left edge of the part, px of the picture. What lies outside the picture is black.
    pub(crate) left: i64,
    /// Top edge.
    pub(crate) top: i64,
    /// Width of the part, px of the picture.
    pub(crate) width: u32,
    /// Height of the part.
    pub(crate) height: u32,
    /// Width and height at which it is shown before it is turned, px.
    pub(crate) size: (u32, u32),
    /// How far the faces looked for are turned in the picture, degrees clockwise: it is turned back by that.
    pub(crate) angle: i32,
    /// Left and right change places, after the turn.
    pub(crate) mirrored: bool,
}

/// The planes. The part of the picture lies in the top left corner; the rest is black.
pub struct View {
    /// Width of the planes, px, a multiple of [`MULTIPLE`].
    pub(crate) width: usize,
    /// Height of the planes, px, a multiple of [`MULTIPLE`].
    pub(crate) height: usize,
    pub(crate) planes: Vec<f32>,
    frame: Frame,
    /// Width and height of what is shown, without what fills up to the multiple.
    shown: (usize, usize),
}

impl Frame {
    /// All of a picture, its longer side about `long_side`.
    pub(crate) fn whole(width: u32, height: u32, long_side: u32, angle: i32) -> Self {
        Self { left: 0, top: 0, width, height, size: size(width, height, long_side, angle), angle, mirrored: false }
    }

    /// What a network has to compute for it, px.
    pub(crate) fn cost(&self) -> u64 {
        let (width, height) = self.turned_size();
        (width.next_multiple_of(MULTIPLE) * height.next_multiple_of(MULTIPLE)) as u64
    }

    /// Width and height after the turn.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a side is positive, and at most the sum of two")]
    fn turned_size(&self) -> (usize, usize) {
        let (sin, cos) = turn(self.angle);
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        let side = |a: f64, b: f64| (libm::ceil(a.abs() + b.abs() - ROUNDING) as usize).max(1);
        (side(width * cos, height * sin), side(width * sin, height * cos))
    }
}

impl<'a> Picture<'a> {
    pub(crate) fn new(image: &'a Image) -> Self {
        let pixels = on_white(image).map_or(Cow::Borrowed(image.pixels()), Cow::Owned);
        Self { width: image.width(), height: image.height(), pixels, half: OnceCell::new() }
    }

    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// Shows `frame`.
    ///
    /// # Errors
    /// [`Error::Model`] when the frame is empty.
    pub(crate) fn view(&self, frame: &Frame) -> Result<View, Error> {
        let upright = self.cut(frame)?;
        let upright = upright.as_chunks::<4>().0;
        let shown = frame.turned_size();
        let (width, height) = (shown.0.next_multiple_of(MULTIPLE), shown.1.next_multiple_of(MULTIPLE));
        let mut planes = vec![0.0; 3 * width * height];
        let (blue, rest) = planes.split_at_mut(width * height);
        let (green, red) = rest.split_at_mut(width * height);
        let columns = frame.size.0 as usize;
        let light = light(upright);
        for y in 0..shown.1 {
            let row = y * width..y * width + shown.0;
            let row = blue[row.clone()].iter_mut().zip(&mut green[row.clone()]).zip(&mut red[row]);
            if frame.angle == 0 && !frame.mirrored {
                for (((b, g), r), pixel) in row.zip(&upright[y * columns..][..columns]) {
                    (*r, *g, *b) = (f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2]));
                }
                continue;
            }
            let mut source = Walk::new(frame, shown, y);
            for ((b, g), r) in row {
                [*r, *g, *b] = source.step(upright);
            }
        }
        if let Some(light) = light {
            planes.iter_mut().for_each(|level| *level = lit(&light, *level));
        }
        Ok(View { width, height, planes, frame: *frame, shown })
    }

    /// The frame's part of the picture at its size, upright.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clipped to the picture and to the frame's size")]
    fn cut(&self, frame: &Frame) -> Result<Cow<'_, [u8]>, Error> {
        let (columns, rows) = frame.size;
        if (frame.left, frame.top, frame.width, frame.height) == (0, 0, self.width, self.height) && frame.size == (self.width, self.height)
        {
            return Ok(Cow::Borrowed(&self.pixels));
        }
        // Clipped to the picture, then to where that lies in the frame.
        let clip = |start: i64, length: u32, side: u32| {
            let from = start.clamp(0, i64::from(side));
            (from, (start + i64::from(length)).clamp(from, i64::from(side)))
        };
        let (left, right) = clip(frame.left, frame.width, self.width);
        let (top, bottom) = clip(frame.top, frame.height, self.height);
        let place = |at: i64, start: i64, length: u32, size: u32| {
            libm::round((at - start) as f64 * f64::from(size) / f64::from(length.max(1))) as u32
        };
        let (to_left, to_right) = (place(left, frame.left, frame.width, columns), place(right, frame.left, frame.width, columns));
        let (to_top, to_bottom) = (place(top, frame.top, frame.height, rows), place(bottom, frame.top, frame.height, rows));
        let mut upright = vec![0; columns as usize * rows as usize * 4];
        if to_left >= to_right || to_top >= to_bottom {
            return Ok(Cow::Owned(upright));
        }
        let part = (left as f64, top as f64, (right - left) as f64, (bottom - top) as f64);
        let (width, height) = (to_right - to_left, to_bottom - to_top);
        if (width, height) == frame.size {
            self.resize(part, (width, height), &mut upright)?;
            return Ok(Cow::Owned(upright));
        }
        let mut resized = vec![0; width as usize * height as usize * 4];
        self.resize(part, (width, height), &mut resized)?;
        let rows = upright.chunks_exact_mut(columns as usize * 4).skip(to_top as usize);
        for (to, from) in rows.zip(resized.chunks_exact(width as usize * 4)) {
            to[to_left as usize * 4..to_right as usize * 4].copy_from_slice(from);
        }
        Ok(Cow::Owned(upright))
    }

    fn resize(&self, (left, top, width, height): (f64, f64, f64, f64), size: (u32, u32), buffer: &mut [u8]) -> Result<(), Error> {
        if (width / f64::from(size.0)).min(height / f64::from(size.1)) >= LEAST_SHRINKING * 2.0 {
            let part = (left / 2.0, top / 2.0, width / 2.0, height / 2.0);
            return self.half.get_or_init(|| Box::new(self.halved())).resize(part, size, buffer);
        }
        let fails = |error: &dyn std::fmt::Display| Error::Model(format!("the picture cannot be resized for the face model: {error}"));
        let source = TypedImageRef::<U8x4>::from_buffer(self.width, self.height, &self.pixels).map_err(|e| fails(&e))?;
        let mut resized = TypedImage::<U8x4>::from_buffer(size.0, size.1, buffer).map_err(|e| fails(&e))?;
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false).crop(left, top, width, height);
        Resizer::new().resize_typed(&source, &mut resized, &options).map_err(|e| fails(&e))
    }
}

impl Picture<'_> {
    /// Each px is the mean of four; an odd side's last one counts twice.
    fn halved(&self) -> Picture<'static> {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut pixels = vec![0; width as usize * height as usize * 4];
        let stride = self.width as usize * 4;
        let rows = self.pixels.chunks(2 * stride).zip(pixels.chunks_exact_mut(width as usize * 4));
        vectorized(
            #[inline(always)]
            || rows.for_each(|(rows, half)| halve(&rows[..stride], &rows[rows.len() - stride..], half)),
        );
        Picture { width, height, pixels: Cow::Owned(pixels), half: OnceCell::new() }
    }
}

/// Puts the means of two rows' pixels, four at a time, into `half`; an odd row's last ones are two.
#[inline(always)]
fn halve(upper: &[u8], lower: &[u8], half: &mut [u8]) {
    // Two px as one number: each second channel has room for sums of four levels.
    const CHANNELS: u64 = 0x00FF_00FF_00FF_00FF;
    const HALVES: u64 = 0x0002_0002;
    let (pairs, last) = upper.as_chunks::<8>();
    let (others, other_last) = lower.as_chunks::<8>();
    let half = half.as_chunks_mut::<4>().0;
    let mean = |a: [u8; 8], b: [u8; 8]| {
        let (a, b) = (u64::from_le_bytes(a), u64::from_le_bytes(b));
        let (even, odd) = ((a & CHANNELS) + (b & CHANNELS), (a >> 8 & CHANNELS) + (b >> 8 & CHANNELS));
        let mean = |sums: u64| (sums + (sums >> 32) + HALVES) >> 2 & CHANNELS;
        #[allow(clippy::cast_possible_truncation, reason = "the upper half is a sum of its own that nobody wants")]
        ((mean(even) | mean(odd) << 8) as u32).to_le_bytes()
    };
    for (pixel, (a, b)) in half.iter_mut().zip(pairs.iter().zip(others)) {
        *pixel = mean(*a, *b);
    }
    if let (&[a, b, c, d], &[e, f, g, h]) = (last, other_last) {
        half[pairs.len()] = mean([a, b, c, d, a, b, c, d], [e, f, g, h, e, f, g, h]);
    }
}

/// Goes along a row of the turned view, and gives what the upright one shows there.
struct Walk {
    x: f64,
    y: f64,
    step: (f64, f64),
    size: (u32, u32),
    /// A quarter turn puts each px on another: no mixing of neighbours.
    exact: bool,
}

impl Walk {
    fn new(frame: &Frame, shown: (usize, usize), row: usize) -> Self {
        let (sin, cos) = turn(frame.angle);
        let first = if frame.mirrored { shown.0 as f64 - 0.5 } else { 0.5 };
        let forward = if frame.mirrored { -1.0 } else { 1.0 };
        let (x, y) = to_upright(frame, shown, first, row as f64 + 0.5);
        Self { x, y, step: (forward * cos, forward * sin), size: frame.size, exact: frame.angle % 90 == 0 }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with the size, and levels are means of levels")]
    fn step(&mut self, upright: &[[u8; 4]]) -> [f32; 3] {
        let (columns, rows) = (self.size.0 as usize, self.size.1 as usize);
        let pixel = |x: f64, y: f64| {
            let inside = x >= 0.0 && y >= 0.0 && x < columns as f64 && y < rows as f64;
            let pixel = if inside { upright.get(y as usize * columns + x as usize) } else { None };
            pixel.map_or([0.0; 3], |[r, g, b, _]| [f32::from(*r), f32::from(*g), f32::from(*b)])
        };
        let shown = if self.exact {
            pixel(libm::floor(self.x + ROUNDING), libm::floor(self.y + ROUNDING))
        } else {
            let (x, y) = (self.x - 0.5, self.y - 0.5);
            let (left, top) = (libm::floor(x), libm::floor(y));
            let (across, down) = ((x - left) as f32, (y - top) as f32);
            let mix = |a: [f32; 3], b: [f32; 3], part: f32| [0, 1, 2].map(|c: usize| a[c] + (b[c] - a[c]) * part);
            let upper = mix(pixel(left, top), pixel(left + 1.0, top), across);
            let lower = mix(pixel(left, top + 1.0), pixel(left + 1.0, top + 1.0), across);
            mix(upper, lower, down)
        };
        (self.x, self.y) = (self.x + self.step.0, self.y + self.step.1);
        shown
    }
}

impl View {
    /// A box in px of the view, as a face in px of the picture; `None` when it is no box.
    ///
    /// A rectangle has no top: whichever of its sides is up, its angle is written from -45 (exclusive) to 45 degrees.
    pub(crate) fn face(&self, centre: (f64, f64), width: f64, height: f64, score: f32) -> Option<Face> {
        let x = if self.frame.mirrored { self.shown.0 as f64 - centre.0 } else { centre.0 };
        let (x, y) = to_upright(&self.frame, self.shown, x, centre.1);
        let across = f64::from(self.frame.width) / f64::from(self.frame.size.0);
        let down = f64::from(self.frame.height) / f64::from(self.frame.size.1);
        let quarters = (self.frame.angle + 44).div_euclid(90);
        let (width, height) = if quarters.rem_euclid(2) == 1 { (height, width) } else { (width, height) };
        let (width, height) = (width * across, height * down);
        let (x, y) = (self.frame.left as f64 + x * across, self.frame.top as f64 + y * down);
        let angle = f64::from(self.frame.angle - 90 * quarters);
        let region =
            Region { x: tenths(x - width / 2.0), y: tenths(y - height / 2.0), width: tenths(width), height: tenths(height), angle };
        let score = libm::round(f64::from(score) * 1000.0) / 1000.0;
        let finite = [region.x, region.y, region.width, region.height, score].iter().all(|number| number.is_finite());
        finite.then_some(Face { region, score })
    }
}

/// From the turned view, not mirrored, to the upright one.
fn to_upright(frame: &Frame, shown: (usize, usize), x: f64, y: f64) -> (f64, f64) {
    let (sin, cos) = turn(frame.angle);
    let (dx, dy) = (x - shown.0 as f64 / 2.0, y - shown.1 as f64 / 2.0);
    (dx * cos - dy * sin + f64::from(frame.size.0) / 2.0, dx * sin + dy * cos + f64::from(frame.size.1) / 2.0)
}

/// Sine and cosine; exact for quarter turns.
fn turn(angle: i32) -> (f64, f64) {
    match angle.rem_euclid(360) {
        0 => (0.0, 1.0),
        90 => (1.0, 0.0),
        180 => (0.0, -1.0),
        270 => (-1.0, 0.0),
        degrees => (libm::sin(f64::from(degrees).to_radians()), libm::cos(f64::from(degrees).to_radians())),
    }
}

/// Rounded, so that platforms whose float sums differ in the last bits agree on where a face is.
fn tenths(px: f64) -> f64 {
    libm::round(px * 10.0) / 10.0
}

/// The size at which a pass looks at a picture of `width` × `height`.
///
/// The longer side is `long_side`. A picture longer than 2 : 1 gets the area of one that is 2 : 1, or the faces in a panorama
/// would all be too small to find.
///
/// A panorama that is turned by less than a right angle would need a square as wide as it is long: it gets the area that a square picture
/// needs.
fn size(width: u32, height: u32, long_side: u32, angle: i32) -> (u32, u32) {
    let (w, h, side) = (f64::from(width), f64::from(height), f64::from(long_side));
    let most = if angle % 90 == 0 { MAX_ENLARGEMENT } else { 2.0 * side / (w + h) };
    let scale = (side / w.max(h)).max(side / libm::sqrt(2.0 * w * h)).min(MAX_ENLARGEMENT).min(most);
    (scaled(width, scale), scaled(height, scale))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1, at most about `long_side` times its root")]
fn scaled(side: u32, scale: f64) -> u32 {
    (libm::round(f64::from(side) * scale) as u32).max(1)
}

/// The pixels laid on white, as JPEG output shows them; `None` when they are opaque already.
fn on_white(image: &Image) -> Option<Vec<u8>> {
    if image.is_opaque() {
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

/// By how much a picture is at least shrunk by filtering, after it was halved: the means of four alone would show steps.
const LEAST_SHRINKING: f64 = 1.5;

/// A small picture is enlarged, because its faces may be smaller than the 10 px or so that the detector needs. Beyond twice, it finds
/// no more.
pub(crate) const MAX_ENLARGEMENT: f64 = 2.0;

/// The coarsest stride of the detectors: sides of their input must be multiples of it.
pub(crate) const MULTIPLE: usize = 32;

/// Far less than a px, far more than a float's last bits.
const ROUNDING: f64 = 1e-6;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Image {
        let pixels = (0..width * height).flat_map(|index| [1, 2, 3, if index == 0 { 0 } else { 255 }]).collect();
        Image::new(width, height, pixels).unwrap()
    }

    /// Every px another colour: its red is its column, its green its row. Its blue is bright, so that it is shown as it is.
    fn counted(width: u32, height: u32) -> Image {
        let byte = |number: u32| u8::try_from(number).unwrap();
        let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [byte(x + 1), byte(y + 1), 200, 255])).collect();
        Image::new(width, height, pixels).unwrap()
    }

    /// Red and green of a view, row by row, as (column, row) of the picture.
    fn places(view: &View) -> Vec<Vec<(f32, f32)>> {
        let plane = view.width * view.height;
        let at = |x: usize, y: usize| (view.planes[2 * plane + y * view.width + x] - 1.0, view.planes[plane + y * view.width + x] - 1.0);
        (0..view.shown.1).map(|y| (0..view.shown.0).map(|x| at(x, y)).collect()).collect()
    }

    #[test]
    fn a_half_has_the_means_of_four() {
        let image = Image::new(3, 3, (0..9_u8).flat_map(|n| [n * 20, n, 7, 255]).collect()).unwrap();
        let half = Picture::new(&image).halved();
        assert_eq!((half.width, half.height), (2, 2));
        // Means of 0, 1, 3, 4; of 2, 2, 5, 5; of 6, 7, 6, 7; and 8.
        assert_eq!(half.pixels.as_chunks::<4>().0, [[40, 2, 7, 255], [70, 4, 7, 255], [130, 7, 7, 255], [160, 8, 7, 255]]);
        let line = Image::new(1, 5, (0..5_u8).flat_map(|n| [n * 10, 0, 0, 255]).collect()).unwrap();
        let reds: Vec<u8> = Picture::new(&line).halved().pixels.as_chunks().0.iter().map(|[red, ..]: &[u8; 4]| *red).collect();
        assert_eq!(reds, [5, 25, 40]);
    }

    #[test]
    fn halving_first_shows_about_the_same() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "8 to 248")]
        let level = |x: u32, y: u32| (128.0 + 60.0 * (f64::from(x) / 15.0).sin() + 60.0 * (f64::from(y) / 18.0).cos()).round() as u8;
        for (width, height) in [(801, 603), (1600, 1200)] {
            let image =
                Image::new(width, height, (0..height).flat_map(|y| (0..width).flat_map(move |x| [level(x, y), 90, 200, 255])).collect())
                    .unwrap();
            let picture = Picture::new(&image);
            let [left, top] = [13, 30];
            for (part, size) in [((0, 0, width, height), (100, 75)), ((left, top, 512, 512), (64, 64)), ((left, top, 480, 480), (160, 160))]
            {
                let frame = Frame { left: part.0, top: part.1, width: part.2, height: part.3, size, angle: 0, mirrored: false };
                let seen = picture.view(&frame).unwrap();
                assert!(picture.half.get().is_some());
                let mut wanted = vec![0; size.0 as usize * size.1 as usize * 4];
                let source = TypedImageRef::<U8x4>::from_buffer(width, height, image.pixels()).unwrap();
                let part = (part.0 as f64, part.1 as f64, f64::from(part.2), f64::from(part.3));
                let options =
                    ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).crop(part.0, part.1, part.2, part.3);
                Resizer::new()
                    .resize_typed(&source, &mut TypedImage::<U8x4>::from_buffer(size.0, size.1, &mut wanted).unwrap(), &options)
                    .unwrap();
                let plane = seen.width * seen.height;
                let mut apart = 0.0;
                for (index, pixel) in wanted.as_chunks::<4>().0.iter().enumerate() {
                    let (x, y) = (index % size.0 as usize, index / size.0 as usize);
                    let red = seen.planes[2 * plane + y * seen.width + x];
                    assert!((red - f32::from(pixel[0])).abs() <= 6.0, "{x}, {y}: {red} instead of {}", pixel[0]);
                    apart += f64::from((red - f32::from(pixel[0])).abs());
                }
                // Shifted by one px, the picture would differ by more than two levels on average.
                let mean = apart / f64::from(size.0 * size.1);
                assert!(mean < 1.5, "{width} × {height} to {size:?}: {mean}");
            }
        }
    }

    #[test]
    fn a_pass_bounds_the_longer_side() {
        assert_eq!(size(4000, 3000, 640, 0), (640, 480));
        assert_eq!(size(3000, 4000, 640, 0), (480, 640));
        assert_eq!(size(640, 480, 640, 0), (640, 480));
        assert_eq!(size(500, 400, 640, 0), (640, 512), "enlarged");
        assert_eq!(size(100, 50, 640, 0), (200, 100), "not more than twice");
        assert_eq!(size(1, 1, 640, 0), (2, 2));
    }

    #[test]
    fn a_panorama_gets_the_area_of_a_picture_of_two_to_one() {
        assert_eq!(size(2000, 1000, 640, 0), (640, 320));
        assert_eq!(size(8000, 1000, 640, 0), (1280, 160));
        assert_eq!(size(10_000, 20, 640, 0), (10_119, 20));
        // A square of (1278 + 2) / √2 = 905 px.
        assert_eq!(size(10_000, 20, 640, 45), (1277, 3));
        assert_eq!(size(800, 600, 640, 45), size(800, 600, 640, 0));
    }

    #[test]
    fn planes_are_blue_green_red_on_white_and_padded_with_black() {
        let image = picture(3, 2);
        let frame = Frame { left: 0, top: 0, width: 3, height: 2, size: (3, 2), angle: 0, mirrored: false };
        let view = Picture::new(&image).view(&frame).unwrap();
        assert_eq!((view.width, view.height), (32, 32));
        let mut rows = view.planes.chunks_exact(32);
        for value in [3.0, 2.0, 1.0] {
            assert_eq!(rows.next().unwrap()[..4], [255.0, value, value, 0.0]);
            assert_eq!(rows.next().unwrap()[..4], [value, value, value, 0.0]);
            assert!(rows.by_ref().take(30).flatten().all(|padding| *padding == 0.0));
        }
    }

    #[test]
    fn a_dark_view_is_lit_whichever_way_it_is_turned() {
        let image = Image::new(32, 32, [10, 20, 5, 255].repeat(32 * 32)).unwrap();
        for angle in [0, 90, 30] {
            let frame = Frame { left: 0, top: 0, width: 32, height: 32, size: (32, 32), angle, mirrored: false };
            let view = Picture::new(&image).view(&frame).unwrap();
            let middle = (view.shown.1 / 2) * view.width + view.shown.0 / 2;
            let [blue, green, red] = [0, 1, 2].map(|plane| view.planes[plane * view.width * view.height + middle]);
            assert!((159.0..161.0).contains(&green) && (79.0..81.0).contains(&red) && (39.0..41.0).contains(&blue), "{blue} {green} {red}");
        }
    }

    #[test]
    fn a_quarter_turn_moves_each_px() {
        let image = counted(3, 2);
        let show = |angle, mirrored| {
            let frame = Frame { left: 0, top: 0, width: 3, height: 2, size: (3, 2), angle, mirrored };
            places(&Picture::new(&image).view(&frame).unwrap())
        };
        // Faces turned clockwise by 90° have their crown on the right: what is on the right goes up.
        assert_eq!(show(90, false), [[(2.0, 0.0), (2.0, 1.0)], [(1.0, 0.0), (1.0, 1.0)], [(0.0, 0.0), (0.0, 1.0)]]);
        assert_eq!(show(270, false), [[(0.0, 1.0), (0.0, 0.0)], [(1.0, 1.0), (1.0, 0.0)], [(2.0, 1.0), (2.0, 0.0)]]);
        assert_eq!(show(180, false), [[(2.0, 1.0), (1.0, 1.0), (0.0, 1.0)], [(2.0, 0.0), (1.0, 0.0), (0.0, 0.0)]]);
        assert_eq!(show(0, true), [[(2.0, 0.0), (1.0, 0.0), (0.0, 0.0)], [(2.0, 1.0), (1.0, 1.0), (0.0, 1.0)]]);
        assert_eq!(show(90, true), [[(2.0, 1.0), (2.0, 0.0)], [(1.0, 1.0), (1.0, 0.0)], [(0.0, 1.0), (0.0, 0.0)]]);
    }

    #[test]
    fn what_lies_outside_the_picture_is_black() {
        let image = counted(3, 2);
        let frame = Frame { left: -1, top: 1, width: 3, height: 3, size: (3, 3), angle: 0, mirrored: false };
        let black = (-1.0, -1.0);
        let expected = [[black, (0.0, 1.0), (1.0, 1.0)], [black; 3], [black; 3]];
        assert_eq!(places(&Picture::new(&image).view(&frame).unwrap()), expected);
        let beside = Frame { left: 50, ..frame };
        assert_eq!(places(&Picture::new(&image).view(&beside).unwrap()), [[black; 3]; 3]);
    }

    /// A mark's middle in the turned, mirrored, resized view, taken back, is the mark's middle in the picture.
    #[test]
    fn boxes_go_back_to_where_they_were_seen() {
        let mut pixels = [0, 0, 0, 255].repeat(400 * 300);
        let (mark_x, mark_y) = (250, 90);
        for (y, x) in (0..40).flat_map(|y| (0..20).map(move |x| (y, x))) {
            let at = ((mark_y + y) * 400 + mark_x + x) * 4;
            pixels[at..at + 4].fill(255);
        }
        let image = Image::new(400, 300, pixels).unwrap();
        for angle in [0, 45, 90, 135, 180, 225, 270, 315] {
            for mirrored in [false, true] {
                let frame = Frame { left: 40, top: -20, width: 320, height: 280, size: (240, 210), angle, mirrored };
                let view = Picture::new(&image).view(&frame).unwrap();
                let places = (0..view.height).flat_map(|y| (0..view.width).map(move |x| (x, y)));
                let (mut sum, mut across, mut down) = (0.0, 0.0, 0.0);
                for (weight, (x, y)) in view.planes.iter().map(|weight| f64::from(*weight)).zip(places) {
                    (sum, across, down) = (sum + weight, across + weight * (x as f64 + 0.5), down + weight * (y as f64 + 0.5));
                }
                let face = view.face((across / sum, down / sum), 30.0, 15.0, 0.5).unwrap();
                let (x, y) = face.region.centre();
                assert!((x - 260.0).abs() < 0.3 && (y - 110.0).abs() < 0.3, "{angle}°, {mirrored}: {x}, {y}");
                let expected = match angle {
                    0 | 180 => (40.0, 20.0, 0.0),
                    90 | 270 => (20.0, 40.0, 0.0),
                    45 | 225 => (40.0, 20.0, 45.0),
                    _ => (20.0, 40.0, 45.0),
                };
                assert_eq!((face.region.width, face.region.height, face.region.angle), expected, "{angle}°");
            }
        }
    }
}
