//! What of a pool's life is logged, and in what words. Where messages go, `telemetry` knows.

use std::{path::Path, sync::Arc, time::Duration};

use bson::{RawDocumentBuf, rawdoc};
use mongodb::{
    ServerType,
    event::{
        cmap::{CmapEvent, ConnectionClosedReason},
        sdam::SdamEvent,
    },
};
use parking_lot::Mutex;
use tracing::{Level, debug, info, level_filters::LevelFilter, warn};

use crate::{
    config::Config,
    error::Error,
    telemetry::{
        LogFiles,
        log::{self, Log},
    },
};

/// A holder's logs.
#[derive(Default)]
pub(super) struct Logs {
    /// Those that are open.
    open: Mutex<Vec<Log>>,
    /// The files that one of them writes.
    files: Option<Arc<LogFiles>>,
    /// What takes longer is slow.
    slow: Option<Duration>,
}

/// The files of a directory, and how the options name that.
#[derive(Clone)]
pub(super) struct OpenFiles {
    path: String,
    files: Arc<LogFiles>,
}

/// What options ask for.
pub(super) struct LogOptions {
    /// Where messages are to be written.
    files: Option<OpenFiles>,
    /// From which level on.
    level: LevelFilter,
    /// See [`Logs`].
    slow: Option<Duration>,
}

impl OpenFiles {
    fn open(path: &str) -> Result<Self, Error> {
        let files = LogFiles::open(Path::new(path)).map_err(|error| unusable(&error))?;
        Ok(Self { path: path.to_owned(), files })
    }
}

impl LogOptions {
    /// Opens the files that the options ask for, if they do, and if they are not the `open` ones.
    ///
    /// # Errors
    /// When there can be no files where they are to be.
    pub(super) fn of(config: &Config, open: Option<&OpenFiles>) -> Result<Self, Error> {
        let text = |name| config.passthrough.get(name).and_then(|value| value.as_str());
        let level = text("logLevel").and_then(log::level).unwrap_or(LevelFilter::INFO);
        let open = |path| match open {
            Some(open) if open.path == path => Ok(open.clone()),
            _ => OpenFiles::open(path),
        };
        let files = text("logPath").map(open).transpose()?;
        let slow = config.passthrough.get("slowMS").and_then(milliseconds);
        Ok(Self { files, level, slow })
    }

    /// The files, for who logs to the same.
    pub(super) fn files(&self) -> Option<OpenFiles> {
        self.files.clone()
    }
}

impl Logs {
    /// Has the messages of `pool` written as the options ask for.
    pub(super) fn open(LogOptions { files, level, slow }: LogOptions, pool: u64) -> Self {
        let mut logs = Self { slow, ..Self::default() };
        if let Some(OpenFiles { files, .. }) = files {
            let write = Arc::clone(&files);
            logs.add(pool, level, Arc::new(move |level, record| write.write(level, record)));
            logs.files = Some(files);
        }
        logs
    }

    /// Has messages from `level` on told to `write`, too.
    pub(super) fn add(&self, pool: u64, level: LevelFilter, write: log::Write) {
        self.open.lock().push(log::open(pool, level, write));
    }

    /// Writes a message of JS's to the files.
    pub(super) fn write(&self, record: &RawDocumentBuf) {
        if let Some(files) = &self.files {
            let level = record.get_str("level").ok().and_then(log::level);
            let level = level.and_then(LevelFilter::into_level);
            files.write(level.unwrap_or(Level::INFO), record);
        }
    }

    /// From when on an operation is slow, if that is to be told to anybody.
    pub(super) fn slow_after(&self) -> Option<Duration> {
        self.slow.filter(|_| !self.open.lock().is_empty())
    }

    /// Tells of an operation that was slow.
    pub(super) fn slow(&self, what: &str, took: Duration, failed: bool) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        for log in self.open.lock().iter() {
            warn!(target: "polypool", log = log.number, command = what, ms, failed, "Slow operation");
        }
    }

    /// There will be no more messages. Waits for the disk.
    pub(super) async fn close(&self) {
        for log in std::mem::take(&mut *self.open.lock()) {
            info!(target: "polypool", log = log.number, "Pool closed");
        }
        if let Some(files) = &self.files {
            files.flush().await;
        }
    }
}

fn milliseconds(value: &bson::Bson) -> Option<Duration> {
    let number = value.as_i32().map(u64::try_from).or(value.as_i64().map(u64::try_from));
    number.and_then(Result::ok).filter(|ms| *ms > 0).map(Duration::from_millis)
}

fn unusable(error: &std::io::Error) -> Error {
    Error::Configuration {
        class: "MongoInvalidArgumentError",
        message: format!("options.logPath must be a directory that can be written to: {error}"),
    }
}

/// Tells of a connection.
pub(super) fn connection(pool: u64, event: &CmapEvent) {
    match event {
        CmapEvent::PoolCleared(event) => warn!(
            target: "polypool", pool, address = %event.address,
            "Connections closed because one failed",
        ),
        CmapEvent::ConnectionReady(event) => debug!(
            target: "polypool", pool, address = %event.address, connectionId = event.connection_id,
            ms = u64::try_from(event.duration.as_millis()).unwrap_or(u64::MAX), "Connection ready",
        ),
        CmapEvent::ConnectionClosed(event) if event.reason == ConnectionClosedReason::Error => {
            warn!(
                target: "polypool", pool, address = %event.address,
                connectionId = event.connection_id, "Connection failed",
            );
        }
        _ => {}
    }
}

/// Tells of a server: that it takes writes, or that it can't be used.
pub(super) fn deployment(pool: u64, event: &SdamEvent) {
    let SdamEvent::ServerDescriptionChanged(event) = event else { return };
    let (before, now) = (&event.previous_description, &event.new_description);
    let takes_writes =
        |kind| matches!(kind, ServerType::RsPrimary | ServerType::Standalone | ServerType::Mongos);
    let is_new = before.server_type() != now.server_type();
    if let Some(error) = now.error() {
        warn!(
            target: "polypool", pool, address = %event.address, reason = %error.kind,
            "Server can't be used",
        );
    } else if is_new && takes_writes(now.server_type()) {
        info!(
            target: "polypool", pool, address = %event.address, kind = ?now.server_type(),
            "Server takes writes",
        );
    } else if is_new && takes_writes(before.server_type()) {
        info!(
            target: "polypool", pool, address = %event.address, kind = ?now.server_type(),
            "Server takes writes no longer",
        );
    }
}

/// Tells that a command is sent once more.
pub(super) fn retry(pool: u64, command: &str, error: &Error) {
    warn!(target: "polypool", pool, command, class = error.class(), reason = %error, "Retry");
}

/// A message as JS gets it: an event of the name `log`.
pub(super) fn as_event(record: &RawDocumentBuf) -> RawDocumentBuf {
    rawdoc! { "name": "log", "fields": record.clone() }
}
