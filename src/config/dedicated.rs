//! `dbSpecific`: databases that are served by a client of their own.
//!
//! Each is resolved like the pool itself, with its own connection string in the place of the pool's if
//! it has one. Must not know when such a client is opened or closed.

use std::num::NonZeroU32;
use std::time::Duration;

use bson::{Bson, Document};

use super::error::{ConfigError, ErrorClass, Result};
use super::option::DEDICATED_TTL_MS;
use super::provided::Provided;
use super::resolved::{milliseconds, number};
use super::section::Section;
use super::{Config, database_name, deployment, fallback};

/// The server's own databases, which have no client of their own.
const RESERVED: [&str; 3] = ["admin", "config", "local"];

/// One database, its client and how long that is kept.
#[derive(Clone, PartialEq)]
pub struct Dedicated {
    /// Its name.
    pub database: String,
    /// What its client is opened with.
    pub config: Config,
    /// `ttl`, if `autoClose` is on: an idle client is closed after it. 0 means no limit.
    pub ttl: Option<Duration>,
    /// `coldStart: false` connects as soon as this is known; otherwise the first operation does.
    pub eager: bool,
    /// Whether it has a connection string of its own.
    elsewhere: bool,
}

/// The option itself, which no client of a database has.
const OWN: [&str; 1] = ["dbSpecific"];

/// Resolves them all. `uri` and `options` are the pool's; a name that comes twice is the last one.
pub(super) fn resolve(
    provided: &Provided,
    uri: &str,
    options: &Document,
) -> Result<Vec<Dedicated>> {
    if provided.in_uri("dbSpecific") {
        return Err(ConfigError::uri(
            ErrorClass::Parse,
            "dbSpecific cannot be in the connection string, only in the options",
        ));
    }
    let Some(given) = provided.first("dbSpecific") else { return Ok(Vec::new()) };
    let mut all: Vec<Dedicated> = Vec::new();
    for section in Section::each(given)? {
        let one = Dedicated::resolve(&section, uri, options)?;
        all.retain(|known| known.database != one.database);
        all.push(one);
    }
    Ok(all)
}

impl Dedicated {
    fn resolve(section: &Section<'_>, uri: &str, options: &Document) -> Result<Self> {
        section.only(&["dbName", "mongoURI", "options"])?;
        let own_uri = section.text("mongoURI")?;
        let fields = section.inner("options")?;
        fields.only(&["maxConnections", "autoClose", "ttl", "coldStart"])?;
        let database = database(section)?;
        let elsewhere = own_uri.is_some();
        let shared = match own_uri {
            Some(own_uri) => deployment::shared(options, own_uri, &OWN),
            None => deployment::without(options, &OWN),
        };
        let mut config = Config::resolve(own_uri.unwrap_or(uri), &shared).map_err(|error| {
            let message = format!("{}: {}", section.path_of("mongoURI"), error.message());
            ConfigError::options(error.class(), message)
        })?;
        if let Some(most) = fields.count("maxConnections")? {
            config.pool.max_size = NonZeroU32::new(u32::try_from(most).unwrap_or(u32::MAX));
        }
        if let Some(most) = config.pool.max_size {
            config.pool.min_size = config.pool.min_size.min(most.get());
        }
        config.dedicated_to = Some(database.clone());
        let ttl = fields.count("ttl")?.unwrap_or(DEDICATED_TTL_MS.into());
        Ok(Self {
            database,
            config,
            ttl: (fields.flag("autoClose")?.unwrap_or(false) && ttl > 0)
                .then(|| Duration::from_millis(ttl)),
            eager: fields.flag("coldStart")? == Some(false),
            elsewhere,
        })
    }

    /// The entry as it was resolved, without a secret.
    pub(super) fn to_document(&self) -> Document {
        let max = self.config.pool.max_size.map_or(0, u32::from);
        let mut options = Document::new();
        options.insert("maxConnections", number(max.into()));
        options.insert("autoClose", self.ttl.is_some());
        if let Some(ttl) = self.ttl {
            options.insert("ttl", milliseconds(ttl));
        }
        options.insert("coldStart", !self.eager);
        let mut document = Document::new();
        document.insert("dbName", &self.database);
        if self.elsewhere {
            document.insert("mongoURI", Bson::String(fallback::name(&self.config)));
        }
        document.insert("options", options);
        document
    }
}

/// The name of a database that may have a client of its own.
fn database(section: &Section<'_>) -> Result<String> {
    const NAME: &str = "dbName";
    let name = section.text(NAME)?.unwrap_or_default();
    if !database_name::is_possible(name) {
        return Err(section.fault(NAME, "must be the name of a database"));
    }
    if RESERVED.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err(section.fault(NAME, "must not be one of the server's own databases"));
    }
    Ok(name.to_owned())
}
