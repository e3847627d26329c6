//! What one other setting at a time changes: a setting of the scenario taken back, one trouble alone,
//! or an assumed value, varied.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cells::counted;
use super::figures::{Distribution, Earlier, Interval, Paired};
use super::variant::{Variant, ends};
use crate::sim::Runs;
use crate::time::Millis;

/// Why another setting is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeKind {
    /// It is one of several that are different at once: which of them does it?
    Ablation,
    /// One trouble alone, in a world without any other.
    Trouble,
    /// It is assumed.
    Assumed,
}

/// A setting, and the other value that is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Why it is tried.
    pub kind: ProbeKind,
    /// The setting, as its file names it.
    pub setting: String,
    /// Its value.
    pub from: String,
    /// The other value.
    pub to: String,
    /// By what an assumed number is multiplied; `None` where another value is tried.
    pub factor: Option<f64>,
}

impl Trial {
    /// Makes a trial of a value that does not scale the given one.
    #[must_use]
    pub fn new(kind: ProbeKind, setting: &str, from: &str, to: &str) -> Self {
        let [setting, from, to] = [setting, from, to].map(str::to_owned);
        Self { kind, setting, from, to, factor: None }
    }
}

/// What one other setting changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// Why it is tried.
    pub kind: ProbeKind,
    /// The setting, as its file names it.
    pub setting: String,
    /// What it is.
    pub from: String,
    /// What was tried.
    pub to: String,
    /// By what an assumed number was multiplied; null where something else was tried.
    pub factor: Option<f64>,
    /// How many replications were made: the first.
    pub runs: u64,
    /// What it changes, by variant.
    pub effects: BTreeMap<String, Effect>,
    /// Which of two variants under one cascade ends earlier then; null where the replications do not
    /// decide, or where only one was tried.
    pub earlier: Option<String>,
    /// The same over the same replications as things are.
    pub earlier_as_given: Option<String>,
}

/// What another setting does to one variant; seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The median over all runs with it; null where half of them are never done.
    pub makespan_p50: Option<f64>,
    /// The share of runs that are done with it.
    pub done_share: Option<f64>,
    /// By how much that share is more than without it.
    pub done_adds: Option<f64>,
    /// What it adds on average, over the replications that are done with and without it.
    pub adds: Option<f64>,
    /// The 95 % interval of that; null of fewer than two.
    pub adds_ci95: Interval,
    /// How many replications those are.
    pub pairs: usize,
    /// The share of runs within the deadline, where there is one.
    pub in_time_share: Option<f64>,
    /// By how much that share is more than without it, over the same replications.
    pub in_time_adds: Option<f64>,
    /// Mails sent, on average.
    pub mails: Option<f64>,
    /// Builder time of builds that were superseded, failed or canceled, on average.
    pub wasted: Option<f64>,
}

impl Probe {
    /// Makes a probe of a trial: `tried` are its runs, and `given` the same replications as things are,
    /// variant by variant.
    #[must_use]
    pub fn of(trial: Trial, given: &[Variant], tried: &[Runs], deadline: Option<Millis>) -> Self {
        let Trial { kind, setting, from, to, factor } = trial;
        let both = given.iter().zip(tried);
        let effect = |(variant, runs): (&Variant, &Runs)| {
            (variant.name.clone(), Effect::of(runs, &variant.runs, deadline))
        };
        Self {
            kind,
            setting,
            from,
            to,
            factor,
            runs: tried.first().map_or(0, |runs| runs.len() as u64),
            effects: both.map(effect).collect(),
            earlier: earlier(given, tried),
            earlier_as_given: {
                let runs = given.iter().map(|variant| variant.runs.clone());
                earlier(given, &runs.collect::<Vec<_>>())
            },
        }
    }

    /// Returns whether it changes the answer: which of two variants ends earlier, or, with the share
    /// of runs that has to be in time, whether that is met.
    #[must_use]
    pub fn changes_answer(&self, confidence: Option<f64>) -> bool {
        let Some(confidence) = confidence else { return self.earlier != self.earlier_as_given };
        let turns = |effect: &Effect| {
            let (Some(share), Some(adds)) = (effect.in_time_share, effect.in_time_adds) else {
                return false;
            };
            // Shares are kept in thousandths.
            let is_enough = |share: f64| share + 5e-4 >= confidence;
            is_enough(share) != is_enough(share - adds)
        };
        self.effects.values().any(turns)
    }

    /// Says over what its figures are.
    pub(super) fn over(&self) -> String {
        let runs = usize::try_from(self.runs).unwrap_or(usize::MAX);
        format!(
            "Over the first {}: P50 is over all runs, done or not; the mean change is over the pairs of \
             runs that are done with the setting and without, with its 95 % interval.",
            counted(runs, "replication")
        )
    }

    /// Orders probes by what they change: how many runs are done, then when they end; the most first.
    #[must_use]
    pub fn by_weight(&self, other: &Self) -> std::cmp::Ordering {
        let done = |probe: &Self| {
            let adds = probe.effects.values().filter_map(|effect| effect.done_adds);
            adds.fold(0.0, |most: f64, one| most.max(one.abs()))
        };
        let moved = |probe: &Self| probe.largest().abs();
        done(other).total_cmp(&done(self)).then(moved(other).total_cmp(&moved(self)))
    }

    /// Returns whether any run ends otherwise than without it, or not at all.
    #[must_use]
    pub fn changes_anything(&self) -> bool {
        let is_zero = |adds: Option<f64>| adds.is_none_or(|adds| adds.abs() < 1e-9);
        !self.effects.values().all(|effect| {
            is_zero(effect.adds) && is_zero(effect.done_adds) && is_zero(effect.in_time_adds)
        })
    }

