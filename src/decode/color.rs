//! Colours as the file means them → sRGB. The profile itself is dropped: it can name the camera or its owner.

use std::sync::Arc;

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, CmsError, ColorPrimaries, ColorProfile, DataColorSpace, Layout, MatrixCoefficients,
    RenderingIntent, ToneReprCurve, TransferCharacteristics, TransformExecutor, TransformOptions, curve_from_gamma,
};

use super::hdr;
use super::{Picture, Samples};
use crate::Error;
use crate::inspect::ColorSource;

/// Converts `picture` to sRGB, 8 bit. What cannot be followed is ignored with a warning, as browsers do.
///
/// # Errors
/// [`Error::NotInBuild`] for inks and for profiles of tables, in the build without formats.
pub(super) fn to_srgb(picture: Picture, source: &ColorSource, warnings: &mut Vec<String>) -> Result<Vec<u8>, Error> {
    let ink = matches!(picture.samples, Samples::Cmyk8(_));
    let profile = profile(source, ink, picture.is_gray, warnings);
    #[cfg(not(feature = "formats"))]
    if ink || profile.as_ref().is_some_and(|profile| !is_of_curves(profile)) {
        return Err(Error::not_in_build("inks, and colour profiles of tables"));
    }
    let width = picture.width;
    let mut samples = picture.samples;
    if let Some(profile) = profile
        && let Err(e) = convert(&profile, &mut samples, width)
    {
        warnings.push(format!("the colour profile cannot be used ({e:?}); the colours are taken as sRGB"));
    }
    Ok(match samples {
        Samples::Rgba8(pixels) => pixels,
        Samples::Rgba16(pixels) => pixels.into_iter().map(narrow).collect(),
        Samples::Cmyk8(mut pixels) => {
            pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| *pixel = without_profile(*pixel));
            pixels
        }
    })
}

/// Whether a profile is curves, and for colours a matrix, as nearly all are: what this build's colour management follows in the same way as
/// the whole one.
#[cfg(not(feature = "formats"))]
fn is_of_curves(profile: &ColorProfile) -> bool {
    let tables = [&profile.lut_a_to_b_perceptual, &profile.lut_a_to_b_colorimetric, &profile.lut_a_to_b_saturation];
    let is_gray = profile.color_space == DataColorSpace::Gray && profile.gray_trc.is_some();
    profile.pcs == DataColorSpace::Xyz && tables.iter().all(|table| table.is_none()) && (is_gray || profile.is_matrix_shaper())
}

/// What the numbers mean, by PNG's order of precedence [PNG §4.3]; other formats have a profile or nothing. `None`: sRGB.
fn profile(source: &ColorSource, ink: bool, gray: bool, warnings: &mut Vec<String>) -> Option<ColorProfile> {
    if let Some(cicp) = source.cicp {
        match from_cicp(cicp, warnings) {
            Ok(profile) => return profile,
            Err(reason) => warnings.push(format!("cICP ignored: {reason}")),
        }
    }
    if let Some(icc) = &source.icc {
        let fits = |space| match space {
            DataColorSpace::Cmyk => ink,
            DataColorSpace::Gray => gray,
            // Grey is red, green and blue alike, so that an RGB profile can be followed.
            DataColorSpace::Rgb => !ink,
            _ => false,
        };
        match ColorProfile::new_from_slice(icc) {
            Ok(profile) if fits(profile.color_space) => return Some(profile),
            Ok(profile) => warnings.push(format!(
                "the colour profile is for {:?} pictures; it is ignored, and the colours are taken as sRGB",
                profile.color_space
            )),
            Err(_) => warnings.push("the colour profile is broken; it is ignored, and the colours are taken as sRGB".into()),
        }
    }
    if source.srgb || ink {
        return None;
    }
    source.gamma.and_then(|gamma| from_gamma(gamma, source.chromaticities))
}

