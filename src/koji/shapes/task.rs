//! Tasks.

use super::shapes;
use crate::koji::{TaskState, Value};

/// A task. `request` is present if requested: a list, or the XML of a call for the builder that
/// opens the task.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "koji's own members")]
pub struct Task {
    pub id: i64,
    pub method: String,
    #[serde(with = "crate::koji::task::number")]
    pub state: TaskState,
    pub arch: String,
    pub channel_id: Option<i64>,
    pub host_id: Option<i64>,
    pub owner: Option<i64>,
    pub parent: Option<i64>,
    pub label: Option<String>,
    pub priority: i64,
    pub weight: f64,
    pub waiting: Option<bool>,
    pub awaited: Option<bool>,
    pub create_time: String,
    pub create_ts: f64,
    pub start_time: Option<String>,
    pub start_ts: Option<f64>,
    pub completion_time: Option<String>,
    pub completion_ts: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_type: Option<i64>,
}

shapes! {
    /// An open task of a builder. `alert` is present if a task that it waits for is over.
    HostTask {
        id: i64,
        waiting: Option<bool>,
        weight: f64;
        alert: bool,
    }
}
