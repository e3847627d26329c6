//! koji's own tasks of modules: the world says what they do, and here its steps become subtasks.

use super::{
    BuildId, ComponentEnd, Job, JobState, Label, ModuleIx, OnHub, Order, Request, Step, TaskId,
    What,
};
use crate::farm::RepoWait;
use crate::koji::TaskState;

/// How the subtask of a step ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) task: TaskId,
    pub(super) state: TaskState,
}

impl OnHub<'_> {
    pub(super) fn order_module(&mut self, job: Job, build: BuildId, module: ModuleIx) {
        if self.has_components(module) {
            self.jobs.go_live(job, JobState::Due);
        } else {
            // It has no task: nothing of it takes time.
            self.tell(build, job, What::ModuleOpened);
        }
    }

    pub(in crate::sim::koji) fn make_target(&mut self, build: BuildId, module: ModuleIx) {
        if self.has_components(module) {
            self.make_tag(build, module);
        }
    }

    /// Makes the subtask of a step.
    pub(super) fn order_step(&mut self, job: Job) {
        let Order::Step { of, build, step } = self.jobs.order(job) else { return };
        let Order::Module { module, .. } = self.jobs.order(of) else { return };
        let JobState::Task(parent) = self.jobs.state(of) else {
            self.tell(build, job, What::RepoEnded { is_ok: true });
            return;
        };
        let tag = self.make_tag(build, module);
        let waits = self.farm.waits[module.0 as usize];
        if let (Step::Wait { .. }, RepoWait::Request) = (step, waits) {
            let request = self.hub.request_repo(tag);
            return self.jobs.go_live(job, JobState::Repo(request));
        }
        let (label, request) = match step {
            Step::Wait { batch } => (Label::Wait(batch), Request::WaitRepo { tag }),
            Step::Component(component) => {
                let batch = self.setup.catalog.component(component).batch;
                let place = component.0 - self.setup.catalog.module(module).components.start;
                let spec = self.component(job, build, component);
                (Label::Build(batch, place), Request::Build(spec))
            }
            Step::Repo => (Label::Repo, self.createrepo(module)),
        };
        let task = self.hub.subtask(parent, label, request);
        self.jobs.begin(job, task);
    }

    /// The repo that a task of a module asked for is there, or cannot be made. The task sees it when its
    /// builder looks after it.
    pub(super) fn step_has_repo(&mut self, job: Job, is_ok: bool) {
        let Order::Step { of, build, .. } = self.jobs.order(job) else { return };
        self.jobs.close(job);
        self.tell(build, job, What::RepoEnded { is_ok });
        if let JobState::Task(task) = self.jobs.state(of) {
            self.hub.wake(task);
        }
    }

    fn has_components(&self, module: ModuleIx) -> bool {
        !self.setup.catalog.module(module).components.is_empty()
    }

    /// The task of a module is to act.
    pub(super) fn module_acts(&mut self, task: TaskId, what: What) {
        let Some(job) = self.jobs.of_task(task) else { return };
        if let Order::Module { build, .. } = self.jobs.order(job) {
            self.tell(build, job, what);
        }
    }

    /// A step ended; the end of a component is reported with how it was built, and what is canceled ends in
    /// silence.
    pub(super) fn step_ended(&mut self, build: BuildId, job: Job, step: Step, ended: Ended) {
        let Ended { task, state } = ended;
        if self.hub.late(task).is_some() {
            self.late.insert(build, task);
        }
        let is_told = !matches!(step, Step::Component(_)) && state != TaskState::Canceled;
        if is_told {
            self.tell(build, job, What::RepoEnded { is_ok: state == TaskState::Closed });
        }
    }

    pub(in crate::sim::koji) fn end_module(&mut self, job: Job, end: ComponentEnd) {
        let Order::Module { build, .. } = self.jobs.order(job) else { return };
        match self.jobs.state(job) {
            JobState::Task(task) if end == ComponentEnd::Complete => self.hub.close(task),
            JobState::Task(task) => self.hub.fail(task),
            JobState::Over | JobState::Due | JobState::Repo(_) | JobState::Own(_) => {
                self.tell(build, job, What::ModuleEnded { end });
            }
        }
    }

    pub(in crate::sim::koji) fn is_woken(&self, job: Job) -> bool {
        matches!(self.jobs.state(job), JobState::Task(_))
    }

    pub(in crate::sim::koji) fn is_running(&self, job: Job) -> bool {
        match self.jobs.state(job) {
            JobState::Task(task) => self.hub.is_running(task),
            JobState::Over | JobState::Due | JobState::Repo(_) | JobState::Own(_) => true,
        }
    }

    pub(in crate::sim::koji) fn is_stopped(&self) -> bool {
        self.hub.is_stopped()
    }
}
