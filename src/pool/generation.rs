//! One client of the crate's and what belongs to it alone: what is known of its servers, its server
//! sessions, its certificates. A pool has one at a time that new operations go to, and for a while
//! those before it, until what began on them is done. It does not know which of them it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    event::{EventHandler, cmap::CmapEvent},
};
use tokio::sync::{Mutex, Notify};

use super::{
    Pool, events::voice::Voice, flight::Flight, log, orphans::Orphans, sessions::Sessions,
    stalls::Stalls, stats::ClientStats, topology::Topology,
};
use crate::{
    config::{Config, PrivateFiles, ResolvedClientOptions},
    error::Error,
    runtime::runtime,
};

/// How long the crate may take to end its sessions and its monitors before it is left behind.
const SHUTDOWN_TIME: Duration = Duration::from_secs(2);

/// A client of the crate's. Whoever works with it keeps it; it ends with the last of them.
pub(super) struct Generation {
    /// Which of the pool's deployments it is for: 0 is its own, the others stand in.
    pub(super) deployment: usize,
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
    /// Those of the pool.
    stalls: Arc<Stalls>,
    /// Another has taken its place: what has not begun goes there.
    retired: AtomicBool,
    /// Since when.
    retired_at: parking_lot::Mutex<Option<Instant>>,
    /// It was replaced because it gave no connections.
    stalled: AtomicBool,
    /// Wakes who waits for that.
    retiring: Notify,
    /// It has been shut down, or is being.
    ended: AtomicBool,
    /// Certificates that the client reads from disk whenever it connects.
    _files: PrivateFiles,
}

impl Pool {
    /// The options of a deployment: the pool's own, or one that stands in.
    pub(super) fn deployment(&self, number: usize) -> &Config {
        let fallback = number.checked_sub(1).and_then(|index| self.config.fallbacks.get(index));
        fallback.unwrap_or(&self.config)
    }

    /// A new client for one of the deployments. Opens no connection by itself; the
    /// monitors start.
    pub(super) async fn generate(
        &self,
        deployment: usize,
        voice: Arc<Voice>,
    ) -> Result<Arc<Generation>, Error> {
        let config = self.deployment(deployment);
        let ResolvedClientOptions { mut options, files } = config.client_options().await?;
        let seeds = options.hosts.len();
        let topology = Arc::<Topology>::default();
        let id = self.id;
        let stats = self.stats.client();
        let sessions = Arc::<Sessions>::default();
        options.cmap_event_handler =
            Some(self.connection_events(&voice, Arc::clone(&stats), Arc::clone(&sessions.orphans)));
        // Before the topology lets an operation go on, so that what it rests on is told first.
        let (told, observer) = (Arc::clone(&voice), Arc::clone(&topology));
        let (presence, events) = (Arc::clone(&self.presence), Arc::clone(&self.events));
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            stats.monitor(&event);
            told.server(&event);
            log::deployment(id, &event);
            observer.observe(event);
            if told.is_heard() {
                presence.found(&observer, &events);
            }
        }));
        // The crate copies every command for it.
        if config.monitor_commands || self.events.want_commands() {
            let told = Arc::clone(&voice);
            options.command_event_handler =
                Some(EventHandler::callback(move |event| told.command(event)));
        }
        let client = Client::with_options(options)?;
        self.introduce(&client);
        let generation = Arc::new(Generation {
            deployment,
            client,
            seeds,
            topology,
            sessions,
            welcome: AtomicBool::new(false),
            seeking: Mutex::default(),
            voice,
            stalls: Arc::clone(&self.stalls),
            retired: AtomicBool::new(false),
            retired_at: parking_lot::Mutex::default(),
            stalled: AtomicBool::new(false),
            retiring: Notify::new(),
            ended: AtomicBool::new(false),
            _files: files,
        });
        generation.orphans().belong_to(&self.me, &generation);
        Ok(generation)
    }

    /// Takes in what the crate says of a client's connections.
    fn connection_events(
        &self,
        voice: &Arc<Voice>,
        stats: Arc<ClientStats>,
        orphans: Arc<Orphans>,
    ) -> EventHandler<CmapEvent> {
        let (told, stalls, number) = (Arc::clone(voice), Arc::clone(&self.stalls), voice.number);
        let id = self.id;
        EventHandler::callback(move |event| {
            stats.connection(&event, Flight::queued());
            told.connection(&event);
            log::connection(id, &event);
            stalls.observe(number, &event);
            match event {
                CmapEvent::ConnectionCheckoutStarted(event) => Flight::checking_out(event.address),
                CmapEvent::ConnectionCheckedOut(event) => {
                    Flight::checked_out(event.address, told.shown(event.connection_id));
                }
                // Behind a load balancer nobody can say which server would be told.
                CmapEvent::PoolCleared(event) if event.service_id.is_none() => {
                    orphans.cleared(&event.address);
                }
                CmapEvent::PoolReady(event) => orphans.heard_from(&event.address),
                CmapEvent::PoolClosed(event) => orphans.heard_from(&event.address),
                _ => {}
            }
        })
    }
}

impl Generation {
    /// What its servers keep for nobody.
    pub(super) fn orphans(&self) -> &Arc<Orphans> {
        &self.sessions.orphans
    }

    /// It has its turn, for the first time or again.
    pub(super) fn resume(&self) {
        self.retired.store(false, Ordering::Release);
        self.stalled.store(false, Ordering::Release);
        self.stalls.watch(self.voice.number);
    }

    /// From here on listeners hear its monitors.
    pub(super) fn speak(&self) {
        self.voice.take_over();
    }

    /// Another has taken its place. With `stalled`, who waits for a connection is not to wait on.
    pub(super) fn retire(&self, stalled: bool) {
        self.voice.retire();
        self.stalled.store(stalled, Ordering::Release);
        *self.retired_at.lock() = Some(Instant::now());
        self.retired.store(true, Ordering::Release);
        self.retiring.notify_waiters();
    }

    /// Waits until another has taken its place.
    pub(super) async fn retired(&self) {
        let retiring = self.retiring.notified();
        tokio::pin!(retiring);
        retiring.as_mut().enable();
        if !self.retired.load(Ordering::Acquire) {
            retiring.await;
        }
    }

    /// True when another has.
    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// True when that was longer ago than `time`.
    pub(super) fn is_retired_since(&self, now: Instant, time: Duration) -> bool {
        self.retired_at.lock().is_some_and(|since| now.duration_since(since) > time)
    }

    /// True when it has been shut down, or is being.
    pub(super) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Waits until the running task waits for a connection in vain: nothing was sent, and another
    /// client has taken the place of this one, which was stuck.
    pub(super) async fn deserted(&self) {
        self.retired().await;
        if !self.stalled.load(Ordering::Acquire) || !Flight::is_checking_out() {
            std::future::pending::<()>().await;
        }
        Flight::leaves_checkout();
    }

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
