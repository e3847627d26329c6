//! One turn of a builder: it looks after its tasks, reports, and takes one more.

use super::driven::Waking;
use super::task::NEVER;
use super::{Happened, Hub, Kind, Stamp, TaskId};
use crate::koji::TaskState;

impl Hub {
    /// Carries out a poll, if the builder polls at this moment.
    pub(super) fn poll(&mut self, at: u32) {
        let now = self.now();
        if !self.builders.is_poll(at, now) {
            return;
        }
        if self.outage.is_offline() {
            self.cannot_reach(at);
            return;
        }
        self.log.count();
        if self.builders.poll(at, now) {
            self.dispatch.change();
        }
        if self.builders.take_restart(at) {
            self.free_open_tasks(at);
        }
        let left = self.tasks_with_news(at).into_iter();
        self.wake_parents(Waking { builder: at, left });
    }

    /// Ends a turn whose tasks were woken.
    fn end_poll(&mut self, at: u32) {
        // It sends its load, and whether it is ready.
        if self.builders.report(at) {
            self.dispatch.change();
        }
        if self.builders[at].is_ready {
            self.get_tasks(at);
        }
        self.builders.touch(at, &mut self.agenda);
    }

    /// The builder asks again and again until it reaches the hub; its phase is another from then on.
    fn cannot_reach(&mut self, at: u32) {
        let now = self.now();
        if let Some(heard) = self.builders.cannot_reach(at, now) {
            let until = heard + self.settings.hub.host_timeout;
            self.dispatch.wake_after(until, &mut self.agenda);
        }
        self.outage.hold(now, Kind::Poll, at);
    }

    /// Returns the tasks that wait here and have news.
    fn tasks_with_news(&mut self, at: u32) -> Vec<u32> {
        if !self.builders.take_news(at) {
            return Vec::new();
        }
        let has_news = |task: &&u32| self.tasks[**task].has_news;
        self.builders[at].open.iter().filter(has_news).copied().collect()
    }

    /// Wakes the handlers that have news, and ends the turn, unless one of them is the caller's.
    pub(super) fn wake_parents(&mut self, mut turn: Waking) {
        while let Some(task) = turn.left.next() {
            let entry = &mut self.tasks[task];
            // An earlier one may have ended it.
            if entry.state != TaskState::Open || !entry.has_news {
                continue;
            }
            entry.has_news = false;
            self.log.count();
            if self.is_driven(task) {
                self.stop(task, Happened::Woken { task: TaskId(task) }, Some(turn));
                return;
            }
            self.resume(task);
        }
        self.end_poll(turn.builder);
    }

    /// Asks the hub for tasks, inside which the scheduler may run, and opens one at most.
    fn get_tasks(&mut self, at: u32) {
        if self.builders[at].assigned.is_empty() && self.dispatch.is_run(self.now()) {
            self.run_scheduler();
        }
        while let Some(task) = self.first_assigned(at) {
            if self.has_no_handler(task, at) {
                // It is not taken: the turn continues with the next.
                self.refuse(task, at, NEVER);
            } else {
                self.take(task, at);
                return;
            }
        }
        self.open_free(at);
    }

    fn first_assigned(&self, at: u32) -> Option<u32> {
        let turn = |task: &u32| self.tasks[*task].turn(*task);
        self.builders[at].assigned.iter().copied().min_by_key(turn)
    }

    pub(super) fn take(&mut self, task: u32, at: u32) {
        self.builders.take(at, task, self.agenda.now() + self.settings.hub.builder_turn);
        match self.refused_by_handler(task, at) {
            Some(until) => self.refuse(task, at, until),
            None => self.open(task, at),
        }
        // After a turn that took something the next follows at once, even if it finds nothing.
        self.builders.schedule(at, &mut self.agenda);
    }

    fn open(&mut self, task: u32, at: u32) {
        self.log.count();
        let now = self.now();
        let entry = &mut self.tasks[task];
        entry.open(self.outage.is_broken(entry.method), now);
        let work = entry.job.work();
        if let Some(work) = work {
            entry.begin(work.run, self.builders[at].settings.speed);
        }
        self.builders.open(at, task);
        self.weigh_anew(at);
        if work.is_some() {
            let time = self.tasks[task].plan_end(self.builders[at].rate, now);
            self.agenda.push(Stamp { time, kind: Kind::End, index: task });
        } else if self.is_driven(task) {
            self.stop(task, Happened::Opened { task: TaskId(task) }, None);
        } else {
            self.resume(task);
        }
    }
}
