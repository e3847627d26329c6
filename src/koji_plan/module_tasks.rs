//! A plan that koji builds by tasks of its own: the checks before it, and the request for each module.
//!
//! What tags and imports need is the worker's to check, with its own permissions. Whoever asks needs the hub's
//! method and the right to call it.

use std::collections::BTreeMap;

use super::builds::ModuleBuild;
use super::check::Checks;
use super::hub_checks::HubUser;
use super::knowledge::Knowledge;
use super::planned_call::{Needed, PlannedCall};
use super::sources::Sources;
use super::{Phase, Request, WorkedOut, builds, hub_checks, locks, requirements, sources};
use crate::koji::calls::{Map, ModuleBuild as ModuleBuildCall};
use crate::koji::{Call, Value};
use crate::load::stream_yaml;
use crate::module_build::stored_document::with_kept_context;
use crate::module_build::task_request::{RequestedComponent, TaskRequest};
use crate::name::Arch;
use crate::plan::model::PlanComponent;

/// The permission that the hub's plug-in asks for by default.
pub(super) const PERMISSION: &str = "module-build";

/// Works out what is asked for.
pub(super) fn work_out(request: Request<'_>, known: &mut Knowledge) -> WorkedOut {
    let mut checks = Checks::default();
    let hub = hub_checks::session(known, &mut checks);
    method(&hub, &mut checks);
    let builds = builds::builds(request, &mut checks);
    let sources = sources::sources(request, &builds, known, &mut checks);
    let takes_over = locks::check(request, &builds, known, &mut checks);
    requirements::requirements(request, &builds, known, &mut checks);
    let calls = builds.iter().map(|build| call(build, &sources)).collect();
    WorkedOut {
        builds: Vec::new(),
        has_repo_requests: hub.has_requests,
        takes_over,
        user: hub.user,
        checks: checks.into_rows(),
        calls,
        modules: builds.len(),
        component_builds: builds.iter().map(|build| components(build).count()).sum(),
        sources: sources.into_rows(),
    }
}

/// Checks that the hub takes requests for modules, and from this user.
fn method(hub: &HubUser, checks: &mut Checks) {
    let check = format!("method {}", ModuleBuildCall::METHOD);
    if !hub.builds_modules {
        return checks.bad(
            check,
            "the hub has no such method: its admin installs the plug-in of modplan's `koji-plugin/`",
        );
    }
    checks.good(check, "the hub has it");
    if let Some(user) = &hub.user {
        let check = format!("permission {PERMISSION}");
        match hub.may(PERMISSION) {
            true => checks.good(check, format!("{user} has it")),
            false => checks.bad(check, format!("{user} does not have it: an admin grants it")),
        }
    }
}

fn components<'a>(build: &'a ModuleBuild<'_>) -> impl Iterator<Item = &'a PlanComponent> {
    build.row.batches.iter().flat_map(|batch| &batch.components)
}

fn call(build: &ModuleBuild<'_>, sources: &Sources) -> PlannedCall {
    let plan = Value::Struct(task_request(build, sources).to_map());
    PlannedCall {
        method: ModuleBuildCall::METHOD,
        params: vec![plan, Value::Struct(options(&build.row.id))],
        module: Some(build.row.id.clone()),
        component: None,
        phase: Phase::Build,
        permission: Needed::Permission(PERMISSION.to_owned()),
        only_if: None,
    }
}

/// Returns what marks a task as a run's.
fn options(module: &str) -> Map {
    Map::from([("modplan".to_owned(), Value::Struct(super::marker(module)))])
}

/// Returns the request for one module. koji rebuilds all of its components.
fn task_request(build: &ModuleBuild<'_>, sources: &Sources) -> TaskRequest {
    let nsvc = &build.nsvc;
    let component = |component: &PlanComponent| {
        let url = sources.url(&build.row.id, &component.component);
        let missing = || format!("{{source:{}}}", component.component);
        let (key, package) = (component.component.to_string(), component.package.to_string());
        RequestedComponent {
            component: (key != package).then_some(key),
            name: package,
            url: url.map_or_else(missing, str::to_owned),
        }
    };
    let batches: BTreeMap<u32, Vec<RequestedComponent>> = (build.row.batches.iter())
        .map(|batch| (batch.index, batch.components.iter().map(component).collect()))
        .collect();
    let arches = match build.stored.build_arches.is_empty() {
        true => &build.platform.arches,
        false => &build.stored.build_arches,
    };
    TaskRequest {
        name: nsvc.name.to_string(),
        stream: nsvc.stream.to_string(),
        version: nsvc.version.to_string(),
        context: nsvc.context.to_string(),
        platform_tag: build.platform.tag.clone(),
        arches: arches.iter().map(Arch::to_string).collect(),
        modulemd: stream_yaml(&with_kept_context(&build.stored)),
        batches: batches.into_values().collect(),
        source: None,
    }
}
