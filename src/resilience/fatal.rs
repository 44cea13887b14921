//! Which failures to connect no second attempt can mend: what was asked for is wrong, and stays so
//! however often it is asked. Pure; it knows errors, not servers.

use mongodb::error::{Error as DriverError, ErrorKind};

use super::retry;
use crate::error::Error;

/// Server codes of a login or a right that is refused: `Unauthorized`, `UserNotFound`,
/// `AuthenticationFailed`, `MechanismUnavailable`, and Atlas's `AtlasError`.
const REFUSED_CODES: [i32; 5] = [13, 11, 18, 334, 8000];

/// Whether another attempt to connect would fail as this one did.
pub fn is_fatal(error: &Error) -> bool {
    match error {
        Error::Driver(error) => is_fatal_to_connect(error),
        Error::Labelled(error, _) => is_fatal(error),
        Error::ServerSelection { .. }
        | Error::WaitQueueTimeout { .. }
        | Error::PoolOverloaded { .. }
        | Error::CircuitOpen { .. }
        | Error::SocketTimeout { .. } => false,
        _ => true,
    }
}

fn is_fatal_to_connect(error: &DriverError) -> bool {
    match error.kind.as_ref() {
        // A login also fails when the server can't look it up just now.
        ErrorKind::Authentication { .. } | ErrorKind::Command(_) => {
            let code = Error::Driver(error.clone()).server_code();
            match (code, error.kind.as_ref()) {
                (Some(code), ErrorKind::Authentication { .. }) => !retry::is_passing(code),
                (Some(code), _) => REFUSED_CODES.contains(&code),
                (None, _) => true,
            }
        }
        ErrorKind::DnsResolve { message, .. } => is_unknown_name(message),
        ErrorKind::InvalidArgument { .. }
        | ErrorKind::InvalidTlsConfig { .. }
        | ErrorKind::IncompatibleServer { .. } => true,
        _ => false,
    }
}

/// The name servers have answered, and what they said is of no use. (A question without an answer
/// may have one later.)
fn is_unknown_name(message: &str) -> bool {
    ["no records found", "SRV lookup", "TXT "].iter().any(|start| message.contains(start))
}

/// Why a server that can be reached is not the one that was asked for: its certificate, or ours to
/// it, is not accepted, or it belongs to another replica set.
pub fn is_mistaken_identity(error: &DriverError) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
            let message = io.to_string();
            message.starts_with("invalid peer certificate") || is_certificate_alert(&message)
        }
        ErrorKind::InvalidTlsConfig { .. } => true,
        // So the crate says that the name of the replica set is another.
        ErrorKind::InvalidArgument { message, .. } => message.contains("replicaSet name"),
        _ => false,
    }
}

fn is_certificate_alert(message: &str) -> bool {
    let alert = message.strip_prefix("received fatal alert: ").unwrap_or_default();
    ["UnknownCA", "AccessDenied"].contains(&alert) || alert.to_lowercase().contains("certificate")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn io(kind: std::io::ErrorKind, message: &'static str) -> DriverError {
        std::io::Error::new(kind, message).into()
    }

    #[test]
    fn another_attempt_may_reach_a_server_that_was_not_there() {
        let refused = io(std::io::ErrorKind::ConnectionRefused, "Connection refused");
        assert!(!is_fatal(&refused.into()));
        assert!(!is_fatal(&Error::SocketTimeout { waited_ms: 1 }));
    }

    #[test]
    fn no_attempt_mends_options_or_a_close() {
        let options = Error::Configuration { class: "MongoParseError", message: "m".into() };
        for error in [options, Error::Closed, Error::Aborted, Error::Interrupted] {
            assert!(is_fatal(&error), "{error:?}");
        }
    }

    #[test]
    fn tells_a_name_that_is_unknown_from_one_that_nobody_answered_for() {
        assert!(is_unknown_name("no records found for Query { name: a.invalid. }"));
        assert!(is_unknown_name("SRV lookup for a returned no records"));
        assert!(!is_unknown_name("request timed out"));
        assert!(!is_unknown_name("error response: Server Failure"));
    }

    #[test]
    fn knows_a_certificate_that_is_not_accepted() {
        let kind = std::io::ErrorKind::InvalidData;
        for message in [
            "invalid peer certificate: UnknownIssuer",
            "received fatal alert: CertificateRequired",
            "received fatal alert: UnknownCA",
        ] {
            assert!(is_mistaken_identity(&io(kind, message)), "{message}");
        }
        assert!(!is_mistaken_identity(&io(kind, "received fatal alert: InternalError")));
        assert!(!is_mistaken_identity(&io(std::io::ErrorKind::ConnectionReset, "reset")));
    }
}
