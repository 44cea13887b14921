//! The one tokio runtime of the process: every client lives and every operation runs on it.
//! It is created on first use and never dropped, because the mongodb crate panics when its runtime
//! dies under a live client. It knows nothing of pools or of Node.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

/// How many worker threads carry the pool. One keeps every hop between tasks on the same core; a
/// second one only pays for itself with TLS or zstd on many busy connections.
const WORKER_THREADS: usize = 1;

/// Environment variable that overrides [`WORKER_THREADS`]; a positive integer.
const THREADS_VARIABLE: &str = "POLYPOOL_THREADS";

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The process-wide runtime, started on the first call.
///
/// # Panics
/// When the operating system refuses to start a thread; nothing can run without one.
pub fn runtime() -> &'static Runtime {
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(worker_threads(std::env::var(THREADS_VARIABLE).ok().as_deref()))
            .thread_name("polypool")
            .enable_all()
            .build()
            .expect("the operating system grants a thread")
    })
}

fn worker_threads(setting: Option<&str>) -> usize {
    setting.and_then(|text| text.parse().ok()).filter(|&count| count > 0).unwrap_or(WORKER_THREADS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_number_of_threads_from_the_environment() {
        assert_eq!(worker_threads(Some("3")), 3);
    }

    #[test]
    fn falls_back_to_one_thread_on_an_unusable_setting() {
        for setting in [None, Some("0"), Some("-1"), Some("many")] {
            assert_eq!(worker_threads(setting), WORKER_THREADS);
        }
    }
}
