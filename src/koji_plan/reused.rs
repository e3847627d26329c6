//! Earlier builds of components that a plan takes over: which build of the hub each of them is.
//!
//! A plan decides from documents that a component is unchanged. Its build is in the tag of the shipped module:
//! of the version that the plan compared with, else of the newest one of the same stream and context.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::knowledge::Knowledge;
use super::shipped::{ShippedModule, shipped};
use super::sources::key;
use crate::koji::Value;
use crate::koji::calls::ListTagged;
use crate::koji::shapes::TaggedBuild;
use crate::name::ComponentKey;
use crate::plan::model::PlanComponent;

/// An earlier build that is taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReusedBuild {
    /// The build, as name-version-release.
    pub nvr: String,
    /// The task that made it.
    pub task_id: i64,
}

/// The builds that are taken over, by module and component.
#[derive(Clone, Debug, Default)]
pub(super) struct Reused(BTreeMap<String, ReusedBuild>);

impl Reused {
    /// Returns the build of a component.
    pub(super) fn of(&self, module: &str, component: &ComponentKey) -> Option<&ReusedBuild> {
        self.0.get(&key(module, component))
    }
}

/// Finds the build of every component that is not built anew.
pub(super) fn reused(
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) -> Reused {
    let mut search = Search { known, found: BTreeMap::new(), problems: Vec::new() };
    let mut all = 0;
    for build in builds {
        let components = build.row.batches.iter().flat_map(|batch| &batch.components);
        let wanted: Vec<&PlanComponent> = components.filter(|one| one.reused).collect();
        all += wanted.len();
        if !wanted.is_empty() {
            search.components(build, &wanted);
        }
    }
    if all > 0 {
        let good = format!("{} taken over", counted(all, "build"));
        checks.all("reused builds", search.problems, good);
    }
    Reused(search.found)
}

struct Search<'k> {
    known: &'k mut Knowledge,
    found: BTreeMap<String, ReusedBuild>,
    problems: Vec<String>,
}

impl Search<'_> {
    fn components(&mut self, build: &ModuleBuild<'_>, wanted: &[&PlanComponent]) {
        let publish_to = build.platform.publish_to.as_str();
        let Some(modules) = shipped(self.known, publish_to, &build.stored.name) else { return };
        let Some(tag) = earlier(build, &modules).map(|module| module.tag.as_str()) else {
            self.problems.push(format!(
                "{}: {publish_to} has no build of it to take components from: plan without \
                 --rebuild-strategy",
                build.row.id
            ));
            return;
        };
        let latest = Some(Value::Bool(true));
        let call = ListTagged { tag: tag.into(), latest, ..ListTagged::default() };
        let Some(rows) = self.known.ask(&call) else { return };
        let rows = rows.unwrap_or_default();
        for component in wanted {
            let is_its = |row: &&TaggedBuild| row.package_name == component.package.as_str();
            let id = &build.row.id;
            match rows.iter().find(is_its).map(|row| (row.nvr.clone(), row.task_id)) {
                Some((nvr, Some(task_id))) => {
                    let key = key(id, &component.component);
                    self.found.insert(key, ReusedBuild { nvr, task_id });
                }
                Some((nvr, None)) => self.problems.push(format!(
                    "{id}: koji has no task of {nvr}, which would be taken over: it was imported"
                )),
                None => self.problems.push(format!(
                    "{id}: {tag} has no build of {} to take over",
                    component.package
                )),
            }
        }
    }
}

/// Returns the shipped module whose components are taken over.
fn earlier<'m>(build: &ModuleBuild<'_>, modules: &'m [ShippedModule]) -> Option<&'m ShippedModule> {
    let of_context = |module: &&ShippedModule| {
        module.stream == build.stored.stream && module.context.as_str() == build.row.context
    };
    let compared = |module: &&ShippedModule| module.version.to_string() == build.row.version;
    let all = || modules.iter().filter(of_context);
    all().find(compared).or_else(|| all().max_by_key(|module| module.version))
}
