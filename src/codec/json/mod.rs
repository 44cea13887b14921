//! Documents as JSON text: BSON bytes in, UTF-8 out, in one pass and without documents in between.
//! The text is, byte for byte, what `JSON.stringify` makes of the documents that the driver reads with
//! its default options, or `EJSON.stringify` of them (bson 7.3). It knows neither cursors nor Node.
//!
//! Two things of JavaScript's shape the code: an object has each key once, integers first
//! (`object.rs`), and a document with `$ref` and `$id` is a `DBRef`, which says itself what its JSON is.

mod date;
mod decimal;
mod number;
mod object;
mod rare;
mod text;
mod value;

use self::object::{Member, Role};

/// Nested deeper than any server stores (its `maxBSONDepth` ends at 250).
const MAX_DEPTH: usize = 300;

/// Whose JSON it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `JSON.stringify`.
    Plain,
    /// `EJSON.stringify` with `relaxed: true`.
    Relaxed,
    /// `EJSON.stringify` with `relaxed: false`.
    Canonical,
}

/// What a batch is to become, as a request says it.
#[expect(clippy::struct_excessive_bools, reason = "what a request says in bits")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Whose JSON.
    pub dialect: Dialect,
    /// Strings that are not UTF-8 get replacement characters (`enableUtf8Validation: false`).
    pub lossy: bool,
    /// The text is wanted in one piece, an array, when the cursor has ended. Otherwise it comes as it
    /// is made: documents with commas between them.
    pub whole: bool,
    /// A `Long` has its lower half first, as that of bson 6 has. Of `Plain` alone.
    pub low_first: bool,
    /// It is not JavaScript's at all: each document as it is, on a line of its own, see
    /// [`super::ejson`]. The rest does not count.
    pub lines: bool,
}

impl Form {
    /// As bson 7.3 would have it, of documents that are UTF-8, as the text is made.
    pub const fn new(dialect: Dialect) -> Self {
        Self { dialect, lossy: false, whole: false, low_first: false, lines: false }
    }
}

/// What keeps a document from being JSON: js-bson would not read it, or `EJSON` not write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotJson(&'static str);

impl NotJson {
    /// The thread that made the JSON ended before it.
    pub const INTERRUPTED: Self = Self("the JSON was not finished");
    /// A document that is none, or a string that is not UTF-8.
    pub const UNREADABLE: Self = Self("Invalid UTF-8 string in BSON document, or no document");
}

/// Writes documents, one after the other.
#[derive(Debug)]
pub struct Transcoder {
    /// The text so far.
    out: Vec<u8>,
    dialect: Dialect,
    /// Strings that are not UTF-8 get replacement characters (`enableUtf8Validation: false`).
    lossy: bool,
    /// A `Long` has its lower half first.
    low_first: bool,
    /// The members of the objects that are being written, outermost first.
    members: Vec<Member>,
    /// Why `EJSON` would not write what was written last. It counts if that stays: a later value of
    /// the same key may replace it.
    refusal: Option<NotJson>,
}

impl Transcoder {
    /// Writes behind what `out` holds.
    pub fn new(out: Vec<u8>, form: Form) -> Self {
        let Form { dialect, lossy, low_first, .. } = form;
        Self { out, dialect, lossy, low_first, members: Vec::new(), refusal: None }
    }

    /// Writes one document.
    ///
    /// # Errors
    /// When js-bson would refuse to read it, or `EJSON.stringify` to write it.
    pub fn document(&mut self, document: &[u8]) -> Result<(), NotJson> {
        self.object(document, self.dialect, Role::Document, 0)?;
        self.refusal.map_or(Ok(()), Err)
    }

    /// Puts a comma behind a document that another one follows.
    pub fn separate(&mut self) {
        self.out.push(b',');
    }

    /// Bytes of the text so far.
    pub fn written(&self) -> usize {
        self.out.len()
    }

    /// The text.
    pub fn into_text(self) -> Vec<u8> {
        self.out
    }
}

#[cfg(test)]
mod tests;
