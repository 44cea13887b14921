//! Everything the user gave: the options document laid over the connection string.
//!
//! Owns precedence (the document wins), duplicates, empty values and unknown names, as the driver
//! has them. Hands out values by option name, with the default of the table where asked. Must not
//! know the meaning of an option.

use std::collections::BTreeMap;

use bson::{Bson, Document};

use super::error::{ConfigError, ErrorClass, Origin, Result};
use super::given::Given;
use super::option::{self, Effect, OptionSpec, Preset};

/// The values given, by the driver's spelling of the option.
#[derive(Default)]
pub(super) struct Provided {
    /// From the connection string: several values for `readPreferenceTags`, else one.
    uri: BTreeMap<&'static str, Vec<Bson>>,
    /// From the options document: never null.
    options: BTreeMap<&'static str, Bson>,
}

impl Provided {
    /// Gathers the query pairs of a connection string and an options document.
    ///
    /// `from_uri` are the values that a connection string holds outside its query.
    pub(super) fn gather(
        from_uri: Vec<(&'static str, Bson)>,
        pairs: &[(String, String)],
        options: &Document,
    ) -> Result<Self> {
        let mut provided = Self::default();
        let mut unknown = Vec::new();
        for (name, value) in from_uri {
            provided.uri.insert(name, vec![value]);
        }
        for (name, values) in group(pairs)? {
            match option::find(name) {
                Some(spec) => {
                    provided.uri.entry(spec.name).or_insert(values);
                }
                None => note(&mut unknown, name, Origin::Uri),
            }
        }
        for (name, value) in options {
            if matches!(value, Bson::Null | Bson::Undefined) {
                continue;
            }
            match option::find(name) {
                Some(spec) => {
                    provided.options.insert(spec.name, value.clone());
                }
                None => note(&mut unknown, name, Origin::Options),
            }
        }
        reject_unknown(&unknown)?;
        Ok(provided)
    }

    /// Whether the option was given, in either place.
    pub(super) fn has(&self, name: &str) -> bool {
        self.uri.contains_key(name) || self.options.contains_key(name)
    }

    /// Whether the connection string has the option.
    pub(super) fn in_uri(&self, name: &str) -> bool {
        self.uri.contains_key(name)
    }

    /// Whether the options document has the option.
    pub(super) fn in_options(&self, name: &str) -> bool {
        self.options.contains_key(name)
    }

    /// All values of an option, the document's first.
    pub(super) fn all(&self, name: &str) -> Vec<Given<'_>> {
        let Some(spec) = option::find(name) else {
            return Vec::new();
        };
        let from = |origin| move |value| Given { spec, origin, value };
        let options = self.options.get(spec.name).into_iter();
        let uri = self.uri.get(spec.name).into_iter().flatten();
        options.map(from(Origin::Options)).chain(uri.map(from(Origin::Uri))).collect()
    }

    /// The value of an option that wins.
    pub(super) fn first(&self, name: &str) -> Option<Given<'_>> {
        self.all(name).into_iter().next()
    }

    /// A boolean, or the default.
    pub(super) fn boolean(&self, name: &str) -> Result<bool> {
        match (self.first(name), preset(name)) {
            (Some(given), _) => given.boolean(),
            (None, Preset::Boolean(value)) => Ok(value),
            (None, _) => Ok(false),
        }
    }

    /// A number of at least zero, or the default.
    pub(super) fn unsigned(&self, name: &str) -> Result<u64> {
        match (self.first(name), preset(name)) {
            (Some(given), _) => given.unsigned(),
            (None, Preset::Number(value)) => Ok(u64::from(value)),
            (None, _) => Ok(0),
        }
    }

    /// A string, or the default, or nothing.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        match (self.first(name), preset(name)) {
            (Some(given), _) => given.text().map(Some),
            (None, Preset::Text(value)) => Ok(Some(value.to_owned())),
            (None, _) => Ok(None),
        }
    }
}

/// The default of an option that has a text as default; empty for the others.
pub(super) fn preset_text(name: &str) -> String {
    match preset(name) {
        Preset::Text(text) => text.to_owned(),
        _ => String::new(),
    }
}

fn preset(name: &str) -> Preset {
    option::find(name).map_or(Preset::Absent, |spec| spec.preset)
}

/// Names in order of appearance with their values. As in the driver, names that differ in case
/// alone are not duplicates of each other: the first spelling counts.
fn group(pairs: &[(String, String)]) -> Result<Vec<(&str, Vec<Bson>)>> {
    let mut groups: Vec<(&str, Vec<Bson>)> = Vec::new();
    for (name, value) in pairs {
        match groups.iter_mut().find(|(seen, _)| seen.eq_ignore_ascii_case(name)) {
            Some((seen, values)) if seen == name => values.push(Bson::from(value.as_str())),
            Some(_) => {}
            None => groups.push((name, vec![Bson::from(value.as_str())])),
        }
    }
    for (name, values) in &groups {
        let spec = option::find(name);
        if spec.is_some_and(|spec| spec.name == "readPreferenceTags") {
            continue;
        }
        check_pair(name, values, spec)?;
    }
    Ok(groups)
}

fn check_pair(name: &str, values: &[Bson], spec: Option<&OptionSpec>) -> Result<()> {
    if values.len() > 1 {
        return Err(ConfigError::uri(
            ErrorClass::InvalidArgument,
            format!("{name} cannot appear more than once in the connection string"),
        ));
    }
    let ignored =
        spec.is_some_and(|spec| spec.deprecated.is_some() && spec.effect == Effect::Ignored);
    let empty = values.iter().any(|value| value.as_str() == Some(""));
    if empty && !ignored {
        return Err(ConfigError::uri(
            ErrorClass::Api,
            format!("{name} cannot be specified with no value in the connection string"),
        ));
    }
    Ok(())
}

fn note(unknown: &mut Vec<(String, Origin)>, name: &str, origin: Origin) {
    let name = name.to_ascii_lowercase();
    if unknown.iter().all(|(seen, _)| *seen != name) {
        unknown.push((name, origin));
    }
}

/// The driver's words `option x is not supported`, which programs match on, then a suggestion.
fn reject_unknown(unknown: &[(String, Origin)]) -> Result<()> {
    let Some((first, _)) = unknown.first() else {
        return Ok(());
    };
    let in_uri = unknown.iter().any(|(_, origin)| *origin == Origin::Uri);
    let origin = if in_uri { Origin::Uri } else { Origin::Options };
    let names: Vec<&str> = unknown.iter().map(|(name, _)| name.as_str()).collect();
    let message = if let [name] = names.as_slice() {
        let hint = option::suggest(name).map(|meant| format!("; did you mean {meant}?"));
        format!("option {first} is not supported{}", hint.unwrap_or_default())
    } else {
        let meant: Vec<String> = names
            .iter()
            .filter_map(|name| Some(format!("{} instead of {name}", option::suggest(name)?)))
            .collect();
        let hint = if meant.is_empty() {
            String::new()
        } else {
            format!("; did you mean {}?", meant.join(", "))
        };
        format!("options {} are not supported{hint}", names.join(", "))
    };
    Err(ConfigError::new(ErrorClass::Parse, origin, message))
}
