//! From a task to a job: the plan in its request is read, checked against what the site decides, and worked out
//! at the hub.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::core::Core;
use super::job::Job;
use super::labels::Place;
use super::priority::{Urgency, priorities};
use super::steps::{State, Steps};
use crate::koji::calls::{
    GetAverageBuildDuration, GetTaskInfo, GetUser, HostSetTaskWeight, Map, ModuleBuild,
};
use crate::koji::shapes::Task;
use crate::koji::{Call, Fault, FaultKind, OneOrMany, Value, weight};
use crate::koji_plan::{
    BuildOwner, Earlier, OwnTask, PlannedBuild, Request, WorkedOut, plan_of_task, work_out_task,
};
use crate::live::dry_run::rounds;
use crate::live::execute::at_hub::AtHub;
use crate::live::execute::work::{ModuleWork, Work};
use crate::live::execute::{Decided, Limits};
use crate::live::hub::HubError;
use crate::module_build::hub_call::HubCall;
use crate::module_build::task_check::{CheckedModule, check};
use crate::module_build::task_request::TaskRequest;
use crate::name::ComponentKey;
use crate::orchestrate::{Catalog, ComponentDefinition, Definition};
use crate::time::Millis;

/// So many problems of a plan stand in the fault of its task.
const PROBLEMS_MAX: usize = 5;

/// What became of a task that was read.
#[derive(Debug)]
pub(super) enum Opened {
    /// It can begin.
    Job(Box<Job>),
    /// It cannot be built: it fails so.
    Refused(Fault),
    /// The hub did not answer: it is read again with the next turn.
    Later,
}

/// Why a task does not become a job.
enum NotOpened {
    /// It cannot be built.
    Refused(Fault),
    /// The hub did not answer.
    Later(HubError),
}

impl From<HubError> for NotOpened {
    fn from(error: HubError) -> Self {
        Self::Later(error)
    }
}

/// A task that is to be built, with everything that was looked up for it.
struct Opening<'c> {
    task: Task,
    owner: String,
    checked: CheckedModule<'c>,
    planned: PlannedBuild,
    estimates: BTreeMap<ComponentKey, Millis>,
}

/// Reads and checks a task that is open.
pub(super) async fn open(core: &Rc<Core>, task: i64) -> Opened {
    match try_open(core, task).await {
        Ok(job) => Opened::Job(Box::new(job)),
        Err(NotOpened::Refused(fault)) => Opened::Refused(fault),
        Err(NotOpened::Later(error)) => {
            tracing::warn!("task {task}: {error}");
            Opened::Later
        }
    }
}

