//! What runs, counted by database. It knows names and numbers, not what an operation does.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use bson::{RawDocumentBuf, cstr};
use parking_lot::Mutex;

use super::count;

/// Databases that are counted by name. The operations of those that come after them are counted
/// together, so that names out of requests can't fill the memory.
const NAMED: usize = 1_000;

/// Of one database, or of those without a count of their own.
#[derive(Debug, Default)]
pub(in crate::pool) struct Tally {
    /// Submitted and not ended.
    in_flight: AtomicU32,
    /// All that were ever submitted.
    total: AtomicU64,
}

impl Tally {
    /// Counts one operation until what this gives is dropped.
    pub(in crate::pool) fn begin(self: &Arc<Self>) -> Underway {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
        Underway(Arc::clone(self))
    }

    /// How many are under way, and how many there have been.
    pub(super) fn counts(&self) -> (u32, u64) {
        (self.in_flight.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
}

/// An operation while it is counted as in flight.
pub(in crate::pool) struct Underway(Arc<Tally>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The operations of a pool.
#[derive(Debug, Default)]
pub(in crate::pool) struct Operations {
    /// The first [`NAMED`] databases that were used.
    by_database: Mutex<HashMap<Box<str>, Arc<Tally>>>,
    /// All other databases.
    others: Arc<Tally>,
    /// Commands that were sent a second time.
    retries: AtomicU64,
}

impl Operations {
    /// The count of a database.
    pub(in crate::pool) fn of(&self, database: &str) -> Arc<Tally> {
        let mut by_database = self.by_database.lock();
        if let Some(tally) = by_database.get(database) {
            return Arc::clone(tally);
        }
        if by_database.len() >= NAMED {
            return Arc::clone(&self.others);
        }
        let tally = Arc::default();
        by_database.insert(database.into(), Arc::clone(&tally));
        tally
    }

    /// Takes note of a command that is sent again.
    pub(in crate::pool) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// `{ inFlight, total, retries, byDatabase: { name: { inFlight, total } }, others? }`.
    pub(super) fn record(&self) -> RawDocumentBuf {
        let mut in_flight = 0;
        let mut total = 0;
        let mut tell = |tally: &Tally| {
            let (now, ever) = tally.counts();
            in_flight += u64::from(now);
            total += ever;
            let mut record = RawDocumentBuf::new();
            record.append(cstr!("inFlight"), count(now.into()));
            record.append(cstr!("total"), count(ever));
            (ever, record)
        };
        let mut named = RawDocumentBuf::new();
        for (database, tally) in &*self.by_database.lock() {
            // A name with a zero byte is no database's, and can't be told.
            if let Ok(name) = bson::raw::CString::try_from(database.as_ref()) {
                named.append(&name, tell(tally).1);
            }
        }
        let (others, rest) = tell(&self.others);
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("inFlight"), count(in_flight));
        record.append(cstr!("total"), count(total));
        record.append(cstr!("retries"), count(self.retries.load(Ordering::Relaxed)));
        record.append(cstr!("byDatabase"), named);
        if others > 0 {
            record.append(cstr!("others"), rest);
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_an_operation_as_in_flight_until_it_has_ended() {
        let operations = Operations::default();
        let first = operations.of("a").begin();
        let _second = operations.of("a").begin();
        drop(operations.of("b").begin());
        drop(first);
        operations.retried();
        let record = operations.record();
        let at = |path: &[&str]| {
            let (last, outer) = path.split_last().unwrap();
            let document = outer.iter().fold(&*record, |d, name| d.get_document(name).unwrap());
            document.get_i64(last).unwrap()
        };
        assert_eq!([at(&["inFlight"]), at(&["total"]), at(&["retries"])], [1, 3, 1]);
        assert_eq!(at(&["byDatabase", "a", "inFlight"]), 1);
        assert_eq!(at(&["byDatabase", "b", "total"]), 1);
        assert!(record.get_document("others").is_err());
    }

    #[test]
    fn counts_databases_beyond_the_limit_together() {
        let operations = Operations::default();
        for number in 0..NAMED + 5 {
            drop(operations.of(&format!("tenant{number}")).begin());
        }
        let record = operations.record();
        assert_eq!(record.get_document("byDatabase").unwrap().into_iter().count(), NAMED);
        let others = record.get_document("others").unwrap();
        assert_eq!(others.get_i64("total").unwrap(), 5);
        assert_eq!(record.get_i64("total").unwrap(), i64::try_from(NAMED).unwrap() + 5);
    }
}
