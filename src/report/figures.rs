//! The arithmetic of reports: exact quantiles, means with their uncertainty, paired differences.
//!
//! Everything is counted in whole milliseconds or whole numbers until the last division, and added
//! up in replication order, so that the same runs give the same digits anywhere.

use serde::{Deserialize, Serialize, Serializer};

use crate::time::Millis;
use crate::trace::ROWS_ENOUGH;

mod statistics;
#[cfg(test)]
mod tests;

pub(super) use statistics::wilson95;
use statistics::{Moments, quantile, quantile_of, scaled};

/// A spread of values: `None` where there are too few of them to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Distribution {
    /// The arithmetic mean.
    #[serde(serialize_with = "three_digits")]
    pub mean: Option<f64>,
    /// The smallest value that at least a tenth of all do not exceed; the others likewise.
    #[serde(serialize_with = "three_digits")]
    pub p10: Option<f64>,
    /// The median.
    #[serde(serialize_with = "three_digits")]
    pub p50: Option<f64>,
    /// Nine in ten do not exceed it.
    #[serde(serialize_with = "three_digits")]
    pub p90: Option<f64>,
    /// Ninety-nine in a hundred do not exceed it.
    #[serde(serialize_with = "three_digits")]
    pub p99: Option<f64>,
    /// The 95 % confidence interval of the mean, by Student's t; of two or more values.
    pub ci95: Interval,
}

/// Both ends of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval(
    #[serde(serialize_with = "three_digits")] pub Option<f64>,
    #[serde(serialize_with = "three_digits")] pub Option<f64>,
);

/// With fewer pairs a ratio of variances says nothing: of two it is anything between 1 and 150 000.
const PAIRS_ENOUGH: usize = 10;

/// A share of runs, or of modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// From 0 to 1; null of nothing.
    pub share: Option<f64>,
    /// Its 95 % interval.
    pub ci95: Interval,
}

impl Share {
    /// Returns the share of `hits` among `of` with Wilson's interval.
    #[must_use]
    pub fn of(hits: usize, of: usize) -> Self {
        let (share, ci95) = wilson95(hits, of);
        Self { share, ci95 }
    }

    /// Returns the mean of shares, one a run, with Student's interval, cut off at 0 and 1.
    #[must_use]
    pub fn mean_of(shares: &[f64]) -> Self {
        let moments = Moments::of(shares.iter().copied());
        let rounded = |share: f64| (share.clamp(0.0, 1.0) * 1e6).round() / 1e6;
        let Interval(low, high) = moments.ci95();
        let ci95 = Interval(low.map(rounded), high.map(rounded));
        Self { share: moments.mean().map(rounded), ci95 }
    }
}

/// How often each of two variants ended earlier, over all replications; one that is never done ends
/// last, and two that are never done end together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Earlier {
    /// Replications in which the first variant ended earlier.
    pub first: Share,
    /// Replications in which the second did.
    pub second: Share,
    /// Replications in which both ended together, or neither.
    pub together: Share,
    /// Of the replications that decide, the share of the first: above a half with its whole
    /// interval where the first is the earlier one.
    pub first_of_decided: Share,
}

impl Earlier {
    /// Counts pairs of ends in milliseconds; `None` is never.
    #[must_use]
    pub fn of(pairs: &[(Option<u64>, Option<u64>)]) -> Self {
        let never = |end: Option<u64>| end.unwrap_or(u64::MAX);
        let first = pairs.iter().filter(|(a, b)| never(*a) < never(*b)).count();
        let second = pairs.iter().filter(|(a, b)| never(*a) > never(*b)).count();
        Self {
            first: Share::of(first, pairs.len()),
            second: Share::of(second, pairs.len()),
            together: Share::of(pairs.len() - first - second, pairs.len()),
            first_of_decided: Share::of(first, first + second),
        }
    }
}

/// How two variants differ, replication by replication, where both ended `done`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// How often each ended earlier, over all replications.
    pub earlier_share: Earlier,
    /// How many replications ended `done` in both.
    pub pairs: usize,
    /// The mean of the first minus the second, in seconds.
    #[serde(serialize_with = "three_digits")]
    pub mean_difference: Option<f64>,
    /// Its 95 % confidence interval.
    pub ci95: Interval,
    /// (Var A + Var B) / Var(A − B): how many times fewer replications the shared luck needs;
    /// `None` where the difference never varies, and below 10 pairs, whose variances are guesses.
    #[serde(serialize_with = "three_digits")]
    pub variance_reduction: Option<f64>,
}

