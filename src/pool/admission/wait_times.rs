//! How long operations waited for a place: counts in buckets whose bounds grow by a quarter of a
//! power of two, so that a figure read out of them is at most 25 % too large. It knows neither what
//! waited nor where it is shown.

use std::time::Duration;

/// Buckets to each doubling of the time.
const STEPS: u32 = 4;
/// Doublings from 1 µs on: the last bucket begins at about 15 hours, and holds what is longer.
const DOUBLINGS: u32 = 36;
/// All buckets; the first holds what did not wait, or for less than 1 µs.
const BUCKETS: usize = (DOUBLINGS * STEPS + 1) as usize;

/// Counts of waiting times since the pool began.
#[derive(Debug, Clone)]
pub struct WaitTimes {
    /// How many waited as long as the bucket says, see [`bucket`].
    counts: Box<[u64; BUCKETS]>,
}

impl Default for WaitTimes {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]) }
    }
}

impl WaitTimes {
    /// One more that found a place at once.
    pub(super) fn none(&mut self) {
        self.counts[0] += 1;
    }

    /// One more that waited.
    pub(super) fn add(&mut self, waited: Duration) {
        self.counts[bucket(waited)] += 1;
    }

    /// How many got a place.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many of them waited for it.
    #[must_use]
    pub fn waited(&self) -> u64 {
        self.counts[1..].iter().sum()
    }

    /// The time that `share` of them (0 to 1) waited at most; nothing while there are none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let all = self.count();
        if all == 0 {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of operations is far below 2^53, and a share of it no less than 0"
        )]
        let wanted = ((all as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.map(upper_bound)
    }
}

/// The bucket of a time.
fn bucket(waited: Duration) -> usize {
    let micros = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
    if micros == 0 {
        return 0;
    }
    let doubling = micros.ilog2();
    // The two bits behind the first one.
    let step =
        if doubling >= 2 { (micros >> (doubling - 2)) & 3 } else { (micros << (2 - doubling)) & 3 };
    let index = 1 + doubling as usize * STEPS as usize + usize::try_from(step).unwrap_or(0);
    index.min(BUCKETS - 1)
}

/// The end of a bucket, as its times are told.
fn upper_bound(bucket: usize) -> Duration {
    let Some(index) = bucket.checked_sub(1) else { return Duration::ZERO };
    let (doubling, step) = (index / STEPS as usize, index % STEPS as usize);
    let quarters = u64::try_from(STEPS as usize + step + 1).unwrap_or(u64::MAX);
    Duration::from_nanos((1000_u64 << doubling) / u64::from(STEPS) * quarters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_share_that_waited_at_most_so_long() {
        let mut times = WaitTimes::default();
        assert_eq!(times.quantile(0.5), None);
        for _ in 0..90 {
            times.none();
        }
        for _ in 0..10 {
            times.add(Duration::from_millis(10));
        }
        assert_eq!((times.count(), times.waited()), (100, 10));
        assert_eq!(times.quantile(0.5), Some(Duration::ZERO));
        let p99 = times.quantile(0.99).unwrap();
        assert!((10.0..=12.5).contains(&(p99.as_secs_f64() * 1e3)), "{p99:?}");
    }

    #[test]
    fn is_never_more_than_a_quarter_too_large() {
        for micros in (1..5_000_u64).chain([1 << 20, (1 << 35) - 1]) {
            let bound = upper_bound(bucket(Duration::from_micros(micros)));
            let ratio =
                bound.as_secs_f64() * 1e6 / f64::from(u32::try_from(micros.min(1 << 31)).unwrap());
            if micros < 1 << 31 {
                assert!((1.0..=1.2501).contains(&ratio), "{micros} µs read as {bound:?}");
            }
        }
    }

    #[test]
    fn keeps_what_is_longer_than_any_bucket_in_the_last() {
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }
}
