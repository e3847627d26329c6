//! Whether luck can make two replications differ, so that nobody makes a thousand equal ones.

use super::history::{DurationMode, Outcomes};
use super::{Conditions, Setup};
use crate::scenario::{Bus, Quantiles, Tests};
use crate::trace::{Draw, Family, Fits, Samples};

impl Setup {
    /// Returns whether something is drawn that has more than one possible value. If not, every
    /// replication is equal to the first. The phases of builders that poll are drawn in koji's model.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        let is_drawn = |samples| is_drawn(samples, self.durations, self.outcomes);
        self.hub.is_some()
            || matches!(self.outcomes, Outcomes::Rate { failure_rate, .. } if failure_rate > 0.0)
            || self.conditions.are_drawn()
            || self.samples.iter().any(is_drawn)
    }
}

impl Conditions {
    fn are_drawn(&self) -> bool {
        let people = self.people.as_ref();
        let has_gate = self.gates.component || self.gates.module;
        !self.changes.is_empty()
            || is_bus_drawn(&self.bus)
            || people.is_some_and(|people| is_wide(&people.fix) || is_open(people.waive_share))
            || is_open(self.tests.defect_rate)
            || has_gate && are_tests_drawn(&self.tests)
    }
}

/// Returns whether a share is neither of none nor of all.
fn is_open(share: f64) -> bool {
    share > 0.0 && share < 1.0
}

fn is_wide(quantiles: &Quantiles) -> bool {
    quantiles.p50 != quantiles.p90
}

fn is_bus_drawn(bus: &Bus) -> bool {
    bus.jitter.0 > 0 || is_open(bus.loss) || is_open(bus.duplicate)
}

fn are_tests_drawn(tests: &Tests) -> bool {
    let times = [&tests.component, &tests.module].into_iter().flatten();
    let has_defects = tests.defect_rate > 0.0;
    let found = [tests.detect_component, tests.detect_module];
    times.into_iter().any(is_wide)
        || [tests.false_alarm, tests.missing].into_iter().any(is_open)
        || has_defects && found.into_iter().any(is_open)
}

/// Returns whether draws from some samples can differ.
fn is_drawn(samples: &Samples, mode: DurationMode, outcomes: Outcomes) -> bool {
    let by_row = match outcomes {
        Outcomes::History => differ(&samples.draws),
        Outcomes::Rate { .. } | Outcomes::AlwaysPass => differ(&samples.closed),
    };
    let fails = matches!(outcomes, Outcomes::History);
    match mode {
        DurationMode::Replay => false,
        DurationMode::Resample => match samples.residuals() {
            Some(residuals) => differ(residuals) || fails && has_failures(samples),
            None => by_row,
        },
        DurationMode::Fit => {
            let is_constant = |fits: &Fits| matches!(fits.closed.family, Family::Constant { .. });
            !samples.fits.as_ref().is_some_and(is_constant) || fails && has_failures(samples)
        }
    }
}

fn differ<T: PartialEq>(rows: &[T]) -> bool {
    rows.iter().any(|row| *row != rows[0])
}

fn has_failures(samples: &Samples) -> bool {
    samples.draws.iter().any(|Draw { outcome, .. }| *outcome == crate::trace::RowOutcome::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::People;
    use crate::time::Millis;
    use crate::trace::{BUILD_ARCH, History};

    fn samples(rows: &[(u64, &str)]) -> Samples {
        let header = "package,method,arch,run_seconds,outcome\n".to_owned();
        let line =
            |(run, outcome): &(u64, &str)| format!("perl,buildArch,x86_64,{run},{outcome}\n");
        let csv = header + &rows.iter().map(line).collect::<String>();
        let history = History::read(&[("trace.csv", csv.as_bytes())]);
        history.fitted().samples(BUILD_ARCH, &"perl".into(), &"x86_64".into())
    }

    #[test]
    fn rows_that_differ_are_drawn_unless_they_are_replayed() {
        use DurationMode::{Fit, Replay, Resample};
        let equal = samples(&[(60, "closed"); 6]);
        let wide = samples(&[1, 2, 3, 4, 5, 6].map(|n| (60 * n, "closed")));
        let failing = samples(&[(60, "closed"), (60, "failed")].repeat(6));
        for (rows, outcomes, drawn) in [
            (&equal, Outcomes::History, [false, false, false]),
            (&wide, Outcomes::AlwaysPass, [false, true, true]),
            (&failing, Outcomes::History, [false, true, true]),
            (&failing, Outcomes::AlwaysPass, [false, false, false]),
        ] {
            let found = [Replay, Resample, Fit].map(|mode| is_drawn(rows, mode, outcomes));
            assert_eq!(found, drawn, "{rows:?} {outcomes:?}");
        }
    }

    #[test]
    fn each_kind_of_luck_is_seen_and_certain_trouble_is_none() {
        let wide = Quantiles { p50: Millis::from_secs(60), p90: Millis::from_secs(90) };
        let fixed = Quantiles { p50: wide.p50, p90: wide.p50 };
        let calm = || Conditions {
            gates: crate::orchestrate::Gates { component: true, module: true },
            ..Conditions::default()
        };
        let with_tests = |tests: Tests| Conditions { tests, ..calm() };
        let with_bus = |bus: Bus| Conditions { bus, ..calm() };
        let with_people =
            |fix, waive_share| Conditions { people: Some(People { fix, waive_share }), ..calm() };
        for (conditions, drawn) in [
            (calm(), false),
            (with_tests(Tests { module: Some(fixed), ..Tests::default() }), false),
            (with_tests(Tests { module: Some(wide), ..Tests::default() }), true),
            (with_tests(Tests { missing: 1.0, ..Tests::default() }), false),
            (with_tests(Tests { missing: 0.1, ..Tests::default() }), true),
            (with_tests(Tests { false_alarm: 0.1, ..Tests::default() }), true),
            (with_tests(Tests { detect_module: 0.5, ..Tests::default() }), false),
            (with_tests(Tests { defect_rate: 1.0, detect_module: 0.5, ..Tests::default() }), true),
            (with_tests(Tests { defect_rate: 0.5, ..Tests::default() }), true),
            (with_bus(Bus { delay: Millis(5), loss: 1.0, ..Bus::default() }), false),
            (with_bus(Bus { jitter: Millis(5), ..Bus::default() }), true),
            (with_bus(Bus { duplicate: 0.5, ..Bus::default() }), true),
            (with_people(fixed, 1.0), false),
            (with_people(fixed, 0.5), true),
            (with_people(wide, 0.0), true),
        ] {
            assert_eq!(conditions.are_drawn(), drawn, "{conditions:?}");
        }
        let ungated = Tests { missing: 0.1, ..Tests::default() };
        assert!(!Conditions { tests: ungated, ..Conditions::default() }.are_drawn());
        let defects = Tests { defect_rate: 0.5, ..Tests::default() };
        assert!(Conditions { tests: defects, ..Conditions::default() }.are_drawn());
    }
}
