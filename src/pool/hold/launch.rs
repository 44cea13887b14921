//! A holder's operations under way: how one starts and ends, and what takes it back. What an operation
//! does is `execute.rs`'s business, and how its task is told of things `flight.rs`'s.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;

use super::Hold;
use crate::{
    error::Error,
    pool::{
        deadline::{self, Deadline},
        dedicated::Visit,
        execute::{self, Operation},
        flight::{Flight, Note, Settle},
    },
};

/// Operations under way, by the key their submitter gave them.
pub(super) struct Flights {
    /// No more are taken.
    pub(super) closed: bool,
    /// Those that have not landed.
    pub(super) by_key: HashMap<u64, Arc<Flight>>,
}

impl Hold {
    /// Starts `operation` on the current runtime. `settle` is called exactly once, also when the
    /// operation panics or is taken back. `key` names it for [`Hold::abort`]; `timeout` is what it may
    /// take from now on.
    pub fn launch(
        self: &Arc<Self>,
        key: u64,
        operation: Operation,
        timeout: Option<Duration>,
        settle: Settle,
    ) {
        match self.elsewhere(&operation) {
            Ok(None) => self.launch_here(key, operation, timeout, settle, None),
            Ok(Some(elsewhere)) => {
                let hold = Arc::clone(elsewhere.hold());
                hold.launch_here(key, operation, timeout, settle, Some(elsewhere));
            }
            Err(error) => settle(Err(error)),
        }
    }

    /// The same on this very hold, which `visit` keeps open.
    fn launch_here(
        self: &Arc<Self>,
        key: u64,
        operation: Operation,
        timeout: Option<Duration>,
        settle: Settle,
        visit: Option<Visit>,
    ) {
        let flight = Flight::new(self.number, timeout.map(Deadline::start), settle);
        {
            let mut flights = self.flights.lock();
            if flights.closed {
                drop(flights);
                flight.settle(Err(Error::Closed));
                return;
            }
            flights.by_key.insert(key, Arc::clone(&flight));
        }
        if matches!(operation, Operation::Connect(_)) {
            flight.greets();
        }
        if self.notes {
            flight.note(self.describe(&operation));
        }
        let underway = self.pool.stats.begin(&operation, &self.cursors);
        let flown = Arc::clone(&flight);
        let landing = Landing { hold: Arc::clone(self), key, flight: flown, _visit: visit };
        let began = Instant::now();
        let slow = self.logs.slow_after().map(|after| (after, operation.name()));
        let timed = self.is_timed(&operation).then_some(began);
        flight.carry(async move {
            let run = AssertUnwindSafe(execute::execute(&landing.hold, operation)).catch_unwind();
            let run = pin!(run);
            let late = |error| {
                landing.hold.pool.circuit.missed(&landing.flight);
                landing.hold.pool.events.interrupted(landing.flight.request(), &error);
                landing.flight.settle(Err(error));
            };
            let outcome = landing.flight.within_deadline(run, late).await;
            let failed = landing.flight.was_refused()
                || outcome.as_ref().is_none_or(|run| !matches!(run, Ok(Ok(_))));
            if let Some(underway) = underway {
                underway.ended(failed, timed);
            }
            if let Some((after, Some(name))) = slow
                && began.elapsed() >= after
            {
                landing.hold.logs.slow(&name, began.elapsed(), failed);
            }
            let Some(outcome) = outcome else { return };
            let outcome = outcome.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            let is_heard = landing.flight.settle(outcome.map_err(deadline::told_apart));
            if !is_heard && let Some(cursor) = landing.flight.opened() {
                landing.hold.cursors.abandon(cursor);
            }
        });
    }

    /// Whether it says something of the servers how long an operation takes: not of one that waits for
    /// what is yet to come, or asks no server.
    fn is_timed(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Command(_) | Operation::OpenCursor(_) => true,
            Operation::GetMore(cursor, _) => !self.cursors.awaits(*cursor),
            _ => false,
        }
    }

    /// What an operation is, for whoever asks why it takes so long. One that waits for what is yet to
    /// come may take any time.
    fn describe(&self, operation: &Operation) -> Option<Note> {
        let (database, command) = match operation {
            Operation::Command(command) | Operation::OpenCursor(command) => {
                (command.database.clone(), command.name().to_owned())
            }
            Operation::GetMore(cursor, _) => (self.cursors.reads(*cursor)?, "getMore".to_owned()),
            _ => return None,
        };
        Some(Note { since: Instant::now(), database, command })
    }

    /// Operations that have been under way since before `limit`, if they are noted.
    pub(in crate::pool) fn overdue_operations(&self, limit: Instant) -> Vec<(u64, Note)> {
        let flights = self.flights.lock();
        let all = flights.by_key.iter();
        let notes = all.filter_map(|(key, flight)| Some((*key, flight.noted()?.clone())));
        notes.filter(|(_, note)| note.since <= limit).collect()
    }

    /// Takes an operation back: its waiter is told at once.
    pub fn abort(&self, key: u64) {
        let flight = self.flights.lock().by_key.get(&key).cloned();
        match flight {
            Some(flight) => self.interrupt(&flight, Error::Aborted),
            None => drop(self.of_dedicated(|hold| hold.abort(key))),
        }
    }

    /// What the flight's command has become is told before its waiter is.
    pub(super) fn interrupt(&self, flight: &Flight, error: Error) {
        self.pool.events.interrupted(flight.request(), &error);
        flight.interrupt(error);
    }

    /// Everything under way.
    #[cfg(test)]
    pub(in crate::pool) fn flights(&self) -> usize {
        self.flights.lock().by_key.len()
    }

    /// Whether anybody waits for an operation, or to connect.
    pub(super) fn is_awaited(&self) -> bool {
        self.flights.lock().by_key.values().any(|flight| !flight.is_settled())
    }

    /// Operations under way that a drain waits for. Not those that wait for what is yet to come: these end
    /// when their cursor is closed and not before.
    pub fn in_flight(&self) -> usize {
        let flights = {
            let flights = self.flights.lock();
            flights.by_key.values().filter(|flight| !flight.is_greeting()).count()
        };
        let own = flights.saturating_sub(self.cursors.waiting());
        own + self.of_dedicated(Self::in_flight).into_iter().sum::<usize>()
    }
}

