//! One opening of a database's own pool, and whether it is used: by operations, and by cursors and
//! sessions that are open. It does not know when it is to be closed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::pool::Hold;

/// An opening.
pub(super) struct Branch {
    /// The hold on the pool; it has no dedicated pools of its own.
    pub(super) hold: Arc<Hold>,
    /// Those who came, and have not left.
    visits: Mutex<Visits>,
    /// Another has taken its place: it ends when nobody uses it any more.
    leaving: AtomicBool,
    /// Wakes its keeper when it may be time to end it, or when it is gone.
    pub(super) changed: Arc<Notify>,
}

struct Visits {
    /// How many there are.
    count: usize,
    /// When the last one came or left.
    last: Instant,
}

/// Somebody who does something with a branch, which is not closed meanwhile.
pub(in crate::pool) struct Visit {
    branch: Arc<Branch>,
}

impl Branch {
    pub(super) fn new(hold: Arc<Hold>) -> Arc<Self> {
        Arc::new(Self {
            hold,
            visits: Mutex::new(Visits { count: 0, last: Instant::now() }),
            leaving: AtomicBool::new(false),
            changed: Arc::default(),
        })
    }

    /// Whoever gets it must know, by the lock of its database, that it is not being closed.
    pub(super) fn visit(self: &Arc<Self>) -> Visit {
        let mut visits = self.visits.lock();
        visits.count += 1;
        visits.last = Instant::now();
        Visit { branch: Arc::clone(self) }
    }

    /// Since when nobody uses it; nothing while somebody does.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let visits = self.visits.lock();
        (visits.count == 0 && !self.hold.is_used()).then_some(visits.last)
    }

    /// When it was last used.
    pub(super) fn last_use(&self) -> Instant {
        self.visits.lock().last
    }

    /// It ends when nobody uses it any more.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Another has taken its place.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }
}

impl Drop for Branch {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

impl Visit {
    /// The hold there.
    pub(in crate::pool) fn hold(&self) -> &Arc<Hold> {
        &self.branch.hold
    }

    /// Whether both are to the same opening.
    pub(super) fn is_to(&self, branch: &Arc<Branch>) -> bool {
        Arc::ptr_eq(&self.branch, branch)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut visits = self.branch.visits.lock();
        visits.count -= 1;
        visits.last = Instant::now();
        drop(visits);
        if self.branch.is_leaving() {
            self.branch.changed.notify_one();
        }
    }
}
