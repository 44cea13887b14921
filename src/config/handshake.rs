//! What a new connection tells the server: compressors, wrapping libraries, the declared API.
//!
//! Reads these options as the driver does. Must not know the wire.

use bson::{Bson, Document, doc};

use super::error::{ConfigError, ErrorClass, Result};
use super::given::Given;
use super::provided::Provided;

/// A way to compress messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compressor {
    /// Snappy.
    Snappy,
    /// zlib.
    Zlib {
        /// 1 to 9; `None` is zlib's own default.
        level: Option<u32>,
    },
    /// Zstandard.
    Zstd,
}

/// `compressors` of the table's default: no compression.
const NONE: &str = "none";

impl Compressor {
    /// The driver's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Snappy => "snappy",
            Self::Zlib { .. } => "zlib",
            Self::Zstd => "zstd",
        }
    }
}

/// The compressors asked for in both places, the document's first, each once.
pub(super) fn resolve_compressors(provided: &Provided) -> Result<Vec<Compressor>> {
    let level = u32::try_from(zlib_level(provided)?).ok().filter(|level| *level > 0);
    let mut compressors = Vec::new();
    for given in provided.all("compressors") {
        for name in compressor_names(&given)? {
            let compressor = match name {
                NONE => continue,
                "snappy" => Compressor::Snappy,
                "zlib" => Compressor::Zlib { level },
                "zstd" => Compressor::Zstd,
                _ => {
                    let expected = "a list of none, snappy, zlib, zstd";
                    return Err(given.must_be(ErrorClass::InvalidArgument, expected));
                }
            };
            if !compressors.contains(&compressor) {
                compressors.push(compressor);
            }
        }
    }
    Ok(compressors)
}

/// `zlibCompressionLevel`: -1 to 9, where -1 and 0 both mean zlib's own default, as in the driver.
pub(super) fn zlib_level(provided: &Provided) -> Result<i32> {
    let Some(given) = provided.first("zlibCompressionLevel") else {
        return Ok(0);
    };
    match i32::try_from(given.integer()?) {
        Ok(level @ -1..=9) => Ok(level),
        _ => Err(given.must_be(ErrorClass::InvalidArgument, "an integer from -1 to 9")),
    }
}

fn compressor_names<'a>(given: &Given<'a>) -> Result<Vec<&'a str>> {
    let fault = || {
        let expected = "an array or a comma-separated list of strings";
        given.must_be(ErrorClass::InvalidArgument, expected)
    };
    match given.value {
        Bson::String(list) => Ok(list.split(',').collect()),
        Bson::Array(list) => list.iter().map(|name| name.as_str().ok_or_else(fault)).collect(),
        _ => Err(fault()),
    }
}

/// The library that wraps polypool, as the server's log names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DriverInfo {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its platform.
    pub platform: Option<String>,
}

impl DriverInfo {
    /// `driverInfo`, then `name` over it.
    pub(super) fn resolve(provided: &Provided) -> Result<Self> {
        let mut info = Self::default();
        if let Some(given) = provided.first("driverInfo") {
            let record = given.record()?;
            let field = |name: &str| match record.get(name) {
                None | Some(Bson::Null | Bson::Undefined) => Ok(None),
                Some(value) => Given { value, ..given }.text().map(Some),
            };
            info = Self {
                name: field("name")?,
                version: field("version")?,
                platform: field("platform")?,
            };
        }
        if let Some(given) = provided.first("name") {
            info.name = Some(given.text()?);
        }
        Ok(info)
    }

    /// The driver's shape, without absent fields.
    pub(super) fn to_document(&self) -> Document {
        let fields =
            [("name", &self.name), ("version", &self.version), ("platform", &self.platform)];
        let given = fields.into_iter().filter_map(|(name, value)| {
            let value = value.as_ref()?;
            Some((name.to_owned(), Bson::from(value.as_str())))
        });
        given.collect()
    }
}

/// The server API that every command declares. Version 1 is the only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServerApi {
    /// Refuse commands outside the version.
    pub strict: Option<bool>,
    /// Refuse what the version deprecates.
    pub deprecation_errors: Option<bool>,
}

/// The one version of the server API.
const SERVER_API_VERSION: &str = "1";

impl ServerApi {
    /// `serverApi`, which only the options document may have.
    pub(super) fn resolve(provided: &Provided) -> Result<Option<Self>> {
        if provided.in_uri("serverApi") {
            return Err(ConfigError::uri(
                ErrorClass::Parse,
                "serverApi cannot be in the connection string, only in the options",
            ));
        }
        let Some(given) = provided.first("serverApi") else {
            return Ok(None);
        };
        let empty = Document::new();
        let (version, record) = match given.value {
            Bson::Document(record) => (record.get_str("version").ok(), record),
            value => (value.as_str(), &empty),
        };
        if version != Some(SERVER_API_VERSION) {
            return Err(given.fault(ErrorClass::Parse, "must have the version \"1\""));
        }
        let field = |name: &str| match record.get(name) {
            None | Some(Bson::Null | Bson::Undefined) => Ok(None),
            Some(value) => Given { value, ..given }.boolean().map(Some),
        };
        Ok(Some(Self { strict: field("strict")?, deprecation_errors: field("deprecationErrors")? }))
    }

    /// The driver's shape, without absent fields.
    pub(super) fn to_document(self) -> Document {
        let mut document = doc! { "version": SERVER_API_VERSION };
        if let Some(strict) = self.strict {
            document.insert("strict", strict);
        }
        if let Some(errors) = self.deprecation_errors {
            document.insert("deprecationErrors", errors);
        }
        document
    }
}
