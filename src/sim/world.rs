//! The discrete-event driver of the ideal model.

use std::collections::VecDeque;
use std::sync::Arc;

use super::farm::Slots;
use super::figures::{Bar, RunFigures};
use super::history::{DurationMode, Outcomes};
use super::koji::{Koji, Notice, Order, What};
use super::ledger::{BuildState, Ledger, ModuleRun};
use crate::name::Arch;
use crate::orchestrate::{
    Approach, BuildId, Cascade, Catalog, Command, ComponentEnd, Dispatch, Event, Fuse, KojiOwned,
    Limits, ModuleIx, OrchestratorOwned,
};
use crate::time::Timestamp;
use crate::trace::Samples;

/// Everything that decides a run, but for its replication.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What can be rebuilt.
    pub catalog: Arc<Catalog>,
    /// Rows for [`Task::durations`](crate::orchestrate::Task).
    pub samples: Arc<Vec<Samples>>,
    /// The builders.
    pub slots: Slots,
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
    /// The seed of every draw.
    pub seed: u64,
}

/// One run in full, for people to read.
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
    /// Where the run was capped: the modules that caused their own rebuild, by id.
    pub went_round: Vec<Arc<str>>,
}

/// The orchestrator under test.
enum Orchestrator<'a> {
    Koji(KojiOwned<'a>),
    Owner(Box<OrchestratorOwned<'a>>),
}

impl Orchestrator<'_> {
    fn handle(&mut self, event: &Event, now: Timestamp, out: &mut Vec<Command>) {
        match self {
            Self::Koji(orchestrator) => orchestrator.handle(event, now, out),
            Self::Owner(orchestrator) => orchestrator.handle(event, now, out),
        }
    }
}

/// The simulated world: made once for a [`Setup`], run once per replication.
#[derive(Debug)]
pub struct World<'a> {
    setup: &'a Setup,
    koji: Koji<'a>,
    now: Timestamp,
    ledger: Ledger,
    events: VecDeque<Event>,
    commands: Vec<Command>,
    messages: u64,
    mails: u64,
    is_in_full: bool,
}

impl<'a> World<'a> {
    /// Prepares a world.
    #[must_use]
    pub fn new(setup: &'a Setup) -> Self {
        Self {
            setup,
            koji: Koji::new(setup),
            now: Timestamp::START,
            ledger: Ledger::default(),
            events: VecDeque::new(),
            commands: Vec::new(),
            messages: 0,
            mails: 0,
            is_in_full: false,
        }
    }

    /// Runs one replication and returns its figures.
    pub fn run(&mut self, replication: u64) -> RunFigures {
        self.reset(replication);
        let catalog = Arc::clone(&self.setup.catalog);
        let mut fuse = Fuse::new(self.setup.builds_max);
        let mut orchestrator = self.begin(&catalog, &mut fuse);
        self.settle(&mut orchestrator);
        while let Some(time) = self.koji.next() {
            self.now = time;
            self.koji.advance(time);
            self.settle(&mut orchestrator);
        }
        self.figures()
    }

    /// Runs one replication and returns it in full.
    pub fn run_in_full(&mut self, replication: u64) -> Run {
        self.is_in_full = true;
        let figures = self.run(replication);
        self.is_in_full = false;
        let went_round = if self.ledger.is_capped { self.ledger.went_round() } else { Vec::new() };
        let catalog = &self.setup.catalog;
        Run {
            figures,
            modules: self.modules(),
            bars: self.bars(),
            arches_without_builder: self.koji.arches_without_builder(),
            went_round: went_round.iter().map(|&m| catalog.module(m).id.clone()).collect(),
        }
    }

    fn reset(&mut self, replication: u64) {
        self.koji.reset(replication, self.is_in_full);
        self.now = Timestamp::START;
        self.ledger.reset(&self.setup.catalog);
        self.events.clear();
        self.commands.clear();
        self.messages = 0;
        self.mails = 0;
    }

