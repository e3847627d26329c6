//! The JSON that commands write has every field that others read, under its name and of its type.

use crate::support::program::modplan;
use serde_json::Value;

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
