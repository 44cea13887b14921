//! Text and the documents that it stands for.

use bson::{
    Binary, Bson, DateTime, Decimal128, Document, JavaScriptCodeWithScope, RawDocument,
    RawDocumentBuf, Regex, Timestamp, cstr, doc, oid::ObjectId, rawdoc, spec::BinarySubtype,
};

use super::{read_lines, reader::Reader, write_line};

fn read(text: &str) -> Result<Document, String> {
    let mut reader = Reader::new(text, Vec::new());
    reader.only_document().map_err(|error| error.to_string())?;
    let raw = RawDocument::from_bytes(&reader.out).map_err(|error| error.to_string())?;
    Document::try_from(raw).map_err(|error| error.to_string())
}

/// A document as it is written.
fn line(document: &Document) -> String {
    let mut out = Vec::new();
    write_line(&mut out, &RawDocumentBuf::try_from(document).unwrap()).unwrap();
    String::from_utf8(out).unwrap()
}

/// One of every type.
fn all() -> Document {
    doc! {
        "double": 1.5, "integral": 5.0, "nan": f64::NAN, "infinite": f64::NEG_INFINITY, "minus": -0.0,
        "string": "a\"\\\u{1}\n\u{1f600}é", "document": { "a": {} }, "array": [1, [], { "b": [2] }],
        "binary": Binary { subtype: BinarySubtype::Generic, bytes: vec![0, 255, 7] },
        "uuid": Binary { subtype: BinarySubtype::Uuid, bytes: (0..16).collect() },
        "user": Binary { subtype: BinarySubtype::UserDefined(0x80), bytes: vec![] },
        "undefined": Bson::Undefined, "id": ObjectId::from_bytes([7; 12]), "true": true, "false": false,
        "date": DateTime::from_millis(1), "early": DateTime::from_millis(-1),
        "far": DateTime::from_millis(i64::MAX), "null": Bson::Null,
        "regex": Regex { pattern: cstr!("a/b").to_owned(), options: cstr!("im").to_owned() },
        "code": Bson::JavaScriptCode("f()".into()), "symbol": Bson::Symbol("s".into()),
        "scoped": JavaScriptCodeWithScope { code: "g()".into(), scope: doc! { "x": 1_i64 } },
        "int": -3, "time": Timestamp { time: u32::MAX, increment: 2 }, "long": 5_i64,
        "least": i64::MIN, "decimal": "1.50".parse::<Decimal128>().unwrap(),
        "min": Bson::MinKey, "max": Bson::MaxKey, "": "", "$odd": 1, "dotted.key": 2
    }
}

#[test]
fn reads_what_it_writes_as_the_same_bytes() {
    let bytes = all().to_vec().unwrap();
    let text = line(&all());
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let mut reader = Reader::new(&text, Vec::new());
    reader.only_document().unwrap();
    let read = RawDocument::from_bytes(&reader.out).unwrap();
    assert_eq!(read.as_bytes(), bytes, "{read:?}");
}

#[test]
fn writes_and_reads_pointers_and_binary_data_of_the_old_kind() {
    let pointer =
        r#"{"a":{"$dbPointer":{"$ref":"d.c","$id":{"$oid":"070707070707070707070707"}}}}"#;
    let document = read(pointer).unwrap();
    assert!(matches!(document.get("a"), Some(Bson::DbPointer(_))));
    assert_eq!(line(&document).trim_end(), pointer);
    let old = doc! { "a": Binary { subtype: BinarySubtype::BinaryOld, bytes: vec![1, 2] } };
    assert_eq!(read(line(&old).trim_end()).unwrap().to_vec().unwrap(), old.to_vec().unwrap());
}

#[test]
fn refuses_to_write_what_no_server_nests_so_deep() {
    let mut document = rawdoc! { "a": 1 };
    for _ in 0..1_000 {
        document = rawdoc! { "a": document };
    }
    assert!(write_line(&mut Vec::new(), &document).is_err());
}

