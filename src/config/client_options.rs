//! A [`Config`] as the mongodb crate's options: the only file here that knows the crate.
//!
//! Sets every field to the resolved value, so that none of the crate's own defaults shows. An SRV
//! record is looked up by the crate, which keeps what it needs to poll it; everything else is laid
//! over the result. `waitQueueTimeoutMS` and `socketTimeoutMS` have no field there: the pool keeps
//! them itself.

use std::path::PathBuf;
use std::time::Duration;

use mongodb::options::{
    ClientOptions, ConnectionString, Credential as CrateCredential, HostInfo, ServerAddress,
};

use super::client_values as values;
use super::private_file::PrivateFile;
use super::tls::{Identity, Pem, Tls};
use super::{Config, ConfigError, ErrorClass, HostAddress, ReadPreferenceMode, Srv, Topology};

/// Stands for "no source in the SRV record's text"; `/` cannot be in a database name.
const NO_SOURCE: &str = "polypool/no-source";

/// The crate refuses to poll servers more often than this.
const MIN_HEARTBEAT_FREQUENCY: Duration = Duration::from_millis(500);

/// The longest `appName` that servers take, in bytes.
const APP_NAME_LIMIT: usize = 128;

/// In place of "without end", for fields which the crate adds to the time of day.
const TEN_YEARS: Duration = Duration::from_hours(10 * 365 * 24);

/// The smallest `maxStalenessSeconds` that means something, by the server selection specification.
const MIN_STALENESS: Duration = Duration::from_secs(90);

/// Between two writes of an idle primary.
const IDLE_WRITE_PERIOD: Duration = Duration::from_secs(10);

/// What a client is made from.
pub struct ResolvedClientOptions {
    /// The crate's options.
    pub options: ClientOptions,
    /// Certificates given in memory, on disk: keep them as long as the client lives.
    pub files: PrivateFiles,
}

/// Files that the options point to; removed on drop.
#[derive(Debug, Default)]
pub struct PrivateFiles(Vec<PrivateFile>);

/// Why there are no client options.
#[derive(Debug, thiserror::Error)]
pub enum ClientOptionsError {
    /// The options cannot work together, as the driver finds when it connects.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The SRV or TXT record could not be looked up, or is not valid.
    #[error(transparent)]
    Lookup(mongodb::error::Error),
    /// A certificate or key could not be read, or not be written for the crate to read.
    #[error("Cannot prepare the TLS certificates: {0}")]
    Certificate(#[from] std::io::Error),
}

impl PrivateFiles {
    fn keep(&mut self, contents: &[u8]) -> std::io::Result<PathBuf> {
        let file = PrivateFile::create(contents)?;
        let path = file.path().to_path_buf();
        self.0.push(file);
        Ok(path)
    }
}

impl Config {
    /// Converts to the crate's options, after the lookup of an SRV record where there is one.
    ///
    /// # Errors
    ///
    /// [`ClientOptionsError`]: options that the driver refuses when it connects, a failed lookup,
    /// or a certificate file that cannot be read.
    pub async fn client_options(&self) -> Result<ResolvedClientOptions, ClientOptionsError> {
        self.check_sizes()?;
        self.check_staleness()?;
        let mut options = match &self.topology.srv {
            Some(srv) => self.look_up(srv).await?,
            None => self.direct_options(),
        };
        let mut files = PrivateFiles::default();
        options.tls = Some(match &self.tls {
            Some(tls) => values::tls(&write_tls(tls, &mut files)?),
            None => mongodb::options::Tls::Disabled,
        });
        self.fill_topology(&mut options);
        self.fill_pool(&mut options);
        self.fill_operations(&mut options);
        Ok(ResolvedClientOptions { options, files })
    }

    fn direct_options(&self) -> ClientOptions {
        let hosts: Vec<_> = self.topology.hosts.iter().map(address).collect();
        let mut options = ClientOptions::builder().hosts(hosts).build();
        options.repl_set_name.clone_from(&self.topology.replica_set);
        options.load_balanced = Some(self.topology.load_balanced);
        options.credential = self.credential.as_ref().map(values::credential);
        options
    }

    /// Looks up the record through the crate with nothing in the string but what the lookup needs;
    /// no secret goes through it. What the record's text says gives way to the user's options.
    async fn look_up(&self, srv: &Srv) -> Result<ClientOptions, ClientOptionsError> {
        let placeholder = "mongodb+srv://placeholder.invalid";
        let mut query = ConnectionString::parse(placeholder).map_err(ClientOptionsError::Lookup)?;
        query.host_info = HostInfo::DnsRecord(srv.host.clone());
        query.srv_service_name = Some(srv.service_name.clone());
        query.srv_max_hosts = Some(srv.max_hosts);
        query.replica_set.clone_from(&self.topology.replica_set);
        query.load_balanced = self.topology.load_balanced.then_some(true);
        query.default_database = Some(NO_SOURCE.to_owned());
        query.credential = Some(CrateCredential::default());
        let mut options = ClientOptions::parse(query).await.map_err(lookup_error)?;
        let source = options.credential.take().and_then(|found| found.source);
        options.credential = self.credential.as_ref().map(|credential| {
            let mut converted = values::credential(credential);
            let may_change = !credential.source_is_given && !credential.mechanism.is_external();
            if let Some(source) = source.filter(|source| may_change && source != NO_SOURCE) {
                converted.source = Some(source);
            }
            converted
        });
        options.load_balanced = Some(options.load_balanced == Some(true));
        Ok(options)
    }

