//! No message and no `Debug` shows anything of the user information or of a secret option.

use bson::{Bson, doc};

use super::super::Config;
use super::{error, error_with, with_options};

const SECRET: &str = "hunter2";

#[test]
fn never_shows_a_password_that_breaks_the_connection_string() {
    for uri in [
        "mongodb://bob:hunter2@",
        "mongodb://bob:hunter2@:1",
        "mongodb://bob:hunter2",
        "mongodb://bob:hunter2/db",
        "mongodb://bob:x@hunter2@h",
        "mongodb://bob:x@hunter2/y@h",
        "mongodb://bob:x@a:hunter2?y@h",
        "mongodb://bob:x@a?hunter2@h",
        "mongodb://bob:x@a?hunter2=y@h",
        "mongodb://bob:x@a?maxPoolSize=hunter2@h",
        "mongodb://bob:hunter2%@h",
        "mongodb://bob:hunter2%zz@h",
        "mongodb://bob:hunter2:x@h",
        "mongodb://hunter2/:x@h",
        "mongodb+srv://bob:hunter2@a.b.c:1",
        "mongodb://bob:hunter2@h/?foo=1",
        "mongodb://bob:hunter2@h/?tlsCertificateKeyFilePassword=hunter2&ssl=x",
        "bob:hunter2@h",
    ] {
        let error = error(uri);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(SECRET) && !shown.contains("bob:"), "{uri}: {shown}");
    }
}

#[test]
fn never_shows_the_value_of_a_secret_option() {
    for options in [
        doc! { "auth": SECRET },
        doc! { "auth": { "username": 5, "password": SECRET } },
        doc! { "authMechanismProperties": SECRET },
        doc! { "tls": true, "key": SECRET },
        doc! { "proxyPassword": SECRET },
        doc! { "proxyUsername": SECRET, "proxyHost": "p" },
    ] {
        let error = error_with("mongodb://h", options);
        assert!(!format!("{error:?}").contains(SECRET), "{error}");
    }
}

#[test]
fn never_shows_a_secret_of_a_resolved_configuration() {
    let options = doc! { "tls": true, "ca": SECRET, "key": SECRET, "cert": SECRET };
    let config = with_options("mongodb://bob:hunter2@h", options);
    let shown = format!("{config:?} {:?} {:?}", config.key(), config.credential);
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(!shown.contains("password"), "{shown}");
    let document = config.resolved();
    let credentials = document.get_document("credentials").expect("has credentials");
    assert_eq!(credentials.get("username"), Some(&Bson::from("bob")));
    assert!(!document.to_string().contains(SECRET));
}

#[test]
fn says_which_part_is_at_fault_all_the_same() {
    let error = Config::resolve("mongodb://bob:hunter2@h/?maxPoolSize=ten", &doc! {});
    let message = error.map(|_| ()).expect_err("is not a number").to_string();
    assert!(message.contains("maxPoolSize") && message.contains("ten"), "{message}");
}
