//! Log files: JSON lines, written by a thread of their own, five files of 5 MB at most. Errors go to
//! `error.log` as well. It knows lines, not what they say.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Weak,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use bson::RawDocumentBuf;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tracing::Level;

use super::log;
use crate::codec::json::{Dialect, Form, Transcoder};

/// The bytes after which a file is full.
const FILE_SIZE: u64 = 5 * 1024 * 1024;
/// The files that are kept of one name, the one that is written included.
const FILES: u32 = 5;
/// Lines that may wait for the disk. More are dropped, and counted.
const QUEUE: usize = 16_384;
/// How long a pool that is closed waits for the disk.
const FLUSH_TIME: Duration = Duration::from_millis(500);

/// What the writer is to do.
enum Order {
    /// Write a line, and write it to `error.log`, too.
    Line(Vec<u8>, bool),
    /// Say when everything before this is written.
    Flush(oneshot::Sender<()>),
}

/// The files of one directory, shared by the logs that go there.
pub struct LogFiles {
    orders: mpsc::SyncSender<Order>,
    /// Lines that the queue had no room for, since one was last written.
    dropped: AtomicU64,
}

/// The open directories.
static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<LogFiles>>>> = LazyLock::new(Mutex::default);

impl LogFiles {
    /// Opens the files in `directory`, which is made.
    ///
    /// # Errors
    /// When there can be no such directory, or no file in it.
    pub fn open(directory: &Path) -> io::Result<Arc<Self>> {
        fs::create_dir_all(directory)?;
        let directory = directory.canonicalize()?;
        let mut open = OPEN.lock();
        if let Some(files) = open.get(&directory).and_then(Weak::upgrade) {
            return Ok(files);
        }
        let all = Rotated::open(directory.join("polypool.log"), FILE_SIZE)?;
        let errors = Rotated::open(directory.join("error.log"), FILE_SIZE)?;
        let (orders, received) = mpsc::sync_channel(QUEUE);
        thread::Builder::new()
            .name("polypool-log".to_owned())
            .spawn(move || write_all(&received, all, errors))?;
        let files = Arc::new(Self { orders, dropped: AtomicU64::new(0) });
        open.retain(|_, files| files.strong_count() > 0);
        open.insert(directory, Arc::downgrade(&files));
        Ok(files)
    }

    /// Queues a message. Never waits.
    pub fn write(&self, level: Level, record: &RawDocumentBuf) {
        let missed = self.dropped.swap(0, Ordering::Relaxed);
        if missed > 0 && !self.queue(Level::WARN, &dropped(missed)) {
            self.dropped.fetch_add(missed, Ordering::Relaxed);
        }
        if !self.queue(level, record) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn queue(&self, level: Level, record: &RawDocumentBuf) -> bool {
        let line = Order::Line(line(record), level == Level::ERROR);
        self.orders.try_send(line).is_ok()
    }

    /// Waits until what was queued is written, for a moment.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.orders.try_send(Order::Flush(done)).is_ok() {
            let _ = tokio::time::timeout(FLUSH_TIME, written).await;
        }
    }
}

fn dropped(lines: u64) -> RawDocumentBuf {
    log::record("warn", &format!("{lines} messages were not written: the disk is too slow"))
}

fn line(record: &RawDocumentBuf) -> Vec<u8> {
    let form = Form { lossy: true, ..Form::new(Dialect::Plain) };
    let mut json = Transcoder::new(Vec::with_capacity(256), form);
    let mut line = match json.document(record.as_bytes()) {
        Ok(()) => json.into_text(),
        Err(_) => b"{\"level\":\"warn\",\"msg\":\"a message that is not JSON\"}".to_vec(),
    };
    line.push(b'\n');
    line
}

/// The writer's thread: ends with the last sender. A disk that is full loses lines, and nothing else.
fn write_all(orders: &mpsc::Receiver<Order>, mut all: Rotated, mut errors: Rotated) {
    for order in orders {
        match order {
            Order::Line(line, is_error) => {
                let _ = all.write(&line);
                if is_error {
                    let _ = errors.write(&line);
                }
            }
            Order::Flush(done) => drop(done.send(())),
        }
    }
}

/// A file that is renamed when it is full: `a.log`, `a.1.log` … `a.4.log`, of which the last is the
/// oldest and goes.
struct Rotated {
    path: PathBuf,
    file: File,
    /// Bytes in it.
    size: u64,
    /// Bytes after which it is full.
    limit: u64,
}

impl Rotated {
    fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let size = file.metadata()?.len();
        Ok(Self { path, file, size, limit })
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.size > 0 && self.size + line.len() as u64 > self.limit {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.size += line.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for age in (1..FILES).rev() {
            let from = if age == 1 { self.path.clone() } else { self.aged(age - 1) };
            match fs::rename(from, self.aged(age)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        *self = Self::open(self.path.clone(), self.limit)?;
        Ok(())
    }

    fn aged(&self, age: u32) -> PathBuf {
        self.path.with_extension(format!("{age}.log"))
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("polypool-log-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    #[tokio::test]
    async fn writes_lines_of_json_and_errors_twice() {
        let path = directory("lines");
        let files = LogFiles::open(&path).unwrap();
        files.write(Level::INFO, &rawdoc! { "level": "info", "msg": "a \"b\"\n", "n": 1 });
        files.write(Level::ERROR, &rawdoc! { "level": "error", "msg": "bad" });
        files.flush().await;
        let all = fs::read_to_string(path.join("polypool.log")).unwrap();
        let error = "{\"level\":\"error\",\"msg\":\"bad\"}\n";
        let info = "{\"level\":\"info\",\"msg\":\"a \\\"b\\\"\\n\",\"n\":1}\n";
        assert_eq!(all, format!("{info}{error}"));
        assert_eq!(fs::read_to_string(path.join("error.log")).unwrap(), error);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn has_one_writer_for_a_directory() {
        let path = directory("shared");
        let first = LogFiles::open(&path).unwrap();
        let second = LogFiles::open(&path.join("..").join(path.file_name().unwrap())).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn keeps_five_files_of_limited_size() {
        let path = directory("rotated");
        fs::create_dir_all(&path).unwrap();
        let mut file = Rotated::open(path.join("polypool.log"), 100).unwrap();
        for n in 0..100 {
            file.write(format!("{n:019}\n").as_bytes()).unwrap();
        }
        let mut names: Vec<_> =
            fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let kept = ["1", "2", "3", "4"].map(|age| format!("polypool.{age}.log"));
        assert_eq!(names[..4], kept.map(std::ffi::OsString::from));
        assert_eq!(names.len(), 5);
        let oldest = fs::read_to_string(path.join("polypool.4.log")).unwrap();
        assert!(oldest.starts_with(&format!("{:019}", 75)), "{oldest}");
        assert_eq!(oldest.len(), 100);
        fs::remove_dir_all(path).unwrap();
    }
}
