//! Waves, components and condensation on plain arrays, beside hand-written code for this case. The
//! two alternate; the ratio within one run counts.
//!
//! With `once NODES` it only runs modplan's once, for `/usr/bin/time`.

use std::hint::black_box;

use modplan::graph::csr::{self, Csr};
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

#[path = "support/clock.rs"]
mod clock;
#[path = "arrays/hand.rs"]
mod hand;

use clock::{ROUNDS, median, timed};

/// Makes five edges a node, nine in ten from a smaller to a larger number, the numbers shuffled: mostly
/// layers, some cycles.
fn edges(nodes: u32) -> Vec<(u32, u32)> {
    let mut random = Pcg64Mcg::seed_from_u64(7);
    let mut below = |bound: u32| {
        let drawn = random.next_u64() % u64::from(bound);
        u32::try_from(drawn).expect("smaller than the bound")
    };
    let mut numbers: Vec<u32> = (0..nodes).collect();
    for last in (1..nodes).rev() {
        numbers.swap(last as usize, below(last + 1) as usize);
    }
    (0..nodes * 5)
        .map(|_| {
            let from = below(nodes);
            // One edge in a thousand leads back, a little way.
            let to = if below(1000) == 0 {
                from.saturating_sub(1 + below(20))
            } else {
                (from + 1 + below(2000)).min(nodes - 1)
            };
            (numbers[from as usize], numbers[to as usize])
        })
        .collect()
}

/// Returns how many components there are, and the waves of the graph in which each is one node.
fn by_modplan(nodes: usize, edges: &[(u32, u32)]) -> (usize, Vec<u32>) {
    let graph = Csr::new(nodes, edges);
    let components = csr::components(&graph);
    let waves = csr::waves(&graph, &components);
    (components.len(), waves)
}

#[expect(clippy::print_stdout, reason = "a bench prints its table")]
fn beside_hand(nodes: u32) {
    let edges = edges(nodes);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (by_hand, expected) = timed(|| hand::run(nodes as usize, black_box(&edges)));
        let (by_us, found) = timed(|| by_modplan(nodes as usize, black_box(&edges)));
        assert_eq!(found, expected, "the same components and waves");
        ours.push(by_us);
        theirs.push(by_hand);
        ratios.push(by_us / by_hand);
    }
    println!(
        "{nodes} nodes, {} edges: modplan {:.1} ms, by hand {:.1} ms, {:.2} times (target: 2), median of {ROUNDS}",
        edges.len(),
        median(ours) * 1000.0,
        median(theirs) * 1000.0,
        median(ratios)
    );
}

#[expect(clippy::print_stdout, reason = "a bench prints its table")]
fn once(nodes: u32) {
    let edges = edges(nodes);
    let (seconds, (components, waves)) = timed(|| by_modplan(nodes as usize, &edges));
    let last = waves.iter().max().copied().unwrap_or(0);
    println!("{nodes} nodes: {components} components, {last} waves, {seconds:.3} s (target: 1)");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "once") {
        Some(at) => once(arguments[at + 1].parse().expect("a number of nodes")),
        None => {
            beside_hand(100_000);
            once(1_000_000);
        }
    }
}
