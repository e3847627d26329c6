//! What each key of the hub and of builders does to one moment, computed by hand.
//!
//! Builders poll at 0, 15, 30… and after they took something a millisecond later; the scheduler may run
//! at 0, then each 60 s; the repo manager looks at 0, 15, 30…. Moments are given in whole seconds, rounded
//! down: what a turn adds is a millisecond or two.

use super::*;
use crate::farm::{Opening, Weights};

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
fn unit_weight_is_what_a_task_weighs_until_it_is_opened() {
    let with = |weight: f64| assigned(&mut changed(|farm| farm.hub.unit_weight = weight), 3);
    // The first fills 2 until it is opened and weighs 1, the second fills what is left at 120; the
    // third waits for the end of the first at 1060. At half the weight three fit into 2 at once.
    assert_eq!((with(2.0), with(0.5)), (vec![60, 120, 1080], vec![60, 60, 60]));
}

#[test]
fn a_run_looks_at_free_tasks_max_tasks_alone() {
    let with = |most: u32| assigned(&mut changed(|farm| farm.hub.free_tasks_max = most), 2);
    assert_eq!((with(1), with(2)), (vec![60, 120], vec![60, 60]));
}

#[test]
fn child_priority_is_added_for_the_tasks_below() {
    let with = |step: i32| {
        let mut hub = changed(|farm| farm.hub.child_priority = step);
        let tag = tag(&mut hub);
        hub.submit(Request::Build(Arc::new(spec(tag))), 0);
        run(&mut hub);
        hub.tasks().map(|task| task.priority).collect::<Vec<_>>()
    };
    assert_eq!((with(-1), with(5)), (vec![20, 19, 19, 19], vec![20, 25, 25, 25]));
}

/// Submits a request, a second later a task, and returns when that was assigned: at 120 beside a
/// task that leaves it room, else after the other has ended.
fn beside(request: impl FnOnce(TagId) -> Request, change: impl FnOnce(&mut Farm)) -> u64 {
    let mut hub = changed(change);
    let tag = tag(&mut hub);
    let request = request(tag);
    hub.submit(request, 0);
    advance(&mut hub, at(61));
    let task = hub.submit(work(10), 0);
    run(&mut hub);
    whole(hub.task(task).assigned)
}

#[test]
fn an_open_task_weighs_what_the_weight_of_its_method_says() {
    let of: [fn(&mut Weights) -> &mut f64; 5] = [
        |weights| &mut weights.build_arch,
        |weights| &mut weights.build_srpm,
        |weights| &mut weights.createrepo,
        |weights| &mut weights.createdistrepo,
        |weights| &mut weights.tag_build,
    ];
    let methods = [
        Method::BuildArch,
        Method::BuildSrpm,
        Method::Createrepo,
        Method::CreateDistRepo,
        Method::TagBuild,
    ];
    for (method, of) in methods.into_iter().zip(of) {
        let with = |weight: f64| {
            let (arch, work) = (TaskArch::Noarch, Work::ok(secs(1000)));
            let request = Request::Task { method, arch, work };
            beside(|_| request, |farm| *of(&mut farm.weights) = weight)
        };
        // Of 2, 1.9 leaves more than nothing; 2 does not until it ends at 1060.
        assert_eq!((with(1.9), with(2.0)), (120, 1080), "{method:?}");
    }
    let with = |weight: f64| {
        let change = |farm: &mut Farm| {
            farm.builders[0].channels = vec!["default".to_owned()];
            farm.weights.waitrepo = weight;
        };
        beside(|tag| Request::WaitRepo { tag }, change)
    };
    // Nobody makes its repo: it gives up at 7260, before the poll of that moment.
    assert_eq!((with(1.9), with(2.0)), (120, 7260));
}

#[test]
fn build_arch_grows_by_one_for_each_history_per_up_to_history_max() {
    let with = |change: fn(&mut Weights)| {
        let mut hub = changed(|farm| change(&mut farm.weights));
        let tag = tag(&mut hub);
        let spec = BuildSpec { mean_build: secs(2400), ..spec(tag) };
        hub.submit(Request::Build(Arc::new(spec)), 0);
        run(&mut hub);
        let task = hub.tasks().find(|task| task.method == Method::BuildArch).unwrap();
        format!("{:.2}", task.weight)
    };
    // 1.5 and 2400 / 4800, 2400 / 1200, and that no more than 1.25.
    assert_eq!(with(|_| {}), "2.00");
    assert_eq!(with(|weights| weights.history_per = secs(1200)), "3.50");
    assert_eq!(
        with(|weights| {
            weights.history_per = secs(1200);
            weights.history_max = 1.25;
        }),
        "2.75"
    );
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
    // It stays ready, so that there is a run each minute.
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
fn module_task_open_free_leaves_the_scheduler_out() {
    let with = |open| {
        let mut hub = changed(|farm| farm.module_task.open = open);
        let task = hub.submit(Request::ModuleBuild, 0);
        while !hub.is_stopped() {
            let time = hub.next_time().expect("it is opened");
            advance(&mut hub, time);
        }
        whole(hub.task(task).opened)
    };
    assert_eq!((with(Opening::Assigned), with(Opening::Free)), (60, 15));
}
