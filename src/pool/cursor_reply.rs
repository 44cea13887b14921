//! A server's reply to a command that opens or continues a cursor, and how its documents or their text
//! are handed on: a small one's as a copy, a large one's a few at a time. It does not know what asked
//! for it.

use std::ops::Range;

use bson::{Document, RawDocument, RawDocumentBuf};
use mongodb::raw_batch_cursor::RawBatch;

use super::execute::Reply;
use crate::{
    codec::{
        batch::{Batch, NotABatch, Outline, Unread},
        json::Form,
    },
    error::Error,
};

/// From this size on, bytes, a reply is kept for its documents: half of what a server fills a batch
/// up to. Of smaller ones all documents are copied at once, off the JavaScript thread.
const KEPT: usize = 8 << 20;
/// The same for text, of which a reader wants no more than a piece at a time.
const KEPT_TEXT: usize = 1 << 20;

/// A reply, in memory of its own.
#[derive(Debug)]
pub enum CursorReply {
    /// From the crate's cursor.
    Batch(RawBatch),
    /// From a command.
    Document(RawDocumentBuf),
}

impl CursorReply {
    /// No batch at all means that the cursor ended between two batches.
    pub(super) fn of_batch(batch: Option<RawBatch>) -> Result<Self, Error> {
        batch.map(Self::Batch).ok_or(Error::CursorClosed)
    }

    pub(super) fn of_document(reply: &Document) -> Result<Self, Error> {
        let reply = RawDocumentBuf::try_from(reply).map_err(mongodb::error::Error::from)?;
        Ok(Self::Document(reply))
    }

    pub(super) fn document(&self) -> &RawDocument {
        match self {
            Self::Batch(batch) => batch.as_raw_document(),
            Self::Document(document) => document,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.document().as_bytes()
    }

    /// Its parts.
    pub(super) fn outline(&self) -> Result<Outline<'_>, Error> {
        Outline::of(self.document()).map_err(unreadable)
    }

    /// Its documents as BSON.
    pub(crate) fn present(self, meta: bool) -> Result<Presented, Error> {
        if self.as_bytes().len() < KEPT {
            let batch = Batch::frame(self.document(), meta).map_err(unreadable)?;
            return Ok(Presented { batch, kept: None });
        }
        let (batch, unread) = Batch::leave(self.document(), meta).map_err(unreadable)?;
        Ok(Presented { batch, kept: Some(Kept::Documents { reply: self, unread }) })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn unreadable(error: NotABatch) -> Error {
    Error::Internal(error.to_string())
}

/// What a large batch is about: its documents, in the server's reply, or their text.
#[derive(Debug)]
pub enum Kept {
    /// Its documents, as BSON.
    Documents {
        /// Where they are.
        reply: CursorReply,
        /// Which of them have not been read.
        unread: Unread,
    },
    /// Their JSON.
    Text {
        /// Where it is, among other things.
        bytes: Vec<u8>,
        /// Where in the bytes what has not been read is.
        unread: Range<usize>,
    },
}

impl Kept {
    /// Copies as many documents as fit, back to back, or as much of the text; gives the bytes written,
    /// or how many the next document needs.
    ///
    /// # Errors
    /// When that one does not fit.
    pub fn read(&mut self, to: &mut [u8]) -> Result<usize, usize> {
        match self {
            Self::Documents { reply, unread } => match unread.read(reply.as_bytes(), to) {
                0 => Err(unread.size(reply.as_bytes())),
                written => Ok(written),
            },
            Self::Text { bytes, unread } => {
                let size = unread.len().min(to.len());
                to[..size].copy_from_slice(&bytes[unread.start..unread.start + size]);
                unread.start += size;
                Ok(size)
            }
        }
    }

    /// True when all has been read.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Documents { unread, .. } => unread.is_empty(),
            Self::Text { unread, .. } => unread.is_empty(),
        }
    }
}

/// A batch as it is handed on.
pub(crate) struct Presented {
    /// What is said of it.
    pub(crate) batch: Batch,
    /// Has the documents or the text, if the batch has not.
    kept: Option<Kept>,
}

impl Presented {
    /// A batch that is text. Of a large one, who does not want it whole takes a piece at a time.
    pub(super) fn of_text(batch: Batch, form: Form) -> Self {
        if form.whole || batch.bytes.len() < KEPT_TEXT {
            return batch.into();
        }
        let (batch, bytes, unread) = batch.leave_text();
        Self { batch, kept: Some(Kept::Text { bytes, unread }) }
    }
}

impl From<Presented> for Reply {
    fn from(Presented { batch, kept }: Presented) -> Self {
        match kept {
            None => Self::Batch(batch.bytes),
            Some(kept) => Self::Kept(batch.bytes, kept),
        }
    }
}

impl From<Batch> for Presented {
    fn from(batch: Batch) -> Self {
        Self { batch, kept: None }
    }
}
