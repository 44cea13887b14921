//! A cursor's reply, cut down to what JS needs: the documents, back to back, in one buffer, or a few
//! at a time. It knows the shape of a `find`, `aggregate` or `getMore` reply and nothing of who asked
//! for it.

use bson::{RawArray, RawBsonRef, RawDocument, RawDocumentBuf, cstr};

/// Bytes before the first document: the cursor's handle and the number of documents, both `u32`.
pub const PREFIX: usize = 8;
/// Bytes before the text of a batch that is JSON: those, and the length of the text, `u32`.
pub const TEXT_PREFIX: usize = 12;
/// Bytes before what else is said of a batch that was left in its reply: those of [`PREFIX`], and the
/// number that the batch is known by, `u32`.
pub const KEPT_PREFIX: usize = 16;

/// One batch of a cursor, framed for the boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The server's identifier of the cursor; 0 once it is exhausted.
    pub cursor_id: i64,
    /// The namespace the server wants `killCursors` for.
    pub namespace: String,
    /// `u32` handle (0 until [`Batch::set_handle`]), `u32` count, then that many BSON documents,
    /// then, if asked for, the reply without them. Of a batch as JSON, the documents are one text
    /// with its length, `u32`, before it; of one that was left where it was, there is a number
    /// instead, see [`KEPT_PREFIX`].
    pub bytes: Vec<u8>,
}

/// A reply that is not a cursor's.
#[derive(Debug, thiserror::Error)]
#[error("the server's reply holds no readable cursor batch: {0}")]
pub struct NotABatch(String);

/// Where in a cursor's reply its parts are.
#[derive(Debug)]
pub struct Outline<'a> {
    /// The server's identifier of the cursor; 0 once it is exhausted.
    pub cursor_id: i64,
    /// The namespace the server wants `killCursors` for.
    pub namespace: &'a str,
    /// The documents.
    pub documents: &'a RawArray,
}

impl<'a> Outline<'a> {
    /// Finds the parts of `reply.cursor`.
    ///
    /// # Errors
    /// When the reply has no cursor or no batch.
    pub fn of(reply: &'a RawDocument) -> Result<Self, NotABatch> {
        let unreadable = |error: &dyn std::fmt::Display| NotABatch(error.to_string());
        let cursor = reply.get_document("cursor").map_err(|e| unreadable(&e))?;
        let mut cursor_id = None;
        let mut namespace = "";
        let mut documents = None;
        for element in cursor {
            let (key, value) = element.map_err(|e| unreadable(&e))?;
            match (key.as_str(), value) {
                ("id", RawBsonRef::Int64(id)) => cursor_id = Some(id),
                ("ns", RawBsonRef::String(ns)) => namespace = ns,
                ("firstBatch" | "nextBatch", RawBsonRef::Array(array)) => documents = Some(array),
                _ => {}
            }
        }
        let (Some(cursor_id), Some(documents)) = (cursor_id, documents) else {
            return Err(NotABatch("its id or its batch is missing".to_owned()));
        };
        Ok(Self { cursor_id, namespace, documents })
    }
}

impl Batch {
    /// Copies the documents of `reply.cursor.firstBatch` (or `nextBatch`) behind each other, and
    /// with `meta` the rest of the reply behind them.
    ///
    /// # Errors
    /// When the reply has no cursor, no batch, or an element of the batch is not a document.
    pub fn frame(reply: &RawDocument, meta: bool) -> Result<Self, NotABatch> {
        let Outline { cursor_id, namespace, documents } = Outline::of(reply)?;
        let mut bytes = Vec::with_capacity(PREFIX + documents.as_bytes().len());
        bytes.extend_from_slice(&[0; PREFIX]);
        let mut count: u32 = 0;
        for document in each(documents) {
            bytes.extend_from_slice(document?.as_bytes());
            count += 1;
        }
        bytes[4..PREFIX].copy_from_slice(&count.to_le_bytes());
        if meta {
            bytes.extend_from_slice(without_documents(reply).as_bytes());
        }
        Ok(Self { cursor_id, namespace: namespace.to_owned(), bytes })
    }

    /// Leaves the documents of `reply.cursor.firstBatch` (or `nextBatch`) where they are; with `meta`,
    /// the rest of the reply is copied.
    ///
    /// # Errors
    /// As [`Batch::frame`].
    pub fn leave(reply: &RawDocument, meta: bool) -> Result<(Self, Unread), NotABatch> {
        let Outline { cursor_id, namespace, documents } = Outline::of(reply)?;
        let mut count: u32 = 0;
        for document in each(documents) {
            document?;
            count += 1;
        }
        let array = documents.as_bytes();
        let at = array.as_ptr().addr() - reply.as_bytes().as_ptr().addr();
        // Between the length of the array and its terminator.
        let unread = Unread { at: at + size_of::<i32>(), end: at + array.len() - 1 };
        let size = u32::try_from(unread.len()).unwrap_or(u32::MAX);
        let mut bytes = [[0; 4], count.to_le_bytes(), [0; 4], size.to_le_bytes()].concat();
        if meta {
            bytes.extend_from_slice(without_documents(reply).as_bytes());
        }
        Ok((Self { cursor_id, namespace: namespace.to_owned(), bytes }, unread))
    }

