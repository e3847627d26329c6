//! Asking for a repo of a build tag with all that was tagged so far, and waiting for it.

use tokio::sync::SemaphorePermit;

use super::at_hub::AtHub;
use super::stop::Stop;
use super::work::ModuleWork;
use crate::koji::calls::{GetRepo, ListTasks, Map, NewRepo};
use crate::koji::shapes::{RepoAnswer, Task};
use crate::koji::{Ref, RowsOrCount, TaskState, Value};
use crate::module_build::batch_calls;
use crate::module_build::tag_plan::TagPlan;
use crate::orchestrate::Fault;

/// At a hub without requests, so many tasks may end without a repo that is new enough: the first may have begun
/// before the last change of the tag.
const TASKS_MAX: u32 = 3;

impl AtHub {
    /// Asks for a repo that has everything in the build tag, and waits until it is made. Asked again, the hub
    /// answers with the same request. No more repos are asked for at a time than the site allows.
    pub(in crate::live) async fn wait_repo(&self, module: &ModuleWork) -> Result<(), Stop> {
        let _permit = self.repo_permit().await;
        self.wait_permitted_repo(module).await.map(drop)
    }

    /// Waits for leave to have a repo made.
    pub(in crate::live) async fn repo_permit(&self) -> SemaphorePermit<'_> {
        self.repos.acquire().await.expect("the semaphore is never closed")
    }

    /// Does the same for one who has leave, and returns koji's number of the repo.
    pub(in crate::live) async fn wait_permitted_repo(
        &self,
        module: &ModuleWork,
    ) -> Result<i64, Stop> {
        self.may_begin()?;
        let event: i64 = self.one(&batch_calls::last_change(&module.tags)).await?;
        match self.work.has_repo_requests {
            true => self.wait_request(&module.tags, event).await,
            false => self.wait_task(&module.tags, event).await,
        }
    }

    async fn wait_request(&self, tags: &TagPlan, event: i64) -> Result<i64, Stop> {
        let mut answer: RepoAnswer = self.one(&batch_calls::request_repo(tags, event)).await?;
        loop {
            match (answer.repo, answer.request) {
                (Some(repo), _) => return Ok(repo.id),
                (None, Some(request)) if request.active => {
                    self.pause().await;
                    self.may_begin()?;
                    answer = self.one(&batch_calls::check_repo(request.id)).await?;
                }
                (None, _) => return Err(given_up(tags)),
            }
        }
    }

    /// Hubs before koji 1.34 take no requests: a task is made, unless one is open.
    async fn wait_task(&self, tags: &TagPlan, event: i64) -> Result<i64, Stop> {
        let tag = || Ref::from(tags.build_tag.as_str());
        for _ in 0..=TASKS_MAX {
            let repo = self.ask(&GetRepo { tag: tag(), ..GetRepo::default() }).await?;
            if let Some(repo) = repo.filter(|repo| repo.create_event >= event) {
                return Ok(repo.id);
            }
            self.may_begin()?;
            let task = match self.open_repo_task(&tags.build_tag).await? {
                Some(task) => task,
                None => self.ask(&NewRepo { tag: tag(), ..NewRepo::default() }).await?,
            };
            if self.ends(&[task]).await?.get(&task) != Some(&TaskState::Closed) {
                return Err(given_up(tags));
            }
        }
        Err(given_up(tags))
    }

    /// Returns a task that makes a repo of a tag and is not over.
    async fn open_repo_task(&self, tag: &str) -> Result<Option<i64>, Stop> {
        let states = [TaskState::Free, TaskState::Open, TaskState::Assigned];
        let states = states.map(|state| Value::of(&state));
        let opts = Map::from([
            ("method".to_owned(), "newRepo".into()),
            ("state".to_owned(), Value::List(states.into())),
            ("decode".to_owned(), Value::Bool(true)),
        ]);
        let call = ListTasks { opts: Some(opts), query_opts: None };
        let RowsOrCount::Rows(rows) = self.ask(&call).await? else {
            return Err(Stop::strange("listTasks", "a count"));
        };
        let is_its = |task: &&Task| {
            let request = task.request.as_ref().and_then(Value::as_list);
            request.and_then(|request| request.first()?.as_str()) == Some(tag)
        };
        Ok(rows.iter().find(is_its).map(|task| task.id))
    }
}

fn given_up(tags: &TagPlan) -> Stop {
    Stop::failed(Fault::Broken, format!("koji gave up making a repo of {}", tags.build_tag))
}
