//! The books of one run: what each module build did, what it cost, and how every module ended.

use std::sync::Arc;

use super::figures::Outcome;
use super::koji::Cost;
use crate::orchestrate::{Approach, BuildId, Catalog, ModuleIx};
use crate::time::{Millis, Timestamp};

/// How a module stands at the end of a run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum ModuleState {
    /// Its last build passed.
    Ready,
    /// Its last build failed.
    Failed,
    /// It waits for what will not come, such as a builder of an arch that no builder has.
    Stuck,
    /// Something it depends on is not ready.
    Blocked,
    /// It was not reached, or the run was cut off before it ended.
    Waiting,
}

/// What a run did with one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleRun {
    /// `name:stream:context`.
    pub id: Arc<str>,
    /// How it stands.
    pub state: ModuleState,
    /// How often it was built.
    pub module_builds: u32,
    /// How many components were built for it, over all its builds.
    pub component_builds: u32,
    /// When its last build passed.
    pub ready: Option<Timestamp>,
}

/// How a module build stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BuildState {
    Live,
    Passed,
    Failed,
}

/// One module build.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) module: ModuleIx,
    pub(super) cause: Option<BuildId>,
    pub(super) state: BuildState,
}

/// What a run adds up per module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ModuleTotals {
    pub(super) module_builds: u32,
    pub(super) component_builds: u32,
    pub(super) live: u32,
    pub(super) last_ended: Option<BuildId>,
    pub(super) ready: Option<Timestamp>,
}

/// The books of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) builds: Vec<Entry>,
    pub(super) modules: Vec<ModuleTotals>,
    pub(super) last_change: Timestamp,
    pub(super) is_capped: bool,
}

impl Ledger {
    pub(super) fn reset(&mut self, catalog: &Catalog) {
        self.builds.clear();
        self.modules.clear();
        self.modules.resize(catalog.modules.len(), ModuleTotals::default());
        self.last_change = Timestamp::START;
        self.is_capped = false;
    }

    /// Opens a module build and returns its number.
    pub(super) fn open(
        &mut self,
        catalog: &Catalog,
        module: ModuleIx,
        cause: Option<BuildId>,
    ) -> BuildId {
        let id = BuildId(u32::try_from(self.builds.len()).expect("the cap bounds builds"));
        self.builds.push(Entry { module, cause, state: BuildState::Live });
        let totals = &mut self.modules[module.index()];
        totals.live += 1;
        if !catalog.module(module).components.is_empty() {
            totals.module_builds += 1;
        }
        id
    }

    /// Closes a module build.
    pub(super) fn close(&mut self, build: BuildId, state: BuildState, now: Timestamp) {
        let entry = &mut self.builds[build.0 as usize];
        assert_eq!(entry.state, BuildState::Live, "a module build ends once");
        entry.state = state;
        let totals = &mut self.modules[entry.module.index()];
        totals.live -= 1;
        totals.last_ended = Some(build);
        if state == BuildState::Passed {
            totals.ready = Some(now);
        }
        self.last_change = now;
    }

    /// Returns builder time of builds that were superseded, failed or canceled. A module build of
    /// koji fails as a whole; the orchestrator that owns a build keeps what is built of it.
    pub(super) fn wasted(&self, approach: Approach, cost: &dyn Fn(BuildId) -> Cost) -> Millis {
        let wasted = |(at, entry): (u32, &Entry)| {
            let Cost { busy, lost } = cost(BuildId(at));
            let is_last = self.modules[entry.module.index()].last_ended == Some(BuildId(at));
            let keeps_built = approach == Approach::OrchestratorOwned && !self.is_capped;
            match entry.state {
                BuildState::Passed if is_last => lost,
                BuildState::Live | BuildState::Failed if keeps_built && is_last => lost,
                BuildState::Live if !self.is_capped => lost,
                BuildState::Passed | BuildState::Live | BuildState::Failed => busy,
            }
        };
        (0..).zip(&self.builds).map(wasted).sum()
    }

    /// Returns how every module stands, in catalog order.
    pub(super) fn states(&self, catalog: &Catalog) -> Vec<ModuleState> {
        let mut states: Vec<ModuleState> =
            self.modules.iter().map(|totals| self.own_state(*totals)).collect();
        let mut lost: Vec<usize> = (0..states.len())
            .filter(|&at| matches!(states[at], ModuleState::Failed | ModuleState::Stuck))
            .collect();
        while let Some(at) = lost.pop() {
            for dependant in &catalog.modules[at].planned_dependants {
                let state = &mut states[dependant.index()];
                if *state == ModuleState::Waiting {
                    *state = ModuleState::Blocked;
                    lost.push(dependant.index());
                }
            }
        }
        states
    }

    fn own_state(&self, totals: ModuleTotals) -> ModuleState {
        if totals.live > 0 {
            return if self.is_capped { ModuleState::Waiting } else { ModuleState::Stuck };
        }
        match totals.last_ended.map(|build| self.builds[build.0 as usize].state) {
            Some(BuildState::Passed) => ModuleState::Ready,
            Some(BuildState::Failed) => ModuleState::Failed,
            Some(BuildState::Live) | None => ModuleState::Waiting,
        }
    }

    /// Returns how the run ended: the first that holds.
    pub(super) fn outcome(&self, catalog: &Catalog) -> Outcome {
        if self.is_capped {
            return Outcome::Capped;
        }
        let states = self.states(catalog);
        if states.contains(&ModuleState::Failed) {
            return Outcome::Failed;
        }
        let is_left = |(module, state): (&crate::orchestrate::Module, &ModuleState)| {
            module.is_planned && *state != ModuleState::Ready
        };
        if states.contains(&ModuleState::Stuck) || catalog.modules.iter().zip(&states).any(is_left)
        {
            return Outcome::Stuck;
        }
        Outcome::Done
    }

    /// Returns the modules that caused their own rebuild, going back from the last build made: what
    /// went round when a cap cut a storm off.
    pub(super) fn went_round(&self) -> Vec<ModuleIx> {
        let mut seen = vec![0_u32; self.modules.len()];
        let mut next = self.builds.last();
        while let Some(entry) = next {
            seen[entry.module.index()] += 1;
            next = entry.cause.map(|build| &self.builds[build.0 as usize]);
        }
        (0..).zip(&seen).filter(|&(_, &times)| times > 1).map(|(at, _)| ModuleIx(at)).collect()
    }
}