#[test]
fn writes_canonical_lines() {
    let text = line(&doc! { "b": 1, "1": 2_i64, "$set": { "a": [1.0, 1.5e300, f64::NAN] } });
    let wanted = concat!(
        r#"{"b":{"$numberInt":"1"},"1":{"$numberLong":"2"},"$set":{"a":[{"$numberDouble":"1.0"},"#,
        r#"{"$numberDouble":"1.5e+300"},{"$numberDouble":"NaN"}]}}"#,
        "\n"
    );
    assert_eq!(text, wanted);
}

#[test]
fn reads_plain_json_with_the_narrowest_numbers() {
    let text = r#" { "a" : 1 , "b": 2147483648, "c": 1.0, "d": 1e3, "e": 9223372036854775808,
        "f": -0, "g": "\u00e9\ud83d\ude00\ud83dx\/", "h": [ ], "i": { } } "#;
    let wanted = doc! {
        "a": 1, "b": 2_147_483_648_i64, "c": 1.0, "d": 1000.0, "e": 9_223_372_036_854_775_808.0,
        "f": -0.0, "g": "é\u{1f600}\u{fffd}x/", "h": [], "i": {}
    };
    assert_eq!(read(text).unwrap().to_vec().unwrap(), wanted.to_vec().unwrap());
}

#[test]
fn reads_relaxed_and_older_forms() {
    let text = r#"{"a": {"$date": "1970-01-01T00:00:00.001Z"}, "b": {"$date": 5},
        "c": {"$uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f"},
        "d": {"$binary": "AP8H", "$type": "00"}, "e": {"$minKey": {"$numberInt": "1"}},
        "f": {"$timestamp": {"t": {"$numberInt": "1"}, "i": 2}}}"#;
    let wanted = doc! {
        "a": DateTime::from_millis(1), "b": DateTime::from_millis(5),
        "c": Binary { subtype: BinarySubtype::Uuid, bytes: (0..16).collect() },
        "d": Binary { subtype: BinarySubtype::Generic, bytes: vec![0, 255, 7] },
        "e": Bson::MinKey, "f": Timestamp { time: 1, increment: 2 }
    };
    assert_eq!(read(text).unwrap(), wanted);
}

#[test]
fn takes_what_only_looks_like_a_value_for_a_document() {
    for text in [
        r#"{"a":{"$oid":"short"}}"#,
        r#"{"a":{"$oid":"000000000000000000000000","b":1}}"#,
        r#"{"a":{"$numberInt":5}}"#,
        r#"{"a":{"$date":"yesterday"}}"#,
        r#"{"a":{"$ref":"c","$id":1}}"#,
        r#"{"a":{"$minKey":2}}"#,
        r#"{"a":{"$binary":{"base64":"!","subType":"00"}}}"#,
        r#"{"a":{"$timestamp":{"t":-1,"i":1}}}"#,
        r#"{"a":{"$set":{"b":1}}}"#,
        r#"{"a":{"$code":"x","k":1}}"#,
        r#"{"a":{"$code":"x","k":"y"}}"#,
        r#"{"a":{"$code":"x","$scope":{},"k":1}}"#,
        r#"{"a":{"$code":"x","$scope":1}}"#,
    ] {
        let read = read(text).unwrap();
        assert!(matches!(read.get("a"), Some(Bson::Document(_))), "{text}: {read}");
    }
}

#[test]
fn writes_and_reads_a_document_that_looks_like_code() {
    let document = doc! { "a": { "$code": "x", "$scope": { "b": 1 }, "k": 1_i64, "$scope2": [] } };
    let read = read(line(&document).trim_end()).unwrap();
    assert_eq!(read.to_vec().unwrap(), document.to_vec().unwrap());
}

