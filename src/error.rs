//! Every way an operation can fail, who is at fault, and which of the driver's classes says so.
//! It knows the mongodb crate's errors and BSON, not the pool and not Node; what may be done about
//! an error, `resilience::retry` says.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use bson::{RawArrayBuf, RawDocumentBuf, cstr};
use mongodb::error::{CommandError, ErrorKind};

use crate::resilience::retry;

/// What one server said when it could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFailure {
    /// `host:port` as configured or discovered.
    pub address: String,
    /// The kind of server last seen there, in the words of the SDAM specification.
    pub server_type: String,
    /// Why the last attempt to reach it failed, if it did.
    pub error: Option<String>,
}

/// A failed operation.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The mongodb crate, the network under it or the server.
    #[error(transparent)]
    Driver(#[from] mongodb::error::Error),
    /// No server fit for the operation within `serverSelectionTimeoutMS`.
    #[error("{message}")]
    ServerSelection {
        /// What was tried and why each try failed.
        message: String,
        /// The `TopologyType` of the specification, such as `ReplicaSetNoPrimary`.
        topology_type: String,
        /// Every server that was tried.
        servers: Arc<[ServerFailure]>,
    },
    /// The caller's options can't be used.
    #[error("{message}")]
    Configuration {
        /// The driver's class for it.
        class: &'static str,
        /// What is wrong with which option; never a secret.
        message: String,
    },
    /// No place in the pool became free within `waitQueueTimeoutMS`.
    #[error(
        "Timed out while waiting for a place in the connection pool: waited {waited_ms} ms with \
         {waiting} operations in the queue and maxPoolSize {max_pool_size}"
    )]
    WaitQueueTimeout {
        /// The limit that passed, in milliseconds.
        waited_ms: u64,
        /// Operations waiting when the limit passed, this one included.
        waiting: usize,
        /// `maxPoolSize` of the pool.
        max_pool_size: u32,
    },
    /// As many operations wait for a place as may: `maxQueued`, or that of a database's `tenants`.
    #[error(
        "The pool is overloaded: {waiting} operations wait for a place{}",
        of_database(database.as_deref())
    )]
    PoolOverloaded {
        /// Operations waiting then, those of the database if it is its limit that was reached.
        waiting: usize,
        /// The database whose limit was reached; the pool's when absent.
        database: Option<String>,
    },
    /// The circuit is open: of late no server could be reached.
    #[error(
        "The circuit is open, because servers could not be reached: try again in {retry_after_ms} ms"
    )]
    CircuitOpen {
        /// How long it would be wise to wait, in milliseconds.
        retry_after_ms: u64,
    },
    /// The operation took longer than its `timeoutMS`, wherever the time went.
    #[error("The operation did not end within timeoutMS: {limit_ms} ms have passed")]
    OperationTimeout {
        /// The limit that passed, in milliseconds.
        limit_ms: u64,
    },
    /// A connection gave no answer within `socketTimeoutMS`.
    #[error("The server did not answer within socketTimeoutMS: waited {waited_ms} ms")]
    SocketTimeout {
        /// The limit that passed, in milliseconds.
        waited_ms: u64,
    },
    /// The primary that was asked is none any more, and has not answered.
    #[error("The server {server} did not answer and is no longer the primary")]
    Deposed {
        /// Its `host:port`.
        server: String,
    },
    /// The operation came after `close()`.
    #[error("Client must be connected before running operations")]
    Closed,
    /// `close()` came while the operation ran.
    #[error("Operation interrupted because client was closed")]
    Interrupted,
    /// `close({ drainMS })` came while the operation ran, and it did not end in that time.
    #[error("The operation did not end within the {drain_ms} ms that the pool had to drain")]
    ShutdownTimeout {
        /// The time that passed, in milliseconds.
        drain_ms: u32,
    },
    /// The client that was asked for a connection gave none and was replaced. Nothing was sent; who
    /// gets it asks the next one.
    #[error("The connections were replaced")]
    Deserted,
    /// The connections were replaced so often, and those before are still in use, that they are not
    /// replaced again now.
    #[error(
        "The connections of {clients} refreshes before are still in use: end the sessions, cursors \
         and operations that began on them"
    )]
    StillInUse {
        /// How many.
        clients: usize,
    },
    /// The caller took the operation back.
    #[error("The operation was aborted")]
    Aborted,
    /// A cursor that was closed, here or by the server, was asked for more.
    #[error("The cursor is closed")]
    CursorClosed,
    /// A document that js-bson would not read, or `EJSON` not write.
    #[error("{0}")]
    NotJson(String),
    /// An error with labels that drivers add to it by themselves.
    #[error("{0}")]
    Labelled(Box<Error>, Added),
    /// A defect of polypool's: a panic, or a request that no version of `lib/bridge` writes.
    #[error("{0}")]
    Internal(String),
}

