//! What koji's model draws, seen in the tasks of its hub.

use std::iter;

use super::*;
use crate::farm::{BuilderGroup, Farm, Model};
use crate::hub::TaskInfo;
use crate::koji::TaskState;
use crate::orchestrate::{
    Approach, Cascade, CatalogBuilder, ComponentParts, Dispatch, ModuleParts, TaskParts,
};
use crate::sim::{Conditions, DurationMode, Outcomes, Slots, Subjects};
use crate::trace::{BUILD_ARCH, History};

fn farm(groups: &[(&str, u32)]) -> Farm {
    let group =
        |&(name, count): &(&str, u32)| BuilderGroup::new(name, count, vec!["x86_64".into()]);
    Farm { model: Model::Koji, builders: groups.iter().map(group).collect(), ..Farm::default() }
}

fn history(rows: &str) -> History {
    let csv = format!("package,method,arch,run_seconds,outcome\n{rows}");
    let history = History::read(&[("trace.csv", csv.as_bytes())]);
    assert_eq!(history.findings, []);
    history
}

/// Modules of two components, one after the other, that do not wait for each other.
fn setup(modules: &[&str], farm: &Farm, history: &History) -> Setup {
    let task = || vec![TaskParts { arch: "x86_64".into(), estimate_ms: 60_000 }];
    let component =
        |batch: u32| ComponentParts::new(&format!("p{batch}"), batch, Vec::new(), task());
    let mut builder = CatalogBuilder::default();
    for id in modules {
        builder.push(&ModuleParts {
            id: (*id).to_owned(),
            wave: Some(1),
            is_start: true,
            components: vec![component(0), component(1)],
            ..ModuleParts::default()
        });
    }
    let catalog = Arc::new(builder.finish());
    let samples = vec![history.samples(BUILD_ARCH, &"p".into(), &"x86_64".into())];
    Setup {
        hub: HubSetup::of(farm, &catalog, history).map(Arc::new),
        subjects: Arc::new(Subjects::new(&catalog, iter::repeat(0))),
        catalog,
        samples: Arc::new(samples),
        slots: Slots::of(farm),
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

fn koji(setup: &Setup) -> OnHub<'_> {
    let mut koji = OnHub::new(setup, setup.hub.as_ref().unwrap());
    koji.reset(0, false);
    koji
}

/// Orders something and lets time pass until it has ended.
fn end_of(koji: &mut OnHub<'_>, order: Order) -> What {
    let now = koji.now;
    let job = koji.order(now, order);
    koji.settle(now);
    loop {
        while let Some(notice) = koji.notices.pop_front() {
            if notice.job == job {
                return notice.what;
            }
        }
        let next = koji.next().expect("the job ends");
        koji.settle(next);
    }
}

/// Builds a module as an orchestrator does that owns its build; returns how each step ended.
fn build(koji: &mut OnHub<'_>, module: u32, build: u32) -> Vec<What> {
    let (build, module) = (BuildId(build), ModuleIx(module));
    let target = end_of(koji, Order::Target { build, module });
    let components = koji.setup.catalog.module(module).components.clone().map(ComponentIx);
    let component = |component| Order::Component {
        build,
        component,
        attempt: std::num::NonZeroU16::MIN,
        priority: 0,
    };
    let mut ends = vec![target];
    ends.extend(components.map(|at| end_of(koji, component(at))));
    ends.push(end_of(koji, Order::Repo { build, module, by: RepoMaker::Koji }));
    ends
}

/// Returns the seconds and the end of every task of a method.
fn tasks(koji: &OnHub<'_>, method: Method) -> Vec<(u64, TaskState)> {
    let is_it = |task: &TaskInfo| task.method == method;
    let run = |task: TaskInfo| ((task.ended.unwrap() - task.opened.unwrap()).0 / 1000, task.state);
    koji.hub.tasks().filter(is_it).map(run).collect()
}

const REPOS: &str = ",createrepo,noarch,100,closed\n,createrepo,noarch,200,closed\n\
                     ,createrepo,noarch,300,closed\n,createrepo,noarch,400,closed\n";

const MADE: What = What::TargetMade { is_ok: true };

#[test]
fn replay_walks_through_the_rows_of_repos() {
    let farm = farm(&[("x86", 2)]);
    let setup = setup(&["m"], &farm, &history(REPOS));
    let mut koji = koji(&setup);
    build(&mut koji, 0, 0);
    let runs = |koji: &OnHub<'_>| -> Vec<u64> {
        tasks(koji, Method::Createrepo).into_iter().map(|(run, _)| run).collect()
    };
    // First, with the macros package, with the first component; then the repo of the module.
    assert_eq!(runs(&koji), [100, 200, 300, 100]);
    // The second build of the module begins with the second row.
    build(&mut koji, 0, 1);
    assert_eq!(runs(&koji)[4..], [200, 300, 400, 200]);
}

