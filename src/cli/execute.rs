//! `modplan execute`: runs a rebuild, for now on a replay of history.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use modplan::farm::Farm;
use modplan::name::Arch;
use modplan::name::nearest;
use modplan::orchestrate::journal::{self, Entry};
use modplan::orchestrate::{Approach, Cascade, Catalog, Dispatch, ModuleIx};
use modplan::plan::Plan;
use modplan::report::Durations;
use modplan::report::run::{self, RunLabel};
use modplan::report::story;
use modplan::scenario::{self, Scenario};
use modplan::sim::{
    self, Conditions, DurationMode, HubSetup, Log, Outcome, Outcomes, Prepared, Reach, Run, Setup,
    Slots,
};

use super::args::{SelectionArgs, Unit, WorldArgs};
use super::case::Case;
use super::console::Console;
use super::look::{Look, look};
use super::output::OutputArgs;
use super::plan::refuse_storm;
use super::status::{Answer, Refusal};
use super::vary::{Vary, widest};
use super::world::World;

/// Run a rebuild and tell how it went
///
/// `--on replay` runs it in virtual time on a simulated farm; nothing is written anywhere but the
/// output. The answer is no unless the run ends `done`.
#[derive(Debug, Args)]
pub(crate) struct Execute {
    /// A plan written by `modplan plan --format json`, or inputs and a selection
    #[arg(value_name = "PLAN|INPUT", required = true)]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    world: WorldArgs,
    /// Who owns the build of a module
    #[arg(long, value_name = "APPROACH")]
    approach: ApproachArg,
    /// What it runs on
    #[arg(long, value_name = "WHERE", default_value = "replay")]
    on: On,
    /// How a rebuild spreads: literal for koji-owned, planned for orchestrator-owned when left out
    #[arg(long, value_name = "RULE")]
    cascade: Option<CascadeArg>,
    /// How durations are taken from the trace
    #[arg(long, value_name = "MODE", default_value = "replay")]
    durations: DurationsArg,
    /// How the run is told
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Tell what happened to one module instead: its id, or name:stream for all its contexts
    #[arg(long, value_name = "ID", conflicts_with = "format")]
    explain: Option<String>,
    /// Keep every event in FILE, one line of JSON each; a journal of this run that is there already
    /// is checked and gone on with
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ApproachArg {
    /// koji builds whole modules; the orchestrator reacts to test results
    KojiOwned,
    /// The orchestrator submits and tracks every component
    OrchestratorOwned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum On {
    /// A simulated farm that replays history
    Replay,
}

/// How a rebuild spreads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CascadeArg {
    /// Every module that passed has every dependant rebuilt at once
    Literal,
    /// As literal, but a dependant that already waits is not queued twice
    Coalesced,
    /// A module is rebuilt once, after all that is rebuilt before it passed
    Planned,
}

/// How durations are taken from the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DurationsArg {
    /// The recorded rows in order, attempt by attempt
    Replay,
    /// A draw among the recorded rows
    Resample,
    /// A draw from a distribution fitted to them
    Fit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A row a module, then what it came to
    Table,
    /// Everything, for programs
    Json,
}

impl Execute {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let On::Replay = self.on;
        let world = (&self.world, self.durations.mode());
        let subject = Subject::read(&self.inputs, &self.selection, (world, console))?;
        let approach = match self.approach {
            ApproachArg::KojiOwned => Approach::KojiOwned,
            ApproachArg::OrchestratorOwned => Approach::OrchestratorOwned,
        };
        let cascade = match (self.cascade, approach) {
            (Some(CascadeArg::Literal), _) | (None, Approach::KojiOwned) => Cascade::Literal,
            (Some(CascadeArg::Coalesced), _) => Cascade::Coalesced,
            (Some(CascadeArg::Planned), _) | (None, Approach::OrchestratorOwned) => {
                Cascade::Planned
            }
        };
        subject.warn_of_reach(cascade, console);
        let mut setup = subject.setup(approach, cascade)?;
        setup.durations = self.durations.mode();
        setup.seed = self.world.seed;
        if setup.durations == DurationMode::Fit {
            console.note(subject.durations(setup.durations).to_lines().trim_end());
        }
        let run = sim::World::new(&setup).run_in_full(0);
        let label = RunLabel { approach, cascade, seed: setup.seed };
        for (what, hint) in run::advice(&run) {
            console.warn(&what, Some(hint));
        }
        if let Some(path) = &self.journal {
            keep_journal(path, &setup, &run)?;
        }
        let text = match (&self.explain, self.format) {
            (Some(id), _) => explain(id, &run, &setup.catalog)?,
            (None, Format::Table) => run::table(&run, label, &setup.catalog),
            (None, Format::Json) => run::json(&run, label),
        };
        self.output.write(text)?;
        Ok(Answer::yes_if(run.figures.outcome == Outcome::Done))
    }
}

