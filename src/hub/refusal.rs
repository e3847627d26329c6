//! Builders that refuse tasks: for a while, or until the task is over.
//!
//! A builder without a handler for a method, or whose check of itself fails, refuses such a task before
//! it opens it, and for good. A handler that cannot work now, because a directory is not mounted, say,
//! refuses for a while; a task that a builder let wait too long is refused for it the same way.

use std::collections::BTreeMap;

use super::Hub;
use super::task::NEVER;
use crate::time::Timestamp;

/// Who refused which task, and until when.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    by_task: BTreeMap<u32, Refused>,
}

/// Who refused one task; both lists go together.
#[derive(Clone, Debug, Default)]
struct Refused {
    builders: Vec<u32>,
    until: Vec<Timestamp>,
}

impl Refusals {
    pub(super) fn add(&mut self, task: u32, builder: u32, until: Timestamp) {
        let refused = self.by_task.entry(task).or_default();
        refused.builders.push(builder);
        refused.until.push(until);
    }

    /// Leaves out what holds no more.
    pub(super) fn drop_ended(&mut self, now: Timestamp) {
        self.by_task.retain(|_, refused| {
            let builders = refused.builders.iter().zip(&refused.until);
            refused.builders =
                builders.filter(|(_, until)| **until >= now).map(|(at, _)| *at).collect();
            refused.until.retain(|until| *until >= now);
            !refused.builders.is_empty()
        });
    }

    /// Forgets a task that is over.
    pub(super) fn forget(&mut self, task: u32) {
        self.by_task.remove(&task);
    }

    /// Returns who refuses a task.
    pub(super) fn of(&self, task: u32) -> &[u32] {
        self.by_task.get(&task).map_or(&[], |refused| &refused.builders)
    }

    /// Returns whether a builder refuses a task until it is over.
    pub(super) fn is_for_good(&self, task: u32, builder: u32) -> bool {
        let Some(refused) = self.by_task.get(&task) else { return false };
        let mut both = refused.builders.iter().zip(&refused.until);
        both.any(|(&at, &until)| at == builder && until == NEVER)
    }

    /// Returns when the first of them holds no more.
    pub(super) fn first_end(&self) -> Timestamp {
        let ends = self.by_task.values().flat_map(|refused| &refused.until);
        ends.copied().min().unwrap_or(NEVER)
    }
}

impl Hub {
    /// Returns whether a builder has no handler for a task that it was given.
    pub(super) fn has_no_handler(&self, task: u32, at: u32) -> bool {
        let settings = &self.builders[at].settings;
        settings.refuses_until.is_none() && settings.refuses.has(self.tasks[task].method)
    }

    /// Returns until when the handler of a builder refuses a task now.
    pub(super) fn refused_by_handler(&self, task: u32, at: u32) -> Option<Timestamp> {
        let settings = &self.builders[at].settings;
        let now = self.now();
        let refuses = settings.refuses_until.is_some_and(|until| now < Timestamp(until.0))
            && settings.refuses.has(self.tasks[task].method);
        refuses.then(|| now + self.settings.hub.soft_refusal_timeout)
    }

    /// Frees a task that a builder refuses: the scheduler passes that builder over.
    pub(super) fn refuse(&mut self, task: u32, at: u32, until: Timestamp) {
        self.log.count();
        self.dispatch.refusals.add(task, at, until);
        self.free_task(task);
    }
}
