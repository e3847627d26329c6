//! `modplan compare`: both approaches with the same luck, many times.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use modplan::orchestrate::{Approach, Cascade};
use modplan::report::shard::{Picture, Shard, Sharded};
use modplan::report::svg::{Gantt, GanttModule};
use modplan::report::{self, Comparison, Variant};
use modplan::sim::{self, Outcome, Run, Setup};

use super::args::{SelectionArgs, WorldArgs};
use super::console::Console;
use super::execute::DurationsArg;
use super::output::{Pieces, SweepOutput, whole};
use super::status::{Answer, Refusal};
use super::subject::Subject;
use super::sweeping::{SweepArgs, Sweeper, refuse_format, write_shard};

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
    /// Which variants to compare; several with commas or by repeating [default: both approaches,
    /// each literal and planned; coalesced instead of planned where the scenario has arrivals]
    #[arg(long, value_name = "VARIANT", value_delimiter = ',')]
    variants: Vec<VariantArg>,
    /// How durations are taken from the trace
    #[arg(long, value_name = "MODE", default_value = "resample")]
    durations: DurationsArg,
    #[command(flatten)]
    output: SweepOutput,
}

/// An approach under a cascade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VariantArg {
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

use VariantArg::{
    KojiCoalesced, KojiLiteral, KojiPlanned, OwnerCoalesced, OwnerLiteral, OwnerPlanned,
};

impl VariantArg {
    /// Returns the approach and the cascade.
    pub(crate) fn parts(self) -> (Approach, Cascade) {
        match self {
            Self::KojiLiteral => (Approach::KojiOwned, Cascade::Literal),
            Self::KojiCoalesced => (Approach::KojiOwned, Cascade::Coalesced),
            Self::KojiPlanned => (Approach::KojiOwned, Cascade::Planned),
            Self::OwnerLiteral => (Approach::OrchestratorOwned, Cascade::Literal),
            Self::OwnerCoalesced => (Approach::OrchestratorOwned, Cascade::Coalesced),
            Self::OwnerPlanned => (Approach::OrchestratorOwned, Cascade::Planned),
        }
    }

    /// Returns its name in reports.
    pub(crate) fn name(self) -> String {
        let (approach, cascade) = self.parts();
        format!("{}/{}", approach.as_str(), cascade.as_str())
    }
}

impl Compare {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        if self.sweep.shard.is_some() {
            refuse_format(&self.output)?;
        }
        let world = (&self.world, self.durations.mode());
        let subject = Subject::read(&self.inputs, &self.selection, (world, console))?;
        let usual = [KojiLiteral, KojiPlanned, OwnerLiteral, OwnerPlanned];
        let wanted = wanted(&self.variants, &usual, &subject);
        let cascades = wanted.iter().map(|variant| variant.parts().1);
        if let Some(cascade) = cascades.min() {
            subject.warn_of_reach(cascade, console);
        }
        let setups = self.setups(&subject, &wanted)?;
        subject.warn_of_silent(&setups, console);
        let sweeper = Sweeper::new(self.sweep, console);
        let swept = sweeper.run(&setups);
        let variants = wanted.iter().zip(swept.runs);
        let comparison = Comparison {
            seed: self.world.seed,
            variants: variants.map(|(v, runs)| Variant { name: v.name(), runs }).collect(),
            durations: subject.durations(self.durations.mode()),
            assumptions: subject.world.assumptions.clone(),
        };
        let mut pictures = Vec::new();
        if swept.has_first {
            let first = |setup| sim::World::new(setup).run_in_full(0);
            let names = wanted.iter().map(|variant| variant.name());
            let firsts: Vec<(String, Run)> = names.zip(setups.iter().map(first)).collect();
            let told = firsts.iter().zip(&setups);
            let told = told.filter(|(first, _)| is_worth_telling(first, &comparison));
            tell(told.map(|((name, run), setup)| (name.as_str(), setup, run)), console);
            pictures = firsts.into_iter().map(|first| picture(first, &subject)).collect();
        }
        let Some(shard) = self.sweep.shard else {
            return write_comparison(&comparison, &pictures, (&self.output, console));
        };
        let digest = sweeper.digest(&setups);
        let result = Sharded::Compare { comparison, pictures };
        let shard = Shard { shard, digest, result };
        write_shard(&shard, (&self.output, console))
    }

    fn setups(&self, subject: &Subject, wanted: &[VariantArg]) -> Result<Vec<Setup>, Refusal> {
        let setup = |variant: &VariantArg| {
            let (approach, cascade) = variant.parts();
            let mut setup = subject.setup(approach, cascade)?;
            setup.durations = self.durations.mode();
            setup.seed = self.world.seed;
            Ok(setup)
        };
        wanted.iter().map(setup).collect()
    }
}

