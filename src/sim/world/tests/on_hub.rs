//! Both approaches on koji's model.

use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use super::*;
use crate::farm::{BuilderGroup, Farm, Model};
use crate::orchestrate::{CallKind, Fault as AnswerFault};
use crate::scenario::{Fault, FaultKind};
use crate::sim::{HubSetup, Reason};

/// Two batches of one package each.
pub(super) const TWO: &[ComponentText<'_>] =
    &[("a", 0, &[("x86_64", 100)]), ("b", 1, &[("x86_64", 100)])];

pub(super) fn farm(groups: &[(&str, u32)]) -> Farm {
    let group = |&(arch, count): &(&str, u32)| BuilderGroup::new(arch, count, vec![arch.into()]);
    Farm { model: Model::Koji, builders: groups.iter().map(group).collect(), ..Farm::default() }
}

pub(super) fn on_hub(setup: Setup, farm: &Farm) -> Setup {
    let hub = HubSetup::of(farm, &setup.catalog, &History::default()).map(Arc::new);
    Setup { hub, slots: Slots::of(farm), ..setup }
}

#[test]
fn an_orchestrator_that_owns_a_build_pays_for_repos_and_macros() {
    let run = run(&on_hub(setup(&[("m", &[], TWO)], &[]), &farm(&[("x86_64", 3)])));
    assert_eq!(run.figures.outcome, Outcome::Done);
    // The first repo of the build tag, one with the macros package, one with batch 1.
    assert_eq!(run.figures.repo_regenerations, 3);
    // Three newRepo with a createrepo each; the macros package and two components with SRPM, one
    // arch and tagging each; the createrepo of the module's repo.
    assert_eq!(run.figures.tasks, 3 * 2 + 3 * 4 + 1);
    assert_eq!(run.figures.component_builds, 2);
    assert_eq!(run.stuck, []);
    // Each of the five takes SRPM or repo, and waits: far more than the 200 s of building.
    assert!(run.figures.makespan > Millis::from_secs(1200), "{:?}", run.figures.makespan);
}

#[test]
fn koji_pays_for_a_repo_before_each_batch_and_one_at_the_end() {
    let setup = setup(&[("m", &[], TWO)], &[]);
    let setup = Setup { approach: Approach::KojiOwned, ..setup };
    let run = run(&on_hub(setup, &farm(&[("x86_64", 3)])));
    assert_eq!(run.figures.outcome, Outcome::Done);
    assert_eq!(run.figures.repo_regenerations, 2);
    // The moduleBuild; two waitrepo; two newRepo with a createrepo; two components; createrepo.
    assert_eq!(run.figures.tasks, 1 + 2 + 2 * 2 + 2 * 4 + 1);
    assert_eq!(run.modules[0].state, ModuleState::Ready);
}

#[test]
fn a_component_that_fails_fails_its_module_and_its_time_is_wasted() {
    let failing: &[ComponentText<'_>] = &[("a", 0, &[("x86_64", 0)]), ("b", 1, &[("x86_64", 9)])];
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        let setup = Setup { approach, ..setup(&[("m", &[], failing)], &[]) };
        let run = run(&on_hub(setup, &farm(&[("x86_64", 3)])));
        assert_eq!(run.figures.outcome, Outcome::Failed, "{approach:?}");
        assert_eq!(run.modules[0].state, ModuleState::Failed);
        // SRPM 30 s and one second of building.
        assert!(run.figures.wasted >= Millis::from_secs(31), "{approach:?} {:?}", run.figures);
    }
}

#[test]
fn an_arch_without_a_builder_is_told() {
    let there: &[ComponentText<'_>] = &[("a", 0, &[("s390x", 100)])];
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        let setup = Setup { approach, ..setup(&[("m", &[], there)], &[]) };
        let run = run(&on_hub(setup, &farm(&[("x86_64", 3)])));
        assert_eq!(run.figures.outcome, Outcome::Stuck, "{approach:?}");
        assert_eq!(run.arches_without_builder, ["s390x".into()]);
        let why = "no builder serves channel default with s390x".to_owned();
        assert_eq!(
            run.stuck,
            [(
                why,
                "give the farm builders of that channel and arch, or leave the arch out with --arches"
            )]
        );
    }
}

#[test]
fn a_lost_builder_begins_its_work_again() {
    let one: &[ComponentText<'_>] = &[("a", 0, &[("x86_64", 3600)])];
    let setup = setup(&[("m", &[], one)], &[]);
    let farm = farm(&[("x86_64", 2)]);
    // By then the component is being built; an hour later its builder begins it again.
    let fault = Fault {
        at: Millis::from_secs(3000),
        after: None,
        kind: FaultKind::BuildersDown,
        builders: Some("x86_64".to_owned()),
        count: None,
        module: None,
        lasts: Some(Millis::from_secs(3600)),
        line: 0,
    };
    let mut lost = setup.clone();
    lost.conditions.faults = vec![fault];
    let lost = run(&on_hub(lost, &farm));
    assert_eq!(lost.figures.outcome, Outcome::Done);
    assert!(lost.figures.makespan >= Millis::from_secs(3000 + 3600 + 3600));
    let well = run(&on_hub(setup, &farm));
    assert!(well.figures.makespan < Millis::from_secs(3000 + 3600));
    assert!(lost.figures.wasted > well.figures.wasted, "what had been built is lost");
}

#[test]
fn time_of_a_run_that_does_not_finish_counts_up_to_its_end() {
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        let setup = Setup { approach, ..setup(&[("m", &[], TWO)], &[]) };
        let farm = farm(&[("x86_64", 4)]);
        let well = run(&on_hub(setup.clone(), &farm));
        // The hub is gone while b is built: the last that is heard is the end of a.
        let of_b = well.bars.iter().filter(|bar| bar.package.as_str() == "b").max_by_key(|b| b.end);
        let mut lost = setup;
        lost.conditions.faults = vec![Fault {
            at: of_b.map(|bar| Millis(bar.end.0 - 1000)).unwrap(),
            after: None,
            kind: FaultKind::HubOffline,
            builders: None,
            count: None,
            module: None,
            lasts: None,
            line: 0,
        }];
        let lost = run(&on_hub(lost, &farm));
        assert_eq!(lost.figures.outcome, Outcome::Stuck);
        let end = Timestamp(lost.figures.makespan.0);
        let until = |bar: &crate::sim::Bar| bar.end.min(end) - bar.start.min(end);
        // One task at a time works for a chain of two.
        let built: Millis = well.bars.iter().filter(|bar| !bar.module.is_empty()).map(until).sum();
        let spent = lost.modules[0].spent;
        assert_eq!(spent.building, built, "{approach:?}");
        assert_eq!(spent.waiting + spent.queued + spent.building, lost.figures.makespan);
    }
}

#[test]
fn what_builders_did_before_anything_changed_is_not_counted() {
    // The module is begun at 0 s; the hub makes its macros package and takes no call from 1 s on.
    let setup = setup(&[("m", &[], TWO)], &[]);
    let setup = Setup { approach: Approach::OrchestratorOwned, ..setup };
    let farm = farm(&[("x86_64", 4)]);
    let mut refused = setup.clone();
    refused.conditions.faults = vec![Fault {
        at: Millis::from_secs(1),
        after: None,
        kind: FaultKind::HubRefusing,
        builders: None,
        count: None,
        module: None,
        lasts: None,
        line: 0,
    }];
    let run = run(&on_hub(refused, &farm));
    assert_eq!((run.figures.outcome, run.figures.makespan), (Outcome::Stuck, Millis::ZERO));
    assert!(run.bars.iter().any(|bar| bar.package.as_str() == "module-build-macros"));
    assert_eq!(run.modules[0].spent, crate::sim::Spent::default());
}

#[test]
fn a_modulemd_that_is_missing_fails_a_task_of_koji_s_own() {
    let farm = farm(&[("x86_64", 2)]);
    let missing = Fault {
        at: Millis::ZERO,
        after: None,
        kind: FaultKind::SourceMissing,
        builders: None,
        count: None,
        module: Some("m".to_owned()),
        lasts: None,
        line: 0,
    };
    let not_fetched = Reason::CallFailed(CallKind::Fetch, None, AnswerFault::Missing);
    for (approach, tasks) in [(Approach::KojiOwned, 1), (Approach::OrchestratorOwned, 0)] {
        let mut setup = Setup { approach, ..setup(&[("m", &[], TWO)], &[]) };
        setup.conditions.retries = 2;
        setup.conditions.faults = vec![missing.clone()];
        let failed = run(&on_hub(setup.clone(), &farm));
        // koji's moduleBuild waits for its builder like any other, and is not submitted again.
        assert_eq!((failed.figures.outcome, failed.figures.tasks), (Outcome::Failed, tasks));
        assert_eq!(failed.figures.makespan > Millis::ZERO, tasks > 0, "{approach:?}");
        assert_eq!(failed.modules[0].reason, Some(not_fetched.clone()));
        assert_eq!((failed.figures.component_builds, failed.figures.mails), (0, 1));
        let hour = Millis::from_secs(3600);
        let fix = crate::scenario::Quantiles { p50: hour, p90: hour };
        setup.conditions.people = Some(crate::scenario::People { fix, waive_share: 0.0 });
        let repaired = run(&on_hub(setup, &farm));
        assert_eq!((repaired.figures.outcome, repaired.tally.fixes), (Outcome::Done, 1));
    }
}

#[test]
fn a_repo_that_comes_too_late_is_told_apart_from_one_that_fails() {
    let of = |farm: &Farm, history: &History| {
        let setup = setup(&[("m", &[], ONE)], &[]);
        let setup = Setup { approach: Approach::KojiOwned, ..setup };
        let hub = HubSetup::of(farm, &setup.catalog, history).map(Arc::new);
        let run = run(&Setup { hub, slots: Slots::of(farm), ..setup });
        assert_eq!(run.figures.outcome, Outcome::Failed);
        run.modules[0].reason.clone().unwrap()
    };
    // The moduleBuild and its waitrepo take both places, for two hours.
    let mut two = farm(&[("x86_64", 2)]);
    two.builders[0].max_jobs = Some(1);
    let late = of(&two, &History::default());
    assert_eq!(
        late.to_string(),
        "its repo was not there in time (newRepo: no builder that could take it has room, as tasks that \
         wait for others hold their places)"
    );
    let failing = ",createrepo,noarch,5,failed\n";
    let csv = format!("package,method,arch,run_seconds,outcome\n{failing}");
    let failing = History::read(&[("trace.csv", csv.as_bytes())]);
    assert_eq!(of(&farm(&[("x86_64", 2)]), &failing), Reason::RepoFailed);
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap()
}

/// A small world of one seed: modules in a chain or a fan, a farm, and what breaks.
fn random_world(seed: u64) -> (Setup, Farm) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut pick = |limit: u64| usize::try_from(random.next_u64() % limit).unwrap();
    const ARCHES: [&[(&str, u64)]; 4] = [
        &[("x86_64", 200)],
        &[("x86_64", 900), ("aarch64", 50)],
        &[("noarch", 20)],
        &[("aarch64", 5000)],
    ];
    let component = |random: usize, batch| {
        let tasks = ARCHES[random % 4];
        if random.is_multiple_of(37) {
            ("p", batch, &[("x86_64", 0)][..])
        } else {
            ("p", batch, tasks)
        }
    };
    let mut components: Vec<Vec<ComponentText<'_>>> = Vec::new();
    for _ in 0..3 {
        let count = number(pick(4));
        components.push((0..count).map(|batch| component(pick(1000), batch / 2)).collect());
    }
    let later: [&[u32]; 3] = if pick(2) == 0 { [&[1], &[2], &[]] } else { [&[1, 2], &[], &[]] };
    let modules: Vec<ModuleText<'_>> =
        (0..3).map(|at| (["a", "b", "c"][at], later[at], &*components[at])).collect();
    let mut setup = setup(&modules, &[]);
    setup.approach = [Approach::KojiOwned, Approach::OrchestratorOwned][pick(2)];
    setup.cascade = [Cascade::Literal, Cascade::Planned][pick(2)];
    setup.dispatch = [Dispatch::Graph, Dispatch::Batch, Dispatch::Wave][pick(3)];
    setup.conditions.retries = number(pick(2));
    setup.seed = seed;
    let mut farm = farm(&[("x86_64", 1 + number(pick(3))), ("aarch64", 1 + number(pick(2)))]);
    farm.builders[0].cpus = [None, Some(1)][pick(2)];
    farm.builders[0].max_jobs = [Some(10), Some(3), None][pick(3)];
    let kinds = [
        FaultKind::BuildersDown,
        FaultKind::HubOffline,
        FaultKind::RepoFailure,
        FaultKind::BasePackageBroken,
        FaultKind::OrchestratorCrash,
        FaultKind::BusOutage,
    ];
    for _ in 0..pick(3) {
        setup.conditions.faults.push(Fault {
            at: Millis(pick(3_000_000) as u64),
            after: None,
            kind: kinds[pick(6)],
            builders: Some("x86_64".to_owned()),
            count: Some(1),
            module: None,
            lasts: [None, Some(Millis(1 + pick(4_000_000) as u64))][pick(2)],
            line: 0,
        });
    }
    (setup, farm)
}

