//! koji's tasks of modules: how they get to a builder, how they wait for repos, and what that takes beside
//! what was recorded at a real koji.

use super::on_hub::{TWO, farm, on_hub};
use super::*;
use crate::farm::{BuilderGroup, Farm, Opening, RepoWait};
use crate::sim::HubSetup;
use crate::trace::Fallback;

/// So many draws of the moments at which a hub and its builders look.
const DRAWS: u64 = 200;

fn koji_owned(setup: Setup) -> Setup {
    Setup { approach: Approach::KojiOwned, ..setup }
}

#[test]
fn a_request_makes_no_task_and_the_same_repos() {
    let setup = koji_owned(setup(&[("m", &[], TWO)], &[]));
    let mut farm = farm(&[("x86_64", 3)]);
    let subtasks = run(&on_hub(setup.clone(), &farm));
    farm.repo.wait = RepoWait::Request;
    let requests = run(&on_hub(setup, &farm));
    assert_eq!(requests.figures.outcome, Outcome::Done);
    assert_eq!(requests.figures.repo_regenerations, subtasks.figures.repo_regenerations);
    // Two batches without a waitrepo.
    assert_eq!(requests.figures.tasks, subtasks.figures.tasks - 2);
    assert!(requests.figures.makespan < subtasks.figures.makespan);
}

#[test]
fn a_repo_that_was_asked_for_and_fails_fails_the_module() {
    let setup = koji_owned(setup(&[("m", &[], ONE)], &[]));
    let mut farm = farm(&[("x86_64", 2)]);
    farm.repo.wait = RepoWait::Request;
    let csv = "package,method,arch,run_seconds,outcome\n,createrepo,noarch,5,failed\n";
    let history = History::read(&[("trace.csv", csv.as_bytes())]);
    let hub = HubSetup::of(&farm, &setup.catalog, &history).map(Arc::new);
    let run = run(&Setup { hub, slots: Slots::of(&farm), ..setup });
    assert_eq!(run.figures.outcome, Outcome::Failed);
    assert_eq!(run.modules[0].reason, Some(crate::sim::Reason::RepoFailed));
}

#[test]
fn a_free_task_is_opened_without_the_scheduler() {
    let setup = koji_owned(setup(&[("m", &[], ONE)], &[]));
    let mut farm = farm(&[("x86_64", 3)]);
    let assigned = run(&on_hub(setup.clone(), &farm));
    farm.module_task.open = Opening::Free;
    let free = run(&on_hub(setup, &farm));
    assert_eq!((free.figures.outcome, free.figures.tasks), (Outcome::Done, assigned.figures.tasks));
    assert!(free.figures.makespan < assigned.figures.makespan);
}

#[test]
fn tasks_of_modules_go_to_a_channel_of_their_own_where_a_builder_serves_it() {
    let setup = koji_owned(setup(&[("m", &[], ONE)], &[]));
    let mut with_worker = farm(&[("x86_64", 2)]);
    with_worker.builders.push(worker());
    let built = run(&on_hub(setup.clone(), &with_worker));
    assert_eq!(built.figures.outcome, Outcome::Done);
    // Without the worker nobody may take what is for its channel; without its channel anybody may.
    with_worker.builders[1].max_jobs = Some(0);
    assert_eq!(run(&on_hub(setup.clone(), &with_worker)).figures.outcome, Outcome::Stuck);
    with_worker.builders.pop();
    assert_eq!(run(&on_hub(setup, &with_worker)).figures.outcome, Outcome::Done);
}

fn worker() -> BuilderGroup {
    let worker = BuilderGroup::new("worker", 1, vec!["x86_64".into()]);
    BuilderGroup { channels: vec!["module".to_owned()], capacity: 100.0, ..worker }
}

/// The koji at which two module builds were recorded: a hub that had nothing else to do, two builders of both
/// arches, the worker's host, and every interval as koji has it.
fn recorded_farm() -> Farm {
    let builders = BuilderGroup::new("builders", 2, vec!["x86_64".into(), "i686".into()]);
    let second = Millis::from_secs(1);
    Farm {
        builders: vec![builders, worker()],
        // What the tasks did there took about no time.
        fallback: Fallback {
            build_arch: second,
            build_srpm: second,
            tag_build: second,
            createrepo: second,
        },
        ..farm(&[])
    }
}

/// Three components in two batches on two arches.
const RECORDED: &[ComponentText<'_>] = &[
    ("one", 0, &[("x86_64", 1), ("i686", 1)]),
    ("two", 1, &[("x86_64", 1), ("i686", 1)]),
    ("three", 1, &[("x86_64", 1), ("i686", 1)]),
];

/// Returns the mean time, in seconds, until the last component of each module was tagged.
fn forecast(setup: &Setup) -> [f64; 2] {
    let mut sums = [0.0; 2];
    let mut world = World::new(setup);
    for draw in 0..DRAWS {
        let run = world.run_in_full(draw);
        assert_eq!(run.figures.outcome, Outcome::Done);
        for (sum, id) in sums.iter_mut().zip(["request", "subtask"]) {
            let tagged = |bar: &&crate::sim::Bar| &*bar.module == id && &*bar.method == "tagBuild";
            let last = run.bars.iter().filter(tagged).map(|bar| bar.end).max();
            *sum += Millis(last.expect("it is tagged").0).as_secs_f64();
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred draws")]
    sums.map(|sum| sum / DRAWS as f64)
}

#[test]
fn two_module_builds_take_what_was_recorded_at_a_real_koji() {
    // One asked the hub for its repos, the other had waitrepo tasks wait for them. They were built at the
    // same time by the same two builders: 797 s and 1036 s, of which 9 s and 13 s are for what comes after the
    // last component, where the recorded worker made no repo of its own.
    let recorded = [797.0 - 9.0, 1036.0 - 13.0];
    let setup = koji_owned(setup(&[("request", &[], RECORDED), ("subtask", &[], RECORDED)], &[]));
    let farm = recorded_farm();
    let history = History::default().with_fallback(farm.fallback.clone());
    let mut hub = HubSetup::of(&farm, &setup.catalog, &history).expect("koji's model");
    hub.waits = vec![RepoWait::Request, RepoWait::Subtask];
    let setup = Setup { hub: Some(Arc::new(hub)), slots: Slots::of(&farm), ..setup };
    let forecast = forecast(&setup);
    for (forecast, recorded) in forecast.iter().zip(recorded) {
        let share = (forecast - recorded) / recorded;
        assert!(share.abs() <= 0.1, "{forecast} s, and {recorded} s were recorded: {share:+.2}");
    }
}
