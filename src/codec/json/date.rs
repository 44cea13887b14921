//! Times as JavaScript's `Date` prints them. It knows the calendar and nothing of BSON.

use super::number;

/// The last millisecond of a JavaScript `Date`, on either side of 1970.
const LIMIT: u64 = 8_640_000_000_000_000;
const DAY: i64 = 86_400_000;

/// False for a time that a `Date` takes for invalid.
pub(super) fn is_valid(ms: i64) -> bool {
    ms.unsigned_abs() <= LIMIT
}

/// Appends `Date.prototype.toISOString` of a valid time; `trim` leaves out milliseconds that are zero.
pub(super) fn iso(out: &mut Vec<u8>, ms: i64, trim: bool) {
    let (year, month, day) = civil(ms.div_euclid(DAY));
    let time = ms.rem_euclid(DAY);
    if (0..=9_999).contains(&year) {
        digits(out, year, 4);
    } else {
        out.push(if year < 0 { b'-' } else { b'+' });
        digits(out, year.abs(), 6);
    }
    let parts = [
        (b'-', month),
        (b'-', day),
        (b'T', time / 3_600_000),
        (b':', time / 60_000 % 60),
        (b':', time / 1_000 % 60),
    ];
    for (before, part) in parts {
        out.push(before);
        digits(out, part, 2);
    }
    if !trim || time % 1_000 != 0 {
        out.push(b'.');
        digits(out, time % 1_000, 3);
    }
    out.push(b'Z');
}

/// Year, month and day of a day counted from 1970 in the proleptic Gregorian calendar. Years are
/// counted from March, so that the leap day is their last, in eras of 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Appends a number of up to six digits with leading zeros.
fn digits(out: &mut Vec<u8>, value: i64, width: usize) {
    let mut text = [b'0'; 6];
    let mut rest = value;
    for place in text[..width].iter_mut().rev() {
        *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    out.extend_from_slice(&text[..width]);
}

/// Appends the milliseconds, or `NaN` for a time that is invalid.
pub(super) fn milliseconds(out: &mut Vec<u8>, ms: i64) {
    if is_valid(ms) {
        number::integer(out, ms);
    } else {
        out.extend_from_slice(b"NaN");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(ms: i64, trim: bool) -> String {
        let mut out = Vec::new();
        iso(&mut out, ms, trim);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn prints_times_as_javascript_does() {
        let expected = [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_123, "2024-02-29T00:00:00.123Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
            (8_640_000_000_000_000, "+275760-09-13T00:00:00.000Z"),
            (-8_640_000_000_000_000, "-271821-04-20T00:00:00.000Z"),
        ];
        for (ms, text) in expected {
            assert_eq!(printed(ms, false), text);
        }
        assert!(!is_valid(8_640_000_000_000_001) && !is_valid(i64::MIN));
    }

    #[test]
    fn leaves_out_milliseconds_that_are_zero() {
        assert_eq!(printed(1_000, true), "1970-01-01T00:00:01Z");
        assert_eq!(printed(1_001, true), "1970-01-01T00:00:01.001Z");
    }
}
