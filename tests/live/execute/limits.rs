//! What bounds a run at the hub: repos, submissions, the farm's load, failures and the canary.

use modplan::koji::calls::ListTags;
use modplan::live::execute::{FailuresMax, Halt};

use super::*;

/// A module of many components that do not wait for each other.
pub(super) const MANY: Rebuilt<'_> = Rebuilt {
    name: "many",
    stream: "1",
    components: &[("bad1", 2), ("bad2", 2), ("bad3", 2), ("fine1", 2), ("fine2", 2), ("fine3", 2)],
};
const OTHER: Rebuilt<'_> =
    Rebuilt { name: "other", stream: "1", components: &[("fine4", 2), ("fine5", 2)] };

/// Starts a mock hub where every build of a package that begins with `bad` fails.
pub(super) fn mock_with_failures() -> Mock {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("trace.csv");
    let rows = ["bad1", "bad2", "bad3", "fine1", "module-build-macros"].map(|package| {
        let end = if package.starts_with("bad") { "failed" } else { "closed" };
        let build = ["x86_64", "aarch64"]
            .map(|arch| format!("{package},buildArch,{arch},60,{end},1,made-up\n"));
        format!("{}{package},buildSRPMFromSCM,noarch,20,closed,1,made-up\n", build.concat())
    });
    let head = "package,method,arch,run_seconds,outcome,queued_seconds,source\n";
    std::fs::write(&path, head.to_owned() + &rows.concat()).expect("it is writable");
    let trace = path.to_str().expect("UTF-8");
    let farm = crate::live::mock_koji::FARM;
    Mock::with(&["--trace", trace, "--farm", farm, "--user", "alice:secret", "--speed", "20000"])
}

fn states(case: &Case, state: TaskState) -> Vec<String> {
    let builds = case.builds().into_iter();
    builds.filter(|(_, found)| *found == state).map(|(component, _)| component).collect()
}

#[test]
fn too_many_failures_pause_the_run_and_a_resumed_one_counts_anew() {
    let mut case = Case::of(&[MANY, OTHER], mock_with_failures());
    case.work.limits.failures = FailuresMax { share: 0.4, from: 4 };
    case.heading.began.submit_limit = Some(2);
    case.heading.began.retries = 3;
    let driven = case.drive(None).expect("it lives");
    let Some(Halt::Failures { failed, ended }) = driven.halt else { panic!("{driven:?}") };
    assert!(!driven.is_over && ended >= 4 && failed * 10 > ended * 4, "{failed} of {ended}");
    assert!(ended < 8, "it stops at once: {ended}");
    let words = driven.halt.expect("it is there").words("r1");
    assert!(words.starts_with(&format!("paused by the circuit breaker: {failed} of {ended}")));
    // The failures of before do not stop it again: it ends by itself, or by new ones.
    let submitted = case.builds().len();
    let again = case.drive(None).expect("it lives");
    assert!(case.builds().len() > submitted, "{again:?}: {:?}", case.builds());
    let mut built = states(&case, TaskState::Closed);
    built.dedup();
    assert_eq!(
        built.len(),
        states(&case, TaskState::Closed).len() - 1,
        "two macros packages alone"
    );
}

#[test]
fn a_run_whose_failures_are_few_is_not_paused() {
    let many = Rebuilt { name: "many", stream: "1", components: &[("bad1", 2), ("fine1", 2)] };
    let mut case = Case::of(&[many, OTHER], mock_with_failures());
    case.work.limits.failures = FailuresMax { share: 0.5, from: 2 };
    let driven = case.drive(None).expect("it lives");
    assert!(driven.is_over && driven.halt.is_none(), "{driven:?}");
    let states =
        [("many:1:c0ffee00", ModuleState::Failed), ("other:1:c0ffee00", ModuleState::Ready)];
    assert_eq!(driven.states(), states.map(|(id, state)| (id.into(), state)).into());
}

fn tags(case: &Case) -> Vec<String> {
    let rows =
        block_on(async { case.hub().await.call(&ListTags::default()).await.expect("it answers") });
    let names = rows.into_iter().map(|tag| tag.name);
    names.filter(|name| name.starts_with("module-") && !name.contains("lock")).collect()
}

#[test]
fn a_canary_makes_its_module_alone_and_stops_until_it_is_resumed() {
    let many = Rebuilt {
        name: "many",
        stream: "1",
        components: &[("fine1", 2), ("fine2", 2), ("fine3", 3)],
    };
    let mut case = Case::of(&[many, OTHER], mock_with_failures());
    case.work.canary = Some(2);
    let driven = case.drive(None).expect("it lives");
    assert_eq!(driven.halt, Some(Halt::Canary { done: 2, failed: 0 }), "{driven:?}");
    assert!(!driven.is_over);
    assert_eq!(states(&case, TaskState::Closed), ["fine1", "fine2", "module-build-macros"]);
    let plan = &case.work.modules["many:1:c0ffee00"].tags;
    assert_eq!(tags(&case), [&plan.tag, &plan.build_tag].map(String::as_str));
    assert_eq!(case.tagged(&plan.tag), ["fine1", "fine2"]);
    // The journal says that it is over: the next process builds the rest, and nothing twice.
    let driven = case.drive(None).expect("it lives");
    assert!(driven.is_over && driven.halt.is_none(), "{driven:?}");
    let macros = "module-build-macros";
    let all = ["fine1", "fine2", "fine3", "fine4", "fine5", macros, macros];
    assert_eq!(states(&case, TaskState::Closed), all);
    assert_eq!(case.builds().len(), all.len());
    assert!(driven.states().values().all(|state| *state == ModuleState::Ready), "{driven:?}");
}

