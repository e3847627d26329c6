//! koji's model: builds go through a simulated hub, its builders and its repos.
//!
//! What the ideal model leaves out is paid for here. An orchestrator that owns the build of a module
//! pays for the first repo of its build tag, then for the macros package, then for a repo before
//! every batch, and at the end for one `createrepo`; koji's own `moduleBuild` task pays for a
//! `waitrepo` before every batch and for the same `createrepo`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::{Cost, Job, Luck, Notice, Order, TaskBar, Trouble, What};
use crate::hub::{EventId, Happened, Hub, Method, Phases, Request, RequestId, TagId, TaskId, Work};
use crate::name::Arch;
use crate::orchestrate::{BuildId, ComponentEnd, ComponentIx, ModuleIx, RepoMaker};
use crate::sim::Setup;
use crate::sim::figures::Busy;
use crate::sim::hub_setup::HubSetup;
use crate::sim::spent::{Book, In};
use crate::time::{Millis, Timestamp};

mod account;
mod jobs;
mod occupied;
mod own_repo;
mod submit;
#[cfg(test)]
mod tests;
mod told;
mod works;

use occupied::Occupied;
use own_repo::OwnRepos;
use works::Made;

/// One component build in koji.
#[derive(Clone, Copy, Debug)]
struct ComponentRun {
    job: Job,
    build: BuildId,
    component: ComponentIx,
    /// Which of its builds it is over the run, from 1.
    nth: u32,
    busy: Millis,
    /// Whether a task of it had a builder and lost it.
    had_builder: bool,
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
    /// The orchestrator makes it itself, until then.
    Own(Timestamp),
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
    own_repos: OwnRepos,
    /// Jobs by the task that each became.
    job_of: BTreeMap<TaskId, Job>,
    /// Jobs by the repo that each asked for.
    waiting_for: BTreeMap<RequestId, Vec<Job>>,
    builds: Vec<BuildRun>,
    components: Vec<ComponentRun>,
    /// What is built and in no tag yet, where components have a gate.
    untagged: BTreeMap<(BuildId, ComponentIx), TaskId>,
    owners: Vec<Owner>,
    luck: Luck,
    /// By module.
    made: Vec<Made>,
    /// By builder.
    phase_keys: Vec<u64>,
    /// The `waitrepo` that gave up, of module builds that failed by one.
    late: BTreeMap<BuildId, TaskId>,
    heard: Vec<crate::hub::Notice>,
    /// What tasks took, by arch, and those that have none.
    busy: Vec<Millis>,
    busy_noarch: Millis,
    occupied: Occupied,
    /// When something of a module was on a builder. Kept only with bars.
    worked: Book,
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
            own_repos: OwnRepos::default(),
            job_of: BTreeMap::new(),
            waiting_for: BTreeMap::new(),
            builds: Vec::new(),
            components: Vec::new(),
            untagged: BTreeMap::new(),
            owners: Vec::new(),
            luck: Luck::default(),
            made: Vec::new(),
            phase_keys: works::phase_keys(&farm.settings),
            late: BTreeMap::new(),
            heard: Vec::new(),
            busy: Vec::new(),
            busy_noarch: Millis::ZERO,
            occupied: Occupied::default(),
            worked: Book::default(),
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
        self.own_repos = OwnRepos::default();
        self.job_of.clear();
        self.waiting_for.clear();
        self.made.clear();
        self.made.resize(catalog.modules.len(), Made::default());
        self.builds.clear();
        self.components.clear();
        self.untagged.clear();
        self.owners.clear();
        self.late.clear();
        self.busy.clear();
        self.busy.resize(self.farm.settings.arches.len(), Millis::ZERO);
        self.busy_noarch = Millis::ZERO;
        self.occupied.reset(self.farm.settings.builders.len());
        self.worked = Book::default();
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
            Order::Component { build, component, .. } | Order::Part { build, component } => {
                self.order_component(job, build, component);
            }
            Order::Module { build, module } => self.order_module(job, build, module),
            Order::Unfetched { .. } => self.go_live(job, JobState::Due),
            Order::Repo { build, module, .. } => self.order_repo(job, build, module),
        }
        job
    }

    fn tell(&mut self, build: BuildId, job: Job, what: What) {
        self.notices.push_back(Notice { build, job, what });
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        if !self.notices.is_empty() {
            return Some(self.now);
        }
        self.hub.next_time().into_iter().chain(self.own_repos.next()).min()
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
                break;
            }
        }
        self.end_own_repos();
    }

    /// Submits what is due, the most urgent first: koji takes equals in the order of submission.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.advance(now);
        while !self.due.is_empty() {
            let mut due = std::mem::take(&mut self.due);
            let urgency = |at: &u32| match self.jobs[*at as usize].order {
                Order::Component { priority, .. } => priority,
                Order::Target { .. }
                | Order::Module { .. }
                | Order::Part { .. }
                | Order::Unfetched { .. }
                | Order::Repo { .. } => u32::MAX,
            };
            due.sort_by_key(|at| std::cmp::Reverse(urgency(at)));
            for job in due {
                self.submit(Job(job));
            }
            self.advance(now);
        }
    }

    pub(super) fn fix(&mut self, component: ComponentIx) {
        self.luck.fix(component);
    }

    pub(super) fn is_fixed(&self, component: ComponentIx) -> bool {
        self.luck.is_fixed(component)
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("the cap bounds builds")
}
