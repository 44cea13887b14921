//! A cursor's batch as it is handed on: a small one's documents as a copy, a large one's a few at a time, and
//! text. It knows neither what asked for it nor how documents become text.

use std::sync::Arc;

use super::{cursor_reply::CursorReply, held::Held, transcription::Transcription};
use crate::{codec::batch::Batch, error::Error};

/// From this size on, bytes, a reply is kept for its documents: half of what a server fills a batch
/// up to. Of smaller ones all documents are copied at once, off the JavaScript thread.
const KEPT: usize = 8 << 20;
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
    pub(super) kept: Option<Kept>,
}

impl Presented {
    /// A reply's documents as BSON.
    pub(crate) fn of_documents(reply: CursorReply, meta: bool) -> Result<Self, Error> {
        if reply.as_bytes().len() < KEPT {
            return Ok(reply.frame(meta)?.into());
        }
        let (batch, unread) = reply.leave(meta)?;
        Ok(Self { batch, kept: Some(Kept::Documents(Held::new(reply, unread))) })
    }

    /// A batch whose text comes piece by piece.
    pub(super) fn of_transcription(batch: Batch, transcription: Transcription) -> Self {
        Self { batch, kept: Some(Kept::Text(Arc::new(transcription))) }
    }
}

impl From<Batch> for Presented {
    fn from(batch: Batch) -> Self {
        Self { batch, kept: None }
    }
}
