//! Databases that are served by a client of their own (`dbSpecific`): a holder's operations go to the
//! pool of their database, without the caller knowing. What began somewhere goes on there: a cursor
//! with the pool that opened it, a session with the pool of its first operation. Each is a whole pool,
//! with its own sizes, circuit and figures; how one works is not known here.

mod branch;
mod database;
mod hold;
mod record;
mod relay;
mod route;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bson::RawDocumentBuf;
use mongodb::options::DriverInfo;
use parking_lot::Mutex;

pub(super) use self::branch::Visit;
use self::{
    database::{Database, Family},
    relay::Relay,
};
use super::{
    Hold, Pool,
    events::Sink,
    execute::{Command, Operation},
    handles::Handles,
    log::OpenFiles,
    refresh::Reason,
};
use crate::{config, error::Error};

/// The dedicated pools of one holder.
pub(super) struct Dedicated {
    /// Whether there are any: looked at before anything else is.
    any: AtomicBool,
    /// What they have in common.
    family: Arc<Family>,
    /// Which there are. A database's own lock is taken after this one.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The databases, open or not.
    by_name: HashMap<String, Arc<Database>>,
    /// The holder has closed.
    ended: bool,
}

impl Dedicated {
    pub(super) fn new(
        pool: Arc<Pool>,
        shared: bool,
        handles: Arc<Handles>,
        files: Option<OpenFiles>,
        all: Vec<config::Dedicated>,
    ) -> Self {
        let relay = Relay::new(pool);
        let family = Family { shared, handles, files, relay, connects: AtomicU64::new(0) };
        let dedicated =
            Self { any: AtomicBool::new(false), family: Arc::new(family), state: Mutex::default() };
        dedicated.set(all);
        dedicated
    }

    /// Gives databases pools of their own, or other settings.
    pub(super) fn set(&self, all: Vec<config::Dedicated>) {
        let mut state = self.state.lock();
        if state.ended {
            return;
        }
        for settings in all {
            let name = settings.database.clone();
            let database = if let Some(known) = state.by_name.get(&name) {
                known.configure(settings);
                Arc::clone(known)
            } else {
                let database = Database::new(settings, &self.family);
                state.by_name.insert(name, Arc::clone(&database));
                database
            };
            if database.is_eager() {
                database.connect_soon();
            }
        }
        self.any.store(!state.by_name.is_empty(), Ordering::Release);
    }

    fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    fn database(&self, name: &str) -> Option<Arc<Database>> {
        if self.is_empty() { None } else { self.state.lock().by_name.get(name).cloned() }
    }

    fn databases(&self) -> Vec<Arc<Database>> {
        if self.is_empty() {
            return Vec::new();
        }
        self.state.lock().by_name.values().map(Arc::clone).collect()
    }

    /// The pool that has something, if one has.
    fn find(&self, has: impl Fn(&Hold) -> bool) -> Option<Visit> {
        if self.is_empty() {
            return None;
        }
        self.state.lock().by_name.values().find_map(|database| database.find(&has))
    }

    /// All that are open, with the names of their databases.
    fn open(&self) -> Vec<(String, Arc<Hold>)> {
        let mut open = Vec::new();
        for database in self.databases() {
            open.extend(database.holds().into_iter().map(|hold| (database.name.clone(), hold)));
        }
        open
    }

    /// The pool that an operation belongs to; nothing if that is the holder's own.
    ///
    /// # Errors
    /// When no one pool can do it.
    fn route(&self, hold: &Hold, operation: &Operation) -> Result<Option<Visit>, Error> {
        if self.is_empty() {
            return Ok(None);
        }
        match operation {
            Operation::Command(command)
            | Operation::OpenCursor(command)
            | Operation::Connect(command) => match command.session {
                Some(session) => self.route_in_session(hold, session, command),
                None => self.route_command(hold, command),
            },
            Operation::GetMore(cursor, _)
            | Operation::TakeText(cursor)
            | Operation::KillCursor(cursor) => {
                let has = |hold: &Hold| hold.cursors.has(*cursor);
                Ok(if has(hold) { None } else { self.find(has) })
            }
            Operation::ReadLines(_) | Operation::Refresh | Operation::Panic => Ok(None),
        }
    }

