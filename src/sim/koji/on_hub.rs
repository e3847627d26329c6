//! koji's model: builds go through a simulated hub, its builders and its repos.
//!
//! What the ideal model leaves out is paid for here. An orchestrator that owns the build of a module
//! pays for the first repo of its build tag, then for the macros package, then for a repo before
//! every batch, and at the end for one `createrepo`; koji's own `moduleBuild` task pays for a
//! `waitrepo` before every batch and for the same `createrepo`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::{Cost, Job, Luck, Notice, Order, TaskBar, Trouble, What};
use crate::name::Arch;
use crate::orchestrate::{BuildId, ComponentEnd, ComponentIx, ModuleIx};
use crate::sim::Setup;
use crate::sim::figures::Busy;
use crate::sim::hub::{
    EventId, Happened, Hub, Method, Phases, Request, RequestId, TagId, TaskId, Work,
};
use crate::sim::hub_setup::HubSetup;
use crate::time::{Millis, Timestamp};

mod account;
mod occupied;
mod submit;
#[cfg(test)]
mod tests;
mod works;

use occupied::Occupied;
use works::Made;

/// One component build in koji.
#[derive(Clone, Copy, Debug)]
struct ComponentRun {
    job: Job,
    build: BuildId,
    component: ComponentIx,
    attempt: u32,
    busy: Millis,
    end: Option<ComponentEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobState {
    /// Over, or canceled: nothing more is told.
    Over,
    /// Waits for a repo: of a target the first, of a component one with all before it.
    Repo(RequestId),
    /// Waits to be submitted at the end of this moment.
    Due,
    /// Is in koji's hands.
    Task(TaskId),
}

/// What was ordered.
#[derive(Clone, Copy, Debug)]
struct JobRun {
    order: Order,
    state: JobState,
    tries: u32,
}

/// A module build.
#[derive(Clone, Debug, Default)]
struct BuildRun {
    tag: Option<TagId>,
    /// Whether the macros package could not be built.
    is_broken: bool,
    /// The event by which all of a batch was tagged; the macros package comes before batch 0.
    batches: Vec<EventId>,
    /// The event by which all that a component waits for was tagged, where a graph orders them.
    after: Vec<EventId>,
    macros: EventId,
}

/// What a task of the hub belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Component(u32),
    Macros(Job),
}

/// koji's model of koji.
#[derive(Debug)]
pub(in crate::sim) struct OnHub<'a> {
    setup: &'a Setup,
    farm: &'a HubSetup,
    hub: Hub,
    now: Timestamp,
    jobs: Vec<JobRun>,
    /// Jobs that go to the hub at the end of this moment.
    due: Vec<u32>,
    /// Jobs that wait for a repo or are in koji's hands.
    live: BTreeSet<u32>,
    /// Jobs by the task that each became.
    job_of: BTreeMap<TaskId, Job>,
    /// Jobs by the repo that each asked for.
    waiting_for: BTreeMap<RequestId, Vec<Job>>,
    builds: Vec<BuildRun>,
    components: Vec<ComponentRun>,
    owners: Vec<Owner>,
    luck: Luck,
    /// By module.
    made: Vec<Made>,
    /// By builder.
    phase_keys: Vec<u64>,
    heard: Vec<crate::sim::hub::Notice>,
    /// What tasks took, by arch, and those that have none.
    busy: Vec<Millis>,
    busy_noarch: Millis,
    occupied: Occupied,
    /// By module: when something of it was on a builder.
    spans: Vec<Vec<(Timestamp, Timestamp)>>,
    pub(super) costs: Vec<Cost>,
    pub(super) notices: VecDeque<Notice>,
    pub(super) bars: Option<Vec<TaskBar>>,
}

impl<'a> OnHub<'a> {
    pub(super) fn new(setup: &'a Setup, farm: &'a HubSetup) -> Self {
        Self {
            setup,
            farm,
            hub: Hub::new(Arc::clone(&farm.settings), &Phases::default()),
            now: Timestamp::START,
            jobs: Vec::new(),
            due: Vec::new(),
            live: BTreeSet::new(),
            job_of: BTreeMap::new(),
            waiting_for: BTreeMap::new(),
            builds: Vec::new(),
            components: Vec::new(),
            owners: Vec::new(),
            luck: Luck::default(),
            made: Vec::new(),
            phase_keys: works::phase_keys(&farm.settings),
            heard: Vec::new(),
            busy: Vec::new(),
            busy_noarch: Millis::ZERO,
            occupied: Occupied::default(),
            spans: Vec::new(),
            costs: Vec::new(),
            notices: VecDeque::new(),
            bars: None,
        }
    }

