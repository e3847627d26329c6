//! Waiting for the repo of a batch.

use super::labels::number;
use super::steps::Steps;
use crate::koji::calls::GetTaskResult;
use crate::koji::{TaskState, Value};
use crate::live::execute::stop::Stop;
use crate::module_build::hub_call::HubCall;
use crate::orchestrate::{Fault as Why, TaskId};
use crate::site::RepoWait;

impl Steps {
    /// Waits until there is a repo with all that is built so far, and keeps its number for the batch. A batch
    /// that was begun keeps the repo that it was begun with.
    pub(super) async fn wait_repo(&self, batch: u32) -> Result<(), Stop> {
        let children = self.children().await?;
        let repo = match children.repo_of(batch) {
            Some(repo) => repo,
            None => match self.core.settings.site.worker.repo_wait {
                RepoWait::Request => {
                    let _permit = self.core.repos.acquire().await.expect("it is never closed");
                    self.at.wait_permitted_repo(&self.module).await?
                }
                RepoWait::Subtask => self.wait_by_subtask(batch).await?,
            },
        };
        self.state.borrow_mut().repos.insert(batch, repo);
        Ok(())
    }

    /// Has a task of koji's wait for the repo.
    async fn wait_by_subtask(&self, batch: u32) -> Result<i64, Stop> {
        let nvrs = self.built_before(batch).await?;
        let oldest = if nvrs.is_empty() { "last".into() } else { Value::Nil };
        let nvrs = nvrs.into_iter().map(Value::from).collect();
        let tag = self.module.tags.build_tag.as_str().into();
        let request = vec![tag, Value::Nil, Value::List(nvrs), oldest];
        let call = self.below("waitrepo", request, &format!("wait {batch}"), None);
        let task: i64 = self.at.one(&call).await?;
        let ends = self.at.ends(&[task]).await?;
        if ends.get(&task) != Some(&TaskState::Closed) {
            let why = format!("the task {task}, which waits for a repo, did not end well");
            return Err(Stop::failed(Why::Broken, why));
        }
        let look = HubCall::look(&GetTaskResult { task_id: task, raise_fault: None });
        let repo: Value = self.at.one(&look).await?;
        let id = repo.get("id").and_then(Value::as_int);
        id.ok_or_else(|| Stop::strange("waitrepo", "its result is not a repo"))
    }

    /// Returns the builds of the batch before one.
    async fn built_before(&self, batch: u32) -> Result<Vec<String>, Stop> {
        let Some(before) = batch.checked_sub(1) else { return Ok(Vec::new()) };
        let children = self.children().await?;
        let closed = children.of_batch(before).filter(|task| task.state == TaskState::Closed);
        let tasks: Vec<TaskId> = closed.map(|task| number(task.id)).collect::<Result<_, _>>()?;
        let mut nvrs = self.at.nvrs(&tasks).await;
        let missing = tasks.iter().find(|task| !nvrs.contains_key(task));
        if let Some(task) = missing {
            let why = format!("koji has no build of task {}", task.0);
            return Err(Stop::failed(Why::Missing, why));
        }
        Ok(tasks.iter().filter_map(|task| nvrs.remove(task)).collect())
    }
}
