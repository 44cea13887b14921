//! A holder's open cursors: their batches, and their end on the server that has them.
//! It knows cursors by handle; which operation opened one is not its business.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bson::{RawBson, RawDocumentBuf, cstr, rawdoc};
use mongodb::options::ServerAddress;
use parking_lot::Mutex;

use super::{
    Hold, Pool,
    admission::{Entrant, Standing},
    cursor_reply::{CursorReply, Presented},
    events::{Holder, selection::Selecting},
    exchange::{Exchange, PoolCursor, fits, only},
    execute::{Command, GetMore, Reply},
    flight::Flight,
    generation::Generation,
    handles::Handles,
    log,
    orphans::LostCursor,
    sessions::OpenSession,
    stats::{KeptCursor, Tally},
    topology::Reach,
    transcript::Transcript,
};
use crate::{
    codec::{
        batch::{Batch, Outline},
        json::Form,
    },
    error::Error,
    resilience::{chance::chance, retry},
};

/// The command that fetches a batch.
const GET_MORE: &str = "getMore";

/// The server's codes for a cursor that it does not have: `CursorNotFound`, `CursorKilled`.
const GONE: [i32; 2] = [43, 237];

/// The cursors of one hold.
pub(super) struct Cursors {
    /// Where handles come from.
    handles: Arc<Handles>,
    /// Cursors that the server still has.
    open: Mutex<HashMap<u32, Arc<OpenCursor>>>,
}

/// A cursor that the server still has.
struct OpenCursor {
    /// The client that opened it, and that it stays with.
    generation: Arc<Generation>,
    /// The server's identifier.
    id: i64,
    /// Database and collection for `killCursors`.
    namespace: String,
    /// Where the cursor lives; unknown only if the crate reported no checkout.
    server: Option<ServerAddress>,
    /// Whose operation opened it.
    holder: Option<Holder>,
    /// Which queue its `getMore`s stand in.
    reach: Reach,
    /// Its batches are to carry what else the replies say.
    meta: bool,
    /// Its `getMore`s wait for data that is yet to come.
    await_data: bool,
    /// It is a change stream's, which can go on with another cursor.
    is_watch: bool,
    /// The `getMore` under way of a cursor that waits.
    waiting: Mutex<Option<Arc<Flight>>>,
    /// Where its batches come from.
    source: Source,
    /// What is wanted of it as JSON, as far as it has been made.
    transcript: Transcript,
    /// Counts it, from when it is kept on.
    kept: Option<KeptCursor>,
    /// The server has it no longer, or somebody sees to that.
    ended: AtomicBool,
}

/// Where the batches of a cursor come from.
enum Source {
    /// The crate's cursor, in a session of the pool's. Locked while a `getMore` is under way; gone
    /// once that was taken back, or the cursor is being killed.
    Crate(Box<tokio::sync::Mutex<Option<PoolCursor>>>),
    /// Commands in a `ClientSession`'s session. The crate's cursor would hold the session, and
    /// could not say that a `getMore` is part of a transaction.
    Session { session: Arc<OpenSession>, get_more: RawDocumentBuf, in_transaction: bool },
}

impl Cursors {
    pub(super) fn new(handles: &Arc<Handles>) -> Self {
        Self { handles: Arc::clone(handles), open: Mutex::default() }
    }

    /// Whether a handle is that of an open cursor here.
    pub(super) fn has(&self, handle: u32) -> bool {
        self.open.lock().contains_key(&handle)
    }

    /// Runs a command that opens a cursor; its first batch names the handle.
    pub(super) async fn open(&self, hold: &Hold, command: Command) -> Result<Reply, Error> {
        let mut exchange = Exchange::prepare(hold, command).await?;
        let (reply, source) = match exchange.open_session() {
            None => {
                let (stream, first) = exchange.cursor().await?;
                let stream = Box::new(tokio::sync::Mutex::new(Some(stream)));
                (CursorReply::of_batch(first)?, Source::Crate(stream))
            }
            Some(session) => {
                let in_transaction = exchange.command.in_transaction;
                // A transaction takes its cursors with it.
                exchange.opens = !in_transaction && !exchange.command.is_single_batch();
                let more = more_fields(&exchange.command);
                let reply = CursorReply::of_document(&exchange.command().await?)?;
                let get_more = get_more(&reply.outline()?, &more);
                (reply, Source::Session { session, get_more, in_transaction })
            }
        };
        let json = exchange.command.json;
        let cursor = OpenCursor::new(&reply.outline()?, source, &exchange)?;
        // Its session may go on while JSON is made.
        drop(exchange);
        match cursor.present(reply, json).await {
            // Nobody will hear of its handle, so nobody could close it.
            Ok(presented) if presented.batch.cursor_id != 0 && Flight::is_unheard() => {
                cursor.kill(&hold.pool).await;
                Err(Error::Aborted)
            }
            Ok(presented) => Ok(self.keep(presented, cursor, &hold.pool)),
            Err(error) => {
                if cursor.id != 0 {
                    cursor.kill(&hold.pool).await;
                }
                Err(error)
            }
        }
    }

