//! The discrete-event driver: what koji says, the bus carries, tests find, people do and faults
//! break becomes events for an orchestrator, and what it commands is carried out.

use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::num::NonZeroU16;
use std::sync::Arc;

use super::conditions::Conditions;
use super::draw::Key;
use super::farm::Slots;
use super::figures::{Bar, RunFigures};
use super::history::{DurationMode, Outcomes};
use super::hub_setup::HubSetup;
use super::koji::{Job, Koji};
use super::ledger::{Ledger, ModuleRun};
use super::log::{Fact, Log, LogRow, Tally};
use crate::name::Arch;
use crate::orchestrate::{
    Approach, BuildId, Cascade, Catalog, Command, ComponentEnd, ComponentIx, Dispatch, Event, Fuse,
    Limits, ModuleIx, Orchestrator, Timer,
};
use crate::scenario::Fault;
use crate::time::{Millis, Timestamp};
use crate::trace::Samples;

mod bus;
mod changes;
mod commands;
mod crash;
mod faults;
mod gates;
mod happening;
mod notices;
mod pdc;
mod people;
mod reconcile;
mod result;
mod testing;
#[cfg(test)]
mod tests;

use happening::{Due, Happening};
pub use people::PATIENCE;
use testing::Testing;

/// Everything that decides a run, but for its replication.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What can be rebuilt.
    pub catalog: Arc<Catalog>,
    /// Rows for [`Task::durations`](crate::orchestrate::Task).
    pub samples: Arc<Vec<Samples>>,
    /// The builders.
    pub slots: Slots,
    /// The hub that builds go through; `None`: the ideal model.
    pub hub: Option<Arc<HubSetup>>,
    /// Who owns the build.
    pub approach: Approach,
    /// How a rebuild spreads.
    pub cascade: Cascade,
    /// In which order the orchestrator-owned approach submits components.
    pub dispatch: Dispatch,
    /// How many component builds it may have under way.
    pub submit_limit: u32,
    /// How many module builds stop a storm.
    pub builds_max: u32,
    /// How durations are taken from history.
    pub durations: DurationMode,
    /// Where outcomes come from.
    pub outcomes: Outcomes,
    /// What else a run meets.
    pub conditions: Conditions,
    /// The seed of every draw.
    pub seed: u64,
}

impl Setup {
    /// Returns the limits of the orchestrator, with so many module builds left of the cap.
    #[must_use]
    pub fn limits(&self, builds_left: u32) -> Limits {
        /// How long a result may take where the scenario does not say.
        const TEST_TIMEOUT: Millis = Millis::from_secs(86_400);
        let conditions = &self.conditions;
        Limits {
            dispatch: self.dispatch,
            submit_limit: self.submit_limit,
            fuse: Fuse::new(builds_left),
            retries: conditions.retries,
            gates: conditions.gates,
            repo: conditions.repo,
            poll: conditions.poll,
            test_timeout: conditions.tests.timeout.unwrap_or(TEST_TIMEOUT),
        }
    }
}

/// One run in full, for people to read and for checkers to judge.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its figures.
    pub figures: RunFigures,
    /// Modules that the plan rebuilds or the run built, in id order.
    pub modules: Vec<ModuleRun>,
    /// Every task that a builder took, in order of its end.
    pub bars: Vec<Bar>,
    /// Arches that tasks wait for and no builder has.
    pub arches_without_builder: Vec<Arch>,
    /// Why tasks that are left at the hub do not go on, in words, and what would help.
    pub stuck: Vec<(String, &'static str)>,
    /// Where the run was capped: the modules that caused their own rebuild, by id.
    pub went_round: Vec<Arc<str>>,
    /// What else is counted.
    pub tally: Tally,
    /// Everything that happened, in order.
    pub log: Vec<LogRow>,
    /// How the orchestrator stands at the end, in words for comparing two runs.
    pub orchestrator: String,
}

/// Hands one event to an orchestrator. Tests put themselves between; see
/// [`World::run_through`].
pub type Handle<'h> = dyn FnMut(&mut Orchestrator<'_>, &Event, Timestamp, &mut Vec<Command>) + 'h;

/// What a job at koji is for, as the orchestrator names it.
#[derive(Clone, Copy, Debug)]
struct JobRecord {
    build: BuildId,
    purpose: JobPurpose,
    end: Option<ComponentEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobPurpose {
    Target,
    Component { component: ComponentIx, attempt: NonZeroU16 },
    Module,
    Repo { attempt: NonZeroU16 },
}

impl JobPurpose {
    fn component(component: ComponentIx, attempt: u32) -> Self {
        Self::Component { component, attempt: few(attempt) }
    }

