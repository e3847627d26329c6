//! `modplan worker` at the mock hub: module tasks from their request to their end, and what may come between.

mod crash;
mod harms;
pub(super) mod shop;
mod tries;

use modplan::koji::{TaskState, Value};
use serde_json::json;

use crate::support::left_out;
use shop::{Shop, Wanted, source};

#[test]
fn a_module_task_is_built_imported_published_and_closed() {
    let shop = Shop::start(&[]);
    let worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    let result = shop.call("getTaskResult", json!([task]));
    assert_eq!(result["nvr"], "tool-1-8020020260101000000.c0ffee00");
    assert_eq!(result["tag"], "module-tool-1-8020020260101000000-c0ffee00");
    let components = result["components"].as_array().expect("a list");
    let names: Vec<&str> = components.iter().filter_map(|nvr| nvr.as_str()).collect();
    let dist = ".module+el8+1+";
    assert!(names.len() == 3 && names.iter().all(|nvr| nvr.contains(dist)), "{names:?}");
    let tree = shop.tree(task);
    let labels: Vec<&str> = tree.iter().map(|child| child.label.as_str()).collect();
    assert_eq!(labels, ["build 0,0", "build 1,0", "build 1,1"]);
    for child in &tree {
        assert_eq!((child.method.as_str(), child.state), ("build", TaskState::Closed));
        // Without a channel of their own they would come back to the worker.
        assert_eq!(child.channel, 1, "{child:?}");
        assert_eq!(child.owner, shop.user("alice"));
        let opts = &child.request[2];
        assert!(opts.get("repo_id").is_some_and(|id| id.as_int() > Some(0)), "{opts:?}");
        let mark = opts.get("custom_user_metadata").and_then(|own| own.get("modplan"));
        let of = mark.and_then(|mark| mark.get("run")).and_then(Value::as_str);
        assert_eq!(of, Some(format!("task-{task}").as_str()));
    }
    // The batches after the first one wait for a repo that has what was built before.
    assert_ne!(tree[0].request[2].get("repo_id"), tree[1].request[2].get("repo_id"));
    assert_eq!(tree[1].request[2].get("repo_id"), tree[2].request[2].get("repo_id"));
    assert_eq!(shop.tagged("module-tool-1-8020020260101000000-c0ffee00"), ["app", "base", "lib"]);
    assert_eq!(shop.tagged("el8-candidate"), ["tool"]);
    let build = shop.call("getBuild", json!([result["nvr"]]));
    assert_eq!((&build["task_id"], &build["owner_name"]), (&json!(task), &json!("alice")));
    let said = shop::stopped(worker);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("is built"), "{}", said.err);
    assert!(said.err.contains("stops; no task is open"), "{}", said.err);
}

#[test]
fn what_most_waits_for_is_more_urgent() {
    let shop = Shop::start(&[]);
    let _worker = shop.worker(&[]);
    // The fixture's history knows how long these take.
    let wanted = Wanted::of("tool", &[("perl-DBI", 0), ("perl-Digest", 0), ("perl", 1)]);
    let task = shop.ask(&wanted);
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    let priorities: Vec<i64> = shop.tree(task).iter().map(|child| child.priority).collect();
    assert!(priorities.iter().all(|priority| (5..=19).contains(priority)), "{priorities:?}");
    assert!(priorities[..2].contains(&5), "the longest path begins there: {priorities:?}");
    assert!(priorities[2] > 5, "{priorities:?}");
}

#[test]
fn a_waitrepo_task_below_waits_where_the_site_wants_that() {
    let shop = Shop::with_config(&[], "worker: {repo_wait: subtask}\n");
    let _worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    let all: Vec<String> = shop.tree(task).into_iter().map(|child| child.label).collect();
    assert_eq!(all, ["wait 0", "build 0,0", "wait 1", "build 1,0", "build 1,1"]);
    let waits = shop.tree(task);
    assert_eq!(waits[0].request[2..], [Value::List(Vec::new()), "last".into()]);
    let nvrs = waits[2].request[2].as_list().expect("a list");
    assert!(nvrs[0].as_str().is_some_and(|nvr| nvr.starts_with("base-")), "{nvrs:?}");
}

#[test]
fn several_tasks_are_built_at_a_time_and_no_more_than_the_site_allows() {
    let shop = Shop::with_config(&[], "worker: {tasks: 2}\n");
    let tasks: Vec<i64> =
        ["one", "two", "three"].map(|name| shop.ask(&Wanted::of(name, &[("lib", 0)]))).into();
    let _worker = shop.worker(&[]);
    for &task in &tasks {
        assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    }
    let time = |task: i64, name: &str| {
        shop.call("getTaskInfo", json!([task]))[name].as_f64().expect("it is over")
    };
    let ends = [tasks[0], tasks[1]].map(|task| time(task, "completion_ts"));
    assert!(time(tasks[1], "start_ts") < ends[0], "two at a time");
    assert!(time(tasks[2], "start_ts") >= ends[0].min(ends[1]), "and no third");
}

#[test]
fn free_tasks_are_opened_at_once_where_the_site_wants_that_and_nobody_drains() {
    let shop = Shop::with_config(&["--speed", "20"], "worker: {open_free: true}\n");
    let task = shop.ask(&Wanted::of("one", &[("lib", 0)]));
    shop.call("disableHost", json!(["worker"]));
    let mut worker = shop.worker(&["--poll", "30ms"]);
    worker.line_with("serves the channel");
    shop.turns(&worker, 3);
    assert_eq!(shop.state_of(task), TaskState::Free, "a disabled host takes nothing");
    shop.call("enableHost", json!(["worker"]));
    // koji's own scheduler runs once in three seconds at this speed.
    worker.line_with(&format!("task {task}: one:1:"));
    let info = shop.call("scheduler.getTaskRuns", json!([[["task_id", "=", task]]]));
    assert_eq!(info, json!([]), "it was not assigned");
}

