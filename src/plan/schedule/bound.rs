//! Verifiable lower bounds, with their proofs.
//!
//! Two kinds: a path of tasks, each of which waits for the previous one, and *energy*: tasks that
//! only builders of one arch can run, none of which can start before a head and each of which has a
//! tail after it, need `head + work / places + tail`. Heads and tails are longest paths of task
//! times. Every end of a schedule is a sum of task times, so a bound is rounded up to their
//! greatest common divisor.
//!
//! The tasks that only builders of one arch can run are more than the tasks of that arch: if all
//! builders are x86_64, they also run all noarch tasks, and i686 tasks if only x86_64 builders
//! accept them.

use super::problem::{Problem, Times};

/// Up to this many tasks of an arch, every head is paired with every tail; beyond, a sample of
/// each, which is fast and still a bound.
const SAMPLES_MAX: usize = 512;

/// The proof of a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// The bound, in milliseconds.
    pub bound_ms: u64,
    /// The kind of proof.
    pub kind: CertificateKind,
    /// The tasks; of a path in order.
    pub tasks: Vec<u32>,
}

/// The kind of a proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertificateKind {
    /// The tasks wait for each other, and their times sum to the bound.
    #[default]
    Path,
    /// Only the places of one arch can run the tasks.
    Energy {
        /// The number of the arch.
        arch: u32,
        /// None of them can start earlier.
        head_ms: u64,
        /// Each of them has at least so much after it.
        tail_ms: u64,
        /// The sum of their times.
        work_ms: u64,
        /// How many places share the work.
        places: u64,
    },
}

/// Returns the greatest common divisor of all task times, on every builder that can run them: every
/// schedule ends at a multiple of it. 1 without any.
#[must_use]
pub fn granularity_ms(problem: &Problem) -> u64 {
    let mut divisor = 0;
    for (task, &ms) in problem.ms.iter().enumerate() {
        for &group in &problem.serving[problem.arches_of[task] as usize] {
            divisor = common_divisor(divisor, problem.builders[group as usize].run_ms(ms));
            if divisor == 1 {
                return 1;
            }
        }
    }
    divisor.max(1)
}

fn common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// Returns, for each arch, the work that only its builders can do, divided by their places, in
/// milliseconds; `None` for an arch without builders.
#[must_use]
pub fn capacity_ms(problem: &Problem) -> Vec<Option<u64>> {
    let mut work = vec![0_u64; problem.serving.len()];
    for (&arch, &ms) in problem.arches_of.iter().zip(&problem.least_ms) {
        work[arch as usize] += ms;
    }
    let of = |arch: u32| match places(problem, arch) {
        0 => (work[arch as usize] == 0).then_some(0),
        places => {
            let own = confined(problem, arch).map(|other| work[other as usize]).sum::<u64>();
            Some(own.div_ceil(places))
        }
    };
    (0..).take(work.len()).map(of).collect()
}

/// Returns the arches whose tasks only builders of `arch` can run, including itself if it has
/// builders.
pub fn confined(problem: &Problem, arch: u32) -> impl Iterator<Item = u32> + '_ {
    let own = &problem.serving[arch as usize];
    let is_inside =
        |groups: &Vec<u32>| !groups.is_empty() && groups.iter().all(|group| own.contains(group));
    (0_u32..).zip(&problem.serving).filter(move |(_, groups)| is_inside(groups)).map(|(at, _)| at)
}

fn places(problem: &Problem, arch: u32) -> u64 {
    let groups = problem.serving[arch as usize].iter();
    groups.map(|&group| u64::from(problem.builders[group as usize].places)).sum()
}

/// Returns the largest bound with its proof; among equals the path.
#[must_use]
pub fn bound(problem: &Problem, times: &[Times]) -> Certificate {
    let granularity = granularity_ms(problem);
    let path = path(problem, times);
    let arches = u32::try_from(problem.serving.len()).expect("a farm has few arches");
    let energy = (0..arches).filter_map(|arch| energy(problem, times, arch, granularity));
    // Among equals, the first with the fewest tasks to check.
    let best = energy.min_by_key(|found| (std::cmp::Reverse(found.bound_ms), found.tasks.len()));
    best.filter(|energy| energy.bound_ms > path.bound_ms).unwrap_or(path)
}

