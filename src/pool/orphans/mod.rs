//! What servers keep for nobody: cursors whose end they could not be told, and those that they may have
//! opened for a command whose answer never came, of which only the session is known. They are kept here
//! until `rounds` has told the servers, or for so long that these have ended them by themselves. It
//! knows what is left over and where, not what it was for.

mod rounds;

use std::{
    collections::{HashMap, HashSet, VecDeque},
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

/// After what time, at least, a server is told again of a session: a command whose connection was closed may come
/// later than the word on another that all in its session is to end.
const LATE: Duration = Duration::from_secs(2);

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
    /// The server has been told once.
    is_told: bool,
}

/// What the servers of one client keep for nobody.
#[derive(Default)]
pub(super) struct Orphans {
    /// Whose they are; absent until the client is there.
    home: OnceLock<Home>,
    state: Mutex<State>,
    /// The servers don't let the client end what is in a session.
    refused: AtomicBool,
}

struct Home {
    pool: Weak<Pool>,
    generation: Weak<Generation>,
}

/// With each the time since when it is one. Newest last.
#[derive(Default)]
struct State {
    /// Cursors of which the crate tells the server, if it can.
    doubtful: VecDeque<(Instant, LostCursor)>,
    /// Servers the connections to which have been given up, until there are new ones.
    silent: HashSet<ServerAddress>,
    cursors: VecDeque<(Instant, LostCursor)>,
    sessions: VecDeque<(Instant, LostSession)>,
    /// Sessions that a server is to be told of again, with the time when it heard.
    told: VecDeque<(Instant, LostSession)>,
    /// A task sees to those.
    is_telling_again: bool,
    /// The client ends, and waits for its sessions: none is kept any more.
    is_dismissed: bool,
    /// How the servers are told that have been told of something.
    servers: HashMap<ServerAddress, Telling>,
}

/// How one server is told.
#[derive(Default)]
struct Telling {
    /// A task sees to it.
    is_tended: bool,
    /// Held while it is being told.
    turn: Arc<tokio::sync::Mutex<()>>,
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
        let server = cursor.server.clone();
        {
            let mut state = self.state.lock();
            state.cursors.push_back((Instant::now(), cursor));
            state.keep_to_limit();
        }
        self.tend(&server);
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
            state.keep_to_limit();
            found
        };
        if found {
            self.tend(server);
        }
    }

    /// There are connections to a server again, or it is none of the client's any more.
    pub(super) fn heard_from(&self, server: &ServerAddress) {
        self.state.lock().silent.remove(server);
    }

    /// Has the server end all that it keeps in this session. Gives it back if that can't be.
    pub(super) fn session(
        &self,
        server: &ServerAddress,
        session: ServerSession,
    ) -> Result<(), ServerSession> {
        {
            let mut state = self.state.lock();
            let is_refused = self.refused.load(Ordering::Relaxed)
                || self.home.get().is_none()
                || state.is_dismissed;
            if is_refused || state.sessions.len() >= MOST {
                return Err(session);
            }
            let lost = LostSession { server: server.clone(), session, is_told: false };
            state.sessions.push_back((Instant::now(), lost));
        }
        self.tend(server);
        Ok(())
    }

    /// How many cursors there are that a server is to be told of.
    #[cfg(test)]
    pub(super) fn cursors(&self) -> usize {
        self.state.lock().cursors.len()
    }

    /// A server has been told of these sessions. It is told again later, unless they are too many: gives
    /// the oldest back then.
    fn heard(self: &Arc<Self>, sessions: impl Iterator<Item = LostSession>) -> Left<LostSession> {
        let now = Instant::now();
        let sessions = sessions.map(|lost| (now, LostSession { is_told: true, ..lost }));
        let mut state = self.state.lock();
        state.told.extend(sessions);
        let room = if state.is_dismissed { 0 } else { MOST };
        let excess = state.told.len().saturating_sub(room);
        let excess = state.told.drain(..excess).collect();
        if !state.told.is_empty() && !std::mem::replace(&mut state.is_telling_again, true) {
            crate::runtime::runtime().spawn(rounds::tell_again(Arc::downgrade(self)));
        }
        excess
    }

    /// Has servers told once more of sessions that they have heard of for `age`. Gives whether there are
    /// more of them.
    fn tell_again(&self, age: Duration) -> bool {
        let (servers, is_left) = {
            let mut state = self.state.lock();
            let due = state.told.iter().take_while(|(heard, _)| heard.elapsed() >= age).count();
            let due: Left<_> = state.told.drain(..due).collect();
            let servers: HashSet<_> = due.iter().map(|(_, lost)| lost.server.clone()).collect();
            state.sessions.extend(due);
            state.is_telling_again &= !state.told.is_empty();
            (servers, state.is_telling_again)
        };
        for server in servers {
            self.tend(&server);
        }
        is_left
    }

    /// How many sessions are here, where nobody can use them.
    pub(super) fn sessions(&self) -> usize {
        let state = self.state.lock();
        state.sessions.len() + state.told.len()
    }

    /// Gives its sessions up: their client ends.
    pub(super) fn dismiss(&self) {
        let mut state = self.state.lock();
        state.is_dismissed = true;
        let sessions = (std::mem::take(&mut state.sessions), std::mem::take(&mut state.told));
        drop(state);
        drop(sessions);
    }

    /// Has rounds made for a server, unless they are.
    fn tend(&self, server: &ServerAddress) {
        let Some(home) = self.home.get() else { return };
        let Some(generation) = home.generation.upgrade() else { return };
        if std::mem::replace(&mut self.state.lock().telling(server).is_tended, true) {
            return;
        }
        let pool = Weak::clone(&home.pool);
        crate::runtime::runtime().spawn(rounds::tend(pool, generation, server.clone()));
    }

    /// Those that have been told of something, or are to be.
    fn servers(&self) -> Vec<ServerAddress> {
        self.state.lock().servers.keys().cloned().collect()
    }
}

