//! One holder's claim on a pool: its operations, its cursors, its `close()`. Closing a hold ends
//! what is its own and leaves other holders of the same pool alone.

mod launch;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bson::{RawDocumentBuf, cstr, rawdoc};
use parking_lot::Mutex;

use self::launch::Flights;
use super::{
    Pool,
    cursors::Cursors,
    dedicated::Dedicated,
    events::{Holder, Sink, Subscription},
    handles::Handles,
    log::{self, Logs},
    registry::{self, Lease},
    sessions::OpenSession,
};
use crate::{
    config::{Config, ConnectRetry},
    error::Error,
    runtime::runtime,
    telemetry,
};

/// How long `close()` waits for the servers to end the holder's cursors.
const CURSORS_TIME: Duration = Duration::from_secs(2);

/// A holder of a pool. Dropping it closes it in the background.
pub struct Hold {
    /// The pool, shared or the holder's own.
    pub(super) pool: Arc<Pool>,
    /// How the holder wants a connect tried again, if at all.
    pub(super) connect_retry: Option<ConnectRetry>,
    /// Whether its connects wait for `minPoolSize` connections.
    pub(super) warm: bool,
    /// Names the holder to the pool's events.
    number: Holder,
    /// Databases of the holder's that are served by pools of their own.
    pub(super) dedicated: Dedicated,
    /// The holder's open cursors.
    pub(super) cursors: Cursors,
    /// The server sessions of the holder's `ClientSession`s that have not ended, by handle.
    sessions: Mutex<HashMap<u32, Arc<OpenSession>>>,
    /// Where handles come from.
    handles: Arc<Handles>,
    /// The holder's operations, until `close()`.
    flights: Mutex<Flights>,
    /// The claim to give back; gone once it has been.
    lease: Mutex<Option<Lease>>,
    /// What it has logged.
    logs: Logs,
    /// Of a dedicated pool's hold: to how many of its holder's logs it writes.
    pub(super) relayed_logs: AtomicUsize,
    /// What the holder listens for, if anything.
    subscription: Mutex<Option<Subscription>>,
    /// Operations are noted with what they are and since when.
    notes: bool,
    /// The pool was open before the holder came, and it has not been told of that.
    late: AtomicBool,
}

/// What JS is told of a session that it opened.
pub struct LentSession {
    /// Names it in requests.
    pub handle: u32,
    /// The 16 bytes of the UUID in its `lsid`.
    pub id: Vec<u8>,
    /// The last transaction number used with it.
    pub txn_number: i64,
}

impl Hold {
    /// Claims the pool for `config`. Opens no connection; the first operation does.
    ///
    /// # Errors
    /// When its log can't be written.
    pub fn open(config: Config, shared: bool) -> Result<Arc<Self>, Error> {
        Self::open_within(config, shared, &Arc::default(), None)
    }

    /// The same, with handles that are no others', and perhaps with files that are open.
    pub(super) fn open_within(
        mut config: Config,
        shared: bool,
        handles: &Arc<Handles>,
        files: Option<&log::OpenFiles>,
    ) -> Result<Arc<Self>, Error> {
        let dedicated = std::mem::take(&mut config.dedicated);
        let notes = config.pool.leak_after.is_some();
        let (connect_retry, warm) = (config.connect_retry, config.pool.warm);
        let log = log::LogOptions::of(&config, files)?;
        let files = log.files();
        let lease = registry::lease(config, shared);
        Ok(Arc::new(Self {
            logs: Logs::open(log, lease.pool.id),
            relayed_logs: AtomicUsize::new(0),
            connect_retry,
            warm,
            dedicated: Dedicated::new(
                Arc::clone(&lease.pool),
                shared,
                Arc::clone(handles),
                files,
                dedicated,
            ),
            pool: Arc::clone(&lease.pool),
            number: lease.pool.events.enrol(),
            cursors: Cursors::new(handles),
            sessions: Mutex::default(),
            handles: Arc::clone(handles),
            notes,
            flights: Mutex::new(Flights { closed: false, by_key: HashMap::new() }),
            late: AtomicBool::new(lease.pool.is_open()),
            lease: Mutex::new(Some(lease)),
            subscription: Mutex::default(),
        }))
    }

    /// Has log messages from `level` on told to `write` as events of the name `log`.
    pub fn log_to(
        &self,
        level: impl AsRef<str>,
        write: impl Fn(RawDocumentBuf) + Send + Sync + 'static,
    ) {
        let level_name = level.as_ref();
        if let Some(level) = telemetry::log::level(level_name) {
            let write = Arc::new(write);
            self.dedicated.log_to(level_name, &(Arc::clone(&write) as _));
            let write = Arc::new(move |_, record: &RawDocumentBuf| write(log::as_event(record)));
            self.logs.add(self.pool.id, level, write);
        }
    }

    /// Writes a log message of JS's to the files.
    pub fn write_log(&self, record: &RawDocumentBuf) {
        self.logs.write(record);
    }

    /// From now on the kinds of event in `mask` go to `sink`, which stays the first one given until
    /// nothing is listened for.
    pub fn listen(&self, mask: u32, sink: Sink) {
        self.dedicated.listen(mask, &sink);
        let mut subscription = self.subscription.lock();
        match &*subscription {
            Some(subscription) if mask != 0 => subscription.set(mask),
            None if mask != 0 => {
                *subscription = Some(self.pool.events.subscribe(self.number, mask, sink));
            }
            _ => *subscription = None,
        }
    }

