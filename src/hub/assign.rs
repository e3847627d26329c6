//! A run of the scheduler: what it sees, what it decides, and what it finds to be overdue.

use super::Hub;
use super::scheduler::BuilderView;
use super::task::NEVER;
use crate::koji::TaskState;

impl Hub {
    /// Runs the scheduler.
    pub(super) fn run_scheduler(&mut self) {
        self.log.count();
        self.dispatch.begin_run(self.now());
        let active = self.overdue();
        self.give_out();
        self.free_overdue(&active);
        self.plan_wake();
    }

    fn give_out(&mut self) {
        if !self.dispatch.has_free() {
            return;
        }
        let views = (0..self.builders.count()).map(|at| self.view(at)).collect();
        for (task, at) in self.dispatch.decide(views, &self.tasks, &self.bins) {
            self.give(task, at);
        }
    }

    pub(super) fn view(&self, at: u32) -> BuilderView {
        let builder = &self.builders[at];
        // One that polls is heard of more often than any limit: the farm file is held to that.
        let is_heard =
            !builder.is_silent() || self.now() - builder.heard <= self.settings.hub.ready_timeout;
        BuilderView {
            is_ready: builder.is_ready && is_heard,
            capacity: builder.settings.capacity,
            max_jobs: builder.hub_jobs,
            load: builder.hub_load,
            tasks: builder.tasks(),
        }
    }

    fn give(&mut self, task: u32, at: u32) {
        self.log.count();
        let now = self.now();
        let entry = &mut self.tasks[task];
        assert!(self.dispatch.remove(entry.turn(task)), "only free tasks are given out");
        entry.assign(at, now);
        self.builders.assign(at, task);
        // Giving out leaves less room, so it does not need another run.
        self.weigh(at);
    }

    /// Returns what was assigned or open when the run began, and is overdue.
    fn overdue(&self) -> Vec<u32> {
        let now = self.now();
        let hub = &self.settings.hub;
        let mut all = Vec::new();
        for builder in self.builders.iter() {
            let is_late = |task: &&u32| now - self.tasks[**task].assigned > hub.assign_timeout;
            all.extend(builder.assigned.iter().filter(is_late));
            if builder.is_silent() && now - builder.heard > hub.host_timeout {
                all.extend(&builder.open);
            }
        }
        all
    }

    fn free_overdue(&mut self, tasks: &[u32]) {
        let until = self.now() + self.settings.hub.soft_refusal_timeout;
        for &task in tasks {
            let entry = &self.tasks[task];
            let (at, since) = (entry.builder, entry.assigned);
            if entry.state == TaskState::Assigned && self.heard(at) > since {
                self.dispatch.refusals.add(task, at, until);
            }
            self.free_task(task);
        }
    }

    /// Notes when the next run has something to check though nothing changed.
    fn plan_wake(&mut self) {
        let hub = &self.settings.hub;
        let mut wake = NEVER;
        for builder in self.builders.iter() {
            for &task in &builder.assigned {
                wake = wake.min(self.tasks[task].assigned + hub.assign_timeout);
            }
            if builder.is_silent() && !builder.open.is_empty() {
                wake = wake.min(builder.heard + hub.host_timeout);
            }
        }
        wake = wake.min(self.dispatch.refusals.first_end());
        self.dispatch.plan_wake(wake, &mut self.agenda);
    }
}
