//! Builds of components in koji, and what each task of the hub belongs to.

use super::small;
use crate::orchestrate::{BuildId, ComponentEnd, ComponentIx};
use crate::sim::koji::Job;
use crate::time::Millis;

/// One component build in koji.
#[derive(Clone, Copy, Debug)]
pub(super) struct ComponentRun {
    pub(super) job: Job,
    pub(super) build: BuildId,
    pub(super) component: ComponentIx,
    /// Which of its builds it is over the run, from 1.
    pub(super) nth: u32,
    pub(super) busy: Millis,
    /// Whether a task of it had a builder and lost it.
    pub(super) had_builder: bool,
    pub(super) end: Option<ComponentEnd>,
}

/// What a task of the hub belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Component(u32),
    Macros(Job),
}

/// Every component build of a run, and who owns which tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct ComponentBook {
    runs: Vec<ComponentRun>,
    owners: Vec<Owner>,
}

impl ComponentBook {
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.owners.clear();
    }

    /// Adds the build of a component; returns the name that its tasks carry.
    pub(super) fn add(&mut self, run: ComponentRun) -> u32 {
        self.runs.push(run);
        self.own(Owner::Component(small(self.runs.len() - 1)))
    }

    /// Adds an owner of tasks; returns the name that they carry.
    pub(super) fn own(&mut self, owner: Owner) -> u32 {
        self.owners.push(owner);
        small(self.owners.len() - 1)
    }

    pub(super) fn owner(&self, subject: u32) -> Owner {
        self.owners[subject as usize]
    }

    pub(super) fn run(&self, run: u32) -> ComponentRun {
        self.runs[run as usize]
    }

    /// Notes that a task of a build had a builder and lost it.
    pub(super) fn lose_builder(&mut self, run: u32) {
        self.runs[run as usize].had_builder = true;
    }

    /// Adds builder time to a build; returns how the build ended, where it did.
    pub(super) fn add_busy(&mut self, run: u32, busy: Millis) -> Option<ComponentEnd> {
        let run = &mut self.runs[run as usize];
        run.busy += busy;
        run.end
    }

    /// Ends a build, and returns it.
    pub(super) fn end(&mut self, run: u32, end: ComponentEnd) -> ComponentRun {
        let run = &mut self.runs[run as usize];
        run.end = Some(end);
        *run
    }
}