    /// Counts the changes of [`Hold::topology`]; 0 before the first.
    pub fn topology_version(&self) -> u32 {
        self.pool.events.version()
    }

    /// The servers as they are seen now: `{ version, found, type, setName?, maxSetVersion?,
    /// maxElectionId?, servers: [{ address, type, hello?, error?, roundTripTime?, lastUpdateTime? }] }`.
    pub fn topology(&self) -> RawDocumentBuf {
        self.pool.events.topology()
    }

    /// Whether the pool is connected: 0 before that while nobody waits for it, 1 while somebody does, 2 when
    /// it is, 3 when it was and no server that holds data answers.
    pub fn presence(&self) -> u32 {
        self.pool.presence.code(|| self.is_awaited())
    }

    /// Tells the holder how the pool began, if it was open before the holder came.
    pub(super) fn catch_up(&self) {
        if self.late.swap(false, Ordering::Relaxed)
            && let Some(subscription) = &*self.subscription.lock()
        {
            subscription.catch_up();
            if self.pool.presence.is_connected() {
                subscription.own("connected", RawDocumentBuf::new);
            }
        }
    }

    /// Tells this holder alone of an event of polypool's own.
    pub(super) fn tell_own(&self, name: &str, fields: impl FnOnce() -> RawDocumentBuf) {
        if let Some(subscription) = &*self.subscription.lock() {
            subscription.own(name, fields);
        }
    }

    /// The pool this is a hold on.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Lends a server session of the client that operations on `database` go to. Sends nothing, but
    /// makes the client, if there is none yet.
    ///
    /// # Errors
    /// When the hosts of an SRV connection string can't be looked up, or after `close()`.
    pub async fn open_session(&self, database: impl AsRef<str>) -> Result<LentSession, Error> {
        if self.flights.lock().closed {
            return Err(Error::Closed);
        }
        match self.place_of(database.as_ref())? {
            Some(elsewhere) => elsewhere.hold().lend_session().await,
            None => self.lend_session().await,
        }
    }

    async fn lend_session(&self) -> Result<LentSession, Error> {
        let generation = self.pool.current().await?;
        let lent = generation.sessions.lend(&generation.client).await?;
        let (id, txn_number) = (lent.id(), lent.txn_number);
        let handle = self.handles.session();
        self.sessions.lock().insert(handle, OpenSession::new(lent, generation));
        Ok(LentSession { handle, id, txn_number })
    }

    /// Takes a session back, once the commands and cursors that use it have ended.
    pub fn end_session(&self, handle: u32) {
        self.with_session(handle, |hold| hold.sessions.lock().remove(&handle));
    }

    /// Whether a connection broke under a session, also if what ran was then sent again and done.
    pub fn is_session_broken(&self, handle: u32) -> bool {
        self.with_session(handle, |hold| hold.session(handle).is_ok_and(|one| one.is_broken()))
    }

    /// The session of a handle.
    pub(super) fn session(&self, handle: u32) -> Result<Arc<OpenSession>, Error> {
        let session = self.sessions.lock().get(&handle).cloned();
        session.ok_or_else(|| Error::Internal(format!("The session {handle} has ended")))
    }

    /// What is this holder's alone: `{ cursors, sessions }`.
    pub(super) fn kept(&self) -> RawDocumentBuf {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        rawdoc! {
            "cursors": number(self.cursors.len()),
            "sessions": number(self.sessions.lock().len()),
        }
    }

    /// Something of it is under way or open.
    pub(super) fn is_used(&self) -> bool {
        !self.flights.lock().by_key.is_empty()
            || self.cursors.len() > 0
            || !self.sessions.lock().is_empty()
    }

    /// Whether its pool is connected.
    pub(super) fn is_connected(&self) -> bool {
        self.pool.presence.is_connected()
    }

    /// Where a cursor is: `{ address, connectionId? }`, the latter while a batch is waited for.
    pub fn cursor_place(&self, handle: u32) -> Option<RawDocumentBuf> {
        let (server, connection) = self.with_cursor(handle, |hold| hold.cursors.place(handle))?;
        let mut place = rawdoc! { "address": server.to_string() };
        if let Some(connection) = connection {
            place.append(cstr!("connectionId"), i64::from(connection));
        }
        Some(place)
    }

    /// Ends what the servers keep for the holder, and gives the pool back. True when that has ended.
    async fn give_back(&self) -> bool {
        // A server that is gone keeps no cursor; what is left then ends with its connections.
        self.cursors.kill_all(&self.pool, self.number, CURSORS_TIME).await;
        self.sessions.lock().clear();
        let lease = self.lease.lock().take();
        match lease {
            Some(lease) => lease.release().await,
            None => true,
        }
    }

    /// Interrupts the holder's operations with `why`, kills its cursors and gives the pool back. The
    /// last holder's close ends the pool.
    pub async fn close(&self, why: Error) {
        let flights = {
            let mut flights = self.flights.lock();
            flights.closed = true;
            std::mem::take(&mut flights.by_key)
        };
        for flight in flights.into_values() {
            self.interrupt(&flight, why.clone());
        }
        let (ended, ()) = tokio::join!(self.give_back(), self.dedicated.close(&why));
        self.logs.close().await;
        let subscription = self.subscription.lock().take();
        if let Some(subscription) = subscription.filter(|_| !ended && self.pool.is_open()) {
            subscription.take_leave();
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.get_mut().take() {
            runtime().spawn(async move { lease.release().await });
        }
    }
}
