//! The rounds in which servers are told what they need not keep, many at a time, until all has been
//! said. It decides when a server is asked again; what is left over, `Orphans` knows.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use bson::{Binary, RawArrayBuf, RawDocumentBuf, cstr, rawdoc, spec::BinarySubtype};
use mongodb::options::ServerAddress;

use super::{KEPT, LostCursor, LostSession};
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

/// Makes rounds until there is nothing to tell, or nobody to do it for.
pub(super) async fn tend(pool: Weak<Pool>, generation: Arc<Generation>) {
    let mut pause = PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        let Some(pool) = pool.upgrade() else { return };
        let progress = pool.tell_of_orphans(&generation).await;
        drop(pool);
        if generation.orphans().state.lock().is_done() {
            return;
        }
        pause = if progress { PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
    }
}

impl Pool {
    /// One round. Gives whether a server has heard anything.
    pub(in crate::pool) async fn tell_of_orphans(&self, generation: &Generation) -> bool {
        let orphans = generation.orphans();
        let _turn = orphans.turn.lock().await;
        let (cursors, sessions) = {
            let mut state = orphans.state.lock();
            (std::mem::take(&mut state.cursors), std::mem::take(&mut state.sessions))
        };
        let of_cursors = self.tell_of_cursors(generation, cursors).await;
        self.tell_of_sessions(generation, sessions).await || of_cursors
    }

    async fn tell_of_cursors(
        &self,
        generation: &Generation,
        all: VecDeque<(Instant, LostCursor)>,
    ) -> bool {
        let mut progress = false;
        let place = |cursor: &LostCursor| (cursor.server.clone(), cursor.namespace.clone());
        for ((server, namespace), cursors) in grouped(all, place) {
            let Some((database, collection)) = namespace.split_once('.') else { continue };
            let mut ids = RawArrayBuf::new();
            for (_, cursor) in &cursors {
                ids.push(cursor.id);
            }
            let mut command = rawdoc! { "killCursors": collection };
            command.append(cstr!("cursors"), ids);
            if matches!(self.tell(generation, &server, database, command).await, Told::Unheard) {
                let young = cursors.into_iter().filter(|(since, _)| since.elapsed() < KEPT);
                generation.orphans().state.lock().cursors.extend(young);
            } else {
                progress = true;
            }
        }
        progress
    }

    async fn tell_of_sessions(
        &self,
        generation: &Generation,
        all: VecDeque<(Instant, LostSession)>,
    ) -> bool {
        let mut progress = false;
        let (orphans, home) = (generation.orphans(), &generation.sessions);
        for (server, sessions) in grouped(all, |session: &LostSession| session.server.clone()) {
            let mut ids = RawArrayBuf::new();
            for (_, lost) in &sessions {
                let id = Binary { subtype: BinarySubtype::Uuid, bytes: lost.session.id() };
                ids.push(rawdoc! { "id": id });
            }
            let mut command = RawDocumentBuf::new();
            command.append(cstr!("killSessions"), ids);
            let told = self.tell(generation, &server, "admin", command).await;
            if matches!(told, Told::Refused) {
                orphans.refused.store(true, Ordering::Relaxed);
            }
            progress |= !matches!(told, Told::Unheard);
            for (since, lost) in sessions {
                match told {
                    Told::Heard => home.is_clean(lost.session),
                    Told::Unheard if since.elapsed() < KEPT => {
                        orphans.state.lock().sessions.push_back((since, lost));
                    }
                    Told::Unheard | Told::Refused => home.rest(lost.session),
                }
            }
        }
        progress
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

/// What is to be told in one command.
fn grouped<K: std::hash::Hash + Eq, T>(
    all: impl IntoIterator<Item = (Instant, T)>,
    key: impl Fn(&T) -> K,
) -> HashMap<K, Vec<(Instant, T)>> {
    let mut groups: HashMap<K, Vec<_>> = HashMap::new();
    for (since, one) in all {
        groups.entry(key(&one)).or_default().push((since, one));
    }
    groups
}
