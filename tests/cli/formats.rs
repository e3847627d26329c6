//! The JSON that commands write has every field that others read, under its name and of its type, and
//! every field that they write is in docs/formats.md.

use std::fs;

use crate::support::program::modplan;
use modplan::drive::journal;
use serde_json::Value;

pub(crate) mod documented;
mod events;

use documented::Shapes;

const EL8: &str = "fixtures/el8-perl/modules.yaml";
const CYCLE: &str = "fixtures/cycle/modules.yaml";

/// Runs a command that may answer yes or no, and reads what it printed.
fn json(arguments: &[&str]) -> Value {
    let said = modplan(arguments);
    assert!(said.code <= 1, "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

/// Fails unless every field has its type. A path steps by `/`; `*` is every item of a list or
/// every value of a map, of which there must be one at least.
fn has(document: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        let (path, kind) = field.split_once('=').expect("path=type");
        let mut found = vec![document];
        for step in path.split('/') {
            found = found.iter().flat_map(|value| step_into(value, step)).collect();
        }
        assert!(!found.is_empty(), "nothing stands at {path}");
        for value in found {
            assert!(is_a(value, kind), "{path} is {value}, not {kind}");
        }
    }
}

fn step_into<'v>(value: &'v Value, step: &str) -> Vec<&'v Value> {
    match (step, value) {
        ("*", Value::Array(items)) => items.iter().collect(),
        ("*", Value::Object(fields)) => fields.values().collect(),
        _ => vec![value.get(step).unwrap_or_else(|| panic!("no `{step}` in {value}"))],
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind.strip_suffix('?') {
        Some(kind) => value.is_null() || is_a(value, kind),
        None => match kind {
            "text" => value.is_string(),
            "whole" => value.is_u64(),
            "number" => value.is_f64(),
            "yes-no" => value.is_boolean(),
            "list" => value.is_array(),
            "map" => value.is_object(),
            _ => panic!("`{kind}` is no type"),
        },
    }
}

#[test]
fn a_plan_has_its_fields() {
    let plan = json(&["plan", EL8, "--changed", "perl:5.30", "--format", "json"]);
    has(
        &plan,
        "format=whole inputs/*/path=text inputs/*/kind=text inputs/*/documents=whole \
         inputs/*/sha256=text roots/*=text \
         modules/*/id=text modules/*/name=text modules/*/stream=text modules/*/version=text \
         modules/*/context=text modules/*/platform=text modules/*/wave=whole \
         modules/*/because/*/kind=text modules/*/because/*/on=text modules/*/because/*/path=text \
         modules/*/because/*/line=whole modules/*/batches/*/index=whole \
         modules/*/batches/*/components/*/component=text \
         modules/*/batches/*/components/*/package=text \
         modules/*/batches/*/components/*/ref=text? \
         modules/*/batches/*/components/*/arches/*=text \
         modules/*/batches/*/components/*/after=list \
         modules/*/batches/*/components/*/estimate_seconds=number \
         modules/*/batches/*/components/*/estimate_from=text \
         modules/*/earliest_start_seconds=number modules/*/earliest_finish_seconds=number \
         modules/*/slack_seconds=number edges/*/from=text edges/*/to=text waves/*/*=text \
         cycles=list dangling/*/module=text dangling/*/requires=text dangling/*/reason=text \
         self_requires=list prerequisites/*=text critical_path/*/module=text \
         critical_path/*/package=text critical_path/*/seconds=number \
         bounds/critical_path_seconds=number bounds/capacity_seconds/*=number \
         bounds/lower_bound_seconds=number bounds/schedule_seconds=number \
         bounds/wave_barrier_seconds=number bounds/batch_barrier_seconds=number \
         bounds/is_optimal=yes-no bounds/certificate/kind=text bounds/certificate/head_seconds=number \
         bounds/certificate/tail_seconds=number bounds/certificate/work_seconds=number \
         bounds/certificate/granularity_seconds=number bounds/certificate/tasks/*/module=text \
         bounds/certificate/tasks/*/component=text bounds/certificate/tasks/*/seconds=number \
         sources_of_durations/*=whole modules/*/finish_seconds=number \
         modules/*/batches/*/components/*/tasks/*/builder=text \
         modules/*/batches/*/components/*/tasks/*/start_seconds=number \
         modules/*/batches/*/components/*/tasks/*/slack_seconds=number \
         modules/*/batches/*/components/*/tasks/*/drag_seconds=number \
         estimate/seconds_p50=number \
         estimate/seconds_p90=number estimate/replications=whole estimate/no_spread=yes-no",
    );
    let cycles = json(&["plan", CYCLE, "--all", "--format", "json"]);
    has(
        &cycles,
        "cycles/*/members/*=text cycles/*/cut/*/from=text cycles/*/cut/*/to=text \
         cycles/*/cut_proven=yes-no",
    );
}

