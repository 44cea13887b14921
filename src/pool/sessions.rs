//! Server sessions: the crate's, with the transaction number that was last used on each. Those in
//! use by one retryable write come from here, and so do those that a `ClientSession` of JS holds.
//! It knows nothing of transactions: what a command says of them, JS has written.
//!
//! The crate counts transaction numbers, too, but only for operations of its own that polypool
//! never calls. So a session that numbers were used on must not get into the crate's own pool,
//! where its number would be forgotten: it stays here until the pool ends.

use std::{
    collections::VecDeque,
    mem,
    ops::{Add, Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use bson::Bson;
use mongodb::{Client, ClientSession, options::ServerAddress};
use parking_lot::Mutex;

use super::{flight::Flight, generation::Generation, orphans::Orphans};
use crate::error::Error;

/// One server session.
pub(super) struct ServerSession {
    /// The crate's; it adds `lsid` and `$clusterTime` to commands. Boxed, because it is large and
    /// moves with every write.
    pub(super) session: Box<ClientSession>,
    /// The last transaction number sent with it; 0 when none was.
    pub(super) txn_number: i64,
    /// A connection broke while it was in use, or was given up: the server may still be at work with
    /// it.
    pub(super) broken: bool,
}

impl ServerSession {
    /// The 16 bytes of the UUID in its `lsid`.
    pub(super) fn id(&self) -> Vec<u8> {
        match self.session.id().get("id") {
            Some(Bson::Binary(id)) => id.bytes.clone(),
            _ => Vec::new(),
        }
    }
}

/// The server sessions of a client that nobody uses.
#[derive(Default)]
pub(super) struct Sessions {
    kept: Mutex<Kept>,
    /// Those that somebody uses.
    lent: AtomicU32,
    /// What servers keep for nobody, sessions of this client among it.
    pub(super) orphans: Arc<Orphans>,
}

/// Sessions that wait to be lent.
#[derive(Default)]
struct Kept {
    /// The one given back last is lent first, so that few are kept alive on the servers. One that
    /// the server has forgotten meanwhile begins anew there with its next command.
    idle: Vec<ServerSession>,
    /// Broken ones that were numbered, and since when, oldest first. The crate may not know that they
    /// are, and would lend them again with their numbers forgotten.
    resting: VecDeque<(Instant, ServerSession)>,
    /// The client ends, and waits for all its sessions: what is given back goes to the crate.
    is_dismissed: bool,
}

/// How long a broken session is not used. A command that the server still runs in it is over by then.
const REST: Duration = Duration::from_mins(5);

/// How many broken sessions rest, about. Beyond that the oldest is lent before its time: at the worst its
/// next write waits on the server for the one before.
const RESTING: usize = 1_000;

impl Sessions {
    /// Lends a session, a new one when none is idle. Sends nothing.
    pub(super) async fn lend(self: &Arc<Self>, client: &Client) -> Result<Lent, Error> {
        let idle = self.kept.lock().idle.pop();
        let server = match idle.or_else(|| self.rested(Instant::now())) {
            Some(server) => server,
            None => ServerSession {
                session: Box::new(client.start_session().causal_consistency(false).await?),
                txn_number: 0,
                broken: false,
            },
        };
        self.lent.fetch_add(1, Ordering::Relaxed);
        Ok(Lent { server: Some(server), home: Arc::clone(self), opens: false, stray: None })
    }

    /// The session that has rested longest, if that is long enough, or too many rest.
    fn rested(&self, now: Instant) -> Option<ServerSession> {
        let Kept { resting, .. } = &mut *self.kept.lock();
        let are_many = resting.len() > RESTING;
        resting.front().filter(|(since, _)| are_many || now.duration_since(*since) >= REST)?;
        let (_, server) = resting.pop_front()?;
        Some(ServerSession { broken: false, ..server })
    }

    /// How many there are.
    pub(super) fn counts(&self) -> SessionCounts {
        let (idle, resting) = {
            let kept = self.kept.lock();
            (kept.idle.len(), kept.resting.len())
        };
        SessionCounts {
            in_use: u64::from(self.lent.load(Ordering::Relaxed)),
            idle: idle as u64,
            resting: (resting + self.orphans.sessions()) as u64,
        }
    }

    /// Hands all idle sessions to the crate, which ends them on their servers when it shuts down, and
    /// from then on those that are given back.
    pub(super) fn dismiss(&self) {
        let kept =
            mem::replace(&mut *self.kept.lock(), Kept { is_dismissed: true, ..Kept::default() });
        drop(kept);
        self.orphans.dismiss();
    }

    /// A broken session in which no server is at work any more may be lent again.
    pub(super) fn is_clean(&self, server: ServerSession) {
        self.give_back(ServerSession { broken: false, ..server });
    }

    fn give_back(&self, server: ServerSession) {
        let mut kept = self.kept.lock();
        if !kept.is_dismissed {
            kept.idle.push(server);
        }
    }

    /// A broken session is not lent for a while. One that was never numbered goes to the crate: there is
    /// no number to be forgotten, and no write for the server to take for another.
    pub(super) fn rest(&self, server: ServerSession) {
        let mut kept = self.kept.lock();
        if server.txn_number > 0 && !kept.is_dismissed {
            kept.resting.push_back((Instant::now(), server));
        }
    }
}

/// How many server sessions of a pool somebody uses, nobody uses, and rest.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SessionCounts {
    pub(super) in_use: u64,
    pub(super) idle: u64,
    pub(super) resting: u64,
}

impl Add for SessionCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            in_use: self.in_use + other.in_use,
            idle: self.idle + other.idle,
            resting: self.resting + other.resting,
        }
    }
}

