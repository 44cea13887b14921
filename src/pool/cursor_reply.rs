//! A server's reply to a command that opens or continues a cursor. It knows neither what asked for it nor
//! how its documents are handed on.

use bson::{Document, RawDocument, RawDocumentBuf};
use mongodb::raw_batch_cursor::RawBatch;

use crate::{
    codec::batch::{Batch, NotABatch, Outline, Unread},
    error::Error,
};

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

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.document().as_bytes()
    }

    /// Its parts.
    pub(super) fn outline(&self) -> Result<Outline<'_>, Error> {
        Outline::of(self.document()).map_err(unreadable)
    }

    /// A copy of its documents, and what is said of them.
    pub(super) fn frame(&self, meta: bool) -> Result<Batch, Error> {
        Batch::frame(self.document(), meta).map_err(unreadable)
    }

    /// What is said of its documents, which stay.
    pub(super) fn leave(&self, meta: bool) -> Result<(Batch, Unread), Error> {
        Batch::leave(self.document(), meta).map_err(unreadable)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn unreadable(error: NotABatch) -> Error {
    Error::Internal(error.to_string())
}
