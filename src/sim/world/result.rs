//! What is read off a world after a run.

use super::{Bar, ModuleRun, RunFigures, World};
use crate::orchestrate::ModuleIx;
use crate::sim::ledger::BuildState;
use crate::sim::{ModuleState, Tally};
use crate::time::Millis;

impl World<'_> {
    /// Returns the Gantt chart: each bar learns which build of its module it belongs to.
    pub(super) fn bars(&mut self) -> Vec<Bar> {
        let bars = self.koji.take_bars().into_iter();
        bars.map(|bar| Bar { build: self.nth_build(bar.build), ..bar.bar }).collect()
    }

    pub(super) fn figures(&self) -> RunFigures {
        let modules = &self.ledger.modules;
        RunFigures {
            outcome: self.ledger.outcome(&self.setup.catalog),
            makespan: Millis(self.ledger.last_change.0),
            module_builds: modules.iter().map(|m| u64::from(m.module_builds)).sum(),
            component_builds: self.koji.component_builds(),
            tasks: self.koji.tasks(),
            hub_calls: None,
            repo_regenerations: self.koji.repo_regenerations(),
            messages: self.messages,
            mails: self.mails,
            reused: 0,
            rebuilds_per_module_max: modules
                .iter()
                .map(|m| u64::from(m.module_builds))
                .max()
                .unwrap_or(0),
            wasted: self.ledger.wasted(self.setup.approach, &|build| self.koji.cost(build)),
            busy: self.koji.busy(),
            changes: self.change_figures(),
        }
    }

    /// Returns what is counted besides, with the defects in modules that are ready all the same.
    pub(super) fn tally(&self) -> Tally {
        let is_ready = |entry: &&crate::sim::ledger::Entry| entry.state == BuildState::Passed;
        let newest = self.ledger.modules.iter().filter_map(|totals| totals.newest);
        let ready = newest.filter(|id| is_ready(&&self.ledger.builds[id.0 as usize]));
        let escaped = ready.map(|id| self.defective_components(id).len() as u64).sum();
        Tally { defects_escaped: escaped, ..self.tally }
    }

    pub(super) fn modules(&self) -> Vec<ModuleRun> {
        let states = self.ledger.states(&self.setup.catalog);
        let all = self.setup.catalog.modules.iter().zip(&self.ledger.modules).zip(states).zip(0..);
        all.filter(|(((module, totals), _), _)| {
            module.is_planned || totals.module_builds > 0 || totals.last_ended.is_some()
        })
        .map(|(((module, totals), state), at)| ModuleRun {
            id: module.id.clone(),
            state,
            module_builds: totals.module_builds,
            component_builds: self.koji.component_builds_of(ModuleIx(at)),
            ready: totals.ready.filter(|_| state == ModuleState::Ready),
            spent: self.ledger.spent(ModuleIx(at), self.koji.building(ModuleIx(at))),
        })
        .collect()
    }
}
