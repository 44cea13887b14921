//! Command events. The crate reports a command from inside the task that runs it; this file keeps
//! what later events of the same command have to say again, and reports commands that were given up,
//! of which the crate says no more. It knows records, not who reads them.
//!
//! All have `address`, `connectionId`, `serverConnectionId?`, `serviceId?`, `requestId`,
//! `databaseName` and `commandName`; all but the first have `duration` in milliseconds, and a failed
//! command's has `failure`, an error record. Behind the record of the first comes the command, behind
//! that of a command that succeeded the reply: documents of the user's, who says how to read them.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use bson::{Bson, Document, RawDocumentBuf, cstr, doc, oid::ObjectId};
use mongodb::event::command::{
    CommandEvent, CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent,
};
use parking_lot::Mutex;

use super::{Events, Holder, Kind, view::address_text};
use crate::{error::Error, pool::flight::Flight};

/// Commands that were sent and not answered, by request.
pub(super) type Running = Mutex<HashMap<i32, Sent>>;

/// Who dropped a cursor whose end the crate tells the server of, by the cursor's id: the command is
/// sent by a task of the crate's.
pub(super) type Dropped = Mutex<HashMap<i64, Holder>>;

/// A command that was sent.
pub(super) struct Sent {
    /// Whose operation it belongs to; nobody's is that of the pool itself.
    holder: Option<Holder>,
    /// The database it runs on.
    database: String,
    /// Its first element.
    name: String,
    /// Of the server, as the driver writes it.
    address: String,
    /// The number of its connection, by the crate's count.
    connection: u32,
    /// The same, by the server's.
    server_connection: Option<i64>,
    /// The server behind a load balancer.
    service_id: Option<ObjectId>,
    /// Its write concern asks for an answer. The server answers all the same, as the crate asks
    /// it to; to users that is no reply.
    acknowledged: bool,
    since: Instant,
}

impl Events {
    /// Takes in what the crate says of a command.
    pub(in crate::pool) fn command(&self, event: CommandEvent, shift: u32) {
        match event {
            CommandEvent::Started(event) => self.started(event, shift),
            CommandEvent::Succeeded(event) => self.succeeded(&event),
            CommandEvent::Failed(event) => self.failed(event),
            _ => {}
        }
    }

    /// Ends a command that `error` took back, if it has not ended.
    pub(in crate::pool) fn interrupted(&self, request: Option<i32>, error: &Error) {
        let Some(request) = request else { return };
        if let Some(sent) = self.running.lock().remove(&request) {
            self.emit_to(sent.holder, Kind::CommandFailed, || {
                failure(request, &sent, sent.since.elapsed(), error)
            });
        }
    }

    fn started(&self, event: CommandStartedEvent, shift: u32) {
        if Flight::is_quiet() {
            return;
        }
        Flight::sent(Some(event.request_id));
        let dropper = self.dropper(&event);
        let sent = Sent {
            holder: Flight::holder().or(dropper),
            database: event.db,
            name: event.command_name,
            address: address_text(&event.connection.address),
            connection: shift + event.connection.id,
            server_connection: event.connection.server_id,
            service_id: event.service_id,
            acknowledged: is_acknowledged(&event.command),
            since: Instant::now(),
        };
        self.emit_to(sent.holder, Kind::CommandStarted, || {
            joined(describe(event.request_id, &sent), &event.command)
        });
        self.running.lock().insert(event.request_id, sent);
    }

    fn succeeded(&self, event: &CommandSucceededEvent) {
        let Some(sent) = self.ended(event.request_id) else { return };
        self.emit_to(sent.holder, Kind::CommandSucceeded, || {
            let mut record = describe(event.request_id, &sent);
            record.append(cstr!("duration"), milliseconds(event.duration));
            if sent.acknowledged {
                joined(record, &event.reply)
            } else {
                joined(record, &doc! { "ok": 1 })
            }
        });
    }

    fn failed(&self, event: CommandFailedEvent) {
        let Some(sent) = self.ended(event.request_id) else { return };
        let error = Error::from(event.failure);
        self.emit_to(sent.holder, Kind::CommandFailed, || {
            failure(event.request_id, &sent, event.duration, &error)
        });
    }

