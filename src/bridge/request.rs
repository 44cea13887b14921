//! Requests: what JS asks for, as bytes. Faces `lib/bridge/request.ts`, which writes them; a test
//! on each side reads the same golden bytes. It knows the layout, not what becomes of a request.
//! It is long because the layout, its reader and their tests are read together.
//!
//! A submission is a sequence of records, all integers little-endian:
//!
//! ```text
//!  0  u32  size of the record, these 24 bytes included
//!  4  u8   kind, see `kind`
//!  5  u8   flags, see `flag`
//!  6  u8   length of the database's name in bytes
//!  7  u8   as what the batch is to come, see `form` (OPEN_CURSOR, GET_MORE); 0 is BSON
//!  8  u32  slot of the promise
//! 12  u32  generation of the slot
//! 16  u32  handle of the hold
//! 20  u32  handle of the cursor (GET_MORE, TAKE_TEXT, KILL_CURSOR), of the session (COMMAND, OPEN_CURSOR,
//!          END_SESSION); number of the kept batch (NEXT_TEXT); of CLOSE the milliseconds that its
//!          operations had to end, 0 when it was not to wait for them; else 0
//! 24  u32  milliseconds that the operation may take, if flagged
//!     the database's name in UTF-8 (COMMAND, OPEN_CURSOR, CONNECT)
//!     the options document, if flagged
//!     the command document
//! ```
//!
//! The options document holds `readPreference: { mode, tags?, maxStalenessSeconds?, hedge? }`,
//! `batchSize`, `maxTimeMS` and `comment` of the `getMore`s and `awaitData: true` when these wait for
//! what is yet to come, the `clusterTime` that the session is to gossip, and `unpin: true` when its
//! transaction is bound to no router any more, and `untold: true` when the server is not to be told how
//! long the command may take; each if set.

use std::time::Duration;

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};
use mongodb::options::{HedgedReadOptions, ReadPreference, ReadPreferenceOptions, TagSet};

use crate::{
    codec::json::{Dialect, Form},
    error::Error,
    pool::execute::{Command, Operation},
    resilience::retry::Policy,
};

/// Bytes of a record before its variable part.
const HEADER: usize = 24;

/// Bytes kept free behind a command for the transaction number that it may get: without them it would
/// move, however large it is.
const ROOM: usize = 32;

/// What else a request says of its command.
pub mod flag {
    /// An options document precedes the command.
    pub const HAS_OPTIONS: u8 = 1;
    /// A read that may be sent again when it fails.
    pub const RETRY_READ: u8 = 1 << 1;
    /// A write that may be sent again when it fails, under one transaction number.
    pub const RETRY_WRITE: u8 = 1 << 2;
    /// The batch is to carry what else the reply says.
    pub const META: u8 = 1 << 3;
    /// Part of a transaction, and neither its commit nor its abort.
    pub const IN_TRANSACTION: u8 = 1 << 4;
    /// It may take so long and no longer.
    pub const TIMEOUT: u8 = 1 << 5;
    /// The command is the caller's own: whether it reads or writes is not known.
    pub const OWN: u8 = 1 << 6;
}

/// What a batch is to become: a dialect of JSON, and bits.
pub mod form {
    /// `JSON.stringify`.
    pub const PLAIN: u8 = 1;
    /// `EJSON.stringify`, relaxed.
    pub const RELAXED: u8 = 2;
    /// `EJSON.stringify`, canonical.
    pub const CANONICAL: u8 = 3;
    /// The bits of the dialect.
    pub const DIALECT: u8 = 3;
    /// Strings need not be UTF-8.
    pub const LOSSY: u8 = 1 << 2;
    /// The text is wanted in one piece, when the cursor has ended.
    pub const WHOLE: u8 = 1 << 3;
    /// Long integers have their lower half first.
    pub const LOW_FIRST: u8 = 1 << 4;
    /// Alone: each document as it is, in EJSON, on a line of its own.
    pub const LINES: u8 = 1 << 5;
}

