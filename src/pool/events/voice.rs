//! One client's way to the pool's listeners. To them the pool has one client: what the others say of
//! servers is not told, and their connections count on. It decides nothing about the clients.

use std::sync::Arc;

use mongodb::event::{cmap::CmapEvent, command::CommandEvent, sdam::SdamEvent};

use super::Events;

/// What one client says.
pub(in crate::pool) struct Voice {
    /// Of the pool.
    events: Arc<Events>,
}

impl Voice {
    /// That of a pool's first client.
    pub(in crate::pool) fn first(events: &Arc<Events>) -> Arc<Self> {
        Arc::new(Self { events: Arc::clone(events) })
    }

    /// The client is ending: what its monitors say of it is no news.
    pub(in crate::pool) fn close(&self) {
        self.events.close();
    }

    /// What the client's monitors say.
    pub(in crate::pool) fn server(&self, event: &SdamEvent) {
        self.events.server(event);
    }

    /// What it says of its connections.
    pub(in crate::pool) fn connection(&self, event: &CmapEvent) {
        self.events.connection(event);
    }

    /// What it says of its commands.
    pub(in crate::pool) fn command(&self, event: CommandEvent) {
        self.events.command(event);
    }
}
