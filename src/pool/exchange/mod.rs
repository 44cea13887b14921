//! One command and what it needs while it is sent, perhaps twice: its session, its transaction
//! number, the server it is bound to. It knows what one try needs; how many there are, `tries` says.

mod retarget;
mod tries;

pub(super) use self::tries::fits;

use std::{mem, sync::Arc};

use bson::{Document, RawDocumentBuf, cstr};
use futures_util::StreamExt;
use mongodb::{
    options::{SelectionCriteria, ServerAddress},
    raw_batch_cursor::{RawBatch, SessionRawBatchCursor},
};
use tokio::sync::OwnedMutexGuard;

use super::{
    Hold, Pool,
    admission::{Entrant, Standing},
    deadline,
    events::selection::Selecting,
    execute::{Command, Entry},
    flight::Flight,
    generation::Generation,
    sessions::{Lent, OpenSession},
    topology::Reach,
};
use crate::{
    error::{Added, Error, TRANSIENT_TRANSACTION},
    resilience::retry::{Policy, Tries},
};

/// The field by which the server tells a retry from a second write.
const TXN_NUMBER: &str = "txnNumber";

/// Commands that the crate sends in no session.
const SESSIONLESS: [&str; 2] = ["killCursors", "parallelCollectionScan"];

/// Bytes of a command that is not kept without need.
const LARGE: usize = 64 * 1024;

/// A command under way.
#[expect(clippy::struct_excessive_bools, reason = "they say independent things of one command")]
pub(super) struct Exchange<'a> {
    pool: &'a Pool,
    /// What is sent; each try sends the same bytes.
    pub(super) command: Command,
    /// Which queue it stands in.
    pub(super) reach: Reach,
    /// Where its `lsid` comes from.
    session: Session,
    /// The client that it was last sent through.
    generation: Option<Arc<Generation>>,
    /// The only server it can go to, if there is one.
    server: Option<ServerAddress>,
    /// It is the first command of a transaction.
    starts: bool,
    /// It commits or aborts a transaction.
    ends_transaction: bool,
    /// It fetches a cursor's next batch.
    is_get_more: bool,
    /// It opens a cursor that ends with nothing but itself.
    pub(super) opens: bool,
    /// It has been sent before.
    is_tried: bool,
    /// Servers on which it failed, and where it is not to be tried again if there are others.
    avoided: Vec<ServerAddress>,
    /// How often it has been, and may be.
    tries: Tries,
    /// It has the number of a retryable write.
    numbered: bool,
}

/// A cursor of the crate's, in a session of the pool's.
pub(super) struct PoolCursor {
    cursor: SessionRawBatchCursor,
    lent: Lent,
}

impl PoolCursor {
    /// Fetches the next batch; nothing at the end.
    pub(super) async fn next(&mut self) -> mongodb::error::Result<Option<RawBatch>> {
        self.cursor.stream(&mut self.lent.session).next().await.transpose()
    }

    /// Notes whether the server may still be at work with its session. Gives what was noted before.
    pub(super) fn set_broken(&mut self, broken: bool) -> bool {
        mem::replace(&mut self.lent.broken, broken)
    }
}

/// Where a command's `lsid` comes from.
enum Session {
    /// One of the pool's, from the first try on. The crate would make one up for each command, and
    /// start a task to give it back.
    Pool(Option<Lent>),
    /// A `ClientSession`'s.
    Explicit(OwnedMutexGuard<Lent>, Arc<OpenSession>),
}

impl<'a> Exchange<'a> {
    /// Waits for its session, if it has one, to be done with the command before.
    pub(super) async fn prepare(hold: &'a Hold, command: Command) -> Result<Self, Error> {
        let session = match command.session {
            None => Session::Pool(None),
            Some(handle) => {
                let open = hold.session(handle)?;
                Session::Explicit(Arc::clone(&open.lent).lock_owned().await, open)
            }
        };
        let reach = Reach::of(command.read_preference.as_ref());
        let mut exchange = Self {
            pool: &hold.pool,
            tries: hold.pool.tries(&command),
            command,
            reach,
            session,
            generation: None,
            server: None,
            starts: false,
            ends_transaction: false,
            is_get_more: false,
            opens: false,
            is_tried: false,
            avoided: Vec::new(),
            numbered: false,
        };
        exchange.note_what_js_wrote();
        Ok(exchange)
    }

