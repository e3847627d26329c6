//! How modules, components and calls stand: the shapes of `modplan runs show --format json`.

use std::sync::Arc;

use serde::Serialize;

use crate::orchestrate::{BuildId, Party, TaskId};
use crate::time::Timestamp;

/// How a module stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleState {
    /// No build of it was opened.
    Waiting,
    /// Its modulemd is fetched, its tag and target are made.
    Preparing,
    /// Its components are built.
    Building,
    /// Its repo is made.
    Repo,
    /// It waits for the result of its test.
    Testing,
    /// It passed its gate.
    Ready,
    /// It is given up until somebody repairs it.
    Failed,
    /// Its test did not pass or gave no result.
    Stuck,
    /// Somebody canceled it.
    Canceled,
}

/// The state of a component in the last build of its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ComponentState {
    /// Others are built first.
    Waiting,
    /// It may be submitted.
    Ready,
    /// koji was asked for it and has not said the number of its task.
    Submitted,
    /// koji has its task.
    Building,
    /// It is built and waits for its gate.
    Testing,
    /// Its gate is open; it is not in the tag yet.
    Tagging,
    /// It is built, validated and tagged.
    Done,
    /// An earlier build of it is taken over.
    Reused,
    /// It failed, or koji refuses to build or tag it.
    Failed,
    /// It was canceled.
    Canceled,
}

impl ComponentState {
    /// Returns whether what is built after it may be submitted.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::Reused)
    }
}

/// A module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleStatus {
    /// `name:stream:context`.
    pub id: Arc<str>,
    /// The last build of it.
    pub build: Option<BuildId>,
    /// How it stands.
    pub state: ModuleState,
    /// What it waits for, or what became of it, in words.
    pub because: String,
    /// Its components, in the order of their keys; none before a build is opened, or where koji owns it.
    pub components: Vec<ComponentStatus>,
}

/// A component of the last build of a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComponentStatus {
    /// Its key in the modulemd.
    pub component: Arc<str>,
    /// koji's name for it.
    pub package: Arc<str>,
    /// How it stands.
    pub state: ComponentState,
    /// Which attempt of the module build, from 1.
    pub attempt: u32,
    /// koji's task of that attempt.
    pub task_id: Option<TaskId>,
    /// What it waits for, or what became of it, in words.
    pub because: String,
}

/// A call without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallStatus {
    /// The kind of the call.
    pub call: &'static str,
    /// Who is to answer it.
    pub party: Party,
    /// How often it was sent or looked for.
    pub tries: u32,
    /// When it was sent first.
    pub since: Timestamp,
    /// When its party is asked again, where it refused.
    pub next_at: Option<Timestamp>,
}
