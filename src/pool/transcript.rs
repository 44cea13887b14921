//! The JSON that is made of a cursor's replies: of large ones on a thread of its own while the next is
//! fetched. It knows batches and their text, not how they are fetched.

use std::{sync::LazyLock, thread::available_parallelism};

use tokio::{
    sync::{Mutex, Semaphore},
    task::{JoinError, JoinHandle, spawn_blocking},
};

use super::cursor_reply::CursorReply;
use crate::{
    codec::{
        batch::{Batch, Outline, TEXT_PREFIX, without_documents},
        ejson,
        json::{Form, NotJson, Transcoder},
    },
    error::Error,
};

/// Up to this many bytes of BSON, a batch becomes JSON where it arrived: it takes the runtime's thread
/// no longer than it would take to wake another one.
pub(super) const AT_ONCE: usize = 64 * 1024;

/// Threads that make JSON at the same time, at most: more would only take them from the application.
static TRANSCRIBERS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Runs `work` on a thread of its own, when one may.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    aside_within(&TRANSCRIBERS, work).await
}

async fn aside_within<T: Send + 'static>(
    threads: &'static Semaphore,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    let permit = threads.acquire().await;
    // The thread is busy until the work is done, also if nobody waits for that any more.
    spawn_blocking(move || {
        let _permit = permit;
        work()
    })
    .await
}

/// The JSON of a cursor's documents that has not been handed out.
#[derive(Default)]
pub(super) struct Transcript(Mutex<Text>);

/// As far as it is made. Text starts with [`TEXT_PREFIX`] bytes for the batch that it goes out with.
#[derive(Default)]
enum Text {
    #[default]
    None,
    Made(Vec<u8>),
    /// Its last batch is being made.
    Making(JoinHandle<Result<Vec<u8>, NotJson>>),
}

impl Transcript {
    /// Makes JSON of a reply. What comes out now is all of the text at the cursor's end; before that,
    /// nothing if it is wanted whole, and else the text before this reply's, which is made while the
    /// next is fetched. A small batch, or one that is `urgent`, comes out at once.
    pub(super) async fn batch(
        &self,
        reply: CursorReply,
        form: Form,
        meta: bool,
        urgent: bool,
    ) -> Result<Batch, Error> {
        let Outline { cursor_id, namespace, documents } = reply.outline()?;
        let namespace = namespace.to_owned();
        let count = u32::try_from(documents.into_iter().count()).unwrap_or(u32::MAX);
        let at_once = documents.as_bytes().len() <= AT_ONCE;
        let meta = meta.then(|| without_documents(reply.document()));

        let last = cursor_id == 0;
        let mut text = self.0.lock().await;
        let before = text.made(form).await?;
        let (out, before) = if last || form.whole || at_once || urgent {
            (None, before)
        } else {
            (Some(before), empty(form))
        };
        if at_once {
            *text = Text::Made(transcribe(before, &reply, form).map_err(not_json)?);
        } else {
            *text = Text::Making(tokio::spawn(async move {
                let made = aside(move || transcribe(before, &reply, form));
                made.await.unwrap_or(Err(NotJson::INTERRUPTED))
            }));
        }
        let out = match out {
            Some(out) => out,
            None if last => end(text.made(form).await?, form),
            None if form.whole => vec![0; TEXT_PREFIX],
            None => text.made(form).await?,
        };
        Ok(Batch::of_text(cursor_id, namespace, count, out, meta.as_deref()))
    }

    /// What there is of the text when no more is wanted.
    pub(super) async fn end(&self, form: Form) -> Result<Vec<u8>, Error> {
        Ok(end(self.0.lock().await.made(form).await?, form))
    }
}

impl Text {
    /// Takes the text when it is made. Who stops waiting for that leaves it here.
    async fn made(&mut self, form: Form) -> Result<Vec<u8>, Error> {
        if let Self::Making(making) = self {
            let made = making.await;
            *self = Self::None;
            return match made {
                Ok(text) => text.map_err(not_json),
                Err(error) => Err(Error::Internal(error.to_string())),
            };
        }
        match std::mem::take(self) {
            Self::Made(text) => Ok(text),
            Self::None | Self::Making(_) => Ok(empty(form)),
        }
    }
}

