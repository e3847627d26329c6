//! The figures of a comparison, as `summary.json` has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::ModelUsed;
use crate::name::Arch;
use crate::report::assumed::Assumed;
use crate::report::chain::Part;
use crate::report::changes::{self, ChangeSummary};
use crate::report::completion::{self, Within};
use crate::report::conclusion::{About, Conclusion, Confounder};
use crate::report::durations::Durations;
use crate::report::figures::{Distribution, Paired, three_digits};
use crate::report::pilot::Pilot;
use crate::report::probe::Probe;
use crate::report::variant::Variant;
use crate::sim::{Figure, Outcome};
use crate::time::Millis;

/// `summary.json`, format 2.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub(super) format: u32,
    /// How many replications were asked for, where Ctrl-C ended the sweep before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted_of: Option<u64>,
    /// Runs of each variant.
    pub replications: usize,
    /// The seed of every draw.
    pub seed: u64,
    /// The figures of each variant, by its name.
    pub approaches: BTreeMap<String, VariantSummary>,
    /// Where the time of the first runs goes, by variant: the parts sum to their mean makespan.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub where_time_goes: BTreeMap<String, WhereTimeGoes>,
    /// What one other setting at a time changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
    /// Makespan differences in seconds of every two variants, as `first - second`.
    pub paired: BTreeMap<String, Paired>,
    /// What may be said, each sentence with its rule and figures.
    pub conclusions: Vec<Conclusion>,
    /// Whether Ctrl-C came before other settings were tried, or all of them: then `hinges` and `probes`
    /// lack what was not tried.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub settings_untried: bool,
    /// In what the approaches differ besides ownership and cascade.
    pub confounders: Vec<Confounder>,
    /// Which model of the farm was run.
    pub model: ModelUsed,
    /// What that model leaves out; null for koji's.
    pub leaves_out: Option<&'static str>,
    /// Whether luck can make runs differ.
    pub is_drawn: bool,
    /// Whether all runs of each variant are equal: then figures have no spread.
    pub no_spread: bool,
    /// Where durations came from.
    pub durations: Durations,
    /// Every assumed value.
    pub assumed: Vec<Assumed>,
}

/// Where the time of some runs goes on average.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhereTimeGoes {
    /// How many runs were looked at: the first replications.
    pub runs: u64,
    /// Their mean makespan, however they ended.
    #[serde(serialize_with = "three_digits")]
    pub makespan_seconds: Option<f64>,
    /// The mean seconds of each part, along what the last build of a run waited for.
    pub parts_seconds: BTreeMap<Part, f64>,
    /// Seconds of builders by group in the run that is drawn.
    pub builders: BTreeMap<Arc<str>, BuilderSeconds>,
}

/// Seconds of the builders of a group in one run: both sum to builders times makespan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BuilderSeconds {
    /// How many builders there are.
    pub builders: u64,
    /// With a task that works.
    pub busy: f64,
    /// Without.
    pub idle: f64,
}

impl WhereTimeGoes {
    pub(in crate::report) fn of(pilot: &Pilot) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a few runs")]
        let mean =
            |time: Millis| (time.as_secs_f64() / pilot.runs as f64 * 1000.0).round() / 1000.0;
        let builders = pilot.load.iter().map(|load| {
            let (busy, idle) = (load.busy.as_secs_f64(), load.idle.as_secs_f64());
            (Arc::clone(&load.group), BuilderSeconds { builders: load.builders, busy, idle })
        });
        Self {
            runs: pilot.runs,
            makespan_seconds: Some(mean(pilot.parts.values().copied().sum())),
            parts_seconds: pilot.parts.iter().map(|(part, time)| (*part, mean(*time))).collect(),
            builders: builders.collect(),
        }
    }
}

