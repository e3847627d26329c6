//! How many builders a deadline needs: every size of the farm with its runs, the cheapest that is
//! good enough, and which builder to add to it next.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::assumed::Assumed;
use super::compare::{ModelUsed, WhereTimeGoes};
use super::conclusion::Confounder;
use super::durations::Durations;
use super::figures::Paired;
use super::pilot::Pilot;
use super::probe::Probe;
use super::variant::ends;
use crate::name::Arch;
use crate::sim::Runs;
use crate::time::Millis;

mod amount;
mod limit;
mod summary;
mod text;
mod verdict;

pub use amount::Amount;
pub use limit::{Anomaly, Best, Limit};
pub use summary::{Answer, CapacitySummary, PointSummary};
pub(super) use text::said;
pub use text::{csv, load, table};
pub(super) use verdict::limit as limit_words;

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
    /// Which model of the farm was run.
    pub model: ModelUsed,
    /// Where durations came from.
    pub durations: Durations,
    /// Whether luck can make runs differ; if not, one run of each point is all.
    pub is_drawn: bool,
    /// In what the approaches differ besides ownership and cascade.
    pub confounders: Vec<Confounder>,
    /// Every assumed value.
    pub assumed: Vec<Assumed>,
    /// A few runs in full of the points for which they were asked.
    pub pilots: Vec<PointPilot>,
    /// What other values would change, by the position of the point at which they were tried.
    pub probes: BTreeMap<usize, Vec<Probe>>,
    /// Whether the table and `summary.json` hold that: it is asked for. The report holds it wherever
    /// it is known.
    pub is_sensitivity_told: bool,
    /// The command that makes it again.
    pub command: String,
    /// How many replications were asked for, where Ctrl-C ended the sweep before.
    pub interrupted_of: Option<u64>,
    /// Whether Ctrl-C came before farms with one builder more and other settings were tried, or all of
    /// them.
    pub are_settings_untried: bool,
}

/// A few runs in full of one point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointPilot {
    /// The position of the point.
    pub point: usize,
    /// What they show.
    pub pilot: Pilot,
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
    /// Whether every group has a price, so that the cost is money.
    pub is_priced: bool,
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

    /// Returns whether all runs are equal, so that nothing is known of their spread.
    fn is_equal(&self) -> bool {
        super::conclusion::are_equal(&self.runs)
    }
}

impl Capacity {
    /// Returns the position of the cheapest point that is good enough; of equally cheap ones that
    /// with the larger share of runs in time, then the faster one, then the first.
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
            let by_share = || share(b).total_cmp(&share(a));
            let by_time = || self.time_of(a).cmp(&self.time_of(b));
            a.cost.total_cmp(&b.cost).then_with(by_share).then_with(by_time)
        });
        best.map(|(at, _)| at)
    }

    /// Returns by when as many runs are done as are asked for, and half of them, in milliseconds;
    /// never comes last.
    fn time_of(&self, point: &Point) -> (u64, u64) {
        let mut ends = point.makespans_done();
        ends.sort_unstable();
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a count of replications"
            )]
            let rank = (count(point.runs.len()) * share - 1e-9).ceil().max(1.0) as usize;
            ends.get(rank - 1).copied().unwrap_or(u64::MAX)
        };
        (at(self.confidence), at(0.5))
    }

    /// Returns which group to add a builder to at a point, and how many seconds that saves: none
    /// where the interval of what it saves reaches zero.
    fn next_builder(&self, at: usize) -> Option<(String, f64)> {
        let candidates = self.neighbours.iter().filter(|neighbour| neighbour.point == at);
        let saving = candidates.filter_map(|one| Some((one.group.clone(), self.saves(at, one)?)));
        // Of equals the first group of the farm file.
        saving.fold(None, |best: Option<(String, f64)>, one| match best {
            Some(best) if best.1 >= one.1 => Some(best),
            _ => Some(one),
        })
    }

    /// Returns whether one builder more was tried at a point: Ctrl-C may have come before.
    fn is_more_tried(&self, at: usize) -> bool {
        !self.are_settings_untried || self.neighbours.iter().any(|one| one.point == at)
    }

    /// Returns how many seconds one builder more saves at a point on average, where that is certain.
    fn saves(&self, at: usize, neighbour: &Neighbour) -> Option<f64> {
        let Paired { mean_difference, ci95, .. } =
            Paired::of_ends(&ends(&self.points[at].runs, &neighbour.runs));
        let is_sure = !self.is_drawn || ci95.0.is_some_and(|low| low > 0.0);
        mean_difference.filter(|saved| is_sure && *saved > 0.0)
    }

    /// Works out all figures.
    #[must_use]
    pub fn summary(&self) -> CapacitySummary {
        let points: Vec<PointSummary> =
            self.points.iter().map(|point| point.summary(self.deadline, self.is_drawn)).collect();
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
                also: self.also(at),
                alike: self.alike(at),
                next_builder,
                next_builder_saves_seconds: saved,
            }
        });
        CapacitySummary {
            format: 1,
            interrupted_of: self.interrupted_of,
            settings_untried: self.are_settings_untried,
            replications: self.points.first().map_or(0, |point| point.runs.len()),
            seed: self.seed,
            deadline_seconds: Some(self.deadline.as_secs_f64()),
            confidence: self.confidence,
            points,
            answer,
            best: self.best().map(|at| self.best_summary(at)),
            anomalies: self.anomalies(),
            is_drawn: self.is_drawn,
            no_spread: !self.is_drawn || self.points.iter().all(Point::is_equal),
            model: self.model,
            leaves_out: self.model.leaves_out(),
            durations: self.durations.clone(),
            confounders: self.confounders.clone(),
            assumed: self.assumed.clone(),
            probes: if self.is_sensitivity_told { self.probes().to_vec() } else { Vec::new() },
            where_time_goes: self
                .shown()
                .map(|pilot| (pilot.name.clone(), WhereTimeGoes::of(pilot)))
                .collect(),
        }
    }

    /// Returns what other values would change at the answer, or at the point nearest to the deadline.
    #[must_use]
    pub fn probes(&self) -> &[Probe] {
        let at = self.answer().or(self.best());
        at.and_then(|at| self.probes.get(&at)).map_or(&[], Vec::as_slice)
    }

    /// Returns the answer and the point nearest to the deadline, where they are two.
    pub(super) fn points_shown(&self) -> Vec<usize> {
        let mut points: Vec<usize> = self.answer().into_iter().chain(self.best()).collect();
        points.dedup();
        points
    }

    /// Returns what a few runs of a point in full show, where they were looked at.
    pub(super) fn pilot(&self, point: usize) -> Option<&Pilot> {
        self.pilots.iter().find(|one| one.point == point).map(|one| &one.pilot)
    }

    /// Returns the pilots of the answer and of the point nearest to the deadline.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Pilot> {
        self.points_shown().into_iter().filter_map(|point| self.pilot(point))
    }

    /// Writes `timeline.json`: a typical run of the answer and of the point nearest to the deadline
    /// where their tasks were kept, else of the last point.
    #[must_use]
    pub fn timeline(&self) -> String {
        let has_bars = |pilot: &&Pilot| !pilot.bars.is_empty();
        let mut drawn: Vec<Pilot> = self.shown().filter(has_bars).cloned().collect();
        if drawn.is_empty() {
            drawn.extend(self.pilots.last().map(|last| last.pilot.clone()));
        }
        super::timeline::timeline(&drawn)
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
            self.pilots.extend(next.pilots);
            self.probes.extend(next.probes);
        }
        is_same
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of replications")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