/// A profile for code points of ITU-T H.273. `Ok(None)`: sRGB itself.
fn from_cicp([primaries, transfer, matrix, full_range]: [u8; 4], warnings: &mut Vec<String>) -> Result<Option<ColorProfile>, String> {
    if matrix != 0 || full_range != 1 {
        return Err(format!("matrix coefficients {matrix}, range {full_range}: a PNG holds full-range RGB"));
    }
    let unknown = || format!("colour primaries {primaries}, transfer characteristics {transfer}");
    let color_primaries = CicpColorPrimaries::try_from(primaries).map_err(|_| unknown())?;
    if primaries == 1 && transfer == 13 {
        return Ok(None);
    }
    let hdr_curve = hdr::curve(transfer);
    let transfer_characteristics = match hdr_curve {
        Some(_) => TransferCharacteristics::Srgb,
        None => TransferCharacteristics::try_from(transfer).map_err(|_| unknown())?,
    };
    let mut profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries,
        transfer_characteristics,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    if profile.red_trc.is_none() {
        return Err(unknown());
    }
    if let Some(curve) = hdr_curve {
        warnings.push("the picture is HDR; it was brought down to the range of sRGB".into());
        set_curve(&mut profile, ToneReprCurve::Lut(curve));
    }
    Ok(Some(profile))
}

/// A profile for PNG's `gAMA` and `cHRM`. `None`: near enough to sRGB, as most writers mean it.
fn from_gamma(gamma: u32, chromaticities: Option<[u32; 8]>) -> Option<ColorProfile> {
    let primaries = chromaticities.unwrap_or(SRGB_CHROMATICITIES);
    let is_srgb = primaries.iter().zip(SRGB_CHROMATICITIES).all(|(&value, srgb)| value.abs_diff(srgb) <= 1_000);
    if gamma == 0 || is_srgb && gamma.abs_diff(45_455) <= 1_000 {
        return None;
    }
    // A tristimulus with y = 0 has no luminance to scale.
    if primaries.iter().skip(1).step_by(2).any(|&y| y == 0) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "at most 42,949 with five decimals")]
    let [white_x, white_y, red_x, red_y, green_x, green_y, blue_x, blue_y] = primaries.map(|value| (f64::from(value) / 100_000.0) as f32);
    let white = Chromaticity::new(white_x, white_y).to_xyyb();
    let primaries = ColorPrimaries {
        red: Chromaticity::new(red_x, red_y),
        green: Chromaticity::new(green_x, green_y),
        blue: Chromaticity::new(blue_x, blue_y),
    };
    let mut profile = ColorProfile::new_srgb();
    profile.update_rgb_colorimetry(white, primaries);
    #[allow(clippy::cast_possible_truncation, reason = "a small quotient")]
    set_curve(&mut profile, curve_from_gamma((100_000.0 / f64::from(gamma)) as f32));
    Some(profile)
}

fn set_curve(profile: &mut ColorProfile, curve: ToneReprCurve) {
    // The curve must win over what the code points say.
    profile.cicp = None;
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
}

/// Converts `samples` to sRGB where they lie. Inks become 8-bit RGBA.
fn convert(profile: &ColorProfile, samples: &mut Samples, width: usize) -> Result<(), CmsError> {
    let srgb = ColorProfile::new_srgb();
    let gray = profile.color_space == DataColorSpace::Gray;
    match samples {
        Samples::Rgba8(pixels) if gray => {
            let transform = profile.create_transform_8bit(Layout::Gray, &srgb, Layout::Rgb, OPTIONS)?;
            let levels: Vec<u8> = (0..=u8::MAX).collect();
            let table = gray_table(&transform, &levels)?;
            if is_identity(&levels, &table) {
                return Ok(());
            }
            map_gray(pixels, |level| table[usize::from(level)]);
        }
        Samples::Rgba16(pixels) if gray => {
            let transform = profile.create_transform_16bit(Layout::Gray, &srgb, Layout::Rgb, OPTIONS)?;
            let levels: Vec<u16> = (0..=u16::MAX).collect();
            let table = gray_table(&transform, &levels)?;
            map_gray(pixels, |level| table[usize::from(level)]);
        }
        Samples::Rgba8(pixels) => {
            let transform = profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, OPTIONS)?;
            if keeps_colors(&transform)? {
                return Ok(());
            }
            convert_rows(&transform, pixels, width)?;
        }
        Samples::Rgba16(pixels) => {
            let narrow = profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, OPTIONS)?;
            if keeps_colors(&narrow)? {
                return Ok(());
            }
            let transform = profile.create_transform_16bit(Layout::Rgba, &srgb, Layout::Rgba, OPTIONS)?;
            convert_rows(&transform, pixels, width)?;
        }
        Samples::Cmyk8(pixels) => {
            let transform = profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, OPTIONS)?;
            let mut row = vec![0; width * 3];
            for inks in pixels.chunks_exact_mut(width * 4) {
                transform.transform(inks, &mut row)?;
                for (pixel, &[r, g, b]) in inks.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<3>().0) {
                    *pixel = [r, g, b, 255];
                }
            }
            *samples = Samples::Rgba8(std::mem::take(pixels));
        }
    }
    Ok(())
}

