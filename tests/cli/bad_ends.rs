//! Runs that end badly: why, and what to do about it.

use std::fs;

use super::troubles::{EL8, with_scenario};
use crate::support::program::Said;

/// A scenario, the approach, why a module is not ready, and what the hint says.
type BadEnd = (&'static str, &'static str, &'static str, &'static str);

const BAD_ENDS: &[BadEnd] = &[
    (
        "tests: {gate: module, false_alarm: 1.0}\n",
        "orchestrator-owned",
        "the test did not pass",
        "tests.false_alarm of the scenario",
    ),
    (
        "tests: {gate: module, missing: 1.0, timeout: 1h}\n",
        "orchestrator-owned",
        "the test gave no result",
        "see tests.missing",
    ),
    (
        "builds: {outcomes: rate, failure_rate: 1.0}\n",
        "koji-owned",
        " failed",
        "builds.failure_rate of the scenario; nobody repairs it: give the scenario people, and \
             builds.retries",
    ),
    (
        "faults: [{at: 5m, kind: base-package-broken}]\n",
        "koji-owned",
        " failed",
        "hint: base-package-broken of the scenario; nobody repairs it",
    ),
    (
        "bus: {loss: 0.000001}\nfaults: [{at: 0s, kind: bus-outage}]\n",
        "koji-owned",
        "was lost",
        "bus.loss and bus-outage of the scenario; koji-owned hears a message once",
    ),
    ("faults: [{at: 0s, kind: pdc-down}]\n", "koji-owned", "gets no answer", "pdc-down"),
    (
        "faults: [{at: 1m, kind: hub-offline}]\n",
        "orchestrator-owned",
        "the hub is offline",
        "hub-offline of the scenario; with `for` it ends",
    ),
    (
        "faults: [{at: 5m, kind: hub-refusing}]\n",
        "orchestrator-owned",
        "gets no answer",
        "hub-refusing of the scenario; with `for` it ends, and a poll asks again",
    ),
    (
        "faults: [{at: 5m, kind: builders-down, builders: x86}]\n",
        "koji-owned",
        "builders are down",
        "builders-down of the scenario; with `for` it ends",
    ),
    (
        "faults: [{at: 0s, kind: repo-failure}]\n",
        "koji-owned",
        "its repo could not be made",
        "repo-failure",
    ),
    (
        "faults: [{at: 1m, kind: module-canceled, module: \"perl:5.30\"}]\n",
        "koji-owned",
        "it was canceled",
        "module-canceled",
    ),
    (
        "faults: [{at: 0s, kind: source-missing, module: \"perl:5.30\"}]\n",
        "orchestrator-owned",
        "its modulemd could not be fetched",
        "source-missing",
    ),
];

#[test]
fn every_way_to_end_badly_says_why_and_what_to_do() {
    for &(scenario, approach, reason, hint) in BAD_ENDS {
        let run = ["execute", EL8, "--changed", "perl:5.30", "--cascade", "literal"];
        let farm = ["--farm", "fixtures/el8-perl/farm.yaml"];
        let run = [&run[..], &farm, &["--approach", approach]].concat();
        let json = [&run[..], &["--format", "json"]].concat();
        let Said { out: story, .. } = with_scenario(scenario, &run);
        assert_eq!(story.contains("  fault: "), scenario.contains("faults: "), "{story}");
        let Said { code, out, err } = with_scenario(scenario, &json);
        assert_eq!(code, 1, "{scenario}: {err}");
        let run: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        let modules = run["modules"].as_object().unwrap().values();
        let mut reasons = modules.filter_map(|module| module["reason"].as_str());
        assert!(reasons.any(|told| told.contains(reason)), "{scenario}: {out}");
        assert!(err.contains(hint), "{scenario}: {err}");
    }
}

#[test]
fn a_repo_that_waits_for_a_place_says_who_holds_it_and_what_would_help() {
    // Seven moduleBuilds take seven of ten places, the waitrepo of three take the rest: three
    // newRepo wait until those give up after two hours.
    let directory = tempfile::tempdir().expect("a directory");
    let farm = directory.path().join("farm.yaml");
    let builders = "{name: x86, count: 10, arches: [x86_64, aarch64], max_jobs: 1}";
    fs::write(&farm, format!("model: koji\nbuilders: [{builders}]\n")).expect("it is writable");
    let farm = ["--farm", farm.to_str().expect("UTF-8")];
    let roots = "nginx:1.14,httpd:2.4,swig:4.0,perl:5.30,perl:5.32,mariadb:10.5,postgresql:10";
    let run = ["execute", EL8, "--changed", roots, "--cascade", "planned"];
    let farm = [&farm[..], &["--approach", "koji-owned"]].concat();
    let why = "its repo was not there in time (newRepo: no builder that could take it has room, as \
               tasks that wait for others hold their places)";
    let Said { code, out, err } =
        with_scenario("", &[&run[..], &farm, &["--format", "json"]].concat());
    assert_eq!(code, 1, "{err}");
    let run_told: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(run_told["modules"]["perl:5.32:e82d91b1"]["reason"], why);
    let hint = "hint: give builders more max_jobs or capacity, or the farm more builders";
    let three = "mariadb:10.5:c5368500, nginx:1.14:f8e95b4e, perl:5.32:e82d91b1";
    assert!(err.contains(&format!("warning: {three}: {why}\n{hint}\n")), "{err}");
    assert!(!err.contains("its repo could not be made"), "{err}");
}
