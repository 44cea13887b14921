//! The connections of one of the crate's clients, server by server, out of what it reports. It knows
//! the crate's events; what they mean for a connection, `connections` knows.

use std::time::{Duration, Instant};

use mongodb::{
    event::{
        cmap::{CmapEvent, ConnectionClosedReason},
        sdam::SdamEvent,
    },
    options::ServerAddress,
};
use parking_lot::Mutex;

use super::connections::{Connections, Reason};
use crate::pool::events::address_text;

/// The figures of one client.
#[derive(Debug, Default)]
pub(in crate::pool) struct ClientStats {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Of the servers that have or had a pool. There are few: looking for one compares addresses.
    servers: Vec<Server>,
    /// Of the servers that have left.
    monitors: Vec<Monitor>,
    /// What came of the pools that are over.
    past: Connections,
}

/// The pool of one server.
#[derive(Debug)]
struct Server {
    address: ServerAddress,
    connections: Connections,
}

/// What watches one server, on connections that are in no pool.
#[derive(Debug)]
struct Monitor {
    address: ServerAddress,
    /// The last heartbeat was answered, on a connection that is kept.
    connected: bool,
    /// The server streams its answers, so that a second connection measures round trips. The crate
    /// does not say how that one is.
    streams: bool,
}

/// The connections beside a server's pool that watch it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Monitoring {
    /// Connections that heartbeats come on.
    pub(super) heartbeat: u32,
    /// Some may measure round trips as well.
    pub(super) streams: bool,
}

/// One server's figures, by the address as JS writes it.
pub(super) struct ServerFigures {
    pub(super) address: String,
    pub(super) connections: Connections,
    pub(super) monitoring: Monitoring,
}

impl ClientStats {
    /// Takes in what the crate says of a connection. Called three times an operation. `queued` is
    /// how long the operation had waited before it came to the crate.
    pub(in crate::pool) fn connection(&self, event: &CmapEvent, queued: Duration) {
        let mut state = self.state.lock();
        match event {
            CmapEvent::ConnectionCheckoutStarted(event) => {
                state.live(&event.address).checkout_started();
            }
            CmapEvent::ConnectionCheckedOut(event) => {
                let waited = queued + event.duration;
                let live = state.live(&event.address);
                live.checked_out(event.connection_id, waited, Instant::now());
            }
            CmapEvent::ConnectionCheckedIn(event) => {
                state.live(&event.address).checked_in(event.connection_id);
            }
            CmapEvent::ConnectionCheckoutFailed(event) => {
                let waited = queued + event.duration;
                state.live(&event.address).checkout_failed(waited, Instant::now());
            }
            CmapEvent::ConnectionCreated(event) => {
                state.live(&event.address).created(event.connection_id);
            }
            CmapEvent::ConnectionReady(event) => {
                state.live(&event.address).ready(event.connection_id);
            }
            CmapEvent::ConnectionClosed(event) => {
                state.close(&event.address, event.connection_id, reason(&event.reason));
            }
            CmapEvent::PoolCleared(event) => state.live(&event.address).cleared += 1,
            CmapEvent::PoolCreated(event) => drop(state.live(&event.address)),
            CmapEvent::PoolClosed(event) => {
                state.live(&event.address).pool_closed();
                state.forget_what_is_over();
            }
            _ => {}
        }
    }

    /// Takes in what the crate's monitors say of themselves.
    pub(in crate::pool) fn monitor(&self, event: &SdamEvent) {
        let (address, connected, awaited) = match event {
            SdamEvent::ServerHeartbeatStarted(event) => {
                (&event.server_address, None, event.awaited)
            }
            SdamEvent::ServerHeartbeatSucceeded(event) => {
                (&event.server_address, Some(true), event.awaited)
            }
            SdamEvent::ServerHeartbeatFailed(event) => {
                (&event.server_address, Some(false), event.awaited)
            }
            SdamEvent::ServerClosed(event) => {
                self.state.lock().monitors.retain(|monitor| monitor.address != event.address);
                return;
            }
            _ => return,
        };
        let mut state = self.state.lock();
        let known = state.monitors.iter_mut().find(|monitor| monitor.address == *address);
        match (known, connected) {
            (Some(monitor), _) => {
                monitor.connected = connected.unwrap_or(monitor.connected);
                monitor.streams |= awaited;
            }
            // A heartbeat that is broken off because its server has left.
            (None, Some(false)) => {}
            (None, _) => state.monitors.push(Monitor {
                address: address.clone(),
                connected: connected == Some(true),
                streams: awaited,
            }),
        }
    }

