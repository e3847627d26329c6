//! How many builders a deadline needs: every size of the farm with its runs, the cheapest that is
//! good enough, and which builder to add to it next.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::compare::pairs;
use super::durations::Durations;
use super::figures::{Distribution, Interval, Paired, three_digits, wilson95};
use crate::name::Arch;
use crate::sim::Runs;
use crate::time::Millis;

mod amount;
mod text;
mod verdict;

pub use amount::Amount;
pub use text::{csv, table};

/// A sweep over sizes of a farm; run `n` of every point has the same luck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// The seed of every draw.
    pub seed: u64,
    /// When everything has to be done, from the start.
    pub deadline: Millis,
    /// The share of runs that have to make it.
    pub confidence: f64,
    /// What was tried, in the order of the sweep.
    pub points: Vec<Point>,
    /// Points with one builder more, of those points for which it was asked.
    pub neighbours: Vec<Neighbour>,
    /// Where durations came from.
    pub durations: Durations,
    /// Every parameter that nobody set.
    pub assumptions: Vec<String>,
}

/// One size of the farm under one approach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// What was varied: builders by group, or the capacity of one as `GROUP.capacity`.
    pub builders: BTreeMap<String, Amount>,
    /// The variant, such as `orchestrator-owned/planned`.
    pub approach: String,
    /// What one hour of the farm costs, or how many builders it has where no prices are known.
    pub cost: f64,
    /// How many builders serve each arch.
    pub builders_of: BTreeMap<Arch, u32>,
    /// The arches that a task asks for and that no builder of the farm builds.
    pub without_builder: BTreeSet<Arch>,
    /// The runs, in replication order.
    pub runs: Runs,
}

/// A point with one builder more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// The position of the point.
    pub point: usize,
    /// The group that has one builder more.
    pub group: String,
    /// The runs, in replication order.
    pub runs: Runs,
}

/// `summary.json` of a capacity sweep, format 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CapacitySummary {
    format: u32,
    replications: usize,
    seed: u64,
    #[serde(serialize_with = "three_digits")]
    deadline_seconds: Option<f64>,
    confidence: f64,
    /// Every point.
    pub points: Vec<PointSummary>,
    /// The cheapest that is good enough; null where none is.
    pub answer: Option<Answer>,
    durations: Durations,
    assumptions: Vec<String>,
}

/// The figures of one point. Makespans are of the runs that ended `done`; a run that ended
/// otherwise misses the deadline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointSummary {
    builders: BTreeMap<String, Amount>,
    approach: String,
    makespan_seconds: Distribution,
    /// The mean share of the makespan for which a builder that has an arch worked, on one task or
    /// more of whatever arch: what is built for `noarch` counts where it was built.
    utilization: BTreeMap<Arch, f64>,
    /// The share of runs that were done in time.
    pub meets_deadline_share: f64,
    /// Its 95 % interval (Wilson).
    meets_deadline_ci95: Interval,
    done_share: f64,
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
    /// else other luck may say no.
    pub is_certain: bool,
    /// The group of which one builder more shortens the mean makespan most; null where none does.
    pub next_builder: Option<String>,
    /// By how much it does.
    #[serde(serialize_with = "three_digits")]
    pub next_builder_saves_seconds: Option<f64>,
}

impl Point {
    fn in_time(&self, deadline: Millis) -> usize {
        let makespans = self.runs.makespans_done();
        makespans.into_iter().filter(|makespan| *makespan <= deadline.0).count()
    }

    /// Returns the makespans of the runs that ended `done`, in milliseconds.
    #[must_use]
    pub fn makespans_done(&self) -> Vec<u64> {
        self.runs.makespans_done()
    }

    fn utilization(&self) -> BTreeMap<Arch, f64> {
        let of = |(arch, &builders): (&Arch, &u32)| {
            let shares = self.runs.iter().filter(|run| run.makespan > Millis::ZERO);
            let shares: Vec<f64> =
                shares.map(|run| run.busy.share(arch, builders, run.makespan)).collect();
            // Not `sum`: that of nothing is -0.
            let sum = shares.iter().fold(0.0, |sum, share| sum + share);
            let mean = sum / count(shares.len()).max(1.0);
            (arch.clone(), (mean * 1e4).round() / 1e4)
        };
        self.builders_of.iter().map(of).collect()
    }

