//! The orchestrator of the second design: it owns the module build and tracks every component.
//!
//! ```text
//! module build:  Fetching ─▶ Preparing ─▶ Building ─▶ Repo ─▶ Testing ─▶ Passed
//!                                            │  ▲       │      │   ▲
//!                                            ▼  │ Resumed      ▼   │ Waived, Resumed
//!                                          Failed ◀─────┘     Stuck
//!
//! component:     Waiting ─▶ Ready ─▶ Submitted ─▶ Testing ─▶ Tagging ─▶ Done
//!                             ▲         │            │
//!                             └─────────┴─ retried ──┴─ repaired
//! ```
//!
//! A request fetches the modulemd, makes tag and target, and submits components as what they wait
//! for is built, validated and tagged. When all are, it makes the repo, publishes the module as done,
//! and waits for its gate. What may be retried is; what failed is resumed, without redoing what is
//! done. Messages are only hints: a poll finds what the bus lost, results that are overdue are asked
//! for again, and calls that are refused are made again later, each with a bound.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use super::call::PendingCalls;
use super::mailbox::Mailbox;
use super::spread::Unmet;
use super::{
    BuildId, Cascade, Catalog, Command, ComponentIx, Concern, Event, Learned, ModuleIx, Owner,
    Standing, Timer,
};
use crate::time::Timestamp;

mod answers;
mod component;
mod growth;
mod invariants;
mod limits;
mod module;
mod poll;
mod ready;
mod start;
mod state;
mod waves;

pub use limits::{Dispatch, Gates, Limits, RepoMaker};
use ready::Due;
use state::{Awaited, ModuleBuild, Part, PartState, Standings, State};
use waves::Waves;

/// The orchestrator that owns module builds.
#[derive(Clone, Debug)]
pub struct OrchestratorOwned {
    catalog: Arc<Catalog>,
    cascade: Cascade,
    limits: Limits,
    /// Requests heard: one may come twice.
    requests: BTreeSet<u32>,
    builds: Vec<ModuleBuild>,
    /// The components of all module builds, one after the other.
    parts: Vec<Part>,
    /// Their tests, where they have a gate.
    awaited: Vec<Awaited>,
    modules: Vec<Standings>,
    /// Builds of modules whose definition is not known yet.
    undefined: BTreeMap<ModuleIx, Vec<BuildId>>,
    unmet: Unmet,
    /// Components that may start, by priority, then in the order of module builds and components.
    ready: BinaryHeap<Due>,
    under_way: u32,
    /// Tasks of koji that a poll asks about.
    tasks_known: u32,
    /// Module builds that neither passed nor failed.
    open: u32,
    poll_at: Option<Timestamp>,
    calls: PendingCalls,
    waves: Waves,
    mailbox: Mailbox,
    scratch: Vec<ComponentIx>,
}

/// Where commands go, and when.
struct Outbox<'o> {
    now: Timestamp,
    out: &'o mut Vec<Command>,
}

impl OrchestratorOwned {
    /// Makes one that has been asked for nothing yet.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, cascade: Cascade, limits: Limits) -> Self {
        let mut unmet = Unmet::default();
        unmet.reset(&catalog);
        let by_wave = limits.dispatch == Dispatch::Wave && cascade == Cascade::Planned;
        let modules = vec![Standings::default(); catalog.modules.len()];
        let waves = if by_wave { Waves::new(&catalog) } else { Waves::default() };
        Self {
            catalog,
            cascade,
            limits,
            requests: BTreeSet::new(),
            builds: Vec::new(),
            parts: Vec::new(),
            awaited: Vec::new(),
            modules,
            undefined: BTreeMap::new(),
            unmet,
            ready: BinaryHeap::new(),
            under_way: 0,
            tasks_known: 0,
            open: 0,
            poll_at: None,
            calls: PendingCalls::default(),
            waves,
            mailbox: Mailbox::default(),
            scratch: Vec::new(),
        }
    }

    /// Returns the modules that it knows.
    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, now: Timestamp, out: &mut Vec<Command>) {
        let mut to = Outbox { now, out };
        match Catalog::learn(&mut self.catalog, event) {
            Learned::Nothing => {}
            learned @ (Learned::Names | Learned::Definition(_)) => self.learned(learned),
        }
        match *event {
            Event::Requested { request, ref module } => self.requested(request, module, &mut to),
            Event::Defined { .. } => {}
            Event::Resumed { request, build, ref fixed } => {
                if self.requests.insert(request) {
                    self.resumed(build, fixed, &mut to);
                }
            }
            Event::Canceled { request, build } => {
                if self.requests.insert(request) {
                    self.canceled(build, &mut to);
                }
            }
            Event::Restarted => self.restarted(&mut to),
            Event::Answered { call, ref answer } => self.answered(call, answer, &mut to),
            Event::ComponentEnded { build, component, attempt, end } => {
                self.component_ended(build, component, attempt, end, &mut to);
            }
            Event::ComponentTested { build, component, attempt, passed } => {
                self.component_tested(build, component, attempt, passed, &mut to);
            }
            Event::RepoEnded { build, attempt, is_ok } => {
                self.repo_ended(build, attempt, is_ok, &mut to);
            }
            Event::Tested { build, attempt, passed, .. } => {
                self.tested(build, attempt, passed, &mut to);
            }
            Event::Waived { build, component: Some(component), .. } => {
                self.component_waived(build, component, &mut to);
            }
            Event::Waived { build, component: None, .. } => self.waived(build, &mut to),
            Event::Timer { ref timer } => self.timer(timer, &mut to),
        }
        self.submit(&mut to);
        self.arm_poll(&mut to);
    }

    fn timer(&mut self, timer: &Timer, to: &mut Outbox<'_>) {
        match *timer {
            Timer::Poll => {
                if self.poll_at.is_some_and(|at| at <= to.now) {
                    self.poll_at = None;
                    self.poll(to);
                    self.ask_the_away(to);
                }
            }
            Timer::Party { party, .. } => self.party_due(party, to),
            Timer::Call { id } => self.call_due(id, to),
            Timer::TestsDue { build } => self.tests_due(build, to),
            Timer::Digest { to: owner } => {
                self.mailbox.digest(owner, &mut self.calls, to.now, to.out);
            }
        }
    }

    /// A poll is due as long as anything is open, under way or unanswered: what is under way of a build that
    /// was given up still ends.
    fn arm_poll(&mut self, to: &mut Outbox<'_>) {
        if self.poll_at.is_some() {
            return;
        }
        let is_idle = self.open == 0 && self.under_way == 0 && !self.calls.need_a_poll();
        if !is_idle {
            let at = to.now + self.limits.poll;
            self.poll_at = Some(at);
            to.out.push(Command::Timer { at, timer: Timer::Poll });
        }
    }

    fn tell(
        &mut self,
        build: BuildId,
        component: Option<ComponentIx>,
        standing: Standing,
        to: &mut Outbox<'_>,
    ) {
        let module = self.build(build).module;
        let concern = Concern { build, module, component, standing };
        let owner = Owner::of(&self.catalog, module);
        self.mailbox.tell(owner, concern, &mut self.calls, to.now, to.out);
    }
}
