//! What each key of a farm file does to one moment, computed by hand.
//!
//! Builders poll at 0, 15, 30… and after they took something a millisecond later; the scheduler may run
//! at 0, then each 60 s; the repo manager looks at 0, 15, 30…. Moments are told in whole seconds, rounded
//! down: what a turn adds is a millisecond or two.

use super::*;
use crate::farm::Createrepo;

/// Makes a hub on a farm of one builder with something changed, and lets a second pass.
fn changed(change: impl FnOnce(&mut Farm)) -> Hub {
    let mut farm = farm(1);
    change(&mut farm);
    let mut hub = hub(&farm);
    advance(&mut hub, at(1));
    hub
}

fn no(_: &mut Farm) {}

fn whole(time: Option<Timestamp>) -> u64 {
    time.expect("it came to that").0 / 1000
}

/// Submits so many tasks of 1000 s, and returns when each was assigned.
fn assigned(hub: &mut Hub, count: usize) -> Vec<u64> {
    let tasks: Vec<TaskId> = (0..count).map(|_| hub.submit(work(1000), 0)).collect();
    run(hub);
    tasks.into_iter().map(|task| whole(hub.task(task).assigned)).collect()
}

/// Returns when the tasks of a method were created.
fn created(hub: &Hub, method: Method) -> Vec<u64> {
    hub.tasks().filter(|task| task.method == method).map(|task| task.created.0 / 1000).collect()
}

fn x86() -> ArchSet {
    ArchSet::default().with(0)
}

fn tag(hub: &mut Hub) -> TagId {
    hub.add_tag(x86(), (secs(60), Millis::ZERO))
}

#[test]
fn run_interval_is_the_time_between_runs() {
    assert_eq!(assigned(&mut changed(no), 1), [60]);
    assert_eq!(assigned(&mut changed(|farm| farm.hub.run_interval = secs(30)), 1), [30]);
}

#[test]
fn builder_sleep_is_the_time_between_polls() {
    let with = |sleep: u64| {
        let mut hub = changed(|farm| {
            farm.hub.run_interval = secs(1);
            farm.hub.builder_sleep = Millis(sleep);
        });
        assigned(&mut hub, 1)
    };
    assert_eq!((with(14_999), with(9_999)), (vec![15], vec![10]));
}

#[test]
fn builder_turn_parts_what_a_builder_takes_at_one_time() {
    let mut hub = changed(|farm| {
        farm.hub.builder_turn = secs(5);
        farm.hub.builder_sleep = secs(10);
    });
    let tasks = [hub.submit(work(1), 0), hub.submit(work(1), 0)];
    run(&mut hub);
    assert_eq!(tasks.map(|task| whole(hub.task(task).opened)), [60, 65]);
}

#[test]
fn submit_interval_parts_what_a_client_submits() {
    let mut hub = changed(|farm| farm.hub.submit_interval = secs(100));
    let tasks = [hub.submit(work(1), 0), hub.submit(work(1), 0)];
    run(&mut hub);
    assert_eq!(tasks.map(|task| whole(Some(hub.task(task).created))), [1, 101]);
    assert_eq!(tasks.map(|task| whole(hub.task(task).assigned)), [60, 120]);
}

#[test]
fn a_client_that_cannot_reach_the_hub_tries_again_after_client_retry() {
    let with = |retry: u64| {
        let mut hub = changed(|farm| farm.hub.client_retry = secs(retry));
        hub.go_offline();
        advance(&mut hub, at(2));
        let task = hub.submit(work(1), 0);
        advance(&mut hub, at(30));
        hub.go_online();
        run(&mut hub);
        whole(Some(hub.task(task).created))
    };
    // It tried at 2 and 22, or at 2 alone.
    assert_eq!((with(20), with(50)), (42, 52));
}

#[test]
fn a_builder_that_cannot_reach_the_hub_polls_again_after_retry_interval() {
    let with = |retry: u64| {
        let mut hub = changed(|farm| farm.hub.retry_interval = secs(retry));
        hub.go_offline();
        advance(&mut hub, at(100));
        hub.go_online();
        assigned(&mut hub, 1)
    };
    // Its poll at 15 found no hub; then it tried at 75, or at 45 and 75.
    assert_eq!((with(60), with(30)), (vec![135], vec![105]));
}

