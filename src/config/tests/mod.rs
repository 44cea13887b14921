//! Tests of option resolution, by subject; the names are sentences of behaviour.

mod breaker;
mod client_options;
mod credential;
mod dedicated;
mod key;
mod options;
mod preferences;
mod secrets;
mod specification;
mod tenants;
mod tls;
mod topology;
mod uri;

use bson::{Bson, Document, doc};

use super::{Config, ConfigError, ErrorClass};

/// Resolves a connection string alone.
fn resolve(uri: &str) -> Config {
    with_options(uri, doc! {})
}

/// Resolves a connection string with options that are valid.
#[expect(clippy::needless_pass_by_value, reason = "called with doc! in place")]
#[track_caller]
fn with_options(uri: &str, options: Document) -> Config {
    match Config::resolve(uri, &options) {
        Ok(config) => config,
        Err(error) => panic!("{uri} with {options} should resolve, got: {error}"),
    }
}

/// The error of a connection string alone.
#[track_caller]
fn error(uri: &str) -> ConfigError {
    error_with(uri, doc! {})
}

/// The error of a connection string with options.
#[expect(clippy::needless_pass_by_value, reason = "called with doc! in place")]
#[track_caller]
fn error_with(uri: &str, options: Document) -> ConfigError {
    match Config::resolve(uri, &options) {
        Ok(_) => panic!("{uri} with {options} should not resolve"),
        Err(error) => error,
    }
}

/// Checks class and a part of the message.
#[track_caller]
fn assert_error(error: &ConfigError, class: ErrorClass, part: &str) {
    assert_eq!(error.class(), class, "{error}");
    assert!(error.message().contains(part), "{part:?} in {error}");
}

/// A resolved option by the driver's name.
#[track_caller]
fn resolved(config: &Config, name: &str) -> Bson {
    match config.resolved().get(name) {
        Some(value) => value.clone(),
        None => panic!("{name} should be among the resolved options"),
    }
}
