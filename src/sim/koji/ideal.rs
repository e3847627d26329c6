//! The ideal model: a component is one task per arch, a builder takes one task, and nothing else
//! takes time. Tags, targets and repos are there at once.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::{Cost, Job, Luck, Notice, Order, Step, TaskBar, Trouble, What};
use crate::name::Arch;
use crate::orchestrate::{BuildId, ComponentEnd, ComponentIx, ModuleIx};
use crate::sim::farm::{Pool, Slot};
use crate::sim::figures::{Bar, BarEnd, Busy};
use crate::sim::spent::{Phase, Timeline};
use crate::sim::{Setup, history};
use crate::time::{Millis, Timestamp};

mod builders;
mod end_heap;
mod outcomes;
mod records;

use end_heap::Ends;
use records::{ComponentRun, Left, ModuleRun, Of, Ordered, TaskRun, TaskState};

/// The ideal model of koji.
#[derive(Debug)]
pub(in crate::sim) struct Ideal<'a> {
    setup: &'a Setup,
    pool: Pool,
    /// When open tasks end; the end of one that lost its builder is void.
    ends: Ends,
    /// How many there were.
    jobs: u32,
    /// koji's own module builds, in the order of their jobs.
    modules: Vec<ModuleRun>,
    components: Vec<ComponentRun>,
    /// By component under way: read only where tasks lose their builders.
    priorities: Vec<u32>,
    tasks: Vec<TaskRun>,
    /// For how long tasks had builders that they lost.
    lost: BTreeMap<u32, Millis>,
    luck: Luck,
    /// How first attempts go, by row of the setup's samples, where nothing is drawn for them: most
    /// of what is read of a history, and a small part of it.
    firsts: Vec<Option<(Millis, bool)>>,
    /// Components that were canceled before any of their tasks had a builder.
    unbuilt: Vec<ComponentIx>,
    /// How many of `components` ended.
    ended: u32,
    is_offline: bool,
    has_no_repos: bool,
    has_broken_base: bool,
    busy: Vec<Millis>,
    /// The same by the group of builders that had the task.
    busy_groups: Vec<Millis>,
    /// When a builder last had a task.
    busy_until: Timestamp,
    /// By module: how many of its tasks run, and since when at least one does. Kept only with bars.
    running: Vec<(u32, Timestamp)>,
    /// When at least one task of a module ran. Kept only with bars.
    worked: Timeline,
    costs: Vec<Cost>,
    pub(super) notices: VecDeque<Notice>,
    bars: Option<Vec<TaskBar>>,
}

impl<'a> Ideal<'a> {
    pub(super) fn new(setup: &'a Setup) -> Self {
        let arches = &setup.catalog.arches;
        let first = |samples| history::first(samples, setup.durations, setup.outcomes);
        Self {
            setup,
            pool: Pool::new(&setup.slots, arches, setup.catalog.components.len()),
            busy: vec![Millis::ZERO; arches.len()],
            busy_groups: vec![Millis::ZERO; setup.slots.groups.len()],
            busy_until: Timestamp::START,
            ends: Ends::default(),
            jobs: 0,
            modules: Vec::new(),
            components: Vec::new(),
            priorities: Vec::new(),
            tasks: Vec::new(),
            lost: BTreeMap::new(),
            luck: Luck::default(),
            firsts: setup.samples.iter().map(first).collect(),
            unbuilt: Vec::new(),
            ended: 0,
            is_offline: false,
            has_no_repos: false,
            has_broken_base: false,
            running: Vec::new(),
            worked: Timeline::default(),
            costs: Vec::new(),
            notices: VecDeque::new(),
            bars: None,
        }
    }

    pub(super) fn cost(&self, build: BuildId) -> Cost {
        self.costs.get(build.0 as usize).copied().unwrap_or_default()
    }

    pub(super) fn take_bars(&mut self) -> Vec<TaskBar> {
        self.bars.take().unwrap_or_default()
    }

