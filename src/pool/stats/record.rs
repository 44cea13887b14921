//! A pool's figures as one BSON document, which `lib/stats.ts` types:
//! `{ generation, topology, servers: [{ address, type?, roundTripTimeMS?, cleared, …sizes, monitors:
//! { heartbeat, roundTrip? } }], total: sizes, queue?: { queued, waited, waitMS?, histogram: { leMS: [], counts: [], count, sumMS } }, circuit?: { state, refused, opened },
//! operations, cursors: { open, opened },
//! watches: { open, opened }, sessions: { inUse, idle, resting }, held: { cursors, sessions }, dedicated?: { … } }`,
//! the last as in `pool::dedicated::record`.
//! Sizes are `{ size, available, inUse, pending, min, max?, checkingOut, created, closed: { … },
//! checkouts, checkoutsFailed, waitMS? }`. What is not known is absent. It counts nothing itself.

use std::{
    ops::Add,
    time::{Duration, Instant},
};

use bson::{RawArrayBuf, RawDocumentBuf, cstr};

use super::{
    client::{Monitoring, ServerFigures},
    connections::{Connections, Reason},
    count,
    operations::Tally,
    waits::millis,
};
use crate::{
    config,
    pool::{
        Hold, Pool,
        admission::{QueueState, WaitTimes},
        circuit::CircuitState,
        sessions::SessionCounts,
    },
    resilience::breaker::State,
};

/// The figures of the pool that this holder has.
pub(super) fn of(hold: &Hold, now: Instant) -> RawDocumentBuf {
    let pool = &hold.pool;
    let (generation, clients, mut total) = pool.stats.clients();
    let view = pool.events.view();
    let mut servers: Vec<ServerFigures> = Vec::new();
    for server in view.outlines() {
        servers.push(ServerFigures {
            address: server.address.to_owned(),
            connections: Connections::default(),
            monitoring: Monitoring::default(),
        });
    }
    for client in clients {
        total.merge(&client.past());
        for figures in client.servers() {
            match servers.iter_mut().find(|known| known.address == figures.address) {
                Some(known) => known.add(&figures),
                None => servers.push(figures),
            }
        }
    }
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("generation"), count(generation.into()));
    record.append(cstr!("topology"), view.kind());
    let sizes = &pool.config.pool;
    let mut list = RawArrayBuf::new();
    for server in &servers {
        total.merge(&server.connections);
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("address"), server.address.as_str());
        if let Some(outline) = view.outlines().find(|seen| seen.address == server.address) {
            record.append(cstr!("type"), outline.kind);
            if let Some(time) = outline.round_trip_time {
                record.append(cstr!("roundTripTimeMS"), time);
            }
        }
        record.append(cstr!("cleared"), count(server.connections.cleared.into()));
        append_sizes(&mut record, &server.connections, sizes, 1, now);
        record.append(cstr!("monitors"), server.monitoring.record());
        list.push(record);
    }
    let mut sum = RawDocumentBuf::new();
    append_sizes(&mut sum, &total, sizes, servers.len() as u64, now);
    record.append(cstr!("servers"), list);
    record.append(cstr!("total"), sum);
    append_work(&mut record, pool, now);
    record.append(cstr!("cursors"), kept(&pool.stats.cursors));
    record.append(cstr!("watches"), kept(&pool.stats.watches));
    record.append(cstr!("sessions"), sessions(pool));
    record.append(cstr!("held"), hold.kept());
    if let Some(dedicated) = hold.dedicated.record(now) {
        record.append(cstr!("dedicated"), dedicated);
    }
    record
}

/// Operations: those that wait, those that are refused, all of them.
fn append_work(record: &mut RawDocumentBuf, pool: &Pool, now: Instant) {
    let queue = pool.queue();
    if let Some(queue) = &queue {
        record.append(cstr!("queue"), waits_for_a_place(queue));
    }
    if let Some(state) = pool.circuit.state() {
        record.append(cstr!("circuit"), circuit(state));
    }
    let waiting = queue.map(|queue| queue.by_database).unwrap_or_default();
    record.append(cstr!("operations"), pool.stats.operations.record(&waiting, now));
}

/// What has been under way for longer than `age`.
pub(super) fn overdue(hold: &Hold, age: Duration, now: Instant) -> RawDocumentBuf {
    let mut record = RawDocumentBuf::new();
    let (mut operations, mut connections) = (RawArrayBuf::new(), RawArrayBuf::new());
    if let Some(limit) = now.checked_sub(age) {
        let elsewhere = hold.of_dedicated(|hold| hold.overdue_operations(limit));
        for (key, note) in hold.overdue_operations(limit).into_iter().chain(elsewhere.concat()) {
            let mut operation = RawDocumentBuf::new();
            operation.append(cstr!("id"), key.to_string());
            operation.append(cstr!("database"), note.database);
            operation.append(cstr!("command"), note.command);
            operation.append(cstr!("ageMS"), millis(now.saturating_duration_since(note.since)));
            operations.push(operation);
        }
        let mut clients = hold.pool.stats.clients().1;
        clients.extend(hold.of_dedicated(|hold| hold.pool.stats.clients().1).concat());
        for (address, id, since) in clients.iter().flat_map(|client| client.in_use_since(limit)) {
            let mut connection = RawDocumentBuf::new();
            connection.append(cstr!("address"), address);
            connection.append(cstr!("connectionId"), count(id.into()));
            connection.append(cstr!("ageMS"), millis(now.saturating_duration_since(since)));
            connections.push(connection);
        }
    }
    record.append(cstr!("operations"), operations);
    record.append(cstr!("connections"), connections);
    record
}

