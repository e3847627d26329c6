//! From what is known of a run to why a module is not ready.

use std::sync::Arc;

use super::knowledge::Knowledge;
use super::{Left, Reason};
use crate::name::PackageName;
use crate::orchestrate::{
    Approach, BuildId, CallKind, Cascade, ComponentIx, Dispatch, Module, ModuleIx,
};
use crate::sim::ledger::started_by;
use crate::sim::module_run::ModuleRun;
use crate::sim::{ModuleState, Setup};
use crate::status::{Refused, Trouble};

/// The end of a run.
struct Ending<'a> {
    setup: &'a Setup,
    left: Left<'a>,
    knowledge: Knowledge<'a>,
    /// How the modules stand that are of the run.
    states: Vec<Option<ModuleState>>,
    /// The modules of the run whose pass starts each.
    before: Vec<Vec<ModuleIx>>,
}

/// Writes into each module that is not ready why it is not, and how its components stand.
pub(in crate::sim) fn give_reasons(setup: &Setup, left: Left<'_>, modules: &mut [ModuleRun]) {
    if modules.iter().all(|module| module.state == ModuleState::Ready) {
        return;
    }
    let mut states = vec![None; setup.catalog.modules.len()];
    modules.iter().for_each(|run| states[run.module.index()] = Some(run.state));
    let mut before = vec![Vec::new(); states.len()];
    for ((module, state), at) in setup.catalog.modules.iter().zip(&states).zip(0..) {
        // What is not of this run was not to be built.
        if module.is_planned || state.is_some() {
            for dependant in started_by(module, setup.cascade) {
                before[dependant.index()].push(ModuleIx(at));
            }
        }
    }
    let (knowledge, live) = (Knowledge::read(setup, left.log), left.ledger.newest_live());
    let ending = Ending { setup, left, knowledge, states, before };
    for run in modules.iter_mut().filter(|module| module.state != ModuleState::Ready) {
        let totals = &ending.left.ledger.modules[run.module.index()];
        let is_capped = ending.left.ledger.is_capped;
        // The build that the state of the module is about.
        let build = match run.state {
            ModuleState::Ready | ModuleState::Failed => totals.last_ended,
            ModuleState::Stuck | ModuleState::Waiting => live[run.module.index()].or(totals.newest),
            ModuleState::Blocked => None,
        };
        run.reason = Some(match build {
            Some(build) if run.state == ModuleState::Failed => ending.why_failed(build),
            Some(_) if run.state == ModuleState::Waiting && is_capped => Reason::Capped,
            Some(build) => ending.why_stuck(run.module, build),
            None => ending.why_not_begun(run.module),
        });
        run.components = build.map_or_else(Vec::new, |at| ending.knowledge.known.components(at));
    }
}

impl Ending<'_> {
    fn package(&self, component: ComponentIx) -> PackageName {
        self.setup.catalog.package(component).clone()
    }

    /// Why a build failed.
    fn why_failed(&self, build: BuildId) -> Reason {
        let Trouble { is_canceled, refused, failed } = self.knowledge.trouble(build);
        let refused = refused.filter(|refused| refused.call != CallKind::MakeRepo);
        if is_canceled {
            return Reason::Canceled;
        }
        match refused {
            Some(Refused { call, component, fault })
                if failed.is_empty() || call == CallKind::Fetch =>
            {
                Reason::CallFailed(call, component.map(|c| self.package(c)), fault)
            }
            _ if !failed.is_empty() => {
                Reason::BuildFailed(failed.into_iter().map(|c| self.package(c)).collect())
            }
            _ => match (self.left.late)(build) {
                Some((what, hint)) => Reason::RepoLate { what, hint },
                None => Reason::RepoFailed,
            },
        }
    }

    /// Why a build that neither passed nor failed does not continue.
    fn why_stuck(&self, module: ModuleIx, build: BuildId) -> Reason {
        let known = &self.knowledge.known;
        // The last mail about it comes first, before anything else that is wrong with it.
        if known.awaits_answer(module, build) {
            return Reason::NoAnswer;
        }
        let tests = self.knowledge.tests(build);
        if tests.get(&None) == Some(&Some(true)) {
            return Reason::Unheard;
        }
        // Tests of components gate nothing where koji builds the module.
        let is_gate = |component: &Option<ComponentIx>| {
            component.is_none() || self.setup.approach == Approach::OrchestratorOwned
        };
        let red = tests.into_iter().find(|(of, passed)| is_gate(of) && *passed != Some(true));
        if let Some((component, passed)) = red {
            let package = component.map(|component| self.package(component));
            return match passed {
                Some(_) => Reason::TestNotPassed(package),
                None => Reason::NoResult(package),
            };
        }
        if known.is_unanswered(module) {
            return Reason::NoAnswer;
        }
        let is_built = known.test_due(build, None).is_some_and(|due| due > 0);
        let is_ended =
            is_built || self.knowledge.observed(build).is_some_and(|observed| observed.is_ended);
        match self.left.at_koji {
            what if !is_ended && !what.is_empty() => Reason::AtKoji(what.to_owned()),
            _ => Reason::Unheard,
        }
    }

    fn is_ready(&self, module: ModuleIx) -> bool {
        self.states[module.index()] == Some(ModuleState::Ready)
    }

    /// Returns what is not ready of the waves before that of a module, where waves are a barrier.
    fn earlier_waves(&self, module: ModuleIx) -> Vec<ModuleIx> {
        let Setup { dispatch, cascade, approach, .. } = *self.setup;
        let has_barrier = dispatch == Dispatch::Wave
            && cascade == Cascade::Planned
            && approach == Approach::OrchestratorOwned;
        let wave = self.setup.catalog.module(module).wave;
        let is_left = |(at, entry): &(ModuleIx, &Module)| {
            has_barrier && entry.is_planned && entry.wave < wave && !self.is_ready(*at)
        };
        let all = (0..).map(ModuleIx).zip(&self.setup.catalog.modules);
        all.filter(is_left).map(|(at, _)| at).collect()
    }

    /// Why a module was never built.
    fn why_not_begun(&self, module: ModuleIx) -> Reason {
        let known = &self.knowledge.known;
        let before = || self.before[module.index()].iter().copied().filter(|&at| at != module);
        let mut missing: Vec<ModuleIx> = before().filter(|&at| !self.is_ready(at)).collect();
        if missing.is_empty() {
            missing = self.earlier_waves(module);
        }
        let is_unheard = |at: ModuleIx| {
            let passed = self.left.ledger.modules[at.index()].last_ended;
            passed.is_some_and(|build| !known.has_passed(build))
        };
        if self.left.ledger.is_capped {
            Reason::Capped
        } else if !missing.is_empty() {
            let id = |at: ModuleIx| Arc::clone(&self.setup.catalog.module(at).id);
            Reason::DependsOn(missing.into_iter().map(id).collect())
        } else if before().chain([module]).any(|at| known.is_unanswered(at)) {
            Reason::NoAnswer
        } else if self.left.held.contains(&module) {
            Reason::AtKoji(self.left.at_koji.to_owned())
        } else if before().any(is_unheard) {
            Reason::Unheard
        } else {
            Reason::NotAsked
        }
    }
}
