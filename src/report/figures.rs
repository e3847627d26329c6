//! The arithmetic of reports: exact quantiles, means with their uncertainty, paired differences.
//!
//! Everything is counted in whole milliseconds or whole numbers until the last division, and added
//! up in replication order, so that the same runs give the same digits anywhere.

use serde::{Deserialize, Serialize, Serializer};

use crate::trace::ROWS_ENOUGH;

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
    /// Replications of which the first variant ended earlier.
    pub first: Share,
    /// Replications of which the second did.
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
    /// Describes the times of runs of which some never finished: `values` are of those that did, of
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

/// Returns the value of rank `ceil(percent / 100 * n)`, an observed one, in linear time.
fn quantile(values: &mut [u64], percent: usize) -> Option<u64> {
    quantile_of(values, percent, values.len())
}

/// The same of values that are the smallest of `of` in all.
fn quantile_of(values: &mut [u64], percent: usize, of: usize) -> Option<u64> {
    let rank = (of * percent).div_ceil(100).max(1);
    (rank <= values.len()).then(|| *values.select_nth_unstable(rank - 1).1)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 285 000 years of milliseconds")]
fn scaled(value: u64, scale: u32) -> f64 {
    value as f64 / f64::from(scale)
}

/// Number, mean and sum of squared deviations.
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Takes two passes, which keeps digits that one pass over squares would lose.
    #[expect(clippy::cast_precision_loss, reason = "a count of replications")]
    fn of(values: impl ExactSizeIterator<Item = f64> + Clone) -> Self {
        let count = values.len() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares = values.map(|value| (value - mean).powi(2)).sum();
        Self { count, mean, squares }
    }

    fn mean(&self) -> Option<f64> {
        (self.count >= 1.0).then_some(self.mean)
    }

    fn variance(&self) -> Option<f64> {
        (self.count >= 2.0).then(|| self.squares / (self.count - 1.0))
    }

    fn ci95(&self) -> Interval {
        let Some(variance) = self.variance() else {
            return Interval::default();
        };
        let half = student_975(self.count - 1.0) * (variance / self.count).sqrt();
        Interval(Some(self.mean - half), Some(self.mean + half))
    }
}

