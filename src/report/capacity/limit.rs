//! What keeps a farm from being faster: the point that comes nearest to a deadline, what limits it
//! there, and points that more builders make slower.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::figures::{Interval, Paired, three_digits};
use super::super::variant::ends;
use super::{Amount, Capacity, Point, count};
use crate::report::chain::Part;
use crate::time::Millis;

/// Builders that work for less of the time than this are not what a run waits for.
const BUSY: f64 = 0.5;

/// What builders of a group do, and what one more of them does.
struct GroupUse<'a> {
    name: &'a str,
    utilization: f64,
    /// Whether one more was tried and saves nothing for certain.
    is_spare: bool,
}

/// The point that comes nearest to the deadline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Best {
    /// Its builders.
    pub builders: BTreeMap<String, Amount>,
    /// Its variant.
    pub approach: String,
    /// By when as many runs are done as were asked for; null where so many never are.
    #[serde(serialize_with = "three_digits")]
    pub reaches_seconds: Option<f64>,
    /// What keeps it from being faster.
    pub limit: Limit,
}

/// What keeps a point from being faster.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Limit {
    /// Too many runs are never done, with any builders.
    Failures,
    /// Builders of a group: they work most of the time.
    Builders {
        /// The group.
        name: String,
        /// How busy its own builders are, without others of their arch.
        utilization: f64,
    },
    /// Builds wait for each other, for repos, tests and people, not for builders.
    Chain {
        /// The busiest group; none where nothing is known of any.
        busiest: Option<String>,
        /// How busy its builders are.
        utilization: f64,
    },
    /// What the last build of a run waits for besides builders and repos takes longer than the
    /// deadline. That is measured, and no proven bound. More builders shorten it where a module has more
    /// components than they take at once, down to the critical path.
    Path {
        /// How long that takes on average.
        #[serde(serialize_with = "three_digits")]
        seconds: Option<f64>,
        /// Over how many runs.
        runs: u64,
    },
}

/// A point that is slower than another one with fewer builders, as list schedules may be (Graham,
/// 1969).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Anomaly {
    /// The variant.
    pub approach: String,
    /// The smaller farm.
    pub fewer: BTreeMap<String, Amount>,
    /// The larger one, which is slower.
    pub more: BTreeMap<String, Amount>,
    /// By how much, on average over the runs that are done on both.
    pub slower_by_seconds: f64,
    /// Its 95 % interval, which lies above zero; null where all runs are equal.
    pub ci95: Interval,
}

impl Capacity {
    /// Returns the position of the point that most runs are done on earliest: by the confidence asked
    /// for, else by the share that is done; of equals the cheaper one.
    #[must_use]
    pub fn best(&self) -> Option<usize> {
        let staffed = self
            .points
            .iter()
            .enumerate()
            .filter(|(_, point)| point.without_builder.is_empty() && !point.runs.is_empty());
        let done = |point: &Point| count(point.makespans_done().len()) / count(point.runs.len());
        let best = staffed.min_by(|(_, a), (_, b)| {
            let by_time = self.time_of(a).0.cmp(&self.time_of(b).0);
            let by_share = || done(b).total_cmp(&done(a));
            by_time.then_with(by_share).then_with(|| a.cost.total_cmp(&b.cost))
        });
        best.map(|(at, _)| at)
    }

    pub(super) fn best_summary(&self, at: usize) -> Best {
        let point = &self.points[at];
        let (reaches, _) = self.time_of(point);
        Best {
            builders: point.builders.clone(),
            approach: point.approach.clone(),
            reaches_seconds: (reaches < u64::MAX).then(|| Millis(reaches).as_secs_f64()),
            limit: self.limit(at),
        }
    }

    /// Returns what keeps a point from being faster.
    #[must_use]
    pub fn limit(&self, at: usize) -> Limit {
        let point = &self.points[at];
        let done = count(point.makespans_done().len()) / count(point.runs.len()).max(1.0);
        if done < self.confidence {
            return Limit::Failures;
        }
        if let Some((path, runs)) = self.path(at).filter(|(path, _)| *path > self.deadline) {
            return Limit::Path { seconds: Some(path.as_secs_f64()), runs };
        }
        let groups = self.groups(at);
        let busiest = |a: &&GroupUse<'_>, b: &&GroupUse<'_>| {
            // Of equals the first by name.
            a.utilization.total_cmp(&b.utilization).then_with(|| b.name.cmp(a.name))
        };
        let limits = |one: &&GroupUse<'_>| one.utilization >= BUSY && !one.is_spare;
        match groups.iter().filter(limits).max_by(busiest) {
            Some(one) => {
                Limit::Builders { name: one.name.to_owned(), utilization: one.utilization }
            }
            None => {
                let busiest = groups.iter().max_by(busiest);
                Limit::Chain {
                    busiest: busiest.map(|one| one.name.to_owned()),
                    utilization: busiest.map_or(0.0, |one| one.utilization),
                }
            }
        }
    }

