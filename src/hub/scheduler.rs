//! Which builder gets which task: koji's rule since 1.34, as a function over a snapshot.
//!
//! The hub gives work out, builders do not choose. It takes free tasks in order and gives each to the
//! builder of lowest rank that can still take one. What a task will weigh once it is open is not known
//! here, an earlier task is never displaced by a later one that has fewer builders to go to, and
//! nothing is known of dependencies: that is koji's rule, not a simplification of it.

use crate::farm::Hub;

/// A builder as the hub sees it when the scheduler runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BuilderView {
    /// Enabled, heard of lately, and ready by its own last report.
    pub is_ready: bool,
    /// How much weight it takes.
    pub capacity: f64,
    /// How many tasks it takes.
    pub max_jobs: u32,
    /// The weight of its tasks, those that wait for their children left out.
    pub load: f64,
    /// How many tasks it has; one that waits takes its place all the same.
    pub tasks: u32,
}

/// A free task: who may take it. Tasks come in the order of `(priority, time of creation, number)`.
#[derive(Clone, Copy, Debug)]
pub struct FreeTask<'a> {
    /// What the caller calls it.
    pub id: u32,
    /// The builders of its bin (its channel and its arch), in the order in which equals are taken.
    pub bin: &'a [u32],
    /// Those of them that refused it.
    pub refused: &'a [u32],
}

/// One decision: a task, and the builder that gets it.
pub type Assignment = (u32, u32);

/// The scheduler, with the memory it works in.
#[derive(Clone, Debug)]
pub struct Scheduler {
    /// What a task weighs that no builder has opened.
    unit: f64,
    /// What a builder must have free, and more, to be given one.
    least: f64,
    demand: Vec<f64>,
    groups: Vec<Group>,
    group_of: Vec<usize>,
}

/// Tasks of one bin.
#[derive(Clone, Debug)]
struct Group {
    /// Where the bin lies in memory, and how long it is.
    bin: (usize, usize),
    /// Builders that can still take one.
    live: Vec<u32>,
    tasks: f64,
}

impl Scheduler {
    /// Makes the scheduler of a hub with these constants.
    #[must_use]
    pub fn new(hub: &Hub) -> Self {
        Self {
            unit: hub.unit_weight,
            least: hub.least_room(),
            demand: Vec::new(),
            groups: Vec::new(),
            group_of: Vec::new(),
        }
    }

