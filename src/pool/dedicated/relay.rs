//! What a holder hears of its dedicated pools: their commands and connections as if they were the
//! pool's own, and events of polypool's own with the name of the database. Of their servers it is told
//! nothing: these belong to topologies that the holder does not know.

use std::sync::{Arc, atomic::Ordering};

use bson::{RawDocument, RawDocumentBuf, cstr};
use parking_lot::Mutex;

use crate::pool::{
    Hold, Pool,
    events::{Kind, Sink, own_record},
};

/// The kinds of event that are passed on: up to the last that is of a connection, and polypool's own.
const PASSED: u32 = ((Kind::ConnectionCheckedIn.bit() << 1) - 1) | Kind::Own.bit();

/// Takes a log message.
type WriteLog = Arc<dyn Fn(RawDocumentBuf) + Send + Sync>;

/// The ways from a holder's dedicated pools to the holder.
pub(super) struct Relay {
    /// The holder's pool, which says what libraries to name to the servers.
    pool: Arc<Pool>,
    ears: Mutex<Ears>,
}

#[derive(Default)]
struct Ears {
    /// The kinds that are listened for.
    mask: u32,
    /// Where they go.
    sink: Option<Sink>,
    /// Where log messages go, and from which level on.
    logs: Vec<(String, WriteLog)>,
}

impl Relay {
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, ears: Mutex::default() }
    }

    /// Lets the holder hear of a pool that was just opened.
    pub(super) fn attach(&self, database: &str, hold: &Arc<Hold>) {
        self.pool.introduce_to(&hold.pool);
        let ears = self.ears.lock();
        ears.have_logged(hold);
        if let Some(sink) = ears.sink.as_ref().filter(|_| ears.mask != 0) {
            hold.listen(ears.mask & PASSED, passing(database, sink));
        }
    }

    /// The holder listens for other kinds than before. `open` gives the pools that are open: one that
    /// is opened after it was asked knows already.
    pub(super) fn listen(
        &self,
        mask: u32,
        sink: &Sink,
        open: impl FnOnce() -> Vec<(String, Arc<Hold>)>,
    ) {
        {
            let mut ears = self.ears.lock();
            ears.mask = mask;
            ears.sink = (mask != 0).then(|| ears.sink.take().unwrap_or_else(|| Arc::clone(sink)));
        }
        for (database, hold) in open() {
            hold.listen(mask & PASSED, passing(&database, sink));
        }
    }

    /// The holder wants log messages. `open` as in [`Relay::listen`].
    pub(super) fn log_to(
        &self,
        level: &str,
        write: &WriteLog,
        open: impl FnOnce() -> Vec<(String, Arc<Hold>)>,
    ) {
        self.ears.lock().logs.push((level.to_owned(), Arc::clone(write)));
        for (_, hold) in open() {
            self.ears.lock().have_logged(&hold);
        }
    }

    /// Tells the holder of an event of polypool's own.
    pub(super) fn tell(&self, database: &str, name: &str, fields: impl FnOnce() -> RawDocumentBuf) {
        let ears = self.ears.lock();
        let Some(sink) = ears.sink.as_ref().filter(|_| ears.mask & Kind::Own.bit() != 0) else {
            return;
        };
        sink(Kind::Own, of_database(name, &fields(), database).into_bytes());
    }
}

impl Ears {
    /// Has a pool log to all, as far as it does not: it may have been opened a moment ago.
    fn have_logged(&self, hold: &Hold) {
        let known = hold.relayed_logs.swap(self.logs.len(), Ordering::Relaxed);
        for (level, write) in self.logs.iter().skip(known) {
            let write = Arc::clone(write);
            hold.log_to(level, move |record| write(record));
        }
    }
}

/// Passes events on, polypool's own under the name that they have here.
fn passing(database: &str, sink: &Sink) -> Sink {
    let (database, sink) = (database.to_owned(), Arc::clone(sink));
    Arc::new(move |kind, bytes| match kind {
        Kind::Own => {
            let read = RawDocument::from_bytes(&bytes).ok().and_then(|record| {
                Some((record.get_str("name").ok()?, record.get_document("fields").ok()?))
            });
            if let Some((name, fields)) = read {
                sink(kind, of_database(name_here(name), fields, &database).into_bytes());
            }
        }
        _ => sink(kind, bytes),
    })
}

/// Whether the pool is connected is not for a database of its own to say.
fn name_here(name: &str) -> &str {
    match name {
        "connected" => "databaseConnected",
        "disconnected" => "databaseDisconnected",
        "reconnected" => "databaseReconnected",
        other => other,
    }
}

fn of_database(name: &str, fields: &RawDocument, database: &str) -> RawDocumentBuf {
    let mut fields = fields.to_owned();
    fields.append(cstr!("database"), database);
    own_record(name, fields)
}
