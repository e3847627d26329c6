//! How much is done by when: the share of runs that are done, and of modules that are ready, over a
//! grid of times.

use std::collections::BTreeSet;

use serde::Serialize;

use super::figures::{Interval, Share};
use super::svg::round_step;
use super::variant::Variant;
use crate::sim::{Figure, Runs};
use crate::time::Millis;

/// The quantiles of the ends of all runs that are done which a grid has, in per cent: fine up to nine in
/// ten, then coarse.
const QUANTILES: [usize; 21] =
    [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 99];
/// A time of a grid is rounded up to a step that is so many times smaller than it.
const ROUNDED: u64 = 24;

/// How much is done by a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Within {
    /// The time from the start.
    #[serde(rename = "seconds", with = "crate::time::seconds")]
    pub time: Millis,
    /// The share that is done by then.
    pub share: f64,
    /// Its 95 % interval: of runs Wilson's; of modules Student's over runs, as modules of one run
    /// share its luck.
    pub ci95: Interval,
}

/// Returns a grid of round times, in milliseconds, for all variants, at the quantiles of the runs that
/// are done: most times stand where most runs end, and a few late ones leave it fine. It holds the end
/// of charts and the last of all.
pub(super) fn grid(variants: &[Variant]) -> Vec<u64> {
    let mut ends: Vec<u64> = variants.iter().flat_map(Variant::makespans_done).collect();
    if ends.is_empty() {
        let all = |variant: &Variant| variant.runs.all(Figure::Makespan);
        ends = variants.iter().flat_map(all).collect();
    }
    ends.sort_unstable();
    let Some(&last) = ends.last() else { return Vec::new() };
    let rank = |percent: usize| (ends.len() * percent).div_ceil(100).max(1) - 1;
    let first = ends[0];
    let rounded = |at: u64| {
        // Ends that lie close together are distinguished by smaller steps.
        let step = round_step((at / ROUNDED).min((ends[rank(90)] - first) / 4).max(1));
        at.div_ceil(step) * step
    };
    let times = QUANTILES.map(|percent| rounded(ends[rank(percent)]));
    let end = usual_end(variants).filter(|end| *end < last);
    let grid: BTreeSet<u64> = times.into_iter().filter(|at| *at < last).collect();
    grid.into_iter().chain(end).chain([last]).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns where charts of ends stop: the end of what is usual for the variant for which that is
/// latest, as far above its 90 % point as that is above its 10 % point. Runs beyond are counted.
pub(super) fn usual_end(variants: &[Variant]) -> Option<u64> {
    let end = |variant: &Variant| {
        let mut ends = variant.makespans_done();
        ends.sort_unstable();
        let at = |percent: usize| ends.get((ends.len() * percent).div_ceil(100).max(1) - 1);
        let (p10, p90) = (*at(10)?, *at(90)?);
        Some(p90 + (p90 - p10).max(p90 / 20))
    };
    variants.iter().filter_map(end).max()
}

/// Returns at most `most` times of what is done by a grid, the last among them.
pub(super) fn some_of(within: &[Within], most: usize) -> Vec<&Within> {
    let count = within.len().min(most);
    (1..=count).map(|nth| &within[within.len() * nth / count - 1]).collect()
}

/// Returns the share of runs that are done by each time of a grid.
pub(super) fn done_within(runs: &Runs, grid: &[u64]) -> Vec<Within> {
    let mut ends = runs.makespans_done();
    ends.sort_unstable();
    let at = |&time: &u64| {
        let done = ends.partition_point(|&end| end <= time);
        within(time, Share::of(done, runs.len()))
    };
    grid.iter().map(at).collect()
}

/// Returns the mean share of modules that are ready by each time of a grid.
pub(super) fn ready_within(runs: &Runs, grid: &[u64]) -> Vec<Within> {
    let mut shares: Vec<Vec<f64>> = vec![Vec::with_capacity(runs.len()); grid.len()];
    for ready in runs.ready() {
        for (time, shares) in grid.iter().zip(&mut shares) {
            let count = ready.times.partition_point(|at| at.0 <= *time);
            shares.push(share(count, ready.modules));
        }
    }
    let all = grid.iter().zip(&shares);
    all.map(|(&time, shares)| within(time, Share::mean_of(shares))).collect()
}

fn within(time: u64, Share { share, ci95 }: Share) -> Within {
    Within { time: Millis(time), share: share.unwrap_or_default(), ci95 }
}

#[expect(clippy::cast_precision_loss, reason = "a count of modules")]
fn share(count: usize, of: u64) -> f64 {
    if of == 0 { 1.0 } else { count as f64 / of as f64 }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn runs_and_modules_are_counted_by_the_times_of_a_grid() {
        // Makespans of 100, 200 and 400 s are done and 300 s is not; every run has two modules, the
        // first ready half way, the second at its end where it is done.
        let literal = &sample::comparison().variants[0];
        let shares = |within: Vec<Within>| within.iter().map(|at| at.share).collect::<Vec<_>>();
        let grid = [50_000, 100_000, 199_999, 200_000, 400_000];
        assert_eq!(shares(done_within(&literal.runs, &grid)), [0.0, 0.25, 0.25, 0.5, 0.75]);
        // By 100 s: one of two, two of two, none of two, none of two.
        let ready = shares(ready_within(&literal.runs, &grid));
        assert_eq!(ready, [0.125, 0.375, 0.5, 0.75, 0.875]);
    }

    #[test]
    fn a_late_run_does_not_make_the_grid_coarse() {
        let mut variants = sample::comparison().variants;
        let late = sample::run(1_000_000, 10, crate::sim::Outcome::Done);
        variants[0].runs.extend([late]);
        let grid = grid(&variants);
        assert_eq!(grid.last(), Some(&1_000_000_000));
        assert_eq!(grid[0], 60_000);
        assert!(grid.iter().filter(|at| **at <= 400_000).count() >= 6, "{grid:?}");
    }

    #[test]
    fn half_of_the_times_lie_where_half_of_the_runs_end() {
        // Forty runs within 6 to 16 h, and three after days, as a repair over a weekend makes them.
        let mut variants = sample::comparison().variants;
        let hours = |seconds: u64| sample::run(seconds, 10, crate::sim::Outcome::Done);
        let usual = (0..40).map(|n| hours(6 * 3600 + n * 900));
        variants[0].runs = usual.chain((3..6).map(|days| hours(days * 86_400))).collect();
        variants.truncate(1);
        let grid = grid(&variants);
        let fine = grid.iter().filter(|at| **at <= 16 * 3_600_000).count();
        assert!(fine >= 12, "{grid:?}");
        assert!(grid.len() - fine <= 6, "{grid:?}");
        let within = done_within(&variants[0].runs, &grid);
        let told = some_of(&within, 8);
        assert_eq!((told.len(), told[7].share), (8, 1.0));
        assert!(told[..5].iter().all(|at| at.time <= Millis::from_secs(16 * 3600)), "{told:?}");
        assert_eq!(some_of(&within[..3], 8).len(), 3);
        assert!(some_of(&[], 8).is_empty());
    }

    #[test]
    fn without_a_run_there_is_no_grid() {
        assert_eq!(grid(&[]), [] as [u64; 0]);
    }
}