    /// The same batch, as [`Batch::leave`] gave it, with its documents as text.
    ///
    /// `text` starts with [`TEXT_PREFIX`] bytes that are overwritten.
    #[must_use]
    pub fn with_text(self, mut text: Vec<u8>) -> Self {
        let length = u32::try_from(text.len() - TEXT_PREFIX).unwrap_or(u32::MAX);
        text[..PREFIX].copy_from_slice(&self.bytes[..PREFIX]);
        text[PREFIX..TEXT_PREFIX].copy_from_slice(&length.to_le_bytes());
        text.extend_from_slice(&self.bytes[KEPT_PREFIX..]);
        Self { bytes: text, ..self }
    }

    /// No batch, but the text of others.
    pub fn of_text(text: Vec<u8>) -> Self {
        let none = Self { cursor_id: 0, namespace: String::new(), bytes: vec![0; KEPT_PREFIX] };
        none.with_text(text)
    }

    /// Names the cursor the next batch is to be asked of; 0 says there is none.
    pub fn set_handle(&mut self, handle: u32) {
        self.bytes[..4].copy_from_slice(&handle.to_le_bytes());
    }
}

/// The documents of a batch that have not been read, by where in the reply their elements are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where the next element starts.
    at: usize,
    /// Where the last one ends.
    end: usize,
}

impl Unread {
    /// True when all have been read.
    pub fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// Bytes of those that are left, and of what is around them.
    pub fn len(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// Copies those that are left, out of the reply.
    pub fn copy_out(&self, reply: &[u8]) -> (Vec<u8>, Self) {
        let rest = reply.get(self.at..self.end).unwrap_or_default().to_vec();
        let unread = Self { at: 0, end: rest.len() };
        (rest, unread)
    }

    /// Takes the next document.
    pub fn take<'a>(&mut self, reply: &'a [u8]) -> Option<&'a [u8]> {
        let (start, end) = self.next(reply)?;
        self.at = end;
        Some(&reply[start..end])
    }

    /// Copies as many of them as fit into `to`, back to back; gives the bytes written. It is less than
    /// one document only if that one does not fit, see [`Unread::size`].
    pub fn read(&mut self, reply: &[u8], to: &mut [u8]) -> usize {
        let mut written = 0;
        while let Some((start, end)) = self.next(reply) {
            let bytes = &reply[start..end];
            let Some(room) = to.get_mut(written..written + bytes.len()) else { break };
            room.copy_from_slice(bytes);
            written += bytes.len();
            self.at = end;
        }
        written
    }

    /// Bytes of the next document.
    pub fn size(&self, reply: &[u8]) -> usize {
        self.next(reply).map_or(0, |(start, end)| end - start)
    }

    /// Where the next document starts and ends: behind a type byte, and an index with a zero behind it.
    fn next(&self, reply: &[u8]) -> Option<(usize, usize)> {
        let elements = reply.get(..self.end)?;
        let key = elements.get(self.at + 1..)?;
        let start = self.at + 1 + key.iter().position(|byte| *byte == 0)? + 1;
        let size = elements.get(start..)?.first_chunk().map(|size| u32::from_le_bytes(*size))?;
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        (size > 0 && end <= self.end).then_some((start, end))
    }
}

/// The documents of a batch, as long as all are.
fn each(documents: &RawArray) -> impl Iterator<Item = Result<&RawDocument, NotABatch>> {
    documents.into_iter().map(|element| match element {
        Ok(RawBsonRef::Document(document)) => Ok(document),
        Ok(other) => Err(NotABatch(format!("it holds a {:?}", other.element_type()))),
        Err(error) => Err(NotABatch(error.to_string())),
    })
}

