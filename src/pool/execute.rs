//! The one path of every operation: wait for a usable server, take a place in the pool, run the
//! command, hand the reply on as bytes. It knows commands and replies, not who submitted them.

use std::{
    convert::Infallible,
    future,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use bson::{Bson, RawBsonRef, RawDocumentBuf, rawdoc};
use mongodb::{
    ClusterTime,
    error::ErrorKind,
    options::{ReadPreference, SelectionCriteria},
};

use super::{
    Hold, Pool,
    admission::{Entrant, Place, Seeking, Standing},
    circuit::Pass,
    connect,
    events::selection::Selecting,
    exchange::Exchange,
    flight::Flight,
    generation::Generation,
    lines,
    presented::{Kept, Presented},
    refresh::Reason,
    refusal::is_refusal,
    topology::{Reach, SelectionTime},
};
use crate::{codec::json::Form, error::Error, resilience::retry::Policy};

/// What a holder can ask for.
#[derive(Debug)]
pub enum Operation {
    /// Runs a command and answers with the server's reply.
    Command(Command),
    /// Runs a command of the client's own, to see that it is let in: nobody is told of it.
    Connect(Command),
    /// Runs a command that opens a cursor and answers with its first batch.
    OpenCursor(Command),
    /// Fetches a cursor's next batch, by its handle, as BSON or as JSON.
    GetMore(u32, Option<Form>),
    /// Takes what there is of a cursor's JSON, which was wanted whole, by its handle.
    TakeText(u32),
    /// Reads lines of EJSON, see [`crate::codec::ejson`].
    ReadLines(RawDocumentBuf),
    /// Closes a cursor, here and on its server.
    KillCursor(u32),
    /// Replaces the client by a new one.
    Refresh,
    /// Panics, to prove on a shipped build that a defect rejects one promise and no more.
    Panic,
}

/// A command as JS built it.
#[expect(clippy::struct_excessive_bools, reason = "flags of a request, independent of each other")]
#[derive(Debug, Default, Clone)]
pub struct Command {
    /// The database it runs on (`$db`).
    pub database: String,
    /// The command document, without `$db`, `lsid` and `$readPreference`.
    pub body: RawDocumentBuf,
    /// Where it may run; the primary when absent.
    pub read_preference: Option<ReadPreference>,
    /// How the cursor it opens, if any, fetches what follows.
    pub get_more: GetMore,
    /// The handle of the session it runs in, if it is a `ClientSession`'s.
    pub session: Option<u32>,
    /// It is part of a transaction, and neither its commit nor its abort.
    pub in_transaction: bool,
    /// A cluster time for the session to gossip from now on.
    pub cluster_time: Option<ClusterTime>,
    /// The session's transaction is no longer bound to the router it ran through.
    pub unpin: bool,
    /// What becomes of it when it fails.
    pub retry: Policy,
    /// It is the caller's own: nobody knows whether it reads or writes.
    pub own: bool,
    /// The server is not told of the deadline: it would count the time of later batches, too.
    pub untold: bool,
    /// The batch is to carry what else the reply says.
    pub meta: bool,
    /// The batch is to be JSON.
    pub json: Option<Form>,
}

/// Commands that read. (`aggregate` writes when its last stage says so.)
const READS: [&str; 9] = [
    "find",
    "count",
    "distinct",
    "listCollections",
    "listIndexes",
    "listDatabases",
    "getMore",
    "collStats",
    "dbStats",
];

impl Command {
    /// Whether it reads, by its name.
    pub(super) fn reads(&self) -> bool {
        let name = self.name();
        READS.contains(&name) || (name == "aggregate" && !self.has_write_stage())
    }

    fn has_write_stage(&self) -> bool {
        let Ok(pipeline) = self.body.get_array("pipeline") else { return false };
        let last = pipeline.into_iter().last();
        matches!(last, Some(Ok(RawBsonRef::Document(stage)))
            if matches!(stage.into_iter().next(), Some(Ok((name, _)))
                if ["$out", "$merge"].contains(&name.as_str())))
    }

    /// Its first element, which is what it does; empty of a command that is no document.
    pub(super) fn name(&self) -> &str {
        match self.body.into_iter().next() {
            Some(Ok((name, _))) => name.as_str(),
            _ => "",
        }
    }

    /// Whether the server keeps nothing when it has answered, as for a single document.
    pub(super) fn is_single_batch(&self) -> bool {
        matches!(self.body.get("singleBatch"), Ok(Some(RawBsonRef::Boolean(true))))
    }

    /// True of one that opens a change stream: no other aggregation waits for what is yet to come.
    pub(super) fn is_watch(&self) -> bool {
        self.get_more.await_data && self.name() == "aggregate"
    }
}

/// The options of the `getMore`s of a cursor.
#[derive(Debug, Default, Clone)]
pub struct GetMore {
    /// Documents a batch; the server's default when absent.
    pub batch_size: Option<u32>,
    /// How long the server may wait for new data of a tailable cursor.
    pub max_time: Option<Duration>,
    /// Shown in the server's logs and profiler.
    pub comment: Option<Bson>,
    /// They wait for data that is yet to come, and are not worth waiting for at the cursor's end.
    pub await_data: bool,
}

/// What an operation answers with.
#[derive(Debug)]
pub enum Reply {
    /// One BSON document: the server's reply.
    Document(Vec<u8>),
    /// A framed batch, see [`crate::codec::batch`].
    Batch(Vec<u8>),
    /// A batch without its documents, and these.
    Kept(Vec<u8>, Kept),
    /// Nothing but the fact that it is done.
    Done,
}

impl From<Presented> for Reply {
    fn from(Presented { batch, kept }: Presented) -> Self {
        match kept {
            None => Self::Batch(batch.bytes),
            Some(kept) => Self::Kept(batch.bytes, kept),
        }
    }
}

impl Operation {
    /// What it does, for people; nothing for what is not to be told of.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Command(command) | Self::OpenCursor(command) => {
                Some(format!("{} on {}", command.name(), command.database))
            }
            _ => None,
        }
    }

    /// A command for the primary.
    pub fn command(database: &str, body: RawDocumentBuf) -> Self {
        Self::Command(Command { database: database.to_owned(), body, ..Command::default() })
    }
}

