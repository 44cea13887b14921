//! Documents as JSON, against what `JSON.stringify` and `EJSON.stringify` gave.

use bson::{Bson, doc, oid::ObjectId, rawdoc};

use super::*;

fn json(document: &[u8], dialect: Dialect) -> Result<String, NotJson> {
    let mut transcoder = Transcoder::new(Vec::new(), Form::new(dialect));
    transcoder.document(document)?;
    assert!(transcoder.members.is_empty());
    Ok(String::from_utf8(transcoder.into_text()).unwrap())
}

fn all(document: &[u8]) -> [String; 3] {
    [Dialect::Plain, Dialect::Relaxed, Dialect::Canonical].map(|d| json(document, d).unwrap())
}

/// A document of elements that the bson crate would not write.
fn document(elements: &[(u8, &[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    for (kind, key, value) in elements {
        bytes.push(*kind);
        bytes.extend_from_slice(key);
        bytes.push(0);
        bytes.extend_from_slice(value);
    }
    bytes.push(0);
    let size = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&size.to_le_bytes());
    bytes
}

const ONE: &[u8] = &[1, 0, 0, 0];
const TWO: &[u8] = &[2, 0, 0, 0];

#[test]
fn writes_the_types_that_documents_have_in_each_dialect() {
    let id = ObjectId::from_bytes([1; 12]);
    let bytes = rawdoc! {
        "_id": id, "s": "a\"\n\u{1}ü", "n": 1, "d": 1.5, "w": 2.0, "l": 5_000_000_000_i64,
        "t": bson::DateTime::from_millis(1_000), "b": true, "z": null, "a": [1, "x"], "o": {}
    };
    let [plain, relaxed, canonical] = all(bytes.as_bytes());
    assert_eq!(
        plain,
        r#"{"_id":"010101010101010101010101","s":"a\"\n\u0001ü","n":1,"d":1.5,"w":2,"l":5000000000,"t":"1970-01-01T00:00:01.000Z","b":true,"z":null,"a":[1,"x"],"o":{}}"#
    );
    assert_eq!(
        relaxed,
        r#"{"_id":{"$oid":"010101010101010101010101"},"s":"a\"\n\u0001ü","n":1,"d":1.5,"w":2,"l":5000000000,"t":{"$date":"1970-01-01T00:00:01Z"},"b":true,"z":null,"a":[1,"x"],"o":{}}"#
    );
    assert_eq!(
        canonical,
        r#"{"_id":{"$oid":"010101010101010101010101"},"s":"a\"\n\u0001ü","n":{"$numberInt":"1"},"d":{"$numberDouble":"1.5"},"w":{"$numberInt":"2"},"l":{"$numberLong":"5000000000"},"t":{"$date":{"$numberLong":"1000"}},"b":true,"z":null,"a":[{"$numberInt":"1"},"x"],"o":{}}"#
    );
}

#[test]
fn writes_keys_in_the_order_of_javascript_objects() {
    let bytes = document(&[
        (0x10, b"b", ONE),
        (0x10, b"10", ONE),
        (0x10, b"a", ONE),
        (0x10, b"9", ONE),
        (0x10, b"4294967295", ONE),
        (0x10, b"01", ONE),
        (0x10, b"b", TWO),
    ]);
    let expected = r#"{"9":1,"10":1,"b":2,"a":1,"4294967295":1,"01":1}"#;
    assert_eq!(json(&bytes, Dialect::Plain).unwrap(), expected);
    assert_eq!(json(&bytes, Dialect::Relaxed).unwrap(), expected);
}

#[test]
fn leaves_undefined_out_of_objects_and_makes_it_null_elsewhere() {
    let array = document(&[(0x06, b"0", b"")]);
    let bytes = document(&[
        (0x10, b"a", ONE),
        (0x06, b"b", b""),
        (0x04, b"c", &array),
        (0x06, b"a", b""),
        (0x10, b"b", TWO),
    ]);
    let [plain, relaxed, _] = all(&bytes);
    assert_eq!(plain, r#"{"b":2,"c":[null]}"#);
    assert_eq!(relaxed, r#"{"a":null,"b":2,"c":[null]}"#);
}

#[test]
fn writes_long_integers_as_the_halves_that_a_long_has() {
    let bytes = rawdoc! { "a": i64::MAX };
    assert_eq!(
        json(bytes.as_bytes(), Dialect::Plain).unwrap(),
        r#"{"a":{"high":2147483647,"low":-1,"unsigned":false}}"#
    );
    let form = Form { low_first: true, ..Form::new(Dialect::Plain) };
    let mut transcoder = Transcoder::new(Vec::new(), form);
    transcoder.document(bytes.as_bytes()).unwrap();
    assert_eq!(transcoder.into_text(), br#"{"a":{"low":-1,"high":2147483647,"unsigned":false}}"#);
}

#[test]
fn finds_keys_that_come_twice_among_any_number_of_members() {
    for count in [2, 60, 95, 96, 97, 3_000] {
        let mut fields: Vec<_> = (0..count).map(|i| format!("key{i}")).collect();
        fields.push("key1".to_owned());
        let elements: Vec<_> = fields.iter().map(|key| (0x10, key.as_bytes(), ONE)).collect();
        let text = json(&document(&elements), Dialect::Plain).unwrap();
        assert_eq!(text.matches("\"key1\"").count(), 1, "of {count} members");
        assert_eq!(text.matches(':').count(), count);
    }
}

#[test]
fn takes_a_document_with_the_fields_of_a_reference_for_one() {
    let bytes =
        rawdoc! { "x": { "$db": "d", "f": 1, "$id": 5, "$ref": "c", "__proto__": 3, "1": 2 } };
    let [plain, relaxed, canonical] = all(bytes.as_bytes());
    assert_eq!(plain, r#"{"x":{"1":2,"$ref":"c","$id":5,"f":1,"$db":"d"}}"#);
    assert_eq!(relaxed, r#"{"x":{"1":2,"$ref":"c","$id":5,"$db":"d","f":1}}"#);
    assert!(canonical.contains(r#""$id":{"$numberInt":"5"}"#), "{canonical}");
    let split = rawdoc! { "$ref": "d.c", "$id": 1 };
    assert_eq!(
        json(split.as_bytes(), Dialect::Plain).unwrap(),
        r#"{"$ref":"c","$id":1,"$db":"d"}"#
    );
    for (other, expected) in [
        (rawdoc! { "$ref": "c", "$id": null }, r#"{"$ref":"c","$id":null}"#),
        (rawdoc! { "$ref": 1, "$id": 1 }, r#"{"$ref":1,"$id":1}"#),
        (
            rawdoc! { "$ref": "c", "$id": 1, "$x": 1, "$db": "d.e" },
            r#"{"$ref":"c","$id":1,"$x":1,"$db":"d.e"}"#,
        ),
    ] {
        assert_eq!(json(other.as_bytes(), Dialect::Plain).unwrap(), expected);
    }
}

#[test]
fn leaves_a_reference_whose_id_is_falsy_to_json_in_ejson() {
    let when = bson::DateTime::from_millis(0);
    let bytes = rawdoc! { "$ref": "c", "$id": 0, "t": when, "$db": "d" };
    let expected = r#"{"$ref":"c","$id":0,"$db":"d","t":"1970-01-01T00:00:00.000Z"}"#;
    assert_eq!(json(bytes.as_bytes(), Dialect::Canonical).unwrap(), expected);
}

#[test]
fn refuses_what_js_bson_would_not_read() {
    let text = [3, 0, 0, 0, 0xed, 0xa0, 0];
    assert_eq!(
        json(&document(&[(0x02, b"a", &text)]), Dialect::Plain),
        Err(NotJson("Invalid UTF-8 string in BSON document"))
    );
    let mut lossy = Transcoder::new(Vec::new(), Form { lossy: true, ..Form::new(Dialect::Plain) });
    lossy.document(&document(&[(0x02, b"a", &text)])).unwrap();
    assert_eq!(lossy.into_text(), "{\"a\":\"\u{fffd}\u{fffd}\"}".as_bytes());
    assert!(json(&document(&[(0x08, b"a", &[2])]), Dialect::Plain).is_err());
    assert!(json(&document(&[(0x20, b"a", b"")]), Dialect::Plain).is_err());
    let fault = rawdoc! { "_bsontype": "ObjectId" };
    assert!(json(fault.as_bytes(), Dialect::Relaxed).is_err());
    assert!(json(fault.as_bytes(), Dialect::Plain).is_ok());
    let replaced = document(&[(0x03, b"a", fault.as_bytes()), (0x10, b"a", ONE)]);
    assert_eq!(json(&replaced, Dialect::Relaxed).unwrap(), r#"{"a":1}"#);
    let array = document(&[(0x03, b"0", fault.as_bytes())]);
    assert!(json(&document(&[(0x04, b"a", &array)]), Dialect::Relaxed).is_err());
}

#[test]
fn reads_keys_that_are_not_utf_8() {
    let bytes = document(&[(0x10, b"\xff", ONE), (0x10, b"\xfe", TWO)]);
    assert_eq!(json(&bytes, Dialect::Plain).unwrap(), "{\"\u{fffd}\":2}");
}

#[test]
fn survives_any_truncation_and_any_single_corrupted_byte() {
    let scope = doc! { "x": 1 };
    let code =
        Bson::JavaScriptCodeWithScope(bson::JavaScriptCodeWithScope { code: "f".into(), scope });
    let whole: bson::RawDocumentBuf = doc! {
        "_id": ObjectId::new(), "s": "text", "n": [1, 2.5, { "$ref": "a.b", "$id": 1 }], "c": code,
        "b": bson::Binary { subtype: bson::spec::BinarySubtype::Uuid, bytes: vec![1; 16] },
        "r": bson::Regex { pattern: bson::cstr!("a/b").into(), options: bson::cstr!("i").into() },
        "m": Bson::MinKey, "t": bson::Timestamp { time: 1, increment: 2 }
    }
    .try_into()
    .unwrap();
    let bytes = whole.as_bytes();
    for dialect in [Dialect::Plain, Dialect::Relaxed, Dialect::Canonical] {
        json(bytes, dialect).unwrap();
        for end in 0..bytes.len() {
            assert!(json(&bytes[..end], dialect).is_err(), "accepted {end} bytes");
        }
        for at in 0..bytes.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = bytes.to_vec();
                damaged[at] = byte;
                let _ = json(&damaged, dialect);
            }
        }
    }
}

#[test]
fn refuses_deep_nesting_without_overflowing_the_stack() {
    let mut nested = bson::RawDocumentBuf::new();
    for _ in 0..1_000 {
        let mut outer = bson::RawDocumentBuf::new();
        outer.append(bson::cstr!("a"), nested);
        nested = outer;
    }
    assert!(json(nested.as_bytes(), Dialect::Plain).is_err());
}