impl State {
    fn telling(&mut self, server: &ServerAddress) -> &mut Telling {
        self.servers.entry(server.clone()).or_default()
    }

    /// Takes out what is to be told to a server.
    fn take(&mut self, server: &ServerAddress) -> (Left<LostCursor>, Left<LostSession>) {
        let cursors = take_if(&mut self.cursors, |cursor| cursor.server == *server);
        (cursors, take_if(&mut self.sessions, |session| session.server == *server))
    }

    /// Puts back cursors that a server has not heard of. They are older than those that came since.
    fn put_back(&mut self, cursors: Left<LostCursor>) {
        for cursor in cursors.into_iter().rev() {
            self.cursors.push_front(cursor);
        }
        self.keep_to_limit();
    }

    fn keep_to_limit(&mut self) {
        let excess = self.cursors.len().saturating_sub(MOST);
        self.cursors.drain(..excess);
    }

    /// Whether there is nothing to tell a server. Whoever asks makes no more rounds, then.
    fn is_done(&mut self, server: &ServerAddress) -> bool {
        let is_left = self.cursors.iter().any(|(_, cursor)| cursor.server == *server)
            || self.sessions.iter().any(|(_, session)| session.server == *server);
        self.telling(server).is_tended = is_left;
        !is_left
    }
}

/// What is left over, and since when.
type Left<T> = VecDeque<(Instant, T)>;

fn take_if<T>(all: &mut Left<T>, is_wanted: impl Fn(&T) -> bool) -> Left<T> {
    let (taken, rest) = std::mem::take(all).into_iter().partition(|(_, one)| is_wanted(one));
    *all = rest;
    taken
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

    #[test]
    fn keeps_no_more_than_it_may_of_what_a_server_has_not_heard() {
        let mut state = State::default();
        let many = i64::try_from(MOST).unwrap();
        let all = |from: i64| {
            (from..from + many).map(|id| (Instant::now(), cursor("a:1", id))).collect::<Left<_>>()
        };
        state.cursors = all(0);
        let (old, _) = state.take(&ServerAddress::parse("a:1").unwrap());
        assert!(state.cursors.is_empty());
        state.cursors = all(many);
        state.put_back(old);
        assert_eq!(state.cursors.len(), MOST);
        assert_eq!(state.cursors[0].1.id, many, "the oldest are given up");
    }

    #[tokio::test]
    async fn has_a_server_told_twice_of_a_session() {
        let client = mongodb::Client::with_uri_str("mongodb://127.0.0.1:1").await.unwrap();
        let orphans = Arc::new(Orphans::default());
        let server = ServerAddress::parse("a:1").unwrap();
        let mut all = Vec::new();
        for _ in 0..=MOST {
            let session = Box::new(client.start_session().await.unwrap());
            let session = ServerSession { session, txn_number: 0, broken: true };
            all.push(LostSession { server: server.clone(), session, is_told: false });
        }
        assert_eq!(orphans.heard(all.into_iter()).len(), 1, "there is room for so many");
        assert_eq!(orphans.sessions(), MOST);
        assert!(orphans.tell_again(LATE), "it is early");
        assert!(!orphans.tell_again(Duration::ZERO));
        let (_, again) = orphans.state.lock().take(&server);
        assert!(again.len() == MOST && again.iter().all(|(_, lost)| lost.is_told));
    }

    #[test]
    fn takes_out_what_one_server_is_to_be_told() {
        let mut state = State::default();
        for (server, id) in [("a:1", 1), ("b:1", 2), ("a:1", 3)] {
            state.cursors.push_back((Instant::now(), cursor(server, id)));
        }
        let (first, second) =
            (ServerAddress::parse("a:1").unwrap(), ServerAddress::parse("b:1").unwrap());
        let taken: Vec<_> = state.take(&first).0.into_iter().map(|(_, one)| one.id).collect();
        assert_eq!(taken, [1, 3]);
        assert!(state.is_done(&first) && !state.is_done(&second));
    }
}
