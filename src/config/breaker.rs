//! `breaker`: when the circuit of a pool opens and closes.
//!
//! An option of polypool's own; without it there is no circuit. Must not know what a failure is.

use std::num::NonZeroU32;
use std::time::Duration;

use bson::{Bson, Document, doc};

use super::error::{ErrorClass, Result};
use super::option::BREAKER;
use super::provided::Provided;
use super::resolved::{milliseconds, number};
use super::section::Section;

/// When a circuit opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Breaker {
    /// `failures`: how many within the window open it.
    pub failures: NonZeroU32,
    /// `windowMS`: how long a failure counts.
    pub window: Duration,
    /// `openMS`: how long it stays open before it is tried.
    pub open: Duration,
    /// `halfOpen`: how many may try it at a time, and have to succeed.
    pub half_open: NonZeroU32,
}

impl Breaker {
    /// `breaker`: fields, or `true` for the defaults of all of them. Nothing without it.
    pub(super) fn resolve(provided: &Provided) -> Result<Option<Self>> {
        let Some(given) = provided.first("breaker") else { return Ok(None) };
        let fields = match given.value {
            Bson::Boolean(false) => return Ok(None),
            Bson::Boolean(true) => &Document::new(),
            Bson::Document(fields) => fields,
            _ => return Err(given.must_be(ErrorClass::InvalidArgument, "an object or a boolean")),
        };
        let section = Section::new(given, fields);
        section.only(&BREAKER.map(|(name, _)| name))?;
        let field = |(name, preset): (&str, u32)| {
            let value = section.count(name)?.unwrap_or_else(|| preset.into());
            let value = u32::try_from(value).unwrap_or(u32::MAX);
            NonZeroU32::new(value).ok_or_else(|| section.fault(name, "must be at least 1"))
        };
        let time = |field: NonZeroU32| Duration::from_millis(u32::from(field).into());
        let [failures, window, open, half_open] = BREAKER;
        Ok(Some(Self {
            failures: field(failures)?,
            window: time(field(window)?),
            open: time(field(open)?),
            half_open: field(half_open)?,
        }))
    }

    /// The option's shape, with every default in place.
    pub(super) fn to_document(self) -> Document {
        let values = [
            number(u32::from(self.failures).into()),
            milliseconds(self.window),
            milliseconds(self.open),
            number(u32::from(self.half_open).into()),
        ];
        let mut document = doc! {};
        for ((name, _), value) in BREAKER.iter().zip(values) {
            document.insert(*name, value);
        }
        document
    }
}
