//! The pool: one mongodb client, its wait queue and what is known of its servers, shared by every
//! holder in the process. It knows nothing of Node; `bridge` drives it through [`Hold`].

pub mod admission;
mod connect;
pub mod cursors;
mod deposed;
pub mod events;
mod exchange;
pub mod execute;
pub mod flight;
mod generation;
pub mod hold;
mod lineage;
mod metadata;
pub mod registry;
mod sessions;
pub mod topology;
mod transcript;

use std::sync::{Arc, OnceLock};

pub use self::hold::Hold;
use self::{
    admission::Admission, events::Events, events::voice::Voice, generation::Generation,
    lineage::Lineage,
};
use crate::{
    config::{ClientOptionsError, Config, ConfigError},
    error::Error,
};

/// One deployment's connections, whoever holds them.
pub struct Pool {
    /// What the holders asked for; equal for all of them.
    config: Config,
    /// The crate's client, and those it had before.
    lineage: Lineage,
    /// The wait queue in front of them all, from the first client on.
    admission: OnceLock<Admission>,
    /// What the crate reports, on its way to whoever listens.
    events: Arc<Events>,
    /// Libraries that connections name to the server, beside those of the options.
    appended: metadata::Appended,
}

impl Pool {
    fn new(config: Config) -> Self {
        Self {
            config,
            lineage: Lineage::default(),
            admission: OnceLock::new(),
            events: Arc::default(),
            appended: metadata::Appended::default(),
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

    /// The client that new operations go to, made on first use.
    async fn current(&self) -> Result<Arc<Generation>, Error> {
        if let Some(current) = self.lineage.current() {
            return Ok(current);
        }
        let first = async || self.generate(&self.config, Voice::first(&self.events)).await;
        let first = self.lineage.current_or(first).await?;
        // Again: those that were named while the client was made did not find one to tell.
        self.introduce(&first.client);
        Ok(first)
    }

    /// The wait queue. Its size is that of the deployment that `generation` began with.
    fn admission(&self, generation: &Generation) -> &Admission {
        let Config { pool, tenants, .. } = &self.config;
        self.admission.get_or_init(|| Admission::new(pool, tenants.clone(), generation.seeds))
    }

    /// Whether writes may be numbered and sent again; unknown before a server is known.
    pub fn has_retryable_writes(&self) -> Option<bool> {
        self.lineage.current()?.topology.knows_retryable_writes()
    }

    /// Ends the crate's sessions, connections and monitors. The registry calls it once, when the
    /// last holder has gone.
    async fn shut_down(&self) {
        let all = self.lineage.all();
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
