//! Build tags and their history.
//!
//! Every change of a tag has an event, and so has every repo: a repo holds what was tagged up to its
//! event.

use super::ids::{EventId, TagId, number};
use super::repo_work::{Regeneration, RepoWork};
use super::request::Work;
use super::settings::ArchSet;
use crate::farm::Repo as Constants;
use crate::time::{Millis, Timestamp};

/// One build tag.
#[derive(Clone, Debug)]
struct Tag {
    arches: ArchSet,
    /// The event of its last change.
    changed: EventId,
    /// The event of its newest repo that is ready.
    ready: Option<EventId>,
    /// The newest event that a repo was asked for in vain.
    given_up: Option<EventId>,
    /// When the manager looks whether its repo is too old.
    look_at: Option<Timestamp>,
    createrepo: RepoWork,
    builds: u64,
    /// How often a regeneration of it was begun.
    regenerations: u32,
    /// `waitrepo` tasks that look for a repo of it.
    waiters: Vec<u32>,
}

/// All tags, and when each event was.
#[derive(Clone, Debug, Default)]
pub(super) struct Tags {
    all: Vec<Tag>,
    /// When each event was, in order.
    events: Vec<Timestamp>,
}

impl Tags {
    pub(super) fn new_event(&mut self, now: Timestamp) -> EventId {
        self.events.push(now);
        self.last_event()
    }

    pub(super) fn last_event(&self) -> EventId {
        EventId(number(self.events.len()))
    }

    /// Returns when the event after one was.
    pub(super) fn time_after(&self, event: EventId) -> Timestamp {
        self.events[event.0 as usize]
    }

    /// Adds a tag that no repo was made for yet.
    pub(super) fn add(&mut self, arches: ArchSet, createrepo: RepoWork, now: Timestamp) -> TagId {
        let changed = self.new_event(now);
        let id = TagId(number(self.all.len()));
        self.all.push(Tag {
            arches,
            changed,
            ready: None,
            given_up: None,
            look_at: None,
            createrepo,
            builds: 0,
            regenerations: 0,
            waiters: Vec::new(),
        });
        id
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = TagId> + use<> {
        (0..number(self.all.len())).map(TagId)
    }

    fn tag(&self, tag: TagId) -> &Tag {
        &self.all[tag.0 as usize]
    }

    fn tag_mut(&mut self, tag: TagId) -> &mut Tag {
        &mut self.all[tag.0 as usize]
    }

    /// Gives a tag a repo that was made before the start.
    pub(super) fn add_repo(&mut self, tag: TagId, now: Timestamp) {
        let event = self.new_event(now);
        self.tag_mut(tag).ready = Some(event);
    }

    /// Changes a tag: repos made before are no longer what it holds.
    pub(super) fn change(&mut self, tag: TagId, now: Timestamp) -> EventId {
        let event = self.new_event(now);
        self.tag_mut(tag).changed = event;
        event
    }

    /// Tags a build.
    pub(super) fn add_build(&mut self, tag: TagId, now: Timestamp) -> EventId {
        self.tag_mut(tag).builds += 1;
        self.change(tag, now)
    }

    pub(super) fn arches_of(&self, tag: TagId) -> ArchSet {
        self.tag(tag).arches
    }

    pub(super) fn set_arches(&mut self, tag: TagId, arches: ArchSet) {
        self.tag_mut(tag).arches = arches;
    }

    pub(super) fn last_change(&self, tag: TagId) -> EventId {
        self.tag(tag).changed
    }

    pub(super) fn has_ready(&self, tag: TagId, least: EventId) -> bool {
        self.tag(tag).ready.is_some_and(|ready| ready >= least)
    }

    /// Returns the newest event that a repo is ready for, or was asked for in vain.
    pub(super) fn newest_tried(&self, tag: TagId) -> Option<EventId> {
        let tag = self.tag(tag);
        tag.ready.max(tag.given_up)
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
        EventId(number(base)).min(self.last_change(tag))
    }

    /// Begins a regeneration; returns its number, from 1.
    pub(super) fn regenerate(&mut self, tag: TagId) -> u32 {
        let regenerations = &mut self.tag_mut(tag).regenerations;
        *regenerations += 1;
        *regenerations
    }

    /// Returns what the `createrepo` task for one arch comes to, as the tag is now.
    pub(super) fn createrepo(&self, tag: TagId, number: u32, arch: u32) -> Work {
        let tag = self.tag(tag);
        tag.createrepo.of(Regeneration { number, arch, builds: tag.builds })
    }

    /// A repo of an event is ready.
    pub(super) fn made(&mut self, tag: TagId, event: EventId) {
        let ready = &mut self.tag_mut(tag).ready;
        *ready = (*ready).max(Some(event));
    }

    /// A repo of an event could not be made, and is not tried again.
    pub(super) fn give_up(&mut self, tag: TagId, event: EventId) {
        let given_up = &mut self.tag_mut(tag).given_up;
        *given_up = (*given_up).max(Some(event));
    }

    pub(super) fn waiters(&self, tag: TagId) -> &[u32] {
        &self.tag(tag).waiters
    }

    /// Notes that a `waitrepo` task looks for a repo; returns whether it did not before.
    pub(super) fn add_waiter(&mut self, tag: TagId, task: u32) -> bool {
        let waiters = &mut self.tag_mut(tag).waiters;
        let is_new = !waiters.contains(&task);
        if is_new {
            waiters.push(task);
        }
        is_new
    }

    pub(super) fn forget_waiter(&mut self, tag: TagId, task: u32) {
        self.tag_mut(tag).waiters.retain(|&waiter| waiter != task);
    }

    /// Plans a look at a tag, if no earlier one is planned; returns whether it was.
    pub(super) fn plan_look(&mut self, tag: TagId, time: Timestamp) -> bool {
        let planned = &mut self.tag_mut(tag).look_at;
        let is_earlier = planned.is_none_or(|earlier| time < earlier);
        if is_earlier {
            *planned = Some(time);
        }
        is_earlier
    }

    /// Notes that the planned look happens.
    pub(super) fn look(&mut self, tag: TagId) {
        self.tag_mut(tag).look_at = None;
    }
}
