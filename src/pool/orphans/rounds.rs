//! The rounds in which a server is told what it need not keep, many at a time, until all has been
//! said; none waits for another server's. It decides when a server is asked again; what is left over,
//! `Orphans` knows.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use bson::{Binary, RawArrayBuf, RawDocumentBuf, cstr, rawdoc, spec::BinarySubtype};
use mongodb::options::ServerAddress;

use super::{KEPT, LATE, Left, LostCursor, LostSession, MOST, Orphans};
use crate::{
    error::Error,
    pool::{
        Pool,
        admission::{Entrant, Standing},
        exchange::only,
        flight::Flight,
        generation::Generation,
        topology::Reach,
    },
    resilience::retry::is_passing,
};

/// Before the first round, so that one command tells of what is left over at the same time; and
/// between those that come to nothing, doubling.
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long a server may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// What came of telling a server.
enum Told {
    /// It has heard.
    Heard,
    /// It won't do it, now or later.
    Refused,
    /// It is to be told again.
    Unheard,
}

/// Makes rounds until there is nothing to tell a server, or nobody to do it for.
pub(super) async fn tend(pool: Weak<Pool>, generation: Arc<Generation>, server: ServerAddress) {
    let mut pause = PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        // What is left then ends with its connections.
        if generation.is_ended() {
            return;
        }
        let Some(pool) = pool.upgrade() else { return };
        let progress = pool.tell_server(&generation, &server).await;
        drop(pool);
        if generation.orphans().state.lock().is_done(&server) {
            return;
        }
        pause = if progress { PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
    }
}

/// Has servers told once more of sessions that they have heard of, until there are none.
pub(super) async fn tell_again(orphans: Weak<Orphans>) {
    loop {
        tokio::time::sleep(LATE).await;
        let Some(orphans) = orphans.upgrade() else { return };
        if !orphans.tell_again(LATE) {
            return;
        }
    }
}

impl Pool {
    /// One round to each server, and the end of those under way.
    pub(in crate::pool) async fn tell_of_orphans(&self, generation: &Generation) {
        generation.orphans().tell_again(Duration::ZERO);
        let servers = generation.orphans().servers();
        let told = servers.iter().map(|server| self.tell_server(generation, server));
        futures_util::future::join_all(told).await;
    }

    /// One round. Gives whether the server has heard anything.
    async fn tell_server(&self, generation: &Generation, server: &ServerAddress) -> bool {
        let orphans = generation.orphans();
        let turn = Arc::clone(&orphans.state.lock().telling(server).turn);
        let _turn = turn.lock().await;
        let (cursors, sessions) = orphans.state.lock().take(server);
        let of_cursors = self.tell_of_cursors(generation, server, cursors).await;
        // One that does not answer is not asked again and again.
        if matches!(of_cursors, Some(false)) {
            generation.tell_later(sessions);
            return false;
        }
        let of_sessions = self.tell_of_sessions(generation, server, sessions).await;
        of_cursors == Some(true) || of_sessions
    }

    /// Gives whether the server has heard all; nothing if there was nothing to tell.
    async fn tell_of_cursors(
        &self,
        generation: &Generation,
        server: &ServerAddress,
        all: Left<LostCursor>,
    ) -> Option<bool> {
        let mut groups: HashMap<String, VecDeque<_>> = HashMap::new();
        for (since, cursor) in all {
            groups.entry(cursor.namespace.clone()).or_default().push_back((since, cursor));
        }
        let mut outcome = None;
        let mut unheard = VecDeque::new();
        for (namespace, cursors) in groups {
            let Some((database, collection)) = namespace.split_once('.') else { continue };
            if outcome != Some(false) {
                let mut ids = RawArrayBuf::new();
                for (_, cursor) in &cursors {
                    ids.push(cursor.id);
                }
                let mut command = rawdoc! { "killCursors": collection };
                command.append(cstr!("cursors"), ids);
                let told = self.tell(generation, server, database, command).await;
                outcome = Some(!matches!(told, Told::Unheard));
            }
            if outcome == Some(false) {
                unheard.extend(cursors);
            }
        }
        unheard.retain(|(since, _)| since.elapsed() < KEPT);
        unheard.make_contiguous().sort_by_key(|(since, _)| *since);
        generation.orphans().state.lock().put_back(unheard);
        outcome
    }

    async fn tell_of_sessions(
        &self,
        generation: &Generation,
        server: &ServerAddress,
        all: Left<LostSession>,
    ) -> bool {
        if all.is_empty() {
            return false;
        }
        let (orphans, home) = (generation.orphans(), &generation.sessions);
        let mut ids = RawArrayBuf::new();
        for (_, lost) in &all {
            let id = Binary { subtype: BinarySubtype::Uuid, bytes: lost.session.id() };
            ids.push(rawdoc! { "id": id });
        }
        let mut command = RawDocumentBuf::new();
        command.append(cstr!("killSessions"), ids);
        match self.tell(generation, server, "admin", command).await {
            Told::Heard => {
                let (again, first): (Left<_>, Left<_>) =
                    all.into_iter().partition(|(_, lost)| lost.is_told);
                let excess = orphans.heard(first.into_iter().map(|(_, lost)| lost));
                for (_, lost) in again.into_iter().chain(excess) {
                    home.is_clean(lost.session);
                }
            }
            Told::Refused => {
                orphans.refused.store(true, Ordering::Relaxed);
                for (_, lost) in all {
                    home.rest(lost.session);
                }
            }
            Told::Unheard => {
                generation.tell_later(all);
                return false;
            }
        }
        true
    }

    /// Tells a server, unless it is not there.
    async fn tell(
        &self,
        generation: &Generation,
        server: &ServerAddress,
        database: &str,
        command: RawDocumentBuf,
    ) -> Told {
        if !generation.topology.knows(server) {
            return Told::Unheard;
        }
        let told = Flight::unseen(ANSWER_TIME, self.say(generation, server, database, command));
        match told.await {
            Some(Ok(())) => Told::Heard,
            Some(Err(error)) => match error.server_code() {
                Some(code) if !is_passing(code) => Told::Refused,
                _ => Told::Unheard,
            },
            None => Told::Unheard,
        }
    }

    async fn say(
        &self,
        generation: &Generation,
        server: &ServerAddress,
        database: &str,
        command: RawDocumentBuf,
    ) -> Result<(), Error> {
        let is_primary = generation.topology.is_primary(server);
        let reach = if is_primary { Reach::Primary } else { Reach::Members };
        let _place = self
            .admission(generation)
            .admit(Entrant { reach, database, standing: Standing::Urgent })
            .await?;
        let database = generation.client.database(database);
        let said = database.run_raw_command(command).selection_criteria(only(server.clone()));
        said.await.map(drop).map_err(Error::from)
    }
}

impl Generation {
    /// Keeps sessions for the next round, unless they are too old, or too many.
    fn tell_later(&self, sessions: Left<LostSession>) {
        let (mut young, old): (Left<_>, Left<_>) =
            sessions.into_iter().partition(|(since, _)| since.elapsed() < KEPT);
        let excess = {
            let mut state = self.orphans().state.lock();
            let most = if state.is_dismissed { 0 } else { MOST };
            let room = most.saturating_sub(state.sessions.len()).min(young.len());
            let excess = young.split_off(room);
            state.sessions.extend(young);
            excess
        };
        for (_, lost) in old.into_iter().chain(excess) {
            self.sessions.rest(lost.session);
        }
    }
}
