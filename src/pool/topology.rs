//! What the mongodb crate's monitors last said of the servers, kept so that an operation can wait
//! for a usable one outside the pool's queue, and so that a failed selection can say what each
//! server answered. It selects no server; the crate does.

use std::{sync::Arc, time::Duration};

use mongodb::{ServerInfo, ServerType, TopologyType};
use mongodb::{
    error::ErrorKind,
    event::sdam::{SdamEvent, TopologyDescription},
    options::{ReadPreference, ServerAddress},
};
use parking_lot::RwLock;
use tokio::{sync::Notify, time::Instant};

use crate::{
    error::{Error, ServerFailure, network_message},
    resilience::fatal,
};

/// The type of a server that is not there.
const UNKNOWN: &str = "Unknown";

/// Which servers an operation may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Writes and reads of the primary.
    Primary,
    /// Reads that other members may answer.
    Members,
}

impl Reach {
    /// The reach of a read preference; none means primary.
    pub(super) fn of(read_preference: Option<&ReadPreference>) -> Self {
        match read_preference {
            None | Some(ReadPreference::Primary) => Self::Primary,
            Some(_) => Self::Members,
        }
    }
}

/// The servers as last seen.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// The type of the deployment, in the specification's words; empty before the first event.
    topology_type: String,
    /// Every server of it.
    servers: Arc<[ServerFailure]>,
    /// The same, as they are selected.
    kinds: Vec<(ServerAddress, ServerType)>,
    /// A server that takes writes is known.
    primary: bool,
    /// A server that holds data is known.
    member: bool,
    /// The address of the primary, when the deployment has exactly one that takes writes.
    primary_address: Option<ServerAddress>,
    /// The last that was, which stays when it is lost.
    last_primary: Option<ServerAddress>,
    /// The one server that is talked to is an arbiter.
    arbiter: bool,
    /// Writes may carry transaction numbers: the servers are no standalones. What the last server
    /// that took writes was counts until there is another; unknown before the first.
    retryable_writes: Option<bool>,
    /// Why a server that is of no use now refused the pool's login, if that is why.
    refusal: Option<mongodb::error::Error>,
    /// Why no server will ever be of use, if that can be told.
    hopeless: Option<Hopeless>,
}

/// Why waiting for a server is in vain.
#[derive(Debug, Clone)]
enum Hopeless {
    /// None of them is what was asked for; each has said why.
    Mistaken,
    /// They are too old or too new; the crate says which.
    Incompatible(String),
    /// All that there were belong to another deployment.
    Strangers,
}

impl Seen {
    fn has(&self, reach: Reach) -> bool {
        match reach {
            Reach::Primary => self.primary,
            Reach::Members => self.member,
        }
    }
}

/// The type of a deployment. When a primary says that it has become something else, the crate (3.9)
/// leaves the type as it was, against the specification (`checkIfHasPrimary`).
pub(super) fn topology_type(description: &TopologyDescription) -> TopologyType {
    let has_primary = || {
        description.servers().values().any(|server| server.server_type() == ServerType::RsPrimary)
    };
    match description.topology_type() {
        TopologyType::ReplicaSetWithPrimary if !has_primary() => TopologyType::ReplicaSetNoPrimary,
        other => other,
    }
}

/// The latest view of the deployment, and whoever waits for a better one.
#[derive(Debug, Default)]
pub(super) struct Topology {
    /// The view, replaced by every change the monitors report.
    seen: RwLock<Seen>,
    /// Wakes who waits for a change, in the order in which they came. (A `watch` channel would not
    /// keep the order, and operations would overtake each other.)
    changed: Notify,
    /// Wakes who waits for another primary than the one before.
    succeeded: Notify,
}