    fn route_command(&self, hold: &Hold, command: &Command) -> Result<Option<Visit>, Error> {
        let names = route::databases(command);
        let mut places = names.iter().map(|name| self.database(name));
        let first = places.next().flatten();
        let is_first = |place: &Option<Arc<Database>>| match (&first, place) {
            (Some(first), Some(place)) => Arc::ptr_eq(first, place),
            (first, place) => first.is_none() && place.is_none(),
        };
        if places.all(|place| is_first(&place)) {
            return first.map(|database| database.enter()).transpose();
        }
        // Several databases in one command: the holder's own client, if it reaches all of them.
        for name in &names {
            if let Some(database) = self.database(name)
                && !route::reaches(&hold.pool, &database.config())
            {
                return Err(apart("The client of a command on several databases", name));
            }
        }
        Ok(None)
    }

    /// A session stays with the client that it began on, which does the rest of its work, too, as far
    /// as that is within reach.
    fn route_in_session(
        &self,
        hold: &Hold,
        session: u32,
        command: &Command,
    ) -> Result<Option<Visit>, Error> {
        let has = |hold: &Hold| hold.session(session).is_ok();
        let owner = if has(hold) { None } else { self.find(has) };
        if route::is_of_session(command) {
            return Ok(owner);
        }
        let pool = owner.as_ref().map_or(&hold.pool, |visit| &visit.hold().pool);
        for name in route::databases(command) {
            let place = self.database(name);
            let is_at_home = match (&owner, &place) {
                (None, None) => true,
                (Some(owner), Some(place)) => place.is_of(owner),
                _ => false,
            };
            let is_reached = is_at_home
                || match &place {
                    Some(place) => route::reaches(pool, &place.config()),
                    None => route::reaches(pool, &hold.pool.config),
                };
            if !is_reached {
                return Err(apart("The client that the session began on", name));
            }
        }
        Ok(owner)
    }

    /// Gives them new clients, each when that has connected.
    pub(super) async fn refresh(&self) -> Result<(), Error> {
        for (_, hold) in self.open() {
            match hold.pool.refresh(Reason::Request).await {
                // It was closed meanwhile, as nobody used it.
                Err(Error::Closed) | Ok(()) => {}
                failed => return failed,
            }
        }
        Ok(())
    }

    /// Ends them all: what runs fails with `why`.
    pub(super) async fn close(&self, why: &Error) {
        let all = {
            let mut state = self.state.lock();
            state.ended = true;
            self.any.store(false, Ordering::Release);
            std::mem::take(&mut state.by_name)
        };
        let open: Vec<_> = all.values().flat_map(|database| database.end()).collect();
        // Boxed: a hold's end has this in it.
        let closing = open.iter().map(|hold| Box::pin(hold.close(why.clone())));
        futures_util::future::join_all(closing).await;
    }

    /// Has them name one more library to their servers.
    pub(super) fn append_metadata(&self, info: &DriverInfo) {
        for (_, hold) in self.open() {
            hold.pool.append_metadata(info.clone());
        }
    }

    /// The holder listens for these kinds.
    pub(super) fn listen(&self, mask: u32, sink: &Sink) {
        self.family.relay.listen(mask, sink, || self.open());
    }

    /// The holder wants log messages.
    pub(super) fn log_to(&self, level: &str, write: &Arc<dyn Fn(RawDocumentBuf) + Send + Sync>) {
        self.family.relay.log_to(level, write, || self.open());
    }
}

/// The error of what would have to be done by two clients. `what` does not reach the database.
fn apart(what: &str, database: &str) -> Error {
    Error::Configuration {
        class: "MongoInvalidArgumentError",
        message: format!(
            "{what} does not reach the database {database}, which by dbSpecific is on another \
             deployment or for another user"
        ),
    }
}
