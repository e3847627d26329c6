//! What a hub tells its caller.

use super::{RequestId, TaskId};
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
