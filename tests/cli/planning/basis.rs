//! What a plan rests on: assumptions, inputs, prerequisites.

use std::fs;

use super::{Case, LOST_ZERO};

#[test]
fn a_plan_says_what_it_assumed_and_what_it_was_made_from() {
    let case = Case::new(LOST_ZERO);
    let plan = case.json("--changed perl:5.30 --exclude perl-DBI");
    assert_eq!(plan["format"], 2);
    let assumed = plan["assumed"].as_array().expect("rows");
    let keys: Vec<&str> = assumed.iter().filter_map(|row| row["key"].as_str()).collect();
    assert_eq!(keys[..3], ["builders", "durations", "arches"]);
    // The rest is what the estimate on koji takes for its steps; no farm was given.
    assert!(keys.contains(&"fallback.tagBuild") && keys.contains(&"hub.run_interval"), "{keys:?}");
    assert!(keys.iter().all(|key| !key.starts_with("builders.")), "{keys:?}");
    assert_eq!(assumed[0]["value"], "10 per arch");
    assert_eq!(assumed[0]["because"], "no --farm");
    assert_eq!(plan["selection"]["changed"], serde_json::json!(["perl:5.30"]));
    assert_eq!(plan["selection"]["exclude"], serde_json::json!(["perl-DBI"]));
    assert_eq!(plan["selection"]["unit"], "source");
    assert_eq!(plan["arches"], serde_json::json!(["x86_64"]));
    assert_eq!(plan["farm"]["builders"][0]["count"], 10);
    let modulemd = plan["modules"][0]["modulemd"].as_str().expect("a document");
    assert!(modulemd.contains("perl-rpm"), "{modulemd}");
    // The caveats go where the table goes.
    let said = case.plan("--changed perl:5.30 -q -o plan.txt");
    assert_eq!((said.code, said.out.as_str()), (0, ""));
    let written = fs::read_to_string(case.0.path().join("plan.txt")).expect("written");
    assert!(written.contains("assumed: no --farm: builders 10 per arch\n"), "{written}");
    assert!(written.contains("left out because a zero was lost"), "{written}");

    fs::write(
        case.0.path().join("t.csv"),
        "package,method,arch,run_seconds,outcome\nperl-rpm,buildArch,x86_64,60,closed\n",
    )
    .expect("written");
    let farm = "model: ideal\nbuilders:\n  - {name: x86, count: 3, arches: [x86_64]}\n";
    fs::write(case.0.path().join("farm.yaml"), farm).expect("written");
    let plan = case.json("--changed perl:5.30 --trace t.csv --farm farm.yaml --arches x86_64");
    assert_eq!(plan["trace"][0]["path"], "t.csv");
    assert_eq!(plan["farm"]["path"], "farm.yaml");
    assert_eq!(plan["farm"]["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(plan["farm"]["builders"][0]["name"], "x86");
    // All was given that the schedule rests on; koji's steps were not.
    let keys =
        plan["assumed"].as_array().expect("rows").iter().filter_map(|row| row["key"].as_str());
    let is_kojis =
        |key: &str| ["fallback.", "hub.", "repo.", "weights."].iter().any(|of| key.starts_with(of));
    let open: Vec<&str> = keys.filter(|key| !is_kojis(key)).collect();
    assert_eq!(open, [""; 0]);
}

#[test]
fn a_prerequisite_says_whether_an_earlier_build_is_meant() {
    let case = Case::new(
        "go-toolset:rhel8:1:c0 el8 go-toolset:rhel8
         perl:5.26:1:c0 el8
         pg:1:1:c0 el8 perl:5.26,gone:2",
    );
    let plan = case.json("--all");
    assert_eq!(plan["prerequisites"], serde_json::json!(["go-toolset:rhel8", "gone:2"]));
    let details = plan["prerequisite_details"].as_array().expect("rows");
    assert_eq!(details[0]["kind"], "earlier-build");
    assert_eq!(details[0]["rebuilt_here"], true);
    assert_eq!(
        (&details[1]["kind"], &details[1]["rebuilt_here"]),
        (&"not-loaded".into(), &false.into())
    );
    let said = case.plan("--all");
    assert!(said.out.contains("an earlier build of go-toolset:rhel8"), "{}", said.out);
    assert!(said.out.contains("gone:2 for pg:1:c0: not loaded"), "{}", said.out);
}