/// The kinds of request.
pub mod kind {
    /// Run a command; answered by a document.
    pub const COMMAND: u8 = 1;
    /// Run a command that opens a cursor; answered by a batch.
    pub const OPEN_CURSOR: u8 = 2;
    /// Fetch the next batch; answered by a batch.
    pub const GET_MORE: u8 = 3;
    /// Close a cursor; answered when it is done.
    pub const KILL_CURSOR: u8 = 4;
    /// Close the hold; answered when it is done.
    pub const CLOSE: u8 = 5;
    /// Take back the request of this slot and generation; not answered itself.
    pub const ABORT: u8 = 6;
    /// End a session; not answered.
    pub const END_SESSION: u8 = 7;
    /// Hand over what there is of a cursor's JSON, which was wanted whole; answered by a batch without
    /// documents of its own.
    pub const TAKE_TEXT: u8 = 8;
    /// Read lines of EJSON, see `codec::ejson`; answered by a sequence of documents.
    pub const READ_LINES: u8 = 9;
    /// Hand over the next piece of a kept batch's JSON; answered by `u32` bytes of its documents that are
    /// no text yet, and that text. With the last piece the batch is given up.
    pub const NEXT_TEXT: u8 = 10;
    /// Run a command that nobody is told of, to see that the pool is let in; answered by a document.
    pub const CONNECT: u8 = 20;
    /// Replace the pool's client by a new one; answered when that is done.
    pub const REFRESH: u8 = 21;
    /// Panic in the operation's task; answered by the error that becomes of it.
    pub const PANIC: u8 = 255;
}

/// From this size on, bytes, the command of a request that was submitted alone is copied once, into
/// memory of its own. Of smaller ones several are copied together, and then each.
const ALONE: usize = 64 * 1024;

/// What JS submitted at once.
#[derive(Debug, Default)]
pub(crate) struct Submission {
    /// The records; of one that is large and alone, what comes before its command.
    records: Vec<u8>,
    /// The command of that one, with [`ROOM`] behind it.
    command: Option<Vec<u8>>,
}

impl Submission {
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        match command_of_one(bytes) {
            Some(at) if bytes.len() - at >= ALONE => {
                let (before, command) = bytes.split_at(at);
                Self { records: before.to_vec(), command: Some(with_room(command)) }
            }
            _ => Self { records: bytes.to_vec(), command: None },
        }
    }

    /// The requests, see [`parse`].
    pub(crate) fn requests(&mut self) -> impl Iterator<Item = Request> + '_ {
        parse(&self.records, &mut self.command)
    }
}

/// Where the command starts in a submission of one record.
fn command_of_one(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<HEADER>()?;
    if u32_at(header, 0) as usize != bytes.len() {
        return None;
    }
    let time = if header[5] & flag::TIMEOUT == 0 { 0 } else { size_of::<u32>() };
    let options = HEADER + time + usize::from(header[6]);
    if header[5] & flag::HAS_OPTIONS == 0 {
        return Some(options).filter(|at| *at <= bytes.len());
    }
    let size = u32::from_le_bytes(*bytes.get(options..)?.first_chunk()?);
    options.checked_add(size as usize).filter(|at| *at <= bytes.len())
}

fn with_room(command: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(command.len() + ROOM);
    bytes.extend_from_slice(command);
    bytes
}

/// One parsed request.
#[derive(Debug)]
pub(crate) struct Request {
    /// The slot of the promise that waits.
    pub(crate) slot: u32,
    /// The slot's generation: a late answer never settles a later promise.
    pub(crate) generation: u32,
    /// The hold it runs on.
    pub(crate) hold: u32,
    /// How long it may take, if that is limited.
    pub(crate) timeout: Option<Duration>,
    /// What to do.
    pub(crate) action: Action,
}

/// What a request asks for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every request is the large one")]
pub(crate) enum Action {
    /// Run an operation.
    Run(Operation),
    /// Close the hold; what runs fails with this.
    Close(Error),
    /// Take an operation back.
    Abort,
    /// Take a session back, by its handle.
    EndSession(u32),
    /// Hand over the next piece of text, by the number of its batch.
    NextText(u32),
    /// The bytes are not what `lib/bridge` writes.
    Malformed(String),
}

impl Request {
    /// Names the request among those of its hold.
    pub(crate) fn key(&self) -> u64 {
        u64::from(self.slot) << 32 | u64::from(self.generation)
    }
}

