//! Component planes → four samples a pixel: upsampling, then colour.

use super::super::Samples;
use super::Component;

/// How a file's components make up colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    Gray,
    YCbCr,
    Rgb,
    /// Inks, as amounts.
    Cmyk,
    /// Inks as Adobe stores them: 255 is no ink.
    InvertedCmyk,
    /// Adobe's inverted inks, the first three as YCbCr.
    Ycck,
}

/// Puts the components' planes together to a picture of `width` × `height`.
pub(super) fn assemble(components: &[Component], model: Model, width: usize, height: usize) -> Samples {
    let mut pixels = vec![255; width * height * 4];
    let mut rows: Vec<Upsampler> = components.iter().map(|component| Upsampler::new(component, width)).collect();
    for (y, target) in pixels.chunks_exact_mut(width * 4).enumerate() {
        rows.iter_mut().for_each(|row| row.make(y));
        let target = target.as_chunks_mut::<4>().0;
        match (model, rows.as_slice()) {
            (Model::Gray, [gray]) => {
                for (pixel, &l) in target.iter_mut().zip(&gray.row) {
                    *pixel = [l, l, l, 255];
                }
            }
            (Model::Rgb, [r, g, b]) => {
                for (((pixel, &r), &g), &b) in target.iter_mut().zip(&r.row).zip(&g.row).zip(&b.row) {
                    *pixel = [r, g, b, 255];
                }
            }
            (Model::YCbCr, [y, cb, cr]) => {
                for (((pixel, &y), &cb), &cr) in target.iter_mut().zip(&y.row).zip(&cb.row).zip(&cr.row) {
                    let [r, g, b] = rgb(y, cb, cr);
                    *pixel = [r, g, b, 255];
                }
            }
            (Model::Cmyk | Model::InvertedCmyk, [c, m, y, k]) => {
                let flip = if model == Model::InvertedCmyk { 255 } else { 0 };
                for ((((pixel, c), m), y), k) in target.iter_mut().zip(&c.row).zip(&m.row).zip(&y.row).zip(&k.row) {
                    *pixel = [c ^ flip, m ^ flip, y ^ flip, k ^ flip];
                }
            }
            (Model::Ycck, [y, cb, cr, k]) => {
                // YCbCr gives the complement of the stored, inverted inks: the inks themselves.
                for ((((pixel, &y), &cb), &cr), &k) in target.iter_mut().zip(&y.row).zip(&cb.row).zip(&cr.row).zip(&k.row) {
                    let [c, m, y] = rgb(y, cb, cr);
                    *pixel = [c, m, y, 255 - k];
                }
            }
            // `Model::new` and the frame agree on the number of components.
            _ => {}
        }
    }
    match model {
        Model::Gray | Model::YCbCr | Model::Rgb => Samples::Rgba8(pixels),
        Model::Cmyk | Model::InvertedCmyk | Model::Ycck => Samples::Cmyk8(pixels),
    }
}

/// ITU-R BT.601 in full range, constants × 2¹⁶. [T.871 §7]
#[inline(always)]
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of the type")]
    let clamp = |value: i32| value.clamp(0, 255) as u8;
    [
        clamp(y + ((91_881 * cr + 32_768) >> 16)),
        clamp(y + ((-22_554 * cb - 46_802 * cr + 32_768) >> 16)),
        clamp(y + ((116_130 * cb + 32_768) >> 16)),
    ]
}

/// Makes rows of full width out of a component's plane.
///
/// Halved sides are interpolated (weights 3 and 1), which is what browsers show; other ratios are repeated.
struct Upsampler<'a> {
    component: &'a Component,
    /// The row asked for last.
    row: Vec<u8>,
    /// Two rows of the plane, weighted, × 4.
    blended: Vec<u16>,
}

impl<'a> Upsampler<'a> {
    fn new(component: &'a Component, width: usize) -> Self {
        // An odd width ends in half a pair.
        Self { component, row: vec![0; width.next_multiple_of(component.ratio_x)], blended: vec![0; component.width] }
    }

    /// Makes row `y` of the picture.
    fn make(&mut self, y: usize) {
        let Self { component, row, blended } = self;
        match (component.ratio_x, component.ratio_y) {
            // So narrow a plane has hardly a neighbour to interpolate with: repeated, as browsers do.
            (2, ratio_y @ (1 | 2)) if component.width <= 2 => repeat(component.row(y / ratio_y), row, 2),
            (2, 1) => interpolate_pairs(component.row(y), row, |near, far, right| (3 * near + far + if right { 2 } else { 1 }) >> 2),
            (ratio_x @ (1 | 2), 2) => {
                let near = y / 2;
                let is_lower = y % 2 == 1;
                let far = if is_lower { (near + 1).min(component.height - 1) } else { near.saturating_sub(1) };
                let rows = component.row(near).iter().zip(component.row(far));
                if ratio_x == 1 {
                    let bias = if is_lower { 2 } else { 1 };
                    for (to, (&near, &far)) in row.iter_mut().zip(rows) {
                        *to = narrow((3 * u16::from(near) + u16::from(far) + bias) >> 2);
                    }
                } else {
                    for (to, (&near, &far)) in blended.iter_mut().zip(rows) {
                        *to = 3 * u16::from(near) + u16::from(far);
                    }
                    interpolate_pairs(blended, row, |near, far, right| (3 * near + far + if right { 7 } else { 8 }) >> 4);
                }
            }
            (ratio_x, ratio_y) => repeat(component.row(y / ratio_y), row, ratio_x),
        }
    }
}

fn repeat(source: &[u8], target: &mut [u8], times: usize) {
    for (run, &sample) in target.chunks_exact_mut(times).zip(source) {
        run.fill(sample);
    }
}

/// Two samples out of each of `source` (two or more), leaning towards its left and its right neighbour; at the edges towards itself.
#[inline(always)]
fn interpolate_pairs<T: Copy + Into<u16>>(source: &[T], target: &mut [u8], weigh: impl Fn(u16, u16, bool) -> u16) {
    let pairs = target.as_chunks_mut::<2>().0;
    for (pair, window) in pairs.iter_mut().skip(1).zip(source.windows(3)) {
        let [left, near, right] = [window[0].into(), window[1].into(), window[2].into()];
        *pair = [narrow(weigh(near, left, false)), narrow(weigh(near, right, true))];
    }
    if let (&[first, second, ..], &[.., before_last, last]) = (source, source) {
        let [first, second, before_last, last] = [first.into(), second.into(), before_last.into(), last.into()];
        pairs[0] = [narrow(weigh(first, first, false)), narrow(weigh(first, second, true))];
        pairs[source.len() - 1] = [narrow(weigh(last, before_last, false)), narrow(weigh(last, last, true))];
    }
}

#[inline(always)]
fn narrow(value: u16) -> u8 {
    value.to_le_bytes()[0]
}
