//! The conversion to the mongodb crate's options.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use bson::{Document, doc};
use mongodb::options::{
    Acknowledgment, AuthMechanism, ClientOptions, Compressor, ServerAddress, Tls as CrateTls,
};

use super::super::{ClientOptionsError, ErrorClass, ResolvedClientOptions};
use super::{assert_error, with_options};

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime without drivers starts").block_on(future)
}

fn try_convert(uri: &str, options: Document) -> Result<ResolvedClientOptions, ClientOptionsError> {
    block_on(with_options(uri, options).client_options())
}

#[track_caller]
fn convert(uri: &str, options: Document) -> ResolvedClientOptions {
    match try_convert(uri, options) {
        Ok(converted) => converted,
        Err(error) => panic!("{uri} should convert, got: {error}"),
    }
}

fn conversion_error(uri: &str) -> super::ConfigError {
    match try_convert(uri, doc! {}) {
        Err(ClientOptionsError::Config(error)) => error,
        Err(error) => panic!("{uri}: {error}"),
        Ok(_) => panic!("{uri} should not convert"),
    }
}

#[test]
fn leaves_none_of_the_defaults_to_the_crate() {
    let options: ClientOptions = convert("mongodb://h", doc! {}).options;
    let host = "h".to_owned();
    assert_eq!(options.hosts, [ServerAddress::Tcp { host, port: Some(27017) }]);
    assert_eq!(options.max_pool_size, Some(100));
    assert_eq!(options.min_pool_size, Some(0));
    assert_eq!(options.max_connecting, Some(2));
    assert_eq!(options.max_idle_time, None);
    assert_eq!(options.connect_timeout, Some(Duration::from_secs(30)));
    assert_eq!(options.server_selection_timeout, Some(Duration::from_secs(30)));
    assert_eq!(options.heartbeat_freq, Some(Duration::from_secs(10)));
    assert_eq!(options.local_threshold, Some(Duration::from_millis(15)));
    assert_eq!(options.retry_reads, Some(true));
    assert_eq!(options.retry_writes, Some(true));
    assert_eq!(options.direct_connection, Some(false));
    assert_eq!(options.load_balanced, Some(false));
    assert_eq!(options.default_database.as_deref(), Some("test"));
    assert_eq!(options.tls, Some(CrateTls::Disabled));
    assert_eq!(options.compressors, None);
    let info = options.driver_info.expect("names polypool");
    assert_eq!(info.name, "polypool");
}

#[test]
fn reads_zero_as_without_end() {
    let uri = "mongodb://h/?maxPoolSize=0&connectTimeoutMS=0&serverSelectionTimeoutMS=0";
    let options = convert(uri, doc! {}).options;
    assert_eq!(options.max_pool_size, Some(u32::MAX));
    assert_eq!(options.connect_timeout, Some(Duration::ZERO));
    assert!(options.server_selection_timeout > Some(Duration::from_hours(24)));
}

#[test]
fn makes_a_client_that_the_crate_accepts() {
    let uri = "mongodb://u:p@a,b/db?replicaSet=r&readPreference=secondary&maxStalenessSeconds=120\
               &readPreferenceTags=a:b&w=0&j=true&heartbeatFrequencyMS=10&compressors=zlib,zstd";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let converted = with_options(uri, doc! {}).client_options().await;
        let options = converted.map(|converted| converted.options);
        let client = options.map(mongodb::Client::with_options);
        assert!(matches!(client, Ok(Ok(_))));
    });
}

#[test]
fn converts_credentials() {
    let options = convert("mongodb://u:p@h/db", doc! {}).options;
    let credential = options.credential.expect("has credentials");
    assert_eq!(credential.username.as_deref(), Some("u"));
    assert_eq!(credential.password.as_deref(), Some("p"));
    assert_eq!(credential.source.as_deref(), Some("db"));
    assert_eq!(credential.mechanism, None);
    for user in ["", "CN%3Dc@"] {
        let uri = format!("mongodb://{user}h/?authMechanism=MONGODB-X509&tls=true");
        let credential = convert(&uri, doc! {}).options.credential.expect("has credentials");
        assert_eq!(credential.mechanism, Some(AuthMechanism::MongoDbX509));
        assert_eq!((credential.username, credential.password), (None, None), "{uri}");
    }
}

#[test]
fn converts_the_rest() {
    let given = doc! {
        "driverInfo": { "name": "orm", "version": "2" }, "appName": "é".repeat(100),
        "compressors": ["zlib"], "zlibCompressionLevel": 4, "w": "majority", "serverApi": "1",
    };
    let options = convert("mongodb://h", given).options;
    let info = options.driver_info.expect("names polypool");
    assert_eq!(info.name, "polypool|orm");
    assert_eq!(options.app_name.map(|name| name.len()), Some(128));
    assert_eq!(options.compressors, Some(vec![Compressor::Zlib { level: Some(4) }]));
    let concern = options.write_concern.expect("has a write concern");
    assert_eq!(concern.w, Some(Acknowledgment::Majority));
    assert!(options.server_api.is_some());
}

#[test]
fn refuses_when_connecting_what_the_driver_refuses_then() {
    let sizes = conversion_error("mongodb://h/?minPoolSize=5&maxPoolSize=4");
    assert_error(&sizes, ErrorClass::InvalidArgument, "minPoolSize");
    let staleness = conversion_error("mongodb://h/?readPreference=nearest&maxStalenessSeconds=89");
    assert_error(&staleness, ErrorClass::InvalidArgument, "at least 90");
}

fn tls_paths(options: &ClientOptions) -> (Option<PathBuf>, Option<PathBuf>) {
    match &options.tls {
        Some(CrateTls::Enabled(tls)) => (tls.ca_file_path.clone(), tls.cert_key_file_path.clone()),
        _ => panic!("TLS should be on"),
    }
}

#[test]
fn writes_certificates_in_memory_to_private_files_and_removes_them() {
    let given = doc! { "tls": true, "ca": "A", "cert": "C", "key": "K" };
    let converted = convert("mongodb://h", given);
    let (authorities, identity) = tls_paths(&converted.options);
    let (authorities, identity) = (authorities.expect("a file"), identity.expect("a file"));
    let read = |path| std::fs::read_to_string(path).expect("the file exists");
    assert_eq!(read(&authorities), "A\n");
    assert_eq!(read(&identity), "C\n\nK\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(&identity).expect("the file exists");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
    drop(converted);
    assert!(!authorities.exists() && !identity.exists());
}

#[test]
fn leaves_certificate_files_of_the_user_where_they_are() {
    let uri = "mongodb://h/?tls=true&tlsCAFile=ca.pem&tlsCertificateKeyFile=both.pem";
    let converted = convert(uri, doc! {});
    let expected = (Some(PathBuf::from("ca.pem")), Some(PathBuf::from("both.pem")));
    assert_eq!(tls_paths(&converted.options), expected);
}

#[test]
fn says_that_a_certificate_file_cannot_be_read() {
    let given = doc! { "tls": true, "key": "K", "tlsCertificateKeyFile": "/nowhere/at/all.pem" };
    let error = try_convert("mongodb://h", given).err().expect("the file is not there");
    assert!(matches!(error, ClientOptionsError::Certificate(_)), "{error}");
}
