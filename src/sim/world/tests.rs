//! Runs computed by hand.

use std::sync::Arc;

use super::*;
use crate::orchestrate::{
    Approach, Cascade, Catalog, CatalogBuilder, ComponentParts, Dispatch, ModuleIx, ModuleParts,
    TaskParts,
};
use crate::sim::sweep::Threads;
use crate::sim::{
    BarEnd, Conditions, DurationMode, ModuleState, Outcome, Outcomes, Slots, SlotsGroup, Subjects,
};
use crate::time::Millis;
use crate::trace::{BUILD_ARCH, History, Row, RowOutcome, Samples};

mod answers;
mod module_tasks;
mod on_hub;

/// One component: package, batch, seconds by arch; 0 seconds fail after one.
type ComponentText<'a> = (&'a str, u32, &'a [(&'a str, u64)]);

/// One module: its name, who waits for it, its components.
type ModuleText<'a> = (&'a str, &'a [u32], &'a [ComponentText<'a>]);

const ONE: &[ComponentText<'_>] = &[("p", 0, &[("x86_64", 10)])];

fn setup(modules: &[ModuleText<'_>], builders: &[(&str, u32)]) -> Setup {
    let mut history = Vec::new();
    let mut parts: Vec<ModuleParts> = modules
        .iter()
        .map(|(id, dependants, components)| ModuleParts {
            id: (*id).to_owned(),
            wave: Some(1),
            dependants: dependants.to_vec(),
            planned_dependants: dependants.to_vec(),
            components: components.iter().map(|text| component(text, &mut history)).collect(),
            ..ModuleParts::default()
        })
        .collect();
    for at in 0..parts.len() {
        let is_dependant = parts.iter().any(|p| p.dependants.contains(&u32::try_from(at).unwrap()));
        parts[at].is_start = !is_dependant;
    }
    number_waves(&mut parts);
    let group = |(arch, count): &(&str, u32)| SlotsGroup {
        name: (*arch).to_owned(),
        count: *count,
        arches: vec![(*arch).into()],
    };
    let catalog = catalog(&parts);
    Setup {
        subjects: Arc::new(Subjects::new(&catalog, 0..)),
        catalog,
        samples: Arc::new(history),
        slots: Slots { groups: builders.iter().map(group).collect() },
        hub: None,
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: u32::MAX,
        builds_max: 10_000,
        durations: DurationMode::Replay,
        outcomes: Outcomes::History,
        conditions: Conditions::default(),
        seed: 1,
    }
}

fn component(text: &ComponentText<'_>, history: &mut Vec<Samples>) -> ComponentParts {
    let (package, batch, tasks) = text;
    let task = |&(arch, seconds): &(&str, u64)| {
        let took = Millis::from_secs(seconds.max(1));
        history.push(samples(took, seconds > 0));
        TaskParts { arch: arch.into(), estimate_ms: took.0 }
    };
    ComponentParts::new(package, *batch, Vec::new(), tasks.iter().map(task).collect())
}

/// History of one recorded row.
fn samples(run: Millis, is_ok: bool) -> Samples {
    recorded(&[run], if is_ok { RowOutcome::Closed } else { RowOutcome::Failed })
}

fn recorded(runs: &[Millis], outcome: RowOutcome) -> Samples {
    let row = |&run: &Millis| Row {
        package: "p".into(),
        method: BUILD_ARCH.into(),
        arch: "x86_64".into(),
        run,
        outcome,
        queued: None,
        started_at: None,
        module: None,
        nvr: None,
        source: None,
    };
    let history = History::from_rows(runs.iter().map(row).collect());
    history.samples(BUILD_ARCH, &"p".into(), &"x86_64".into())
}

/// Gives each module its wave: one more than the latest of what it waits for.
fn number_waves(parts: &mut [ModuleParts]) {
    for _ in 0..parts.len() {
        for at in 0..parts.len() {
            let wave = parts[at].wave.unwrap();
            for dependant in parts[at].planned_dependants.clone() {
                let later = &mut parts[dependant as usize].wave;
                *later = (*later).max(Some(wave + 1));
            }
        }
    }
}

fn catalog(parts: &[ModuleParts]) -> Arc<Catalog> {
    let mut builder = CatalogBuilder::default();
    parts.iter().for_each(|part| builder.push(part));
    Arc::new(builder.finish())
}

fn run(setup: &Setup) -> Run {
    World::new(setup).run_in_full(0)
}

fn seconds(run: &Run) -> u64 {
    assert_eq!(run.figures.makespan.0 % 1000, 0);
    run.figures.makespan.0 / 1000
}

fn builds(run: &Run) -> Vec<u32> {
    run.modules.iter().map(|module| module.module_builds).collect()
}

fn both_approaches(setup: &Setup, check: impl Fn(&Run)) {
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        check(&run(&Setup { approach, ..setup.clone() }));
    }
}

const DIAMOND: &[ModuleText<'_>] =
    &[("a", &[1, 2], ONE), ("b", &[3], ONE), ("c", &[3], ONE), ("d", &[], ONE)];

#[test]
fn a_chain_takes_the_sum_of_its_links() {
    let setup = setup(&[("a", &[1], ONE), ("b", &[2], ONE), ("c", &[], ONE)], &[("x86_64", 5)]);
    both_approaches(&setup, |run| {
        assert_eq!(seconds(run), 30);
        assert_eq!(run.figures.outcome, Outcome::Done);
        assert_eq!(run.figures.wasted, Millis::ZERO);
    });
}

#[test]
fn a_fork_and_join_takes_the_longest_branch() {
    let long: &[ComponentText<'_>] = &[("p", 0, &[("x86_64", 25)])];
    let modules = [("a", &[1, 2][..], ONE), ("b", &[3], ONE), ("c", &[3], long), ("d", &[], ONE)];
    both_approaches(&setup(&modules, &[("x86_64", 9)]), |run| assert_eq!(seconds(run), 45));
}

#[test]
fn one_builder_takes_the_sum_of_all_work() {
    let two: &[ComponentText<'_>] =
        &[("p", 0, &[("x86_64", 7)]), ("q", 0, &[("x86_64", 5)]), ("r", 1, &[("x86_64", 3)])];
    let modules = [("a", &[][..], two), ("b", &[], two), ("c", &[], ONE)];
    both_approaches(&setup(&modules, &[("x86_64", 1)]), |run| {
        assert_eq!(seconds(run), 40);
        assert_eq!(run.figures.busy, [("x86_64".into(), Millis::from_secs(40))]);
    });
}

#[test]
fn arches_work_side_by_side_and_a_component_waits_for_the_slowest() {
    let wide: &[ComponentText<'_>] =
        &[("p", 0, &[("aarch64", 30), ("x86_64", 10)]), ("q", 1, &[("aarch64", 1), ("x86_64", 4)])];
    let setup = setup(&[("a", &[], wide)], &[("aarch64", 1), ("x86_64", 1)]);
    both_approaches(&setup, |run| {
        assert_eq!(seconds(run), 34);
        assert_eq!(run.figures.tasks, 4);
        assert_eq!(run.figures.component_builds, 2);
        assert_eq!(run.modules[0].component_builds, 2);
    });
}

#[test]
fn the_longest_remaining_path_goes_first_when_builders_are_short() {
    // One builder: `long` is followed by 50 s on another arch, `short` by nothing.
    let late: &[ComponentText<'_>] = &[("p", 0, &[("aarch64", 50)])];
    let modules = [("a-short", &[][..], ONE), ("b-long", &[2], ONE), ("c", &[], late)];
    let setup = setup(&modules, &[("x86_64", 1), ("aarch64", 1)]);
    assert_eq!(seconds(&run(&setup)), 60);
    // koji knows no paths: first come, first served.
    let koji = Setup { approach: Approach::KojiOwned, ..setup };
    assert_eq!(seconds(&run(&koji)), 70);
}

#[test]
fn a_diamond_is_built_twice_by_the_literal_rule_and_once_by_plan() {
    let planned = setup(DIAMOND, &[("x86_64", 4)]);
    both_approaches(&planned, |run| assert_eq!(builds(run), [1, 1, 1, 1]));
    let literal = Setup { cascade: Cascade::Literal, ..planned };
    both_approaches(&literal, |run| {
        assert_eq!(builds(run), [1, 1, 1, 2]);
        assert_eq!(run.figures.rebuilds_per_module_max, 2);
        assert_eq!(run.figures.wasted, Millis::from_secs(10));
        assert_eq!(run.figures.outcome, Outcome::Done);
    });
}

#[test]
fn a_ladder_of_k_diamonds_builds_its_foot_two_to_the_k_times() {
    for rungs in 1..=6_u32 {
        let names: Vec<String> = (0..=3 * rungs).map(|at| format!("m{at:03}")).collect();
        let edges: Vec<Vec<u32>> = (0..=3 * rungs)
            .map(|at| match at % 3 {
                0 if at == 3 * rungs => vec![],
                0 => vec![at + 1, at + 2],
                side => vec![at + 3 - side],
            })
            .collect();
        let modules: Vec<ModuleText<'_>> = names
            .iter()
            .zip(&edges)
            .map(|(name, to)| (name.as_str(), to.as_slice(), ONE))
            .collect();
        let planned = setup(&modules, &[("x86_64", 200)]);
        both_approaches(&planned, |run| assert_eq!(run.modules.last().unwrap().module_builds, 1));
        let literal = Setup { cascade: Cascade::Literal, ..planned };
        both_approaches(&literal, |run| {
            assert_eq!(run.modules.last().unwrap().module_builds, 1 << rungs);
        });
    }
}

#[test]
fn a_cycle_is_capped_by_the_literal_rule_and_says_what_went_round() {
    let mut setup = setup(&[("a", &[1], ONE), ("b", &[2], ONE), ("c", &[], ONE)], &[("x86_64", 3)]);
    // c makes a wait too, but the plan cut that edge.
    let mut cyclic = (*setup.catalog).clone();
    cyclic.modules[2].dependants = [ModuleIx(0)].into();
    setup.catalog = Arc::new(cyclic);
    both_approaches(&setup, |run| assert_eq!(builds(run), [1, 1, 1]));
    let literal = Setup { cascade: Cascade::Literal, builds_max: 10, ..setup };
    both_approaches(&literal, |run| {
        assert_eq!(run.figures.outcome, Outcome::Capped);
        assert_eq!(run.figures.module_builds, 10);
        assert_eq!(run.went_round.iter().map(|id| &**id).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(seconds(run), 100);
    });
}

#[test]
fn a_failed_component_stops_its_module_only() {
    let broken: &[ComponentText<'_>] = &[("p", 0, &[("x86_64", 0)]), ("q", 1, &[("x86_64", 9)])];
    let modules = [("a", &[1][..], broken), ("b", &[], ONE), ("c", &[], ONE)];
    both_approaches(&setup(&modules, &[("x86_64", 4)]), |run| {
        assert_eq!(run.figures.outcome, Outcome::Failed);
        let states: Vec<ModuleState> = run.modules.iter().map(|module| module.state).collect();
        assert_eq!(states, [ModuleState::Failed, ModuleState::Blocked, ModuleState::Ready]);
        assert_eq!(run.figures.component_builds, 2);
        assert_eq!(run.figures.wasted, Millis::from_secs(1));
    });
}

#[test]
fn a_failed_arch_cancels_the_others_and_loses_what_they_did() {
    let broken: &[ComponentText<'_>] = &[("p", 0, &[("aarch64", 0), ("x86_64", 9)])];
    let setup = setup(&[("a", &[], broken)], &[("aarch64", 1), ("x86_64", 1)]);
    both_approaches(&setup, |run| {
        assert_eq!(seconds(run), 1);
        assert_eq!(run.figures.wasted, Millis::from_secs(2));
        let ends: Vec<BarEnd> = run.bars.iter().map(|bar| bar.outcome).collect();
        assert_eq!(ends, [BarEnd::Failed, BarEnd::Canceled]);
    });
}

#[test]
fn an_arch_without_builders_leaves_the_run_stuck_and_is_named() {
    let wide: &[ComponentText<'_>] = &[("p", 0, &[("s390x", 5), ("x86_64", 5)])];
    let modules = [("a", &[1][..], wide), ("b", &[], ONE)];
    both_approaches(&setup(&modules, &[("x86_64", 1)]), |run| {
        assert_eq!(run.figures.outcome, Outcome::Stuck);
        assert_eq!(run.arches_without_builder, ["s390x".into()]);
        assert_eq!(run.modules[0].state, ModuleState::Stuck);
        assert_eq!(run.modules[1].state, ModuleState::Blocked);
    });
}

#[test]
fn a_module_without_components_passes_at_once_and_is_not_counted() {
    let modules = [("a", &[1][..], &[][..]), ("b", &[], ONE)];
    both_approaches(&setup(&modules, &[("x86_64", 1)]), |run| {
        assert_eq!(seconds(run), 10);
        assert_eq!(builds(run), [0, 1]);
        assert_eq!(run.figures.outcome, Outcome::Done);
    });
}

#[test]
fn a_submit_limit_bounds_what_is_under_way() {
    let two: &[ComponentText<'_>] = &[("p", 0, &[("x86_64", 10)]), ("q", 0, &[("x86_64", 10)])];
    let free = setup(&[("a", &[], two), ("b", &[], two)], &[("x86_64", 9)]);
    assert_eq!(seconds(&run(&free)), 10);
    assert_eq!(seconds(&run(&Setup { submit_limit: 1, ..free })), 40);
}

#[test]
fn a_wave_waits_for_every_module_of_the_one_before_but_not_for_lost_ones() {
    let slow: &[ComponentText<'_>] = &[("p", 0, &[("x86_64", 100)])];
    let broken: &[ComponentText<'_>] = &[("p", 0, &[("x86_64", 0)])];
    let modules = [
        ("a", &[1][..], ONE),
        ("b", &[], ONE),
        ("c", &[], slow),
        ("d", &[4], broken),
        ("e", &[], ONE),
    ];
    let graph = setup(&modules, &[("x86_64", 9)]);
    assert_eq!(run(&graph).modules[1].ready, Some(Timestamp(20_000)));
    let waves = run(&Setup { dispatch: Dispatch::Wave, ..graph });
    assert_eq!(waves.modules[1].ready, Some(Timestamp(110_000)));
    assert_eq!(waves.modules[4].state, ModuleState::Blocked);
}

#[test]
fn two_threads_give_the_same_figures_as_one() {
    let mut setup = setup(DIAMOND, &[("x86_64", 2)]);
    let runs: Vec<Millis> = (1..9).map(Millis::from_secs).collect();
    setup.samples = Arc::new(vec![recorded(&runs, RowOutcome::Closed); setup.samples.len()]);
    setup.durations = DurationMode::Resample;
    let run = |setup: &Setup, threads: usize| Threads::start(threads).run(setup, 0..100, &|| {});
    let one = run(&setup, 1);
    assert_eq!(one, run(&setup, 2));
    let other = Setup { seed: 2, ..setup };
    assert_ne!(one, run(&other, 2));
}

#[test]
fn a_world_keeps_nothing_of_the_replications_it_ran() {
    use crate::sim::HubSetup;
    let mut setup = setup(DIAMOND, &[("x86_64", 2)]);
    let runs: Vec<Millis> = (1..9).map(Millis::from_secs).collect();
    setup.samples = Arc::new(vec![recorded(&runs, RowOutcome::Closed); setup.samples.len()]);
    setup.durations = DurationMode::Resample;
    setup.cascade = Cascade::Literal;
    let farm = on_hub::farm(&[("x86_64", 2)]);
    let hub = HubSetup::of(&farm, &setup.catalog, &History::default()).map(Arc::new);
    for hub in [None, hub] {
        let setup = Setup { hub, ..setup.clone() };
        let mut world = World::new(&setup);
        world.run(0);
        let after_one = format!("{world:?}");
        (1..200).for_each(|replication| drop(world.run(replication)));
        world.run(0);
        // A hub shows an address of its memory, which differs each time.
        let (one, all) = (after_one.len(), format!("{world:?}").len());
        assert!(
            one.abs_diff(all) < 32,
            "{one} bytes describe a world after one run, {all} after 200"
        );
    }
}

#[test]
fn what_is_built_for_noarch_counts_where_it_was_built() {
    // The first builder has both arches, the second one: `n` goes to the first, which is free, then
    // `x` to the second; `a` waits for the first until 40.
    let parts: &[ComponentText<'_>] =
        &[("n", 0, &[("noarch", 40)]), ("x", 0, &[("x86_64", 10)]), ("a", 1, &[("aarch64", 10)])];
    let mut setup = setup(&[("m", &[], parts)], &[("both", 1), ("x86_64", 1)]);
    setup.slots.groups[0].arches = vec!["aarch64".into(), "x86_64".into()];
    both_approaches(&setup, |run| {
        assert_eq!(seconds(run), 50);
        let share = |arch: &str, builders| {
            let makespan = run.figures.makespan;
            (run.figures.busy.share(&arch.into(), builders, makespan) * 1e4).round() / 1e4
        };
        // The first worked 50 s of 50, the second 10 s.
        assert!((share("aarch64", 1) - 1.0).abs() < 1e-9, "{}", share("aarch64", 1));
        assert!((share("x86_64", 2) - 0.6).abs() < 1e-9, "{}", share("x86_64", 2));
        assert!(share("noarch", 2).abs() < 1e-9);
        // Tasks are still listed by their own arch.
        let secs = Millis::from_secs;
        let tasks = [("aarch64", 10), ("noarch", 40), ("x86_64", 10)];
        assert_eq!(run.figures.busy, tasks.map(|(arch, time)| (arch.into(), secs(time))));
    });
}
