//! The books of one run: what each module build did, what it cost, and how every module ended.

use super::figures::{Outcome, Ready};
use super::koji::Cost;
use super::module_state::ModuleState;
use super::spent::{Phase, Timeline};
use crate::orchestrate::{Approach, BuildId, Cascade, Catalog, Module, ModuleIx};
use crate::time::{Millis, Timestamp};

/// What a module build is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Working,
    Testing,
    Stuck,
    Over,
}

impl Stage {
    /// Returns where the time in it goes, unless a builder works for the module.
    fn counts_as(self) -> Option<Phase> {
        match self {
            Self::Working => Some(Phase::Queued),
            Self::Testing => Some(Phase::Testing),
            Self::Stuck => Some(Phase::Stuck),
            Self::Over => None,
        }
    }
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
pub struct ModuleBuild {
    /// The module.
    pub module: ModuleIx,
    /// The build whose pass is the reason; none: people asked.
    pub cause: Option<BuildId>,
    /// When it began.
    pub began: Timestamp,
    /// Which build of its module it is, from 1.
    pub nth: u32,
    pub(super) state: BuildState,
    /// How often koji was asked for it before, because a build failed.
    pub(super) tries: u32,
    stage: Stage,
    since: Timestamp,
}

/// What a run adds up per module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ModuleTotals {
    pub(super) module_builds: u32,
    pub(super) opened: u32,
    pub(super) first_opened: Option<Timestamp>,
    pub(super) newest: Option<BuildId>,
    pub(super) live: u32,
    pub(super) last_ended: Option<BuildId>,
    pub(super) ready: Option<Timestamp>,
}

/// Returns the modules that a pass of one lets start: those of the plan, or under the other cascades
/// all that is found to depend on it, with the other contexts of what is submitted as a source.
pub(super) fn started_by(module: &Module, cascade: Cascade) -> &[ModuleIx] {
    match cascade {
        Cascade::Planned => &module.planned_dependants,
        Cascade::Literal | Cascade::Coalesced => &module.dependants,
    }
}

/// The books of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) builds: Vec<ModuleBuild>,
    pub(super) modules: Vec<ModuleTotals>,
    pub(super) last_change: Timestamp,
    pub(super) is_capped: bool,
    /// Builds that were kept for people since another one last began or passed.
    stuck: Vec<(ModuleIx, BuildId)>,
    /// What modules were in and when; kept only where a run is logged.
    spans: Option<Timeline>,
}

impl ModuleBuild {
    /// Returns since when it is in what it is in now.
    pub(super) fn since(&self) -> Timestamp {
        self.since
    }
}

impl Ledger {
    pub(super) fn reset(&mut self, catalog: &Catalog, is_logged: bool) {
        self.builds.clear();
        self.modules.clear();
        self.modules.resize(catalog.modules.len(), ModuleTotals::default());
        self.last_change = Timestamp::START;
        self.is_capped = false;
        self.stuck.clear();
        self.spans = is_logged.then(Timeline::default);
    }

    /// Opens a module build and returns its number.
    pub(super) fn open(
        &mut self,
        catalog: &Catalog,
        module: ModuleIx,
        cause: Option<BuildId>,
        now: Timestamp,
    ) -> BuildId {
        self.take_places(module, now);
        let id = BuildId(u32::try_from(self.builds.len()).expect("the cap bounds builds"));
        let totals = &mut self.modules[module.index()];
        totals.live += 1;
        totals.opened += 1;
        totals.newest = Some(id);
        totals.first_opened = totals.first_opened.or(Some(now));
        self.builds.push(ModuleBuild {
            module,
            cause,
            began: now,
            state: BuildState::Live,
            nth: totals.opened,
            tries: 0,
            stage: Stage::Working,
            since: now,
        });
        if !catalog.module(module).components.is_empty() {
            totals.module_builds += 1;
        }
        id
    }

    /// Returns whether a module build is neither done nor given up.
    pub(super) fn is_working(&self, build: BuildId) -> bool {
        self.builds[build.0 as usize].stage == Stage::Working
    }

    /// Notes what a module build is in from now on.
    pub(super) fn stage(&mut self, build: BuildId, stage: Stage, now: Timestamp) {
        let entry = &mut self.builds[build.0 as usize];
        // One that was waived meanwhile needs nobody's care.
        let is_over = stage == Stage::Stuck && entry.state == BuildState::Passed;
        let stage = if is_over { Stage::Over } else { stage };
        if stage == Stage::Stuck {
            self.stuck.push((entry.module, build));
        }
        let since = std::mem::replace(&mut entry.since, now);
        let was_in = std::mem::replace(&mut entry.stage, stage).counts_as();
        if let (Some(spans), Some(was_in)) = (&mut self.spans, was_in) {
            spans.add(entry.module, was_in, (since, now));
        }
        self.last_change = now;
    }

    /// A module build that was given up, or waits at its gate, continues.
    pub(super) fn reopen(&mut self, build: BuildId, now: Timestamp) {
        let entry = &mut self.builds[build.0 as usize];
        let module = entry.module;
        if entry.state == BuildState::Failed {
            entry.state = BuildState::Live;
            self.modules[module.index()].live += 1;
        }
        if entry.stage != Stage::Working {
            self.stage(build, Stage::Working, now);
        }
    }

