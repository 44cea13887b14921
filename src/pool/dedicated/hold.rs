//! What a hold does by way of its dedicated pools. Which of them something belongs to, `Dedicated` knows.

use mongodb::options::DriverInfo;

use super::Visit;
use crate::{
    config,
    error::Error,
    pool::{Hold, execute::Operation},
};

impl Hold {
    /// Gives databases pools of their own, or other settings.
    pub fn dedicate(&self, all: Vec<config::Dedicated>) {
        self.dedicated.set(all);
    }

    /// Has connections from now on name one more library to their servers.
    pub fn append_metadata(&self, info: &DriverInfo) {
        // First where a pool that is opened meanwhile looks.
        self.pool.append_metadata(info.clone());
        self.dedicated.append_metadata(info);
    }

    /// Whether the deployment of a session, or where that is 0 of a database, knows retryable writes;
    /// nothing while no server is known.
    pub fn has_retryable_writes(&self, session: u32, database: impl AsRef<str>) -> Option<bool> {
        if session != 0 {
            return self.with_session(session, |hold| hold.pool.has_retryable_writes());
        }
        match self.place_of(database.as_ref()).ok()? {
            Some(elsewhere) => elsewhere.hold().pool.has_retryable_writes(),
            None => self.pool.has_retryable_writes(),
        }
    }

    /// The dedicated pool that an operation belongs to, if it is not this one.
    pub(in crate::pool) fn elsewhere(&self, operation: &Operation) -> Result<Option<Visit>, Error> {
        self.dedicated.route(self, operation)
    }

    /// Does something with the hold that has a session: this one, or a dedicated one.
    pub(in crate::pool) fn with_session<T>(&self, handle: u32, act: impl FnOnce(&Hold) -> T) -> T {
        self.with(|hold| hold.session(handle).is_ok(), act)
    }

    /// Does something with the hold that has a cursor.
    pub(in crate::pool) fn with_cursor<T>(&self, handle: u32, act: impl FnOnce(&Hold) -> T) -> T {
        self.with(|hold| hold.cursors.has(handle), act)
    }

    fn with<T>(&self, has: impl Fn(&Hold) -> bool, act: impl FnOnce(&Hold) -> T) -> T {
        if self.dedicated.is_empty() || has(self) {
            return act(self);
        }
        match self.dedicated.find(has) {
            Some(visit) => act(visit.hold()),
            None => act(self),
        }
    }

    /// What each of the dedicated holds gives.
    pub(in crate::pool) fn of_dedicated<T>(&self, get: impl Fn(&Hold) -> T) -> Vec<T> {
        self.dedicated.open().iter().map(|(_, hold)| get(hold)).collect()
    }

    /// The place of a database's operations, which opens its pool if it has one.
    pub(in crate::pool) fn place_of(&self, database: &str) -> Result<Option<Visit>, Error> {
        self.dedicated.database(database).map(|one| one.enter()).transpose()
    }
}