/// The text of no documents.
fn empty(form: Form) -> Vec<u8> {
    let mut text = vec![0; TEXT_PREFIX];
    if form.whole {
        text.push(b'[');
    }
    text
}

fn end(mut text: Vec<u8>, form: Form) -> Vec<u8> {
    if form.whole {
        text.push(b']');
    }
    text
}

/// Appends the documents of a reply that has been looked at.
fn transcribe(mut text: Vec<u8>, reply: &CursorReply, form: Form) -> Result<Vec<u8>, NotJson> {
    let Ok(outline) = Outline::of(reply.document()) else { return Ok(text) };
    let documents = outline.documents;
    if documents.is_empty() {
        return Ok(text);
    }
    if form.lines {
        ejson::write_lines(&mut text, documents).map_err(|_| NotJson::UNREADABLE)?;
        return Ok(text);
    }
    if text.len() > TEXT_PREFIX + usize::from(form.whole) {
        text.push(b',');
    }
    // JSON is about as long as BSON; what is short of that is mapped, not copied, by the allocator.
    text.reserve(documents.as_bytes().len());
    let mut transcoder = Transcoder::new(text, form);
    transcoder.documents(documents)?;
    Ok(transcoder.into_text())
}

fn not_json(error: NotJson) -> Error {
    Error::NotJson(error.to_string())
}

#[cfg(test)]
mod tests {
    use bson::{RawArrayBuf, rawdoc};
    use futures_util::FutureExt;

    use super::*;
    use crate::codec::json::Dialect;

    fn form(whole: bool) -> Form {
        Form { whole, ..Form::new(Dialect::Plain) }
    }

    /// A reply with `count` documents of about a hundred bytes, from a cursor of this number.
    fn reply(cursor: i64, count: i32) -> CursorReply {
        let mut documents = RawArrayBuf::new();
        for n in 0..count {
            documents.push(rawdoc! { "n": n, "s": "x".repeat(80) });
        }
        let reply = rawdoc! { "cursor": { "id": cursor, "ns": "d.c", "nextBatch": documents } };
        CursorReply::Document(reply)
    }

    /// Number of documents and text.
    fn parts(batch: &Batch) -> (u32, &str) {
        let u32_at = |at: usize| u32::from_le_bytes(*batch.bytes[at..].first_chunk().unwrap());
        let end = TEXT_PREFIX + u32_at(8) as usize;
        (u32_at(4), std::str::from_utf8(&batch.bytes[TEXT_PREFIX..end]).unwrap())
    }

    fn objects(text: &str) -> usize {
        text.matches("{\"n\":").count()
    }

    const LARGE: i32 = 2_000;

    #[tokio::test]
    async fn keeps_text_that_is_wanted_whole_until_the_cursor_ends() {
        let transcript = Transcript::default();
        for count in [1, LARGE] {
            let batch = transcript.batch(reply(5, count), form(true), false, false).await.unwrap();
            assert_eq!(parts(&batch), (count.unsigned_abs(), ""));
        }
        let batch = transcript.batch(reply(0, 1), form(true), false, false).await.unwrap();
        let (count, text) = parts(&batch);
        assert_eq!((count, objects(text)), (1, 2_002));
        serde_json::from_str::<serde_json::Value>(text).unwrap();
    }

    #[tokio::test]
    async fn hands_a_large_batch_out_with_the_next_and_a_small_one_at_once() {
        let transcript = Transcript::default();
        let mut given = Vec::new();
        for (cursor, count) in [(5, 1), (5, LARGE), (5, LARGE), (5, 1), (0, LARGE)] {
            let reply = reply(cursor, count);
            let batch = transcript.batch(reply, form(false), false, false).await.unwrap();
            given.push(objects(parts(&batch).1));
        }
        assert_eq!(given, [1, 0, 2_000, 2_001, 2_000]);
    }

