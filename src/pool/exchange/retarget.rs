//! Where a command goes that a server has refused or lost: to another one, if there is one that would
//! do as well. On a sharded cluster always, elsewhere after the refusal of an overloaded server and with
//! `enableOverloadRetargeting`, as in driver 7.8. That it is sent again, `tries` decides.

use std::sync::Arc;

use mongodb::{
    ServerType,
    options::{ReadPreference, ReadPreferenceOptions, SelectionCriteria},
};

use super::Exchange;
use crate::{error::Error, pool::flight::Flight, resilience::retry};

/// Of a replica set, the members that a read preference names, those before which others come last.
const PRIMARY: &[ServerType] = &[ServerType::RsPrimary];
const SECONDARY: &[ServerType] = &[ServerType::RsSecondary];
const ANY: &[ServerType] = &[ServerType::RsPrimary, ServerType::RsSecondary];

/// Of a sharded cluster, all.
const ROUTERS: &[ServerType] = &[ServerType::Mongos];

impl Exchange<'_> {
    /// Notes the server of a try that failed, if the next is to go to another.
    pub(super) fn avoid(&mut self, error: &Error) {
        let Some(generation) = &self.generation else { return };
        let overloaded = retry::is_overload(error) && self.pool.config.retries.retargeting;
        if !overloaded && !generation.topology.is_sharded() {
            return;
        }
        if let Some(server) = Flight::server().filter(|server| !self.avoided.contains(server)) {
            self.avoided.push(server);
        }
    }

    /// Criteria that none of the servers meets that failed; nothing when there is no other.
    pub(super) fn elsewhere(&self) -> Option<SelectionCriteria> {
        if self.avoided.is_empty() {
            return None;
        }
        let topology = &self.generation.as_ref()?.topology;
        let orders: &[&'static [ServerType]] = if topology.is_sharded() {
            &[ROUTERS]
        } else {
            of_preference(self.command.read_preference.as_ref()?)
        };
        let avoided: Arc<[_]> = self.avoided.as_slice().into();
        let kinds = *orders.iter().find(|kinds| {
            topology.has_server(|address, kind| kinds.contains(&kind) && !avoided.contains(address))
        })?;
        Some(SelectionCriteria::Predicate(Arc::new(move |server| {
            kinds.contains(&server.server_type()) && !avoided.contains(server.address())
        })))
    }
}

/// The members in their order; none where tags or staleness, which are not kept here, have a say.
fn of_preference(preference: &ReadPreference) -> &'static [&'static [ServerType]] {
    let (options, orders): (_, &[&[ServerType]]) = match preference {
        ReadPreference::Secondary { options } => (options, &[SECONDARY]),
        ReadPreference::SecondaryPreferred { options } => (options, &[SECONDARY, PRIMARY]),
        ReadPreference::PrimaryPreferred { options } => (options, &[PRIMARY, SECONDARY]),
        ReadPreference::Nearest { options } => (options, &[ANY]),
        _ => return &[],
    };
    let is_plain = |options: &ReadPreferenceOptions| {
        options.tag_sets.as_ref().is_none_or(Vec::is_empty) && options.max_staleness.is_none()
    };
    if options.as_ref().is_none_or(is_plain) { orders } else { &[] }
}
