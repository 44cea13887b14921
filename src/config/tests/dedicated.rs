//! `dbSpecific`.

use bson::{Bson, Document, doc};

use crate::config::Config;

const URI: &str = "mongodb://user:secret@a,b/main?replicaSet=r&minPoolSize=4&maxPoolSize=10";

fn resolve(entry: impl Into<Bson>) -> Config {
    Config::resolve(URI, &doc! { "dbSpecific": [entry.into()], "retryReads": false }).unwrap()
}

fn fault(value: impl Into<Bson>) -> String {
    Config::resolve(URI, &doc! { "dbSpecific": value.into() }).unwrap_err().message().to_owned()
}

#[test]
fn is_like_the_pool_but_for_what_it_says() {
    let config = resolve(doc! { "dbName": "own", "options": { "maxConnections": 3 } });
    let [own] = &config.dedicated[..] else { panic!("one") };
    assert_eq!((own.database.as_str(), own.ttl, own.eager), ("own", None, false));
    assert_eq!(own.config.pool.max_size.map(u32::from), Some(3));
    assert_eq!(own.config.pool.min_size, 3, "no more than there may be");
    assert_eq!(own.config.topology, config.topology);
    assert_eq!(own.config.credential, config.credential);
    assert!(!own.config.retries.reads);
    assert!(own.config.dedicated.is_empty());
    let same = resolve(doc! { "dbName": "own" });
    assert_eq!(same.dedicated[0].config.pool.max_size, config.pool.max_size);
}

#[test]
fn a_deployment_of_its_own_has_its_own_set_and_users() {
    let options = doc! {
        "replicaSet": "r",
        "dbSpecific": [{ "dbName": "own", "mongoURI": "mongodb://c" }],
        "appName": "app",
    };
    let config = Config::resolve("mongodb://user:secret@a", &options).unwrap();
    let own = &config.dedicated[0].config;
    assert_eq!(own.topology.hosts[0].to_string(), "c:27017");
    assert_eq!((&own.topology.replica_set, &own.credential), (&None, &None));
    assert_eq!(own.app_name.as_deref(), Some("app"));
}

#[test]
fn a_deployment_of_its_own_is_not_refused_for_what_only_srv_knows() {
    let options = |uri: &str| {
        doc! {
            "srvMaxHosts": 2, "srvServiceName": "other",
            "dbSpecific": [{ "dbName": "own", "mongoURI": uri }], "fallbackURIs": [uri],
        }
    };
    let srv = "mongodb+srv://cluster.example.com";
    let config = Config::resolve(srv, &options("mongodb://archive")).unwrap();
    let own = &config.dedicated[0].config;
    assert_eq!(own.topology.hosts[0].to_string(), "archive:27017");
    assert_eq!(config.fallbacks[0].topology, own.topology);
    let config = Config::resolve(srv, &options("mongodb+srv://two.example.com")).unwrap();
    let found = config.dedicated[0].config.topology.srv.as_ref().unwrap();
    assert_eq!((found.max_hosts, found.service_name.as_str()), (2, "other"));
}

#[test]
fn a_deployment_of_its_own_has_the_user_that_its_connection_string_names() {
    let own = |uri: &str| {
        let options = doc! {
            "auth": { "username": "pool", "password": "secret" },
            "dbSpecific": [{ "dbName": "own", "mongoURI": uri }], "fallbackURIs": [uri],
        };
        let config = Config::resolve("mongodb://a", &options).unwrap();
        let user = |config: &Config| config.credential.as_ref().map(|c| c.username.clone());
        [user(&config), user(&config.dedicated[0].config), user(&config.fallbacks[0])]
            .map(Option::unwrap_or_default)
    };
    assert_eq!(own("mongodb://archivist:hidden@c"), ["pool", "archivist", "archivist"]);
    assert_eq!(own("mongodb://c"), ["pool", "pool", "pool"]);
}

#[test]
fn an_idle_client_is_closed_if_that_is_wanted() {
    let ttl = |options: Document| {
        let config = resolve(doc! { "dbName": "own", "options": options });
        config.dedicated[0].ttl.map(|ttl| ttl.as_millis())
    };
    assert_eq!(ttl(doc! { "autoClose": true }), Some(60_000));
    assert_eq!(ttl(doc! { "autoClose": true, "ttl": 5 }), Some(5));
    assert_eq!(ttl(doc! { "ttl": 5 }), None);
    assert_eq!(ttl(doc! { "autoClose": true, "ttl": 0 }), None);
}

#[test]
fn is_told_without_a_secret() {
    let entry = doc! { "dbName": "own", "mongoURI": "mongodb://u:hidden@c/?authSource=d" };
    let resolved = resolve(entry).resolved();
    let told = doc! {
        "dbName": "own",
        "mongoURI": "mongodb://<credentials>@c:27017",
        "options": { "maxConnections": 100, "autoClose": false, "coldStart": true },
    };
    assert_eq!(resolved.get_array("dbSpecific").unwrap(), &[Bson::Document(told)]);
    assert!(!format!("{resolved:?}").contains("hidden"));
}

#[test]
fn those_who_differ_in_it_share_a_pool_and_its_own_client_is_nobody_elses() {
    let plain = Config::resolve(URI, &doc! { "retryReads": false }).unwrap();
    let config = resolve(doc! { "dbName": "own" });
    let other = resolve(doc! { "dbName": "other" });
    assert_eq!(config.key(), plain.key());
    assert_ne!(config.dedicated[0].config.key(), plain.key());
    assert_ne!(config.dedicated[0].config.key(), other.dedicated[0].config.key());
    assert_eq!(
        config.dedicated[0].config.key(),
        resolve(doc! { "dbName": "own" }).dedicated[0].config.key()
    );
}

#[test]
fn names_what_is_wrong_and_quotes_no_secret() {
    assert_eq!(fault(1), "options.dbSpecific must be an array of objects");
    assert_eq!(fault(vec![Bson::Int32(1)]), "options.dbSpecific must be an array of objects");
    let one = |entry: Document| fault(vec![Bson::Document(entry)]);
    let name = "options.dbSpecific[0].dbName must";
    assert!(one(doc! {}).starts_with(name));
    for wrong in ["a.b", "admin", "LOCAL", &"x".repeat(64)] {
        assert!(one(doc! { "dbName": wrong }).starts_with(name), "{wrong}");
    }
    assert_eq!(
        one(doc! { "dbName": "a", "options": { "coldStart": 1 } }),
        "options.dbSpecific[0].options.coldStart must be a boolean"
    );
    assert_eq!(
        one(doc! { "dbName": "a", "options": 1 }),
        "options.dbSpecific[0].options must be an object"
    );
    let message = one(doc! { "dbName": "a", "mongoURI": "mongodb://u:hidden@" });
    assert!(message.starts_with("options.dbSpecific[0].mongoURI: "), "{message}");
    assert!(!message.contains("hidden"), "{message}");
    let in_uri = Config::resolve("mongodb://a/?dbSpecific=b", &doc! {}).unwrap_err();
    assert!(in_uri.message().contains("only in the options"), "{}", in_uri.message());
}
