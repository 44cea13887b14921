//! How often an exchange is sent, and what is told of several outcomes. Whether another try is worth
//! it, `resilience::retry` says; what a try is, the exchange.

use std::time::Duration;

use bson::Document;
use mongodb::raw_batch_cursor::RawBatch;

use super::{Exchange, PoolCursor};
use crate::{
    config::Retries,
    error::{Error, RETRYABLE_WRITE},
    pool::{Pool, deadline, execute::Command, flight::Flight, log},
    resilience::{
        chance::chance,
        retry::{self, Policy, Tries},
    },
};

impl Exchange<'_> {
    /// Sends the command, again if that is worth it, and gives the server's reply.
    pub(in crate::pool) async fn command(&mut self) -> Result<Document, Error> {
        let mut best: Option<Result<Document, Error>> = None;
        loop {
            let outcome = self.try_command().await;
            let again = match &outcome {
                Ok(reply) if self.is_refused_for_now(reply) => {
                    self.tries.after_reply().then_some(Duration::ZERO)
                }
                Ok(_) => None,
                Err(error) => self.tries.after(error, chance),
            };
            if let (Some(_), Err(error)) = (again, &outcome) {
                self.avoid(error);
                log::retry(self.pool.id, self.command.name(), error);
            }
            // What a try says that changed nothing is not worth telling, if another said more.
            let told = match (best.take(), outcome) {
                (Some(before), Err(error)) if retry::changed_nothing(&error) => before,
                (_, outcome) => outcome,
            };
            match again {
                Some(delay) if fits(delay) => self.pool.pause(delay).await,
                _ => return told.and_then(Self::in_time),
            }
            best = Some(told);
        }
    }

    /// Sends the command and gives the cursor it opened, with its first batch. For commands that
    /// are in no `ClientSession`'s session.
    pub(in crate::pool) async fn cursor(
        &mut self,
    ) -> Result<(PoolCursor, Option<RawBatch>), Error> {
        let mut best: Option<Error> = None;
        loop {
            let error = match self.try_cursor().await {
                Ok(opened) => return Ok(opened),
                Err(error) => error,
            };
            let again = self.tries.after(&error, chance);
            if again.is_some() {
                self.avoid(&error);
                log::retry(self.pool.id, self.command.name(), &error);
            }
            let told = match best.take() {
                Some(before) if retry::changed_nothing(&error) => before,
                _ => error,
            };
            match again {
                Some(delay) if fits(delay) => self.pool.pause(delay).await,
                _ => return Err(told),
            }
            best = Some(told);
        }
    }

    /// A reply that says that the time was over is no reply to who has set a deadline.
    fn in_time(reply: Document) -> Result<Document, Error> {
        match Flight::deadline() {
            Some(deadline) if deadline::has_expired(&reply) => Err(deadline.error()),
            _ => Ok(reply),
        }
    }

    /// One try, or as many as it takes to get to a client that has connections.
    async fn try_command(&mut self) -> Result<Document, Error> {
        loop {
            match self.send_command().await {
                Err(Error::Deserted) => self.unnumber(),
                outcome => return outcome,
            }
        }
    }

    async fn try_cursor(&mut self) -> Result<(PoolCursor, Option<RawBatch>), Error> {
        loop {
            match self.send_cursor().await {
                Err(Error::Deserted) => {}
                outcome => return outcome,
            }
        }
    }

    /// A write that the server took in but could not make as durable as it should be for a reason
    /// that passes.
    fn is_refused_for_now(&self, reply: &Document) -> bool {
        self.command.retry == Policy::Write
            && reply.get_array("errorLabels").is_ok_and(|labels| {
                labels.iter().any(|label| label.as_str() == Some(RETRYABLE_WRITE))
            })
    }
}

impl Pool {
    /// The tries that a command has. An overloaded server may be asked again for anything that the
    /// retry options are about, by what the command is; of one that is the caller's own nobody knows.
    pub(super) fn tries(&self, command: &Command) -> Tries {
        let Retries { reads, writes, max_adaptive, .. } = self.config.retries;
        let when_overloaded = if command.own {
            reads && writes
        } else if command.reads() {
            reads
        } else {
            writes
        };
        Tries::new(command.retry, when_overloaded, max_adaptive, Flight::deadline().is_some())
    }

    /// The tries of a `getMore` through the crate's cursor: an overloaded server alone is asked again,
    /// as anything else might have moved the cursor.
    pub(in crate::pool) fn tries_of_get_more(&self) -> Tries {
        let Retries { reads, max_adaptive, .. } = self.config.retries;
        Tries::new(Policy::Never, reads, max_adaptive, Flight::deadline().is_some())
    }

    /// Lets the delay before another try pass.
    pub(in crate::pool) async fn pause(&self, delay: Duration) {
        self.stats.operations.retried();
        tokio::time::sleep(delay).await;
    }
}

/// Whether there is time for a delay and another try.
pub(in crate::pool) fn fits(delay: Duration) -> bool {
    Flight::deadline().is_none_or(|deadline| deadline.left() > delay)
}