    /// A command of a cursor's that was opened in a session, for the server that has the cursor.
    pub(super) async fn resume(
        pool: &'a Pool,
        command: Command,
        open: &Arc<OpenSession>,
        reach: Reach,
        server: Option<ServerAddress>,
    ) -> Self {
        let lent = Arc::clone(&open.lent).lock_owned().await;
        let session = Session::Explicit(lent, Arc::clone(open));
        Self {
            pool,
            tries: pool.tries(&command),
            command,
            reach,
            session,
            generation: None,
            server,
            starts: false,
            ends_transaction: false,
            is_get_more: true,
            opens: false,
            is_tried: false,
            avoided: Vec::new(),
            numbered: false,
        }
    }

    /// The `ClientSession`'s session.
    pub(super) fn open_session(&self) -> Option<Arc<OpenSession>> {
        match &self.session {
            Session::Explicit(_, open) => Some(Arc::clone(open)),
            Session::Pool(_) => None,
        }
    }

    /// The client that it was last sent through.
    pub(super) fn generation(&self) -> Option<Arc<Generation>> {
        self.generation.clone()
    }

    async fn send_command(&mut self) -> Result<Document, Error> {
        let pool = self.pool;
        let mut entry = self.enter().await?;
        let generation = Arc::clone(&entry.generation);
        self.take_session(&generation).await?;
        self.number(&generation);
        let criteria = self.criteria();
        let (body, may_move) = self.bytes()?;
        let was_broken = self.set_broken(true);
        self.set_opening(self.opens);
        let database = generation.client.database(&self.command.database);
        let session = match &mut self.session {
            Session::Pool(lent) => lent.as_mut().map(|lent| &mut *lent.session),
            Session::Explicit(lent, _) => Some(&mut *lent.session),
        };
        let reply = pool.answer(&generation, self.reach, async {
            let mut action = database.run_raw_command(body);
            if let Some(criteria) = criteria {
                action = action.selection_criteria(criteria);
            }
            match session {
                Some(session) => action.session(session).await,
                None => action.await,
            }
        });
        let outcome = tokio::select! {
            biased;
            outcome = reply => Some(outcome),
            () = generation.deserted(), if may_move => None,
        };
        // Until here the server may have been at work with the session.
        self.set_broken(was_broken);
        self.set_opening(false);
        let outcome = outcome.ok_or(Error::Deserted)?;
        entry.pass.ended(&outcome);
        self.ended(outcome)
    }

    async fn send_cursor(&mut self) -> Result<(PoolCursor, Option<RawBatch>), Error> {
        let pool = self.pool;
        let mut entry = self.enter().await?;
        let generation = Arc::clone(&entry.generation);
        // A second try is in the session of the first.
        let known = match &mut self.session {
            Session::Pool(lent) => lent.take(),
            Session::Explicit(..) => None,
        };
        let mut lent = match known {
            Some(lent) => lent,
            None => generation.sessions.lend(&generation.client).await?,
        };
        let criteria = self.criteria();
        let (body, may_move) = self.bytes()?;
        let was_broken = mem::replace(&mut lent.broken, true);
        let opens = !self.command.is_single_batch();
        lent.opens = opens;
        let get_more = &self.command.get_more;
        let database = generation.client.database(&self.command.database);
        let exchange = pool.answer(&generation, self.reach, async {
            let mut action = database.run_raw_cursor_command(body);
            if let Some(criteria) = criteria {
                action = action.selection_criteria(criteria);
            }
            if let Some(batch_size) = get_more.batch_size {
                action = action.batch_size(batch_size);
            }
            if let Some(max_time) = get_more.max_time {
                action = action.max_time(max_time);
            }
            if let Some(comment) = &get_more.comment {
                action = action.comment(comment.clone());
            }
            let mut cursor = action.session(&mut *lent.session).batch().await?;
            let first = cursor.stream(&mut lent.session).next().await.transpose()?;
            Ok((cursor, first))
        });
        let outcome = tokio::select! {
            biased;
            outcome = exchange => Some(outcome),
            () = generation.deserted(), if may_move => None,
        };
        // Until here the server may have been at work with the session.
        lent.broken = was_broken;
        lent.opens = false;
        let outcome = outcome.ok_or(Error::Deserted)?;
        if is_network(&outcome) {
            lent.broken = true;
            if opens {
                lent.lost_cursor();
            }
        }
        entry.pass.ended(&outcome);
        match self.ended(outcome) {
            Ok((cursor, first)) => Ok((PoolCursor { cursor, lent }, first)),
            Err(error) => {
                self.session = Session::Pool(Some(lent));
                Err(error)
            }
        }
    }

