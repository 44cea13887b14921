//! Read concern and write concern.
//!
//! Owns how the forms of each (`w`, `journal`, `j`, `fsync`, `wtimeoutMS`, `writeConcern`,
//! `readConcernLevel`, `readConcern`) combine, as in the driver. Must not know commands.

use std::time::Duration;

use bson::{Bson, Document, doc};

use super::error::{ErrorClass, Result};
use super::given::{Given, truncate};
use super::provided::Provided;
use super::resolved::number;

/// How many members acknowledge a write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Acknowledgment {
    /// That many; 0 means none.
    Nodes(u32),
    /// A majority, or a mode that the replica set defines.
    Named(String),
}

/// A resolved write concern with at least one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WriteConcern {
    /// `w`.
    pub acknowledgment: Option<Acknowledgment>,
    /// `journal`.
    pub journal: Option<bool>,
    /// `wtimeoutMS`.
    pub timeout: Option<Duration>,
}

impl WriteConcern {
    /// The write concern among the options. Of several forms of `journal` and of `wtimeoutMS` the
    /// one that the driver resolves first stays.
    pub(super) fn resolve(provided: &Provided) -> Result<Option<Self>> {
        let mut concern = Self::default();
        for name in ["fsync", "j", "journal"] {
            if let Some(given) = provided.first(name) {
                let value = given.boolean()?;
                concern.journal.get_or_insert(value);
            }
        }
        if let Some(given) = provided.first("w") {
            concern.acknowledgment = Some(read_acknowledgment(&given)?);
        }
        if let Some(given) = provided.first("writeConcern") {
            concern.merge(&given)?;
        }
        if let Some(given) = provided.first("wtimeout") {
            concern.timeout = Some(Duration::from_millis(given.unsigned()?));
        }
        if let Some(given) = provided.first("wtimeoutMS") {
            let value = Duration::from_millis(given.unsigned()?);
            concern.timeout.get_or_insert(value);
        }
        Ok(Some(concern).filter(|concern| *concern != Self::default()))
    }

    fn merge(&mut self, given: &Given<'_>) -> Result<()> {
        let record = match given.value {
            Bson::Document(record) => record,
            Bson::String(name) if name == "majority" => {
                self.acknowledgment = Some(Acknowledgment::Named(name.clone()));
                return Ok(());
            }
            Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) => {
                self.acknowledgment = Some(read_acknowledgment(given)?);
                return Ok(());
            }
            _ => {
                let expected = "an object, a number or \"majority\"";
                return Err(given.must_be(ErrorClass::Parse, expected));
            }
        };
        let field = |name: &str| {
            record
                .get(name)
                .filter(|value| !matches!(value, Bson::Null | Bson::Undefined))
                .map(|value| Given { value, ..*given })
        };
        if let Some(w) = field("w") {
            self.acknowledgment = Some(read_acknowledgment(&w)?);
        }
        if let Some(fsync) = field("fsync") {
            let one =
                matches!(fsync.value, Bson::Int32(_) | Bson::Double(_)) && fsync.integer()? == 1;
            self.journal = Some(one || fsync.boolean()?);
        } else if let Some(j) = field("j") {
            self.journal = Some(j.boolean()?);
        } else if let Some(journal) = field("journal") {
            let value = journal.boolean()?;
            self.journal.get_or_insert(value);
        }
        if let Some(timeout) = field("wtimeout").or_else(|| field("wtimeoutMS")) {
            self.timeout = Some(Duration::from_millis(timeout.unsigned()?));
        }
        Ok(())
    }

    /// The shape of the driver's `WriteConcern`.
    pub(super) fn to_document(&self) -> Document {
        let mut document = Document::new();
        match &self.acknowledgment {
            Some(Acknowledgment::Nodes(nodes)) => {
                document.insert("w", number(u64::from(*nodes)));
            }
            Some(Acknowledgment::Named(name)) => {
                document.insert("w", name);
            }
            None => {}
        }
        if let Some(timeout) = self.timeout {
            let milliseconds = super::resolved::milliseconds(timeout);
            document.insert("wtimeoutMS", milliseconds.clone());
            document.insert("wtimeout", milliseconds);
        }
        if let Some(journal) = self.journal {
            document.insert("journal", journal);
            document.insert("j", journal);
        }
        document
    }
}

/// A number, text that is a number, or a name.
fn read_acknowledgment(given: &Given<'_>) -> Result<Acknowledgment> {
    let nodes = match given.value {
        Bson::String(text) => match text.trim().parse::<f64>() {
            Ok(value) => truncate(value),
            Err(_) => return Ok(Acknowledgment::Named(text.clone())),
        },
        Bson::Int32(value) => Some(i64::from(*value)),
        Bson::Int64(value) => Some(*value),
        Bson::Double(value) => truncate(*value),
        _ => None,
    };
    nodes.and_then(|nodes| u32::try_from(nodes).ok()).map(Acknowledgment::Nodes).ok_or_else(|| {
        let fault = "must have a non-negative integer or a name as w";
        given.fault(ErrorClass::InvalidArgument, fault)
    })
}

/// The level of the read concern among the options. Any name is a level.
pub(super) fn resolve_read_concern(provided: &Provided) -> Result<Option<String>> {
    if let Some(given) = provided.first("readConcernLevel") {
        return given.text().map(Some);
    }
    let Some(given) = provided.first("readConcern") else {
        return Ok(None);
    };
    let level = match given.value {
        Bson::Document(record) => record.get("level"),
        Bson::String(_) if provided.in_options("readConcern") => Some(given.value),
        _ => None,
    };
    match level {
        Some(Bson::String(level)) => Ok(Some(level.clone())),
        _ => Err(given.must_be(ErrorClass::Parse, "an object with a level")),
    }
}

/// The shape of the driver's `ReadConcern`.
pub(super) fn read_concern_document(level: &str) -> Document {
    doc! { "level": level }
}
