//! `modplan capacity`: how many builders a deadline needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use modplan::farm::Model;
use modplan::report::capacity::{self as report, Capacity as Sweep, Neighbour, PointPilot};
use modplan::report::shard::{Shard, Sharded};
use modplan::report::{Pilot, Probe};
use modplan::sim::{self, Runs, Setup};
use modplan::time::Millis;

use super::args::{SelectionArgs, WorldArgs, share};
use super::compare::{tell, wanted};
use super::console::Console;
use super::execute::DurationsArg;
use super::output::{SweepOutput, again, whole};
use super::probing::Probing;
use super::status::{Answer, Interrupted, Refusal};
use super::subject::Subject;
use super::sweeping::{SweepArgs, Sweeper, Swept, refuse_format, write_shard};
use super::variant::VariantArg;
use super::vary::{Vary, farms, refuse_unneeded};

mod tries;

use tries::Try;

/// Find out how many builders a deadline needs
///
/// Simulates every combination of the varied numbers with the same luck. The answer is the cheapest
/// (by price_per_hour where all groups have one, else by number of builders) with which enough runs
/// are done in time; if there is none, the exit code is 1. With `-o DIR` also writes `report.html`,
/// `summary.json` and CSV files.
#[derive(Debug, Args)]
pub(crate) struct Capacity {
    /// Modulemd files, PDC dumps, directories of them, `-`, or a plan
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    world: WorldArgs,
    #[command(flatten)]
    sweep: SweepArgs,
    /// Vary the number of builders of a group of the farm (NAME.capacity: what each takes at a
    /// time) from A to B, both among them, in steps of STEP; several by repeating. Without STEP it
    /// is 1, or 0.5 between capacities that are not whole. An arch stands for the one group that
    /// builds it
    #[arg(long, value_name = "NAME[.count|.capacity]=A..B[:STEP]", required = true)]
    vary: Vec<Vary>,
    /// The time within which everything must be done, such as 4h
    #[arg(long, value_name = "TIME", value_parser = deadline)]
    deadline: Millis,
    /// The share of runs that must be done by then
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, value_parser = confidence)]
    confidence: f64,
    /// Under which variants; several with commas or by repeating [default: both approaches,
    /// planned; coalesced where the scenario has arrivals]
    #[arg(long, value_name = "VARIANT", value_delimiter = ',')]
    variants: Vec<VariantArg>,
    /// How durations are taken from the trace
    #[arg(long, value_name = "MODE", default_value = "resample")]
    durations: DurationsArg,
    /// Also print what halving and doubling each assumed number would change on the farm that
    /// is the answer; the report in -o DIR has it always
    #[arg(long)]
    sensitivity: bool,
    #[command(flatten)]
    output: SweepOutput,
}

