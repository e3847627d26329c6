//! koji's own task of a module, which a worker builds: the same questions to the hub as before a run, asked by
//! the worker for one module.
//!
//! A task may be begun, cut short, and begun again, by the same worker or by another. So what it has made itself
//! is not in its way: tags that are marked as this very build's keep the index of their dist tag.

use std::collections::BTreeMap;

use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::knowledge::Knowledge;
use super::{
    Request, WorkedOut, builds, conflicts, hub_checks, locks, package_checks, planned_build,
    release_checks, requirements, sources, tags,
};
use crate::koji::calls::{GetTag, ListTasks, Map, ModuleBuild as ModuleBuildCall};
use crate::koji::shapes::Task;
use crate::koji::{Call, RowsOrCount, Value};
use crate::module_build::task_check::{CheckedComponent, CheckedModule};
use crate::module_build::task_request::TaskRequest;
use crate::plan::Plan;
use crate::plan::model::{PlanBatch, PlanComponent, PlanModule, PlanTask};
use crate::time::Millis;
use crate::trace::EstimateFrom;

/// koji's numbers of the states free, open and assigned.
const OPEN_STATES: [i64; 3] = [0, 1, 4];

/// A task of a module.
#[derive(Clone, Copy, Debug)]
pub struct OwnTask<'a> {
    /// koji's number of it.
    pub number: i64,
    /// Who asked for it, and owns the module's packages.
    pub owner: &'a str,
}

/// Returns what a task builds as a plan of one module, with the document as it is stored.
#[must_use]
pub fn plan_of_task(module: &CheckedModule<'_>, document: &str) -> Plan {
    let nsvc = &module.nsvc;
    let batches = (2..).zip(&module.batches).map(|(index, batch)| PlanBatch {
        index,
        components: batch.iter().map(|one| component(module, one)).collect(),
    });
    let row = PlanModule {
        id: format!("{}:{}:{}", nsvc.name, nsvc.stream, nsvc.context),
        name: nsvc.name.to_string(),
        stream: nsvc.stream.to_string(),
        version: nsvc.version.to_string(),
        context: nsvc.context.to_string(),
        platform: Some(module.base.to_string()),
        wave: 1,
        batches: batches.collect(),
        new_version: Some(nsvc.version.to_string()),
        modulemd: Some(document.to_owned()),
        ..PlanModule::default()
    };
    Plan { modules: vec![row], ..Plan::default() }
}

fn component(module: &CheckedModule<'_>, checked: &CheckedComponent) -> PlanComponent {
    let task = |arch: &crate::name::Arch| PlanTask {
        method: "buildArch".to_owned(),
        arch: arch.clone(),
        estimate: Millis::ZERO,
        estimate_from: EstimateFrom::Default,
        builder: None,
        start_seconds: None,
        slack_seconds: None,
        drag_seconds: None,
    };
    PlanComponent {
        component: checked.key.clone(),
        package: checked.package.clone(),
        reference: None,
        arches: module.platform.arches.iter().cloned().collect(),
        after: Vec::new(),
        estimate: Millis::ZERO,
        estimate_from: EstimateFrom::Default,
        tasks: module.platform.arches.iter().map(task).collect(),
        source: Some(checked.source.clone()),
        reused: false,
        why: String::new(),
    }
}

/// Works out what a task needs, as far as the hub is known. `request` is its [plan](plan_of_task) at the
/// worker's site.
#[must_use]
pub fn work_out_task(request: Request<'_>, task: OwnTask<'_>, known: &mut Knowledge) -> WorkedOut {
    let mut checks = Checks::default();
    let worker = hub_checks::session(known, &mut checks);
    hub_checks::content_generator(request, &worker, known, &mut checks);
    let builds = builds::builds(request, &mut checks);
    let sources = sources::sources(request, &builds, &mut checks);
    hub_checks::platforms(&worker, &builds, known, &mut checks);
    let takes_over = locks::check(request, &builds, known, &mut checks);
    other_tasks(task, &builds, known, &mut checks);
    let required = requirements::requirements(request, &builds, known, &mut checks);
    let kept_out = conflicts::conflicts(&builds, &required, known, &mut checks);
    let indexes = indexes(request, &builds, known, &mut checks);
    let hub = worker.for_owner(task.owner);
    let basis = tags::Basis {
        site: request.site,
        hub: &hub,
        required: &required,
        indexes: &indexes,
        owner: request.owner,
    };
    package_checks::check(&builds, &hub, known, &mut checks);
    let works = tags::works(&builds, basis, known, &mut checks);
    WorkedOut {
        builds: planned_build::planned_builds(request, &works, &indexes, &sources, &kept_out),
        takes_over,
        user: worker.user,
        checks: checks.into_rows(),
        calls: Vec::new(),
        modules: builds.len(),
        component_builds: builds::components(&builds),
        sources: sources.into_rows(),
    }
}

/// Returns the index of the dist tag: the one that the module's tag is marked with, else a new one.
fn indexes(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) -> BTreeMap<String, u64> {
    let prefix = &request.site.names.tag_prefix;
    let mut marked = BTreeMap::new();
    for build in builds {
        let tag = release_checks::names(build, 0, prefix).koji_tag;
        let found = known.find(&GetTag { tag: tag.as_str().into(), ..GetTag::default() });
        if let Some(index) = found.flatten().and_then(|tag| tags::marked_index(&tag, &build.nsvc)) {
            marked.insert(build.row.id.clone(), index);
        }
    }
    if marked.len() == builds.len() && !builds.is_empty() {
        return marked;
    }
    release_checks::indexes(request, builds, known, checks)
}

/// Checks that no earlier task builds the same: the later one of two gives way.
fn other_tasks(
    task: OwnTask<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    let opts = Map::from([
        ("method".to_owned(), ModuleBuildCall::METHOD.into()),
        ("state".to_owned(), Value::List(OPEN_STATES.map(Value::Int).into())),
        ("decode".to_owned(), Value::Bool(true)),
    ]);
    let call = ListTasks { opts: Some(opts), query_opts: None };
    let Some(RowsOrCount::Rows(rows)) = known.find(&call) else { return };
    let mut problems = Vec::new();
    for other in rows.iter().filter(|other| other.id < task.number) {
        let Some(id) = requested(other) else { continue };
        if builds.iter().any(|build| build.nsvc.to_string() == id) {
            let owner = other.owner_name.as_deref().unwrap_or("somebody");
            problems.push(format!("the task {} of {owner} builds {id} already", other.id));
        }
    }
    let good = format!("none of {} builds the same", counted(rows.len(), "open module build"));
    checks.all("open module builds", problems, good);
}

/// Returns what a task is to build, if its request can be read.
fn requested(task: &Task) -> Option<String> {
    let plan = task.request.as_ref()?.as_list()?.first()?;
    TaskRequest::read(plan).ok().map(|request| request.id())
}
