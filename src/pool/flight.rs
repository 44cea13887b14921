//! One operation under way: who waits for it, how far it got, and how it is taken back without
//! hurting others. It guarantees that the waiter is answered exactly once, whatever happens to the
//! task. It knows nothing of what the operation does.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use mongodb::options::ServerAddress;
use parking_lot::Mutex;
use tokio::{
    task::{AbortHandle, JoinHandle},
    time::Instant,
};

use super::{
    deadline::Deadline,
    events::{Holder, selection::Selecting},
    execute::Reply,
};
use crate::{error::Error, resilience::breaker::Ticket};

/// What the circuit let something through with, until that is reported, by whoever is first.
pub(super) type Admitted = Arc<Mutex<Option<Ticket>>>;

/// Takes the outcome to whoever waits for it.
pub type Settle = Box<dyn FnOnce(Result<Reply, Error>) + Send>;

tokio::task_local! {
    /// The flight of the task that is running. The crate reports a checkout from inside the task
    /// that asked for it, which is how its server becomes known.
    static CURRENT: Arc<Flight>;
}

/// What an operation is, for whoever asks why it takes so long.
#[derive(Clone)]
pub(super) struct Note {
    /// When it was submitted.
    pub(super) since: std::time::Instant,
    /// The database it runs on.
    pub(super) database: String,
    /// Its command's name.
    pub(super) command: String,
}

/// The state of one operation that its task and its canceller share.
pub(super) struct Flight {
    /// The holder whose operation it is.
    holder: Holder,
    /// When it is to have ended, if its caller says so.
    deadline: Option<Deadline>,
    /// Answers the waiter; gone once it has been answered.
    settle: Mutex<Option<Settle>>,
    /// Ends the task; set as soon as the task exists.
    abort: OnceLock<AbortHandle>,
    /// The task waits for a server, and knows none.
    seeking: AtomicBool,
    /// What the circuit last let it through with. Who was let through has it, too.
    admitted: Mutex<Option<Admitted>>,
    /// The task waits in the crate for a connection. Dropping it then would stall other waiters.
    checking_out: AtomicBool,
    /// It was taken back while it waited for one, and ends as soon as it has it.
    doomed: AtomicBool,
    /// Its caller wants to know that servers are there, and no more: nothing is lost if it does not land.
    is_greeting: AtomicBool,
    /// The server of the last connection the task got, or waits for.
    server: Mutex<Option<ServerAddress>>,
    /// The number of that connection among those to its server; 0 before there is one.
    connection: AtomicU32,
    /// The handle of the cursor that its reply names; 0 for none.
    opened: AtomicU32,
    /// Its reply says `ok`, and its caller is told of an error.
    refused: AtomicBool,
    /// When it got its connection.
    connected_at: Mutex<Option<Instant>>,
    /// The request that the task waits to be answered, as the crate counts them. Known only while
    /// commands are monitored.
    request: Mutex<Option<i32>>,
    /// Its commands are nobody's, so nobody is told of them.
    quiet: AtomicBool,
    /// What it is; known only with `leakMS`.
    note: OnceLock<Note>,
    /// Nanoseconds that it waited for its place in the pool, until it has its connection.
    queued: AtomicU64,
    /// The wish for a server that is not met yet. Known only while that is logged.
    selecting: Mutex<Option<Box<Selecting>>>,
}

impl Flight {
    pub(super) fn new(holder: Holder, deadline: Option<Deadline>, settle: Settle) -> Arc<Self> {
        Arc::new(Self {
            holder,
            deadline,
            settle: Mutex::new(Some(settle)),
            abort: OnceLock::new(),
            seeking: AtomicBool::new(false),
            admitted: Mutex::new(None),
            checking_out: AtomicBool::new(false),
            doomed: AtomicBool::new(false),
            is_greeting: AtomicBool::new(false),
            server: Mutex::new(None),
            connection: AtomicU32::new(0),
            opened: AtomicU32::new(0),
            refused: AtomicBool::new(false),
            connected_at: Mutex::new(None),
            request: Mutex::new(None),
            quiet: AtomicBool::new(false),
            note: OnceLock::new(),
            queued: AtomicU64::new(0),
            selecting: Mutex::new(None),
        })
    }

    /// Notes what it is, before it is carried.
    pub(super) fn note(&self, note: Option<Note>) {
        if let Some(note) = note {
            let _ = self.note.set(note);
        }
    }