async fn try_open(core: &Rc<Core>, task: i64) -> Result<Job, NotOpened> {
    let info = task_info(core, task).await?;
    let request = request(&info)?;
    let checked = check(&request, &core.settings.site)
        .map_err(|problems| refused(&request.id(), &problems))?;
    let owner = owner(core, &info).await?;
    let weight = weight(ModuleBuild::METHOD).unwrap_or_default();
    let call = HostSetTaskWeight { task_id: task, weight };
    match core.hub().await.call(&call).await {
        Ok(()) | Err(HubError::Unknown { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let task = OwnTask { number: task, owner: &owner };
    let planned = worked_out(core, &checked, &request.modulemd, task).await?;
    let estimates = estimates(core, &checked).await?;
    let opening = Opening { task: info, owner, checked, planned, estimates };
    opening.job(core)
}

async fn task_info(core: &Core, task: i64) -> Result<Task, NotOpened> {
    let task_id = OneOrMany::One(task);
    let call = GetTaskInfo { task_id, request: Some(true), strict: None };
    match core.hub().await.call(&call).await? {
        OneOrMany::One(Some(info)) => Ok(info),
        OneOrMany::One(None) | OneOrMany::Many(_) => {
            let text = format!("the hub has no task {task}");
            Err(NotOpened::Refused(Fault::of(FaultKind::Generic, text)))
        }
    }
}

fn request(task: &Task) -> Result<TaskRequest, NotOpened> {
    let plan = task.request.as_ref().and_then(Value::as_list).and_then(<[Value]>::first);
    let request = TaskRequest::read(plan.unwrap_or(&Value::Nil));
    request.map_err(|error| NotOpened::Refused(Fault::of(FaultKind::Parameter, error.to_string())))
}

/// Refuses a plan that this site does not build.
fn refused(id: &str, problems: &[String]) -> NotOpened {
    let listed = problems.iter().take(PROBLEMS_MAX).cloned().collect::<Vec<_>>().join("; ");
    let more = match problems.len().saturating_sub(PROBLEMS_MAX) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let text = format!("this worker does not build {id}: {listed}{more}");
    NotOpened::Refused(Fault::of(FaultKind::NotAllowed, text))
}

/// Returns the name of who asked for the task.
async fn owner(core: &Core, task: &Task) -> Result<String, NotOpened> {
    let call = GetUser { user: task.owner.map(Into::into), ..GetUser::default() };
    let user = core.hub().await.call(&call).await?;
    user.map(|user| user.name).ok_or_else(|| {
        let text = format!("the hub does not say who asked for task {}", task.id);
        NotOpened::Refused(Fault::of(FaultKind::Generic, text))
    })
}

/// Asks the hub for everything that the build follows from. A check that fails is why the task fails.
async fn worked_out(
    core: &Core,
    checked: &CheckedModule<'_>,
    modulemd: &str,
    task: OwnTask<'_>,
) -> Result<PlannedBuild, NotOpened> {
    let site = &core.settings.site;
    let plan = plan_of_task(checked, modulemd);
    let request = Request {
        plan: &plan,
        site,
        sources: None,
        given: &site.worker.given,
        submitted: jiff::Timestamp::UNIX_EPOCH,
        earlier: &Earlier::default(),
        scratch: &BTreeMap::new(),
        owner: BuildOwner::Koji,
    };
    let out = rounds(&core.hub, |known| work_out_task(request, task, known)).await?;
    let WorkedOut { checks, mut builds, .. } = out;
    let failed: Vec<String> = (checks.iter().filter(|check| !check.ok))
        .map(|check| format!("{}: {}", check.check, check.detail))
        .collect();
    match builds.pop() {
        Some(planned) if failed.is_empty() => Ok(planned),
        Some(_) | None => Err(refused(&checked.nsvc.to_string(), &failed)),
    }
}

/// Asks how long the packages took on average. What was never built is not known.
async fn estimates(
    core: &Core,
    checked: &CheckedModule<'_>,
) -> Result<BTreeMap<ComponentKey, Millis>, NotOpened> {
    let components: Vec<_> = checked.batches.iter().flatten().collect();
    let look = |package: &str| {
        HubCall::look(&GetAverageBuildDuration { package: package.into(), age: None })
    };
    let looks: Vec<HubCall> = components.iter().map(|one| look(one.package.as_str())).collect();
    let answers = core.hub().await.ask_all(&looks).await?;
    let seconds = |answer: Result<Value, Fault>| match answer {
        Ok(Value::Double(seconds)) => Millis::from_secs_f64(seconds),
        Ok(Value::Int(seconds)) => u64::try_from(seconds).ok().map(Millis::from_secs),
        Ok(_) | Err(_) => None,
    };
    let known = components.iter().zip(answers);
    Ok(known.filter_map(|(one, answer)| Some((one.key.clone(), seconds(answer)?))).collect())
}

impl Opening<'_> {
    fn job(self, core: &Rc<Core>) -> Result<Job, NotOpened> {
        let settings = &core.settings;
        let keys: Vec<Vec<ComponentKey>> = (self.checked.batches.iter())
            .map(|batch| batch.iter().map(|one| one.key.clone()).collect())
            .collect();
        let urgency =
            Urgency { task: self.task.priority, floor: settings.site.worker.priority_floor.into() };
        let work = self.work(core)?;
        let id = &self.planned.id;
        let module: ModuleWork = work.modules[id].clone();
        let catalog = Arc::new(self.catalog());
        let steps = Steps {
            at: AtHub::sharing(Rc::clone(&core.hub), self.task.owner.unwrap_or_default(), work),
            core: Rc::clone(core),
            task: self.task.id,
            module,
            catalog: Arc::clone(&catalog),
            places: places(&keys),
            priorities: priorities(urgency, &keys, &self.estimates),
            state: RefCell::new(State::default()),
            is_looking: Cell::new(false),
            is_stopped: Cell::new(false),
        };
        Ok(Job::new(steps, catalog))
    }

    fn work(&self, core: &Core) -> Result<Work, NotOpened> {
        let settings = &core.settings;
        let run = format!("task-{}", self.task.id);
        #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
        let submitted_seconds = self.task.create_ts as i64;
        let poll_ms = u64::try_from(settings.poll.as_millis()).unwrap_or(u64::MAX);
        let decided = Decided {
            builds: vec![self.planned.clone()],
            submitted_seconds,
            priority: 0,
            poll_ms,
            spool: None,
            takes_over: Default::default(),
            final_repos: settings.final_repos.clone(),
            limits: Limits::of(&settings.site),
            gate: None,
            canary: None,
            is_kojis: true,
        };
        let directory = settings.directory.join(&run);
        let work = decided.work(&run, &directory).map_err(|error| {
            NotOpened::Refused(Fault::of(FaultKind::Generic, error.to_string()))
        })?;
        Ok(self.for_task(work))
    }

    /// Names the task and its owner in what is imported.
    fn for_task(&self, mut work: Work) -> Work {
        for module in work.modules.values_mut() {
            module.origin.task_id = Some(self.task.id);
            module.origin.owner = Some(self.owner.clone());
            let mark = [("task".to_owned(), Value::Int(self.task.id))];
            module.origin.marker = Some(Value::Struct(Map::from(mark)));
        }
        work
    }

    /// Returns the module as its machine takes it.
    fn catalog(&self) -> Catalog {
        let component =
            |(batch, one): (u32, &crate::module_build::task_check::CheckedComponent)| {
                ComponentDefinition {
                    component: one.key.clone(),
                    package: one.package.clone(),
                    source: Some(one.source.clone()),
                    reference: None,
                    // The first batch is that of the macros package, as the Module Build Service counts.
                    batch: batch + 2,
                    after: Vec::new(),
                    reused: false,
                    tasks: Vec::new(),
                }
            };
        let batches = (0..).zip(&self.checked.batches);
        let components = batches.flat_map(|(at, batch)| batch.iter().map(move |one| (at, one)));
        let definition = Definition {
            id: self.planned.id.clone(),
            components: components.map(component).collect(),
            ..Definition::default()
        };
        Catalog::of(&[definition]).expect("batches begin at 2, and nothing else is named")
    }
}

/// Returns where each component stands in the plan.
fn places(keys: &[Vec<ComponentKey>]) -> BTreeMap<ComponentKey, Place> {
    let batches = (0..).zip(keys);
    let all = batches.flat_map(|(batch, keys)| {
        (0..).zip(keys).map(move |(index, key)| (key.clone(), Place { batch, index }))
    });
    all.collect()
}
