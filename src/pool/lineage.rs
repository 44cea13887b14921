//! Which of a pool's clients new operations go to. The first is made by the first operation; others
//! who come meanwhile share the one attempt, also when it fails, and the next one makes another. It
//! does not know how a client is made, nor when it is time for the next.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU32, Ordering},
};

use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, OnceCell};

use super::generation::Generation;
use crate::error::Error;

/// An attempt to make the first client, and what came of it.
type Attempt = Arc<OnceCell<Result<Arc<Generation>, Error>>>;

/// The clients of a pool.
#[derive(Default)]
pub(super) struct Lineage {
    /// The one of now.
    line: RwLock<Line>,
    /// The attempt under way to make the first.
    first: Mutex<Option<Attempt>>,
    /// Those that were replaced, as long as something uses them.
    earlier: Mutex<Vec<Weak<Generation>>>,
    /// That of the deployment that the pool is for, while another one stands in.
    standby: Mutex<Option<Arc<Generation>>>,
    /// How many there have been.
    count: AtomicU32,
    /// Wakes who waits for the pool's end.
    closing: Notify,
}

#[derive(Default)]
struct Line {
    /// Where new operations go.
    current: Option<Arc<Generation>>,
    /// The pool has ended: there will be no other.
    closed: bool,
}

impl Lineage {
    /// Where new operations go, if there has been one.
    pub(super) fn current(&self) -> Option<Arc<Generation>> {
        self.line.read().current.clone()
    }

    /// Where new operations go. There was none when who asks looked, so the first who asks makes it.
    pub(super) async fn current_or(
        &self,
        make: impl AsyncFnOnce() -> Result<Arc<Generation>, Error>,
    ) -> Result<Arc<Generation>, Error> {
        let attempt = Arc::clone(self.first.lock().get_or_insert_default());
        let attempted = async {
            // The attempt before may have just succeeded.
            if let Some(current) = self.current() {
                return Ok(current);
            }
            let first = make().await?;
            self.line.write().current = Some(Arc::clone(&first));
            Ok(first)
        };
        let outcome = attempt.get_or_init(|| attempted).await.clone();
        let mut first = self.first.lock();
        if first.as_ref().is_some_and(|first| Arc::ptr_eq(first, &attempt)) {
            *first = None;
        }
        outcome
    }

    /// The number of one more client; the first is 0.
    pub(super) fn number(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// From here on operations go to `next`. Gives who was replaced.
    ///
    /// # Errors
    /// When the pool has ended.
    pub(super) fn replace(&self, next: &Arc<Generation>) -> Result<Option<Arc<Generation>>, Error> {
        let before = {
            let mut line = self.line.write();
            if line.closed {
                return Err(Error::Closed);
            }
            line.current.replace(Arc::clone(next))
        };
        let mut earlier = self.earlier.lock();
        // One that comes back may have been replaced before.
        earlier.retain(|generation| {
            let is_before = |one: &Arc<Generation>| generation.as_ptr() == Arc::as_ptr(one);
            generation.strong_count() > 0 && !before.as_ref().is_some_and(is_before)
        });
        earlier.extend(before.as_ref().map(Arc::downgrade));
        Ok(before)
    }

    /// Keeps the client to go back to, or gives it up. Gives the one before.
    pub(super) fn stand_by(&self, generation: Option<Arc<Generation>>) -> Option<Arc<Generation>> {
        std::mem::replace(&mut *self.standby.lock(), generation)
    }

    /// The client to go back to.
    pub(super) fn standby(&self) -> Option<Arc<Generation>> {
        self.standby.lock().clone()
    }

    /// Ends it, and gives all that are there.
    pub(super) fn close(&self) -> Vec<Arc<Generation>> {
        self.line.write().closed = true;
        self.closing.notify_waiters();
        let all = self.all();
        drop(self.stand_by(None));
        all
    }

    /// Waits for its end.
    pub(super) async fn closed(&self) {
        let closing = self.closing.notified();
        tokio::pin!(closing);
        closing.as_mut().enable();
        if !self.line.read().closed {
            closing.await;
        }
    }

    /// Those that were replaced and are still in use, oldest first. One that stands by is none.
    pub(super) fn earlier(&self) -> Vec<Arc<Generation>> {
        let (current, standby) = (self.current(), self.standby());
        let is = |other: &Option<Arc<Generation>>, one: &Arc<Generation>| {
            other.as_ref().is_some_and(|other| Arc::ptr_eq(other, one))
        };
        let earlier = self.earlier.lock();
        let in_use = earlier.iter().filter_map(Weak::upgrade);
        in_use.filter(|one| !is(&current, one) && !is(&standby, one) && !one.is_ended()).collect()
    }

    /// All that are there.
    pub(super) fn all(&self) -> Vec<Arc<Generation>> {
        let mut all: Vec<_> = self.current().into_iter().collect();
        for earlier in self.earlier.lock().iter().filter_map(Weak::upgrade) {
            // One that stood by may have its turn again.
            if !all.iter().any(|known| Arc::ptr_eq(known, &earlier)) {
                all.push(earlier);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use crate::{
        config::Config,
        pool::{Pool, events::voice::Voice},
    };

    #[tokio::test]
    async fn counts_one_that_was_replaced_several_times_once() {
        let config = Config::resolve("mongodb://127.0.0.1:1", &doc! {}).unwrap();
        let pool = Pool::new(config);
        let make = async || pool.generate(0, Voice::first(&pool.events)).await.unwrap();
        let (own, other, last) = (make().await, make().await, make().await);
        for next in [&own, &other, &own, &other, &last] {
            pool.lineage.replace(next).unwrap();
        }
        assert_eq!(pool.lineage.earlier().len(), 2);
    }
}
