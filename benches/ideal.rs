//! The ideal model on one large graph, beside a heap loop written by hand and beside SimPy, and
//! how replications scale over threads. Prints a table; ratios of one run are what counts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use modplan::orchestrate::{Approach, Cascade, CatalogBuilder, Dispatch, ModuleParts, TaskParts};
use modplan::sim::sweep::Threads;
use modplan::sim::{Conditions, DurationMode, Outcomes, Setup, Slots, SlotsGroup, World};
use modplan::time::Millis;
use modplan::trace::{Family, Samples};
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

const JOBS: usize = 100_000;
const BUILDERS: u32 = 200;
const ROUNDS: usize = 7;
/// Different times; jobs share them.
const LAWS: usize = 1000;

/// Jobs in an order in which each stands after all that it waits for.
struct Graph {
    law: Vec<u32>,
    times: Vec<u64>,
    level: Vec<u32>,
    after: Vec<Vec<u32>>,
}

impl Graph {
    fn new() -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(5);
        let mut below = |limit: u64| usize::try_from(random.next_u64() % limit).expect("small");
        let mut level = vec![0; JOBS];
        let mut after = vec![Vec::new(); JOBS];
        for job in 1..JOBS {
            for _ in 0..below(6) {
                let before = job - 1 - below(job.min(4000) as u64);
                if !after[job].contains(&small(before)) {
                    after[job].push(small(before));
                    level[job] = level[job].max(level[before] + 1);
                }
            }
        }
        let law = (0..JOBS).map(|_| small(below(LAWS as u64))).collect();
        let times = (0..LAWS).map(|_| 1000 + below(1_000_000) as u64).collect();
        Self { law, times, level, after }
    }

    fn time(&self, job: usize) -> u64 {
        self.times[self.law[job] as usize]
    }

    fn setup(&self) -> Setup {
        let component = |job: usize| {
            let task = TaskParts {
                arch: "x86_64".into(),
                estimate_ms: self.time(job),
                durations: self.law[job],
            };
            let name = format!("j{job:06}");
            (name.as_str().into(), self.level[job], self.after[job].clone(), vec![task])
        };
        let mut builder = CatalogBuilder::default();
        builder.push(&ModuleParts {
            id: "m:1:00000000".to_owned(),
            wave: Some(1),
            is_start: true,
            is_graph: true,
            components: (0..JOBS).map(component).collect(),
            ..ModuleParts::default()
        });
        let group =
            SlotsGroup { name: "x86".to_owned(), count: BUILDERS, arches: vec!["x86_64".into()] };
        let constant = |&run| Samples::of_family(Family::Constant { run: Millis(run) });
        Setup {
            catalog: Arc::new(builder.finish()),
            samples: Arc::new(self.times.iter().map(constant).collect()),
            slots: Slots { groups: vec![group] },
            hub: None,
            approach: Approach::OrchestratorOwned,
            cascade: Cascade::Planned,
            dispatch: Dispatch::Graph,
            submit_limit: u32::MAX,
            builds_max: 1_000_000,
            durations: DurationMode::Fit,
            outcomes: Outcomes::AlwaysPass,
            conditions: Conditions::default(),
            seed: 1,
        }
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("small")
}

/// The loop that somebody would write for this one case: two heaps and three arrays.
struct Hand {
    times: Vec<u64>,
    rank: Vec<u64>,
    waits: Vec<u32>,
    starts: Vec<u32>,
    followers: Vec<u32>,
}

impl Hand {
    fn new(graph: &Graph) -> Self {
        let mut lists = vec![Vec::new(); JOBS];
        for (job, after) in graph.after.iter().enumerate() {
            after.iter().for_each(|&before| lists[before as usize].push(small(job)));
        }
        let times: Vec<u64> = (0..JOBS).map(|job| graph.time(job)).collect();
        let mut rank = vec![0; JOBS];
        for job in (0..JOBS).rev() {
            let longest = lists[job].iter().map(|&next| rank[next as usize]).max().unwrap_or(0);
            rank[job] = times[job] + longest;
        }
        let mut starts = vec![0];
        starts.extend(lists.iter().scan(0, |end, list| {
            *end += small(list.len());
            Some(*end)
        }));
        let waits = graph.after.iter().map(|after| small(after.len())).collect();
        Self { times, rank, waits, starts, followers: lists.concat() }
    }

