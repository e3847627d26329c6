//! koji's dist-repo of a module's tag: asked for once, and waited for.

use super::at_hub::AtHub;
use super::stop::Stop;
use super::work::ModuleWork;
use crate::koji::calls::{GetTaskInfo, ListTasks, Map, TagLastChangeEvent};
use crate::koji::shapes::Task;
use crate::koji::{OneOrMany, RowsOrCount, TaskState, Value};
use crate::live::final_repo::FinalRepos;
use crate::module_build::dist_repo::{AskedDistRepo, dist_repo};
use crate::orchestrate::Fault;

impl AtHub {
    /// Returns the dist-repo that shows a module's tag as it is: the one that is there, or a new one.
    pub(super) async fn dist_repo(
        &self,
        module: &ModuleWork,
        repos: &FinalRepos,
    ) -> Result<AskedDistRepo, Stop> {
        let tag = module.tags.tag.as_str();
        let call = TagLastChangeEvent { tag: tag.into(), ..TagLastChangeEvent::default() };
        let since = self.ask(&call).await?.unwrap_or(0);
        let shows = |asked: &AskedDistRepo| asked.shows(tag, &repos.keys, since);
        let task = match self.dist_repo_task(shows).await? {
            Some(task) => task,
            None => self.one(&dist_repo(tag, &module.tags.arches, &repos.keys)).await?,
        };
        let broken = |why: String| Stop::failed(Fault::Broken, format!("{}: {why}", module.nsvc));
        match self.ends(&[task]).await?.get(&task) {
            Some(TaskState::Closed) => {}
            state => {
                let state = state.map_or_else(String::new, ToString::to_string);
                return Err(broken(format!("task {task} of its dist-repo is {state}")));
            }
        }
        let call = GetTaskInfo { task_id: OneOrMany::One(task), request: Some(true), strict: None };
        let OneOrMany::One(Some(Task { request: Some(request), .. })) = self.ask(&call).await?
        else {
            return Err(Stop::strange("getTaskInfo", "no request"));
        };
        AskedDistRepo::read(&request)
            .ok_or_else(|| Stop::strange("getTaskInfo", "a dist-repo of an unknown shape"))
    }

    /// Returns the newest of our tasks that makes a fitting dist-repo, or has made it.
    async fn dist_repo_task(
        &self,
        fits: impl Fn(&AskedDistRepo) -> bool,
    ) -> Result<Option<i64>, Stop> {
        let opts = Map::from([
            ("method".to_owned(), "distRepo".into()),
            ("owner".to_owned(), Value::Int(self.user)),
            ("createdAfter".to_owned(), Value::Int(self.work.since_seconds)),
            ("decode".to_owned(), Value::Bool(true)),
        ]);
        let call = ListTasks { opts: Some(opts), query_opts: None };
        let RowsOrCount::Rows(rows) = self.ask(&call).await? else {
            return Err(Stop::strange("listTasks", "a count"));
        };
        let is_hopeful =
            |task: &&Task| !matches!(task.state, TaskState::Failed | TaskState::Canceled);
        let is_it = |task: &&Task| {
            let asked = task.request.as_ref().and_then(AskedDistRepo::read);
            asked.is_some_and(|asked| fits(&asked))
        };
        Ok(rows.iter().filter(is_hopeful).filter(is_it).map(|task| task.id).max())
    }
}
