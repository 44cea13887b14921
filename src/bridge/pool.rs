//! Opening a hold on a pool, listening to it and looking at its servers, from JS. Faces
//! `lib/bridge/pool.ts`. It knows the form of the answers, not the options themselves.

use std::{
    fmt::Display,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bson::{Binary, Document, RawBson, RawDocument, RawDocumentBuf, cstr, spec::BinarySubtype};
use mongodb::options::DriverInfo;
use napi::{Result, bindgen_prelude::Uint8Array};
use napi_derive::napi;

use super::{completion::Completion, find};
use crate::{
    codec::json::{Dialect, Form, Transcoder},
    config::Config,
    error::Error,
    pool::{Hold, events::Kind},
    runtime::runtime,
};

/// Parses a connection string and the options over it, and claims the pool they describe. Nothing
/// is connected. `request` is a BSON document, `{ uri, options }`. The answer is JSON, which a process
/// that starts reads in a tenth of the time: `{ hold, resolved }`, or `{ error }` with an error record.
///
/// # Errors
/// When the bridge is closed; what is wrong with the options is in the answer.
#[napi(catch_unwind)]
pub fn open_pool(bridge: u32, request: &[u8], shared: bool) -> Result<String> {
    let bridge = find(bridge)?;
    let mut answer = RawDocumentBuf::new();
    let opened = configure(request)
        .and_then(|(config, resolved)| Ok((Hold::open(config, shared)?, resolved)));
    match opened {
        Ok((hold, resolved)) => {
            answer.append(cstr!("resolved"), resolved);
            let handle = bridge.last_hold.fetch_add(1, Ordering::Relaxed) + 1;
            bridge.holds.lock().insert(handle, hold);
            answer.append(cstr!("hold"), i64::from(handle));
        }
        Err(error) => answer.append(cstr!("error"), error.to_record()),
    }
    json_of(&answer)
}

/// What `JSON.parse` makes the same of as js-bson makes of the document.
fn json_of(answer: &RawDocument) -> Result<String> {
    let mut transcoder = Transcoder::new(Vec::new(), Form::new(Dialect::Plain));
    let unreadable = |error: &dyn Display| napi::Error::from_reason(error.to_string());
    transcoder.document(answer.as_bytes()).map_err(|e| unreadable(&e))?;
    String::from_utf8(transcoder.into_text()).map_err(|e| unreadable(&e))
}

/// Lends a server session to a `ClientSession` of JS, of the client that operations on `database` go to,
/// on the spot: nothing is sent, though the hosts of an SRV connection string may have to be looked up
/// first. The answer is a BSON document, `{ session, id, txnNumber }`, or `{ error }` with an error record.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn open_session(bridge: u32, hold: u32, database: String) -> Result<Uint8Array> {
    let hold = find(bridge)?.hold(hold);
    let lent = match hold {
        Some(hold) => runtime().block_on(hold.open_session(database)),
        None => Err(Error::Closed),
    };
    let mut answer = RawDocumentBuf::new();
    match lent {
        Ok(lent) => {
            answer.append(cstr!("session"), i64::from(lent.handle));
            let id = Binary { subtype: BinarySubtype::Uuid, bytes: lent.id };
            answer.append(cstr!("id"), RawBson::Binary(id));
            answer.append(cstr!("txnNumber"), lent.txn_number);
        }
        Err(error) => answer.append(cstr!("error"), error.to_record()),
    }
    Ok(answer.into_bytes().into())
}

/// Whether a connection broke under a session that is lent, so that it will not be lent again.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn is_session_broken(bridge: u32, hold: u32, session: u32) -> Result<bool> {
    let hold = find(bridge)?.hold(hold);
    Ok(hold.is_some_and(|hold| hold.is_session_broken(session)))
}

/// Whether the deployment of a session, or where that is 0 of a database, knows retryable writes;
/// nothing while no server is known.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn has_retryable_writes(
    bridge: u32,
    hold: u32,
    session: u32,
    database: String,
) -> Result<Option<bool>> {
    let hold = find(bridge)?.hold(hold);
    Ok(hold.and_then(|hold| hold.has_retryable_writes(session, database)))
}

/// Gives databases pools of their own, or other settings: `request` is a BSON document,
/// `{ uri, options }`, whose `options.dbSpecific` names them. The answer is an error record as BSON,
/// or nothing when it is done.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn dedicate(bridge: u32, hold: u32, request: &[u8]) -> Result<Option<Uint8Array>> {
    let hold = find(bridge)?.hold(hold);
    let done = configure(request).and_then(|(config, _)| match hold {
        Some(hold) => {
            hold.dedicate(config.dedicated);
            Ok(())
        }
        None => Err(Error::Closed),
    });
    Ok(done.err().map(|error| error.to_record().into_bytes().into()))
}

/// Has a hold's log messages from `level` on told to its listener, as events of the name `log`.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn log_to(bridge: u32, hold: u32, level: String) -> Result<()> {
    let bridge = find(bridge)?;
    let Some(logged) = bridge.hold(hold) else { return Ok(()) };
    let to = Arc::downgrade(&bridge);
    logged.log_to(level, move |record| {
        if let Some(bridge) = to.upgrade() {
            let record = record.into_bytes();
            bridge.completions.push(Completion::event(hold, Kind::Own, record));
        }
    });
    Ok(())
}

