//! The ideal model: a component is one task per arch, a builder takes one task, and nothing else
//! takes time. koji's own module build walks its batches; tags, targets and repos are there at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::{Cost, Job, Luck, Notice, Order, Taken, TaskBar, Trouble, What};
use crate::name::Arch;
use crate::orchestrate::{self, BuildId, ComponentEnd, ComponentIx, ModuleIx, Progress};
use crate::sim::farm::{Pool, Slot};
use crate::sim::figures::{Bar, BarEnd, Busy};
use crate::sim::{Setup, history};
use crate::time::{Millis, Timestamp};

mod builders;
mod ending;

/// A component under way.
#[derive(Clone, Copy, Debug)]
struct ComponentRun {
    job: Job,
    build: BuildId,
    component: ComponentIx,
    attempt: u32,
    first_task: u32,
    tasks: u32,
    left: u32,
    is_ended: bool,
    busy: Millis,
}

/// A koji task.
#[derive(Clone, Copy, Debug)]
struct TaskRun {
    component: u32,
    task: u32,
    duration: Millis,
    priority: u64,
    is_ok: bool,
    /// How often a builder took it: an end that was foretold before it lost its builder is void.
    takes: u32,
    state: TaskState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TaskState {
    Free,
    Open { taken: Taken },
    Ended,
}

/// A job: one component, or all components of a module by batches.
#[derive(Clone, Debug)]
enum JobRun {
    /// Done the moment it was asked for.
    AtOnce,
    Component {
        run: u32,
    },
    Module {
        progress: Box<Progress>,
        is_live: bool,
    },
}

/// The ideal model of koji.
#[derive(Debug)]
pub(in crate::sim) struct Ideal<'a> {
    setup: &'a Setup,
    arch_of_task: Vec<u32>,
    arches: Vec<Arch>,
    pool: Pool,
    heap: BinaryHeap<Reverse<(Timestamp, u32, u32)>>,
    jobs: Vec<JobRun>,
    components: Vec<ComponentRun>,
    tasks: Vec<TaskRun>,
    luck: Luck,
    is_offline: bool,
    has_no_repos: bool,
    has_broken_base: bool,
    ready: Vec<ComponentIx>,
    taken: Vec<(u32, Slot)>,
    busy: Vec<Millis>,
    /// The same by the group of builders that had the task.
    busy_groups: Vec<Millis>,
    /// When a builder last had a task.
    busy_until: Timestamp,
    /// By module: how many of its tasks run, since when at least one does, and for how long one did.
    running: Vec<(u32, Timestamp, Millis)>,
    pub(super) costs: Vec<Cost>,
    pub(super) notices: VecDeque<Notice>,
    pub(super) bars: Option<Vec<TaskBar>>,
}

impl<'a> Ideal<'a> {
    pub(super) fn new(setup: &'a Setup) -> Self {
        let mut arches: Vec<Arch> = setup.catalog.tasks.iter().map(|t| t.arch.clone()).collect();
        arches.sort_unstable();
        arches.dedup();
        let numbers: BTreeMap<Arch, u32> = arches.iter().cloned().zip(0..).collect();
        Self {
            setup,
            arch_of_task: setup.catalog.tasks.iter().map(|task| numbers[&task.arch]).collect(),
            pool: Pool::new(&setup.slots, &numbers),
            busy: vec![Millis::ZERO; arches.len()],
            busy_groups: vec![Millis::ZERO; setup.slots.groups.len()],
            busy_until: Timestamp::START,
            arches,
            heap: BinaryHeap::new(),
            jobs: Vec::new(),
            components: Vec::new(),
            tasks: Vec::new(),
            luck: Luck::default(),
            is_offline: false,
            has_no_repos: false,
            has_broken_base: false,
            ready: Vec::new(),
            taken: Vec::new(),
            running: Vec::new(),
            costs: Vec::new(),
            notices: VecDeque::new(),
            bars: None,
        }
    }

