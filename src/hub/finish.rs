//! How tasks end: by themselves, by a cancel, or by being freed to begin again elsewhere.

use super::task::{Job, NEVER, NONE};
use super::{Happened, Hub, Kind, TaskId};
use crate::koji::TaskState;

impl Hub {
    /// Cancels a task and all below it; one that is over stays as it is.
    pub fn cancel(&mut self, task: TaskId) {
        self.cancel_tree(task.0);
        self.plan_run();
    }

    pub(super) fn cancel_tree(&mut self, task: u32) {
        if !self.tasks[task as usize].state.is_final() {
            self.finish(task, TaskState::Canceled);
        }
        for (_, child) in self.tasks[task as usize].children.clone() {
            self.cancel_tree(child);
        }
    }

    /// The work of a leaf is done, if it still runs and nothing slowed it down meanwhile.
    pub(super) fn leaf_ends(&mut self, task: u32) {
        let now = self.now();
        let entry = &self.tasks[task as usize];
        let Some(work) = entry.work() else { return };
        if entry.state != TaskState::Open || entry.ends != now {
            return;
        }
        if self.is_offline {
            self.tasks[task as usize].left = 0.0;
            self.hold(Kind::End, task);
            return;
        }
        let is_ok = work.is_ok && !entry.is_doomed;
        self.finish(task, if is_ok { TaskState::Closed } else { TaskState::Failed });
    }

    /// Ends a task: its builder has room again, its parent has news.
    pub(super) fn finish(&mut self, task: u32, state: TaskState) {
        self.events += 1;
        self.live -= 1;
        let now = self.now();
        self.leave(task);
        self.refusals.forget(task);
        let entry = &mut self.tasks[task as usize];
        entry.state = state;
        entry.ends = now;
        // A client that takes it back before it is submitted never submits it.
        entry.created = entry.created.min(now);
        entry.is_waiting = false;
        let parent = entry.parent;
        self.say(Happened::Ended { task: TaskId(task), state });
        self.ended_by_kind(task, state);
        if parent != NONE {
            let above = &mut self.tasks[parent as usize];
            above.pending -= 1;
            above.has_failed |= state != TaskState::Closed;
            self.tell_parent(parent);
        }
    }

    /// Does what the end of a task of this kind brings with it.
    fn ended_by_kind(&mut self, task: u32, state: TaskState) {
        match self.tasks[task as usize].job {
            Job::Leaf { tags: Some(tag), .. } if state == TaskState::Closed => {
                let parent = self.tasks[task as usize].parent;
                self.tagged(tag, if parent == NONE { task } else { parent });
            }
            Job::NewRepo { tag, event, .. } => self.repo_ended(task, tag, event, state),
            Job::WaitRepo(wait) => self.repos.forget_waiter(wait.tag, task),
            Job::Leaf { .. } | Job::Build { .. } | Job::Levels(_) | Job::DistRepo { .. } => {}
        }
    }

    fn tell_parent(&mut self, parent: u32) {
        let entry = &mut self.tasks[parent as usize];
        if entry.state == TaskState::Open && entry.is_waiting {
            entry.has_news = true;
            let at = entry.builder;
            self.builders[at as usize].has_news = true;
            self.touch(at);
        }
    }

    /// Takes a task off its builder, or off the list of those to give out.
    fn leave(&mut self, task: u32) {
        let entry = &self.tasks[task as usize];
        let (at, key) = (entry.builder, (entry.priority, entry.created, task));
        match entry.state {
            TaskState::Free => drop(self.free.remove(&key)),
            TaskState::Assigned => {
                self.change_lane(at, |builder| builder.assigned.retain(|&other| other != task));
                self.weigh(at);
            }
            TaskState::Open => {
                self.builders[at as usize].open.retain(|&other| other != task);
                self.weigh(at);
            }
            TaskState::Closed | TaskState::Failed | TaskState::Canceled => {
                unreachable!("a final state never changes")
            }
        }
    }

    /// Frees an assigned or open task: it begins again, and finds the children it made.
    pub(super) fn free_task(&mut self, task: u32) {
        self.leave(task);
        let entry = &mut self.tasks[task as usize];
        let (was, builder, opened) = (entry.state, entry.builder, entry.opened);
        entry.state = TaskState::Free;
        entry.builder = NONE;
        entry.assigned = NEVER;
        entry.opened = NEVER;
        entry.ends = NEVER;
        entry.is_waiting = false;
        entry.has_news = false;
        entry.is_doomed = false;
        entry.begins_again = true;
        entry.job.restart();
        if let Job::WaitRepo(wait) = entry.job {
            self.repos.forget_waiter(wait.tag, task);
        }
        if was == TaskState::Open {
            self.say(Happened::Freed { task: TaskId(task), builder, opened });
        }
        self.release(task);
    }

    pub(super) fn free_open_tasks(&mut self, at: u32) {
        for task in self.builders[at as usize].open.clone() {
            self.free_task(task);
        }
    }
}
