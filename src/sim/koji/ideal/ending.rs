//! How components and module builds end: built, failed, canceled.

use super::*;

impl Ideal<'_> {
    pub(super) fn task_ended(&mut self, now: Timestamp, task: u32) {
        let TaskRun { component, is_ok, state, .. } = self.tasks[task as usize];
        if !matches!(state, TaskState::Open { .. }) {
            return;
        }
        self.close_task(now, task, if is_ok { BarEnd::Closed } else { BarEnd::Failed });
        let run = &mut self.components[component as usize];
        run.left -= 1;
        if !is_ok {
            self.cancel_rest(now, component);
            self.component_ended(now, component, ComponentEnd::Failed);
        } else if run.left == 0 {
            self.component_ended(now, component, ComponentEnd::Complete);
        }
    }

    /// koji's fail-any rule: the first arch that fails cancels the others.
    pub(super) fn cancel_rest(&mut self, now: Timestamp, component: u32) {
        let ComponentRun { first_task, tasks, .. } = self.components[component as usize];
        for task in first_task..first_task + tasks {
            if self.tasks[task as usize].state != TaskState::Ended {
                self.close_task(now, task, BarEnd::Canceled);
            }
        }
    }

    /// Cancels a component that has not ended, and says nothing.
    pub(super) fn cancel_component(&mut self, now: Timestamp, run: u32) {
        if !std::mem::replace(&mut self.components[run as usize].is_ended, true) {
            self.cancel_rest(now, run);
            let ComponentRun { build, busy, .. } = self.components[run as usize];
            self.costs[build.0 as usize].lost += busy;
        }
    }

    pub(super) fn component_ended(&mut self, now: Timestamp, run: u32, end: ComponentEnd) {
        let entry = &mut self.components[run as usize];
        assert!(!entry.is_ended, "a component build ends once");
        entry.is_ended = true;
        let ComponentRun { job, build, component, attempt, busy, .. } = *entry;
        if end != ComponentEnd::Complete {
            // What other arches had built of it is lost with it.
            self.costs[build.0 as usize].lost += busy;
        }
        self.tell(build, job, What::ComponentEnded { component, attempt, end });
        if matches!(self.jobs[job.0 as usize], JobRun::Module { is_live: true, .. }) {
            self.module_goes_on(now, (job, build, component), end);
        }
    }

    /// koji's own module build: the next batch when one is built; the first failure fails it all.
    pub(super) fn module_goes_on(
        &mut self,
        now: Timestamp,
        of: (Job, BuildId, ComponentIx),
        end: ComponentEnd,
    ) {
        let (job, build, component) = of;
        let JobRun::Module { progress, is_live, .. } = &mut self.jobs[job.0 as usize] else {
            return;
        };
        if end == ComponentEnd::Complete {
            let mut ready = std::mem::take(&mut self.ready);
            progress.built(&self.setup.catalog, component, &mut ready);
            let is_complete = progress.is_complete();
            self.submit_all(now, (job, build), ready);
            if is_complete {
                self.finish_module(job, build);
            }
            return;
        }
        *is_live = false;
        self.cancel_components_of(now, job);
        self.tell(build, job, What::ModuleEnded { end });
    }

    pub(super) fn cancel_components_of(&mut self, now: Timestamp, job: Job) {
        for run in 0..small(self.components.len()) {
            if self.components[run as usize].job == job {
                self.cancel_component(now, run);
            }
        }
    }

    pub(in crate::sim::koji) fn cancel(&mut self, now: Timestamp, job: Job) {
        match &mut self.jobs[job.0 as usize] {
            JobRun::AtOnce => {}
            JobRun::Component { run } => {
                let run = *run;
                self.cancel_component(now, run);
            }
            JobRun::Module { is_live, .. } => {
                *is_live = false;
                self.cancel_components_of(now, job);
            }
        }
    }
}
