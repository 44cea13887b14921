//! Completions: what became of requests, as bytes. Faces `lib/bridge/completion.ts`, which reads
//! them; a test on each side shares golden bytes. It knows the layout and the queue, not the work.
//!
//! A drain fills a slab with records, all integers little-endian:
//!
//! ```text
//!  0  u32  slot of the promise
//!  4  u32  generation of the slot
//!  8  u8   kind, see `kind`
//!  9  u8   flags: bit 0, the payload is external
//! 10  u16  0
//! 12  u32  length of the payload in bytes
//! 16  the payload, unless external
//! ```
//!
//! An `EVENT` belongs to no promise: in place of the slot is the handle of the hold that listens,
//! in place of the generation the kind of event, see [`crate::pool::events::Kind`], and the payload
//! is its record, one BSON document. Events and completions are in one order.
//!
//! An external payload (1 MiB and more) stays where it was made and is taken by `take_external`,
//! in the order of the records. The documents of a `KEPT` batch stay, too, and are read by its number.
//! `MORE` comes last if a completion is left that did not fit: its
//! length says how many bytes the next slab needs for it at least, its slot is 0.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    codec::batch::PREFIX,
    error::Error,
    pool::{events::Kind, execute::Reply, presented::Kept},
};

/// Bytes of a record before its payload.
const HEADER: usize = 16;
/// The payload is fetched by `take_external`.
const EXTERNAL: u8 = 1;
/// From this size on, memory is handed over instead of copied.
const EXTERNAL_SIZE: usize = 1 << 20;
/// Completions and events a drain hands over at most; the rest wakes JS again, so that its loop turns.
const DRAIN_RECORDS: u32 = 1_024;
/// Payload bytes a drain hands over at most, for the same reason.
const DRAIN_BYTES: usize = 1 << 20;

/// The kinds of completion.
pub mod kind {
    /// The payload is the server's reply, one BSON document.
    pub const DOCUMENT: u8 = 1;
    /// The payload is a batch: `u32` cursor handle (0: exhausted), `u32` count, the documents.
    pub const BATCH: u8 = 2;
    /// Done; no payload.
    pub const DONE: u8 = 3;
    /// The payload is an error record, one BSON document.
    pub const ERROR: u8 = 4;
    /// No completion: the length is the size of the slab that the next one needs.
    pub const MORE: u8 = 5;
    /// No completion: something that a hold listens for.
    pub const EVENT: u8 = 6;
    /// A batch whose documents are read by `read_kept`, or whose text is asked for by number: `u32` cursor
    /// handle (0: exhausted), `u32` count, `u32` number of the batch, `u32` bytes of its documents.
    pub const KEPT: u8 = 7;
}

/// The outcome of one request, or an event.
#[derive(Debug)]
pub(crate) struct Completion {
    /// The slot of the promise that waits; of an event, the handle of the hold.
    slot: u32,
    /// The slot's generation when the request was made; of an event, its kind.
    generation: u32,
    /// One of [`kind`].
    kind: u8,
    /// What the kind says.
    payload: Vec<u8>,
    /// What is read of a kept batch.
    kept: Option<Kept>,
}

impl Completion {
    pub(crate) fn new(slot: u32, generation: u32, outcome: Result<Reply, Error>) -> Self {
        let (kind, payload, kept) = match outcome {
            Ok(Reply::Document(bytes)) => (kind::DOCUMENT, bytes, None),
            Ok(Reply::Batch(bytes)) => (kind::BATCH, bytes, None),
            Ok(Reply::Kept(bytes, kept)) => (kind::KEPT, bytes, Some(kept)),
            Ok(Reply::Done) => (kind::DONE, Vec::new(), None),
            Err(error) => (kind::ERROR, error.to_record().into_bytes(), None),
        };
        Self { slot, generation, kind, payload, kept }
    }

    /// An event that a hold listens for.
    pub(crate) fn event(hold: u32, event: Kind, record: Vec<u8>) -> Self {
        let (generation, kind) = (event as u32, kind::EVENT);
        Self { slot: hold, generation, kind, payload: record, kept: None }
    }

    fn is_external(&self) -> bool {
        self.payload.len() >= EXTERNAL_SIZE
    }

