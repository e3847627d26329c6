//! The circuit breaker: too many failures stop a run before it fails everything.
//!
//! It counts builds that ended since the last start of a process, so a run that somebody resumes does not
//! stop again for the failures that they have seen. Whatever restarts a run in a loop gets no further than
//! [`FailuresMax::from`] builds each time.

use std::collections::BTreeSet;

use super::limits::FailuresMax;
use super::memory::Part;

/// The builds that ended.
#[derive(Clone, Debug)]
pub(super) struct Breaker {
    max: FailuresMax,
    /// Each try counts once: an end may be heard twice.
    ended: BTreeSet<Part>,
    failed: u32,
}

/// Builds of which too many failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failures {
    /// How many failed, were canceled or were refused.
    pub(super) failed: u32,
    /// How many ended.
    pub(super) ended: u32,
}

impl Breaker {
    pub(super) fn new(max: FailuresMax) -> Self {
        Self { max, ended: BTreeSet::new(), failed: 0 }
    }

    /// A process started: it counts anew.
    pub(super) fn restarted(&mut self) {
        self.ended.clear();
        self.failed = 0;
    }

    /// A try ended.
    pub(super) fn ended(&mut self, part: Part, is_ok: bool) {
        if self.ended.insert(part) && !is_ok {
            self.failed += 1;
        }
    }

    /// Returns the failures, once there are too many.
    pub(super) fn tripped(&self) -> Option<Failures> {
        let ended = u32::try_from(self.ended.len()).unwrap_or(u32::MAX);
        let share = f64::from(self.failed) / f64::from(ended.max(1));
        let is_tripped = ended >= self.max.from && share > self.max.share;
        is_tripped.then_some(Failures { failed: self.failed, ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{BuildId, ComponentIx};

    fn part(component: u32) -> Part {
        Part { build: BuildId(0), component: ComponentIx(component), attempt: 1 }
    }

    fn after(ends: &str) -> Option<Failures> {
        let mut breaker = Breaker::new(FailuresMax { share: 0.25, from: 4 });
        for (at, end) in (0..).zip(ends.chars()) {
            breaker.ended(part(at), end == '+');
        }
        breaker.tripped()
    }

    #[test]
    fn it_trips_when_enough_builds_ended_and_more_than_the_share_failed() {
        assert_eq!(after(""), None);
        assert_eq!(after("---"), None, "three are too few to tell");
        assert_eq!(after("+++-"), None, "a quarter is allowed");
        assert_eq!(after("++--"), Some(Failures { failed: 2, ended: 4 }));
        assert_eq!(after("--++++++"), None, "it heals, unless the run was stopped");
    }

    #[test]
    fn an_end_that_is_heard_twice_counts_once_and_a_new_process_counts_anew() {
        let mut breaker = Breaker::new(FailuresMax { share: 0.25, from: 2 });
        breaker.ended(part(1), false);
        breaker.ended(part(1), false);
        assert_eq!(breaker.tripped(), None);
        breaker.ended(Part { attempt: 2, ..part(1) }, false);
        assert_eq!(breaker.tripped(), Some(Failures { failed: 2, ended: 2 }));
        breaker.restarted();
        assert_eq!(breaker.tripped(), None);
        breaker.ended(part(2), false);
        assert_eq!(breaker.tripped(), None, "the old failures are seen");
    }
}
