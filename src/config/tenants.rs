//! `tenants`: what each database may have of the pool.
//!
//! An option of polypool's own. Must not know how the limits are enforced.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use bson::{Bson, Document, doc};

use super::database_name;
use super::error::Result;
use super::provided::Provided;
use super::resolved::number;
use super::section::Section;

/// The limits of one database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TenantLimits {
    /// `maxConcurrent`: operations that may have a place at a time; `None` for 0, which is no limit.
    pub max_concurrent: Option<NonZeroU32>,
    /// `maxQueued`: operations that may wait for one; `None` for 0, which is no limit.
    pub max_queued: Option<NonZeroU32>,
}

/// The limits of all databases: none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tenants {
    /// Those of a database that is not named.
    each: TenantLimits,
    /// `byName`, filled up from `each`.
    by_name: BTreeMap<String, TenantLimits>,
}

const LIMITS: [&str; 2] = ["maxConcurrent", "maxQueued"];

impl Tenants {
    /// Reads the option.
    pub(super) fn resolve(provided: &Provided) -> Result<Self> {
        let Some(given) = provided.first("tenants") else { return Ok(Self::default()) };
        let section = Section::of(given)?;
        section.only(&[LIMITS[0], LIMITS[1], "byName"])?;
        let each = TenantLimits::resolve(&section, TenantLimits::default())?;
        let mut by_name = BTreeMap::new();
        for (name, section) in section.within("byName")? {
            if !database_name::is_possible(name) {
                return Err(section.refused("must be the name of a database"));
            }
            section.only(&LIMITS)?;
            by_name.insert(name.to_owned(), TenantLimits::resolve(&section, each)?);
        }
        Ok(Self { each, by_name })
    }

    /// The limits of a database.
    #[must_use]
    pub fn limits(&self, database: &str) -> TenantLimits {
        self.by_name.get(database).copied().unwrap_or(self.each)
    }

    /// Whether any database has a limit on the places it may have.
    #[must_use]
    pub fn has_caps(&self) -> bool {
        let mut all = self.by_name.values().chain([&self.each]);
        all.any(|limits| limits.max_concurrent.is_some())
    }

    /// The option as it was resolved, unless that is nothing.
    pub(super) fn add_to(&self, document: &mut Document) {
        if *self == Self::default() {
            return;
        }
        let mut tenants = self.each.to_document();
        if !self.by_name.is_empty() {
            let names = self.by_name.iter();
            let by_name: Document = names
                .map(|(name, limits)| (name.clone(), Bson::Document(limits.to_document())))
                .collect();
            tenants.insert("byName", by_name);
        }
        document.insert("tenants", tenants);
    }
}

impl TenantLimits {
    fn resolve(section: &Section<'_>, otherwise: Self) -> Result<Self> {
        let limit = |name, otherwise| {
            let most = section.count(name)?.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
            Ok(most.map_or(otherwise, NonZeroU32::new))
        };
        Ok(Self {
            max_concurrent: limit(LIMITS[0], otherwise.max_concurrent)?,
            max_queued: limit(LIMITS[1], otherwise.max_queued)?,
        })
    }

    fn to_document(self) -> Document {
        let shown = |most: Option<NonZeroU32>| number(most.map_or(0, u32::from).into());
        doc! { LIMITS[0]: shown(self.max_concurrent), LIMITS[1]: shown(self.max_queued) }
    }
}
