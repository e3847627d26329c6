//! How tasks end: by themselves, by a cancel, or by being freed to begin again elsewhere.

use super::job::Job;
use super::notice::Happened;
use super::task::NONE;
use super::{Hub, Kind, TaskId};
use crate::koji::TaskState;

impl Hub {
    /// Cancels a task and all below it; one that is over stays as it is.
    pub fn cancel(&mut self, task: TaskId) {
        self.cancel_tree(task.0);
        self.plan_run();
    }

    pub(super) fn cancel_tree(&mut self, task: u32) {
        if !self.tasks[task].state.is_final() {
            self.finish(task, TaskState::Canceled);
        }
        self.cancel_children(task);
    }

    fn cancel_children(&mut self, task: u32) {
        for (_, child) in self.tasks[task].children.clone() {
            self.cancel_tree(child);
        }
    }

    /// Has an open task fail, and cancels what it made: its handler found something wrong.
    pub fn fail(&mut self, task: TaskId) {
        if self.tasks[task.0].state != TaskState::Open {
            return;
        }
        self.finish(task.0, TaskState::Failed);
        self.cancel_children(task.0);
        self.plan_run();
    }

    /// Takes a task from its builder; it begins again.
    pub fn free(&mut self, task: TaskId) {
        if matches!(self.tasks[task.0].state, TaskState::Open | TaskState::Assigned) {
            self.free_task(task.0);
            self.plan_run();
        }
    }

    /// The work of a leaf is done, if it still runs and nothing slowed it down meanwhile.
    pub(super) fn leaf_ends(&mut self, task: u32) {
        let now = self.now();
        let entry = &mut self.tasks[task];
        let Some(work) = entry.job.work() else { return };
        if entry.state != TaskState::Open || entry.ends != now {
            return;
        }
        if self.outage.is_offline() {
            entry.left = 0.0;
            self.outage.hold(now, Kind::End, task);
            return;
        }
        let is_ok = work.is_ok && !entry.is_doomed;
        self.finish(task, if is_ok { TaskState::Closed } else { TaskState::Failed });
    }

    /// Ends a task: its builder has room again, its parent has news.
    pub(super) fn finish(&mut self, task: u32, state: TaskState) {
        self.log.count();
        let now = self.now();
        self.leave(task);
        self.dispatch.refusals.forget(task);
        self.tasks.end(task, state, now);
        self.log.say(now, Happened::Ended { task: TaskId(task), state });
        self.ended_by_kind(task, state);
        let parent = self.tasks[task].parent;
        if parent != NONE {
            self.tasks[parent].child_ended(state);
            self.bring_news(parent);
        }
    }

    /// Does what the end of a task of this kind brings with it.
    fn ended_by_kind(&mut self, task: u32, state: TaskState) {
        match self.tasks[task].job {
            Job::Leaf { tags: Some(tag), .. } if state == TaskState::Closed => {
                let parent = self.tasks[task].parent;
                self.tagged(tag, if parent == NONE { task } else { parent });
            }
            Job::NewRepo { tag, event, .. } => self.repo_ended(task, tag, event, state),
            Job::WaitRepo(wait) => self.tags.forget_waiter(wait.tag, task),
            Job::Leaf { .. }
            | Job::Build { .. }
            | Job::Chain(_)
            | Job::ModuleBuild
            | Job::DistRepo { .. } => {}
        }
    }

    /// Lets a waiting parent know that a child ended, which its builder notices in its next poll.
    fn bring_news(&mut self, parent: u32) {
        let entry = &self.tasks[parent];
        if entry.is_waiting {
            self.call_handler(parent);
        }
    }

    /// Takes a task off its builder, or off the list of those to give out.
    fn leave(&mut self, task: u32) {
        let entry = &self.tasks[task];
        let at = entry.builder;
        match entry.state {
            TaskState::Free => drop(self.dispatch.remove(entry.turn(task))),
            TaskState::Assigned => {
                self.builders.unassign(at, task);
                self.weigh_anew(at);
            }
            TaskState::Open => {
                self.builders.close(at, task);
                self.weigh_anew(at);
            }
            TaskState::Closed | TaskState::Failed | TaskState::Canceled => {
                unreachable!("a final state never changes")
            }
        }
    }

    /// Frees an assigned or open task: it begins again, and finds the children it made.
    pub(super) fn free_task(&mut self, task: u32) {
        self.leave(task);
        let now = self.now();
        let entry = &mut self.tasks[task];
        let (was, builder, opened) = (entry.state, entry.builder, entry.opened);
        entry.free();
        if let Job::WaitRepo(wait) = entry.job {
            self.tags.forget_waiter(wait.tag, task);
        }
        if was == TaskState::Open {
            self.log.say(now, Happened::Freed { task: TaskId(task), builder, opened });
        }
        self.release(task);
    }

    pub(super) fn free_open_tasks(&mut self, at: u32) {
        for task in self.builders[at].open.clone() {
            self.free_task(task);
        }
    }
}
