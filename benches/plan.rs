//! Measures plans: a mass rebuild and one changed stream over snapshots of many streams, and the
//! cost of the formats.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use modplan::graph::{GraphOptions, ModuleGraph};
use modplan::load::Snapshot;
use modplan::orchestrate::Reach;
use modplan::plan::{self, Given, Plan, Selection};
use modplan::report;
use modplan::sim::prepare;
use modplan::trace::History;

#[path = "../tests/support/generate.rs"]
mod generate;

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];
const SEED: u64 = 7;

fn planned(of: (&Snapshot, &ModuleGraph, &History), asked: &Selection) -> Plan {
    let (snapshot, graph, history) = of;
    plan::plan(Given::new(snapshot, graph, history), asked).expect("the selection selects").plan
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    let history = History::default();
    for streams in SIZES {
        let snapshot = generate::snapshot(streams, SEED);
        let graph = ModuleGraph::new(&snapshot, &GraphOptions::default());
        let of = (&snapshot, &graph, &history);
        let all = Selection { all: true, ..Selection::default() };
        let first = "module-000000:1".parse().expect("an identity");
        let changed = Selection { changed: vec![first], ..Selection::default() };
        group.throughput(Throughput::Elements(u64::from(streams)));
        group.bench_function(BenchmarkId::new("all", streams), |b| {
            b.iter(|| planned(black_box(of), &all));
        });
        group.bench_function(BenchmarkId::new("changed", streams), |b| {
            b.iter(|| planned(black_box(of), &changed));
        });
        let plan = planned(of, &all);
        group.bench_function(BenchmarkId::new("json", streams), |b| b.iter(|| plan.to_json()));
        group.bench_function(BenchmarkId::new("table", streams), |b| {
            b.iter(|| report::plan::table(black_box(&plan), 80));
        });
        group.bench_function(BenchmarkId::new("prepare a run", streams), |b| {
            let reach = Reach { plan: &plan, all: &plan, superseded: &[], by_source: true };
            b.iter(|| prepare(black_box(reach), &history));
        });
    }
    group.finish();
}

criterion_group!(benches, plans);
criterion_main!(benches);