/// Returns a share and its 95 % interval by Wilson's score, right also for few and for rare ones.
pub(super) fn wilson95(hits: usize, of: usize) -> (Option<f64>, Interval) {
    const Z: f64 = 1.959_964;
    if of == 0 {
        return (None, Interval::default());
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of replications or rows")]
    let (hits, n) = (hits as f64, of as f64);
    let share = hits / n;
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let (middle, scale) = (share + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    let rounded = |share: f64| (share.clamp(0.0, 1.0) * 1e6).round() / 1e6;
    let [low, high] = [middle - spread, middle + spread].map(|end| rounded(end / scale));
    (Some(rounded(share)), Interval(Some(low), Some(high)))
}

/// Returns the 97.5 % point of Student's t: from a table for the first six degrees of freedom, then
/// by the series in 1/degrees around the normal point (Abramowitz and Stegun 26.7.5), which is
/// right to two thousandths there.
fn student_975(degrees: f64) -> f64 {
    const FIRST: [f64; 6] = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469];
    const NORMAL: f64 = 1.959_964;
    for (known, value) in (1_u32..).zip(FIRST) {
        if degrees <= f64::from(known) {
            return value;
        }
    }
    let z = NORMAL;
    let g1 = (z.powi(3) + z) / 4.0;
    let g2 = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let g3 = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + g1 / degrees + g2 / degrees.powi(2) + g3 / degrees.powi(3)
}

/// Writes a figure with a thousandth's resolution: of seconds, that is what is simulated.
pub(super) fn three_digits<S: Serializer>(
    value: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.map(|value| (value * 1000.0).round() / 1000.0).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    #[test]
    fn quantiles_are_observed_values() {
        let distribution = Distribution::of(&[5000, 1000, 4000, 2000, 3000], 1000);
        assert!(close(distribution.p10, 1.0));
        assert!(close(distribution.p50, 3.0));
        assert!(close(distribution.p90, 5.0));
        assert!(close(distribution.mean, 3.0));
        let hundred: Vec<u64> = (1..=100).rev().collect();
        let distribution = Distribution::of(&hundred, 1);
        assert!(close(distribution.p10, 10.0));
        assert!(close(distribution.p99, 99.0));
    }

    #[test]
    fn a_quantile_over_all_runs_is_null_where_it_is_not_reached() {
        // 46 of 100 runs are done, after 1 to 46 s: a tenth is, half is not.
        let done: Vec<u64> = (1..=46).collect();
        let spread = Distribution::of_finished(&done, 100, 1);
        assert!(close(spread.p10, 10.0));
        assert_eq!((spread.p50, spread.p90, spread.mean), (None, None, None));
        assert_eq!(spread.ci95, Interval(None, None));
        // Half of all is reached exactly.
        assert!(close(Distribution::of_finished(&done, 92, 1).p50, 46.0));
        assert_eq!(Distribution::of_finished(&done, 46, 1), Distribution::of(&done, 1));
    }

    #[test]
    fn who_is_never_done_ends_last() {
        let pairs = [
            (Some(5), Some(7)),
            (Some(9), None),
            (None, Some(3)),
            (None, None),
            (Some(4), Some(4)),
        ];
        let earlier = Earlier::of(&pairs);
        assert_eq!(earlier.first.share, Some(0.4));
        assert_eq!(earlier.second.share, Some(0.2));
        assert_eq!(earlier.together.share, Some(0.4));
        assert_eq!(earlier.first_of_decided.share, Some(0.666_667));
        let paired = Paired::of_ends(&pairs);
        assert_eq!((paired.pairs, paired.earlier_share), (2, earlier));
        assert!(close(paired.mean_difference, -0.001));
    }

    #[test]
    fn values_that_are_all_the_same_have_no_spread() {
        assert!(Distribution::of(&[7, 7, 7], 1).has_no_spread());
        assert!(Distribution::of(&[7], 1).has_no_spread());
        assert!(!Distribution::of(&[7, 8], 1).has_no_spread());
        assert!(!Distribution::of(&[], 1).has_no_spread());
    }

    #[test]
    fn the_interval_of_the_mean_is_students() {
        // Values 1 to 5: mean 3, standard deviation sqrt(2.5), t(4) = 2.7764.
        let Interval(low, high) = Distribution::of(&[1, 2, 3, 4, 5], 1).ci95;
        let half = 2.7764 * (2.5_f64 / 5.0).sqrt();
        assert!(close(low, 3.0 - half) && close(high, 3.0 + half));
    }

    #[test]
    fn students_point_follows_the_printed_tables() {
        for (degrees, table) in [(1.0, 12.706), (7.0, 2.365), (10.0, 2.228), (30.0, 2.042)] {
            assert!((student_975(degrees) - table).abs() < 2e-3, "{degrees}");
        }
        assert!((student_975(999.0) - 1.962).abs() < 1e-3);
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // 5 of 10: Newcombe (1998) prints 0.2366 to 0.7634.
        let (share, Interval(low, high)) = wilson95(5, 10);
        assert_eq!(share, Some(0.5));
        assert!((low.unwrap() - 0.2366).abs() < 5e-5 && (high.unwrap() - 0.7634).abs() < 5e-5);
        let (_, Interval(low, high)) = wilson95(0, 10);
        assert!(close(low, 0.0) && (high.unwrap() - 0.2775).abs() < 5e-5);
        assert_eq!(wilson95(0, 0), (None, Interval::default()));
    }

    #[test]
    fn too_few_values_say_nothing() {
        assert_eq!(Distribution::of(&[], 1000), Distribution::default());
        let one = Distribution::of(&[7], 1);
        assert!(close(one.p99, 7.0));
        assert_eq!(one.ci95, Interval(None, None));
    }

    #[test]
    fn the_interval_of_recorded_times_needs_rows_and_is_no_time_before_the_start() {
        let four = Distribution::of_times(&[60, 70, 4000, 80], 1);
        assert_eq!((four.p50, four.ci95), (Some(70.0), Interval(None, None)));
        // 0, 0, 0, 0 and 10: mean 2, variance 20, t(4) = 2.7764; 2 − 5.55 is cut off at 0.
        let Interval(low, high) = Distribution::of_times(&[0, 0, 0, 0, 10], 1).ci95;
        assert!(close(low, 0.0) && close(high, 2.0 + 2.7764 * 2.0));
    }

    #[test]
    fn shared_luck_shows_as_variance_reduction() {
        // Second values 10, 20, …, 100; the differences are 1 and, of the last, 2: their mean is
        // 11/10 and their variance (9 · 0.01 + 0.81) / 9 = 1/10. The second values vary by
        // 2 · (5² + 15² + 25² + 35² + 45²) / 9 = 8250/9; the first have mean 56.1, and vary by
        // (8250 + 0.9 + 2 · 45) / 9 = 8340.9/9.
        let pair = |at: u32| {
            let second = f64::from(10 * at);
            (second + if at == 10 { 2.0 } else { 1.0 }, second)
        };
        let pairs: Vec<(f64, f64)> = (1..=10).map(pair).collect();
        let paired = Paired::of(&pairs);
        assert_eq!(paired.pairs, 10);
        assert!(close(paired.mean_difference, 1.1));
        let expected = (8250.0 + 8340.9) / 9.0 / 0.1;
        assert!((paired.variance_reduction.unwrap() - expected).abs() < 1e-6);
        // Nine pairs are too few, whatever they say.
        assert_eq!(Paired::of(&pairs[1..]).variance_reduction, None);
        let shifted: Vec<(f64, f64)> = pairs.iter().map(|(_, b)| (b + 1.0, *b)).collect();
        assert_eq!(Paired::of(&shifted).variance_reduction, None);
        assert_eq!(Paired::of(&[]).mean_difference, None);
    }
}