pub(super) async fn execute(hold: &Hold, operation: Operation) -> Result<Reply, Error> {
    match operation {
        Operation::Command(command) => run(hold, command).await.map(Reply::Document),
        Operation::Connect(command) => {
            Flight::hush();
            hold.catch_up();
            // Boxed, as are others that come seldom: every operation's task has room for the largest.
            Box::pin(connect::connect(hold, command)).await.map(Reply::Document)
        }
        Operation::OpenCursor(command) => hold.cursors.open(hold, command).await,
        Operation::GetMore(handle, json) => hold.cursors.get_more(&hold.pool, handle, json).await,
        Operation::TakeText(handle) => hold.cursors.take_text(handle).await,
        Operation::ReadLines(lines) => lines::read(lines).await.map(Reply::Document),
        Operation::KillCursor(handle) => {
            hold.cursors.kill(&hold.pool, handle).await;
            Ok(Reply::Done)
        }
        Operation::Refresh => {
            Box::pin(hold.pool.refresh(Reason::Request)).await?;
            Box::pin(hold.dedicated.refresh()).await.map(|()| Reply::Done)
        }
        Operation::Panic => panic!("injected by a test"),
    }
}

pub(super) async fn run(hold: &Hold, command: Command) -> Result<Vec<u8>, Error> {
    let mut exchange = Exchange::prepare(hold, command).await?;
    let reply = exchange.command().await?;
    if is_refusal(&reply, exchange.command.own) {
        Flight::is_refused();
    }
    let mut bytes = Vec::new();
    reply.to_writer(&mut bytes).map_err(mongodb::error::Error::from)?;
    Ok(bytes)
}

