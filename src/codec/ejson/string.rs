//! Strings of JSON. Half of a surrogate pair becomes the replacement character, as js-bson writes it.

use super::{NotEjson, reader::Reader};

impl Reader<'_> {
    /// A string as a value: its size, its bytes and a zero. The opening quotation mark is next.
    pub(super) fn string_value(&mut self) -> Result<(), NotEjson> {
        self.at += 1;
        let start = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        self.content()?;
        self.out.push(0);
        let size = i32::try_from(self.out.len() - start - 4)
            .map_err(|_| self.fault("The string is too long"))?;
        self.out[start..start + 4].copy_from_slice(&size.to_le_bytes());
        Ok(())
    }

    /// A key, or another string that ends with a zero. Its opening quotation mark has been read.
    pub(super) fn key(&mut self) -> Result<(), NotEjson> {
        let start = self.out.len();
        self.content()?;
        if self.out[start..].contains(&0) {
            return Err(self.fault("A key has a zero in it"));
        }
        self.out.push(0);
        Ok(())
    }

    /// A string as text of its own.
    pub(super) fn text(&mut self) -> Result<String, NotEjson> {
        self.expect(b'"', "A string is wanted")?;
        let start = self.out.len();
        let read = self.content();
        let bytes = self.out.split_off(start);
        read?;
        String::from_utf8(bytes).map_err(|_| self.fault("A string is not UTF-8"))
    }

    /// Appends what is between quotation marks, of which the first has been read.
    fn content(&mut self) -> Result<(), NotEjson> {
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .iter()
                .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)
                .ok_or_else(|| self.fault("A string does not end"))?;
            self.out.extend_from_slice(&rest[..plain]);
            self.at += plain + 1;
            match rest[plain] {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                _ => return Err(self.fault("A string has a control character in it")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), NotEjson> {
        let escaped = self.peek().ok_or_else(|| self.fault("A string does not end"))?;
        self.at += 1;
        let byte = match escaped {
            b'"' | b'\\' | b'/' => escaped,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let character = self.unicode()?;
                let mut bytes = [0; 4];
                self.out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
                return Ok(());
            }
            _ => return Err(self.fault("A string has an unknown escape in it")),
        };
        self.out.push(byte);
        Ok(())
    }

    fn unicode(&mut self) -> Result<char, NotEjson> {
        let unit = self.unit()?;
        let follows = self.text[self.at..].starts_with(b"\\u");
        if !(0xd800..0xdc00).contains(&unit) || !follows {
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        self.at += 2;
        let low = self.unit()?;
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at = before;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, NotEjson> {
        let unit = self
            .text
            .get(self.at..self.at + 4)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.fault("A string has an unknown escape in it"))?;
        self.at += 4;
        Ok(unit)
    }
}
