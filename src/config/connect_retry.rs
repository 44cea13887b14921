//! `connectRetry`: whether, how often and how fast a first connect is tried again.
//!
//! Must not know what an attempt is, nor which failures are worth another.

use std::num::NonZeroU32;
use std::time::Duration;

use bson::{Bson, Document, doc};

use super::error::{ConfigError, ErrorClass, Result};
use super::given::Given;
use super::option::CONNECT_RETRY;
use super::provided::Provided;
use super::resolved::milliseconds;

/// How a connect is tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConnectRetry {
    /// `attempts`, the first included; `None` for `Infinity`.
    pub attempts: Option<NonZeroU32>,
    /// `baseMS`: the longest delay after the first attempt. It doubles with each.
    pub base: Duration,
    /// `maxMS`: the longest delay of all.
    pub max: Duration,
    /// `jitter`: the part of a delay that is left to chance, 0 to 1.
    pub jitter: f64,
}

impl ConnectRetry {
    /// `connectRetry`: fields, or `true` for the defaults of all of them. Nothing without it.
    pub(super) fn resolve(provided: &Provided) -> Result<Option<Self>> {
        if provided.in_uri("connectRetry") {
            return Err(ConfigError::uri(
                ErrorClass::Parse,
                "connectRetry cannot be in the connection string, only in the options",
            ));
        }
        let Some(given) = provided.first("connectRetry") else { return Ok(None) };
        match given.value {
            Bson::Boolean(false) => Ok(None),
            Bson::Boolean(true) => Self::read(&given, &Document::new()).map(Some),
            Bson::Document(fields) => Self::read(&given, fields).map(Some),
            _ => Err(given.must_be(ErrorClass::InvalidArgument, "an object or a boolean")),
        }
    }

    fn read(given: &Given<'_>, fields: &Document) -> Result<Self> {
        let known = |name: &String| CONNECT_RETRY.iter().any(|(known, _)| known == name);
        if let Some(unknown) = fields.keys().find(|name| !known(name)) {
            let fault = format!("has no field {unknown}");
            return Err(given.fault(ErrorClass::InvalidArgument, &fault));
        }
        let field = |name: &str, expected: &str, fits: fn(f64) -> bool| {
            let preset = CONNECT_RETRY.iter().find(|(known, _)| *known == name);
            let value = match fields.get(name) {
                None | Some(Bson::Null | Bson::Undefined) => preset.map(|(_, preset)| *preset),
                Some(Bson::Int32(value)) => Some(f64::from(*value)),
                Some(Bson::Double(value)) => Some(*value),
                Some(_) => None,
            };
            value.filter(|value| fits(*value)).ok_or_else(|| {
                let path = format!("{}.{name} must be {expected}", given.path());
                ConfigError::options(ErrorClass::InvalidArgument, path)
            })
        };
        let span = |value: f64| Duration::from_secs_f64(value / 1e3);
        let is_time = |value: f64| (0.0..=f64::from(u32::MAX)).contains(&value);
        let attempts = field("attempts", "a whole number of at least 1, or Infinity", |value| {
            value >= 1.0 && (value.fract() == 0.0 || value.is_infinite())
        })?;
        Ok(Self {
            attempts: whole(attempts),
            base: span(field("baseMS", "a number of at least 0", is_time)?),
            max: span(field("maxMS", "a number of at least 0", is_time)?),
            jitter: field("jitter", "a number from 0 to 1", |value| (0.0..=1.0).contains(&value))?,
        })
    }

    /// The option's shape, with every default in place.
    pub(super) fn to_document(self) -> Document {
        doc! {
            "attempts": self.attempts_number(),
            "baseMS": milliseconds(self.base),
            "maxMS": milliseconds(self.max),
            "jitter": self.jitter,
        }
    }

    /// `attempts` as JS has it.
    pub fn attempts_number(&self) -> f64 {
        self.attempts.map_or(f64::INFINITY, |attempts| f64::from(attempts.get()))
    }
}

/// A whole number of at least 1; more than anybody lives to see is as good as `Infinity`.
fn whole(number: f64) -> Option<NonZeroU32> {
    if number > f64::from(u32::MAX) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    NonZeroU32::new(number as u32)
}
