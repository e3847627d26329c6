//! `modplan compare`: both approaches with the same luck, many times.

use std::path::PathBuf;

use clap::Args;
use modplan::report::shard::{Shard, Sharded};
use modplan::report::{self, Comparison, Pilot, Probe, Variant};
use modplan::sim::{self, Outcome, Run, Setup};

use super::args::{SelectionArgs, WorldArgs};
use super::console::Console;
use super::execute::DurationsArg;
use super::output::{Pieces, SweepOutput, again, whole};
use super::probing::{Probing, is_troubled, pair};
use super::status::{Answer, Interrupted, Refusal};
use super::subject::Subject;
use super::sweeping::{SweepArgs, Sweeper, refuse_format, write_shard};
use super::variant::VariantArg::{
    self, KojiCoalesced, KojiLiteral, KojiPlanned, OwnerCoalesced, OwnerLiteral, OwnerPlanned,
};
use super::vary::Varied;

/// Compare the two approaches on one farm, each under both cascades, with the same luck
///
/// Prints a table; with `-o DIR` also writes `report.html`, `summary.json`, CSV files, a picture of
/// every figure, and `timeline.json`, a typical run of each variant for Perfetto.
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
    /// Also change one setting at a time, and try one trouble at a time: which of them decides?
    #[arg(long)]
    ablate: bool,
    /// Also print what halving and doubling each assumed number would change; the report in
    /// -o DIR has it always
    #[arg(long)]
    sensitivity: bool,
    #[command(flatten)]
    output: SweepOutput,
}

impl Compare {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        if self.sweep.shard.is_some() {
            refuse_format(&self.output)?;
        }
        self.output.check()?;
        let durations = self.durations.mode();
        let subject =
            Subject::read(&self.inputs, &self.selection, &self.world, durations, console)?;
        let usual = [KojiLiteral, KojiPlanned, OwnerLiteral, OwnerPlanned];
        let wanted = wanted(&self.variants, &usual, &subject);
        let cascades = wanted.iter().map(|variant| variant.parts().1);
        let widest = cascades.min().expect("something is compared");
        subject.warn_of_reach(widest, console);
        let setups = self.setups(&subject, &wanted)?;
        subject.warn_of_unused(&setups, console);
        let sweeper = Sweeper::new(self.sweep, console);
        let swept = sweeper.run(&setups);
        swept.check(self.sweep.shard.is_some())?;
        let replications = swept.replications();
        let variants = wanted.iter().zip(swept.runs);
        let mut comparison = Comparison {
            seed: self.world.seed,
            variants: variants.map(|(v, runs)| Variant { name: v.name(), runs }).collect(),
            model: subject.model(),
            durations: subject.durations(self.durations.mode(), widest),
            is_drawn: swept.is_drawn,
            confounders: subject.confounders(&wanted),
            assumed: subject.world.assumed.clone(),
            pilots: Vec::new(),
            probes: Vec::new(),
            is_sensitivity_told: self.sensitivity,
            is_ablation_told: self.ablate,
            command: again(),
            interrupted_of: swept.interrupted_of,
            are_settings_untried: false,
        };
        if swept.has_first {
            let modules = || {
                let modules = subject.plan.modules.iter();
                report::modules(modules.map(|module| (module.id.as_str(), module.wave)))
            };
            let named = wanted.iter().zip(&setups);
            let pilot = |(variant, setup): (&VariantArg, &Setup)| {
                Pilot::of(&variant.name(), setup, replications, modules())
            };
            comparison.pilots = named.clone().map(pilot).collect();
            if swept.interrupted_of.is_none() {
                comparison.probes = self.probes(&subject, &wanted, &sweeper)?;
            }
            let firsts: Vec<(String, Run)> = named
                .map(|(variant, setup)| (variant.name(), sim::World::new(setup).run_in_full(0)))
                .collect();
            let told = firsts.iter().zip(&setups);
            let told = told.filter(|((name, run), _)| is_worth_telling(name, run, &comparison));
            tell(told.map(|((name, run), setup)| (name.as_str(), setup, run)), console);
        }
        comparison.are_settings_untried = sweeper.is_interrupted() && self.tries_settings(&subject);
        let Some(shard) = self.sweep.shard else {
            return write_comparison(&comparison, &self.output, console);
        };
        if comparison.are_settings_untried {
            return Err(Interrupted.into());
        }
        let digest = sweeper.digest(&setups);
        let result = Sharded::Compare(comparison);
        let shard = Shard { shard, digest, result };
        write_shard(&shard, &self.output, console)
    }

    /// Tries other settings, where they were asked for. What decides the answer is looked for always:
    /// a part does not know whether there will be one.
    fn probes(
        &self,
        subject: &Subject,
        wanted: &[VariantArg],
        sweeper: &Sweeper<'_>,
    ) -> Result<Vec<Probe>, Refusal> {
        let probing = Probing {
            subject,
            sweeper,
            variants: pair(wanted),
            farm: subject.farm(),
            durations: self.durations.mode(),
            seed: self.world.seed,
            deadline: None,
            varied: Varied::new(),
        };
        let mut probes = Vec::new();
        if self.ablate || decides_by_settings(subject) {
            probes.extend(probing.ablate()?);
        }
        if self.ablate {
            probes.extend(probing.trouble()?);
        }
        if self.sensitivity || self.output.has_directory() {
            probes.extend(probing.sensitivity()?);
        }
        Ok(probes)
    }

    /// Returns whether other settings are tried after the sweep.
    fn tries_settings(&self, subject: &Subject) -> bool {
        let is_asked = self.ablate || self.sensitivity || self.output.has_directory();
        is_asked || decides_by_settings(subject)
    }

    fn setups(&self, subject: &Subject, wanted: &[VariantArg]) -> Result<Vec<Setup>, Refusal> {
        let (farm, scenario) = (subject.farm(), &subject.world.scenario);
        let (durations, seed) = (self.durations.mode(), self.world.seed);
        let setup =
            |variant: &VariantArg| subject.setup_of(*variant, farm, scenario, durations, seed);
        wanted.iter().map(setup).collect()
    }
}

