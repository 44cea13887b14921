//! `authMechanismProperties`: reading, and what OIDC and Kerberos ask of them.
//!
//! Values may be secrets, so no message quotes one. Must not know where credentials go.

use bson::{Bson, Document};

use super::error::{ConfigError, ErrorClass, Origin, Result};
use super::pairs;
use super::provided::Provided;

/// Merges the document's and the connection string's properties as the driver does: each value
/// given as an object replaces what came before it, each given as text adds to it.
pub(super) fn read(provided: &Provided) -> Result<Document> {
    let mut merged = Document::new();
    for given in provided.all("authMechanismProperties") {
        match given.value {
            Bson::String(text) => {
                for (name, value) in pairs::parse(&given, text)? {
                    if given.origin == Origin::Uri && name == "ALLOWED_HOSTS" {
                        return Err(given.fault(ErrorClass::Parse, "cannot hold ALLOWED_HOSTS"));
                    }
                    let value = match value.as_str() {
                        "true" => Bson::Boolean(true),
                        "false" => Bson::Boolean(false),
                        _ => Bson::String(value),
                    };
                    merged.insert(name, value);
                }
            }
            Bson::Document(record) => merged = record.clone(),
            _ => return Err(given.must_be(ErrorClass::Parse, "an object")),
        }
    }
    Ok(merged)
}

/// The requirements of MONGODB-OIDC.
pub(super) fn check_oidc(properties: &Document, username: &str, has_password: bool) -> Result<()> {
    let environment = properties.get_str("ENVIRONMENT").ok();
    if has_password {
        return Err(invalid("Mechanism MONGODB-OIDC takes no password"));
    }
    let Some(environment) = environment else {
        return Err(invalid(
            "Mechanism MONGODB-OIDC needs an ENVIRONMENT in authMechanismProperties; \
             polypool does not support OIDC callbacks yet",
        ));
    };
    if !["test", "azure", "gcp", "k8s"].contains(&environment) {
        return Err(invalid(
            "authMechanismProperties.ENVIRONMENT must be one of test, azure, gcp, k8s",
        ));
    }
    if !username.is_empty() && environment != "azure" {
        return Err(invalid(format!(
            "Mechanism MONGODB-OIDC takes no user name with ENVIRONMENT {environment}"
        )));
    }
    if matches!(environment, "azure" | "gcp") && !properties.contains_key("TOKEN_RESOURCE") {
        return Err(invalid(format!(
            "authMechanismProperties.TOKEN_RESOURCE is needed with ENVIRONMENT {environment}"
        )));
    }
    if let Some(hosts) = properties.get("ALLOWED_HOSTS") {
        let strings =
            hosts.as_array().is_some_and(|hosts| hosts.iter().all(|host| host.as_str().is_some()));
        if !strings {
            return Err(invalid(
                "authMechanismProperties.ALLOWED_HOSTS must be an array of strings",
            ));
        }
    }
    Ok(())
}

/// The mongodb crate reads tokens of Kubernetes as it is; the others need features of it.
pub(super) fn check_oidc_supported(properties: &Document) -> Result<()> {
    match properties.get_str("ENVIRONMENT") {
        Ok("k8s") => Ok(()),
        _ => Err(ConfigError::unsupported(
            "polypool supports authMechanism MONGODB-OIDC with ENVIRONMENT k8s only",
        )),
    }
}

/// `CANONICALIZE_HOST_NAME` is checked whatever the mechanism, as in the driver.
pub(super) fn check_canonicalization(properties: &Document) -> Result<()> {
    let valid = match properties.get("CANONICALIZE_HOST_NAME") {
        None | Some(Bson::Null | Bson::Boolean(_)) => true,
        Some(Bson::String(text)) => {
            ["none", "forward", "forwardAndReverse"].contains(&text.as_str())
        }
        Some(_) => false,
    };
    if valid {
        return Ok(());
    }
    Err(ConfigError::options(
        ErrorClass::Api,
        "authMechanismProperties.CANONICALIZE_HOST_NAME must be true, false, none, forward or \
         forwardAndReverse",
    ))
}

fn invalid(message: impl std::fmt::Display) -> ConfigError {
    ConfigError::options(ErrorClass::InvalidArgument, message)
}
