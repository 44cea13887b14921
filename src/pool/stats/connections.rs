//! The connections of one server's pool, each with the state that the crate's events have put it in;
//! every figure is counted from these states. Pure: events and time are passed in. It knows neither
//! the crate's types nor who asks.
//!
//! The crate reports a connection's creation, then that it is ready, then checkouts and check-ins
//! in turn. One whose operation was dropped while it was being established is checked in without
//! having been checked out. A connection that was never ready is closed, too.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::waits::Waits;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is being established.
    Pending,
    /// Nobody uses it.
    Available,
    /// An operation has it, since then.
    InUse(Instant),
}

/// Why a connection was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Older than the last time the pool was cleared.
    Stale,
    /// Unused for `maxIdleTimeMS`.
    Idle,
    /// It failed, or could not be established.
    Error,
    /// Its operation was taken back while the server was at work.
    Dropped,
    /// The pool was closed.
    PoolClosed,
}

impl Reason {
    /// Every one, in the order of their counts.
    pub(super) const ALL: [Self; 5] =
        [Self::Stale, Self::Idle, Self::Error, Self::Dropped, Self::PoolClosed];
}

/// One server's connections, and what became of those before.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections {
    /// Those that are not closed, by the crate's number.
    by_id: HashMap<u32, State>,
    /// All that were ever begun.
    pub(super) created: u64,
    /// Those that are closed, by [`Reason`].
    closed: [u64; Reason::ALL.len()],
    /// Checkouts that have neither succeeded nor failed.
    pub(super) checking_out: u32,
    /// Checkouts that have succeeded.
    pub(super) checkouts: u64,
    /// Checkouts that have failed.
    pub(super) failed: u64,
    /// How often the pool was cleared.
    pub(super) cleared: u32,
    /// How long checkouts took, the wait for a place in the pool included.
    pub(super) waits: Waits,
    /// The server has left; what is in use is closed when it comes back.
    pub(super) ended: bool,
}

/// How many connections are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    /// See [`State::Pending`].
    pub(super) pending: u32,
    /// See [`State::Available`].
    pub(super) available: u32,
    /// See [`State::InUse`].
    pub(super) in_use: u32,
}

impl Connections {
    pub(super) fn created(&mut self, id: u32) {
        self.created += 1;
        self.by_id.insert(id, State::Pending);
    }

    pub(super) fn ready(&mut self, id: u32) {
        self.by_id.insert(id, State::Available);
    }

    pub(super) fn checkout_started(&mut self) {
        self.checking_out += 1;
    }

    /// `waited` since the operation asked for a place in the pool.
    pub(super) fn checked_out(&mut self, id: u32, waited: Duration, now: Instant) {
        self.by_id.insert(id, State::InUse(now));
        self.checking_out = self.checking_out.saturating_sub(1);
        self.checkouts += 1;
        self.waits.add(waited, now);
    }

    pub(super) fn checkout_failed(&mut self, waited: Duration, now: Instant) {
        self.checking_out = self.checking_out.saturating_sub(1);
        self.failed += 1;
        self.waits.add(waited, now);
    }

    pub(super) fn checked_in(&mut self, id: u32) {
        self.by_id.insert(id, State::Available);
    }

    pub(super) fn closed(&mut self, id: u32, reason: Reason) {
        self.by_id.remove(&id);
        self.closed[reason as usize] += 1;
    }

    /// Whoever waits for a connection now gets none, and is not always told.
    pub(super) fn pool_closed(&mut self) {
        self.checking_out = 0;
        self.ended = true;
    }

    /// How many are in which state now.
    pub(super) fn sizes(&self) -> Sizes {
        let mut sizes = Sizes::default();
        for state in self.by_id.values() {
            match state {
                State::Pending => sizes.pending += 1,
                State::Available => sizes.available += 1,
                State::InUse(_) => sizes.in_use += 1,
            }
        }
        sizes
    }

    /// How many were closed for a reason.
    pub(super) fn closed_for(&self, reason: Reason) -> u64 {
        self.closed[reason as usize]
    }