impl Topology {
    /// Takes in what a monitor reports. Called inline by the crate: it must not block.
    pub(super) fn observe(&self, event: SdamEvent) {
        if let SdamEvent::TopologyDescriptionChanged(event) = event {
            let description = event.new_description;
            let topology_type = topology_type(&description);
            let single = topology_type == TopologyType::Single;
            let mut seen = Seen { topology_type: topology_type.to_string(), ..Seen::default() };
            let mut failures = Vec::new();
            for server in description.servers().values() {
                note(&mut seen, server, single);
                seen.refusal = seen.refusal.or_else(|| refusal(server));
                failures.push(failure(server));
                seen.kinds.push((server.address().clone(), server.server_type()));
            }
            failures.sort_by(|a, b| a.address.cmp(&b.address));
            seen.servers = failures.into();
            seen.hopeless = hopeless(&description);
            self.replace(seen);
        }
    }

    /// True when a server of this reach is known now.
    pub(super) fn has(&self, reach: Reach) -> bool {
        self.seen.read().has(reach)
    }

    /// True when there is a server of which `is` holds.
    pub(super) fn has_server(&self, is: impl Fn(&ServerAddress, ServerType) -> bool) -> bool {
        self.seen.read().kinds.iter().any(|(address, kind)| is(address, *kind))
    }

    /// True when this is the address that `killCursors` goes to by default.
    pub(super) fn is_primary(&self, address: &ServerAddress) -> bool {
        self.seen.read().primary_address.as_ref() == Some(address)
    }

    /// True when the server at this address was there when it was last asked.
    pub(super) fn knows(&self, address: &ServerAddress) -> bool {
        let address = address.to_string();
        let seen = self.seen.read();
        seen.servers.iter().any(|server| server.address == address && server.server_type != UNKNOWN)
    }

    /// True when writes may carry a transaction number and be sent again.
    pub(super) fn has_retryable_writes(&self) -> bool {
        self.knows_retryable_writes() == Some(true)
    }

    /// The same, where it is known.
    pub(super) fn knows_retryable_writes(&self) -> Option<bool> {
        self.seen.read().retryable_writes
    }

    /// True when commands may be in sessions. Arbiters know none.
    pub(super) fn has_sessions(&self) -> bool {
        !self.seen.read().arbiter
    }

    /// True when transactions are bound to the router they started through.
    pub(super) fn is_sharded(&self) -> bool {
        self.seen.read().topology_type == "Sharded"
    }

    /// What each server last answered.
    pub(super) fn failures(&self) -> Arc<[ServerFailure]> {
        Arc::clone(&self.seen.read().servers)
    }

    /// Why the pool's login was refused, as long as that is the last word of a server.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.seen.read().refusal.clone().map(Error::Driver)
    }

    /// Waits until a server's last word is that it refuses the login.
    pub(super) async fn refused(&self) -> Error {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(error) = self.refusal() {
                return error;
            }
            changed.await;
        }
    }

    /// Waits until it shows that waiting for a server is in vain, and says why.
    pub(super) async fn hopeless(&self) -> Error {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(error) = hopeless_error(&self.seen.read()) {
                return error;
            }
            changed.await;
        }
    }

    /// Waits until a server of this reach is known.
    ///
    /// # Errors
    /// When `time` has passed, with what each server last answered.
    pub(super) async fn wait_for(&self, reach: Reach, time: SelectionTime) -> Result<(), Error> {
        let found = self.found(reach);
        let Some(limit) = time.limit else {
            found.await;
            return Ok(());
        };
        match tokio::time::timeout_at(time.started + limit, found).await {
            Ok(()) => Ok(()),
            Err(_) => Err(selection_error(&self.seen.read(), reach, limit)),
        }
    }

    /// Resolves when another server is the primary than was last.
    pub(super) async fn succession(&self) {
        self.succeeded.notified().await;
    }

    /// Waits until a server of this reach is known, for good.
    pub(super) async fn found(&self, reach: Reach) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on a change is not missed, whether or not it is awaited yet.
            changed.as_mut().enable();
            if self.has(reach) {
                return;
            }
            changed.await;
        }
    }

    fn replace(&self, mut seen: Seen) {
        let succeeded;
        {
            let mut current = self.seen.write();
            seen.retryable_writes = seen.retryable_writes.or(current.retryable_writes);
            succeeded = seen.topology_type == "ReplicaSetWithPrimary"
                && seen.primary_address.is_some()
                && current.last_primary.is_some()
                && seen.primary_address != current.last_primary;
            seen.last_primary = seen.primary_address.clone().or(current.last_primary.take());
            *current = seen;
        }
        self.changed.notify_waiters();
        if succeeded {
            self.succeeded.notify_waiters();
        }
    }
}