/// Labels that tell a caller what may be done about an error, where the server has not said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Added {
    /// `RetryableWriteError`: a write may be sent again under its transaction number.
    pub retryable_write: bool,
    /// `TransientTransactionError`: the whole transaction may be run again.
    pub transient_transaction: bool,
}

impl Added {
    fn labels(self) -> impl Iterator<Item = &'static str> {
        let write = self.retryable_write.then_some(RETRYABLE_WRITE);
        let transaction = self.transient_transaction.then_some(TRANSIENT_TRANSACTION);
        write.into_iter().chain(transaction)
    }
}

/// What an error has that is not the crate's.
static NO_LABELS: LazyLock<HashSet<String>> = LazyLock::new(HashSet::new);

/// The label of an error after which a write may be sent once more.
pub const RETRYABLE_WRITE: &str = "RetryableWriteError";
/// The label of an error after which a transaction may be run once more.
pub const TRANSIENT_TRANSACTION: &str = "TransientTransactionError";

impl Error {
    /// The error with labels added to it.
    #[must_use]
    pub fn labelled(self, added: Added) -> Self {
        if added == Added::default() { self } else { Self::Labelled(Box::new(self), added) }
    }

    /// Whether a connection failed, rather than what was asked through it.
    pub fn is_network(&self) -> bool {
        match self {
            Self::Driver(error) => {
                use ErrorKind::{ConnectionPoolCleared, Io};
                matches!(error.kind.as_ref(), Io(_) | ConnectionPoolCleared { .. })
            }
            Self::SocketTimeout { .. } | Self::Deposed { .. } => true,
            Self::Labelled(error, _) => error.is_network(),
            _ => false,
        }
    }