#[test]
fn capacity_bounds_the_weight_that_a_builder_is_given() {
    // Two tasks of weight 1 fill 2; the third is given out in the run after 1060.
    assert_eq!(assigned(&mut changed(no), 3), [60, 60, 1080]);
    assert_eq!(assigned(&mut changed(|farm| farm.builders[0].capacity = 3.0), 3), [60, 60, 60]);
}

#[test]
fn capacity_overcommit_is_what_a_task_may_exceed_the_free_capacity_by() {
    // Without it a task needs more than 1 free.
    assert_eq!(assigned(&mut changed(|farm| farm.hub.capacity_overcommit = 0.0), 2), [60, 1080]);
    assert_eq!(assigned(&mut changed(|farm| farm.hub.capacity_overcommit = 0.1), 2), [60, 60]);
}

#[test]
fn max_jobs_bounds_the_tasks_that_a_builder_takes() {
    let with = |jobs: u32| {
        assigned(
            &mut changed(|farm| {
                farm.builders[0].capacity = 100.0;
                farm.builders[0].max_jobs = Some(jobs);
            }),
            3,
        )
    };
    // Full, it is not ready until its poll at 1065, inside which the scheduler runs.
    assert_eq!((with(2), with(3)), (vec![60, 60, 1065], vec![60, 60, 60]));
}

#[test]
fn the_hubs_own_max_jobs_holds_where_a_builder_reports_none() {
    let with = |jobs: u32| {
        assigned(
            &mut changed(|farm| {
                farm.builders[0].max_jobs = None;
                farm.hub.max_jobs = jobs;
            }),
            2,
        )
    };
    // It stays ready, so that runs go on each minute.
    assert_eq!((with(1), with(2)), (vec![60, 1080], vec![60, 60]));
}

#[test]
fn background_takes_its_share_of_capacity() {
    let others =
        || vec![Background { arch: "x86_64".into(), channel: "default".into(), load: 0.6 }];
    // 1.2 of 2 are taken; with one task more it is not ready until its poll at 1065.
    assert_eq!(assigned(&mut changed(|farm| farm.background = others()), 2), [60, 1065]);
    assert_eq!(assigned(&mut changed(no), 2), [60, 60]);
}

#[test]
fn cpus_are_shared_once_load_exceeds_them() {
    let with = |cpus: u32| {
        let mut hub = changed(|farm| farm.builders[0].cpus = Some(cpus));
        let tasks = [hub.submit(work(100), 0), hub.submit(work(100), 0)];
        run(&mut hub);
        tasks.map(|task| hub.task(task).ended.unwrap().0)
    };
    // One runs alone for the first millisecond, the other for the last.
    assert_eq!((with(1), with(2)), ([259_999, 260_000], [160_000, 160_001]));
}

#[test]
fn speed_divides_run_times() {
    let mut hub = changed(|farm| farm.builders[0].speed = 2.0);
    let task = hub.submit(work(100), 0);
    run(&mut hub);
    assert_eq!(whole(hub.task(task).ended), 110);
}

/// Loses the first of two builders at 61, asks for a task at 62, and returns where and when it ran.
fn beside_a_lost_builder(change: impl FnOnce(&mut Farm)) -> (Option<u32>, u64) {
    let mut hub = changed(|farm| {
        farm.builders[0].count = 2;
        change(farm);
    });
    advance(&mut hub, at(61));
    hub.lose(0);
    advance(&mut hub, at(62));
    let task = hub.submit(work(10), 0);
    run(&mut hub);
    (hub.task(task).builder, whole(hub.task(task).opened))
}

#[test]
fn a_silent_builder_is_given_tasks_until_ready_timeout_and_keeps_them_until_assign_timeout() {
    // Heard of at 60, it counts as ready at 120, and has the task for more than 300 s only at 480.
    assert_eq!(beside_a_lost_builder(no), (Some(1), 540));
    let quick = |farm: &mut Farm| farm.hub.assign_timeout = secs(60);
    assert_eq!(beside_a_lost_builder(quick), (Some(1), 300));
    let wary = |farm: &mut Farm| farm.hub.ready_timeout = secs(30);
    assert_eq!(beside_a_lost_builder(wary), (Some(1), 120));
}

#[test]
fn host_timeout_frees_what_a_silent_builder_had_open() {
    let with = |timeout: u64| {
        let mut hub = changed(|farm| {
            farm.builders[0].count = 2;
            farm.hub.host_timeout = secs(timeout);
        });
        let task = hub.submit(work(1000), 0);
        advance(&mut hub, at(100));
        hub.lose(0);
        run(&mut hub);
        whole(hub.task(task).ended)
    };
    // Heard of at 90: freed at 1020 and given out at 1080; or at 420 and 480.
    assert_eq!((with(900), with(300)), (2080, 1480));
}

