//! The simulated world: what koji says, the bus carries, tests find, people do and faults
//! break becomes events for an orchestrator, and what it commands is carried out.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::sync::Arc;

use super::Setup;
use super::draw::Key;
use super::figures::{Bar, RunFigures};
use super::koji::{Job, Koji};
use super::ledger::{Ledger, ModuleRun};
use super::log::{Fact, Log, LogRow, Tally};
use crate::name::Arch;
use crate::orchestrate::{
    BuildId, Call, CallId, Command, ComponentIx, Event, ModuleIx, Orchestrator,
};
use crate::time::Timestamp;

mod bus;
mod calls;
mod changes;
mod commands;
mod crash;
mod drive;
mod faults;
mod gates;
mod happening;
mod job;
mod notices;
mod pdc;
mod people;
mod reconcile;
mod requests;
mod result;
mod start;
mod testing;
#[cfg(test)]
mod tests;

use drive::Driven;
use happening::{Due, Happening};
use job::{JobPurpose, JobRecord, number};
pub use people::PATIENCE;
use testing::Testing;

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
pub type Handle<'h> = dyn FnMut(&mut Orchestrator, &Event, Timestamp, &mut Vec<Command>) + 'h;

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
    /// What the orchestrator asked the hub.
    requests_to_hub: requests::Requests,
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
    journal: Option<Vec<crate::drive::Entry>>,
    handled: u64,
    is_down: bool,
    /// Counts the lives of the orchestrator: timers of an earlier life are void.
    life: u32,
    /// How many calls were made, by kind. Counted only where one goes wrong.
    made: [u32; crate::orchestrate::CallKind::ALL.len()],
    /// Calls that failed: what will never work as asked does not work the second time.
    doomed: Vec<Call>,
    /// How often the journal was written.
    writes: u64,
    /// Calls by their numbers, kept only for the log.
    asked: BTreeMap<CallId, Call>,
    /// What is there to be found of calls that are made once: tags, publications, mails, and
    /// rebuilds that koji was asked for by their markers.
    tagged: BTreeSet<(BuildId, ComponentIx, u32)>,
    published: BTreeSet<(BuildId, u32)>,
    /// The calls for repos that the orchestrator makes itself.
    own_repos: BTreeMap<(BuildId, u32), CallId>,
    mailed: BTreeSet<CallId>,
    rebuilt: BTreeSet<(BuildId, ModuleIx)>,
    /// Messages that koji-owned has not acknowledged: they are delivered again after a crash.
    unacknowledged: Vec<Event>,
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