    fn summary(&self, deadline: Millis) -> PointSummary {
        let makespans = self.makespans_done();
        let (share, ci95) = wilson95(self.in_time(deadline), self.runs.len());
        let done = count(makespans.len()) / count(self.runs.len()).max(1.0);
        PointSummary {
            builders: self.builders.clone(),
            approach: self.approach.clone(),
            makespan_seconds: Distribution::of(&makespans, 1000),
            utilization: self.utilization(),
            meets_deadline_share: share.unwrap_or_default(),
            meets_deadline_ci95: ci95,
            done_share: (done * 1e6).round() / 1e6,
        }
    }
}

impl Capacity {
    /// Returns the position of the cheapest point that is good enough; of equally cheap ones that
    /// with the larger share of runs in time, then the first.
    #[must_use]
    pub fn answer(&self) -> Option<usize> {
        let share =
            |point: &Point| count(point.in_time(self.deadline)) / count(point.runs.len()).max(1.0);
        let good = self
            .points
            .iter()
            .enumerate()
            .filter(|(_, point)| !point.runs.is_empty() && share(point) >= self.confidence);
        let best = good.min_by(|(_, a), (_, b)| {
            a.cost.total_cmp(&b.cost).then_with(|| share(b).total_cmp(&share(a)))
        });
        best.map(|(at, _)| at)
    }

    /// Returns which group to add a builder to at a point, and how many seconds that saves.
    fn next_builder(&self, at: usize) -> Option<(String, f64)> {
        let saves = |neighbour: &Neighbour| {
            let pairs = pairs(&self.points[at].runs, &neighbour.runs);
            Some((neighbour.group.clone(), Paired::of(&pairs).mean_difference?))
        };
        let candidates = self.neighbours.iter().filter(|neighbour| neighbour.point == at);
        let saving = candidates.filter_map(saves).filter(|(_, saved)| *saved > 0.0);
        // Of equals the first group of the farm file.
        saving.fold(None, |best: Option<(String, f64)>, one| match best {
            Some(best) if best.1 >= one.1 => Some(best),
            _ => Some(one),
        })
    }

    /// Works out all figures.
    #[must_use]
    pub fn summary(&self) -> CapacitySummary {
        let points: Vec<PointSummary> =
            self.points.iter().map(|point| point.summary(self.deadline)).collect();
        let answer = self.answer().map(|at| {
            let (next_builder, saved) = self.next_builder(at).unzip();
            Answer {
                builders: self.points[at].builders.clone(),
                approach: self.points[at].approach.clone(),
                meets_deadline_share: points[at].meets_deadline_share,
                is_certain: points[at]
                    .meets_deadline_ci95
                    .0
                    .is_some_and(|low| low >= self.confidence),
                next_builder,
                next_builder_saves_seconds: saved,
            }
        });
        CapacitySummary {
            format: 1,
            replications: self.points.first().map_or(0, |point| point.runs.len()),
            seed: self.seed,
            deadline_seconds: Some(self.deadline.as_secs_f64()),
            confidence: self.confidence,
            points,
            answer,
            durations: self.durations.clone(),
            assumptions: self.assumptions.clone(),
        }
    }

    /// Appends the runs of the next part of the same sweep; returns whether it is one.
    pub(super) fn append(&mut self, next: Self) -> bool {
        let same = |(a, b): (&Point, &Point)| a.builders == b.builders && a.approach == b.approach;
        let beside = |(a, b): (&Neighbour, &Neighbour)| a.point == b.point && a.group == b.group;
        let is_same = self.points.len() == next.points.len()
            && self.points.iter().zip(&next.points).all(same)
            && self.neighbours.len() == next.neighbours.len()
            && self.neighbours.iter().zip(&next.neighbours).all(beside);
        if is_same {
            for (point, next) in self.points.iter_mut().zip(next.points) {
                point.runs.extend(next.runs.iter());
            }
            for (neighbour, next) in self.neighbours.iter_mut().zip(next.neighbours) {
                neighbour.runs.extend(next.runs.iter());
            }
        }
        is_same
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

#[expect(clippy::cast_precision_loss, reason = "a count of replications")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
