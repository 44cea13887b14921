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
        keep_large_blocks();
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

/// Bytes of the block by which glibc learns what is a usual size.
const USUAL: usize = 16 * 1024 * 1024;

/// Has glibc keep memory that large commands and replies gave back, 32 MiB at most, for the next one. It
/// takes the largest block that it has mapped and seen freed for usual: such blocks it takes out of memory
/// it keeps from then on, and keeps twice that. The block is never touched, so it costs two system calls.
/// Other allocators have their own ways. See `docs/decisions/0003-allocator.md`.
fn keep_large_blocks() {
    if cfg!(all(target_os = "linux", target_env = "gnu")) {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(USUAL)));
    }
}
