//! How far each module build and each component of it is.

use super::OrchestratorOwned;
use crate::orchestrate::spread::Cause;
use crate::orchestrate::{BuildId, ComponentIx, ModuleIx, Progress, TaskId};
use crate::time::Timestamp;

/// What is known of a module over all its builds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standings {
    /// Builds that continue without people.
    pub(super) live: u32,
    pub(super) newest: Option<BuildId>,
    /// Under the coalesced cascade: why another build follows the live one; empty where none does.
    pub(super) again: Vec<Cause>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ModuleBuild {
    pub(super) module: ModuleIx,
    pub(super) state: State,
    pub(super) progress: Progress,
    /// Where its components begin in `parts`.
    pub(super) first_part: u32,
    /// Components that are built again though the walk over the module is past them.
    pub(super) redone: u32,
    /// Which test of the module counts, from 1.
    pub(super) round: u32,
    /// The test that its publication asked for; a later one was asked for by itself.
    pub(super) published: u32,
    pub(super) since: Timestamp,
    pub(super) test_tries: u32,
    /// Tries of the repo that failed, since what it is made of was built.
    pub(super) repo_tries: u32,
    /// The last try over the whole build, from 1.
    pub(super) repo_attempt: u32,
    /// koji's task of that try, once koji said so, until the try is over.
    pub(super) repo_task: Option<TaskId>,
    pub(super) tests_due_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Fetching,
    Preparing,
    Building,
    Repo,
    Testing,
    Stuck,
    Passed,
    Failed,
}

impl State {
    pub(super) fn is_live(self) -> bool {
        !matches!(self, Self::Stuck | Self::Passed | Self::Failed)
    }

    pub(super) fn is_open(self) -> bool {
        !matches!(self, Self::Passed | Self::Failed)
    }
}

/// One component of one module build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) attempt: u32,
    /// koji's task of this attempt, once koji said so.
    pub(super) task: Option<TaskId>,
    /// Attempts that failed since somebody last repaired it.
    pub(super) failures: u16,
    pub(super) state: PartState,
    pub(super) is_redone: bool,
}

/// The test of one component of one module build that is awaited. Apart from [`Part`]: without a
/// gate nobody reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Awaited {
    pub(super) since: Timestamp,
    pub(super) tries: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PartState {
    #[default]
    Waiting,
    Ready,
    Submitted,
    Testing,
    Rejected,
    Tagging,
    Done,
    Failed,
}

impl OrchestratorOwned {
    pub(super) fn state(&self, build: BuildId) -> Option<State> {
        self.builds.get(build.0 as usize).map(|build| build.state)
    }

    /// Returns a module build that is known to exist.
    pub(super) fn build(&mut self, build: BuildId) -> &mut ModuleBuild {
        &mut self.builds[build.0 as usize]
    }

    /// Returns a component of a module build, both known to exist.
    pub(super) fn part(&mut self, build: BuildId, component: ComponentIx) -> &mut Part {
        let at = self.part_at(build, component);
        &mut self.parts[at]
    }

    /// Returns the position of a component of a module build in `parts`.
    pub(super) fn part_at(&self, build: BuildId, component: ComponentIx) -> usize {
        let entry = &self.builds[build.0 as usize];
        let first = self.catalog.module(entry.module).components.start;
        (entry.first_part + component.0 - first) as usize
    }

    /// Returns the test of a component of a module build, both known to exist, at its gate.
    pub(super) fn awaited(&mut self, build: BuildId, component: ComponentIx) -> &mut Awaited {
        let at = self.part_at(build, component);
        &mut self.awaited[at]
    }

    /// Returns the position in `parts` of the component that an event is about, if it belongs to a
    /// known module build.
    pub(super) fn find_part(&self, build: BuildId, component: ComponentIx) -> Option<usize> {
        let entry = self.builds.get(build.0 as usize)?;
        let components = &self.catalog.module(entry.module).components;
        let is_of_it = components.contains(&component.0);
        is_of_it.then(|| (entry.first_part + component.0 - components.start) as usize)
    }

    pub(super) fn set_state(&mut self, build: BuildId, state: State) {
        let entry = &mut self.builds[build.0 as usize];
        let (before, module) = (entry.state, entry.module);
        entry.state = state;
        if before == State::Repo && state != State::Repo {
            self.task_of_repo(build, None);
        }
        let standings = &mut self.modules[module.index()];
        standings.live = standings.live + u32::from(state.is_live()) - u32::from(before.is_live());
        self.open = self.open + u32::from(state.is_open()) - u32::from(before.is_open());
    }
}
