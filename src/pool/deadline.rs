//! `timeoutMS`: one deadline for all that an operation does, from the wait for a server to the last
//! try. It knows how much is left, and what of that the server may have; it ends nothing itself.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bson::{RawBson, RawDocumentBuf, cstr};
use tokio::time::Instant;

use super::flight::Flight;
use crate::error::Error;

/// When an operation is to have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    /// How long it has had then.
    limit: Duration,
}

impl Deadline {
    /// The deadline of an operation that begins now.
    pub(super) fn start(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// What is left of it.
    pub(super) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// What the operation fails with when it has passed.
    pub(super) fn error(self) -> Error {
        Error::OperationTimeout {
            limit_ms: u64::try_from(self.limit.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// The server's code for a command that took longer than its `maxTimeMS`.
const MAX_TIME_EXPIRED: i32 = 50;

/// Where a command says how long the server may take.
const MAX_TIME: &str = "maxTimeMS";

/// The shortest time of late between a connection and its answer, as far as it was measured: what a
/// server's word takes to come back, at most.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    /// In nanoseconds; 0 before the first.
    shortest: AtomicU64,
}

impl RoundTrip {
    /// The running task has its answer. One that took longer moves the figure a little, so that it
    /// follows servers that are farther away than those before.
    pub(super) fn note(&self) {
        let Some(time) = Flight::connected_for() else { return };
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1);
        let known = self.shortest.load(Ordering::Relaxed);
        let shortest = if known == 0 { time } else { time.min(known + known / 64 + 1) };
        self.shortest.store(shortest, Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_nanos(self.shortest.load(Ordering::Relaxed))
    }
}

/// Tells the server how long it may take: what is left, without the way back; or less, if the command
/// says so itself.
///
/// # Errors
/// When nothing is left that would be worth sending the command for.
pub(super) fn limit(
    command: &mut RawDocumentBuf,
    deadline: Deadline,
    round_trip: &RoundTrip,
) -> Result<(), Error> {
    let left = deadline.left().saturating_sub(round_trip.get()).as_millis();
    let left = i64::try_from(left).unwrap_or(i64::MAX);
    if left == 0 {
        return Err(deadline.error());
    }
    match own(command) {
        Some(own) if own > 0 && own <= left => {}
        Some(_) => *command = replaced(command, left),
        None => command.append(cstr!("maxTimeMS"), left),
    }
    Ok(())
}

/// What the command says itself, as a number of whatever kind; 0 for no limit.
fn own(command: &RawDocumentBuf) -> Option<i64> {
    match RawBson::from(command.get(MAX_TIME).ok()??) {
        RawBson::Int32(time) => Some(time.into()),
        RawBson::Int64(time) => Some(time),
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a millisecond is none")]
        RawBson::Double(time) => Some(time as i64),
        _ => Some(0),
    }
}

fn replaced(command: &RawDocumentBuf, left: i64) -> RawDocumentBuf {
    let mut limited = RawDocumentBuf::new();
    for (name, value) in command.iter().flatten() {
        if name.as_str() == MAX_TIME {
            limited.append(name, left);
        } else {
            limited.append(name, value);
        }
    }
    limited
}

/// The error of the running task, which is that of its deadline if the server gave up because of it.
pub(super) fn told_apart(error: Error) -> Error {
    match Flight::deadline() {
        Some(deadline) if error.server_code() == Some(MAX_TIME_EXPIRED) => deadline.error(),
        _ => error,
    }
}

/// Whether the server did its part, and gave up because the time was over: of a write, or of its
/// replication.
pub(super) fn has_expired(reply: &bson::Document) -> bool {
    let expired =
        |error: &bson::Document| error.get_i32("code").is_ok_and(|code| code == MAX_TIME_EXPIRED);
    reply.get_document("writeConcernError").is_ok_and(expired)
        || reply
            .get_array("writeErrors")
            .is_ok_and(|errors| errors.iter().filter_map(bson::Bson::as_document).any(expired))
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    fn limited(mut command: RawDocumentBuf, left: u64) -> i64 {
        let deadline = Deadline::start(Duration::from_millis(left));
        limit(&mut command, deadline, &RoundTrip::default()).unwrap();
        own(&command).unwrap()
    }

    #[test]
    fn tells_the_server_what_is_left_or_less_if_the_command_does() {
        assert!((9_900..=10_000).contains(&limited(rawdoc! { "ping": 1 }, 10_000)));
        assert_eq!(limited(rawdoc! { "ping": 1, "maxTimeMS": 5 }, 10_000), 5);
        for own in [RawBson::Double(1e9), RawBson::Int64(0)] {
            let command = rawdoc! { "ping": 1, "maxTimeMS": own, "comment": "c" };
            assert!((9_900..=10_000).contains(&limited(command, 10_000)));
        }
    }

    #[test]
    fn sends_nothing_that_could_not_be_answered_in_time() {
        let round_trip = RoundTrip::default();
        round_trip.shortest.store(2_000_000, Ordering::Relaxed);
        let deadline = Deadline::start(Duration::from_millis(2));
        let error = limit(&mut rawdoc! { "ping": 1 }, deadline, &round_trip).unwrap_err();
        assert!(matches!(error, Error::OperationTimeout { limit_ms: 2 }), "{error:?}");
    }
}
