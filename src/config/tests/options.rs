//! The table: defaults, kinds, precedence, unknown names, and what is handed back to JS.

use bson::{Bson, doc};

use super::super::ErrorClass;
use super::super::option::{self, OPTIONS, Preset};
use super::{assert_error, error, error_with, resolve, resolved, with_options};

#[test]
fn has_the_defaults_of_the_driver() {
    let document = resolve("mongodb://h").resolved();
    for (name, expected) in [
        ("dbName", Bson::from("test")),
        ("maxPoolSize", Bson::Int32(100)),
        ("minPoolSize", Bson::Int32(0)),
        ("maxConnecting", Bson::Int32(2)),
        ("maxIdleTimeMS", Bson::Int32(0)),
        ("waitQueueTimeoutMS", Bson::Int32(0)),
        ("connectTimeoutMS", Bson::Int32(30_000)),
        ("socketTimeoutMS", Bson::Int32(0)),
        ("serverSelectionTimeoutMS", Bson::Int32(30_000)),
        ("heartbeatFrequencyMS", Bson::Int32(10_000)),
        ("minHeartbeatFrequencyMS", Bson::Int32(500)),
        ("localThresholdMS", Bson::Int32(15)),
        ("serverMonitoringMode", Bson::from("auto")),
        ("retryReads", Bson::Boolean(true)),
        ("retryWrites", Bson::Boolean(true)),
        ("maxAdaptiveRetries", Bson::Int32(2)),
        ("directConnection", Bson::Boolean(false)),
        ("loadBalanced", Bson::Boolean(false)),
        ("compressors", Bson::from(vec!["none"])),
        ("srvServiceName", Bson::from("mongodb")),
        ("readPreference", Bson::from(doc! { "mode": "primary" })),
        ("monitorCommands", Bson::Boolean(false)),
        ("raw", Bson::Boolean(false)),
        ("enableUtf8Validation", Bson::Boolean(true)),
    ] {
        assert_eq!(document.get(name), Some(&expected), "{name}");
    }
    for name in ["tls", "credentials", "readConcern", "writeConcern", "appName", "serverApi"] {
        assert!(!document.contains_key(name), "{name}");
    }
}

#[test]
fn lists_every_option_once() {
    for (index, spec) in OPTIONS.iter().enumerate() {
        let later = OPTIONS.iter().skip(index + 1);
        let again = later.filter(|other| other.name.eq_ignore_ascii_case(spec.name));
        assert_eq!(again.count(), 0, "{}", spec.name);
    }
}

#[test]
fn has_a_default_for_every_option_that_reads_as_a_size() {
    for name in ["maxPoolSize", "maxConnecting", "connectTimeoutMS", "srvMaxHosts"] {
        let preset = option::find(name).map(|spec| spec.preset);
        assert!(matches!(preset, Some(Preset::Number(_))), "{name}");
    }
}

#[test]
fn prefers_the_options_document_to_the_connection_string() {
    let config = with_options("mongodb://h/?maxPoolSize=5", doc! { "maxpoolsize": 7 });
    assert_eq!(resolved(&config, "maxPoolSize"), Bson::Int32(7));
    let config = with_options("mongodb://h/?maxPoolSize=5", doc! { "maxPoolSize": Bson::Null });
    assert_eq!(resolved(&config, "maxPoolSize"), Bson::Int32(5));
}

#[test]
fn reads_numbers_as_the_driver_does() {
    for (value, expected) in [("7", 7), ("7.9", 7), (" 7", 7), ("7x", 7), ("+7", 7), ("1e3", 1)] {
        let config = with_options("mongodb://h", doc! { "maxPoolSize": value });
        assert_eq!(resolved(&config, "maxPoolSize"), Bson::Int32(expected), "{value}");
    }
    let config = with_options("mongodb://h", doc! { "maxPoolSize": 7.9, "socketTimeoutMS": 1e10 });
    assert_eq!(resolved(&config, "maxPoolSize"), Bson::Int32(7));
    assert_eq!(resolved(&config, "socketTimeoutMS"), Bson::Double(1e10));
}

