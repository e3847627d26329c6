//! Changes that come in over weeks: when they come, what they cause, and how soon it is done.

use std::iter;
use std::sync::Arc;

use modplan::orchestrate::{
    Approach, Cascade, Catalog, CatalogBuilder, ComponentParts, Dispatch, ModuleIx, ModuleParts,
    TaskParts,
};
use modplan::sim::{
    Changes, Conditions, DurationMode, Outcomes, RunFigures, Setup, Slots, SlotsGroup, Subjects,
    World,
};
use modplan::time::{Millis, Timestamp};
use modplan::trace::{Family, Samples};

const DAY: Millis = Millis::from_secs(86_400);

/// A module with two dependants; each has one task, which takes as long as the law says.
fn catalog() -> Catalog {
    let mut builder = CatalogBuilder::default();
    for (at, dependants) in [(0, vec![1, 2]), (1, Vec::new()), (2, Vec::new())] {
        let task = TaskParts { arch: "x86_64".into(), estimate_ms: 1000 };
        builder.push(&ModuleParts {
            id: format!("m{at}:1:00000000"),
            wave: Some(if at == 0 { 1 } else { 2 }),
            is_start: at == 0,
            dependants: dependants.clone(),
            planned_dependants: dependants,
            components: vec![ComponentParts::new("p", 0, Vec::new(), vec![task])],
            ..ModuleParts::default()
        });
    }
    builder.finish()
}

fn setup(approach: Approach, law: Family, (every, lasts): (Millis, Millis)) -> Setup {
    let changes = Changes {
        every,
        modules: vec![ModuleIx(0)],
        class: "security".into(),
        within: Some(Millis::from_secs(25)),
        lasts,
    };
    let group = SlotsGroup { name: "x86".to_owned(), count: 100, arches: vec!["x86_64".into()] };
    let catalog = catalog();
    Setup {
        subjects: Arc::new(Subjects::new(&catalog, iter::repeat(0))),
        catalog: Arc::new(catalog),
        samples: Arc::new(vec![Samples::of_family(law)]),
        slots: Slots { groups: vec![group] },
        hub: None,
        approach,
        cascade: Cascade::Literal,
        dispatch: Dispatch::Graph,
        submit_limit: u32::MAX,
        builds_max: 1_000_000,
        durations: DurationMode::Fit,
        outcomes: Outcomes::AlwaysPass,
        conditions: Conditions { changes: vec![changes], ..Conditions::default() },
        seed: 1,
    }
}

fn ten_seconds() -> Family {
    Family::Constant { run: Millis::from_secs(10) }
}

#[test]
fn a_change_is_settled_when_all_that_followed_from_it_has_passed() {
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        let setup = setup(approach, ten_seconds(), (DAY, Millis(28 * DAY.0)));
        let figures = World::new(&setup).run(0);
        assert!(figures.changes.len() > 10, "{approach:?}: {}", figures.changes.len());
        for change in &figures.changes {
            // The module takes 10 s, its two dependants 10 s side by side.
            assert_eq!(change.module_builds, 3, "{approach:?}");
            assert_eq!(change.response, Some(Millis::from_secs(20)), "{approach:?}");
            assert_eq!(change.is_in_time, Some(true));
        }
        // The batch at the start and every change build each module once.
        assert_eq!(figures.module_builds, 3 * (figures.changes.len() as u64 + 1));
    }
}

#[test]
fn a_build_that_fails_leaves_its_change_unsettled() {
    let mut setup = setup(Approach::OrchestratorOwned, ten_seconds(), (DAY, Millis(28 * DAY.0)));
    setup.outcomes = Outcomes::Rate { failure_rate: 1.0, flaky_share: 1.0 };
    let figures = World::new(&setup).run(0);
    assert!(!figures.changes.is_empty());
    for change in &figures.changes {
        assert_eq!((change.module_builds, change.response), (1, None));
        assert_eq!(change.is_in_time, Some(false));
    }
}

#[test]
fn a_coalesced_cascade_builds_every_change_though_it_came_while_another_was_built() {
    // A change comes every 4 s, a build takes 10 s. One that comes during a build waits for it, is
    // built with all that came meanwhile, and so are the dependants.
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        let lasts = Millis::from_secs(400);
        let mut setup = setup(approach, ten_seconds(), (Millis::from_secs(4), lasts));
        setup.cascade = Cascade::Coalesced;
        let figures = World::new(&setup).run(0);
        assert!(figures.changes.len() > 50, "{approach:?}: {}", figures.changes.len());
        for change in &figures.changes {
            let response = change.response.expect("all is built").as_secs_f64();
            assert!((20.0..=40.0).contains(&response), "{approach:?}: {response}");
        }
        if approach == Approach::OrchestratorOwned {
            // No more builds than fit one after the other.
            let fit = figures.makespan.0.div_ceil(10_000);
            assert!(figures.module_builds <= 3 * fit, "{} of {fit}", figures.module_builds);
        }
    }
}

/// Returns the gaps between changes of some runs, in seconds.
fn gaps(runs: &[RunFigures]) -> Vec<f64> {
    let of_run = |run: &RunFigures| {
        let came = std::iter::once(Timestamp::START).chain(run.changes.iter().map(|c| c.came));
        let came: Vec<f64> = came.map(Timestamp::as_secs_f64).collect();
        came.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>()
    };
    runs.iter().flat_map(of_run).collect()
}

#[test]
fn changes_come_as_a_poisson_process_until_their_time_is_over() {
    // Ten a day for 40 days; 100 runs. Counts have mean and variance 400.
    let every = Millis(DAY.0 / 10);
    let setup = setup(Approach::OrchestratorOwned, ten_seconds(), (every, Millis(40 * DAY.0)));
    let mut world = World::new(&setup);
    let runs: Vec<RunFigures> = (0..100).map(|replication| world.run(replication)).collect();
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let counts: Vec<f64> = runs.iter().map(|run| run.changes.len() as f64).collect();
    let mean = counts.iter().sum::<f64>() / 100.0;
    // The standard error of the mean is 20 / sqrt(100) = 2; four of them.
    assert!((mean - 400.0).abs() < 8.0, "{mean}");
    let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 99.0;
    // The standard error of a variance over 100 runs is sqrt(2 / 99) = 14 % of it; four of them.
    assert!((variance / 400.0 - 1.0).abs() < 0.57, "{variance}");
    // Of exponential gaps a share of 1/e is longer than the mean.
    let gaps = gaps(&runs);
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let (long, all) =
        (gaps.iter().filter(|gap| **gap > every.as_secs_f64()).count() as f64, gaps.len() as f64);
    let exact = (-1.0_f64).exp();
    let error = (exact * (1.0 - exact) / all).sqrt();
    assert!((long / all - exact).abs() < 4.0 * error, "{}", long / all);
    let last = runs.iter().flat_map(|run| &run.changes).map(|change| change.came).max().unwrap();
    assert!(last <= Timestamp(40 * DAY.0));
}

#[test]
fn changes_have_the_same_luck_under_both_approaches() {
    let came = |approach| {
        let setup = setup(approach, ten_seconds(), (DAY, Millis(28 * DAY.0)));
        let changes = World::new(&setup).run(3).changes;
        changes.iter().map(|change| change.came).collect::<Vec<_>>()
    };
    assert_eq!(came(Approach::KojiOwned), came(Approach::OrchestratorOwned));
}