#[test]
fn a_failed_row_of_a_repo_fails_that_try() {
    let farm = farm(&[("x86", 2)]);
    let rows = history(",createrepo,noarch,5,failed\n,createrepo,noarch,60,closed\n");
    let setup = setup(&["m"], &farm, &rows);
    let mut koji = koji(&setup);
    let (build, module) = (BuildId(0), ModuleIx(0));
    assert_eq!(end_of(&mut koji, Order::Target { build, module }), MADE);
    let (failed, closed) = ((5, TaskState::Failed), (60, TaskState::Closed));
    assert_eq!(tasks(&koji, Method::Createrepo), [failed, closed]);
    assert_eq!(koji.repo_regenerations(), 1);
    // The module's own repo is the first of its kind, and nobody tries it again.
    let end = end_of(&mut koji, Order::Repo { build, module, by: RepoMaker::Koji });
    assert_eq!(end, What::RepoEnded { is_ok: false });
}

#[test]
fn a_repo_that_always_fails_breaks_the_target_after_three_retries() {
    let farm = farm(&[("x86", 2)]);
    let setup = setup(&["m"], &farm, &history(",createrepo,noarch,5,failed\n"));
    let mut koji = koji(&setup);
    let order = Order::Target { build: BuildId(0), module: ModuleIx(0) };
    assert_eq!(end_of(&mut koji, order), What::TargetMade { is_ok: false });
    assert_eq!(tasks(&koji, Method::NewRepo).len(), 4);
}

#[test]
fn a_failed_row_of_the_macros_package_has_it_built_again() {
    let farm = farm(&[("x86", 2)]);
    let rows = "module-build-macros,buildArch,noarch,7,failed\n\
                module-build-macros,buildArch,noarch,9,closed\n";
    let setup = setup(&["m"], &farm, &history(rows));
    let mut koji = koji(&setup);
    let order = Order::Target { build: BuildId(0), module: ModuleIx(0) };
    assert_eq!(end_of(&mut koji, order), MADE);
    let (failed, closed) = ((7, TaskState::Failed), (9, TaskState::Closed));
    assert_eq!(tasks(&koji, Method::BuildArch), [failed, closed]);
}

#[test]
fn macros_tries_is_how_often_the_macros_package_is_built() {
    let with = |tries: Option<u32>| {
        let mut farm = farm(&[("x86", 2)]);
        farm.hub.macros_tries = tries.unwrap_or(farm.hub.macros_tries);
        let rows = history("module-build-macros,buildArch,noarch,7,failed\n");
        let setup = setup(&["m"], &farm, &rows);
        let mut koji = koji(&setup);
        let order = Order::Target { build: BuildId(0), module: ModuleIx(0) };
        assert_eq!(end_of(&mut koji, order), What::TargetMade { is_ok: false });
        tasks(&koji, Method::BuildArch).len()
    };
    assert_eq!((with(None), with(Some(1)), with(Some(5))), (3, 1, 5));
}

#[test]
fn steps_without_a_record_take_what_the_fallback_says() {
    let mut farm = farm(&[("x86", 2)]);
    let secs = Millis::from_secs;
    farm.hub.macros_build = secs(11);
    farm.fallback = crate::trace::Fallback {
        build_arch: secs(7),
        build_srpm: secs(5),
        tag_build: secs(3),
        createrepo: secs(2),
    };
    let rows = History::default().with_fallback(farm.fallback.clone());
    let setup = setup(&["m"], &farm, &rows);
    let mut koji = koji(&setup);
    build(&mut koji, 0, 0);
    // The macros package and two components; three regenerations and the repo of the module.
    let runs = |method| -> Vec<u64> { tasks(&koji, method).iter().map(|(run, _)| *run).collect() };
    assert_eq!(runs(Method::BuildArch), [11, 7, 7]);
    assert_eq!(runs(Method::BuildSrpm), [5, 5, 5]);
    assert_eq!(runs(Method::TagBuild), [3, 3, 3]);
    assert_eq!(runs(Method::Createrepo), [2, 2, 2, 2]);
}

