//! A call: something that somebody else does and answers. Its kind says who answers it; nothing
//! else in modplan decides which commands are calls.
//!
//! ```text
//!   make ──▶ Sent ──Done, Failed──▶ settled
//!             │ ▲
//!     Unknown │ │ Absent             Refused: the party is paused, then asked again
//!             ▼ │
//!           Looking
//! ```
//!
//! A call whose request or answer was lost may have been carried out or not. It is never repeated
//! before the party was asked what it has: [`Command::Look`](super::Command::Look) finds the task,
//! tag or build by its marker (module build, component, attempt).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{BuildId, ComponentIx, Concern, ModuleIx, Owner, RepoMaker};

mod answer;
mod entries;
mod kind;
mod party;
mod pending;
pub use answer::{Answer, Fault, Reply};
pub use kind::CallKind;
pub use party::{TRIES_MAX, pause};
pub(super) use pending::{PendingCalls, REPO_TRIES_MAX, Settled, TEST_TRIES_MAX};

/// The number of a call within a run, in the order in which calls are first made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub u32);

/// A task of koji, by koji's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub u32);

/// Who answers a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// koji's hub.
    Hub,
    /// The server that holds the sources of modules.
    Sources,
    /// The dependency service (PDC).
    Dependencies,
    /// The test system.
    Tests,
    /// The message bus.
    Bus,
    /// The mail server.
    Mail,
    /// The orchestrator's own repo maker.
    RepoMaker,
}

impl Party {
    /// Every party.
    pub const ALL: [Self; 7] = [
        Self::Hub,
        Self::Sources,
        Self::Dependencies,
        Self::Tests,
        Self::Bus,
        Self::Mail,
        Self::RepoMaker,
    ];
}

