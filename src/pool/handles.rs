//! The handles that JS knows cursors and sessions by. A holder's dedicated pools draw theirs from the
//! same numbers, so that one names a cursor wherever it is. It does not know what they stand for.

use std::sync::atomic::{AtomicU32, Ordering};

/// The last handles given out. They start at 1; 0 on the boundary means that there is none.
#[derive(Debug, Default)]
pub(super) struct Handles {
    cursors: AtomicU32,
    sessions: AtomicU32,
}

impl Handles {
    /// That of one more cursor.
    pub(super) fn cursor(&self) -> u32 {
        self.cursors.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// That of one more session.
    pub(super) fn session(&self) -> u32 {
        self.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }
}
