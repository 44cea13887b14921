//! The values of a [`Config`](super::Config) as the mongodb crate's types, one function a type.
//!
//! Pure conversion for `client_options`. Must not read files or resolve anything.

use std::path::PathBuf;
use std::time::Duration;

use mongodb::options::{
    Acknowledgment as CrateAcknowledgment, AuthMechanism, Compressor as CrateCompressor,
    Credential as CrateCredential, DriverInfo as CrateDriverInfo, HedgedReadOptions,
    ReadConcern as CrateReadConcern, ReadPreference as CrateReadPreference, ReadPreferenceOptions,
    ServerApi as CrateServerApi, ServerApiVersion,
    ServerMonitoringMode as CrateServerMonitoringMode, Tls as CrateTls, TlsOptions,
    WriteConcern as CrateWriteConcern,
};

use super::{
    Acknowledgment, Compressor, Credential, DriverInfo, Mechanism, ReadPreference,
    ReadPreferenceMode, ServerApi, ServerMonitoringMode, WriteConcern,
};

/// TLS options with everything on disk.
pub(super) struct TlsFiles {
    /// Certificates of authorities.
    pub(super) authorities: Option<PathBuf>,
    /// The client's certificate and key in one file.
    pub(super) identity: Option<PathBuf>,
    /// Whether certificates are checked.
    pub(super) accepts_invalid_certificates: bool,
}

pub(super) fn tls(files: &TlsFiles) -> CrateTls {
    let mut options = TlsOptions::default();
    options.ca_file_path.clone_from(&files.authorities);
    options.cert_key_file_path.clone_from(&files.identity);
    options.allow_invalid_certificates = Some(files.accepts_invalid_certificates);
    CrateTls::Enabled(options)
}

pub(super) fn credential(credential: &Credential) -> CrateCredential {
    let mechanism = match credential.mechanism {
        // Aws and Gssapi are refused when options are resolved.
        Mechanism::Default | Mechanism::Aws | Mechanism::Gssapi => None,
        Mechanism::Plain => Some(AuthMechanism::Plain),
        Mechanism::ScramSha1 => Some(AuthMechanism::ScramSha1),
        Mechanism::ScramSha256 => Some(AuthMechanism::ScramSha256),
        Mechanism::X509 => Some(AuthMechanism::MongoDbX509),
        Mechanism::Oidc => Some(AuthMechanism::MongoDbOidc),
    };
    let mut converted = CrateCredential::default();
    // The crate sends the name of an X.509 user in a field that servers refuse. They need none: they take
    // it from the certificate.
    let is_named = !credential.username.is_empty() && credential.mechanism != Mechanism::X509;
    converted.username = is_named.then(|| credential.username.clone());
    converted.password.clone_from(&credential.password);
    converted.source = Some(credential.source.clone());
    converted.mechanism = mechanism;
    if credential.mechanism == Mechanism::Oidc {
        converted.mechanism_properties = Some(credential.properties.clone());
    }
    converted
}

pub(super) fn monitoring_mode(mode: ServerMonitoringMode) -> CrateServerMonitoringMode {
    match mode {
        ServerMonitoringMode::Auto => CrateServerMonitoringMode::Auto,
        ServerMonitoringMode::Poll => CrateServerMonitoringMode::Poll,
        ServerMonitoringMode::Stream => CrateServerMonitoringMode::Stream,
    }
}

pub(super) fn compressors(compressors: &[Compressor]) -> Option<Vec<CrateCompressor>> {
    let converted: Vec<_> = compressors
        .iter()
        .map(|compressor| match compressor {
            Compressor::Snappy => CrateCompressor::Snappy,
            Compressor::Zlib { level } => CrateCompressor::Zlib { level: *level },
            Compressor::Zstd => CrateCompressor::Zstd { level: None },
        })
        .collect();
    Some(converted).filter(|converted| !converted.is_empty())
}

/// polypool, then the library that wraps it, as a server's log shows them.
pub(super) fn driver_info(info: &DriverInfo) -> CrateDriverInfo {
    let join = |own: &str, wrapper: &Option<String>| match wrapper {
        Some(wrapper) => format!("{own}|{wrapper}"),
        None => own.to_owned(),
    };
    CrateDriverInfo::builder()
        .name(join("polypool", &info.name))
        .version(join(env!("CARGO_PKG_VERSION"), &info.version))
        .platform(info.platform.clone())
        .build()
}

pub(super) fn server_api(api: ServerApi) -> CrateServerApi {
    CrateServerApi::builder()
        .version(ServerApiVersion::V1)
        .strict(api.strict)
        .deprecation_errors(api.deprecation_errors)
        .build()
}

pub(super) fn read_concern(level: &String) -> CrateReadConcern {
    CrateReadConcern::custom(level)
}

/// `None` for unacknowledged writes too: the crate refuses them as a default, and commands carry
/// their own write concern.
pub(super) fn write_concern(concern: &WriteConcern) -> Option<CrateWriteConcern> {
    let acknowledgment = match &concern.acknowledgment {
        Some(Acknowledgment::Nodes(0)) => return None,
        Some(Acknowledgment::Nodes(nodes)) => Some(CrateAcknowledgment::Nodes(*nodes)),
        Some(Acknowledgment::Named(name)) => Some(CrateAcknowledgment::from(name.as_str())),
        None => None,
    };
    let concern = CrateWriteConcern::builder()
        .w(acknowledgment)
        .journal(concern.journal)
        .w_timeout(concern.timeout)
        .build();
    Some(concern)
}

pub(super) fn read_preference(preference: &ReadPreference) -> CrateReadPreference {
    let tag_sets = preference.tags.as_ref().map(|sets| {
        let convert = |set: &super::TagSet| set.clone().into_iter().collect();
        sets.iter().map(convert).collect::<Vec<_>>()
    });
    let mut options = ReadPreferenceOptions::default();
    options.tag_sets = tag_sets;
    options.max_staleness = preference.max_staleness_seconds.map(Duration::from_secs);
    #[expect(deprecated, reason = "the driver still has it")]
    {
        let hedge = |enabled| HedgedReadOptions::builder().enabled(enabled).build();
        options.hedge = preference.hedge.map(hedge);
    }
    match preference.mode {
        ReadPreferenceMode::Primary => CrateReadPreference::primary(),
        ReadPreferenceMode::PrimaryPreferred => CrateReadPreference::primary_preferred(options),
        ReadPreferenceMode::Secondary => CrateReadPreference::secondary(options),
        ReadPreferenceMode::SecondaryPreferred => CrateReadPreference::secondary_preferred(options),
        ReadPreferenceMode::Nearest => CrateReadPreference::nearest(options),
    }
}