/// A server session in use. Dropping it gives it back; a broken one rests.
pub(super) struct Lent {
    /// Gone only while dropping.
    server: Option<ServerSession>,
    /// Where it goes back to.
    home: Arc<Sessions>,
    /// A command in it is under way that opens a cursor.
    pub(super) opens: bool,
    /// The server that may have opened a cursor in it of which nobody has heard.
    stray: Option<ServerAddress>,
}

impl Lent {
    /// The answer to a command that opens a cursor was lost on the way.
    pub(super) fn lost_cursor(&mut self) {
        self.stray = Flight::server().or(self.stray.take());
    }
}

impl Deref for Lent {
    type Target = ServerSession;

    fn deref(&self) -> &ServerSession {
        self.server.as_ref().expect("a lent session is there until it is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut ServerSession {
        self.server.as_mut().expect("a lent session is there until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.lent.fetch_sub(1, Ordering::Relaxed);
        if self.opens {
            self.lost_cursor();
        }
        let Some(server) = self.server.take() else { return };
        if !server.broken {
            return self.home.give_back(server);
        }
        let rests = match self.stray.take() {
            Some(stray) => self.home.orphans.session(&stray, server).err(),
            None => Some(server),
        };
        if let Some(server) = rests {
            self.home.rest(server);
        }
    }
}

/// The server session of a `ClientSession` of JS, until that ends and its cursors have gone.
pub(super) struct OpenSession {
    /// Its commands run one after the other: the crate needs the session to itself.
    pub(super) lent: Arc<tokio::sync::Mutex<Lent>>,
    /// The router that its transaction runs through, on a sharded cluster.
    pub(super) pinned: Mutex<Option<ServerAddress>>,
    /// The client that it began on, and stays with.
    pub(super) generation: Arc<Generation>,
    /// As [`ServerSession::broken`], for who asks while a command has the session.
    broken: AtomicBool,
}

impl OpenSession {
    pub(super) fn new(lent: Lent, generation: Arc<Generation>) -> Arc<Self> {
        Arc::new(Self {
            lent: Arc::new(tokio::sync::Mutex::new(lent)),
            pinned: Mutex::default(),
            generation,
            broken: AtomicBool::new(false),
        })
    }

    /// Notes that a connection broke under it.
    pub(super) fn mark_broken(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// Whether a connection broke under it.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_broken_session_rests_and_keeps_its_number() {
        let client = Client::with_uri_str("mongodb://127.0.0.1:1").await.unwrap();
        let sessions = Arc::new(Sessions::default());
        let mut broken = sessions.lend(&client).await.unwrap();
        broken.txn_number = 7;
        broken.broken = true;
        let id = broken.id();
        drop(broken);
        assert_ne!(sessions.lend(&client).await.unwrap().id(), id, "it is lent at once");
        assert!(sessions.rested(Instant::now()).is_none());
        let rested = sessions.rested(Instant::now() + REST).unwrap();
        assert_eq!((rested.id(), rested.txn_number, rested.broken), (id, 7, false));
    }

    #[tokio::test]
    async fn a_broken_session_without_a_number_need_not_rest() {
        let client = Client::with_uri_str("mongodb://127.0.0.1:1").await.unwrap();
        let sessions = Arc::new(Sessions::default());
        let mut broken = sessions.lend(&client).await.unwrap();
        broken.broken = true;
        drop(broken);
        assert_eq!(sessions.counts().resting, 0);
    }

    #[tokio::test]
    async fn keeps_none_that_are_given_back_once_they_are_dismissed() {
        let client = Client::with_uri_str("mongodb://127.0.0.1:1").await.unwrap();
        let sessions = Arc::new(Sessions::default());
        let (sound, mut broken) =
            (sessions.lend(&client).await.unwrap(), sessions.lend(&client).await.unwrap());
        broken.txn_number = 1;
        broken.broken = true;
        let mut lost = sessions.lend(&client).await.unwrap();
        lost.broken = true;
        lost.stray = Some(ServerAddress::parse("127.0.0.1:1").unwrap());
        sessions.dismiss();
        drop((sound, broken, lost));
        let SessionCounts { in_use, idle, resting } = sessions.counts();
        assert_eq!((in_use, idle, resting), (0, 0, 0));
    }

    #[tokio::test]
    async fn lends_those_that_rested_longest_when_very_many_rest() {
        let client = Client::with_uri_str("mongodb://127.0.0.1:1").await.unwrap();
        let sessions = Arc::new(Sessions::default());
        for round in 0..2 {
            let mut all = Vec::new();
            for _ in 0..700 {
                let mut broken = sessions.lend(&client).await.unwrap();
                broken.txn_number += 1;
                broken.broken = true;
                all.push(broken);
            }
            assert!(all.iter().all(|one| one.txn_number == 1), "round {round}");
        }
        assert_eq!(sessions.counts().resting, 1_400);
        let early = sessions.lend(&client).await.unwrap();
        assert_eq!((early.txn_number, early.broken), (1, false));
    }
}
