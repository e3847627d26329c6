//! What each key of repos does to one moment, computed by hand, on the clock of the keys of the hub.

use super::*;
use crate::farm::Createrepo;

#[test]
fn a_regeneration_that_fails_is_tried_again_as_often_as_retries_says() {
    let with = |retries: u32| {
        let mut hub = changed(|farm| farm.repo.retries = retries);
        let failing = RepoWork::new(|_| Work { run: secs(5), is_ok: false });
        let tag = hub.add_tag(x86(), failing);
        let request = hub.request_repo(tag);
        let told = run(&mut hub);
        let failed = told.iter().find(|told| told.what == Happened::RepoFailed { request });
        (created(&hub, Method::NewRepo), whole(failed.map(|told| told.time)))
    };
    // Its createrepo opens at 120 and fails at 125; newRepo wakes at 135. The manager sees it at 150.
    assert_eq!(with(0), (vec![15], 135));
    assert_eq!(with(1), (vec![15, 150], 255));
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
    let tag = hub.add_tag(x86(), RepoWork::growing(secs(60), secs(10)));
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
    farm.fallback.createrepo = secs(9);
    assert_eq!(Settings::of(&farm, []).createrepo(4, Some(secs(7))), secs(7));
    assert_eq!(Settings::of(&farm, []).createrepo(4, None), secs(9));
}
