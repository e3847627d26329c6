//! How handlers of tasks with children continue: their steps are in `trees.rs`, but for those of a
//! module's task, which are the caller's (`driven.rs`).
//!
//! A handler runs from one wait to the next in no time. What takes time is work of leaves, and that
//! a parent continues only when its builder wakes it.

use std::sync::Arc;

use super::job::{Job, Label};
use super::settings::TaskArch;
use super::task::Task;
use super::{Hub, Method};
use crate::koji::TaskState;

/// How a handler continues.
pub(super) enum Next {
    /// It waits for its children.
    Waits,
    /// It has more to do at once.
    Again,
    /// It is done.
    Ends(TaskState),
}

/// What the children of one step have come to.
enum Children {
    Pending,
    Closed,
    Failed,
}

impl Hub {
    /// Runs the handler of an open task until it waits again or ends.
    pub(super) fn resume(&mut self, task: u32) {
        if let Job::WaitRepo(_) = self.tasks[task].job {
            self.look(task);
            return;
        }
        let was_waiting = std::mem::take(&mut self.tasks[task].is_waiting);
        loop {
            let mut job = self.tasks[task].job.clone();
            let next = match &mut job {
                Job::Build { spec, step } => {
                    let spec = Arc::clone(spec);
                    self.build_step(task, &spec, step)
                }
                Job::Chain(chain) => self.chain_step(task, chain),
                Job::NewRepo { tag, number, event, is_begun } => {
                    self.new_repo_step(task, *tag, *number, event, is_begun)
                }
                Job::DistRepo { arches, is_begun } => self.dist_repo_step(task, arches, is_begun),
                Job::Leaf { .. } | Job::WaitRepo(_) => unreachable!("these have no children"),
                Job::ModuleBuild => unreachable!("the caller has its handler"),
            };
            self.tasks[task].job = job;
            match next {
                Next::Again => {}
                Next::Waits => {
                    self.tasks[task].is_waiting = true;
                    if !was_waiting {
                        let at = self.tasks[task].builder;
                        self.weigh_anew(at);
                    }
                    return;
                }
                Next::Ends(state) => {
                    self.finish(task, state);
                    return;
                }
            }
        }
    }

    /// Returns how to continue while some child of this step is not closed; one that failed has the
    /// others canceled.
    pub(super) fn not_closed(
        &mut self,
        task: u32,
        is_awaited: impl Fn(Label) -> bool,
    ) -> Option<Next> {
        match self.children(task, &is_awaited) {
            Children::Closed => None,
            Children::Pending => Some(Next::Waits),
            Children::Failed => {
                let mine = self.tasks[task].children.clone();
                for (_, child) in mine.into_iter().filter(|&(label, _)| is_awaited(label)) {
                    self.cancel_tree(child);
                }
                Some(Next::Ends(TaskState::Failed))
            }
        }
    }

    fn children(&self, task: u32, is_awaited: impl Fn(Label) -> bool) -> Children {
        // In its first run what is not over is all of this step, and many components are not counted
        // at every poll.
        let entry = &self.tasks[task];
        if !entry.begins_again && entry.pending > 0 && !entry.has_failed {
            return Children::Pending;
        }
        let mut all = Children::Closed;
        let mine = self.tasks[task].children.iter();
        for &(_, child) in mine.filter(|&&(label, _)| is_awaited(label)) {
            match self.tasks[child].state {
                TaskState::Closed => {}
                TaskState::Failed | TaskState::Canceled => return Children::Failed,
                TaskState::Free | TaskState::Assigned | TaskState::Open => all = Children::Pending,
            }
        }
        all
    }

    /// Makes a child, or finds the one that an earlier run of the same parent made.
    pub(super) fn child(
        &mut self,
        parent: u32,
        label: Label,
        method: Method,
        arch: TaskArch,
        job: Job,
    ) -> u32 {
        if let Some(child) = self.tasks[parent].existing_child(label) {
            return child;
        }
        let priority = self.tasks[parent].priority.saturating_add(self.settings.hub.child_priority);
        let created = self.now();
        let of_parent = self.tasks[parent].subject;
        let subject = job.spec().map_or(of_parent, |spec| spec.subject);
        let child = Task { priority, parent, created, subject, ..Task::new(method, job) };
        let child = self.new_task(child, arch);
        self.tasks[parent].add_child(label, child);
        self.release(child);
        child
    }
}
