//! Why a `waitrepo` gave up, on the clock of the keys of the hub: builders poll each 15 s, the
//! scheduler runs each minute.

use super::modules::{Module, Modules, run_with};
use super::*;

/// Submits a module of one component in a tag of its own.
fn module(hub: &mut Hub, repo: RepoWork) -> Modules {
    let tag = hub.add_tag(x86(), repo);
    let batches = [vec![Arc::new(spec(tag))]].into();
    let module = Module { tag, batches, createrepo: Work::ok(secs(1)) };
    [(hub.submit(Request::ModuleBuild, 0), module)].into()
}

/// Runs a hub to its end; returns when its `waitrepo` ended, in seconds, and what it waited for.
fn late(hub: &mut Hub, modules: &Modules) -> (u64, Option<String>) {
    run_with(hub, modules);
    let mut tasks = (0..).map(TaskId).zip(hub.tasks());
    let (task, info) = tasks.find(|(_, info)| info.method == Method::WaitRepo).unwrap();
    (whole(info.ended), hub.late(task).map(ToString::to_string))
}

/// Returns how the task of a module stands.
fn state(hub: &Hub, modules: &Modules) -> TaskState {
    hub.task(*modules.keys().next().unwrap()).state
}

#[test]
fn a_wait_in_vain_for_a_place_names_those_who_hold_it() {
    // The moduleBuild opens at 60, its waitrepo at 120: both places are taken. The newRepo, made at
    // 135, finds none until the waitrepo gives up, 7200 s later.
    let mut hub = changed(|farm| farm.builders[0].max_jobs = Some(2));
    let modules = module(&mut hub, RepoWork::growing(secs(60), Millis::ZERO));
    let why = "newRepo: no builder that could take it has room, as tasks that wait for others hold \
               their places";
    assert_eq!(late(&mut hub, &modules), (7320, Some(why.to_owned())));
    assert_eq!(state(&hub, &modules), TaskState::Failed);
    assert_eq!(created(&hub, Method::NewRepo), [135]);
    let new_repo = hub.tasks().find(|task| task.method == Method::NewRepo).unwrap();
    assert!(new_repo.opened >= Some(at(7320)), "{new_repo:?}");

    // With a third place the newRepo takes it, and its createrepo finds none.
    let mut hub = changed(|farm| farm.builders[0].max_jobs = Some(3));
    let modules = module(&mut hub, RepoWork::growing(secs(60), Millis::ZERO));
    let why = why.replace("newRepo", "createrepo");
    assert_eq!(late(&mut hub, &modules), (7320, Some(why)));

    // With a fourth all goes well.
    let mut hub = changed(|farm| farm.builders[0].max_jobs = Some(4));
    let modules = module(&mut hub, RepoWork::growing(secs(60), Millis::ZERO));
    let (ended, why) = late(&mut hub, &modules);
    assert!(ended < 600 && why.is_none(), "{ended} {why:?}");
    assert_eq!(state(&hub, &modules), TaskState::Closed);
}

#[test]
fn a_wait_for_what_nobody_takes_or_comes_to_names_that() {
    let mut hub = changed(|farm| farm.builders[0].refuses = vec!["newRepo".to_owned()]);
    let modules = module(&mut hub, RepoWork::growing(secs(60), Millis::ZERO));
    let why = "newRepo: every builder that could take it refuses newRepo";
    assert_eq!(late(&mut hub, &modules), (7320, Some(why.to_owned())));

    // Of five places three are at work for longer than the waitrepo waits.
    let mut hub = changed(|farm| {
        farm.builders[0].max_jobs = Some(5);
        farm.builders[0].capacity = 50.0;
    });
    for _ in 0..3 {
        hub.submit(work(20_000), 0);
    }
    let modules = module(&mut hub, RepoWork::growing(secs(60), Millis::ZERO));
    let why = "newRepo: no builder that could take it has room";
    assert_eq!(late(&mut hub, &modules), (7320, Some(why.to_owned())));

    let mut hub = changed(|farm| farm.repo.tasks_max = 1);
    let other = hub.add_tag(x86(), RepoWork::growing(secs(20_000), Millis::ZERO));
    hub.request_repo(other);
    let modules = module(&mut hub, RepoWork::growing(secs(60), Millis::ZERO));
    let why = "newRepo: the limit of 1 under way is reached";
    assert_eq!(late(&mut hub, &modules), (7320, Some(why.to_owned())));

    let mut hub = changed(|farm| farm.repo.check_interval = secs(20_000));
    let modules = module(&mut hub, RepoWork::growing(secs(60), Millis::ZERO));
    assert_eq!(
        late(&mut hub, &modules),
        (7320, Some("newRepo: the repo manager has not reached it yet".to_owned()))
    );
}

#[test]
fn a_wait_for_work_names_the_work_and_one_for_failures_is_left_to_them() {
    let mut hub = changed(no);
    let modules = module(&mut hub, RepoWork::growing(secs(20_000), Millis::ZERO));
    assert_eq!(late(&mut hub, &modules), (7320, Some("newRepo: it is not done".to_owned())));

    // The newRepo of 7275 s is free until the run of 7320, which comes after the last look.
    let mut hub = changed(|farm| farm.repo.check_interval = secs(7275));
    let modules = module(&mut hub, RepoWork::growing(secs(60), Millis::ZERO));
    assert_eq!(late(&mut hub, &modules), (7320, Some("newRepo: it is not done".to_owned())));

    // One that failed is the reason, whether its tries are used up or not.
    for retries in [0, 1000] {
        let mut hub = changed(|farm| farm.repo.retries = retries);
        let failing = RepoWork::new(|_| Work { run: secs(5), is_ok: false });
        let modules = module(&mut hub, failing);
        let (ended, why) = late(&mut hub, &modules);
        assert_eq!((ended == 7320, why), (retries > 0, None));
        assert_eq!(state(&hub, &modules), TaskState::Failed);
    }
}
