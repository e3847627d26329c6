//! What a comparison found, as numbers: `summary.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::changes::{self, ChangeSummary};
use super::durations::Durations;
use super::figures::{Distribution, Paired};
use crate::name::Arch;
use crate::sim::{Figure, Outcome, Runs};
use crate::time::Millis;

/// The runs of every variant, made with the same luck: run `n` of each is replication `n`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The seed of every draw.
    pub seed: u64,
    /// What was compared, in the order to show it in.
    pub variants: Vec<Variant>,
    /// Where durations came from.
    pub durations: Durations,
    /// Every parameter that nobody set, in words: `farm: 10 builders for each arch`.
    pub assumptions: Vec<String>,
}

/// One approach under one cascade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name, such as `koji-owned/literal`.
    pub name: String,
    /// Its runs, in replication order.
    pub runs: Runs,
}

/// `summary.json`, format 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    format: u32,
    /// Runs of each variant.
    pub replications: usize,
    /// The seed of every draw.
    pub seed: u64,
    /// The figures of each variant, by its name.
    pub approaches: BTreeMap<String, VariantSummary>,
    /// Makespan differences in seconds of every two variants, as `first - second`.
    pub paired: BTreeMap<String, Paired>,
    /// Where durations came from.
    pub durations: Durations,
    /// Every parameter that nobody set.
    pub assumptions: Vec<String>,
}

/// The figures of one variant. Makespans are of the runs that ended `done`, all else of all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantSummary {
    /// From the start to the last event that changed a module.
    pub makespan_seconds: Distribution,
    /// Module builds started.
    pub module_builds: Distribution,
    /// Components built, once per build whatever the arches.
    pub component_builds: Distribution,
    /// The largest number of builds of one module.
    pub rebuilds_per_module_max: Distribution,
    /// Builder time of builds that were superseded, failed or canceled.
    pub builder_seconds_wasted: Distribution,
    /// Builder time, by arch.
    pub builder_seconds_busy: BTreeMap<Arch, Distribution>,
    /// koji tasks made.
    pub tasks: Distribution,
    /// XML-RPC requests a live driver would make; `None` until one exists.
    pub hub_calls: Option<Distribution>,
    /// Repo regenerations.
    pub repo_regenerations: Distribution,
    /// Messages on the bus.
    pub messages: Distribution,
    /// Mails sent.
    pub mails: Distribution,
    /// Components reused instead of built.
    pub reused: Distribution,
    /// Changes that came in, by class; left out where nothing but one batch was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<Arc<str>, ChangeSummary>,
    /// The share of runs that ended `done`.
    pub done_share: f64,
    /// The share of runs that ended `stuck`.
    pub stuck_share: f64,
    /// The share of runs that ended `failed`.
    pub failed_share: f64,
    /// The share of runs that ended `capped`.
    pub capped_share: f64,
}

impl Comparison {
    /// Works out all figures.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let approaches = self.variants.iter().map(|v| (v.name.clone(), v.summary())).collect();
        let mut paired = BTreeMap::new();
        for (at, first) in self.variants.iter().enumerate() {
            for second in &self.variants[at + 1..] {
                let pairs = pairs(&first.runs, &second.runs);
                paired.insert(format!("{} - {}", first.name, second.name), Paired::of(&pairs));
            }
        }
        Summary {
            format: 1,
            replications: self.variants.iter().map(|v| v.runs.len()).max().unwrap_or(0),
            seed: self.seed,
            approaches,
            paired,
            durations: self.durations.clone(),
            assumptions: self.assumptions.clone(),
        }
    }

    /// Appends the runs of the next part of the same sweep; returns whether it is one.
    pub(super) fn append(&mut self, next: Self) -> bool {
        let same = |(a, b): (&Variant, &Variant)| a.name == b.name;
        let is_same = self.variants.len() == next.variants.len()
            && self.variants.iter().zip(&next.variants).all(same);
        if is_same {
            for (variant, next) in self.variants.iter_mut().zip(next.variants) {
                variant.runs.extend(next.runs.iter());
            }
        }
        is_same
    }
}

