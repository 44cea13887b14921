//! New clients for a pool: made beside the one in use, and given its place when they have connected, so
//! that no operation waits for them. What began on the one before ends there. When it is time for one,
//! its callers say, or `resilience::stall`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bson::rawdoc;
use mongodb::options::{ReadPreference, SelectionCriteria};

use super::{
    Pool,
    events::voice::Voice,
    flight::Flight,
    generation::Generation,
    topology::{Reach, SelectionTime},
};
use crate::{error::Error, runtime::runtime};

/// How many clients there may be beside the current one before a refresh is refused.
const MOST_EARLIER: usize = 8;

/// After so long a client that was replaced may be ended, whatever still uses it: servers keep neither
/// idle cursors for longer nor, by much, idle sessions.
const LONG: Duration = Duration::from_mins(10);

/// What stands in for `connectTimeoutMS`, where there is none, between two refreshes that nobody asked
/// for.
const UNLIMITED: Duration = Duration::from_secs(30);

/// Between two looks at whether a task still waits for a connection.
const LOOK: Duration = Duration::from_millis(20);

/// Between two looks at which deployment has its turn.
const LONG_LOOK: Duration = Duration::from_secs(1);

/// Why a pool gets a new client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Somebody asked for it.
    Request,
    /// `refreshIntervalMS` has passed.
    Interval,
    /// The one before is stuck.
    Stalled,
}

impl Reason {
    /// The event's word.
    fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Interval => "interval",
            Self::Stalled => "stalled",
        }
    }
}

impl Pool {
    /// Replaces the client by a new one that has connected. Who asks meanwhile shares it.
    ///
    /// # Errors
    /// When the new one can't connect; the old one stays, then.
    pub(super) async fn refresh(&self, reason: Reason) -> Result<(), Error> {
        let Some(before) = self.lineage.current() else {
            return self.current().await.map(drop);
        };
        let _turn = self.turn.lock().await;
        match self.lineage.current() {
            Some(current) if Arc::ptr_eq(&current, &before) => {}
            _ => return Ok(()),
        }
        self.make_room(reason, Instant::now())?;
        let next = self.prepare(before.deployment).await;
        let next = next.inspect_err(|error| {
            self.events.own("refreshFailed", || {
                rawdoc! { "reason": reason.name(), "error": error.to_record() }
            });
        })?;
        self.take_over(&next, reason == Reason::Stalled)?;
        self.events.own("refreshed", || rawdoc! { "reason": reason.name() });
        Ok(())
    }

    /// Sees to it that there are not ever more clients, because something never ends that began on
    /// them: the oldest is ended when it has had its time.
    ///
    /// # Errors
    /// When there are too many that may still be of use.
    fn make_room(&self, reason: Reason, now: Instant) -> Result<(), Error> {
        let earlier = self.lineage.earlier();
        if earlier.len() < MOST_EARLIER {
            return Ok(());
        }
        let oldest = earlier.first().filter(|oldest| oldest.is_retired_since(now, LONG));
        match oldest.cloned() {
            Some(oldest) => {
                runtime().spawn(async move { oldest.shut_down().await });
                Ok(())
            }
            // What is stuck has to be replaced, and that is not done often.
            None if reason == Reason::Stalled => Ok(()),
            None => {
                let error = Error::StillInUse { clients: earlier.len() };
                self.events.own("refreshFailed", || {
                    rawdoc! { "reason": reason.name(), "error": error.to_record() }
                });
                Err(error)
            }
        }
    }

    /// Whether another client of the same deployment has taken this one's place.
    pub(super) fn has_successor(&self, generation: &Generation) -> bool {
        generation.is_retired()
            && self
                .lineage
                .current()
                .is_some_and(|current| current.deployment == generation.deployment)
    }

