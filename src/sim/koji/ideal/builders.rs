//! Tasks on builders: who takes which, when it ends, and what a fault takes away.

use super::*;
use crate::trace::BUILD_ARCH;

impl Ideal<'_> {
    pub(in crate::sim::koji) fn next(&self) -> Option<Timestamp> {
        if self.is_offline {
            return None;
        }
        self.ends.next().map(|(at, _)| at)
    }

    pub(in crate::sim::koji) fn advance(&mut self, now: Timestamp) {
        while let Some((time, task)) = self.ends.next()
            && time <= now
            && !self.is_offline
        {
            self.ends.pass();
            let run = &self.tasks[task as usize];
            if run.taken().is_some_and(|(_, since)| since + run.duration() == time) {
                self.task_ended(now, task);
            }
        }
    }

    /// Gives the free builders to what waits for them.
    pub(in crate::sim::koji) fn settle(&mut self, now: Timestamp) {
        if self.is_offline {
            return;
        }
        for group in 0..self.pool.groups() {
            // Mostly no slot is free, which is seen without a call.
            while self.pool.has_free(group)
                && let Some((task, slot)) =
                    self.pool.next(group, |task| !self.tasks[task as usize].waits())
            {
                self.start(now, task, slot);
            }
        }
    }

    fn start(&mut self, now: Timestamp, task: u32, slot: Slot) {
        let run = &mut self.tasks[task as usize];
        run.open(slot, now);
        if self.has_broken_base {
            run.spoil();
        }
        self.ends.push(now + run.duration(), task);
        if self.bars.is_some() {
            let module = self.module_of_task(task);
            let (count, since) = &mut self.running[module.index()];
            if *count == 0 {
                *since = now;
            }
            *count += 1;
        }
    }

    /// Returns the module that a task works for.
    fn module_of_task(&self, task: u32) -> ModuleIx {
        let run = self.components[self.tasks[task as usize].component as usize];
        self.setup.catalog.component(run.component).module
    }

    /// A task leaves its builder, which is free then: notes for how long it had it.
    fn leave_builder(&mut self, now: Timestamp, task: u32, state: TaskState, end: BarEnd) {
        let run = &mut self.tasks[task as usize];
        let taken = run.taken();
        let spent = taken.map_or(Millis::ZERO, |(_, since)| now - since);
        run.leave(state, spent);
        let Some((slot, since)) = taken else { return };
        self.busy[run.arch() as usize] += spent;
        self.busy_groups[self.pool.place(slot).0 as usize] += spent;
        self.busy_until = now;
        let build = self.components[run.component as usize].build;
        self.costs[build.0 as usize].busy += spent;
        if self.bars.is_some() {
            let module = self.module_of_task(task);
            let (count, since_all) = &mut self.running[module.index()];
            *count -= 1;
            if *count == 0 {
                self.worked.add(module, Phase::Building, (*since_all, now));
            }
            self.note_bar(task, slot, since, now, end);
        }
        self.pool.free(slot);
    }

    pub(super) fn close_task(&mut self, now: Timestamp, task: u32, end: BarEnd) {
        self.leave_builder(now, task, TaskState::Ended, end);
    }

    /// Returns how long builders worked for a component.
    pub(super) fn spent(&self, run: u32) -> Millis {
        let tasks = self.tasks_of(run);
        let last: Millis = tasks.clone().map(|task| self.tasks[task as usize].spent()).sum();
        self.lost.range(tasks).fold(last, |sum, (_, &lost)| sum + lost)
    }

    pub(in crate::sim::koji) fn take_builders(
        &mut self,
        now: Timestamp,
        group: u32,
        count: Option<u32>,
    ) -> u32 {
        let wanted = count.unwrap_or(u32::MAX).min(self.pool.count(group));
        let mut gone = self.pool.take_free(group, wanted);
        for task in 0..small(self.tasks.len()) {
            if gone == wanted {
                break;
            }
            let run = self.tasks[task as usize];
            let Some((slot, since)) = run.taken() else { continue };
            if self.pool.place(slot).0 == group {
                self.leave_builder(now, task, TaskState::Lost, BarEnd::Canceled);
                *self.lost.entry(task).or_default() += now - since;
                self.pool.take_free(group, 1);
                gone += 1;
                let priority = self.priorities[run.component as usize];
                self.pool.wait(run.arch(), priority, task);
            }
        }
        gone
    }

    pub(in crate::sim::koji) fn give_builders(&mut self, group: u32, count: u32) {
        self.pool.give(group, count);
    }

    fn note_bar(
        &mut self,
        task: u32,
        slot: Slot,
        start: Timestamp,
        end: Timestamp,
        outcome: BarEnd,
    ) {
        let run = self.tasks[task as usize];
        let ComponentRun { build, component, .. } = self.components[run.component as usize];
        let catalog = &self.setup.catalog;
        let module = catalog.component(component).module;
        let (group, number) = self.pool.place(slot);
        let group = &self.setup.slots.groups[group as usize];
        let bar = Bar {
            lane: format!("{}/{}", group.name, number + 1).into(),
            module: catalog.module(module).id.clone(),
            build: 0,
            method: BUILD_ARCH.into(),
            created: None,
            package: catalog.package(component).clone(),
            arch: catalog.arches[run.arch() as usize].clone(),
            start,
            end,
            outcome,
        };
        self.bars.get_or_insert_default().push(TaskBar { build: Some(build), bar });
    }
}
