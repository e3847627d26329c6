//! No lower bound exceeds a simulated run: random small rebuilds on random small farms, ideal and
//! koji's, both approaches, every cascade; each task takes the estimate of the plan.

use std::fmt::Write as _;
use std::sync::Arc;

use modplan::farm::{BuilderGroup, Farm, Model};
use modplan::graph::{GraphOptions, ModuleGraph};
use modplan::load::{Component, Dependencies, Input, Place, Requirement, Snapshot, Stream};
use modplan::name::Version;
use modplan::orchestrate::{Approach, Cascade, Dispatch, Reach};
use modplan::plan::{self, Given, Plan, Selection};
use modplan::sim::{
    Conditions, DurationMode, HubSetup, Outcome, Outcomes, Setup, Slots, World, prepare,
};
use modplan::time::Millis;
use modplan::trace::History;
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use crate::support::proof::Proofs;

const RUNS: usize = 10_000;
const RUNS_A_PLAN: usize = 10;
const ARCHES: [&str; 3] = ["aarch64", "i686", "x86_64"];

struct Luck(Pcg64Mcg);

impl Luck {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.below(values.len() as u64)).expect("few")]
    }
}

fn place(line: usize) -> Place {
    Place { input: 0, line: u32::try_from(line).expect("few") + 1, column: 1 }
}

/// One to six modules, each on some before it, of one to five components in batches or by `buildafter`.
fn snapshot(luck: &mut Luck) -> Snapshot {
    let modules = 1 + luck.below(6);
    let documents = (0..modules).map(|at| document(at, luck)).collect();
    let input = Input {
        path: "made.yaml".to_owned(),
        kind: "modulemd",
        documents: 1,
        sha256: "0".repeat(64),
    };
    Snapshot { inputs: vec![input], streams: documents, ..Snapshot::default() }
}

fn document(at: u64, luck: &mut Luck) -> Stream {
    let mut needs = Dependencies::default();
    for other in (0..at).filter(|_| luck.one_in(2)).collect::<Vec<_>>() {
        let streams = ["1".into()].into();
        let requirement = Requirement { streams, place: place(1) };
        needs.buildrequires.insert(format!("m{other}").as_str().into(), requirement);
    }
    let is_graph = luck.one_in(3);
    let component = |number: u64, luck: &mut Luck| {
        let key = format!("p{at}-{number}");
        let mut component = Component { package: key.as_str().into(), ..Component::default() };
        if is_graph {
            let after = (0..number).filter(|_| luck.one_in(3));
            component.buildafter = after.map(|n| format!("p{at}-{n}").as_str().into()).collect();
        } else {
            component.buildorder = i64::try_from(luck.below(3)).expect("few");
        }
        if luck.one_in(5) {
            component.arches = [luck.of(&ARCHES).into()].into();
        }
        (key.as_str().into(), component)
    };
    Stream {
        name: format!("m{at}").as_str().into(),
        stream: "1".into(),
        version: Version(1),
        context: Some("c0".into()),
        arch: Some("x86_64".into()),
        components: Arc::new((0..=luck.below(5)).map(|number| component(number, luck)).collect()),
        dependencies: Arc::new(vec![needs]),
        place: place(1),
        ..Stream::default()
    }
}

/// One to three groups: some with several arches, some fast, slow, small, or partly used by other
/// work.
fn farm(luck: &mut Luck) -> Farm {
    let group = |number: u64, luck: &mut Luck| {
        let arches = match luck.below(4) {
            0 => vec!["i686".into(), "x86_64".into()],
            1 => ARCHES.map(Into::into).into(),
            _ => vec![luck.of(&ARCHES).into()],
        };
        let count = 1 + u32::try_from(luck.below(3)).expect("few");
        let mut group = BuilderGroup::new(format!("g{number}"), count, arches);
        group.capacity = luck.of(&[1.0, 2.0, 2.5, 4.0]);
        group.max_jobs = luck.of(&[None, Some(4), Some(10)]);
        group.cpus = luck.of(&[None, None, Some(2)]);
        group.speed = luck.of(&[1.0, 1.0, 1.0, 0.5, 1.7]);
        group
    };
    let mut farm = Farm { model: luck.of(&[Model::Ideal, Model::Koji]), ..Farm::default() };
    // Every arch has a builder.
    farm.builders.push(BuilderGroup::new("any", 1, ARCHES.map(Into::into).into()));
    farm.builders.extend((0..luck.below(3)).map(|number| group(number, luck)));
    if luck.one_in(2) {
        farm.hub.run_interval = Millis::from_secs(5);
        farm.hub.builder_sleep = Millis::from_secs(1);
    }
    farm
}

