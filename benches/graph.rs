//! Measures how fast a graph is made from a snapshot, and waves and cycles on plain arrays beside
//! petgraph's algorithms on the same edges.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use modplan::graph::{GraphOptions, ModuleGraph, csr};
use petgraph::graph::DiGraph;
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

#[path = "../tests/support/generate.rs"]
mod generate;

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];
const SEED: u64 = 7;

/// Makes `nodes` nodes in 40 layers with five edges a node into later layers, numbers shuffled.
fn layered(nodes: u32) -> Vec<(u32, u32)> {
    const LAYERS: u64 = 40;
    let mut random = Pcg64Mcg::seed_from_u64(SEED);
    let mut numbers: Vec<u32> = (0..nodes).collect();
    for last in (1..nodes).rev() {
        let other = random.next_u64() % u64::from(last + 1);
        numbers.swap(last as usize, usize::try_from(other).expect("below the number of nodes"));
    }
    let width = u64::from(nodes) / LAYERS;
    let node = |layer: u64, random: &mut Pcg64Mcg| {
        let at = layer * width + random.next_u64() % width;
        numbers[usize::try_from(at).expect("below the number of nodes")]
    };
    (0..u64::from(nodes) * 5)
        .map(|_| {
            let layer = random.next_u64() % (LAYERS - 1);
            let later = layer + 1 + random.next_u64() % (LAYERS - 1 - layer).min(3);
            (node(layer, &mut random), node(later, &mut random))
        })
        .collect()
}

fn arrays(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("arrays");
    for nodes in SIZES {
        let edges = layered(nodes);
        let graph = csr::Csr::new(nodes as usize, &edges);
        let id = |what: &str| BenchmarkId::new(what, nodes);
        group.bench_function(id("build"), |b| {
            b.iter(|| csr::Csr::new(nodes as usize, black_box(&edges)));
        });
        group.bench_function(id("order"), |b| b.iter(|| csr::topological_order(black_box(&graph))));
        group.bench_function(id("components"), |b| b.iter(|| csr::components(black_box(&graph))));
        group.bench_function(id("components and waves"), |b| {
            b.iter(|| csr::waves(black_box(&graph), &csr::components(&graph)));
        });
        let oracle = DiGraph::<(), (), u32>::from_edges(&edges);
        group.bench_function(id("petgraph kosaraju_scc"), |b| {
            b.iter(|| petgraph::algo::kosaraju_scc(black_box(&oracle)));
        });
        group.bench_function(id("petgraph toposort"), |b| {
            b.iter(|| petgraph::algo::toposort(black_box(&oracle), None));
        });
        group.bench_function(id("petgraph condensation and waves"), |b| {
            b.iter(|| petgraph_waves(black_box(&oracle)));
        });
    }
    group.finish();
}

/// Returns the last wave, by petgraph's condensation and topological order.
fn petgraph_waves(graph: &DiGraph<(), (), u32>) -> u32 {
    let condensed = petgraph::algo::condensation(graph.clone(), true);
    let order = petgraph::algo::toposort(&condensed, None).expect("a condensation has no cycle");
    let mut wave = vec![1_u32; condensed.node_count()];
    for node in order {
        for next in condensed.neighbors(node) {
            wave[next.index()] = wave[next.index()].max(wave[node.index()] + 1);
        }
    }
    wave.into_iter().max().unwrap_or(0)
}

fn snapshots(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("module graph");
    group.sample_size(10);
    for streams in SIZES {
        let snapshot = generate::snapshot(streams, SEED);
        let options = GraphOptions::default();
        group.throughput(Throughput::Elements(u64::from(streams)));
        group.bench_function(BenchmarkId::from_parameter(streams), |b| {
            b.iter(|| ModuleGraph::new(black_box(&snapshot), &options));
        });
    }
    group.finish();
}

criterion_group!(benches, arrays, snapshots);
criterion_main!(benches);
