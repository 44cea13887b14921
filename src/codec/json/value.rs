//! One value as JSON: the types that most documents are made of. Objects are `object.rs`'s, the other
//! types `rare.rs`'s.

use super::{
    Dialect, NotJson, Transcoder, date, number,
    object::{Role, check_depth, elements, nested},
    text::cstring,
};

/// BSON's type bytes, as far as they are asked for by name.
pub(super) mod kind {
    pub(in super::super) const DOUBLE: u8 = 0x01;
    pub(in super::super) const STRING: u8 = 0x02;
    pub(in super::super) const DOCUMENT: u8 = 0x03;
    pub(in super::super) const UNDEFINED: u8 = 0x06;
    pub(in super::super) const BOOLEAN: u8 = 0x08;
    pub(in super::super) const NULL: u8 = 0x0A;
    pub(in super::super) const SYMBOL: u8 = 0x0E;
    pub(in super::super) const INT32: u8 = 0x10;
    pub(in super::super) const INT64: u8 = 0x12;
}

/// The largest whole number up to which js-bson makes numbers of 64-bit integers, either sign.
const PROMOTED: u64 = 1 << 53;
/// The first millisecond that has no year of four digits.
const YEAR_10000: i64 = 253_402_300_800_000;

pub(super) const TRUNCATED: NotJson = NotJson("corrupt bson message");
const BAD_LENGTH: NotJson = NotJson("bad string length in bson");

/// A value's bytes and what follows it.
pub(super) type Cut<'a, T> = Result<(T, &'a [u8]), NotJson>;

pub(super) fn fixed<const N: usize>(bytes: &[u8]) -> Cut<'_, [u8; N]> {
    let (value, rest) = bytes.split_first_chunk().ok_or(TRUNCATED)?;
    Ok((*value, rest))
}

pub(super) fn int32(bytes: &[u8]) -> Cut<'_, i32> {
    let (value, rest) = fixed(bytes)?;
    Ok((i32::from_le_bytes(value), rest))
}

fn int64(bytes: &[u8]) -> Cut<'_, i64> {
    let (value, rest) = fixed(bytes)?;
    Ok((i64::from_le_bytes(value), rest))
}

/// A string with its length before it and a zero behind it.
pub(super) fn string(bytes: &[u8]) -> Cut<'_, &[u8]> {
    let (size, rest) = int32(bytes)?;
    let size = usize::try_from(size).map_err(|_| BAD_LENGTH)?;
    match rest.split_at_checked(size) {
        Some(([text @ .., 0], rest)) => Ok((text, rest)),
        _ => Err(BAD_LENGTH),
    }
}

/// Whether JavaScript takes the value for false. Of types other than these, it takes none for false.
pub(super) fn is_falsy(kind: u8, bytes: &[u8]) -> bool {
    match kind {
        kind::DOUBLE => fixed(bytes)
            .is_ok_and(|(value, _)| matches!(f64::from_le_bytes(value), value if value == 0.0 || value.is_nan())),
        kind::STRING | kind::SYMBOL => string(bytes).is_ok_and(|(text, _)| text.is_empty()),
        kind::BOOLEAN => bytes.first() == Some(&0),
        kind::INT32 => int32(bytes).is_ok_and(|(value, _)| value == 0),
        kind::INT64 => int64(bytes).is_ok_and(|(value, _)| value == 0),
        _ => false,
    }
}

