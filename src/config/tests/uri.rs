//! Connection strings: what is read from each part and what is refused.

use super::super::{ErrorClass, HostAddress};
use super::{assert_error, error, resolve};

fn tcp(host: &str, port: u16) -> HostAddress {
    let host = host.to_owned();
    HostAddress::Tcp { host, port }
}

#[test]
fn reads_hosts_with_the_default_port_and_in_lower_case() {
    let config = resolve("mongodb://Example.COM,b:27018,[::1]:1,[2001:DB8::1]");
    let expected =
        [tcp("example.com", 27017), tcp("b", 27018), tcp("::1", 1), tcp("2001:db8::1", 27017)];
    assert_eq!(config.topology.hosts, expected);
    assert_eq!(config.topology.hosts[2].to_string(), "[::1]:1");
}

#[test]
fn reads_a_unix_domain_socket_and_keeps_its_case() {
    let config = resolve("mongodb://%2Ftmp%2FMongo.sock/db");
    let path = "/tmp/Mongo.sock".to_owned();
    assert_eq!(config.topology.hosts, [HostAddress::Unix { path }]);
    assert_eq!(config.db_name, "db");
}

#[test]
fn decodes_user_name_password_and_database() {
    let config = resolve("mongodb://a%40b:c%3Ad%2F@h/my%20db");
    let credential = config.credential.expect("has credentials");
    assert_eq!(credential.username, "a@b");
    assert_eq!(credential.password.as_deref(), Some("c:d/"));
    assert_eq!(config.db_name, "my db");
}

#[test]
fn ignores_line_ends_around_the_string() {
    assert_eq!(resolve("mongodb://h\n").topology.hosts, [tcp("h", 27017)]);
}

#[test]
fn rejects_a_wrong_scheme() {
    for uri in ["", "h", "http://h", "mongo://h", "MONGODB://h", "mongodb:/h"] {
        assert_error(&error(uri), ErrorClass::Parse, "Invalid scheme");
    }
}

#[test]
fn rejects_a_missing_host() {
    for uri in ["mongodb://", "mongodb:///db", "mongodb://u:p@/db", "mongodb://:27017"] {
        assert_error(&error(uri), ErrorClass::Parse, "no host");
    }
}

#[test]
fn rejects_an_empty_host_between_commas() {
    for uri in ["mongodb://a,,b", "mongodb://a,", "mongodb://,a"] {
        assert_error(&error(uri), ErrorClass::Parse, "empty host");
    }
}

#[test]
fn rejects_a_port_of_zero_out_of_range_or_not_a_number() {
    for (uri, fault) in [
        ("mongodb://h:0", "it is zero"),
        ("mongodb://h:65536", "it is out of range"),
        ("mongodb://h:99999999999", "it is out of range"),
        ("mongodb://h:-1", "it is not a number"),
        ("mongodb://h:+1", "it is not a number"),
        ("mongodb://h::1", "it is not a number"),
        ("mongodb://[::1]:x", "it is not a number"),
    ] {
        let error = error(uri);
        assert_error(&error, ErrorClass::Parse, "Invalid port of host");
        assert_error(&error, ErrorClass::Parse, fault);
    }
}

#[test]
fn rejects_malformed_ipv6_literals() {
    for uri in ["mongodb://[::1", "mongodb://[x]", "mongodb://[::1]x"] {
        assert_eq!(error(uri).class(), ErrorClass::Parse);
    }
}

#[test]
fn rejects_user_information_that_is_not_percent_encoded() {
    for uri in [
        "mongodb://user:p@ss@h",
        "mongodb://user:p:ss@h",
        "mongodb://user:p/ss@h/db",
        "mongodb://user:p?ss@h",
        "mongodb://us/er:p@h",
        "mongodb://user:100%@h",
        "mongodb://user:%zz@h",
        "mongodb://user:%ff@h",
        "mongodb://user:p@ss/word@h/db",
        "mongodb://user:p@ss?word@h/db",
    ] {
        assert_error(&error(uri), ErrorClass::Parse, "percent-encoded");
    }
}

#[test]
fn rejects_an_empty_user_name() {
    for uri in ["mongodb://@h", "mongodb://:p@h"] {
        assert_error(&error(uri), ErrorClass::Parse, "empty user name");
    }
}

#[test]
fn rejects_a_port_or_several_hosts_with_srv() {
    let port = error("mongodb+srv://a.b.c:27017");
    assert_error(&port, ErrorClass::Parse, "has no port");
    let several = error("mongodb+srv://a.b.c,d.e.f");
    assert_error(&several, ErrorClass::Parse, "one host name");
}

#[test]
fn rejects_an_invalid_percent_encoding_in_host_and_database() {
    for uri in ["mongodb://h%zz", "mongodb://h/%", "mongodb://%zz.sock"] {
        assert_error(&error(uri), ErrorClass::Parse, "invalid percent-encoding");
    }
}

#[test]
fn reads_options_as_form_data() {
    let config = resolve("mongodb://h?appName=a+b%20c&&");
    assert_eq!(config.app_name.as_deref(), Some("a b c"));
}

#[test]
fn keeps_an_at_sign_in_an_option() {
    let config = resolve("mongodb://u:p@h/?replicaSet=my@set");
    assert_eq!(config.topology.replica_set.as_deref(), Some("my@set"));
}

#[test]
fn rejects_an_option_without_a_value() {
    for uri in ["mongodb://h/?w=", "mongodb://h/?w", "mongodb://h/?tls="] {
        assert_error(&error(uri), ErrorClass::Api, "with no value");
    }
}

#[test]
fn rejects_a_repeated_option_unless_its_case_differs() {
    let repeated = error("mongodb://h/?appName=a&appName=b");
    assert_error(&repeated, ErrorClass::InvalidArgument, "more than once");
    let config = resolve("mongodb://h/?appName=a&APPNAME=b");
    assert_eq!(config.app_name.as_deref(), Some("a"));
}
