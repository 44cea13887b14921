//! `fallbackURIs`: deployments that stand in for the one that the connection string names.
//!
//! Each is resolved like that one, with the same options over it. Must not know when one is used.

use bson::{Bson, Document};

use super::error::{ConfigError, ErrorClass, Result};
use super::provided::Provided;
use super::{Config, Credential, deployment};

/// Options of the pool as a whole.
const OWN: [&str; 2] = ["connectRetry", "dbSpecific"];

/// Resolves them all.
pub(super) fn resolve(provided: &Provided, options: &Document) -> Result<Vec<Config>> {
    if provided.in_uri("fallbackURIs") {
        return Err(ConfigError::uri(
            ErrorClass::Parse,
            "fallbackURIs cannot be in the connection string, only in the options",
        ));
    }
    let Some(given) = provided.first("fallbackURIs") else { return Ok(Vec::new()) };
    let fault = || given.must_be(ErrorClass::InvalidArgument, "an array of connection strings");
    let Bson::Array(uris) = given.value else { return Err(fault()) };
    let resolved = uris.iter().enumerate().map(|(index, uri)| {
        let uri = uri.as_str().ok_or_else(fault)?;
        let shared = deployment::shared(options, uri, &OWN);
        Config::resolve(uri, &shared).map_err(|error| {
            let message = format!("{}[{index}]: {}", given.path(), error.message());
            ConfigError::options(error.class(), message)
        })
    });
    resolved.collect()
}

/// What they are called where no secret may be: `mongodb://a:27017,b:27017`.
pub(super) fn name(config: &Config) -> String {
    let user =
        config.credential.as_ref().map(|_: &Credential| "<credentials>@").unwrap_or_default();
    if let Some(srv) = &config.topology.srv {
        return format!("mongodb+srv://{user}{}", srv.host);
    }
    let hosts: Vec<_> = config.topology.hosts.iter().map(ToString::to_string).collect();
    format!("mongodb://{user}{}", hosts.join(","))
}
