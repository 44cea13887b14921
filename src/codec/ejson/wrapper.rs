//! Objects that stand for one value: `{"$oid": "…"}` and its kin (Extended JSON 2, and of version 1 what
//! bson 7.3 still reads). What only looks like one is a document, and read once more as that; so nothing
//! here reads values of any depth twice, or text could make it take for ever. Those of several fields are
//! `composite.rs`'s.

use bson::{DateTime, Decimal128, Uuid};

use super::{
    NotEjson,
    reader::{Reader, kind},
};

/// The number of the subtype that a UUID's binary data has.
const UUID: u8 = 4;

impl Reader<'_> {
    /// Reads what stands for one value and writes that; gives its type. Nothing is read of a document.
    /// The brace has been read.
    pub(super) fn wrapped(&mut self, depth: usize) -> Result<Option<u8>, NotEjson> {
        self.space();
        if !self.text[self.at..].starts_with(b"\"$") {
            return Ok(None);
        }
        let (at, length) = (self.at, self.out.len());
        match self.unwrapped(depth)? {
            // That has been read to its end.
            Some(kind::DOCUMENT) => return Ok(Some(kind::DOCUMENT)),
            Some(kind) if self.take(b'}') => return Ok(Some(kind)),
            _ => {}
        }
        self.at = at;
        self.out.truncate(length);
        Ok(None)
    }

    /// The next key, if there is one, and its colon.
    pub(super) fn next_key(&mut self) -> Result<Option<String>, NotEjson> {
        self.space();
        if self.peek() != Some(b'"') {
            return Ok(None);
        }
        let key = self.text()?;
        self.expect(b':', "A colon is wanted")?;
        self.space();
        Ok(Some(key))
    }

    /// A string, if one is next.
    pub(super) fn maybe_text(&mut self) -> Result<Option<String>, NotEjson> {
        self.space();
        if self.peek() == Some(b'"') { self.text().map(Some) } else { Ok(None) }
    }

    /// The value that follows, when it is of the kind that its key asks for.
    fn unwrapped(&mut self, depth: usize) -> Result<Option<u8>, NotEjson> {
        let Some(key) = self.next_key()? else { return Ok(None) };
        match key.as_str() {
            "$date" => self.date(),
            "$binary" => self.binary(),
            "$regularExpression" => self.regular_expression(),
            "$timestamp" => self.timestamp(),
            "$code" => self.code(depth),
            "$dbPointer" => self.db_pointer(),
            "$minKey" => self.one(kind::MIN_KEY),
            "$maxKey" => self.one(kind::MAX_KEY),
            "$undefined" => {
                let is_true = self.text[self.at..].starts_with(b"true");
                self.at += if is_true { 4 } else { 0 };
                Ok(is_true.then_some(kind::UNDEFINED))
            }
            _ => match self.maybe_text()? {
                Some(text) => Ok(self.of_text(&key, &text)),
                None => Ok(None),
            },
        }
    }

    /// What a string stands for.
    fn of_text(&mut self, key: &str, text: &str) -> Option<u8> {
        let (kind, bytes) = match key {
            "$oid" => (kind::OBJECT_ID, object_id(text)?.to_vec()),
            "$numberInt" => (kind::INT32, text.parse::<i32>().ok()?.to_le_bytes().to_vec()),
            "$numberLong" => (kind::INT64, text.parse::<i64>().ok()?.to_le_bytes().to_vec()),
            "$numberDouble" => (kind::DOUBLE, text.parse::<f64>().ok()?.to_le_bytes().to_vec()),
            "$numberDecimal" => {
                (kind::DECIMAL128, text.parse::<Decimal128>().ok()?.bytes().to_vec())
            }
            "$uuid" => {
                self.put_binary(UUID, &Uuid::parse_str(text).ok()?.bytes());
                return Some(kind::BINARY);
            }
            "$symbol" => {
                self.put_string(text);
                return Some(kind::SYMBOL);
            }
            _ => return None,
        };
        self.out.extend_from_slice(&bytes);
        Some(kind)
    }

    /// `1`, which some keys have as their value.
    fn one(&mut self, kind: u8) -> Result<Option<u8>, NotEjson> {
        Ok((self.unsigned()? == Some(1)).then_some(kind))
    }

    /// `{"$numberLong": "…"}` or `{"$numberInt": "…"}`, if that is next.
    fn inner_number(&mut self) -> Result<Option<i64>, NotEjson> {
        if !self.take(b'{') {
            return Ok(None);
        }
        let key = self.next_key()?;
        let is_number = matches!(key.as_deref(), Some("$numberLong" | "$numberInt"));
        let text = if is_number { self.maybe_text()? } else { None };
        Ok(text.and_then(|text| text.parse().ok()).filter(|_| self.take(b'}')))
    }

    /// `{"$numberLong": "…"}`, a number, or a time as text.
    fn date(&mut self) -> Result<Option<u8>, NotEjson> {
        if let Some(text) = self.maybe_text()? {
            let Ok(date) = DateTime::parse_rfc3339_str(&text) else { return Ok(None) };
            self.out.extend_from_slice(&date.timestamp_millis().to_le_bytes());
            return Ok(Some(kind::DATE));
        }
        let Some(millis) = self.integer()? else { return Ok(None) };
        self.out.extend_from_slice(&millis.to_le_bytes());
        Ok(Some(kind::DATE))
    }

    /// A number that 32 bits hold.
    pub(super) fn unsigned(&mut self) -> Result<Option<u32>, NotEjson> {
        Ok(self.integer()?.and_then(|number| u32::try_from(number).ok()))
    }

    /// A number without a fraction, if one is next.
    fn integer(&mut self) -> Result<Option<i64>, NotEjson> {
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => {}
            Some(b'{') => return self.inner_number(),
            _ => return Ok(None),
        }
        let at = self.out.len();
        let kind = self.number()?;
        let bytes = self.out.split_off(at);
        Ok(match kind {
            kind::INT32 => bytes.first_chunk().map(|bytes| i64::from(i32::from_le_bytes(*bytes))),
            kind::INT64 => bytes.first_chunk().map(|bytes| i64::from_le_bytes(*bytes)),
            _ => None,
        })
    }

    pub(super) fn put_string(&mut self, text: &str) {
        let size = u32::try_from(text.len() + 1).unwrap_or(u32::MAX);
        self.out.extend_from_slice(&size.to_le_bytes());
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(0);
    }
}

/// Twelve bytes in hexadecimal digits.
pub(super) fn object_id(text: &str) -> Option<[u8; 12]> {
    Some(bson::oid::ObjectId::parse_str(text).ok()?.bytes())
}
