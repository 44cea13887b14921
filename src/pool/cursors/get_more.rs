//! How the next batch of a cursor is fetched: through the crate's cursor, or by a command in the session
//! of a `ClientSession`. What becomes of a cursor that fails is not known here.

use std::sync::Arc;

use bson::{RawBson, RawDocumentBuf, cstr, rawdoc};
use parking_lot::Mutex;

use super::open_cursor::{OpenCursor, Source};
use crate::{
    codec::batch::Outline,
    error::Error,
    pool::{
        Pool,
        cursor_reply::CursorReply,
        events::selection::Selecting,
        exchange::{Exchange, PoolCursor, fits},
        execute::{Command, GetMore},
        flight::Flight,
        log,
    },
    resilience::chance::chance,
};

/// The command that fetches a batch.
const GET_MORE: &str = "getMore";

impl OpenCursor {
    pub(super) async fn fetch(&self, pool: &Pool) -> Result<CursorReply, Error> {
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
pub(super) fn more_fields(command: &Command) -> RawDocumentBuf {
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

pub(super) fn get_more(batch: &Outline<'_>, fields: &RawDocumentBuf) -> RawDocumentBuf {
    let collection = batch.namespace.split_once('.').map_or("", |(_, collection)| collection);
    let mut command = rawdoc! { "getMore": batch.cursor_id, "collection": collection };
    for (name, value) in fields.iter().flatten() {
        command.append(name, value);
    }
    command
}
