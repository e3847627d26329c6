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
    /// Components built, once per build and not per arch.
    pub component_builds: u64,
    /// koji tasks made; in the ideal model one per component and arch.
    pub tasks: u64,
    /// Requests that the orchestrator made of the hub; a multicall is one.
    pub hub_calls: u64,
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
    /// Builder time.
    pub busy: Busy,
    /// Components with a defect in modules that are ready all the same.
    pub defects_escaped: u64,
    /// Test results that people waived.
    pub waivers: u64,
    /// Repairs by people.
    pub fixes: u64,
    /// Messages that did not reach whom they were for.
    pub messages_lost: u64,
    /// Events that the orchestrator handled: the rows of its journal.
    pub events: u64,
    /// When modules were ready.
    pub ready: Ready,
    /// Changes that came in, in order of their coming.
    pub changes: Vec<ChangeFigures>,
}

/// When the modules of the plan were ready that were so at the end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ready {
    /// How many modules the plan rebuilds.
    pub modules: u64,
    /// When each that is ready was, the earliest first.
    pub times: Vec<Millis>,
}

/// What builders did in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Busy {
    /// What tasks took, by the arch of the task, in arch order.
    pub(super) tasks: Vec<(Arch, Millis)>,
    /// For how long builders with an arch had a task that works, one or several; `None` where that
    /// is told by the tasks.
    pub(super) builders: Option<Vec<(Arch, Millis)>>,
    /// Until when builders were watched, which may be after the last change of a module.
    pub(super) until: Millis,
}

impl Busy {
    /// Takes the time of tasks, in arch order, on builders that take one at a time.
    #[must_use]
    pub fn of_tasks(tasks: Vec<(Arch, Millis)>) -> Self {
        Self { tasks, ..Self::default() }
    }

    /// Adds for how long builders of each arch worked, up to a moment.
    #[must_use]
    pub fn with_builders(self, builders: Vec<(Arch, Millis)>, until: Millis) -> Self {
        Self { builders: Some(builders), until, ..self }
    }

    /// Returns the time of tasks by arch.
    pub fn iter(&self) -> std::slice::Iter<'_, (Arch, Millis)> {
        self.tasks.iter()
    }

    /// Returns the share of the time up to `makespan`, from 0 to 1, for which `count` builders of an
    /// arch worked; none did where there are none.
    #[must_use]
    pub fn share(&self, arch: &Arch, count: u32, makespan: Millis) -> f64 {
        let builders = self.builders.as_ref().unwrap_or(&self.tasks);
        let busy = builders.iter().find(|(known, _)| known == arch);
        let span = makespan.max(self.until).as_secs_f64() * f64::from(count);
        match busy {
            Some((_, busy)) if span > 0.0 => busy.as_secs_f64() / span,
            Some(_) | None => 0.0,
        }
    }
}

/// The time of tasks alone.
impl<const N: usize> PartialEq<[(Arch, Millis); N]> for Busy {
    fn eq(&self, other: &[(Arch, Millis); N]) -> bool {
        self.tasks == other
    }
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
    /// The id of the module built (`name:stream:context`); empty where a task serves no module
    /// alone, as one that makes the repo of a tag.
    pub module: Arc<str>,
    /// Which build of that module in this run, from 1; 0 without a module.
    pub build: u32,
    /// What is done, in koji's words: `buildArch`, `createrepo`.
    pub method: Arc<str>,
    /// When the task was made; none in the ideal model, where it waits in no queue of a hub.
    pub created: Option<Timestamp>,
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