#[test]
fn a_builder_that_let_a_task_wait_is_passed_over_until_soft_refusal_timeout() {
    let with = |timeout: u64| {
        let mut hub = changed(|farm| {
            farm.background =
                vec![Background { arch: "x86_64".into(), channel: "default".into(), load: 0.4 }];
            farm.hub.soft_refusal_timeout = secs(timeout);
            let mut repo = BuilderGroup::new("repo", 1, vec!["x86_64".into()]);
            repo.channels = vec!["createrepo".to_owned()];
            farm.builders.push(repo);
        });
        let heavy = Work::ok(secs(500));
        let (method, arch) = (Method::BuildArch, TaskArch::Noarch);
        hub.submit(Request::Task { method, arch, work: heavy }, 0);
        let second = hub.submit(work(10), 0);
        run(&mut hub);
        whole(hub.task(second).assigned)
    };
    // Both are assigned at 60; the first one's weight of 1.5 on 0.8 makes the builder not ready. At 420
    // the second is freed, and refused until 1320, or until 520; the builder is ready again at 570.
    assert_eq!((with(900), with(100)), (1380, 600));
}

#[test]
fn the_first_arch_that_fails_has_the_others_canceled_when_the_build_wakes() {
    let mut hub = changed(|farm| {
        farm.builders[0].arches.push("aarch64".into());
        farm.builders[0].capacity = 100.0;
    });
    let tag = tag(&mut hub);
    let fails = Work { run: secs(10), is_ok: false };
    let arches = vec![(TaskArch::Arch(0), fails), (TaskArch::Arch(1), Work::ok(secs(1000)))];
    let spec = BuildSpec { srpm: None, arches, ..spec(tag) };
    let build = hub.submit(Request::Build(Arc::new(spec)), 0);
    run(&mut hub);
    let ends: Vec<_> = hub.tasks().map(|task| (whole(task.ended), task.state)).collect();
    // Both arches open at 120; the first fails at 130, the builder's poll at 135 wakes the build.
    let (failed, canceled) = (TaskState::Failed, TaskState::Canceled);
    assert_eq!(ends, [(135, failed), (130, failed), (135, canceled)]);
    assert_eq!(hub.task(build).state, failed);
}

#[test]
fn a_resubmitted_task_keeps_its_priority() {
    let mut hub = changed(no);
    let task = hub.submit(work(10), 5);
    hub.cancel(task);
    let again = hub.resubmit(task, work(10)).unwrap();
    assert_eq!(hub.task(again).priority, 25);
    assert_eq!(hub.resubmit(again, work(10)), None, "it is not over");
    let mut hub = changed(|farm| farm.hub.priority = 30);
    let task = hub.submit(work(10), 5);
    assert_eq!(hub.task(task).priority, 35);
}

#[test]
fn a_regeneration_that_fails_is_tried_as_often_as_tries_says() {
    let with = |tries: u32| {
        let mut hub = changed(|farm| farm.repo.tries = tries);
        let failing = RepoWork::new(|_| Work { run: secs(5), is_ok: false });
        let tag = hub.add_tag(x86(), failing);
        let request = hub.request_repo(tag);
        let told = run(&mut hub);
        let failed = told.iter().find(|told| told.what == Happened::RepoFailed { request });
        (created(&hub, Method::NewRepo), whole(failed.map(|told| told.time)))
    };
    // Its createrepo opens at 120 and fails at 125; newRepo wakes at 135. The manager sees it at 150.
    assert_eq!(with(1), (vec![15], 135));
    assert_eq!(with(2), (vec![15, 150], 255));
}

#[test]
fn tasks_max_bounds_the_regenerations_under_way() {
    let with = |most: u32| {
        let mut hub = changed(|farm| farm.repo.tasks_max = most);
        for _ in 0..2 {
            let tag = tag(&mut hub);
            hub.request_repo(tag);
        }
        run(&mut hub);
        created(&hub, Method::NewRepo)
    };
    // The first is done at 180, when its builder wakes it.
    assert_eq!((with(10), with(1)), (vec![15, 15], vec![15, 195]));
}