    /// Whether no server could be reached, or the connection to it failed.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::ServerSelection { .. } => true,
            Self::Labelled(error, _) => error.is_unreachable(),
            Self::Driver(error) => {
                matches!(error.kind.as_ref(), ErrorKind::ServerSelection { .. })
                    || self.is_network()
            }
            error => error.is_network(),
        }
    }

    /// How long an overloaded server wants clients to wait, if it says so.
    pub fn base_backoff(&self) -> Option<std::time::Duration> {
        match self {
            Self::Driver(error) => refusal(error)?.base_backoff,
            Self::Labelled(error, _) => error.base_backoff(),
            _ => None,
        }
    }

    /// The code of the server's refusal.
    pub fn server_code(&self) -> Option<i32> {
        match self {
            Self::Driver(error) => refusal(error).map(|refusal| refusal.code),
            Self::Labelled(error, _) => error.server_code(),
            _ => None,
        }
    }

    /// Whether the error has a label, the server's or an added one.
    pub fn has_label(&self, label: &str) -> bool {
        match self {
            Self::Driver(error) => error.contains_label(label),
            Self::Labelled(error, added) => {
                added.labels().any(|added| added == label) || error.has_label(label)
            }
            _ => false,
        }
    }

    /// The class of the driver's (or of polypool's) that says who is at fault.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Driver(error) => driver_class(error),
            Self::ServerSelection { .. } => "MongoServerSelectionError",
            Self::Configuration { class, .. } => class,
            Self::WaitQueueTimeout { .. } => "MongoWaitQueueTimeoutError",
            Self::PoolOverloaded { .. } => "PoolOverloadedError",
            Self::CircuitOpen { .. } => "CircuitOpenError",
            Self::OperationTimeout { .. } => "MongoOperationTimeoutError",
            Self::SocketTimeout { .. } => "MongoNetworkTimeoutError",
            Self::Deposed { .. } | Self::Deserted => "MongoNetworkError",
            Self::Closed => "MongoNotConnectedError",
            Self::Interrupted => "MongoClientClosedError",
            Self::ShutdownTimeout { .. } => "ShutdownTimeoutError",
            Self::Aborted => "AbortError",
            Self::StillInUse { .. } => "MongoRuntimeError",
            Self::CursorClosed => "MongoCursorExhaustedError",
            Self::NotJson(_) => "BSONError",
            Self::Labelled(error, _) => error.class(),
            Self::Internal(_) => "PolyPoolInternalError",
        }
    }

    /// The stable code of an error that is polypool's own or carries one of polypool's.
    fn code(&self) -> Option<&'static str> {
        match self {
            Self::Closed => Some("POLYPOOL_CLOSED"),
            Self::PoolOverloaded { .. } => Some("POLYPOOL_OVERLOADED"),
            Self::CircuitOpen { .. } => Some("POLYPOOL_CIRCUIT_OPEN"),
            Self::ShutdownTimeout { .. } => Some("POLYPOOL_SHUTDOWN_TIMEOUT"),
            Self::Internal(_) => Some("POLYPOOL_INTERNAL"),
            _ => None,
        }
    }

    /// The error as the boundary carries it: `{ class, message, code?, labels?, policy, response?,
    /// topologyType?, servers?, queued?, database?, retryAfterMS? }`. `response` is the server's whole reply.
    pub fn to_record(&self) -> RawDocumentBuf {
        let (error, added) = match self {
            Self::Labelled(error, added) => (error.as_ref(), *added),
            error => (error, Added::default()),
        };
        let mut record = error.to_unlabelled_record();
        let mut labels = RawArrayBuf::new();
        let known: &HashSet<String> = match error {
            Self::Driver(error) => error.labels(),
            _ => &NO_LABELS,
        };
        for label in known {
            labels.push(label.as_str());
        }
        for label in added.labels().filter(|label| !known.contains(*label)) {
            labels.push(label);
        }
        record.append(cstr!("labels"), labels);
        record.append(cstr!("policy"), retry::classify(self).name());
        record
    }

    fn to_unlabelled_record(&self) -> RawDocumentBuf {
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("class"), self.class());
        record.append(cstr!("message"), self.message());
        if let Some(code) = self.code() {
            record.append(cstr!("code"), code);
        }
        match self {
            Self::Driver(error) => append_driver_details(&mut record, error),
            Self::ServerSelection { topology_type, servers, .. } => {
                record.append(cstr!("topologyType"), topology_type.as_str());
                record.append(cstr!("servers"), servers_array(servers));
            }
            Self::CircuitOpen { retry_after_ms } => {
                let wait = i64::try_from(*retry_after_ms).unwrap_or(i64::MAX);
                record.append(cstr!("retryAfterMS"), wait);
            }
            Self::PoolOverloaded { waiting, database } => {
                record.append(cstr!("queued"), i64::try_from(*waiting).unwrap_or(i64::MAX));
                if let Some(database) = database {
                    record.append(cstr!("database"), database.as_str());
                }
            }
            _ => {}
        }
        record
    }

    fn message(&self) -> String {
        let Self::Driver(error) = self else { return self.to_string() };
        if let Some(refusal) = refusal(error) {
            return refusal.message.clone();
        }
        match error.kind.as_ref() {
            ErrorKind::Io(io) => network_message(io),
            ErrorKind::InvalidArgument { message, .. } => message.clone(),
            ErrorKind::ConnectionPoolCleared { message, .. } => pool_cleared(message),
            kind => kind.to_string(),
        }
    }
}

/// What went wrong with a connection. How rustls says that a connection ended says nothing of why: servers
/// end it so, too, when they have looked at the client's certificate.
pub fn network_message(error: &std::io::Error) -> String {
    let message = error.to_string();
    if error.kind() != std::io::ErrorKind::UnexpectedEof || !message.contains("close_notify") {
        return message;
    }
    "the server closed the connection without ending TLS, as one does that goes away, or that does not \
     accept the client's certificate or misses one"
        .to_owned()
}

fn of_database(database: Option<&str>) -> String {
    database.map_or_else(String::new, |name| format!(" in the database {name}"))
}

fn driver_class(error: &mongodb::error::Error) -> &'static str {
    match error.kind.as_ref() {
        ErrorKind::Command(_) | ErrorKind::Write(_) | ErrorKind::Authentication { .. } => {
            "MongoServerError"
        }
        ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::TimedOut => {
            "MongoNetworkTimeoutError"
        }
        ErrorKind::Io(_) | ErrorKind::DnsResolve { .. } => "MongoNetworkError",
        ErrorKind::ConnectionPoolCleared { .. } => "MongoPoolClearedError",
        ErrorKind::ServerSelection { .. } => "MongoServerSelectionError",
        ErrorKind::InvalidArgument { .. } | ErrorKind::InvalidTlsConfig { .. } => {
            "MongoInvalidArgumentError"
        }
        ErrorKind::Transaction { .. } => "MongoTransactionError",
        ErrorKind::SessionsNotSupported | ErrorKind::IncompatibleServer { .. } => {
            "MongoCompatibilityError"
        }
        // The crate reads nothing but replies.
        ErrorKind::InvalidResponse { .. } | ErrorKind::Bson(_) => {
            "MongoUnexpectedServerResponseError"
        }
        ErrorKind::Shutdown => "MongoClientClosedError",
        _ => "MongoRuntimeError",
    }
}

