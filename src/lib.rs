//! polypool's core: the pool, its wait queue and the wire, under a `MongoClient` surface in JS.
//!
//! The path of one operation, file by file, with the same names on both sides of the boundary:
//!
//! `lib/collection.ts` → `lib/operations/find.ts` → `lib/bridge/request.ts` ⇒ [`bridge::request`] →
//! [`pool::execute`] → the mongodb crate → [`codec::batch`] → [`bridge::completion`] ⇒
//! `lib/bridge/completion.ts` → `lib/bson/decode.ts` → promise.
//!
//! Dependencies run one way: `bridge → pool → resilience, telemetry, codec`; `config`, `error` and `runtime` are leaves.
//! Only `bridge` knows Node-API, and only the `node` feature compiles it.

#[cfg(feature = "node")]
pub mod bridge;
pub mod codec;
pub mod config;
pub mod error;
pub mod pool;
pub mod resilience;
pub mod runtime;
pub mod telemetry;

/// musl's own allocator takes one lock for all threads. Elsewhere the system's was as fast and
/// took less memory, see `docs/decisions/0003-allocator.md`.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
