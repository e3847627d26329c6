//! The simulated world: what koji says, the bus carries, tests find, people do and faults
//! break becomes events for an orchestrator, and what it commands is carried out.

use std::sync::Arc;

use super::Setup;
use super::draw::Key;
use super::figures::{Bar, Outcome, RunFigures};
use super::koji::{Job, Koji};
use super::ledger::{Ledger, ModuleBuild};
use super::log::{Fact, Log, LogRow, Tally};
use super::module_run::ModuleRun;
use crate::name::Arch;
use crate::orchestrate::{BuildId, Command, Event, ModuleIx, Orchestrator};
use crate::time::{Millis, Timestamp};

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
mod module_calls;
mod module_tasks;
mod notices;
mod pdc;
mod people;
mod poll;
mod reconcile;
mod requests;
mod result;
mod start;
mod testing;
#[cfg(test)]
mod tests;

use bus::Inbox;
use calls::Calls;
use crash::Process;
use drive::Driven;
use faults::Troubles;
use happening::{Agenda, Happening};
use job::{JobPurpose, JobRecord, number};
use module_tasks::ModuleTasks;
pub use people::PATIENCE;
use people::People;
use reconcile::Marks;
use result::Counts;
use testing::Testing;

/// One run in full, for people to read and for checkers to judge.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its figures.
    pub figures: RunFigures,
    /// Modules that the plan rebuilds or the run built, in id order.
    pub modules: Vec<ModuleRun>,
    /// Module builds by their numbers.
    pub builds: Vec<ModuleBuild>,
    /// Every task that a builder took, in order of its end.
    pub bars: Vec<Bar>,
    /// Arches that tasks wait for and no builder has.
    pub arches_without_builder: Vec<Arch>,
    /// Why tasks that are left at koji cannot continue, in words, and what would help.
    pub stuck: Vec<(String, &'static str)>,
    /// Where the run was capped: the modules that caused their own rebuild, by id.
    pub went_round: Vec<Arc<str>>,
    /// Whether koji has something that did not end.
    pub is_under_way: bool,
    /// What else is counted.
    pub tally: Tally,
    /// Everything that happened, in order.
    pub log: Vec<LogRow>,
    /// How the orchestrator stands at the end, in words for comparing two runs.
    pub orchestrator: String,
}

impl Run {
    /// Returns until when a fault could meet something. A run that is not done may have lost a message
    /// or had a call refused after the last change of a module.
    #[must_use]
    pub fn end(&self) -> Millis {
        let last = self.log.iter().rev().find(|row| !row.is_fault());
        match self.figures.outcome {
            Outcome::Done => self.figures.makespan,
            Outcome::Failed | Outcome::Stuck | Outcome::Capped if self.is_under_way => {
                Millis(u64::MAX)
            }
            Outcome::Failed | Outcome::Stuck | Outcome::Capped => {
                last.map_or(Millis::ZERO, |row| Millis(row.at.0))
            }
        }
    }
}

/// Hands one event to an orchestrator. Tests can intercept it; see
/// [`World::run_through`].
pub type Handle<'h> = dyn FnMut(&mut Orchestrator, &Event, Timestamp, &mut Vec<Command>) + 'h;

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
    agenda: Agenda,
    inbox: Inbox,
    process: Process,
    calls: Calls,
    module_tasks: ModuleTasks,
    marks: Marks,
    testing: Testing,
    at_gate: gates::AtGate,
    changes: changes::ChangeBook,
    people: People,
    troubles: Troubles,
    pdc: pdc::Pdc,
    counts: Counts,
    log: Option<Vec<LogRow>>,
}

/// A module build that people ask koji for.
#[derive(Clone, Copy, Debug)]
struct Ask {
    module: ModuleIx,
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
            builds: self.ledger.builds.clone(),
            bars: self.bars(),
            arches_without_builder: self.koji.arches_without_builder(),
            stuck: self.koji.stuck(),
            went_round: went_round.iter().map(|&m| catalog.module(m).id.clone()).collect(),
            is_under_way: self.jobs.iter().any(|job| job.end.is_none()),
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