    pub(super) fn reset(&mut self, replication: u64, with_bars: bool) {
        let catalog = &self.setup.catalog;
        self.pool.reset();
        self.ends.clear();
        self.jobs = 0;
        self.modules.clear();
        self.components.clear();
        self.priorities.clear();
        self.tasks.clear();
        self.lost.clear();
        self.luck.reset(catalog.components.len(), replication);
        self.unbuilt.clear();
        self.ended = 0;
        (self.is_offline, self.has_no_repos, self.has_broken_base) = (false, false, false);
        self.busy.fill(Millis::ZERO);
        self.busy_groups.fill(Millis::ZERO);
        self.busy_until = Timestamp::START;
        self.running.clear();
        self.running.resize(catalog.modules.len(), (0, Timestamp::START));
        self.worked = Timeline::default();
        self.costs.clear();
        self.notices.clear();
        self.bars = with_bars.then(Vec::new);
    }

    pub(super) fn order(&mut self, _: Timestamp, order: Order) -> Job {
        let job = Job(self.jobs);
        self.jobs += 1;
        match order {
            Order::Target { build, .. } => {
                self.tell(build, job, What::TargetMade { is_ok: true });
            }
            Order::Repo { build, .. } => {
                self.tell(build, job, What::RepoEnded { is_ok: !self.has_no_repos });
            }
            Order::Component { build, component, attempt, priority } => {
                let attempt = Some(attempt);
                self.submit(Of { job, build }, Ordered { component, attempt, priority });
            }
            Order::Unfetched { build } => {
                self.tell(build, job, What::ModuleEnded { end: ComponentEnd::Failed });
            }
            Order::Module { build, .. } => {
                self.modules.push(ModuleRun { job, build, is_live: true });
                self.tell(build, job, What::ModuleOpened);
            }
            Order::Step { build, step, .. } => self.order_step(Of { job, build }, step),
        }
        job
    }

    /// Of the steps of a module's task only builds take time.
    fn order_step(&mut self, of: Of, step: Step) {
        let is_ok = match step {
            Step::Component(component) => {
                return self.submit(of, Ordered { component, attempt: None, priority: 0 });
            }
            Step::Wait { .. } => true,
            Step::Repo => !self.has_no_repos,
        };
        self.tell(of.build, of.job, What::RepoEnded { is_ok });
    }

    fn tell(&mut self, build: BuildId, job: Job, what: What) {
        self.notices.push_back(Notice { build, job, what });
    }

    /// Ends koji's own build of a module.
    pub(super) fn end_module(&mut self, job: Job, end: ComponentEnd) {
        let Some(module) = self.module_of(job) else { return };
        let build = module.build;
        if std::mem::replace(&mut module.is_live, false) {
            self.tell(build, job, What::ModuleEnded { end });
        }
    }

    /// Returns koji's own module build that a job is.
    fn module_of(&mut self, job: Job) -> Option<&mut ModuleRun> {
        let at = self.modules.binary_search_by_key(&job, |module| module.job).ok()?;
        Some(&mut self.modules[at])
    }

    /// Makes the tasks of one component, one per arch, and draws how they go.
    fn submit(&mut self, of: Of, what: Ordered) {
        let (Of { job, build }, Ordered { component, attempt, priority }) = (of, what);
        if self.costs.len() <= build.0 as usize {
            self.costs.resize(build.0 as usize + 1, Cost::default());
        }
        let setup = self.setup;
        let tasks = setup.catalog.tasks_of(component);
        let (nth, is_fixed) = self.luck.count_build(component);
        let run = small(self.components.len());
        let first_task = small(self.tasks.len());
        self.components.push(ComponentRun {
            job,
            build,
            component,
            nth,
            first_task,
            left: Left::of(tasks.len()),
            attempt,
        });
        self.priorities.push(priority);
        for (task, at) in (first_task..).zip(tasks.clone()) {
            let entry = &setup.catalog.tasks[at as usize];
            let row = setup.subjects.row(at);
            let first = self.firsts[row].filter(|_| nth == 1);
            let (duration, is_ok) = first.unwrap_or_else(|| {
                let samples = &setup.samples[row];
                let key = || self.luck.key(setup, setup.subjects.task(at), nth);
                history::attempt(samples, nth, key, setup.durations, setup.outcomes)
            });
            self.tasks.push(TaskRun::new(run, entry.arch, duration, is_ok || is_fixed));
            self.pool.wait(entry.arch, priority, task);
        }
        if let Some(at) = self.luck.failing_arch(setup, component, nth, tasks.len()) {
            self.tasks[first_task as usize + at].spoil();
        }
        if tasks.is_empty() {
            self.component_ended(run, ComponentEnd::Complete);
        }
    }

