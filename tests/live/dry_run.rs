//! `execute --on koji`: a dry run against a mock hub, which stays as it is.

mod harms;
pub(super) mod state;

use std::fs;

use modplan::koji::Value;
use modplan::koji::calls::is_read;
use modplan::koji::codec::read_call;
use serde_json::Value as Json;

use super::mock_koji::Mock;
use crate::cli::formats::documented::Shapes;
use crate::support::program::{Program, Said, modplan};

const MODULES: &str = "fixtures/el8-perl/modules.yaml";
pub(super) const SOURCES: &str = "fixtures/el8-perl/sources.csv";
const PLATFORM: &str = "el8-build:el8-modular-updates-candidate";
pub(super) const TIME: &str = "2026-01-02T03:04:05Z";
/// What the plan needs and does not make: said to be in the platform's tag.
pub(super) const GIVEN: &str = "perl-bootstrap:5.30,perl-YAML-bootstrap:1.24,postgresql:10";

/// A plan, a configuration and a mock hub.
pub(super) struct Case {
    pub(super) directory: tempfile::TempDir,
    pub(super) mock: Mock,
}

/// Plans a rebuild of the fixture into a file.
pub(super) fn plan(selection: &[&str], path: &str) {
    let said =
        modplan(&[&["plan", MODULES], selection, &["--format", "json", "-o", path]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
}

impl Case {
    pub(super) fn new(arguments: &[&str]) -> Self {
        let case = Self::without_plan(arguments);
        let selection = ["--changed", "perl:5.30", "--unit", "context", "--at", TIME];
        plan(&selection, &case.path("plan.json"));
        case
    }

    /// Starts the mock hub and writes the configuration.
    pub(super) fn without_plan(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let state = directory.path().join("state.jsonl").display().to_string();
        let usual = ["--platform", PLATFORM, "--state", &state];
        let mock = Mock::start(&[&usual[..], arguments].concat());
        let case = Self { directory, mock };
        fs::write(case.path("password"), "secret\n").expect("it is writable");
        case.write_config(|text| text);
        case
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    pub(super) fn write_config(&self, change: impl Fn(String) -> String) {
        let text = fs::read_to_string("fixtures/site/el8.yaml").expect("it is there");
        let password = self.path("password");
        let own = format!("koji: {{profile: koji, user: alice, password_file: {password}}}");
        let text = change(text.replace("koji: {profile: koji}", &own));
        fs::write(self.path("config.yaml"), text).expect("it is writable");
    }

    /// Returns the flags that name the site, its hub at an address, and nothing of this machine.
    pub(super) fn site(&self, server: &str) -> Vec<String> {
        let (config, empty) = (self.path("config.yaml"), self.path("koji.conf"));
        fs::write(&empty, "[koji]\nretry_interval = 0\n").expect("it is writable");
        ["--config", &config, "--koji-config", &empty, "--server", server].map(str::to_owned).into()
    }

    /// Runs a dry run without koji's own configuration files.
    fn run(&self, more: &[&str]) -> Said {
        let (plan, store) = (self.path("plan.json"), format!("sqlite:{}", self.path("runs.db")));
        let what = ["execute", &plan, "--on", "koji", "--approach", "orchestrator-owned"];
        let site = self.site(&self.mock.server);
        let site: Vec<&str> = site.iter().map(String::as_str).chain(["--store", &store]).collect();
        Program::new([&what[..], &site, more].concat()).columns(80).run()
    }

    fn json(&self, more: &[&str]) -> (i32, Json) {
        let said = self.run(&[&["--format", "json"], more].concat());
        let json = serde_json::from_str(&said.out);
        (said.code, json.unwrap_or_else(|error| panic!("{error}: {}\n{}", said.out, said.err)))
    }
}

fn failures(run: &Json) -> Vec<String> {
    let checks = run["preflight"].as_array().expect("a list");
    let failed = checks.iter().filter(|check| check["ok"] == false);
    failed.map(|check| format!("{}: {}", check["check"], check["detail"])).collect()
}

#[test]
fn a_dry_run_shows_every_call_and_changes_nothing() {
    let case = Case::new(&[]);
    let before = state::dump(&case.mock.server);
    let given = ["--sources", SOURCES, "--given", GIVEN];
    let (code, run) = case.json(&given);
    assert_eq!((code, failures(&run)), (0, Vec::new()));
    assert_eq!((&run["format"], &run["user"]), (&1.into(), &"alice".into()));
    assert_eq!(run["hub"], case.mock.server.as_str());
    assert_eq!(run["modules"], 10);
    let calls = run["calls"].as_array().expect("a list");
    let count = |method: &str| calls.iter().filter(|call| call["method"] == method).count();
    let components = usize::try_from(run["component_builds"].as_u64().expect("a number"));
    assert_eq!(count("build"), components.expect("few") + 10, "one macros package for each module");
    assert_eq!((count("createTag"), count("createBuildTarget")), (30, 10));
    assert_eq!((count("CGImport"), count("deleteTag")), (20, 10));
    let checksum = run["checksum"].as_str().expect("a text");
    assert!(checksum.starts_with("sha256:"), "{checksum}");
    let mut shapes = Shapes::read();
    shapes.hold("dry-run", &run);
    assert_eq!(shapes.unseen("dry-run"), [""; 0]);
    // The same plan has the same versions, so the same again is the same.
    assert_eq!(case.json(&given).1, run);
    assert_eq!(state::dump(&case.mock.server), before);
    let written = fs::read_to_string(case.path("state.jsonl")).expect("it is there");
    let methods = methods(&written);
    let is_fine = |method: &String| is_read(method) || ["login", "logout"].contains(&&**method);
    assert!(methods.iter().all(is_fine), "{methods:?}");
    assert!(methods.len() > 100, "the questions are there too");
}

/// Returns every method that a mock hub was called with, as its journal has them, those of a `multiCall` each.
fn methods(journal: &str) -> Vec<String> {
    let mut methods = Vec::new();
    for line in journal.lines().skip(1) {
        let entry: Json = serde_json::from_str(line).expect("JSON");
        let call = entry["asked"]["Call"].as_str().expect("nothing is uploaded");
        let (method, params) = read_call(call).expect("a call");
        match method.as_str() {
            "multiCall" => {
                let calls = params[0].as_list().expect("a list");
                let name = |call: &Value| {
                    call.get("methodName").and_then(Value::as_str).map(str::to_owned)
                };
                methods.extend(calls.iter().filter_map(name));
            }
            _ => methods.push(method),
        }
    }
    methods
}

#[test]
fn the_table_fits_a_terminal_and_says_what_is_next() {
    let case = Case::new(&[]);
    let said = case.run(&["--sources", SOURCES, "--given", GIVEN]);
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    let is_wide = |line: &&str| line.chars().count() > 80 && line.trim().contains(' ');
    let wide: Vec<&str> = said.out.lines().filter(is_wide).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    for part in
        ["Nothing was changed", "Preflight: all", "A run would make", "Checksum sha256:", "Next: "]
    {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
}

#[test]
fn a_failed_preflight_is_shown_and_the_answer_is_no() {
    let case = Case::new(&[]);
    let (code, run) = case.json(&[]);
    assert_eq!(code, 1);
    let failures = failures(&run);
    assert!(
        failures.iter().any(|one| one.contains("full commits") && one.contains("--sources FILE"))
    );
    assert!(
        failures
            .iter()
            .any(|one| one.contains("requirements") && one.contains("--given perl-bootstrap:"))
    );
    assert!(!run["calls"].as_array().expect("a list").is_empty());
    let said = case.run(&[]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("checks FAIL") && said.out.contains("Next: fix"), "{}", said.out);
    let few = case.run(&["--sources", SOURCES, "--given", GIVEN, "--max-builds", "3"]);
    assert_eq!(few.code, 1, "{}", few.err);
}

#[test]
fn a_wrong_password_and_a_hub_that_is_gone_are_answers_too() {
    let case = Case::new(&[]);
    fs::write(case.path("password"), "hunter2\n").expect("it is writable");
    let said = case.run(&["--format", "json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let run: Json = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        (&run["checksum"], run["preflight"][0]["check"].as_str()),
        (&Json::Null, Some("login"))
    );
    assert!(!format!("{}{}", said.out, said.err).contains("hunter2"));
    let Case { directory, mock } = case;
    let server = mock.server.clone();
    drop(mock);
    let plan = directory.path().join("plan.json");
    let config = directory.path().join("config.yaml");
    let koji = directory.path().join("koji.conf");
    let mut store = std::ffi::OsString::from("sqlite:");
    store.push(directory.path().join("runs.db"));
    let what = [
        "execute",
        plan.to_str().expect("UTF-8"),
        "--on",
        "koji",
        "--approach",
        "orchestrator-owned",
    ];
    let site = [
        "--config",
        config.to_str().expect("UTF-8"),
        "--koji-config",
        koji.to_str().expect("UTF-8"),
        "--server",
        &server,
        "--store",
        store.to_str().expect("UTF-8"),
        "--format",
        "json",
    ];
    let said = Program::new([&what[..], &site].concat()).run();
    assert_eq!(said.code, 3, "{}", said.err);
    let run: Json = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(run["preflight"][0]["check"], "hub");
}

#[test]
fn what_a_configuration_has_wrong_is_told_with_its_line() {
    let case = Case::new(&[]);
    case.write_config(|text| text.replace("publish_to:", "publish:"));
    let said = case.run(&[]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.contains("config.yaml:7:5: error[setting-unknown]"), "{}", said.err);
    assert!(said.err.contains("did you mean `publish_to`?"), "{}", said.err);
    case.write_config(|text| text.replace("password_file", "password"));
    let said = case.run(&[]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("`password` is not a key of `koji`"), "{}", said.err);
}

#[test]
fn flags_of_one_kind_of_run_are_refused_in_the_other() {
    let case = Case::new(&[]);
    let refused = |more: &[&str], message: &str| {
        let said = case.run(more);
        assert_eq!(said.code, 2, "{more:?}: {}", said.err);
        assert!(said.err.contains(message), "{more:?}: {}", said.err);
    };
    refused(&["--trace", "fixtures/el8-perl/trace.csv"], "--trace is for --on replay");
    refused(&["--cascade", "literal"], "orchestrator-owned rebuilds are planned");
    refused(&["--changed", "perl"], "a plan is selected already");
    let said = modplan(&["execute", MODULES, "--all", "--approach", "koji-owned", "--config", "x"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("--config is for --on koji"), "{}", said.err);
    let on_koji = ["--approach", "orchestrator-owned", "--on", "koji"];
    let said = modplan(&[&["execute", MODULES, "--all"], &on_koji[..]].concat());
    assert_eq!(said.code, 2);
    assert!(said.err.contains("--on koji takes a plan"), "{}", said.err);
}