#[test]
fn takes_numbers_of_polypools_own_exactly() {
    for name in
        ["maxQueued", "leakMS", "slowMS", "drainMS", "healthIntervalMS", "refreshIntervalMS"]
    {
        for value in [Bson::from("2000"), 2000.into(), 2000_i64.into(), 2000.0.into()] {
            let config = with_options("mongodb://h", doc! { name: value });
            assert_eq!(resolved(&config, name), Bson::Int32(2000), "{name}");
        }
        for value in [Bson::from(2000.5), 0.5.into(), (-1).into(), "2000ms".into(), "2e3".into()] {
            let error = error_with("mongodb://h", doc! { name: value });
            let path = format!("options.{name} must be a non-negative integer, got ");
            assert_error(&error, ErrorClass::Parse, &path);
        }
    }
}

#[test]
fn refuses_to_make_all_connections_anew_all_the_time() {
    let config = with_options("mongodb://h", doc! { "refreshIntervalMS": 1000 });
    assert_eq!(resolved(&config, "refreshIntervalMS"), Bson::Int32(1000));
    let config = with_options("mongodb://h", doc! { "refreshIntervalMS": 0 });
    assert_eq!(config.pool.refresh_interval, None);
    let error = error_with("mongodb://h", doc! { "refreshIntervalMS": 5 });
    let message = "options.refreshIntervalMS must be 0 or at least 1000, got 5";
    assert_error(&error, ErrorClass::InvalidArgument, message);
}

#[test]
fn takes_text_alone_for_the_directory_of_logs() {
    let config = with_options("mongodb://h", doc! { "logPath": "5" });
    assert_eq!(resolved(&config, "logPath"), Bson::from("5"));
    for value in [Bson::from(5), true.into(), "".into()] {
        let error = error_with("mongodb://h", doc! { "logPath": value });
        let message = "options.logPath must be the path of a directory";
        assert_error(&error, ErrorClass::InvalidArgument, message);
    }
}

#[test]
fn names_the_path_and_the_value_of_a_wrong_number() {
    let error = error_with("mongodb://h", doc! { "maxPoolSize": "ten" });
    assert_eq!(error.message(), "options.maxPoolSize must be a non-negative integer, got \"ten\"");
    assert_eq!(error.class(), ErrorClass::Parse);
    let error = super::error("mongodb://h/?maxPoolSize=-1");
    assert_eq!(
        error.message(),
        "maxPoolSize in the connection string must be a non-negative integer, got \"-1\""
    );
}

#[test]
fn rejects_numbers_that_are_none() {
    for value in [Bson::Double(f64::NAN), Bson::Double(f64::INFINITY), Bson::Boolean(true)] {
        let error = error_with("mongodb://h", doc! { "maxPoolSize": value });
        assert_error(&error, ErrorClass::Parse, "options.maxPoolSize");
    }
}

#[test]
fn rejects_booleans_that_are_none() {
    for options in [doc! { "retryReads": 1 }, doc! { "retryReads": "yes" }] {
        let error = error_with("mongodb://h", options);
        assert_error(&error, ErrorClass::Parse, "options.retryReads must be either");
    }
}

#[test]
fn suggests_the_option_that_was_meant() {
    let error = error("mongodb://h/?maxPoolSizes=5");
    assert_eq!(error.message(), "option maxpoolsizes is not supported; did you mean maxPoolSize?");
    assert_eq!(error.class(), ErrorClass::Parse);
    let error = error_with("mongodb://h", doc! { "foo": 1, "retryWrite": true });
    assert_eq!(
        error.message(),
        "options foo, retrywrite are not supported; did you mean retryWrites instead of retrywrite?"
    );
    let error = error_with("mongodb://h", doc! { "zzz": 1 });
    assert_eq!(error.message(), "option zzz is not supported");
}

#[test]
fn warns_of_deprecated_options_in_the_words_of_the_driver() {
    let config = resolve("mongodb://h/?timeoutMS=x&j=true");
    let expected = [
        "timeoutMS is not applied: it is no non-negative integer",
        "j is a deprecated option: Please use journal instead",
    ];
    assert_eq!(config.warnings, expected);
}