    /// Waits until another client of the same deployment takes this one's place, and until the running
    /// task does not wait for a connection, which it may not leave.
    pub(super) async fn succession(&self, generation: &Generation) {
        loop {
            generation.retired().await;
            let pause = if !self.has_successor(generation) {
                // Another deployment stands in. This one may have its turn again.
                LONG_LOOK
            } else if Flight::is_checking_out() {
                LOOK
            } else {
                return;
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// A new client for one of the deployments, connected.
    pub(super) async fn prepare(&self, deployment: usize) -> Result<Arc<Generation>, Error> {
        let voice = Voice::next(&self.events, self.lineage.number());
        let next = self.generate(deployment, voice).await?;
        let limit = self.config.topology.server_selection_timeout;
        let reach = match self.lineage.current() {
            Some(current) if current.topology.has(Reach::Primary) => Reach::Primary,
            _ => self.reach(),
        };
        next.connect(reach, limit).await?;
        next.warm(self.config.pool.min_size, self.config.pool.connect_timeout).await;
        Ok(next)
    }

    /// What operations need that say nothing of it themselves.
    fn reach(&self) -> Reach {
        use crate::config::ReadPreferenceMode::Primary;
        if self.config.read_preference.mode == Primary { Reach::Primary } else { Reach::Members }
    }

    /// From here on operations go to `next`. Those that wait for a server go there, too, and with
    /// `stalled` those that wait for a connection of the one before.
    pub(super) fn take_over(&self, next: &Arc<Generation>, stalled: bool) -> Result<(), Error> {
        next.resume();
        let before = self.lineage.replace(next)?;
        if let Some(before) = &before {
            before.retire(stalled);
        }
        next.speak();
        self.presence.found(&next.topology, &self.events);
        // Those that were named while the client was made did not find it.
        self.introduce(&next.client);
        Ok(())
    }

    /// Looks after the first client and those that follow it, until the pool ends.
    pub(super) fn keep(self: &Arc<Self>) {
        let pool = Arc::clone(self);
        let keeper = async move {
            tokio::select! {
                () = pool.lineage.closed() => {}
                () = async { tokio::join!(pool.refresh_regularly(), pool.refresh_stalled()) ; } => {}
            }
        };
        runtime().spawn(keeper);
    }

    async fn refresh_regularly(&self) {
        let Some(interval) = self.config.pool.refresh_interval else { return };
        loop {
            tokio::time::sleep(interval).await;
            // Listeners are told; the one before does as well.
            let _ = self.refresh(Reason::Interval).await;
        }
    }

    async fn refresh_stalled(&self) {
        let limit = self.config.pool.connect_timeout;
        let shortest = limit.unwrap_or(UNLIMITED) * 2;
        loop {
            self.stalls.stalled(limit).await;
            while let Some(wait) = self.stalls.spacing(shortest, Instant::now()) {
                tokio::time::sleep(wait).await;
            }
            if self.stalls.is_stalled(limit) {
                self.stalls.note(Instant::now());
                let _ = self.refresh(Reason::Stalled).await;
            }
        }
    }
}

impl Generation {
    /// Waits for a server, and for it to let the client in.
    pub(super) async fn connect(&self, reach: Reach, limit: Option<Duration>) -> Result<(), Error> {
        let time = SelectionTime::start(limit);
        tokio::select! {
            found = self.topology.wait_for(reach, time) => found?,
            error = self.turned_away() => return Err(error),
            never = Box::pin(self.seek()) => match never {},
        }
        let preference = match reach {
            Reach::Primary => ReadPreference::Primary,
            Reach::Members => ReadPreference::Nearest { options: None },
        };
        let admin = self.client.database("admin");
        let ping = admin
            .run_raw_command(rawdoc! { "ping": 1 })
            .selection_criteria(SelectionCriteria::from(preference));
        let Some(limit) = time.remaining() else {
            ping.await?;
            return Ok(());
        };
        match tokio::time::timeout(limit, ping).await {
            Ok(answer) => answer.map(drop).map_err(Error::from),
            Err(_) => Err(Error::SocketTimeout {
                waited_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            }),
        }
    }

    /// Opens the connections that are to be open always; of no use after `limit`.
    pub(super) async fn warm(&self, min_size: u32, limit: Option<Duration>) {
        if min_size == 0 {
            return;
        }
        let filled = self.client.warm_connection_pool();
        match limit {
            None => filled.await,
            Some(limit) => {
                let _ = tokio::time::timeout(limit, async { filled.await }).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bson::{Document, RawDocumentBuf, doc};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;
    use crate::{
        config::Config,
        pool::{Hold, events::Kind},
    };

    /// A holder of a pool whose server is not there, and what it is told of refreshes.
    fn hold(options: Document) -> (Arc<Hold>, UnboundedReceiver<Document>) {
        let mut all = doc! { "serverSelectionTimeoutMS": 20 };
        all.extend(options);
        let config = Config::resolve("mongodb://127.0.0.1:1", &all).unwrap();
        let hold = Hold::open(config, false).unwrap();
        let (tell, told) = unbounded_channel();
        let sink = move |_, record| {
            let record = RawDocumentBuf::from_bytes(record).unwrap();
            tell.send(Document::try_from(record).unwrap()).unwrap();
        };
        hold.listen(Kind::Own.bit(), Arc::new(sink));
        (hold, told)
    }

    /// Asks a client for something.
    async fn ping(pool: &Pool, generation: &Generation) -> Error {
        let admin = generation.client.database("admin");
        let ping = async { admin.run_raw_command(rawdoc! { "ping": 1 }).await };
        pool.answer(generation, Reach::Members, ping).await.unwrap_err()
    }

    #[tokio::test]
    async fn replaces_a_client_that_was_shut_down_when_it_is_asked_for_something_and_no_storm_follows()
     {
        for options in [doc! {}, doc! { "connectTimeoutMS": 0 }] {
            let (hold, mut told) = hold(options.clone());
            let pool = &hold.pool;
            let generation = pool.current().await.unwrap();
            generation.client.clone().shutdown().immediate(true).await;
            for _ in 0..10 {
                assert_eq!(ping(pool, &generation).await.class(), "MongoClientClosedError");
            }
            let event = tokio::time::timeout(Duration::from_secs(10), told.recv()).await;
            let event = event.unwrap_or_else(|_| panic!("nothing follows from it, {options}"));
            let event = event.unwrap();
            assert_eq!(event.get_str("name").unwrap(), "refreshFailed");
            let fields = event.get_document("fields").unwrap();
            assert_eq!(fields.get_str("reason").unwrap(), "stalled");
            // The next may be made in twice connectTimeoutMS, not when it is asked again.
            assert_eq!(ping(pool, &generation).await.class(), "MongoClientClosedError");
            let wait = pool.stalls.spacing(UNLIMITED * 2, Instant::now()).unwrap();
            assert!(wait > Duration::from_secs(50), "{wait:?}");
            assert!(told.try_recv().is_err());
            hold.close(Error::Interrupted).await;
        }
    }

    #[tokio::test]
    async fn leaves_a_client_alone_that_was_shut_down_after_another_took_its_place() {
        let (hold, _told) = hold(doc! {});
        let generation = hold.pool.current().await.unwrap();
        generation.client.clone().shutdown().immediate(true).await;
        generation.retire(false);
        assert_eq!(ping(&hold.pool, &generation).await.class(), "MongoClientClosedError");
        assert!(!hold.pool.stalls.is_stalled(None));
        hold.close(Error::Interrupted).await;
    }
}
