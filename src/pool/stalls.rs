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

    /// Waits until a connection has been opening for longer than `limit`.
    pub(super) async fn stalled(&self, limit: Duration) {
        while !self.is_stalled(limit) {
            let oldest = self.state.lock().pending.oldest();
            match oldest {
                Some(since) => tokio::time::sleep_until((since + limit + GRACE).into()).await,
                None => self.changed.notified().await,
            }
        }
    }

    /// Whether one has.
    pub(super) fn is_stalled(&self, limit: Duration) -> bool {
        let state = self.state.lock();
        let oldest = state.pending.oldest();
        state.closed || oldest.is_some_and(|since| since.elapsed() >= limit + GRACE)
    }

    /// How long a replacement for that has to wait.
    pub(super) fn spacing(&self, limit: Duration, now: Instant) -> Option<Duration> {
        let mut state = self.state.lock();
        state.spacing.get_or_insert_with(|| Spacing::new(limit * 2)).wait(now)
    }

    /// There is one now.
    pub(super) fn note(&self, now: Instant) {
        if let Some(spacing) = &mut self.state.lock().spacing {
            spacing.note(now);
        }
    }
}
