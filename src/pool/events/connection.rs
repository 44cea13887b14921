//! Connection pool events (CMAP). Their records have `time` and `address`, and as far as the kind
//! has them `connectionId`, `durationMS`, `reason`, `error` (a record), `interruptInUseConnections` and
//! `serviceId`.

use std::time::Duration;

use bson::{DateTime, RawDocumentBuf, cstr};
use mongodb::{
    event::cmap::{CmapEvent, ConnectionCheckoutFailedReason, ConnectionClosedReason},
    options::ServerAddress,
};

use super::{
    Events, Kind,
    command::{milliseconds, number},
    view::address_text,
};
use crate::error::Error;

impl Events {
    /// Takes in what the crate says of its connections. Called several times an operation.
    /// `shift` is added to the numbers of connections.
    pub(in crate::pool) fn connection(&self, event: &CmapEvent, shift: u32) {
        let Some(kind) = kind(event) else { return };
        if let CmapEvent::ConnectionCheckoutStarted(event) = event {
            self.selected(&event.address);
        }
        self.emit(kind, || record(event, shift));
    }
}

impl Events {
    /// Counts the pools of a server, of which each client has one. True when this is the first, which
    /// listeners are told of.
    pub(super) fn pool_created(&self, address: &ServerAddress) -> bool {
        let mut pools = self.pools.lock();
        let count = pools.entry(address.clone()).or_insert(0);
        *count += 1;
        *count == 1
    }

    /// True when it was the last.
    pub(super) fn pool_closed(&self, address: &ServerAddress) -> bool {
        let mut pools = self.pools.lock();
        let left = pools.get(address).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            pools.remove(address);
        } else {
            pools.insert(address.clone(), left);
        }
        left == 0
    }

    /// Reports an operation that got no place in polypool's own queue, which stands before the
    /// crate's pool, as one that got no connection: to whoever waits it is the same.
    pub(in crate::pool) fn no_place(&self, error: &Error) {
        let Error::WaitQueueTimeout { waited_ms, .. } = error else { return };
        let view = self.deployment.view();
        let Some(address) = view.first_choice() else { return };
        self.chosen(address);
        self.emit(Kind::ConnectionCheckOutStarted, || timed(address));
        self.emit(Kind::ConnectionCheckOutFailed, || {
            let mut record = timed(address);
            record.append(cstr!("durationMS"), milliseconds(Duration::from_millis(*waited_ms)));
            record.append(cstr!("reason"), "timeout");
            record.append(cstr!("error"), error.to_record());
            record
        });
    }
}

fn kind(event: &CmapEvent) -> Option<Kind> {
    Some(match event {
        CmapEvent::ConnectionCheckoutStarted(_) => Kind::ConnectionCheckOutStarted,
        CmapEvent::ConnectionCheckedOut(_) => Kind::ConnectionCheckedOut,
        CmapEvent::ConnectionCheckedIn(_) => Kind::ConnectionCheckedIn,
        CmapEvent::ConnectionCheckoutFailed(_) => Kind::ConnectionCheckOutFailed,
        CmapEvent::ConnectionCreated(_) => Kind::ConnectionCreated,
        CmapEvent::ConnectionReady(_) => Kind::ConnectionReady,
        CmapEvent::ConnectionClosed(_) => Kind::ConnectionClosed,
        CmapEvent::PoolCreated(_) => Kind::ConnectionPoolCreated,
        CmapEvent::PoolReady(_) => Kind::ConnectionPoolReady,
        CmapEvent::PoolCleared(_) => Kind::ConnectionPoolCleared,
        CmapEvent::PoolClosed(_) => Kind::ConnectionPoolClosed,
        _ => return None,
    })
}

