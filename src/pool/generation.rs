//! One client of the crate's and what belongs to it alone: what is known of its servers, its server
//! sessions, its certificates. A pool has one at a time that new operations go to, and for a while
//! those before it, until what began on them is done. It does not know which of them it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mongodb::{
    Client,
    event::{EventHandler, cmap::CmapEvent},
};
use tokio::sync::Mutex;

use super::{Pool, events::voice::Voice, flight::Flight, sessions::Sessions, topology::Topology};
use crate::{
    config::{Config, PrivateFiles, ResolvedClientOptions},
    error::Error,
    runtime::runtime,
};

/// How long the crate may take to end its sessions and its monitors before it is left behind.
const SHUTDOWN_TIME: Duration = Duration::from_secs(2);

/// A client of the crate's. Whoever works with it keeps it; it ends with the last of them.
pub(super) struct Generation {
    /// The crate's client; clones are handles to the same one.
    pub(super) client: Client,
    /// The servers that the options or their SRV record name.
    pub(super) seeds: usize,
    /// What the crate's monitors last said of the servers.
    pub(super) topology: Arc<Topology>,
    /// The server sessions that nobody uses.
    pub(super) sessions: Arc<Sessions>,
    /// A server has let it in, so that a login refused later is not what every next one will be.
    pub(super) welcome: AtomicBool,
    /// Held by the one of the waiting operations that keeps the crate looking for servers.
    pub(super) seeking: Mutex<()>,
    /// What its events are to listeners.
    voice: Arc<Voice>,
    /// It has been shut down, or is being.
    ended: AtomicBool,
    /// Certificates that the client reads from disk whenever it connects.
    _files: PrivateFiles,
}

impl Pool {
    /// A new client for the deployment that `config` describes. Opens no connection by itself; the
    /// monitors start.
    pub(super) async fn generate(
        &self,
        config: &Config,
        voice: Arc<Voice>,
    ) -> Result<Arc<Generation>, Error> {
        let ResolvedClientOptions { mut options, files } = config.client_options().await?;
        let seeds = options.hosts.len();
        let topology = Arc::<Topology>::default();
        let told = Arc::clone(&voice);
        options.cmap_event_handler = Some(EventHandler::callback(move |event| {
            told.connection(&event);
            if let CmapEvent::ConnectionCheckoutStarted(event) = event {
                Flight::checking_out(event.address);
            } else if let CmapEvent::ConnectionCheckedOut(event) = event {
                Flight::checked_out(event.address, event.connection_id);
            }
        }));
        // Before the topology lets an operation go on, so that what it rests on is told first.
        let (told, observer) = (Arc::clone(&voice), Arc::clone(&topology));
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            told.server(&event);
            observer.observe(event);
        }));
        // The crate copies every command for it.
        if config.monitor_commands || self.events.want_commands() {
            let told = Arc::clone(&voice);
            options.command_event_handler =
                Some(EventHandler::callback(move |event| told.command(event)));
        }
        let client = Client::with_options(options)?;
        self.introduce(&client);
        Ok(Arc::new(Generation {
            client,
            seeds,
            topology,
            sessions: Arc::default(),
            welcome: AtomicBool::new(false),
            seeking: Mutex::default(),
            voice,
            ended: AtomicBool::new(false),
            _files: files,
        }))
    }
}

impl Generation {
    /// From here on the monitors report its end only.
    pub(super) fn close(&self) {
        self.voice.close();
    }

    /// Ends the crate's sessions, connections and monitors, once.
    pub(super) async fn shut_down(&self) {
        if !self.ended.swap(true, Ordering::AcqRel) {
            self.sessions.dismiss();
            end(self.client.clone()).await;
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if !*self.ended.get_mut() {
            self.sessions.dismiss();
            runtime().spawn(end(self.client.clone()));
        }
    }
}

/// Waits for the `killCursors` of dropped cursors; an operation that can't be taken back makes it wait
/// for good, and then its connection is cut.
async fn end(client: Client) {
    let orderly = client.clone().shutdown();
    if tokio::time::timeout(SHUTDOWN_TIME, orderly).await.is_err() {
        let immediate = client.shutdown().immediate(true);
        let _ = tokio::time::timeout(SHUTDOWN_TIME, immediate).await;
    }
}
