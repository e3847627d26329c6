//! A plan whose modules koji builds: the orchestrator of the first design at a real hub.
//!
//! ```text
//!   people ──moduleBuild──▶ koji ──▶ a worker builds the module
//!                            │
//!   orchestrator ◀──passed───┘ ── for each dependant ──moduleBuild──▶ koji
//! ```
//!
//! The orchestrator remembers nothing, and neither does this driver: koji has the tasks, each marked with the
//! run, the module, and the build whose pass is the reason. A process that comes back with the same run finds
//! the tasks that are there, and asks for those that are missing. A task that fails tells nobody, as the design
//! has it: what waits for its module waits on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::clock;
use super::execute::{Driven, Figures, News, Watch};
use super::hub::{Hub, HubError, Login, Options};
use super::module_tasks::{ask_for, own_tasks};
use crate::drive::journal::{Began, Heading};
use crate::koji::calls::{
    GetLoggedInUser, GetTaskChildren, GetTaskInfo, GetTaskResult, Map, ModuleBuild,
};
use crate::koji::shapes::Task;
use crate::koji::{OneOrMany, TaskState, Value};
use crate::load::{parse_text, stream_yaml};
use crate::module_build::task_request::TaskRequest;
use crate::name::Version;
use crate::orchestrate::{
    Answer, BuildId, Call, CallId, Catalog, Command, Event, Fault, ModuleIx, Orchestrator, Reply,
    Row, TaskId, Timer,
};
use crate::status::{ModuleState, ModuleStatus};
use crate::time::Timestamp;

/// A run in which koji owns the builds.
pub struct KojiOwnedRun<'a> {
    /// How the hub is reached.
    pub options: Options,
    /// How to log in there.
    pub login: Login,
    /// What the run is called: part of every task's mark.
    pub run: &'a str,
    /// Its approach, cascade and modules.
    pub heading: &'a Heading,
    /// The request for each module, by `name:stream:context`.
    pub requests: BTreeMap<String, TaskRequest>,
    /// What is added to koji's priority of tasks.
    pub priority: i64,
    /// The time between two looks at the tasks.
    pub poll: Duration,
    /// Who looks on.
    pub watch: Watch<'a>,
}

/// Why a run was not driven to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KojiOwnedError {
    /// Nobody is logged in.
    #[error("nobody is logged in at the hub")]
    Anonymous,
    /// The hub.
    #[error(transparent)]
    Hub(#[from] HubError),
}

/// One task that was asked for.
struct Build {
    module: ModuleIx,
    task: i64,
    state: TaskState,
    /// koji's result, or why the task failed.
    result: Option<Result<Value, String>>,
}

/// A timer of the orchestrator, by when it is due and in which order it was set.
type Timers = BTreeMap<(Timestamp, u64), Timer>;

struct Driver<'a> {
    hub: Hub,
    user: i64,
    run: KojiOwnedRun<'a>,
    catalog: Arc<Catalog>,
    orchestrator: Orchestrator,
    builds: Vec<Build>,
    timers: Timers,
    timers_set: u64,
    events: Vec<Event>,
    figures: Figures,
    /// How often each module was asked for.
    asked: BTreeMap<ModuleIx, u32>,
    started_ms: i64,
}

/// Has koji build the modules of a run, and follows it until nothing more can happen or it is to stop.
///
/// # Errors
/// The hub does not answer, or refuses a module. What it has already continues, and the same run again takes it
/// up.
///
/// # Panics
/// When no runtime can be made, or the heading contradicts itself: it is checked when it is made.
pub fn drive(mut run: KojiOwnedRun<'_>) -> Result<Driven, KojiOwnedError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime of this one thread starts");
    runtime.block_on(async {
        let login = std::mem::replace(&mut run.login, Login::Anonymous);
        let mut hub = Hub::connect(run.options.clone(), login).await?;
        let user = hub.call(&GetLoggedInUser {}).await?.ok_or(KojiOwnedError::Anonymous)?.id;
        (run.watch.tell)(News::Drives(run.run));
        Ok(Driver::new(hub, user, run).drive().await?)
    })
}