impl Transcoder {
    /// Writes the value at the start of `bytes`; gives what follows it.
    pub(super) fn value<'a>(
        &mut self,
        kind: u8,
        bytes: &'a [u8],
        dialect: Dialect,
        depth: usize,
    ) -> Result<&'a [u8], NotJson> {
        match kind {
            kind::STRING | kind::SYMBOL => {
                let (text, rest) = string(bytes)?;
                self.string(text)?;
                Ok(rest)
            }
            kind::INT32 => {
                let (value, rest) = int32(bytes)?;
                self.whole(value.into(), dialect);
                Ok(rest)
            }
            kind::DOUBLE => {
                let (value, rest) = fixed(bytes)?;
                self.double(f64::from_le_bytes(value), dialect);
                Ok(rest)
            }
            kind::DOCUMENT => {
                let (document, rest) = nested(bytes)?;
                self.object(document, dialect, Role::Document, depth + 1)?;
                Ok(rest)
            }
            0x04 => {
                let (array, rest) = nested(bytes)?;
                self.array(array, dialect, depth + 1)?;
                Ok(rest)
            }
            0x07 => {
                let (id, rest) = fixed::<12>(bytes)?;
                self.object_id(id, dialect == Dialect::Plain);
                Ok(rest)
            }
            kind::BOOLEAN => match bytes.split_first() {
                Some((value @ 0..=1, rest)) => {
                    self.raw(if *value == 1 { "true" } else { "false" });
                    Ok(rest)
                }
                _ => Err(NotJson("illegal boolean type value")),
            },
            0x09 => {
                let (ms, rest) = int64(bytes)?;
                self.date(ms, dialect);
                Ok(rest)
            }
            kind::UNDEFINED | kind::NULL => {
                self.raw("null");
                Ok(bytes)
            }
            kind::INT64 => {
                let (value, rest) = int64(bytes)?;
                self.long(value, dialect);
                Ok(rest)
            }
            _ => self.rare(kind, bytes, dialect, depth),
        }
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// An array; its keys say nothing.
    fn array(&mut self, array: &[u8], dialect: Dialect, depth: usize) -> Result<(), NotJson> {
        check_depth(depth)?;
        let mut rest = elements(array)?;
        self.out.push(b'[');
        let mut first = true;
        while let Some((&kind, after)) = rest.split_first() {
            if !first {
                self.out.push(b',');
            }
            first = false;
            let (_, value) = cstring(after)?;
            rest = self.value(kind, value, dialect, depth)?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// A number without a fraction that JavaScript has as a number.
    fn whole(&mut self, value: i64, dialect: Dialect) {
        if dialect != Dialect::Canonical {
            return number::integer(&mut self.out, value);
        }
        let fits = i32::try_from(value).is_ok();
        self.raw(if fits { "{\"$numberInt\":\"" } else { "{\"$numberLong\":\"" });
        number::integer(&mut self.out, value);
        self.raw("\"}");
    }

    /// Canonical EJSON is written from JavaScript's numbers, which do not say what they were in BSON.
    fn double(&mut self, value: f64, dialect: Dialect) {
        match dialect {
            Dialect::Plain if !value.is_finite() => return self.raw("null"),
            Dialect::Plain | Dialect::Relaxed if value.is_finite() => {
                return number::double(&mut self.out, value);
            }
            _ => {}
        }
        let negative_zero = value == 0.0 && value.is_sign_negative();
        let whole = value.fract() == 0.0 && !negative_zero;
        self.raw(if whole && value >= f64::from(i32::MIN) && value <= f64::from(i32::MAX) {
            "{\"$numberInt\":\""
        } else if whole && value.abs() <= 9_223_372_036_854_775_808.0 {
            "{\"$numberLong\":\""
        } else {
            "{\"$numberDouble\":\""
        });
        if negative_zero {
            self.raw("-0.0");
        } else {
            number::double(&mut self.out, value);
        }
        self.raw("\"}");
    }

    /// A 64-bit integer. What js-bson does not make a number of stays a `Long`, which has no `toJSON`.
    #[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
    fn long(&mut self, value: i64, dialect: Dialect) {
        if value.unsigned_abs() <= PROMOTED {
            return self.whole(value, dialect);
        }
        match dialect {
            Dialect::Plain => {
                let mut halves = [("\"high\":", (value >> 32) as i32), ("\"low\":", value as i32)];
                if self.low_first {
                    halves.reverse();
                }
                self.raw("{");
                for (key, half) in halves {
                    self.raw(key);
                    number::integer(&mut self.out, half);
                    self.raw(",");
                }
                self.raw("\"unsigned\":false}");
            }
            #[expect(clippy::cast_precision_loss, reason = "what relaxed means")]
            Dialect::Relaxed => number::double(&mut self.out, value as f64),
            Dialect::Canonical => self.whole(value, dialect),
        }
    }

    fn date(&mut self, ms: i64, dialect: Dialect) {
        if dialect == Dialect::Plain {
            if !date::is_valid(ms) {
                return self.raw("null");
            }
            self.out.push(b'"');
            date::iso(&mut self.out, ms, false);
            self.out.push(b'"');
        } else if dialect == Dialect::Relaxed && (0..YEAR_10000).contains(&ms) {
            self.raw("{\"$date\":\"");
            date::iso(&mut self.out, ms, true);
            self.raw("\"}");
        } else {
            self.raw("{\"$date\":{\"$numberLong\":\"");
            date::milliseconds(&mut self.out, ms);
            self.raw("\"}}");
        }
    }

    pub(super) fn object_id(&mut self, id: [u8; 12], plain: bool) {
        self.raw(if plain { "\"" } else { "{\"$oid\":\"" });
        self.hex(&id);
        self.raw(if plain { "\"" } else { "\"}" });
    }
}
