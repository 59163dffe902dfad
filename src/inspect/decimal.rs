//! Decimal numbers in whole millionths: what fractions and coordinates are written as. The standard library's own printing and reading of
//! floats brings tables that are a seventh of the small WebAssembly.

/// A number with six digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decimal(i64);

impl Decimal {
    /// `above / below`, rounded; `None` where there is no such number.
    pub(crate) fn ratio(above: i64, below: i64) -> Option<Self> {
        let scaled = above.checked_mul(ONE)?;
        Some(Self(round(scaled, below)?))
    }

    /// A float, rounded; `None` where it is not finite, or too large for millionths.
    pub(crate) fn from_float(number: f64) -> Option<Self> {
        let scaled = libm::round(number * 1e6);
        #[allow(clippy::cast_possible_truncation, reason = "checked to be in range")]
        (scaled.abs() < 9e18).then_some(Self(scaled as i64))
    }

    /// Degrees, minutes and seconds, each a fraction; whatever is left out is 0.
    pub(crate) fn degrees(parts: &[(u32, u32)]) -> Option<Self> {
        let mut sum = 0_i64;
        for (index, ((above, below), size)) in parts.iter().zip([1_i64, 60, 3600]).enumerate() {
            // Minutes and seconds of 0/0 are how some writers leave them out.
            if *below == 0 && index > 0 {
                continue;
            }
            // In billionths, so that the parts' roundings do not add up to a millionth.
            sum = sum.checked_add(round(i64::from(*above).checked_mul(1000 * ONE)?, i64::from(*below).checked_mul(size)?)?)?;
        }
        Some(Self(round(sum, 1000)?))
    }

    /// Digits, at most one point, at most one sign; further digits are left out.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.as_bytes() {
            [b'-', digits @ ..] => (-1, digits),
            [b'+', digits @ ..] => (1, digits),
            digits => (1, digits),
        };
        let (mut value, mut left, mut point, mut any) = (0_i64, 6_u32, false, false);
        for &byte in digits {
            match byte {
                b'.' if !point => point = true,
                b'0'..=b'9' => {
                    any = true;
                    if point && left == 0 {
                        continue;
                    }
                    left = left.saturating_sub(u32::from(point));
                    value = value.checked_mul(10)?.checked_add(i64::from(byte.checked_sub(b'0')?))?;
                }
                _ => return None,
            }
        }
        let value = value.checked_mul(10_i64.checked_pow(left)?)?;
        any.then_some(Self(value.checked_mul(sign)?))
    }

    pub(crate) fn negative(self) -> Self {
        Self(self.0.saturating_neg())
    }

    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self(self.0.checked_add(other.0)?))
    }

    pub(crate) fn divided_by(self, number: i64) -> Option<Self> {
        Some(Self(round(self.0, number)?))
    }

    /// Whole tenths, rounded.
    pub(crate) fn tenths(self) -> i64 {
        round(self.0, ONE / 10).unwrap_or(0)
    }

    /// With exactly `digits` after the point, at most six.
    pub(crate) fn with_digits(self, digits: u32) -> String {
        let digits = digits.min(6);
        let unit = 10_i64.checked_pow(digits).unwrap_or(1);
        let rounded = round(self.0, ONE / unit).unwrap_or(0);
        let sign = if rounded < 0 { "-" } else { "" };
        let (whole, part) = (rounded.unsigned_abs() / unit.unsigned_abs(), rounded.unsigned_abs() % unit.unsigned_abs());
        if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0width$}", width = digits as usize) }
    }
}

/// Up to six digits after the point, and no zeros at the end.
impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.with_digits(6).trim_end_matches('0').trim_end_matches('.'))
    }
}

/// `above / below` to the nearest whole number, halves away from 0.
fn round(above: i64, below: i64) -> Option<i64> {
    let (quotient, rest) = (above.checked_div(below)?, above.checked_rem(below)?);
    let is_half = rest.unsigned_abs() >= below.unsigned_abs().div_ceil(2);
    let away = if (above < 0) == (below < 0) { 1 } else { -1 };
    quotient.checked_add(if is_half { away } else { 0 })
}

const ONE: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn fractions_are_written_as_people_write_them() {
        let text = |above, below| Decimal::ratio(above, below).map(|d| d.to_string());
        for (above, below, expected) in
            [(1, 50, "0.02"), (28, 10, "2.8"), (-1, 3, "-0.333333"), (2, 3, "0.666667"), (100, 1, "100"), (0, 5, "0"), (7, -2, "-3.5")]
        {
            assert_eq!(text(above, below).as_deref(), Some(expected));
        }
        assert_eq!(text(1, 0), None);
        assert_eq!(text(i64::from(u32::MAX), 1).as_deref(), Some("4294967295"));
    }

    #[test]
    fn degrees_add_up() {
        let text = |parts: &[(u32, u32)]| Decimal::degrees(parts).map(|degrees| degrees.with_digits(5)).unwrap_or_default();
        assert_eq!(text(&[(51, 1), (30, 1), (1200, 100)]), "51.50333");
        assert_eq!(text(&[(0, 1), (7, 1), (3900, 100)]), "0.12750");
        assert_eq!(text(&[(51, 1), (0, 0)]), "51.00000");
        assert_eq!(Decimal::degrees(&[(1, 0)]), None);
        let most = (u32::MAX, 1);
        assert!(Decimal::degrees(&[most, most, most]).is_some_and(|degrees| degrees.tenths() > 43_000_000_000));
    }

    #[test]
    fn text_is_read_back() {
        for (text, expected) in
            [("51.50333", "51.50333"), ("-0.12750", "-0.12750"), ("+7", "7.00000"), (".5", "0.50000"), ("1.23456789", "1.23457")]
        {
            assert_eq!(Decimal::parse(text).map(|number| number.with_digits(5)).as_deref(), Some(expected));
        }
        for bad in ["", "-", ".", "1.2.3", "1e5", "NaN", "--1", "99999999999999999999"] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
        assert_eq!(Decimal::parse("-0.25").map(Decimal::tenths), Some(-3));
    }
}
