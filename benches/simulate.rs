//! How fast replications run: a farm-shaped module, and graphs of many streams.

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use modplan::farm::{BuilderGroup, Farm, Model};
use modplan::orchestrate::{
    Approach, Cascade, Catalog, CatalogBuilder, ComponentParts, Dispatch, Gates, ModuleParts,
    TaskParts,
};
use modplan::scenario::{Bus, Fault, FaultKind, People, Quantiles, Tests};
use modplan::sim::{
    Conditions, DurationMode, HubSetup, Outcomes, Setup, Slots, SlotsGroup, Subjects, World,
};
use modplan::time::Millis;
use modplan::trace::{BUILD_ARCH, History, Row, RowOutcome, Samples};
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

const ARCHES: [&str; 4] = ["aarch64", "ppc64le", "s390x", "x86_64"];

/// Makes a catalog of `modules` modules in layers of 13, each with `components` components for
/// four arches in three batches, and rows to draw from.
fn setup(modules: u32, components: u32, builders: u32) -> Setup {
    let mut random = Pcg64Mcg::seed_from_u64(7);
    let mut builder = CatalogBuilder::default();
    for at in 0..modules {
        let later =
            (1..=3).map(|step| at + 13 * step).filter(|&to| to < modules).collect::<Vec<_>>();
        let component = |index: u32| {
            let task = |arch: &&str| TaskParts { arch: (*arch).into(), estimate_ms: 300_000 };
            let package = format!("package-{index:05}");
            let tasks = ARCHES.iter().map(task).collect();
            ComponentParts::new(&package, index % 3, Vec::new(), tasks)
        };
        builder.push(&ModuleParts {
            id: format!("module-{at:06}:1:00000000"),
            wave: Some(1 + at / 13),
            is_start: at < 13,
            dependants: later.clone(),
            planned_dependants: later,
            components: (0..components).map(component).collect(),
            ..ModuleParts::default()
        });
    }
    let samples = (0..50).map(|_| samples(&mut random)).collect();
    let group = |arch: &&str| SlotsGroup {
        name: (*arch).to_owned(),
        count: builders,
        arches: vec![(*arch).into()],
    };
    let of_module = (0..components).flat_map(|index| ARCHES.map(|_| index % 50));
    let rows = (0..modules).flat_map(move |_| of_module.clone());
    farm((builder.finish(), rows), samples, Slots { groups: ARCHES.iter().map(group).collect() })
}

/// Makes twenty recorded rows between one and sixteen minutes.
fn samples(random: &mut Pcg64Mcg) -> Samples {
    let row = |_| Row {
        package: "p".into(),
        method: BUILD_ARCH.into(),
        arch: "x86_64".into(),
        run: Millis(60_000 + random.next_u64() % 900_000),
        outcome: RowOutcome::Closed,
        queued: None,
        started_at: None,
        module: None,
        nvr: None,
        source: None,
    };
    let history = History::from_rows((0..20).map(row).collect());
    history.samples(BUILD_ARCH, &"p".into(), &"x86_64".into())
}

fn farm(
    (catalog, rows): (Catalog, impl Iterator<Item = u32>),
    samples: Vec<Samples>,
    slots: Slots,
) -> Setup {
    Setup {
        subjects: Arc::new(Subjects::new(&catalog, rows)),
        catalog: Arc::new(catalog),
        samples: Arc::new(samples),
        slots,
        hub: None,
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: u32::MAX,
        builds_max: 1_000_000,
        durations: DurationMode::Resample,
        outcomes: Outcomes::History,
        conditions: Conditions::default(),
        seed: 1,
    }
}

/// Frequent faults of every kind: gates, defects, retries, people, a bus that delays, loses and
/// doubles messages, and most kinds of scenario faults.
fn troubled() -> Conditions {
    let always = |seconds| {
        let (p50, p90) = (Millis::from_secs(seconds), Millis::from_secs(2 * seconds));
        Quantiles { p50, p90 }
    };
    let fault = |hour: u64, kind| Fault {
        at: Millis::from_secs(3600 * hour),
        after: None,
        kind,
        builders: None,
        count: None,
        module: None,
        lasts: Some(Millis::from_secs(600)),
        line: 0,
    };
    Conditions {
        retries: 2,
        gates: Gates { component: true, module: true },
        tests: Tests {
            defect_rate: 0.05,
            detect_component: 0.7,
            detect_module: 0.9,
            false_alarm: 0.01,
            component: Some(always(600)),
            module: Some(always(1200)),
            workers: Some(40),
            ..Tests::default()
        },
        people: Some(People { fix: always(7200), waive_share: 0.3 }),
        bus: Bus {
            delay: Millis::from_secs(2),
            jitter: Millis::from_secs(2),
            loss: 0.01,
            duplicate: 0.02,
        },
        faults: vec![
            fault(1, FaultKind::HubOffline),
            fault(2, FaultKind::OrchestratorCrash),
            fault(3, FaultKind::BusOutage),
            fault(4, FaultKind::HubRefusing),
        ],
        ..Conditions::default()
    }
}

/// The same builds through a hub, with as many builders as there were slots.
fn on_hub(setup: &Setup) -> Setup {
    let group = |group: &SlotsGroup| {
        BuilderGroup::new(group.name.clone(), group.count, group.arches.clone())
    };
    let builders = setup.slots.groups.iter().map(group).collect();
    let farm = Farm { model: Model::Koji, builders, ..Farm::default() };
    let hub = HubSetup::of(&farm, &setup.catalog, &History::default());
    Setup { hub: hub.map(Arc::new), ..setup.clone() }
}

fn simulate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simulate");
    group.sample_size(20);
    for (modules, components) in [(1, 300), (1_000, 3), (10_000, 3), (100_000, 1)] {
        let setup = setup(modules, components, 10);
        if components == 300 {
            let conditions = troubled();
            let setup = Setup {
                conditions,
                outcomes: Outcomes::Rate { failure_rate: 0.02, flaky_share: 0.5 },
                ..setup.clone()
            };
            group.bench_function("replication/1x300 with every trouble", |bench| {
                let mut world = World::new(&setup);
                let mut replication = 0;
                bench.iter(|| {
                    replication += 1;
                    world.run(replication)
                });
            });
        }
        if components * modules <= 3_000 {
            let setup = on_hub(&setup);
            let name = format!("replication/{modules}x{components} on koji's model");
            group.bench_function(name, |bench| {
                let mut world = World::new(&setup);
                let mut replication = 0;
                bench.iter(|| {
                    replication += 1;
                    world.run(replication)
                });
            });
        }
        group.throughput(Throughput::Elements(setup.catalog.tasks.len() as u64));
        let name = format!("{modules}x{components}");
        group.bench_with_input(BenchmarkId::new("replication", name), &setup, |bench, setup| {
            let mut world = World::new(setup);
            let mut replication = 0;
            bench.iter(|| {
                replication += 1;
                world.run(replication)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, simulate);
criterion_main!(benches);
