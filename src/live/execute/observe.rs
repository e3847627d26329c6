//! What a poll sees: which tasks are over, and how.

use std::collections::BTreeMap;

use super::at_hub::AtHub;
use super::stop::Stop;
use crate::koji::calls::GetTaskResult;
use crate::koji::{Fault, TaskState, Value};
use crate::module_build::hub_call::HubCall;
use crate::orchestrate::{ComponentEnd, Outstanding, TaskId};

/// How tasks stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    /// The builds that are over, and how.
    pub(super) ends: Vec<(TaskId, ComponentEnd)>,
    /// The tasks that tag something, as far as the hub knows them.
    pub(super) tagging: BTreeMap<i64, TaskState>,
}

impl AtHub {
    /// Asks how builds stand, and tasks that tag something: a hundred in a request. A build whose task the hub
    /// does not know any more was lost with all that it did: it counts as canceled.
    pub(super) async fn observe(
        &self,
        about: &[Outstanding],
        tagging: &[i64],
    ) -> Result<Observed, Stop> {
        let task_of = |outstanding: &Outstanding| match outstanding {
            Outstanding::Task { task } => Some(*task),
            Outstanding::Test { .. } => None,
        };
        let asked: Vec<TaskId> = about.iter().filter_map(task_of).collect();
        let builds = asked.iter().map(|task| i64::from(task.0));
        let numbers: Vec<i64> = builds.chain(tagging.iter().copied()).collect();
        let found = self.tasks(&numbers).await?;
        let state = |task: &i64| Some((*task, found.get(task)?.state));
        let tagging = tagging.iter().filter_map(state).collect();
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
        Ok(Observed { ends, tagging })
    }

    /// Asks why tasks failed, in one request; what the hub does not say stays empty.
    pub(super) async fn reasons(&self, tasks: &[TaskId]) -> Vec<String> {
        // None take no request.
        let look = |task: &TaskId| {
            HubCall::look(&GetTaskResult { task_id: task.0.into(), raise_fault: None })
        };
        let looks: Vec<HubCall> = tasks.iter().map(look).collect();
        let answers = self.each(&looks).await.unwrap_or_default();
        let reason = |answer: Option<Result<Value, Fault>>| match answer {
            Some(Err(fault)) => fault.text,
            Some(Ok(_)) | None => String::new(),
        };
        let mut answers = answers.into_iter();
        tasks.iter().map(|_| reason(answers.next())).collect()
    }
}
