//! Tags, repos and their regeneration.
//!
//! Every change of a tag has an event, and so has every repo: a repo holds what was tagged up to its
//! event. A request for a repo is met at once by one that is new enough; else it joins one under way,
//! or waits for the repo manager.

use super::repo_work::{Regeneration, RepoWork};
use super::request::Work;
use super::settings::ArchSet;
use super::{Happened, Hub};
use crate::farm::Repo as Constants;
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
    pub(super) arches: ArchSet,
    /// The event of its last change.
    pub(super) changed: EventId,
    /// The event of its newest repo that is ready.
    pub(super) ready: Option<EventId>,
    /// The newest event that a repo was asked for in vain.
    pub(super) given_up: Option<EventId>,
    /// When the manager looks whether its repo is too old.
    pub(super) look_at: Option<Timestamp>,
    createrepo: RepoWork,
    builds: u64,
    /// How often a regeneration of it was begun.
    pub(super) regenerations: u32,
    pub(super) waiters: Vec<u32>,
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
    pub(super) tag: TagId,
    pub(super) least: EventId,
    pub(super) priority: i32,
    pub(super) tries: u32,
    pub(super) state: RequestState,
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
    pub(super) tags: Vec<Tag>,
    pub(super) requests: Vec<Request>,
    /// Requests that are neither met nor given up.
    pub(super) active: Vec<u32>,
    /// How many `newRepo` tasks are not over.
    pub(super) in_flight: u32,
    /// When each event was, in order.
    events: Vec<Timestamp>,
    /// How many repos were made.
    pub(super) made: u64,
    pub(super) phases: ManagerPhases,
    /// When the manager looks at its queue next.
    pub(super) manager_at: Option<Timestamp>,
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

    pub(super) fn last_event(&self) -> EventId {
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
        self.least_of_age(tag, now, repo.lag, repo.lag_window)
    }

    /// Returns the least event of a repo that may be so old: the last one before a moment that long
    /// ago, rounded down to a window, or the tag's last change, whichever is older.
    pub(super) fn least_of_age(
        &self,
        tag: TagId,
        now: Timestamp,
        lag: Millis,
        window: Millis,
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
