//! Regeneration of repos without a request (`repo.auto`): the repo manager's other thread.
//!
//! It asks for a repo of every tag whose repo is older than an age allows, with less priority than
//! others ask. Looks that ask for nothing are left out: when a tag's repo becomes too old follows from
//! the first event that it lacks.

use super::stamp::next_of;
use super::{EventId, Hub, Kind, Polling, Stamp, TagId};
use crate::time::Timestamp;

impl Hub {
    /// Plans the first look at which a tag's repo is too old.
    pub(super) fn call_autoregen(&mut self, tag: TagId) {
        if !self.settings.repo.auto || self.outage.is_offline() {
            return;
        }
        let due = match self.settings.polling {
            Polling::Literal => Some(self.now()),
            Polling::Skipped => self.too_old_from(tag),
        };
        let Some(due) = due else { return };
        let index = tag.0;
        let is_past = |time| self.agenda.is_past(Stamp { time, kind: Kind::AutoRegen, index });
        let phase = self.phases.autoregen;
        let from = due.max(self.now()).max(phase);
        let time = next_of(phase, self.settings.repo.auto_interval, is_past, from);
        if self.tags.plan_look(tag, time) {
            self.agenda.push(Stamp { time, kind: Kind::AutoRegen, index });
        }
    }

    pub(super) fn call_autoregen_of_all(&mut self) {
        for tag in self.tags.ids() {
            self.call_autoregen(tag);
        }
    }

    /// The manager looks at a tag.
    pub(super) fn look_after(&mut self, tag: TagId) {
        self.tags.look(tag);
        if self.outage.is_offline() {
            return;
        }
        self.log.count();
        let repo = &self.settings.repo;
        let least = self.tags.least_of_age(tag, self.now(), repo.auto_lag, repo.lag_window);
        if self.newest_wanted(tag).is_none_or(|newest| newest < least) {
            let priority = self.settings.hub.priority.saturating_add(repo.auto_priority);
            self.ask(tag, least, priority);
        }
        self.call_autoregen(tag);
    }

    /// Returns the moment from which a repo that is there or asked for is too old; `None` while it
    /// has all that is in the tag.
    fn too_old_from(&self, tag: TagId) -> Option<Timestamp> {
        let Some(newest) = self.newest_wanted(tag) else { return Some(self.now()) };
        if newest >= self.tags.last_change(tag) {
            return None;
        }
        let repo = &self.settings.repo;
        let lacked = self.tags.time_after(newest);
        let window = lacked.0 / repo.lag_window.0 + 1;
        let age = repo.auto_lag.0.saturating_add(window.saturating_mul(repo.lag_window.0));
        Some(Timestamp(age))
    }

    /// Returns the event up to which a repo of a tag is there, is asked for, or was asked for in
    /// vain: koji's manager would ask again for ever for one that cannot be made, here it waits for
    /// a change.
    fn newest_wanted(&self, tag: TagId) -> Option<EventId> {
        self.repos.wanted(tag).chain(self.tags.newest_tried(tag)).max()
    }
}