impl<'a> Driver<'a> {
    fn new(hub: Hub, user: i64, run: KojiOwnedRun<'a>) -> Self {
        let catalog = Arc::new(run.heading.catalog().expect("the heading was checked"));
        Self {
            orchestrator: run.heading.orchestrator(&catalog),
            hub,
            user,
            catalog,
            builds: Vec::new(),
            timers: Timers::new(),
            timers_set: 0,
            events: Vec::new(),
            figures: Figures::default(),
            asked: BTreeMap::new(),
            started_ms: clock::now_ms(),
            run,
        }
    }

    async fn drive(mut self) -> Result<Driven, HubError> {
        let Began { cascade, .. } = self.run.heading.began;
        // People ask koji themselves for what nothing comes before.
        let starts: Vec<ModuleIx> = self.catalog.starts(cascade).collect();
        for module in starts {
            self.build(module, None).await?;
        }
        let mut is_over = self.is_over();
        while !is_over && !self.run.watch.stop.load(Ordering::Relaxed) {
            self.look().await?;
            self.handle().await?;
            is_over = self.is_over();
            if !is_over {
                clock::wait(u64::try_from(self.run.poll.as_millis()).unwrap_or(u64::MAX)).await;
            }
        }
        self.hub.end_session().await;
        Ok(self.driven(is_over))
    }

    fn is_over(&self) -> bool {
        let is_open = |build: &Build| !build.state.is_final();
        !self.builds.iter().any(is_open) && self.events.is_empty() && self.timers.is_empty()
    }

    fn now(&self) -> Timestamp {
        Timestamp(u64::try_from(clock::now_ms() - self.started_ms).unwrap_or(0))
    }