    /// Notes that it only greets, before it is carried.
    pub(super) fn greets(&self) {
        self.is_greeting.store(true, Ordering::Relaxed);
    }

    /// Whether it only greets.
    pub(super) fn is_greeting(&self) -> bool {
        self.is_greeting.load(Ordering::Relaxed)
    }

    /// What it is, if that was noted.
    pub(super) fn noted(&self) -> Option<&Note> {
        self.note.get()
    }

    /// Runs `task` as this flight's.
    pub(super) fn carry<F>(self: &Arc<Self>, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let handle = tokio::spawn(CURRENT.scope(Arc::clone(self), task));
        // The task is new, so nothing has been set.
        let _ = self.abort.set(handle.abort_handle());
    }

    /// Runs `task` in a holder's name and a task of its own for `limit` at most; dropping what this gives
    /// does not end it.
    pub(super) fn send_off(
        holder: Holder,
        limit: Duration,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let flight = Self::new(holder, Some(Deadline::start(limit)), Box::new(drop));
        let sent = Arc::clone(&flight);
        tokio::spawn(CURRENT.scope(flight, async move {
            sent.within_deadline(pin!(task), drop).await;
        }))
    }

    /// Runs `task` for `limit` at most, without anybody who waits to be answered or is told of what it
    /// sends.
    pub(super) async fn unseen<T>(limit: Duration, task: impl Future<Output = T>) -> Option<T> {
        let deadline = Some(Deadline::start(limit));
        let flight = Self::new(Holder::default(), deadline, Box::new(drop));
        let carried = async {
            Self::hush();
            flight.within_deadline(pin!(task), drop).await
        };
        CURRENT.scope(Arc::clone(&flight), carried).await
    }

    /// Runs `task`, for as long as the deadline permits. A task that waits for a connection by then
    /// goes on unheard: ending it would stall others that wait.
    pub(super) async fn within_deadline<T>(
        &self,
        mut task: Pin<&mut impl Future<Output = T>>,
        late: impl FnOnce(Error),
    ) -> Option<T> {
        let Some(deadline) = self.deadline else { return Some(task.await) };
        tokio::select! {
            biased;
            outcome = &mut task => return Some(outcome),
            () = tokio::time::sleep_until(deadline.at) => late(deadline.error()),
        }
        if self.checking_out.load(Ordering::Acquire) {
            task.await;
        }
        None
    }

    /// When the running task is to have ended.
    pub(super) fn deadline() -> Option<Deadline> {
        CURRENT.try_with(|flight| flight.deadline).ok().flatten()
    }

    /// Answers the waiter, unless it has its answer. Gives whether it had none.
    pub(super) fn settle(&self, outcome: Result<Reply, Error>) -> bool {
        let settle = self.settle.lock().take();
        let is_heard = settle.is_some();
        if let Some(settle) = settle {
            settle(outcome);
        }
        is_heard
    }

    /// Whoever waited for the running task has been answered.
    pub(super) fn is_unheard() -> bool {
        CURRENT.try_with(|flight| flight.settle.lock().is_none()).unwrap_or(false)
    }

    /// Answers the waiter with `error` at once and ends the task; where ending it would stall
    /// others, the task goes on, unheard, until it has its connection. Gives whether the task is ending.
    pub(super) fn interrupt(&self, error: Error) -> bool {
        self.settle(Err(error));
        // Before it is looked at who waits for a connection; who gets one looks after that.
        self.doomed.store(true, Ordering::SeqCst);
        if self.checking_out.load(Ordering::SeqCst) {
            return false;
        }
        self.end();
        true
    }

    fn end(&self) {
        if let Some(task) = self.abort.get() {
            task.abort();
        }
    }

    /// The circuit lets the running task through.
    pub(super) fn passes(admitted: &Admitted) {
        let _ = CURRENT.try_with(|flight| *flight.admitted.lock() = Some(Arc::clone(admitted)));
    }

    /// What the circuit last let it through with, unless that was reported.
    pub(super) fn take_ticket(&self) -> Option<Ticket> {
        self.admitted.lock().take()?.lock().take()
    }

    /// Whether the running task waits for a server, and knows none.
    pub(super) fn seeks(seeking: bool) {
        let _ = CURRENT.try_with(|flight| flight.seeking.store(seeking, Ordering::Release));
    }

