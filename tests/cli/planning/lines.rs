//! Platforms: planned one at a time, their lines apart, and who builds on one.

use serde_json::Value;

use super::{Case, PLATFORMS, ids};
use crate::support::program::Program;
use crate::support::shared;

#[test]
fn one_platform_is_planned_at_a_time() {
    let case = Case::new(PLATFORMS);
    let plan = case.json("--all --only platform:el8.4.0");
    assert_eq!(ids(&plan), ["a:1:c0", "b:1:c0", "other:1:c0"], "newest among them");
    assert!(plan["modules"].as_array().expect("rows").iter().all(|m| m["platform"] == "el8.4.0"));
    assert_eq!(plan["dangling"], serde_json::json!([]));
    let said = case.plan("--all");
    let hint = "plan one at a time, such as `--only platform:el8.4.0`";
    assert!(said.err.contains(hint), "{}", said.err);
    let said = case.plan("--all --only platform:el8.5.0");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean `platform:el8."), "{}", said.err);
    assert_eq!(case.plan("--all --only platform").code, 2);
    for flag in ["--all --only", "--built"] {
        let said = case.plan(&format!("{flag} platform:el8.4"));
        assert_eq!(said.code, 2);
        assert!(said.err.contains("did you mean `platform:el8.4.0`?"), "{}", said.err);
    }
}

#[test]
fn modules_of_other_platforms_count_as_given() {
    let case = Case::new("a:1:1:c0 el8.4.0\nb:1:1:c0 el8.6.0 a:1\nc:1:1:c0 el8.6.0 gone:1");
    let plan = case.json("--all --only platform:el8.6.0");
    assert_eq!(ids(&plan), ["b:1:c0", "c:1:c0"]);
    assert_eq!(plan["prerequisites"], serde_json::json!(["gone:1"]));
}

#[test]
fn lines_of_platforms_are_planned_apart() {
    let case = Case::new(
        "lib:1:1:c5 f35
         app:1:1:c5 f35 lib:1
         lib:1:2:c6 f36
         app:1:2:c6 f36 lib:1",
    );
    let plan = case.json("--changed lib:1");
    assert_eq!(ids(&plan), ["app:1:c5", "app:1:c6", "lib:1:c5", "lib:1:c6"]);
    let edges = serde_json::json!([
        {"from": "lib:1:c5", "to": "app:1:c5"}, {"from": "lib:1:c6", "to": "app:1:c6"}
    ]);
    let mut found = plan["edges"].as_array().expect("edges").clone();
    found.sort_by_key(|edge| edge["from"].to_string());
    assert_eq!(Value::Array(found), edges, "no edge runs between lines");
    assert_eq!(plan["submissions"].as_array().expect("rows").len(), 4);
    // One static context in two lines: the version tells them apart, and each id is accepted.
    let case = Case::new("lib:1:1:c0 f35\nlib:1:2:c0 f36");
    assert_eq!(ids(&case.json("--all")), ["lib:1:1:c0", "lib:1:2:c0"]);
    assert_eq!(ids(&case.json("--changed lib:1:1:c0 --unit context")), ["lib:1:1:c0"]);
}

#[test]
fn who_builds_on_a_platform() {
    let Some(root) = shared("cases/field-reports/39-who-builds-on-platform") else { return };
    let run = |arguments: &str| Program::new(arguments.split_whitespace()).within(&root).run();
    let said = run("plan modules.yaml --built platform:f31 --format json");
    assert_eq!(said.code, 0, "{}", said.err);
    let plan: Value = serde_json::from_str(&said.out).expect("JSON");
    let names: Vec<&str> = plan["modules"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|m| m["name"].as_str())
        .collect();
    assert_eq!(names, ["b", "d", "e"]);
    assert_eq!(plan["roots"], serde_json::json!(["platform:f31"]));
    let platforms: Vec<&Value> =
        plan["modules"].as_array().expect("rows").iter().map(|m| &m["platform"]).collect();
    assert!(platforms.iter().all(|platform| *platform != "-f31"), "{platforms:?}");
    let said = run("plan modules.yaml --built platform:f3");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean `platform:f3"), "{}", said.err);
}
