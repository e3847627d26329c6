//! What is read off a world after a run.

use super::{Bar, ModuleRun, RunFigures, World};
use crate::orchestrate::ModuleIx;
use crate::sim::ledger::{BuildState, ModuleBuild};
use crate::sim::reason::{Left, give_reasons};
use crate::sim::spent::Timeline;
use crate::sim::{ModuleState, Tally};
use crate::time::Millis;

/// What is counted during a run.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) messages: u64,
    pub(super) mails: u64,
    /// How many components were taken over from an earlier build, by module.
    pub(super) reused: Vec<u32>,
    pub(super) tally: Tally,
    /// What is done besides polling; a poll that adds nothing to it found a still world.
    pub(super) activity: u64,
    pub(super) polls: u64,
}

impl Counts {
    pub(super) fn reset(&mut self, modules: usize) {
        let mut reused = std::mem::take(&mut self.reused);
        reused.clear();
        reused.resize(modules, 0);
        *self = Self { reused, ..Self::default() };
    }
}

impl World<'_> {
    /// Returns the Gantt chart: each bar learns which build of its module it belongs to.
    pub(super) fn bars(&mut self) -> Vec<Bar> {
        let bars = self.koji.take_bars().into_iter();
        let nth = |build: Option<_>| build.map_or(0, |build| self.nth_build(build));
        bars.map(|bar| Bar { build: nth(bar.build), ..bar.bar }).collect()
    }

    pub(super) fn figures(&self) -> RunFigures {
        let modules = &self.ledger.modules;
        let tally = self.tally();
        RunFigures {
            outcome: self.ledger.outcome(&self.setup.catalog, self.setup.cascade),
            makespan: Millis(self.ledger.last_change.0),
            module_builds: modules.iter().map(|m| u64::from(m.module_builds)).sum(),
            component_builds: self.koji.component_builds() - self.reused(),
            tasks: self.koji.tasks(),
            hub_calls: self.calls.to_hub.made(),
            repo_regenerations: self.koji.repo_regenerations(),
            messages: self.counts.messages,
            mails: self.counts.mails,
            reused: self.reused(),
            rebuilds_per_module_max: modules
                .iter()
                .map(|m| u64::from(m.module_builds))
                .max()
                .unwrap_or(0),
            wasted: self.ledger.wasted(self.setup.approach, &|build| self.koji.cost(build)),
            busy: self.koji.busy(),
            defects_escaped: tally.defects_escaped,
            waivers: tally.waivers,
            fixes: tally.fixes,
            messages_lost: tally.messages_lost,
            events: self.process.handled,
            ready: self.ledger.ready(&self.setup.catalog),
            changes: self.change_figures(),
        }
    }

    /// Returns what is counted besides, with the defects in modules that are ready all the same.
    pub(super) fn tally(&self) -> Tally {
        let is_ready = |entry: &&ModuleBuild| entry.state == BuildState::Passed;
        let newest = self.ledger.modules.iter().filter_map(|totals| totals.newest);
        let ready = newest.filter(|id| is_ready(&&self.ledger.builds[id.0 as usize]));
        let escaped = ready.map(|id| self.defective_components(id).len() as u64).sum();
        Tally { defects_escaped: escaped, ..self.counts.tally }
    }

    fn reused(&self) -> u64 {
        self.counts.reused.iter().map(|count| u64::from(*count)).sum()
    }

    pub(super) fn modules(&mut self) -> Vec<ModuleRun> {
        let catalog = &self.setup.catalog;
        let states = self.ledger.states(catalog, self.setup.cascade);
        let spans = self.spans();
        let mut modules = Vec::new();
        for ((module, state), at) in catalog.modules.iter().zip(states).zip(0..) {
            let totals = self.ledger.modules[at as usize];
            if !module.is_planned && totals.module_builds == 0 && totals.last_ended.is_none() {
                continue;
            }
            let index = ModuleIx(at);
            modules.push(ModuleRun {
                module: index,
                id: module.id.clone(),
                state,
                module_builds: totals.module_builds,
                component_builds: self.koji.component_builds_of(index)
                    - self.counts.reused[at as usize],
                ready: totals.ready.filter(|_| state == ModuleState::Ready),
                spent: spans.spent(index, self.ledger.last_change),
                reason: None,
                components: Vec::new(),
                is_given_up: self.people.have_given_up(index),
            });
        }
        let log = self.log.as_deref().unwrap_or_default();
        let held: Vec<ModuleIx> = self.people.asks_held.iter().map(|ask| ask.module).collect();
        let (at_koji, late) = (self.at_koji(), |build| self.koji.late(build));
        let ledger = &self.ledger;
        let left = Left { log, ledger, at_koji: &at_koji, held: &held, late: &late };
        give_reasons(self.setup, left, &mut modules);
        modules
    }

    /// Returns what every module was in, and when.
    fn spans(&self) -> Timeline {
        let mut spans = self.ledger.spans();
        spans.add_all(self.at_gate.spans());
        self.koji.worked(&mut spans);
        spans
    }

    /// Says what is left at koji, in words; nothing where nothing is.
    fn at_koji(&self) -> String {
        let stuck = self.koji.stuck();
        if self.troubles.is_hub_offline() {
            "the hub is offline".to_owned()
        } else if self.troubles.is_hub_refusing() {
            "the hub refuses every call".to_owned()
        } else if stuck.is_empty() && self.troubles.are_builders_taken() {
            "builders are down".to_owned()
        } else {
            stuck.iter().map(|(why, _)| why.as_str()).collect::<Vec<_>>().join("; ")
        }
    }
}
