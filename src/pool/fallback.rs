//! Other deployments that stand in for the pool's own (`fallbackURIs`) while that can't be selected,
//! and the way back. A session, a cursor and a numbered write never change over. It does not know how
//! operations wait; they say when their time has passed.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

use bson::{RawArrayBuf, RawDocumentBuf, cstr, rawdoc};

use super::{
    Pool,
    flight::Flight,
    generation::Generation,
    topology::{Reach, SelectionTime},
};
use crate::{
    error::Error,
    resilience::{backoff::Backoff, chance::chance},
    runtime::runtime,
};

/// Between two looks at a deployment whose hosts could not even be found out.
const BACKOFF: Backoff = Backoff {
    attempts: None,
    base: std::time::Duration::from_secs(1),
    max: std::time::Duration::from_secs(30),
    jitter: 0.5,
};

impl Pool {
    /// Where operations go that found no server on `from` in their time, because of `error`: another
    /// deployment, if there is one that answers. `from` is absent when its hosts are not even known.
    pub(super) async fn fall_back(
        &self,
        from: Option<&Arc<Generation>>,
        error: &Error,
    ) -> Option<Arc<Generation>> {
        if self.config.fallbacks.is_empty() {
            return None;
        }
        let asked = Instant::now();
        let _turn = self.turn.lock().await;
        // Others have done it while this one waited, or have found that there is none.
        let current = self.lineage.current();
        if let Some(current) = &current
            && !from.is_some_and(|from| Arc::ptr_eq(from, current))
        {
            return Some(Arc::clone(current));
        }
        if self.in_vain.lock().is_some_and(|failed| failed > asked) {
            return None;
        }
        let own = from.map_or(0, |from| from.deployment);
        for deployment in (0..=self.config.fallbacks.len()).filter(|other| *other != own) {
            if let Ok(next) = self.prepare(deployment).await {
                self.change_over(&next, current.clone(), error).ok()?;
                return Some(next);
            }
        }
        *self.in_vain.lock() = Some(Instant::now());
        None
    }

    /// Looks for a server for as long as that may take, though the operations that want one give up
    /// before, each by its own deadline; and falls back if there is none. One at a time does.
    pub(super) fn watch(&self, generation: &Arc<Generation>, reach: Reach) {
        let has_limit = Flight::deadline().is_some();
        if self.config.fallbacks.is_empty() || !has_limit || self.watching.swap(true, Relaxed) {
            return;
        }
        let Some(pool) = self.me.upgrade() else { return };
        let generation = Arc::clone(generation);
        runtime().spawn(async move {
            let time = SelectionTime::start(pool.config.topology.server_selection_timeout);
            let search = async {
                let found = generation.wait_for(reach, time, true).await;
                if let Err(error @ Error::ServerSelection { .. }) = found {
                    pool.fall_back(Some(&generation), &error).await;
                }
            };
            tokio::select! {
                () = pool.lineage.closed() => {}
                () = search => {}
            }
            pool.watching.store(false, Relaxed);
        });
    }

    fn change_over(
        &self,
        next: &Arc<Generation>,
        before: Option<Arc<Generation>>,
        error: &Error,
    ) -> Result<(), Error> {
        let was_degraded = self.is_degraded();
        self.take_over(next, true)?;
        if next.deployment == 0 {
            self.restored();
        } else {
            if !was_degraded {
                self.lineage.stand_by(before);
            }
            self.events.own("fallbackStarted", || self.describe(next, error));
            if !was_degraded && let Some(pool) = self.me.upgrade() {
                runtime().spawn(async move { pool.find_back().await });
            }
        }
        Ok(())
    }

    fn describe(&self, next: &Generation, error: &Error) -> RawDocumentBuf {
        let mut hosts = RawArrayBuf::new();
        for host in &self.deployment(next.deployment).topology.hosts {
            hosts.push(host.to_string());
        }
        let mut fields = rawdoc! { "hosts": hosts };
        fields.append(cstr!("error"), error.to_record());
        fields
    }

    fn restored(&self) {
        drop(self.lineage.stand_by(None));
        self.events.own("fallbackEnded", RawDocumentBuf::new);
    }

    /// True while another deployment stands in for the pool's own.
    pub fn is_degraded(&self) -> bool {
        self.lineage.current().is_some_and(|current| current.deployment != 0)
    }

    /// Goes back to the pool's own deployment as soon as that answers.
    async fn find_back(&self) {
        tokio::select! {
            () = self.lineage.closed() => {}
            () = self.go_back() => {}
        }
    }

    async fn go_back(&self) {
        let mut attempt = 1;
        while self.is_degraded() {
            if let Ok(own) = self.own_again().await {
                let _turn = self.turn.lock().await;
                if self.is_degraded() && self.take_over(&own, false).is_ok() {
                    self.restored();
                }
                return;
            }
            let delay = BACKOFF.delay_after(attempt, chance()).unwrap_or(BACKOFF.max);
            tokio::time::sleep(delay).await;
            attempt = attempt.saturating_add(1);
        }
    }

    /// A client of the pool's own deployment that answers.
    async fn own_again(&self) -> Result<Arc<Generation>, Error> {
        let Some(standby) = self.lineage.standby() else { return self.prepare(0).await };
        // Its monitors go on looking, as often as heartbeats are due.
        standby.topology.found(Reach::Primary).await;
        let limit = self.config.topology.server_selection_timeout;
        standby.connect(Reach::Primary, limit).await?;
        Ok(standby)
    }
}