    /// Gives out `free`, notes the new load in `builders`, and appends what was decided to `out`.
    pub fn assign(
        &mut self,
        builders: &mut [BuilderView],
        free: &[FreeTask<'_>],
        out: &mut Vec<Assignment>,
    ) {
        let (least, unit) = (self.least, self.unit);
        self.group(builders, free, least);
        self.weigh_demand(builders.len(), free);
        for (task, &group) in free.iter().zip(&self.group_of) {
            let mut best: Option<(u32, f64)> = None;
            self.groups[group].live.retain(|&at| {
                let builder = &builders[at as usize];
                if !can_take(builder, least) {
                    return false;
                }
                let rank = builder.load + f64::from(builder.tasks) + self.demand[at as usize];
                if best.is_none_or(|(_, lowest)| rank < lowest) && !task.refused.contains(&at) {
                    best = Some((at, rank));
                }
                true
            });
            if let Some((at, _)) = best {
                builders[at as usize].load += unit;
                builders[at as usize].tasks += 1;
                out.push((task.id, at));
            }
        }
    }

    /// Finds the tasks that share a bin, and who can take them as the run begins.
    fn group(&mut self, builders: &[BuilderView], free: &[FreeTask<'_>], least: f64) {
        self.groups.clear();
        self.group_of.clear();
        for task in free {
            let bin = (task.bin.as_ptr() as usize, task.bin.len());
            let known = self.groups.iter().position(|group| group.bin == bin);
            let at = known.unwrap_or_else(|| {
                let can = |&at: &u32| can_take(&builders[at as usize], least);
                let live = task.bin.iter().copied().filter(can).collect();
                self.groups.push(Group { bin, live, tasks: 0.0 });
                self.groups.len() - 1
            });
            self.group_of.push(at);
            if task.refused.is_empty() {
                self.groups[at].tasks += 1.0;
            }
        }
    }

    /// Works out how much each builder is sought, in shares that sum to 1.
    fn weigh_demand(&mut self, builders: usize, free: &[FreeTask<'_>]) {
        self.demand.clear();
        self.demand.resize(builders, 0.0);
        for group in &self.groups {
            let share = group.tasks * self.unit / count(group.live.len());
            group.live.iter().for_each(|&at| self.demand[at as usize] += share);
        }
        for (task, &group) in free.iter().zip(&self.group_of) {
            if !task.refused.is_empty() {
                let may = |at: &&u32| !task.refused.contains(at);
                let live = &self.groups[group].live;
                let share = self.unit / count(live.iter().filter(may).count());
                live.iter().filter(may).for_each(|&at| self.demand[at as usize] += share);
            }
        }
        let sum: f64 = self.demand.iter().sum();
        if sum > 0.0 {
            self.demand.iter_mut().for_each(|demand| *demand /= sum);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a farm has fewer than 2^52 builders")]
fn count(builders: usize) -> f64 {
    builders as f64
}

pub(super) fn can_take(builder: &BuilderView, least: f64) -> bool {
    builder.is_ready && builder.tasks < builder.max_jobs && builder.capacity - builder.load > least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(capacity: f64) -> BuilderView {
        BuilderView { is_ready: true, capacity, max_jobs: 10, load: 0.0, tasks: 0 }
    }

    fn run(builders: &mut [BuilderView], free: &[FreeTask<'_>]) -> Vec<Assignment> {
        let mut out = Vec::new();
        Scheduler::new(&Hub::default()).assign(builders, free, &mut out);
        out
    }

    fn tasks(bin: &[u32], count: u32) -> Vec<FreeTask<'_>> {
        (0..count).map(|id| FreeTask { id, bin, refused: &[] }).collect()
    }

    #[test]
    fn a_builder_takes_as_many_tasks_as_the_ceiling_of_what_is_free() {
        for (capacity, load, takes) in [(2.0, 0.0, 2), (2.5, 0.0, 3), (2.0, 0.1, 2), (2.0, 2.0, 0)]
        {
            let mut builders = [BuilderView { load, ..idle(capacity) }];
            assert_eq!(run(&mut builders, &tasks(&[0], 9)).len(), takes, "{capacity} {load}");
        }
        let mut full = [BuilderView { tasks: 9, ..idle(20.0) }];
        assert_eq!(run(&mut full, &tasks(&[0], 9)).len(), 1, "ten jobs at most");
    }

    #[test]
    fn tasks_go_to_the_lowest_rank_and_equals_in_the_order_of_the_bin() {
        let mut builders = [idle(4.0), idle(4.0)];
        let out = run(&mut builders, &tasks(&[1, 0], 4));
        assert_eq!(out, [(0, 1), (1, 0), (2, 1), (3, 0)]);
    }

    #[test]
    fn a_waiting_parent_takes_a_place_and_so_raises_the_rank() {
        let mut builders = [BuilderView { tasks: 1, ..idle(4.0) }, idle(4.0)];
        assert_eq!(run(&mut builders, &tasks(&[0, 1], 1)), [(0, 1)]);
    }

    #[test]
    fn demand_keeps_a_builder_that_others_need_for_later() {
        // By hand: three tasks for builder 0 alone, one for both. Demand of 0: (3 + 1/2) / 4, of 1:
        // (1/2) / 4. The task for both comes first and goes to 1.
        let free = [
            FreeTask { id: 9, bin: &[0, 1], refused: &[] },
            FreeTask { id: 1, bin: &[0], refused: &[] },
            FreeTask { id: 2, bin: &[0], refused: &[] },
            FreeTask { id: 3, bin: &[0], refused: &[] },
        ];
        assert_eq!(
            run(&mut [idle(2.0), idle(2.0)], &free),
            [(9, 1), (1, 0), (2, 0)],
            "and the third does not fit"
        );
    }

    #[test]
    fn what_is_not_ready_or_refused_gets_nothing() {
        let mut builders = [BuilderView { is_ready: false, ..idle(4.0) }, idle(4.0)];
        let refused = FreeTask { id: 7, bin: &[0, 1], refused: &[1] };
        assert_eq!(run(&mut builders, &[refused]), []);
    }

    #[test]
    fn with_less_overcommit_a_task_needs_room_for_what_exceeds_it() {
        let with =
            |overcommit| Scheduler::new(&Hub { capacity_overcommit: overcommit, ..Hub::default() });
        let mut out = Vec::new();
        let mut builders = [BuilderView { load: 3.5, ..idle(4.0) }];
        with(0.4).assign(&mut builders, &tasks(&[0], 1), &mut out);
        assert!(out.is_empty(), "0.5 is free, 0.6 is needed");
        with(0.6).assign(&mut builders, &tasks(&[0], 1), &mut out);
        assert_eq!(out.len(), 1, "0.5 is free, 0.4 is needed");
    }
}
