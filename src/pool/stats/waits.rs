//! How long operations waited of late. Pure: time is passed in. It does not know what was waited for.

use std::time::{Duration, Instant};

use bson::{RawDocumentBuf, cstr};

use crate::telemetry::histogram::{Histogram, rank};

/// Percentiles are of the last one to two of these.
const SPAN: Duration = Duration::from_mins(1);

/// The waits of the last minutes.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits {
    /// Since `began`.
    current: Histogram,
    /// Of the span before.
    previous: Histogram,
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

    /// Takes in what others waited of late.
    pub(super) fn merge(&mut self, other: &Self, now: Instant) {
        let mut recent = other.clone();
        recent.turn(now);
        self.turn(now);
        self.current.merge(&recent.current);
        self.previous.merge(&recent.previous);
    }

    /// `{ count, p50, p90, p95, p99, max }` in milliseconds; nothing when nobody has waited.
    pub(super) fn record(&self, now: Instant) -> Option<RawDocumentBuf> {
        let mut recent = self.clone();
        recent.turn(now);
        let mut times = recent.current;
        times.merge(&recent.previous);
        let count = times.count();
        if count == 0 {
            return None;
        }
        let percentile = |percent| millis(times.at_rank(rank(count, percent)));
        let mut record = RawDocumentBuf::new();
        record.append(cstr!("count"), i64::try_from(count).unwrap_or(i64::MAX));
        record.append(cstr!("p50"), percentile(50));
        record.append(cstr!("p90"), percentile(90));
        record.append(cstr!("p95"), percentile(95));
        record.append(cstr!("p99"), percentile(99));
        record.append(cstr!("max"), millis(times.max()));
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

    #[test]
    fn takes_in_others_at_the_time_of_their_waits() {
        let (mut waits, mut old, start) = (Waits::default(), Waits::default(), Instant::now());
        old.add(Duration::from_secs(5), start);
        let now = start + 5 * SPAN;
        waits.add(Duration::from_millis(1), now);
        waits.merge(&old, now);
        assert_eq!(waits.record(now).unwrap().get_i64("count").unwrap(), 1);
    }
}
