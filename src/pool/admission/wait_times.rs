//! How long operations waited for a place since the pool began. It knows neither what waited nor where
//! it is shown.

use std::time::Duration;

use crate::telemetry::histogram::{Histogram, rank};

/// Waiting times.
#[derive(Debug, Clone, Default)]
pub struct WaitTimes {
    /// How many found a place at once.
    at_once: u64,
    /// Of those that waited.
    times: Histogram,
}

impl WaitTimes {
    /// One more that found a place at once.
    pub(super) fn none(&mut self) {
        self.at_once += 1;
    }

    /// One more that waited.
    pub(super) fn add(&mut self, waited: Duration) {
        self.times.add(waited);
    }

    /// How many asked for a place and wait no longer.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.at_once + self.times.count()
    }

    /// How many of them waited for it.
    #[must_use]
    pub fn waited(&self) -> u64 {
        self.times.count()
    }

    /// How long they waited together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.times.sum()
    }

    /// How many waited at most so long, for each of the lengths of [`Histogram::cumulated`], in
    /// milliseconds.
    pub fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> {
        self.times.cumulated().map(|(bound, count)| (bound, self.at_once + count))
    }

    /// The time that `percent` of a hundred of them waited at most; nothing while there are none.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let all = self.count();
        let waiting = rank(all, percent).saturating_sub(self.at_once);
        match (all, waiting) {
            (0, _) => None,
            (_, 0) => Some(Duration::ZERO),
            (_, rank) => Some(self.times.at_rank(rank)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_share_that_waited_at_most_so_long() {
        let mut times = WaitTimes::default();
        assert_eq!(times.percentile(50), None);
        for _ in 0..90 {
            times.none();
        }
        for _ in 0..10 {
            times.add(Duration::from_millis(10));
        }
        assert_eq!((times.count(), times.waited()), (100, 10));
        assert_eq!(times.percentile(50), Some(Duration::ZERO));
        let p99 = times.percentile(99).unwrap();
        assert!((10.0..=11.25).contains(&(p99.as_secs_f64() * 1e3)), "{p99:?}");
        let up_to: Vec<_> = times.cumulated().map(|(_, count)| count).collect();
        assert_eq!((up_to[0], up_to.last()), (90, Some(&100)));
        assert_eq!(times.sum(), Duration::from_millis(100));
    }
}
