//! How orders become tasks of the hub, and what their ends mean.

use std::sync::Arc;

use super::{
    BuildId, BuildRun, ComponentEnd, ComponentIx, ComponentRun, Job, JobState, MACROS_TRIES,
    Method, Millis, ModuleIx, OnHub, Order, Owner, Request, TagId, TaskId, What, Work, small,
};
use crate::koji::TaskState;
use crate::sim::history;
use crate::sim::hub::{ArchSet, BuildRepo, BuildSpec, Tagging, TaskArch};
use crate::trace::Samples;

/// Sets the draws of a component's steps apart from those of its `buildArch` tasks.
const SRPM_KEY: u64 = 0x7372_706d;
const TAG_KEY: u64 = 0x7461_6767;
const REPO_KEY: u64 = 0x7265_706f;
const MACROS_KEY: u64 = 0x6d61_6372;

impl OnHub<'_> {
    /// Makes the tag of a module build, and asks for its first repo.
    pub(super) fn order_target(&mut self, job: Job, build: BuildId, module: ModuleIx) {
        let tag = self.make_tag(build, module);
        if self.setup.catalog.module(module).components.is_empty() {
            self.tell(build, job, What::TargetMade);
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
        let key = REPO_KEY ^ u64::from(build.0) << 32;
        let trace =
            self.farm.steps.createrepo.as_ref().map(|rows| self.draw_step(rows, key, 1).run);
        let run = |builds| self.farm.settings.createrepo(builds, trace);
        let (empty, one) = (run(0), run(1));
        let tag = self.hub.add_tag(arches, (empty, one.saturating_sub(empty)));
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
        let tasks = components.flat_map(|at| catalog.components[at as usize].tasks.clone());
        let mut set = ArchSet::default();
        for task in tasks {
            let arch = &catalog.tasks[task as usize].arch;
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
        if run.is_broken {
            self.component_failed(job, build, component);
            return;
        }
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
        let request = match self.jobs[job.0 as usize].order {
            Order::Target { build, .. } => {
                self.jobs[job.0 as usize].tries += 1;
                let owner = self.own(Owner::Macros(job));
                Request::Build(Arc::new(self.macros(build, owner)))
            }
            Order::Component { build, component, .. } => {
                Request::Build(self.component(job, build, component))
            }
            Order::Module { build, module } => self.module_request(job, build, module),
            Order::Repo { build, module } => Request::Task {
                method: Method::Createrepo,
                arch: TaskArch::Noarch,
                work: self.repo_work(build, module),
            },
        };
        let task = self.hub.submit(request, 0);
        self.jobs[job.0 as usize].state = JobState::Task(task);
    }

    fn own(&mut self, owner: Owner) -> u32 {
        self.owners.push(owner);
        small(self.owners.len() - 1)
    }

    /// The macros package: built once per module build, for no arch of its own.
    fn macros(&self, build: BuildId, subject: u32) -> BuildSpec {
        let tag = self.builds[build.0 as usize].tag.expect("made with the target");
        let steps = &self.farm.steps;
        let key = MACROS_KEY ^ u64::from(build.0) << 32;
        let draw = |rows, step: u64| Work::ok(self.draw_step(rows, key ^ step, 1).run);
        BuildSpec {
            tag,
            srpm: Some(draw(&steps.macros_srpm, SRPM_KEY)),
            arches: vec![(TaskArch::Noarch, draw(&steps.macros_build, 0))],
            tagging: Tagging::Task(draw(&steps.macros_tag, TAG_KEY)),
            mean_build: Millis::ZERO,
            repo: BuildRepo::Given,
            subject: Some(subject),
        }
    }

    /// Draws one build of a component and notes it in the books.
    fn component(&mut self, job: Job, build: BuildId, component: ComponentIx) -> Arc<BuildSpec> {
        let attempt = self.luck.attempt(component);
        let run = small(self.components.len());
        let (busy, end) = (Millis::ZERO, None);
        self.components.push(ComponentRun { job, build, component, attempt, busy, end });
        let subject = self.own(Owner::Component(run));
        let catalog = &self.setup.catalog;
        let entry = catalog.component(component);
        let steps = &self.farm.steps.components[component.index()];
        let is_fixed = self.luck.is_fixed(component);
        let mut arches = Vec::with_capacity(entry.tasks.len());
        for at in entry.tasks.clone() {
            let task = &catalog.tasks[at as usize];
            let samples = &self.setup.samples[task.durations as usize];
            let work = self.draw_step(samples, task.draw_key, attempt);
            let arch = self.farm.settings.arch(&task.arch).expect("the settings know every arch");
            arches.push((arch, Work { is_ok: work.is_ok || is_fixed, ..work }));
        }
        let failing = self.luck.failing_arch(self.setup, (component, attempt), arches.len());
        if let Some(at) = failing {
            arches[at].1.is_ok = false;
        }
        let step = |rows, step: u64| {
            let work = self.draw_step(rows, entry.draw_key ^ step, attempt);
            Work { is_ok: work.is_ok || is_fixed, ..work }
        };
        Arc::new(BuildSpec {
            tag: self.builds[build.0 as usize].tag.expect("made before its components"),
            srpm: steps.srpm.as_ref().map(|rows| step(rows, SRPM_KEY)),
            arches,
            tagging: match &steps.tagging {
                Some(rows) => Tagging::Task(step(rows, TAG_KEY)),
                None => Tagging::Within,
            },
            mean_build: steps.mean_build,
            repo: BuildRepo::Given,
            subject: Some(subject),
        })
    }

    fn draw_step(&self, samples: &Samples, subject: u64, attempt: u32) -> Work {
        let setup = self.setup;
        let key = self.luck.key(setup, subject, attempt);
        let (run, is_ok) = history::attempt(samples, key, (setup.durations, setup.outcomes));
        Work { run, is_ok }
    }

    fn module_request(&mut self, job: Job, build: BuildId, module: ModuleIx) -> Request {
        let entry = self.setup.catalog.module(module);
        let mut batches = vec![Vec::new(); entry.batches as usize];
        for at in entry.components.clone().map(ComponentIx) {
            let spec = self.component(job, build, at);
            batches[self.setup.catalog.component(at).batch as usize].push(spec);
        }
        batches.retain(|batch| !batch.is_empty());
        let createrepo = self.repo_work(build, module);
        let tag = self.builds[build.0 as usize].tag.expect("made with the order");
        Request::ModuleBuild { tag, batches: batches.into(), createrepo }
    }

    fn repo_work(&self, build: BuildId, module: ModuleIx) -> Work {
        let key = REPO_KEY ^ 1 ^ u64::from(build.0) << 32;
        let trace =
            self.farm.steps.createrepo.as_ref().map(|rows| self.draw_step(rows, key, 1).run);
        let builds = self.setup.catalog.module(module).components.len() as u64;
        Work::ok(self.farm.settings.createrepo(builds, trace))
    }

    pub(super) fn task_ended(&mut self, task: TaskId, state: TaskState) {
        let info = self.hub.task(task);
        if let (Some(builder), Some(opened), Some(ended)) = (info.builder, info.opened, info.ended)
        {
            self.count_work(task, (builder, opened, ended), Some(state));
        }
        let is_live = |at: &&u32| self.jobs[**at as usize].state == JobState::Task(task);
        let job = self.live.iter().find(is_live).copied().map(Job);
        match (info.method, info.subject.map(|at| self.owners[at as usize])) {
            (Method::Build, Some(Owner::Component(run))) => {
                self.component_ended(run, state, self.hub.tagged_at(task));
            }
            (Method::Build, Some(Owner::Macros(job))) => self.macros_ended(job, task, state),
            _ => {}
        }
        if let Some(job) = job {
            self.job_ended(job, state);
        }
    }

    fn job_ended(&mut self, job: Job, state: TaskState) {
        let end = end_of(state);
        match self.jobs[job.0 as usize].order {
            Order::Module { build, .. } => {
                self.close(job);
                self.tell(build, job, What::ModuleEnded { end });
            }
            Order::Repo { build, .. } => {
                self.close(job);
                self.tell(build, job, What::RepoEnded { is_ok: state == TaskState::Closed });
            }
            Order::Component { .. } => self.close(job),
            Order::Target { .. } => {}
        }
    }

    /// A component ended: the event by which it is tagged decides which repo its successors need.
    fn component_ended(
        &mut self,
        run: u32,
        state: TaskState,
        event: Option<crate::sim::hub::EventId>,
    ) {
        let end = end_of(state);
        self.components[run as usize].end = Some(end);
        let ComponentRun { job, build, component, attempt, busy, .. } =
            self.components[run as usize];
        if end != ComponentEnd::Complete {
            self.costs_of(build).lost += busy;
        }
        if let Some(event) = event {
            let entry = self.setup.catalog.component(component);
            let first = self.setup.catalog.module(entry.module).components.start;
            let build = &mut self.builds[build.0 as usize];
            let batch = &mut build.batches[entry.batch as usize];
            *batch = event.max(*batch);
            for next in &entry.blocks {
                let after = &mut build.after[(next.0 - first) as usize];
                *after = event.max(*after);
            }
        }
        let is_live = self.jobs[job.0 as usize].state != JobState::Over;
        if is_live && end != ComponentEnd::Canceled {
            self.tell(build, job, What::ComponentEnded { component, attempt, end });
        }
    }

    /// A component fails without having reached a builder: there is no repo to build it on.
    pub(super) fn component_failed(&mut self, job: Job, build: BuildId, component: ComponentIx) {
        self.close(job);
        let attempt = self.luck.attempt(component);
        let end = ComponentEnd::Failed;
        self.tell(build, job, What::ComponentEnded { component, attempt, end });
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
                self.tell(build, job, What::TargetMade);
            }
            _ if self.jobs[job.0 as usize].tries < MACROS_TRIES => {
                self.jobs[job.0 as usize].state = JobState::Due;
                self.due.push(job.0);
            }
            _ => self.target_broken(job, build),
        }
    }

    /// Without its first repo or its macros package nothing of a module can be built.
    pub(super) fn target_broken(&mut self, job: Job, build: BuildId) {
        self.builds[build.0 as usize].is_broken = true;
        self.close(job);
        self.tell(build, job, What::TargetMade);
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
