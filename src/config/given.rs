//! One value that somebody gave for an option, and how it is read.
//!
//! The conversions are the driver's: a number may be text, a boolean may be `"true"`. Errors name
//! the option's path, and quote the value unless the option holds a secret. Must not know the
//! meaning of an option.

use bson::{Bson, Document};

use super::error::{ConfigError, ErrorClass, Origin, Result};
use super::option::{Kind, OptionSpec};

/// A value with its origin.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// The option.
    pub(super) spec: &'static OptionSpec,
    /// Where the value came from.
    pub(super) origin: Origin,
    /// The value; a string when it comes from the query of a connection string.
    pub(super) value: &'a Bson,
}

/// How much of a value a message quotes, in characters.
const QUOTED_LENGTH: usize = 80;

impl<'a> Given<'a> {
    /// The option as the user finds it: `options.maxPoolSize`, `maxPoolSize in the connection string`.
    pub(super) fn path(&self) -> String {
        match self.origin {
            Origin::Uri => format!("{} in the connection string", self.spec.name),
            Origin::Options => format!("options.{}", self.spec.name),
        }
    }

    /// An error `<path> must be <expected>, got <value>`.
    pub(super) fn must_be(&self, class: ErrorClass, expected: &str) -> ConfigError {
        let quoted = self.quoted();
        self.fault(class, &format!("must be {expected}{quoted}"))
    }

    /// An error `<path> <fault>`.
    pub(super) fn fault(&self, class: ErrorClass, fault: &str) -> ConfigError {
        ConfigError::new(class, self.origin, format!("{} {fault}", self.path()))
    }

    fn quoted(&self) -> String {
        if self.spec.secret {
            return String::new();
        }
        match self.value {
            Bson::String(text) => {
                let short: String = text.chars().take(QUOTED_LENGTH).collect();
                format!(", got {short:?}")
            }
            Bson::Double(number) => format!(", got {number}"),
            Bson::Int32(number) => format!(", got {number}"),
            Bson::Int64(number) => format!(", got {number}"),
            Bson::Boolean(value) => format!(", got {value}"),
            Bson::Document(_) => ", got an object".to_owned(),
            Bson::Array(_) => ", got an array".to_owned(),
            Bson::Binary(_) => ", got bytes".to_owned(),
            _ => ", got a value of another type".to_owned(),
        }
    }

    /// `true`, `false`, `"true"` or `"false"`.
    pub(super) fn boolean(&self) -> Result<bool> {
        match self.value {
            Bson::Boolean(value) => Ok(*value),
            Bson::String(text) if text == "true" => Ok(true),
            Bson::String(text) if text == "false" => Ok(false),
            _ => Err(self.must_be(ErrorClass::Parse, "either \"true\" or \"false\"")),
        }
    }

    /// A number without its fraction, or the whole number that text starts with.
    pub(super) fn integer(&self) -> Result<i64> {
        self.whole().ok_or_else(|| self.must_be(ErrorClass::Parse, "an integer"))
    }

    /// Like [`integer`](Self::integer), and not negative; of a [`Kind::Count`] as by
    /// [`count`](Self::count).
    pub(super) fn unsigned(&self) -> Result<u64> {
        if self.spec.kind == Kind::Count {
            return self.count();
        }
        self.natural(self.whole())
    }

    /// A number that is whole and not negative, or text that is no more than one.
    pub(super) fn count(&self) -> Result<u64> {
        self.natural(match self.value {
            Bson::Double(number) if number.fract() != 0.0 => None,
            Bson::String(text) => text.trim().parse().ok(),
            _ => self.whole(),
        })
    }

    fn natural(&self, number: Option<i64>) -> Result<u64> {
        number
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| self.must_be(ErrorClass::Parse, "a non-negative integer"))
    }

    fn whole(&self) -> Option<i64> {
        match self.value {
            Bson::Int32(number) => Some(i64::from(*number)),
            Bson::Int64(number) => Some(*number),
            Bson::Double(number) => truncate(*number),
            Bson::String(text) => leading_integer(text),
            _ => None,
        }
    }

    /// A string; numbers and booleans are written out.
    pub(super) fn text(&self) -> Result<String> {
        match self.value {
            Bson::String(text) => Ok(text.clone()),
            Bson::Boolean(value) => Ok(value.to_string()),
            Bson::Int32(number) => Ok(number.to_string()),
            Bson::Int64(number) => Ok(number.to_string()),
            Bson::Double(number) => Ok(number.to_string()),
            _ => Err(self.must_be(ErrorClass::Parse, "a string")),
        }
    }

    /// A document.
    pub(super) fn record(&self) -> Result<&'a Document> {
        match self.value {
            Bson::Document(record) => Ok(record),
            _ => Err(self.must_be(ErrorClass::Parse, "an object")),
        }
    }
}

/// The whole part of a finite number that an `i64` can hold.
pub(super) fn truncate(number: f64) -> Option<i64> {
    // 2^53: the largest span in which doubles are whole numbers without gaps.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !number.is_finite() {
        return None;
    }
    let clamped = number.trunc().clamp(-EXACT, EXACT);
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 2^53")]
    Some(clamped as i64)
}

/// The number that text starts with, as `parseInt(text, 10)` reads it.
fn leading_integer(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let digits = digits.get(..end).filter(|digits| !digits.is_empty())?;
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX);
    Some(sign * magnitude)
}