/// The server's words in an error: of a command, or of the login that a connection began with.
fn refusal(error: &mongodb::error::Error) -> Option<&CommandError> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command),
        ErrorKind::Authentication { .. } => {
            let source = std::error::Error::source(error)?;
            refusal(source.downcast_ref::<Box<mongodb::error::Error>>()?)
        }
        _ => None,
    }
}

/// The crate puts the fields of the error that cleared the pool into the message; people want the
/// first of them, what went wrong.
fn pool_cleared(message: &str) -> String {
    match message.split_once("Kind: ") {
        Some((before, fields)) => {
            let cause = fields.split_once(", labels: ").map_or(fields, |(cause, _)| cause);
            format!("{before}\"{cause}\"")
        }
        None => message.to_owned(),
    }
}

/// The server's code for a failed login, for those that fail before the server says so.
const AUTHENTICATION_FAILED: i32 = 18;

fn append_driver_details(record: &mut RawDocumentBuf, error: &mongodb::error::Error) {
    if let Some(response) = error.server_response() {
        record.append(cstr!("response"), response.clone());
        return;
    }
    let (code, name) = match (refusal(error), error.kind.as_ref()) {
        (Some(refusal), _) => (refusal.code, refusal.code_name.as_str()),
        (None, ErrorKind::Authentication { .. }) => (AUTHENTICATION_FAILED, "AuthenticationFailed"),
        (None, _) => return,
    };
    record.append(cstr!("response"), bson::rawdoc! {
        "ok": 0, "errmsg": Error::Driver(error.clone()).message(), "code": code, "codeName": name,
    });
}

fn servers_array(servers: &[ServerFailure]) -> RawArrayBuf {
    let mut array = RawArrayBuf::new();
    for server in servers {
        let mut entry = bson::rawdoc! {
            "address": server.address.as_str(), "type": server.server_type.as_str(),
        };
        if let Some(error) = &server.error {
            entry.append(cstr!("error"), error.as_str());
        }
        array.push(entry);
    }
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_drivers_class_and_the_stable_code_of_a_closed_pool() {
        let record = Error::Closed.to_record();
        assert_eq!(record.get_str("class").unwrap(), "MongoNotConnectedError");
        assert_eq!(record.get_str("code").unwrap(), "POLYPOOL_CLOSED");
    }

    #[test]
    fn says_of_a_connection_that_ends_without_a_word_that_it_may_be_for_the_certificate() {
        let tls = "peer closed connection without sending TLS close_notify: https://docs.rs/rustls";
        let end = |message| std::io::Error::new(std::io::ErrorKind::UnexpectedEof, message);
        assert!(network_message(&end(tls)).contains("does not accept the client's certificate"));
        assert_eq!(network_message(&end("early eof")), "early eof");
    }

    #[test]
    fn tells_a_network_time_out_from_other_network_errors() {
        let class = |kind: std::io::ErrorKind| {
            Error::Driver(mongodb::error::Error::from(std::io::Error::from(kind))).class()
        };
        assert_eq!(class(std::io::ErrorKind::TimedOut), "MongoNetworkTimeoutError");
        assert_eq!(class(std::io::ErrorKind::ConnectionReset), "MongoNetworkError");
    }

    #[test]
    fn says_in_one_sentence_why_the_pool_was_cleared() {
        let message = "Connection pool for a:1 cleared because another operation failed with: \
                       Kind: SCRAM failure: no, labels: {}, source: None, server response: None";
        assert_eq!(
            pool_cleared(message),
            "Connection pool for a:1 cleared because another operation failed with: \
             \"SCRAM failure: no\""
        );
        assert_eq!(pool_cleared("cleared"), "cleared");
    }

    #[test]
    fn says_what_each_server_answered_when_none_could_be_selected() {
        let error = Error::ServerSelection {
            message: "m".into(),
            topology_type: "Unknown".into(),
            servers: Arc::new([ServerFailure {
                address: "a:1".into(),
                server_type: "Unknown".into(),
                error: Some("Connection refused".into()),
            }]),
        };
        let record = error.to_record();
        let servers = record.get_array("servers").unwrap();
        let server = servers.get_document(0).unwrap();
        assert_eq!(server.get_str("error").unwrap(), "Connection refused");
        assert_eq!(server.get_str("address").unwrap(), "a:1");
    }
}
