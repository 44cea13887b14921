//! A holder's open cursors: their batches, and their end on the server that has them.
//! It knows cursors by handle; which operation opened one is not its business.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bson::rawdoc;
use futures_util::StreamExt;
use mongodb::{
    options::{SelectionCriteria, ServerAddress},
    raw_batch_cursor::{RawBatch, RawBatchCursor},
};
use parking_lot::Mutex;

use super::{
    Pool,
    execute::{Command, Reply},
    flight::Flight,
    topology::Reach,
};
use crate::{codec::batch::Batch, error::Error};

/// The cursors of one hold.
#[derive(Default)]
pub(super) struct Cursors {
    /// The last handle given out. Handles start at 1; 0 on the boundary means "exhausted".
    last: AtomicU32,
    /// Cursors that the server still has.
    open: Mutex<HashMap<u32, Arc<OpenCursor>>>,
}

/// A cursor that the server still has.
struct OpenCursor {
    /// The server's identifier.
    id: i64,
    /// Database and collection for `killCursors`.
    namespace: String,
    /// Where the cursor lives; unknown only if the crate reported no checkout.
    server: Option<ServerAddress>,
    /// Which queue its `getMore`s stand in.
    reach: Reach,
    /// The crate's cursor. Locked while a `getMore` is under way.
    stream: tokio::sync::Mutex<RawBatchCursor>,
}

impl Cursors {
    /// Runs a command that opens a cursor; its first batch names the handle.
    pub(super) async fn open(&self, pool: &Pool, command: Command) -> Result<Reply, Error> {
        let reach = Reach::of(command.read_preference.as_ref());
        let (client, _place) = pool.enter(reach).await?;
        let exchange = pool.answer(async {
            let database = client.database(&command.database);
            let mut action = database.run_raw_cursor_command(command.body);
            if let Some(read_preference) = command.read_preference {
                action = action.selection_criteria(SelectionCriteria::from(read_preference));
            }
            if let Some(batch_size) = command.get_more.batch_size {
                action = action.batch_size(batch_size);
            }
            if let Some(max_time) = command.get_more.max_time {
                action = action.max_time(max_time);
            }
            if let Some(comment) = command.get_more.comment {
                action = action.comment(comment);
            }
            let mut stream = action.batch().await?;
            let first = stream.next().await.transpose()?;
            Ok((stream, first))
        });
        let (stream, first) = exchange.await?;
        let mut batch = frame(first)?;
        if batch.cursor_id != 0 {
            let handle = self.last.fetch_add(1, Ordering::Relaxed) + 1;
            batch.set_handle(handle);
            let cursor = OpenCursor {
                id: batch.cursor_id,
                namespace: batch.namespace,
                server: Flight::server(),
                reach,
                stream: tokio::sync::Mutex::new(stream),
            };
            self.open.lock().insert(handle, Arc::new(cursor));
        }
        Ok(Reply::Batch(batch.bytes))
    }

    /// The next batch. A failure closes the cursor, as in the driver.
    pub(super) async fn get_more(&self, pool: &Pool, handle: u32) -> Result<Reply, Error> {
        let cursor = self.open.lock().get(&handle).cloned().ok_or(Error::CursorClosed)?;
        let (_, _place) = pool.enter(cursor.reach).await?;
        let mut stream = cursor.stream.lock().await;
        let fetched = pool.answer(async { stream.next().await.transpose() }).await;
        let batch = fetched.and_then(frame);
        match batch {
            Ok(mut batch) if batch.cursor_id != 0 => {
                batch.set_handle(handle);
                Ok(Reply::Batch(batch.bytes))
            }
            ended => {
                self.open.lock().remove(&handle);
                ended.map(|batch| Reply::Batch(batch.bytes))
            }
        }
    }

    /// Ends a cursor on the server that has it. A handle that is not open is no error.
    pub(super) async fn kill(&self, pool: &Pool, handle: u32) {
        let cursor = self.open.lock().remove(&handle);
        if let Some(cursor) = cursor {
            cursor.kill(pool).await;
        }
    }

    /// Ends all of them.
    pub(super) async fn kill_all(&self, pool: &Pool) {
        let open = std::mem::take(&mut *self.open.lock());
        futures_util::future::join_all(open.values().map(|cursor| cursor.kill(pool))).await;
    }
}

impl OpenCursor {
    /// Dropping the crate's cursor sends `killCursors` to the primary. That is right for an idle
    /// cursor of the primary's; any other, and one whose `getMore` is under way, is killed by a
    /// command to the server that has it.
    async fn kill(&self, pool: &Pool) {
        let idle = self.stream.try_lock().is_ok();
        let Some(server) = &self.server else { return };
        if idle && pool.topology.is_primary(server) {
            return;
        }
        let Some((database, collection)) = self.namespace.split_once('.') else { return };
        let Ok((client, _place)) = pool.enter(self.reach).await else { return };
        let server = server.clone();
        let _ = client
            .database(database)
            .run_raw_command(rawdoc! { "killCursors": collection, "cursors": [self.id] })
            .selection_criteria(SelectionCriteria::Predicate(Arc::new(move |candidate| {
                *candidate.address() == server
            })))
            .await;
    }
}

/// No batch at all means that the cursor ended between two batches.
fn frame(batch: Option<RawBatch>) -> Result<Batch, Error> {
    let Some(batch) = batch else { return Err(Error::CursorClosed) };
    Batch::frame(batch.as_raw_document()).map_err(|error| Error::Internal(error.to_string()))
}
