//! What compare and capacity share: how often a simulation is repeated, by whom, and until when.

use std::fmt::Write as _;
use std::io::Write;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use modplan::report::Distribution;
use modplan::report::shard::{self, Shard, ShardNumber};
use modplan::sim::sweep::Threads;
use modplan::sim::{Runs, Setup};
use modplan::time::Millis;
use sha2::{Digest as _, Sha256};

use super::console::Console;
use super::output::{SweepFormat, SweepOutput};
use super::progress::Progress;
use super::status::{Answer, Interrupted, Refusal};

/// Replications between two looks at the precision: fixed, so that the number of threads decides
/// nothing.
const BLOCK: u64 = 100;
/// How many replications are made when nobody says so.
const REPLICATIONS: u64 = 1000;
/// How many are made at most on the way to a precision, when nobody says so.
const REPLICATIONS_MAX: u64 = 100_000;

/// More would not fit into memory: the figures of each replication are kept for exact quantiles.
const REPLICATIONS_LARGEST: usize = 10_000_000;
/// More threads than any machine has processors.
const THREADS_LARGEST: usize = 4096;

/// Replications of every setup that are made in turns, at most: where a sweep is interrupted, all
/// setups have the same replications.
const ROUND: u64 = 64;

/// Returns the round that follows so many replications of a sweep: one, then as many as are made, so
/// that little is lost where it is interrupted early.
fn round_after(made: u64, range: &std::ops::Range<u64>) -> std::ops::Range<u64> {
    let more = (made - range.start).clamp(1, ROUND);
    made..(made + more).min(range.end)
}

/// Whether Ctrl-C was pressed.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Lets the first Ctrl-C end the sweep and the second one the program.
fn listen_for_interrupts() {
    let first = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Where nobody can listen, as within a test that listens already, Ctrl-C ends the program.
    let _unheard = ctrlc::set_handler(first);
}

fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// How often a simulation is repeated, and on how many threads.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Replications")]
pub(crate) struct SweepArgs {
    /// Simulate everything N times, each time with other luck [default: 1000; with --half-width at
    /// most 100000]
    #[arg(long, value_name = "N", value_parser = up_to::<REPLICATIONS_LARGEST>)]
    replications: Option<NonZeroUsize>,
    /// Stop when the 95 % interval of every mean makespan is within WIDTH to both sides, such as
    /// 30s or 1%; looked at after every 100 replications
    #[arg(long, value_name = "WIDTH", conflicts_with = "shard")]
    half_width: Option<HalfWidth>,
    /// Use N threads; all processors when left out. The results are the same for any number
    #[arg(long, value_name = "N", value_parser = up_to::<THREADS_LARGEST>)]
    threads: Option<NonZeroUsize>,
    /// Make part I of N of the replications, for `modplan merge` to join
    #[arg(long, value_name = "I/N", value_parser = shard_number)]
    pub(crate) shard: Option<ShardNumber>,
}

/// How precise a mean is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum HalfWidth {
    Time(Millis),
    /// A share of the mean.
    Share(f64),
}

impl FromStr for HalfWidth {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let no = || "write a time such as 30s, or a share such as 1%".to_owned();
        if let Some(percent) = text.strip_suffix('%') {
            let share = percent.trim().parse::<f64>().map_err(|_| no())? / 100.0;
            return if share > 0.0 && share < 1.0 { Ok(Self::Share(share)) } else { Err(no()) };
        }
        match text.parse::<Millis>() {
            Ok(Millis::ZERO) | Err(_) => Err(no()),
            Ok(time) => Ok(Self::Time(time)),
        }
    }
}

/// Reads a number from 1 to `LARGEST`.
fn up_to<const LARGEST: usize>(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(number) if number.get() <= LARGEST => Ok(number),
        _ => Err(format!("write a whole number from 1 to {LARGEST}")),
    }
}

fn shard_number(text: &str) -> Result<ShardNumber, String> {
    let parsed = text.split_once('/').and_then(|(number, of)| {
        Some(ShardNumber { number: number.parse().ok()?, of: of.parse().ok()? })
    });
    match parsed {
        Some(shard) if (1..=shard.of).contains(&shard.number) => Ok(shard),
        _ => Err("write I/N with I from 1 to N, such as 2/8".to_owned()),
    }
}

