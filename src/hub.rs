//! A koji hub with its builders and its repo manager, in virtual time.
//!
//! The caller asks ([`Hub::submit`], [`Hub::request_repo`], [`Hub::cancel`]), learns when something
//! happens next ([`Hub::next_time`]), lets time pass ([`Hub::advance`]) and reads what happened
//! ([`Notice`]). How long work takes and whether it succeeds is said by the caller: nothing is drawn
//! here, and there is no clock. What koji's task of a module does comes from the caller, too
//! ([`Hub::subtask`]). Facts are koji's (hub 1.35, builder 1.36); `docs/farm-model.md` lists
//! what is modelled, what is not, and the evidence for each constant.
//!
//! ```text
//!   submit ─▶ FREE ──scheduler, inside a builder's poll──▶ ASSIGNED ──that builder's poll──▶ OPEN
//!                                                                                           │
//!   repo manager ─▶ newRepo ─▶ createrepo …         a parent waits; its builder's next poll │
//!        ▲                                          after a child ended wakes it            ▼
//!        └── request ◀── waitrepo (looks each 60 s)                CLOSED, FAILED, CANCELED
//! ```
//!
//! What happens at one moment happens in a fixed order (by its kind, then its number), so that polls which
//! change nothing can be left out without a trace ([`Polling`]).

mod agenda;
mod assign;
mod autoregen;
mod bins;
mod builder;
mod builders;
mod create;
mod dispatch;
mod driven;
mod fault;
mod finish;
mod handler;
mod ids;
mod job;
mod lanes;
mod load;
mod manager;
mod method;
mod notice;
mod outage;
mod outside;
mod poll;
mod refusal;
mod repo;
mod repo_queue;
mod repo_work;
mod request;
pub mod scheduler;
mod settings;
mod stamp;
mod submit;
mod tags;
mod task;
mod tasks;
#[cfg(test)]
mod tests;
mod trees;
mod verdict;
mod waitrepo;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::agenda::Agenda;
use self::bins::Bins;
use self::builders::Builders;
use self::dispatch::Dispatch;
use self::driven::Stop;
use self::manager::ManagerPhases;
use self::notice::Log;
use self::outage::Outage;
use self::repo_queue::RepoQueue;
use self::stamp::{Kind, Stamp};
use self::submit::Client;
use self::tags::Tags;
use self::task::Task;
use self::tasks::Tasks;
use crate::time::Timestamp;

pub use self::ids::{EventId, RequestId, TagId, TaskId};
pub use self::job::Label;
pub use self::method::Method;
pub use self::notice::{Happened, Notice};
pub use self::outside::RequestInfo;
pub use self::repo_work::{Regeneration, RepoWork};
pub use self::request::{BuildRepo, BuildSpec, Request, Tagging, Work};
pub use self::settings::{
    ArchSet, BuilderSettings, CHANNEL_CREATEREPO, CHANNEL_DEFAULT, CHANNEL_MODULE, MethodSet,
    Phases, Polling, Settings, TaskArch,
};
pub use self::task::TaskInfo;
pub use self::verdict::{Late, Why};

/// A hub, its builders and its repo manager. Each part owns its fields; what the parts do to each
/// other is in the methods of the hub.
#[derive(Clone, Debug)]
pub struct Hub {
    settings: Arc<Settings>,
    phases: ManagerPhases,
    agenda: Agenda,
    tasks: Tasks,
    builders: Builders,
    bins: Bins,
    dispatch: Dispatch,
    tags: Tags,
    repos: RepoQueue,
    client: Client,
    outage: Outage,
    /// Why each `waitrepo` gave up that did.
    late: BTreeMap<u32, Late>,
    log: Log,
    /// Where it waits for a handler of the caller's.
    stop: Option<Stop>,
}