/// How long one operation may look for a server, all its tries together.
#[derive(Debug, Clone, Copy)]
pub(super) struct SelectionTime {
    /// `serverSelectionTimeoutMS`; without end when absent.
    limit: Option<Duration>,
    /// When it began to look.
    started: Instant,
}

impl SelectionTime {
    pub(super) fn start(limit: Option<Duration>) -> Self {
        Self { limit, started: Instant::now() }
    }

    /// What is left of it; nothing without an end.
    pub(super) fn remaining(self) -> Option<Duration> {
        self.limit.map(|limit| limit.saturating_sub(self.started.elapsed()))
    }
}

fn note(seen: &mut Seen, server: &ServerInfo<'_>, single: bool) {
    let (writable, readable) = match server.server_type() {
        ServerType::RsPrimary
        | ServerType::Mongos
        | ServerType::Standalone
        | ServerType::LoadBalancer => (true, true),
        // A direct connection takes whatever it is pointed at.
        ServerType::RsSecondary => (single, true),
        ServerType::RsArbiter | ServerType::RsOther => (single, single),
        _ => (false, false),
    };
    if writable {
        seen.primary_address = (!seen.primary).then(|| server.address().clone());
    }
    seen.arbiter |= single && server.server_type() == ServerType::RsArbiter;
    if writable {
        let numbered = server.server_type() != ServerType::Standalone;
        seen.retryable_writes = Some(numbered || seen.retryable_writes == Some(true));
    }
    seen.primary |= writable;
    seen.member |= readable;
}

fn refusal(server: &ServerInfo<'_>) -> Option<mongodb::error::Error> {
    let error = server.error()?;
    matches!(error.kind.as_ref(), ErrorKind::Authentication { .. }).then(|| error.clone())
}

fn hopeless(description: &TopologyDescription) -> Option<Hopeless> {
    if let Some(message) = description.compatibility_error() {
        return Some(Hopeless::Incompatible(message.clone()));
    }
    let servers = description.servers();
    if servers.is_empty() {
        return Some(Hopeless::Strangers);
    }
    let mistaken =
        |server: &ServerInfo<'_>| server.error().is_some_and(fatal::is_mistaken_identity);
    servers.values().all(mistaken).then_some(Hopeless::Mistaken)
}

fn hopeless_error(seen: &Seen) -> Option<Error> {
    let message = match seen.hopeless.as_ref()? {
        Hopeless::Incompatible(message) => {
            let class = "MongoCompatibilityError";
            return Some(Error::Configuration { class, message: message.clone() });
        }
        Hopeless::Strangers => {
            "None of the servers belongs to the deployment that the options describe; is \
             replicaSet the name of another?"
                .to_owned()
        }
        Hopeless::Mistaken => format!("No server is the one that was asked for ({})", tried(seen)),
    };
    Some(Error::ServerSelection {
        message,
        topology_type: seen.topology_type.clone(),
        servers: Arc::clone(&seen.servers),
    })
}

/// What each server said last.
fn tried(seen: &Seen) -> String {
    let tried: Vec<_> = seen
        .servers
        .iter()
        .map(|server| match &server.error {
            Some(error) => format!("{}: {error}", server.address),
            None => format!("{}: {}", server.address, server.server_type),
        })
        .collect();
    tried.join("; ")
}

fn failure(server: &ServerInfo<'_>) -> ServerFailure {
    ServerFailure {
        address: server.address().to_string(),
        server_type: server.server_type().to_string(),
        error: server.error().map(|error| match error.kind.as_ref() {
            ErrorKind::Io(io) => network_message(io),
            kind => kind.to_string(),
        }),
    }
}

