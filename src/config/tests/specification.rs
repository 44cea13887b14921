//! The connection string and URI options specifications, from their own test files.
//!
//! As the driver's own runner does, a case with a warning counts as one to reject. The directory is
//! `POLYPOOL_SPECIFICATIONS`, else `../shared/specifications` beside the crate; without it the tests
//! say that they are skipped.

use std::path::PathBuf;

use bson::{Bson, doc};
use serde_json::Value;

use super::super::{Config, ErrorClass, HostAddress};

/// What happens in place of what a case asks for.
enum Instead {
    /// Resolves: the driver warns and goes on.
    Accepts,
    /// Rejected as an unknown option, as in the driver.
    Unknown,
    /// Rejected plainly: the driver can do it and polypool cannot.
    Unsupported,
}

/// Cases by description that do not go as the specification has it, and why.
const EXCEPTIONS: [(&str, Instead, &str); 16] = [
    (
        "Deprecated (or unknown) options are ignored if replacement exists",
        Instead::Accepts,
        "the driver warns of wtimeout and uses it",
    ),
    ("Non-numeric timeoutMS causes a warning", Instead::Accepts, "it is ignored, with a warning"),
    ("Too low timeoutMS causes a warning", Instead::Accepts, "it is ignored, with a warning"),
    (
        "Valid options specific to single-threaded drivers are parsed correctly",
        Instead::Unknown,
        "for single-threaded drivers",
    ),
    ("tlsDisableCertificateRevocationCheck can be set to true", Instead::Unknown, "not in Node.js"),
    (
        "tlsDisableCertificateRevocationCheck can be set to false",
        Instead::Unknown,
        "not in Node.js",
    ),
    ("tlsDisableOCSPEndpointCheck can be set to true", Instead::Unknown, "not in Node.js"),
    ("tlsDisableOCSPEndpointCheck can be set to false", Instead::Unknown, "not in Node.js"),
    ("Escaped username (GSSAPI)", Instead::Unsupported, "no Kerberos"),
    ("Valid auth options are parsed correctly (GSSAPI)", Instead::Unsupported, "no Kerberos"),
    ("Colon in a key value pair", Instead::Unsupported, "OIDC with k8s only"),
    ("only host present", Instead::Unsupported, "no proxy"),
    ("host and default port present", Instead::Unsupported, "no proxy"),
    ("host and non-default port present", Instead::Unsupported, "no proxy"),
    ("replicaset, host and non-default port present", Instead::Unsupported, "no proxy"),
    ("all options present", Instead::Unsupported, "no proxy"),
];

/// Options that resolve to nothing while TLS is off, are secret, or have no effect.
const UNSEEN: [&str; 5] = [
    "tlsallowinvalidcertificates",
    "tlsallowinvalidhostnames",
    "tlsinsecure",
    "tlscertificatekeyfilepassword",
    "timeoutms",
];

/// The end of a Unix domain socket's path.
const SOCKET_SUFFIX: &str = ".sock";

fn directory() -> PathBuf {
    match std::env::var_os("POLYPOOL_SPECIFICATIONS") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/specifications"),
    }
}

