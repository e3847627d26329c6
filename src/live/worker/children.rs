//! The subtasks that build components: found by their labels, made where they are missing, and looked at when
//! koji says that one ended.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::carry::Together;
use super::labels::{Children, Label, Place, number};
use super::steps::Steps;
use crate::koji::calls::{
    GetTaskChildren, GetTaskResult, HostSubtask, HostTaskSetWait, HostTaskWait,
    HostTaskWaitResults, Map,
};
use crate::koji::shapes::Task;
use crate::koji::{Call as _, Fault, FaultKind, TaskState, Value};
use crate::live::execute::at_hub::read;
use crate::live::execute::stop::Stop;
use crate::live::execute::work::{Marked, PartWork};
use crate::module_build::batch_calls::{Built, tag_built};
use crate::module_build::hub_call::{HubCall, Permission};
use crate::name::ComponentKey;
use crate::orchestrate::{Answer, Call, ComponentEnd, ComponentIx, Fault as Why, Reply, TaskId};

/// The channel whose builders build packages. Without a name, koji would give a subtask the channel of the
/// module's task, where nobody can build it.
pub(super) const CHANNEL: &str = "default";
/// So often is a component tried that fails by trouble of the hub's database.
const TRIES_MAX: u32 = 3;

impl Steps {
    /// Returns the subtasks that build components, with their requests.
    pub(super) async fn children(&self) -> Result<Children, Stop> {
        let call = GetTaskChildren { task_id: self.task, request: Some(true), strict: None };
        Ok(Children::of(self.at.ask(&call).await?))
    }

    /// Finds the subtasks of components, and makes those that are missing where that is asked for. All of them
    /// take one look, and at most one write.
    pub(super) async fn submit(&self, parts: Together, may_build: bool) {
        let components: Vec<ComponentIx> = parts.iter().map(|(_, component)| *component).collect();
        let tasks = match self.found_or_made(&components, may_build).await {
            Ok(tasks) => tasks,
            Err(stop) => components.iter().map(|_| Err(stop.clone())).collect(),
        };
        for ((id, component), task) in parts.into_iter().zip(tasks) {
            let answer = match task {
                Ok(Some(task)) => Answer::Done(Reply::Task(task)),
                Ok(None) => Answer::Absent,
                Err(stop) => {
                    let build = Self::BUILD;
                    let call = Call::BuildComponent { build, component, attempt: 1, priority: 0 };
                    self.stopped(&call, stop)
                }
            };
            self.answer(id, answer);
        }
        self.say_what_ended().await;
    }