#[test]
fn a_request_joins_one_that_is_new_enough_and_a_later_change_makes_another() {
    let mut hub = changed(no);
    let tag = tag(&mut hub);
    let first = hub.request_repo(tag);
    advance(&mut hub, at(20));
    assert_eq!(hub.request_repo(tag), first);
    let work = Work::ok(secs(1));
    hub.submit(Request::TagBuild { tag, work }, 0);
    advance(&mut hub, at(65));
    assert_ne!(hub.request_repo(tag), first);
    run(&mut hub);
    assert_eq!(hub.regenerations(), 2);
}

#[test]
fn check_interval_is_the_time_between_looks_of_the_repo_manager() {
    let mut hub = changed(|farm| farm.repo.check_interval = secs(40));
    let tag = tag(&mut hub);
    hub.request_repo(tag);
    run(&mut hub);
    assert_eq!(created(&hub, Method::NewRepo), [40]);
}

#[test]
fn repo_priority_is_that_of_new_repo_and_one_less_that_of_createrepo() {
    let mut hub = changed(|farm| farm.repo.priority = 7);
    let tag = tag(&mut hub);
    hub.request_repo(tag);
    run(&mut hub);
    let priorities: Vec<i32> = hub.tasks().map(|task| task.priority).collect();
    assert_eq!(priorities, [7, 6]);
}

#[test]
fn a_waitrepo_looks_each_wait_poll_and_gives_up_at_the_first_look_after_wait_timeout() {
    let with = |poll: u64, timeout: u64| {
        let mut hub = changed(|farm| {
            farm.builders[0].channels = vec!["default".to_owned()];
            farm.repo.wait_poll = secs(poll);
            farm.repo.wait_timeout = secs(timeout);
        });
        let tag = tag(&mut hub);
        let task = hub.submit(Request::WaitRepo { tag }, 0);
        run(&mut hub);
        assert_eq!(hub.task(task).state, TaskState::Failed);
        whole(hub.task(task).ended)
    };
    assert_eq!((with(60, 7200), with(60, 300), with(70, 300)), (7260, 360, 410));
}

#[test]
fn createrepo_runs_longer_for_each_build_in_the_tag() {
    let mut hub = changed(no);
    let tag = hub.add_tag(x86(), (secs(60), secs(10)));
    for _ in 0..2 {
        hub.submit(Request::TagBuild { tag, work: Work::ok(secs(1)) }, 0);
    }
    advance(&mut hub, at(70));
    hub.request_repo(tag);
    run(&mut hub);
    let repo = hub.tasks().find(|task| task.method == Method::Createrepo).unwrap();
    assert_eq!(repo.ended.unwrap() - repo.opened.unwrap(), secs(80));
    let mut farm = farm(1);
    farm.repo.createrepo = Createrepo::BySize { base: secs(20), per_build: secs(3) };
    assert_eq!(Settings::of(&farm, []).createrepo(4, Some(secs(7))), secs(32));
    farm.repo.createrepo = Createrepo::Trace;
    assert_eq!(Settings::of(&farm, []).createrepo(4, Some(secs(7))), secs(7));
}

fn verdicts(hub: &mut Hub) -> Vec<String> {
    run(hub);
    hub.stuck().into_iter().map(|stuck| stuck.why.to_string()).collect()
}

#[test]
fn a_hub_says_why_nothing_goes_on() {
    let mut hub = changed(no);
    hub.go_offline();
    hub.submit(work(1), 0);
    assert_eq!(verdicts(&mut hub), ["the hub is offline, and nothing brings it back"]);

    let mut hub = changed(|farm| {
        farm.builders[0].capacity = 0.9;
        farm.hub.capacity_overcommit = 0.0;
    });
    hub.submit(work(1), 0);
    let never = "no builder that could take it ever has room for a task: it needs more than 1, and \
                 0.9 is the most free";
    assert_eq!(verdicts(&mut hub), [never]);

    let mut hub = changed(|farm| farm.builders[0].channels = vec!["createrepo".to_owned()]);
    let arch = TaskArch::Arch(0);
    hub.submit(Request::Task { method: Method::Other, arch, work: Work::ok(secs(1)) }, 0);
    assert_eq!(verdicts(&mut hub), ["no builder serves channel default"]);

    // Two builds fill the only two places, and wait for their own tasks.
    let mut hub = changed(|farm| farm.builders[0].max_jobs = Some(2));
    let tag = tag(&mut hub);
    for _ in 0..2 {
        hub.submit(Request::Build(Arc::new(spec(tag))), 0);
    }
    let full = "no builder that could take it has room: 2 of their 2 tasks wait for others";
    assert_eq!(verdicts(&mut hub), [full, full]);
}
