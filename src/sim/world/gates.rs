//! When the components of a module wait at their gate. Kept only where a run is logged.

use std::collections::BTreeMap;

use super::World;
use crate::orchestrate::{Approach, BuildId, ComponentIx, ModuleIx};
use crate::sim::spent::{Phase, Timeline};
use crate::time::Timestamp;

/// Components that are built and whose gate is not open.
#[derive(Clone, Debug, Default)]
pub(super) struct AtGate {
    /// Whether a test found something, by component of a module build.
    is_red: BTreeMap<(BuildId, ComponentIx), bool>,
    /// When modules were at tests of components, and kept by red ones.
    spans: Timeline,
}

impl AtGate {
    pub(super) fn reset(&mut self) {
        self.is_red.clear();
        self.spans = Timeline::default();
    }

    /// Returns when modules were at tests of components, and kept by red ones.
    pub(super) fn spans(&self) -> &Timeline {
        &self.spans
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

    /// Time passes in which nothing happens: a module is at the tests of its components, or kept by
    /// what they found.
    pub(super) fn pass_time(&mut self, to: Timestamp) {
        if self.log.is_none() || to <= self.now {
            return;
        }
        let mut waits: BTreeMap<ModuleIx, bool> = BTreeMap::new();
        for (&(build, _), &is_red) in &self.at_gate.is_red {
            if self.ledger.is_working(build) {
                let module = self.ledger.builds[build.0 as usize].module;
                *waits.entry(module).or_insert(true) &= is_red;
            }
        }
        for (module, is_red) in waits {
            let is_in = if is_red { Phase::Stuck } else { Phase::Testing };
            self.at_gate.spans.add(module, is_in, (self.now, to));
        }
    }
}