/// Tells what happened to the modules that an id names.
fn explain(id: &str, run: &Run, catalog: &Catalog) -> Result<String, Refusal> {
    let is_named = |known: &str| {
        known.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let named: Vec<ModuleIx> = (0..)
        .zip(&catalog.modules)
        .filter(|(_, module)| is_named(&module.id))
        .map(|(at, _)| ModuleIx(at))
        .collect();
    if named.is_empty() {
        let refusal = Refusal::usage(format!("`{id}` is no module of this run"));
        let ids = catalog.modules.iter().map(|module| &*module.id);
        let streams = ids.clone().filter_map(|id| id.rsplit_once(':').map(|(stream, _)| stream));
        let near = nearest(id, ids.chain(streams));
        return Err(match near {
            Some(near) => refusal.hint(format!("did you mean `{near}`?")),
            None => refusal.hint("give an id as `modplan plan` prints it"),
        });
    }
    let texts: Vec<String> =
        named.into_iter().map(|module| story::explain(run, catalog, module)).collect();
    Ok(texts.join("\n"))
}

/// Writes the journal of a run; one that is there already must be of this run, as far as it goes.
fn keep_journal(path: &Path, setup: &Setup, run: &Run) -> anyhow::Result<()> {
    let how = format!("{}/{}", setup.approach.as_str(), setup.cascade.as_str());
    let name = journal::run_name(&setup.catalog, &how, setup.seed);
    let entries: Vec<Entry> = run
        .log
        .iter()
        .filter_map(|row| match &row.what {
            Log::Event(event) => Some((row.at, event.clone())),
            Log::Command(_) | Log::Fact(_) => None,
        })
        .collect();
    if path.exists() {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let no = |line: usize, what: &str| {
            Refusal::no(format!("{}:{line}: {what}", path.display()))
                .hint("give the inputs and the seed it was written with, or another file")
        };
        let kept = journal::read(&text, &name).map_err(|error| no(error.line, &error.what))?;
        let differs = |(at, entry): &(usize, &Entry)| entries.get(*at) != Some(entry);
        if let Some((at, _)) = kept.iter().enumerate().find(differs) {
            return Err(no(at + 1, "this run goes another way from here").into());
        }
    }
    let output = OutputArgs { output: path.to_owned() };
    output.write(journal::write(&name, &entries))
}

impl DurationsArg {
    /// Returns the mode of the simulation.
    pub(crate) fn mode(self) -> DurationMode {
        match self {
            Self::Replay => DurationMode::Replay,
            Self::Resample => DurationMode::Resample,
            Self::Fit => DurationMode::Fit,
        }
    }
}

/// What is to be run: a plan and the world it runs in.
pub(crate) struct Subject {
    /// The plan.
    pub(crate) plan: Plan,
    /// The world.
    pub(crate) world: World,
    prepared: Prepared,
    farm: Farm,
    /// As `--max-builds` says, with what is passed through on top.
    builds_max: Option<u32>,
    is_read_back: bool,
}

/// Warns where a dependency service that is behind would answer as one that is not.
fn warn_of_stale_pdc(world: &World, superseded: &[(String, String)], console: &Console) {
    if world.scenario.has_stale_pdc() && superseded.is_empty() {
        console.warn(
            "`pdc-stale` changes nothing: no superseded version is known that was built otherwise",
            Some("give inputs that hold older versions too"),
        );
    }
}

/// Returns how many module builds a run may make: what is passed through takes a place, but is
/// nothing that people count.
fn builds_max(plan: &Plan, selection: &SelectionArgs) -> Option<u32> {
    let passed = plan.modules.iter().filter(|module| module.pass_through).count();
    selection.max_builds.map(|max| u32::try_from(max.get() + passed).unwrap_or(u32::MAX))
}

/// Returns the order of submission that a scenario names.
pub(crate) fn dispatch(named: scenario::Dispatch) -> Dispatch {
    match named {
        scenario::Dispatch::Graph => Dispatch::Graph,
        scenario::Dispatch::Batch => Dispatch::Batch,
        scenario::Dispatch::Wave => Dispatch::Wave,
    }
}

impl Subject {
    /// Reads a plan or makes one.
    pub(crate) fn read(
        inputs: &[PathBuf],
        selection: &SelectionArgs,
        world: ((&WorldArgs, DurationMode), &Console),
    ) -> anyhow::Result<Self> {
        Self::read_to_vary((inputs, selection), world, &[])
    }

    /// The same for farms of which numbers are varied: planned for every arch that one of them has.
    pub(crate) fn read_to_vary(
        (inputs, selection): (&[PathBuf], &SelectionArgs),
        world: ((&WorldArgs, DurationMode), &Console),
        vary: &[Vary],
    ) -> anyhow::Result<Self> {
        let ((args, durations), console) = world;
        let standard_input = match look(inputs)? {
            Look::Plan(plan) => return Self::read_back(*plan, selection, (world, vary)),
            Look::Inputs(standard_input) => standard_input,
        };
        let case = Case::read_after_look((inputs, standard_input), selection, console)?;
        let mut world = World::read_to_vary((args, durations), vary, console)?;
        let given = world.farm.clone();
        world.farm = given.as_ref().map(|farm| widest(farm, vary));
        let planning = case.plan(&world, console)?;
        refuse_storm(&planning.plan, selection)?;
        let all = case.plan_all(&world)?;
        let by_source = selection.unit == Unit::Source;
        let superseded =
            if world.scenario.has_stale_pdc() { case.superseded(selection) } else { vec![] };
        let reach = Reach { plan: &planning.plan, all: &all, superseded: &superseded, by_source };
        warn_of_stale_pdc(&world, &superseded, console);
        let prepared = sim::prepare(reach, &world.history);
        let builds_max = builds_max(&planning.plan, selection);
        let farm = given.clone().unwrap_or(planning.farm);
        world.farm = given;
        Ok(Self { plan: planning.plan, world, prepared, farm, builds_max, is_read_back: false })
    }

    /// Takes a plan that was written before.
    fn read_back(
        plan: Plan,
        selection: &SelectionArgs,
        (world, vary): (((&WorldArgs, DurationMode), &Console), &[Vary]),
    ) -> anyhow::Result<Self> {
        let ((args, durations), console) = world;
        if selection.selects_something() {
            return Err(Refusal::usage("a plan is selected already")
                .hint("leave the selection flags out, or give the inputs instead of the plan")
                .into());
        }
        refuse_storm(&plan, selection)?;
        let world = World::read_to_vary((args, durations), vary, console)?;
        warn_of_stale_pdc(&world, &[], console);
        Ok(Self::of_plan(plan, world, selection))
    }

    fn of_plan(plan: Plan, world: World, selection: &SelectionArgs) -> Self {
        let by_source = selection.unit == Unit::Source;
        let reach = Reach { plan: &plan, all: &plan, superseded: &[], by_source };
        let prepared = sim::prepare(reach, &world.history);
        let arches = plan.components().flat_map(|component| component.arches.clone());
        let farm = world.farm.clone().unwrap_or_else(|| Farm::ideal(arches));
        let builds_max = builds_max(&plan, selection);
        Self { plan, world, prepared, farm, builds_max, is_read_back: true }
    }

    /// Warns where a cascade finds what it rebuilds as it goes, and a plan that was read back
    /// holds only what was planned.
    pub(crate) fn warn_of_reach(&self, cascade: Cascade, console: &Console) {
        if self.is_read_back && cascade != Cascade::Planned {
            let message = format!(
                "a plan holds only what it rebuilds: a {} cascade that reaches further ends there",
                cascade.as_str()
            );
            console.warn(&message, Some("give the inputs and the selection instead of the plan"));
        }
    }

    /// Returns the farm that is simulated.
    pub(crate) fn farm(&self) -> &Farm {
        &self.farm
    }

    /// Returns every arch that a task of the rebuild asks for.
    pub(crate) fn arches(&self) -> BTreeSet<Arch> {
        self.prepared.catalog.tasks.iter().map(|task| task.arch.clone()).collect()
    }

    /// Returns where durations come from.
    pub(crate) fn durations(&self, mode: DurationMode) -> Durations {
        Durations::of(&self.prepared.samples, mode)
    }

    /// Returns the setup of one variant, with replayed durations and seed 1.
    pub(crate) fn setup(&self, approach: Approach, cascade: Cascade) -> Result<Setup, Refusal> {
        self.setup_on(&self.farm, (approach, cascade))
    }

    /// The same on another farm.
    pub(crate) fn setup_on(
        &self,
        farm: &Farm,
        (approach, cascade): (Approach, Cascade),
    ) -> Result<Setup, Refusal> {
        let Scenario { orchestrator_owned, builds, .. } = &self.world.scenario;
        let outcomes = match builds.outcomes {
            scenario::Outcomes::Replay => Outcomes::History,
            scenario::Outcomes::AlwaysPass => Outcomes::AlwaysPass,
            scenario::Outcomes::Rate => Outcomes::Rate {
                failure_rate: builds.failure_rate,
                flaky_share: builds.flaky_share,
            },
        };
        let slots = Slots::of(farm);
        let on = (&slots, &*self.prepared.catalog);
        if cascade == Cascade::Planned && !self.world.scenario.arrivals.is_empty() {
            return Err(Refusal::no(
                "a planned cascade rebuilds once; arrivals come again and again",
            )
            .hint("choose a literal or coalesced one with --cascade or --variants"));
        }
        let conditions = Conditions::of(&self.world.scenario, approach, on).map_err(|why| {
            Refusal::no(format!("the scenario does not fit what is run: {why}"))
                .hint("name builders as the farm does, and modules of the plan")
        })?;
        Ok(Setup {
            catalog: self.prepared.catalog.clone(),
            samples: self.prepared.samples.clone(),
            slots,
            hub: HubSetup::of(farm, &self.prepared.catalog, &self.world.history).map(Arc::new),
            approach,
            cascade,
            dispatch: dispatch(orchestrator_owned.dispatch),
            submit_limit: orchestrator_owned.submit_limit.unwrap_or(u32::MAX),
            builds_max: u32::try_from(self.world.scenario.builds_max)
                .unwrap_or(u32::MAX)
                .min(self.builds_max.unwrap_or(u32::MAX)),
            durations: DurationMode::Replay,
            outcomes,
            conditions,
            seed: 1,
        })
    }
}