/// The runs of several setups, each with the same replications.
pub(crate) struct Swept {
    /// By setup, in replication order.
    pub(crate) runs: Vec<Runs>,
    /// Whether the first replication of all is among them.
    pub(crate) has_first: bool,
    /// Whether luck can make them differ; if not, the first replication stands for all.
    pub(crate) is_drawn: bool,
    /// How many were made of each.
    made: std::ops::Range<u64>,
    /// How many the whole sweep has of each; this may be a part of it.
    of: u64,
    /// How many were asked for, where the sweep was interrupted.
    pub(crate) interrupted_of: Option<u64>,
}

impl Swept {
    /// Returns how many replications are made of each setup, in all parts of the sweep.
    pub(crate) fn replications(&self) -> u64 {
        if self.interrupted_of.is_some() { self.made.end } else { self.of }
    }

    /// Refuses to continue where nothing is finished, or where what is cannot be used.
    pub(crate) fn check(&self, is_part: bool) -> Result<(), Interrupted> {
        match self.interrupted_of {
            Some(_) if is_part || self.made.is_empty() => Err(Interrupted),
            Some(_) | None => Ok(()),
        }
    }
}

/// Threads and a plan of how much to run on them.
pub(crate) struct Sweeper<'a> {
    args: SweepArgs,
    threads: Threads,
    console: &'a Console,
}

impl<'a> Sweeper<'a> {
    pub(crate) fn new(args: SweepArgs, console: &'a Console) -> Self {
        listen_for_interrupts();
        let threads = Threads::start(args.threads.map_or(0, NonZeroUsize::get));
        Self { args, threads, console }
    }

    /// Returns whether Ctrl-C was pressed: what is run from then on is not finished.
    pub(crate) fn is_interrupted(&self) -> bool {
        is_interrupted()
    }

    fn replications(&self) -> u64 {
        let default = if self.args.half_width.is_some() { REPLICATIONS_MAX } else { REPLICATIONS };
        self.args.replications.map_or(default, |count| count.get() as u64)
    }

    /// Runs all setups: a part, a fixed number, or until the means are precise.
    pub(crate) fn run(&self, setups: &[Setup]) -> Swept {
        let is_drawn = setups.iter().any(Setup::is_drawn);
        let count = if is_drawn { self.replications() } else { 1 };
        let range = self.args.shard.map_or(0..count, |part| shard::replications_of(part, count));
        let Some(target) = self.args.half_width.filter(|_| is_drawn) else {
            return Swept { is_drawn, of: count, ..self.run_range(setups, range) };
        };
        let steps = setups.len() as u64 * count;
        let progress = Progress::start(self.console, "replications at most", steps);
        let mut runs: Vec<Runs> = vec![Runs::default(); setups.len()];
        let mut made = 0;
        while made < count {
            let block = made..(made + BLOCK).min(count);
            made = block.end;
            for (setup, runs) in setups.iter().zip(&mut runs) {
                runs.extend(self.threads.run(setup, block.clone(), &|| progress.step()).iter());
            }
            if runs.iter().all(|runs| is_precise(runs, target)) || is_interrupted() {
                break;
            }
        }
        drop(progress);
        if !is_interrupted() && !runs.iter().all(|runs| is_precise(runs, target)) {
            self.console.warn(
                &format!("{made} replications do not make every mean as precise as asked for"),
                Some("allow more with --replications, or ask for a larger --half-width"),
            );
        }
        let interrupted_of = is_interrupted().then_some(count);
        Swept { runs, has_first: true, is_drawn, made: 0..made, of: made, interrupted_of }
    }

    /// Runs other setups as often as those of `like` were.
    pub(crate) fn run_like(&self, setups: &[Setup], like: &Swept) -> Vec<Runs> {
        self.run_range(setups, like.made.clone()).runs
    }

    /// Runs the first replications of some setups, as many as the sweep has at most.
    pub(crate) fn run_first(&self, setups: &[Setup], most: u64) -> Vec<Runs> {
        self.run_range(setups, 0..most.min(self.replications())).runs
    }

