//! The time of a run: milliseconds since it began, which never turns back.

use crate::time::Timestamp;

/// Turns the time of day into the time of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunClock {
    /// When the run began by this clock, in milliseconds since 1970; it moves with a clock that is set back.
    began_ms: i64,
    last: Timestamp,
}

impl RunClock {
    /// Begins at the last row that is kept.
    pub(super) fn new(began_ms: i64, last: Timestamp) -> Self {
        Self { began_ms, last }
    }

    /// Returns when the run began by this clock, in milliseconds since 1970.
    pub(super) fn began(&self) -> i64 {
        self.began_ms
    }

    /// Returns the time of the run at a time of day, in milliseconds since 1970.
    ///
    /// Where the time of day was set back, the run continues from the last time that it knows: else it would
    /// stand still until the clock is as far again.
    pub(super) fn at(&mut self, now_ms: i64) -> Timestamp {
        let last = i64::try_from(self.last.0).unwrap_or(i64::MAX);
        let back = last.saturating_sub(now_ms.saturating_sub(self.began_ms));
        if back > 0 {
            self.began_ms = self.began_ms.saturating_sub(back);
            if back >= TELL_MS {
                let seconds = back / 1000;
                tracing::warn!("the clock was set back by {seconds} s: the run keeps its own time");
            }
        }
        let since = now_ms.saturating_sub(self.began_ms);
        self.last = self.last.max(Timestamp(u64::try_from(since).unwrap_or(0)));
        self.last
    }
}

/// A clock that is put right by less is not worth a word.
const TELL_MS: i64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_does_not_stop_the_run() {
        let mut clock = RunClock::new(1_000_000, Timestamp(0));
        assert_eq!(clock.at(1_005_000), Timestamp(5_000));
        let hour = 3_600_000;
        assert_eq!(clock.at(1_006_000 - hour), Timestamp(5_000));
        assert_eq!(clock.at(1_066_000 - hour), Timestamp(65_000), "a minute later");
        // Put right again, the lost hour passes at once.
        assert_eq!(clock.at(1_067_000), Timestamp(65_000 + 1_000 + 3_600_000));
    }

    #[test]
    fn a_process_that_starts_before_the_last_row_continues_from_there() {
        let mut clock = RunClock::new(1_000_000, Timestamp(90_000));
        assert_eq!(clock.at(1_030_000), Timestamp(90_000));
        assert_eq!(clock.at(1_031_000), Timestamp(91_000));
    }
}