fn path(problem: &Problem, times: &[Times]) -> Certificate {
    let longest = |job: &u32| {
        // Among equals the first, so that the same plan has the same proof.
        problem.tasks_of(*job).rev().max_by_key(|&task| problem.least_ms[task])
    };
    let tasks = problem.longest_path(times).iter().filter_map(longest).map(small).collect();
    let bound_ms = times.iter().map(|times| times.earliest_finish_ms).max().unwrap_or(0);
    Certificate { bound_ms, kind: CertificateKind::Path, tasks }
}

fn small(task: usize) -> u32 {
    u32::try_from(task).expect("numbered by 32 bits")
}

/// One task that only builders of an arch can run: number, head, tail and time.
#[derive(Clone, Copy)]
struct Load {
    task: u32,
    head: u64,
    tail: u64,
    ms: u64,
}

fn energy(problem: &Problem, times: &[Times], arch: u32, granularity: u64) -> Option<Certificate> {
    let places = places(problem, arch);
    if places == 0 {
        return None;
    }
    let inside: Vec<u32> = confined(problem, arch).collect();
    let tasks = (0_u32..).zip(&problem.arches_of).filter(|(_, of)| inside.contains(of));
    let loads: Vec<Load> = tasks
        .map(|(task, _)| {
            let job = problem.job_of(task);
            let time = &times[job as usize];
            let tail = time.rank_ms - problem.longest_ms(job);
            Load { task, head: time.earliest_start_ms, tail, ms: problem.least_ms(task) }
        })
        .collect();
    let heads = sample(loads.iter().map(|load| load.head));
    let tails = sample(loads.iter().map(|load| load.tail));
    let work = work_inside(&loads, &heads, &tails);
    let whole = |ms: u64| ms.next_multiple_of(granularity);
    let mut best: Option<(u64, [u64; 3])> = None;
    for (row, &head) in heads.iter().enumerate() {
        for (column, &tail) in tails.iter().enumerate() {
            // Without work between them a late head and a long tail belong to different jobs.
            let work = work[row * (tails.len() + 1) + column];
            let bound = whole(head + work.div_ceil(places) + tail);
            if work > 0 && best.is_none_or(|(most, _)| bound > most) {
                best = Some((bound, [head, tail, work]));
            }
        }
    }
    let (bound_ms, [head_ms, tail_ms, work_ms]) = best?;
    let inside = loads.iter().filter(|load| load.head >= head_ms && load.tail >= tail_ms);
    let kind = CertificateKind::Energy { arch, head_ms, tail_ms, work_ms, places };
    Some(Certificate { bound_ms, kind, tasks: inside.map(|load| load.task).collect() })
}

/// Returns, for each head and each tail, the work of the tasks with at least that head and tail, in
/// rows of one more than there are tails: each task is added where it belongs, then sums run from the
/// largest heads and tails down.
fn work_inside(loads: &[Load], heads: &[u64], tails: &[u64]) -> Vec<u64> {
    let width = tails.len() + 1;
    let mut work = vec![0_u64; width * (heads.len() + 1)];
    for load in loads {
        // The smallest value is among the samples, so each task has a place.
        let row = heads.partition_point(|&least| least <= load.head) - 1;
        let column = tails.partition_point(|&least| least <= load.tail) - 1;
        work[row * width + column] += load.ms;
    }
    for row in (0..heads.len()).rev() {
        let mut in_row = 0;
        for column in (0..tails.len()).rev() {
            in_row += work[row * width + column];
            work[row * width + column] = in_row + work[(row + 1) * width + column];
        }
    }
    work
}

/// Returns up to [`SAMPLES_MAX`] of the distinct values, evenly spread, including the smallest.
fn sample(values: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.dedup();
    let step = values.len().div_ceil(SAMPLES_MAX).max(1);
    values.into_iter().step_by(step).collect()
}