/// Returns what repos and macros of the last module came to.
fn luck_of_last(setup: &Setup) -> Vec<Vec<(u64, TaskState)>> {
    let mut koji = koji(setup);
    let modules = setup.catalog.modules.len();
    let mut first = 0;
    for module in 0..small(modules) {
        first = koji.hub.tasks().count();
        build(&mut koji, module, module);
    }
    let is_last = |method| {
        let before = koji.hub.tasks().take(first).filter(|task| task.method == method).count();
        tasks(&koji, method).split_off(before)
    };
    [Method::Createrepo, Method::BuildSrpm, Method::TagBuild].map(is_last).to_vec()
}

#[test]
fn one_module_more_keeps_the_luck_of_the_others() {
    let farm = farm(&[("x86", 2)]);
    let rows: String = (1..90)
        .map(|row| {
            let repo = format!(",createrepo,noarch,{},closed\n", 10 * row);
            repo + &format!("module-build-macros,buildSRPMFromSCM,noarch,{},closed\n", 7 * row)
        })
        .collect();
    let rows = history(&rows);
    let resample = |setup: Setup| Setup { durations: DurationMode::Resample, ..setup };
    let alone = luck_of_last(&resample(setup(&["m"], &farm, &rows)));
    assert_eq!(alone, luck_of_last(&resample(setup(&["a", "m"], &farm, &rows))));
    // Every regeneration has luck of its own.
    let runs: std::collections::BTreeSet<u64> = alone[0].iter().map(|(run, _)| *run).collect();
    assert!(runs.len() > 2, "{runs:?}");
}

#[test]
fn one_builder_more_keeps_the_phases_of_the_others() {
    let phases = |groups: &[(&str, u32)]| {
        let farm = farm(groups);
        let setup = setup(&["m"], &farm, &History::default());
        koji(&setup).phases()
    };
    let (few, more) = (phases(&[("a", 2), ("b", 3)]), phases(&[("a", 4), ("b", 3)]));
    assert_eq!(few.builders[..2], more.builders[..2]);
    assert_eq!(few.builders[2..], more.builders[4..]);
    assert_eq!((few.manager, few.run_age), (more.manager, more.run_age));
}

/// Orders the repo of module 0 and returns how long it took and whether it was made.
fn own_repo(koji: &mut OnHub<'_>) -> (u64, bool) {
    let begun = koji.now;
    let (build, module) = (BuildId(0), ModuleIx(0));
    let end = end_of(koji, Order::Repo { build, module, by: RepoMaker::Orchestrator });
    ((koji.now - begun).0 / 1000, end == What::RepoEnded { is_ok: true })
}

#[test]
fn a_repo_that_the_orchestrator_makes_takes_a_createrepo_of_the_same_draw_and_nobody_else() {
    let farm = farm(&[("x86", 2)]);
    let rows = history(",createrepo,noarch,100,closed\n,createrepo,noarch,5,failed\n");
    let setup = setup(&["m"], &farm, &rows);
    let mut koji = koji(&setup);
    let (build, module) = (BuildId(0), ModuleIx(0));
    end_of(&mut koji, Order::Target { build, module });
    let tasks = koji.tasks();
    // The first repo of a module is the first row, the second the second, as of koji's tasks.
    assert_eq!([own_repo(&mut koji), own_repo(&mut koji)], [(100, true), (5, false)]);
    assert_eq!(koji.tasks(), tasks);
}

