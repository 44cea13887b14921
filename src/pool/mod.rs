//! The pool: one mongodb client, its wait queue and what is known of its servers, shared by every
//! holder in the process. It knows nothing of Node; `bridge` drives it through [`Hold`].

pub mod admission;
mod circuit;
mod connect;
pub mod cursors;
mod deadline;
mod deposed;
pub mod events;
mod exchange;
pub mod execute;
pub mod flight;
pub mod hold;
mod metadata;
pub mod registry;
mod sessions;
pub mod topology;
mod transcript;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use mongodb::{
    Client,
    event::{EventHandler, cmap::CmapEvent},
};
use tokio::sync::{Mutex, OnceCell};

pub use self::hold::Hold;
use self::{
    admission::Admission, events::Events, flight::Flight, sessions::Sessions, topology::Topology,
};
use crate::{
    config::{ClientOptionsError, Config, ConfigError, PrivateFiles, ResolvedClientOptions},
    error::Error,
};

/// How long the crate may take to end its sessions and its monitors before it is left behind.
const SHUTDOWN_TIME: Duration = Duration::from_secs(2);

/// One deployment's connections, whoever holds them.
pub struct Pool {
    /// What the holders asked for; equal for all of them.
    config: Config,
    /// Made by the first operation; concurrent first operations share the one attempt.
    connected: OnceCell<Connected>,
    /// What the crate's monitors last said of the servers.
    topology: Arc<Topology>,
    /// What the crate reports, on its way to whoever listens.
    events: Arc<Events>,
    /// Refuses operations while no server can be reached.
    circuit: circuit::Circuit,
    /// How long the servers' words take to come, for deadlines.
    round_trip: deadline::RoundTrip,
    /// Libraries that connections name to the server, beside those of the options.
    appended: metadata::Appended,
    /// The server sessions that nobody uses.
    sessions: Arc<Sessions>,
    /// A server has let the pool in, so that a login refused later is not what every next one
    /// will be.
    welcome: AtomicBool,
    /// Held by the one of the waiting operations that keeps the crate looking for servers.
    seeking: Mutex<()>,
}

/// What exists only once the deployment's hosts are known.
struct Connected {
    /// The crate's client; clones are handles to the same one.
    client: Client,
    /// The wait queue in front of it.
    admission: Admission,
    /// Certificates that the client reads from disk whenever it connects.
    _files: PrivateFiles,
}

impl Pool {
    fn new(config: Config) -> Self {
        let events = Arc::default();
        Self {
            circuit: circuit::Circuit::new(config.breaker, &events),
            config,
            connected: OnceCell::new(),
            topology: Arc::default(),
            events,
            round_trip: deadline::RoundTrip::default(),
            appended: metadata::Appended::default(),
            sessions: Arc::default(),
            welcome: AtomicBool::new(false),
            seeking: Mutex::default(),
        }
    }

    /// What the pool was opened with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// True once servers have been looked for.
    fn is_open(&self) -> bool {
        self.events.version() > 0
    }

    /// The client, made on first use. Opens no connection by itself; the monitors start.
    async fn connected(&self) -> Result<&Connected, Error> {
        if let Some(connected) = self.connected.get() {
            return Ok(connected);
        }
        let connected = self.connected.get_or_try_init(|| self.connect()).await?;
        // Again: those that were named while the client was made did not find one to tell.
        self.introduce(&connected.client);
        Ok(connected)
    }

    /// Whether writes may be numbered and sent again; unknown before a server is known.
    pub fn has_retryable_writes(&self) -> Option<bool> {
        self.topology.knows_retryable_writes()
    }

    async fn connect(&self) -> Result<Connected, Error> {
        let ResolvedClientOptions { mut options, files } = self.config.client_options().await?;
        let servers = options.hosts.len();
        let events = Arc::clone(&self.events);
        options.cmap_event_handler = Some(EventHandler::callback(move |event| {
            events.connection(&event);
            if let CmapEvent::ConnectionCheckoutStarted(event) = event {
                Flight::checking_out(event.address);
            } else if let CmapEvent::ConnectionCheckedOut(event) = event {
                Flight::checked_out(event.address);
            }
        }));
        // Before the topology lets an operation go on, so that what it rests on is told first.
        let (events, topology) = (Arc::clone(&self.events), Arc::clone(&self.topology));
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            events.server(&event);
            topology.observe(event);
        }));
        // The crate copies every command for it.
        if self.config.monitor_commands || self.events.want_commands() {
            let events = Arc::clone(&self.events);
            options.command_event_handler =
                Some(EventHandler::callback(move |event| events.command(event)));
        }
        let client = Client::with_options(options)?;
        self.introduce(&client);
        Ok(Connected {
            client,
            admission: Admission::new(&self.config.pool, self.config.tenants.clone(), servers),
            _files: files,
        })
    }

    /// Ends the crate's sessions, connections and monitors. The registry calls it once, when the
    /// last holder has gone.
    async fn shut_down(&self) {
        if let Some(connected) = self.connected.get() {
            let client = &connected.client;
            self.sessions.dismiss();
            self.events.close();
            // Waits for the `killCursors` of dropped cursors; an operation that can't be taken
            // back makes it wait for good, and then its connection is cut.
            let orderly = client.clone().shutdown();
            if tokio::time::timeout(SHUTDOWN_TIME, orderly).await.is_err() {
                let immediate = client.clone().shutdown().immediate(true);
                let _ = tokio::time::timeout(SHUTDOWN_TIME, immediate).await;
            }
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Configuration { class: error.class().name(), message: error.message().to_owned() }
    }
}

impl From<ClientOptionsError> for Error {
    fn from(error: ClientOptionsError) -> Self {
        match error {
            ClientOptionsError::Config(error) => error.into(),
            ClientOptionsError::Lookup(error) => Self::Driver(error),
            ClientOptionsError::Certificate(error) => Self::Configuration {
                class: "MongoInvalidArgumentError",
                message: format!("The TLS certificates can't be prepared: {error}"),
            },
        }
    }
}