/// Returns the time, in milliseconds, within which `percent` % of all runs are done: `ends` are those of the
/// runs that finished, of `of` in all. `None` if fewer ever finish.
#[must_use]
pub fn time_within(ends: &[u64], of: usize, percent: usize) -> Option<Millis> {
    quantile_of(&mut ends.to_vec(), percent, of).map(Millis)
}

impl Distribution {
    /// Describes values given in units of `1 / scale`: milliseconds with 1000 give seconds.
    #[must_use]
    pub fn of(values: &[u64], scale: u32) -> Self {
        let mut sorted = values.to_vec();
        let mut at = |percent| quantile(&mut sorted, percent).map(|value| scaled(value, scale));
        let (p10, p50, p90, p99) = (at(10), at(50), at(90), at(99));
        let moments = Moments::of(values.iter().map(|&value| scaled(value, scale)));
        Self { mean: moments.mean(), p10, p50, p90, p99, ci95: moments.ci95() }
    }
}

impl Distribution {
    /// Describes the times of runs that may never finish: `values` are of those that did, of
    /// `of` runs in all. A quantile is null where that share of all runs is not reached, and so is
    /// the mean, which would have no end, where one run never finished.
    #[must_use]
    pub fn of_finished(values: &[u64], of: usize, scale: u32) -> Self {
        let mut sorted = values.to_vec();
        let mut at =
            |percent| quantile_of(&mut sorted, percent, of).map(|value| scaled(value, scale));
        let (p10, p50, p90, p99) = (at(10), at(50), at(90), at(99));
        let is_whole = values.len() == of;
        let moments = Moments::of(values.iter().map(|&value| scaled(value, scale)));
        let (mean, ci95) = (moments.mean().filter(|_| is_whole), moments.ci95());
        Self { mean, p10, p50, p90, p99, ci95: if is_whole { ci95 } else { Interval::default() } }
    }

    /// Returns whether the values are all the same: then nothing was drawn, and no number of
    /// repetitions says how sure they are.
    #[must_use]
    pub fn has_no_spread(&self) -> bool {
        self.p10.is_some() && self.ci95.half_width().is_none_or(|half| half <= 0.0)
    }

    /// Describes recorded times, which lie far apart: their mean has an interval from 5 rows on, and
    /// it does not reach below zero.
    #[must_use]
    pub(super) fn of_times(values: &[u64], scale: u32) -> Self {
        let spread = Self::of(values, scale);
        let ci95 = if values.len() < ROWS_ENOUGH {
            Interval::default()
        } else {
            Interval(spread.ci95.0.map(|low| low.max(0.0)), spread.ci95.1)
        };
        Self { ci95, ..spread }
    }
}

impl Interval {
    /// Returns half of its width.
    #[must_use]
    pub fn half_width(self) -> Option<f64> {
        Some((self.1? - self.0?) / 2.0)
    }
}

impl Paired {
    /// Compares the ends of two variants in milliseconds, replication by replication; `None` is
    /// never.
    #[must_use]
    pub fn of_ends(ends: &[(Option<u64>, Option<u64>)]) -> Self {
        let seconds = |end: u64| scaled(end, 1000);
        let both = |(a, b): &(Option<u64>, Option<u64>)| Some((seconds((*a)?), seconds((*b)?)));
        let done: Vec<(f64, f64)> = ends.iter().filter_map(both).collect();
        Self { earlier_share: Earlier::of(ends), ..Self::of(&done) }
    }

    /// Compares two samples pair by pair.
    #[must_use]
    pub fn of(pairs: &[(f64, f64)]) -> Self {
        let moments = Moments::of(pairs.iter().map(|(first, second)| first - second));
        let first = Moments::of(pairs.iter().map(|(first, _)| *first));
        let second = Moments::of(pairs.iter().map(|(_, second)| *second));
        let apart = (first.variance(), second.variance());
        let variance_reduction = match (apart, moments.variance()) {
            ((Some(first), Some(second)), Some(paired))
                if paired > 0.0 && pairs.len() >= PAIRS_ENOUGH =>
            {
                Some((first + second) / paired)
            }
            _ => None,
        };
        let (mean_difference, ci95) = (moments.mean(), moments.ci95());
        let earlier_share = Earlier::default();
        Self { earlier_share, pairs: pairs.len(), mean_difference, ci95, variance_reduction }
    }
}

/// Writes a figure with a thousandth's resolution: of seconds, that is what is simulated.
pub(super) fn three_digits<S: Serializer>(
    value: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.map(|value| (value * 1000.0).round() / 1000.0).serialize(serializer)
}