impl Summary {
    /// Writes `summary.json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("keys are texts");
        json.push('\n');
        json
    }
}

impl Variant {
    /// Returns the makespans of the runs that ended `done`, in milliseconds.
    #[must_use]
    pub fn makespans_done(&self) -> Vec<u64> {
        self.runs.makespans_done()
    }

    fn summary(&self) -> VariantSummary {
        VariantSummary {
            makespan_seconds: Distribution::of(&self.makespans_done(), 1000),
            module_builds: self.spread(Figure::ModuleBuilds, 1),
            component_builds: self.spread(Figure::ComponentBuilds, 1),
            rebuilds_per_module_max: self.spread(Figure::RebuildsPerModuleMax, 1),
            builder_seconds_wasted: self.spread(Figure::Wasted, 1000),
            builder_seconds_busy: self.busy(),
            tasks: self.spread(Figure::Tasks, 1),
            hub_calls: self.hub_calls(),
            repo_regenerations: self.spread(Figure::RepoRegenerations, 1),
            messages: self.spread(Figure::Messages, 1),
            mails: self.spread(Figure::Mails, 1),
            reused: self.spread(Figure::Reused, 1),
            changes: changes::by_class(self.runs.changes()),
            done_share: self.share(Outcome::Done),
            stuck_share: self.share(Outcome::Stuck),
            failed_share: self.share(Outcome::Failed),
            capped_share: self.share(Outcome::Capped),
        }
    }

    fn spread(&self, figure: Figure, scale: u32) -> Distribution {
        Distribution::of(&self.runs.all(figure), scale)
    }

    fn hub_calls(&self) -> Option<Distribution> {
        let calls = self.runs.hub_calls().filter(|calls| !calls.is_empty());
        calls.map(|calls| Distribution::of(&calls, 1))
    }

    fn busy(&self) -> BTreeMap<Arch, Distribution> {
        let of = |arch: &Arch| Distribution::of(&self.runs.busy_on(arch), 1000);
        self.runs.arches().into_iter().map(|arch| (arch.clone(), of(&arch))).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of replications")]
    fn share(&self, outcome: Outcome) -> f64 {
        let ended = self.runs.outcomes().filter(|ended| *ended == outcome).count();
        let share = ended as f64 / self.runs.len().max(1) as f64;
        (share * 1e6).round() / 1e6
    }
}

/// Returns the makespans in seconds, pair by pair, of the replications that ended `done` in both.
pub(super) fn pairs(first: &Runs, second: &Runs) -> Vec<(f64, f64)> {
    let ended = |runs: &Runs| -> Vec<(u64, bool)> {
        let is_done = runs.outcomes().map(|outcome| outcome == Outcome::Done);
        runs.all(Figure::Makespan).into_iter().zip(is_done).collect()
    };
    let both = ended(first).into_iter().zip(ended(second));
    both.filter(|(a, b)| a.1 && b.1)
        .map(|(a, b)| (Millis(a.0).as_secs_f64(), Millis(b.0).as_secs_f64()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn a_summary_is_made_of_done_runs_where_time_counts_and_of_all_elsewhere() {
        let summary = sample::comparison().summary();
        let literal = &summary.approaches["koji-owned/literal"];
        assert!((literal.done_share - 0.75).abs() < 1e-9, "{}", literal.done_share);
        assert!((literal.failed_share - 0.25).abs() < 1e-9);
        // Makespans 100, 200 and 400 s ended done; 300 s failed.
        assert_eq!(literal.makespan_seconds.p50, Some(200.0));
        assert_eq!(literal.component_builds.mean, Some(25.0));
        let paired = &summary.paired["koji-owned/literal - koji-owned/planned"];
        assert_eq!((paired.pairs, paired.mean_difference), (3, Some(50.0)));
    }

    #[test]
    fn summary_json_keeps_its_format() {
        insta::assert_snapshot!(sample::comparison().summary().to_json());
    }
}
