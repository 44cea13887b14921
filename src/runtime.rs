//! The one tokio runtime of the process: every client lives and every operation runs on it, on one
//! thread. It is created on first use and never ends, because the mongodb crate panics when its
//! runtime dies under a live client. It knows nothing of pools or of Node.

use std::{future, sync::OnceLock, thread};

use tokio::runtime::{Builder, Handle};

static RUNTIME: OnceLock<Handle> = OnceLock::new();

/// The process-wide runtime, started on the first call.
///
/// One thread runs tasks in the order they become ready, which keeps the wait queue fair: a
/// multi-threaded scheduler runs the newest task first. It was no slower, see
/// `docs/decisions/0006-one-runtime-thread.md`.
///
/// # Panics
/// When the operating system refuses to start a thread; nothing can run without one.
pub fn runtime() -> &'static Handle {
    RUNTIME.get_or_init(|| {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the operating system grants what an event loop needs");
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name("polypool".to_owned())
            .spawn(move || runtime.block_on(future::pending::<()>()))
            .expect("the operating system grants a thread");
        handle
    })
}
