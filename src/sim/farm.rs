//! The builders of the ideal model: slots in groups, one task each, and queues by arch.
//!
//! A slot takes the waiting task of the highest priority among the arches it serves, the earliest
//! of equals. Groups are served in the order given.

use super::queue::{Links, Queue};
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
    /// Takes the builders of a farm as slots: in the ideal model one task each, independent of what else the
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

/// A slot that runs a task, numbered over all groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot(u32);

/// The state of the farm in one run.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    free: Vec<Vec<Slot>>,
    /// What waits, by arch.
    waiting: Vec<Queue>,
    links: Links,
    groups_of_arch: Vec<Vec<u32>>,
    arches_of_group: Vec<Vec<u32>>,
    counts: Vec<u32>,
    /// The first slot of each group.
    firsts: Vec<u32>,
    group_of: Vec<u32>,
    /// Slots taken away by a fault, by group.
    gone: Vec<Vec<Slot>>,
}

impl Pool {
    /// Makes the farm for the arches that tasks ask for, which number them by their position.
    /// Priorities are below `priorities`.
    pub(super) fn new(slots: &Slots, arches: &[Arch], priorities: usize) -> Self {
        let mut groups_of_arch = vec![Vec::new(); arches.len()];
        let mut arches_of_group = vec![Vec::new(); slots.groups.len()];
        for (group, entry) in (0..).zip(&slots.groups) {
            for (at, arch) in (0_u32..).zip(arches) {
                if arch.as_str() == "noarch" || entry.arches.contains(arch) {
                    groups_of_arch[at as usize].push(group);
                    arches_of_group[group as usize].push(at);
                }
            }
        }
        let counts: Vec<u32> = slots.groups.iter().map(|group| group.count).collect();
        let group_of = (0..)
            .zip(&counts)
            .flat_map(|(group, &count)| std::iter::repeat_n(group, count as usize));
        let firsts = counts.iter().scan(0, |next, count| {
            let first = *next;
            *next += count;
            Some(first)
        });
        let mut pool = Self {
            firsts: firsts.collect(),
            group_of: group_of.collect(),
            free: vec![Vec::new(); counts.len()],
            waiting: vec![Queue::new(priorities); groups_of_arch.len()],
            links: Links::new(),
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
        for (free, (&first, &count)) in
            self.free.iter_mut().zip(self.firsts.iter().zip(&self.counts))
        {
            free.clear();
            free.extend((first..first + count).rev().map(Slot));
        }
        self.waiting.iter_mut().for_each(Queue::clear);
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
            && let Some(slot) = self.free[group as usize].pop()
        {
            self.gone[group as usize].push(slot);
            taken += 1;
        }
        taken
    }

    /// Gives back slots that a fault took away.
    pub(super) fn give(&mut self, group: u32, count: u32) {
        for _ in 0..count {
            let slot = self.gone[group as usize].pop();
            self.free[group as usize].push(slot.expect("no more is given than was taken"));
        }
    }

    /// Returns the group of a slot and its number within it, from 0.
    pub(super) fn place(&self, slot: Slot) -> (u32, u32) {
        let group = self.group_of[slot.0 as usize];
        (group, slot.0 - self.firsts[group as usize])
    }

    /// Returns how many groups there are.
    pub(super) fn groups(&self) -> u32 {
        u32::try_from(self.counts.len()).expect("a farm file has fewer than 2^32 groups")
    }

    /// Queues a task for an arch.
    pub(super) fn wait(&mut self, arch: u32, priority: u32, task: u32) {
        self.waiting[arch as usize].push(&mut self.links, priority, task);
    }

    /// Frees a slot.
    pub(super) fn free(&mut self, slot: Slot) {
        self.free[self.group_of[slot.0 as usize] as usize].push(slot);
    }

    /// Returns whether a group has a free slot.
    pub(super) fn has_free(&self, group: u32) -> bool {
        !self.free[group as usize].is_empty()
    }

    /// Gives a free slot of a group to the next task that waits for one of its arches; `is_gone`
    /// tells tasks that were canceled while they waited.
    pub(super) fn next(
        &mut self,
        group: u32,
        is_gone: impl Fn(u32) -> bool,
    ) -> Option<(u32, Slot)> {
        let slot = *self.free[group as usize].last()?;
        let task = match *self.arches_of_group[group as usize] {
            [] => return None,
            [arch] => {
                let queue = &mut self.waiting[arch as usize];
                let first = queue.first_but(&mut self.links, is_gone)?;
                queue.take(&mut self.links, first);
                first.task()
            }
            ref arches => {
                let mut best = None;
                for &arch in arches {
                    let queue = &mut self.waiting[arch as usize];
                    let first = queue.first_but(&mut self.links, &is_gone);
                    best = best.max(first.map(|first| (first, arch)));
                }
                let (first, arch) = best?;
                self.waiting[arch as usize].take(&mut self.links, first);
                first.task()
            }
        };
        self.free[group as usize].pop();
        Some((task, slot))
    }

    /// Returns whether any builder serves an arch.
    pub(super) fn serves(&self, arch: u32) -> bool {
        self.groups_of_arch[arch as usize].iter().any(|&group| self.counts[group as usize] > 0)
    }
}
