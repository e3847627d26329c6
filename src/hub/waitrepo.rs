//! `waitrepo` tasks: they look for their repo each minute, and give up after a while.

use super::job::{Job, WaitRepo};
use super::repo_queue::RequestState;
use super::stamp::{Kind, Stamp, next_of};
use super::task::NEVER;
use super::{Hub, Polling, TagId};
use crate::koji::TaskState;
use crate::time::Millis;

impl Hub {
    /// A `waitrepo` task looks whether its repo is there.
    pub(super) fn look(&mut self, task: u32) {
        let entry = &self.tasks[task];
        let (Job::WaitRepo(mut wait), TaskState::Open) = (entry.job.clone(), entry.state) else {
            return;
        };
        let now = self.now();
        let since = now - entry.opened;
        // One that was freed and opened again looks at other moments than before.
        let is_its_moment = since.0.is_multiple_of(self.settings.repo.wait_poll.0);
        if self.builders[entry.builder].is_lost || !is_its_moment {
            return;
        }
        if self.outage.is_offline() {
            self.outage.hold(now, Kind::Look, task);
            return;
        }
        self.log.count();
        let state = self.look_for(&mut wait);
        self.tasks[task].job = Job::WaitRepo(wait);
        match state {
            RequestState::Met => self.finish(task, TaskState::Closed),
            RequestState::GivenUp => self.finish(task, TaskState::Failed),
            RequestState::Queued | RequestState::UnderWay { .. } => {
                if since >= self.settings.repo.wait_timeout {
                    self.note_late(task, wait);
                    self.finish(task, TaskState::Failed);
                } else {
                    self.wait_on(task, wait);
                }
            }
        }
    }

    fn look_for(&mut self, wait: &mut WaitRepo) -> RequestState {
        let request = wait.request.unwrap_or_else(|| {
            let least = wait.least.unwrap_or_else(|| self.tags.last_change(wait.tag));
            self.ask(wait.tag, least, self.settings.hub.priority)
        });
        wait.request = Some(request);
        self.repos.get(request).state
    }

    /// Looks again when there is news, and when the time to give up has come.
    fn wait_on(&mut self, task: u32, wait: WaitRepo) {
        if self.tags.add_waiter(wait.tag, task) {
            let limit = self.settings.repo.wait_timeout.0.div_ceil(self.settings.repo.wait_poll.0);
            let last = Millis(limit.saturating_mul(self.settings.repo.wait_poll.0));
            let time = self.tasks[task].opened + last;
            self.agenda.push(Stamp { time, kind: Kind::Look, index: task });
        }
        if self.settings.polling == Polling::Literal {
            self.plan_look(task);
        }
    }

    pub(super) fn call_waiters(&mut self, tag: TagId) {
        for task in self.tags.waiters(tag).to_vec() {
            self.plan_look(task);
        }
    }

    pub(super) fn plan_look(&mut self, task: u32) {
        let opened = self.tasks[task].opened;
        if opened == NEVER {
            return;
        }
        let is_past = |time| self.agenda.is_past(Stamp { time, kind: Kind::Look, index: task });
        let time = next_of(opened, self.settings.repo.wait_poll, is_past, self.now());
        self.agenda.push(Stamp { time, kind: Kind::Look, index: task });
    }
}