    /// Returns the tasks of a component under way.
    fn tasks_of(&self, run: u32) -> Range<u32> {
        let first = self.components[run as usize].first_task;
        let next = self.components.get(run as usize + 1).map(|next| next.first_task);
        first..next.unwrap_or_else(|| small(self.tasks.len()))
    }

    pub(super) fn is_waiting(&self, job: Job) -> bool {
        let Ok(at) = self.modules.binary_search_by_key(&job, |module| module.job) else {
            return false;
        };
        let module = self.modules[at];
        let is_of_it = |&run: &u32| module.has_part(&self.components[run as usize]);
        let runs = (0..small(self.components.len())).filter(is_of_it);
        let mut tasks = runs.flat_map(|run| self.tasks_of(run));
        module.is_live && tasks.all(|task| self.tasks[task as usize].state() == TaskState::Free)
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

    pub(super) fn worked(&self, spans: &mut Timeline) {
        spans.add_all(&self.worked);
        for (&(count, since), at) in self.running.iter().zip(0..) {
            if count > 0 {
                spans.add(ModuleIx(at), Phase::Building, (since, super::OPEN));
            }
        }
    }

    /// Returns what tasks took, and for how long builders of each arch had one: what is built for
    /// `noarch` counts for the arches of the builder that built it.
    pub(super) fn busy(&self) -> Busy {
        let arches = self.setup.catalog.arches.iter().cloned();
        let tasks = arches.zip(self.busy.iter().copied()).collect();
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

    /// Returns whether a component has tasks, all without a builder so far.
    fn is_unbuilt(&self, run: u32) -> bool {
        self.tasks_of(run).all(|task| self.tasks[task as usize].state() == TaskState::Free)
    }

    /// Returns the components that were submitted and have had no builder.
    fn waiting(&self) -> impl Iterator<Item = ComponentIx> + '_ {
        let all_ended = self.ended as usize == self.components.len();
        let runs = if all_ended { 0..0 } else { 0..small(self.components.len()) };
        let waits =
            |run: &u32| !self.components[*run as usize].left.is_over() && self.is_unbuilt(*run);
        runs.filter(waits).map(|run| self.components[run as usize].component)
    }

    /// Counts the components that had a builder: what was canceled, or waits, before that was not
    /// built.
    pub(super) fn component_builds(&self) -> u64 {
        (self.components.len() - self.unbuilt.len() - self.waiting().count()) as u64
    }

    pub(super) fn component_builds_of(&self, module: ModuleIx) -> u32 {
        let components = self.setup.catalog.module(module).components.clone();
        let is_its = |component: &ComponentIx| components.contains(&component.0);
        let unbuilt = self.unbuilt.iter().copied().chain(self.waiting()).filter(is_its).count();
        let attempts = components.clone().map(|at| self.luck.builds(ComponentIx(at)));
        attempts.sum::<u32>() - small(unbuilt)
    }

    pub(super) fn arches_without_builder(&self) -> Vec<Arch> {
        let arches = &self.setup.catalog.arches;
        let mut waits = vec![false; arches.len()];
        for task in self.tasks.iter().filter(|task| task.waits()) {
            waits[task.arch() as usize] = true;
        }
        let without = (0_u32..).zip(waits).filter(|&(at, waits)| waits && !self.pool.serves(at));
        without.map(|(at, _)| arches[at as usize].clone()).collect()
    }

    /// Returns why what is left cannot continue, and what would help.
    pub(super) fn stuck(&self) -> Vec<(String, &'static str)> {
        let hint = "add builders of that arch to the farm, or leave the arch out with --arches";
        let without = self.arches_without_builder().into_iter();
        without.map(|arch| (format!("no builder of the farm builds {arch}"), hint)).collect()
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("the cap bounds builds")
}
