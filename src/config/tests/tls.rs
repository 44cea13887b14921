//! TLS options and their combinations.

use std::path::Path;

use bson::{Binary, Bson, doc, spec::BinarySubtype};

use super::super::{ErrorClass, Pem};
use super::{assert_error, error, error_with, resolve, resolved, with_options};

#[test]
fn is_off_unless_asked_for_and_on_for_srv_records() {
    assert!(resolve("mongodb://h").tls.is_none());
    assert!(resolve("mongodb://h/?ssl=true").tls.is_some());
    assert!(resolve("mongodb+srv://a.b.c").tls.is_some());
    assert!(resolve("mongodb+srv://a.b.c/?tls=false").tls.is_none());
    assert_eq!(resolved(&resolve("mongodb://h/?tls=false"), "tls"), Bson::Boolean(false));
}

#[test]
fn rejects_values_of_tls_and_ssl_that_differ() {
    let both = error("mongodb://h/?tls=true&ssl=false");
    assert_error(&both, ErrorClass::Parse, "must be the same");
    let places = error_with("mongodb://h/?tls=true", doc! { "ssl": false });
    assert_error(&places, ErrorClass::Parse, "must be the same");
}

#[test]
fn rejects_tls_insecure_with_its_parts() {
    for name in ["tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"] {
        let error = error(&format!("mongodb://h/?tlsInsecure=false&{name}=false"));
        assert_error(&error, ErrorClass::Api, name);
    }
}

#[test]
fn accepts_invalid_certificates_in_every_form() {
    for options in [
        doc! { "tls": true, "tlsInsecure": true },
        doc! { "tls": true, "tlsAllowInvalidCertificates": "true" },
        doc! { "tls": true, "rejectUnauthorized": false },
        doc! { "tls": true, "tlsAllowInvalidCertificates": true, "tlsAllowInvalidHostnames": true },
    ] {
        let tls = with_options("mongodb://h", options).tls.expect("TLS is on");
        assert!(tls.accepts_invalid_certificates);
    }
    let tls = with_options("mongodb://h", doc! { "tls": true, "rejectUnauthorized": "false" }).tls;
    assert!(!tls.expect("TLS is on").accepts_invalid_certificates);
}

#[test]
fn reads_certificates_as_files_text_bytes_and_lists() {
    let files = resolve("mongodb://h/?tls=true&tlsCAFile=ca.pem&tlsCertificateKeyFile=both.pem");
    let tls = files.tls.expect("TLS is on");
    assert!(matches!(&tls.authorities, Some(Pem::File(path)) if path == Path::new("ca.pem")));
    let identity = tls.identity.expect("has an identity");
    assert_eq!(identity.certificate, identity.key);

    let bytes = Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: b"B\n".to_vec() });
    let options = doc! { "tls": true, "ca": ["A", bytes], "cert": "C", "key": "K" };
    let tls = with_options("mongodb://h", options).tls.expect("TLS is on");
    assert_eq!(tls.authorities, Some(Pem::Bytes(b"A\nB\n".to_vec())));
    let identity = tls.identity.expect("has an identity");
    assert_eq!(identity.key, Pem::Bytes(b"K\n".to_vec()));
}

#[test]
fn rejects_a_certificate_without_its_key() {
    let error = error_with("mongodb://h", doc! { "tls": true, "cert": "C" });
    assert_error(&error, ErrorClass::InvalidArgument, "options.key");
    let error = error_with("mongodb://h", doc! { "tls": true, "ca": 5 });
    assert_error(&error, ErrorClass::InvalidArgument, "options.ca must be PEM");
}

#[test]
fn refuses_what_rustls_cannot_do_once_tls_is_on() {
    for options in [
        doc! { "tlsAllowInvalidHostnames": true },
        doc! { "tlsCRLFile": "x" },
        doc! { "tlsCertificateKeyFile": "x", "tlsCertificateKeyFilePassword": "y" },
        doc! { "servername": "x" },
        doc! { "pfx": "x" },
    ] {
        with_options("mongodb://h", options.clone());
        let error = error_with("mongodb://h/?tls=true", options);
        assert_error(&error, ErrorClass::Compatibility, "polypool does not support");
    }
}
