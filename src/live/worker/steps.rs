//! What the steps of one task work with, and the steps that stand for themselves.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::children::Place;
use super::core::{Core, Heard};
use crate::koji::calls::{CancelTaskChildren, GetTaskInfo};
use crate::koji::shapes::Task;
use crate::koji::{Fault, FaultKind, OneOrMany, TaskState};
use crate::live::execute::at_hub::AtHub;
use crate::live::execute::stop::Stop;
use crate::live::execute::work::ModuleWork;
use crate::name::ComponentKey;
use crate::orchestrate::{
    Answer, BuildId, Call, Catalog, ComponentEnd, ComponentIx, Event, Fault as Why, ModuleIx,
    Reply, TaskId,
};

/// What the steps of one task work with.
pub(super) struct Steps {
    pub(super) core: Rc<Core>,
    pub(super) at: AtHub,
    /// koji's number of the task.
    pub(super) task: i64,
    pub(super) module: ModuleWork,
    pub(super) catalog: Arc<Catalog>,
    /// Where each component stands in the plan.
    pub(super) places: BTreeMap<ComponentKey, Place>,
    /// koji's priority of each component.
    pub(super) priorities: BTreeMap<ComponentKey, i64>,
    pub(super) state: RefCell<State>,
    /// Whether the children are being looked at.
    pub(super) is_looking: Cell<bool>,
    /// Whether nothing more is asked for.
    pub(super) is_stopped: Cell<bool>,
}

/// What a process knows of the task beside its machine. All of it is at the hub, too.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The repo of each batch.
    pub(super) repos: BTreeMap<u32, i64>,
    /// The subtasks that build components and are not known to be over.
    pub(super) running: BTreeMap<i64, ComponentIx>,
    /// The components whose end was said.
    pub(super) ended: BTreeSet<ComponentIx>,
    /// Finished builds of an earlier try, by component.
    pub(super) adopted: BTreeMap<ComponentKey, TaskId>,
    /// The first thing that went wrong: what the task fails with.
    pub(super) failure: Option<Fault>,
    /// Whether the task was closed or failed by this process.
    pub(super) end: Option<bool>,
}

impl Steps {
    /// A task is one build.
    pub(super) const BUILD: BuildId = BuildId(0);
    /// Of one module.
    pub(super) const MODULE: ModuleIx = ModuleIx(0);

    /// Asks for nothing more.
    pub(super) fn stop(&self) {
        self.is_stopped.set(true);
        self.at.refuse();
    }

    /// Says how the task ended, in words.
    pub(super) fn outcome(&self) -> String {
        let state = self.state.borrow();
        match (state.end, &state.failure) {
            (Some(true), _) => "is built".to_owned(),
            (Some(false), Some(fault)) => format!("failed: {}", fault.text),
            (Some(false), None) => "failed".to_owned(),
            (None, _) => "is not this worker's any more".to_owned(),
        }
    }

    /// Keeps the first thing that went wrong.
    pub(super) fn fails_with(&self, fault: Fault) {
        self.state.borrow_mut().failure.get_or_insert(fault);
    }

    /// Says why a call was not carried out, and returns what the machine hears. A task cannot be
    /// paused: where a program of this host is missing, it fails and names it.
    pub(super) fn stopped(&self, call: &Call, stop: Stop) -> Answer {
        self.warn(&format!("{}: {}", call.kind().as_str(), stop.why));
        let answer = if stop.lacks.is_some() { Answer::Failed(Why::Missing) } else { stop.answer };
        if let Answer::Failed(_) = answer {
            self.fails_with(Fault::of(FaultKind::Generic, stop.why));
        }
        answer
    }

    /// Says what is in the way of a step, unless the steps were stopped.
    pub(super) fn warn(&self, why: &str) {
        if !self.is_stopped.get() {
            tracing::warn!("task {}: {why}", self.task);
        }
    }

    /// Says that a component ended, once.
    pub(super) fn component_ended(&self, component: ComponentIx, end: ComponentEnd) {
        if self.state.borrow_mut().ended.insert(component) {
            let event = Event::ComponentEnded { build: Self::BUILD, component, attempt: 1, end };
            self.core.say(self.task, Heard::Event(event));
        }
    }

    /// Returns the task as the hub has it.
    pub(super) async fn info(&self) -> Result<Task, Stop> {
        let call = GetTaskInfo { task_id: OneOrMany::One(self.task), ..GetTaskInfo::default() };
        match self.at.ask(&call).await? {
            OneOrMany::One(Some(info)) => Ok(info),
            OneOrMany::One(None) | OneOrMany::Many(_) => {
                Err(Stop::failed(Why::Missing, format!("the hub has no task {}", self.task)))
            }
        }
    }

    /// Checks that the task is open and this host's: some of koji's calls do not look at it.
    pub(super) async fn check_ours(&self) -> Result<(), Stop> {
        let info = self.info().await?;
        if info.state == TaskState::Open && info.host_id == Some(self.core.host) {
            return Ok(());
        }
        let why = format!("the task {} is {}, and not this host's", self.task, info.state);
        Err(Stop::failed(Why::Denied, why))
    }

    /// Carries out one call, or looks what came of it. Most steps look by themselves before they write: a look
    /// answers that nothing is there, and the call that follows finds what is.
    pub(super) async fn alone(&self, call: &Call, is_look: bool) -> Result<Answer, Stop> {
        let nothing = Ok(Answer::Done(Reply::Nothing));
        match *call {
            Call::CancelComponent { component, .. } => self.cancel(component, is_look).await,
            Call::EndTask { is_ok, .. } => self.end(is_ok, is_look).await,
            _ if is_look => Ok(Answer::Absent),
            Call::CreateTarget { .. } => {
                self.prepare().await?;
                nothing
            }
            Call::WaitRepo { batch, .. } => {
                self.wait_repo(batch).await?;
                nothing
            }
            Call::MakeRepo { .. } => {
                self.at.make_repositories(&self.module).await?;
                let event = Event::RepoEnded { build: Self::BUILD, attempt: 1, is_ok: true };
                self.core.say(self.task, Heard::Event(event));
                nothing
            }
            Call::Import { .. } => {
                self.check_ours().await?;
                self.at.import_both(&self.module).await?;
                self.at.publish(&self.module).await?;
                nothing
            }
            Call::BuildComponent { .. }
            | Call::TagComponent { .. }
            | Call::BuildModule { .. }
            | Call::Fetch { .. }
            | Call::Publish { .. }
            | Call::RequestTest { .. }
            | Call::AskDependants { .. }
            | Call::Mail { .. }
            | Call::Poll { .. } => {
                let what = call.kind().as_str();
                Err(Stop::failed(Why::Missing, format!("a module task does not ask for {what}")))
            }
        }
    }

    /// Cancels the build of a component, unless it is over. koji lets a host cancel all that is below its task,
    /// and no subtask alone.
    async fn cancel(&self, component: ComponentIx, is_look: bool) -> Result<Answer, Stop> {
        let running = |state: &State| {
            state.running.iter().find(|(_, of)| **of == component).map(|(task, _)| *task)
        };
        let task = running(&self.state.borrow());
        if let Some(task) = task {
            let found = self.at.tasks(&[task]).await?;
            if found.get(&task).is_some_and(|task| !task.state.is_final()) {
                if is_look {
                    return Ok(Answer::Absent);
                }
                self.at.ask(&CancelTaskChildren { task_id: self.task }).await?;
            }
        }
        Ok(Answer::Done(Reply::Nothing))
    }
}
