//! Which configurations may share a pool.

use std::collections::HashSet;

use bson::{Bson, Document, doc};

use super::super::ConfigKey;
use super::with_options;

fn key(uri: &str, options: Document) -> ConfigKey {
    with_options(uri, options).key()
}

#[test]
fn is_the_same_for_other_spellings_of_the_same_options() {
    let expected = key("mongodb://u:p@a,b/db?maxPoolSize=5&appName=x", doc! {});
    for (uri, options) in [
        ("mongodb://u:p@b,a/db?appName=x&maxPoolSize=5", doc! {}),
        ("mongodb://u:p@A:27017,b/db?APPNAME=x", doc! { "maxPoolSize": 5.0 }),
        (
            "mongodb://a,b/db?appName=x&maxPoolSize=9",
            doc! {
                "auth": { "username": "u", "password": "p" }, "maxPoolSize": 5, "minPoolSize": Bson::Null,
            },
        ),
        ("mongodb://u:p@a,b/db?maxPoolSize=5&appName=x&timeoutMS=x&retryReads=true", doc! {}),
    ] {
        assert!(key(uri, options) == expected, "{uri}");
    }
}

#[test]
fn differs_with_anything_that_resolves_differently() {
    let mut keys = HashSet::new();
    let variants = [
        ("mongodb://u:p@h", doc! {}),
        ("mongodb://u:q@h", doc! {}),
        ("mongodb://v:p@h", doc! {}),
        ("mongodb://h", doc! {}),
        ("mongodb://h:1", doc! {}),
        ("mongodb://h,i", doc! {}),
        ("mongodb://h/db", doc! {}),
        ("mongodb+srv://h", doc! {}),
        ("mongodb://h", doc! { "maxPoolSize": 5 }),
        ("mongodb://h", doc! { "appName": "x" }),
        ("mongodb://h", doc! { "monitorCommands": true }),
        ("mongodb://h", doc! { "tls": true }),
        ("mongodb://h", doc! { "tls": true, "tlsCAFile": "x" }),
        ("mongodb://h", doc! { "tls": true, "ca": "x" }),
        ("mongodb://h", doc! { "tls": true, "ca": "y" }),
        ("mongodb://h", doc! { "w": "majority" }),
        ("mongodb://h", doc! { "compressors": "zlib" }),
        ("mongodb://h", doc! { "compressors": "zlib", "zlibCompressionLevel": 9 }),
    ];
    let count = variants.len();
    for (uri, options) in variants {
        keys.insert(key(uri, options));
    }
    assert_eq!(keys.len(), count);
}