    /// Another build of a module begins or passes: what kept earlier ones for people is over.
    fn take_places(&mut self, module: ModuleIx, now: Timestamp) {
        if self.stuck.is_empty() {
            return;
        }
        let all = std::mem::take(&mut self.stuck);
        let (of_it, others) = all.into_iter().partition(|(of, _)| *of == module);
        self.stuck = others;
        let of_it: Vec<(ModuleIx, BuildId)> = of_it;
        for (_, earlier) in of_it {
            if self.builds[earlier.0 as usize].stage == Stage::Stuck {
                self.stage(earlier, Stage::Over, now);
            }
        }
    }

    /// A module build that is red is tested again without anything built anew.
    pub(super) fn test_again(&mut self, build: BuildId, now: Timestamp) {
        let entry = &self.builds[build.0 as usize];
        if entry.state == BuildState::Live && entry.stage == Stage::Stuck {
            self.stage(build, Stage::Testing, now);
        }
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
        let module = entry.module;
        let stage = if state == BuildState::Failed { Stage::Stuck } else { Stage::Over };
        self.stage(build, stage, now);
        if state == BuildState::Passed {
            self.take_places(module, now);
        }
    }

    /// Returns what modules waited for, were built and were kept for, up to now.
    pub(super) fn spans(&self) -> Timeline {
        let mut spans = self.spans.clone().unwrap_or_default();
        let end = self.last_change;
        for (totals, at) in self.modules.iter().zip(0..) {
            let first = totals.first_opened.unwrap_or(end);
            spans.add(ModuleIx(at), Phase::Waiting, (Timestamp::START, first));
        }
        for entry in &self.builds {
            if let Some(is_in) = entry.stage.counts_as() {
                spans.add(entry.module, is_in, (entry.since, end));
            }
        }
        spans
    }

    /// Returns builder time of builds that were superseded, failed or canceled. A module build of
    /// koji fails as a whole; the orchestrator that owns a build keeps what is built of it.
    pub(super) fn wasted(&self, approach: Approach, cost: &dyn Fn(BuildId) -> Cost) -> Millis {
        let wasted = |(at, entry): (u32, &ModuleBuild)| {
            let Cost { busy, lost } = cost(BuildId(at));
            let is_last = self.modules[entry.module.index()].last_ended == Some(BuildId(at));
            let keeps_built = approach == Approach::OrchestratorOwned;
            match entry.state {
                BuildState::Passed if is_last => lost,
                BuildState::Live | BuildState::Failed if keeps_built && is_last => lost,
                BuildState::Live => lost,
                BuildState::Passed | BuildState::Failed => busy,
            }
        };
        (0..).zip(&self.builds).map(wasted).sum()
    }

    /// Returns how every module stands, in catalog order.
    pub(super) fn states(&self, catalog: &Catalog, cascade: Cascade) -> Vec<ModuleState> {
        let mut states: Vec<ModuleState> =
            self.modules.iter().map(|totals| self.own_state(*totals)).collect();
        let mut lost: Vec<usize> = (0..states.len())
            .filter(|&at| matches!(states[at], ModuleState::Failed | ModuleState::Stuck))
            .collect();
        while let Some(at) = lost.pop() {
            for dependant in started_by(&catalog.modules[at], cascade) {
                let state = &mut states[dependant.index()];
                if *state == ModuleState::Waiting {
                    *state = ModuleState::Blocked;
                    lost.push(dependant.index());
                }
            }
        }
        states
    }

    /// Returns the newest build of each module that is neither done nor given up.
    pub(super) fn newest_live(&self) -> Vec<Option<BuildId>> {
        let mut newest = vec![None; self.modules.len()];
        for (entry, at) in self.builds.iter().zip(0..) {
            if entry.state == BuildState::Live {
                newest[entry.module.index()] = Some(BuildId(at));
            }
        }
        newest
    }

    /// Returns when the modules of the plan were ready that are, and how many it has.
    pub(super) fn ready(&self, catalog: &Catalog) -> Ready {
        let planned = || {
            let of_plan = |(module, _): &(&Module, _)| module.is_planned;
            catalog.modules.iter().zip(&self.modules).filter(of_plan).map(|(_, totals)| *totals)
        };
        let is_ready = |totals: &ModuleTotals| self.own_state(*totals) == ModuleState::Ready;
        let ready = planned().filter(is_ready).filter_map(|totals| totals.ready);
        let mut times: Vec<Millis> = ready.map(|at| Millis(at.0)).collect();
        times.sort_unstable();
        Ready { modules: planned().count() as u64, times }
    }

    fn own_state(&self, totals: ModuleTotals) -> ModuleState {
        let newest = totals.newest.map(|build| self.builds[build.0 as usize].state);
        if totals.live > 0 && newest != Some(BuildState::Passed) {
            return ModuleState::Stuck;
        }
        match totals.last_ended.map(|build| self.builds[build.0 as usize].state) {
            Some(BuildState::Passed) => ModuleState::Ready,
            Some(BuildState::Failed) => ModuleState::Failed,
            Some(BuildState::Live) | None => ModuleState::Waiting,
        }
    }

    /// Returns how the run ended: the first that holds.
    pub(super) fn outcome(&self, catalog: &Catalog, cascade: Cascade) -> Outcome {
        if self.is_capped {
            return Outcome::Capped;
        }
        let states = self.states(catalog, cascade);
        if states.contains(&ModuleState::Failed) {
            return Outcome::Failed;
        }
        let is_left = |(module, state): (&Module, &ModuleState)| {
            module.is_planned && *state != ModuleState::Ready
        };
        if states.contains(&ModuleState::Stuck) || catalog.modules.iter().zip(&states).any(is_left)
        {
            return Outcome::Stuck;
        }
        Outcome::Done
    }

    /// Returns the modules that caused their own rebuild, going back from the last build made: the
    /// cycle that a cap cut off.
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