    /// The servers as they are now.
    pub(super) fn servers(&self) -> Vec<ServerFigures> {
        let state = self.state.lock();
        let mut all: Vec<ServerFigures> = Vec::new();
        for Server { address, connections } in &state.servers {
            let address = address_text(address);
            match all.iter_mut().find(|known| known.address == address) {
                Some(known) => known.connections.merge(connections),
                None => all.push(ServerFigures {
                    address,
                    connections: connections.clone(),
                    monitoring: Monitoring::default(),
                }),
            }
        }
        for monitor in &state.monitors {
            let address = address_text(&monitor.address);
            let monitoring =
                Monitoring { heartbeat: monitor.connected.into(), streams: monitor.streams };
            if let Some(known) = all.iter_mut().find(|known| known.address == address) {
                known.monitoring = monitoring;
            } else {
                let connections = Connections::default();
                all.push(ServerFigures { address, connections, monitoring });
            }
        }
        all
    }

    /// What came of the pools of servers that have left.
    pub(super) fn past(&self) -> Connections {
        self.state.lock().past.clone()
    }

    /// Connections that an operation has had since before `limit`: address, number, since when.
    pub(super) fn in_use_since(&self, limit: Instant) -> Vec<(String, u32, Instant)> {
        let state = self.state.lock();
        let servers = state.servers.iter();
        servers
            .flat_map(|server| {
                let long = server.connections.in_use_since(limit);
                long.map(|(id, since)| (address_text(&server.address), id, since))
            })
            .collect()
    }
}

impl State {
    /// The connections of a server's present pool.
    fn live(&mut self, address: &ServerAddress) -> &mut Connections {
        let is_live = |server: &Server| !server.connections.ended && server.address == *address;
        let place = self.servers.iter().position(is_live).unwrap_or_else(|| {
            let connections = Connections::default();
            self.servers.push(Server { address: address.clone(), connections });
            self.servers.len() - 1
        });
        &mut self.servers[place].connections
    }

    /// What was in use when its pool was closed is closed later, when a next pool may have one of
    /// the same number.
    fn close(&mut self, address: &ServerAddress, id: u32, reason: Reason) {
        let left_over = self.servers.iter_mut().find(|server| {
            server.connections.ended && server.address == *address && server.connections.has(id)
        });
        match left_over {
            Some(server) if reason == Reason::PoolClosed => {
                server.connections.closed(id, reason);
                self.forget_what_is_over();
            }
            _ => self.live(address).closed(id, reason),
        }
    }

    fn forget_what_is_over(&mut self) {
        let past = &mut self.past;
        self.servers.retain(|server| {
            let over = server.connections.is_over();
            if over {
                past.merge(&server.connections);
            }
            !over
        });
    }
}

