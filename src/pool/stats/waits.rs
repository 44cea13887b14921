//! How long operations waited, as counts by length: enough for percentiles, at the cost of an
//! addition. Pure: time is passed in. It does not know what was waited for.

use std::time::{Duration, Instant};

use bson::{RawDocumentBuf, cstr};

/// Ranges that each power of two is cut into: a percentile is at most an eighth too high.
const PARTS: u64 = 8;
/// Bits of [`PARTS`].
const PART_BITS: u32 = PARTS.trailing_zeros();
/// Lengths up to 2^38 microseconds, three days; longer ones count as that.
const RANGES: usize = 36 << PART_BITS;
/// Percentiles are of the last one to two of these.
const SPAN: Duration = Duration::from_mins(1);

/// Counts by length.
#[derive(Debug, Clone)]
struct Counts {
    /// By [`range_of`] a length in microseconds.
    by_range: Box<[u64; RANGES]>,
    /// All of them.
    count: u64,
    /// The longest.
    max: Duration,
}

impl Default for Counts {
    fn default() -> Self {
        Self { by_range: Box::new([0; RANGES]), count: 0, max: Duration::ZERO }
    }
}

impl Counts {
    fn add(&mut self, length: Duration) {
        self.by_range[range_of(length)] += 1;
        self.count += 1;
        self.max = self.max.max(length);
    }

    fn merge(&mut self, other: &Self) {
        for (own, others) in self.by_range.iter_mut().zip(other.by_range.iter()) {
            *own += others;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    fn clear(&mut self) {
        self.by_range.fill(0);
        self.count = 0;
        self.max = Duration::ZERO;
    }

    /// The length that this many of a hundred did not exceed. There is at least one.
    fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.count * percent).div_ceil(100).max(1);
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

/// The waits of the last minutes.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits {
    /// Since `began`.
    current: Counts,
    /// Of the span before.
    previous: Counts,
    /// When the current span began; unset before the first wait.
    began: Option<Instant>,
}

impl Waits {
    /// Takes note of one that is over.
    pub(super) fn add(&mut self, length: Duration, now: Instant) {
        self.turn(now);
        self.current.add(length);
    }

    /// Starts a new span when one has passed; two at once forget everything.
    fn turn(&mut self, now: Instant) {
        let began = *self.began.get_or_insert(now);
        let passed = now.saturating_duration_since(began);
        if passed < SPAN {
            return;
        }
        std::mem::swap(&mut self.previous, &mut self.current);
        self.current.clear();
        if passed >= 2 * SPAN {
            self.previous.clear();
        }
        self.began = Some(now);
    }

    /// Takes in what others waited.
    pub(super) fn merge(&mut self, other: &Self) {
        self.current.merge(&other.current);
        self.previous.merge(&other.previous);
        self.began = self.began.or(other.began);
    }

    /// `{ count, p50, p90, p95, p99, max }` in milliseconds; nothing when nobody has waited.
    pub(super) fn record(&self, now: Instant) -> Option<RawDocumentBuf> {
        let mut recent = self.clone();
        recent.turn(now);
        let mut counts = recent.current;
        counts.merge(&recent.previous);
        if counts.count == 0 {
            return None;
        }
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("count"), i64::try_from(counts.count).unwrap_or(i64::MAX));
        record.append(cstr!("p50"), millis(counts.percentile(50)));
        record.append(cstr!("p90"), millis(counts.percentile(90)));
        record.append(cstr!("p95"), millis(counts.percentile(95)));
        record.append(cstr!("p99"), millis(counts.percentile(99)));
        record.append(cstr!("max"), millis(counts.max));
        Some(record)
    }
}

/// Milliseconds, to the microsecond.
pub(in crate::pool) fn millis(length: Duration) -> f64 {
    (length.as_secs_f64() * 1e6).round() / 1e3
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

    #[test]
    fn says_what_percentiles_waited_to_an_eighth() {
        let (mut waits, now) = (Waits::default(), Instant::now());
        assert!(waits.record(now).is_none(), "nobody has waited");
        for ms in 1..=100 {
            waits.add(Duration::from_millis(ms), now);
        }
        let record = waits.record(now).unwrap();
        for (name, exact) in [("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0)] {
            let value = record.get_f64(name).unwrap();
            assert!((exact..=exact * 1.125).contains(&value), "{name}: {value}");
        }
        assert!((record.get_f64("max").unwrap() - 100.0).abs() < f64::EPSILON);
        assert_eq!(record.get_i64("count").unwrap(), 100);
    }

    #[test]
    fn forgets_what_is_two_minutes_old_and_nothing_younger_than_one() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        waits.add(Duration::from_secs(5), start);
        let later = |secs| start + Duration::from_secs(secs);
        assert_eq!(waits.record(later(59)).unwrap().get_i64("count").unwrap(), 1);
        waits.add(Duration::from_millis(1), later(61));
        assert_eq!(waits.record(later(61)).unwrap().get_i64("count").unwrap(), 2);
        assert_eq!(waits.record(later(122)).unwrap().get_i64("count").unwrap(), 1);
        assert!(waits.record(later(300)).is_none());
    }
}