#[test]
fn a_run_has_its_fields() {
    for approach in ["koji-owned", "orchestrator-owned"] {
        let selection = [EL8, "--changed", "perl:5.30", "--cascade", "planned"];
        let how = ["--approach", approach, "--format", "json"];
        let run = json(&[&["execute"], &selection[..], &how].concat());
        has(
            &run,
            "format=whole approach=text cascade=text on=text seed=whole outcome=text \
             makespan_seconds=number modules/*/state=text modules/*/module_builds=whole \
             modules/*/component_builds=whole modules/*/ready_seconds=number? \
             counts/module_builds=whole counts/component_builds=whole counts/tasks=whole \
             counts/hub_calls=whole counts/repo_regenerations=whole counts/messages=whole \
             counts/mails=whole counts/reused=whole builder_seconds/busy/*=number \
             builder_seconds/wasted=number",
        );
        assert_eq!((&run["approach"], &run["cascade"]), (&approach.into(), &"planned".into()));
    }
}

#[test]
fn a_comparison_has_its_fields() {
    let fixture = ["compare", EL8, "--changed", "perl:5.30", "--replications", "20"];
    let world = ["--trace", "fixtures/el8-perl/trace.csv", "--format", "json"];
    let summary = json(&[&fixture[..], &world].concat());
    let figures = ["makespan_seconds", "component_builds", "rebuilds_per_module_max"];
    let more = ["builder_seconds_wasted", "repo_regenerations", "mails"];
    for figure in figures.iter().chain(&more) {
        for part in ["mean", "p10", "p50", "p90", "p99", "ci95/*"] {
            has(&summary, &format!("approaches/*/{figure}/{part}=number"));
        }
    }
    has(
        &summary,
        "format=whole replications=whole seed=whole approaches/*/hub_calls=map \
         approaches/*/done_share=number approaches/*/stuck_share=number \
         approaches/*/failed_share=number approaches/*/capped_share=number paired/*/pairs=whole \
         paired/*/mean_difference=number paired/*/ci95/*=number paired/*/variance_reduction=number?",
    );
    let names: Vec<&String> = summary["approaches"].as_object().expect("a map").keys().collect();
    let four = [
        "koji-owned/literal",
        "koji-owned/planned",
        "orchestrator-owned/literal",
        "orchestrator-owned/planned",
    ];
    assert_eq!(names, four);
    assert!(summary["paired"].get("koji-owned/literal - orchestrator-owned/planned").is_some());
}

const TRACE: [&str; 2] = ["--trace", "fixtures/el8-perl/trace.csv"];
const SCENARIO: [&str; 2] = ["--scenario", "fixtures/el8-perl/scenario.yaml"];

