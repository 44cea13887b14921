//! The JSON that is made of a cursor's replies: of large ones on a thread of its own. Text that is wanted
//! whole is kept until the cursor's end, and made while the next batch is fetched; other text comes with
//! its batch, or piece by piece, see `transcription.rs`. It knows batches and their text, not how they are
//! fetched.

use std::mem;

use tokio::sync::Mutex;

use super::{
    aside::{AT_ONCE, Making, not_json},
    cursor_reply::CursorReply,
    held::Held,
    presented::Presented,
    transcription::Transcription,
};
use crate::{
    codec::{
        batch::{TEXT_PREFIX, Unread},
        json::{Form, NotJson},
        text::Text,
    },
    error::Error,
};

/// The JSON of a cursor's documents, as far as it is wanted whole.
#[derive(Default)]
pub(super) struct Transcript(Mutex<Whole>);

/// As far as it is made. Text starts with [`TEXT_PREFIX`] bytes for the batch that it goes out with, and
/// the array's bracket.
#[derive(Default)]
enum Whole {
    #[default]
    None,
    Made(Vec<u8>),
    /// Its last batch is being made.
    Making(Making<Vec<u8>>),
}

impl Transcript {
    /// Makes JSON of a reply. Text that is wanted whole comes out at the cursor's end.
    pub(super) async fn batch(
        &self,
        reply: CursorReply,
        form: Form,
        meta: bool,
    ) -> Result<Presented, Error> {
        let (batch, unread) = reply.leave(meta)?;
        let at_once = unread.len() <= AT_ONCE;
        if !form.whole && !at_once {
            let text = Transcription::begin(Held::new(reply, unread), form);
            return Ok(Presented::of_transcription(batch, text));
        }
        let cursor_id = batch.cursor_id;
        let text = if form.whole {
            let mut text = self.0.lock().await;
            let before = text.made().await?;
            if at_once {
                *text = Whole::Made(transcribe(before, &reply, unread, form).map_err(not_json)?);
            } else {
                let work = move || transcribe(before, &reply, unread, form);
                *text = Whole::Making(Making::begin(work));
            }
            if cursor_id == 0 { end(text.made().await?) } else { vec![0; TEXT_PREFIX] }
        } else {
            transcribe(vec![0; TEXT_PREFIX], &reply, unread, form).map_err(not_json)?
        };
        Ok(batch.with_text(text).into())
    }

    /// What there is of the text when no more is wanted.
    pub(super) async fn end(&self) -> Result<Vec<u8>, Error> {
        Ok(end(self.0.lock().await.made().await?))
    }
}

impl Whole {
    /// Takes the text when it is made. Who stops waiting for that leaves it here.
    async fn made(&mut self) -> Result<Vec<u8>, Error> {
        if let Self::Making(making) = self {
            let made = making.made().await;
            *self = Self::None;
            return made;
        }
        match mem::take(self) {
            Self::Made(text) => Ok(text),
            Self::None | Self::Making(_) => Ok([&[0; TEXT_PREFIX], b"[".as_slice()].concat()),
        }
    }
}

fn end(mut text: Vec<u8>) -> Vec<u8> {
    text.push(b']');
    text
}