    fn repo(attempt: u32) -> Self {
        Self::Repo { attempt: few(attempt) }
    }
}

/// Numbers an attempt, from 1: a large run holds as many of these as of components.
fn few(attempt: u32) -> NonZeroU16 {
    let attempt = u16::try_from(attempt).ok().and_then(NonZeroU16::new);
    attempt.expect("attempts count from 1, and retries and repairs are bounded")
}

/// What is broken now; more than one fault of a kind may last at a time.
#[derive(Clone, Copy, Debug, Default)]
struct Broken {
    hub_offline: u32,
    hub_refusing: u32,
    bus: u32,
    crashed: u32,
    pdc_down: u32,
    pdc_stale: u32,
    sources: u32,
    repos: u32,
    base: u32,
}

/// The simulated world: made once for a [`Setup`], run once per replication.
#[derive(Debug)]
pub struct World<'a> {
    setup: &'a Setup,
    koji: Koji<'a>,
    now: Timestamp,
    replication: u64,
    ledger: Ledger,
    /// By job at koji.
    jobs: Vec<JobRecord>,
    /// What is to happen, but for what koji does by itself.
    heap: BinaryHeap<Due>,
    /// How many entries of the heap are no polls.
    pending: u32,
    sequence: u32,
    /// Counts what is done besides polling; a poll that adds nothing to it found a still world.
    activity: u64,
    polls: u64,
    /// Answers and messages that are here.
    events: VecDeque<Event>,
    /// What the orchestrator was not told: messages lost or under way, which a poll would find.
    unheard: Vec<Event>,
    /// Requests of people to an orchestrator that is down.
    requests_held: Vec<Event>,
    /// What people ask koji for while its hub is away.
    asks_held: Vec<Ask>,
    requests: u32,
    testing: Testing,
    at_gate: gates::AtGate,
    /// How many components were taken over from an earlier build, by module.
    reused: Vec<u32>,
    changes: changes::ChangeBook,
    /// What people did about each module so far.
    interventions: Vec<u32>,
    broken: Broken,
    /// Modules whose modulemd is not where it should be, by the faults that say so.
    missing: BTreeSet<(ModuleIx, usize)>,
    /// Module builds that last found no modulemd.
    unfetched: BTreeSet<BuildId>,
    /// Faults that people ended before their time.
    lifted: BTreeSet<usize>,
    /// Builders a fault took, by fault.
    taken: Vec<u32>,
    /// Every event handled, kept where the orchestrator may have to be put together again.
    journal: Vec<(Timestamp, Event)>,
    has_journal: bool,
    handled: u64,
    is_down: bool,
    /// Counts the lives of the orchestrator: timers of an earlier life are void.
    life: u32,
    is_reconciling: bool,
    mailed: Vec<crate::orchestrate::Concern>,
    /// Which builds got one more reason by the last event: a restart says it again.
    joined: Vec<Command>,
    /// Components that failed and were not built since, by module build.
    failures: Vec<(BuildId, ComponentIx)>,
    pdc: pdc::Pdc,
    messages: u64,
    mails: u64,
    tally: Tally,
    log: Option<Vec<LogRow>>,
}

/// A module build that people ask koji for.
#[derive(Clone, Copy, Debug)]
struct Ask {
    module: crate::orchestrate::ModuleIx,
    cause: Option<BuildId>,
    /// Which try it is, from 0: a failed module build is submitted again, and all of it is built.
    tries: u32,
    /// A build that waits at its gate and is given up for this one.
    replaces: Option<BuildId>,
}

impl<'a> World<'a> {
    /// Prepares a world.
    #[must_use]
    pub fn new(setup: &'a Setup) -> Self {
        Self {
            setup,
            koji: Koji::new(setup),
            now: Timestamp::START,
            replication: 0,
            ledger: Ledger::default(),
            jobs: Vec::new(),
            heap: BinaryHeap::new(),
            pending: 0,
            sequence: 0,
            activity: 0,
            polls: 0,
            events: VecDeque::new(),
            unheard: Vec::new(),
            requests_held: Vec::new(),
            asks_held: Vec::new(),
            requests: 0,
            testing: Testing::default(),
            at_gate: gates::AtGate::default(),
            reused: Vec::new(),
            changes: changes::ChangeBook::default(),
            interventions: Vec::new(),
            broken: Broken::default(),
            missing: BTreeSet::new(),
            unfetched: BTreeSet::new(),
            lifted: BTreeSet::new(),
            taken: Vec::new(),
            journal: Vec::new(),
            has_journal: false,
            handled: 0,
            is_down: false,
            life: 0,
            is_reconciling: false,
            mailed: Vec::new(),
            joined: Vec::new(),
            failures: Vec::new(),
            pdc: pdc::Pdc::new(&setup.catalog),
            messages: 0,
            mails: 0,
            tally: Tally::default(),
            log: None,
        }
    }

