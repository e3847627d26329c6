//! What one simulated run comes to, as plain numbers: what reports are made of.

use std::sync::Arc;

use crate::name::{Arch, PackageName};
use crate::time::{Millis, Timestamp};

/// How a run ended: the first that holds, in this order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A cap stopped it.
    Capped,
    /// A build failed for good.
    Failed,
    /// Something waits for what will not come: a test not passed, a message lost, no builder for
    /// an arch.
    Stuck,
    /// Every module that had to be rebuilt is ready.
    Done,
}

impl Outcome {
    /// Returns the word for it, as JSON and CSV have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capped => "capped",
            Self::Failed => "failed",
            Self::Stuck => "stuck",
            Self::Done => "done",
        }
    }
}

/// The figures of one run of one variant.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RunFigures {
    /// How it ended.
    pub outcome: Outcome,
    /// The time of the last event that changed a module.
    pub makespan: Millis,
    /// Module builds started.
    pub module_builds: u64,
    /// Components built, once per build whatever the arches.
    pub component_builds: u64,
    /// koji tasks made; in the ideal model one per component and arch.
    pub tasks: u64,
    /// XML-RPC requests a live driver would make; `None` until one exists.
    pub hub_calls: Option<u64>,
    /// Repo regenerations.
    pub repo_regenerations: u64,
    /// Messages the bus carried.
    pub messages: u64,
    /// Mails sent.
    pub mails: u64,
    /// Components reused instead of built.
    pub reused: u64,
    /// The largest number of builds of one module.
    pub rebuilds_per_module_max: u64,
    /// Builder time of builds that were superseded, failed or canceled.
    pub wasted: Millis,
    /// Builder time by arch, in arch order.
    pub busy: Vec<(Arch, Millis)>,
    /// Changes that came in, in order of their coming.
    pub changes: Vec<ChangeFigures>,
}

/// One change that came in during a run.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ChangeFigures {
    /// What the scenario calls changes of this kind.
    pub class: Arc<str>,
    /// When it came.
    pub came: Timestamp,
    /// The module builds it led to; none where a build that waited already took it along.
    pub module_builds: u64,
    /// From its coming until all that it led to had passed; `None` where that never happened.
    pub response: Option<Millis>,
    /// Whether it was soon enough, where the scenario says how soon it must be.
    pub is_in_time: Option<bool>,
}

/// One task on one builder slot, for a Gantt chart.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bar {
    /// The builder group and slot, such as `x86/3`.
    pub lane: Arc<str>,
    /// The id of the module built (`name:stream:context`).
    pub module: Arc<str>,
    /// Which build of that module in this run, from 1.
    pub build: u32,
    /// What is built.
    pub package: PackageName,
    /// The arch of the task.
    pub arch: Arch,
    /// When a builder took it.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// How it ended.
    pub outcome: BarEnd,
}

/// How a task on a builder ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum BarEnd {
    /// It succeeded: koji's `CLOSED`.
    Closed,
    /// It failed: koji's `FAILED`.
    Failed,
    /// It was canceled: koji's `CANCELED`.
    Canceled,
}
