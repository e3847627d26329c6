//! How builds of components end, apart from how long they take: the same in both models of koji.

use crate::orchestrate::ComponentIx;
use crate::sim::draw::{self, Key, Purpose};
use crate::sim::{Outcomes, Setup};

/// What is known of the components of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Luck {
    components: Vec<Fate>,
    replication: u64,
}

/// How often it was built, in the upper 30 bits; below them whether people repaired it, and whether
/// every attempt repeats its failure until they do.
#[derive(Clone, Copy, Debug, Default)]
struct Fate(u32);

impl Fate {
    const BROKEN: u32 = 1;
    const FIXED: u32 = 2;
    const ATTEMPT: u32 = 4;

    fn attempts(self) -> u32 {
        self.0 / Self::ATTEMPT
    }

    fn is(self, mark: u32) -> bool {
        self.0 & mark != 0
    }
}

impl Luck {
    pub(super) fn reset(&mut self, components: usize, replication: u64) {
        self.replication = replication;
        self.components.clear();
        self.components.resize(components, Fate::default());
    }

    /// Counts another build of a component, and returns which it is, from 1, and whether people
    /// repaired it.
    pub(super) fn attempt(&mut self, component: ComponentIx) -> (u32, bool) {
        let fate = &mut self.components[component.index()];
        fate.0 += Fate::ATTEMPT;
        (fate.attempts(), fate.is(Fate::FIXED))
    }

    /// Returns how many builds of a component there were.
    pub(super) fn attempts(&self, component: ComponentIx) -> u32 {
        self.components[component.index()].attempts()
    }

    /// From now on the builds of a component succeed.
    pub(super) fn fix(&mut self, component: ComponentIx) {
        self.components[component.index()].0 |= Fate::FIXED;
    }

    pub(super) fn is_fixed(&self, component: ComponentIx) -> bool {
        self.components[component.index()].is(Fate::FIXED)
    }

    /// Returns what names a draw of this replication.
    pub(super) fn key(&self, setup: &Setup, subject: u64, attempt: u32) -> Key {
        Key { seed: setup.seed, replication: self.replication, subject, attempt }
    }

    /// Returns which of its `tasks` arches a build of a component fails on, where outcomes are
    /// drawn by a rate and it does.
    pub(super) fn failing_arch(
        &mut self,
        setup: &Setup,
        of: (ComponentIx, u32),
        tasks: usize,
    ) -> Option<usize> {
        let (component, attempt) = of;
        let Outcomes::Rate { failure_rate, flaky_share } = setup.outcomes else { return None };
        if tasks == 0 || self.is_fixed(component) {
            return None;
        }
        let key = self.key(setup, setup.catalog.draw_key(component), attempt);
        let fate = &mut self.components[component.index()];
        if !fate.is(Fate::BROKEN) && draw::uniform(key, Purpose::Outcome) >= failure_rate {
            return None;
        }
        if draw::uniform(key, Purpose::Flaky) >= flaky_share {
            fate.0 |= Fate::BROKEN;
        }
        Some(draw::position(key, Purpose::FailingArch, tasks))
    }
}
