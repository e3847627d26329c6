//! A module that is asked for more than once: koji builds no name twice, and so does the worker.

use std::fs;

use modplan::koji::TaskState;
use serde_json::json;

use super::shop::{Shop, Wanted};

#[test]
fn a_task_that_is_resubmitted_takes_what_the_first_one_built() {
    // The second build of the package works.
    let directory = tempfile::tempdir().expect("a directory");
    let trace = directory.path().join("trace.csv");
    let rows = "package,method,arch,run_seconds,outcome\nlib,buildArch,x86_64,60,failed\n\
                lib,buildArch,x86_64,60,closed\nbase,buildArch,x86_64,60,closed\napp,buildArch,x86_64,60,closed\n";
    fs::write(&trace, rows).expect("it is writable");
    let shop = Shop::start(&["--trace", &trace.display().to_string()]);
    let _worker = shop.worker(&[]);
    let first = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(first), TaskState::Failed);
    let second = shop.call("resubmitTask", json!([first])).as_i64().expect("a number");
    assert_eq!(shop.end_of(second), TaskState::Closed, "{}", shop.fault_of(second));
    let labels: Vec<String> = shop.tree(second).into_iter().map(|child| child.label).collect();
    assert!(!labels.contains(&"build 0,0".to_owned()), "base is there: {labels:?}");
    assert!(labels.contains(&"build 1,0".to_owned()), "{labels:?}");
    assert_eq!(shop.tagged("module-tool-1-8020020260101000000-c0ffee00"), ["app", "base", "lib"]);
    let result = shop.call("getTaskResult", json!([second]));
    assert_eq!(result["components"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_build_that_was_finished_and_not_tagged_is_tagged() {
    let shop = Shop::start(&[]);
    let worker = shop.worker(&[]);
    let first = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(first), TaskState::Closed, "{}", shop.fault_of(first));
    drop(super::shop::stopped(worker));
    // As if the task had failed after its first batch, and the tagging of it had been canceled.
    let tag = "module-tool-1-8020020260101000000-c0ffee00";
    let rows = shop.call("listTagged", json!([tag]));
    for row in rows.as_array().expect("rows") {
        shop.call("untagBuild", json!([tag, row["nvr"]]));
    }
    shop.call("untagBuild", json!(["el8-candidate", "tool-1-8020020260101000000.c0ffee00"]));
    let _worker = shop.worker(&[]);
    let second = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(second), TaskState::Closed, "{}", shop.fault_of(second));
    assert_eq!(shop.tree(second).len(), 0, "nothing is built again");
    assert_eq!(shop.tagged(tag), ["app", "base", "lib"]);
    assert_eq!(shop.tagged("el8-candidate"), ["tool"]);
}

#[test]
fn the_second_of_two_tasks_for_the_same_gives_way() {
    let shop = Shop::start(&["--speed", "600"]);
    let mut worker = shop.worker(&[]);
    let first = shop.ask(&Wanted::tool());
    worker.line_with("begins");
    let second = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(second), TaskState::Failed);
    let fault = shop.fault_of(second);
    assert!(fault.contains(&format!("the task {first} of alice builds tool:1:")), "{fault}");
    assert_eq!(shop.end_of(first), TaskState::Closed, "{}", shop.fault_of(first));
}

#[test]
fn the_index_in_the_dist_tag_rises_with_what_is_shipped() {
    let shop = Shop::start(&[]);
    let _worker = shop.worker(&[]);
    let first = shop.ask(&Wanted::tool());
    assert_eq!(shop.end_of(first), TaskState::Closed, "{}", shop.fault_of(first));
    let next = shop.ask(&Wanted::tool().version("8020020260102000000"));
    assert_eq!(shop.end_of(next), TaskState::Closed, "{}", shop.fault_of(next));
    let result = shop.call("getTaskResult", json!([next]));
    let nvr = result["components"][0].as_str().expect("a name");
    assert!(nvr.contains(".module+el8+2+"), "{nvr}");
}