#[test]
fn every_random_world_ends_alike_and_in_order() {
    let (mut done, mut others) = (0, 0);
    for seed in 0..400 {
        let (setup, farm) = random_world(seed);
        let setup = on_hub(setup, &farm);
        let mut world = World::new(&setup);
        let first = world.run_in_full(0);
        assert_eq!(world.run(0), first.figures, "seed {seed}: a run leaves nothing behind");
        for module in &first.modules {
            let is_ready = module.state == ModuleState::Ready;
            assert_eq!(module.ready.is_some(), is_ready, "seed {seed}");
        }
        let busy: Millis = first.figures.busy.iter().map(|(_, busy)| *busy).sum();
        let bars: Millis = first.bars.iter().map(|bar| bar.end - bar.start).sum();
        assert!(bars <= busy, "seed {seed}: repos work too");
        assert!(first.figures.wasted <= busy, "seed {seed}");
        if setup.cascade == Cascade::Planned {
            check_order(&setup, &first, seed);
        }
        match first.figures.outcome {
            Outcome::Done => {
                done += 1;
                let is_ready = |module: &crate::sim::ModuleRun| module.state == ModuleState::Ready;
                assert!(first.modules.iter().all(is_ready), "seed {seed}");
            }
            Outcome::Failed | Outcome::Stuck | Outcome::Capped => others += 1,
        }
    }
    assert!(done > 50 && others > 20, "{done} done, {others} not");
}

/// Nothing of a module is built before what it waits for is ready.
fn check_order(setup: &Setup, run: &Run, seed: u64) {
    for module in &setup.catalog.modules {
        let ready = run.modules.iter().find(|known| known.id == module.id).and_then(|m| m.ready);
        for dependant in &module.planned_dependants {
            let id = &setup.catalog.module(*dependant).id;
            let first = run.bars.iter().filter(|bar| bar.module == *id).map(|bar| bar.start).min();
            if let Some(first) = first {
                assert!(ready.is_some_and(|ready| ready <= first), "seed {seed}: {id} too early");
            }
        }
    }
}