fn reason(reason: &ConnectionClosedReason) -> Reason {
    match reason {
        ConnectionClosedReason::Stale => Reason::Stale,
        ConnectionClosedReason::Idle => Reason::Idle,
        ConnectionClosedReason::Dropped => Reason::Dropped,
        ConnectionClosedReason::PoolClosed => Reason::PoolClosed,
        _ => Reason::Error,
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;
    use mongodb::event::cmap::{
        ConnectionCheckedInEvent, ConnectionCheckedOutEvent, ConnectionCheckoutStartedEvent,
        ConnectionClosedEvent, ConnectionCreatedEvent, ConnectionReadyEvent, PoolClosedEvent,
    };

    use super::*;

    /// The crate's events have no constructors, but are read out of the specification's tests; then
    /// all are of one server.
    fn event<T>(fields: bson::Document) -> CmapEvent
    where
        T: serde::de::DeserializeOwned + Into<CmapEvent>,
    {
        bson::deserialize_from_document::<T>(fields).unwrap().into()
    }

    fn tell(client: &ClientStats, events: &[CmapEvent]) {
        for event in events {
            client.connection(event, Duration::ZERO);
        }
    }

    fn checkout(id: i64) -> [CmapEvent; 4] {
        let of = || doc! { "connectionId": id };
        [
            event::<ConnectionCheckoutStartedEvent>(doc! {}),
            event::<ConnectionCreatedEvent>(of()),
            CmapEvent::ConnectionReady(ready(id)),
            CmapEvent::ConnectionCheckedOut(checked_out(id)),
        ]
    }

    fn ready(id: i64) -> ConnectionReadyEvent {
        bson::deserialize_from_document(doc! { "connectionId": id, "duration": span() }).unwrap()
    }

    fn checked_out(id: i64) -> ConnectionCheckedOutEvent {
        bson::deserialize_from_document(doc! { "connectionId": id, "duration": span() }).unwrap()
    }

    fn span() -> bson::Document {
        doc! { "secs": 0_i64, "nanos": 0 }
    }

    fn closed(id: i64, reason: &str) -> CmapEvent {
        event::<ConnectionClosedEvent>(
            doc! { "connectionId": id, "reason": reason, "service_id": null },
        )
    }

    #[test]
    fn keeps_a_connection_of_a_closed_pool_apart_from_the_next_pools_of_the_same_number() {
        let client = ClientStats::default();
        tell(&client, &checkout(1));
        tell(&client, &[event::<PoolClosedEvent>(doc! {})]);
        tell(&client, &checkout(1));
        assert_eq!(client.servers()[0].connections.sizes().in_use, 2);
        tell(&client, &[closed(1, "poolClosed")]);
        let [server] = &client.servers()[..] else { panic!("one server") };
        assert_eq!(server.connections.sizes().in_use, 1);
        assert_eq!(client.past().closed_for(Reason::PoolClosed), 1);
        tell(&client, &[event::<ConnectionCheckedInEvent>(doc! { "connectionId": 1_i64 })]);
        assert_eq!(client.servers()[0].connections.sizes().available, 1);
    }

    /// With 100 connections, and the clock as slow as it is: three events, and the count by database.
    #[test]
    #[ignore = "measures: cargo test --profile quick --no-default-features -- --ignored --nocapture an_operation_is_counted"]
    fn an_operation_is_counted_within_two_microseconds() {
        const ROUNDS: u32 = 200_000;
        let client = ClientStats::default();
        let operations = crate::pool::stats::Operations::default();
        for id in 1..=100 {
            tell(&client, &checkout(id));
        }
        let checked_in = event::<ConnectionCheckedInEvent>(doc! { "connectionId": 50_i64 });
        let turn = [
            event::<ConnectionCheckoutStartedEvent>(doc! {}),
            CmapEvent::ConnectionCheckedOut(checked_out(50)),
            checked_in,
        ];
        let start = Instant::now();
        for _ in 0..ROUNDS {
            let _underway = operations.of("tenant").begin();
            tell(&client, &turn);
        }
        let each = start.elapsed() / ROUNDS;
        assert!(each < Duration::from_micros(2), "{each:?}");
        // The only way to a figure that a passing test shows.
        std::io::Write::write_all(&mut std::io::stdout(), format!("{each:?}\n").as_bytes())
            .unwrap();
    }

    #[test]
    fn remembers_what_came_of_servers_that_have_left() {
        let client = ClientStats::default();
        tell(&client, &checkout(1));
        tell(&client, &[closed(1, "stale"), event::<PoolClosedEvent>(doc! {})]);
        assert!(client.servers().is_empty());
        let past = client.past();
        assert_eq!((past.created, past.checkouts, past.closed_for(Reason::Stale)), (1, 1, 1));
    }
}
