//! From what the log says to why a module is not ready.

use std::sync::Arc;

use super::book::{Book, Build};
use super::{Left, Reason, States};
use crate::name::PackageName;
use crate::orchestrate::{Approach, BuildId, Cascade, ComponentIx, Dispatch, Module, ModuleIx};
use crate::sim::ledger::started_by;
use crate::sim::{ModuleState, Setup};

impl Book<'_> {
    fn is_unanswered(&self, module: ModuleIx) -> bool {
        self.unanswered.iter().any(|&(of, _)| of == module)
    }

    fn package(&self, component: ComponentIx) -> PackageName {
        self.catalog.package(component).clone()
    }

    /// Why a build failed.
    pub(super) fn why_failed(&self, build: Option<BuildId>, left: &Left<'_>) -> Reason {
        let late = || match build.and_then(left.late) {
            Some((what, hint)) => Reason::RepoLate { what, hint },
            None => Reason::RepoFailed,
        };
        let Some(build) = build.and_then(|build| self.builds.get(&build)) else { return late() };
        if build.is_canceled {
            Reason::Canceled
        } else if build.is_fetch_failed {
            Reason::NotFetched
        } else if !build.failed.is_empty() {
            Reason::BuildFailed(build.failed.iter().map(|&c| self.package(c)).collect())
        } else if let Some((call, component, fault)) = build.refused {
            Reason::CallFailed(call, component.map(|component| self.package(component)), fault)
        } else {
            late()
        }
    }

    /// Why a build that neither passed nor failed does not go on.
    pub(super) fn why_stuck(&self, module: ModuleIx, build: BuildId, at_koji: &str) -> Reason {
        // What people were told last of it, whatever else is wrong with it.
        if self.unanswered.contains(&(module, build)) {
            return Reason::NoAnswer;
        }
        let unknown = Build::default();
        let build = self.builds.get(&build).unwrap_or(&unknown);
        match build.tests.get(&None) {
            Some(Some(false)) => return Reason::TestNotPassed(None),
            Some(None) => return Reason::NoResult(None),
            Some(Some(true)) => return Reason::Unheard,
            None => {}
        }
        // Tests of components gate nothing where koji builds the module.
        let is_gate = |component: &Option<ComponentIx>| {
            component.is_none() || self.setup.approach == Approach::OrchestratorOwned
        };
        let red = build.tests.iter().find(|(of, passed)| is_gate(of) && **passed != Some(true));
        if let Some((component, passed)) = red {
            let package = component.map(|component| self.package(component));
            return match passed {
                Some(_) => Reason::TestNotPassed(package),
                None => Reason::NoResult(package),
            };
        }
        if self.is_unanswered(module) {
            return Reason::NoAnswer;
        }
        if build.is_ended || (build.running.is_empty() && at_koji.is_empty()) {
            return Reason::Unheard;
        }
        let what = if at_koji.is_empty() { "koji does not go on with it" } else { at_koji };
        Reason::AtKoji(what.to_owned())
    }

    /// Returns what is not ready of the waves before that of a module, where waves are a barrier.
    fn earlier_waves(&self, module: ModuleIx, states: &States<'_>) -> Vec<Arc<str>> {
        let Setup { dispatch, cascade, approach, .. } = *self.setup;
        let has_barrier = dispatch == Dispatch::Wave
            && cascade == Cascade::Planned
            && approach == Approach::OrchestratorOwned;
        let wave = self.catalog.module(module).wave;
        let is_before = |entry: &&Module| has_barrier && entry.is_planned && entry.wave < wave;
        let earlier = self.catalog.modules.iter().filter(is_before);
        let left = earlier.filter(|entry| states.get(&*entry.id) != Some(&ModuleState::Ready));
        left.map(|entry| Arc::clone(&entry.id)).collect()
    }

    /// Why a module was never built.
    pub(super) fn why_not_begun(
        &self,
        module: ModuleIx,
        left: &Left<'_>,
        states: &States<'_>,
    ) -> Reason {
        let mut missing = Vec::new();
        let mut is_unheard = false;
        let mut is_unanswered = self.is_unanswered(module);
        for (entry, at) in self.catalog.modules.iter().zip(0..) {
            // What is not of this run was not to be built.
            let is_of_run = entry.is_planned || states.contains_key(&*entry.id);
            let is_itself = ModuleIx(at) == module;
            if is_itself || !is_of_run || !started_by(entry, self.setup.cascade).contains(&module) {
                continue;
            }
            if states.get(&*entry.id) != Some(&ModuleState::Ready) {
                missing.push(Arc::clone(&entry.id));
            }
            let build = left.ended[at as usize].and_then(|build| self.builds.get(&build));
            is_unanswered |= self.is_unanswered(ModuleIx(at));
            is_unheard |= build.is_some_and(|build| build.is_ended && !build.is_pass_heard);
        }
        if missing.is_empty() {
            missing = self.earlier_waves(module, states);
        }
        if self.is_capped {
            Reason::Capped
        } else if !missing.is_empty() {
            Reason::DependsOn(missing)
        } else if is_unanswered {
            Reason::NoAnswer
        } else if left.held.contains(&module) {
            Reason::AtKoji(left.at_koji.to_owned())
        } else if is_unheard {
            Reason::Unheard
        } else {
            Reason::NotAsked
        }
    }
}
