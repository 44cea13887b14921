//! Whether a caller's bytes are one well-formed BSON document, down to the last nested length.
//! The mongodb crate checks only the outermost length, so this is what keeps corrupted raw input
//! from being sent. It knows BSON and nothing else.

use bson::{RawBsonRef, RawDocument};

/// Nesting that the server accepts (its `maxBSONDepth` default).
const MAX_DEPTH: usize = 200;

/// Why the bytes are not a BSON document.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidDocument {
    /// A length, a type byte, a terminator or a string is wrong.
    #[error("{0}")]
    Malformed(String),
    /// Deeper than any server would take.
    #[error("it nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// Walks every element of `bytes`.
///
/// # Errors
/// At the first element that is malformed or nests deeper than 200 levels.
pub fn validate(bytes: &[u8]) -> Result<(), InvalidDocument> {
    let document = RawDocument::from_bytes(bytes).map_err(|e| malformed(&e))?;
    walk(document, 1)
}

fn walk(document: &RawDocument, depth: usize) -> Result<(), InvalidDocument> {
    if depth > MAX_DEPTH {
        return Err(InvalidDocument::TooDeep);
    }
    for element in document {
        match element.map_err(|e| malformed(&e))?.1 {
            RawBsonRef::Document(nested) => walk(nested, depth + 1)?,
            RawBsonRef::Array(nested) => {
                let nested =
                    RawDocument::from_bytes(nested.as_bytes()).map_err(|e| malformed(&e))?;
                walk(nested, depth + 1)?;
            }
            RawBsonRef::JavaScriptCodeWithScope(code) => walk(code.scope, depth + 1)?,
            _ => {}
        }
    }
    Ok(())
}

fn malformed(error: &bson::error::Error) -> InvalidDocument {
    InvalidDocument::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use bson::{RawDocumentBuf, rawdoc};

    use super::*;

    #[test]
    fn accepts_a_document_with_nested_documents_and_arrays() {
        let document = rawdoc! { "a": { "b": [1, { "c": "d" }] }, "e": 1.5 };
        assert_eq!(validate(document.as_bytes()), Ok(()));
    }

    #[test]
    fn refuses_every_truncation_of_a_document() {
        let document = rawdoc! { "a": { "b": [1, { "c": "d" }] }, "e": 1.5 };
        for end in 0..document.as_bytes().len() {
            assert!(validate(&document.as_bytes()[..end]).is_err(), "accepted {end} bytes");
        }
    }

    #[test]
    fn refuses_a_wrong_length_inside_a_nested_document() {
        let mut bytes = rawdoc! { "a": { "b": 1 } }.into_bytes();
        bytes[7] = 200;
        assert!(validate(&bytes).is_err());
    }

    #[test]
    fn refuses_a_type_byte_that_does_not_exist() {
        let mut bytes = rawdoc! { "a": { "b": 1 } }.into_bytes();
        bytes[11] = 0x77;
        assert!(validate(&bytes).is_err());
    }

    #[test]
    fn refuses_deep_nesting_without_overflowing_the_stack() {
        let mut document = RawDocumentBuf::new();
        for _ in 0..1_000 {
            let mut outer = RawDocumentBuf::new();
            outer.append(bson::cstr!("a"), document);
            document = outer;
        }
        assert_eq!(validate(document.as_bytes()), Err(InvalidDocument::TooDeep));
    }
}
