//! koji's model: builds go through a simulated hub, its builders and its repos.
//!
//! What the ideal model leaves out is paid for here. An orchestrator that owns the build of a module
//! pays for the first repo of its build tag, then for the macros package, then for a repo before
//! every batch, and at the end for one `createrepo`; koji's own `moduleBuild` task pays for a
//! `waitrepo` before every batch and for the same `createrepo`. What that task does is not said here: the
//! world orders its steps, which become subtasks of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Cost, Job, Luck, Notice, Order, Step, TaskBar, Trouble, What};
use crate::hub::{Happened, Hub, Label, Method, Phases, Request, RequestId, TagId, TaskId, Work};
use crate::name::Arch;
use crate::orchestrate::{BuildId, ComponentEnd, ComponentIx, ModuleIx, RepoMaker};
use crate::sim::Setup;
use crate::sim::figures::Busy;
use crate::sim::hub_setup::HubSetup;
use crate::sim::spent::Timeline;
use crate::time::{Millis, Timestamp};

mod account;
mod builds;
mod client;
mod component_book;
mod job_book;
mod jobs;
mod modules;
mod occupied;
mod own_repo;
mod queries;
mod submit;
#[cfg(test)]
mod tests;
mod works;

use account::Accounts;
use builds::Builds;
use client::Client;
use component_book::{ComponentBook, ComponentRun, Owner};
use job_book::{JobBook, JobState};
use own_repo::OwnRepos;
use works::MadeBook;

/// koji's model of koji. Each part owns its fields; what they do to each other is in the methods
/// of the whole.
#[derive(Debug)]
pub(in crate::sim) struct OnHub<'a> {
    setup: &'a Setup,
    farm: &'a HubSetup,
    hub: Hub,
    now: Timestamp,
    jobs: JobBook,
    builds: Builds,
    components: ComponentBook,
    own_repos: OwnRepos,
    /// What an orchestrator has not seen yet that hears nothing from a bus.
    client: Client,
    /// What is built and in no tag yet, where components have a gate.
    untagged: BTreeMap<(BuildId, ComponentIx), TaskId>,
    luck: Luck,
    made: MadeBook,
    /// By builder.
    phase_keys: Vec<u64>,
    accounts: Accounts,
    /// The `waitrepo` that gave up, of module builds that failed by one.
    late: BTreeMap<BuildId, TaskId>,
    heard: Vec<crate::hub::Notice>,
    pub(super) notices: VecDeque<Notice>,
}

impl<'a> OnHub<'a> {
    pub(super) fn new(setup: &'a Setup, farm: &'a HubSetup) -> Self {
        Self {
            setup,
            farm,
            hub: Hub::new(Arc::clone(&farm.settings), &Phases::default()),
            now: Timestamp::START,
            jobs: JobBook::default(),
            builds: Builds::default(),
            components: ComponentBook::default(),
            own_repos: OwnRepos::default(),
            client: Client::default(),
            untagged: BTreeMap::new(),
            luck: Luck::default(),
            made: MadeBook::default(),
            phase_keys: works::phase_keys(&farm.settings),
            accounts: Accounts::default(),
            late: BTreeMap::new(),
            heard: Vec::new(),
            notices: VecDeque::new(),
        }
    }

    pub(super) fn reset(&mut self, replication: u64, with_bars: bool) {
        let catalog = &self.setup.catalog;
        self.luck.reset(catalog.components.len(), replication);
        self.hub = Hub::new(Arc::clone(&self.farm.settings), &self.phases());
        self.now = Timestamp::START;
        self.jobs.clear();
        self.builds.clear();
        self.components.clear();
        self.own_repos = OwnRepos::default();
        self.client = Client::default();
        self.made.reset(catalog.modules.len());
        self.accounts.reset(&self.farm.settings, with_bars);
        self.untagged.clear();
        self.late.clear();
        self.notices.clear();
    }

    pub(super) fn order(&mut self, now: Timestamp, order: Order) -> Job {
        self.advance(now);
        let job = self.jobs.add(order);
        match order {
            Order::Target { build, module } => self.order_target(job, build, module),
            Order::Component { build, component, .. } => {
                self.order_component(job, build, component);
            }
            Order::Module { build, module } => self.order_module(job, build, module),
            Order::Step { .. } => self.order_step(job),
            Order::Unfetched { .. } => self.jobs.go_live(job, JobState::Due),
            Order::Repo { build, module, .. } => self.order_repo(job, build, module),
        }
        job
    }

    fn tell(&mut self, build: BuildId, job: Job, what: What) {
        self.notices.push_back(Notice { build, job, what });
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        if !self.notices.is_empty() || self.is_stopped() {
            return Some(self.now);
        }
        let own = self.own_repos.next().into_iter().chain(self.client.next());
        self.hub.next_time().into_iter().chain(own).min()
    }

    /// Lets everything up to `now` happen, unless tasks of modules are to act first.
    pub(super) fn advance(&mut self, now: Timestamp) {
        if !self.is_stopped() {
            self.resume(now);
        }
    }

    /// The same after tasks of modules acted.
    pub(super) fn resume(&mut self, now: Timestamp) {
        self.now = now;
        loop {
            let mut heard = std::mem::take(&mut self.heard);
            self.hub.advance(now, &mut heard);
            let is_quiet = heard.is_empty();
            for notice in heard.drain(..) {
                self.hear(notice);
            }
            self.heard = heard;
            if self.is_stopped() {
                return;
            }
            if is_quiet {
                break;
            }
        }
        self.end_own_repos();
        self.see();
    }

    /// Submits what is due.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.advance(now);
        loop {
            let due = self.jobs.take_due();
            if due.is_empty() {
                break;
            }
            for job in due {
                self.submit(job);
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