    /// Starts what people start: they ask koji itself, or the orchestrator.
    fn begin<'c>(&mut self, catalog: &'c Catalog, fuse: &mut Fuse) -> Orchestrator<'c> {
        let Setup { cascade, dispatch, submit_limit, .. } = *self.setup;
        let starts: Vec<ModuleIx> = catalog.starts(cascade).collect();
        match self.setup.approach {
            Approach::KojiOwned => {
                for module in starts {
                    if fuse.take(&mut self.commands) {
                        self.commands.push(Command::BuildModule { module, cause: None });
                    }
                }
                Orchestrator::Koji(KojiOwned::new(catalog, cascade, *fuse))
            }
            Approach::OrchestratorOwned => {
                self.events.extend(starts.into_iter().map(|module| Event::Requested { module }));
                let limits = Limits { dispatch, submit_limit, fuse: *fuse };
                Orchestrator::Owner(Box::new(OrchestratorOwned::new(catalog, cascade, limits)))
            }
        }
    }

    /// Lets everything that happens at this moment happen, and only then gives builders work: what
    /// is submitted together is taken by priority, not by who came first within the moment.
    fn settle(&mut self, orchestrator: &mut Orchestrator<'_>) {
        self.pump(orchestrator);
        self.koji.settle(self.now);
    }

    /// Carries out commands and hands over events until neither is left at this moment.
    fn pump(&mut self, orchestrator: &mut Orchestrator<'_>) {
        loop {
            let mut commands = std::mem::take(&mut self.commands);
            for command in commands.drain(..) {
                self.carry_out(command);
            }
            // What carrying out added is carried out before the next event.
            commands.append(&mut self.commands);
            self.commands = commands;
            while let Some(notice) = self.koji.notice() {
                self.hear(notice);
            }
            if !self.commands.is_empty() {
                continue;
            }
            let Some(event) = self.events.pop_front() else { return };
            orchestrator.handle(&event, self.now, &mut self.commands);
        }
    }

    fn carry_out(&mut self, command: Command) {
        if self.ledger.is_capped {
            return;
        }
        match command {
            Command::BuildModule { module, cause } => {
                let build = self.ledger.open(&self.setup.catalog, module, cause);
                self.ledger.last_change = self.now;
                self.koji.order(self.now, Order::Module { build, module });
            }
            Command::OpenModule { build, module, cause } => {
                let opened = self.ledger.open(&self.setup.catalog, module, cause);
                assert_eq!(opened, build, "the orchestrator and the books number builds alike");
                self.ledger.last_change = self.now;
            }
            Command::BuildComponent { build, component, priority } => {
                let module = self.setup.catalog.component(component).module;
                self.ledger.modules[module.index()].component_builds += 1;
                self.koji.order(self.now, Order::Component { build, component, priority });
            }
            Command::Publish { build, module } => self.module_complete(build, module),
            Command::FailModule { build, .. } => {
                self.messages += 1;
                self.ledger.close(build, BuildState::Failed, self.now);
            }
            Command::AskDependants { build, module } => {
                let dependants = Arc::clone(&self.setup.catalog.module(module).dependants);
                self.events.push_back(Event::Dependants { build, module, dependants });
            }
            Command::Mail { .. } => self.mails += 1,
            Command::Stop { .. } => self.stop(),
        }
    }

    /// Hears what koji says and passes it on to whom it concerns.
    fn hear(&mut self, notice: Notice) {
        let Notice { build, what, .. } = notice;
        match what {
            What::ComponentEnded { component, end, .. } => {
                self.messages += 1;
                self.ledger.last_change = self.now;
                match self.setup.approach {
                    Approach::OrchestratorOwned => {
                        self.events.push_back(Event::ComponentEnded { build, component, end });
                    }
                    Approach::KojiOwned => {}
                }
            }
            What::ModuleEnded { end: ComponentEnd::Complete } => {
                let module = self.ledger.builds[build.0 as usize].module;
                self.module_complete(build, module);
            }
            What::ModuleEnded { .. } => {
                self.messages += 1;
                self.ledger.close(build, BuildState::Failed, self.now);
            }
            What::TargetMade | What::RepoEnded { .. } => {}
        }
    }

    /// A module is complete; without a test gate it has passed, and the bus says so.
    fn module_complete(&mut self, build: BuildId, module: ModuleIx) {
        self.messages += 1;
        self.ledger.close(build, BuildState::Passed, self.now);
        self.events.push_back(Event::Tested { build, module, passed: true });
    }

    /// The cap: nothing more is submitted, what runs is canceled.
    fn stop(&mut self) {
        self.ledger.is_capped = true;
        self.events.clear();
        self.koji.cancel_all(self.now);
    }
}

mod result;
#[cfg(test)]
mod tests;
