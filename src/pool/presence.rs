//! Whether the pool is connected: some server that holds data answers, and one has let the pool in.
//! An election changes nothing of that as long as secondaries answer. The changes are events of
//! polypool's own: `connected` (each time), `disconnected { closed: false, servers: [{ address, message? }] }`,
//! `reconnected { downMS }`. Time is passed in; it knows neither servers nor who listens.

use std::time::{Duration, Instant};

use bson::{RawArrayBuf, RawDocumentBuf, cstr, rawdoc};
use parking_lot::Mutex;

use super::{
    events::Events,
    stats::millis,
    topology::{Reach, Topology},
};

/// How far a pool has come. The numbers are those that `lib/presence.ts` reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u32)]
enum Stage {
    /// Servers are looked for, or nothing has been done yet.
    #[default]
    Seeking = 1,
    /// It is connected.
    Connected = 2,
    /// It was, and no server that holds data answers.
    Lost = 3,
}

/// What a change means to those who listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Connected,
    Disconnected,
    Reconnected(Duration),
}

#[derive(Debug, Default)]
struct Now {
    stage: Stage,
    /// A server that holds data answers.
    reachable: bool,
    /// A server has let the pool in.
    welcome: bool,
    /// Since when the pool is lost.
    since: Option<Instant>,
}

impl Now {
    /// Brings the stage up to date.
    fn turn(&mut self, now: Instant) -> Option<Change> {
        match (self.stage, self.reachable && self.welcome) {
            (Stage::Seeking, true) => {
                self.stage = Stage::Connected;
                Some(Change::Connected)
            }
            (Stage::Connected, false) => {
                self.stage = Stage::Lost;
                self.since = Some(now);
                Some(Change::Disconnected)
            }
            (Stage::Lost, true) => {
                self.stage = Stage::Connected;
                let since = self.since.take().unwrap_or(now);
                Some(Change::Reconnected(now.saturating_duration_since(since)))
            }
            _ => None,
        }
    }
}

/// Whether a pool is connected.
#[derive(Debug, Default)]
pub(super) struct Presence {
    now: Mutex<Now>,
}

impl Presence {
    /// Takes in what the monitors have found.
    pub(super) fn found(&self, topology: &Topology, events: &Events) {
        if events.is_closing() {
            return;
        }
        let reachable = topology.has(Reach::Members);
        let change = {
            let mut now = self.now.lock();
            now.reachable = reachable;
            now.turn(Instant::now())
        };
        tell(change, topology, events);
    }

    /// A server has answered an operation.
    pub(super) fn welcomed(&self, topology: &Topology, events: &Events) {
        let change = {
            let mut now = self.now.lock();
            now.welcome = true;
            now.turn(Instant::now())
        };
        tell(change, topology, events);
    }

    /// Its number for JS. Servers that nobody waits for are looked for as well, which is no one's
    /// concern: 0 then.
    pub(super) fn code(&self, is_awaited: impl FnOnce() -> bool) -> u32 {
        let stage = self.now.lock().stage;
        if stage == Stage::Seeking && !is_awaited() { 0 } else { stage as u32 }
    }

    /// Whether it is connected.
    pub(super) fn is_connected(&self) -> bool {
        self.now.lock().stage == Stage::Connected
    }
}

fn tell(change: Option<Change>, topology: &Topology, events: &Events) {
    match change {
        None => {}
        Some(Change::Connected) => events.own("connected", RawDocumentBuf::new),
        Some(Change::Disconnected) => events.own("disconnected", || failures(topology)),
        Some(Change::Reconnected(down)) => {
            events.own("connected", RawDocumentBuf::new);
            events.own("reconnected", || rawdoc! { "downMS": millis(down) });
        }
    }
}

fn failures(topology: &Topology) -> RawDocumentBuf {
    let mut servers = RawArrayBuf::new();
    for server in topology.failures().iter() {
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("address"), server.address.as_str());
        if let Some(message) = &server.error {
            record.append(cstr!("message"), message.as_str());
        }
        servers.push(record);
    }
    let mut fields = rawdoc! { "closed": false };
    fields.append(cstr!("servers"), servers);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(now: &mut Now, reachable: bool, welcome: bool, at: Instant) -> Option<Change> {
        (now.reachable, now.welcome) = (reachable, welcome);
        now.turn(at)
    }

    #[test]
    fn is_connected_when_a_server_answers_and_has_let_it_in() {
        let (mut now, at) = (Now::default(), Instant::now());
        assert_eq!(turn(&mut now, true, false, at), None);
        assert_eq!(turn(&mut now, true, true, at), Some(Change::Connected));
        assert_eq!(turn(&mut now, true, true, at), None);
    }

    #[test]
    fn tells_a_loss_and_a_return_once_each_and_how_long_it_was_away() {
        let (mut now, at) = (Now::default(), Instant::now());
        let later = at + Duration::from_secs(3);
        turn(&mut now, true, true, at);
        assert_eq!(turn(&mut now, false, true, at), Some(Change::Disconnected));
        assert_eq!(turn(&mut now, false, true, at), None);
        let back = Change::Reconnected(Duration::from_secs(3));
        assert_eq!(turn(&mut now, true, true, later), Some(back));
        assert_eq!(turn(&mut now, true, true, later), None);
    }

    #[test]
    fn is_looking_for_servers_only_while_somebody_waits() {
        let presence = Presence::default();
        assert_eq!([presence.code(|| true), presence.code(|| false)], [1, 0]);
        turn(&mut presence.now.lock(), true, true, Instant::now());
        assert_eq!([presence.code(|| true), presence.code(|| false)], [2, 2]);
    }

    #[test]
    fn was_never_lost_before_it_was_connected() {
        let (mut now, at) = (Now::default(), Instant::now());
        assert_eq!(turn(&mut now, true, false, at), None);
        assert_eq!(turn(&mut now, false, false, at), None);
        assert_eq!(now.stage, Stage::Seeking);
    }
}
