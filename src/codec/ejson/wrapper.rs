//! Objects that stand for one value: `{"$oid": "…"}` and its kin (Extended JSON 2, and of version 1 what
//! bson 7.3 still reads). What only looks like one is a document, and read once more as that; so nothing
//! here reads values of any depth twice, or text could make it take for ever.

use base64::{Engine as _, engine::general_purpose::STANDARD};
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
    fn next_key(&mut self) -> Result<Option<String>, NotEjson> {
        self.space();
        if self.peek() != Some(b'"') {
            return Ok(None);
        }
        let key = self.text()?;
        self.expect(b':', "A colon is wanted")?;
        self.space();
        Ok(Some(key))
    }

    /// The next key, after a comma, if it is this one. Of another nothing has been read.
    fn second(&mut self, wanted: &str) -> Result<bool, NotEjson> {
        let at = self.at;
        let is_wanted = self.take(b',') && self.next_key()?.as_deref() == Some(wanted);
        if !is_wanted {
            self.at = at;
        }
        Ok(is_wanted)
    }

    /// The next field of an object whose brace has been read: nothing at its end, which has been read
    /// then. `is_first` says whether it needs a comma before it.
    fn field(&mut self, is_first: bool) -> Result<Option<String>, NotEjson> {
        if self.take(b'}') {
            return Ok(None);
        }
        if !is_first {
            self.expect(b',', "A comma or the object's end is wanted")?;
        }
        match self.next_key()? {
            Some(key) => Ok(Some(key)),
            None => Err(self.fault("A key is wanted")),
        }
    }

    /// A string, if one is next.
    fn maybe_text(&mut self) -> Result<Option<String>, NotEjson> {
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

    /// An object of this key and text, if one is next.
    fn inner(&mut self, wanted: &str) -> Result<Option<String>, NotEjson> {
        if !self.take(b'{') || self.next_key()?.as_deref() != Some(wanted) {
            return Ok(None);
        }
        let text = self.maybe_text()?;
        Ok(text.filter(|_| self.take(b'}')))
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

    /// `{"base64": "…", "subType": "00"}`, or in version 1 the text and `"$type": "00"` behind it.
    fn binary(&mut self) -> Result<Option<u8>, NotEjson> {
        let (mut data, mut subtype) = (None, None);
        if let Some(text) = self.maybe_text()? {
            data = Some(text);
            if !self.second("$type")? {
                return Ok(None);
            }
            subtype = self.maybe_text()?;
        } else if self.take(b'{') {
            while let Some(key) = self.field(data.is_none() && subtype.is_none())? {
                let Some(text) = self.maybe_text()? else { return Ok(None) };
                match key.as_str() {
                    "base64" => data = Some(text),
                    "subType" => subtype = Some(text),
                    _ => return Ok(None),
                }
            }
        }
        let bytes = data.and_then(|data| STANDARD.decode(data).ok());
        let subtype = subtype.and_then(|subtype| u8::from_str_radix(&subtype, 16).ok());
        let (Some(bytes), Some(subtype)) = (bytes, subtype) else { return Ok(None) };
        self.put_binary(subtype, &bytes);
        Ok(Some(kind::BINARY))
    }

    /// `{"pattern": "…", "options": "…"}`.
    fn regular_expression(&mut self) -> Result<Option<u8>, NotEjson> {
        let (mut pattern, mut options) = (None, None);
        if !self.take(b'{') {
            return Ok(None);
        }
        while let Some(key) = self.field(pattern.is_none() && options.is_none())? {
            let Some(text) = self.maybe_text()? else { return Ok(None) };
            match key.as_str() {
                "pattern" => pattern = Some(text),
                "options" => options = Some(text),
                _ => return Ok(None),
            }
        }
        let (Some(pattern), Some(options)) = (pattern, options) else { return Ok(None) };
        if pattern.contains('\0') || options.contains('\0') {
            return Ok(None);
        }
        let mut options: Vec<u8> = options.into_bytes();
        options.sort_unstable();
        for bytes in [pattern.as_bytes(), &options] {
            self.out.extend_from_slice(bytes);
            self.out.push(0);
        }
        Ok(Some(kind::REGULAR_EXPRESSION))
    }

    /// `{"t": 1, "i": 2}`.
    fn timestamp(&mut self) -> Result<Option<u8>, NotEjson> {
        let (mut time, mut increment) = (None, None);
        if !self.take(b'{') {
            return Ok(None);
        }
        while let Some(key) = self.field(time.is_none() && increment.is_none())? {
            let Some(number) = self.unsigned()? else { return Ok(None) };
            match key.as_str() {
                "t" => time = Some(number),
                "i" => increment = Some(number),
                _ => return Ok(None),
            }
        }
        let (Some(time), Some(increment)) = (time, increment) else { return Ok(None) };
        self.out.extend_from_slice(&increment.to_le_bytes());
        self.out.extend_from_slice(&time.to_le_bytes());
        Ok(Some(kind::TIMESTAMP))
    }

    /// A number that 32 bits hold.
    fn unsigned(&mut self) -> Result<Option<u32>, NotEjson> {
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

    /// Text, and behind it a `$scope`, if there is one.
    fn code(&mut self, depth: usize) -> Result<Option<u8>, NotEjson> {
        let Some(code) = self.maybe_text()? else { return Ok(None) };
        if !self.second("$scope")? {
            self.put_string(&code);
            return Ok(Some(kind::CODE));
        }
        let start = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        self.put_string(&code);
        if !self.take(b'{') {
            return Ok(None);
        }
        self.document(depth)?;
        if self.take(b',') {
            let scope = self.out.split_off(start).split_off(4 + 4 + code.len() + 1);
            return self.document_of_code(&code, &scope, depth).map(Some);
        }
        let size = i32::try_from(self.out.len() - start)
            .map_err(|_| self.fault("The code is too long"))?;
        self.out[start..start + 4].copy_from_slice(&size.to_le_bytes());
        Ok(Some(kind::CODE_WITH_SCOPE))
    }

    /// Code, its scope and more: a document that only looks like code. The scope may be of any depth, so
    /// it is not read once more; what follows it is read to the end.
    fn document_of_code(&mut self, code: &str, scope: &[u8], depth: usize) -> Result<u8, NotEjson> {
        let start = self.open();
        self.out.push(kind::STRING);
        self.out.extend_from_slice(b"$code\0");
        self.put_string(code);
        self.out.push(kind::DOCUMENT);
        self.out.extend_from_slice(b"$scope\0");
        self.out.extend_from_slice(scope);
        self.fields(start, depth)?;
        Ok(kind::DOCUMENT)
    }

    /// `{"$ref": "…", "$id": {"$oid": "…"}}`.
    fn db_pointer(&mut self) -> Result<Option<u8>, NotEjson> {
        if !self.take(b'{') || self.next_key()?.as_deref() != Some("$ref") {
            return Ok(None);
        }
        let Some(namespace) = self.maybe_text()? else { return Ok(None) };
        if !self.second("$id")? {
            return Ok(None);
        }
        let id = self.inner("$oid")?.as_deref().and_then(object_id);
        let (Some(id), true) = (id, self.take(b'}')) else { return Ok(None) };
        self.put_string(&namespace);
        self.out.extend_from_slice(&id);
        Ok(Some(kind::DB_POINTER))
    }

    fn put_string(&mut self, text: &str) {
        let size = u32::try_from(text.len() + 1).unwrap_or(u32::MAX);
        self.out.extend_from_slice(&size.to_le_bytes());
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(0);
    }

    fn put_binary(&mut self, subtype: u8, bytes: &[u8]) {
        /// Its data has its size once more in front of it.
        const OLD: u8 = 2;
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if subtype == OLD {
            self.out.extend_from_slice(&(size + 4).to_le_bytes());
            self.out.push(subtype);
        } else {
            self.out.extend_from_slice(&size.to_le_bytes());
            self.out.push(subtype);
            self.out.extend_from_slice(bytes);
            return;
        }
        self.out.extend_from_slice(&size.to_le_bytes());
        self.out.extend_from_slice(bytes);
    }
}

/// Twelve bytes in hexadecimal digits.
fn object_id(text: &str) -> Option<[u8; 12]> {
    Some(bson::oid::ObjectId::parse_str(text).ok()?.bytes())
}
