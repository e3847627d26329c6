//! What goes wrong with a task, or is done to it: each is said, and nothing is done that is not the worker's.

use std::fs;

use modplan::koji::TaskState;
use serde_json::{Value as Json, json};

use super::shop::{Shop, Wanted};
use crate::live::dry_run::state;

/// A history in which a package fails on one arch.
fn failing(shop_name: &str) -> (String, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(shop_name);
    let text = "package,method,arch,run_seconds,outcome\nlib,buildArch,x86_64,600,failed\n\
                base,buildArch,x86_64,300,closed\napp,buildArch,x86_64,9000,closed\n";
    fs::write(&path, text).expect("it is writable");
    (path.display().to_string(), directory)
}

#[test]
fn a_component_that_fails_fails_the_task_with_its_own_fault() {
    let (trace, _directory) = failing("trace.csv");
    let shop = Shop::start(&["--trace", &trace]);
    let _worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(task), TaskState::Failed);
    let fault = shop.fault_of(task);
    assert!(fault.contains("error building package (arch "), "{fault}");
    assert!(fault.contains("koji fault 1005"), "{fault}");
    let tree = shop.tree(task);
    let states: Vec<(&str, TaskState)> =
        tree.iter().map(|child| (child.label.as_str(), child.state)).collect();
    assert_eq!(
        states,
        [
            ("build 0,0", TaskState::Closed),
            ("build 1,0", TaskState::Failed),
            ("build 1,1", TaskState::Canceled)
        ]
    );
    assert_eq!(shop.tagged("el8-candidate"), [""; 0]);
}

#[test]
fn a_task_that_is_canceled_is_dropped_with_all_that_is_below_it() {
    let shop = Shop::start(&["--speed", "600"]);
    let mut worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    shop.until("a component is built", || !shop.tree(task).is_empty());
    shop.call("cancelTask", json!([task]));
    worker.line_with("is taken away: CANCELED");
    let tree = shop.tree(task);
    assert!(tree.iter().all(|child| child.state == TaskState::Canceled), "{tree:?}");
    let next = shop.ask(&Wanted::of("one", &[("lib2", 0)]));
    assert_eq!(shop.end_of(next), TaskState::Closed, "{}", shop.fault_of(next));
    assert_eq!(shop.tree(task).len(), tree.len(), "nothing more is made for it");
}

#[test]
fn a_task_that_is_freed_comes_back_and_builds_nothing_twice() {
    let shop = Shop::start(&["--speed", "600"]);
    let mut worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    shop.until("a component is built", || !shop.tree(task).is_empty());
    shop.call("freeTask", json!([task]));
    worker.line_with("is taken away: ");
    worker.line_with(&format!("task {task}: tool:1:"));
    assert_eq!(shop.end_of(task), TaskState::Closed, "{}", shop.fault_of(task));
    assert_eq!(shop.builds(), ["app", "base", "lib"]);
}

#[test]
fn hostile_plans_fail_and_change_nothing() {
    type Change = (&'static str, fn(&mut modplan::module_build::task_request::TaskRequest));
    let changes: [Change; 4] = [
        ("has the tag el8-build, not f99-build", |plan| plan.platform_tag = "f99-build".to_owned()),
        ("is not below `scm.allow`", |plan| {
            plan.batches[0][0].url = plan.batches[0][0].url.replace("src.example", "evil.example");
        }),
        ("and its document is of tool:1:", |plan| plan.version = "9".to_owned()),
        ("must be letters, digits", |plan| plan.name = "tool/../x".to_owned()),
    ];
    let shop = Shop::start(&[]);
    let mut worker = shop.worker(&[]);
    worker.line_with("serves the channel");
    let before = without_tasks(state::dump(&shop.mock.server));
    for (words, change) in changes {
        let mut request = Wanted::tool().request();
        change(&mut request);
        let task = shop.ask_for(&request);
        assert_eq!(shop.end_of(task), TaskState::Failed, "{words}");
        let fault = shop.fault_of(task);
        assert!(fault.contains(words) && fault.contains("1004"), "{fault}");
        assert_eq!(shop.tree(task).len(), 0);
    }
    let mut plan = Json::from(modplan::koji::Value::Struct(Wanted::tool().request().to_map()));
    plan["dest_tag"] = json!("f99");
    let task = shop.call("moduleBuild", json!([plan])).as_i64().expect("a number");
    assert_eq!(shop.end_of(task), TaskState::Failed);
    assert!(shop.fault_of(task).contains("unknown field `dest_tag`"), "{}", shop.fault_of(task));
    assert_eq!(without_tasks(state::dump(&shop.mock.server)), before);
}

/// Leaves out what every task and every turn of a worker changes.
fn without_tasks(mut state: Json) -> Json {
    if let Some(all) = state.as_object_mut() {
        all.retain(|name, _| !["tasks", "hosts"].contains(&name.as_str()));
    }
    state
}

#[test]
fn tags_of_somebody_else_are_not_touched() {
    let shop = Shop::start(&[]);
    let tag = "module-tool-1-8020020260101000000-c0ffee00";
    shop.call("createTag", json!([tag, {"arches": "x86_64", "__starstar": true}]));
    let _worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(task), TaskState::Failed);
    let fault = shop.fault_of(task);
    assert!(fault.contains("was made by somebody else"), "{fault}");
    assert_eq!(shop.call("getTag", json!([tag]))["extra"], json!({}));
}

#[test]
fn a_module_that_is_imported_already_by_somebody_else_fails_in_words() {
    let shop = Shop::start(&[]);
    let _worker = shop.worker(&[]);
    let nvr = ("tool", "1", "8020020260101000000.c0ffee00");
    let build = json!({"name": nvr.0, "version": nvr.1, "release": nvr.2});
    let metadata = json!({
        "metadata_version": 0,
        "buildroots": [{"id": 1, "content_generator": {"name": "module-build-service", "version": "3"}}],
        "build": build,
        "output": [{"buildroot_id": 1, "filename": "x.txt", "filesize": 1, "metadata_only": true}],
    });
    shop.call("CGImport", json!([metadata, ""]));
    let task = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(task), TaskState::Failed);
    let fault = shop.fault_of(task);
    assert!(fault.contains("a build without module data, owned by alice"), "{fault}");
}
