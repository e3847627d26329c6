//! Builds that an earlier try of the module finished: koji builds no name twice, so the next try takes them.
//!
//! A build is ours if it is marked with this very module build and component, and if the task that built it is
//! below a module task. Anybody can mark a build; only the worker's host makes subtasks.

use std::collections::BTreeMap;

use super::labels::number;
use super::steps::Steps;
use crate::koji::calls::{GetBuild, ListBuilds, ModuleBuild};
use crate::koji::shapes::{Build, Task};
use crate::koji::{BuildState, Call, Value};
use crate::live::execute::at_hub::read;
use crate::live::execute::stop::Stop;
use crate::module_build::batch_calls::{Built, tag_built};
use crate::module_build::hub_call::HubCall;
use crate::name::ComponentKey;

/// A finished build that may be taken.
struct Candidate {
    key: ComponentKey,
    nvr: String,
    task: i64,
}

impl Steps {
    /// Finds finished builds of an earlier try of the module, and tags those that are in no tag.
    pub(super) async fn adopt(&self) -> Result<(), Stop> {
        let looks: Vec<HubCall> =
            self.module.parts.values().map(|part| by_source(&part.source)).collect();
        let mut candidates = Vec::new();
        for (key, answer) in self.module.parts.keys().zip(self.at.all(&looks).await?) {
            let builds: Vec<Build> = read(ListBuilds::METHOD, answer)?;
            candidates.extend(builds.iter().filter_map(|build| self.candidate(key, build)));
        }
        let candidates = self.below_module_tasks(candidates).await?;
        let mut built = Vec::with_capacity(candidates.len());
        for Candidate { key, nvr, .. } in &candidates {
            let part = &self.module.parts[key];
            let is_build_only = part.is_build_only;
            built.push(Built { package: &part.package, nvr, is_build_only });
        }
        let calls = tag_built(&self.module.tags, &built);
        // The build tag inherits what is shipped; it holds nothing but what is for the build only.
        let calls = calls.into_iter().filter(|call| self.is_wanted(call, &built)).collect();
        self.at.tag_where_missing(calls).await?;
        let mut state = self.state.borrow_mut();
        for Candidate { key, task, .. } in candidates {
            state.adopted.insert(key, number(task)?);
        }
        Ok(())
    }

    fn is_wanted(&self, call: &HubCall, built: &[Built<'_>]) -> bool {
        let text = |at: usize| call.arguments.positional.get(at).and_then(Value::as_str);
        let is_of_build_tag = text(0) == Some(&self.module.tags.build_tag);
        let of = built.iter().find(|one| Some(one.nvr) == text(1));
        of.is_none_or(|one| one.is_build_only == is_of_build_tag)
    }

    /// Returns a build that is marked as a component of this module build, and that this task did not make.
    fn candidate(&self, key: &ComponentKey, build: &Build) -> Option<Candidate> {
        let id = self.module.nsvc.to_string();
        let extra = build.extra.as_ref()?;
        let mark = extra.get("custom_user_metadata")?.get("modplan")?;
        let text = |name: &str| mark.get(name).and_then(Value::as_str);
        let is_ours = text("module") == Some(&id)
            && text("component") == Some(key.as_str())
            && text("run") != Some(&self.at.work.run)
            && build.state == BuildState::Complete;
        let task = build.task_id.filter(|_| is_ours)?;
        Some(Candidate { key: key.clone(), nvr: build.nvr.clone(), task })
    }

    /// Returns the builds whose tasks are below module tasks.
    async fn below_module_tasks(&self, candidates: Vec<Candidate>) -> Result<Vec<Candidate>, Stop> {
        let tasks: Vec<i64> = candidates.iter().map(|one| one.task).collect();
        let built = self.at.tasks(&tasks).await?;
        let mut parents: Vec<i64> = built.values().filter_map(|task| task.parent).collect();
        parents.sort_unstable();
        parents.dedup();
        let parents: BTreeMap<i64, Task> = self.at.tasks(&parents).await?;
        let is_module = |task: &i64| {
            let parent = built.get(task).and_then(|task| parents.get(&task.parent?));
            parent.is_some_and(|parent| parent.method == ModuleBuild::METHOD)
        };
        Ok(candidates.into_iter().filter(|one| is_module(&one.task)).collect())
    }

    /// Returns a complete build by its name, if it is one of this module build's.
    pub(super) async fn ours_by_nvr(
        &self,
        nvr: &str,
        component: &str,
    ) -> Result<Option<i64>, Stop> {
        let call = GetBuild { build: nvr.into(), strict: None };
        let build: Option<Build> = self.at.ask(&call).await?;
        let key = component.into();
        let found = build.as_ref().and_then(|build| self.candidate(&key, build));
        let ours = self.below_module_tasks(found.into_iter().collect()).await?;
        Ok(ours.first().map(|one| one.task))
    }
}

/// Returns the question for the complete builds of a source.
fn by_source(source: &str) -> HubCall {
    HubCall::look(&ListBuilds {
        source: Some(source.to_owned()),
        state: Some(Value::Int(BuildState::Complete as i64)),
        ..ListBuilds::default()
    })
}