/// What one needs to send a command: a client, and leave to use it.
pub(super) struct Entry<'a> {
    /// The client to send it through.
    pub(super) generation: Arc<Generation>,
    /// Wants to know how it went.
    pub(super) pass: Pass<'a>,
    _place: Place<'a>,
}

impl Pool {
    /// Awaits what the crate does with the server, for `socketTimeoutMS` at most, and no longer than
    /// a primary that was to do it stays one; giving up closes the connection. Boxed, because the
    /// crate's futures are large and a queued operation should cost no more than its request.
    pub(super) async fn answer<T>(
        &self,
        generation: &Generation,
        reach: Reach,
        exchange: impl Future<Output = mongodb::error::Result<T>> + Send,
    ) -> Result<T, Error> {
        let exchange = Box::pin(exchange);
        let answer = async {
            // A deadline takes the place of the other limits.
            match self.config.pool.socket_timeout.filter(|_| Flight::deadline().is_none()) {
                None => Ok(exchange.await),
                Some(limit) => self.answer_within(limit, exchange).await,
            }
        };
        let answer = tokio::select! {
            biased;
            answer = answer => answer?,
            error = generation.deposed(reach, &self.events) => return Err(error),
        };
        if Flight::deadline().is_some() {
            self.round_trip.note();
        }
        if answer.is_ok() && !generation.welcome.load(Ordering::Relaxed) {
            generation.welcome.store(true, Ordering::Relaxed);
            self.presence.welcomed(&generation.topology, &self.events);
        }
        answer.map_err(|error| {
            if matches!(error.kind.as_ref(), ErrorKind::Shutdown) {
                // One that was replaced may be ended before all that began on it.
                if !generation.is_retired() {
                    self.stalls.closed();
                }
            }
            self.not_found(error.into())
        })
    }

    async fn answer_within<T>(
        &self,
        limit: Duration,
        mut exchange: Pin<Box<impl Future<Output = mongodb::error::Result<T>>>>,
    ) -> Result<mongodb::error::Result<T>, Error> {
        let mut left = limit;
        loop {
            if let Ok(answer) = tokio::time::timeout(left, &mut exchange).await {
                return Ok(answer);
            }
            // The limit is the socket's. A task that waits for a connection has none yet, and
            // giving up would stall the others that wait.
            left = limit.saturating_sub(Flight::connected_for().unwrap_or_default());
            if left.is_zero() {
                return Err(self.unanswered(limit));
            }
        }
    }

    /// The end of an exchange that took longer than `socketTimeoutMS`.
    fn unanswered(&self, limit: Duration) -> Error {
        let waited_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let error = Error::SocketTimeout { waited_ms };
        self.events.interrupted(Flight::gives_up(), &error);
        error
    }

