//! One database with a pool of its own: opened by the first operation, closed when it has been idle for
//! its `ttl`, opened again by the next one. What has begun on an opening ends there. Which operations
//! come here, `route` knows.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bson::{RawArrayBuf, RawDocumentBuf, cstr, rawdoc};
use parking_lot::Mutex;

use super::{
    branch::{Branch, Visit},
    relay::Relay,
};
use crate::{
    config,
    error::Error,
    pool::{
        Hold,
        execute::{Command, Operation},
        handles::Handles,
        log::OpenFiles,
    },
    runtime::runtime,
};

/// A client that is used is not looked at more often than this.
const LEAST: Duration = Duration::from_millis(10);

/// What all dedicated pools of one holder have in common.
pub(super) struct Family {
    /// Whether other holders may have the same pools.
    pub(super) shared: bool,
    /// Those of the holder.
    pub(super) handles: Arc<Handles>,
    /// Where the holder's own pool logs, if that is to files.
    pub(super) files: Option<OpenFiles>,
    /// Where what happens on them is told.
    pub(super) relay: Relay,
    /// How often one was connected without an operation.
    pub(super) connects: AtomicU64,
}

impl Family {
    /// A key for one more connect, from the last of all keys down: no flight of JS's has these.
    fn key_of_connect(&self) -> u64 {
        u64::MAX - self.connects.fetch_add(1, Ordering::Relaxed) % u64::from(u32::MAX)
    }
}

/// A database and its pool.
pub(super) struct Database {
    /// Its name.
    pub(super) name: String,
    /// What it shares with the holder's others.
    family: Arc<Family>,
    /// Its openings. Locked while it is opened, so that there is one at a time.
    state: Mutex<State>,
}

struct State {
    /// What the next opening is to be like.
    settings: config::Dedicated,
    /// Where operations go; nothing while it is closed.
    current: Option<Arc<Branch>>,
    /// Those before it, of other settings, as long as somebody uses them.
    leaving: Vec<Arc<Branch>>,
    /// How often it was opened.
    opened: u64,
    /// How often it was closed because nobody used it.
    closed_idle: u64,
    /// When the last opening was used.
    last_use: Option<Instant>,
    /// The holder has closed: there is no other opening.
    ended: bool,
}

/// What statistics tell of it.
pub(super) struct Standing {
    pub(super) settings: config::Dedicated,
    pub(super) hold: Option<Arc<Hold>>,
    pub(super) opened: u64,
    pub(super) closed_idle: u64,
    pub(super) last_use: Option<Instant>,
}

/// When a branch is to be closed.
enum Due {
    /// Now: it has been taken out, and nobody will find it.
    Now,
    /// That is to be asked again then.
    In(Duration),
    /// That is to be asked again when something has changed.
    Later,
    /// Somebody else does it.
    Never,
}

impl Database {
    pub(super) fn new(settings: config::Dedicated, family: &Arc<Family>) -> Arc<Self> {
        Arc::new(Self {
            name: settings.database.clone(),
            family: Arc::clone(family),
            state: Mutex::new(State {
                settings,
                current: None,
                leaving: Vec::new(),
                opened: 0,
                closed_idle: 0,
                last_use: None,
                ended: false,
            }),
        })
    }

    /// Takes other settings. What has begun ends on the client that it began on.
    pub(super) fn configure(&self, settings: config::Dedicated) {
        let mut state = self.state.lock();
        let is_other = state.settings.config != settings.config;
        state.settings = settings;
        if is_other && let Some(before) = state.current.take() {
            state.leaving.push(Arc::clone(&before));
            before.leave();
        } else if let Some(current) = &state.current {
            current.changed.notify_one();
        }
    }

    /// Its client's options.
    pub(super) fn config(&self) -> config::Config {
        self.state.lock().settings.config.clone()
    }

    /// Whether it is to connect as soon as it is known.
    pub(super) fn is_eager(&self) -> bool {
        self.state.lock().settings.eager
    }

