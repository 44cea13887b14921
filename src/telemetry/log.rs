//! Where log messages go. They are events of `tracing` under the target `polypool`, each of one pool
//! (its field `pool`) or of one log (its field `log`); a subscriber of our own hands them to the logs
//! that want them, as documents. Until the first log is opened there is no subscriber, and a message
//! costs the load of one integer.

use std::{
    fmt,
    sync::{
        Arc, LazyLock, Once,
        atomic::{AtomicU64, Ordering},
    },
};

use bson::{DateTime, RawBson, RawDocumentBuf, cstr, rawdoc};
use parking_lot::RwLock;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
    subscriber::Interest,
};

/// Takes a message: `{ time, level, msg, … }`.
pub type Write = Arc<dyn Fn(Level, &RawDocumentBuf) + Send + Sync>;

/// The target of every message.
const TARGET: &str = "polypool";

/// One log's wish.
struct Route {
    /// The log's number.
    log: u64,
    /// The pool whose messages it wants.
    pool: u64,
    /// The least important of them.
    level: LevelFilter,
    write: Write,
}

/// Every open log of the process.
static ROUTES: LazyLock<RwLock<Vec<Route>>> = LazyLock::new(RwLock::default);

/// The last number given to a log.
static LAST_LOG: AtomicU64 = AtomicU64::new(0);

/// A log's claim to messages; dropped, there are none any more.
pub struct Log {
    /// Names the log in messages that are for it alone.
    pub number: u64,
}

/// Has the messages of `pool` from `level` on written by `write`.
pub fn open(pool: u64, level: LevelFilter, write: Write) -> Log {
    static SUBSCRIBE: Once = Once::new();
    let number = LAST_LOG.fetch_add(1, Ordering::Relaxed) + 1;
    ROUTES.write().push(Route { log: number, pool, level, write });
    SUBSCRIBE.call_once(|| {
        // Nobody else sets one in this library; were it so, messages would be theirs.
        let _ = tracing::subscriber::set_global_default(Router);
    });
    tracing::callsite::rebuild_interest_cache();
    Log { number }
}

impl Drop for Log {
    fn drop(&mut self) {
        ROUTES.write().retain(|route| route.log != self.number);
        tracing::callsite::rebuild_interest_cache();
    }
}

/// The level of a name; nothing for a name that is none.
pub fn level(name: &str) -> Option<LevelFilter> {
    ["error", "warn", "info", "debug", "trace"].contains(&name).then(|| name.parse().ok()).flatten()
}

/// Hands messages to logs.
struct Router;

impl Router {
    /// What the most curious of the logs wants.
    fn widest() -> LevelFilter {
        ROUTES.read().iter().map(|route| route.level).max().unwrap_or(LevelFilter::OFF)
    }
}

impl Subscriber for Router {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && *metadata.level() <= Self::widest()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(Self::widest())
    }

    fn event(&self, event: &Event<'_>) {
        let level = *event.metadata().level();
        let mut message = Message::default();
        event.record(&mut message);
        let Message { pool, log, text, fields } = message;
        let mut record = rawdoc! {
            "time": DateTime::now(), "level": name(level), "msg": redacted(&text),
        };
        for (name, value) in fields.iter().flatten() {
            record.append(name, value);
        }
        for route in ROUTES.read().iter() {
            let is_meant = Some(route.pool) == pool || Some(route.log) == log;
            if is_meant && level <= route.level {
                (route.write)(level, &record);
            }
        }
    }

    // There are no spans of ours.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// A message as it is taken apart.
#[derive(Default)]
struct Message {
    /// Whose it is.
    pool: Option<u64>,
    /// The one log that it is for.
    log: Option<u64>,
    text: String,
    fields: RawDocumentBuf,
}

impl Message {
    fn add(&mut self, field: &Field, value: RawBson) {
        if let Ok(name) = bson::raw::CString::try_from(field.name()) {
            self.fields.append(name, value);
        }
    }
}

impl Visit for Message {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "pool" => self.pool = Some(value),
            "log" => self.log = Some(value),
            _ => self.record_i64(field, i64::try_from(value).unwrap_or(i64::MAX)),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, RawBson::String(redacted(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = redacted(&format!("{value:?}"));
        if field.name() == "message" { self.text = text } else { self.add(field, text.into()) }
    }
}

/// A text without the user information of the connection strings in it.
pub fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "/?#\"'<>".contains(c));
        let authority = &after[..end.unwrap_or(after.len())];
        rest = match authority.rfind('@') {
            Some(at) => {
                out.push_str("***");
                &after[at..]
            }
            None => after,
        };
    }
    out.push_str(rest);
    out
}

/// A message of somebody who has made one already, for the file of a log.
pub fn record(level: &str, message: &str) -> RawDocumentBuf {
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("time"), DateTime::now());
    record.append(cstr!("level"), level);
    record.append(cstr!("msg"), message);
    record
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;

    fn opened(pool: u64, level: LevelFilter) -> (Log, Arc<Mutex<Vec<RawDocumentBuf>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let write = Arc::clone(&told);
        let log = open(pool, level, Arc::new(move |_, record| write.lock().push(record.clone())));
        (log, told)
    }

    #[test]
    fn gives_a_log_the_messages_of_its_pool_from_its_level_on() {
        let (log, told) = opened(7_001, LevelFilter::INFO);
        tracing::info!(target: "polypool", pool = 7_001_u64, address = "a:1", n = 3, "ready");
        tracing::debug!(target: "polypool", pool = 7_001_u64, "not asked for");
        tracing::info!(target: "polypool", pool = 7_002_u64, "another's");
        tracing::warn!(target: "elsewhere", pool = 7_001_u64, "not ours");
        tracing::warn!(target: "polypool", log = log.number, "for it alone");
        let told = told.lock();
        let texts: Vec<_> = told.iter().map(|record| record.get_str("msg").unwrap()).collect();
        assert_eq!(texts, ["ready", "for it alone"]);
        assert_eq!(told[0].get_str("level").unwrap(), "info");
        assert_eq!(told[0].get_str("address").unwrap(), "a:1");
        assert_eq!(told[0].get_i64("n").unwrap(), 3);
        assert!(told[0].get("pool").unwrap().is_none());
    }

    #[test]
    fn tells_nobody_who_has_left() {
        let (log, told) = opened(7_003, LevelFilter::TRACE);
        drop(log);
        tracing::error!(target: "polypool", pool = 7_003_u64, "late");
        assert!(told.lock().is_empty());
    }

    #[test]
    fn shows_no_user_information_of_a_connection_string() {
        for (text, expected) in [
            ("mongodb://u:p@h/db", "mongodb://***@h/db"),
            ("at mongodb+srv://u:p%40q@h and http://h", "at mongodb+srv://***@h and http://h"),
            ("mongodb://u:p@q@h:1,i:2/?a=b@c", "mongodb://***@h:1,i:2/?a=b@c"),
            ("no address, a@b", "no address, a@b"),
            ("ends ://", "ends ://"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }
}
