//! One holder's claim on a pool: its operations, its cursors, its `close()`. Closing a hold ends
//! what is its own and leaves other holders of the same pool alone.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bson::{RawDocumentBuf, cstr, rawdoc};
use futures_util::FutureExt;
use parking_lot::Mutex;

use super::{
    Pool,
    cursors::Cursors,
    deadline::{self, Deadline},
    dedicated::Dedicated,
    events::{Holder, Sink, Subscription},
    execute::{self, Operation},
    flight::{Flight, Note, Settle},
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

/// Operations under way, by the key their submitter gave them.
struct Flights {
    /// No more are taken.
    closed: bool,
    /// Those that have not landed.
    by_key: HashMap<u64, Arc<Flight>>,
}

impl Hold {
    /// Claims the pool for `config`. Opens no connection; the first operation does.
    ///
    /// # Errors
    /// When its log can't be written.
    pub fn open(config: Config, shared: bool) -> Result<Arc<Self>, Error> {
        Self::open_within(config, shared, &Arc::default())
    }

    /// The same, with handles that are no others'.
    pub(super) fn open_within(
        mut config: Config,
        shared: bool,
        handles: &Arc<Handles>,
    ) -> Result<Arc<Self>, Error> {
        let dedicated = std::mem::take(&mut config.dedicated);
        let notes = config.pool.leak_after.is_some();
        let (connect_retry, warm) = (config.connect_retry, config.pool.warm);
        let log = log::LogOptions::of(&config)?;
        let lease = registry::lease(config, shared);
        Ok(Arc::new(Self {
            logs: Logs::open(log, lease.pool.id),
            connect_retry,
            warm,
            dedicated: Dedicated::new(
                Arc::clone(&lease.pool),
                shared,
                Arc::clone(handles),
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

    /// Whether the pool is connected: 0 while nothing has been looked for, 1 while none of the servers
    /// has let it in, 2 when it is, 3 when it was and no server that holds data answers.
    pub fn presence(&self) -> u32 {
        if self.pool.is_open() { self.pool.presence.code() } else { 0 }
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

    /// Starts `operation` on the current runtime. `settle` is called exactly once, also when the
    /// operation panics or is taken back. `key` names it for [`Hold::abort`]; `timeout` is what it may
    /// take from now on.
    pub fn launch(
        self: &Arc<Self>,
        key: u64,
        operation: Operation,
        timeout: Option<Duration>,
        settle: Settle,
    ) {
        match self.elsewhere(&operation) {
            Ok(None) => {}
            Ok(Some(elsewhere)) => {
                let hold = Arc::clone(elsewhere.hold());
                let settle = Box::new(move |outcome| {
                    settle(outcome);
                    drop(elsewhere);
                });
                return hold.launch(key, operation, timeout, settle);
            }
            Err(error) => return settle(Err(error)),
        }
        let flight = Flight::new(self.number, timeout.map(Deadline::start), settle);
        {
            let mut flights = self.flights.lock();
            if flights.closed {
                drop(flights);
                return flight.settle(Err(Error::Closed));
            }
            flights.by_key.insert(key, Arc::clone(&flight));
        }
        if self.notes {
            flight.note(self.describe(&operation));
        }
        let underway = self.pool.stats.begin(&operation, &self.cursors);
        let landing = Landing { hold: Arc::clone(self), key, flight: Arc::clone(&flight) };
        let began = Instant::now();
        let slow = self.logs.slow_after().map(|after| (after, operation.name()));
        let timed = self.is_timed(&operation).then_some(began);
        flight.carry(async move {
            let run = AssertUnwindSafe(execute::execute(&landing.hold, operation)).catch_unwind();
            let run = pin!(run);
            let late = |error| {
                landing.hold.pool.events.interrupted(landing.flight.request(), &error);
                landing.flight.settle(Err(error));
            };
            let outcome = landing.flight.within_deadline(run, late).await;
            let failed = outcome.as_ref().is_none_or(|run| !matches!(run, Ok(Ok(_))));
            if let Some(underway) = underway {
                underway.ended(failed, timed);
            }
            if let Some((after, Some(name))) = slow
                && began.elapsed() >= after
            {
                landing.hold.logs.slow(&name, began.elapsed(), failed);
            }
            let Some(outcome) = outcome else { return };
            let outcome = outcome.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            landing.flight.settle(outcome.map_err(deadline::told_apart));
        });
    }

    /// Whether it says something of the servers how long an operation takes: not of one that waits for
    /// what is yet to come, or asks no server.
    fn is_timed(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Command(_) | Operation::OpenCursor(_) => true,
            Operation::GetMore(cursor, _) => !self.cursors.awaits(*cursor),
            _ => false,
        }
    }

    /// What is this holder's alone: `{ cursors, sessions }`.
    pub(super) fn kept(&self) -> RawDocumentBuf {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        rawdoc! {
            "cursors": number(self.cursors.len()),
            "sessions": number(self.sessions.lock().len()),
        }
    }

    /// What an operation is, for whoever asks why it takes so long. One that waits for what is yet to
    /// come may take any time.
    fn describe(&self, operation: &Operation) -> Option<Note> {
        let (database, command) = match operation {
            Operation::Command(command) | Operation::OpenCursor(command) => {
                (command.database.clone(), command.name().to_owned())
            }
            Operation::GetMore(cursor, _) => (self.cursors.reads(*cursor)?, "getMore".to_owned()),
            _ => return None,
        };
        Some(Note { since: Instant::now(), database, command })
    }

    /// Operations that have been under way since before `limit`, if they are noted.
    pub(super) fn overdue_operations(&self, limit: Instant) -> Vec<(u64, Note)> {
        let flights = self.flights.lock();
        let all = flights.by_key.iter();
        let notes = all.filter_map(|(key, flight)| Some((*key, flight.noted()?.clone())));
        notes.filter(|(_, note)| note.since <= limit).collect()
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

    /// Takes an operation back: its waiter is told at once.
    pub fn abort(&self, key: u64) {
        let flight = self.flights.lock().by_key.get(&key).cloned();
        match flight {
            Some(flight) => self.interrupt(&flight, Error::Aborted),
            None => drop(self.of_dedicated(|hold| hold.abort(key))),
        }
    }

    /// What the flight's command has become is told before its waiter is.
    fn interrupt(&self, flight: &Flight, error: Error) {
        self.pool.events.interrupted(flight.request(), &error);
        flight.interrupt(error);
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

    /// Operations under way, but for those that wait for what is yet to come: these end when their
    /// cursor is closed and not before.
    pub fn in_flight(&self) -> usize {
        let flights = self.flights.lock().by_key.len();
        let own = flights.saturating_sub(self.cursors.waiting());
        own + self.of_dedicated(Self::in_flight).into_iter().sum::<usize>()
    }

    /// Ends what the servers keep for the holder, and gives the pool back. True when that has ended.
    async fn give_back(&self) -> bool {
        // A server that is gone keeps no cursor; what is left then ends with its connections.
        let kill = Flight::in_name_of(self.number, self.cursors.kill_all(&self.pool));
        let _ = tokio::time::timeout(CURSORS_TIME, kill).await;
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

/// Ends a flight however its task ends: finished, panicked or cancelled.
struct Landing {
    /// Whose operation it is.
    hold: Arc<Hold>,
    /// Its key among the hold's.
    key: u64,
    /// Its shared state.
    flight: Arc<Flight>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut flights = self.hold.flights.lock();
        // The key may be a later flight's by now: the waiter of this one was answered before.
        if flights.by_key.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.by_key.remove(&self.key);
        }
        drop(flights);
        self.flight.settle(Err(Error::Interrupted));
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    Error::Internal(format!("An operation failed inside polypool: {message}"))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::pool::execute::Reply;

    fn hold() -> Arc<Hold> {
        let options = bson::doc! { "serverSelectionTimeoutMS": 60_000 };
        Hold::open(Config::resolve("mongodb://127.0.0.1:1", &options).unwrap(), false).unwrap()
    }

    fn launch(
        hold: &Arc<Hold>,
        key: u64,
        operation: Operation,
    ) -> mpsc::Receiver<Result<Reply, Error>> {
        let (sender, outcomes) = mpsc::channel();
        hold.launch(key, operation, None, Box::new(move |outcome| drop(sender.send(outcome))));
        outcomes
    }

    #[tokio::test]
    async fn answers_an_operation_that_panics() {
        let hold = hold();
        let outcomes = launch(&hold, 1, Operation::Panic);
        while !hold.flights.lock().by_key.is_empty() {
            tokio::task::yield_now().await;
        }
        let error = outcomes.try_recv().unwrap().unwrap_err();
        assert_eq!(error.class(), "PolyPoolInternalError");
        assert!(error.to_string().contains("injected"), "{error}");
    }

    #[tokio::test]
    async fn interrupts_what_is_under_way_when_it_is_closed() {
        let hold = hold();
        let ping = Operation::command("admin", bson::rawdoc! { "ping": 1 });
        let outcomes = launch(&hold, 1, ping);
        tokio::task::yield_now().await;
        hold.close(Error::Interrupted).await;
        assert!(matches!(outcomes.try_recv(), Ok(Err(Error::Interrupted))));
    }

    #[tokio::test]
    async fn ends_an_operation_at_its_deadline_wherever_it_is() {
        let hold = hold();
        let (sender, outcomes) = mpsc::channel();
        let ping = Operation::command("admin", bson::rawdoc! { "ping": 1 });
        let settle = Box::new(move |outcome| drop(sender.send(outcome)));
        hold.launch(1, ping, Some(Duration::from_millis(20)), settle);
        while !hold.flights.lock().by_key.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let outcome = outcomes.try_recv();
        assert!(
            matches!(outcome, Ok(Err(Error::OperationTimeout { limit_ms: 20 }))),
            "{outcome:?}"
        );
        hold.close(Error::Interrupted).await;
    }

    #[tokio::test]
    async fn refuses_operations_after_close() {
        let hold = hold();
        hold.close(Error::Interrupted).await;
        let outcomes = launch(&hold, 1, Operation::command("admin", bson::rawdoc! { "ping": 1 }));
        assert!(matches!(outcomes.try_recv(), Ok(Err(Error::Closed))));
    }

    #[tokio::test]
    async fn takes_one_operation_back_and_leaves_the_others() {
        let hold = hold();
        let ping = || Operation::command("admin", bson::rawdoc! { "ping": 1 });
        let (first, second) = (launch(&hold, 1, ping()), launch(&hold, 2, ping()));
        tokio::task::yield_now().await;
        hold.abort(1);
        assert!(matches!(first.try_recv(), Ok(Err(Error::Aborted))));
        assert!(second.try_recv().is_err());
        hold.close(Error::Interrupted).await;
    }
}
