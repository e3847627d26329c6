//! Run times and outcomes of a task, given the records: pure functions of an attempt number or of a
//! uniform number, so that the caller chooses the generator.

use std::sync::Arc;

use super::fit::{Family, Fit};
use super::{EstimateFrom, RowOutcome};
use crate::time::Millis;

/// One run of a task: how long and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// How long it runs.
    pub run: Millis,
    /// `Closed` or `Failed`; canceled rows are not used.
    pub outcome: RowOutcome,
}

/// The records of one method, package and arch, after the fallback.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Closed and failed rows of the package on the arch, in the order recorded; without any,
    /// the closed rows fallen back to. Never empty.
    pub draws: Arc<[Draw]>,
    /// Run times of closed rows after the fallback, in the order recorded. Never empty.
    pub closed: Arc<[Millis]>,
    /// Run times of failed rows after the same fallback; empty if none was recorded.
    pub failed: Arc<[Millis]>,
    /// How far the closed rows are fallen back.
    pub from: EstimateFrom,
    /// Distributions fitted to the closed and to the failed rows, if the history [was
    /// fitted](super::History::fitted).
    pub fits: Option<Fits>,
    pub(super) shrunk: Option<Shrunk>,
}

/// Distributions to draw from instead of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fits {
    /// Of closed rows. With fewer than 5 of a package, a lognormal around its shrunk level.
    pub closed: Fit,
    /// Of failed rows; `None` if there are fewer than 5, which are drawn as recorded.
    pub failed: Option<Fit>,
}

/// The lognormal-like model of a package with few rows: a level between its own and the pool's,
/// and the pool's relative spread around it.
#[derive(Clone, Debug)]
pub(super) struct Shrunk {
    /// Logarithm of the run time in milliseconds.
    pub(super) level: f64,
    /// Standard deviation around it.
    pub(super) deviation: f64,
    /// Differences of logarithms from the level, as observed in the pool.
    pub(super) residuals: Arc<[f64]>,
}

impl Samples {
    /// Returns samples of a task with a known distribution instead of rows, for draws from fits: no
    /// attempt fails.
    ///
    /// # Panics
    /// When the mean of the distribution is beyond 100 000 years.
    #[must_use]
    pub fn of_family(family: Family) -> Self {
        let mean = Millis::from_secs_f64(family.mean() / 1000.0);
        let run = mean.expect("a mean that a calendar holds");
        let closed = Fit { family, rows: 0, goodness: None };
        Self {
            draws: [Draw { run, outcome: RowOutcome::Closed }].into(),
            closed: [run].into(),
            failed: Arc::default(),
            from: EstimateFrom::Default,
            fits: Some(Fits { closed, failed: None }),
            shrunk: None,
        }
    }

    /// Returns the spread to draw from instead of closed rows, if a package has too few.
    #[must_use]
    pub(crate) fn residuals(&self) -> Option<&[f64]> {
        self.shrunk.as_ref().map(|shrunk| &*shrunk.residuals)
    }

    /// Returns attempt `attempt` (from 1) as recorded: attempt k is the k-th row, and after the
    /// last row the first one again.
    #[must_use]
    pub fn replay(&self, attempt: u32) -> Draw {
        self.draws[round_robin(attempt, self.draws.len())]
    }

    /// Returns the run time of attempt `attempt` (from 1) if it succeeds.
    #[must_use]
    pub fn replay_closed(&self, attempt: u32) -> Millis {
        self.closed[round_robin(attempt, self.closed.len())]
    }

    /// Returns the run time of attempt `attempt` (from 1) if it fails; that of a success if no
    /// failure was recorded.
    #[must_use]
    pub fn replay_failed(&self, attempt: u32) -> Millis {
        if self.failed.is_empty() {
            return self.replay_closed(attempt);
        }
        self.failed[round_robin(attempt, self.failed.len())]
    }

    /// Draws one of the recorded rows, `uniform` in `[0, 1)`; the time of a closed one shrinks
    /// towards the pool if the package has fewer than 5.
    #[must_use]
    pub fn resample(&self, uniform: f64) -> Draw {
        let (index, rest) = pick(uniform, self.draws.len());
        let draw = self.draws[index];
        match (&self.shrunk, draw.outcome) {
            (Some(shrunk), RowOutcome::Closed) => Draw { run: shrunk.run(rest), ..draw },
            _ => draw,
        }
    }

    /// Draws the run time of a success, `uniform` in `[0, 1)`.
    #[must_use]
    pub fn resample_closed(&self, uniform: f64) -> Millis {
        let (index, rest) = pick(uniform, self.closed.len());
        self.shrunk.as_ref().map_or(self.closed[index], |shrunk| shrunk.run(rest))
    }

    /// Draws the run time of a failure, `uniform` in `[0, 1)`.
    #[must_use]
    pub fn resample_failed(&self, uniform: f64) -> Millis {
        if self.failed.is_empty() {
            return self.resample_closed(uniform);
        }
        self.failed[pick(uniform, self.failed.len()).0]
    }
}

impl Shrunk {
    /// Returns the same model as a lognormal; its quality is unknown with so few rows.
    pub(super) fn fit(&self, rows: usize) -> Fit {
        let family = if self.deviation > 0.0 {
            Family::Lognormal { mu: self.level, sigma: self.deviation }
        } else {
            let run = Millis::from_secs_f64(self.level.exp() / 1000.0);
            Family::Constant { run: run.expect("a mean of readable times is readable") }
        };
        Fit { family, rows, goodness: None }
    }

    fn run(&self, uniform: f64) -> Millis {
        let (index, _) = pick(uniform, self.residuals.len());
        let seconds = (self.level + self.residuals[index]).exp() / 1000.0;
        Millis::from_secs_f64(seconds).expect("a mean of readable times is readable")
    }
}

fn round_robin(attempt: u32, len: usize) -> usize {
    assert!(attempt >= 1, "attempts count from 1");
    (attempt as usize - 1) % len
}

/// Splits a uniform number into an index below `len` and another uniform number.
fn pick(uniform: f64, len: usize) -> (usize, f64) {
    assert!((0.0..1.0).contains(&uniform), "a uniform number lies in [0, 1)");
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 rows")]
    let scaled = uniform * len as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the whole part of a number between 0 and the length"
    )]
    let index = (scaled as usize).min(len - 1);
    (index, scaled.fract())
}
