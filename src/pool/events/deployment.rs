//! Events of servers and topology (SDAM), in the driver's order and number, which differ from the
//! crate's where a server is found, or the pool ends.
//!
//! Records: of a server's opening and closing `{ address }`; of the topology's `{}`; of a change
//! `{ address?, previous, new }`, see [`view`](super::view); of a heartbeat `{ address, awaited }`
//! and, at its end, `duration` in milliseconds and `reply` or `failure`, an error record.

use std::{collections::HashMap, sync::atomic::Ordering};

use bson::{RawDocumentBuf, cstr};
use mongodb::event::sdam::{
    SdamEvent, ServerDescriptionChangedEvent, ServerHeartbeatFailedEvent,
    ServerHeartbeatSucceededEvent, TopologyDescription,
};

use super::{
    Events, Kind, Subscription,
    command::{milliseconds, raw},
    view::{Change, ServerView, TopologyView, address_text},
};
use crate::error::Error;

impl Events {
    /// Takes in what the crate's monitors say.
    pub(in crate::pool) fn server(&self, event: &SdamEvent) {
        match event {
            SdamEvent::TopologyOpening(_) => self.emit(Kind::TopologyOpening, RawDocumentBuf::new),
            SdamEvent::TopologyClosed(_) => self.emit(Kind::TopologyClosed, RawDocumentBuf::new),
            SdamEvent::ServerOpening(event) => self.opening(&address_text(&event.address)),
            SdamEvent::ServerClosed(event) => {
                let address = address_text(&event.address);
                self.deployment.forget(&address);
                self.emit(Kind::ServerClosed, || at(&address));
            }
            SdamEvent::ServerDescriptionChanged(event) => self.server_changed(event),
            SdamEvent::TopologyDescriptionChanged(event) => {
                self.topology_changed(&event.new_description);
            }
            SdamEvent::ServerHeartbeatStarted(event) => {
                let address = address_text(&event.server_address);
                if self.is_watched(&address) {
                    self.emit(Kind::ServerHeartbeatStarted, || beat(&address, event.awaited));
                }
            }
            SdamEvent::ServerHeartbeatSucceeded(event) => self.heartbeat(event),
            SdamEvent::ServerHeartbeatFailed(event) => self.heartbeat_failed(event),
            _ => {}
        }
    }

    /// The crate opens a server after it has shown the topology with it, the driver before, but for
    /// the first ones.
    fn opening(&self, address: &str) {
        if !self.deployment.was_announced(address) {
            self.emit(Kind::ServerOpening, || at(address));
        }
    }

    fn server_changed(&self, event: &ServerDescriptionChangedEvent) {
        self.emit(Kind::ServerDescriptionChanged, || {
            let new = self.deployment.server(&event.new_description);
            let view = self.deployment.view();
            let unknown = ServerView::unknown(new.address.clone());
            let previous = view.server(&new.address).unwrap_or(&unknown);
            let mut record = at(&new.address);
            record.append(cstr!("previous"), previous.seen());
            record.append(cstr!("new"), new.seen());
            record
        });
    }

    /// At the end of the pool the crate shows an empty topology, which the driver does not.
    fn topology_changed(&self, description: &TopologyDescription) {
        if self.closing.load(Ordering::Acquire) {
            return;
        }
        let Change { before, after, found } = self.deployment.change(description);
        for address in found {
            self.emit(Kind::ServerOpening, || at(&address));
        }
        self.emit(Kind::TopologyDescriptionChanged, || change(&before, &after));
    }

    /// Shows the deployment as another client sees it, which takes over now.
    pub(super) fn succeed(
        &self,
        description: &TopologyDescription,
        hellos: &HashMap<String, RawDocumentBuf>,
    ) {
        if self.version() == 0 {
            self.emit(Kind::TopologyOpening, RawDocumentBuf::new);
        }
        let before = self.deployment.view();
        for (address, hello) in hellos {
            self.deployment.heard(address.clone(), hello.clone());
        }
        self.topology_changed(description);
        let after = self.deployment.view();
        for server in &after.servers {
            // Its client has said so before.
            self.deployment.was_announced(&server.address);
        }
        for server in before.servers.iter().filter(|server| !after.has(&server.address)) {
            self.deployment.forget(&server.address);
            self.emit(Kind::ServerClosed, || at(&server.address));
        }
    }

    fn heartbeat(&self, event: &ServerHeartbeatSucceededEvent) {
        let address = address_text(&event.server_address);
        if !self.is_watched(&address) {
            return;
        }
        let reply = raw(&event.reply);
        self.emit(Kind::ServerHeartbeatSucceeded, || {
            let mut record = beat(&address, event.awaited);
            record.append(cstr!("duration"), milliseconds(event.duration));
            record.append(cstr!("reply"), &reply);
            record
        });
        self.deployment.heard(address, reply);
    }

    fn heartbeat_failed(&self, event: &ServerHeartbeatFailedEvent) {
        let address = address_text(&event.server_address);
        if !self.is_watched(&address) {
            return;
        }
        self.emit(Kind::ServerHeartbeatFailed, || {
            let mut record = beat(&address, event.awaited);
            record.append(cstr!("duration"), milliseconds(event.duration));
            record.append(cstr!("failure"), Error::from(event.failure.clone()).to_record());
            record
        });
    }

    /// False for a server that was given up: the crate reports the heartbeat it breaks off as failed,
    /// the driver says nothing of it.
    fn is_watched(&self, address: &str) -> bool {
        !self.closing.load(Ordering::Acquire) && self.deployment.view().has(address)
    }
}

impl Subscription {
    /// Tells a holder that came when the pool was open what it missed: how that began, and how it is.
    pub(in crate::pool) fn catch_up(&self) {
        let view = self.events.deployment.view();
        self.tell(Kind::TopologyOpening, RawDocumentBuf::new);
        for server in &view.servers {
            self.tell(Kind::ServerOpening, || at(&server.address));
        }
        self.tell(Kind::TopologyDescriptionChanged, || change(&TopologyView::default(), &view));
    }

    /// Tells a holder that leaves a pool that others keep open what its close means to it.
    pub(in crate::pool) fn take_leave(&self) {
        for server in &self.events.deployment.view().servers {
            self.tell(Kind::ServerClosed, || at(&server.address));
        }
        self.tell(Kind::TopologyClosed, RawDocumentBuf::new);
    }
}

fn at(address: &str) -> RawDocumentBuf {
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("address"), address);
    record
}

fn beat(address: &str, awaited: bool) -> RawDocumentBuf {
    let mut record = at(address);
    record.append(cstr!("awaited"), awaited);
    record
}

fn change(before: &TopologyView, after: &TopologyView) -> RawDocumentBuf {
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("previous"), before.record());
    record.append(cstr!("new"), after.record());
    record
}
