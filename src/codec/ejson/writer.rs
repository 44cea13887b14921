//! Documents in canonical EJSON, a line each.

use std::io::{self, Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bson::{
    RawArray, RawDocument, RawDocumentBuf, cstr,
    error::{Error, Result},
    oid::ObjectId,
    raw::RawBsonRef,
};

/// Nested deeper than any server stores.
const MAX_DEPTH: usize = 300;

/// Appends a document with a line's end behind it.
///
/// # Errors
/// When it is malformed, or a string in it is not UTF-8.
pub fn write_line(out: &mut Vec<u8>, document: &RawDocument) -> Result<()> {
    write_document(out, document, 0)?;
    out.push(b'\n');
    Ok(())
}

fn check(depth: usize) -> Result<()> {
    if depth < MAX_DEPTH {
        return Ok(());
    }
    Err(Error::from(io::Error::other("The nesting is too deep")))
}

fn write_document(out: &mut Vec<u8>, document: &RawDocument, depth: usize) -> Result<()> {
    check(depth)?;
    out.push(b'{');
    for (index, element) in document.iter().enumerate() {
        let (key, value) = element?;
        if index > 0 {
            out.push(b',');
        }
        string(out, key.as_str());
        out.push(b':');
        write_value(out, value, depth + 1)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_array(out: &mut Vec<u8>, array: &RawArray, depth: usize) -> Result<()> {
    check(depth)?;
    out.push(b'[');
    for (index, value) in array.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_value(out, value?, depth + 1)?;
    }
    out.push(b']');
    Ok(())
}

fn write_value(out: &mut Vec<u8>, value: RawBsonRef<'_>, depth: usize) -> Result<()> {
    match value {
        RawBsonRef::Document(document) => write_document(out, document, depth)?,
        RawBsonRef::Array(array) => write_array(out, array, depth)?,
        RawBsonRef::String(text) => string(out, text),
        RawBsonRef::Boolean(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        RawBsonRef::Null => out.extend_from_slice(b"null"),
        RawBsonRef::Int32(value) => wrapped(out, "numberInt", itoa::Buffer::new().format(value)),
        RawBsonRef::Int64(value) => wrapped(out, "numberLong", itoa::Buffer::new().format(value)),
        RawBsonRef::Double(value) => double(out, value),
        RawBsonRef::ObjectId(id) => wrapped(out, "oid", &id.to_hex()),
        RawBsonRef::DateTime(date) => {
            out.extend_from_slice(b"{\"$date\":");
            let millis = date.timestamp_millis();
            wrapped(out, "numberLong", itoa::Buffer::new().format(millis));
            out.push(b'}');
        }
        rare => write_rare(out, rare, depth)?,
    }
    Ok(())
}

fn write_rare(out: &mut Vec<u8>, value: RawBsonRef<'_>, depth: usize) -> Result<()> {
    match value {
        RawBsonRef::Binary(binary) => {
            out.extend_from_slice(b"{\"$binary\":{\"base64\":\"");
            out.extend_from_slice(STANDARD.encode(binary.bytes).as_bytes());
            write!(out, "\",\"subType\":\"{:02x}\"}}}}", u8::from(binary.subtype))?;
        }
        RawBsonRef::RegularExpression(regex) => {
            out.extend_from_slice(b"{\"$regularExpression\":{\"pattern\":");
            string(out, regex.pattern.as_str());
            out.extend_from_slice(b",\"options\":");
            string(out, regex.options.as_str());
            out.extend_from_slice(b"}}");
        }
        RawBsonRef::Timestamp(time) => {
            write!(out, "{{\"$timestamp\":{{\"t\":{},\"i\":{}}}}}", time.time, time.increment)?;
        }
        RawBsonRef::Decimal128(value) => wrapped(out, "numberDecimal", &value.to_string()),
        RawBsonRef::JavaScriptCode(code) => wrapped(out, "code", code),
        RawBsonRef::Symbol(symbol) => wrapped(out, "symbol", symbol),
        RawBsonRef::JavaScriptCodeWithScope(code) => {
            out.extend_from_slice(b"{\"$code\":");
            string(out, code.code);
            out.extend_from_slice(b",\"$scope\":");
            write_document(out, code.scope, depth)?;
            out.push(b'}');
        }
        RawBsonRef::Undefined => out.extend_from_slice(b"{\"$undefined\":true}"),
        RawBsonRef::MinKey => out.extend_from_slice(b"{\"$minKey\":1}"),
        RawBsonRef::MaxKey => out.extend_from_slice(b"{\"$maxKey\":1}"),
        pointer => {
            // The crate keeps what is in a DBPointer, the last type, to itself.
            let mut document = RawDocumentBuf::new();
            document.append(cstr!(""), pointer);
            write_pointer(out, document.as_bytes())?;
        }
    }
    Ok(())
}

/// The `DBPointer` in a document that has it as its only value, under an empty key.
fn write_pointer(out: &mut Vec<u8>, document: &[u8]) -> Result<()> {
    /// The document's size, the type, the key, the size of the string.
    const BEFORE: usize = 4 + 1 + 1 + 4;
    /// The string's zero, the id, the document's zero.
    const AFTER: usize = 1 + 12 + 1;
    let unreadable = || Error::from(io::Error::other("A DBPointer is malformed"));
    let end = document.len().checked_sub(AFTER).ok_or_else(unreadable)?;
    let namespace = document.get(BEFORE..end).and_then(|bytes| str::from_utf8(bytes).ok());
    let id = document[end + 1..].first_chunk().map(|id| ObjectId::from_bytes(*id));
    let (Some(namespace), Some(id)) = (namespace, id) else { return Err(unreadable()) };
    out.extend_from_slice(b"{\"$dbPointer\":{\"$ref\":");
    string(out, namespace);
    out.extend_from_slice(b",\"$id\":");
    wrapped(out, "oid", &id.to_hex());
    out.extend_from_slice(b"}}");
    Ok(())
}

fn double(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        wrapped(out, "numberDouble", "NaN");
    } else if value.is_infinite() {
        wrapped(out, "numberDouble", if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        wrapped(out, "numberDouble", zmij::Buffer::new().format(value));
    }
}

/// An object of one key, without its dollar, and text.
fn wrapped(out: &mut Vec<u8>, key: &str, value: &str) {
    out.extend_from_slice(b"{\"$");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    string(out, value);
    out.push(b'}');
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(DIGITS[usize::from(byte >> 4)]);
                out.push(DIGITS[usize::from(byte & 15)]);
            }
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
