//! The ideal model: a component is one task per arch, a builder takes one task, and nothing else
//! takes time. koji's own module build walks its batches; tags, targets and repos are there at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::{Cost, Job, Luck, Notice, Order, Taken, TaskBar, Trouble, What};
use crate::name::Arch;
use crate::orchestrate::{self, BuildId, ComponentEnd, ComponentIx, ModuleIx, Progress};
use crate::sim::farm::{Pool, Slot};
use crate::sim::figures::{Bar, BarEnd};
use crate::sim::{Setup, history};
use crate::time::{Millis, Timestamp};

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

    pub(super) fn next(&self) -> Option<Timestamp> {
        if self.is_offline {
            return None;
        }
        self.heap.peek().map(|&Reverse((time, _, _))| time)
    }

    pub(super) fn advance(&mut self, now: Timestamp) {
        while let Some(&Reverse((time, task, takes))) = self.heap.peek()
            && time <= now
            && !self.is_offline
        {
            self.heap.pop();
            if self.tasks[task as usize].takes == takes {
                self.task_ended(now, task);
            }
        }
    }

    /// Gives the free builders to what waits for them.
    pub(super) fn settle(&mut self, now: Timestamp) {
        if self.is_offline {
            return;
        }
        for group in 0..self.pool.groups() {
            let tasks = &self.tasks;
            let is_gone = |task: u32| tasks[task as usize].state != TaskState::Free;
            let mut taken = std::mem::take(&mut self.taken);
            self.pool.fill(group, is_gone, &mut taken);
            for (task, slot) in taken.drain(..) {
                self.start(now, task, slot);
            }
            self.taken = taken;
        }
    }

    fn start(&mut self, now: Timestamp, task: u32, slot: Slot) {
        let run = &mut self.tasks[task as usize];
        run.state = TaskState::Open { taken: (slot, now) };
        run.takes += 1;
        if self.has_broken_base {
            run.is_ok = false;
        }
        self.heap.push(Reverse((now + run.duration, task, run.takes)));
        let component = self.components[run.component as usize].component;
        let module = self.setup.catalog.component(component).module;
        let (count, since, _) = &mut self.running[module.index()];
        if *count == 0 {
            *since = now;
        }
        *count += 1;
    }

    /// Notes the time that a task had its builder, and frees the builder.
    fn leave_builder(&mut self, now: Timestamp, task: u32, end: BarEnd) {
        let TaskRun { task: entry, component, state, .. } = self.tasks[task as usize];
        let TaskState::Open { taken } = state else { return };
        let busy = now - taken.1;
        self.busy[self.arch_of_task[entry as usize] as usize] += busy;
        let component = &mut self.components[component as usize];
        component.busy += busy;
        self.costs[component.build.0 as usize].busy += busy;
        let module = self.setup.catalog.component(component.component).module;
        let (count, since, total) = &mut self.running[module.index()];
        *count -= 1;
        if *count == 0 {
            *total += now - *since;
        }
        if self.bars.is_some() {
            self.note_bar(now, task, (taken, end));
        }
        self.pool.free(taken.0);
    }

    fn close_task(&mut self, now: Timestamp, task: u32, end: BarEnd) {
        self.leave_builder(now, task, end);
        self.tasks[task as usize].state = TaskState::Ended;
    }

    fn task_ended(&mut self, now: Timestamp, task: u32) {
        let TaskRun { component, is_ok, state, .. } = self.tasks[task as usize];
        if !matches!(state, TaskState::Open { .. }) {
            return;
        }
        self.close_task(now, task, if is_ok { BarEnd::Closed } else { BarEnd::Failed });
        let run = &mut self.components[component as usize];
        run.left -= 1;
        if !is_ok {
            self.cancel_rest(now, component);
            self.component_ended(now, component, ComponentEnd::Failed);
        } else if run.left == 0 {
            self.component_ended(now, component, ComponentEnd::Complete);
        }
    }

    /// koji's fail-any rule: the first arch that fails cancels the others.
    fn cancel_rest(&mut self, now: Timestamp, component: u32) {
        let ComponentRun { first_task, tasks, .. } = self.components[component as usize];
        for task in first_task..first_task + tasks {
            if self.tasks[task as usize].state != TaskState::Ended {
                self.close_task(now, task, BarEnd::Canceled);
            }
        }
    }

    /// Cancels a component that has not ended, and says nothing.
    fn cancel_component(&mut self, now: Timestamp, run: u32) {
        if !std::mem::replace(&mut self.components[run as usize].is_ended, true) {
            self.cancel_rest(now, run);
            let ComponentRun { build, busy, .. } = self.components[run as usize];
            self.costs[build.0 as usize].lost += busy;
        }
    }

    fn component_ended(&mut self, now: Timestamp, run: u32, end: ComponentEnd) {
        let entry = &mut self.components[run as usize];
        assert!(!entry.is_ended, "a component build ends once");
        entry.is_ended = true;
        let ComponentRun { job, build, component, attempt, busy, .. } = *entry;
        if end != ComponentEnd::Complete {
            // What other arches had built of it is lost with it.
            self.costs[build.0 as usize].lost += busy;
        }
        self.tell(build, job, What::ComponentEnded { component, attempt, end });
        if matches!(self.jobs[job.0 as usize], JobRun::Module { is_live: true, .. }) {
            self.module_goes_on(now, (job, build, component), end);
        }
    }

    /// koji's own module build: the next batch when one is built; the first failure fails it all.
    fn module_goes_on(
        &mut self,
        now: Timestamp,
        of: (Job, BuildId, ComponentIx),
        end: ComponentEnd,
    ) {
        let (job, build, component) = of;
        let JobRun::Module { progress, is_live, .. } = &mut self.jobs[job.0 as usize] else {
            return;
        };
        if end == ComponentEnd::Complete {
            let mut ready = std::mem::take(&mut self.ready);
            progress.built(&self.setup.catalog, component, &mut ready);
            let is_complete = progress.is_complete();
            self.submit_all(now, (job, build), ready);
            if is_complete {
                self.finish_module(job, build);
            }
            return;
        }
        *is_live = false;
        self.cancel_components_of(now, job);
        self.tell(build, job, What::ModuleEnded { end });
    }

    fn cancel_components_of(&mut self, now: Timestamp, job: Job) {
        for run in 0..small(self.components.len()) {
            if self.components[run as usize].job == job {
                self.cancel_component(now, run);
            }
        }
    }

    pub(super) fn cancel(&mut self, now: Timestamp, job: Job) {
        match &mut self.jobs[job.0 as usize] {
            JobRun::AtOnce => {}
            JobRun::Component { run } => {
                let run = *run;
                self.cancel_component(now, run);
            }
            JobRun::Module { is_live, .. } => {
                *is_live = false;
                self.cancel_components_of(now, job);
            }
        }
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

    pub(super) fn take_builders(&mut self, now: Timestamp, group: u32, count: Option<u32>) -> u32 {
        let wanted = count.unwrap_or(u32::MAX).min(self.pool.count(group));
        let mut gone = self.pool.take_free(group, wanted);
        for task in 0..small(self.tasks.len()) {
            if gone == wanted {
                break;
            }
            let TaskState::Open { taken } = self.tasks[task as usize].state else { continue };
            if taken.0.group == group {
                self.leave_builder(now, task, BarEnd::Canceled);
                self.pool.take_free(group, 1);
                gone += 1;
                let run = &mut self.tasks[task as usize];
                run.state = TaskState::Free;
                // Its foretold end is void.
                run.takes += 1;
                self.wait(task);
            }
        }
        gone
    }

    pub(super) fn give_builders(&mut self, group: u32, count: u32) {
        self.pool.give(group, count);
    }

    pub(super) fn building(&self, module: ModuleIx) -> Millis {
        self.running[module.index()].2
    }

    pub(super) fn works_for(&self, module: ModuleIx) -> bool {
        self.running[module.index()].0 > 0
    }

    pub(super) fn busy(&self) -> Vec<(Arch, Millis)> {
        self.arches.iter().cloned().zip(self.busy.iter().copied()).collect()
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

    fn note_bar(&mut self, now: Timestamp, task: u32, how: (Taken, BarEnd)) {
        let ((slot, start), outcome) = how;
        let TaskRun { component, task, .. } = self.tasks[task as usize];
        let ComponentRun { build, component, .. } = self.components[component as usize];
        let entry = self.setup.catalog.component(component);
        let group = &self.setup.slots.groups[slot.group as usize];
        let bar = Bar {
            lane: format!("{}/{}", group.name, slot.number + 1).into(),
            module: self.setup.catalog.module(entry.module).id.clone(),
            build: 0,
            package: entry.package.clone(),
            arch: self.setup.catalog.tasks[task as usize].arch.clone(),
            start,
            end: now,
            outcome,
        };
        self.bars.get_or_insert_default().push(TaskBar { build, bar });
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("the cap bounds builds")
}
