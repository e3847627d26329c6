//! Tags, repos and their regeneration.
//!
//! Every change of a tag has an event, and so has every repo: a repo holds what was tagged up to its
//! event. A request for a repo is met at once by one that is new enough; else it joins one under way,
//! or waits for the repo manager, which looks every 15 s and has `newRepo` tasks made, ten at most.

use super::repo_work::{Regeneration, RepoWork};
use super::settings::ArchSet;
use super::task::{Job, NEVER, Task, WaitRepo, Work};
use super::{Happened, Hub, Kind, Method, Stamp, TaskArch};
use crate::farm::Repo as Constants;
use crate::koji::TaskState;
use crate::time::{Millis, Timestamp};

/// A build tag: what is built in it sees what is tagged into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId(pub u32);

/// A request for a repo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// A place in the history of all tags, from 1; 0: before everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u32);

#[derive(Clone, Debug)]
pub(super) struct Tag {
    arches: ArchSet,
    /// The event of its last change.
    changed: EventId,
    /// The event of its newest repo that is ready.
    pub(super) ready: Option<EventId>,
    /// The newest event that a repo was asked for in vain.
    pub(super) given_up: Option<EventId>,
    /// When the manager looks whether its repo is too old.
    pub(super) look_at: Option<Timestamp>,
    createrepo: RepoWork,
    builds: u64,
    /// How often a regeneration of it was begun.
    regenerations: u32,
    waiters: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestState {
    Queued,
    UnderWay { task: u32 },
    Met,
    GivenUp,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    tag: TagId,
    pub(super) least: EventId,
    priority: i32,
    tries: u32,
    state: RequestState,
}

/// When the repo manager's two threads look first.
#[derive(Clone, Copy, Debug)]
pub(super) struct ManagerPhases {
    pub(super) queue: Millis,
    pub(super) autoregen: Millis,
}

/// All tags and requests.
#[derive(Clone, Debug)]
pub(super) struct Repos {
    tags: Vec<Tag>,
    requests: Vec<Request>,
    /// Requests that are neither met nor given up.
    active: Vec<u32>,
    in_flight: u32,
    /// When each event was, in order.
    events: Vec<Timestamp>,
    /// How many repos were made.
    made: u64,
    pub(super) phases: ManagerPhases,
    manager_at: Option<Timestamp>,
}

impl Repos {
    pub(super) fn new(phases: ManagerPhases) -> Self {
        Self {
            tags: Vec::new(),
            requests: Vec::new(),
            active: Vec::new(),
            in_flight: 0,
            events: Vec::new(),
            made: 0,
            phases,
            manager_at: None,
        }
    }

    pub(super) fn new_event(&mut self, now: Timestamp) -> EventId {
        self.events.push(now);
        EventId(u32::try_from(self.events.len()).expect("events are numbered by u32"))
    }

    pub(super) fn arches_of(&self, tag: TagId) -> ArchSet {
        self.tags[tag.0 as usize].arches
    }

    /// Returns what the `createrepo` task for one arch comes to, as the tag is now.
    pub(super) fn createrepo(&self, tag: TagId, number: u32, arch: u32) -> Work {
        let tag = &self.tags[tag.0 as usize];
        tag.createrepo.of(Regeneration { number, arch, builds: tag.builds })
    }

    pub(super) fn tag(&self, tag: TagId) -> &Tag {
        &self.tags[tag.0 as usize]
    }

    pub(super) fn tag_mut(&mut self, tag: TagId) -> &mut Tag {
        &mut self.tags[tag.0 as usize]
    }

    pub(super) fn tag_ids(&self) -> impl Iterator<Item = TagId> + use<> {
        (0..u32::try_from(self.tags.len()).expect("tags are numbered by u32")).map(TagId)
    }

    /// Returns the requests for repos of a tag that are neither met nor given up.
    pub(super) fn active_of(&self, tag: TagId) -> impl Iterator<Item = &Request> {
        let active = self.active.iter().map(|&at| &self.requests[at as usize]);
        active.filter(move |request| request.tag == tag)
    }

    /// Returns when the event after one was.
    pub(super) fn time_after(&self, event: EventId) -> Timestamp {
        self.events[event.0 as usize]
    }