/// Appends the documents of a reply.
fn transcribe(
    mut text: Vec<u8>,
    reply: &CursorReply,
    mut unread: Unread,
    form: Form,
) -> Result<Vec<u8>, NotJson> {
    // JSON is about as long as BSON; what is short of that is mapped, not copied, by the allocator.
    text.reserve(unread.len());
    let started = text.len() > TEXT_PREFIX + usize::from(form.whole);
    let mut text = Text::new(text, form, started);
    while let Some(document) = unread.take(reply.as_bytes()) {
        text.add(document)?;
    }
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use bson::{RawArrayBuf, rawdoc};
    use futures_util::FutureExt;

    use super::*;
    use crate::{
        codec::json::Dialect,
        pool::{execute::Reply, presented::Kept},
    };

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
    fn parts(presented: &Presented) -> (u32, &str) {
        let bytes = &presented.batch.bytes;
        let u32_at = |at: usize| u32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
        let end = TEXT_PREFIX + u32_at(8) as usize;
        (u32_at(4), std::str::from_utf8(&bytes[TEXT_PREFIX..end]).unwrap())
    }

    fn objects(text: &str) -> usize {
        text.matches("{\"n\":").count()
    }

    const LARGE: i32 = 2_000;

    #[tokio::test]
    async fn keeps_text_that_is_wanted_whole_until_the_cursor_ends() {
        let transcript = Transcript::default();
        for count in [1, LARGE] {
            let batch = transcript.batch(reply(5, count), form(true), false).await.unwrap();
            assert_eq!(parts(&batch), (count.unsigned_abs(), ""));
        }
        let batch = transcript.batch(reply(0, 1), form(true), false).await.unwrap();
        let (count, text) = parts(&batch);
        assert_eq!((count, objects(text)), (1, 2_002));
        serde_json::from_str::<serde_json::Value>(text).unwrap();
    }

    #[tokio::test]
    async fn hands_a_small_batch_out_at_once_and_a_large_one_in_pieces() {
        let transcript = Transcript::default();
        for cursor in [5, 0] {
            let small = transcript.batch(reply(cursor, 2), form(false), false).await.unwrap();
            let (count, text) = parts(&small);
            assert_eq!((count, objects(text), text.ends_with('}')), (2, 2, true));
            let large = transcript.batch(reply(cursor, LARGE), form(false), false).await.unwrap();
            let Reply::Kept(bytes, Kept::Text(text)) = large.into() else { panic!() };
            assert_eq!(bytes[4..8], LARGE.to_le_bytes());
            let piece = text.next().await.unwrap();
            assert_eq!(objects(std::str::from_utf8(&piece.bytes[4..]).unwrap()), 2_000);
        }
    }

    #[tokio::test]
    async fn gives_what_there_is_when_no_more_is_wanted() {
        let transcript = Transcript::default();
        let _ = transcript.batch(reply(5, LARGE), form(true), false).await.unwrap();
        let text = transcript.end().await.unwrap();
        let text = std::str::from_utf8(&text[TEXT_PREFIX..]).unwrap();
        assert_eq!(objects(text), 2_000);
        serde_json::from_str::<serde_json::Value>(text).unwrap();
        let none = Transcript::default().end().await.unwrap();
        assert_eq!(&none[TEXT_PREFIX..], b"[]");
    }

    #[tokio::test]
    async fn puts_what_else_the_reply_says_behind_the_text() {
        let transcript = Transcript::default();
        let batch = transcript.batch(reply(0, 1), form(false), true).await.unwrap();
        let end = TEXT_PREFIX + parts(&batch).1.len();
        let rest = rawdoc! { "cursor": { "id": 0_i64, "ns": "d.c" } };
        assert_eq!(&batch.batch.bytes[end..], rest.as_bytes());
    }

    #[tokio::test]
    async fn fails_with_what_a_document_is_at_fault() {
        for whole in [false, true] {
            let broken = rawdoc! {
                "cursor": { "id": 0_i64, "ns": "d.c", "nextBatch": [{ "_bsontype": 1 }] }
            };
            let canonical = Form { dialect: Dialect::Canonical, ..form(whole) };
            let failed =
                Transcript::default().batch(CursorReply::Document(broken), canonical, false).await;
            assert_eq!(failed.err().unwrap().class(), "BSONError");
        }
    }

    #[tokio::test]
    async fn keeps_the_text_that_is_being_made_when_the_next_batch_is_taken_back() {
        let transcript = Transcript::default();
        let _ = transcript.batch(reply(5, LARGE), form(true), false).await.unwrap();
        // What makes it has not begun, so that this waits.
        let next = transcript.batch(reply(5, LARGE), form(true), false);
        assert!(next.now_or_never().is_none());
        let text = transcript.end().await.unwrap();
        assert_eq!(objects(std::str::from_utf8(&text[TEXT_PREFIX..]).unwrap()), 2_000);
    }
}
