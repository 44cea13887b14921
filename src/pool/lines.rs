//! Lines of EJSON that JS hands over to be read: many on a thread of their own. It knows neither what is
//! in them nor servers.

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use super::aside::{AT_ONCE, aside};
use crate::{codec::ejson, error::Error};

/// Reads `{ lines: <bytes>, first: <number> }`, see [`ejson::read_lines`].
pub(super) async fn read(given: RawDocumentBuf) -> Result<Vec<u8>, Error> {
    if given.as_bytes().len() <= AT_ONCE {
        return read_now(&given);
    }
    aside(move || read_now(&given)).await.unwrap_or_else(|error| Err(malformed(error)))
}

fn read_now(given: &RawDocument) -> Result<Vec<u8>, Error> {
    let lines = given.get_binary("lines").map_err(malformed)?.bytes;
    let first = given.get("first").map_err(malformed)?.and_then(RawBsonRef::as_i32);
    let first = first.and_then(|first| u32::try_from(first).ok()).unwrap_or(1);
    ejson::read_lines(lines, first).map_err(|error| Error::NotJson(error.to_string()))
}

fn malformed(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}
