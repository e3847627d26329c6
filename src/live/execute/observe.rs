//! What a poll sees: which tasks are over, and how.

use super::at_hub::AtHub;
use super::stop::Stop;
use crate::koji::TaskState;
use crate::orchestrate::{ComponentEnd, Outstanding, TaskId};

impl AtHub {
    /// Asks how tasks stand, a hundred in a request, and returns those that are over. A task that the hub
    /// does not know any more was lost with all that it did: it counts as canceled.
    pub(super) async fn observe(
        &self,
        about: &[Outstanding],
    ) -> Result<Vec<(TaskId, ComponentEnd)>, Stop> {
        let task_of = |outstanding: &Outstanding| match outstanding {
            Outstanding::Task { task } => Some(*task),
            Outstanding::Test { .. } => None,
        };
        let asked: Vec<TaskId> = about.iter().filter_map(task_of).collect();
        let numbers: Vec<i64> = asked.iter().map(|task| i64::from(task.0)).collect();
        let found = self.tasks(&numbers).await?;
        let mut ends = Vec::new();
        for task in asked {
            let end = match found.get(&i64::from(task.0)).map(|task| task.state) {
                Some(TaskState::Closed) => ComponentEnd::Complete,
                Some(TaskState::Failed) => ComponentEnd::Failed,
                Some(TaskState::Canceled) => ComponentEnd::Canceled,
                Some(TaskState::Free | TaskState::Assigned | TaskState::Open) => continue,
                None => {
                    tracing::warn!(task = task.0, "the hub does not know the task any more");
                    ComponentEnd::Canceled
                }
            };
            ends.push((task, end));
        }
        Ok(ends)
    }
}
