//! What servers keep for nobody: cursors whose end they could not be told, and those that they may have
//! opened for a command whose answer never came, of which only the session is known. They are kept here
//! until `rounds` has told the servers, or for so long that these have ended them by themselves. It
//! knows what is left over and where, not what it was for.

mod rounds;

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mongodb::options::ServerAddress;
use parking_lot::Mutex;

use super::{Pool, generation::Generation, sessions::ServerSession};

/// How many of a kind are kept; more would be a flood, which the servers' own limits end.
const MOST: usize = 1_000;

/// For how long a server that is gone is waited for. One that comes back later has mostly been started
/// anew, and what it still keeps it ends after ten minutes.
const KEPT: Duration = Duration::from_mins(1);

/// How long the crate may take to tell a server of a cursor: for so long it is remembered that it was
/// left to do so. It waits for a connection to be free.
const DOUBTFUL: Duration = Duration::from_secs(30);

/// A cursor that nobody will read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LostCursor {
    /// The server that has it.
    pub(super) server: ServerAddress,
    /// Its database and collection.
    pub(super) namespace: String,
    /// The server's identifier.
    pub(super) id: i64,
}

/// A session in which a server may have opened a cursor that nobody has heard of. It is lent to nobody
/// meanwhile.
struct LostSession {
    server: ServerAddress,
    session: ServerSession,
}

/// What the servers of one client keep for nobody.
#[derive(Default)]
pub(super) struct Orphans {
    /// Whose they are; absent until the client is there.
    home: OnceLock<Home>,
    state: Mutex<State>,
    /// The servers don't let the client end what is in a session.
    refused: AtomicBool,
    /// Held by the round under way.
    turn: tokio::sync::Mutex<()>,
}

struct Home {
    pool: Weak<Pool>,
    generation: Weak<Generation>,
}

/// With each the time since when it is one.
#[derive(Default)]
struct State {
    /// Cursors of which the crate tells the server, if it can. Newest last.
    doubtful: VecDeque<(Instant, LostCursor)>,
    /// Servers the connections to which have been given up, until there are new ones.
    silent: HashSet<ServerAddress>,
    cursors: VecDeque<(Instant, LostCursor)>,
    sessions: VecDeque<(Instant, LostSession)>,
    /// A task makes rounds.
    is_tended: bool,
}

impl Orphans {
    /// Names whose they are, once that is there.
    pub(super) fn belong_to(&self, pool: &Weak<Pool>, generation: &Arc<Generation>) {
        let generation = Arc::downgrade(generation);
        // The client is new, so nothing has been set.
        let _ = self.home.set(Home { pool: Weak::clone(pool), generation });
    }

    /// Has the server told that nobody will read this cursor.
    pub(super) fn cursor(&self, cursor: LostCursor) {
        {
            let mut state = self.state.lock();
            if state.cursors.len() >= MOST {
                state.cursors.pop_front();
            }
            state.cursors.push_back((Instant::now(), cursor));
        }
        self.tend();
    }

    /// The crate is about to tell the server of this cursor, once, and without a word of how it went.
    pub(super) fn left_to_crate(&self, cursor: LostCursor) {
        let mut state = self.state.lock();
        if state.silent.contains(&cursor.server) {
            drop(state);
            return self.cursor(cursor);
        }
        let now = Instant::now();
        while state.doubtful.len() >= MOST
            || state.doubtful.front().is_some_and(|(since, _)| now - *since >= DOUBTFUL)
        {
            state.doubtful.pop_front();
        }
        state.doubtful.push_back((now, cursor));
    }

    /// The connections to a server have been given up, and with them what the crate had to say.
    pub(super) fn cleared(&self, server: &ServerAddress) {
        let found = {
            let mut state = self.state.lock();
            state.silent.insert(server.clone());
            let doubtful = std::mem::take(&mut state.doubtful);
            let now = Instant::now();
            let recent = doubtful.into_iter().filter(|(since, _)| now - *since < DOUBTFUL);
            let (lost, rest): (VecDeque<_>, _) =
                recent.partition(|(_, cursor)| cursor.server == *server);
            state.doubtful = rest;
            let found = !lost.is_empty();
            state.cursors.extend(lost);
            found
        };
        if found {
            self.tend();
        }
    }

