//! Times as counts by length: enough for percentiles, at the cost of an addition. Pure; it does not
//! know what took that long.

use std::time::Duration;

/// Ranges that each power of two is cut into: a percentile is at most an eighth too high.
const PARTS: u64 = 8;
/// Bits of [`PARTS`].
const PART_BITS: u32 = PARTS.trailing_zeros();
/// Lengths up to 2^38 microseconds, three days; longer ones count as that.
const RANGES: usize = 36 << PART_BITS;

/// Counts of times, by length.
#[derive(Debug, Clone)]
pub struct Histogram {
    /// By [`range_of`] a length in microseconds.
    by_range: Box<[u64; RANGES]>,
    /// All of them.
    count: u64,
    /// The longest.
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { by_range: Box::new([0; RANGES]), count: 0, max: Duration::ZERO }
    }
}

impl Histogram {
    /// One more.
    pub fn add(&mut self, length: Duration) {
        self.by_range[range_of(length)] += 1;
        self.count += 1;
        self.max = self.max.max(length);
    }

    /// Takes in those of another.
    pub fn merge(&mut self, other: &Self) {
        for (own, others) in self.by_range.iter_mut().zip(other.by_range.iter()) {
            *own += others;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.by_range.fill(0);
        self.count = 0;
        self.max = Duration::ZERO;
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The length that this many of them, from the shortest on, do not exceed.
    #[must_use]
    pub fn at_rank(&self, rank: u64) -> Duration {
        let mut seen = 0;
        for (range, count) in self.by_range.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return end_of(range).min(self.max);
            }
        }
        self.max
    }
}

/// How many of `count` are `percent` of a hundred of them; one at least.
#[must_use]
pub fn rank(count: u64, percent: u64) -> u64 {
    (count * percent).div_ceil(100).max(1)
}

/// Lengths below 16 µs have a range each; above, eight share a power of two.
fn range_of(length: Duration) -> usize {
    let micros = u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
    if micros < PARTS {
        return usize::try_from(micros).unwrap_or(0);
    }
    let shift = micros.ilog2() - PART_BITS;
    let range = u64::from(shift + 1) * PARTS + ((micros >> shift) - PARTS);
    usize::try_from(range).unwrap_or(usize::MAX).min(RANGES - 1)
}

/// The first length, a microsecond exact, that is beyond a range.
fn end_of(range: usize) -> Duration {
    let range = range as u64;
    if range < PARTS {
        return Duration::from_micros(range + 1);
    }
    let shift = range / PARTS - 1;
    Duration::from_micros((PARTS + range % PARTS + 1) << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_lengths_and_follow_each_other() {
        let mut last = 0;
        for micros in (0..20_000).chain([1 << 20, (1 << 37) - 1, u64::MAX]) {
            let range = range_of(Duration::from_micros(micros));
            assert!(range == last || range == last + 1 || micros >= 20_000, "{micros}");
            assert!(range < RANGES);
            last = range;
            if micros < 1 << 37 {
                let end = u64::try_from(end_of(range).as_micros()).unwrap();
                assert!(end > micros && end <= micros + 1 + micros / PARTS, "{micros}: {end}");
            }
        }
    }
}