#[test]
fn warns_of_socket_tuning_unless_it_asks_for_the_default() {
    let config = with_options("mongodb://h", doc! { "family": 4, "noDelay": true });
    assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
    assert!(config.warnings[0].contains("family"));
    let error = error_with("mongodb://h", doc! { "family": 5 });
    assert_error(&error, ErrorClass::Parse, "options.family must be 4 or 6");
}

#[test]
fn refuses_plainly_what_it_cannot_do() {
    for (options, name) in [
        (doc! { "proxyHost": "p" }, "proxyHost"),
        (doc! { "autoEncryption": {} }, "autoEncryption"),
        (doc! { "localAddress": "::1" }, "localAddress"),
        (doc! { "lookup": "x" }, "lookup"),
    ] {
        let error = error_with("mongodb://h", options);
        assert_error(&error, ErrorClass::Compatibility, name);
    }
}

#[test]
fn checks_proxy_options_before_it_refuses_them() {
    let error = error_with("mongodb://h", doc! { "proxyPort": 1080 });
    assert_error(&error, ErrorClass::Parse, "proxyHost is needed");
    let error = error_with("mongodb://h", doc! { "proxyHost": "p", "proxyUsername": "u" });
    assert_error(&error, ErrorClass::Parse, "needed together");
}

#[test]
fn hands_options_of_js_back() {
    let config = resolve("mongodb://h/?monitorCommands=true&promoteValues=false");
    assert_eq!(resolved(&config, "monitorCommands"), Bson::Boolean(true));
    assert_eq!(resolved(&config, "promoteValues"), Bson::Boolean(false));
}

#[test]
fn has_an_unlimited_pool_for_a_size_of_zero() {
    let config = resolve("mongodb://h/?maxPoolSize=0&waitQueueTimeoutMS=250");
    assert_eq!(config.pool.max_size, None);
    assert_eq!(resolved(&config, "maxPoolSize"), Bson::Int32(0));
    let timeout = config.pool.wait_queue_timeout.map(|span| span.as_millis());
    assert_eq!(timeout, Some(250));
    let error = error("mongodb://h/?maxConnecting=0");
    assert_error(&error, ErrorClass::InvalidArgument, "positive integer");
}

#[test]
fn reads_compressors_of_both_places_once_each() {
    let options = doc! { "compressors": ["zstd", "zlib"], "zlibCompressionLevel": 3 };
    let config = with_options("mongodb://h/?compressors=zlib,snappy", options);
    let names = Bson::from(vec!["zstd", "zlib", "snappy"]);
    assert_eq!(resolved(&config, "compressors"), names);
    let error = super::error("mongodb://h/?compressors=lz4");
    assert_error(&error, ErrorClass::InvalidArgument, "none, snappy, zlib, zstd");
    let error = super::error("mongodb://h/?zlibCompressionLevel=10");
    assert_error(&error, ErrorClass::InvalidArgument, "from -1 to 9");
}

#[test]
fn takes_the_server_api_from_the_options_document_only() {
    let config = with_options("mongodb://h", doc! { "serverApi": "1" });
    assert_eq!(resolved(&config, "serverApi"), Bson::from(doc! { "version": "1" }));
    let options = doc! { "serverApi": { "version": "1", "strict": true } };
    let config = with_options("mongodb://h", options.clone());
    assert_eq!(resolved(&config, "serverApi"), options["serverApi"]);
    let error = error_with("mongodb://h", doc! { "serverApi": "2" });
    assert_error(&error, ErrorClass::Parse, "options.serverApi");
    let error = super::error("mongodb://h/?serverApi=1");
    assert_error(&error, ErrorClass::Parse, "cannot be in the connection string");
}

#[test]
fn reads_the_driver_info() {
    let options = doc! { "driverInfo": { "name": "a", "version": "1" }, "name": "b" };
    let config = with_options("mongodb://h", options);
    let expected = doc! { "name": "b", "version": "1" };
    assert_eq!(resolved(&config, "driverInfo"), Bson::from(expected));
}