fn confidence(text: &str) -> Result<f64, String> {
    match share(text) {
        Some(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("write a share above 0 and up to 1, such as 0.9 or 90%".to_owned()),
    }
}

fn deadline(text: &str) -> Result<Millis, String> {
    match text.parse::<Millis>() {
        Ok(Millis::ZERO) => Err("a deadline must be above 0, such as 4h".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

/// Of sweeps up to so many components in all points together every task of a typical run is kept.
const COMPONENTS_KEPT: usize = 20_000;

impl Capacity {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        if self.sweep.shard.is_some() {
            refuse_format(&self.output)?;
        }
        self.output.check()?;
        let subject = self.subject(console)?;
        let tries = self.tries(&subject)?;
        let cascades = tries.iter().map(|one| one.variant.parts().1);
        let widest = cascades.min().expect("something is tried");
        refuse_unneeded(subject.farm(), &self.vary, &subject.arches_under(widest))?;
        let setups = self.setups(&subject, &tries)?;
        subject.warn_of_unused(&setups, console);
        let sweeper = Sweeper::new(self.sweep, console);
        let mut swept = sweeper.run(&setups);
        swept.check(self.sweep.shard.is_some())?;
        let mut capacity = Sweep {
            seed: self.world.seed,
            deadline: self.deadline,
            confidence: self.confidence,
            points: tries
                .iter()
                .zip(std::mem::take(&mut swept.runs))
                .map(|(one, runs)| one.point(&subject, runs))
                .collect(),
            neighbours: Vec::new(),
            model: subject.model(),
            durations: subject.durations(self.durations.mode(), widest),
            is_drawn: swept.is_drawn,
            confounders: subject.confounders(&variants_of(&tries)),
            assumed: subject.world.assumed.clone(),
            pilots: Vec::new(),
            probes: BTreeMap::new(),
            is_sensitivity_told: self.sensitivity,
            command: again(),
            interrupted_of: swept.interrupted_of,
            are_settings_untried: false,
        };
        // A part does not know the answer; the whole needs the neighbours of two points alone.
        let asked: BTreeSet<usize> = match self.sweep.shard {
            Some(_) => (0..tries.len()).collect(),
            None => capacity.answer().into_iter().chain(capacity.best()).collect(),
        };
        if swept.has_first {
            let replications = swept.replications();
            capacity.pilots = pilots(&capacity, &asked, &setups, replications);
        }
        if (self.sensitivity || self.output.has_directory()) && swept.interrupted_of.is_none() {
            for at in self.probed(&capacity) {
                let probes = self.sensitivity_at(&tries[at], &subject, &sweeper)?;
                capacity.probes.insert(at, probes);
            }
        }
        let beside: Vec<(usize, Try)> = asked
            .into_iter()
            .flat_map(|at| tries[at].neighbours().map(move |one| (at, one)))
            .collect();
        if self.sweep.shard.is_none() && capacity.answer().is_none() {
            tell_of_largest(&tries, &setups, console);
        }
        self.add_neighbours(&mut capacity, beside, &subject, &sweeper, &swept)?;
        capacity.are_settings_untried = sweeper.is_interrupted();
        match self.sweep.shard {
            Some(_) if capacity.are_settings_untried => Err(Interrupted.into()),
            Some(shard) => {
                let (digest, result) = (sweeper.digest(&setups), Sharded::Capacity(capacity));
                write_shard(&Shard { shard, digest, result }, &self.output, console)
            }
            None => write_capacity(&capacity, &self.output, console),
        }
    }

    /// Reads what is rebuilt, and the farm that is varied.
    fn subject(&self, console: &Console) -> anyhow::Result<Subject> {
        let mode = self.durations.mode();
        Subject::read_to_vary(&self.inputs, &self.selection, &self.world, mode, &self.vary, console)
    }

    /// Runs farms with one builder more, beside the points they belong to. Where Ctrl-C left fewer runs
    /// of them than of the points, they are not compared.
    fn add_neighbours(
        &self,
        capacity: &mut Sweep,
        beside: Vec<(usize, Try)>,
        subject: &Subject,
        sweeper: &Sweeper<'_>,
        swept: &Swept,
    ) -> Result<(), Refusal> {
        let farms: Vec<Try> = beside.iter().map(|(_, one)| one.clone()).collect();
        let runs = sweeper.run_like(&self.setups(subject, &farms)?, swept);
        let made = capacity.points[0].runs.len();
        let whole = runs.into_iter().filter(|runs| runs.len() == made);
        let whole: Vec<Runs> = whole.collect();
        for ((point, one), runs) in beside.into_iter().zip(whole) {
            let group = one.builders.into_keys().next().expect("a neighbour names its group");
            capacity.neighbours.push(Neighbour { point, group, runs });
        }
        Ok(())
    }

    /// Returns at which points other values are tried: at the answer, or else at the point nearest to
    /// the deadline. Parts do not know which that is, so each tries its share of all points.
    fn probed(&self, capacity: &Sweep) -> Vec<usize> {
        let Some(part) = self.sweep.shard else {
            return capacity.answer().or(capacity.best()).into_iter().collect();
        };
        let is_own = |at: &usize| *at as u64 % part.of == part.number - 1;
        (0..capacity.points.len()).filter(is_own).collect()
    }

    /// Tries other values for assumed ones, on one farm.
    fn sensitivity_at(
        &self,
        one: &Try,
        subject: &Subject,
        sweeper: &Sweeper<'_>,
    ) -> Result<Vec<Probe>, Refusal> {
        let probing = Probing {
            subject,
            sweeper,
            variants: vec![one.variant],
            farm: &one.farm,
            durations: self.durations.mode(),
            seed: self.world.seed,
            deadline: Some(self.deadline),
            varied: one.builders.clone(),
        };
        probing.sensitivity()
    }

    fn tries(&self, subject: &Subject) -> Result<Vec<Try>, Refusal> {
        if subject.farm().model == Model::Ideal
            && let Some(vary) = self.vary.iter().find(|vary| vary.is_capacity())
        {
            return Err(Refusal::usage(format!(
                "{vary}: in the ideal model every builder takes one task"
            ))
            .hint("vary the count, or give a farm with `model: koji`"));
        }
        let usual = [VariantArg::KojiPlanned, VariantArg::OwnerPlanned];
        let variants = wanted(&self.variants, &usual, subject);
        let mut tries = Vec::new();
        for (farm, builders) in farms(subject.farm(), &self.vary)? {
            for &variant in &variants {
                tries.push(Try { farm: farm.clone(), builders: builders.clone(), variant });
            }
        }
        Ok(tries)
    }

    fn setups(&self, subject: &Subject, tries: &[Try]) -> Result<Vec<Setup>, Refusal> {
        let (durations, seed) = (self.durations.mode(), self.world.seed);
        let scenario = &subject.world.scenario;
        let setup = |one: &Try| subject.setup_of(one.variant, &one.farm, scenario, durations, seed);
        tries.iter().map(setup).collect()
    }
}

/// Looks at a few runs in full of the points asked for and of the last, the largest farm. Tasks are
/// kept of all of them in a small sweep, else of the last alone: a part keeps every point's.
fn pilots(
    capacity: &Sweep,
    asked: &BTreeSet<usize>,
    setups: &[Setup],
    replications: u64,
) -> Vec<PointPilot> {
    let last = setups.len() - 1;
    let modules = setups[last].catalog.modules.iter();
    let components: usize = modules.map(|module| module.components.len()).sum();
    let is_small = components * setups.len() <= COMPONENTS_KEPT;
    let of = |point: usize| {
        let name = capacity.points[point].name();
        let pilot = Pilot::of(&name, &setups[point], replications, Vec::new());
        let keeps_bars = is_small || point == last;
        PointPilot { point, pilot: if keeps_bars { pilot } else { pilot.without_bars() } }
    };
    let points: BTreeSet<usize> = asked.iter().copied().chain([last]).collect();
    points.into_iter().map(of).collect()
}

/// Returns the variants that are tried.
fn variants_of(tries: &[Try]) -> Vec<VariantArg> {
    tries.iter().map(|one| one.variant).collect()
}

/// Tells what keeps each variant from ending well on the farm that is tried last, the largest.
fn tell_of_largest<'s>(tries: &[Try], setups: &'s [Setup], console: &Console) {
    let mut firsts = BTreeMap::new();
    for (one, setup) in tries.iter().zip(setups).rev() {
        firsts.entry(one.variant.name()).or_insert(setup);
    }
    let first = |(name, setup): (String, &'s Setup)| {
        (format!("{name} on the largest farm"), setup, sim::World::new(setup).run_in_full(0))
    };
    let firsts: Vec<_> = firsts.into_iter().map(first).collect();
    tell(firsts.iter().map(|(name, setup, run)| (name.as_str(), *setup, run)), console);
}

/// Writes a sweep in every form asked for; no is the answer where no point is in time.
pub(crate) fn write_capacity(
    capacity: &Sweep,
    output: &SweepOutput,
    console: &Console,
) -> anyhow::Result<Answer> {
    let json = || whole(|| capacity.summary().to_json());
    let csv = || whole(|| report::csv(capacity));
    let mut files = vec![
        ("report.html".to_owned(), whole(|| modplan::report::page::capacity(capacity))),
        ("summary.json".to_owned(), json()),
        ("capacity.csv".to_owned(), csv()),
        ("load.csv".to_owned(), whole(|| report::load(capacity))),
        ("timeline.json".to_owned(), whole(|| capacity.timeline())),
    ];
    if !capacity.probes().is_empty() {
        let probes = || modplan::report::csv::probes(capacity.probes());
        files.push(("probes.csv".to_owned(), whole(probes)));
    }
    for (name, draw) in modplan::report::page::pictures_of_capacity(capacity) {
        files.push((name, whole(draw)));
    }
    output.write(
        [whole(|| report::table(capacity, output.width())), json(), csv()],
        files,
        console,
    )?;
    Ok(match capacity.are_settings_untried || capacity.interrupted_of.is_some() {
        true => Answer::Interrupted,
        false => Answer::yes_if(capacity.answer().is_some()),
    })
}