/// The figures of one variant, of all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantSummary {
    /// From the start to the last event that changed a module, over all runs: one that is not done
    /// never finishes, and a quantile that is not reached is null.
    pub makespan_seconds: Distribution,
    /// The same of the runs that ended `done` alone.
    pub makespan_seconds_done: Distribution,
    /// The share of runs that are done by each of a grid of times.
    pub done_within: Vec<Within>,
    /// The share of modules that are ready by then.
    pub ready_within: Vec<Within>,
    /// Module builds started.
    pub module_builds: Distribution,
    /// Components built, once per build and not per arch.
    pub component_builds: Distribution,
    /// The largest number of builds of one module.
    pub rebuilds_per_module_max: Distribution,
    /// Builder time of builds that were superseded, failed or canceled.
    pub builder_seconds_wasted: Distribution,
    /// Builder time, by arch.
    pub builder_seconds_busy: BTreeMap<Arch, Distribution>,
    /// koji tasks made.
    pub tasks: Distribution,
    /// Requests that the orchestrator made of the hub; a multicall is one.
    pub hub_calls: Distribution,
    /// Repo regenerations.
    pub repo_regenerations: Distribution,
    /// Messages on the bus.
    pub messages: Distribution,
    /// Mails sent.
    pub mails: Distribution,
    /// Components reused instead of built.
    pub reused: Distribution,
    /// Components with a defect in modules that are ready all the same.
    pub defects_escaped: Distribution,
    /// Test results that people waived.
    pub waivers: Distribution,
    /// Repairs by people.
    pub fixes: Distribution,
    /// Messages that did not reach whom they were for.
    pub messages_lost: Distribution,
    /// What the orchestrator has to remember to continue after a crash, in rows of its journal: none
    /// for koji-owned, which remembers nothing.
    pub state_rows: Distribution,
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

impl Summary {
    /// Says that nothing is concluded about time, where that is so and no difference of settings is
    /// the reason.
    pub(in crate::report) fn no_conclusion(&self) -> Option<&'static str> {
        let is_of_time = |one: &Conclusion| one.about != About::Done;
        if self.paired.is_empty()
            || !self.confounders.is_empty()
            || self.conclusions.iter().any(is_of_time)
        {
            return None;
        }
        let mut variants = self.approaches.values();
        let has_changes = variants.any(|variant| !variant.changes.is_empty());
        Some(match (has_changes, self.conclusions.is_empty()) {
            (true, _) => {
                "No conclusion about changes: no variant has more of them ready in time, or half of them \
                 sooner, by more than luck explains."
            }
            (false, true) => "No conclusion: no variant ends earlier by more than luck explains.",
            (false, false) => {
                "No conclusion about time: no variant ends earlier by more than luck explains."
            }
        })
    }

    /// Writes `summary.json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("keys are texts");
        json.push('\n');
        json
    }
}

impl Variant {
    pub(super) fn summary(&self, grid: &[u64]) -> VariantSummary {
        let done = self.makespans_done();
        let state_rows = match self.name.starts_with("koji-owned") {
            true => Distribution::of(&vec![0; self.runs.len()], 1),
            false => self.spread(Figure::Events, 1),
        };
        VariantSummary {
            makespan_seconds: Distribution::of_finished(&done, self.runs.len(), 1000),
            makespan_seconds_done: Distribution::of(&done, 1000),
            done_within: completion::done_within(&self.runs, grid),
            ready_within: completion::ready_within(&self.runs, grid),
            module_builds: self.spread(Figure::ModuleBuilds, 1),
            component_builds: self.spread(Figure::ComponentBuilds, 1),
            rebuilds_per_module_max: self.spread(Figure::RebuildsPerModuleMax, 1),
            builder_seconds_wasted: self.spread(Figure::Wasted, 1000),
            builder_seconds_busy: self.busy(),
            tasks: self.spread(Figure::Tasks, 1),
            hub_calls: self.spread(Figure::HubCalls, 1),
            repo_regenerations: self.spread(Figure::RepoRegenerations, 1),
            messages: self.spread(Figure::Messages, 1),
            mails: self.spread(Figure::Mails, 1),
            reused: self.spread(Figure::Reused, 1),
            defects_escaped: self.spread(Figure::DefectsEscaped, 1),
            waivers: self.spread(Figure::Waivers, 1),
            fixes: self.spread(Figure::Fixes, 1),
            messages_lost: self.spread(Figure::MessagesLost, 1),
            state_rows,
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
