//! What the one client of a hub submits, and when it gets there.

use super::task::NONE;
use super::{Hub, Kind, Request, Stamp, TaskId};
use crate::koji::TaskState;
use crate::time::{Millis, Timestamp};

/// The client: it submits one task after the other.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// The time from one submission to the next.
    interval: Millis,
    /// When it may submit again.
    next: Timestamp,
}

impl Client {
    pub(super) fn new(interval: Millis) -> Self {
        Self { interval, next: Timestamp::START }
    }

    /// Returns when what is to be submitted now is.
    fn submits_at(&mut self, now: Timestamp) -> Timestamp {
        let at = now.max(self.next);
        self.next = at + self.interval;
        at
    }
}

impl Hub {
    /// Submits a task, as the one client of this hub does: `submit_interval` apart. `priority` is
    /// relative to the hub's default; `builds` in chains and modules go one before their parent.
    pub fn submit(&mut self, request: Request, priority: i32) -> TaskId {
        let now = self.now();
        let at = self.client.submits_at(now);
        let task = self.new_request(request, priority);
        self.tasks[task].created = at;
        if at <= now {
            self.arrive(task);
        } else {
            self.agenda.push(Stamp { time: at, kind: Kind::Arrive, index: task });
        }
        self.plan_run();
        TaskId(task)
    }

    /// Submits a failed or canceled task without a parent again, with new work; `None` where koji
    /// refuses.
    pub fn resubmit(&mut self, task: TaskId, request: Request) -> Option<TaskId> {
        let old = &self.tasks[task.0];
        let is_over = matches!(old.state, TaskState::Failed | TaskState::Canceled);
        if !is_over || old.parent != NONE {
            return None;
        }
        let priority = old.priority;
        let id = self.submit(request, 0);
        // A resubmitted task keeps its priority.
        self.change_priority(id.0, priority);
        Some(id)
    }

    /// A client's task reaches the hub.
    pub(super) fn arrive(&mut self, task: u32) {
        let now = self.now();
        if self.tasks[task].state != TaskState::Free {
            return;
        }
        if self.outage.is_offline() {
            self.outage.hold(now, Kind::Arrive, task);
        } else {
            self.tasks[task].created = now;
            self.release(task);
        }
    }

    /// Lets a task be given out.
    pub(super) fn release(&mut self, task: u32) {
        self.dispatch.add(self.tasks[task].turn(task));
        self.log.count();
        self.show_free(task);
    }

    /// Changes how urgent a task is; one that is over stays as it is.
    pub fn set_priority(&mut self, task: TaskId, priority: i32) {
        if !self.tasks[task.0].state.is_final() {
            self.change_priority(task.0, priority);
            self.plan_run();
        }
    }

    fn change_priority(&mut self, task: u32, priority: i32) {
        let entry = &mut self.tasks[task];
        let from = entry.turn(task);
        entry.priority = priority;
        self.dispatch.change_turn(from, entry.turn(task));
    }
}