    /// Keeps what is left on the server; gives the batch that names its handle.
    fn keep(&self, mut presented: Presented, mut cursor: OpenCursor, pool: &Pool) -> Reply {
        if presented.batch.cursor_id != 0 {
            cursor.kept = Some(pool.stats.keep(cursor.database(), cursor.is_watch));
            let handle = self.handles.cursor();
            presented.batch.set_handle(handle);
            self.open.lock().insert(handle, Arc::new(cursor));
        }
        presented.into()
    }

    /// The next batch. A failure closes the cursor, as in the driver, on its server, too.
    pub(super) async fn get_more(
        &self,
        pool: &Pool,
        handle: u32,
        json: Option<Form>,
    ) -> Result<Reply, Error> {
        let cursor = self.find(handle)?;
        let reply = cursor.fetch(pool).await.inspect_err(|error| {
            if self.open.lock().remove(&handle).is_some() {
                if cursor.ended_with(error) {
                    cursor.has_ended();
                }
                cursor.orphan();
            }
        })?;
        // A cursor whose documents can't be read is still open: who asked is to kill it.
        let mut presented = cursor.present(reply, json).await?;
        if presented.batch.cursor_id == 0 {
            cursor.has_ended();
            self.open.lock().remove(&handle);
        } else {
            presented.batch.set_handle(handle);
        }
        Ok(presented.into())
    }

    /// What there is of a cursor's text, of which nothing more is wanted.
    pub(super) async fn take_text(&self, handle: u32, form: Form) -> Result<Reply, Error> {
        let cursor = self.find(handle)?;
        let text = cursor.transcript.end(form).await?;
        Ok(Reply::Batch(Batch::of_text(0, String::new(), 0, text, None).bytes))
    }

    fn find(&self, handle: u32) -> Result<Arc<OpenCursor>, Error> {
        self.open.lock().get(&handle).cloned().ok_or(Error::CursorClosed)
    }

    /// How many the servers keep.
    pub(super) fn len(&self) -> usize {
        self.open.lock().len()
    }

    /// The database that a cursor reads, unless its batches wait for data that is yet to come.
    pub(super) fn reads(&self, handle: u32) -> Option<String> {
        let open = self.open.lock();
        let cursor = open.get(&handle).filter(|cursor| !cursor.await_data)?;
        Some(cursor.database().to_owned())
    }

    /// Whether the batches of an open cursor wait for data that is yet to come.
    pub(super) fn awaits(&self, handle: u32) -> bool {
        self.open.lock().get(&handle).is_some_and(|cursor| cursor.await_data)
    }

    /// The count of the database of a cursor, while that is open.
    pub(super) fn tally(&self, handle: u32) -> Option<Arc<Tally>> {
        let open = self.open.lock();
        Some(Arc::clone(&open.get(&handle)?.kept.as_ref()?.database))
    }

    /// Ends a cursor on the server that has it. A handle that is not open is no error.
    pub(super) async fn kill(&self, pool: &Pool, handle: u32) {
        let cursor = self.open.lock().remove(&handle);
        if let Some(cursor) = cursor {
            cursor.kill(pool).await;
        }
    }

    /// The server that has a cursor, and the connection over which it is asked for more right now.
    pub(super) fn place(&self, handle: u32) -> Option<(ServerAddress, Option<u32>)> {
        let cursor = self.find(handle).ok()?;
        let connection = cursor.waiting.lock().as_ref().and_then(|flight| flight.connection());
        Some((cursor.server.clone()?, connection))
    }

    /// How many wait for what is yet to come.
    pub(super) fn waiting(&self) -> usize {
        self.open.lock().values().filter(|cursor| cursor.waiting.lock().is_some()).count()
    }

    /// Ends all of them in a holder's name, and waits `limit` for that. What waits for a connection then
    /// goes on by itself, and of others the servers are told in the background.
    pub(super) async fn kill_all(&self, pool: &Arc<Pool>, holder: Holder, limit: Duration) {
        let open = std::mem::take(&mut *self.open.lock());
        let kills = open.into_values().map(|cursor| {
            let pool = Arc::clone(pool);
            Flight::send_off(holder, limit, async move { cursor.kill(&pool).await })
        });
        let kills: Vec<_> = kills.collect();
        let _ = tokio::time::timeout(limit, futures_util::future::join_all(kills)).await;
    }
}

