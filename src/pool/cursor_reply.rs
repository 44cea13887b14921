//! A server's reply to a command that opens or continues a cursor, and how its documents are handed on:
//! a small one's as a copy, a large one's a few at a time. It knows neither what asked for it nor how
//! documents become text.

use std::sync::Arc;

use bson::{Document, RawDocument, RawDocumentBuf};
use mongodb::raw_batch_cursor::RawBatch;

use super::{execute::Reply, held::Held, transcription::Transcription};
use crate::{
    codec::batch::{Batch, NotABatch, Outline, Unread},
    error::Error,
};

/// From this size on, bytes, a reply is kept for its documents: half of what a server fills a batch
/// up to. Of smaller ones all documents are copied at once, off the JavaScript thread.
const KEPT: usize = 8 << 20;
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

    /// Its documents as BSON.
    pub(crate) fn present(self, meta: bool) -> Result<Presented, Error> {
        if self.as_bytes().len() < KEPT {
            let batch = Batch::frame(self.document(), meta).map_err(unreadable)?;
            return Ok(Presented { batch, kept: None });
        }
        let (batch, unread) = self.leave(meta)?;
        Ok(Presented { batch, kept: Some(Kept::Documents(Held::new(self, unread))) })
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

/// What a large batch is about: its documents, in the server's reply, or their text.
#[derive(Debug)]
pub enum Kept {
    /// Its documents, as BSON.
    Documents(Held),
    /// Their JSON.
    Text(Arc<Transcription>),
}

/// A batch as it is handed on.
pub(crate) struct Presented {
    /// What is said of it.
    pub(crate) batch: Batch,
    /// Has the documents or the text, if the batch has not.
    kept: Option<Kept>,
}

impl Presented {
    /// A batch whose text comes piece by piece.
    pub(super) fn of_transcription(batch: Batch, transcription: Transcription) -> Self {
        Self { batch, kept: Some(Kept::Text(Arc::new(transcription))) }
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
