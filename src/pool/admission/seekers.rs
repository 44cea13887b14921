//! Operations that wait for a server, before there is a place to wait for. It counts them; how many
//! there may be, `Admission` says.

use std::collections::HashMap;

/// Those that wait for a server.
#[derive(Default)]
pub(super) struct Seekers {
    all: usize,
    /// Of each database with some.
    by_database: HashMap<Box<str>, usize>,
}

impl Seekers {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all
    }

    /// How many of a database there are.
    pub(super) fn of(&self, database: &str) -> usize {
        self.by_database.get(database).copied().unwrap_or(0)
    }

    /// The databases with some, and how many.
    pub(super) fn by_database(&self) -> impl Iterator<Item = (&str, usize)> {
        self.by_database.iter().map(|(name, count)| (&**name, *count))
    }

    /// One begins to wait.
    pub(super) fn join(&mut self, database: &str) {
        self.all += 1;
        match self.by_database.get_mut(database) {
            Some(count) => *count += 1,
            None => drop(self.by_database.insert(database.into(), 1)),
        }
    }

    /// One waits no longer.
    pub(super) fn leave(&mut self, database: &str) {
        self.all -= 1;
        if let Some(count) = self.by_database.get_mut(database) {
            *count -= 1;
            if *count == 0 {
                self.by_database.remove(database);
            }
        }
    }
}
