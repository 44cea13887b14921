//! How a cursor ends that the server has not ended itself: by whom the server is told, and when. It does
//! not know why it is to end.

use std::sync::{Arc, atomic::Ordering};

use bson::rawdoc;

use super::open_cursor::{OpenCursor, Source};
use crate::{
    error::Error,
    pool::{
        Pool,
        admission::{Entrant, Standing},
        events::selection::Selecting,
        exchange::only,
        orphans::LostCursor,
    },
    resilience::retry,
};

/// The server's codes for a cursor that it does not have: `CursorNotFound`, `CursorKilled`.
const GONE: [i32; 2] = [43, 237];

impl OpenCursor {
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

    /// Dropping the crate's cursor sends `killCursors` to the primary. That is right for an idle
    /// cursor of the primary's; any other, and one whose `getMore` is under way, is killed by a
    /// command to the server that has it.
    pub(super) async fn kill(&self, pool: &Pool) {
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
    pub(super) fn has_ended(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Has its server told in the background, however long that takes, unless it has ended.
    pub(super) fn orphan(&self) {
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
    pub(super) fn is_ended_by(error: &Error) -> bool {
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