/// Reads a submission. A record that can't be read answers its own slot with an error; one whose
/// size can't be trusted ends the submission. `alone` is the command of the only record, unless it is
/// in the bytes.
fn parse<'a>(
    mut bytes: &'a [u8],
    alone: &'a mut Option<Vec<u8>>,
) -> impl Iterator<Item = Request> + 'a {
    std::iter::from_fn(move || {
        let header = bytes.first_chunk::<HEADER>()?;
        let apart = alone.take();
        let elsewhere = apart.as_ref().map_or(0, Vec::len);
        let size = (u32_at(header, 0) as usize).saturating_sub(elsewhere);
        if size < HEADER || size > bytes.len() {
            return None;
        }
        let (record, rest) = bytes.split_at(size);
        bytes = rest;
        let (timeout, body) = timeout(header, &record[HEADER..]);
        Some(Request {
            slot: u32_at(header, 8),
            generation: u32_at(header, 12),
            hold: u32_at(header, 16),
            timeout,
            action: action(header, body, apart).unwrap_or_else(Action::Malformed),
        })
    })
}

/// The time that the record grants, and what follows it.
fn timeout<'a>(header: &[u8; HEADER], body: &'a [u8]) -> (Option<Duration>, &'a [u8]) {
    match body.split_first_chunk() {
        Some((time, rest)) if header[5] & flag::TIMEOUT != 0 => {
            (Some(Duration::from_millis(u32::from_le_bytes(*time).into())), rest)
        }
        _ => (None, body),
    }
}

fn action(header: &[u8; HEADER], body: &[u8], apart: Option<Vec<u8>>) -> Result<Action, String> {
    let handle = u32_at(header, 20);
    Ok(match header[4] {
        kind::COMMAND => Action::Run(Operation::Command(command(header, body, apart)?)),
        kind::OPEN_CURSOR => Action::Run(Operation::OpenCursor(command(header, body, apart)?)),
        kind::CONNECT => Action::Run(Operation::Connect(command(header, body, apart)?)),
        kind::GET_MORE => Action::Run(Operation::GetMore(handle, json(header)?)),
        kind::TAKE_TEXT => Action::Run(Operation::TakeText(handle)),
        kind::READ_LINES => Action::Run(Operation::ReadLines(command(header, body, apart)?.body)),
        kind::KILL_CURSOR => Action::Run(Operation::KillCursor(handle)),
        kind::REFRESH => Action::Run(Operation::Refresh),
        kind::PANIC => Action::Run(Operation::Panic),
        kind::CLOSE if handle == 0 => Action::Close(Error::Interrupted),
        kind::CLOSE => Action::Close(Error::ShutdownTimeout { drain_ms: handle }),
        kind::ABORT => Action::Abort,
        kind::END_SESSION => Action::EndSession(handle),
        kind::NEXT_TEXT => Action::NextText(handle),
        other => return Err(format!("A request of unknown kind {other} was submitted")),
    })
}

/// As what the batch is to come.
fn json(header: &[u8; HEADER]) -> Result<Option<Form>, String> {
    let form = header[7];
    if form == form::LINES {
        return Ok(Some(Form { lines: true, ..Form::new(Dialect::Canonical) }));
    }
    let dialect = match form & form::DIALECT {
        form::PLAIN => Dialect::Plain,
        form::RELAXED => Dialect::Relaxed,
        form::CANONICAL => Dialect::Canonical,
        _ if form == 0 => return Ok(None),
        _ => return Err(format!("A request asks for a batch of unknown form {form}")),
    };
    let is = |bit| form & bit != 0;
    Ok(Some(Form {
        dialect,
        lossy: is(form::LOSSY),
        whole: is(form::WHOLE),
        low_first: is(form::LOW_FIRST),
        lines: false,
    }))
}

