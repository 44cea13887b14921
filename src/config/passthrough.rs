//! Options that JS acts on: BSON options, logging and the like.
//!
//! JS keeps those of its own options document; a connection string may have them too, so they are
//! read here, with their defaults, and handed back. Must not know what they do.

use std::collections::BTreeMap;

use bson::{Bson, Document};

use super::error::{ConfigError, ErrorClass, Result};
use super::given::Given;
use super::option::{Effect, Kind, OPTIONS, Preset};
use super::provided::Provided;
use super::resolved::number;

/// Values by the driver's spelling of the option.
pub type Passthrough = BTreeMap<&'static str, Bson>;

/// Reads every option of that kind which is given or has a default.
pub(super) fn resolve(provided: &Provided) -> Result<Passthrough> {
    check_int64_choice(provided)?;
    let mut passthrough = Passthrough::new();
    for spec in OPTIONS.iter().filter(|spec| spec.effect == Effect::Js) {
        if spec.name == "timeoutMS" {
            // The driver takes whatever it is.
            if let Some(Ok(time)) = provided.first(spec.name).map(|given| given.unsigned()) {
                passthrough.insert(spec.name, number(time));
            }
            continue;
        }
        let value = match (provided.first(spec.name), spec.preset) {
            (Some(given), _) => read(&given)?,
            (None, Preset::Boolean(value)) => Bson::Boolean(value),
            (None, Preset::Number(value)) => number(u64::from(value)),
            (None, Preset::Text(value)) => Bson::from(value),
            (None, Preset::Absent) => continue,
        };
        passthrough.insert(spec.name, value);
    }
    Ok(passthrough)
}

fn read(given: &Given<'_>) -> Result<Bson> {
    match given.spec.kind {
        Kind::Boolean => given.boolean().map(Bson::Boolean),
        Kind::Integer => given.integer().map(Bson::Int64),
        Kind::Unsigned | Kind::Count => given.unsigned().map(number),
        Kind::Record if given.spec.name == "mongodbLogComponentSeverities" => {
            severities(given).map(Bson::Document)
        }
        Kind::Record => given.record().cloned().map(Bson::Document),
        Kind::Text if given.spec.name == "mongodbLogPath" => match given.value.as_str() {
            Some(path @ ("stderr" | "stdout")) => Ok(Bson::from(path)),
            _ => Err(given.must_be(ErrorClass::Api, "either stderr or stdout")),
        },
        Kind::Text if given.spec.name == "logLevel" => match given.value.as_str() {
            Some(level) if LEVELS.contains(&level) => Ok(Bson::from(level)),
            _ => {
                Err(given.must_be(ErrorClass::InvalidArgument, "error, warn, info, debug or trace"))
            }
        },
        Kind::Text if given.spec.name == "logPath" => match given.value.as_str() {
            Some(path) if !path.is_empty() => Ok(Bson::from(path)),
            _ => Err(given.must_be(ErrorClass::InvalidArgument, "the path of a directory")),
        },
        Kind::Text => given.text().map(Bson::String),
        Kind::Any | Kind::Special => Ok(given.value.clone()),
    }
}

/// How much a message of polypool's own log matters.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// What log messages can be of, and how much they matter.
const COMPONENTS: [&str; 6] =
    ["command", "topology", "serverSelection", "connection", "client", "default"];
const SEVERITIES: [&str; 10] =
    ["emergency", "alert", "critical", "error", "warn", "notice", "info", "debug", "trace", "off"];

fn severities(given: &Given<'_>) -> Result<Document> {
    let Bson::Document(severities) = given.value else {
        return Err(given.must_be(ErrorClass::Api, "an object"));
    };
    for (component, severity) in severities {
        let one_of = |what: &str, choices: &[&str]| {
            let fault = format!("{what} must be one of {}", choices.join(", "));
            Err(given.fault(ErrorClass::Api, &fault))
        };
        if !COMPONENTS.contains(&component.as_str()) {
            return one_of(&format!("has an unknown component {component:?}: it"), &COMPONENTS);
        }
        if !severity.as_str().is_some_and(|name| SEVERITIES.contains(&name)) {
            return one_of(&format!("has no severity for {component}: it"), &SEVERITIES);
        }
    }
    Ok(severities.clone())
}

/// A 64-bit integer is read as a bigint or as a `Long`, and not as neither. As in the driver, only
/// the options document is checked.
fn check_int64_choice(provided: &Provided) -> Result<()> {
    let given = |name| provided.in_options(name).then(|| provided.boolean(name));
    if given("useBigInt64").transpose()? != Some(true) {
        return Ok(());
    }
    for name in ["promoteLongs", "promoteValues"] {
        if given(name).transpose()? == Some(false) {
            return Err(ConfigError::options(
                ErrorClass::Api,
                format!("options.useBigInt64 cannot be combined with options.{name} of false"),
            ));
        }
    }
    Ok(())
}