/// Writes a message of JS's, `{ time, level, msg, … }` as BSON, to the files of a hold's log.
///
/// # Errors
/// When the bridge is closed or the message can't be read.
#[napi(catch_unwind)]
pub fn write_log(bridge: u32, hold: u32, record: &[u8]) -> Result<()> {
    let record = RawDocumentBuf::from_bytes(record.to_vec())
        .map_err(|error| napi::Error::new(napi::Status::InvalidArg, error.to_string()))?;
    if let Some(hold) = find(bridge)?.hold(hold) {
        hold.write_log(&record);
    }
    Ok(())
}

/// The server that has a cursor, one BSON document: `{ address, connectionId? }`, the latter while a
/// batch that waits for what is yet to come is asked for. Nothing for a cursor that is closed.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn cursor_place(bridge: u32, hold: u32, cursor: u32) -> Result<Option<Uint8Array>> {
    let hold = find(bridge)?.hold(hold);
    Ok(hold.and_then(|hold| hold.cursor_place(cursor)).map(|place| place.into_bytes().into()))
}

/// How many operations of a hold are under way, without those that wait for what is yet to come.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn in_flight(bridge: u32, hold: u32) -> Result<u32> {
    let hold = find(bridge)?.hold(hold);
    Ok(hold.map_or(0, |hold| u32::try_from(hold.in_flight()).unwrap_or(u32::MAX)))
}

/// Has the connections that a hold's pool opens from now on name one more library: a BSON document,
/// `{ name, version, platform }`, each of which may be absent.
///
/// # Errors
/// When the bridge is closed or the document can't be read.
#[napi(catch_unwind)]
pub fn append_metadata(bridge: u32, hold: u32, info: &[u8]) -> Result<()> {
    let hold = find(bridge)?.hold(hold);
    let info = Document::from_reader(info)
        .map_err(|error| napi::Error::new(napi::Status::InvalidArg, error.to_string()))?;
    let field = |name: &str| info.get_str(name).ok().map(str::to_owned);
    if let Some(hold) = hold {
        let info = DriverInfo::builder()
            .name(field("name").unwrap_or_default())
            .version(field("version"))
            .platform(field("platform"))
            .build();
        hold.append_metadata(&info);
    }
    Ok(())
}

/// From now on the kinds of event in `mask`, a bit each, are queued for the hold as they happen, in
/// order with its completions. They keep no process alive. A hold that is closed listens to nothing.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn listen(bridge: u32, hold: u32, mask: u32) -> Result<()> {
    let bridge = find(bridge)?;
    let Some(listener) = bridge.hold(hold) else { return Ok(()) };
    // The bridge has the hold; the other way round it must not be kept.
    let to = Arc::downgrade(&bridge);
    listener.listen(
        mask,
        Arc::new(move |event, record| {
            if let Some(bridge) = to.upgrade() {
                bridge.completions.push(Completion::event(hold, event, record));
            }
        }),
    );
    Ok(())
}

/// Counts the changes of what `topology` gives; 0 before the first and after the hold was closed.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn topology_version(bridge: u32, hold: u32) -> Result<u32> {
    Ok(find(bridge)?.hold(hold).map_or(0, |hold| hold.topology_version()))
}

/// The deployment as it is seen now, one BSON document: `{ version, found, type, setName?, maxSetVersion?,
/// maxElectionId?, servers: [{ address, type, hello?, error?, roundTripTime?, lastUpdateTime? }] }`.
/// Nothing for a hold that was closed.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn topology(bridge: u32, hold: u32) -> Result<Option<Uint8Array>> {
    Ok(find(bridge)?.hold(hold).map(|hold| hold.topology().into_bytes().into()))
}

/// Whether a hold's pool is connected: 0 while nothing has been looked for and after the hold was
/// closed, 1 while no server has let it in, 2 when it is, 3 when it was and none answers.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn presence(bridge: u32, hold: u32) -> Result<u32> {
    Ok(find(bridge)?.hold(hold).map_or(0, |hold| hold.presence()))
}

/// What the hold's pool is doing now, one BSON document, see `src/pool/stats/record.rs`. Nothing for a
/// hold that was closed.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn pool_stats(bridge: u32, hold: u32) -> Result<Option<Uint8Array>> {
    Ok(find(bridge)?.hold(hold).map(|hold| hold.stats().into_bytes().into()))
}

/// What has been under way on a hold's pool for longer than so many milliseconds, one BSON document:
/// `{ operations: [{ id, database, command, ageMS }], connections: [{ address, connectionId, ageMS }] }`.
/// Nothing for a hold that was closed.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn pool_overdue(bridge: u32, hold: u32, age_ms: u32) -> Result<Option<Uint8Array>> {
    let age = Duration::from_millis(age_ms.into());
    Ok(find(bridge)?.hold(hold).map(|hold| hold.overdue(age).into_bytes().into()))
}

/// Whether another deployment stands in for that of a hold's pool (`fallbackURIs`).
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn is_degraded(bridge: u32, hold: u32) -> Result<bool> {
    Ok(find(bridge)?.hold(hold).is_some_and(|hold| hold.pool().is_degraded()))
}

fn configure(request: &[u8]) -> std::result::Result<(Config, RawDocumentBuf), Error> {
    let unreadable = |error: &dyn Display| Error::Internal(format!("The options: {error}"));
    let request = Document::from_reader(request).map_err(|e| unreadable(&e))?;
    let uri = request.get_str("uri").map_err(|e| unreadable(&e))?;
    let options = request.get_document("options").map_err(|e| unreadable(&e))?;
    let config = Config::resolve(uri, options)?;
    let resolved = RawDocumentBuf::try_from(config.resolved()).map_err(|e| unreadable(&e))?;
    Ok((config, resolved))
}
