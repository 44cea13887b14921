//! What the mongodb crate reports of its commands, connections and servers: the one place all of it
//! comes through. It goes on to the holders that listen, as records in BSON, and to nobody else:
//! what no holder wants is not even encoded. It does not know who the holders are.

mod command;
mod connection;
mod deployment;
mod own;
pub(super) mod selection;
mod view;
pub(super) mod voice;

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

use bson::RawDocumentBuf;
use mongodb::options::ServerAddress;
use parking_lot::Mutex;

pub(super) use self::own::record as own_record;
pub(super) use self::view::{TopologyView, address_text};
use self::{
    command::{Dropped, Running},
    view::Deployment,
};

/// The kinds of event, in the order of their bits in a mask. `lib/events/kinds.ts` has the same
/// order, and the names that JS knows them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the driver's, and those of its documentation")]
pub enum Kind {
    CommandStarted,
    CommandSucceeded,
    CommandFailed,
    ConnectionPoolCreated,
    ConnectionPoolReady,
    ConnectionPoolCleared,
    ConnectionPoolClosed,
    ConnectionCreated,
    ConnectionReady,
    ConnectionClosed,
    ConnectionCheckOutStarted,
    ConnectionCheckOutFailed,
    ConnectionCheckedOut,
    ConnectionCheckedIn,
    ServerOpening,
    ServerClosed,
    ServerDescriptionChanged,
    TopologyOpening,
    TopologyClosed,
    TopologyDescriptionChanged,
    ServerHeartbeatStarted,
    ServerHeartbeatSucceeded,
    ServerHeartbeatFailed,
    ServerSelectionStarted,
    ServerSelectionSucceeded,
    ServerSelectionFailed,
    WaitingForSuitableServer,
    /// All that are polypool's own, see [`own`].
    Own,
}

