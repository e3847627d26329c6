//! How builds of components end, apart from how long they take: the same in both models of koji.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;

use crate::orchestrate::ComponentIx;
use crate::sim::draw::{self, Key, Purpose};
use crate::sim::{Outcomes, Setup};

/// What is known of the components of one run. Most are built once and that is all, so a bit says
/// that; the others have a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Luck {
    /// Components that were built.
    built: FixedBitSet,
    /// Components that have a record: for all others the map is not asked.
    has_fate: FixedBitSet,
    fates: BTreeMap<ComponentIx, Fate>,
    replication: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Fate {
    /// How often it was built.
    builds: u32,
    /// Whether every attempt repeats its failure until people repair it.
    is_broken: bool,
    /// Whether people repaired it.
    is_fixed: bool,
}

impl Luck {
    pub(super) fn reset(&mut self, components: usize, replication: u64) {
        self.replication = replication;
        for bits in [&mut self.built, &mut self.has_fate] {
            bits.clear();
            bits.grow(components);
        }
        self.fates.clear();
    }

    /// Returns what is known of a component.
    fn fate(&self, component: ComponentIx) -> Fate {
        if self.has_fate[component.index()] {
            return self.fates[&component];
        }
        Fate { builds: u32::from(self.built[component.index()]), ..Fate::default() }
    }

    fn keep(&mut self, component: ComponentIx, fate: Fate) {
        self.has_fate.insert(component.index());
        self.fates.insert(component, fate);
    }

    /// Counts another build of a component, and returns which it is, from 1, and whether people
    /// repaired it.
    pub(super) fn count_build(&mut self, component: ComponentIx) -> (u32, bool) {
        let is_again = self.built.put(component.index());
        if !is_again && !self.has_fate[component.index()] {
            return (1, false);
        }
        let fate = self.fate(component);
        let fate = Fate { builds: fate.builds + 1, ..fate };
        self.keep(component, fate);
        (fate.builds, fate.is_fixed)
    }

    /// Returns how many builds of a component there were.
    pub(super) fn builds(&self, component: ComponentIx) -> u32 {
        self.fate(component).builds
    }

    /// From now on the builds of a component succeed.
    pub(super) fn fix(&mut self, component: ComponentIx) {
        self.keep(component, Fate { is_fixed: true, ..self.fate(component) });
    }

    pub(super) fn is_fixed(&self, component: ComponentIx) -> bool {
        self.fate(component).is_fixed
    }

    /// Returns what names a draw of this replication.
    pub(super) fn key(&self, setup: &Setup, subject: u64, attempt: u32) -> Key {
        Key { seed: setup.seed, replication: self.replication, subject, attempt }
    }

    /// Returns which of its `tasks` arches the nth build of a component fails on, where outcomes are
    /// drawn by a rate and it does.
    pub(super) fn failing_arch(
        &mut self,
        setup: &Setup,
        component: ComponentIx,
        nth: u32,
        tasks: usize,
    ) -> Option<usize> {
        let Outcomes::Rate { failure_rate, flaky_share } = setup.outcomes else { return None };
        let fate = self.fate(component);
        if tasks == 0 || fate.is_fixed {
            return None;
        }
        let key = self.key(setup, setup.subjects.component(component), nth);
        if !fate.is_broken && draw::uniform(key, Purpose::Outcome) >= failure_rate {
            return None;
        }
        if draw::uniform(key, Purpose::Flaky) >= flaky_share {
            self.keep(component, Fate { is_broken: true, ..fate });
        }
        Some(draw::position(key, Purpose::FailingArch, tasks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_counted_and_repairs_kept_whichever_comes_first() {
        let mut luck = Luck::default();
        luck.reset(3, 1);
        let [once, again, fixed_first] = [0, 1, 2].map(ComponentIx);
        assert_eq!((luck.count_build(once), luck.count_build(again)), ((1, false), (1, false)));
        assert_eq!(luck.count_build(again), (2, false));
        luck.fix(again);
        luck.fix(fixed_first);
        assert_eq!(
            (luck.count_build(again), luck.count_build(fixed_first)),
            ((3, true), (1, true))
        );
        assert_eq!([once, again, fixed_first].map(|at| luck.builds(at)), [1, 3, 1]);
        assert_eq!([once, again, fixed_first].map(|at| luck.is_fixed(at)), [false, true, true]);
        luck.reset(3, 2);
        assert_eq!([once, again, fixed_first].map(|at| luck.builds(at)), [0, 0, 0]);
        assert_eq!(luck.count_build(again), (1, false));
    }
}