fn command(header: &[u8; HEADER], body: &[u8], apart: Option<Vec<u8>>) -> Result<Command, String> {
    let name_length = usize::from(header[6]);
    let (name, mut body) =
        body.split_at_checked(name_length).ok_or("A request ends within its database name")?;
    let database = std::str::from_utf8(name).map_err(|e| e.to_string())?.to_owned();
    let flags = header[5];
    let session = u32_at(header, 20);
    let mut command = Command {
        database,
        session: (session != 0).then_some(session),
        in_transaction: flags & flag::IN_TRANSACTION != 0,
        meta: flags & flag::META != 0,
        own: flags & flag::OWN != 0,
        json: json(header)?,
        retry: match flags & (flag::RETRY_READ | flag::RETRY_WRITE) {
            0 => Policy::Never,
            flag::RETRY_READ => Policy::Read,
            _ => Policy::Write,
        },
        ..Command::default()
    };
    if flags & flag::HAS_OPTIONS != 0 {
        let size = body.first_chunk().map_or(0, |size| u32::from_le_bytes(*size) as usize);
        let (options, rest) =
            body.split_at_checked(size).ok_or("A request ends within its options")?;
        body = rest;
        let options = RawDocument::from_bytes(options).map_err(|e| e.to_string())?;
        read_options(options, &mut command)?;
    }
    let bytes = apart.unwrap_or_else(|| with_room(body));
    command.body = RawDocumentBuf::from_bytes(bytes).map_err(|e| e.to_string())?;
    Ok(command)
}

fn read_options(options: &RawDocument, command: &mut Command) -> Result<(), String> {
    for element in options {
        let (key, value) = element.map_err(|e| e.to_string())?;
        match (key.as_str(), value) {
            ("readPreference", RawBsonRef::Document(value)) => {
                command.read_preference = Some(read_preference(value)?);
            }
            ("batchSize", value) => command.get_more.batch_size = unsigned(value),
            ("maxTimeMS", value) => {
                command.get_more.max_time =
                    unsigned(value).map(|ms| Duration::from_millis(ms.into()));
            }
            ("comment", value) => {
                command.get_more.comment =
                    Some(value.try_into().map_err(|e: bson::error::Error| e.to_string())?);
            }
            ("awaitData", value) => command.get_more.await_data = value.as_bool() == Some(true),
            ("clusterTime", RawBsonRef::Document(value)) => {
                let time = bson::deserialize_from_slice(value.as_bytes());
                command.cluster_time = Some(time.map_err(|e| e.to_string())?);
            }
            ("untold", value) => command.untold = value.as_bool() == Some(true),
            ("unpin", value) => command.unpin = value.as_bool() == Some(true),
            _ => return Err(format!("A request holds an unknown option {key}")),
        }
    }
    Ok(())
}

fn read_preference(value: &RawDocument) -> Result<ReadPreference, String> {
    let mut options = ReadPreferenceOptions::default();
    let mut mode = "primary";
    for element in value {
        match element.map_err(|e| e.to_string())? {
            (key, RawBsonRef::String(value)) if key.as_str() == "mode" => mode = value,
            (key, RawBsonRef::Array(sets)) if key.as_str() == "tags" => {
                let sets = sets.into_iter().map(|set| match set {
                    Ok(RawBsonRef::Document(set)) => tag_set(set),
                    Ok(_) => Err("A read preference's tag set is not a document".to_owned()),
                    Err(error) => Err(error.to_string()),
                });
                options.tag_sets = Some(sets.collect::<Result<_, _>>()?);
            }
            (key, value) if key.as_str() == "maxStalenessSeconds" => {
                options.max_staleness = unsigned(value).map(|s| Duration::from_secs(s.into()));
            }
            (key, RawBsonRef::Document(hedge)) if key.as_str() == "hedge" => {
                #[expect(
                    deprecated,
                    reason = "the driver still takes it; servers before 8.0 use it"
                )]
                let slot = &mut options.hedge;
                *slot = Some(hedged(hedge));
            }
            _ => {}
        }
    }
    Ok(match mode {
        "primary" => ReadPreference::Primary,
        "primaryPreferred" => ReadPreference::PrimaryPreferred { options: Some(options) },
        "secondary" => ReadPreference::Secondary { options: Some(options) },
        "secondaryPreferred" => ReadPreference::SecondaryPreferred { options: Some(options) },
        "nearest" => ReadPreference::Nearest { options: Some(options) },
        other => return Err(format!("A request holds an unknown read preference mode {other}")),
    })
}

fn hedged(hedge: &RawDocument) -> HedgedReadOptions {
    HedgedReadOptions::builder().enabled(hedge.get_bool("enabled").unwrap_or(true)).build()
}

