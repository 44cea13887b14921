//! How long to wait before the next attempt: a delay that doubles up to a limit, and a part of it
//! left to chance, so that many who failed together do not come back together. Pure: it has neither
//! a clock nor dice.

use std::{num::NonZeroU32, time::Duration};

/// The delays between attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// How many attempts there are, the first included; without end when absent.
    pub attempts: Option<NonZeroU32>,
    /// The longest delay after the first attempt.
    pub base: Duration,
    /// The longest delay.
    pub max: Duration,
    /// The part of a delay that is left to chance, 0 to 1.
    pub jitter: f64,
}

impl Backoff {
    /// How long to wait after attempt number `attempt` (the first is 1); nothing when it was the
    /// last. `chance` is a random number from 0 to 1.
    pub fn delay_after(&self, attempt: u32, chance: f64) -> Option<Duration> {
        if self.attempts.is_some_and(|attempts| attempt >= attempts.get()) {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(31);
        let longest = self.base.saturating_mul(1 << doublings).min(self.max);
        Some(longest.mul_f64(1.0 - self.jitter * chance.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(attempts: u32, jitter: f64) -> Backoff {
        Backoff {
            attempts: NonZeroU32::new(attempts),
            base: Duration::from_secs(1),
            max: Duration::from_secs(30),
            jitter,
        }
    }

    fn delays(backoff: Backoff, chance: f64) -> Vec<u128> {
        let after = |attempt| backoff.delay_after(attempt, chance);
        (1..9).map_while(after).map(|delay| delay.as_millis()).collect()
    }

    #[test]
    fn doubles_up_to_the_limit() {
        assert_eq!(
            delays(backoff(0, 0.0), 0.7),
            [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
        );
    }

    #[test]
    fn ends_with_the_last_attempt() {
        assert_eq!(delays(backoff(3, 0.0), 0.0), [1_000, 2_000]);
        assert!(delays(backoff(1, 0.0), 0.0).is_empty());
    }

    #[test]
    fn leaves_a_part_of_each_delay_to_chance() {
        assert_eq!(delays(backoff(3, 0.5), 1.0), [500, 1_000]);
        assert_eq!(delays(backoff(3, 1.0), 1.0), [0, 0]);
        assert_eq!(delays(backoff(3, 1.0), 0.25), [750, 1_500]);
    }

    #[test]
    fn goes_on_without_end_and_without_overflow() {
        let endless = backoff(0, 0.0);
        assert_eq!(endless.delay_after(u32::MAX, 0.0), Some(Duration::from_secs(30)));
    }
}
