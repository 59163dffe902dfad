//! Tells whether a profile says no more than sRGB. [IEC 61966-2-1]

use super::cursor::{Order, View};
use super::icc::Tags;

/// Whether the profile's colorants and curves are those of sRGB, within what the many sRGB profiles in use differ by.
pub(crate) fn is_srgb(tags: &Tags) -> bool {
    tags.space() == Some(*b"RGB ") && !tags.has_tables() && colorants_match(tags).unwrap_or(false) && curves_match(tags).unwrap_or(false)
}

fn colorants_match(tags: &Tags) -> Option<bool> {
    let mut all = true;
    for (name, wanted) in COLORANTS {
        let data = tags.get(name)?;
        for (i, wanted) in wanted.iter().enumerate() {
            let value = fixed(data, i.saturating_mul(4).saturating_add(8))?;
            all &= (value - wanted).abs() < COLORANT_TOLERANCE;
        }
    }
    Some(all)
}

fn curves_match(tags: &Tags) -> Option<bool> {
    for name in [*b"rTRC", *b"gTRC", *b"bTRC"] {
        let curve = tags.get(name)?;
        for step in 0..=255 {
            let is_near = (evaluate(curve, step)? - srgb(f64::from(step) / 255.0)).abs() <= CURVE_TOLERANCE;
            // Nor is what is no number.
            if !is_near {
                return Some(false);
            }
        }
    }
    Some(true)
}

/// The curve's value, 0 to 1, at `step` of 255.
fn evaluate(curve: View, step: u32) -> Option<f64> {
    let x = f64::from(step) / 255.0;
    match &curve.array::<4>(0)? {
        b"curv" => {
            let count = curve.length(8, Order::Big)?;
            let entry = |i: usize| Some(f64::from(curve.u16(i.checked_mul(2)?.checked_add(12)?, Order::Big)?) / 65535.0);
            match count {
                0 => Some(x),
                1 => Some(power(x, f64::from(curve.u16(12, Order::Big)?) / 256.0)),
                _ => {
                    let scaled = u64::from(step).checked_mul(u64::try_from(count.checked_sub(1)?).ok()?)?;
                    let index = usize::try_from(scaled / 255).ok()?;
                    let fraction = f64::from(u32::try_from(scaled % 255).ok()?) / 255.0;
                    let low = entry(index)?;
                    if fraction == 0.0 { Some(low) } else { Some(low + (entry(index.checked_add(1)?)? - low) * fraction) }
                }
            }
        }
        b"para" => {
            let p = |i: usize| fixed(curve, i.checked_mul(4)?.checked_add(12)?);
            let g = p(0)?;
            Some(match curve.u16(8, Order::Big)? {
                0 => power(x, g),
                3 if x >= p(4)? => power(p(1)? * x + p(2)?, g),
                3 => p(3)? * x,
                4 if x >= p(4)? => power(p(1)? * x + p(2)?, g) + p(5)?,
                4 => p(3)? * x + p(6)?,
                _ => return None,
            })
        }
        _ => None,
    }
}

fn srgb(x: f64) -> f64 {
    if x <= 0.04045 { x / 12.92 } else { power((x + 0.055) / 1.055, 2.4) }
}

/// `x` to the power of `exponent`; no number for a negative `x`. Far nearer than it is asked for, in a third of the code of `libm::pow`.
fn power(x: f64, exponent: f64) -> f64 {
    libm::exp(exponent * libm::log(x))
}

/// A number with 16 bits after the point.
fn fixed(data: View, at: usize) -> Option<f64> {
    Some(f64::from(data.u32(at, Order::Big)?.cast_signed()) / 65536.0)
}

/// sRGB's primaries, adapted to D50.
const COLORANTS: [([u8; 4], [f64; 3]); 3] =
    [(*b"rXYZ", [0.4361, 0.2225, 0.0139]), (*b"gXYZ", [0.3851, 0.7169, 0.0971]), (*b"bXYZ", [0.1431, 0.0606, 0.7141])];

/// sRGB profiles differ by up to 0.0008; the next profile in use, Apple RGB, by 0.05.
const COLORANT_TOLERANCE: f64 = 0.002;

/// A quarter of the step between two of 255 values. Gamma 2.2 is off by up to 0.0075.
const CURVE_TOLERANCE: f64 = 0.002;
