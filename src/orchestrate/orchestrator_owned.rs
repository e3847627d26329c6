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
use super::spread::{Cause, Taken, Unmet};
use super::{
    BuildId, Call, Cascade, Catalog, Command, ComponentIx, Concern, Event, Learned, ModuleIx,
    Order, Owner, Party, Progress, Standing, StopReason, Tell, Timer,
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
    /// Builds of modules of which nobody knows yet what they are made of.
    undefined: BTreeMap<ModuleIx, Vec<BuildId>>,
    unmet: Unmet,
    /// Components that may start, by priority, then in the order of module builds and components.
    ready: BinaryHeap<Due>,
    under_way: u32,
    /// Module builds that neither passed nor failed.
    open: u32,
    poll_at: Option<Timestamp>,
    calls: PendingCalls,
    waves: Waves,
    mailbox: Mailbox,
    scratch: Vec<ComponentIx>,
}

/// Where commands go, and when.
struct To<'o> {
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
        let mut to = To { now, out };
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

    fn timer(&mut self, timer: &Timer, to: &mut To<'_>) {
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

    /// A poll is due as long as anything is open or unanswered.
    fn arm_poll(&mut self, to: &mut To<'_>) {
        if self.poll_at.is_some() {
            return;
        }
        let is_idle = self.open == 0 && !self.calls.need_a_poll();
        if !is_idle {
            let at = to.now + self.limits.poll;
            self.poll_at = Some(at);
            to.out.push(Command::Timer { at, timer: Timer::Poll });
        }
    }

    fn requested(&mut self, request: u32, module: &str, to: &mut To<'_>) {
        if self.requests.insert(request) {
            let module = self.catalog.find(module);
            self.start(module.expect("the names of an event are learned first"), None, to);
        }
    }

    /// Opens a build of a module, or holds it until its wave opens or its live build ends.
    fn start(&mut self, module: ModuleIx, cause: Cause, to: &mut To<'_>) {
        if self.waves.is_closed(&self.catalog, module) {
            self.waves.hold(module, cause);
            return;
        }
        if self.modules[module.index()].live > 0 {
            match self.cascade {
                Cascade::Literal => {}
                Cascade::Coalesced => {
                    self.queue_again(module, cause, to);
                    return;
                }
                Cascade::Planned => return,
            }
        }
        match self.limits.budget.take() {
            Taken::One => {}
            Taken::NoneAtLast => {
                let reason = StopReason::Capped;
                return to.out.push(Command::Tell(Tell::Stopped { reason }));
            }
            Taken::None => return,
        }
        let build = BuildId(u32::try_from(self.builds.len()).expect("the budget bounds builds"));
        to.out.push(Command::Tell(Tell::Opened { build, module, cause }));
        self.builds.push(ModuleBuild {
            module,
            state: State::Fetching,
            progress: Progress::default(),
            first_part: 0,
            redone: 0,
            round: 1,
            published: 0,
            since: to.now,
            test_tries: 0,
            repo_tries: 0,
            repo_attempt: 0,
            repo_task: None,
            tests_due_at: None,
        });
        self.add_parts(build);
        self.open += 1;
        let standings = &mut self.modules[module.index()];
        standings.live += 1;
        standings.newest = Some(build);
        if self.is_passed_through(module) {
            // Nothing to fetch, build or test.
            self.passed(build, to);
        } else {
            self.call(Call::Fetch { build, module }, to);
        }
    }

    /// One more build follows the live one, unless that has submitted nothing yet.
    fn queue_again(&mut self, module: ModuleIx, cause: Cause, to: &mut To<'_>) {
        let standings = &mut self.modules[module.index()];
        let build = standings.newest.expect("a live build is known");
        match self.builds[build.0 as usize].state {
            State::Fetching | State::Preparing => {
                to.out.push(Command::Tell(Tell::Caused { build, cause }));
            }
            State::Building
            | State::Repo
            | State::Testing
            | State::Stuck
            | State::Passed
            | State::Failed => standings.again.push(cause),
        }
    }

    fn fetched(&mut self, build: BuildId, to: &mut To<'_>) {
        if self.state(build) != Some(State::Fetching) {
            return;
        }
        let module = self.build(build).module;
        if !self.catalog.module(module).is_defined {
            // What was fetched does not say what it is made of.
            self.fail(build, to);
        } else if self.is_passed_through(module) {
            self.passed(build, to);
        } else {
            self.set_state(build, State::Preparing);
            self.call(Call::CreateTarget { build, module }, to);
        }
    }

    fn target_made(&mut self, build: BuildId, to: &mut To<'_>) {
        if self.state(build) != Some(State::Preparing) {
            return;
        }
        self.set_state(build, State::Building);
        let order = match self.limits.dispatch {
            Dispatch::Graph | Dispatch::Wave => Order::Graph,
            Dispatch::Batch => Order::Batch,
        };
        let entry = &mut self.builds[build.0 as usize];
        entry.progress.start(&self.catalog, entry.module, order, &mut self.scratch);
        self.queue(build);
        self.finish_if_complete(build, to);
    }

    /// Queues the components in `scratch`.
    fn queue(&mut self, build: BuildId) {
        for at in 0..self.scratch.len() {
            self.queue_one(build, self.scratch[at]);
        }
        self.scratch.clear();
    }

    fn queue_one(&mut self, build: BuildId, component: ComponentIx) {
        self.part(build, component).state = PartState::Ready;
        self.ready.push(Due::new(self.priority(component), build, component));
    }

    fn priority(&self, component: ComponentIx) -> u32 {
        match self.limits.dispatch {
            Dispatch::Graph | Dispatch::Wave => self.catalog.place_by_path(component),
            Dispatch::Batch => self.catalog.component(component).place_by_estimate,
        }
    }

    /// Submits what may start, as far as the limit allows.
    fn submit(&mut self, to: &mut To<'_>) {
        if self.calls.is_paused(Party::Hub) {
            return;
        }
        while self.under_way < self.limits.submit_limit {
            let Some(due) = self.ready.pop() else { return };
            let (priority, build, component) = due.parts();
            let is_building = self.build(build).state == State::Building;
            let part = self.part(build, component);
            if is_building && part.state == PartState::Ready {
                part.state = PartState::Submitted;
                part.task = None;
                let attempt = part.attempt;
                self.under_way += 1;
                self.calls
                    .make(Call::BuildComponent { build, component, attempt, priority }, to.out);
            }
        }
    }

    fn state(&self, build: BuildId) -> Option<State> {
        self.builds.get(build.0 as usize).map(|build| build.state)
    }

    /// Returns a module build that is known to exist.
    fn build(&mut self, build: BuildId) -> &mut ModuleBuild {
        &mut self.builds[build.0 as usize]
    }

    /// Returns a component of a module build, both known to exist.
    fn part(&mut self, build: BuildId, component: ComponentIx) -> &mut Part {
        let at = self.part_at(build, component);
        &mut self.parts[at]
    }

    /// Returns where a component of a module build stands in `parts`.
    fn part_at(&self, build: BuildId, component: ComponentIx) -> usize {
        let entry = &self.builds[build.0 as usize];
        let first = self.catalog.module(entry.module).components.start;
        (entry.first_part + component.0 - first) as usize
    }

    /// Returns the test of a component of a module build, both known to exist, at its gate.
    fn awaited(&mut self, build: BuildId, component: ComponentIx) -> &mut Awaited {
        let at = self.part_at(build, component);
        &mut self.awaited[at]
    }

    /// Returns where the component stands in `parts` that an event speaks of, if it is one of a
    /// known module build.
    fn find_part(&self, build: BuildId, component: ComponentIx) -> Option<usize> {
        let entry = self.builds.get(build.0 as usize)?;
        let components = &self.catalog.module(entry.module).components;
        let is_of_it = components.contains(&component.0);
        is_of_it.then(|| (entry.first_part + component.0 - components.start) as usize)
    }

    fn set_state(&mut self, build: BuildId, state: State) {
        let entry = &mut self.builds[build.0 as usize];
        let (before, module) = (entry.state, entry.module);
        entry.state = state;
        let standings = &mut self.modules[module.index()];
        standings.live = standings.live + u32::from(state.is_live()) - u32::from(before.is_live());
        self.open = self.open + u32::from(state.is_open()) - u32::from(before.is_open());
    }

    fn tell(
        &mut self,
        build: BuildId,
        component: Option<ComponentIx>,
        standing: Standing,
        to: &mut To<'_>,
    ) {
        let module = self.build(build).module;
        let concern = Concern { build, module, component, standing };
        let owner = Owner::of(&self.catalog, module);
        self.mailbox.tell(owner, concern, &mut self.calls, to.now, to.out);
    }
}
