//! Which pools the process has: the same URI and options share one, counted by its holders.
//! It knows when a pool begins and ends, not what runs on it.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use parking_lot::Mutex;

use super::Pool;
use crate::config::{Config, ConfigKey};

/// Pools that may be shared, by what they were opened with.
static SHARED: LazyLock<Mutex<HashMap<ConfigKey, Entry>>> = LazyLock::new(Mutex::default);

struct Entry {
    /// The pool itself.
    pool: Arc<Pool>,
    /// Holds that have not been released; never 0 while the entry exists.
    holders: usize,
}

/// A counted claim on a pool. [`Lease::release`] gives it back.
pub(super) struct Lease {
    /// The pool, valid until released.
    pub(super) pool: Arc<Pool>,
    /// The registry's key, or nothing for a pool of one holder's own.
    key: Option<ConfigKey>,
}

/// Claims the process's pool for this configuration, or one of the caller's own.
pub(super) fn lease(config: Config, shared: bool) -> Lease {
    if !shared {
        return Lease { pool: Pool::new(config), key: None };
    }
    let key = config.key();
    let mut pools = SHARED.lock();
    let entry =
        pools.entry(key.clone()).or_insert_with(|| Entry { pool: Pool::new(config), holders: 0 });
    entry.holders += 1;
    Lease { pool: Arc::clone(&entry.pool), key: Some(key) }
}

impl Lease {
    /// Gives the claim back; the last one ends the pool. True when it did.
    pub(super) async fn release(self) -> bool {
        let last = self.forget();
        if last {
            self.pool.shut_down().await;
        }
        last
    }

    /// Uncounts this claim; true when no other is left.
    fn forget(&self) -> bool {
        let Some(key) = &self.key else { return true };
        let mut pools = SHARED.lock();
        let Some(entry) = pools.get_mut(key) else { return false };
        entry.holders -= 1;
        let last = entry.holders == 0;
        if last {
            pools.remove(key);
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(uri: &str) -> Config {
        Config::resolve(uri, &bson::Document::new()).unwrap()
    }

    #[test]
    fn shares_one_pool_between_holders_of_the_same_uri() {
        let first = lease(config("mongodb://one.invalid/?appName=a"), true);
        let second = lease(config("mongodb://one.invalid/?appName=a"), true);
        assert!(Arc::ptr_eq(&first.pool, &second.pool));
        assert!(!first.forget());
        assert!(second.forget());
    }

    #[test]
    fn separates_pools_that_differ_in_one_option() {
        let first = lease(config("mongodb://two.invalid/?appName=a"), true);
        let second = lease(config("mongodb://two.invalid/?appName=b"), true);
        assert!(!Arc::ptr_eq(&first.pool, &second.pool));
        assert!(first.forget() && second.forget());
    }

    #[test]
    fn separates_a_pool_that_is_not_to_be_shared() {
        let shared = lease(config("mongodb://three.invalid"), true);
        let own = lease(config("mongodb://three.invalid"), false);
        assert!(!Arc::ptr_eq(&shared.pool, &own.pool));
        assert!(shared.forget() && own.forget());
    }

    #[test]
    fn opens_a_new_pool_after_the_last_holder_has_gone() {
        let first = lease(config("mongodb://four.invalid"), true);
        let pool = Arc::downgrade(&first.pool);
        assert!(first.forget());
        let second = lease(config("mongodb://four.invalid"), true);
        assert!(!pool.upgrade().is_some_and(|pool| Arc::ptr_eq(&pool, &second.pool)));
        assert!(second.forget());
    }
}
