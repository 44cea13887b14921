//! Values of JSON as values of BSON, as they come. Objects that stand for one value are `wrapper.rs`'s.

use super::NotEjson;

/// Nested deeper than any server stores, wrapped values included.
const MAX_DEPTH: usize = 400;

/// The type bytes of BSON.
pub(super) mod kind {
    pub(crate) const DOUBLE: u8 = 0x01;
    pub(crate) const STRING: u8 = 0x02;
    pub(crate) const DOCUMENT: u8 = 0x03;
    pub(crate) const ARRAY: u8 = 0x04;
    pub(crate) const BINARY: u8 = 0x05;
    pub(crate) const UNDEFINED: u8 = 0x06;
    pub(crate) const OBJECT_ID: u8 = 0x07;
    pub(crate) const BOOLEAN: u8 = 0x08;
    pub(crate) const DATE: u8 = 0x09;
    pub(crate) const NULL: u8 = 0x0a;
    pub(crate) const REGULAR_EXPRESSION: u8 = 0x0b;
    pub(crate) const DB_POINTER: u8 = 0x0c;
    pub(crate) const CODE: u8 = 0x0d;
    pub(crate) const SYMBOL: u8 = 0x0e;
    pub(crate) const CODE_WITH_SCOPE: u8 = 0x0f;
    pub(crate) const INT32: u8 = 0x10;
    pub(crate) const TIMESTAMP: u8 = 0x11;
    pub(crate) const INT64: u8 = 0x12;
    pub(crate) const DECIMAL128: u8 = 0x13;
    pub(crate) const MIN_KEY: u8 = 0xff;
    pub(crate) const MAX_KEY: u8 = 0x7f;
}

/// Reads text and writes bytes.
pub(super) struct Reader<'a> {
    pub(super) text: &'a [u8],
    /// Bytes of the text that have been read.
    pub(super) at: usize,
    pub(super) out: Vec<u8>,
}

impl<'a> Reader<'a> {
    /// Writes behind what `out` holds.
    pub(super) fn new(text: &'a str, out: Vec<u8>) -> Self {
        Self { text: text.as_bytes(), at: 0, out }
    }

    /// Reads the text as one document.
    pub(super) fn only_document(&mut self) -> Result<(), NotEjson> {
        self.expect(b'{', "An object is wanted")?;
        self.document(0)?;
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err(self.fault("Text follows the object")) }
    }

    pub(super) fn fault(&self, what: &'static str) -> NotEjson {
        NotEjson { what, at: self.at }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// Reads one byte, and space before it, if it is there.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), NotEjson> {
        if self.take(byte) { Ok(()) } else { Err(self.fault(what)) }
    }

    /// Reads a value and writes it; gives its type.
    pub(super) fn value(&mut self, depth: usize) -> Result<u8, NotEjson> {
        self.space();
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                if depth == MAX_DEPTH {
                    return Err(self.fault("The nesting is too deep"));
                }
                if let Some(kind) = self.wrapped(depth + 1)? {
                    return Ok(kind);
                }
                self.document(depth + 1)?;
                Ok(kind::DOCUMENT)
            }
            Some(b'[') => {
                self.at += 1;
                self.array(depth + 1)?;
                Ok(kind::ARRAY)
            }
            Some(b'"') => {
                self.string_value()?;
                Ok(kind::STRING)
            }
            Some(b't') => self.word("true", kind::BOOLEAN, &[1]),
            Some(b'f') => self.word("false", kind::BOOLEAN, &[0]),
            Some(b'n') => self.word("null", kind::NULL, &[]),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, kind: u8, value: &[u8]) -> Result<u8, NotEjson> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault("A value is wanted"));
        }
        self.at += word.len();
        self.out.extend_from_slice(value);
        Ok(kind)
    }

    /// Reads an object whose brace has been read.
    pub(super) fn document(&mut self, depth: usize) -> Result<(), NotEjson> {
        let start = self.open();
        if self.take(b'}') { self.close(start) } else { self.fields(start, depth) }
    }

    /// Reads an object from a key on to its end. `start` is where its document begins.
    pub(super) fn fields(&mut self, start: usize, depth: usize) -> Result<(), NotEjson> {
        loop {
            let kind = self.out.len();
            self.out.push(0);
            self.expect(b'"', "A key is wanted")?;
            self.key()?;
            self.expect(b':', "A colon is wanted")?;
            self.out[kind] = self.value(depth)?;
            if self.take(b'}') {
                return self.close(start);
            }
            self.expect(b',', "A comma or the object's end is wanted")?;
            self.space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), NotEjson> {
        if depth > MAX_DEPTH {
            return Err(self.fault("The nesting is too deep"));
        }
        let start = self.open();
        if !self.take(b']') {
            let mut digits = itoa::Buffer::new();
            for index in 0_u32.. {
                let kind = self.out.len();
                self.out.push(0);
                self.out.extend_from_slice(digits.format(index).as_bytes());
                self.out.push(0);
                self.out[kind] = self.value(depth)?;
                if self.take(b']') {
                    break;
                }
                self.expect(b',', "A comma or the array's end is wanted")?;
            }
        }
        self.close(start)
    }

    /// Begins a document, whose size is yet to come.
    pub(super) fn open(&mut self) -> usize {
        self.out.extend_from_slice(&[0; 4]);
        self.out.len() - 4
    }

    fn close(&mut self, start: usize) -> Result<(), NotEjson> {
        self.out.push(0);
        let size = i32::try_from(self.out.len() - start)
            .map_err(|_| self.fault("The document is too large"))?;
        self.out[start..start + 4].copy_from_slice(&size.to_le_bytes());
        Ok(())
    }
}