fn record(event: &CmapEvent, shift: u32) -> RawDocumentBuf {
    match event {
        CmapEvent::ConnectionCheckoutStarted(event) => begin(&event.address),
        CmapEvent::ConnectionCheckedOut(event) => {
            let mut record = begin(&event.address);
            record.append(cstr!("connectionId"), number(shift + event.connection_id));
            record.append(cstr!("durationMS"), milliseconds(event.duration));
            record
        }
        CmapEvent::ConnectionCheckedIn(event) => of(&event.address, shift + event.connection_id),
        CmapEvent::ConnectionCheckoutFailed(event) => {
            let mut record = begin(&event.address);
            record.append(cstr!("durationMS"), milliseconds(event.duration));
            record.append(
                cstr!("reason"),
                match event.reason {
                    ConnectionCheckoutFailedReason::Timeout => "timeout",
                    _ => "connectionError",
                },
            );
            record
        }
        CmapEvent::ConnectionCreated(event) => of(&event.address, shift + event.connection_id),
        CmapEvent::ConnectionReady(event) => {
            let mut record = of(&event.address, shift + event.connection_id);
            record.append(cstr!("durationMS"), milliseconds(event.duration));
            record
        }
        CmapEvent::ConnectionClosed(event) => {
            let mut record = of(&event.address, shift + event.connection_id);
            record.append(
                cstr!("reason"),
                match event.reason {
                    ConnectionClosedReason::Stale => "stale",
                    ConnectionClosedReason::Idle => "idle",
                    ConnectionClosedReason::PoolClosed => "poolClosed",
                    // The driver has no word for a connection whose operation was taken back.
                    _ => "error",
                },
            );
            record
        }
        CmapEvent::PoolCreated(event) => begin(&event.address),
        CmapEvent::PoolReady(event) => begin(&event.address),
        CmapEvent::PoolCleared(event) => {
            let mut record = begin(&event.address);
            record.append(cstr!("interruptInUseConnections"), event.interrupt_in_use_connections);
            if let Some(id) = event.service_id {
                record.append(cstr!("serviceId"), id);
            }
            record
        }
        CmapEvent::PoolClosed(event) => begin(&event.address),
        _ => RawDocumentBuf::new(),
    }
}

fn begin(address: &ServerAddress) -> RawDocumentBuf {
    timed(&address_text(address))
}

fn timed(address: &str) -> RawDocumentBuf {
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("time"), DateTime::now());
    record.append(cstr!("address"), address);
    record
}

fn of(address: &ServerAddress, connection: u32) -> RawDocumentBuf {
    let mut record = begin(address);
    record.append(cstr!("connectionId"), number(connection));
    record
}

#[cfg(test)]
mod tests {
    use bson::{Document, doc};

    use super::*;

    /// The crate's events have no constructors, but are read out of the specification's tests.
    fn event<T>(fields: Document) -> CmapEvent
    where
        T: serde::de::DeserializeOwned + Into<CmapEvent>,
    {
        bson::deserialize_from_document::<T>(fields).unwrap().into()
    }

    #[test]
    fn says_in_the_drivers_words_why_a_connection_was_closed() {
        use mongodb::event::cmap::ConnectionClosedEvent;
        for (reason, word) in [
            ("stale", "stale"),
            ("idle", "idle"),
            ("error", "error"),
            ("poolClosed", "poolClosed"),
            ("dropped", "error"),
        ] {
            let closed = event::<ConnectionClosedEvent>(doc! {
                "connectionId": 3_i64, "reason": reason, "service_id": null,
            });
            assert_eq!(kind(&closed), Some(Kind::ConnectionClosed));
            let record = record(&closed, 0);
            assert_eq!(record.get_str("reason").unwrap(), word);
            assert_eq!(record.get_i32("connectionId").unwrap(), 3);
        }
    }

    #[test]
    fn says_in_the_drivers_words_why_no_connection_was_to_be_had() {
        use mongodb::event::cmap::ConnectionCheckoutFailedEvent;
        for reason in ["timeout", "connectionError"] {
            let failed = event::<ConnectionCheckoutFailedEvent>(doc! { "reason": reason });
            assert_eq!(kind(&failed), Some(Kind::ConnectionCheckOutFailed));
            assert_eq!(record(&failed, 0).get_str("reason").unwrap(), reason);
        }
    }

    #[test]
    fn tells_how_a_pool_was_cleared() {
        use mongodb::event::cmap::PoolClearedEvent;
        let cleared = event::<PoolClearedEvent>(doc! { "interrupt_in_use_connections": true });
        assert_eq!(kind(&cleared), Some(Kind::ConnectionPoolCleared));
        assert!(record(&cleared, 0).get_bool("interruptInUseConnections").unwrap());
    }
}
