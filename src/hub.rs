//! A koji hub with its builders and its repo manager, in virtual time.
//!
//! The caller asks ([`Hub::submit`], [`Hub::request_repo`], [`Hub::cancel`]), learns when something
//! happens next ([`Hub::next_time`]), lets time pass ([`Hub::advance`]) and reads what happened
//! ([`Notice`]). How long work takes and whether it succeeds is said by the caller: nothing is drawn
//! here, and there is no clock. Facts are koji's (hub 1.35, builder 1.36); `docs/farm-model.md` lists
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

mod assign;
mod autoregen;
mod builder;
mod create;
mod fault;
mod finish;
mod handler;
mod late;
mod manager;
mod notice;
mod outside;
mod poll;
mod refusal;
mod repo;
mod repo_work;
mod request;
pub mod scheduler;
mod settings;
mod stamp;
mod task;
#[cfg(test)]
mod tests;
mod trees;
mod verdict;
mod waitrepo;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use self::builder::{Builder, Lanes};
use self::refusal::Refusals;
use self::repo::{ManagerPhases, Repos};
use self::scheduler::Scheduler;
use self::stamp::{Kind, Stamp};
use self::task::{NONE, Task};
use crate::koji::TaskState;
use crate::time::{Millis, Timestamp};

pub use self::late::Late;
pub use self::notice::{Happened, Notice};
pub use self::outside::RequestInfo;
pub use self::repo::{EventId, RequestId, TagId};
pub use self::repo_work::{Regeneration, RepoWork};
pub use self::request::{BuildRepo, BuildSpec, Method, Request, Tagging, TaskId, Work};
pub use self::settings::{
    ArchSet, BuilderSettings, CHANNEL_CREATEREPO, CHANNEL_DEFAULT, MethodSet, Phases, Polling,
    Settings, TaskArch,
};
pub use self::task::TaskInfo;
pub use self::verdict::{Stuck, Why};

/// Who may take a task: a channel, and what its arch demands of a builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct BinKey {
    channel: u32,
    /// One of these; `None`: any builder of the channel.
    arches: Option<ArchSet>,
}

/// A hub, its builders and its repo manager.
#[derive(Clone, Debug)]
pub struct Hub {
    settings: Arc<Settings>,
    period: Millis,
    heap: BinaryHeap<Reverse<Stamp>>,
    /// Everything up to here has happened.
    passed: Stamp,
    tasks: Vec<Task>,
    builders: Vec<Builder>,
    lanes: Lanes,
    bins: Vec<Vec<u32>>,
    bin_keys: BTreeMap<BinKey, u32>,
    /// Tasks to give out, in the order in which that is done.
    free: BTreeSet<(i32, Timestamp, u32)>,
    refusals: Refusals,
    scheduler: Scheduler,
    /// The scheduler runs in the first poll from here on.
    next_run: Timestamp,
    /// The poll on the heap in which it runs.
    run_poll: Option<(Timestamp, u32)>,
    /// Whether something changed since it ran last.
    has_change: bool,
    /// When it has something to check next.
    wake: Timestamp,
    repos: Repos,
    /// When the client may submit again.
    next_submit: Timestamp,
    is_offline: bool,
    /// Methods whose tasks fail when they begin.
    broken: Vec<Method>,
    /// Why `waitrepo` tasks gave up.
    late: BTreeMap<u32, Late>,
    /// What could not reach the hub: when, and who.
    held: Vec<Stamp>,
    /// Tasks that are not final.
    live: u32,
    events: u64,
    notices: Vec<Notice>,
}

impl Hub {
    /// Makes an idle hub.
    #[must_use]
    pub fn new(settings: Arc<Settings>, phases: &Phases) -> Self {
        let period = settings.period();
        let jobs = settings.hub.max_jobs;
        let phase =
            |at: usize| phases.builders.get(at).map_or(Timestamp::START, |p| Timestamp(p.0));
        let builders = settings.builders.iter().enumerate();
        let builders = builders.map(|(at, builder)| Builder::new(builder.clone(), jobs, phase(at)));
        let mut hub = Self {
            period,
            heap: BinaryHeap::new(),
            passed: Stamp { time: Timestamp::START, kind: Kind::Wake, index: 0 },
            tasks: Vec::new(),
            builders: builders.collect(),
            lanes: Lanes::new(period),
            bins: Vec::new(),
            bin_keys: BTreeMap::new(),
            free: BTreeSet::new(),
            refusals: Refusals::default(),
            scheduler: Scheduler::new(&settings.hub),
            next_run: Timestamp(settings.hub.run_interval.saturating_sub(phases.run_age).0),
            run_poll: None,
            has_change: false,
            wake: task::NEVER,
            repos: Repos::new(ManagerPhases { queue: phases.manager, autoregen: phases.autoregen }),
            next_submit: Timestamp::START,
            is_offline: false,
            broken: Vec::new(),
            late: BTreeMap::new(),
            held: Vec::new(),
            live: 0,
            events: 0,
            notices: Vec::new(),
            settings,
        };
        for at in 0..hub.builder_count() {
            let builder = &hub.builders[at as usize];
            hub.lanes.set(builder.anchor, at, builder.is_eligible());
            hub.touch(at);
        }
        hub.call_manager();
        hub
    }

