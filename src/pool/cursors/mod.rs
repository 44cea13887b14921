//! A holder's open cursors: their batches, and their end on the server that has them.
//! It knows cursors by handle; which operation opened one is not its business.

mod ending;
mod get_more;
mod open_cursor;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc, time::Duration};

use mongodb::options::ServerAddress;
use parking_lot::Mutex;

use self::{
    get_more::{get_more, more_fields},
    open_cursor::{OpenCursor, Source},
};
use super::{
    Hold, Pool,
    cursor_reply::CursorReply,
    events::Holder,
    exchange::Exchange,
    execute::{Command, Reply},
    flight::Flight,
    handles::Handles,
    presented::Presented,
    refusal::is_refusal,
    stats::Tally,
};
use crate::{
    codec::{batch::Batch, json::Form},
    error::Error,
};

/// The cursors of one hold.
pub(super) struct Cursors {
    /// Where handles come from.
    handles: Arc<Handles>,
    /// Cursors that the server still has.
    open: Mutex<HashMap<u32, Arc<OpenCursor>>>,
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
                let document = exchange.command().await?;
                if exchange.command.name() == "bulkWrite" && is_refusal(&document, false) {
                    Flight::is_refused();
                }
                let reply = CursorReply::of_document(&document)?;
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
            Flight::opens(handle);
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
                if OpenCursor::is_ended_by(error) {
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
    pub(super) async fn take_text(&self, handle: u32) -> Result<Reply, Error> {
        let cursor = self.find(handle)?;
        let text = cursor.transcript.end().await?;
        Ok(Reply::Batch(Batch::of_text(text).bytes))
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

    /// Ends a cursor whose handle nobody has been told: its operation was taken back, by another thread,
    /// while the reply was on its way.
    pub(super) fn abandon(&self, handle: u32) {
        let cursor = self.open.lock().remove(&handle);
        drop(cursor);
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
