//! What keeps a farm from being faster: the point that comes nearest to a deadline, what limits it
//! there, and points that more builders make slower.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::figures::{Interval, Paired, three_digits};
use super::super::variant::ends;
use super::{Amount, Capacity, Point, count};
use crate::time::Millis;

/// Builders that work for less of the time than this are not what a run waits for.
const BUSY: f64 = 0.5;

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
    /// Too many runs are never done, whatever the builders.
    Failures,
    /// Builders of an arch: they work most of the time, or one more of them saves some.
    Builders {
        /// The group that one more builder helps most, or the busiest arch.
        name: String,
        /// How busy the busiest arch is.
        utilization: f64,
    },
    /// Builds wait for each other, for repos, tests and people, not for builders.
    Chain {
        /// How busy the busiest arch is.
        utilization: f64,
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
        let busy = point.utilization();
        let busiest = busy.iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((arch, &utilization)) = busiest else {
            return Limit::Chain { utilization: 0.0 };
        };
        match self.next_builder(at) {
            Some((name, _)) => Limit::Builders { name, utilization },
            None if utilization >= BUSY => Limit::Builders { name: arch.to_string(), utilization },
            None => Limit::Chain { utilization },
        }
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
