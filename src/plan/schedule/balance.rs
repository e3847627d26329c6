//! The last bit of a schedule: moves work from places that end too late to places that end too
//! early.
//!
//! If energy bounds a plan, every place must be busy to the very end, which no random order
//! achieves to the millisecond. The last tasks of two places are redistributed so that the one that
//! ends early ends as late as allowed. The tasks for it must have a given sum, which is found by
//! meeting in the middle (Horowitz and Sahni, 1974). A pass of the placer then decides whether they
//! can run in that order.

use super::place::Schedule;

/// How many last tasks of each place are redistributed: few change little, many reach every sum.
pub(super) const LAST: [usize; 3] = [6, 9, 12];
/// How many ways to share them out are tried.
const CHOICES_MAX: usize = 8;

/// The tasks of each place, in order.
#[derive(Debug, Default)]
pub(super) struct Lanes(Vec<Lane>);

#[derive(Debug)]
struct Lane {
    group: u32,
    tasks: Vec<u32>,
    end: u64,
}

/// Two places that redistribute their last tasks.
#[derive(Debug)]
pub(super) struct Exchange {
    late: usize,
    early: usize,
    /// The allowed end of the place that ends early: earliest and latest.
    least: u64,
    most: u64,
}

/// Returns by how much the places of a schedule end too late, all together.
pub(super) fn excess(schedule: &Schedule, bound_ms: u64) -> u64 {
    Lanes::of(schedule).0.iter().map(|lane| lane.end.saturating_sub(bound_ms)).sum()
}

impl Lanes {
    pub(super) fn of(schedule: &Schedule) -> Self {
        let key = |&task: &usize| {
            let place = (schedule.groups[task], schedule.places[task]);
            (place, schedule.starts[task], schedule.ends[task], task)
        };
        let mut tasks: Vec<usize> = (0..schedule.starts.len()).collect();
        tasks.sort_unstable_by_key(key);
        let lanes = tasks.chunk_by(|a, b| key(a).0 == key(b).0).map(|tasks| Lane {
            group: schedule.groups[tasks[0]],
            end: schedule.ends[tasks[tasks.len() - 1]],
            tasks: tasks.iter().map(|&task| u32::try_from(task).expect("32 bits")).collect(),
        });
        Self(lanes.collect())
    }

    /// Returns the pairs of places that may exchange tasks: the one that ends last with each of its
    /// group that ends before the bound, the one with most room first.
    pub(super) fn exchanges(&self, bound_ms: u64) -> Vec<Exchange> {
        let lanes = self.0.iter().enumerate();
        let Some((late, last)) = lanes.clone().max_by_key(|(at, lane)| (lane.end, usize::MAX - at))
        else {
            return Vec::new();
        };
        let own = lanes.clone().filter(|(_, lane)| lane.group == last.group);
        let early: Vec<(u64, usize)> = own
            .filter(|(_, lane)| lane.end < bound_ms)
            .map(|(at, lane)| (bound_ms - lane.end, at))
            .collect();
        let (count, room) = (early.len() as u64, early.iter().map(|early| early.0).sum::<u64>());
        let excess: u64 = own_excess(&self.0, last.group, bound_ms);
        // The total idle time allowed, shared among the places to fill.
        let idle = room.saturating_sub(excess) / count.max(1);
        let exchange = |(room, early): (u64, usize)| {
            let both = last.end + bound_ms - room;
            let least = if both <= 2 * bound_ms { both - bound_ms } else { bound_ms - idle };
            Exchange { late, early, least, most: bound_ms }
        };
        let mut exchanges: Vec<Exchange> = early.into_iter().map(exchange).collect();
        exchanges.sort_by_key(|exchange| (self.0[exchange.early].end, exchange.early));
        exchanges
    }

    /// Returns, for an exchange of a number of last tasks of each place, orders of all tasks to
    /// try.
    pub(super) fn orders(
        &self,
        exchange: &Exchange,
        last: usize,
        schedule: &Schedule,
    ) -> Vec<Vec<u32>> {
        let lanes = [exchange.early, exchange.late].map(|lane| self.0[lane].tasks.as_slice());
        let run = |task: u32| schedule.ends[task as usize] - schedule.starts[task as usize];
        let [early, late] = lanes.map(|tasks| &tasks[tasks.len().saturating_sub(last)..]);
        let cuts = [early, late].map(|tasks| schedule.starts[tasks[0] as usize]);
        let tasks = [early, late].concat();
        let runs: Vec<u64> = tasks.iter().map(|&task| run(task)).collect();
        let now: u32 = (1 << early.len()) - 1;
        let [least, most] = [exchange.least, exchange.most].map(|end| end.saturating_sub(cuts[0]));
        // On each place they run in the order in which they start now.
        let mut in_order: Vec<usize> = (0..tasks.len()).collect();
        in_order.sort_unstable_by_key(|&at| (schedule.starts[tasks[at] as usize], tasks[at]));
        let order = |choice: u32| {
            let (mut starts, mut free) = (schedule.starts.clone(), cuts);
            for &at in &in_order {
                let place = usize::from(choice >> at & 1 == 0);
                starts[tasks[at] as usize] = free[place];
                free[place] += runs[at];
            }
            let mut order: Vec<u32> = (0_u32..).take(starts.len()).collect();
            order.sort_unstable_by_key(|&task| (starts[task as usize], task));
            order
        };
        choices(&runs, now, least, most).into_iter().map(order).collect()
    }
}

fn own_excess(lanes: &[Lane], group: u32, bound_ms: u64) -> u64 {
    let own = lanes.iter().filter(|lane| lane.group == group);
    own.map(|lane| lane.end.saturating_sub(bound_ms)).sum()
}

/// Returns, as bits, numbers whose sum is in a range, preferring sets close to the current one.
fn choices(numbers: &[u64], now: u32, least: u64, most: u64) -> Vec<u32> {
    let (left, right) = numbers.split_at(numbers.len() / 2);
    let mut right_sums = sums(right);
    right_sums.sort_unstable();
    let mut found = Vec::new();
    for (sum, bits) in sums(left) {
        let from = right_sums.partition_point(|&(other, _)| sum + other < least);
        let inside = right_sums[from..].iter().take_while(|(other, _)| sum + other <= most);
        found.extend(inside.take(4).map(|(_, other)| bits | other << left.len()));
    }
    found.sort_unstable_by_key(|bits: &u32| ((bits ^ now).count_ones(), *bits));
    found.truncate(CHOICES_MAX);
    found
}

/// Returns the sum of every choice of numbers, with the choice.
fn sums(numbers: &[u64]) -> Vec<(u64, u32)> {
    let mut all = vec![(0, 0)];
    for (at, number) in numbers.iter().enumerate() {
        for known in 0..all.len() {
            let (sum, bits) = all[known];
            all.push((sum + number, bits | 1 << at));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::choices;

    #[test]
    fn every_choice_sums_to_the_range_and_none_is_missed_where_there_is_one() {
        let numbers = [5, 3, 8, 1, 7, 12];
        let sum = |choice: u32| {
            let taken = numbers.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
            taken.map(|(_, number)| number).sum::<u64>()
        };
        for target in 0..=36 {
            let exists = (0..64_u32).any(|choice| sum(choice) == target);
            let found = choices(&numbers, 0b111, target, target);
            assert_eq!(!found.is_empty(), exists, "{target}");
            assert!(found.into_iter().all(|choice| sum(choice) == target));
        }
    }
}
