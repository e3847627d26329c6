//! Builders that refuse tasks, computed by hand on the clock of the keys of the hub.

use super::*;

fn build_arch(seconds: u64) -> Request {
    let (method, arch) = (Method::BuildArch, TaskArch::Noarch);
    Request::Task { method, arch, work: Work::ok(secs(seconds)) }
}

fn refusing(farm: &mut Farm, until: Option<u64>) {
    farm.builders[0].refuses = vec!["buildArch".to_owned()];
    farm.builders[0].refuses_until = until.map(secs);
}

/// Returns where and when a task is opened on a farm of two builders.
fn opened(change: impl FnOnce(&mut Farm)) -> (Option<u32>, u64) {
    let mut hub = changed(|farm| {
        farm.builders.push(BuilderGroup::new("other", 1, vec!["x86_64".into()]));
        change(farm);
    });
    let task = hub.submit(build_arch(10), 0);
    run(&mut hub);
    (hub.task(task).builder, whole(hub.task(task).opened))
}

#[test]
fn a_task_that_a_builder_refuses_goes_to_another_in_the_next_run() {
    assert_eq!(opened(no), (Some(0), 60));
    // Both rank alike and the first is given it, refuses it in the same poll, and is passed over.
    assert_eq!(opened(|farm| refusing(farm, None)), (Some(1), 120));
    assert_eq!(opened(|farm| refusing(farm, Some(100))), (Some(1), 120));
    // A refusal of other methods is none.
    assert_eq!(
        opened(|farm| farm.builders[0].refuses = vec!["tagBuild".to_owned()]),
        (Some(0), 60)
    );
}

#[test]
fn a_builder_without_a_handler_takes_the_next_task_in_the_same_turn() {
    let mut hub = changed(|farm| refusing(farm, None));
    let refused = hub.submit(build_arch(10), 0);
    let taken = hub.submit(work(10), 0);
    run(&mut hub);
    assert_eq!(whole(hub.task(taken).opened), 60);
    assert_eq!(hub.task(refused).state, TaskState::Free);
    let why: Vec<String> = hub.stuck().iter().map(ToString::to_string).collect();
    assert_eq!(why, ["every builder that could take it refuses buildArch"]);
}

#[test]
fn a_handlers_refusal_holds_for_soft_refusal_timeout_and_then_it_is_given_the_task_again() {
    let with = |until: u64, timeout: u64| {
        let mut hub = changed(|farm| {
            refusing(farm, Some(until));
            farm.hub.soft_refusal_timeout = secs(timeout);
        });
        let task = hub.submit(build_arch(10), 0);
        run(&mut hub);
        assert_eq!(hub.task(task).state, TaskState::Closed);
        whole(hub.task(task).opened)
    };
    // Refused at 60 until 960; its poll and the run in it come a millisecond later since it took
    // something. Or refused until 160, and given out in the run at 180.
    assert_eq!((with(100, 900), with(100, 100)), (960, 180));
    // Refused at 60, 960 and 1860.
    assert_eq!(with(2000, 900), 2760);
}

#[test]
fn a_refusal_ends_with_its_task() {
    let mut hub = changed(|farm| refusing(farm, None));
    let task = hub.submit(build_arch(10), 0);
    run(&mut hub);
    assert_eq!(hub.dispatch.refusals.of(task.0), [0]);
    hub.cancel(task);
    assert_eq!(hub.dispatch.refusals.of(task.0), [0_u32; 0]);
    assert_eq!(hub.stuck(), []);
}