    fn fill_topology(&self, options: &mut ClientOptions) {
        let topology: &Topology = &self.topology;
        options.direct_connection = Some(topology.direct);
        options.heartbeat_freq = Some(topology.heartbeat_frequency.max(MIN_HEARTBEAT_FREQUENCY));
        options.local_threshold = Some(topology.local_threshold);
        options.server_selection_timeout =
            Some(topology.server_selection_timeout.unwrap_or(TEN_YEARS));
        options.server_monitoring_mode = Some(values::monitoring_mode(topology.monitoring_mode));
    }

    fn fill_pool(&self, options: &mut ClientOptions) {
        let pool = &self.pool;
        options.max_pool_size = Some(pool.max_size.map_or(u32::MAX, u32::from));
        options.min_pool_size = Some(pool.min_size);
        options.max_connecting = Some(u32::from(pool.max_connecting));
        options.max_idle_time = pool.max_idle_time;
        // The crate reads zero as "without end".
        options.connect_timeout = Some(pool.connect_timeout.unwrap_or(Duration::ZERO));
        let name = self.app_name.as_deref().map(|name| prefix(name, APP_NAME_LIMIT).to_owned());
        options.app_name = name;
        options.compressors = values::compressors(&self.compressors);
        options.driver_info = Some(values::driver_info(&self.driver_info));
    }

    fn fill_operations(&self, options: &mut ClientOptions) {
        options.default_database = Some(self.db_name.clone());
        options.server_api = self.server_api.map(values::server_api);
        options.read_concern = self.read_concern.as_ref().map(values::read_concern);
        options.write_concern = self.write_concern.as_ref().and_then(values::write_concern);
        options.selection_criteria = Some(values::read_preference(&self.read_preference).into());
        options.retry_reads = Some(self.retries.reads);
        options.retry_writes = Some(self.retries.writes);
        // The pool asks an overloaded server again itself; both together would ask nine times.
        options.max_adaptive_retries = Some(0);
    }

    fn check_sizes(&self) -> Result<(), ConfigError> {
        match self.pool.max_size {
            Some(max) if self.pool.min_size > max.get() => Err(ConfigError::options(
                ErrorClass::InvalidArgument,
                format!(
                    "minPoolSize must not be greater than maxPoolSize, got {} and {max}",
                    self.pool.min_size
                ),
            )),
            _ => Ok(()),
        }
    }

    fn check_staleness(&self) -> Result<(), ConfigError> {
        let preference = &self.read_preference;
        let Some(seconds) = preference.max_staleness_seconds else {
            return Ok(());
        };
        let heartbeat = self.topology.heartbeat_frequency.max(MIN_HEARTBEAT_FREQUENCY);
        let least = MIN_STALENESS.max(heartbeat.saturating_add(IDLE_WRITE_PERIOD));
        if preference.mode == ReadPreferenceMode::Primary || Duration::from_secs(seconds) >= least {
            return Ok(());
        }
        Err(ConfigError::options(
            ErrorClass::InvalidArgument,
            format!("maxStalenessSeconds must be at least {}, got {seconds}", least.as_secs_f64()),
        ))
    }
}

/// The crate's own checks of what the record says are about options; the rest is the lookup.
fn lookup_error(error: mongodb::error::Error) -> ClientOptionsError {
    match *error.kind {
        mongodb::error::ErrorKind::InvalidArgument { ref message, .. } => {
            let message = format!("The SRV record does not fit the options: {message}");
            ConfigError::options(ErrorClass::Parse, message).into()
        }
        _ => ClientOptionsError::Lookup(error),
    }
}

fn address(host: &HostAddress) -> ServerAddress {
    match host {
        HostAddress::Tcp { host, port } => {
            ServerAddress::Tcp { host: host.clone(), port: Some(*port) }
        }
        #[cfg(unix)]
        HostAddress::Unix { path } => ServerAddress::Unix { path: PathBuf::from(path) },
        // Fails to connect with an error that names the path, as it does in the driver.
        #[cfg(not(unix))]
        HostAddress::Unix { path } => ServerAddress::Tcp { host: path.clone(), port: None },
    }
}

/// Puts what is in memory on disk. The crate wants certificate and key in one file.
fn write_tls(tls: &Tls, files: &mut PrivateFiles) -> std::io::Result<values::TlsFiles> {
    let authorities = match &tls.authorities {
        None => None,
        Some(Pem::File(path)) => Some(path.clone()),
        Some(Pem::Bytes(bytes)) => Some(files.keep(bytes)?),
    };
    let identity = match &tls.identity {
        None => None,
        Some(Identity { certificate: Pem::File(certificate), key: Pem::File(key) })
            if certificate == key =>
        {
            Some(key.clone())
        }
        Some(identity) => {
            let mut both = read(&identity.certificate)?;
            both.push(b'\n');
            both.extend(read(&identity.key)?);
            Some(files.keep(&both)?)
        }
    };
    Ok(values::TlsFiles {
        authorities,
        identity,
        accepts_invalid_certificates: tls.accepts_invalid_certificates,
    })
}

fn read(pem: &Pem) -> std::io::Result<Vec<u8>> {
    match pem {
        Pem::File(path) => std::fs::read(path),
        Pem::Bytes(bytes) => Ok(bytes.clone()),
    }
}

/// The start of `text` of at most `limit` bytes, in whole characters.
fn prefix(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}
