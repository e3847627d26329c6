//! What history says of one kind of task, ready to be drawn from.

use std::sync::Arc;

use super::draw::{self, Key, Purpose};
use crate::time::Millis;

/// How the duration of a task is taken from history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationMode {
    /// The recorded rows in order: attempt k takes the k-th, then round again.
    Replay,
    /// A draw among the rows; a package with few rows shrinks towards the pool.
    Resample,
}

/// Where the outcome of a task comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcomes {
    /// From history: the row's own in replay, the share of failed rows in resample.
    History,
    /// Every task succeeds.
    AlwaysPass,
}

/// What history says of one package on one arch.
#[derive(Clone, Debug, Default)]
pub struct TaskHistory {
    /// Recorded rows in order: how long, and whether it succeeded.
    pub rows: Vec<(Millis, bool)>,
    /// Durations of the rows that succeeded.
    pub closed: Vec<Millis>,
    /// Durations of the rows that failed.
    pub failed: Vec<Millis>,
    /// Durations that a package with fewer than [`TaskHistory::ENOUGH`] rows shrinks towards.
    pub pool: Arc<[Millis]>,
}

impl TaskHistory {
    /// With this many successful rows a package speaks for itself.
    pub const ENOUGH: usize = 5;

    /// Returns how long attempt `key.attempt` (from 0) takes and whether it succeeds.
    ///
    /// # Panics
    /// When neither rows nor pool hold a duration: whoever makes a history gives a default.
    #[must_use]
    pub fn draw(&self, key: Key, how: (DurationMode, Outcomes)) -> (Millis, bool) {
        let (mode, outcomes) = how;
        match mode {
            DurationMode::Replay => self.replay(key, outcomes),
            DurationMode::Resample => self.resample(key, outcomes),
        }
    }

    fn replay(&self, key: Key, outcomes: Outcomes) -> (Millis, bool) {
        if outcomes == Outcomes::History && !self.rows.is_empty() {
            return self.rows[key.attempt as usize % self.rows.len()];
        }
        let rows = if self.closed.is_empty() { &*self.pool } else { &self.closed };
        (rows[key.attempt as usize % rows.len()], true)
    }

    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    fn resample(&self, key: Key, outcomes: Outcomes) -> (Millis, bool) {
        let rows = self.closed.len() + self.failed.len();
        if outcomes == Outcomes::History && !self.failed.is_empty() {
            let failure_rate = self.failed.len() as f64 / rows as f64;
            if draw::uniform(key, Purpose::Outcome) < failure_rate {
                return (
                    self.failed[draw::position(key, Purpose::Duration, self.failed.len())],
                    false,
                );
            }
        }
        // Each missing row is one more chance for the pool: a package without rows is the pool,
        // one with five is itself.
        let missing = Self::ENOUGH.saturating_sub(self.closed.len());
        let missing = if self.pool.is_empty() { 0 } else { missing };
        let at = draw::position(key, Purpose::Duration, self.closed.len() + missing);
        if let Some(&own) = self.closed.get(at) {
            return (own, true);
        }
        let inner = Key { subject: key.subject.rotate_left(17), ..key };
        (self.pool[draw::position(inner, Purpose::Duration, self.pool.len())], true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(attempt: u32) -> Key {
        Key { seed: 1, replication: 0, subject: 7, attempt }
    }

    fn history(closed: &[u64], pool: &[u64]) -> TaskHistory {
        TaskHistory {
            rows: closed.iter().map(|&ms| (Millis(ms), true)).collect(),
            closed: closed.iter().copied().map(Millis).collect(),
            failed: Vec::new(),
            pool: pool.iter().copied().map(Millis).collect(),
        }
    }

    #[test]
    fn replay_takes_the_rows_in_order_then_round_again() {
        let mut history = history(&[10, 20], &[]);
        history.rows.insert(1, (Millis(5), false));
        let drawn = |attempt| history.draw(key(attempt), (DurationMode::Replay, Outcomes::History));
        assert_eq!(drawn(0), (Millis(10), true));
        assert_eq!(drawn(1), (Millis(5), false));
        assert_eq!(drawn(2), (Millis(20), true));
        assert_eq!(drawn(3), (Millis(10), true));
    }

    #[test]
    fn always_pass_skips_what_failed() {
        let mut history = history(&[10, 20], &[]);
        history.rows.insert(0, (Millis(5), false));
        for attempt in 0..4 {
            let (_, is_ok) =
                history.draw(key(attempt), (DurationMode::Replay, Outcomes::AlwaysPass));
            assert!(is_ok);
        }
    }

    #[test]
    fn a_package_with_few_rows_shrinks_towards_the_pool() {
        let share = |history: &TaskHistory| {
            let how = (DurationMode::Resample, Outcomes::History);
            (0..5000).filter(|&n| history.draw(key(n), how).0 == Millis(1)).count()
        };
        // Two own rows and three chances for the pool: two draws in five are its own.
        let few = share(&history(&[1, 1], &[9]));
        assert!((1800..2200).contains(&few), "{few}");
        assert_eq!(share(&history(&[1, 1, 1, 1, 1], &[9])), 5000);
        assert_eq!(share(&history(&[], &[9])), 0);
    }
}
