//! `name:value` pairs between commas, as `readPreferenceTags` and `authMechanismProperties` hold them.
//!
//! Splits only; must not know what the names mean.

use super::error::{ErrorClass, Result};
use super::given::Given;

/// The pairs of `text`, a part of `given`. A value may hold colons; empty text holds no pair.
pub(super) fn parse(given: &Given<'_>, text: &str) -> Result<Vec<(String, String)>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',')
        .map(|pair| match pair.split_once(':') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(given.must_be(ErrorClass::Parse, "pairs of name:value between commas")),
        })
        .collect()
}
