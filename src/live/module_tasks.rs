//! Asking koji for tasks that build modules, and following them.

mod watch;

use super::clock;
use super::hub::{Hub, HubError, Login, Options, Pauses};
use crate::koji::calls::{GetLoggedInUser, GetTaskResult, ListTasks, Map, ModuleBuild};
use crate::koji::shapes::Task;
use crate::koji::{Call, RowsOrCount, TaskState, Value};
use crate::module_build::task_request::TaskRequest;

pub use watch::{Watching, watch};

/// So often is a module asked for whose request did not reach the hub.
const TRIES_MAX: u32 = 5;
/// So much may the hub's clock be behind, in seconds.
const CLOCKS_DIFFER: i64 = 3600;

/// Modules that are asked for.
pub struct Asking<'a> {
    /// How the hub is reached.
    pub options: Options,
    /// How to log in there.
    pub login: Login,
    /// A request for each.
    pub requests: &'a [TaskRequest],
    /// What is added to koji's priority of tasks; a larger number goes later.
    pub priority: Option<i64>,
    /// Whether to follow the tasks to their ends, and how.
    pub watching: Option<Watching<'a>>,
    /// Hears of each task that was made, with what it builds.
    pub asked: &'a mut dyn FnMut(i64, &TaskRequest),
}

/// A task that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleTask {
    /// koji's number of it.
    pub task: i64,
    /// What it builds, `name:stream:version:context`.
    pub id: String,
    /// How it ended; none where it was not followed to its end.
    pub state: Option<TaskState>,
    /// Its result, of one that ended well.
    pub result: Option<Value>,
}

/// Why modules were not asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The hub does not take such requests.
    #[error("the hub has no method moduleBuild")]
    NoMethod,
    /// Nobody is logged in.
    #[error("nobody is logged in at the hub")]
    Anonymous,
    /// The hub.
    #[error(transparent)]
    Hub(#[from] HubError),
}

/// Asks for modules, one task for each, and follows them where that is wanted.
///
/// # Errors
/// The hub lacks the method, refuses, or does not answer. What was asked for before that was said.
///
/// # Panics
/// When no runtime can be made.
pub fn ask(asking: Asking<'_>) -> Result<Vec<ModuleTask>, AskError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime of this one thread starts");
    runtime.block_on(async {
        let Asking { options, login, requests, priority, watching, asked } = asking;
        let mut hub = Hub::connect_waiting(options, login, Pauses::default()).await?;
        let user = hub.call(&GetLoggedInUser {}).await?.ok_or(AskError::Anonymous)?.id;
        if !hub.probe().await?.has(ModuleBuild::METHOD) {
            return Err(AskError::NoMethod);
        }
        let mut tasks = Vec::with_capacity(requests.len());
        for request in requests {
            let plan = request.to_map();
            let call = ModuleBuild { plan, opts: None, priority, channel: None };
            let task = ask_for(&mut hub, user, &call).await?;
            asked(task, request);
            tasks.push(ModuleTask { task, id: request.id(), state: None, result: None });
        }
        if let Some(watching) = watching {
            let numbers: Vec<i64> = tasks.iter().map(|one| one.task).collect();
            let ends = watch(&mut hub, &numbers, watching).await?;
            for one in &mut tasks {
                one.state = ends.get(&one.task).copied();
                if one.state == Some(TaskState::Closed) {
                    let call = GetTaskResult { task_id: one.task, raise_fault: None };
                    one.result = Some(hub.call(&call).await?);
                }
            }
        }
        hub.log_out().await;
        Ok(tasks)
    })
}

/// Asks for one module. If the answer is lost, the task is looked for before it is asked for again.
pub(super) async fn ask_for(hub: &mut Hub, user: i64, call: &ModuleBuild) -> Result<i64, HubError> {
    let before = own_tasks(hub, user).await?.iter().map(|task| task.id).max().unwrap_or_default();
    let request = Value::List(vec![
        Value::Struct(call.plan.clone()),
        Value::Struct(call.opts.clone().unwrap_or_default()),
    ]);
    for attempt in 1.. {
        match hub.call(call).await {
            Err(HubError::Unknown { .. }) if attempt < TRIES_MAX => {}
            other => return other,
        }
        let tasks = own_tasks(hub, user).await?;
        let is_it = |task: &&Task| task.id > before && task.request.as_ref() == Some(&request);
        if let Some(task) = tasks.iter().find(is_it) {
            return Ok(task.id);
        }
    }
    unreachable!("the last try returns")
}

/// Returns the module tasks that the user asked for lately, whatever became of them.
pub(super) async fn own_tasks(hub: &mut Hub, user: i64) -> Result<Vec<Task>, HubError> {
    let since = clock::now_ms() / 1000 - CLOCKS_DIFFER;
    let opts = Map::from([
        ("method".to_owned(), ModuleBuild::METHOD.into()),
        ("owner".to_owned(), Value::Int(user)),
        ("createdAfter".to_owned(), Value::Int(since)),
        ("decode".to_owned(), Value::Bool(true)),
    ]);
    let call = ListTasks { opts: Some(opts), query_opts: None };
    match hub.call(&call).await? {
        RowsOrCount::Rows(rows) => Ok(rows),
        RowsOrCount::Count(_) => Err(HubError::Shape {
            method: ListTasks::METHOD.to_owned(),
            reason: "a count".to_owned(),
        }),
    }
}
