//! Strings of BSON as strings of JSON. It knows UTF-8 and escapes; which strings have to be valid is
//! its callers' to say.

use super::{NotJson, Transcoder};

const INVALID_UTF8: NotJson = NotJson("Invalid UTF-8 string in BSON document");

/// What a byte needs, see [`CLASS`].
const ESCAPE: u8 = 1;
/// Part of a character outside of ASCII.
const HIGH: u8 = 2;

/// What each byte of a string asks for: nothing, an escape, or a look at its neighbours.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if byte < 0x20 || byte == b'"' as usize || byte == b'\\' as usize {
            class[byte] = ESCAPE;
        } else if byte >= 0x80 {
            class[byte] = HIGH;
        }
        byte += 1;
    }
    class
};

/// A zero-terminated string at the start of `bytes`, and what follows it.
pub(super) fn cstring(bytes: &[u8]) -> Result<(&[u8], &[u8]), NotJson> {
    let end = bytes.iter().position(|&byte| byte == 0).ok_or(UNTERMINATED)?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

pub(super) const UNTERMINATED: NotJson = NotJson("Bad BSON Document: illegal CString");

/// A key and what follows it, and whether it is other than printable ASCII without quotes.
pub(super) fn key(bytes: &[u8]) -> Result<(&[u8], u8, &[u8]), NotJson> {
    let mut class = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == 0 {
            return Ok((&bytes[..at], class, &bytes[at + 1..]));
        }
        class |= CLASS[usize::from(byte)];
    }
    Err(UNTERMINATED)
}

/// Eight bits for what all of `bytes` need. Written without branches, for the compiler to use vectors.
#[expect(clippy::needless_bitwise_bool, reason = "branches would keep the compiler from it")]
fn class_of(bytes: &[u8]) -> u8 {
    let (chunks, rest) = bytes.as_chunks::<32>();
    let mut class = 0;
    for chunk in chunks {
        let (mut high, mut escape) = (0, false);
        for &byte in chunk {
            high |= byte;
            escape |= (byte < 0x20) | (byte == b'"') | (byte == b'\\');
        }
        class |= (u8::from(escape) * ESCAPE) | ((high >> 7) * HIGH);
    }
    rest.iter().fold(class, |class, &byte| class | CLASS[usize::from(byte)])
}

impl Transcoder {
    /// A string that has to be valid, unless the caller of all this said otherwise.
    pub(super) fn string(&mut self, bytes: &[u8]) -> Result<(), NotJson> {
        self.out.push(b'"');
        let class = class_of(bytes);
        if class == 0 {
            self.out.extend_from_slice(bytes);
        } else if class & HIGH == 0 || std::str::from_utf8(bytes).is_ok() {
            self.escaped(bytes, class);
        } else if self.lossy {
            self.replaced(bytes);
        } else {
            return Err(INVALID_UTF8);
        }
        self.out.push(b'"');
        Ok(())
    }

    /// A string in which characters that are none become replacement characters.
    pub(super) fn lossy_string(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        let class = class_of(bytes);
        if class & HIGH == 0 || std::str::from_utf8(bytes).is_ok() {
            self.escaped(bytes, class);
        } else {
            self.replaced(bytes);
        }
        self.out.push(b'"');
    }

    /// Cuts characters that are none where JavaScript does: both follow the same standard.
    fn replaced(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        self.escaped(text.as_bytes(), class_of(text.as_bytes()));
    }

    fn escaped(&mut self, text: &[u8], class: u8) {
        if class & ESCAPE == 0 {
            self.out.extend_from_slice(text);
            return;
        }
        let mut copied = 0;
        for (at, &byte) in text.iter().enumerate() {
            if CLASS[usize::from(byte)] == ESCAPE {
                self.out.extend_from_slice(&text[copied..at]);
                self.escape(byte);
                copied = at + 1;
            }
        }
        self.out.extend_from_slice(&text[copied..]);
    }

    fn escape(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let short = match byte {
            0x08 => b'b',
            0x09 => b't',
            0x0A => b'n',
            0x0C => b'f',
            0x0D => b'r',
            b'"' | b'\\' => byte,
            _ => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                self.out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
                return;
            }
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }

    /// Bytes as hexadecimal digits, without quotes.
    pub(super) fn hex(&mut self, bytes: &[u8]) {
        /// Both digits of each byte.
        const PAIRS: [[u8; 2]; 256] = {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            let mut pairs = [[0; 2]; 256];
            let mut byte = 0;
            while byte < 256 {
                pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
                byte += 1;
            }
            pairs
        };
        for &byte in bytes {
            self.out.extend_from_slice(&PAIRS[usize::from(byte)]);
        }
    }

    /// Bytes in base64, without quotes.
    pub(super) fn base64(&mut self, bytes: &[u8]) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let start = self.out.len();
        self.out.resize(start + bytes.len().div_ceil(3) * 4, 0);
        let written = STANDARD.encode_slice(bytes, &mut self.out[start..]);
        debug_assert_eq!(written.ok(), Some(self.out.len() - start));
    }

    /// The source of a JavaScript regular expression with this pattern: what a literal between
    /// slashes has to escape is escaped (ECMAScript's `EscapeRegExpPattern`, as V8 has it).
    pub(super) fn regexp_source(&mut self, pattern: &[u8]) {
        let pattern = String::from_utf8_lossy(pattern);
        let mut source = String::with_capacity(pattern.len());
        let (mut after_backslash, mut in_class) = (false, false);
        for character in pattern.chars() {
            let escape = match character {
                '\n' => "n",
                '\r' => "r",
                '\u{2028}' => "u2028",
                '\u{2029}' => "u2029",
                '/' if !after_backslash && !in_class => "/",
                _ => "",
            };
            if escape.is_empty() {
                source.push(character);
            } else {
                source.push_str(if after_backslash { "" } else { "\\" });
                source.push_str(escape);
            }
            if after_backslash {
                after_backslash = false;
            } else {
                after_backslash = character == '\\';
                in_class = (in_class || character == '[') && character != ']';
            }
        }
        self.lossy_string(if source.is_empty() { b"(?:)" } else { source.as_bytes() });
    }
}
