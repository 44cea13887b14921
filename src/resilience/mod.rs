//! What the pool does about failures, as pure decisions: time and outcomes are passed in. It knows
//! neither the pool nor the mongodb crate's client.

pub mod backoff;
pub mod breaker;
pub mod chance;
pub mod fatal;
pub mod retry;
pub mod stall;
