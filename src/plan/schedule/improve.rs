//! A schedule that is improved until it is proven optimal or the effort is spent.
//!
//! The first is a list schedule by the longest remaining path, made from the start and from the
//! end; each is *justified*: placed again in the order of its ends from the other side, as late and
//! then as early as possible, which never lengthens it and closes most gaps (Valls, Ballestín and
//! Quintanilla, 2005). The search then repeatedly perturbs the order of the best schedule by random
//! amounts.
//!
//! Effort is counted in tasks placed and not in time, and draws come from one fixed seed: the same
//! plan has the same schedule on every machine.

use super::balance::{LAST, Lanes, excess};
use super::place::{Placer, Schedule};
use super::problem::{Problem, Times, Way};

/// A schedule is balanced if its excess over the bound is at most this fraction: one divided by
/// this number.
const NEAR: u64 = 100;
/// The cost of redistributing tasks between two places, divided by two to the number of tasks, in
/// tasks placed.
const BALANCE_STEPS: u64 = 4;

/// How much work goes into a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How many tasks may be placed, over all schedules tried.
    pub steps: u64,
}

impl Effort {
    /// The number of tasks that a slow core places in a millisecond.
    const STEPS_A_MILLISECOND: u64 = 3_000;

    /// Only the first list schedule.
    pub const NONE: Self = Self { steps: 0 };

    /// Turns time into steps.
    #[must_use]
    pub const fn of_ms(ms: u64) -> Self {
        Self { steps: ms.saturating_mul(Self::STEPS_A_MILLISECOND) }
    }

    /// Returns one of so many equal parts.
    #[must_use]
    pub const fn share(self, parts: u64) -> Self {
        Self { steps: self.steps / parts }
    }
}

impl Default for Effort {
    fn default() -> Self {
        Self::of_ms(100)
    }
}

/// Returns the best schedule found; it ends at `bound_ms` if that was reached.
///
/// # Panics
/// If a task has no builder: see [`Problem::is_served`].
#[must_use]
pub fn improve(problem: &Problem, times: &[Times], bound_ms: u64, effort: Effort) -> Schedule {
    assert!(problem.is_served(), "a task without a builder has no schedule");
    let mut search = Search::new(problem, bound_ms, effort);
    search.along_paths(times);
    search.balance();
    search.disturb();
    search.best
}

struct Search<'a> {
    problem: &'a Problem,
    placer: Placer<'a>,
    bound_ms: u64,
    steps_max: u64,
    best: Schedule,
    draft: Schedule,
    other: Schedule,
    order: Vec<(u64, u32)>,
    tasks: Vec<u32>,
    priorities: Vec<u64>,
    random: Random,
}

impl<'a> Search<'a> {
    fn new(problem: &'a Problem, bound_ms: u64, effort: Effort) -> Self {
        let empty = Schedule::new(problem.tasks());
        Self {
            problem,
            placer: Placer::new(problem),
            bound_ms,
            steps_max: effort.steps,
            best: Schedule { end_ms: u64::MAX, ..empty.clone() },
            draft: empty.clone(),
            other: empty,
            order: Vec::new(),
            tasks: Vec::new(),
            priorities: Vec::new(),
            random: Random(1),
        }
    }

    fn is_over(&self) -> bool {
        self.best.end_ms <= self.bound_ms || self.placer.steps >= self.steps_max
    }

    /// Makes the list schedules by the longest path to the end and to the start.
    fn along_paths(&mut self, times: &[Times]) {
        for way in [Way::Forward, Way::Backward] {
            let problem = self.problem;
            let rank = |task: usize| {
                let job = problem.jobs_of[task];
                let times = &times[job as usize];
                match way {
                    Way::Forward => times.rank_ms,
                    Way::Backward => times.earliest_finish_ms,
                }
            };
            self.priorities.clear();
            self.priorities.extend((0..problem.tasks()).map(rank));
            self.placer.as_free(way, &self.priorities, &mut self.draft);
            self.justify(way);
            if self.is_over() {
                return;
            }
        }
    }

