//! Component builds and their tasks: submitted, taken by builders, ended, canceled.

use std::cmp::Reverse;

use super::{BarEnd, ComponentRun, Key, Slot, TaskRun, TaskState, World};
use crate::orchestrate::{Approach, BuildId, ComponentEnd, ComponentIx, Event};
use crate::sim::history;
use crate::time::Millis;

impl World<'_> {
    /// Makes the tasks of one component, one per arch.
    pub(super) fn submit(&mut self, build: BuildId, component: ComponentIx, priority: u64) {
        let entry = self.setup.catalog.component(component);
        self.attempts[component.index()] += 1;
        let attempt = self.attempts[component.index()];
        let module = self.ledger.builds[build.0 as usize].module;
        self.ledger.modules[module.index()].component_builds += 1;
        let run = u32::try_from(self.components.len()).expect("the cap bounds builds");
        let first_task = u32::try_from(self.tasks.len()).expect("the cap bounds builds");
        let tasks = entry.tasks.end - entry.tasks.start;
        self.components.push(ComponentRun {
            build,
            component,
            first_task,
            tasks,
            left: tasks,
            is_ended: false,
            busy: Millis::ZERO,
        });
        for task in entry.tasks.clone() {
            let (duration, is_ok) = self.draw(task, attempt);
            self.tasks.push(TaskRun {
                component: run,
                task,
                duration,
                is_ok,
                state: TaskState::Free,
            });
        }
        for task in first_task..first_task + tasks {
            let arch = self.arch_of_task[self.tasks[task as usize].task as usize];
            self.pool.wait(arch, priority, task);
        }
        if tasks == 0 {
            self.component_ended(run, ComponentEnd::Complete);
        }
    }

    pub(super) fn draw(&self, task: u32, attempt: u32) -> (Millis, bool) {
        let setup = self.setup;
        let task = &setup.catalog.tasks[task as usize];
        let key = Key {
            seed: setup.seed,
            replication: self.replication,
            subject: task.draw_key,
            attempt,
        };
        let samples = &setup.samples[task.durations as usize];
        history::attempt(samples, key, (setup.durations, setup.outcomes))
    }

    pub(super) fn start(&mut self, task: u32, slot: Slot) {
        let run = &mut self.tasks[task as usize];
        run.state = TaskState::Open { slot, since: self.now };
        self.heap.push(Reverse((self.now + run.duration, task)));
    }

    /// Ends a task and frees its builder.
    pub(super) fn close_task(&mut self, task: u32, end: BarEnd) {
        let run = &mut self.tasks[task as usize];
        let TaskState::Open { slot, since } = run.state else {
            run.state = TaskState::Ended;
            return;
        };
        run.state = TaskState::Ended;
        let busy = self.now - since;
        let (catalog_task, component) = (run.task, run.component);
        self.busy[self.arch_of_task[catalog_task as usize] as usize] += busy;
        let component = &mut self.components[component as usize];
        component.busy += busy;
        self.ledger.builds[component.build.0 as usize].busy += busy;
        self.note_bar(task, (slot, since), end);
        self.pool.free(slot);
    }

    pub(super) fn task_ended(&mut self, task: u32) {
        let TaskRun { component, is_ok, state, .. } = self.tasks[task as usize];
        if !matches!(state, TaskState::Open { .. }) {
            return;
        }
        self.close_task(task, if is_ok { BarEnd::Closed } else { BarEnd::Failed });
        let run = &mut self.components[component as usize];
        run.left -= 1;
        if !is_ok {
            self.cancel_rest(component);
            self.component_ended(component, ComponentEnd::Failed);
        } else if run.left == 0 {
            self.component_ended(component, ComponentEnd::Complete);
        }
    }

    /// koji's fail-any rule: the first arch that fails cancels the others.
    pub(super) fn cancel_rest(&mut self, component: u32) {
        let ComponentRun { first_task, tasks, .. } = self.components[component as usize];
        for task in first_task..first_task + tasks {
            if self.tasks[task as usize].state != TaskState::Ended {
                self.close_task(task, BarEnd::Canceled);
            }
        }
    }

    /// A component ended: koji says so on the bus, and goes on with its own module build.
    pub(super) fn component_ended(&mut self, run: u32, end: ComponentEnd) {
        let entry = &mut self.components[run as usize];
        assert!(!entry.is_ended, "a component build ends once");
        entry.is_ended = true;
        let ComponentRun { build, component, busy, .. } = *entry;
        if end != ComponentEnd::Complete {
            // What other arches had built of it is lost with it.
            self.ledger.builds[build.0 as usize].lost += busy;
        }
        self.ledger.last_change = self.now;
        self.messages += 1;
        match self.setup.approach {
            Approach::OrchestratorOwned => {
                self.events.push_back(Event::ComponentEnded { build, component, end });
            }
            Approach::KojiOwned if end == ComponentEnd::Complete => self.koji_goes_on(run),
            Approach::KojiOwned => self.koji_gives_up(build),
        }
    }

    /// The cap: nothing more is submitted, what runs is canceled.
    pub(super) fn stop(&mut self) {
        self.ledger.is_capped = true;
        self.events.clear();
        for task in 0..u32::try_from(self.tasks.len()).expect("the cap bounds builds") {
            if self.tasks[task as usize].state != TaskState::Ended {
                self.close_task(task, BarEnd::Canceled);
            }
        }
        self.heap.clear();
    }
}