impl OpenCursor {
    /// A cursor that the running task opened.
    fn new(outline: &Outline<'_>, source: Source, exchange: &Exchange<'_>) -> Result<Self, Error> {
        let unsent = || Error::Internal("A cursor was opened through no client".to_owned());
        Ok(Self {
            generation: exchange.generation().ok_or_else(unsent)?,
            id: outline.cursor_id,
            namespace: outline.namespace.to_owned(),
            server: Flight::server(),
            holder: Flight::holder(),
            reach: exchange.reach,
            meta: exchange.command.meta,
            await_data: exchange.command.get_more.await_data,
            is_watch: exchange.command.is_watch(),
            waiting: Mutex::default(),
            source,
            transcript: Transcript::default(),
            kept: None,
            ended: AtomicBool::new(outline.cursor_id == 0),
        })
    }

    /// A reply as it is wanted.
    async fn present(&self, reply: CursorReply, json: Option<Form>) -> Result<Presented, Error> {
        match json {
            None => reply.present(self.meta),
            Some(form) => {
                let text = self.transcript.batch(reply, form, self.meta, self.await_data);
                Ok(Presented::of_text(text.await?, form))
            }
        }
    }

    async fn fetch(&self, pool: &Pool) -> Result<CursorReply, Error> {
        let _waiting = self.await_data.then(|| Waiting::begin(&self.waiting));
        match &self.source {
            Source::Crate(stream) => {
                let mut tries = pool.tries_of_get_more();
                loop {
                    let error = match self.fetch_once(pool, stream).await {
                        Ok(reply) => return Ok(reply),
                        Err(error) => error,
                    };
                    match tries.after(&error, chance) {
                        Some(delay) if fits(delay) => {
                            log::retry(pool.id, GET_MORE, &error);
                            pool.pause(delay).await;
                        }
                        _ => return Err(error),
                    }
                }
            }
            Source::Session { session, get_more, in_transaction } => {
                self.check_server(pool)?;
                let command = Command {
                    database: self.database().to_owned(),
                    body: get_more.clone(),
                    in_transaction: *in_transaction,
                    get_more: GetMore { await_data: self.await_data, ..GetMore::default() },
                    ..Command::default()
                };
                let server = self.server.clone();
                let mut exchange =
                    Exchange::resume(pool, command, session, self.reach, server).await;
                CursorReply::of_document(&exchange.command().await?)
            }
        }
    }

    /// Sends one `getMore` through the crate's cursor, which a refusal leaves as it was.
    async fn fetch_once(
        &self,
        pool: &Pool,
        stream: &tokio::sync::Mutex<Option<PoolCursor>>,
    ) -> Result<CursorReply, Error> {
        self.check_server(pool)?;
        if self.is_watch && pool.has_successor(&self.generation) {
            return Err(self.left_behind(pool));
        }
        let wish = || Selecting::only(GET_MORE, self.server.as_ref());
        let home = Some(Arc::clone(&self.generation));
        let mut entry = pool.enter(home, self.entrant(), wish).await?;
        self.check_server(pool)?;
        let mut stream = stream.lock().await;
        let stream = stream.as_mut().ok_or(Error::CursorClosed)?;
        let was_broken = stream.set_broken(true);
        let answer = pool.answer(&self.generation, self.reach, stream.next());
        let fetched = tokio::select! {
            biased;
            fetched = answer => fetched,
            () = pool.succession(&self.generation), if self.is_watch => {
                return Err(self.left_behind(pool));
            }
        };
        entry.pass.ended(&fetched);
        // Until here the server may have been at work with its session.
        let broken = fetched.as_ref().is_err_and(Error::is_network);
        stream.set_broken(was_broken || broken);
        CursorReply::of_batch(fetched.map_err(|error| self.labelled(error, pool))?)
    }

    /// Who waits for what is yet to come can wait on another server. It is told at once that this
    /// one is gone, and not after `serverSelectionTimeoutMS`, for which the crate would look for it.
    fn check_server(&self, pool: &Pool) -> Result<(), Error> {
        match &self.server {
            Some(server) if self.is_lost() => {
                let why = format!("The server {server}, which has the cursor, is gone");
                let gone = std::io::Error::new(std::io::ErrorKind::NotConnected, why);
                Err(self.labelled(mongodb::error::Error::from(gone).into(), pool))
            }
            _ => Ok(()),
        }
    }