    pub(super) fn last_change(&self, tag: TagId) -> EventId {
        self.tags[tag.0 as usize].changed
    }

    pub(super) fn has_ready(&self, tag: TagId, least: EventId) -> bool {
        self.tags[tag.0 as usize].ready.is_some_and(|ready| ready >= least)
    }

    /// Returns the least event of a repo that a plain build accepts.
    pub(super) fn least_lagging(&self, tag: TagId, now: Timestamp, repo: &Constants) -> EventId {
        self.least_of_age(tag, now, (repo.lag, repo.lag_window))
    }

    /// Returns the least event of a repo that may be so old: the last one before a moment that long
    /// ago, rounded down to a window, or the tag's last change, whichever is older.
    pub(super) fn least_of_age(
        &self,
        tag: TagId,
        now: Timestamp,
        (lag, window): (Millis, Millis),
    ) -> EventId {
        let then = now.0.saturating_sub(lag.0) / window.0 * window.0;
        let base = self.events.partition_point(|time| time.0 < then);
        let base = EventId(u32::try_from(base).expect("events are numbered by u32"));
        base.min(self.last_change(tag))
    }

    pub(super) fn forget_waiter(&mut self, tag: TagId, task: u32) {
        self.tags[tag.0 as usize].waiters.retain(|&waiter| waiter != task);
    }
}

impl Hub {
    /// Adds a tag that no repo was made for yet.
    pub fn add_tag(&mut self, arches: ArchSet, createrepo: impl Into<RepoWork>) -> TagId {
        let changed = self.repos.new_event(self.passed.time);
        let id = u32::try_from(self.repos.tags.len()).expect("tags are numbered by u32");
        self.repos.tags.push(Tag {
            arches,
            changed,
            ready: None,
            given_up: None,
            look_at: None,
            createrepo: createrepo.into(),
            builds: 0,
            regenerations: 0,
            waiters: Vec::new(),
        });
        self.call_autoregen(TagId(id));
        TagId(id)
    }

    /// Gives a tag a repo that was made before the start.
    pub fn add_repo(&mut self, tag: TagId) {
        let event = self.repos.new_event(self.passed.time);
        self.repos.tags[tag.0 as usize].ready = Some(event);
    }

    /// Asks for a repo with all that is tagged by now; the answer is a notice, at once where there is
    /// one already.
    pub fn request_repo(&mut self, tag: TagId) -> RequestId {
        self.request_repo_since(tag, self.repos.last_change(tag))
    }

    /// Asks for a repo with all that was tagged up to an event.
    pub fn request_repo_since(&mut self, tag: TagId, least: EventId) -> RequestId {
        let priority = self.settings.hub.priority;
        let request = self.ask(tag, least, priority);
        if self.repos.requests[request as usize].state == RequestState::Met {
            self.say(Happened::RepoDone { request: RequestId(request) });
        }
        RequestId(request)
    }

    /// Returns the request that stands for this one: a repo that is there, one under way that will
    /// do, or a new one.
    pub(super) fn ask(&mut self, tag: TagId, least: EventId, priority: i32) -> u32 {
        let repos = &mut self.repos;
        let is_met = repos.has_ready(tag, least);
        let joins = |&&at: &&u32| {
            let request = &repos.requests[at as usize];
            request.tag == tag && request.least >= least
        };
        // The first of the queue; a `newRepo` task that is there keeps its own priority.
        let place = |&&at: &&u32| (repos.requests[at as usize].priority, at);
        if !is_met && let Some(&at) = repos.active.iter().filter(joins).min_by_key(place) {
            let request = &mut repos.requests[at as usize];
            request.priority = request.priority.min(priority);
            return at;
        }
        let at = u32::try_from(repos.requests.len()).expect("requests are numbered by u32");
        let state = if is_met { RequestState::Met } else { RequestState::Queued };
        repos.requests.push(Request { tag, least, priority, tries: 0, state });
        if !is_met {
            repos.active.push(at);
            self.call_manager();
        }
        at
    }