    pub(super) fn reset(&mut self, replication: u64, with_bars: bool) {
        let catalog = &self.setup.catalog;
        self.pool.reset();
        self.heap.clear();
        self.jobs.clear();
        self.components.clear();
        self.tasks.clear();
        self.luck.reset(catalog.components.len(), replication);
        (self.is_offline, self.has_no_repos, self.has_broken_base) = (false, false, false);
        self.busy.fill(Millis::ZERO);
        self.busy_groups.fill(Millis::ZERO);
        self.busy_until = Timestamp::START;
        self.running.clear();
        self.running.resize(catalog.modules.len(), (0, Timestamp::START, Millis::ZERO));
        self.costs.clear();
        self.notices.clear();
        self.bars = with_bars.then(Vec::new);
    }

    pub(super) fn order(&mut self, now: Timestamp, order: Order) -> Job {
        let job = Job(small(self.jobs.len()));
        match order {
            Order::Target { build, .. } => {
                self.jobs.push(JobRun::AtOnce);
                self.tell(build, job, What::TargetMade);
            }
            Order::Repo { build, .. } => {
                self.jobs.push(JobRun::AtOnce);
                self.tell(build, job, What::RepoEnded { is_ok: !self.has_no_repos });
            }
            Order::Component { build, component, priority } => {
                self.jobs.push(JobRun::Component { run: small(self.components.len()) });
                self.submit(now, (job, build, component), priority);
            }
            Order::Module { build, module } => self.order_module(now, (job, build, module)),
        }
        job
    }

    fn tell(&mut self, build: BuildId, job: Job, what: What) {
        self.notices.push_back(Notice { build, job, what });
    }

    fn order_module(&mut self, now: Timestamp, of: (Job, BuildId, ModuleIx)) {
        let (job, build, module) = of;
        let mut progress = Box::<Progress>::default();
        let mut ready = std::mem::take(&mut self.ready);
        progress.start(&self.setup.catalog, (module, orchestrate::Order::Batch), &mut ready);
        let is_complete = progress.is_complete();
        self.jobs.push(JobRun::Module { progress, is_live: true });
        self.submit_all(now, (job, build), ready);
        if is_complete {
            self.finish_module(job, build);
        }
    }

    fn submit_all(&mut self, now: Timestamp, of: (Job, BuildId), mut ready: Vec<ComponentIx>) {
        for component in ready.drain(..) {
            self.submit(now, (of.0, of.1, component), 0);
        }
        self.ready = ready;
    }

    /// All components of a module are built: its repo is made with the modulemd inside.
    fn finish_module(&mut self, job: Job, build: BuildId) {
        let JobRun::Module { is_live, .. } = &mut self.jobs[job.0 as usize] else { return };
        if std::mem::replace(is_live, false) {
            let end = if self.has_no_repos { ComponentEnd::Failed } else { ComponentEnd::Complete };
            self.tell(build, job, What::ModuleEnded { end });
        }
    }

    /// Makes the tasks of one component, one per arch.
    fn submit(&mut self, now: Timestamp, of: (Job, BuildId, ComponentIx), priority: u64) {
        let (job, build, component) = of;
        let entry = self.setup.catalog.component(component);
        let attempt = self.luck.attempt(component);
        let run = small(self.components.len());
        let first_task = small(self.tasks.len());
        let tasks = entry.tasks.end - entry.tasks.start;
        if self.costs.len() <= build.0 as usize {
            self.costs.resize(build.0 as usize + 1, Cost::default());
        }
        self.components.push(ComponentRun {
            job,
            build,
            component,
            attempt,
            first_task,
            tasks,
            left: tasks,
            is_ended: false,
            busy: Millis::ZERO,
        });
        for task in entry.tasks.clone() {
            let (duration, drawn_ok) = self.draw(task, attempt);
            let is_ok = drawn_ok || self.luck.is_fixed(component);
            let state = TaskState::Free;
            let takes = 0;
            self.tasks.push(TaskRun {
                component: run,
                task,
                duration,
                priority,
                is_ok,
                takes,
                state,
            });
        }
        let drawn = (component, attempt);
        if let Some(at) = self.luck.failing_arch(self.setup, drawn, tasks as usize) {
            self.tasks[first_task as usize + at].is_ok = false;
        }
        for task in first_task..first_task + tasks {
            self.wait(task);
        }
        if tasks == 0 {
            self.component_ended(now, run, ComponentEnd::Complete);
        }
    }

