//! Times as counts by length: enough for percentiles and for a histogram, at the cost of an addition.
//! Lengths are in ticks of 1/1024 ms, so that powers of two of a millisecond are ends of ranges, and the
//! histogram is exact. Pure; it does not know what took that long.

use std::time::Duration;

/// Ranges that each power of two is cut into: a percentile is at most an eighth too high.
const PARTS: u64 = 8;
/// Bits of [`PARTS`].
const PART_BITS: u32 = PARTS.trailing_zeros();
/// Lengths up to 2^38 ticks, three days; longer ones count as that.
const RANGES: usize = 36 << PART_BITS;

/// Buckets are those up to 2^this many ticks: 0.25 ms.
const FIRST_BUCKET: u32 = 8;
/// The last but the one without an end: 65,536 ms.
const LAST_BUCKET: u32 = 26;

/// Counts of times, by length.
#[derive(Debug, Clone)]
pub struct Histogram {
    /// By [`range_of`] a length.
    by_range: Box<[u64; RANGES]>,
    /// All of them.
    count: u64,
    /// All of them, one after the other.
    sum: Duration,
    /// The longest.
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { by_range: Box::new([0; RANGES]), count: 0, sum: Duration::ZERO, max: Duration::ZERO }
    }
}

impl Histogram {
    /// One more.
    pub fn add(&mut self, length: Duration) {
        self.by_range[range_of(length)] += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(length);
        self.max = self.max.max(length);
    }

    /// Takes in those of another.
    pub fn merge(&mut self, other: &Self) {
        for (own, others) in self.by_range.iter_mut().zip(other.by_range.iter()) {
            *own += others;
        }
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.by_range.fill(0);
        self.count = 0;
        self.sum = Duration::ZERO;
        self.max = Duration::ZERO;
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How long they are together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.sum
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

    /// How many are at most so long, for each of the lengths 0.25, 0.5, 1, 2, … 65,536 ms, in
    /// milliseconds.
    pub fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut counts = self.by_range.iter();
        let (mut taken, mut seen) = (0, 0);
        (FIRST_BUCKET..=LAST_BUCKET).map(move |bits| {
            let ranges = range_of_tick((1 << bits) - 1) + 1;
            seen += counts.by_ref().take(ranges - taken).sum::<u64>();
            taken = ranges;
            (2_f64.powi(bits.cast_signed() - 10), seen)
        })
    }
}

/// How many of `count` are `percent` of a hundred of them; one at least.
#[must_use]
pub fn rank(count: u64, percent: u64) -> u64 {
    (count * percent).div_ceil(100).max(1)
}

/// The range of a length: it is longer than the end of the one before, and at most as long as its own.
fn range_of(length: Duration) -> usize {
    let nanos = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
    // 1,024 ticks are 10^6 ns. What is too long for the product is beyond the last range, too.
    range_of_tick((nanos.saturating_mul(128).div_ceil(125_000)).saturating_sub(1))
}

/// The range of a tick, the first being 0: the first 16 have a range each; above, eight share a power of
/// two.
fn range_of_tick(tick: u64) -> usize {
    if tick < PARTS {
        return usize::try_from(tick).unwrap_or(0);
    }
    let shift = tick.ilog2() - PART_BITS;
    let range = u64::from(shift + 1) * PARTS + ((tick >> shift) - PARTS);
    usize::try_from(range).unwrap_or(usize::MAX).min(RANGES - 1)
}

/// The longest length of a range.
fn end_of(range: usize) -> Duration {
    let range = range as u64;
    let ticks = match (range / PARTS).checked_sub(1) {
        None => range + 1,
        Some(shift) => (PARTS + range % PARTS + 1) << shift,
    };
    Duration::from_nanos(ticks * 15_625 / 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_lengths_and_follow_each_other() {
        let mut last = 0;
        let most = 1 << 37;
        for tick in (1..20_000).chain([1 << 20, most]) {
            let length = Duration::from_nanos(tick * 15_625 / 16);
            let range = range_of(length);
            assert!(range == last || range == last + 1 || tick >= 20_000, "{tick}");
            last = range;
            let end = end_of(range).as_nanos();
            let limit = length.as_nanos() + length.as_nanos() / 8 + 1_000;
            assert!((length.as_nanos()..=limit).contains(&end), "{tick}: {end}");
        }
        assert_eq!(range_of(Duration::ZERO), 0);
        assert_eq!(range_of(Duration::MAX), RANGES - 1);
    }

    #[test]
    fn says_how_many_are_at_most_so_long_and_is_exact() {
        let mut times = Histogram::default();
        let lengths: [u64; 8] =
            [0, 249_999, 250_000, 250_001, 1_000_000, 1_000_001, 65_536_000_000, 65_536_000_001];
        for nanos in lengths {
            times.add(Duration::from_nanos(nanos));
        }
        let buckets: Vec<_> = times.cumulated().collect();
        let exact = |bound: f64| {
            lengths
                .iter()
                .filter(move |nanos| Duration::from_nanos(**nanos).as_secs_f64() * 1e3 <= bound)
        };
        for (bound, count) in &buckets {
            assert_eq!(*count, exact(*bound).count() as u64, "up to {bound} ms");
        }
        let bounds: Vec<_> = buckets.iter().map(|(bound, _)| *bound).collect();
        assert_eq!(bounds[..4], [0.25, 0.5, 1.0, 2.0]);
        assert_eq!(bounds.last(), Some(&65_536.0));
        assert_eq!(times.count() - buckets.last().unwrap().1, 1, "one is longer");
        assert_eq!(times.sum(), Duration::from_nanos(lengths.iter().sum()));
    }
}