    /// Returns by how much it moves the variant that it moves most, in seconds.
    #[must_use]
    pub fn largest(&self) -> f64 {
        let adds = self.effects.values().filter_map(|effect| effect.adds);
        adds.fold(0.0, |most: f64, one| if one.abs() > most.abs() { one } else { most })
    }
}

impl Effect {
    /// Returns whether the replications say in which direction it moves the end on average.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        matches!(self.adds_ci95, Interval(Some(low), Some(high)) if low > 0.0 || high < 0.0)
    }

    fn of(runs: &Runs, given: &Runs, deadline: Option<Millis>) -> Self {
        let done = runs.makespans_done();
        let paired = Paired::of_ends(&ends(runs, given));
        let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "a count of replications")]
        let share = |count: usize| rounded(count as f64 / runs.len().max(1) as f64);
        #[expect(clippy::cast_precision_loss, reason = "a count of replications")]
        let exact = |of: &Runs| of.makespans_done().len() as f64 / of.len().max(1) as f64;
        let mean = |figure, scale| Distribution::of(&runs.all(figure), scale).mean.map(rounded);
        Self {
            makespan_p50: Distribution::of_finished(&done, runs.len(), 1000).p50,
            done_share: (!runs.is_empty()).then(|| share(done.len())),
            done_adds: (!runs.is_empty()).then(|| rounded(exact(runs) - exact(given))),
            adds: paired.mean_difference.map(rounded),
            adds_ci95: Interval(paired.ci95.0.map(rounded), paired.ci95.1.map(rounded)),
            pairs: paired.pairs,
            in_time_share: deadline.map(|deadline| rounded(in_time(runs, deadline))),
            in_time_adds: deadline
                .map(|deadline| rounded(in_time(runs, deadline) - in_time(given, deadline))),
            mails: mean(crate::sim::Figure::Mails, 1),
            wasted: mean(crate::sim::Figure::Wasted, 1000),
        }
    }
}

/// Returns the share of runs that are done by a deadline.
fn in_time(runs: &Runs, deadline: Millis) -> f64 {
    let ends = runs.makespans_done();
    let count = ends.iter().filter(|end| **end <= deadline.0).count();
    #[expect(clippy::cast_precision_loss, reason = "counts of replications")]
    let share = count as f64 / runs.len().max(1) as f64;
    share
}

/// Returns which of two variants ends earlier, where the replications decide.
fn earlier(given: &[Variant], tried: &[Runs]) -> Option<String> {
    let ([first, second], [of_first, of_second]) = (given, tried) else { return None };
    let decided = Earlier::of(&ends(of_first, of_second)).first_of_decided;
    let (low, high) = (decided.ci95.0?, decided.ci95.1?);
    if low > 0.5 {
        Some(first.name.clone())
    } else if high < 0.5 {
        Some(second.name.clone())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::sim::Outcome::{Done, Failed};

    #[test]
    fn a_probe_says_what_a_setting_adds_and_who_is_earlier_then() {
        let runs = |seconds: u64| -> Runs {
            (0..10).map(|n| sample::run(seconds + n, 10, Done)).collect()
        };
        let variant = |name: &str, runs| Variant { name: name.to_owned(), runs };
        let given = [
            variant("koji-owned/planned", runs(100)),
            variant("orchestrator-owned/planned", runs(150)),
        ];
        let deadline = Some(Millis::from_secs(165));
        let trial =
            |from: &str, to: &str| Trial::new(ProbeKind::Assumed, "hub.run_interval", from, to);
        let tried = [runs(160), runs(155)];
        let probe = Probe::of(trial("1m", "2m"), &given, &tried, deadline);
        let koji = probe.effects["koji-owned/planned"];
        assert_eq!(
            (koji.adds, koji.in_time_share, koji.done_share),
            (Some(60.0), Some(0.6), Some(1.0))
        );
        // Without it all ten are in time.
        assert_eq!(koji.in_time_adds, Some(-0.4));
        assert!(probe.changes_anything());
        let same = Probe::of(trial("1m", "1m"), &given, &[runs(100), runs(150)], deadline);
        assert!(!same.changes_anything());
        assert_eq!(koji.makespan_p50, Some(164.0));
        assert_eq!(probe.earlier.as_deref(), Some("orchestrator-owned/planned"));
        assert!((probe.largest() - 60.0).abs() < 1e-9);
        // As things are koji-owned is the earlier one; no run was in time more or less than asked for.
        assert_eq!(probe.earlier_as_given.as_deref(), Some("koji-owned/planned"));
        assert!(probe.changes_answer(None) && !same.changes_answer(None));
        assert!(probe.changes_answer(Some(0.9)) && !probe.changes_answer(Some(0.5)));
        // Every one of ten replications ends 60 s later.
        assert_eq!((koji.pairs, koji.adds_ci95), (10, Interval(Some(60.0), Some(60.0))));
        let none = same.effects["koji-owned/planned"];
        assert!(koji.is_decided() && !none.is_decided());
        // Where nothing is done nothing is added, and it is never.
        let failed: Runs = (0..10).map(|n| sample::run(n, 1, Failed)).collect();
        let probe = Probe::of(trial("a", "b"), &given[..1], &[failed], None);
        let koji = probe.effects["koji-owned/planned"];
        assert_eq!((koji.adds, koji.makespan_p50, probe.earlier), (None, None, None));
    }
}
