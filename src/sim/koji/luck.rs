//! How builds of components end, apart from how long they take: the same in both models of koji.

use crate::orchestrate::ComponentIx;
use crate::sim::draw::{self, Key, Purpose};
use crate::sim::{Outcomes, Setup};

/// What is known of the components of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Luck {
    attempts: Vec<u32>,
    is_fixed: Vec<bool>,
    /// Components whose failure every attempt repeats, until somebody repairs them.
    is_broken: Vec<bool>,
    replication: u64,
}

impl Luck {
    pub(super) fn reset(&mut self, components: usize, replication: u64) {
        self.replication = replication;
        self.attempts.clear();
        self.attempts.resize(components, 0);
        self.is_fixed.clear();
        self.is_fixed.resize(components, false);
        self.is_broken.clear();
        self.is_broken.resize(components, false);
    }

    /// Counts another build of a component, and returns which it is, from 1.
    pub(super) fn attempt(&mut self, component: ComponentIx) -> u32 {
        self.attempts[component.index()] += 1;
        self.attempts[component.index()]
    }

    /// Returns how many builds of a component there were.
    pub(super) fn attempts(&self, component: ComponentIx) -> u32 {
        self.attempts[component.index()]
    }

    /// From now on the builds of a component succeed.
    pub(super) fn fix(&mut self, component: ComponentIx) {
        self.is_fixed[component.index()] = true;
    }

    pub(super) fn is_fixed(&self, component: ComponentIx) -> bool {
        self.is_fixed[component.index()]
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
        if tasks == 0 || self.is_fixed[component.index()] {
            return None;
        }
        let key = self.key(setup, setup.catalog.component(component).draw_key, attempt);
        let is_broken = &mut self.is_broken[component.index()];
        if !*is_broken && draw::uniform(key, Purpose::Outcome) >= failure_rate {
            return None;
        }
        *is_broken |= draw::uniform(key, Purpose::Flaky) >= flaky_share;
        Some(draw::position(key, Purpose::FailingArch, tasks))
    }
}