    /// There are connections to a server again, or it is none of the client's any more.
    pub(super) fn heard_from(&self, server: &ServerAddress) {
        self.state.lock().silent.remove(server);
    }

    /// Has the server end all that it keeps in this session. Gives it back if that can't be.
    pub(super) fn session(
        &self,
        server: ServerAddress,
        session: ServerSession,
    ) -> Result<(), ServerSession> {
        {
            let mut state = self.state.lock();
            let is_refused = self.refused.load(Ordering::Relaxed) || self.home.get().is_none();
            if is_refused || state.sessions.len() >= MOST {
                return Err(session);
            }
            state.sessions.push_back((Instant::now(), LostSession { server, session }));
        }
        self.tend();
        Ok(())
    }

    /// How many sessions are here, where nobody can use them.
    pub(super) fn sessions(&self) -> usize {
        self.state.lock().sessions.len()
    }

    /// Gives its sessions up: their client ends.
    pub(super) fn dismiss(&self) {
        let sessions = std::mem::take(&mut self.state.lock().sessions);
        drop(sessions);
    }

    /// Has rounds made, unless they are.
    fn tend(&self) {
        let Some(home) = self.home.get() else { return };
        let Some(generation) = home.generation.upgrade() else { return };
        if std::mem::replace(&mut self.state.lock().is_tended, true) {
            return;
        }
        let pool = Weak::clone(&home.pool);
        crate::runtime::runtime().spawn(rounds::tend(pool, generation));
    }
}

impl State {
    /// Whether there is nothing to tell. Whoever asks makes no more rounds, then.
    fn is_done(&mut self) -> bool {
        self.is_tended = !(self.cursors.is_empty() && self.sessions.is_empty());
        !self.is_tended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(server: &str, id: i64) -> LostCursor {
        let server = ServerAddress::parse(server).unwrap();
        LostCursor { server, namespace: "d.c".to_owned(), id }
    }

    fn kept(orphans: &Orphans) -> Vec<i64> {
        orphans.state.lock().cursors.iter().map(|(_, cursor)| cursor.id).collect()
    }

    #[test]
    fn takes_over_what_the_crate_could_not_say_to_a_server() {
        let orphans = Orphans::default();
        orphans.left_to_crate(cursor("a:1", 1));
        orphans.left_to_crate(cursor("b:1", 2));
        assert_eq!(kept(&orphans), [0; 0]);
        orphans.cleared(&ServerAddress::parse("a:1").unwrap());
        assert_eq!(kept(&orphans), [1]);
        orphans.cleared(&ServerAddress::parse("a:1").unwrap());
        assert_eq!(kept(&orphans), [1], "it is taken over once");
    }

    #[test]
    fn leaves_the_crate_nothing_to_say_to_a_server_without_connections() {
        let orphans = Orphans::default();
        let server = ServerAddress::parse("a:1").unwrap();
        orphans.cleared(&server);
        orphans.left_to_crate(cursor("a:1", 1));
        orphans.left_to_crate(cursor("b:1", 2));
        assert_eq!(kept(&orphans), [1]);
        orphans.heard_from(&server);
        orphans.left_to_crate(cursor("a:1", 3));
        assert_eq!(kept(&orphans), [1]);
        orphans.cleared(&server);
        assert_eq!(kept(&orphans), [1, 3]);
    }

    #[test]
    fn remembers_the_last_and_keeps_no_more_than_it_may() {
        let orphans = Orphans::default();
        let many = i64::try_from(MOST).unwrap() + 5;
        for id in 0..many {
            orphans.left_to_crate(cursor("a:1", id));
            orphans.cursor(cursor("b:1", id));
        }
        assert_eq!(kept(&orphans).len(), MOST);
        assert_eq!(kept(&orphans).last(), Some(&(many - 1)));
        assert_eq!(orphans.state.lock().doubtful.len(), MOST);
    }
}