fn selection_error(seen: &Seen, reach: Reach, limit: Duration) -> Error {
    let wanted = match reach {
        Reach::Primary => "a server that takes writes",
        Reach::Members => "a server that answers reads",
    };
    let tried =
        if seen.servers.is_empty() { "no server has answered yet".to_owned() } else { tried(seen) };
    Error::ServerSelection {
        message: format!(
            "Server selection timed out after {} ms waiting for {wanted} ({tried})",
            limit.as_millis()
        ),
        topology_type: seen.topology_type.clone(),
        servers: Arc::clone(&seen.servers),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn server(address: &str, error: Option<&str>) -> ServerFailure {
        ServerFailure {
            address: address.into(),
            server_type: "Unknown".into(),
            error: error.map(Into::into),
        }
    }

    #[tokio::test]
    async fn fails_after_the_limit_and_says_why_each_server_was_no_use() {
        let topology = Topology::default();
        topology.replace(Seen {
            topology_type: "Unknown".into(),
            servers: [server("a:1", Some("Connection refused")), server("b:2", None)].into(),
            ..Seen::default()
        });
        let time = SelectionTime::start(Some(Duration::from_millis(80)));
        let error = topology.wait_for(Reach::Primary, time).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Server selection timed out after 80 ms waiting for a server that takes writes \
             (a:1: Connection refused; b:2: Unknown)"
        );
    }

    #[test]
    fn knows_the_servers_that_answer() {
        let topology = Topology::default();
        let primary = ServerFailure { server_type: "RsPrimary".into(), ..server("a:1", None) };
        let gone = server("b:2", Some("Connection refused"));
        topology.replace(Seen { servers: [primary, gone].into(), ..Seen::default() });
        let known = |address: &str| topology.knows(&ServerAddress::parse(address).unwrap());
        assert_eq!([known("a:1"), known("b:2"), known("c:3")], [true, false, false]);
    }

    #[test]
    fn remembers_retryable_writes_while_no_server_takes_writes() {
        let topology = Topology::default();
        assert_eq!(topology.knows_retryable_writes(), None);
        topology.replace(Seen { retryable_writes: Some(true), ..Seen::default() });
        topology.replace(Seen::default());
        assert!(topology.has_retryable_writes(), "an error is labelled after its server is lost");
        topology.replace(Seen { retryable_writes: Some(false), ..Seen::default() });
        assert!(!topology.has_retryable_writes());
    }

    #[tokio::test]
    async fn tells_of_another_primary_also_after_a_time_without_one() {
        let topology = Arc::new(Topology::default());
        let replace = |address: Option<&str>| {
            topology.replace(Seen {
                topology_type: "ReplicaSetWithPrimary".into(),
                primary_address: address.map(|address| ServerAddress::parse(address).unwrap()),
                ..Seen::default()
            });
        };
        replace(Some("a:1"));
        let succession = topology.succession();
        tokio::pin!(succession);
        assert!((&mut succession).now_or_never().is_none());
        replace(None);
        replace(Some("a:1"));
        assert!((&mut succession).now_or_never().is_none(), "it is the one that it was");
        replace(None);
        replace(Some("b:1"));
        assert!(succession.now_or_never().is_some());
    }

    #[tokio::test]
    async fn lets_a_waiter_through_as_soon_as_a_primary_is_seen() {
        let topology = Arc::new(Topology::default());
        let waiter = {
            let topology = Arc::clone(&topology);
            let time = SelectionTime::start(None);
            tokio::spawn(async move { topology.wait_for(Reach::Primary, time).await })
        };
        tokio::task::yield_now().await;
        topology.replace(Seen { member: true, ..Seen::default() });
        tokio::task::yield_now().await;
        assert!(!waiter.is_finished());
        topology.replace(Seen { member: true, primary: true, ..Seen::default() });
        waiter.await.unwrap().unwrap();
    }
}
