//! Numbers as JavaScript prints them. It knows no BSON.

use std::ops::Range;

/// Below this, the decimal digits of a whole number are those of the integer.
const WHOLE: f64 = 1e15;
/// Where a fraction is printed without an exponent by everybody.
const DECIMAL: Range<f64> = 1e-3..1e15;

/// Appends a whole number.
pub(super) fn integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends what `Number.prototype.toString` gives, infinities and NaN included. A zero has no sign.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "the comparison asks whether the cast is exact"
)]
pub(super) fn double(out: &mut Vec<u8>, value: f64) {
    if value.abs() < WHOLE && value as i64 as f64 == value {
        integer(out, value as i64);
    } else if DECIMAL.contains(&value.abs()) {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if value.is_finite() {
        arrange(out, zmij::Buffer::new().format_finite(value));
    } else {
        let name = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        out.extend_from_slice(name.as_bytes());
    }
}

/// Puts the shortest digits into JavaScript's form: no exponent from 1e-6 up to 1e21.
fn arrange(out: &mut Vec<u8>, printed: &str) {
    let (mantissa, exponent) = printed.split_once('e').unwrap_or((printed, "0"));
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    out.extend_from_slice(sign.as_bytes());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    if exponent == "0" {
        out.extend_from_slice(whole.as_bytes());
        if !fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(fraction.as_bytes());
        }
        return;
    }
    // The printer writes exponents only behind a single digit other than zero.
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let places = i32::try_from(fraction.len()).unwrap_or_default();
    if (0..21).contains(&exponent) {
        let (before, after) = fraction.split_at(usize::try_from(exponent.min(places)).unwrap_or(0));
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(before.as_bytes());
        zeros(out, exponent - places);
        if !after.is_empty() {
            out.push(b'.');
            out.extend_from_slice(after.as_bytes());
        }
    } else if (-6..0).contains(&exponent) {
        out.extend_from_slice(b"0.");
        zeros(out, -exponent - 1);
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(fraction.as_bytes());
    } else {
        out.extend_from_slice(whole.as_bytes());
        if !fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(fraction.as_bytes());
        }
        out.extend_from_slice(if exponent < 0 { b"e" } else { b"e+" });
        integer(out, exponent);
    }
}

/// Appends zeros; none if `count` is below zero.
pub(super) fn zeros(out: &mut Vec<u8>, count: i32) {
    out.resize(out.len() + usize::try_from(count).unwrap_or(0), b'0');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(value: f64) -> String {
        let mut out = Vec::new();
        double(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn prints_doubles_as_javascript_does() {
        let expected = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1e15, "1000000000000000"),
            (123_456_789_012_345_680.0, "123456789012345680"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (1e-6, "0.000001"),
            (1.23e-6, "0.00000123"),
            (1e-7, "1e-7"),
            (-1.25e-9, "-1.25e-9"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (-9_223_372_036_854_775_808.0, "-9223372036854776000"),
            (4.35, "4.35"),
            (100.25, "100.25"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in expected {
            assert_eq!(printed(value), text);
        }
    }
}
