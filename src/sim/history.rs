//! How long an attempt takes and how it ends, drawn from what history recorded.

use super::draw::{self, Key, Purpose};
use crate::time::Millis;
use crate::trace::{Draw, RowOutcome, Samples};

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
    /// From history: the row's own.
    History,
    /// Drawn once for each build of a component.
    Rate {
        /// The share of builds that fail.
        failure_rate: f64,
        /// The share of failures that another attempt does not repeat.
        flaky_share: f64,
    },
    /// Every task succeeds.
    AlwaysPass,
}

/// Returns how long attempt `key.attempt` (from 1) takes, and whether it succeeds.
#[must_use]
pub(super) fn attempt(
    samples: &Samples,
    key: Key,
    how: (DurationMode, Outcomes),
) -> (Millis, bool) {
    let passed = |run: Millis| (run, true);
    let recorded = |draw: Draw| (draw.run, draw.outcome != RowOutcome::Failed);
    let uniform = || draw::uniform(key, Purpose::Duration);
    match how {
        (DurationMode::Replay, Outcomes::History) => recorded(samples.replay(key.attempt)),
        (DurationMode::Replay, Outcomes::AlwaysPass | Outcomes::Rate { .. }) => {
            passed(samples.replay_closed(key.attempt))
        }
        (DurationMode::Resample, Outcomes::History) => recorded(samples.resample(uniform())),
        (DurationMode::Resample, Outcomes::AlwaysPass | Outcomes::Rate { .. }) => {
            passed(samples.resample_closed(uniform()))
        }
    }
}
