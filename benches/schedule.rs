//! How good and how fast schedules are: the gap to the printed bound over seeded farm instances, and the
//! time for 1 500 tasks. Prints tables; gaps are the same on every machine.

use modplan::plan::schedule::{Effort, Problem, bound, improve};

#[path = "support/clock.rs"]
mod clock;
#[path = "../tests/support/farm_instances.rs"]
mod farm_instances;

use clock::{ROUNDS, median, timed};
use farm_instances::{Size, instance};

const COMPONENTS: [u32; 3] = [30, 100, 300];
const BUILDERS: [u32; 2] = [4, 10];
const LAYERS: [u32; 3] = [5, 8, 15];
const SEEDS: u64 = 5;

/// One instance: the gap in percent, whether it is closed, and the seconds it took.
struct Found {
    gap: f64,
    is_optimal: bool,
    seconds: f64,
}

#[expect(clippy::cast_precision_loss, reason = "times below 285 000 years")]
fn scheduled(problem: &Problem, effort: Effort) -> Found {
    let (seconds, (proof, schedule)) = timed(|| {
        let times = problem.times();
        let proof = bound(problem, &times);
        let schedule = improve(problem, &times, proof.bound_ms, effort);
        (proof, schedule)
    });
    let gap = (schedule.end_ms as f64 / proof.bound_ms as f64 - 1.0) * 100.0;
    Found { gap, is_optimal: schedule.end_ms == proof.bound_ms, seconds }
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[expect(clippy::print_stdout, reason = "a bench prints its table")]
fn gaps(unit_ms: u64, effort: Effort) {
    println!("times in multiples of {unit_ms} ms");
    let mut all = Vec::new();
    for components in COMPONENTS {
        for builders in BUILDERS {
            let size = Size { components, builders };
            let of = |layers| (0..SEEDS).map(move |seed| instance(size, layers, unit_ms, seed));
            let found = LAYERS.into_iter().flat_map(of).map(|problem| scheduled(&problem, effort));
            let found: Vec<Found> = found.collect();
            let optimal = found.iter().filter(|found| found.is_optimal).count();
            println!(
                "  {components:3} components x 4 arches, {builders:2} builders: {:.4} %, {optimal:2} of {} optimal, {:5.1} ms",
                mean(found.iter().map(|found| found.gap)),
                found.len(),
                mean(found.iter().map(|found| found.seconds)) * 1000.0
            );
            all.extend(found);
        }
    }
    let optimal = all.iter().filter(|found| found.is_optimal).count();
    let gap = mean(all.iter().map(|found| found.gap));
    println!("  all: {gap:.4} % (target: 0.05), {optimal} of {} optimal (half)", all.len());
}

#[expect(clippy::print_stdout, reason = "a bench prints its table")]
fn speed() {
    let size = Size { components: 375, builders: 10 };
    let problem = instance(size, 8, 1, 1);
    let seconds: Vec<f64> =
        (0..ROUNDS).map(|_| scheduled(&problem, Effort::default()).seconds).collect();
    println!(
        "{} tasks with bound at default effort: {:.1} ms, median of {ROUNDS} (target: 50)",
        problem.tasks(),
        median(seconds) * 1000.0
    );
}

fn main() {
    speed();
    for unit_ms in [1_000, 1] {
        gaps(unit_ms, Effort::default());
    }
}
