//! When operations are refused because none gets through: after some failures within a window the
//! circuit opens, after a pause a few operations are let through to try it, and when these succeed
//! it closes. Pure: time is passed in, and what a failure is says who reports it.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// When it opens and closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failures within the window that open it.
    pub failures: usize,
    /// How long a failure counts.
    pub window: Duration,
    /// How long it stays open before it is tried.
    pub open: Duration,
    /// How many may try it at a time, and have to succeed before it closes.
    pub half_open: usize,
}

/// What it lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything.
    Closed,
    /// Nothing.
    Open,
    /// A few, to see whether they succeed.
    HalfOpen,
}

impl State {
    /// The state as events and statistics name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "halfOpen",
        }
    }
}

/// What one that was let through reports with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// How often the state had changed: reports of an earlier state change nothing.
    era: u64,
}

/// A circuit.
#[derive(Debug)]
pub struct Breaker {
    limits: Limits,
    state: State,
    /// How often the state has changed.
    era: u64,
    /// When those failed that count, oldest first. Of a closed circuit.
    failed: VecDeque<Instant>,
    /// When it is to be tried. Of an open circuit, and of one that is half open since.
    until: Instant,
    /// Those that try it now. Of one that is half open.
    trying: usize,
    /// Those that have tried it with success. Of one that is half open.
    succeeded: usize,
}

impl Breaker {
    /// A circuit that is closed.
    #[must_use]
    pub fn new(limits: Limits, now: Instant) -> Self {
        Self {
            limits,
            state: State::Closed,
            era: 0,
            failed: VecDeque::new(),
            until: now,
            trying: 0,
            succeeded: 0,
        }
    }

    /// What it lets through now.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Asks to be let through.
    ///
    /// # Errors
    /// How long it would be wise to wait, when not.
    pub fn ask(&mut self, now: Instant) -> Result<Ticket, Duration> {
        if self.state == State::Open {
            if now < self.until {
                return Err(self.until - now);
            }
            self.change(State::HalfOpen);
        }
        if self.state == State::HalfOpen {
            if self.trying + self.succeeded >= self.limits.half_open {
                // Those that try it decide at any moment, and if they fail it stays open this long.
                return Err(self.limits.open);
            }
            self.trying += 1;
        }
        Ok(Ticket { era: self.era })
    }

    /// One that was let through succeeded.
    pub fn succeeded(&mut self, ticket: Ticket) {
        if ticket.era == self.era && self.state == State::HalfOpen {
            self.trying -= 1;
            self.succeeded += 1;
            if self.succeeded >= self.limits.half_open {
                self.change(State::Closed);
            }
        }
    }

    /// One that was let through failed.
    pub fn failed(&mut self, ticket: Ticket, now: Instant) {
        if ticket.era != self.era {
            return;
        }
        if self.state == State::Closed {
            let window = self.limits.window;
            while self.failed.front().is_some_and(|at| now.duration_since(*at) > window) {
                self.failed.pop_front();
            }
            self.failed.push_back(now);
            if self.failed.len() < self.limits.failures {
                return;
            }
        }
        self.change(State::Open);
        self.until = now + self.limits.open;
    }

    /// One that was let through will not say how it went.
    pub fn abandoned(&mut self, ticket: Ticket) {
        if ticket.era == self.era && self.state == State::HalfOpen {
            self.trying -= 1;
        }
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.era += 1;
        self.failed.clear();
        self.trying = 0;
        self.succeeded = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        failures: 3,
        window: Duration::from_secs(10),
        open: Duration::from_secs(5),
        half_open: 1,
    };

    fn breaker(limits: Limits) -> (Breaker, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (Breaker::new(limits, start), move |seconds| start + Duration::from_secs(seconds))
    }

    fn fail(breaker: &mut Breaker, now: Instant) {
        let ticket = breaker.ask(now).unwrap();
        breaker.failed(ticket, now);
    }

    #[test]
    fn opens_after_failures_within_the_window_and_says_for_how_long() {
        let (mut breaker, at) = breaker(LIMITS);
        fail(&mut breaker, at(0));
        fail(&mut breaker, at(11));
        fail(&mut breaker, at(12));
        assert_eq!(breaker.state(), State::Closed, "the first no longer counts");
        fail(&mut breaker, at(13));
        assert_eq!(breaker.state(), State::Open);
        assert_eq!(breaker.ask(at(15)), Err(Duration::from_secs(3)));
    }

    #[test]
    fn lets_one_try_after_the_pause_and_closes_when_it_succeeds() {
        let (mut breaker, at) = breaker(LIMITS);
        (0..3).for_each(|second| fail(&mut breaker, at(second)));
        let probe = breaker.ask(at(8)).unwrap();
        assert_eq!(breaker.state(), State::HalfOpen);
        assert!(breaker.ask(at(8)).is_err(), "one at a time");
        breaker.succeeded(probe);
        assert_eq!(breaker.state(), State::Closed);
        assert!(breaker.ask(at(8)).is_ok());
    }

    #[test]
    fn stays_open_when_the_one_that_tries_it_fails() {
        let (mut breaker, at) = breaker(LIMITS);
        (0..3).for_each(|second| fail(&mut breaker, at(second)));
        fail(&mut breaker, at(8));
        assert_eq!(breaker.ask(at(9)), Err(Duration::from_secs(4)));
    }

    #[test]
    fn lets_another_try_when_one_does_not_say_how_it_went() {
        let (mut breaker, at) = breaker(LIMITS);
        (0..3).for_each(|second| fail(&mut breaker, at(second)));
        let probe = breaker.ask(at(8)).unwrap();
        breaker.abandoned(probe);
        assert!(breaker.ask(at(8)).is_ok());
    }

    #[test]
    fn needs_as_many_successes_as_may_try_it() {
        let (mut breaker, at) = breaker(Limits { half_open: 2, ..LIMITS });
        (0..3).for_each(|second| fail(&mut breaker, at(second)));
        let (first, second) = (breaker.ask(at(8)).unwrap(), breaker.ask(at(8)).unwrap());
        breaker.succeeded(first);
        assert_eq!(breaker.state(), State::HalfOpen);
        assert!(breaker.ask(at(8)).is_err());
        breaker.succeeded(second);
        assert_eq!(breaker.state(), State::Closed);
    }

    #[test]
    fn hears_no_reports_of_what_went_through_before_it_opened() {
        let (mut breaker, at) = breaker(LIMITS);
        let (early, late) = (breaker.ask(at(0)).unwrap(), breaker.ask(at(0)).unwrap());
        (0..3).for_each(|second| fail(&mut breaker, at(second)));
        breaker.succeeded(early);
        assert_eq!(breaker.state(), State::Open);
        let probe = breaker.ask(at(8)).unwrap();
        breaker.failed(late, at(8));
        assert_eq!(breaker.state(), State::HalfOpen);
        breaker.succeeded(probe);
        assert_eq!(breaker.state(), State::Closed);
    }
}
