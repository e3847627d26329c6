//! The repo manager: it looks at the queue of requests each 15 s and has `newRepo` tasks made, ten at
//! most.

use super::repo::{RequestState, next_of};
use super::stamp::{Kind, Stamp};
use super::task::{Job, Task};
use super::{EventId, Happened, Hub, Method, Polling, RequestId, TagId, TaskArch};
use crate::koji::TaskState;
use crate::time::Timestamp;

impl Hub {
    /// Has the repo manager look at its next turn, since there is something in its queue.
    pub(super) fn call_manager(&mut self) {
        let queued = |&at: &u32| self.repos.requests[at as usize].state == RequestState::Queued;
        let is_full = self.repos.in_flight >= self.settings.repo.tasks_max;
        let is_literal = self.settings.polling == Polling::Literal;
        // Away from the hub it goes on looking, in vain.
        if self.is_offline
            || !is_literal && (is_full || !self.repos.active.iter().copied().any(|at| queued(&at)))
        {
            return;
        }
        let every = self.settings.repo.check_interval;
        let is_past = |time| Stamp { time, kind: Kind::Manager, index: 0 } <= self.passed;
        let time = next_of(Timestamp(self.repos.phases.queue.0), every, is_past, self.passed.time);
        if self.repos.manager_at != Some(time) {
            self.repos.manager_at = Some(time);
            self.push(Stamp { time, kind: Kind::Manager, index: 0 });
        }
    }

    /// The repo manager looks at its queue: most urgent first, then oldest.
    pub(super) fn manage_repos(&mut self) {
        self.repos.manager_at = None;
        if !self.is_offline {
            self.events += 1;
            let mut queued: Vec<(i32, u32)> = Vec::new();
            for &at in &self.repos.active {
                let request = &self.repos.requests[at as usize];
                if request.state == RequestState::Queued {
                    queued.push((request.priority, at));
                }
            }
            queued.sort_unstable();
            for (_, at) in queued {
                if self.repos.in_flight < self.settings.repo.tasks_max {
                    self.make_repo(at);
                }
            }
        }
        self.call_manager();
    }

    pub(super) fn make_repo(&mut self, at: u32) {
        let tag = self.repos.requests[at as usize].tag;
        let priority = self.settings.repo.priority;
        let number = &mut self.repos.tags[tag.0 as usize].regenerations;
        *number += 1;
        let job = Job::NewRepo { tag, number: *number, event: EventId(0), is_begun: false };
        let task = Task { priority, created: self.now(), ..Task::new(Method::NewRepo, job) };
        let task = self.new_task(task, TaskArch::Noarch);
        let request = &mut self.repos.requests[at as usize];
        request.state = RequestState::UnderWay { task };
        request.tries += 1;
        self.repos.in_flight += 1;
        self.release(task);
    }

    /// A regeneration ended: a repo meets every request it is new enough for; one that failed is
    /// tried again, as often as allowed.
    pub(super) fn repo_ended(&mut self, task: u32, tag: TagId, event: EventId, state: TaskState) {
        self.repos.in_flight -= 1;
        let is_ready = state == TaskState::Closed;
        if is_ready {
            let ready = &mut self.repos.tags[tag.0 as usize].ready;
            *ready = Some(ready.map_or(event, |old| old.max(event)));
            self.repos.made += 1;
        }
        for at in self.repos.active.clone() {
            let retries = self.settings.repo.retries;
            let request = &mut self.repos.requests[at as usize];
            let id = RequestId(at);
            if is_ready && request.tag == tag && request.least <= event {
                request.state = RequestState::Met;
                self.say(Happened::RepoDone { request: id });
            } else if request.state == (RequestState::UnderWay { task }) {
                if is_ready || request.tries <= retries {
                    request.state = RequestState::Queued;
                } else {
                    request.state = RequestState::GivenUp;
                    let given_up = &mut self.repos.tags[tag.0 as usize].given_up;
                    *given_up = (*given_up).max(Some(request.least));
                    self.say(Happened::RepoFailed { request: id });
                }
            }
        }
        let requests = &self.repos.requests;
        let is_active = |at: &u32| {
            !matches!(requests[*at as usize].state, RequestState::Met | RequestState::GivenUp)
        };
        self.repos.active.retain(is_active);
        self.call_manager();
        self.call_autoregen(tag);
        self.call_waiters(tag);
    }
}
