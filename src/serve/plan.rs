//! From the builds of a submission to a plan, which the engine carries out like any other.

use std::collections::{BTreeMap, BTreeSet};

use super::ModuleBuild;
use crate::graph::{GraphOptions, ModuleGraph, Versions};
use crate::load::{Severity, Snapshot, parse_text};
use crate::name::{Arch, StreamName};
use crate::orchestrate;
use crate::plan::reuse::commit_of;
use crate::plan::{self, Given, Plan, Selection};
use crate::site::Site;
use crate::trace::History;

/// Plans the builds of one submission: all its contexts at once.
///
/// # Errors
/// In words, why they cannot be built.
pub fn plan(builds: &[&ModuleBuild], site: &Site) -> Result<Plan, String> {
    let mut snapshot = Snapshot::default();
    let mut documents = BTreeMap::new();
    for build in builds {
        let read = parse_text(&build.nsvc(), &build.modulemd);
        let wrong = read.findings.iter().find(|finding| finding.severity() == Severity::Error);
        if let Some(wrong) = wrong {
            return Err(format!("its document cannot be read: {}", wrong.message));
        }
        documents.extend(read.streams.iter().cloned().map(|stream| (build.plan_id(), stream)));
        snapshot.streams.extend(read.streams);
        snapshot.inputs.extend(read.inputs);
    }
    let options = GraphOptions { versions: Versions::NewestPerContext, ..GraphOptions::default() };
    let graph = ModuleGraph::new(&snapshot, &options);
    let history = History::default();
    let arches: Vec<Arch> = arches(builds, site).into_iter().collect();
    let given = Given { arches: &arches, ..Given::new(&snapshot, &graph, &history) };
    let asked = Selection { all: true, ..Selection::default() };
    let planning = plan::plan(given, &asked).map_err(|error| error.to_string())?;
    let mut plan = planning.plan;
    for row in &mut plan.modules {
        let id = row.id.clone();
        let build = builds.iter().find(|build| build.plan_id() == id);
        let document = documents.get(&id);
        let (Some(build), Some(document)) = (build, document) else {
            return Err(format!("{id} is not a build of the submission"));
        };
        row.new_version = Some(build.version.to_string());
        row.macros.clone_from(&document.macros);
        row.modulemd = Some(build.modulemd.clone());
    }
    orchestrate::check_plan(&plan)?;
    Ok(plan)
}

/// Returns the arches of the platforms that builds are for.
fn arches(builds: &[&ModuleBuild], site: &Site) -> BTreeSet<Arch> {
    let of_base = |build: &&ModuleBuild| {
        let base = build.buildrequires.get("platform")?;
        site.platform(&StreamName::from(base.stream.as_str()))
    };
    builds.iter().filter_map(of_base).flat_map(|platform| platform.arches.clone()).collect()
}

/// A component whose source is not a full commit: its package, and its branch where it has one.
pub type Unpinned = (String, Option<String>);

/// Returns the components whose sources are not full commits.
#[must_use]
pub fn unpinned(plan: &Plan) -> BTreeSet<Unpinned> {
    let of = |component: &plan::model::PlanComponent| {
        let is_commit = |text: &String| commit_of(&format!("#{text}")).is_some();
        let is_pinned =
            component.source.is_some() || component.reference.as_ref().is_some_and(is_commit);
        (!is_pinned).then(|| (component.package.to_string(), component.reference.clone()))
    };
    plan.components().filter_map(of).collect()
}

/// Writes commits in the place of branches.
pub fn pin(plan: &mut Plan, commits: &BTreeMap<Unpinned, String>) {
    let batches = plan.modules.iter_mut().flat_map(|module| &mut module.batches);
    for component in batches.flat_map(|batch| &mut batch.components) {
        let key = (component.package.to_string(), component.reference.clone());
        if let Some(commit) = commits.get(&key) {
            component.reference = Some(commit.clone());
        }
    }
}
