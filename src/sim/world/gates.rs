//! Where the time of a module goes while its components wait at their gate and no builder works for
//! it. Kept only where a run is logged.

use std::collections::BTreeMap;

use super::World;
use crate::orchestrate::{Approach, BuildId, ComponentIx, ModuleIx};
use crate::time::{Millis, Timestamp};

/// Components that are built and whose gate is not open.
#[derive(Clone, Debug, Default)]
pub(super) struct AtGate {
    /// Whether a test found something, by component of a module build.
    is_red: BTreeMap<(BuildId, ComponentIx), bool>,
    /// Time at tests, and time kept by red ones, by module.
    spent: BTreeMap<ModuleIx, (Millis, Millis)>,
    /// The same since the last thing that changed a module: it counts only once another follows.
    since_change: Vec<(ModuleIx, Millis, bool)>,
    until: Timestamp,
}

impl AtGate {
    pub(super) fn reset(&mut self) {
        self.is_red.clear();
        self.spent.clear();
        self.since_change.clear();
        self.until = Timestamp::START;
    }

    /// Counts what is followed by a change.
    fn commit(&mut self, last_change: Timestamp) {
        if last_change < self.until {
            return;
        }
        for (module, time, is_red) in self.since_change.drain(..) {
            let (testing, red) = self.spent.entry(module).or_default();
            *(if is_red { red } else { testing }) += time;
        }
    }
}

impl World<'_> {
    /// A component is built, and its gate is to decide.
    pub(super) fn reach_gate(&mut self, build: BuildId, component: ComponentIx) {
        let is_gated = self.setup.conditions.gates.component
            && self.setup.approach == Approach::OrchestratorOwned;
        if self.log.is_some() && is_gated {
            self.at_gate.is_red.insert((build, component), false);
        }
    }

    /// A test of a component passed or not.
    pub(super) fn decide_gate(&mut self, build: BuildId, component: ComponentIx, passed: bool) {
        if passed {
            self.at_gate.is_red.remove(&(build, component));
        } else if let Some(is_red) = self.at_gate.is_red.get_mut(&(build, component)) {
            *is_red = true;
        }
    }

    /// A component is waived, or built again.
    pub(super) fn leave_gate(&mut self, build: BuildId, component: ComponentIx) {
        if self.log.is_some() {
            self.at_gate.is_red.remove(&(build, component));
        }
    }

    /// Time passes in which nothing happens: a module for which no builder works is at the tests of
    /// its components, or kept by what they found.
    pub(super) fn pass_time(&mut self, to: Timestamp) {
        if self.log.is_none() || to <= self.now {
            return;
        }
        self.at_gate.commit(self.ledger.last_change);
        let mut waits: BTreeMap<ModuleIx, bool> = BTreeMap::new();
        for (&(build, _), &is_red) in &self.at_gate.is_red {
            if self.ledger.is_working(build) {
                let module = self.ledger.builds[build.0 as usize].module;
                *waits.entry(module).or_insert(true) &= is_red;
            }
        }
        for (module, is_red) in waits {
            if !self.koji.works_for(module) {
                self.at_gate.since_change.push((module, to - self.now, is_red));
            }
        }
        self.at_gate.until = to;
    }

    /// Returns for how long a module was at tests of its components, and kept by red ones.
    pub(super) fn spent_at_gates(&mut self, module: ModuleIx) -> (Millis, Millis) {
        self.at_gate.commit(self.ledger.last_change);
        self.at_gate.spent.get(&module).copied().unwrap_or_default()
    }
}