    /// True when the cursor of one that waits went with its server.
    fn is_lost(&self) -> bool {
        let topology = &self.generation.topology;
        self.await_data && self.server.as_ref().is_some_and(|server| !topology.knows(server))
    }

    /// What a change stream is told whose client has been replaced, so that it goes on with the next.
    fn left_behind(&self, pool: &Pool) -> Error {
        let why = "The connections were replaced";
        let gone = std::io::Error::new(std::io::ErrorKind::NotConnected, why);
        let error = self.labelled(mongodb::error::Error::from(gone).into(), pool);
        pool.events.interrupted(Flight::gives_up(), &error);
        error
    }

    /// A network error as drivers label it.
    fn labelled(&self, error: Error, pool: &Pool) -> Error {
        self.generation.labelled(error, false, pool.config.retries.writes)
    }

    /// Takes back a `getMore` that waits for new data: before MongoDB 7 the server notices that the
    /// cursor was killed only when the wait is over, and until then it would keep a connection. That
    /// is closed instead, with the crate's cursor. True when there was one to drop.
    async fn stop_waiting(&self, pool: &Pool) -> bool {
        let Some(flight) = self.waiting.lock().take() else { return false };
        pool.events.interrupted(flight.request(), &Error::CursorClosed);
        let ending = flight.interrupt(Error::CursorClosed);
        match &self.source {
            Source::Crate(stream) if ending => stream.lock().await.take().is_some(),
            _ => false,
        }
    }

    /// Drops the crate's cursor, unless a `getMore` of it is under way. True when it was dropped now.
    fn drop_idle(&self) -> bool {
        match &self.source {
            Source::Crate(stream) => {
                stream.try_lock().is_ok_and(|mut stream| stream.take().is_some())
            }
            Source::Session { .. } => false,
        }
    }

    /// How its `getMore`s queue.
    fn entrant(&self) -> Entrant<'_> {
        let standing = if self.await_data { Standing::Listening } else { Standing::Begun };
        Entrant { reach: self.reach, database: self.database(), standing }
    }

    fn database(&self) -> &str {
        self.namespace.split_once('.').map_or("", |(database, _)| database)
    }

    /// Dropping the crate's cursor sends `killCursors` to the primary. That is right for an idle
    /// cursor of the primary's; any other, and one whose `getMore` is under way, is killed by a
    /// command to the server that has it.
    async fn kill(&self, pool: &Pool) {
        pool.events.dropping(self.id, self.holder);
        let dropped = self.stop_waiting(pool).await || self.drop_idle();
        let Some(server) = &self.server else { return };
        let topology = &self.generation.topology;
        let primary = topology.is_primary(server);
        if dropped && primary {
            return self.leave_to_crate();
        }
        // A server that is gone is not waited for.
        if !topology.knows(server) {
            return self.orphan();
        }
        let Some((database, collection)) = self.namespace.split_once('.') else { return };
        let wish = || Selecting::only("killCursors", Some(server));
        let home = Some(Arc::clone(&self.generation));
        let entrant = Entrant { standing: Standing::Urgent, ..self.entrant() };
        let Ok(mut entry) = pool.enter(home, entrant, wish).await else { return self.orphan() };
        // A `getMore` that was taken back meanwhile keeps its connection until it is dropped, and
        // the command may be waiting for that very one.
        if self.drop_idle() && primary {
            return self.leave_to_crate();
        }
        let killed = entry
            .generation
            .client
            .database(database)
            .run_raw_command(rawdoc! { "killCursors": collection, "cursors": [self.id] })
            .selection_criteria(only(server.clone()))
            .await
            .map_err(Error::from);
        entry.pass.ended(&killed);
        if !killed.is_err_and(|error| error.server_code().is_none_or(retry::is_passing)) {
            self.has_ended();
        }
        self.orphan();
    }

    /// The server has it no longer.
    fn has_ended(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Has its server told in the background, however long that takes, unless it has ended.
    fn orphan(&self) {
        if let Some(lost) = self.lost() {
            self.generation.orphans().cursor(lost);
        }
    }

    /// The crate's cursor has been dropped, and tells the primary.
    fn leave_to_crate(&self) {
        if let Some(lost) = self.lost() {
            self.generation.orphans().left_to_crate(lost);
        }
    }

    /// What is to be told of it; nothing if somebody has seen to that.
    fn lost(&self) -> Option<LostCursor> {
        if self.ended.swap(true, Ordering::AcqRel) {
            return None;
        }
        let (server, namespace) = (self.server.clone()?, self.namespace.clone());
        Some(LostCursor { server, namespace, id: self.id })
    }

    /// Whether the server has it no longer, by what it says.
    fn ended_with(&self, error: &Error) -> bool {
        matches!(error, Error::CursorClosed)
            || error.server_code().is_some_and(|code| GONE.contains(&code))
    }
}

