//! The wait queue: how many operations may be with the mongodb crate at a time, and how long one
//! may wait to get there. The crate has a queue of its own but ignores `waitQueueTimeoutMS` and
//! stalls when a waiter leaves it, so nobody is let in who would have to wait there. Databases take
//! turns, and may have caps. It knows nothing of commands.

mod queue;
mod seekers;
mod wait_times;

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::oneshot, time::Instant};

pub use self::wait_times::WaitTimes;
use self::{
    queue::{Cap, Lane, Queue, Seat, Ticket},
    seekers::Seekers,
};
use super::topology::Reach;
use crate::{config, error::Error};

/// Places in the pool, and the queue for them.
pub(super) struct Admission {
    /// Who has a place and who waits. Never held across an await.
    state: Mutex<State>,
    /// Connections per server; unlimited when absent.
    max_pool_size: Option<NonZeroU32>,
    /// How long an operation may queue; forever when absent.
    wait_queue_timeout: Option<Duration>,
    /// How many may queue; without limit when absent.
    max_queued: Option<usize>,
    /// What each database may have of the places and of the queue.
    tenants: config::Tenants,
}

struct State {
    /// The places, and those who wait for one.
    queue: Queue,
    /// Those who wait for a server before that.
    seekers: Seekers,
    /// How long those waited that got a place.
    wait_times: WaitTimes,
}

/// How an operation stands to those that wait with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It waits its turn, and is refused when too many wait.
    Ordinary,
    /// It goes on with something that has begun, as a `getMore` or a second try does: it waits its
    /// turn, but is not refused.
    Begun,
    /// It waits for data that is yet to come, perhaps for long: no cap counts it, or a database with
    /// a few change streams could do nothing else.
    Listening,
    /// Others may be waiting on the server for what it ends: it goes first, and no cap counts it.
    /// An open transaction is committed while operations that it has locked out fill the places of
    /// their database.
    Urgent,
}

/// What wants a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entrant<'a> {
    /// Which of the places will do.
    pub(super) reach: Reach,
    /// The database that it is for.
    pub(super) database: &'a str,
    pub(super) standing: Standing,
}

/// What is known of the queue at a moment.
#[derive(Debug, Clone)]
pub(super) struct QueueState {
    /// Operations that wait for a place, or for a server before that.
    pub(super) waiting: usize,
    /// Those of them that wait in the line of a database, by its name; none with none.
    pub(super) by_database: BTreeMap<Box<str>, usize>,
    /// How long those waited that wait no longer, for a place.
    pub(super) wait_times: WaitTimes,
}

/// The line of all that listen: none of a database's.
const LISTENERS: &str = "";

impl Admission {
    /// `servers` counts the configured (or SRV-resolved) hosts.
    pub(super) fn new(pool: &config::Pool, tenants: config::Tenants, servers: usize) -> Self {
        // Half of what there could be, so that no sum of them overflows.
        let connections = pool.max_size.map_or(usize::MAX / 2, |size| size.get() as usize);
        let members = connections.saturating_mul(servers.saturating_sub(1).max(1));
        let queue = Queue::new([connections, members.min(usize::MAX / 2)]);
        Self {
            state: Mutex::new(State {
                queue,
                seekers: Seekers::default(),
                wait_times: WaitTimes::default(),
            }),
            max_pool_size: pool.max_size,
            wait_queue_timeout: pool.wait_queue_timeout,
            max_queued: pool.max_queued.map(|most| most.get() as usize),
            tenants,
        }
    }

