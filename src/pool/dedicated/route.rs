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

#[cfg(test)]
mod tests {
    use bson::{RawDocumentBuf, doc, rawdoc};

    use super::*;

    fn on(database: &str, body: RawDocumentBuf) -> Command {
        Command { database: database.to_owned(), body, ..Command::default() }
    }

    #[test]
    fn a_command_concerns_its_database_and_on_admin_those_it_names() {
        assert_eq!(databases(&on("a", rawdoc! { "find": "c" })), ["a"]);
        assert_eq!(databases(&on("admin", rawdoc! { "ping": 1 })), ["admin"]);
        let rename = rawdoc! { "renameCollection": "a.c.d", "to": "a.e" };
        assert_eq!(databases(&on("admin", rename)), ["a"]);
        let namespaces = rawdoc! { "bulkWrite": 1, "nsInfo": [{ "ns": "a.c" }, { "ns": "b.c" }] };
        assert_eq!(databases(&on("admin", namespaces)), ["a", "b"]);
        assert_eq!(databases(&on("admin", rawdoc! { "bulkWrite": 1 })), ["admin"]);
    }

    fn pool(uri: &str) -> crate::pool::registry::Lease {
        crate::pool::registry::lease(config(uri), false)
    }

    fn config(uri: &str) -> Config {
        Config::resolve(uri, &doc! {}).unwrap()
    }

    #[test]
    fn a_client_reaches_what_has_a_host_in_common_for_the_same_user() {
        let lease = pool("mongodb://a,b/?replicaSet=r");
        assert!(reaches(&lease.pool, &config("mongodb://b,c/?replicaSet=r")));
        assert!(!reaches(&lease.pool, &config("mongodb://c/?replicaSet=r")));
        assert!(!reaches(&lease.pool, &config("mongodb://a:27018")));
        assert!(!reaches(&lease.pool, &config("mongodb://user:password@a")));
        let lease = pool("mongodb://user:password@a");
        assert!(reaches(&lease.pool, &config("mongodb://user:password@a")));
        assert!(!reaches(&lease.pool, &config("mongodb://user:other@a")));
        assert!(!reaches(&lease.pool, &config("mongodb://user:password@a/?authSource=b")));
    }
}
