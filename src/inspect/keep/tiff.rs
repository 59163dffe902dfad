//! What a page of a clean TIFF may say, tag by tag. [TIFF 6.0 §8]
//!
//! Each value is written in one form: numbers as the shortest type that the tag allows, fractions with one denominator, one value a sample.

use crate::inspect::cursor::Order;
use crate::inspect::exif::Entry;
use crate::inspect::tiff::geometry::{
    BITS_PER_SAMPLE, COMPRESSION, FILL_ORDER, Geometry, LENGTH, PHOTOMETRIC, PLANAR, ROWS_PER_STRIP, SAMPLES_PER_PIXEL, SUBSAMPLING,
    TILE_LENGTH, TILE_WIDTH, WIDTH, YCBCR,
};

/// A tag as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) tag: u16,
    pub(crate) kind: u16,
    /// Its values, in the file's byte order.
    pub(crate) data: Vec<u8>,
}

impl Field {
    /// Numbers of a type; fractions are two numbers each.
    pub(crate) fn numbers(tag: u16, kind: u16, numbers: &[u64], order: Order) -> Self {
        let width = match kind {
            SHORT => 2,
            LONG8 => 8,
            _ => 4,
        };
        let mut data = Vec::with_capacity(numbers.len().saturating_mul(width));
        for number in numbers {
            match order {
                Order::Little => data.extend_from_slice(number.to_le_bytes().get(..width).unwrap_or_default()),
                Order::Big => data.extend_from_slice(number.to_be_bytes().get(8_usize.saturating_sub(width)..).unwrap_or_default()),
            }
        }
        Self { tag, kind, data }
    }
}

/// The form in which a tag stays; `None` where it does not. Strips and tiles, JPEG tables, profiles and the shape of pixels are looked at
/// by those who know more than one tag.
pub(crate) fn field(entry: &Entry, page: &Geometry, order: Order) -> Option<Field> {
    let numbers = || entry.numbers().collect::<Vec<u64>>();
    let one = |allowed: &dyn Fn(u64) -> bool| match numbers().as_slice() {
        [n] if allowed(*n) => Some(vec![*n]),
        _ => None,
    };
    // One value a sample. Many writers state it once for all.
    let each = |allowed: &dyn Fn(u64) -> bool| {
        let mut numbers = numbers();
        if numbers.len() == 1 {
            numbers.resize(page.samples(), numbers.first().copied()?);
        }
        (numbers.len() == page.samples() && numbers.iter().all(|&n| allowed(n))).then_some(numbers)
    };
    let is_ycbcr = page.photometric == YCBCR;
    let (kind, values) = match entry.tag {
        WIDTH | LENGTH => (0, one(&|_| true)?),
        TILE_WIDTH | TILE_LENGTH if page.tile.is_some() => (0, one(&|_| true)?),
        ROWS_PER_STRIP if page.tile.is_none() => (0, vec![page.rows_per_strip.into()]),
        BITS_PER_SAMPLE => (SHORT, each(&|_| true)?),
        COMPRESSION | PHOTOMETRIC | SAMPLES_PER_PIXEL => (SHORT, one(&|_| true)?),
        FILL_ORDER | PLANAR => (SHORT, one(&|n| matches!(n, 1 | 2))?),
        ORIENTATION => (SHORT, one(&|n| matches!(n, 1..=8))?),
        // Bits that say how the fax data is coded. [TIFF 6.0 §11]
        T4_OPTIONS if page.compression == 3 => (LONG, one(&|n| n <= 7)?),
        T6_OPTIONS if page.compression == 4 => (LONG, one(&|n| matches!(n, 0 | 2))?),
        PREDICTOR if matches!(page.compression, 5 | 8 | 32946 | 34925 | 50000) => (SHORT, one(&|n| matches!(n, 1..=3))?),
        COLOR_MAP if page.photometric == 3 => {
            let entries = 3_usize << page.bits.first().copied().filter(|&b| b <= 16)?;
            (SHORT, Some(numbers()).filter(|n| n.len() == entries)?)
        }
        EXTRA_SAMPLES => (SHORT, Some(numbers()).filter(|n| n.len() <= page.samples() && n.iter().all(|&n| n <= 2))?),
        SAMPLE_FORMAT => (SHORT, each(&|n| matches!(n, 1..=6))?),
        INK_SET if page.photometric == SEPARATED => (SHORT, one(&|n| matches!(n, 1 | 2))?),
        NUMBER_OF_INKS if page.photometric == SEPARATED => (SHORT, one(&|n| usize::try_from(n) == Ok(page.samples()))?),
        YCBCR_COEFFICIENTS if is_ycbcr => (RATIONAL, fractions(entry, 3, 1_000_000, 1.0)?),
        SUBSAMPLING if is_ycbcr => (SHORT, Some(numbers()).filter(|n| n.len() == 2 && n.iter().all(|n| matches!(n, 1 | 2 | 4)))?),
        YCBCR_POSITIONING if is_ycbcr => (SHORT, one(&|n| matches!(n, 1 | 2))?),
        REFERENCE_BLACK_WHITE if is_ycbcr || page.photometric == RGB => (RATIONAL, fractions(entry, 6, 1_000, 65_535.0)?),
        // Coordinates are 1 at most, but for the imaginary primaries of wide spaces.
        WHITE_POINT => (RATIONAL, fractions(entry, 2, 1_000_000, 2.0)?),
        PRIMARY_CHROMATICITIES => (RATIONAL, fractions(entry, 6, 1_000_000, 2.0)?),
        LERC_PARAMETERS if page.compression == 34887 => (LONG, Some(numbers()).filter(|n| n.len() == 2 && n.iter().all(|&n| n <= 8))?),
        _ => return None,
    };
    let kind = match (kind, values.as_slice()) {
        (0, [n]) if *n > u16::MAX.into() => LONG,
        (0, _) => SHORT,
        (kind, _) => kind,
    };
    let most = if kind == SHORT { u16::MAX.into() } else { u32::MAX.into() };
    values.iter().all(|&n| n <= most).then(|| Field::numbers(entry.tag, kind, &values, order))
}

