//! What the handlers of tasks do, and how far they are.

use std::sync::Arc;

use super::ids::{EventId, TagId};
use super::request::{BuildSpec, Work};

/// Tells the children of a task apart: a parent that runs again finds those it already made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// The repo that a build waits for, or that of a module.
    Repo,
    /// The source RPM of a build.
    Srpm,
    /// What a build or a repo has for one arch.
    Arch(u32),
    /// Tagging of a build.
    Tag,
    /// The wait for a repo before a level or batch.
    Wait(u32),
    /// A build of a level or batch: which of them, and its place there.
    Build(u32, u32),
}

/// What a handler does; that of a module's task is the caller's.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Leaf { work: Work, tags: Option<TagId> },
    Build { spec: Arc<BuildSpec>, step: BuildStep },
    Chain(Chain),
    ModuleBuild,
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

/// A chain build.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) tag: TagId,
    pub(super) levels: Arc<[Vec<Arc<BuildSpec>>]>,
    pub(super) at: u32,
    pub(super) step: ChainStep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChainStep {
    Start,
    Wait,
    Builds,
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

    pub(super) fn chain(tag: TagId, levels: Arc<[Vec<Arc<BuildSpec>>]>) -> Self {
        Self::Chain(Chain { tag, levels, at: 0, step: ChainStep::Start })
    }

    /// Returns the work of a leaf.
    pub(super) fn work(&self) -> Option<Work> {
        match *self {
            Self::Leaf { work, .. } => Some(work),
            Self::Build { .. }
            | Self::Chain(_)
            | Self::ModuleBuild
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
            | Self::Chain(_)
            | Self::ModuleBuild
            | Self::WaitRepo(_)
            | Self::NewRepo { .. }
            | Self::DistRepo { .. } => None,
        }
    }

    /// Goes back to the beginning, as a task does that was freed.
    pub(super) fn restart(&mut self) {
        match self {
            Self::Leaf { .. } | Self::ModuleBuild => {}
            Self::Build { step, .. } => *step = BuildStep::Start,
            Self::Chain(chain) => {
                chain.at = 0;
                chain.step = ChainStep::Start;
            }
            Self::WaitRepo(wait) => wait.request = None,
            Self::NewRepo { is_begun, .. } | Self::DistRepo { is_begun, .. } => *is_begun = false,
        }
    }
}