    /// Bytes of a slab that the record takes.
    fn size(&self) -> usize {
        HEADER + if self.is_external() { 0 } else { self.payload.len() }
    }

    fn write(&self, to: &mut [u8]) {
        let flags = if self.is_external() { EXTERNAL } else { 0 };
        header(to, self.slot, self.generation, self.kind, flags, self.payload.len());
        if !self.is_external() {
            to[HEADER..HEADER + self.payload.len()].copy_from_slice(&self.payload);
        }
    }
}

fn header(to: &mut [u8], slot: u32, generation: u32, kind: u8, flags: u8, length: usize) {
    // A reply is bounded by the server's message size, 48 MB.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    to[..4].copy_from_slice(&slot.to_le_bytes());
    to[4..8].copy_from_slice(&generation.to_le_bytes());
    to[8..12].copy_from_slice(&[kind, flags, 0, 0]);
    to[12..HEADER].copy_from_slice(&length.to_le_bytes());
}

/// What a drain did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Bytes written.
    pub(crate) bytes: u32,
    /// Promises that will be settled by them.
    pub(crate) completions: u32,
}

/// Completions that JS has not been told of.
#[derive(Default)]
pub(crate) struct Completions {
    /// In the order of finishing.
    queue: Mutex<Queue>,
    /// JS has been, or is about to be, woken for what is queued.
    armed: AtomicBool,
    /// Wakes whoever wakes JS.
    arm: Notify,
    /// Nobody listens any more.
    closed: AtomicBool,
}

#[derive(Default)]
struct Queue {
    /// To be written by the next drain.
    ready: VecDeque<Completion>,
    /// Announced as external, to be taken.
    external: VecDeque<Vec<u8>>,
    /// Announced as kept, by number.
    kept: HashMap<u32, Kept>,
    /// The last number given to a kept batch; the first is 1.
    last_kept: u32,
}

impl Queue {
    /// Keeps the documents of a batch until they are read; gives the number to read them by.
    fn keep(&mut self, kept: Kept) -> u32 {
        self.last_kept = self.last_kept.wrapping_add(1);
        self.kept.insert(self.last_kept, kept);
        self.last_kept
    }
}

/// Some documents of a kept batch.
pub(crate) struct KeptRead {
    /// See [`crate::pool::held::Held::read`].
    pub(crate) read: Result<usize, usize>,
    /// What is not needed any more: the batch, if those were the last, or what it was in.
    pub(crate) spent: Option<Kept>,
}

impl Completions {
    pub(crate) fn push(&self, completion: Completion) {
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        self.queue.lock().ready.push_back(completion);
        self.ring();
    }

    /// Wakes JS unless it has been.
    fn ring(&self) {
        if !self.armed.swap(true, Ordering::AcqRel) {
            self.arm.notify_one();
        }
    }

    /// Waits until JS has to be woken; false once nobody listens.
    pub(crate) async fn armed(&self) -> bool {
        self.arm.notified().await;
        !self.closed.load(Ordering::Acquire)
    }

    /// Completions and events that no drain has taken.
    pub(crate) fn ready(&self) -> u32 {
        u32::try_from(self.queue.lock().ready.len()).unwrap_or(u32::MAX)
    }

