//! Tasks: koji's unit of work, and what their handlers keep.

use std::sync::Arc;

use super::repo::{EventId, TagId};
use super::request::{BuildSpec, Method, TaskId, Work};
use super::settings::TaskArch;
use crate::koji::TaskState;
use crate::time::Timestamp;

/// No builder, no parent.
pub(super) const NONE: u32 = u32::MAX;
/// A moment that does not come.
pub(super) const NEVER: Timestamp = Timestamp(u64::MAX);

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

/// One task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) method: Method,
    pub(super) state: TaskState,
    pub(super) priority: i32,
    pub(super) bin: u32,
    pub(super) builder: u32,
    pub(super) parent: u32,
    pub(super) arch: TaskArch,
    pub(super) subject: Option<u32>,
    /// The event by which its build was tagged.
    pub(super) tagged: Option<EventId>,
    pub(super) weight: f64,
    pub(super) is_waiting: bool,
    pub(super) has_news: bool,
    /// It was freed: it may find children that it made before.
    pub(super) begins_again: bool,
    /// It began while tasks of its method fail.
    pub(super) is_doomed: bool,
    pub(super) created: Timestamp,
    pub(super) assigned: Timestamp,
    pub(super) opened: Timestamp,
    /// When a final state was reached; of an open leaf, when it will be.
    pub(super) ends: Timestamp,
    /// What is left of an open leaf, in milliseconds of undisturbed work.
    pub(super) left: f64,
    pub(super) children: Vec<(Label, u32)>,
    /// How many of them are not over.
    pub(super) pending: u32,
    /// Whether one of them ended otherwise than closed.
    pub(super) has_failed: bool,
    pub(super) job: Job,
}

/// A task as others see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TaskInfo {
    /// What it does.
    pub method: Method,
    /// How it stands.
    pub state: TaskState,
    /// Lower goes first.
    pub priority: i32,
    /// The task that waits for it.
    pub parent: Option<TaskId>,
    /// The builder it is on or was on, by position.
    pub builder: Option<u32>,
    /// The arch it needs; `None`: any.
    pub arch: Option<u32>,
    /// What the caller calls the build it belongs to.
    pub subject: Option<u32>,
    /// Whether it works itself, and waits for no children.
    pub is_leaf: bool,
    /// What it weighs, once it is open.
    pub weight: f64,
    /// When it was created.
    pub created: Timestamp,
    /// When it was given to its builder.
    pub assigned: Option<Timestamp>,
    /// When its builder opened it.
    pub opened: Option<Timestamp>,
    /// When it reached a final state.
    pub ended: Option<Timestamp>,
}

impl Task {
    pub(super) fn new(method: Method, job: Job) -> Self {
        Self {
            method,
            state: TaskState::Free,
            priority: 0,
            bin: 0,
            builder: NONE,
            parent: NONE,
            arch: TaskArch::Noarch,
            subject: None,
            tagged: None,
            weight: method.weight(),
            is_waiting: false,
            has_news: false,
            begins_again: false,
            is_doomed: false,
            created: Timestamp::START,
            assigned: NEVER,
            opened: NEVER,
            ends: NEVER,
            left: 0.0,
            children: Vec::new(),
            pending: 0,
            has_failed: false,
            job,
        }
    }

    pub(super) fn is_leaf(&self) -> bool {
        matches!(self.job, Job::Leaf { .. })
    }

    pub(super) fn info(&self) -> TaskInfo {
        let number = |at: u32| (at != NONE).then_some(at);
        let moment = |at: Timestamp| (at != NEVER).then_some(at);
        TaskInfo {
            method: self.method,
            state: self.state,
            priority: self.priority,
            parent: number(self.parent).map(TaskId),
            builder: number(self.builder),
            arch: match self.arch {
                TaskArch::Noarch => None,
                TaskArch::Arch(arch) => Some(arch),
            },
            subject: self.subject,
            is_leaf: self.is_leaf(),
            weight: self.weight,
            created: self.created,
            assigned: moment(self.assigned),
            opened: moment(self.opened),
            ended: if self.state.is_final() { moment(self.ends) } else { None },
        }
    }
}