    /// From here on a `killCursors` for this cursor is its holder's.
    pub(in crate::pool) fn dropping(&self, cursor: i64, holder: Option<Holder>) {
        if let Some(holder) = holder.filter(|_| self.want_commands()) {
            self.dropped.lock().insert(cursor, holder);
        }
    }

    /// The holder whose cursor a command that the crate sends by itself ends.
    fn dropper(&self, event: &CommandStartedEvent) -> Option<Holder> {
        let cursors = event.command.get_array("cursors").ok()?;
        let cursor = cursors.first().and_then(Bson::as_i64)?;
        self.dropped.lock().remove(&cursor)
    }

    fn ended(&self, request: i32) -> Option<Sent> {
        Flight::sent(None);
        self.running.lock().remove(&request)
    }
}

fn is_acknowledged(command: &Document) -> bool {
    let concern = command.get_document("writeConcern");
    !concern.is_ok_and(|concern| matches!(concern.get("w"), Some(Bson::Int32(0) | Bson::Int64(0))))
}

fn describe(request: i32, sent: &Sent) -> RawDocumentBuf {
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("address"), sent.address.as_str());
    record.append(cstr!("connectionId"), number(sent.connection));
    if let Some(id) = sent.server_connection {
        record.append(cstr!("serverConnectionId"), id);
    }
    if let Some(id) = sent.service_id {
        record.append(cstr!("serviceId"), id);
    }
    record.append(cstr!("requestId"), request);
    record.append(cstr!("databaseName"), sent.database.as_str());
    record.append(cstr!("commandName"), sent.name.as_str());
    record
}

fn failure(request: i32, sent: &Sent, duration: Duration, error: &Error) -> Vec<u8> {
    let mut record = describe(request, sent);
    record.append(cstr!("duration"), milliseconds(duration));
    record.append(cstr!("failure"), error.to_record());
    record.into_bytes()
}

fn joined(record: RawDocumentBuf, document: &Document) -> Vec<u8> {
    let mut bytes = record.into_bytes();
    bytes.extend_from_slice(raw(document).as_bytes());
    bytes
}

/// A document of the crate's was BSON before, so it can be again.
pub(super) fn raw(document: &Document) -> RawDocumentBuf {
    RawDocumentBuf::try_from(document).unwrap_or_default()
}

/// The crate counts connections from 1 on.
pub(super) fn number(connection: u32) -> i32 {
    i32::try_from(connection).unwrap_or(i32::MAX)
}

/// Whole milliseconds, as the driver measures.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e3).floor()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn reports_a_command_that_was_given_up_once() {
        let events = Arc::new(Events::default());
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        let _subscription = events.subscribe(
            Holder::default(),
            Kind::CommandFailed.bit(),
            Arc::new(move |kind, record| sink.lock().push((kind, record))),
        );
        events.running.lock().insert(
            5,
            Sent {
                holder: None,
                database: "d".into(),
                name: "find".into(),
                address: "a:1".into(),
                connection: 2,
                server_connection: Some(70),
                service_id: None,
                acknowledged: true,
                since: Instant::now(),
            },
        );
        events.interrupted(None, &Error::Aborted);
        events.interrupted(Some(5), &Error::Aborted);
        events.interrupted(Some(5), &Error::Interrupted);
        let told = told.lock();
        let [(Kind::CommandFailed, bytes)] = told.as_slice() else { panic!("{told:?}") };
        let record = RawDocumentBuf::from_bytes(bytes.clone()).unwrap();
        assert_eq!(record.get_i32("requestId").unwrap(), 5);
        assert_eq!(record.get_str("databaseName").unwrap(), "d");
        assert_eq!(record.get_str("commandName").unwrap(), "find");
        assert_eq!(record.get_i32("connectionId").unwrap(), 2);
        assert_eq!(record.get_i64("serverConnectionId").unwrap(), 70);
        let failure = record.get_document("failure").unwrap();
        assert_eq!(failure.get_str("class").unwrap(), "AbortError");
    }
}