impl Drop for OpenCursor {
    /// One that nobody has ended: its operation was taken back before its handle was told, or ending it
    /// took too long.
    fn drop(&mut self) {
        if *self.ended.get_mut() {
            return;
        }
        let is_primary =
            self.server.as_ref().is_some_and(|server| self.generation.topology.is_primary(server));
        if self.drop_idle() && is_primary { self.leave_to_crate() } else { self.orphan() }
    }
}

/// Names the running flight as the one that waits, until it is dropped.
struct Waiting<'a>(&'a Mutex<Option<Arc<Flight>>>);

impl<'a> Waiting<'a> {
    fn begin(flight: &'a Mutex<Option<Arc<Flight>>>) -> Self {
        *flight.lock() = Flight::current();
        Self(flight)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().take();
    }
}

/// What the `getMore`s of a cursor say beside its name: options, and to which transaction they
/// belong.
fn more_fields(command: &Command) -> RawDocumentBuf {
    let mut fields = RawDocumentBuf::new();
    if let Some(size) = command.get_more.batch_size {
        fields.append(cstr!("batchSize"), i64::from(size));
    }
    if let Some(time) = command.get_more.max_time {
        fields.append(cstr!("maxTimeMS"), i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    }
    if let Some(comment) = &command.get_more.comment
        && let Ok(comment) = RawBson::try_from(comment.clone())
    {
        fields.append(cstr!("comment"), comment);
    }
    if command.in_transaction
        && let Ok(Some(number)) = command.body.get("txnNumber")
    {
        fields.append(cstr!("txnNumber"), number);
        fields.append(cstr!("autocommit"), false);
    }
    fields
}

fn get_more(batch: &Outline<'_>, fields: &RawDocumentBuf) -> RawDocumentBuf {
    let collection = batch.namespace.split_once('.').map_or("", |(_, collection)| collection);
    let mut command = rawdoc! { "getMore": batch.cursor_id, "collection": collection };
    for (name, value) in fields.iter().flatten() {
        command.append(name, value);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    async fn cursor(pool: &Pool) -> OpenCursor {
        let generation = pool.current().await.unwrap();
        let lent = generation.sessions.lend(&generation.client).await.unwrap();
        OpenCursor {
            id: 5,
            namespace: "d.c".to_owned(),
            server: Some(ServerAddress::parse("127.0.0.1:1").unwrap()),
            holder: None,
            reach: Reach::Members,
            meta: false,
            await_data: false,
            is_watch: false,
            waiting: Mutex::default(),
            source: Source::Session {
                session: OpenSession::new(lent, Arc::clone(&generation)),
                get_more: RawDocumentBuf::new(),
                in_transaction: false,
            },
            transcript: Transcript::default(),
            kept: None,
            ended: AtomicBool::new(false),
            generation,
        }
    }

    /// How many cursors the servers are to be told of, as soon as there are so many.
    async fn told(pool: &Pool, count: usize) {
        let generation = pool.current().await.unwrap();
        for _ in 0..10_000 {
            if generation.orphans().cursors() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("there are {}", generation.orphans().cursors());
    }

    fn pool() -> Arc<Pool> {
        let config = Config::resolve("mongodb://127.0.0.1:1", &bson::Document::new()).unwrap();
        Pool::new(config)
    }

    #[tokio::test]
    async fn has_the_server_told_of_one_that_goes_with_its_operation_once() {
        let pool = pool();
        let (lost, ended) = (cursor(&pool).await, cursor(&pool).await);
        ended.has_ended();
        drop(ended);
        told(&pool, 0).await;
        drop(lost);
        told(&pool, 1).await;
        let twice = cursor(&pool).await;
        twice.orphan();
        drop(twice);
        told(&pool, 2).await;
    }

    #[tokio::test]
    async fn has_the_server_told_of_those_that_could_not_be_killed() {
        let pool = pool();
        let cursors = Cursors::new(&Arc::default());
        for handle in [1, 2] {
            let cursor = cursor(&pool).await;
            cursors.open.lock().insert(handle, Arc::new(cursor));
        }
        cursors.kill_all(&pool, Holder::default(), Duration::ZERO).await;
        told(&pool, 2).await;
    }
}