impl Hub {
    /// Makes an idle hub.
    #[must_use]
    pub fn new(settings: Arc<Settings>, phases: &Phases) -> Self {
        let mut hub = Self {
            phases: ManagerPhases {
                queue: Timestamp(phases.manager.0),
                autoregen: Timestamp(phases.autoregen.0),
            },
            agenda: Agenda::new(),
            tasks: Tasks::default(),
            builders: Builders::new(&settings, phases),
            bins: Bins::default(),
            dispatch: Dispatch::new(&settings.hub, phases.run_age),
            tags: Tags::default(),
            repos: RepoQueue::default(),
            client: Client::new(settings.hub.submit_interval),
            outage: Outage::default(),
            late: BTreeMap::new(),
            log: Log::default(),
            stop: None,
            settings,
        };
        for at in 0..hub.builders.count() {
            hub.builders.touch(at, &mut hub.agenda);
        }
        hub.call_manager();
        hub
    }

    /// Returns the time up to which everything has happened.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.agenda.now()
    }

    /// Returns when something may happen next; `None`: nothing more will, unless asked for.
    #[must_use]
    pub fn next_time(&self) -> Option<Timestamp> {
        if self.is_stopped() { Some(self.now()) } else { self.agenda.next_time() }
    }

    /// Lets everything up to and at `to` happen, and appends what callers may want to know. It stops where
    /// a handler of the caller's is to act ([`Hub::is_stopped`]): once that has acted, the next call
    /// continues.
    pub fn advance(&mut self, to: Timestamp, out: &mut Vec<Notice>) {
        self.resume_turn();
        while !self.is_stopped()
            && let Some(stamp) = self.agenda.pop(to)
        {
            self.pass(stamp);
            self.happen(stamp);
            self.plan_run();
        }
        if !self.is_stopped() {
            self.pass(Stamp { time: to, kind: Kind::Poll, index: u32::MAX });
        }
        self.log.report(out);
    }

    /// Returns how a task stands.
    #[must_use]
    pub fn task(&self, task: TaskId) -> TaskInfo {
        self.tasks[task.0].info()
    }

    /// Returns every task so far, in the order of creation.
    pub fn tasks(&self) -> impl Iterator<Item = TaskInfo> {
        self.tasks.iter().map(Task::info)
    }

    /// Returns how many tasks there were so far.
    #[must_use]
    pub fn task_count(&self) -> u64 {
        u64::from(self.tasks.count())
    }

    /// Returns the event by which the result of a `build` was tagged.
    #[must_use]
    pub fn tagged_at(&self, task: TaskId) -> Option<EventId> {
        self.tasks[task.0].tagged
    }

    /// Returns how many tasks are not over.
    #[must_use]
    pub fn live_tasks(&self) -> u32 {
        self.tasks.live()
    }

    /// Returns how much happened so far: polls carried out, runs of the scheduler, looks of `waitrepo`
    /// tasks and of the repo manager, handlers woken, and changes of a task's state. What was planned
    /// and came to nothing does not count.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.log.events()
    }

    /// Moves on in the order of all that happens, and follows the scheduler's runs that decided
    /// nothing.
    fn pass(&mut self, stamp: Stamp) {
        self.dispatch.catch_up(stamp, self.agenda.passed(), &self.builders);
        self.agenda.pass(stamp);
    }

    fn plan_run(&mut self) {
        // The turn that it stopped in may still have the scheduler run.
        if self.is_stopped() {
            return;
        }
        self.dispatch.plan_run(&self.builders, &mut self.agenda);
    }

    fn happen(&mut self, stamp: Stamp) {
        match stamp.kind {
            Kind::Wake => self.dispatch.wake(self.agenda.now()),
            Kind::End => self.leaf_ends(stamp.index),
            Kind::Arrive => self.arrive(stamp.index),
            Kind::AutoRegen => self.look_after(TagId(stamp.index)),
            Kind::Manager => self.manage_repos(),
            Kind::Look => self.look(stamp.index),
            Kind::Poll => self.poll(stamp.index),
        }
    }
}