#[test]
fn every_field_of_a_plan_is_documented() {
    let mut shapes = Shapes::read();
    let place = tempfile::tempdir().expect("a directory");
    let earlier = place.path().join("plan.json");
    let plan = ["plan", EL8, "--changed", "perl:5.30", "--format", "json"];
    fs::write(&earlier, modplan(&plan).out).unwrap();
    let more = ["--why", "perl-DBD-Pg:3.7", "--changed", "httpd:2.4", "--at", "2026-11-24T00:00Z"];
    let against = ["--against-plan", earlier.to_str().unwrap()];
    shapes.hold("plan", &json(&plan));
    shapes.hold("plan", &json(&[&plan[..], &more, &against, &TRACE].concat()));
    shapes.hold("plan", &json(&["plan", CYCLE, "--all", "--format", "json"]));
    // Shapes that these inputs do not lead to.
    let unseen = [
        "alias",
        "changed-module",
        "left-out",
        "moved-module",
        "on-platform",
        "on-platform-context",
        "on-platform-module",
        "retired",
        "since",
        "source-change",
    ];
    assert_eq!(shapes.unseen("plan"), unseen);
}

#[test]
fn every_field_of_a_run_and_its_journal_is_documented() {
    let mut shapes = Shapes::read();
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("run.jsonl");
    let run =
        ["execute", EL8, "--changed", "perl:5.30", "--cascade", "literal", "--format", "json"];
    let owned = ["--approach", "orchestrator-owned", "--journal", path.to_str().unwrap()];
    shapes.hold("run", &json(&[&run[..], &TRACE, &SCENARIO, &owned].concat()));
    shapes.hold_journal(&fs::read_to_string(&path).unwrap());
    shapes.hold_journal(&fs::read_to_string("fixtures/journals/format-4.jsonl").unwrap());
    let fails = place.path().join("fails.yaml");
    fs::write(&fails, "builds: {outcomes: rate, failure_rate: 1.0}\n").unwrap();
    let fails = ["--approach", "orchestrator-owned", "--scenario", fails.to_str().unwrap()];
    shapes.hold("run", &json(&[&run[..], &TRACE, &fails].concat()));
    assert_eq!(shapes.unseen("run"), ["change"], "nothing comes in over weeks");
    // What no run of ours meets is written by hand.
    let read = journal::read(&fs::read(&path).unwrap()).unwrap().expect("it holds a run");
    shapes.hold_journal(&events::journal_like(&read.heading));
    assert_eq!(shapes.unseen("row"), [""; 0]);
    assert_eq!(shapes.unseen("heading"), [""; 0]);
}

#[test]
fn every_field_of_a_comparison_a_shard_and_a_timeline_is_documented() {
    let mut shapes = Shapes::read();
    let place = tempfile::tempdir().expect("a directory");
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (whole, part) = (path("whole"), path("part"));
    let compare = ["compare", EL8, "--changed", "perl:5.30", "--replications", "12"];
    let compare = [&compare[..], &TRACE, &SCENARIO].concat();
    modplan(&[&compare[..], &["--ablate", "--sensitivity", "-o", &whole]].concat());
    let read = |path: String| -> Value {
        serde_json::from_str(&fs::read_to_string(path).unwrap()).expect("JSON")
    };
    shapes.hold("comparison", &read(format!("{whole}/summary.json")));
    shapes.hold("timeline", &read(format!("{whole}/timeline.json")));
    modplan(&[&compare[..], &["--shard", "1/2", "-o", &part]].concat());
    shapes.hold("shard", &read(format!("{part}/shard-1-of-2.json")));
    assert_eq!(shapes.unseen("comparison"), ["change-summary", "confounder", "fits", "hinge"]);
    assert_eq!(shapes.unseen("timeline"), [""; 0]);
    assert_eq!(shapes.unseen("shard"), [""; 0]);
}

#[test]
fn every_field_of_a_capacity_sweep_is_documented() {
    let mut shapes = Shapes::read();
    let sweep = ["capacity", EL8, "--changed", "perl:5.30", "--replications", "12"];
    let farm = ["--farm", "fixtures/el8-perl/farm.yaml", "--vary", "x86.count=1..3"];
    let more = ["--deadline", "4h", "--sensitivity", "--format", "json"];
    shapes.hold("capacity", &json(&[&sweep[..], &TRACE, &farm, &more].concat()));
    assert!(!shapes.unseen("capacity").contains(&"point".to_owned()));
}