    fn wait(&mut self, task: u32) {
        let TaskRun { task: entry, priority, .. } = self.tasks[task as usize];
        self.pool.wait(self.arch_of_task[entry as usize], priority, task);
    }

    fn draw(&self, task: u32, attempt: u32) -> (Millis, bool) {
        let setup = self.setup;
        let task = &setup.catalog.tasks[task as usize];
        let key = self.luck.key(setup, task.draw_key, attempt);
        let samples = &setup.samples[task.durations as usize];
        history::attempt(samples, key, (setup.durations, setup.outcomes))
    }

    pub(super) fn cancel_all(&mut self, now: Timestamp) {
        for task in 0..small(self.tasks.len()) {
            if self.tasks[task as usize].state != TaskState::Ended {
                self.close_task(now, task, BarEnd::Canceled);
            }
        }
        self.heap.clear();
        self.notices.clear();
    }

    pub(super) fn is_waiting(&self, job: Job) -> bool {
        let JobRun::Module { is_live: true, .. } = &self.jobs[job.0 as usize] else {
            return false;
        };
        let runs = || self.components.iter().filter(|run| run.job == job);
        let tasks = |run: &ComponentRun| run.first_task..run.first_task + run.tasks;
        runs().flat_map(tasks).all(|task| self.tasks[task as usize].takes == 0)
    }

    pub(super) fn fix(&mut self, component: ComponentIx) {
        self.luck.fix(component);
    }

    pub(super) fn is_fixed(&self, component: ComponentIx) -> bool {
        self.luck.is_fixed(component)
    }

    pub(super) fn trouble(&mut self, trouble: Trouble, is_on: bool) {
        match trouble {
            Trouble::Offline => self.is_offline = is_on,
            Trouble::NoRepos => self.has_no_repos = is_on,
            Trouble::BrokenBase => self.has_broken_base = is_on,
        }
    }

    pub(super) fn building(&self, module: ModuleIx) -> Millis {
        self.running[module.index()].2
    }

    pub(super) fn works_for(&self, module: ModuleIx) -> bool {
        self.running[module.index()].0 > 0
    }

    /// Returns what tasks took, and for how long builders of each arch had one: what is built for
    /// `noarch` counts for the arches of the builder that built it.
    pub(super) fn busy(&self) -> Busy {
        let tasks = self.arches.iter().cloned().zip(self.busy.iter().copied()).collect();
        let mut builders: BTreeMap<Arch, Millis> = BTreeMap::new();
        for (group, &busy) in self.setup.slots.groups.iter().zip(&self.busy_groups) {
            for arch in &group.arches {
                *builders.entry(arch.clone()).or_default() += busy;
            }
        }
        let until = Millis(self.busy_until.0);
        Busy::of_tasks(tasks).with_builders(builders.into_iter().collect(), until)
    }

    pub(super) fn tasks(&self) -> u64 {
        self.tasks.len() as u64
    }

    pub(super) fn component_builds(&self) -> u64 {
        self.components.len() as u64
    }

    pub(super) fn component_builds_of(&self, module: ModuleIx) -> u32 {
        let components = self.setup.catalog.module(module).components.clone();
        components.map(|component| self.luck.attempts(ComponentIx(component))).sum()
    }

    pub(super) fn arches_without_builder(&self) -> Vec<Arch> {
        let mut waits = vec![false; self.arches.len()];
        for task in self.tasks.iter().filter(|task| task.state == TaskState::Free) {
            waits[self.arch_of_task[task.task as usize] as usize] = true;
        }
        let without = (0_u32..).zip(waits).filter(|&(at, waits)| waits && !self.pool.serves(at));
        without.map(|(at, _)| self.arches[at as usize].clone()).collect()
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("the cap bounds builds")
}
