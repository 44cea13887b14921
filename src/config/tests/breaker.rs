//! The circuit's limits.

use std::num::NonZeroU32;
use std::time::Duration;

use bson::{Bson, doc};

use super::super::Breaker;
use super::{ErrorClass, assert_error, error_with, resolve, resolved, with_options};

#[test]
fn there_is_none_unless_it_is_asked_for() {
    assert_eq!(resolve("mongodb://h").breaker, None);
    assert_eq!(with_options("mongodb://h", doc! { "breaker": false }).breaker, None);
}

#[test]
fn fields_that_are_not_given_have_defaults() {
    let one = |number| NonZeroU32::new(number).unwrap();
    let defaults = Breaker {
        failures: one(5),
        window: Duration::from_secs(10),
        open: Duration::from_secs(5),
        half_open: one(1),
    };
    let config = with_options("mongodb://h", doc! { "breaker": true });
    assert_eq!(config.breaker, Some(defaults));
    let config = with_options("mongodb://h", doc! { "breaker": { "failures": 2, "openMS": 50 } });
    let open = Duration::from_millis(50);
    assert_eq!(config.breaker, Some(Breaker { failures: one(2), open, ..defaults }));
    let shown = doc! { "failures": 2, "windowMS": 10_000, "openMS": 50, "halfOpen": 1 };
    assert_eq!(resolved(&config, "breaker"), Bson::Document(shown));
}

#[test]
fn errors_name_the_field() {
    for (breaker, path) in [
        (Bson::from(5), "options.breaker must be an object or a boolean"),
        (doc! { "failure": 1 }.into(), "options.breaker.failure is none of"),
        (doc! { "failures": 0 }.into(), "options.breaker.failures must be at least 1"),
        (
            doc! { "failures": 1.5 }.into(),
            "options.breaker.failures must be a non-negative integer",
        ),
        (doc! { "windowMS": "x" }.into(), "options.breaker.windowMS must be"),
    ] {
        let error = error_with("mongodb://h", doc! { "breaker": breaker });
        assert_error(&error, ErrorClass::InvalidArgument, path);
    }
}
