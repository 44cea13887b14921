//! What the driver can do and polypool cannot: errors where it matters, warnings where it does not.
//!
//! An option that changes where a connection goes, or how safe it is, is refused plainly; one that
//! only tunes a socket is named in a warning. Must not know TLS, which has refusals of its own.

use super::error::{ConfigError, ErrorClass, Result};
use super::option::{Effect, Kind, OPTIONS, Preset};
use super::provided::Provided;

/// Refuses what polypool cannot do, after the driver's own checks of it.
pub(super) fn reject(provided: &Provided) -> Result<()> {
    check_proxy(provided)?;
    let refused =
        OPTIONS.iter().find(|spec| spec.effect == Effect::Refused && provided.has(spec.name));
    match refused {
        Some(spec) => Err(ConfigError::unsupported(format!(
            "polypool does not support the option {} yet",
            spec.name
        ))),
        None => Ok(()),
    }
}

fn check_proxy(provided: &Provided) -> Result<()> {
    let port = provided.unsigned("proxyPort")?;
    let given = |name: &str| -> Result<bool> {
        Ok(provided.text(name)?.is_some_and(|text| !text.is_empty()))
    };
    let (user, password) = (given("proxyUsername")?, given("proxyPassword")?);
    let fault = if !given("proxyHost")? && (port > 0 || user || password) {
        "proxyHost is needed with any other proxy option"
    } else if user != password {
        "proxyUsername and proxyPassword are needed together"
    } else {
        return Ok(());
    };
    Err(ConfigError::options(ErrorClass::Parse, fault))
}

/// Deprecations in the driver's words, and socket tuning that is not applied.
pub(super) fn warnings(provided: &Provided) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for spec in OPTIONS {
        let Some(given) = provided.first(spec.name) else {
            continue;
        };
        if let Some(advice) = spec.deprecated {
            warnings.push(format!("{} is a deprecated option: {advice}", spec.name));
        }
        if spec.name == "timeoutMS" && given.unsigned().is_err() {
            warnings.push("timeoutMS is not applied: it is no non-negative integer".to_owned());
        }
        if spec.effect != Effect::Tuning {
            continue;
        }
        let is_default = match (spec.kind, spec.preset) {
            (Kind::Boolean, Preset::Boolean(preset)) => given.boolean()? == preset,
            (Kind::Unsigned, _) => given.unsigned().map(|_| false)?,
            _ => false,
        };
        if spec.name == "family" && !matches!(given.integer()?, 4 | 6) {
            return Err(given.must_be(ErrorClass::Parse, "4 or 6"));
        }
        if !is_default {
            warnings.push(format!(
                "{} is not applied: polypool chooses socket settings itself",
                spec.name
            ));
        }
    }
    Ok(warnings)
}
