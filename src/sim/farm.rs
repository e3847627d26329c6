//! The builders of the ideal model: slots in groups, one task each, and queues by arch.
//!
//! A slot takes the waiting task of the highest priority among the arches it serves, the earliest
//! of equals. Groups are served in the order given.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::farm::{BuilderGroup, Farm};
use crate::name::Arch;

/// One group of equal builders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotsGroup {
    /// Its name in the farm file.
    pub name: String,
    /// How many tasks it can run at once.
    pub count: u32,
    /// The arches it serves; every group serves `noarch` too.
    pub arches: Vec<Arch>,
}

/// The groups of a farm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// In the order of the farm file.
    pub groups: Vec<SlotsGroup>,
}

impl Slots {
    /// Takes the builders of a farm as slots: in the ideal model one task each, whatever else the
    /// farm says of them.
    #[must_use]
    pub fn of(farm: &Farm) -> Self {
        let group = |group: &BuilderGroup| SlotsGroup {
            name: group.name.clone(),
            count: group.count,
            arches: group.arches.clone(),
        };
        Self { groups: farm.builders.iter().map(group).collect() }
    }
}

/// A slot that runs a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) group: u32,
    pub(super) number: u32,
}

/// A task that waits: its priority, then the order of submission.
type Waiting = (u64, Reverse<u32>);

/// The state of the farm in one run.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    free: Vec<Vec<u32>>,
    waiting: Vec<BinaryHeap<Waiting>>,
    groups_of_arch: Vec<Vec<u32>>,
    arches_of_group: Vec<Vec<u32>>,
    counts: Vec<u32>,
    /// Slots taken away by a fault, by group.
    gone: Vec<Vec<u32>>,
}

impl Pool {
    /// Makes the farm for the arches that tasks ask for, numbered by `arches`.
    pub(super) fn new(slots: &Slots, arches: &BTreeMap<Arch, u32>) -> Self {
        let mut groups_of_arch = vec![Vec::new(); arches.len()];
        let mut arches_of_group = vec![Vec::new(); slots.groups.len()];
        for (group, entry) in (0..).zip(&slots.groups) {
            for (arch, &at) in arches {
                if arch.as_str() == "noarch" || entry.arches.contains(arch) {
                    groups_of_arch[at as usize].push(group);
                    arches_of_group[group as usize].push(at);
                }
            }
        }
        let counts: Vec<u32> = slots.groups.iter().map(|group| group.count).collect();
        let mut pool = Self {
            free: vec![Vec::new(); counts.len()],
            waiting: vec![BinaryHeap::new(); groups_of_arch.len()],
            groups_of_arch,
            arches_of_group,
            gone: vec![Vec::new(); counts.len()],
            counts,
        };
        pool.reset();
        pool
    }

    /// Empties queues and frees every slot.
    pub(super) fn reset(&mut self) {
        for (free, &count) in self.free.iter_mut().zip(&self.counts) {
            free.clear();
            free.extend((0..count).rev());
        }
        self.waiting.iter_mut().for_each(BinaryHeap::clear);
        self.gone.iter_mut().for_each(Vec::clear);
    }

    /// Returns how many slots a group has that no fault took away.
    pub(super) fn count(&self, group: u32) -> u32 {
        let gone = u32::try_from(self.gone[group as usize].len()).expect("no more than there are");
        self.counts[group as usize] - gone
    }

    /// Takes away up to `count` free slots of a group, and returns how many there were.
    pub(super) fn take_free(&mut self, group: u32, count: u32) -> u32 {
        let mut taken = 0;
        while taken < count
            && let Some(number) = self.free[group as usize].pop()
        {
            self.gone[group as usize].push(number);
            taken += 1;
        }
        taken
    }

    /// Gives back slots that a fault took away.
    pub(super) fn give(&mut self, group: u32, count: u32) {
        for _ in 0..count {
            let number = self.gone[group as usize].pop();
            self.free[group as usize].push(number.expect("no more is given than was taken"));
        }
    }

    /// Returns how many groups there are.
    pub(super) fn groups(&self) -> u32 {
        u32::try_from(self.counts.len()).expect("a farm file has fewer than 2^32 groups")
    }

    /// Queues a task for an arch.
    pub(super) fn wait(&mut self, arch: u32, priority: u64, task: u32) {
        self.waiting[arch as usize].push((priority, Reverse(task)));
    }

    /// Frees a slot.
    pub(super) fn free(&mut self, slot: Slot) {
        self.free[slot.group as usize].push(slot.number);
    }

    /// Gives the free slots of a group to what waits for its arches, and appends who took which;
    /// `is_gone` tells tasks that were canceled while they waited.
    pub(super) fn fill(
        &mut self,
        group: u32,
        is_gone: impl Fn(u32) -> bool,
        taken: &mut Vec<(u32, Slot)>,
    ) {
        while let Some(&number) = self.free[group as usize].last() {
            let Some(task) = self.next_for(group, &is_gone) else { return };
            self.free[group as usize].pop();
            taken.push((task, Slot { group, number }));
        }
    }

    /// Takes the next task for a group from the queues of its arches.
    fn next_for(&mut self, group: u32, is_gone: impl Fn(u32) -> bool) -> Option<u32> {
        let mut best: Option<(Waiting, u32)> = None;
        for &arch in &self.arches_of_group[group as usize] {
            let queue = &mut self.waiting[arch as usize];
            while queue.peek().is_some_and(|&(_, Reverse(task))| is_gone(task)) {
                queue.pop();
            }
            best = best.max(queue.peek().map(|&head| (head, arch)));
        }
        let (_, arch) = best?;
        self.waiting[arch as usize].pop().map(|(_, Reverse(task))| task)
    }

    /// Returns whether any builder serves an arch.
    pub(super) fn serves(&self, arch: u32) -> bool {
        self.groups_of_arch[arch as usize].iter().any(|&group| self.counts[group as usize] > 0)
    }
}
