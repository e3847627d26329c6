//! The figures of a capacity sweep, as `summary.json` has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::{Amount, Anomaly, Best, Point, amount, count};
use crate::name::Arch;
use crate::report::assumed::Assumed;
use crate::report::changes::{self, ChangeSummary};
use crate::report::compare::{ModelUsed, WhereTimeGoes};
use crate::report::completion::ready_within;
use crate::report::conclusion::Confounder;
use crate::report::durations::Durations;
use crate::report::figures::{Distribution, Interval, Share, three_digits};
use crate::report::probe::Probe;
use crate::time::Millis;

/// `summary.json` of a capacity sweep, format 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CapacitySummary {
    pub(in crate::report) format: u32,
    /// How many replications were asked for, where Ctrl-C ended the sweep before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted_of: Option<u64>,
    /// Whether Ctrl-C came before farms with one builder more and other settings were tried, or all of
    /// them: then `next_builder` and `probes` lack what was not tried.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub settings_untried: bool,
    pub(in crate::report) replications: usize,
    pub(in crate::report) seed: u64,
    #[serde(serialize_with = "three_digits")]
    pub(in crate::report) deadline_seconds: Option<f64>,
    pub(in crate::report) confidence: f64,
    /// Every point.
    pub points: Vec<PointSummary>,
    /// The cheapest that is good enough; null where none is.
    pub answer: Option<Answer>,
    /// The point that comes nearest to the deadline, and what keeps it from being earlier.
    pub best: Option<Best>,
    /// Points that are slower than others with fewer builders.
    pub anomalies: Vec<Anomaly>,
    /// Whether luck can make runs differ.
    pub is_drawn: bool,
    /// Whether all runs of each point are equal: then shares have no spread.
    pub no_spread: bool,
    pub(in crate::report) model: ModelUsed,
    pub(in crate::report) leaves_out: Option<&'static str>,
    pub(in crate::report) durations: Durations,
    pub(in crate::report) confounders: Vec<Confounder>,
    pub(in crate::report) assumed: Vec<Assumed>,
    /// What other values would change at the answer, or at the point nearest to the deadline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::report) probes: Vec<Probe>,
    /// Where the time goes at the answer and at the point nearest to the deadline.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::report) where_time_goes: BTreeMap<String, WhereTimeGoes>,
}

/// The figures of one point, over all runs: one that is not done never finishes, and misses the
/// deadline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointSummary {
    pub(in crate::report) builders: BTreeMap<String, Amount>,
    pub(in crate::report) approach: String,
    pub(in crate::report) makespan_seconds: Distribution,
    /// The same of the runs that ended `done` alone.
    pub(in crate::report) makespan_seconds_done: Distribution,
    /// The mean share of the makespan for which a builder that has an arch worked, on one task or
    /// more of any arch: what is built for `noarch` counts where it was built.
    pub(in crate::report) utilization: BTreeMap<Arch, f64>,
    /// The share of runs that were done in time.
    pub meets_deadline_share: f64,
    /// Its 95 % interval (Wilson); null where all runs are equal.
    pub(in crate::report) meets_deadline_ci95: Interval,
    pub(in crate::report) done_share: f64,
    /// The share of modules that are ready by the deadline.
    pub(in crate::report) ready_by_deadline: Share,
    /// What an hour of the farm costs; null where a group has no price.
    pub(in crate::report) cost_per_hour: Option<f64>,
    /// What the farm costs for as long as half of the runs take; null where a group has no price.
    pub(in crate::report) cost_p50: Option<f64>,
    /// Changes that came in, by class; left out where nothing but one batch was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::report) changes: BTreeMap<Arc<str>, ChangeSummary>,
}

/// The cheapest point that is good enough.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Its builders.
    pub builders: BTreeMap<String, Amount>,
    /// Its variant.
    pub approach: String,
    /// The share of its runs that were done in time.
    pub meets_deadline_share: f64,
    /// Whether its 95 % interval (Wilson) lies at or above the confidence asked for as a whole:
    /// else other luck may say no. Equal runs show no luck, and so are not certain.
    pub is_certain: bool,
    /// Other approaches that the same farm serves in time.
    pub also: Vec<String>,
    /// Those of them that it serves as surely and as fast: the answer is as much theirs.
    pub alike: Vec<String>,
    /// The group whose next builder shortens the mean makespan most; null where none does.
    pub next_builder: Option<String>,
    /// By how much it does.
    #[serde(serialize_with = "three_digits")]
    pub next_builder_saves_seconds: Option<f64>,
}

impl PointSummary {
    /// Names the farm by what was varied.
    pub(in crate::report) fn farm(&self) -> String {
        amount::named(&self.builders)
    }
}

impl CapacitySummary {
    /// Writes `summary.json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("keys are texts");
        json.push('\n');
        json
    }
}

impl Point {
    pub(in crate::report) fn summary(&self, deadline: Millis, is_drawn: bool) -> PointSummary {
        let makespans = self.makespans_done();
        let meets = Share::of(self.in_time(deadline), self.runs.len());
        let done = count(makespans.len()) / count(self.runs.len()).max(1.0);
        let makespan_seconds = Distribution::of_finished(&makespans, self.runs.len(), 1000);
        let ready = ready_within(&self.runs, &[deadline.0]).pop();
        let cost_per_hour = self.is_priced.then_some(self.cost);
        let cents = |cost: f64| (cost * 100.0).round() / 100.0;
        PointSummary {
            builders: self.builders.clone(),
            approach: self.approach.clone(),
            makespan_seconds,
            makespan_seconds_done: Distribution::of(&makespans, 1000),
            utilization: self.utilization(),
            meets_deadline_share: meets.share.unwrap_or_default(),
            meets_deadline_ci95: if is_drawn { meets.ci95 } else { Interval::default() },
            done_share: (done * 1e6).round() / 1e6,
            ready_by_deadline: ready
                .map(|at| Share { share: Some(at.share), ci95: at.ci95 })
                .unwrap_or_default(),
            cost_per_hour: cost_per_hour.map(cents),
            cost_p50: cost_per_hour
                .zip(makespan_seconds.p50)
                .map(|(cost, seconds)| cents(cost * seconds / 3600.0)),
            changes: changes::by_class(self.runs.changes()),
        }
    }
}