impl Kind {
    /// The bit of a mask that stands for this kind.
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The bits of what is told of commands.
const COMMANDS: u32 =
    Kind::CommandStarted.bit() | Kind::CommandSucceeded.bit() | Kind::CommandFailed.bit();

/// Takes an event's record to a holder: a BSON document, and of a command that was sent or answered
/// a second one behind it, the command or the reply. Called inline by whatever the crate is doing: it must not
/// block.
pub type Sink = Arc<dyn Fn(Kind, Vec<u8>) + Send + Sync>;

/// Names a holder of a pool to the pool's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Holder(u64);

/// A pool's events, and who listens to them.
#[derive(Default)]
pub(super) struct Events {
    /// How many holders the pool has had.
    enrolled: AtomicU64,
    /// The kinds that some holder wants; looked at before anything else is done for an event.
    wanted: AtomicU32,
    /// Whoever listens.
    listeners: Mutex<Listeners>,
    /// Commands that were sent and not answered.
    running: Running,
    /// Cursors whose `killCursors` the crate is about to send.
    dropped: Dropped,
    /// The servers as JS is to see them.
    deployment: Deployment,
    /// How many pools each server has, one for each client.
    pools: Mutex<HashMap<ServerAddress, usize>>,
    /// The pool is ending: what the monitors say of it is no news.
    closing: AtomicBool,
}

#[derive(Default)]
struct Listeners {
    /// In the order in which they came.
    all: Vec<Listener>,
}

/// One holder.
struct Listener {
    /// Names it.
    holder: Holder,
    /// The kinds it wants.
    mask: u32,
    /// Where they go.
    sink: Sink,
}

/// A holder's wish for events. Dropping it ends it.
pub(super) struct Subscription {
    /// The pool's events.
    events: Arc<Events>,
    /// The holder there.
    holder: Holder,
}

impl Events {
    /// Names one more holder.
    pub(super) fn enrol(&self) -> Holder {
        Holder(self.enrolled.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Adds a holder that wants the kinds in `mask`.
    pub(super) fn subscribe(
        self: &Arc<Self>,
        holder: Holder,
        mask: u32,
        sink: Sink,
    ) -> Subscription {
        let mut listeners = self.listeners.lock();
        listeners.all.push(Listener { holder, mask, sink });
        self.count(&listeners);
        Subscription { events: Arc::clone(self), holder }
    }

    /// From here on the monitors report the end of the pool only.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// True when the pool is ending.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Counts the changes of what [`Events::topology`] gives; 0 as long as nothing is known.
    pub(super) fn version(&self) -> u32 {
        self.deployment.version()
    }

    /// The deployment as it is now: a topology's record, see [`view`], with `version` and `found`.
    pub(super) fn topology(&self) -> RawDocumentBuf {
        self.deployment.snapshot()
    }

    /// The servers as they are seen now.
    pub(super) fn view(&self) -> Arc<TopologyView> {
        self.deployment.view()
    }

    /// True when somebody is to be told of commands.
    pub(super) fn want_commands(&self) -> bool {
        self.wants_any(COMMANDS)
    }

    fn wants_any(&self, mask: u32) -> bool {
        self.wanted.load(Ordering::Relaxed) & mask != 0
    }

    fn wants(&self, kind: Kind) -> bool {
        self.wants_any(kind.bit())
    }

    /// Hands an event to those who want it.
    fn emit(&self, kind: Kind, record: impl FnOnce() -> RawDocumentBuf) {
        self.emit_bytes(kind, || record().into_bytes());
    }

    fn emit_bytes(&self, kind: Kind, record: impl FnOnce() -> Vec<u8>) {
        if !self.wants(kind) {
            return;
        }
        let mut record = record();
        let listeners = self.listeners.lock();
        let mut takers = listeners.all.iter().filter(|one| one.mask & kind.bit() != 0).peekable();
        while let Some(taker) = takers.next() {
            let last = takers.peek().is_none();
            let bytes = if last { mem::take(&mut record) } else { record.clone() };
            (taker.sink)(kind, bytes);
        }
    }

    /// Hands an event to the holder whose it is, if it wants it; one that is nobody's, to all that do.
    fn emit_to(&self, owner: Option<Holder>, kind: Kind, record: impl FnOnce() -> Vec<u8>) {
        match owner {
            Some(holder) if self.wants(kind) => self.tell(holder, kind, record),
            Some(_) => {}
            None => self.emit_bytes(kind, record),
        }
    }

    fn tell(&self, holder: Holder, kind: Kind, record: impl FnOnce() -> Vec<u8>) {
        let listeners = self.listeners.lock();
        let own = listeners.all.iter().find(|listener| listener.holder == holder);
        if let Some(listener) = own.filter(|listener| listener.mask & kind.bit() != 0) {
            (listener.sink)(kind, record());
        }
    }

    fn count(&self, listeners: &Listeners) {
        let wanted = listeners.all.iter().fold(0, |mask, listener| mask | listener.mask);
        self.wanted.store(wanted, Ordering::Relaxed);
    }
}

impl Subscription {
    /// Wants other kinds from now on.
    pub(super) fn set(&self, mask: u32) {
        let mut listeners = self.events.listeners.lock();
        for listener in &mut listeners.all {
            if listener.holder == self.holder {
                listener.mask = mask;
            }
        }
        self.events.count(&listeners);
    }

    /// Tells this holder alone.
    fn tell(&self, kind: Kind, record: impl FnOnce() -> RawDocumentBuf) {
        self.events.tell(self.holder, kind, || record().into_bytes());
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut listeners = self.events.listeners.lock();
        listeners.all.retain(|listener| listener.holder != self.holder);
        self.events.count(&listeners);
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;
    use crate::{
        config::Config,
        error::Error,
        pool::{Hold, execute::Operation},
    };

    /// What a holder was told: the kinds, and the records.
    type Told = Arc<Mutex<Vec<(Kind, Vec<u8>)>>>;

    fn listen(events: &Arc<Events>, kinds: &[Kind]) -> (Subscription, Told) {
        let told = Told::default();
        let mask = kinds.iter().fold(0, |mask, kind| mask | kind.bit());
        let sink = {
            let told = Arc::clone(&told);
            Arc::new(move |kind, record| told.lock().push((kind, record)))
        };
        (events.subscribe(events.enrol(), mask, sink), told)
    }

    fn kinds(told: &Told) -> Vec<Kind> {
        told.lock().iter().map(|(kind, _)| *kind).collect()
    }

    /// All kinds of event of servers and topology.
    const DEPLOYMENT: [Kind; 9] = [
        Kind::TopologyOpening,
        Kind::TopologyDescriptionChanged,
        Kind::ServerOpening,
        Kind::ServerHeartbeatStarted,
        Kind::ServerHeartbeatFailed,
        Kind::ServerHeartbeatSucceeded,
        Kind::ServerDescriptionChanged,
        Kind::ServerClosed,
        Kind::TopologyClosed,
    ];

    /// A holder of a pool whose server is not there.
    fn hold(app_name: &str, shared: bool) -> (Arc<Hold>, Told) {
        let options = bson::doc! { "serverSelectionTimeoutMS": 200, "appName": app_name };
        let config = Config::resolve("mongodb://127.0.0.1:1", &options).unwrap();
        let hold = Hold::open(config, shared).unwrap();
        let told = Told::default();
        let sink = Arc::clone(&told);
        let mask = DEPLOYMENT.iter().fold(0, |mask, kind| mask | kind.bit());
        hold.listen(mask, Arc::new(move |kind, record| sink.lock().push((kind, record))));
        (hold, told)
    }

    async fn connect(hold: &Arc<Hold>) {
        let (sender, outcome) = tokio::sync::oneshot::channel();
        let Operation::Command(hello) = Operation::command("admin", rawdoc! { "hello": 1 }) else {
            unreachable!("a command is one")
        };
        hold.launch(
            1,
            Operation::Connect(hello),
            None,
            Box::new(|outcome| drop(sender.send(outcome))),
        );
        outcome.await.unwrap().unwrap_err();
    }

    /// The address of the first server before and after a change.
    fn types(record: &[u8]) -> (String, Vec<String>, Vec<String>) {
        let record = RawDocumentBuf::from_bytes(record.to_vec()).unwrap();
        let servers = |name| {
            let view = record.get_document(name).unwrap();
            let servers = view.get_array("servers").unwrap().into_iter();
            servers
                .map(|server| {
                    server.unwrap().as_document().unwrap().get_str("address").unwrap().into()
                })
                .collect()
        };
        let new = record.get_document("new").unwrap();
        (new.get_str("type").unwrap().into(), servers("previous"), servers("new"))
    }

    #[tokio::test]
    async fn tells_how_a_pool_begins_looks_for_its_server_and_ends() {
        let (hold, told) = hold("alone", false);
        assert_eq!(hold.topology_version(), 0);
        connect(&hold).await;
        let before_close = kinds(&told).len();
        hold.close(Error::Interrupted).await;
        let kinds = kinds(&told);
        assert_eq!(
            kinds[..6],
            [
                Kind::TopologyOpening,
                Kind::TopologyDescriptionChanged,
                Kind::ServerOpening,
                Kind::ServerHeartbeatStarted,
                Kind::ServerHeartbeatFailed,
                Kind::ServerDescriptionChanged,
            ]
        );
        assert_eq!(kinds[before_close..], [Kind::ServerClosed, Kind::TopologyClosed]);
        let (kind, before, after) = types(&told.lock()[1].1);
        assert_eq!((kind.as_str(), before, after), ("Unknown", vec![], vec!["127.0.0.1:1".into()]));
    }

    #[tokio::test]
    async fn shows_the_topology_as_it_is_and_counts_its_changes() {
        let (hold, _) = hold("shown", false);
        connect(&hold).await;
        let topology = hold.topology();
        assert!(hold.topology_version() >= 2);
        assert_eq!(topology.get_i64("version").unwrap(), i64::from(hold.topology_version()));
        let server = topology.get_array("servers").unwrap().get_document(0).unwrap();
        assert_eq!(server.get_str("type").unwrap(), "Unknown");
        let error = server.get_document("error").unwrap();
        assert_eq!(error.get_str("class").unwrap(), "MongoNetworkError");
        hold.close(Error::Interrupted).await;
    }

    #[tokio::test]
    async fn tells_a_holder_that_comes_late_and_leaves_early_of_a_beginning_and_an_end() {
        let (first, _) = hold("shared", true);
        connect(&first).await;
        let (second, told) = hold("shared", true);
        connect(&second).await;
        assert_eq!(
            kinds(&told)[..3],
            [Kind::TopologyOpening, Kind::ServerOpening, Kind::TopologyDescriptionChanged,]
        );
        let heard = kinds(&told).len();
        second.close(Error::Interrupted).await;
        let told_at_end = kinds(&told)[heard..].to_vec();
        assert!(told_at_end.ends_with(&[Kind::ServerClosed, Kind::TopologyClosed]));
        assert!(first.topology_version() > 0);
        first.close(Error::Interrupted).await;
        assert_eq!(kinds(&told).len(), heard + told_at_end.len(), "told after its close");
    }

    #[test]
    fn encodes_nothing_that_nobody_wants() {
        let events = Arc::new(Events::default());
        let (subscription, told) = listen(&events, &[Kind::CommandStarted]);
        events.emit(Kind::CommandFailed, || unreachable!("nobody wants it"));
        events.emit(Kind::CommandStarted, || rawdoc! { "a": 1 });
        drop(subscription);
        events.emit(Kind::CommandStarted, || unreachable!("nobody wants it any more"));
        assert_eq!(kinds(&told), [Kind::CommandStarted]);
    }

    #[test]
    fn tells_every_holder_that_wants_it() {
        let events = Arc::new(Events::default());
        let (_first, first) = listen(&events, &[Kind::ServerOpening, Kind::ServerClosed]);
        let (second, told) = listen(&events, &[Kind::ServerClosed]);
        events.emit(Kind::ServerOpening, || rawdoc! { "address": "a:1" });
        events.emit(Kind::ServerClosed, || rawdoc! { "address": "a:1" });
        second.set(Kind::ServerOpening.bit());
        events.emit(Kind::ServerClosed, || rawdoc! { "address": "b:1" });
        assert_eq!(kinds(&first), [Kind::ServerOpening, Kind::ServerClosed, Kind::ServerClosed]);
        assert_eq!(kinds(&told), [Kind::ServerClosed]);
        assert_eq!(told.lock()[0].1, rawdoc! { "address": "a:1" }.into_bytes());
    }
}
