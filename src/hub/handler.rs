//! How handlers of tasks with children go on: their steps stand in `trees.rs`.
//!
//! A handler runs from one wait to the next in no time. What takes time is work of leaves, and that
//! a parent goes on only when its builder wakes it.

use std::sync::Arc;

use super::settings::TaskArch;
use super::task::{BuildStep, Job, Label, LevelStep, Levels, Task};
use super::{BuildSpec, Hub, Method, TagId, Work};
use crate::koji::TaskState;

/// How a handler goes on.
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

impl Job {
    pub(super) fn levels(
        tag: TagId,
        levels: Arc<[Vec<Arc<BuildSpec>>]>,
        createrepo: Option<Work>,
    ) -> Self {
        Self::Levels(Levels { tag, levels, createrepo, at: 0, step: LevelStep::Start })
    }

    /// Goes back to the beginning, as a task does that was freed.
    pub(super) fn restart(&mut self) {
        match self {
            Self::Leaf { .. } => {}
            Self::Build { step, .. } => *step = BuildStep::Start,
            Self::Levels(levels) => {
                levels.at = 0;
                levels.step = LevelStep::Start;
            }
            Self::WaitRepo(wait) => wait.request = None,
            Self::NewRepo { is_begun, .. } | Self::DistRepo { is_begun, .. } => *is_begun = false,
        }
    }
}

impl Task {
    pub(super) fn work(&self) -> Option<Work> {
        match self.job {
            Job::Leaf { work, .. } => Some(work),
            Job::Build { .. }
            | Job::Levels(_)
            | Job::WaitRepo(_)
            | Job::NewRepo { .. }
            | Job::DistRepo { .. } => None,
        }
    }
}

impl Hub {
    /// Lets the handler of an open task go on until it waits again or ends.
    pub(super) fn go_on(&mut self, task: u32) {
        if let Job::WaitRepo(_) = self.tasks[task as usize].job {
            self.look(task);
            return;
        }
        let was_waiting = std::mem::take(&mut self.tasks[task as usize].is_waiting);
        loop {
            let mut job = self.tasks[task as usize].job.clone();
            let next = match &mut job {
                Job::Build { spec, step } => {
                    let spec = Arc::clone(spec);
                    self.build_step(task, &spec, step)
                }
                Job::Levels(levels) => self.level_step(task, levels),
                Job::NewRepo { tag, number, event, is_begun } => {
                    self.new_repo_step(task, *tag, *number, event, is_begun)
                }
                Job::DistRepo { arches, is_begun } => self.dist_repo_step(task, arches, is_begun),
                Job::Leaf { .. } | Job::WaitRepo(_) => unreachable!("these have no children"),
            };
            self.tasks[task as usize].job = job;
            match next {
                Next::Again => {}
                Next::Waits => {
                    self.tasks[task as usize].is_waiting = true;
                    if !was_waiting {
                        let at = self.tasks[task as usize].builder;
                        self.weigh(at);
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

    /// Returns how to go on while some child of this step is not closed; one that failed has the
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
                let mine = self.tasks[task as usize].children.clone();
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
        let entry = &self.tasks[task as usize];
        if !entry.begins_again && entry.pending > 0 && !entry.has_failed {
            return Children::Pending;
        }
        let mut all = Children::Closed;
        let mine = self.tasks[task as usize].children.iter();
        for &(_, child) in mine.filter(|&&(label, _)| is_awaited(label)) {
            match self.tasks[child as usize].state {
                TaskState::Closed => {}
                TaskState::Failed | TaskState::Canceled => return Children::Failed,
                TaskState::Free | TaskState::Assigned | TaskState::Open => all = Children::Pending,
            }
        }
        all
    }

    /// Returns the child of a label that an earlier run of the same task made; a task in its first run
    /// makes each once, and a module of many components is not searched for every one of them.
    fn existing(&self, task: u32, label: Label) -> Option<u32> {
        if !self.tasks[task as usize].begins_again {
            return None;
        }
        let mine = self.tasks[task as usize].children.iter();
        mine.filter(|(known, _)| *known == label).map(|&(_, child)| child).next()
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
        if let Some(child) = self.existing(parent, label) {
            return child;
        }
        let priority =
            self.tasks[parent as usize].priority.saturating_add(self.settings.hub.child_priority);
        let created = self.now();
        let subject = match &job {
            Job::Build { spec, .. } => spec.subject,
            Job::Leaf { .. }
            | Job::Levels(_)
            | Job::WaitRepo(_)
            | Job::NewRepo { .. }
            | Job::DistRepo { .. } => self.tasks[parent as usize].subject,
        };
        let child = Task { priority, parent, created, subject, ..Task::new(method, job) };
        let child = self.new_task(child, arch);
        self.tasks[parent as usize].children.push((label, child));
        self.tasks[parent as usize].pending += 1;
        self.release(child);
        child
    }
}
