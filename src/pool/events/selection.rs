//! Server selection, for log messages: the driver has no events of it. The crate reports none, so what
//! is known is told: an operation asks for a server, waits for one, asks a server's pool for a
//! connection, which means that it was selected, or fails before that.
//!
//! All records have `operation`, `selector` (a document) and `topology`, see [`view`](super::view);
//! that of a success has `address`, of a failure `failure` (an error record), and of a wait
//! `remainingTimeMS`.

use std::time::Duration;

use bson::{RawDocumentBuf, cstr};
use mongodb::options::{ReadPreference, ServerAddress};

use super::{Events, Kind, command::milliseconds, view::address_text};
use crate::{error::Error, pool::flight::Flight};

/// The bits of the kinds that this file emits.
const KINDS: u32 = Kind::ServerSelectionStarted.bit()
    | Kind::ServerSelectionSucceeded.bit()
    | Kind::ServerSelectionFailed.bit()
    | Kind::WaitingForSuitableServer.bit();

/// A task's wish for a server, as long as it is not met.
#[derive(Debug, Clone)]
pub(in crate::pool) struct Selecting {
    /// What it wants to do there: a command's name.
    operation: String,
    /// Which server it wants.
    selector: RawDocumentBuf,
}

impl Selecting {
    /// Any server that a read preference allows; none means the primary.
    pub(in crate::pool) fn by_preference(
        operation: &str,
        preference: Option<&ReadPreference>,
    ) -> Self {
        let selector =
            bson::serialize_to_raw_document_buf(preference.unwrap_or(&ReadPreference::Primary));
        Self { operation: operation.to_owned(), selector: selector.unwrap_or_default() }
    }

    /// This server and no other.
    pub(in crate::pool) fn only(operation: &str, server: Option<&ServerAddress>) -> Self {
        let mut selector = RawDocumentBuf::new();
        if let Some(server) = server {
            selector.append(cstr!("address"), address_text(server));
        }
        Self { operation: operation.to_owned(), selector }
    }
}

impl Events {
    /// The running task asks for a server.
    pub(in crate::pool) fn selects(&self, wish: impl FnOnce() -> Selecting) {
        if !self.wants_any(KINDS) {
            return;
        }
        let mut wish = wish();
        if Flight::is_quiet() {
            // What the driver calls the first command of a connection.
            "handshake".clone_into(&mut wish.operation);
        }
        self.tell_of(Kind::ServerSelectionStarted, || self.describe(&wish));
        Flight::selects(wish);
    }

    /// The running task has to wait for one, for so long at most; without a limit for good.
    pub(in crate::pool) fn waits(&self, remaining: Option<Duration>) {
        if !self.wants(Kind::WaitingForSuitableServer) {
            return;
        }
        let Some(wish) = Flight::selecting() else { return };
        self.tell_of(Kind::WaitingForSuitableServer, || {
            let mut record = self.describe(&wish);
            if let Some(remaining) = remaining {
                record.append(cstr!("remainingTimeMS"), milliseconds(remaining));
            }
            record
        });
        Flight::selects(wish);
    }

    /// It got one, of whose pool it asks for a connection.
    pub(super) fn selected(&self, server: &ServerAddress) {
        if self.wants(Kind::ServerSelectionSucceeded) {
            self.chosen(&address_text(server));
        }
    }

    /// The same, by the server's address as the driver writes it.
    pub(super) fn chosen(&self, address: &str) {
        if !self.wants(Kind::ServerSelectionSucceeded) {
            return;
        }
        let Some(wish) = Flight::selecting() else { return };
        self.tell_of(Kind::ServerSelectionSucceeded, || {
            let mut record = self.describe(&wish);
            record.append(cstr!("address"), address);
            record
        });
    }

    /// It got none, if it still waited for one.
    pub(in crate::pool) fn not_selected(&self, error: &Error) {
        if !self.wants(Kind::ServerSelectionFailed) {
            return;
        }
        let Some(wish) = Flight::selecting() else { return };
        self.tell_of(Kind::ServerSelectionFailed, || {
            let mut record = self.describe(&wish);
            record.append(cstr!("failure"), error.to_record());
            record
        });
    }

    /// Tells the holder whose task is running.
    fn tell_of(&self, kind: Kind, record: impl FnOnce() -> RawDocumentBuf) {
        self.emit_to(Flight::holder(), kind, || record().into_bytes());
    }

    fn describe(&self, wish: &Selecting) -> RawDocumentBuf {
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("operation"), wish.operation.as_str());
        record.append(cstr!("selector"), &wish.selector);
        record.append(cstr!("topology"), self.deployment.view().record());
        record
    }
}
