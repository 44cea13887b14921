//! When a client of the crate's is stuck, and when it may be replaced for that. The crate ends neither
//! a handshake that the server does not answer nor, then, its claim to one of the `maxConnecting`
//! places, so that a few of them keep everybody waiting. Pure: time is passed in.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

/// Connections that are being opened.
#[derive(Debug)]
pub struct Pending<Key> {
    since: HashMap<Key, Instant>,
}

impl<Key> Default for Pending<Key> {
    fn default() -> Self {
        Self { since: HashMap::new() }
    }
}

impl<Key: Hash + Eq> Pending<Key> {
    /// One begins to open. True when there was no other.
    pub fn begin(&mut self, key: Key, now: Instant) -> bool {
        self.since.insert(key, now);
        self.since.len() == 1
    }

    /// One is open, or has failed.
    pub fn end(&mut self, key: &Key) {
        self.since.remove(key);
    }

    /// Since when the oldest has been opening.
    pub fn oldest(&self) -> Option<Instant> {
        self.since.values().min().copied()
    }
}

/// How far apart replacements are that nobody asked for.
#[derive(Debug)]
pub struct Spacing {
    /// The shortest time between two.
    shortest: Duration,
    /// The time that has to pass after the last; it doubles while they follow one another closely.
    gap: Duration,
    last: Option<Instant>,
}

impl Spacing {
    /// The longest gap, in multiples of the shortest.
    const LONGEST: u32 = 32;

    /// None is closer to the one before than `shortest`.
    pub fn new(shortest: Duration) -> Self {
        Self { shortest, gap: shortest, last: None }
    }

    /// How long the next has to wait; nothing when it may be now.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        let due = self.last? + self.gap;
        due.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// One happens now.
    pub fn note(&mut self, now: Instant) {
        let is_close = self.last.is_some_and(|last| now.duration_since(last) < self.gap * 3);
        let longest = self.shortest * Self::LONGEST;
        self.gap = if is_close { (self.gap * 2).min(longest) } else { self.shortest };
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_oldest_connection_that_is_opening() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        let mut pending = Pending::default();
        assert!(pending.begin(1, start));
        assert!(!pending.begin(2, later));
        assert_eq!(pending.oldest(), Some(start));
        pending.end(&1);
        assert_eq!(pending.oldest(), Some(later));
        pending.end(&2);
        assert_eq!(pending.oldest(), None);
    }

    #[test]
    fn replacements_that_follow_closely_come_ever_more_rarely() {
        let second = Duration::from_secs(1);
        let mut now = Instant::now();
        let mut spacing = Spacing::new(second);
        assert_eq!(spacing.wait(now), None);
        let mut waits = Vec::new();
        for _ in 0..8 {
            spacing.note(now);
            let wait = spacing.wait(now).unwrap();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(spacing.wait(now), None);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 32, 32]);
        spacing.note(now + second * 1_000);
        assert_eq!(spacing.wait(now + second * 1_000), Some(second));
    }
}
