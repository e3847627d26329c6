//! Tasks on builders: who takes which, when it ends, and what a fault takes away.

use super::*;

impl Ideal<'_> {
    pub(in crate::sim::koji) fn next(&self) -> Option<Timestamp> {
        if self.is_offline {
            return None;
        }
        self.heap.peek().map(|&Reverse((time, _, _))| time)
    }

    pub(in crate::sim::koji) fn advance(&mut self, now: Timestamp) {
        while let Some(&Reverse((time, task, takes))) = self.heap.peek()
            && time <= now
            && !self.is_offline
        {
            self.heap.pop();
            if self.tasks[task as usize].takes == takes {
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
            let tasks = &self.tasks;
            let is_gone = |task: u32| tasks[task as usize].state != TaskState::Free;
            let mut taken = std::mem::take(&mut self.taken);
            self.pool.fill(group, is_gone, &mut taken);
            for (task, slot) in taken.drain(..) {
                self.start(now, task, slot);
            }
            self.taken = taken;
        }
    }

    pub(super) fn start(&mut self, now: Timestamp, task: u32, slot: Slot) {
        let run = &mut self.tasks[task as usize];
        run.state = TaskState::Open { taken: (slot, now) };
        run.takes += 1;
        if self.has_broken_base {
            run.is_ok = false;
        }
        self.heap.push(Reverse((now + run.duration, task, run.takes)));
        let component = self.components[run.component as usize].component;
        let module = self.setup.catalog.component(component).module;
        let (count, since, _) = &mut self.running[module.index()];
        if *count == 0 {
            *since = now;
        }
        *count += 1;
    }

    /// Notes the time that a task had its builder, and frees the builder.
    pub(super) fn leave_builder(&mut self, now: Timestamp, task: u32, end: BarEnd) {
        let TaskRun { task: entry, component, state, .. } = self.tasks[task as usize];
        let TaskState::Open { taken } = state else { return };
        let busy = now - taken.1;
        self.busy[self.arch_of_task[entry as usize] as usize] += busy;
        self.busy_groups[taken.0.group as usize] += busy;
        self.busy_until = now;
        let component = &mut self.components[component as usize];
        component.busy += busy;
        self.costs[component.build.0 as usize].busy += busy;
        let module = self.setup.catalog.component(component.component).module;
        let (count, since, total) = &mut self.running[module.index()];
        *count -= 1;
        if *count == 0 {
            *total += now - *since;
        }
        if self.bars.is_some() {
            self.note_bar(now, task, (taken, end));
        }
        self.pool.free(taken.0);
    }

    pub(super) fn close_task(&mut self, now: Timestamp, task: u32, end: BarEnd) {
        self.leave_builder(now, task, end);
        self.tasks[task as usize].state = TaskState::Ended;
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
            let TaskState::Open { taken } = self.tasks[task as usize].state else { continue };
            if taken.0.group == group {
                self.leave_builder(now, task, BarEnd::Canceled);
                self.pool.take_free(group, 1);
                gone += 1;
                let run = &mut self.tasks[task as usize];
                run.state = TaskState::Free;
                // Its foretold end is void.
                run.takes += 1;
                self.wait(task);
            }
        }
        gone
    }

    pub(in crate::sim::koji) fn give_builders(&mut self, group: u32, count: u32) {
        self.pool.give(group, count);
    }

    pub(super) fn note_bar(&mut self, now: Timestamp, task: u32, how: (Taken, BarEnd)) {
        let ((slot, start), outcome) = how;
        let TaskRun { component, task, .. } = self.tasks[task as usize];
        let ComponentRun { build, component, .. } = self.components[component as usize];
        let entry = self.setup.catalog.component(component);
        let group = &self.setup.slots.groups[slot.group as usize];
        let bar = Bar {
            lane: format!("{}/{}", group.name, slot.number + 1).into(),
            module: self.setup.catalog.module(entry.module).id.clone(),
            build: 0,
            package: entry.package.clone(),
            arch: self.setup.catalog.tasks[task as usize].arch.clone(),
            start,
            end: now,
            outcome,
        };
        self.bars.get_or_insert_default().push(TaskBar { build, bar });
    }
}
