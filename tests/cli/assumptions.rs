//! What was assumed because nobody gave it stands with every figure that rests on it.

use crate::support::program::modplan;

const EL8: &str = "fixtures/el8-perl/modules.yaml";
const TRACE: &str = "--trace=fixtures/el8-perl/trace.csv";

const NO_TRACE: &str = "trace: none, every buildArch task takes 600 s";
const NO_FARM: &str = "farm: none, 10 builders for each needed arch";
const NO_FARM_BUT: &str = "farm: none, 10 builders for each needed arch, but for what --vary says";
const NO_SCENARIO: &str = "scenario: none, outcomes as the trace says, no tests";

/// Runs a sweep of one change, and returns what it wrote on both outputs.
fn sweep(command: &str, more: &[&str]) -> (String, String) {
    let given = ["--changed=perl-DBD-Pg:3.7", "--replications=2"];
    let said = modplan(&[&[command, EL8], &given[..], more].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    (said.out, said.err)
}

/// Returns the assumptions of a sweep, which are the same in its table and in its JSON.
fn assumed(command: &str, more: &[&str]) -> Vec<String> {
    let (table, _) = sweep(command, more);
    let lines = table.lines().filter_map(|line| line.strip_prefix("assumed: "));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    let (json, told) = sweep(command, &[more, &["--format=json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).expect(&told);
    assert_eq!(json["assumptions"], serde_json::json!(lines), "{table}");
    lines
}

const VARY: [&str; 2] = ["--vary=x86_64=3", "--deadline=90d"];

#[test]
fn what_is_not_given_is_assumed_and_what_is_given_is_not() {
    assert_eq!(assumed("compare", &[]), [NO_TRACE, NO_FARM, NO_SCENARIO]);
    assert_eq!(assumed("compare", &[TRACE]), [NO_FARM, NO_SCENARIO]);
    let farm = "--farm=fixtures/el8-perl/farm.yaml";
    assert_eq!(assumed("compare", &[farm]), [NO_TRACE, NO_SCENARIO]);
    let scenario = "--scenario=fixtures/el8-perl/scenario.yaml";
    assert_eq!(assumed("compare", &[TRACE, farm, scenario]), [] as [&str; 0]);
}

#[test]
fn without_a_farm_a_capacity_sweep_has_ten_builders_of_what_it_does_not_vary() {
    assert_eq!(assumed("capacity", &VARY), [NO_TRACE, NO_FARM_BUT, NO_SCENARIO]);
    assert_eq!(assumed("capacity", &[&VARY[..], &[TRACE]].concat()), [NO_FARM_BUT, NO_SCENARIO]);
    // What is varied of a farm that is given is no assumption.
    let farm = ["--farm=fixtures/el8-perl/farm.yaml", "--vary=x86=3", VARY[1]];
    assert_eq!(assumed("capacity", &farm), [NO_TRACE, NO_SCENARIO]);
}

#[test]
fn without_a_trace_the_time_of_a_build_is_what_the_farm_falls_back_on() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("farm.yaml");
    let builders = "builders: [{name: x, count: 9, arches: [x86_64, aarch64]}]\n";
    for (model, more) in [("ideal", &[][..]), ("koji", &KOJI_TIMES)] {
        let text = format!("model: {model}\n{builders}fallback: {{buildArch: 90s}}\n");
        std::fs::write(&path, text).expect("it is writable");
        let farm = format!("--farm={}", path.display());
        let expected = ["trace: none, every buildArch task takes 90 s"];
        let expected: Vec<&str> =
            expected.iter().chain(more).chain([&NO_SCENARIO]).copied().collect();
        assert_eq!(assumed("compare", &[&farm]), expected, "{model}");
        let (_, told) = sweep("compare", &[&farm]);
        let warned = "warning: no trace: every build is taken to last 90 s\n";
        assert!(told.contains(warned), "{told}");
    }
}

/// What koji's model needs besides, where no row tells it.
const KOJI_TIMES: [&str; 4] = [
    "buildSRPMFromSCM: no row in the trace, each takes 30 s",
    "tagBuild: no row in the trace, each takes 2 s",
    "createrepo: no row in the trace, each takes 60 s",
    "module-build-macros: no row in the trace, its buildArch takes 60 s",
];
