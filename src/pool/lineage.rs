//! Which of a pool's clients new operations go to. The first is made by the first operation; others
//! who come meanwhile share the one attempt, also when it fails, and the next one makes another. It
//! does not know how a client is made, nor when it is time for the next.

use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock};
use tokio::sync::OnceCell;

use super::generation::Generation;
use crate::error::Error;

/// An attempt to make the first client, and what came of it.
type Attempt = Arc<OnceCell<Result<Arc<Generation>, Error>>>;

/// The clients of a pool.
#[derive(Default)]
pub(super) struct Lineage {
    /// Where new operations go.
    current: RwLock<Option<Arc<Generation>>>,
    /// The attempt under way to make the first.
    first: Mutex<Option<Attempt>>,
    /// Those that were replaced, as long as something uses them.
    earlier: Mutex<Vec<Weak<Generation>>>,
}

impl Lineage {
    /// Where new operations go, if there has been one.
    pub(super) fn current(&self) -> Option<Arc<Generation>> {
        self.current.read().clone()
    }

    /// Where new operations go. There was none when who asks looked, so the first who asks makes it.
    pub(super) async fn current_or(
        &self,
        make: impl AsyncFnOnce() -> Result<Arc<Generation>, Error>,
    ) -> Result<Arc<Generation>, Error> {
        let attempt = Arc::clone(self.first.lock().get_or_insert_default());
        let made = async {
            // The attempt before may have just succeeded.
            if let Some(current) = self.current() {
                return Ok(current);
            }
            let first = make().await?;
            *self.current.write() = Some(Arc::clone(&first));
            Ok(first)
        };
        let outcome = attempt.get_or_init(|| made).await.clone();
        let mut first = self.first.lock();
        if first.as_ref().is_some_and(|first| Arc::ptr_eq(first, &attempt)) {
            *first = None;
        }
        outcome
    }

    /// All that are there.
    pub(super) fn all(&self) -> Vec<Arc<Generation>> {
        let mut all: Vec<_> = self.earlier.lock().iter().filter_map(Weak::upgrade).collect();
        all.extend(self.current());
        all
    }
}