/// Returns whether the scenario has something that may decide who ends earlier. Of changes that come in
/// that is not concluded.
fn decides_by_settings(subject: &Subject) -> bool {
    let scenario = &subject.world.scenario;
    is_troubled(scenario) && scenario.arrivals.is_empty()
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
        for (planned, again) in [(KojiPlanned, KojiCoalesced), (OwnerPlanned, OwnerCoalesced)] {
            wanted.iter_mut().filter(|variant| **variant == planned).for_each(|v| *v = again);
        }
    }
    wanted.sort();
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

/// A build that failed for good is luck of one replication, which figures show; where no replication
/// is ever done, it is not luck.
fn is_worth_telling(name: &str, first: &Run, comparison: &Comparison) -> bool {
    let is_ever_done = |variant: &Variant| {
        variant.name == name && variant.runs.outcomes().any(|outcome| outcome == Outcome::Done)
    };
    first.figures.outcome != Outcome::Failed || !comparison.variants.iter().any(is_ever_done)
}

/// Writes a comparison in every form asked for.
pub(crate) fn write_comparison(
    comparison: &Comparison,
    output: &SweepOutput,
    console: &Console,
) -> anyhow::Result<Answer> {
    let json = || whole(|| comparison.summary().to_json());
    let csv = || -> Pieces<'_> { Box::new(report::csv::compare(comparison)) };
    let mut files = vec![
        ("report.html".to_owned(), whole(|| report::page::compare(comparison))),
        ("summary.json".to_owned(), json()),
        ("compare.csv".to_owned(), csv()),
        ("within.csv".to_owned(), whole(|| report::csv::within(comparison))),
        ("load.csv".to_owned(), whole(|| report::csv::load(&comparison.pilots))),
        ("parts.csv".to_owned(), whole(|| report::csv::parts(&comparison.pilots))),
        ("timeline.json".to_owned(), whole(|| report::timeline::timeline(&comparison.pilots))),
    ];
    if !comparison.probes.is_empty() {
        files.push(("probes.csv".to_owned(), whole(|| report::csv::probes(&comparison.probes))));
    }
    for (name, draw) in report::page::pictures(comparison) {
        files.push((name, whole(draw)));
    }
    let table = whole(|| report::table::compare(comparison, output.width()));
    output.write([table, json(), csv()], files, console)?;
    let is_partial = comparison.interrupted_of.is_some() || comparison.are_settings_untried;
    Ok(if is_partial { Answer::Interrupted } else { Answer::Yes })
}
