//! Lines of an export: one record of EJSON each. Documents that follow one another in a collection are
//! handed on together, as they are to be written.

use bson::{RawDocument, raw::RawBsonRef, rawdoc};

use super::{NotLines, reader::Reader};

/// Documents of one collection, behind each other.
struct Run {
    collection: String,
    count: i32,
    bytes: Vec<u8>,
}

/// Reads whole lines, of which `first` is the number of the first. Empty ones are passed over.
///
/// Gives BSON documents behind each other: `{ lines: <count> }`, and then each record as it is. Of
/// records `{ type: "document", collection, document }` that follow one another in one collection there
/// is one, `{ type: "documents", collection, count }`, and behind it the documents.
///
/// # Errors
/// At the first line that is no record.
pub fn read_lines(bytes: &[u8], first: u32) -> Result<Vec<u8>, NotLines> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(rawdoc! { "lines": 0_i32 }.as_bytes());
    let mut run: Option<Run> = None;
    let (mut scratch, mut number) = (Vec::new(), first);
    for line in bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|&byte| byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            scratch.clear();
            scratch = record(line, scratch, number)?;
            take(&scratch, number, &mut run, &mut out)?;
        }
        number += 1;
    }
    flush(run.take(), &mut out);
    let lines = rawdoc! { "lines": i32::try_from(number - first).unwrap_or(i32::MAX) };
    out[..lines.as_bytes().len()].copy_from_slice(lines.as_bytes());
    Ok(out)
}

/// A line as BSON.
fn record(line: &[u8], out: Vec<u8>, number: u32) -> Result<Vec<u8>, NotLines> {
    let text =
        std::str::from_utf8(line).map_err(|_| NotLines::NotRecord(number, "It is not UTF-8"))?;
    let mut reader = Reader::new(text, out);
    reader.only_document().map_err(|error| NotLines::NotEjson(number, error))?;
    Ok(reader.out)
}

fn take(
    bytes: &[u8],
    number: u32,
    run: &mut Option<Run>,
    out: &mut Vec<u8>,
) -> Result<(), NotLines> {
    let wrong = |what| NotLines::NotRecord(number, what);
    let record = RawDocument::from_bytes(bytes).map_err(|_| wrong("It is no document"))?;
    let text = |name| match record.get(name) {
        Ok(Some(RawBsonRef::String(text))) => Ok(text),
        _ => Err(wrong("It is no record of an export")),
    };
    if text("type")? != "document" {
        flush(run.take(), out);
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let collection = text("collection")?;
    let Ok(Some(RawBsonRef::Document(document))) = record.get("document") else {
        return Err(wrong("Its document is none"));
    };
    if run.as_ref().is_some_and(|run| run.collection != collection) {
        flush(run.take(), out);
    }
    let run = run.get_or_insert_with(|| Run {
        collection: collection.to_owned(),
        count: 0,
        bytes: Vec::new(),
    });
    run.count += 1;
    run.bytes.extend_from_slice(document.as_bytes());
    Ok(())
}

fn flush(run: Option<Run>, out: &mut Vec<u8>) {
    let Some(Run { collection, count, bytes }) = run else { return };
    let head = rawdoc! { "type": "documents", "collection": collection, "count": count };
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(&bytes);
}