    /// Drops what is queued and takes no more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        *self.queue.lock() = Queue::default();
        self.arm.notify_one();
    }

    pub(crate) fn take_external(&self) -> Option<Vec<u8>> {
        self.queue.lock().external.pop_front()
    }

    /// Copies the next documents of a kept batch, as [`crate::pool::held::Held::read`] does. Nothing is
    /// known of a batch that is not kept, or is text.
    pub(crate) fn read_kept(&self, number: u32, slab: &mut [u8]) -> Option<KeptRead> {
        let mut queue = self.queue.lock();
        let Some(Kept::Documents(held)) = queue.kept.get_mut(&number) else { return None };
        let read = held.read(slab);
        let spent = if held.is_empty() {
            queue.kept.remove(&number)
        } else {
            held.shed().map(Kept::Documents)
        };
        Some(KeptRead { read, spent })
    }

    /// The next piece of a kept batch's text; with the last, or a failure, the batch is given up.
    pub(crate) async fn next_text(&self, number: u32) -> Result<Reply, Error> {
        let transcription = match self.queue.lock().kept.get(&number) {
            Some(Kept::Text(transcription)) => Arc::clone(transcription),
            _ => return Err(Error::CursorClosed),
        };
        let piece = transcription.next().await;
        if piece.as_ref().map_or(true, |piece| piece.left == 0) {
            self.drop_kept(number);
        }
        piece.map(|piece| Reply::Document(piece.bytes))
    }

    /// Gives up a kept batch.
    pub(crate) fn drop_kept(&self, number: u32) -> Option<Kept> {
        self.queue.lock().kept.remove(&number)
    }

    /// Writes as many completions as fit.
    pub(crate) fn drain(&self, slab: &mut [u8]) -> Drained {
        // Before the queue is taken: whoever pushes after this wakes JS again.
        self.armed.store(false, Ordering::Release);
        let mut queue = self.queue.lock();
        let (mut written, mut records, mut completions) = (0, 0, 0);
        while let Some(completion) = queue.ready.front() {
            if records == DRAIN_RECORDS || written >= DRAIN_BYTES {
                self.ring();
                break;
            }
            // Room is kept for the announcement that more is to come.
            if written + completion.size() + HEADER > slab.len() {
                if let Some(rest) = slab.get_mut(written..written + HEADER) {
                    header(rest, 0, 0, kind::MORE, 0, completion.size() + HEADER);
                    written += HEADER;
                } else {
                    self.ring();
                }
                break;
            }
            let mut completion = queue.ready.pop_front().expect("the loop saw it at the front");
            if let Some(kept) = completion.kept.take() {
                let number = queue.keep(kept);
                completion.payload[PREFIX..PREFIX + 4].copy_from_slice(&number.to_le_bytes());
            }
            completion.write(&mut slab[written..]);
            written += completion.size();
            records += 1;
            completions += u32::from(completion.kind != kind::EVENT);
            if completion.is_external() {
                queue.external.push_back(completion.payload);
            }
        }
        Drained { bytes: u32::try_from(written).unwrap_or(u32::MAX), completions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{cursor_reply::CursorReply, presented::Presented};

    /// Read by the test of `lib/bridge/completion.ts`.
    const GOLDEN: &[u8] = include_bytes!("../../__test__/unit/bridge/golden/completions.bin");

    fn queue(completions: impl IntoIterator<Item = Completion>) -> Completions {
        let queue = Completions::default();
        completions.into_iter().for_each(|completion| queue.push(completion));
        queue
    }

    /// A reply with two documents of five megabytes.
    fn large() -> bson::RawDocumentBuf {
        let document = || bson::rawdoc! { "x": "x".repeat(5 << 20) };
        bson::rawdoc! {
            "cursor": { "id": 9_i64, "ns": "d.c", "firstBatch": [document(), document()] }
        }
    }

    fn document(slot: u32, length: usize) -> Completion {
        let payload = vec![7; length];
        Completion { slot, generation: 1, kind: kind::DOCUMENT, payload, kept: None }
    }

    #[test]
    fn writes_the_golden_completions_that_the_other_side_reads() {
        let reply = bson::rawdoc! { "ok": 1 };
        let batch =
            bson::rawdoc! { "cursor": { "id": 9_i64, "ns": "d.c", "firstBatch": [{ "x": 1 }] } };
        let mut framed = crate::codec::batch::Batch::frame(&batch, false).unwrap();
        framed.set_handle(4);
        let mut kept = Presented::of_documents(CursorReply::Document(large()), false).unwrap();
        kept.batch.set_handle(5);
        let completions = queue([
            Completion::new(1, 10, Ok(Reply::Document(reply.into_bytes()))),
            Completion::new(2, 20, Ok(Reply::Batch(framed.bytes))),
            Completion::new(3, 30, Ok(Reply::Done)),
            Completion::new(4, 40, Err(Error::Closed)),
            document(5, EXTERNAL_SIZE),
            Completion::event(7, Kind::CommandStarted, Vec::new()),
            Completion::event(
                8,
                Kind::ServerOpening,
                bson::rawdoc! { "address": "a:1" }.into_bytes(),
            ),
            Completion::event(9, Kind::ServerHeartbeatFailed, Vec::new()),
            Completion::new(7, 70, Ok(kept.into())),
            document(6, 1_000),
        ]);
        let mut slab = vec![0; 512];
        let drained = completions.drain(&mut slab);
        slab.truncate(drained.bytes as usize);
        if std::env::var_os("POLYPOOL_WRITE_GOLDEN").is_some() {
            let path =
                concat!(env!("CARGO_MANIFEST_DIR"), "/__test__/unit/bridge/golden/completions.bin");
            std::fs::write(path, &slab).unwrap();
            return;
        }
        assert_eq!(slab, GOLDEN);
        assert_eq!(completions.take_external().map(|payload| payload.len()), Some(EXTERNAL_SIZE));
    }

    #[test]
    fn keeps_the_documents_of_a_large_batch_until_they_are_read() {
        let reply =
            || Presented::of_documents(CursorReply::Document(large()), false).unwrap().into();
        let completions = queue([1, 2].map(|slot| Completion::new(slot, 1, Ok(reply()))));
        let mut slab = vec![0; 128];
        assert_eq!(completions.drain(&mut slab).completions, 2);
        let number = u32::from_le_bytes(*slab[HEADER + PREFIX..].first_chunk().unwrap());
        assert_eq!(number, 1);
        let refused = completions.read_kept(number, &mut slab).unwrap();
        let size = refused.read.unwrap_err();
        let mut slab = vec![0; size];
        let first = completions.read_kept(number, &mut slab).unwrap();
        assert!(first.read == Ok(size) && first.spent.is_none());
        let second = completions.read_kept(number, &mut slab).unwrap();
        assert!(second.read == Ok(size) && second.spent.is_some());
        assert!(completions.read_kept(number, &mut slab).is_none());
        assert!(completions.drop_kept(2).is_some() && completions.drop_kept(2).is_none());
    }

    #[test]
    fn announces_the_size_of_a_completion_that_does_not_fit() {
        let completions = queue([document(1, 10), document(2, 500)]);
        let mut slab = [0; 128];
        let drained = completions.drain(&mut slab);
        assert_eq!(drained, Drained { bytes: 26 + 16, completions: 1 });
        assert_eq!(slab[26 + 8], kind::MORE);
        assert_eq!(u32::from_le_bytes(slab[38..42].try_into().unwrap()), 500 + 16 + 16);
        let mut slab = vec![0; 532];
        assert_eq!(completions.drain(&mut slab), Drained { bytes: 516, completions: 1 });
    }

    #[test]
    fn wakes_again_for_what_a_capped_drain_leaves() {
        let completions = queue((0..=DRAIN_RECORDS).map(|slot| document(slot, 0)));
        let mut slab = vec![0; 64 * 1_024];
        assert_eq!(completions.drain(&mut slab).completions, DRAIN_RECORDS);
        assert!(completions.armed.load(Ordering::Acquire));
        assert_eq!(completions.drain(&mut slab).completions, 1);
        assert!(!completions.armed.load(Ordering::Acquire));
    }

    #[test]
    fn wakes_once_for_many_completions() {
        let completions = queue([document(1, 0)]);
        assert!(completions.armed.load(Ordering::Acquire));
        completions.push(document(2, 0));
        let mut slab = vec![0; 64];
        assert_eq!(completions.drain(&mut slab).completions, 2);
        assert!(!completions.armed.load(Ordering::Acquire));
    }

    #[test]
    fn counts_no_event_as_the_answer_to_a_request() {
        let event = || Completion::event(1, Kind::CommandStarted, Vec::new());
        let completions = queue([event(), document(1, 0), event()]);
        let drained = completions.drain(&mut [0; 64]);
        assert_eq!(drained, Drained { bytes: 48, completions: 1 });
    }

    #[test]
    fn drops_what_nobody_listens_for() {
        let completions = queue([document(1, 0)]);
        completions.close();
        completions.push(document(2, 0));
        assert_eq!(completions.drain(&mut [0; 64]).completions, 0);
    }
}
