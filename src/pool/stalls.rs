//! The connections that a pool's current client is opening, and whether they keep everybody waiting.
//! It is told; what follows from it, `refresh` does.

use std::time::{Duration, Instant};

use mongodb::{event::cmap::CmapEvent, options::ServerAddress};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::resilience::stall::{Pending, Spacing};

/// A connection, by the client's number, its server and its number there.
type Key = (u32, ServerAddress, u32);

/// What a pool's clients are opening.
#[derive(Default)]
pub(super) struct Stalls {
    state: Mutex<State>,
    /// Wakes who watches.
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Of the client of this number; others do not count.
    watched: u32,
    pending: Pending<Key>,
    /// A connection was asked of a client that has been shut down.
    closed: bool,
    spacing: Option<Spacing>,
}

/// The crate's own limit is not to be outrun.
const GRACE: Duration = Duration::from_millis(250);

impl Stalls {
    /// Takes in what the client of this number says of its connections.
    pub(super) fn observe(&self, number: u32, event: &CmapEvent) {
        let (address, id, begins) = match event {
            CmapEvent::ConnectionCreated(event) => (&event.address, event.connection_id, true),
            CmapEvent::ConnectionReady(event) => (&event.address, event.connection_id, false),
            CmapEvent::ConnectionClosed(event) => (&event.address, event.connection_id, false),
            _ => return,
        };
        let mut state = self.state.lock();
        if state.watched != number {
            return;
        }
        let key = (number, address.clone(), id);
        if !begins {
            state.pending.end(&key);
        } else if state.pending.begin(key, Instant::now()) {
            self.changed.notify_one();
        }
    }

    /// From here on the client of this number is watched.
    pub(super) fn watch(&self, number: u32) {
        let mut state = self.state.lock();
        state.watched = number;
        state.pending = Pending::default();
        state.closed = false;
    }

    /// A connection was asked of a client that has been shut down.
    pub(super) fn closed(&self) {
        self.state.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits until a connection has been opening for longer than `limit`, if there is one, or was asked
    /// of a client that has been shut down.
    pub(super) async fn stalled(&self, limit: Option<Duration>) {
        while !self.is_stalled(limit) {
            let changed = self.changed.notified();
            match self.overdue(limit) {
                None => changed.await,
                Some(at) => {
                    let _ = tokio::time::timeout_at(at.into(), changed).await;
                }
            }
        }
    }

    /// Whether one has been, or was.
    pub(super) fn is_stalled(&self, limit: Option<Duration>) -> bool {
        self.state.lock().closed || self.overdue(limit).is_some_and(|at| at <= Instant::now())
    }

    /// When the oldest connection that is opening has been that for too long.
    fn overdue(&self, limit: Option<Duration>) -> Option<Instant> {
        Some(self.state.lock().pending.oldest()? + limit? + GRACE)
    }

    /// How long a replacement for that has to wait; `shortest` is the least that is between two.
    pub(super) fn spacing(&self, shortest: Duration, now: Instant) -> Option<Duration> {
        let mut state = self.state.lock();
        state.spacing.get_or_insert_with(|| Spacing::new(shortest)).wait(now)
    }

    /// There is one now.
    pub(super) fn note(&self, now: Instant) {
        if let Some(spacing) = &mut self.state.lock().spacing {
            spacing.note(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than anything takes, unless it never ends.
    const LONG: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_client_that_was_shut_down_is_stuck_at_once_whatever_the_limit_and_until_the_next() {
        for limit in [None, Some(Duration::from_hours(1))] {
            let stalls = Stalls::default();
            stalls.watch(1);
            let stalled = stalls.stalled(limit);
            tokio::pin!(stalled);
            assert!(futures_util::poll!(&mut stalled).is_pending());
            stalls.closed();
            assert!(tokio::time::timeout(LONG, stalled).await.is_ok(), "{limit:?}");
            assert!(stalls.is_stalled(limit));
            stalls.watch(2);
            assert!(!stalls.is_stalled(limit));
        }
    }

    #[tokio::test]
    async fn a_client_that_is_shut_down_while_connections_are_opening_is_stuck_at_once() {
        let stalls = Stalls::default();
        let key = (0, ServerAddress::default(), 1);
        stalls.state.lock().pending.begin(key, Instant::now());
        let stalled = stalls.stalled(Some(Duration::from_hours(1)));
        tokio::pin!(stalled);
        assert!(futures_util::poll!(&mut stalled).is_pending());
        stalls.closed();
        assert!(tokio::time::timeout(LONG, stalled).await.is_ok());
    }

    #[test]
    fn a_connection_that_is_opening_without_a_limit_is_never_stuck() {
        let stalls = Stalls::default();
        let long_ago = Instant::now().checked_sub(LONG).unwrap();
        stalls.state.lock().pending.begin((0, ServerAddress::default(), 1), long_ago);
        assert!(!stalls.is_stalled(None));
        assert!(stalls.is_stalled(Some(Duration::from_secs(1))));
    }
}
