//! Assumed values are shown with every figure that rests on them.

use std::collections::BTreeMap;

use crate::support::program::modplan;

const EL8: &str = "fixtures/el8-perl/modules.yaml";
const TRACE: &str = "--trace=fixtures/el8-perl/trace.csv";

/// Runs a sweep of one change, and returns what it wrote on both outputs.
fn sweep(command: &str, more: &[&str]) -> (String, String) {
    let given = ["--changed=perl-DBD-Pg:3.7", "--replications=2"];
    let said = modplan(&[&[command, EL8], &given[..], more].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    (said.out, said.err)
}

/// Returns the values assumed by a sweep by their keys, with why; each is in its table too.
fn assumed(command: &str, more: &[&str]) -> BTreeMap<String, (String, String)> {
    let (table, _) = sweep(command, more);
    let (json, told) = sweep(command, &[more, &["--format=json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).expect(&told);
    let rows = json["assumed"].as_array().expect("a list").clone();
    let at = table.find("assumed: ").unwrap_or(table.len());
    let words = table[at..].split_whitespace().collect::<Vec<_>>().join(" ");
    let mut values = BTreeMap::new();
    for row in &rows {
        let text = |key: &str| row[key].as_str().expect("text").to_owned();
        let (key, value, because) = (text("key"), text("value"), text("because"));
        let name = key.rsplit('.').next().expect("a name");
        assert!(words.contains(&format!("{name} {value}")), "{key}: {table}");
        assert!(words.contains(&because), "{because}: {table}");
        values.insert(key, (value, because));
    }
    assert_eq!(rows.is_empty(), !table.contains("assumed: "), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    values
}

/// Returns why each of some keys was assumed.
fn why(assumed: &BTreeMap<String, (String, String)>, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| assumed.get(*key).map_or("", |(_, why)| why).to_owned()).collect()
}

const VARY: [&str; 2] = ["--vary=x86_64=3", "--deadline=90d"];
const MAIN: [&str; 4] = ["trace", "builders", "model", "tests.gate"];

#[test]
fn what_is_not_given_is_assumed_and_what_is_given_is_not() {
    let none = ["no --trace", "no --farm", "no --farm", "no --scenario"];
    assert_eq!(why(&assumed("compare", &[]), &MAIN), none);
    let no_trace = ["", "no --farm", "no --farm", "no --scenario"];
    assert_eq!(why(&assumed("compare", &[TRACE]), &MAIN), no_trace);
    let farm = "--farm=fixtures/el8-perl/farm.yaml";
    let given = ["no --trace", "", "", "no --scenario"];
    assert_eq!(why(&assumed("compare", &[farm]), &MAIN), given);
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("scenario.yaml");
    std::fs::write(&path, "tests: {gate: module}\nbus: {loss: 0.0}\n").expect("it is writable");
    let scenario = format!("--scenario={}", path.display());
    let found = assumed("compare", &[TRACE, farm, &scenario]);
    assert_eq!(why(&found, &MAIN), [""; 4]);
    assert_eq!(why(&found, &["bus.loss", "bus.delay"]), ["", "not in --scenario"]);
    // A gate rests on more.
    assert_eq!(found["tests.defect_rate"].0, "0");
}

#[test]
fn without_a_farm_a_capacity_sweep_has_ten_builders_of_what_it_does_not_vary() {
    let found = assumed("capacity", &[&VARY[..], &[TRACE]].concat());
    assert_eq!(found["builders"].0, "10 for each needed arch but for what --vary says");
    // What is varied of a farm that is given is no assumption.
    let farm = ["--farm=fixtures/el8-perl/farm.yaml", "--vary=x86=3", VARY[1]];
    assert_eq!(why(&assumed("capacity", &farm), &["builders", "trace"]), ["", "no --trace"]);
}

#[test]
fn what_is_assumed_is_tried_and_what_is_varied_is_not() {
    let tried = |more: &[&str]| {
        let more = [more, &["--replications=2", "--sensitivity", "--format=json"]].concat();
        let arguments = [&["capacity", EL8, "--changed=perl-DBI:1.641"], &more[..]].concat();
        let summary: serde_json::Value = serde_json::from_str(&modplan(&arguments).out).unwrap();
        let probes = summary["probes"].as_array().unwrap().iter();
        let named = |probe: &serde_json::Value| probe["setting"].as_str().unwrap().to_owned();
        probes.map(named).collect::<std::collections::BTreeSet<_>>()
    };
    let settings = tried(&["--vary=x86_64=3", "--deadline=9d", "--arches=x86_64,aarch64"]);
    assert!(settings.contains("builders.aarch64.count"), "{settings:?}");
    assert!(settings.contains("fallback.buildArch"), "{settings:?}");
    assert!(!settings.contains("builders.x86_64.count"), "{settings:?}");
    let farm = "--farm=fixtures/el8-perl/farm.yaml";
    let given = ["--vary=x86=3", "--deadline=9d", farm, TRACE];
    let expected = [
        "builds.retries",
        "bus.delay",
        "bus.loss",
        "faults",
        "orchestrator_owned.poll",
        "orchestrator_owned.submit_limit",
        "people",
        "tests.gate",
    ];
    assert_eq!(tried(&given).into_iter().collect::<Vec<_>>(), expected);
    // These are all the values that are listed as assumed, and no others.
    let assumed = assumed("capacity", &given);
    assert_eq!(assumed.keys().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn without_a_trace_the_time_of_a_build_is_what_the_farm_falls_back_on() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("farm.yaml");
    let builders = "builders: [{name: x, count: 9, arches: [x86_64, aarch64]}]\n";
    for model in ["ideal", "koji"] {
        let text = format!("model: {model}\n{builders}fallback: {{buildArch: 90s}}\n");
        std::fs::write(&path, text).expect("it is writable");
        let farm = format!("--farm={}", path.display());
        let found = assumed("compare", &[&farm]);
        assert_eq!(found["trace"].0, "every buildArch task takes 90 s");
        for (key, value) in KOJI_TIMES {
            let expected = (model == "koji").then_some(value);
            assert_eq!(found.get(key).map(|(value, _)| &**value), expected, "{key}");
        }
        let (_, told) = sweep("compare", &[&farm]);
        let warned = "warning: no trace: every build is taken to last 90 s\n";
        assert!(told.contains(warned), "{told}");
    }
}

/// What koji's model needs besides, where no row tells it or no farm file gives it.
const KOJI_TIMES: [(&str, &str); 6] = [
    ("fallback.buildSRPMFromSCM", "30 s"),
    ("fallback.tagBuild", "2 s"),
    ("fallback.createrepo", "60 s"),
    ("fallback.module-build-macros", "60 s"),
    ("hub.run_interval", "1m 00s"),
    ("builders.x.capacity", "2"),
];