    /// Asks how the open tasks stand.
    async fn look(&mut self) -> Result<(), HubError> {
        let open = |build: &&Build| !build.state.is_final();
        let tasks: Vec<i64> = self.builds.iter().filter(open).map(|build| build.task).collect();
        if !tasks.is_empty() {
            let call = GetTaskInfo { task_id: OneOrMany::Many(tasks), ..GetTaskInfo::default() };
            let rows = match self.hub.call(&call).await? {
                OneOrMany::Many(rows) => rows,
                OneOrMany::One(row) => vec![row],
            };
            for task in rows.into_iter().flatten() {
                self.stands(&task).await?;
            }
        }
        let now = self.now();
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            self.events.push(Event::Timer { timer: entry.remove() });
        }
        Ok(())
    }

    async fn stands(&mut self, task: &Task) -> Result<(), HubError> {
        let Some(at) = self.builds.iter().position(|build| build.task == task.id) else {
            return Ok(());
        };
        if self.builds[at].state == task.state {
            return Ok(());
        }
        self.builds[at].state = task.state;
        if !task.state.is_final() {
            return Ok(());
        }
        let call = GetTaskResult { task_id: task.id, raise_fault: None };
        let result = match self.hub.call(&call).await {
            Ok(result) => Ok(result),
            Err(HubError::Fault { fault, .. }) => Err(fault.to_string()),
            Err(error) => return Err(error),
        };
        let module = self.builds[at].module;
        let id = Arc::clone(&self.catalog.module(module).id);
        let components = self.components(task.id).await?;
        let now = self.now();
        let figures = self.figures.modules.entry(Arc::clone(&id)).or_default();
        figures.component_builds += components;
        self.figures.last_change = now;
        if task.state == TaskState::Closed {
            figures.ready.get_or_insert(now);
            (self.run.watch.tell)(News::Line(&format!("{id}: ready")));
            // koji has no gate: what is built has passed.
            let build = BuildId(u32::try_from(at).unwrap_or(u32::MAX));
            self.events.push(Event::Tested { build, module, attempt: 1, passed: true });
        } else {
            let why = result.as_ref().err().cloned().unwrap_or_default();
            let state = task.state.as_str().to_lowercase();
            (self.run.watch.tell)(News::Line(&format!("{id}: {state}: {why}")));
        }
        self.builds[at].result = Some(result);
        Ok(())
    }

    /// Returns how many components a module task had built.
    async fn components(&mut self, task: i64) -> Result<u32, HubError> {
        let call = GetTaskChildren { task_id: task, ..GetTaskChildren::default() };
        let children = self.hub.call(&call).await?;
        let is_build = |label: &str| label.starts_with("build ");
        let builds = children.iter().filter(|task| task.label.as_deref().is_some_and(is_build));
        Ok(u32::try_from(builds.count()).unwrap_or(u32::MAX))
    }

    /// Hands over what happened, and does what follows.
    async fn handle(&mut self) -> Result<(), HubError> {
        while !self.events.is_empty() {
            let event = self.events.remove(0);
            let mut commands = Vec::new();
            let now = self.now();
            self.orchestrator.handle(&event, now, &mut commands);
            for command in commands {
                self.carry_out(command).await?;
            }
        }
        Ok(())
    }

    async fn carry_out(&mut self, command: Command) -> Result<(), HubError> {
        match command {
            Command::Call { id, call } | Command::Look { id, call } => {
                let answer = self.answer(id, &call).await?;
                self.events.push(Event::Answered { call: id, answer });
            }
            Command::Timer { at, timer } => {
                self.timers_set += 1;
                self.timers.insert((at, self.timers_set), timer);
            }
            Command::Tell(_) => {}
        }
        Ok(())
    }

    async fn answer(&mut self, id: CallId, call: &Call) -> Result<Answer, HubError> {
        Ok(match *call {
            Call::BuildModule { module, unless_waiting: true, .. } if self.waits(module) => {
                Answer::Done(Reply::Nothing)
            }
            Call::BuildModule { module, cause, .. } => {
                let task = self.build(module, Some(cause)).await?;
                u32::try_from(task).map_or(Answer::Failed(Fault::Broken), |task| {
                    Answer::Done(Reply::Task(TaskId(task)))
                })
            }
            Call::AskDependants { module, .. } => Answer::Done(Reply::Rows(self.rows(module))),
            Call::Mail { ref about, .. } => {
                tracing::info!("mail {}: {} concerns", id.0, about.len());
                Answer::Done(Reply::Nothing)
            }
            Call::CreateTarget { .. }
            | Call::BuildComponent { .. }
            | Call::CancelComponent { .. }
            | Call::TagComponent { .. }
            | Call::MakeRepo { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::Fetch { .. }
            | Call::Publish { .. }
            | Call::RequestTest { .. }
            | Call::Poll { .. } => Answer::Failed(Fault::Missing),
        })
    }

    /// Returns whether a build of a module waits for its host.
    fn waits(&self, module: ModuleIx) -> bool {
        let waits = |state| matches!(state, TaskState::Free | TaskState::Assigned);
        self.builds.iter().any(|build| build.module == module && waits(build.state))
    }

    /// Returns the dependants of a module as the plan has them, as rows of a dependency service.
    fn rows(&self, module: ModuleIx) -> Arc<[Row]> {
        let modules = &self.catalog.modules;
        let requires = |of: ModuleIx| {
            let built_with = modules.iter().filter(move |one| one.dependants.contains(&of));
            built_with.map(|one| Arc::clone(&one.id)).collect()
        };
        let row = |&of: &ModuleIx| Row {
            module: Arc::clone(&self.catalog.module(of).id),
            version: 1,
            requires: requires(of),
        };
        self.catalog.module(module).dependants.iter().map(row).collect()
    }

    /// Asks koji for a module, unless it was asked for the same before.
    async fn build(&mut self, module: ModuleIx, cause: Option<BuildId>) -> Result<i64, HubError> {
        let id = Arc::clone(&self.catalog.module(module).id);
        let nth = self.asked.entry(module).or_default();
        let request = self.run.requests.get(&*id).map(|request| later(request, *nth));
        *nth += 1;
        let Some(request) = request else {
            let reason = format!("{id} is not part of the run");
            return Err(HubError::Shape { method: "moduleBuild".to_owned(), reason });
        };
        let opts = self.mark(&id, cause);
        let task = match self.found(&opts).await? {
            Some(task) => task,
            None => {
                let (plan, priority) = (request.to_map(), Some(self.run.priority));
                let call = ModuleBuild { plan, opts: Some(opts), priority, channel: None };
                ask_for(&mut self.hub, self.user, &call).await?
            }
        };
        let now = self.now();
        let figures = self.figures.modules.entry(Arc::clone(&id)).or_default();
        if figures.module_builds == 0 {
            figures.opened = now;
        }
        figures.module_builds += 1;
        (self.run.watch.tell)(News::Line(&format!("{id}: task {task} ({})", request.id())));
        self.builds.push(Build { module, task, state: TaskState::Free, result: None });
        Ok(task)
    }

    /// Returns what marks a task: the run, the module, and the task whose module passed.
    fn mark(&self, module: &str, cause: Option<BuildId>) -> Map {
        let cause = cause.and_then(|cause| self.builds.get(cause.0 as usize));
        let members = [
            ("run", Value::from(self.run.run)),
            ("module", module.into()),
            ("cause", cause.map_or(Value::Nil, |build| Value::Int(build.task))),
        ];
        let members = members.map(|(name, value)| (name.to_owned(), value));
        Map::from([("modplan".to_owned(), Value::Struct(members.into()))])
    }

    /// Finds a task with a mark.
    async fn found(&mut self, opts: &Map) -> Result<Option<i64>, HubError> {
        let wanted = Value::Struct(opts.clone());
        let tasks = own_tasks(&mut self.hub, self.user).await?;
        let is_it = |task: &&Task| {
            let request = task.request.as_ref().and_then(Value::as_list);
            request.and_then(|request| request.get(1)) == Some(&wanted)
        };
        Ok(tasks.iter().find(is_it).map(|task| task.id))
    }

    fn driven(self, is_over: bool) -> Driven {
        let modules = (0..).map(ModuleIx).zip(&self.catalog.modules);
        let modules = modules.filter(|(_, module)| module.is_planned);
        let modules = modules.map(|(at, module)| self.status(at, &module.id)).collect();
        Driven {
            is_over,
            is_paused: false,
            halt: None,
            refused: None,
            modules,
            requests: self.hub.requests(),
            figures: self.figures,
            nvrs: BTreeMap::new(),
        }
    }

    /// Says how a module stands, by its last task.
    fn status(&self, module: ModuleIx, id: &Arc<str>) -> ModuleStatus {
        let numbered = (0..).map(BuildId).zip(&self.builds);
        let last = numbered.filter(|(_, build)| build.module == module).last();
        let (state, because) = match last.map(|(_, build)| (build.state, build)) {
            None => (ModuleState::Waiting, "what it waits for did not pass".to_owned()),
            Some((TaskState::Closed, _)) => (ModuleState::Ready, String::new()),
            Some((TaskState::Failed, build)) => (ModuleState::Failed, why(build)),
            Some((TaskState::Canceled, build)) => {
                (ModuleState::Canceled, format!("task {} was canceled", build.task))
            }
            Some((TaskState::Free | TaskState::Assigned | TaskState::Open, build)) => {
                (ModuleState::Building, format!("koji builds it: task {}", build.task))
            }
        };
        let build = last.map(|(build, _)| build);
        ModuleStatus { id: Arc::clone(id), build, state, because, components: Vec::new() }
    }
}

fn why(build: &Build) -> String {
    let why = match &build.result {
        Some(Err(why)) => why.as_str(),
        Some(Ok(_)) | None => "koji does not say why",
    };
    format!("task {} failed: {why}", build.task)
}

/// Returns a request in a version of its own: a module that is built again in one run is a second later each
/// time.
fn later(request: &TaskRequest, nth: u32) -> TaskRequest {
    let mut later = request.clone();
    let version = request.version.parse::<u64>().unwrap_or_default().saturating_add(nth.into());
    if nth == 0 {
        return later;
    }
    later.version = version.to_string();
    if let Some(mut stored) = parse_text("modulemd", &request.modulemd).streams.pop() {
        stored.version = Version(version);
        later.modulemd = stream_yaml(&stored);
    }
    later
}
