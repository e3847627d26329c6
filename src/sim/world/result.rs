//! What is read off a world after a run.

use super::{Bar, BarEnd, ComponentRun, ModuleRun, RunFigures, Slot, TaskRun, TaskState, World};
use crate::name::Arch;
use crate::sim::ModuleState;
use crate::time::{Millis, Timestamp};

impl World<'_> {
    pub(super) fn note_bar(&mut self, task: u32, taken: (Slot, Timestamp), end: BarEnd) {
        let Some(bars) = &mut self.bars else { return };
        let (slot, start) = taken;
        let TaskRun { component, task, .. } = self.tasks[task as usize];
        let ComponentRun { build, component, .. } = self.components[component as usize];
        let module = self.ledger.builds[build.0 as usize].module;
        let same = |entry: &&crate::sim::ledger::Entry| entry.module == module;
        let count = self.ledger.builds[..=build.0 as usize].iter().filter(same).count();
        let group = &self.setup.slots.groups[slot.group as usize];
        bars.push(Bar {
            lane: format!("{}/{}", group.name, slot.number + 1).into(),
            module: self.setup.catalog.module(module).id.clone(),
            build: u32::try_from(count).expect("the cap bounds builds"),
            package: self.setup.catalog.component(component).package.clone(),
            arch: self.setup.catalog.tasks[task as usize].arch.clone(),
            start,
            end: self.now,
            outcome: end,
        });
    }

    pub(super) fn figures(&self) -> RunFigures {
        let modules = &self.ledger.modules;
        RunFigures {
            outcome: self.ledger.outcome(&self.setup.catalog),
            makespan: Millis(self.ledger.last_change.0),
            module_builds: modules.iter().map(|m| u64::from(m.module_builds)).sum(),
            component_builds: self.components.len() as u64,
            tasks: self.tasks.len() as u64,
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
            wasted: self.ledger.wasted(self.setup.approach),
            busy: self.arches.iter().cloned().zip(self.busy.iter().copied()).collect(),
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

    pub(super) fn arches_without_builder(&self) -> Vec<Arch> {
        let mut waits = vec![false; self.arches.len()];
        for task in self.tasks.iter().filter(|task| task.state == TaskState::Free) {
            waits[self.arch_of_task[task.task as usize] as usize] = true;
        }
        let without = (0_u32..).zip(waits).filter(|&(at, waits)| waits && !self.pool.serves(at));
        without.map(|(at, _)| self.arches[at as usize].clone()).collect()
    }
}