    /// Waits for a place: first come first served within a database, and the databases take turns.
    ///
    /// # Errors
    /// When `waitQueueTimeoutMS` has passed, and at once when as many wait already as may.
    pub(super) async fn admit(&self, entrant: Entrant<'_>) -> Result<Place<'_>, Error> {
        let lane = lane(entrant.reach);
        let mut waiter = match self.enter(lane, entrant)? {
            Entered::Place(place) => return Ok(place),
            Entered::Line(waiter) => waiter,
        };
        let called = &mut waiter.called;
        let seat = match self.wait_queue_timeout {
            None => called.await,
            Some(limit) => match tokio::time::timeout(limit, called).await {
                Ok(seat) => seat,
                Err(_) => return Err(self.timed_out(limit)),
            },
        };
        // The queue keeps the other end until it has called.
        let seat = seat.map_err(|_| Error::Closed)?;
        waiter.is_seated = true;
        self.state.lock().wait_times.add(waiter.since.elapsed());
        Ok(Place { admission: self, seat })
    }

    fn enter(&self, lane: Lane, entrant: Entrant<'_>) -> Result<Entered<'_>, Error> {
        let mut state = self.state.lock();
        let State { queue, seekers, wait_times } = &mut *state;
        let counted = matches!(entrant.standing, Standing::Ordinary | Standing::Begun)
            && self.tenants.has_caps();
        let cap = || self.cap(entrant.database);
        let (taken, tenant) = if counted {
            let tenant = queue.tenant(entrant.database, cap);
            (queue.take_for(lane, tenant), Some(tenant))
        } else {
            (queue.take(lane), None)
        };
        if let Some(seat) = taken {
            wait_times.none();
            return Ok(Entered::Place(Place { admission: self, seat }));
        }
        let tenant = match entrant.standing {
            Standing::Urgent => None,
            Standing::Listening => Some(queue.tenant(LISTENERS, Cap::default)),
            Standing::Begun => Some(tenant.unwrap_or_else(|| queue.tenant(entrant.database, cap))),
            Standing::Ordinary => {
                let tenant = tenant.unwrap_or_else(|| queue.tenant(entrant.database, cap));
                self.refuse(queue, seekers, tenant, entrant.database)?;
                Some(tenant)
            }
        };
        let (told, called) = oneshot::channel();
        let ticket = queue.join(lane, tenant, told);
        let since = Instant::now();
        Ok(Entered::Line(Waiter { admission: self, ticket, called, since, is_seated: false }))
    }

    /// Refuses one more that would have to wait, when as many wait as may.
    fn refuse(
        &self,
        queue: &mut Queue,
        seekers: &Seekers,
        tenant: usize,
        database: &str,
    ) -> Result<(), Error> {
        let waiting = queue.waiting() + seekers.len();
        let (waiting, database) = match queue.is_full(tenant, seekers.of(database)) {
            Some(most) => (most, Some(database.to_owned())),
            None if self.max_queued.is_some_and(|most| waiting >= most) => (waiting, None),
            None => return Ok(()),
        };
        queue.forget(tenant);
        Err(Error::PoolOverloaded { waiting, database })
    }

    /// Notes one that waits for a server, until what it gets is dropped. Once it has found one it may
    /// still have to wait for a place.
    ///
    /// # Errors
    /// When as many wait already as may.
    pub(super) fn seek<'d>(&self, entrant: Entrant<'d>) -> Result<Seeking<'_, 'd>, Error> {
        let Entrant { database, standing, .. } = entrant;
        let mut state = self.state.lock();
        let State { queue, seekers, .. } = &mut *state;
        if standing == Standing::Ordinary {
            let tenant = queue.tenant(database, || self.cap(database));
            self.refuse(queue, seekers, tenant, database)?;
            queue.forget(tenant);
        }
        seekers.join(database);
        Ok(Seeking { admission: self, database })
    }

    fn cap(&self, database: &str) -> Cap {
        let limits = self.tenants.limits(database);
        Cap {
            running: limits.max_concurrent.map(|most| most.get() as usize),
            waiting: limits.max_queued.map(|most| most.get() as usize),
        }
    }

    /// How the queue is now, for statistics.
    pub(super) fn state(&self) -> QueueState {
        let state = self.state.lock();
        let waiting = state.queue.waiting() + state.seekers.len();
        let mut by_database = BTreeMap::new();
        let lines = state.queue.lines().filter(|(name, _)| *name != LISTENERS);
        for (name, count) in lines.chain(state.seekers.by_database()) {
            *by_database.entry(name.into()).or_default() += count;
        }
        QueueState { waiting, by_database, wait_times: state.wait_times.clone() }
    }

    fn timed_out(&self, limit: Duration) -> Error {
        Error::WaitQueueTimeout {
            waited_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            waiting: self.state.lock().queue.waiting(),
            max_pool_size: self.max_pool_size.map_or(0, NonZeroU32::get),
        }
    }
}

fn lane(reach: Reach) -> Lane {
    match reach {
        Reach::Primary => 0,
        Reach::Members => 1,
    }
}

/// What comes of asking for a place.
enum Entered<'a> {
    Place(Place<'a>),
    Line(Waiter<'a>),
}

/// One that waits for a server.
#[must_use]
pub(super) struct Seeking<'a, 'd> {
    admission: &'a Admission,
    database: &'d str,
}

impl Drop for Seeking<'_, '_> {
    fn drop(&mut self) {
        self.admission.state.lock().seekers.leave(self.database);
    }
}

/// A place in the pool, given back on drop to who is next.
#[must_use]
pub(super) struct Place<'a> {
    admission: &'a Admission,
    seat: Seat,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.admission.state.lock().queue.give_back(self.seat);
    }
}

/// One that waits. However it stops waiting, no seat is lost.
struct Waiter<'a> {
    admission: &'a Admission,
    ticket: Ticket,
    /// Brings the seat.
    called: oneshot::Receiver<Seat>,
    /// When it began to wait.
    since: Instant,
    /// The seat has been taken out of `called`.
    is_seated: bool,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.is_seated {
            return;
        }
        let mut state = self.admission.state.lock();
        state.wait_times.add(self.since.elapsed());
        if !state.queue.leave(self.ticket)
            && let Ok(seat) = self.called.try_recv()
        {
            state.queue.give_back(seat);
        }
    }
}

#[cfg(test)]
mod tests;
