//! Tasks of modules: their handlers are the caller's. The hub says when one is opened or woken, and stops
//! until the caller has acted.
//!
//! A handler runs in no time, within the turn of its builder, and a run of the scheduler later in that turn
//! may give out what it makes. So the hub stops in the middle of the turn; the next [`Hub::advance`]
//! continues it. Between two wakes a handler may act at any time.

use super::create::Asked;
use super::job::{Job, Label};
use super::{Happened, Hub, Request, TaskId};
use crate::farm::Opening;
use crate::koji::TaskState;

/// Where the hub stopped.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    /// Whose handler is to act.
    task: u32,
    /// Whether the task waited before it was woken.
    was_waiting: bool,
    /// The turn to continue; none where the task was opened, since nothing follows in that turn.
    turn: Option<Waking>,
}

/// A turn of a builder that wakes its tasks.
#[derive(Clone, Debug)]
pub(super) struct Waking {
    pub(super) builder: u32,
    /// The tasks with news that are still to be woken.
    pub(super) left: std::vec::IntoIter<u32>,
}

impl Hub {
    /// Returns whether a handler of the caller's is to act before anything else happens.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// Returns whether the process of a handler is there: its task is open, and its builder did not go
    /// away since it was opened.
    #[must_use]
    pub fn is_running(&self, task: TaskId) -> bool {
        let entry = &self.tasks[task.0];
        let is_there = |at: u32| !self.builders[at].is_lost && !self.builders[at].is_restarted;
        entry.state == TaskState::Open && is_there(entry.builder)
    }

    /// Lets the handler of an open task know that something it waits for is there. Its builder wakes it in its
    /// next turn.
    pub fn wake(&mut self, task: TaskId) {
        self.call_handler(task.0);
    }

    pub(super) fn call_handler(&mut self, task: u32) {
        let entry = &mut self.tasks[task];
        if entry.state == TaskState::Open {
            entry.has_news = true;
            let at = entry.builder;
            self.builders.bring_news(at);
            self.builders.touch(at, &mut self.agenda);
        }
    }

    /// Makes a subtask of an open task of a module, or finds the one that an earlier run of its handler
    /// made with the same label. The task waits while subtasks of it are not over, and is woken by its
    /// builder after one ends.
    pub fn subtask(&mut self, parent: TaskId, label: Label, request: Request) -> TaskId {
        let Asked { method, arch, job } = request.into();
        let child = self.child(parent.0, label, method, arch, job);
        if self.stop.as_ref().is_none_or(|stop| stop.task != parent.0) {
            let was_waiting = self.tasks[parent.0].is_waiting;
            self.wait_for_children(parent.0, was_waiting);
        }
        self.plan_run();
        TaskId(child)
    }

    /// Closes an open task of a module; [`Hub::fail`] fails it.
    pub fn close(&mut self, task: TaskId) {
        if self.tasks[task.0].state == TaskState::Open {
            self.finish(task.0, TaskState::Closed);
            self.plan_run();
        }
    }

    /// Lets builders know of a task of a module that is free, where they need not wait for the scheduler.
    pub(super) fn show_free(&mut self, task: u32) {
        if self.settings.module_task.open == Opening::Assigned || !self.is_driven(task) {
            return;
        }
        for &at in self.bins.builders(self.tasks[task].bin) {
            self.builders.show_free(at, true);
            self.builders.touch(at, &mut self.agenda);
        }
    }

    /// Opens a task of a module that is free still: a builder to which nothing is assigned.
    pub(super) fn open_free(&mut self, at: u32) {
        if !self.builders[at].sees_free {
            return;
        }
        let may = |task: u32| {
            self.is_driven(task)
                && self.bins.builders(self.tasks[task].bin).contains(&at)
                && !self.dispatch.refusals.of(task).contains(&at)
                && !self.has_no_handler(task, at)
        };
        let Some(task) = self.dispatch.free().find(|&task| may(task)) else {
            self.builders.show_free(at, false);
            return;
        };
        self.dispatch.remove(self.tasks[task].turn(task));
        self.tasks[task].assign(at, self.now());
        self.take(task, at);
    }

    pub(super) fn is_driven(&self, task: u32) -> bool {
        matches!(self.tasks[task].job, Job::ModuleBuild)
    }

    /// Has a handler of the caller's act on what happened.
    pub(super) fn stop(&mut self, task: u32, what: Happened, turn: Option<Waking>) {
        let was_waiting = std::mem::take(&mut self.tasks[task].is_waiting);
        self.log.say(self.now(), what);
        self.stop = Some(Stop { task, was_waiting, turn });
    }

    /// Continues after a handler of the caller's acted.
    pub(super) fn resume_turn(&mut self) {
        let Some(Stop { task, was_waiting, turn }) = self.stop.take() else { return };
        self.wait_for_children(task, was_waiting);
        if let Some(turn) = turn {
            self.wake_parents(turn);
        }
        self.plan_run();
    }

    /// An open task waits while a child of it is not over.
    fn wait_for_children(&mut self, task: u32, was_waiting: bool) {
        let entry = &mut self.tasks[task];
        if entry.state != TaskState::Open {
            return;
        }
        entry.is_waiting = entry.pending > 0;
        if entry.is_waiting != was_waiting {
            let at = entry.builder;
            self.weigh_anew(at);
        }
    }
}