fn trace(snapshot: &Snapshot, luck: &mut Luck) -> String {
    let mut csv = "package,method,arch,run_seconds,outcome\n".to_owned();
    for component in snapshot.streams.iter().flat_map(|stream| stream.components.values()) {
        let arches: &[&str] = if luck.one_in(4) { &["noarch"] } else { &ARCHES };
        for arch in arches {
            let seconds = 1 + luck.below(3000);
            writeln!(csv, "{},buildArch,{arch},{seconds},closed", component.package)
                .expect("memory");
        }
    }
    csv
}

fn setup(plan: &Plan, farm: &Farm, history: &History, luck: &mut Luck) -> Setup {
    let reach = Reach { plan, all: plan, superseded: &[], by_source: luck.one_in(2) };
    let prepared = prepare(reach, history);
    Setup {
        slots: Slots::of(farm),
        hub: HubSetup::of(farm, &prepared.catalog, history).map(Arc::new),
        catalog: prepared.catalog,
        subjects: prepared.subjects,
        samples: prepared.samples,
        approach: luck.of(&[Approach::KojiOwned, Approach::OrchestratorOwned]),
        cascade: luck.of(&[Cascade::Literal, Cascade::Coalesced, Cascade::Planned]),
        dispatch: luck.of(&[Dispatch::Graph, Dispatch::Batch, Dispatch::Wave]),
        submit_limit: u32::MAX,
        builds_max: 1_000,
        durations: DurationMode::Replay,
        outcomes: Outcomes::AlwaysPass,
        conditions: Conditions::default(),
        seed: luck.below(1_000),
    }
}

#[test]
fn no_bound_lies_above_a_simulated_run() {
    let (mut done, mut optimal, mut koji) = (0, 0, 0);
    let mut proofs = Proofs::new();
    for seed in 0..(RUNS / RUNS_A_PLAN) as u64 {
        let mut luck = Luck(Pcg64Mcg::seed_from_u64(seed));
        let snapshot = snapshot(&mut luck);
        let (farm, trace) = (farm(&mut luck), trace(&snapshot, &mut luck));
        let history = History::read(&[("trace.csv", trace.as_bytes())]);
        let graph = ModuleGraph::new(&snapshot, &GraphOptions::default());
        let arches = ARCHES.map(Into::into);
        let given =
            Given { farm: Some(&farm), arches: &arches, ..Given::new(&snapshot, &graph, &history) };
        let all = Selection { all: true, ..Selection::default() };
        let plan = plan::plan(given, &all).expect("all is selected").plan;
        let bound = plan.bounds.lower_bound;
        optimal += usize::from(plan.bounds.is_optimal);
        // The plan and the trace alone do not contain the speed of builders.
        if farm.builders.iter().all(|group| group.speed.to_bits() == 1.0_f64.to_bits()) {
            proofs.add_made(&plan, Some(&trace));
        }
        for replication in 0..RUNS_A_PLAN as u64 {
            let setup = setup(&plan, &farm, &history, &mut luck);
            let run = World::new(&setup).run(replication);
            if run.outcome == Outcome::Done {
                let (approach, cascade) = (setup.approach, setup.cascade);
                let ended = run.makespan;
                assert!(bound <= ended, "seed {seed}: {approach:?} {cascade:?}: {ended} < {bound}");
                done += 1;
                koji += usize::from(farm.model == Model::Koji);
            }
        }
    }
    proofs.verify();
    // Else the test would show little.
    assert!(done > RUNS * 9 / 10, "{done} of {RUNS} runs were done");
    assert!(koji > RUNS / 3, "{koji} of them on koji");
    assert!(optimal > RUNS / RUNS_A_PLAN / 2, "{optimal} schedules meet their bound");
}