    /// Runs one replication and returns its figures.
    pub fn run(&mut self, replication: u64) -> RunFigures {
        self.log = None;
        self.run_to_end(replication, &mut |orchestrator, event, now, out| {
            orchestrator.handle(event, now, out);
        });
        self.figures()
    }

    /// Runs one replication and returns it in full.
    pub fn run_in_full(&mut self, replication: u64) -> Run {
        self.run_through(replication, &mut |orchestrator, event, now, out| {
            orchestrator.handle(event, now, out);
        })
    }

    /// Runs one replication in full, each event handed over by `handle`: a test can withhold,
    /// repeat or change events and commands, as a bug of the orchestrator would.
    pub fn run_through(&mut self, replication: u64, handle: &mut Handle<'_>) -> Run {
        self.log = Some(Vec::new());
        let orchestrator = self.run_to_end(replication, handle);
        let went_round = if self.ledger.is_capped { self.ledger.went_round() } else { Vec::new() };
        let catalog = &self.setup.catalog;
        Run {
            figures: self.figures(),
            modules: self.modules(),
            bars: self.bars(),
            arches_without_builder: self.koji.arches_without_builder(),
            stuck: self.koji.stuck(),
            went_round: went_round.iter().map(|&m| catalog.module(m).id.clone()).collect(),
            tally: self.tally(),
            log: self.log.take().unwrap_or_default(),
            orchestrator,
        }
    }

    /// Runs one replication; returns how the orchestrator stands where the run is logged.
    fn run_to_end(&mut self, replication: u64, handle: &mut Handle<'_>) -> String {
        self.reset(replication);
        let catalog = Arc::clone(&self.setup.catalog);
        let how = (self.setup.approach, self.setup.cascade);
        let mut driven = Driven {
            catalog: &catalog,
            orchestrator: Orchestrator::new(&catalog, how, self.setup.limits(0)),
            handle,
            commands: Vec::new(),
        };
        self.begin(&mut driven);
        self.settle(&mut driven);
        while let Some(time) = self.next() {
            let before = (self.activity, self.polls);
            // What ended while the hub was away is told when it is back, not before.
            let time = self.now.max(time);
            self.pass_time(time);
            self.now = time;
            self.koji.advance(self.now);
            while self.koji.has_notice() {
                self.hear();
            }
            while let Some(due) = self.pop_due() {
                self.happen(due, &mut driven);
            }
            self.settle(&mut driven);
            let is_still = self.pending == 0 && self.koji.next().is_none();
            if is_still && self.activity == before.0 && self.polls > before.1 {
                // Only polls are left, and one found nothing: nothing will ever change.
                break;
            }
        }
        driven.orchestrator.check_invariants();
        if self.log.is_none() {
            return String::new();
        }
        format!("{:?}", driven.orchestrator)
    }

    fn next(&self) -> Option<Timestamp> {
        let heap = self.heap.peek().map(|due| due.at);
        heap.into_iter().chain(self.koji.next()).min()
    }

    fn reset(&mut self, replication: u64) {
        let catalog = &self.setup.catalog;
        self.koji.reset(replication, self.log.is_some());
        self.now = Timestamp::START;
        self.replication = replication;
        self.ledger.reset(catalog, self.log.is_some());
        self.jobs.clear();
        self.heap.clear();
        (self.pending, self.sequence) = (0, 0);
        (self.activity, self.polls) = (0, 0);
        self.events.clear();
        self.unheard.clear();
        self.requests_held.clear();
        self.asks_held.clear();
        self.requests = 0;
        self.testing.reset();
        self.at_gate.reset();
        self.reused.clear();
        self.reused.resize(catalog.modules.len(), 0);
        self.changes.reset();
        self.interventions.clear();
        self.interventions.resize(catalog.modules.len(), 0);
        self.broken = Broken::default();
        self.missing.clear();
        self.unfetched.clear();
        self.lifted.clear();
        self.taken.clear();
        self.taken.resize(self.setup.conditions.faults.len(), 0);
        self.journal.clear();
        self.has_journal = self.setup.conditions.may_crash();
        self.handled = 0;
        (self.is_down, self.life, self.is_reconciling) = (false, 0, false);
        self.mailed.clear();
        self.joined.clear();
        self.failures.clear();
        (self.messages, self.mails) = (0, 0);
        self.tally = Tally::default();
        for fault in 0..self.setup.conditions.faults.len() {
            if self.setup.conditions.faults[fault].after.is_some() {
                continue;
            }
            let at = Timestamp::START + self.setup.conditions.faults[fault].at;
            self.schedule(at, Happening::FaultBegins(fault));
        }
        self.begin_changes();
    }

