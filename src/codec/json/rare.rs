//! The types that few documents have, as JSON: what js-bson's classes for them give in `toJSON` and
//! `toExtendedJSON`.

use super::{
    Dialect, NotJson, Transcoder, decimal, number,
    object::{Role, nested, split_namespace},
    text::cstring,
    value::{Cut, TRUNCATED, fixed, int32, string},
};

/// Binary data: its subtype and its bytes.
fn binary(bytes: &[u8]) -> Cut<'_, (u8, &[u8])> {
    let (size, rest) = int32(bytes)?;
    let size =
        usize::try_from(size).map_err(|_| NotJson("Negative binary type element size found"))?;
    let (&subtype, rest) = rest.split_first().ok_or(TRUNCATED)?;
    let (data, rest) =
        rest.split_at_checked(size).ok_or(NotJson("Binary type size larger than document size"))?;
    if subtype != 2 {
        return Ok(((subtype, data), rest));
    }
    // The old kind has its length a second time.
    let (inner, data) = int32(data)?;
    if usize::try_from(inner) == Ok(data.len()) {
        Ok(((subtype, data), rest))
    } else {
        Err(NotJson("Binary type with subtype 0x02 contains a binary size other than its own"))
    }
}

impl Transcoder {
    /// As `value`.
    pub(super) fn rare<'a>(
        &mut self,
        kind: u8,
        bytes: &'a [u8],
        dialect: Dialect,
        depth: usize,
    ) -> Result<&'a [u8], NotJson> {
        let plain = dialect == Dialect::Plain;
        match kind {
            0x05 => {
                let ((subtype, data), rest) = binary(bytes)?;
                self.binary(subtype, data, plain);
                Ok(rest)
            }
            0x0B => {
                let (pattern, rest) = cstring(bytes)?;
                let (options, rest) = cstring(rest)?;
                self.regexp(pattern, options, plain);
                Ok(rest)
            }
            0x0C => {
                let (namespace, rest) = string(bytes)?;
                let (id, rest) = fixed::<12>(rest)?;
                self.pointer(namespace, id, plain)?;
                Ok(rest)
            }
            0x0D => {
                let (code, rest) = string(bytes)?;
                self.raw(if plain { "{\"code\":" } else { "{\"$code\":" });
                self.string(code)?;
                self.raw("}");
                Ok(rest)
            }
            0x0F => self.code_with_scope(bytes, dialect, depth),
            0x11 => {
                let (increment, rest) = fixed(bytes)?;
                let (time, rest) = fixed(rest)?;
                self.timestamp(u32::from_le_bytes(time), u32::from_le_bytes(increment), plain);
                Ok(rest)
            }
            0x13 => {
                let (digits, rest) = fixed(bytes)?;
                self.raw("{\"$numberDecimal\":\"");
                decimal::decimal(&mut self.out, digits);
                self.raw("\"}");
                Ok(rest)
            }
            0x7F | 0xFF => {
                self.raw(match (plain, kind) {
                    (true, _) => "{}",
                    (false, 0x7F) => "{\"$maxKey\":1}",
                    (false, _) => "{\"$minKey\":1}",
                });
                Ok(bytes)
            }
            0 => Err(NotJson("Bad BSON Document: object not properly terminated")),
            _ => Err(NotJson("Detected unknown BSON type")),
        }
    }

    fn timestamp(&mut self, time: u32, increment: u32, plain: bool) {
        self.raw("{\"$timestamp\":");
        if plain {
            self.out.push(b'"');
            number::integer(&mut self.out, u64::from(time) << 32 | u64::from(increment));
            self.raw("\"}");
            return;
        }
        self.raw("{\"t\":");
        number::integer(&mut self.out, time);
        self.raw(",\"i\":");
        number::integer(&mut self.out, increment);
        self.raw("}}");
    }

    fn binary(&mut self, subtype: u8, data: &[u8], plain: bool) {
        if !plain {
            if subtype == 9 {
                self.refusal = self.refusal.or(vector_fault(data));
            }
            self.raw("{\"$binary\":{\"base64\":\"");
            self.base64(data);
            self.raw("\",\"subType\":\"");
            self.hex(&[subtype]);
            self.raw("\"}}");
            return;
        }
        self.out.push(b'"');
        match data.as_chunks::<4>().0 {
            // A UUID, in its groups of digits.
            [a, b, c, d] if subtype == 4 && data.len() == 16 => {
                self.hex(a);
                for group in [[b[0], b[1]], [b[2], b[3]], [c[0], c[1]]] {
                    self.out.push(b'-');
                    self.hex(&group);
                }
                self.out.push(b'-');
                self.hex(&[c[2], c[3]]);
                self.hex(d);
            }
            _ => self.base64(data),
        }
        self.out.push(b'"');
    }

    /// js-bson makes a `RegExp`, whose JSON is empty. Whether JavaScript could compile the pattern is
    /// not looked at.
    fn regexp(&mut self, pattern: &[u8], options: &[u8], plain: bool) {
        if plain {
            return self.raw("{}");
        }
        if options.contains(&b's') {
            // It reads as `g`, which is no option of BSON's.
            let fault = NotJson("The regular expression option [g] is not supported");
            self.refusal = self.refusal.or(Some(fault));
        }
        self.raw("{\"$regularExpression\":{\"pattern\":");
        self.regexp_source(pattern);
        self.raw(",\"options\":\"");
        for option in [b'i', b'm'] {
            if options.contains(&option) {
                self.out.push(option);
            }
        }
        self.raw("\"}}");
    }

    /// A `DBPointer`, which js-bson reads as a `DBRef`.
    fn pointer(&mut self, namespace: &[u8], id: [u8; 12], plain: bool) -> Result<(), NotJson> {
        let start = self.out.len();
        self.string(namespace)?;
        let name = self.out.split_off(start);
        let (database, collection) = split_namespace(&name[1..name.len() - 1]);
        self.raw("{\"$ref\":\"");
        self.out.extend_from_slice(collection);
        self.raw("\",\"$id\":");
        self.object_id(id, plain);
        if let Some(database) = database.filter(|name| plain || !name.is_empty()) {
            self.raw(",\"$db\":\"");
            self.out.extend_from_slice(database);
            self.raw("\"");
        }
        self.raw("}");
        Ok(())
    }

    fn code_with_scope<'a>(
        &mut self,
        bytes: &'a [u8],
        dialect: Dialect,
        depth: usize,
    ) -> Result<&'a [u8], NotJson> {
        let plain = dialect == Dialect::Plain;
        let (total, rest) = int32(bytes)?;
        let (code, rest) = string(rest)?;
        let (scope, rest) = nested(rest)?;
        // Both lengths, the string with its zero, the scope.
        let size = 4 + 4 + code.len() + 1 + scope.len();
        if usize::try_from(total) != Ok(size) {
            return Err(NotJson("code_w_scope total size does not fit its parts"));
        }
        self.raw(if plain { "{\"code\":" } else { "{\"$code\":" });
        self.string(code)?;
        self.raw(if plain { ",\"scope\":" } else { ",\"$scope\":" });
        self.object(scope, dialect, Role::Scope, depth + 1)?;
        self.raw("}");
        Ok(rest)
    }
}

/// What `EJSON` checks of a vector (`validateBinaryVector`).
fn vector_fault(data: &[u8]) -> Option<NotJson> {
    const INT8: u8 = 0x03;
    const FLOAT32: u8 = 0x27;
    const PACKED_BIT: u8 = 0x10;
    let padding = data.get(1).copied();
    let fault = match data.first() {
        Some(&(INT8 | FLOAT32)) if padding != Some(0) => {
            "Invalid Vector: padding must be zero for int8 and float32 vectors"
        }
        Some(&FLOAT32) if !(data.len() - 2).is_multiple_of(4) => {
            "Invalid Vector: Float32 vector must contain a multiple of 4 bytes"
        }
        Some(&PACKED_BIT) if data.len() == 2 && padding != Some(0) => {
            "Invalid Vector: padding must be zero for packed bit vectors that are empty"
        }
        Some(&PACKED_BIT) if padding.is_some_and(|padding| padding > 7) => {
            "Invalid Vector: padding must be a value between 0 and 7"
        }
        _ => return None,
    };
    Some(NotJson(fault))
}