/// Ends a flight however its task ends: finished, panicked or cancelled.
struct Landing {
    /// Whose operation it is.
    hold: Arc<Hold>,
    /// Its key among the hold's.
    key: u64,
    /// Its shared state.
    flight: Arc<Flight>,
    /// Keeps the hold open if it is a dedicated one: until it has landed, and no longer than its task.
    _visit: Option<Visit>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut flights = self.hold.flights.lock();
        // The key may be a later flight's by now: the waiter of this one was answered before.
        if flights.by_key.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.by_key.remove(&self.key);
        }
        drop(flights);
        self.flight.settle(Err(Error::Interrupted));
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    Error::Internal(format!("An operation failed inside polypool: {message}"))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::{config::Config, pool::execute::Reply};

    fn hold() -> Arc<Hold> {
        let options = bson::doc! { "serverSelectionTimeoutMS": 60_000 };
        Hold::open(Config::resolve("mongodb://127.0.0.1:1", &options).unwrap(), false).unwrap()
    }

    fn launch(
        hold: &Arc<Hold>,
        key: u64,
        operation: Operation,
    ) -> mpsc::Receiver<Result<Reply, Error>> {
        let (sender, outcomes) = mpsc::channel();
        hold.launch(key, operation, None, Box::new(move |outcome| drop(sender.send(outcome))));
        outcomes
    }

    #[tokio::test]
    async fn answers_an_operation_that_panics() {
        let hold = hold();
        let outcomes = launch(&hold, 1, Operation::Panic);
        while !hold.flights.lock().by_key.is_empty() {
            tokio::task::yield_now().await;
        }
        let error = outcomes.try_recv().unwrap().unwrap_err();
        assert_eq!(error.class(), "PolyPoolInternalError");
        assert!(error.to_string().contains("injected"), "{error}");
    }

    #[tokio::test]
    async fn interrupts_what_is_under_way_when_it_is_closed() {
        let hold = hold();
        let ping = Operation::command("admin", bson::rawdoc! { "ping": 1 });
        let outcomes = launch(&hold, 1, ping);
        tokio::task::yield_now().await;
        hold.close(Error::Interrupted).await;
        assert!(matches!(outcomes.try_recv(), Ok(Err(Error::Interrupted))));
    }

    #[tokio::test]
    async fn ends_an_operation_at_its_deadline_wherever_it_is() {
        let hold = hold();
        let (sender, outcomes) = mpsc::channel();
        let ping = Operation::command("admin", bson::rawdoc! { "ping": 1 });
        let settle = Box::new(move |outcome| drop(sender.send(outcome)));
        hold.launch(1, ping, Some(Duration::from_millis(20)), settle);
        while !hold.flights.lock().by_key.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let outcome = outcomes.try_recv();
        assert!(
            matches!(outcome, Ok(Err(Error::OperationTimeout { limit_ms: 20 }))),
            "{outcome:?}"
        );
        hold.close(Error::Interrupted).await;
    }

    #[tokio::test]
    async fn refuses_operations_after_close() {
        let hold = hold();
        hold.close(Error::Interrupted).await;
        let outcomes = launch(&hold, 1, Operation::command("admin", bson::rawdoc! { "ping": 1 }));
        assert!(matches!(outcomes.try_recv(), Ok(Err(Error::Closed))));
    }

    #[tokio::test]
    async fn takes_one_operation_back_and_leaves_the_others() {
        let hold = hold();
        let ping = || Operation::command("admin", bson::rawdoc! { "ping": 1 });
        let (first, second) = (launch(&hold, 1, ping()), launch(&hold, 2, ping()));
        tokio::task::yield_now().await;
        hold.abort(1);
        assert!(matches!(first.try_recv(), Ok(Err(Error::Aborted))));
        assert!(second.try_recv().is_err());
        hold.close(Error::Interrupted).await;
    }
}
