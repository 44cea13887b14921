//! Credentials: defaults and requirements of each mechanism.

use bson::doc;

use super::super::{Credential, ErrorClass, Mechanism};
use super::{assert_error, error, error_with, resolve, with_options};

fn credential(uri: &str) -> Credential {
    resolve(uri).credential.expect("has credentials")
}

#[test]
fn takes_the_source_from_option_database_or_default_in_this_order() {
    assert_eq!(credential("mongodb://u:p@h/db?authSource=s").source, "s");
    assert_eq!(credential("mongodb://u:p@h/db").source, "db");
    assert_eq!(credential("mongodb://u:p@h").source, "admin");
    assert_eq!(credential("mongodb://u:p@h/?authMechanism=PLAIN").source, "$external");
    assert_eq!(credential("mongodb://u:p@h/db?authMechanism=PLAIN").source, "db");
    let x509 = credential("mongodb://h/db?authMechanism=MONGODB-X509");
    assert_eq!((x509.source.as_str(), x509.password), ("$external", None));
}

#[test]
fn prefers_the_credentials_of_the_options_document() {
    let options = doc! { "auth": { "username": "a", "password": "b" }, "dbName": "d" };
    let config = with_options("mongodb://u:p@h", options);
    let credential = config.credential.expect("has credentials");
    assert_eq!(credential.username, "a");
    assert_eq!(credential.password.as_deref(), Some("b"));
    assert_eq!(credential.source, "d");
}

#[test]
fn has_no_credentials_for_an_auth_source_alone() {
    assert_eq!(resolve("mongodb://h/?authSource=s").credential, None);
}

#[test]
fn finds_a_mechanism_by_whole_words_in_any_case() {
    for (text, mechanism) in [
        ("scram-sha-1", Mechanism::ScramSha1),
        ("SCRAM-SHA-256", Mechanism::ScramSha256),
        ("PLAIN", Mechanism::Plain),
        ("DEFAULT", Mechanism::Default),
    ] {
        let uri = format!("mongodb://u:p@h/?authMechanism={text}");
        assert_eq!(credential(&uri).mechanism, mechanism);
    }
    let unknown = error("mongodb://u:p@h/?authMechanism=SCRA");
    assert_error(&unknown, ErrorClass::Parse, "must be one of MONGODB-AWS");
}

#[test]
fn requires_a_user_name_where_the_mechanism_does() {
    for name in ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "GSSAPI"] {
        let error = error(&format!("mongodb://h/?authMechanism={name}"));
        assert_error(&error, ErrorClass::MissingCredentials, "needs a user name");
    }
}

#[test]
fn rejects_what_the_mechanism_forbids() {
    let password = error("mongodb://u:p@h/?authMechanism=MONGODB-X509");
    assert_error(&password, ErrorClass::Api, "takes no password");
    let source = error("mongodb://h/?authMechanism=MONGODB-X509&authSource=s");
    assert_error(&source, ErrorClass::Parse, "$external");
    let aws = error("mongodb://u:p@h/?authMechanism=MONGODB-AWS");
    assert_error(&aws, ErrorClass::Api, "no user name or password");
    let shape = error_with("mongodb://h", doc! { "auth": "u:p" });
    assert_error(&shape, ErrorClass::Parse, "options.auth must be an object");
    let hosts = error("mongodb://h/?authMechanismProperties=ALLOWED_HOSTS:x");
    assert_error(&hosts, ErrorClass::Parse, "ALLOWED_HOSTS");
}

#[test]
fn refuses_mechanisms_that_it_lacks() {
    for uri in [
        "mongodb://u:p@h/?authMechanism=GSSAPI",
        "mongodb://h/?authMechanism=MONGODB-AWS",
        "mongodb://h/?authMechanism=MONGODB-OIDC\
         &authMechanismProperties=ENVIRONMENT:azure,TOKEN_RESOURCE:r",
    ] {
        assert_error(&error(uri), ErrorClass::Compatibility, "polypool");
    }
}

#[test]
fn checks_what_oidc_needs() {
    let uri = "mongodb://h/?authMechanism=MONGODB-OIDC";
    let k8s = credential(&format!("{uri}&authMechanismProperties=ENVIRONMENT:k8s"));
    assert_eq!((k8s.mechanism, k8s.password), (Mechanism::Oidc, None));
    assert_error(&error(uri), ErrorClass::InvalidArgument, "needs an ENVIRONMENT");
    for properties in ["ENVIRONMENT:azure", "ENVIRONMENT:moon"] {
        let error = error(&format!("{uri}&authMechanismProperties={properties}"));
        assert_eq!(error.class(), ErrorClass::InvalidArgument);
    }
}
