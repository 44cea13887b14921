//! The documents of a large reply that have not been read: in the reply, or the last few by themselves. It
//! knows neither who reads them nor what becomes of them.

use std::mem;

use super::cursor_reply::CursorReply;
use crate::codec::batch::Unread;

/// Bytes of documents that are left when the next batch is asked for (`NEAR` in `lib/cursor/read-ahead.ts`), and
/// those that a reader takes at once, at most: then the rest is copied and the reply given up.
const REST: usize = (1 << 20) + (512 << 10);

/// Documents that have not been read.
#[derive(Debug)]
pub struct Held {
    /// What they are in.
    memory: Memory,
    /// Where they are in it.
    unread: Unread,
}

#[derive(Debug)]
enum Memory {
    /// All that the server sent.
    Reply(CursorReply),
    /// The last few.
    Rest(Vec<u8>),
}

impl Memory {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Reply(reply) => reply.as_bytes(),
            Self::Rest(rest) => rest,
        }
    }
}

impl Held {
    pub(super) fn new(reply: CursorReply, unread: Unread) -> Self {
        Self { memory: Memory::Reply(reply), unread }
    }

    /// Copies as many documents as fit, back to back; gives the bytes written, or how many the next document
    /// needs.
    ///
    /// # Errors
    /// When that one does not fit.
    pub fn read(&mut self, to: &mut [u8]) -> Result<usize, usize> {
        match self.unread.read(self.memory.as_bytes(), to) {
            0 => Err(self.unread.size(self.memory.as_bytes())),
            written => Ok(written),
        }
    }

    /// Takes the next document.
    pub(super) fn take(&mut self) -> Option<&[u8]> {
        self.unread.take(self.memory.as_bytes())
    }

    /// Bytes of those that are left, and of what is around them.
    pub(super) fn len(&self) -> usize {
        self.unread.len()
    }

    /// True when all have been read.
    pub fn is_empty(&self) -> bool {
        self.unread.is_empty()
    }

    /// Gives the reply up when few documents are left, which have memory of their own then: its reader is about
    /// to ask for the next one, and to have both would be what a large read costs most.
    pub fn shed(&mut self) -> Option<Self> {
        if self.len() > REST || matches!(self.memory, Memory::Rest(_)) {
            return None;
        }
        let (rest, unread) = self.unread.copy_out(self.memory.as_bytes());
        Some(mem::replace(self, Self { memory: Memory::Rest(rest), unread }))
    }
}

#[cfg(test)]
mod tests {
    use bson::{RawArrayBuf, rawdoc};

    use super::*;

    const MEGABYTE: usize = 1 << 20;

    #[test]
    fn gives_the_reply_up_before_its_last_documents_are_read() {
        let document = rawdoc! { "x": "x".repeat(MEGABYTE) };
        let documents =
            RawArrayBuf::from_iter([document.clone(), document.clone(), document.clone()]);
        let reply = CursorReply::Document(
            rawdoc! { "cursor": { "id": 1_i64, "ns": "d.c", "nextBatch": documents } },
        );
        let (_, unread) = reply.leave(false).unwrap();
        let mut held = Held::new(reply, unread);
        let mut slab = vec![0; document.as_bytes().len()];
        for shed in [false, true] {
            assert_eq!(held.read(&mut slab), Ok(slab.len()));
            assert_eq!(slab, document.as_bytes());
            let before = held.shed();
            assert_eq!(before.is_some(), shed);
            assert!(before.is_none_or(|before| matches!(before.memory, Memory::Reply(_))));
        }
        assert!(held.shed().is_none());
        assert_eq!(held.take(), Some(document.as_bytes()));
        assert!(held.is_empty() && held.take().is_none());
    }
}
