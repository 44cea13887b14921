//! Read preference, read concern and write concern in all their forms.

use bson::{Bson, Document, doc};

use super::super::ErrorClass;
use super::{assert_error, error, error_with, resolve, resolved, with_options};

fn read_preference(options: Document) -> Bson {
    resolved(&with_options("mongodb://h", options), "readPreference")
}

fn write_concern(uri: &str, options: Document) -> Bson {
    resolved(&with_options(uri, options), "writeConcern")
}

#[test]
fn combines_the_parts_of_a_read_preference() {
    let uri = "mongodb://h/?readPreference=nearest&maxStalenessSeconds=120\
               &readPreferenceTags=dc:ny,rack:1&readPreferenceTags=";
    let expected = doc! {
        "mode": "nearest",
        "tags": [{ "dc": "ny", "rack": "1" }, {}],
        "maxStalenessSeconds": 120,
    };
    assert_eq!(resolved(&resolve(uri), "readPreference"), Bson::from(expected));
}

#[test]
fn reads_a_read_preference_object() {
    let given = doc! {
        "mode": "secondary",
        "tags": [{ "dc": "ny" }],
        "maxStalenessSeconds": 120,
        "hedge": { "enabled": true },
    };
    let read = read_preference(doc! { "readPreference": given.clone() });
    assert_eq!(read, Bson::from(given));
}

#[test]
fn forgets_staleness_without_a_mode_as_the_driver_does() {
    let read = read_preference(doc! { "maxStalenessSeconds": 120 });
    assert_eq!(read, Bson::from(doc! { "mode": "primary" }));
}

#[test]
fn rejects_a_primary_preference_with_more() {
    for extra in [
        doc! { "mode": "primary", "tags": [{ "dc": "ny" }] },
        doc! { "mode": "primary", "maxStalenessSeconds": 120 },
        doc! { "mode": "primary", "hedge": { "enabled": true } },
    ] {
        let error = error_with("mongodb://h", doc! { "readPreference": extra });
        assert_error(&error, ErrorClass::InvalidArgument, "cannot be combined");
    }
}

#[test]
fn rejects_unknown_modes_and_malformed_tags() {
    let mode = error("mongodb://h/?readPreference=Secondary");
    assert_error(&mode, ErrorClass::InvalidArgument, "primaryPreferred");
    let tags = error("mongodb://h/?readPreferenceTags=ny");
    assert_error(&tags, ErrorClass::Parse, "name:value");
    let staleness = error("mongodb://h/?maxStalenessSeconds=0");
    assert_error(&staleness, ErrorClass::InvalidArgument, "positive");
}

#[test]
fn reads_every_form_of_a_read_concern() {
    let expected = Bson::from(doc! { "level": "majority" });
    for options in [
        doc! { "readConcern": { "level": "majority" } },
        doc! { "readConcern": "majority" },
        doc! { "readConcernLevel": "majority" },
        doc! { "readConcernLevel": "majority", "readConcern": { "level": "local" } },
    ] {
        let config = with_options("mongodb://h", options);
        assert_eq!(resolved(&config, "readConcern"), expected);
    }
    let error = error_with("mongodb://h", doc! { "readConcern": {} });
    assert_error(&error, ErrorClass::Parse, "object with a level");
}

#[test]
fn reads_every_form_of_a_write_concern() {
    let expected = doc! { "w": 2, "wtimeoutMS": 5, "wtimeout": 5, "journal": true, "j": true };
    let expected = Bson::from(expected);
    for options in [
        doc! { "w": 2, "wtimeoutMS": 5, "journal": true },
        doc! { "w": "2", "wtimeout": 5, "j": true },
        doc! { "writeConcern": { "w": 2, "wtimeoutMS": 5, "journal": true } },
        doc! { "writeConcern": { "w": 2.0, "wtimeout": 5.0, "j": true } },
        doc! { "w": 1, "writeConcern": { "w": 2, "wtimeout": 5, "fsync": 1 } },
    ] {
        assert_eq!(write_concern("mongodb://h", options.clone()), expected, "{options}");
    }
    let named = write_concern("mongodb://h", doc! { "writeConcern": "majority" });
    assert_eq!(named, Bson::from(doc! { "w": "majority" }));
}

#[test]
fn merges_the_write_concerns_of_both_places() {
    let merged = write_concern("mongodb://h/?w=3", doc! { "writeConcern": { "j": true } });
    assert_eq!(merged, Bson::from(doc! { "w": 3, "journal": true, "j": true }));
}

#[test]
fn rejects_a_write_concern_that_is_none() {
    let number = error_with("mongodb://h", doc! { "w": -1 });
    assert_error(&number, ErrorClass::InvalidArgument, "options.w");
    let word = error_with("mongodb://h", doc! { "writeConcern": "all" });
    assert_error(&word, ErrorClass::Parse, "options.writeConcern");
    let timeout = error("mongodb://h/?wtimeoutMS=-2");
    assert_error(&timeout, ErrorClass::Parse, "wtimeoutMS");
}