    /// Starts what people start: they ask koji itself, or the orchestrator.
    fn begin(&mut self, driven: &mut Driven<'_, '_>) {
        let catalog = driven.catalog;
        let starts: Vec<_> = catalog.starts(self.setup.cascade).collect();
        // A fault that begins with the run is there before anything is asked.
        while let Some(due) = self.pop_due() {
            self.happen(due, driven);
        }
        let mut builds_left = self.setup.builds_max;
        match self.setup.approach {
            Approach::KojiOwned => {
                for module in starts {
                    if builds_left == 0 {
                        self.stop();
                        break;
                    }
                    builds_left -= 1;
                    self.ask_koji(Ask { module, cause: None, tries: 0, replaces: None });
                }
            }
            Approach::OrchestratorOwned => {
                for module in starts {
                    let request = self.next_request();
                    self.request(Event::Requested { request, module });
                }
            }
        }
        let how = (self.setup.approach, self.setup.cascade);
        driven.orchestrator = Orchestrator::new(catalog, how, self.setup.limits(builds_left));
    }

    /// Lets everything that happens at this moment happen, and only then gives builders work: what
    /// is submitted together is taken by priority, not by who came first within the moment.
    fn settle(&mut self, driven: &mut Driven<'_, '_>) {
        self.pump(driven);
        self.koji.settle(self.now);
    }

    /// Carries out commands and hands over events until neither is left at this moment.
    fn pump(&mut self, driven: &mut Driven<'_, '_>) {
        loop {
            // None of them leads to another at once.
            driven.commands.iter().for_each(|command| self.carry_out(command));
            driven.commands.clear();
            while self.koji.has_notice() {
                self.hear();
            }
            if self.events.is_empty() {
                return;
            }
            self.hand_over(driven);
        }
    }

    /// Hands one event to the orchestrator; it may crash right after.
    fn hand_over(&mut self, driven: &mut Driven<'_, '_>) {
        // It is read where it stands: an event is larger than what is read of most.
        let event = &self.events[0];
        // A call that is made again with a poll and refused again changes nothing.
        if !matches!(event, Event::Timer { timer: Timer::Poll } | Event::Refused { .. }) {
            self.activity += 1;
        }
        if let Some(log) = &mut self.log {
            log.push(LogRow { at: self.now, what: Log::Event(event.clone()) });
        }
        self.joined.clear();
        if self.has_journal {
            self.journal.push((self.now, event.clone()));
        }
        (driven.handle)(&mut driven.orchestrator, event, self.now, &mut driven.commands);
        self.events.pop_front();
        self.handled += 1;
        if self.setup.conditions.crash_after.binary_search(&self.handled).is_ok() {
            self.crash_between(None, driven);
        }
        let comes_now = |fault: &Fault| fault.after == Some(self.handled);
        if let Some(fault) = self.setup.conditions.faults.iter().position(comes_now) {
            self.crash_between(Some(fault), driven);
        }
    }

    fn note(&mut self, fact: Fact) {
        self.note_with(|| Log::Fact(fact));
    }

    fn note_with(&mut self, what: impl FnOnce() -> Log) {
        if let Some(log) = &mut self.log {
            log.push(LogRow { at: self.now, what: what() });
        }
    }

    fn key(&self, subject: u64, attempt: u32) -> Key {
        Key { seed: self.setup.seed, replication: self.replication, subject, attempt }
    }

    fn job(&self, job: Job) -> &JobRecord {
        &self.jobs[job.0 as usize]
    }
}

/// The orchestrator with how it is driven.
struct Driven<'c, 'h> {
    catalog: &'c Catalog,
    orchestrator: Orchestrator<'c>,
    handle: &'h mut Handle<'h>,
    /// What it commands by the event that it was handed last.
    commands: Vec<Command>,
}