    /// Waits for a server and a place. What belongs to a client already stays with it: a session, and
    /// a write that was numbered in one.
    async fn enter(&mut self) -> Result<Entry<'a>, Error> {
        let home = match &self.session {
            Session::Explicit(_, open) => Some(Arc::clone(&open.generation)),
            Session::Pool(_) => self.generation.clone().filter(|_| self.numbered),
        };
        let entry = self.pool.enter(home, self.entrant(), || self.wish()).await?;
        let generation = &entry.generation;
        let is_new = !self.generation.as_ref().is_some_and(|last| Arc::ptr_eq(last, generation));
        if is_new && let Session::Pool(lent) = &mut self.session {
            *lent = None;
        }
        self.generation = Some(Arc::clone(generation));
        Ok(entry)
    }

    /// How it queues for its place.
    fn entrant(&self) -> Entrant<'_> {
        let standing = if self.ends_transaction || (self.command.in_transaction && !self.starts) {
            Standing::Urgent
        } else if self.is_get_more && self.command.get_more.await_data {
            Standing::Listening
        } else if self.is_tried || self.is_get_more {
            Standing::Begun
        } else {
            Standing::Ordinary
        };
        Entrant { reach: self.reach, database: &self.command.database, standing }
    }

    /// What the log says of the server it needs.
    fn wish(&self) -> Selecting {
        let preference = self.command.read_preference.as_ref();
        match &self.server {
            Some(server) => Selecting::only(self.command.name(), Some(server)),
            None => Selecting::by_preference(self.command.name(), preference),
        }
    }

    /// What is sent, and whether another client may have to send it instead, because this one gives it
    /// no connection. It is kept only as long as it may have to be sent again, or if that costs little.
    fn bytes(&mut self) -> Result<(RawDocumentBuf, bool), Error> {
        let is_bound = self.is_tried || matches!(self.session, Session::Explicit(..));
        let body = &mut self.command.body;
        let is_kept = self.tries.may_repeat() || body.as_bytes().len() <= LARGE;
        let mut bytes = if is_kept { body.clone() } else { mem::take(body) };
        if let Some(deadline) = Flight::deadline()
            && !self.is_get_more
            && !self.command.untold
        {
            deadline::limit(&mut bytes, deadline, &self.pool.round_trip)?;
        }
        Ok((bytes, is_kept && !is_bound))
    }

    /// Notes whether the server may be at work with the session. Gives what was noted before.
    fn set_broken(&mut self, broken: bool) -> bool {
        match &mut self.session {
            Session::Pool(None) => false,
            Session::Pool(Some(lent)) => mem::replace(&mut lent.broken, broken),
            Session::Explicit(lent, _) => mem::replace(&mut lent.broken, broken),
        }
    }

    /// Notes whether a cursor may be opened in the `ClientSession`'s session, unheard.
    fn set_opening(&mut self, opens: bool) {
        if let Session::Explicit(lent, _) = &mut self.session {
            lent.opens = opens;
        }
    }

    /// Before the first try: what is in no session of JS's gets one of the pool's.
    async fn take_session(&mut self, generation: &Generation) -> Result<(), Error> {
        if let Session::Pool(lent @ None) = &mut self.session
            && generation.topology.has_sessions()
            && !SESSIONLESS.iter().any(|name| name.eq_ignore_ascii_case(self.command.name()))
        {
            *lent = Some(generation.sessions.lend(&generation.client).await?);
        }
        Ok(())
    }

    /// Before a retryable write's first try: writes its session's next number into the command. A
    /// deployment that knows no retryable writes gets the command as it is, once.
    fn number(&mut self, generation: &Generation) {
        let Session::Pool(Some(lent)) = &mut self.session else { return };
        if self.command.retry != Policy::Write || self.numbered {
            return;
        }
        if !generation.topology.has_retryable_writes() {
            self.command.retry = Policy::Never;
            self.tries.send_once();
            return;
        }
        lent.txn_number += 1;
        self.command.body.append(cstr!("txnNumber"), lent.txn_number);
        self.numbered = true;
    }

    /// Takes the number away again from a write that was not sent: another client numbers it anew.
    fn unnumber(&mut self) {
        if !std::mem::take(&mut self.numbered) {
            return;
        }
        let mut without = RawDocumentBuf::new();
        for (name, value) in self.command.body.iter().flatten() {
            if name.as_str() != TXN_NUMBER {
                without.append(name, value);
            }
        }
        self.command.body = without;
    }

    /// Takes note of the number and the pin that a `ClientSession`'s command means for its session.
    fn note_what_js_wrote(&mut self) {
        let Session::Explicit(lent, open) = &mut self.session else { return };
        if let Some(time) = self.command.cluster_time.take() {
            lent.session.advance_cluster_time(&time);
        }
        if let Ok(Some(number)) = self.command.body.get(TXN_NUMBER) {
            lent.txn_number = number.as_i64().unwrap_or(lent.txn_number);
        }
        let body = &self.command.body;
        self.ends_transaction =
            ["commitTransaction", "abortTransaction"].contains(&self.command.name());
        self.starts = body.get("startTransaction").is_ok_and(|flag| flag.is_some());
        if self.command.unpin || self.starts {
            *open.pinned.lock() = None;
        }
    }

    fn criteria(&self) -> Option<SelectionCriteria> {
        if let Some(server) = self.server.clone() {
            return Some(only(server));
        }
        if let Session::Explicit(_, open) = &self.session
            && let Some(router) = open.pinned.lock().clone()
            && (self.command.in_transaction || self.ends_transaction)
        {
            return Some(only(router));
        }
        self.elsewhere()
            .or_else(|| self.command.read_preference.clone().map(SelectionCriteria::from))
    }

    /// Labels an error as drivers do, and keeps the session's state in step with what happened.
    fn ended<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        self.is_tried = true;
        let in_transaction = self.command.in_transaction;
        let Some(generation) = &self.generation else { return outcome };
        let writes = self.ends_transaction || (self.pool.config.retries.writes && !in_transaction);
        let outcome = outcome.map_err(|error| generation.labelled(error, in_transaction, writes));
        match &mut self.session {
            Session::Pool(None) => {}
            Session::Pool(Some(lent)) => lent.broken |= is_network(&outcome),
            Session::Explicit(lent, open) => {
                if is_network(&outcome) {
                    lent.broken = true;
                    open.mark_broken();
                    if self.opens {
                        lent.lost_cursor();
                    }
                }
                let transient = matches!(&outcome, Err(e) if e.has_label(TRANSIENT_TRANSACTION));
                if transient {
                    *open.pinned.lock() = None;
                } else if in_transaction && generation.topology.is_sharded() {
                    *open.pinned.lock() = Flight::server();
                }
            }
        }
        outcome
    }
}

impl Drop for Exchange<'_> {
    /// One that is taken back while it opens a cursor leaves a session that goes on.
    fn drop(&mut self) {
        if let Session::Explicit(lent, _) = &mut self.session
            && mem::take(&mut lent.opens)
        {
            lent.lost_cursor();
        }
    }
}

impl Generation {
    /// The error with the labels that drivers add to network errors. `writes` says whether what
    /// failed may be sent again where the servers know retryable writes.
    pub(super) fn labelled(&self, error: Error, in_transaction: bool, writes: bool) -> Error {
        if !error.is_network() {
            return error;
        }
        error.labelled(Added {
            retryable_write: writes && self.topology.has_retryable_writes(),
            transient_transaction: in_transaction,
        })
    }
}

/// Criteria that only one server meets.
pub(super) fn only(server: ServerAddress) -> SelectionCriteria {
    SelectionCriteria::Predicate(Arc::new(move |candidate| *candidate.address() == server))
}

fn is_network<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(error) if error.is_network())
}