    pub(super) fn reset(&mut self, replication: u64, with_bars: bool) {
        let catalog = &self.setup.catalog;
        self.luck.reset(catalog.components.len(), replication);
        self.hub = Hub::new(Arc::clone(&self.farm.settings), &self.phases());
        self.now = Timestamp::START;
        self.jobs.clear();
        self.due.clear();
        self.live.clear();
        self.job_of.clear();
        self.waiting_for.clear();
        self.made.clear();
        self.made.resize(catalog.modules.len(), Made::default());
        self.builds.clear();
        self.components.clear();
        self.owners.clear();
        self.busy.clear();
        self.busy.resize(self.farm.settings.arches.len(), Millis::ZERO);
        self.busy_noarch = Millis::ZERO;
        self.occupied.reset(self.farm.settings.builders.len());
        self.spans.clear();
        self.spans.resize(catalog.modules.len(), Vec::new());
        self.costs.clear();
        self.notices.clear();
        self.bars = with_bars.then(Vec::new);
    }

    pub(super) fn order(&mut self, now: Timestamp, order: Order) -> Job {
        self.advance(now);
        let job = Job(small(self.jobs.len()));
        self.jobs.push(JobRun { order, state: JobState::Over, tries: 0 });
        match order {
            Order::Target { build, module } => self.order_target(job, build, module),
            Order::Component { build, component, .. } => {
                self.order_component(job, build, component);
            }
            Order::Module { build, module } => self.order_module(job, build, module),
            Order::Repo { build, module } => self.order_repo(job, build, module),
        }
        job
    }

    fn tell(&mut self, build: BuildId, job: Job, what: What) {
        self.notices.push_back(Notice { build, job, what });
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        if self.notices.is_empty() { self.hub.next_time() } else { Some(self.now) }
    }

    pub(super) fn advance(&mut self, now: Timestamp) {
        self.now = now;
        loop {
            let mut heard = std::mem::take(&mut self.heard);
            self.hub.advance(now, &mut heard);
            let is_quiet = heard.is_empty();
            for notice in heard.drain(..) {
                self.hear(notice);
            }
            self.heard = heard;
            if is_quiet {
                return;
            }
        }
    }