    /// True while the task has found no server, or no way to it.
    pub(super) fn is_unreached(&self) -> bool {
        self.seeking.load(Ordering::Acquire) || self.checking_out.load(Ordering::Acquire)
    }

    /// The running task begins to wait for a connection to `server`.
    pub(super) fn checking_out(server: ServerAddress) {
        let _ = CURRENT.try_with(|flight| {
            flight.checking_out.store(true, Ordering::Release);
            *flight.server.lock() = Some(server);
        });
    }

    /// True while the running task waits for a connection, so that it has sent nothing.
    pub(super) fn is_checking_out() -> bool {
        CURRENT.try_with(|flight| flight.checking_out.load(Ordering::Acquire)).unwrap_or(false)
    }

    /// The running task waits for no connection any more, and has none.
    pub(super) fn leaves_checkout() {
        let _ = CURRENT.try_with(|flight| flight.checking_out.store(false, Ordering::Release));
    }

    /// How long the running task has had its connection; nothing while it waits for one.
    pub(super) fn connected_for() -> Option<Duration> {
        CURRENT
            .try_with(|flight| {
                let waits = flight.checking_out.load(Ordering::Acquire);
                if waits { None } else { flight.connected_at.lock().map(|at| at.elapsed()) }
            })
            .ok()
            .flatten()
    }

    /// The running task got a connection to `server`.
    pub(super) fn checked_out(server: ServerAddress, connection: u32) {
        let _ = CURRENT.try_with(|flight| {
            flight.connection.store(connection, Ordering::Relaxed);
            *flight.server.lock() = Some(server);
            *flight.connected_at.lock() = Some(Instant::now());
            flight.checking_out.store(false, Ordering::SeqCst);
            if flight.doomed.load(Ordering::SeqCst) {
                flight.end();
            }
        });
    }

    /// The running task waited this long for its place in the pool.
    pub(super) fn waited(length: Duration) {
        let nanos = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        let _ = CURRENT.try_with(|flight| flight.queued.store(nanos, Ordering::Relaxed));
    }

    /// How long the running task waited for its place in the pool.
    pub(super) fn queued() -> Duration {
        let nanos = CURRENT.try_with(|flight| flight.queued.load(Ordering::Relaxed));
        Duration::from_nanos(nanos.unwrap_or(0))
    }

    /// The running task's reply names an open cursor.
    pub(super) fn opens(handle: u32) {
        let _ = CURRENT.try_with(|flight| flight.opened.store(handle, Ordering::Relaxed));
    }

    /// The handle of the cursor that the reply names, if it does.
    pub(super) fn opened(&self) -> Option<u32> {
        Some(self.opened.load(Ordering::Relaxed)).filter(|handle| *handle != 0)
    }

    /// The running task's reply says `ok`, and its caller is told of an error.
    pub(super) fn is_refused() {
        let _ = CURRENT.try_with(|flight| flight.refused.store(true, Ordering::Relaxed));
    }

    /// Whether the reply says `ok`, and the caller is told of an error.
    pub(super) fn was_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// True once its waiter has been answered.
    pub(super) fn is_settled(&self) -> bool {
        self.settle.lock().is_none()
    }

    /// The connection that the task last got, if any.
    pub(super) fn connection(&self) -> Option<u32> {
        Some(self.connection.load(Ordering::Relaxed)).filter(|number| *number != 0)
    }

    /// The flight of the running task.
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// The holder in whose name the running task is.
    pub(super) fn holder() -> Option<Holder> {
        CURRENT.try_with(|flight| flight.holder).ok()
    }

    /// The running task sent a request, or was answered.
    pub(super) fn sent(request: Option<i32>) {
        let _ = CURRENT.try_with(|flight| *flight.request.lock() = request);
    }

    /// The request that the running task gives up, if it waits for one.
    pub(super) fn gives_up() -> Option<i32> {
        CURRENT.try_with(|flight| flight.request()).ok().flatten()
    }

    /// The request that the task waits to be answered.
    pub(super) fn request(&self) -> Option<i32> {
        *self.request.lock()
    }

    /// The running task wants a server.
    pub(super) fn selects(wish: Selecting) {
        let _ = CURRENT.try_with(|flight| *flight.selecting.lock() = Some(Box::new(wish)));
    }