    fn run_range(&self, setups: &[Setup], range: std::ops::Range<u64>) -> Swept {
        let steps = setups.len() as u64 * (range.end - range.start);
        let progress = Progress::start(self.console, "replications", steps);
        let mut runs: Vec<Runs> = vec![Runs::default(); setups.len()];
        let mut made = range.start;
        while made < range.end {
            let round = round_after(made, &range);
            let mut more: Vec<Runs> = Vec::new();
            for setup in setups {
                let mut of_it = Runs::default();
                self.threads.run_more(setup, round.clone(), &|| progress.step(), &mut of_it);
                more.push(of_it);
                if is_interrupted() {
                    break;
                }
            }
            if is_interrupted() {
                break;
            }
            made = round.end;
            tracing::info!("{made} replications are finished");
            runs.iter_mut().zip(&more).for_each(|(runs, more)| runs.extend(more.iter()));
        }
        let interrupted_of = (made < range.end).then_some(range.end - range.start);
        let has_first = range.contains(&0);
        let made = range.start..made;
        Swept { runs, has_first, is_drawn: true, of: range.end, made, interrupted_of }
    }

    /// Returns what stands for everything that decides the runs of some setups.
    pub(crate) fn digest(&self, setups: &[Setup]) -> String {
        let mut hasher = Hasher(Sha256::new());
        let version = env!("CARGO_PKG_VERSION");
        write!(hasher, "{version} {} {setups:?}", self.replications())
            .expect("a hash takes everything");
        let mut text = String::with_capacity(64);
        for byte in hasher.0.finalize() {
            write!(text, "{byte:02x}").expect("a string takes all");
        }
        text
    }
}

/// Returns whether the mean makespan is known precisely enough. Where no run is ever done there is
/// no mean to wait for.
fn is_precise(runs: &Runs, target: HalfWidth) -> bool {
    let makespans = runs.makespans_done();
    if makespans.is_empty() {
        return true;
    }
    let spread = Distribution::of(&makespans, 1000);
    let wanted = match target {
        HalfWidth::Time(time) => time.as_secs_f64(),
        HalfWidth::Share(share) => share * spread.mean.unwrap_or_default(),
    };
    spread.ci95.half_width().is_some_and(|half| half <= wanted)
}

/// Takes text into a hash.
struct Hasher(Sha256);

impl std::fmt::Write for Hasher {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// Writes one part of a sweep: into the directory, or to standard output.
pub(crate) fn write_shard(
    shard: &Shard,
    output: &SweepOutput,
    console: &Console,
) -> anyhow::Result<Answer> {
    let name = format!("shard-{}-of-{}.json", shard.shard.number, shard.shard.of);
    let fill = |out: &mut dyn Write| shard.write(out);
    output.write_only(&name, fill, console)?;
    Ok(Answer::Yes)
}

/// Which formats a sweep is printed in; a part has none of its own.
pub(crate) fn refuse_format(output: &SweepOutput) -> Result<(), Refusal> {
    match output.format {
        None => Ok(()),
        Some(SweepFormat::Table | SweepFormat::Json | SweepFormat::Csv) => {
            Err(Refusal::usage("--format does not apply to a shard")
                .hint("leave --format out here and give it to `modplan merge`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_begin_with_one_replication_and_grow() {
        let rounds = |range: std::ops::Range<u64>| {
            let next = |made: &u64| Some(round_after(*made, &range)).filter(|r| !r.is_empty());
            let ends = std::iter::successors(Some(range.start), |made| next(made).map(|r| r.end));
            ends.collect::<Vec<_>>()
        };
        assert_eq!(rounds(0..200), [0, 1, 2, 4, 8, 16, 32, 64, 128, 192, 200]);
        // A part begins anywhere.
        assert_eq!(rounds(500..507), [500, 501, 502, 504, 507]);
        assert_eq!(rounds(3..3), [3]);
    }

    #[test]
    fn widths_and_parts_are_read_or_refused_in_words() {
        assert_eq!("30s".parse(), Ok(HalfWidth::Time(Millis::from_secs(30))));
        assert_eq!("1%".parse(), Ok(HalfWidth::Share(0.01)));
        for wrong in ["0s", "0%", "100%", "-1%", "1", "", "x%"] {
            assert!(wrong.parse::<HalfWidth>().is_err(), "{wrong}");
        }
        assert_eq!(shard_number("2/8"), Ok(ShardNumber { number: 2, of: 8 }));
        for wrong in ["0/3", "4/3", "1/0", "1", "a/b", "1/-2"] {
            assert!(shard_number(wrong).is_err(), "{wrong}");
        }
    }
}