fn run(suite: &str) {
    let directory = directory().join(suite).join("tests");
    let Ok(files) = std::fs::read_dir(&directory) else {
        println!("skipped: no specification files in {}", directory.display());
        return;
    };
    let mut failures = Vec::new();
    let mut count = 0;
    for file in files {
        let path = file.expect("the directory can be listed").path();
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let cases: Value = serde_json::from_str(&text).expect("the file is JSON");
        for case in cases["tests"].as_array().expect("the file has tests") {
            count += 1;
            if let Err(fault) = check(case) {
                failures.push(format!("{} ({}): {fault}", case["description"], case["uri"]));
            }
        }
    }
    println!("{suite}: {count} cases, {} failed", failures.len());
    assert!(count > 0, "{suite} has cases");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn follows_the_connection_string_specification() {
    run("connection-string");
}

#[test]
fn follows_the_uri_options_specification() {
    run("uri-options");
}

fn check(case: &Value) -> Result<(), String> {
    let description = case["description"].as_str().unwrap_or_default();
    let uri = case["uri"].as_str().unwrap_or_default();
    let result = Config::resolve(uri, &doc! {});
    let exception = EXCEPTIONS.iter().find(|(name, ..)| *name == description);
    if let Some((_, instead, reason)) = exception {
        return match (instead, &result) {
            (Instead::Accepts, Ok(config)) if !config.warnings.is_empty() => Ok(()),
            (Instead::Unknown, Err(error)) if error.message().contains("not supported") => Ok(()),
            (Instead::Unsupported, Err(error)) if error.class() == ErrorClass::Compatibility => {
                Ok(())
            }
            _ => Err(format!("no longer an exception ({reason})")),
        };
    }
    let valid = case["valid"] == true && case["warning"] != true;
    match result {
        Err(error) if valid => Err(format!("rejected: {error}")),
        Err(_) => Ok(()),
        Ok(_) if !valid => Err("accepted".to_owned()),
        Ok(config) => check_parts(&config, case),
    }
}

fn check_parts(config: &Config, case: &Value) -> Result<(), String> {
    if let Some(hosts) = case["hosts"].as_array() {
        let expected: Vec<HostAddress> = hosts.iter().map(host).collect();
        if config.topology.hosts != expected {
            return Err(format!("hosts {:?}", config.topology.hosts));
        }
    }
    let auth = &case["auth"];
    if let Some(username) = auth["username"].as_str() {
        let credential = config.credential.as_ref().ok_or("no credentials")?;
        let password = auth["password"].as_str().unwrap_or_default();
        let same = credential.username == username
            && credential.password.as_deref().unwrap_or_default() == password;
        if !same {
            return Err("user name or password".to_owned());
        }
    }
    if let Some(database) = auth["db"].as_str()
        && config.db_name != database
    {
        return Err(format!("database {}", config.db_name));
    }
    let Some(options) = case["options"].as_object() else {
        return Ok(());
    };
    for (name, expected) in options {
        let name = name.to_ascii_lowercase();
        if !UNSEEN.contains(&name.as_str()) && !same(option(config, &name).as_ref(), expected) {
            return Err(format!("{name} is {:?}", option(config, &name)));
        }
    }
    Ok(())
}

fn host(expected: &Value) -> HostAddress {
    let host = expected["host"].as_str().unwrap_or_default().to_owned();
    // To the driver, and so to polypool, whatever has this end is a socket.
    if expected["type"] == "unix" || host.ends_with(SOCKET_SUFFIX) {
        return HostAddress::Unix { path: host };
    }
    let port = expected["port"].as_u64().unwrap_or(27017);
    let port = u16::try_from(port).expect("the specification has ports");
    HostAddress::Tcp { host, port }
}

/// A resolved option by its name in connection strings.
fn option(config: &Config, name: &str) -> Option<Bson> {
    let (group, field) = match name {
        "authmechanism" => ("credentials", "mechanism"),
        "authmechanismproperties" => ("credentials", "mechanismProperties"),
        "authsource" => ("credentials", "source"),
        "readconcernlevel" => ("readConcern", "level"),
        "readpreference" => ("readPreference", "mode"),
        "readpreferencetags" => ("readPreference", "tags"),
        "maxstalenessseconds" => ("readPreference", "maxStalenessSeconds"),
        "w" => ("writeConcern", "w"),
        "wtimeoutms" => ("writeConcern", "wtimeoutMS"),
        "journal" => ("writeConcern", "journal"),
        _ => ("", name),
    };
    let document = config.resolved();
    if group.is_empty() {
        let mut fields = document.into_iter();
        let found = fields.find(|(key, _)| key.eq_ignore_ascii_case(field));
        return found.map(|(_, value)| value);
    }
    document.get_document(group).ok()?.get(field).cloned()
}

fn same(found: Option<&Bson>, expected: &Value) -> bool {
    match (found, expected) {
        (Some(Bson::String(found)), Value::String(expected)) => found == expected,
        (Some(Bson::Boolean(found)), Value::Bool(expected)) => found == expected,
        (Some(Bson::Int32(found)), Value::Number(expected)) => {
            expected.as_i64() == Some(i64::from(*found))
        }
        (Some(Bson::Array(found)), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| same(Some(found), expected))
        }
        (Some(Bson::Document(found)), Value::Object(expected)) => {
            expected.iter().all(|(name, expected)| same(found.get(name), expected))
        }
        _ => false,
    }
}
