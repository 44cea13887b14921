//! One client's way to the pool's listeners. To them the pool has one client: what the others' monitors
//! say is kept until it is their turn, and their connections count on. It decides nothing about the
//! clients.

use std::{collections::HashMap, sync::Arc};

use bson::RawDocumentBuf;
use mongodb::event::{
    cmap::CmapEvent,
    command::CommandEvent,
    sdam::{SdamEvent, TopologyDescription},
};
use parking_lot::Mutex;

use super::{Events, command::raw, view::address_text};

/// Between the numbers of two clients' connections: more than any of them opens.
const SHIFT: u32 = 1_000_000;

/// How many clients have numbers of their own before they begin anew.
const SHIFTS: u32 = 2_000;

/// What one client says.
pub(in crate::pool) struct Voice {
    /// Of the pool.
    events: Arc<Events>,
    /// Which of the pool's clients it is, counted from 0.
    pub(in crate::pool) number: u32,
    /// Added to the numbers of its connections, so that no two of a pool's share one.
    shift: u32,
    /// Whether it is heard, and what it has said.
    said: Mutex<Said>,
}

/// What a client's monitors said last.
#[derive(Default)]
struct Said {
    /// It is the pool's current client.
    is_heard: bool,
    description: Option<TopologyDescription>,
    /// The last hello of each server.
    hellos: HashMap<String, RawDocumentBuf>,
}

impl Voice {
    /// That of a pool's first client, which is heard from the start.
    pub(in crate::pool) fn first(events: &Arc<Events>) -> Arc<Self> {
        let said = Said { is_heard: true, ..Said::default() };
        Arc::new(Self { events: Arc::clone(events), number: 0, shift: 0, said: Mutex::new(said) })
    }

    /// That of client number `number`, counted from 0, whose turn is yet to come.
    pub(in crate::pool) fn next(events: &Arc<Events>, number: u32) -> Arc<Self> {
        let shift = number % SHIFTS * SHIFT;
        Arc::new(Self { events: Arc::clone(events), number, shift, said: Mutex::default() })
    }

    /// From here on listeners hear this client's monitors. What they said before is told as one change.
    pub(in crate::pool) fn take_over(&self) {
        let mut said = self.said.lock();
        said.is_heard = true;
        if let Some(description) = &said.description {
            self.events.succeed(description, &said.hellos);
        }
    }

    /// From here on listeners do not.
    pub(in crate::pool) fn retire(&self) {
        self.said.lock().is_heard = false;
    }

    /// Whether listeners hear its monitors: it is the current client's.
    pub(in crate::pool) fn is_heard(&self) -> bool {
        self.said.lock().is_heard
    }

    /// The pool is ending: what its monitors say of it is no news.
    pub(in crate::pool) fn close(&self) {
        if self.said.lock().is_heard {
            self.events.close();
        }
    }

    /// What the client's monitors say.
    pub(in crate::pool) fn server(&self, event: &SdamEvent) {
        let mut said = self.said.lock();
        said.note(event);
        if said.is_heard {
            self.events.server(event);
        }
    }

    /// What it says of its connections.
    pub(in crate::pool) fn connection(&self, event: &CmapEvent) {
        let is_told = match event {
            CmapEvent::PoolCreated(event) => self.events.pool_created(&event.address),
            CmapEvent::PoolClosed(event) => self.events.pool_closed(&event.address),
            CmapEvent::PoolReady(_) | CmapEvent::PoolCleared(_) => self.said.lock().is_heard,
            _ => true,
        };
        if is_told {
            self.events.connection(event, self.shift);
        }
    }

    /// A connection's number as listeners know it.
    pub(in crate::pool) fn shown(&self, connection: u32) -> u32 {
        connection + self.shift
    }

    /// What it says of its commands.
    pub(in crate::pool) fn command(&self, event: CommandEvent) {
        self.events.command(event, self.shift);
    }
}

impl Said {
    fn note(&mut self, event: &SdamEvent) {
        match event {
            SdamEvent::TopologyDescriptionChanged(event) => {
                self.description = Some(event.new_description.clone());
            }
            SdamEvent::ServerHeartbeatSucceeded(event) if !self.is_heard => {
                self.hellos.insert(address_text(&event.server_address), raw(&event.reply));
            }
            SdamEvent::ServerClosed(event) => {
                self.hellos.remove(&address_text(&event.address));
            }
            _ => {}
        }
    }
}
