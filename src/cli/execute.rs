//! `modplan execute`: runs a rebuild on a replay of history or at a koji, or works out what a koji would be
//! asked.

#[cfg(feature = "live")]
mod at_koji;
mod journalled;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use modplan::name::nearest;
use modplan::orchestrate::{Approach, Cascade, ModuleIx};
use modplan::report::advice;
use modplan::report::run::{self, RunLabel};
use modplan::report::story::{self, Scene};
use modplan::sim::{self, DurationMode, Log, Outcome, Run, Setup};

use super::args::{SelectionArgs, WorldArgs};
use super::console::Console;
use super::journal::{self, Journal};
use super::on_koji::{CarryOutArgs, KojiArgs};
use super::output::OutputArgs;
use super::status::{Answer, Refusal};
use super::subject::Subject;
use super::width::width;
use journalled::{prepare, resume, run_journalled, warn_of_other_inputs};

/// Run a rebuild and tell how it went
///
/// `--on replay` runs it in virtual time on a simulated farm; nothing is written anywhere but the
/// output. The answer is no unless the run ends `done`. `--on koji` takes a plan and shows what must hold at a
/// hub and every call that a run would make there: a dry run, which changes nothing. The answer is no
/// where a check fails. With `--yes CHECKSUM` what a dry run showed is carried out.
#[derive(Debug, Args)]
pub(crate) struct Execute {
    /// A plan written by `modplan plan --format json`, or inputs and a selection
    #[arg(value_name = "PLAN|INPUT", required_unless_present = "resume")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    world: WorldArgs,
    /// Execute a plan although its inputs have changed since it was made
    #[arg(long)]
    stale: bool,
    /// Who owns the build of a module
    #[arg(long, value_name = "APPROACH", required_unless_present = "resume")]
    approach: Option<ApproachArg>,
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
    /// How much of what went wrong and was done about it stands in the table: the first times of
    /// what repeats and at most 40 lines, or everything
    #[arg(long, value_name = "HOW", default_value = "short")]
    story: Story,
    /// Tell what happened to one module instead: its id, or name:stream for all its contexts
    #[arg(long, value_name = "ID", conflicts_with = "format")]
    explain: Option<String>,
    /// Keep every event in FILE, one line of JSON each, written before it is handled. An existing
    /// journal is verified, then extended
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Continue the run of a journal from the file alone: what is rebuilt, how and with which seed
    /// stands in it, and the trace, farm and scenario that it names are checked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["inputs", "approach", "cascade", "journal",
        "trace", "farm", "scenario", "seed", "durations"])]
    resume: Option<PathBuf>,
    #[command(flatten)]
    koji: KojiArgs,
    #[command(flatten)]
    carry_out: CarryOutArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Story {
    /// What repeats is counted, and the 40 first lines are told
    Short,
    /// Everything is told
    All,
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
    /// A koji hub: a dry run, which only reads it, or with --yes the run (needs the feature `live`)
    Koji,
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
        match (self.on, self.koji.given().or(self.carry_out.given())) {
            (On::Koji, _) => return self.on_koji(console),
            (On::Replay, None) => {}
            (On::Replay, Some(flag)) => {
                return Err(Refusal::usage(format!("{flag} is for --on koji")).into());
            }
        }
        let (setup, run) = match &self.resume {
            Some(path) => resume(path, console)?,
            None => self.begin(console)?,
        };
        let label = RunLabel { approach: setup.approach, cascade: setup.cascade, seed: setup.seed };
        warn_of_late_faults(&setup, &run, console);
        for (what, hint) in advice::advice(&setup, &run) {
            console.warn(&what, Some(&hint));
        }
        let scene = Scene {
            catalog: &setup.catalog,
            faults: &setup.conditions.faults,
            is_whole: self.story == Story::All,
        };
        let text = match (&self.explain, self.format) {
            (Some(id), _) => explain(id, &run, scene, width(&self.output.output))?,
            (None, Format::Table) => run::table(&run, label, scene, width(&self.output.output)),
            (None, Format::Json) => run::json(&run, label),
        };
        self.output.write(text)?;
        Ok(Answer::yes_if(run.figures.outcome == Outcome::Done))
    }

    #[cfg(not(feature = "live"))]
    fn on_koji(&self, _: &Console) -> anyhow::Result<Answer> {
        Err(super::not_built::refusal("execute --on koji").into())
    }

    /// Runs what the arguments ask for.
    fn begin(&self, console: &Console) -> anyhow::Result<(Setup, Run)> {
        let durations = self.durations.mode();
        let subject =
            Subject::read(&self.inputs, &self.selection, &self.world, durations, console)?;
        let (approach, cascade) = self.how();
        subject.refuse_stale(self.stale, console)?;
        subject.warn_of_reach(cascade, console);
        let mut setup = subject.setup(approach, cascade)?;
        setup.durations = self.durations.mode();
        setup.seed = self.world.seed;
        subject.warn_of_unused(std::slice::from_ref(&setup), console);
        if setup.durations == DurationMode::Fit {
            console.note(subject.durations(setup.durations, cascade).to_lines().trim_end());
        }
        let Some(path) = &self.journal else {
            let run = sim::World::new(&setup).run_in_full(0);
            return Ok((setup, run));
        };
        let heading = journal::heading(&setup, subject.definitions(), &self.world)?;
        let found = journal::read(path)?;
        if let Some(found) = &found {
            // A run continues with the estimates it began with.
            let prepared = prepare(found.heading.modules.clone(), &subject.world)?;
            setup.catalog = prepared.catalog;
            (setup.subjects, setup.samples) = (prepared.subjects, prepared.samples);
            warn_of_other_inputs(&found.heading, &heading, console);
        }
        let journal = Journal::open(path, &heading, found, setup.catalog.clone())?;
        let run = run_journalled(&setup, journal)?;
        Ok((setup, run))
    }

    /// Returns who owns builds, and how a rebuild spreads.
    fn how(&self) -> (Approach, Cascade) {
        let approach = match self.approach {
            Some(ApproachArg::KojiOwned) | None => Approach::KojiOwned,
            Some(ApproachArg::OrchestratorOwned) => Approach::OrchestratorOwned,
        };
        let cascade = match (self.cascade, approach) {
            (Some(CascadeArg::Literal), _) | (None, Approach::KojiOwned) => Cascade::Literal,
            (Some(CascadeArg::Coalesced), _) => Cascade::Coalesced,
            (Some(CascadeArg::Planned), _) | (None, Approach::OrchestratorOwned) => {
                Cascade::Planned
            }
        };
        (approach, cascade)
    }
}

