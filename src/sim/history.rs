//! How long an attempt takes and how it ends, drawn from what history recorded.

use super::draw::{self, Key, Purpose};
use crate::time::Millis;
use crate::trace::{Draw, Family, Fits, RowOutcome, Samples};

/// How the duration of a task is taken from history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationMode {
    /// The recorded rows in order: attempt k takes the k-th, then round again.
    Replay,
    /// A draw among the rows; a package with few rows shrinks towards the pool.
    Resample,
    /// A draw from a fitted distribution, of closed or of failed rows as the outcome says.
    Fit,
}

impl DurationMode {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Resample => "resample",
            Self::Fit => "fit",
        }
    }
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

/// Returns how long attempt `nth` (from 1) takes, and whether it succeeds; `key` names its draws,
/// and is asked for only where something is drawn.
#[must_use]
pub(super) fn attempt(
    samples: &Samples,
    nth: u32,
    key: impl Fn() -> Key,
    durations: DurationMode,
    outcomes: Outcomes,
) -> (Millis, bool) {
    let passed = |run: Millis| (run, true);
    let recorded = |draw: Draw| (draw.run, draw.outcome != RowOutcome::Failed);
    let uniform = || draw::uniform(key(), Purpose::Duration);
    match (durations, outcomes) {
        (DurationMode::Replay, Outcomes::History) => recorded(samples.replay(nth)),
        (DurationMode::Replay, Outcomes::AlwaysPass | Outcomes::Rate { .. }) => {
            passed(samples.replay_closed(nth))
        }
        (DurationMode::Resample, Outcomes::History) => recorded(samples.resample(uniform())),
        (DurationMode::Resample, Outcomes::AlwaysPass | Outcomes::Rate { .. }) => {
            passed(samples.resample_closed(uniform()))
        }
        (DurationMode::Fit, Outcomes::History) => {
            let outcome = samples.resample(draw::uniform(key(), Purpose::Outcome)).outcome;
            fitted(samples, key, outcome == RowOutcome::Failed)
        }
        (DurationMode::Fit, Outcomes::AlwaysPass | Outcomes::Rate { .. }) => {
            fitted(samples, key, false)
        }
    }
}

/// Returns how the first attempt goes where nothing is drawn for it, as [`attempt`] does.
pub(super) fn first(
    samples: &Samples,
    durations: DurationMode,
    outcomes: Outcomes,
) -> Option<(Millis, bool)> {
    let is_constant = |fits: &Fits| matches!(fits.closed.family, Family::Constant { .. });
    let is_drawn = match (durations, outcomes) {
        (DurationMode::Replay, _) => false,
        (DurationMode::Resample, _) | (DurationMode::Fit, Outcomes::History) => true,
        (DurationMode::Fit, Outcomes::AlwaysPass | Outcomes::Rate { .. }) => {
            !samples.fits.as_ref().is_some_and(is_constant)
        }
    };
    let key = || unreachable!("nothing is drawn");
    (!is_drawn).then(|| attempt(samples, 1, key, durations, outcomes))
}

/// Draws how long a success or a failure takes from the distribution fitted to it.
///
/// # Panics
/// When the history was not [fitted](crate::trace::History::fitted).
fn fitted(samples: &Samples, key: impl Fn() -> Key, is_failure: bool) -> (Millis, bool) {
    let fits = samples.fits.as_ref();
    let Fits { closed, failed } = fits.expect("who asks for fits has the history fitted");
    let run = match (is_failure, failed) {
        (true, Some(failed)) => drawn(failed.family, key),
        (true, None) => samples.resample_failed(draw::uniform(key(), Purpose::Duration)),
        (false, _) => drawn(closed.family, key),
    };
    (run, !is_failure)
}