    /// Returns how long the runs of a point that were looked at in full take on average without what
    /// more builders may shorten, and how many they are. Besides the waits for builders that is the time
    /// for repos, whose tasks wait for builders too, and what is made again, with all its waits.
    fn path(&self, at: usize) -> Option<(Millis, u64)> {
        let pilot = self.pilot(at)?;
        let shortened = [Part::WaitingForBuilder, Part::Repo, Part::Rework];
        let left = pilot.parts.iter().filter(|(part, _)| !shortened.contains(part));
        let left = left.map(|(_, time)| *time).sum::<Millis>();
        Some((Millis(left.0 / pilot.runs.max(1)), pilot.runs))
    }

    /// Returns what the groups of a point do, by name, over the runs of it that were looked at in full.
    fn groups(&self, at: usize) -> Vec<GroupUse<'_>> {
        let mut groups = Vec::new();
        for (name, time) in self.pilot(at).into_iter().flat_map(|pilot| &pilot.used) {
            let tried = self.neighbours.iter().find(|one| one.point == at && *one.group == **name);
            let is_spare = tried.is_some_and(|one| self.saves(at, one).is_none());
            groups.push(GroupUse { name, utilization: time.utilization(), is_spare });
        }
        groups
    }

    /// Returns the other approaches that the farm of a point serves in time as surely and as fast.
    pub(super) fn alike(&self, at: usize) -> Vec<String> {
        let answer = &self.points[at];
        let also = self.also(at);
        let is_alike = |point: &&Point| {
            point.builders == answer.builders
                && also.contains(&point.approach)
                && point.in_time(self.deadline) == answer.in_time(self.deadline)
                && self.time_of(point) == self.time_of(answer)
        };
        self.points.iter().filter(is_alike).map(|point| point.approach.clone()).collect()
    }

    /// Returns the other approaches that the farm of a point serves in time.
    pub(super) fn also(&self, at: usize) -> Vec<String> {
        let answer = &self.points[at];
        let is_other = |point: &&Point| {
            let share = count(point.in_time(self.deadline)) / count(point.runs.len()).max(1.0);
            let is_same_farm = point.builders == answer.builders;
            is_same_farm && point.approach != answer.approach && share >= self.confidence
        };
        self.points.iter().filter(is_other).map(|point| point.approach.clone()).collect()
    }

    /// Returns the points that are slower than their neighbour with fewer builders in one group.
    #[must_use]
    pub fn anomalies(&self) -> Vec<Anomaly> {
        let mut anomalies = Vec::new();
        for more in &self.points {
            for (name, amount) in &more.builders {
                let smaller = self.points.iter().filter(|fewer| {
                    let pairs = fewer.builders.iter();
                    let other = pairs.filter(|(key, value)| more.builders.get(*key) != Some(value));
                    let other: Vec<&String> = other.map(|(key, _)| key).collect();
                    fewer.approach == more.approach
                        && other == [name]
                        && fewer.builders[name].get() < amount.get()
                });
                // Of all smaller ones the next.
                let next = smaller
                    .max_by(|a, b| a.builders[name].get().total_cmp(&b.builders[name].get()));
                anomalies.extend(next.and_then(|fewer| anomaly(fewer, more, self.is_drawn)));
            }
        }
        anomalies
    }
}

fn anomaly(fewer: &Point, more: &Point, is_drawn: bool) -> Option<Anomaly> {
    let Paired { mean_difference: Some(slower), ci95, .. } =
        Paired::of_ends(&ends(&more.runs, &fewer.runs))
    else {
        return None;
    };
    let is_sure = !is_drawn || ci95.0.is_some_and(|low| low > 0.0);
    (slower > 0.0 && is_sure).then(|| Anomaly {
        approach: more.approach.clone(),
        fewer: fewer.builders.clone(),
        more: more.builders.clone(),
        slower_by_seconds: (slower * 1000.0).round() / 1000.0,
        ci95: if is_drawn { ci95 } else { Interval::default() },
    })
}
