//! The limits of databases.

use std::num::NonZeroU32;

use bson::{Bson, doc};

use super::super::TenantLimits;
use super::{ErrorClass, assert_error, error_with, resolve, resolved, with_options};

fn limits(max_concurrent: u32, max_queued: u32) -> TenantLimits {
    let limit = NonZeroU32::new;
    TenantLimits { max_concurrent: limit(max_concurrent), max_queued: limit(max_queued) }
}

#[test]
fn a_database_that_is_named_has_its_own_limits_and_the_others_elsewhere() {
    let tenants = doc! {
        "maxConcurrent": 20, "maxQueued": 1000.0,
        "byName": { "acme": { "maxConcurrent": 50 }, "free": { "maxConcurrent": 0 } },
    };
    let config = with_options("mongodb://h", doc! { "tenants": tenants });
    assert_eq!(config.tenants.limits("any"), limits(20, 1000));
    assert_eq!(config.tenants.limits("acme"), limits(50, 1000));
    assert_eq!(config.tenants.limits("free"), limits(0, 1000));
    assert!(config.tenants.has_caps());
    let shown = doc! {
        "maxConcurrent": 20, "maxQueued": 1000,
        "byName": {
            "acme": { "maxConcurrent": 50, "maxQueued": 1000 },
            "free": { "maxConcurrent": 0, "maxQueued": 1000 },
        },
    };
    assert_eq!(resolved(&config, "tenants"), Bson::Document(shown));
}

#[test]
fn no_database_has_limits_by_default() {
    let config = resolve("mongodb://h");
    assert_eq!(config.tenants.limits("any"), limits(0, 0));
    assert!(!config.tenants.has_caps());
    assert!(
        config.resolved().get("tenants").is_none() && config.resolved().get("maxQueued").is_none()
    );
    let other = with_options("mongodb://h", doc! { "tenants": { "maxConcurrent": 1 } });
    assert!(config.key() != other.key(), "they would share a pool");
}

#[test]
fn errors_name_the_path_of_the_limit() {
    for (tenants, path) in [
        (Bson::from(5), "options.tenants must be an object"),
        (doc! { "maxConcurent": 1 }.into(), "options.tenants.maxConcurent is none of"),
        (doc! { "maxQueued": -1 }.into(), "options.tenants.maxQueued must be"),
        (doc! { "maxConcurrent": 0.5 }.into(), "options.tenants.maxConcurrent must be"),
        (
            doc! { "byName": { "a b": { "maxQueued": 1 } } }.into(),
            "options.tenants.byName.a b must be the name of a database",
        ),
        (
            doc! { "byName": { "": { "maxQueued": 1 } } }.into(),
            "options.tenants.byName. must be the name of a database",
        ),
        (doc! { "byName": 1 }.into(), "options.tenants.byName must be an object"),
        (doc! { "byName": { "a": 1 } }.into(), "options.tenants.byName.a must be an object"),
        (
            doc! { "byName": { "a": { "maxConcurrent": "x" } } }.into(),
            "options.tenants.byName.a.maxConcurrent must be",
        ),
    ] {
        let error = error_with("mongodb://h", doc! { "tenants": tenants });
        let class = if path.contains("tenants must") {
            ErrorClass::Parse
        } else {
            ErrorClass::InvalidArgument
        };
        assert_error(&error, class, path);
    }
}
