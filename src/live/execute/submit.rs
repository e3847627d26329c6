//! Submitting components, finding what was submitted, and having tagged what was built.

use std::collections::{BTreeMap, BTreeSet};

use super::at_hub::{AtHub, read};
use super::stop::Stop;
use super::tag::Place;
use super::tasks::Wanted;
use super::work::{Marked, ModuleWork, PartWork};
use crate::koji::calls::{ListBuilds, ListTagged};
use crate::koji::shapes::{Build, TaggedBuild};
use crate::koji::{Call as _, Value};
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

    /// Has the builds of components tagged, given by their tasks, in two requests; returns the tasks that do it.
    /// What is in its tags already has none.
    pub(super) async fn begin_tagging(
        &self,
        module: &ModuleWork,
        parts: &[(ComponentKey, TaskId)],
    ) -> Result<Each<BTreeMap<i64, Place>>, Stop> {
        let mut looks: Vec<HubCall> = parts.iter().map(|(_, task)| built_by(*task)).collect();
        looks.extend([&module.tags.build_tag, &module.tags.tag].map(|tag| listed(tag)));
        let mut answers = self.all(&looks).await?;
        let mut there = BTreeSet::new();
        for tagged in answers.split_off(parts.len()) {
            let rows: Vec<TaggedBuild> = read(ListTagged::METHOD, tagged)?;
            there.extend(rows.iter().map(|row| Place::new(&row.tag_name, &row.nvr)));
        }
        let mut begun: Each<BTreeMap<i64, Place>> = vec![Ok(BTreeMap::new()); parts.len()];
        let (mut calls, mut places) = (Vec::new(), Vec::new());
        for (at, (of, answer)) in parts.iter().zip(answers).enumerate() {
            match self.tag_calls(module, of, answer) {
                Ok(mut own) => {
                    own.retain(|call| Place::of(call).is_none_or(|place| !there.contains(&place)));
                    places.extend(own.iter().map(|_| at));
                    calls.extend(own);
                }
                Err(stop) => begun[at] = Err(stop),
            }
        }
        for ((call, at), answer) in calls.iter().zip(places).zip(self.each(&calls).await?) {
            match (answer, Place::of(call), &mut begun[at]) {
                (Ok(task), Some(place), Ok(tasks)) => {
                    tasks.insert(read(call.method, task)?, place);
                }
                (Err(fault), _, begun) if !fault.text.contains("already tagged") => {
                    *begun = Err(Stop::of_fault(call.method, &fault));
                }
                (Ok(_) | Err(_), _, _) => {}
            }
        }
        Ok(begun)
    }

    /// Returns what a task built, as name-version-release.
    pub(super) async fn nvr_of(
        &self,
        component: &ComponentKey,
        task: TaskId,
    ) -> Result<String, Stop> {
        let answer = self.one(&built_by(task)).await?;
        self.nvr((component, task), answer)
    }

    /// Returns the calls that tag what a task built.
    fn tag_calls(
        &self,
        module: &ModuleWork,
        (component, task): &(ComponentKey, TaskId),
        answer: Value,
    ) -> Result<Vec<HubCall>, Stop> {
        let nvr = self.nvr((component, *task), read(ListBuilds::METHOD, answer)?)?;
        let part = part(module, component)?;
        let built = Built { package: &part.package, nvr: &nvr, is_build_only: part.is_build_only };
        Ok(batch_calls::tag_built(&module.tags, &[built]))
    }

    fn nvr(
        &self,
        (component, task): (&ComponentKey, TaskId),
        builds: Vec<Build>,
    ) -> Result<String, Stop> {
        let Some(build) = builds.into_iter().next() else {
            let why = format!("koji has no build of task {} ({component})", task.0);
            return Err(Stop::failed(Fault::Missing, why));
        };
        self.has_built(task, &build.nvr);
        Ok(build.nvr)
    }
}

/// Returns the question what a task built.
fn built_by(task: TaskId) -> HubCall {
    let task_id = Some(i64::from(task.0));
    HubCall::look(&ListBuilds { task_id, ..ListBuilds::default() })
}

/// Returns the question what is in a tag itself.
fn listed(tag: &str) -> HubCall {
    HubCall::look(&ListTagged { tag: tag.into(), ..ListTagged::default() })
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
