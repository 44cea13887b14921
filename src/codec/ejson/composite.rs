//! Objects that stand for one value and have several fields: `{"$timestamp": {"t": 1, "i": 2}}` and its
//! kin. When they are looked for, `wrapper.rs` knows.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    NotEjson,
    reader::{Reader, kind},
    wrapper::object_id,
};

impl Reader<'_> {
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

    /// An object of this key and text, if one is next.
    fn inner(&mut self, wanted: &str) -> Result<Option<String>, NotEjson> {
        if !self.take(b'{') || self.next_key()?.as_deref() != Some(wanted) {
            return Ok(None);
        }
        let text = self.maybe_text()?;
        Ok(text.filter(|_| self.take(b'}')))
    }

    /// `{"base64": "…", "subType": "00"}`, or in version 1 the text and `"$type": "00"` behind it.
    pub(super) fn binary(&mut self) -> Result<Option<u8>, NotEjson> {
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
    pub(super) fn regular_expression(&mut self) -> Result<Option<u8>, NotEjson> {
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
    pub(super) fn timestamp(&mut self) -> Result<Option<u8>, NotEjson> {
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

    /// Text, and behind it a `$scope`, if there is one.
    pub(super) fn code(&mut self, depth: usize) -> Result<Option<u8>, NotEjson> {
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
    pub(super) fn db_pointer(&mut self) -> Result<Option<u8>, NotEjson> {
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

    pub(super) fn put_binary(&mut self, subtype: u8, bytes: &[u8]) {
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
