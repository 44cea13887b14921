//! Option resolution: a connection string and an options document become a [`Config`].
//!
//! Everything here happens before any network, with the semantics and defaults of the official
//! Node.js driver 7.8, so that what the mongodb crate does not know (`waitQueueTimeoutMS`,
//! `socketTimeoutMS`, …) never becomes an "unknown option" to a user. The conversion to the crate's
//! own options is in `client_options`, the only file that knows the crate. A leaf: imports nothing
//! else of polypool.

mod breaker;
mod client_options;
mod client_values;
mod concern;
mod connect_retry;
mod credential;
mod database_name;
mod dedicated;
mod deployment;
mod error;
mod fallback;
mod given;
mod handshake;
mod host;
mod key;
mod mechanism_properties;
mod option;
mod pairs;
mod passthrough;
mod pool;
mod private_file;
mod provided;
mod read_preference;
mod resolved;
mod retries;
mod section;
mod tenants;
mod tls;
mod topology;
mod unsupported;
mod uri;

#[cfg(test)]
mod tests;

use std::fmt;

use bson::{Bson, Document, doc};

pub use self::breaker::Breaker;
pub use self::client_options::{ClientOptionsError, PrivateFiles, ResolvedClientOptions};
pub use self::concern::{Acknowledgment, WriteConcern};
pub use self::connect_retry::ConnectRetry;
pub use self::credential::{Credential, Mechanism};
pub use self::dedicated::Dedicated;
pub use self::error::{ConfigError, ErrorClass, Origin};
pub use self::handshake::{Compressor, DriverInfo, ServerApi};
pub use self::host::HostAddress;
pub use self::key::ConfigKey;
pub use self::passthrough::Passthrough;
pub use self::pool::Pool;
pub use self::read_preference::{ReadPreference, ReadPreferenceMode, TagSet};
pub use self::retries::Retries;
pub use self::tenants::{TenantLimits, Tenants};
pub use self::tls::{Identity, Pem, Tls};
pub use self::topology::{ServerMonitoringMode, Srv, Topology};

use self::provided::Provided;
use self::uri::{Seeds, Uri};

/// Resolved options: typed, checked, complete. `Debug` shows no secret.
#[derive(Clone, PartialEq)]
pub struct Config {
    /// The servers and how they are found and watched.
    pub topology: Topology,
    /// Sizes and time-outs.
    pub pool: Pool,
    /// When operations are refused because no server can be reached.
    pub breaker: Option<Breaker>,
    /// What each database may have of the pool.
    pub tenants: Tenants,
    /// Who connects, where authentication is asked for.
    pub credential: Option<Credential>,
    /// How connections are encrypted; `None` is in clear.
    pub tls: Option<Tls>,
    /// The database of `client.db()`; `test` by default.
    pub db_name: String,
    /// The default read preference.
    pub read_preference: ReadPreference,
    /// The level of the default read concern.
    pub read_concern: Option<String>,
    /// The default write concern.
    pub write_concern: Option<WriteConcern>,
    /// Which operations are tried again.
    pub retries: Retries,
    /// Deployments that stand in for this one, in order.
    pub fallbacks: Vec<Config>,
    /// Databases with a client of their own. A holder's own: those who share a pool may differ.
    pub dedicated: Vec<Dedicated>,
    /// The database that a client of its own is for; nothing for a pool of all databases.
    pub dedicated_to: Option<String>,
    /// How a connect is tried again, if it is. A holder's own: those who share a pool may differ.
    pub connect_retry: Option<ConnectRetry>,
    /// `appName`, as given; the handshake sends its first 128 bytes.
    pub app_name: Option<String>,
    /// Compressors in order of preference; none by default.
    pub compressors: Vec<Compressor>,
    /// The library that wraps polypool.
    pub driver_info: DriverInfo,
    /// The server API to declare.
    pub server_api: Option<ServerApi>,
    /// Whether commands are reported to listeners.
    pub monitor_commands: bool,
    /// Options that JS acts on.
    pub passthrough: Passthrough,
    /// What the driver would warn of, and what polypool does not apply.
    pub warnings: Vec<String>,
    /// `zlibCompressionLevel` as given, for `resolved` only.
    zlib_level: i32,
    /// Whether `tls` or `ssl` was given, for `resolved` only.
    tls_is_given: bool,
}

impl Config {
    /// Resolves a connection string and the options document laid over it.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the driver's error class and a message that names the part at fault,
    /// and never shows anything of the connection string's user information.
    pub fn resolve(uri: &str, options: &Document) -> Result<Self, ConfigError> {
        Self::resolve_quoting(uri, options).map_err(|error| {
            if error.origin() == Origin::Uri && uri::is_ambiguous(uri) {
                uri::ambiguous_error()
            } else {
                error
            }
        })
    }

    /// Like [`resolve`](Self::resolve), but its errors may quote hosts, option names and values.
    fn resolve_quoting(text: &str, options: &Document) -> Result<Self, ConfigError> {
        let uri = Uri::parse(text)?;
        let mut from_uri = Vec::new();
        if let Some(info) = uri.user_info {
            let auth = doc! { "username": info.username, "password": info.password };
            from_uri.push(("auth", Bson::Document(auth)));
        }
        if let Some(database) = uri.database {
            from_uri.push(("dbName", Bson::String(database)));
        }
        let provided = Provided::gather(from_uri, &uri.pairs, options)?;
        let mut config = Self::from_provided(uri.seeds, &provided)?;
        config.fallbacks = fallback::resolve(&provided, options)?;
        config.dedicated = dedicated::resolve(&provided, text, options)?;
        Ok(config)
    }

    fn from_provided(seeds: Seeds, provided: &Provided) -> Result<Self, ConfigError> {
        let tls = tls::TlsResolution::resolve(provided)?;
        let compressors = handshake::resolve_compressors(provided)?;
        let database = provided.text("dbName")?.filter(|name| !name.is_empty());
        let named = database.as_deref().filter(|_| provided.has("dbName"));
        let credential = Credential::resolve(provided, named)?;
        let topology = Topology::resolve(seeds, provided)?;
        let config = Self {
            credential,
            tls_is_given: tls.switch.is_some(),
            tls: tls.into_tls(topology.srv.is_some())?,
            topology,
            pool: Pool::resolve(provided)?,
            breaker: Breaker::resolve(provided)?,
            tenants: Tenants::resolve(provided)?,
            db_name: database.unwrap_or_else(|| provided::preset_text("dbName")),
            read_preference: ReadPreference::resolve(provided)?,
            read_concern: concern::resolve_read_concern(provided)?,
            write_concern: WriteConcern::resolve(provided)?,
            retries: Retries::resolve(provided)?,
            fallbacks: Vec::new(),
            dedicated: Vec::new(),
            dedicated_to: None,
            connect_retry: ConnectRetry::resolve(provided)?,
            app_name: provided.text("appName")?,
            zlib_level: handshake::zlib_level(provided)?,
            compressors,
            driver_info: DriverInfo::resolve(provided)?,
            server_api: ServerApi::resolve(provided)?,
            monitor_commands: provided.boolean("monitorCommands")?,
            passthrough: passthrough::resolve(provided)?,
            warnings: unsupported::warnings(provided)?,
        };
        unsupported::reject(provided)?;
        Ok(config)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Config").field(&self.resolved()).finish()
    }
}