    /// Submits what is due, the most urgent first: koji takes equals in the order of submission.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.advance(now);
        while !self.due.is_empty() {
            let mut due = std::mem::take(&mut self.due);
            let urgency = |at: &u32| match self.jobs[*at as usize].order {
                Order::Component { priority, .. } => priority,
                Order::Target { .. } | Order::Module { .. } | Order::Repo { .. } => u64::MAX,
            };
            due.sort_by_key(|at| std::cmp::Reverse(urgency(at)));
            for job in due {
                self.submit(Job(job));
            }
            self.advance(now);
        }
    }

    fn hear(&mut self, notice: crate::sim::hub::Notice) {
        match notice.what {
            Happened::Ended { task, state } => self.task_ended(task, state),
            Happened::Freed { task, builder, opened } => {
                self.count_work(task, (builder, opened, notice.time), None);
            }
            Happened::RepoDone { request } => self.repo_ended(request, true),
            Happened::RepoFailed { request } => self.repo_ended(request, false),
        }
    }

    fn repo_ended(&mut self, request: RequestId, is_ok: bool) {
        for job in self.waiting_for.remove(&request).unwrap_or_default() {
            if self.jobs[job.0 as usize].state != JobState::Repo(request) {
                continue;
            }
            if is_ok {
                self.jobs[job.0 as usize].state = JobState::Due;
                self.due.push(job.0);
            } else {
                self.no_repo(job);
            }
        }
    }

    /// A repo that was waited for could not be made.
    fn no_repo(&mut self, job: Job) {
        match self.jobs[job.0 as usize].order {
            Order::Target { build, .. } => self.target_broken(job, build),
            Order::Component { build, component, .. } => {
                self.component_failed(job, build, component);
            }
            Order::Module { .. } | Order::Repo { .. } => {}
        }
    }

    fn close(&mut self, job: Job) {
        self.jobs[job.0 as usize].state = JobState::Over;
        self.live.remove(&job.0);
    }

    fn go_live(&mut self, job: Job, state: JobState) {
        self.jobs[job.0 as usize].state = state;
        self.live.insert(job.0);
        match state {
            JobState::Due => self.due.push(job.0),
            JobState::Repo(request) => self.waiting_for.entry(request).or_default().push(job),
            JobState::Over | JobState::Task(_) => {}
        }
    }

    pub(super) fn cancel(&mut self, now: Timestamp, job: Job) {
        self.advance(now);
        let state = self.jobs[job.0 as usize].state;
        self.close(job);
        if let JobState::Task(task) = state {
            self.hub.cancel(task);
            self.advance(now);
        }
    }

    pub(super) fn cancel_all(&mut self, now: Timestamp) {
        for job in self.live.clone() {
            self.cancel(now, Job(job));
        }
        self.notices.clear();
    }

    pub(super) fn is_waiting(&self, job: Job) -> bool {
        match self.jobs[job.0 as usize].state {
            JobState::Task(task) => self.hub.task(task).opened.is_none(),
            JobState::Due | JobState::Repo(_) => true,
            JobState::Over => false,
        }
    }

    pub(super) fn fix(&mut self, component: ComponentIx) {
        self.luck.fix(component);
    }

    pub(super) fn is_fixed(&self, component: ComponentIx) -> bool {
        self.luck.is_fixed(component)
    }

    pub(super) fn trouble(&mut self, trouble: Trouble, is_on: bool) {
        match (trouble, is_on) {
            (Trouble::Offline, true) => self.hub.go_offline(),
            (Trouble::Offline, false) => self.hub.go_online(),
            (Trouble::NoRepos, _) => self.hub.set_broken(Method::Createrepo, is_on),
            (Trouble::BrokenBase, _) => self.hub.set_broken(Method::BuildArch, is_on),
        }
    }

    /// Loses builders: koji notices by their silence, and only then has their tasks run elsewhere.
    pub(super) fn take_builders(&mut self, now: Timestamp, group: u32, count: Option<u32>) -> u32 {
        self.advance(now);
        let wanted = count.unwrap_or(u32::MAX) as usize;
        let lost: Vec<u32> = self.hub.builders_of(group, false).take(wanted).collect();
        for &builder in &lost {
            self.hub.lose(builder);
        }
        small(lost.len())
    }

    pub(super) fn give_builders(&mut self, group: u32, count: u32) {
        let back: Vec<u32> = self.hub.builders_of(group, true).take(count as usize).collect();
        for builder in back {
            self.hub.recover(builder);
        }
    }

    pub(super) fn tasks(&self) -> u64 {
        self.hub.task_count()
    }

    pub(super) fn repo_regenerations(&self) -> u64 {
        self.hub.regenerations()
    }

    pub(super) fn component_builds(&self) -> u64 {
        self.built().count() as u64
    }

    pub(super) fn component_builds_of(&self, module: ModuleIx) -> u32 {
        let is_its =
            |component: &ComponentIx| self.setup.catalog.component(*component).module == module;
        small(self.built().filter(is_its).count())
    }

    /// Returns the component of every `build` task: what a batch that was never reached would have
    /// built is drawn, but not there.
    fn built(&self) -> impl Iterator<Item = ComponentIx> + '_ {
        self.hub.tasks().filter(|task| task.method == Method::Build).filter_map(|task| {
            match self.owners[task.subject? as usize] {
                Owner::Component(run) => Some(self.components[run as usize].component),
                Owner::Macros(_) => None,
            }
        })
    }

    pub(super) fn busy(&self) -> Busy {
        let settings = &self.farm.settings;
        let mut tasks: Vec<(Arch, Millis)> =
            settings.arches.iter().cloned().zip(self.busy.iter().copied()).collect();
        tasks.push(("noarch".into(), self.busy_noarch));
        tasks.sort();
        let until = Millis(self.occupied.until().0);
        Busy::of_tasks(tasks).with_builders(self.occupied.by_arch(settings), until)
    }

    /// Returns why what is left does not go on, once nothing more happens.
    pub(super) fn stuck(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.hub.stuck().into_iter().map(|stuck| stuck.why.to_string()).collect();
        // Who waits for a repo has no task that could say so.
        if self.hub.is_offline() && !self.live.is_empty() {
            all.push(crate::sim::hub::Why::Offline.to_string());
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(super) fn arches_without_builder(&self) -> Vec<Arch> {
        let mut arches: Vec<Arch> = self
            .hub
            .stuck()
            .into_iter()
            .filter_map(|stuck| match stuck.why {
                crate::sim::hub::Why::NoBuilder { arches, .. } => Some(arches),
                crate::sim::hub::Why::Offline
                | crate::sim::hub::Why::NeverFits { .. }
                | crate::sim::hub::Why::Refused { .. }
                | crate::sim::hub::Why::Lost
                | crate::sim::hub::Why::NoRoom { .. }
                | crate::sim::hub::Why::OnLost => None,
            })
            .flatten()
            .collect();
        arches.sort_unstable();
        arches.dedup();
        arches
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("the cap bounds builds")
}
