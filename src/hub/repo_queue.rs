//! Requests for repos: a request is met at once by a repo that is new enough; else it joins one under
//! way, or waits for the repo manager.

use super::ids::{EventId, RequestId, TagId, number};
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestState {
    Queued,
    UnderWay { task: u32 },
    Met,
    GivenUp,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub(super) struct RepoRequest {
    pub(super) tag: TagId,
    pub(super) least: EventId,
    pub(super) priority: i32,
    pub(super) tries: u32,
    pub(super) state: RequestState,
}

/// How a regeneration ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Regenerated {
    pub(super) task: u32,
    pub(super) tag: TagId,
    pub(super) event: EventId,
    pub(super) is_ready: bool,
}

/// A request that a regeneration answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) request: RequestId,
    pub(super) least: EventId,
    /// Met; or given up.
    pub(super) is_met: bool,
}

/// All requests, and the repo manager's turns.
#[derive(Clone, Debug, Default)]
pub(super) struct RepoQueue {
    requests: Vec<RepoRequest>,
    /// Requests that are neither met nor given up.
    active: Vec<u32>,
    /// How many `newRepo` tasks are not over.
    in_flight: u32,
    /// How many repos were made.
    made: u64,
    /// When the manager looks at its queue next.
    manager_at: Option<Timestamp>,
}

impl RepoQueue {
    pub(super) fn get(&self, request: u32) -> &RepoRequest {
        &self.requests[request as usize]
    }

    /// Returns how many `newRepo` tasks are not over.
    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight
    }

    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// Adds a request that a repo meets already.
    pub(super) fn add_met(&mut self, tag: TagId, least: EventId, priority: i32) -> u32 {
        self.add(RepoRequest { tag, least, priority, tries: 0, state: RequestState::Met })
    }

    /// Adds a request that waits for the repo manager.
    pub(super) fn add_queued(&mut self, tag: TagId, least: EventId, priority: i32) -> u32 {
        let state = RequestState::Queued;
        let at = self.add(RepoRequest { tag, least, priority, tries: 0, state });
        self.active.push(at);
        at
    }

    fn add(&mut self, request: RepoRequest) -> u32 {
        let at = number(self.requests.len());
        self.requests.push(request);
        at
    }

    /// Finds a request under way that will do, and makes it at least as urgent.
    pub(super) fn join(&mut self, tag: TagId, least: EventId, priority: i32) -> Option<u32> {
        let joins = |&&at: &&u32| {
            let request = &self.requests[at as usize];
            request.tag == tag && request.least >= least
        };
        // The first of the queue; a `newRepo` task that is there keeps its own priority.
        let place = |&&at: &&u32| (self.requests[at as usize].priority, at);
        let &at = self.active.iter().filter(joins).min_by_key(place)?;
        let request = &mut self.requests[at as usize];
        request.priority = request.priority.min(priority);
        Some(at)
    }

    /// Returns the events that repos of a tag are asked for.
    pub(super) fn wanted(&self, tag: TagId) -> impl Iterator<Item = EventId> {
        let active = self.active.iter().map(|&at| &self.requests[at as usize]);
        active.filter(move |request| request.tag == tag).map(|request| request.least)
    }

    fn is_queued(&self, request: u32) -> bool {
        self.get(request).state == RequestState::Queued
    }

    pub(super) fn has_queued(&self) -> bool {
        self.active.iter().any(|&at| self.is_queued(at))
    }

    /// Returns what waits for the repo manager: most urgent first, then oldest.
    pub(super) fn queued(&self) -> Vec<u32> {
        let mut queued: Vec<u32> =
            self.active.iter().copied().filter(|&at| self.is_queued(at)).collect();
        queued.sort_unstable_by_key(|&at| (self.get(at).priority, at));
        queued
    }

    /// Plans the manager's next turn; returns whether it was not planned.
    pub(super) fn plan_turn(&mut self, time: Timestamp) -> bool {
        self.manager_at.replace(time) != Some(time)
    }

    /// Notes that the planned turn happens.
    pub(super) fn begin_turn(&mut self) {
        self.manager_at = None;
    }

    /// Notes the `newRepo` task that is made for a request.
    pub(super) fn begin(&mut self, request: u32, task: u32) {
        let request = &mut self.requests[request as usize];
        request.state = RequestState::UnderWay { task };
        request.tries += 1;
        self.in_flight += 1;
    }

    /// Ends a regeneration: a repo meets every request it is new enough for; one that failed is
    /// tried again, `retries` times at most. Returns what was answered.
    pub(super) fn end(&mut self, end: Regenerated, retries: u32) -> Vec<Answer> {
        self.in_flight -= 1;
        self.made += u64::from(end.is_ready);
        let mut answers = Vec::new();
        for &at in &self.active {
            let request = &mut self.requests[at as usize];
            if end.is_ready && request.tag == end.tag && request.least <= end.event {
                request.state = RequestState::Met;
            } else if request.state == (RequestState::UnderWay { task: end.task }) {
                let is_tried_again = end.is_ready || request.tries <= retries;
                let queued = RequestState::Queued;
                request.state = if is_tried_again { queued } else { RequestState::GivenUp };
            }
            let is_met = request.state == RequestState::Met;
            if is_met || request.state == RequestState::GivenUp {
                answers.push(Answer { request: RequestId(at), least: request.least, is_met });
            }
        }
        let requests = &self.requests;
        self.active.retain(|&at| {
            !matches!(requests[at as usize].state, RequestState::Met | RequestState::GivenUp)
        });
        answers
    }
}
