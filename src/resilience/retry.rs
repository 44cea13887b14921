//! When a failed command is sent once more, by the retryable reads, retryable writes and client
//! backpressure specifications as driver 7.8 implements them, and what may be done about an error.
//! It decides; it sends nothing.

use std::time::Duration;

use crate::error::{Error, RETRYABLE_WRITE, TRANSIENT_TRANSACTION};

/// Server codes after which another try, perhaps on another server, may succeed.
const RETRYABLE_CODES: [i32; 13] =
    [6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

/// The label of an error that is certain to have changed nothing.
const NO_WRITES_PERFORMED: &str = "NoWritesPerformed";

/// The label of an error that says that the server has too much to do.
const SYSTEM_OVERLOADED: &str = "SystemOverloadedError";

/// The label of an error that says that the server has not begun, and may be asked again.
const RETRYABLE: &str = "RetryableError";

/// The longest delay after the first refusal of an overloaded server that names none itself.
const OVERLOAD_BASE: Duration = Duration::from_millis(100);

/// The longest delay between tries on an overloaded server.
const OVERLOAD_MAX: Duration = Duration::from_secs(10);

/// What may be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Its cause may pass by itself.
    Retryable,
    /// Its cause may pass, if there is less to do for a while.
    Overload,
    /// Another try fails like this one.
    Fatal,
}

impl Class {
    /// The class as the boundary carries it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Retryable => "retryable",
            Self::Overload => "overload",
            Self::Fatal => "fatal",
        }
    }
}

/// What labels say, the first that an error has.
const CLASS_OF_LABEL: [(&str, Class); 4] = [
    (SYSTEM_OVERLOADED, Class::Overload),
    (RETRYABLE, Class::Retryable),
    (RETRYABLE_WRITE, Class::Retryable),
    (TRANSIENT_TRANSACTION, Class::Retryable),
];

/// What may be done about an error. It says whether its cause may pass, not whether the operation has
/// been done: of a write that failed on the wire, nobody knows.
pub fn classify(error: &Error) -> Class {
    if let Some((_, class)) = CLASS_OF_LABEL.iter().find(|(label, _)| error.has_label(label)) {
        return *class;
    }
    match error {
        Error::WaitQueueTimeout { .. }
        | Error::PoolOverloaded { .. }
        | Error::CircuitOpen { .. } => Class::Overload,
        error if error.is_unreachable() || error.server_code().is_some_and(is_passing) => {
            Class::Retryable
        }
        _ => Class::Fatal,
    }
}

/// The tries of one command.
#[derive(Debug)]
pub struct Tries {
    policy: Policy,
    /// It may be sent again to a server that was too busy to begin.
    when_overloaded: bool,
    /// `maxAdaptiveRetries`.
    adaptive: u32,
    /// How many there may be; without end, when a deadline ends them.
    most: Option<u32>,
    /// How many there have been.
    made: u32,
}

impl Tries {
    /// `endless`: a deadline ends them, and no number.
    #[must_use]
    pub fn new(policy: Policy, when_overloaded: bool, adaptive: u32, endless: bool) -> Self {
        let most = match policy {
            Policy::Never => Some(1),
            Policy::Read | Policy::Write if endless => None,
            Policy::Read | Policy::Write => Some(2),
        };
        Self { policy, when_overloaded, adaptive, most, made: 0 }
    }

    /// Whether there may be more, so that what is sent has to be kept.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.most != Some(1) || self.when_overloaded
    }

    /// A write is not numbered after all, because the deployment knows no such thing.
    pub fn send_once(&mut self) {
        self.policy = Policy::Never;
        self.most = Some(self.most.unwrap_or(1).min(self.made + 1));
    }

    /// A try has failed: how long to wait before the next, if there is to be one. `chance` is a
    /// random number from 0 to 1.
    pub fn after(&mut self, error: &Error, chance: impl FnOnce() -> f64) -> Option<Duration> {
        let overload = error.has_label(SYSTEM_OVERLOADED).then(|| Overload {
            may_repeat: error.has_label(RETRYABLE),
            base: error.base_backoff(),
        });
        let permitted = self.policy.permits(error);
        self.decide(permitted, overload, chance)
    }

    fn decide(
        &mut self,
        permitted: bool,
        overload: Option<Overload>,
        chance: impl FnOnce() -> f64,
    ) -> Option<Duration> {
        self.made += 1;
        let permitted = match overload {
            Some(Overload { may_repeat: true, .. }) => self.when_overloaded,
            _ => permitted,
        };
        if !permitted {
            return None;
        }
        if overload.is_some() {
            self.most = Some(self.adaptive.saturating_add(1));
        }
        if self.most.is_some_and(|most| self.made >= most) {
            return None;
        }
        let Some(Overload { base, .. }) = overload else { return Some(Duration::ZERO) };
        let base = base.filter(|base| !base.is_zero()).unwrap_or(OVERLOAD_BASE);
        let longest = base.saturating_mul(1 << self.made.min(20)).min(OVERLOAD_MAX);
        Some(longest.mul_f64(chance().clamp(0.0, 1.0)))
    }

    /// A write was done, and a reply to it says that it is worth another try.
    pub fn after_reply(&mut self) -> bool {
        self.made += 1;
        self.policy == Policy::Write && self.most.is_none_or(|most| self.made < most)
    }
}

