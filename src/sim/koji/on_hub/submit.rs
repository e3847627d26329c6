//! How orders become tasks of the hub, and what their ends mean.

use std::sync::Arc;

use super::account::Stay;
use super::{
    BuildId, BuildRun, ComponentEnd, ComponentIx, ComponentRun, Job, JobState, Method, ModuleIx,
    OnHub, Order, Owner, RepoMaker, Request, TagId, TaskId, What, small,
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
        self.go_live(job, JobState::Repo(request));
    }

    fn make_tag(&mut self, build: BuildId, module: ModuleIx) -> TagId {
        let at = build.0 as usize;
        if self.builds.len() <= at {
            self.builds.resize(at + 1, BuildRun::default());
        }
        if let Some(tag) = self.builds[at].tag {
            return tag;
        }
        let arches = self.arches_of(module);
        let entry = self.setup.catalog.module(module);
        let made = &mut self.made[module.index()];
        made.tags += 1;
        let tags = made.tags;
        let tag = self.hub.add_tag(arches, self.regenerations(module, tags));
        self.builds[at] = BuildRun {
            tag: Some(tag),
            batches: vec![Default::default(); entry.batches as usize],
            after: vec![Default::default(); entry.components.len()],
            ..BuildRun::default()
        };
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
        let run = &self.builds[build.0 as usize];
        let before = if module.is_graph {
            run.after[(component.0 - module.components.start) as usize]
        } else {
            run.batches[..entry.batch as usize].iter().copied().max().unwrap_or_default()
        };
        let least = before.max(run.macros);
        let request = self.hub.request_repo_since(tag, least);
        self.go_live(job, JobState::Repo(request));
    }

    pub(super) fn order_module(&mut self, job: Job, build: BuildId, module: ModuleIx) {
        if self.setup.catalog.module(module).components.is_empty() {
            self.tell(build, job, What::ModuleEnded { end: ComponentEnd::Complete });
            return;
        }
        self.make_tag(build, module);
        self.go_live(job, JobState::Due);
    }

    /// The repo of a module, with the modulemd in it: one `createrepo`.
    pub(super) fn order_repo(&mut self, job: Job, build: BuildId, module: ModuleIx) {
        if self.setup.catalog.module(module).components.is_empty() {
            self.tell(build, job, What::RepoEnded { is_ok: true });
            return;
        }
        self.make_tag(build, module);
        self.go_live(job, JobState::Due);
    }

    /// Hands a job to the hub.
    pub(super) fn submit(&mut self, job: Job) {
        if self.jobs[job.0 as usize].state != JobState::Due {
            return;
        }
        let order = self.jobs[job.0 as usize].order;
        if let Order::Repo { module, by: RepoMaker::Orchestrator, .. } = order {
            self.begin_own_repo(job, module);
            return;
        }
        let request = match order {
            Order::Target { build, module } => {
                self.jobs[job.0 as usize].tries += 1;
                let owner = self.own(Owner::Macros(job));
                Request::Build(Arc::new(self.macros(build, module, owner)))
            }
            Order::Component { build, component, .. } | Order::Part { build, component } => {
                Request::Build(self.component(job, build, component))
            }
            Order::Module { build, module } => self.module_request(job, build, module),
            // The task takes its place like any other, and finds no modulemd when it is opened.
            Order::Unfetched { .. } => Request::Task {
                method: Method::ModuleBuild,
                arch: TaskArch::Noarch,
                work: Work { run: Millis::ZERO, is_ok: false },
            },
            Order::Repo { module, .. } => Request::Task {
                method: Method::Createrepo,
                arch: TaskArch::Noarch,
                work: self.last_repo(module),
            },
        };
        let task = self.hub.submit(request, 0);
        self.jobs[job.0 as usize].state = JobState::Task(task);
        self.job_of.insert(task, job);
    }

    pub(super) fn own(&mut self, owner: Owner) -> u32 {
        self.owners.push(owner);
        small(self.owners.len() - 1)
    }

    fn module_request(&mut self, job: Job, build: BuildId, module: ModuleIx) -> Request {
        let entry = self.setup.catalog.module(module);
        let mut batches = vec![Vec::new(); entry.batches as usize];
        let mut components: Vec<_> = entry.components.clone().map(ComponentIx).collect();
        components.sort_unstable_by_key(|&at| self.setup.catalog.component(at).place_by_key);
        for at in components {
            let spec = self.component(job, build, at);
            batches[self.setup.catalog.component(at).batch as usize].push(spec);
        }
        batches.retain(|batch| !batch.is_empty());
        let createrepo = self.last_repo(module);
        let tag = self.builds[build.0 as usize].tag.expect("made with the order");
        Request::ModuleBuild { tag, batches: batches.into(), createrepo }
    }

    pub(super) fn task_ended(&mut self, task: TaskId, state: TaskState) {
        let info = self.hub.task(task);
        if let (Some(builder), Some(opened), Some(ended)) = (info.builder, info.opened, info.ended)
        {
            let stay = Stay { builder, from: opened, to: ended, end: Some(state) };
            self.count_work(task, stay);
        }
        let is_live = |job: &Job| self.jobs[job.0 as usize].state == JobState::Task(task);
        let job = self.job_of.remove(&task).filter(is_live);
        match (info.method, info.subject.map(|at| self.owners[at as usize])) {
            (Method::Build, Some(Owner::Component(run))) => {
                self.component_ended(run, state, task);
            }
            (Method::Build, Some(Owner::Macros(job))) => self.macros_ended(job, task, state),
            (Method::WaitRepo, _) => self.wait_ended(task, info.parent),
            _ => {}
        }
        if let Some(job) = job {
            self.job_ended(job, state);
        }
    }

    /// Notes which `waitrepo` gave up, for the module build that it fails.
    fn wait_ended(&mut self, task: TaskId, parent: Option<TaskId>) {
        let job = parent.filter(|_| self.hub.late(task).is_some());
        let job = job.and_then(|parent| self.job_of.get(&parent));
        if let Some(Order::Module { build, .. }) = job.map(|job| self.jobs[job.0 as usize].order) {
            self.late.insert(build, task);
        }
    }

    fn job_ended(&mut self, job: Job, state: TaskState) {
        let end = end_of(state);
        match self.jobs[job.0 as usize].order {
            Order::Module { build, .. } | Order::Unfetched { build } => {
                self.close(job);
                self.tell(build, job, What::ModuleEnded { end });
            }
            Order::Repo { build, .. } => {
                self.close(job);
                self.tell(build, job, What::RepoEnded { is_ok: state == TaskState::Closed });
            }
            Order::Component { .. } | Order::Part { .. } => self.close(job),
            Order::Target { .. } => {}
        }
    }

    /// A component passed its gate: it goes into the tag of its module, at once and with no task.
    pub(in crate::sim::koji) fn tag(&mut self, build: BuildId, component: ComponentIx) {
        let tag = self.builds[build.0 as usize].tag;
        if let (Some(tag), Some(task)) = (tag, self.untagged.remove(&(build, component))) {
            let event = self.hub.tag_build(tag, task);
            self.is_in_tag(build, component, event);
        }
    }

    /// The event by which a component is tagged decides which repo its successors need.
    fn is_in_tag(&mut self, build: BuildId, component: ComponentIx, event: crate::hub::EventId) {
        let entry = self.setup.catalog.component(component);
        let first = self.setup.catalog.module(entry.module).components.start;
        let build = &mut self.builds[build.0 as usize];
        let batch = &mut build.batches[entry.batch as usize];
        *batch = event.max(*batch);
        for next in self.setup.catalog.followers(component) {
            let after = &mut build.after[(next.0 - first) as usize];
            *after = event.max(*after);
        }
    }

    /// A component ended; where it has a gate it is in no tag yet.
    fn component_ended(&mut self, run: u32, state: TaskState, task: TaskId) {
        let end = end_of(state);
        self.components[run as usize].end = Some(end);
        let ComponentRun { job, build, component, nth, busy, .. } = self.components[run as usize];
        if end != ComponentEnd::Complete {
            self.costs_of(build).lost += busy;
        }
        match self.hub.tagged_at(task) {
            Some(event) => self.is_in_tag(build, component, event),
            None if end == ComponentEnd::Complete => {
                self.untagged.insert((build, component), task);
            }
            None => {}
        }
        let of = &self.jobs[job.0 as usize];
        if of.state != JobState::Over && end != ComponentEnd::Canceled {
            let attempt = of.order.attempt();
            self.tell(build, job, What::ComponentEnded { component, nth, attempt, end });
        }
    }

    /// A component fails without having reached a builder: there is no repo to build it on.
    pub(super) fn component_failed(&mut self, job: Job, build: BuildId, component: ComponentIx) {
        self.close(job);
        let (nth, _) = self.luck.count_build(component);
        let attempt = self.jobs[job.0 as usize].order.attempt();
        let end = ComponentEnd::Failed;
        self.tell(build, job, What::ComponentEnded { component, nth, attempt, end });
    }

    fn macros_ended(&mut self, job: Job, task: TaskId, state: TaskState) {
        let Order::Target { build, .. } = self.jobs[job.0 as usize].order else { return };
        if self.jobs[job.0 as usize].state == JobState::Over {
            return;
        }
        match self.hub.tagged_at(task) {
            Some(event) if state == TaskState::Closed => {
                self.builds[build.0 as usize].macros = event;
                self.close(job);
                self.tell(build, job, What::TargetMade { is_ok: true });
            }
            _ if self.jobs[job.0 as usize].tries < self.farm.settings.hub.macros_tries => {
                self.jobs[job.0 as usize].state = JobState::Due;
                self.due.push(job.0);
            }
            _ => self.target_broken(job, build),
        }
    }

    /// Without its first repo or its macros package nothing of a module can be built.
    pub(super) fn target_broken(&mut self, job: Job, build: BuildId) {
        self.close(job);
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
