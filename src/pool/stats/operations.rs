//! What runs, counted by database. It knows names and numbers, not what an operation does.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Instant,
};

use bson::{RawDocumentBuf, cstr};
use parking_lot::Mutex;

use super::{count, waits::Waits};

/// Databases that are counted by name: those used last. The operations of the others are counted
/// together, so that names out of requests can't fill the memory, nor whatever reads the figures.
const NAMED: usize = 1_000;

/// How many of them lose their names at once to make room: looking for them takes a while.
const FORGOTTEN: usize = NAMED / 4;

/// Of one database, or of those without a count of their own.
#[derive(Debug, Default)]
pub(in crate::pool) struct Tally {
    /// Submitted and not ended.
    in_flight: AtomicU32,
    /// All that were ever submitted.
    total: AtomicU64,
    /// Those that ended with an error.
    failed: AtomicU64,
    /// How long those took that have ended lately; made by the first.
    times: Mutex<Option<Box<Waits>>>,
}

impl Tally {
    /// Counts one operation until what this gives is dropped.
    pub(in crate::pool) fn begin(self: &Arc<Self>) -> Underway {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
        Underway { tally: Arc::clone(self), failed: true }
    }

    /// How many are under way, and how many there have been.
    pub(super) fn counts(&self) -> (u32, u64) {
        (self.in_flight.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    fn failures(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Takes in what was counted of a database that loses its name.
    fn take_in(&self, other: &Self) {
        self.total.fetch_add(other.counts().1, Ordering::Relaxed);
        self.failed.fetch_add(other.failures(), Ordering::Relaxed);
        if let Some(times) = other.times.lock().take() {
            self.times.lock().get_or_insert_default().merge(&times, Instant::now());
        }
    }
}

/// An operation while it is counted as in flight.
pub(in crate::pool) struct Underway {
    tally: Arc<Tally>,
    /// It is to be counted as failed: one that was taken back is, as nobody says how it ended.
    failed: bool,
}

impl Underway {
    /// Being taken back is how it ends, and no failure.
    pub(in crate::pool) fn ending_unheard(mut self) -> Self {
        self.failed = false;
        self
    }

    /// Takes note of how it ended, and, of one that has `began` and waited for nothing that is yet to
    /// come, how long it took.
    pub(in crate::pool) fn ended(mut self, failed: bool, began: Option<Instant>) {
        self.failed = failed;
        if let Some(began) = began {
            let now = Instant::now();
            let took = now.saturating_duration_since(began);
            self.tally.times.lock().get_or_insert_default().add(took, now);
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if self.failed {
            self.tally.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.tally.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A database that is counted by name.
#[derive(Debug)]
struct Named {
    tally: Arc<Tally>,
    /// The turn in which it was last used.
    last_use: u64,
}

/// The databases that are counted by name.
#[derive(Debug, Default)]
struct Names {
    by_name: HashMap<Box<str>, Named>,
    /// How often one of them was used.
    turn: u64,
}

/// The operations of a pool.
#[derive(Debug, Default)]
pub(in crate::pool) struct Operations {
    /// The [`NAMED`] databases that were used last.
    names: Mutex<Names>,
    /// All other databases.
    others: Arc<Tally>,
    /// Commands that were sent a second time.
    retries: AtomicU64,
}

impl Operations {
    /// The count of a database, which is being used.
    pub(in crate::pool) fn of(&self, database: &str) -> Arc<Tally> {
        let mut names = self.names.lock();
        names.turn += 1;
        let turn = names.turn;
        if let Some(entry) = names.by_name.get_mut(database) {
            entry.last_use = turn;
            return Arc::clone(&entry.tally);
        }
        if names.by_name.len() >= NAMED && !names.forget(&self.others) {
            return Arc::clone(&self.others);
        }
        let tally = Arc::<Tally>::default();
        let entry = Named { tally: Arc::clone(&tally), last_use: turn };
        names.by_name.insert(database.into(), entry);
        tally
    }

    /// Takes note of a command that is sent again.
    pub(in crate::pool) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// The databases that are counted by name, and their counts. Every operation that begins waits for
    /// the lock, so nothing is made of them under it.
    fn named(&self) -> Vec<(Box<str>, Arc<Tally>)> {
        let names = self.names.lock();
        names.by_name.iter().map(|(name, one)| (name.clone(), Arc::clone(&one.tally))).collect()
    }

    /// `{ inFlight, total, failed, retries, byDatabase: { name: { inFlight, waiting, total, failed,
    /// timeMS? } }, others? }`. `waiting` has, of the databases where any do, how many operations wait.
    pub(super) fn record(
        &self,
        waiting: &BTreeMap<Box<str>, usize>,
        now: Instant,
    ) -> RawDocumentBuf {
        let (mut in_flight, mut total, mut failed) = (0, 0, 0);
        let mut tell = |tally: &Tally, waiting: usize| {
            let (running, ever) = tally.counts();
            in_flight += u64::from(running);
            total += ever;
            failed += tally.failures();
            let mut record = RawDocumentBuf::new();
            record.append(cstr!("inFlight"), count(running.into()));
            record.append(cstr!("waiting"), count(waiting as u64));
            record.append(cstr!("total"), count(ever));
            record.append(cstr!("failed"), count(tally.failures()));
            let times = tally.times.lock().as_ref().and_then(|times| times.record(now));
            if let Some(times) = times {
                record.append(cstr!("timeMS"), times);
            }
            (ever, record)
        };
        let mut named = RawDocumentBuf::new();
        let mut waiting_others: usize = waiting.values().sum();
        for (database, tally) in self.named() {
            // A name with a zero byte is no database's, and can't be told.
            if let Ok(name) = bson::raw::CString::try_from(database.as_ref()) {
                let waiting = waiting.get(&database).copied().unwrap_or(0);
                waiting_others -= waiting;
                named.append(&name, tell(&tally, waiting).1);
            }
        }
        let (others, rest) = tell(&self.others, waiting_others);
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("inFlight"), count(in_flight));
        record.append(cstr!("total"), count(total));
        record.append(cstr!("failed"), count(failed));
        record.append(cstr!("retries"), count(self.retries.load(Ordering::Relaxed)));
        record.append(cstr!("byDatabase"), named);
        if others > 0 {
            record.append(cstr!("others"), rest);
        }
        record
    }
}

impl Names {
    /// Has those counted among `others` that were not used for longest, of those that nothing is being
    /// counted of. False when there are none.
    fn forget(&mut self, others: &Tally) -> bool {
        let idle = |named: &Named| Arc::strong_count(&named.tally) == 1;
        let mut turns: Vec<u64> =
            self.by_name.values().filter(|named| idle(named)).map(|named| named.last_use).collect();
        if turns.is_empty() {
            return false;
        }
        let last = (FORGOTTEN - 1).min(turns.len() - 1);
        let (_, oldest, _) = turns.select_nth_unstable(last);
        let limit = *oldest;
        self.by_name.retain(|_, named| {
            let is_kept = !idle(named) || named.last_use > limit;
            if !is_kept {
                others.take_in(&named.tally);
            }
            is_kept
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bson::RawDocument;

    use super::*;

    fn at(record: &RawDocument, path: &[&str]) -> i64 {
        let (last, outer) = path.split_last().unwrap();
        let document = outer.iter().fold(record, |d, name| d.get_document(name).unwrap());
        document.get_i64(last).unwrap()
    }

    fn names(record: &RawDocument) -> Vec<&str> {
        let named = record.get_document("byDatabase").unwrap().into_iter();
        named.map(|element| element.unwrap().0.as_str()).collect()
    }

    #[test]
    fn counts_an_operation_as_in_flight_until_it_has_ended() {
        let operations = Operations::default();
        let first = operations.of("a").begin();
        let _second = operations.of("a").begin();
        drop(operations.of("b").begin());
        drop(first);
        operations.retried();
        let record = operations.record(&BTreeMap::new(), Instant::now());
        let at = |path: &[&str]| at(&record, path);
        assert_eq!([at(&["inFlight"]), at(&["total"]), at(&["retries"])], [1, 3, 1]);
        assert_eq!(at(&["byDatabase", "a", "inFlight"]), 1);
        assert_eq!(at(&["byDatabase", "b", "total"]), 1);
        assert!(record.get_document("others").is_err());
    }

    #[test]
    fn says_of_each_database_how_many_wait_and_of_those_without_a_name_together() {
        let operations = Operations::default();
        let _running = operations.of("a").begin();
        let _other = operations.others.begin();
        let waiting = [("a", 2), ("forgotten", 3)].map(|(name, count)| (name.into(), count));
        let record = operations.record(&BTreeMap::from(waiting), Instant::now());
        assert_eq!(at(&record, &["byDatabase", "a", "waiting"]), 2);
        assert_eq!(at(&record, &["others", "waiting"]), 3);
    }

    #[test]
    fn says_of_each_database_what_failed_and_how_long_the_rest_took() {
        let operations = Operations::default();
        let began = Instant::now().checked_sub(Duration::from_millis(20)).unwrap();
        operations.of("a").begin().ended(false, Some(began));
        operations.of("a").begin().ended(true, Some(began));
        operations.of("b").begin().ended(true, None);
        let record = operations.record(&BTreeMap::new(), Instant::now());
        assert_eq!(at(&record, &["failed"]), 2);
        assert_eq!(at(&record, &["byDatabase", "a", "failed"]), 1);
        assert_eq!(at(&record, &["byDatabase", "a", "timeMS", "count"]), 2);
        let a = record.get_document("byDatabase").unwrap().get_document("a").unwrap();
        assert!(a.get_document("timeMS").unwrap().get_f64("p50").unwrap() >= 20.0);
        let b = record.get_document("byDatabase").unwrap().get_document("b").unwrap();
        assert!(b.get_document("timeMS").is_err(), "nothing is known of its times");
    }

    #[test]
    fn names_the_databases_that_were_used_last_and_counts_the_others_together() {
        let operations = Operations::default();
        let running = operations.of("tenant0").begin();
        for number in 1..NAMED {
            let underway = operations.of(&format!("tenant{number}")).begin();
            underway.ended(number == 2, Some(Instant::now()));
        }
        drop(operations.of("tenant1").begin());
        drop(operations.of("another").begin());
        let record = operations.record(&BTreeMap::new(), Instant::now());
        let named = names(&record);
        assert_eq!(named.len(), NAMED - FORGOTTEN + 1);
        for name in ["tenant0", "tenant1", "another", "tenant999"] {
            assert!(named.contains(&name), "{name}");
        }
        assert!(!named.contains(&"tenant2"));
        assert_eq!(at(&record, &["others", "total"]), i64::try_from(FORGOTTEN).unwrap());
        assert_eq!(at(&record, &["others", "failed"]), 1);
        assert_eq!(at(&record, &["total"]), i64::try_from(NAMED).unwrap() + 2);
        drop(running);
    }

    #[test]
    fn counts_databases_beyond_the_limit_together_while_all_are_in_use() {
        let operations = Operations::default();
        let name = |number: usize| format!("tenant{number}");
        let all: Vec<_> = (0..NAMED + 5).map(|number| operations.of(&name(number))).collect();
        let underway: Vec<_> = all.iter().map(Tally::begin).collect();
        let record = operations.record(&BTreeMap::new(), Instant::now());
        assert_eq!(names(&record).len(), NAMED);
        assert_eq!(at(&record, &["others", "total"]), 5);
        assert_eq!(at(&record, &["inFlight"]), i64::try_from(NAMED).unwrap() + 5);
        drop(underway);
    }

    #[test]
    fn counts_one_that_was_taken_back_as_failed() {
        let operations = Operations::default();
        drop(operations.of("a").begin());
        operations.of("a").begin().ended(false, None);
        assert_eq!(at(&operations.record(&BTreeMap::new(), Instant::now()), &["failed"]), 1);
    }
}
