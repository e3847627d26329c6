//! How orders become tasks of the hub, and what their ends mean.

use std::sync::Arc;

use super::account::Stay;
use super::modules::Ended;
use super::{
    BuildId, ComponentEnd, ComponentIx, ComponentRun, Job, JobState, Method, ModuleIx, OnHub,
    Order, Owner, RepoMaker, Request, TagId, TaskId, What,
};
use crate::hub::{ArchSet, TaskArch, Work};
use crate::koji::TaskState;
use crate::time::Millis;

impl OnHub<'_> {
    /// Makes the tag of a module build, and asks for its first repo.
    pub(super) fn order_target(&mut self, job: Job, build: BuildId, module: ModuleIx) {
        let tag = self.make_tag(build, module);
        if self.setup.catalog.module(module).components.is_empty() {
            self.tell(build, job, What::TargetMade { is_ok: true });
            return;
        }
        let request = self.hub.request_repo(tag);
        self.client.waits(job, self.now);
        self.jobs.go_live(job, JobState::Repo(request));
    }

    pub(super) fn make_tag(&mut self, build: BuildId, module: ModuleIx) -> TagId {
        if let Some(tag) = self.builds.tag(build) {
            return tag;
        }
        let arches = self.arches_of(module);
        let entry = self.setup.catalog.module(module);
        let tags = self.made.count_tag(module);
        let tag = self.hub.add_tag(arches, self.regenerations(module, tags));
        self.builds.add(build, tag, entry.batches as usize, entry.components.len());
        tag
    }

    /// Returns the arches that a module is built for: those of its components, and where all are
    /// noarch those of the farm.
    fn arches_of(&self, module: ModuleIx) -> ArchSet {
        let catalog = &self.setup.catalog;
        let components = catalog.module(module).components.clone();
        let tasks = components.flat_map(|at| catalog.tasks_of(ComponentIx(at)));
        let mut set = ArchSet::default();
        for task in tasks {
            let arch = catalog.arch(&catalog.tasks[task as usize]);
            if let Some(TaskArch::Arch(arch)) = self.farm.settings.arch(arch) {
                set = set.with(arch);
            }
        }
        let all = || self.farm.settings.builders.iter().fold(set, |all, b| all.or(b.arches));
        if set == ArchSet::default() { all() } else { set }
    }

    /// Asks for a repo with all that a component waits for; the component follows it.
    pub(super) fn order_component(&mut self, job: Job, build: BuildId, component: ComponentIx) {
        let entry = self.setup.catalog.component(component);
        let module = self.setup.catalog.module(entry.module);
        let tag = self.make_tag(build, entry.module);
        let least = if module.is_graph {
            self.builds.before_component(build, component.0 - module.components.start)
        } else {
            self.builds.before_batch(build, entry.batch)
        };
        let request = self.hub.request_repo_since(tag, least);
        self.client.waits(job, self.now);
        self.jobs.go_live(job, JobState::Repo(request));
    }

    /// The repo of a module, with the modulemd in it: one `createrepo`.
    pub(super) fn order_repo(&mut self, job: Job, build: BuildId, module: ModuleIx) {
        if self.setup.catalog.module(module).components.is_empty() {
            self.tell(build, job, What::RepoEnded { is_ok: true });
            return;
        }
        self.make_tag(build, module);
        self.jobs.go_live(job, JobState::Due);
    }

    /// Hands a job to the hub.
    pub(super) fn submit(&mut self, job: Job) {
        if self.jobs.state(job) != JobState::Due {
            return;
        }
        let order = self.jobs.order(job);
        if let Order::Repo { module, by: RepoMaker::Orchestrator, .. } = order {
            self.begin_own_repo(job, module);
            return;
        }
        let request = match order {
            Order::Target { build, module } => {
                self.jobs.count_try(job);
                let owner = self.components.own(Owner::Macros(job));
                let mut spec = self.macros(build, module, owner);
                if self.polls().is_some() {
                    self.client.waits(job, self.now);
                    self.client.keep_tagging(job, &mut spec);
                }
                Request::Build(Arc::new(spec))
            }
            Order::Component { build, component, .. } => {
                Request::Build(self.component(job, build, component))
            }
            Order::Module { .. } => Request::ModuleBuild,
            Order::Step { .. } => unreachable!("a step is a subtask from the moment it is ordered"),
            // The task takes its place like any other, and finds no modulemd when it is opened.
            Order::Unfetched { .. } => Request::Task {
                method: Method::ModuleBuild,
                arch: TaskArch::Noarch,
                work: Work { run: Millis::ZERO, is_ok: false },
            },
            Order::Repo { module, .. } => self.createrepo(module),
        };
        let task = self.hub.submit(request, 0);
        self.jobs.begin(job, task);
    }

    /// Returns the request for the repo of a module.
    pub(super) fn createrepo(&mut self, module: ModuleIx) -> Request {
        let (method, work) = (Method::Createrepo, self.last_repo(module));
        Request::Task { method, arch: TaskArch::Noarch, work }
    }

    pub(super) fn task_ended(&mut self, task: TaskId, state: TaskState) {
        let info = self.hub.task(task);
        if let (Some(builder), Some(opened), Some(ended)) = (info.builder, info.opened, info.ended)
        {
            let stay = Stay { builder, from: opened, to: ended, end: Some(state) };
            self.count_work(task, stay);
        }
        let job = self.jobs.end_task(task);
        match (info.method, info.subject.map(|at| self.components.owner(at))) {
            (Method::Build, Some(Owner::Component(run))) => {
                self.component_ended(run, state, task);
            }
            (Method::Build, Some(Owner::Macros(job))) => self.macros_ended(job, task, state),
            _ => {}
        }
        if let Some(job) = job {
            self.job_ended(job, task, state);
        }
    }

    fn job_ended(&mut self, job: Job, task: TaskId, state: TaskState) {
        let end = end_of(state);
        let is_to_be_seen = self.polls().is_some() && end != ComponentEnd::Canceled;
        match self.jobs.order(job) {
            Order::Component { .. } | Order::Target { .. } if is_to_be_seen => {
                self.end_to_see(job, task, state);
            }
            Order::Module { build, .. } | Order::Unfetched { build } => {
                self.jobs.close(job);
                self.tell(build, job, What::ModuleEnded { end });
            }
            Order::Repo { build, .. } => {
                self.jobs.close(job);
                self.tell(build, job, What::RepoEnded { is_ok: state == TaskState::Closed });
            }
            Order::Step { build, step, .. } => {
                self.jobs.close(job);
                self.step_ended(build, job, step, Ended { task, state });
            }
            Order::Component { .. } => self.jobs.close(job),
            Order::Target { .. } => {}
        }
    }

    /// A component passed its gate: it goes into the tag of its module, at once and with no task.
    pub(in crate::sim::koji) fn tag(&mut self, build: BuildId, component: ComponentIx) {
        let tag = self.builds.tag(build);
        if let (Some(tag), Some(task)) = (tag, self.untagged.remove(&(build, component))) {
            let event = self.hub.tag_build(tag, task);
            self.is_in_tag(build, component, event);
        }
    }

    /// The event by which a component is tagged decides which repo its successors need.
    pub(super) fn is_in_tag(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        event: crate::hub::EventId,
    ) {
        let entry = self.setup.catalog.component(component);
        let first = self.setup.catalog.module(entry.module).components.start;
        self.builds.tag_in_batch(build, entry.batch, event);
        for next in self.setup.catalog.followers(component) {
            self.builds.tag_before(build, next.0 - first, event);
        }
    }

    /// A component ended; where it has a gate it is in no tag yet.
    fn component_ended(&mut self, run: u32, state: TaskState, task: TaskId) {
        let end = end_of(state);
        let ComponentRun { job, build, component, nth, busy, .. } = self.components.end(run, end);
        if end != ComponentEnd::Complete {
            self.accounts.lose(build, busy);
        }
        if self.polls().is_some() && self.jobs.order(job).attempt().is_some() {
            self.client.builds(job, nth);
            return;
        }
        match self.hub.tagged_at(task) {
            Some(event) => self.is_in_tag(build, component, event),
            None if end == ComponentEnd::Complete => {
                self.untagged.insert((build, component), task);
            }
            None => {}
        }
        if self.jobs.state(job) != JobState::Over && end != ComponentEnd::Canceled {
            let attempt = self.jobs.order(job).attempt();
            self.tell(build, job, What::ComponentEnded { component, nth, attempt, end });
        }
    }

    /// A component fails without having reached a builder: there is no repo to build it on.
    pub(super) fn component_failed(&mut self, job: Job, build: BuildId, component: ComponentIx) {
        self.jobs.close(job);
        let (nth, _) = self.luck.count_build(component);
        let attempt = self.jobs.order(job).attempt();
        let end = ComponentEnd::Failed;
        self.tell(build, job, What::ComponentEnded { component, nth, attempt, end });
    }

    fn macros_ended(&mut self, job: Job, task: TaskId, state: TaskState) {
        let Order::Target { build, .. } = self.jobs.order(job) else { return };
        if self.jobs.state(job) == JobState::Over || self.polls().is_some() {
            return;
        }
        match self.hub.tagged_at(task) {
            Some(event) if state == TaskState::Closed => {
                self.builds.tag_macros(build, event);
                self.jobs.close(job);
                self.tell(build, job, What::TargetMade { is_ok: true });
            }
            _ if self.jobs.tries(job) < self.farm.settings.hub.macros_tries => {
                self.jobs.make_due(job);
            }
            _ => self.target_broken(job, build),
        }
    }

    /// Without its first repo or its macros package nothing of a module can be built.
    pub(super) fn target_broken(&mut self, job: Job, build: BuildId) {
        self.jobs.close(job);
        self.tell(build, job, What::TargetMade { is_ok: false });
    }
}

fn end_of(state: TaskState) -> ComponentEnd {
    match state {
        TaskState::Closed => ComponentEnd::Complete,
        TaskState::Canceled => ComponentEnd::Canceled,
        TaskState::Failed | TaskState::Free | TaskState::Assigned | TaskState::Open => {
            ComponentEnd::Failed
        }
    }
}
