//! The truth about a pool: what its connections, operations, cursors and sessions are doing, counted
//! where it happens and always. It measures; it decides nothing, and keeps nothing secret: addresses,
//! names of databases, numbers.

mod client;
mod connections;
mod operations;
mod record;
mod waits;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

pub(in crate::pool) use self::waits::millis;
pub(super) use self::{
    client::ClientStats,
    operations::{Tally, Underway},
};
use self::{connections::Connections, operations::Operations};
use super::{Hold, cursors::Cursors, execute::Operation};

/// A pool's figures.
#[derive(Default)]
pub(super) struct Stats {
    /// Of the crate's clients that are not gone yet; the last is the one in use.
    clients: Mutex<Clients>,
    /// What runs.
    pub(super) operations: Operations,
    /// Cursors that the servers keep.
    cursors: Arc<Tally>,
    /// Those of them that are change streams'.
    watches: Arc<Tally>,
}

#[derive(Default)]
struct Clients {
    /// How many there have been.
    generation: u32,
    /// The one in use. Kept, so that the figures of the end can be read.
    latest: Option<Arc<ClientStats>>,
    /// Those before, as long as the crate has them.
    before: Vec<Arc<ClientStats>>,
    /// What came of those that are gone.
    past: Connections,
}

/// A cursor that a server keeps, while it is counted.
pub(super) struct KeptCursor {
    _open: Underway,
    _watch: Option<Underway>,
    /// Of its database.
    pub(super) database: Arc<Tally>,
}

impl Stats {
    /// The figures of a client that is about to be made. The client's handlers keep them.
    pub(super) fn client(&self) -> Arc<ClientStats> {
        let client = Arc::default();
        let mut clients = self.clients.lock();
        clients.forget_what_is_gone();
        clients.generation += 1;
        let before = clients.latest.replace(Arc::clone(&client));
        clients.before.extend(before);
        client
    }

    /// Counts a cursor that a server keeps.
    pub(super) fn keep(&self, database: &str, is_watch: bool) -> KeptCursor {
        KeptCursor {
            _open: self.cursors.begin(),
            _watch: is_watch.then(|| self.watches.begin()),
            database: self.operations.of(database),
        }
    }

    /// Counts an operation that begins. What a pool does to see that it is let in is not counted.
    pub(super) fn begin(&self, operation: &Operation, cursors: &Cursors) -> Option<Underway> {
        match operation {
            Operation::Command(command) | Operation::OpenCursor(command) => {
                Some(self.operations.of(&command.database).begin())
            }
            // One that waits for what is yet to come is taken back when its cursor is closed.
            Operation::GetMore(cursor, _) if cursors.awaits(*cursor) => {
                cursors.tally(*cursor).map(|tally| tally.begin().ending_unheard())
            }
            Operation::GetMore(cursor, _)
            | Operation::TakeText(cursor)
            | Operation::KillCursor(cursor) => cursors.tally(*cursor).map(|tally| tally.begin()),
            Operation::ReadLines(_)
            | Operation::Connect(_)
            | Operation::Refresh
            | Operation::Panic => None,
        }
    }

    /// How many clients there have been, those that are there, and what came of the others.
    fn clients(&self) -> (u32, Vec<Arc<ClientStats>>, Connections) {
        let mut clients = self.clients.lock();
        clients.forget_what_is_gone();
        let all = clients.before.iter().chain(&clients.latest).map(Arc::clone).collect();
        (clients.generation, all, clients.past.clone())
    }
}

impl Clients {
    fn forget_what_is_gone(&mut self) {
        let past = &mut self.past;
        self.before.retain(|client| {
            let gone = Arc::strong_count(client) == 1;
            if gone {
                past.merge(&client.past());
            }
            !gone
        });
    }
}

impl Hold {
    /// What the pool is doing now, see [`record`].
    pub fn stats(&self) -> bson::RawDocumentBuf {
        record::of(self, Instant::now())
    }

    /// What has been under way for longer than `age`: `{ operations: [{ id, database, command, ageMS }],
    /// connections: [{ address, connectionId, ageMS }] }`. The operations are this holder's, and
    /// noted only with `leakMS`; the connections are the pool's.
    pub fn overdue(&self, age: Duration) -> bson::RawDocumentBuf {
        record::overdue(self, age, Instant::now())
    }
}

/// A count as JS reads it.
pub(in crate::pool) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
