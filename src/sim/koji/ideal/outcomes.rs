//! How components and module builds end: built, failed, canceled.

use super::*;

impl Ideal<'_> {
    pub(super) fn task_ended(&mut self, now: Timestamp, task: u32) {
        let run = self.tasks[task as usize];
        let (component, is_ok) = (run.component, run.is_ok());
        self.close_task(now, task, if is_ok { BarEnd::Closed } else { BarEnd::Failed });
        let is_last = self.components[component as usize].left.one_less();
        if !is_ok {
            self.cancel_rest(now, component);
            self.component_ended(component, ComponentEnd::Failed);
        } else if is_last {
            self.component_ended(component, ComponentEnd::Complete);
        }
    }

    /// koji's fail-any rule: the first arch that fails cancels the others.
    pub(super) fn cancel_rest(&mut self, now: Timestamp, component: u32) {
        for task in self.tasks_of(component) {
            if self.tasks[task as usize].state() != TaskState::Ended {
                self.close_task(now, task, BarEnd::Canceled);
            }
        }
    }

    /// Cancels a component that has not ended, and says nothing.
    pub(super) fn cancel_component(&mut self, now: Timestamp, run: u32) {
        let left = &mut self.components[run as usize].left;
        if !left.is_over() {
            left.end();
            self.ended += 1;
            if self.is_unbuilt(run) {
                self.unbuilt.push(self.components[run as usize].component);
            }
            self.cancel_rest(now, run);
            self.lose(run);
        }
    }

    /// What builders did for a component is in vain.
    fn lose(&mut self, run: u32) {
        let spent = self.spent(run);
        self.costs[self.components[run as usize].build.0 as usize].lost += spent;
    }

    pub(super) fn component_ended(&mut self, run: u32, end: ComponentEnd) {
        let entry = &mut self.components[run as usize];
        entry.left.end();
        self.ended += 1;
        let ComponentRun { job, build, component, nth, attempt, .. } = *entry;
        if end != ComponentEnd::Complete {
            // What other arches had built of it is lost with it.
            self.lose(run);
        }
        self.tell(build, job, What::ComponentEnded { component, nth, attempt, end });
    }

    fn cancel_parts_of(&mut self, now: Timestamp, module: ModuleRun) {
        for run in 0..small(self.components.len()) {
            if module.has_part(&self.components[run as usize]) {
                self.cancel_component(now, run);
            }
        }
    }

    pub(in crate::sim::koji) fn cancel(&mut self, now: Timestamp, job: Job) {
        if let Some(module) = self.module_of(job) {
            module.is_live = false;
            let module = *module;
            self.cancel_parts_of(now, module);
        } else if let Some(run) = self.components.iter().rposition(|run| run.job == job) {
            // What can still be canceled was mostly ordered a short while ago.
            self.cancel_component(now, small(run));
        }
    }
}
