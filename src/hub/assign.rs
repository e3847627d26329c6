//! Runs of the scheduler: when they happen, what they see, and what they find to be overdue.
//!
//! A run happens only inside a poll of a builder to which nothing is assigned, and at most once an
//! interval. When nothing changed since the last one, a run decides nothing, but it counts: the next
//! one is an interval later. Such runs are not carried out one by one, only their times are followed.

use super::scheduler::{BuilderView, FreeTask};
use super::task::NEVER;
use super::{Hub, Kind, Stamp};
use crate::koji::TaskState;
use crate::time::{Millis, Timestamp};

impl Hub {
    /// Follows the runs up to `stamp` that decided nothing.
    pub(super) fn catch_up(&mut self, stamp: Stamp) {
        while self.next_run <= stamp.time {
            let Some((time, builder)) = self.lanes.first(self.next_run, self.passed) else {
                return;
            };
            if (Stamp { time, kind: Kind::Poll, index: builder }) >= stamp {
                return;
            }
            debug_assert!(!self.wants_run(), "a run that may decide something is carried out");
            self.next_run = time + self.run_interval();
        }
    }

    /// Returns the time between two runs: at one moment it runs once, whatever is set.
    fn run_interval(&self) -> Millis {
        self.settings.hub.run_interval.max(Millis(1))
    }

    /// Returns whether a run may decide something.
    fn wants_run(&self) -> bool {
        self.has_change && (!self.free.is_empty() || self.wake != NEVER)
    }

    /// Puts the poll in which the scheduler runs next on the heap, if that run may decide something.
    pub(super) fn plan_run(&mut self) {
        if !self.wants_run() {
            return;
        }
        let Some((time, builder)) = self.lanes.first(self.next_run, self.passed) else { return };
        if self.run_poll != Some((time, builder)) {
            self.run_poll = Some((time, builder));
            self.push(Stamp { time, kind: Kind::Poll, index: builder });
        }
    }

    pub(super) fn wake_scheduler(&mut self) {
        if self.wake <= self.now() {
            self.has_change = true;
        }
    }

    /// Runs the scheduler.
    pub(super) fn run_scheduler(&mut self) {
        let now = self.now();
        self.events += 1;
        self.next_run = now + self.run_interval();
        self.has_change = false;
        self.refusals.drop_ended(now);
        let active = self.overdue();
        self.give_out();
        self.free_overdue(&active);
        self.plan_wake();
    }

    fn give_out(&mut self) {
        if self.free.is_empty() {
            return;
        }
        let mut views: Vec<BuilderView> =
            (0..self.builder_count()).map(|at| self.view(at)).collect();
        let most = self.settings.hub.free_tasks_max as usize;
        let free: Vec<FreeTask<'_>> = self
            .free
            .iter()
            .take(most)
            .map(|&(_, _, id)| FreeTask {
                id,
                bin: &self.bins[self.tasks[id as usize].bin as usize],
                refused: self.refusals.of(id),
            })
            .collect();
        let mut out = Vec::new();
        self.scheduler.assign(&mut views, &free, &mut out);
        // More than one run looks at may be free, and the next looks further.
        self.has_change |= !out.is_empty() && self.free.len() > most;
        for (task, at) in out {
            self.give(task, at);
        }
    }

    pub(super) fn view(&self, at: u32) -> BuilderView {
        let builder = &self.builders[at as usize];
        // One that polls is heard of more often than any limit: the farm file is held to that.
        let is_heard =
            !builder.is_silent() || self.now() - self.heard(at) <= self.settings.hub.ready_timeout;
        BuilderView {
            is_ready: builder.is_ready && is_heard,
            capacity: builder.settings.capacity,
            max_jobs: builder.hub_jobs,
            load: builder.hub_load,
            tasks: builder.tasks(),
        }
    }

    fn give(&mut self, task: u32, at: u32) {
        self.events += 1;
        let now = self.now();
        let entry = &mut self.tasks[task as usize];
        let key = (entry.priority, entry.created, task);
        entry.state = TaskState::Assigned;
        entry.builder = at;
        entry.assigned = now;
        assert!(self.free.remove(&key), "only free tasks are given out");
        self.change_lane(at, |builder| builder.assigned.push(task));
        let had_change = self.has_change;
        self.weigh(at);
        // Giving out leaves less room, so it is no reason for another run.
        self.has_change = had_change;
    }

    /// Returns what was assigned or open when the run began, and is overdue.
    fn overdue(&self) -> Vec<u32> {
        let now = self.now();
        let hub = &self.settings.hub;
        let mut all = Vec::new();
        for (at, builder) in (0..).zip(&self.builders) {
            let is_late =
                |task: &&u32| now - self.tasks[**task as usize].assigned > hub.assign_timeout;
            all.extend(builder.assigned.iter().filter(is_late));
            if builder.is_silent() && now - self.heard(at) > hub.host_timeout {
                all.extend(&builder.open);
            }
        }
        all
    }

    fn free_overdue(&mut self, tasks: &[u32]) {
        let now = self.now();
        for &task in tasks {
            let entry = &self.tasks[task as usize];
            let (at, since) = (entry.builder, entry.assigned);
            if entry.state == TaskState::Assigned && self.heard(at) > since {
                let until = now + self.settings.hub.soft_refusal_timeout;
                self.refusals.add(task, at, until);
            }
            self.free_task(task);
        }
    }

    /// Notes when the next run has something to check though nothing changed.
    fn plan_wake(&mut self) {
        let hub = &self.settings.hub;
        let now = self.now();
        let mut wake = NEVER;
        for (at, builder) in (0..).zip(&self.builders) {
            for &task in &builder.assigned {
                wake = wake.min(self.tasks[task as usize].assigned + hub.assign_timeout);
            }
            if builder.is_silent() && !builder.open.is_empty() {
                wake = wake.min(self.heard(at) + hub.host_timeout);
            }
        }
        wake = wake.min(self.refusals.first_end());
        let is_planned = wake != NEVER;
        self.set_wake(if is_planned { wake.max(now) + Millis(1) } else { NEVER });
    }

    /// Has the scheduler check again in the first run after `time`, if no earlier one is planned.
    pub(super) fn wake_after(&mut self, time: Timestamp) {
        self.set_wake(self.wake.min(time.max(self.now()) + Millis(1)));
    }

    fn set_wake(&mut self, wake: Timestamp) {
        if wake != NEVER && wake != self.wake {
            self.push(Stamp { time: wake, kind: Kind::Wake, index: 0 });
        }
        self.wake = wake;
    }
}