    async fn place(
        &self,
        generation: &Generation,
        entrant: Entrant<'_>,
    ) -> Result<Place<'_>, Error> {
        let asked = Instant::now();
        let place = self.admission(generation).admit(entrant).await;
        Flight::waited(asked.elapsed());
        place.inspect_err(|error| self.events.no_place(error))
    }

    /// Waits for a server of this reach to be known, then for a place in the pool. Waiting for a
    /// server takes no place: operations for a server that is gone do not queue behind each other.
    /// It is the current client's server, unless the operation belongs to a `home`. `wish` says what
    /// it is wanted for. While the circuit is open, nothing is waited for.
    pub(super) async fn enter(
        &self,
        home: Option<Arc<Generation>>,
        entrant: Entrant<'_>,
        wish: impl FnOnce() -> Selecting,
    ) -> Result<Entry<'_>, Error> {
        let mut pass = self.circuit.pass()?;
        let entered = self.wait_for_place(home, entrant, wish).await;
        if entered.is_err() {
            pass.ended(&entered);
        }
        entered.map(|(generation, place)| Entry { generation, pass, _place: place })
    }

    async fn wait_for_place(
        &self,
        home: Option<Arc<Generation>>,
        entrant: Entrant<'_>,
        wish: impl FnOnce() -> Selecting,
    ) -> Result<(Arc<Generation>, Place<'_>), Error> {
        let may_move = home.is_none();
        let mut generation = match home {
            Some(home) => home,
            None => self.begin_at().await?,
        };
        let reach = entrant.reach;
        self.events.selects(wish);
        let mut selection: Option<SelectionTime> = None;
        let mut seeking: Option<Seeking<'_, '_>> = None;
        loop {
            let is_known = generation.topology.has(reach);
            Flight::seeks(!is_known);
            if is_known {
                // Nobody counts twice.
                drop(seeking.take());
                let place = self.place(&generation, entrant).await?;
                // It may have waited for that for long.
                if may_move && generation.is_retired() {
                    generation = self.current().await?;
                }
                if generation.topology.has(reach) {
                    return Ok((generation, place));
                }
            }
            if seeking.is_none() {
                let again = Entrant { standing: Standing::Begun, ..entrant };
                let entrant = if selection.is_none() { entrant } else { again };
                seeking = Some(self.admission(&generation).seek(entrant)?);
            }
            let time = *selection.get_or_insert_with(|| {
                let limit = self.config.topology.server_selection_timeout;
                let time = SelectionTime::start(limit);
                self.events.waits(time.remaining());
                if may_move {
                    self.watch(&generation, reach);
                }
                time
            });
            match generation.wait_for(reach, time, may_move).await {
                Ok(Found::Server) => {}
                Ok(Found::Successor) => {
                    generation = self.current().await?;
                    selection = None;
                }
                Err(error) if may_move && matches!(error, Error::ServerSelection { .. }) => {
                    match self.fall_back(Some(&generation), &error).await {
                        Some(other) => (generation, selection) = (other, None),
                        None => return Err(self.not_found(error)),
                    }
                }
                Err(error) => return Err(self.not_found(error)),
            }
        }
    }

    fn not_found(&self, error: Error) -> Error {
        self.events.not_selected(&error);
        error
    }

    /// The client for an operation that belongs to none.
    async fn begin_at(&self) -> Result<Arc<Generation>, Error> {
        match self.current().await {
            Err(error @ Error::Driver(_)) => self.fall_back(None, &error).await.ok_or(error),
            outcome => outcome,
        }
    }
}

/// What an operation waited for.
pub(super) enum Found {
    Server,
    /// Another client.
    Successor,
}

impl Generation {
    /// Waits for a server of this reach, or, where the operation `may_move`, for another client.
    pub(super) async fn wait_for(
        &self,
        reach: Reach,
        time: SelectionTime,
        may_move: bool,
    ) -> Result<Found, Error> {
        if !self.topology.has(reach) {
            self.refused()?;
        }
        tokio::select! {
            found = self.topology.wait_for(reach, time) => found.map(|()| Found::Server),
            () = self.retired(), if may_move => Ok(Found::Successor),
            // Boxed as in `answer`.
            never = Box::pin(self.seek()) => match never {},
        }
    }

    /// Waits until a server refuses its login.
    pub(super) async fn turned_away(&self) -> Error {
        self.topology.refused().await
    }

    /// Makes the crate look for servers while operations wait for one. It asks a server that is
    /// gone before its next heartbeat is due only as long as an operation of its own selects, so
    /// for all that wait here one selects, by criteria that no server meets.
    pub(super) async fn seek(&self) -> Infallible {
        let _turn = self.seeking.lock().await;
        let nowhere = SelectionCriteria::Predicate(Arc::new(|_| false));
        let admin = self.client.database("admin");
        let ping = admin.run_raw_command(rawdoc! { "ping": 1 }).selection_criteria(nowhere);
        // Fails no earlier than whoever waits here.
        let _ = ping.await;
        future::pending().await
    }

    /// After a refused login the crate uses a server again only when its next heartbeat is due. A
    /// client that has never been let in is told why at once instead, as the driver does.
    fn refused(&self) -> Result<(), Error> {
        if self.welcome.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.topology.refusal().map_or(Ok(()), Err)
    }
}