    /// Those that an operation has had since before `limit`, and since when.
    pub(super) fn in_use_since(&self, limit: Instant) -> impl Iterator<Item = (u32, Instant)> {
        self.by_id.iter().filter_map(move |(id, state)| match state {
            State::InUse(since) if *since <= limit => Some((*id, *since)),
            _ => None,
        })
    }

    /// True of one that is not closed.
    pub(super) fn has(&self, id: u32) -> bool {
        self.by_id.contains_key(&id)
    }

    /// True when there will be no more of it.
    pub(super) fn is_over(&self) -> bool {
        self.ended && self.by_id.is_empty()
    }

    /// Adds what another client's pool of the same server has.
    pub(super) fn merge(&mut self, other: &Self) {
        // Numbers of another client's connections may be the same; only the states are counted.
        let base = self.by_id.keys().max().map_or(0, |id| id + 1);
        let others = other.by_id.values().zip(base..);
        self.by_id.extend(others.map(|(state, id)| (id, *state)));
        self.created += other.created;
        for (own, others) in self.closed.iter_mut().zip(other.closed) {
            *own += others;
        }
        self.checking_out += other.checking_out;
        self.checkouts += other.checkouts;
        self.failed += other.failed;
        self.cleared += other.cleared;
        self.waits.merge(&other.waits, std::time::Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(pending: u32, available: u32, in_use: u32) -> Sizes {
        Sizes { pending, available, in_use }
    }

    /// One connection that was established and checked out.
    fn one_in_use() -> (Connections, Instant) {
        let (mut connections, now) = (Connections::default(), Instant::now());
        connections.checkout_started();
        connections.created(1);
        assert_eq!(connections.sizes(), sizes(1, 0, 0));
        connections.ready(1);
        connections.checked_out(1, Duration::from_millis(3), now);
        (connections, now)
    }

    #[test]
    fn follows_a_connection_from_its_creation_to_its_end() {
        let (mut connections, _) = one_in_use();
        assert_eq!((connections.sizes(), connections.checking_out), (sizes(0, 0, 1), 0));
        connections.checked_in(1);
        assert_eq!(connections.sizes(), sizes(0, 1, 0));
        connections.closed(1, Reason::Idle);
        assert_eq!(connections.sizes(), sizes(0, 0, 0));
        assert_eq!((connections.created, connections.closed_for(Reason::Idle)), (1, 1));
        assert_eq!(connections.closed_for(Reason::Error), 0);
    }

    #[test]
    fn counts_one_that_could_not_be_established_as_closed() {
        let (mut connections, now) = (Connections::default(), Instant::now());
        connections.checkout_started();
        connections.created(1);
        connections.closed(1, Reason::Error);
        connections.checkout_failed(Duration::from_millis(1), now);
        assert_eq!((connections.sizes(), connections.checking_out), (sizes(0, 0, 0), 0));
        assert_eq!((connections.failed, connections.closed_for(Reason::Error)), (1, 1));
    }

    #[test]
    fn has_one_available_that_nobody_waited_for_any_more() {
        let mut connections = Connections::default();
        connections.created(1);
        connections.ready(1);
        connections.checked_in(1);
        assert_eq!(connections.sizes(), sizes(0, 1, 0));
    }

    #[test]
    fn names_those_that_have_been_in_use_for_long() {
        let (connections, since) = one_in_use();
        let before = since.checked_sub(Duration::from_millis(1)).unwrap();
        assert_eq!(connections.in_use_since(before).count(), 0);
        assert_eq!(connections.in_use_since(since).collect::<Vec<_>>(), [(1, since)]);
    }

    #[test]
    fn forgets_who_waits_when_the_pool_is_closed_and_keeps_what_is_in_use() {
        let (mut connections, _) = one_in_use();
        connections.checkout_started();
        connections.pool_closed();
        assert_eq!((connections.sizes(), connections.checking_out), (sizes(0, 0, 1), 0));
        assert!(!connections.is_over());
        connections.closed(1, Reason::PoolClosed);
        assert!(connections.is_over());
    }

    #[test]
    fn adds_up_with_another_clients_of_the_same_numbers() {
        let (mut both, _) = one_in_use();
        let (mut other, _) = one_in_use();
        other.created(2);
        both.merge(&other);
        assert_eq!((both.sizes(), both.created), (sizes(1, 0, 2), 3));
    }
}
