//! The servers as JS is to see them: what the crate says of each, and the hello reply it rests on,
//! which the crate reports only with the heartbeat. Kept as they were and as they are, because an
//! event shows both. It decides nothing: which server is what, the crate has found out.
//!
//! A server's record: `{ address, type, hello?, error?, roundTripTime?, lastUpdateTime? }`, `error`
//! an error record, the round trip in milliseconds. A topology's:
//! `{ type, setName?, maxSetVersion?, maxElectionId?, servers: [server] }`.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bson::{DateTime, RawArrayBuf, RawDocumentBuf, cstr, oid::ObjectId};
use mongodb::{
    ServerInfo, ServerType, TopologyType, event::sdam::TopologyDescription, options::ServerAddress,
};
use parking_lot::Mutex;

use crate::{error::Error, pool::topology::topology_type};

/// An answer of a server's monitor.
#[derive(Debug)]
struct Hello {
    /// The reply.
    document: RawDocumentBuf,
    /// When it came.
    at: DateTime,
}

/// One server, at one time.
#[derive(Debug, Clone)]
pub(super) struct ServerView {
    /// As the driver writes it, `host:port`.
    pub(super) address: String,
    kind: ServerType,
    /// Its last answer, while it is of a known type.
    hello: Option<Arc<Hello>>,
    /// Why it is of an unknown type, as an error record.
    error: Option<RawDocumentBuf>,
    /// The crate's average, in milliseconds.
    round_trip_time: Option<f64>,
    last_update: Option<DateTime>,
}

/// All servers, at one time.
#[derive(Debug, Default)]
pub(in crate::pool) struct TopologyView {
    kind: TopologyType,
    set_name: Option<String>,
    max_set_version: Option<i32>,
    max_election_id: Option<ObjectId>,
    /// In the order in which they became known.
    pub(super) servers: Vec<ServerView>,
}

/// What is known of the deployment.
#[derive(Default)]
pub(super) struct Deployment {
    /// Grows with every change of what [`Deployment::snapshot`] gives.
    version: AtomicU32,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Since the last event that showed it.
    view: Arc<TopologyView>,
    /// The last hello of each server, which may be newer than the view's.
    hellos: HashMap<String, Arc<Hello>>,
    /// A server has been of a known type once.
    found: bool,
    /// Servers whose opening was reported, and that the crate has yet to report as opened.
    announced: HashSet<String>,
}

/// A change of the deployment.
pub(super) struct Change {
    pub(super) before: Arc<TopologyView>,
    pub(super) after: Arc<TopologyView>,
    /// Servers that were found, as opposed to those that the pool began with.
    pub(super) found: Vec<String>,
}

impl Deployment {
    pub(super) fn version(&self) -> u32 {
        self.version.load(Ordering::Acquire)
    }

    /// What the last event showed.
    pub(super) fn view(&self) -> Arc<TopologyView> {
        Arc::clone(&self.known.lock().view)
    }

    /// Takes in a hello. The event that says what it changed, if anything, comes later.
    pub(super) fn heard(&self, address: String, hello: RawDocumentBuf) {
        let hello = Hello { document: hello, at: DateTime::now() };
        self.known.lock().hellos.insert(address, Arc::new(hello));
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Forgets a server that no longer belongs to the deployment.
    pub(super) fn forget(&self, address: &str) {
        self.known.lock().hellos.remove(address);
    }

    /// A server as the crate sees it now.
    pub(super) fn server(&self, server: &ServerInfo<'_>) -> ServerView {
        see(server, &self.known.lock().hellos)
    }

    /// True when this server's opening has been reported as that of a server that was found.
    pub(super) fn was_announced(&self, address: &str) -> bool {
        self.known.lock().announced.remove(address)
    }

    /// Takes in how the crate sees the deployment now.
    pub(super) fn change(&self, description: &TopologyDescription) -> Change {
        let mut known = self.known.lock();
        let mut servers: Vec<_> =
            description.servers().values().map(|server| see(server, &known.hellos)).collect();
        known.found |= servers.iter().any(|server| server.kind != ServerType::Unknown);
        let before = Arc::clone(&known.view);
        let place = |server: &ServerView| {
            before.servers.iter().position(|other| other.address == server.address)
        };
        // Old ones keep their places; `usize::MAX` puts new ones behind them.
        servers.sort_by(|a, b| {
            let places = (place(a).unwrap_or(usize::MAX), place(b).unwrap_or(usize::MAX));
            places.0.cmp(&places.1).then_with(|| a.address.cmp(&b.address))
        });
        known.view = Arc::new(TopologyView {
            kind: topology_type(description),
            set_name: description.set_name().cloned(),
            max_set_version: description.max_set_version(),
            max_election_id: description.max_election_id(),
            servers,
        });
        let after = Arc::clone(&known.view);
        let mut found = Vec::new();
        if !before.servers.is_empty() {
            let new = after.servers.iter().filter(|server| !before.has(&server.address));
            found.extend(new.map(|server| server.address.clone()));
            known.announced.extend(found.iter().cloned());
        }
        self.version.fetch_add(1, Ordering::Release);
        Change { before, after, found }
    }

    /// The topology's record as of now, with the latest hellos, its `version`, and `found`: a server
    /// has been of a known type since the pool was opened.
    pub(super) fn snapshot(&self) -> RawDocumentBuf {
        // Before the view is read: a change that comes in between shows as a later version.
        let version = self.version();
        let known = self.known.lock();
        let servers = known.view.servers.iter().map(|server| {
            let latest = server.hello.is_some().then(|| known.hellos.get(&server.address));
            let hello = latest.flatten().or(server.hello.as_ref());
            server.record(hello, hello.map(|hello| hello.at))
        });
        let mut record = known.view.record_with(servers);
        record.append(cstr!("version"), i64::from(version));
        record.append(cstr!("found"), known.found);
        record
    }
}

/// What a server's figures say of the server.
pub(in crate::pool) struct Outline<'a> {
    pub(in crate::pool) address: &'a str,
    pub(in crate::pool) kind: String,
    /// In milliseconds.
    pub(in crate::pool) round_trip_time: Option<f64>,
}

