//! Repos that an orchestrator makes itself: no task, no builder and no queue, and gone where it
//! crashes meanwhile.

use std::collections::BTreeSet;

use super::{Job, JobState, ModuleIx, OnHub, Order, What};
use crate::time::Timestamp;

/// Those under way.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnRepos {
    /// By the moment at which each ends.
    ends: BTreeSet<(Timestamp, u32)>,
    /// Those that cannot succeed: they began while repos could not be made, or drew so.
    doomed: BTreeSet<u32>,
    cannot_be_made: bool,
}

impl OwnRepos {
    /// Begins one; where it is not `is_ok`, it cannot succeed.
    fn begin(&mut self, job: Job, end: Timestamp, is_ok: bool) {
        self.ends.insert((end, job.0));
        if self.cannot_be_made || !is_ok {
            self.doomed.insert(job.0);
        }
    }

    /// Forgets one that is lost.
    pub(super) fn lose(&mut self, job: Job, end: Timestamp) {
        self.ends.remove(&(end, job.0));
    }

    /// As for tasks: what begins from now on fails, or no longer.
    pub(super) fn fail_from_now(&mut self, is_on: bool) {
        self.cannot_be_made = is_on;
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.ends.first().map(|&(end, _)| end)
    }

    /// Takes one that ended by now, and whether it succeeded.
    fn take_ended(&mut self, now: Timestamp) -> Option<(Job, bool)> {
        let &(end, job) = self.ends.first().filter(|&&(end, _)| end <= now)?;
        self.ends.remove(&(end, job));
        Some((Job(job), !self.doomed.contains(&job)))
    }
}

impl OnHub<'_> {
    /// Begins the repo of a module, drawn as koji's `createrepo` task of it would be.
    pub(super) fn begin_own_repo(&mut self, job: Job, module: ModuleIx) {
        let work = self.last_repo(module);
        let end = self.now + work.run;
        self.jobs.go_live(job, JobState::Own(end));
        self.own_repos.begin(job, end, work.is_ok);
    }

    pub(super) fn end_own_repos(&mut self) {
        while let Some((job, is_ok)) = self.own_repos.take_ended(self.now) {
            let Order::Repo { build, .. } = self.jobs.order(job) else { continue };
            self.jobs.close(job);
            self.tell(build, job, What::RepoEnded { is_ok });
        }
    }
}
