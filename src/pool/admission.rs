//! The wait queue: how many operations may be with the mongodb crate at a time, and how long one
//! may wait to get there. The crate has a queue of its own but ignores `waitQueueTimeoutMS` and
//! stalls when a waiter leaves it, so nobody is let in who would have to wait there.
//! It knows nothing of commands.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::topology::Reach;
use crate::error::Error;

/// Places in the pool, and the queue for them.
pub(super) struct Admission {
    /// Places for what must go to the primary.
    primary: Semaphore,
    /// Places for what may go to other members; each of them has its own connections.
    members: Semaphore,
    /// Operations in either queue.
    waiting: AtomicUsize,
    /// Connections per server; unlimited when absent.
    max_pool_size: Option<NonZeroU32>,
    /// How long an operation may queue; forever when absent.
    wait_queue_timeout: Option<Duration>,
}

/// A place in the pool, given back on drop.
pub(super) type Place<'a> = SemaphorePermit<'a>;

impl Admission {
    /// `servers` counts the configured (or SRV-resolved) hosts.
    pub(super) fn new(
        max_pool_size: Option<NonZeroU32>,
        servers: usize,
        wait_queue_timeout: Option<Duration>,
    ) -> Self {
        let connections = max_pool_size.map_or(Semaphore::MAX_PERMITS, |size| size.get() as usize);
        let members = connections.saturating_mul(servers.saturating_sub(1).max(1));
        Self {
            primary: Semaphore::new(connections),
            members: Semaphore::new(members.min(Semaphore::MAX_PERMITS)),
            waiting: AtomicUsize::new(0),
            max_pool_size,
            wait_queue_timeout,
        }
    }

    /// Waits for a place, first come first served.
    pub(super) async fn admit(&self, reach: Reach) -> Result<Place<'_>, Error> {
        let places = match reach {
            Reach::Primary => &self.primary,
            Reach::Members => &self.members,
        };
        if let Ok(place) = places.try_acquire() {
            return Ok(place);
        }
        let _queued = Queued::join(&self.waiting);
        let acquire = places.acquire();
        let acquired = match self.wait_queue_timeout {
            None => acquire.await,
            Some(limit) => match tokio::time::timeout(limit, acquire).await {
                Ok(acquired) => acquired,
                Err(_) => return Err(self.timed_out(limit)),
            },
        };
        acquired.map_err(|_| Error::Closed)
    }

    /// How many wait for a place.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn timed_out(&self, limit: Duration) -> Error {
        Error::WaitQueueTimeout {
            waited_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            waiting: self.waiting.load(Ordering::Relaxed),
            max_pool_size: self.max_pool_size.map_or(0, NonZeroU32::get),
        }
    }
}

/// Counts a waiter for as long as it waits, however it stops waiting.
struct Queued<'a>(&'a AtomicUsize);

impl<'a> Queued<'a> {
    fn join(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn times_out_a_waiter_and_says_how_long_the_queue_was() {
        let admission = Admission::new(NonZeroU32::new(1), 1, Some(Duration::from_millis(50)));
        let _place = admission.admit(Reach::Primary).await.unwrap();
        let error = admission.admit(Reach::Primary).await.map(drop).unwrap_err();
        assert!(
            matches!(
                error,
                Error::WaitQueueTimeout { waited_ms: 50, waiting: 1, max_pool_size: 1 }
            ),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn leaks_no_place_when_a_waiter_is_cancelled() {
        let admission = Admission::new(NonZeroU32::new(1), 1, None);
        let place = admission.admit(Reach::Primary).await.unwrap();
        let cancelled =
            tokio::time::timeout(Duration::from_millis(1), admission.admit(Reach::Primary)).await;
        assert!(cancelled.is_err());
        assert_eq!(admission.waiting.load(Ordering::Relaxed), 0);
        drop(place);
        assert!(admission.primary.try_acquire().is_ok());
    }

    #[tokio::test]
    async fn keeps_reads_of_other_members_out_of_the_primarys_queue() {
        let admission = Admission::new(NonZeroU32::new(1), 3, Some(Duration::ZERO));
        let _primary = admission.admit(Reach::Primary).await.unwrap();
        let _first = admission.admit(Reach::Members).await.unwrap();
        let _second = admission.admit(Reach::Members).await.unwrap();
        assert!(admission.admit(Reach::Members).await.is_err());
    }

    #[tokio::test]
    async fn admits_in_order_of_arrival() {
        let admission = Arc::new(Admission::new(NonZeroU32::new(1), 1, None));
        let place = admission.admit(Reach::Primary).await.unwrap();
        let order = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let waiters: Vec<_> = (0..3)
            .map(|turn| {
                let (admission, order) = (Arc::clone(&admission), Arc::clone(&order));
                tokio::spawn(async move {
                    let _place = admission.admit(Reach::Primary).await.unwrap();
                    order.lock().push(turn);
                })
            })
            .collect();
        while admission.waiting.load(Ordering::Relaxed) < 3 {
            tokio::task::yield_now().await;
        }
        drop(place);
        for waiter in waiters {
            waiter.await.unwrap();
        }
        assert_eq!(*order.lock(), [0, 1, 2]);
    }
}
