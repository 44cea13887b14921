//! One value of each BSON type as JSON. What the classes of js-bson give in `toJSON` and
//! `toExtendedJSON` is here; objects are `object.rs`'s.

use super::{
    Dialect, NotJson, Transcoder, date, decimal, number,
    object::{Role, nested},
    text::cstring,
};

/// BSON's type bytes, as far as they are asked for by name.
pub(super) mod kind {
    pub(in super::super) const DOUBLE: u8 = 0x01;
    pub(in super::super) const STRING: u8 = 0x02;
    pub(in super::super) const DOCUMENT: u8 = 0x03;
    pub(in super::super) const UNDEFINED: u8 = 0x06;
    pub(in super::super) const BOOLEAN: u8 = 0x08;
    pub(in super::super) const NULL: u8 = 0x0A;
    pub(in super::super) const SYMBOL: u8 = 0x0E;
    pub(in super::super) const INT32: u8 = 0x10;
    pub(in super::super) const INT64: u8 = 0x12;
}

/// The largest whole number up to which js-bson makes numbers of 64-bit integers, either sign.
const PROMOTED: u64 = 1 << 53;
/// The first millisecond that has no year of four digits.
const YEAR_10000: i64 = 253_402_300_800_000;

const TRUNCATED: NotJson = NotJson("corrupt bson message");
const BAD_LENGTH: NotJson = NotJson("bad string length in bson");

/// A value's bytes and what follows it.
type Cut<'a, T> = Result<(T, &'a [u8]), NotJson>;

fn fixed<const N: usize>(bytes: &[u8]) -> Cut<'_, [u8; N]> {
    let (value, rest) = bytes.split_first_chunk().ok_or(TRUNCATED)?;
    Ok((*value, rest))
}

fn int32(bytes: &[u8]) -> Cut<'_, i32> {
    let (value, rest) = fixed(bytes)?;
    Ok((i32::from_le_bytes(value), rest))
}

fn int64(bytes: &[u8]) -> Cut<'_, i64> {
    let (value, rest) = fixed(bytes)?;
    Ok((i64::from_le_bytes(value), rest))
}

/// A string with its length before it and a zero behind it.
fn string(bytes: &[u8]) -> Cut<'_, &[u8]> {
    let (size, rest) = int32(bytes)?;
    let size = usize::try_from(size).map_err(|_| BAD_LENGTH)?;
    match rest.split_at_checked(size) {
        Some(([text @ .., 0], rest)) => Ok((text, rest)),
        _ => Err(BAD_LENGTH),
    }
}

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

/// Whether JavaScript takes the value for false. Of types other than these, it takes none for false.
pub(super) fn is_falsy(kind: u8, bytes: &[u8]) -> bool {
    match kind {
        kind::DOUBLE => fixed(bytes)
            .is_ok_and(|(value, _)| matches!(f64::from_le_bytes(value), value if value == 0.0 || value.is_nan())),
        kind::STRING | kind::SYMBOL => string(bytes).is_ok_and(|(text, _)| text.is_empty()),
        kind::BOOLEAN => bytes.first() == Some(&0),
        kind::INT32 => int32(bytes).is_ok_and(|(value, _)| value == 0),
        kind::INT64 => int64(bytes).is_ok_and(|(value, _)| value == 0),
        _ => false,
    }
}

