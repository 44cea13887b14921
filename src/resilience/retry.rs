//! When a failed command is sent once more, by the retryable reads and retryable writes
//! specifications as driver 7.8 implements them. It decides; it sends nothing.

use crate::error::{Error, RETRYABLE_WRITE};

/// Server codes after which another try, perhaps on another server, may succeed.
const RETRYABLE_CODES: [i32; 13] =
    [6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

/// The label of an error that is certain to have changed nothing.
const NO_WRITES_PERFORMED: &str = "NoWritesPerformed";

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

/// Whether a server that answers with this code may answer otherwise in a moment.
pub fn is_passing(code: i32) -> bool {
    RETRYABLE_CODES.contains(&code)
}

/// The error to report when the second try failed, too.
pub fn worse(first: Error, second: Error) -> Error {
    if changed_nothing(&second) { first } else { second }
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

    #[test]
    fn sends_nothing_again_after_a_refusal() {
        let full = Error::WaitQueueTimeout { waited_ms: 1, waiting: 1, max_pool_size: 1 };
        for policy in [Policy::Never, Policy::Read, Policy::Write] {
            assert!(!policy.permits(&full), "{policy:?}");
            assert!(!policy.permits(&Error::Closed), "{policy:?}");
        }
    }
}
