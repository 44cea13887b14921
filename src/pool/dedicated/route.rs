//! Which databases a command concerns, and which clients reach the same ones. It knows commands and
//! options, and no client that is open.

use bson::RawBsonRef;

use crate::{
    config::{Config, HostAddress},
    pool::{Pool, execute::Command},
};

/// The databases that a command reads or writes by its own words. Commands on `admin` may name others.
pub(super) fn databases(command: &Command) -> Vec<&str> {
    let named = match command.name() {
        "renameCollection" if command.database == "admin" => {
            vec![command.body.get_str("renameCollection").ok()]
        }
        "bulkWrite" if command.database == "admin" => match command.body.get_array("nsInfo") {
            Ok(all) => all.into_iter().map(|namespace| namespace_of(namespace.ok()?)).collect(),
            Err(_) => Vec::new(),
        },
        _ => return vec![&command.database],
    };
    let named = named.into_iter().flatten().filter_map(|namespace| namespace.split_once('.'));
    let named: Vec<&str> = named.map(|(database, _)| database).collect();
    if named.is_empty() { vec![&command.database] } else { named }
}

fn namespace_of(entry: RawBsonRef<'_>) -> Option<&str> {
    entry.as_document()?.get_str("ns").ok()
}

/// Whether a command belongs to its session alone: it names a database, but concerns none.
pub(super) fn is_of_session(command: &Command) -> bool {
    ["commitTransaction", "abortTransaction"].contains(&command.name())
}

/// Whether the client of `pool` reaches, as the same user, what one of these options would.
pub(super) fn reaches(pool: &Pool, other: &Config) -> bool {
    let own = pool.config();
    if own.credential != other.credential {
        return false;
    }
    let srv = |config: &Config| config.topology.srv.as_ref().map(|srv| srv.host.clone());
    if srv(own).is_some() && srv(own) == srv(other) {
        return true;
    }
    let hosts: &[HostAddress] = &other.topology.hosts;
    if hosts.iter().any(|host| own.topology.hosts.contains(host)) {
        return true;
    }
    let known = pool.known_addresses();
    hosts.iter().any(|host| known.contains(&host.to_string()))
}
