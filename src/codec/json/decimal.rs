//! Decimal128 in digits, as js-bson prints it: the General Decimal Arithmetic rules for plain and
//! scientific notation, and js-bson's own for values that no encoder writes.

use super::number::{integer, zeros};

/// What is subtracted from the exponent's bits.
const BIAS: i32 = 6_176;
/// Digits of a significand that the format is meant to hold.
const MAX_DIGITS: i32 = 34;

/// Appends the value of the 16 bytes.
pub(super) fn decimal(out: &mut Vec<u8>, bytes: [u8; 16]) {
    let bits = u128::from_le_bytes(bytes);
    let high = bits >> 96;
    let field = |shift: u32, mask: u128| i32::try_from(high >> shift & mask).unwrap_or_default();
    let combination = field(26, 0x1f);
    if combination == 31 {
        out.extend_from_slice(b"NaN");
        return;
    }
    if bits >> 127 != 0 {
        out.push(b'-');
    }
    if combination == 30 {
        out.extend_from_slice(b"Infinity");
        return;
    }
    let (biased, msb) = if combination >> 3 == 3 {
        (field(15, 0x3fff), 8 + (high >> 14 & 1))
    } else {
        (field(17, 0x3fff), high >> 14 & 7)
    };
    let significand = bits & ((1 << 110) - 1) | msb << 110;
    print(out, significand, biased - BIAS);
}

fn print(out: &mut Vec<u8>, significand: u128, exponent: i32) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(significand).as_bytes();
    let count = i32::try_from(digits.len()).unwrap_or_default();
    let scientific = count - 1 + exponent;
    if scientific >= MAX_DIGITS || scientific <= -7 || exponent > 0 {
        if count > MAX_DIGITS {
            out.push(b'0');
            if exponent != 0 {
                power(out, exponent);
            }
            return;
        }
        out.push(digits[0]);
        if count > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        power(out, scientific);
    } else if exponent == 0 {
        out.extend_from_slice(digits);
    } else {
        let point = count + exponent;
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        out.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
        out.push(b'.');
        zeros(out, -point);
        out.extend_from_slice(fraction);
    }
}

fn power(out: &mut Vec<u8>, exponent: i32) {
    out.extend_from_slice(if exponent > 0 { b"E+" } else { b"E" });
    integer(out, exponent);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(bytes: [u8; 16]) -> String {
        let mut out = Vec::new();
        decimal(&mut out, bytes);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn prints_what_the_bson_crate_parses() {
        let values = [
            "0",
            "-0",
            "0.1",
            "1.50",
            "-12345.678",
            "1E+3",
            "1.2E-10",
            "0.000001",
            "1E-7",
            "0E+3",
            "0E-7",
            "Infinity",
            "-Infinity",
            "NaN",
            "9999999999999999999999999999999999",
            "1.000000000000000000000000000000000E+6144",
            "1E-6176",
        ];
        for value in values {
            let parsed: bson::Decimal128 = value.parse().unwrap();
            assert_eq!(printed(parsed.bytes()), value);
        }
    }

    #[test]
    fn prints_a_significand_of_too_many_digits_as_js_bson_does() {
        // All bits of the significand and the second form of the combination field.
        let mut bytes = [0xff; 16];
        bytes[15] = 0x6f;
        bytes[14] = 0xff;
        assert_eq!(printed(bytes), "0E+2015");
    }
}