impl TopologyView {
    /// The type of the deployment, in the specification's words.
    pub(in crate::pool) fn kind(&self) -> String {
        self.kind.to_string()
    }

    /// Its servers in short.
    pub(in crate::pool) fn outlines(&self) -> impl Iterator<Item = Outline<'_>> {
        self.servers.iter().map(|server| Outline {
            address: &server.address,
            kind: server.kind.to_string(),
            round_trip_time: server.round_trip_time,
        })
    }

    /// True when this server belongs to it.
    pub(super) fn has(&self, address: &str) -> bool {
        self.servers.iter().any(|server| server.address == address)
    }

    /// Where an operation would have gone that found no place, as far as can be said: to the server
    /// that takes writes, else to any.
    pub(super) fn first_choice(&self) -> Option<&str> {
        let writable = |server: &&ServerView| {
            matches!(
                server.kind,
                ServerType::RsPrimary
                    | ServerType::Standalone
                    | ServerType::Mongos
                    | ServerType::LoadBalancer
            )
        };
        let server = self.servers.iter().find(writable).or(self.servers.first());
        server.map(|server| server.address.as_str())
    }

    /// The server of this address.
    pub(super) fn server(&self, address: &str) -> Option<&ServerView> {
        self.servers.iter().find(|server| server.address == address)
    }

    pub(super) fn record(&self) -> RawDocumentBuf {
        self.record_with(self.servers.iter().map(ServerView::seen))
    }

    fn record_with(&self, servers: impl Iterator<Item = RawDocumentBuf>) -> RawDocumentBuf {
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("type"), self.kind.to_string());
        if let Some(name) = &self.set_name {
            record.append(cstr!("setName"), name.as_str());
        }
        if let Some(version) = self.max_set_version {
            record.append(cstr!("maxSetVersion"), version);
        }
        if let Some(id) = self.max_election_id {
            record.append(cstr!("maxElectionId"), id);
        }
        let mut all = RawArrayBuf::new();
        servers.for_each(|server| all.push(server));
        record.append(cstr!("servers"), all);
        record
    }
}

impl ServerView {
    /// A server nothing is known of.
    pub(super) fn unknown(address: String) -> Self {
        Self {
            address,
            kind: ServerType::Unknown,
            hello: None,
            error: None,
            round_trip_time: None,
            last_update: None,
        }
    }

    /// As the event shows it that it is part of.
    pub(super) fn seen(&self) -> RawDocumentBuf {
        self.record(self.hello.as_ref(), None)
    }

    fn record(&self, hello: Option<&Arc<Hello>>, updated: Option<DateTime>) -> RawDocumentBuf {
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("address"), self.address.as_str());
        record.append(cstr!("type"), self.kind.to_string());
        if let Some(hello) = hello {
            record.append(cstr!("hello"), &hello.document);
        }
        if let Some(error) = &self.error {
            record.append(cstr!("error"), error);
        }
        if let Some(time) = self.round_trip_time {
            record.append(cstr!("roundTripTime"), time);
        }
        if let Some(time) = updated.max(self.last_update) {
            record.append(cstr!("lastUpdateTime"), time);
        }
        record
    }
}

fn see(server: &ServerInfo<'_>, hellos: &HashMap<String, Arc<Hello>>) -> ServerView {
    let address = address_text(server.address());
    let kind = server.server_type();
    let known = !matches!(kind, ServerType::Unknown | ServerType::LoadBalancer);
    ServerView {
        hello: known.then(|| hellos.get(&address).cloned()).flatten(),
        error: server.error().map(|error| Error::from(error.clone()).to_record()),
        round_trip_time: server.average_round_trip_time().map(|time| time.as_secs_f64() * 1e3),
        last_update: server.last_update_time(),
        kind,
        address,
    }
}

/// An address as the driver writes it: an IPv6 address has brackets.
pub(in crate::pool) fn address_text(address: &ServerAddress) -> String {
    match address {
        ServerAddress::Tcp { host, port } if host.contains(':') => {
            format!("[{host}]:{}", port.unwrap_or(27_017))
        }
        address => address.to_string(),
    }
}