/// A server that has too much to do.
#[derive(Debug, Clone, Copy)]
struct Overload {
    /// It has not begun, and may be asked again.
    may_repeat: bool,
    /// How long it wants clients to wait, if it says so.
    base: Option<Duration>,
}

/// How a command is to be treated when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// It is sent once.
    #[default]
    Never,
    /// It reads, and may be sent again.
    Read,
    /// It writes under a transaction number, so that the server applies it once.
    Write,
}

impl Policy {
    /// Whether the command is worth another try after `error`.
    pub fn permits(self, error: &Error) -> bool {
        match self {
            Self::Never => false,
            Self::Read => error.is_network() || error.server_code().is_some_and(is_passing),
            Self::Write => error.has_label(RETRYABLE_WRITE),
        }
    }
}

/// Whether a server refused because it has too much to do.
pub fn is_overload(error: &Error) -> bool {
    error.has_label(SYSTEM_OVERLOADED)
}

/// Whether a server that answers with this code may answer otherwise in a moment.
pub fn is_passing(code: i32) -> bool {
    RETRYABLE_CODES.contains(&code)
}

/// Whether the try that failed with `error` certainly changed nothing, so that what the try before
/// it said is what counts.
pub fn changed_nothing(error: &Error) -> bool {
    error.has_label(NO_WRITES_PERFORMED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Added;

    fn network() -> Error {
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        Error::Driver(reset.into())
    }

    fn labelled(error: Error, retryable_write: bool) -> Error {
        error.labelled(Added { retryable_write, transient_transaction: false })
    }

    #[test]
    fn sends_a_read_again_after_a_network_error() {
        assert!(Policy::Read.permits(&network()));
        assert!(!Policy::Never.permits(&network()));
    }

    #[test]
    fn sends_a_write_again_only_after_an_error_with_the_label() {
        assert!(!Policy::Write.permits(&network()));
        assert!(Policy::Write.permits(&labelled(network(), true)));
    }

    const OVERLOAD: Overload = Overload { may_repeat: true, base: None };

    /// The server's refusal of a command.
    fn refused(code: i32) -> Error {
        let error = bson::doc! { "code": code, "codeName": "n", "errmsg": "m" };
        let error: mongodb::error::CommandError = bson::deserialize_from_document(error).unwrap();
        Error::Driver(mongodb::error::ErrorKind::Command(error).into())
    }

    #[test]
    fn backs_off_from_an_overloaded_server_as_often_as_it_may() {
        let mut tries = Tries::new(Policy::Never, true, 2, false);
        let delays: Vec<_> =
            std::iter::from_fn(|| tries.decide(false, Some(OVERLOAD), || 1.0)).collect();
        assert_eq!(delays, [Duration::from_millis(200), Duration::from_millis(400)]);
        let mut tries = Tries::new(Policy::Read, false, 2, false);
        assert_eq!(tries.decide(true, Some(OVERLOAD), || 1.0), None, "retries are off");
        let mut tries = Tries::new(Policy::Never, true, 0, false);
        assert_eq!(tries.decide(true, Some(OVERLOAD), || 1.0), None);
    }

    #[test]
    fn waits_as_long_as_the_server_says_and_never_longer_than_ten_seconds() {
        let wait = |base: u64| {
            let base = Some(Duration::from_millis(base));
            let overload = Overload { base, ..OVERLOAD };
            Tries::new(Policy::Never, true, 2, false).decide(false, Some(overload), || 0.5)
        };
        assert_eq!(wait(30), Some(Duration::from_millis(30)));
        assert_eq!(wait(0), Some(Duration::from_millis(100)));
        assert_eq!(wait(1_000_000), Some(Duration::from_secs(5)));
    }

    #[test]
    fn sends_again_once_and_under_a_deadline_until_it_has_passed() {
        let mut tries = Tries::new(Policy::Read, true, 2, false);
        assert_eq!(tries.after(&network(), || 1.0), Some(Duration::ZERO));
        assert_eq!(tries.after(&network(), || 1.0), None);
        let mut tries = Tries::new(Policy::Read, true, 2, true);
        assert!((0..50).all(|_| tries.after(&network(), || 1.0).is_some()));
    }

    #[test]
    fn says_of_an_error_what_may_be_done_about_it() {
        let cases = [
            (network(), Class::Retryable),
            (refused(10107), Class::Retryable),
            (refused(11000), Class::Fatal),
            (labelled(refused(251), true), Class::Retryable),
            (Error::PoolOverloaded { waiting: 1, database: None }, Class::Overload),
            (Error::CircuitOpen { retry_after_ms: 1 }, Class::Overload),
            (Error::OperationTimeout { limit_ms: 1 }, Class::Fatal),
            (Error::Closed, Class::Fatal),
        ];
        for (error, class) in cases {
            assert_eq!(classify(&error), class, "{error:?}");
        }
    }

    #[test]
    fn sends_nothing_again_after_a_refusal() {
        let full = Error::WaitQueueTimeout { waited_ms: 1, waiting: 1, max_pool_size: 1 };
        for policy in [Policy::Never, Policy::Read, Policy::Write] {
            assert!(!policy.permits(&full), "{policy:?}");
            assert!(!policy.permits(&Error::Closed), "{policy:?}");
        }
    }
}
