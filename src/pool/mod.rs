//! The pool: one mongodb client, its wait queue and what is known of its servers, shared by every
//! holder in the process. It knows nothing of Node; `bridge` drives it through [`Hold`].

pub mod admission;
mod aside;
mod circuit;
mod connect;
pub mod cursor_reply;
pub mod cursors;
mod deadline;
mod dedicated;
mod deposed;
pub mod events;
mod exchange;
pub mod execute;
mod fallback;
pub mod flight;
mod generation;
mod handles;
pub mod held;
pub mod hold;
mod lineage;
mod lines;
mod log;
mod metadata;
mod orphans;
mod presence;
pub mod presented;
mod refresh;
mod refusal;
pub mod registry;
mod sessions;
mod stalls;
mod stats;
pub mod topology;
mod transcript;
pub mod transcription;

use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

pub use self::hold::Hold;
use self::{
    admission::{Admission, QueueState},
    events::Events,
    events::voice::Voice,
    generation::Generation,
    lineage::Lineage,
    presence::Presence,
    stalls::Stalls,
    stats::Stats,
};
use crate::{
    config::{ClientOptionsError, Config, ConfigError},
    error::Error,
};

/// How long the pool's end waits for servers to hear what they need not keep.
const ORPHANS_TIME: Duration = Duration::from_secs(1);

/// One deployment's connections, whoever holds them.
pub struct Pool {
    /// Names it in log messages.
    id: u64,
    /// What the holders asked for; equal for all of them.
    config: Config,
    /// The crate's client, and those it had before.
    lineage: Lineage,
    /// The wait queue in front of them all, from the first client on.
    admission: OnceLock<Admission>,
    /// What the crate reports, on its way to whoever listens.
    events: Arc<Events>,
    /// Refuses operations while no server can be reached.
    circuit: circuit::Circuit,
    /// How long the servers' words take to come, for deadlines.
    round_trip: deadline::RoundTrip,
    /// What the current client waits for.
    stalls: Arc<Stalls>,
    /// Held by the one that gives it another client.
    turn: tokio::sync::Mutex<()>,
    /// When no other deployment answered either.
    in_vain: Mutex<Option<Instant>>,
    /// Somebody watches for the time after which another deployment is to stand in.
    watching: AtomicBool,
    /// Itself, for what goes on in the background.
    me: Weak<Pool>,
    /// Libraries that connections name to the server, beside those of the options.
    appended: metadata::Appended,
    /// Whether it is connected.
    presence: Arc<Presence>,
    /// What all of it is doing.
    stats: Stats,
}

impl Pool {
    fn new(config: Config) -> Arc<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let events = Arc::default();
        Arc::new_cyclic(|me| Self {
            id: LAST.fetch_add(1, Ordering::Relaxed) + 1,
            me: Weak::clone(me),
            circuit: circuit::Circuit::new(config.breaker, &events),
            round_trip: deadline::RoundTrip::default(),
            config,
            stalls: Arc::default(),
            turn: tokio::sync::Mutex::default(),
            in_vain: Mutex::default(),
            watching: AtomicBool::new(false),
            lineage: Lineage::default(),
            admission: OnceLock::new(),
            events,
            appended: metadata::Appended::default(),
            presence: Arc::default(),
            stats: Stats::default(),
        })
    }

    /// What the pool was opened with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The addresses of the servers, as far as they are known.
    fn known_addresses(&self) -> Vec<String> {
        self.events.view().outlines().map(|server| server.address.to_owned()).collect()
    }

    /// True once servers have been looked for.
    fn is_open(&self) -> bool {
        self.events.version() > 0
    }

    /// The client that new operations go to, made on first use.
    async fn current(&self) -> Result<Arc<Generation>, Error> {
        if let Some(current) = self.lineage.current() {
            return Ok(current);
        }
        let make = async || {
            let first = self.generate(0, Voice::first(&self.events)).await?;
            self.lineage.number();
            self.begin();
            Ok(first)
        };
        // Boxed, as every operation's task would have room for it.
        let first = Box::pin(self.lineage.current_or(make)).await?;
        // Again: those that were named while the client was made did not find one to tell.
        self.introduce(&first.client);
        Ok(first)
    }

    /// The first client is there.
    fn begin(&self) {
        if let Some(pool) = self.me.upgrade() {
            pool.keep();
        }
    }

    /// The wait queue. Its size is that of the deployment that `generation` began with.
    fn admission(&self, generation: &Generation) -> &Admission {
        let Config { pool, tenants, .. } = &self.config;
        self.admission.get_or_init(|| Admission::new(pool, tenants.clone(), generation.seeds))
    }

    /// What is known of the wait for a place; nothing before there is a client.
    fn queue(&self) -> Option<QueueState> {
        self.admission.get().map(Admission::state)
    }

    /// Whether writes may be numbered and sent again; unknown before a server is known.
    pub fn has_retryable_writes(&self) -> Option<bool> {
        self.lineage.current()?.topology.knows_retryable_writes()
    }

    /// Ends the crate's sessions, connections and monitors. The registry calls it once, when the
    /// last holder has gone.
    async fn shut_down(&self) {
        let all = self.lineage.close();
        // What a server that is there can be told at once.
        let told = all.iter().map(|generation| self.tell_of_orphans(generation));
        let _ = tokio::time::timeout(ORPHANS_TIME, futures_util::future::join_all(told)).await;
        for generation in &all {
            generation.close();
        }
        futures_util::future::join_all(all.iter().map(|generation| generation.shut_down())).await;
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
