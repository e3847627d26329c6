//! Faults of the hub that the scenario lists under `hub_faults`: of the connection to it, and of
//! its data.

use std::collections::BTreeMap;

use super::{Mock, index};
use crate::koji::BuildState;
use crate::scenario::{HubFault, HubFaultKind};
use crate::time::{Millis, Timestamp};

/// The faults; momentary ones are separate.
#[derive(Clone, Debug, Default)]
pub(super) struct HubFaults {
    all: Vec<HubFault>,
    /// Of a moment, last first.
    moments: Vec<HubFault>,
}

impl HubFaults {
    pub(super) fn of(all: &[HubFault]) -> Self {
        let is_moment = |fault: &&HubFault| {
            matches!(
                fault.kind,
                HubFaultKind::SessionsExpired
                    | HubFaultKind::TasksCanceled
                    | HubFaultKind::BuildExists
            )
        };
        let mut moments: Vec<HubFault> = all.iter().filter(is_moment).cloned().collect();
        moments.sort_by_key(|fault| std::cmp::Reverse(fault.at));
        Self { all: all.to_vec(), moments }
    }

    /// Returns the time of the next momentary fault.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.moments.last().map(|fault| Timestamp(fault.at.0))
    }

    fn is_on(&self, now: Timestamp, is_it: impl Fn(&HubFault) -> bool) -> bool {
        self.all.iter().any(|fault| fault.is_on(Millis(now.0)) && is_it(fault))
    }
}

/// What the connection does to a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) is_request_lost: bool,
    pub(super) is_answer_lost: bool,
    pub(super) is_doubled: bool,
    /// In simulated time.
    pub(super) delay: Millis,
}

/// The number of requests seen by each fault of the connection.
#[derive(Clone, Debug, Default)]
pub(super) struct WireCounts(BTreeMap<usize, u32>);

impl WireCounts {
    /// Counts a request, and returns what the connection does to it.
    pub(super) fn trouble(&mut self, mock: &Mock, now: Timestamp, method: &str) -> Trouble {
        let mut trouble = Trouble::default();
        for (at, fault) in mock.hub_faults.all.iter().enumerate() {
            let is_of_method = fault.method.as_deref().is_none_or(|known| known == method);
            if !fault.kind.is_of_wire() || !is_of_method || !fault.is_on(Millis(now.0)) {
                continue;
            }
            let count = self.0.entry(at).or_default();
            *count += 1;
            if !count.is_multiple_of(fault.every) {
                continue;
            }
            match fault.kind {
                HubFaultKind::RequestsLost => trouble.is_request_lost = true,
                HubFaultKind::AnswersLost => trouble.is_answer_lost = true,
                HubFaultKind::CallsDoubled => trouble.is_doubled = true,
                HubFaultKind::CallsDelayed => trouble.delay = trouble.delay.max(fault.delay),
                HubFaultKind::SessionsExpired
                | HubFaultKind::TasksCanceled
                | HubFaultKind::BuildExists
                | HubFaultKind::PackageBlocked
                | HubFaultKind::TagLocked => {}
            }
        }
        trouble
    }
}

impl Mock {
    /// Carries out every due momentary fault.
    pub(super) fn break_hub(&mut self, now: Timestamp) {
        let is_due = |fault: &mut HubFault| fault.at.0 <= now.0;
        while let Some(fault) = self.hub_faults.moments.pop_if(is_due) {
            match fault.kind {
                HubFaultKind::SessionsExpired => {
                    self.sessions.values_mut().for_each(|session| session.is_expired = true);
                }
                HubFaultKind::TasksCanceled => self.cancel_all(fault.method.as_deref()),
                HubFaultKind::BuildExists => self.build_before(&fault.nvr.unwrap_or_default()),
                HubFaultKind::RequestsLost
                | HubFaultKind::AnswersLost
                | HubFaultKind::CallsDelayed
                | HubFaultKind::CallsDoubled
                | HubFaultKind::PackageBlocked
                | HubFaultKind::TagLocked => {}
            }
        }
    }

    /// An admin cancels every open task without a parent, or those of one method.
    fn cancel_all(&mut self, method: Option<&str>) {
        let open: Vec<i64> = (1..)
            .zip(&self.tasks)
            .filter(|(_, task)| task.parent.is_none())
            .filter(|(_, task)| method.is_none_or(|method| task.method == method))
            .filter(|(_, task)| !self.standing(task).state.is_final())
            .map(|(id, _)| id)
            .collect();
        for task in open {
            self.cancel_tree(task);
        }
    }

    /// Another user has a build of this name, version and release.
    fn build_before(&mut self, nvr: &str) {
        let parts: Vec<&str> = nvr.rsplitn(3, '-').collect();
        let [release, version, name] = parts.as_slice() else { return };
        if self.nvrs.contains_key(nvr) {
            return;
        }
        let id = self.new_build_row(name, version, release);
        let (owner, now) = (self.manager, self.moment());
        let build = &mut self.builds[index(id)];
        build.owner = owner;
        build.state = BuildState::Complete;
        build.completed = Some(now);
    }

    pub(super) fn is_locked(&self, tag: i64) -> bool {
        let tag = self.tag(tag);
        let locks = |fault: &HubFault| {
            fault.kind == HubFaultKind::TagLocked && fault.tag.as_ref() == Some(&tag.name)
        };
        tag.is_locked || self.hub_faults.is_on(self.now, locks)
    }

    /// Returns whether the scenario blocks a package in a tag.
    pub(super) fn is_blocked_by_fault(&self, tag: i64, package: &str) -> bool {
        let tag = Some(&self.tag(tag).name);
        self.hub_faults.is_on(self.now, |fault| {
            fault.kind == HubFaultKind::PackageBlocked
                && fault.tag.as_ref() == tag
                && fault.package.as_deref() == Some(package)
        })
    }
}
