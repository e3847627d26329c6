//! Submitting components, finding what was submitted, and tagging what was built.

use std::collections::BTreeMap;

use super::at_hub::{AtHub, read};
use super::stop::Stop;
use super::tag::Place;
use super::tasks::Wanted;
use super::work::{Marked, ModuleWork, PartWork};
use crate::koji::calls::ListBuilds;
use crate::koji::shapes::Build;
use crate::module_build::batch_calls::{self, Built, Submission};
use crate::module_build::hub_call::HubCall;
use crate::name::ComponentKey;
use crate::orchestrate::{Fault, TaskId};

/// A component of a module to build, with the number of the attempt from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Try {
    pub(super) component: ComponentKey,
    pub(super) attempt: u32,
}

/// What came of one part of a request.
pub(super) type Each<T> = Vec<Result<T, Stop>>;

impl AtHub {
    /// Has components built in one request; what is at the hub already is not asked for again. Each answer is
    /// koji's number of the task. The repo is not named: it is koji's newest one of the build tag, and naming
    /// one needs a permission by the default policy.
    pub(super) async fn submit(
        &self,
        module: &ModuleWork,
        tries: &[Try],
    ) -> Result<Each<TaskId>, Stop> {
        let id = module.nsvc.to_string();
        let mut answers: Each<Option<TaskId>> = self.find(module, tries).await?;
        let (mut calls, mut places) = (Vec::new(), Vec::new());
        for (at, one) in tries.iter().enumerate() {
            if matches!(answers[at], Ok(None)) {
                match part(module, &one.component) {
                    Ok(part) => {
                        calls.push(self.build_call(module, &id, one, part));
                        places.push(at);
                    }
                    Err(stop) => answers[at] = Err(stop),
                }
            }
        }
        if !calls.is_empty() {
            for ((call, at), answer) in calls.iter().zip(places).zip(self.each(&calls).await?) {
                answers[at] = match answer {
                    Ok(task) => number(read(call.method, task)?).map(Some),
                    Err(fault) => Err(Stop::of_fault(call.method, &fault)),
                };
            }
        }
        let missing = || Stop::strange("build", "no number of a task");
        Ok(answers.into_iter().map(|answer| answer?.ok_or_else(missing)).collect())
    }

    fn build_call(&self, module: &ModuleWork, id: &str, one: &Try, part: &PartWork) -> HubCall {
        let marked = Marked { module: id, component: one.component.as_str(), attempt: one.attempt };
        let marker = self.work.marker(marked);
        let submission = Submission {
            package: &part.package,
            source: &part.source,
            repo_id: None,
            arches: part.arches.as_deref(),
            marker: Some(&marker),
            priority: self.work.priority,
        };
        batch_calls::build(&module.tags, submission)
    }

    /// Finds what of some tries is at the hub: koji's numbers of their tasks, none where there is none.
    pub(super) async fn find(
        &self,
        module: &ModuleWork,
        tries: &[Try],
    ) -> Result<Each<Option<TaskId>>, Stop> {
        let id = module.nsvc.to_string();
        let wanted: Vec<Wanted<'_>> = tries
            .iter()
            .map(|one| Wanted {
                module: &id,
                component: one.component.as_str(),
                attempt: Some(one.attempt),
            })
            .collect();
        let found = self.find_tasks(&wanted).await?;
        Ok(found.into_iter().map(|task| task.map(|task| number(task.id)).transpose()).collect())
    }

    /// Tags the builds of components, given by their tasks, in as few requests as possible.
    pub(super) async fn tag_parts(
        &self,
        module: &ModuleWork,
        parts: &[(ComponentKey, TaskId)],
    ) -> Result<(), Stop> {
        let nvrs = self.nvrs_of(parts).await?;
        let mut built = Vec::with_capacity(nvrs.len());
        for (component, nvr) in &nvrs {
            let part = part(module, component)?;
            built.push(Built { package: &part.package, nvr, is_build_only: part.is_build_only });
        }
        let mut calls = batch_calls::tag_built(&module.tags, &built);
        let tagged = self.tagged(&calls).await?;
        calls.retain(|call| Place::of(call).is_none_or(|place| !tagged.contains(&place)));
        self.tag(&calls).await
    }
}

impl AtHub {
    /// Returns what a task built, as name-version-release.
    pub(super) async fn nvr_of(
        &self,
        component: &ComponentKey,
        task: TaskId,
    ) -> Result<String, Stop> {
        let parts = [(component.clone(), task)];
        let nvrs = self.nvrs_of(&parts).await?;
        Ok(nvrs.into_values().next().unwrap_or_default())
    }

    /// Returns what tasks built, in one request.
    async fn nvrs_of<'p>(
        &self,
        parts: &'p [(ComponentKey, TaskId)],
    ) -> Result<BTreeMap<&'p ComponentKey, String>, Stop> {
        let look = |(_, task): &(ComponentKey, TaskId)| {
            let task_id = Some(i64::from(task.0));
            HubCall::look(&ListBuilds { task_id, ..ListBuilds::default() })
        };
        let looks: Vec<HubCall> = parts.iter().map(look).collect();
        let mut nvrs = BTreeMap::new();
        for ((component, task), answer) in parts.iter().zip(self.all(&looks).await?) {
            let builds: Vec<Build> = read("listBuilds", answer)?;
            let Some(build) = builds.into_iter().next() else {
                let why = format!("koji has no build of task {} ({component})", task.0);
                return Err(Stop::failed(Fault::Missing, why));
            };
            nvrs.insert(component, build.nvr);
        }
        Ok(nvrs)
    }
}

fn part<'m>(module: &'m ModuleWork, component: &ComponentKey) -> Result<&'m PartWork, Stop> {
    module.parts.get(component).ok_or_else(|| {
        let why = format!("{} has no component {component}", module.nsvc);
        Stop::failed(Fault::Missing, why)
    })
}

/// Takes koji's number of a task.
fn number(task: i64) -> Result<TaskId, Stop> {
    u32::try_from(task)
        .map(TaskId)
        .map_err(|_| Stop::strange("build", &format!("{task} is not the number of a task")))
}