    /// Comes to its pool, which is opened if it is not open.
    ///
    /// # Errors
    /// When the holder has closed, or the log of the options can't be written.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Visit, Error> {
        let mut state = self.state.lock();
        if state.ended {
            return Err(Error::Closed);
        }
        if let Some(current) = &state.current {
            return Ok(current.visit());
        }
        let Family { shared, handles, files, relay, .. } = &*self.family;
        let config = state.settings.config.clone();
        let hold = Hold::open_within(config, *shared, handles, files.as_ref())?;
        relay.attach(&self.name, &hold);
        let branch = Branch::new(hold);
        let visit = branch.visit();
        state.opened += 1;
        runtime().spawn(keep(Arc::downgrade(self), Arc::downgrade(&branch)));
        state.current = Some(branch);
        Ok(visit)
    }

    /// Comes to the opening that has something, if one has.
    pub(super) fn find(&self, has: impl Fn(&Hold) -> bool) -> Option<Visit> {
        let state = self.state.lock();
        state.all().find(|branch| has(&branch.hold)).map(Branch::visit)
    }

    /// Whether a visit is to it.
    pub(super) fn is_of(&self, visit: &Visit) -> bool {
        self.state.lock().all().any(|branch| visit.is_to(branch))
    }

    /// All openings, to look at or to tell them something: that is no use of them.
    pub(super) fn holds(&self) -> Vec<Arc<Hold>> {
        self.state.lock().all().map(|branch| Arc::clone(&branch.hold)).collect()
    }

    /// Connects in the background, and tells if that fails.
    pub(super) fn connect_soon(self: &Arc<Self>) {
        let database = Arc::clone(self);
        runtime().spawn(async move {
            let (tell, told) = tokio::sync::oneshot::channel();
            let settle = Box::new(move |outcome: Result<_, Error>| {
                let _ = tell.send(outcome.map(drop));
            });
            let connect = Operation::Connect(Command {
                database: database.name.clone(),
                body: rawdoc! { "hello": 1 },
                ..Command::default()
            });
            let outcome = match database.enter() {
                Ok(visit) => {
                    let key = database.family.key_of_connect();
                    visit.hold().launch(key, connect, None, settle);
                    told.await.unwrap_or(Err(Error::Interrupted))
                }
                Err(error) => Err(error),
            };
            if let Err(error) = outcome
                && !matches!(error, Error::Closed | Error::Interrupted)
            {
                let relay = &database.family.relay;
                relay.tell(&database.name, "databaseConnectFailed", || {
                    let mut fields = RawDocumentBuf::new();
                    fields.append(cstr!("error"), error.to_record());
                    fields
                });
            }
        });
    }

    /// How it is now.
    pub(super) fn standing(&self) -> Standing {
        let state = self.state.lock();
        let current = state.current.as_ref();
        Standing {
            settings: state.settings.clone(),
            hold: current.map(|branch| Arc::clone(&branch.hold)),
            opened: state.opened,
            closed_idle: state.closed_idle,
            last_use: current.map(|branch| branch.last_use()).or(state.last_use),
        }
    }

    /// Ends it for good, and gives the openings to close.
    pub(super) fn end(&self) -> Vec<Arc<Hold>> {
        let mut state = self.state.lock();
        state.ended = true;
        let current = state.current.take();
        let all = std::mem::take(&mut state.leaving).into_iter().chain(current);
        all.map(|branch| Arc::clone(&branch.hold)).collect()
    }

    /// Whether a branch is to be closed. One that is, is taken out: from then on nobody comes to it.
    fn due(&self, branch: &Arc<Branch>, now: Instant) -> Due {
        let mut state = self.state.lock();
        let idle_since = branch.idle_since();
        if let Some(place) = state.leaving.iter().position(|one| Arc::ptr_eq(one, branch)) {
            if idle_since.is_none() {
                return Due::Later;
            }
            state.leaving.swap_remove(place);
            return Due::Now;
        }
        if !state.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, branch)) {
            return Due::Never;
        }
        match (state.settings.ttl, idle_since) {
            (None, _) => Due::Later,
            // Its use ends after now, so that this is not too late.
            (Some(ttl), None) => Due::In(ttl.max(LEAST)),
            (Some(ttl), Some(since)) => match ttl.checked_sub(now.duration_since(since)) {
                Some(left) if !left.is_zero() => Due::In(left),
                _ => {
                    state.last_use = Some(since);
                    state.current = None;
                    state.closed_idle += 1;
                    Due::Now
                }
            },
        }
    }
}

impl State {
    fn all(&self) -> impl Iterator<Item = &Arc<Branch>> {
        self.current.iter().chain(&self.leaving)
    }
}

/// Looks after an opening until it is closed.
async fn keep(database: Weak<Database>, branch: Weak<Branch>) {
    loop {
        let (Some(one), Some(opening)) = (database.upgrade(), branch.upgrade()) else { return };
        let changed = Arc::clone(&opening.changed);
        let wait = match one.due(&opening, Instant::now()) {
            Due::Now => return close(&one, &opening).await,
            Due::Never => return,
            Due::In(wait) => Some(wait),
            Due::Later => None,
        };
        drop((one, opening));
        match wait {
            None => changed.notified().await,
            Some(wait) => {
                let _ = tokio::time::timeout(wait, changed.notified()).await;
            }
        }
    }
}

async fn close(database: &Database, branch: &Branch) {
    let was_connected = branch.hold.is_connected();
    let relay = &database.family.relay;
    branch.hold.close(Error::Interrupted).await;
    if was_connected {
        relay.tell(&database.name, "databaseDisconnected", || {
            rawdoc! { "closed": true, "servers": RawArrayBuf::new() }
        });
    }
}
