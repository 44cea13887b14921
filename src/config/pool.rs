//! How many connections, and how long anything may take.
//!
//! Numbers of the table made typed: 0 means no limit where the driver says so. Must not know how
//! limits are enforced.

use std::num::NonZeroU32;
use std::time::Duration;

use super::error::{ErrorClass, Result};
use super::option::SHORTEST_REFRESH_MS;
use super::provided::Provided;

const SHORTEST_REFRESH: Duration = Duration::from_millis(SHORTEST_REFRESH_MS);

/// Sizes and time-outs of the connection pool of one server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pool {
    /// `maxPoolSize`; `None` for 0, which means no limit.
    pub max_size: Option<NonZeroU32>,
    /// `minPoolSize`.
    pub min_size: u32,
    /// `maxConnecting`: connections being established at a time.
    pub max_connecting: NonZeroU32,
    /// `maxIdleTimeMS`; `None` for 0, which keeps idle connections.
    pub max_idle_time: Option<Duration>,
    /// `waitQueueTimeoutMS`; `None` for 0, which waits without end.
    pub wait_queue_timeout: Option<Duration>,
    /// `maxQueued`: operations that may wait for a place; `None` for 0, which is no limit.
    pub max_queued: Option<NonZeroU32>,
    /// `connectTimeoutMS`; `None` for 0, which waits without end.
    pub connect_timeout: Option<Duration>,
    /// `refreshIntervalMS`; `None` for 0, which keeps the client.
    pub refresh_interval: Option<Duration>,
    /// `warm`: `connect()` waits for `minPoolSize` connections. A holder's own.
    pub warm: bool,
    /// `socketTimeoutMS`; `None` for 0, which waits without end.
    pub socket_timeout: Option<Duration>,
    /// `leakMS`; `None` for 0, which looks for no leaks. The holder's alone: pools that differ in it
    /// are shared.
    pub leak_after: Option<Duration>,
}

impl Pool {
    /// Reads the options.
    pub(super) fn resolve(provided: &Provided) -> Result<Self> {
        let count = |name| {
            let number = provided.unsigned(name)?;
            Ok(u32::try_from(number).unwrap_or(u32::MAX))
        };
        Ok(Self {
            max_size: NonZeroU32::new(count("maxPoolSize")?),
            min_size: count("minPoolSize")?,
            max_connecting: max_connecting(provided)?,
            max_idle_time: limit(provided, "maxIdleTimeMS")?,
            wait_queue_timeout: limit(provided, "waitQueueTimeoutMS")?,
            max_queued: NonZeroU32::new(count("maxQueued")?),
            connect_timeout: limit(provided, "connectTimeoutMS")?,
            refresh_interval: refresh_interval(provided)?,
            warm: provided.boolean("warm")?,
            socket_timeout: limit(provided, "socketTimeoutMS")?,
            leak_after: limit(provided, "leakMS")?,
        })
    }
}

/// A time-out of which 0 means none.
pub(super) fn limit(provided: &Provided, name: &str) -> Result<Option<Duration>> {
    let milliseconds = provided.unsigned(name)?;
    Ok((milliseconds > 0).then(|| Duration::from_millis(milliseconds)))
}

fn refresh_interval(provided: &Provided) -> Result<Option<Duration>> {
    const NAME: &str = "refreshIntervalMS";
    let interval = limit(provided, NAME)?;
    match provided.first(NAME) {
        Some(given) if interval.is_some_and(|time| time < SHORTEST_REFRESH) => {
            let expected = format!("0 or at least {SHORTEST_REFRESH_MS}");
            Err(given.must_be(ErrorClass::InvalidArgument, &expected))
        }
        _ => Ok(interval),
    }
}

fn max_connecting(provided: &Provided) -> Result<NonZeroU32> {
    let number = u32::try_from(provided.unsigned("maxConnecting")?).unwrap_or(u32::MAX);
    match (NonZeroU32::new(number), provided.first("maxConnecting")) {
        (None, Some(given)) => {
            Err(given.must_be(ErrorClass::InvalidArgument, "a positive integer"))
        }
        (number, _) => Ok(number.unwrap_or(NonZeroU32::MIN)),
    }
}