    /// Has the repo manager look at its next turn, since there is something in its queue.
    pub(super) fn call_manager(&mut self) {
        let queued = |&at: &u32| self.repos.requests[at as usize].state == RequestState::Queued;
        let is_full = self.repos.in_flight >= self.settings.repo.tasks_max;
        let is_literal = self.settings.polling == super::Polling::Literal;
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

    fn make_repo(&mut self, at: u32) {
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
    pub(super) fn repo_ended(&mut self, task: u32, of: (TagId, EventId), state: TaskState) {
        let (tag, event) = of;
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

    /// Returns how many repos were made so far.
    #[must_use]
    pub fn regenerations(&self) -> u64 {
        self.repos.made
    }

    /// The result of a task is tagged.
    pub(super) fn tagged(&mut self, tag: TagId, task: u32) {
        let event = self.repos.new_event(self.passed.time);
        self.tasks[task as usize].tagged = Some(event);
        let entry = &mut self.repos.tags[tag.0 as usize];
        entry.changed = event;
        entry.builds += 1;
        self.call_autoregen(tag);
    }

    /// A `waitrepo` task looks whether its repo is there.
    pub(super) fn look(&mut self, task: u32) {
        let entry = &self.tasks[task as usize];
        let (Job::WaitRepo(mut wait), TaskState::Open) = (entry.job.clone(), entry.state) else {
            return;
        };
        let now = self.now();
        let since = now - entry.opened;
        // One that was freed and opened again looks at other moments than before.
        let is_its_moment = since.0.is_multiple_of(self.settings.repo.wait_poll.0);
        if self.builders[entry.builder as usize].is_lost || !is_its_moment {
            return;
        }
        if self.is_offline {
            self.hold(Kind::Look, task);
            return;
        }
        self.events += 1;
        let state = self.look_for(&mut wait);
        self.tasks[task as usize].job = Job::WaitRepo(wait);
        match state {
            RequestState::Met => self.finish(task, TaskState::Closed),
            RequestState::GivenUp => self.finish(task, TaskState::Failed),
            RequestState::Queued | RequestState::UnderWay { .. } => {
                if since >= self.settings.repo.wait_timeout {
                    self.finish(task, TaskState::Failed);
                } else {
                    self.wait_on(task, wait);
                }
            }
        }
    }

    fn look_for(&mut self, wait: &mut WaitRepo) -> RequestState {
        let request = wait.request.unwrap_or_else(|| {
            let least = wait.least.unwrap_or_else(|| self.repos.last_change(wait.tag));
            self.ask(wait.tag, least, self.settings.hub.priority)
        });
        wait.request = Some(request);
        self.repos.requests[request as usize].state
    }

    /// Looks again when there is news, and when the time to give up has come.
    fn wait_on(&mut self, task: u32, wait: WaitRepo) {
        let waiters = &mut self.repos.tags[wait.tag.0 as usize].waiters;
        if !waiters.contains(&task) {
            waiters.push(task);
            let limit = self.settings.repo.wait_timeout.0.div_ceil(self.settings.repo.wait_poll.0);
            let last = Millis(limit.saturating_mul(self.settings.repo.wait_poll.0));
            let time = self.tasks[task as usize].opened + last;
            self.push(Stamp { time, kind: Kind::Look, index: task });
        }
        if self.settings.polling == super::Polling::Literal {
            self.plan_look(task);
        }
    }

    fn call_waiters(&mut self, tag: TagId) {
        for task in self.repos.tags[tag.0 as usize].waiters.clone() {
            self.plan_look(task);
        }
    }

    pub(super) fn plan_look(&mut self, task: u32) {
        let opened = self.tasks[task as usize].opened;
        if opened == NEVER {
            return;
        }
        let is_past = |time| Stamp { time, kind: Kind::Look, index: task } <= self.passed;
        let time = next_of(opened, self.settings.repo.wait_poll, is_past, self.passed.time);
        self.push(Stamp { time, kind: Kind::Look, index: task });
    }
}

/// Returns the first moment of a lattice, from `from` on, that is not past.
pub(super) fn next_of(
    anchor: Timestamp,
    every: Millis,
    is_past: impl Fn(Timestamp) -> bool,
    from: Timestamp,
) -> Timestamp {
    let steps = (from - anchor).0.div_ceil(every.0);
    let time = anchor + Millis(steps * every.0);
    if is_past(time) { time + every } else { time }
}
