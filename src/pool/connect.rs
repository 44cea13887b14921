//! A holder's connect: the first command, sent again after failures that pass, if the holder wants
//! that. When it has once succeeded nothing here runs again: the crate's monitors find servers that
//! come back. It decides nothing; `resilience` says what is worth an attempt, and when.

use std::{
    future,
    time::{Duration, Instant, SystemTime},
};

use bson::{DateTime, RawDocumentBuf, cstr, rawdoc};
use futures_util::FutureExt;

use super::{
    Hold,
    execute::{self, Command},
    topology::Reach,
};
use crate::{
    config::ConnectRetry,
    error::Error,
    resilience::{backoff::Backoff, chance::chance, fatal},
};

/// Runs the command that shows that the pool is let in.
pub(super) async fn connect(hold: &Hold, command: Command) -> Result<Vec<u8>, Error> {
    let reply = match hold.connect_retry {
        None => execute::run(hold, command).await,
        Some(retry) => Connect { hold, retry, reach: reach(&command) }.run(command).await,
    }?;
    if let Some(generation) = hold.pool.lineage.current().filter(|_| hold.warm) {
        let sizes = &hold.pool.config.pool;
        generation.warm(sizes.min_size, sizes.connect_timeout).await;
    }
    Ok(reply)
}

fn reach(command: &Command) -> Reach {
    Reach::of(command.read_preference.as_ref())
}

/// A connect that is tried again.
struct Connect<'a> {
    hold: &'a Hold,
    retry: ConnectRetry,
    /// Which servers it may go to.
    reach: Reach,
}

impl Connect<'_> {
    async fn run(&self, command: Command) -> Result<Vec<u8>, Error> {
        let ConnectRetry { attempts, base, max, jitter } = self.retry;
        let backoff = Backoff { attempts, base, max, jitter };
        let mut attempt = 1;
        loop {
            self.hold.tell_own("connectAttemptStarted", || self.describe(attempt));
            let started = Instant::now();
            let error = match self.attempt(command.clone()).await {
                Ok(reply) => {
                    self.succeeded(attempt, started.elapsed());
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            let delay = backoff.delay_after(attempt, chance()).filter(|_| !error.fatal);
            self.failed(attempt, &error, delay);
            let Some(delay) = delay else { return Err(error.error) };
            self.rest(delay).await;
            attempt = attempt.saturating_add(1);
        }
    }

    /// One attempt, for as long as a server may be looked for, and no longer when it shows that there
    /// will be none.
    async fn attempt(&self, command: Command) -> Result<Vec<u8>, Failure> {
        tokio::select! {
            outcome = execute::run(self.hold, command) => outcome.map_err(|error| self.judge(error)),
            error = self.hopeless() => Err(Failure { error, fatal: true }),
        }
    }

    /// What an attempt failed with may be no more than how it showed that there will be no server.
    fn judge(&self, error: Error) -> Failure {
        match self.hopeless().now_or_never() {
            Some(error) => Failure { error, fatal: true },
            None => Failure::of(error),
        }
    }

    async fn hopeless(&self) -> Error {
        match self.hold.pool.current().await {
            Ok(generation) => generation.topology.hopeless().await,
            // The attempt fails with it, too.
            Err(_) => future::pending().await,
        }
    }

    /// Waits for the next attempt, which is due at once when the monitors have found a server.
    async fn rest(&self, delay: Duration) {
        let Some(generation) = self.hold.pool.lineage.current() else {
            return tokio::time::sleep(delay).await;
        };
        let _ = tokio::time::timeout(delay, generation.topology.found(self.reach)).await;
    }

    fn succeeded(&self, attempt: u32, took: Duration) {
        self.hold.tell_own("connectAttemptSucceeded", || {
            let mut fields = self.describe(attempt);
            fields.append(cstr!("durationMS"), took.as_secs_f64() * 1e3);
            fields
        });
    }

    fn failed(&self, attempt: u32, Failure { error, fatal }: &Failure, delay: Option<Duration>) {
        self.hold.tell_own("connectAttemptFailed", || {
            let mut fields = self.describe(attempt);
            fields.append(cstr!("error"), error.to_record());
            fields.append(cstr!("fatal"), *fatal);
            if let Some(delay) = delay {
                fields.append(cstr!("delayMS"), delay.as_secs_f64() * 1e3);
                let next = DateTime::from_system_time(SystemTime::now() + delay);
                fields.append(cstr!("nextAttemptAt"), next);
            }
            fields
        });
    }

    fn describe(&self, attempt: u32) -> RawDocumentBuf {
        rawdoc! { "attempt": i64::from(attempt), "attempts": self.retry.attempts_number() }
    }
}

/// Why an attempt failed.
struct Failure {
    error: Error,
    /// Another would fail as well.
    fatal: bool,
}

impl Failure {
    fn of(error: Error) -> Self {
        Self { fatal: fatal::is_fatal(&error), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_between_none_and_all() {
        let chances: Vec<_> = (0..100).map(|_| chance()).collect();
        assert!(chances.iter().all(|chance| (0.0..=1.0).contains(chance)));
        assert!(chances.windows(2).any(|two| (two[0] - two[1]).abs() > 1e-9));
    }
}
