//! Repos without a request, and requests that join others, computed by hand on the clock of the
//! keys of the hub; the repo manager looks for repos that are too old at 0, 15, 30… too.

use super::*;

/// Makes a hub that regenerates repos by itself, and a tag that has one.
fn auto(change: impl FnOnce(&mut Farm)) -> (Hub, TagId) {
    let mut hub = changed(|farm| {
        farm.repo.auto = true;
        change(farm);
    });
    let tag = tag(&mut hub);
    hub.add_repo(tag);
    (hub, tag)
}

/// Tags a build at 61, and returns when repos were begun.
fn begun(change: impl FnOnce(&mut Farm)) -> Vec<u64> {
    let (mut hub, tag) = auto(change);
    hub.submit(Request::TagBuild { tag, work: Work::ok(secs(1)) }, 0);
    run(&mut hub);
    assert_eq!(hub.live_tasks(), 0);
    created(&hub, Method::NewRepo)
}

#[test]
fn a_repo_is_made_again_once_what_it_lacks_is_older_than_auto_lag() {
    // What was tagged at 61 counts from 600 on, and two hours later; without `auto` nothing does.
    assert_eq!(begun(no), [7800]);
    assert_eq!(begun(|farm| farm.repo.auto = false), [0_u64; 0]);
    assert_eq!(begun(|farm| farm.repo.auto_lag = secs(600)), [1200]);
    let fine = |farm: &mut Farm| {
        farm.repo.auto_lag = secs(600);
        farm.repo.lag_window = secs(60);
    };
    // It counts from 120 on.
    assert_eq!(begun(fine), [720]);
}

#[test]
fn auto_interval_is_the_time_between_looks_for_repos_that_are_too_old() {
    // The first look from 7800 on is at 7840; the queue is looked at in the same moment or after it.
    assert_eq!(begun(|farm| farm.repo.auto_interval = secs(70)), [7845]);
    let both = |farm: &mut Farm| {
        farm.repo.auto_interval = secs(70);
        farm.repo.check_interval = secs(70);
    };
    assert_eq!(begun(both), [7840]);
}

#[test]
fn a_tag_without_a_repo_gets_one_at_the_next_look() {
    let mut hub = changed(|farm| farm.repo.auto = true);
    tag(&mut hub);
    run(&mut hub);
    assert_eq!(created(&hub, Method::NewRepo), [15]);
    assert_eq!(hub.regenerations(), 1);
}

#[test]
fn a_repo_that_cannot_be_made_is_not_asked_for_again_before_a_change() {
    let mut hub = changed(|farm| {
        farm.repo.auto = true;
        farm.repo.retries = 1;
    });
    let tag = hub.add_tag(x86(), RepoWork::new(|_| Work { run: secs(5), is_ok: false }));
    run(&mut hub);
    // At once, for any repo; at 7800 for one with the tag as it was made at 1; each twice. A run
    // falls on 7800, so that the createrepo opens at 7860, fails, and the queue is looked at at 7890.
    assert_eq!(created(&hub, Method::NewRepo), [15, 150, 7800, 7890]);
    hub.submit(Request::TagBuild { tag, work: Work::ok(secs(1)) }, 0);
    run(&mut hub);
    // Twice for the events of the regenerations at 60, which count now that the tag has changed after
    // them, and twice for the change itself.
    assert_eq!(created(&hub, Method::NewRepo).len(), 8);
}

/// The queue has room for one and is looked at each 70 s. A repo of tag `a` is too old from 7800 on,
/// somebody asks for one of tag `b` at 7810, and, where `joins`, for one of `a` at 7820. Returns the
/// seconds of the `createrepo` tasks: 60 for `a`, 10 for `b`.
fn order_in_queue(auto_priority: i32, joins: bool) -> Vec<u64> {
    let (mut hub, a) = auto(|farm| {
        farm.repo.auto_priority = auto_priority;
        farm.repo.tasks_max = 1;
        farm.repo.check_interval = secs(70);
    });
    let b = hub.add_tag(x86(), RepoWork::growing(secs(10), Millis::ZERO));
    hub.add_repo(b);
    hub.submit(Request::TagBuild { tag: a, work: Work::ok(secs(1)) }, 0);
    advance(&mut hub, at(7700));
    // A moment of its own, far from being too old.
    hub.submit(Request::TagBuild { tag: b, work: Work::ok(secs(1)) }, 0);
    advance(&mut hub, at(7810));
    hub.request_repo(b);
    advance(&mut hub, at(7820));
    if joins {
        hub.request_repo(a);
    }
    run(&mut hub);
    let repos = hub.tasks().filter(|task| task.method == Method::Createrepo);
    repos.map(|task| (task.ended.unwrap() - task.opened.unwrap()).0 / 1000).collect()
}

#[test]
fn requests_of_the_manager_wait_behind_others_by_auto_priority() {
    // At 7840 both are in the queue: 25 and 20, or equals, where the first goes first.
    assert_eq!(order_in_queue(5, false), [10, 60]);
    assert_eq!(order_in_queue(0, false), [60, 10]);
}

#[test]
fn a_request_that_joins_another_raises_its_priority() {
    // At 7820 the request for `a` becomes as urgent as that for `b`, and it is the older one.
    assert_eq!(order_in_queue(5, true), [60, 10]);
}

#[test]
fn a_request_that_joins_leaves_the_priority_of_a_task_that_is_there() {
    let (mut hub, tag) = auto(no);
    hub.submit(Request::TagBuild { tag, work: Work::ok(secs(1)) }, 0);
    advance(&mut hub, at(7805));
    hub.request_repo(tag);
    run(&mut hub);
    // The manager made the task at 7800, at the priority of every `newRepo`.
    let tasks = hub.tasks().filter(|task| task.method == Method::NewRepo);
    let found: Vec<_> = tasks.map(|task| (whole(Some(task.created)), task.priority)).collect();
    assert_eq!(found, [(7800, 15)]);
}
