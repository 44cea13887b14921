//! Numbers of JSON: the narrowest integer that holds one, or a double where there is a fraction or an
//! exponent, or no integer is wide enough.

use super::{
    NotEjson,
    reader::{Reader, kind},
};

impl Reader<'_> {
    /// Reads a number and writes it; gives its type.
    pub(super) fn number(&mut self) -> Result<u8, NotEjson> {
        let rest = &self.text[self.at..];
        let length = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let digits = &rest[..length];
        let text = std::str::from_utf8(digits).ok().filter(|_| is_number(digits));
        let text = text.ok_or_else(|| self.fault("A value is wanted"))?;
        let is_integer = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-'));
        // Minus zero is no integer's.
        let integer = text.parse::<i64>().ok().filter(|_| is_integer && text != "-0");
        let kind = match (integer.map(i32::try_from), integer) {
            (Some(Ok(value)), _) => {
                self.out.extend_from_slice(&value.to_le_bytes());
                kind::INT32
            }
            (_, Some(value)) => {
                self.out.extend_from_slice(&value.to_le_bytes());
                kind::INT64
            }
            _ => {
                let value: f64 = text.parse().map_err(|_| self.fault("A number is malformed"))?;
                self.out.extend_from_slice(&value.to_le_bytes());
                kind::DOUBLE
            }
        };
        self.at += length;
        Ok(kind)
    }
}

/// Whether JSON allows it: no digit before another zero, and digits on both sides of a point.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let Some(rest) = digits(text) else { return false };
    if text[0] == b'0' && text.len() - rest.len() > 1 {
        return false;
    }
    let rest = match rest.split_first() {
        Some((b'.', fraction)) => match digits(fraction) {
            Some(rest) => rest,
            None => return false,
        },
        _ => rest,
    };
    match rest.split_first() {
        None => true,
        Some((b'e' | b'E', exponent)) => {
            let exponent =
                exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
            digits(exponent).is_some_and(<[u8]>::is_empty)
        }
        Some(_) => false,
    }
}

/// What follows digits, of which there must be one.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then(|| &text[count..])
}