    /// Of equally long paths the job that was submitted first goes first; of those that become
    /// ready by one end the longest path is submitted first, then the earlier job.
    fn run(&self) -> u64 {
        let mut waits = self.waits.clone();
        let mut ready: BinaryHeap<(u64, Reverse<u32>, u32)> = BinaryHeap::new();
        let mut running: BinaryHeap<Reverse<(u64, u32, u32)>> = BinaryHeap::new();
        let mut fresh: Vec<u32> =
            (0..).zip(&waits).filter(|(_, waits)| **waits == 0).map(|(job, _)| job).collect();
        let (mut now, mut free, mut submitted) = (0, BUILDERS, 0);
        self.submit(&mut fresh, &mut submitted, &mut ready);
        loop {
            while free > 0
                && let Some((_, Reverse(number), job)) = ready.pop()
            {
                free -= 1;
                running.push(Reverse((now + self.times[job as usize], number, job)));
            }
            let Some(&Reverse((time, _, _))) = running.peek() else { return now };
            now = time;
            while let Some(&Reverse((same, _, job))) = running.peek()
                && same == time
            {
                running.pop();
                free += 1;
                let at = job as usize;
                for &next in &self.followers[self.starts[at] as usize..self.starts[at + 1] as usize]
                {
                    waits[next as usize] -= 1;
                    if waits[next as usize] == 0 {
                        fresh.push(next);
                    }
                }
                self.submit(&mut fresh, &mut submitted, &mut ready);
            }
        }
    }

    fn submit(
        &self,
        fresh: &mut Vec<u32>,
        submitted: &mut u32,
        ready: &mut BinaryHeap<(u64, Reverse<u32>, u32)>,
    ) {
        fresh.sort_unstable_by_key(|&job| (Reverse(self.rank[job as usize]), job));
        for job in fresh.drain(..) {
            ready.push((self.rank[job as usize], Reverse(*submitted), job));
            *submitted += 1;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures the wall clock")]
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let result = work();
    (began.elapsed(), result)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// Returns how long SimPy took for the same graph and its makespan; none where it is not installed.
fn simpy(graph: &Graph) -> Option<(f64, u64)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut before = vec![Vec::new(); JOBS];
    for (job, after) in graph.after.iter().enumerate() {
        after.iter().for_each(|&first| before[first as usize].push(job));
    }
    let jobs: Vec<u64> = (0..JOBS).map(|job| graph.time(job)).collect();
    let instance = serde_json::json!([{"jobs": jobs, "arch": vec![0; JOBS], "before": before,
        "builders": [BUILDERS], "rule": "critical-path"}]);
    let mut peer = Command::new(root.join("target/venv/bin/python"))
        .arg(root.join("tests/peers/simpy_makespans.py"))
        .arg("--time")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    peer.stdin.take()?.write_all(instance.to_string().as_bytes()).ok()?;
    let output = String::from_utf8(peer.wait_with_output().ok()?.stdout).ok()?;
    let mut lines = output.lines();
    let makespans: Vec<f64> = serde_json::from_str(lines.next()?).ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole milliseconds"
    )]
    let makespan = *makespans.first()? as u64;
    Some((lines.next()?.parse().ok()?, makespan))
}

#[expect(clippy::print_stdout, reason = "a bench prints its table")]
fn main() {
    let graph = Graph::new();
    let (hand, setup) = (Hand::new(&graph), graph.setup());
    let mut world = World::new(&setup);
    let (mut by_hand, mut by_world) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (time, expected) = timed(|| black_box(&hand).run());
        by_hand.push(time);
        let (time, figures) = timed(|| world.run(black_box(round as u64)));
        by_world.push(time);
        assert_eq!(figures.makespan.0, expected, "the same schedule");
    }
    let (by_hand, by_world) = (median(by_hand), median(by_world));
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let rate = |seconds: f64| JOBS as f64 / seconds / 1e6;
    println!("{JOBS} jobs on {BUILDERS} builders, graph dispatch, median of {ROUNDS}");
    println!("  by hand   {:8.2} million jobs/s", rate(by_hand));
    println!(
        "  modplan   {:8.2} million jobs/s, {:.2} times by hand",
        rate(by_world),
        by_hand / by_world
    );
    match simpy(&graph) {
        Some((seconds, makespan)) => {
            assert_eq!(makespan, hand.run(), "SimPy finds the same makespan");
            println!(
                "  SimPy     {:8.3} million jobs/s, modplan {:.0} times as fast",
                rate(seconds),
                seconds / by_world
            );
        }
        None => println!("  SimPy     not installed: tests/run --setup"),
    }
    scaling(&setup);
}

#[expect(clippy::print_stdout, reason = "a bench prints its table")]
fn scaling(setup: &Setup) {
    const REPLICATIONS: u64 = 64;
    let run = |threads| {
        let pool = Threads::start(threads);
        let times = (0..3).map(|_| timed(|| pool.run(setup, 0..REPLICATIONS, &|| {})).0);
        median(times.collect())
    };
    let (one, two) = (run(1), run(2));
    println!(
        "{REPLICATIONS} replications of it: 1 thread {one:.2} s, 2 threads {two:.2} s, {:.2} times",
        one / two
    );
}