    /// Takes the running task's wish for a server, if it is not met yet.
    pub(super) fn selecting() -> Option<Selecting> {
        let taken = CURRENT.try_with(|flight| flight.selecting.lock().take());
        taken.ok().flatten().map(|wish| *wish)
    }

    /// From here on nobody is told of the running task's commands.
    pub(super) fn hush() {
        let _ = CURRENT.try_with(|flight| flight.quiet.store(true, Ordering::Relaxed));
    }

    /// True when nobody is to be told of the running task's commands.
    pub(super) fn is_quiet() -> bool {
        CURRENT.try_with(|flight| flight.quiet.load(Ordering::Relaxed)).unwrap_or(false)
    }

    /// The server that the running task last had a connection to, or waits for one to.
    pub(super) fn server() -> Option<ServerAddress> {
        CURRENT.try_with(|flight| flight.server.lock().clone()).ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn flight() -> (Arc<Flight>, mpsc::Receiver<Result<Reply, Error>>) {
        let (sender, receiver) = mpsc::channel();
        let settle = Box::new(move |outcome| drop(sender.send(outcome)));
        (Flight::new(Holder::default(), None, settle), receiver)
    }

    #[test]
    fn answers_once_however_often_it_is_settled() {
        let (flight, outcomes) = flight();
        flight.settle(Ok(Reply::Done));
        flight.settle(Err(Error::Aborted));
        flight.interrupt(Error::Interrupted);
        assert!(matches!(outcomes.try_recv(), Ok(Ok(Reply::Done))));
        assert!(outcomes.try_recv().is_err());
    }

    #[tokio::test]
    async fn says_whether_anybody_hears_of_the_cursor_that_it_opened() {
        let (flight, outcomes) = flight();
        flight.carry(async { Flight::opens(3) });
        tokio::task::yield_now().await;
        assert_eq!(flight.opened(), Some(3));
        flight.interrupt(Error::Aborted);
        assert!(!flight.settle(Ok(Reply::Done)), "its waiter had its answer");
        assert!(matches!(outcomes.try_recv(), Ok(Err(Error::Aborted))));
        let (other, _outcomes) = self::flight();
        assert!(other.settle(Ok(Reply::Done)));
        assert_eq!(other.opened(), None);
    }

    #[tokio::test]
    async fn ends_the_task_of_an_interrupted_flight() {
        let (flight, outcomes) = flight();
        let (alive, dropped) = tokio::sync::oneshot::channel::<()>();
        flight.carry(async move {
            std::future::pending::<()>().await;
            drop(alive);
        });
        tokio::task::yield_now().await;
        flight.interrupt(Error::Interrupted);
        assert!(matches!(outcomes.try_recv(), Ok(Err(Error::Interrupted))));
        assert!(dropped.await.is_err(), "the task is still there");
    }

    #[tokio::test]
    async fn lets_a_task_go_on_that_waits_for_a_connection_until_it_has_it() {
        let (flight, outcomes) = flight();
        let (got, has_it) = tokio::sync::oneshot::channel::<()>();
        let (alive, dropped) = tokio::sync::oneshot::channel::<()>();
        let (gate, opened) = tokio::sync::oneshot::channel::<()>();
        flight.carry(async move {
            let server = ServerAddress::parse("a:1").unwrap();
            Flight::checking_out(server.clone());
            opened.await.unwrap();
            Flight::checked_out(server, 1);
            got.send(()).unwrap();
            std::future::pending::<()>().await;
            drop(alive);
        });
        tokio::task::yield_now().await;
        assert!(!flight.interrupt(Error::Aborted));
        assert!(matches!(outcomes.try_recv(), Ok(Err(Error::Aborted))));
        gate.send(()).unwrap();
        has_it.await.unwrap();
        assert!(dropped.await.is_err(), "the task is still there");
    }

    #[tokio::test]
    async fn remembers_the_server_of_its_own_task_only() {
        let address = ServerAddress::parse("a:1").unwrap();
        let (flight, _outcomes) = flight();
        let (seen, server) = tokio::sync::oneshot::channel();
        let expected = address.clone();
        flight.carry(async move {
            Flight::checked_out(address, 1);
            let _ = seen.send(Flight::server());
        });
        assert_eq!(server.await.unwrap(), Some(expected));
        assert_eq!(Flight::server(), None);
    }
}