#[test]
fn refuses_what_is_no_json() {
    for text in [
        "",
        "1",
        "{",
        "{}x",
        "{a:1}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":[1,]}"#,
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":+1}"#,
        r#"{"a":tru}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12"}"#,
        "{\"a\":\"\n\"}",
        r#"{"a":"b"#,
        r#"{"a\u0000b":1}"#,
        r#"{"a":{"$code":"x","$scope":"#,
        r#"{"a":{"$code":"x","k":}}"#,
        r#"{"a":{"$code":"x",}}"#,
        r#"{"a":{"$binary":"AP8H","$typo":}}"#,
        r#"{"a":{"$timestamp":{"t":1,"i":2,}}}"#,
        r#"{"a":{"$regularExpression":{"pattern":"a","options":"",}}}"#,
        r#"{"a":{"$binary":{"base64":"","subType":"00",}}}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    for key in ["a", "$date", "$minKey", "$binary", "$dbPointer", "$timestamp"] {
        let deep = format!("{}1{}", format!("{{\"{key}\":").repeat(1_000), "}".repeat(1_000));
        assert!(read(&deep).unwrap_err().contains("too deep"), "{key}");
    }
    let scope = "{\"$code\":\"\",\"$scope\":{\"a\":".repeat(1_000);
    assert!(read(&format!("{scope}1{}", "}}".repeat(1_000))).unwrap_err().contains("too deep"));
    let scope = "{\"$code\":\"\",\"$scope\":{\"a\":".repeat(150);
    assert!(read(&format!("{{\"a\":{scope}1{}}}", "},\"k\":1}".repeat(150))).is_ok());
    let deep = format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000));
    assert!(read(&deep).unwrap_err().contains("too deep"));
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1_000), "]".repeat(1_000));
    assert!(read(&deep).unwrap_err().contains("too deep"));
}

/// The documents behind each other.
fn documents(mut bytes: &[u8]) -> Vec<Document> {
    let mut found = Vec::new();
    while let Some(size) = bytes.first_chunk() {
        let (one, rest) = bytes.split_at(i32::from_le_bytes(*size).unsigned_abs() as usize);
        found.push(Document::try_from(RawDocument::from_bytes(one).unwrap()).unwrap());
        bytes = rest;
    }
    found
}

#[test]
fn hands_on_the_documents_of_a_collection_together() {
    let lines = concat!(
        "{\"type\":\"meta\",\"version\":1}\r\n",
        "{\"type\":\"document\",\"collection\":\"a\",\"document\":{\"n\":{\"$numberLong\":\"1\"}}}\n\n",
        "{\"document\":{\"n\":2},\"collection\":\"a\",\"type\":\"document\"}\n",
        "{\"type\":\"document\",\"collection\":\"b\",\"document\":{}}\n",
        "{\"type\":\"collectionEnd\",\"collection\":\"b\"}\n"
    );
    let wanted = [
        doc! { "lines": 6 },
        doc! { "type": "meta", "version": 1 },
        doc! { "type": "documents", "collection": "a", "count": 2 },
        doc! { "n": 1_i64 },
        doc! { "n": 2 },
        doc! { "type": "documents", "collection": "b", "count": 1 },
        doc! {},
        doc! { "type": "collectionEnd", "collection": "b" },
    ];
    assert_eq!(documents(&read_lines(lines.as_bytes(), 1).unwrap()), wanted);
}

#[test]
fn says_which_line_is_no_record() {
    for (line, what) in [
        ("{\"type\":1}", "Line 8: It is no record of an export"),
        ("{\"type\":\"document\",\"collection\":\"a\"}", "Line 8: Its document is none"),
        ("[]", "Line 8: An object is wanted at character 0"),
    ] {
        let lines = format!("{{\"type\":\"meta\"}}\n{line}");
        assert_eq!(read_lines(lines.as_bytes(), 7).unwrap_err().to_string(), what);
    }
}

#[test]
fn survives_any_end_and_any_corrupted_byte() {
    let text = line(&all()).into_bytes();
    for at in 0..text.len() {
        let mut changed = text.clone();
        for byte in [b'"', b'{', b'}', b'0', b'\\', b'$', 0] {
            changed[at] = byte;
            let _ = read_lines(&changed, 1);
        }
        let _ = read_lines(&text[..at], 1);
    }
}