/// Something that somebody else does and answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Call {
    /// Have koji build a whole module (koji-owned).
    BuildModule {
        /// The module.
        module: ModuleIx,
        /// The module build whose pass is the reason.
        cause: BuildId,
        /// Whether to leave it when a build of the module waits for its first builder.
        unless_waiting: bool,
    },
    /// Make the tag and target of a module build, with all that koji needs before a component can
    /// be built in it: the first repo and the macros package.
    CreateTarget {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Submit one component to koji (orchestrator-owned). `Done` says that koji has the task; how
    /// the task ends is observed.
    BuildComponent {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// Which attempt of this module build, from 1.
        attempt: u32,
        /// The larger goes first: its place among all components by the longest path that waits
        /// for it, or by its own estimate where batches order the build.
        priority: u32,
    },
    /// Cancel the build of a component.
    CancelComponent {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// Which attempt of this module build, from 1.
        attempt: u32,
    },
    /// Tag a component that passed its gate into the tag of its module.
    TagComponent {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// The attempt that is tagged.
        attempt: u32,
    },
    /// Make the repo of a module with its modulemd inside. How koji's task ends is observed; the
    /// orchestrator's own repo maker answers when it is made.
    MakeRepo {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// Which try of this module build, from 1.
        attempt: u32,
        /// By whom.
        by: RepoMaker,
    },
    /// Wait for a repo with all that is built of a module build so far (koji's own task of a module).
    /// Answered when the repo is there.
    WaitRepo {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// The batch that is built on it, from 0.
        batch: u32,
    },
    /// Import a module as a build of koji (koji's own task of a module).
    Import {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// End koji's own task of a module.
    EndTask {
        /// The module build.
        build: BuildId,
        /// Whether the module is built and imported; else the task fails.
        is_ok: bool,
    },
    /// Fetch the modulemd of a module build. Its answer brings the definition of a module that is not
    /// defined yet.
    Fetch {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Publish that a module is done: built, with its repo made.
    Publish {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// Which test of this module build it asks for, from 1.
        attempt: u32,
    },
    /// Ask the tests for a result that is missing or is to be made anew.
    RequestTest {
        /// The module build.
        build: BuildId,
        /// The component; none: the module.
        component: Option<ComponentIx>,
        /// The attempt to be tested.
        attempt: u32,
    },
    /// Ask the dependency service who depends on a module.
    AskDependants {
        /// The module build that passed.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Mail the relevant people that the rebuild is stuck, or has recovered.
    Mail {
        /// To whom.
        to: Owner,
        /// What it is about, in the order in which it came up.
        about: Arc<[Concern]>,
    },
    /// Ask koji and the tests how things stand that are known to be outstanding, and of nothing else. One
    /// that is not answered is not repeated: the next one is due anyway.
    Poll {
        /// What is asked about.
        about: Asked,
    },
}

/// What a poll asks about: a list may be long, and is made only where it can bring news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Asked {
    /// All that is outstanding: its driver has the orchestrator [list](crate::orchestrate::Orchestrator::spell_out)
    /// it.
    Everything {
        /// How many tasks of koji it has.
        tasks: u32,
    },
    /// These, by module build and component.
    These(Arc<[Outstanding]>),
}

/// One thing that a poll asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outstanding {
    /// Whether a task of koji has ended, and how.
    Task {
        /// koji's number for it.
        task: TaskId,
    },
    /// Whether a test has a result, or its gate was opened by a waiver.
    Test {
        /// The module build.
        build: BuildId,
        /// The component; none: the module.
        component: Option<ComponentIx>,
        /// The attempt that is tested.
        attempt: u32,
        /// Whether the gate is known to be closed: only what opens it is news.
        is_closed: bool,
    },
}

impl Call {
    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> CallKind {
        match self {
            Self::BuildModule { .. } => CallKind::BuildModule,
            Self::CreateTarget { .. } => CallKind::CreateTarget,
            Self::BuildComponent { .. } => CallKind::BuildComponent,
            Self::CancelComponent { .. } => CallKind::CancelComponent,
            Self::TagComponent { .. } => CallKind::TagComponent,
            Self::MakeRepo { .. } => CallKind::MakeRepo,
            Self::WaitRepo { .. } => CallKind::WaitRepo,
            Self::Import { .. } => CallKind::Import,
            Self::EndTask { .. } => CallKind::EndTask,
            Self::Fetch { .. } => CallKind::Fetch,
            Self::Publish { .. } => CallKind::Publish,
            Self::RequestTest { .. } => CallKind::RequestTest,
            Self::AskDependants { .. } => CallKind::AskDependants,
            Self::Mail { .. } => CallKind::Mail,
            Self::Poll { .. } => CallKind::Poll,
        }
    }

    /// Returns who answers it.
    #[must_use]
    pub fn party(&self) -> Party {
        match self {
            Self::BuildModule { .. }
            | Self::CreateTarget { .. }
            | Self::BuildComponent { .. }
            | Self::CancelComponent { .. }
            | Self::TagComponent { .. }
            | Self::MakeRepo { by: RepoMaker::Koji, .. }
            | Self::WaitRepo { .. }
            | Self::Import { .. }
            | Self::EndTask { .. }
            | Self::Poll { .. } => Party::Hub,
            Self::MakeRepo { by: RepoMaker::Orchestrator, .. } => Party::RepoMaker,
            Self::Fetch { .. } => Party::Sources,
            Self::Publish { .. } => Party::Bus,
            Self::RequestTest { .. } => Party::Tests,
            Self::AskDependants { .. } => Party::Dependencies,
            Self::Mail { .. } => Party::Mail,
        }
    }

    /// Returns whether it only reads: it can be repeated without a look.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Fetch { .. } | Self::AskDependants { .. } | Self::Poll { .. })
    }

    /// Returns whether it is a poll.
    #[must_use]
    pub fn is_poll(&self) -> bool {
        matches!(self, Self::Poll { .. })
    }

    /// Returns the component it is about, if it is about one.
    #[must_use]
    pub fn component(&self) -> Option<ComponentIx> {
        match *self {
            Self::BuildComponent { component, .. }
            | Self::CancelComponent { component, .. }
            | Self::TagComponent { component, .. } => Some(component),
            Self::RequestTest { component, .. } => component,
            Self::BuildModule { .. }
            | Self::CreateTarget { .. }
            | Self::MakeRepo { .. }
            | Self::WaitRepo { .. }
            | Self::Import { .. }
            | Self::EndTask { .. }
            | Self::Fetch { .. }
            | Self::Publish { .. }
            | Self::AskDependants { .. }
            | Self::Mail { .. }
            | Self::Poll { .. } => None,
        }
    }

    /// Returns the module build it is about, if it is about one.
    #[must_use]
    pub fn build(&self) -> Option<BuildId> {
        match *self {
            Self::BuildModule { cause: build, .. }
            | Self::CreateTarget { build, .. }
            | Self::BuildComponent { build, .. }
            | Self::CancelComponent { build, .. }
            | Self::TagComponent { build, .. }
            | Self::MakeRepo { build, .. }
            | Self::WaitRepo { build, .. }
            | Self::Import { build, .. }
            | Self::EndTask { build, .. }
            | Self::Fetch { build, .. }
            | Self::Publish { build, .. }
            | Self::RequestTest { build, .. }
            | Self::AskDependants { build, .. } => Some(build),
            Self::Mail { .. } | Self::Poll { .. } => None,
        }
    }
}