fn tag_set(set: &RawDocument) -> Result<TagSet, String> {
    set.into_iter()
        .map(|tag| match tag {
            Ok((name, RawBsonRef::String(value))) => {
                Ok((name.as_str().to_owned(), value.to_owned()))
            }
            Ok((name, _)) => {
                Err(format!("The read preference tag {} is not a string", name.as_str()))
            }
            Err(error) => Err(error.to_string()),
        })
        .collect()
}

/// JS has one kind of number, so a whole number may come as any of BSON's.
fn unsigned(value: RawBsonRef<'_>) -> Option<u32> {
    match value {
        RawBsonRef::Int32(value) => u32::try_from(value).ok(),
        RawBsonRef::Int64(value) => u32::try_from(value).ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range is checked, and a fraction of a millisecond or document is none"
        )]
        RawBsonRef::Double(value) => {
            (value >= 0.0 && value <= f64::from(u32::MAX)).then_some(value as u32)
        }
        _ => None,
    }
}

fn u32_at(header: &[u8; HEADER], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    /// Written by the test of `lib/bridge/request.ts`, which fails when it would write otherwise.
    const GOLDEN: &[u8] = include_bytes!("../../__test__/unit/bridge/golden/requests.bin");

    fn run(request: Request) -> Operation {
        match request.action {
            Action::Run(operation) => operation,
            other => panic!("not an operation: {other:?}"),
        }
    }

    #[test]
    fn reads_the_headers_of_the_other_side() {
        let requests: Vec<_> = parse(GOLDEN, &mut None).collect();
        let timeouts: Vec<_> = requests.iter().filter_map(|request| request.timeout).collect();
        assert_eq!(timeouts, [Duration::from_secs(5)]);
        let slots: Vec<_> = requests.iter().map(|request| request.slot).collect();
        assert_eq!(slots, [1, 2, 3, 4, 5, 1, 6, 0, 7, 8, 9, 10, 11, 12]);
        for request in requests {
            assert_eq!((request.generation, request.hold), (request.slot * 10, 3));
        }
    }

    #[test]
    fn reads_the_golden_requests_of_the_other_side() {
        let mut given = None;
        let mut requests = parse(GOLDEN, &mut given);
        let mut next = || requests.next().unwrap();

        let Operation::Command(ping) = run(next()) else { panic!() };
        let ping_is_own = ping.own;
        assert_eq!((ping.database.as_str(), ping.body), ("admin", rawdoc! { "ping": 1 }));
        assert!(ping.read_preference.is_none() && ping.get_more.batch_size.is_none());

        let Operation::OpenCursor(find) = run(next()) else { panic!() };
        assert_eq!(find.database, "größe");
        assert_eq!(find.body, rawdoc! { "find": "c", "filter": { "x": 1.5 } });
        let Some(ReadPreference::Nearest { options: Some(nearest) }) = find.read_preference else {
            panic!("{:?}", find.read_preference)
        };
        assert_eq!(nearest.max_staleness, Some(Duration::from_mins(2)));
        assert_eq!(nearest.tag_sets.unwrap()[0]["dc"], "ny");
        assert_eq!(find.get_more.batch_size, Some(100));
        assert_eq!(find.get_more.max_time, Some(Duration::from_millis(250)));
        assert_eq!(find.get_more.comment, Some("why".into()));

        assert!(matches!(run(next()), Operation::GetMore(77, None)));
        assert!(matches!(run(next()), Operation::KillCursor(78)));
        assert!(matches!(next().action, Action::Close(Error::Interrupted)));
        assert!(matches!(next().action, Action::Abort));

        let Operation::Command(insert) = run(next()) else { panic!() };
        assert_eq!((insert.session, insert.retry), (Some(9), Policy::Write));
        assert!(insert.in_transaction && insert.meta && insert.unpin);
        assert!(insert.cluster_time.is_some());
        assert!(matches!(next().action, Action::EndSession(9)));
        let Operation::Connect(hello) = run(next()) else { panic!() };
        assert_eq!((hello.database.as_str(), hello.body), ("admin", rawdoc! { "hello": 1 }));

        let Operation::OpenCursor(find) = run(next()) else { panic!() };
        let plain = Form { whole: true, ..Form::new(Dialect::Plain) };
        assert_eq!(find.json, Some(plain));
        let relaxed = Form { lossy: true, ..Form::new(Dialect::Relaxed) };
        let more = run(next());
        assert!(matches!(more, Operation::GetMore(79, Some(form)) if form == relaxed));
        assert!(matches!(run(next()), Operation::TakeText(79)));
        let Operation::Command(own) = run(next()) else { panic!() };
        assert_eq!((own.database.as_str(), own.body), ("db", rawdoc! { "find": "c" }));
        assert!(own.own && !ping_is_own);
        assert!(matches!(next().action, Action::NextText(5)));
        assert!(requests.next().is_none());
    }

    #[test]
    fn reads_that_a_cursor_waits_for_what_is_yet_to_come() {
        let mut command = Command::default();
        read_options(&rawdoc! { "awaitData": true }, &mut command).unwrap();
        assert!(command.get_more.await_data);
    }

    #[test]
    fn answers_the_slot_of_a_request_it_cannot_read() {
        let mut bytes = vec![0_u8; HEADER];
        bytes[0] = 24;
        bytes[4] = 99;
        bytes[8] = 5;
        let requests: Vec<_> = parse(&bytes, &mut None).collect();
        assert_eq!(requests[0].slot, 5);
        assert!(matches!(&requests[0].action, Action::Malformed(why) if why.contains("99")));
    }

    /// A record of one command, with `options` before it.
    fn record(options: Option<&RawDocument>, command: &RawDocument) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[4] = kind::COMMAND;
        bytes[5] = if options.is_some() { flag::HAS_OPTIONS } else { 0 };
        bytes[6] = 2;
        bytes.extend_from_slice(b"db");
        bytes.extend_from_slice(options.map_or(&[], RawDocument::as_bytes));
        bytes.extend_from_slice(command.as_bytes());
        let size = u32::try_from(bytes.len()).unwrap();
        bytes[..4].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    #[test]
    fn takes_over_the_copy_of_a_large_command_that_comes_alone() {
        let command = rawdoc! { "insert": "c", "text": "x".repeat(ALONE) };
        let options = rawdoc! { "batchSize": 7 };
        for options in [None, Some(&*options)] {
            let mut submission = Submission::copy_of(&record(options, &command));
            let copy = submission.command.as_ref().unwrap().as_ptr();
            let mut requests: Vec<_> = submission.requests().collect();
            let Operation::Command(read) = run(requests.remove(0)) else { panic!() };
            assert!(requests.is_empty());
            assert_eq!((read.database.as_str(), &read.body), ("db", &command));
            assert_eq!(read.body.as_bytes().as_ptr(), copy);
            assert_eq!(read.get_more.batch_size, options.map(|_| 7));
        }
    }

    #[test]
    fn finds_a_large_command_behind_the_time_that_it_is_granted() {
        let command = rawdoc! { "insert": "c", "text": "x".repeat(ALONE) };
        let mut bytes = record(None, &command);
        bytes[5] |= flag::TIMEOUT;
        bytes.splice(HEADER..HEADER, 700_u32.to_le_bytes());
        let size = u32::try_from(bytes.len()).unwrap();
        bytes[..4].copy_from_slice(&size.to_le_bytes());
        let mut submission = Submission::copy_of(&bytes);
        let request = submission.requests().next().unwrap();
        assert_eq!(request.timeout, Some(Duration::from_millis(700)));
        let Operation::Command(read) = run(request) else { panic!() };
        assert_eq!((read.database.as_str(), &read.body), ("db", &command));
    }

    #[test]
    fn reads_a_large_command_that_does_not_come_alone() {
        let command = rawdoc! { "insert": "c", "text": "x".repeat(ALONE) };
        let one = record(None, &command);
        let mut submission = Submission::copy_of(&[one.clone(), one].concat());
        assert_eq!(submission.requests().count(), 2);
    }

    #[test]
    fn reads_no_further_than_it_was_given() {
        for end in 0..GOLDEN.len() {
            let read = parse(&GOLDEN[..end], &mut None).count();
            assert!(read < 14, "read {read} requests out of {end} bytes");
        }
    }

    #[test]
    fn survives_any_single_corrupted_byte() {
        for at in 0..GOLDEN.len() {
            let mut bytes = GOLDEN.to_vec();
            bytes[at] ^= 0xff;
            assert!(parse(&bytes, &mut None).count() <= 14);
        }
    }
}
