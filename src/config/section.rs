//! An option that is a document of numbers, texts, flags and lists, and how its fields are read. Errors
//! name the field's path. It must not know what the fields mean.

use bson::{Bson, Document};

use super::error::{ConfigError, ErrorClass, Result};
use super::given::Given;

/// A document that was given for an option, or one within it.
pub(super) struct Section<'a> {
    given: Given<'a>,
    /// Its path as the user finds it: `options.tenants.byName.acme`.
    path: String,
    record: &'a Document,
}

impl<'a> Section<'a> {
    /// The document of an option.
    pub(super) fn of(given: Given<'a>) -> Result<Self> {
        Ok(Self::new(given, given.record()?))
    }

    /// What stands for the document of an option.
    pub(super) fn new(given: Given<'a>, record: &'a Document) -> Self {
        Self { given, path: given.path(), record }
    }

    /// The documents of an option that is an array of them.
    pub(super) fn each(given: Given<'a>) -> Result<Vec<Self>> {
        let fault = || given.must_be(ErrorClass::InvalidArgument, "an array of objects");
        let Bson::Array(entries) = given.value else { return Err(fault()) };
        let sections = entries.iter().enumerate().map(|(index, entry)| {
            let record = entry.as_document().ok_or_else(fault)?;
            Ok(Self { given, path: format!("{}[{index}]", given.path()), record })
        });
        sections.collect()
    }

    /// The document of a field; an empty one when absent.
    pub(super) fn inner(&self, name: &str) -> Result<Self> {
        static NONE: std::sync::LazyLock<Document> = std::sync::LazyLock::new(Document::new);
        let path = self.path_of(name);
        match self.value(name) {
            None => Ok(Self { given: self.given, path, record: &NONE }),
            Some(Bson::Document(record)) => Ok(Self { given: self.given, path, record }),
            Some(_) => Err(self.fault(name, "must be an object")),
        }
    }

    /// The path of a field as the user finds it.
    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// A string; nothing when absent.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>> {
        match self.value(name) {
            None => Ok(None),
            Some(Bson::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.fault(name, "must be a string")),
        }
    }

    /// A boolean; nothing when absent.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.value(name) {
            None => Ok(None),
            Some(Bson::Boolean(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.fault(name, "must be a boolean")),
        }
    }

    /// Refuses fields that are none of these.
    pub(super) fn only(&self, names: &[&str]) -> Result<()> {
        match self.record.keys().find(|name| !names.contains(&name.as_str())) {
            Some(name) => Err(self.fault(name, &format!("is none of {}", names.join(", ")))),
            None => Ok(()),
        }
    }

    /// A whole number of at least zero, which text may write; nothing when absent.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let read = Given { value, ..self.given }.count();
        read.map(Some).map_err(|_| self.fault(name, "must be a non-negative integer"))
    }

    /// The documents within a field, by their names.
    pub(super) fn within(&self, name: &str) -> Result<Vec<(&'a str, Self)>> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let Bson::Document(records) = value else {
            return Err(self.fault(name, "must be an object"));
        };
        let sections = records.iter().map(|(key, value)| {
            let path = format!("{}.{name}.{key}", self.path);
            match value {
                Bson::Document(record) => {
                    Ok((key.as_str(), Self { given: self.given, path, record }))
                }
                _ => Err(self.error(format!("{path} must be an object"))),
            }
        });
        sections.collect()
    }

    /// An error `<path>.<name> <fault>`.
    pub(super) fn fault(&self, name: &str, fault: &str) -> ConfigError {
        self.error(format!("{}.{name} {fault}", self.path))
    }

    /// An error `<path> <fault>`.
    pub(super) fn refused(&self, fault: &str) -> ConfigError {
        self.error(format!("{} {fault}", self.path))
    }

    fn error(&self, message: String) -> ConfigError {
        ConfigError::new(ErrorClass::InvalidArgument, self.given.origin, message)
    }

    fn value(&self, name: &str) -> Option<&'a Bson> {
        self.record.get(name).filter(|value| !matches!(value, Bson::Null | Bson::Undefined))
    }
}
