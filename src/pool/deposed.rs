//! Commands that were sent to a primary which is none any more. A server that steps down answers them;
//! one that is frozen or cut off does not, and would keep them until it is back, while another has
//! long taken over. It knows whom a command waits for, not what the command is.

use std::{future, time::Duration};

use super::{events::Events, flight::Flight, generation::Generation, topology::Reach};
use crate::error::Error;

/// How long a server that has lost its office may take to say so itself.
const GRACE: Duration = Duration::from_millis(500);

impl Generation {
    /// Resolves when the running task waits for the answer of a server that was the primary when it
    /// was asked, and another one is. Never, as long as that is not so.
    pub(super) async fn deposed(&self, reach: Reach, events: &Events) -> Error {
        if reach != Reach::Primary {
            return future::pending().await;
        }
        loop {
            self.topology.succession().await;
            if let Some(error) = self.bereft(events).await {
                return error;
            }
        }
    }

    /// What to tell the running task, after a succession: nothing, when its server is the new primary,
    /// or there is none.
    async fn bereft(&self, events: &Events) -> Option<Error> {
        loop {
            tokio::time::sleep(GRACE).await;
            let server = Flight::server()?;
            if self.topology.is_primary(&server) || !self.topology.has(Reach::Primary) {
                return None;
            }
            if Flight::connected_for().is_none_or(|time| time >= GRACE) {
                // Who leaves the crate's queue for a connection may delay others there by a moment;
                // for a server that does not answer, they all leave.
                Flight::leaves_checkout();
                let error = Error::Deposed { server: server.to_string() };
                events.interrupted(Flight::gives_up(), &error);
                return Some(error);
            }
        }
    }
}
