//! What bounds the orchestrator, and in which order it submits.

use serde::{Deserialize, Serialize};

use crate::orchestrate::BuildBudget;
use crate::time::Millis;

/// In which order components are submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dispatch {
    /// By the dependency graph, longest remaining path first, without barriers.
    Graph,
    /// Inside a module by batches, longest estimate first (the Module Build Service takes the
    /// heaviest first).
    Batch,
    /// As graph, but a module starts only after every module of all earlier waves ended.
    Wave,
}

impl Dispatch {
    /// Returns its name in scenarios and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Batch => "batch",
            Self::Wave => "wave",
        }
    }
}

/// What must pass a test before it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Each component, before it is tagged.
    pub component: bool,
    /// The module, before it is ready.
    pub module: bool,
}

/// Who makes the repo of a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RepoMaker {
    /// koji, by a task.
    #[default]
    #[serde(rename = "koji")]
    Koji,
    /// The orchestrator itself: no call to the hub, and lost where it crashes meanwhile.
    #[serde(rename = "self")]
    Orchestrator,
}

/// What bounds the orchestrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In which order components are submitted.
    pub dispatch: Dispatch,
    /// How many component builds may be under way at once, over all modules.
    pub submit_limit: u32,
    /// How many module builds a run may make.
    pub budget: BuildBudget,
    /// How often a component that failed is built again within a module build.
    pub retries: u32,
    /// What must pass a test.
    pub gates: Gates,
    /// Who makes the repo of a module.
    pub repo: RepoMaker,
    /// How often it asks for what the bus lost.
    pub poll: Millis,
    /// How long it waits for the result of a test before it asks for it again.
    pub test_timeout: Millis,
}