    /// Justifies the draft, made from one end, until that no longer shortens it, and keeps the best
    /// schedule made from the start.
    fn justify(&mut self, mut way: Way) {
        let mut shortest = u64::MAX;
        loop {
            if way == Way::Forward {
                let end = self.draft.end_ms;
                if end <= self.best.end_ms {
                    self.best.clone_from(&self.draft);
                }
                if end >= shortest || self.is_over() {
                    return;
                }
                shortest = end;
            }
            way = way.back();
            self.by_ends(way);
            let is_placed = self.placer.in_order(way, &self.tasks, &mut self.other);
            assert!(is_placed, "ends of a schedule are an order for the way back");
            std::mem::swap(&mut self.draft, &mut self.other);
        }
    }

    /// Orders tasks for a pass in the other direction: the last to end comes first.
    fn by_ends(&mut self, way: Way) {
        let ends = &self.draft.ends;
        self.order.clear();
        self.order.extend(ends.iter().zip(0_u32..).map(|(&end, task)| {
            // Tasks are numbered in a possible order, which matters for tasks that take no time.
            let tie = if way == Way::Forward { task } else { u32::MAX - task };
            (u64::MAX - end, tie)
        }));
        self.order.sort_unstable();
        let task = |&(_, tie): &(u64, u32)| if way == Way::Forward { tie } else { u32::MAX - tie };
        self.tasks.clear();
        self.tasks.extend(self.order.iter().map(task));
    }

    /// Perturbs the order of the best schedule until the effort is spent.
    fn disturb(&mut self) {
        let tasks = self.problem.tasks().max(1) as u64;
        let mean = self.problem.ms.iter().sum::<u64>() / tasks;
        let mut round = 0_u32;
        while !self.is_over() {
            // From small to large and again from small: small ones polish, large ones find other
            // orders.
            let width = (mean << (round / 2 % 6)) / 4 + 1;
            let way = if round.is_multiple_of(2) { Way::Forward } else { Way::Backward };
            round += 1;
            let end = self.best.end_ms;
            self.priorities.clear();
            for task in 0..self.problem.tasks() {
                let first = match way {
                    Way::Forward => end - self.best.starts[task],
                    Way::Backward => self.best.ends[task],
                };
                self.priorities.push(first + self.random.below(width));
            }
            self.placer.as_free(way, &self.priorities, &mut self.draft);
            let before = self.best.end_ms;
            self.justify(way);
            if self.best.end_ms < before {
                self.balance();
            }
        }
    }

    /// Moves work from places that end too late to others, if little is missing.
    fn balance(&mut self) {
        while self.best.end_ms - self.bound_ms <= self.bound_ms / NEAR && self.balance_once() {
            if self.is_over() {
                return;
            }
        }
    }

    /// Returns whether less is missing than before.
    fn balance_once(&mut self) -> bool {
        let missing = excess(&self.best, self.bound_ms);
        let lanes = Lanes::of(&self.best);
        let exchanges = lanes.exchanges(self.bound_ms);
        for last in LAST {
            for exchange in &exchanges {
                self.placer.steps += BALANCE_STEPS << last;
                for order in lanes.orders(exchange, last, &self.best) {
                    if self.is_over() {
                        return false;
                    }
                    if self.is_better(&order, missing) {
                        std::mem::swap(&mut self.best, &mut self.other);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Places all tasks in an order, and returns whether the schedule is shorter than before.
    fn is_better(&mut self, order: &[u32], missing: u64) -> bool {
        self.placer.in_order(Way::Forward, order, &mut self.other)
            && self.other.end_ms <= self.best.end_ms
            && excess(&self.other, self.bound_ms) < missing
    }
}

/// Draws from a fixed seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let scaled = (u128::from(z ^ (z >> 31)) * u128::from(bound)) >> 64;
        u64::try_from(scaled).expect("smaller than the bound")
    }
}