#[test]
fn a_disabled_host_is_given_nothing() {
    let shop = Shop::start(&[]);
    let mut worker = shop.worker(&[]);
    worker.line_with("serves the channel");
    shop.call("disableHost", json!(["worker"]));
    let task = shop.ask(&Wanted::of("one", &[("lib", 0)]));
    shop.turns(&worker, 5);
    assert_eq!(shop.state_of(task), TaskState::Free);
    shop.call("enableHost", json!(["worker"]));
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
}

#[test]
fn a_task_of_another_method_is_refused_for_good() {
    let shop = Shop::start(&[]);
    let mut worker = shop.worker(&[]);
    worker.line_with("serves the channel");
    let opts = json!({"channel": "module", "__starstar": true});
    let task = shop.call("makeTask", json!(["sleep", [1], opts]));
    worker.line_with("is not taken: no handler for sleep");
    let refusals = shop.call("scheduler.getTaskRefusals", json!([[["task_id", "=", task]]]));
    assert_eq!(refusals[0]["soft"], json!(false));
}

#[test]
fn components_for_the_build_only_stay_out_of_the_module() {
    let shop = Shop::start(&[]);
    let _worker = shop.worker(&[]);
    let mut wanted = Wanted::tool();
    wanted.document = wanted.document.replace("base: {", "base: {buildonly: true, ");
    let task = shop.ask(&wanted);
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    let tag = "module-tool-1-8020020260101000000-c0ffee00";
    assert_eq!(shop.tagged(tag), ["app", "lib"]);
    assert_eq!(shop.tagged(&format!("{tag}-build")), ["base"]);
}

#[test]
fn a_macros_package_is_built_where_tags_cannot_say_the_macros() {
    if std::process::Command::new("rpmbuild").arg("--version").output().is_err() {
        return left_out("no rpmbuild (Debian's rpm)");
    }
    let shop = Shop::start(&[]);
    let _worker = shop.worker(&[]);
    let mut wanted = Wanted::tool();
    let macros = "  buildopts: {rpms: {macros: \"%cmake() echo\\n\"}}\n  components:";
    wanted.document = wanted.document.replace("  components:", macros);
    let task = shop.ask(&wanted);
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    let labels: Vec<String> = shop.tree(task).into_iter().map(|child| child.label).collect();
    assert_eq!(labels[0], "macros");
    let tag = "module-tool-1-8020020260101000000-c0ffee00";
    assert_eq!(shop.tagged(tag), ["app", "base", "lib"]);
    assert_eq!(shop.tagged(&format!("{tag}-build")), ["module-build-macros"]);
}

#[test]
fn a_requirement_is_answered_by_what_is_shipped_or_given_and_by_nothing_else() {
    let shop = Shop::with_config(&[], "worker: {given: [\"java:11\"]}\n");
    let _worker = shop.worker(&[]);
    let needs = |what: &str, name: &'static str| {
        let mut wanted = Wanted::of(name, &[("lib", 0)]);
        let more = format!("buildrequires: {{{what}, platform");
        wanted.document = wanted.document.replace("buildrequires: {platform", &more);
        wanted
    };
    let task = shop.ask(&needs("tool: ['1']", "late"));
    assert_eq!(shop.end_of(task), TaskState::Failed);
    assert!(shop.fault_of(task).contains("requirements: "), "{}", shop.fault_of(task));
    let tool = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(tool), TaskState::Closed, "{}", shop.fault_of(tool));
    let task = shop.ask(&needs("tool: ['1'], java: ['11']", "late"));
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    let tag = "module-late-1-8020020260101000000-c0ffee00";
    let parents = shop.call("getInheritanceData", json!([format!("{tag}-build")]));
    let names: Vec<&str> =
        parents.as_array().expect("rows").iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, [tag, "module-tool-1-8020020260101000000-c0ffee00", "el8-build"]);
}

#[test]
fn a_second_worker_of_the_machine_is_refused_and_one_elsewhere_takes_over() {
    let shop = Shop::start(&[]);
    let mut first = shop.worker(&[]);
    first.line_with("serves the channel");
    let second = shop.worker(&[]).said();
    assert_eq!(second.code, 3, "{}", second.err);
    assert!(second.err.contains("another worker holds"), "{}", second.err);
    let elsewhere = shop.path("other.lock");
    let mut third = shop.worker(&["--lock", &elsewhere]);
    third.line_with("serves the channel");
    let said = first.said();
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("another worker has taken the host over"), "{}", said.err);
    let task = shop.ask(&Wanted::of("one", &[("lib", 0)]));
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
}

#[test]
fn who_is_no_host_is_told_so() {
    let shop = Shop::start(&[]);
    let said = shop.worker_as("alice").said();
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("is not a builder of the hub"), "{}", said.err);
}

#[test]
fn a_worker_that_is_asked_to_stop_leaves_its_tasks_to_the_next() {
    let shop = Shop::start(&["--speed", "600"]);
    let mut worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    worker.line_with("begins");
    let said = shop::stopped(worker);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains(&format!("continues the tasks {task}")), "{}", said.err);
    assert_eq!(shop.state_of(task), TaskState::Open);
    let mut next = shop.worker(&[]);
    next.line_with(&format!("task {task}: was open before"));
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    assert_eq!(shop.builds(), ["app", "base", "lib"]);
}

#[test]
fn a_component_comes_from_where_the_plan_says() {
    let shop = Shop::start(&[]);
    let _worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    assert_eq!(shop.tree(task)[0].request[0], source("base").as_str().into());
}
