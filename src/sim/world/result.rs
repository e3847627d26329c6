//! What is read off a world after a run.

use super::{Bar, ModuleRun, RunFigures, World};
use crate::sim::ModuleState;
use crate::time::Millis;

impl World<'_> {
    /// Returns the Gantt chart: each bar learns which build of its module it belongs to.
    pub(super) fn bars(&mut self) -> Vec<Bar> {
        let builds = &self.ledger.builds;
        let mut counts = vec![0_u32; self.ledger.modules.len()];
        let mut numbers = Vec::with_capacity(builds.len());
        for entry in builds {
            counts[entry.module.index()] += 1;
            numbers.push(counts[entry.module.index()]);
        }
        let bars = self.koji.take_bars().into_iter();
        bars.map(|bar| Bar { build: numbers[bar.build.0 as usize], ..bar.bar }).collect()
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
            repo_regenerations: 0,
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
        }
    }

    pub(super) fn modules(&self) -> Vec<ModuleRun> {
        let states = self.ledger.states(&self.setup.catalog);
        let all = self.setup.catalog.modules.iter().zip(&self.ledger.modules).zip(states);
        all.filter(|((module, totals), _)| {
            module.is_planned || totals.module_builds > 0 || totals.last_ended.is_some()
        })
        .map(|((module, totals), state)| ModuleRun {
            id: module.id.clone(),
            state,
            module_builds: totals.module_builds,
            component_builds: totals.component_builds,
            ready: totals.ready.filter(|_| state == ModuleState::Ready),
        })
        .collect()
    }
}
