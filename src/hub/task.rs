//! One task, koji's unit of work: its record, and what each step of its life changes in it.

use super::builder::{RateChange, ms, whole};
use super::ids::{EventId, TaskId};
use super::job::{Job, Label};
use super::method::Method;
use super::settings::TaskArch;
use crate::koji::TaskState;
use crate::time::{Millis, Timestamp};

/// No builder, no parent.
pub(super) const NONE: u32 = u32::MAX;
/// A moment that does not come.
pub(super) const NEVER: Timestamp = Timestamp(u64::MAX);

/// The place of a task among those that wait for a builder: priority, time of creation, number.
pub(super) type Turn = (i32, Timestamp, u32);

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

    /// Returns the place of a task among those that wait for a builder: the least goes first.
    pub(super) fn turn(&self, id: u32) -> Turn {
        (self.priority, self.created, id)
    }

    /// Notes the builder that it is given to.
    pub(super) fn assign(&mut self, builder: u32, now: Timestamp) {
        self.state = TaskState::Assigned;
        self.builder = builder;
        self.assigned = now;
    }

    /// Notes that its builder opens it; one that is doomed fails, however its work ends.
    pub(super) fn open(&mut self, is_doomed: bool, now: Timestamp) {
        self.state = TaskState::Open;
        self.opened = now;
        self.is_doomed = is_doomed;
    }

    /// Begins the work of a leaf, `run` on a builder of speed 1.
    pub(super) fn begin(&mut self, run: Millis, speed: f64) {
        self.left = ms(run) / speed;
    }

    /// Returns when what is left of a leaf ends at this rate.
    pub(super) fn plan_end(&mut self, rate: f64, now: Timestamp) -> Timestamp {
        self.ends = now + whole(self.left / rate);
        self.ends
    }

    /// Has what is left of a leaf run at another rate; returns when it ends, where it does.
    pub(super) fn change_rate(&mut self, change: RateChange, now: Timestamp) -> Option<Timestamp> {
        // One that is over and could not be reported yet has nothing left to do.
        if !self.is_leaf() || self.left <= 0.0 {
            return None;
        }
        // It may have begun after the rate changed last.
        let done = change.before * ms(now - change.since.max(self.opened));
        self.left = (self.left - done).max(0.0);
        Some(self.plan_end(change.after, now))
    }

    /// Stops the work of a leaf for good: its builder is lost.
    pub(super) fn stop(&mut self) {
        self.ends = NEVER;
        self.left = 0.0;
    }

    /// Takes it from its builder: it is free again, and begins anew.
    pub(super) fn free(&mut self) {
        self.state = TaskState::Free;
        self.builder = NONE;
        self.assigned = NEVER;
        self.opened = NEVER;
        self.ends = NEVER;
        self.is_waiting = false;
        self.has_news = false;
        self.is_doomed = false;
        self.begins_again = true;
        self.job.restart();
    }

    /// Notes its final state. [`Tasks::end`](super::tasks::Tasks::end) also counts it.
    pub(super) fn end(&mut self, state: TaskState, now: Timestamp) {
        self.state = state;
        self.ends = now;
        // A client that takes it back before it is submitted never submits it.
        self.created = self.created.min(now);
        self.is_waiting = false;
    }

    /// Notes that a child ended.
    pub(super) fn child_ended(&mut self, state: TaskState) {
        self.pending -= 1;
        self.has_failed |= state != TaskState::Closed;
    }

    pub(super) fn add_child(&mut self, label: Label, child: u32) {
        self.children.push((label, child));
        self.pending += 1;
    }

    /// Returns the child of a label that an earlier run of the same task made; a task in its first run
    /// makes each once, and a module of many components is not searched for every one of them.
    pub(super) fn existing_child(&self, label: Label) -> Option<u32> {
        if !self.begins_again {
            return None;
        }
        self.children.iter().find(|(known, _)| *known == label).map(|&(_, child)| child)
    }

    /// Returns whether it is open and works at nothing itself.
    pub(super) fn waits_for_others(&self) -> bool {
        self.is_waiting || matches!(self.job, Job::WaitRepo(_))
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
