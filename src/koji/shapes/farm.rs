//! Builders, channels and the scheduler.

use super::shapes;
use crate::koji::Value;

shapes! {
    /// A builder; arches are separated by spaces.
    Host {
        id: i64,
        user_id: i64,
        name: String,
        arches: Option<String>,
        task_load: f64,
        capacity: f64,
        description: Option<String>,
        comment: Option<String>,
        ready: bool,
        enabled: bool,
        update_ts: Option<f64>,
    }
    /// A channel: which tasks go to which builders.
    Channel {
        id: i64,
        name: String,
        description: Option<String>,
        enabled: bool,
        comment: Option<String>,
    }
    /// A task was given to a builder.
    TaskRun {
        id: i64,
        task_id: i64,
        host_id: i64,
        active: bool,
        create_ts: f64,
    }
    /// A line of the scheduler's log.
    LogMessage {
        id: i64,
        task_id: Option<i64>,
        host_id: Option<i64>,
        msg: String,
        msg_ts: f64,
    }
    /// The report of a builder about itself: its methods, and its maximum number of tasks.
    HostData {
        host_id: i64,
        data: Value,
    }
}
