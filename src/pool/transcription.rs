//! The JSON of one large reply, made a piece at a time on a thread of its own, and one piece ahead of its
//! reader: neither all of the text nor, for long, the reply is in memory. It knows neither cursors nor who
//! reads.

use tokio::sync::Mutex;

use super::{aside::Making, held::Held};
use crate::{
    codec::{
        json::{Form, NotJson},
        text::Text,
    },
    error::Error,
};

/// Bytes of text from which on a piece is one: many enough for what it costs to ask for one, and few beside a
/// batch. One of a mebibyte would not be copied into memory of JavaScript's, and be garbage for longer.
const PIECE: usize = 512 * 1024;
/// Bytes before a piece's text: how much is left, `u32`.
const PREFIX: usize = 4;

/// Text that is being made: the next piece, if there is one.
#[derive(Debug)]
pub struct Transcription(Mutex<Option<Making<Made>>>);

/// A piece, and what the next one is made of, if there is one.
#[derive(Debug)]
struct Made {
    /// The text.
    piece: Piece,
    /// The documents behind it.
    rest: Option<Source>,
}

/// A piece of text.
#[derive(Debug)]
pub struct Piece {
    /// Bytes of the reply that are not text yet; with the last piece 0.
    pub left: u32,
    /// Those, `u32`, and the text: documents with commas between them, and before the first one if pieces
    /// came before this; or lines.
    pub bytes: Vec<u8>,
}

/// What text is made of.
#[derive(Debug)]
struct Source {
    /// The documents that are not text yet.
    documents: Held,
    /// What they are to become.
    form: Form,
    /// A piece has been made.
    started: bool,
}

impl Transcription {
    /// Begins to make text of documents.
    pub(super) fn begin(documents: Held, form: Form) -> Self {
        let source = Source { documents, form, started: false };
        Self(Mutex::new(Some(source.make())))
    }

    /// The next piece, when it is made. Who stops waiting for that leaves it here.
    ///
    /// # Errors
    /// When a document is not JSON, of which there is no more then, and when there is none.
    pub async fn next(&self) -> Result<Piece, Error> {
        let mut next = self.0.lock().await;
        let made = next.as_mut().ok_or(Error::CursorClosed)?.made().await;
        *next = None;
        let Made { piece, rest } = made?;
        *next = rest.map(Source::make);
        Ok(piece)
    }
}

impl Source {
    /// Has the next piece made.
    fn make(self) -> Making<Made> {
        Making::begin(move || self.transcribe())
    }

    fn transcribe(mut self) -> Result<Made, NotJson> {
        let mut bytes = Vec::with_capacity(PREFIX + PIECE + PIECE / 4);
        bytes.extend_from_slice(&[0; PREFIX]);
        let mut text = Text::new(bytes, self.form, self.started);
        while text.written() < PIECE
            && let Some(document) = self.documents.take()
        {
            text.add(document)?;
        }
        if text.written() < PIECE && !self.documents.is_empty() {
            return Err(NotJson::UNREADABLE);
        }
        drop(self.documents.shed());
        self.started = true;
        let left = u32::try_from(self.documents.len()).unwrap_or(u32::MAX);
        let mut bytes = text.into_bytes();
        bytes[..PREFIX].copy_from_slice(&left.to_le_bytes());
        Ok(Made { piece: Piece { left, bytes }, rest: (left > 0).then_some(self) })
    }
}

#[cfg(test)]
mod tests {
    use bson::{RawArrayBuf, rawdoc};
    use futures_util::FutureExt;

    use super::*;
    use crate::{codec::json::Dialect, pool::cursor_reply::CursorReply};

    /// The text of documents of about 100 bytes each.
    fn transcription(count: i32, form: Form) -> Transcription {
        let mut documents = RawArrayBuf::new();
        for n in 0..count {
            documents.push(rawdoc! { "n": n, "s": "x".repeat(80) });
        }
        let reply = CursorReply::Document(
            rawdoc! { "cursor": { "id": 0_i64, "ns": "d.c", "nextBatch": documents } },
        );
        let (_, unread) = reply.leave(false).unwrap();
        Transcription::begin(Held::new(reply, unread), form)
    }

    fn text(piece: &Piece) -> &str {
        assert_eq!(piece.bytes[..PREFIX], piece.left.to_le_bytes());
        std::str::from_utf8(&piece.bytes[PREFIX..]).unwrap()
    }

    #[tokio::test]
    async fn gives_all_documents_in_pieces_and_says_how_much_is_left() {
        let transcription = transcription(20_000, Form::new(Dialect::Plain));
        let (mut all, mut lefts) = (String::from("["), Vec::new());
        while lefts.last() != Some(&0) {
            let piece = transcription.next().await.unwrap();
            assert!(piece.bytes.len() < PIECE + 200);
            all.push_str(text(&piece));
            lefts.push(piece.left);
        }
        all.push(']');
        assert!(lefts.len() > 3 && lefts.is_sorted_by(|a, b| a > b), "{lefts:?}");
        let read: Vec<serde_json::Value> = serde_json::from_str(&all).unwrap();
        assert!(read.len() == 20_000 && read[19_999]["n"] == 19_999);
        assert!(transcription.next().await.is_err());
    }

    #[tokio::test]
    async fn gives_lines() {
        let form = Form { lines: true, ..Form::new(Dialect::Canonical) };
        let transcription = transcription(3_000, form);
        let mut all = String::new();
        loop {
            let piece = transcription.next().await.unwrap();
            all.push_str(text(&piece));
            if piece.left == 0 {
                break;
            }
        }
        assert!(all.lines().count() == 3_000 && all.ends_with("}\n"));
    }

    #[tokio::test]
    async fn keeps_a_piece_that_nobody_waits_for_any_more() {
        let transcription = transcription(10, Form::new(Dialect::Plain));
        // What makes it has not begun, so that this waits.
        assert!(transcription.next().now_or_never().is_none());
        let piece = transcription.next().await.unwrap();
        assert_eq!((piece.left, text(&piece).matches("\"n\":").count()), (0, 10));
    }

    #[tokio::test]
    async fn fails_with_what_a_document_is_at_fault() {
        let reply = CursorReply::Document(
            rawdoc! { "cursor": { "id": 0_i64, "ns": "d.c", "nextBatch": [{ "_bsontype": 1 }] } },
        );
        let (_, unread) = reply.leave(false).unwrap();
        let canonical = Form::new(Dialect::Canonical);
        let transcription = Transcription::begin(Held::new(reply, unread), canonical);
        assert_eq!(transcription.next().await.unwrap_err().class(), "BSONError");
        assert!(transcription.next().await.is_err());
    }
}
