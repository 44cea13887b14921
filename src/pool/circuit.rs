//! The circuit of a pool: refuses operations while no server can be reached, if the pool's options
//! want that. It says which errors are failures of the connection; when the circuit opens and
//! closes, `resilience::breaker` says.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bson::{RawDocumentBuf, rawdoc};
use parking_lot::Mutex;

use super::{
    events::Events,
    flight::{Admitted, Flight},
};
use crate::{
    config,
    error::Error,
    resilience::breaker::{Breaker, Limits, State, Ticket},
};

/// A pool's circuit, if it has one.
pub(super) struct Circuit {
    breaker: Option<Mutex<Breaker>>,
    limits: Option<config::Breaker>,
    /// Operations that were refused.
    refused: AtomicU64,
    /// How often it has opened.
    opened: AtomicU64,
    /// Where its changes are told.
    events: Arc<Events>,
}

/// What is known of a circuit at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct CircuitState {
    pub(super) state: State,
    /// Operations that were refused.
    pub(super) refused: u64,
    /// How often it has opened.
    pub(super) opened: u64,
}

impl Circuit {
    pub(super) fn new(limits: Option<config::Breaker>, events: &Arc<Events>) -> Self {
        let breaker = limits.map(|limits| {
            let limits = Limits {
                failures: u32::from(limits.failures) as usize,
                window: limits.window,
                open: limits.open,
                half_open: u32::from(limits.half_open) as usize,
            };
            Mutex::new(Breaker::new(limits, Instant::now()))
        });
        Self {
            breaker,
            limits,
            refused: AtomicU64::new(0),
            opened: AtomicU64::new(0),
            events: Arc::clone(events),
        }
    }

    /// Lets an operation through, or refuses it.
    pub(super) fn pass(&self) -> Result<Pass<'_>, Error> {
        let Some(breaker) = &self.breaker else {
            return Ok(Pass { circuit: self, admitted: None });
        };
        let asked = self.watched(breaker, |breaker| breaker.ask(Instant::now()));
        match asked {
            Ok(ticket) => {
                let admitted = Admitted::new(Mutex::new(Some(ticket)));
                Flight::passes(&admitted);
                Ok(Pass { circuit: self, admitted: Some(admitted) })
            }
            Err(wait) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(Error::CircuitOpen { retry_after_ms: milliseconds(wait) })
            }
        }
    }

    /// The deadline of an operation has passed. If that was while it looked for a server, or for a way to
    /// one, this is a failure. (In a pool that gives each operation a place, a connection is waited for
    /// while it is made; the operation goes on unheard, and that may take long.)
    pub(super) fn missed(&self, flight: &Flight) {
        if let Some(breaker) = &self.breaker
            && flight.is_unreached()
            && let Some(ticket) = flight.take_ticket()
        {
            self.watched(breaker, |breaker| breaker.failed(ticket, Instant::now()));
        }
    }

    /// How it is now, for statistics; nothing without a circuit.
    pub(super) fn state(&self) -> Option<CircuitState> {
        Some(CircuitState {
            state: self.breaker.as_ref()?.lock().state(),
            refused: self.refused.load(Ordering::Relaxed),
            opened: self.opened.load(Ordering::Relaxed),
        })
    }

    /// Does something with the breaker, and tells if that changed its state.
    fn watched<T>(&self, breaker: &Mutex<Breaker>, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breaker = breaker.lock();
        let before = breaker.state();
        let result = act(&mut breaker);
        let after = breaker.state();
        drop(breaker);
        if before != after {
            self.tell(after);
        }
        result
    }

    fn tell(&self, state: State) {
        let name = match state {
            State::Closed => "circuitClosed",
            State::HalfOpen => "circuitHalfOpened",
            State::Open => {
                self.opened.fetch_add(1, Ordering::Relaxed);
                "circuitOpened"
            }
        };
        self.events.own(name, || match (state, self.limits) {
            (State::Open, Some(limits)) => rawdoc! {
                "failures": i64::from(u32::from(limits.failures)),
                "retryAfterMS": i64::try_from(limits.open.as_millis()).unwrap_or(i64::MAX),
            },
            _ => RawDocumentBuf::new(),
        });
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}

/// What the circuit let through. Dropping it without a word is neither success nor failure.
#[must_use]
pub(super) struct Pass<'a> {
    circuit: &'a Circuit,
    /// Empty once it has been reported with, by this or by the deadline of its operation, which may
    /// have others; nothing without a circuit.
    admitted: Option<Admitted>,
}

impl Pass<'_> {
    /// What to report with, unless a deadline has been reported.
    fn take(&mut self) -> Option<Ticket> {
        self.admitted.take()?.lock().take()
    }

    /// Reports how it went: a server that answers, whatever it says, is there.
    pub(super) fn ended<T>(&mut self, outcome: &Result<T, Error>) {
        let Some(breaker) = &self.circuit.breaker else { return };
        let Some(ticket) = self.take() else { return };
        self.circuit.watched(breaker, |breaker| match outcome {
            Ok(_) => breaker.succeeded(ticket),
            Err(error) if error.is_unreachable() => breaker.failed(ticket, Instant::now()),
            Err(error) if error.server_code().is_some() => breaker.succeeded(ticket),
            Err(_) => breaker.abandoned(ticket),
        });
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let (Some(breaker), Some(ticket)) = (&self.circuit.breaker, self.take()) {
            breaker.lock().abandoned(ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circuit(options: &bson::Document) -> Circuit {
        let config = config::Config::resolve("mongodb://h", options).unwrap();
        Circuit::new(config.breaker, &Arc::default())
    }

    fn report(circuit: &Circuit, error: Error) {
        circuit.pass().unwrap().ended::<()>(&Err(error));
    }

    #[test]
    fn lets_everything_through_unless_it_is_asked_for() {
        let circuit = circuit(&bson::doc! {});
        for _ in 0..100 {
            report(&circuit, Error::SocketTimeout { waited_ms: 1 });
        }
        assert!(circuit.pass().is_ok());
    }

    #[test]
    fn counts_failures_of_the_connection_and_no_others() {
        let circuit = circuit(&bson::doc! { "breaker": { "failures": 2 } });
        for error in
            [Error::Aborted, Error::Closed, Error::CursorClosed, Error::NotJson("x".into())]
        {
            report(&circuit, error);
        }
        report(&circuit, Error::SocketTimeout { waited_ms: 1 });
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        report(&circuit, Error::Driver(reset.into()));
        let refused = circuit.pass().map(drop).unwrap_err();
        assert!(
            matches!(refused, Error::CircuitOpen { retry_after_ms: 4_900..=5_000 }),
            "{refused:?}"
        );
    }

    #[tokio::test]
    async fn hears_of_each_that_one_operation_sends() {
        let options = bson::doc! { "breaker": { "failures": 1, "openMS": 1, "halfOpen": 2 } };
        let circuit = circuit(&options);
        report(&circuit, Error::SocketTimeout { waited_ms: 1 });
        tokio::time::sleep(Duration::from_millis(2)).await;
        let operation = async {
            let (mut first, mut second) = (circuit.pass().unwrap(), circuit.pass().unwrap());
            first.ended::<()>(&Ok(()));
            second.ended::<()>(&Ok(()));
        };
        Flight::unseen(Duration::from_mins(1), operation).await.unwrap();
        assert_eq!(circuit.state().unwrap().state, State::Closed);
    }
}