impl Transcoder {
    /// Writes the value at the start of `bytes`; gives what follows it.
    pub(super) fn value<'a>(
        &mut self,
        kind: u8,
        bytes: &'a [u8],
        dialect: Dialect,
        depth: usize,
    ) -> Result<&'a [u8], NotJson> {
        let plain = dialect == Dialect::Plain;
        match kind {
            kind::STRING | kind::SYMBOL => {
                let (text, rest) = string(bytes)?;
                self.string(text)?;
                Ok(rest)
            }
            kind::INT32 => {
                let (value, rest) = int32(bytes)?;
                self.whole(value.into(), dialect);
                Ok(rest)
            }
            kind::DOUBLE => {
                let (value, rest) = fixed(bytes)?;
                self.double(f64::from_le_bytes(value), dialect);
                Ok(rest)
            }
            kind::DOCUMENT => {
                let (document, rest) = nested(bytes)?;
                self.object(document, dialect, Role::Document, depth + 1)?;
                Ok(rest)
            }
            0x04 => {
                let (array, rest) = nested(bytes)?;
                self.array(array, dialect, depth + 1)?;
                Ok(rest)
            }
            0x05 => {
                let ((subtype, data), rest) = binary(bytes)?;
                self.binary(subtype, data, plain)?;
                Ok(rest)
            }
            0x07 => {
                let (id, rest) = fixed::<12>(bytes)?;
                self.object_id(id, plain);
                Ok(rest)
            }
            kind::BOOLEAN => match bytes.split_first() {
                Some((value @ 0..=1, rest)) => {
                    self.raw(if *value == 1 { "true" } else { "false" });
                    Ok(rest)
                }
                _ => Err(NotJson("illegal boolean type value")),
            },
            0x09 => {
                let (ms, rest) = int64(bytes)?;
                self.date(ms, dialect);
                Ok(rest)
            }
            kind::UNDEFINED | kind::NULL => {
                self.raw("null");
                Ok(bytes)
            }
            kind::INT64 => {
                let (value, rest) = int64(bytes)?;
                self.long(value, dialect);
                Ok(rest)
            }
            _ => self.rare(kind, bytes, dialect, depth),
        }
    }

    /// The types that few documents have.
    fn rare<'a>(
        &mut self,
        kind: u8,
        bytes: &'a [u8],
        dialect: Dialect,
        depth: usize,
    ) -> Result<&'a [u8], NotJson> {
        let plain = dialect == Dialect::Plain;
        match kind {
            0x0B => {
                let (pattern, rest) = cstring(bytes)?;
                let (options, rest) = cstring(rest)?;
                self.regexp(pattern, options, plain)?;
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

    pub(super) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// An array; its keys say nothing.
    fn array(&mut self, array: &[u8], dialect: Dialect, depth: usize) -> Result<(), NotJson> {
        super::object::check_depth(depth)?;
        let mut rest = super::object::elements(array)?;
        self.out.push(b'[');
        let mut first = true;
        while let Some((&kind, after)) = rest.split_first() {
            if !first {
                self.out.push(b',');
            }
            first = false;
            let (_, value) = cstring(after)?;
            rest = self.value(kind, value, dialect, depth)?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// A number without a fraction that JavaScript has as a number.
    fn whole(&mut self, value: i64, dialect: Dialect) {
        if dialect != Dialect::Canonical {
            return number::integer(&mut self.out, value);
        }
        let fits = i32::try_from(value).is_ok();
        self.raw(if fits { "{\"$numberInt\":\"" } else { "{\"$numberLong\":\"" });
        number::integer(&mut self.out, value);
        self.raw("\"}");
    }

    /// Canonical EJSON is written from JavaScript's numbers, which do not say what they were in BSON.
    fn double(&mut self, value: f64, dialect: Dialect) {
        match dialect {
            Dialect::Plain if !value.is_finite() => return self.raw("null"),
            Dialect::Plain | Dialect::Relaxed if value.is_finite() => {
                return number::double(&mut self.out, value);
            }
            _ => {}
        }
        let negative_zero = value == 0.0 && value.is_sign_negative();
        let whole = value.fract() == 0.0 && !negative_zero;
        self.raw(if whole && value >= f64::from(i32::MIN) && value <= f64::from(i32::MAX) {
            "{\"$numberInt\":\""
        } else if whole && value.abs() <= 9_223_372_036_854_775_808.0 {
            "{\"$numberLong\":\""
        } else {
            "{\"$numberDouble\":\""
        });
        if negative_zero {
            self.raw("-0.0");
        } else {
            number::double(&mut self.out, value);
        }
        self.raw("\"}");
    }

    /// A 64-bit integer. What js-bson does not make a number of stays a `Long`, which has no `toJSON`.
    fn long(&mut self, value: i64, dialect: Dialect) {
        if value.unsigned_abs() <= PROMOTED {
            return self.whole(value, dialect);
        }
        match dialect {
            Dialect::Plain => {
                let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
                self.raw("{\"high\":");
                number::integer(&mut self.out, i32::from_le_bytes([e, f, g, h]));
                self.raw(",\"low\":");
                number::integer(&mut self.out, i32::from_le_bytes([a, b, c, d]));
                self.raw(",\"unsigned\":false}");
            }
            #[expect(clippy::cast_precision_loss, reason = "what relaxed means")]
            Dialect::Relaxed => number::double(&mut self.out, value as f64),
            Dialect::Canonical => self.whole(value, dialect),
        }
    }

    fn date(&mut self, ms: i64, dialect: Dialect) {
        if dialect == Dialect::Plain {
            if !date::is_valid(ms) {
                return self.raw("null");
            }
            self.out.push(b'"');
            date::iso(&mut self.out, ms, false);
            self.out.push(b'"');
        } else if dialect == Dialect::Relaxed && (0..YEAR_10000).contains(&ms) {
            self.raw("{\"$date\":\"");
            date::iso(&mut self.out, ms, true);
            self.raw("\"}");
        } else {
            self.raw("{\"$date\":{\"$numberLong\":\"");
            date::milliseconds(&mut self.out, ms);
            self.raw("\"}}");
        }
    }

    fn object_id(&mut self, id: [u8; 12], plain: bool) {
        self.raw(if plain { "\"" } else { "{\"$oid\":\"" });
        self.hex(&id);
        self.raw(if plain { "\"" } else { "\"}" });
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

    fn binary(&mut self, subtype: u8, data: &[u8], plain: bool) -> Result<(), NotJson> {
        if !plain {
            if subtype == 9 {
                check_vector(data)?;
            }
            self.raw("{\"$binary\":{\"base64\":\"");
            self.base64(data);
            self.raw("\",\"subType\":\"");
            self.hex(&[subtype]);
            self.raw("\"}}");
            return Ok(());
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
        Ok(())
    }

    /// js-bson makes a `RegExp`, whose JSON is empty. Whether JavaScript could compile the pattern is
    /// not looked at.
    fn regexp(&mut self, pattern: &[u8], options: &[u8], plain: bool) -> Result<(), NotJson> {
        if plain {
            self.raw("{}");
            return Ok(());
        }
        if options.contains(&b's') {
            // It reads as `g`, which is no option of BSON's.
            return Err(NotJson("The regular expression option [g] is not supported"));
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
        Ok(())
    }

    /// A `DBPointer`, which js-bson reads as a `DBRef`.
    fn pointer(&mut self, namespace: &[u8], id: [u8; 12], plain: bool) -> Result<(), NotJson> {
        let start = self.out.len();
        self.string(namespace)?;
        let name = self.out.split_off(start);
        let (database, collection) = super::object::split_namespace(&name[1..name.len() - 1]);
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
fn check_vector(data: &[u8]) -> Result<(), NotJson> {
    const INT8: u8 = 0x03;
    const FLOAT32: u8 = 0x27;
    const PACKED_BIT: u8 = 0x10;
    let padding = data.get(1).copied();
    let fault = match data.first() {
        Some(&(INT8 | FLOAT32)) if padding != Some(0) => {
            "Invalid Vector: padding must be zero for int8 and float32 vectors"
        }
        Some(&FLOAT32) if (data.len() - 2) % 4 != 0 => {
            "Invalid Vector: Float32 vector must contain a multiple of 4 bytes"
        }
        Some(&PACKED_BIT) if data.len() == 2 && padding != Some(0) => {
            "Invalid Vector: padding must be zero for packed bit vectors that are empty"
        }
        Some(&PACKED_BIT) if padding.is_some_and(|padding| padding > 7) => {
            "Invalid Vector: padding must be a value between 0 and 7"
        }
        _ => return Ok(()),
    };
    Err(NotJson(fault))
}
