//! What builders did over time: how many of each group worked, and how many tasks waited for them, by
//! channel.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sim::{Bar, Run, SlotsGroup};
use crate::time::Millis;

/// How many steps a run is cut into.
pub(super) const STEPS: u64 = 60;

/// One group of builders in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLoad {
    /// Its name in the farm file.
    pub group: Arc<str>,
    /// How many builders it has.
    pub builders: u64,
    /// Time for which builders of it had a task that works, one or several, up to the makespan.
    pub busy: Millis,
    /// The rest of the time of all its builders: with `busy` it sums to builders times makespan.
    pub idle: Millis,
    /// By step, the mean number of builders at work, in thousandths.
    pub working: Vec<u64>,
    /// By channel and step, the mean number of tasks that waited for a builder of it, in thousandths;
    /// none in the ideal model, which has no queue of tasks to look into.
    pub waiting: BTreeMap<Arc<str>, Vec<u64>>,
}

/// Returns what each group did up to the makespan of a run, in the order of the farm file.
#[must_use]
pub fn load(run: &Run, groups: &[SlotsGroup]) -> Vec<GroupLoad> {
    let end = run.figures.makespan.0;
    let mut lanes: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    for bar in &run.bars {
        lanes.entry(&bar.lane).or_default().push((bar.start.0.min(end), bar.end.0.min(end)));
    }
    let mut loads = Vec::new();
    for group in groups {
        let is_of = |lane: &str| lane.rsplit_once('/').is_some_and(|(name, _)| name == group.name);
        let mut working = vec![0; count(STEPS)];
        let mut busy = 0;
        for spans in lanes.iter().filter(|(lane, _)| is_of(lane)).map(|(_, spans)| spans) {
            for (from, to) in united(spans.clone()) {
                busy += to - from;
                spread(&mut working, from, to, end);
            }
        }
        let builders = u64::from(group.count);
        let waiting = waiting(run.bars.iter().filter(|bar| is_of(&bar.lane)), end);
        loads.push(GroupLoad {
            group: group.name.as_str().into(),
            builders,
            busy: Millis(busy),
            idle: Millis((builders * end).saturating_sub(busy)),
            working: scaled(&working, end),
            waiting,
        });
    }
    loads
}

/// Counts the tasks that were made and had no builder yet.
fn waiting<'b>(bars: impl Iterator<Item = &'b Bar>, end: u64) -> BTreeMap<Arc<str>, Vec<u64>> {
    let mut by_channel: BTreeMap<Arc<str>, Vec<u64>> = BTreeMap::new();
    for bar in bars {
        let Some(created) = bar.created else { continue };
        let steps =
            by_channel.entry(channel(&bar.method).into()).or_insert_with(|| vec![0; count(STEPS)]);
        spread(steps, created.0.min(end), bar.start.0.min(end), end);
    }
    by_channel.iter().map(|(channel, steps)| (Arc::clone(channel), scaled(steps, end))).collect()
}

/// Returns the channel in which koji's policy puts a task.
fn channel(method: &str) -> &'static str {
    match method {
        "createrepo" | "createdistrepo" | "newRepo" | "distRepo" => "createrepo",
        _ => "default",
    }
}

/// Joins spans that overlap or touch.
fn united(mut spans: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    spans.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            Some(_) | None => joined.push((from, to)),
        }
    }
    joined
}

/// Adds the milliseconds of a span to the steps it lies in.
fn spread(steps: &mut [u64], from: u64, to: u64, end: u64) {
    if end == 0 {
        return;
    }
    let bound = |step: u64| u64::try_from(u128::from(end) * u128::from(step) / u128::from(STEPS));
    for (at, step) in (0..).zip(steps) {
        let low = bound(at).expect("no more than the end");
        let high = bound(at + 1).expect("no more than the end");
        *step += to.min(high).saturating_sub(from.max(low));
    }
}

/// Turns milliseconds within each step into a mean number, in thousandths.
fn scaled(steps: &[u64], end: u64) -> Vec<u64> {
    let thousandths = |&time: &u64| {
        let mean = u128::from(time) * 1000 * u128::from(STEPS) / u128::from(end.max(1));
        u64::try_from(mean).unwrap_or(u64::MAX)
    };
    steps.iter().map(thousandths).collect()
}

fn count(number: u64) -> usize {
    usize::try_from(number).expect("a few steps")
}

/// Writes tidy rows, one for every group, channel and step: `working` is in the row without a
/// channel.
pub(super) fn rows(text: &mut String, name: &str, makespan: Millis, loads: &[GroupLoad]) {
    let thousandths = |number: u64| format!("{}.{:03}", number / 1000, number % 1000);
    for load in loads {
        let mut add = |what: &str, channel: &str, steps: &[u64]| {
            for (at, number) in (0..).zip(steps) {
                let from = Millis(makespan.0 * at / STEPS).as_secs_f64();
                let (group, builders) = (&load.group, load.builders);
                let number = thousandths(*number);
                writeln!(text, "{name},{from:.3},{group},{builders},{channel},{what},{number}")
                    .expect("a string takes all");
            }
        };
        add("working", "", &load.working);
        for (channel, steps) in &load.waiting {
            add("waiting", channel, steps);
        }
    }
}

/// The header of [`rows`].
pub(super) const HEADER: &str = "variant,from_seconds,group,builders,channel,what,mean\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_at_work_is_counted_once_and_spread_over_its_steps() {
        assert_eq!(united(vec![(5, 9), (0, 3), (2, 4), (9, 12)]), [(0, 4), (5, 12)]);
        // 60 steps of 10 ms: 15 ms from 5 on are half of the first and all of the second.
        let mut steps = vec![0; 60];
        spread(&mut steps, 5, 20, 600);
        assert_eq!(steps[..3], [5, 10, 0]);
        assert_eq!(scaled(&steps, 600)[..3], [500, 1000, 0]);
    }
}
