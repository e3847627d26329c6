//! The discrete-event driver of the ideal model.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use super::draw::Key;
use super::farm::{Pool, Slot, Slots};
use super::figures::{Bar, BarEnd, RunFigures};
use super::history::{DurationMode, Outcomes};
use super::ledger::{BuildState, Ledger, ModuleRun};
use crate::name::Arch;
use crate::orchestrate::{
    Approach, BuildId, Cascade, Catalog, Command, ComponentIx, Dispatch, Event, Fuse, KojiOwned,
    Limits, ModuleIx, OrchestratorOwned, Progress,
};
use crate::time::{Millis, Timestamp};
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

/// A component under way in koji.
#[derive(Clone, Copy, Debug)]
struct ComponentRun {
    build: BuildId,
    component: ComponentIx,
    first_task: u32,
    tasks: u32,
    left: u32,
    is_ended: bool,
    busy: Millis,
}

/// A koji task.
#[derive(Clone, Copy, Debug)]
struct TaskRun {
    component: u32,
    task: u32,
    duration: Millis,
    is_ok: bool,
    state: TaskState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TaskState {
    Free,
    Open { slot: Slot, since: Timestamp },
    Ended,
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
    arch_of_task: Vec<u32>,
    arches: Vec<Arch>,
    pool: Pool,
    heap: BinaryHeap<Reverse<(Timestamp, u32)>>,
    now: Timestamp,
    ledger: Ledger,
    /// koji's own module builds, by build (koji-owned).
    progress: Vec<Progress>,
    components: Vec<ComponentRun>,
    tasks: Vec<TaskRun>,
    attempts: Vec<u32>,
    events: VecDeque<Event>,
    commands: Vec<Command>,
    ready: Vec<ComponentIx>,
    taken: Vec<(u32, Slot)>,
    busy: Vec<Millis>,
    messages: u64,
    mails: u64,
    replication: u64,
    bars: Option<Vec<Bar>>,
}

impl<'a> World<'a> {
    /// Prepares a world.
    #[must_use]
    pub fn new(setup: &'a Setup) -> Self {
        let mut arches: Vec<Arch> = setup.catalog.tasks.iter().map(|t| t.arch.clone()).collect();
        arches.sort_unstable();
        arches.dedup();
        let numbers: BTreeMap<Arch, u32> = arches.iter().cloned().zip(0..).collect();
        let arch_of_task = setup.catalog.tasks.iter().map(|task| numbers[&task.arch]).collect();
        Self {
            setup,
            arch_of_task,
            pool: Pool::new(&setup.slots, &numbers),
            busy: vec![Millis::ZERO; arches.len()],
            arches,
            heap: BinaryHeap::new(),
            now: Timestamp::START,
            ledger: Ledger::default(),
            progress: Vec::new(),
            components: Vec::new(),
            tasks: Vec::new(),
            attempts: Vec::new(),
            events: VecDeque::new(),
            commands: Vec::new(),
            ready: Vec::new(),
            taken: Vec::new(),
            messages: 0,
            mails: 0,
            replication: 0,
            bars: None,
        }
    }

    /// Runs one replication and returns its figures.
    pub fn run(&mut self, replication: u64) -> RunFigures {
        self.reset(replication);
        let catalog = Arc::clone(&self.setup.catalog);
        let mut fuse = Fuse::new(self.setup.builds_max);
        let mut orchestrator = self.begin(&catalog, &mut fuse);
        self.settle(&mut orchestrator);
        while let Some(&Reverse((time, _))) = self.heap.peek() {
            self.now = time;
            while let Some(&Reverse((same, task))) = self.heap.peek()
                && same == time
            {
                self.heap.pop();
                self.task_ended(task);
            }
            self.settle(&mut orchestrator);
        }
        self.figures()
    }

    /// Runs one replication and returns it in full.
    pub fn run_in_full(&mut self, replication: u64) -> Run {
        self.bars = Some(Vec::new());
        let figures = self.run(replication);
        let bars = self.bars.take().expect("set above");
        let went_round = if self.ledger.is_capped { self.ledger.went_round() } else { Vec::new() };
        let catalog = &self.setup.catalog;
        Run {
            figures,
            modules: self.modules(),
            bars,
            arches_without_builder: self.arches_without_builder(),
            went_round: went_round.iter().map(|&m| catalog.module(m).id.clone()).collect(),
        }
    }

    fn reset(&mut self, replication: u64) {
        self.replication = replication;
        self.pool.reset();
        self.heap.clear();
        self.now = Timestamp::START;
        self.ledger.reset(&self.setup.catalog);
        self.progress.clear();
        self.components.clear();
        self.tasks.clear();
        self.attempts.clear();
        self.attempts.resize(self.setup.catalog.components.len(), 0);
        self.busy.fill(Millis::ZERO);
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
        for group in 0..self.pool.groups() {
            let tasks = &self.tasks;
            let is_gone = |task: u32| tasks[task as usize].state != TaskState::Free;
            let mut taken = std::mem::take(&mut self.taken);
            self.pool.fill(group, is_gone, &mut taken);
            for (task, slot) in taken.drain(..) {
                self.start(task, slot);
            }
            self.taken = taken;
        }
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
            Command::BuildModule { module, cause } => self.koji_module_build(module, cause),
            Command::OpenModule { build, module, cause } => {
                let opened = self.ledger.open(&self.setup.catalog, module, cause);
                assert_eq!(opened, build, "the orchestrator and the books number builds alike");
                self.ledger.last_change = self.now;
            }
            Command::BuildComponent { build, component, priority } => {
                self.submit(build, component, priority);
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
}

mod koji;
mod result;
mod tasks;
#[cfg(test)]
mod tests;