/// What a cursor's reply says beside its documents: `postBatchResumeToken`, `operationTime`, ….
fn without_documents(reply: &RawDocument) -> RawDocumentBuf {
    let mut rest = RawDocumentBuf::new();
    for (name, value) in reply.into_iter().flatten() {
        match value {
            RawBsonRef::Document(cursor) if name == cstr!("cursor") => {
                let mut kept = RawDocumentBuf::new();
                for (name, value) in cursor.into_iter().flatten() {
                    if name != cstr!("firstBatch") && name != cstr!("nextBatch") {
                        kept.append(name, value);
                    }
                }
                rest.append(name, kept);
            }
            value => rest.append(name, value),
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    #[test]
    fn lays_the_documents_of_a_batch_back_to_back() {
        let (first, second) = (rawdoc! { "a": 1 }, rawdoc! { "b": "two" });
        let reply = rawdoc! { "cursor": {
            "firstBatch": [first.clone(), second.clone()], "id": 7_i64, "ns": "db.c"
        }, "ok": 1 };
        let mut batch = Batch::frame(&reply, false).unwrap();
        batch.set_handle(3);
        let mut expected = vec![3, 0, 0, 0, 2, 0, 0, 0];
        expected.extend_from_slice(first.as_bytes());
        expected.extend_from_slice(second.as_bytes());
        assert_eq!(batch, Batch { cursor_id: 7, namespace: "db.c".into(), bytes: expected });
    }

    #[test]
    fn reads_the_next_batch_of_a_get_more() {
        let reply = rawdoc! { "cursor": { "id": 0_i64, "ns": "db.c", "nextBatch": [] }, "ok": 1 };
        let batch = Batch::frame(&reply, false).unwrap();
        assert_eq!((batch.cursor_id, batch.bytes.as_slice()), (0, [0; PREFIX].as_slice()));
    }

    #[test]
    fn puts_what_else_the_reply_says_behind_the_documents() {
        let reply = rawdoc! {
            "cursor": { "firstBatch": [{ "a": 1 }], "postBatchResumeToken": { "t": 1 }, "id": 7_i64 },
            "operationTime": 5,
        };
        let bytes = Batch::frame(&reply, true).unwrap().bytes;
        let rest = rawdoc! {
            "cursor": { "postBatchResumeToken": { "t": 1 }, "id": 7_i64 }, "operationTime": 5,
        };
        assert_eq!(&bytes[PREFIX + rawdoc! { "a": 1 }.as_bytes().len()..], rest.as_bytes());
    }

    #[test]
    fn has_text_instead_of_documents() {
        let reply = rawdoc! {
            "cursor": { "firstBatch": [{}, {}], "id": 7_i64, "ns": "db.c" }, "ok": 1
        };
        let text = [&[0; TEXT_PREFIX], b"{},{}".as_slice()].concat();
        let (left, _) = Batch::leave(&reply, true).unwrap();
        let mut batch = left.with_text(text.clone());
        batch.set_handle(3);
        assert_eq!((batch.cursor_id, batch.namespace.as_str()), (7, "db.c"));
        let rest = without_documents(&reply);
        let prefix = [3, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0];
        assert_eq!(batch.bytes, [&prefix, b"{},{}".as_slice(), rest.as_bytes()].concat());
        let prefix = [0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0];
        assert_eq!(Batch::of_text(text).bytes, [&prefix, b"{},{}".as_slice()].concat());
    }

    #[test]
    fn reads_a_batch_that_was_left_in_its_reply_a_few_documents_at_a_time() {
        let documents = [rawdoc! { "a": 1 }, rawdoc! { "b": "two" }, rawdoc! { "c": 3 }];
        let array = bson::RawArrayBuf::from_iter(documents.clone());
        let reply =
            rawdoc! { "cursor": { "firstBatch": array, "id": 7_i64, "ns": "db.c" }, "ok": 1 };
        let (batch, mut unread) = Batch::leave(&reply, true).unwrap();
        assert_eq!(batch.bytes[..12], [0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(
            batch.bytes[12..KEPT_PREFIX],
            u32::try_from(unread.len()).unwrap().to_le_bytes()
        );
        let rest = rawdoc! { "cursor": { "id": 7_i64, "ns": "db.c" }, "ok": 1 };
        assert_eq!(&batch.bytes[KEPT_PREFIX..], rest.as_bytes());

        let [a, b, c] = documents.each_ref().map(|document| document.as_bytes());
        let mut slab = vec![0; a.len() + b.len()];
        assert_eq!(unread.read(reply.as_bytes(), &mut slab), a.len() + b.len());
        assert_eq!(slab, [a, b].concat());
        assert_eq!(unread.read(reply.as_bytes(), &mut slab[..3]), 0);
        assert_eq!((unread.size(reply.as_bytes()), unread.is_empty()), (c.len(), false));
        let (rest, mut last) = unread.copy_out(reply.as_bytes());
        assert_eq!((last.len(), last.take(&rest), last.take(&rest)), (rest.len(), Some(c), None));
        assert_eq!(unread.read(reply.as_bytes(), &mut slab), c.len());
        assert!(unread.is_empty() && last.is_empty());
        assert_eq!(unread.read(reply.as_bytes(), &mut slab), 0);
    }

    #[test]
    fn refuses_a_reply_without_a_cursor() {
        let error = Batch::frame(&rawdoc! { "ok": 1 }, false).unwrap_err();
        assert!(error.to_string().contains("no readable cursor batch"), "{error}");
    }

    #[test]
    fn refuses_a_batch_of_anything_but_documents() {
        let reply = rawdoc! { "cursor": { "id": 0_i64, "ns": "d.c", "firstBatch": [1] } };
        assert!(Batch::frame(&reply, false).is_err());
        assert!(Batch::leave(&reply, false).is_err());
    }
}