/// Warns of faults that the run was over before.
fn warn_of_late_faults(setup: &Setup, run: &Run, console: &Console) {
    let events = run.log.iter().filter(|row| matches!(row.what, Log::Event(_))).count() as u64;
    let end = run.end();
    for fault in &setup.conditions.faults {
        let why = match fault.after {
            Some(after) if after > events => {
                format!("it is after event {after}, and the orchestrator handled {events}")
            }
            None if fault.at > end => {
                format!("it begins at {}, and the run was over at {end}", fault.at)
            }
            Some(_) | None => continue,
        };
        let (kind, line) = (fault.kind.as_str(), fault.line);
        console.warn(&format!("the `{kind}` of line {line} has no effect: {why}"), None);
    }
}

/// Tells what happened to the modules that an id names.
fn explain(id: &str, run: &Run, scene: Scene<'_>, width: usize) -> Result<String, Refusal> {
    let catalog = scene.catalog;
    let is_named = |known: &str| {
        known.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let named: Vec<ModuleIx> = (0..)
        .zip(&catalog.modules)
        .filter(|(_, module)| is_named(&module.id))
        .map(|(at, _)| ModuleIx(at))
        .collect();
    if named.is_empty() {
        let refusal = Refusal::usage(format!("`{id}` is not a module of this run"));
        let ids = catalog.modules.iter().map(|module| &*module.id);
        let streams = ids.clone().filter_map(|id| id.rsplit_once(':').map(|(stream, _)| stream));
        let near = nearest(id, ids.chain(streams));
        return Err(match near {
            Some(near) => refusal.hint(format!("did you mean `{near}`?")),
            None => refusal.hint("give an id as `modplan plan` prints it"),
        });
    }
    let texts: Vec<String> =
        named.into_iter().map(|module| story::explain(run, scene, module, width)).collect();
    Ok(texts.join("\n"))
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