type Transform<T> = Arc<dyn TransformExecutor<T> + Send + Sync>;

/// Converts red, green and blue row by row; alpha stays.
fn convert_rows<T: Copy + Default>(transform: &Transform<T>, pixels: &mut [T], width: usize) -> Result<(), CmsError> {
    let mut row = vec![T::default(); width * 4];
    for source in pixels.chunks_exact_mut(width * 4) {
        transform.transform(source, &mut row)?;
        for (pixel, &[r, g, b, _]) in source.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<4>().0) {
            *pixel = [r, g, b, pixel[3]];
        }
    }
    Ok(())
}

fn gray_table<T: Copy + Default>(transform: &Transform<T>, levels: &[T]) -> Result<Vec<T>, CmsError> {
    let mut table = vec![T::default(); levels.len() * 3];
    transform.transform(levels, &mut table)?;
    Ok(table.into_iter().step_by(3).collect())
}

fn map_gray<T: Copy>(pixels: &mut [T], map: impl Fn(T) -> T) {
    for [r, g, b, _] in pixels.as_chunks_mut::<4>().0 {
        *r = map(*r);
        (*g, *b) = (*r, *r);
    }
}

/// Whether `transform` leaves a grid of colours and all greys as they are: the profile is sRGB under some name.
fn keeps_colors(transform: &Transform<u8>) -> Result<bool, CmsError> {
    let mut colors: Vec<u8> = (0..=u8::MAX).flat_map(|v| [v, v, v, 255]).collect();
    let steps = || (0..=u8::MAX).step_by(15);
    colors.extend(steps().flat_map(|r| steps().flat_map(move |g| steps().flat_map(move |b| [r, g, b, 255]))));
    let mut converted = vec![0; colors.len()];
    transform.transform(&colors, &mut converted)?;
    Ok(is_identity(&colors, &converted))
}

/// Two levels off is what rounding in a profile's own curves and matrix makes of sRGB.
fn is_identity(from: &[u8], to: &[u8]) -> bool {
    from.iter().zip(to).all(|(a, b)| a.abs_diff(*b) <= 2)
}

/// 16 to 8 bit, rounded.
fn narrow(value: u16) -> u8 {
    u8::try_from((u32::from(value) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
}

/// Inks as RGBA where no profile says what they look like: what each ink and black let through, as browsers do.
fn without_profile([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 4] {
    let through = |ink: u8| {
        let light = u32::from(255 - ink) * u32::from(255 - black);
        u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
    };
    [through(cyan), through(magenta), through(yellow), 255]
}

/// The perceptual table where a profile has tables, without black point compensation, as browsers do; matrix profiles are relative
/// colorimetric anyway. Curves that the profile states win over its code points.
const OPTIONS: TransformOptions = TransformOptions {
    rendering_intent: RenderingIntent::Perceptual,
    allow_use_cicp_transfer: false,
    prefer_fixed_point: true,
    interpolation_method: moxcms::InterpolationMethod::Linear,
    barycentric_weight_scale: moxcms::BarycentricWeightScale::Low,
};

/// White, red, green and blue of sRGB, x and y of each × 100,000. [PNG §11.3.2.5]
const SRGB_CHROMATICITIES: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];
