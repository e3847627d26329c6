//! What is submitted together: one wave, what comes along, cycles of submissions.

use serde_json::Value;

use super::{Case, SOURCES};

#[test]
fn a_submission_has_one_wave_and_says_what_comes_along() {
    let case = Case::new(SOURCES);
    let plan = case.json("--changed lib:1");
    let app = plan["submissions"].as_array().expect("rows").iter().find(|s| s["id"] == "app:1");
    let app = app.expect("app is submitted");
    assert_eq!(app["wave"], 3, "when base is there, for all of its contexts");
    assert_eq!(app["modules"], serde_json::json!(["app:1:aa", "app:1:bb", "app:1:cc"]));
    assert_eq!((&app["forced"], &app["siblings"]), (&2.into(), &1.into()));
    let waves = serde_json::json!([
        ["lib:1:c0"],
        ["base:1:c0"],
        ["app:1:aa", "app:1:bb", "app:1:cc"],
        ["tool:1:c0"]
    ]);
    assert_eq!(plan["waves"], waves);
    let said = case.plan("--changed lib:1");
    assert!(said.out.contains("5 forced, 1 comes along"), "{}", said.out);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_submitted = said.out.lines().any(|line| words(line) == "3 app:1 2 1 aa bb cc");
    assert!(is_submitted, "{}", said.out);
    let plan = case.json("--changed lib:1 --unit context");
    let rows = plan["submissions"].as_array().expect("rows");
    assert_eq!(rows.len(), 5, "each context by itself, and no sibling");
    assert_eq!((&rows[1]["id"], &rows[1]["wave"]), (&"app:1:aa".into(), &2.into()));
}

#[test]
fn submissions_that_wait_for_each_other_are_a_cycle_with_a_way_out() {
    let case = Case::new(
        "a:1:1:c1 el8
         a:1:1:c2 el8 b:1
         b:1:1:c0 el8 a:1",
    );
    // b builds on both contexts of a; without the edge back, contexts go round as well.
    let plan = case.json("--all");
    assert_eq!(plan["cycles"][0]["members"].as_array().expect("ids").len(), 3);
    assert_eq!(plan["cycles"][0]["by_submission"], false);
    let case = Case::new(
        "a:1:1:c1 el8 x:1
         a:1:1:c2 el8 b:1
         b:1:1:c0 el8 c:1
         c:1:1:c0 el8 x:1
         x:1:1:c0 el8",
    );
    let plan = case.json("--all");
    assert_eq!(plan["cycles"], Value::Array(vec![]));
    let case = Case::with("", ROUND_BY_SUBMISSION);
    let plan = case.json("--all");
    let cycle = &plan["cycles"][0];
    assert_eq!(cycle["by_submission"], true, "{cycle}");
    assert_eq!(cycle["cut_proven"], true);
    assert_eq!(cycle["cut"].as_array().expect("edges").len(), 1);
    let waves: Vec<u64> = plan["modules"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|m| m["wave"].as_u64())
        .collect();
    assert!(waves.iter().all(|wave| *wave == 1), "members of a cycle share their wave");
    let said = case.plan("--all");
    assert!(said.err.contains("a cycle of submissions"), "{}", said.err);
    assert!(said.err.contains("`--unit context`"), "{}", said.err);
    let plan = case.json("--all --unit context");
    assert_eq!(plan["cycles"], Value::Array(vec![]), "the way out is one");
    for approach in ["koji-owned", "orchestrator-owned"] {
        let built = builds(&case, &format!("--all --cascade planned --approach {approach}"));
        let once = ["a:1:c1", "a:1:c2", "b:1:c0"].map(|id| (id.to_owned(), 1));
        assert_eq!(built, once, "a plan with a cycle of submissions is carried out: {approach}");
    }
}

/// Executes a rebuild, which must end well; returns how often each module was built.
fn builds(case: &Case, arguments: &str) -> Vec<(String, u64)> {
    let said = case.run(&format!("execute modules.yaml {arguments} --format json"));
    assert_eq!(said.code, 0, "{}", said.err);
    let run: Value = serde_json::from_str(&said.out).expect("JSON");
    let modules = run["modules"].as_object().expect("modules").iter();
    let count = |module: &Value| module["module_builds"].as_u64().expect("a number");
    modules.map(|(id, module)| (id.clone(), count(module))).collect()
}

#[test]
fn a_literal_cascade_rebuilds_what_is_submitted_together_and_no_other_platform_line() {
    let case = Case::new(
        "p:1:1:c8 el8
         x:1:1:a8 el8 p:1
         x:1:1:b8 el8
         x:1:2:c9 el9",
    );
    let once = |ids: &[&str]| ids.iter().map(|&id| (id.to_owned(), 1)).collect::<Vec<_>>();
    let changed = "--changed p:1 --cascade literal --approach koji-owned";
    assert_eq!(builds(&case, changed), once(&["p:1:c8", "x:1:a8", "x:1:b8"]));
    let context = format!("{changed} --unit context");
    assert_eq!(builds(&case, &context), once(&["p:1:c8", "x:1:a8"]));
}

/// b needs the context c1 of a alone (a:c2 requires p 2 and b builds on p 1); a:c2 builds on b.
const ROUND_BY_SUBMISSION: &str = "\
---
document: modulemd
version: 2
data:
  name: a
  stream: \"1\"
  version: 1
  context: c1
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  dependencies:
  - buildrequires: {platform: [el8]}
    requires: {p: [\"1\"]}
  components: {rpms: {a-rpm: {rationale: r, ref: main}}}
...
---
document: modulemd
version: 2
data:
  name: a
  stream: \"1\"
  version: 1
  context: c2
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  dependencies:
  - buildrequires: {platform: [el8], b: [\"1\"]}
    requires: {p: [\"2\"]}
  components: {rpms: {a-rpm: {rationale: r, ref: main}}}
...
---
document: modulemd
version: 2
data:
  name: b
  stream: \"1\"
  version: 1
  context: c0
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  dependencies:
  - buildrequires: {platform: [el8], a: [\"1\"], p: [\"1\"]}
    requires: {platform: [el8]}
  components: {rpms: {b-rpm: {rationale: r, ref: main}}}
...
";