    async fn found_or_made(
        &self,
        components: &[ComponentIx],
        may_build: bool,
    ) -> Result<Vec<Result<Option<TaskId>, Stop>>, Stop> {
        let children = self.children().await?;
        let (mut tasks, mut calls, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for &component in components {
            let (key, place) = self.part(component)?;
            let found = match (children.get(place), self.adopted(&key)) {
                (Some(task), _) => {
                    self.state.borrow_mut().running.insert(task.id, component);
                    Some(number(task.id)?)
                }
                (None, Some(task)) => Some(task),
                (None, None) => None,
            };
            if found.is_none() && may_build {
                calls.push(self.subtask(&key, Label { place, attempt: 1 })?);
                missing.push((tasks.len(), component));
            }
            tasks.push(Ok(found));
        }
        if !calls.is_empty() {
            for ((at, component), answer) in missing.into_iter().zip(self.at.each(&calls).await?) {
                tasks[at] = self.made(component, answer).map(Some);
            }
        }
        Ok(tasks)
    }

    fn made(&self, component: ComponentIx, answer: Result<Value, Fault>) -> Result<TaskId, Stop> {
        let answer = answer.map_err(|fault| Stop::of_fault(HostSubtask::METHOD, &fault))?;
        let task: i64 = read(HostSubtask::METHOD, answer)?;
        self.state.borrow_mut().running.insert(task, component);
        number(task)
    }

    /// Returns the task that built a component in an earlier try of the module.
    fn adopted(&self, key: &ComponentKey) -> Option<TaskId> {
        self.state.borrow().adopted.get(key).copied()
    }

    fn part(&self, component: ComponentIx) -> Result<(ComponentKey, Place), Stop> {
        let key = self.catalog.key(component).clone();
        let place = self.places.get(&key).copied();
        let place = place.ok_or_else(|| unknown(&key))?;
        Ok((key, place))
    }

    fn part_work(&self, key: &ComponentKey) -> Result<&PartWork, Stop> {
        self.module.parts.get(key).ok_or_else(|| unknown(key))
    }

    /// Returns the call that has a component built, in the repo of its batch.
    fn subtask(&self, key: &ComponentKey, label: Label) -> Result<HubCall, Stop> {
        let part = self.part_work(key)?;
        let id = self.module.nsvc.to_string();
        let marked = Marked { module: &id, component: key.as_str(), attempt: label.attempt };
        let marker = self.at.work.marker(marked);
        let mut opts = Map::from([("custom_user_metadata".to_owned(), Value::Struct(marker))]);
        if let Some(repo) = self.state.borrow().repos.get(&label.place.batch) {
            opts.insert("repo_id".to_owned(), Value::Int(*repo));
        }
        if let Some(arches) = &part.arches {
            opts.insert("arch_override".to_owned(), arches.as_str().into());
        }
        if part.is_build_only {
            opts.insert("skip_tag".to_owned(), Value::Bool(true));
        }
        let target = self.module.tags.target.as_str();
        let request = vec![part.source.as_str().into(), target.into(), Value::Struct(opts)];
        Ok(self.below("build", request, &label.text(), self.priorities.get(key).copied()))
    }

    /// Returns the call that makes a subtask in the channel of builders.
    pub(super) fn below(
        &self,
        method: &str,
        arglist: Vec<Value>,
        label: &str,
        priority: Option<i64>,
    ) -> HubCall {
        let mut settings = Map::from([
            ("label".to_owned(), Value::from(label)),
            ("channel".to_owned(), CHANNEL.into()),
            ("arch".to_owned(), "noarch".into()),
        ]);
        settings.extend(priority.map(|number| ("priority".to_owned(), Value::Int(number))));
        let (method, parent) = (method.to_owned(), self.task);
        let call = HostSubtask { method, arglist, parent, settings };
        HubCall::of(&call, Permission::Build)
    }

    /// Looks at the children where koji says that one ended, and has koji say it again where it does not know
    /// that the task waits. `is_waiting` and `is_alerted` are what koji says of the task.
    pub(super) fn look_at_children(self: &Rc<Self>, is_waiting: bool, is_alerted: bool) {
        let is_running = !self.state.borrow().running.is_empty();
        if is_running == is_waiting && !is_alerted || self.is_looking.replace(true) {
            return;
        }
        let steps = Rc::clone(self);
        tokio::task::spawn_local(async move {
            if let Err(stop) = steps.wait_and_look(is_alerted).await {
                steps.warn(&stop.why);
            }
            steps.is_looking.set(false);
        });
    }

    async fn wait_and_look(&self, is_alerted: bool) -> Result<(), Stop> {
        if is_alerted {
            // koji tells each end once: the states of the children are what counts.
            self.at.ask(&HostTaskWait { parent: self.task }).await?;
        }
        self.look_what_ended().await?;
        self.wait().await
    }

    /// Has koji wake the task when one of its subtasks ends; where none runs, it waits for nothing.
    async fn wait(&self) -> Result<(), Stop> {
        let tasks: Vec<i64> = self.state.borrow().running.keys().copied().collect();
        let parent = self.task;
        if tasks.is_empty() {
            let call = HostTaskWaitResults { parent, tasks: Some(tasks), canfail: None };
            return self.at.ask(&call).await.map(drop);
        }
        self.at.ask(&HostTaskSetWait { parent, tasks: Some(tasks) }).await
    }

    /// Says what ended of what was just found or made, and waits for the rest.
    async fn say_what_ended(&self) {
        let looked = async {
            for key in self.adopted_keys() {
                self.component_ended(key, ComponentEnd::Complete);
            }
            self.look_what_ended().await?;
            self.wait().await
        };
        if let Err(stop) = looked.await {
            self.warn(&stop.why);
        }
    }

    /// Returns the components that an earlier try built and that this task was asked for.
    fn adopted_keys(&self) -> Vec<ComponentIx> {
        let state = self.state.borrow();
        let is_adopted = |at: &ComponentIx| state.adopted.contains_key(self.catalog.key(*at));
        self.catalog.components().filter(is_adopted).collect()
    }

    async fn look_what_ended(&self) -> Result<(), Stop> {
        let running: BTreeMap<i64, ComponentIx> = self.state.borrow().running.clone();
        if running.is_empty() {
            return Ok(());
        }
        let children = self.children().await?;
        for (task, component) in running {
            let (_, place) = self.part(component)?;
            let Some(child) = children.get(place).filter(|child| child.id == task) else {
                continue;
            };
            if child.state.is_final() {
                self.child_ended(child, component, children.attempt(place)).await?;
            }
        }
        Ok(())
    }

    async fn child_ended(
        &self,
        child: &Task,
        component: ComponentIx,
        attempt: u32,
    ) -> Result<(), Stop> {
        let key = self.catalog.key(component);
        let end = match child.state {
            TaskState::Closed => {
                self.tag_build_only(child.id, key).await?;
                ComponentEnd::Complete
            }
            TaskState::Failed => {
                let fault = self.fault_of(child.id).await?;
                if fault.is_database_trouble() && attempt < TRIES_MAX {
                    return self.try_again(child.id, component, attempt + 1).await;
                }
                self.warn(&format!("{key} failed: {}", fault.text));
                self.fails_with(fault);
                ComponentEnd::Failed
            }
            TaskState::Canceled | TaskState::Free | TaskState::Open | TaskState::Assigned => {
                let text = format!("the task {} of {key} was canceled", child.id);
                self.fails_with(Fault::of(FaultKind::Generic, text));
                ComponentEnd::Canceled
            }
        };
        self.state.borrow_mut().running.remove(&child.id);
        self.component_ended(component, end);
        Ok(())
    }

    /// Returns why a subtask failed, in koji's words.
    pub(super) async fn fault_of(&self, task: i64) -> Result<Fault, Stop> {
        let look = HubCall::look(&GetTaskResult { task_id: task, raise_fault: None });
        let answers = self.at.each(std::slice::from_ref(&look)).await?;
        Ok(match answers.into_iter().next() {
            Some(Err(fault)) => fault,
            Some(Ok(_)) | None => Fault::of(FaultKind::Build, format!("task {task} failed")),
        })
    }

    /// Builds a component once more that failed by trouble of the hub.
    async fn try_again(
        &self,
        failed: i64,
        component: ComponentIx,
        attempt: u32,
    ) -> Result<(), Stop> {
        let (key, place) = self.part(component)?;
        self.warn(&format!("{key} failed by trouble of the hub: try {attempt}"));
        let call = self.subtask(&key, Label { place, attempt })?;
        let task: i64 = self.at.one(&call).await?;
        let mut state = self.state.borrow_mut();
        state.running.remove(&failed);
        state.running.insert(task, component);
        Ok(())
    }

    /// Tags what is for the build only into the build tag alone; koji tagged it nowhere.
    async fn tag_build_only(&self, task: i64, key: &ComponentKey) -> Result<(), Stop> {
        let part = self.part_work(key)?;
        if !part.is_build_only {
            return Ok(());
        }
        let nvr = self.at.nvr_of(key, number(task)?).await?;
        let built = [Built { package: &part.package, nvr: &nvr, is_build_only: true }];
        self.at.tag_where_missing(tag_built(&self.module.tags, &built)).await
    }
}

fn unknown(key: &ComponentKey) -> Stop {
    Stop::failed(Why::Missing, format!("{key} is not part of the plan"))
}