    /// Returns the time up to which everything has happened.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.passed.time
    }

    /// Returns when something may happen next; `None`: nothing more will, unless asked for.
    #[must_use]
    pub fn next_time(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(stamp)| stamp.time.max(self.passed.time))
    }

    /// Lets everything up to and at `to` happen, and appends what callers may want to know.
    pub fn advance(&mut self, to: Timestamp, out: &mut Vec<Notice>) {
        while let Some(&Reverse(stamp)) = self.heap.peek()
            && stamp.time <= to
        {
            self.heap.pop();
            self.pass(stamp);
            self.happen(stamp);
            self.plan_run();
        }
        self.pass(Stamp { time: to, kind: Kind::Poll, index: u32::MAX });
        out.append(&mut self.notices);
    }

    /// Submits a task, as the one client of this hub does: `submit_interval` apart. `priority` is
    /// relative to the hub's default; `builds` in chains and modules go one before their parent.
    pub fn submit(&mut self, request: Request, priority: i32) -> TaskId {
        let now = self.now();
        let at = now.max(self.next_submit);
        self.next_submit = at + self.settings.hub.submit_interval;
        let task = self.new_request(request, priority);
        self.tasks[task as usize].created = at;
        if at <= now {
            self.arrive(task);
        } else {
            self.push(Stamp { time: at, kind: Kind::Arrive, index: task });
        }
        self.plan_run();
        TaskId(task)
    }

    /// Submits a failed or canceled task without a parent again, with new work; `None` where koji
    /// refuses.
    pub fn resubmit(&mut self, task: TaskId, request: Request) -> Option<TaskId> {
        let old = &self.tasks[task.0 as usize];
        let is_over = matches!(old.state, TaskState::Failed | TaskState::Canceled);
        if !is_over || old.parent != NONE {
            return None;
        }
        let priority = old.priority;
        let id = self.submit(request, 0);
        // A resubmitted task keeps its priority.
        self.change_priority(id.0, priority);
        Some(id)
    }

    /// Returns how a task stands.
    #[must_use]
    pub fn task(&self, task: TaskId) -> TaskInfo {
        self.tasks[task.0 as usize].info()
    }

    /// Returns every task so far, in the order of creation.
    pub fn tasks(&self) -> impl Iterator<Item = TaskInfo> {
        self.tasks.iter().map(Task::info)
    }

    /// Returns how many tasks there were so far.
    #[must_use]
    pub fn task_count(&self) -> u64 {
        self.tasks.len() as u64
    }

    /// Returns the event by which the result of a `build` was tagged.
    #[must_use]
    pub fn tagged_at(&self, task: TaskId) -> Option<EventId> {
        self.tasks[task.0 as usize].tagged
    }

    /// Returns how many tasks are not over.
    #[must_use]
    pub fn live_tasks(&self) -> u32 {
        self.live
    }

    /// Returns how much happened so far: polls carried out, runs of the scheduler, looks of `waitrepo`
    /// tasks and of the repo manager, handlers woken, and changes of a task's state. What was planned
    /// and came to nothing does not count.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    fn builder_count(&self) -> u32 {
        u32::try_from(self.builders.len()).expect("builders are numbered by u32")
    }

    fn push(&mut self, stamp: Stamp) {
        self.heap.push(Reverse(stamp));
    }

    /// Moves on in the order of all that happens; the scheduler's runs that gave out nothing are
    /// made up for.
    fn pass(&mut self, stamp: Stamp) {
        self.catch_up(stamp);
        self.passed = self.passed.max(stamp);
    }

    fn happen(&mut self, stamp: Stamp) {
        match stamp.kind {
            Kind::Wake => self.wake_scheduler(),
            Kind::End => self.leaf_ends(stamp.index),
            Kind::Arrive => self.arrive(stamp.index),
            Kind::AutoRegen => self.look_after(TagId(stamp.index)),
            Kind::Manager => self.manage_repos(),
            Kind::Look => self.look(stamp.index),
            Kind::Poll => self.poll(stamp.index),
        }
    }

    fn say(&mut self, what: Happened) {
        let time = self.now();
        self.notices.push(Notice { time, what });
    }
}
