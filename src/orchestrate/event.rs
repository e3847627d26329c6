//! What an orchestrator hears and what it asks for. Both are data: a journal row holds an event,
//! and a dry run prints commands.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ComponentIx, ModuleIx};

/// One build of one module in one run, numbered from 0 in the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BuildId(pub u32);

/// How the build of a component ended, as koji spells the states of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComponentEnd {
    /// It is built for every arch.
    Complete,
    /// One arch failed, which fails the build.
    Failed,
    /// It was canceled.
    Canceled,
}

/// Something that happened. An event may come twice, late, or for something that is gone; then it
/// changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Somebody asks the orchestrator to build a module (`fedpkg module-build`).
    Requested {
        /// What to build.
        module: ModuleIx,
    },
    /// The build of one component ended.
    ComponentEnded {
        /// The module build it belongs to.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// How it ended.
        end: ComponentEnd,
    },
    /// A module was tested; where no gate is configured, complete counts as passed at once.
    Tested {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// Whether all that is required passed.
        passed: bool,
    },
    /// The dependency service answered.
    Dependants {
        /// The module build that passed.
        build: BuildId,
        /// The module asked about.
        module: ModuleIx,
        /// What must be rebuilt because of it, in catalog order.
        dependants: Arc<[ModuleIx]>,
    },
}

/// Why an orchestrator stops a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// As many module builds as the cap allows were submitted, and one more was due.
    Capped,
}

/// Something that must now be done. Each can be repeated or reconciled without harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Have koji build a whole module (koji-owned).
    BuildModule {
        /// The module.
        module: ModuleIx,
        /// The module build whose pass is the reason.
        cause: Option<BuildId>,
    },
    /// A module build begins (orchestrator-owned): its tag and target are needed from now on.
    OpenModule {
        /// Its number.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// The module build whose pass is the reason.
        cause: Option<BuildId>,
    },
    /// Submit one component to koji (orchestrator-owned).
    BuildComponent {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// The longest path that waits for it, in milliseconds: longer goes first.
        priority: u64,
    },
    /// Publish that a module is done: built, with its repo made.
    Publish {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Give a module build up for good.
    FailModule {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Ask the dependency service who depends on a module.
    AskDependants {
        /// The module build that passed.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Mail the relevant people that the rebuild is stuck.
    Mail {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Submit nothing more, cancel what runs.
    Stop {
        /// Why.
        reason: StopReason,
    },
}

/// Which of the two designs of 2016 runs: the two differ in who owns the build of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approach {
    /// koji builds whole modules; the orchestrator only reacts to test results.
    KojiOwned,
    /// The orchestrator submits and tracks every component.
    OrchestratorOwned,
}

impl Approach {
    /// Returns the word used in commands and formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KojiOwned => "koji-owned",
            Self::OrchestratorOwned => "orchestrator-owned",
        }
    }
}
