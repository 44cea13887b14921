//! Which members a read goes to.
//!
//! Owns how `readPreference`, `readPreferenceTags` and `maxStalenessSeconds` combine, as in the
//! driver. Must not know server selection.

use std::collections::BTreeMap;

use bson::{Bson, Document, doc};

use super::error::{ErrorClass, Result};
use super::given::Given;
use super::pairs;
use super::provided::Provided;

/// The mode of a read preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadPreferenceMode {
    /// The primary only.
    Primary,
    /// The primary, else a secondary.
    PrimaryPreferred,
    /// A secondary only.
    Secondary,
    /// A secondary, else the primary.
    SecondaryPreferred,
    /// Any member within the latency window.
    Nearest,
}

const MODES: [ReadPreferenceMode; 5] = [
    ReadPreferenceMode::Primary,
    ReadPreferenceMode::PrimaryPreferred,
    ReadPreferenceMode::Secondary,
    ReadPreferenceMode::SecondaryPreferred,
    ReadPreferenceMode::Nearest,
];

impl ReadPreferenceMode {
    /// The driver's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::PrimaryPreferred => "primaryPreferred",
            Self::Secondary => "secondary",
            Self::SecondaryPreferred => "secondaryPreferred",
            Self::Nearest => "nearest",
        }
    }

    fn read(given: &Given<'_>, name: &str) -> Result<Self> {
        let found = MODES.into_iter().find(|mode| mode.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = MODES.iter().map(|mode| mode.name()).collect();
            let fault = format!("must have a mode of {}", names.join(", "));
            given.fault(ErrorClass::InvalidArgument, &fault)
        })
    }
}

/// One set of member tags; a member matches when it has all of them.
pub type TagSet = BTreeMap<String, String>;

/// A resolved read preference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReadPreference {
    /// The mode.
    pub mode: ReadPreferenceMode,
    /// Tag sets in order of preference. With mode primary they have no effect.
    pub tags: Option<Vec<TagSet>>,
    /// How far a secondary may lag, in seconds; never with mode primary.
    pub max_staleness_seconds: Option<u64>,
    /// Whether reads of a sharded cluster are hedged; never with mode primary.
    pub hedge: Option<bool>,
}

impl ReadPreference {
    /// The read preference among the options; primary by default.
    pub(super) fn resolve(provided: &Provided) -> Result<Self> {
        let staleness = match provided.first("maxStalenessSeconds") {
            Some(given) => Some(read_staleness(&given, given.unsigned()?)?),
            None => None,
        };
        let given = provided.first("readPreference");
        let mut preference = match given {
            None => Self::of(ReadPreferenceMode::Primary),
            Some(given) => {
                let preference = match given.value {
                    Bson::String(name) => {
                        let mut named = Self::of(ReadPreferenceMode::read(&given, name)?);
                        named.max_staleness_seconds = staleness;
                        named
                    }
                    Bson::Document(record) => read_record(&given, record, staleness)?,
                    _ => return Err(given.must_be(ErrorClass::Parse, "a mode or an object")),
                };
                preference.check(&given)?;
                preference
            }
        };
        if provided.has("readPreferenceTags") {
            preference.tags = Some(read_tag_sets(&provided.all("readPreferenceTags"))?);
        }
        Ok(preference)
    }

    fn of(mode: ReadPreferenceMode) -> Self {
        Self { mode, tags: None, max_staleness_seconds: None, hedge: None }
    }

    fn check(&self, given: &Given<'_>) -> Result<()> {
        if self.mode != ReadPreferenceMode::Primary {
            return Ok(());
        }
        let extra = if self.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            "tags"
        } else if self.max_staleness_seconds.is_some() {
            "maxStalenessSeconds"
        } else if self.hedge.is_some() {
            "hedge"
        } else {
            return Ok(());
        };
        let fault = format!("of primary cannot be combined with {extra}");
        Err(given.fault(ErrorClass::InvalidArgument, &fault))
    }

    /// The shape of the driver's `ReadPreference`.
    pub(super) fn to_document(&self) -> Document {
        let mut document = doc! { "mode": self.mode.name() };
        if let Some(tags) = &self.tags {
            let sets = tags.iter().map(|set| {
                let tags = set.iter().map(|(name, value)| (name.clone(), Bson::from(value)));
                Bson::Document(tags.collect())
            });
            document.insert("tags", sets.collect::<Vec<_>>());
        }
        if let Some(seconds) = self.max_staleness_seconds {
            document.insert("maxStalenessSeconds", super::resolved::number(seconds));
        }
        if let Some(enabled) = self.hedge {
            document.insert("hedge", doc! { "enabled": enabled });
        }
        document
    }
}

fn read_record(
    given: &Given<'_>,
    record: &Document,
    staleness: Option<u64>,
) -> Result<ReadPreference> {
    let mode = record.get("mode").or_else(|| record.get("preference"));
    let Some(Bson::String(mode)) = mode else {
        return Err(given.fault(ErrorClass::Parse, "must have a mode"));
    };
    let mut preference = ReadPreference::of(ReadPreferenceMode::read(given, mode)?);
    preference.max_staleness_seconds = match present(record, "maxStalenessSeconds") {
        None => staleness,
        Some(value) => {
            let value = Given { value, ..*given };
            Some(read_staleness(given, value.unsigned()?)?)
        }
    };
    preference.hedge = match present(record, "hedge") {
        None => None,
        Some(Bson::Document(hedge)) => Some(hedge.get_bool("enabled").unwrap_or(false)),
        Some(_) => return Err(given.fault(ErrorClass::Parse, "must have an object as hedge")),
    };
    preference.tags = match present(record, "tags") {
        None => None,
        Some(Bson::Array(sets)) => {
            let sets = sets.iter().map(|value| read_tag_set(&Given { value, ..*given }));
            Some(sets.collect::<Result<_>>()?)
        }
        Some(_) => {
            return Err(given.fault(ErrorClass::InvalidArgument, "must have an array as tags"));
        }
    };
    Ok(preference)
}

fn present<'a>(record: &'a Document, name: &str) -> Option<&'a Bson> {
    record.get(name).filter(|value| !matches!(value, Bson::Null | Bson::Undefined))
}

fn read_staleness(given: &Given<'_>, seconds: u64) -> Result<u64> {
    if seconds == 0 {
        let fault = "must have a positive integer as maxStalenessSeconds";
        return Err(given.fault(ErrorClass::InvalidArgument, fault));
    }
    Ok(seconds)
}

/// An array given first stands for all values; else each value is a tag set.
fn read_tag_sets(values: &[Given<'_>]) -> Result<Vec<TagSet>> {
    if let Some(first) = values.first()
        && let Bson::Array(sets) = first.value
    {
        return sets.iter().map(|value| read_tag_set(&Given { value, ..*first })).collect();
    }
    values.iter().map(read_tag_set).collect()
}

fn read_tag_set(given: &Given<'_>) -> Result<TagSet> {
    match given.value {
        Bson::String(text) => Ok(pairs::parse(given, text)?.into_iter().collect()),
        Bson::Document(record) => record
            .iter()
            .map(|(name, value)| Ok((name.clone(), Given { value, ..*given }.text()?)))
            .collect(),
        _ => Err(given.must_be(ErrorClass::Parse, "tag sets of strings")),
    }
}