#[test]
fn a_canary_that_dies_is_continued_and_one_of_everything_imports_nothing() {
    let whole = {
        let mut case = Case::start(0, &[]);
        case.work.canary = Some(9);
        let driven = case.drive(None).expect("it lives");
        assert_eq!(driven.halt, Some(Halt::Canary { done: 2, failed: 0 }), "{driven:?}");
        assert_eq!(case.tagged("modular-updates-candidate"), [""; 0]);
        let rows = case.rows.borrow().len();
        case.is_done_once(&case.drive(None).expect("it lives"));
        rows
    };
    for at in [whole / 4, whole / 2, whole * 3 / 4] {
        let mut case = Case::start(0, &[]);
        case.work.canary = Some(1);
        let first = case.drive(Some(at));
        let driven = first.or_else(|Died| case.drive(None)).expect("it lives");
        // One that died when its canary was over is resumed to its end.
        if driven.halt.is_none() {
            case.is_done_once(&driven);
            continue;
        }
        assert_eq!(driven.halt, Some(Halt::Canary { done: 1, failed: 0 }), "{at}: {driven:?}");
        assert_eq!(states(&case, TaskState::Closed), ["lib", "module-build-macros"]);
        case.is_done_once(&case.drive(None).expect("it lives"));
    }
}

#[test]
fn a_canary_that_fails_says_so() {
    let bad = Rebuilt { name: "many", stream: "1", components: &[("bad1", 2)] };
    let mut case = Case::of(&[bad, OTHER], mock_with_failures());
    case.work.canary = Some(1);
    let driven = case.drive(None).expect("it lives");
    assert_eq!(driven.halt, Some(Halt::Canary { done: 0, failed: 1 }), "{driven:?}");
    assert_eq!(tags(&case).len(), 2);
}

fn hosts(load: f64) -> Value {
    let host = serde_json::json!({
        "id": 1, "user_id": 1, "name": "b1", "arches": "x86_64", "task_load": load, "capacity": 10.0,
        "description": null, "comment": null, "ready": true, "enabled": true, "update_ts": null,
    });
    Value::List(vec![Value::from(host)])
}

#[test]
fn submissions_wait_while_the_farm_is_busy() {
    let mut case = Case::start(0, &[]);
    case.work.limits.farm_load_max = Some(0.5);
    let wire = Wire::start(&case.mock.server);
    for load in [9.0, 8.0, 5.1, 5.0] {
        wire.instead("listHosts", Ok(hosts(load)));
    }
    let driven = case.drive_over(&wire.server);
    assert!(driven.is_over);
    let seen = wire.seen();
    let asked = seen.iter().filter(|method| *method == "listHosts").count();
    assert!(asked >= 4, "{seen:?}");
    let before =
        seen.iter().position(|method| method.starts_with("multiCall(build")).expect("it builds");
    let waited = seen[..before].iter().filter(|method| *method == "listHosts").count();
    assert_eq!(waited, 4, "nothing was submitted while it was busy: {seen:?}");
}

#[test]
fn submissions_are_apart_and_no_more_repos_are_asked_for_than_allowed() {
    let names: Vec<String> = (0..5).map(|at| format!("m{at}")).collect();
    let modules: Vec<Rebuilt<'_>> = names
        .iter()
        .map(|name| Rebuilt { name, stream: "1", components: &[("fine1", 2), ("fine2", 2)] })
        .collect();
    for repos in [1, 2] {
        let mut case = Case::of(&modules, Mock::start(&["--speed", "20000"]));
        case.work.limits.repos_in_flight = repos;
        case.work.limits.submit_interval_ms = 1;
        let wire = Wire::start(&case.mock.server);
        let driven = case.drive_over(&wire.server);
        assert!(driven.is_over);
        let seen = wire.seen();
        let built = seen.iter().filter(|method| *method == "multiCall(build)").count();
        assert_eq!(built, 15, "each alone: {seen:?}");
        let most = most_repos(&case);
        assert!(most <= repos as usize, "{most} of {repos}");
    }
}

/// Returns the most repos that were made at a time. One is made until its last `createrepo` is over: its own
/// task ends a moment after the repo is ready, when the next one may be asked for already.
fn most_repos(case: &Case) -> usize {
    let parts = case.tasks("createrepo");
    let made = |repo: &Task| {
        let own = parts.iter().filter(|part| part.parent == Some(repo.id));
        own.filter_map(|part| part.completion_ts).fold(repo.create_ts, f64::max)
    };
    let repos: Vec<(f64, f64)> =
        case.tasks("newRepo").iter().map(|task| (task.create_ts, made(task))).collect();
    let open_at =
        |(at, _): &(f64, f64)| repos.iter().filter(|(start, end)| start <= at && at < end).count();
    repos.iter().map(open_at).max().expect("repos are made")
}
