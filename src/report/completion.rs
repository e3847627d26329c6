//! How much is done by when: the share of runs that are done, and of modules that are ready, over a
//! grid of times.

use std::collections::BTreeSet;

use serde::Serialize;

use super::figures::{Interval, Share, three_digits};
use super::svg::round_step;
use super::variant::Variant;
use crate::sim::{Figure, Runs};
use crate::time::Millis;

/// How many steps a grid has at most before its last time.
const STEPS: u64 = 7;

/// How much is done by a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Within {
    /// The time from the start.
    #[serde(serialize_with = "three_digits")]
    pub seconds: Option<f64>,
    /// The share that is done by then.
    pub share: f64,
    /// Its 95 % interval: of runs Wilson's; of modules Student's over runs, as modules of one run
    /// share its luck.
    pub ci95: Interval,
}

/// Returns a grid of round times, in milliseconds, for all variants: up to where nine in ten of the
/// runs that are done are so, and then the last of all. A few that end late leave it fine.
pub(super) fn grid(variants: &[Variant]) -> Vec<u64> {
    let mut ends: Vec<u64> = variants.iter().flat_map(Variant::makespans_done).collect();
    if ends.is_empty() {
        let all = |variant: &Variant| variant.runs.all(Figure::Makespan);
        ends = variants.iter().flat_map(all).collect();
    }
    ends.sort_unstable();
    let (Some(&last), Some(&most)) = (ends.last(), ends.get(ends.len().saturating_sub(1) * 9 / 10))
    else {
        return Vec::new();
    };
    let step = round_step(most.div_ceil(STEPS).max(1));
    let steps = (1..=most.div_ceil(step)).map(|n| n * step);
    let grid: BTreeSet<u64> = steps.chain([last]).collect();
    grid.into_iter().collect()
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
    let seconds = Some(Millis(time).as_secs_f64());
    Within { seconds, share: share.unwrap_or_default(), ci95 }
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
        assert!(grid.len() >= 8, "{grid:?}");
        assert_eq!(grid.last(), Some(&1_000_000_000));
        assert_eq!(grid[0], 60_000);
    }

    #[test]
    fn without_a_run_there_is_no_grid() {
        assert_eq!(grid(&[]), [] as [u64; 0]);
    }
}
