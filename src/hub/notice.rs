//! What a hub reports to its caller.

use super::ids::{RequestId, TaskId};
use crate::koji::TaskState;
use crate::time::Timestamp;

/// Something that happened at the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub time: Timestamp,
    /// What.
    pub what: Happened,
}

/// What happened at the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A task reached a final state.
    Ended {
        /// The task.
        task: TaskId,
        /// CLOSED, FAILED or CANCELED.
        state: TaskState,
    },
    /// A builder opened a task whose handler is the caller's. It is to act now: see
    /// [`Hub::subtask`](super::Hub::subtask).
    Opened {
        /// The task.
        task: TaskId,
    },
    /// The same for a task that was woken: children of it ended.
    Woken {
        /// The task.
        task: TaskId,
    },
    /// A builder lost a task that it had opened; the task is free again.
    Freed {
        /// The task.
        task: TaskId,
        /// Where it was.
        builder: u32,
        /// Since when it was open there.
        opened: Timestamp,
    },
    /// A repo that was asked for is there.
    RepoDone {
        /// The request.
        request: RequestId,
    },
    /// A repo that was asked for was tried as often as allowed, and failed.
    RepoFailed {
        /// The request.
        request: RequestId,
    },
}

/// What happened and was not reported yet, and how much happened at all.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    notices: Vec<Notice>,
    events: u64,
}

impl Log {
    /// Counts something that happened.
    pub(super) fn count(&mut self) {
        self.events += 1;
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn say(&mut self, time: Timestamp, what: Happened) {
        self.notices.push(Notice { time, what });
    }

    /// Hands over what was not reported yet.
    pub(super) fn report(&mut self, out: &mut Vec<Notice>) {
        out.append(&mut self.notices);
    }
}
