//! When JS is woken: at once, unless so many operations are under way that a short rest of the
//! runtime lets several completions share one wake, as a network card moderates its interrupts. It
//! knows durations and counts, not operations; time is passed in. See
//! `docs/decisions/0017-rests-under-load.md`.

use std::time::{Duration, Instant};

/// A rest takes at most this part of what an operation takes, so answers come half of it later on
/// the average.
const PART: u32 = 8;
/// Shorter rests are not worth their system call.
const SHORTEST: Duration = Duration::from_micros(50);
/// What longer rests would save besides is little, and everything of the runtime waits for them.
/// Windows wakes a thread half a millisecond late: no rest there.
const LONGEST: Duration = Duration::from_micros(if cfg!(windows) { 0 } else { 250 });
/// Completions that come more rarely are all the same: none will come during a rest.
const RARELY: Duration = Duration::from_millis(1);
/// After a rest of one bridge the others take none for this many times its length: whatever their
/// sockets have received in the meantime has had it, too.
const SHARED: u32 = 4;
/// The part of an average that the last of its values makes.
const LAST: u32 = 8;

/// What operations and completions were like of late, over all bridges: they share the runtime that
/// rests.
#[derive(Debug)]
pub(crate) struct Pace {
    /// What an operation takes; half of them take less. One that takes minutes counts no more than
    /// one that takes a little longer than most.
    median: Duration,
    /// From one completion to the next, on the average.
    gap: Duration,
    /// Completions since JS was woken.
    finished: u32,
    /// When JS was woken.
    woken: Instant,
    /// Who rested last, and until when others do not.
    rested: Option<(u32, Instant)>,
}

impl Pace {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { median: Duration::ZERO, gap: RARELY, finished: 0, woken: now, rested: None }
    }

    /// An operation came to its end, after so long.
    pub(crate) fn finished(&mut self, took: Duration) {
        self.finished += 1;
        let step = self.median / LAST + Duration::from_micros(1);
        self.median = if took > self.median {
            self.median.saturating_add(step).min(took)
        } else {
            self.median.saturating_sub(step).max(took)
        };
    }

    /// How long the runtime may rest before `bridge` wakes JS, which waits for this many operations
    /// more; nothing when others are not likely to come to their end meanwhile, or too soon for
    /// them to be delayed.
    pub(crate) fn rest(&mut self, bridge: u32, waiting: u32, now: Instant) -> Option<Duration> {
        let gap = now.saturating_duration_since(self.woken) / self.finished.max(1);
        self.gap = (self.gap * (LAST - 1) + gap.min(RARELY)) / LAST;
        (self.finished, self.woken) = (0, now);
        let rest = (self.median / PART).min(LONGEST);
        let shared = self.rested.is_some_and(|(other, until)| other != bridge && now < until);
        if waiting == 0 || rest < SHORTEST || self.gap > rest || shared {
            return None;
        }
        self.rested = Some((bridge, now + rest * (1 + SHARED)));
        Some(rest)
    }
}

#[cfg(all(test, not(windows)))]
mod tests {
    use super::*;

    const fn micros(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    /// What the last of many wakes rested, with an operation that takes `took` ending every `gap`.
    fn last_rest(took: Duration, gap: Duration, waiting: u32) -> Option<Duration> {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        let mut rest = None;
        for _ in 0..200 {
            now += gap;
            pace.finished(took);
            rest = pace.rest(1, waiting, now);
        }
        rest
    }

    #[test]
    fn rests_an_eighth_of_an_operation_when_many_are_under_way() {
        assert_eq!(last_rest(micros(800), micros(60), 15), Some(micros(100)));
    }

    #[test]
    fn rests_no_longer_than_250_us() {
        assert_eq!(last_rest(micros(80_000), micros(60), 1_000), Some(micros(250)));
    }

    #[test]
    fn does_not_rest_between_operations_that_follow_each_other() {
        assert_eq!(last_rest(micros(300), micros(320), 0), None);
        assert_eq!(last_rest(micros(60), micros(70), 20), None, "beside 20 idle change streams");
    }

    #[test]
    fn does_not_rest_when_no_other_is_likely_to_end() {
        assert_eq!(last_rest(micros(900), micros(300), 3), None);
        assert_eq!(last_rest(micros(50_000), micros(2_000), 25), None);
    }

    #[test]
    fn does_not_take_operations_for_slow_because_a_few_are() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for index in 0..1_000 {
            now += micros(70);
            pace.finished(if index % 10 == 0 { Duration::from_mins(1) } else { micros(60) });
            assert_eq!(pace.rest(1, 20, now), None);
        }
    }

    #[test]
    fn does_not_rest_after_a_pause() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..200 {
            now += micros(60);
            pace.finished(micros(4_000));
            pace.rest(1, 63, now);
        }
        now += Duration::from_mins(1);
        pace.finished(micros(4_000));
        assert!(pace.rest(1, 63, now).is_some(), "one pause is not yet a lull");
        for _ in 0..3 {
            now += Duration::from_secs(1);
            pace.finished(micros(4_000));
            pace.rest(1, 63, now);
        }
        assert_eq!(pace.rest(1, 63, now + Duration::from_secs(1)), None);
    }

    #[test]
    fn counts_a_rest_for_all_bridges() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        let mut rests = [0, 0];
        for _ in 0..400 {
            for bridge in [0, 1] {
                now += micros(30);
                pace.finished(micros(4_000));
                if let Some(rest) = pace.rest(bridge, 63, now) {
                    rests[bridge as usize] += 1;
                    now += rest;
                }
            }
        }
        assert!(rests.contains(&0) && rests[0] + rests[1] > 300, "{rests:?}");
    }
}