#[test]
fn an_own_repo_fails_where_repos_cannot_be_made_and_is_lost_where_it_is_canceled() {
    let farm = farm(&[("x86", 2)]);
    let setup = setup(&["m"], &farm, &History::default());
    let mut koji = koji(&setup);
    let (build, module) = (BuildId(0), ModuleIx(0));
    end_of(&mut koji, Order::Target { build, module });
    // As a task, it is the beginning that decides: here 60 s before the end.
    koji.trouble(Trouble::NoRepos, true);
    assert_eq!(own_repo(&mut koji), (60, false));
    let begun = koji.now;
    let job = koji.order(begun, Order::Repo { build, module, by: RepoMaker::Orchestrator });
    koji.settle(begun);
    koji.cancel(begun, job);
    koji.trouble(Trouble::NoRepos, false);
    assert_eq!(own_repo(&mut koji), (60, true));
    assert!(koji.notices.is_empty(), "the one that was lost says nothing");
}

/// Polls once a minute, and hears of koji by nothing else.
fn by_polls(setup: &mut Setup) {
    setup.conditions.hears = crate::scenario::Hears::Polls;
    setup.conditions.poll = Millis::from_secs(60);
}

#[test]
fn a_client_that_polls_sees_every_end_late_and_has_what_it_built_tagged_by_two_tasks() {
    let farm = farm(&[("x86", 4)]);
    let rows = history(",createrepo,noarch,30,closed\n,tagBuild,noarch,2,closed\n");
    let of_bus = setup(&["m"], &farm, &rows);
    let mut of_polls = of_bus.clone();
    by_polls(&mut of_polls);
    let end = |setup: &Setup| {
        let mut koji = koji(setup);
        let (build, module) = (BuildId(0), ModuleIx(0));
        assert_eq!(end_of(&mut koji, Order::Target { build, module }), MADE);
        let target = koji.now;
        let component = Order::Component {
            build,
            component: ComponentIx(0),
            attempt: std::num::NonZeroU16::MIN,
            priority: 0,
        };
        let end = end_of(&mut koji, component);
        assert!(matches!(end, What::ComponentEnded { end: ComponentEnd::Complete, nth: 1, .. }));
        (target, koji.now, tasks(&koji, Method::TagBuild).len())
    };
    let (heard, seen) = (end(&of_bus), end(&of_polls));
    assert_eq!((heard.2, seen.2), (2, 3), "the macros package; the component, once or twice");
    assert!(seen.0 > heard.0 && seen.1 > heard.1, "{heard:?} {seen:?}");
    // Each wait of a target begins with the end of the one before.
    assert_eq!((seen.0.0 % 60_000, seen.1.0 % 60_000), (0, 0));
}

#[test]
fn a_client_that_polls_builds_the_macros_package_again_and_tells_of_what_fails() {
    let farm = farm(&[("x86", 2)]);
    let rows = "module-build-macros,buildArch,noarch,7,failed\n\
                module-build-macros,buildArch,noarch,9,closed\np1,buildSRPMFromSCM,noarch,5,failed\n";
    let mut setup = setup(&["m"], &farm, &history(rows));
    by_polls(&mut setup);
    let mut koji = koji(&setup);
    let ends = build(&mut koji, 0, 0);
    assert_eq!(ends[0], MADE, "the second try");
    let failed =
        |what: &&What| matches!(what, What::ComponentEnded { end: ComponentEnd::Failed, .. });
    assert_eq!(ends.iter().filter(failed).count(), 1, "{ends:?}");
}

#[test]
fn what_is_canceled_before_its_client_saw_its_end_is_told_nothing() {
    let farm = farm(&[("x86", 2)]);
    let mut setup = setup(&["m"], &farm, &history(REPOS));
    by_polls(&mut setup);
    let mut koji = koji(&setup);
    let (build, module) = (BuildId(0), ModuleIx(0));
    assert_eq!(end_of(&mut koji, Order::Target { build, module }), MADE);
    let order = Order::Component {
        build,
        component: ComponentIx(0),
        attempt: std::num::NonZeroU16::MIN,
        priority: 0,
    };
    let job = koji.order(koji.now, order);
    while !matches!(koji.jobs.state(job), JobState::Seen(_)) {
        let next = koji.next().expect("its repo is made");
        koji.settle(next);
    }
    koji.cancel(koji.now, job);
    while let Some(next) = koji.next().filter(|next| next.0 < 10_000_000) {
        koji.settle(next);
        assert_eq!(koji.notices.pop_front(), None);
    }
}
