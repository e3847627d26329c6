//! `modplan compare`: both approaches with the same luck, many times.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use modplan::orchestrate::{Approach, Cascade};
use modplan::report::svg::{Gantt, GanttModule};
use modplan::report::{self, Comparison, Variant};
use modplan::sim::sweep::{self, Sweep};
use modplan::sim::{self, Outcome, Run, Setup};

use super::args::{SelectionArgs, SweepArgs, WorldArgs};
use super::console::Console;
use super::execute::{DurationsArg, Subject};
use super::output::{OutputArgs, write_directory};
use super::progress::Progress;
use super::status::Answer;

/// Compare the two approaches on one farm, each under both cascades, with the same luck
///
/// Prints a table; with `-o DIR` also writes `summary.json`, `compare.csv`, `makespans.svg` and, for
/// every variant, `gantt-APPROACH-CASCADE.svg` of its first replication.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Modulemd files, PDC dumps, directories of them, `-`, or a plan
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    world: WorldArgs,
    #[command(flatten)]
    sweep: SweepArgs,
    /// Which variants to compare; several with commas or by repeating
    #[arg(
        long,
        value_name = "VARIANT",
        value_delimiter = ',',
        default_values = ["koji-owned/literal", "koji-owned/planned", "orchestrator-owned/literal", "orchestrator-owned/planned"]
    )]
    variants: Vec<VariantArg>,
    /// How durations are taken from the trace
    #[arg(long, value_name = "MODE", default_value = "resample")]
    durations: DurationsArg,
    /// What goes to standard output
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Write the report into DIR, made if need be
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum VariantArg {
    /// koji owns the build, and every pass has all dependants rebuilt
    #[value(name = "koji-owned/literal")]
    KojiLiteral,
    /// koji owns the build, and a dependant that waits already is not queued twice
    #[value(name = "koji-owned/coalesced")]
    KojiCoalesced,
    /// koji owns the build, and each module is rebuilt once
    #[value(name = "koji-owned/planned")]
    KojiPlanned,
    /// The orchestrator owns the build, and every pass has all dependants rebuilt
    #[value(name = "orchestrator-owned/literal")]
    OwnerLiteral,
    /// The orchestrator owns the build, and a dependant that waits already is not queued twice
    #[value(name = "orchestrator-owned/coalesced")]
    OwnerCoalesced,
    /// The orchestrator owns the build, and each module is rebuilt once
    #[value(name = "orchestrator-owned/planned")]
    OwnerPlanned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table of the variants and their differences
    Table,
    /// `summary.json`
    Json,
    /// `compare.csv`: one row a variant and replication
    Csv,
}

impl VariantArg {
    fn parts(self) -> (Approach, Cascade) {
        match self {
            Self::KojiLiteral => (Approach::KojiOwned, Cascade::Literal),
            Self::KojiCoalesced => (Approach::KojiOwned, Cascade::Coalesced),
            Self::KojiPlanned => (Approach::KojiOwned, Cascade::Planned),
            Self::OwnerLiteral => (Approach::OrchestratorOwned, Cascade::Literal),
            Self::OwnerCoalesced => (Approach::OrchestratorOwned, Cascade::Coalesced),
            Self::OwnerPlanned => (Approach::OrchestratorOwned, Cascade::Planned),
        }
    }
}

/// One variant with its first replication in full.
struct Simulated {
    variant: Variant,
    first: Run,
}

impl Compare {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let subject = Subject::read(&self.inputs, &self.selection, (&self.world, console))?;
        let simulated = self.simulate(&subject, console)?;
        tell(&simulated, console);
        let comparison = Comparison {
            seed: self.world.seed,
            variants: simulated.iter().map(|one| one.variant.clone()).collect(),
            assumptions: subject.world.assumptions.clone(),
        };
        if let Some(directory) = &self.output {
            let files = files(&comparison, &simulated, &subject);
            let files: Vec<(&str, Vec<u8>)> =
                files.iter().map(|(name, text)| (name.as_str(), text.clone().into())).collect();
            write_directory(directory, &files)?;
            console.note(&format!("wrote {} files into {}", files.len(), directory.display()));
        }
        let stdout = OutputArgs { output: "-".into() };
        stdout.write(match self.format {
            Format::Table => report::table::compare(&comparison),
            Format::Json => comparison.summary().to_json(),
            Format::Csv => report::csv::compare(&comparison),
        })?;
        Ok(Answer::Yes)
    }

    fn simulate(&self, subject: &Subject, console: &Console) -> anyhow::Result<Vec<Simulated>> {
        let mut wanted = self.variants.clone();
        wanted.sort_by_key(|variant| variant.parts());
        wanted.dedup();
        let replications = self.sweep.replications.get();
        let steps = (wanted.len() * replications) as u64;
        let progress = Progress::start(console, "replications", steps);
        let mut simulated = Vec::new();
        for variant in wanted {
            let (approach, cascade) = variant.parts();
            let mut setup = subject.setup(approach, cascade)?;
            setup.durations = self.durations.mode();
            setup.seed = self.world.seed;
            simulated.push(self.simulate_one(&setup, &progress));
        }
        Ok(simulated)
    }

    fn simulate_one(&self, setup: &Setup, progress: &Progress) -> Simulated {
        let threads = self.sweep.threads.map_or(0, std::num::NonZeroUsize::get);
        let wanted = Sweep { replications: self.sweep.replications.get(), threads };
        let runs = sweep::replications(setup, wanted, &|| progress.step());
        let name = format!("{}/{}", setup.approach.as_str(), setup.cascade.as_str());
        let first = sim::World::new(setup).run_in_full(0);
        Simulated { variant: Variant { name, runs }, first }
    }
}

/// Tells what kept variants from ending well, each kind of trouble once.
fn tell(simulated: &[Simulated], console: &Console) {
    let mut told = std::collections::BTreeSet::new();
    for one in simulated {
        for (what, hint) in report::run::advice(&one.first) {
            if one.first.figures.outcome != Outcome::Failed && told.insert(what.clone()) {
                console.warn(&format!("{}: {what}", one.variant.name), Some(hint));
            }
        }
    }
}

/// Renders every file of the report.
fn files(
    comparison: &Comparison,
    simulated: &[Simulated],
    subject: &Subject,
) -> Vec<(String, String)> {
    let mut files = vec![
        ("summary.json".to_owned(), comparison.summary().to_json()),
        ("compare.csv".to_owned(), report::csv::compare(comparison)),
        ("makespans.svg".to_owned(), report::svg::makespans(comparison)),
    ];
    let modules: Vec<GanttModule> = subject
        .plan
        .modules
        .iter()
        .map(|module| GanttModule { id: Arc::from(module.id.as_str()), wave: module.wave })
        .collect();
    for one in simulated {
        let title = format!("{}, replication 1", one.variant.name);
        let gantt = Gantt { title: &title, bars: &one.first.bars, modules: &modules };
        let name = format!("gantt-{}.svg", one.variant.name.replace('/', "-"));
        files.push((name, report::svg::gantt(&gantt)));
    }
    files
}