    #[tokio::test]
    async fn gives_each_document_a_line() {
        let transcript = Transcript::default();
        let lines = Form { lines: true, ..form(false) };
        let mut text = String::new();
        for (cursor, count) in [(5, 2), (5, LARGE), (0, 1)] {
            let batch = transcript.batch(reply(cursor, count), lines, false, false).await.unwrap();
            text.push_str(parts(&batch).1);
        }
        assert_eq!(text.lines().count(), 2_003);
        assert!(text.ends_with("}\n"));
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }

    #[tokio::test]
    async fn hands_an_urgent_batch_out_at_once() {
        let transcript = Transcript::default();
        let batch = transcript.batch(reply(5, LARGE), form(false), false, true).await.unwrap();
        assert_eq!(objects(parts(&batch).1), 2_000);
    }

    #[tokio::test]
    async fn gives_what_there_is_when_no_more_is_wanted() {
        let transcript = Transcript::default();
        let _ = transcript.batch(reply(5, LARGE), form(true), false, false).await.unwrap();
        let text = transcript.end(form(true)).await.unwrap();
        let text = std::str::from_utf8(&text[TEXT_PREFIX..]).unwrap();
        assert_eq!(objects(text), 2_000);
        serde_json::from_str::<serde_json::Value>(text).unwrap();
        let none = Transcript::default().end(form(true)).await.unwrap();
        assert_eq!(&none[TEXT_PREFIX..], b"[]");
    }

    #[tokio::test]
    async fn puts_what_else_the_reply_says_behind_the_text() {
        let transcript = Transcript::default();
        let batch = transcript.batch(reply(0, 1), form(false), true, false).await.unwrap();
        let end = TEXT_PREFIX + parts(&batch).1.len();
        let rest = rawdoc! { "cursor": { "id": 0_i64, "ns": "d.c" } };
        assert_eq!(&batch.bytes[end..], rest.as_bytes());
    }

    #[tokio::test]
    async fn fails_with_what_a_document_is_at_fault() {
        let broken =
            rawdoc! { "cursor": { "id": 0_i64, "ns": "d.c", "nextBatch": [{ "_bsontype": 1 }] } };
        let canonical = Form { dialect: Dialect::Canonical, ..form(true) };
        let failed = Transcript::default()
            .batch(CursorReply::Document(broken), canonical, false, false)
            .await;
        assert_eq!(failed.unwrap_err().class(), "BSONError");
    }

    #[tokio::test]
    async fn keeps_the_text_that_is_being_made_when_the_next_batch_is_taken_back() {
        let transcript = Transcript::default();
        let _ = transcript.batch(reply(5, LARGE), form(true), false, false).await.unwrap();
        // What makes it has not begun, so that this waits.
        let next = transcript.batch(reply(5, LARGE), form(true), false, false);
        assert!(next.now_or_never().is_none());
        let text = transcript.end(form(true)).await.unwrap();
        assert_eq!(objects(std::str::from_utf8(&text[TEXT_PREFIX..]).unwrap()), 2_000);
    }

    #[tokio::test]
    async fn counts_a_thread_until_its_work_is_done_even_if_nobody_waits_for_that() {
        static THREADS: Semaphore = Semaphore::const_new(1);
        let (began, beginning) = tokio::sync::oneshot::channel();
        let (end, ending) = std::sync::mpsc::channel::<()>();
        let waiter = tokio::spawn(aside_within(&THREADS, move || {
            let _ = began.send(());
            let _ = ending.recv();
        }));
        beginning.await.unwrap();
        waiter.abort();
        assert!(waiter.await.is_err_and(|error| error.is_cancelled()));
        assert_eq!(THREADS.available_permits(), 0);
        end.send(()).unwrap();
        drop(THREADS.acquire().await.unwrap());
    }
}
