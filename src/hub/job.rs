//! What the handlers of tasks do, and how far they are.

use std::sync::Arc;

use super::ids::{EventId, TagId};
use super::request::{BuildSpec, Work};

/// Tells the children of a task apart: a parent that runs again finds those it already made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Repo,
    Srpm,
    Arch(u32),
    Tag,
    Wait(u32),
    Build(u32, u32),
}

/// What a handler does.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Leaf { work: Work, tags: Option<TagId> },
    Build { spec: Arc<BuildSpec>, step: BuildStep },
    Levels(Levels),
    WaitRepo(WaitRepo),
    NewRepo { tag: TagId, number: u32, event: EventId, is_begun: bool },
    DistRepo { arches: Vec<Work>, is_begun: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BuildStep {
    Start,
    Repo,
    Srpm,
    Arches,
    Tag,
}

/// A chain build or a module build.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    pub(super) tag: TagId,
    pub(super) levels: Arc<[Vec<Arc<BuildSpec>>]>,
    /// The repo of a module; `None`: a chain build.
    pub(super) createrepo: Option<Work>,
    pub(super) at: u32,
    pub(super) step: LevelStep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LevelStep {
    Start,
    Wait,
    Builds,
    Repo,
}

/// A task that waits for a repo.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitRepo {
    pub(super) tag: TagId,
    /// The least event of the repo; `None`: the last change at the first look.
    pub(super) least: Option<EventId>,
    pub(super) request: Option<u32>,
}

impl Job {
    /// Work without children whose result is not tagged.
    pub(super) fn leaf(work: Work) -> Self {
        Self::Leaf { work, tags: None }
    }

    pub(super) fn levels(
        tag: TagId,
        levels: Arc<[Vec<Arc<BuildSpec>>]>,
        createrepo: Option<Work>,
    ) -> Self {
        Self::Levels(Levels { tag, levels, createrepo, at: 0, step: LevelStep::Start })
    }

    /// Returns the work of a leaf.
    pub(super) fn work(&self) -> Option<Work> {
        match *self {
            Self::Leaf { work, .. } => Some(work),
            Self::Build { .. }
            | Self::Levels(_)
            | Self::WaitRepo(_)
            | Self::NewRepo { .. }
            | Self::DistRepo { .. } => None,
        }
    }

    /// Returns what a build builds.
    pub(super) fn spec(&self) -> Option<&BuildSpec> {
        match self {
            Self::Build { spec, .. } => Some(spec),
            Self::Leaf { .. }
            | Self::Levels(_)
            | Self::WaitRepo(_)
            | Self::NewRepo { .. }
            | Self::DistRepo { .. } => None,
        }
    }

    /// Goes back to the beginning, as a task does that was freed.
    pub(super) fn restart(&mut self) {
        match self {
            Self::Leaf { .. } => {}
            Self::Build { step, .. } => *step = BuildStep::Start,
            Self::Levels(levels) => {
                levels.at = 0;
                levels.step = LevelStep::Start;
            }
            Self::WaitRepo(wait) => wait.request = None,
            Self::NewRepo { is_begun, .. } | Self::DistRepo { is_begun, .. } => *is_begun = false,
        }
    }
}