impl ServerFigures {
    fn add(&mut self, other: &Self) {
        self.connections.merge(&other.connections);
        self.monitoring.heartbeat += other.monitoring.heartbeat;
        self.monitoring.streams |= other.monitoring.streams;
    }
}

impl Monitoring {
    fn record(self) -> RawDocumentBuf {
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("heartbeat"), count(self.heartbeat.into()));
        if !self.streams {
            record.append(cstr!("roundTrip"), 0);
        }
        record
    }
}

fn append_sizes(
    record: &mut RawDocumentBuf,
    connections: &Connections,
    limits: &config::Pool,
    servers: u64,
    now: Instant,
) {
    let sizes = connections.sizes();
    let all = u64::from(sizes.available) + u64::from(sizes.in_use) + u64::from(sizes.pending);
    record.append(cstr!("size"), count(all));
    record.append(cstr!("available"), count(sizes.available.into()));
    record.append(cstr!("inUse"), count(sizes.in_use.into()));
    record.append(cstr!("pending"), count(sizes.pending.into()));
    record.append(cstr!("min"), count(u64::from(limits.min_size) * servers));
    if let Some(max) = limits.max_size {
        record.append(cstr!("max"), count(u64::from(max.get()) * servers));
    }
    record.append(cstr!("checkingOut"), count(connections.checking_out.into()));
    record.append(cstr!("created"), count(connections.created));
    let mut closed = RawDocumentBuf::new();
    for reason in Reason::ALL {
        let name = match reason {
            Reason::Stale => cstr!("stale"),
            Reason::Idle => cstr!("idle"),
            Reason::Error => cstr!("error"),
            Reason::Dropped => cstr!("dropped"),
            Reason::PoolClosed => cstr!("poolClosed"),
        };
        closed.append(name, count(connections.closed_for(reason)));
    }
    record.append(cstr!("closed"), closed);
    record.append(cstr!("checkouts"), count(connections.checkouts));
    record.append(cstr!("checkoutsFailed"), count(connections.failed));
    if let Some(waits) = connections.waits.record(now) {
        record.append(cstr!("waitMS"), waits);
    }
}

fn waits_for_a_place(queue: &QueueState) -> RawDocumentBuf {
    let times = &queue.wait_times;
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("queued"), count(queue.waiting as u64));
    record.append(cstr!("waited"), count(times.waited()));
    let percentile = |percent| times.percentile(percent).map(millis);
    if let (Some(p50), Some(p90), Some(p95), Some(p99)) =
        (percentile(50), percentile(90), percentile(95), percentile(99))
    {
        let mut waits = RawDocumentBuf::new();
        waits.append(cstr!("count"), count(times.count()));
        waits.append(cstr!("p50"), p50);
        waits.append(cstr!("p90"), p90);
        waits.append(cstr!("p95"), p95);
        waits.append(cstr!("p99"), p99);
        record.append(cstr!("waitMS"), waits);
    }
    record.append(cstr!("histogram"), histogram(times));
    record
}

fn histogram(times: &WaitTimes) -> RawDocumentBuf {
    let (mut bounds, mut counts) = (RawArrayBuf::new(), RawArrayBuf::new());
    for (bound, up_to) in times.cumulated() {
        bounds.push(bound);
        counts.push(count(up_to));
    }
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("leMS"), bounds);
    record.append(cstr!("counts"), counts);
    record.append(cstr!("count"), count(times.count()));
    record.append(cstr!("sumMS"), millis(times.sum()));
    record
}

fn circuit(state: CircuitState) -> RawDocumentBuf {
    let mut record = RawDocumentBuf::new();
    let name = match state.state {
        State::Closed => "closed",
        State::Open => "open",
        State::HalfOpen => "halfOpen",
    };
    record.append(cstr!("state"), name);
    record.append(cstr!("refused"), count(state.refused));
    record.append(cstr!("opened"), count(state.opened));
    record
}

/// Of all clients: each has server sessions of its own.
fn sessions(pool: &Pool) -> RawDocumentBuf {
    let all = pool.lineage.all();
    let counts = all.iter().map(|generation| generation.sessions.counts());
    let counts = counts.fold(SessionCounts::default(), Add::add);
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("inUse"), count(counts.in_use));
    record.append(cstr!("idle"), count(counts.idle));
    record.append(cstr!("resting"), count(counts.resting));
    record
}

fn kept(tally: &Tally) -> RawDocumentBuf {
    let (open, opened) = tally.counts();
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("open"), count(open.into()));
    record.append(cstr!("opened"), count(opened));
    record
}
