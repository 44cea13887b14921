//! A cursor that a server still has: what is known of it, and how its replies are handed on. How its
//! batches are fetched and how it ends, the files beside this one know.

use std::sync::{Arc, atomic::AtomicBool};

use bson::RawDocumentBuf;
use mongodb::options::ServerAddress;
use parking_lot::Mutex;

use crate::{
    codec::{batch::Outline, json::Form},
    error::Error,
    pool::{
        admission::{Entrant, Standing},
        cursor_reply::CursorReply,
        events::Holder,
        exchange::{Exchange, PoolCursor},
        flight::Flight,
        generation::Generation,
        presented::Presented,
        sessions::OpenSession,
        stats::KeptCursor,
        topology::Reach,
        transcript::Transcript,
    },
};

/// A cursor that the server still has.
pub(super) struct OpenCursor {
    /// The client that opened it, and that it stays with.
    pub(super) generation: Arc<Generation>,
    /// The server's identifier.
    pub(super) id: i64,
    /// Database and collection for `killCursors`.
    pub(super) namespace: String,
    /// Where the cursor lives; unknown only if the crate reported no checkout.
    pub(super) server: Option<ServerAddress>,
    /// Whose operation opened it.
    pub(super) holder: Option<Holder>,
    /// Which queue its `getMore`s stand in.
    pub(super) reach: Reach,
    /// Its batches are to carry what else the replies say.
    pub(super) meta: bool,
    /// Its `getMore`s wait for data that is yet to come.
    pub(super) await_data: bool,
    /// It is a change stream's, which can go on with another cursor.
    pub(super) is_watch: bool,
    /// The `getMore` under way of a cursor that waits.
    pub(super) waiting: Mutex<Option<Arc<Flight>>>,
    /// Where its batches come from.
    pub(super) source: Source,
    /// What is wanted of it as JSON in one piece, as far as it has been made.
    pub(super) transcript: Transcript,
    /// Counts it, from when it is kept on.
    pub(super) kept: Option<KeptCursor>,
    /// The server has it no longer, or somebody sees to that.
    pub(super) ended: AtomicBool,
}

/// Where the batches of a cursor come from.
pub(super) enum Source {
    /// The crate's cursor, in a session of the pool's. Locked while a `getMore` is under way; gone
    /// once that was taken back, or the cursor is being killed.
    Crate(Box<tokio::sync::Mutex<Option<PoolCursor>>>),
    /// Commands in a `ClientSession`'s session. The crate's cursor would hold the session, and
    /// could not say that a `getMore` is part of a transaction.
    Session { session: Arc<OpenSession>, get_more: RawDocumentBuf, in_transaction: bool },
}

impl OpenCursor {
    /// A cursor that the running task opened.
    pub(super) fn new(
        outline: &Outline<'_>,
        source: Source,
        exchange: &Exchange<'_>,
    ) -> Result<Self, Error> {
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
    pub(super) async fn present(
        &self,
        reply: CursorReply,
        json: Option<Form>,
    ) -> Result<Presented, Error> {
        match json {
            None => Presented::of_documents(reply, self.meta),
            Some(form) => self.transcript.batch(reply, form, self.meta).await,
        }
    }

    /// How its `getMore`s queue.
    pub(super) fn entrant(&self) -> Entrant<'_> {
        let standing = if self.await_data { Standing::Listening } else { Standing::Begun };
        Entrant { reach: self.reach, database: self.database(), standing }
    }

    pub(super) fn database(&self) -> &str {
        self.namespace.split_once('.').map_or("", |(database, _)| database)
    }
}
