//! Work that would take the runtime's thread for too long, on threads of its own, and what is being made
//! there. What is made is not its business, but for how a document may be at fault.

use std::{sync::LazyLock, thread::available_parallelism};

use tokio::{
    sync::Semaphore,
    task::{JoinError, JoinHandle, spawn_blocking},
};

use crate::{codec::json::NotJson, error::Error};

/// Up to this many bytes of BSON, a batch becomes JSON where it arrived: it takes the runtime's thread
/// no longer than it would take to wake another one.
pub(super) const AT_ONCE: usize = 64 * 1024;

/// Threads that make JSON at the same time, at most: more would only take them from the application.
static TRANSCRIBERS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Runs `work` on a thread of its own, when one may.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    aside_within(&TRANSCRIBERS, work).await
}

async fn aside_within<T: Send + 'static>(
    threads: &'static Semaphore,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    let permit = threads.acquire().await;
    // The thread is busy until the work is done, also if nobody waits for that any more.
    spawn_blocking(move || {
        let _permit = permit;
        work()
    })
    .await
}

/// Text that is being made aside, by a task that goes on if nobody waits for it.
#[derive(Debug)]
pub(super) struct Making<T>(JoinHandle<Result<T, NotJson>>);

impl<T: Send + 'static> Making<T> {
    pub(super) fn begin(work: impl FnOnce() -> Result<T, NotJson> + Send + 'static) -> Self {
        Self(tokio::spawn(async move { aside(work).await.unwrap_or(Err(NotJson::INTERRUPTED)) }))
    }

    /// What was made, once. Who stops waiting for it can wait again.
    pub(super) async fn made(&mut self) -> Result<T, Error> {
        match (&mut self.0).await {
            Ok(made) => made.map_err(not_json),
            Err(error) => Err(Error::Internal(error.to_string())),
        }
    }
}

pub(super) fn not_json(error: NotJson) -> Error {
    Error::NotJson(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn counts_a_thread_until_its_work_is_done_even_if_nobody_waits_for_that() {
        static THREADS: Semaphore = Semaphore::const_new(1);
        let (began, beginning) = tokio::sync::oneshot::channel();
        let (end, ending) = std::sync::mpsc::channel::<()>();
        let waiter = tokio::spawn(aside_within(&THREADS, move || {
            let _ = began.send(());
            let _ = ending.recv();
        }));
        beginning.await.unwrap();
        waiter.abort();
        assert!(waiter.await.is_err_and(|error| error.is_cancelled()));
        assert_eq!(THREADS.available_permits(), 0);
        end.send(()).unwrap();
        drop(THREADS.acquire().await.unwrap());
    }
}