fn drawn(family: Family, key: impl Fn() -> Key) -> Millis {
    let sampled = match family {
        Family::Constant { run } => return run,
        Family::Lognormal { mu, sigma } => {
            let law = rand_distr::LogNormal::new(mu, sigma).expect("a fit has a finite spread");
            draw::sample(key(), Purpose::Duration, &law)
        }
        Family::Gamma { shape, scale } => {
            let law = rand_distr::Gamma::new(shape, scale).expect("a fit has positive parameters");
            draw::sample(key(), Purpose::Duration, &law)
        }
    };
    // A tail can be drawn that no clock could have recorded.
    const SECONDS_MAX: f64 = 366.0 * 86_400.0;
    Millis::from_secs_f64((sampled / 1000.0).min(SECONDS_MAX)).expect("bounded and not negative")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{BUILD_ARCH, History};

    fn samples(rows: &str) -> Samples {
        let csv = format!("package,method,arch,run_seconds,outcome\n{rows}");
        let history = History::read(&[("trace.csv", csv.as_bytes())]);
        assert_eq!(history.findings, []);
        history.fitted().samples(BUILD_ARCH, &"perl".into(), &"x86_64".into())
    }

    fn drawn_with(samples: &Samples, outcomes: Outcomes) -> Vec<(Millis, bool)> {
        let key = |replication| Key { seed: 3, replication, subject: 9, attempt: 1 };
        let one = |at| attempt(samples, 1, || key(at), DurationMode::Fit, outcomes);
        (0..4000).map(one).collect()
    }

    #[test]
    fn draws_from_a_fit_have_its_mean_and_its_share_of_failures() {
        // Ten closed rows around 100 s and ten failed ones, all after 7 s.
        let closed = (0..10).map(|n| format!("perl,buildArch,x86_64,{},closed\n", 91 + 2 * n));
        let failed = std::iter::repeat_n("perl,buildArch,x86_64,7,failed\n".to_owned(), 10);
        let samples = samples(&closed.chain(failed).collect::<String>());
        let draws = drawn_with(&samples, Outcomes::History);
        let passed: Vec<f64> =
            draws.iter().filter(|(_, ok)| *ok).map(|(run, _)| run.as_secs_f64()).collect();
        #[expect(clippy::cast_precision_loss, reason = "4000 at most")]
        let (count, share) = (passed.len() as f64, passed.len() as f64 / 4000.0);
        // Half of the rows failed: 4 standard errors of a share over 4000 draws.
        assert!((share - 0.5).abs() < 4.0 * (0.25_f64 / 4000.0).sqrt(), "{share}");
        let mean = passed.iter().sum::<f64>() / count;
        // The rows' mean is 100 s, their standard deviation 6.06 s.
        assert!((mean - 100.0).abs() < 4.0 * 6.06 / count.sqrt() + 0.2, "{mean}");
        assert!(draws.iter().all(|(run, ok)| *ok || *run == Millis::from_secs(7)));
        assert!(drawn_with(&samples, Outcomes::AlwaysPass).iter().all(|(_, ok)| *ok));
    }

    #[test]
    fn the_first_attempt_is_kept_where_nothing_is_drawn_for_it() {
        use DurationMode::{Fit, Replay, Resample};
        let rows = "perl,buildArch,x86_64,90,failed\nperl,buildArch,x86_64,100,closed\n\
                    perl,buildArch,x86_64,120,closed\n";
        let recorded = samples(rows);
        let constant = Samples::of_family(Family::Constant { run: Millis::from_secs(7) });
        let rate = Outcomes::Rate { failure_rate: 0.5, flaky_share: 0.5 };
        let ninety = (Millis::from_secs(90), false);
        assert_eq!(first(&recorded, Replay, Outcomes::History), Some(ninety));
        for outcomes in [Outcomes::AlwaysPass, rate] {
            let hundred = (Millis::from_secs(100), true);
            assert_eq!(first(&recorded, Replay, outcomes), Some(hundred));
            let seven = (Millis::from_secs(7), true);
            assert_eq!(first(&constant, Fit, outcomes), Some(seven));
            assert_eq!(first(&recorded, Fit, outcomes), None);
            assert_eq!(first(&recorded, Resample, outcomes), None);
        }
        assert_eq!(first(&recorded, Resample, Outcomes::History), None);
        assert_eq!(first(&constant, Fit, Outcomes::History), None);
    }
}