/// Returns the variants asked for, in their order, each once; without any the usual ones. A planned
/// cascade rebuilds once, so for changes that come again and again the usual one is coalesced.
pub(crate) fn wanted(
    asked: &[VariantArg],
    usual: &[VariantArg],
    subject: &Subject,
) -> Vec<VariantArg> {
    let mut wanted = if asked.is_empty() { usual.to_vec() } else { asked.to_vec() };
    if asked.is_empty() && !subject.world.scenario.arrivals.is_empty() {
        for variant in &mut wanted {
            *variant = match *variant {
                KojiPlanned => KojiCoalesced,
                OwnerPlanned => OwnerCoalesced,
                KojiLiteral | KojiCoalesced | OwnerLiteral | OwnerCoalesced => *variant,
            };
        }
    }
    wanted.sort_by_key(|variant| variant.parts());
    wanted.dedup();
    wanted
}

/// Tells what kept variants from ending well, each kind of trouble once.
pub(crate) fn tell<'a>(
    firsts: impl Iterator<Item = (&'a str, &'a Setup, &'a Run)>,
    console: &Console,
) {
    let mut told = std::collections::BTreeSet::new();
    for (name, setup, run) in firsts {
        for (what, hint) in report::advice::advice(setup, run) {
            if told.insert(what.clone()) {
                console.warn(&format!("{name}: {what}"), Some(&hint));
            }
        }
    }
}

/// A build that failed for good is luck of one replication, which figures tell; where no replication
/// is ever done, it is no luck.
fn is_worth_telling((name, first): &(String, Run), comparison: &Comparison) -> bool {
    let is_ever_done = |variant: &Variant| {
        variant.name == *name && variant.runs.outcomes().any(|outcome| outcome == Outcome::Done)
    };
    first.figures.outcome != Outcome::Failed || !comparison.variants.iter().any(is_ever_done)
}

/// Keeps what a chart of the first replication needs.
fn picture((name, run): (String, Run), subject: &Subject) -> Picture {
    let modules = subject.plan.modules.iter();
    let module = |module: &modplan::plan::model::PlanModule| GanttModule {
        id: Arc::from(module.id.as_str()),
        wave: module.wave,
    };
    Picture {
        name: format!("gantt-{}.svg", name.replace('/', "-")),
        title: format!("{name}, replication 1"),
        bars: run.bars,
        modules: modules.map(module).collect(),
    }
}

/// Writes a comparison in every form asked for.
pub(crate) fn write_comparison(
    comparison: &Comparison,
    pictures: &[Picture],
    (output, console): (&SweepOutput, &Console),
) -> anyhow::Result<Answer> {
    let json = || whole(|| comparison.summary().to_json());
    let csv = || -> Pieces<'_> { Box::new(report::csv::compare(comparison)) };
    let mut files = vec![
        ("summary.json".to_owned(), json()),
        ("compare.csv".to_owned(), csv()),
        ("makespans.svg".to_owned(), whole(|| report::svg::makespans(comparison))),
    ];
    for Picture { name, title, bars, modules } in pictures {
        files.push((name.clone(), whole(|| report::svg::gantt(&Gantt { title, bars, modules }))));
    }
    let table = whole(|| report::table::compare(comparison));
    output.write([table, json(), csv()], files, console)?;
    Ok(Answer::Yes)
}