/// `count` fractions with one denominator: any other pair of numbers that means the same could carry a message.
fn fractions(entry: &Entry, count: usize, denominator: u32, most: f64) -> Option<Vec<u64>> {
    let stated: Vec<f64> = entry.ratios().collect();
    if stated.len() != count || entry.value.len() != count.saturating_mul(8) || !stated.iter().all(|n| (0.0..=most).contains(n)) {
        return None;
    }
    stated.iter().map(|n| Some([rounded(n * f64::from(denominator))?, denominator.into()])).collect::<Option<Vec<_>>>().map(|v| v.concat())
}

fn rounded(number: f64) -> Option<u64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
    (0.0..=f64::from(u32::MAX)).contains(&number).then(|| libm::round(number) as u64)
}

/// XResolution, YResolution and ResolutionUnit, where pixels are not square: their proportion in thousandths, of no stated size, which is
/// what unit 1 is for. Faxes need it. Square pixels need none of the three. [TIFF 6.0 §8, ResolutionUnit]
pub(crate) fn shape(x: Option<&Entry>, y: Option<&Entry>, order: Order) -> Vec<Field> {
    let density = |entry: Option<&Entry>| entry.and_then(|e| e.ratios().next()).filter(|n| (0.001..=1e9).contains(n));
    let (Some(x), Some(y)) = (density(x), density(y)) else { return Vec::new() };
    let most = x.max(y);
    let (Some(x), Some(y)) = (rounded(x / most * 1000.0), rounded(y / most * 1000.0)) else { return Vec::new() };
    // A hundredth more or less is rounding between inches and centimetres.
    if x == 0 || y == 0 || x.abs_diff(y) <= 10 {
        return Vec::new();
    }
    vec![
        Field::numbers(X_RESOLUTION, RATIONAL, &[x, 1000], order),
        Field::numbers(Y_RESOLUTION, RATIONAL, &[y, 1000], order),
        Field::numbers(RESOLUTION_UNIT, SHORT, &[1], order),
    ]
}

/// Field types. [TIFF 6.0 §2]
pub(crate) const SHORT: u16 = 3;
pub(crate) const LONG: u16 = 4;
pub(crate) const RATIONAL: u16 = 5;
pub(crate) const UNDEFINED: u16 = 7;
pub(crate) const LONG8: u16 = 16;

pub(crate) const ORIENTATION: u16 = 274;
pub(crate) const X_RESOLUTION: u16 = 282;
pub(crate) const Y_RESOLUTION: u16 = 283;
pub(crate) const RESOLUTION_UNIT: u16 = 296;
pub(crate) const JPEG_TABLES: u16 = 347;
pub(crate) const EXTRA_SAMPLES: u16 = 338;
pub(crate) const ICC_PROFILE: u16 = 34675;
const T4_OPTIONS: u16 = 292;
const T6_OPTIONS: u16 = 293;
const PREDICTOR: u16 = 317;
const WHITE_POINT: u16 = 318;
const PRIMARY_CHROMATICITIES: u16 = 319;
const COLOR_MAP: u16 = 320;
const INK_SET: u16 = 332;
const NUMBER_OF_INKS: u16 = 334;
const SAMPLE_FORMAT: u16 = 339;
const YCBCR_COEFFICIENTS: u16 = 529;
const YCBCR_POSITIONING: u16 = 531;
const REFERENCE_BLACK_WHITE: u16 = 532;
const LERC_PARAMETERS: u16 = 50674;

/// Photometric interpretation.
const RGB: u64 = 2;
const SEPARATED: u64 = 5;
