//! The repo manager: it looks at the queue of requests each 15 s and has `newRepo` tasks made, ten at
//! most.

use super::ids::{EventId, TagId};
use super::job::Job;
use super::repo_queue::Regenerated;
use super::stamp::{Kind, Stamp, next_of};
use super::task::Task;
use super::{Happened, Hub, Method, Polling, TaskArch};
use crate::koji::TaskState;
use crate::time::Timestamp;

/// When the repo manager's two threads look first.
#[derive(Clone, Copy, Debug)]
pub(super) struct ManagerPhases {
    /// At the queue of requests.
    pub(super) queue: Timestamp,
    /// Whether repos are too old.
    pub(super) autoregen: Timestamp,
}

impl Hub {
    /// Has the repo manager look at its next turn, since there is something in its queue.
    pub(super) fn call_manager(&mut self) {
        let is_literal = self.settings.polling == Polling::Literal;
        // Away from the hub it keeps looking, in vain.
        if self.outage.is_offline()
            || !is_literal && (self.has_all_repos_under_way() || !self.repos.has_queued())
        {
            return;
        }
        let every = self.settings.repo.check_interval;
        let is_past = |time| self.agenda.is_past(Stamp { time, kind: Kind::Manager, index: 0 });
        let time = next_of(self.phases.queue, every, is_past, self.now());
        if self.repos.plan_turn(time) {
            self.agenda.push(Stamp { time, kind: Kind::Manager, index: 0 });
        }
    }

    /// Returns whether as many `newRepo` tasks are under way as may be.
    pub(super) fn has_all_repos_under_way(&self) -> bool {
        self.repos.in_flight() >= self.settings.repo.tasks_max
    }

    /// The repo manager looks at its queue.
    pub(super) fn manage_repos(&mut self) {
        self.repos.begin_turn();
        if !self.outage.is_offline() {
            self.log.count();
            for request in self.repos.queued() {
                if !self.has_all_repos_under_way() {
                    self.make_repo(request);
                }
            }
        }
        self.call_manager();
    }

    pub(super) fn make_repo(&mut self, request: u32) -> u32 {
        let tag = self.repos.get(request).tag;
        let priority = self.settings.repo.priority;
        let number = self.tags.regenerate(tag);
        let job = Job::NewRepo { tag, number, event: EventId(0), is_begun: false };
        let task = Task { priority, created: self.now(), ..Task::new(Method::NewRepo, job) };
        let task = self.new_task(task, TaskArch::Noarch);
        self.repos.begin(request, task);
        self.release(task);
        task
    }

    /// A regeneration ended.
    pub(super) fn repo_ended(&mut self, task: u32, tag: TagId, event: EventId, state: TaskState) {
        let now = self.now();
        let is_ready = state == TaskState::Closed;
        if is_ready {
            self.tags.made(tag, event);
        }
        let end = Regenerated { task, tag, event, is_ready };
        for answer in self.repos.end(end, self.settings.repo.retries) {
            let request = answer.request;
            if answer.is_met {
                self.log.say(now, Happened::RepoDone { request });
            } else {
                self.tags.give_up(tag, answer.least);
                self.log.say(now, Happened::RepoFailed { request });
            }
        }
        self.call_manager();
        self.call_autoregen(tag);
        self.call_waiters(tag);
    }
}
