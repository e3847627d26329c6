//! The ideal model on large graphs, beside a hand-written heap loop and beside SimPy, and the
//! scaling of replications over threads. Prints a table; ratios within one run count.

use std::hint::black_box;

use modplan::sim::sweep::Threads;
use modplan::sim::{Setup, World};

#[path = "support/clock.rs"]
mod clock;
#[path = "ideal/graph.rs"]
mod graph;
#[path = "ideal/hand.rs"]
mod hand;
#[path = "../tests/support/plain.rs"]
mod plain;
#[path = "ideal/simpy.rs"]
mod simpy;

use clock::{ROUNDS, median, timed};
use graph::Graph;
use hand::Hand;

/// Runs a graph by hand and by modplan, and returns how long modplan took, in seconds.
#[expect(clippy::print_stdout, reason = "a bench prints its table")]
fn beside_the_loop(graph: &Graph, setup: &Setup) -> f64 {
    let hand = Hand::new(graph);
    let mut world = World::new(setup);
    let (mut by_hand, mut by_world, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (of_hand, expected) = timed(|| black_box(&hand).run());
        let (of_world, figures) = timed(|| world.run(black_box(round as u64)));
        by_hand.push(of_hand);
        by_world.push(of_world);
        ratios.push(of_hand / of_world);
        assert_eq!(figures.makespan.0, expected, "the same schedule");
    }
    let (by_hand, by_world, ratio) = (median(by_hand), median(by_world), median(ratios));
    println!(
        "{} components, {} builders for each of {} arches, graph dispatch, median of {ROUNDS}",
        graph.components,
        graph.builders,
        graph.arches.len()
    );
    println!("  by hand   {:8.2} million tasks/s", rate(graph, by_hand));
    println!("  modplan   {:8.2} million tasks/s, {ratio:.2} times by hand", rate(graph, by_world));
    by_world
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn rate(graph: &Graph, seconds: f64) -> f64 {
    graph.tasks() as f64 / seconds / 1e6
}

/// SimPy with its own Resource, and for one arch with hand-written heaps.
#[expect(clippy::print_stdout, reason = "a bench prints its table")]
fn beside_simpy(graph: &Graph, by_world: f64) {
    let tell = |how: &str, seconds: f64| {
        let (rate, times) = (rate(graph, seconds), seconds / by_world);
        println!("  SimPy     {rate:8.3} million tasks/s {how}: modplan {times:.0} times as fast");
    };
    let Some(seconds) = simpy::with_resource(graph) else {
        println!("  SimPy     not installed: tests/run --setup");
        return;
    };
    tell("with its Resource, first come first served", seconds);
    if graph.arches.len() == 1
        && let Some((seconds, makespan)) = simpy::with_heaps(graph)
    {
        assert_eq!(makespan, Hand::new(graph).run(), "SimPy finds the same makespan");
        tell("with heaps of the program's own, the same order", seconds);
    }
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

fn main() {
    let four = Graph::new(25_000, &["aarch64", "ppc64le", "s390x", "x86_64"], 50);
    let by_world = beside_the_loop(&four, &four.setup());
    beside_simpy(&four, by_world);
    let one = Graph::new(100_000, &["x86_64"], 200);
    let setup = one.setup();
    let by_world = beside_the_loop(&one, &setup);
    beside_simpy(&one, by_world);
    scaling(&setup);
}
